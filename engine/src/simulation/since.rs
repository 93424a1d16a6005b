//! Since when robots count (R13), and to which group they belong.

use super::Plan;
use crate::rollout::RobotId;
use crate::time::Time;

/// Since when each robot of the present replication counts: from the start, or from its registration on (R13).
#[derive(Clone, Debug)]
pub struct Since {
    /// The robots that the fleet has at the start.
    fleet_size: u32,
    /// When others have registered, by their order, and with which group.
    registered: Vec<(Time, u32)>,
    /// The number after each group's last robot of the start; none of a single group.
    groups: Vec<RobotId>,
}

impl Since {
    /// Of the robots of a plan.
    pub fn new(plan: &Plan) -> Since {
        let groups = plan.groups().len();
        let groups = if groups > 1 { (0..groups).map(|group| plan.robots_of(group).end).collect() } else { Vec::new() };
        Since { fleet_size: plan.fleet_size, registered: Vec::new(), groups }
    }

    /// The next robot has registered with a group.
    pub fn register(&mut self, now: Time, group: u32) {
        self.registered.push((now, group));
    }

    /// The group of a robot, by its index.
    #[inline]
    pub fn group_of(&self, robot: RobotId) -> usize {
        match robot.checked_sub(self.fleet_size) {
            None => self.groups.partition_point(|end| *end <= robot),
            Some(later) => self.registered[later as usize].1 as usize,
        }
    }

    /// When a robot's time begins.
    #[inline]
    pub fn of(&self, robot: RobotId) -> Time {
        robot.checked_sub(self.fleet_size).map_or(Time::ZERO, |later| self.registered[later as usize].0)
    }

    /// How many have registered.
    pub fn registered(&self) -> usize {
        self.registered.len()
    }

    /// Forgets those that have registered after so many.
    pub fn truncate(&mut self, registered: usize) {
        self.registered.truncate(registered);
    }

    /// Ends the present replication.
    pub fn clear(&mut self) {
        self.registered.clear();
    }
}
