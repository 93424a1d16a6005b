//! A robot's walk through the steps of an attempt: pure, and as far as nothing but its own connectivity delays it.

use super::defects::Defect;
use crate::calendar::Windows;
use crate::rollout::{DeploymentJobErrorCode, RobotId};
use crate::simulation::draws::{Draws, needs_connection};
use crate::simulation::plan::StepPlan;
use crate::simulation::presence::Presence;
use crate::time::Time;

/// A walk that may begin at any step.
pub struct Walk<'a> {
    draws: &'a Draws<'a>,
    robot: RobotId,
    attempt: u32,
    outcome: f64,
    /// Where the robot is broken, by the slots of steps.
    broken: &'a [Option<Defect>],
    steps: std::slice::Iter<'a, StepPlan>,
    /// Windows outside of which no step begins (R21), for all steps but the one in whose middle the walk begins.
    pauses: Option<&'a Windows>,
    /// Whether the next step has been entered.
    within: bool,
    /// When the robot is online, from where the walk has come; none if it always is.
    presence: Option<Presence<'a>>,
    /// When the next step is entered; never if that is not within bounds.
    at: Time,
}

/// A step that has been walked.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    pub step: &'a StepPlan,
    /// When it was entered.
    pub entered: Time,
    /// When it is over; never if it hangs, or the robot is not online for long enough within bounds.
    pub until: Time,
}

impl<'a> Walk<'a> {
    /// A walk of `robot` in its attempt `attempt` from the step `first` on, which it enters at `at`.
    pub fn new(
        draws: &'a Draws<'a>,
        (robot, attempt): (RobotId, u32),
        first: usize,
        at: Time,
        presence: Option<Presence<'a>>,
    ) -> Walk<'a> {
        let outcome = draws.outcome(robot, attempt);
        let group = draws.group(robot);
        let (steps, pauses) = (group.steps[first..].iter(), group.pauses.as_ref());
        Walk { draws, robot, attempt, outcome, broken: &[], steps, pauses, within: true, presence, at }
    }

    /// The same of a robot with these defects (R22).
    pub(super) fn broken(self, broken: &'a [Option<Defect>]) -> Walk<'a> {
        Walk { broken, ..self }
    }

    /// When the next step is entered, unless the walk began in its middle: in a window.
    pub fn enter(&mut self) -> Time {
        if let (Some(windows), false) = (self.pauses, self.within) {
            self.at = windows.opens(self.at);
        }
        self.within = true;
        self.at
    }

    /// The step that comes next.
    pub fn next_step(&self) -> Option<&'a StepPlan> {
        self.steps.as_slice().first()
    }

    /// Walks the next step. Where the robot has to be online for that it is given up at `limit`.
    pub fn pass(&mut self, limit: Time) -> Option<Passage<'a>> {
        let step = self.steps.next()?;
        let entered = self.enter();
        self.within = false;
        let latency = self.draws.latency(step, self.robot, self.attempt);
        self.at = match &mut self.presence {
            _ if entered == Time::NEVER => Time::NEVER,
            Some(presence) if needs_connection(step.step) => {
                presence.work(entered, latency, limit).unwrap_or(Time::NEVER)
            }
            _ => entered + latency,
        };
        // Where it is broken it fails, whatever its luck.
        if self.draws.odds.step(step.place).hangs(self.outcome) && self.defect(step).is_none() {
            self.at = Time::NEVER;
        }
        Some(Passage { step, entered, until: self.at })
    }

    /// How the robot is broken at the end of the step that was walked last, if it is not repaired by then.
    pub(super) fn defect(&self, step: &StepPlan) -> Option<Defect> {
        let defect = self.broken.get(usize::from(step.defect_slot?))?;
        defect.filter(|defect| self.at < defect.until)
    }

    /// With which code the attempt's luck has it fail at the end of a step, if it does.
    pub fn failure(&self, step: &StepPlan) -> Option<DeploymentJobErrorCode> {
        self.draws.odds.step(step.place).failure(self.outcome)
    }

    /// The first instant from `at` on at which the robot is online, or never.
    pub fn online_from(&mut self, at: Time) -> Time {
        self.presence.as_mut().map_or(at, |presence| presence.online_from(at))
    }
}
