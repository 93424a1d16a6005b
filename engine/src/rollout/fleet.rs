//! The fleet: which robots there are, and what state each is in.

use serde::{Deserialize, Serialize};

use super::{RobotStatus, clone_by_fields};

/// A robot's number: from 0, in the order of registration (R2).
pub type RobotId = u32;

/// What changes when a robot ends, in any order of robots: two bytes, so that many stay at hand.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct State {
    status: RobotStatus,
    /// A deployment has terminated its running processes, and none has finished since.
    down: bool,
}

/// The registered robots and their states.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Fleet {
    states: Vec<State>,
    /// How many times each robot has started a deployment.
    attempts: Vec<u32>,
    in_sync: u32,
    down: u32,
    /// How many have left; they keep their numbers and count for nothing.
    left: u32,
}

clone_by_fields!([] Fleet { states, attempts, in_sync, down, left });

const NEW: State = State { status: RobotStatus::Registered, down: false };

impl Fleet {
    /// What a robot takes, in bytes.
    pub(crate) const A_ROBOT: usize = size_of::<State>() + size_of::<u32>();

    /// Starts over with `size` robots, `Registered` and without a deployment. Keeps the memory.
    pub fn reset(&mut self, size: u32) {
        self.states.clear();
        self.states.resize(size as usize, NEW);
        self.attempts.clear();
        self.attempts.resize(size as usize, 0);
        self.in_sync = 0;
        self.down = 0;
        self.left = 0;
    }

    /// Registers another robot, which comes after all others (R2, R13).
    pub fn register(&mut self) -> RobotId {
        self.states.push(NEW);
        self.attempts.push(0);
        self.states.len() as RobotId - 1
    }

    /// F, the number of registered robots.
    pub fn size(&self) -> u32 {
        self.states.len() as u32 - self.left
    }

    /// How many robots have ever registered: the number of the next one.
    pub fn ever_registered(&self) -> u32 {
        self.states.len() as u32
    }

    /// The state of a robot; one that has left is `Available`.
    pub fn status(&self, robot: RobotId) -> RobotStatus {
        self.states[robot as usize].status
    }

    /// How many times a robot has started a deployment.
    #[inline]
    pub fn attempts(&self, robot: RobotId) -> u32 {
        self.attempts[robot as usize]
    }

    /// How many robots are `InSync`.
    pub fn in_sync(&self) -> u32 {
        self.in_sync
    }

    /// How many robots are down: a deployment has terminated their running processes, and none has finished.
    pub fn down(&self) -> u32 {
        self.down
    }

    /// All robots with their states, in order, `Available` those that have left.
    pub fn iter(&self) -> impl Iterator<Item = (RobotId, RobotStatus)> + '_ {
        (0..).zip(self.states.iter().map(|state| state.status))
    }

    /// Makes every robot a target of a new deployment (R3): adds them to `targets`.
    pub(super) fn deploy_to_all(&mut self, targets: &mut Vec<RobotId>) {
        self.in_sync = 0;
        if self.left == 0 {
            self.states.iter_mut().for_each(|state| state.status = RobotStatus::PendingNewDeployment);
            targets.extend(0..self.size());
            return;
        }
        for (robot, state) in (0..).zip(&mut self.states).filter(|(_, state)| state.status != RobotStatus::Available) {
            state.status = RobotStatus::PendingNewDeployment;
            targets.push(robot);
        }
    }

    /// A registered robot leaves the fleet, whatever it is doing (R19). Its number is not given again.
    pub(super) fn leave(&mut self, robot: RobotId) {
        let state = &mut self.states[robot as usize];
        debug_assert_ne!(state.status, RobotStatus::Available);
        self.in_sync -= u32::from(state.status == RobotStatus::InSync);
        self.down -= u32::from(state.down);
        *state = State { status: RobotStatus::Available, down: false };
        self.left += 1;
    }

    /// Marks a robot as `Deploying` and returns how many attempts it made before.
    #[inline]
    pub(super) fn start(&mut self, robot: RobotId) -> u32 {
        let state = &mut self.states[robot as usize];
        debug_assert!(!matches!(state.status, RobotStatus::Deploying | RobotStatus::InSync));
        state.status = RobotStatus::Deploying;
        let attempts = &mut self.attempts[robot as usize];
        *attempts += 1;
        *attempts - 1
    }

    /// A robot's deployment makes its first progress and terminates its running processes; true if they were running.
    #[inline]
    pub fn progress(&mut self, robot: RobotId) -> bool {
        let state = &mut self.states[robot as usize];
        let ran = !state.down;
        state.down = true;
        self.down += u32::from(ran);
        ran
    }

    /// Ends a robot's deployment.
    #[inline]
    pub(super) fn end(&mut self, robot: RobotId, status: RobotStatus) {
        debug_assert_eq!(self.status(robot), RobotStatus::Deploying);
        self.set(robot, status);
    }

    /// An attempt that had ended as `NoResponse` has ended by itself (R14).
    pub fn end_late(&mut self, robot: RobotId, status: RobotStatus) {
        debug_assert_eq!(self.status(robot), RobotStatus::NoResponse);
        self.set(robot, status);
    }

    #[inline]
    fn set(&mut self, robot: RobotId, status: RobotStatus) {
        let state = &mut self.states[robot as usize];
        state.status = status;
        if status == RobotStatus::InSync {
            self.in_sync += 1;
            self.down -= u32::from(state.down);
            state.down = false;
        }
    }
}
