//! How to draw from a distribution.
//!
//! Nearly all families invert their distribution function, so one uniform number gives one draw and a changed
//! parameter moves a draw without reshuffling the luck of others. Gamma and PERT reject, inside their own stream.

use super::Stream;
use super::choice::Choice;
use super::family::{AnyInverse, StandardGamma};

/// A [`Distribution`](super::Distribution) made ready to draw from.
#[derive(Clone, Debug)]
pub struct Sampler(Draw);

#[derive(Clone, Debug)]
enum Draw {
    /// A constant takes no number at all.
    Constant(Inverse),
    Inverse(Inverse),
    Gamma {
        gamma: StandardGamma,
        scale: f64,
    },
    /// min + width * x / (x + y) for a gamma x and a gamma y.
    Pert {
        min: f64,
        width: f64,
        gammas: [StandardGamma; 2],
    },
    Mixture(Choice<Sampler>),
}

/// A family whose distribution function is inverted: one uniform number gives one draw.
#[derive(Clone, Debug)]
pub struct Inverse(AnyInverse);

impl Sampler {
    pub(super) fn inverting(inverse: AnyInverse) -> Sampler {
        let is_constant = matches!(inverse, AnyInverse::Constant(_));
        let inverse = Inverse(inverse);
        Sampler(if is_constant { Draw::Constant(inverse) } else { Draw::Inverse(inverse) })
    }

    pub(super) fn gamma(gamma: StandardGamma, scale: f64) -> Sampler {
        Sampler(Draw::Gamma { gamma, scale })
    }

    pub(super) fn pert(min: f64, width: f64, gammas: [StandardGamma; 2]) -> Sampler {
        Sampler(Draw::Pert { min, width, gammas })
    }

    pub(super) fn mixture(components: Choice<Sampler>) -> Sampler {
        Sampler(Draw::Mixture(components))
    }

    /// Draws a value in the distribution's unit; it may be infinite where a heavy tail overflows.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self.0 {
            Draw::Constant(ref value) => value.at(0.5),
            Draw::Inverse(ref inverse) => inverse.at(stream.open01()),
            Draw::Gamma { ref gamma, scale } => scale * gamma.sample(stream),
            Draw::Pert { min, width, gammas: [ref below, ref above] } => {
                let (x, y) = (below.sample(stream), above.sample(stream));
                min + width * (x / (x + y))
            }
            Draw::Mixture(ref components) => components.choose(stream).sample(stream),
        }
    }

    /// Whether all draws are the same.
    pub fn is_constant(&self) -> bool {
        matches!(self.0, Draw::Constant(_))
    }

    /// The family, if one uniform number is enough.
    #[inline]
    pub fn inverse(&self) -> Option<&Inverse> {
        match &self.0 {
            Draw::Constant(inverse) | Draw::Inverse(inverse) => Some(inverse),
            _ => None,
        }
    }
}

impl Inverse {
    /// The value below which the share `u` in (0, 1) of all draws lies.
    #[inline]
    pub fn at(&self, u: f64) -> f64 {
        self.0.at(u)
    }

    /// [`Inverse::at`] for many numbers at a time, to the same bits.
    #[inline(always)]
    pub fn at_each<const N: usize>(&self, u: &[f64; N], values: &mut [f64; N]) {
        self.0.at_each(u, values);
    }
}
