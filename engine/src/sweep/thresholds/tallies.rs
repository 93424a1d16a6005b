//! From forks to the tallies of thresholds.

use std::sync::{Mutex, PoisonError};

use super::robots::{Bookmark, Robots, Seen};
use crate::experiment::Tally;
use crate::simulation::{Plan, Replication};
use crate::statistics::SharedCluster;

/// What a threshold's campaign comes to that leaves the path.
pub struct Fork {
    pub replication: Replication,
    /// What had been seen when it left the path, and when it was over.
    pub left: Bookmark,
    pub ended: Bookmark,
}

/// A path, and all that has left it.
pub struct WalkedPath {
    pub robots: Robots,
    /// The lowest threshold first.
    pub forks: Vec<Fork>,
    /// What the path itself has come to.
    pub end: Option<Replication>,
    /// The robots on the path up to the thresholds that have been tallied; none before and after.
    clusters: Clusters,
    tallied: Bookmark,
}

impl WalkedPath {
    /// A place for paths, which keeps its memory.
    pub fn new(plan: &Plan) -> WalkedPath {
        let robots = Robots::new(plan);
        WalkedPath {
            clusters: (0..robots.samples()).map(|_| SharedCluster::default()).collect(),
            robots,
            forks: Vec::new(),
            end: None,
            tallied: Bookmark::default(),
        }
    }

    /// Whether its tallies are those of this build, or of this place where there are no builds.
    fn is_of(&self, build: usize) -> bool {
        self.end.as_ref().is_some_and(|end| end.build.unwrap_or(0) == build)
    }
}

/// The tallies of all thresholds for one build, shared by the threads. Merging is exact, so it does not matter who adds
/// first.
pub struct Tallies<'p> {
    plan: &'p Plan,
    thresholds: Vec<Mutex<Threshold>>,
}

/// The times of the robots of one campaign, sample by sample as a tally has them.
pub type Clusters = Vec<SharedCluster>;

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

    /// Adds those of these paths that are of this build.
    pub fn add(&self, paths: &mut [WalkedPath], build: usize) {
        for (level, threshold) in self.thresholds.iter().enumerate() {
            let mut here = paths.iter_mut().filter(|path| path.is_of(build) && level <= path.forks.len()).peekable();
            if here.peek().is_some() {
                let mut threshold = threshold.lock().unwrap_or_else(PoisonError::into_inner);
                here.for_each(|path| self.add_at(level, &mut threshold, path));
            }
        }
    }

    /// Adds what leaves a path at the threshold of this level, or the end of a path that nothing leaves there.
    fn add_at(&self, level: usize, threshold: &mut Threshold, path: &mut WalkedPath) {
        let WalkedPath { robots, forks, end, clusters, tallied } = path;
        let Some(fork) = forks.get(level) else {
            let seen = robots.between(tallied, &robots.mark());
            let since = self.pool(&mut threshold.since, &seen, clusters);
            end.iter().for_each(|end| end_campaign(since, clusters, end));
            clusters.iter_mut().for_each(SharedCluster::clear);
            *tallied = Bookmark::default();
            return;
        };
        let seen = robots.between(tallied, &fork.left);
        if !seen.is_empty() {
            self.pool(&mut threshold.since, &seen, clusters);
        }
        let alone = robots.between(&fork.left, &fork.ended);
        let before: Vec<_> = clusters.iter().map(SharedCluster::mark).collect();
        let only = self.pool(&mut threshold.only, &alone, clusters);
        end_campaign(only, clusters, &fork.replication);
        clusters.iter_mut().zip(before).for_each(|(cluster, before)| cluster.take_back(before));
        *tallied = fork.ended.clone();
    }

    /// Counts robots in a tally, whatever campaign they belong to, and in the clusters of the present one.
    fn pool<'t>(&self, tally: &'t mut Option<Tally>, seen: &Seen<'_>, clusters: &mut Clusters) -> &'t mut Tally {
        let tally = tally.get_or_insert_with(|| Tally::new(self.plan, false));
        let robots = tally.samples_of_robots().zip(clusters);
        robots.zip(&seen.numbers).for_each(|((times, cluster), numbers)| times.pool(numbers, cluster));
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

/// Adds a campaign whose robots have been pooled, and form these clusters.
fn end_campaign(tally: &mut Tally, clusters: &Clusters, replication: &Replication) {
    tally.samples_of_robots().zip(clusters).for_each(|(times, cluster)| times.add_cluster(cluster));
    tally.end_replication(replication);
}
