//! Traces: the events of one replication, and how they are shown.
//!
//! * [`Trace::record`] simulates a replication and keeps what its observer is told. What an observer is not told but is
//!   a pure function of the replication's luck is added: the steps of robots that nothing delays, and when robots are
//!   offline while they deploy.
//! * [`Format`]: a [`table`] and a [`timeline`] to read, [`csv`] and [`jsonl`] for programs, [`chrome`] for Perfetto.
//!
//! A trace agrees with the replication's row in `replications.csv`: the row can be computed from it.

pub mod chrome;
pub mod csv;
mod event;
pub mod jsonl;
mod reconstruction;
mod recorder;
pub mod table;
pub mod timeline;

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

pub use event::{AttemptRecord, COLUMNS, Offline, TraceEvent, What};

use crate::scenario::{RobotNames, Scenario};
use crate::simulation::{Campaign, JobRecord, Plan, Replication};
use recorder::Recorder;

/// More events than this are not kept: nobody reads them, and they would fill the memory.
pub const MOST_EVENTS: usize = 10_000_000;

/// What happened in one replication.
#[derive(Clone, Debug)]
pub struct Trace<'s> {
    pub scenario: &'s Scenario,
    pub seed: u64,
    /// How the campaign ended, and its counts.
    pub replication: Replication,
    pub names: RobotNames,
    /// All events in the order of time, and of R1 within an instant.
    pub events: Vec<TraceEvent>,
    /// All attempts in the order of their starts.
    pub attempts: Vec<AttemptRecord>,
    /// When robots were offline during their attempts, attempt by attempt.
    pub offline: Vec<Offline>,
    pub jobs: Vec<JobRecord>,
}

/// Why there is no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untraceable {
    /// It was cancelled.
    Cancelled,
    /// The replication has more than [`MOST_EVENTS`] events.
    TooLong,
}

impl<'s> Trace<'s> {
    /// Simulates replication `index` of a scenario under `seed`, and writes down all that happens. `plan` is the
    /// scenario's.
    ///
    /// # Errors
    /// See [`Untraceable`].
    pub fn record(
        scenario: &'s Scenario,
        plan: &Plan,
        seed: u64,
        index: u32,
        cancelled: &AtomicBool,
    ) -> Result<Trace<'s>, Untraceable> {
        let mut recorder = Recorder::new(scenario);
        let mut campaign = Campaign::new(plan, plan.controller.clone());
        let replication = campaign.run(seed, index, cancelled, &mut recorder).ok_or(Untraceable::Cancelled)?;
        let mut recorded = recorder.finish(&replication).ok_or(Untraceable::TooLong)?;
        let draws = campaign.draws();
        let mut names = RobotNames::new(scenario);
        for robot in names.robots()..replication.registered {
            names.register(draws.group_of(robot));
        }
        let completed = reconstruction::complete(draws, &replication, &mut recorded);
        let (events, offline) = completed.ok_or(Untraceable::TooLong)?;
        let recorder::Recorded { attempts, jobs, .. } = recorded;
        Ok(Trace { scenario, seed, replication, names, events, attempts, offline, jobs })
    }
}

/// How a trace is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line for each event, to read
    Table,
    /// A row for each event, with all columns
    Csv,
    /// A JSON object for each event
    Jsonl,
    /// Chrome trace events, which Perfetto opens: a track for each robot, each slot, and the jobs
    Chrome,
    /// A chart of robots over time, for small fleets
    Timeline,
}

impl Trace<'_> {
    /// Writes the trace in a format that takes any trace: all but [`Format::Timeline`], which this writes in `width`
    /// columns for a fleet of at most [`timeline::MOST_ROBOTS`].
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn write(&self, format: Format, width: usize, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Table => table::write(self, out),
            Format::Csv => csv::write(self, out),
            Format::Jsonl => jsonl::write(self, out),
            Format::Chrome => chrome::write(self, out),
            Format::Timeline => out.write_all(timeline::render(self, width).as_bytes()),
        }
    }
}
