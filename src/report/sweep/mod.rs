//! What a sweep comes to: `sweep.csv`, `sweep.json`, a table, and pictures.
//!
//! Each point is written as soon as it is simulated, so memory holds only what tables and pictures show.

mod csv;
mod json;
pub mod table;

pub use self::csv::CsvPoints;
pub use self::json::JsonPoints;

use std::collections::HashMap;

use crate::metric::{Metric, Unit};
use crate::statistics::Estimate;
use crate::sweep::{Checked, Simulated, Sweep};

/// A metric that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownMetric {
    /// Its address.
    pub path: String,
    /// What it measures.
    pub unit: Unit,
}

/// What tables and pictures show of a sweep, or of its first points.
pub struct Shown<'a> {
    /// What was run.
    pub sweep: &'a Sweep,
    /// What is known of it.
    pub checked: &'a Checked,
    /// The metrics shown.
    pub metrics: Vec<ShownMetric>,
    /// For each point that is complete the estimates of these metrics.
    pub points: Vec<Vec<Estimate>>,
}

impl<'a> Shown<'a> {
    /// Of no point yet.
    pub fn new(sweep: &'a Sweep, checked: &'a Checked, metrics: Vec<ShownMetric>) -> Shown<'a> {
        Shown { sweep, checked, metrics, points: Vec::new() }
    }

    /// Adds the next point.
    pub fn add(&mut self, point: &Estimated) {
        self.points.push(self.metrics.iter().map(|shown| point.estimate(&shown.path)).collect());
    }
}

/// A point with all its metrics.
pub struct Estimated {
    simulated: Simulated,
    estimates: HashMap<String, Estimate>,
}

impl Estimated {
    /// Takes all metrics from the point's tally.
    pub fn new(simulated: Simulated) -> Estimated {
        let metrics = Metric::all(&simulated.scenario);
        let estimates = Metric::estimates(&metrics, &simulated.tally);
        let estimates = metrics.iter().map(|metric| metric.path().to_owned()).zip(estimates).collect();
        Estimated { simulated, estimates }
    }

    /// Which point it is.
    pub fn point(&self) -> u64 {
        self.simulated.point
    }

    /// A metric of the point; none of everything if its scenario has no such part.
    fn estimate(&self, path: &str) -> Estimate {
        let Simulated { scenario, tally, .. } = &self.simulated;
        // A failure code that cannot occur here is not listed, and is 0.
        let other =
            || Metric::parse(path, scenario).map_or_else(|_| Estimate::default(), |metric| metric.estimate(tally));
        self.estimates.get(path).copied().unwrap_or_else(other)
    }
}

/// A number as JSON writes it, a whole one without a decimal point; what does not exist is empty.
fn field(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
