//! Sweeps: the same scenario under many settings.
//!
//! A [`Variation`] says which values one path of the scenario takes; several form a grid, in which the first varies
//! slowest. A [`Sweep`] knows the grid's points. All are checked before anything runs ([`Sweep::check`]), and all meet
//! the same luck, because what is drawn is a pure function of the seed, not of the settings: differences between points
//! are due to the settings.
//!
//! How points are simulated is a strategy: a function from the points to a tally for each, handed over in the order of
//! the points. [`one_by_one`] simulates each for itself. [`one_pass`] gets all points that differ in the failure
//! threshold alone out of a single path, where that gives the same bytes.

mod points;
pub mod thresholds;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

pub use points::{Simulated, Simulation, one_by_one};
pub use thresholds::one_pass;

use crate::experiment::{Failures, Stopped};
use crate::measure::Part;
use crate::metric::{Metric, Unit};
use crate::questions;
use crate::scenario::{Diagnostics, Problem, Scenario, ScenarioFile, read_variation};
pub use crate::scenario::{Value, Variation};
use crate::simulation::replication_memory;

/// The most points that a sweep may have.
pub const MOST_POINTS: u64 = crate::scenario::MOST_VALUES;

/// A scenario and what varies in it.
#[derive(Debug)]
pub struct Sweep {
    pub file: ScenarioFile,
    /// What is set in all points, as after `--set`; what varies is laid over it.
    pub sets: Vec<String>,
    /// What varies; the first one slowest.
    pub variations: Vec<Variation>,
}

/// What is known of a sweep before it runs.
#[derive(Debug)]
pub struct CheckedSweep {
    /// The scenario of the first point, whose name and description stand for all.
    pub first: Scenario,
    /// Every metric that a point has, in the order of the summary.
    pub columns: Vec<Column>,
    /// Replications over all points.
    pub replications: u64,
    /// Robots times replications over all points: how long it will take.
    pub robots: u128,
    /// The most memory that a replication of any point takes, in bytes.
    pub memory: u64,
    /// The most tallies that a point has: one, and one a build.
    pub tallies: u64,
    /// The replications of each point, if all have the same number.
    pub same_replications: Option<u32>,
    /// The seed of each point, if all have the same one.
    pub same_seed: Option<u64>,
}

/// A metric that points have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub path: String,
    /// Whether it has an interval.
    pub interval: bool,
    /// What it measures.
    pub unit: Unit,
}

/// What the command line says for all points.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overrides {
    /// Instead of the scenario's own seed.
    pub seed: Option<u64>,
    /// Instead of the scenario's own number of replications.
    pub replications: Option<u32>,
}

impl Overrides {
    /// The seed of a point.
    pub fn seed(&self, scenario: &Scenario) -> u64 {
        self.seed.unwrap_or(scenario.seed)
    }

    /// The replications of a point.
    pub fn replications(&self, scenario: &Scenario) -> u32 {
        self.replications.unwrap_or(scenario.replications)
    }
}

/// Why a sweep was not found in order.
#[derive(Debug)]
pub enum Refused {
    /// Something is wrong with the scenario or a setting.
    Invalid(Diagnostics),
    /// The cancellation flag was set.
    Stopped(Stopped),
}

impl Sweep {
    /// How many points there are.
    pub fn len(&self) -> u64 {
        self.variations.iter().fold(1, |product: u64, variation| product.saturating_mul(variation.values.len() as u64))
    }

    /// Whether there is no point at all, which no [`Variation`] that was read allows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of a point, one a variation. Points are numbered from 0, and the last variation goes through its
    /// values first.
    pub fn values(&self, point: u64) -> Vec<&Value> {
        let mut rest = point;
        let mut values: Vec<&Value> = Vec::with_capacity(self.variations.len());
        for variation in self.variations.iter().rev() {
            let count = variation.values.len() as u64;
            values.push(&variation.values[(rest % count) as usize]);
            rest /= count;
        }
        values.reverse();
        values
    }

    /// The most points whose tallies are kept at a time.
    pub fn points_at_once(&self) -> u64 {
        thresholds::at_once(self)
    }

    /// The scenario of a point.
    ///
    /// # Errors
    /// All problems found.
    pub fn scenario(&self, point: u64) -> Result<Scenario, Diagnostics> {
        let varied = self.settings(point);
        let varied =
            self.variations.iter().zip(&varied).map(|(variation, setting)| (variation.written, setting.as_str()));
        let sets = self.sets.iter().map(|set| ("--set", set.as_str()));
        questions::read(&self.file, sets.chain(varied)).map(|(scenario, _)| scenario)
    }

    /// What varies at a point, one a variation, each as `--set` takes it.
    fn settings(&self, point: u64) -> Vec<String> {
        self.variations.iter().zip(self.values(point)).map(|(variation, value)| variation.setting(value)).collect()
    }

    /// Says of replications that failed at which point they did.
    pub(crate) fn stopped_at(&self, point: u64, stopped: Stopped) -> Stopped {
        match stopped {
            Stopped::Failed(failures) => Stopped::Failed(Failures { settings: self.settings(point), ..failures }),
            stopped => stopped,
        }
    }

    /// Checks all points. What is wrong with any of them is reported once.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn check(&self, overrides: Overrides, cancelled: &AtomicBool) -> Result<CheckedSweep, Refused> {
        let mut problems = Diagnostics::default();
        let mut checked: Option<CheckedSweep> = None;
        for point in 0..self.len() {
            if cancelled.load(Ordering::Relaxed) {
                return Err(Refused::Stopped(Stopped::Cancelled));
            }
            match self.scenario(point) {
                Ok(scenario) => match &mut checked {
                    Some(checked) => checked.add(&scenario, overrides),
                    None => checked = Some(CheckedSweep::new(scenario, overrides)),
                },
                Err(found) => problems.absorb(found),
            }
            if problems.is_full() {
                break;
            }
        }
        match checked {
            Some(checked) if problems.is_empty() => Ok(checked),
            _ => Err(Refused::Invalid(problems)),
        }
    }
}

impl CheckedSweep {
    fn new(first: Scenario, overrides: Overrides) -> CheckedSweep {
        let replications = overrides.replications(&first);
        let columns = columns(&first);
        CheckedSweep {
            columns,
            replications: replications.into(),
            robots: u128::from(replications) * u128::from(first.most_robots()),
            memory: replication_memory(&first),
            tallies: tallies(&first),
            same_replications: Some(replications),
            same_seed: Some(overrides.seed(&first)),
            first,
        }
    }

    fn add(&mut self, scenario: &Scenario, overrides: Overrides) {
        let replications = overrides.replications(scenario);
        self.replications += u64::from(replications);
        self.robots += u128::from(replications) * u128::from(scenario.most_robots());
        self.memory = self.memory.max(replication_memory(scenario));
        self.tallies = self.tallies.max(tallies(scenario));
        self.same_replications = self.same_replications.filter(|same| *same == replications);
        self.same_seed = self.same_seed.filter(|same| *same == overrides.seed(scenario));
        self.add_columns(columns(scenario));
    }

    /// Points may have different parts of the world. A metric that is new stands after the one that it follows in its
    /// own point.
    fn add_columns(&mut self, columns: Vec<Column>) {
        if columns == self.columns {
            return;
        }
        let known: HashSet<String> = self.columns.iter().map(|column| column.path.clone()).collect();
        let mut place = 0;
        for column in columns {
            if known.contains(&column.path) {
                let found = self.columns.iter().position(|other| other.path == column.path);
                place = found.map_or(place, |found| found + 1);
            } else {
                self.columns.insert(place, column);
                place += 1;
            }
        }
    }
}

/// So many tallies are kept of a scenario: of all replications, of those of each build, and within each of every group.
pub fn tallies(scenario: &Scenario) -> u64 {
    let groups = if Part::Groups.is_in(scenario) { scenario.groups.len() as u64 } else { 0 };
    (scenario.builds.len() as u64 + 1) * (groups + 1)
}

fn columns(scenario: &Scenario) -> Vec<Column> {
    let column = |metric: &Metric| Column {
        path: metric.path().to_owned(),
        interval: metric.has_interval(),
        unit: metric.unit(),
    };
    Metric::all(scenario).iter().map(column).collect()
}

/// Reads variations as after `--vary`, each `PATH=LIST`.
///
/// # Errors
/// All problems found.
pub fn variations(texts: &[String]) -> Result<Vec<Variation>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut variations: Vec<Variation> = Vec::new();
    for text in texts {
        let Some(variation) = read_variation(text, &mut problems) else { continue };
        if variations.iter().any(|other| other.path == variation.path) {
            let problem = Problem::new(format!("`{}` varies twice", variation.path));
            let problem = problem.help("give all its values in one --vary, as in `--vary PATH=1,2,3`");
            problems.report_option("--vary", text, 0..variation.path.len(), "", problem);
        }
        variations.push(variation);
    }
    if problems.is_empty() { Ok(variations) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measured values are those that were read when the sweep was checked, whatever becomes of their file.
    #[test]
    fn measured_values_are_read_once_for_all_points() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("measured.csv");
        std::fs::write(&path, "seconds\n1\n2\n").expect("a file");
        let text = "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 1\nfailure_threshold_percentage = 1\n\
                    [[group]]\nname = \"g\"\nrobots = 1\n[group.step.launching]\n\
                    latency = { empirical = { file = \"measured.csv\", column = \"seconds\" } }\n";
        let variations = variations(&[String::from("group.g.robots=1,2,3")]).expect("it is a variation");
        let sweep = Sweep { file: ScenarioFile::of_text(text, "x.toml", folder.path()), sets: Vec::new(), variations };
        let checked = sweep.check(Overrides::default(), &AtomicBool::new(false));
        let checked = checked.unwrap_or_else(|refused| panic!("{refused:?}"));
        std::fs::remove_file(path).expect("it is there");
        for point in 0..sweep.len() {
            let scenario = sweep.scenario(point).expect("what was read is kept");
            assert_eq!(scenario.groups[0].steps, checked.first.groups[0].steps);
        }
    }
}
