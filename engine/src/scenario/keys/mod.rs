//! The tables of a scenario: every key with what it means and what it accepts.
//!
//! # How to add a key
//!
//! Ask the [`Form`] for it in the function of its table, with a default, and give the checked scenario its field.
//! Reader, schema, reference, and the comments of `rollcast init` (where its starter has the key) follow.
//! [`form`](super::form) says how.

mod build;
mod calendar;
mod deployment;
mod distribution;
mod failure;
mod group;
mod sync;
mod world;

pub use calendar::windows_of_starts;
pub use distribution::distribution;
use serde_json::json;

use super::diagnostics::Problem;
use super::document::{Node, Toml};
use super::form::{Form, count, integer, name, table, tables, text};
use super::{Controllers, Scenario};
use crate::calendar::Calendar;
use crate::rollout::SyncPolicy;
use crate::time::Span;

const MINUTE: Span = Span::from_secs(60);
const HOUR: Span = Span::from_secs(3600);
const DAY: Span = Span::from_secs(86_400);

/// What has been read of a scenario.
pub struct Draft {
    /// None if its fleet is wrong. Where anything else is wrong a default stands in its place, and has been reported.
    pub scenario: Option<Scenario>,
    /// Whether those parts are right on which it depends what can be asked about the scenario.
    pub parts_are_right: bool,
}

/// The tables of a scenario.
pub fn scenario(file: &mut Form<'_>, controllers: &Controllers) -> Draft {
    let at_first = file.problems();
    let name = file.required(
        "name",
        "The scenario's name; the default results folder is results/NAME/.",
        name("a name such as \"warehouse-amr\""),
    );
    let description =
        file.optional("description", "What the scenario is about; its first line heads the table.", text("a string"));
    let run = file.optional("run", "How often to simulate, and where chance starts.", table(run));
    let (seed, replications, calendar) = run.unwrap_or((0, 1000, Calendar::default()));
    let deployment = deployment::rollout(file, controllers);
    let groups = file.required(
        "group",
        "Robots that behave alike; robots are numbered in the order of groups.",
        tables("group", group::group),
    );
    let groups = groups.filter(|groups| group::fit(groups, file));
    let before = file.problems();
    let sync = file.optional(
        "sync",
        "How the fleet is kept in sync after the first deployment. Left out: one deployment job only.",
        table(sync::sync),
    );
    let group_table = file.node("group");
    let builds = file.optional(
        "build",
        "Builds of which each replication is about one. Left out: the steps say all.",
        build::builds(group_table),
    );
    let download = file.optional(
        "download",
        "What robots download: downloading_extracting transfers a bundle, then takes its latency.",
        table(world::download),
    );
    let api =
        file.optional("api", "Calls go wrong, each attempt for itself. Left out: they never do.", table(world::api));
    let words =
        "Sites that go dark: all robots of some groups lose connection together, at drawn times. Left out: none.";
    let outages = file.optional("outage", words, tables("outage", |form| calendar::outage(group_table, form)));
    let parts_are_right = file.problems() == before;
    // Links and uplinks of groups belong to a bundle.
    file.rule(
        "A group's download needs the table [download].",
        json!({
            "if": {
                "required": ["group"],
                "properties": {
                    "group": { "type": "array", "contains": { "type": "object", "required": ["download"] } },
                },
            },
            "then": { "required": ["download"] },
        }),
    );
    file.rule(
        "A build's bundle_size needs it, too.",
        json!({
            "if": {
                "required": ["build"],
                "properties": {
                    "build": { "type": "array", "contains": { "type": "object", "required": ["bundle_size"] } },
                },
            },
            "then": { "required": ["download"] },
        }),
    );
    if !file.has("download") {
        report_downloads_of_nothing(group_table, "download", "this group's downloads", file);
        report_downloads_of_nothing(file.node("build"), "bundle_size", "this build's bundle", file);
    }
    let scenario = groups.map(|groups| Scenario {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        seed,
        replications,
        deployment: deployment.unwrap_or_else(deployment::stand_in),
        groups,
        sync: sync.unwrap_or(SyncPolicy::SINGLE_JOB),
        builds: builds.unwrap_or_default(),
        download,
        api,
        calendar,
        outages: outages.unwrap_or_default(),
    });
    if let Some(scenario) = scenario.as_ref().filter(|_| file.problems() == at_first) {
        calendar::report_what_never_opens(scenario, group_table, file);
    }
    Draft { scenario, parts_are_right }
}

/// Reports a key of groups or builds that has nothing to download.
fn report_downloads_of_nothing(tables: Option<&Node>, key: &str, label: &str, file: &mut Form<'_>) {
    let Some(Node { value: Toml::Array(elements), .. }) = tables else { return };
    for element in elements {
        let Toml::Table(table) = &element.value else { continue };
        if let Some(entry) = table.get(key) {
            let problem = Problem::new("there is nothing to download: `download.bundle_size` is missing");
            let problem = problem.at(&entry.key_place, label);
            file.report(problem.help("add a table such as [download] with bundle_size = \"600MB\""));
        }
    }
}

fn run(form: &mut Form<'_>) -> Option<(u64, u32, Calendar)> {
    let seed = form.default("seed", "Where randomness starts; --seed overrides it.", integer(0..=i64::MAX), 0);
    let words = "How many campaigns to simulate; --replications overrides it.";
    let replications = form.default("replications", words, count(1..=u32::MAX), 1000);
    let calendar = calendar::calendar(form).unwrap_or_default();
    Some((seed as u64, replications, calendar))
}

/// The weights of things of which one is chosen: their sum is a finite number greater than 0. Otherwise why not, and
/// what is accepted.
fn check_weights(weights: impl Iterator<Item = f64>) -> Result<(), (&'static str, &'static str)> {
    let total: f64 = weights.sum();
    if total == 0.0 {
        Err(("are all 0", "expected at least one weight greater than 0"))
    } else if total.is_infinite() {
        Err(("overflow", "expected weights with a finite sum"))
    } else {
        Ok(())
    }
}
