//! `tune.json`

use serde::Serialize;
use serde_json::{Map, Value};

use super::{TuneReport, Tuned};
use crate::expectation::Finding;
use crate::metric::Metric;
use crate::metric::RESULTS_VERSION;
use crate::metric::ScenarioIdentity;
use crate::questions::Constraint;
use crate::report::format::{Exporter, JSON, Presented};
use crate::statistics::Number;
use crate::tune::{Conclusion, Figures, HurtAndTime, Setting, miss};

pub(super) struct TuneJson;

impl Exporter<Tuned<'_>> for TuneJson {
    fn name(&self) -> &'static str {
        JSON
    }

    fn files(&self, said: &Presented<'_, Tuned<'_>>) -> Vec<(String, String)> {
        vec![(String::from("tune.json"), render(said.answer.report))]
    }
}

#[derive(Serialize)]
struct TuneFile<'r> {
    rollcast: &'static str,
    results_version: u32,
    scenario: ScenarioIdentity,
    seed: u64,
    objective: OfObjective<'r>,
    margin: &'r str,
    confidence: f64,
    max_replications: u32,
    /// True if `best` is proven to satisfy the constraints, false if no setting does, null if neither is proven.
    feasible: Option<bool>,
    best: Option<Map<String, Value>>,
    /// That `best` satisfies the constraints, and no setting that does so is better by more than the margin: never more
    /// than is proven.
    probability_best: Option<f64>,
    /// The same, settings left out of which it stays open whether they satisfy the constraints.
    probability_best_of_decided: Option<f64>,
    /// Whether what is not proven of that holds by the central limit: the objective is a mean, of numbers that nothing
    /// bounds, or nothing near enough.
    best_by_central_limit: Option<bool>,
    replications_used: u64,
    /// The numbers of `best`, or of `closest`.
    figures: OfFigures<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<OfOwn<'r>>,
    /// Where nothing is proven to satisfy the constraints: the setting that violates them least.
    closest: Option<OfClosest<'r>>,
    constraints: Vec<OfConstraint<'r>>,
    /// Settings that are worth a second look; the best first.
    alternatives: Vec<OfSetting<'r>>,
    tradeoff: OfTradeOff<'r>,
    /// All settings, the last path varying fastest.
    settings: Vec<OfSetting<'r>>,
}

#[derive(Serialize)]
struct OfObjective<'r> {
    metric: &'r str,
    direction: &'static str,
}

#[derive(Serialize)]
struct OfOwn<'r> {
    set: Map<String, Value>,
    /// Whether it is one of the settings.
    is_a_setting: bool,
    #[serde(flatten)]
    figures: OfFigures<'r>,
}

#[derive(Serialize)]
struct OfClosest<'r> {
    set: Map<String, Value>,
    /// By how much the estimates miss each constraint that they do not satisfy, in the metric's unit; of a quantile
    /// over robots the share of robots.
    misses: Vec<OfMiss<'r>>,
}

#[derive(Serialize)]
struct OfMiss<'r> {
    constraint: &'r str,
    by: Option<Number>,
}

#[derive(Serialize)]
struct OfConstraint<'r> {
    constraint: &'r str,
    metric: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<Number>,
    /// By how much the objective of `best` is worse than without it, by estimates.
    cost: Option<Number>,
    /// The setting that could be had without it.
    without: Option<Map<String, Value>>,
}

#[derive(Serialize)]
struct OfSetting<'r> {
    set: Map<String, Value>,
    status: &'static str,
    /// Whether it is proven to satisfy all constraints.
    feasible: bool,
    #[serde(flatten)]
    figures: OfFigures<'r>,
}

#[derive(Serialize)]
struct OfFigures<'r> {
    replications: u32,
    values: u64,
    /// Of how many replications: those that the objective is about.
    about: u64,
    /// Of a time to success: the same over all of these; null if it is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    completion: Option<Number>,
    objective: Option<Number>,
    interval: [Option<Number>; 2],
    constraints: Vec<OfFinding<'r>>,
}

#[derive(Serialize)]
struct OfFinding<'r> {
    constraint: &'r str,
    verdict: &'static str,
    estimate: Option<Number>,
    interval: [Option<Number>; 2],
    /// Of a quantile over robots: the share of them on the bound's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<OfShareWithin>,
}

#[derive(Serialize)]
struct OfShareWithin {
    needed: f64,
    estimate: Option<Number>,
    interval: [Number; 2],
}

/// Time to success against robots hurt.
#[derive(Serialize)]
struct OfTradeOff<'r> {
    /// Whose times `front` goes by: a build, or all.
    times_of: &'r str,
    /// Settings that no other one surpasses in both, by estimates; the quickest first.
    front: Vec<OfPoint<'r>>,
}

#[derive(Serialize)]
struct OfPoint<'r> {
    set: Map<String, Value>,
    status: &'static str,
    replications: u32,
    by_build: Vec<OfGroup<'r>>,
}

#[derive(Serialize)]
struct OfGroup<'r> {
    build: &'r str,
    replications: u64,
    in_sync: u64,
    time_to_success_s_p95: Option<Number>,
    robots_hurt_p95: Option<Number>,
}

/// All that came of a tuning; whole without its own setting and costs where it was interrupted.
fn render(report: &TuneReport<'_>) -> String {
    let TuneReport { tuning, outcome, .. } = report;
    let constraints = report.constraints();
    let figures = |figures: &Figures| of_figures(&constraints, figures);
    let at = outcome.answer.setting();
    let probability = |of: fn(f64, f64) -> f64| match outcome.answer {
        Conclusion::Best { probability, of_decided, .. } => Some(of(probability, of_decided)),
        _ => None,
    };
    let is_best = matches!(outcome.answer, Conclusion::Best { .. });
    let misses = || {
        let found = constraints.iter().zip(&outcome.settings[at].figures.constraints);
        let missed = found.map(|((constraint, metric), finding)| (constraint, miss(constraint, metric, finding)));
        let missed = missed.filter(|(_, by)| by.is_none_or(|by| by > 0.0));
        missed.map(|(constraint, by)| OfMiss { constraint: &constraint.text, by: by.map(Number) }).collect()
    };
    let of_setting = |(index, setting): (usize, &Setting)| OfSetting {
        set: set(report, index),
        status: setting.status.as_str(),
        feasible: setting.feasible,
        figures: figures(&setting.figures),
    };
    let document = TuneFile {
        rollcast: env!("CARGO_PKG_VERSION"),
        results_version: RESULTS_VERSION,
        scenario: ScenarioIdentity { name: tuning.own.name.clone(), digest: tuning.own.digest() },
        seed: tuning.seed,
        objective: OfObjective { metric: &tuning.objective.metric, direction: tuning.objective.direction.as_str() },
        margin: &report.margin,
        confidence: tuning.confidence,
        max_replications: tuning.max_replications,
        feasible: match outcome.answer {
            Conclusion::Best { .. } => Some(true),
            Conclusion::Infeasible { .. } => Some(false),
            Conclusion::Undecided { .. } => None,
        },
        best: is_best.then(|| set(report, at)),
        probability_best: probability(|probability, _| probability),
        probability_best_of_decided: probability(|_, of_decided| of_decided),
        best_by_central_limit: match outcome.answer {
            Conclusion::Best { by_limit, .. } => Some(by_limit),
            _ => None,
        },
        replications_used: outcome.replications_used,
        figures: figures(&outcome.settings[at].figures),
        own: outcome.own.as_ref().map(|own| OfOwn {
            set: own_set(report),
            is_a_setting: own.setting.is_some(),
            figures: figures(&own.figures),
        }),
        closest: (!is_best).then(|| OfClosest { set: set(report, at), misses: misses() }),
        constraints: constraints
            .iter()
            .enumerate()
            .map(|(index, (constraint, metric))| of_constraint(report, index, constraint, metric))
            .collect(),
        alternatives: report
            .alternatives()
            .into_iter()
            .map(|index| of_setting((index, &outcome.settings[index])))
            .collect(),
        tradeoff: OfTradeOff {
            times_of: report.groups()[outcome.reference],
            front: outcome.front.iter().map(|index| of_point(report, *index)).collect(),
        },
        settings: outcome.settings.iter().enumerate().map(of_setting).collect(),
    };
    serde_json::to_string_pretty(&document).expect("numbers and strings are JSON") + "\n"
}

/// `{PATH: VALUE}`, each value in its TOML type.
fn set(report: &TuneReport<'_>, setting: usize) -> Map<String, Value> {
    let sweep = report.tuning.sweep;
    let paths = sweep.variations.iter().map(|variation| variation.path.clone());
    paths.zip(sweep.values(setting as u64).into_iter().map(|value| value.json().clone())).collect()
}

/// The scenario's own values; what it leaves to the default is null.
fn own_set(report: &TuneReport<'_>) -> Map<String, Value> {
    let paths = report.tuning.sweep.variations.iter().map(|variation| variation.path.clone());
    let value =
        |value: &Option<crate::scenario::Value>| value.as_ref().map_or(Value::Null, |value| value.json().clone());
    paths.zip(report.own_values.iter().map(value)).collect()
}

fn of_figures<'r>(constraints: &[(&'r Constraint, Metric)], figures: &Figures) -> OfFigures<'r> {
    let of_finding = |((constraint, _), finding): (&(&'r Constraint, Metric), &Finding)| OfFinding {
        constraint: &constraint.text,
        verdict: finding.verdict.as_str(),
        estimate: finding.estimate.map(Number),
        interval: finding.interval.map(|end| end.map(Number)),
        share: finding.shares.first().map(|share| OfShareWithin {
            needed: share.needed,
            estimate: share.estimate.map(Number),
            interval: share.interval.map(Number),
        }),
    };
    OfFigures {
        replications: figures.replications,
        values: figures.values,
        about: figures.about,
        completion: figures.over_all.map(Number),
        objective: figures.objective.map(Number),
        interval: figures.interval.map(|end| end.map(Number)),
        constraints: constraints.iter().zip(&figures.constraints).map(of_finding).collect(),
    }
}

fn of_constraint<'r>(
    report: &TuneReport<'_>,
    index: usize,
    constraint: &'r Constraint,
    metric: &Metric,
) -> OfConstraint<'r> {
    let bound = |bound: Option<f64>| bound.map(|bound| Number(metric.show(bound)));
    let cost = report.outcome.costs.get(index);
    OfConstraint {
        constraint: &constraint.text,
        metric: &constraint.metric,
        at_most: bound(constraint.bounds.at_most()),
        at_least: bound(constraint.bounds.at_least()),
        cost: cost.and_then(|cost| cost.cost).map(Number),
        without: cost.and_then(|cost| cost.without).map(|without| set(report, without)),
    }
}

fn of_point<'r>(report: &'r TuneReport<'_>, index: usize) -> OfPoint<'r> {
    let setting = &report.outcome.settings[index];
    let numbers: &[HurtAndTime] = &setting.figures.trade_off;
    let of_group = |(group, name): (usize, &'r str)| OfGroup {
        build: name,
        replications: numbers[group].replications,
        in_sync: numbers[group].in_sync,
        time_to_success_s_p95: numbers[group].time_p95.map(Number),
        robots_hurt_p95: numbers[group].hurt_p95.map(Number),
    };
    OfPoint {
        set: set(report, index),
        status: setting.status.as_str(),
        replications: setting.figures.replications,
        by_build: report.shown_groups().into_iter().map(of_group).collect(),
    }
}
