//! Registrations: robots that join the fleet during the campaign (R13).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Plan;
use crate::random::{Luck, Purpose, Sampler, Stream};
use crate::time::{Span, Time};

/// The registrations that are to come, group by group.
#[derive(Clone, Debug, Default)]
pub struct Registrations<'p> {
    groups: Vec<Arrivals<'p>>,
    /// When each group's next robot registers; at one instant the earlier group's comes first.
    next: BinaryHeap<Reverse<(Time, usize)>>,
}

/// The registrations of one group: a pure function of (seed, replication, group).
#[derive(Clone, Debug)]
struct Arrivals<'p> {
    group: u32,
    interarrival: &'p Sampler,
    stream: Stream,
    left: u32,
}

impl<'p> Registrations<'p> {
    /// Begins another campaign. Keeps the memory.
    pub fn reset(&mut self, plan: &'p Plan, luck: &Luck) {
        self.groups.clear();
        self.next.clear();
        for (group, of_group) in (0..).zip(plan.groups()) {
            if let Some((interarrival, max)) = &of_group.registrations {
                let stream = luck.robot(group, 0, Purpose::Interarrival);
                self.groups.push(Arrivals { group, interarrival, stream, left: *max });
                self.schedule(self.groups.len() - 1, Time::ZERO);
            }
        }
    }

    fn schedule(&mut self, index: usize, since: Time) {
        let arrivals = &mut self.groups[index];
        if let Some(left) = arrivals.left.checked_sub(1) {
            arrivals.left = left;
            let wait = Span::from_drawn_micros(arrivals.interarrival.sample(&mut arrivals.stream));
            self.next.push(Reverse((since + wait, index)));
        }
    }

    /// Whether a robot is still to register.
    pub fn to_come(&self) -> bool {
        !self.next.is_empty()
    }

    /// When the next robot registers, or [`Time::NEVER`].
    #[inline]
    pub fn next_due(&self) -> Time {
        self.next.peek().map_or(Time::NEVER, |Reverse((due, _))| *due)
    }

    /// Takes a robot that registers at `now`: the group that it joins.
    #[inline]
    pub fn pop_due(&mut self, now: Time) -> Option<u32> {
        if self.next_due() == now { self.pop(now) } else { None }
    }

    fn pop(&mut self, now: Time) -> Option<u32> {
        let Reverse((_, index)) = self.next.pop()?;
        self.schedule(index, now);
        Some(self.groups[index].group)
    }
}
