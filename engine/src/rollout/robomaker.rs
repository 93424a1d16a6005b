//! The controller of AWS RoboMaker: a percentage of the fleet deploys at once, and a percentage of failures halts.

use serde::{Deserialize, Serialize};

use super::{
    Admission, Controller, DeploymentJobErrorCode, DeploymentStatus, Halt, HaltWords, JobEnd, JobKind, JobOutcome,
    Judgement, Limits, OnBreach, Progress, RobotId,
};
use crate::time::Time;

/// The order in which a job's targets start (R6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StartOrder {
    /// As the robots are numbered (R2).
    #[default]
    Registration,
    /// In a permutation drawn for each job.
    Shuffled,
}

/// `c`, the number of robots that may deploy at once (R4): `max(1, floor(F * percentage / 100))`.
const fn slots(fleet_size: u32, concurrent_deployment_percentage: u32) -> u32 {
    let c = fleet_size as u64 * concurrent_deployment_percentage as u64 / 100;
    if c == 0 { 1 } else { c as u32 }
}

/// The least number of failures that breaches the threshold (R9): `ceil(F * percentage / 100)`.
pub(crate) const fn failure_limit(fleet_size: u32, failure_threshold_percentage: u32) -> u32 {
    (fleet_size as u64 * failure_threshold_percentage as u64).div_ceil(100) as u32
}

/// How its jobs end, in the order of results: R11, R9, R10.
pub(super) const OUTCOMES: &[JobOutcome] = &[
    JobOutcome { name: "Succeeded", end: JobEnd::Completed, status: DeploymentStatus::Succeeded, failure_code: None },
    JobOutcome {
        name: "FailureThresholdBreached",
        end: JobEnd::Halted,
        status: DeploymentStatus::Failed,
        failure_code: Some(DeploymentJobErrorCode::FailureThresholdBreached),
    },
    JobOutcome {
        name: "FleetDeploymentTimeout",
        end: JobEnd::TimedOut,
        status: DeploymentStatus::Failed,
        failure_code: Some(DeploymentJobErrorCode::FleetDeploymentTimeout),
    },
];
const BREACHED: u8 = 1;

/// Of a job that has breached its threshold (R9).
const HALT_WORDS: HaltWords = HaltWords {
    halted: "halted at the threshold",
    halt: "halt at the threshold",
    halt_because: "breach the failure threshold and halt",
    halts: "breaches its threshold",
    event: "job_breached",
};

impl HaltWords {
    /// Those of results whose first jobs have these outcomes: RoboMaker's own if all of its outcomes are among them.
    pub fn of_results(has: impl Fn(&str) -> bool) -> HaltWords {
        if OUTCOMES.iter().all(|outcome| has(outcome.name)) { HALT_WORDS } else { HaltWords::PLAIN }
    }
}

/// RoboMaker's rules for a job: R4 and R9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoboMaker {
    concurrent_deployment_percentage: u32,
    failure_threshold_percentage: u32,
    on_breach: OnBreach,
    slots: u32,
    failure_limit: u32,
}

impl RoboMaker {
    /// Both percentages are in 1..=100.
    pub fn new(
        concurrent_deployment_percentage: u32,
        failure_threshold_percentage: u32,
        on_breach: OnBreach,
    ) -> RoboMaker {
        RoboMaker {
            concurrent_deployment_percentage,
            failure_threshold_percentage,
            on_breach,
            slots: 0,
            failure_limit: 0,
        }
    }

    /// What the percentages come to for a fleet of this size: slots, and failures that halt.
    pub fn of(&self, fleet_size: u32) -> (u32, u32) {
        let slots = slots(fleet_size, self.concurrent_deployment_percentage);
        (slots, failure_limit(fleet_size, self.failure_threshold_percentage))
    }

    /// From 1 to 100 (R4).
    pub fn concurrent_deployment_percentage(&self) -> u32 {
        self.concurrent_deployment_percentage
    }

    /// From 1 to 100 (R9).
    pub fn failure_threshold_percentage(&self) -> u32 {
        self.failure_threshold_percentage
    }

    /// What becomes of robots in flight when a job halts.
    pub fn on_breach(&self) -> OnBreach {
        self.on_breach
    }
}

impl Controller for RoboMaker {
    fn outcomes(&self) -> &'static [JobOutcome] {
        OUTCOMES
    }

    fn halt_words(&self) -> HaltWords {
        HALT_WORDS
    }

    fn job_created(&mut self, _now: Time, _kind: JobKind, fleet_size: u32, _targets: &[RobotId]) {
        (self.slots, self.failure_limit) = self.of(fleet_size);
    }

    fn limits(&self) -> Limits {
        Limits { in_flight: Some(self.slots), failures: Some(self.failure_limit) }
    }

    #[inline]
    fn admit(&mut self, _now: Time, _pending: &mut [RobotId], progress: &Progress) -> Admission {
        if progress.in_flight < self.slots { Admission::Start } else { Admission::Wait }
    }

    #[inline]
    fn judge(&mut self, _now: Time, progress: &Progress) -> Judgement {
        let (limit, count) = (self.failure_limit, progress.counted_failures());
        if count < limit {
            return Judgement::GoesOn;
        }
        Judgement::Halt(Halt { rule: 0, limit, count, in_flight: self.on_breach, outcome: BREACHED })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_round_down_and_never_below_one() {
        for (fleet, percentage, c) in
            [(200, 10, 20), (199, 10, 19), (7, 10, 1), (1, 100, 1), (100_000_000, 100, 100_000_000)]
        {
            assert_eq!(slots(fleet, percentage), c, "{percentage} % of {fleet}");
        }
    }

    /// The least count is the one that meets R9's inequality while one less does not.
    #[test]
    fn the_limit_is_the_least_count_that_breaches() {
        for fleet in (1..400).chain([99_999_999, 100_000_000]) {
            for percentage in 1..=100 {
                let limit = u64::from(failure_limit(fleet, percentage));
                let breaches = |failures: u64| 100 * failures >= u64::from(percentage) * u64::from(fleet);
                assert!(breaches(limit) && !breaches(limit - 1), "{percentage} % of {fleet}");
            }
        }
    }
}
