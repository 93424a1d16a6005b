//! Durations as a scenario writes them: "250ms", "90s", "1h30m", "7d".

use crate::time::Span;

/// What is accepted, for messages.
pub const ACCEPTED: &str =
    "a string with a unit (us, ms, s, m, h, d, w), such as \"250ms\", \"90s\", \"1h30m\" or \"7d\"";

/// The units accepted, long spellings included. Months and years have no fixed length, nanoseconds are finer than the
/// clock.
pub const UNITS: [&str; 26] = [
    "us", "usec", "ms", "msec", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes", "h",
    "hr", "hrs", "hour", "hours", "d", "day", "days", "w", "week", "weeks", "µs",
];

/// Units in which a duration of whole ones is written, in microseconds.
pub const WHOLE_UNITS: [(u64, &str); 6] =
    [(86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms"), (1, "us")];

/// A duration as a scenario writes it, in the largest unit of which it has whole ones.
pub fn shown(span: Span) -> String {
    let micros = span.micros();
    let whole = |(unit, _): &&(u64, &str)| micros.is_multiple_of(*unit) && micros > 0;
    let (unit, name) = WHOLE_UNITS.iter().find(whole).unwrap_or(&(1_000_000, "s"));
    format!("{}{name}", micros / unit)
}

/// Parses a duration. humantime reads it; units without a fixed length, what is finer than a microsecond and what is
/// longer than [`Span::MAX`] are refused.
///
/// # Errors
/// Why it is none.
pub fn parse(text: &str) -> Result<Span, String> {
    let words: String = text.chars().map(|c| if c.is_alphabetic() { c } else { ' ' }).collect();
    if let Some(unit) = words.split_whitespace().find(|unit| !UNITS.contains(unit)) {
        let calendar = unit.starts_with(['y', 'M']) || unit.starts_with("mo");
        let why = if calendar { "has no fixed length" } else { "is not a unit" };
        return Err(format!("`{unit}` {why}"));
    }
    if words.trim().is_empty() {
        return Err(String::from("the unit is missing"));
    }
    let duration = humantime::parse_duration(text.trim()).map_err(|error| match error {
        humantime::DurationError::UnknownUnit { .. } => String::from("the unit is missing"),
        humantime::DurationError::InvalidCharacter(offset) if text.trim().starts_with('-') || offset == 0 => {
            String::from("a duration is not negative")
        }
        humantime::DurationError::NumberExpected(0) if text.trim().starts_with('-') => {
            String::from("a duration is not negative")
        }
        humantime::DurationError::NumberOverflow => String::from("the number is too large or too fine"),
        _ => String::from("not a duration"),
    })?;
    let nanos = duration.as_nanos();
    if nanos > u128::from(Span::MAX.micros()) * 1000 {
        return Err(String::from("longer than 13000d"));
    }
    if !nanos.is_multiple_of(1000) {
        return Err(String::from("finer than a microsecond"));
    }
    Ok(Span::from_micros((nanos / 1000) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted() {
        for (text, micros) in [
            ("250ms", 250_000),
            ("90s", 90_000_000),
            ("1h30m", 5_400_000_000),
            ("1h 30m", 5_400_000_000),
            ("7d", 604_800_000_000),
            ("2w", 1_209_600_000_000),
            ("0s", 0),
            ("1.5s", 1_500_000),
            ("2 hours 5 min", 7_500_000_000),
            ("3us", 3),
            ("13000d", Span::MAX.micros()),
        ] {
            assert_eq!(parse(text), Ok(Span::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read() {
        for (micros, text) in [(0, "0s"), (250_000, "250ms"), (90_000_000, "90s"), (18_000_000_000, "5h"), (7, "7us")] {
            assert_eq!(shown(Span::from_micros(micros)), text);
            assert_eq!(parse(text), Ok(Span::from_micros(micros)));
        }
    }

    #[test]
    fn refused() {
        for (text, why) in [
            ("", "the unit is missing"),
            ("90", "the unit is missing"),
            ("0", "the unit is missing"),
            ("5 parsecs", "`parsecs` is not a unit"),
            ("2000ns", "`ns` is not a unit"),
            ("1yrs", "`yrs` has no fixed length"),
            ("1y", "`y` has no fixed length"),
            ("2 months", "`months` has no fixed length"),
            ("3M", "`M` has no fixed length"),
            ("1h 2", "the unit is missing"),
            ("-5s", "a duration is not negative"),
            ("13001d", "longer than 13000d"),
            ("99999999999999999999d", "the number is too large or too fine"),
            ("1.5us", "finer than a microsecond"),
            ("soon", "`soon` is not a unit"),
            ("s", "not a duration"),
        ] {
            assert_eq!(parse(text), Err(why.to_owned()), "{text}");
        }
    }
}
