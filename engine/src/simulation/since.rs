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

    /// Ends the present replication.
    pub fn clear(&mut self) {
        self.registered.clear();
    }
}
