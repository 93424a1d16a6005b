//! `[deployment]`

use serde_json::{Value, json};

use super::distribution::distribution;
use super::table::Table;
use super::values::{choice, duration, integer, positive_duration};
use crate::scenario::quantity::Quantity;

/// `[deployment]`
pub fn table() -> Value {
    Table::new("How a deployment job goes about it.")
        .required(
            "concurrent_deployment_percentage",
            "At most this share of the fleet deploys at once, in percent; rounded down, at least one robot.",
            integer(1, 100),
        )
        .required(
            "failure_threshold_percentage",
            "The job halts when failed and unresponsive robots reach this share of the fleet, in percent.",
            integer(1, 100),
        )
        .with_default(
            "robot_deployment_timeout",
            "A robot that has not ended by then is NoResponse; from 1m to 7d.",
            duration(),
            "5h",
        )
        .with_default(
            "fleet_deployment_timeout",
            "Then the job fails, and robots in flight are aborted; longer than 0.",
            positive_duration(),
            "30d",
        )
        .with_default(
            "start_order",
            "The order in which robots start: as they are registered, or a permutation drawn for each job.",
            choice(["registration", "shuffled"]),
            "registration",
        )
        .with_default(
            "on_breach",
            "At the threshold robots in flight run to their end and are counted, or are aborted.",
            choice(["drain", "abort"]),
            "drain",
        )
        .with_default(
            "preparing",
            "How long a job prepares before robots start.",
            distribution(Quantity::Duration),
            json!({ "constant": "0s" }),
        )
        .into_value()
}
