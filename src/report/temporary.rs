//! Files under temporary names beside their places.
//!
//! Whoever has temporary files holds a lock on them, so the next program can tell the living from the dead.

#[cfg(test)]
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempDir};

/// How they are named, with some letters between.
pub const PREFIX: &str = ".rollcast-";
/// A file that is alone.
pub const FILE: &str = ".part";
/// A folder of files.
pub const FOLDER: &str = ".parts";

/// A folder of files on their way, within the one where they will be. One lock is for all of them, so that they need not
/// stay open. Dropped, it is gone.
pub struct Staging {
    folder: TempDir,
    _lock: Option<File>,
}

impl Staging {
    /// An empty one within `folder`.
    pub fn new(folder: &Path) -> io::Result<Staging> {
        let _making = making_in(folder);
        let staging = Builder::new().prefix(PREFIX).suffix(FOLDER).tempdir_in(folder)?;
        let lock = File::open(staging.path()).ok().filter(|folder| folder.lock().is_ok());
        Ok(Staging { folder: staging, _lock: lock })
    }

    /// A new file in it.
    pub fn file(&self) -> io::Result<NamedTempFile> {
        shared(&mut Builder::new()).tempfile_in(self.folder.path())
    }

    /// Waits until its files are found there, whatever happens to the machine.
    pub fn sync(&self) -> io::Result<()> {
        sync_folder(self.folder.path())
    }

    /// As after kill -9: it stays, unlocked.
    #[cfg(test)]
    pub fn die(self) -> std::path::PathBuf {
        self.folder.keep()
    }
}

/// A new file under a temporary name, locked while this program has it.
pub fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let _making = making_in(folder);
    let file = shared(Builder::new().prefix(PREFIX).suffix(FILE)).tempfile_in(folder).map_err(without_name)?;
    // Elsewhere a lock keeps this program from writing, too.
    #[cfg(unix)]
    let _ = file.as_file().lock();
    Ok(file)
}

/// The error without the temporary name that stands behind it: nobody knows that.
fn without_name(error: io::Error) -> io::Error {
    let said = error.to_string();
    match said.split_once(" at path ") {
        Some((why, _)) => io::Error::new(error.kind(), why),
        None => error,
    }
}

/// While it is held nobody clears up: between the making of something and its locking.
fn making_in(folder: &Path) -> Option<File> {
    File::open(folder).ok().filter(|folder| folder.lock_shared().is_ok())
}

/// Files as any other new one, not for their owner alone.
fn shared<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>) -> &'b Builder<'p, 's> {
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// Waits until what was written to a file is on the disk. A file system that cannot say so is taken at its word.
pub fn sync(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) => Ok(()),
        done => done,
    }
}

/// Waits until the names in a folder are on the disk, where folders can be opened.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).map_or(Ok(()), |folder| sync(&folder))
}

/// The folder that a path is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How many temporary files and folders there are.
#[cfg(test)]
pub fn count_in(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    entries.filter(|name| name.to_string_lossy().starts_with(PREFIX)).count()
}
