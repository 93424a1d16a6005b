//! The distribution families of a scenario, and how to draw from them.
//!
//! Nearly all families invert their distribution function, so one uniform number gives one draw and a changed
//! parameter moves a draw without reshuffling the luck of others. Gamma and PERT reject, inside their own stream.

use serde::Serialize;

use super::choice::Choice;
use super::elementary::{MIDDLE, exp, ln, middle_normal};
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
    Inverse(Inverse),
    Gamma { gamma: Gamma, scale: f64 },
    Pert { min: f64, width: f64, below: Gamma, above: Gamma },
    Mixture(Choice<Sampler>),
}

/// A family whose distribution function is inverted: one uniform number gives one draw.
#[derive(Clone, Debug)]
pub enum Inverse {
    /// Always this value.
    Constant(f64),
    /// See [`Distribution::Uniform`].
    Uniform {
        /// The least value.
        min: f64,
        /// The greatest one less the least.
        width: f64,
    },
    /// See [`Distribution::Exponential`].
    Exponential {
        /// The mean.
        mean: f64,
    },
    /// See [`Distribution::Normal`].
    Normal {
        /// Before truncation.
        mean: f64,
        /// Before truncation.
        std: f64,
        /// The probability that the untruncated normal is at least 0.
        kept: f64,
    },
    /// See [`Distribution::Lognormal`].
    Lognormal {
        /// The median.
        median: f64,
        /// Of the logarithm.
        sigma: f64,
    },
    /// See [`Distribution::Weibull`].
    Weibull {
        /// One over the shape.
        inverse_shape: f64,
        /// The scale.
        scale: f64,
    },
    /// See [`Distribution::Triangular`].
    Triangular {
        /// The least value.
        min: f64,
        /// The most likely one.
        mode: f64,
        /// The greatest one.
        max: f64,
    },
    /// See [`Distribution::Pareto`].
    Pareto {
        /// The least value.
        scale: f64,
        /// One over the tail's exponent.
        inverse_shape: f64,
    },
    /// One of these values.
    Empirical(Vec<f64>),
}

impl From<&Distribution> for Sampler {
    fn from(distribution: &Distribution) -> Sampler {
        Sampler(Family::Inverse(match *distribution {
            Distribution::Constant(value) => Inverse::Constant(value),
            Distribution::Uniform { min, max } => Inverse::Uniform { min, width: max - min },
            Distribution::Exponential { mean } => Inverse::Exponential { mean },
            Distribution::Normal { mean, std } => Inverse::Normal { mean, std, kept: normal_cdf(mean / std) },
            Distribution::Lognormal { median, sigma } => Inverse::Lognormal { median, sigma },
            Distribution::Weibull { shape, scale } => Inverse::Weibull { inverse_shape: 1.0 / shape, scale },
            Distribution::Triangular { min, mode, max } => Inverse::Triangular { min, mode, max },
            Distribution::Pareto { scale, shape } => Inverse::Pareto { scale, inverse_shape: 1.0 / shape },
            Distribution::Empirical(ref values) => Inverse::Empirical(values.clone()),
            Distribution::Gamma { shape, scale } => {
                return Sampler(Family::Gamma { gamma: Gamma::new(shape), scale });
            }
            Distribution::Pert { min, mode, max } => {
                let width = max - min;
                let (below, above) = (1.0 + 4.0 * (mode - min) / width, 1.0 + 4.0 * (max - mode) / width);
                let (below, above) = (Gamma::new(below), Gamma::new(above));
                return Sampler(Family::Pert { min, width, below, above });
            }
            Distribution::Mixture(ref components) => {
                let samplers = components.iter().map(|(weight, component)| (*weight, Sampler::from(component)));
                return Sampler(Family::Mixture(Choice::new(samplers)));
            }
        }))
    }
}

impl Sampler {
    /// Draws a value in the distribution's unit; it may be infinite where a heavy tail overflows.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self.0 {
            Family::Inverse(Inverse::Constant(value)) => value,
            Family::Inverse(ref inverse) => inverse.at(stream.open01()),
            Family::Gamma { ref gamma, scale } => scale * gamma.sample(stream),
            Family::Pert { min, width, ref below, ref above } => {
                let (x, y) = (below.sample(stream), above.sample(stream));
                min + width * (x / (x + y))
            }
            Family::Mixture(ref components) => components.choose(stream).sample(stream),
        }
    }

    /// The family, if one uniform number is enough.
    #[inline]
    pub fn inverse(&self) -> Option<&Inverse> {
        match &self.0 {
            Family::Inverse(inverse) => Some(inverse),
            _ => None,
        }
    }
}

impl Inverse {
    /// The value below which the share `u` in (0, 1) of all draws lies.
    #[inline]
    pub fn at(&self, u: f64) -> f64 {
        match *self {
            Inverse::Constant(value) => value,
            Inverse::Uniform { min, width } => min + width * u,
            Inverse::Exponential { mean } => exponential(mean, u),
            // The upper part of the normal: drawing again below 0 conditions on it.
            Inverse::Normal { mean, std, kept } => mean - std * normal_quantile(u * kept),
            Inverse::Lognormal { median, sigma } => median * exp(sigma * normal_quantile(u)),
            Inverse::Weibull { inverse_shape, scale } => scale * libm::pow(-ln(u), inverse_shape),
            Inverse::Triangular { min, mode, max } => {
                let width = max - min;
                if u * width < mode - min {
                    min + (u * width * (mode - min)).sqrt()
                } else {
                    max - ((1.0 - u) * width * (max - mode)).sqrt()
                }
            }
            Inverse::Pareto { scale, inverse_shape } => scale * libm::pow(u, -inverse_shape),
            Inverse::Empirical(ref values) => {
                // A cast from float to integer rounds down, and rounding may take the product to the number of values.
                values[((u * values.len() as f64) as usize).min(values.len() - 1)]
            }
        }
    }

    /// [`Inverse::at`] for many numbers at a time, to the same bits; the families of hot loops are written so that they
    /// vectorise.
    #[inline(always)]
    pub fn at_each<const N: usize>(&self, u: &[f64; N], values: &mut [f64; N]) {
        match *self {
            Inverse::Exponential { mean } => {
                for (value, u) in values.iter_mut().zip(u) {
                    *value = exponential(mean, *u);
                }
            }
            Inverse::Lognormal { median, sigma } => {
                let mut outside = 0;
                for (value, u) in values.iter_mut().zip(u) {
                    let (x, w) = middle_normal(*u);
                    *value = median * exp(sigma * x);
                    outside |= u64::from(w > MIDDLE);
                }
                // One number in a thousand lies in the tails; those nearby give the same again.
                if outside != 0 {
                    for (value, u) in values.iter_mut().zip(u).filter(|(_, u)| !(0.001..=0.999).contains(*u)) {
                        *value = self.at(*u);
                    }
                }
            }
            _ => {
                for (value, u) in values.iter_mut().zip(u) {
                    *value = self.at(*u);
                }
            }
        }
    }
}

#[inline(always)]
fn exponential(mean: f64, u: f64) -> f64 {
    -mean * ln(u)
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
