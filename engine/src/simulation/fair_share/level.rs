//! Levels: what each of those who share a line equally gets.

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Bits of the fraction of a rate in fixed point: rates count in 2^-32 bit/s.
pub const FRACTION: u32 = 32;

/// A rate of whole bit/s in fixed point.
pub fn fixed(rate: u64) -> u128 {
    u128::from(rate) << FRACTION
}

/// The level of a line as an exact fraction: `spare` bit/s for `sharers` downloads.
///
/// Without sharers nobody is held back, so the level is above every cap; but a negative spare means that those who do
/// not share take too much, and then it is below every cap. The formulas here cover both.
///
/// Caps are below 2^64 bit/s and downloads fewer than 2^31, so spares are below 2^95 and products below 2^127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// What the line carries less what those take who do not share it, in bit/s.
    pub spare: i128,
    /// How many downloads share the spare rate equally.
    pub sharers: i128,
}

impl Level {
    /// The level of a line that never is short.
    pub const UNLIMITED: Level = Level { spare: 0, sharers: 0 };

    /// Whether the level is `cap` bit/s or more.
    pub fn reaches(self, cap: u64) -> bool {
        i128::from(cap) * self.sharers <= self.spare
    }

    /// Whether this level of a site's uplink is at or above that of the egress, so that the uplink holds nobody back.
    pub fn reaches_level(self, egress: Level) -> bool {
        if self.sharers == 0 {
            self.spare >= 0
        } else if egress.sharers == 0 {
            egress.spare < 0
        } else {
            self.spare * egress.sharers >= egress.spare * self.sharers
        }
    }

    /// The level in 2^-32 bit/s, rounded down. A whole number of bit/s is at most this exactly if the level reaches it.
    pub fn floor(self) -> u128 {
        debug_assert!(self.spare >= 0 && self.sharers >= 0, "not in balance: {self:?}");
        (self.spare.unsigned_abs() << FRACTION).checked_div(self.sharers.unsigned_abs()).unwrap_or(u128::MAX)
    }
}

impl Add for Level {
    type Output = Level;

    fn add(self, other: Level) -> Level {
        Level { spare: self.spare + other.spare, sharers: self.sharers + other.sharers }
    }
}

impl Sub for Level {
    type Output = Level;

    fn sub(self, other: Level) -> Level {
        Level { spare: self.spare - other.spare, sharers: self.sharers - other.sharers }
    }
}
