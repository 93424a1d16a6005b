//! Every distribution family as a scenario writes it, against its closed form and against rand_distr's sampler.

mod edges;
mod families;

use rand::Rng;
use rand::rand_core::TryRng;
use rand_distr::Distribution as _;
use rollcast::random::attempt::{OUTCOME, latency_slot};
use rollcast::random::{Distribution, Luck, Purpose, Sampler, Stream, normal_cdf, normal_quantile};
use rollcast::rollout::RobotDeploymentStep;
use rollcast::simulation::{Draws, Plan, StepDraw};
use rollcast::time::Span;
use statrs::function::beta::beta_reg;
use statrs::function::gamma::{gamma, gamma_lr};

use crate::run::{SEED, policy, scenario, scenario_in};
use crate::statistics::{
    assert_distribution, assert_mean, assert_near, assert_outcomes, assert_same_distribution, assert_share,
    assert_uncorrelated, assert_variance, sorted,
};

/// How many values each family gives. The median's p is then met to 4.5 * sqrt(0.25 / 300000) = 0.4 %, and the
/// Kolmogorov-Smirnov distance to 0.5 %.
const DRAWS: u32 = 300_000;

/// Robots per replication in the order of the draws.
const ROBOTS: u32 = 1000;

const STEP: RobotDeploymentStep = RobotDeploymentStep::Launching;

/// The scenario with this latency, as the simulation prepares it.
fn plan(latency: &str) -> Plan {
    Plan::new(&scenario(&text(latency)))
}

/// The latency of its launching step.
fn launching(latency: &str) -> Sampler {
    Sampler::from(&scenario(&text(latency)).groups[0].steps[0].latency)
}

/// What that step draws at an index: for robot after robot, replication after replication.
fn drawn(draws: &mut Draws<'_>, index: u32) -> StepDraw {
    draws.reset(Luck::new(SEED, index / ROBOTS));
    draws.step(&draws.plan.group(0).steps[0], index % ROBOTS, 0)
}

fn text(latency: &str) -> String {
    policy(
        100,
        100,
        &format!("[[group]]\nname = \"g\"\nrobots = 1\n[group.step.launching]\nlatency = {latency}\nfailure = 0.5\n"),
    )
}

/// The stream from which the simulation draws a latency: the first number decides on failure (R7).
fn latency_stream(index: u32) -> Stream {
    let mut stream = Luck::new(SEED, index / ROBOTS).robot(index % ROBOTS, 0, Purpose::Step(STEP));
    stream.chance();
    stream
}

/// n latencies in seconds, unrounded, each from its own stream.
fn draws(sampler: &Sampler, n: u32) -> Vec<f64> {
    (0..n).map(|index| sampler.sample(&mut latency_stream(index)) / 1e6).collect()
}

/// A closed form, in seconds.
pub struct Law {
    /// E[X], E[X^2], E[X^3], E[X^4] where they are finite.
    pub moments: Option<[f64; 4]>,
    pub cdf: Box<dyn Fn(f64) -> f64>,
}

impl Law {
    pub fn new(moments: impl Fn(u32) -> f64, cdf: impl Fn(f64) -> f64 + 'static) -> Law {
        Law { moments: Some([1, 2, 3, 4].map(moments)), cdf: Box::new(cdf) }
    }

    fn mean(&self) -> f64 {
        self.moments.expect("finite moments")[0]
    }

    fn variance(&self) -> f64 {
        let [m1, m2, ..] = self.moments.expect("finite moments");
        m2 - m1 * m1
    }

    fn fourth_central_moment(&self) -> f64 {
        let [m1, m2, m3, m4] = self.moments.expect("finite moments");
        m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1 * m1 * m1 * m1
    }

    pub fn uniform(min: f64, max: f64) -> Law {
        let moment = move |r| (power(max, r + 1) - power(min, r + 1)) / (f64::from(r + 1) * (max - min));
        Law::new(moment, move |x| ((x - min) / (max - min)).clamp(0.0, 1.0))
    }

    pub fn exponential(mean: f64) -> Law {
        Law::new(move |r| gamma(f64::from(r) + 1.0) * power(mean, r), crate::statistics::exponential_cdf(mean))
    }

    /// The normal given that it is at least 0. With a = -mean / std and Z the standard normal given Z >= a,
    /// E[Z^r] = (r - 1) E[Z^(r-2)] + a^(r-1) phi(a) / (1 - Phi(a)), by parts.
    pub fn truncated_normal(mean: f64, std: f64) -> Law {
        let a = -mean / std;
        let kept = normal_cdf(-a);
        let density = libm::exp(-0.5 * a * a) / (2.0 * std::f64::consts::PI).sqrt();
        let mut z = [1.0, density / kept, 0.0, 0.0, 0.0];
        for r in 2..5 {
            z[r] = (r - 1) as f64 * z[r - 2] + power(a, r as u32 - 1) * density / kept;
        }
        let moment = move |r: u32| affine_moment(mean, std, |i| z[i as usize], r);
        Law::new(moment, move |x| if x < 0.0 { 0.0 } else { (normal_cdf((x - mean) / std) - normal_cdf(a)) / kept })
    }

    pub fn lognormal(median: f64, sigma: f64) -> Law {
        let moment = move |r: u32| power(median, r) * libm::exp(0.5 * power(f64::from(r) * sigma, 2));
        Law::new(moment, move |x| if x <= 0.0 { 0.0 } else { normal_cdf(libm::log(x / median) / sigma) })
    }

    pub fn gamma(shape: f64, scale: f64) -> Law {
        let moment = move |r| power(scale, r) * (0..r).map(|i| shape + f64::from(i)).product::<f64>();
        Law::new(moment, move |x| if x <= 0.0 { 0.0 } else { gamma_lr(shape, x / scale) })
    }

    pub fn weibull(shape: f64, scale: f64) -> Law {
        let moment = move |r| power(scale, r) * gamma(1.0 + f64::from(r) / shape);
        Law::new(moment, move |x: f64| -libm::expm1(-libm::pow(x.max(0.0) / scale, shape)))
    }

    /// A triangular density is the linear B-spline with knots min, mode and max, so its r-th moment is the complete
    /// homogeneous symmetric polynomial of degree r of the knots over C(r + 2, 2) (Curry and Schoenberg 1966).
    pub fn triangular(min: f64, mode: f64, max: f64) -> Law {
        let moment = move |r: u32| {
            let mut sum = 0.0;
            for i in 0..=r {
                for j in 0..=r - i {
                    sum += power(min, i) * power(mode, j) * power(max, r - i - j);
                }
            }
            2.0 * sum / (f64::from(r + 1) * f64::from(r + 2))
        };
        let width = max - min;
        Law::new(moment, move |x| {
            if x <= min {
                0.0
            } else if x < mode {
                power(x - min, 2) / (width * (mode - min))
            } else if x < max {
                1.0 - power(max - x, 2) / (width * (max - mode))
            } else {
                1.0
            }
        })
    }

    /// min + (max - min) * Beta(a, b), where E[Beta^r] = prod_{i < r} (a + i) / (a + b + i).
    pub fn pert(min: f64, mode: f64, max: f64) -> Law {
        let width = max - min;
        let (a, b) = (1.0 + 4.0 * (mode - min) / width, 1.0 + 4.0 * (max - mode) / width);
        let beta = move |r| (0..r).map(|i| (a + f64::from(i)) / (a + b + f64::from(i))).product();
        let moment = move |r| affine_moment(min, width, beta, r);
        Law::new(moment, move |x| beta_reg(a, b, ((x - min) / width).clamp(0.0, 1.0)))
    }

    pub fn pareto(scale: f64, shape: f64) -> Law {
        let cdf = move |x: f64| 1.0 - libm::pow(scale / x.max(scale), shape);
        if shape > 4.0 {
            Law::new(move |r| shape * power(scale, r) / (shape - f64::from(r)), cdf)
        } else {
            Law { moments: None, cdf: Box::new(cdf) }
        }
    }

    /// A constant and a draw.
    pub fn shifted(shift: f64, law: Law) -> Law {
        let of = law.moments.expect("finite");
        let moment = move |r: u32| affine_moment(shift, 1.0, |i| if i == 0 { 1.0 } else { of[i as usize - 1] }, r);
        Law::new(moment, move |x| (law.cdf)(x - shift))
    }

    pub fn mixture<const N: usize>(parts: [(f64, Law); N]) -> Law {
        let moments = |r: u32| parts.iter().map(|(w, law)| w * law.moments.expect("finite")[r as usize - 1]).sum();
        let moments = Some([1, 2, 3, 4].map(moments));
        Law { moments, cdf: Box::new(move |x| parts.iter().map(|(w, law)| w * (law.cdf)(x)).sum()) }
    }
}

/// x^r for a small r; x may be negative.
fn power(x: f64, r: u32) -> f64 {
    std::iter::repeat_n(x, r as usize).product()
}

/// E[(shift + factor * Y)^r] from the moments of Y, by the binomial theorem.
fn affine_moment(shift: f64, factor: f64, moment: impl Fn(u32) -> f64, r: u32) -> f64 {
    let mut choose = 1.0;
    let mut sum = 0.0;
    for i in 0..=r {
        sum += choose * power(shift, r - i) * power(factor, i) * moment(i);
        choose *= f64::from(r - i) / f64::from(i + 1);
    }
    sum
}

/// Another generator for the independent samplers: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct SplitMix64(u64);

impl TryRng for SplitMix64 {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Ok(z ^ (z >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Holds a family as written against its law: mean, variance, four quantiles, and the whole distribution function.
fn assert_law(latency: &str, law: &Law) -> Vec<f64> {
    let values = draws(&launching(latency), DRAWS);
    assert!(values.iter().all(|value| *value > -1e-9), "{latency}: a duration is negative");
    if law.moments.is_some() {
        assert_mean(&values, law.mean(), law.variance(), latency);
        assert_variance(&values, law.variance(), law.fourth_central_moment(), latency);
    }
    // How many of n values are below the p-quantile is binomial, so the distribution function at the sample's quantile
    // misses p by a standard error of sqrt(p (1 - p) / n).
    let ordered = sorted(&values);
    for p in [0.1, 0.5, 0.9, 0.99] {
        let n = f64::from(DRAWS);
        let quantile = ordered[(p * n) as usize];
        assert_near((law.cdf)(quantile), p, (p * (1.0 - p) / n).sqrt(), &format!("quantile {p} of {latency}"));
    }
    assert_distribution(&values, &law.cdf, latency);
    values
}

/// As [`assert_law`], and against an independent sampler.
fn assert_family(latency: &str, law: &Law, mut twin: impl FnMut(&mut SplitMix64) -> f64) {
    let values = assert_law(latency, law);
    let mut generator = SplitMix64(SEED);
    let others: Vec<f64> = (0..DRAWS).map(|_| twin(&mut generator)).collect();
    assert_same_distribution(&values, &others, latency);
}

/// A valid rand_distr distribution as a sampler.
fn twin<D: rand_distr::Distribution<f64>, E: std::fmt::Debug>(
    distribution: Result<D, E>,
) -> impl FnMut(&mut SplitMix64) -> f64 {
    let distribution = distribution.expect("valid parameters");
    move |generator| distribution.sample(generator)
}
