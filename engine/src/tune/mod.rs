//! Tuning: the best setting of those that satisfy the constraints, with a stated probability.
//!
//! The settings are the points of a [`Sweep`]. What is asked for is the setting whose objective is least (or greatest)
//! among those that satisfy every constraint, or one that is no more than a margin worse. The procedure is **successive
//! elimination** (E. Even-Dar, S. Mannor and Y. Mansour, "Action elimination and stopping conditions for the
//! multi-armed bandit and reinforcement learning problems", JMLR 7 (2006)) under **common random numbers**: all
//! settings that are still in the race are simulated in stages, each half as long again as all before, and after each
//! stage
//!
//! * a setting **fails** once it is proven to violate a constraint, by the confidence sequences of
//!   [`expectation`](crate::expectation);
//! * a setting is **settled** by another one once that one is proven to be no worse than it, or no more than the margin
//!   worse, by the evidence of [`paired`](crate::statistics::paired): it need not be simulated any more as long as the
//!   other one is in the race. Where the other one fails, it is back in the race, from its beginning.
//!
//! The race is over when a single setting is left that is proven to satisfy the constraints, when all fail, or when
//! whatever is left has had as many replications as it may. Chains of settlements hold at most one margin: who is
//! within the margin of a setting that itself turns out to be within the margin of another one is back in the race.
//!
//! # Memory
//!
//! Comparisons need the numbers of both settings replication by replication. Those of at most 2^24 replications are
//! kept, over all settings that can still be compared: settled settings make room first, and once there is no more the
//! race is over as if that many were as many as there may be. What is found until then stands, and is proven.
//!
//! # What is guaranteed
//!
//! Of the error 1 - confidence one half is for constraints, shared evenly by all settings and constraints, and one half
//! for comparisons, shared evenly by all pairs of settings (of the four claims about a pair, either one within the
//! margin or not, at most two can be false). Every piece of evidence is valid at all times at once, so stages and
//! stopping cost nothing. With the confidence, then, no false claim is ever made, and all that is said is right: that
//! the best setting satisfies the constraints, that no setting that does so is better by more than the margin, and that
//! the settings that fail do fail. For objectives that are quantiles or probabilities this holds for any number of
//! replications; for means as their number grows.
//!
//! A setting in which the objective surely exists in fewer than one replication in a hundred is no candidate: it has no
//! value.

mod contender;
mod finish;
mod goal;
mod outcome;
mod race;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;

pub use finish::miss;
pub use outcome::{Conclusion, Cost, Figures, HurtAndTime, Outcome, OwnSetting, Setting, Status};

use crate::experiment::{Stopped, Workers};
use crate::precision::Target;
use crate::questions::{Constraint, Objective};
use crate::scenario::{Diagnostics, Scenario};
use crate::sweep::Sweep;

/// What is to be found, and what with.
pub struct Tuning<'a> {
    /// The settings, which have been [checked](Sweep::check).
    pub sweep: &'a Sweep,
    /// The scenario's own setting.
    pub own: &'a Scenario,
    /// What is to be small or great.
    pub objective: &'a Objective,
    /// How much worse than the best is good enough.
    pub margin: Target,
    /// What has to hold.
    pub constraints: &'a [Constraint],
    /// How sure the answer has to be; in (0.5, 1).
    pub confidence: f64,
    /// The most replications of a setting; >= 1.
    pub max_replications: u32,
    /// Where randomness starts.
    pub seed: u64,
    pub workers: &'a Workers,
    /// Stops it soon after it becomes true.
    pub cancelled: &'a AtomicBool,
    /// Is told how many more replications are done.
    pub advanced: &'a (dyn Fn(u32) + Sync),
    /// Is told of each stage before it begins.
    pub stage: &'a dyn Fn(RaceStage),
}

/// A stage of the race, or what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaceStage {
    /// Settings that are still in the race; none after it.
    pub racing: Option<usize>,
    /// Replications that this stage simulates.
    pub replications: u64,
}

/// What ended it without an outcome.
#[derive(Debug)]
pub enum Unfinished {
    /// The threads could not go on.
    Stopped(Stopped),
    /// A scenario that is no longer what was checked.
    Changed(Diagnostics),
}

impl From<Stopped> for Unfinished {
    fn from(stopped: Stopped) -> Unfinished {
        Unfinished::Stopped(stopped)
    }
}

impl From<Diagnostics> for Unfinished {
    fn from(problems: Diagnostics) -> Unfinished {
        Unfinished::Changed(problems)
    }
}

impl Tuning<'_> {
    /// Says of replications that failed in which setting they did.
    fn at(&self, setting: usize, halt: Unfinished) -> Unfinished {
        match halt {
            Unfinished::Stopped(stopped) => Unfinished::Stopped(self.sweep.stopped_at(setting as u64, stopped)),
            halt => halt,
        }
    }

    /// Finds the setting. Cancelled, it says what is decided so far.
    ///
    /// # Errors
    /// See [`Unfinished`].
    pub fn run(&self) -> Result<Outcome, Unfinished> {
        let mut race = race::Race::new(self);
        match race.run() {
            Ok(()) => finish::finish(race),
            Err(Unfinished::Stopped(Stopped::Cancelled)) => Ok(finish::interrupted(race)),
            Err(halt) => Err(halt),
        }
    }
}
