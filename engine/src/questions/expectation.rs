//! What a scenario expects of its results: `[[expect]]` and `[check]`.

use super::Mistake;

/// What a metric is expected to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// A name that no other expectation has.
    pub name: Option<String>,
    /// Why it is expected; empty if nobody says.
    pub description: String,
    /// The metric's path, which is one of the scenario's.
    pub metric: String,
    /// Where its true value has to be.
    pub bounds: Bounds,
    /// How sure a verdict has to be; in (0.5, 1), default 0.999.
    pub confidence: f64,
    /// The line of its entry; none if an option brought it.
    pub line: Option<usize>,
    /// Why no results can prove it, if none can: then it fails.
    pub refuted: Option<Mistake>,
}

/// Where a metric's true value has to be, in whole units: microseconds, robots, bytes, bits a second; a probability as
/// such.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Between these, both of them included.
    Between(f64, f64),
}

impl Bounds {
    /// The lowest value that is expected.
    pub fn at_least(&self) -> Option<f64> {
        match self {
            Bounds::AtMost(_) => None,
            Bounds::AtLeast(low) | Bounds::Between(low, _) => Some(*low),
        }
    }

    /// The highest value that is expected.
    pub fn at_most(&self) -> Option<f64> {
        match self {
            Bounds::AtLeast(_) => None,
            Bounds::AtMost(high) | Bounds::Between(_, high) => Some(*high),
        }
    }
}

/// How sure a verdict has to be unless the expectation says otherwise.
pub const DEFAULT_CONFIDENCE: f64 = 0.999;

/// How many replications a check may take unless the scenario says otherwise.
pub const DEFAULT_CHECK_REPLICATIONS: u32 = 1_000_000;
