//! The world around a rollout (R13 to R17, R22) against theory and by hand.
//!
//! * `connectivity`: alternating renewal processes, and what the memoryless ones do to deployments.
//! * `downloads`: fair shares by hand, and the machine-repair queue.
//! * `builds`: mixtures of binomials, beta-binomials, and how soon a bad build is found.
//! * `faults`: steps that hang, failures that stay, builds that are slower, by their probabilities and by hand.
//! * `groups`: results by group by hand, and times that may never come.
//! * `pace`: how much groups differ between replications, and the least value of a family.
//! * `registrations`: Poisson and renewal arrivals, and a fleet that grows.
//! * `api`: truncated geometric numbers of attempts, backoff, and idempotency.
//! * `results`: which keys a summary has, and that builds add up to the whole.
//! * `calendar`: windows of local time, maintenance and outages, by hand (R21).
//! * `together`: parts that meet, by hand and against equal scenarios.

mod api;
mod builds;
mod calendar;
mod connectivity;
mod downloads;
mod faults;
mod groups;
mod pace;
mod registrations;
mod results;
mod together;

use std::fmt::Write;

use rollcast::rollout::{RobotEnd, RobotId};
use rollcast::simulation::{Event, Observer, Plan, Replication};
use rollcast::time::Time;

use crate::run::{campaigns, scenario};

/// A group; `rest` goes on with its keys.
fn group(name: &str, robots: u32, rest: &str) -> String {
    format!("[[group]]\nname = \"{name}\"\nrobots = {robots}\n{rest}\n")
}

/// A step that succeeds after a constant time.
fn takes(step: &str, seconds: f64) -> String {
    fails(step, seconds, 0.0)
}

/// A step that takes a constant time and may fail.
fn fails(step: &str, seconds: f64, failure: f64) -> String {
    format!("step.{step} = {{ latency = {}, failure = {failure:?} }}\n", constant(seconds))
}

fn constant(seconds: f64) -> String {
    format!("{{ constant = \"{seconds}s\" }}")
}

fn exponential(mean: f64) -> String {
    format!("{{ exponential = {{ mean = \"{mean}s\" }} }}")
}

fn connectivity(online: &str, offline: &str) -> String {
    format!("connectivity = {{ online = {online}, offline = {offline} }}\n")
}

/// A table from its lines.
fn table(header: &str, lines: &[&str]) -> String {
    lines.iter().fold(format!("[{header}]\n"), |mut text, line| {
        writeln!(text, "{line}").expect("a string takes all");
        text
    })
}

/// Seconds since the campaign began.
fn seconds(time: Time) -> f64 {
    (time - Time::ZERO).seconds()
}

/// The ends of deployments, with their starts, and the late ends.
#[derive(Default)]
struct Ends {
    ends: Vec<(Time, RobotId, Time, RobotEnd)>,
    late: Vec<(Time, RobotId, RobotEnd)>,
}

impl Observer for Ends {
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::RobotEnded { robot, started, end } => self.ends.push((now, robot, started, end)),
            Event::RobotEndedLate { robot, end } => self.late.push((now, robot, end)),
            _ => {}
        }
    }
}

/// The campaigns of a scenario text with their ends.
fn ends(text: &str, n: u32, look: impl FnMut(Replication, Ends)) {
    campaigns(&Plan::new(&scenario(text)), n, look);
}
