//! Clears up after programs that died.
//!
//! One that died while it put the files of a run in their places had them all on the disk, and the manifest in its
//! place: what is missing is put there, so that the run is whole. What others left is removed.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::temporary::{FILE, FOLDER, PREFIX, folder_of, sync_folder};
use crate::manifest::{Manifest, digest_of};

/// Completes and removes what programs that died left in a folder: files and folders named as ours that nobody holds
/// locked.
#[cfg(unix)]
pub fn clear_up(folder: &Path) {
    // Somebody who is about to make one, or to put some in place, is alive and clears up later.
    let Some(_lock) = File::open(folder).ok().filter(|folder| folder.try_lock().is_ok()) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let dead = || File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        // What cannot be done is in nobody's way: it can still be told.
        let _ = match entry.file_type() {
            Ok(kind) if kind.is_file() && rest.ends_with(FILE) && dead() => fs::remove_file(&path),
            Ok(kind) if kind.is_dir() && rest.ends_with(FOLDER) && dead() => {
                complete(folder, &path).and_then(|()| fs::remove_dir_all(&path))
            }
            _ => Ok(()),
        };
    }
}

/// Where locks cannot tell the living from the dead, nothing is touched.
#[cfg(not(unix))]
pub fn clear_up(_: &Path) {}

/// Puts those of the staged files in their places that the manifest tells of and that are not there.
fn complete(folder: &Path, staging: &Path) -> io::Result<()> {
    let Ok(Some(manifest)) = Manifest::read(folder) else { return Ok(()) };
    let digest = |path: &Path| File::open(path).and_then(digest_of).ok();
    let mut missing: Vec<_> =
        manifest.files().filter(|(name, expected)| digest(&folder.join(name)).as_deref() != Some(*expected)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for file in fs::read_dir(staging)? {
        let path = file?.path();
        let found = digest(&path);
        if let Some(place) = missing.iter().position(|(_, expected)| found.as_deref() == Some(*expected)) {
            let (name, _) = missing.swap_remove(place);
            let place = folder.join(name);
            fs::create_dir_all(folder_of(&place))?;
            fs::rename(path, place)?;
        }
    }
    ["", "histograms", "plots"].iter().try_for_each(|name| sync_folder(&folder.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::temporary::{Staging, count_in, temporary_in};

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
