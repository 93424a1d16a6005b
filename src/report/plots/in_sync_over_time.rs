//! The share of the fleet in sync over time: median and 5-95 % band over replications.

use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{BLUE, IN_MEMORY, LegendEntry, Mesh, PALE_BLUE, chart, empty, identity, picture};
use crate::experiment::Tally;
use crate::metric::Summary;
use crate::scenario::Scenario;

const TITLE: &str = "Share of the fleet in sync over time";

pub fn draw(_scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let Some(curve) = tally.curves.as_ref().map(|curves| &curves.in_sync) else {
        return empty(TITLE, &identity(summary), "The share in sync was not recorded.");
    };
    let [low, median, high] = [5, 50, 95].map(|percent| curve.quantile_over_replications(percent));
    let end = [&low, &median, &high].into_iter().flatten().map(|(instant, _)| *instant).fold(0.0, f64::max);
    if high.len() == 1 {
        return empty(TITLE, &identity(summary), "In 95 % of the campaigns no robot gets in sync.");
    }
    let axis = Axis::time(0.0, end, 8);
    let shares = Axis::share(1.0, 5);
    let [low, median, high] = [low, median, high].map(|steps| staircase(&steps, axis.end));
    let legend = [
        LegendEntry { name: "median campaign", color: BLUE.to_rgba(), filled: false },
        LegendEntry { name: "5 to 95 % of campaigns", color: PALE_BLUE.mix(0.8), filled: true },
    ];
    picture(TITLE, &identity(summary), &legend, |body| {
        let mut chart =
            chart(body, (&axis, "time since the start of the rollout"), (&shares, "robots in sync"), Mesh::Full, 20);
        let band: Vec<(f64, f64)> = high.iter().copied().chain(low.iter().rev().copied()).collect();
        chart.draw_series([Polygon::new(band, PALE_BLUE.mix(0.8))]).expect(IN_MEMORY);
        chart.draw_series(LineSeries::new(median, BLUE.stroke_width(5))).expect(IN_MEMORY);
    })
}

/// The corners of a step function that goes on to `end`.
pub fn staircase(steps: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (instant, share) in steps {
        if let Some((_, before)) = corners.last().copied() {
            corners.push((*instant, before));
        }
        corners.push((*instant, *share));
    }
    corners.extend(corners.last().map(|(_, share)| (end, *share)));
    corners
}
