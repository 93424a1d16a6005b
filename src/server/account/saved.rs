//! The account written down, so that what has led to it need not be repeated.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::{Account, Application, FleetRow, Jobs, Robot, Table};
use crate::simulation::{HeapEndings, WorldState};
use crate::time::Time;

/// The shape of what is written down; that of another version of rollcast may be another one.
const SHAPE: u32 = 1;

/// All that an account is at one instant, but for what follows from its scenario and settings. Jobs are shared with the
/// account until one of both changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved {
    shape: u32,
    now: Time,
    turns: u64,
    world: WorldState<HeapEndings>,
    numbered: Vec<u32>,
    fleets: Table<FleetRow>,
    robots: Table<Robot>,
    applications: Table<Application>,
    jobs: Jobs,
    faults: Faults,
    active: BTreeSet<u64>,
    home: u64,
}

impl Account {
    /// The account between two turns, to be written down.
    pub fn save(&mut self) -> Saved {
        self.forget_expired_jobs();
        Saved {
            shape: SHAPE,
            now: self.now,
            turns: self.turns,
            world: self.world.state(),
            numbered: self.numbered.clone(),
            fleets: self.fleets.clone(),
            robots: self.robots.clone(),
            applications: self.applications.clone(),
            jobs: self.jobs.clone(),
            faults: self.faults.clone(),
            active: self.active.clone(),
            home: self.home,
        }
    }

    /// A new account goes on as the one that was written down would have.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn resume(&mut self, saved: &[u8]) -> Result<(), String> {
        #[derive(Deserialize)]
        struct SavedShape {
            shape: u32,
        }
        let unreadable = |error: serde_json::Error| format!("the account cannot be read: {error}");
        let SavedShape { shape } = serde_json::from_slice(saved).map_err(unreadable)?;
        if shape != SHAPE {
            return Err(format!("the account is of shape {shape}; read it with the version of rollcast that wrote it"));
        }
        let saved: Saved = serde_json::from_slice(saved).map_err(unreadable)?;
        let Saved { now, turns, world, numbered, fleets, robots, applications, jobs, faults, active, home, .. } = saved;
        self.world.resume(world, Time::MAX).map_err(|misfit| misfit.to_string())?;
        if numbered.len() != self.numbered.len() || robots.next() != u64::from(self.world.robots()) {
            return Err(String::from("the account has other robots than its world"));
        }
        (self.now, self.turns, self.home) = (now, turns, home);
        (self.numbered, self.fleets, self.robots, self.applications) = (numbered, fleets, robots, applications);
        (self.faults, self.active) = (faults, active);
        for (number, job) in jobs.from(0) {
            self.remember(job.token, &job.origin, number);
        }
        self.jobs = jobs;
        Ok(())
    }
}
