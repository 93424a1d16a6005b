//! What a sweep comes to: `sweep.csv`, `sweep.json`, and a document.
//!
//! Each point is written as soon as it is simulated, so memory holds only what tables and pictures show.

mod charts;
mod csv;
mod document;
mod json;

pub(crate) use self::csv::CsvPoints;
pub(crate) use self::json::JsonPoints;

use std::collections::HashMap;

use crate::metric::words::counted;
use crate::metric::{Metric, Unit};
use crate::report::document::Document;
use crate::report::format::{Exporter, PAGE, PICTURES, Presentable};
use crate::report::words::LEAST_SHARE;
use crate::statistics::Estimate;
use crate::sweep::{CheckedSweep, Simulated, Sweep, Variation};

/// A metric that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownMetric {
    pub path: String,
    /// What it measures.
    pub unit: Unit,
}

/// What tables and pictures show of a sweep, or of its first points.
pub struct Shown<'a> {
    /// What was run.
    pub sweep: &'a Sweep,
    /// What is known of it.
    pub checked: &'a CheckedSweep,
    /// The metrics shown.
    pub metrics: Vec<ShownMetric>,
    /// For each point that is complete the estimates of these metrics.
    pub points: Vec<Vec<Estimate>>,
    /// The same of the shares of the replications that they are over, where that is a part of them.
    shares: Vec<Vec<Option<f64>>>,
    /// What times to success would be over all campaigns.
    over_all: Vec<Vec<Option<f64>>>,
}

impl<'a> Shown<'a> {
    /// Of no point yet.
    pub fn new(sweep: &'a Sweep, checked: &'a CheckedSweep, metrics: Vec<ShownMetric>) -> Shown<'a> {
        Shown { sweep, checked, metrics, points: Vec::new(), shares: Vec::new(), over_all: Vec::new() }
    }

    /// At which values pictures show a sweep with more than two variations; none if they show all.
    pub fn left_out(&self) -> Option<String> {
        let further = self.sweep.variations.get(2..).filter(|further| !further.is_empty())?;
        let first = |variation: &Variation| format!("{} = {}", variation.path, variation.values[0].shown());
        Some(further.iter().map(first).collect::<Vec<_>>().join(", "))
    }

    /// Whose numbers a picture shows.
    fn identity(&self) -> String {
        let checked = self.checked;
        let each = checked.same_replications.map(|same| format!(", {} a point", counted(same.into(), "replication")));
        let seed = checked.same_seed.map(|seed| format!(", seed {seed}"));
        let further = self.left_out().map(|further| format!("; {further}"));
        let parts = [each, seed, further].map(Option::unwrap_or_default);
        checked.first.name.clone() + &parts.concat()
    }

    /// A point's values with the last words of their paths, and whose they are: `concurrent_deployment_percentage 5`,
    /// `berlin uplink 100Mbit/s`.
    fn place(&self, point: usize) -> String {
        let values = self.sweep.values(point as u64);
        let named = self.sweep.variations.iter().zip(values).map(|(variation, value)| {
            let mut parts = variation.path.split('.').map(str::trim);
            let whose = match (parts.next(), parts.next(), parts.next_back()) {
                (Some("group" | "build"), Some(name), Some(_)) => format!("{name} "),
                _ => String::new(),
            };
            let (_, last) = variation.path.rsplit_once('.').unwrap_or(("", &variation.path));
            format!("{whose}{last} {}", value.shown())
        });
        named.collect::<Vec<_>>().join(", ")
    }

    /// Adds the next point.
    pub fn add(&mut self, point: &Estimated) {
        self.points.push(self.metrics.iter().map(|shown| point.estimate(&shown.path)).collect());
        let Simulated { scenario, tally, .. } = &point.simulated;
        let metrics: Vec<Option<Metric>> =
            self.metrics.iter().map(|shown| Metric::parse(&shown.path, scenario).ok()).collect();
        let known = metrics.iter().map(Option::as_ref);
        self.shares.push(known.clone().map(|metric| metric?.share(tally)).collect());
        self.over_all.push(known.map(|metric| metric?.over_all()?.estimate(tally).value).collect());
    }

    /// Over which shares of the replications a metric is, if points are not to be ranked by it: they differ, or one is
    /// below 99 %.
    fn doubtful_shares(&self, index: usize) -> Option<[f64; 2]> {
        let shares = self.shares.iter().filter_map(|point| point[index]);
        let (low, high) = shares.fold((1.0_f64, 0.0_f64), |(low, high), share| (low.min(share), high.max(share)));
        (low < LEAST_SHARE || low < high).then_some([low, high.max(low)])
    }
}

/// A sweep with the options that say what varies, as they were typed.
pub(crate) struct Swept<'s> {
    pub shown: &'s Shown<'s>,
    pub vary: &'s [String],
}

/// The files of a sweep's folder, but for its points.
pub(crate) const FILES: [&str; 2] = [PAGE, PICTURES];

impl Presentable for Swept<'_> {
    const PAGE_FILE: &'static str = "sweep.html";

    fn document(&self) -> Document<'_> {
        document::document(self.shown, self.vary)
    }

    fn identity(&self) -> String {
        self.shown.identity()
    }

    fn formats() -> Vec<Box<dyn Exporter<Self>>> {
        Vec::new()
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

/// A number as JSON writes it, a whole one without a decimal point; what does not exist, or never comes, is empty.
fn field(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| value.to_string()).unwrap_or_default()
}
