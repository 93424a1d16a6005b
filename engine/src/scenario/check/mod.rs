//! From the document to a [`Scenario`]: every table of the format, each key with what it accepts.

mod builds;
mod failure;
mod world;

use std::collections::BTreeMap;
use std::path::Path;

use self::builds::Written;
use self::failure::Failure;
use super::controllers::START_ORDERS;
use super::diagnostics::{Diagnostics, Problem};
use super::distribution::{self, Of};
use super::document::{self, Entry, Node, Value, join};
use super::quantity::Quantity;
use super::reader::{self, Reader, one_of};
use super::{
    Controllers, DEFAULT_MAX_JOBS, Deployment, Group, MAX_JOBS, MAX_ROBOT_TIMEOUT, MAX_ROBOTS, Probability, Rules,
    Scenario, Step,
};
use crate::random::Distribution;
use crate::rollout::{Again, Architecture, OnBreach, RoboMaker, RobotDeploymentStep, Schedule, StartOrder, SyncPolicy};
use crate::time::Span;

const AGAIN: [(&str, Again); 2] = [("stop", Again::Stop), ("retry", Again::Retry)];

const MINUTE: Span = Span::from_secs(60);
const HOUR: Span = Span::from_secs(3600);
const DAY: Span = Span::from_secs(86_400);

/// What has been found of a scenario.
pub struct Found {
    /// None if its fleet is wrong. Where anything else is wrong a default stands in its place, and `diagnostics` says so.
    pub scenario: Option<Scenario>,
    /// Whether those parts are right on which it depends what can be asked about the scenario.
    pub parts_are_right: bool,
}

/// Checks the tables of a scenario; whatever is wrong is told to `diagnostics`.
pub fn scenario(
    top: &mut Reader<'_>,
    folder: &Path,
    controllers: &Controllers,
    diagnostics: &mut Diagnostics,
) -> Found {
    let name = top.required("name", "a name such as \"warehouse-amr\"", diagnostics, reader::name);
    let description = top.optional("description", diagnostics, reader::string).unwrap_or_default();
    let (seed, replications) = top.optional("run", diagnostics, run).unwrap_or((0, 1000));
    let deployment = rollout(top, folder, controllers, diagnostics);
    let groups = top.required("group", "at least one [[group]]", diagnostics, |node, path, diagnostics| {
        groups(node, path, folder, diagnostics)
    });
    let sync = top.optional("sync", diagnostics, sync);
    let written = Written::new(top.entry("group").map(|entry| &entry.node));
    let builds = top.optional("build", diagnostics, |node, path, d| builds::builds(node, path, &written, d));
    let download = top.optional("download", diagnostics, world::download);
    let api = top.optional("api", diagnostics, world::api);
    if top.entry("download").is_none() {
        report_downloads_of_nothing(top.entry("group").map(|entry| &entry.node), diagnostics);
    }
    let wrong = |key: &'static str, read: bool, top: &mut Reader<'_>| top.entry(key).is_some() && !read;
    let parts_are_right = !wrong("build", builds.is_some(), top)
        && !wrong("download", download.is_some(), top)
        && !wrong("api", api.is_some(), top)
        && !wrong("sync", sync.is_some(), top);
    let scenario = groups.map(|groups| Scenario {
        name: name.unwrap_or_default(),
        description: description.to_owned(),
        seed,
        replications,
        deployment: deployment.unwrap_or_else(no_deployment),
        groups,
        sync: sync.unwrap_or(SyncPolicy::SINGLE_JOB),
        builds: builds.unwrap_or_default(),
        download,
        api,
    });
    Found { scenario, parts_are_right }
}

/// Stands for a `[deployment]` that is wrong while what else there is gets checked.
fn no_deployment() -> Deployment {
    Deployment {
        rules: Rules::RoboMaker(RoboMaker::new(1, 1, OnBreach::Drain)),
        robot_deployment_timeout: MINUTE,
        fleet_deployment_timeout: MINUTE,
        start_order: StartOrder::Registration,
        preparing: Distribution::Constant(0.0),
    }
}

/// Links and uplinks of groups belong to a bundle.
fn report_downloads_of_nothing(groups: Option<&Node>, diagnostics: &mut Diagnostics) {
    let Some(Node { value: Value::Array(elements), .. }) = groups else { return };
    for element in elements {
        let Value::Table(table) = &element.value else { continue };
        if let Some(entry) = table.get("download") {
            let problem = Problem::new("there is nothing to download: `download.bundle_size` is missing");
            let problem = problem.at(&entry.key_place, "this group's downloads");
            diagnostics.report(problem.help("add a table such as [download] with bundle_size = \"600MB\""));
        }
    }
}

fn run(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<(u64, u32)> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let seed =
        table.optional("seed", diagnostics, |node, path, d| reader::integer(node, path, 0..=i64::MAX, d)).unwrap_or(0);
    let replications = table
        .optional("replications", diagnostics, |node, path, d| reader::count(node, path, 1..=u32::MAX, d))
        .unwrap_or(1000);
    table.close(diagnostics);
    Some((seed as u64, replications))
}

fn deployment(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Deployment> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let percentage = |node: &Node, path: &str, d: &mut Diagnostics| reader::count(node, path, 1..=100, d);
    let percentage_accepted = "an integer from 1 to 100";
    let concurrent_deployment_percentage =
        table.required("concurrent_deployment_percentage", percentage_accepted, diagnostics, percentage);
    let failure_threshold_percentage =
        table.required("failure_threshold_percentage", percentage_accepted, diagnostics, percentage);
    let robot_deployment_timeout = table
        .optional("robot_deployment_timeout", diagnostics, |node, path, d| {
            reader::duration_within(node, path, "a duration from 1m to 7d", MINUTE..=MAX_ROBOT_TIMEOUT, d)
        })
        .unwrap_or(Span::from_micros(5 * HOUR.micros()));
    let fleet_deployment_timeout = table
        .optional("fleet_deployment_timeout", diagnostics, reader::positive_duration)
        .unwrap_or(Span::from_micros(30 * DAY.micros()));
    let start_order = table
        .optional("start_order", diagnostics, |node, path, d| reader::choice(node, path, &START_ORDERS, d))
        .unwrap_or_default();
    let on_breach = table
        .optional("on_breach", diagnostics, |node, path, d| {
            reader::choice(node, path, &[("drain", OnBreach::Drain), ("abort", OnBreach::Abort)], d)
        })
        .unwrap_or_default();
    let preparing = table
        .optional("preparing", diagnostics, |node, path, d| latency(node, path, folder, d))
        .unwrap_or(Distribution::Constant(0.0));
    table.close(diagnostics);
    let rules = RoboMaker::new(concurrent_deployment_percentage?, failure_threshold_percentage?, on_breach);
    Some(Deployment {
        rules: Rules::RoboMaker(rules),
        robot_deployment_timeout,
        fleet_deployment_timeout,
        start_order,
        preparing,
    })
}

/// `[deployment]`, or `[controller]` in its place where there are controllers to choose.
fn rollout(
    top: &mut Reader<'_>,
    folder: &Path,
    controllers: &Controllers,
    diagnostics: &mut Diagnostics,
) -> Option<Deployment> {
    let chosen = if controllers.is_empty() { None } else { top.entry("controller") };
    let Some(chosen) = chosen else {
        return top.required("deployment", "a table [deployment]", diagnostics, |node, path, diagnostics| {
            deployment(node, path, folder, diagnostics)
        });
    };
    if let Some(entry) = top.entry("deployment") {
        let problem = Problem::new("a scenario has either [deployment] or [controller]");
        let problem = problem.at(&chosen.key_place, "remove one of them").at(&entry.key_place, "the other one");
        diagnostics.report(problem.help("[deployment] is RoboMaker's; [controller.NAME] takes its place"));
    }
    let (start_order, chosen) = controllers.read(&chosen.node, "controller", diagnostics)?;
    Some(Deployment {
        robot_deployment_timeout: chosen.policy().robot_timeout(),
        // Only RoboMaker's jobs have one.
        fleet_deployment_timeout: Span::MAX,
        start_order,
        preparing: Distribution::Constant(0.0),
        rules: Rules::Chosen(chosen),
    })
}

fn groups(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Vec<Group>> {
    let elements = tables(node, path, "group", diagnostics)?;
    let mut groups: Vec<Option<Group>> = Vec::new();
    for element in elements {
        // A group is called by its name, as in a --set path.
        let path = document::name_of(element).map_or_else(|| path.to_owned(), |name| join(path, name));
        groups.push(group(element, &path, folder, diagnostics));
    }
    report_duplicate_names(elements, "groups", diagnostics);
    let groups: Option<Vec<Group>> = groups.into_iter().collect();
    let most = |group: &Group| u64::from(group.robots) + group.registrations.as_ref().map_or(0, |r| r.max.into());
    let robots: u64 = groups.iter().flatten().map(most).sum();
    if robots > u64::from(MAX_ROBOTS) {
        let later = groups.iter().flatten().any(|group| group.registrations.is_some());
        let problem = Problem::new(format!("the fleet has {}{robots} robots", if later { "up to " } else { "" }));
        let label = format!("expected at most {MAX_ROBOTS} over all groups");
        diagnostics.report(problem.at(&elements[elements.len() - 1].place, label));
    }
    groups
}

/// The elements of an array of tables `[[what]]`, at least one.
pub fn tables<'n>(node: &'n Node, path: &str, what: &str, diagnostics: &mut Diagnostics) -> Option<&'n [Node]> {
    let (title, label) = match &node.value {
        Value::Array(elements) if !elements.is_empty() => return Some(elements),
        Value::Array(_) => (format!("there is no {what}"), format!("expected at least one [[{what}]]")),
        other => (format!("`{path}` is {}", other.kind()), format!("expected an array of tables: write [[{what}]]")),
    };
    diagnostics.report(Problem::new(title).at(&node.place, label));
    None
}

pub fn report_duplicate_names(elements: &[Node], what: &str, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    for element in elements {
        let Value::Table(table) = &element.value else { continue };
        let Some(entry) = table.get("name") else { continue };
        let Value::String(name) = &entry.node.value else { continue };
        match seen.get(name.as_str()) {
            Some(first) => {
                let problem = Problem::new(format!("two {what} are named `{name}`"));
                let problem =
                    problem.at(&entry.node.place, "expected another name").at(&first.node.place, "the first one");
                diagnostics.report(problem);
            }
            None => _ = seen.insert(name, entry),
        }
    }
}

fn group(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Group> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let name = table.required("name", "a name that no other group has", diagnostics, reader::name);
    let robots = table.required("robots", "an integer from 1 to 100000000", diagnostics, |node, path, d| {
        reader::count(node, path, 1..=MAX_ROBOTS, d)
    });
    let architecture = table
        .optional("architecture", diagnostics, |node, path, d| {
            let all: Vec<_> = Architecture::ALL.iter().map(|value| (value.as_str(), *value)).collect();
            reader::choice(node, path, &all, d)
        })
        .unwrap_or(Architecture::X86_64);
    let steps = table.optional("step", diagnostics, |node, path, d| steps(node, path, folder, d)).unwrap_or_default();
    let connectivity =
        table.optional("connectivity", diagnostics, |node, path, d| world::connectivity(node, path, folder, d));
    let registrations =
        table.optional("registrations", diagnostics, |node, path, d| world::registrations(node, path, folder, d));
    let download =
        table.optional("download", diagnostics, |node, path, d| world::group_download(node, path, folder, d));
    table.close(diagnostics);
    Some(Group { name: name?, robots: robots?, architecture, steps, connectivity, registrations, download })
}

fn steps(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Vec<Step>> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let mut steps = Vec::new();
    for step in &RobotDeploymentStep::ALL[..RobotDeploymentStep::WORKING] {
        steps.extend(table.optional(step.key(), diagnostics, |node, path, d| self::step(*step, node, path, folder, d)));
    }
    table.close(diagnostics);
    Some(steps)
}

fn step(
    step: RobotDeploymentStep,
    node: &Node,
    path: &str,
    folder: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<Step> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let latency =
        table.required("latency", distribution::ACCEPTED, diagnostics, |node, path, d| latency(node, path, folder, d));
    let never = Failure { probability: Probability::Fixed(0.0), codes: None };
    let failure = table.optional("failure", diagnostics, failure::failure).unwrap_or(never);
    table.close(diagnostics);
    Some(Step {
        step,
        latency: latency?,
        failure_probability: failure.probability,
        failure_codes: failure.codes.unwrap_or_else(|| vec![(step.default_failure_code(), 1.0)]),
    })
}

/// A distribution of durations.
fn latency(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Distribution> {
    distribution::distribution(node, path, Of { quantity: Quantity::Duration, folder }, diagnostics)
}

fn sync(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<SyncPolicy> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let max_jobs = table
        .optional("max_jobs", diagnostics, |node, path, d| reader::count(node, path, 1..=MAX_JOBS, d))
        .unwrap_or(DEFAULT_MAX_JOBS);
    let schedule = if max_jobs == 1 {
        table.optional("schedule", diagnostics, schedule)
    } else {
        let accepted = "{ after_finish = \"10m\" } or { every = \"1h\" }, for max_jobs is above 1";
        table.required("schedule", accepted, diagnostics, schedule)
    };
    let horizon = table.optional("horizon", diagnostics, reader::positive_duration);
    let mut again = |key, diagnostics: &mut Diagnostics| {
        table.optional(key, diagnostics, |node, path, d| reader::choice(node, path, &AGAIN, d)).unwrap_or_default()
    };
    let on_halt = again("on_halt", diagnostics);
    let on_timeout = again("on_timeout", diagnostics);
    table.close(diagnostics);
    Some(SyncPolicy { schedule, max_jobs, horizon, on_halt, on_timeout })
}

fn schedule(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Schedule> {
    let entry = one_of(node, path, "a schedule", &["after_finish", "every"], diagnostics)?;
    let path = join(path, &entry.key);
    if entry.key == "every" {
        reader::positive_duration(&entry.node, &path, diagnostics).map(Schedule::Every)
    } else {
        reader::duration(&entry.node, &path, diagnostics).map(Schedule::AfterFinish)
    }
}
