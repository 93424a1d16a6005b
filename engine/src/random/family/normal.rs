//! The normal distribution, cut at 0.

use super::{Distribution, Family, FamilyDescription, Invert, ParameterRange, ParameterSet, Takes, parameter};
use crate::random::normal::normal_density;
use crate::random::residual::LengthBiased;
use crate::random::{Residual, Sampler, Stream, normal_cdf, normal_quantile};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "normal",
    words: "The bell curve, cut off at 0: a draw below 0 is drawn again.",
    takes: Takes::Parameters(&[ParameterSet {
        parameters: &[
            parameter("mean", ParameterRange::Quantity, "The mean before truncation."),
            parameter("std", ParameterRange::Quantity, "The standard deviation before truncation; 0 makes a constant."),
        ],
        order: &[],
        make: |values| match *values {
            [mean, std] if std > 0.0 => Distribution::Normal { mean, std },
            _ => Distribution::Constant(values[0]),
        },
    }]),
};

/// A normal of which nothing below 0 is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Normal {
    mean: f64,
    std: f64,
    /// The probability that the untruncated normal is at least 0.
    kept: f64,
}

impl Normal {
    /// Mean and standard deviation before the cut; the latter is greater than 0.
    pub fn new(mean: f64, std: f64) -> Normal {
        Normal { mean, std, kept: normal_cdf(mean / std) }
    }
}

impl Family for Normal {
    fn mean(&self) -> f64 {
        self.mean + self.std * (normal_density(self.mean / self.std) / self.kept)
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(*self)
    }

    fn residual(&self) -> Residual {
        let Normal { mean, std, .. } = *self;
        let plain = mean / (mean + std * std::f64::consts::FRAC_2_PI.sqrt());
        Residual::of_interval(BiasedNormal { mean, std, plain })
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("normal, mean {}, std {}", show(self.mean), show(self.std))
    }
}

impl Invert for Normal {
    /// The upper part of the normal: drawing again below 0 conditions on it.
    #[inline]
    fn at(&self, u: f64) -> f64 {
        self.mean - self.std * normal_quantile(u * self.kept)
    }
}

/// The normal before truncation. `plain` is the share of its density in the proposal.
#[derive(Clone, Copy, Debug)]
struct BiasedNormal {
    mean: f64,
    std: f64,
    plain: f64,
}

impl LengthBiased for BiasedNormal {
    /// x is at most mean + |x - mean|, so the proposal's density is proportional to the latter times the
    /// normal's: a mixture of the normal and of mean +- std * Rayleigh. At least half of the draws are kept.
    fn sample(&self, stream: &mut Stream) -> f64 {
        let BiasedNormal { mean, std, plain } = *self;
        loop {
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
        }
    }
}
