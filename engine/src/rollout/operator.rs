//! The operator who calls for jobs, and the end of the campaign (R12).

use serde::{Deserialize, Serialize};

use super::{Controller, DeploymentJob, JobEnd};
use crate::time::{Span, Time};

/// When SyncDeploymentJob is called (R12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// At the multiples of this span (> 0) since the campaign began.
    Every(Span),
    /// This long after the previous job ended.
    AfterFinish(Span),
}

/// Whether the operator goes on after a job that went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// The campaign ends.
    #[default]
    Stop,
    /// The next job tries again.
    Retry,
}

/// How the operator keeps a fleet in sync: the `[sync]` table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncPolicy {
    /// When the calls are made; without one only the first job runs.
    pub schedule: Option<Schedule>,
    /// How many jobs a campaign may have, the first deployment included; >= 1.
    pub max_jobs: u32,
    /// When the campaign ends as it stands; [`Time::MAX`] bounds every campaign.
    pub horizon: Option<Span>,
    /// After a job that breached its threshold.
    pub on_halt: Again,
    /// After a job that hit the fleet timeout.
    pub on_timeout: Again,
}

impl SyncPolicy {
    /// A single deployment job: what a scenario without `[sync]` means.
    pub const SINGLE_JOB: SyncPolicy =
        SyncPolicy { schedule: None, max_jobs: 1, horizon: None, on_halt: Again::Stop, on_timeout: Again::Stop };

    fn single_job() -> SyncPolicy {
        SyncPolicy::SINGLE_JOB
    }

    /// The instant at which the campaign ends as it stands.
    pub fn horizon(&self) -> Time {
        self.horizon.map_or(Time::MAX, |span| Time::ZERO + span)
    }
}

/// How a campaign ended, in R12's order: of two that fall on one instant the earlier in this list counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignOutcome {
    /// Every registered robot is `InSync`.
    InSync,
    /// A job breached its threshold, and the operator stops.
    Halted,
    /// A job hit the fleet timeout, and the operator stops.
    TimedOut,
    /// The last allowed job has ended.
    MaxJobs,
    /// The horizon came first.
    Horizon,
}

impl CampaignOutcome {
    /// All outcomes in R12's order.
    pub const ALL: [CampaignOutcome; 5] = [
        CampaignOutcome::InSync,
        CampaignOutcome::Halted,
        CampaignOutcome::TimedOut,
        CampaignOutcome::MaxJobs,
        CampaignOutcome::Horizon,
    ];

    /// The name in results: `in_sync`, `halted`, `timed_out`, `max_jobs`, `horizon`.
    pub const fn as_str(self) -> &'static str {
        match self {
            CampaignOutcome::InSync => "in_sync",
            CampaignOutcome::Halted => "halted",
            CampaignOutcome::TimedOut => "timed_out",
            CampaignOutcome::MaxJobs => "max_jobs",
            CampaignOutcome::Horizon => "horizon",
        }
    }
}

/// After so many calls given up an operator makes no more (R17).
pub const MAX_GIVEN_UP: u64 = 1000;

/// The first multiple of `every` after `now`.
fn next_multiple(now: Time, every: Span) -> Time {
    Time::from_micros((now.micros() / every.micros() + 1) * every.micros())
}

/// The operator of one campaign.
///
/// Calls that meet an active job are lost (`ConcurrentDeploymentException`). They change nothing but a count, so they
/// are counted when the job ends instead of being made one by one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Operator {
    /// Not written down: it is the scenario's.
    #[serde(skip, default = "SyncPolicy::single_job")]
    policy: SyncPolicy,
    jobs: u32,
    /// When the latest job was created.
    created: Time,
    concurrent_deployment_exceptions: u64,
}

impl Operator {
    /// The operator at the start of a campaign, before the first deployment job.
    pub fn new(policy: SyncPolicy) -> Operator {
        Operator { policy, jobs: 0, created: Time::ZERO, concurrent_deployment_exceptions: 0 }
    }

    /// One that was read back goes on under this policy.
    pub fn resume(&mut self, policy: SyncPolicy) {
        self.policy = policy;
    }

    /// How many jobs exist.
    pub fn jobs(&self) -> u32 {
        self.jobs
    }

    /// How many calls were refused because a job was active.
    pub fn concurrent_deployment_exceptions(&self) -> u64 {
        self.concurrent_deployment_exceptions
    }

    /// A call has made a job.
    pub fn job_created(&mut self, now: Time) {
        self.jobs += 1;
        self.created = now;
    }

    /// A job has ended, or the horizon has cut it off: counts the calls lost to it, those before `free`. For an
    /// operator whose calls never go wrong; one under R17 makes them all.
    ///
    /// `free` is the instant of the end, for endings and the horizon come before calls (R1), or the next one if the
    /// calls of that instant have been made: a robot may start and end at once, after them. Returns how many they are.
    pub fn job_over(&mut self, free: Time) -> u64 {
        let mut lost = 0;
        if let (Some(Schedule::Every(every)), true) = (self.policy.schedule, self.may_call()) {
            let calls_before = |instant: Time| instant.micros().div_ceil(every.micros());
            // Calls in (created, free): the one at `created` made the job.
            let until_created = self.created.micros() / every.micros() + 1;
            lost = calls_before(free).saturating_sub(until_created);
            self.concurrent_deployment_exceptions += lost;
        }
        lost
    }

    /// Whether the campaign is over now that a job has ended, and how; the horizon is the driver's to watch. `in_sync`
    /// says that every registered robot is `InSync` and no registration is to come.
    pub fn outcome<C: Controller>(&self, in_sync: bool, job: &DeploymentJob<C>) -> Option<CampaignOutcome> {
        let timed_out = job.ended_as() == Some(JobEnd::TimedOut);
        if in_sync {
            Some(CampaignOutcome::InSync)
        } else if job.is_stopped() && self.policy.on_halt == Again::Stop {
            Some(CampaignOutcome::Halted)
        } else if timed_out && self.policy.on_timeout == Again::Stop {
            Some(CampaignOutcome::TimedOut)
        } else if self.may_call() {
            None
        } else {
            Some(CampaignOutcome::MaxJobs)
        }
    }

    /// Whether further calls may be made: no more than `max_jobs` jobs exist.
    pub fn may_call(&self) -> bool {
        self.jobs < self.policy.max_jobs
    }

    /// When the next call is made after one at `now` that brought no job that the client knows of (R17); none if none
    /// is made any more: without a schedule, or after 1000 calls given up.
    pub fn call_after_given_up(&self, now: Time, given_up: u64) -> Option<Time> {
        match self.policy.schedule {
            Some(schedule) if given_up < MAX_GIVEN_UP => Some(match schedule {
                Schedule::AfterFinish(delay) => now + delay,
                Schedule::Every(every) => next_multiple(now, every),
            }),
            _ => None,
        }
    }

    /// When the next call is made after one at `now`, if a schedule of fixed times says so.
    pub fn call_at_fixed_time(&self, now: Time) -> Option<Time> {
        match self.policy.schedule {
            Some(Schedule::Every(every)) => Some(next_multiple(now, every)),
            _ => None,
        }
    }

    /// When the next call is made, given that the latest job ended at `ended`, that another one is allowed, and that
    /// the calls before `free` have been made.
    pub fn next_call(&self, ended: Time, free: Time) -> Time {
        match self.policy.schedule {
            None => Time::NEVER,
            Some(Schedule::AfterFinish(delay)) => ended + delay,
            Some(Schedule::Every(every)) => {
                let every = every.micros();
                // The first multiple that is neither made already nor the call that made this job.
                let index = free.micros().div_ceil(every).max(self.created.micros() / every + 1);
                Time::from_micros(index * every)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Span = Span::from_secs(1);

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    fn every(span: Span, max_jobs: u32) -> Operator {
        Operator::new(SyncPolicy { schedule: Some(Schedule::Every(span)), max_jobs, ..SyncPolicy::SINGLE_JOB })
    }

    #[test]
    fn calls_while_a_job_is_active_are_lost_and_counted() {
        let mut operator = every(Span::from_secs(10), 3);
        operator.job_created(Time::ZERO);
        operator.job_over(at(30));
        assert_eq!(operator.concurrent_deployment_exceptions(), 2, "at 10 and 20; at 30 the job has ended");
        assert_eq!(operator.next_call(at(30), at(30)), at(30));
        operator.job_created(at(30));
        operator.job_over(at(41));
        assert_eq!(operator.concurrent_deployment_exceptions(), 3);
        assert_eq!(operator.next_call(at(41), at(41)), at(50));
        operator.job_created(at(50));
        operator.job_over(at(5000));
        assert_eq!(operator.concurrent_deployment_exceptions(), 3, "no call is made once max_jobs jobs exist");
    }

    #[test]
    fn a_job_that_ends_as_it_is_made_waits_for_the_next_multiple() {
        let mut operator = every(SECOND, 9);
        operator.job_created(Time::ZERO);
        operator.job_over(Time::ZERO);
        assert_eq!(operator.next_call(Time::ZERO, Time::ZERO), at(1));
        operator.job_created(at(1));
        operator.job_over(at(1));
        assert_eq!(operator.next_call(at(1), at(1)), at(2));
        assert_eq!(operator.concurrent_deployment_exceptions(), 0);
    }

    /// The last robot started and ended at 20, after the call of that instant had met the job.
    #[test]
    fn a_call_before_the_last_start_of_its_instant_is_lost() {
        let mut operator = every(Span::from_secs(10), 3);
        operator.job_created(Time::ZERO);
        let free = at(20) + Span::from_micros(1);
        operator.job_over(free);
        assert_eq!(operator.concurrent_deployment_exceptions(), 2, "at 10 and 20");
        assert_eq!(operator.next_call(at(20), free), at(30));
    }

    #[test]
    fn a_microsecond_schedule_costs_no_more_than_any_other() {
        let mut operator = every(Span::from_micros(1), 2);
        operator.job_created(Time::ZERO);
        operator.job_over(Time::MAX);
        assert_eq!(operator.concurrent_deployment_exceptions(), Time::MAX.micros() - 1);
    }
}
