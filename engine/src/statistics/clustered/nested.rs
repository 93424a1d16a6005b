//! Many clustered samples at once, of which each has in every cluster the first numbers of what the next one has.

use std::ops::Range;

use ethnum::U256;
use pulp::{Arch, NullaryFnOnce};

use super::{COARSE, Cell, ClusteredSample};

/// Samples 0, 1, 2, ... over the same clusters: a number that belongs to one of them belongs to all that follow.
///
/// A cluster may tell the samples before some sample f apart; from f on they have the same numbers of it. So a cluster
/// is one of its own in each sample before f, and one cluster in all from f on. What it adds is kept accordingly:
/// `only` for one sample, or `since` for a sample and all that follow. A sample's sums are its own `only` and the
/// `since` of all up to it, and all of them are integers, so nothing is lost.
///
/// The numbers themselves need no cluster. They are pooled by the first sample that they belong to, in plain
/// [`ClusteredSample`]s that the caller keeps ([`NestedSamples::take_numbers`], [`ClusteredSample::pool`]) and merges
/// up to the sample that is wanted.
///
/// What is costly is c(x)^2 and c(x) n of each sample in each cell. Cells are gone through in order with the counts of
/// all samples side by side, eight of which are one vector of the machine; samples that have no number yet in the cell
/// are left out.
#[derive(Clone, Debug)]
pub struct NestedSamples {
    arch: Arch,
    /// A multiple of [`LANES`].
    samples: usize,
    /// The numbers of the present cluster, and the first sample that each belongs to.
    numbers: Vec<u64>,
    from: Vec<u8>,
    /// Cell and first sample of each number, in order.
    keys: Vec<u32>,
    lanes: Lanes,
    /// The numbers of clusters that have ended, by the first sample that they belong to.
    pooled: Vec<Vec<u64>>,
    only: Vec<Clusters>,
    since: Vec<Clusters>,
    /// For each cell that has numbers four sums for each sample: see [`Row`].
    narrow: Vec<Vec<u64>>,
    /// How much the sums in `narrow` may still grow.
    room: u64,
    /// What did not fit any more: for each cell what is added only to each sample, and then since each.
    wide: Vec<Vec<Cell>>,
}

/// Of each sample, side by side.
#[derive(Clone, Debug)]
struct Lanes {
    /// How many numbers the present cell has.
    here: Vec<u32>,
    /// How many the cells before it have.
    up_to: Vec<u32>,
    /// How many all cells have.
    all: Vec<u32>,
}

/// Sums over clusters that do not depend on cells.
#[derive(Clone, Copy, Debug)]
struct Clusters {
    clusters: u64,
    counts_squared: u128,
    counts_by_sums: U256,
    sums_squared: U256,
}

/// The sums of one cell in `narrow`, side by side for all samples.
struct Row<'a> {
    only_squared: &'a mut [u64],
    only_crossed: &'a mut [u64],
    since_squared: &'a mut [u64],
    since_crossed: &'a mut [u64],
}

/// So many samples are worked on at a time.
const LANES: usize = 8;
/// The sums of a row.
const SUMS: usize = 4;
/// No sum in `narrow` gets beyond this.
const ROOM: u64 = 1 << 62;
/// The bits of a key that say the first sample.
const FROM_BITS: u32 = 8;

impl Clusters {
    const NONE: Clusters =
        Clusters { clusters: 0, counts_squared: 0, counts_by_sums: U256::ZERO, sums_squared: U256::ZERO };

    fn add_one(&mut self, n: u64, s: u128) {
        self.clusters += u64::from(n > 0);
        self.counts_squared += u128::from(n) * u128::from(n);
        self.counts_by_sums += U256::from(n) * U256::from(s);
        self.sums_squared += U256::from(s) * U256::from(s);
    }

    fn add(&mut self, other: &Clusters) {
        self.clusters += other.clusters;
        self.counts_squared += other.counts_squared;
        self.counts_by_sums += other.counts_by_sums;
        self.sums_squared += other.sums_squared;
    }
}

impl<'a> Row<'a> {
    fn of(sums: &'a mut Vec<u64>, samples: usize) -> Row<'a> {
        if sums.is_empty() {
            sums.resize(SUMS * samples, 0);
        }
        let (only_squared, rest) = sums.split_at_mut(samples);
        let (only_crossed, rest) = rest.split_at_mut(samples);
        let (since_squared, since_crossed) = rest.split_at_mut(samples);
        Row { only_squared, only_crossed, since_squared, since_crossed }
    }
}

impl NestedSamples {
    /// So many empty samples, at most 256.
    pub fn new(samples: usize) -> NestedSamples {
        assert!(samples <= 1 << FROM_BITS, "{samples} samples are too many");
        let samples = samples.next_multiple_of(LANES);
        let cells = COARSE.cell(1 << 50) + 1;
        let lane = || vec![0; samples];
        NestedSamples {
            arch: Arch::new(),
            samples,
            numbers: Vec::new(),
            from: Vec::new(),
            keys: Vec::new(),
            lanes: Lanes { here: lane(), up_to: lane(), all: lane() },
            pooled: vec![Vec::new(); samples],
            only: vec![Clusters::NONE; samples],
            since: vec![Clusters::NONE; samples],
            narrow: vec![Vec::new(); cells],
            room: ROOM,
            wide: vec![Vec::new(); cells],
        }
    }

    /// Adds a number below 2^50 to the present cluster, in sample `from` and all that follow.
    #[inline]
    pub fn record(&mut self, value: u64, from: usize) {
        self.numbers.push(value);
        self.from.push(from as u8);
    }

    /// Ends the present cluster: it tells the samples from `first` to before `forks` apart, and is one and the same
    /// since sample `forks`. No number may belong to samples after that only; samples before `first` get nothing of the
    /// cluster.
    pub fn end_cluster(&mut self, first: usize, forks: usize) {
        debug_assert!(first <= forks && forks < self.samples && self.numbers.len() < 1 << 31);
        let n = self.numbers.len() as u64;
        if n > self.room / n.max(1) {
            self.widen();
        }
        self.room -= n * n;
        let Lanes { here, up_to, all } = &mut self.lanes;
        for lanes in [&mut *here, &mut *up_to, &mut *all] {
            lanes[..=forks].fill(0);
        }
        let mut sums = [0u128; 1 << FROM_BITS];
        self.keys.clear();
        for (number, from) in self.numbers.iter().zip(&self.from) {
            let from = usize::from(*from).max(first);
            debug_assert!(from <= forks);
            self.keys.push((COARSE.cell(*number) as u32) << FROM_BITS | from as u32);
            self.pooled[from].push(*number);
            all[from] += 1;
            sums[from] += u128::from(*number);
        }
        self.keys.sort_unstable();
        let (mut n, mut s) = (0, 0);
        for sample in first..=forks {
            n += all[sample];
            s += sums[sample];
            all[sample] = n;
            let clusters = if sample < forks { &mut self.only } else { &mut self.since };
            clusters[sample].add_one(n.into(), s);
        }
        let (keys, lanes, narrow) = (&self.keys, &mut self.lanes, &mut self.narrow);
        self.arch.dispatch(CountCells { keys, lanes, narrow, samples: self.samples, forks });
        self.numbers.clear();
        self.from.clear();
    }

    /// How many numbers of clusters that have ended wait to be taken.
    pub fn pooled(&self) -> usize {
        self.pooled.iter().map(Vec::len).sum()
    }

    /// Takes the numbers of clusters that have ended and that belong to `sample` and all that follow, but to none
    /// before.
    pub fn take_numbers(&mut self, sample: usize) -> std::vec::Drain<'_, u64> {
        self.pooled[sample].drain(..)
    }

    /// Makes room for further clusters.
    #[cold]
    fn widen(&mut self) {
        let samples = self.samples;
        for (narrow, wide) in self.narrow.iter_mut().zip(&mut self.wide).filter(|(narrow, _)| !narrow.is_empty()) {
            wide.resize(2 * samples, Cell::default());
            let row = Row::of(narrow, samples);
            let (only, since) = wide.split_at_mut(samples);
            for sample in 0..samples {
                let cell = |squared: u64, crossed: u64| Cell { squared: squared.into(), crossed: crossed.into() };
                only[sample].add(&cell(row.only_squared[sample], row.only_crossed[sample]));
                since[sample].add(&cell(row.since_squared[sample], row.since_crossed[sample]));
            }
            narrow.fill(0);
        }
        self.room = ROOM;
    }

    /// Adds as many samples over other clusters; both between clusters, and without numbers that have not been taken.
    pub fn merge(&mut self, mut other: NestedSamples) {
        debug_assert!(other.numbers.is_empty() && other.pooled.iter().all(Vec::is_empty));
        self.widen();
        other.widen();
        let clusters = self.only.iter_mut().chain(&mut self.since).zip(other.only.iter().chain(&other.since));
        clusters.for_each(|(clusters, other)| clusters.add(other));
        for (cells, other) in self.wide.iter_mut().zip(&other.wide).filter(|(_, other)| !other.is_empty()) {
            cells.resize(2 * self.samples, Cell::default());
            cells.iter_mut().zip(other).for_each(|(cell, other)| cell.add(other));
        }
    }

    /// What clusters come to, to be added sample by sample.
    pub fn finish(mut self) -> NestedClusters {
        self.widen();
        let up_to = (Clusters::NONE, vec![Cell::default(); self.wide.len()]);
        NestedClusters { samples: self, next: 0, up_to }
    }
}

/// What clusters come to in one sample after another.
#[derive(Clone, Debug)]
pub struct NestedClusters {
    samples: NestedSamples,
    next: usize,
    /// What is added since all samples so far.
    up_to: (Clusters, Vec<Cell>),
}

impl NestedClusters {
    /// Adds what clusters come to in the next sample to one that has its numbers.
    pub fn add_next(&mut self, sample: &mut ClusteredSample) {
        let NestedSamples { samples, only, since, wide, .. } = &self.samples;
        let next = self.next;
        self.next += 1;
        let (clusters, cells) = &mut self.up_to;
        clusters.add(&since[next]);
        for Clusters { clusters, counts_squared, counts_by_sums, sums_squared } in [*clusters, only[next]] {
            sample.clusters += clusters;
            sample.counts_squared += counts_squared;
            sample.counts_by_sums += counts_by_sums;
            sample.sums_squared += sums_squared;
        }
        let used = wide.iter().rposition(|cells| !cells.is_empty()).map_or(0, |last| last + 1);
        sample.cells.resize(sample.cells.len().max(used), Cell::default());
        let in_order = sample.cells.iter_mut().zip(cells).zip(wide);
        for ((cell, up_to), of_cell) in in_order.filter(|(_, of_cell)| !of_cell.is_empty()) {
            up_to.add(&of_cell[samples + next]);
            cell.add(up_to);
            cell.add(&of_cell[next]);
        }
    }

    /// Passes over the next sample, to whose clusters nothing is added and which shares all its clusters with the one
    /// before.
    pub fn pass(&mut self) {
        self.next += 1;
    }
}

/// Counts one cluster in its cells.
struct CountCells<'a> {
    keys: &'a [u32],
    lanes: &'a mut Lanes,
    narrow: &'a mut [Vec<u64>],
    samples: usize,
    forks: usize,
}

impl NullaryFnOnce for CountCells<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let CountCells { keys, lanes: Lanes { here, up_to, all }, narrow, samples, forks } = self;
        let from_of = |key: u32| (key & ((1 << FROM_BITS) - 1)) as usize;
        // Lanes that fill up the last vector count nothing.
        let vectors = forks.div_ceil(LANES);
        let (here, up_to, n) = (vectors_of(here), vectors_of(up_to), all[forks]);
        let all = vectors_of(all);
        let mut before = 0;
        let mut keys = keys.iter().copied().peekable();
        while let Some(key) = keys.next() {
            let cell = key >> FROM_BITS;
            let row = Row::of(&mut narrow[cell as usize], samples);
            // Numbers of a cell come in the order of their first samples.
            let first = from_of(key) / LANES;
            let mut count = 0;
            let mut next = Some(key);
            while let Some(key) = next {
                let mut same = 1;
                while keys.next_if_eq(&key).is_some() {
                    same += 1;
                }
                let from = from_of(key);
                count += same;
                for (vector, here) in here[..vectors].iter_mut().enumerate().skip(from / LANES) {
                    add_within(here, same, vector, from..forks);
                }
                next = keys.next_if(|key| key >> FROM_BITS == cell);
            }
            let (squared, crossed) = (vectors_of(row.only_squared), vectors_of(row.only_crossed));
            let lanes = here[first..vectors].iter_mut().zip(&mut up_to[first..vectors]).zip(&all[first..vectors]);
            let sums = squared[first..vectors].iter_mut().zip(&mut crossed[first..vectors]);
            for (((here, up_to), all), (squared, crossed)) in lanes.zip(sums) {
                add_products(squared, here, &std::array::from_fn(|lane| 2 * up_to[lane] + here[lane]));
                add_products(crossed, here, all);
                *up_to = std::array::from_fn(|lane| up_to[lane] + here[lane]);
                *here = [0; LANES];
            }
            row.since_squared[forks] += u64::from(count) * u64::from(2 * before + count);
            row.since_crossed[forks] += u64::from(count) * u64::from(n);
            before += count;
        }
    }
}

/// Adds to the lanes of a vector that are within a range of all.
#[inline(always)]
fn add_within(lanes: &mut [u32; LANES], number: u32, vector: usize, range: Range<usize>) {
    let (start, end) = (range.start as u32, range.end as u32);
    let first = (vector * LANES) as u32;
    *lanes = std::array::from_fn(|lane| {
        let place = first + lane as u32;
        // Without a branch it is one comparison of vectors.
        lanes[lane] + (number & u32::from((start <= place) & (place < end)).wrapping_neg())
    });
}

/// Adds products of 32 bits each.
#[inline(always)]
fn add_products(sums: &mut [u64; LANES], a: &[u32; LANES], b: &[u32; LANES]) {
    *sums = std::array::from_fn(|lane| sums[lane] + u64::from(a[lane]) * u64::from(b[lane]));
}

/// A whole number of vectors.
#[inline(always)]
fn vectors_of<T>(lanes: &mut [T]) -> &mut [[T; LANES]] {
    lanes.as_chunks_mut().0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose};
    use crate::statistics::Unit;

    /// Against samples of their own: random clusters that fork at random samples, some without any number, some that
    /// begin late.
    #[test]
    fn nested_samples_are_samples_of_their_own() {
        const SAMPLES: usize = 7;
        let mut alone = vec![ClusteredSample::new(Unit::Seconds); SAMPLES];
        let mut nested = [NestedSamples::new(SAMPLES), NestedSamples::new(SAMPLES)];
        // Sums leave their narrow places now and then.
        nested.iter_mut().for_each(|nested| nested.room = 100);
        let mut stream = Luck::new(3, 0).job(0, Purpose::StartOrder);
        let mut below = |n: u64| stream.bits() % n;
        for cluster in 0..200 {
            let forks = below(SAMPLES as u64) as usize;
            let first = if below(3) == 0 { below(forks as u64 + 1) as usize } else { 0 };
            for _ in 0..below(40) {
                let bits = 4 + below(30);
                let (number, from) = (below(1 << bits), below(forks as u64 + 1) as usize);
                nested[cluster % 2].record(number, from);
                alone[from.max(first)..].iter_mut().for_each(|sample| sample.record(number));
            }
            alone.iter_mut().for_each(ClusteredSample::end_cluster);
            nested[cluster % 2].end_cluster(first, forks);
            nested[cluster % 2].room = nested[cluster % 2].room.min(1000);
        }
        let mut pooled = ClusteredSample::new(Unit::Seconds);
        let numbers: Vec<Vec<u64>> = (0..SAMPLES)
            .map(|sample| {
                nested.iter_mut().flat_map(|nested| nested.take_numbers(sample).collect::<Vec<_>>()).collect()
            })
            .collect();
        let [mut whole, other] = nested;
        whole.merge(other);
        let mut clusters = whole.finish();
        for (sample, numbers) in numbers.iter().enumerate() {
            pooled.pool(numbers);
            let mut found = pooled.clone();
            clusters.add_next(&mut found);
            assert_eq!(found.describe(), alone[sample].describe(), "{sample}");
            assert_eq!(found.estimates(), alone[sample].estimates(), "{sample}");
        }
    }
}
