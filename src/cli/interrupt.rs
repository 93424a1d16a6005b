//! Ctrl-C and SIGTERM: the first asks the command to stop, the second ends it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Failure, exit};

/// Set by the first Ctrl-C or SIGTERM.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// So long a command has to stop by itself even if the second signal comes sooner: some that send one send it twice at
/// once, to the process and to its group.
const LEAST: Duration = Duration::from_millis(250);

/// From now on the first Ctrl-C sets [`INTERRUPTED`] instead of ending the program.
pub fn watch() {
    watch_and(|| ());
}

/// The same, and the first one calls `stop`, too.
pub fn watch_and(stop: impl Fn() + Send + 'static) {
    let mut first: Option<Instant> = None;
    // Refused only where a handler is set already, and each command sets one.
    let _ = ctrlc::set_handler(move || match first {
        None => {
            first = Some(Instant::now());
            INTERRUPTED.store(true, Ordering::Relaxed);
            stop();
        }
        Some(first) => {
            thread::sleep(LEAST.saturating_sub(first.elapsed()));
            std::process::exit(exit::INTERRUPTED.into());
        }
    });
}

/// Whether Ctrl-C was pressed.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// What a command comes to that Ctrl-C stopped before it had anything to show.
pub fn nothing_written() -> Failure {
    Failure { message: String::from("interrupted: nothing was written\n"), code: exit::INTERRUPTED }
}

/// A line from stdin; none if it cannot be read.
///
/// # Errors
/// Ctrl-C while nobody types.
pub fn read_line() -> Result<Option<String>, Failure> {
    let (read, line) = mpsc::channel();
    // It waits on after Ctrl-C, and ends with the program.
    thread::spawn(move || {
        let mut text = String::new();
        // Nobody may be there any more to take it.
        let _ = read.send(io::stdin().read_line(&mut text).ok().map(|_| text));
    });
    loop {
        match line.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => return Ok(line),
            Err(mpsc::RecvTimeoutError::Timeout) if interrupted() => return Err(nothing_written()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(None),
        }
    }
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
