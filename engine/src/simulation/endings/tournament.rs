//! A tournament of few endings, replayed where one of them is replaced.

use super::Ending;
use crate::rollout::{RobotEnd, RobotId, clone_by_fields};
use crate::time::Time;

/// A lane's number takes so many bits of a key.
const LANE_BITS: u32 = 14;
/// How many endings a tournament holds at most.
pub const MAX_LANES: usize = 1 << LANE_BITS;
const LANE: u64 = MAX_LANES as u64 - 1;
/// The most rounds, with four lanes a match in the first one.
const MAX_ROUNDS: usize = LANE_BITS as usize / 2;
/// The key of a lane that holds nothing: later than all others.
const EMPTY: u64 = u64::MAX;

/// The latest instant of an ending, which shares 64 bits with the number of its lane.
pub const LATEST: Time = Time::from_micros((EMPTY >> LANE_BITS) - 1);
/// What stands for the earliest key while lanes are without one: of no instant that an ending may have.
const UNKNOWN: u64 = EMPTY - 1;

/// Calls a walk through the rounds with their number, and that of their keys, known to the compiler: it then unrolls
/// the walk, and sees that no index is out of bounds.
macro_rules! known_rounds {
    ($rounds:expr, $walk:ident $arguments:tt) => {
        match $rounds & 7 {
            0 | 1 => $walk::<1, { keys_of(1) }> $arguments,
            2 => $walk::<2, { keys_of(2) }> $arguments,
            3 => $walk::<3, { keys_of(3) }> $arguments,
            4 => $walk::<4, { keys_of(4) }> $arguments,
            5 => $walk::<5, { keys_of(5) }> $arguments,
            6 => $walk::<6, { keys_of(6) }> $arguments,
            _ => $walk::<MAX_ROUNDS, { keys_of(MAX_ROUNDS) }> $arguments,
        }
    };
}

/// The earliest of at most [`MAX_LANES`] endings.
///
/// Each ending has a lane, and its key is its instant with the lane's number in the low bits. The least of every four
/// neighbouring lanes goes on to the next round, as in Knuth, The Art of Computer Programming 3 (1998), section 5.4.1,
/// there with two. When a lane is opened, the least of the three others in each match that it plays is kept. They say
/// at once what is earliest without it, and with them a new key finds its way up without looking at the others again.
#[derive(Debug, Default)]
pub struct Tournament {
    /// What each lane holds, or held last.
    lanes: Vec<Ending>,
    /// How many of the lanes have a key: those that were added last get theirs together, before the next look.
    keyed: usize,
    /// Lanes that hold nothing.
    free: Vec<u32>,
    /// Whether somebody who takes endings has to look further than at the earliest key: lanes have none yet, or whoever
    /// has the tournament keeps endings elsewhere.
    pub beyond: bool,
    /// The keys that meet in each round, the final first, then four times as many a round; of the first round, which is
    /// the last one here, the lanes' own. Every four of them in a row meet in one match.
    keys: Vec<u64>,
    rounds: usize,
    /// The lane whose ending was taken or is to come: its keys in the matches mean nothing.
    open: Option<usize>,
    /// The least of the other three in each match of the open lane, from the first round on.
    others: [u64; MAX_ROUNDS],
    /// The earliest key but for the open lane's.
    earliest: Key,
}

clone_by_fields!([] Tournament { lanes, keyed, free, beyond, keys, rounds, open, others, earliest });

/// A key; by default that of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key(u64);

impl Default for Key {
    fn default() -> Key {
        Key(EMPTY)
    }
}

impl Tournament {
    /// The instant of the earliest ending; later than that of any ending if there is none.
    #[inline(always)]
    pub fn next_due(&mut self) -> Time {
        if self.keyed < self.lanes.len() {
            self.key_new_lanes();
        }
        Time::from_micros(self.earliest.0 >> LANE_BITS)
    }

    /// Whether the earliest ending is known to be due at `now`. Where lanes have no keys yet it is not known, and
    /// [`beyond`](Tournament::beyond) is set.
    #[inline(always)]
    pub fn is_next_due(&self, now: Time) -> bool {
        self.earliest.0 >> LANE_BITS == now.micros()
    }

    /// Whether there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.earliest.0 == EMPTY && self.keyed == self.lanes.len()
    }

    /// Takes the earliest ending, whose instant must be known.
    #[inline(always)]
    pub fn pop(&mut self) -> Ending {
        self.close();
        let lane = (self.earliest.0 & LANE) as usize;
        self.open(lane);
        // Field by field, so that they stay in registers.
        let Ending { due, started, robot, end } = self.lanes[lane];
        Ending { due, started, robot, end }
    }

    /// Adds an ending; false if there is no room for it.
    #[inline(always)]
    pub fn push(&mut self, ending: Ending) -> bool {
        let Some(lane) = self.open else {
            let Ending { due, started, robot, end } = ending;
            return self.push_elsewhere(due, started, robot, end);
        };
        self.lanes[lane] = ending;
        self.fill(lane, key(ending.due, lane));
        true
    }

    /// Adds an ending where no lane is open. Takes the fields in registers: a reference would keep every ending in
    /// memory on its way.
    fn push_elsewhere(&mut self, due: Time, started: Time, robot: RobotId, end: RobotEnd) -> bool {
        let ending = Ending { due, started, robot, end };
        if let Some(lane) = self.free.pop() {
            self.open(lane as usize);
            return self.push(ending);
        }
        let fits = self.lanes.len() < MAX_LANES;
        if fits {
            self.lanes.push(ending);
            self.keys_are_missing();
        }
        fits
    }

    /// Opens a lane: from now on it counts for nothing.
    #[inline(always)]
    fn open(&mut self, lane: usize) {
        self.earliest.0 = known_rounds!(self.rounds, without(&self.keys, &mut self.others, lane));
        self.open = Some(lane);
    }

    /// Gives the open lane a key.
    #[inline(always)]
    fn fill(&mut self, lane: usize, key: u64) {
        self.earliest.0 = least(self.earliest.0, key);
        known_rounds!(self.rounds, with(&mut self.keys, &self.others, lane, key));
        self.open = None;
    }

    /// Gives the open lane nothing, if there is one.
    #[inline(always)]
    fn close(&mut self) {
        if let Some(lane) = self.open {
            self.close_open(lane);
        }
    }

    #[inline(never)]
    fn close_open(&mut self, lane: usize) {
        self.fill(lane, EMPTY);
        self.free.push(lane as u32);
    }

    fn keys_are_missing(&mut self) {
        (self.earliest.0, self.beyond) = (UNKNOWN, true);
    }

    /// Gives keys to the lanes that were added last.
    #[cold]
    fn key_new_lanes(&mut self) {
        debug_assert!(self.free.is_empty() && self.open.is_none(), "then no lane would have been added");
        let mut rounds = self.rounds.max(1);
        while self.lanes.len() > 1 << (2 * rounds) {
            rounds += 1;
        }
        if rounds != self.rounds {
            // All matches are to be played again.
            (self.rounds, self.keyed) = (rounds, 0);
            self.keys.clear();
            self.keys.resize(keys_of(rounds), EMPTY);
        }
        let first_round = keys_of(rounds - 1);
        for (lane, ending) in self.lanes.iter().enumerate().skip(self.keyed) {
            self.keys[first_round + lane] = key(ending.due, lane);
        }
        let (mut from, mut to) = (self.keyed / 4, (self.lanes.len() - 1) / 4);
        for round in (1..rounds).rev() {
            let (above, here) = self.keys.split_at_mut(keys_of(round));
            let above = &mut above[keys_of(round - 1)..];
            for place in from..=to {
                above[place] = least_of(&here[4 * place..][..4]);
            }
            (from, to) = (from / 4, to / 4);
        }
        self.earliest.0 = least_of(&self.keys[..4]);
        self.keyed = self.lanes.len();
    }

    /// Takes over all of `endings`, at most [`MAX_LANES`]; there must be none so far.
    pub fn load(&mut self, endings: &mut Vec<Ending>) {
        debug_assert!(self.is_empty() && endings.len() <= MAX_LANES);
        self.close();
        self.free.clear();
        self.keyed = 0;
        std::mem::swap(&mut self.lanes, endings);
        endings.clear();
        if !self.lanes.is_empty() {
            self.keys_are_missing();
        }
    }

    /// Takes all that is left, in no order, and starts anew.
    pub fn take_all(&mut self, mut take: impl FnMut(Ending)) {
        if self.next_due() <= Time::MAX {
            self.close();
            let keys = &self.keys[keys_of(self.rounds - 1)..];
            let live = keys.iter().zip(&self.lanes).filter(|(key, _)| **key != EMPTY);
            live.for_each(|(_, ending)| take(*ending));
        }
        self.open = None;
        (self.earliest.0, self.beyond) = (EMPTY, false);
        self.lanes.clear();
        self.free.clear();
        // The next lanes get keys of their own, in as many rounds as they need.
        (self.keyed, self.rounds) = (0, 0);
    }
}

/// How many keys so many rounds have.
const fn keys_of(rounds: usize) -> usize {
    ((1 << (2 * rounds)) - 1) / 3 * 4
}

/// The earliest of the N keys of R rounds without a lane's, and the least that this lane has to beat in each round.
#[inline(always)]
fn without<const R: usize, const N: usize>(keys: &[u64], others: &mut [u64; MAX_ROUNDS], lane: usize) -> u64 {
    let keys = keys.first_chunk::<N>().expect("all rounds have their keys");
    let mut earliest = EMPTY;
    let mut place = lane & ((1 << (2 * R)) - 1);
    for round in (0..R).rev() {
        let other = |which: usize| keys[keys_of(round) + (place ^ which)];
        let least_other = least(least(other(1), other(2)), other(3));
        others[R - 1 - round] = least_other;
        earliest = least(earliest, least_other);
        place /= 4;
    }
    earliest
}

/// Lets a lane's key play the R rounds, against what it has to beat in each.
#[inline(always)]
fn with<const R: usize, const N: usize>(keys: &mut [u64], others: &[u64; MAX_ROUNDS], lane: usize, key: u64) {
    let keys = keys.first_chunk_mut::<N>().expect("all rounds have their keys");
    let mut winner = key;
    let mut place = lane & ((1 << (2 * R)) - 1);
    for round in (0..R).rev() {
        keys[keys_of(round) + place] = winner;
        winner = least(winner, others[R - 1 - round]);
        place /= 4;
    }
}

/// An ending's key: no two are equal.
#[inline(always)]
fn key(due: Time, lane: usize) -> u64 {
    due.micros() << LANE_BITS | lane as u64
}

/// The lesser of two keys, without a branch: which one it is cannot be foreseen.
#[inline(always)]
fn least(a: u64, b: u64) -> u64 {
    std::hint::select_unpredictable(a < b, a, b)
}

fn least_of(keys: &[u64]) -> u64 {
    keys.iter().copied().fold(EMPTY, least)
}
