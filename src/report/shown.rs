//! A metric's number in words.

use super::table::{percent, with_unit};
use crate::metric::Unit;
use crate::statistics::Number;
use crate::time::humane;

/// A number as a person reads it: `1h 30m`, `2.5 %`, `12`, `3.4`, `52.2GB`, `1.5Gbit/s`.
pub fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Count => count(value),
        Unit::Probability => percent(Number(value)),
        // The interval of a mean may reach below 0.
        Unit::Seconds if value < 0.0 => format!("-{}", humane(-value)),
        Unit::Seconds => humane(value),
        Unit::Bytes => with_unit(value, "B"),
        Unit::BitsPerSecond => with_unit(value, "bit/s"),
    }
}

/// A number of things: three digits of what is no whole number.
fn count(value: f64) -> String {
    if value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    let decimals = [0.1, 1.0, 10.0, 100.0].iter().rev().take_while(|limit| value.abs() < **limit).count();
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words() {
        for (unit, value, text) in [
            (Unit::Count, 12.0, "12"),
            (Unit::Count, 1234.5, "1234"),
            (Unit::Count, 123.45, "123"),
            (Unit::Count, 12.345, "12.3"),
            (Unit::Count, 1.5, "1.5"),
            (Unit::Count, 0.012_34, "0.0123"),
            (Unit::Count, -0.5, "-0.5"),
            (Unit::Probability, 0.025, "2.5 %"),
            (Unit::Seconds, 5400.0, "1h 30m"),
            (Unit::Seconds, -90.0, "-1m 30s"),
            (Unit::Bytes, 52.2e9, "52.2GB"),
            (Unit::BitsPerSecond, 1.5e9, "1.5Gbit/s"),
        ] {
            assert_eq!(shown(unit, value), text, "{value}");
        }
    }
}
