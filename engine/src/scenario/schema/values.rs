//! Values that are no tables: names, numbers, durations, sizes, rates.

use serde_json::{Value, json};

use crate::scenario::duration;
use crate::scenario::quantity::{Quantity, RATES, SIZES};

/// Any text.
pub fn string() -> Value {
    json!({ "type": "string" })
}

/// A name: of a scenario, a group, a build.
pub fn name() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
}

/// One of the named values.
pub fn choice<'a>(names: impl IntoIterator<Item = &'a str>) -> Value {
    json!({ "type": "string", "enum": names.into_iter().collect::<Vec<_>>() })
}

/// `[[...]]`, once or more.
pub fn list(element: Value) -> Value {
    json!({ "type": "array", "minItems": 1, "items": element })
}

/// An integer in a range.
pub fn integer(low: i64, high: i64) -> Value {
    json!({ "type": "integer", "minimum": low, "maximum": high })
}

/// A number of at least `low`.
pub fn at_least(low: u32) -> Value {
    json!({ "type": "number", "minimum": low })
}

/// A number greater than 0.
pub fn positive() -> Value {
    json!({ "type": "number", "exclusiveMinimum": 0 })
}

/// A number from 0 to 1.
pub fn fraction() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

/// Somewhere a digit that is not 0: greater than 0.
const NOT_ZERO: &str = "(?=.*[1-9])";

/// A duration.
pub fn duration() -> Value {
    json!({ "type": "string", "pattern": duration_pattern(""), "examples": ["250ms", "90s", "1h30m", "7d"] })
}

/// A duration longer than 0.
pub fn positive_duration() -> Value {
    json!({ "type": "string", "pattern": duration_pattern(NOT_ZERO), "examples": ["250ms", "90s", "1h30m", "7d"] })
}

/// Numbers with units, one after another: "1h 30m", "1.5s", "2 hours".
fn duration_pattern(condition: &str) -> String {
    let units = duration::UNITS.join("|");
    format!(r"^{condition}\s*([0-9][0-9\s]*(\.[0-9\s]*[0-9][0-9\s]*)?({units})\s*)+$")
}

/// A rate above 0.
pub fn rate() -> Value {
    json!({ "type": "string", "pattern": unit_pattern(NOT_ZERO, &RATES), "examples": ["800kbit/s", "20Mbit/s", "1.5Gbit/s"] })
}

/// A size above 0.
pub fn size() -> Value {
    json!({ "type": "string", "pattern": unit_pattern(NOT_ZERO, &SIZES), "examples": ["80kB", "600MB", "1.5GB"] })
}

/// A decimal number with one of the units.
fn unit_pattern(condition: &str, units: &[(&str, f64)]) -> String {
    let units: Vec<&str> = units.iter().map(|(unit, _)| *unit).collect();
    format!(r"^{condition}\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*({})\s*$", units.join("|"))
}

/// A quantity of at least 0.
pub fn quantity(of: Quantity) -> Value {
    match of {
        Quantity::Duration => duration(),
        Quantity::Rate => {
            json!({ "type": "string", "pattern": unit_pattern("", &RATES), "examples": ["0bit/s", "20Mbit/s", "1.5Gbit/s"] })
        }
    }
}

/// A quantity greater than 0.
pub fn positive_quantity(of: Quantity) -> Value {
    match of {
        Quantity::Duration => positive_duration(),
        Quantity::Rate => rate(),
    }
}
