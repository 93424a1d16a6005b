//! Replications one by one, for those who want no tally.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Experiment, Stopped, Workers, block_size};
use crate::simulation::{Campaign, Observer, Replication};

/// Makes something of each replication alone.
pub trait Each: Sync {
    /// Watches a replication; used again for others.
    type Watch: Observer;
    /// What is made of one.
    type Seen: Send;

    /// A watch that has seen nothing.
    fn watch(&self) -> Self::Watch;

    /// What a replication that has ended comes to. The watch then begins anew.
    fn seen(&self, watch: &mut Self::Watch, replication: &Replication) -> Self::Seen;
}

impl Experiment<'_> {
    /// Runs the replications of a range and gives what `each` makes of them, in their order. `advanced` is told how many more are
    /// done; `cancelled` stops it soon after it becomes true.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub fn each<E: Each>(
        &self,
        workers: &Workers,
        part: Range<u32>,
        each: &E,
        cancelled: &AtomicBool,
        advanced: &(dyn Fn(u32) + Sync),
    ) -> Result<Vec<E::Seen>, Stopped> {
        let pool = &workers.pool;
        let size = block_size(self.plan);
        let blocks = (part.end - part.start).div_ceil(size);
        let next_block = AtomicU64::new(0);
        let work = || {
            let mut campaign = Campaign::new(self.plan, self.plan.controller.clone());
            let mut watch = each.watch();
            let mut done = Vec::new();
            loop {
                let number = next_block.fetch_add(1, Ordering::Relaxed);
                if number >= u64::from(blocks) {
                    return Some(done);
                }
                let number = number as u32;
                let first = part.start + number * size;
                let count = size.min(part.end - first);
                let mut block = Vec::with_capacity(count as usize);
                for index in first..first + count {
                    if cancelled.load(Ordering::Relaxed) {
                        return None;
                    }
                    let replication = campaign.run(self.seed, index, cancelled, &mut watch)?;
                    block.push(each.seen(&mut watch, &replication));
                }
                done.push((number, block));
                advanced(count);
            }
        };
        let done: Option<Vec<_>> = pool.broadcast(|_| work()).into_iter().collect();
        let mut blocks: Vec<_> = done.ok_or(Stopped::Cancelled)?.into_iter().flatten().collect();
        blocks.sort_by_key(|(number, _)| *number);
        Ok(blocks.into_iter().flat_map(|(_, block)| block).collect())
    }
}
