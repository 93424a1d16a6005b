//! What can be claimed of a metric, shared by `[[expect]]` and `[tune]`.

use super::Bounds;
use crate::metric::{Kind, Metric, Unit};
use crate::scenario::Scenario;
use crate::scenario::diagnostics::Problem;

/// Why a claim makes no sense: what is wrong, a word on its place, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, in one line.
    pub title: String,
    /// A word on the place; may be empty.
    pub label: String,
    /// What would be accepted.
    pub help: Vec<String>,
}

impl Mistake {
    pub(super) fn new(title: impl Into<String>, label: impl Into<String>) -> Mistake {
        Mistake { title: title.into(), label: label.into(), help: Vec::new() }
    }

    /// As a problem without a place, and the word on its place.
    pub(super) fn into_problem(self) -> (Problem, String) {
        let Mistake { title, label, help } = self;
        (help.into_iter().fold(Problem::new(title), Problem::help), label)
    }

    /// All of it in one line.
    pub fn sentence(&self) -> String {
        let parts = [&self.title, &self.label].into_iter().chain(&self.help);
        parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help.push(help.into());
        self
    }
}

const NOTHING_PROVES: &str =
    "no number of replications can prove that something never happens, or always: leave it some room";
/// The statistics that a test can be about, by their names in results.
pub(super) const TESTED: [&str; 6] = ["probability", "mean", "p50", "p90", "p95", "p99"];
pub(super) const QUANTILES: [&str; 4] = ["p50", "p90", "p95", "p99"];

/// Refuses a metric of a build that no replication is about.
pub(super) fn about_something(metric: &Metric, scenario: &Scenario) -> Result<(), Mistake> {
    match metric.build().map(|build| &scenario.builds[build]) {
        Some(build) if build.weight == 0.0 => {
            let title = format!("no replication is about the build `{}`", build.name);
            Err(Mistake::new(title, "nothing can be said of it").help("give it a weight above 0"))
        }
        _ => Ok(()),
    }
}

/// The metrics of the same numbers that end with one of these.
pub(super) fn beside(metric: &Metric, ends: &[&str], scenario: &Scenario) -> String {
    let parent = metric.path().rsplit_once('.').map_or("", |(parent, _)| parent);
    let all = Metric::all(scenario);
    let is_one =
        |other: &&Metric| other.path().rsplit_once('.').is_some_and(|(of, leaf)| of == parent && ends.contains(&leaf));
    all.iter().filter(is_one).map(|other| format!("`{other}`")).collect::<Vec<_>>().join(", ")
}

/// Whether there is a test of the metric that stays valid however often it is looked at.
///
/// # Errors
/// Why there is none.
pub(super) fn testable(metric: &Metric, scenario: &Scenario) -> Result<(), Mistake> {
    about_something(metric, scenario)?;
    match metric.kind() {
        Kind::Probability | Kind::Quantile(_) => Ok(()),
        Kind::Mean if metric.greatest(scenario).is_some() => Ok(()),
        Kind::Mean => {
            let title = format!("the mean `{metric}` cannot be tested: its numbers have no bound");
            let mut mistake = Mistake::new(title, "one number in a million could change it at will");
            // A horizon bounds times; robots' times over the fleet, too.
            if metric.unit() == Unit::Seconds && scenario.sync.horizon.is_none() {
                mistake =
                    mistake.help("give the campaign an end, as in [sync] horizon = \"7d\", which bounds all times");
            }
            Err(mistake.help(format!("or expect a quantile: {}", beside(metric, &QUANTILES, scenario))))
        }
        Kind::Other => {
            let title = format!("`{metric}` cannot be expected or constrained");
            Err(no_number_to_test(title, metric, scenario))
        }
    }
}

/// The mistake of a metric that is no probability, no quantile and no mean.
pub(super) fn no_number_to_test(title: String, metric: &Metric, scenario: &Scenario) -> Mistake {
    let help = match beside(metric, &TESTED, scenario).as_str() {
        "" => String::from("expected such as `campaign.outcomes.halted.probability`"),
        near => format!("expected one of {near}"),
    };
    Mistake::new(title, "it is no probability, no quantile and no mean").help(help)
}

/// Whether the metric can be within the bounds, and be proven to be.
///
/// # Errors
/// Why it cannot.
pub(super) fn possible(metric: &Metric, bounds: Bounds, scenario: &Scenario) -> Result<(), Mistake> {
    possible_somewhere(metric, bounds)?;
    match (metric.kind(), metric.greatest(scenario)) {
        (Kind::Probability, _) | (_, None) => Ok(()),
        (_, Some(greatest)) => below(metric, bounds, greatest as f64),
    }
}

/// The same as far as it does not depend on the setting of a scenario.
pub(super) fn possible_somewhere(metric: &Metric, bounds: Bounds) -> Result<(), Mistake> {
    if metric.kind() == Kind::Probability {
        below(metric, bounds, 1.0)?;
    }
    match bounds.at_most() {
        Some(high) if high < 0.0 => {
            let title = format!("`{metric}` is never below 0");
            Err(Mistake::new(title, "expected a number that is not negative").help("this can never hold"))
        }
        // A quantile is one of the numbers, so it may be the least of them; a probability or a mean of 0 is never
        // proven.
        Some(0.0) if !matches!(metric.kind(), Kind::Quantile(_)) => {
            let title = format!("`{metric}` cannot be proven to be 0");
            Err(Mistake::new(title, "expected more than 0").help(NOTHING_PROVES))
        }
        _ => Ok(()),
    }
}

/// Refuses a lower bound beyond the greatest number.
fn below(metric: &Metric, bounds: Bounds, greatest: f64) -> Result<(), Mistake> {
    let is_quantile = matches!(metric.kind(), Kind::Quantile(_));
    let shown = |bound: f64| crate::metric::words::shown(metric.unit(), metric.show(bound));
    match bounds.at_least() {
        Some(low) if low > greatest || low == greatest && !is_quantile => {
            let title = format!("`{metric}` is never {} or more", shown(low));
            let than = if is_quantile { "expected at most" } else { "expected less than" };
            let help = if low == greatest { NOTHING_PROVES } else { "this can never hold" };
            Err(Mistake::new(title, format!("{than} {}", shown(greatest))).help(help))
        }
        _ => Ok(()),
    }
}
