//! RegistrationQueue: robots that join the fleet during the campaign (R13).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::random::{Luck, Purpose, Stream};
use crate::time::{Span, Time};

/// The registrations that are to come, group by group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RegistrationQueue {
    groups: Vec<Arrivals>,
    /// When each group's next robot registers; at one instant the earlier group's comes first.
    next: BinaryHeap<Reverse<(Time, usize)>>,
}

/// The registrations of one group: a pure function of (seed, replication, group).
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Arrivals {
    group: u32,
    stream: Stream,
    left: u32,
}

impl RegistrationQueue {
    /// Begins another campaign. Keeps the memory.
    pub fn reset(&mut self, plan: &Plan, luck: &Luck) {
        self.groups.clear();
        self.next.clear();
        for (group, of_group) in (0..).zip(plan.groups()) {
            if let Some((_, max)) = &of_group.registrations {
                let stream = luck.robot(group, 0, Purpose::Interarrival);
                self.groups.push(Arrivals { group, stream, left: *max });
                self.schedule(plan, self.groups.len() - 1, Time::ZERO);
            }
        }
    }

    fn schedule(&mut self, plan: &Plan, index: usize, since: Time) {
        let arrivals = &mut self.groups[index];
        let registrations = &plan.group(arrivals.group as usize).registrations;
        if let (Some(left), Some((interarrival, _))) = (arrivals.left.checked_sub(1), registrations) {
            arrivals.left = left;
            let wait = Span::from_drawn_micros(interarrival.sample(&mut arrivals.stream));
            self.next.push(Reverse((since + wait, index)));
        }
    }

    /// Whether what was read back is of this plan.
    pub(super) fn fit(&self, plan: &Plan) -> bool {
        let groups = plan.groups().len();
        self.groups.iter().all(|arrivals| (arrivals.group as usize) < groups)
            && self.next.iter().all(|Reverse((_, index))| *index < self.groups.len())
    }

    /// Whether a robot is still to register.
    pub fn to_come(&self) -> bool {
        !self.next.is_empty()
    }

    /// Whether one is still to register with this group.
    pub fn to_come_in(&self, group: usize) -> bool {
        self.next.iter().any(|Reverse((_, index))| self.groups[*index].group as usize == group)
    }

    /// When the next robot registers, or [`Time::NEVER`].
    #[inline]
    pub fn next_due(&self) -> Time {
        self.next.peek().map_or(Time::NEVER, |Reverse((due, _))| *due)
    }

    /// Takes a robot that registers at `now`: the group that it joins.
    #[inline]
    pub fn pop_due(&mut self, plan: &Plan, now: Time) -> Option<u32> {
        if self.next_due() == now { self.pop(plan, now) } else { None }
    }

    fn pop(&mut self, plan: &Plan, now: Time) -> Option<u32> {
        let Reverse((_, index)) = self.next.pop()?;
        self.schedule(plan, index, now);
        Some(self.groups[index].group)
    }
}
