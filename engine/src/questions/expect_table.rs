//! `[[expect]]` and `[check]`: what the results are expected to be.

use serde_json::json;

use super::claim::{self, Mistake};
use super::expectation::{Bounds, DEFAULT_CHECK_REPLICATIONS, DEFAULT_CONFIDENCE, Expectation};
use crate::metric::{Kind, Metric, Unit};
use crate::scenario::Scenario;
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::Toml;
use crate::scenario::form::{
    Accepts, Form, Shape, Written, confidence, count, duration, name, nonnegative, probability, rate, size,
    size_of_a_fleet, text,
};

const BOUNDS: [&str; 3] = ["at_most", "at_least", "between"];

/// `[check]`: how many replications there may be.
pub fn check(form: &mut Form<'_>) -> Option<u32> {
    let words = "What is undecided after so many replications stays so.";
    Some(form.default("max_replications", words, count(1..=u32::MAX), DEFAULT_CHECK_REPLICATIONS))
}

/// An element of `[[expect]]` of a scenario, which is there wherever the table is read.
pub fn expectation(form: &mut Form<'_>, scenario: Option<&Scenario>) -> Option<Expectation> {
    let line = form.line();
    let name = form.optional("name", "A name that no other expectation has.", name("a name"));
    let description = form.optional("description", "Why it is expected.", text("a string")).unwrap_or_default();
    let words = "The path of a number in summary.json: a probability, a quantile or a mean.";
    let metric = form.required("metric", words, OneMetric(scenario));
    let words = "How sure a verdict has to be.";
    let confidence = form.default("confidence", words, confidence(), DEFAULT_CONFIDENCE);
    let of = metric.as_ref().zip(scenario);
    let at_most = form.optional("at_most", "The metric is at most this, in its unit.", OneBound(of, Bounds::AtMost));
    let at_least =
        form.optional("at_least", "The metric is at least this, in its unit.", OneBound(of, Bounds::AtLeast));
    let between = form.optional("between", "The metric is between these, the lower one first.", Between(of));
    form.rule(
        "Of at_most, at_least and between there is exactly one.",
        json!({ "oneOf": BOUNDS.map(|key| json!({ "required": [key] })) }),
    );
    match form.those_of(&BOUNDS)[..] {
        [_] => {}
        [first, second, ..] => {
            let problem = Problem::new(format!("`{}` has more than one bound", form.path()));
            let problem = problem.help("for both ends write between = [low, high]");
            form.report_at_keys(problem, &[(second, "remove one of them"), (first, "the first one")]);
        }
        [] => {
            let problem = Problem::new(format!("`{}` does not say what is expected", form.path()));
            let help =
                "expected one of `at_most`, `at_least`, `between`, as in at_most = 0.01 or between = [\"30m\", \"1h\"]";
            form.report_at(problem.help(help), &[("", "no bound in this table")]);
        }
    }
    let (metric, bounds) = (metric?, at_most.or(at_least).or(between)?);
    let refuted = scenario.and_then(|scenario| {
        claim::testable(&metric, scenario).and_then(|()| claim::possible(&metric, bounds, scenario)).err()
    });
    Some(Expectation { name, description, metric: metric.path().to_owned(), bounds, confidence, line, refuted })
}

/// A metric of the scenario of which something can be proven.
struct OneMetric<'s>(Option<&'s Scenario>);

impl Accepts for OneMetric<'_> {
    type Value = Metric;

    fn accepted(&self) -> String {
        String::from("the path of a number in summary.json, as in metric = \"campaign.completion_s.p95\"")
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(json!({ "type": "string" }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Metric> {
        let (scenario, text) = (self.0?, found.text("a string")?);
        let metric = match Metric::parse(text, scenario) {
            Ok(metric) => metric,
            Err(unknown) => {
                found.report(unknown.help.into_iter().fold(Problem::new(unknown.title), Problem::help), "");
                return None;
            }
        };
        match claim::testable(&metric, scenario) {
            // Under no setting there is a test of it.
            Err(mistake) if metric.kind() == Kind::Other => {
                report(mistake, found);
                return None;
            }
            Err(mistake) => doubt(mistake, found),
            Ok(()) => {}
        }
        Some(metric)
    }
}

/// Reports a mistake at a value.
pub fn report(mistake: Mistake, found: &mut Written<'_>) {
    let (problem, label) = mistake.into_problem();
    found.report(problem, label);
}

/// Says what nothing can prove.
pub fn doubt(mistake: Mistake, found: &mut Written<'_>) {
    let (problem, label) = mistake.into_problem();
    found.doubt(problem, label);
}

/// The metric and the scenario of a bound; none if the metric is wrong, which has been reported.
type Of<'m> = Option<(&'m Metric, &'m Scenario)>;

/// A bound in the metric's unit that can hold.
struct OneBound<'m>(Of<'m>, fn(f64) -> Bounds);

impl Accepts for OneBound<'_> {
    type Value = Bounds;

    fn accepted(&self) -> String {
        String::from("a probability, a count, a duration, a size or a rate")
    }

    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![nonnegative().shape(), duration().shape(), size().shape(), rate().shape()])
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Bounds> {
        let (metric, scenario) = self.0?;
        let bounds = (self.1)(bound(found, metric.unit())?);
        doubt_impossible(metric, bounds, scenario, found);
        Some(bounds)
    }
}

struct Between<'m>(Of<'m>);

impl Accepts for Between<'_> {
    type Value = Bounds;

    fn accepted(&self) -> String {
        String::from("two bounds, [low, high]")
    }

    fn shape(&self) -> Shape {
        Shape::Pair(Box::new(OneBound(None, Bounds::AtMost).shape()))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Bounds> {
        let (metric, scenario) = self.0?;
        let Toml::Array(ends) = &found.node.value else {
            found.wrong_kind("two bounds, [low, high]");
            return None;
        };
        let [low, high] = &ends[..] else {
            let problem = Problem::new(format!("`{}` is no pair", found.path));
            found.report(problem, "expected two bounds, [low, high]");
            return None;
        };
        let [low, high] = [low, high].map(|end| {
            let path = found.path.clone();
            bound(&mut found.within(end, path), metric.unit())
        });
        let (low, high) = (low?, high?);
        let is_quantile = matches!(metric.kind(), Kind::Quantile(_));
        if low > high || low == high && !is_quantile {
            let shown = |bound: f64| crate::metric::words::shown(metric.unit(), metric.show(bound));
            let problem = Problem::new(format!("nothing is between {} and {}", shown(low), shown(high)));
            let label = if low > high { "the first one is greater" } else { "there is no room between them" };
            found.report(problem.help("expected [low, high], the lower bound first"), label);
            return None;
        }
        let bounds = Bounds::Between(low, high);
        doubt_impossible(metric, bounds, scenario, found);
        Some(bounds)
    }
}

/// Says why bounds can never be proven to hold, if they cannot.
fn doubt_impossible(metric: &Metric, bounds: Bounds, scenario: &Scenario, found: &mut Written<'_>) {
    if claim::testable(metric, scenario).is_ok()
        && let Err(mistake) = claim::possible(metric, bounds, scenario)
    {
        doubt(mistake, found);
    }
}

/// A bound in whole units.
fn bound(found: &mut Written<'_>, unit: Unit) -> Option<f64> {
    match unit {
        Unit::Probability => probability().read(found),
        Unit::Count => nonnegative().read(found),
        Unit::Seconds => duration().read(found).map(|span| span.micros() as f64),
        Unit::Bytes => size_of_a_fleet().read(found),
        Unit::BitsPerSecond => rate().of_a_fleet("a rate such as \"20Mbit/s\"").read(found),
    }
}
