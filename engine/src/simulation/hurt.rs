//! Robots that a campaign has hurt.

use serde::{Deserialize, Serialize};

use crate::rollout::{RobotId, clone_by_fields};

/// The robots that failed or did not respond at least once, each once. Touched only when one does.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Hurt {
    /// A bit for each, as far as they reach.
    bits: Vec<u64>,
    robots: u32,
}

clone_by_fields!([] Hurt { bits, robots });

impl Hurt {
    /// Begins another campaign. Keeps the memory.
    pub fn clear(&mut self) {
        self.bits.clear();
        self.robots = 0;
    }

    /// A robot has failed, or has not responded; true if it never had before.
    pub fn add(&mut self, robot: RobotId) -> bool {
        let (word, bit) = (robot as usize / 64, 1 << (robot % 64));
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        let new = self.bits[word] & bit == 0;
        self.robots += u32::from(new);
        self.bits[word] |= bit;
        new
    }

    /// How many there are.
    pub fn robots(&self) -> u32 {
        self.robots
    }
}
