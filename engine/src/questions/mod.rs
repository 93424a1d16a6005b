//! What a scenario's file asks about the scenario: `[[expect]]`, `[check]` and `[tune]`.
//!
//! The questions stand in the file of the scenario, and which of them make sense depends on it: on the numbers that its
//! results have, and on how great these can be. [`read`] checks a file as a whole, the scenario and its questions, and
//! tells everything that is wrong with either at once. Results do not depend on questions, and so a scenario's digest
//! does not.

mod claim;
mod expect_table;
mod expectation;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod properties;
mod tune;
mod tune_table;

pub use claim::Mistake;
pub use expectation::{Bounds, Expectation};
pub use tune::{Constraint, Misplaced, Objective, Sense, Tune, is_of_rollout};

use serde_json::{Value as Json, json};

use crate::scenario::diagnostics::Diagnostics;
use crate::scenario::form::{self, Form, TableDescription, table, tables};
use crate::scenario::{Controllers, Draft, Scenario, ScenarioFile};

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

/// Checks a file with options laid over it, each of them its name and `PATH=VALUE`: the scenario, and what is asked
/// about it. A question that no results can answer as somebody wishes keeps nobody from having results.
///
/// # Errors
/// All problems found.
pub fn read<'o>(
    file: &ScenarioFile,
    options: impl IntoIterator<Item = (&'o str, &'o str)>,
) -> Result<(Scenario, Questions), Diagnostics> {
    read_with_doubts(file, options).map(|(scenario, questions, _)| (scenario, questions))
}

/// The same, with what is doubtful about the questions: what can never be proven.
///
/// # Errors
/// All problems found.
pub fn read_with_doubts<'o>(
    file: &ScenarioFile,
    options: impl IntoIterator<Item = (&'o str, &'o str)>,
) -> Result<(Scenario, Questions, Diagnostics), Diagnostics> {
    file.check(options, questions)
}

/// The tables of a file that ask something. Which metrics there are, and which of them have bounds, depends on parts of
/// the scenario: as long as these are wrong, questions are left unread.
fn questions(file: &mut Form<'_>, checked: &Draft) -> Questions {
    let default = Questions::default();
    let check = file.optional("check", "How far `rollcast check` goes.", table(expect_table::check));
    let scenario = checked.scenario.as_ref().filter(|_| checked.parts_are_right);
    if scenario.is_none() && file.is_read() {
        file.leave(&["expect", "tune"]);
        return default;
    }
    let words = "What `rollcast check` is to prove of the results, which do not depend on it.";
    let expectation = |form: &mut Form<'_>| expect_table::expectation(form, scenario);
    let expectations = file.optional("expect", words, tables("expect", expectation));
    let words = "What `rollcast tune` is to find. Results do not depend on it.";
    let tune = file.optional("tune", words, table(|form: &mut Form<'_>| tune_table::tune(form, scenario)));
    Questions {
        expectations: expectations.unwrap_or_default(),
        max_check_replications: check.unwrap_or(default.max_check_replications),
        tune: tune.unwrap_or_default(),
    }
}

/// Every key that a scenario's file may have, where it may choose one of these controllers: what it means, and what it
/// accepts.
pub fn description(controllers: &Controllers) -> TableDescription {
    Form::describe(|file| {
        let checked = crate::scenario::tables(file, controllers);
        questions(file, &checked)
    })
}

/// The JSON Schema (draft 2020-12) of scenario files, for editors that complete and check keys.
///
/// It says of each key what the reader accepts, as far as a schema can: names, kinds, ranges, and which keys exclude or
/// need each other. What needs arithmetic or a look elsewhere is left to the reader: that a minimum is below its
/// maximum, that weights are not all 0, that durations and rates are in their range, that names differ and files exist.
/// A float without a fraction, such as `4.0`, is an integer in JSON.
///
/// ```
/// let schema = rollcast_engine::questions::schema();
/// assert_eq!(schema["properties"]["name"]["type"], "string");
/// ```
pub fn schema() -> Json {
    schema_with(&Controllers::built_in())
}

/// The same, where scenarios may choose one of these controllers.
pub fn schema_with(controllers: &Controllers) -> Json {
    let mut schema = description(controllers).schema();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("rollcast scenario");
    schema["description"] = json!("A rollout to a fleet of robots, as rollcast simulates it.");
    schema
}

/// The reference of scenario files, in Markdown: `docs/reference/scenario.md` holds it.
pub fn reference() -> String {
    const HEAD: &str = "\
# Scenario reference

A scenario is TOML. Anything unknown, missing, out of range or contradictory is an error that shows the file, the line, the
text and what would be accepted; all errors are shown at once, and nothing is run or written. A scenario file is at most 1 MiB.

Durations are strings with a unit (us, ms, s, m, h, d, w): \"250ms\", \"90s\", \"1h30m\", \"7d\"; at most 13000 days, in whole
microseconds. Sizes and rates are strings with a decimal unit: B, kB, MB, GB, TB; bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s. Names
are 1 to 64 characters of `[A-Za-z0-9_-]`. An integer is not written as a float.

A distribution is a table with one key, [the family](#distributions). [Windows](#windows) are an array of tables.

";
    const TAIL: &str = "
Quantities are durations, or rates in a distribution of rates. A drawn duration is rounded to the nearest microsecond and cut
at 13000 days.
";
    let keys = form::reference(
        &description(&Controllers::built_in()),
        &[("windows", "Windows"), ("distribution_of_durations", "Distributions")],
    );
    format!("{HEAD}{keys}{TAIL}")
}
