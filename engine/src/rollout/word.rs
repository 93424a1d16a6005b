//! The words by which controllers call what becomes of their jobs.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A word of a controller's own, such as `FailureThresholdBreached`: it stands in the program's text, or was read back
/// once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Word(&'static str);

/// The longest word that is read back, in bytes.
const MOST: usize = 64;

/// Those that were read back. Each is kept for good, once: there are as many as controllers have outcomes.
static READ: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());

impl Word {
    /// A word that stands in the program's text.
    pub const fn of(word: &'static str) -> Word {
        Word(word)
    }

    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
        let word = String::deserialize(deserializer)?;
        if word.len() > MOST {
            return Err(D::Error::custom("no outcome has so long a name"));
        }
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(word.as_str()) {
            return Ok(Word(known));
        }
        let kept: &'static str = word.leak();
        read.insert(kept);
        Ok(Word(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_and_read_back_and_kept_once() {
        let read = |text: &str| serde_json::from_str::<Word>(text);
        let written = serde_json::to_string(&Word::of("GateFailed")).expect("a string");
        assert_eq!(written, "\"GateFailed\"");
        let (first, again) = (read(&written).expect("a word"), read(&written).expect("a word"));
        assert_eq!(first, Word::of("GateFailed"));
        assert!(std::ptr::eq(first.as_str(), again.as_str()));
        assert!(read(&format!("\"{}\"", "x".repeat(65))).is_err());
    }
}
