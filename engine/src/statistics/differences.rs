//! Differences of numbers that come in pairs, and of means that do not.

use ethnum::I256;

use super::Estimate;
use super::estimate::{LEAST_OF_MEAN, Lack};
use super::interval::wilson;
use super::skewness::{self, MeanShape};

/// Differences, second less first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Differences {
    /// Pairs of which the second number is less.
    pub less: u64,
    /// Pairs of equal numbers.
    pub equal: u64,
    /// Pairs of which the second number is greater.
    pub greater: u64,
    moments: Moments,
}

/// Count, sum and sum of squares of numbers below 2^91 in size, at most 2^32 of them: exact; and how skewed they are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    sum: i128,
    squares: I256,
    /// Of their mean.
    skewness: f64,
    /// See [`skewness::unseen`].
    unseen: f64,
}

impl FromIterator<i128> for Moments {
    fn from_iter<I: IntoIterator<Item = i128>>(numbers: I) -> Moments {
        let numbers: Vec<i128> = numbers.into_iter().collect();
        let count = numbers.len() as u64;
        let sum: i128 = numbers.iter().sum();
        let squares = numbers.iter().map(|number| I256::from(*number) * I256::from(*number)).sum();
        // In the order of the numbers, and so the same bits everywhere.
        let mean = sum as f64 / count as f64;
        let [second, third, fourth] = skewness::powers(numbers.iter().map(|number| (*number as f64, 1.0)), mean);
        let unseen = skewness::unseen(count, second, third, fourth);
        Moments { count, sum, squares, skewness: skewness::of_mean(count, second, third), unseen }
    }
}

impl Moments {
    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean, if there are any.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The square of the mean's standard error; none with fewer than two numbers. Equal numbers give 0 exactly.
    pub fn squared_error(&self) -> Option<f64> {
        let n = self.count;
        (n > 1).then(|| {
            let spread = I256::from(n) * self.squares - I256::from(self.sum) * I256::from(self.sum);
            let n = n as f64;
            spread.as_f64() / (n * (n - 1.0)) / n
        })
    }

    /// The mean with its 95 % interval, if there are numbers.
    pub fn estimate(&self) -> Option<Estimate> {
        let mean = self.mean()?;
        let error = self.squared_error().unwrap_or(0.0).sqrt();
        Some(MeanShape { terms: self.count, mean, error, skewness: self.skewness, unseen: self.unseen }.estimate())
    }
}

impl FromIterator<(i128, i128)> for Differences {
    /// Of pairs, first and second.
    fn from_iter<I: IntoIterator<Item = (i128, i128)>>(pairs: I) -> Differences {
        let numbers: Vec<i128> = pairs.into_iter().map(|(first, second)| second - first).collect();
        let count = |sign: i128| numbers.iter().filter(|number| number.signum() == sign).count() as u64;
        let [less, equal, greater] = [-1, 0, 1].map(count);
        Differences { less, equal, greater, moments: numbers.into_iter().collect() }
    }
}

impl Differences {
    /// The differences as numbers.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }
}

/// The difference of two means of independent samples, second less first, with its 95 % interval: B. L. Welch, "The
/// generalization of 'Student's' problem when several different population variances are involved", Biometrika 34
/// (1947), the degrees of freedom rounded down, with the skewness of the difference. None where a sample is empty.
pub fn welch_interval(first: &Moments, second: &Moments) -> Option<Estimate> {
    let mean = second.mean()? - first.mean()?;
    let few = first.count.min(second.count);
    if few < LEAST_OF_MEAN {
        return Some(Estimate::known(mean, Err(Lack::Few { of: few, needed: LEAST_OF_MEAN })));
    }
    let [a, b] = [first, second].map(|sample| sample.squared_error().unwrap_or(0.0));
    let squared = a + b;
    if squared == 0.0 {
        return Some(Estimate::known(mean, Err(Lack::Same)));
    }
    let [n, m] = [first, second].map(|sample| (sample.count - 1) as f64);
    let degrees = squared * squared / (a * a / n + b * b / m);
    let error = squared.sqrt();
    // Third cumulants of independent means add up.
    let skewness = (second.skewness * b * b.sqrt() - first.skewness * a * a.sqrt()) / (squared * error);
    Some(
        MeanShape { terms: degrees as u64 + 1, mean, error, skewness, unseen: first.unseen.max(second.unseen) }
            .estimate(),
    )
}

/// In how many pairs an event happens: to both, to one alone, to none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fourfold {
    pub both: u64,
    /// To the first alone.
    pub first: u64,
    /// To the second alone.
    pub second: u64,
    pub neither: u64,
}

impl Fourfold {
    /// Adds a pair.
    pub fn add(&mut self, first: bool, second: bool) {
        *match (first, second) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.first,
            (false, true) => &mut self.second,
            (false, false) => &mut self.neither,
        } += 1;
    }

    /// How many pairs there are.
    pub fn pairs(&self) -> u64 {
        self.both + self.first + self.second + self.neither
    }

    /// The difference of the probabilities, second less first, with its 95 % interval, of at least one pair: R. G.
    /// Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired data",
    /// Statistics in Medicine 17 (1998), method 10: Wilson's intervals of both, put together with their correlation,
    /// which has a correction for continuity.
    pub fn difference(&self) -> (f64, [f64; 2]) {
        let pairs = self.pairs();
        let n = pairs as f64;
        let counts = [self.both + self.first, self.both + self.second];
        let [first, second] = counts.map(|count| count as f64 / n);
        let [[first_low, first_high], [second_low, second_high]] = counts.map(|count| wilson(count, pairs));
        let correlation = self.correlation();
        let root = |x: f64, y: f64| (x * x - 2.0 * correlation * x * y + y * y).max(0.0).sqrt();
        let difference = (self.second as f64 - self.first as f64) / n;
        let below = root(second - second_low, first_high - first);
        let above = root(second_high - second, first - first_low);
        (difference, [difference - below, difference + above])
    }

    fn correlation(&self) -> f64 {
        let [a, b, c, d] = [self.both, self.first, self.second, self.neither].map(|count| count as f64);
        let margins = (a + b) * (c + d) * (a + c) * (b + d);
        if margins == 0.0 {
            return 0.0;
        }
        let product = a * d - b * c;
        let corrected = if product > 0.0 { (product - (a + b + c + d) / 2.0).max(0.0) } else { product };
        corrected / margins.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose, Stream, normal_quantile};

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b}");
    }

    fn stream(experiment: u32) -> Stream {
        Luck::new(17, experiment).job(0, Purpose::Preparing)
    }

    /// Differences that are not skewed have Student's interval.
    #[test]
    fn a_mean_with_its_interval_by_hand() {
        let differences: Differences =
            [1, 2, 3, 6, 3, 3, 3, 3, 0, 3, 4, 5].into_iter().map(|second| (0, second)).collect();
        let moments = differences.moments();
        close(moments.mean().expect("twelve"), 3.0, 1e-12);
        // 4 + 1 + 9 + 9 + 1 + 4 are 28 on 12 * 11; the cubes, -8 - 1 + 27 - 27 + 1 + 8, are 0: t of 11 degrees is 2.200985.
        let [low, high] = moments.estimate().expect("twelve").interval.expect("twelve numbers");
        let half = 2.200_985_16 * (28.0_f64 / 132.0).sqrt();
        close(low, 3.0 - half, 1e-8);
        close(high, 3.0 + half, 1e-8);
        assert_eq!((differences.less, differences.equal, differences.greater), (0, 1, 11));
        assert_eq!((Moments::default().mean(), Moments::default().estimate()), (None, None));
    }

    #[test]
    fn equal_pairs_have_no_difference_at_all() {
        let differences: Differences =
            [7, 1 << 80, 0].iter().cycle().take(12).map(|number| (*number, *number)).collect();
        let estimate = differences.moments().estimate().expect("pairs");
        // That is what was seen; more pairs may differ.
        assert_eq!((estimate.value, estimate.interval, estimate.lack), (Some(0.0), None, Some(Lack::Same)));
        assert_eq!((differences.less, differences.equal, differences.greater), (0, 12, 0));
    }

    /// Means 20.5 and 22, variances of means 15/11/12 and 6/11/12 of twelve numbers each, so t has 18.5 degrees, rounded
    /// down to 18: 2.100922.
    #[test]
    fn means_of_independent_samples_by_hand() {
        let moments = |numbers: &[i128]| numbers.iter().cycle().take(12).copied().collect::<Moments>();
        let (a, b) = (moments(&[19, 20, 21, 22]), moments(&[21, 22, 22, 23]));
        let estimate = welch_interval(&a, &b).expect("numbers");
        close(estimate.value.expect("a mean"), 1.5, 1e-12);
        let error: f64 = 15.0 / 11.0 / 12.0 + 6.0 / 11.0 / 12.0;
        close(estimate.interval.expect("twelve numbers each")[0], 1.5 - 2.100_922_04 * error.sqrt(), 1e-8);
        assert_eq!(welch_interval(&a, &Moments::default()), None);
    }

    /// An example of Newcombe's, method 10: 36 and 12 and 2 and none of 50 pairs, 0.0569 to 0.3404.
    #[test]
    fn fourfold_tables_match_the_published_table() {
        let (difference, [low, high]) = Fourfold { both: 36, first: 2, second: 12, neither: 0 }.difference();
        close(difference, 0.2, 1e-12);
        close(low, 0.0569, 5e-5);
        close(high, 0.3404, 5e-5);
        // All pairs speak for the second: the interval ends at 1.
        let (difference, [low, high]) = Fourfold { both: 0, first: 0, second: 50, neither: 0 }.difference();
        assert_eq!([difference, high], [1.0, 1.0]);
        close(low, 0.8991, 5e-5);
    }

    /// What is first and what is second only turns the sign.
    #[test]
    fn sides_can_be_exchanged() {
        for (both, first, second, neither) in [(5, 3, 9, 20), (0, 7, 1, 0), (40, 0, 0, 10), (3, 0, 0, 0)] {
            let table = Fourfold { both, first, second, neither };
            let turned = Fourfold { first: second, second: first, ..table };
            let ((difference, [low, high]), (other, [other_low, other_high])) =
                (table.difference(), turned.difference());
            close(difference, -other, 1e-12);
            close(low, -other_high, 1e-12);
            close(high, -other_low, 1e-12);
            assert!((-1.0..=difference).contains(&low) && (difference..=1.0).contains(&high), "{table:?}");
        }
    }

    /// Both intervals contain the true difference about as often as they say, in pairs that go together; the standard
    /// error of 0.95 over 4000 experiments is 0.0034. Newcombe's is known to err on the safe side where events are
    /// rare.
    #[test]
    fn intervals_cover_what_is_true() {
        const EXPERIMENTS: u32 = 4000;
        let mut covered = [0; 3];
        for experiment in 0..EXPERIMENTS {
            let mut stream = stream(experiment);
            let (mut differences, mut table) = (Vec::new(), Fourfold::default());
            let mut samples = [const { Vec::new() }; 2];
            for _ in 0..50 {
                let shared = stream.open01();
                let own = normal_quantile(stream.open01());
                // A mean of 100, and one of 100 more.
                let first = (1000.0 * normal_quantile(shared)).round() as i128;
                differences.push((first, first + 100 + (500.0 * own).round() as i128));
                // 30 %, and 40 % of which most share their luck.
                table.add(shared < 0.3, if stream.chance() < 0.7 { shared < 0.4 } else { stream.chance() < 0.4 });
                samples[0].push(first);
                samples[1].push(100 + (3000.0 * own).round() as i128);
            }
            let holds = |[low, high]: [f64; 2], true_value: f64| u32::from(low <= true_value && true_value <= high);
            let differences: Differences = differences.into_iter().collect();
            let of = |estimate: Option<Estimate>| estimate.and_then(|estimate| estimate.interval).expect("fifty");
            covered[0] += holds(of(differences.moments().estimate()), 100.0);
            covered[1] += holds(table.difference().1, 0.1);
            let [a, b] = samples.map(|numbers| numbers.into_iter().collect::<Moments>());
            covered[2] += holds(of(welch_interval(&a, &b)), 100.0);
        }
        let [paired, newcombe, welch] = covered.map(|count| f64::from(count) / f64::from(EXPERIMENTS));
        assert!((paired - 0.95).abs() < 4.0 * 0.0034, "{paired}");
        assert!((welch - 0.95).abs() < 4.0 * 0.0034, "{welch}");
        assert!((0.94..0.975).contains(&newcombe), "{newcombe}");
    }
}
