//! The Weibull distribution.

use super::{
    Distribution, Family, FamilyDescription, Invert, ParameterRange, ParameterSet, StandardGamma, Takes, parameter,
    pure,
};
use crate::random::elementary::ln;
use crate::random::residual::LengthBiased;
use crate::random::{Residual, Sampler, Stream};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "weibull",
    words: "P(X > x) = exp(-(x / scale)^shape).",
    takes: Takes::Parameters(&[ParameterSet {
        parameters: &[
            parameter(
                "shape",
                ParameterRange::Positive,
                "Below 1 the tail is heavier than the exponential's, 1 is the exponential, above 1 there is a peak.",
            ),
            parameter("scale", ParameterRange::PositiveQuantity, "63 % of the draws are below."),
        ],
        order: &[],
        make: |values| Distribution::Weibull { shape: values[0], scale: values[1] },
    }]),
};

/// Both are greater than 0; the tail falls as `exp(-x^shape)`.
#[derive(Clone, Copy, Debug)]
pub struct Weibull {
    pub shape: f64,
    pub scale: f64,
}

impl Family for Weibull {
    fn mean(&self) -> f64 {
        self.scale * libm::tgamma(1.0 + 1.0 / self.shape)
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(InverseWeibull { inverse_shape: 1.0 / self.shape, scale: self.scale })
    }

    fn residual(&self) -> Residual {
        let inverse_shape = 1.0 / self.shape;
        let gamma = StandardGamma::new(1.0 + inverse_shape);
        Residual::of_interval(BiasedWeibull { gamma, inverse_shape, scale: self.scale })
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("weibull, scale {}, shape {}", show(self.scale), pure(self.shape))
    }
}

/// P(X > x) = exp(-(x / scale)^shape), solved for x.
#[derive(Clone, Copy, Debug)]
pub struct InverseWeibull {
    inverse_shape: f64,
    scale: f64,
}

impl Invert for InverseWeibull {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        self.scale * libm::pow(-ln(u), self.inverse_shape)
    }
}

/// (X* / scale)^shape is a gamma with shape 1 + 1 / shape.
#[derive(Clone, Copy, Debug)]
struct BiasedWeibull {
    gamma: StandardGamma,
    inverse_shape: f64,
    scale: f64,
}

impl LengthBiased for BiasedWeibull {
    fn sample(&self, stream: &mut Stream) -> f64 {
        self.scale * libm::pow(self.gamma.sample(stream), self.inverse_shape)
    }
}
