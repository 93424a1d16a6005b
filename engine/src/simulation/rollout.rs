//! One rollout: a fleet, its latest job, and the instants of that job.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::JobRecord;
use crate::random::Stream;
use crate::rollout::{Controller, DeploymentJob, Fleet, JobKind, RobotEnd, RobotId, clone_by_fields};
use crate::time::{Span, Time};

/// A fleet and its latest job. Robots go by their numbers in the fleet.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rollout<C> {
    /// The robots that are in it.
    pub fleet: Fleet,
    /// The latest job.
    pub job: DeploymentJob<C>,
    /// When the active job becomes `InProgress`; never afterwards.
    pub begins: Time,
    /// The fleet timeout of the active job; never while it is not `InProgress`.
    pub times_out: Time,
    /// When windows of starts open or close next, or never (R21).
    #[serde(default = "never")]
    pub gates: Time,
    /// When a controller that waits for an instant wants to be asked again.
    pub wake: Time,
    created: Time,
    began: Option<Time>,
    first_start: Option<Time>,
    last_robot_ended: Option<Time>,
}

clone_by_fields!([C: Clone] Rollout<C> {
    fleet, job, begins, times_out, gates, wake, created, began, first_start, last_robot_ended
});

impl<C: Controller> Rollout<C> {
    /// Without robots, and without a job.
    pub fn new(controller: C) -> Self {
        Rollout {
            fleet: Fleet::default(),
            job: DeploymentJob::idle(controller),
            begins: Time::NEVER,
            times_out: Time::NEVER,
            gates: Time::NEVER,
            wake: Time::NEVER,
            created: Time::ZERO,
            began: None,
            first_start: None,
            last_robot_ended: None,
        }
    }

    /// Begins another campaign of so many robots. Keeps the memory.
    pub fn reset(&mut self, robots: u32) {
        self.fleet.reset(robots);
        self.job.clear();
        self.rest();
    }

    /// When the active job needs a look for its own sake, or [`Time::NEVER`].
    #[inline]
    pub fn next_due(&self) -> Time {
        self.begins.min(self.times_out).min(self.gates)
    }

    /// Makes a job (R3, R5, R6), which prepares for so long. It may be over at once. `order` permutes its targets, if
    /// that is wanted.
    pub fn create_job(&mut self, now: Time, kind: JobKind, order: Option<Stream>, preparing: Span) {
        self.job.create(now, kind, &mut self.fleet);
        self.created = now;
        (self.began, self.first_start, self.last_robot_ended) = (None, None, None);
        if self.job.is_active() {
            if let Some(mut stream) = order {
                self.job.targets_mut().shuffle(&mut stream);
            }
            self.job.prepare();
            self.begins = now + preparing;
        }
    }

    /// The job becomes `InProgress`, for at most this long.
    pub(super) fn begin_job(&mut self, now: Time, fleet_timeout: Span) {
        self.job.begin(now);
        self.begins = Time::NEVER;
        self.began = Some(now);
        self.times_out = now + fleet_timeout;
    }

    /// The job has started a robot.
    #[inline]
    pub fn robot_started(&mut self, now: Time) {
        if self.job.progress().started == 1 {
            self.first_start = Some(now);
        }
    }

    /// A robot in flight has ended.
    #[inline(always)]
    pub fn end_robot(&mut self, now: Time, robot: RobotId, end: RobotEnd) {
        self.job.end_robot(now, robot, end, &mut self.fleet);
        self.last_robot_ended = Some(now);
    }

    /// An attempt that had ended as `NoResponse` has ended by itself (R14): in the latest job, or in an `earlier` one.
    pub fn end_late(&mut self, robot: RobotId, end: RobotEnd, earlier: bool) {
        self.fleet.end_late(robot, end.status());
        // A later job that is active has the robot among its targets, and has not started it.
        if end == RobotEnd::InSync && earlier && self.job.is_active() {
            self.job.withdraw(robot);
        }
    }

    /// The job is over.
    pub fn rest(&mut self) {
        (self.begins, self.times_out, self.wake) = (Time::NEVER, Time::NEVER, Time::NEVER);
        self.gates = Time::NEVER;
    }

    /// What the job has come to, if it has `ended` or the campaign cuts it off.
    pub(super) fn record(&self, number: u32, ended: Option<Time>) -> JobRecord {
        JobRecord {
            number,
            kind: self.job.kind(),
            created: self.created,
            began: self.began,
            first_start: self.first_start,
            limits: self.job.limits(),
            halt: self.job.halt(),
            last_robot_ended: self.last_robot_ended,
            ended,
            status: self.job.status(),
            failure_code: self.job.failure_code(),
            outcome: self.job.outcome(),
            progress: *self.job.progress(),
        }
    }
}

fn never() -> Time {
    Time::NEVER
}
