//! What robots remember of failures that stay (R22).

use serde::{Deserialize, Serialize};

use crate::rollout::{DeploymentJobErrorCode, RobotId, clone_by_fields};
use crate::simulation::Plan;
use crate::time::Time;

/// A step at which a robot is broken.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Defect {
    /// The place of the step among those of the group that may stay broken.
    pub slot: u8,
    /// When it failed: at the step's end.
    pub since: Time,
    /// When it is repaired; never if it is not.
    pub until: Time,
    /// With which code it fails there.
    pub code: DeploymentJobErrorCode,
}

/// The defects of all robots; nothing where no failure stays.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Defects {
    /// How many steps of a robot may stay broken.
    #[serde(skip)]
    slots: usize,
    /// For each robot the latest defect of each of these steps, and then that with which its attempt is going to fail.
    robots: Vec<Option<Defect>>,
}

clone_by_fields!([] Defects { slots, robots });

impl Defects {
    /// Of no robots under a plan.
    pub fn new(plan: &Plan) -> Defects {
        Defects { slots: plan.defect_slots, robots: Vec::new() }
    }

    /// What a robot takes, in bytes, where so many steps may stay broken.
    pub const fn of_a_robot(slots: usize) -> usize {
        if slots == 0 { 0 } else { (slots + 1) * size_of::<Option<Defect>>() }
    }

    /// How many places a robot has.
    fn places(&self) -> usize {
        if self.slots == 0 { 0 } else { self.slots + 1 }
    }

    /// What was read back goes on under this plan, with so many robots; false if it is of another one.
    pub fn resume(&mut self, plan: &Plan, robots: u32) -> bool {
        self.slots = plan.defect_slots;
        self.robots.len() == self.places() * robots as usize
            && self.robots.iter().flatten().all(|defect| usize::from(defect.slot) < self.slots)
    }

    /// Begins anew with so many robots, none of them broken. Keeps the memory.
    pub fn reset(&mut self, robots: u32) {
        self.robots.clear();
        self.robots.resize(self.places() * robots as usize, None);
    }

    /// Another robot has registered.
    pub fn register(&mut self) {
        self.robots.resize(self.robots.len() + self.places(), None);
    }

    /// The latest defect of each step, by its slot.
    pub fn of(&self, robot: RobotId) -> &[Option<Defect>] {
        let first = robot as usize * self.places();
        &self.robots[first..first + self.slots]
    }

    /// The robot's attempt is going to fail so, if nothing ends it before.
    pub fn expect(&mut self, robot: RobotId, defect: Defect) {
        let place = robot as usize * self.places() + self.slots;
        self.robots[place] = Some(defect);
    }

    /// The robot's attempt is over at `now`: it has failed by then as was expected, or will not.
    pub fn settle(&mut self, robot: RobotId, now: Time) {
        if self.slots == 0 {
            return;
        }
        let first = robot as usize * self.places();
        let of_robot = &mut self.robots[first..=first + self.slots];
        if let Some(defect) = of_robot[self.slots].take()
            && defect.since <= now
        {
            of_robot[usize::from(defect.slot)] = Some(defect);
        }
    }
}
