//! `[[build]]`: the builds that a campaign may be about (R15, R22).

use super::check_weights;
use super::distribution::{OneDistribution, distribution};
use super::failure::{OneFailure, StepFailure, failure};
use crate::rollout::RobotDeploymentStep;
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::{self, KeyValue, Node, Toml, join};
use crate::scenario::form::{
    Accepts, Form, NumberRange, Shape, Written, name, nearest, nonnegative, probability, size, tables,
};
use crate::scenario::quantity::Quantity;
use crate::scenario::{Build, BuildFailure, OfStep};

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
                     a group's own entry goes before the one for all groups, and codes and persistent stay unless given.";
        let before = form.problems();
        let (failures, hangs, latencies) = (self.steps(FAILURES), self.steps(HANGS), self.steps(LATENCIES));
        let failures = form.optional("failure", words, failures).unwrap_or_default();
        let words = "Likewise how likely steps never end by themselves, in place of their own `hang`.";
        let hangs = form.optional("hang", words, hangs).unwrap_or_default();
        let words = "Likewise how long steps take, in place of their own `latency`.";
        let latencies = form.optional("latency", words, latencies).unwrap_or_default();
        let words = "How large the build's bundle is, for all groups. Left out: as groups and [download] say.";
        let bundle_size = form.optional("bundle_size", words, size());
        let right = form.problems() == before;
        let failure = |OfStep { group, step, value: StepFailure { probability, codes, persistence } }| BuildFailure {
            group,
            step,
            probability,
            codes,
            persistence,
        };
        let failures = failures.into_iter().map(failure).collect();
        Some(Build { name: name?, weight: weight?, failures, hangs, latencies, bundle_size }).filter(|_| right)
    }

    fn steps<A>(&self, of: ByStep<A>) -> StepsOf<'_, A> {
        StepsOf { builds: self, of }
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

/// What a build may say of steps.
struct ByStep<A> {
    each: fn() -> A,
    accepted: &'static str,
    example: &'static str,
}

const FAILURES: ByStep<OneFailure> = ByStep {
    each: failure,
    accepted: "a table such as { \"amr.launching\" = 0.4, \"*.validating\" = 0.1 }",
    example: "{ \"amr.launching\" = 0.4 }",
};
const HANGS: ByStep<NumberRange> = ByStep {
    each: probability,
    accepted: "a table such as { \"amr.launching\" = 0.1 }",
    example: "{ \"amr.launching\" = 0.1 }",
};
const LATENCIES: ByStep<OneDistribution> = ByStep {
    each: || distribution(Quantity::Duration),
    accepted: "a table such as { \"amr.launching\" = { constant = \"90s\" } }",
    example: "{ \"amr.launching\" = { constant = \"90s\" } }",
};

/// `{ "amr.launching" = 0.4, "*.validating" = 0.1 }`
struct StepsOf<'b, A> {
    builds: &'b Builds<'b>,
    of: ByStep<A>,
}

fn working_steps() -> &'static [RobotDeploymentStep] {
    &RobotDeploymentStep::ALL[..RobotDeploymentStep::WORKING]
}

impl<A: Accepts<Value: Clone>> Accepts for StepsOf<'_, A> {
    /// In the order of groups and steps, each at most once.
    type Value = Vec<OfStep<A::Value>>;

    fn accepted(&self) -> String {
        self.of.accepted.to_owned()
    }

    fn shape(&self) -> Shape {
        let steps: Vec<&str> = working_steps().iter().map(|step| step.key()).collect();
        let keys = format!(r"^(\*|[A-Za-z0-9_-]{{1,64}})\.({})$", steps.join("|"));
        Shape::Pattern { keys, element: Box::new((self.of.each)().shape()) }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Self::Value> {
        let Toml::Table(table) = &found.node.value else {
            found.wrong_kind("a table");
            return None;
        };
        let mut of_all = Vec::new();
        let mut of_one = Vec::new();
        for entry in &table.0 {
            let named = self.named(entry, found);
            let path = join(&found.path, &format!("\"{}\"", entry.key));
            let value = (self.of.each)().read(&mut found.within(&entry.node, path));
            if let (Some((groups, step)), Some(value)) = (named, value) {
                let list = if entry.key.starts_with("*.") { &mut of_all } else { &mut of_one };
                list.push((groups, step, value));
            }
        }
        if of_all.len() + of_one.len() < table.0.len() {
            return None;
        }
        let mut changes: Vec<OfStep<A::Value>> = Vec::new();
        for (groups, step, value) in of_one.into_iter().chain(of_all) {
            for group in groups {
                if !changes.iter().any(|known| (known.group, known.step) == (group, step)) {
                    changes.push(OfStep { group, step, value: value.clone() });
                }
            }
        }
        changes.sort_by_key(|change| (change.group, change.step));
        Some(changes)
    }
}

impl<A> StepsOf<'_, A> {
    /// The groups and the step that a key such as `amr.launching` or `*.launching` names.
    fn named(&self, entry: &KeyValue, found: &mut Written<'_>) -> Option<(Vec<usize>, RobotDeploymentStep)> {
        let path = &found.path;
        let mut refuse = |title: String, label: &str, help: String| {
            found.diagnostics.report(Problem::new(title).at(&entry.key_place, label).help(help));
            None
        };
        let Some((group, key)) = entry.key.rsplit_once('.') else {
            let help = format!("write \"GROUP.STEP\" or \"*.STEP\" in quotes, as in {}", self.of.example);
            return refuse(format!("`{}` in `{path}` names no step of a group", entry.key), "no step", help);
        };
        let Some(step) = working_steps().iter().find(|step| step.key() == key) else {
            let known: Vec<&str> = working_steps().iter().map(|step| step.key()).collect();
            return refuse(format!("unknown step `{key}`"), "unknown step", nearest(key, &known));
        };
        let groups = &self.builds.groups;
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
            let help = format!(
                "a step that is left out takes no time and cannot fail: give [group.step.{key}] a latency first"
            );
            return refuse(format!("{whose} the step `{key}`"), "not given", help);
        }
        Some((having, *step))
    }
}
