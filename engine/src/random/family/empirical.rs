//! Measured values.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Distribution, Family, FamilyDescription, Invert, Takes};
use crate::random::residual::LengthBiased;
use crate::random::{Choice, Residual, Sampler, Stream};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "empirical",
    words: "One of measured values, drawn with replacement.",
    takes: Takes::Values(Distribution::Empirical),
};

/// At least one value, in any order, each as likely as any other. There may be millions: copies share them.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(pub(crate) Arc<[f64]>);

impl From<Vec<f64>> for Values {
    fn from(values: Vec<f64>) -> Values {
        Values(values.into())
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Family for Values {
    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(self.clone())
    }

    fn residual(&self) -> Residual {
        Residual::of_interval(BiasedEmpirical(Choice::new(self.0.iter().map(|value| (*value, *value)))))
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        let (count, mean) = (self.0.len(), show(self.mean()));
        format!("{count} measured value{}, mean {mean}", if count == 1 { "" } else { "s" })
    }
}

impl Invert for Values {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        // A cast from float to integer rounds down, and rounding may take the product to the number of values.
        self.0[((u * self.0.len() as f64) as usize).min(self.0.len() - 1)]
    }
}

/// A value in proportion to itself.
#[derive(Clone, Debug)]
struct BiasedEmpirical(Choice<f64>);

impl LengthBiased for BiasedEmpirical {
    fn sample(&self, stream: &mut Stream) -> f64 {
        *self.0.choose(stream)
    }
}
