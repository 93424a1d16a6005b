//! What is left of an interval of a renewal process that has run for a long time when it is looked at.

use std::fmt::Debug;
use std::sync::Arc;

use super::choice::Choice;
use super::{Sampler, Stream};

/// The equilibrium residual life of a [`Distribution`](super::Distribution), made ready to draw from: how long an
/// interval still lasts from an instant far from the first interval's start. With the distribution function F its
/// density is (1 - F(x)) / mean.
///
/// Such an instant falls into an interval X* with the length-biased density x f(x) / mean, and equally likely anywhere
/// in it; so U X* is left, with U uniform in (0, 1) (Cox, Renewal Theory, 1962, chapter 5). For most families X* has a
/// closed form; triangular, PERT and normal reject, inside their own stream.
#[derive(Clone, Debug)]
pub struct Residual(Left);

#[derive(Clone, Debug)]
enum Left {
    /// The residual life itself.
    Direct(Sampler),
    /// Of an interval that the instant falls into.
    Of(Arc<dyn LengthBiased>),
    Mixture(Choice<Residual>),
    /// That of an interval which is past its certain length.
    Shifted(f64, Box<Residual>),
}

/// Draws X*, an interval that an instant falls into.
pub(super) trait LengthBiased: Debug + Send + Sync {
    fn sample(&self, stream: &mut Stream) -> f64;
}

/// Where a family's X* is in the family again.
impl LengthBiased for Sampler {
    fn sample(&self, stream: &mut Stream) -> f64 {
        self.sample(stream)
    }
}

/// Draws at most `max` that are kept with probability x / max.
#[derive(Debug)]
pub(super) struct Bounded {
    pub sampler: Sampler,
    pub max: f64,
}

impl LengthBiased for Bounded {
    fn sample(&self, stream: &mut Stream) -> f64 {
        loop {
            let x = self.sampler.sample(stream);
            if stream.chance() * self.max < x {
                break x;
            }
        }
    }
}

impl Residual {
    pub(super) fn direct(sampler: Sampler) -> Residual {
        Residual(Left::Direct(sampler))
    }

    pub(super) fn of_interval(interval: impl LengthBiased + 'static) -> Residual {
        Residual(Left::Of(Arc::new(interval)))
    }

    pub(super) fn mixture(components: Choice<Residual>) -> Residual {
        Residual(Left::Mixture(components))
    }

    pub(super) fn shifted(self, shift: f64) -> Residual {
        Residual(Left::Shifted(shift, Box::new(self)))
    }

    /// Draws a residual life in the distribution's unit: at least 0, never NaN; it may be infinite where a heavy tail
    /// overflows.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self.0 {
            Left::Direct(ref sampler) => sampler.sample(stream),
            Left::Of(ref interval) => {
                let left = stream.open01();
                left * interval.sample(stream)
            }
            Left::Mixture(ref components) => components.choose(stream).sample(stream),
            Left::Shifted(shift, ref rest) => shift + rest.sample(stream),
        }
    }
}
