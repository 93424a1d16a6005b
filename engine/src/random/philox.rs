//! Philox4x32-10, a counter-based generator.
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC11 (2011). A block of
//! four 32-bit words is a pure function of a 128-bit counter and a 64-bit key: nothing to seed, nothing to
//! advance, so any number of streams costs nothing to open. It passes TestU01's BigCrush.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// The four random words at `counter` under `key`.
#[inline]
pub fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let a = u64::from(MULTIPLIERS[0]) * u64::from(counter[0]);
        let b = u64::from(MULTIPLIERS[1]) * u64::from(counter[2]);
        counter = [(b >> 32) as u32 ^ counter[1] ^ key[0], b as u32, (a >> 32) as u32 ^ counter[3] ^ key[1], a as u32];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// The blocks of many counters that share their first and last word: the four words of each.
///
/// Words stand in the low halves of 64 bits, where vectors multiply them, and what products leave in the high halves is
/// not looked at before the end: so a round is six instructions a vector, without moving words to other places.
#[inline(always)]
pub fn philox4x32_each<const N: usize>(
    first: u32,
    second: &[u32; N],
    third: &[u32; N],
    fourth: u32,
    mut key: [u32; 2],
) -> [[u64; N]; 4] {
    const LOW: u64 = u32::MAX as u64;
    // Loops and not `map`, which the compiler does not always inline into code for other instruction sets.
    let (mut x0, mut x1, mut x2, mut x3) = ([u64::from(first); N], [0; N], [0; N], [u64::from(fourth); N]);
    for i in 0..N {
        x1[i] = u64::from(second[i]);
        x2[i] = u64::from(third[i]);
    }
    for _ in 0..ROUNDS {
        let [k0, k1] = [u64::from(key[0]), u64::from(key[1])];
        for i in 0..N {
            let a = u64::from(MULTIPLIERS[0]) * (x0[i] & LOW);
            let b = u64::from(MULTIPLIERS[1]) * (x2[i] & LOW);
            x0[i] = b >> 32 ^ x1[i] ^ k0;
            x1[i] = b;
            x2[i] = a >> 32 ^ x3[i] ^ k1;
            x3[i] = a;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    for words in [&mut x0, &mut x1, &mut x2, &mut x3] {
        for word in words {
            *word &= LOW;
        }
    }
    [x0, x1, x2, x3]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of the authors' own library (Random123, `kat_vectors`).
    #[test]
    fn known_answers() {
        for (counter, key, words) in [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ] {
            assert_eq!(philox4x32(counter, key), words);
        }
    }

    #[test]
    fn many_at_a_time_are_the_same_as_one_by_one() {
        let (second, third): ([u32; 16], [u32; 16]) =
            (std::array::from_fn(|i| 77 * i as u32), std::array::from_fn(|i| u32::MAX - i as u32));
        let words = philox4x32_each(3, &second, &third, 9, [11, 12]);
        for i in 0..16 {
            let one = philox4x32([3, second[i], third[i], 9], [11, 12]);
            assert_eq!(words.map(|words| words[i]), one.map(u64::from));
        }
    }
}
