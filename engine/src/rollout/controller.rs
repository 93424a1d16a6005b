//! The seam between a deployment job and the controller that steers it.
//!
//! | what a rollout may need | how it is said |
//! |---|---|
//! | so many robots at once | [`Admission::Wait`] |
//! | a rate, a window, a tick | [`Admission::Until`] the next one |
//! | waves, batches with a barrier | [`Admission::Wait`] until [`robot_ended`](Controller::robot_ended) and [`robot_withdrawn`](Controller::robot_withdrawn) have told of all |
//! | a gate judged after a soak, a job that ends at a tick | [`Judgement::Until`] that instant |
//! | a stop rule, also one whose ratio may fall again | [`judge`](Controller::judge), once all endings of an instant are counted |
//! | an order of its own, or robots that ask for themselves | the first of `pending` is whom [`admit`](Controller::admit) is asked about |

use serde::{Deserialize, Serialize};

use super::{DeploymentJobErrorCode, DeploymentStatus, JobKind, Progress, RobotEnd, RobotId};
use crate::time::Time;

/// Steers deployment jobs: decides whom to start, when to look again, and when to halt.
///
/// A controller lives as long as a campaign and is told of each new job. It sees counts and instants only, so it can be
/// tested without a simulation, and it is a type parameter of the event loop, so a decision costs no dynamic call. At
/// one instant it is told of all endings first, then asked to [judge](Controller::judge) them once, and then asked
/// [whom to start](Controller::admit); an instant at which robots start and end at once has another such turn.
pub trait Controller {
    /// How a job may end, in the controller's own words. Never empty; the first one is that of a job whose targets have
    /// all ended, unless [`Controller::completed`] says otherwise.
    fn outcomes(&self) -> &'static [JobOutcome];

    /// How results speak of jobs that its rules halt.
    fn halt_words(&self) -> HaltWords {
        HaltWords::PLAIN
    }

    /// A job for `targets` (in registration order) of a fleet of `fleet_size` robots has been created: forget the one
    /// before. A [`JobKind::Deployment`] is the first job of a campaign, so what lasts over a campaign's jobs starts
    /// anew with it.
    fn job_created(&mut self, now: Time, kind: JobKind, fleet_size: u32, targets: &[RobotId]);

    /// What holds for the job that has been created. Asked once a job, for its record.
    fn limits(&self) -> Limits;

    /// The job is `InProgress`, and robots may start from now on, in this order, which the controller may change.
    fn job_began(&mut self, _now: Time, _order: &mut [RobotId]) {}

    /// May a robot start at `now`? `pending` are the targets not yet started, in start order and never empty;
    /// [`Admission::Start`] starts the first of them, and a controller may reorder them before it says so.
    fn admit(&mut self, now: Time, pending: &mut [RobotId], progress: &Progress) -> Admission;

    /// A robot of the job has ended, and `progress` counts it.
    fn robot_ended(&mut self, _now: Time, _robot: RobotId, _end: RobotEnd, _progress: &Progress) {}

    /// A target has got in sync by itself before its start (R14) or has left the fleet (R19), and `progress` counts it:
    /// it will neither start nor end any more.
    fn robot_withdrawn(&mut self, _robot: RobotId, _progress: &Progress) {}

    /// What follows from what has happened? Asked while the job is `InProgress`, at each instant at which something
    /// happens, after all its endings have been counted and before robots start, until it halts the job.
    fn judge(&mut self, now: Time, progress: &Progress) -> Judgement;

    /// The place among [`Controller::outcomes`] of a job whose targets have all ended without a halt.
    fn completed(&self, _progress: &Progress) -> u8 {
        0
    }
}

/// Whether a robot may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The first pending robot starts now.
    Start,
    /// None before another robot ends.
    Wait,
    /// None before this instant, which must be later than now, or before another robot ends.
    Until(Time),
}

/// What a controller makes of a job at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The job goes on.
    GoesOn,
    /// The job goes on until this instant at least, which must be later than now, even if all its targets have ended;
    /// it is judged again then, or when another robot ends.
    Until(Time),
    /// No robot starts any more. The job ends when nobody is in flight.
    Halt(Halt),
}

/// A controller's word that a job halts (R20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields say it")]
pub struct Halt {
    /// The number of the rule that halts, in the controller's own count.
    pub rule: u8,
    /// The count at which the rule halts, as it was in force at this instant.
    pub limit: u32,
    /// The count that has reached it.
    pub count: u32,
    pub in_flight: OnBreach,
    /// How the job ends: its place among [`Controller::outcomes`].
    pub outcome: u8,
}

/// How results speak of jobs that a controller halts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaltWords {
    /// Campaigns that end so: `halted at the threshold`.
    pub halted: &'static str,
    /// What such campaigns do: `halt at the threshold`.
    pub halt: &'static str,
    /// The same with what leads to it: `breach the failure threshold and halt`.
    pub halt_because: &'static str,
    /// What such a job does: `breaches its threshold`.
    pub halts: &'static str,
    /// The event of the halt in a trace: `job_breached`.
    pub event: &'static str,
}

impl HaltWords {
    /// Of a controller without words of its own.
    pub const PLAIN: HaltWords =
        HaltWords { halted: "halted", halt: "halt", halt_because: "halt", halts: "halts", event: "job_halted" };
}

/// One of the ways in which the jobs of a controller end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say it")]
pub struct JobOutcome {
    /// In results, and as the failure code of what is no success: the controller's own word.
    pub name: &'static str,
    pub end: JobEnd,
    pub status: DeploymentStatus,
    /// The code by which the RoboMaker API calls it, if it does.
    pub failure_code: Option<DeploymentJobErrorCode>,
}

/// What an end of a job means to the operator (R12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobEnd {
    /// All targets have ended, or whatever else a success is.
    Completed,
    /// A rule has stopped it.
    Halted,
    /// Its time was over.
    TimedOut,
}

/// What a controller holds a job to, as far as it is a number that stands when the job is created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The most robots in flight at once.
    pub in_flight: Option<u32>,
    /// The number of failed robots and of those that do not respond, over the whole job, at which it halts.
    pub failures: Option<u32>,
}

/// What a halt does to the robots in flight (R9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBreach {
    /// They run to their end and are counted.
    #[default]
    Drain,
    /// They end at once as `Failed` with `RobotDeploymentAborted`.
    Abort,
}
