//! The world around a rollout, as a scenario gives it: builds, connectivity, registrations, downloads, API faults (R13
//! to R17).
//!
//! Each part is optional, and a scenario without it behaves as if it had never been thought of.

use serde::Serialize;

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
    /// What the build changes, at most once for a group's step.
    pub failures: Vec<BuildFailure>,
}

/// What a build changes of a group's step.
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
}

/// `[group.connectivity]`: robots alternate between online and offline (R14).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connectivity {
    /// How long a robot stays online, in microseconds; its mean is finite and greater than 0.
    pub online: Distribution,
    /// How long it stays offline; likewise.
    pub offline: Distribution,
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
