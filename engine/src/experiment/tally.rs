//! The tally: everything that is remembered of replications.

use std::ops::Index;

use super::{InSyncCurve, LimitsSeen, OverTime};
use crate::measure::{Bound, EventId, MEASURES, Measure, NumberId, OfRobots, Source};
use crate::rollout::{Controller, DeploymentJobErrorCode, RobotEnd, Word};
use crate::simulation::{Event, Observer, Plan, Replication, Since};
use crate::statistics::{ClusteredSample, Numbers, Sample, Unit, Waiting};
use crate::time::{Span, Time};

/// Counts, sums and histograms of replications, by measure. Watches a campaign for what concerns single robots;
/// [`Tally::end_replication`] adds the rest. Merging is exact in any order.
///
/// It is indexed with the names that code has for measures: `tally[measure::TIME_TO_SUCCESS]` is a [`Sample`],
/// `tally[measure::IN_SYNC]` a count.
#[derive(Clone, Debug)]
pub struct Tally {
    /// What controllers held jobs to.
    pub limits: LimitsSeen,
    since: Since,
    /// How many replications were added.
    pub replications: u64,
    /// By the place of the measure.
    kept: Vec<Kept>,
    /// Times of robots, by [`OfRobots`].
    pub(crate) robots: [ClusteredSample; OfRobots::ALL.len()],
    /// What has not been counted of these.
    waiting: Waiting<{ OfRobots::ALL.len() }>,
    /// How often first jobs ended in each of their controller's outcomes, in its order.
    pub job_outcomes: Vec<(Word, u64)>,
    /// By [`DeploymentJobErrorCode`], over all attempts.
    pub failure_codes: [u64; DeploymentJobErrorCode::ALL.len()],
    /// What plots show over time, if they are wanted.
    pub curves: Option<Curves>,
    /// The same of each build's replications alone, if there are builds (R15).
    pub builds: Vec<Tally>,
}

/// What is kept of a measure.
#[derive(Clone, Debug)]
enum Kept {
    /// It is kept elsewhere, or the scenario has not got what it is about.
    Nothing,
    /// In how many replications it happened.
    Count(u64),
    /// At most one number a replication.
    Sample(Sample),
}

impl Kept {
    fn new(measure: &Measure, plan: &Plan) -> Kept {
        match measure.source {
            _ if !measure.part.is_planned(plan) => Kept::Nothing,
            Source::Event(_) => Kept::Count(0),
            Source::Number(_) => {
                let sample = match measure.bound.reach(plan) {
                    Some(reach) => Sample::with_bound(measure.unit, reach),
                    None => Sample::new(measure.unit),
                };
                Kept::Sample(sample.with_support(measure.bound.support(plan)))
            }
            Source::Replications | Source::Robots(_) | Source::JobOutcomes | Source::Codes => Kept::Nothing,
        }
    }

    fn merge(&mut self, other: &Kept) {
        match (self, other) {
            (Kept::Count(count), Kept::Count(other)) => *count += other,
            (Kept::Sample(sample), Kept::Sample(other)) => sample.merge(other),
            _ => (),
        }
    }
}

/// What plots show over time.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The share of the fleet in sync.
    pub in_sync: InSyncCurve,
    /// Robots that are deploying.
    pub in_flight: OverTime,
    /// The origin's rate in bits a second, if downloads take their own time (R16).
    pub egress: Option<OverTime>,
}

impl Tally {
    /// About so many bytes one takes, as measured.
    pub const ABOUT: u64 = 1_500_000;

    /// A tally of nothing.
    pub fn new(plan: &Plan, curves: bool) -> Tally {
        Tally {
            limits: LimitsSeen::default(),
            since: Since::new(plan.fleet_size),
            replications: 0,
            kept: MEASURES.iter().map(|measure| Kept::new(measure, plan)).collect(),
            robots: OfRobots::ALL
                .map(|_| ClusteredSample::new(Unit::Seconds).with_support(Bound::Horizon.support(plan))),
            waiting: Waiting::default(),
            job_outcomes: plan.controller.outcomes().iter().map(|outcome| (Word::of(outcome.name), 0)).collect(),
            failure_codes: [0; DeploymentJobErrorCode::ALL.len()],
            curves: curves.then(|| Curves {
                in_sync: InSyncCurve::new(plan.most_robots),
                in_flight: OverTime::default(),
                egress: plan.download.map(|_| OverTime::default()),
            }),
            builds: Vec::new(),
        }
    }

    /// The tally of all replications from those of each build, or from a single one where there are no builds (R15).
    pub fn of_builds(plan: &Plan, curves: bool, mut builds: Vec<Tally>) -> Tally {
        if plan.odds.builds() == 0 {
            return builds.swap_remove(0);
        }
        let mut whole = Tally::new(plan, curves);
        builds.iter().for_each(|tally| whole.merge(tally));
        Tally { builds, ..whole }
    }

    /// Adds a replication that this tally has watched.
    pub fn end_replication(&mut self, replication: &Replication) {
        self.replications += 1;
        for (measure, kept) in MEASURES.iter().zip(&mut self.kept) {
            match (measure.source, kept) {
                (Source::Event(happened), Kept::Count(count)) => *count += u64::from(happened(replication)),
                (Source::Number(number), Kept::Sample(sample)) => {
                    if let Some(number) = number(replication) {
                        sample.record(number);
                    }
                }
                _ => (),
            }
        }
        let outcome = replication.first_job_outcome();
        for (_, count) in self.job_outcomes.iter_mut().filter(|(word, _)| Some(*word) == outcome) {
            *count += 1;
        }
        self.waiting.count(self.robots.each_mut());
        self.robots.iter_mut().for_each(ClusteredSample::end_cluster);
        self.since.clear();
        if let Some(curves) = &mut self.curves {
            curves.end_replication(replication.ended);
        }
    }

    /// Adds another tally of the same plan; both between replications.
    pub fn merge(&mut self, other: &Tally) {
        self.replications += other.replications;
        self.limits.merge(&other.limits);
        self.kept.iter_mut().zip(&other.kept).for_each(|(kept, other)| kept.merge(other));
        self.robots.iter_mut().zip(&other.robots).for_each(|(times, other)| times.merge(other));
        self.job_outcomes.iter_mut().zip(&other.job_outcomes).for_each(|((_, count), (_, other))| *count += other);
        self.failure_codes.iter_mut().zip(&other.failure_codes).for_each(|(count, other)| *count += other);
        if let (Some(curves), Some(other)) = (&mut self.curves, &other.curves) {
            curves.merge(other);
        }
        self.builds.iter_mut().zip(&other.builds).for_each(|(build, other)| build.merge(other));
    }

    /// The numbers of a measure, if it has any and the scenario has the part that it needs.
    pub fn numbers(&self, measure: &Measure) -> Option<Numbers<'_>> {
        match (measure.source, &self.kept[measure.place()]) {
            (Source::Robots(of), _) => Some(Numbers::Clustered(&self.robots[of as usize])),
            (_, Kept::Sample(sample)) => Some(Numbers::Independent(sample)),
            _ => None,
        }
    }

    /// In how many replications a measure's event happened, if it has one.
    pub fn count(&self, measure: &Measure) -> Option<u64> {
        match self.kept[measure.place()] {
            Kept::Count(count) => Some(count),
            _ => None,
        }
    }

    /// How often first jobs ended in this outcome.
    pub fn ended_as(&self, outcome: Word) -> u64 {
        self.job_outcomes.iter().filter(|(word, _)| *word == outcome).map(|(_, count)| count).sum()
    }

    #[cold]
    fn count_failure(&mut self, end: RobotEnd) {
        if let Some(code) = end.failure_code() {
            self.failure_codes[code as usize] += 1;
        }
    }
}

impl Index<NumberId> for Tally {
    type Output = Sample;

    fn index(&self, id: NumberId) -> &Sample {
        match &self.kept[id.place()] {
            Kept::Sample(sample) => sample,
            _ => unreachable!("names are of numbers that every scenario has"),
        }
    }
}

impl Index<EventId> for Tally {
    type Output = u64;

    fn index(&self, id: EventId) -> &u64 {
        match &self.kept[id.place()] {
            Kept::Count(count) => count,
            _ => unreachable!("names are of events that every scenario has"),
        }
    }
}

impl Curves {
    fn end_replication(&mut self, ended: Time) {
        self.in_sync.end_replication();
        self.in_flight.end_replication(ended);
        if let Some(egress) = &mut self.egress {
            egress.end_replication(ended);
        }
    }

    fn merge(&mut self, other: &Curves) {
        self.in_sync.merge(&other.in_sync);
        self.in_flight.merge(&other.in_flight);
        if let (Some(egress), Some(other)) = (&mut self.egress, &other.egress) {
            egress.merge(other);
        }
    }
}

impl Observer for Tally {
    #[inline(always)]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::RobotEnded { robot, started, end: RobotEnd::InSync } => {
                // In the order of `OfRobots::ALL`.
                let times = [now - self.since.of(robot), now - started].map(Span::micros);
                if self.waiting.record(times) {
                    self.waiting.count(self.robots.each_mut());
                }
            }
            Event::RobotEnded { end, .. } => self.count_failure(end),
            // An attempt's code was counted when it ended as `NoResponse`, so a late failure adds none.
            Event::RobotEndedLate { robot, end: RobotEnd::InSync } => {
                self.robots[OfRobots::TimeToSuccess as usize].record((now - self.since.of(robot)).micros());
            }
            Event::RobotRegistered(_) => self.since.register(now),
            Event::JobOver(job) => self.limits.add(job),
            // No curve shows it.
            Event::RobotProgressed(_) => return,
            _ => {}
        }
        if let Some(curves) = &mut self.curves {
            // A copy: an event that itself goes where it is not inlined would be written to memory for all.
            let event = *event;
            curves.see(now, &event);
        }
    }
}

impl Observer for Curves {
    fn see(&mut self, now: Time, event: &Event<'_>) {
        self.in_sync.see(now, event);
        match event {
            Event::RobotStarted { .. } => self.in_flight.set(now, self.in_flight.level() + 1),
            Event::RobotEnded { .. } => self.in_flight.set(now, self.in_flight.level() - 1),
            Event::EgressChanged(rate) => {
                if let Some(egress) = &mut self.egress {
                    egress.set(now, *rate);
                }
            }
            _ => {}
        }
    }
}
