//! A sample of independent numbers.

use ethnum::U256;
use hdrhistogram::Histogram;

use super::cells::Cells;
use super::interval::{quantile_ranks, t_quantile};
use super::{Description, Estimate, Statistic, Unit};

/// The largest integer a histogram is given.
const HISTOGRAM_MAX: u128 = 1 << 62;

/// Numbers of which each replication gives at most one.
#[derive(Clone, Debug)]
pub struct Sample {
    unit: Unit,
    /// How many units the histogram's unit holds; 1 unless sums over a huge fleet would not fit.
    resolution: u128,
    count: u64,
    sum: u128,
    squares: U256,
    min: u128,
    max: u128,
    histogram: Cells,
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
            resolution,
            count: 0,
            sum: 0,
            squares: U256::ZERO,
            min: u128::MAX,
            max: 0,
            histogram: Cells::default(),
        }
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

    /// Adds another sample of the same metric. Exact: any order of merging gives the same sample.
    pub fn merge(&mut self, other: &Sample) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.histogram.merge(&other.histogram);
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.count
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
        (self.count > 0).then(|| self.at_ranks(&[rank(self.count, percent)])[0].1)
    }

    /// The numbers at these ranks (from 1, ascending): the ends of the histogram's cells, within the exact minimum and
    /// maximum.
    pub(super) fn at_ranks(&self, ranks: &[u64]) -> Vec<(f64, f64)> {
        let show =
            |coarse: u64| self.unit.show((u128::from(coarse) * self.resolution).clamp(self.min, self.max) as f64);
        self.histogram.at_ranks(ranks).into_iter().map(|(low, high)| (show(low), show(high))).collect()
    }

    /// The mean in units, with its t interval; of at least one number.
    fn mean(&self) -> (f64, Option<[f64; 2]>) {
        let n = self.count;
        let mean = self.sum as f64 / n as f64;
        let interval = self.deviation().map(|std| {
            let half = t_quantile(n - 1) * std / (n as f64).sqrt();
            [mean - half, mean + half]
        });
        (mean, interval)
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
        let n = self.count;
        if n == 0 {
            return Estimate::of_nothing();
        }
        let show = |value: f64| self.unit.show(value);
        let quantiles = Statistic::ALL.map(|statistic| {
            let percent = statistic.percent()?;
            Some((rank(n, percent), quantile_ranks(n, percent)))
        });
        // All ranks that matter are found in one pass over the histogram.
        let ends = |interval: Option<(u64, u64)>| interval.into_iter().flat_map(|(lower, upper)| [lower, upper]);
        let mut ranks: Vec<u64> =
            quantiles.iter().flatten().flat_map(|(rank, interval)| ends(*interval).chain([*rank])).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let cells = self.at_ranks(&ranks);
        let cell = |rank: u64| cells[ranks.binary_search(&rank).expect("it was asked for")];
        Statistic::ALL.map(|statistic| match statistic {
            Statistic::Count => Estimate::exact(Some(n as f64)),
            Statistic::Mean => {
                let (mean, interval) = self.mean();
                Estimate { value: Some(show(mean)), interval: interval.map(|ends| ends.map(show)) }
            }
            Statistic::Std => Estimate::exact(self.deviation().map(show)),
            Statistic::Min => Estimate::exact(Some(show(self.min as f64))),
            Statistic::Max => Estimate::exact(Some(show(self.max as f64))),
            quantile => quantiles[quantile as usize].map_or_else(Estimate::default, |(rank, interval)| Estimate {
                value: Some(cell(rank).1),
                interval: interval.map(|(lower, upper)| [cell(lower).0, cell(upper).1]),
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
}

/// The rank of the quantile: ceil(n * percent / 100), at least 1.
pub fn rank(n: u64, percent: u64) -> u64 {
    ((u128::from(n) * u128::from(percent)).div_ceil(100) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Number;

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
        // t(3) = 3.182446305
        let [low, high] = described.mean_ci95.unwrap();
        assert!((high.0 - 2.5 - 3.182_446_305 * std / 2.0).abs() < 1e-9 && (low.0 + high.0 - 5.0).abs() < 1e-12);
        assert_eq!(described.p50_ci95, None, "four numbers do not enclose a median with 95 %");
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
            let expected =
                Estimate { value: Some(10.0 * percent as f64), interval: Some([lower as f64, upper as f64]) };
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
