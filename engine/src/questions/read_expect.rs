//! `[[expect]]` and `[check]`: what the results are expected to be.

use super::claim::{self, Mistake};
use super::expectation::{Bounds, DEFAULT_CHECK_REPLICATIONS, DEFAULT_CONFIDENCE, Expectation};
use crate::metric::{Kind, Metric, Unit};
use crate::scenario::check::{report_duplicate_names, tables};
use crate::scenario::diagnostics::{Diagnostics, Problem};
use crate::scenario::document::{self, Entry, Node, Value, join};
use crate::scenario::reader::{self, Reader};
use crate::scenario::{Scenario, quantity};

const BOUNDS: [&str; 3] = ["at_most", "at_least", "between"];

/// The `[check]` table: how many replications there may be.
pub fn max_replications(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<u32> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let most =
        table.optional("max_replications", diagnostics, |node, path, d| reader::count(node, path, 1..=u32::MAX, d));
    table.close(diagnostics);
    Some(most.unwrap_or(DEFAULT_CHECK_REPLICATIONS))
}

/// All expectations of a scenario that is right but for them; none if something is wrong.
pub fn expectations(
    node: &Node,
    path: &str,
    scenario: &Scenario,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Expectation>> {
    let elements = tables(node, path, "expect", diagnostics)?;
    report_duplicate_names(elements, "expectations", diagnostics);
    let read = |element: &Node| {
        // An expectation is called by its name, as in a --set path.
        let path = document::name_of(element).map_or_else(|| path.to_owned(), |name| join(path, name));
        expectation(element, &path, scenario, diagnostics)
    };
    // Not stopping at the first one that is wrong.
    elements.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn expectation(node: &Node, path: &str, scenario: &Scenario, diagnostics: &mut Diagnostics) -> Option<Expectation> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let name = table.optional("name", diagnostics, reader::name);
    let description = table.optional("description", diagnostics, reader::string).unwrap_or_default();
    let accepted = "the path of a number in summary.json, as in metric = \"campaign.time_to_success_s.p95\"";
    let metric = table.required("metric", accepted, diagnostics, |node, path, d| {
        let metric = known_metric(node, path, scenario, d)?;
        claim::testable(&metric, scenario).map_err(|mistake| report(mistake, node, d)).ok()?;
        Some(metric)
    });
    let confidence = table.optional("confidence", diagnostics, |node, path, d| {
        reader::number(node, path, "a number above 0.5 and below 1", |x| 0.5 < x && x < 1.0, d)
    });
    let written: Vec<&Entry> = BOUNDS.iter().filter_map(|key| table.entry(key)).collect();
    let bounds = match written[..] {
        [entry] => metric.as_ref().and_then(|metric| bounds(entry, path, metric, scenario, diagnostics)),
        [first, second, ..] => {
            let problem = Problem::new(format!("`{path}` has more than one bound"));
            let problem = problem.at(&second.key_place, "remove one of them").at(&first.key_place, "the first one");
            diagnostics.report(problem.help("for both ends write between = [low, high]"));
            None
        }
        [] => {
            let problem = Problem::new(format!("`{path}` does not say what is expected"));
            let help =
                "expected one of `at_most`, `at_least`, `between`, as in at_most = 0.01 or between = [\"30m\", \"1h\"]";
            diagnostics.report(problem.at(table.place(), "no bound in this table").help(help));
            None
        }
    };
    table.close(diagnostics);
    Some(Expectation {
        name,
        description: description.to_owned(),
        metric: metric?.path().to_owned(),
        bounds: bounds?,
        confidence: confidence.unwrap_or(DEFAULT_CONFIDENCE),
        line: diagnostics.line(&node.place),
    })
}

/// A metric of the scenario, or a report of which are near.
fn known_metric(node: &Node, path: &str, scenario: &Scenario, diagnostics: &mut Diagnostics) -> Option<Metric> {
    let text = reader::string(node, path, diagnostics)?;
    match Metric::parse(text, scenario) {
        Ok(metric) => Some(metric),
        Err(unknown) => {
            let problem = Problem::new(unknown.title).at(&node.place, "");
            diagnostics.report(unknown.help.into_iter().fold(problem, Problem::help));
            None
        }
    }
}

/// Reports a mistake at its place.
fn report(mistake: Mistake, node: &Node, diagnostics: &mut Diagnostics) {
    let Mistake { title, label, help } = mistake;
    diagnostics.report(help.into_iter().fold(Problem::new(title).at(&node.place, label), Problem::help));
}

/// Reads a bound in the metric's unit, and reports one that can never hold.
fn bounds(
    entry: &Entry,
    path: &str,
    metric: &Metric,
    scenario: &Scenario,
    diagnostics: &mut Diagnostics,
) -> Option<Bounds> {
    let path = join(path, &entry.key);
    let node = &entry.node;
    let is_quantile = matches!(metric.kind(), Kind::Quantile(_));
    let shown = |bound: f64| crate::metric::words::shown(metric.unit(), metric.show(bound));
    let bounds = match entry.key.as_str() {
        "between" => {
            let Value::Array(ends) = &node.value else {
                reader::wrong_kind(node, &path, "two bounds, [low, high]", node.value.kind(), diagnostics);
                return None;
            };
            let [low, high] = &ends[..] else {
                let problem = Problem::new(format!("`{path}` is no pair"));
                diagnostics.report(problem.at(&node.place, "expected two bounds, [low, high]"));
                return None;
            };
            let [low, high] = [low, high].map(|end| bound(end, &path, metric.unit(), diagnostics));
            let (low, high) = (low?, high?);
            if low > high || low == high && !is_quantile {
                let title = format!("nothing is between {} and {}", shown(low), shown(high));
                let label = if low > high { "the first one is greater" } else { "there is no room between them" };
                let problem = Problem::new(title).at(&node.place, label);
                diagnostics.report(problem.help("expected [low, high], the lower bound first"));
                return None;
            }
            Bounds::Between(low, high)
        }
        "at_most" => Bounds::AtMost(bound(node, &path, metric.unit(), diagnostics)?),
        _ => Bounds::AtLeast(bound(node, &path, metric.unit(), diagnostics)?),
    };
    claim::possible(metric, bounds, scenario).map_err(|mistake| report(mistake, node, diagnostics)).ok()?;
    Some(bounds)
}

/// A bound in whole units.
fn bound(node: &Node, path: &str, unit: Unit, diagnostics: &mut Diagnostics) -> Option<f64> {
    match unit {
        Unit::Probability => reader::probability(node, path, diagnostics),
        Unit::Count => reader::nonnegative(node, path, diagnostics),
        Unit::Seconds => reader::duration(node, path, diagnostics).map(|span| span.micros() as f64),
        Unit::Bytes => parsed(node, path, "a size such as \"600MB\"", quantity::parse_size, diagnostics),
        Unit::BitsPerSecond => parsed(node, path, "a rate such as \"20Mbit/s\"", quantity::parse_rate, diagnostics),
    }
}

/// A quantity of which a fleet may have more than one robot.
fn parsed(
    node: &Node,
    path: &str,
    accepted: &str,
    parse: fn(&str) -> Result<f64, String>,
    diagnostics: &mut Diagnostics,
) -> Option<f64> {
    let Value::String(text) = &node.value else {
        reader::wrong_kind(node, path, accepted, node.value.kind(), diagnostics);
        return None;
    };
    let read = parse(text).and_then(|number| if number.is_finite() { Ok(number) } else { Err("too large".to_owned()) });
    read.map_err(|why| {
        let problem = Problem::new(format!("`{path}` cannot be read: {why}"));
        diagnostics.report(problem.at(&node.place, format!("expected {accepted}")));
    })
    .ok()
}
