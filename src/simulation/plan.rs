//! A scenario made ready to run.

use crate::random::{Luck, Purpose, Sampler};
use crate::rollout::{
    DeploymentJobErrorCode, RoboMaker, RobotDeploymentStep, RobotEnd, RobotId, StartOrder, SyncPolicy,
};
use crate::scenario::Scenario;
use crate::time::Span;

/// All that a replication reads: samplers prepared, groups resolved to ranges of robots.
#[derive(Clone, Debug)]
pub struct Plan {
    /// F at the start of the campaign.
    pub fleet_size: u32,
    /// The number after each group's last robot, with the group.
    groups: Vec<(RobotId, GroupPlan)>,
    /// R8.
    pub robot_timeout: Span,
    /// R10.
    pub fleet_timeout: Span,
    /// How long a job is `Preparing`, in microseconds (R5).
    pub preparing: Sampler,
    /// R6.
    pub start_order: StartOrder,
    /// 1..=100 (R9), for results that refer to the threshold.
    pub failure_threshold_percentage: u32,
    /// The decisions of its jobs (R4, R9).
    pub controller: RoboMaker,
    /// R12.
    pub sync: SyncPolicy,
}

/// What the robots of a group go through: the steps that the scenario gives, in R7's order.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    /// At most one of each kind.
    pub steps: Vec<StepPlan>,
}

/// One step's latency and failure.
#[derive(Clone, Debug)]
pub struct StepPlan {
    /// Which one.
    pub step: RobotDeploymentStep,
    /// How long it takes, in microseconds.
    pub latency: Sampler,
    /// The probability to fail at the step's end.
    pub failure: f64,
    /// Cumulative probabilities of the failure codes, the last one 1.
    codes: Vec<(f64, DeploymentJobErrorCode)>,
}

/// What a robot draws for one step: how long it takes, and whether it fails at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepDraw {
    /// How long the step takes.
    pub latency: Span,
    /// With which code it fails at its end, if it does.
    pub failure: Option<DeploymentJobErrorCode>,
}

/// A robot's deployment as drawn: when it ends after its start, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Start to end.
    pub duration: Span,
    /// How it ends.
    pub end: RobotEnd,
}

impl Plan {
    /// Prepares a checked scenario.
    pub fn new(scenario: &Scenario) -> Plan {
        let mut fleet_size = 0;
        let groups = scenario
            .groups
            .iter()
            .map(|group| {
                fleet_size += group.robots;
                let steps = group.steps.iter().map(|step| {
                    let total: f64 = step.failure_codes.iter().map(|(_, weight)| weight).sum();
                    let mut cumulative = 0.0;
                    let mut codes: Vec<_> = step
                        .failure_codes
                        .iter()
                        .filter(|(_, weight)| *weight > 0.0)
                        .map(|(code, weight)| {
                            cumulative += weight / total;
                            (cumulative, *code)
                        })
                        .collect();
                    if let Some((last, _)) = codes.last_mut() {
                        *last = 1.0; // whatever the sum was rounded to
                    }
                    StepPlan {
                        step: step.step,
                        latency: Sampler::from(&step.latency),
                        failure: step.failure_probability,
                        codes,
                    }
                });
                (fleet_size, GroupPlan { steps: steps.collect() })
            })
            .collect();
        let deployment = &scenario.deployment;
        Plan {
            fleet_size,
            groups,
            robot_timeout: deployment.robot_deployment_timeout,
            fleet_timeout: deployment.fleet_deployment_timeout,
            preparing: Sampler::from(&deployment.preparing),
            start_order: deployment.start_order,
            failure_threshold_percentage: deployment.failure_threshold_percentage,
            controller: RoboMaker::new(
                deployment.concurrent_deployment_percentage,
                deployment.failure_threshold_percentage,
                deployment.on_breach,
            ),
            sync: scenario.sync.clone(),
        }
    }

    /// The group that a robot belongs to.
    #[inline]
    pub fn group(&self, robot: RobotId) -> &GroupPlan {
        let index = self.groups.partition_point(|(end, _)| *end <= robot);
        &self.groups[index].1
    }

    /// Draws a robot's deployment (R7, R8): it ends with its first failing step, with its last step, or at the robot
    /// timeout. Steps that would begin after the end are not drawn; no other draw depends on them.
    #[inline]
    pub fn attempt(&self, luck: &Luck, robot: RobotId, attempt: u32) -> Attempt {
        let mut elapsed = 0;
        for step in &self.group(robot).steps {
            let draw = step.draw(luck, robot, attempt);
            elapsed += draw.latency.micros();
            if elapsed > self.robot_timeout.micros() {
                return Attempt { duration: self.robot_timeout, end: RobotEnd::NoResponse };
            }
            if let Some(code) = draw.failure {
                return Attempt { duration: Span::from_micros(elapsed), end: RobotEnd::Failed(code) };
            }
        }
        Attempt { duration: Span::from_micros(elapsed), end: RobotEnd::InSync }
    }
}

impl StepPlan {
    /// What `robot` draws for this step in its attempt `attempt` (from 0): a pure function of its arguments.
    #[inline]
    pub fn draw(&self, luck: &Luck, robot: RobotId, attempt: u32) -> StepDraw {
        let mut stream = luck.robot(robot, attempt, Purpose::Step(self.step));
        let chance = stream.chance();
        let failure = (chance < self.failure).then(|| self.code(chance / self.failure));
        StepDraw { latency: Span::from_drawn_micros(self.latency.sample(&mut stream)), failure }
    }

    /// The failure code at `position` in [0, 1) of the codes' weights. Given that the step fails, the ratio of the
    /// number drawn to the failure probability is uniform, so it can choose the code.
    fn code(&self, position: f64) -> DeploymentJobErrorCode {
        let index = self.codes.partition_point(|(cumulative, _)| *cumulative <= position);
        // Rounding may take the ratio to 1 itself.
        self.codes[index.min(self.codes.len() - 1)].1
    }
}
