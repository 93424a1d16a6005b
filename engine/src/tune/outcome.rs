//! What comes of a tuning.

use crate::expectation::Finding;
use crate::metric::Metric;

/// What was found.
#[derive(Debug)]
pub struct Outcome {
    pub answer: Conclusion,
    /// All settings in the order of the sweep's points.
    pub settings: Vec<Setting>,
    pub metric: Metric,
    /// The scenario's own setting, with as many replications as the answer's; none if it was cancelled before.
    pub own: Option<OwnSetting>,
    /// What each constraint costs, in their order; empty without a best setting.
    pub costs: Vec<Cost>,
    /// Settings that no other one surpasses both in time and in robots hurt, by estimates, of those that satisfy all
    /// constraints on anything else: indices, the quickest first.
    pub front: Vec<usize>,
    /// Which numbers of a setting's [`Figures::trade_off`] the times of the front are.
    pub reference: usize,
    /// All replications that were simulated, over all settings.
    pub replications_used: u64,
    /// Whether it was cancelled before all was decided.
    pub interrupted: bool,
}

/// The answer; settings by their indices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Conclusion {
    /// A setting that is proven to satisfy the constraints.
    Best {
        setting: usize,
        /// The probability that it satisfies the constraints, and no setting that does so is better by more than the
        /// margin; never more than is proven.
        probability: f64,
        /// The same, where settings of which it stays open whether they satisfy the constraints are left out of
        /// account.
        of_decided: f64,
        /// Whether what is not proven of that holds by the central limit: of a mean, whose numbers nothing bounds, or
        /// nothing that is near enough.
        by_limit: bool,
    },
    /// Every setting is proven to violate a constraint, or has no value.
    Infeasible {
        /// Which one violates them least, by estimates.
        closest: usize,
    },
    /// No setting is proven to satisfy the constraints, and not all are proven to violate them.
    Undecided {
        /// Which one violates them least, by estimates.
        closest: usize,
    },
}

impl Conclusion {
    /// The setting that it is about.
    pub fn setting(&self) -> usize {
        match self {
            Conclusion::Best { setting, .. } => *setting,
            Conclusion::Infeasible { closest } | Conclusion::Undecided { closest } => *closest,
        }
    }
}

/// A setting and what is known of it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What became of it.
    pub status: Status,
    /// Whether it is proven to satisfy all constraints.
    pub feasible: bool,
    pub figures: Figures,
}

/// What became of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is the answer.
    Best,
    /// It is proven to be no better than one that is in the race, or than the answer.
    NoBetter,
    /// One that is in the race, or the answer, is proven to be no more than the margin worse.
    WithinMargin,
    /// It is proven to violate a constraint.
    Violates,
    /// It is proven to have hardly any value.
    NoValue,
    /// As many replications as it may have do not show whether it satisfies the constraints.
    Open,
    /// Nothing is proven of it that would decide.
    Undecided,
}

impl Status {
    /// The name in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Best => "best",
            Status::NoBetter => "no_better",
            Status::WithinMargin => "within_margin",
            Status::Violates => "violates",
            Status::NoValue => "no_value",
            Status::Open => "open",
            Status::Undecided => "undecided",
        }
    }
}

/// The numbers of a setting, as they are shown.
#[derive(Clone, Debug)]
pub struct Figures {
    /// How many replications they are from.
    pub replications: u32,
    /// How many of these have the objective's number.
    pub values: u64,
    /// Over how many that is: those of the build that the objective is about.
    pub about: u64,
    /// Of a quantile of the time to success: the same over all of these, infinite if too many never get there.
    pub over_all: Option<f64>,
    /// The objective's estimate.
    pub objective: Option<f64>,
    /// Where it lies, at all times at once, for itself with the confidence; an end that nothing bounds is none.
    pub interval: [Option<f64>; 2],
    /// What is found of each constraint.
    pub constraints: Vec<Finding>,
    /// Whether the estimates satisfy each constraint.
    pub seem_to_hold: Vec<bool>,
    /// Time and robots hurt: over all replications, then by build.
    pub trade_off: Vec<HurtAndTime>,
}

impl Figures {
    /// The share of the replications that the objective is over.
    pub fn share(&self) -> f64 {
        if self.about == 0 { 0.0 } else { self.values as f64 / self.about as f64 }
    }
}

/// Time to success and robots hurt.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HurtAndTime {
    /// How many replications.
    pub replications: u64,
    /// How many of them end in sync.
    pub in_sync: u64,
    /// The 95th percentile of the time to success in seconds, over these.
    pub time_p95: Option<f64>,
    /// The 95th percentile of the robots that fail or do not respond in the first job.
    pub hurt_p95: Option<f64>,
}

/// The scenario's own setting.
#[derive(Clone, Debug)]
pub struct OwnSetting {
    /// Which of the settings it is, if it is one of them.
    pub setting: Option<usize>,
    pub figures: Figures,
}

/// What a constraint costs: what could be had without it, by estimates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// The best setting that satisfies all other constraints; none if there seems to be none.
    pub without: Option<usize>,
    /// By how much the answer's objective is worse, in its unit; never negative.
    pub cost: Option<f64>,
}
