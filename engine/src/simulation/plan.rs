//! A scenario made ready to run.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use super::ConnectivityPlan;
use super::Endings;
use super::Gates;
use super::OddsPlan;
use crate::calendar::Windows;
use crate::random::Sampler;
use crate::rollout::{AnyController, RoboMaker, RobotDeploymentStep, RobotId, StartOrder, SyncPolicy};
use crate::scenario::{Api, AtEnd, Download, Group, MAX_ROBOT_TIMEOUT, Scenario};
use crate::time::{Span, Time};

// The latest end of a robot that starts in a campaign.
const _: () = assert!(Time::MAX.micros() + MAX_ROBOT_TIMEOUT.micros() <= Endings::LATEST.micros());

/// All that a replication reads: samplers prepared, groups resolved to ranges of robots.
#[derive(Clone, Debug)]
pub struct Plan {
    /// F at the start of the campaign.
    pub fleet_size: u32,
    /// The most robots that the fleet can have (R13).
    pub most_robots: u32,
    /// The number after each group's last robot of the start, with the group.
    groups: Vec<(RobotId, GroupPlan)>,
    /// How likely steps fail (R7, R15).
    pub odds: OddsPlan,
    /// How long a robot may take (R8).
    pub robot_timeout: Span,
    /// How long a job may take (R10).
    pub fleet_timeout: Span,
    /// How long a job is `Preparing`, in microseconds (R5).
    pub preparing: Sampler,
    /// The order of starts (R6).
    pub start_order: StartOrder,
    /// 1..=100 (R4), for the requests that the operator makes.
    pub concurrent_deployment_percentage: u32,
    /// 1..=100 (R9), for them.
    pub failure_threshold_percentage: u32,
    /// The decisions of its jobs (R4, R9).
    pub controller: AnyController,
    /// The operator's schedule (R12).
    pub sync: SyncPolicy,
    /// What robots download, if that takes its own time (R16).
    pub download: Option<Download>,
    /// How calls go wrong, if they do (R17).
    pub api: Option<Api>,
    /// When robots may start; none if at any time (R21).
    pub gates: Option<Gates>,
}

/// What the robots of a group go through.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    /// The steps that the scenario gives, in R7's order; at most one of each kind.
    pub steps: Vec<StepPlan>,
    /// None if the robots are always online (R14).
    pub connectivity: Option<ConnectivityPlan>,
    /// Windows outside of which robots in flight begin no step; none if they go on at any time (R21).
    pub pauses: Option<Windows>,
    /// The time between registrations in microseconds, and how many there are (R13).
    pub registrations: Option<(Sampler, u32)>,
    /// The cap of the group's downloads in bits a second (R16).
    pub uplink: Option<u64>,
    /// The cap of a robot's downloads, in bits a second (R16).
    pub link: Option<Sampler>,
    /// Whether its deployments are delayed from outside: robots go offline, or share their downloads.
    pub delayed: bool,
}

/// One step's latency, and where its odds are.
#[derive(Clone, Debug)]
pub struct StepPlan {
    pub step: RobotDeploymentStep,
    /// How long it takes, in microseconds.
    pub latency: Sampler,
    /// Its place among the steps of all groups.
    pub place: usize,
}

impl Plan {
    /// Prepares a checked scenario.
    pub fn new(scenario: &Scenario) -> Plan {
        let (mut fleet_size, mut places) = (0, 0..);
        let groups = scenario.groups.iter().enumerate().map(|(index, group)| {
            fleet_size += group.robots;
            (fleet_size, GroupPlan::new(index, group, scenario, &mut places))
        });
        let groups = groups.collect();
        let deployment = &scenario.deployment;
        let asked = deployment.rules.robo_maker();
        Plan {
            fleet_size,
            most_robots: scenario.most_robots(),
            groups,
            odds: OddsPlan::new(scenario),
            robot_timeout: deployment.robot_deployment_timeout,
            fleet_timeout: deployment.fleet_deployment_timeout,
            preparing: Sampler::from(&deployment.preparing),
            start_order: deployment.start_order,
            concurrent_deployment_percentage: asked.map_or(100, RoboMaker::concurrent_deployment_percentage),
            failure_threshold_percentage: asked.map_or(100, RoboMaker::failure_threshold_percentage),
            controller: deployment.rules.controller(),
            sync: scenario.sync.clone(),
            download: scenario.download,
            api: scenario.api,
            gates: Gates::new(scenario, scenario.sync.horizon().min(Time::MAX)),
        }
    }

    /// What tells this plan from others: the SHA-256 of all that it holds, in hexadecimal digits.
    pub fn digest(&self) -> String {
        struct Hashing(Sha256);
        impl Write for Hashing {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.update(text);
                Ok(())
            }
        }
        let mut hashing = Hashing(Sha256::new());
        write!(hashing, "{self:?}").expect("hashing takes any text");
        hashing.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether all replications are the same: nothing in the scenario is left to chance.
    pub fn is_certain(&self) -> bool {
        let certain = |group: &GroupPlan| {
            group.steps.iter().all(|step| step.latency.is_constant())
                && group.connectivity.as_ref().is_none_or(ConnectivityPlan::is_certain)
                && group.registrations.as_ref().is_none_or(|(between, _)| between.is_constant())
                && group.link.as_ref().is_none_or(Sampler::is_constant)
        };
        self.odds.are_certain()
            && self.preparing.is_constant()
            && self.start_order == StartOrder::Registration
            && self.api.is_none_or(|api| [api.throttle, api.internal_error, api.lost_answer] == [0.0; 3])
            && self.groups().all(certain)
    }

    /// The group of a robot of the start: its index.
    #[inline]
    pub fn group_of(&self, robot: RobotId) -> usize {
        self.groups.partition_point(|(end, _)| *end <= robot)
    }

    /// The robots of the start that belong to a group.
    pub fn robots_of(&self, group: usize) -> std::ops::Range<RobotId> {
        let first = group.checked_sub(1).map_or(0, |before| self.groups[before].0);
        first..self.groups[group].0
    }

    /// A group by its index.
    #[inline]
    pub fn group(&self, index: usize) -> &GroupPlan {
        &self.groups[index].1
    }

    /// All groups, in the order of the scenario.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &GroupPlan> {
        self.groups.iter().map(|(_, group)| group)
    }
}

impl GroupPlan {
    fn new(index: usize, group: &Group, scenario: &Scenario, places: &mut impl Iterator<Item = usize>) -> GroupPlan {
        let step = |(step, place): (&crate::scenario::Step, usize)| StepPlan {
            step: step.step,
            latency: Sampler::from(&step.latency),
            place,
        };
        let steps: Vec<StepPlan> = group.steps.iter().zip(places).map(step).collect();
        let downloads = scenario.download.is_some()
            && steps.iter().any(|step| step.step == RobotDeploymentStep::DownloadingExtracting);
        let caps = group.download.as_ref().filter(|_| downloads);
        let horizon = scenario.sync.horizon().min(Time::MAX);
        let outages = scenario.outages_of(index);
        let pauses = group.maintenance.as_ref().filter(|maintenance| maintenance.at_end == AtEnd::Pause);
        let pauses = pauses.map(|maintenance| Windows::new(&scenario.calendar, &maintenance.windows, horizon));
        let connectivity = ConnectivityPlan::new(group.connectivity.as_ref(), outages, &scenario.calendar, horizon);
        GroupPlan {
            delayed: downloads || connectivity.is_some() || pauses.is_some(),
            steps,
            connectivity,
            pauses,
            registrations: group.registrations.as_ref().map(|r| (Sampler::from(&r.interarrival), r.max)),
            uplink: caps.and_then(|caps| caps.uplink),
            link: caps.and_then(|caps| caps.link.as_ref()).map(Sampler::from),
        }
    }
}
