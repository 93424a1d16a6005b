//! A power law.

use super::{Distribution, Family, FamilyDescription, Invert, ParameterRange, ParameterSet, Takes, parameter, pure};
use crate::random::{Residual, Sampler};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "pareto",
    words: "P(X > x) = (scale / x)^shape from scale on: the heaviest tail here.",
    takes: Takes::Parameters(&[ParameterSet {
        parameters: &[
            parameter("scale", ParameterRange::PositiveQuantity, "The least value."),
            parameter("shape", ParameterRange::Positive, "The tail's exponent; up to 1 there is no finite mean."),
        ],
        order: &[],
        make: |values| Distribution::Pareto { scale: values[0], shape: values[1] },
    }]),
};

/// Both are greater than 0; the tail falls as `x^-shape`.
#[derive(Clone, Copy, Debug)]
pub struct Pareto {
    pub scale: f64,
    pub shape: f64,
}

impl Family for Pareto {
    fn mean(&self) -> f64 {
        if self.shape > 1.0 { self.scale * (self.shape / (self.shape - 1.0)) } else { f64::INFINITY }
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(InversePareto { scale: self.scale, inverse_shape: 1.0 / self.shape })
    }

    /// The length-biased Pareto is a Pareto again.
    fn residual(&self) -> Residual {
        Residual::of_interval(Pareto { scale: self.scale, shape: self.shape - 1.0 }.sampler())
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("pareto, from {} on, shape {}", show(self.scale), pure(self.shape))
    }
}

/// P(X > x) = (scale / x)^shape, solved for x.
#[derive(Clone, Copy, Debug)]
pub struct InversePareto {
    scale: f64,
    inverse_shape: f64,
}

impl Invert for InversePareto {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        self.scale * libm::pow(u, -self.inverse_shape)
    }
}
