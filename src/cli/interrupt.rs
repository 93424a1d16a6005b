//! Ctrl-C in the middle of a long output.

use std::io::{self, Write};
use std::sync::atomic::Ordering;

use super::simulation::INTERRUPTED;

/// Whether Ctrl-C was pressed.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A writer that fails once Ctrl-C was pressed, so that long outputs stop.
pub struct Interruptible<W>(pub W);

impl<W: Write> Write for Interruptible<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        // Not as `ErrorKind::Interrupted`, after which writers try again.
        if interrupted() { Err(io::Error::other("interrupted")) } else { self.0.write(buffer) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
