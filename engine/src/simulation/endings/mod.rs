//! The event queue: the endings of the robots in flight.
//!
//! Nothing can interrupt a robot's steps, so a deployment is one event: its end. A robot in flight holds one entry,
//! so the queue is as long as the job has slots in use.
//!
//! What is due soon stands in a [`Tournament`], where an ending that makes room for the next robot's costs one walk
//! over a few cache lines. Where more robots are in flight than fit there, what is due later waits in a [`CalendarQueue`],
//! unsorted but for the bucket of time that it falls in; so a step costs nearly the same for a hundred robots in flight
//! and for ten million.

mod calendar;
mod heap;
mod tournament;

use calendar::CalendarQueue;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tournament::{MAX_LANES, Tournament};

pub use heap::HeapEndings;

use crate::rollout::{RobotEnd, RobotId, clone_by_fields};
use crate::time::Time;

/// A robot in flight.
#[allow(missing_docs, reason = "the fields say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub due: Time,
    pub started: Time,
    pub robot: RobotId,
    pub end: RobotEnd,
}

/// Robots in flight, earliest end first. Those that end at one instant come in the order of robots, so that what
/// observers see is defined; no result depends on it (R1).
pub trait EventQueue: Clone + Default {
    /// Adds a robot whose end is known. It must have none in the queue.
    fn push(&mut self, ending: Ending);

    /// The instant of the earliest ending; later than [`Time::MAX`] if there is none.
    fn next_due(&mut self) -> Time;

    /// Takes an ending that is due at `now`, the earliest instant of any. An instant's endings are taken until there is
    /// none before anything else is asked of the queue.
    fn pop_due(&mut self, now: Time) -> Option<Ending>;

    /// Takes all that is left, in no order, and starts anew.
    fn take_all(&mut self, take: impl FnMut(Ending));

    /// The same in the order of robots.
    fn drain(&mut self) -> Vec<Ending> {
        let mut left = Vec::new();
        self.take_all(|ending| left.push(ending));
        left.sort_unstable_by_key(|ending| ending.robot);
        left
    }
}

/// The queue of a simulation, made for many robots.
#[derive(Debug)]
pub struct Endings {
    /// What is due before `near_until`, but for `at_once`.
    near: Tournament,
    near_until: Time,
    /// A crowd: those of one instant, later than all that are near, if more are due at it than fit into `near`; and, while
    /// they are taken, those that are due together. By instant and robot; the last one is next.
    at_once: Vec<Ending>,
    /// Whether the robots of the crowd have still to be sorted.
    unsorted: bool,
    far: CalendarQueue,
}

clone_by_fields!([] Endings { near, near_until, at_once, unsorted, far });

impl Default for Endings {
    fn default() -> Endings {
        Endings {
            near: Tournament::default(),
            near_until: Time::NEVER,
            at_once: Vec::new(),
            unsorted: false,
            far: CalendarQueue::default(),
        }
    }
}

impl EventQueue for Endings {
    #[inline(always)]
    fn push(&mut self, ending: Ending) {
        if ending.due >= self.near_until || !self.near.push(ending) {
            let Ending { due, started, robot, end } = ending;
            self.push_far(due, started, robot, end);
        }
    }

    #[inline(always)]
    fn next_due(&mut self) -> Time {
        let due = self.near.next_due();
        if due > Time::MAX { self.next_due_far() } else { due }
    }

    #[inline(always)]
    fn pop_due(&mut self, now: Time) -> Option<Ending> {
        if self.near.is_next_due(now) {
            let Ending { due, started, robot, end } = self.near.pop();
            if !self.near.is_next_due(now) && !self.is_at_once(now) {
                return Some(Ending { due, started, robot, end });
            }
            self.gather_tied(due, started, robot, end);
        }
        if !self.near.beyond {
            return None;
        }
        // As above: what a cold function writes into memory would keep those taken there in memory, too.
        let Ending { due, started, robot, end } = self.pop_beyond(now)?;
        Some(Ending { due, started, robot, end })
    }

    fn take_all(&mut self, mut take: impl FnMut(Ending)) {
        self.near.take_all(&mut take);
        self.at_once.drain(..).for_each(&mut take);
        self.far.take_all(take);
        (self.near_until, self.unsorted) = (Time::NEVER, false);
    }
}

impl Endings {
    /// The latest instant that an ending may have, but for one that never comes.
    pub(crate) const LATEST: Time = tournament::LATEST;

    /// As long as there are no more, none is far.
    pub(super) const MOST_NEAR: u64 = MAX_LANES as u64;

    /// Takes the fields in registers: a reference would keep every ending in memory on its way to the tournament.
    #[cold]
    fn push_far(&mut self, due: Time, started: Time, robot: RobotId, end: RobotEnd) {
        let ending = Ending { due, started, robot, end };
        if ending.due >= self.near_until {
            return self.far.push(ending);
        }
        // The tournament is full: let the crowd have its own, and only a part of what is left be near.
        let crowd = self.at_once.first().map(|ending| ending.due);
        let is_alone = self.at_once.last().map(|ending| ending.due) == crowd;
        let mut others = Vec::new();
        let mut part = |ending: Ending| {
            let whose = if Some(ending.due) == crowd { &mut self.at_once } else { &mut others };
            whose.push(ending);
        };
        part(ending);
        self.near.take_all(part);
        self.unsorted |= crowd.is_some();
        if !is_alone {
            self.sort_crowd();
        }
        if others.len() > MAX_LANES / 2 {
            self.far.take_back(others, self.near_until);
            self.take_far();
        } else {
            self.near.load(&mut others);
            self.near.beyond = true;
        }
    }

    /// Sorts what is at once, once for all that came to the crowd meanwhile.
    fn sort_crowd(&mut self) {
        if std::mem::take(&mut self.unsorted) {
            self.at_once.sort_unstable_by_key(|ending| std::cmp::Reverse((ending.due, ending.robot)));
        }
    }

    /// The same as [`EventQueue::next_due`] where nothing is near.
    #[cold]
    fn next_due_far(&mut self) -> Time {
        if let Some(ending) = self.at_once.last().filter(|ending| ending.due < self.near_until) {
            return ending.due;
        }
        if self.near_until == Time::NEVER {
            return Time::NEVER;
        }
        self.take_far();
        self.next_due()
    }

    /// Brings the earliest of what is far near.
    fn take_far(&mut self) {
        self.near_until = self.far.take(&mut self.near, &mut self.at_once);
        self.near.beyond = true;
    }

    /// Whether the next of `at_once` is due at `now`.
    #[inline(always)]
    fn is_at_once(&self, now: Time) -> bool {
        self.at_once.last().is_some_and(|ending| ending.due == now)
    }

    /// Takes an ending of `now` where the earliest key does not tell it.
    #[cold]
    fn pop_beyond(&mut self, now: Time) -> Option<Ending> {
        if self.next_due() == now && self.near.is_next_due(now) {
            let Ending { due, started, robot, end } = self.near.pop();
            self.gather_tied(due, started, robot, end);
        }
        self.sort_crowd();
        let due = self.at_once.pop_if(|ending| ending.due == now);
        self.near.beyond = !self.at_once.is_empty() || self.near_until != Time::NEVER;
        due
    }

    /// Gathers those that are due together, of which one has been taken already.
    #[cold]
    fn gather_tied(&mut self, due: Time, started: Time, robot: RobotId, end: RobotEnd) {
        let later = self.at_once.partition_point(|ending| ending.due > due);
        self.at_once.push(Ending { due, started, robot, end });
        while self.near.next_due() == due {
            self.at_once.push(self.near.pop());
        }
        last_first(&mut self.at_once[later..]);
        self.near.beyond = true;
    }
}

/// Sorts those of one instant from the last robot to the first, as they are taken from the end.
fn last_first(tied: &mut [Ending]) {
    tied.sort_unstable_by_key(|ending| std::cmp::Reverse(ending.robot));
}

/// Written down in the order of robots: what comes of a queue depends on nothing else.
impl Serialize for Endings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clone().drain().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Endings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Endings, D::Error> {
        let mut endings = Endings::default();
        Vec::deserialize(deserializer)?.into_iter().for_each(|ending| endings.push(ending));
        Ok(endings)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::time::Span;

    /// Beside a binary heap, and a plain ordered map: what is in flight, by instant and robot.
    #[derive(Default)]
    struct Both {
        endings: Endings,
        heap: HeapEndings,
        expected: BTreeMap<(Time, RobotId), Ending>,
        robots: RobotId,
    }

    impl Both {
        fn start(&mut self, now: Time, duration: u64) {
            let (robot, due) = (self.robots, now + Span::from_micros(duration));
            self.robots += 1;
            let ending = Ending { due, started: now, robot, end: RobotEnd::InSync };
            self.endings.push(ending);
            self.heap.push(ending);
            self.expected.insert((due, robot), ending);
        }

        /// Takes all endings of the next instant, and says when that is.
        fn end_next(&mut self) -> Option<Time> {
            let now = self.expected.first_key_value().map(|((due, _), _)| *due);
            // Whoever knows the instant from elsewhere need not ask.
            if now.is_none_or(|now| now.micros() % 3 > 0) {
                let due = [self.endings.next_due(), self.heap.next_due()];
                assert!(due.into_iter().all(|due| now.map_or(due > Time::MAX, |now| due == now)));
            }
            let now = now?;
            self.end_one(now)?;
            while self.end_one(now).is_some() {}
            assert!(self.expected.first_key_value().is_none_or(|((due, _), _)| *due > now));
            Some(now)
        }

        fn end_one(&mut self, now: Time) -> Option<()> {
            let ending = self.endings.pop_due(now);
            assert_eq!(self.heap.pop_due(now), ending);
            let ending = ending?;
            assert_eq!(self.expected.pop_first(), Some(((now, ending.robot), ending)));
            Some(())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

        /// So many at first, and then as many as have ended, or more or less; durations from 0 to 2^`bits`
        /// microseconds, half of them much shorter, so that there are all kinds of ties.
        #[test]
        fn endings_come_as_from_an_ordered_map(
            first in prop_oneof![0..40usize, 15_000..25_000usize],
            turns in 0..1_000usize,
            bits in prop_oneof![0..4u32, 0..40u32],
            replaced in 0..4u64,
            seed: u64,
        ) {
            let mut both = Both::default();
            let mut bits_of = crate::random::Luck::new(seed, 0).job(0, crate::random::Purpose::StartOrder);
            let mut duration = || {
                let random = bits_of.bits();
                (random >> 8) & ((1 << (bits >> (random % 2 * 2))) - 1)
            };
            for round in 0..2 {
                (0..first).for_each(|_| both.start(Time::ZERO, duration()));
                for _ in 0..turns {
                    let before = both.expected.len();
                    let Some(now) = both.end_next() else { break };
                    let ended = (before - both.expected.len()) as u64;
                    // Also some whose time is up at once, while others of the instant have been taken.
                    (0..ended * replaced / 2).for_each(|_| both.start(now, duration()));
                    if both.expected.len() > 40_000 {
                        break;
                    }
                }
                match round {
                    0 => while both.end_next().is_some() {},
                    _ => {
                        let left: Vec<RobotId> = both.endings.drain().iter().map(|ending| ending.robot).collect();
                        let heap: Vec<RobotId> = both.heap.drain().iter().map(|ending| ending.robot).collect();
                        prop_assert_eq!(&heap, &left);
                        let mut expected: Vec<RobotId> = both.expected.keys().map(|(_, robot)| *robot).collect();
                        expected.sort_unstable();
                        prop_assert_eq!(left, expected);
                        both.expected.clear();
                    }
                }
                prop_assert!(both.endings.next_due() > Time::MAX);
                both.endings.drain();
            }
        }
    }

    /// While more than a tournament holds wait for one instant, others start and end before it, and join it, however few.
    #[test]
    fn a_crowd_does_not_hide_those_before_it() {
        for (shorter, longer) in [(0, 1), (1, 0), (1, 1), (2, 1), (20_000, 1), (20_000, 20_000), (9_000, 40_000)] {
            let mut both = Both::default();
            both.start(Time::ZERO, 0);
            (0..20_000).for_each(|_| both.start(Time::ZERO, 2));
            assert_eq!(both.end_next(), Some(Time::ZERO));
            for round in 0..3 {
                (0..shorter).for_each(|_| both.start(Time::ZERO, round % 2));
                (0..longer).for_each(|_| both.start(Time::ZERO, 2));
                if shorter > 0 {
                    assert_eq!(both.end_next(), Some(Time::from_micros(round % 2)));
                }
            }
            assert_eq!((both.end_next(), both.end_next()), (Some(Time::from_micros(2)), None));
        }
    }

    /// More than a tournament holds, all at one instant, and more of them while they end.
    #[test]
    fn any_number_may_end_at_one_instant() {
        let mut both = Both::default();
        (0..50_000).for_each(|_| both.start(Time::ZERO, 7));
        (0..20_000).for_each(|robot| both.start(Time::ZERO, 7 + robot % 3));
        let now = Time::from_micros(7);
        assert_eq!(both.endings.next_due(), now);
        for _ in 0..3 {
            assert_eq!(both.end_next(), Some(now));
            (0..30_000).for_each(|_| both.start(now, 0));
        }
        assert_eq!(both.end_next(), Some(now));
        assert_eq!((both.end_next(), both.end_next()), (Some(Time::from_micros(8)), Some(Time::from_micros(9))));
        assert_eq!(both.end_next(), None);
    }
}
