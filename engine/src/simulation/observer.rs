//! What watches a campaign.

use super::JobRecord;
use crate::rollout::{Fault, JobKind, RobotDeploymentStep, RobotEnd, RobotId};
use crate::time::{Span, Time};

/// What a call of the operator comes to (R12, R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The job of this number, made by this call or by one that it repeats.
    Job(u32),
    /// `ConcurrentDeploymentException`: a job is active.
    Refused,
    None {
        /// What went wrong.
        fault: Fault,
        /// How long the client waits before it repeats the call; none if it gives up.
        retry: Option<Span>,
    },
}

/// Something that happens in a campaign.
#[allow(missing_docs, reason = "calls, jobs and attempts are numbered from 0, attempts over the campaign")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The operator makes a call, or repeats it; what it comes to is told next but for the job that it makes. Calls at
    /// fixed times that are known to be refused are not made: see [`Event::CallsLost`].
    CallMade {
        kind: JobKind,
        call: u32,
        attempt: u32,
    },
    /// What the call made last comes to.
    CallAnswered(Answer),
    /// So many calls at fixed times have met the job that is over now, and been refused.
    CallsLost(u64),
    /// A call has made a job.
    JobCreated {
        number: u32,
        kind: JobKind,
        targets: u32,
    },
    /// The job is `InProgress`.
    JobBegan,
    RobotStarted {
        robot: RobotId,
        attempt: u32,
    },
    /// The attempt that the robot started last makes its first progress: at its start, or when the robot is online
    /// (R14).
    RobotProgressed(RobotId),
    /// The attempt that the robot started last fails at this step, where the robot is broken (R22), if nothing ends it
    /// before. Told as soon as that is known.
    RobotBroken {
        robot: RobotId,
        step: RobotDeploymentStep,
    },
    RobotEnded {
        robot: RobotId,
        started: Time,
        end: RobotEnd,
    },
    /// An attempt that had ended as `NoResponse` has ended by itself, in sync or failed (R14).
    RobotEndedLate {
        robot: RobotId,
        end: RobotEnd,
    },
    /// A robot has registered (R13): the numbers of such robots follow those of the start.
    RobotRegistered {
        robot: RobotId,
        group: u32,
    },
    /// Since this instant, which may be earlier than those already told, the origin sends at this rate in bits a second
    /// (R16). Whatever the last rate, it ends with the campaign.
    EgressChanged(u64),
    /// The job's controller has halted it.
    JobHalted,
    /// A job has ended, or the campaign with it unfinished.
    JobOver(&'a JobRecord),
}

/// Is told what happens in a campaign, in the order of R1. An observer cannot change what it watches. Where it is
/// inlined into the event loop, events that it passes over cost nothing.
pub trait Observer {
    /// An event at `now`.
    fn see(&mut self, now: Time, event: &Event<'_>);
}

impl Observer for () {
    #[inline(always)]
    fn see(&mut self, _now: Time, _event: &Event<'_>) {}
}

/// Two observers watch together.
impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline(always)]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        self.0.see(now, event);
        self.1.see(now, event);
    }
}

/// An observer by reference, so that it can be kept and asked afterwards.
impl<O: Observer> Observer for &mut O {
    #[inline(always)]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        (**self).see(now, event);
    }
}
