//! A check for another program to read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CheckReport, Checks};
use crate::baseline::{BaselineMethod, BaselineVerdict, Change, Effect, LEVEL};
use crate::expectation::{Finding, Verdict};
use crate::metric::Metric;
use crate::metric::RESULTS_VERSION;
use crate::metric::ScenarioIdentity;
use crate::questions::Expectation;
use crate::report::format::{Exporter, JSON, Presented};
use crate::statistics::Number;

pub(super) struct CheckJson;

impl Exporter<Checks<'_>> for CheckJson {
    fn name(&self) -> &'static str {
        JSON
    }

    fn files(&self, said: &Presented<'_, Checks<'_>>) -> Vec<(String, String)> {
        vec![(String::from("check.json"), render(said.answer))]
    }
}

#[derive(Serialize)]
struct CheckFile<'r> {
    rollcast: &'static str,
    results_version: u32,
    /// Whether the command exits with 0.
    passes: bool,
    scenarios: Vec<OfScenario<'r>>,
    /// Those that could not be checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unchecked: Vec<OfUnchecked<'r>>,
}

#[derive(Serialize)]
struct OfUnchecked<'r> {
    file: &'r str,
    errors: Vec<OfError<'r>>,
}

#[derive(Serialize)]
struct OfError<'r> {
    line: Option<usize>,
    error: &'r str,
}

#[derive(Serialize)]
struct OfScenario<'r> {
    file: &'r str,
    scenario: ScenarioIdentity,
    seed: u64,
    max_replications: u32,
    passes: bool,
    expectations: Vec<OfExpectation<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<OfBaseline<'r>>,
}

#[derive(Serialize)]
struct OfExpectation<'r> {
    name: Option<&'r str>,
    metric: &'r str,
    line: Option<usize>,
    at_least: Option<Number>,
    at_most: Option<Number>,
    confidence: f64,
    verdict: &'static str,
    replications: u32,
    values: u64,
    /// Of how many replications these are: of a build alone those that are about it.
    about: u64,
    /// Of a quantile of the time to success: the same over all of these; null if too many never get there.
    #[serde(skip_serializing_if = "Option::is_none")]
    completion: Option<Number>,
    estimate: Option<Number>,
    interval: [Option<Number>; 2],
    /// Of a quantile over robots: the share of them on each bound's side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shares: Vec<OfShare>,
    evidence: f64,
    /// Why there was nothing to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    nothing: Option<&'r str>,
    /// Of a mean: how many replications a proof takes at least, whatever the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    least_replications: Option<u64>,
}

#[derive(Serialize)]
struct OfShare {
    bound: Number,
    with_bound: bool,
    needed: f64,
    estimate: Option<Number>,
    interval: [Number; 2],
}

/// What came of the comparison with a baseline.
#[derive(Serialize)]
struct OfBaseline<'r> {
    /// `same_bytes`, `same_numbers`, `other_bytes`, `tested` or `missing`.
    compared: &'static str,
    passes: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differing: Vec<&'r str>,
    /// Of `tested`: `pairs`, `distributions` or `means`.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    /// Of `tested`: the seed of the run of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<OfChange<'r>>,
}

#[derive(Serialize)]
struct OfChange<'r> {
    metric: &'r str,
    /// What is compared, as pairs of baseline and now.
    values: BTreeMap<&'r str, [Number; 2]>,
    effect: &'static str,
    size: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_ci95: Option<[Number; 2]>,
    /// Of `pairs`: in how many it is greater now, in how many less, and how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<[u64; 3]>,
    p_holm: f64,
    /// Differences up to this do not matter, if any is tolerated.
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerance: Option<Number>,
    differs: bool,
}

/// All scenarios; `passes` says whether everything holds.
fn render(checks: &Checks<'_>) -> String {
    let unchecked = checks.unchecked.iter().map(|unchecked| OfUnchecked {
        file: &unchecked.file,
        errors: unchecked.problems.iter().map(|(line, error)| OfError { line: *line, error }).collect(),
    });
    let document = CheckFile {
        rollcast: env!("CARGO_PKG_VERSION"),
        results_version: RESULTS_VERSION,
        passes: checks.passes(),
        scenarios: checks.reports.iter().map(of_scenario).collect(),
        unchecked: unchecked.collect(),
    };
    serde_json::to_string_pretty(&document).expect("numbers and strings are JSON") + "\n"
}

fn of_scenario(report: &CheckReport) -> OfScenario<'_> {
    let scenario = &report.scenario;
    OfScenario {
        file: &report.file,
        scenario: ScenarioIdentity { name: scenario.name.clone(), digest: scenario.digest() },
        seed: report.seed,
        max_replications: report.questions.max_check_replications,
        passes: report.passes(),
        expectations: report
            .findings()
            .map(|(expectation, metric, finding)| of_expectation(expectation, &metric, finding))
            .collect(),
        baseline: report.comparison.as_ref().map(of_baseline),
    }
}

fn of_baseline(comparison: &BaselineVerdict) -> OfBaseline<'_> {
    let compared = match comparison {
        BaselineVerdict::SameBytes => "same_bytes",
        BaselineVerdict::SameNumbers => "same_numbers",
        BaselineVerdict::OtherBytes { .. } => "other_bytes",
        BaselineVerdict::Tested(_) => "tested",
        BaselineVerdict::Missing(_) => "missing",
    };
    let mut of = OfBaseline {
        compared,
        passes: comparison.passes(),
        differing: Vec::new(),
        method: None,
        seed: None,
        level: None,
        changes: Vec::new(),
    };
    match comparison {
        BaselineVerdict::OtherBytes { differing } => {
            of.differing = differing.iter().map(|d| d.metric.as_str()).collect()
        }
        BaselineVerdict::Tested(tested) => {
            (of.seed, of.level) = (Some(tested.seed), Some(LEVEL));
            of.method = Some(match tested.method {
                BaselineMethod::Pairs(_) => "pairs",
                BaselineMethod::Distributions => "distributions",
                BaselineMethod::Means => "means",
            });
            of.changes = tested.changes.iter().map(of_change).collect();
        }
        BaselineVerdict::SameBytes | BaselineVerdict::SameNumbers | BaselineVerdict::Missing(_) => (),
    }
    of
}

fn of_change(change: &Change) -> OfChange<'_> {
    let (effect, size, size_ci95, pairs) = match change.effect {
        Effect::RiskDifference(difference, interval) => ("risk_difference", Some(difference), Some(interval), None),
        Effect::CliffsDelta(delta) => ("cliffs_delta", Some(delta), None, None),
        Effect::Deviations(deviations) => ("standard_deviations", deviations, None, None),
        Effect::Pairs { grew, fell, of } => {
            ("share_of_pairs", Some((grew as f64 - fell as f64) / of as f64), None, Some([grew, fell, of]))
        }
    };
    OfChange {
        metric: &change.metric,
        values: change.values.iter().map(|(about, pair)| (*about, pair.map(Number))).collect(),
        effect,
        size: size.map(Number),
        size_ci95: size_ci95.map(|ends| ends.map(Number)),
        pairs,
        p_holm: change.p,
        tolerance: (change.tolerance > 0.0).then_some(Number(change.tolerance)),
        differs: change.differs(),
    }
}

fn of_expectation<'r>(expectation: &'r Expectation, metric: &Metric, finding: &'r Finding) -> OfExpectation<'r> {
    let bound = |bound: Option<f64>| bound.map(|bound| Number(metric.show(bound)));
    let shares = finding.shares.iter().map(|share| OfShare {
        bound: Number(share.bound),
        with_bound: share.with_bound,
        needed: share.needed,
        estimate: share.estimate.map(Number),
        interval: share.interval.map(Number),
    });
    OfExpectation {
        name: expectation.name.as_deref(),
        metric: &expectation.metric,
        line: expectation.line,
        at_least: bound(expectation.bounds.at_least()),
        at_most: bound(expectation.bounds.at_most()),
        confidence: expectation.confidence,
        verdict: finding.verdict.as_str(),
        replications: finding.replications,
        values: finding.values,
        about: finding.about,
        completion: finding.over_all.map(Number),
        estimate: finding.estimate.map(Number),
        interval: finding.interval.map(|end| end.map(Number)),
        shares: shares.collect(),
        evidence: if finding.verdict == Verdict::Undecided { finding.evidence } else { 1.0 },
        nothing: finding.nothing.as_deref(),
        least_replications: finding.least.map(|least| least.replications),
    }
}
