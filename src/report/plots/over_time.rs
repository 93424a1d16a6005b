//! A mean over campaigns as a filled line over time, with a limit.

use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{BLUE, IN_MEMORY, Mesh, PALE_BLUE, RED, chart, identity, label, picture};
use crate::metric::Summary;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Numbers of robots.
    Robots,
    /// Bits a second.
    Rate,
}

/// Draws means over cells of time; each pair is the end of a cell in seconds and the mean over it. The first cell begins at 0, and
/// all are equally wide. A limit is drawn as a line with its name, unless everything stays far below it.
pub fn draw(
    title: &str,
    what: &str,
    summary: &Summary,
    means: &[(f64, f64)],
    limit: Option<(f64, String)>,
    scale: Scale,
) -> String {
    let end = shown_until(means);
    let means = &joined(means, end, SHOWN)[..];
    let highest = means.iter().map(|(_, mean)| *mean).fold(0.0, f64::max);
    let near = limit.filter(|(limit, _)| *limit <= 4.0 * highest);
    let top = near.as_ref().map_or(highest, |(limit, _)| limit.max(highest)) * 1.12;
    let times = Axis::time(0.0, end, 8);
    let (unit, name) = match scale {
        Scale::Robots => (1.0, ""),
        Scale::Rate => rate_unit(top),
    };
    let values = Axis::number(top / unit, 5);
    let mut note = identity(summary);
    if means.last().is_some_and(|(last, _)| *last > times.end) {
        note += "; the last 0.5 % lie beyond the right edge";
    }
    let mut corners = vec![(0.0, 0.0)];
    let mut from = 0.0;
    for (until, mean) in means.iter().filter(|(until, _)| *until <= times.end) {
        corners.extend([(from, mean / unit), (*until, mean / unit)]);
        from = *until;
    }
    corners.push((from, 0.0));
    picture(title, &note, &[], |body| {
        let y_desc = if name.is_empty() { what.to_owned() } else { format!("{what}, {name}") };
        let mut chart = chart(body, (&times, "time since the start of the rollout"), (&values, &y_desc), Mesh::Full, 0);
        chart.draw_series([Polygon::new(corners.clone(), PALE_BLUE.mix(0.6))]).expect(IN_MEMORY);
        chart.draw_series(LineSeries::new(corners, BLUE.stroke_width(4))).expect(IN_MEMORY);
        if let Some((limit, words)) = near {
            let line = PathElement::new([(0.0, limit / unit), (times.end, limit / unit)], RED.stroke_width(3));
            chart.draw_series([line]).expect(IN_MEMORY);
            let corner = chart.backend_coord(&(times.end, limit / unit));
            label(body, corner, &words, false, -40);
        }
    })
}

/// The instant after which half a percent of the whole area is left: a far tail would press everything else together.
pub fn shown_until(means: &[(f64, f64)]) -> f64 {
    let total: f64 = means.iter().map(|(_, mean)| mean).sum();
    let mut seen = 0.0;
    for (until, mean) in means {
        seen += mean;
        if seen >= 0.995 * total {
            return *until;
        }
    }
    means.last().map_or(1.0, |(until, _)| *until)
}

/// The cells of a picture: hundreds, not thousands.
const SHOWN: usize = 400;

/// The same with so many neighbours joined that at most `most` cells are shown until `end`.
pub fn joined(means: &[(f64, f64)], end: f64, most: usize) -> Vec<(f64, f64)> {
    let shown = means.iter().filter(|(until, _)| *until <= end).count();
    let whole = shown.div_ceil(most).max(1);
    let width = means.first().map_or(0.0, |(width, _)| *width);
    let join = |cells: &[(f64, f64)]| {
        let sum: f64 = cells.iter().map(|(_, mean)| mean).sum();
        let first = cells.first().map_or(0.0, |(until, _)| *until);
        // The last cells may be fewer; nothing happens in those that are not there.
        (first + (whole - 1) as f64 * width, sum / whole as f64)
    };
    means.chunks(whole).map(join).collect()
}

/// The unit in which a rate reads well.
pub fn rate_unit(rate: f64) -> (f64, &'static str) {
    let units = [(1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")];
    units.into_iter().find(|(unit, _)| rate >= *unit).unwrap_or((1.0, "bit/s"))
}
