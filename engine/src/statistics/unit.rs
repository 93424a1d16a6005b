//! What numbers measure.

use std::fmt;

use crate::time::MICROS;

/// What numbers of results measure. Inside they are whole numbers of whole units: microseconds, robots, bytes, bits a
/// second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// From 0 to 1.
    Probability,
    /// A time: kept in microseconds, shown in seconds.
    Seconds,
    /// An amount of data.
    Bytes,
    /// A rate of data.
    BitsPerSecond,
}

impl Unit {
    /// A number in whole units as results show it: times in seconds, anything else as it is.
    pub fn show(self, whole: f64) -> f64 {
        if self == Unit::Seconds { whole / MICROS as f64 } else { whole }
    }

    /// A number in whole units as CSV files have it: times in seconds, exact however large.
    pub fn exact(self, whole: i128) -> impl fmt::Display {
        Exact(self, whole)
    }

    /// Reads what [`Unit::exact`] writes of numbers that are not negative.
    pub fn read_exact(self, text: &str) -> Option<u128> {
        if self != Unit::Seconds {
            return text.parse().ok();
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 || whole.len() > 24 {
            return None;
        }
        let fraction: u128 = format!("{fraction:0<6}").parse().ok()?;
        Some(whole.parse::<u128>().ok()? * 1_000_000 + fraction)
    }
}

struct Exact(Unit, i128);

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exact(unit, value) = *self;
        if unit != Unit::Seconds {
            return write!(f, "{value}");
        }
        let sign = if value < 0 { "-" } else { "" };
        let micros = value.unsigned_abs();
        let (whole, fraction) = (micros / 1_000_000, micros % 1_000_000);
        write!(f, "{sign}{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        f.write_str(format!(".{fraction:06}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_exactly() {
        for (value, written) in [
            (0, "0"),
            (1, "0.000001"),
            (-1_500_000, "-1.5"),
            (60_000_000, "60"),
            (340_282_366_920_938_250_000, "340282366920938.25"),
        ] {
            assert_eq!(Unit::Seconds.exact(value).to_string(), written);
            let read = u128::try_from(value).ok();
            assert_eq!(Unit::Seconds.read_exact(written), read);
        }
        assert_eq!(Unit::Count.exact(-7).to_string(), "-7");
    }

    #[test]
    fn seconds_are_read_exactly() {
        for (text, number) in [
            ("0", Some(0)),
            ("120", Some(120_000_000)),
            ("0.000001", Some(1)),
            ("9007199254.740991", Some((1 << 53) - 1)),
            ("340282366920938.25", Some(340_282_366_920_938_250_000)),
            ("1.0000001", None),
            ("-1", None),
            ("1e3", None),
            (".5", None),
            ("5.", None),
            ("NaN", None),
        ] {
            assert_eq!(Unit::Seconds.read_exact(text), number, "{text}");
        }
    }
}
