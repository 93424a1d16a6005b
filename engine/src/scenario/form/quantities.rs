//! Values with a unit: durations, rates, sizes.

use std::ops::RangeInclusive;

use serde_json::{Value as Json, json};

use super::{Accepts, Shape, Shows, Written};
use crate::random::{MAX_RATE, whole_rate};
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::Toml;
use crate::scenario::duration as text;
use crate::scenario::quantity::{MAX_SIZE, RATES, SIZES, parse};
use crate::time::Span;

/// Somewhere a digit that is not 0: greater than 0.
const NOT_ZERO: &str = "(?=.*[1-9])";

/// A duration in a range.
#[derive(Clone)]
pub struct Duration {
    range: RangeInclusive<Span>,
    accepted: &'static str,
}

/// Accepts a duration.
pub fn duration() -> Duration {
    Duration { range: Span::ZERO..=Span::MAX, accepted: "a duration" }
}

/// A duration longer than 0.
pub fn positive_duration() -> Duration {
    Duration { range: Span::from_micros(1)..=Span::MAX, accepted: "a duration longer than 0" }
}

/// A duration in a range, which `accepted` names.
pub fn duration_within(range: RangeInclusive<Span>, accepted: &'static str) -> Duration {
    Duration { range, accepted }
}

impl Accepts for Duration {
    type Value = Span;

    fn accepted(&self) -> String {
        self.accepted.to_owned()
    }

    /// Numbers with units, one after another: "1h 30m", "1.5s", "2 hours".
    fn shape(&self) -> Shape {
        let condition = if *self.range.start() == Span::from_micros(1) { NOT_ZERO } else { "" };
        let units = text::UNITS.join("|");
        let pattern = format!(r"^{condition}\s*([0-9][0-9\s]*(\.[0-9\s]*[0-9][0-9\s]*)?({units})\s*)+$");
        Shape::Scalar(json!({ "type": "string", "pattern": pattern, "examples": ["250ms", "90s", "1h30m", "7d"] }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Span> {
        let span = match text::parse(found.text(text::ACCEPTED)?) {
            Ok(span) => span,
            Err(why) => {
                let problem = Problem::new(format!("`{}` is not a duration: {why}", found.path));
                found.report(problem.help(format!("expected {}", text::ACCEPTED)), "");
                return None;
            }
        };
        let fits = self.range.contains(&span);
        if !fits {
            found.out_of_range(self.accepted);
        }
        fits.then_some(span)
    }
}

impl Shows for Duration {
    fn show(&self, value: &Span) -> Json {
        json!(text::shown(*value))
    }
}

/// A decimal number with one of some units.
#[derive(Clone, Copy)]
pub struct WithUnit {
    units: &'static [(&'static str, f64)],
    low: f64,
    high: f64,
    accepted: &'static str,
    examples: [&'static str; 3],
}

/// A rate in bits a second, of at least 1 bit/s.
pub const fn rate() -> WithUnit {
    WithUnit {
        units: &RATES,
        low: 1.0,
        high: MAX_RATE as f64,
        accepted: "a rate from \"1bit/s\" to \"1000Tbit/s\", such as \"20Mbit/s\"",
        examples: ["800kbit/s", "20Mbit/s", "1.5Gbit/s"],
    }
}

/// A rate in bits a second, which may be 0.
pub const fn rate_or_none() -> WithUnit {
    WithUnit {
        low: 0.0,
        accepted: "a rate with a unit (bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s), such as \"20Mbit/s\"",
        examples: ["0bit/s", "20Mbit/s", "1.5Gbit/s"],
        ..rate()
    }
}

/// A size in bytes, from 1 B to 1 TB.
const fn bytes() -> WithUnit {
    WithUnit {
        units: &SIZES,
        low: 1.0,
        high: MAX_SIZE as f64,
        accepted: "a size from \"1B\" to \"1TB\", such as \"600MB\"",
        examples: ["80kB", "600MB", "1.5GB"],
    }
}

impl WithUnit {
    /// As many as a fleet may have of it, none included; `accepted` says what it is.
    pub(crate) const fn of_a_fleet(self, accepted: &'static str) -> WithUnit {
        WithUnit { low: 0.0, high: f64::MAX, accepted, ..self }
    }
}

/// Sizes of any number of robots, for bounds.
pub(crate) const fn size_of_a_fleet() -> WithUnit {
    bytes().of_a_fleet("a size such as \"600MB\"")
}

impl Accepts for WithUnit {
    type Value = f64;

    fn accepted(&self) -> String {
        self.accepted.to_owned()
    }

    fn shape(&self) -> Shape {
        let condition = if self.low > 0.0 { NOT_ZERO } else { "" };
        let units: Vec<&str> = self.units.iter().map(|(unit, _)| *unit).collect();
        let pattern = format!(r"^{condition}\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*({})\s*$", units.join("|"));
        Shape::Scalar(json!({ "type": "string", "pattern": pattern, "examples": self.examples }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<f64> {
        let path = &found.path;
        let read = parse(
            match &found.node.value {
                Toml::String(text) => text,
                _ => {
                    found.wrong_kind(self.accepted);
                    return None;
                }
            },
            self.units,
        )
        .map_err(|why| format!("`{path}` cannot be read: {why}"));
        let fits = |number: &f64| (self.low..=self.high).contains(number);
        let checked =
            read.and_then(|number| if fits(&number) { Ok(number) } else { Err(format!("`{path}` is out of range")) });
        checked.map_err(|title| found.report(Problem::new(title), format!("expected {}", self.accepted))).ok()
    }
}

impl Shows for WithUnit {
    fn show(&self, value: &f64) -> Json {
        let (unit, factor) = self.units.iter().rev().find(|(_, factor)| *value >= *factor).unwrap_or(&self.units[0]);
        json!(format!("{}{unit}", value / factor))
    }
}

/// A quantity in whole units, rounded.
pub struct Whole(WithUnit, fn(f64) -> u64);

/// A cap: a rate in whole bits a second.
pub fn cap() -> Whole {
    Whole(rate(), whole_rate)
}

/// A size in whole bytes.
pub fn size() -> Whole {
    Whole(bytes(), |bytes| (bytes + 0.5) as u64)
}

impl Accepts for Whole {
    type Value = u64;

    fn accepted(&self) -> String {
        self.0.accepted()
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn read(&self, found: &mut Written<'_>) -> Option<u64> {
        self.0.read(found).map(self.1)
    }
}
