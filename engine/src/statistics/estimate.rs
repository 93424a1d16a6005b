//! One number of a distribution with its interval.

use super::Unit;

/// What can be said of a distribution, in the order of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// How many numbers there are.
    Count,
    /// With an interval.
    Mean,
    /// The sample's standard deviation (n - 1).
    Std,
    Min,
    /// The median, with an interval.
    P50,
    /// The 90th percentile, with an interval.
    P90,
    /// The 95th percentile, with an interval.
    P95,
    /// The 99th percentile, with an interval.
    P99,
    Max,
}

impl Statistic {
    /// All of them, in the order of results.
    pub const ALL: [Statistic; 9] = [
        Statistic::Count,
        Statistic::Mean,
        Statistic::Std,
        Statistic::Min,
        Statistic::P50,
        Statistic::P90,
        Statistic::P95,
        Statistic::P99,
        Statistic::Max,
    ];

    /// Its name in results, such as `p95`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Statistic::Count => "count",
            Statistic::Mean => "mean",
            Statistic::Std => "std",
            Statistic::Min => "min",
            Statistic::P50 => "p50",
            Statistic::P90 => "p90",
            Statistic::P95 => "p95",
            Statistic::P99 => "p99",
            Statistic::Max => "max",
        }
    }

    /// The quantile that it is, in percent.
    pub const fn percent(self) -> Option<u64> {
        match self {
            Statistic::P50 => Some(50),
            Statistic::P90 => Some(90),
            Statistic::P95 => Some(95),
            Statistic::P99 => Some(99),
            _ => None,
        }
    }

    /// Whether it has an interval, given numbers enough.
    pub const fn has_interval(self) -> bool {
        matches!(self, Statistic::Mean) || self.percent().is_some()
    }
}

/// The fewest replications of which a mean gets an interval.
pub const LEAST_OF_MEAN: u64 = 10;

/// A number of results with its 95 % interval. What does not exist is none: the value of nothing, the interval of what
/// has none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    pub value: Option<f64>,
    /// Where its true value lies with 95 % confidence.
    pub interval: Option<[f64; 2]>,
    /// Why there is no interval, where such a number has one.
    pub lack: Option<Lack>,
    /// Of a mean with an interval: how many replications carry it. Few do where most of its variance comes from rare large
    /// numbers.
    pub carriers: Option<u64>,
}

/// Why a number has no interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// So many replications speak of it, and so many are needed.
    Few { of: u64, needed: u64 },
    /// Its numbers were all the same, though they need not be.
    Same,
}

impl Estimate {
    /// A number without an interval.
    pub fn exact(value: Option<f64>) -> Estimate {
        Estimate { value, ..Estimate::default() }
    }

    /// A number with an interval.
    pub fn within(value: Option<f64>, interval: [f64; 2]) -> Estimate {
        Estimate { value, interval: Some(interval), ..Estimate::default() }
    }

    /// A number with an interval, or why there is none.
    pub(super) fn known(value: f64, interval: Result<[f64; 2], Lack>) -> Estimate {
        Estimate { value: Some(value), interval: interval.ok(), lack: interval.err(), carriers: None }
    }

    /// The same with an interval that keeps within these bounds.
    pub(super) fn bounded(self, least: f64, greatest: f64) -> Estimate {
        Estimate { interval: self.interval.map(|[low, high]| [low.max(least), high.min(greatest)]), ..self }
    }

    /// A number in whole units as it is shown.
    pub(super) fn shown(self, unit: Unit) -> Estimate {
        let interval = self.interval.map(|ends| ends.map(|end| unit.show(end)));
        Estimate { value: self.value.map(|value| unit.show(value)), interval, ..self }
    }

    /// All statistics of no numbers at all: none but the count, which is 0.
    pub(super) fn of_nothing() -> [Estimate; Statistic::ALL.len()] {
        Statistic::ALL.map(|statistic| Estimate::exact((statistic == Statistic::Count).then_some(0.0)))
    }

    /// Half of the interval's length.
    pub fn half_width(&self) -> Option<f64> {
        // What never comes is later than any number, and no interval of such is wide.
        self.interval.map(|[low, high]| if low == high { 0.0 } else { (high - low) / 2.0 })
    }

    /// Whether it is a time that never comes.
    pub fn is_never(&self) -> bool {
        self.value == Some(f64::INFINITY)
    }

    /// Whether so few replications carry it that its interval is no better than a guess at what is rare.
    pub fn rests_on_few(&self) -> Option<u64> {
        self.carriers.filter(|carriers| *carriers < LEAST_OF_MEAN)
    }
}
