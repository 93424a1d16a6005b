//! Looks at each replication for what the expectations are about.

use super::test::Test;
use crate::experiment::Each;
use crate::measure::{OfRobots, Source};
use crate::rollout::{RobotEnd, RobotId};
use crate::simulation::{Event, Observer, Plan, Replication, Since};
use crate::time::{Span, Time};

/// What a replication says of an expectation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Observation {
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
    /// One for each expectation.
    pub observations: Box<[Observation]>,
}

/// What to look for.
pub struct Watching<'a> {
    plan: &'a Plan,
    /// By expectation; none for what is decided.
    sources: Vec<Option<Source>>,
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
pub type Wanted = (Source, [u128; 2]);

impl<'a> Watching<'a> {
    /// Looks for what these tests need; none for what is decided.
    pub fn new<'t>(plan: &'a Plan, tests: impl Iterator<Item = Option<&'t Test>>) -> Watching<'a> {
        Watching::of(plan, tests.map(|test| test.map(Test::wanted)))
    }

    /// Looks for these.
    pub fn of(plan: &'a Plan, wanted: impl Iterator<Item = Option<Wanted>>) -> Watching<'a> {
        let (mut sources, mut robots) = (Vec::new(), Vec::new());
        for (expectation, wanted) in wanted.enumerate() {
            if let Some((Source::Robots(of), limits)) = wanted {
                robots.push(Probe { expectation, of, limits, robots: Robots::default() });
            }
            sources.push(wanted.map(|(source, _)| source));
        }
        Watching { plan, sources, robots }
    }
}

/// Counts the robots of the present replication.
pub struct RobotTimes {
    since: Since,
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
        self.record(OfRobots::TimeToSuccess, now - self.since.of(robot));
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
            Event::RobotRegistered(_) => self.since.register(now),
            _ => {}
        }
    }
}

impl Each for Watching<'_> {
    type Watch = RobotTimes;
    type Seen = Seen;

    fn watch(&self) -> RobotTimes {
        RobotTimes { since: Since::new(self.plan.fleet_size), probes: self.robots.clone() }
    }

    fn seen(&self, watch: &mut RobotTimes, replication: &Replication) -> Seen {
        let observe = |source: &Option<Source>| match source {
            Some(Source::Event(happened)) => Observation::Event(happened(replication)),
            Some(Source::Number(number)) => number(replication).map_or(Observation::Nothing, Observation::Number),
            // Robots' times are taken from the watch below.
            Some(Source::Robots(_) | Source::Replications | Source::Codes) | None => Observation::Nothing,
        };
        let mut observations: Box<[Observation]> = self.sources.iter().map(observe).collect();
        for probe in &mut watch.probes {
            observations[probe.expectation] = Observation::Robots(std::mem::take(&mut probe.robots));
        }
        watch.since.clear();
        Seen { build: replication.build, observations }
    }
}
