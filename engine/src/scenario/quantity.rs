//! Quantities with a unit: durations, rates ("20Mbit/s") and sizes ("600MB").
//!
//! Units of data are decimal, as networks are sold: 1 MB is 10^6 bytes, 1 Mbit/s is 10^6 bits a second.

use serde_json::Value as Json;

use super::form::{self, Accepts, Shape, Shows, Written};
use crate::random::MAX_RATE;
use crate::time::{MICROS, Span};

/// What the numbers of a distribution measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Counted in microseconds.
    Duration,
    /// In bits a second.
    Rate,
}

/// The largest bundle, in bytes: 1 TB.
pub const MAX_SIZE: u64 = 1_000_000_000_000;

/// The units of rates, in bits a second.
pub const RATES: [(&str, f64); 5] =
    [("bit/s", 1.0), ("kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9), ("Tbit/s", 1e12)];
/// The units of sizes, in bytes.
pub const SIZES: [(&str, f64); 5] = [("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)];

impl Quantity {
    /// A number of at least 0.
    pub fn any(self) -> InBaseUnit {
        match self {
            Quantity::Duration => InBaseUnit::Duration(form::duration()),
            Quantity::Rate => InBaseUnit::Rate(form::rate_or_none()),
        }
    }

    /// A number greater than 0.
    pub fn positive(self) -> InBaseUnit {
        match self {
            Quantity::Duration => InBaseUnit::Duration(form::positive_duration()),
            Quantity::Rate => InBaseUnit::Rate(form::rate()),
        }
    }

    /// The quantity's name.
    pub const fn word(self) -> &'static str {
        match self {
            Quantity::Duration => "duration",
            Quantity::Rate => "rate",
        }
    }

    /// One of them, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            Quantity::Duration => "a duration",
            Quantity::Rate => "a rate",
        }
    }

    /// A smaller one, in words.
    pub const fn less(self) -> &'static str {
        match self {
            Quantity::Duration => "a shorter duration",
            Quantity::Rate => "a lower rate",
        }
    }

    /// A greater one, in words.
    pub const fn more(self) -> &'static str {
        match self {
            Quantity::Duration => "a longer duration",
            Quantity::Rate => "a higher rate",
        }
    }

    /// The unit of bare numbers in a CSV file.
    pub const fn file_unit(self) -> &'static str {
        match self {
            Quantity::Duration => "seconds",
            Quantity::Rate => "bit/s",
        }
    }

    /// How many base units the unit of bare numbers holds.
    pub const fn file_scale(self) -> f64 {
        match self {
            Quantity::Duration => MICROS as f64,
            Quantity::Rate => 1.0,
        }
    }

    /// One of them with its unit, as a CSV file may have it, in the base unit.
    pub fn parse(self, text: &str) -> Option<f64> {
        let number = match self {
            Quantity::Duration => super::parse_duration(text).ok()?.micros() as f64,
            Quantity::Rate => parse_rate(text).ok()?,
        };
        Some(number).filter(|number| *number <= self.greatest_in_file() * self.file_scale())
    }

    /// One of them with its unit.
    pub const fn example(self) -> &'static str {
        match self {
            Quantity::Duration => "1500ms",
            Quantity::Rate => "20Mbit/s",
        }
    }

    /// The greatest bare number.
    pub fn greatest_in_file(self) -> f64 {
        match self {
            Quantity::Duration => Span::MAX.seconds(),
            Quantity::Rate => MAX_RATE as f64,
        }
    }
}

/// A quantity as a number of its base unit: microseconds, bits a second.
pub enum InBaseUnit {
    Duration(form::Duration),
    Rate(form::WithUnit),
}

impl Accepts for InBaseUnit {
    type Value = f64;

    fn accepted(&self) -> String {
        match self {
            InBaseUnit::Duration(duration) => duration.accepted(),
            InBaseUnit::Rate(rate) => rate.accepted(),
        }
    }

    fn shape(&self) -> Shape {
        match self {
            InBaseUnit::Duration(duration) => duration.shape(),
            InBaseUnit::Rate(rate) => rate.shape(),
        }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<f64> {
        match self {
            InBaseUnit::Duration(duration) => duration.read(found).map(|span| span.micros() as f64),
            InBaseUnit::Rate(rate) => rate.read(found),
        }
    }
}

impl Shows for InBaseUnit {
    fn show(&self, value: &f64) -> Json {
        match self {
            InBaseUnit::Duration(duration) => duration.show(&Span::from_drawn_micros(*value)),
            InBaseUnit::Rate(rate) => rate.show(value),
        }
    }
}

/// Reads a size in bytes as a scenario writes it.
///
/// # Errors
/// Why it is none.
pub fn parse_size(text: &str) -> Result<f64, String> {
    parse(text, &SIZES)
}

/// Reads a rate in bits a second as a scenario writes it.
///
/// # Errors
/// Why it is none.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    parse(text, &RATES)
}

/// A decimal number with one of the units, a space allowed between them.
pub(super) fn parse(text: &str, units: &[(&str, f64)]) -> Result<f64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim_start());
    if unit.is_empty() {
        return Err(String::from("the unit is missing"));
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        let why = meant(number, unit, units).map(|meant| format!("; write {meant}"));
        let binary = unit.contains("iB") || unit.contains("ibit");
        let why = why.unwrap_or_else(|| String::from(if binary { "; units are decimal" } else { "" }));
        return Err(format!("`{}` is not a unit here{why}", unit.escape_debug()));
    };
    match number.parse::<f64>() {
        Ok(number) => Ok(number * factor),
        Err(_) => Err(String::from("the number is missing")),
    }
}

/// What a number with a unit that others use would be, or one in other letters: `200Mbps`, `20MB/s`, `600mb`.
fn meant(number: &str, unit: &str, units: &[(&str, f64)]) -> Option<String> {
    number.parse::<f64>().ok()?;
    let per_second = unit.strip_suffix("ps").or_else(|| unit.strip_suffix("/s")).or_else(|| unit.strip_suffix("/sec"));
    let (amount, rate) = (per_second.unwrap_or(unit), per_second.is_some());
    let prefix = amount.chars().next().filter(|prefix| "kKMGT".contains(*prefix));
    let of = &amount[prefix.map_or(0, char::len_utf8)..];
    let prefix = prefix.map_or(String::new(), |prefix| prefix.to_string().replace('K', "k"));
    let unit = match (of, rate) {
        ("b" | "bit" | "bits", true) => format!("{prefix}bit/s"),
        // Eight bits each.
        ("B" | "byte" | "bytes", true) => {
            let bits = number.parse::<f64>().ok()? * 8.0;
            let known = units.iter().any(|(name, _)| *name == format!("{prefix}bit/s"));
            return known.then(|| format!("{bits}{prefix}bit/s"));
        }
        _ => units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.0.to_owned(),
    };
    units.iter().any(|(name, _)| *name == unit).then(|| format!("{number}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        for (text, units, number) in [
            ("600MB", &SIZES, 6e8),
            ("1.5 GB", &SIZES, 1.5e9),
            ("7B", &SIZES, 7.0),
            ("20Mbit/s", &RATES, 2e7),
            (" 0.5 Gbit/s ", &RATES, 5e8),
            ("0bit/s", &RATES, 0.0),
        ] {
            assert_eq!(parse(text, units), Ok(number), "{text}");
        }
        for (text, units, why) in [
            ("600", &SIZES, "the unit is missing"),
            ("", &SIZES, "the unit is missing"),
            ("MB", &SIZES, "the number is missing"),
            ("1.2.3MB", &SIZES, "the number is missing"),
            ("600MiB", &SIZES, "`MiB` is not a unit here; units are decimal"),
            ("600mb", &SIZES, "`mb` is not a unit here; write 600MB"),
            ("20MB/s", &RATES, "`MB/s` is not a unit here; write 160Mbit/s"),
            ("200Mbps", &RATES, "`Mbps` is not a unit here; write 200Mbit/s"),
            ("1.5Gb/s", &RATES, "`Gb/s` is not a unit here; write 1.5Gbit/s"),
            ("64Kbps", &RATES, "`Kbps` is not a unit here; write 64kbit/s"),
            ("5mbit/s", &RATES, "`mbit/s` is not a unit here; write 5Mbit/s"),
            ("600MBps", &SIZES, "`MBps` is not a unit here"),
            ("20 lbs", &RATES, "`lbs` is not a unit here"),
            ("-5Mbit/s", &RATES, "`-5Mbit/s` is not a unit here"),
            ("1e3bit/s", &RATES, "`e3bit/s` is not a unit here"),
        ] {
            assert_eq!(parse(text, units), Err(why.to_owned()), "{text}");
        }
    }
}
