//! Since when robots count (R13).

use crate::rollout::RobotId;
use crate::time::Time;

/// Since when each robot of the present replication counts: from the start, or from its registration on (R13).
#[derive(Clone, Debug)]
pub struct Since {
    /// The robots that the fleet has at the start.
    fleet_size: u32,
    /// When others have registered, by their order.
    registered: Vec<Time>,
}

impl Since {
    /// Of a fleet of so many robots at the start.
    pub fn new(fleet_size: u32) -> Since {
        Since { fleet_size, registered: Vec::new() }
    }

    /// The next robot has registered.
    pub fn register(&mut self, now: Time) {
        self.registered.push(now);
    }

    /// When a robot's time begins.
    #[inline]
    pub fn of(&self, robot: RobotId) -> Time {
        robot.checked_sub(self.fleet_size).map_or(Time::ZERO, |later| self.registered[later as usize])
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
