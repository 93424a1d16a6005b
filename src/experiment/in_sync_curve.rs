//! The share of the fleet in sync over time, over replications.

use hdrhistogram::Histogram;

use crate::rollout::{RobotEnd, RobotId};
use crate::simulation::Observer;
use crate::statistics::rank;
use crate::time::Time;

/// How many levels of the share are watched, at most.
const LEVELS: u32 = 100;

/// For the first robot and each of up to 100 levels of the share in sync, the distribution of the instants at which replications reach it.
///
/// The share at least s by time t means that level s was reached by t, so quantiles of the share over replications at any t
/// follow from these distributions; no grid of times has to be chosen before the times are known.
#[derive(Clone, Debug)]
pub struct InSyncCurve {
    fleet_size: u32,
    replications: u64,
    levels: Vec<Level>,
    /// Of the present replication: robots in sync, and how many levels that reaches.
    in_sync: u32,
    reached: usize,
}

#[derive(Clone, Debug)]
struct Level {
    robots: u32,
    /// Microseconds, to two significant digits: finer than a pixel.
    instants: Histogram<u64>,
}

impl InSyncCurve {
    /// An empty curve for a fleet of `fleet_size` > 0 robots.
    pub fn new(fleet_size: u32) -> InSyncCurve {
        let steps = fleet_size.min(LEVELS);
        let robots = |step: u32| (u64::from(fleet_size) * u64::from(step)).div_ceil(u64::from(steps)) as u32;
        let instants = || Histogram::new(2).expect("two digits are allowed");
        let mut levels: Vec<u32> = std::iter::once(1).chain((1..=steps).map(robots)).collect();
        levels.dedup();
        let levels = levels.into_iter().map(|robots| Level { robots, instants: instants() }).collect();
        InSyncCurve { fleet_size, replications: 0, levels, in_sync: 0, reached: 0 }
    }

    /// Ends the present replication.
    pub fn end_replication(&mut self) {
        self.replications += 1;
        self.in_sync = 0;
        self.reached = 0;
    }

    /// Adds another curve of the same fleet; exact in any order.
    pub fn merge(&mut self, other: &InSyncCurve) {
        self.replications += other.replications;
        for (level, other) in self.levels.iter_mut().zip(&other.levels) {
            level.instants.add(&other.instants).expect("a resizable histogram takes another one");
        }
    }

    /// The share in sync that `percent` of the replications are below or at, as steps: each pair is an instant in
    /// seconds and the share from then on. Replications that never reach a level count as never.
    pub fn quantile_over_replications(&self, percent: u64) -> Vec<(f64, f64)> {
        // The q-quantile of the share is at least s from the instant at which all but q of the replications reached s.
        let needed = rank(self.replications, 100 - percent);
        let mut steps = vec![(0.0, 0.0)];
        for level in &self.levels {
            let mut seen = 0;
            let cell = level.instants.iter_recorded().find(|cell| {
                seen += cell.count_since_last_iteration();
                seen >= needed
            });
            let Some(cell) = cell else { break };
            let instant = Time::from_micros(level.instants.median_equivalent(cell.value_iterated_to()));
            steps.push((instant.seconds(), f64::from(level.robots) / f64::from(self.fleet_size)));
        }
        steps
    }
}

impl Observer for InSyncCurve {
    #[inline]
    fn robot_ended(&mut self, now: Time, _robot: RobotId, _started: Time, end: RobotEnd) {
        if end == RobotEnd::InSync {
            self.in_sync += 1;
            // The last level is the whole fleet, so there is a next one for every robot.
            let next = &mut self.levels[self.reached];
            if self.in_sync == next.robots {
                next.instants.record(now.micros()).expect("a resizable histogram takes every instant");
                self.reached += 1;
            }
        }
    }
}
