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
    /// The most steps of a group whose failures may stay (R22).
    pub defect_slots: usize,
    /// The largest bundle of any group and build, in bytes.
    pub largest_bundle: u64,
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
    /// The size of its bundle in bytes, unless the build has its own; 0 if it downloads nothing (R16).
    pub bundle_size: u64,
    /// The cap of a robot's downloads, in bits a second (R16).
    pub link: Option<Sampler>,
    /// Whether its deployments are delayed from outside: robots go offline, or share their downloads.
    pub delayed: bool,
    /// Whether they are walked step by step: they are delayed, or robots remember failures that stay (R22).
    pub walked: bool,
}

/// A step, and where its odds are.
#[derive(Clone, Copy, Debug)]
pub struct StepPlan {
    pub step: RobotDeploymentStep,
    /// Its place among the steps of all groups.
    pub place: usize,
    /// Its place among those of its group whose failures may stay (R22), if it is one.
    pub defect_slot: Option<u8>,
}

impl Plan {
    /// Prepares a checked scenario.
    pub fn new(scenario: &Scenario) -> Plan {
        let (mut fleet_size, mut places) = (0, 0..);
        let groups = scenario.groups.iter().enumerate().map(|(index, group)| {
            fleet_size += group.robots;
            (fleet_size, GroupPlan::new(index, group, scenario, &mut places))
        });
        let mut groups: Vec<(RobotId, GroupPlan)> = groups.collect();
        let odds = OddsPlan::new(scenario);
        for (_, group) in &mut groups {
            group.find_defect_slots(&odds);
        }
        let defect_slots = groups.iter().map(|(_, group)| group.defect_slots()).max().unwrap_or_default();
        let of_builds = scenario.builds.iter().filter_map(|build| build.bundle_size);
        let largest_bundle = groups.iter().map(|(_, group)| group.bundle_size).chain(of_builds).max();
        let deployment = &scenario.deployment;
        let asked = deployment.rules.robo_maker();
        Plan {
            fleet_size,
            most_robots: scenario.most_robots(),
            groups,
            odds,
            robot_timeout: deployment.robot_deployment_timeout,
            fleet_timeout: deployment.fleet_deployment_timeout,
            preparing: Sampler::from(&deployment.preparing),
            start_order: deployment.start_order,
            concurrent_deployment_percentage: asked.map_or(100, RoboMaker::concurrent_deployment_percentage),
            failure_threshold_percentage: asked.map_or(100, RoboMaker::failure_threshold_percentage),
            controller: deployment.rules.controller(),
            sync: scenario.sync.clone(),
            download: scenario.download,
            defect_slots,
            largest_bundle: largest_bundle.unwrap_or_default(),
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
            group.connectivity.as_ref().is_none_or(ConnectivityPlan::is_certain)
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

    /// The most robots that a group can have, or the fleet (R13).
    pub fn most_robots_of(&self, group: Option<usize>) -> u32 {
        group.map_or(self.most_robots, |group| {
            let later = self.group(group).registrations.as_ref().map_or(0, |(_, max)| *max);
            self.robots_of(group).len() as u32 + later
        })
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
        let step =
            |(step, place): (&crate::scenario::Step, usize)| StepPlan { step: step.step, place, defect_slot: None };
        let steps: Vec<StepPlan> = group.steps.iter().zip(places).map(step).collect();
        let downloads = steps.iter().any(|step| step.step == RobotDeploymentStep::DownloadingExtracting);
        let download = scenario.download.filter(|_| downloads);
        let caps = group.download.as_ref().filter(|_| download.is_some());
        let own = caps.and_then(|caps| caps.bundle_size);
        let horizon = scenario.sync.horizon().min(Time::MAX);
        let outages = scenario.outages_of(index);
        let pauses = group.maintenance.as_ref().filter(|maintenance| maintenance.at_end == AtEnd::Pause);
        let pauses = pauses.map(|maintenance| Windows::new(&scenario.calendar, &maintenance.windows, horizon));
        let connectivity = ConnectivityPlan::new(group.connectivity.as_ref(), outages, &scenario.calendar, horizon);
        let delayed = download.is_some() || connectivity.is_some() || pauses.is_some();
        GroupPlan {
            delayed,
            walked: delayed,
            steps,
            connectivity,
            pauses,
            registrations: group.registrations.as_ref().map(|r| (Sampler::from(&r.interarrival), r.max)),
            bundle_size: download.map_or(0, |download| own.unwrap_or(download.bundle_size)),
            uplink: caps.and_then(|caps| caps.uplink),
            link: caps.and_then(|caps| caps.link.as_ref()).map(Sampler::from),
        }
    }

    /// Numbers the steps whose failures may stay under any build.
    fn find_defect_slots(&mut self, odds: &OddsPlan) {
        let stays = self.steps.iter_mut().filter(|step| odds.failures_may_stay(step.place));
        for (step, slot) in stays.zip(0..) {
            step.defect_slot = Some(slot);
        }
        self.walked = self.delayed || self.defect_slots() > 0;
    }

    /// How many there are.
    fn defect_slots(&self) -> usize {
        self.steps.iter().filter(|step| step.defect_slot.is_some()).count()
    }
}
