//! The journal: what has happened to an account, so that it can be made again.
//!
//! The account is a pure function of its scenario, seed, epoch and the calls with their instants; so the journal holds
//! those, and the latest instant that somebody has seen.
//!
//! # What is on the disk when
//!
//! A record is queued under the lock under which its effect can be seen first, and whoever sees that effect (who
//! called, who reads, who watches) is answered only after the record is on the disk: written, and `fdatasync` has
//! returned. All records that have come meanwhile are written and synced at once, as one line. A read that changes
//! nothing waits only for what it shows. Whoever is not answered may find the call carried out or not, as with any
//! service. When the disk does not take a record, nothing is answered any more and the server stops.
//!
//! Time itself is seen as well, by clocks and by how far robots have got in their steps: whoever looks after time has
//! passed waits for a record of the instant. After a crash time goes on from the latest instant that anybody has seen.
//!
//! # The file
//!
//! `journal.jsonl` is one file to which lines are added. A line is a batch of records: its number from 1, the length of
//! its JSON in bytes, a checksum in eight hexadecimal digits, and a JSON list, with single spaces between. The checksum
//! is the CRC-32 of the checksum of the line before and of the rest of this one. So a line that is damaged, missing,
//! there twice or in another place does not fit, and the journal is refused with the number of the line; nothing in it
//! is changed then. Only of the last line may the end be missing, or be sectors of zeros: that line was still being
//! written when the machine stopped, and nothing in it was answered. It is taken away, and that is said. (That whole
//! lines are missing at the end cannot be seen.)
//!
//! A line may also hold a piece of the account written down, after `+`, or after `=` if it is the last one.
//!
//! A journal of format 1, whose lines have a checksum but no number, is read, and begun anew before the server starts.
//!
//! # How long it gets
//!
//! What has led to an account is not needed any more when the account itself is written down. A journal of which more
//! than [`LEAST_TAIL`] bytes, and more than the account took last time, have come since then is begun anew: with its
//! beginning and the account, and from then on what has come since. So is one after [`MOST_TURNS`] instants, which
//! would have to be gone through again. A copy of the account is taken between two calls; it is written aside, to a
//! file beside the journal, while the journal goes on. Then the file gets what has come meanwhile, is synced, and takes
//! the journal's name: at any moment the name leads to a whole journal. Jobs that have been forgotten after their 90
//! days are gone from it then.
//!
//! It is read line by line: the memory that a start takes is that of the account, and of the account as text.

mod file;
mod line;
mod writer;

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::metric::LUCK_VERSION;

pub use file::{Entry, JournalFile, ReplayError};
pub use writer::{Durable, Journal, JournalWriter};

/// The shape of the file, and what its records do.
const FORMAT: u32 = 2;

/// So many bytes of records are left alone.
pub const LEAST_TAIL: u64 = 4 << 20;

/// So many instants at which something happens are gone through again at a start, and not more.
pub const MOST_TURNS: u64 = 5_000_000;

/// What an account begins with: the first record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    pub format: u32,
    /// The version of the robots' luck: with another one the same calls make another account.
    #[serde(default = "first_results_version")]
    pub results_version: u32,
    /// The digest of the scenario.
    pub scenario: String,
    /// Where randomness starts.
    pub seed: u64,
    /// Time 0, in milliseconds since 1970.
    pub epoch: u64,
}

/// Journals of format 1 do not say it.
fn first_results_version() -> u32 {
    2
}

impl Beginning {
    /// What a new account begins with.
    pub fn new(scenario: String, seed: u64, epoch: u64) -> Beginning {
        Beginning { format: FORMAT, results_version: LUCK_VERSION, scenario, seed, epoch }
    }

    /// Whether a journal with this beginning holds the account that is wanted.
    ///
    /// # Errors
    /// What differs.
    pub fn check(&self, wanted: &Beginning) -> Result<(), ReplayError> {
        let found = Beginning { format: FORMAT, ..self.clone() };
        if found == *wanted {
            return Ok(());
        }
        Err(ReplayError::Unfit(format!("it begins another account: found {found:?}, expected {wanted:?}")))
    }
}

/// Something that has happened, at an instant of virtual time in microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the types' documentation says it")]
pub enum Record {
    /// The account is new.
    Beginning(Beginning),
    /// A call that has changed something.
    Call { at: u64, operation: String, input: Value },
    /// Somebody has done something to the robot with this ARN.
    Inject {
        at: u64,
        robot: String,
        fault: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// Time has come so far, and somebody has seen it. Without effect if another record follows.
    Seen { at: u64 },
}

/// Why a journal cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// The file or its folder cannot be read or made.
    Open(PathBuf, io::Error),
    /// The file cannot be added to.
    Write(PathBuf, io::Error),
    /// Another server uses it.
    InUse(PathBuf),
    /// The line of this number is damaged, or is not the one that belongs there.
    Damaged(PathBuf, u64, String),
    /// The line of this number holds what does not fit the account.
    Unfit(PathBuf, u64, String),
    /// Whoever read it was told to stop.
    Interrupted,
}

impl std::fmt::Display for JournalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JournalError::Open(path, error) => write!(f, "cannot use {}: {error}", path.display()),
            JournalError::Write(path, error) => write!(f, "cannot write to {}: {error}", path.display()),
            JournalError::InUse(path) => write!(f, "another server uses {}", path.display()),
            JournalError::Damaged(path, line, why) | JournalError::Unfit(path, line, why) => {
                write!(f, "{}, line {line}: {why}", path.display())
            }
            JournalError::Interrupted => f.write_str("told to stop while the journal was read"),
        }
    }
}

#[cfg(test)]
mod tests;
