//! What is compared of a replication, whether it was simulated now or read from `replications.csv`.

use crate::measure::{self, Measure, NumberId, Source};
use crate::rollout::CampaignOutcome;
use crate::simulation::Replication;

/// How many measures are compared.
pub const COUNT: usize = {
    let (mut count, mut place) = (0, 0);
    while place < measure::MEASURES.len() {
        count += measure::MEASURES[place].compared as usize;
        place += 1;
    }
    count
};

/// The measures that are compared, in the order of `summary.json`.
pub static MEASURES: [&Measure; COUNT] = {
    let mut found = [&measure::MEASURES[0]; COUNT];
    let (mut count, mut place) = (0, 0);
    while place < measure::MEASURES.len() {
        if measure::MEASURES[place].compared {
            found[count] = &measure::MEASURES[place];
            count += 1;
        }
        place += 1;
    }
    found
};

/// The place of a measure among those that are compared.
const fn among_compared(id: NumberId) -> usize {
    assert!(measure::MEASURES[id.place()].compared, "a measure that is not compared");
    let (mut count, mut place) = (0, 0);
    while place < id.place() {
        count += measure::MEASURES[place].compared as usize;
        place += 1;
    }
    count
}

/// The time to success, which the answer begins with.
pub const TIME_TO_SUCCESS: usize = among_compared(measure::TIME_TO_SUCCESS);
/// Robots that the first job leaves failed.
pub const ROBOTS_FAILED: usize = among_compared(measure::ROBOTS_FAILED);

/// A replication's numbers in whole units: microseconds, robots, jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// How its campaign ended (R12).
    pub outcome: CampaignOutcome,
    /// The lower 64 bits, and all others. Without padding a number of up to 90 bits takes 12 bytes.
    low: [u64; COUNT],
    high: [u32; COUNT],
}

/// Moments of numbers below it are exact. Sums over robots are: 2^32 robots for 2^58 microseconds.
const MOST: u128 = 1 << 90;

/// The upper bits where there is no number.
const NONE: u32 = u32::MAX;

impl Row {
    /// Of numbers in the order of [`MEASURES`]; none if one is too large.
    pub(super) fn new(outcome: CampaignOutcome, numbers: [Option<u128>; COUNT]) -> Option<Row> {
        let mut row = Row { outcome, low: [0; COUNT], high: [NONE; COUNT] };
        for (measure, number) in numbers.into_iter().enumerate() {
            match number {
                Some(number) if number < MOST => {
                    (row.low[measure], row.high[measure]) = (number as u64, (number >> 64) as u32);
                }
                Some(_) => return None,
                None => (),
            }
        }
        Some(row)
    }

    /// Of a replication that was simulated.
    pub fn of(replication: &Replication) -> Row {
        let number = |measure: &Measure| match measure.source {
            Source::Number(number) => number(replication),
            _ => None,
        };
        Row::new(replication.outcome, MEASURES.map(number)).expect("campaigns of all scenarios stay below the bound")
    }

    /// Its number of a measure, an index into [`MEASURES`], if it has one.
    pub fn value(&self, measure: usize) -> Option<i128> {
        let high = Some(self.high[measure]).filter(|high| *high != NONE)?;
        Some(i128::from(high) << 64 | i128::from(self.low[measure]))
    }
}
