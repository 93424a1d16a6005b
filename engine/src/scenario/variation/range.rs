//! `1..=100`, `5..=50:5`, `0.01..=0.05:0.01`, `10m..=60m:10m`: ranges of a list, with their ends included.

use crate::scenario::duration::WHOLE_UNITS;
use crate::scenario::parse_duration;

/// A range of more values is not listed.
const MOST_VALUES: i128 = super::MOST_VALUES as i128;

/// What is wrong with a range, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRange {
    pub title: String,
    pub help: String,
}

/// The values of a range as texts; none if the item is no range.
pub fn read(item: &str) -> Option<Result<Vec<String>, BadRange>> {
    if item.starts_with(['"', '\'', '[', '{']) {
        return None;
    }
    let Some((start, rest)) = item.split_once("..=") else {
        return looks_exclusive(item).then(|| {
            let help = format!("write `{}`: a range includes its end", item.replacen("..", "..=", 1));
            Err(BadRange { title: format!("`{item}` is not a range"), help })
        });
    };
    let (end, step) = match rest.split_once(':') {
        Some((end, step)) => (end, Some(step)),
        None => (rest, None),
    };
    Some(values(item, start.trim(), end.trim(), step.map(str::trim)))
}

/// `1..5`: numbers around two dots, unlike `../data.csv`.
fn looks_exclusive(item: &str) -> bool {
    item.split_once("..").is_some_and(|(start, end)| {
        start.ends_with(|c: char| c.is_ascii_alphanumeric()) && end.starts_with(|c: char| c.is_ascii_digit())
    })
}

fn values(item: &str, start: &str, end: &str, step: Option<&str>) -> Result<Vec<String>, BadRange> {
    let bad = |title: &str, help: &str| BadRange { title: format!("`{item}` {title}"), help: help.to_owned() };
    let parts: Vec<&str> = [start, end].into_iter().chain(step).collect();
    let scale = RangeScale::of(&parts).ok_or_else(|| {
        bad("is not a range", "a range is of whole numbers, decimals, durations or other numbers with one unit: `5..=50:5`, `0.01..=0.05:0.01`, `10m..=1h:10m`")
    })?;
    let number =
        |part: &str| scale.number(part).ok_or_else(|| bad("is not a range", "its numbers are too large or too fine"));
    let (first, last) = (number(start)?, number(end)?);
    let step = match step {
        Some(step) => number(step)?,
        None if matches!(&scale, RangeScale::Decimal { digits: 0, unit, .. } if unit.is_empty()) => 1,
        None => return Err(bad("needs a step", &format!("write `{item}:STEP`; only whole numbers go by 1"))),
    };
    if step <= 0 {
        return Err(bad(
            "has a step that is not above 0",
            "write the smaller end first, and how far one value is from the next",
        ));
    }
    if last < first {
        return Err(bad("ends before it starts", "write the smaller end first"));
    }
    let count = (last - first) / step + 1;
    if count > MOST_VALUES {
        return Err(bad(&format!("has {count} values"), &format!("a sweep has at most {MOST_VALUES} points")));
    }
    let step_and_start = [first, step];
    Ok((0..count).map(|index| scale.text(first + index * step, step_and_start)).collect())
}

/// How the numbers of a range are written.
enum RangeScale {
    /// With so many digits behind the point, and a unit or none.
    Decimal { digits: u32, unit: String, float: bool },
    /// Durations with different units, in microseconds.
    Duration,
}

impl RangeScale {
    /// The scale of all parts; none if they have none in common.
    fn of(parts: &[&str]) -> Option<RangeScale> {
        let split: Option<Vec<(&str, &str)>> = parts.iter().map(|part| split(part)).collect();
        if let Some(split) = split
            && split.iter().all(|(_, unit)| *unit == split[0].1)
        {
            let behind = |number: &&str| number.split_once('.').map(|(_, digits)| digits.len() as u32);
            let digits = split.iter().filter_map(|(number, _)| behind(number)).max();
            let unit = split[0].1.to_owned();
            return Some(RangeScale::Decimal { digits: digits.unwrap_or(0), unit, float: digits.is_some() });
        }
        parts.iter().all(|part| parse_duration(part).is_ok()).then_some(RangeScale::Duration)
    }

    /// A part in the scale's least unit.
    fn number(&self, part: &str) -> Option<i128> {
        match self {
            RangeScale::Duration => parse_duration(part).ok().map(|span| span.micros().into()),
            RangeScale::Decimal { digits, .. } => {
                let (number, _) = split(part)?;
                let number = number.replace('_', "");
                let (whole, behind) = number.split_once('.').unwrap_or((&number, ""));
                let missing = (*digits as usize).checked_sub(behind.len())?;
                let number: i128 = format!("{whole}{behind}{}", "0".repeat(missing)).parse().ok()?;
                // Beyond this the number of values could overflow, and no setting is so large.
                (number.abs() < 1 << 96).then_some(number)
            }
        }
    }

    /// A number of the scale as a scenario writes it.
    fn text(&self, number: i128, all: [i128; 2]) -> String {
        match self {
            RangeScale::Duration => {
                let whole = |unit: &&(u64, &str)| all.iter().all(|number| number % i128::from(unit.0) == 0);
                let (unit, name) = WHOLE_UNITS.iter().find(whole).unwrap_or(&(1, "us"));
                format!("{}{name}", number / i128::from(*unit))
            }
            RangeScale::Decimal { digits, unit, float } => {
                let sign = if number < 0 { "-" } else { "" };
                let figures = format!("{:0>width$}", number.abs(), width = *digits as usize + 1);
                let (whole, behind) = figures.split_at(figures.len() - *digits as usize);
                let behind = behind.trim_end_matches('0');
                match (behind, *float && unit.is_empty()) {
                    ("", false) => format!("{sign}{whole}{unit}"),
                    // A float stays one.
                    ("", true) => format!("{sign}{whole}.0"),
                    _ => format!("{sign}{whole}.{behind}{unit}"),
                }
            }
        }
    }
}

/// A number and its unit: `-1_000`, `0.25`, `20Mbit/s`; none if it does not begin with a number, or the unit has one in
/// it.
fn split(part: &str) -> Option<(&str, &str)> {
    let sign = part.len() - part.trim_start_matches(['+', '-']).len();
    let end =
        part[sign..].find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').map_or(part.len(), |end| sign + end);
    let (number, unit) = (&part[..end], part[end..].trim_start());
    let digits = number[sign..].chars().filter(char::is_ascii_digit).count();
    let fine = sign <= 1 && digits > 0 && number.matches('.').count() <= 1 && !number.ends_with('.');
    (fine && !unit.contains(|c: char| c.is_ascii_digit())).then_some((number.trim_start_matches('+'), unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (item, expected) in [
            ("1..=4", "1 2 3 4"),
            ("5..=50:15", "5 20 35 50"),
            ("5..=50:20", "5 25 45"),
            ("7..=7", "7"),
            ("-1..=1", "-1 0 1"),
            ("1_000..=2_000:500", "1000 1500 2000"),
            ("0.01..=0.05:0.02", "0.01 0.03 0.05"),
            ("0..=1:0.25", "0.0 0.25 0.5 0.75 1.0"),
            ("-0.5..=0.5:0.5", "-0.5 0.0 0.5"),
            ("10m..=60m:10m", "10m 20m 30m 40m 50m 60m"),
            ("30s..=2m:30s", "30s 60s 90s 120s"),
            ("1h30m..=3h:30m", "90m 120m 150m 180m"),
            ("1.5h..=3h:0.5h", "1.5h 2h 2.5h 3h"),
            ("12h..=2d:12h", "12h 24h 36h 48h"),
            ("10Mbit/s..=30Mbit/s:10Mbit/s", "10Mbit/s 20Mbit/s 30Mbit/s"),
            (" 1 ..= 3 : 1 ", "1 2 3"),
        ] {
            let found = read(item).expect("a range").unwrap_or_else(|bad| panic!("{item}: {bad:?}"));
            assert_eq!(found.join(" "), expected, "{item}");
        }
        for item in ["5", "10m", "\"1..=3\"", "../data.csv", "a..b", "[1..=2]", "1.5"] {
            assert_eq!(read(item), None, "{item}");
        }
    }

    #[test]
    fn bad_ranges() {
        for (item, title, help) in [
            ("1..5", "is not a range", "write `1..=5`"),
            ("5..=1", "ends before it starts", "the smaller end first"),
            ("1..=5:0", "step that is not above 0", "how far"),
            ("5..=1:-1", "step that is not above 0", "how far"),
            ("0.1..=0.5", "needs a step", "write `0.1..=0.5:STEP`"),
            ("10m..=60m", "needs a step", "write `10m..=60m:STEP`"),
            ("10m..=60m:10", "is not a range", "numbers with one unit"),
            ("1MB..=1GB:1MB", "is not a range", "numbers with one unit"),
            ("a..=b", "is not a range", "whole numbers, decimals, durations"),
            ("1..=", "is not a range", "whole numbers"),
            ("1..=5:", "is not a range", "whole numbers"),
            ("1e-3..=1e-2:1e-3", "is not a range", "whole numbers, decimals"),
            ("0..=1000000", "has 1000001 values", "at most 1000000 points"),
            ("1..=99999999999999999999999999999999999999999", "is not a range", "too large or too fine"),
        ] {
            let bad = read(item).expect("a range").expect_err(item);
            assert!(bad.title.contains(title) && bad.help.contains(help), "{item}: {bad:?}");
        }
    }
}
