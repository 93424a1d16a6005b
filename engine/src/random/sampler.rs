//! How to draw from a distribution.
//!
//! Nearly all families invert their distribution function, so one uniform number gives one draw and a changed
//! parameter moves a draw without reshuffling the luck of others. Gamma and PERT reject, inside their own stream.

use super::Stream;
use super::choice::Choice;
use super::family::{AnyInverse, StandardGamma};

/// A [`Distribution`](super::Distribution) made ready to draw from.
#[derive(Clone, Debug)]
pub struct Sampler {
    draw: Draw,
    /// Added to every draw of a family that no single number is enough for.
    shift: f64,
}

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
pub struct Inverse {
    inverse: AnyInverse,
    /// Added to every draw.
    shift: f64,
}

impl Sampler {
    pub(super) fn inverting(inverse: AnyInverse) -> Sampler {
        let is_constant = matches!(inverse, AnyInverse::Constant(_));
        let inverse = Inverse { inverse, shift: 0.0 };
        Sampler::drawing(if is_constant { Draw::Constant(inverse) } else { Draw::Inverse(inverse) })
    }

    pub(super) fn gamma(gamma: StandardGamma, scale: f64) -> Sampler {
        Sampler::drawing(Draw::Gamma { gamma, scale })
    }

    pub(super) fn pert(min: f64, width: f64, gammas: [StandardGamma; 2]) -> Sampler {
        Sampler::drawing(Draw::Pert { min, width, gammas })
    }

    pub(super) fn mixture(components: Choice<Sampler>) -> Sampler {
        Sampler::drawing(Draw::Mixture(components))
    }

    fn drawing(draw: Draw) -> Sampler {
        Sampler { draw, shift: 0.0 }
    }

    /// The same, but that `shift` is added to every draw.
    pub(super) fn shifted(mut self, shift: f64) -> Sampler {
        match &mut self.draw {
            Draw::Constant(inverse) | Draw::Inverse(inverse) => inverse.shift += shift,
            _ => self.shift += shift,
        }
        self
    }

    /// Draws a value in the distribution's unit; it may be infinite where a heavy tail overflows.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        let drawn = match self.draw {
            Draw::Constant(ref value) => return value.at(0.5),
            Draw::Inverse(ref inverse) => return inverse.at(stream.open01()),
            Draw::Gamma { ref gamma, scale } => scale * gamma.sample(stream),
            Draw::Pert { min, width, gammas: [ref below, ref above] } => {
                let (x, y) = (below.sample(stream), above.sample(stream));
                min + width * (x / (x + y))
            }
            Draw::Mixture(ref components) => components.choose(stream).sample(stream),
        };
        self.shift + drawn
    }

    /// Whether all draws are the same.
    pub fn is_constant(&self) -> bool {
        matches!(self.draw, Draw::Constant(_))
    }

    /// The family, if one uniform number is enough.
    #[inline]
    pub fn inverse(&self) -> Option<&Inverse> {
        match &self.draw {
            Draw::Constant(inverse) | Draw::Inverse(inverse) => Some(inverse),
            _ => None,
        }
    }
}

impl Inverse {
    /// The value below which the share `u` in (0, 1) of all draws lies.
    #[inline]
    pub fn at(&self, u: f64) -> f64 {
        self.shift + self.inverse.at(u)
    }

    /// [`Inverse::at`] for many numbers at a time, to the same bits.
    #[inline(always)]
    pub fn at_each<const N: usize>(&self, u: &[f64; N], values: &mut [f64; N]) {
        self.inverse.at_each(u, values);
        if self.shift != 0.0 {
            values.iter_mut().for_each(|value| *value += self.shift);
        }
    }
}
