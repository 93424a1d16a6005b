//! The page of a sweep: `report.html`.

use maud::html;

use super::answer::with_interval;
use super::chart::nothing;
use super::{Cell, Chart, Columns, Command, Mark, Page, Provenance, Reading};
use super::{charts, estimate, heat_map, section};
use crate::metric::Unit;
use crate::report::plots::axis::Axis;
use crate::report::plots::sweep::left_out;
use crate::report::plots::sweep_lines::{horizontal, runs};
use crate::report::sweep::{Shown, ShownMetric, table};
use crate::statistics::Estimate;

/// The rows of the table; `sweep.csv` has all.
const MOST_ROWS: usize = 1_000;

/// The points of a line; of more only every second, third ... is drawn.
const MOST_POINTS: usize = 500;

/// The page; `vary` are the options that say what varies, as they were typed.
pub fn sweep(sweep: &Shown<'_>, vary: &[String]) -> String {
    let checked = sweep.checked;
    let file = &sweep.sweep.file;
    let metrics: Vec<String> = sweep.metrics.iter().map(|metric| metric.path.clone()).collect();
    let mut command = Command::new("sweep", file.name()).options("--vary", vary).options("--metric", &metrics);
    let mut facts = vec![("Scenario", checked.first.name.clone()), ("Points", sweep.points.len().to_string())];
    if let Some(replications) = checked.same_replications {
        command = command.option("--replications", replications);
        facts.push(("Replications a point", replications.to_string()));
    }
    if let Some(seed) = checked.same_seed {
        command = command.option("--seed", seed);
        facts.push(("Seed", seed.to_string()));
    }
    let numbered = || sweep.metrics.iter().enumerate();
    let pictures: Vec<_> = numbered().map(|(index, metric)| picture(sweep, metric, index)).collect();
    let shown = left_out(sweep).map(|first| format!("Pictures show the points at {first}."));
    Page {
        title: &checked.first.name,
        description: &checked.first.description,
        settings: &table::settings(sweep),
        answer: answer(sweep),
        body: html! {
            (section("pictures", "Pictures", &html! {
                @if let Some(shown) = shown { p.note { (shown) } }
                (charts(&pictures))
            }))
            (section("numbers", "Numbers", &points(sweep)))
        },
        provenance: Provenance {
            command: command.options("--set", &sweep.sweep.sets),
            facts,
            scenarios: vec![file],
            sets: &sweep.sweep.sets,
        },
    }
    .render()
}

/// Where each metric is least and greatest.
fn answer(sweep: &Shown<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    for (index, metric) in sweep.metrics.iter().enumerate() {
        let values = || sweep.points.iter().enumerate().filter_map(|(point, row)| Some((point, row[index].value?)));
        // Of equals the first one.
        let least = values().reduce(|best, next| if next.1 < best.1 { next } else { best });
        let greatest = values().reduce(|best, next| if next.1 > best.1 { next } else { best });
        sentences.push(match (least, greatest) {
            (Some((least, low)), Some((greatest, high))) if low < high => format!(
                "{} is least, {}, at {}, and greatest, {}, at {}.",
                metric.path,
                with_interval(metric.unit, &sweep.points[least][index]),
                place(sweep, least),
                with_interval(metric.unit, &sweep.points[greatest][index]),
                place(sweep, greatest)
            ),
            (Some((point, _)), _) => {
                format!("{} is {} everywhere.", metric.path, with_interval(metric.unit, &sweep.points[point][index]))
            }
            _ => format!("{} has no value at any point.", metric.path),
        });
    }
    sentences.push(String::from(
        "With 95 % confidence each number lies within its brackets. All points meet the same luck, so differences between them \
         are due to the settings.",
    ));
    sentences
}

/// A point's values with the last words of their paths: `concurrent_deployment_percentage 5`.
fn place(sweep: &Shown<'_>, point: usize) -> String {
    let values = sweep.sweep.values(point as u64);
    let named = sweep.sweep.variations.iter().zip(values).map(|(variation, value)| {
        let (_, last) = variation.path.rsplit_once('.').unwrap_or(("", &variation.path));
        format!("{last} {}", value.shown())
    });
    named.collect::<Vec<_>>().join(", ")
}

fn picture(sweep: &Shown<'_>, metric: &ShownMetric, index: usize) -> maud::Markup {
    if sweep.points.iter().all(|estimates| estimates[index].value.is_none()) {
        return nothing(&metric.path, "No point has a value.");
    }
    match &sweep.sweep.variations[..] {
        [_] => lines(sweep, metric, index),
        _ => heat_map::chart(sweep, metric, index),
    }
}

/// A metric against the one path that varies.
fn lines(sweep: &Shown<'_>, metric: &ShownMetric, index: usize) -> maud::Markup {
    // Widths in the units of the pictures in plots/: names have about so much room below a chart.
    const NAMES: (u32, i32) = (4, 840);
    let variation = &sweep.sweep.variations[0];
    let (x, places) = horizontal(&variation.values, 6, NAMES.0, NAMES.1);
    let mut points: Vec<(f64, usize, Estimate)> =
        places.into_iter().zip(&sweep.points).enumerate().map(|(point, (at, row))| (at, point, row[index])).collect();
    points.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    let every = points.len().div_ceil(MOST_POINTS);
    let points: Vec<(f64, usize, Estimate)> = points.into_iter().step_by(every).collect();
    let drawn = if every > 1 { format!(" One point in {every} is drawn.") } else { String::new() };
    let ends = points.iter().flat_map(|(_, _, estimate)| {
        let interval = estimate.interval.filter(|_| estimate.value.is_some());
        estimate.value.into_iter().chain(interval.into_iter().flatten())
    });
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    // Half way to the neighbours.
    let middle = |a: usize, b: usize| (points[a].0 + points[b].0) / 2.0;
    let readings = points.iter().enumerate().map(|(at, (_, point, estimate))| Reading {
        from: if at == 0 { x.start } else { middle(at - 1, at) },
        to: if at + 1 == points.len() { x.end } else { middle(at, at + 1) },
        words: format!("{}: {}", place(sweep, *point), with_interval(metric.unit, estimate)),
    });
    let readings = readings.collect();
    let placed: Vec<(f64, Estimate)> = points.iter().map(|(at, _, estimate)| (*at, *estimate)).collect();
    let mut marks = Vec::new();
    let mut dots = Vec::new();
    for run in runs(&placed) {
        let ends = |which: usize| -> Vec<(f64, f64)> {
            run.iter().filter_map(|(at, estimate)| Some((*at, estimate.interval?[which]))).collect()
        };
        // Names have no order between which a line would mean something.
        if x.is_of_names() || run.len() == 1 {
            let whiskers =
                run.iter().filter_map(|(at, estimate)| estimate.interval.map(|[low, high]| (*at, low, high)));
            marks.push(Mark::Whiskers(whiskers.collect()));
        } else {
            let name = if marks.is_empty() { "95 % interval" } else { "" };
            marks.push(Mark::Band { name: name.to_owned(), lower: ends(0), upper: ends(1), style: 0 });
            let points = run.iter().filter_map(|(at, estimate)| Some((*at, estimate.value?))).collect();
            marks.push(Mark::Line { name: String::new(), points, style: 0 });
        }
        dots.extend(run.iter().filter_map(|(at, estimate)| Some((*at, estimate.value?))));
    }
    marks.push(Mark::Dots(dots));
    let y_name = match metric.unit {
        Unit::Seconds => "time",
        Unit::Probability => "share of the campaigns",
        Unit::Count => "number",
        Unit::Bytes => "data",
        Unit::BitsPerSecond => "rate",
    };
    Chart {
        title: metric.path.clone(),
        about: format!("Against {}; all points meet the same luck.{drawn}", variation.path),
        x,
        x_name: variation.path.clone(),
        y: Axis::up_to(metric.unit, low, high, 5),
        y_name: y_name.to_owned(),
        marks,
        readings,
    }
    .render()
}

/// A row a point: what varies, and the metrics with their intervals.
fn points(sweep: &Shown<'_>) -> maud::Markup {
    let variations = &sweep.sweep.variations;
    let paths = variations.iter().map(|variation| variation.path.clone());
    let rows = sweep.points.iter().take(MOST_ROWS).enumerate().map(|(point, estimates)| {
        let values = sweep.sweep.values(point as u64).into_iter().zip(variations).map(|(value, variation)| {
            // Numbers by their size, all else in the order given.
            let place = || variation.values.iter().position(|other| other == value).map(|place| place as f64);
            Cell { key: value.json().as_f64().or_else(place), ..Cell::new(value.shown()) }
        });
        let numbers = sweep.metrics.iter().zip(estimates).map(|(metric, number)| estimate(metric.unit, number));
        values.chain(numbers).collect()
    });
    let table = Columns {
        id: String::from("points"),
        caption: String::from("All points, with 95 % intervals"),
        headings: paths.chain(sweep.metrics.iter().map(|metric| metric.path.clone())).collect(),
        leading: variations.len(),
        rows: rows.collect(),
        sortable: true,
    };
    html! {
        (table.render())
        @if sweep.points.len() > MOST_ROWS {
            p.note { "The first " (MOST_ROWS) " of " (sweep.points.len()) " points; sweep.csv has all, with every metric." }
        } @else {
            p.note { "sweep.csv has every metric of these points, sweep.json their summaries." }
        }
    }
}
