//! What is compared of a replication, whether it was simulated now or read from `replications.csv`.

use crate::metric::Unit;
use crate::rollout::{CampaignOutcome, Progress};
use crate::simulation::{JobRecord, Replication};

/// A number that a replication has at most one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The table of `summary.json` that it stands in.
    pub section: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// Its column in `replications.csv`.
    pub column: &'static str,
    /// What it is, as the tables on a terminal call it.
    pub words: &'static str,
    /// What its numbers measure. Times are kept in microseconds and shown in seconds.
    pub unit: Unit,
}

impl Measure {
    /// Its path in `summary.json`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// A whole number of this measure as it is shown; exact below 2^53.
    pub fn show(&self, value: i128) -> f64 {
        self.scale(value as f64)
    }

    /// A number in whole units as it is shown.
    pub fn scale(&self, value: f64) -> f64 {
        if self.unit == Unit::Seconds { value / 1e6 } else { value }
    }
}

const fn measure(
    section: &'static str,
    name: &'static str,
    column: &'static str,
    words: &'static str,
    unit: Unit,
) -> Measure {
    Measure { section, name, column, words, unit }
}

/// How many measures there are.
pub const COUNT: usize = 10;

/// All of them: those of the campaign, the first job and the robots, as `summary.json` has them.
pub const MEASURES: [Measure; COUNT] = [
    measure("campaign", "time_to_success_s", "time_to_success_s", "until the fleet is in sync", Unit::Seconds),
    measure("campaign", "jobs", "jobs", "jobs", Unit::Count),
    measure("campaign", "peak_robots_down", "peak_robots_down", "robots down at once", Unit::Count),
    measure("first_job", "makespan_s", "first_job_makespan_s", "first job", Unit::Seconds),
    measure("first_job", "robots_failed", "failed", "robots failed", Unit::Count),
    measure("first_job", "robots_no_response", "no_response", "robots without response", Unit::Count),
    measure("first_job", "robots_not_attempted", "not_attempted", "robots not attempted", Unit::Count),
    measure("first_job", "peak_in_flight", "peak_in_flight", "robots deploying at once", Unit::Count),
    measure("robot", "out_of_service_s", "out_of_service_s", "out of service, all robots", Unit::Seconds),
    measure("robot", "down_s", "down_s", "down, all robots", Unit::Seconds),
];

/// The time to success, which the answer begins with.
pub const TIME_TO_SUCCESS: usize = 0;
/// Robots that the first job leaves failed.
pub const ROBOTS_FAILED: usize = 4;
/// From here on numbers are sums over robots, which may need more than 64 bits.
const SUMS: usize = 8;

/// A replication's numbers in whole units: microseconds, robots, jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// How its campaign ended (R12).
    pub outcome: CampaignOutcome,
    /// [`NONE`] where it has no number.
    values: [u64; SUMS],
    sums: [u128; COUNT - SUMS],
}

/// Sums over robots are below: 2^32 robots for 2^58 microseconds. Moments of numbers below it are exact.
const MOST_SUM: u128 = 1 << 90;

/// Stands for no number: 584,000 years, and more robots than there may be.
const NONE: u64 = u64::MAX;

impl Row {
    /// Of numbers in the order of [`MEASURES`]. Those that are summed over robots have to be there.
    pub(super) fn new(outcome: CampaignOutcome, numbers: [Option<u128>; COUNT]) -> Option<Row> {
        let mut row = Row { outcome, values: [NONE; SUMS], sums: [0; COUNT - SUMS] };
        for (measure, number) in numbers.into_iter().enumerate() {
            match number {
                Some(number) if measure >= SUMS && number < MOST_SUM => row.sums[measure - SUMS] = number,
                _ if measure >= SUMS => return None,
                Some(number) => row.values[measure] = u64::try_from(number).ok().filter(|number| *number < NONE)?,
                None => {}
            }
        }
        Some(row)
    }

    /// Of a replication that was simulated.
    pub fn of(replication: &Replication) -> Row {
        let job = replication.first_job.as_ref();
        let count = |of: fn(&Progress) -> u32| job.map_or(NONE, |job| of(&job.progress).into());
        Row {
            outcome: replication.outcome,
            values: [
                replication.time_to_success().map_or(NONE, |span| span.micros()),
                replication.jobs.into(),
                replication.peak_robots_down.into(),
                job.and_then(JobRecord::makespan).map_or(NONE, |span| span.micros()),
                count(Progress::robots_failed),
                count(|progress| progress.no_response),
                count(Progress::not_attempted),
                count(|progress| progress.peak_in_flight),
            ],
            sums: [replication.out_of_service, replication.down],
        }
    }

    /// Its number of a measure, an index into [`MEASURES`], if it has one.
    pub fn value(&self, measure: usize) -> Option<i128> {
        match measure.checked_sub(SUMS) {
            Some(sum) => Some(self.sums[sum] as i128),
            None => Some(self.values[measure]).filter(|value| *value != NONE).map(i128::from),
        }
    }
}
