//! What a check comes to: a document, JSON, JUnit's XML, and annotations on GitHub.
//!
//! All of them say the same of the same [`CheckReport`]s; the sentences that they share are in one place.

mod baseline;
mod document;
mod github;
mod json;
mod junit;
mod words;

pub(crate) use document::CheckOptions;

use crate::baseline::BaselineVerdict;
use crate::expectation::{Checked, Finding, Verdict};
use crate::metric::Metric;
use crate::questions::{Expectation, Questions};
use crate::report::document::Document;
use crate::report::format::{Exporter, JSON, PAGE, Presentable};
use crate::scenario::{Scenario, ScenarioFile};

/// What was checked of one scenario.
pub struct CheckReport {
    /// The scenario's file, as it was called.
    pub file: String,
    /// The scenario as it was read.
    pub source: ScenarioFile,
    pub scenario: Scenario,
    /// What is asked about it.
    pub questions: Questions,
    /// Where randomness started.
    pub seed: u64,
    /// What came of its expectations.
    pub checked: Checked,
    /// What came of the comparison with its baseline, if there was one.
    pub comparison: Option<BaselineVerdict>,
    /// Whether it was cancelled before all was said.
    pub interrupted: bool,
}

/// A scenario that could not be checked.
pub struct Unchecked {
    /// Its file, as it was called.
    pub file: String,
    /// What is wrong, at least one thing: the line in the file, if it is in one, and a sentence.
    pub problems: Vec<(Option<usize>, String)>,
}

/// What was checked of all scenarios.
pub(crate) struct Checks<'r> {
    pub reports: &'r [CheckReport],
    /// Those that could not be.
    pub unchecked: &'r [Unchecked],
    pub options: CheckOptions<'r>,
}

/// The files of a check's folder.
pub(crate) const FILES: [&str; 2] = [PAGE, JSON];
pub(crate) use github::GITHUB;
pub(crate) use junit::JUNIT;

impl Presentable for Checks<'_> {
    const PAGE_FILE: &'static str = "check.html";

    fn document(&self) -> Document<'_> {
        document::document(self)
    }

    fn identity(&self) -> String {
        self.reports.iter().map(|report| report.scenario.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn formats() -> Vec<Box<dyn Exporter<Self>>> {
        vec![Box::new(json::CheckJson), Box::new(junit::Junit), Box::new(github::Annotations)]
    }
}

impl Checks<'_> {
    /// Whether everything was checked, and holds.
    pub fn passes(&self) -> bool {
        self.unchecked.is_empty() && self.reports.iter().all(CheckReport::passes)
    }
}

impl Unchecked {
    /// What is wrong, in one sentence.
    pub(super) fn sentence(&self) -> String {
        let said = self.problems.iter().map(|(line, problem)| match line {
            Some(line) => format!("line {line}: {problem}"),
            None => problem.clone(),
        });
        format!("{} was not checked: {}", self.file, said.collect::<Vec<_>>().join("; "))
    }
}

impl CheckReport {
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
        expected && !self.interrupted && self.comparison.as_ref().is_none_or(BaselineVerdict::passes)
    }
}
