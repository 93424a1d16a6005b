//! The queue as a binary heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Ending, EventQueue};
use crate::rollout::RobotId;
use crate::time::Time;

/// A queue from which a robot can be taken back: for robots that may leave, and to hold [`Endings`](super::Endings)
/// against.
#[derive(Clone, Debug, Default)]
pub struct HeapEndings {
    /// With what has been taken back since, which is passed over.
    queue: BinaryHeap<Reverse<(Time, RobotId)>>,
    endings: Vec<Option<Ending>>,
}

impl HeapEndings {
    /// Takes a robot back, if it is there.
    pub fn remove(&mut self, robot: RobotId) -> Option<Ending> {
        self.endings.get_mut(robot as usize)?.take()
    }

    fn slot(&mut self, robot: RobotId) -> &mut Option<Ending> {
        let robot = robot as usize;
        if robot >= self.endings.len() {
            self.endings.resize(robot + 1, None);
        }
        &mut self.endings[robot]
    }
}

impl EventQueue for HeapEndings {
    fn push(&mut self, ending: Ending) {
        *self.slot(ending.robot) = Some(ending);
        self.queue.push(Reverse((ending.due, ending.robot)));
    }

    fn next_due(&mut self) -> Time {
        while let Some(Reverse((due, robot))) = self.queue.peek().copied() {
            if self.slot(robot).is_some_and(|ending| ending.due == due) {
                return due;
            }
            self.queue.pop();
        }
        Time::NEVER
    }

    fn pop_due(&mut self, now: Time) -> Option<Ending> {
        if self.next_due() > now {
            return None;
        }
        let Reverse((_, robot)) = self.queue.pop()?;
        self.remove(robot)
    }

    fn take_all(&mut self, take: impl FnMut(Ending)) {
        self.queue.clear();
        self.endings.drain(..).flatten().for_each(take);
    }
}

impl Serialize for HeapEndings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.endings.iter().flatten())
    }
}

impl<'de> Deserialize<'de> for HeapEndings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HeapEndings, D::Error> {
        let mut endings = HeapEndings::default();
        Vec::deserialize(deserializer)?.into_iter().for_each(|ending| endings.push(ending));
        Ok(endings)
    }
}
