//! The journal's file: read as a stream, added to, and begun anew with the account written down.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::line::{Chain, Payload, Unreadable, is_format_1, read_format_1};
use super::{Beginning, FORMAT, JournalError, LEAST_TAIL, Record};

/// A longer line is not one of ours, in bytes. What is written has lines of up to a batch and a record more.
const LONGEST_LINE: u64 = 128 << 20;
/// A batch has about so many bytes of records at most, and so has a piece of an account.
pub const BATCH: usize = 1 << 20;

/// The file, for one server alone.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
    /// Held as long as the server runs. It is a file of its own, since the journal's file is another one whenever it is
    /// begun anew.
    _lock: File,
    /// What the account began with, as soon as that is known.
    beginning: Option<Beginning>,
    chain: Chain,
    /// Its length in bytes.
    length: u64,
    /// So many bytes of it are the beginning and the account written down.
    head: u64,
    /// It is worth while to begin it anew when so many bytes have come after the head.
    longest_tail: u64,
}

/// What stands in a journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Record(Record),
    /// The account as it was, in JSON.
    Account(Vec<u8>),
}

/// What was found in a journal.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    pub records: u64,
    /// How many bytes of a line that was not written whole have been taken away.
    pub torn: Option<u64>,
    /// It is of a former format, to which nothing can be added.
    pub former: bool,
}

/// Why whoever reads a journal does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// The record does not fit.
    Unfit(String),
    /// Told to stop.
    Interrupted,
}

impl JournalFile {
    /// Opens the journal in a folder, which is made if it is not there, and shows what stands in it, in order. What was
    /// not written whole at its end is taken away.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn open(
        folder: &Path,
        mut visit: impl FnMut(Entry) -> Result<(), ReplayError>,
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
        // What is left of an account that was not written to its end.
        let _ = fs::remove_file(path.with_extension("jsonl.new"));
        let mut file = opened(&path).map_err(failed)?;
        // The file's name has to be on the disk as well.
        sync_folder(folder).map_err(failed)?;
        let mut lines = JournalLines::new(&path, &file)?;
        let (mut records, mut beginning, mut head) = (0, None, 0);
        while let Some(payload) = lines.next()? {
            let mut show = |entry| {
                visit(entry).map_err(|refused| match refused {
                    ReplayError::Unfit(why) => JournalError::Unfit(path.clone(), lines.number, why),
                    ReplayError::Interrupted => JournalError::Interrupted,
                })
            };
            match payload {
                Payload::Piece(account, _) => {
                    show(Entry::Account(account))?;
                    head = lines.good;
                }
                Payload::Records(batch) => {
                    for record in batch {
                        records += 1;
                        if let Record::Beginning(found) = &record {
                            beginning = Some(Beginning { format: FORMAT, ..found.clone() });
                        }
                        show(Entry::Record(record))?;
                    }
                }
            }
        }
        let (torn, length, chain, former) = (lines.torn, lines.good, lines.chain, lines.format_1);
        if torn.is_some() {
            file.set_len(length).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        file.seek(SeekFrom::Start(length)).map_err(failed)?;
        let longest_tail = head.max(LEAST_TAIL);
        let journal = JournalFile { path, file, _lock: lock, beginning, chain, length, head, longest_tail };
        Ok((journal, Opened { records, torn, former }))
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
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the account began with: the journal's first record.
    pub fn begin(&mut self, beginning: Beginning) -> Record {
        self.beginning = Some(beginning.clone());
        Record::Beginning(beginning)
    }

    /// Whether it is worth while to begin it anew.
    pub fn overgrown(&self) -> bool {
        self.length - self.head > self.longest_tail
    }

    /// How many bytes have come after the head.
    pub fn tail(&self) -> u64 {
        self.length - self.head
    }

    /// Leaves it as it is until it has grown as much again.
    pub fn put_off(&mut self) {
        self.longest_tail = self.tail() * 2;
    }

    /// Where another journal begins, with the account as it is after all that was added: what is added meanwhile goes
    /// here, and later [there](JournalFile::replace). None as long as nothing has begun.
    pub fn begin_anew(&self) -> Option<NewJournal> {
        let path = self.path.with_extension("jsonl.new");
        Some(NewJournal { path, beginning: self.beginning.clone()?, chain: self.chain, from: self.length })
    }

    /// A journal that was begun anew takes the place of this one, with what has been added here meanwhile.
    ///
    /// # Errors
    /// * [`JournalError::Write`]: the new file cannot be written; this one is as it was.
    /// * Others: this one cannot be read any more.
    pub fn replace(&mut self, mut new: WrittenJournal) -> Result<(), JournalError> {
        let replaced = self.copy_tail(&mut new).and_then(|()| {
            let renamed = new.file.sync_all().and_then(|()| fs::rename(&new.path, &self.path));
            renamed.map_err(|error| JournalError::Write(new.path.clone(), error))
        });
        replaced.inspect_err(|_| drop(fs::remove_file(&new.path)))?;
        // From here on the name leads to the new file, and what is added has to go there.
        sync_folder(self.path.parent().unwrap_or(Path::new(".")))
            .map_err(|error| JournalError::Open(self.path.clone(), error))?;
        (self.file, self.chain, self.length, self.head) = (new.file, new.chain, new.length, new.head);
        self.longest_tail = self.head.max(LEAST_TAIL);
        Ok(())
    }

    fn copy_tail(&self, new: &mut WrittenJournal) -> Result<(), JournalError> {
        let lost = |error| JournalError::Open(self.path.clone(), error);
        let mut old = File::open(&self.path).map_err(lost)?;
        old.seek(SeekFrom::Start(new.from)).map_err(lost)?;
        let (mut reader, mut chain, mut offset) = (BufReader::new(old), new.tail, new.from);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).map_err(lost)? > 0 {
            let payload = chain.payload(&line, offset).map_err(|_| {
                let why = String::from("what was written just now is not there any more");
                JournalError::Damaged(self.path.clone(), chain.number(), why)
            })?;
            new.write(payload).map_err(|error| JournalError::Write(new.path.clone(), error))?;
            offset += line.len() as u64;
            line.clear();
        }
        Ok(())
    }
}

/// Where a journal begins anew.
#[derive(Debug)]
pub struct NewJournal {
    path: PathBuf,
    beginning: Beginning,
    /// The old journal's chain, and its length.
    chain: Chain,
    from: u64,
}

/// A new file that holds a beginning and an account.
#[derive(Debug)]
pub struct WrittenJournal {
    path: PathBuf,
    file: File,
    chain: Chain,
    length: u64,
    head: u64,
    /// Where the old journal's lines that come after the account begin, and their chain.
    from: u64,
    tail: Chain,
}

impl NewJournal {
    /// Writes the beginning and the account.
    ///
    /// # Errors
    /// The file cannot be written; nothing is left of it.
    pub fn write(self, account: &impl Serialize) -> Result<WrittenJournal, JournalError> {
        let path = self.path.clone();
        self.try_write(account).map_err(|error| {
            let _ = fs::remove_file(&path);
            JournalError::Write(path, error)
        })
    }

    fn try_write(self, account: &impl Serialize) -> io::Result<WrittenJournal> {
        let file = opened(&self.path)?;
        file.set_len(0)?;
        let (chain, length) = (Chain::default(), 0);
        let mut new =
            WrittenJournal { path: self.path, file, chain, length, head: 0, from: self.from, tail: self.chain };
        new.write(&serde_json::to_vec(&[Record::Beginning(self.beginning)])?)?;
        let mut pieces = Pieces { new, piece: Vec::with_capacity(BATCH) };
        serde_json::to_writer(&mut pieces, account)?;
        let Pieces { mut new, piece } = pieces;
        let line = new.chain.append_piece(&piece, true);
        new.add(&line)?;
        new.file.sync_data()?;
        new.head = new.length;
        Ok(new)
    }
}

impl WrittenJournal {
    fn write(&mut self, payload: &[u8]) -> io::Result<()> {
        let line = self.chain.append(payload);
        self.add(&line)
    }

    fn add(&mut self, line: &[u8]) -> io::Result<()> {
        self.length += line.len() as u64;
        self.file.write_all(line)
    }
}

/// Cuts an account into pieces, which are lines.
struct Pieces {
    new: WrittenJournal,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= BATCH {
            let line = self.new.chain.append_piece(&self.piece, false);
            self.new.add(&line)?;
            self.piece.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
    records: usize,
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
        self.records += 1;
        Ok(serde_json::to_writer(&mut self.text, record)?)
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Whether it is to be written before others come to it.
    pub fn is_full(&self) -> bool {
        self.text.len() >= BATCH
    }

    fn json(&self) -> Vec<u8> {
        [b"[", self.text.as_slice(), b"]"].concat()
    }
}

/// The lines of a journal, one by one.
pub struct JournalLines<'a, F: Read> {
    path: &'a Path,
    reader: BufReader<F>,
    line: Vec<u8>,
    chain: Chain,
    format_1: bool,
    /// The number of the latest line.
    number: u64,
    /// So many bytes are whole lines.
    good: u64,
    /// So many bytes after them are not.
    torn: Option<u64>,
    /// The pieces of an account that have been read.
    account: Vec<u8>,
}

impl<'a> JournalLines<'a, &'a File> {
    fn new(path: &'a Path, mut file: &'a File) -> Result<Self, JournalError> {
        file.seek(SeekFrom::Start(0)).map_err(|error| JournalError::Open(path.to_owned(), error))?;
        Ok(JournalLines::of(path, file))
    }
}

impl<'a, F: Read> JournalLines<'a, F> {
    /// The lines of whatever stands there.
    pub fn of(path: &'a Path, file: F) -> Self {
        JournalLines {
            path,
            reader: BufReader::new(file),
            line: Vec::new(),
            chain: Chain::default(),
            format_1: false,
            number: 0,
            good: 0,
            torn: None,
            account: Vec::new(),
        }
    }

    /// The next records, or the next account as a whole; none at the end.
    pub fn next(&mut self) -> Result<Option<Payload>, JournalError> {
        loop {
            match self.next_line()? {
                Some(Payload::Piece(piece, last)) => {
                    self.account.extend_from_slice(&piece);
                    if last {
                        return Ok(Some(Payload::Piece(std::mem::take(&mut self.account), true)));
                    }
                }
                other => return Ok(other),
            }
        }
    }

    fn next_line(&mut self) -> Result<Option<Payload>, JournalError> {
        let failed = |error| JournalError::Open(self.path.to_owned(), error);
        self.line.clear();
        let mut reader = (&mut self.reader).take(LONGEST_LINE);
        let length = reader.read_until(b'\n', &mut self.line).map_err(failed)? as u64;
        if length == 0 {
            return self.ended();
        }
        let too_long = length == LONGEST_LINE;
        self.number += 1;
        self.format_1 |= self.number == 1 && is_format_1(&self.line);
        let read = match self.format_1 {
            true => read_format_1(&self.line, self.good),
            false => self.chain.read(&self.line, self.good),
        };
        let why = match read {
            Ok(payload) => {
                self.good += length;
                self.check(&payload)?;
                return Ok(Some(payload));
            }
            Err(Unreadable::Damaged(why)) => why,
            Err(Unreadable::Torn) if too_long => String::from("the line is too long"),
            Err(Unreadable::Torn) if self.reader.fill_buf().map_err(failed)?.is_empty() => {
                self.torn = Some(length);
                return self.ended();
            }
            Err(Unreadable::Torn) => String::from("the line is not whole, and others follow"),
        };
        Err(self.damaged(why))
    }

    /// How many bytes at the end are of a line that was not written whole.
    #[cfg(test)]
    pub fn torn(&self) -> Option<u64> {
        self.torn
    }

    fn damaged(&self, why: String) -> JournalError {
        JournalError::Damaged(self.path.to_owned(), self.number, why)
    }

    /// An account was on the disk as a whole before the journal had its name.
    fn ended(&self) -> Result<Option<Payload>, JournalError> {
        if self.account.is_empty() { Ok(None) } else { Err(self.damaged(String::from("the account has lost its end"))) }
    }

    /// The first line says what the others are, and the account stands after it, in one piece after another.
    fn check(&self, payload: &Payload) -> Result<(), JournalError> {
        let wanted = if self.format_1 { 1 } else { FORMAT };
        match payload {
            Payload::Records(batch) => match batch.first() {
                _ if !self.account.is_empty() => Err(self.damaged(String::from("the account has lost its end"))),
                Some(Record::Beginning(beginning)) if self.number == 1 && beginning.format != wanted => {
                    let why = format!(
                        "it is of format {}; read it with the version of rollcast that wrote it",
                        beginning.format
                    );
                    Err(JournalError::Unfit(self.path.to_owned(), 1, why))
                }
                _ => Ok(()),
            },
            Payload::Piece(..) => Ok(()),
        }
    }
}
