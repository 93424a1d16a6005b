//! `[tune]`: what `rollcast tune` is to find.

use super::claim::Mistake;
use super::tune::{Constraint, Direction, Misplaced, Objective, Tune, is_of_rollout};
use crate::scenario::Scenario;
use crate::scenario::diagnostics::{Diagnostics, Place, Problem};
use crate::scenario::document::{Entry, Node, Value, join};
use crate::scenario::reader::{self, Reader};
use crate::scenario::variation::{self, Variation};

/// Reads the table of a scenario that is right but for it; none if something is wrong.
pub fn tune(node: &Node, path: &str, scenario: &Scenario, diagnostics: &mut Diagnostics) -> Option<Tune> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let default = Tune::default();
    let mut fine = true;
    let vary = table.optional("vary", diagnostics, |node, path, d| {
        let mut found = Vec::new();
        if let Value::Table(table) = &node.value {
            fine &= variations(&table.0, "", &mut found, d);
        } else {
            reader::wrong_kind(node, path, "a table of paths with their values", node.value.kind(), d);
            fine = false;
        }
        Some(found)
    });
    let written: Vec<(Direction, &Entry)> = [Direction::Minimize, Direction::Maximize]
        .into_iter()
        .filter_map(|direction| table.entry(direction.as_str()).map(|entry| (direction, entry)))
        .collect();
    let objective = match written[..] {
        [(direction, entry)] => objective(entry, direction, path, scenario, diagnostics),
        [(_, first), (_, second), ..] => {
            let problem = Problem::new(format!("`{path}` has more than one objective"));
            let problem = problem.at(&second.key_place, "remove one of them").at(&first.key_place, "the first one");
            diagnostics.report(problem.help("what else matters can be a constraint"));
            None
        }
        [] => None,
    };
    fine &= objective.is_some() || written.is_empty();
    let constraints = table.optional("constraints", diagnostics, |node, path, d| {
        let found = constraints(node, path, scenario, d);
        fine &= found.is_some();
        found
    });
    let mut checked = |right: bool| fine &= right;
    let confidence = table.entry("confidence").map(|entry| {
        let accepted = "a number above 0.5 and below 1";
        let fits = |x: f64| 0.5 < x && x < 1.0;
        reader::number(&entry.node, &join(path, &entry.key), accepted, fits, diagnostics)
    });
    checked(confidence != Some(None));
    let margin = table.entry("margin").map(|entry| margin(entry, path, objective.as_ref(), scenario, diagnostics));
    checked(margin != Some(None));
    let max_replications = table
        .entry("max_replications")
        .map(|entry| reader::count(&entry.node, &join(path, &entry.key), 1..=u32::MAX, diagnostics));
    checked(max_replications != Some(None));
    table.close(diagnostics);
    fine.then(|| Tune {
        vary: vary.unwrap_or_default(),
        objective,
        constraints: constraints.unwrap_or_default(),
        confidence: confidence.flatten().unwrap_or(default.confidence),
        margin: margin.flatten().unwrap_or(default.margin),
        max_replications: max_replications.flatten().unwrap_or(default.max_replications),
    })
}

/// Reads what varies. A path is a key in quotes, or tables within tables; whether all of it is right.
fn variations(entries: &[Entry], above: &str, found: &mut Vec<Variation>, diagnostics: &mut Diagnostics) -> bool {
    let mut fine = true;
    for entry in entries {
        let path = join(above, &entry.key);
        let list = match &entry.node.value {
            Value::Table(table) => {
                fine &= variations(&table.0, &path, found, diagnostics);
                continue;
            }
            Value::Array(elements) if elements.is_empty() => {
                let problem = Problem::new(format!("`{path}` has no values")).at(&entry.node.place, "nothing here");
                diagnostics.report(problem.help(VALUES));
                fine = false;
                continue;
            }
            Value::Array(_) => diagnostics.text(&entry.node.place).to_owned(),
            Value::String(text) => text.clone(),
            other => {
                reader::wrong_kind(&entry.node, &path, "values between which to choose", other.kind(), diagnostics);
                fine = false;
                continue;
            }
        };
        if !is_of_rollout(&path) {
            let problem =
                Problem::new(format!("`{path}` cannot be tuned")).at(&entry.key_place, "no part of the rollout");
            diagnostics.report(
                problem.help("expected a path of the rollout, as in `deployment.failure_threshold_percentage`"),
            );
            fine = false;
        }
        if found.iter().any(|other| other.path == path) {
            diagnostics.report(Problem::new(format!("`{path}` varies twice")).at(&entry.key_place, "the second time"));
            fine = false;
        }
        match variation::values(&path, &list) {
            Ok(values) => found.push(Variation { path, values, written: "tune.vary" }),
            Err(wrong) => {
                fine = false;
                for variation::Bad { part, title, label, help } in wrong {
                    let place = within(&entry.node, &list, part, diagnostics);
                    let problem = Problem::new(title).at(&place, label);
                    diagnostics.report(if help.is_empty() { problem } else { problem.help(help) });
                }
            }
        }
    }
    fine
}

const VALUES: &str = "expected values as in [5, 10, 20], or \"5,10,20\", or a range as in \"5..=50:5\"";

/// The place of a part of a value's text: of an array as it stands, or of what is between the quotes of a string.
fn within(node: &Node, text: &str, part: std::ops::Range<usize>, diagnostics: &Diagnostics) -> Place {
    let written = diagnostics.text(&node.place);
    let quoted = matches!(node.value, Value::String(_));
    let inner = if quoted { written.get(1..written.len().saturating_sub(1)) } else { Some(written) };
    if inner != Some(text) {
        // A text that is written in another way than it reads is shown as a whole.
        return node.place.clone();
    }
    let start = node.place.span.start + usize::from(quoted);
    Place { source: node.place.source, span: start + part.start..start + part.end }
}

/// Reports a mistake in the text of a value.
fn report(misplaced: Misplaced, node: &Node, text: &str, diagnostics: &mut Diagnostics) {
    let Misplaced { part, mistake: Mistake { title, label, help } } = misplaced;
    let place = within(node, text, part, diagnostics);
    diagnostics.report(help.into_iter().fold(Problem::new(title).at(&place, label), Problem::help));
}

fn objective(
    entry: &Entry,
    direction: Direction,
    path: &str,
    scenario: &Scenario,
    diagnostics: &mut Diagnostics,
) -> Option<Objective> {
    let text = reader::string(&entry.node, &join(path, &entry.key), diagnostics)?;
    Objective::parse(text, direction, scenario)
        .map_err(|misplaced| report(misplaced, &entry.node, text, diagnostics))
        .ok()
}

fn constraints(node: &Node, path: &str, scenario: &Scenario, diagnostics: &mut Diagnostics) -> Option<Vec<Constraint>> {
    let Value::Array(elements) = &node.value else {
        reader::wrong_kind(node, path, "an array of constraints", node.value.kind(), diagnostics);
        return None;
    };
    let mut found: Vec<Option<Constraint>> = Vec::new();
    for element in elements {
        let text = reader::string(element, path, diagnostics);
        let constraint = text.and_then(|text| {
            Constraint::parse(text, scenario).map_err(|wrong| report(wrong, element, text, diagnostics)).ok()
        });
        if let Some(constraint) = &constraint
            && let Some(index) =
                found.iter().position(|other| other.as_ref().is_some_and(|o| o.contradicts(constraint)))
        {
            let problem = Problem::new(format!("two constraints of `{}` cannot hold together", constraint.metric));
            let problem = problem.at(&element.place, "this one").at(&elements[index].place, "and this one");
            diagnostics.report(problem);
            found.push(None);
            continue;
        }
        found.push(constraint);
    }
    found.into_iter().collect()
}

/// A margin as text. What it means depends on the objective, if the table has one.
fn margin(
    entry: &Entry,
    path: &str,
    objective: Option<&Objective>,
    scenario: &Scenario,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let node = &entry.node;
    let text = match &node.value {
        Value::String(text) => text.clone(),
        Value::Integer(_) | Value::Float(_) => {
            reader::positive(node, &join(path, &entry.key), diagnostics)?;
            diagnostics.text(&node.place).trim().replace('_', "")
        }
        other => {
            let accepted = "a share as in \"1%\", or an amount in the objective's unit";
            reader::wrong_kind(node, &join(path, &entry.key), accepted, other.kind(), diagnostics);
            return None;
        }
    };
    if let Some(objective) = objective
        && let Err(Mistake { title, label, help }) = objective.margin(&text, scenario)
    {
        let problem = Problem::new(title).at(&node.place, label);
        diagnostics.report(help.into_iter().fold(problem, Problem::help));
        return None;
    }
    Some(text)
}
