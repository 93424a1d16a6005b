//! What an account holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::arcs::text;
use super::table::Resource;
use crate::control_plane::S3Object;
use crate::rollout::{Architecture, DeploymentJobErrorCode, DeploymentStatus, RoboMaker, RobotId};
use crate::simulation::Rollout;
use crate::time::{Span, Time};

/// Keys and values that a resource is tagged with.
pub type Tags = BTreeMap<String, String>;

/// A robot, by its number in the world.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Robot {
    #[serde(with = "text")]
    pub arn: Arc<str>,
    #[serde(with = "text")]
    pub name: Arc<str>,
    pub architecture: Architecture,
    #[serde(with = "text")]
    pub greengrass_group: Arc<str>,
    pub created: Time,
    pub tags: Tags,
    /// The fleet in which it is registered, and its number there.
    pub member: Option<(u64, RobotId)>,
    /// The number of the latest job that started it, and when.
    pub last_deployment: Option<(u64, Time)>,
    /// With which code its next deployment fails, because somebody wants so.
    pub next_failure: Option<DeploymentJobErrorCode>,
    /// How often it has started, in whatever fleet.
    pub attempts: u32,
}

/// A fleet, its latest job and the robots in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FleetRow {
    #[serde(with = "text")]
    pub arn: Arc<str>,
    #[serde(with = "text")]
    pub name: Arc<str>,
    pub created: Time,
    pub tags: Tags,
    /// The robots that have registered, by their number here; those that have left as well.
    pub members: Vec<RobotId>,
    /// Its robots by these numbers, and its latest job.
    pub rollout: Rollout<RoboMaker>,
    /// The latest job.
    pub latest: Option<u64>,
    /// Which number the latest job had and what it became, which stays when the job has expired.
    pub last_deployment: Option<(u64, DeploymentStatus, Time)>,
}

impl FleetRow {
    /// When the active job needs a look for its own sake.
    pub fn next_due(&self) -> Time {
        self.rollout.next_due().min(self.rollout.wake)
    }
}

/// How a job rolls out: what its request says, and for the rest the scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutConfig {
    pub concurrent_deployment_percentage: u32,
    pub failure_threshold_percentage: u32,
    pub robot_timeout: Span,
    pub download_condition_file: Option<S3Object>,
}

/// A set of architectures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architectures(u8);

impl Architectures {
    /// All of them.
    pub const ALL: Architectures = Architectures(u8::MAX);

    /// Adds one more robot.
    pub fn insert(&mut self, architecture: Architecture) {
        self.0 |= 1 << architecture as u8;
    }

    /// Whether one is among them.
    pub fn contains(self, architecture: Architecture) -> bool {
        self.0 & 1 << architecture as u8 != 0
    }
}

/// A bundle of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceObject {
    pub bucket: Option<String>,
    pub key: Option<String>,
    pub architecture: Option<Architecture>,
}

/// What an application is at one revision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Revision {
    /// `$LATEST` or a number.
    #[serde(with = "text")]
    pub version: Arc<str>,
    #[serde(with = "text")]
    pub revision_id: Arc<str>,
    pub sources: Vec<SourceObject>,
    /// Name and version of the robot software suite.
    pub suite: (Option<String>, Option<String>),
    pub environment: Option<String>,
    pub image_digest: Option<String>,
    pub updated: Time,
}

impl Revision {
    /// What it has been built for: the architectures of its sources. A container image is taken to be built for all.
    pub fn architectures(&self) -> Architectures {
        if self.environment.is_some() {
            return Architectures::ALL;
        }
        let mut architectures = Architectures::default();
        self.sources.iter().filter_map(|source| source.architecture).for_each(|one| architectures.insert(one));
        architectures
    }
}

/// A robot application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Application {
    #[serde(with = "text")]
    pub arn: Arc<str>,
    #[serde(with = "text")]
    pub name: Arc<str>,
    pub tags: Tags,
    pub latest: Revision,
    /// By their numbers, from 1.
    pub versions: BTreeMap<u64, Revision>,
    pub next_version: u64,
    pub next_revision: u64,
}

impl Application {
    /// A version by its name: a number, or `$LATEST`.
    pub fn version(&self, version: &str) -> Option<&Revision> {
        match version {
            "$LATEST" => Some(&self.latest),
            number => self.versions.get(&version_number(number)?),
        }
    }
}

/// The number of a version by its name, which has no zeros before it.
pub fn version_number(name: &str) -> Option<u64> {
    name.parse().ok().filter(|number: &u64| number.to_string() == name)
}

macro_rules! resources {
    ($($row:ty),+) => {
        $(impl Resource for $row {
            fn arn(&self) -> &Arc<str> {
                &self.arn
            }

            fn name(&self) -> &Arc<str> {
                &self.name
            }
        })+
    };
}

resources!(Robot, FleetRow, Application);
