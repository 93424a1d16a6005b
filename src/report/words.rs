//! Words that several answers have in common.

use crate::scenario::Scenario;
use crate::time::{Time, humane};

/// What stands along the bottom of charts of campaigns.
pub(crate) const SINCE_START: &str = "time since the start of the rollout";
/// The same of one scenario's campaigns, whose start may have a date.
pub(crate) fn since_start(scenario: &Scenario) -> String {
    let calendar = &scenario.calendar;
    match calendar.shown(Time::ZERO) {
        Some(start) => format!("time in {}, from {start} on", calendar.zone()),
        None => SINCE_START.to_owned(),
    }
}

/// An instant so many seconds after the start: `25h 7m`, and `25h 7m (Wed 2 Dec 01:07)` if the start has a date.
pub(crate) fn instant_of(scenario: &Scenario, seconds: f64) -> String {
    match scenario.calendar.shown(Time::from_secs(seconds)) {
        Some(shown) => format!("{} ({shown})", humane(seconds)),
        None => humane(seconds),
    }
}

/// Of a chart of times to success without one.
pub(crate) const NEVER_IN_SYNC: &str = "No campaign ended with the whole fleet in sync.";

/// What is over a smaller share of the replications is said to be, where settings are judged by it.
pub(super) const LEAST_SHARE: f64 = 0.99;

/// The name of a scenario, and the first line of its description.
pub(crate) fn title(scenario: &Scenario) -> String {
    titled(&scenario.name, &scenario.description)
}

pub(super) fn titled(name: &str, description: &str) -> String {
    let title = match description.lines().next().unwrap_or_default().trim() {
        "" => name.to_owned(),
        description => format!("{name}: {description}"),
    };
    title.chars().filter(|c| !steers(*c)).collect()
}

/// Whether a character steers the terminal instead of being shown: a description is somebody's text. Beside control
/// characters these are the marks that turn the direction of writing.
pub(crate) fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A number is never parted from its percent sign.
pub(super) fn unparted(words: &str) -> String {
    words.replace(" %", "\u{a0}%")
}
