//! `[sync]`

use serde_json::{Value, json};

use super::table::{Table, one_of};
use super::values::{choice, duration, integer, positive_duration};
use crate::scenario::{DEFAULT_MAX_JOBS, MAX_JOBS};

/// `[sync]`
pub fn table() -> Value {
    let again = || choice(["stop", "retry"]);
    let mut table = Table::new("How the fleet is kept in sync after the first deployment.")
        .optional("schedule", "When SyncDeploymentJob is called; required unless max_jobs is 1.", schedule())
        .with_default(
            "max_jobs",
            "How many jobs a campaign may have, the first deployment included.",
            integer(1, MAX_JOBS.into()),
            DEFAULT_MAX_JOBS,
        )
        .optional("horizon", "Then the campaign ends as it stands; longer than 0. Left out: none.", positive_duration())
        .with_default("on_halt", "After a job that breached its failure threshold.", again(), "stop")
        .with_default("on_timeout", "After a job that hit the fleet timeout.", again(), "stop")
        .into_value();
    table["if"] = json!({ "required": ["max_jobs"], "properties": { "max_jobs": { "const": 1 } } });
    table["else"] = json!({ "required": ["schedule"] });
    table
}

fn schedule() -> Value {
    let after_finish = "This long after the previous job ended.";
    let every = "At fixed times from the start, this long apart; longer than 0.";
    one_of([
        Table::new(after_finish).required("after_finish", after_finish, duration()).into_value(),
        Table::new(every).required("every", every, positive_duration()).into_value(),
    ])
}
