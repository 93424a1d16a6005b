//! A sample of independent numbers.

use ethnum::U256;
use hdrhistogram::Histogram;

use super::cells::{Cells, Place};
use super::estimate::Lack;
use super::interval::{fewest, quantile_ranks, unseen};
use super::skewness::{self, HEAVY, MeanShape, UNSEEN};
use super::{Description, Estimate, Lasting, Statistic, Unit};

/// The largest integer a histogram is given.
const HISTOGRAM_MAX: u128 = 1 << 62;

/// What is known of numbers before any is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Support {
    #[default]
    Unknown,
    /// The least and the greatest that there may be.
    Within([u128; 2]),
    /// All are the same: nothing is left to chance.
    Constant,
}

/// Numbers of which each replication gives at most one.
#[derive(Clone, Debug)]
pub struct Sample {
    unit: Unit,
    support: Support,
    /// How many units the histogram's unit holds; 1 unless sums over a huge fleet would not fit.
    resolution: u128,
    count: u64,
    sum: u128,
    squares: U256,
    min: u128,
    max: u128,
    histogram: Cells,
    /// Of a sample that may have them: how many are later than any number, beside those counted.
    never: Option<u64>,
}

impl Sample {
    /// An empty sample of numbers up to 2^62.
    pub fn new(unit: Unit) -> Sample {
        Sample::with_bound(unit, HISTOGRAM_MAX)
    }

    /// An empty sample of numbers up to `bound` < 2^90.
    pub fn with_bound(unit: Unit, bound: u128) -> Sample {
        let mut resolution = 1;
        while bound / resolution > HISTOGRAM_MAX {
            resolution *= 10;
        }
        Sample {
            unit,
            support: Support::Unknown,
            resolution,
            count: 0,
            sum: 0,
            squares: U256::ZERO,
            min: u128::MAX,
            max: 0,
            histogram: Cells::default(),
            never: None,
        }
    }

    /// The same of times that may never come: those are later than any number.
    pub fn with_never(self) -> Sample {
        Sample { never: Some(0), ..self }
    }

    /// The same of numbers of which this is known.
    pub fn with_support(self, support: Support) -> Sample {
        Sample { support, ..self }
    }

    /// Adds a number.
    pub fn record(&mut self, value: u128) {
        self.count += 1;
        self.sum += value;
        self.squares += U256::from(value) * U256::from(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let coarse = (value / self.resolution).min(HISTOGRAM_MAX) as u64;
        self.histogram.record(coarse);
    }

    /// Adds a time that never comes.
    pub fn record_never(&mut self) {
        *self.never.get_or_insert(0) += 1;
    }

    /// Adds another sample of the same metric. Exact: any order of merging gives the same sample.
    pub fn merge(&mut self, other: &Sample) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.histogram.merge(&other.histogram);
        self.never = self.never.map(|never| never + other.never.unwrap_or(0));
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Of times that may never come: how many do not, beside the numbers that there are.
    pub fn never(&self) -> Option<u64> {
        self.never
    }

    /// What the numbers mean.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The histogram, in steps of [`Sample::resolution`] units.
    pub fn histogram(&self) -> Histogram<u64> {
        self.histogram.histogram()
    }

    /// How many units a step of the histogram holds.
    pub fn resolution(&self) -> u128 {
        self.resolution
    }

    /// The `p`-quantile for p in percent: the number of rank ceil(n p), to three significant digits, as it is shown.
    pub fn quantile(&self, percent: u64) -> Option<f64> {
        (self.count > 0).then(|| self.show_coarse(self.histogram.at_ranks(&[rank(self.count, percent)])[0].high))
    }

    /// Between which two numbers that of this rank (from 1) is: the ends of the histogram's cell, within the exact minimum
    /// and maximum.
    pub(super) fn at_rank(&self, rank: u64) -> [f64; 2] {
        let place = self.histogram.at_ranks(&[rank])[0];
        [place.low, place.high].map(|end| self.show_coarse(end))
    }

    /// A number of the histogram as it is shown.
    fn show_coarse(&self, coarse: u64) -> f64 {
        self.unit.show((u128::from(coarse) * self.resolution).clamp(self.min, self.max) as f64)
    }

    /// The mean in units; of at least one number.
    fn mean(&self) -> Estimate {
        let n = self.count;
        let mean = self.sum as f64 / n as f64;
        let estimate = self.shape(mean).estimate();
        match self.support {
            Support::Constant => Estimate::within(Some(mean), [mean; 2]),
            Support::Within([least, greatest]) if least == greatest => Estimate::within(Some(mean), [mean; 2]),
            Support::Within(ends) if estimate.lack == Some(Lack::Same) => {
                // What has not been seen in n numbers is hardly more frequent than this, and no number is further off
                // than the ends.
                Estimate::within(Some(mean), ends.map(|end| mean + unseen(n) * (end as f64 - mean)))
            }
            Support::Within([least, greatest]) => estimate.bounded(least as f64, greatest as f64),
            Support::Unknown => estimate.bounded(0.0, f64::INFINITY),
        }
    }

    /// What the interval of the mean needs. How skewed numbers are, and how heavy their tail is, the histogram knows well
    /// enough.
    fn shape(&self, mean: f64) -> MeanShape {
        let n = self.count;
        let error = self.deviation().unwrap_or(0.0) / (n as f64).sqrt();
        if n < 3 || error == 0.0 {
            return MeanShape { terms: n, mean, error, skewness: 0.0, unseen: UNSEEN };
        }
        let middle = |(low, high, count): (u64, u64, u64)| (low as f64 / 2.0 + high as f64 / 2.0, count as f64);
        let sum: f64 = self.histogram.recorded().map(middle).map(|(value, count)| count * value).sum();
        let center = sum / n as f64;
        let [squares, cubes, fourths] = skewness::powers(self.histogram.recorded().map(middle), center);
        let skewness = skewness::of_mean(n, squares, cubes);
        let heavy = skewness > 0.0 && self.is_heavy();
        let unseen = if heavy { HEAVY } else { skewness::unseen(n, squares, cubes, fourths) };
        MeanShape { terms: n, mean, error, skewness, unseen }
    }

    /// Whether the tail's index is below 2, with which numbers have no variance: by the greatest tenth of the numbers
    /// that are not 0 (B. M. Hill, "A simple general approach to inference about the tail of a distribution", Annals of
    /// Statistics 3 (1975)). Fewer than ten numbers show no tail.
    fn is_heavy(&self) -> bool {
        let zeros = self.histogram.between(0, 1);
        let wanted = (self.count - zeros) / 10;
        let (mut seen, mut logs) = (0, 0.0);
        for (low, _, count) in self.histogram.recorded().rev() {
            if seen + count > wanted {
                // The index is `wanted` over the sum of the logarithms of how many times as great as this one they are.
                return wanted >= 10 && logs - seen as f64 * libm::log(low as f64) > wanted as f64 / 2.0;
            }
            seen += count;
            logs += count as f64 * libm::log(low as f64);
        }
        false
    }

    /// The standard deviation in units; none with fewer than two numbers.
    fn deviation(&self) -> Option<f64> {
        let n = self.count;
        (n > 1).then(|| {
            // n * sum(x^2) - (sum x)^2 is an exact integer, so equal numbers have deviation 0.
            let spread = U256::from(n) * self.squares - U256::from(self.sum) * U256::from(self.sum);
            (spread.as_f64() / (n as f64 * (n - 1) as f64)).sqrt()
        })
    }

    /// All statistics as they are shown, in the order of [`Statistic::ALL`].
    pub fn estimates(&self) -> [Estimate; Statistic::ALL.len()] {
        let n = self.count + self.never.unwrap_or(0);
        if n == 0 {
            return Estimate::of_nothing();
        }
        let show = |value: f64| self.unit.show(value);
        let quantiles = Statistic::ALL.map(|statistic| {
            let percent = statistic.percent()?;
            Some((percent, rank(n, percent), quantile_ranks(n, percent)))
        });
        // All ranks that matter are found in one pass over the histogram.
        let ends = |interval: Option<(u64, u64)>| interval.into_iter().flat_map(|(lower, upper)| [lower, upper]);
        let mut ranks: Vec<u64> =
            quantiles.iter().flatten().flat_map(|(_, rank, interval)| ends(*interval).chain([*rank])).collect();
        ranks.retain(|rank| *rank <= self.count);
        ranks.sort_unstable();
        ranks.dedup();
        let places = self.histogram.at_ranks(&ranks);
        let place = |rank: u64| places[ranks.binary_search(&rank).expect("it was asked for")];
        // What never comes has the last ranks.
        let shown = |rank: u64, at: fn(Place) -> u64| match rank {
            rank if rank > self.count => f64::INFINITY,
            rank => self.show_coarse(at(place(rank))),
        };
        let extreme = |never: bool, value: u128| Some(if never { f64::INFINITY } else { show(value as f64) });
        Statistic::ALL.map(|statistic| match statistic {
            Statistic::Count => Estimate::exact(Some(n as f64)),
            Statistic::Mean | Statistic::Std if self.never.is_some() => Estimate::default(),
            Statistic::Mean => self.mean().shown(self.unit),
            Statistic::Std => Estimate::exact(self.deviation().map(show)),
            Statistic::Min => Estimate::exact(extreme(self.count == 0, self.min)),
            Statistic::Max => Estimate::exact(extreme(self.count < n, self.max)),
            quantile => quantiles[quantile as usize].map_or_else(Estimate::default, |(percent, rank, interval)| {
                let value = shown(rank, |place| place.high);
                let ends = interval
                    .map(|(lower, upper)| [shown(lower, |place| place.at[0]), shown(upper, |place| place.at[1])]);
                // What is shown is its cell's end.
                let ends = ends.map(|[low, high]| [low, high.max(value)]);
                Estimate::known(value, ends.ok_or_else(|| Lack::Few { of: n, needed: fewest(percent) }))
            }),
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

    /// The same of times that may never come; none of other numbers.
    pub fn describe_lasting(&self) -> Option<Lasting> {
        self.never.map(|never| Lasting::new(self.count, never, &self.estimates()))
    }
}

/// The rank of the quantile: ceil(n * percent / 100), at least 1.
pub fn rank(n: u64, percent: u64) -> u64 {
    ((u128::from(n) * u128::from(percent)).div_ceil(100) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Lack, Number};

    fn sample(unit: Unit, values: &[u128]) -> Sample {
        let mut sample = Sample::new(unit);
        values.iter().for_each(|value| sample.record(*value));
        sample
    }

    #[test]
    fn describes_small_samples_exactly() {
        let described = sample(Unit::Count, &[4, 1, 3, 2]).describe();
        assert_eq!((described.count, described.mean, described.p50), (4, Some(Number(2.5)), Some(Number(2.0))));
        assert_eq!(
            (described.min, described.max, described.p99),
            (Some(Number(1.0)), Some(Number(4.0)), Some(Number(4.0)))
        );
        let std = described.std.unwrap().0;
        assert!((std * std - 5.0 / 3.0).abs() < 1e-12);
        assert_eq!(described.mean_ci95, None, "four numbers are too few");
        assert_eq!(described.p50_ci95, None, "four numbers do not enclose a median with 95 %");
        // 1 to 11 are not skewed: Student's interval, t(10) = 2.228138852.
        let described = sample(Unit::Count, &(1..=11).collect::<Vec<_>>()).describe();
        let half = 2.228_138_852 * (11.0_f64 / 11.0).sqrt();
        let [low, high] = described.mean_ci95.unwrap();
        assert!((low.0 - (6.0 - half)).abs() < 1e-9 && (high.0 - (6.0 + half)).abs() < 1e-9);
    }

    /// What was never seen may happen all the same, unless it cannot.
    #[test]
    fn numbers_that_were_always_the_same() {
        let mean = |support: Support, value: u128| {
            let sample = (0..200).fold(Sample::new(Unit::Count).with_support(support), |mut sample, _| {
                sample.record(value);
                sample
            });
            sample.estimate(Statistic::Mean)
        };
        let unknown = mean(Support::Unknown, 3);
        assert_eq!((unknown.interval, unknown.lack), (None, Some(Lack::Same)));
        // 1 - 0.05^(1/200) is 0.014867.
        let [low, high] = mean(Support::Within([0, 50]), 0).interval.expect("it has ends");
        assert!(low == 0.0 && (high - 50.0 * 0.014_867).abs() < 1e-4, "{low} {high}");
        let [low, high] = mean(Support::Within([1, 5]), 2).interval.expect("it has ends");
        assert!((low - 2.0 + 0.014_867).abs() < 1e-6 && (high - 2.0 - 3.0 * 0.014_867).abs() < 1e-6, "{low} {high}");
        for support in [Support::Constant, Support::Within([7, 7])] {
            assert_eq!(mean(support, 7), Estimate::within(Some(7.0), [7.0, 7.0]));
        }
    }

    /// The tail index of Pareto's distribution is its shape, here by its quantiles.
    #[test]
    fn heavy_tails_are_known() {
        let of = |shape: f64, count: u128| {
            let value = |index: u128| 1e3 * libm::pow(1.0 - (index as f64 + 0.5) / count as f64, -1.0 / shape);
            sample(Unit::Count, &(0..count).map(|index| value(index) as u128).collect::<Vec<_>>()).is_heavy()
        };
        assert!(of(1.5, 1000) && of(1.8, 1000) && !of(2.5, 1000));
        assert!(!of(1.5, 90), "nine numbers are no tail");
        assert!(!sample(Unit::Count, &[0; 500]).is_heavy());
    }

    #[test]
    fn one_number_and_none() {
        let one = sample(Unit::Seconds, &[1_500_000]).describe();
        assert_eq!((one.mean, one.std, one.mean_ci95, one.p99), (Some(Number(1.5)), None, None, Some(Number(1.5))));
        assert_eq!(Sample::new(Unit::Seconds).describe(), Description::default());
    }

    #[test]
    fn equal_numbers_have_no_spread() {
        let described = sample(Unit::Seconds, &[123_456_789; 1000]).describe();
        let same = Some(Number(123.456789));
        assert_eq!(described.std, Some(Number(0.0)));
        assert_eq!([described.mean, described.min, described.p50, described.p99, described.max], [same; 5]);
        assert_eq!(described.p99_ci95, Some([Number(123.456789); 2]));
    }

    #[test]
    fn quantiles_are_right_to_one_part_in_a_thousand() {
        let values: Vec<u128> = (1..=100_000).map(|i| i * 7919).collect();
        let sample = sample(Unit::Count, &values);
        for percent in [1, 50, 90, 95, 99] {
            let exact = (percent * 1000 * 7919) as f64;
            let found = sample.quantile(percent).unwrap();
            assert!(found >= exact && found <= exact * 1.001, "{percent}: {found} for {exact}");
        }
    }

    #[test]
    fn merging_is_exact_in_any_order() {
        let (a, b) = (sample(Unit::Seconds, &[1, 2, 3_000_000]), sample(Unit::Seconds, &[1 << 61, 5]));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        assert_eq!(ab.describe(), ba.describe());
        assert_eq!(ab.describe(), sample(Unit::Seconds, &[1 << 61, 3_000_000, 5, 2, 1]).describe());
    }

    /// The 90th and 95th percentile have intervals that a description leaves out.
    #[test]
    fn every_quantile_has_an_interval() {
        let sample = sample(Unit::Count, &(1..=1000).collect::<Vec<u128>>());
        for (statistic, percent) in [(Statistic::P90, 90), (Statistic::P95, 95)] {
            let (lower, upper) = quantile_ranks(1000, percent).expect("enough numbers");
            let expected = Estimate::within(Some(10.0 * percent as f64), [lower as f64, upper as f64]);
            assert_eq!(sample.estimate(statistic), expected);
        }
    }

    #[test]
    fn sums_over_the_largest_fleet_fit() {
        let bound = 100_000_000 * (1u128 << 50);
        let mut sample = Sample::with_bound(Unit::Seconds, bound);
        sample.record(bound);
        sample.record(bound / 2);
        let described = sample.describe();
        assert_eq!(described.max, Some(Number(bound as f64 / 1e6)));
        let relative = described.p50.unwrap().0 / (bound as f64 / 2e6);
        assert!((1.0..1.001).contains(&relative), "{relative}");
    }
}
