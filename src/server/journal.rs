//! The journal: what has happened to an account, so that it can be made again.
//!
//! The account is a pure function of its scenario, seed, epoch and the calls with their instants; so the journal holds those, and the
//! instants that somebody has seen. It is one file to which lines are added. A line is a batch: the CRC-32 of the rest in eight
//! hexadecimal digits, a space, and a JSON list of records. Nothing is answered before the batch with it is on the disk, so what a
//! crash tears off at the end was never answered.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

/// The shape of the file, and what its records do: another number cannot be read.
const FORMAT: u32 = 1;

/// What an account begins with: the first record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// [`FORMAT`].
    pub format: u32,
    /// The digest of the scenario.
    pub scenario: String,
    /// Where randomness starts.
    pub seed: u64,
    /// When time 0 is, in milliseconds since 1970.
    pub epoch: u64,
}

impl Beginning {
    /// What a new account begins with.
    pub fn new(scenario: String, seed: u64, epoch: u64) -> Beginning {
        Beginning { format: FORMAT, scenario, seed, epoch }
    }
}

/// Something that has happened, at an instant of virtual time in microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    /// The account is new.
    Beginning(Beginning),
    /// A call that has changed something.
    Call {
        /// When.
        at: u64,
        /// The operation.
        operation: String,
        /// Its input.
        input: Value,
    },
    /// Somebody has done something to a robot.
    Inject {
        /// When.
        at: u64,
        /// The robot's ARN.
        robot: String,
        /// What.
        fault: String,
        /// With which code.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// Time has come so far, and somebody has seen it.
    Seen {
        /// How far.
        at: u64,
    },
}

/// Why a journal cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// The file or its folder.
    Io(PathBuf, io::Error),
    /// Another server uses it.
    InUse(PathBuf),
    /// A line that is not the last is damaged, or does not hold what it should.
    Damaged(PathBuf, usize, String),
}

impl std::fmt::Display for JournalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JournalError::Io(path, error) => write!(f, "cannot use {}: {error}", path.display()),
            JournalError::InUse(path) => write!(f, "another server uses {}", path.display()),
            JournalError::Damaged(path, line, why) => write!(f, "{}, line {line}: {why}", path.display()),
        }
    }
}

/// The file, opened for one server alone.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
}

impl JournalFile {
    /// Opens the journal in a folder, which is made if it is not there, and reads what it holds. What a crash has torn off at its end is
    /// taken away.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(folder: &Path) -> Result<(JournalFile, Vec<Record>), JournalError> {
        let path = folder.join("journal.jsonl");
        let failed = |error| JournalError::Io(path.clone(), error);
        fs::create_dir_all(folder).map_err(failed)?;
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The file's name has to be on the disk as well.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        let mut journal = JournalFile { path: path.clone(), file };
        let records = journal.read()?;
        Ok((journal, records))
    }

    fn read(&mut self) -> Result<Vec<Record>, JournalError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| JournalError::Io(path, error)
        };
        let mut reader = BufReader::new(&self.file);
        let (mut records, mut good, mut line, mut number) = (Vec::new(), 0, Vec::new(), 0);
        let torn = loop {
            line.clear();
            number += 1;
            let length = reader.read_until(b'\n', &mut line).map_err(failed(&self.path))?;
            if length == 0 {
                break false;
            }
            match batch(&line) {
                Ok(batch) => records.extend(batch),
                // Of a batch that did not get to the disk whole nothing was answered.
                Err(_) if reader.fill_buf().map_err(failed(&self.path))?.is_empty() => break true,
                Err(why) => return Err(JournalError::Damaged(self.path.clone(), number, why)),
            }
            good += length as u64;
        };
        drop(reader);
        if torn {
            self.file.set_len(good).and_then(|()| self.file.sync_all()).map_err(failed(&self.path))?;
        }
        self.file.seek(SeekFrom::Start(good)).map_err(failed(&self.path))?;
        Ok(records)
    }

    /// Adds a batch, and brings it to the disk.
    fn add(&mut self, batch: &[Record]) -> io::Result<()> {
        let json = serde_json::to_vec(batch)?;
        let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
        line.extend_from_slice(&json);
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }
}

/// The records of a line.
fn batch(line: &[u8]) -> Result<Vec<Record>, String> {
    let whole = line.strip_suffix(b"\n").ok_or("the line has no end")?;
    let (sum, json) = whole.split_at_checked(9).ok_or("the line is too short")?;
    let sum = std::str::from_utf8(sum).ok().and_then(|sum| u32::from_str_radix(sum.trim_end(), 16).ok());
    if sum != Some(crc32fast::hash(json)) {
        return Err(String::from("the line does not have its checksum"));
    }
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

/// How much of the journal is on the disk.
#[derive(Clone, Copy, Debug, Default)]
struct OnDisk {
    records: u64,
    batches: u64,
    failed: bool,
}

/// Where to wait for what is written.
#[derive(Clone, Debug)]
pub struct Durable(watch::Receiver<OnDisk>);

impl Durable {
    /// Waits until so many records are on the disk; false if they will never be.
    pub async fn wait(&self, records: u64) -> bool {
        let mut on_disk = self.0.clone();
        let reached = on_disk.wait_for(|on_disk| on_disk.failed || on_disk.records >= records).await;
        reached.is_ok_and(|on_disk| !on_disk.failed)
    }

    /// How many batches and records have been brought to the disk.
    pub fn counts(&self) -> (u64, u64) {
        let on_disk = self.0.borrow();
        (on_disk.batches, on_disk.records)
    }
}

/// Takes records, in order.
#[derive(Debug)]
pub struct Journal {
    records: Sender<Record>,
    written: u64,
}

impl Journal {
    /// A journal whose records are written to `file` by [`JournalWriter::run`].
    pub fn new(file: JournalFile) -> (Journal, JournalWriter, Durable) {
        let (records, incoming) = channel();
        let (on_disk, durable) = watch::channel(OnDisk::default());
        (Journal { records, written: 0 }, JournalWriter { file, incoming, on_disk }, Durable(durable))
    }

    /// Adds a record.
    pub fn add(&mut self, record: Record) {
        self.written += 1;
        // Nobody takes it once the writer has failed; then nothing is answered any more either.
        let _ = self.records.send(record);
    }

    /// How many records there are.
    pub fn written(&self) -> u64 {
        self.written
    }
}

/// Writes records to the disk, all that have come meanwhile at once.
#[derive(Debug)]
pub struct JournalWriter {
    file: JournalFile,
    incoming: Receiver<Record>,
    on_disk: watch::Sender<OnDisk>,
}

impl JournalWriter {
    /// Writes until the [`Journal`] is dropped.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn run(mut self) -> Result<(), JournalError> {
        while let Ok(first) = self.incoming.recv() {
            let batch: Vec<Record> = [first].into_iter().chain(self.incoming.try_iter()).collect();
            if let Err(error) = self.file.add(&batch) {
                self.on_disk.send_modify(|on_disk| on_disk.failed = true);
                return Err(JournalError::Io(self.file.path, error));
            }
            self.on_disk.send_modify(|on_disk| {
                on_disk.records += batch.len() as u64;
                on_disk.batches += 1;
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        vec![
            Record::Beginning(Beginning::new(String::from("abc"), 42, 1_577_836_800_000)),
            Record::Call { at: 7, operation: String::from("CreateFleet"), input: serde_json::json!({"name": "a\nb"}) },
            Record::Seen { at: u64::MAX },
        ]
    }

    fn write(folder: &Path, batches: &[&[Record]]) -> Vec<u8> {
        let (mut journal, _) = JournalFile::open(folder).expect("a journal");
        for batch in batches {
            journal.add(batch).expect("it is written");
        }
        fs::read(folder.join("journal.jsonl")).expect("a file")
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = records();
        write(folder.path(), &[&records[..1], &records[1..]]);
        let (first, read) = JournalFile::open(folder.path()).expect("a journal");
        assert_eq!(read, records);
        assert!(matches!(JournalFile::open(folder.path()), Err(JournalError::InUse(_))));
        drop(first);
        write(folder.path(), &[&records[2..]]);
        let (_, read) = JournalFile::open(folder.path()).expect("a journal");
        assert_eq!(read.len(), 4);
    }

    /// Wherever the file is cut off, what is read are whole batches, and it can be added to.
    #[test]
    fn a_torn_end_is_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = records();
        let whole = write(folder.path(), &[&records[..1], &records[1..2], &records[2..]]);
        let path = folder.path().join("journal.jsonl");
        let ends: Vec<usize> = (1..=whole.len()).filter(|end| whole[end - 1] == b'\n').collect();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("it is written");
            let (mut journal, read) = JournalFile::open(folder.path()).expect("a journal");
            let batches = ends.iter().filter(|end| **end <= length).count();
            assert_eq!(read, records[..batches], "{length} bytes");
            journal.add(&records[2..]).expect("it is written");
            drop(journal);
            let (_, read) = JournalFile::open(folder.path()).expect("a journal");
            assert_eq!(read.len(), batches + 1);
        }
    }

    #[test]
    fn damage_before_the_end_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = records();
        let whole = write(folder.path(), &[&records[..1], &records[1..]]);
        let path = folder.path().join("journal.jsonl");
        let mut damaged = whole.clone();
        damaged[20] ^= 1;
        fs::write(&path, &damaged).expect("it is written");
        assert!(matches!(JournalFile::open(folder.path()), Err(JournalError::Damaged(_, 1, _))));
        assert_eq!(fs::read(&path).expect("a file"), damaged, "nothing is taken away");
    }
}
