//! A straight rise and a straight fall.

use super::{Distribution, Family, FamilyDescription, Invert, Takes, peaked};
use crate::random::residual::Bounded;
use crate::random::{Residual, Sampler};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "triangular",
    words: "A straight rise to the mode, and a straight fall.",
    takes: Takes::Parameters(&[peaked(|values| Distribution::Triangular {
        min: values[0],
        mode: values[2],
        max: values[1],
    })]),
};

/// `min <= mode <= max`, and `min < max`.
#[derive(Clone, Copy, Debug)]
pub struct Triangular {
    pub min: f64,
    pub mode: f64,
    pub max: f64,
}

impl Family for Triangular {
    fn mean(&self) -> f64 {
        (self.min + self.mode + self.max) / 3.0
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(*self)
    }

    fn residual(&self) -> Residual {
        Residual::of_interval(Bounded { sampler: self.sampler(), max: self.max })
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("triangular, {} to {}, mode {}", show(self.min), show(self.max), show(self.mode))
    }
}

impl Invert for Triangular {
    #[inline]
    fn at(&self, u: f64) -> f64 {
        let Triangular { min, mode, max } = *self;
        let width = max - min;
        if u * width < mode - min {
            min + (u * width * (mode - min)).sqrt()
        } else {
            max - ((1.0 - u) * width * (max - mode)).sqrt()
        }
    }
}
