//! Differences of numbers that come in pairs, and of means that do not.

use ethnum::I256;

use super::interval::{t_quantile, wilson};

/// Differences, second less first: exact sums in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Pairs of which the second number is less.
    pub less: u64,
    /// Pairs of equal numbers.
    pub equal: u64,
    /// Pairs of which the second number is greater.
    pub greater: u64,
    moments: Moments,
}

/// Count, sum and sum of squares of numbers below 2^91 in size, at most 2^32 of them: exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    count: u64,
    sum: i128,
    squares: I256,
}

impl Moments {
    /// Adds a number.
    pub fn add(&mut self, number: i128) {
        self.count += 1;
        self.sum += number;
        self.squares += I256::from(number) * I256::from(number);
    }

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

    /// The mean's 95 % interval by Student's t; none with fewer than two numbers.
    pub fn interval(&self) -> Option<[f64; 2]> {
        let (mean, error) = (self.mean()?, self.squared_error()?.sqrt());
        let half = t_quantile(self.count - 1) * error;
        Some([mean - half, mean + half])
    }
}

impl Differences {
    /// Adds a pair, first and second.
    pub fn add(&mut self, first: i128, second: i128) {
        match second.cmp(&first) {
            std::cmp::Ordering::Less => self.less += 1,
            std::cmp::Ordering::Equal => self.equal += 1,
            std::cmp::Ordering::Greater => self.greater += 1,
        }
        self.moments.add(second - first);
    }

    /// The differences as numbers.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }
}

/// The difference of two means of independent samples, second less first, with its 95 % interval: B. L. Welch, "The
/// generalization of 'Student's' problem when several different population variances are involved", Biometrika 34
/// (1947), the degrees of freedom rounded down. None where a sample is empty; no interval where one has a single
/// number.
pub fn welch_interval(first: &Moments, second: &Moments) -> Option<(f64, Option<[f64; 2]>)> {
    let difference = second.mean()? - first.mean()?;
    let errors = first.squared_error().zip(second.squared_error());
    let interval = errors.map(|(a, b)| {
        let error = a + b;
        if error == 0.0 {
            return [difference; 2];
        }
        let [n, m] = [first, second].map(|sample| (sample.count - 1) as f64);
        let degrees = error * error / (a * a / n + b * b / m);
        let half = t_quantile((degrees as u64).max(1)) * error.sqrt();
        [difference - half, difference + half]
    });
    Some((difference, interval))
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
        Luck::new(17, experiment).job(0, Purpose::Resample)
    }

    /// 1, 2, 3, 6 less 0 each: mean 3, deviation sqrt(14/3), t of 3 degrees 3.182446.
    #[test]
    fn a_mean_with_its_interval_by_hand() {
        let mut differences = Differences::default();
        for second in [1, 2, 3, 6] {
            differences.add(0, second);
        }
        let moments = differences.moments();
        let [low, high] = moments.interval().expect("four numbers");
        let half = 3.182_446_305 * (14.0_f64 / 3.0 / 4.0).sqrt();
        close(low, 3.0 - half, 1e-8);
        close(high, 3.0 + half, 1e-8);
        assert_eq!((differences.less, differences.equal, differences.greater), (0, 0, 4));
        assert_eq!((Moments::default().mean(), Moments::default().interval()), (None, None));
    }

    #[test]
    fn equal_pairs_have_no_difference_at_all() {
        let mut differences = Differences::default();
        for number in [7, 1 << 80, 0] {
            differences.add(number, number);
        }
        assert_eq!(differences.moments().interval(), Some([0.0, 0.0]));
        assert_eq!((differences.less, differences.equal, differences.greater), (0, 3, 0));
    }

    /// Means 20.5 and 22, variances of means 5/12 and 1/6, so t has 5.07 degrees, rounded down to 5: 2.570582.
    #[test]
    fn means_of_independent_samples_by_hand() {
        let moments = |numbers: &[i128]| {
            let mut moments = Moments::default();
            numbers.iter().for_each(|number| moments.add(*number));
            moments
        };
        let (a, b) = (moments(&[19, 20, 21, 22]), moments(&[21, 22, 22, 23]));
        let (difference, interval) = welch_interval(&a, &b).expect("numbers");
        close(difference, 1.5, 1e-12);
        let error: f64 = 5.0 / 3.0 / 4.0 + 2.0 / 3.0 / 4.0;
        let half = 2.570_581_836 * error.sqrt();
        close(interval.expect("two numbers each")[0], 1.5 - half, 1e-8);
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
            let (mut differences, mut table) = (Differences::default(), Fourfold::default());
            let mut samples = [Moments::default(); 2];
            for _ in 0..50 {
                let shared = stream.open01();
                let own = normal_quantile(stream.open01());
                // A mean of 100, and one of 100 more.
                let first = (1000.0 * normal_quantile(shared)).round() as i128;
                differences.add(first, first + 100 + (500.0 * own).round() as i128);
                // 30 %, and 40 % of which most share their luck.
                table.add(shared < 0.3, if stream.chance() < 0.7 { shared < 0.4 } else { stream.chance() < 0.4 });
                samples[0].add(first);
                samples[1].add(100 + (3000.0 * own).round() as i128);
            }
            let holds = |[low, high]: [f64; 2], true_value: f64| u32::from(low <= true_value && true_value <= high);
            covered[0] += holds(differences.moments().interval().expect("fifty"), 100.0);
            covered[1] += holds(table.difference().1, 0.1);
            covered[2] += holds(welch_interval(&samples[0], &samples[1]).expect("fifty").1.expect("fifty"), 100.0);
        }
        let [paired, newcombe, welch] = covered.map(|count| f64::from(count) / f64::from(EXPERIMENTS));
        assert!((paired - 0.95).abs() < 4.0 * 0.0034, "{paired}");
        assert!((welch - 0.95).abs() < 4.0 * 0.0034, "{welch}");
        assert!((0.94..0.975).contains(&newcombe), "{newcombe}");
    }
}
