//! The results folder: files that appear whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::placing::{self, Placing, clear_up, temporary_in};

/// A file or folder that could not be written.
#[derive(Debug)]
pub struct OutputError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why it could not.
    pub error: io::Error,
}

/// Files of a folder, being written under temporary names beside their places.
///
/// [`Outputs::commit`] renames them all, in the order in which they were added, so that a crash at any moment can be
/// told. Dropped before, it leaves nothing behind: no file, and no folder that it made. It touches no
/// file that is not its own.
pub struct Outputs {
    folder: PathBuf,
    /// Folders that did not exist, the outermost first.
    made: Vec<PathBuf>,
    /// Written, and to be renamed to these names within the folder.
    ready: Vec<(NamedTempFile, String)>,
    committed: bool,
}

impl Outputs {
    /// Prepares `folder` and folders `below` it, so that a place that cannot be written is found out before anything runs.
    ///
    /// # Errors
    /// The folder that could not be made.
    pub fn new(folder: &Path, below: &[&str]) -> Result<Outputs, OutputError> {
        let mut outputs =
            Outputs { folder: folder.to_path_buf(), made: Vec::new(), ready: Vec::new(), committed: false };
        for place in std::iter::once(folder.to_path_buf()).chain(below.iter().map(|name| folder.join(name))) {
            let missing = place.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
            let mut missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
            missing.reverse();
            outputs.made.extend(missing);
            if let Err(error) = fs::create_dir_all(&place) {
                return Err(OutputError { path: place, error });
            }
        }
        clear_up(folder);
        Ok(outputs)
    }

    /// Where the files will be.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn add(&mut self, name: impl Into<String>, text: &str) -> Result<(), OutputError> {
        let (mut file, name) = (self.temporary()?, name.into());
        file.write_all(text.as_bytes()).map_err(|error| self.failed(&name, error))?;
        self.take(file, name);
        Ok(())
    }

    /// Takes a file that has been written.
    pub fn take(&mut self, file: NamedTempFile, name: impl Into<String>) {
        self.ready.push((file, name.into()));
    }

    /// Puts all files in their places, as those of a run of `command`, and removes those that its last run left over: they
    /// would pass for results of this one.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit(mut self, command: &str) -> Result<(), OutputError> {
        let files = std::mem::take(&mut self.ready);
        let failed = |(name, error): placing::NotPlaced| self.failed(&name, error);
        Placing::new(&self.folder, command, files).map_err(failed)?.finish().map_err(failed)?;
        self.committed = true;
        Ok(())
    }

    /// A file under a temporary name.
    ///
    /// # Errors
    /// The folder that could not be written.
    pub fn temporary(&self) -> Result<NamedTempFile, OutputError> {
        temporary_in(&self.folder).map_err(|error| self.failed("", error))
    }

    /// The error of a file; of the folder itself without a name.
    pub fn failed(&self, name: &str, error: io::Error) -> OutputError {
        let path = if name.is_empty() { self.folder.clone() } else { self.folder.join(name) };
        OutputError { path, error }
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        if !self.committed {
            self.ready.clear();
            for folder in self.made.iter().rev() {
                // Fails if something of somebody else's is in it by now, and then it stays.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}
