//! Downloads that share lines fairly: each robot's link, its site's uplink and the egress of the origin.
//!
//! Rates are max-min fair: nobody could get more without someone getting less who has no more already. (D. Bertsekas
//! and R. Gallager, *Data Networks*, 2nd edition, 1992, section 6.5.2.) A download's rate is the least of its link's
//! cap, the level of its site's uplink and the level of the egress; a line that is short gives all of its rate away.
//! Rates are constant between changes: a download begins, ends or is taken out.
//!
//! # How
//!
//! Downloads of a site with equal caps are a class; they run at one rate, and one clock of the volume delivered serves
//! them all ([`class`]). A class runs at its own cap, or at its site's level together with all others there that could
//! take more; these follow one clock per site ([`site`]). So a change of a level touches no class but those whose cap
//! the level crosses.
//!
//! # Exactness
//!
//! Everything is an integer. Volumes count in 2^-32 microbit, so rates in 2^-32 bit/s times microseconds are volumes
//! without any rounding. Levels are compared as exact fractions and then rounded down to 2^-32 bit/s, so no line is
//! ever overloaded; that makes a download at r bit/s slower by at most one part in r * 2^32. Completions are rounded to
//! the nearest microsecond. What remains of a download depends on the rates that it had and on nothing else, so neither
//! the machine matters nor the order of changes at one instant, as long as nothing is asked between them.
//!
//! # Cost
//!
//! A change costs O((sites + classes crossed) * log downloads), and all changes before a question are balanced at once.
//! With N of n downloads at the level, one more or less moves it by about its N-th part. If no two caps are equal and
//! they spread evenly over a part w of the level (1 for caps from half to three halves of it), n / (N w) of them lie in
//! that strip. That does not grow with n: one to five for caps that spread as links do, a few hundred for caps that all
//! differ by less than a percent. It is many only if nearly all run at their own caps, close to the level. All sites
//! are scanned at least twice per change, and again for as long as a scan has moved anything.

mod class;
mod level;
mod site;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use serde::{Deserialize, Serialize, Serializer};

use self::level::{FRACTION, Level};
use self::site::Site;
use crate::rollout::RobotId;
use crate::time::{MICROS, Span, Time};

/// A volume still to be delivered, in 2^-32 microbit: at 1 bit/s, a microbit takes a microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Volume(u128);

impl Volume {
    const BYTE: u128 = (8 * MICROS as u128) << FRACTION;

    /// A volume of whole bytes.
    pub fn from_bytes(bytes: u64) -> Volume {
        Volume(u128::from(bytes) * Volume::BYTE)
    }

    /// The whole bytes delivered of a bundle of which this volume remains.
    pub fn delivered_bytes(self, bundle: u64) -> u64 {
        let delivered = Volume::from_bytes(bundle).0.saturating_sub(self.0) / Volume::BYTE;
        // It is at most the bundle.
        delivered as u64
    }
}

/// Where an active download is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Flow {
    site: usize,
    cap: u64,
    target: u128,
}

/// A map as it is written down, which does not depend on how it is kept.
fn in_order<S: Serializer>(flows: &HashMap<RobotId, Flow>, serializer: S) -> Result<S::Ok, S::Error> {
    flows.iter().collect::<BTreeMap<_, _>>().serialize(serializer)
}

/// The cap of a download without one: above every level.
const NO_CAP: u64 = u64::MAX;

/// Downloads that share lines fairly, and the instants at which they are complete.
///
/// The caller lets time pass with [`advance`](FairShare::advance), never beyond
/// [`next_completion`](FairShare::next_completion), and makes changes at the present instant.
///
/// Caps are at most 10^15 bit/s, volumes below 2^64 bytes, downloads fewer than 2^31. It panics should downloads with
/// the same cap at a site, some under way at every instant, run at the full 10^15 bit/s each for more than two years.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FairShare {
    /// What the origin can send, in bit/s.
    #[serde(skip)]
    egress: Option<u64>,
    sites: Vec<Site>,
    /// The downloads under way.
    #[serde(serialize_with = "in_order")]
    flows: HashMap<RobotId, Flow>,
    /// The downloads that are complete but not yet popped.
    completed: BTreeSet<RobotId>,
    now: Time,
    /// The level of the egress.
    level: Level,
    /// Whether rates are to be found again.
    changed: bool,
    /// How many classes and sites have been moved.
    #[serde(skip)]
    moves: u64,
}

impl FairShare {
    /// No downloads, at [`Time::ZERO`]. `egress` is what the origin can send and `uplinks` what each site can receive,
    /// in bit/s; `None` is without limit.
    pub fn new(egress: Option<u64>, uplinks: Vec<Option<u64>>) -> FairShare {
        FairShare {
            egress,
            sites: uplinks.into_iter().map(Site::new).collect(),
            flows: HashMap::new(),
            completed: BTreeSet::new(),
            now: Time::ZERO,
            level: Level::UNLIMITED,
            changed: false,
            moves: 0,
        }
    }

    /// What was read back goes on over these lines; false if there are not as many.
    pub(super) fn resume(&mut self, egress: Option<u64>, uplinks: impl ExactSizeIterator<Item = Option<u64>>) -> bool {
        self.egress = egress;
        let as_many = uplinks.len() == self.sites.len();
        self.sites.iter_mut().zip(uplinks).for_each(|(site, uplink)| site.resume(uplink));
        as_many
    }

    /// Forgets all downloads and goes back to [`Time::ZERO`].
    pub fn clear(&mut self) {
        self.sites.iter_mut().for_each(Site::clear);
        self.flows.clear();
        self.completed.clear();
        (self.now, self.level, self.changed) = (Time::ZERO, Level::UNLIMITED, false);
    }

    /// Begins or resumes a robot's download at the present instant; it must have none. `link` is its own cap in bit/s,
    /// at least 1. A download that nothing caps is complete at once, and so is one of nothing.
    pub fn add(&mut self, robot: RobotId, site: usize, link: Option<u64>, remaining: Volume) {
        debug_assert!(
            !self.flows.contains_key(&robot) && !self.completed.contains(&robot),
            "{robot} downloads already"
        );
        let limited = link.is_some() || self.egress.is_some() || self.sites[site].has_uplink();
        if !limited || remaining.0 == 0 {
            self.completed.insert(robot);
            return;
        }
        let cap = link.unwrap_or(NO_CAP);
        let target = self.sites[site].join(self.now, cap, robot, remaining.0);
        self.flows.insert(robot, Flow { site, cap, target });
        self.changed = true;
    }

    /// Takes a robot's download out at the present instant. Returns the volume that remains: nothing if it is complete
    /// but not popped, `None` if there is none.
    pub fn remove(&mut self, robot: RobotId) -> Option<Volume> {
        if self.completed.remove(&robot) {
            return Some(Volume(0));
        }
        let Flow { site, cap, target } = self.flows.remove(&robot)?;
        self.changed = true;
        Some(Volume(self.sites[site].leave(self.now, cap, robot, target)))
    }

    /// When the next download is complete, to the nearest microsecond: the present instant or later, and
    /// [`Time::NEVER`] if that is after [`Time::MAX`] or there is none.
    pub fn next_completion(&mut self) -> Time {
        self.settle();
        if !self.completed.is_empty() {
            return self.now;
        }
        let wait = self.sites.iter().filter_map(|site| site.next_completion(self.now)).min();
        match wait.and_then(|micros| u64::try_from(micros).ok()?.checked_add(self.now.micros())) {
            Some(due) if due <= Time::MAX.micros() => Time::from_micros(due),
            _ => Time::NEVER,
        }
    }

    /// The present instant.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Lets time pass until `to`: from the present instant to that of the next completion.
    pub fn advance(&mut self, to: Time) {
        debug_assert!(self.now <= to && to <= self.next_completion(), "{to:?} is not until the next completion");
        self.settle();
        let micros = (to - self.now).micros();
        self.sites.iter_mut().for_each(|site| site.pass(micros));
        self.now = to;
        self.collect();
    }

    /// Takes out a download that is complete at the present instant, the lowest robot first.
    pub fn pop_completed(&mut self) -> Option<RobotId> {
        self.settle();
        self.completed.pop_first()
    }

    /// Takes out a download that has been found complete, the lowest robot first, without finding rates for changes
    /// since.
    pub fn pop_found(&mut self) -> Option<RobotId> {
        self.completed.pop_first()
    }

    /// What all downloads together get now, in bit/s, cut to `u64::MAX`: a whole number but for the rounding of levels.
    /// Downloads that nothing caps take no time, so they have no rate.
    pub fn total_rate(&mut self) -> u64 {
        self.settle();
        let fixed: i128 = self.sites.iter().map(|site| -site.claim().spare).sum();
        let shared = if self.level.sharers > 0 { self.level.spare } else { 0 };
        u64::try_from(fixed + shared).unwrap_or(u64::MAX)
    }

    /// What a robot's download gets now, in 2^-32 bit/s; `None` if it has none or it is complete.
    pub fn rate(&mut self, robot: RobotId) -> Option<u128> {
        self.settle();
        let flow = self.flows.get(&robot)?;
        Some(self.sites[flow.site].rate(flow.cap))
    }

    /// What will remain of a robot's download at `at`, from the present instant to that of the next completion, and how
    /// long it goes on then if its rate stays; `None` if it has none or it is complete.
    pub fn remaining(&mut self, robot: RobotId, at: Time) -> Option<(Volume, Option<Span>)> {
        self.settle();
        let Flow { site, cap, target } = *self.flows.get(&robot)?;
        let rate = self.sites[site].rate(cap);
        let remaining = self.sites[site].remaining(self.now, cap, target);
        let remaining = remaining.saturating_sub(rate.saturating_mul((at - self.now).micros().into()));
        let left = u64::try_from(class::nearest_micros(remaining, rate)).ok().map(Span::from_micros);
        Some((Volume(remaining), left))
    }

    /// Finds the rates after changes, and what they complete now: who had a little more than half a microsecond to go,
    /// and has less at a higher rate.
    fn settle(&mut self) {
        while self.changed {
            self.changed = false;
            self.balance();
            self.collect();
        }
    }

    /// Takes out all downloads that are complete now at the rates found last.
    fn collect(&mut self) {
        for site in &mut self.sites {
            while let Some(robot) = site.pop_complete(self.now) {
                self.flows.remove(&robot);
                self.completed.insert(robot);
                self.changed = true;
            }
        }
    }

    /// Finds the fair rates, from where the last ones were.
    ///
    /// It is done when at the levels as they are, every capped class has a cap at or below its level and every bound
    /// class one above; and throttled are the sites whose uplink's level is below that of the egress, no others. Those
    /// are the fair rates, and there are no others.
    ///
    /// It comes to an end. Whoever pays a fixed rate above the level and begins to share, or shares and begins to pay a
    /// fixed rate below the level, leaves more to the other sharers: each move raises the level (or without sharers the
    /// spare rate) of the egress, or within a throttled site that of the uplink, or leaves it. A move that leaves it
    /// (at a cap equal to the level) is not undone until it rises. So no state comes twice, and there are finitely
    /// many.
    fn balance(&mut self) {
        if let Some(egress) = self.egress {
            let all = Level { spare: egress.into(), sharers: 0 };
            self.level = self.sites.iter().fold(all, |level, site| level + site.claim());
        }
        loop {
            let before = self.moves;
            self.throttle();
            self.bind();
            self.unbind();
            if self.moves == before {
                break;
            }
        }
        self.sites.iter_mut().for_each(|site| site.set_level(self.level));
    }

    /// Decides which uplinks hold back, and shares those that do.
    fn throttle(&mut self) {
        for index in 0..self.sites.len() {
            if self.sites[index].is_throttled() {
                self.moves += self.sites[index].share_uplink(self.now);
            }
            let throttled = self.sites[index].should_throttle(self.level);
            if throttled != self.sites[index].is_throttled() {
                self.shift(index, |site| site.set_throttled(throttled));
                self.moves += if throttled { self.sites[index].share_uplink(self.now) } else { 0 };
            }
        }
    }

    /// Binds the classes whose caps are above the level of the egress: the highest first, so that none is bound which
    /// the level would pass on its way up.
    fn bind(&mut self) {
        let highest = |site: &Site| site.highest_capped().filter(|_| !site.is_throttled());
        let level = self.level;
        let sites = self.sites.iter().enumerate();
        let above = sites.filter_map(|(index, site)| Some((highest(site).filter(|cap| !level.reaches(*cap))?, index)));
        let mut above: BinaryHeap<(u64, usize)> = above.collect();
        while let Some((cap, index)) = above.pop().filter(|(cap, _)| !self.level.reaches(*cap)) {
            let now = self.now;
            self.shift(index, |site| site.bind(now, cap));
            above.extend(highest(&self.sites[index]).map(|cap| (cap, index)));
        }
    }

    /// Releases the classes whose caps the level of the egress reaches, the lowest first.
    fn unbind(&mut self) {
        let lowest = |site: &Site| site.lowest_bound().filter(|_| !site.is_throttled());
        let level = self.level;
        let sites = self.sites.iter().enumerate();
        let below =
            sites.filter_map(|(index, site)| Some(Reverse((lowest(site).filter(|cap| level.reaches(*cap))?, index))));
        let mut below: BinaryHeap<Reverse<(u64, usize)>> = below.collect();
        while let Some(Reverse((cap, index))) = below.pop().filter(|Reverse((cap, _))| self.level.reaches(*cap)) {
            let now = self.now;
            self.shift(index, |site| site.unbind(now, cap));
            below.extend(lowest(&self.sites[index]).map(|cap| Reverse((cap, index))));
        }
    }

    /// Makes a move at a site, and takes what that changes into the level of the egress.
    fn shift(&mut self, index: usize, change: impl FnOnce(&mut Site)) {
        let before = self.sites[index].claim();
        change(&mut self.sites[index]);
        if self.egress.is_some() {
            self.level = self.level - before + self.sites[index].claim();
        }
        self.moves += 1;
    }
}
