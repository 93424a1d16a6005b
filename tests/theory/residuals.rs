//! The mean of every distribution family and its residual life against integrals of its distribution function, and the
//! beta distribution against its closed form.

use rollcast::random::{Beta, Distribution, Luck, Purpose, Residual, Stream};
use statrs::distribution::{Beta as BetaLaw, ContinuousCDF};

use crate::distributions::Law;
use crate::run::SEED;
use crate::statistics::{
    assert_distribution, assert_mean, assert_near, assert_outcomes, assert_share, assert_variance, sorted,
};

/// How many residual lives each family gives: the Kolmogorov-Smirnov distance is then met to 0.6 %.
const DRAWS: u32 = 200_000;

fn stream(index: u32) -> Stream {
    Luck::new(SEED, index / 1000).robot(index % 1000, 0, Purpose::Connectivity)
}

fn residuals(distribution: &Distribution, n: u32) -> Vec<f64> {
    let residual = Residual::from(distribution);
    (0..n).map(|index| residual.sample(&mut stream(index))).collect()
}

/// The integral of f from a to b by the Gauss-Legendre rule with five points, exact for polynomials of degree 9
/// (Abramowitz and Stegun 25.4.30).
fn integral(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
    let pair = |x: f64| f(middle - half * x) + f(middle + half * x);
    half * (0.568_888_888_888_888_9 * f(middle)
        + 0.478_628_670_499_366_5 * pair(0.538_469_310_105_683_1)
        + 0.236_926_885_056_189_1 * pair(0.906_179_845_938_664))
}

/// The mean as the integral of 1 - F over all x >= 0, in panels of equal ratio from 1e-17 to 1e17. Where F has a kink,
/// a panel is off by the square of its width of 0.002 at most.
fn integrated_mean(cdf: impl Fn(f64) -> f64) -> f64 {
    const PANELS: u32 = 40_000;
    let at = |s: f64| {
        let x = libm::exp(s);
        x * (1.0 - cdf(x))
    };
    let width = 80.0 / f64::from(PANELS);
    (0..PANELS).map(|panel| -40.0 + f64::from(panel) * width).map(|s| integral(at, s, s + width)).sum()
}

/// Asserts that residual lives have the distribution function 1 / mean * int_0^x (1 - F). The integral goes from value
/// to value, so its error is far below the share of 1 / n that lies between two.
pub fn assert_equilibrium(values: &[f64], mean: f64, cdf: impl Fn(f64) -> f64, what: &str) {
    let sorted = sorted(values);
    let (mut last, mut sum) = (0.0, 0.0);
    let mut shares = Vec::with_capacity(sorted.len());
    for value in &sorted {
        sum += integral(|x| 1.0 - cdf(x), last, *value);
        last = *value;
        shares.push(sum / mean);
    }
    assert_distribution(values, |x| shares[sorted.partition_point(|value| *value < x)], what);
}

/// Holds a family's mean and residual life against its law.
fn assert_family(distribution: &Distribution, law: &Law) {
    let what = format!("{distribution:?}");
    let mean = distribution.mean();
    let integrated = integrated_mean(&law.cdf);
    assert!((mean / integrated - 1.0).abs() < 2e-5, "{what}: mean {mean}, by integration {integrated}");
    let values = residuals(distribution, DRAWS);
    assert!(values.iter().all(|value| *value >= 0.0), "{what}: a residual life is negative");
    assert_equilibrium(&values, mean, &law.cdf, &what);
    if let Some([m1, m2, m3, _]) = law.moments {
        assert!((mean / m1 - 1.0).abs() < 1e-12, "{what}: mean {mean}, in closed form {m1}");
        // By parts, E[R^r] = E[X^(r+1)] / ((r + 1) E[X]).
        let (first, second) = (m2 / (2.0 * m1), m3 / (3.0 * m1));
        assert_mean(&values, first, second - first * first, &format!("residual of {what}"));
    }
}

#[test]
fn constant() {
    for value in [1.0, 3.5, 1e15] {
        let distribution = Distribution::Constant(value);
        assert_eq!(distribution.mean(), value);
        assert_distribution(&residuals(&distribution, DRAWS), |x| x / value, "residual of a constant");
    }
}

#[test]
fn uniform() {
    for (min, max) in [(0.0, 5.0), (10.0, 30.0), (1000.0, 1001.0)] {
        assert_family(&Distribution::Uniform { min, max }, &Law::uniform(min, max));
    }
}

/// The memoryless family is its own residual life.
#[test]
fn exponential() {
    for mean in [0.01, 120.0] {
        assert_family(&Distribution::Exponential { mean }, &Law::exponential(mean));
    }
}

/// Truncated at 0: never, hardly, by a third, and by half (the half-normal).
#[test]
fn normal() {
    for (mean, std) in [(60.0, 1.0), (60.0, 20.0), (20.0, 20.0), (1.0, 30.0), (0.0, 5.0)] {
        assert_family(&Distribution::Normal { mean, std }, &Law::truncated_normal(mean, std));
    }
}

#[test]
fn lognormal() {
    for (median, sigma) in [(120.0, 0.1), (120.0, 0.8), (1.0, 1.5)] {
        assert_family(&Distribution::Lognormal { median, sigma }, &Law::lognormal(median, sigma));
    }
}

/// A least value of any family: short beside the rest, and long.
#[test]
fn shifted() {
    for shift in [1.0, 30.0, 500.0] {
        let families = [
            (Distribution::Exponential { mean: 30.0 }, Law::exponential(30.0)),
            (Distribution::Lognormal { median: 20.0, sigma: 0.8 }, Law::lognormal(20.0, 0.8)),
            (Distribution::Triangular { min: 0.0, mode: 10.0, max: 40.0 }, Law::triangular(0.0, 10.0, 40.0)),
        ];
        for (family, law) in families {
            assert_family(&family.shifted(shift), &Law::shifted(shift, law));
        }
    }
    assert_eq!(Distribution::Constant(2.0).shifted(3.0), Distribution::Constant(5.0));
}

#[test]
fn gamma() {
    for (shape, scale) in [(7.5, 10.0), (1.0, 10.0), (0.5, 3.0), (0.05, 10.0), (400.0, 0.1)] {
        assert_family(&Distribution::Gamma { shape, scale }, &Law::gamma(shape, scale));
    }
}

#[test]
fn weibull() {
    for (shape, scale) in [(1.5, 90.0), (1.0, 10.0), (0.5, 10.0), (8.0, 5.0)] {
        assert_family(&Distribution::Weibull { shape, scale }, &Law::weibull(shape, scale));
    }
}

/// With the peak inside and at either end, from 0 and far from it.
#[test]
fn triangular() {
    for (min, mode, max) in [(10.0, 25.0, 40.0), (0.0, 0.0, 40.0), (0.0, 40.0, 40.0), (1000.0, 1000.0, 1001.0)] {
        assert_family(&Distribution::Triangular { min, mode, max }, &Law::triangular(min, mode, max));
    }
}

#[test]
fn pert() {
    for (min, mode, max) in [(10.0, 15.0, 40.0), (0.0, 0.0, 40.0), (0.0, 40.0, 40.0), (1000.0, 1000.5, 1001.0)] {
        assert_family(&Distribution::Pert { min, mode, max }, &Law::pert(min, mode, max));
    }
}

/// With a residual life of finite mean, of none, and hardly with a mean itself.
#[test]
fn pareto() {
    for (scale, shape) in [(10.0, 9.0), (10.0, 2.5), (1.0, 1.6)] {
        assert_family(&Distribution::Pareto { scale, shape }, &Law::pareto(scale, shape));
    }
    let barely = Distribution::Pareto { scale: 2.0, shape: 1.125 };
    assert_eq!(barely.mean(), 18.0);
    // Uniform below the scale, which is worth 1 / 9 of the mean; beyond it the rest falls as x^-(shape - 1).
    let cdf = |x: f64| if x < 2.0 { x / 18.0 } else { 1.0 - 8.0 / 9.0 * libm::pow(2.0 / x, 0.125) };
    assert_distribution(&residuals(&barely, DRAWS), cdf, "residual of a heavy tail");
    for shape in [1.0, 0.5, 1e-300] {
        assert_eq!(Distribution::Pareto { scale: 2.0, shape }.mean(), f64::INFINITY);
    }
}

#[test]
fn empirical() {
    // A value that stands twice is twice as likely, and 0 is never being waited for.
    let values = [1.0, 5.0, 5.0, 0.0, 0.25];
    let distribution = Distribution::Empirical(values.to_vec().into());
    assert_eq!(distribution.mean(), 2.25);
    let drawn = residuals(&distribution, DRAWS);
    let equilibrium = |x: f64| values.iter().map(|value| value.min(x)).sum::<f64>() / 11.25;
    assert_distribution(&drawn, equilibrium, "residual of measured values");

    let many: Vec<f64> = (0..5000).map(|i| 0.1 + f64::from(i * i % 977)).collect();
    let distribution = Distribution::Empirical(many.clone().into());
    let total: f64 = many.iter().sum();
    let drawn = residuals(&distribution, 20_000);
    let equilibrium = |x: f64| many.iter().map(|value| value.min(x)).sum::<f64>() / total;
    assert_distribution(&drawn, equilibrium, "residual of many values");
}

#[test]
fn mixture() {
    let exponential = |mean| Distribution::Exponential { mean };
    assert_family(
        &Distribution::Mixture(vec![(3.0, exponential(10.0)), (1.0, Distribution::Normal { mean: 60.0, std: 5.0 })]),
        &Law::mixture([(0.75, Law::exponential(10.0)), (0.25, Law::truncated_normal(60.0, 5.0))]),
    );
    // What has no weight does not matter, not even without a mean; what has no length is never being waited for.
    let heavy = || Distribution::Pareto { scale: 1.0, shape: 0.5 };
    let distribution = Distribution::Mixture(vec![
        (0.0, heavy()),
        (2.0, exponential(7.0)),
        (4.0, Distribution::Constant(0.0)),
        (1.0, Distribution::Mixture(vec![(1.0, Distribution::Uniform { min: 2.0, max: 4.0 }), (0.0, heavy())])),
        (1.0, Distribution::Weibull { shape: 2.0, scale: 30.0 }),
        (0.0, heavy()),
    ]);
    let zero = Law::new(|_| 0.0, |x| if x < 0.0 { 0.0 } else { 1.0 });
    let law = Law::mixture([
        (0.25, Law::exponential(7.0)),
        (0.5, zero),
        (0.125, Law::uniform(2.0, 4.0)),
        (0.125, Law::weibull(2.0, 30.0)),
    ]);
    assert_family(&distribution, &law);
    for weight in [1.0, 5e-324] {
        let mixture = Distribution::Mixture(vec![(1e300, exponential(7.0)), (weight, heavy())]);
        assert_eq!(mixture.mean(), f64::INFINITY);
    }
}

/// Means that overflow or that rounding must leave alone.
#[test]
fn means_at_the_limits() {
    for (distribution, mean) in [
        (Distribution::Constant(0.0), 0.0),
        (Distribution::Normal { mean: 7.0, std: 5e-324 }, 7.0),
        (Distribution::Lognormal { median: 7.0, sigma: 0.0 }, 7.0),
        (Distribution::Lognormal { median: 7.0, sigma: 1e308 }, f64::INFINITY),
        (Distribution::Lognormal { median: 7.0, sigma: 40.0 }, f64::INFINITY),
        (Distribution::Gamma { shape: 1e300, scale: 1e300 }, f64::INFINITY),
        (Distribution::Weibull { shape: 1.0, scale: 7.0 }, 7.0),
        (Distribution::Weibull { shape: 1e300, scale: 7.0 }, 7.0),
        (Distribution::Weibull { shape: 5e-324, scale: 7.0 }, f64::INFINITY),
        (Distribution::Pareto { scale: 7.0, shape: 1e308 }, 7.0),
        (Distribution::Empirical(vec![0.0, 0.0].into()), 0.0),
        (Distribution::Mixture(vec![(7.0, Distribution::Constant(3.0))]), 3.0),
    ] {
        assert_eq!(distribution.mean(), mean, "{distribution:?}");
    }
}

/// Parameters near the ends of the numbers: a residual life stays a number, and a narrow distribution's is uniform.
#[test]
fn residuals_at_the_limits() {
    const N: u32 = 20_000;
    for distribution in [
        Distribution::Uniform { min: 5.0, max: 5.000_001 },
        Distribution::Normal { mean: 5.0, std: 5e-324 },
        Distribution::Lognormal { median: 5.0, sigma: 0.0 },
        Distribution::Gamma { shape: 1e18, scale: 5e-18 },
        Distribution::Gamma { shape: 1e300, scale: 5e-300 },
        Distribution::Weibull { shape: 1e300, scale: 5.0 },
        Distribution::Triangular { min: 5.0, mode: 5.0, max: 5.000_001 },
        Distribution::Pert { min: 5.0, mode: 5.0, max: 5.000_001 },
        Distribution::Pareto { scale: 5.0, shape: 1e300 },
        Distribution::Empirical(vec![0.0, 5.0, 0.0].into()),
        Distribution::Mixture(vec![(1e300, Distribution::Constant(0.0)), (1.0, Distribution::Constant(5.0))]),
    ] {
        let values = residuals(&distribution, N);
        assert_distribution(&values, |x| (x / 5.0).min(1.0), &format!("residual of {distribution:?}"));
    }
    for distribution in [
        Distribution::Uniform { min: 0.0, max: 1e300 },
        Distribution::Uniform { min: 0.0, max: 1e-300 },
        Distribution::Normal { mean: 0.0, std: 5e-324 },
        Distribution::Lognormal { median: 1.0, sigma: 35.0 },
        Distribution::Lognormal { median: 1e-300, sigma: 30.0 },
        Distribution::Gamma { shape: 1e-300, scale: 1e15 },
        Distribution::Weibull { shape: 0.006, scale: 1.0 },
        Distribution::Pareto { scale: 1.0, shape: 1.0 + f64::EPSILON },
        Distribution::Empirical(vec![5e-324, 1e300].into()),
    ] {
        let mean = distribution.mean();
        assert!(mean > 0.0 && mean.is_finite(), "{distribution:?}");
        for value in residuals(&distribution, N) {
            assert!(value >= 0.0, "{distribution:?}: {value}");
        }
    }
}

fn probabilities(alpha: f64, beta: f64) -> Vec<f64> {
    let sampler = Beta::new(alpha, beta);
    let values: Vec<f64> = (0..DRAWS).map(|index| sampler.sample(&mut stream(index))).collect();
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "Beta({alpha}, {beta})");
    values
}

#[test]
fn beta() {
    for (alpha, beta) in [(1.0, 1.0), (2.0, 5.0), (0.5, 0.5), (0.3, 4.0), (12.0, 0.8), (1.5, 300.0), (400.0, 600.0)] {
        let law = BetaLaw::new(alpha, beta).expect("valid parameters");
        let what = format!("Beta({alpha}, {beta})");
        assert_distribution(&probabilities(alpha, beta), |x| law.cdf(x), &what);
    }
}

/// Where the distribution function is hard to come by: mean and variance (Johnson, Kotz and Balakrishnan, Continuous
/// Univariate Distributions 2, chapter 25), and what is known of the ends.
#[test]
fn beta_of_tiny_and_huge_shapes() {
    for (alpha, beta) in [
        (1e-3, 1e-3),
        (1e-6, 3e-6),
        (1e-3, 2.0),
        (1e-300, 3e-300),
        (5e-324, 1.5e-323),
        (1e6, 1e6),
        (1e9, 3e9),
        (1e6, 1e9),
        (2.0, 1e9),
    ] {
        let what = format!("Beta({alpha:e}, {beta:e})");
        let values = probabilities(alpha, beta);
        let sum = alpha + beta;
        let (p, q) = (alpha / sum, beta / sum);
        let variance = p * q / (sum + 1.0);
        assert_mean(&values, p, variance, &what);
        // The kurtosis is 3 + 6 ((alpha - beta)^2 (sum + 1) / (alpha beta) - sum - 2) /
        // ((sum + 2) (sum + 3)).
        let skewed = (p - q) * (p - q) * (sum + 1.0) / (p * q) - sum - 2.0;
        let kurtosis = 3.0 + 6.0 * skewed / ((sum + 2.0) * (sum + 3.0));
        assert_variance(&values, variance, kurtosis * variance * variance, &what);
    }
    // Nothing lies between 0 and 1.
    for (alpha, beta) in [(1e-300, 3e-300), (1e-310, 3e-310), (5e-324, 1.5e-323)] {
        let values = probabilities(alpha, beta);
        let outcomes = values.iter().map(|value| if *value == 0.0 { 0 } else { 1 + usize::from(*value < 1.0) });
        assert_outcomes(outcomes, &[0.75, 0.25], &format!("Beta({alpha:e}, {beta:e})"));
    }
    // P(Beta(a, b) < 1/2) is 1/2 for equal shapes.
    for shape in [1e-6, 1e-3, 1e6, 1e9] {
        let below = probabilities(shape, shape).iter().filter(|value| **value < 0.5).count();
        assert_share(below, DRAWS as usize, 0.5, &format!("below 1/2 of Beta({shape:e}, {shape:e})"));
    }
    // P(Beta(a, 1) < x) = x^a: the smallest probabilities are there, far below what a gamma could be drawn as.
    let values = probabilities(0.01, 1.0);
    assert_distribution(&values, |x| libm::pow(x, 0.01), "Beta(0.01, 1)");
    let n = f64::from(DRAWS);
    let tiny = values.iter().filter(|value| **value < 1e-200).count() as f64;
    assert_near(tiny / n, 0.01, (0.01 * 0.99 / n).sqrt(), "share below 1e-200 of Beta(0.01, 1)");
}
