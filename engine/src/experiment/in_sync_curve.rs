//! The share of the fleet in sync over time, over replications.

use hdrhistogram::Histogram;

use crate::rollout::{JobKind, RobotEnd};
use crate::simulation::{Event, Observer};
use crate::statistics::rank;
use crate::time::Time;

/// How many levels of the share are watched, at most.
const LEVELS: u32 = 100;

/// For the first robot and each of up to 100 levels of the share in sync, the distribution of the instants at which
/// replications reach it.
///
/// The share at least s by time t means that level s was reached by t, so quantiles of the share over replications at
/// any t follow from these distributions; no grid of times has to be chosen before the times are known.
#[derive(Clone, Debug)]
pub struct InSyncCurve {
    fleet_size: u32,
    replications: u64,
    levels: Vec<Milestone>,
    /// Of the present replication: robots in sync, and the instants at which levels were reached.
    in_sync: u32,
    reached: Vec<Time>,
}

#[derive(Clone, Debug)]
struct Milestone {
    robots: u32,
    /// Microseconds, to two significant digits: finer than a pixel.
    instants: Histogram<u64>,
}

impl InSyncCurve {
    /// An empty curve for a fleet of at most `fleet_size` > 0 robots.
    pub fn new(fleet_size: u32) -> InSyncCurve {
        let steps = fleet_size.min(LEVELS);
        let robots = |step: u32| (u64::from(fleet_size) * u64::from(step)).div_ceil(u64::from(steps)) as u32;
        let instants = || Histogram::new(2).expect("two digits are allowed");
        let mut levels: Vec<u32> = std::iter::once(1).chain((1..=steps).map(robots)).collect();
        levels.dedup();
        let levels = levels.into_iter().map(|robots| Milestone { robots, instants: instants() }).collect();
        InSyncCurve { fleet_size, replications: 0, levels, in_sync: 0, reached: Vec::new() }
    }

    /// Ends the present replication.
    pub fn end_replication(&mut self) {
        self.replications += 1;
        for (level, instant) in self.levels.iter_mut().zip(&self.reached) {
            level.instants.record(instant.micros()).expect("a resizable histogram takes every instant");
        }
        self.start_over();
    }

    /// No robot is in sync: a deployment is new (R3), and so is what counts.
    pub(super) fn start_over(&mut self) {
        self.in_sync = 0;
        self.reached.clear();
    }

    /// Another one is.
    #[inline]
    pub(super) fn robot_in_sync(&mut self, now: Time) {
        self.in_sync += 1;
        // The last level is the largest fleet, so there is a next one for every robot.
        if self.in_sync == self.levels[self.reached.len()].robots {
            self.reached.push(now);
        }
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
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match event {
            Event::JobCreated { kind: JobKind::Deployment, .. } => self.start_over(),
            Event::RobotEnded { end: RobotEnd::InSync, .. } | Event::RobotEndedLate { end: RobotEnd::InSync, .. } => {
                self.robot_in_sync(now);
            }
            _ => {}
        }
    }
}
