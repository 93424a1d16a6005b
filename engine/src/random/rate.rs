//! Rates as integers.

/// The highest rate, in bits a second.
pub const MAX_RATE: u64 = 1_000_000_000_000_000;

/// A rate that was read or drawn, as a cap: rounded to whole bits a second, from 1 to [`MAX_RATE`].
pub fn whole_rate(bits: f64) -> u64 {
    // A cast from float to integer saturates.
    ((bits + 0.5) as u64).clamp(1, MAX_RATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_are_whole_and_within_bounds() {
        for (bits, cap) in [(0.0, 1), (0.9, 1), (1.5, 2), (2e7, 20_000_000), (f64::INFINITY, MAX_RATE), (f64::NAN, 1)] {
            assert_eq!(whole_rate(bits), cap, "{bits}");
        }
    }
}
