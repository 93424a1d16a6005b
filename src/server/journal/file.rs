//! The journal's file: read as a stream, added to, and rewritten without what is spare.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::line::{Chain, Unreadable, is_format_1, read_format_1};
use super::{Beginning, FORMAT, JournalError, MOST_SPARE, Record};

/// A longer line is not one of ours, in bytes. What is written has lines of up to a batch and a record more.
const LONGEST_LINE: u64 = 128 << 20;
/// A batch has about so many bytes of records at most.
pub const BATCH: usize = 1 << 20;

/// The file, for one server alone.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
    /// Held as long as the server runs. It is a file of its own, since the journal's file is another one after each
    /// rewriting.
    _lock: File,
    chain: Chain,
    /// Its length in bytes.
    length: u64,
    tally: RecordCount,
    /// It is rewritten when it has more spare records than this.
    most_spare: u64,
}

/// What was found in a journal.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    pub records: u64,
    /// How many bytes of a line that was not written whole have been taken away.
    pub torn: Option<u64>,
    /// It was of a former format.
    pub converted: bool,
}

/// Why whoever reads a journal does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// The record does not fit.
    Unfit(String),
    /// Told to stop.
    Interrupted,
}

/// How many records there are, and how many of them are without effect.
#[derive(Clone, Copy, Debug, Default)]
struct RecordCount {
    records: u64,
    spare: u64,
    /// The last one says how far time has come.
    ends_seen: bool,
}

impl RecordCount {
    /// Another record, which may say how far time has come.
    fn count(&mut self, seen: bool) {
        self.spare += u64::from(self.ends_seen);
        self.records += 1;
        self.ends_seen = seen;
    }
}

impl JournalFile {
    /// Opens the journal in a folder, which is made if it is not there, and shows its records in order. What was not
    /// written whole at its end is taken away.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(
        folder: &Path,
        mut visit: impl FnMut(Record) -> Result<(), ReplayError>,
    ) -> Result<(JournalFile, Opened), JournalError> {
        let path = folder.join("journal.jsonl");
        let failed = |error| JournalError::Open(path.clone(), error);
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = opened(&folder.join("journal.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let file = opened(&path).map_err(failed)?;
        // The file's name has to be on the disk as well.
        sync_folder(folder).map_err(failed)?;
        let mut lines = JournalLines::new(&path, &file)?;
        let mut tally = RecordCount::default();
        while let Some(batch) = lines.next()? {
            for record in batch {
                tally.count(record.is_seen());
                visit(record).map_err(|refused| match refused {
                    ReplayError::Unfit(why) => JournalError::Unfit(path.clone(), lines.number, why),
                    ReplayError::Interrupted => JournalError::Interrupted,
                })?;
            }
        }
        let (torn, length, chain, converted) = (lines.torn, lines.good, lines.chain, lines.format_1);
        if torn.is_some() {
            file.set_len(length).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        let (most_spare, records) = (MOST_SPARE, tally.records);
        let mut journal = JournalFile { path, file, _lock: lock, chain, length, tally, most_spare };
        journal.file.seek(SeekFrom::Start(length)).map_err(|error| JournalError::Open(journal.path.clone(), error))?;
        if converted {
            journal.rewrite()?;
        }
        Ok((journal, Opened { records, torn, converted }))
    }

    /// Adds a batch, and brings it to the disk.
    ///
    /// # Errors
    /// The disk does not take it; then the file is to be left alone.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), JournalError> {
        let mut chain = self.chain;
        let line = chain.append(&batch.json());
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            // Nothing in it has been answered; a start would take away what there is of it.
            let _ = self.file.set_len(self.length);
            return Err(JournalError::Write(self.path.clone(), error));
        }
        self.chain = chain;
        self.length += line.len() as u64;
        batch.seen.iter().for_each(|seen| self.tally.count(*seen));
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is worth while to rewrite it.
    pub fn overgrown(&self) -> bool {
        self.tally.spare > self.most_spare && self.tally.spare * 2 > self.tally.records
    }

    /// Leaves it as it is until it has twice as many spare records.
    pub fn put_off(&mut self) {
        self.most_spare = self.tally.spare * 2;
    }

    /// Writes what matters to a new file, which takes the place of this one.
    ///
    /// # Errors
    /// * [`JournalError::Write`]: the new file cannot be written; this one is as it was.
    /// * Others: this one cannot be read any more.
    pub fn rewrite(&mut self) -> Result<(), JournalError> {
        let new = self.path.with_extension("jsonl.new");
        let failed = |error| JournalError::Write(new.clone(), error);
        let written = self.write_anew(&new);
        let written = written.and_then(|written| fs::rename(&new, &self.path).map(|()| written).map_err(failed));
        let mut written = written.inspect_err(|_| drop(fs::remove_file(&new)))?;
        // From here on the name leads to the new file, and what is added has to go there.
        let lost = |error| JournalError::Open(self.path.clone(), error);
        let length = written.file.seek(SeekFrom::End(0)).map_err(lost)?;
        sync_folder(self.path.parent().unwrap_or(Path::new("."))).map_err(lost)?;
        (self.file, self.chain, self.tally, self.length) = (written.file, written.chain, written.tally, length);
        self.most_spare = self.most_spare.min(MOST_SPARE);
        Ok(())
    }

    /// Writes what matters to a file of this name, and brings it to the disk.
    fn write_anew(&self, path: &Path) -> Result<Rewritten, JournalError> {
        let failed = |error| JournalError::Write(path.to_owned(), error);
        let old = File::open(&self.path).map_err(|error| JournalError::Open(self.path.clone(), error))?;
        let mut lines = JournalLines::new(&self.path, &old)?;
        let file = opened(path).and_then(|file| file.set_len(0).map(|()| file)).map_err(failed)?;
        let mut new =
            Rewritten { file, chain: Chain::default(), tally: RecordCount::default(), batch: RecordBatch::default() };
        let mut seen = None;
        while let Some(records) = lines.next()? {
            for record in records {
                seen = match record {
                    Record::Seen { .. } => Some(record),
                    Record::Beginning(beginning) => {
                        let beginning = Beginning { format: FORMAT, ..beginning };
                        new.add(&Record::Beginning(beginning)).map(|()| None).map_err(failed)?
                    }
                    record => new.add(&record).map(|()| None).map_err(failed)?,
                };
            }
        }
        if lines.torn.is_some() {
            let why = String::from("the line has lost its end since it was written");
            return Err(JournalError::Damaged(self.path.clone(), lines.number, why));
        }
        seen.map_or(Ok(()), |record| new.add(&record)).and_then(|()| new.finish()).map_err(failed)?;
        Ok(new)
    }
}

/// A new file for the records that matter.
struct Rewritten {
    file: File,
    chain: Chain,
    tally: RecordCount,
    batch: RecordBatch,
}

impl Rewritten {
    fn add(&mut self, record: &Record) -> io::Result<()> {
        self.tally.count(record.is_seen());
        self.batch.add(record)?;
        if self.batch.is_full() { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.file.write_all(&self.chain.append(&batch.json()))
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.batch.is_empty() {
            self.write()?;
        }
        self.file.sync_all()
    }
}

fn opened(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Records that are written as one line.
#[derive(Debug, Default)]
pub struct RecordBatch {
    /// The records one after another, with commas between.
    text: Vec<u8>,
    /// For each whether it says how far time has come.
    seen: Vec<bool>,
}

impl RecordBatch {
    /// Adds a record.
    ///
    /// # Errors
    /// None that a record meets: whatever it holds was JSON.
    pub fn add(&mut self, record: &Record) -> io::Result<()> {
        if !self.is_empty() {
            self.text.push(b',');
        }
        self.seen.push(record.is_seen());
        Ok(serde_json::to_writer(&mut self.text, record)?)
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.seen.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Whether it is to be written before others come to it.
    pub fn is_full(&self) -> bool {
        self.text.len() >= BATCH
    }

    fn json(&self) -> Vec<u8> {
        [b"[", self.text.as_slice(), b"]"].concat()
    }
}

/// The batches of a journal, one by one.
struct JournalLines<'a> {
    path: &'a Path,
    reader: BufReader<&'a File>,
    line: Vec<u8>,
    chain: Chain,
    format_1: bool,
    /// The number of the latest line.
    number: u64,
    /// So many bytes are whole lines.
    good: u64,
    /// So many bytes after them are not.
    torn: Option<u64>,
}

impl<'a> JournalLines<'a> {
    fn new(path: &'a Path, mut file: &'a File) -> Result<JournalLines<'a>, JournalError> {
        file.seek(SeekFrom::Start(0)).map_err(|error| JournalError::Open(path.to_owned(), error))?;
        let (reader, chain) = (BufReader::new(file), Chain::default());
        Ok(JournalLines { path, reader, line: Vec::new(), chain, format_1: false, number: 0, good: 0, torn: None })
    }

    /// The next batch; none at the end, which [`JournalLines::torn`] tells more of.
    fn next(&mut self) -> Result<Option<Vec<Record>>, JournalError> {
        let failed = |error| JournalError::Open(self.path.to_owned(), error);
        self.line.clear();
        let mut reader = (&mut self.reader).take(LONGEST_LINE);
        let length = reader.read_until(b'\n', &mut self.line).map_err(failed)? as u64;
        if length == 0 {
            return Ok(None);
        }
        let too_long = length == LONGEST_LINE;
        self.number += 1;
        self.format_1 |= self.number == 1 && is_format_1(&self.line);
        let read = match self.format_1 {
            true => read_format_1(&self.line, self.good),
            false => self.chain.read(&self.line, self.good),
        };
        let why = match read {
            Ok(batch) => {
                self.good += length;
                self.check_format(&batch)?;
                return Ok(Some(batch));
            }
            Err(Unreadable::Damaged(why)) => why,
            Err(Unreadable::Torn) if too_long => String::from("the line is too long"),
            Err(Unreadable::Torn) if self.reader.fill_buf().map_err(failed)?.is_empty() => {
                self.torn = Some(length);
                return Ok(None);
            }
            Err(Unreadable::Torn) => String::from("the line is not whole, and others follow"),
        };
        Err(JournalError::Damaged(self.path.to_owned(), self.number, why))
    }

    /// The first line says what the others are.
    fn check_format(&self, batch: &[Record]) -> Result<(), JournalError> {
        let wanted = if self.format_1 { 1 } else { FORMAT };
        match batch.first() {
            Some(Record::Beginning(beginning)) if self.number == 1 && beginning.format != wanted => {
                let why =
                    format!("it is of format {}; read it with the version of rollcast that wrote it", beginning.format);
                Err(JournalError::Unfit(self.path.to_owned(), 1, why))
            }
            _ => Ok(()),
        }
    }
}
