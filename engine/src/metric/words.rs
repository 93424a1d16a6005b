//! Numbers in words.

use super::Unit;
use crate::experiment::Extent;
use crate::statistics::{Estimate, Lack, Number};
use crate::time::humane;

/// A number as a person reads it: `1h 30m`, `2.5 %`, `12`, `3.4`, `52.2GB`, `1.5Gbit/s`.
pub fn shown(unit: Unit, value: f64) -> String {
    match unit {
        _ if value == f64::INFINITY => String::from("never"),
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

/// What is to be known of a number's interval, or why there is none; nothing where there is nothing to say.
pub fn remark(estimate: &Estimate) -> Option<String> {
    match (estimate.lack, estimate.rests_on_few()) {
        (Some(Lack::Same), _) => Some(String::from("always the same, which need not be so")),
        (Some(Lack::Few { of, needed }), _) => Some(format!("no interval: {of} of at least {needed} replications")),
        (None, Some(few)) => Some(format!("rests on {}", counted(few, "replication"))),
        (None, None) => None,
    }
}

/// `1 robot`, `2 robots`.
pub fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `1 failure`, `2 failures`, `2 to 50 failures`.
pub fn counted_between(extent: Extent, noun: &str) -> String {
    if extent.least == extent.most { counted(extent.most.into(), noun) } else { format!("{extent} {noun}s") }
}

/// A number in decimal units, with three digits: `52.2GB`.
pub fn with_unit(number: f64, unit: &str) -> String {
    let prefixes = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    // What rounds to a thousand is one of the next unit.
    let (scale, prefix) = prefixes.into_iter().find(|(scale, _)| number >= 0.9995 * scale).unwrap_or((1.0, ""));
    let scaled = number / scale;
    let decimals = [9.995, 99.95].iter().filter(|limit| scaled < **limit).count();
    let decimals = if scale == 1.0 { 0 } else { decimals };
    let text = format!("{scaled:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{prefix}{unit}")
}

/// A probability in percent: 0 and 100 only where it is exactly that.
pub fn percent(probability: Number) -> String {
    let percent = probability.0 * 100.0;
    if percent == 0.0 || percent == 100.0 {
        format!("{percent:.0} %")
    } else if percent < 0.05 {
        String::from("<0.1 %")
    } else if percent > 99.95 {
        String::from(">99.9 %")
    } else {
        format!("{percent:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        for (number, text) in [
            (0.0, "0B"),
            (999.0, "999B"),
            (999.7, "1kB"),
            (52_222_078_009.0, "52.2GB"),
            (600e6, "600MB"),
            (1.5e9, "1.5GB"),
            (9.996e6, "10MB"),
            (3.25e17, "325PB"),
        ] {
            assert_eq!(with_unit(number, "B"), text, "{number}");
        }
    }

    #[test]
    fn what_intervals_lack() {
        let of = |carriers, lack| remark(&Estimate { carriers, lack, ..Estimate::exact(Some(1.0)) });
        assert_eq!(of(Some(30), None), None);
        assert_eq!(of(Some(1), None).as_deref(), Some("rests on 1 replication"));
        assert_eq!(of(None, Some(Lack::Same)).as_deref(), Some("always the same, which need not be so"));
        let few = of(None, Some(Lack::Few { of: 4, needed: 10 }));
        assert_eq!(few.as_deref(), Some("no interval: 4 of at least 10 replications"));
    }

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
