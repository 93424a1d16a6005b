//! Campaigns without chance: constant latencies, and groups of robots that always or never fail. Every number is
//! counted by hand, in seconds.

mod calls;
mod fleet_timeout;
mod horizon;
mod no_latency;
mod robot_timeout;
mod slots_and_order;
mod threshold;

use rollcast::rollout::{
    CampaignOutcome, DeploymentJobErrorCode as Code, DeploymentStatus as Status, JobKind, Progress, RobotEnd,
};
use rollcast::simulation::{JobRecord, Replication};
use rollcast::time::{Span, Time};

use crate::run::{Trace, at, micros, policy, watch};

const FAILED: RobotEnd = RobotEnd::Failed(Code::MissingRobotDeploymentResource);

/// Robots that launch in this time and succeed.
fn good(name: &str, robots: u32, latency: &str) -> String {
    group(name, robots, latency, 0)
}

/// Robots that fail after this time.
fn bad(name: &str, robots: u32, latency: &str) -> String {
    group(name, robots, latency, 1)
}

fn group(name: &str, robots: u32, latency: &str, failure: u32) -> String {
    format!(
        "[[group]]\nname = \"{name}\"\nrobots = {robots}\nstep.launching = {{ latency = {{ constant = \"{latency}\" }}, failure = {failure} }}\n"
    )
}

/// A schedule and what else stands in `[sync]`.
fn sync(schedule: &str, rest: &str) -> String {
    format!("[sync]\nschedule = {{ {schedule} }}\n{rest}\n")
}

/// What a test counts of a job: status, code, and robots succeeded, failed (aborted ones not included), without
/// response, aborted, not attempted.
type Count = (Status, Option<Code>, [u32; 5]);

fn count(job: &JobRecord) -> Count {
    let Progress { succeeded, failed, no_response, aborted, .. } = job.progress;
    (job.status, job.failure_code, [succeeded, failed, no_response, aborted, job.progress.not_attempted()])
}

const fn succeeded(robots: [u32; 5]) -> Count {
    (Status::Succeeded, None, robots)
}

const fn breached(robots: [u32; 5]) -> Count {
    (Status::Failed, Some(Code::FailureThresholdBreached), robots)
}

const fn timed_out(robots: [u32; 5]) -> Count {
    (Status::Failed, Some(Code::FleetDeploymentTimeout), robots)
}

const fn cut_off(robots: [u32; 5]) -> Count {
    (Status::InProgress, None, robots)
}

#[track_caller]
fn assert_ended(replication: &Replication, outcome: CampaignOutcome, seconds: u64) {
    assert_eq!((replication.outcome, replication.ended), (outcome, at(seconds)));
}

/// Robot-seconds out of service, and down.
#[track_caller]
fn assert_lost(replication: &Replication, out_of_service: u64, down: u64) {
    assert_eq!((replication.out_of_service, replication.down), (micros(out_of_service), micros(down)));
}
