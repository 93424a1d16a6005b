//! What is counted of single robots, until it is known for which thresholds.

use crate::measure::OfRobots;
use crate::rollout::{DeploymentJobErrorCode, RobotEnd, RobotId};
use crate::simulation::{Event, Observer, Plan, Since};
use crate::time::{Span, Time};

/// Watches a path and all that leaves it, one after another.
///
/// A robot in flight where a fork leaves the path comes to the same end on both, if the fork only waits for it. So it is
/// counted once, at the first fork that finds it, for this one and all that follow: not at later forks, and not where it
/// ends on the path.
pub struct Robots {
    since: Since,
    seen_on: SeenOn,
    /// Of each robot in flight on the path that has been counted at a fork the latest fork that has seen it end; else 0.
    counted: Vec<u32>,
    /// In microseconds: those of all robots by [`OfRobots`], then those of each group, if there is more than one.
    numbers: Vec<Vec<u64>>,
    by_group: bool,
    codes: Vec<DeploymentJobErrorCode>,
}

/// Where a robot is seen. Forks of a path have numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenOn {
    Path,
    /// On a fork that waits for robots of the path.
    Drain(u32),
    /// On a fork that goes its own way.
    Fork(u32),
}

/// How much has been seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    registered: usize,
    /// None before anything was seen.
    numbers: Vec<usize>,
    codes: usize,
}

/// What has been seen between two marks.
pub struct Seen<'a> {
    /// As [`Robots`] has them.
    pub numbers: Vec<&'a [u64]>,
    pub codes: &'a [DeploymentJobErrorCode],
}

impl Robots {
    /// None seen so far.
    pub fn new(plan: &Plan) -> Robots {
        let by_group = plan.groups().len() > 1;
        let samples = OfRobots::ALL.len() * if by_group { 1 + plan.groups().len() } else { 1 };
        Robots {
            since: Since::new(plan),
            seen_on: SeenOn::Path,
            counted: Vec::new(),
            numbers: vec![Vec::new(); samples],
            by_group,
            codes: Vec::new(),
        }
    }

    /// Forgets all; keeps the memory.
    pub fn clear(&mut self) {
        self.since.clear();
        self.seen_on = SeenOn::Path;
        self.counted.clear();
        self.numbers.iter_mut().for_each(Vec::clear);
        self.codes.clear();
    }

    /// From now on robots are seen there.
    pub fn look(&mut self, on: SeenOn) {
        self.seen_on = on;
    }

    /// Whether no robot has been counted that has not ended on the path yet.
    pub fn all_have_ended(&self) -> bool {
        self.counted.iter().all(|fork| *fork == 0)
    }

    /// Whether the end of a robot is to be counted.
    #[inline(always)]
    fn counts(&mut self, robot: RobotId) -> bool {
        let robot = robot as usize;
        match self.seen_on {
            SeenOn::Path => self.counted.get_mut(robot).is_none_or(|counted| std::mem::take(counted) == 0),
            SeenOn::Drain(fork) => {
                if robot >= self.counted.len() {
                    self.counted.resize(robot + 1, 0);
                }
                std::mem::replace(&mut self.counted[robot], fork) == 0
            }
            // Only its first end is that of the path.
            SeenOn::Fork(fork) => match self.counted.get_mut(robot) {
                Some(counted) if *counted != 0 => std::mem::replace(counted, fork) == fork,
                _ => true,
            },
        }
    }

    /// How many samples their times are in.
    pub fn samples(&self) -> usize {
        self.numbers.len()
    }

    /// How much has been seen so far.
    pub fn mark(&self) -> Bookmark {
        let numbers = self.numbers.iter().map(Vec::len).collect();
        Bookmark { registered: self.since.registered(), numbers, codes: self.codes.len() }
    }

    /// Registrations since a mark were those of another campaign.
    pub fn forget_registrations_since(&mut self, mark: &Bookmark) {
        self.since.truncate(mark.registered);
    }

    /// What was seen between two marks.
    pub fn between<'a>(&'a self, from: &Bookmark, until: &Bookmark) -> Seen<'a> {
        let at = |mark: &Bookmark, sample: usize| mark.numbers.get(sample).copied().unwrap_or(0);
        let between = |(sample, numbers): (usize, &'a Vec<u64>)| &numbers[at(from, sample)..at(until, sample)];
        Seen {
            numbers: self.numbers.iter().enumerate().map(between).collect(),
            codes: &self.codes[from.codes..until.codes],
        }
    }

    fn record(&mut self, of: OfRobots, robot: RobotId, time: Span) {
        self.numbers[of as usize].push(time.micros());
        if self.by_group {
            let group = self.since.group_of(robot);
            self.numbers[OfRobots::ALL.len() * (1 + group) + of as usize].push(time.micros());
        }
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
            Event::RobotEnded { robot, started, end } if self.counts(robot) => match end {
                RobotEnd::InSync => {
                    self.record(OfRobots::TimeToSuccess, robot, now - self.since.of(robot));
                    self.record(OfRobots::Deployment, robot, now - started);
                }
                end => self.codes.extend(end.failure_code()),
            },
            Event::RobotEndedLate { robot, end: RobotEnd::InSync } => {
                self.record(OfRobots::TimeToSuccess, robot, now - self.since.of(robot));
            }
            Event::RobotRegistered { group, .. } => self.since.register(now, group),
            _ => {}
        }
    }
}
