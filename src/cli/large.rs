//! What takes long asks before it starts.

use std::io::{self, IsTerminal};

use super::{Failure, exit, interrupt, say};
use crate::sweep::{MOST_POINTS, Sweep};

/// More points than this ask.
const MANY_POINTS: u64 = 10_000;
/// More robots than this over all points and replications ask.
pub const MANY_ROBOTS: u128 = 10_000_000_000;

/// Refuses more points than there may be, and asks whether many of them shall be looked at; whether it has asked.
pub fn confirm_points(sweep: &Sweep, what: &str, noun: &str, yes: bool) -> Result<bool, Failure> {
    let points = sweep.len();
    if points > MOST_POINTS {
        let message = format!(
            "error: {what} of {points} {noun}; expected at most {MOST_POINTS}\n\
             help: a larger step in a range, or fewer paths that vary at once\n"
        );
        return Err(Failure { message, code: exit::BAD_INPUT });
    }
    let many = points > MANY_POINTS;
    if many {
        confirm(&format!("{what} of {points} {noun}"), yes)?;
    }
    Ok(many)
}

/// Asks at a terminal; elsewhere `--yes` must have been given.
pub fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let refused = |message: String| Failure { message, code: exit::BAD_INPUT };
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(refused(format!("error: {what} needs --yes to start; nothing was run and nothing was written\n")));
    }
    say(&format!("{what}: start? [y/N] "));
    // What cannot be read is no yes.
    match interrupt::read_line()?.unwrap_or_default().trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(refused(String::from("not started: nothing was run and nothing was written\n"))),
    }
}
