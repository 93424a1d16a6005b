//! What single replications say, by which two runs that met the same luck are compared in pairs.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::stored::compared;
use crate::experiment::{Each, Experiment, Stopped, Workers};
use crate::measure::{Measure, Part, ROBOTS_HURT, TIME_TO_SUCCESS};
use crate::rollout::CampaignOutcome;
use crate::scenario::Scenario;
use crate::simulation::Replication;

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
        let groups = if Part::Groups.is_in(scenario) { &scenario.groups[..] } else { &[] };
        let of_group = |group| [TIME_TO_SUCCESS, ROBOTS_HURT].map(|id| (id.measure(), Some(group)));
        let numbers = compared().map(|measure| (measure, None)).chain((0..groups.len()).flat_map(of_group)).collect();
        let each = ValuesOfEach { numbers };
        let kept = 0..experiment.replications.min(MOST_KEPT);
        let rows = experiment.each(workers, kept, &each, cancelled, &|_| ())?;
        let name = |outcome: CampaignOutcome| outcome.as_str().to_owned();
        let mut values = ReplicationValues {
            outcomes: CampaignOutcome::ALL.into_iter().map(name).collect(),
            builds: scenario.builds.iter().map(|build| build.name.clone()).collect(),
            ..ReplicationValues::default()
        };
        let name = |(measure, group): &(&Measure, Option<usize>)| {
            group.map_or_else(String::new, |group| format!("groups.{}.", groups[group].name)) + measure.name
        };
        let names: Vec<String> = each.numbers.iter().map(name).collect();
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

/// Takes the values of each replication.
struct ValuesOfEach {
    /// Which numbers, of all or of one group.
    numbers: Vec<(&'static Measure, Option<usize>)>,
}

/// The values of a replication.
struct ValuesRow {
    build: Option<usize>,
    outcome: CampaignOutcome,
    numbers: Vec<Option<u64>>,
}

impl Each for ValuesOfEach {
    type Watch = ();
    type Seen = ValuesRow;

    fn watch(&self) {}

    fn seen(&self, (): &mut (), replication: &Replication) -> ValuesRow {
        let number = |(measure, group): &(&Measure, Option<usize>)| {
            measure.number(replication, *group).and_then(|number| u64::try_from(number).ok())
        };
        ValuesRow {
            build: replication.build,
            outcome: replication.outcome,
            numbers: self.numbers.iter().map(number).collect(),
        }
    }
}
