//! What a job and a replication come to.

use serde::{Deserialize, Serialize};

use super::Downloaded;
use crate::rollout::{
    CallCounts, CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, Halted, JobKind, Limits, Progress, Word,
};
use crate::time::{Span, Time};

/// A job of a campaign, as it stood when it ended or when the campaign did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job's number in its campaign, from 0.
    pub number: u32,
    /// Which call made it.
    pub kind: JobKind,
    /// When it was made.
    pub created: Time,
    /// When it became `InProgress`, if it did.
    pub began: Option<Time>,
    /// When its first robot started, if any did.
    pub first_start: Option<Time>,
    /// What its controller held it to.
    pub limits: Limits,
    /// That it halted, if it did, also where `failure_code` is the fleet timeout that came later.
    pub halt: Option<Halted>,
    /// When the last robot ended, if any did.
    pub last_robot_ended: Option<Time>,
    /// When it ended; none if the horizon cut it off.
    pub ended: Option<Time>,
    /// Its state then.
    pub status: DeploymentStatus,
    /// Why it failed, if it did.
    pub failure_code: Option<DeploymentJobErrorCode>,
    /// How it ended, in its controller's own word. None if it did not end, or was canceled.
    pub outcome: Option<Word>,
    /// The counts of its robots.
    pub progress: Progress,
}

impl JobRecord {
    /// Why it did not succeed, in a word; none if it did, or did not end.
    pub fn failure(&self) -> Option<&'static str> {
        let outcome = self.outcome.filter(|_| self.status != DeploymentStatus::Succeeded);
        outcome.map(Word::as_str).or(self.failure_code.map(DeploymentJobErrorCode::as_str))
    }

    /// Whether it halted.
    pub fn halted(&self) -> bool {
        self.halt.is_some()
    }

    /// `InProgress` to the end of the last robot; none if the horizon cut the job off.
    pub fn makespan(&self) -> Option<Span> {
        match (self.ended, self.began, self.last_robot_ended) {
            (Some(_), Some(began), Some(last)) => Some(last - began),
            _ => None,
        }
    }

    /// First start to halt, for a job that halted and ended.
    pub fn detection(&self) -> Option<Span> {
        match (self.ended, self.first_start, self.halt) {
            (Some(_), Some(start), Some(halted)) => Some(halted.at - start),
            _ => None,
        }
    }

    /// Failed and no response at the halt, for a job that halted and ended.
    pub fn failed_at_halt(&self) -> Option<u32> {
        self.ended.and(self.halt).map(|halted| halted.hurt)
    }

    /// By how many counted failures a job that halted and ended went beyond the limit that halted it: those that came
    /// after the halt, and those that went beyond it at its instant.
    pub fn threshold_overshoot(&self) -> Option<u32> {
        self.ended.and(self.halt).map(|halted| {
            let after = self.progress.counted_failures().saturating_sub(halted.hurt);
            after + halted.halt.count.saturating_sub(halted.halt.limit)
        })
    }
}

/// What one replication comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// Its number, from 0.
    pub index: u32,
    /// Which build it was about: an index into the scenario's builds, if it has any (R15).
    pub build: Option<usize>,
    /// How the campaign ended (R12).
    pub outcome: CampaignOutcome,
    /// When the campaign ended.
    pub ended: Time,
    /// How many jobs were made.
    pub jobs: u32,
    /// How many of them their controller halted.
    pub jobs_halted: u32,
    /// Calls refused because a job was active.
    pub concurrent_deployment_exceptions: u64,
    /// The campaign's first job; none if no call made one (R17).
    pub first_job: Option<JobRecord>,
    /// The robots registered at the end (R13).
    pub registered: u32,
    /// Of these the robots that are `InSync` then.
    pub robots_in_sync: u32,
    /// Robots that failed or did not respond at least once, each once; those that a job aborts are not hurt (R9).
    pub robots_hurt: u32,
    /// Robots that got in sync by themselves after a timeout (R14).
    pub late_syncs: u32,
    /// Microseconds that robots spent `Deploying`, summed over robots.
    pub out_of_service: u128,
    /// Microseconds from a robot's first progress until it is `InSync` or the campaign ends, summed over robots.
    pub down: u128,
    /// The most robots down at once.
    pub peak_robots_down: u32,
    /// What was downloaded, if downloads take their own time (R16).
    pub download: Option<Downloaded>,
    /// What became of the calls, if they may go wrong (R17).
    pub api: Option<CallCounts>,
    /// Its part in each group, in the scenario's order, where there is more than one (R23).
    pub groups: Box<[GroupRecord]>,
}

/// What a replication comes to in one of several groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupRecord {
    /// Its robots registered at the end.
    pub registered: u32,
    /// Of these the robots that are `InSync` then.
    pub robots_in_sync: u32,
    /// Robots that failed or did not respond at least once, each once.
    pub robots_hurt: u32,
    /// What the first job did to its robots; none if no call made one (R17).
    pub first_job: Option<GroupProgress>,
    /// When its last robot got in sync, if all are and no registration is to come.
    pub in_sync_at: Option<Time>,
    /// Microseconds that its robots were down, summed over them.
    pub down: u128,
}

/// How a job's robots of one group ended that did not succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupProgress {
    pub failed: u32,
    pub no_response: u32,
    pub aborted: u32,
}

impl GroupProgress {
    /// What counts against the threshold (R9).
    pub fn hurt(&self) -> u32 {
        self.failed + self.no_response
    }

    /// Those that ended `Failed`, aborted ones included.
    pub fn robots_failed(&self) -> u32 {
        self.failed + self.aborted
    }
}

impl GroupRecord {
    /// Robots that are registered and not `InSync` at the end.
    pub fn robots_left_behind(&self) -> u32 {
        self.registered - self.robots_in_sync
    }

    /// The time from the start to its last robot's `InSync`, if all got there.
    pub fn time_to_success(&self) -> Option<Span> {
        self.in_sync_at.map(|at| at - Time::ZERO)
    }
}

impl Replication {
    /// Robots that are registered and not `InSync` at the end.
    pub fn robots_left_behind(&self) -> u32 {
        self.registered - self.robots_in_sync
    }

    /// How the first job ended, in its controller's word; none if it did not end.
    pub fn first_job_outcome(&self) -> Option<Word> {
        self.first_job.as_ref().and_then(|job| job.outcome)
    }

    /// The time from the start to the last robot's `InSync`, for campaigns that end `in_sync`.
    pub fn time_to_success(&self) -> Option<Span> {
        (self.outcome == CampaignOutcome::InSync).then(|| self.ended - Time::ZERO)
    }
}
