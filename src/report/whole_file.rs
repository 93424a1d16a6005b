//! A single file that appears whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::OutputError;

/// A file being made under a temporary name beside its place. Dropped before it is written, it leaves nothing behind.
pub struct WholeFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl WholeFile {
    /// Prepares a file, so that a place that cannot be written is found out before anything runs.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn new(path: &Path) -> Result<WholeFile, OutputError> {
        let failed = |error| OutputError { path: path.to_path_buf(), error };
        if path.is_dir() {
            return Err(failed(std::io::ErrorKind::IsADirectory.into()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = temporary_in(folder).map_err(failed)?;
        Ok(WholeFile { path: path.to_path_buf(), file })
    }

    /// Writes all of it and puts it in its place.
    ///
    /// # Errors
    /// Why it could not be written.
    pub fn write(mut self, text: &str) -> Result<(), OutputError> {
        let written = self.file.write_all(text.as_bytes());
        let placed = written.and_then(|()| Ok(self.file.persist(&self.path).map(|_| ())?));
        placed.map_err(|error| OutputError { path: self.path, error })
    }
}

/// A new file under a temporary name.
pub(crate) fn temporary_in(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rollcast-").suffix(".tmp");
    // As any other new file, not for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
