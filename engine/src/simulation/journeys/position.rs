//! Where a deployment is, for those who look at it.

use super::{Guide, Journeys, Passage, Presence, Stage, Walk};
use crate::rollout::{RobotDeploymentStep, RobotId};
use crate::time::{Span, Time};

/// Where a robot's deployment is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// The step that it is in.
    pub step: RobotDeploymentStep,
    /// How much of the step's time in work is over, or of its bundle: 0..=1.
    pub done: f64,
    /// How long the step goes on if nothing comes in between; none if that is not known.
    pub left: Option<Span>,
}

impl Journeys {
    /// Where the robot's deployment is at `now`, which is not before the present instant; none if it has none.
    pub fn position(&mut self, guide: Guide<'_>, robot: RobotId, now: Time) -> Option<Position> {
        let journey = &self.journeys[robot as usize];
        let left = match (journey.stage, &mut self.downloads) {
            (Stage::Idle, _) => return None,
            (Stage::Downloading, Some(downloads)) => downloads.remaining(robot, now),
            (Stage::Paused(left), _) => Some((left, None)),
            _ => None,
        };
        if let Some((left, time)) = left {
            let (step, bundle) = (RobotDeploymentStep::DownloadingExtracting, guide.draws.bundle(robot));
            let done = left.delivered_bytes(bundle) as f64 / bundle as f64;
            return Some(Position { step, done, left: time });
        }
        let group = guide.draws.group(robot);
        let mut timeline = journey.timeline.clone();
        let outages = self.outages.get(&robot);
        let presence = Presence::new(group.connectivity.as_ref(), timeline.as_mut(), outages, guide.stop);
        let (attempt, first) = ((robot, journey.attempt), usize::from(journey.first));
        let mut walk = Walk::new(guide.draws, attempt, first, journey.entered, presence).broken(self.defects.of(robot));
        while let Some(Passage { step, entered, until }) = walk.pass(Time::MAX) {
            if now < until {
                let whole = until.micros() - entered.micros();
                let over = now.micros().saturating_sub(entered.micros());
                let left = (until != Time::NEVER).then(|| until - now.max(entered));
                return Some(Position { step: step.step, done: over as f64 / whole as f64, left });
            }
        }
        Some(Position { step: RobotDeploymentStep::Finished, done: 1.0, left: Some(Span::ZERO) })
    }
}
