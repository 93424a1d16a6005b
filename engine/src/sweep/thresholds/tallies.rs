//! From forks to the tallies of thresholds.

use std::sync::{Mutex, PoisonError};

use super::robots::{Bookmark, Robots, Seen};
use crate::experiment::Tally;
use crate::measure::OfRobots;
use crate::simulation::{Plan, Replication};
use crate::statistics::SharedCluster;

/// What a threshold's campaign comes to that leaves the path.
pub struct Fork {
    pub replication: Replication,
    /// What had been seen when it left the path, and when it was over.
    pub left: Bookmark,
    pub ended: Bookmark,
}

/// The tallies of all thresholds for one build, shared by the threads. Merging is exact, so it does not matter who adds
/// first.
pub struct Tallies<'p> {
    plan: &'p Plan,
    thresholds: Vec<Mutex<Threshold>>,
}

/// The times of the robots of one campaign, by [`OfRobots`].
pub type Clusters = [SharedCluster; OfRobots::ALL.len()];

/// What is tallied at one threshold. What it never needs takes no memory.
struct Threshold {
    /// What counts for this threshold alone.
    only: Option<Tally>,
    /// What counts for this threshold and all that follow.
    since: Option<Tally>,
}

impl<'p> Tallies<'p> {
    /// Of ascending thresholds.
    pub fn new(plan: &'p Plan, thresholds: &[u32]) -> Tallies<'p> {
        let threshold = |_: &u32| Mutex::new(Threshold { only: None, since: None });
        Tallies { plan, thresholds: thresholds.iter().map(threshold).collect() }
    }

    /// Adds a path and the forks that have left it, the lowest threshold first. Both clusters are empty before and
    /// after.
    pub fn add(&self, robots: &Robots, forks: &[Fork], end: &Replication, clusters: &mut Clusters) {
        let mut from = Bookmark::default();
        for (threshold, fork) in self.thresholds.iter().zip(forks) {
            let mut threshold = threshold.lock().unwrap_or_else(PoisonError::into_inner);
            let seen = robots.between(&from, &fork.left);
            if !seen.is_empty() {
                self.pool(&mut threshold.since, &seen);
                add_to(clusters, &seen);
            }
            let alone = robots.between(&fork.left, &fork.ended);
            let only = self.pool(&mut threshold.only, &alone);
            add_to(clusters, &alone);
            end_campaign(only, clusters, &fork.replication);
            clusters.iter_mut().zip(alone.numbers).for_each(|(cluster, numbers)| cluster.remove(numbers));
            from = fork.ended.clone();
        }
        let mut threshold = self.thresholds[forks.len()].lock().unwrap_or_else(PoisonError::into_inner);
        let seen = robots.between(&from, &robots.mark());
        let since = self.pool(&mut threshold.since, &seen);
        add_to(clusters, &seen);
        end_campaign(since, clusters, end);
        clusters.iter_mut().for_each(SharedCluster::clear);
    }

    /// Counts robots in a tally, whatever campaign they belong to.
    fn pool<'t>(&self, tally: &'t mut Option<Tally>, seen: &Seen<'_>) -> &'t mut Tally {
        let tally = tally.get_or_insert_with(|| Tally::new(self.plan, false));
        tally.robots.iter_mut().zip(seen.numbers).for_each(|(times, numbers)| times.pool(numbers));
        seen.codes.iter().for_each(|code| tally.failure_codes[*code as usize] += 1);
        tally
    }

    /// Whether campaigns at a threshold may differ from those at the one before, which is told from what was recorded.
    pub fn differs(&mut self, threshold: usize) -> bool {
        let Some(before) = threshold.checked_sub(1) else { return true };
        let mut at = |threshold: usize| {
            let threshold = self.thresholds[threshold].get_mut().unwrap_or_else(PoisonError::into_inner);
            (threshold.only.is_some(), threshold.since.is_some())
        };
        let ((only_before, _), (only, since)) = (at(before), at(threshold));
        only_before || only || since
    }

    /// The tallies of the thresholds that are `wanted`, in their order. What is not wanted does not differ from what
    /// comes before it.
    pub fn finish(self, wanted: &[bool]) -> Vec<Tally> {
        let mut since = Tally::new(self.plan, false);
        let mut tallies = Vec::new();
        for (threshold, _) in self.thresholds.into_iter().zip(wanted).filter(|(_, wanted)| **wanted) {
            let threshold = threshold.into_inner().unwrap_or_else(PoisonError::into_inner);
            if let Some(more) = &threshold.since {
                since.merge(more);
            }
            tallies.push(match threshold.only {
                Some(mut only) => {
                    only.merge(&since);
                    only
                }
                None => since.clone(),
            });
        }
        tallies
    }
}

fn add_to(clusters: &mut Clusters, seen: &Seen<'_>) {
    clusters.iter_mut().zip(seen.numbers).for_each(|(cluster, numbers)| cluster.add(numbers));
}

/// Adds a campaign whose robots have been pooled, and form these clusters.
fn end_campaign(tally: &mut Tally, clusters: &Clusters, replication: &Replication) {
    tally.robots.iter_mut().zip(clusters).for_each(|(times, cluster)| times.add_cluster(cluster));
    tally.end_replication(replication);
}
