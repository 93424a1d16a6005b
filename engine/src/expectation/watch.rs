//! Looks at each replication for what the expectations are about.

use super::test::Test;
use crate::experiment::Each;
use crate::metric::{Observed, OfRobots};
use crate::rollout::{RobotEnd, RobotId};
use crate::simulation::{Event, Observer, Plan, Replication};
use crate::time::{Span, Time};

/// What a replication says of an expectation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Observation {
    /// Nothing.
    #[default]
    Nothing,
    /// Whether it happened.
    Event(bool),
    /// A number in whole units.
    Number(u128),
    /// Of robots' times.
    Robots(Robots),
}

/// What the times of a replication's robots come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    /// How many there are.
    pub count: u64,
    /// How many are less than each of two limits.
    pub below: [u64; 2],
    /// Their sum in microseconds.
    pub sum: u128,
}

/// What a replication says.
#[derive(Debug)]
pub struct Seen {
    /// Which build it was about.
    pub build: Option<usize>,
    /// By expectation.
    pub observations: Box<[Observation]>,
}

/// What to look for.
pub struct Watching<'a> {
    plan: &'a Plan,
    /// By expectation; none for what is decided.
    observed: Vec<Option<Observed>>,
    /// Expectations about robots with their limits.
    robots: Vec<Probe>,
}

/// Times of robots that are counted.
#[derive(Clone, Copy, Debug)]
struct Probe {
    expectation: usize,
    of: OfRobots,
    limits: [u128; 2],
    robots: Robots,
}

/// What is to be seen of a replication, and for robots' times the limits below which they are counted.
pub type Wanted = (Observed, [u128; 2]);

impl<'a> Watching<'a> {
    /// Looks for what these tests need; none for what is decided.
    pub fn new<'t>(plan: &'a Plan, tests: impl Iterator<Item = Option<&'t Test>>) -> Watching<'a> {
        Watching::of(plan, tests.map(|test| test.map(Test::wanted)))
    }

    /// Looks for these.
    pub fn of(plan: &'a Plan, wanted: impl Iterator<Item = Option<Wanted>>) -> Watching<'a> {
        let (mut observed, mut robots) = (Vec::new(), Vec::new());
        for (expectation, wanted) in wanted.enumerate() {
            if let Some((Observed::Robots(of), limits)) = wanted {
                robots.push(Probe { expectation, of, limits, robots: Robots::default() });
            }
            observed.push(wanted.map(|(observed, _)| observed));
        }
        Watching { plan, observed, robots }
    }
}

/// Counts the robots of the present replication.
pub struct RobotTimes {
    fleet_size: u32,
    /// When robots have registered since (R13).
    registered: Vec<Time>,
    probes: Vec<Probe>,
}

impl RobotTimes {
    fn record(&mut self, of: OfRobots, time: Span) {
        for probe in self.probes.iter_mut().filter(|probe| probe.of == of) {
            let micros = u128::from(time.micros());
            probe.robots.count += 1;
            probe.robots.sum += micros;
            for (below, limit) in probe.robots.below.iter_mut().zip(probe.limits) {
                *below += u64::from(micros < limit);
            }
        }
    }

    fn in_sync(&mut self, now: Time, robot: RobotId) {
        let since = robot.checked_sub(self.fleet_size).map_or(Time::ZERO, |later| self.registered[later as usize]);
        self.record(OfRobots::TimeToSuccess, now - since);
    }
}

impl Observer for RobotTimes {
    #[inline]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::RobotEnded { robot, started, end: RobotEnd::InSync } if !self.probes.is_empty() => {
                self.in_sync(now, robot);
                self.record(OfRobots::Deployment, now - started);
            }
            Event::RobotEndedLate { robot, end: RobotEnd::InSync } if !self.probes.is_empty() => {
                self.in_sync(now, robot);
            }
            Event::RobotRegistered(_) => self.registered.push(now),
            _ => {}
        }
    }
}

impl Each for Watching<'_> {
    type Watch = RobotTimes;
    type Seen = Seen;

    fn watch(&self) -> RobotTimes {
        RobotTimes { fleet_size: self.plan.fleet_size, registered: Vec::new(), probes: self.robots.clone() }
    }

    fn seen(&self, watch: &mut RobotTimes, replication: &Replication) -> Seen {
        let observe = |observed: &Option<Observed>| match observed {
            Some(Observed::Event(happened)) => Observation::Event(happened(replication)),
            Some(Observed::Number(number)) => {
                number(replication, self.plan).map_or(Observation::Nothing, Observation::Number)
            }
            // Taken from the watch below.
            Some(Observed::Robots(_)) | None => Observation::Nothing,
        };
        let mut observations: Box<[Observation]> = self.observed.iter().map(observe).collect();
        for probe in &mut watch.probes {
            observations[probe.expectation] = Observation::Robots(std::mem::take(&mut probe.robots));
        }
        watch.registered.clear();
        Seen { build: replication.build, observations }
    }
}
