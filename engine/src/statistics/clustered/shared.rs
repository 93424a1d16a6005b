//! A cluster that belongs to many samples.

use super::{BATCH, COARSE, Cell, ClusteredSample, Counting, FINE};
use ethnum::U256;

/// The numbers of one cluster by their cells. Numbers can be taken back, so samples of which each holds the numbers of
/// another and a few more need not count them all.
#[derive(Clone, Debug)]
pub struct SharedCluster {
    sum: u128,
    /// The cell of each number, in the order in which they came.
    order: Vec<u32>,
    /// How many numbers lie in each cell, [`WORD`] cells at a time.
    cells: Vec<[u32; WORD]>,
    /// A bit for each cell in which there has been a number.
    touched: Vec<u64>,
    /// Of the bits that are set, the first and the last word.
    words: [usize; 2],
}

/// So many cells share a word of bits.
const WORD: usize = u64::BITS as usize;
const NO_WORDS: [usize; 2] = [usize::MAX, 0];

/// How much a cluster holds.
#[derive(Clone, Copy, Debug)]
pub struct ClusterMark {
    count: usize,
    sum: u128,
}

impl Default for SharedCluster {
    fn default() -> SharedCluster {
        let words = COARSE.cell(1 << 50) / WORD + 1;
        SharedCluster {
            sum: 0,
            order: Vec::new(),
            cells: vec![[0; WORD]; words],
            touched: vec![0; words],
            words: NO_WORDS,
        }
    }
}

impl SharedCluster {
    fn add(&mut self, sum: u64, cells: &[u32]) {
        self.sum += u128::from(sum);
        self.order.extend_from_slice(cells);
        for cell in cells {
            let (word, bit) = place(*cell);
            self.cells[word][bit] += 1;
            self.touched[word] |= 1 << bit;
            self.words = [self.words[0].min(word), self.words[1].max(word)];
        }
    }

    /// How much it holds now.
    pub fn mark(&self) -> ClusterMark {
        ClusterMark { count: self.order.len(), sum: self.sum }
    }

    /// Takes back the numbers that have come since.
    pub fn take_back(&mut self, since: ClusterMark) {
        for cell in &self.order[since.count..] {
            let (word, bit) = place(*cell);
            self.cells[word][bit] -= 1;
        }
        self.order.truncate(since.count);
        self.sum = since.sum;
    }

    /// Forgets all numbers.
    pub fn clear(&mut self) {
        self.take_back(ClusterMark { count: 0, sum: 0 });
        self.touched.fill(0);
        self.words = NO_WORDS;
    }
}

/// The word and the bit of a cell.
#[inline(always)]
fn place(cell: u32) -> (usize, usize) {
    (cell as usize / WORD, cell as usize % WORD)
}

impl ClusteredSample {
    /// Counts numbers below 2^50 without ending a cluster, and in a cluster that belongs to other samples, too.
    pub fn pool(&mut self, numbers: &[u64], cluster: &mut SharedCluster) {
        for numbers in numbers.chunks(BATCH) {
            let batch = self.arch.dispatch(Counting { numbers });
            self.count += numbers.len() as u64;
            self.sum += u128::from(batch.sum);
            self.squares += U256::from(batch.squares());
            self.min = self.min.min(batch.min);
            self.max = self.max.max(batch.max);
            self.counts.reach(FINE.cell(batch.max));
            batch.fine.iter().take(numbers.len()).for_each(|fine| self.counts.count(*fine as usize));
            cluster.add(batch.sum, &batch.coarse[..numbers.len()]);
        }
    }

    /// Adds a cluster whose numbers are [pooled](ClusteredSample::pool) already, or will be.
    pub fn add_cluster(&mut self, cluster: &SharedCluster) {
        let SharedCluster { sum: s, order, cells, touched, words: [first, last] } = cluster;
        let n = order.len() as u64;
        if n == 0 {
            return;
        }
        self.add_sums(n, *s);
        let words = *first..last + 1;
        if words.end * WORD > self.cells.len() {
            self.cells.resize((words.end * WORD).next_multiple_of(1 << COARSE.bits), Cell::default());
        }
        let (sums, _) = self.cells.as_chunks_mut::<WORD>();
        let mut up_to = 0;
        for ((sums, cells), touched) in sums[words.clone()].iter_mut().zip(&cells[words.clone()]).zip(&touched[words]) {
            let mut touched = *touched;
            while touched != 0 {
                let bit = touched.trailing_zeros() as usize % WORD;
                touched &= touched - 1;
                let added = u64::from(cells[bit]);
                sums[bit].add_run(added, up_to, n);
                up_to += added;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose};
    use crate::statistics::Unit;

    /// Against samples of their own: what clusters have in common is added once to the pooled numbers and to the
    /// cluster, and what they have alone is taken back.
    #[test]
    fn shared_clusters_are_clusters_of_their_own() {
        const SAMPLES: usize = 5;
        let mut alone = vec![ClusteredSample::new(Unit::Seconds); SAMPLES];
        let mut shared = vec![ClusteredSample::new(Unit::Seconds); SAMPLES];
        let mut stream = Luck::new(3, 0).job(0, Purpose::StartOrder);
        let mut below = |n: u64| stream.bits() % n;
        let mut cluster = SharedCluster::default();
        for _ in 0..100 {
            for sample in 0..SAMPLES {
                let mut numbers = |most: u64| -> Vec<u64> {
                    let count = below(most);
                    (0..count).map(|_| below(1 << 34)).map(|number| number >> (number % 30)).collect()
                };
                let (common, own) = (numbers(20), numbers(6));
                shared[sample].pool(&common, &mut cluster);
                let mut aside = SharedCluster::default();
                shared[sample + 1..].iter_mut().for_each(|sample| sample.pool(&common, &mut aside));
                alone[sample..].iter_mut().for_each(|sample| sample.record_all(&common));
                let before = cluster.mark();
                shared[sample].pool(&own, &mut cluster);
                shared[sample].add_cluster(&cluster);
                cluster.take_back(before);
                alone[sample].record_all(&own);
                alone[sample].end_cluster();
            }
            cluster.clear();
        }
        for (shared, alone) in shared.iter().zip(&alone) {
            assert_eq!(shared.describe(), alone.describe());
            assert_eq!(shared.estimates(), alone.estimates());
        }
        assert!(
            cluster.cells.as_flattened().iter().all(|count| *count == 0)
                && cluster.touched.iter().all(|word| *word == 0)
        );
    }
}
