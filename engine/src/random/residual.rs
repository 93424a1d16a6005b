//! What is left of an interval of a renewal process that has run for a long time when it is looked at.

use super::choice::Choice;
use super::distribution::Gamma;
use super::{Distribution, Sampler, Stream, normal_quantile};

/// The equilibrium residual life of a [`Distribution`], made ready to draw from: how long an interval still lasts from
/// an instant far from the first interval's start. With the distribution function F its density is (1 - F(x)) / mean.
///
/// Such an instant falls into an interval X* with the length-biased density x f(x) / mean, and equally likely anywhere
/// in it; so U X* is left, with U uniform in (0, 1) (Cox, Renewal Theory, 1962, chapter 5). For most families X* has a
/// closed form; triangular, PERT and normal reject, inside their own stream.
#[derive(Clone, Debug)]
pub struct Residual(Left);

#[derive(Clone, Debug)]
enum Left {
    /// The residual life itself.
    Direct(Sampler),
    /// Of an interval that the instant falls into.
    Of(Biased),
    Mixture(Choice<Residual>),
}

/// Samplers of X*.
#[derive(Clone, Debug)]
enum Biased {
    /// Where a family's X* is in the family again.
    Family(Sampler),
    /// P(X* <= x) = (x^2 - min^2) / (max^2 - min^2); `ratio` is min / max.
    Uniform {
        ratio: f64,
        max: f64,
    },
    /// (X* / scale)^shape is a gamma with shape 1 + 1 / shape.
    Weibull {
        gamma: Gamma,
        inverse_shape: f64,
        scale: f64,
    },
    /// Draws at most `max` that are kept with probability x / max.
    Bounded {
        sampler: Sampler,
        max: f64,
    },
    /// The normal before truncation. `plain` is the share of its density in the proposal.
    Normal {
        mean: f64,
        std: f64,
        plain: f64,
    },
    Empirical(Choice<f64>),
}

/// Only for a distribution with 0 < mean < infinity: others have no equilibrium.
impl From<&Distribution> for Residual {
    fn from(distribution: &Distribution) -> Residual {
        debug_assert!(distribution.mean() > 0.0 && distribution.mean().is_finite(), "{distribution:?}");
        let family = |biased: Distribution| Biased::Family(Sampler::from(&biased));
        let bounded = |max| Biased::Bounded { sampler: Sampler::from(distribution), max };
        Residual(Left::Of(match *distribution {
            Distribution::Constant(value) => family(Distribution::Constant(value)),
            Distribution::Uniform { min, max } => Biased::Uniform { ratio: min / max, max },
            Distribution::Exponential { .. } => return Residual(Left::Direct(Sampler::from(distribution))),
            Distribution::Normal { mean, std } => {
                let plain = mean / (mean + std * std::f64::consts::FRAC_2_PI.sqrt());
                Biased::Normal { mean, std, plain }
            }
            Distribution::Lognormal { median, sigma } => {
                family(Distribution::Lognormal { median: median * libm::exp(sigma * sigma), sigma })
            }
            Distribution::Gamma { shape, scale } => family(Distribution::Gamma { shape: shape + 1.0, scale }),
            Distribution::Weibull { shape, scale } => {
                let inverse_shape = 1.0 / shape;
                Biased::Weibull { gamma: Gamma::new(1.0 + inverse_shape), inverse_shape, scale }
            }
            Distribution::Triangular { max, .. } | Distribution::Pert { max, .. } => bounded(max),
            Distribution::Pareto { scale, shape } => family(Distribution::Pareto { scale, shape: shape - 1.0 }),
            Distribution::Empirical(ref values) => {
                Biased::Empirical(Choice::new(values.iter().map(|value| (*value, *value))))
            }
            Distribution::Mixture(ref components) => {
                // An instant falls into a component's interval in proportion to the time that these make up.
                let total: f64 = components.iter().map(|(weight, _)| weight).sum();
                let weighted = components.iter().filter(|(weight, _)| *weight > 0.0);
                let times = weighted.map(|(weight, component)| (weight / total * component.mean(), component));
                let residuals = times.filter(|(time, _)| *time > 0.0);
                let residuals = residuals.map(|(time, component)| (time, Residual::from(component)));
                return Residual(Left::Mixture(Choice::new(residuals)));
            }
        }))
    }
}

impl Residual {
    /// Draws a residual life in the distribution's unit: at least 0, never NaN; it may be infinite where a heavy tail
    /// overflows.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self.0 {
            Left::Direct(ref sampler) => sampler.sample(stream),
            Left::Of(ref interval) => {
                let left = stream.open01();
                left * interval.sample(stream)
            }
            Left::Mixture(ref components) => components.choose(stream).sample(stream),
        }
    }
}

impl Biased {
    fn sample(&self, stream: &mut Stream) -> f64 {
        match *self {
            Biased::Family(ref sampler) => sampler.sample(stream),
            Biased::Uniform { ratio, max } => {
                max * (ratio * ratio + stream.open01() * (1.0 - ratio) * (1.0 + ratio)).sqrt()
            }
            Biased::Weibull { ref gamma, inverse_shape, scale } => {
                scale * libm::pow(gamma.sample(stream), inverse_shape)
            }
            Biased::Bounded { ref sampler, max } => loop {
                let x = sampler.sample(stream);
                if stream.chance() * max < x {
                    break x;
                }
            },
            // x is at most mean + |x - mean|, so the proposal's density is proportional to the latter times the
            // normal's: a mixture of the normal and of mean +- std * Rayleigh. At least half of the draws are kept.
            Biased::Normal { mean, std, plain } => loop {
                let z = if stream.chance() < plain {
                    normal_quantile(stream.open01())
                } else {
                    let rayleigh = (-2.0 * libm::log(stream.open01())).sqrt();
                    if stream.chance() < 0.5 { -rayleigh } else { rayleigh }
                };
                let x = mean + std * z;
                if stream.chance() * (mean + (x - mean).abs()) < x {
                    break x;
                }
            },
            Biased::Empirical(ref values) => *values.choose(stream),
        }
    }
}
