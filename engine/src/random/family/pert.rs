//! PERT: a beta distribution between two values with a peak.

use super::{Distribution, Family, FamilyDescription, StandardGamma, Takes, peaked};
use crate::random::residual::Bounded;
use crate::random::{Residual, Sampler};

pub static FAMILY: FamilyDescription = FamilyDescription {
    name: "pert",
    words: "The smooth relative of the triangular: its mean is (min + 4 mode + max) / 6.",
    takes: Takes::Parameters(&[peaked(|values| Distribution::Pert {
        min: values[0],
        mode: values[2],
        max: values[1],
    })]),
};

/// `min <= mode <= max`, and `min < max`.
#[derive(Clone, Copy, Debug)]
pub struct Pert {
    pub min: f64,
    pub mode: f64,
    pub max: f64,
}

impl Family for Pert {
    fn mean(&self) -> f64 {
        (self.min + 4.0 * self.mode + self.max) / 6.0
    }

    fn sampler(&self) -> Sampler {
        let Pert { min, mode, max } = *self;
        let width = max - min;
        let (below, above) = (1.0 + 4.0 * (mode - min) / width, 1.0 + 4.0 * (max - mode) / width);
        Sampler::pert(min, width, [StandardGamma::new(below), StandardGamma::new(above)])
    }

    fn residual(&self) -> Residual {
        Residual::of_interval(Bounded { sampler: self.sampler(), max: self.max })
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("pert, {} to {}, mode {}", show(self.min), show(self.max), show(self.mode))
    }
}
