//! Experiments: many replications of a plan, in parallel, to one tally.
//!
//! Replications run in blocks. A block is a pure function of (plan, seed, block), tallies merge exactly in any order,
//! and rows come out in the order of blocks, so the results are the same bytes for any number of threads.

mod blocks;
mod each;
mod failures;
mod in_order;
mod in_sync_curve;
mod limits;
mod observe;
mod over_time;
mod tally;

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

pub use blocks::{Work, Workload};
pub use each::Each;
pub use failures::{Failures, report_panics_once};
use in_order::InOrder;
pub use in_sync_curve::InSyncCurve;
pub use limits::{Extent, LimitsSeen};
pub use observe::{Observation, Observe, Observed, RobotTimes, RobotWatch, Wanted};
pub use over_time::OverTime;
pub use tally::{Curves, Tally};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::random::Luck;
use crate::rollout::AnyController;
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
    /// Replications failed. All others came to their end, but what is known of them is not what was asked for.
    Failed(Failures),
    /// A row could not be written.
    Rows(io::Error),
    /// The threads could not be started.
    Threads(rayon::ThreadPoolBuildError),
}

impl Stopped {
    /// The same after so many other replications that finished.
    pub fn after(self, finished: u32) -> Stopped {
        match self {
            Stopped::Failed(failures) => {
                Stopped::Failed(Failures { finished: failures.finished + finished, ..failures })
            }
            stopped => stopped,
        }
    }
}

/// From this fleet size on a replication may take so long that its progress is worth showing.
const ROBOTS_TO_SHOW: u32 = 1 << 16;
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

    /// What `work` makes of each number below `count`, in their order; threads keep what `begin` gives from one to the
    /// next.
    pub fn each<S, T: Send>(
        &self,
        count: u32,
        begin: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, u32) -> T + Sync + Send,
    ) -> Vec<T> {
        self.pool.install(|| (0..count).into_par_iter().map_init(begin, work).collect())
    }
}

impl Experiment<'_> {
    /// Runs all replications. `advanced` is told how many more are done; `cancelled` stops the experiment soon after it
    /// becomes true.
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

    /// Runs the replications of a range alone. The tallies of ranges that follow each other merge to that of all, and
    /// their rows follow each other, too: an experiment can go on where it stopped.
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
        let window = BLOCKS_AHEAD * workers.threads() as u32;
        let layout = rows.layout();
        let started = (self.plan.most_robots >= ROBOTS_TO_SHOW).then(|| workers.started());
        let tallying =
            Tallying { experiment: self, started, layout, in_order: InOrder::new(rows, window), cancelled, advanced };
        let workload = Workload { plan: self.plan, seed: self.seed, part };
        let done = workers.share(workload, &tallying, cancelled);
        tallying.in_order.finish().map_err(Stopped::Rows)?;
        let mut done = done?.into_iter().map(|own| own.tallies);
        let mut tallies = done.next().expect("there is at least one thread");
        done.for_each(|other| tallies.iter_mut().zip(&other).for_each(|(tally, other)| tally.merge(other)));
        Ok(Tally::of_builds(self.plan, self.curves, tallies))
    }
}

/// Tallies replications, and passes their rows on in order.
struct Tallying<'a, 'p, 'r, R: Rows> {
    experiment: &'a Experiment<'p>,
    started: Option<Arc<AtomicU64>>,
    layout: R::Layout,
    in_order: InOrder<'r, R>,
    cancelled: &'a AtomicBool,
    advanced: &'a (dyn Fn(u32) + Sync),
}

/// A thread's own part.
struct TallyingThread<'p> {
    campaign: Campaign<'p, AnyController>,
    /// One for each build, or a single one where there are none.
    tallies: Vec<Tally>,
    /// The rows of the block that is being simulated.
    block: Block,
}

impl<'p, R: Rows> Work for Tallying<'_, 'p, '_, R> {
    type Own = TallyingThread<'p>;

    fn begin(&self) -> TallyingThread<'p> {
        let &Experiment { plan, curves, .. } = self.experiment;
        let mut campaign = Campaign::new(plan, plan.controller.clone());
        if let Some(started) = &self.started {
            campaign = campaign.counting_starts(Arc::clone(started));
        }
        let tallies = (0..plan.odds.builds().max(1)).map(|_| Tally::new(plan, curves)).collect();
        TallyingThread { campaign, tallies, block: Block::default() }
    }

    fn may_begin(&self, block: u32) -> bool {
        self.in_order.may_begin(block)
    }

    fn replicate(
        &self,
        TallyingThread { campaign, tallies, block }: &mut TallyingThread<'p>,
        index: u32,
    ) -> Option<()> {
        let &Experiment { plan, seed, .. } = self.experiment;
        let build = plan.odds.build(&Luck::new(seed, index));
        let tally = &mut tallies[build.unwrap_or(0)];
        let jobs = R::WANTED.then_some(&mut block.jobs);
        let replication = simulate(campaign, seed, index, self.cancelled, tally, jobs)?;
        tally.end_replication(&replication);
        if R::WANTED {
            block.replications.push(replication);
        }
        Some(())
    }

    fn end_block(&self, own: &mut TallyingThread<'p>, block: u32, replications: u32) {
        self.in_order.put(block, R::render(&self.layout, &own.block));
        own.block.replications.clear();
        own.block.jobs.clear();
        (self.advanced)(replications);
    }

    fn failed(&self) {
        self.in_order.abandon();
    }

    fn give_up(&self) {
        self.in_order.stop();
    }
}

/// Simulates a replication under the eyes of a tally, and of whoever collects jobs. What it compiles to does not depend
/// on what becomes of the rows, and stands in this crate, which is compiled as one unit, and not in the one that calls.
#[inline(never)]
fn simulate(
    campaign: &mut Campaign<'_, AnyController>,
    seed: u64,
    replication: u32,
    cancelled: &AtomicBool,
    tally: &mut Tally,
    jobs: Option<&mut Vec<(u32, JobRecord)>>,
) -> Option<Replication> {
    match jobs {
        Some(jobs) => campaign.run(seed, replication, cancelled, (tally, &mut JobRows { replication, jobs })),
        None => campaign.run(seed, replication, cancelled, tally),
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

#[cfg(test)]
mod tests;
