//! Files under temporary names beside their places, and what programs that died left of them.
//!
//! Whoever has temporary files holds a lock on them, so the next program can tell the living from the dead.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempDir};

/// How they are named, with some letters between.
pub const PREFIX: &str = ".rollcast-";
/// A file that is alone.
const FILE: &str = ".part";
/// A folder of files.
const FOLDER: &str = ".parts";

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

    /// As after kill -9: it stays, unlocked.
    #[cfg(test)]
    pub fn die(self) -> std::path::PathBuf {
        self.folder.keep()
    }
}

/// A new file under a temporary name, locked while this program has it.
pub fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let _making = making_in(folder);
    let file = shared(Builder::new().prefix(PREFIX).suffix(FILE)).tempfile_in(folder)?;
    // Elsewhere a lock keeps this program from writing, too.
    #[cfg(unix)]
    let _ = file.as_file().lock();
    Ok(file)
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

/// Removes what programs that died left of theirs: files and folders named as ours that nobody holds locked.
#[cfg(unix)]
pub fn clear_up(folder: &Path) {
    // Somebody who is about to make one, or to put some in place, is alive and clears up later.
    let Some(_lock) = File::open(folder).ok().filter(|folder| folder.try_lock().is_ok()) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let dead = || File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        // What cannot be removed is in nobody's way.
        let _ = match entry.file_type() {
            Ok(kind) if kind.is_file() && rest.ends_with(FILE) && dead() => fs::remove_file(&path),
            Ok(kind) if kind.is_dir() && rest.ends_with(FOLDER) && dead() => fs::remove_dir_all(&path),
            _ => Ok(()),
        };
    }
}

/// Where locks cannot tell the living from the dead, nothing is removed.
#[cfg(not(unix))]
pub fn clear_up(_: &Path) {}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing of the living, and nothing of anybody else is removed.
    #[test]
    #[cfg(unix)]
    fn only_files_of_the_dead_are_cleared_up() {
        let sandbox = tempfile::tempdir().expect("a folder");
        let folder = sandbox.path();
        let living = (temporary_in(folder).expect("a file"), Staging::new(folder).expect("a folder"));
        let in_living = living.1.file().expect("a file");
        let (_, dead) = temporary_in(folder).expect("a file").keep().expect("it can stay");
        let dead_folder = Staging::new(folder).expect("a folder").die();
        fs::write(dead_folder.join("file"), "theirs").expect("a file");
        let others = [".rollcast-mine", "mine.part", ".rollcast-file.parts", ".rollcast-folder.part"]
            .map(|name| folder.join(name));
        others[..3].iter().for_each(|path| fs::write(path, "mine").expect("a file"));
        fs::create_dir(&others[3]).expect("a folder");
        let links = [".rollcast-link.part", ".rollcast-link.parts"].map(|name| folder.join(name));
        std::os::unix::fs::symlink(&others[0], &links[0]).expect("a link");
        std::os::unix::fs::symlink(&others[3], &links[1]).expect("a link");
        clear_up(folder);
        assert!(living.0.path().exists() && in_living.path().exists());
        assert!(!dead.exists() && !dead_folder.exists());
        assert!(others.iter().all(|other| other.exists()) && links.iter().all(|link| link.is_symlink()));
        let before = count_in(folder);
        drop((in_living, living));
        assert_eq!(count_in(folder), before - 2, "what is dropped takes its files along");
    }
}
