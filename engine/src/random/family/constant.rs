//! Always the same value.

use super::{Distribution, Family, FamilyDescription, Invert, Takes};
use crate::random::{Residual, Sampler};

pub static FAMILY: FamilyDescription =
    FamilyDescription { name: "constant", words: "Always this value.", takes: Takes::Value(Distribution::Constant) };

/// The value of every draw.
#[derive(Clone, Copy, Debug)]
pub struct Constant(pub f64);

impl Family for Constant {
    fn mean(&self) -> f64 {
        self.0
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(*self)
    }

    fn residual(&self) -> Residual {
        Residual::of_interval(self.sampler())
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        show(self.0)
    }
}

impl Invert for Constant {
    #[inline]
    fn at(&self, _: f64) -> f64 {
        self.0
    }
}
