//! `[[build]]`: the builds that a campaign may be about (R15).

use super::check_weights;
use super::failure::{StepFailure, failure};
use crate::rollout::RobotDeploymentStep;
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::{self, KeyValue, Node, Toml, join};
use crate::scenario::form::{Accepts, Form, Shape, Written, name, nearest, nonnegative, tables};
use crate::scenario::{Build, BuildFailure};

/// All builds. The groups' names and steps are looked up as they are written, so that builds can be checked even where
/// groups are wrong.
pub fn builds(groups: Option<&Node>) -> Builds<'_> {
    let elements = match groups.map(|node| &node.value) {
        Some(Toml::Array(elements)) => &elements[..],
        _ => &[],
    };
    let steps = |element| match value_in(element, "step") {
        Some(Toml::Table(steps)) => steps.0.iter().map(|entry| entry.key.as_str()).collect(),
        _ => Vec::new(),
    };
    let groups = elements.iter().map(|element| (document::name_of(element).unwrap_or_default(), steps(element)));
    Builds { groups: groups.collect() }
}

fn value_in<'n>(node: &'n Node, key: &str) -> Option<&'n Toml> {
    match &node.value {
        Toml::Table(table) => table.get(key).map(|entry| &entry.node.value),
        _ => None,
    }
}

/// The groups' names and steps as they are written.
pub struct Builds<'n> {
    groups: Vec<(&'n str, Vec<&'n str>)>,
}

impl Builds<'_> {
    fn build(&self, form: &mut Form<'_>) -> Option<Build> {
        let words = "A name that no other build has.";
        let name = form.required("name", words, name("a name that no other build has"));
        let words = "A replication gets the build with probability proportional to it.";
        let weight = form.required("weight", words, nonnegative());
        let words = "What the build changes: \"GROUP.STEP\" or \"*.STEP\" with a failure that replaces the step's own; \
                     a group's own entry goes before the one for all groups, and codes stay unless given.";
        let failures = form.optional("failure", words, FailuresByStep(self));
        let wrong = failures.is_none() && form.has("failure");
        Some(Build { name: name?, weight: weight?, failures: failures.unwrap_or_default() }).filter(|_| !wrong)
    }
}

impl Accepts for Builds<'_> {
    type Value = Vec<Build>;

    fn accepted(&self) -> String {
        String::from("at least one [[build]]")
    }

    fn shape(&self) -> Shape {
        tables("build", |form| self.build(form)).shape()
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<Build>> {
        let builds = tables("build", |form| self.build(form)).read(found)?;
        match check_weights(builds.iter().map(|build| build.weight)) {
            Ok(()) => Some(builds),
            Err((wrong, accepted)) => {
                found.report(Problem::new(format!("the weights of `{}` {wrong}", found.path)), accepted);
                None
            }
        }
    }
}

/// `{ "amr.launching" = 0.4, "*.validating" = 0.1 }`
struct FailuresByStep<'b>(&'b Builds<'b>);

fn working_steps() -> &'static [RobotDeploymentStep] {
    &RobotDeploymentStep::ALL[..RobotDeploymentStep::WORKING]
}

impl Accepts for FailuresByStep<'_> {
    type Value = Vec<BuildFailure>;

    fn accepted(&self) -> String {
        String::from("a table such as { \"amr.launching\" = 0.4, \"*.validating\" = 0.1 }")
    }

    fn shape(&self) -> Shape {
        let steps: Vec<&str> = working_steps().iter().map(|step| step.key()).collect();
        let keys = format!(r"^(\*|[A-Za-z0-9_-]{{1,64}})\.({})$", steps.join("|"));
        Shape::Pattern { keys, element: Box::new(failure().shape()) }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<BuildFailure>> {
        let Toml::Table(table) = &found.node.value else {
            found.wrong_kind("a table");
            return None;
        };
        let mut of_all = Vec::new();
        let mut of_one = Vec::new();
        for entry in &table.0 {
            let named = self.named(entry, found);
            let path = join(&found.path, &format!("\"{}\"", entry.key));
            let failure = failure().read(&mut found.within(&entry.node, path));
            if let (Some((groups, step)), Some(failure)) = (named, failure) {
                let list = if entry.key.starts_with("*.") { &mut of_all } else { &mut of_one };
                list.push((groups, step, failure));
            }
        }
        if of_all.len() + of_one.len() < table.0.len() {
            return None;
        }
        let mut failures: Vec<BuildFailure> = Vec::new();
        for (groups, step, StepFailure { probability, codes }) in of_one.into_iter().chain(of_all) {
            for group in groups {
                if !failures.iter().any(|known| (known.group, known.step) == (group, step)) {
                    failures.push(BuildFailure { group, step, probability, codes: codes.clone() });
                }
            }
        }
        failures.sort_by_key(|failure| (failure.group, failure.step));
        Some(failures)
    }
}

impl FailuresByStep<'_> {
    /// The groups and the step that a key such as `amr.launching` or `*.launching` names.
    fn named(&self, entry: &KeyValue, found: &mut Written<'_>) -> Option<(Vec<usize>, RobotDeploymentStep)> {
        let path = &found.path;
        let mut refuse = |title: String, label: &str, help: String| {
            found.diagnostics.report(Problem::new(title).at(&entry.key_place, label).help(help));
            None
        };
        let Some((group, key)) = entry.key.rsplit_once('.') else {
            let help = "write \"GROUP.STEP\" or \"*.STEP\" in quotes, as in { \"amr.launching\" = 0.4 }";
            return refuse(format!("`{}` in `{path}` names no step of a group", entry.key), "no step", help.to_owned());
        };
        let Some(step) = working_steps().iter().find(|step| step.key() == key) else {
            let known: Vec<&str> = working_steps().iter().map(|step| step.key()).collect();
            return refuse(format!("unknown step `{key}`"), "unknown step", nearest(key, &known));
        };
        let groups = &self.0.groups;
        let matching = || (0..).zip(groups).filter(|(_, (name, _))| group == "*" || *name == group);
        if matching().next().is_none() {
            let known: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
            return refuse(format!("unknown group `{group}`"), "unknown group", nearest(group, &known));
        }
        let having: Vec<usize> =
            matching().filter(|(_, (_, steps))| steps.contains(&key)).map(|(index, _)| index).collect();
        if having.is_empty() {
            let whose =
                if group == "*" { String::from("no group has") } else { format!("group `{group}` does not have") };
            let help = format!("a step that is left out cannot fail: give [group.step.{key}] a latency first");
            return refuse(format!("{whose} the step `{key}`"), "not given", help);
        }
        Some((having, *step))
    }
}
