//! Durations as a scenario writes them: "250ms", "90s", "1h30m", "7d".

use crate::time::Span;

/// What is accepted, for messages.
pub const ACCEPTED: &str =
    "a string with a unit (us, ms, s, m, h, d, w), such as \"250ms\", \"90s\", \"1h30m\" or \"7d\"";

/// Parses a duration. humantime reads it; what has no fixed length (months, years), is finer than a microsecond or longer
/// than [`Span::MAX`] is refused.
pub fn parse(text: &str) -> Result<Span, String> {
    let words: String = text.chars().map(|c| if c.is_alphabetic() { c } else { ' ' }).collect();
    let no_fixed_length = ["month", "months", "M", "year", "years", "yr", "y"];
    if let Some(unit) = words.split_whitespace().find(|unit| no_fixed_length.contains(unit)) {
        return Err(format!("`{unit}` has no fixed length"));
    }
    if words.trim().is_empty() {
        return Err(String::from("the unit is missing"));
    }
    let duration = humantime::parse_duration(text.trim()).map_err(|error| match error {
        humantime::DurationError::UnknownUnit { unit, .. } if !unit.is_empty() => format!("unknown unit `{unit}`"),
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
            ("3us", 3),
            ("2000ns", 2),
            ("13000d", Span::MAX.micros()),
        ] {
            assert_eq!(parse(text), Ok(Span::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, why) in [
            ("", "the unit is missing"),
            ("90", "the unit is missing"),
            ("0", "the unit is missing"),
            ("5 parsecs", "unknown unit `parsecs`"),
            ("1y", "`y` has no fixed length"),
            ("2 months", "`months` has no fixed length"),
            ("3M", "`M` has no fixed length"),
            ("1h 2", "the unit is missing"),
            ("-5s", "a duration is not negative"),
            ("13001d", "longer than 13000d"),
            ("99999999999999999999d", "the number is too large or too fine"),
            ("1500ns", "finer than a microsecond"),
            ("soon", "not a duration"),
        ] {
            assert_eq!(parse(text), Err(why.to_owned()), "{text}");
        }
    }
}
