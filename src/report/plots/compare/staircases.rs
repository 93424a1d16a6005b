//! The distribution functions of A and of B, one over the other.

use plotters::prelude::*;

use super::super::axis::Axis;
use super::super::canvas::{IN_MEMORY, Mesh, chart, empty, picture};
use super::{COLORS, identity, legend, name};
use crate::comparison::{MEASURES, TIME_TO_SUCCESS};
use crate::metric::Unit;
use crate::report::compare::Compared;
use crate::report::compare::shapes::staircases;

pub fn draw(compared: &Compared<'_>, measure: usize) -> String {
    let of_time = measure == TIME_TO_SUCCESS;
    let (title, x_name, y_name, nothing) = if of_time {
        (
            "Campaigns in sync over time",
            "time since the start of the rollout",
            "share of all campaigns",
            "No campaign ended with the whole fleet in sync.",
        )
    } else {
        (
            "Robots that fail in the first job",
            "at most so many robots failed",
            "share of all campaigns",
            "No campaign has a first job.",
        )
    };
    let Some((stairs, end)) = staircases(compared, measure) else { return empty(title, &identity(compared), nothing) };
    let x = match MEASURES[measure].unit {
        Unit::Seconds => Axis::time(0.0, end, 8),
        _ => Axis::count(0.0, (end * 1.02).max(1.0), 12),
    };
    let y = Axis::share(1.0, 5);
    let names = [0, 1].map(|side| name(compared, side));
    picture(title, &identity(compared), &legend(&names, false), |body| {
        let mut chart = chart(body, (&x, x_name), (&y, y_name), Mesh::Full, 20);
        // Where both are the same A is seen on either side of B.
        for ((stairs, color), width) in stairs.iter().zip(COLORS).zip([9, 4]) {
            let last = stairs.last().map_or(0.0, |(_, share)| *share);
            let whole = std::iter::once((x.start, 0.0)).chain(stairs.iter().copied()).chain([(x.end, last)]);
            chart.draw_series(LineSeries::new(whole, color.stroke_width(width))).expect(IN_MEMORY);
        }
    })
}
