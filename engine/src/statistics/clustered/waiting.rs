//! Numbers that wait until there are enough of them.

use super::{BATCH, ClusteredSample};

/// Numbers of several samples that come together, one of each: they wait until there are 64 of each, which are then
/// counted together.
#[derive(Clone, Debug)]
pub struct Waiting<const N: usize> {
    count: usize,
    /// The first `count` of each.
    numbers: [[u64; BATCH]; N],
}

impl<const N: usize> Default for Waiting<N> {
    fn default() -> Waiting<N> {
        Waiting { count: 0, numbers: [[0; BATCH]; N] }
    }
}

impl<const N: usize> Waiting<N> {
    /// Adds a number below 2^50 to the present cluster of each sample; true if they are to be counted now.
    #[inline(always)]
    #[must_use]
    pub fn record(&mut self, numbers: [u64; N]) -> bool {
        let place = self.count % BATCH;
        for (waiting, number) in self.numbers.iter_mut().zip(numbers) {
            waiting[place] = number;
        }
        self.count = place + 1;
        self.count == BATCH
    }

    /// Counts the numbers that wait: when [`Waiting::record`] says so, and before a cluster ends; always with the same
    /// samples.
    #[inline(never)]
    pub fn count(&mut self, samples: [&mut ClusteredSample; N]) {
        for (numbers, sample) in self.numbers.iter().zip(samples) {
            sample.record_all(&numbers[..self.count]);
        }
        self.count = 0;
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
