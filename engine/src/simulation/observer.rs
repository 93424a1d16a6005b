//! What watches a campaign.

use super::JobRecord;
use crate::rollout::{Fault, JobKind, RobotEnd, RobotId};
use crate::time::{Span, Time};

/// What a call of the operator comes to (R12, R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The job of this number, made by this call or by one that it repeats.
    Job(u32),
    /// `ConcurrentDeploymentException`: a job is active.
    Refused,
    /// None came.
    None {
        /// Why.
        fault: Fault,
        /// How long the client waits before it repeats the call; none if it gives up.
        retry: Option<Span>,
    },
}

/// Is told what happens in a campaign, in the order of R1. An observer cannot change what it watches, and a method
/// that it leaves out costs nothing.
pub trait Observer {
    /// The operator makes call `call` (from 0), for the time `attempt` (from 0); what it comes to is told next but for the job that
    /// it makes. Calls at fixed times that are known to be lost are not made: see [`calls_lost`](Observer::calls_lost).
    fn call_made(&mut self, _now: Time, _kind: JobKind, _call: u32, _attempt: u32) {}

    /// What the call made last comes to.
    fn call_answered(&mut self, _now: Time, _answer: Answer) {}

    /// So many calls at fixed times have met the job that is over now, and been refused.
    fn calls_lost(&mut self, _count: u64) {}

    /// A call has made job `number` (from 0) for `targets` robots.
    fn job_created(&mut self, _now: Time, _number: u32, _kind: JobKind, _targets: u32) {}

    /// The job is `InProgress`.
    fn job_began(&mut self, _now: Time) {}

    /// A robot starts its attempt `attempt` (from 0 over the campaign).
    fn robot_started(&mut self, _now: Time, _robot: RobotId, _attempt: u32) {}

    /// The attempt that the robot started last makes its first progress: at its start, or when the robot is online (R14).
    fn robot_progressed(&mut self, _now: Time, _robot: RobotId) {}

    /// A robot that started at `started` has ended.
    fn robot_ended(&mut self, _now: Time, _robot: RobotId, _started: Time, _end: RobotEnd) {}

    /// An attempt that had ended as `NoResponse` has ended by itself, in sync or failed (R14).
    fn robot_ended_late(&mut self, _now: Time, _robot: RobotId, _end: RobotEnd) {}

    /// A robot has registered (R13): the numbers of such robots follow those of the start.
    fn robot_registered(&mut self, _now: Time, _robot: RobotId) {}

    /// Since this instant, which may be earlier than those already told, the origin sends at this rate in bits a second (R16).
    /// Whatever the last rate, it ends with the campaign.
    fn egress_changed(&mut self, _since: Time, _rate: u64) {}

    /// The job has breached its failure threshold.
    fn job_breached(&mut self, _now: Time) {}

    /// A job has ended, or the campaign with it unfinished.
    fn job_over(&mut self, _job: &JobRecord) {}
}

/// Watches nothing.
impl Observer for () {}

/// Two observers watch together.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn call_made(&mut self, now: Time, kind: JobKind, call: u32, attempt: u32) {
        self.0.call_made(now, kind, call, attempt);
        self.1.call_made(now, kind, call, attempt);
    }

    fn call_answered(&mut self, now: Time, answer: Answer) {
        self.0.call_answered(now, answer);
        self.1.call_answered(now, answer);
    }

    fn calls_lost(&mut self, count: u64) {
        self.0.calls_lost(count);
        self.1.calls_lost(count);
    }

    fn job_created(&mut self, now: Time, number: u32, kind: JobKind, targets: u32) {
        self.0.job_created(now, number, kind, targets);
        self.1.job_created(now, number, kind, targets);
    }

    fn job_began(&mut self, now: Time) {
        self.0.job_began(now);
        self.1.job_began(now);
    }

    #[inline]
    fn robot_started(&mut self, now: Time, robot: RobotId, attempt: u32) {
        self.0.robot_started(now, robot, attempt);
        self.1.robot_started(now, robot, attempt);
    }

    #[inline]
    fn robot_progressed(&mut self, now: Time, robot: RobotId) {
        self.0.robot_progressed(now, robot);
        self.1.robot_progressed(now, robot);
    }

    #[inline]
    fn robot_ended(&mut self, now: Time, robot: RobotId, started: Time, end: RobotEnd) {
        self.0.robot_ended(now, robot, started, end);
        self.1.robot_ended(now, robot, started, end);
    }

    fn robot_ended_late(&mut self, now: Time, robot: RobotId, end: RobotEnd) {
        self.0.robot_ended_late(now, robot, end);
        self.1.robot_ended_late(now, robot, end);
    }

    fn robot_registered(&mut self, now: Time, robot: RobotId) {
        self.0.robot_registered(now, robot);
        self.1.robot_registered(now, robot);
    }

    fn egress_changed(&mut self, since: Time, rate: u64) {
        self.0.egress_changed(since, rate);
        self.1.egress_changed(since, rate);
    }

    fn job_breached(&mut self, now: Time) {
        self.0.job_breached(now);
        self.1.job_breached(now);
    }

    fn job_over(&mut self, job: &JobRecord) {
        self.0.job_over(job);
        self.1.job_over(job);
    }
}

/// An observer by reference, so that it can be kept and asked afterwards.
impl<O: Observer> Observer for &mut O {
    fn call_made(&mut self, now: Time, kind: JobKind, call: u32, attempt: u32) {
        (**self).call_made(now, kind, call, attempt);
    }

    fn call_answered(&mut self, now: Time, answer: Answer) {
        (**self).call_answered(now, answer);
    }

    fn calls_lost(&mut self, count: u64) {
        (**self).calls_lost(count);
    }

    fn job_created(&mut self, now: Time, number: u32, kind: JobKind, targets: u32) {
        (**self).job_created(now, number, kind, targets);
    }

    fn job_began(&mut self, now: Time) {
        (**self).job_began(now);
    }

    #[inline(always)]
    fn robot_started(&mut self, now: Time, robot: RobotId, attempt: u32) {
        (**self).robot_started(now, robot, attempt);
    }

    #[inline(always)]
    fn robot_progressed(&mut self, now: Time, robot: RobotId) {
        (**self).robot_progressed(now, robot);
    }

    #[inline(always)]
    fn robot_ended(&mut self, now: Time, robot: RobotId, started: Time, end: RobotEnd) {
        (**self).robot_ended(now, robot, started, end);
    }

    fn robot_ended_late(&mut self, now: Time, robot: RobotId, end: RobotEnd) {
        (**self).robot_ended_late(now, robot, end);
    }

    fn robot_registered(&mut self, now: Time, robot: RobotId) {
        (**self).robot_registered(now, robot);
    }

    fn egress_changed(&mut self, since: Time, rate: u64) {
        (**self).egress_changed(since, rate);
    }

    fn job_breached(&mut self, now: Time) {
        (**self).job_breached(now);
    }

    fn job_over(&mut self, job: &JobRecord) {
        (**self).job_over(job);
    }
}
