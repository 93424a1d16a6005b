//! `rollcast validate`

use super::args::ValidateArgs;
use super::simulation::{read, styled};
use super::{Failure, print, say};
use crate::questions;
use crate::report::{settings, text_of};
use crate::scenario::{Controllers, Diagnostics, Scenario, ScenarioFile};

/// Loads every scenario, and describes those that are right. What is wrong with others is told all at once, at the end.
pub fn run(args: &ValidateArgs, controllers: &Controllers) -> Result<(), Failure> {
    let mut outlines = Vec::new();
    let mut wrong: Option<Failure> = None;
    for path in &args.scenarios {
        match read(path, &args.set, controllers).and_then(|(file, ..)| checked(&args.set, &file)) {
            Ok(scenario) => outlines.push(text_of(&settings::document(&scenario))),
            Err(Failure { message, code }) => {
                let before = wrong.get_or_insert(Failure { message: String::new(), code });
                if !before.message.is_empty() {
                    before.message.push('\n');
                }
                before.message.push_str(&message);
                // A scenario that could not be read has not been checked: that goes before what is wrong with others.
                before.code = before.code.max(code);
            }
        }
    }
    if !args.quiet {
        print(&outlines.join("\n\n"))?;
    }
    wrong.map_or(Ok(()), Err)
}

/// Warns of questions that no results can answer as wished, and checks every value that `[tune]` lets a path take, each
/// by itself.
fn checked(sets: &[String], file: &ScenarioFile) -> Result<Scenario, Failure> {
    let sets_over = sets.iter().map(|set| ("--set", set.as_str()));
    let (scenario, questions, doubts) = questions::read_with_doubts(file, sets_over)?;
    say(&doubts.render_doubts(styled()));
    let mut problems = Diagnostics::default();
    for variation in &questions.tune.vary {
        for value in &variation.values {
            let setting = variation.setting(value);
            let sets = sets.iter().map(|set| ("--set", set.as_str()));
            if let Err(found) = questions::read(file, sets.chain([(variation.written, setting.as_str())])) {
                problems.absorb(found);
            }
            if problems.is_full() {
                break;
            }
        }
    }
    if problems.is_empty() { Ok(scenario) } else { Err(problems.into()) }
}
