//! Measures: what results say of replications.
//!
//! [`MEASURES`] is the one list, in the order of `summary.json`. An entry says all there is to say of a measure: its
//! name, unit and bound, the part of the scenario that it needs, how it comes from a replication, its words, its column
//! and its place in tables. The tally, `summary.json`, the metrics of `--metric`, `[[expect]]` and `[tune]`,
//! `replications.csv`, the histograms, the tables and pages and the comparison of two runs follow from it. A
//! [`Metric`](crate::metric::Metric) is one number of a measure.
//!
//! # How to add a measure
//!
//! 1. Compute it: in [`Replication`] or its [`JobRecord`](crate::simulation::JobRecord), if it does not follow from
//!    what is there.
//! 2. Give it an entry in `table.rs`, at its place in `summary.json`.
//!
//! That is all. What of it is to be seen outside `summary.json` is said in the entry: `Measure::column` adds it to
//! `replications.csv`, `Measure::row` to the tables, `Measure::compared` to comparisons, `Measure::of_group` to the results by
//! group (R23).
//!
//! # Names in code
//!
//! Code that needs a certain measure has a constant for it, such as [`TIME_TO_SUCCESS`], with which a tally and a
//! summary are indexed. Such a name is looked up when the program is compiled, so a wrong one does not compile.

mod bound;
mod table;

pub use bound::Bound;
pub use table::MEASURES;

use crate::rollout::{CampaignOutcome, HaltWords};
use crate::scenario::Scenario;
use crate::simulation::{GroupRecord, Plan, Replication};
use crate::statistics::Unit;

/// What results say of replications under one name.
#[derive(Debug)]
pub struct Measure {
    /// The path in `summary.json`, of all replications; those of a build stand under `builds.NAME.` and the same name,
    /// those of a group under `groups.NAME.`
    pub name: &'static str,
    /// What its numbers measure.
    pub unit: Unit,
    /// How it comes from replications.
    pub source: Source,
    /// Whether a replication that has no number of it counts as later than any number: then its quantiles are over all
    /// replications.
    pub lasting: bool,
    /// How it comes from one group of a replication, if results by group have it (R23).
    pub of_group: Option<GroupSource>,
    /// What none of its numbers exceeds.
    pub bound: Bound,
    /// The part of a scenario without which it does not exist.
    pub part: Part,
    /// What tables, pages, plots and comparisons call it.
    pub words: &'static str,
    /// What exactly it is, for the reference: over which replications or robots, from when to when.
    pub meaning: &'static str,
    /// Its column in `replications.csv`, if it has one.
    pub column: Option<CsvColumn>,
    /// Where it stands in tables, if it does.
    pub row: Option<TableRow>,
    /// Whether two runs are compared in it. Runs are read by their columns: those of programs that did not have the
    /// column yet are then refused.
    pub compared: bool,
}

/// How a measure comes from replications.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// How many replications there are.
    Replications,
    /// Something happens in a replication or not.
    Event(fn(&Replication) -> bool),
    /// A replication has a number of it, in whole units, or none.
    Number(fn(&Replication) -> Option<u128>),
    /// Many times of robots in each replication, which only an observer sees.
    Robots(OfRobots),
    /// The first job ends in one of its controller's outcomes: an event each, by its word.
    JobOutcomes,
    /// How often each failure code occurs.
    Codes,
    /// Nothing: it is of groups alone.
    GroupSize,
}

/// How a measure comes from one group of a replication (R23).
#[derive(Clone, Copy, Debug)]
pub enum GroupSource {
    /// How many robots it has at the start.
    Size,
    /// As [`Source::Number`], of one group's part of a replication.
    Number(fn(&GroupRecord) -> Option<u128>),
    /// As [`Source::Robots`], of its robots alone.
    Robots,
}

/// Which times of robots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfRobots {
    /// From a robot's registration until it is in sync.
    TimeToSuccess,
    /// From start to end of a successful deployment.
    Deployment,
}

impl OfRobots {
    /// All of them, in the order of results.
    pub const ALL: [OfRobots; 2] = [OfRobots::TimeToSuccess, OfRobots::Deployment];
}

/// A part of a scenario that a measure or a column needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// None: it always exists.
    None,
    Builds,
    /// More than one group (R23).
    Groups,
    /// Robots that register later (R13).
    Registrations,
    /// Robots that may be offline (R14).
    Connectivity,
    /// Downloads that take their own time (R16).
    Download,
    /// Calls that may go wrong (R17).
    Api,
}

impl Part {
    /// Whether a scenario has it.
    pub fn is_in(self, scenario: &Scenario) -> bool {
        match self {
            Part::None => true,
            Part::Builds => !scenario.builds.is_empty(),
            Part::Groups => scenario.groups.len() > 1,
            Part::Registrations => scenario.groups.iter().any(|group| group.registrations.is_some()),
            Part::Connectivity => scenario.has_connectivity(),
            Part::Download => scenario.download.is_some(),
            Part::Api => scenario.api.is_some(),
        }
    }

    /// The same of a scenario made ready to run.
    pub(crate) fn is_planned(self, plan: &Plan) -> bool {
        match self {
            Part::None => true,
            Part::Builds => plan.odds.builds() > 0,
            Part::Groups => plan.groups().len() > 1,
            Part::Registrations => plan.most_robots > plan.fleet_size,
            Part::Connectivity => plan.groups().any(|group| group.connectivity.is_some()),
            Part::Download => plan.download.is_some(),
            Part::Api => plan.api.is_some(),
        }
    }

    /// As a scenario writes it.
    pub const fn written(self) -> &'static str {
        match self {
            Part::None => "",
            Part::Builds => "[[build]]",
            Part::Groups => "second [[group]]",
            Part::Registrations => "[group.registrations]",
            Part::Connectivity => "[group.connectivity]",
            Part::Download => "[download]",
            Part::Api => "[api]",
        }
    }
}

/// A column of `replications.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvColumn {
    pub name: &'static str,
    /// Columns stand in the order of these numbers, which no two share. A new one gets the next number: it stands last,
    /// and all others stay where they are.
    pub place: u8,
    /// The part of a scenario without which files do not have it.
    pub part: Part,
}

/// A row of the tables that show how measures are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableRow {
    pub section: Section,
    /// Rows of a section stand in the order of these numbers, which no two share.
    pub place: u8,
    /// Whether only pages have room for it, not the table on a terminal.
    pub detail: bool,
}

/// The tables that show how measures are distributed, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Times, and the jobs that they are made of.
    Long,
    /// Robots that do not do what they are there for.
    Hurt,
    Data,
    /// Calls of an operator (R17).
    Calls,
}

impl Section {
    /// All of them, in their order.
    pub const ALL: [Section; 4] = [Section::Long, Section::Hurt, Section::Data, Section::Calls];

    /// A name for links to it.
    pub const fn id(self) -> &'static str {
        match self {
            Section::Long => "long",
            Section::Hurt => "hurt",
            Section::Data => "data",
            Section::Calls => "calls",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Section::Long => "How long",
            Section::Hurt => "How many hurt",
            Section::Data => "How much data",
            Section::Calls => "How many calls",
        }
    }

    /// Its measures in the order of their rows, those that a scenario has not got included.
    pub fn measures(self) -> Vec<&'static Measure> {
        let place = |measure: &Measure| measure.row.filter(|row| row.section == self).map(|row| row.place);
        let mut found: Vec<&Measure> = MEASURES.iter().filter(|measure| place(measure).is_some()).collect();
        found.sort_by_key(|measure| place(measure));
        found
    }
}

impl PartialEq for Measure {
    /// There is one of each name.
    fn eq(&self, other: &Measure) -> bool {
        self.name == other.name
    }
}

impl Measure {
    /// Finds a measure by its name.
    pub fn named(name: &str) -> Option<&'static Measure> {
        MEASURES.iter().find(|measure| measure.name == name)
    }

    /// What tables call it where a controller halts jobs in words of its own.
    pub fn words_with(&self, halts: HaltWords) -> &'static str {
        if self == HALTED.measure() { halts.halted } else { self.words }
    }

    /// Its place in [`MEASURES`].
    pub(crate) fn place(&self) -> usize {
        MEASURES.iter().position(|other| other == self).expect("measures are those of the list")
    }

    /// What a replication says of it, or one of its groups, in whole units; none where it has no such number.
    pub fn number(&self, replication: &Replication, group: Option<usize>) -> Option<u128> {
        match (self.source, self.of_group, group) {
            (Source::Number(number), _, None) => number(replication),
            (_, Some(GroupSource::Number(number)), Some(group)) => number(replication.groups.get(group)?),
            _ => None,
        }
    }

    /// Those of events.
    pub fn events() -> impl Iterator<Item = &'static Measure> {
        MEASURES.iter().filter(|measure| matches!(measure.source, Source::Event(_)))
    }

    /// That a campaign ends in this way.
    pub fn of_outcome(outcome: CampaignOutcome) -> &'static Measure {
        let is_it = |measure: &&Measure| measure.name.strip_prefix("campaign.outcomes.") == Some(outcome.as_str());
        MEASURES.iter().find(is_it).expect("every outcome has a measure")
    }
}

/// A measure that says whether something happens, and that every scenario has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId(usize);

/// A measure of which a replication of any scenario may have a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberId(usize);

impl EventId {
    /// Finds it; meant for constants, where a wrong name does not compile.
    ///
    /// # Panics
    /// If there is no such measure, or it is of another kind, or needs a part of the scenario.
    pub const fn named(name: &str) -> EventId {
        let place = place_of(name);
        assert!(matches!(MEASURES[place].source, Source::Event(_)), "no measure of events");
        EventId(place)
    }

    /// Its place in [`MEASURES`].
    pub(crate) const fn place(self) -> usize {
        self.0
    }

    /// What there is to say of it.
    pub fn measure(self) -> &'static Measure {
        &MEASURES[self.0]
    }
}

impl NumberId {
    /// Finds it; meant for constants, where a wrong name does not compile.
    ///
    /// # Panics
    /// If there is no such measure, or it is of another kind, or needs a part of the scenario.
    pub const fn named(name: &str) -> NumberId {
        let place = place_of(name);
        assert!(matches!(MEASURES[place].source, Source::Number(_)), "no measure of numbers");
        NumberId(place)
    }

    /// Its place in [`MEASURES`].
    pub(crate) const fn place(self) -> usize {
        self.0
    }

    /// What there is to say of it.
    pub fn measure(self) -> &'static Measure {
        &MEASURES[self.0]
    }
}

const fn place_of(name: &str) -> usize {
    let mut place = 0;
    while place < MEASURES.len() {
        if same(MEASURES[place].name.as_bytes(), name.as_bytes()) {
            assert!(matches!(MEASURES[place].part, Part::None), "a measure that not every scenario has");
            return place;
        }
        place += 1;
    }
    panic!("no such measure")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut place = 0;
    while place < a.len() {
        if a[place] != b[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// Campaigns that end with the whole fleet in sync (R12).
pub const IN_SYNC: EventId = EventId::named("campaign.outcomes.in_sync");
/// Campaigns that end with a job that halted.
pub const HALTED: EventId = EventId::named("campaign.outcomes.halted");
/// Campaigns that end with a job that hit the fleet timeout.
pub const TIMED_OUT: EventId = EventId::named("campaign.outcomes.timed_out");
/// Campaigns that end with their last allowed job.
pub const MAX_JOBS: EventId = EventId::named("campaign.outcomes.max_jobs");
/// Campaigns that the horizon ends.
pub const HORIZON: EventId = EventId::named("campaign.outcomes.horizon");
/// The time from the start until the whole fleet is in sync.
pub const TIME_TO_SUCCESS: NumberId = NumberId::named("campaign.time_to_success_s");
/// The same over all campaigns: those that do not end in sync are later than any.
pub const COMPLETION: NumberId = NumberId::named("campaign.completion_s");
/// Jobs of a campaign.
pub const JOBS: NumberId = NumberId::named("campaign.jobs");
/// Jobs that halted.
pub const JOBS_HALTED: NumberId = NumberId::named("campaign.jobs_halted");
/// Robots that are not in sync when the campaign ends.
pub const LEFT_BEHIND: NumberId = NumberId::named("campaign.robots_left_behind");
/// Robots of the first job that failed.
pub const ROBOTS_FAILED: NumberId = NumberId::named("first_job.robots_failed");
/// Robots of the first job that count against its failure threshold: the robots hurt.
pub const ROBOTS_HURT: NumberId = NumberId::named("first_job.robots_hurt");
/// Counted failures beyond the least number that halts.
pub const THRESHOLD_OVERSHOOT: NumberId = NumberId::named("first_job.threshold_overshoot");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What the entries of a list may not get wrong.
    #[test]
    fn entries_agree_with_each_other() {
        let names: BTreeSet<&str> = MEASURES.iter().map(|measure| measure.name).collect();
        assert_eq!(names.len(), MEASURES.len(), "names");
        let columns: Vec<CsvColumn> = MEASURES.iter().filter_map(|measure| measure.column).collect();
        assert!(columns.len() > 20);
        let places: BTreeSet<u8> = columns.iter().map(|column| column.place).collect();
        assert_eq!(places.len(), columns.len(), "places of columns");
        let headings: BTreeSet<&str> = columns.iter().map(|column| column.name).collect();
        assert_eq!(headings.len(), columns.len(), "headings");
        let rows: Vec<(&str, u8)> =
            MEASURES.iter().filter_map(|measure| measure.row).map(|row| (row.section.words(), row.place)).collect();
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "places of rows");
        let in_sections: usize = Section::ALL.iter().map(|section| section.measures().len()).sum();
        assert_eq!(in_sections, rows.len());
        for measure in MEASURES.iter().filter(|measure| measure.compared) {
            assert!(matches!(measure.source, Source::Number(_)), "{}", measure.name);
            let column = measure.column.expect("it is read from its column");
            assert_eq!(column.part, Part::None, "{}: every file has the column", measure.name);
        }
        // `summary.json` is the list folded by dots: what has the first names in common stands together.
        let mut seen: Vec<&str> = Vec::new();
        for name in MEASURES.iter().map(|measure| measure.name) {
            for (dot, _) in name.match_indices('.') {
                let parent = &name[..=dot];
                let again = seen.iter().any(|other| other.starts_with(parent));
                assert!(!again || seen.last().is_some_and(|last| last.starts_with(parent)), "{name}");
            }
            seen.push(name);
        }
    }

    #[test]
    fn words_name_one_measure_each() {
        let words: Vec<&str> =
            MEASURES.iter().filter(|measure| measure.row.is_some() || measure.compared).map(|m| m.words).collect();
        assert!(words.iter().all(|words| !words.is_empty()));
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len(), "{words:?}");
    }
}
