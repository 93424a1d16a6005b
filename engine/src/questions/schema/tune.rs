//! `[tune]`

use serde_json::{Value, json};

use crate::questions::tune::{DEFAULT_MARGIN, DEFAULT_TUNE_CONFIDENCE, DEFAULT_TUNE_REPLICATIONS};
use crate::scenario::schema::table::Table;
use crate::scenario::schema::values::{integer, positive, string};

/// `[tune]`: which metrics there are, and in which unit a bound is, a schema cannot know.
pub fn table() -> Value {
    let confidence = json!({ "type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 1 });
    let margin = json!({ "anyOf": [string(), positive()] });
    let constraints = json!({
        "type": "array",
        "items": { "type": "string", "examples": ["campaign.outcomes.halted.probability <= 0.01"] },
    });
    let mut vary = variations();
    vary["examples"] = json!([{ "deployment.concurrent_deployment_percentage": "5..=50:5" }]);
    let mut table = Table::new("What `rollcast tune` is to find.")
        .optional("vary", "What may vary: paths of the scenario, each with its values as a list or a range.", vary)
        .optional("minimize", "The path of a number in summary.json that is to be small.", string())
        .optional("maximize", "The path of a number in summary.json that is to be great.", string())
        .optional("constraints", "What has to hold, each METRIC <= NUMBER or METRIC >= NUMBER.", constraints)
        .with_default("confidence", "How sure the answer has to be.", confidence, DEFAULT_TUNE_CONFIDENCE)
        .with_default(
            "margin",
            "How much worse than the best setting is good enough: a share, or an amount in the objective's unit.",
            margin,
            DEFAULT_MARGIN,
        )
        .with_default(
            "max_replications",
            "The most replications of a setting; what is undecided then stays so.",
            integer(1, u32::MAX.into()),
            DEFAULT_TUNE_REPLICATIONS,
        )
        .into_value();
    table["not"] = json!({ "required": ["minimize", "maximize"] });
    table
}

/// Paths, which are keys in quotes or tables within tables.
pub fn variations() -> Value {
    let values = json!({ "type": "array", "minItems": 1 });
    json!({
        "type": "object",
        "additionalProperties": { "anyOf": [string(), values, { "$ref": "#/$defs/variations" }] },
    })
}
