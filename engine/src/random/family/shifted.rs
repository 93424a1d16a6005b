//! Any family, from a least value on.

use super::{Distribution, Family};
use crate::random::{Choice, Residual, Sampler};

/// What is added to every draw, greater than 0, and of what.
pub struct Shifted<'d>(pub f64, pub &'d Distribution);

impl Family for Shifted<'_> {
    fn mean(&self) -> f64 {
        self.0 + self.1.mean()
    }

    fn sampler(&self) -> Sampler {
        Sampler::from(self.1).shifted(self.0)
    }

    /// Until the shift is over an interval lasts for certain, so its residual life is that of a constant; then it is that
    /// of the rest. Their shares are those of the mean.
    fn residual(&self) -> Residual {
        let Shifted(shift, rest) = *self;
        let certain = (shift, Residual::from(&Distribution::Constant(shift)));
        let mean = rest.mean();
        let rest = (mean > 0.0).then(|| (mean, Residual::from(rest).shifted(shift)));
        Residual::mixture(Choice::new([certain].into_iter().chain(rest)))
    }

    fn words(&self, show: &dyn Fn(f64) -> String) -> String {
        format!("{} + {}", show(self.0), self.1.words(show))
    }
}
