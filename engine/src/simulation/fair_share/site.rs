//! A site: the downloads that share an uplink.

use serde::{Deserialize, Serialize};

use super::class::{Classes, Pace, nearest_micros};
use super::level::{Level, fixed};
use crate::rollout::RobotId;
use crate::time::Time;

/// The downloads of a site.
///
/// Between changes, the caps of all `capped` classes are at most `level`, and those of all `bound` classes above it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Site {
    /// What the uplink carries, in bit/s.
    #[serde(skip)]
    uplink: Option<u64>,
    /// Whether the uplink holds the site's downloads back. If not, the egress may.
    throttled: bool,
    /// The classes that run at their own caps.
    capped: Classes,
    /// The classes that run at the level.
    bound: Classes,
    /// What the capped downloads take, in bit/s.
    capped_rate: i128,
    /// How many downloads run at the level.
    bound_flows: i128,
    /// The most that any download of the site gets, in 2^-32 bit/s; `u128::MAX` if nothing is short.
    level: u128,
    /// The volume clock: what a download at the level would have been delivered.
    volume: u128,
}

impl Site {
    /// A site without downloads.
    pub fn new(uplink: Option<u64>) -> Site {
        Site {
            uplink,
            throttled: false,
            capped: Classes::new(Pace::Capped),
            bound: Classes::new(Pace::Bound),
            capped_rate: 0,
            bound_flows: 0,
            level: u128::MAX,
            volume: 0,
        }
    }

    /// What was read back goes on with this uplink.
    pub fn resume(&mut self, uplink: Option<u64>) {
        self.uplink = uplink;
    }

    /// Forgets all downloads.
    pub fn clear(&mut self) {
        self.capped.clear();
        self.bound.clear();
        (self.throttled, self.capped_rate, self.bound_flows) = (false, 0, 0);
        (self.level, self.volume) = (u128::MAX, 0);
    }

    /// Whether it has an uplink that could be short.
    pub fn has_uplink(&self) -> bool {
        self.uplink.is_some()
    }

    /// The rate of a download with this cap, in 2^-32 bit/s.
    pub fn rate(&self, cap: u64) -> u128 {
        fixed(cap).min(self.level)
    }

    /// Adds a download. Returns its target, by which it is found again.
    pub fn join(&mut self, now: Time, cap: u64, robot: RobotId, remaining: u128) -> u128 {
        if fixed(cap) <= self.level {
            self.capped_rate += i128::from(cap);
            self.capped.join(now.micros().into(), cap, robot, remaining)
        } else {
            self.bound_flows += 1;
            self.bound.join(self.volume, cap, robot, remaining)
        }
    }

    /// Takes a download out. Returns the volume that remains.
    pub fn leave(&mut self, now: Time, cap: u64, robot: RobotId, target: u128) -> u128 {
        if fixed(cap) <= self.level {
            self.capped_rate -= i128::from(cap);
            self.capped.leave(now.micros().into(), cap, robot, target)
        } else {
            self.bound_flows -= 1;
            self.bound.leave(self.volume, cap, robot, target)
        }
    }

    /// What remains of a download at `now`.
    pub fn remaining(&self, now: Time, cap: u64, target: u128) -> u128 {
        if fixed(cap) <= self.level {
            self.capped.remaining(now.micros().into(), cap, target)
        } else {
            self.bound.remaining(self.volume, cap, target)
        }
    }

    /// How many microseconds after `now` the next download is complete, to the nearest.
    pub fn next_completion(&self, now: Time) -> Option<u128> {
        let capped = self.capped.next_due().map(|due| due.saturating_sub(now.micros().into()));
        let bound = self.bound.next_due().map(|due| nearest_micros(due.saturating_sub(self.volume), self.level));
        capped.into_iter().chain(bound).min()
    }

    /// Takes a download out that is complete at `now`, to the nearest microsecond.
    pub fn pop_complete(&mut self, now: Time) -> Option<RobotId> {
        if self.capped.next_due().is_some_and(|due| due <= u128::from(now.micros())) {
            let (robot, cap) = self.capped.pop_next()?;
            self.capped_rate -= i128::from(cap);
            return Some(robot);
        }
        // Less than half a microsecond at the level.
        if self.bound.next_due().is_some_and(|due| due < self.volume + self.level.div_ceil(2)) {
            self.bound_flows -= 1;
            return self.bound.pop_next().map(|(robot, _)| robot);
        }
        None
    }

    /// Lets the volume clock run.
    pub fn pass(&mut self, micros: u64) {
        if self.bound_flows > 0 {
            let delivered = self.level.checked_mul(micros.into());
            self.volume = delivered.and_then(|delivered| self.volume.checked_add(delivered)).expect("below 2^128");
        }
    }

    /// What it takes of the egress: a fixed rate, and a number of downloads that share the rest.
    pub fn claim(&self) -> Level {
        match self.uplink {
            Some(uplink) if self.throttled => Level { spare: -i128::from(uplink), sharers: 0 },
            _ => Level { spare: -self.capped_rate, sharers: self.bound_flows },
        }
    }

    /// The level at which the uplink is in full use.
    fn uplink_level(&self) -> Level {
        self.uplink.map_or(Level::UNLIMITED, |uplink| Level {
            spare: i128::from(uplink) - self.capped_rate,
            sharers: self.bound_flows,
        })
    }

    /// Whether the uplink holds the downloads back.
    pub fn is_throttled(&self) -> bool {
        self.throttled
    }

    /// Whether the uplink should hold the downloads back at this level of the egress.
    pub fn should_throttle(&self, egress: Level) -> bool {
        self.uplink.is_some() && !self.uplink_level().reaches_level(egress)
    }

    /// Has the uplink hold the downloads back, or no longer.
    pub fn set_throttled(&mut self, throttled: bool) {
        self.throttled = throttled;
    }

    /// The highest cap of those who run at their own.
    pub fn highest_capped(&self) -> Option<u64> {
        self.capped.highest()
    }

    /// The lowest cap of those who run at the level.
    pub fn lowest_bound(&self) -> Option<u64> {
        self.bound.lowest()
    }

    /// From now on, the capped class with this cap runs at the level.
    pub fn bind(&mut self, now: Time, cap: u64) {
        let (rate, flows) = self.capped.hand_over(cap, now.micros().into(), &mut self.bound, self.volume);
        self.capped_rate -= rate;
        self.bound_flows += flows;
    }

    /// From now on, the bound class with this cap runs at it.
    pub fn unbind(&mut self, now: Time, cap: u64) {
        let (rate, flows) = self.bound.hand_over(cap, self.volume, &mut self.capped, now.micros().into());
        self.capped_rate += rate;
        self.bound_flows -= flows;
    }

    /// Finds who of a throttled site runs at the level of its uplink. Returns how many classes changed their pace.
    ///
    /// Every step raises the level, weakly. Binding from the highest cap down leaves no capped class above the level;
    /// then releasing from the lowest cap up, while the level rises, leaves no bound class at or below it and no capped
    /// one above.
    pub fn share_uplink(&mut self, now: Time) -> u64 {
        let mut moves = 0;
        while let Some(cap) = self.highest_capped().filter(|cap| !self.uplink_level().reaches(*cap)) {
            self.bind(now, cap);
            moves += 1;
        }
        while let Some(cap) = self.lowest_bound().filter(|cap| self.uplink_level().reaches(*cap)) {
            self.unbind(now, cap);
            moves += 1;
        }
        moves
    }

    /// Fixes the rates until the next change.
    pub fn set_level(&mut self, egress: Level) {
        self.level = if self.throttled { self.uplink_level().floor() } else { egress.floor() };
        if self.bound_flows == 0 {
            self.volume = 0;
        }
    }
}
