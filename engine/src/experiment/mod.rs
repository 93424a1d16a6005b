//! Experiments: many replications of a plan, in parallel, to one tally.
//!
//! Replications run in blocks. A block is a pure function of (plan, seed, block), tallies merge exactly in any order, and
//! rows come out in the order of blocks, so the results are the same bytes for any number of threads.

mod each;
mod in_order;
mod in_sync_curve;
mod limits;
mod over_time;
mod tally;

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use each::Each;
use in_order::InOrder;
pub use in_sync_curve::InSyncCurve;
pub use limits::{Extent, LimitsSeen};
pub use over_time::OverTime;
pub use tally::{Curves, Tally};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::random::Luck;
use crate::simulation::{Campaign, Event, JobRecord, Observer, Plan, Replication};
use crate::time::Time;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Experiment<'p> {
    /// The scenario, prepared.
    pub plan: &'p Plan,
    /// Where randomness starts.
    pub seed: u64,
    /// Replications are numbered from 0; >= 1.
    pub replications: u32,
    /// How many threads simulate; none for one per core.
    pub threads: Option<usize>,
    /// Whether to tally what happens over time, which only plots need.
    pub curves: bool,
}

/// The replications of a block in detail, for those who want a row of each.
#[derive(Debug, Default)]
pub struct Block {
    /// In order.
    pub replications: Vec<Replication>,
    /// Every job of these replications with its replication's number.
    pub jobs: Vec<(u32, JobRecord)>,
}

/// Takes the rows of an experiment, block by block.
pub trait Rows: Send {
    /// A block as it is to be written.
    type Chunk: Send;
    /// What every row has.
    type Layout: Sync;
    /// Whether rows are wanted at all; if not, nothing is collected.
    const WANTED: bool = true;

    /// What every row has.
    fn layout(&self) -> Self::Layout;

    /// Prepares a block; runs on many threads, in any order.
    fn render(layout: &Self::Layout, block: &Block) -> Self::Chunk;

    /// Takes a prepared block; called in the order of blocks.
    ///
    /// # Errors
    /// An error stops the experiment.
    fn write(&mut self, chunk: Self::Chunk) -> io::Result<()>;
}

/// Wants no rows.
impl Rows for () {
    type Chunk = ();
    type Layout = ();
    const WANTED: bool = false;

    fn layout(&self) {}

    fn render((): &(), _: &Block) {}

    fn write(&mut self, (): ()) -> io::Result<()> {
        Ok(())
    }
}

/// Why an experiment ended without a tally.
#[derive(Debug)]
pub enum Stopped {
    /// The cancellation flag was set.
    Cancelled,
    /// A row could not be written.
    Rows(io::Error),
    /// The threads could not be started.
    Threads(rayon::ThreadPoolBuildError),
}

/// About this many robots make a block: enough that handing it out costs nothing, few enough that the last blocks
/// end together and progress is smooth.
const ROBOTS_PER_BLOCK: u32 = 8192;
/// From this fleet size on a replication may take so long that its progress is worth showing.
const ROBOTS_TO_SHOW: u32 = 1 << 16;
/// A block has at most this many replications.
const MAX_BLOCK: u32 = 256;
/// A block has at most this many jobs, unless a single campaign may have more: rows are kept until their block is written.
const MAX_BLOCK_JOBS: u32 = 1 << 16;
/// How far ahead of the next block to be written a thread may work, in blocks a thread: bounds the blocks in memory.
const BLOCKS_AHEAD: u32 = 8;
/// More threads than this are not started, however many are asked for.
const MAX_THREADS: usize = 1024;

/// The threads that simulate. They can be kept for many experiments: to start them takes longer than a small one.
#[derive(Debug)]
pub struct Workers {
    pool: rayon::ThreadPool,
    started: Arc<AtomicU64>,
}

impl Workers {
    /// Starts so many threads; none for one per core.
    ///
    /// # Errors
    /// [`Stopped::Threads`].
    pub fn new(threads: Option<usize>) -> Result<Workers, Stopped> {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0).min(MAX_THREADS));
        let pool = builder.build().map_err(Stopped::Threads)?;
        Ok(Workers { pool, started: Arc::default() })
    }

    /// How many robots of large fleets have started so far: what there is to see while a single replication takes long.
    pub fn started(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.started)
    }

    /// How many there are.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// What `work` makes of each number below `count`, in their order; threads keep what `begin` gives from one to the next.
    pub fn each<S, T: Send>(
        &self,
        count: u32,
        begin: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, u32) -> T + Sync + Send,
    ) -> Vec<T> {
        self.pool.install(|| (0..count).into_par_iter().map_init(begin, work).collect())
    }

    /// Hands out the blocks of `replications` of a plan, in any order, and gives back what each thread has made of its own, which
    /// `begin` makes and `work` adds a block to.
    ///
    /// # Errors
    /// [`Stopped::Cancelled`] if any `work` gives none.
    pub fn share<T: Send>(
        &self,
        plan: &Plan,
        replications: u32,
        begin: impl Fn() -> T + Sync,
        work: impl Fn(&mut T, Range<u32>) -> Option<()> + Sync,
    ) -> Result<Vec<T>, Stopped> {
        let size = block_size(plan);
        let next_block = AtomicU64::new(0);
        let done = self.pool.broadcast(|_| {
            let mut own = begin();
            loop {
                let first = next_block.fetch_add(1, Ordering::Relaxed) * u64::from(size);
                if first >= u64::from(replications) {
                    return Some(own);
                }
                let first = first as u32;
                work(&mut own, first..first + size.min(replications - first))?;
            }
        });
        done.into_iter().map(|own| own.ok_or(Stopped::Cancelled)).collect()
    }
}

/// Replications in a block: decided by the plan alone.
fn block_size(plan: &Plan) -> u32 {
    let by_robots = ROBOTS_PER_BLOCK / plan.most_robots;
    let by_jobs = MAX_BLOCK_JOBS / plan.sync.max_jobs;
    by_robots.min(by_jobs).clamp(1, MAX_BLOCK)
}

impl Experiment<'_> {
    /// Runs all replications. `advanced` is told how many more are done; `cancelled` stops the experiment soon after it becomes
    /// true.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub fn run<R: Rows>(
        &self,
        rows: &mut R,
        cancelled: &AtomicBool,
        advanced: &(dyn Fn(u32) + Sync),
    ) -> Result<Tally, Stopped> {
        self.run_part(&Workers::new(self.threads)?, 0..self.replications, rows, cancelled, advanced)
    }

    /// Runs the replications of a range alone. The tallies of ranges that follow each other merge to that of all, and their rows
    /// follow each other, too: an experiment can go on where it stopped.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub fn run_part<R: Rows>(
        &self,
        workers: &Workers,
        part: Range<u32>,
        rows: &mut R,
        cancelled: &AtomicBool,
        advanced: &(dyn Fn(u32) + Sync),
    ) -> Result<Tally, Stopped> {
        let pool = &workers.pool;
        let window = BLOCKS_AHEAD * pool.current_num_threads() as u32;
        let layout = rows.layout();
        let in_order = InOrder::new(rows, window);
        let next_block = AtomicU64::new(0);
        let done = pool.broadcast(|_| self.work(workers, &part, &next_block, &layout, &in_order, cancelled, advanced));
        in_order.finish().map_err(Stopped::Rows)?;
        let mut tallies: Option<Vec<Tally>> = None;
        for worker in done {
            let worker = worker.ok_or(Stopped::Cancelled)?;
            match &mut tallies {
                None => tallies = Some(worker),
                Some(tallies) => tallies.iter_mut().zip(&worker).for_each(|(tally, other)| tally.merge(other)),
            }
        }
        let tallies = tallies.expect("there is at least one thread");
        Ok(Tally::of_builds(self.plan, self.curves, tallies))
    }

    /// A tally for each build, or a single one where there are none.
    fn tallies(&self) -> Vec<Tally> {
        (0..self.plan.odds.builds().max(1)).map(|_| Tally::new(self.plan, self.curves)).collect()
    }

    /// One thread's work: takes block after block until none is left. None if it was stopped.
    #[allow(clippy::too_many_arguments, reason = "all threads share them, and no two belong together")]
    fn work<R: Rows>(
        &self,
        workers: &Workers,
        part: &Range<u32>,
        next_block: &AtomicU64,
        layout: &R::Layout,
        in_order: &InOrder<'_, R>,
        cancelled: &AtomicBool,
        advanced: &(dyn Fn(u32) + Sync),
    ) -> Option<Vec<Tally>> {
        let size = block_size(self.plan);
        let blocks = (part.end - part.start).div_ceil(size);
        let mut campaign = Campaign::new(self.plan, self.plan.controller.clone());
        if self.plan.most_robots >= ROBOTS_TO_SHOW {
            campaign = campaign.counting_starts(workers.started());
        }
        let mut tallies = self.tallies();
        loop {
            let number = next_block.fetch_add(1, Ordering::Relaxed);
            if number >= u64::from(blocks) {
                return Some(tallies);
            }
            let number = number as u32;
            if !in_order.may_begin(number) {
                return None;
            }
            // Whoever leaves early must let those go who wait for this block.
            let stop = || in_order.stop();
            let mut block = Block::default();
            let first = part.start + number * size;
            let count = size.min(part.end - first);
            for index in first..first + count {
                if cancelled.load(Ordering::Relaxed) {
                    stop();
                    return None;
                }
                let build = self.plan.odds.build(&Luck::new(self.seed, index));
                let tally = &mut tallies[build.unwrap_or(0)];
                let replication = if R::WANTED {
                    let mut jobs = JobRows { replication: index, jobs: &mut block.jobs };
                    campaign.run(self.seed, index, cancelled, (&mut *tally, &mut jobs))
                } else {
                    campaign.run(self.seed, index, cancelled, &mut *tally)
                };
                let Some(replication) = replication else {
                    stop();
                    return None;
                };
                tally.end_replication(&replication);
                if R::WANTED {
                    block.replications.push(replication);
                }
            }
            in_order.put(number, R::render(layout, &block));
            advanced(count);
        }
    }
}

/// Collects the jobs of a replication.
struct JobRows<'a> {
    replication: u32,
    jobs: &'a mut Vec<(u32, JobRecord)>,
}

impl Observer for JobRows<'_> {
    #[inline]
    fn see(&mut self, _now: Time, event: &Event<'_>) {
        if let Event::JobOver(job) = event {
            self.jobs.push((self.replication, **job));
        }
    }
}
