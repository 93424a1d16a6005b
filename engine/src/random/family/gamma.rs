//! The gamma distribution, by rejection inside its own stream.

use super::{
    Distribution, Family, FamilyDescription, ParameterRange, ParameterSet, Takes, mean_and_std, parameter, pure,
};
use crate::random::{Residual, Sampler, Stream, normal_quantile};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "gamma",
    words: "Where the shape is a whole number, the sum of so many exponential waits.",
    takes: Takes::Parameters(&[
        mean_and_std(|values| match *values {
            // mean = shape * scale, variance = shape * scale^2.
            [mean, std] if std > 0.0 => {
                Distribution::Gamma { shape: (mean / std) * (mean / std), scale: std * (std / mean) }
            }
            _ => Distribution::Constant(values[0]),
        }),
        ParameterSet {
            parameters: &[
                parameter("shape", ParameterRange::Positive, "How many waits; the mean is shape times scale."),
                parameter("scale", ParameterRange::PositiveQuantity, "The mean of one wait."),
            ],
            order: &[],
            make: |values| Distribution::Gamma { shape: values[0], scale: values[1] },
        },
    ]),
};

/// Both are greater than 0; the mean is their product.
#[derive(Clone, Copy, Debug)]
pub struct Gamma {
    pub shape: f64,
    pub scale: f64,
}

impl Family for Gamma {
    fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    fn sampler(&self) -> Sampler {
        Sampler::gamma(StandardGamma::new(self.shape), self.scale)
    }

    /// The length-biased gamma is a gamma again.
    fn residual(&self) -> Residual {
        Residual::of_interval(Gamma { shape: self.shape + 1.0, scale: self.scale }.sampler())
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("gamma, mean {}, shape {}", show(self.mean()), pure(self.shape))
    }
}

/// The standard gamma distribution by rejection: Marsaglia and Tsang, "A simple method for generating gamma
/// variables", ACM TOMS 26 (2000), with their boost for shapes below 1.
#[derive(Clone, Copy, Debug)]
pub struct StandardGamma {
    d: f64,
    c: f64,
    /// 1 / shape where the shape is below 1.
    boost: Option<f64>,
}

impl StandardGamma {
    /// The standard gamma with this shape > 0.
    pub fn new(shape: f64) -> StandardGamma {
        let (shape, boost) = if shape < 1.0 { (shape + 1.0, Some(1.0 / shape)) } else { (shape, None) };
        let d = shape - 1.0 / 3.0;
        StandardGamma { d, c: 1.0 / (9.0 * d).sqrt(), boost }
    }

    /// Draws a value; it is 0 where a small shape underflows.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        let accepted = self.accepted(stream);
        match self.boost {
            Some(power) => accepted * libm::pow(stream.open01(), power),
            None => accepted,
        }
    }

    /// Draws the natural logarithm of a value, from the same numbers as [`StandardGamma::sample`]; it keeps what
    /// underflows there, and is -infinity only for shapes below 1e-306.
    pub fn sample_log(&self, stream: &mut Stream) -> f64 {
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
