//! The seam between a deployment job and the policy that steers it.

use serde::Serialize;

use super::{JobKind, Progress, RobotEnd, RobotId};
use crate::time::Time;

/// Steers deployment jobs: decides whom to start and when to halt.
///
/// A controller lives as long as its driver and is told of each new job. It sees counts and instants only, so it can be
/// tested without a simulation, and it is a type parameter of the event loop, so a decision costs no dynamic call.
pub trait Controller {
    /// A job for `targets` (in registration order) of a fleet of `fleet_size` robots has been created: forget the one before.
    /// A [`JobKind::Deployment`] is the first job of a campaign, so what lasts over a campaign's jobs starts anew with it.
    fn job_created(&mut self, now: Time, kind: JobKind, fleet_size: u32, targets: &[RobotId]);

    /// May a robot start at `now`? `pending` are the targets not yet started, in start order and never empty;
    /// [`Admission::Start`] starts the first of them, and a controller may reorder them before it says so.
    fn admit(&mut self, now: Time, pending: &mut [RobotId], progress: &Progress) -> Admission;

    /// A robot of the job has ended, and `progress` counts it.
    fn robot_ended(&mut self, _now: Time, _robot: RobotId, _end: RobotEnd, _progress: &Progress) {}

    /// Must the job halt? Asked while it is `InProgress`, at each instant after its endings have been counted and before robots
    /// start, until it says yes.
    fn breached(&self, now: Time, progress: &Progress) -> bool;

    /// What happens to robots in flight when the job halts.
    fn on_breach(&self) -> OnBreach;
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

/// What a halt does to the robots in flight (R9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBreach {
    /// They run to their end and are counted.
    #[default]
    Drain,
    /// They end at once as `Failed` with `RobotDeploymentAborted`.
    Abort,
}
