//! A deployment job: from its creation over its robots' starts and endings to its own end.

use super::{
    Admission, Controller, DeploymentJobErrorCode, DeploymentStatus, Fleet, Halt, JobEnd, JobOutcome, Judgement,
    Limits, OnBreach, RobotId, RobotStatus, Word, clone_by_fields,
};
use serde::{Deserialize, Serialize};

use self::aside::Aside;
use crate::time::Time;

/// Which call made a job, and so whom it targets (R3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobKind {
    /// CreateDeploymentJob: every registered robot.
    Deployment,
    /// SyncDeploymentJob: every registered robot that is not `InSync`.
    Sync,
}

/// How a robot's deployment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RobotEnd {
    /// All steps done: `InSync`.
    InSync,
    /// A step failed with this code.
    Failed(DeploymentJobErrorCode),
    /// The robot timeout passed (R8).
    NoResponse,
    /// The job ended under it (R9 with `abort`, R10, R19): `Failed` with `RobotDeploymentAborted`.
    Aborted,
}

impl RobotEnd {
    /// The robot's state afterwards.
    #[inline]
    pub const fn status(self) -> RobotStatus {
        match self {
            RobotEnd::InSync => RobotStatus::InSync,
            RobotEnd::Failed(_) | RobotEnd::Aborted => RobotStatus::Failed,
            RobotEnd::NoResponse => RobotStatus::NoResponse,
        }
    }

    /// The robot's failure code, if it did not succeed.
    #[inline]
    pub const fn failure_code(self) -> Option<DeploymentJobErrorCode> {
        match self {
            RobotEnd::InSync => None,
            RobotEnd::Failed(code) => Some(code),
            RobotEnd::NoResponse => Some(DeploymentJobErrorCode::RobotDeploymentNoResponse),
            RobotEnd::Aborted => Some(DeploymentJobErrorCode::RobotDeploymentAborted),
        }
    }
}

/// How far a job has come, in numbers of robots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// F: the robots registered when the job was created (R2).
    pub fleet_size: u32,
    /// Robots that the job is for.
    pub targets: u32,
    /// Targets that have started.
    pub started: u32,
    /// The most that were in flight at once.
    pub peak_in_flight: u32,
    /// Started robots that have not ended.
    pub in_flight: u32,
    /// Ended as `InSync`.
    pub succeeded: u32,
    /// A step failed.
    pub failed: u32,
    pub no_response: u32,
    /// Ended because the job did.
    pub aborted: u32,
    /// Targets that need no start any more; they are not attempted. They got in sync by themselves (R14), or left the
    /// fleet (R19).
    pub withdrawn: u32,
    /// Started robots that left the fleet before they ended (R19).
    pub left: u32,
}

impl Progress {
    /// The failures that count against the threshold: failed and no response, not aborted (R9, R10).
    pub const fn counted_failures(&self) -> u32 {
        self.failed + self.no_response
    }

    /// Counts a robot that has ended.
    #[cold]
    fn count(&mut self, end: RobotEnd) {
        match end {
            RobotEnd::InSync => self.succeeded += 1,
            RobotEnd::Failed(_) => self.failed += 1,
            RobotEnd::NoResponse => self.no_response += 1,
            RobotEnd::Aborted => self.aborted += 1,
        }
    }

    /// Robots that end as `Failed`, aborted ones included.
    pub const fn robots_failed(&self) -> u32 {
        self.failed + self.aborted
    }

    /// Targets that have not started.
    pub const fn not_attempted(&self) -> u32 {
        self.targets - self.started
    }
}

/// What a job says when asked to start a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// This robot is `Deploying` now.
    Robot {
        robot: RobotId,
        /// How many attempts it has made before in this campaign.
        attempt: u32,
    },
    /// No robot starts before something else happens.
    Nobody,
    /// No robot starts before this instant, unless something else happens.
    NotBefore(Time),
}

/// That a job has halted, for its record (R20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields say it")]
pub struct Halted {
    pub at: Time,
    /// Failed and no response by then.
    pub hurt: u32,
    /// What the controller said.
    pub halt: Halt,
}

/// A deployment job, steered by a [`Controller`]. One value serves job after job and keeps its memory.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeploymentJob<C> {
    controller: C,
    kind: JobKind,
    status: DeploymentStatus,
    failure_code: Option<DeploymentJobErrorCode>,
    /// How it has ended, in the controller's own word.
    outcome: Option<Word>,
    /// What that means to the operator.
    end: Option<JobEnd>,
    halt: Option<Halted>,
    limits: Limits,
    /// Until when the controller keeps the job, and is then asked to judge; never if it does not.
    kept_until: Time,
    /// In start order; the first `turns` of them have started or were passed over.
    targets: Vec<RobotId>,
    turns: usize,
    /// Those of the other targets that may not start for the time being.
    #[serde(default)]
    aside: Aside,
    progress: Progress,
}

clone_by_fields!([C: Clone] DeploymentJob<C> {
    controller, kind, status, failure_code, outcome, end, halt, limits, kept_until, targets, turns, aside, progress
});

impl<C: Controller> DeploymentJob<C> {
    /// A place for jobs that holds none yet: it looks like a job without robots that has succeeded.
    pub fn idle(controller: C) -> Self {
        DeploymentJob {
            controller,
            kind: JobKind::Deployment,
            status: DeploymentStatus::Succeeded,
            failure_code: None,
            outcome: None,
            end: None,
            halt: None,
            limits: Limits::default(),
            kept_until: Time::NEVER,
            targets: Vec::new(),
            turns: 0,
            aside: Aside::default(),
            progress: Progress::default(),
        }
    }

    /// Creates a job and chooses its targets, in registration order (R3, R5). A job without targets succeeds at once.
    pub fn create(&mut self, now: Time, kind: JobKind, fleet: &mut Fleet) {
        debug_assert!(!self.is_active(), "one job at a time");
        self.targets.clear();
        match kind {
            JobKind::Deployment => fleet.deploy_to_all(&mut self.targets),
            JobKind::Sync => {
                let stale = |status| !matches!(status, RobotStatus::InSync | RobotStatus::Available);
                self.targets.extend(fleet.iter().filter(|(_, status)| stale(*status)).map(|(robot, _)| robot));
            }
        }
        self.turns = 0;
        self.aside.clear();
        self.kind = kind;
        self.failure_code = None;
        self.outcome = None;
        self.end = None;
        self.halt = None;
        self.kept_until = Time::NEVER;
        self.progress =
            Progress { fleet_size: fleet.size(), targets: self.targets.len() as u32, ..Progress::default() };
        self.controller.job_created(now, kind, fleet.size(), &self.targets);
        self.limits = self.controller.limits();
        self.status = DeploymentStatus::Pending;
        if self.targets.is_empty() {
            self.complete();
        }
    }

    /// The targets in start order, for the driver to permute before the first start (R6).
    pub fn targets_mut(&mut self) -> &mut [RobotId] {
        debug_assert_eq!(self.progress.started, 0);
        &mut self.targets
    }

    /// `Pending` to `Preparing` (R5); not for a job without targets, which has ended.
    pub fn prepare(&mut self) {
        debug_assert_eq!(self.status, DeploymentStatus::Pending);
        self.status = DeploymentStatus::Preparing;
    }

    /// `Preparing` to `InProgress` (R5): robots may start.
    pub fn begin(&mut self, now: Time) {
        debug_assert_eq!(self.status, DeploymentStatus::Preparing);
        self.status = DeploymentStatus::InProgress;
        self.controller.job_began(now, &mut self.targets);
    }

    /// Starts the next robot if the controller admits one (R4, R6, R7). Ask until it says no.
    #[inline(always)]
    pub fn start_next(&mut self, now: Time, fleet: &mut Fleet) -> Start {
        if self.progress.withdrawn == 0 {
            return self.start_first(now, fleet, false);
        }
        // Variant by variant: what a cold function writes into memory would keep all that is said here in memory.
        match self.start_next_in_need(now, fleet) {
            Start::Robot { robot, attempt } => Start::Robot { robot, attempt },
            Start::Nobody => Start::Nobody,
            Start::NotBefore(instant) => Start::NotBefore(instant),
        }
    }

    #[cold]
    #[inline(never)]
    fn start_next_in_need(&mut self, now: Time, fleet: &mut Fleet) -> Start {
        self.start_first(now, fleet, true)
    }

    /// Starts the first of the pending targets; of `some` that may have got in sync by themselves since the job was
    /// made, the first that has not: the others are passed over (R14).
    #[inline(always)]
    fn start_first(&mut self, now: Time, fleet: &mut Fleet, some: bool) -> Start {
        loop {
            if self.turns >= self.targets.len() || self.halt.is_some() || self.status != DeploymentStatus::InProgress {
                return self.nobody(Time::NEVER);
            }
            let pending = &mut self.targets[self.turns..];
            if some && fleet.status(pending[0]) == RobotStatus::InSync {
                self.turns += 1;
                continue;
            }
            match self.controller.admit(now, pending, &self.progress) {
                // The controller has put it first.
                Admission::Start if some && fleet.status(pending[0]) == RobotStatus::InSync => {}
                Admission::Start => {
                    let robot = pending[0];
                    self.turns += 1;
                    self.progress.started += 1;
                    self.progress.in_flight += 1;
                    self.progress.peak_in_flight = self.progress.peak_in_flight.max(self.progress.in_flight);
                    return Start::Robot { robot, attempt: fleet.start(robot) };
                }
                Admission::Wait => return self.nobody(Time::NEVER),
                Admission::Until(instant) => {
                    assert!(instant > now, "a controller waits until {instant:?}, which is not later than {now:?}");
                    return self.nobody(instant);
                }
            }
        }
    }

    /// Nobody starts before `instant`, nor before the controller is asked to judge again.
    #[inline]
    fn nobody(&self, instant: Time) -> Start {
        match instant.min(self.kept_until) {
            Time::NEVER => Start::Nobody,
            instant => Start::NotBefore(instant),
        }
    }

    /// The targets whose turn has not come and that may start, in start order.
    #[inline]
    pub fn pending(&self) -> &[RobotId] {
        &self.targets[self.turns..]
    }

    /// A target got in sync by itself before its start (R14): it needs none.
    pub fn withdraw(&mut self, robot: RobotId) {
        self.progress.withdrawn += 1;
        self.controller.robot_withdrawn(robot, &self.progress);
    }

    /// A registered robot leaves the fleet (R19). In flight it frees its slot; it counts as neither success nor
    /// failure, and F of the job stays. Whoever drives the job forgets its attempt.
    pub fn leave(&mut self, robot: RobotId, fleet: &mut Fleet) {
        let status = fleet.status(robot);
        fleet.leave(robot);
        if !self.is_active() {
            return;
        }
        if status == RobotStatus::Deploying {
            self.progress.in_flight -= 1;
            self.progress.left += 1;
            self.controller.robot_withdrawn(robot, &self.progress);
        } else if let Some(turn) = self.pending().iter().position(|pending| *pending == robot) {
            self.targets.remove(self.turns + turn);
            self.withdraw_unless_in_sync(robot, status);
        } else if let Some(place) = self.aside.robots.iter().position(|aside| *aside == robot) {
            self.aside.robots.remove(place);
            self.withdraw_unless_in_sync(robot, status);
        }
    }

    /// One that got in sync by itself was counted then.
    fn withdraw_unless_in_sync(&mut self, robot: RobotId, status: RobotStatus) {
        if status != RobotStatus::InSync {
            self.withdraw(robot);
        }
    }

    /// Counts the end of a robot in flight (R7, R8).
    #[inline]
    pub fn end_robot(&mut self, now: Time, robot: RobotId, end: RobotEnd, fleet: &mut Fleet) {
        self.progress.in_flight -= 1;
        // Most robots end so; a jump over all ends would cost them more than the rest of this.
        if end.failure_code().is_none() {
            self.progress.succeeded += 1;
            fleet.end(robot, RobotStatus::InSync);
        } else {
            self.progress.count(end);
            fleet.end(robot, end.status());
        }
        self.controller.robot_ended(now, robot, end, &self.progress);
    }

    /// Halts the job if its controller says so (R9). To be asked when all endings of an instant have been counted.
    /// At the halt, and only then, it says what becomes of the robots in flight.
    #[inline]
    pub fn judge(&mut self, now: Time) -> Option<OnBreach> {
        if self.status != DeploymentStatus::InProgress || self.halt.is_some() {
            return None;
        }
        self.kept_until = match self.controller.judge(now, &self.progress) {
            Judgement::GoesOn => Time::NEVER,
            Judgement::Until(instant) => {
                assert!(instant > now, "a controller keeps a job until {instant:?}, which is not later than {now:?}");
                instant
            }
            Judgement::Halt(halt) => {
                self.halt = Some(Halted { at: now, hurt: self.progress.counted_failures(), halt });
                self.kept_until = Time::NEVER;
                return Some(halt.in_flight);
            }
        };
        None
    }

    /// Ends the job if nothing is in flight and nothing will start (R9, R11), and its controller does not keep it; true
    /// if it ends now. A job whose targets have all got in sync by themselves ends even while it prepares.
    #[inline]
    pub fn conclude(&mut self) -> bool {
        let done = self.progress.in_flight == 0
            && (self.halt.is_some() || self.progress.started + self.progress.withdrawn == self.progress.targets)
            && self.kept_until == Time::NEVER
            && matches!(self.status, DeploymentStatus::Preparing | DeploymentStatus::InProgress);
        if done {
            match self.halt {
                Some(Halted { halt, .. }) => self.end_as(halt.outcome),
                None => self.complete(),
            }
        }
        done
    }

    #[cold]
    fn complete(&mut self) {
        self.end_as(self.controller.completed(&self.progress));
    }

    fn end_as(&mut self, outcome: u8) {
        let JobOutcome { name, status, failure_code, end } = self.controller.outcomes()[usize::from(outcome)];
        (self.status, self.failure_code, self.end) = (status, failure_code, Some(end));
        self.outcome = Some(Word::of(name));
    }

    /// Ends the job at its fleet timeout (R10), after the driver has aborted the robots in flight.
    pub fn time_out(&mut self) {
        debug_assert!(self.is_active() && self.progress.in_flight == 0);
        let timed_out = self.controller.outcomes().iter().find(|outcome| outcome.end == JobEnd::TimedOut);
        self.outcome = timed_out.map(|outcome| Word::of(outcome.name));
        self.end = Some(JobEnd::TimedOut);
        self.status = DeploymentStatus::Failed;
        self.failure_code = Some(DeploymentJobErrorCode::FleetDeploymentTimeout);
    }

    /// Ends the job as `Canceled` (R19), after the driver has aborted the robots in flight.
    pub fn cancel(&mut self) {
        debug_assert!(self.is_active() && self.progress.in_flight == 0);
        self.status = DeploymentStatus::Canceled;
        self.failure_code = None;
        self.outcome = None;
    }

    /// Forgets the job, which the horizon may have cut off: another campaign begins.
    pub fn clear(&mut self) {
        self.status = DeploymentStatus::Succeeded;
        self.targets.clear();
        self.turns = 0;
        self.aside.clear();
        self.progress = Progress::default();
    }

    /// From now on this controller steers the job, as if it had from the beginning.
    pub fn steer(&mut self, now: Time, mut controller: C) {
        controller.job_created(now, self.kind, self.progress.fleet_size, &self.targets);
        self.limits = controller.limits();
        self.controller = controller;
    }

    /// The same, to be told what it is of when it was read back.
    pub(crate) fn controller_mut(&mut self) -> &mut C {
        &mut self.controller
    }

    /// What steers the job.
    pub fn controller(&self) -> &C {
        &self.controller
    }

    /// Which call made the job.
    pub fn kind(&self) -> JobKind {
        self.kind
    }

    /// Where the job is in its life (R5).
    pub fn status(&self) -> DeploymentStatus {
        self.status
    }

    /// Why the job failed, if it did.
    pub fn failure_code(&self) -> Option<DeploymentJobErrorCode> {
        self.failure_code
    }

    /// How the job has ended, in its controller's own word. None if it has not, or was canceled.
    pub fn outcome(&self) -> Option<Word> {
        self.outcome
    }

    /// What the job's end means to the operator. None if it has not ended, or was canceled.
    pub fn ended_as(&self) -> Option<JobEnd> {
        self.end
    }

    /// Whether the job has halted (it may still drain, or have hit the fleet timeout since).
    pub fn halted(&self) -> bool {
        self.halt.is_some()
    }

    /// That the job has halted, if it has.
    pub fn halt(&self) -> Option<Halted> {
        self.halt
    }

    /// Whether it has halted in a way that tells the operator to stop (R12).
    pub fn is_stopped(&self) -> bool {
        let means = |halted: &Halted| self.controller.outcomes()[usize::from(halted.halt.outcome)].end;
        self.halt.as_ref().map(means) == Some(JobEnd::Halted)
    }

    /// Whether it has halted, and robots in flight are running to their ends.
    pub fn drains(&self) -> bool {
        self.halt.is_some() && self.is_active()
    }

    /// What its controller holds it to.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether the job has not ended.
    pub fn is_active(&self) -> bool {
        matches!(self.status, DeploymentStatus::Pending | DeploymentStatus::Preparing | DeploymentStatus::InProgress)
    }

    /// The counts of its robots.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }
}

mod aside;
#[cfg(test)]
mod tests;
