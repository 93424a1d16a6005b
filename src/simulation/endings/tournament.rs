//! A tournament of few endings, replayed where one of them is replaced.

use super::Ending;
use crate::rollout::{RobotEnd, RobotId};
use crate::scenario::MAX_ROBOT_TIMEOUT;
use crate::time::{Span, Time};

/// A lane's number takes so many bits of a key.
const LANE_BITS: u32 = 14;
/// How many endings a tournament holds at most.
pub const MAX_LANES: usize = 1 << LANE_BITS;
const LANE: u64 = MAX_LANES as u64 - 1;
/// The most rounds, with four lanes a match in the first one.
const MAX_ROUNDS: usize = LANE_BITS as usize / 2;
/// The key of a lane that holds nothing: later than all others.
const EMPTY: u64 = u64::MAX;

// The instant of an ending, at most the longest robot timeout after the longest campaign, and the number of its lane share 64 bits.
const _: () = assert!(Span::MAX.micros() + MAX_ROBOT_TIMEOUT.micros() < EMPTY >> LANE_BITS);

/// The earliest of at most [`MAX_LANES`] endings.
///
/// Each ending has a lane, and its key is its instant with the lane's number in the low bits. The least of every four neighbouring lanes
/// goes on to the next round, as in Knuth, The Art of Computer Programming 3 (1998), section 5.4.1, there with two. When a lane is opened, the
/// least of the three others in each match that it plays is kept. They say at once what is earliest without it, and
/// with them a new key finds its way up without looking at the others again.
#[derive(Clone, Debug, Default)]
pub struct Tournament {
    /// What each lane holds, or held last.
    lanes: Vec<Ending>,
    /// How many of the lanes have a key: those that were added last get theirs together, before the next look.
    keyed: usize,
    /// Lanes that hold nothing.
    free: Vec<u32>,
    /// The keys in each match, the final first: those that meet in match m are the winners of 4 m + 1 to 4 m + 4. The matches of the first round,
    /// the last ones, are those of the lanes.
    matches: Vec<[u64; 4]>,
    rounds: usize,
    /// The first match of the first round.
    first_round: usize,
    /// The lane whose ending was taken or is to come: its keys in the matches mean nothing.
    open: Option<usize>,
    /// The least of the other three in each match of the open lane, from the first round on.
    others: [u64; MAX_ROUNDS],
    /// The earliest key but for the open lane's.
    earliest: Key,
}

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

    /// Whether another ending is due at `now`, just after one was taken.
    #[inline(always)]
    pub fn is_next_due(&self, now: Time) -> bool {
        self.earliest.0 >> LANE_BITS == now.micros()
    }

    /// Whether there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.earliest.0 == EMPTY && self.keyed == self.lanes.len()
    }

    /// Takes the earliest ending, whose instant was asked for since the last one was added; there must be one.
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

    /// Adds an ending where no lane is open. Takes the fields in registers: a reference would keep every ending in memory on its way.
    fn push_elsewhere(&mut self, due: Time, started: Time, robot: RobotId, end: RobotEnd) -> bool {
        let ending = Ending { due, started, robot, end };
        if let Some(lane) = self.free.pop() {
            self.open(lane as usize);
            return self.push(ending);
        }
        let fits = self.lanes.len() < MAX_LANES;
        if fits {
            self.lanes.push(ending);
        }
        fits
    }

    /// Opens a lane: from now on it counts for nothing.
    #[inline(always)]
    fn open(&mut self, lane: usize) {
        let mut earliest = EMPTY;
        let (mut place, mut here) = (self.first_round + lane / 4, lane % 4);
        for others in self.others.iter_mut().take(self.rounds) {
            let four = &self.matches[place];
            *others = least(least(four[here ^ 1], four[here ^ 2]), four[here ^ 3]);
            earliest = least(earliest, *others);
            (place, here) = next_round(place);
        }
        self.open = Some(lane);
        self.earliest.0 = earliest;
    }

    /// Gives the open lane a key.
    #[inline(always)]
    fn fill(&mut self, lane: usize, key: u64) {
        self.earliest.0 = least(self.earliest.0, key);
        let mut winner = key;
        let (mut place, mut here) = (self.first_round + lane / 4, lane % 4);
        for others in self.others.iter().take(self.rounds) {
            self.matches[place][here] = winner;
            winner = least(winner, *others);
            (place, here) = next_round(place);
        }
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
            self.matches.clear();
            self.matches.resize(((1 << (2 * rounds)) - 1) / 3, [EMPTY; 4]);
            self.first_round = self.matches.len() - (1 << (2 * (rounds - 1)));
        }
        let mut first = self.first_round;
        for (lane, ending) in self.lanes.iter().enumerate().skip(self.keyed) {
            self.matches[first + lane / 4][lane % 4] = key(ending.due, lane);
        }
        let (mut from, mut to) = (self.keyed / 4, (self.lanes.len() - 1) / 4);
        while first > 0 {
            for place in first + from..=first + to {
                let [a, b, c, d] = self.matches[place];
                let (next, here) = next_round(place);
                self.matches[next][here] = least(least(a, b), least(c, d));
            }
            (first, from, to) = ((first - 1) / 4, from / 4, to / 4);
        }
        self.earliest.0 = self.matches[0].into_iter().fold(EMPTY, least);
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
    }

    /// Takes all that is left, and starts anew.
    pub fn drain(&mut self) -> Vec<Ending> {
        let mut left = Vec::new();
        if self.next_due() <= Time::MAX {
            self.close();
            let first = self.first_round;
            let keys = self.matches[first..].iter().flatten().filter(|key| **key != EMPTY);
            left.extend(keys.map(|key| self.lanes[(key & LANE) as usize]));
            self.matches.fill([EMPTY; 4]);
            self.earliest.0 = EMPTY;
        }
        self.close();
        self.lanes.clear();
        self.free.clear();
        self.keyed = 0;
        left
    }
}

/// The match in which the winner of this one plays next, and its place there; anything for the final.
#[inline(always)]
fn next_round(place: usize) -> (usize, usize) {
    let before = place.wrapping_sub(1);
    (before / 4, before % 4)
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
