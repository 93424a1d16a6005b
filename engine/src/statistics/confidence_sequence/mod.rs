//! Confidence sequences: intervals that may be looked at after every single number.
//!
//! An ordinary 95 % interval holds the truth with 95 % at one number of replications that was chosen before. Who looks
//! again and again, and stops at the first interval that suits him, is wrong far more often. A confidence sequence
//! holds the truth **at all times at once** with its confidence, so it may be looked at, and stopped, whenever anybody
//! likes.
//!
//! * [`BernoulliSequence`]: a probability, from events that happen or not.
//! * [`BoundedSequence`]: a mean, or a ratio of means, of numbers within known bounds.
//!
//! Both are made in the same way (S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, "Time-uniform, nonparametric,
//! nonasymptotic confidence sequences", Annals of Statistics 49 (2021)). Somebody who bets against a hypothesis, at
//! odds that are fair if it is true, hardly ever grows rich if it is: his wealth is a nonnegative martingale that
//! starts at 1, and by Ville's inequality it *ever* reaches 1/alpha with probability at most alpha. The hypotheses
//! against which the wealth is below 1/alpha are the interval.

mod bernoulli;
mod bounded;

pub use bernoulli::BernoulliSequence;
pub use bounded::{BoundedSequence, least};
pub(super) use bounded::{GAMBLERS, shares, stakes};

/// Where the truth lies of a number, seen from a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Whether the estimate is below the bound or above it; none if it is neither.
    pub side: Option<Direction>,
    /// The logarithm of the wealth of those who bet that the truth is on this side, as a share of what is needed to be
    /// sure: from 1 on the bound is outside of the confidence sequence.
    pub evidence: f64,
}

/// A side of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less than the bound.
    Below,
    /// More than it.
    Above,
}

impl Standing {
    /// Nothing is known.
    pub const UNKNOWN: Standing = Standing { side: None, evidence: 0.0 };

    fn new(below: f64, above: f64, needed: f64) -> Standing {
        let (side, wealth) = if below > above { (Direction::Below, below) } else { (Direction::Above, above) };
        if wealth > 0.0 { Standing { side: Some(side), evidence: wealth / needed } } else { Standing::UNKNOWN }
    }

    /// The side on which the truth is, if the confidence sequence excludes the bound.
    pub fn proven(&self) -> Option<Direction> {
        self.side.filter(|_| self.evidence >= 1.0)
    }
}

/// Finds where `outside` turns from false at `inside` to true towards `limit`; `limit` if it never does.
fn edge(inside: f64, limit: f64, outside: impl Fn(f64) -> bool) -> f64 {
    if !outside(limit) {
        return limit;
    }
    let (mut inside, mut out) = (inside, limit);
    // Forty halvings leave nothing of the range that anybody could see.
    for _ in 0..40 {
        let middle = inside + (out - inside) / 2.0;
        if outside(middle) {
            out = middle;
        } else {
            inside = middle;
        }
    }
    // The outer end of what is left: a confidence sequence may be too wide, never too narrow.
    out
}
