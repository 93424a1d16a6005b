//! Records on their way to the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::watch;

use super::file::{JournalFile, RecordBatch};
use super::{JournalError, Record};

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

/// Takes records, in order.
#[derive(Debug)]
pub struct Journal {
    records: Sender<Record>,
    written: Arc<AtomicU64>,
}

impl Journal {
    /// A journal whose records are written to `file` by [`JournalWriter::run`].
    pub fn new(file: JournalFile) -> (Journal, JournalWriter, Durable) {
        let (records, incoming) = channel();
        let (on_disk, receiver) = watch::channel(OnDisk::default());
        let written = Arc::new(AtomicU64::new(0));
        let durable = Durable { on_disk: receiver, written: Arc::clone(&written) };
        (Journal { records, written }, JournalWriter { file, incoming, on_disk }, durable)
    }

    /// Adds a record.
    pub fn add(&mut self, record: Record) {
        self.written.fetch_add(1, Ordering::Relaxed);
        // Nobody takes it once the writer has failed; then nothing is answered any more either.
        let _ = self.records.send(record);
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
    incoming: Receiver<Record>,
    on_disk: watch::Sender<OnDisk>,
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
            if self.file.overgrown() {
                match self.file.rewrite() {
                    // Such as a full disk; the file is as good as it was.
                    Err(JournalError::Write(path, error)) => {
                        trouble(&format!("the journal cannot be made shorter: {}: {error}", path.display()));
                        self.file.put_off();
                    }
                    rewritten => rewritten?,
                }
            }
            let Ok(first) = self.incoming.recv() else { return Ok(()) };
            let mut batch = RecordBatch::default();
            self.gather(&mut batch, first).map_err(|error| JournalError::Write(self.file.path().to_owned(), error))?;
            self.file.add(&batch)?;
            self.on_disk.send_modify(|on_disk| {
                on_disk.records += batch.records() as u64;
                on_disk.batches += 1;
            });
        }
    }

    fn gather(&self, batch: &mut RecordBatch, first: Record) -> std::io::Result<()> {
        batch.add(&first)?;
        while !batch.is_full()
            && let Ok(record) = self.incoming.try_recv()
        {
            batch.add(&record)?;
        }
        Ok(())
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        // Also where it panics: nobody is to wait for what does not come.
        self.on_disk.send_modify(|on_disk| on_disk.failed |= std::thread::panicking());
    }
}
