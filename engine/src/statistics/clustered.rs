//! A sample whose numbers come in clusters: the robots of a replication share its luck.

mod shared;
mod waiting;

pub use shared::SharedCluster;
pub use waiting::Waiting;

use ethnum::{I256, U256};
use hdrhistogram::Histogram;
use pulp::{Arch, NullaryFnOnce};

use super::cells::{Cells, FINE, Grid};
use super::estimate::Lack;
use super::interval::{fewest, t_quantile};
use super::sample::{Support, rank};
use super::skewness::{self, MeanShape, UNSEEN};
use super::{Description, Estimate, Statistic, Unit};

/// Numbers of which a replication gives many.
///
/// Values are pooled over replications, while intervals treat a replication as one cluster:
/// * the mean is a ratio of sums over clusters, with the ratio estimator's variance (W. G. Cochran, "Sampling
///   Techniques", 3rd edition (1977), section 9A.2) and the interval of `MeanShape`, in which clusters are the terms;
/// * the p-quantile's interval holds the points x at which the share of numbers up to x, a ratio again, does not differ
///   from p by more than chance (R. S. Woodruff, "Confidence intervals for medians and other position measures", JASA
///   47 (1952)). Chance is p (1 - p) / n times the design effect of clusters at x, as in a score test, because the
///   plain variance of a share near 1 is too small where few clusters reach (E. L. Korn and B. I. Graubard, "Confidence
///   intervals for proportions with small expected number of positive counts", Survey Methodology 24 (1998)). The design
///   effect is known on a grid of 128 cells an octave, the share on one of 1024. As if all numbers of a cluster were the
///   same there is no interval of fewer clusters than there have to be of single numbers.
///
/// The share up to x needs, for every x, sums over clusters of c(x)^2 and c(x) n, where c(x) counts the cluster's
/// numbers up to x and n all of them. Both are cumulative sums over cells of what a cluster adds in each cell, so a
/// cluster touches only the cells in which it has numbers.
///
/// Numbers are counted 64 at a time, with the machine's best instructions: where they come one by one, [`Waiting`]
/// gathers them.
#[derive(Clone, Debug)]
pub struct ClusteredSample {
    unit: Unit,
    support: Support,
    arch: Arch,
    cluster: Cluster,
    /// Clusters with at least one number.
    clusters: u64,
    count: u64,
    sum: u128,
    squares: U256,
    min: u64,
    max: u64,
    counts: Cells,
    /// Sums over clusters of n^2, n * s and s^2, where s is a cluster's sum.
    counts_squared: u128,
    counts_by_sums: U256,
    sums_squared: U256,
    thirds: Thirds,
    /// As far as numbers reach.
    cells: Vec<Cell>,
}

/// The cluster being recorded.
#[derive(Clone, Debug)]
struct Cluster {
    count: u64,
    sum: u128,
    squares: u128,
    min: u64,
    max: u64,
    /// How many numbers lie in each cell.
    cells: Vec<u32>,
    /// A bit for each cell that is not empty.
    touched: Vec<u64>,
}

/// 128 cells an octave, for what a cluster adds in each.
const COARSE: Grid = Grid { bits: 7 };

/// So many numbers are counted at a time.
const BATCH: usize = 64;

/// Sums over clusters for one cell of the grid.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// What the cell adds to c(x)^2.
    squared: u128,
    /// What the cell adds to c(x) * n.
    crossed: u128,
}

impl Cell {
    /// A cluster of n numbers has so many in this cell, and so many in those below.
    #[inline(always)]
    fn add_run(&mut self, added: u64, below: u64, n: u64) {
        self.squared += u128::from(added) * u128::from(2 * below + added);
        self.crossed += u128::from(added) * u128::from(n);
    }

    fn add(&mut self, other: &Cell) {
        self.squared += other.squared;
        self.crossed += other.crossed;
    }
}

impl Cluster {
    const EMPTY: Cluster =
        Cluster { count: 0, sum: 0, squares: 0, min: u64::MAX, max: 0, cells: Vec::new(), touched: Vec::new() };
}

impl ClusteredSample {
    /// An empty sample of numbers up to 2^50.
    pub fn new(unit: Unit) -> ClusteredSample {
        let cells = COARSE.cell(1 << 50) + 1;
        ClusteredSample {
            unit,
            support: Support::Unknown,
            arch: Arch::new(),
            cluster: Cluster { cells: vec![0; cells], touched: vec![0; cells / 64 + 1], ..Cluster::EMPTY },
            clusters: 0,
            count: 0,
            sum: 0,
            squares: U256::ZERO,
            min: u64::MAX,
            max: 0,
            counts: Cells::default(),
            counts_squared: 0,
            counts_by_sums: U256::ZERO,
            sums_squared: U256::ZERO,
            thirds: Thirds::default(),
            cells: Vec::new(),
        }
    }

    /// The same of numbers of which this is known.
    pub fn with_support(self, support: Support) -> ClusteredSample {
        ClusteredSample { support, ..self }
    }

    /// Adds a number below 2^50 to the present cluster.
    pub fn record(&mut self, value: u64) {
        self.record_all(&[value]);
    }

    /// Adds numbers below 2^50 to the present cluster.
    pub fn record_all(&mut self, numbers: &[u64]) {
        numbers.chunks(BATCH).for_each(|numbers| self.record_batch(numbers));
    }

    /// Adds at most [`BATCH`] numbers.
    fn record_batch(&mut self, numbers: &[u64]) {
        let batch = self.arch.dispatch(Counting { numbers });
        let cluster = &mut self.cluster;
        cluster.count += numbers.len() as u64;
        cluster.sum += u128::from(batch.sum);
        // Each below 2^100, so 10^8 robots keep the sum below 2^127.
        cluster.squares += batch.squares();
        cluster.min = cluster.min.min(batch.min);
        cluster.max = cluster.max.max(batch.max);
        self.counts.reach(FINE.cell(batch.max));
        for (fine, coarse) in batch.fine.iter().zip(&batch.coarse).take(numbers.len()) {
            self.counts.count(*fine as usize);
            cluster.cells[*coarse as usize] += 1;
            cluster.touched[*coarse as usize / 64] |= 1 << (coarse % 64);
        }
    }

    /// Ends the present cluster.
    pub fn end_cluster(&mut self) {
        let cluster = &mut self.cluster;
        if cluster.count == 0 {
            return;
        }
        let last = COARSE.cell(cluster.max);
        if last >= self.cells.len() {
            self.cells.resize((last + 1).next_multiple_of(1 << COARSE.bits), Cell::default());
        }
        let (n, s) = (cluster.count, cluster.sum);
        self.count += n;
        self.sum += s;
        self.squares += U256::from(cluster.squares);
        self.min = self.min.min(cluster.min);
        self.max = self.max.max(cluster.max);
        self.add_sums(n, s);
        let cluster = &mut self.cluster;
        let mut up_to = 0;
        for word in COARSE.cell(cluster.min) / 64..=COARSE.cell(cluster.max) / 64 {
            let mut touched = std::mem::take(&mut cluster.touched[word]);
            while touched != 0 {
                let index = 64 * word + touched.trailing_zeros() as usize;
                touched &= touched - 1;
                let added = u64::from(std::mem::take(&mut cluster.cells[index]));
                self.cells[index].add_run(added, up_to, n);
                up_to += added;
            }
        }
        let cells = std::mem::take(&mut cluster.cells);
        let touched = std::mem::take(&mut cluster.touched);
        *cluster = Cluster { cells, touched, ..Cluster::EMPTY };
    }

    /// Adds a cluster's count of numbers and their sum to the sums over clusters.
    fn add_sums(&mut self, n: u64, s: u128) {
        self.clusters += 1;
        self.counts_squared += u128::from(n) * u128::from(n);
        self.counts_by_sums += U256::from(n) * U256::from(s);
        self.sums_squared += U256::from(s) * U256::from(s);
        self.thirds.add(&Thirds::new(n, s));
    }

    /// Adds another sample of the same metric; both between clusters. Exact in any order.
    pub fn merge(&mut self, other: &ClusteredSample) {
        debug_assert!(self.cluster.count + other.cluster.count == 0);
        self.clusters += other.clusters;
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.counts.merge(&other.counts);
        self.counts_squared += other.counts_squared;
        self.counts_by_sums += other.counts_by_sums;
        self.sums_squared += other.sums_squared;
        self.thirds.add(&other.thirds);
        self.cells.resize(self.cells.len().max(other.cells.len()), Cell::default());
        self.cells.iter_mut().zip(&other.cells).for_each(|(cell, other)| cell.add(other));
    }

    /// What the numbers mean.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The histogram of all numbers.
    pub fn histogram(&self) -> Histogram<u64> {
        self.counts.histogram()
    }

    /// All statistics as they are shown, in the order of [`Statistic::ALL`].
    pub fn estimates(&self) -> [Estimate; Statistic::ALL.len()] {
        let n = self.count;
        if n == 0 {
            return Estimate::of_nothing();
        }
        let show = |value: f64| self.unit.show(value);
        // Quantiles stand in ascending order, and so do their ranks.
        let percents: Vec<u64> = Statistic::ALL.into_iter().filter_map(Statistic::percent).collect();
        let ranks: Vec<u64> = percents.iter().map(|percent| rank(n, *percent)).collect();
        let places = self.counts.at_ranks(&ranks);
        let mut quantiles = percents.iter().zip(places).map(|(percent, place)| {
            let value = place.high.clamp(self.min, self.max) as f64;
            // What is shown is a cell's end.
            let interval = self.quantile_interval(*percent).map(|[low, high]| [low, high.max(value)]);
            Estimate::known(value, interval).shown(self.unit)
        });
        Statistic::ALL.map(|statistic| match statistic {
            Statistic::Count => Estimate::exact(Some(n as f64)),
            Statistic::Mean => self.mean().shown(self.unit),
            Statistic::Std => Estimate::exact(self.deviation().map(show)),
            Statistic::Min => Estimate::exact(Some(show(self.min as f64))),
            Statistic::Max => Estimate::exact(Some(show(self.max as f64))),
            _ => quantiles.next().expect("all others are quantiles"),
        })
    }

    /// One statistic, as it is shown.
    pub fn estimate(&self, statistic: Statistic) -> Estimate {
        self.estimates()[statistic as usize]
    }

    /// What results say of the sample.
    pub fn describe(&self) -> Description {
        Description::new(self.count, &self.estimates())
    }

    /// The mean in units; of at least one number.
    fn mean(&self) -> Estimate {
        let mean = self.sum as f64 / self.count as f64;
        if self.support == Support::Constant {
            return Estimate::within(Some(mean), [mean; 2]);
        }
        let (k, n) = (self.clusters as f64, self.count as f64);
        let [squares, cubes] = self.residuals();
        // Of a single cluster there is no interval, whatever its error.
        let error = (squares * k / (k - 1.0).max(1.0)).sqrt() / n;
        let skewness = skewness::of_mean(self.clusters, squares, cubes);
        MeanShape { terms: self.clusters, mean, error, skewness, unseen: UNSEEN }.estimate().bounded(0.0, f64::INFINITY)
    }

    /// The standard deviation in units; none with fewer than two numbers.
    fn deviation(&self) -> Option<f64> {
        let n = self.count;
        (n > 1).then(|| {
            let spread = U256::from(n) * self.squares - U256::from(self.sum) * U256::from(self.sum);
            (spread.as_f64() / (n as f64 * (n - 1) as f64)).sqrt()
        })
    }

    /// The sums over clusters of the squares and of the cubes of the residuals s - m n, where m is the mean.
    fn residuals(&self) -> [f64; 2] {
        // For the ratio m = whole + part. The residuals for the whole part are exact integers, so equal numbers have none.
        let signed = |value: u128| I256::from(value as i128);
        let (n, total) = (u128::from(self.count), self.sum);
        let whole = signed(total / n);
        let part = (total % n) as f64 / n as f64;
        let (nn, ns, ss) = (signed(self.counts_squared), self.counts_by_sums.as_i256(), self.sums_squared.as_i256());
        let squares = (ss - whole * ns * 2 + whole * whole * nn).as_f64() - 2.0 * part * (ns - whole * nn).as_f64()
            + part * part * nn.as_f64();
        [squares.max(0.0), self.thirds.residuals(self.sum, self.count)]
    }

    /// The interval of the quantile of `percent`.
    ///
    /// # Errors
    /// So few clusters leave it open.
    fn quantile_interval(&self, percent: u64) -> Result<[f64; 2], Lack> {
        let needed = fewest(percent);
        if self.clusters < needed {
            return Err(Lack::Few { of: self.clusters, needed });
        }
        let p = percent as f64 / 100.0;
        let (n, k) = (self.count as f64, self.clusters as f64);
        let t = t_quantile(self.clusters - 1);
        let last = COARSE.cell(self.max);
        let (mut up_to, mut squared, mut crossed) = (0u64, 0u128, 0u128);
        let mut low = None;
        let mut design_effect = 0.0;
        for index in COARSE.cell(self.min)..=last {
            let cell = &self.cells[index];
            let before = up_to;
            up_to += self.counts.between(COARSE.lowest(index), COARSE.lowest(index + 1));
            squared += cell.squared;
            crossed += cell.crossed;
            let share = up_to as f64 / n;
            // The sum over clusters of (c - share n)^2 gives the share's variance; over that of independent numbers it
            // is the design effect. Where every number counts there is none to be seen, and the last one seen holds.
            let residuals = squared as f64 - 2.0 * share * crossed as f64 + share * share * self.counts_squared as f64;
            if up_to < self.count {
                design_effect = residuals.max(0.0) * k / (k - 1.0) / n / (share * (1.0 - share));
            }
            let error = t * (p * (1.0 - p) / n * design_effect).sqrt();
            // The number below which such a share is, in this cell.
            let place = |share: f64| {
                let rank = (share * n).ceil().max(1.0) as u64;
                self.counts.at_ranks(&[rank.clamp((before + 1).min(up_to).max(1), up_to.max(1))])[0].at
            };
            if low.is_none() && share + error >= p {
                low = Some((index, place(p - error)[0]));
            }
            if share - error >= p {
                let Some((first, low)) = low else { break };
                // In the last cell every number counts, so nothing bounds the quantile from above, unless the cell
                // holds the whole interval.
                if index == last && first < last {
                    break;
                }
                return Ok([low, place(p + error)[1]].map(|end| end.clamp(self.min, self.max) as f64));
            }
        }
        // So many clusters would be as good as `needed` single numbers.
        let needed = (needed as f64 * k * design_effect / n).ceil().max(k + 1.0) as u64;
        Err(Lack::Few { of: self.clusters, needed })
    }
}

/// Third powers of what clusters come to, summed over clusters: of their counts n and of their sums s in steps of 16
/// units. So 2^32 clusters of 2^27 numbers below 2^50 stay below 2^251.
#[derive(Clone, Copy, Debug, Default)]
struct Thirds {
    nnn: U256,
    nns: U256,
    nss: U256,
    sss: U256,
}

/// How many units a step of [`Thirds`] holds.
const STEP: u128 = 16;

impl Thirds {
    fn new(n: u64, s: u128) -> Thirds {
        let [n, s] = [u128::from(n), s / STEP].map(U256::from);
        let (nn, ss) = (n * n, s * s);
        Thirds { nnn: nn * n, nns: nn * s, nss: n * ss, sss: ss * s }
    }

    fn add(&mut self, other: &Thirds) {
        self.nnn += other.nnn;
        self.nns += other.nns;
        self.nss += other.nss;
        self.sss += other.sss;
    }

    /// The sum of (s - m n)^3 in units, where m is `sum` / `count`.
    fn residuals(&self, sum: u128, count: u64) -> f64 {
        let [nnn, nns, nss, sss] = [self.nnn, self.nns, self.nss, self.sss].map(U256::as_i256);
        let steps = u128::from(count) * STEP;
        let whole = I256::from((sum / steps) as i128);
        let part = (sum % steps) as f64 / steps as f64;
        // For the whole part of m: the sums of (s - whole n)^3, of its square times n, and of itself times n^2.
        let cubes = sss - whole * nss * 3 + whole * whole * nns * 3 - whole * whole * whole * nnn;
        let squares = nss - whole * nns * 2 + whole * whole * nnn;
        let plain = nns - whole * nnn;
        let in_steps = cubes.as_f64() - 3.0 * part * squares.as_f64() + 3.0 * part * part * plain.as_f64()
            - part * part * part * nnn.as_f64();
        in_steps * (STEP * STEP * STEP) as f64
    }
}

/// The counting of a batch: what can be done to many numbers at a time.
struct Counting<'a> {
    /// At most [`BATCH`].
    numbers: &'a [u64],
}

/// What a batch comes to.
struct Batch {
    sum: u64,
    /// The sums of the squares and of the products of the numbers' halves of 25 bits.
    high: u64,
    mixed: u64,
    low: u64,
    min: u64,
    max: u64,
    /// The cells of [`FINE`] and of [`COARSE`] that hold the numbers.
    fine: [u32; BATCH],
    coarse: [u32; BATCH],
}

impl Batch {
    /// The sum of the squares.
    fn squares(&self) -> u128 {
        (u128::from(self.high) << 50) + (u128::from(self.mixed) << 26) + u128::from(self.low)
    }
}

impl NullaryFnOnce for Counting<'_> {
    type Output = Batch;

    #[inline(always)]
    fn call(self) -> Batch {
        let mut batch =
            Batch { sum: 0, high: 0, mixed: 0, low: 0, min: u64::MAX, max: 0, fine: [0; BATCH], coarse: [0; BATCH] };
        for number in self.numbers {
            // Products of 25 bits each, so 64 of them stay far below 2^64.
            let (high, low) = (number >> 25, number & ((1 << 25) - 1));
            batch.sum += number;
            batch.high += high * high;
            batch.mixed += high * low;
            batch.low += low * low;
            batch.min = batch.min.min(*number);
            batch.max = batch.max.max(*number);
        }
        for ((number, fine), coarse) in self.numbers.iter().zip(&mut batch.fine).zip(&mut batch.coarse) {
            *fine = FINE.cell(*number) as u32;
            *coarse = COARSE.cell(*number) as u32;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose, Stream, normal_quantile};
    use crate::statistics::Number;

    fn clusters(data: &[&[u64]]) -> ClusteredSample {
        let mut sample = ClusteredSample::new(Unit::Count);
        for cluster in data {
            cluster.iter().for_each(|value| sample.record(*value));
            sample.end_cluster();
        }
        sample
    }

    /// Against the formula, with data small enough to do by hand.
    #[test]
    fn the_mean_is_a_ratio_of_cluster_sums() {
        let sample = clusters(&[&[16, 48], &[128], &[32, 32, 32], &[]]);
        let described = sample.describe();
        assert_eq!((described.count, described.mean), (6, Some(Number(48.0))));
        // s - 48 n is 64 - 96, 128 - 48, 96 - 144.
        let [a, b, c] = [-32.0, 80.0, -48.0_f64];
        assert_eq!(sample.residuals(), [a * a + b * b + c * c, a * a * a + b * b * b + c * c * c]);
        assert_eq!(
            (described.min, described.p50, described.max),
            (Some(Number(16.0)), Some(Number(32.0)), Some(Number(128.0)))
        );
        assert_eq!(described.mean_ci95, None, "three clusters are too few");
        // Four times the same: the skewness of twelve terms is that of three.
        let four = [16, 48].as_slice();
        let four = clusters(&[[four, &[128], &[32, 32, 32]]; 4].concat());
        let [squares, cubes] = four.residuals();
        let error = (squares * 12.0 / 11.0).sqrt() / 24.0;
        let skewness = skewness::of_mean(12, squares, cubes);
        let shape = MeanShape { terms: 12, mean: 48.0, error, skewness, unseen: UNSEEN };
        assert_eq!(four.estimate(Statistic::Mean).interval, shape.estimate().interval);
        assert!(skewness > 0.1, "{skewness}");
    }

    /// Equal numbers may be so by chance, or because nothing is left to chance.
    #[test]
    fn equal_numbers_have_no_spread_whatever_the_clusters() {
        let same = Number(987_654_321.0);
        let data = [[987_654_321; 5].as_slice(), &[987_654_321], &[987_654_321; 17]];
        let sample = clusters(&(0..400).map(|index| data[index % 3]).collect::<Vec<_>>());
        let described = sample.describe();
        assert_eq!((described.std, described.mean_ci95), (Some(Number(0.0)), None));
        assert_eq!(sample.estimate(Statistic::Mean).lack, Some(Lack::Same));
        assert_eq!((described.p50_ci95, described.p99_ci95), (Some([same, same]), Some([same, same])));
        let certain = sample.with_support(Support::Constant).describe();
        assert_eq!(certain.mean_ci95, Some([same, same]));
    }

    /// The quantile of robots that may all be alike needs as many replications as that of single numbers.
    #[test]
    fn quantiles_need_clusters() {
        let of = |count: u64| {
            let sample = clusters(&(0..count).map(|_| [1, 2, 3, 4, 5, 6, 7, 8].as_slice()).collect::<Vec<_>>());
            [Statistic::P50, Statistic::P99].map(|statistic| sample.estimate(statistic).lack)
        };
        assert_eq!(of(5), [Some(Lack::Few { of: 5, needed: 6 }), Some(Lack::Few { of: 5, needed: 368 })]);
        assert_eq!(of(367), [None, Some(Lack::Few { of: 367, needed: 368 })]);
        assert_eq!(of(368), [None, None]);
    }

    #[test]
    fn one_cluster_has_no_interval() {
        let described = clusters(&[&[1, 2, 3]]).describe();
        assert_eq!((described.mean_ci95, described.p50_ci95), (None, None));
        assert_eq!(described.std, Some(Number(1.0)));
    }

    #[test]
    fn merging_is_exact_in_any_order() {
        let (a, b) = (clusters(&[&[1, 900], &[70, 70]]), clusters(&[&[5], &[1 << 49, 3, 3]]));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        let whole = clusters(&[&[5], &[70, 70], &[1 << 49, 3, 3], &[1, 900]]).describe();
        assert_eq!((ab.describe(), ba.describe()), (whole.clone(), whole));
    }

    /// Coverage of the 95 % intervals where numbers of a cluster go together: a common part and an own one, of equal
    /// size. Over 600 samples a true coverage of 0.95 has a standard error of 0.009; four of them are allowed below,
    /// none above matters. An interval that took the 4,000 numbers for independent would cover less than two thirds.
    #[test]
    fn intervals_cover_in_spite_of_clusters() {
        let normal = |stream: &mut Stream| normal_quantile(stream.open01());
        let (clusters, members, samples) = (400, 10, 600);
        let mut covered = [0; 3];
        let truth = [10_000.0, 10_000.0, 10_000.0 + 1000.0 * 2f64.sqrt() * normal_quantile(0.99)];
        for index in 0..samples {
            let mut sample = ClusteredSample::new(Unit::Count);
            for cluster in 0..clusters {
                let mut stream = Luck::new(11, index).job(cluster, Purpose::Preparing);
                let common = normal(&mut stream);
                for _ in 0..members {
                    sample.record((10_000.0 + 1000.0 * (common + normal(&mut stream))) as u64);
                }
                sample.end_cluster();
            }
            let described = sample.describe();
            let intervals = [described.mean_ci95, described.p50_ci95, described.p99_ci95];
            for ((interval, truth), covered) in intervals.iter().zip(truth).zip(&mut covered) {
                let [low, high] = interval.expect("400 clusters give every interval");
                let inside = low.0 <= truth && truth <= high.0;
                *covered += u32::from(inside);
            }
        }
        for covered in covered {
            assert!(f64::from(covered) / f64::from(samples) > 0.95 - 4.0 * 0.009, "{covered} of {samples}");
        }
    }
}
