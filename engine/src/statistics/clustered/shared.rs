//! A cluster that belongs to many samples.

use super::{COARSE, Cell, ClusteredSample};
use ethnum::U256;

/// The numbers of one cluster by their cells. Numbers can be taken back, so samples of which each holds the numbers of
/// another and a few more need not count them all.
#[derive(Clone, Debug)]
pub struct SharedCluster {
    count: u64,
    sum: u128,
    /// How many numbers lie in each cell.
    cells: Vec<u32>,
    /// A bit for each cell in which there has been a number.
    touched: Vec<u64>,
}

impl Default for SharedCluster {
    fn default() -> SharedCluster {
        let cells = COARSE.cell(1 << 50) + 1;
        SharedCluster { count: 0, sum: 0, cells: vec![0; cells], touched: vec![0; cells / 64 + 1] }
    }
}

impl SharedCluster {
    /// Adds numbers below 2^50.
    pub fn add(&mut self, numbers: &[u64]) {
        for number in numbers {
            let cell = COARSE.cell(*number);
            self.cells[cell] += 1;
            self.touched[cell / 64] |= 1 << (cell % 64);
            self.sum += u128::from(*number);
        }
        self.count += numbers.len() as u64;
    }

    /// Takes back numbers that have been added.
    pub fn remove(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.cells[COARSE.cell(*number)] -= 1;
            self.sum -= u128::from(*number);
        }
        self.count -= numbers.len() as u64;
    }

    /// Forgets all numbers.
    pub fn clear(&mut self) {
        for (word, touched) in self.touched.iter_mut().enumerate() {
            cells_of(word, std::mem::take(touched)).for_each(|cell| self.cells[cell] = 0);
        }
        (self.count, self.sum) = (0, 0);
    }
}

impl ClusteredSample {
    /// Adds a cluster whose numbers are [pooled](ClusteredSample::pool) already, or will be.
    pub fn add_cluster(&mut self, cluster: &SharedCluster) {
        let SharedCluster { count: n, sum: s, cells, touched } = cluster;
        if *n == 0 {
            return;
        }
        self.clusters += 1;
        self.counts_squared += u128::from(*n) * u128::from(*n);
        self.counts_by_sums += U256::from(*n) * U256::from(*s);
        self.sums_squared += U256::from(*s) * U256::from(*s);
        let used = touched.iter().rposition(|touched| *touched != 0).map_or(0, |word| 64 * (word + 1));
        if used > self.cells.len() {
            self.cells.resize(used.next_multiple_of(1 << COARSE.bits), Cell::default());
        }
        let mut up_to = 0;
        for index in touched.iter().enumerate().flat_map(|(word, touched)| cells_of(word, *touched)) {
            let added = u64::from(cells[index]);
            let cell = &mut self.cells[index];
            cell.squared += u128::from(added) * u128::from(2 * up_to + added);
            cell.crossed += u128::from(added) * u128::from(*n);
            up_to += added;
        }
    }
}

/// The cells whose bits are set in a word.
fn cells_of(word: usize, mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let cell = (bits != 0).then(|| 64 * word + bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        cell
    })
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
                cluster.add(&common);
                shared[sample..].iter_mut().for_each(|sample| sample.pool(&common));
                alone[sample..].iter_mut().for_each(|sample| sample.record_all(&common));
                cluster.add(&own);
                shared[sample].pool(&own);
                shared[sample].add_cluster(&cluster);
                cluster.remove(&own);
                alone[sample].record_all(&own);
                alone[sample].end_cluster();
            }
            cluster.clear();
        }
        for (shared, alone) in shared.iter().zip(&alone) {
            assert_eq!(shared.describe(), alone.describe());
            assert_eq!(shared.estimates(), alone.estimates());
        }
        assert!(cluster.cells.iter().all(|count| *count == 0) && cluster.touched.iter().all(|word| *word == 0));
    }
}
