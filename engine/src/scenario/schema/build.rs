//! `[[build]]`

use serde_json::{Value, json};

use super::failure::failure;
use super::table::Table;
use super::values::{at_least, name};
use crate::rollout::RobotDeploymentStep;

/// `[[build]]`
pub fn table() -> Value {
    Table::new("One of the builds that a campaign may be about.")
        .required("name", "A name that no other build has.", name())
        .required("weight", "A replication gets the build with probability proportional to it.", at_least(0))
        .optional(
            "failure",
            "What the build changes: \"GROUP.STEP\" or \"*.STEP\" with a failure that replaces the step's own.",
            failures(),
        )
        .into_value()
}

fn failures() -> Value {
    let steps: Vec<&str> =
        RobotDeploymentStep::ALL[..RobotDeploymentStep::WORKING].iter().map(|step| step.key()).collect();
    let place = format!(r"^(\*|[A-Za-z0-9_-]{{1,64}})\.({})$", steps.join("|"));
    json!({ "type": "object", "patternProperties": { place: failure() }, "additionalProperties": false })
}
