//! Targets that may not start for the time being (R21).

use serde::{Deserialize, Serialize};

use super::{Controller, DeploymentJob};
use crate::rollout::RobotId;

/// Targets that are set aside while their windows are closed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Aside {
    pub robots: Vec<RobotId>,
    /// The place of each robot in the start order; empty before anything closes.
    places: Vec<u32>,
}

impl Aside {
    /// Forgets all: another job begins.
    pub fn clear(&mut self) {
        self.robots.clear();
        self.places.clear();
    }
}

impl<C: Controller> DeploymentJob<C> {
    /// The targets that have not started.
    pub fn waiting(&self) -> impl Iterator<Item = RobotId> + '_ {
        self.pending().iter().chain(&self.aside.robots).copied()
    }

    /// Says of which robots the windows are open from now on. Of the targets that have not started the others are set
    /// aside, and those that had been are back in their order.
    pub fn set_open(&mut self, is_open: impl Fn(RobotId) -> bool) {
        let aside = &mut self.aside;
        if aside.places.is_empty() {
            let last = self.targets.iter().max().map_or(0, |last| *last as usize + 1);
            aside.places.resize(last, 0);
            for (place, robot) in (0..).zip(&self.targets) {
                aside.places[*robot as usize] = place;
            }
        }
        let mut waiting = self.targets.split_off(self.turns);
        waiting.append(&mut aside.robots);
        waiting.sort_unstable_by_key(|robot| aside.places[*robot as usize]);
        let (open, closed): (Vec<RobotId>, Vec<RobotId>) = waiting.into_iter().partition(|robot| is_open(*robot));
        self.targets.extend(open);
        aside.robots = closed;
    }
}
