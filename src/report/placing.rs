//! Puts the files of a run in their places, so that whoever finds the folder after a crash can tell.
//!
//! Every file is written and synced under a temporary name first. Then come the [`Move`]s, in this order: files that
//! the command's last run left over are removed; the [manifest](crate::manifest) takes its place; the files take
//! theirs. Stopped after any of them, the folder holds the last run whole (less pictures that were to go), or files
//! that are not the ones that its manifest says, or this run whole.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::NamedTempFile;

use crate::manifest::{MANIFEST, Manifest, WrittenFiles, digest_of};

/// How temporary files are named, with some letters between. Those of programs that died are told by their locks.
const PREFIX: &str = ".rollcast-";
const SUFFIX: &str = ".part";

/// So many files are synced at a time.
const SYNCED_AT_ONCE: usize = 32;

/// What is left to do, each step whole or not at all.
pub struct Placing {
    folder: PathBuf,
    moves: VecDeque<Move>,
    /// Two runs into one folder take turns, so that its files are all of one of them. Where folders cannot be locked,
    /// the manifest still tells.
    _lock: Option<File>,
}

/// A change of the folder.
enum Move {
    Remove(String),
    Rename(NamedTempFile, String),
    /// Waits until all that is on the disk. File systems with a journal keep the order of what was renamed.
    Sync,
}

/// What could not be done, and with which file of the folder.
pub type NotPlaced = (String, io::Error);

impl Placing {
    /// Prepares the files of a run of `command`, the last of which tells readers that all are there.
    pub fn new(folder: &Path, command: &str, files: Vec<(NamedTempFile, String)>) -> Result<Placing, NotPlaced> {
        let names = files.iter().map(|(_, name)| name.as_str()).chain([MANIFEST]);
        if let Some(name) = names.into_iter().find(|name| folder.join(name).is_dir()) {
            return Err((name.to_owned(), io::ErrorKind::IsADirectory.into()));
        }
        let of_manifest = |error| (MANIFEST.to_owned(), error);
        let mut digests = BTreeMap::new();
        for (file, name) in &files {
            let digest = file.reopen().and_then(digest_of).map_err(|error| (name.clone(), error))?;
            digests.insert(name.clone(), digest);
        }
        // Before the lock, which it would wait for.
        let mut text = temporary_in(folder).map_err(of_manifest)?;
        let lock = File::open(folder).ok().filter(|folder| folder.lock().is_ok());
        // One that cannot be used says nothing of what is left over.
        let mut manifest = Manifest::read(folder).ok().flatten().unwrap_or_default();
        let left_over = manifest.take(command, WrittenFiles::new(command, env!("CARGO_PKG_VERSION"), digests));
        text.write_all(manifest.to_json().as_bytes()).map_err(of_manifest)?;
        let files: Vec<_> = std::iter::once((text, MANIFEST.to_owned())).chain(files).collect();
        all_at_once(&files, |(file, name)| sync(file.as_file()).map_err(|error| (name.clone(), error)))?;
        let mut moves: VecDeque<Move> = left_over.into_iter().map(Move::Remove).collect();
        moves.extend(files.into_iter().map(|(file, name)| Move::Rename(file, name)));
        moves.push_back(Move::Sync);
        Ok(Placing { folder: folder.to_path_buf(), moves, _lock: lock })
    }

    /// Does all that is left.
    pub fn finish(mut self) -> Result<(), NotPlaced> {
        while self.step()? {}
        Ok(())
    }

    /// Does the next step; false if none is left.
    fn step(&mut self) -> Result<bool, NotPlaced> {
        let Some(step) = self.moves.pop_front() else { return Ok(false) };
        match step {
            // What cannot be removed is old, and says so by its date.
            Move::Remove(name) => drop(fs::remove_file(self.folder.join(name))),
            Move::Rename(file, name) => match file.persist(self.folder.join(&name)) {
                Ok(_) => {}
                Err(failed) => return Err((name, failed.error)),
            },
            Move::Sync => {
                let folders = ["", "histograms", "plots"].map(|name| self.folder.join(name));
                all_at_once(&folders, |folder| sync_folder(folder).map_err(|error| (String::new(), error)))?;
            }
        }
        Ok(true)
    }
}

/// Does something that waits for the disk with all items, many at a time: a file system takes them in one go.
fn all_at_once<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<(), NotPlaced> + Sync) -> Result<(), NotPlaced> {
    let work = &work;
    thread::scope(|scope| {
        let chunks = items.chunks(items.len().div_ceil(SYNCED_AT_ONCE).max(1));
        let threads: Vec<_> = chunks.map(|chunk| scope.spawn(move || chunk.iter().try_for_each(work))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("to wait does not panic"))
    })
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

/// A new file under a temporary name, locked while this program has it.
pub fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    // Nobody clears up between its making and its locking.
    let lock = File::open(folder).ok().filter(|folder| folder.lock_shared().is_ok());
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // As any other new file, not for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder)?;
    // Elsewhere a lock keeps this program from writing, too.
    #[cfg(unix)]
    let _ = file.as_file().lock();
    drop(lock);
    Ok(file)
}

/// Removes temporary files of programs that died: those of ours that nobody holds locked.
#[cfg(unix)]
pub fn clear_up(folder: &Path) {
    // Somebody who is about to make one, or to put some in place, is alive and clears up later.
    let Some(_lock) = File::open(folder).ok().filter(|folder| folder.try_lock().is_ok()) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        let dead = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if ours && is_file() && dead() {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Where locks cannot tell the living from the dead, nothing is removed.
#[cfg(not(unix))]
pub fn clear_up(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Mixed, verify};

    fn files(folder: &Path, names: &[&str], text: &str) -> Vec<(NamedTempFile, String)> {
        let file = |name: &&str| {
            let mut file = temporary_in(folder).expect("the folder can be written");
            file.write_all(text.as_bytes()).expect("the file can be written");
            (file, (*name).to_owned())
        };
        names.iter().map(file).collect()
    }

    fn place(folder: &Path, names: &[&str], text: &str) -> Placing {
        Placing::new(folder, "run", files(folder, names, text)).unwrap_or_else(|failed| panic!("{failed:?}"))
    }

    fn step(placing: &mut Placing) -> bool {
        placing.step().expect("it can be done")
    }

    /// As after kill -9: what is temporary stays, and the locks are gone.
    fn kill(placing: Placing) {
        for next in placing.moves {
            if let Move::Rename(file, _) = next {
                file.keep().expect("it can stay");
            }
        }
    }

    fn temporary(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        entries.filter(|name| name.to_string_lossy().starts_with(PREFIX)).count()
    }

    const OLD: [&str; 4] = ["plots/gone.svg", "plots/a.svg", "replications.csv", "summary.json"];
    const NEW: [&str; 4] = ["plots/a.svg", "plots/more.svg", "replications.csv", "summary.json"];

    /// Killed between any two steps, a run leaves a folder that is whole or says that it is not; and the next run makes
    /// it whole, with nothing left behind.
    #[test]
    fn a_killed_run_leaves_a_folder_that_tells() {
        for with_manifest in [true, false] {
            let mut refused = 0;
            let mut killed_after = 0;
            loop {
                let sandbox = tempfile::tempdir().expect("a folder");
                let folder = sandbox.path();
                fs::create_dir(folder.join("plots")).expect("a folder");
                place(folder, &OLD, "old").finish().expect("it can be done");
                if !with_manifest {
                    fs::remove_file(folder.join(MANIFEST)).expect("it is there");
                }
                let mut placing = place(folder, &NEW, "new");
                let over = !(0..killed_after).all(|_| step(&mut placing));
                kill(placing);
                let read = |name: &&str| fs::read_to_string(folder.join(name)).unwrap_or_default();
                let both = ["plots/a.svg", "replications.csv", "summary.json"].map(|name| read(&name));
                match verify(folder, "summary.json") {
                    Ok(()) => assert!(both == ["old"; 3] || both == ["new"; 3], "{killed_after}: {both:?}"),
                    Err(Mixed::Differs(_)) => refused += 1,
                    Err(other) => panic!("{killed_after}: {other:?}"),
                }
                assert!(!over || both == ["new"; 3]);
                clear_up(folder);
                assert_eq!(temporary(folder), 0, "{killed_after}");
                place(folder, &NEW, "newer").finish().expect("it can be done");
                assert_eq!(NEW.map(|name| read(&name)), ["newer"; 4]);
                verify(folder, "summary.json").expect("it is whole");
                // Without a manifest nobody knows whose it is.
                assert_eq!(folder.join("plots/gone.svg").exists(), !with_manifest);
                if over {
                    break;
                }
                killed_after += 1;
            }
            assert!(refused >= 3, "the files came one by one");
        }
    }

    /// Nothing of the living, and nothing of anybody else is removed.
    #[test]
    #[cfg(unix)]
    fn only_files_of_the_dead_are_cleared_up() {
        let sandbox = tempfile::tempdir().expect("a folder");
        let folder = sandbox.path();
        let living = temporary_in(folder).expect("the folder can be written");
        let (_, dead) = temporary_in(folder).expect("the folder can be written").keep().expect("it can stay");
        let others = [".rollcast-mine", "mine.part", ".rollcast-folder.part"].map(|name| folder.join(name));
        fs::write(&others[0], "mine").expect("a file");
        fs::write(&others[1], "mine").expect("a file");
        fs::create_dir(&others[2]).expect("a folder");
        std::os::unix::fs::symlink(&others[0], folder.join(".rollcast-link.part")).expect("a link");
        clear_up(folder);
        assert!(living.path().exists() && !dead.exists());
        assert!(others.iter().all(|other| other.exists()) && folder.join(".rollcast-link.part").is_symlink());
        drop(living);
        assert_eq!(temporary(folder), 3, "what is dropped takes its file along");
    }
}
