//! The bounds by which a simulated number may miss its theoretical value.
//!
//! Every bound is a probability of a false alarm, had the seed been drawn: [`WIDTH`] standard errors, or the point that
//! the test statistic exceeds with probability [`ALPHA`]. Both come to about 1e-5 or less, and there are some hundred
//! comparisons; so a miss is a defect, not bad luck, and the number of draws decides how small a defect shows.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// How many standard errors a mean or a share may miss by.
pub const WIDTH: f64 = 4.5;

/// How improbable a chi-square or Kolmogorov-Smirnov statistic may be.
pub const ALPHA: f64 = 1e-6;

/// Asserts that `found` is within [`WIDTH`] standard errors of `expected`.
#[track_caller]
pub fn assert_near(found: f64, expected: f64, standard_error: f64, what: &str) {
    assert!(standard_error >= 0.0, "{what}: standard error {standard_error}");
    let errors = (found - expected) / standard_error;
    assert!(errors.abs() <= WIDTH, "{what}: {found} where {expected} is due, {errors:.1} standard errors off");
}

/// Asserts that the mean of independent values is `expected`; the standard error is the theoretical one,
/// sqrt(variance / n).
#[track_caller]
pub fn assert_mean(values: &[f64], expected: f64, variance: f64, what: &str) {
    assert_near(mean(values), expected, (variance / values.len() as f64).sqrt(), &format!("mean {what}"));
}

/// As [`assert_mean`], where theory gives no variance: the standard error is the sample's own.
#[track_caller]
pub fn assert_mean_by_sample(values: &[f64], expected: f64, what: &str) {
    assert_mean(values, expected, sample_variance(values), what);
}

/// Asserts that the variance of independent values is `variance`. The standard error of a sample variance is
/// sqrt((m4 - variance^2) / n) with the fourth central moment m4 (Kendall and Stuart, The Advanced Theory of
/// Statistics I, 10.5), up to terms of the order 1 / n^2.
#[track_caller]
pub fn assert_variance(values: &[f64], variance: f64, fourth_central_moment: f64, what: &str) {
    let error = ((fourth_central_moment - variance * variance) / values.len() as f64).sqrt();
    assert_near(sample_variance(values), variance, error, &format!("variance {what}"));
}

/// Asserts that `count` of `n` independent trials is a share of `p`; the standard error is the binomial one,
/// sqrt(p (1 - p) / n). A share of 0 or 1 must be met exactly.
#[track_caller]
pub fn assert_share(count: usize, n: usize, p: f64, what: &str) {
    let (found, n) = (count as f64 / n as f64, n as f64);
    if p == 0.0 || p == 1.0 {
        assert_eq!(found, p, "share {what}");
    } else {
        assert!(n * p.min(1.0 - p) >= 25.0, "{what}: too few trials for the normal approximation");
        assert_near(found, p, (p * (1.0 - p) / n).sqrt(), &format!("share {what}"));
    }
}

/// Asserts by Pearson's chi-square test that independent outcomes 0, 1, 2 ... have these probabilities. What they leave
/// of 1 is one more cell, and so are together the outcomes that are expected fewer than 10 times.
#[track_caller]
pub fn assert_outcomes(outcomes: impl IntoIterator<Item = usize>, probabilities: &[f64], what: &str) {
    let mut counts = vec![0_u64; probabilities.len() + 1];
    for outcome in outcomes {
        counts[outcome.min(probabilities.len())] += 1;
    }
    let n = counts.iter().sum::<u64>() as f64;
    let rest = 1.0 - probabilities.iter().sum::<f64>();
    assert!(rest > -1e-9, "{what}: the probabilities exceed 1 by {}", -rest);
    let (mut statistic, mut cells) = (0.0, 0);
    let mut add = |count: f64, expected: f64| {
        statistic += (count - expected) * (count - expected) / expected;
        cells += 1;
    };
    let (mut rare, mut rare_expected) = (0.0, 0.0);
    for (count, p) in counts.iter().zip(probabilities.iter().chain([&rest])) {
        let (count, expected) = (*count as f64, n * p.max(0.0));
        if expected < 1e-9 * n {
            assert!(count == 0.0, "{what}: {count} of {n} where none is due\n{counts:?}\n{probabilities:?}");
        } else if expected < 10.0 {
            rare += count;
            rare_expected += expected;
        } else {
            add(count, expected);
        }
    }
    if rare_expected >= 10.0 {
        add(rare, rare_expected);
    } else {
        // A Poisson count with a mean below 10 exceeds 40 with a probability below 1e-11.
        assert!(rare <= 40.0, "{what}: {rare} rare outcomes where {rare_expected} are due");
    }
    assert!(cells >= 2, "{what}: nothing to compare");
    let p_value = ChiSquared::new(f64::from(cells - 1)).expect("cells were counted").sf(statistic);
    assert!(p_value >= ALPHA, "{what}: chi-square {statistic:.1} in {cells} cells, p = {p_value:.1e}\n{counts:?}");
}

/// Asserts by the Kolmogorov-Smirnov test that independent values have this distribution function: their largest
/// distance exceeds d with probability 2 exp(-2 n d^2) at most (Massart, Annals of Probability 18, 1990).
#[track_caller]
pub fn assert_distribution(values: &[f64], cdf: impl Fn(f64) -> f64, what: &str) {
    let sorted = sorted(values);
    let n = sorted.len() as f64;
    let distance = sorted.iter().enumerate().map(|(below, value)| {
        let p = cdf(*value);
        (p - below as f64 / n).max((below + 1) as f64 / n - p)
    });
    let distance = distance.fold(0.0, f64::max);
    let bound = kolmogorov_bound(n);
    assert!(distance <= bound, "{what}: a distance of {distance:.5} from the distribution, {bound:.5} at most is due");
}

/// Asserts by the two-sample Kolmogorov-Smirnov test that both samples have one distribution; the bound is asymptotic
/// (Smirnov, Annals of Mathematical Statistics 19, 1948) with the harmonic size n m / (n + m).
#[track_caller]
pub fn assert_same_distribution(values: &[f64], others: &[f64], what: &str) {
    let (values, others) = (sorted(values), sorted(others));
    let (n, m) = (values.len() as f64, others.len() as f64);
    let (mut i, mut j, mut distance) = (0, 0, 0.0_f64);
    while i < values.len() && j < others.len() {
        let value = values[i].min(others[j]);
        i += values[i..].iter().take_while(|other| **other <= value).count();
        j += others[j..].iter().take_while(|other| **other <= value).count();
        distance = distance.max((i as f64 / n - j as f64 / m).abs());
    }
    let bound = kolmogorov_bound(n * m / (n + m));
    assert!(distance <= bound, "{what}: {distance:.5} between the samples, {bound:.5} at most is due");
}

/// The distance that n values exceed with probability [`ALPHA`].
fn kolmogorov_bound(n: f64) -> f64 {
    (libm::log(2.0 / ALPHA) / (2.0 * n)).sqrt()
}

/// Asserts that the pairs are uncorrelated: the correlation of n independent pairs has standard error 1 / sqrt(n).
#[track_caller]
pub fn assert_uncorrelated(pairs: &[(f64, f64)], what: &str) {
    let n = pairs.len() as f64;
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let products: Vec<f64> = pairs.iter().map(|(a, b)| (a - mean_a) * (b - mean_b)).collect();
    let correlation = mean(&products) / (sample_variance(&a) * sample_variance(&b)).sqrt();
    assert_near(correlation, 0.0, 1.0 / n.sqrt(), &format!("correlation {what}"));
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn sample_variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (values.len() - 1) as f64
}

pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// P(Bin(n, p) = k) for every k from 0 to n, by convolution: exact where a formula with factorials would round.
pub fn binomial(n: u32, p: f64) -> Vec<f64> {
    let mut probabilities = vec![0.0; n as usize + 1];
    probabilities[0] = 1.0;
    for trials in 1..=n as usize {
        for k in (1..=trials).rev() {
            probabilities[k] = probabilities[k] * (1.0 - p) + probabilities[k - 1] * p;
        }
        probabilities[0] *= 1.0 - p;
    }
    probabilities
}

/// The distribution function of the exponential with this mean.
pub fn exponential_cdf(mean: f64) -> impl Fn(f64) -> f64 {
    move |x| -libm::expm1(-x.max(0.0) / mean)
}

/// The bounds themselves: each must hold for what it is for and break for what is slightly off.
mod tests {
    use super::*;

    /// n equal cells' middles: as near to the uniform distribution as n values come.
    fn uniform(n: u32) -> Vec<f64> {
        (0..n).map(|i| (f64::from(i) + 0.5) / f64::from(n)).collect()
    }

    #[test]
    fn what_is_due_passes() {
        let values = uniform(10_000);
        assert_mean(&values, 0.5, 1.0 / 12.0, "uniform");
        assert_variance(&values, 1.0 / 12.0, 1.0 / 80.0, "uniform");
        assert_distribution(&values, |x| x, "uniform");
        assert_same_distribution(&values, &uniform(777), "uniform");
        assert_outcomes(values.iter().map(|value| (value * 8.0) as usize), &[0.125; 8], "uniform");
        assert_share(5_000, 10_000, 0.5, "half");
    }

    #[test]
    #[should_panic(expected = "standard errors off")]
    fn a_mean_that_is_three_percent_off_fails() {
        assert_mean(&uniform(10_000), 0.5 * 1.03, 1.0 / 12.0, "uniform");
    }

    #[test]
    #[should_panic(expected = "from the distribution")]
    fn a_distribution_that_is_three_percent_off_fails() {
        assert_distribution(&uniform(10_000), |x| x / 1.03, "uniform");
    }

    #[test]
    #[should_panic(expected = "between the samples")]
    fn samples_that_are_four_percent_apart_fail() {
        let others: Vec<f64> = uniform(10_000).iter().map(|x| x * 1.04).collect();
        assert_same_distribution(&uniform(10_000), &others, "uniform");
    }

    #[test]
    #[should_panic(expected = "chi-square")]
    fn a_cell_that_is_twenty_percent_off_fails() {
        let outcomes = uniform(10_000).into_iter().map(|value| (value * 8.0) as usize);
        assert_outcomes(outcomes, &[0.15, 0.1, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125], "uniform");
    }

    #[test]
    #[should_panic(expected = "where none is due")]
    fn impossible_outcomes_fail() {
        assert_outcomes([0, 1, 2, 2].repeat(100), &[0.5, 0.5], "two cells");
    }

    #[test]
    #[should_panic(expected = "correlation")]
    fn correlated_pairs_fail() {
        let pairs: Vec<(f64, f64)> = uniform(10_000).iter().map(|x| (*x, x * x)).collect();
        assert_uncorrelated(&pairs, "a number and its square");
    }

    #[test]
    fn binomial_probabilities() {
        assert_eq!(binomial(3, 0.5), [0.125, 0.375, 0.375, 0.125]);
        assert!((binomial(20, 0.1).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
