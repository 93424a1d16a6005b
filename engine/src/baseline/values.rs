//! What single replications say, by which two runs that met the same luck are compared in pairs.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::stored::compared;
use crate::experiment::{Each, Experiment, Stopped, Workers};
use crate::measure::{Measure, Part, ROBOTS_HURT, Source, TIME_TO_SUCCESS};
use crate::rollout::{CampaignOutcome, RobotEnd, RobotId};
use crate::scenario::Scenario;
use crate::simulation::{Event, Observer, Plan, Replication};
use crate::time::Time;

/// The values of so many replications are kept, the first ones. More would tell differences that nobody minds, and a
/// baseline is to stand beside the scenario under version control.
pub(super) const MOST_KEPT: u32 = 10_000;

/// A column of numbers in whole units (microseconds, robots), one a replication; none where it has no such number.
pub(super) type ValuesColumn = Vec<Option<u64>>;

/// The values of the first replications of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ReplicationValues {
    /// The outcomes that there are.
    pub outcomes: Vec<String>,
    /// Which of them each replication has.
    pub outcome: Vec<usize>,
    /// The builds that there are; empty without builds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builds: Vec<String>,
    /// Which of them each replication is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build: Vec<usize>,
    /// By the measure's name, and of a group by `groups.NAME.` and the measure's name.
    pub numbers: BTreeMap<String, ValuesColumn>,
}

impl ReplicationValues {
    /// Simulates the first replications of an experiment for their values.
    ///
    /// # Errors
    /// What stopped it.
    pub fn of(
        experiment: Experiment<'_>,
        scenario: &Scenario,
        workers: &Workers,
        cancelled: &AtomicBool,
    ) -> Result<ReplicationValues, Stopped> {
        // Who registers later belongs to no group of the start.
        let by_group = scenario.groups.len() > 1 && !Part::Registrations.is_in(scenario);
        let numbers: Vec<_> = compared().filter_map(NumberedMeasure::new).collect();
        let each =
            ValuesOfEach { plan: experiment.plan, numbers, groups: if by_group { scenario.groups.len() } else { 0 } };
        let kept = 0..experiment.replications.min(MOST_KEPT);
        let rows = experiment.each(workers, kept, &each, cancelled, &|_| ())?;
        let name = |outcome: CampaignOutcome| outcome.as_str().to_owned();
        let mut values = ReplicationValues {
            outcomes: CampaignOutcome::ALL.into_iter().map(name).collect(),
            builds: scenario.builds.iter().map(|build| build.name.clone()).collect(),
            ..ReplicationValues::default()
        };
        let groups = if by_group { &scenario.groups[..] } else { &[] };
        let of_groups = groups.iter().flat_map(|group| {
            [TIME_TO_SUCCESS, ROBOTS_HURT].map(|id| format!("groups.{}.{}", group.name, id.measure().name))
        });
        let names: Vec<String> =
            each.numbers.iter().map(|number| number.measure.name.to_owned()).chain(of_groups).collect();
        let mut columns = vec![ValuesColumn::with_capacity(rows.len()); names.len()];
        for ValuesRow { build, outcome, numbers } in rows {
            values.outcome.extend(CampaignOutcome::ALL.iter().position(|one| *one == outcome));
            values.build.extend(build);
            columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        }
        values.numbers = names.into_iter().zip(columns).collect();
        Ok(values)
    }

    /// How many replications there are.
    pub fn len(&self) -> usize {
        self.outcome.len()
    }

    /// Whether every column has as many values as there are replications, and every index a name.
    pub fn is_whole(&self) -> bool {
        let named = |indices: &[usize], names: &[String]| indices.iter().all(|index| *index < names.len());
        named(&self.outcome, &self.outcomes)
            && named(&self.build, &self.builds)
            && (self.build.len() == self.len() || self.builds.is_empty())
            && self.numbers.values().all(|column| column.len() == self.len())
    }

    /// The numbers of a column as ascending values with their counts.
    pub fn cells(&self, name: &str) -> Option<Vec<(u64, u64)>> {
        let mut found: Vec<u64> = self.numbers.get(name)?.iter().flatten().copied().collect();
        found.sort_unstable();
        Some(found.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect())
    }
}

/// A measure of which each replication has a number.
struct NumberedMeasure {
    measure: &'static Measure,
    number: fn(&Replication) -> Option<u128>,
}

impl NumberedMeasure {
    fn new(measure: &'static Measure) -> Option<NumberedMeasure> {
        match measure.source {
            Source::Number(number) => Some(NumberedMeasure { measure, number }),
            _ => None,
        }
    }
}

/// Takes the values of each replication.
struct ValuesOfEach<'p> {
    plan: &'p Plan,
    numbers: Vec<NumberedMeasure>,
    /// How many groups are told apart.
    groups: usize,
}

/// The values of a replication.
struct ValuesRow {
    build: Option<usize>,
    outcome: CampaignOutcome,
    numbers: Vec<Option<u64>>,
}

/// Watches when the last robot of each group gets in sync, and how many of it the first job hurts.
struct GroupWatch<'p> {
    plan: &'p Plan,
    groups: Vec<(Time, u64)>,
    first_job_is_over: bool,
}

impl GroupWatch<'_> {
    fn group(&mut self, robot: RobotId) -> Option<&mut (Time, u64)> {
        self.groups.get_mut(self.plan.group_of(robot))
    }
}

impl Observer for GroupWatch<'_> {
    #[inline]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::RobotEnded { robot, end: RobotEnd::InSync, .. }
            | Event::RobotEndedLate { robot, end: RobotEnd::InSync } => {
                if let Some((last, _)) = self.group(robot) {
                    *last = now;
                }
            }
            Event::RobotEnded { robot, end: RobotEnd::Failed(_) | RobotEnd::NoResponse, .. }
                if !self.first_job_is_over =>
            {
                if let Some((_, hurt)) = self.group(robot) {
                    *hurt += 1;
                }
            }
            Event::JobOver(_) => self.first_job_is_over = true,
            _ => {}
        }
    }
}

impl<'p> Each for ValuesOfEach<'p> {
    type Watch = GroupWatch<'p>;
    type Seen = ValuesRow;

    fn watch(&self) -> GroupWatch<'p> {
        GroupWatch { plan: self.plan, groups: vec![(Time::ZERO, 0); self.groups], first_job_is_over: false }
    }

    fn seen(&self, watch: &mut GroupWatch<'p>, replication: &Replication) -> ValuesRow {
        let of_replication =
            |numbered: &NumberedMeasure| (numbered.number)(replication).and_then(|n| u64::try_from(n).ok());
        let mut numbers: Vec<Option<u64>> = self.numbers.iter().map(of_replication).collect();
        let in_sync = replication.outcome == CampaignOutcome::InSync;
        for (last, hurt) in &mut watch.groups {
            numbers.push(in_sync.then(|| (*last - Time::ZERO).micros()));
            numbers.push(Some(*hurt));
            (*last, *hurt) = (Time::ZERO, 0);
        }
        watch.first_job_is_over = false;
        ValuesRow { build: replication.build, outcome: replication.outcome, numbers }
    }
}
