//! Whole campaigns whose outcomes have an exact distribution: what queueing, sampling and renewal theory say of the
//! rules.
//!
//! Latencies have a mean of `MEAN` seconds unless a test says otherwise; microseconds are so much finer that rounding
//! (R1) and ties never show.

mod campaigns;
mod jobs;
mod luck;

use rollcast::rollout::{CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, JobKind, RobotEnd, RobotId};
use rollcast::simulation::{Event, JobRecord, Observer, Plan, Replication};
use rollcast::time::{Span, Time};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::gamma_lr;

use crate::run::{Blind, SEED, Trace, campaigns, policy, replications, scenario};
use crate::statistics::{
    assert_distribution, assert_mean, assert_mean_by_sample, assert_outcomes, assert_share, assert_uncorrelated,
    assert_variance, binomial, exponential_cdf,
};

/// Of an exponential latency, in seconds.
const MEAN: f64 = 60.0;

/// A group of robots whose one step takes an exponential time with mean [`MEAN`].
fn exponential(robots: u32, failure: f64) -> String {
    group(robots, "exponential = { mean = \"60s\" }", failure)
}

/// A group of robots with one step.
fn group(robots: u32, latency: &str, failure: f64) -> String {
    format!(
        "[[group]]\nname = \"g\"\nrobots = {robots}\nstep.launching = {{ latency = {{ {latency} }}, failure = {failure:?} }}\n"
    )
}

fn seconds(micros: u128) -> f64 {
    micros as f64 / 1e6
}

fn makespans(all: &[Replication]) -> Vec<f64> {
    all.iter().map(|replication| replication.first_job.unwrap().makespan().expect("the job ended").seconds()).collect()
}

/// The r-th cumulant of the makespan of N robots on c slots, over (r - 1)! MEAN^r.
///
/// While more robots than slots are left, robots end at the rate c / MEAN, N - c times; then the last c end at c, c -
/// 1, ..., 1 / MEAN. The makespan is the sum of these N independent exponentials, and cumulants add.
fn makespan_cumulant(robots: u32, slots: u32, r: i32) -> f64 {
    let inverse = |x: u32| libm::pow(f64::from(x), -f64::from(r));
    f64::from(robots - slots) * inverse(slots) + (1..=slots).map(inverse).sum::<f64>()
}
