//! All that one replication draws for its robots.

use super::odds::{Odds, Staying, StepOdds};
use super::plan::{GroupPlan, Plan, StepPlan};
use crate::random::attempt::{OUTCOME, latency_slot};
use crate::random::{Luck, Purpose, whole_rate};
use crate::rollout::{DeploymentJobErrorCode, RobotDeploymentStep, RobotEnd, RobotId, clone_by_fields};
use crate::time::{Span, Time};

/// The luck of one replication, applied to a plan: pure functions of (robot, attempt).
#[derive(Debug)]
pub struct Draws<'p> {
    /// What there is to draw.
    pub plan: &'p Plan,
    /// Where it comes from.
    pub luck: Luck,
    /// How likely steps fail.
    pub odds: Odds<'p>,
    /// The groups of the robots that have registered since the start, in order (R13).
    registered: Vec<u32>,
}

clone_by_fields!(['p] Draws<'p> { plan, luck, odds, registered });

/// What a robot draws for one step: how long it takes, and whether it fails at its end or has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepDraw {
    /// How long the step takes.
    pub latency: Span,
    /// With which code it fails at its end, if it does.
    pub failure: Option<DeploymentJobErrorCode>,
    /// It never ends by itself (R22).
    pub hangs: bool,
}

/// A robot's deployment as drawn: when it ends after its start, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Start to end.
    pub duration: Span,
    /// How it ends.
    pub end: RobotEnd,
}

impl<'p> Draws<'p> {
    /// The draws of replication 0 under seed 0.
    pub fn new(plan: &'p Plan) -> Draws<'p> {
        let mut draws = Draws { plan, luck: Luck::new(0, 0), odds: Odds::default(), registered: Vec::new() };
        draws.reset(draws.luck);
        draws
    }

    /// Goes on to another replication; keeps the memory.
    pub fn reset(&mut self, luck: Luck) {
        self.luck = luck;
        self.registered.clear();
        self.plan.odds.draw(&luck, &mut self.odds);
    }

    /// The groups of the robots that have registered since the start, in order (R13).
    pub fn registered(&self) -> &[u32] {
        &self.registered
    }

    /// A robot has registered with this group: it gets the next number (R2, R13).
    pub fn register(&mut self, group: u32) {
        self.registered.push(group);
    }

    /// The group that a registered robot belongs to: its index.
    #[inline]
    pub fn group_of(&self, robot: RobotId) -> usize {
        match robot.checked_sub(self.plan.fleet_size) {
            None => self.plan.group_of(robot),
            Some(later) => self.registered[later as usize] as usize,
        }
    }

    /// The group that a registered robot belongs to.
    #[inline]
    pub fn group(&self, robot: RobotId) -> &'p GroupPlan {
        self.plan.group(self.group_of(robot))
    }

    /// What `robot` draws for a step in its attempt `attempt` (from 0).
    #[inline]
    pub fn step(&self, step: &StepPlan, robot: RobotId, attempt: u32) -> StepDraw {
        let (odds, outcome) = (self.odds.step(step.place), self.outcome(robot, attempt));
        let (failure, hangs) = (odds.failure(outcome), odds.hangs(outcome));
        StepDraw { latency: self.latency(step, robot, attempt), failure, hangs }
    }

    /// The number in (0, 1) that decides at which step an attempt fails or hangs, if it does; see [`StepOdds`].
    #[inline]
    pub fn outcome(&self, robot: RobotId, attempt: u32) -> f64 {
        self.luck.attempt(robot, attempt, OUTCOME)
    }

    /// How long a step takes `robot` in its attempt `attempt` (from 0).
    #[inline]
    pub fn latency(&self, step: &StepPlan, robot: RobotId, attempt: u32) -> Span {
        let StepOdds { latency, pace, .. } = self.odds.step(step.place);
        let drawn = match latency.inverse() {
            Some(inverse) => inverse.at(self.luck.attempt(robot, attempt, latency_slot(step.step))),
            None => latency.sample(&mut self.luck.robot(robot, attempt, Purpose::Step(step.step))),
        };
        Span::from_drawn_micros(pace * drawn)
    }

    /// Draws a deployment that nothing from outside delays (R7, R8): it ends with its first failing step, with its last
    /// step, or at the robot timeout. Steps that would begin after the end are not drawn; no other draw depends on
    /// them.
    #[inline]
    pub fn attempt(&self, group: &GroupPlan, robot: RobotId, attempt: u32) -> Attempt {
        let timeout = self.plan.robot_timeout;
        let outcome = self.outcome(robot, attempt);
        let mut elapsed = 0;
        for step in &group.steps {
            elapsed += self.latency(step, robot, attempt).micros();
            let odds = self.odds.step(step.place);
            if elapsed > timeout.micros() || odds.hangs(outcome) {
                return Attempt { duration: timeout, end: RobotEnd::NoResponse };
            }
            if let Some(code) = odds.failure(outcome) {
                return Attempt { duration: Span::from_micros(elapsed), end: RobotEnd::Failed(code) };
            }
        }
        Attempt { duration: Span::from_micros(elapsed), end: RobotEnd::InSync }
    }

    /// Until when `robot` stays broken at a step (R22), if its attempt `attempt` has failed there at `failed` by its luck;
    /// none if that failure does not stay.
    pub fn broken_until(&self, step: &StepPlan, robot: RobotId, attempt: u32, failed: Time) -> Option<Time> {
        let Staying { share, repair } = self.odds.step(step.place).staying?;
        let mut stream = self.luck.robot(robot, attempt, Purpose::Persistence);
        if stream.chance() >= *share {
            return None;
        }
        let lasts = repair.as_ref().map(|repair| Span::from_drawn_micros(repair.sample(&mut stream)));
        Some(lasts.map_or(Time::NEVER, |lasts| failed + lasts))
    }

    /// How an attempt with this outcome fails.
    pub fn failure(&self, group: &GroupPlan, outcome: f64) -> RobotEnd {
        let code = group.steps.iter().find_map(|step| self.odds.step(step.place).failure(outcome));
        code.map_or(RobotEnd::InSync, RobotEnd::Failed)
    }

    /// How long the job of this number prepares (R5).
    pub fn preparing(&self, job: u32) -> Span {
        let mut stream = self.luck.job(job, Purpose::Preparing);
        Span::from_drawn_micros(self.plan.preparing.sample(&mut stream))
    }

    /// How many bytes an attempt of a robot downloads (R16).
    pub fn bundle(&self, robot: RobotId) -> u64 {
        self.odds.bundle_size.unwrap_or(self.group(robot).bundle_size)
    }

    /// The rate of a robot's own link in whole bits a second, if it has a limit: the same in all its attempts (R16).
    pub fn link(&self, robot: RobotId) -> Option<u64> {
        let link = self.group(robot).link.as_ref()?;
        Some(whole_rate(link.sample(&mut self.luck.robot(robot, 0, Purpose::Link))))
    }
}

/// Whether a step goes on only while its robot is online (R14): those before the launch.
pub fn needs_connection(step: RobotDeploymentStep) -> bool {
    step <= RobotDeploymentStep::DownloadingExtracting
}
