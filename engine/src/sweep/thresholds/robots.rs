//! What is counted of single robots, until it is known for which thresholds.

use crate::measure::OfRobots;
use crate::rollout::{DeploymentJobErrorCode, RobotEnd};
use crate::simulation::{Event, Observer, Plan, Since};
use crate::time::{Span, Time};

/// Watches a path and all that leaves it, one after another.
pub struct Robots {
    since: Since,
    /// In microseconds, by [`OfRobots`].
    numbers: [Vec<u64>; OfRobots::ALL.len()],
    codes: Vec<DeploymentJobErrorCode>,
}

/// How much has been seen.
#[derive(Clone, Debug, Default)]
pub struct Bookmark {
    registered: usize,
    numbers: [usize; OfRobots::ALL.len()],
    codes: usize,
}

/// What has been seen between two marks.
pub struct Seen<'a> {
    /// As [`Robots`] has them.
    pub numbers: [&'a [u64]; OfRobots::ALL.len()],
    pub codes: &'a [DeploymentJobErrorCode],
}

impl Robots {
    /// None seen so far.
    pub fn new(plan: &Plan) -> Robots {
        Robots { since: Since::new(plan.fleet_size), numbers: Default::default(), codes: Vec::new() }
    }

    /// Forgets all; keeps the memory.
    pub fn clear(&mut self) {
        self.since.clear();
        self.numbers.iter_mut().for_each(Vec::clear);
        self.codes.clear();
    }

    /// How much has been seen so far.
    pub fn mark(&self) -> Bookmark {
        let numbers = self.numbers.each_ref().map(Vec::len);
        Bookmark { registered: self.since.registered(), numbers, codes: self.codes.len() }
    }

    /// Registrations since a mark were those of another campaign.
    pub fn forget_registrations_since(&mut self, mark: &Bookmark) {
        self.since.truncate(mark.registered);
    }

    /// What was seen between two marks.
    pub fn between(&self, from: &Bookmark, until: &Bookmark) -> Seen<'_> {
        let between = |of: OfRobots| &self.numbers[of as usize][from.numbers[of as usize]..until.numbers[of as usize]];
        Seen { numbers: OfRobots::ALL.map(between), codes: &self.codes[from.codes..until.codes] }
    }

    fn record(&mut self, of: OfRobots, time: Span) {
        self.numbers[of as usize].push(time.micros());
    }
}

impl Seen<'_> {
    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.numbers.iter().all(|numbers| numbers.is_empty()) && self.codes.is_empty()
    }
}

impl Observer for Robots {
    #[inline(always)]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::RobotEnded { robot, started, end: RobotEnd::InSync } => {
                self.record(OfRobots::TimeToSuccess, now - self.since.of(robot));
                self.record(OfRobots::Deployment, now - started);
            }
            Event::RobotEnded { end, .. } => self.codes.extend(end.failure_code()),
            Event::RobotEndedLate { robot, end: RobotEnd::InSync } => {
                self.record(OfRobots::TimeToSuccess, now - self.since.of(robot));
            }
            Event::RobotRegistered(_) => self.since.register(now),
            _ => {}
        }
    }
}
