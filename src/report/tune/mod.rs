//! What a tuning comes to: `tune.json` and a document.

mod chart;
mod document;
mod json;
mod words;

use crate::metric::Metric;
use crate::metric::words::counted;
use crate::precision::Target;
use crate::questions::{Constraint, Sense};
use crate::report::document::Document;
use crate::report::format::{Exporter, JSON, PAGE, PICTURES, Presentable};
use crate::scenario::{ScenarioFile, Value};
use crate::tune::{Outcome, Status, Tuning};

/// A tuning and what came of it.
pub struct TuneReport<'a> {
    /// What was asked for.
    pub tuning: &'a Tuning<'a>,
    /// The margin as it was written.
    pub margin: String,
    /// The scenario's own values of what varies; none where it leaves them to the default.
    pub own_values: Vec<Option<Value>>,
    /// What came of it.
    pub outcome: Outcome,
}

impl TuneReport<'_> {
    /// The constraints with their metrics.
    fn constraints(&self) -> Vec<(&Constraint, Metric)> {
        let metric = |constraint: &Constraint| {
            Metric::parse(&constraint.metric, self.tuning.own).expect("a checked constraint has its metric")
        };
        self.tuning.constraints.iter().map(|constraint| (constraint, metric(constraint))).collect()
    }

    /// The names of what the trade-off is told of: all campaigns, then each build's.
    fn groups(&self) -> Vec<&str> {
        std::iter::once("all").chain(self.tuning.own.builds.iter().map(|build| build.name.as_str())).collect()
    }

    /// The trade-off is shown by build, or of all campaigns where there are no builds.
    fn shown_groups(&self) -> Vec<(usize, &str)> {
        let groups: Vec<(usize, &str)> = self.groups().into_iter().enumerate().collect();
        if groups.len() == 1 { groups } else { groups[1..].to_vec() }
    }

    /// The margin for a person: `1 %`.
    fn shown_margin(&self) -> String {
        self.margin.strip_suffix('%').map_or_else(|| self.margin.clone(), |number| format!("{} %", number.trim()))
    }

    /// The values of what varies.
    fn values(&self, setting: usize) -> Vec<String> {
        self.tuning.sweep.values(setting as u64).into_iter().map(|value| value.shown().to_owned()).collect()
    }

    /// The settings that are worth a second look, by their estimates, the best first: those that are neither out nor
    /// proven to be no better than the answer, and of those of which only the margin is known the ones whose estimate
    /// is within it.
    fn alternatives(&self) -> Vec<usize> {
        let settings = &self.outcome.settings;
        let sign = if self.tuning.objective.direction == Sense::Maximize { -1.0 } else { 1.0 };
        // Small is good.
        let value = |index: usize| settings[index].figures.objective.map_or(f64::INFINITY, |value| sign * value);
        let best = value(self.outcome.answer.setting());
        let margin = match self.tuning.margin {
            Target::Share(share) => share * best.abs(),
            Target::Absolute(amount) => amount,
        };
        let is_one = |index: &usize| match settings[*index].status {
            Status::Open | Status::Undecided => true,
            Status::WithinMargin => value(*index) <= best + margin,
            _ => false,
        };
        let mut found: Vec<usize> = (0..settings.len()).filter(is_one).collect();
        found.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
        found
    }
}

/// A tuning with the options that say what is looked for, as they were typed, each with its value.
pub(crate) struct Tuned<'t> {
    pub report: &'t TuneReport<'t>,
    pub file: &'t ScenarioFile,
    pub asked: &'t [(&'static str, String)],
}

/// The files of a tuning's folder.
pub(crate) const FILES: [&str; 3] = [PICTURES, PAGE, JSON];

impl Presentable for Tuned<'_> {
    const PAGE_FILE: &'static str = "tune.html";

    fn document(&self) -> Document<'_> {
        document::document(self.report, self.file, self.asked)
    }

    fn identity(&self) -> String {
        let Tuning { sweep, own, seed, .. } = self.report.tuning;
        format!("{}, {}, seed {seed}", own.name, counted(sweep.len(), "setting"))
    }

    fn formats() -> Vec<Box<dyn Exporter<Self>>> {
        vec![Box::new(json::TuneJson)]
    }
}
