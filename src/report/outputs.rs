//! The results folder: files that appear whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::placing::{NotPlaced, Placing};
use super::recovery::clear_up;
use super::temporary::{Staging, folder_of, sync_folder};

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
    /// Written, closed, and to be renamed to these names within the folder.
    ready: Vec<(TempPath, String)>,
    /// Gone before the folders in which it is.
    staging: Staging,
    made: MadeFolders,
}

/// Folders that did not exist, the outermost first; dropped, they are gone again.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn make(&mut self, place: &Path) -> Result<(), OutputError> {
        let missing = place.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        missing.reverse();
        self.0.extend(missing);
        fs::create_dir_all(place).map_err(|error| OutputError { path: place.to_path_buf(), error })
    }

    /// They stay, whatever happens to the machine.
    fn keep(mut self) -> Result<(), OutputError> {
        std::mem::take(&mut self.0).into_iter().try_for_each(|made| {
            let parent = folder_of(&made);
            sync_folder(parent).map_err(|error| OutputError { path: parent.to_path_buf(), error })
        })
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // Fails if something of somebody else's is in it by now, and then it stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Outputs {
    /// Prepares `folder` and folders `below` it, so that a place that cannot be written is found out before anything runs.
    ///
    /// # Errors
    /// The folder that could not be made.
    pub fn new(folder: &Path, below: &[&str]) -> Result<Outputs, OutputError> {
        let mut made = MadeFolders(Vec::new());
        made.make(folder)?;
        below.iter().try_for_each(|name| made.make(&folder.join(name)))?;
        clear_up(folder);
        let staging = Staging::new(folder).map_err(|error| OutputError { path: folder.to_path_buf(), error })?;
        Ok(Outputs { folder: folder.to_path_buf(), ready: Vec::new(), staging, made })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the files will be, as it stands below an answer.
    pub fn said(&self) -> String {
        format!("\nFiles: {}/\n", self.folder.display().to_string().trim_end_matches('/'))
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

    /// Writes files, by their names.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn add_all(&mut self, files: Vec<(String, String)>) -> Result<(), OutputError> {
        files.into_iter().try_for_each(|(name, text)| self.add(name, &text))
    }

    /// Takes a file that has been written.
    pub fn take(&mut self, file: NamedTempFile, name: impl Into<String>) {
        self.ready.push((file.into_temp_path(), name.into()));
    }

    /// Puts all files in their places, as those of a run of `command`, and removes those that its last run left over: they
    /// would pass for results of this one. True if results of another run of the command were there.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit(mut self, command: &str) -> Result<bool, OutputError> {
        let files = std::mem::take(&mut self.ready);
        let failed = |(name, error): NotPlaced| self.failed(&name, error);
        let placing = Placing::new(&self.folder, &self.staging, command, files).map_err(failed)?;
        let replaces = placing.replaces;
        placing.finish().map_err(failed)?;
        self.made.keep().map(|()| replaces)
    }

    /// A file under a temporary name.
    ///
    /// # Errors
    /// The folder that could not be written.
    pub fn temporary(&self) -> Result<NamedTempFile, OutputError> {
        self.staging.file().map_err(|error| self.failed("", error))
    }

    /// The error of a file; of the folder itself without a name.
    pub fn failed(&self, name: &str, error: io::Error) -> OutputError {
        let path = if name.is_empty() { self.folder.clone() } else { self.folder.join(name) };
        OutputError { path, error }
    }
}
