//! `[[expect]]` and `[check]`

use serde_json::{Value, json};

use crate::questions::expectation::{DEFAULT_CHECK_REPLICATIONS, DEFAULT_CONFIDENCE};
use crate::scenario::schema::table::Table;
use crate::scenario::schema::values::{at_least, duration, integer, name, rate, size, string};

/// `[check]`
pub fn check() -> Value {
    Table::new("How far `rollcast check` goes.")
        .with_default(
            "max_replications",
            "What is undecided after so many replications stays so.",
            integer(1, u32::MAX.into()),
            DEFAULT_CHECK_REPLICATIONS,
        )
        .into_value()
}

/// `[[expect]]`: which bounds a metric takes depends on its unit, which a schema cannot know.
pub fn table() -> Value {
    let confidence = json!({ "type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 1 });
    let pair = json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": bound() });
    let mut table = Table::new("What a number of the results is expected to be; exactly one bound.")
        .optional("name", "A name that no other expectation has.", name())
        .optional("description", "Why it is expected.", string())
        .required("metric", "The path of a number in summary.json: a probability, a quantile or a mean.", string())
        .optional("at_most", "The metric is at most this, in its unit.", bound())
        .optional("at_least", "The metric is at least this, in its unit.", bound())
        .optional("between", "The metric is between these, the lower one first.", pair)
        .with_default("confidence", "How sure a verdict has to be.", confidence, DEFAULT_CONFIDENCE)
        .into_value();
    table["oneOf"] = ["at_most", "at_least", "between"].iter().map(|key| json!({ "required": [key] })).collect();
    table
}

/// A probability, a count, a time, a size or a rate.
fn bound() -> Value {
    json!({ "anyOf": [at_least(0), duration(), size(), rate()] })
}
