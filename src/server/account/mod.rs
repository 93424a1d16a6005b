//! The account: fleets, robots, applications and deployment jobs, driven through virtual time.
//!
//! Plain state: what it holds is a pure function of the scenario, the seed, the epoch, and the calls with their
//! instants. No clock, no I/O.

mod applications;
mod arcs;
mod deployments;
mod faults;
mod fleets;
mod jobs;
mod pages;
mod resources;
mod robots;
mod saved;
mod table;
mod tags;
#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use applications::{ApplicationContent, etag};
use faults::Faults;
use jobs::Jobs;
pub use jobs::{JobOrigin, JobRobot, JobRow, job_arn};
pub use pages::PageRequest;
pub use resources::{Application, Architectures, FleetRow, Revision, Robot, RolloutConfig, SourceObject, Tags};
pub use saved::Saved;
use table::{Resource, Table};

use crate::control_plane::{ApiException, ControlPlane, ExceptionCode};
use crate::random::Luck;
use crate::rollout::{Architecture, RobotId, RobotStatus};
use crate::scenario::Scenario;
use crate::simulation::{HeapEndings, Plan, World};
use crate::time::{MICROS, Span, Time};

/// What begins every ARN of the account.
const ARN: &str = "arn:aws:robomaker:us-west-2:111111111111";

/// How long a job is kept after its creation, in virtual time.
pub const JOBS_EXPIRE_AFTER: Span = Span::from_secs(90 * 86_400);

/// The replication whose luck the robots have: what the robot of a number does in its k-th attempt is the same there
/// and here.
const REPLICATION: u32 = 0;

/// What an account is made of.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where randomness starts.
    pub seed: u64,
    /// When time 0 is, in milliseconds since 1970.
    pub epoch: u64,
    /// How many jobs may be active.
    pub max_active_jobs: u32,
}

/// An account and its virtual robots.
#[derive(Clone, Debug)]
pub struct Account {
    world: World<'static, HeapEndings>,
    epoch: u64,
    now: Time,
    /// The names of the scenario's groups, with their architectures.
    groups: Vec<(String, Architecture)>,
    /// The number of the last robot that was named after each group.
    numbered: Vec<u32>,
    fleets: Table<FleetRow>,
    robots: Table<Robot>,
    applications: Table<Application>,
    jobs: Jobs,
    control_plane: ControlPlane<u32>,
    faults: Faults,
    /// The fleets with an active job.
    active: BTreeSet<u64>,
    /// The fleet of the scenario.
    home: u64,
    changes: Changes,
    /// How many instants at which something happened have passed.
    turns: u64,
}

/// What has changed since somebody looked.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Robots whose state has changed.
    pub robots: BTreeSet<RobotId>,
    /// Fleets whose job has changed, and new ones.
    pub fleets: BTreeSet<u64>,
    /// The ARNs of robots that have left a fleet, by its ARN. They may have come back since then.
    pub left: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// The ARNs of fleets that have been deleted.
    pub deleted: Vec<Arc<str>>,
    /// Whether anybody looks.
    pub watched: bool,
}

impl Account {
    /// An account at time 0: a fleet with the scenario's name and robots, and an application with version 1.
    pub fn new(scenario: &Scenario, plan: &'static Plan, settings: Settings) -> Account {
        let mut world = World::with_outages(plan);
        world.begin(Luck::new(settings.seed, REPLICATION), Time::MAX);
        let mut account = Account {
            world,
            epoch: settings.epoch,
            now: Time::ZERO,
            groups: scenario.groups.iter().map(|group| (group.name.clone(), group.architecture)).collect(),
            numbered: vec![0; scenario.groups.len()],
            fleets: Table::default(),
            robots: Table::default(),
            applications: Table::default(),
            jobs: Jobs::default(),
            control_plane: ControlPlane::new(settings.max_active_jobs),
            faults: Faults::default(),
            active: BTreeSet::new(),
            home: 0,
            changes: Changes::default(),
            turns: 0,
        };
        account.home = account.add_fleet(&scenario.name, Tags::new());
        for robot in 0..plan.fleet_size {
            account.add_numbered(plan.group_of(robot));
        }
        account.add_own_application(&scenario.name);
        account
    }

    /// The present instant.
    pub fn now(&self) -> Time {
        self.now
    }

    /// When time 0 is, in milliseconds since 1970.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How many instants have passed at which something happened.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// How many jobs may be active from now on.
    pub fn set_max_active_jobs(&mut self, most: u32) {
        self.control_plane.set_max_active_jobs(most);
    }

    /// An instant on the wire: seconds since 1970, to the millisecond.
    pub fn timestamp(&self, at: Time) -> f64 {
        self.millis(at) as f64 / 1e3
    }

    /// An instant in milliseconds since 1970.
    fn millis(&self, at: Time) -> u64 {
        self.epoch.saturating_add(at.micros() / (MICROS / 1000))
    }

    /// An ARN that no resource of the table has.
    fn new_arn<T: Resource>(&self, table: &Table<T>, kind: &str, name: &str) -> Arc<str> {
        let mut millis = self.millis(self.now);
        loop {
            let arn = format!("{ARN}:{kind}/{name}/{millis}");
            if table.find(&arn).is_none() {
                return arn.into();
            }
            millis += 1;
        }
    }

    /// What has changed since the last time; from now on changes are kept for the next.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::replace(&mut self.changes, Changes { watched: true, ..Changes::default() })
    }

    /// From now on changes are kept.
    pub fn watch(&mut self) {
        self.changes.watched = true;
    }

    /// Keeps no more changes: nobody looks.
    pub fn stop_watching(&mut self) {
        self.changes = Changes::default();
    }

    /// Counts the robots that deploy as changed, since they get on as time passes; of fleets with at most so many
    /// targets.
    pub fn deploying_robots_get_on(&mut self, most: usize) {
        let jobs = self.active.iter().filter_map(|fleet| self.jobs.get(self.fleets.get(*fleet)?.latest?));
        let targets = jobs.filter(|job| job.robots.len() <= most).flat_map(|job| &job.robots);
        let deploying = targets.filter(|target| target.status == RobotStatus::Deploying);
        self.changes.robots.extend(deploying.map(|target| target.robot));
    }

    fn robot_changed(&mut self, robot: RobotId) {
        if self.changes.watched {
            self.changes.robots.insert(robot);
        }
    }

    fn job_changed(&mut self, fleet: u64) {
        if self.changes.watched {
            self.changes.fleets.insert(fleet);
        }
    }
}

/// Tags are at most so many, as in the model's `TagMap`.
pub const MOST_TAGS: usize = 50;

fn not_found(message: String) -> ApiException {
    ApiException::new(ExceptionCode::ResourceNotFound, message)
}

fn invalid(message: impl Into<String>) -> ApiException {
    ApiException::new(ExceptionCode::InvalidParameter, message.into())
}
