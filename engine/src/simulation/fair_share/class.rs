//! Classes: the downloads of a site whose links have the same cap.
//!
//! They always run at the same rate, so a clock that counts the volume delivered to each of them serves all: a download
//! ends when the clock reads what it read as the download began plus its volume.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::level::fixed;
use crate::rollout::RobotId;

/// What sets the rate of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// Its own cap. It is paced by real time, in microseconds.
    Capped,
    /// The level of its site. It is paced by the site's volume clock.
    Bound,
}

/// The downloads of a site with equal caps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Class {
    /// The links' cap in bit/s.
    cap: u64,
    pace: Pace,
    /// What the pacing clock (of real time or of the site) read when the class was last set to its pace.
    since: u128,
    /// What the volume clock of the class read then.
    volume: u128,
    /// Each download with what the volume clock will read when it ends.
    targets: BTreeSet<(u128, RobotId)>,
}

impl Class {
    /// The volume clock when the pacing clock reads `reading`.
    ///
    /// It holds 2^96 microbit, delivered while the class never was empty: two years and a half at 10^15 bit/s.
    fn volume_at(&self, reading: u128) -> u128 {
        let passed = reading - self.since;
        let delivered = match self.pace {
            Pace::Capped => fixed(self.cap).checked_mul(passed),
            Pace::Bound => Some(passed),
        };
        delivered.and_then(|delivered| self.volume.checked_add(delivered)).expect("volume clocks stay below 2^128")
    }

    /// What the pacing clock will read when the next download ends: for a capped class, the nearest microsecond.
    fn due(&self) -> Option<u128> {
        let (target, _) = self.targets.first()?;
        let left = target - self.volume;
        Some(match self.pace {
            Pace::Capped => self.since + nearest_micros(left, fixed(self.cap)),
            Pace::Bound => self.since + left,
        })
    }

    /// How many bit/s its downloads take together if the class is capped, and how many downloads they are.
    pub fn size(&self) -> (i128, i128) {
        let flows = self.targets.len() as i128;
        (i128::from(self.cap) * flows, flows)
    }
}

/// The microseconds that `volume` takes at `rate` in 2^-32 bit/s, to the nearest.
pub fn nearest_micros(volume: u128, rate: u128) -> u128 {
    (volume + rate / 2).checked_div(rate).unwrap_or(u128::MAX)
}

/// The classes of a site that have the same pacing clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Classes {
    pace: Pace,
    by_cap: BTreeMap<u64, Class>,
    /// The cap of each class, in the order of [`Class::due`].
    by_due: BTreeSet<(u128, u64)>,
}

impl Classes {
    /// Begins without any class.
    pub fn new(pace: Pace) -> Classes {
        Classes { pace, by_cap: BTreeMap::new(), by_due: BTreeSet::new() }
    }

    /// Forgets all classes, and keeps their memory.
    pub fn clear(&mut self) {
        self.by_cap.clear();
        self.by_due.clear();
    }

    /// Adds a download when the pacing clock reads `reading`. Returns its target, by which it is found again.
    pub fn join(&mut self, reading: u128, cap: u64, robot: RobotId, remaining: u128) -> u128 {
        let pace = self.pace;
        let empty = || Class { cap, pace, since: reading, volume: 0, targets: BTreeSet::new() };
        let class = self.by_cap.entry(cap).or_insert_with(empty);
        let target = class.volume_at(reading) + remaining;
        let before = class.due();
        class.targets.insert((target, robot));
        let after = class.due();
        self.reorder(cap, before, after);
        target
    }

    /// Takes a download out when the pacing clock reads `reading`. Returns the volume that remains.
    pub fn leave(&mut self, reading: u128, cap: u64, robot: RobotId, target: u128) -> u128 {
        let class = self.by_cap.get_mut(&cap).expect("an active download has a class");
        let remaining = target.saturating_sub(class.volume_at(reading));
        let before = class.due();
        let found = class.targets.remove(&(target, robot));
        debug_assert!(found, "no download of robot {robot} in the class");
        let after = class.due();
        self.reorder(cap, before, after);
        remaining
    }

    /// What remains of a download when the pacing clock reads `reading`.
    pub fn remaining(&self, reading: u128, cap: u64, target: u128) -> u128 {
        self.by_cap.get(&cap).map_or(0, |class| target.saturating_sub(class.volume_at(reading)))
    }

    /// What the pacing clock will read when the next download ends.
    pub fn next_due(&self) -> Option<u128> {
        self.by_due.first().map(|(due, _)| *due)
    }

    /// Takes the download out that ends next. Returns its cap too.
    pub fn pop_next(&mut self) -> Option<(RobotId, u64)> {
        let (due, cap) = *self.by_due.first()?;
        let class = self.by_cap.get_mut(&cap)?;
        let (_, robot) = class.targets.pop_first()?;
        let after = class.due();
        self.reorder(cap, Some(due), after);
        Some((robot, cap))
    }

    /// Keeps the order of the classes when the next end of one changes; drops it once it is empty.
    fn reorder(&mut self, cap: u64, before: Option<u128>, after: Option<u128>) {
        if before != after {
            if let Some(due) = before {
                self.by_due.remove(&(due, cap));
            }
            match after {
                Some(due) => _ = self.by_due.insert((due, cap)),
                None => _ = self.by_cap.remove(&cap),
            }
        }
    }

    /// The lowest cap of a class.
    pub fn lowest(&self) -> Option<u64> {
        self.by_cap.first_key_value().map(|(cap, _)| *cap)
    }

    /// The highest cap of a class.
    pub fn highest(&self) -> Option<u64> {
        self.by_cap.last_key_value().map(|(cap, _)| *cap)
    }

    /// Hands a class over to `other`. This clock and that of `other` read `reading` and `others`. Exact: the volume
    /// that remains of each download is the same before and after. Returns the size of the class.
    pub fn hand_over(&mut self, cap: u64, reading: u128, other: &mut Classes, others: u128) -> (i128, i128) {
        let mut class = self.by_cap.remove(&cap).expect("a class with this cap");
        if let Some(due) = class.due() {
            self.by_due.remove(&(due, cap));
        }
        class.volume = class.volume_at(reading);
        (class.since, class.pace) = (others, other.pace);
        let size = class.size();
        other.by_due.extend(class.due().map(|due| (due, cap)));
        other.by_cap.insert(cap, class);
        size
    }
}
