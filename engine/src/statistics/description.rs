//! What is said of a distribution and of a probability in results.

use serde::{Serialize, Serializer};

use super::interval::wilson;
use super::{Estimate, Statistic};

/// A number in results: a whole one is written without a decimal point.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = (1u64 << 53) as f64;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// A distribution in results, in the metric's unit: minimum and maximum are exact, quantiles right to one part in a
/// thousand. What does not exist is none: everything but the count without numbers, deviation and interval of the mean
/// with a single one, and intervals of quantiles that so few numbers cannot give.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Description {
    /// How many numbers there are.
    pub count: u64,
    /// Exact up to the last rounding.
    pub mean: Option<Number>,
    /// By Student's t.
    pub mean_ci95: Option<[Number; 2]>,
    /// The sample's standard deviation (n - 1).
    pub std: Option<Number>,
    pub min: Option<Number>,
    pub p50: Option<Number>,
    /// By order statistics.
    pub p50_ci95: Option<[Number; 2]>,
    pub p90: Option<Number>,
    pub p95: Option<Number>,
    pub p99: Option<Number>,
    /// By order statistics.
    pub p99_ci95: Option<[Number; 2]>,
    pub max: Option<Number>,
}

impl Description {
    /// Of `count` numbers and their statistics in the order of [`Statistic::ALL`].
    pub(super) fn new(count: u64, estimates: &[Estimate; Statistic::ALL.len()]) -> Description {
        let value = |statistic: Statistic| estimates[statistic as usize].value.map(Number);
        let interval = |statistic: Statistic| estimates[statistic as usize].interval.map(|ends| ends.map(Number));
        Description {
            count,
            mean: value(Statistic::Mean),
            mean_ci95: interval(Statistic::Mean),
            std: value(Statistic::Std),
            min: value(Statistic::Min),
            p50: value(Statistic::P50),
            p50_ci95: interval(Statistic::P50),
            p90: value(Statistic::P90),
            p95: value(Statistic::P95),
            p99: value(Statistic::P99),
            p99_ci95: interval(Statistic::P99),
            max: value(Statistic::Max),
        }
    }
}

/// Times in results that may never come, and are then later than any number. A quantile among these is infinite, which
/// JSON writes as `null`; they have no mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lasting {
    /// How many times there are, those that never come included.
    pub count: u64,
    /// How many never come.
    pub never: Proportion,
    pub min: Option<Number>,
    pub p50: Option<Number>,
    /// By order statistics, as those below.
    pub p50_ci95: Option<[Number; 2]>,
    pub p90: Option<Number>,
    pub p95: Option<Number>,
    pub p99: Option<Number>,
    pub p99_ci95: Option<[Number; 2]>,
    pub max: Option<Number>,
}

impl Lasting {
    /// Of times of which so many come and so many do not, with their statistics.
    pub(super) fn new(come: u64, never: u64, estimates: &[Estimate; Statistic::ALL.len()]) -> Lasting {
        let count = come + never;
        let Description { min, p50, p50_ci95, p90, p95, p99, p99_ci95, max, .. } = Description::new(count, estimates);
        let never = Proportion::new(never, count);
        Lasting { count, never, min, p50, p50_ci95, p90, p95, p99, p99_ci95, max }
    }
}

/// An outcome's share of the replications, with Wilson's interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proportion {
    pub count: u64,
    /// Their share of all replications.
    pub probability: Number,
    pub ci95: [Number; 2],
}

impl Proportion {
    /// `count` of `n` > 0.
    pub fn new(count: u64, n: u64) -> Proportion {
        Proportion { count, probability: Number(count as f64 / n as f64), ci95: wilson(count, n).map(Number) }
    }
}
