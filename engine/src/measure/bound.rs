//! What no number of a measure exceeds.

use crate::random::Distribution;
use crate::rollout::Schedule;
use crate::scenario::{Rules, Scenario};
use crate::simulation::Plan;
use crate::statistics::Support;
use crate::time::Span;

/// What no number of a measure exceeds. A mean is proven by it, and the sooner the closer it is to the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The campaign's length.
    Horizon,
    /// The first job's length.
    FirstJob,
    /// The robot timeout.
    RobotTimeout,
    /// The robots of the fleet.
    Robots,
    /// The same, unless an operator who loses answers deploys anew to robots that are in sync already: then they count
    /// again (R17).
    RobotsOnce,
    /// The whole fleet for the whole campaign.
    RobotsByHorizon,
    /// The whole fleet for the robot timeout in every job.
    RobotsByTimeout,
    /// The jobs of a campaign.
    Jobs,
    /// The same number of jobs, of which there may be none.
    SomeJobs,
    /// The bundle for every robot in every job: too far off to test a mean by it, but histograms have to reach it.
    Bundles,
    /// Nothing that is worth knowing.
    Unknown,
}

impl Bound {
    /// The bound in whole units, if the scenario has one; of so many robots, all of the fleet or those of a group.
    pub fn greatest(self, scenario: &Scenario, robots: u32) -> Option<u128> {
        let robots = u128::from(robots);
        match self {
            Bound::Horizon => campaign(scenario),
            Bound::FirstJob => campaign(scenario).map(|all| longest_job(scenario).map_or(all, |job| all.min(job))),
            Bound::RobotTimeout => {
                let timeout = robot_timeout(scenario);
                Some(campaign(scenario).map_or(timeout, |campaign| campaign.min(timeout)))
            }
            Bound::Robots => Some(robots),
            Bound::RobotsOnce => scenario.api.is_none().then_some(robots),
            Bound::RobotsByHorizon => Some(campaign(scenario)? * robots),
            // A job tries each of its robots once (R3).
            Bound::RobotsByTimeout => {
                let once_a_job = u128::from(jobs(scenario)) * robot_timeout(scenario);
                Some(robots * campaign(scenario).map_or(once_a_job, |campaign| campaign.min(once_a_job)))
            }
            Bound::Jobs | Bound::SomeJobs => Some(jobs(scenario).into()),
            Bound::Bundles | Bound::Unknown => None,
        }
    }

    /// What is known of numbers before any is seen: counts have ends. Times have one, too, but so far off that nothing
    /// follows from it.
    pub(crate) fn support(self, plan: &Plan, robots: u32) -> Support {
        let robots = u128::from(robots);
        match self {
            _ if plan.is_certain() => Support::Constant,
            Bound::Robots => Support::Within([0, robots]),
            Bound::RobotsOnce if plan.api.is_none() => Support::Within([0, robots]),
            // A job whose answers are all lost is not made again.
            Bound::Jobs => Support::Within([u128::from(plan.api.is_none()), plan.sync.max_jobs.into()]),
            Bound::SomeJobs => Support::Within([0, plan.sync.max_jobs.into()]),
            _ => Support::Unknown,
        }
    }

    /// How far a histogram has to reach, in whole units, if a number may not fit into 62 bits.
    pub(crate) fn reach(self, plan: &Plan) -> Option<u128> {
        let robots = u128::from(plan.most_robots);
        match self {
            Bound::RobotsByHorizon | Bound::RobotsByTimeout => Some(robots * u128::from(Span::MAX.micros())),
            Bound::Bundles => {
                plan.download.map(|_| u128::from(plan.largest_bundle) * robots * u128::from(plan.sync.max_jobs))
            }
            _ => None,
        }
    }
}

/// The length of a campaign: up to the horizon, and no longer than all of its jobs take one after the other, with the
/// longest wait before each. None without a horizon.
fn campaign(scenario: &Scenario) -> Option<u128> {
    let horizon = scenario.sync.horizon?.micros().into();
    // A registration (R13) or a call that goes wrong (R17) may come late, whatever jobs do.
    let waits = scenario.api.is_some() || scenario.groups.iter().any(|group| group.registrations.is_some());
    let job = longest_job(scenario).filter(|_| !waits);
    let wait = match scenario.sync.schedule {
        Some(Schedule::Every(span) | Schedule::AfterFinish(span)) => span.micros().into(),
        None => 0,
    };
    Some(job.map_or(horizon, |job| horizon.min(u128::from(jobs(scenario)) * (job + wait))))
}

/// The length of a job of a fleet that does not grow, from its creation on. While robots wait for their turn all slots
/// are taken (R4), and none for longer than the robot timeout (R8).
fn longest_job(scenario: &Scenario) -> Option<u128> {
    let (Rules::RoboMaker(rules), Distribution::Constant(preparing)) =
        (&scenario.deployment.rules, &scenario.deployment.preparing)
    else {
        return None;
    };
    let (slots, _) = rules.of(scenario.fleet_size());
    let turns = u128::from(scenario.most_robots().div_ceil(slots));
    Some(preparing.ceil() as u128 + turns * robot_timeout(scenario))
}

fn robot_timeout(scenario: &Scenario) -> u128 {
    scenario.deployment.robot_deployment_timeout.micros().into()
}

/// The jobs of a campaign: each but the first follows a call of its own.
fn jobs(scenario: &Scenario) -> u32 {
    let most = scenario.sync.max_jobs;
    let (Some(horizon), Some(Schedule::Every(span) | Schedule::AfterFinish(span)), None) =
        (scenario.sync.horizon, scenario.sync.schedule, &scenario.api)
    else {
        return most;
    };
    match horizon.micros().checked_div(span.micros()) {
        Some(calls) => most.min(u32::try_from(calls.saturating_add(2)).unwrap_or(u32::MAX)),
        None => most,
    }
}
