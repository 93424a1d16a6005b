//! A single file that appears whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::OutputError;
use super::placing::{clear_up, sync, sync_folder, temporary_in};

/// A file being made under a temporary name beside its place. Dropped before it is written, it leaves nothing behind.
pub struct WholeFile {
    path: PathBuf,
    folder: PathBuf,
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
        clear_up(folder);
        let file = temporary_in(folder).map_err(failed)?;
        Ok(WholeFile { path: path.to_path_buf(), folder: folder.to_path_buf(), file })
    }

    /// Writes all of it and puts it in its place.
    ///
    /// # Errors
    /// Why it could not be written.
    pub fn write(mut self, text: &str) -> Result<(), OutputError> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| sync(self.file.as_file()));
        let placed = written.and_then(|()| Ok(self.file.persist(&self.path).map(drop)?));
        let placed = placed.and_then(|()| sync_folder(&self.folder));
        placed.map_err(|error| OutputError { path: self.path, error })
    }
}
