//! The world around a rollout, as a scenario gives it: builds, connectivity, registrations, downloads, API faults (R13
//! to R17).
//!
//! Each part is optional, and a scenario without it behaves as if it had never been thought of.

use serde::Serialize;

use crate::calendar::Window;
use crate::random::Distribution;
use crate::rollout::{DeploymentJobErrorCode, RetryPolicy, RobotDeploymentStep};

/// A probability that may itself be drawn, once a replication (R15).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Probability {
    /// From 0 to 1.
    Fixed(f64),
    /// Beta with `alpha = mean * concentration` and `beta = (1 - mean) * concentration`.
    Beta {
        /// Greater than 0 and less than 1; the mean of 0 or 1 is a [`Probability::Fixed`].
        mean: f64,
        /// Greater than 0: the larger, the closer to the mean.
        concentration: f64,
    },
}

/// A `[[build]]`: one of the builds that a campaign may be about (R15).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Build {
    /// As a scenario's name, and unique among the builds.
    pub name: String,
    /// >= 0; a replication gets the build with probability proportional to it. Not all are 0.
    pub weight: f64,
    /// How steps fail, at most once for a group's step; so the others.
    pub failures: Vec<BuildFailure>,
    /// How likely steps never end by themselves (R22).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hangs: Vec<OfStep<f64>>,
    /// How long steps take, in microseconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub latencies: Vec<OfStep<Distribution>>,
    /// In bytes, 1 to 10^12: replaces that of all groups; none if they keep theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_size: Option<u64>,
}

/// What replaces a group's own value for a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfStep<T> {
    /// An index into the scenario's groups.
    pub group: usize,
    /// A step that the group has.
    pub step: RobotDeploymentStep,
    /// The new value.
    pub value: T,
}

/// How a group's step fails with a build.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BuildFailure {
    /// An index into the scenario's groups.
    pub group: usize,
    /// A step that the group has.
    pub step: RobotDeploymentStep,
    /// Replaces the step's own.
    pub probability: Probability,
    /// Replaces the step's own, if given.
    pub codes: Option<Vec<(DeploymentJobErrorCode, f64)>>,
    /// Replaces the step's own, if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
}

/// Failures of which some stay (R22).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Persistence {
    /// The probability that a failure stays: the robot fails at the step in every later attempt.
    pub share: f64,
    /// How long after the failure the robot is repaired, in microseconds; none if it never is.
    pub repair: Option<Distribution>,
}

/// `[group.connectivity]`: robots go offline and return (R14, R21). At least one of the two is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connectivity {
    /// Each robot's own periods.
    #[serde(flatten)]
    pub periods: Option<OnlinePeriods>,
    /// The windows that all robots of the group share.
    #[serde(flatten)]
    pub docking: Option<DockingWindows>,
}

/// How long a robot stays online and offline in turns, in microseconds; the means are finite and greater than 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the fields say it")]
pub struct OnlinePeriods {
    pub online: Distribution,
    pub offline: Distribution,
}

/// When the robots of a group are reachable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DockingWindows {
    /// When the robots of a group are reachable; never empty.
    pub windows: Vec<Window>,
    /// How much after a window's beginning a robot arrives, in microseconds.
    pub arrives: Distribution,
    /// How much after a window's end it leaves.
    pub leaves: Distribution,
}

impl DockingWindows {
    /// Whether robots differ.
    pub fn is_drawn(&self) -> bool {
        [&self.arrives, &self.leaves].iter().any(|delay| **delay != Distribution::Constant(0.0))
    }
}

/// `[group.maintenance]`: when robots of the group may be worked on (R21).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Maintenance {
    /// Robots start only inside; never empty.
    pub windows: Vec<Window>,
    pub at_end: AtEnd,
}

/// What the end of a maintenance window does to robots in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AtEnd {
    /// They go on.
    #[default]
    Finish,
    /// They wait before their next step until the next window.
    Pause,
}

/// An `[[outage]]`: all robots of some groups lose connection together (R21).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outage {
    /// Indices into the scenario's groups, ascending; never empty.
    pub groups: Vec<usize>,
    /// From the end of one to the beginning of the next, in microseconds; its mean is finite and greater than 0. Time 0 falls
    /// into such an interval.
    pub interval: Distribution,
    /// How long it lasts; likewise.
    pub duration: Distribution,
}

/// `[group.registrations]`: robots that join the group during the campaign (R13).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Registrations {
    /// From the campaign's start to the first one, and from one to the next, in microseconds.
    pub interarrival: Distribution,
    /// How many robots register, at most; with the fleet at most 100000000.
    pub max: u32,
}

/// `[download]`: what robots download, and what its origin can send (R16).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Download {
    /// In bytes, 1 to 10^12.
    pub bundle_size: u64,
    /// The origin's cap over all robots, in bits a second, 1 to 10^15; none if nothing caps it.
    pub egress: Option<u64>,
}

/// `[group.download]`: how the group's robots are connected (R16).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GroupDownload {
    /// The cap over the group's robots, in bits a second, 1 to 10^15.
    pub uplink: Option<u64>,
    /// A robot's own cap in bits a second, drawn once for a robot and a replication; below 1 it is 1.
    pub link: Option<Distribution>,
    /// In bytes, 1 to 10^12: replaces the bundle's size for this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_size: Option<u64>,
}

/// `[api]`: calls that go wrong, each attempt for itself (R17).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Api {
    /// The probability of `ThrottlingException`, which takes no effect.
    pub throttle: f64,
    /// The probability of `InternalServerException`, which takes none either.
    pub internal_error: f64,
    /// The probability that the call takes effect and its answer is lost. The sum of the three is at most 1.
    pub lost_answer: f64,
    /// How the operator's client tries again.
    pub retry: RetryPolicy,
}
