//! Records on their way to the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::watch;

use super::file::{JournalFile, RecordBatch, WrittenJournal};
use super::{JournalError, Record};
use crate::server::account::Saved;

/// Nobody adds to the journal while so many records wait for the disk.
const MOST_WAITING: u64 = 4096;

/// How much of the journal is on the disk.
#[derive(Clone, Copy, Debug, Default)]
struct OnDisk {
    records: u64,
    batches: u64,
    failed: bool,
}

/// Where to wait for what is written.
#[derive(Clone, Debug)]
pub struct Durable {
    on_disk: watch::Receiver<OnDisk>,
    /// How many records there are.
    written: Arc<AtomicU64>,
}

impl Durable {
    /// Waits until so many records are on the disk; false if they will never be.
    pub async fn wait(&self, records: u64) -> bool {
        let mut on_disk = self.on_disk.clone();
        let reached = on_disk.wait_for(|on_disk| on_disk.failed || on_disk.records >= records).await;
        reached.is_ok_and(|on_disk| !on_disk.failed)
    }

    /// Waits until others may be added; false if they will never be on the disk.
    pub async fn room(&self) -> bool {
        self.wait(self.written.load(Ordering::Relaxed).saturating_sub(MOST_WAITING)).await
    }

    /// How many batches and records have been brought to the disk.
    pub fn counts(&self) -> (u64, u64) {
        let on_disk = self.on_disk.borrow();
        (on_disk.batches, on_disk.records)
    }
}

/// What comes to the writer.
#[derive(Debug)]
enum Message {
    Record(Record),
    /// The account as it is after all records so far, and where to tell that it has been written down.
    Account(Box<Saved>, Sender<Message>),
    Written(Result<WrittenJournal, JournalError>),
}

/// Takes records, in order.
#[derive(Debug)]
pub struct Journal {
    messages: Sender<Message>,
    written: Arc<AtomicU64>,
    /// It is time to write the account down.
    overgrown: Arc<AtomicBool>,
}

impl Journal {
    /// A journal whose records are written to `file` by [`JournalWriter::run`].
    pub fn new(file: JournalFile) -> (Journal, JournalWriter, Durable) {
        let (messages, incoming) = channel();
        let (on_disk, receiver) = watch::channel(OnDisk::default());
        let written = Arc::new(AtomicU64::new(0));
        let overgrown = Arc::new(AtomicBool::new(false));
        let durable = Durable { on_disk: receiver, written: Arc::clone(&written) };
        let writer =
            JournalWriter { file, incoming, on_disk, overgrown: Arc::clone(&overgrown), waiting: None, busy: false };
        (Journal { messages, written, overgrown }, writer, durable)
    }

    /// Adds a record.
    pub fn add(&mut self, record: Record) {
        self.written.fetch_add(1, Ordering::Relaxed);
        // Nobody takes it once the writer has failed; then nothing is answered any more either.
        let _ = self.messages.send(Message::Record(record));
    }

    /// Whether it has grown so long that the account is to be written down. It says so once.
    pub fn take_overgrown(&self) -> bool {
        self.overgrown.load(Ordering::Relaxed) && self.overgrown.swap(false, Ordering::Relaxed)
    }

    /// Writes down the account as it is after all records so far. Records need not wait for that.
    pub fn save(&mut self, account: Saved) {
        let _ = self.messages.send(Message::Account(Box::new(account), self.messages.clone()));
    }

    /// How many records there are.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
}

/// Writes records to the disk, all that have come meanwhile at once.
#[derive(Debug)]
pub struct JournalWriter {
    file: JournalFile,
    incoming: Receiver<Message>,
    on_disk: watch::Sender<OnDisk>,
    overgrown: Arc<AtomicBool>,
    /// It has come, and is next.
    waiting: Option<Message>,
    /// An account is being written down.
    busy: bool,
}

impl JournalWriter {
    /// Writes until the [`Journal`] is dropped. `trouble` is told what does not keep it from going on.
    ///
    /// # Errors
    /// The disk does not take it, or has lost what it had.
    pub fn run(mut self, trouble: impl Fn(&str)) -> Result<(), JournalError> {
        let written = self.write(trouble);
        if written.is_err() {
            self.on_disk.send_modify(|on_disk| on_disk.failed = true);
        }
        written
    }

    fn write(&mut self, trouble: impl Fn(&str)) -> Result<(), JournalError> {
        loop {
            let next = self.waiting.take().map_or_else(|| self.incoming.recv(), Ok);
            let Ok(message) = next else { return Ok(()) };
            match message {
                Message::Record(first) => self.add(&first)?,
                Message::Account(account, told) => self.write_down(account, told),
                Message::Written(written) => {
                    self.busy = false;
                    match written.and_then(|new| self.file.replace(new)) {
                        // Such as a full disk; the file is as good as it was.
                        Err(JournalError::Write(path, error)) => {
                            trouble(&format!("the account cannot be written down: {}: {error}", path.display()));
                            self.file.put_off();
                        }
                        replaced => replaced?,
                    }
                }
            }
        }
    }

    /// Writes a record, with all that have come after it.
    fn add(&mut self, first: &Record) -> Result<(), JournalError> {
        let mut batch = RecordBatch::default();
        self.gather(&mut batch, first).map_err(|error| JournalError::Write(self.file.path().to_owned(), error))?;
        self.file.add(&batch)?;
        self.on_disk.send_modify(|on_disk| {
            on_disk.records += batch.records() as u64;
            on_disk.batches += 1;
        });
        if self.file.overgrown() && !self.busy {
            self.overgrown.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn gather(&mut self, batch: &mut RecordBatch, first: &Record) -> std::io::Result<()> {
        batch.add(first)?;
        while !batch.is_full()
            && let Ok(message) = self.incoming.try_recv()
        {
            match message {
                Message::Record(record) => batch.add(&record)?,
                other => {
                    self.waiting = Some(other);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Writes the account down aside.
    fn write_down(&mut self, account: Box<Saved>, told: Sender<Message>) {
        // One at a time; a later one comes when the journal has grown again.
        let Some(new) = self.file.begin_anew().filter(|_| !self.busy) else { return };
        self.busy = true;
        self.overgrown.store(false, Ordering::Relaxed);
        std::thread::spawn(move || {
            // Whoever waited for it is gone when the server has failed.
            let _ = told.send(Message::Written(new.write(&account)));
        });
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        // Also where it panics: nobody is to wait for what does not come.
        self.on_disk.send_modify(|on_disk| on_disk.failed |= std::thread::panicking());
    }
}
