//! Memoryless.

use super::{Distribution, Family, FamilyDescription, Invert, ParameterRange, ParameterSet, Takes, parameter};
use crate::random::elementary::ln;
use crate::random::{Residual, Sampler};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "exponential",
    words: "Memoryless: however long it has lasted, as much again is to be expected. Short values are the most likely.",
    takes: Takes::Parameters(&[ParameterSet {
        parameters: &[parameter("mean", ParameterRange::PositiveQuantity, "The mean.")],
        order: &[],
        make: |values| Distribution::Exponential { mean: values[0] },
    }]),
};

/// The mean is greater than 0.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    pub mean: f64,
}

impl Family for Exponential {
    fn mean(&self) -> f64 {
        self.mean
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(*self)
    }

    fn residual(&self) -> Residual {
        Residual::direct(self.sampler())
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("exponential, mean {}", show(self.mean))
    }
}

impl Invert for Exponential {
    #[inline(always)]
    fn at(&self, u: f64) -> f64 {
        -self.mean * ln(u)
    }

    #[inline(always)]
    fn at_each<const N: usize>(&self, u: &[f64; N], values: &mut [f64; N]) {
        for (value, u) in values.iter_mut().zip(u) {
            *value = self.at(*u);
        }
    }
}
