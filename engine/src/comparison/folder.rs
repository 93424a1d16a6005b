//! The folder of a run: `summary.json` and `replications.csv`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

use super::row::{MEASURES, Row};
use super::{Identity, Side};
use crate::manifest::{Mixed, read_together};
use crate::measure::{Bound, Measure};
use crate::rollout::{CampaignOutcome, HaltWords};
use crate::scenario::is_name;
use crate::statistics::Unit;

/// After so many broken places the rest of a file is not looked at.
const MOST_PLACES: usize = 10;

/// A folder that cannot be compared.
#[derive(Debug)]
pub enum UnusableFolder {
    /// A file of a run is not there.
    Missing(PathBuf),
    /// It cannot be read.
    Unreadable(PathBuf, io::Error),
    /// It is not what a run writes.
    Broken(PathBuf, Vec<Broken>),
    /// Its files are not all of one run.
    Mixed(PathBuf, Mixed),
}

/// A place at which a file is not what a run writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// From 1, if there is one to point at.
    pub line: Option<u64>,
    /// What is wrong there.
    pub what: String,
    /// What is accepted.
    pub expected: String,
}

/// Reads the run of a folder.
///
/// # Errors
/// Why it cannot be compared, with all broken places up to the tenth.
pub fn read_folder(folder: &Path) -> Result<Side, UnusableFolder> {
    const NAMES: [&str; 2] = ["summary.json", "replications.csv"];
    let paths = NAMES.map(|name| folder.join(name));
    let unusable = |mixed| match mixed {
        Mixed::Unreadable(name, error) => UnusableFolder::Unreadable(folder.join(name), error),
        mixed => UnusableFolder::Mixed(folder.to_path_buf(), mixed),
    };
    let (texts, mixed) = match read_together(folder, NAMES) {
        Ok(texts) => (texts, None),
        // What is broken by itself says more.
        Err(mixed @ Mixed::Differs(_)) => (paths.each_ref().map(|path| fs::read(path).ok()), Some(mixed)),
        Err(mixed) => return Err(unusable(mixed)),
    };
    let ([summary, table], [of_summary, of_table]) = (texts, paths);
    let Some(summary) = summary else { return Err(UnusableFolder::Missing(of_summary)) };
    let (identity, replications) =
        identity(&summary).map_err(|broken| UnusableFolder::Broken(of_summary, vec![broken]))?;
    let Some(table) = table else {
        // One that is there is of another command.
        let others = of_table.exists().then(|| unusable(Mixed::Differs(NAMES[1].to_owned())));
        return Err(others.unwrap_or(UnusableFolder::Missing(of_table)));
    };
    let rows = rows(&table, replications).map_err(|broken| UnusableFolder::Broken(of_table, broken))?;
    mixed.map_or(Ok(Side { identity, rows }), |mixed| Err(unusable(mixed)))
}

fn identity(text: &[u8]) -> Result<(Identity, u32), Broken> {
    const EXPECTED: &str = "expected the summary.json of `rollcast run`";
    let broken = |line: Option<u64>, what: String| Broken { line, what, expected: String::from(EXPECTED) };
    let summary: Value = serde_json::from_slice(text).map_err(|error| {
        let what = error.to_string();
        let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
        broken(Some(error.line() as u64), format!("it is not JSON: {what}"))
    })?;
    let found = |pointer: &str| summary.pointer(pointer).map_or_else(|| String::from("nothing"), Value::to_string);
    let number = |pointer: &str| {
        summary.pointer(pointer).and_then(Value::as_u64).ok_or_else(|| {
            let what = format!("`{}` is {}", pointer[1..].replace('/', "."), shortened(&found(pointer)));
            Broken { line: None, what, expected: String::from("expected a whole number") }
        })
    };
    let text = |pointer: &str| {
        summary.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
            let what = format!("`{}` is {}", pointer[1..].replace('/', "."), shortened(&found(pointer)));
            Broken { line: None, what, expected: String::from("expected a string") }
        })
    };
    let identity = Identity {
        name: text("/scenario/name")?,
        digest: text("/scenario/digest")?,
        results_version: number("/results_version")?,
        seed: number("/seed")?,
        halts: HaltWords::of_results(|word| summary.pointer(&format!("/first_job/outcomes/{word}")).is_some()),
        // Only where nothing is left to chance has this interval no width, since version 3.
        certain: number("/results_version")? >= 3
            && summary
                .pointer("/campaign/peak_robots_down/mean_ci95")
                .and_then(Value::as_array)
                .is_some_and(|ends| ends.first() == ends.last()),
    };
    // A folder's name is made of it.
    if !is_name(&identity.name) {
        let what = format!("`scenario.name` is {}", shortened(&found("/scenario/name")));
        return Err(Broken {
            line: None,
            what,
            expected: String::from("expected 1 to 64 characters of A-Z a-z 0-9 _ -"),
        });
    }
    let replications = number("/replications")?;
    match u32::try_from(replications) {
        Ok(replications) if replications > 0 => Ok((identity, replications)),
        _ => Err(broken(None, format!("`replications` is {replications}"))),
    }
}

fn rows(text: &[u8], replications: u32) -> Result<Vec<Row>, Vec<Broken>> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text);
    let malformed = |error: &csv::Error| Broken {
        line: error.position().map(csv::Position::line),
        what: format!("it is not CSV: {error}"),
        expected: String::from("expected the replications.csv of `rollcast run`"),
    };
    let columns = match reader.headers() {
        Ok(header) => Columns::find(header).map_err(|broken| vec![broken])?,
        Err(error) => return Err(vec![malformed(&error)]),
    };
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    let mut count = 0_u64;
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map(csv::Position::line);
                match columns.row(&record, count) {
                    Ok(row) => rows.push(row),
                    Err((what, expected)) => broken.push(Broken { line, what, expected }),
                }
            }
            Err(error) => broken.push(malformed(&error)),
        }
        count += 1;
        if broken.len() == MOST_PLACES {
            return Err(broken);
        }
    }
    if count != u64::from(replications) {
        let what = format!("it has {count} rows");
        let expected = format!("expected {replications}, the replications of summary.json beside it");
        broken.push(Broken { line: None, what, expected });
    }
    if broken.is_empty() { Ok(rows) } else { Err(broken) }
}

/// The column of a measure that is compared.
fn heading(measure: &Measure) -> &'static str {
    measure.column.map_or(measure.name, |column| column.name)
}

/// Where the columns are.
struct Columns {
    width: usize,
    replication: usize,
    outcome: usize,
    measures: [usize; MEASURES.len()],
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Columns, Broken> {
        let place = |name: &str| header.iter().position(|column| column == name);
        let needed = ["replication", "outcome"].into_iter().chain(MEASURES.iter().map(|measure| heading(measure)));
        let missing: Vec<String> =
            needed.filter(|name| place(name).is_none()).map(|name| format!("`{name}`")).collect();
        if !missing.is_empty() {
            return Err(Broken {
                line: Some(1),
                what: format!("it has no column {}", missing.join(", ")),
                expected: String::from("expected the header of a replications.csv of `rollcast run`"),
            });
        }
        let place = |name: &str| place(name).unwrap_or(0);
        Ok(Columns {
            width: header.len(),
            replication: place("replication"),
            outcome: place("outcome"),
            measures: MEASURES.map(|measure| place(heading(measure))),
        })
    }

    /// A row, or what is wrong with it and what is accepted there.
    fn row(&self, record: &StringRecord, index: u64) -> Result<Row, (String, String)> {
        if record.len() != self.width {
            let what = format!("the row has {} fields", record.len());
            return Err((what, format!("expected {}, as the header", self.width)));
        }
        let is = |column: &str, found: &str| format!("`{column}` is `{}`", shortened(found));
        let replication = &record[self.replication];
        if *replication != *index.to_string() {
            let expected = format!("expected {index}: replications are numbered from 0");
            return Err((is("replication", replication), expected));
        }
        let name = &record[self.outcome];
        let outcome = CampaignOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == name).ok_or_else(|| {
            let names = CampaignOutcome::ALL.map(|outcome| format!("`{}`", outcome.as_str()));
            (is("outcome", name), format!("expected one of {}", names.join(", ")))
        })?;
        let numberless = || {
            (
                String::from("numbers that every replication has are missing or too large"),
                String::from("expected a row of `rollcast run`"),
            )
        };
        let mut numbers = [None; MEASURES.len()];
        for ((number, measure), place) in numbers.iter_mut().zip(MEASURES).zip(self.measures) {
            let text = &record[place];
            if text.is_empty() {
                // A sum over robots exists whatever becomes of them.
                if matches!(measure.bound, Bound::RobotsByHorizon | Bound::RobotsByTimeout) {
                    return Err(numberless());
                }
                continue;
            }
            let expected = match measure.unit {
                Unit::Seconds => "expected seconds with at most six decimals",
                _ => "expected a whole number",
            };
            let read = measure.unit.read_exact(text);
            *number = Some(read.ok_or_else(|| (is(heading(measure), text), String::from(expected)))?);
        }
        Row::new(outcome, numbers).ok_or_else(numberless)
    }
}

/// Somebody's text, as much as an error needs.
fn shortened(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    if shown.chars().count() <= 40 { shown } else { shown.chars().take(37).collect::<String>() + "..." }
}
