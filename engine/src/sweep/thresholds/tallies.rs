//! From forks to the tallies of thresholds.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::path::{Codes, Fork, Path};
use crate::experiment::Tally;
use crate::rollout::DeploymentJobErrorCode;
use crate::simulation::{Plan, Replication};
use crate::statistics::{ClusteredSample, NestedClusters, NestedSamples, Unit};

/// The tallies of all thresholds for one build, shared by the threads. Merging is exact, so it does not matter who adds first.
pub struct Tallies<'p> {
    plan: &'p Plan,
    thresholds: Vec<Mutex<Threshold>>,
}

/// What is tallied at one threshold. What it never needs takes no memory.
struct Threshold {
    /// Campaigns that count for this threshold alone.
    only: Option<Tally>,
    /// Campaigns that count for this threshold and all that follow.
    since: Option<Tally>,
    /// Numbers and failure codes of robots that count for this threshold and all that follow.
    time_to_success: ClusteredSample,
    deployment: ClusteredSample,
    codes: Codes,
}

/// What a thread has to add at one threshold.
#[derive(Default)]
pub struct Waiting {
    forks: Vec<Fork>,
    ends: Vec<Replication>,
    codes: Codes,
}

/// A thread's own part of the tallies for one build.
pub struct Batch {
    /// Campaign start to `InSync`, and start to end of successful deployments.
    pub time_to_success: NestedSamples,
    pub deployment: NestedSamples,
    waiting: Vec<Waiting>,
    /// How many forks wait.
    forks: usize,
}

/// So many forks wait before they are added: then there are many for each threshold, whose histograms come to hand once for all of them.
const MANY_FORKS: usize = 1 << 13;
/// So many numbers of robots wait at most, beside those of the last block.
const MANY_NUMBERS: usize = 1 << 16;

impl Batch {
    /// Of so many thresholds.
    pub fn new(thresholds: usize) -> Batch {
        Batch {
            time_to_success: NestedSamples::new(thresholds),
            deployment: NestedSamples::new(thresholds),
            waiting: (0..thresholds).map(|_| Waiting::default()).collect(),
            forks: 0,
        }
    }

    /// Whether much waits.
    pub fn is_full(&self) -> bool {
        self.forks >= MANY_FORKS || self.time_to_success.pooled() >= MANY_NUMBERS
    }

    /// Adds that of another thread; what waits in both has been taken.
    pub fn merge(&mut self, other: Batch) {
        self.time_to_success.merge(other.time_to_success);
        self.deployment.merge(other.deployment);
    }

    /// Adds a campaign whose path has come to `end`. False if the path does not know what the lower thresholds come to: then it counts
    /// from its own level on, and those before are to be simulated on their own.
    pub fn add(&mut self, path: &mut Path<'_>, end: Replication) -> bool {
        let level = path.level();
        self.forks += level + 1;
        let forks = path.take_forks();
        let known = forks.is_some();
        let forks = forks.into_iter().flatten();
        forks.zip(&mut self.waiting).for_each(|(fork, waiting)| waiting.forks.push(fork));
        let first = if known { 0 } else { level };
        for from in 0..=level {
            let codes = self.waiting[from.max(first)].codes.iter_mut();
            codes.zip(path.codes(from)).for_each(|(count, more)| *count += more);
        }
        self.waiting[level].ends.push(end);
        self.time_to_success.end_cluster(first, level);
        self.deployment.end_cluster(first, level);
        known
    }
}

impl<'p> Tallies<'p> {
    /// Of ascending thresholds.
    pub fn new(plan: &'p Plan, thresholds: &[u32]) -> Tallies<'p> {
        let threshold = |_: &u32| {
            Mutex::new(Threshold {
                only: None,
                since: None,
                time_to_success: ClusteredSample::new(Unit::Seconds),
                deployment: ClusteredSample::new(Unit::Seconds),
                codes: Codes::default(),
            })
        };
        Tallies { plan, thresholds: thresholds.iter().map(threshold).collect() }
    }

    fn lock(&self, threshold: usize) -> MutexGuard<'_, Threshold> {
        // A panic elsewhere reaches the caller through the thread pool; here it must not hide behind a second one.
        self.thresholds[threshold].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what waits in a batch.
    pub fn take(&self, batch: &mut Batch) {
        batch.forks = 0;
        for (threshold, waiting) in batch.waiting.iter_mut().enumerate() {
            let times = batch.time_to_success.take_numbers(threshold);
            let lengths = batch.deployment.take_numbers(threshold);
            let nothing = waiting.forks.is_empty() && waiting.ends.is_empty() && waiting.codes == Codes::default();
            if nothing && times.as_slice().is_empty() {
                continue;
            }
            let mut guard = self.lock(threshold);
            let shared = &mut *guard;
            shared.time_to_success.pool(times.as_slice());
            shared.deployment.pool(lengths.as_slice());
            shared.codes.iter_mut().zip(&waiting.codes).for_each(|(count, more)| *count += more);
            waiting.codes = Codes::default();
            let tally = || Tally::new(self.plan, false);
            if !waiting.forks.is_empty() {
                let only = shared.only.get_or_insert_with(tally);
                for Fork { replication, aborted } in waiting.forks.drain(..) {
                    only.end_replication(&replication);
                    only.failure_codes[DeploymentJobErrorCode::RobotDeploymentAborted as usize] += u64::from(aborted);
                }
            }
            if !waiting.ends.is_empty() {
                let since = shared.since.get_or_insert_with(tally);
                waiting.ends.drain(..).for_each(|end| since.end_replication(&end));
            }
        }
    }

    /// Lets a campaign of its own be watched by the tally of its threshold.
    pub fn alone<T>(&self, threshold: usize, simulate: impl FnOnce(&mut Tally) -> T) -> T {
        let mut shared = self.lock(threshold);
        simulate(shared.only.get_or_insert_with(|| Tally::new(self.plan, false)))
    }

    /// Whether campaigns at a threshold may differ from those at the one before, which is told from what was recorded.
    pub fn differs(&mut self, threshold: usize) -> bool {
        let Some(before) = threshold.checked_sub(1) else { return true };
        let mut at = |threshold: usize| {
            let threshold = self.thresholds[threshold].get_mut().unwrap_or_else(PoisonError::into_inner);
            let since = threshold.since.is_some()
                || !threshold.time_to_success.is_empty()
                || threshold.codes != Codes::default();
            (threshold.only.is_some(), since)
        };
        let ((only_before, _), (only, since)) = (at(before), at(threshold));
        only_before || only || since
    }

    /// The tallies of the thresholds that are `wanted`, in their order, given what all threads have of each sample. What is not
    /// wanted does not differ from what comes before it.
    pub fn finish(self, wanted: &[bool], time_to_success: NestedSamples, deployment: NestedSamples) -> Vec<Tally> {
        let mut clusters = [time_to_success.finish(), deployment.finish()];
        let mut since = Tally::new(self.plan, false);
        let mut tallies = Vec::new();
        for (threshold, wanted) in self.thresholds.into_iter().zip(wanted) {
            if !wanted {
                clusters.iter_mut().for_each(NestedClusters::pass);
                continue;
            }
            let threshold = threshold.into_inner().unwrap_or_else(PoisonError::into_inner);
            since.robots[0].merge(&threshold.time_to_success);
            since.robots[1].merge(&threshold.deployment);
            since.failure_codes.iter_mut().zip(&threshold.codes).for_each(|(count, more)| *count += more);
            if let Some(more) = &threshold.since {
                since.merge(more);
            }
            let mut tally = match threshold.only {
                Some(mut only) => {
                    only.merge(&since);
                    only
                }
                None => since.clone(),
            };
            clusters.iter_mut().zip(&mut tally.robots).for_each(|(clusters, times)| clusters.add_next(times));
            tallies.push(tally);
        }
        tallies
    }
}
