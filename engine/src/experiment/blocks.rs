//! The one loop over replications: blocks of them, handed out to all threads, each replication guarded.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::failures::{Failures, message_of};
use super::{Stopped, Workers};
use crate::simulation::Plan;

/// About this many robots make a block: enough that handing it out costs nothing, few enough that the last blocks
/// end together and progress is smooth.
const ROBOTS_PER_BLOCK: u32 = 8192;
/// A block has at most this many replications.
const MAX_BLOCK: u32 = 256;
/// A block has at most this many jobs, unless a single campaign may have more: rows are kept until their block is
/// written.
const MAX_BLOCK_JOBS: u32 = 1 << 16;

/// Replications to be shared among threads.
#[derive(Clone)]
pub struct Workload<'p> {
    /// Decides how many replications make a block.
    pub plan: &'p Plan,
    /// Where randomness starts: what a failed replication is named with.
    pub seed: u64,
    /// Which replications; not empty.
    pub part: Range<u32>,
}

/// What is made of replications.
pub trait Work: Sync {
    /// What a thread keeps from one replication to the next. After one that failed it begins anew.
    type Own: Send;

    /// A thread's own, before its first replication.
    fn begin(&self) -> Self::Own;

    /// Waits until a block may begin; false if none shall any more. Blocks are numbered from 0 and begin in this order.
    fn may_begin(&self, _block: u32) -> bool {
        true
    }

    /// Simulates one replication. None if it was cancelled.
    fn replicate(&self, own: &mut Self::Own, index: u32) -> Option<()>;

    /// A block's replications have ended, whether or not some failed.
    fn end_block(&self, own: &mut Self::Own, block: u32, replications: u32);

    /// A replication has failed: what is made of the others will not be used.
    fn failed(&self) {}

    /// Not all blocks will end: whoever waits in [`Work::may_begin`] has to go.
    fn give_up(&self) {}
}

impl Workers {
    /// Lets all threads take block after block until none is left; gives back what each thread has made of its own.
    ///
    /// A panic in one replication ends that replication alone. One anywhere else reaches the caller, once all threads
    /// have stopped.
    ///
    /// # Errors
    /// [`Stopped::Cancelled`] soon after `cancelled` became true, [`Stopped::Failed`] if any replication failed.
    pub fn share<W: Work>(
        &self,
        workload: Workload<'_>,
        work: &W,
        cancelled: &AtomicBool,
    ) -> Result<Vec<W::Own>, Stopped> {
        let Workload { plan, seed, part } = workload;
        let turn = BlockLoop { work, size: block_size(plan), part: &part, next_block: AtomicU64::new(0), cancelled };
        let failures = Mutex::new(Failures::new(seed));
        let stopped = AtomicBool::new(false);
        let done = self.pool.broadcast(|_| {
            let leaving = LetOthersGo { work, stopped: &stopped };
            let own = turn.take_blocks(&stopped, &failures)?;
            std::mem::forget(leaving);
            Some(own)
        });
        let mut failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        let own: Vec<W::Own> = done.into_iter().map(|own| own.ok_or(Stopped::Cancelled)).collect::<Result<_, _>>()?;
        if failures.failed == 0 {
            return Ok(own);
        }
        failures.finished = part.len() as u32 - failures.failed;
        Err(Stopped::Failed(failures))
    }
}

/// Replications in a block: decided by the plan alone.
fn block_size(plan: &Plan) -> u32 {
    let by_robots = ROBOTS_PER_BLOCK / plan.most_robots;
    let by_jobs = MAX_BLOCK_JOBS / plan.sync.max_jobs;
    by_robots.min(by_jobs).clamp(1, MAX_BLOCK)
}

/// What the threads have in common.
struct BlockLoop<'a, W> {
    work: &'a W,
    size: u32,
    part: &'a Range<u32>,
    next_block: AtomicU64,
    cancelled: &'a AtomicBool,
}

impl<W: Work> BlockLoop<'_, W> {
    /// One thread's work. None if it stopped before all blocks were done.
    fn take_blocks(&self, stopped: &AtomicBool, failures: &Mutex<Failures>) -> Option<W::Own> {
        let blocks = (self.part.end - self.part.start).div_ceil(self.size);
        let mut own = self.work.begin();
        loop {
            let number = self.next_block.fetch_add(1, Ordering::Relaxed);
            if number >= u64::from(blocks) {
                return Some(own);
            }
            let number = number as u32;
            if !self.work.may_begin(number) {
                return None;
            }
            let first = self.part.start + number * self.size;
            let count = self.size.min(self.part.end - first);
            for index in first..first + count {
                if self.cancelled.load(Ordering::Relaxed) || stopped.load(Ordering::Relaxed) {
                    return None;
                }
                // What it leaves half changed is thrown away, so nobody sees it.
                match guarded(AssertUnwindSafe(|| self.work.replicate(&mut own, index))) {
                    Ok(done) => done?,
                    Err(panic) => {
                        failures.lock().unwrap_or_else(PoisonError::into_inner).add(index, message_of(&*panic));
                        self.work.failed();
                        own = self.work.begin();
                    }
                }
            }
            self.work.end_block(&mut own, number, count);
        }
    }
}

/// Runs a replication and catches its panic. A function of its own, so that the loop around it stays small.
fn guarded<T>(replicate: AssertUnwindSafe<impl FnOnce() -> T>) -> Result<T, Box<dyn Any + Send>> {
    let _replicating = super::failures::Replicating::begin();
    catch_unwind(replicate)
}

/// A thread that leaves early, by a panic too, lets the others go.
struct LetOthersGo<'a, W: Work> {
    work: &'a W,
    stopped: &'a AtomicBool,
}

impl<W: Work> Drop for LetOthersGo<'_, W> {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.work.give_up();
    }
}
