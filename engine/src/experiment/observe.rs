//! What replications say of measures one by one, for tests over replications.

use super::Each;
use crate::measure::{Measure, OfRobots, Source};
use crate::rollout::{RobotEnd, RobotId, Word};
use crate::simulation::{Event, Observer, Plan, Replication, Since};
use crate::time::{Span, Time};

/// What a replication says of a measure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Observation {
    /// Nothing: it has no such number, or nobody asked.
    #[default]
    Nothing,
    /// Whether it happened.
    Event(bool),
    /// A number in whole units.
    Number(u128),
    /// A time that never comes.
    Never,
    /// What the times of its robots come to.
    Robots(RobotTimes),
}

/// What the times of a replication's robots come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RobotTimes {
    /// How many there are.
    pub count: u64,
    /// How many are less than each of two limits.
    pub below: [u64; 2],
    /// Their sum in microseconds.
    pub sum: u128,
}

/// What a replication says.
#[derive(Debug)]
pub struct Observed {
    /// Which build it was about.
    pub build: Option<usize>,
    /// In the order in which they were asked for.
    pub observations: Box<[Observation]>,
}

/// A measure to be observed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    measure: &'static Measure,
    /// Of one group, or of all.
    group: Option<usize>,
    /// Of the outcomes of the first job the one that is asked for.
    outcome: Option<Word>,
    limits: [u128; 2],
}

impl Wanted {
    /// A measure, of outcomes one of them; times of robots are counted below two limits.
    pub fn new(measure: &'static Measure, outcome: Option<Word>, limits: [u128; 2]) -> Wanted {
        Wanted { measure, group: None, outcome, limits }
    }

    /// The same of one group, if any.
    pub fn of_group(self, group: Option<usize>) -> Wanted {
        Wanted { group, ..self }
    }
}

/// Observes measures in each replication.
pub struct Observe<'a> {
    plan: &'a Plan,
    /// None for what nobody asks any more.
    wanted: Vec<Option<Wanted>>,
}

impl<'a> Observe<'a> {
    /// Observes the wanted measures, and nothing else.
    pub fn new(plan: &'a Plan, wanted: impl Iterator<Item = Option<Wanted>>) -> Observe<'a> {
        Observe { plan, wanted: wanted.collect() }
    }
}

/// Adds up times of robots of the present replication.
pub struct RobotWatch {
    since: Since,
    probes: Vec<Probe>,
}

/// Times of robots that are added up.
struct Probe {
    /// Which of the measures that are wanted it is about.
    place: usize,
    of: OfRobots,
    group: Option<usize>,
    limits: [u128; 2],
    times: RobotTimes,
}

impl RobotWatch {
    fn record(&mut self, of: OfRobots, robot: RobotId, time: Span) {
        let group = self.since.group_of(robot);
        let is_about = |probe: &&mut Probe| probe.of == of && probe.group.is_none_or(|wanted| wanted == group);
        for probe in self.probes.iter_mut().filter(is_about) {
            let micros = u128::from(time.micros());
            probe.times.count += 1;
            probe.times.sum += micros;
            for (below, limit) in probe.times.below.iter_mut().zip(probe.limits) {
                *below += u64::from(micros < limit);
            }
        }
    }

    fn in_sync(&mut self, now: Time, robot: RobotId) {
        self.record(OfRobots::TimeToSuccess, robot, now - self.since.of(robot));
    }
}

impl Observer for RobotWatch {
    #[inline]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::RobotEnded { robot, started, end: RobotEnd::InSync } if !self.probes.is_empty() => {
                self.in_sync(now, robot);
                self.record(OfRobots::Deployment, robot, now - started);
            }
            Event::RobotEndedLate { robot, end: RobotEnd::InSync } if !self.probes.is_empty() => {
                self.in_sync(now, robot);
            }
            Event::RobotRegistered { group, .. } => self.since.register(now, group),
            _ => {}
        }
    }
}

impl Each for Observe<'_> {
    type Watch = RobotWatch;
    type Seen = Observed;

    fn watch(&self) -> RobotWatch {
        let probe = |(place, wanted): (usize, &Option<Wanted>)| {
            let Wanted { measure, group, limits, .. } = (*wanted)?;
            let Source::Robots(of) = measure.source else { return None };
            Some(Probe { place, of, group, limits, times: RobotTimes::default() })
        };
        let probes = self.wanted.iter().enumerate().filter_map(probe).collect();
        RobotWatch { since: Since::new(self.plan), probes }
    }

    fn seen(&self, watch: &mut RobotWatch, replication: &Replication) -> Observed {
        let observe = |wanted: &Wanted| match wanted.measure.source {
            Source::Event(happened) => Observation::Event(happened(replication)),
            Source::JobOutcomes => {
                Observation::Event(wanted.outcome.is_some() && replication.first_job_outcome() == wanted.outcome)
            }
            Source::Number(_) => {
                let none = if wanted.measure.lasting { Observation::Never } else { Observation::Nothing };
                wanted.measure.number(replication, wanted.group).map_or(none, Observation::Number)
            }
            // Robots' times are taken from the watch below.
            Source::Robots(_) | Source::Replications | Source::Codes | Source::GroupSize => Observation::Nothing,
        };
        let observe = |wanted: &Option<Wanted>| wanted.as_ref().map_or(Observation::Nothing, observe);
        let mut observations: Box<[Observation]> = self.wanted.iter().map(observe).collect();
        for probe in &mut watch.probes {
            observations[probe.place] = Observation::Robots(std::mem::take(&mut probe.times));
        }
        watch.since.clear();
        Observed { build: replication.build, observations }
    }
}
