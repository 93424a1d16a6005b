//! What a campaign comes to in each of several groups (R23).

use serde::{Deserialize, Serialize};

use super::{GroupProgress, GroupRecord, Plan};
use crate::rollout::RobotEnd;
use crate::time::Time;

/// The counts of each group, in the order of the plan. Of a single group nothing is counted: it is the fleet.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ByGroup(Vec<GroupCounts>);

impl Clone for ByGroup {
    fn clone(&self) -> Self {
        ByGroup(self.0.clone())
    }

    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from(&source.0);
    }
}

/// What has become of the robots of a group so far.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct GroupCounts {
    registered: u32,
    in_sync: u32,
    /// When the latest of these got there.
    last_in_sync: Time,
    hurt: u32,
    first_job: GroupProgress,
    down: u32,
    /// Sums of the instants at which its robots made their first progress, and got in sync, in microseconds.
    first_progress: u128,
    in_sync_instants: u128,
}

impl ByGroup {
    /// Begins another campaign of a plan. Keeps the memory.
    pub fn reset(&mut self, plan: &Plan) {
        self.0.clear();
        if plan.groups().len() > 1 {
            let robots = (0..plan.groups().len()).map(|group| plan.robots_of(group).len() as u32);
            self.0.extend(robots.map(|registered| GroupCounts { registered, ..GroupCounts::default() }));
        }
    }

    /// Whether nothing is counted.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is of so many groups.
    pub fn fits(&self, plan: &Plan) -> bool {
        self.0.len() == if plan.groups().len() > 1 { plan.groups().len() } else { 0 }
    }

    /// A robot has registered with a group.
    pub fn register(&mut self, group: usize) {
        self.0[group].registered += 1;
    }

    /// A robot goes down.
    pub fn goes_down(&mut self, group: usize, now: Time) {
        let counts = &mut self.0[group];
        counts.down += 1;
        counts.first_progress += u128::from(now.micros());
    }

    /// A robot's deployment has ended in a job, or late; whether it is hurt for the first time, and in the first job.
    pub fn ends(&mut self, group: usize, now: Time, end: RobotEnd, first_hurt: bool, in_first_job: bool) {
        let counts = &mut self.0[group];
        counts.hurt += u32::from(first_hurt);
        let one = u32::from(in_first_job);
        match end {
            RobotEnd::InSync => {
                counts.in_sync += 1;
                counts.down -= 1;
                counts.in_sync_instants += u128::from(now.micros());
                // Robots of a job that drains end in no order.
                counts.last_in_sync = counts.last_in_sync.max(now);
            }
            RobotEnd::Failed(_) => counts.first_job.failed += one,
            RobotEnd::NoResponse => counts.first_job.no_response += one,
            RobotEnd::Aborted => counts.first_job.aborted += one,
        }
    }

    /// A deployment is new, and nobody is in sync with it (R3).
    pub fn start_over(&mut self) {
        self.0.iter_mut().for_each(|counts| (counts.in_sync, counts.last_in_sync) = (0, Time::ZERO));
    }

    /// What a campaign that has ended comes to; `to_come` says of a group whether a registration is.
    pub fn records(&self, ended: Time, has_job: bool, to_come: impl Fn(usize) -> bool) -> Box<[GroupRecord]> {
        let record = |(group, counts): (usize, &GroupCounts)| GroupRecord {
            registered: counts.registered,
            robots_in_sync: counts.in_sync,
            robots_hurt: counts.hurt,
            first_job: has_job.then_some(counts.first_job),
            in_sync_at: (counts.in_sync == counts.registered && !to_come(group)).then_some(counts.last_in_sync),
            down: counts.in_sync_instants + u128::from(counts.down) * u128::from(ended.micros())
                - counts.first_progress,
        };
        self.0.iter().enumerate().map(record).collect()
    }
}
