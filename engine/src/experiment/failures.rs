//! Replications that failed: a panic in one is a fault of the program, not of the scenario.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic;

/// So many failed replications are named; the others are counted.
const MOST_NAMED: usize = 10;

/// The replications of an experiment that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    /// Where their randomness started.
    pub seed: u64,
    /// How many failed.
    pub failed: u32,
    /// How many others came to their end.
    pub finished: u32,
    /// Why those with the least numbers failed, by number: at most ten.
    pub named: BTreeMap<u32, String>,
    /// What is laid over the scenario, written as `--set` takes it, by whoever varies it.
    pub settings: Vec<String>,
}

impl Failures {
    pub(super) fn new(seed: u64) -> Failures {
        Failures { seed, failed: 0, finished: 0, named: BTreeMap::new(), settings: Vec::new() }
    }

    pub(super) fn add(&mut self, replication: u32, why: String) {
        self.failed += 1;
        self.name(replication, why);
    }

    fn name(&mut self, replication: u32, why: String) {
        self.named.insert(replication, why);
        if self.named.len() > MOST_NAMED {
            self.named.pop_last();
        }
    }

    /// Adds those of other replications of the same experiment.
    pub fn merge(&mut self, other: Failures) {
        self.failed += other.failed;
        self.finished += other.finished;
        other.named.into_iter().for_each(|(replication, why)| self.name(replication, why));
    }
}

thread_local! {
    /// Whether this thread is within a replication.
    static REPLICATING: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic within one was, if somebody keeps it.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// While it lives, this thread is within a replication.
pub(super) struct Replicating(());

impl Replicating {
    pub(super) fn begin() -> Replicating {
        REPLICATING.set(true);
        Replicating(())
    }
}

impl Drop for Replicating {
    fn drop(&mut self) {
        REPLICATING.set(false);
    }
}

/// From now on a panic within a replication of an experiment prints nothing where it happens: [`Failures`] tell it,
/// with its place. Other panics print what they printed before. For programs; it changes the hook of the whole process.
pub fn report_panics_once() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if REPLICATING.get() {
            PLACE.set(panic.location().map(ToString::to_string));
        } else {
            others(panic);
        }
    }));
}

/// What a panic said, on a line, and where it was if that is known.
pub(super) fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("a panic without a message").split_whitespace().collect::<Vec<_>>().join(" ");
    match PLACE.take() {
        Some(place) => format!("{text} ({place})"),
        None => text,
    }
}
