//! Puts the files of a run in their places, so that whoever finds the folder after a crash can tell.
//!
//! Every file is written and synced under a temporary name first. Then come the [`Move`]s, in this order: files that
//! the command's last run left over are removed; the [manifest](crate::manifest) takes its place; the files take
//! theirs. Stopped after any of them, the folder holds the last run whole (less pictures that were to go), or this run
//! whole, or files that are not the ones that its manifest says: then those are still under their temporary names, and
//! the next command that writes or reads there [puts them in their places](super::recovery).

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::TempPath;

use super::temporary::{Staging, sync, sync_folder};
use crate::manifest::{MANIFEST, Manifest, WrittenFiles, digest_of};

/// So many files are synced at a time.
const SYNCED_AT_ONCE: usize = 16;

/// What is left to do, each step whole or not at all.
pub struct Placing {
    folder: PathBuf,
    /// Whether files of another run of the command are there, which will be gone.
    pub replaces: bool,
    moves: VecDeque<Move>,
    /// Two runs into one folder take turns, so that its files are all of one of them. Where folders cannot be locked,
    /// the manifest still tells.
    _lock: Option<File>,
}

/// A change of the folder.
enum Move {
    Remove(String),
    Rename(TempPath, String),
    /// Waits until all that is on the disk. File systems with a journal keep the order of what was renamed.
    Sync,
}

/// What could not be done, and with which file of the folder.
pub type NotPlaced = (String, io::Error);

impl Placing {
    /// Prepares the files of a run of `command`.
    pub fn new(
        folder: &Path,
        staging: &Staging,
        command: &str,
        files: Vec<(TempPath, String)>,
    ) -> Result<Placing, NotPlaced> {
        let names = files.iter().map(|(_, name)| name.as_str()).chain([MANIFEST]);
        if let Some(name) = names.into_iter().find(|name| folder.join(name).is_dir()) {
            return Err((name.to_owned(), io::ErrorKind::IsADirectory.into()));
        }
        let mut digests = BTreeMap::new();
        for (file, name) in &files {
            let digest = File::open(file).and_then(digest_of).map_err(|error| (name.clone(), error))?;
            digests.insert(name.clone(), digest);
        }
        all_at_once(&files, |(file, name)| {
            // Some systems sync only what can be written.
            let file = OpenOptions::new().write(true).open(file);
            file.and_then(|file| sync(&file)).map_err(|error| (name.clone(), error))
        })?;
        let lock = File::open(folder).ok().filter(|folder| folder.lock().is_ok());
        // One that cannot be used says nothing of what is left over.
        let mut manifest = Manifest::read(folder).ok().flatten().unwrap_or_default();
        let run = WrittenFiles::new(command, env!("CARGO_PKG_VERSION"), digests);
        let replaces = manifest.has_other(command, &run);
        let left_over = manifest.take(command, run);
        let text = staging.file().and_then(|mut text| {
            text.write_all(manifest.to_json().as_bytes())?;
            sync(text.as_file())?;
            Ok(text.into_temp_path())
        });
        let text = text.and_then(|text| staging.sync().map(|()| text));
        let text = text.map_err(|error| (MANIFEST.to_owned(), error))?;
        let mut moves: VecDeque<Move> = left_over.into_iter().map(Move::Remove).collect();
        let files = std::iter::once((text, MANIFEST.to_owned())).chain(files);
        moves.extend(files.map(|(file, name)| Move::Rename(file, name)));
        moves.push_back(Move::Sync);
        Ok(Placing { folder: folder.to_path_buf(), replaces, moves, _lock: lock })
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
        let threads: Vec<_> = chunks
            .map(|chunk| {
                let all = move || chunk.iter().try_for_each(work);
                // Without threads it only takes longer.
                thread::Builder::new().spawn_scoped(scope, all).map_err(|_| all())
            })
            .collect();
        let done = |thread| match thread {
            Ok(thread) => thread::ScopedJoinHandle::join(thread).expect("to wait does not panic"),
            Err(done) => done,
        };
        threads.into_iter().try_for_each(done)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Mixed, read_together};
    use crate::report::recovery::clear_up;
    use crate::report::temporary::count_in;

    fn place(folder: &Path, names: &[&str], text: &str) -> (Placing, Staging) {
        let staging = Staging::new(folder).expect("the folder can be written");
        let file = |name: &&str| {
            let mut file = staging.file().expect("the folder can be written");
            file.write_all(text.as_bytes()).expect("the file can be written");
            (file.into_temp_path(), (*name).to_owned())
        };
        let files = names.iter().map(file).collect();
        let placing = Placing::new(folder, &staging, "run", files).unwrap_or_else(|failed| panic!("{failed:?}"));
        (placing, staging)
    }

    fn step(placing: &mut Placing) -> bool {
        placing.step().expect("it can be done")
    }

    /// As after kill -9: what is temporary stays, and the locks are gone.
    fn kill((placing, staging): (Placing, Staging)) {
        for next in placing.moves {
            if let Move::Rename(file, _) = next {
                file.keep().expect("it can stay");
            }
        }
        staging.die();
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
                place(folder, &OLD, "old").0.finish().expect("it can be done");
                if !with_manifest {
                    fs::remove_file(folder.join(MANIFEST)).expect("it is there");
                }
                let mut placing = place(folder, &NEW, "new");
                let over = !(0..killed_after).all(|_| step(&mut placing.0));
                kill(placing);
                let read = |name: &&str| fs::read_to_string(folder.join(name)).unwrap_or_default();
                let shared = ["plots/a.svg", "replications.csv", "summary.json"];
                let both = shared.map(|name| read(&name));
                match read_together(folder, shared) {
                    Ok(_) => assert!(both == ["old"; 3] || both == ["new"; 3], "{killed_after}: {both:?}"),
                    Err(Mixed::Differs(_)) => refused += 1,
                    Err(other) => panic!("{killed_after}: {other:?}"),
                }
                assert!(!over || both == ["new"; 3]);
                let begun = read_together(folder, shared).is_err() || both == ["new"; 3];
                clear_up(folder);
                assert_eq!(count_in(folder), 0, "{killed_after}");
                // What was begun is complete, with no file of the last run among its own.
                read_together(folder, NEW).expect("it is whole");
                let whole = if begun { ["new"; 3] } else { ["old"; 3] };
                assert_eq!(shared.map(|name| read(&name)), whole, "{killed_after}");
                assert_eq!(read(&"plots/more.svg"), if begun { "new" } else { "" });
                place(folder, &NEW, "newer").0.finish().expect("it can be done");
                assert_eq!(NEW.map(|name| read(&name)), ["newer"; 4]);
                read_together(folder, NEW).expect("it is whole");
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
}
