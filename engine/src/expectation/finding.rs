//! What is found of an expectation.

/// What can be said of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is proven to be true.
    Holds,
    /// It is proven to be false.
    Fails,
    /// Neither is proven.
    Undecided,
}

impl Verdict {
    /// `holds`, `fails` or `undecided`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Fails => "fails",
            Verdict::Undecided => "undecided",
        }
    }
}

/// An expectation's verdict, and the numbers it stands on, as they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was proven.
    pub verdict: Verdict,
    /// How many replications it took, or how many there were.
    pub replications: u32,
    /// How many of these have something to say: those of the build, in which there is a number at all.
    pub values: u64,
    /// Over how many that is: those of the build, whether or not there is a number.
    pub about: u64,
    /// Of a quantile of the time to success: the same over all of these, infinite if too many never get there.
    pub over_all: Option<f64>,
    /// The metric's estimate from these; none if nothing had a value, and of quantiles over robots (see `shares`).
    pub estimate: Option<f64>,
    /// Where its true value lies, at all times at once with the expectation's confidence; an end is none where nothing
    /// bounds it yet.
    pub interval: [Option<f64>; 2],
    /// For a quantile over robots: the shares of robots on whose account it was decided, one for each bound.
    pub shares: Vec<Share>,
    /// How far the evidence has come for the verdict that is nearest: from 0 to 1, which proves it.
    pub evidence: f64,
    /// Why there is nothing to look at, in one sentence.
    pub nothing: Option<String>,
    /// Of a mean: what any proof that it is on its side of its bounds takes.
    pub least: Option<LeastProof>,
}

impl Finding {
    /// Of what nobody has to look at.
    pub(super) fn unseen(verdict: Verdict, nothing: Option<String>) -> Finding {
        Finding {
            verdict,
            replications: 0,
            values: 0,
            about: 0,
            over_all: None,
            estimate: None,
            interval: [None; 2],
            shares: Vec::new(),
            evidence: 1.0,
            nothing,
            least: None,
        }
    }

    /// The share of the replications that the number is over, where it is over a part of them.
    pub fn share(&self) -> Option<f64> {
        (0 < self.values && self.values < self.about).then(|| self.values as f64 / self.about as f64)
    }
}

/// How many replications a proof about a mean takes at least, whatever test is made: of numbers that may be as great as
/// they may (or 0), so many have to be seen before it is sure that those that are do not carry the mean over its bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeastProof {
    pub replications: u64,
    /// The greatest number that there may be, as it is shown.
    pub greatest: f64,
}

/// The share of robots that stays within a bound: the p95 is at most an hour exactly if at least 95 % of the robots
/// take at most an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Whether robots at the bound belong to it, as they do for `at_most`; for `at_least` the share is of those below.
    pub with_bound: bool,
    /// The bound, as it is shown.
    pub bound: f64,
    /// What the share has to be, at least for `at_most`, less for `at_least`.
    pub needed: f64,
    /// The share found.
    pub estimate: Option<f64>,
    /// Where the true share lies.
    pub interval: [f64; 2],
}
