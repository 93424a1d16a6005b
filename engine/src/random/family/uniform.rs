//! Equally likely between two values.

use super::{
    Distribution, Family, FamilyDescription, Invert, ParameterOrder, ParameterRange, ParameterSet, Takes, parameter,
};
use crate::random::residual::LengthBiased;
use crate::random::{Residual, Sampler, Stream};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "uniform",
    words: "Equally likely between min and max.",
    takes: Takes::Parameters(&[ParameterSet {
        parameters: &[
            parameter("min", ParameterRange::Quantity, "The least value, below max."),
            parameter("max", ParameterRange::Quantity, "The greatest value."),
        ],
        order: &[ParameterOrder::Below("min", "max")],
        make: |values| Distribution::Uniform { min: values[0], max: values[1] },
    }]),
};

/// From `min` to `max`, which is greater.
#[derive(Clone, Copy, Debug)]
pub struct Uniform {
    pub min: f64,
    /// max - min
    pub width: f64,
    pub max: f64,
}

impl Family for Uniform {
    fn mean(&self) -> f64 {
        0.5 * (self.min + self.max)
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(*self)
    }

    fn residual(&self) -> Residual {
        Residual::of_interval(BiasedUniform { ratio: self.min / self.max, max: self.max })
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("uniform, {} to {}", show(self.min), show(self.max))
    }
}

impl Invert for Uniform {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        self.min + self.width * u
    }
}

/// P(X* <= x) = (x^2 - min^2) / (max^2 - min^2); `ratio` is min / max.
#[derive(Clone, Copy, Debug)]
struct BiasedUniform {
    ratio: f64,
    max: f64,
}

impl LengthBiased for BiasedUniform {
    fn sample(&self, stream: &mut Stream) -> f64 {
        let ratio = self.ratio;
        self.max * (ratio * ratio + stream.open01() * (1.0 - ratio) * (1.0 + ratio)).sqrt()
    }
}
