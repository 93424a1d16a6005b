//! `[[build]]`: the builds that a campaign may be about (R15).

use super::failure::{self, Failure};
use crate::rollout::RobotDeploymentStep;
use crate::scenario::diagnostics::{Diagnostics, Problem};
use crate::scenario::document::{self, Entry, Node, Value, join};
use crate::scenario::reader::{self, Reader};
use crate::scenario::{Build, BuildFailure, distribution};

/// The groups' names and steps as they are written, so that builds can be checked even where groups are wrong.
pub struct Written<'n> {
    groups: Vec<(&'n str, Vec<&'n str>)>,
}

impl<'n> Written<'n> {
    /// What `[[group]]` says.
    pub fn new(groups: Option<&'n Node>) -> Written<'n> {
        let elements = match groups.map(|node| &node.value) {
            Some(Value::Array(elements)) => &elements[..],
            _ => &[],
        };
        let steps = |element: &'n Node| match &element.value {
            Value::Table(table) => match table.get("step").map(|entry| &entry.node.value) {
                Some(Value::Table(steps)) => steps.0.iter().map(|entry| entry.key.as_str()).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let groups = elements.iter().map(|element| (document::name_of(element).unwrap_or_default(), steps(element)));
        Written { groups: groups.collect() }
    }
}

/// All builds; none if something is wrong.
pub fn builds(node: &Node, path: &str, written: &Written<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<Build>> {
    let elements = super::tables(node, path, "build", diagnostics)?;
    let builds: Vec<Option<Build>> = elements
        .iter()
        .map(|element| {
            let path = document::name_of(element).map_or_else(|| path.to_owned(), |name| join(path, name));
            build(element, &path, written, diagnostics)
        })
        .collect();
    super::report_duplicate_names(elements, "builds", diagnostics);
    let builds: Vec<Build> = builds.into_iter().collect::<Option<_>>()?;
    distribution::check_weights(builds.iter().map(|build| build.weight), node, path, diagnostics)?;
    Some(builds)
}

fn build(node: &Node, path: &str, written: &Written<'_>, diagnostics: &mut Diagnostics) -> Option<Build> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let name = table.required("name", "a name that no other build has", diagnostics, reader::name);
    let weight = table.required("weight", "a number of at least 0", diagnostics, reader::nonnegative);
    let failures = match table.entry("failure") {
        Some(entry) => failures(&entry.node, &join(path, "failure"), written, diagnostics),
        None => Some(Vec::new()),
    };
    table.close(diagnostics);
    Some(Build { name: name?, weight: weight?, failures: failures? })
}

/// `{ "amr.launching" = 0.4, "*.validating" = 0.1 }`: a group's own entry goes before the one for all groups.
fn failures(
    node: &Node,
    path: &str,
    written: &Written<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<BuildFailure>> {
    let table = Reader::open(node, path, diagnostics)?;
    let mut of_all = Vec::new();
    let mut of_one = Vec::new();
    for entry in table.entries() {
        let place = place(entry, path, written, diagnostics);
        let failure = failure::failure(&entry.node, &join(path, &format!("\"{}\"", entry.key)), diagnostics);
        if let (Some((groups, step)), Some(failure)) = (place, failure) {
            let list = if entry.key.starts_with("*.") { &mut of_all } else { &mut of_one };
            list.push((groups, step, failure));
        }
    }
    if of_all.len() + of_one.len() < table.entries().len() {
        return None;
    }
    let mut failures: Vec<BuildFailure> = Vec::new();
    for (groups, step, Failure { probability, codes }) in of_one.into_iter().chain(of_all) {
        for group in groups {
            if !failures.iter().any(|known| (known.group, known.step) == (group, step)) {
                failures.push(BuildFailure { group, step, probability, codes: codes.clone() });
            }
        }
    }
    failures.sort_by_key(|failure| (failure.group, failure.step));
    Some(failures)
}

/// The groups and the step that a key such as `amr.launching` or `*.launching` names.
fn place(
    entry: &Entry,
    path: &str,
    written: &Written<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<(Vec<usize>, RobotDeploymentStep)> {
    let mut refuse = |title: String, label: &str, help: String| {
        diagnostics.report(Problem::new(title).at(&entry.key_place, label).help(help));
        None
    };
    let Some((group, key)) = entry.key.rsplit_once('.') else {
        let help = "write \"GROUP.STEP\" or \"*.STEP\" in quotes, as in { \"amr.launching\" = 0.4 }";
        return refuse(format!("`{}` in `{path}` names no step of a group", entry.key), "no step", help.to_owned());
    };
    let steps = &RobotDeploymentStep::ALL[..RobotDeploymentStep::WORKING];
    let Some(step) = steps.iter().find(|step| step.key() == key) else {
        let known: Vec<&str> = steps.iter().map(|step| step.key()).collect();
        return refuse(format!("unknown step `{key}`"), "unknown step", reader::nearest(key, &known));
    };
    let matching = || (0..).zip(&written.groups).filter(|(_, (name, _))| group == "*" || *name == group);
    if matching().next().is_none() {
        let known: Vec<&str> = written.groups.iter().map(|(name, _)| *name).collect();
        return refuse(format!("unknown group `{group}`"), "unknown group", reader::nearest(group, &known));
    }
    let having: Vec<usize> =
        matching().filter(|(_, (_, steps))| steps.contains(&key)).map(|(index, _)| index).collect();
    if having.is_empty() {
        let whose = if group == "*" { String::from("no group has") } else { format!("group `{group}` does not have") };
        let help = format!("a step that is left out cannot fail: give [group.step.{key}] a latency first");
        return refuse(format!("{whose} the step `{key}`"), "not given", help);
    }
    Some((having, *step))
}
