//! What a check comes to: a table, JSON, JUnit's XML, Markdown, and annotations on GitHub.
//!
//! All of them say the same of the same [`Report`]s; the sentences that they share are in one place.

pub(super) mod baseline;
pub mod github;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod table;
pub(in crate::report) mod words;

use crate::baseline::Comparison;
use crate::expectation::{Checked, Finding, Verdict};
use crate::metric::Metric;
use crate::questions::{Expectation, Questions};
use crate::scenario::{Scenario, ScenarioFile};

/// What was checked of one scenario.
pub struct Report {
    /// The scenario's file, as it was called.
    pub file: String,
    /// The scenario as it was read.
    pub source: ScenarioFile,
    /// The scenario.
    pub scenario: Scenario,
    /// What is asked about it.
    pub questions: Questions,
    /// Where randomness started.
    pub seed: u64,
    /// What came of its expectations.
    pub checked: Checked,
    /// What came of the comparison with its baseline, if there was one.
    pub comparison: Option<Comparison>,
    /// Whether it was cancelled before all was said.
    pub interrupted: bool,
}

impl Report {
    /// Each expectation with its metric and what was found of it.
    pub(super) fn findings(&self) -> impl Iterator<Item = (&Expectation, Metric, &Finding)> {
        let metric = |expectation: &Expectation| {
            Metric::parse(&expectation.metric, &self.scenario).expect("a checked scenario has its metrics")
        };
        let expectations = self.questions.expectations.iter().zip(&self.checked.findings);
        expectations.map(move |(expectation, finding)| (expectation, metric(expectation), finding))
    }

    /// How many expectations have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checked.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// Whether everything holds.
    pub fn passes(&self) -> bool {
        let expected = self.count(Verdict::Holds) == self.checked.findings.len();
        expected && !self.interrupted && self.comparison.as_ref().is_none_or(Comparison::passes)
    }
}
