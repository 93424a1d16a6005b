//! The scenario's JSON Schema (draft 2020-12), for editors that complete and check keys.
//!
//! It says of each key what [`check`](super::check) accepts, as far as a schema can: names, kinds, ranges, and which keys exclude or
//! need each other. What needs arithmetic or a look elsewhere is left to the reader: that a minimum is below its maximum, that weights are
//! not all 0, that durations and rates are in their range, that names differ and files exist. A float without a fraction, such
//! as `4.0`, is an integer in JSON.
//!
//! A key's description lives where its table is: [`deployment`], [`group`], [`sync`], [`build`], [`world`], [`distribution`].
//! Another table is another such function, and a line in [`tables`].

mod build;
mod deployment;
mod distribution;
mod failure;
mod group;
mod sync;
pub(crate) mod table;
pub(crate) mod values;
mod world;

use serde_json::{Value, json};

use self::table::Table;
use self::values::{integer, list, name, string};
use super::Controllers;

/// The tables of a scenario.
pub fn tables(controllers: &Controllers) -> Table {
    let top = Table::new("A rollout to a fleet of robots, as rollcast simulates it.")
        .required("name", "The scenario's name; the default results folder is results/NAME/.", name())
        .optional("description", "What the scenario is about; its first line heads the table.", string())
        .optional("run", "How often to simulate, and where chance starts.", run());
    let about = "How a deployment job goes about it.";
    let top = if controllers.is_empty() {
        top.required("deployment", about, deployment::table())
    } else {
        let instead = "How the rollout goes on, in place of [deployment].";
        top.optional("deployment", about, deployment::table()).optional("controller", instead, controllers.schema())
    };
    top.required("group", "Robots that behave alike; robots are numbered in the order of groups.", list(group::table()))
        .optional("sync", "How the fleet is kept in sync. Left out: one deployment job only.", sync::table())
        .optional(
            "build",
            "Builds of which each replication is about one. Left out: the steps say all.",
            list(build::table()),
        )
        .optional("download", "downloading_extracting transfers a bundle, then takes its latency.", world::download())
        .optional("api", "Calls go wrong, each attempt for itself. Left out: they never do.", world::api())
}

/// The schema of a file with these tables.
pub fn of_file(tables: Table) -> Value {
    let mut schema = tables.into_value();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("rollcast scenario");
    schema["$defs"] = distribution::definitions();
    // Links and uplinks of groups belong to a bundle.
    schema["if"] = json!({
        "required": ["group"],
        "properties": { "group": { "type": "array", "contains": { "type": "object", "required": ["download"] } } },
    });
    schema["then"] = json!({ "required": ["download"] });
    if schema["properties"].get("controller").is_some() {
        schema["oneOf"] = json!([{ "required": ["deployment"] }, { "required": ["controller"] }]);
    }
    schema
}

fn run() -> Value {
    Table::new("How often to simulate, and where chance starts.")
        .with_default("seed", "Where randomness starts; --seed overrides it.", integer(0, i64::MAX), 0)
        .with_default(
            "replications",
            "How many campaigns to simulate; --replications overrides it.",
            integer(1, u32::MAX.into()),
            1000,
        )
        .into_value()
}
