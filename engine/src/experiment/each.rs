//! Replications one by one, for those who want no tally.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use super::{Experiment, Stopped, Work, Workers, Workload};
use crate::rollout::AnyController;
use crate::simulation::{Campaign, Observer, Replication};

/// Makes something of each replication alone.
pub trait Each: Sync {
    /// Watches a replication; used again for others.
    type Watch: Observer + Send;
    /// What is made of one.
    type Seen: Send;

    /// A watch that has seen nothing.
    fn watch(&self) -> Self::Watch;

    /// What a replication that has ended comes to. The watch then begins anew.
    fn seen(&self, watch: &mut Self::Watch, replication: &Replication) -> Self::Seen;
}

impl Experiment<'_> {
    /// Runs the replications of a range and gives what `each` makes of them, in their order. `advanced` is told how
    /// many more are done; `cancelled` stops it soon after it becomes true.
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
        let looking = Looking { experiment: self, each, cancelled, advanced };
        let workload = Workload { plan: self.plan, seed: self.seed, part };
        let done = workers.share(workload, &looking, cancelled)?;
        let mut blocks: Vec<_> = done.into_iter().flat_map(|own| own.done).collect();
        blocks.sort_by_key(|(number, _)| *number);
        Ok(blocks.into_iter().flat_map(|(_, block)| block).collect())
    }
}

struct Looking<'a, 'p, E> {
    experiment: &'a Experiment<'p>,
    each: &'a E,
    cancelled: &'a AtomicBool,
    advanced: &'a (dyn Fn(u32) + Sync),
}

/// A thread's own part.
struct LookingThread<'p, E: Each> {
    campaign: Campaign<'p, AnyController>,
    watch: E::Watch,
    /// Of the block that is being simulated.
    block: Vec<E::Seen>,
    /// Blocks by number.
    done: Vec<(u32, Vec<E::Seen>)>,
}

impl<'p, E: Each> Work for Looking<'_, 'p, E> {
    type Own = LookingThread<'p, E>;

    fn begin(&self) -> LookingThread<'p, E> {
        let plan = self.experiment.plan;
        let campaign = Campaign::new(plan, plan.controller.clone());
        LookingThread { campaign, watch: self.each.watch(), block: Vec::new(), done: Vec::new() }
    }

    fn replicate(&self, own: &mut LookingThread<'p, E>, index: u32) -> Option<()> {
        let replication = own.campaign.run(self.experiment.seed, index, self.cancelled, &mut own.watch)?;
        own.block.push(self.each.seen(&mut own.watch, &replication));
        Some(())
    }

    fn end_block(&self, own: &mut LookingThread<'p, E>, block: u32, replications: u32) {
        let next = Vec::with_capacity(own.block.len());
        own.done.push((block, std::mem::replace(&mut own.block, next)));
        (self.advanced)(replications);
    }
}
