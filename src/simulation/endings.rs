//! The event queue: the endings of the robots in flight.
//!
//! Nothing can interrupt a robot's steps, so a deployment is one event: its end. A robot in flight holds one entry,
//! so the queue is as long as the job has slots in use.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::rollout::{RobotEnd, RobotId};
use crate::time::Time;

/// A robot in flight.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// When it will end.
    pub due: Time,
    /// When it started.
    pub started: Time,
    pub robot: RobotId,
    /// How it will end.
    pub end: RobotEnd,
}

/// The earliest ending is the greatest, for std's heap pops the greatest. Ties go by robot, so that the order of
/// what observers see is defined; no result depends on it (R1).
impl Ord for Ending {
    fn cmp(&self, other: &Ending) -> Ordering {
        (other.due, other.robot).cmp(&(self.due, self.robot))
    }
}

impl PartialOrd for Ending {
    fn partial_cmp(&self, other: &Ending) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ending {
    fn eq(&self, other: &Ending) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ending {}

/// The robots in flight, earliest end first.
#[derive(Clone, Debug, Default)]
pub struct Endings {
    heap: BinaryHeap<Ending>,
}

impl Endings {
    pub fn push(&mut self, ending: Ending) {
        self.heap.push(ending);
    }

    /// The instant of the earliest ending, or [`Time::NEVER`].
    #[inline]
    pub fn next_due(&self) -> Time {
        self.heap.peek().map_or(Time::NEVER, |ending| ending.due)
    }

    /// Takes an ending that is due at `now`.
    #[inline]
    pub fn pop_due(&mut self, now: Time) -> Option<Ending> {
        if self.next_due() == now { self.heap.pop() } else { None }
    }

    /// Takes all that is left, in the order of robots.
    pub fn drain(&mut self) -> Vec<Ending> {
        let mut left: Vec<Ending> = self.heap.drain().collect();
        left.sort_unstable_by_key(|ending| ending.robot);
        left
    }
}
