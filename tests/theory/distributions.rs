//! Every distribution family as a scenario writes it, against its closed form and against rand_distr's sampler.

use rand::Rng;
use rand::rand_core::TryRng;
use rand_distr::Distribution as _;
use rollcast::random::attempt::{OUTCOME, latency_slot};
use rollcast::random::{Distribution, Luck, Purpose, Sampler, Stream, normal_cdf, normal_quantile};
use rollcast::rollout::RobotDeploymentStep;
use rollcast::simulation::{Draws, Plan, StepDraw, StepPlan};
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

/// Its launching step.
fn step(latency: &str) -> StepPlan {
    plan(latency).group(0).steps[0].clone()
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
    let values = draws(&step(latency).latency, DRAWS);
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

#[test]
fn constant() {
    for (latency, seconds) in [("90s", 90.0), ("0s", 0.0), ("1us", 1e-6), ("1h30m", 5400.0)] {
        let sampler = step(&format!("{{ constant = \"{latency}\" }}")).latency;
        assert!(draws(&sampler, 100).iter().all(|value| *value == seconds), "{latency}");
    }
}

#[test]
fn uniform() {
    let twin_of = |min, max| twin(rand_distr::Uniform::new(min, max));
    assert_family("{ uniform = { min = \"10s\", max = \"30s\" } }", &Law::uniform(10.0, 30.0), twin_of(10.0, 30.0));
    assert_family("{ uniform = { min = \"0s\", max = \"250ms\" } }", &Law::uniform(0.0, 0.25), twin_of(0.0, 0.25));
}

#[test]
fn exponential() {
    let latency = "{ exponential = { mean = \"2m\" } }";
    assert_family(latency, &Law::exponential(120.0), twin(rand_distr::Exp::new(1.0 / 120.0)));
}

/// Truncated at 0: hardly, by a third, and by half (the half-normal).
#[test]
fn normal_is_drawn_again_below_zero() {
    for (latency, mean, std) in [
        ("{ normal = { mean = \"60s\", std = \"6s\" } }", 60.0, 6.0),
        ("{ normal = { mean = \"20s\", std = \"20s\" } }", 20.0, 20.0),
        ("{ normal = { mean = \"1s\", std = \"30s\" } }", 1.0, 30.0),
        ("{ normal = { mean = \"0s\", std = \"5s\" } }", 0.0, 5.0),
    ] {
        let normal = rand_distr::Normal::new(mean, std).expect("valid parameters");
        let again_below_0 = |generator: &mut SplitMix64| {
            std::iter::repeat_with(|| normal.sample(generator)).find(|value| *value >= 0.0).expect("endless")
        };
        assert_family(latency, &Law::truncated_normal(mean, std), again_below_0);
    }
}

#[test]
fn lognormal_by_median_and_sigma() {
    let latency = "{ lognormal = { median = \"2m\", sigma = 0.8 } }";
    let twin = twin(rand_distr::LogNormal::new(libm::log(120.0), 0.8));
    assert_family(latency, &Law::lognormal(120.0, 0.8), twin);
}

/// ln(p95 / median) is 1.6449 sigmas, the standard normal's 95 % point.
#[test]
fn lognormal_by_median_and_p95() {
    let sigma = libm::log(3.0) / 1.644_853_626_951_472_7;
    let twin = twin(rand_distr::LogNormal::new(libm::log(20.0), sigma));
    assert_family("{ lognormal = { median = \"20s\", p95 = \"60s\" } }", &Law::lognormal(20.0, sigma), twin);
}

/// rand_distr has this parametrisation too, by the coefficient of variation.
#[test]
fn lognormal_by_mean_and_std() {
    let latency = "{ lognormal = { mean = \"50s\", std = \"40s\" } }";
    let sigma = libm::log(1.0 + 0.8 * 0.8).sqrt();
    let law = Law::lognormal(50.0 / libm::exp(0.5 * sigma * sigma), sigma);
    assert!((law.mean() - 50.0).abs() < 1e-9 && (law.variance() - 1600.0).abs() < 1e-6);
    assert_family(latency, &law, twin(rand_distr::LogNormal::from_mean_cv(50.0, 0.8)));
}

/// Shapes above and below 1, where the sampler takes another way, and 1 itself, where it is the exponential.
#[test]
fn gamma_by_shape_and_scale() {
    for (written, shape) in [("7.5", 7.5), ("1", 1.0), ("0.5", 0.5), ("0.1", 0.1)] {
        let latency = format!("{{ gamma = {{ shape = {written}, scale = \"10s\" }} }}");
        assert_family(&latency, &Law::gamma(shape, 10.0), twin(rand_distr::Gamma::new(shape, 10.0)));
    }
}

/// shape = (mean / std)^2, scale = std^2 / mean.
#[test]
fn gamma_by_mean_and_std() {
    for (latency, shape, scale) in [
        ("{ gamma = { mean = \"60s\", std = \"20s\" } }", 9.0, 20.0 / 3.0),
        ("{ gamma = { mean = \"30s\", std = \"60s\" } }", 0.25, 120.0),
    ] {
        assert_family(latency, &Law::gamma(shape, scale), twin(rand_distr::Gamma::new(shape, scale)));
    }
}

#[test]
fn weibull() {
    for (latency, shape, scale) in [
        ("{ weibull = { shape = 1.5, scale = \"90s\" } }", 1.5, 90.0),
        ("{ weibull = { shape = 0.7, scale = \"10s\" } }", 0.7, 10.0),
        ("{ weibull = { shape = 1, scale = \"10s\" } }", 1.0, 10.0),
    ] {
        assert_family(latency, &Law::weibull(shape, scale), twin(rand_distr::Weibull::new(scale, shape)));
    }
}

/// With the peak inside and at either end.
#[test]
fn triangular() {
    for mode in [25.0, 10.0, 40.0] {
        let latency = format!("{{ triangular = {{ min = \"10s\", mode = \"{mode}s\", max = \"40s\" }} }}");
        let twin = twin(rand_distr::Triangular::new(10.0, 40.0, mode));
        assert_family(&latency, &Law::triangular(10.0, mode, 40.0), twin);
    }
}

#[test]
fn pert() {
    for mode in [15.0, 10.0, 40.0] {
        let latency = format!("{{ pert = {{ min = \"10s\", mode = \"{mode}s\", max = \"40s\" }} }}");
        let twin = twin(rand_distr::Pert::new(10.0, 40.0).with_mode(mode));
        assert_family(&latency, &Law::pert(10.0, mode, 40.0), twin);
    }
}

/// With eight finite moments, and with a mean only.
#[test]
fn pareto() {
    for (written, shape) in [("9", 9.0), ("1.5", 1.5)] {
        let latency = format!("{{ pareto = {{ scale = \"10s\", shape = {written} }} }}");
        assert_family(&latency, &Law::pareto(10.0, shape), twin(rand_distr::Pareto::new(10.0, shape)));
    }
}

#[test]
fn empirical_values_are_equally_likely() {
    // A value that stands twice is twice as likely.
    let sampler = step("{ empirical = { values = [\"1s\", \"5s\", \"5s\", \"0s\", \"250ms\"] } }").latency;
    let known = [0.0, 0.25, 1.0, 5.0];
    let outcomes = draws(&sampler, DRAWS).into_iter().map(|value| {
        known.iter().position(|known| *known == value).unwrap_or_else(|| panic!("{value} was never measured"))
    });
    assert_outcomes(outcomes, &[0.2, 0.2, 0.2, 0.4], "empirical values");
}

#[test]
fn empirical_values_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder for the CSV file");
    let csv = "robot,seconds,load\na,1.5,7\nb,0,7\nc,2e1,7\nd,1.5,7\n";
    std::fs::write(folder.path().join("measured.csv"), csv).expect("the folder is there");
    let text = text("{ empirical = { file = \"measured.csv\", column = \"seconds\" } }");
    let plan = Plan::new(&scenario_in(folder.path(), &text));
    let known = [0.0, 1.5, 20.0];
    let outcomes = draws(&plan.group(0).steps[0].latency, DRAWS).into_iter().map(|value| {
        known.iter().position(|known| *known == value).unwrap_or_else(|| panic!("{value} was never measured"))
    });
    assert_outcomes(outcomes, &[0.25, 0.5, 0.25], "empirical file");
}

#[test]
fn mixture_of_weights() {
    assert_law(
        "{ mixture = [ { weight = 3, exponential = { mean = \"10s\" } }, { weight = 1, normal = { mean = \"60s\", std = \"5s\" } } ] }",
        &Law::mixture([(0.75, Law::exponential(10.0)), (0.25, Law::truncated_normal(60.0, 5.0))]),
    );
}

#[test]
fn mixture_in_a_mixture_multiplies_the_weights() {
    assert_law(
        "{ mixture = [
            { weight = 0, uniform = { min = \"100s\", max = \"200s\" } },
            { weight = 6, mixture = [
                { weight = 20, uniform = { min = \"0s\", max = \"1s\" } },
                { weight = 10, gamma = { shape = 2, scale = \"5s\" } },
                { weight = 0, exponential = { mean = \"1h\" } },
            ] },
            { weight = 2, weibull = { shape = 2, scale = \"30s\" } },
            { weight = 0, exponential = { mean = \"1h\" } },
        ] }",
        &Law::mixture([(0.5, Law::uniform(0.0, 1.0)), (0.25, Law::gamma(2.0, 5.0)), (0.25, Law::weibull(2.0, 30.0))]),
    );
}

/// A mixture's choice and its component's draw share a stream, but no number.
#[test]
fn the_choice_of_a_component_does_not_sway_its_draw() {
    let sampler = step(
        "{ mixture = [ { weight = 1, uniform = { min = \"0s\", max = \"1s\" } }, { weight = 2, uniform = { min = \"1s\", max = \"2s\" } } ] }",
    );
    let values = draws(&sampler.latency, DRAWS);
    let (below, above): (Vec<f64>, Vec<f64>) = values.iter().partition(|value| **value < 1.0);
    assert_share(below.len(), DRAWS as usize, 1.0 / 3.0, "of the first component");
    assert_distribution(&below, |x| x, "the first component");
    assert_distribution(&above, |x| x - 1.0, "the second component");
}

#[test]
fn no_spread_is_a_constant() {
    for (latency, seconds) in [
        ("{ normal = { mean = \"30s\", std = \"0s\" } }", 30.0),
        ("{ normal = { mean = \"0s\", std = \"0s\" } }", 0.0),
        ("{ lognormal = { median = \"30s\", sigma = 0 } }", 30.0),
        ("{ lognormal = { mean = \"30s\", std = \"0s\" } }", 30.0),
        ("{ gamma = { mean = \"30s\", std = \"0s\" } }", 30.0),
        ("{ empirical = { values = [\"30s\"] } }", 30.0),
        ("{ mixture = [ { weight = 7, constant = \"30s\" } ] }", 30.0),
        ("{ mixture = [ { weight = 0, constant = \"1s\" }, { weight = 1, constant = \"30s\" } ] }", 30.0),
    ] {
        assert!(draws(&step(latency).latency, 1000).iter().all(|value| *value == seconds), "{latency}");
    }
}

/// Parameters that overflow or underflow on the way: the drawn durations are the limits of the closed forms, 0 and the
/// longest span.
#[test]
fn extreme_parameters_give_limits() {
    const N: u32 = 20_000;
    // P(Exp(1) < 1) = 1 - 1/e.
    let below_scale = -libm::expm1(-1.0);
    // P(Gamma(k) < x) = x^k / Gamma(k + 1) for small x: a span of 0 is less than half a microsecond of a scale of 1 s.
    let thousandth = libm::pow(0.5e-6, 0.001) / gamma(1.001);
    for (latency, zero, longest) in [
        ("{ gamma = { shape = 1e-300, scale = \"1s\" } }", 1.0, 0.0),
        ("{ gamma = { shape = 5e-324, scale = \"13000d\" } }", 1.0, 0.0),
        ("{ gamma = { shape = 1e300, scale = \"1us\" } }", 0.0, 1.0),
        ("{ gamma = { shape = 0.001, scale = \"1s\" } }", thousandth, 0.0),
        ("{ gamma = { mean = \"1us\", std = \"13000d\" } }", 1.0, 0.0),
        ("{ weibull = { shape = 1e-300, scale = \"1s\" } }", below_scale, 1.0 - below_scale),
        ("{ weibull = { shape = 5e-324, scale = \"1us\" } }", below_scale, 1.0 - below_scale),
        ("{ pareto = { scale = \"1us\", shape = 1e-300 } }", 0.0, 1.0),
        ("{ pareto = { scale = \"1us\", shape = 5e-324 } }", 0.0, 1.0),
        // P(X > x) = (scale / x)^shape at the longest span, 1.1232e15 us.
        ("{ pareto = { scale = \"1us\", shape = 0.001 } }", 0.0, libm::pow(1.1232e15, -0.001)),
        ("{ lognormal = { median = \"1s\", sigma = 1e308 } }", 0.5, 0.5),
        ("{ lognormal = { median = \"13000d\", sigma = 1.7976931348623157e308 } }", 0.5, 0.5),
        ("{ lognormal = { mean = \"1us\", std = \"13000d\" } }", 1.0, 0.0),
        ("{ constant = \"13000d\" }", 0.0, 1.0),
        (
            "{ mixture = [ { weight = 1e308, constant = \"0s\" }, { weight = 5e-324, constant = \"13000d\" } ] }",
            1.0,
            0.0,
        ),
    ] {
        let plan = plan(latency);
        let mut draws = Draws::new(&plan);
        let spans: Vec<Span> = (0..N).map(|index| drawn(&mut draws, index).latency).collect();
        let count = |span| spans.iter().filter(|other| **other == span).count();
        let latency = latency.to_owned();
        if latency.contains("mean = \"1us\"") {
            // Nearly all, and no more is claimed: what remains is the tail that holds up the mean.
            assert!(count(Span::ZERO) > 9 * N as usize / 10, "{latency}");
        } else {
            assert_share(count(Span::ZERO), N as usize, zero, &format!("of zeros of {latency}"));
            assert_share(count(Span::MAX), N as usize, longest, &format!("of the longest span of {latency}"));
        }
    }
}

/// Shapes so large, or spreads so small, that nothing is left of chance.
#[test]
fn extreme_parameters_give_constants() {
    for (latency, seconds) in [
        ("{ weibull = { shape = 1e300, scale = \"5s\" } }", 5.0),
        ("{ pareto = { scale = \"5s\", shape = 1e300 } }", 5.0),
        ("{ lognormal = { median = \"5s\", sigma = 5e-324 } }", 5.0),
        ("{ lognormal = { mean = \"13000d\", std = \"1us\" } }", 1_123_200_000.0),
        ("{ gamma = { mean = \"13000d\", std = \"1us\" } }", 1_123_200_000.0),
        ("{ normal = { mean = \"12999d\", std = \"1us\" } }", 1_123_113_600.0),
        ("{ pert = { min = \"0s\", mode = \"0s\", max = \"1us\" } }", 0.0),
        ("{ triangular = { min = \"5s\", mode = \"5.000001s\", max = \"5.000001s\" } }", 5.0),
        ("{ uniform = { min = \"5s\", max = \"5.000001s\" } }", 5.0),
    ] {
        let sampler = step(latency).latency;
        for value in draws(&sampler, 2000) {
            // Ten standard deviations where there is one, and what rounding leaves at 1e15 microseconds.
            assert!((value - seconds).abs() <= 1.1e-5, "{latency}: {value}");
        }
    }
}

/// R1: a span is the unrounded draw to the nearest microsecond; a family that one number is enough for takes it from the slot of
/// its step, and a step fails by the attempt's one number for all steps.
#[test]
fn a_step_draws_from_the_slots_of_its_attempt() {
    let plan = plan("{ exponential = { mean = \"3us\" } }");
    let mut draws = Draws::new(&plan);
    for index in 0..10_000 {
        let drawn = drawn(&mut draws, index);
        let (luck, robot) = (Luck::new(SEED, index / ROBOTS), index % ROBOTS);
        let inverse = plan.group(0).steps[0].latency.inverse().expect("one number is enough");
        let unrounded = inverse.at(luck.attempt(robot, 0, latency_slot(STEP)));
        assert!((drawn.latency.micros() as f64 - unrounded).abs() <= 0.5, "{unrounded}");
        assert_eq!(drawn.failure.is_some(), luck.attempt(robot, 0, OUTCOME) < 0.5);
    }
}

/// R7: failing says nothing about the latency, in any family.
#[test]
fn failure_and_latency_are_independent() {
    for latency in [
        "{ exponential = { mean = \"10s\" } }",
        "{ gamma = { shape = 0.5, scale = \"10s\" } }",
        "{ pert = { min = \"0s\", mode = \"10s\", max = \"60s\" } }",
        "{ mixture = [ { weight = 1, constant = \"1s\" }, { weight = 1, exponential = { mean = \"9s\" } } ] }",
    ] {
        let plan = plan(latency);
        let mut draws = Draws::new(&plan);
        let (mut failed, mut fine, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..DRAWS {
            let luck = Luck::new(SEED, index / ROBOTS);
            let drawn = drawn(&mut draws, index);
            let seconds = drawn.latency.seconds();
            if drawn.failure.is_some() { &mut failed } else { &mut fine }.push(seconds);
            pairs.push((luck.attempt(index % ROBOTS, 0, OUTCOME), seconds));
        }
        assert_same_distribution(&failed, &fine, &format!("failed and fine {latency}"));
        assert_uncorrelated(&pairs, &format!("between failure and {latency}"));
    }
}

/// Where a stream's counter or key differs in one place only.
#[test]
fn neighbouring_streams_are_independent() {
    let first = |seed: u64, replication: u32, robot: u32, attempt: u32, purpose: Purpose| {
        Luck::new(seed, replication).robot(robot, attempt, purpose).open01()
    };
    let purpose = Purpose::Step(STEP);
    // Even numbers, so that no draw is in two pairs and the pairs are independent of each other.
    let at = |index: u32| (2 * (index / ROBOTS), 2 * (index % ROBOTS));
    let base = |index: u32| {
        let (replication, robot) = at(index);
        first(SEED, replication, robot, 0, purpose)
    };
    type Draw<'a> = &'a dyn Fn(u32) -> f64;
    let neighbours: [(&str, Draw); 9] = [
        ("the next robot", &|i| first(SEED, at(i).0, at(i).1 + 1, 0, purpose)),
        ("the next attempt", &|i| first(SEED, at(i).0, at(i).1, 1, purpose)),
        ("the next replication", &|i| first(SEED, at(i).0 + 1, at(i).1, 0, purpose)),
        ("the next seed", &|i| first(SEED + 1, at(i).0, at(i).1, 0, purpose)),
        ("a seed far off", &|i| first(SEED ^ (1 << 40), at(i).0, at(i).1, 0, purpose)),
        ("the next step", &|i| {
            first(SEED, at(i).0, at(i).1, 0, Purpose::Step(RobotDeploymentStep::ExecutingPostLaunch))
        }),
        ("a job's preparing", &|i| first(SEED, at(i).0, at(i).1, 0, Purpose::Preparing)),
        ("the stream's second number", &|i| {
            let mut stream = Luck::new(SEED, at(i).0).robot(at(i).1, 0, purpose);
            stream.bits();
            stream.open01()
        }),
        ("the stream's third number", &|i| {
            let mut stream = Luck::new(SEED, at(i).0).robot(at(i).1, 0, purpose);
            stream.bits();
            stream.bits();
            stream.open01()
        }),
    ];
    for (name, other) in neighbours {
        let pairs: Vec<(f64, f64)> = (0..DRAWS).map(|index| (base(index), other(index))).collect();
        assert_uncorrelated(&pairs, &format!("with {name}"));
        // Correlation sees lines only; a grid sees what else the pair might form.
        let cell = |u: f64| (u * 16.0) as usize;
        let outcomes = pairs.iter().map(|(a, b)| 16 * cell(*a) + cell(*b));
        assert_outcomes(outcomes, &[1.0 / 256.0; 256], &format!("a grid with {name}"));
        let both: Vec<f64> = pairs.iter().map(|(a, b)| (a + b).fract()).collect();
        assert_distribution(&both, |x| x, &format!("the sum with {name}"));
    }
}

/// The parser hands families over in microseconds and as written; a wrong unit or a swapped key shows here first.
#[test]
fn parameters_arrive_as_written() {
    let parsed = |latency: &str| scenario(&text(latency)).groups[0].steps[0].latency.clone();
    for (latency, distribution) in [
        ("{ uniform = { max = \"2s\", min = \"1s\" } }", Distribution::Uniform { min: 1e6, max: 2e6 }),
        ("{ weibull = { scale = \"2s\", shape = 3 } }", Distribution::Weibull { shape: 3.0, scale: 2e6 }),
        ("{ pareto = { scale = \"2s\", shape = 3 } }", Distribution::Pareto { scale: 2e6, shape: 3.0 }),
        ("{ gamma = { scale = \"2s\", shape = 3 } }", Distribution::Gamma { shape: 3.0, scale: 2e6 }),
        ("{ gamma = { std = \"2s\", mean = \"4s\" } }", Distribution::Gamma { shape: 4.0, scale: 1e6 }),
    ] {
        assert_eq!(parsed(latency), distribution, "{latency}");
    }
    let Distribution::Lognormal { median, sigma } = parsed("{ lognormal = { p95 = \"4s\", median = \"2s\" } }") else {
        panic!("a lognormal was written");
    };
    assert_eq!(median, 2e6);
    let p95 = median * libm::exp(sigma * normal_quantile(0.95));
    assert!((p95 - 4e6).abs() < 1e-6, "{p95}");
}
