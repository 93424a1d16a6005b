//! What a tuning comes to: `tune.json` and the answer for a terminal.

pub mod json;
pub mod table;
pub mod words;

use crate::metric::Metric;
use crate::questions::Constraint;
use crate::scenario::Value;
use crate::tune::{Outcome, Tuning};

/// A tuning and what came of it.
pub struct Report<'a> {
    /// What was asked for.
    pub tuning: &'a Tuning<'a>,
    /// The margin as it was written.
    pub margin: String,
    /// The scenario's own values of what varies; none where it leaves them to the default.
    pub own_values: Vec<Option<Value>>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Report<'_> {
    /// The constraints with their metrics.
    pub fn constraints(&self) -> Vec<(&Constraint, Metric)> {
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
    pub fn shown_groups(&self) -> Vec<(usize, &str)> {
        let groups: Vec<(usize, &str)> = self.groups().into_iter().enumerate().collect();
        if groups.len() == 1 { groups } else { groups[1..].to_vec() }
    }

    /// The margin for a person: `1 %`.
    fn shown_margin(&self) -> String {
        self.margin.strip_suffix('%').map_or_else(|| self.margin.clone(), |number| format!("{} %", number.trim()))
    }

    /// The name of the scenario, and the size of the question.
    pub fn note(&self) -> String {
        let settings = crate::metric::words::counted(self.tuning.sweep.len(), "setting");
        format!("{}, {settings}, seed {}", self.tuning.own.name, self.tuning.seed)
    }
}
