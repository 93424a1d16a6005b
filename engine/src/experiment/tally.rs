//! The tally: everything that is remembered of replications.

use std::ops::Index;

use super::{InSyncCurve, LimitsSeen, OverTime};
use crate::measure::{Bound, EventId, GroupSource, MEASURES, Measure, NumberId, OfRobots, Source};
use crate::rollout::{Controller, DeploymentJobErrorCode, JobKind, RobotEnd, RobotId, Word};
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
    /// Of each group's robots alone what measures have of groups, if there is more than one (R23).
    pub groups: Vec<Tally>,
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
    /// Of all replications, or of one of their groups.
    fn new(measure: &Measure, plan: &Plan, group: Option<usize>) -> Kept {
        let is_number = match group {
            None => matches!(measure.source, Source::Number(_)),
            Some(_) => matches!(measure.of_group, Some(GroupSource::Number(_))),
        };
        match measure.source {
            _ if !measure.part.is_planned(plan) => Kept::Nothing,
            Source::Event(_) if group.is_none() => Kept::Count(0),
            _ if is_number => {
                let sample = match measure.bound.reach(plan) {
                    Some(reach) => Sample::with_bound(measure.unit, reach),
                    None => Sample::new(measure.unit),
                };
                let sample = sample.with_support(measure.bound.support(plan, plan.most_robots_of(group)));
                Kept::Sample(if measure.lasting { sample.with_never() } else { sample })
            }
            _ => Kept::Nothing,
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
    /// The share of each group in sync, if there is more than one (R23).
    pub groups: Vec<InSyncCurve>,
}

impl Tally {
    /// About so many bytes one takes, as measured.
    pub const ABOUT: u64 = 1_500_000;

    /// A tally of nothing.
    pub fn new(plan: &Plan, curves: bool) -> Tally {
        let several = plan.groups().len() > 1;
        let groups = if several { 0..plan.groups().len() } else { 0..0 };
        let curves = curves.then(|| Curves {
            in_sync: InSyncCurve::new(plan.most_robots),
            in_flight: OverTime::default(),
            egress: plan.download.map(|_| OverTime::default()),
            groups: groups.clone().map(|group| InSyncCurve::new(plan.most_robots_of(Some(group)))).collect(),
        });
        let groups = groups.map(|group| Tally::part(plan, Some(group))).collect();
        Tally { curves, groups, ..Tally::part(plan, None) }
    }

    /// Of all replications, or of one of their groups, without what either is made of.
    fn part(plan: &Plan, group: Option<usize>) -> Tally {
        Tally {
            limits: LimitsSeen::default(),
            since: Since::new(plan),
            replications: 0,
            kept: MEASURES.iter().map(|measure| Kept::new(measure, plan, group)).collect(),
            robots: OfRobots::ALL.map(|_| {
                ClusteredSample::new(Unit::Seconds).with_support(Bound::Horizon.support(plan, plan.most_robots))
            }),
            waiting: Waiting::default(),
            job_outcomes: plan.controller.outcomes().iter().map(|outcome| (Word::of(outcome.name), 0)).collect(),
            failure_codes: [0; DeploymentJobErrorCode::ALL.len()],
            curves: None,
            builds: Vec::new(),
            groups: Vec::new(),
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
        self.end(replication, None);
        for (group, tally) in self.groups.iter_mut().enumerate() {
            tally.end(replication, Some(group));
        }
    }

    fn end(&mut self, replication: &Replication, group: Option<usize>) {
        self.replications += 1;
        for (measure, kept) in MEASURES.iter().zip(&mut self.kept) {
            match (measure.source, kept) {
                (Source::Event(happened), Kept::Count(count)) => *count += u64::from(happened(replication)),
                (_, Kept::Sample(sample)) => match measure.number(replication, group) {
                    Some(number) => sample.record(number),
                    None if measure.lasting => sample.record_never(),
                    None => (),
                },
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
        self.groups.iter_mut().zip(&other.groups).for_each(|(group, other)| group.merge(other));
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

    /// All samples of times of robots: its own, by [`OfRobots`], then those of each group.
    pub(crate) fn samples_of_robots(&mut self) -> impl Iterator<Item = &mut ClusteredSample> {
        self.robots.iter_mut().chain(self.groups.iter_mut().flat_map(|group| &mut group.robots))
    }

    /// A robot has got in sync, in a job with these times, or late: where groups are told apart, its group's counts.
    #[inline(never)]
    fn in_sync_in_group(&mut self, now: Time, robot: RobotId, times: Option<[u64; OfRobots::ALL.len()]>) {
        let place = self.since.group_of(robot);
        let group = &mut self.groups[place];
        match times {
            Some(times) => {
                if group.waiting.record(times) {
                    group.waiting.count(group.robots.each_mut());
                }
            }
            None => group.robots[OfRobots::TimeToSuccess as usize].record((now - self.since.of(robot)).micros()),
        }
        if let Some(curves) = &mut self.curves {
            curves.groups[place].robot_in_sync(now);
        }
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
        self.groups.iter_mut().for_each(InSyncCurve::end_replication);
        self.in_flight.end_replication(ended);
        if let Some(egress) = &mut self.egress {
            egress.end_replication(ended);
        }
    }

    fn merge(&mut self, other: &Curves) {
        self.in_sync.merge(&other.in_sync);
        self.in_flight.merge(&other.in_flight);
        self.groups.iter_mut().zip(&other.groups).for_each(|(group, other)| group.merge(other));
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
                if !self.groups.is_empty() {
                    self.in_sync_in_group(now, robot, Some(times));
                }
            }
            Event::RobotEnded { end, .. } => self.count_failure(end),
            // An attempt's code was counted when it ended as `NoResponse`, so a late failure adds none.
            Event::RobotEndedLate { robot, end: RobotEnd::InSync } => {
                self.robots[OfRobots::TimeToSuccess as usize].record((now - self.since.of(robot)).micros());
                if !self.groups.is_empty() {
                    self.in_sync_in_group(now, robot, None);
                }
            }
            Event::RobotRegistered { group, .. } => self.since.register(now, group),
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
            Event::JobCreated { kind: JobKind::Deployment, .. } => {
                self.groups.iter_mut().for_each(InSyncCurve::start_over);
            }
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
