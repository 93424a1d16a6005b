//! How far quantiles are apart, by order statistics.

use super::row::Row;
use crate::statistics::interval::{Z, quantile_ranks};
use crate::statistics::rank;

/// The quantiles that are compared, in percent, from the greatest to the least.
pub const PERCENTS: [u64; 3] = [99, 95, 50];

/// A sample of a measure: the numbers by their rank, and the ranks of replications.
struct Ordered {
    /// In ascending order.
    numbers: Vec<i128>,
    /// The rank of each replication's number, from 0; none where it has no number. Of equal numbers those of earlier
    /// replications come first, in both samples.
    ranks: Vec<Option<u32>>,
}

impl Ordered {
    fn new(rows: &[Row], measure: usize) -> Ordered {
        let mut numbered: Vec<(i128, u32)> =
            (0..).zip(rows).filter_map(|(index, row)| Some((row.value(measure)?, index))).collect();
        numbered.sort_unstable();
        let mut ranks = vec![None; rows.len()];
        (0..).zip(&numbered).for_each(|(rank, (_, index))| ranks[*index as usize] = Some(rank));
        Ordered { numbers: numbered.into_iter().map(|(number, _)| number).collect(), ranks }
    }

    fn count(&self) -> u64 {
        self.numbers.len() as u64
    }

    /// The quantile of the sample itself, and its 95 % interval by order statistics, where there are numbers enough.
    fn quantile(&self, percent: u64) -> Option<(i128, Option<[i128; 2]>)> {
        let total = self.count();
        let at = |rank: u64| self.numbers[rank as usize - 1];
        let interval = quantile_ranks(total, percent).map(|(low, high)| [at(low), at(high)]);
        (total > 0).then(|| (at(rank(total, percent)), interval))
    }

    /// Where the quantile is with 95 % confidence, nearly: as its interval, but between numbers, where the normal
    /// distribution has the ends of the binomial one. It is not exact as that one is, and errs on neither side.
    fn ends(&self, percent: u64) -> Option<[i128; 2]> {
        quantile_ranks(self.count(), percent)?;
        let (n, p) = (self.count() as f64, percent as f64 / 100.0);
        let spread = Z * (n * p * (1.0 - p)).sqrt();
        // Ranks from 0.
        let [low, high] = [-spread, spread].map(|off| (n * p - 0.5 + off).clamp(0.0, n - 1.0));
        let between = |rank: f64| {
            let below = self.numbers[rank as usize];
            let above = self.numbers[rank.ceil() as usize];
            (below, (above - below) as f64 * rank.fract())
        };
        let ((low, more), (high, most)) = (between(low), between(high));
        Some([low + more.floor() as i128, high + most.ceil() as i128])
    }
}

/// A quantile of both samples, in whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantileComparison {
    /// Those of each side, with the intervals of [`quantile_ranks`].
    pub sides: [Option<(i128, Option<[i128; 2]>)>; 2],
    /// Second less first, with its 95 % interval; none where a side has no number, or too few for an interval.
    pub difference: Option<(i128, Option<[i128; 2]>)>,
}

/// Compares the quantiles of a measure, in the order of [`PERCENTS`], of replications that come in pairs or do not.
pub fn compare(rows: [&[Row]; 2], measure: usize, paired: bool) -> [QuantileComparison; PERCENTS.len()] {
    let samples = rows.map(|rows| Ordered::new(rows, measure));
    PERCENTS.map(|percent| {
        let sides = samples.each_ref().map(|sample| sample.quantile(percent));
        let difference = sides[0].zip(sides[1]).map(|((a, _), (b, _))| {
            let correlation = || if paired { correlation(&samples, percent) } else { 0.0 };
            let [of_a, of_b] = samples.each_ref().map(|sample| sample.ends(percent));
            (b - a, of_a.zip(of_b).map(|(of_a, of_b)| difference((a, of_a), (b, of_b), correlation())))
        });
        QuantileComparison { sides, difference }
    })
}

/// A quantile with its interval.
type Known = (i128, [i128; 2]);

/// The 95 % interval of the difference, second less first: the intervals of both quantiles put together with their
/// correlation, as R. G. Newcombe does with probabilities (G. Y. Zou and A. Donner, "Construction of confidence limits
/// about effect measures: a general approach", Statistics in Medicine 27 (2008)).
fn difference((a, [a_low, a_high]): Known, (b, [b_low, b_high]): Known, correlation: f64) -> [i128; 2] {
    // Numbers stay below 2^90, and what floats lose of them is far less than the interval's length.
    let root = |x: i128, y: i128| {
        let (x, y) = (x as f64, y as f64);
        (x * x - 2.0 * correlation * x * y + y * y).max(0.0).sqrt().ceil() as i128
    };
    [b - a - root(b - b_low, a_high - a), b - a + root(b_high - b, a - a_low)]
}

/// The correlation of two quantiles, in pairs: that of whether numbers are below them. Of the pairs with a number above one
/// quantile and one below the other, one more is counted than there is, since that there is none does not prove that there
/// is never any.
fn correlation([a, b]: &[Ordered; 2], percent: u64) -> f64 {
    const MORE: f64 = 1.0;
    let below = |sample: &Ordered, place: u32| u64::from(place) < rank(sample.count(), percent);
    let (mut pairs, mut apart) = (0_u64, 0_u64);
    for (first, second) in a.ranks.iter().zip(&b.ranks) {
        if let (Some(first), Some(second)) = (first, second) {
            pairs += 1;
            apart += u64::from(below(a, *first) != below(b, *second));
        }
    }
    let p = percent as f64 / 100.0;
    let variance = [a, b].map(|sample| sample.count() as f64 * p * (1.0 - p));
    // How far the counts below both scatter apart; numbers without a partner do it on their own.
    let scatter = apart as f64 + MORE + variance[0] + variance[1] - 2.0 * pairs as f64 * p * (1.0 - p);
    ((variance[0] + variance[1] - scatter) / 2.0 / (variance[0] * variance[1]).sqrt()).max(-1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::{MEASURES, TIME_TO_SUCCESS};
    use crate::random::{Luck, Purpose, Stream, normal_quantile};
    use crate::rollout::CampaignOutcome;

    fn row(number: Option<u128>) -> Row {
        let mut all = [Some(0); MEASURES.len()];
        all[TIME_TO_SUCCESS] = number;
        Row::new(CampaignOutcome::InSync, all).expect("a row")
    }

    /// A pair of numbers, negative where there is none.
    type Pairs = fn(&mut Stream) -> [f64; 2];

    /// How often over 400 experiments of `n` pairs the interval holds the true difference of the quantiles, and how often
    /// it is a point.
    fn coverage(n: u32, percent: usize, paired: bool, truth: f64, draw: Pairs) -> [f64; 2] {
        const EXPERIMENTS: u64 = 400;
        let (mut covered, mut points) = (0, 0);
        for experiment in 0..EXPERIMENTS {
            let pairs = (0..n).map(|index| {
                let drawn = draw(&mut Luck::new(experiment, index).job(0, Purpose::Preparing));
                drawn.map(|number| row((number >= 0.0).then_some(number as u128)))
            });
            let (first, second): (Vec<Row>, Vec<Row>) = pairs.map(|[a, b]| (a, b)).unzip();
            let compared = compare([&first, &second], TIME_TO_SUCCESS, paired);
            let [low, high] = compared[percent].difference.expect("numbers").1.expect("enough");
            covered += u32::from(low <= truth.ceil() as i128 && truth.floor() as i128 <= high);
            points += u32::from(low == high);
        }
        [covered, points].map(|count| f64::from(count) / EXPERIMENTS as f64)
    }

    /// Both numbers exponential times, the second one longer in a thirtieth of the pairs alone: most resamples of a
    /// bootstrap would show no difference.
    fn few_differ(stream: &mut Stream) -> [f64; 2] {
        let time = -60e6 * libm::log(stream.open01());
        let longer = stream.open01() < 1.0 / 30.0;
        [time, if longer { time + 100e6 } else { time }]
    }

    /// Where the distribution function of the second number is `p`, by bisection.
    fn quantile_where_few_differ(p: f64) -> f64 {
        let below = |time: f64| if time <= 0.0 { 0.0 } else { -libm::expm1(-time / 60e6) };
        let (mut low, mut high) = (0.0, 1e10);
        for _ in 0..100 {
            let middle = (low + high) / 2.0;
            if (29.0 * below(middle) + below(middle - 100e6)) / 30.0 < p { low = middle } else { high = middle }
        }
        low
    }

    fn normal_pair(stream: &mut Stream) -> [f64; 2] {
        let [shared, own] = [(); 2].map(|()| normal_quantile(stream.open01()));
        [20.0 + shared, 20.5 + 0.9 * shared + 0.435_889_9 * own].map(|number| number * 1e6)
    }

    /// Whole numbers from 1 to 10, the second one 1 more where it is 9 or 10; one pair in ten lacks one of them.
    fn counts(stream: &mut Stream) -> [f64; 2] {
        let number = (stream.open01() * 10.0).ceil();
        let lacks = stream.open01();
        let second = number + f64::from(number > 8.5);
        [if lacks < 0.05 { -1.0 } else { number }, if lacks > 0.95 { -1.0 } else { second }]
    }

    /// The standard error of 0.95 over 400 experiments is 0.011.
    #[test]
    fn intervals_cover_the_true_difference() {
        let of_few = |p: f64| quantile_where_few_differ(p) + 60e6 * libm::log(1.0 - p);
        for (n, place, paired, truth, draw, name) in [
            (200, 2, true, of_few(0.5), few_differ as Pairs, "few differ, p50"),
            (200, 1, true, of_few(0.95), few_differ, "few differ, p95"),
            (400, 0, true, of_few(0.99), few_differ, "few differ, p99"),
            (200, 2, true, 0.5e6, normal_pair, "normal, p50"),
            (200, 1, true, 0.5e6, normal_pair, "normal, p95"),
            (400, 0, true, 0.5e6, normal_pair, "normal, p99"),
            (200, 2, false, 0.5e6, normal_pair, "not in pairs, p50"),
            (200, 1, false, 0.5e6, normal_pair, "not in pairs, p95"),
            (200, 1, true, 1.0, counts, "counts, p95"),
            (200, 2, true, 0.0, counts, "counts, p50"),
        ] {
            let [covered, points] = coverage(n, place, paired, truth, draw);
            assert!(covered > 0.95 - 2.0 * 0.011, "{name}: {covered}");
            assert!(points == 0.0 || name.starts_with("counts"), "{name}: {points} are points");
        }
    }
}
