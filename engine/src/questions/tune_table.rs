//! `[tune]`: what `rollcast tune` is to find.

use std::ops::Range;

use serde_json::{Value as Json, json};

use super::expect_table::report;
use super::tune::{Constraint, Misplaced, Objective, Sense, Tune, is_of_rollout};
use crate::scenario::Scenario;
use crate::scenario::diagnostics::{Diagnostics, Location, Problem};
use crate::scenario::document::{KeyValue, Node, Toml, join};
use crate::scenario::form::{Accepts, Form, Shape, Shows, Written, confidence, count, positive};
use crate::scenario::variation::{self, Variation};

/// The table of a scenario, which is there wherever the table is read.
pub fn tune(form: &mut Form<'_>, scenario: Option<&Scenario>) -> Option<Tune> {
    let default = Tune::default();
    let words = "What may vary: paths of the scenario, each with its values as a list or a range.";
    let vary = form.optional("vary", words, Varied);
    // Of two objectives it is told that there are two, and nothing of either.
    let is_one = form.those_of(&["minimize", "maximize"]).len() < 2;
    let objective = |direction| OneObjective { direction, scenario: scenario.filter(|_| is_one) };
    let words = "The path of a number in summary.json that is to be small.";
    let minimize = form.optional("minimize", words, objective(Sense::Minimize));
    let words = "The path of a number in summary.json that is to be great.";
    let maximize = form.optional("maximize", words, objective(Sense::Maximize));
    form.rule(
        "Of minimize and maximize there is at most one.",
        json!({ "not": { "required": ["minimize", "maximize"] } }),
    );
    if let [first, second] = form.those_of(&["minimize", "maximize"])[..] {
        let problem = Problem::new(format!("`{}` has more than one objective", form.path()));
        let problem = problem.help("what else matters can be a constraint");
        form.report_at_keys(problem, &[(second, "remove one of them"), (first, "the first one")]);
    }
    let objective = minimize.or(maximize);
    let words = "What has to hold, each METRIC <= NUMBER or METRIC >= NUMBER.";
    let constraints = form.optional("constraints", words, Constraints(scenario));
    let words = "How sure the answer has to be.";
    let confidence = form.default("confidence", words, confidence(), default.confidence);
    let words = "How much worse than the best setting is good enough: a share, or an amount in the objective's unit.";
    let margin = form.default("margin", words, Margin(objective.as_ref().zip(scenario)), default.margin);
    let words = "The most replications of a setting; what is undecided then stays so.";
    let max_replications = form.default("max_replications", words, count(1..=u32::MAX), default.max_replications);
    Some(Tune {
        vary: vary.unwrap_or_default(),
        objective,
        constraints: constraints.unwrap_or_default(),
        confidence,
        margin,
        max_replications,
    })
}

/// Paths with their values; a path is a key in quotes, or tables within tables.
struct Varied;

impl Varied {
    fn definition() -> Shape {
        let values = json!({ "type": "array", "minItems": 1 });
        let itself = json!({ "$ref": "#/$defs/variations" });
        Shape::Scalar(json!({
            "type": "object",
            "additionalProperties": { "anyOf": [{ "type": "string" }, values, itself] },
            "examples": [{ "deployment.concurrent_deployment_percentage": "5..=50:5" }],
        }))
    }
}

impl Accepts for Varied {
    type Value = Vec<Variation>;

    fn accepted(&self) -> String {
        String::from("a table such as { \"deployment.concurrent_deployment_percentage\" = \"5..=50:5\" }")
    }

    fn shape(&self) -> Shape {
        Shape::Defined { name: String::from("variations"), shape: Box::new(Varied::definition) }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<Variation>> {
        let Toml::Table(table) = &found.node.value else {
            found.wrong_kind("a table of paths with their values");
            return None;
        };
        let mut variations = Vec::new();
        vary(&table.0, "", &mut variations, found);
        Some(variations)
    }
}

/// Adds what varies; what is wrong with it is reported.
fn vary(entries: &[KeyValue], above: &str, variations: &mut Vec<Variation>, found: &mut Written<'_>) {
    for entry in entries {
        let path = join(above, &entry.key);
        let list = match &entry.node.value {
            Toml::Table(table) => {
                vary(&table.0, &path, variations, found);
                continue;
            }
            Toml::Array(elements) if elements.is_empty() => {
                let problem = Problem::new(format!("`{path}` has no values")).help(VALUES);
                found.within(&entry.node, path).report(problem, "nothing here");
                continue;
            }
            Toml::Array(_) => found.diagnostics.text(&entry.node.place).to_owned(),
            Toml::String(text) => text.clone(),
            _ => {
                found.within(&entry.node, path).wrong_kind("values between which to choose");
                continue;
            }
        };
        if !is_of_rollout(&path) {
            let problem = Problem::new(format!("`{path}` cannot be tuned"));
            let problem = problem.at(&entry.key_place, "no part of the rollout");
            let help = "expected a path of the rollout, as in `deployment.failure_threshold_percentage`";
            found.diagnostics.report(problem.help(help));
        }
        if variations.iter().any(|other| other.path == path) {
            let problem = Problem::new(format!("`{path}` varies twice")).at(&entry.key_place, "the second time");
            found.diagnostics.report(problem);
        }
        match variation::values(&path, &list) {
            Ok(values) => variations.push(Variation { path, values, written: "tune.vary" }),
            Err(wrong) => {
                for variation::BadValues { part, title, label, help } in wrong {
                    let place = within(&entry.node, &list, part, found.diagnostics);
                    let problem = Problem::new(title).at(&place, label);
                    found.diagnostics.report(if help.is_empty() { problem } else { problem.help(help) });
                }
            }
        }
    }
}

const VALUES: &str = "expected values as in [5, 10, 20], or \"5,10,20\", or a range as in \"5..=50:5\"";

/// The place of a part of a value's text: of an array as it stands, or of what is between the quotes of a string.
fn within(node: &Node, text: &str, part: Range<usize>, diagnostics: &Diagnostics) -> Location {
    let written = diagnostics.text(&node.place);
    let quoted = matches!(node.value, Toml::String(_));
    let inner = if quoted { written.get(1..written.len().saturating_sub(1)) } else { Some(written) };
    if inner != Some(text) {
        // A text that is written in another way than it reads is shown as a whole.
        return node.place.clone();
    }
    let start = node.place.span.start + usize::from(quoted);
    Location { source: node.place.source, span: start + part.start..start + part.end }
}

/// A mistake in the text of a value.
fn problem(misplaced: Misplaced, text: &str, found: &Written<'_>) -> Problem {
    let Misplaced { part, mistake } = misplaced;
    let (problem, label) = mistake.into_problem();
    problem.at(&within(found.node, text, part, found.diagnostics), label)
}

/// What has been read; a mistake in the text of the value is reported, and what can never be proven is doubted.
fn doubting<T>(read: Result<(T, Option<Misplaced>), Misplaced>, text: &str, found: &mut Written<'_>) -> Option<T> {
    match read {
        Ok((value, doubt)) => {
            if let Some(doubt) = doubt.map(|doubt| problem(doubt, text, found)) {
                found.diagnostics.doubt(doubt);
            }
            Some(value)
        }
        Err(wrong) => {
            let wrong = problem(wrong, text, found);
            found.diagnostics.report(wrong);
            None
        }
    }
}

/// A metric of the scenario by which settings can be compared.
struct OneObjective<'s> {
    direction: Sense,
    scenario: Option<&'s Scenario>,
}

impl Accepts for OneObjective<'_> {
    type Value = Objective;

    fn accepted(&self) -> String {
        String::from("the path of a number in summary.json, such as \"campaign.completion_s.p95\"")
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(json!({ "type": "string" }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Objective> {
        let (scenario, text) = (self.scenario?, found.text("a string")?);
        doubting(Objective::read(text, self.direction, scenario), text, found)
    }
}

/// An array of constraints that can hold together.
struct Constraints<'s>(Option<&'s Scenario>);

impl Accepts for Constraints<'_> {
    type Value = Vec<Constraint>;

    fn accepted(&self) -> String {
        String::from("an array of constraints such as [\"campaign.outcomes.halted.probability <= 0.01\"]")
    }

    fn shape(&self) -> Shape {
        let constraint = json!({ "type": "string", "examples": ["campaign.outcomes.halted.probability <= 0.01"] });
        Shape::Scalar(json!({ "type": "array", "items": constraint }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<Constraint>> {
        let scenario = self.0?;
        let Toml::Array(elements) = &found.node.value else {
            found.wrong_kind("an array of constraints");
            return None;
        };
        let mut constraints: Vec<Option<Constraint>> = Vec::new();
        for element in elements {
            let path = found.path.clone();
            let mut here = found.within(element, path);
            let constraint =
                here.text("a string").and_then(|text| doubting(Constraint::read(text, scenario), text, &mut here));
            let contradicts = |one: &Constraint| {
                constraints.iter().position(|other| other.as_ref().is_some_and(|other| other.contradicts(one)))
            };
            if let Some(constraint) = &constraint
                && let Some(index) = contradicts(constraint)
            {
                let problem = Problem::new(format!("two constraints of `{}` cannot hold together", constraint.metric));
                let problem = problem.at(&element.place, "this one").at(&elements[index].place, "and this one");
                found.diagnostics.report(problem);
                constraints.push(None);
                continue;
            }
            constraints.push(constraint);
        }
        constraints.into_iter().collect()
    }
}

/// A margin as text. What it means depends on the objective, if the table has one.
struct Margin<'o>(Option<(&'o Objective, &'o Scenario)>);

impl Accepts for Margin<'_> {
    type Value = String;

    fn accepted(&self) -> String {
        String::from("a share as in \"1%\", or an amount in the objective's unit")
    }

    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![Shape::Scalar(json!({ "type": "string" })), positive().shape()])
    }

    fn read(&self, found: &mut Written<'_>) -> Option<String> {
        let text = match &found.node.value {
            Toml::String(text) => text.clone(),
            Toml::Integer(_) | Toml::Float(_) => {
                positive().read(found)?;
                found.diagnostics.text(&found.node.place).trim().replace('_', "")
            }
            _ => {
                found.wrong_kind(&self.accepted());
                return None;
            }
        };
        if let Some((objective, scenario)) = self.0
            && let Err(mistake) = objective.margin(&text, scenario)
        {
            report(mistake, found);
            return None;
        }
        Some(text)
    }
}

impl Shows for Margin<'_> {
    fn show(&self, value: &String) -> Json {
        json!(value)
    }
}
