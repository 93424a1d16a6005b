//! A metric against the one path that varies: a line with its 95 % band.

use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{BLUE, IN_MEMORY, LegendEntry, Mesh, PALE_BLUE, SIZE, chart, picture, width_of};
use super::sweep::note;
use crate::metric::Unit;
use crate::report::sweep::{Shown, ShownMetric};
use crate::scenario::{parse_duration, parse_rate, parse_size};
use crate::statistics::Estimate;
use crate::sweep::Value;

/// Names are written below at most so many categories.
const NAMES: u32 = 24;

pub fn draw(sweep: &Shown<'_>, metric: &ShownMetric, index: usize) -> String {
    let variation = &sweep.sweep.variations[0];
    let (x_axis, places) = horizontal(&variation.values, 10, NAMES, SIZE.0 as i32 - 240);
    let mut points: Vec<(f64, Estimate)> =
        places.into_iter().zip(&sweep.points).map(|(x, estimates)| (x, estimates[index])).collect();
    points.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let ends = points.iter().flat_map(|(_, estimate)| {
        let interval = estimate.interval.filter(|_| estimate.value.is_some());
        estimate.value.into_iter().chain(interval.into_iter().flatten())
    });
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let y_axis = Axis::up_to(metric.unit, low, high, 6);
    let has_interval = points.iter().any(|(_, estimate)| estimate.interval.is_some());
    let band = LegendEntry { name: "95 % interval", color: PALE_BLUE.to_rgba(), filled: true };
    let legend = if has_interval { std::slice::from_ref(&band) } else { &[] };
    // Names have no order between which a line would mean something.
    let lines = !x_axis.is_of_names();
    picture(&metric.path, &note(sweep), legend, |body| {
        let y_desc = match metric.unit {
            Unit::Seconds => "time",
            Unit::Probability => "share of the campaigns",
            Unit::Count => "number",
            Unit::Bytes => "data",
            Unit::BitsPerSecond => "rate",
        };
        let mesh = if lines { Mesh::Full } else { Mesh::Horizontal };
        let mut chart = chart(body, (&x_axis, &variation.path), (&y_axis, y_desc), mesh, 20);
        for run in runs(&points) {
            let with_interval = || run.iter().filter_map(|(x, estimate)| estimate.interval.map(|ends| (*x, ends)));
            if lines && run.len() > 1 {
                let lower = with_interval().map(|(x, [low, _])| (x, low));
                let upper = with_interval().map(|(x, [_, high])| (x, high));
                let corners: Vec<(f64, f64)> = lower.chain(upper.collect::<Vec<_>>().into_iter().rev()).collect();
                chart.draw_series([Polygon::new(corners, PALE_BLUE.mix(0.75))]).expect(IN_MEMORY);
                let line = run.iter().filter_map(|(x, estimate)| Some((*x, estimate.value?)));
                chart.draw_series(LineSeries::new(line, BLUE.stroke_width(4))).expect(IN_MEMORY);
            } else {
                let whisker = |(x, [low, high]): (f64, [f64; 2])| {
                    PathElement::new([(x, low), (x, high)], PALE_BLUE.stroke_width(24))
                };
                chart.draw_series(with_interval().map(whisker)).expect(IN_MEMORY);
            }
        }
        let radius = if points.len() > 40 { 4 } else { 8 };
        let circle = |(x, y)| Circle::new((x, y), radius, BLUE.filled());
        let values = points.iter().filter_map(|(x, estimate)| Some((*x, estimate.value?)));
        chart.draw_series(values.map(circle)).expect(IN_MEMORY);
    })
}

/// Neighbours that have a value: a line does not cross a point that has none.
pub fn runs(points: &[(f64, Estimate)]) -> impl Iterator<Item = &[(f64, Estimate)]> {
    points.split(|(_, estimate)| estimate.value.is_none()).filter(|run| !run.is_empty())
}

/// The axis of the values, and where each stands on it: by its size if all are numbers of one kind, else in the order given, with
/// at most `most` names that share a width.
pub fn horizontal(values: &[Value], ticks: u32, most: u32, width: i32) -> (Axis, Vec<f64>) {
    let all = |read: &dyn Fn(&str) -> Option<f64>| -> Option<Vec<f64>> {
        values.iter().map(|value| value.json().as_str().and_then(read)).collect()
    };
    let numbers =
        values.iter().map(|value| value.json().as_f64()).collect::<Option<Vec<f64>>>().map(|n| (Unit::Count, n));
    let measured = numbers
        .or_else(|| all(&|text| parse_duration(text).ok().map(|span| span.seconds())).map(|n| (Unit::Seconds, n)))
        .or_else(|| all(&|text| parse_size(text).ok()).map(|n| (Unit::Bytes, n)))
        .or_else(|| all(&|text| parse_rate(text).ok()).map(|n| (Unit::BitsPerSecond, n)));
    match measured {
        Some((unit, places)) => {
            let least = places.iter().copied().fold(f64::INFINITY, f64::min);
            let greatest = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let room = if greatest > least { (greatest - least) * 0.03 } else { greatest.abs().max(1.0) * 0.5 };
            (Axis::between(unit, least - room, greatest + room, ticks), places)
        }
        None => {
            let room = width / (values.len() as i32).min(most as i32);
            let names = values.iter().map(|value| fitting(value.shown(), room)).collect();
            (Axis::names(names, most), (0..values.len()).map(|index| index as f64).collect())
        }
    }
}

/// A name cut to a width.
pub fn fitting(name: &str, room: i32) -> String {
    if width_of(name) <= room {
        return name.to_owned();
    }
    let kept = (room / width_of("m") - 1).max(1) as usize;
    name.chars().take(kept).chain(['…']).collect()
}
