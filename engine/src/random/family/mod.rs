//! The families of distributions, each in a file of its own: how it is described, drawn from, averaged and told.
//!
//! # How to add a family
//!
//! 1. Give it a file here: its parameters as a type that is a [`Family`], and how a scenario gives them as a
//!    [`FamilyDescription`]. If one uniform number gives one draw, the type (or one made ready from it) inverts its
//!    distribution function ([`Invert`]).
//! 2. List it: a line in [`FAMILIES`], a variant of [`Distribution`] with its line in [`Distribution::family`], and
//!    where it inverts a line in `inverses!`.
//!
//! Reader, schema, reference, `rollcast validate` and the samplers know it then.

mod constant;
mod empirical;
mod exponential;
mod gamma;
mod lognormal;
mod mixture;
mod normal;
mod pareto;
mod pert;
mod shifted;
mod triangular;
mod uniform;
mod weibull;

pub use empirical::Values;
pub(super) use gamma::StandardGamma;
use serde::Serialize;

use super::residual::Residual;
use super::sampler::Sampler;

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
    /// P(X > x) = exp(-x / mean); mean > 0.
    Exponential { mean: f64 },
    /// Normal with mean >= 0 and std > 0 *before* truncation; draws below 0 are drawn again.
    Normal { mean: f64, std: f64 },
    /// `median * exp(sigma * Z)` for a standard normal Z; median > 0, sigma >= 0.
    Lognormal { median: f64, sigma: f64 },
    /// Gamma with shape > 0 and scale > 0: mean shape * scale, variance shape * scale^2.
    Gamma { shape: f64, scale: f64 },
    /// P(X > x) = exp(-(x / scale)^shape).
    Weibull { shape: f64, scale: f64 },
    /// Triangular density between min and max with its peak at mode.
    Triangular { min: f64, mode: f64, max: f64 },
    /// PERT: min + (max - min) * Beta(1 + 4 (mode - min) / (max - min), 1 + 4 (max - mode) / (max - min)).
    /// Malcolm, Roseboom, Clark and Fazar, Operations Research 7 (1959).
    Pert { min: f64, mode: f64, max: f64 },
    /// P(X > x) = (scale / x)^shape for x >= scale.
    Pareto { scale: f64, shape: f64 },
    /// One of these values, each as likely as the others; never empty.
    Empirical(Values),
    /// One of these distributions with probability proportional to its weight; nested mixtures are flattened.
    Mixture(Vec<(f64, Distribution)>),
    /// A constant greater than 0 and a draw of the distribution, which is no constant.
    Shifted(f64, Box<Distribution>),
}

/// The families, in the order of the documentation.
pub static FAMILIES: [&FamilyDescription; 12] = [
    &constant::FAMILY,
    &uniform::FAMILY,
    &exponential::FAMILY,
    &normal::FAMILY,
    &lognormal::FAMILY,
    &gamma::FAMILY,
    &weibull::FAMILY,
    &triangular::FAMILY,
    &pert::FAMILY,
    &pareto::FAMILY,
    &empirical::FAMILY,
    &mixture::FAMILY,
];

impl Distribution {
    /// The family with its parameters.
    fn family(&self) -> Box<dyn Family + '_> {
        match *self {
            Distribution::Constant(value) => Box::new(constant::Constant(value)),
            Distribution::Uniform { min, max } => Box::new(uniform::Uniform { min, width: max - min, max }),
            Distribution::Exponential { mean } => Box::new(exponential::Exponential { mean }),
            Distribution::Normal { mean, std } => Box::new(normal::Normal::new(mean, std)),
            Distribution::Lognormal { median, sigma } => Box::new(lognormal::Lognormal { median, sigma }),
            Distribution::Gamma { shape, scale } => Box::new(gamma::Gamma { shape, scale }),
            Distribution::Weibull { shape, scale } => Box::new(weibull::Weibull { shape, scale }),
            Distribution::Triangular { min, mode, max } => Box::new(triangular::Triangular { min, mode, max }),
            Distribution::Pert { min, mode, max } => Box::new(pert::Pert { min, mode, max }),
            Distribution::Pareto { scale, shape } => Box::new(pareto::Pareto { scale, shape }),
            Distribution::Empirical(ref values) => Box::new(values.clone()),
            Distribution::Mixture(ref components) => Box::new(mixture::Mixture(components)),
            Distribution::Shifted(shift, ref rest) => Box::new(shifted::Shifted(shift, rest)),
        }
    }

    /// The mean in the distribution's unit; infinite where the tail is too heavy for one, or the number too large.
    ///
    /// The formulas are those of Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions (1994), and PERT's
    /// is its authors'. A mixture's is the weighted mean of its components' means, of which those without weight do not
    /// matter.
    pub fn mean(&self) -> f64 {
        self.family().mean()
    }

    /// The sum of a constant of at least 0 and a draw.
    #[must_use]
    pub fn shifted(self, shift: f64) -> Distribution {
        match self {
            same if shift == 0.0 => same,
            Distribution::Constant(value) => Distribution::Constant(shift + value),
            other => Distribution::Shifted(shift, Box::new(other)),
        }
    }

    /// The family with its parameters in words, `show` being how the quantity is written: `exponential, mean 10s`.
    pub fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        self.family().words(show)
    }
}

impl From<&Distribution> for Sampler {
    fn from(distribution: &Distribution) -> Sampler {
        distribution.family().sampler()
    }
}

/// Only for a distribution with 0 < mean < infinity: others have no equilibrium.
impl From<&Distribution> for Residual {
    fn from(distribution: &Distribution) -> Residual {
        debug_assert!(distribution.mean() > 0.0 && distribution.mean().is_finite(), "{distribution:?}");
        distribution.family().residual()
    }
}

/// A family with its parameters.
trait Family {
    fn mean(&self) -> f64;

    /// Made ready to draw from.
    fn sampler(&self) -> Sampler;

    fn residual(&self) -> Residual;

    fn words(&self, show: &dyn Fn(f64) -> String) -> String;
}

/// A distribution function that is inverted: one uniform number gives one draw.
pub(super) trait Invert {
    /// The value below which the share `u` in (0, 1) of all draws lies.
    fn at(&self, u: f64) -> f64;

    /// [`Invert::at`] for many numbers at a time, to the same bits; the families of hot loops have their own, written
    /// so that it vectorises, and are inlined.
    #[inline(never)]
    fn at_each<const N: usize>(&self, u: &[f64; N], values: &mut [f64; N]) {
        for (value, u) in values.iter_mut().zip(u) {
            *value = self.at(*u);
        }
    }
}

macro_rules! inverses {
    ($($variant:ident($inverse:ty)),* $(,)?) => {
        /// A family that needs one uniform number for a draw. Which one is decided once for many numbers, so no call in
        /// the loop over these goes through a table.
        #[derive(Clone, Debug)]
        pub(super) enum AnyInverse {
            $($variant($inverse)),*
        }

        impl AnyInverse {
            /// The draw to the uniform number `u` in (0, 1).
            #[inline]
            pub fn at(&self, u: f64) -> f64 {
                match self {
                    $(AnyInverse::$variant(inverse) => inverse.at(u)),*
                }
            }

            /// The draws to many numbers at once.
            #[inline(always)]
            pub fn at_each<const N: usize>(&self, u: &[f64; N], values: &mut [f64; N]) {
                match self {
                    $(AnyInverse::$variant(inverse) => inverse.at_each(u, values)),*
                }
            }
        }

        $(impl From<$inverse> for Sampler {
            fn from(inverse: $inverse) -> Sampler {
                Sampler::inverting(AnyInverse::$variant(inverse))
            }
        })*
    };
}

inverses! {
    Constant(constant::Constant),
    Uniform(uniform::Uniform),
    Exponential(exponential::Exponential),
    Normal(normal::Normal),
    Lognormal(lognormal::Lognormal),
    Weibull(weibull::InverseWeibull),
    Triangular(triangular::Triangular),
    Pareto(pareto::InversePareto),
    Empirical(Values),
}

/// How a scenario gives a family.
pub struct FamilyDescription {
    pub name: &'static str,
    /// What it is like, in one sentence.
    pub words: &'static str,
    /// What stands under the key.
    pub takes: Takes,
}

/// What a family is given by.
pub enum Takes {
    Value(fn(f64) -> Distribution),
    /// The parameters of one of these sets.
    Parameters(&'static [ParameterSet]),
    /// Measured values, here or in a file.
    Values(fn(Values) -> Distribution),
    /// Distributions with their weights.
    Components(fn(Vec<(f64, Distribution)>) -> Distribution),
}

/// Parameters that give a family together.
pub struct ParameterSet {
    /// In the order in which `make` takes them.
    pub parameters: &'static [Parameter],
    /// What has to hold between them.
    pub order: &'static [ParameterOrder],
    /// The distribution, of values that are in their ranges and in order.
    pub make: fn(&[f64]) -> Distribution,
}

/// A parameter of a family.
pub struct Parameter {
    pub name: &'static str,
    /// What it is.
    pub words: &'static str,
    /// What it is measured in, and its range.
    pub range: ParameterRange,
}

/// What a parameter is measured in, and its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterRange {
    /// The distribution's quantity, of at least 0.
    Quantity,
    /// The distribution's quantity, greater than 0.
    PositiveQuantity,
    /// A number of at least 0.
    Nonnegative,
    /// A number greater than 0.
    Positive,
}

/// What has to hold between parameters, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterOrder {
    /// The first is less than the second.
    Below(&'static str, &'static str),
    /// The first is greater than the second.
    Above(&'static str, &'static str),
    /// The first is from the second to the third.
    Within(&'static str, &'static str, &'static str),
}

const fn parameter(name: &'static str, range: ParameterRange, words: &'static str) -> Parameter {
    Parameter { name, words, range }
}

/// By its mean and its standard deviation; a family whose spread is 0 is a constant.
const fn mean_and_std(make: fn(&[f64]) -> Distribution) -> ParameterSet {
    const PARAMETERS: &[Parameter] = &[
        parameter("mean", ParameterRange::PositiveQuantity, "The mean."),
        parameter("std", ParameterRange::Quantity, "The standard deviation; 0 makes a constant."),
    ];
    ParameterSet { parameters: PARAMETERS, order: &[], make }
}

/// Between two values with a peak.
const fn peaked(make: fn(&[f64]) -> Distribution) -> ParameterSet {
    const PARAMETERS: &[Parameter] = &[
        parameter("min", ParameterRange::Quantity, "The least value, below max."),
        parameter("max", ParameterRange::Quantity, "The greatest value."),
        parameter("mode", ParameterRange::Quantity, "The peak, from min to max."),
    ];
    const ORDER: &[ParameterOrder] =
        &[ParameterOrder::Below("min", "max"), ParameterOrder::Within("mode", "min", "max")];
    ParameterSet { parameters: PARAMETERS, order: ORDER, make }
}

/// A number without a unit, with four decimals at most.
fn pure(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
