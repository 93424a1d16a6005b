//! The distribution families of a scenario, and how to draw from them.
//!
//! Nearly all families invert their distribution function, so one uniform number gives one draw and a changed
//! parameter moves a draw without reshuffling the luck of others. Gamma and PERT reject, inside their own stream.

use serde::Serialize;

use super::choice::Choice;
use super::normal::normal_density;
use super::{Stream, normal_cdf, normal_quantile};

/// A checked distribution of nonnegative quantities. Scale parameters are in the quantity's base unit
/// (microseconds for durations); shapes and sigmas are pure numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each family names its parameters in its own documentation")]
pub enum Distribution {
    /// Always this value.
    Constant(f64),
    /// Equally likely between `min` and `max`; min < max.
    Uniform { min: f64, max: f64 },
    /// Memoryless with this mean > 0.
    Exponential { mean: f64 },
    /// Normal with mean >= 0 and std > 0 *before* truncation; draws below 0 are drawn again.
    Normal { mean: f64, std: f64 },
    /// `median * exp(sigma * Z)` for a standard normal Z; median > 0, sigma >= 0.
    Lognormal { median: f64, sigma: f64 },
    /// Gamma with shape > 0 and scale > 0: mean shape * scale, variance shape * scale^2.
    Gamma { shape: f64, scale: f64 },
    /// Weibull: P(X > x) = exp(-(x / scale)^shape).
    Weibull { shape: f64, scale: f64 },
    /// Triangular density between min and max with its peak at mode.
    Triangular { min: f64, mode: f64, max: f64 },
    /// PERT: min + (max - min) * Beta(1 + 4 (mode - min) / (max - min), 1 + 4 (max - mode) / (max - min)).
    /// Malcolm, Roseboom, Clark and Fazar, Operations Research 7 (1959).
    Pert { min: f64, mode: f64, max: f64 },
    /// Pareto: P(X > x) = (scale / x)^shape for x >= scale.
    Pareto { scale: f64, shape: f64 },
    /// One of these values, each as likely as the others; never empty.
    Empirical(Vec<f64>),
    /// One of these distributions with probability proportional to its weight; nested mixtures are flattened.
    Mixture(Vec<(f64, Distribution)>),
}

impl Distribution {
    /// The mean in the distribution's unit; infinite where the tail is too heavy for one, or the number too large.
    ///
    /// The formulas are those of Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions (1994), and PERT's
    /// is its authors'. A mixture's is the weighted mean of its components' means, of which those without weight do not
    /// matter.
    pub fn mean(&self) -> f64 {
        match *self {
            Distribution::Constant(value) => value,
            Distribution::Uniform { min, max } => 0.5 * (min + max),
            Distribution::Exponential { mean } => mean,
            Distribution::Normal { mean, std } => {
                let kept = mean / std;
                mean + std * (normal_density(kept) / normal_cdf(kept))
            }
            Distribution::Lognormal { median, sigma } => median * libm::exp(0.5 * sigma * sigma),
            Distribution::Gamma { shape, scale } => shape * scale,
            Distribution::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Distribution::Triangular { min, mode, max } => (min + mode + max) / 3.0,
            Distribution::Pert { min, mode, max } => (min + 4.0 * mode + max) / 6.0,
            Distribution::Pareto { scale, shape } if shape > 1.0 => scale * (shape / (shape - 1.0)),
            Distribution::Pareto { .. } => f64::INFINITY,
            Distribution::Empirical(ref values) => values.iter().sum::<f64>() / values.len() as f64,
            Distribution::Mixture(ref components) => {
                let total: f64 = components.iter().map(|(weight, _)| weight).sum();
                let weighted = components.iter().filter(|(weight, _)| *weight > 0.0);
                let parts = weighted.map(|(weight, component)| match component.mean() {
                    mean if mean.is_infinite() => mean, // also where its share of the weights rounds to 0
                    mean => weight / total * mean,
                });
                parts.sum()
            }
        }
    }
}

/// A [`Distribution`] made ready to draw from.
#[derive(Clone, Debug)]
pub struct Sampler(Family);

#[derive(Clone, Debug)]
enum Family {
    Constant(f64),
    Uniform {
        min: f64,
        width: f64,
    },
    Exponential {
        mean: f64,
    },
    /// `kept` is the probability that the untruncated normal is at least 0.
    Normal {
        mean: f64,
        std: f64,
        kept: f64,
    },
    Lognormal {
        median: f64,
        sigma: f64,
    },
    Gamma {
        gamma: Gamma,
        scale: f64,
    },
    Weibull {
        inverse_shape: f64,
        scale: f64,
    },
    Triangular {
        min: f64,
        mode: f64,
        max: f64,
    },
    Pert {
        min: f64,
        width: f64,
        below: Gamma,
        above: Gamma,
    },
    Pareto {
        scale: f64,
        inverse_shape: f64,
    },
    Empirical(Vec<f64>),
    Mixture(Choice<Sampler>),
}

impl From<&Distribution> for Sampler {
    fn from(distribution: &Distribution) -> Sampler {
        Sampler(match *distribution {
            Distribution::Constant(value) => Family::Constant(value),
            Distribution::Uniform { min, max } => Family::Uniform { min, width: max - min },
            Distribution::Exponential { mean } => Family::Exponential { mean },
            Distribution::Normal { mean, std } => Family::Normal { mean, std, kept: normal_cdf(mean / std) },
            Distribution::Lognormal { median, sigma } => Family::Lognormal { median, sigma },
            Distribution::Gamma { shape, scale } => Family::Gamma { gamma: Gamma::new(shape), scale },
            Distribution::Weibull { shape, scale } => Family::Weibull { inverse_shape: 1.0 / shape, scale },
            Distribution::Triangular { min, mode, max } => Family::Triangular { min, mode, max },
            Distribution::Pert { min, mode, max } => {
                let width = max - min;
                Family::Pert {
                    min,
                    width,
                    below: Gamma::new(1.0 + 4.0 * (mode - min) / width),
                    above: Gamma::new(1.0 + 4.0 * (max - mode) / width),
                }
            }
            Distribution::Pareto { scale, shape } => Family::Pareto { scale, inverse_shape: 1.0 / shape },
            Distribution::Empirical(ref values) => Family::Empirical(values.clone()),
            Distribution::Mixture(ref components) => {
                let samplers = components.iter().map(|(weight, component)| (*weight, Sampler::from(component)));
                Family::Mixture(Choice::new(samplers))
            }
        })
    }
}

impl Sampler {
    /// Draws a value in the distribution's unit; it may be infinite where a heavy tail overflows.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self.0 {
            Family::Constant(value) => value,
            Family::Uniform { min, width } => min + width * stream.open01(),
            Family::Exponential { mean } => -mean * libm::log(stream.open01()),
            Family::Normal { mean, std, kept } => {
                // The upper part of the normal, by inversion: drawing again below 0 conditions on it.
                mean - std * normal_quantile(stream.open01() * kept)
            }
            Family::Lognormal { median, sigma } => median * libm::exp(sigma * normal_quantile(stream.open01())),
            Family::Gamma { ref gamma, scale } => scale * gamma.sample(stream),
            Family::Weibull { inverse_shape, scale } => scale * libm::pow(-libm::log(stream.open01()), inverse_shape),
            Family::Triangular { min, mode, max } => {
                let u = stream.open01();
                let width = max - min;
                if u * width < mode - min {
                    min + (u * width * (mode - min)).sqrt()
                } else {
                    max - ((1.0 - u) * width * (max - mode)).sqrt()
                }
            }
            Family::Pert { min, width, ref below, ref above } => {
                let (x, y) = (below.sample(stream), above.sample(stream));
                min + width * (x / (x + y))
            }
            Family::Pareto { scale, inverse_shape } => scale * libm::pow(stream.open01(), -inverse_shape),
            Family::Empirical(ref values) => values[stream.below(values.len())],
            Family::Mixture(ref components) => components.choose(stream).sample(stream),
        }
    }
}

/// The standard gamma distribution by rejection: Marsaglia and Tsang, "A simple method for generating gamma
/// variables", ACM TOMS 26 (2000), with their boost for shapes below 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gamma {
    d: f64,
    c: f64,
    /// 1 / shape where the shape is below 1.
    boost: Option<f64>,
}

impl Gamma {
    /// The standard gamma with this shape > 0.
    pub(super) fn new(shape: f64) -> Gamma {
        let (shape, boost) = if shape < 1.0 { (shape + 1.0, Some(1.0 / shape)) } else { (shape, None) };
        let d = shape - 1.0 / 3.0;
        Gamma { d, c: 1.0 / (9.0 * d).sqrt(), boost }
    }

    /// Draws a value; it is 0 where a small shape underflows.
    pub(super) fn sample(&self, stream: &mut Stream) -> f64 {
        let accepted = self.accepted(stream);
        match self.boost {
            Some(power) => accepted * libm::pow(stream.open01(), power),
            None => accepted,
        }
    }

    /// Draws the natural logarithm of a value, from the same numbers as [`Gamma::sample`]; it keeps what underflows
    /// there, and is -infinity only for shapes below 1e-306.
    pub(super) fn sample_log(&self, stream: &mut Stream) -> f64 {
        let accepted = libm::log(self.accepted(stream));
        match self.boost {
            Some(power) => accepted + libm::log(stream.open01()) * power,
            None => accepted,
        }
    }

    /// A value > 0 of the gamma with the shape itself, or with shape + 1 where there is a boost.
    fn accepted(&self, stream: &mut Stream) -> f64 {
        loop {
            let x = normal_quantile(stream.open01());
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            if libm::log(stream.open01()) < 0.5 * x * x + self.d * (1.0 - v + libm::log(v)) {
                break self.d * v;
            }
        }
    }
}
