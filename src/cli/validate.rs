//! `rollcast validate`

use super::args::ValidateArgs;
use super::simulation::load;
use super::{Failure, print};
use crate::report::outline;

/// Loads every scenario, and describes those that are right. What is wrong with others is told all at once, at the end.
pub fn run(args: &ValidateArgs) -> Result<(), Failure> {
    let mut outlines = Vec::new();
    let mut wrong: Option<Failure> = None;
    for path in &args.scenarios {
        match load(path, &args.set) {
            Ok(scenario) => outlines.push(outline::render(&scenario)),
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
