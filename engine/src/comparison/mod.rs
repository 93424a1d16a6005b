//! Comparisons: what changes if one rollout takes the place of another?
//!
//! Each side is a table of [`Row`]s, one a replication, simulated now or read from the [folder](read_folder) of a run.
//! Under one seed replication i of both sides meets the same luck, so what is compared are the differences within pairs
//! of replications: what both sides owe to their luck alone falls out of them, and intervals are narrower than those of
//! independent samples. Sides of different seeds, or of programs that draw in another way
//! ([`LUCK_VERSION`]), are compared as the independent samples that they are.
//!
//! Differences are always second less first, B - A: what a step from A to B changes.

mod folder;
mod quantiles;
mod row;

pub use folder::{Broken, UnusableFolder, read_folder};
pub use quantiles::{PERCENTS, QuantileComparison};
pub use row::{MEASURES, ROBOTS_FAILED, Row, TIME_TO_SUCCESS};

use crate::experiment::Each;
use crate::measure::Measure;
use crate::metric::LUCK_VERSION;
use crate::rollout::{CampaignOutcome, HaltWords};
use crate::simulation::Replication;
use crate::statistics::differences::{Differences, Fourfold, Moments, welch_interval};
use crate::statistics::two_sample::{cliffs_delta, kolmogorov_smirnov, risk_difference};
use crate::statistics::{Estimate, rank};

/// Which run a side is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The scenario's name.
    pub name: String,
    pub digest: String,
    /// Which [`RESULTS_VERSION`](crate::metric::RESULTS_VERSION) it was, and so how luck was drawn.
    pub results_version: u64,
    /// Where luck began.
    pub seed: u64,
    /// How it speaks of jobs that its controller halts.
    pub halts: HaltWords,
    /// Whether all its replications have to be the same: nothing in the scenario is left to chance.
    pub certain: bool,
}

impl Identity {
    /// Whether the same seed means the same luck.
    pub fn draws_as(&self, other: &Identity) -> bool {
        let [a, b] = [self, other].map(|identity| identity.results_version);
        a == b || a.min(b) >= LUCK_VERSION.into()
    }

    /// Whether replications of the same number meet the same luck.
    pub fn shares_luck(&self, other: &Identity) -> bool {
        self.seed == other.seed && self.draws_as(other)
    }
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Which run it is.
    pub identity: Identity,
    /// Its replications from number 0 on.
    pub rows: Vec<Row>,
}

/// Makes rows of replications.
#[derive(Clone, Copy, Debug)]
pub struct ToRows;

impl Each for ToRows {
    type Watch = ();
    type Seen = Row;

    fn watch(&self) {}

    fn seen(&self, (): &mut (), replication: &Replication) -> Row {
        Row::of(replication)
    }
}

/// What a comparison comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub sides: [Identity; 2],
    /// How many replications of each were compared; of a paired comparison those that both sides have.
    pub replications: [u64; 2],
    /// How many replications there were.
    pub available: [u64; 2],
    /// Whether replications of the same number meet the same luck.
    pub paired: bool,
    /// Whether no number of any pair differs.
    pub same: bool,
    /// In the order of [`CampaignOutcome::ALL`].
    pub outcomes: Vec<OutcomeComparison>,
    /// Until when 95 % of all campaigns of each side are in sync, in microseconds; none if fewer ever are.
    pub completion_p95: [Option<i128>; 2],
    /// In the order of [`MEASURES`].
    pub numbers: Vec<NumberComparison>,
}

/// How likely an outcome is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutcomeComparison {
    pub outcome: CampaignOutcome,
    /// In how many replications of each side.
    pub counts: [u64; 2],
    /// In which pairs; none of independent samples.
    pub pairs: Option<Fourfold>,
    /// The difference of the probabilities.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
}

/// How far numbers of a measure are apart. Those in whole units are microseconds for times.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberComparison {
    pub measure: &'static Measure,
    /// The numbers of each side.
    pub sides: [Moments; 2],
    /// The pairs of replications in which both sides have a number; none of independent samples.
    pub pairs: Option<Differences>,
    /// How two distributions differ, of independent samples that both have numbers: [`cliffs_delta`], and the p-value
    /// of [`kolmogorov_smirnov`].
    pub distributions: Option<[f64; 2]>,
    /// The mean of the differences of pairs, or the difference of the means, in whole units, with its 95 % interval; none
    /// where there are no numbers to compare.
    pub mean: Option<Estimate>,
    /// In the order of [`PERCENTS`].
    pub quantiles: [QuantileComparison; PERCENTS.len()],
}

/// Compares two sides of at least one replication each.
pub fn compare(a: &Side, b: &Side) -> Comparison {
    let paired = a.identity.shares_luck(&b.identity);
    let available = [a.rows.len(), b.rows.len()];
    let both = available[0].min(available[1]);
    let rows: [&[Row]; 2] = if paired { [&a.rows[..both], &b.rows[..both]] } else { [&a.rows, &b.rows] };
    let same = paired && rows[0] == rows[1];
    // The same luck and the same scenario cannot give other numbers, and neither can two that leave nothing to chance.
    let certain = same && a.identity.digest == b.identity.digest || a.identity.certain && b.identity.certain;
    let numbers = MEASURES.iter().enumerate();
    Comparison {
        sides: [a.identity.clone(), b.identity.clone()],
        replications: rows.map(|rows| rows.len() as u64),
        available: available.map(|length| length as u64),
        paired,
        same,
        completion_p95: rows.map(|rows| {
            let place = rank(rows.len() as u64, 95) as usize - 1;
            sorted(rows, TIME_TO_SUCCESS).get(place).copied()
        }),
        outcomes: CampaignOutcome::ALL.map(|outcome| compare_outcome(rows, outcome, paired)).to_vec(),
        numbers: numbers.map(|(index, measure)| compare_numbers(rows, index, measure, paired, certain)).collect(),
    }
}

fn compare_outcome(rows: [&[Row]; 2], outcome: CampaignOutcome, paired: bool) -> OutcomeComparison {
    let counts = rows.map(|rows| rows.iter().filter(|row| row.outcome == outcome).count() as u64);
    let pairs = paired.then(|| {
        let mut table = Fourfold::default();
        rows[0].iter().zip(rows[1]).for_each(|(a, b)| table.add(a.outcome == outcome, b.outcome == outcome));
        table
    });
    let (difference, interval) = match pairs {
        Some(table) => table.difference(),
        None => risk_difference(counts, rows.map(|rows| rows.len() as u64)),
    };
    OutcomeComparison { outcome, counts, pairs, difference, interval }
}

fn compare_numbers(
    rows: [&[Row]; 2],
    index: usize,
    measure: &'static Measure,
    paired: bool,
    certain: bool,
) -> NumberComparison {
    let sides = rows.map(|rows| rows.iter().filter_map(|row| row.value(index)).collect::<Moments>());
    let pairs = paired.then(|| {
        let both = rows[0].iter().zip(rows[1]).filter_map(|(a, b)| Some((a.value(index)?, b.value(index)?)));
        both.collect::<Differences>()
    });
    let mut mean = match &pairs {
        Some(pairs) => pairs.moments().estimate(),
        None => welch_interval(&sides[0], &sides[1]),
    };
    let mut quantiles = quantiles::compare(rows, index, paired);
    if certain {
        mean = mean.map(|mean| mean.value.map_or(mean, |value| Estimate::within(Some(value), [value; 2])));
        quantiles
            .iter_mut()
            .for_each(|found| found.difference = found.difference.map(|(value, _)| (value, Some([value; 2]))));
    }
    let some = sides.iter().all(|side| side.count() > 0);
    let distributions = (!paired && some).then(|| {
        let [a, b] = rows.map(|rows| cells(rows, index));
        [cliffs_delta(&a, &b), kolmogorov_smirnov(&a, &b)]
    });
    NumberComparison { measure, sides, pairs, distributions, mean, quantiles }
}

/// The numbers of a measure with their counts. Sums over robots beyond 2^64 are counted as the greatest number below.
fn cells(rows: &[Row], measure: usize) -> Vec<(u64, u64)> {
    let mut numbers: Vec<u64> = rows
        .iter()
        .filter_map(|row| row.value(measure))
        .map(|number| u64::try_from(number).unwrap_or(u64::MAX))
        .collect();
    numbers.sort_unstable();
    numbers.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
}

/// The numbers of a measure in ascending order.
pub fn sorted(rows: &[Row], measure: usize) -> Vec<i128> {
    let mut numbers: Vec<i128> = rows.iter().filter_map(|row| row.value(measure)).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests;
