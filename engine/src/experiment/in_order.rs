//! Brings blocks that end in any order back into order, with bounded memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Rows;

/// Passes chunks on to [`Rows::write`] in the order of their blocks.
///
/// Blocks are handed out in order, so the least block not yet written is always being worked on, and a thread that
/// waits for its turn to begin waits for somebody who runs.
pub struct InOrder<'r, R: Rows> {
    state: Mutex<Backlog<'r, R>>,
    written: Condvar,
    window: u32,
}

struct Backlog<'r, R: Rows> {
    rows: &'r mut R,
    /// The block to be written next.
    next: u32,
    /// Blocks that ended before their turn.
    early: BTreeMap<u32, R::Chunk>,
    stopped: bool,
    /// Nothing is written any more, though blocks go on.
    abandoned: bool,
    error: Option<io::Error>,
}

impl<'r, R: Rows> InOrder<'r, R> {
    /// A block may begin while it is less than `window` blocks ahead of the next one to be written.
    pub fn new(rows: &'r mut R, window: u32) -> Self {
        let state = Backlog { rows, next: 0, early: BTreeMap::new(), stopped: false, abandoned: false, error: None };
        InOrder { state: Mutex::new(state), written: Condvar::new(), window }
    }

    fn lock(&self) -> MutexGuard<'_, Backlog<'r, R>> {
        // A panic of whoever writes stops all threads and reaches the caller; here it must not hide behind a second
        // one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a block may begin; false if the experiment has stopped.
    pub fn may_begin(&self, block: u32) -> bool {
        let mut state = self.lock();
        while !state.stopped && !state.abandoned && block - state.next >= self.window {
            state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.stopped
    }

    /// Takes a finished block, and writes what is due.
    pub fn put(&self, block: u32, chunk: R::Chunk) {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.abandoned {
            return;
        }
        state.early.insert(block, chunk);
        while let Some(chunk) = state.early.remove(&state.next) {
            state.next += 1;
            if let (None, Err(error)) = (&state.error, state.rows.write(chunk)) {
                state.error = Some(error);
                state.stopped = true;
            }
        }
        self.written.notify_all();
    }

    /// Lets everybody who waits go without beginning.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.written.notify_all();
    }

    /// Writes nothing from now on, and lets blocks begin without waiting for those before them.
    pub fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        state.early.clear();
        self.written.notify_all();
    }

    /// Whether everything could be written.
    pub fn finish(self) -> io::Result<()> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.error.map_or(Ok(()), Err)
    }
}
