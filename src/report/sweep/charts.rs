//! The charts of a sweep: one for each metric that is shown.

use super::{Shown, ShownMetric};
use crate::metric::Unit;
use crate::metric::words::shown;
use crate::report::chart::heat_map::HeatCell;
use crate::report::chart::{Axis, Body, Chart, HeatMap, Mark, Plane, Reading};
use crate::report::document::with_interval;
use crate::scenario::{parse_duration, parse_rate, parse_size};
use crate::statistics::Estimate;
use crate::sweep::{Value, Variation};

/// The points of a line; of more only every second, third ... is drawn.
const MOST_POINTS: usize = 500;

/// A metric against what varies: a line where one path does, a heat map where several do.
pub(super) fn chart(sweep: &Shown<'_>, index: usize) -> Chart {
    let metric = &sweep.metrics[index];
    let (about, body) = if sweep.points.iter().all(|estimates| placed(&estimates[index]).is_none()) {
        let nothing = match sweep.points.iter().any(|estimates| estimates[index].is_never()) {
            true => "It is never at any point.",
            false => "No point has a value.",
        };
        (String::new(), Body::Nothing(nothing.to_owned()))
    } else {
        match &sweep.sweep.variations[..] {
            [variation] => lines(sweep, variation, metric, index),
            _ => heat_map(sweep, metric, index),
        }
    };
    Chart { file: Some(format!("sweep.{}", metric.path)), title: metric.path.clone(), about, body }
}

/// The value of an estimate where it has a place on an axis: what never comes has none.
fn placed(estimate: &Estimate) -> Option<f64> {
    estimate.value.filter(|value| value.is_finite())
}

/// Its interval, likewise.
fn interval(estimate: &Estimate) -> Option<[f64; 2]> {
    estimate.interval.filter(|ends| placed(estimate).is_some() && ends.iter().all(|end| end.is_finite()))
}

/// A metric against the one path that varies, with its 95 % band.
fn lines(sweep: &Shown<'_>, variation: &Variation, metric: &ShownMetric, index: usize) -> (String, Body) {
    let (x, places) = horizontal(&variation.values);
    let mut points: Vec<(f64, usize, Estimate)> =
        places.into_iter().zip(&sweep.points).enumerate().map(|(point, (at, row))| (at, point, row[index])).collect();
    points.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    let every = points.len().div_ceil(MOST_POINTS);
    let points: Vec<(f64, usize, Estimate)> = points.into_iter().step_by(every).collect();
    let drawn = if every > 1 { format!(" One point in {every} is drawn.") } else { String::new() };
    let ends = points
        .iter()
        .flat_map(|(_, _, estimate)| placed(estimate).into_iter().chain(interval(estimate).into_iter().flatten()));
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    // Half way to the neighbours.
    let middle = |a: usize, b: usize| (points[a].0 + points[b].0) / 2.0;
    let readings = points.iter().enumerate().map(|(at, (_, point, estimate))| Reading {
        from: if at == 0 { x.start } else { middle(at - 1, at) },
        to: if at + 1 == points.len() { x.end } else { middle(at, at + 1) },
        words: format!("{}: {}", sweep.place(*point), with_interval(metric.unit, estimate)),
    });
    let readings = readings.collect();
    let (mut marks, mut dots) = (Vec::new(), Vec::new());
    // A line does not cross a point that has no value.
    for run in points.split(|(_, _, estimate)| placed(estimate).is_none()).filter(|run| !run.is_empty()) {
        let ends = |which: usize| -> Vec<(f64, f64)> {
            run.iter().filter_map(|(at, _, estimate)| Some((*at, interval(estimate)?[which]))).collect()
        };
        let values: Vec<(f64, f64)> = run.iter().filter_map(|(at, _, estimate)| Some((*at, estimate.value?))).collect();
        // Names have no order between which a line would mean something.
        if x.is_of_names() || run.len() == 1 {
            let whiskers =
                run.iter().filter_map(|(at, _, estimate)| interval(estimate).map(|[low, high]| (*at, low, high)));
            marks.push(Mark::Whiskers(whiskers.collect()));
        } else {
            let name = if marks.is_empty() && !ends(0).is_empty() { "95 % interval" } else { "" };
            marks.push(Mark::Band { name: name.to_owned(), lower: ends(0), upper: ends(1) });
            marks.push(Mark::Line { name: String::new(), points: values.clone(), style: 0 });
        }
        dots.extend(values);
    }
    marks.push(Mark::Dots { name: String::new(), points: dots, style: 0, pale: false });
    let y_name = match metric.unit {
        Unit::Seconds => "time",
        Unit::Probability => "share of the campaigns",
        Unit::Count => "number",
        Unit::Bytes => "data",
        Unit::BitsPerSecond => "rate",
    };
    let plane = Plane {
        x,
        x_name: variation.path.clone(),
        y: Axis::up_to(metric.unit, low, high, 5),
        y_name: y_name.to_owned(),
        marks,
        readings,
    };
    (format!("Against {}; all points meet the same luck.{drawn}", variation.path), Body::Plane(plane))
}

/// The axis of the values, and where each stands on it: by its size if all are numbers of one kind, else in the order
/// given.
fn horizontal(values: &[Value]) -> (Axis, Vec<f64>) {
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
            (Axis::between(unit, least - room, greatest + room, 8), places)
        }
        None => {
            let names = values.iter().map(|value| value.shown().to_owned()).collect();
            (Axis::names(names), (0..values.len()).map(|index| index as f64).collect())
        }
    }
}

/// A metric against two paths that vary: a cell for each pair of values.
fn heat_map(sweep: &Shown<'_>, metric: &ShownMetric, index: usize) -> (String, Body) {
    let variations = &sweep.sweep.variations;
    let [down, across] = [&variations[0], &variations[1]];
    let columns = across.values.len();
    // Of further variations the first value is shown; they vary faster than these two.
    let stride: usize = variations[2..].iter().map(|variation| variation.values.len()).product();
    let cell = |at: usize| {
        let estimate = sweep.points.get(at * stride).map(|point| point[index]).unwrap_or_default();
        let words = match estimate.value {
            Some(value) if metric.unit == Unit::Count && value >= 1e5 => format!("{value:.2e}"),
            Some(value) => shown(metric.unit, value),
            None => String::from("-"),
        };
        let [row, column] = [down.values[at / columns].shown(), across.values[at % columns].shown()];
        let reading = format!("{row}, {column}: {}", with_interval(metric.unit, &estimate));
        HeatCell { value: placed(&estimate), words, reading }
    };
    let named = |variation: &Variation| {
        let names = variation.values.iter().map(|value| value.shown().to_owned()).collect();
        (variation.path.clone(), names)
    };
    let cells = (0..down.values.len() * columns).map(cell).collect();
    let map = HeatMap { down: named(down), across: named(across), cells };
    let (least, greatest) = map.range();
    let about = format!("From {}, pale, to {}, deep.", shown(metric.unit, least), shown(metric.unit, greatest));
    (about, Body::HeatMap(map))
}
