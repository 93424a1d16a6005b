//! The downloads of one campaign (R16).

use serde::{Deserialize, Serialize};

use super::Happening;
use crate::rollout::RobotId;
use crate::simulation::{FairShare, Plan, Volume};
use crate::time::{MICROS, Span, Time};

/// What goes over the lines, and what has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Downloads {
    share: FairShare,
    /// Since when the origin sends at this rate, in bits a second.
    egress: u64,
    delivered: u128,
    peak: u64,
}

/// What downloads come to in one campaign (R16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Downloaded {
    /// Delivered, those of unfinished downloads included.
    pub bytes: u128,
    /// The highest rate of the origin, in bits a second; downloads without any cap take no time and have no rate.
    pub peak_egress: u64,
}

impl Downloaded {
    /// The mean rate of the origin until the campaign `ended`, in bits a second; none if that took no time.
    pub fn mean_egress(&self, ended: Time) -> Option<u128> {
        let micros = u128::from(ended.micros());
        (self.bytes * 8 * u128::from(MICROS) + micros / 2).checked_div(micros)
    }
}

impl Downloads {
    /// None under way; none at all if the plan says nothing of downloads.
    pub fn new(plan: &Plan) -> Option<Downloads> {
        let download = plan.download?;
        let share = FairShare::new(download.egress, plan.groups().map(|group| group.uplink).collect());
        Some(Downloads { share, egress: 0, delivered: 0, peak: 0 })
    }

    /// What was read back goes on under this plan; false if it is of another one.
    pub fn resume(&mut self, plan: &Plan) -> bool {
        let Some(download) = plan.download else { return false };
        self.share.resume(download.egress, plan.groups().map(|group| group.uplink))
    }

    /// Begins another campaign. Keeps the memory.
    pub fn clear(&mut self) {
        self.share.clear();
        (self.egress, self.delivered, self.peak) = (0, 0, 0);
    }

    /// When the next download is complete.
    #[inline]
    pub fn next_completion(&mut self) -> Time {
        self.share.next_completion()
    }

    /// What will remain of a robot's download at `at`, and how long it goes on then if its rate stays.
    pub fn remaining(&mut self, robot: RobotId, at: Time) -> Option<(Volume, Option<Span>)> {
        self.share.remaining(robot, at)
    }

    /// A robot of a group goes on with its download.
    pub fn add(&mut self, robot: RobotId, group: usize, link: Option<u64>, left: Volume) {
        self.share.add(robot, group, link, left);
    }

    /// A robot stops: what is left.
    pub fn remove(&mut self, robot: RobotId) -> Option<Volume> {
        self.share.remove(robot)
    }

    /// Brings the downloads to `now`. A rate counts from the instant on at which time passes under it.
    pub fn advance(&mut self, now: Time, happenings: &mut Vec<Happening>) {
        let since = self.share.now();
        if now > since {
            let egress = self.share.total_rate();
            if egress != self.egress {
                self.egress = egress;
                self.peak = self.peak.max(egress);
                happenings.push(Happening::Egress(since, egress));
            }
            self.share.advance(now);
        }
    }

    /// Takes a robot whose download is complete at the rates found last.
    pub fn completed(&mut self) -> Option<RobotId> {
        self.share.pop_found()
    }

    /// Finds the rates anew, and takes a robot whose download is complete then.
    pub fn complete(&mut self, now: Time) -> Option<RobotId> {
        if self.share.next_completion() > now { None } else { self.completed() }
    }

    /// Counts the whole bytes delivered of a bundle of this size, of which so much is left.
    pub fn count(&mut self, bundle: u64, left: Volume) {
        self.delivered += u128::from(left.delivered_bytes(bundle));
    }

    /// What has been delivered so far.
    pub fn total(&self) -> Downloaded {
        Downloaded { bytes: self.delivered, peak_egress: self.peak }
    }
}
