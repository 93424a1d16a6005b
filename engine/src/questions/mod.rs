//! What a scenario's file asks about the scenario: `[[expect]]`, `[check]` and `[tune]`.
//!
//! The questions stand in the file of the scenario, and which of them make sense depends on it: on the numbers that its results have,
//! and on how great these can be. [`read`] checks a file as a whole, the scenario and its questions, and tells everything that is wrong
//! with either at once. Results do not depend on questions, and so a scenario's digest does not.

mod claim;
mod expectation;
#[cfg(test)]
mod fuzz;
mod read_expect;
mod read_tune;
mod schema;
mod tune;

pub use claim::Mistake;
pub use expectation::{Bounds, Expectation};
pub use schema::{schema, schema_with};
pub use tune::{Constraint, Direction, Misplaced, Objective, Tune, is_of_rollout};

use crate::scenario::diagnostics::Diagnostics;
use crate::scenario::{Scenario, ScenarioFile, check};

/// All questions of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Questions {
    /// What `rollcast check` holds the results to.
    pub expectations: Vec<Expectation>,
    /// How many replications a check may take; >= 1, default 1000000.
    pub max_check_replications: u32,
    /// What `rollcast tune` is to find.
    pub tune: Tune,
}

impl Default for Questions {
    fn default() -> Questions {
        Questions {
            expectations: Vec::new(),
            max_check_replications: expectation::DEFAULT_CHECK_REPLICATIONS,
            tune: Tune::default(),
        }
    }
}

/// Checks a file with options laid over it, each of them its name and `PATH=VALUE`: the scenario, and what is asked about it.
///
/// # Errors
/// All problems found.
pub fn read<'o>(
    file: &ScenarioFile,
    options: impl IntoIterator<Item = (&'o str, &'o str)>,
) -> Result<(Scenario, Questions), Diagnostics> {
    file.check(options, |top, found, diagnostics| {
        let max_check_replications = top.optional("check", diagnostics, read_expect::max_replications);
        let (expect, tune) = (top.entry("expect"), top.entry("tune"));
        let mut questions = Questions::default();
        questions.max_check_replications = max_check_replications.unwrap_or(questions.max_check_replications);
        // Which metrics there are, and which of them have bounds, depends on parts of the scenario.
        let check::Found { scenario: Some(scenario), parts_are_right: true, .. } = found else { return questions };
        if let Some(entry) = expect {
            let expectations = read_expect::expectations(&entry.node, "expect", scenario, diagnostics);
            questions.expectations = expectations.unwrap_or_default();
        }
        if let Some(entry) = tune {
            questions.tune = read_tune::tune(&entry.node, "tune", scenario, diagnostics).unwrap_or_default();
        }
        questions
    })
}
