//! Values that need no unit: texts, names, numbers, one of some words.

use std::ops::{Bound, RangeInclusive};

use serde_json::{Value as Json, json};

use super::{Accepts, Shape, Shows, Written, nearest};
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::Toml;

/// Accepts any string.
pub struct Textual {
    accepted: &'static str,
    is_name: bool,
}

/// Any string; `accepted` says what it is for.
pub fn text(accepted: &'static str) -> Textual {
    Textual { accepted, is_name: false }
}

/// 1 to 64 characters of `[A-Za-z0-9_-]`, so that it can name a folder without leaving its parent.
pub fn name(accepted: &'static str) -> Textual {
    Textual { accepted, is_name: true }
}

/// Whether a text is 1 to 64 characters of `[A-Za-z0-9_-]`.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

impl Accepts for Textual {
    type Value = String;

    fn accepted(&self) -> String {
        self.accepted.to_owned()
    }

    fn shape(&self) -> Shape {
        let mut schema = json!({ "type": "string" });
        if self.is_name {
            schema["pattern"] = json!("^[A-Za-z0-9_-]{1,64}$");
        }
        Shape::Scalar(schema)
    }

    fn read(&self, found: &mut Written<'_>) -> Option<String> {
        let text = found.text("a string")?;
        if self.is_name && !is_name(text) {
            let problem = Problem::new(format!("`{}` is not a name", found.path));
            found.report(problem, "expected 1 to 64 characters of A-Z a-z 0-9 _ -");
            return None;
        }
        // The scenario's own name is that of a folder.
        if self.is_name && found.path == "name" && is_reserved(text) {
            let problem = Problem::new(format!("`{text}` is a name that Windows reserves"));
            found.report(problem.help("results are in a folder of this name"), "expected another name");
            return None;
        }
        Some(text.to_owned())
    }
}

/// Whether Windows takes a name for a device, whatever its case.
fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let numbered = ["com", "lpt"].iter().filter_map(|device| name.strip_prefix(device));
    let is_digit = |rest: &str| matches!(rest.as_bytes(), [b'1'..=b'9']);
    ["con", "prn", "aux", "nul"].contains(&name.as_str()) || numbered.into_iter().any(is_digit)
}

/// An integer in a range; never written as a float.
pub struct Integer(RangeInclusive<i64>);

/// An integer in a range.
pub fn integer(range: RangeInclusive<i64>) -> Integer {
    Integer(range)
}

impl Accepts for Integer {
    type Value = i64;

    fn accepted(&self) -> String {
        match (*self.0.start(), *self.0.end()) {
            (low, i64::MAX) => format!("an integer of at least {low}"),
            (low, high) => format!("an integer from {low} to {high}"),
        }
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(json!({ "type": "integer", "minimum": self.0.start(), "maximum": self.0.end() }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<i64> {
        match &found.node.value {
            Toml::Integer(Some(integer)) if self.0.contains(integer) => Some(*integer),
            Toml::Integer(_) => {
                found.out_of_range(&self.accepted());
                None
            }
            _ => {
                found.wrong_kind(&self.accepted());
                None
            }
        }
    }
}

impl Shows for Integer {
    fn show(&self, value: &i64) -> Json {
        json!(value)
    }
}

/// An integer in a range of 32 bits.
pub struct Count(Integer);

/// An integer in a range of 32 bits.
pub fn count(range: RangeInclusive<u32>) -> Count {
    Count(Integer(i64::from(*range.start())..=i64::from(*range.end())))
}

impl Accepts for Count {
    type Value = u32;

    fn accepted(&self) -> String {
        self.0.accepted()
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn read(&self, found: &mut Written<'_>) -> Option<u32> {
        self.0.read(found).map(|integer| integer as u32)
    }
}

impl Shows for Count {
    fn show(&self, value: &u32) -> Json {
        json!(value)
    }
}

/// A finite number, written as an integer or a float.
#[derive(Clone, Copy)]
pub struct NumberRange {
    accepted: &'static str,
    low: Bound<f64>,
    high: Bound<f64>,
}

/// A number of at least 0 or 1; `accepted` says so.
const fn from(low: f64, accepted: &'static str) -> NumberRange {
    NumberRange { accepted, low: Bound::Included(low), high: Bound::Unbounded }
}

/// A number of at least 0.
pub const fn nonnegative() -> NumberRange {
    from(0.0, "a number of at least 0")
}

/// A number of at least 1.
pub const fn at_least_one() -> NumberRange {
    from(1.0, "a number of at least 1")
}

/// A number greater than 0.
pub const fn positive() -> NumberRange {
    NumberRange { accepted: "a number greater than 0", low: Bound::Excluded(0.0), high: Bound::Unbounded }
}

/// A number from 0 to 1 that is no probability.
pub const fn fraction() -> NumberRange {
    NumberRange { accepted: "a number from 0 to 1", low: Bound::Included(0.0), high: Bound::Included(1.0) }
}

/// A number from 0 to 1 that says how likely something is.
pub const fn probability() -> NumberRange {
    NumberRange { accepted: "a probability from 0 to 1", ..fraction() }
}

/// How sure an answer has to be.
pub const fn confidence() -> NumberRange {
    NumberRange { accepted: "a number above 0.5 and below 1", low: Bound::Excluded(0.5), high: Bound::Excluded(1.0) }
}

impl Accepts for NumberRange {
    type Value = f64;

    fn accepted(&self) -> String {
        self.accepted.to_owned()
    }

    fn shape(&self) -> Shape {
        let mut schema = json!({ "type": "number" });
        let mut bound = |bound: Bound<f64>, included: &str, excluded: &str| match bound {
            Bound::Included(number) => schema[included] = short(number),
            Bound::Excluded(number) => schema[excluded] = short(number),
            Bound::Unbounded => {}
        };
        bound(self.low, "minimum", "exclusiveMinimum");
        bound(self.high, "maximum", "exclusiveMaximum");
        Shape::Scalar(schema)
    }

    fn read(&self, found: &mut Written<'_>) -> Option<f64> {
        let number = match &found.node.value {
            Toml::Float(float) => *float,
            Toml::Integer(Some(integer)) => *integer as f64,
            Toml::Integer(None) => f64::INFINITY,
            _ => {
                found.wrong_kind(self.accepted);
                return None;
            }
        };
        let fits = number.is_finite() && std::ops::RangeBounds::contains(&(self.low, self.high), &number);
        if !fits {
            found.out_of_range(self.accepted);
        }
        fits.then_some(number)
    }
}

impl Shows for NumberRange {
    fn show(&self, value: &f64) -> Json {
        short(*value)
    }
}

/// A whole number without its point.
pub(super) fn short(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

/// One of some words.
pub struct OneWord<T> {
    choices: Vec<(&'static str, T)>,
}

/// One of some words, each with what it stands for.
pub fn choice<T: Copy>(choices: impl IntoIterator<Item = (&'static str, T)>) -> OneWord<T> {
    OneWord { choices: choices.into_iter().collect() }
}

impl<T: Copy> Accepts for OneWord<T> {
    type Value = T;

    fn accepted(&self) -> String {
        self.choices.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ")
    }

    fn shape(&self) -> Shape {
        let names: Vec<&str> = self.choices.iter().map(|(name, _)| *name).collect();
        Shape::Scalar(json!({ "type": "string", "enum": names }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<T> {
        let text = found.text(&self.accepted())?;
        let chosen = self.choices.iter().find(|(name, _)| *name == text);
        if chosen.is_none() {
            let names: Vec<&str> = self.choices.iter().map(|(name, _)| *name).collect();
            let problem = Problem::new(format!("`{}` is not one of its values", found.path));
            found.report(problem.help(nearest(text, &names)), "unknown value");
        }
        chosen.map(|(_, value)| *value)
    }
}

impl<T: Copy + PartialEq> Shows for OneWord<T> {
    fn show(&self, value: &T) -> Json {
        self.choices.iter().find(|(_, choice)| choice == value).map_or(Json::Null, |(name, _)| json!(name))
    }
}
