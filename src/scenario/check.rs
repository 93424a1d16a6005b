//! From the document to a [`Scenario`]: every table of the format, each key with what it accepts.

use std::collections::BTreeMap;
use std::path::Path;

use super::diagnostics::{Diagnostics, Problem};
use super::document::{self, Entry, Node, Value, join};
use super::reader::{self, Reader, one_of};
use super::{DEFAULT_MAX_JOBS, Deployment, Group, MAX_JOBS, MAX_ROBOTS, Scenario, Step, latency};
use crate::random::Distribution;
use crate::rollout::{
    Again, Architecture, DeploymentJobErrorCode, OnBreach, RobotDeploymentStep, Schedule, StartOrder, SyncPolicy,
};
use crate::time::Span;

const AGAIN: [(&str, Again); 2] = [("stop", Again::Stop), ("retry", Again::Retry)];

const MINUTE: Span = Span::from_secs(60);
const HOUR: Span = Span::from_secs(3600);
const DAY: Span = Span::from_secs(86_400);

/// Checks the whole document; none if something required is missing or wrong (then `diagnostics` says what).
pub fn scenario(root: &Node, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Scenario> {
    let mut top = Reader::open(root, "", diagnostics)?;
    let name = top.required("name", "a name such as \"warehouse-amr\"", diagnostics, reader::name);
    let description = top.optional("description", diagnostics, reader::string).unwrap_or_default();
    let (seed, replications) = top.optional("run", diagnostics, run).unwrap_or((0, 1000));
    let deployment = top.required("deployment", "a table [deployment]", diagnostics, |node, path, diagnostics| {
        deployment(node, path, folder, diagnostics)
    });
    let groups = top.required("group", "at least one [[group]]", diagnostics, |node, path, diagnostics| {
        groups(node, path, folder, diagnostics)
    });
    let sync = top.optional("sync", diagnostics, sync).unwrap_or(SyncPolicy::SINGLE_JOB);
    top.close(diagnostics);
    Some(Scenario {
        name: name?,
        description: description.to_owned(),
        seed,
        replications,
        deployment: deployment?,
        groups: groups?,
        sync,
    })
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
            let week = Span::from_micros(7 * DAY.micros());
            reader::duration_within(node, path, "a duration from 1m to 7d", MINUTE..=week, d)
        })
        .unwrap_or(Span::from_micros(5 * HOUR.micros()));
    let fleet_deployment_timeout = table
        .optional("fleet_deployment_timeout", diagnostics, reader::positive_duration)
        .unwrap_or(Span::from_micros(30 * DAY.micros()));
    let start_order = table
        .optional("start_order", diagnostics, |node, path, d| {
            let orders = [("registration", StartOrder::Registration), ("shuffled", StartOrder::Shuffled)];
            reader::choice(node, path, &orders, d)
        })
        .unwrap_or_default();
    let on_breach = table
        .optional("on_breach", diagnostics, |node, path, d| {
            reader::choice(node, path, &[("drain", OnBreach::Drain), ("abort", OnBreach::Abort)], d)
        })
        .unwrap_or_default();
    let preparing = table
        .optional("preparing", diagnostics, |node, path, d| latency::distribution(node, path, folder, d))
        .unwrap_or(Distribution::Constant(0.0));
    table.close(diagnostics);
    Some(Deployment {
        concurrent_deployment_percentage: concurrent_deployment_percentage?,
        failure_threshold_percentage: failure_threshold_percentage?,
        robot_deployment_timeout,
        fleet_deployment_timeout,
        start_order,
        on_breach,
        preparing,
    })
}

fn groups(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Vec<Group>> {
    let Value::Array(elements) = &node.value else {
        let problem = Problem::new(format!("`{path}` is {}", node.value.kind()));
        diagnostics.report(problem.at(&node.place, "expected an array of tables: write [[group]]"));
        return None;
    };
    if elements.is_empty() {
        let problem = Problem::new("there is no group");
        diagnostics.report(problem.at(&node.place, "expected at least one [[group]]"));
        return None;
    }
    let mut groups: Vec<Option<Group>> = Vec::new();
    for element in elements {
        // A group is called by its name, as in a --set path.
        let path = document::name_of(element).map_or_else(|| path.to_owned(), |name| join(path, name));
        groups.push(group(element, &path, folder, diagnostics));
    }
    report_duplicate_names(elements, diagnostics);
    let groups: Option<Vec<Group>> = groups.into_iter().collect();
    let robots: u64 = groups.iter().flatten().map(|group| u64::from(group.robots)).sum();
    if robots > u64::from(MAX_ROBOTS) {
        let problem = Problem::new(format!("the fleet has {robots} robots"));
        let label = format!("expected at most {MAX_ROBOTS} over all groups");
        diagnostics.report(problem.at(&elements[elements.len() - 1].place, label));
    }
    groups
}

fn report_duplicate_names(elements: &[Node], diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    for element in elements {
        let Value::Table(table) = &element.value else { continue };
        let Some(entry) = table.get("name") else { continue };
        let Value::String(name) = &entry.node.value else { continue };
        match seen.get(name.as_str()) {
            Some(first) => {
                let problem = Problem::new(format!("two groups are named `{name}`"));
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
    table.close(diagnostics);
    Some(Group { name: name?, robots: robots?, architecture, steps })
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
    let latency = table.required("latency", latency::ACCEPTED, diagnostics, |node, path, d| {
        latency::distribution(node, path, folder, d)
    });
    let failure = table.optional("failure", diagnostics, failure).unwrap_or_default();
    table.close(diagnostics);
    Some(Step {
        step,
        latency: latency?,
        failure_probability: failure.probability,
        failure_codes: failure.codes.unwrap_or_else(|| vec![(step.default_failure_code(), 1.0)]),
    })
}

/// How a step fails; without codes it is the step's own one.
#[derive(Default)]
struct Failure {
    probability: f64,
    codes: Option<Vec<(DeploymentJobErrorCode, f64)>>,
}

/// A probability, or `{ probability = p, codes = { CODE = weight } }`.
fn failure(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Failure> {
    let Value::Table(_) = &node.value else {
        let probability = reader::probability(node, path, diagnostics)?;
        return Some(Failure { probability, codes: None });
    };
    let mut table = Reader::open(node, path, diagnostics)?;
    let accepted = "a probability from 0 to 1";
    let probability = table.required("probability", accepted, diagnostics, reader::probability);
    let codes = table.optional("codes", diagnostics, failure_codes);
    table.close(diagnostics);
    Some(Failure { probability: probability?, codes })
}

fn failure_codes(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Vec<(DeploymentJobErrorCode, f64)>> {
    let table = Reader::open(node, path, diagnostics)?;
    let mut codes = Vec::new();
    for entry in table.entries() {
        match DeploymentJobErrorCode::from_name(&entry.key) {
            Some(code) => {
                let weight = reader::nonnegative(&entry.node, &join(path, &entry.key), diagnostics);
                codes.extend(weight.map(|weight| (code, weight)));
            }
            None => {
                let known: Vec<&str> = DeploymentJobErrorCode::ALL.iter().map(|code| code.as_str()).collect();
                let problem = Problem::new(format!("unknown failure code `{}`", entry.key));
                diagnostics.report(problem.at(&entry.key_place, "unknown").help(reader::nearest(&entry.key, &known)));
            }
        }
    }
    if codes.len() < table.entries().len() {
        return None;
    }
    latency::check_weights(codes.iter().map(|(_, weight)| *weight), node, path, diagnostics)?;
    // In the API's order, so that the order of the file decides nothing.
    codes.sort_by_key(|(code, _)| *code);
    Some(codes)
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
