//! A single file that appears whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::OutputError;
use super::recovery::clear_up;
use super::temporary::{folder_of, sync, sync_folder, temporary_in};

/// A file being made under a temporary name beside its place. Dropped before it is written, it leaves nothing behind.
///
/// Only regular files are replaced, and where a link leads to one, it stays a link. What is no regular file, such as a
/// device or a FIFO, is written into.
pub struct WholeFile {
    /// As it was named.
    path: PathBuf,
    way: Way,
}

/// How it comes to its place.
enum Way {
    /// By a rename, over what is at that place if that may be.
    Rename { file: NamedTempFile, place: PathBuf, replace: bool },
    /// Into what is there.
    Into(File),
    /// Into what has to be opened first, which waits for somebody who reads.
    IntoFifo,
}

impl WholeFile {
    /// Prepares a file, so that a place that cannot be written is found out before anything runs. `replace` says whether
    /// a file that is there is replaced.
    ///
    /// # Errors
    /// Why it cannot be written; [`io::ErrorKind::AlreadyExists`] for a file that is not replaced.
    pub fn new(path: &Path, replace: bool) -> Result<WholeFile, OutputError> {
        let way = Way::to(path, replace).map_err(|error| OutputError { path: path.to_path_buf(), error })?;
        Ok(WholeFile { path: path.to_path_buf(), way })
    }

    /// Writes all of it and puts it in its place.
    ///
    /// # Errors
    /// Why it could not be written.
    pub fn write(self, text: &str) -> Result<(), OutputError> {
        let WholeFile { path, way } = self;
        way.take(&path, text.as_bytes()).map_err(|error| OutputError { path, error })
    }
}

impl Way {
    fn to(path: &Path, replace: bool) -> io::Result<Way> {
        let found = path.metadata().ok();
        if found.as_ref().is_some_and(|found| found.is_dir()) {
            return Err(if replace {
                io::ErrorKind::IsADirectory.into()
            } else {
                exists("a folder of this name is there")
            });
        }
        if found.as_ref().is_some_and(is_fifo) {
            return Ok(Way::IntoFifo);
        }
        let Links { place, opened } = Links::of(path)?;
        if found.as_ref().is_some_and(|found| opened || !found.is_file()) {
            return OpenOptions::new().append(true).open(path).map(Way::Into);
        }
        if found.is_some() && !replace {
            return Err(exists("it is there already"));
        }
        let folder = folder_of(&place);
        clear_up(folder);
        let file = temporary_in(folder)?;
        if let Some(found) = found {
            // Whoever may read the old one may read the new one, and nobody else.
            file.as_file().set_permissions(found.permissions())?;
        }
        Ok(Way::Rename { file, place, replace })
    }

    fn take(self, path: &Path, text: &[u8]) -> io::Result<()> {
        match self {
            Way::Rename { mut file, place, replace } => {
                file.write_all(text)?;
                sync(file.as_file())?;
                let placed = if replace { file.persist(&place) } else { file.persist_noclobber(&place) };
                placed.map_err(|failed| match failed.error.kind() {
                    io::ErrorKind::AlreadyExists => exists("it is there already"),
                    _ => failed.error,
                })?;
                sync_folder(folder_of(&place))
            }
            Way::Into(mut file) => unless_closed(file.write_all(text)),
            Way::IntoFifo => {
                unless_closed(OpenOptions::new().append(true).open(path).and_then(|mut fifo| fifo.write_all(text)))
            }
        }
    }
}

/// Whoever has seen enough is no error.
fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

fn exists(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, what)
}

#[cfg(unix)]
fn is_fifo(found: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type())
}

#[cfg(not(unix))]
fn is_fifo(_: &Metadata) -> bool {
    false
}

/// What stands behind a path's links, whether it exists or not.
struct Links {
    place: PathBuf,
    /// Whether one of them is a name that the system gives to an open file, as /dev/stdout: it is what the shell made it,
    /// and another file in its place would not be the open one.
    opened: bool,
}

impl Links {
    fn of(path: &Path) -> io::Result<Links> {
        const OPENED: [&str; 4] = ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"];
        let mut links = Links { place: path.to_path_buf(), opened: false };
        // As many as Linux follows.
        for _ in 0..40 {
            links.opened |= OPENED.iter().any(|system| links.place.starts_with(system));
            match fs::read_link(&links.place) {
                Ok(target) => links.place = folder_of(&links.place).join(target),
                Err(_) => return Ok(links),
            }
        }
        Err(io::Error::other("too many links"))
    }
}
