//! `manifest.json`: which files of a results folder belong together.
//!
//! A command writes the manifest before it puts the first of its files in place, so that a folder in which it was
//! stopped midway does not hold what its manifest says: nobody takes files of two runs for one. A folder without a
//! manifest, such as older versions wrote, is taken as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Component, Path};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The file in a results folder.
pub const MANIFEST: &str = "manifest.json";

/// How often, and how long apart, a reader looks whether a folder is at rest: for five seconds.
const LOOKS: u32 = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// What the commands that wrote into a folder left there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// By the command, such as `run`.
    runs: BTreeMap<String, WrittenFiles>,
}

/// The files of one run of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFiles {
    /// The version that wrote them.
    rollcast: String,
    /// Tells runs apart: a digest of all that they wrote, so the same scenario, seed, options and version give the same
    /// one.
    id: String,
    /// The SHA-256 of each file, by its path within the folder.
    files: BTreeMap<String, String>,
}

/// Why the files of a folder do not belong together.
#[derive(Debug)]
pub enum Mixed {
    /// The manifest is none.
    Malformed(String),
    /// This file is not the one that the manifest is about.
    Differs(String),
    /// A file cannot be read.
    Unreadable(String, io::Error),
}

impl WrittenFiles {
    /// A run that wrote files of these digests, by path.
    pub fn new(command: &str, version: &str, files: BTreeMap<String, String>) -> WrittenFiles {
        let mut all = Sha256::new();
        let mut text = |text: &str| {
            // With its length, so that no two lists read the same.
            all.update((text.len() as u64).to_be_bytes());
            all.update(text);
        };
        text(command);
        text(version);
        for (name, digest) in &files {
            text(name);
            text(digest);
        }
        WrittenFiles { rollcast: version.to_owned(), id: hex(&all.finalize())[..32].to_owned(), files }
    }

    /// What tells it from other runs.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Manifest {
    /// That of a folder; none if there is none.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(folder: &Path) -> Result<Option<Manifest>, Mixed> {
        let Some(text) = if_there(MANIFEST, fs::read(folder.join(MANIFEST)))? else { return Ok(None) };
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| Mixed::Malformed(error.to_string()))?;
        // Files that it names are read, and removed.
        let outside = |name: &&String| !Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        match manifest.runs.values().flat_map(|run| run.files.keys()).find(outside) {
            Some(name) => Err(Mixed::Malformed(format!("`{name}` is not a file of the folder"))),
            None => Ok(Some(manifest)),
        }
    }

    /// The files of all runs with their digests.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.runs.values().flat_map(|run| &run.files).map(|(name, digest)| (name.as_str(), digest.as_str()))
    }

    /// Its text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings are JSON") + "\n"
    }

    /// Whether the command's last run here was another one than this.
    pub fn has_other(&self, command: &str, run: &WrittenFiles) -> bool {
        self.runs.get(command).is_some_and(|last| last.id != run.id && !last.files.is_empty())
    }

    /// Takes a command's run in the place of its last one. Gives back the files of the last one that nobody has written
    /// since and this one does not have: they are left over.
    pub fn take(&mut self, command: &str, run: WrittenFiles) -> BTreeSet<String> {
        let last = self.runs.remove(command).map(|last| last.files).unwrap_or_default();
        for other in self.runs.values_mut() {
            other.files.retain(|name, _| !run.files.contains_key(name));
        }
        let left_over = last.into_keys().filter(|name| !run.files.contains_key(name)).collect();
        self.runs.insert(command.to_owned(), run);
        left_over
    }
}

/// Reads files of one run, that which wrote the first of them, and looks at all its others. None for a file that is
/// missing, or of another run; which of the others are missing does not matter. Without a manifest, or in one that does
/// not know them, nothing speaks against files.
///
/// # Errors
/// The first file that is not the one that the manifest tells of.
pub fn read_together<const N: usize>(folder: &Path, names: [&str; N]) -> Result<[Option<Vec<u8>>; N], Mixed> {
    let _lock = while_nobody_writes(folder);
    let manifest = Manifest::read(folder)?.unwrap_or_default();
    let of = |name: &str| manifest.runs.values().find(|run| run.files.contains_key(name));
    let run = names.first().and_then(|name| of(name));
    let mut texts = [const { None }; N];
    for (text, name) in texts.iter_mut().zip(names) {
        if of(name).map(WrittenFiles::id) == run.map(WrittenFiles::id) {
            *text = if_there(name, fs::read(folder.join(name)))?;
        }
    }
    for (name, digest) in run.into_iter().flat_map(|run| &run.files) {
        let found = match names.iter().position(|read| read == name) {
            // What was read, whatever is there by now.
            Some(place) => texts[place].as_deref().map(|text| hex(&Sha256::digest(text))),
            None => if_there(name, File::open(folder.join(name)).and_then(digest_of))?,
        };
        if found.is_some_and(|found| found != *digest) {
            return Err(Mixed::Differs(name.clone()));
        }
    }
    Ok(texts)
}

/// What was read of a file; none if it is missing.
fn if_there<T>(name: &str, read: io::Result<T>) -> Result<Option<T>, Mixed> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Mixed::Unreadable(name.to_owned(), error)),
    }
}

/// Waits for whoever is replacing the folder's files, who holds a lock on it. None where folders cannot be locked, or
/// somebody takes too long: then the manifest tells.
fn while_nobody_writes(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    for _ in 0..LOOKS {
        match folder.try_lock_shared() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_LOOKS),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
}

/// The SHA-256 of what is left to read.
///
/// # Errors
/// What reading gives.
pub fn digest_of(mut from: impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            length => digest.update(&buffer[..length]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(command: &str, files: &[(&str, &str)]) -> WrittenFiles {
        let digest = |text: &str| digest_of(text.as_bytes()).expect("bytes can be read");
        WrittenFiles::new(command, "1.0", files.iter().map(|(name, text)| ((*name).to_owned(), digest(text))).collect())
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest_of(&b"abc"[..]).expect("bytes can be read"), abc);
    }

    #[test]
    fn a_run_is_told_by_all_that_it_wrote() {
        let first = run("run", &[("a", "1"), ("b", "2")]);
        assert_eq!(first.id(), run("run", &[("b", "2"), ("a", "1")]).id());
        for other in
            [run("sweep", &[("a", "1"), ("b", "2")]), run("run", &[("a", "1"), ("b", "3")]), run("run", &[("a", "1")])]
        {
            assert_ne!(first.id(), other.id());
        }
    }

    #[test]
    fn commands_share_a_folder() {
        let mut manifest = Manifest::default();
        assert!(manifest.take("run", run("run", &[("summary", "1"), ("report", "1"), ("plot", "1")])).is_empty());
        assert!(manifest.take("sweep", run("sweep", &[("sweep", "1"), ("report", "2")])).is_empty());
        let left_over = manifest.take("run", run("run", &[("summary", "2")]));
        assert_eq!(left_over.into_iter().collect::<Vec<_>>(), ["plot"], "the report is the sweep's by now");
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        let verified = |name: &str| read_together(folder.path(), [name]).map(|[text]| text);
        write("summary", "1");
        assert!(verified("summary").is_ok(), "no manifest");
        write(MANIFEST, &manifest.to_json());
        assert!(matches!(verified("summary"), Err(Mixed::Differs(name)) if name == "summary"));
        assert!(verified("sweep").is_ok() && verified("stranger").is_ok());
        write("summary", "2");
        assert!(verified("summary").is_ok());
        write("report", "1");
        assert!(matches!(verified("summary"), Ok(Some(_))), "the report is the sweep's");
        assert!(matches!(verified("sweep"), Err(Mixed::Differs(name)) if name == "report"));
        let together = |names| read_together(folder.path(), names).expect("they belong together");
        assert_eq!(together(["summary", "report"]), [Some(b"2".to_vec()), None], "the report is the sweep's");
        assert_eq!(together(["summary", "stranger"]), [Some(b"2".to_vec()), None]);
        assert_eq!(together(["stranger", "summary"]), [None, None]);
        assert_eq!(Manifest::read(folder.path()).expect("it is one"), Some(manifest));
        for wrong in
            ["[]".to_owned(), Manifest { runs: [("run".to_owned(), run("run", &[("../a", "1")]))].into() }.to_json()]
        {
            write(MANIFEST, &wrong);
            assert!(matches!(verified("summary"), Err(Mixed::Malformed(_))), "{wrong}");
        }
    }
}
