//! How a step fails: a probability, fixed or drawn, and codes.

use serde_json::{Value, json};

use super::table::{Table, one_of};
use super::values::{at_least, fraction, positive};
use crate::rollout::DeploymentJobErrorCode;

/// A probability, or a table with codes.
pub fn failure() -> Value {
    let with_codes = Table::new("A probability, and the codes of failures.")
        .required("probability", "The step fails at its end with it.", one_of([fraction(), beta()]))
        .optional("codes", "The API's error codes with weights, not all 0. Left out: the step's own code.", codes());
    one_of([fraction(), beta(), with_codes.into_value()])
}

/// A probability that is drawn.
fn beta() -> Value {
    let parameters = Table::new("alpha = mean * concentration, beta = (1 - mean) * concentration.")
        .required("mean", "The mean, from 0 to 1.", fraction())
        .required("concentration", "The larger, the closer to the mean.", positive());
    Table::new("A probability that is drawn once a replication for the group's step.")
        .required("beta", "A beta distribution.", parameters.into_value())
        .into_value()
}

fn codes() -> Value {
    let weight = |code: &DeploymentJobErrorCode| {
        let mut weight = at_least(0);
        weight["description"] = json!("How likely this code is, relative to the others.");
        (code.as_str().to_owned(), weight)
    };
    let properties: serde_json::Map<String, Value> = DeploymentJobErrorCode::ALL.iter().map(weight).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1 })
}
