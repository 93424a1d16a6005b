//! The share of the fleet in sync over time: median and 5-95 % band over replications.

use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{BLUE, GRID, IN_MEMORY, INK, LABEL, LegendEntry, PALE_BLUE, SOFT, empty, identity, picture, style};
use crate::experiment::Tally;
use crate::report::Summary;
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
        let mut chart = ChartBuilder::on(body)
            .margin_left(40)
            .margin_right(60)
            .margin_top(20)
            .margin_bottom(20)
            .x_label_area_size(100)
            .y_label_area_size(140)
            .build_cartesian_2d(axis.clone(), shares.clone())
            .expect(IN_MEMORY);
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.stroke_width(2))
            .axis_style(SOFT.stroke_width(2))
            .label_style(style(LABEL, &SOFT))
            .axis_desc_style(style(LABEL, &INK))
            .x_desc("time since the start of the rollout")
            .y_desc("robots in sync")
            .x_label_formatter(&|value| axis.label(value))
            .y_label_formatter(&|value| shares.label(value))
            .draw()
            .expect(IN_MEMORY);
        let band: Vec<(f64, f64)> = high.iter().copied().chain(low.iter().rev().copied()).collect();
        chart.draw_series([Polygon::new(band, PALE_BLUE.mix(0.8))]).expect(IN_MEMORY);
        chart.draw_series(LineSeries::new(median, BLUE.stroke_width(5))).expect(IN_MEMORY);
    })
}

/// The corners of a step function that goes on to `end`.
fn staircase(steps: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
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
