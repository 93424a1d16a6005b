//! The beta distribution: a probability that is itself uncertain.

use super::Stream;
use super::family::StandardGamma;

/// Beta(alpha, beta) with alpha > 0 and beta > 0, made ready to draw from: density proportional to
/// x^(alpha - 1) (1 - x)^(beta - 1) on [0, 1], mean alpha / (alpha + beta).
///
/// A draw is X / (X + Y) for independent gammas X and Y with the shapes alpha and beta (Johnson, Kotz and Balakrishnan,
/// Continuous Univariate Distributions 2, chapter 25). It is computed from the logarithms of X and Y, because shapes
/// far below 1 give gammas that are nearly always too small for a floating-point number.
#[derive(Clone, Copy, Debug)]
pub struct Beta {
    x: StandardGamma,
    y: StandardGamma,
}

impl Beta {
    /// Beta(alpha, beta); both are pure numbers > 0.
    pub fn new(alpha: f64, beta: f64) -> Beta {
        debug_assert!(alpha > 0.0 && beta > 0.0, "Beta({alpha}, {beta})");
        // Shapes as small as this give 1 with probability alpha / (alpha + beta) and otherwise 0, but for a chance of
        // less than 1e-40. Their common factor does not matter, and without it even the logarithms would overflow.
        let factor = if alpha.max(beta) < 1e-200 { 1e150 } else { 1.0 };
        Beta { x: StandardGamma::new(factor * alpha), y: StandardGamma::new(factor * beta) }
    }

    /// Draws a probability in [0, 1].
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        let x = self.x.sample_log(stream);
        let y = self.y.sample_log(stream);
        1.0 / (1.0 + libm::exp(y - x))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Luck, Purpose};
    use super::*;

    /// Nothing overflows to NaN, however small or large the shapes are.
    #[test]
    fn extreme_shapes_give_probabilities() {
        let shapes = [5e-324, 1e-310, 1e-250, 1e-199, 1e-6, 1.0, 1e9, 1e300, f64::MAX];
        for alpha in shapes {
            for beta in shapes {
                let sampler = Beta::new(alpha, beta);
                for robot in 0..200 {
                    let value = sampler.sample(&mut Luck::new(1, 0).robot(robot, 0, Purpose::FailureProbability));
                    assert!((0.0..=1.0).contains(&value), "Beta({alpha}, {beta}): {value}");
                    if alpha / beta > 1e100 {
                        assert_eq!(value, 1.0, "Beta({alpha}, {beta})");
                    } else if beta / alpha > 1e100 {
                        assert!(value < 1e-50, "Beta({alpha}, {beta}): {value}");
                    }
                }
            }
        }
    }
}
