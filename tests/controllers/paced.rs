//! `[controller.paced]`: so many robots start in each minute, whatever is in flight. The job halts when a share of
//! those that have ended failed, which may also fall again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use rollcast::rollout::{
    Admission, Controller, Custom, DeploymentStatus, Halt, JobEnd, JobKind, JobOutcome, Judgement, Limits, OnBreach,
    Progress, RobotId,
};
use rollcast::scenario::{ControllerKind, Fact, Keys, Policy};
use rollcast::time::{Span, Time};

pub const KIND: ControllerKind =
    ControllerKind { name: "paced", about: "So many robots start in each minute.", read: Settings::read };

#[derive(Debug)]
struct Settings {
    per_minute: u32,
    failed_percentage: u32,
    at_least: u32,
    robot_timeout: Span,
}

impl Settings {
    fn read(keys: &mut Keys<'_>) -> Option<Arc<dyn Policy>> {
        let per_minute = keys.integer("per_minute", "How many robots start in a minute.", 1..=1000, None);
        let failed = "The job halts when this share of the robots that have ended failed, in percent.";
        let failed_percentage = keys.integer("failed_percentage", failed, 1..=100, None);
        let at_least = keys.integer("at_least", "Not before so many robots have ended.", 1..=1_000_000, Some(1));
        let robot_timeout = keys.robot_timeout();
        Some(Arc::new(Settings {
            per_minute: per_minute?,
            failed_percentage: failed_percentage?,
            at_least: at_least?,
            robot_timeout: robot_timeout?,
        }))
    }
}

impl Policy for Settings {
    fn controller(&self) -> Box<dyn Custom> {
        Box::new(Paced {
            per_minute: self.per_minute,
            failed_percentage: self.failed_percentage,
            at_least: self.at_least,
            next: Time::ZERO,
            left: 0,
        })
    }

    fn robot_timeout(&self) -> Span {
        self.robot_timeout
    }

    fn headline(&self) -> String {
        format!("{} a minute, halt at {} % failed", self.per_minute, self.failed_percentage)
    }

    fn facts(&self, _fleet_size: u32) -> Vec<Fact> {
        let halts = format!("{} % of those that have ended failed, after {}", self.failed_percentage, self.at_least);
        vec![
            Fact { name: "pace", words: format!("{} robots a minute", self.per_minute) },
            Fact { name: "halts at", words: halts },
        ]
    }
}

const OUTCOMES: [JobOutcome; 2] = [
    JobOutcome { name: "Completed", end: JobEnd::Completed, status: DeploymentStatus::Succeeded, failure_code: None },
    JobOutcome { name: "TooManyFailed", end: JobEnd::Halted, status: DeploymentStatus::Failed, failure_code: None },
];

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Paced {
    per_minute: u32,
    failed_percentage: u32,
    at_least: u32,
    /// When the next minute begins.
    next: Time,
    /// How many may still start in this one.
    left: u32,
}

impl Controller for Paced {
    fn outcomes(&self) -> &'static [JobOutcome] {
        &OUTCOMES
    }

    fn job_created(&mut self, _now: Time, _kind: JobKind, _fleet_size: u32, _targets: &[RobotId]) {}

    fn limits(&self) -> Limits {
        Limits::default()
    }

    fn job_began(&mut self, now: Time, _order: &mut [RobotId]) {
        (self.next, self.left) = (now, 0);
    }

    fn admit(&mut self, now: Time, _pending: &mut [RobotId], _progress: &Progress) -> Admission {
        while self.next <= now {
            (self.next, self.left) = (self.next + Span::from_secs(60), self.per_minute);
        }
        if self.left == 0 {
            return Admission::Until(self.next);
        }
        self.left -= 1;
        Admission::Start
    }

    fn judge(&mut self, _now: Time, progress: &Progress) -> Judgement {
        let count = progress.counted_failures();
        let ended = progress.succeeded + count;
        let limit = (self.failed_percentage * ended).div_ceil(100);
        if ended < self.at_least || count == 0 || count < limit {
            return Judgement::GoesOn;
        }
        Judgement::Halt(Halt { rule: 0, limit, count, in_flight: OnBreach::Drain, outcome: 1 })
    }
}
