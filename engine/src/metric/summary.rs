//! The result record: `summary.json`.

use std::collections::BTreeMap;
use std::ops::{Deref, Index};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::experiment::{LimitsSeen, Tally};
use crate::measure::{EventId, GroupSource, MEASURES, Measure, NumberId, Source};
use crate::rollout::{DeploymentJobErrorCode, Word};
use crate::scenario::Scenario;
use crate::statistics::{Description, Lasting, Numbers, Proportion};

/// Which numbers the same scenario, seed and replications give: it grows whenever a change of the program changes them.
pub const RESULTS_VERSION: u32 = 3;

/// Since which results version the same seed means the same luck.
pub const LUCK_VERSION: u32 = 2;

/// Everything that results say, in the order in which `summary.json` says it. Times are in seconds.
///
/// It is indexed as its [`Results`] are: `summary[measure::IN_SYNC]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The version of the program.
    pub rollcast: &'static str,
    pub results_version: u32,
    /// Which scenario was run.
    pub scenario: ScenarioIdentity,
    /// Where randomness started.
    pub seed: u64,
    /// What controllers held jobs to; not for JSON.
    #[serde(skip)]
    pub limits: LimitsSeen,
    /// The results of all replications.
    #[serde(flatten)]
    pub all: Results,
    /// The same of each build's replications alone, in the order of the scenario; absent without builds (R15).
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    pub builds: Vec<(String, Results)>,
    /// What there is to say of each group alone, in the order of the scenario; absent with a single group (R23).
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "in_order")]
    pub groups: Vec<(String, Results)>,
}

/// Pairs as a map that keeps their order.
fn in_order<S: Serializer>(pairs: &[(impl Serialize, impl Serialize)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Which scenario was run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioIdentity {
    pub name: String,
    pub digest: String,
}

/// What replications come to, by measure: those of the list that a scenario has.
///
/// As JSON, names are folded at their dots: `campaign.jobs` and `campaign.outcomes.halted` stand in one object
/// `campaign`. What code has names for is got by indexing: `results[measure::TIME_TO_SUCCESS]` is a [`Description`],
/// `results[measure::IN_SYNC]` a [`Proportion`].
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// How many campaigns they are of.
    pub replications: u64,
    entries: Vec<(&'static Measure, Figure)>,
}

/// What stands under the name of a measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Figure {
    /// Replications, or robots of a group.
    Whole(u64),
    Proportion(Proportion),
    Description(Description),
    Lasting(Lasting),
    /// How first jobs ended, in the order of their controller's outcomes.
    #[serde(serialize_with = "in_order")]
    JobOutcomes(Vec<(Word, Proportion)>),
    /// The codes that occurred, in the API's order.
    Codes(BTreeMap<DeploymentJobErrorCode, u64>),
}

impl Summary {
    /// The summary of a tally, which must not be empty.
    pub fn new(scenario: &Scenario, seed: u64, tally: &Tally) -> Summary {
        let builds = scenario.builds.iter().zip(&tally.builds);
        let groups = scenario.groups.iter().zip(&tally.groups);
        Summary {
            rollcast: env!("CARGO_PKG_VERSION"),
            results_version: RESULTS_VERSION,
            scenario: ScenarioIdentity { name: scenario.name.clone(), digest: scenario.digest() },
            seed,
            limits: tally.limits,
            all: Results::new(tally, None),
            builds: builds.map(|(build, tally)| (build.name.clone(), Results::new(tally, None))).collect(),
            groups: groups
                .map(|(group, tally)| (group.name.clone(), Results::new(tally, Some(group.robots))))
                .collect(),
        }
    }

    /// The content of `summary.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers, strings and maps with string keys are JSON") + "\n"
    }
}

impl Deref for Summary {
    type Target = Results;

    fn deref(&self) -> &Results {
        &self.all
    }
}

impl Results {
    /// Of all replications, or of a group that has so many robots at the start.
    fn new(tally: &Tally, group: Option<u32>) -> Results {
        let codes = || DeploymentJobErrorCode::ALL.iter().copied().zip(tally.failure_codes);
        let share = |count| Proportion::new(count, tally.replications);
        let entry = |measure: &'static Measure| {
            let described = |numbers: Numbers<'_>| match numbers.lasting() {
                Some(lasting) => Figure::Lasting(lasting),
                None => Figure::Description(numbers.describe()),
            };
            if let Some(robots) = group {
                return Some(match measure.of_group? {
                    GroupSource::Size => (measure, Figure::Whole(robots.into())),
                    GroupSource::Number(_) | GroupSource::Robots => (measure, described(tally.numbers(measure)?)),
                });
            }
            let entry = match measure.source {
                Source::Replications => Figure::Whole(tally.replications),
                Source::Event(_) => Figure::Proportion(share(tally.count(measure)?)),
                Source::JobOutcomes => {
                    Figure::JobOutcomes(tally.job_outcomes.iter().map(|(word, count)| (*word, share(*count))).collect())
                }
                Source::Number(_) | Source::Robots(_) => described(tally.numbers(measure)?),
                Source::GroupSize => return None,
                Source::Codes => Figure::Codes(codes().filter(|(_, count)| *count > 0).collect()),
            };
            Some((measure, entry))
        };
        Results { replications: tally.replications, entries: MEASURES.iter().filter_map(entry).collect() }
    }

    fn find(&self, name: &str) -> Option<&Figure> {
        self.entries.iter().find(|(measure, _)| measure.name == name).map(|(_, entry)| entry)
    }

    /// How first jobs ended, in their controller's words and order.
    pub fn job_outcomes(&self) -> impl Iterator<Item = (Word, &Proportion)> {
        let found = self.entries.iter().filter_map(|(_, entry)| match entry {
            Figure::JobOutcomes(outcomes) => Some(outcomes),
            _ => None,
        });
        found.flatten().map(|(word, share)| (*word, share))
    }

    /// The distribution of the measure of this name, if there is one.
    pub fn description(&self, name: &str) -> Option<&Description> {
        self.find(name).and_then(|entry| if let Figure::Description(found) = entry { Some(found) } else { None })
    }

    /// The times of the measure of this name that may never come, if there is one.
    pub fn lasting(&self, name: &str) -> Option<&Lasting> {
        self.find(name).and_then(|entry| if let Figure::Lasting(found) = entry { Some(found) } else { None })
    }

    /// How often the event of this name happens, if there is one.
    pub fn proportion(&self, name: &str) -> Option<&Proportion> {
        self.find(name).and_then(|entry| if let Figure::Proportion(found) = entry { Some(found) } else { None })
    }

    /// The codes of all failed attempts that occurred, in the API's order.
    pub fn failure_codes(&self) -> impl Iterator<Item = (DeploymentJobErrorCode, u64)> {
        let codes =
            |(_, entry): &(&Measure, Figure)| if let Figure::Codes(codes) = entry { Some(codes.clone()) } else { None };
        self.entries.iter().filter_map(codes).flatten()
    }
}

impl Index<NumberId> for Results {
    type Output = Description;

    fn index(&self, id: NumberId) -> &Description {
        self.description(id.measure().name).expect("names are of numbers that every summary has")
    }
}

impl Index<EventId> for Results {
    type Output = Proportion;

    fn index(&self, id: EventId) -> &Proportion {
        self.proportion(id.measure().name).expect("names are of events that every summary has")
    }
}

impl Index<NumberId> for Summary {
    type Output = Description;

    fn index(&self, id: NumberId) -> &Description {
        &self.all[id]
    }
}

impl Index<EventId> for Summary {
    type Output = Proportion;

    fn index(&self, id: EventId) -> &Proportion {
        &self.all[id]
    }
}

impl Serialize for Results {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries: Vec<(&str, &Figure)> = self.entries.iter().map(|(measure, entry)| (measure.name, entry)).collect();
        Folded { entries: &entries, depth: 0 }.serialize(serializer)
    }
}

/// Entries whose names agree in their first `depth` bytes, folded at the dots of what follows. Those that belong
/// together stand together.
struct Folded<'e> {
    entries: &'e [(&'e str, &'e Figure)],
    depth: usize,
}

impl<'e> Serialize for Folded<'e> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let key = |name: &'e str| name[self.depth..].split('.').next().unwrap_or_default();
        for group in self.entries.chunk_by(|(a, _), (b, _)| key(a) == key(b)) {
            let (name, entry) = &group[0];
            let depth = self.depth + key(name).len();
            if depth == name.len() {
                map.serialize_entry(key(name), entry)?;
            } else {
                map.serialize_entry(key(name), &Folded { entries: group, depth: depth + 1 })?;
            }
        }
        map.end()
    }
}
