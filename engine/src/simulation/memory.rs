//! How much memory a replication takes, estimated from its scenario.

use super::{Ending, Endings, Journeys, Timeline};
use crate::rollout::{Fleet, RoboMaker, RobotDeploymentStep, RobotId};
use crate::scenario::{AtEnd, Group, Persistence, Scenario, Step};

/// What a download takes that shares its way, as measured; where links differ it has a class of its own, which is two
/// trees of one entry.
const DOWNLOAD: u64 = 250;
const OWN_CLASS: u64 = 850;

/// About so many bytes a replication takes while it is simulated, at the most: what a thread keeps for the next one,
/// too. It grows with the robots, and is measured rather than counted where maps and buckets of the queue round up.
pub fn replication_memory(scenario: &Scenario) -> u64 {
    let robots = u64::from(scenario.most_robots());
    // Those in flight at a time; other controllers may start all.
    let share = scenario.deployment.rules.robo_maker().map_or(100, RoboMaker::concurrent_deployment_percentage);
    let slots = (robots * u64::from(share)).div_ceil(100);
    let pauses = |group: &Group| group.maintenance.as_ref().is_some_and(|own| own.at_end == AtEnd::Pause);
    let defect_slots = defect_slots(scenario);
    let delayed = scenario.has_connectivity() || scenario.download.is_some() || scenario.groups.iter().any(pauses);
    let ending = size_of::<Ending>() as u64;
    let mut robot = (Fleet::A_ROBOT + size_of::<RobotId>()) as u64;
    let mut slot = 0;
    if delayed || defect_slots > 0 {
        robot += (Journeys::A_ROBOT + Journeys::defects_of_a_robot(defect_slots)) as u64;
        let docks = |group: &Group| group.connectivity.as_ref().is_some_and(|own| own.docking.is_some());
        if scenario.groups.iter().any(docks) || !scenario.outages.is_empty() {
            robot += Timeline::shared_bytes(scenario.outages.len()) as u64;
        }
        // Its queue has room for twice as many.
        slot += 2 * Journeys::AN_EVENT as u64;
    }
    if scenario.download.is_some() {
        let own = scenario.groups.iter().any(|group| group.download.as_ref().is_some_and(|caps| caps.link.is_some()));
        slot += DOWNLOAD + if own { OWN_CLASS } else { 0 };
    }
    if scenario.most_robots() > scenario.fleet_size() {
        // Their groups and instants; and what grows has room for twice as many.
        robot = 2 * (robot + 12);
    }
    // The buckets of what is far keep their room, and between them they see every robot.
    let queued = if slots > Endings::MOST_NEAR { robots } else { slots };
    robots * robot + slots * slot + queued * ending * 3 / 2
}

/// The most steps of a group whose failures may stay (R22).
fn defect_slots(scenario: &Scenario) -> usize {
    let of_builds = |group: usize, step: RobotDeploymentStep| {
        let failures = scenario.builds.iter().flat_map(|build| &build.failures);
        failures
            .filter(move |failure| (failure.group, failure.step) == (group, step))
            .filter_map(|f| f.persistence.as_ref())
    };
    let of_group = |(index, group): (usize, &Group)| {
        let stays = |step: &&Step| {
            let stays = |persistence: &Persistence| persistence.share > 0.0;
            step.persistence.as_ref().is_some_and(stays) || of_builds(index, step.step).any(stays)
        };
        group.steps.iter().filter(stays).count()
    };
    scenario.groups.iter().enumerate().map(|(index, group)| of_group((index, group))).max().unwrap_or_default()
}
