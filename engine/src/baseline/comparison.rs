//! What a comparison with a baseline comes to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::stored::{Baseline, KeptBeside, cells};
use super::values::ReplicationValues;
use crate::experiment::Tally;
use crate::measure::Measure;
use crate::metric::{Metric, Summary, Unit};
use crate::rollout::CampaignOutcome;
use crate::scenario::Scenario;
use crate::statistics::two_sample::{Cells, cliffs_delta, fisher, holm, kolmogorov_smirnov, risk_difference, welch};
use crate::statistics::{rank, two_sample};

/// The probability that anything at all is found to differ where nothing does.
pub const LEVEL: f64 = 0.001;

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum BaselineVerdict {
    /// It is the same run, and it gave the same bytes.
    SameBytes,
    /// Another program or another scenario text, and the very same numbers under the same seed.
    SameNumbers,
    /// It is the same run, and it gave other bytes.
    OtherBytes {
        /// The metrics that differ, in the order of the summary.
        differing: Vec<Differing>,
    },
    /// Another program, scenario, seed or number of replications.
    Tested(Tested),
    /// There is no baseline here.
    Missing(PathBuf),
}

/// A metric that should be the same and is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Differing {
    pub metric: String,
    /// In the baseline, as JSON writes it.
    pub baseline: String,
    pub now: String,
}

/// What was tested.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// Under which seed the run of now was drawn.
    pub seed: u64,
    /// How many replications there are in the baseline, and now.
    pub replications: [u64; 2],
    pub method: BaselineMethod,
    /// In the order of the summary; then by build, then by group.
    pub changes: Vec<Change>,
}

/// How two runs were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaselineMethod {
    /// So many replications met the same luck, and were compared in pairs.
    Pairs(u64),
    /// Independent samples, by all their numbers.
    Distributions,
    /// Independent samples, by their means for want of anything else.
    Means,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangePart {
    All,
    Build,
    Group,
}

/// One thing that may have changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The metric, or the name of the distribution.
    pub metric: String,
    pub part: ChangePart,
    /// What its numbers measure.
    pub unit: Unit,
    /// What is shown of it, with its value in the baseline and now.
    pub values: Vec<(&'static str, [f64; 2])>,
    /// How large the change is.
    pub effect: Effect,
    /// The p-value of its test after Holm's correction.
    pub p: f64,
    /// Differences up to this do not matter: a share of the baseline's value, of probabilities an amount; 0 unless
    /// [tolerated](BaselineVerdict::tolerating).
    pub tolerance: f64,
}

/// The size of a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// The difference of two probabilities with its 95 % interval.
    RiskDifference(f64, [f64; 2]),
    CliffsDelta(f64),
    /// In how many of the pairs the number is greater now, and in how many less; an event is 1 where it happened.
    Pairs {
        grew: u64,
        fell: u64,
        of: u64,
    },
    /// The difference of two means in deviations of the baseline; none where that does not scatter.
    Deviations(Option<f64>),
}

impl Change {
    /// Whether it differs, by more than chance and by more than is tolerated.
    pub fn differs(&self) -> bool {
        self.p < LEVEL && !self.is_tolerated()
    }

    /// Whether a tolerance covers all that is shown of it.
    fn is_tolerated(&self) -> bool {
        let covered = |[before, now]: [f64; 2]| {
            let of = if self.unit == Unit::Probability { 1.0 } else { before.abs() };
            (now - before).abs() <= self.tolerance * of
        };
        self.tolerance > 0.0 && self.values.iter().all(|(_, values)| covered(*values))
    }

    /// Whether it differs by more than chance, and no more than is tolerated.
    pub fn is_too_small(&self) -> bool {
        self.p < LEVEL && self.is_tolerated()
    }
}

impl BaselineVerdict {
    /// The same, where differences up to a tolerance do not matter: a share of the baseline's value, of probabilities
    /// an amount.
    pub fn tolerating(mut self, tolerance: f64) -> BaselineVerdict {
        if let BaselineVerdict::Tested(tested) = &mut self {
            tested.changes.iter_mut().for_each(|change| change.tolerance = tolerance);
        }
        self
    }

    /// Whether nothing was found to differ.
    pub fn passes(&self) -> bool {
        match self {
            BaselineVerdict::SameBytes | BaselineVerdict::SameNumbers => true,
            BaselineVerdict::OtherBytes { .. } | BaselineVerdict::Missing(_) => false,
            BaselineVerdict::Tested(tested) => !tested.changes.iter().any(Change::differs),
        }
    }
}

/// The same run: compares the bytes, and names the metrics that differ.
pub(super) fn bytes(baseline: &Baseline, scenario: &Scenario, now: &Summary) -> BaselineVerdict {
    let text = now.to_json();
    if text == baseline.text {
        return BaselineVerdict::SameBytes;
    }
    let now: Value = serde_json::from_str(&text).expect("it was just written");
    let differing = Metric::all(scenario).into_iter().filter_map(|metric| {
        let pointer = format!("/{}", metric.path().replace('.', "/"));
        let [before, after] = [&baseline.summary, &now].map(|summary| summary.pointer(&pointer));
        let shown = |value: Option<&Value>| value.map_or_else(|| String::from("nothing"), Value::to_string);
        (before != after).then(|| Differing {
            metric: metric.path().to_owned(),
            baseline: shown(before),
            now: shown(after),
        })
    });
    BaselineVerdict::OtherBytes { differing: differing.collect() }
}

/// Another run with the same luck.
pub(super) fn in_pairs(
    baseline: &Baseline,
    before: &ReplicationValues,
    summary: &Summary,
    now: &ReplicationValues,
) -> Tested {
    Tested {
        seed: summary.seed,
        replications: [baseline.replications(), summary.replications],
        method: BaselineMethod::Pairs(before.len().min(now.len()) as u64),
        changes: super::pairs::changes(before, now),
    }
}

/// Another run with luck of its own: tests outcomes, times and robots hurt. `now` are its values where the baseline has
/// values, too.
pub(super) fn test(baseline: &Baseline, summary: &Summary, tally: &Tally, now: Option<&ReplicationValues>) -> Tested {
    let trials = [baseline.replications(), tally.replications];
    let outcomes = CampaignOutcome::ALL.map(|outcome| {
        let measure = Measure::of_outcome(outcome);
        let pointer = format!("/{}/count", measure.name.replace('.', "/"));
        let before = baseline.summary.pointer(&pointer).and_then(Value::as_u64).unwrap_or(0).min(trials[0]);
        let counts = [before, tally.count(measure).unwrap_or(0)];
        let (difference, interval) = risk_difference(counts, trials);
        let share = |sample: usize| counts[sample] as f64 / trials[sample] as f64;
        Change {
            metric: format!("{}.probability", measure.name),
            part: ChangePart::All,
            unit: Unit::Probability,
            values: vec![("share", [share(0), share(1)])],
            effect: Effect::RiskDifference(difference, interval),
            p: fisher(counts, trials),
            tolerance: 0.0,
        }
    });
    let (method, cells_now) = match &baseline.kept {
        KeptBeside::Nothing => (BaselineMethod::Means, BTreeMap::new()),
        KeptBeside::Values(_) => (BaselineMethod::Distributions, BTreeMap::new()),
        KeptBeside::Cells(_) => (BaselineMethod::Distributions, cells(tally)),
    };
    let numbers = super::stored::compared().filter_map(|measure| match (&baseline.kept, now) {
        (KeptBeside::Values(before), Some(now)) => {
            of_distributions(measure, [&before.cells(measure.name)?, &now.cells(measure.name)?])
        }
        (KeptBeside::Cells(before), _) => {
            of_distributions(measure, [before.get(measure.name)?, cells_now.get(measure.name)?])
        }
        _ => of_means(measure, &baseline.summary, summary),
    });
    let mut changes: Vec<Change> = outcomes.into_iter().chain(numbers).collect();
    let values: Vec<f64> = changes.iter().map(|change| change.p).collect();
    changes.iter_mut().zip(holm(&values)).for_each(|(change, p)| change.p = p);
    Tested { seed: summary.seed, replications: trials, method, changes }
}

/// By all numbers; none where one side has none, for then the outcomes say why.
fn of_distributions(measure: &Measure, [before, now]: [&Cells; 2]) -> Option<Change> {
    if [before, now].iter().any(|cells| two_sample::total(cells) == 0) {
        return None;
    }
    let quantile = |percent| [before, now].map(|cells| measure.unit.show(quantile(cells, percent) as f64));
    Some(Change {
        metric: measure.name.to_owned(),
        part: ChangePart::All,
        unit: measure.unit,
        values: vec![("p50", quantile(50)), ("p95", quantile(95))],
        effect: Effect::CliffsDelta(cliffs_delta(before, now)),
        p: kolmogorov_smirnov(before, now),
        tolerance: 0.0,
    })
}

fn quantile(cells: &Cells, percent: u64) -> u64 {
    let wanted = rank(two_sample::total(cells), percent);
    let mut seen = 0;
    let found = cells.iter().find(|(_, count)| {
        seen += count;
        seen >= wanted
    });
    found.map_or(0, |(value, _)| *value)
}

/// By means and deviations, which every summary has.
fn of_means(measure: &Measure, before: &Value, now: &Summary) -> Option<Change> {
    let description = before.pointer(&format!("/{}", measure.name.replace('.', "/")))?;
    let number = |key: &str| description.get(key).and_then(Value::as_f64);
    let before = [number("count").filter(|count| *count >= 2.0)?, number("mean")?, number("std")?];
    let now = now.description(measure.name).filter(|now| now.count >= 2)?;
    let now = [now.count as f64, now.mean?.0, now.std?.0];
    Some(Change {
        metric: measure.name.to_owned(),
        part: ChangePart::All,
        unit: measure.unit,
        values: vec![("mean", [before[1], now[1]])],
        effect: Effect::Deviations((before[2] > 0.0).then(|| (now[1] - before[1]) / before[2])),
        p: welch(before, now),
        tolerance: 0.0,
    })
}
