//! A normal distribution of the logarithm.

use super::{
    Distribution, Family, FamilyDescription, Invert, ParameterOrder, ParameterRange, ParameterSet, Takes, mean_and_std,
    parameter, pure,
};
use crate::random::elementary::{MIDDLE, exp, middle_normal};
use crate::random::{Residual, Sampler, normal_quantile};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "lognormal",
    words: "Many values near the median and a long tail: the usual latency.",
    takes: Takes::Parameters(&[
        ParameterSet {
            parameters: &[
                MEDIAN,
                parameter(
                    "sigma",
                    ParameterRange::Nonnegative,
                    "The standard deviation of the logarithm; 0 makes a constant.",
                ),
            ],
            order: &[],
            make: |values| match *values {
                [median, sigma] if sigma > 0.0 => Distribution::Lognormal { median, sigma },
                _ => Distribution::Constant(values[0]),
            },
        },
        ParameterSet {
            parameters: &[
                MEDIAN,
                parameter("p95", ParameterRange::PositiveQuantity, "95 % of the draws are below; above the median."),
            ],
            order: &[ParameterOrder::Above("p95", "median")],
            // P(X <= p95) = 0.95 where ln X is normal around ln(median).
            make: |values| Distribution::Lognormal {
                median: values[0],
                sigma: libm::log(values[1] / values[0]) / normal_quantile(0.95),
            },
        },
        mean_and_std(|values| match *values {
            [mean, std] if std > 0.0 => {
                // The moments of a lognormal: mean = median * exp(sigma^2 / 2), cv^2 = exp(sigma^2) - 1.
                let cv = std / mean;
                let sigma = libm::log1p(cv * cv).sqrt();
                Distribution::Lognormal { median: mean / (1.0 + cv * cv).sqrt(), sigma }
            }
            _ => Distribution::Constant(values[0]),
        }),
    ]),
};

const MEDIAN: super::Parameter = parameter("median", ParameterRange::PositiveQuantity, "Half of the draws are below.");

/// The median is greater than 0, and so is sigma, the standard deviation of the logarithm.
#[derive(Clone, Copy, Debug)]
pub struct Lognormal {
    pub median: f64,
    pub sigma: f64,
}

impl Family for Lognormal {
    fn mean(&self) -> f64 {
        self.median * libm::exp(0.5 * self.sigma * self.sigma)
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(*self)
    }

    /// The length-biased lognormal is a lognormal again.
    fn residual(&self) -> Residual {
        let Lognormal { median, sigma } = *self;
        Residual::of_interval(Sampler::from(Lognormal { median: median * libm::exp(sigma * sigma), sigma }))
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("lognormal, median {}, sigma {}", show(self.median), pure(self.sigma))
    }
}

impl Invert for Lognormal {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        self.median * exp(self.sigma * normal_quantile(u))
    }

    #[inline(always)]
    fn at_each<const N: usize>(&self, u: &[f64; N], values: &mut [f64; N]) {
        let Lognormal { median, sigma } = *self;
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
}
