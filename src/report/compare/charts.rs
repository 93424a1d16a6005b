//! The charts of a comparison: A beside B.

use super::Compared;
use crate::comparison::{self, MEASURES, ROBOTS_FAILED, TIME_TO_SUCCESS, sorted};
use crate::measure::Measure;
use crate::metric::Unit;
use crate::metric::words::{counted, percent, shown};
use crate::report::chart::plane::{Bars, even_readings, value_at};
use crate::report::chart::{Axis, Body, Chart, Mark, Plane, Shares};
use crate::report::document::signed;
use crate::report::words::{NEVER_IN_SYNC, SINCE_START};
use crate::statistics::{Number, Proportion};
use crate::time::humane;

/// A staircase of more steps is drawn with so many, at equal shares.
const MOST_STEPS: usize = 400;

pub(super) fn all(compared: &Compared<'_>) -> Vec<Chart> {
    let mut all = vec![stairs(compared, &STAIRS[0]), outcomes(compared), stairs(compared, &STAIRS[1])];
    // There are no differences of pairs where there are no pairs.
    if compared.comparison.paired {
        all.insert(1, differences(compared));
    }
    all
}

fn chart(name: &str, title: &str, about: String, body: Body) -> Chart {
    Chart { file: Some(format!("compare.{name}")), title: title.to_owned(), about, body }
}

/// A distribution function.
struct Stairs {
    measure: usize,
    file: &'static str,
    title: &'static str,
    about: &'static str,
    x_name: &'static str,
    nothing: &'static str,
}

const STAIRS: [Stairs; 2] = [
    Stairs {
        measure: TIME_TO_SUCCESS,
        file: "time_to_success",
        title: "Campaigns in sync over time",
        about: "The share of all campaigns in which the whole fleet is in sync by then.",
        x_name: SINCE_START,
        nothing: NEVER_IN_SYNC,
    },
    Stairs {
        measure: ROBOTS_FAILED,
        file: "robots_failed",
        title: "Robots that fail in the first job",
        about: "The share of all campaigns in which at most so many robots fail.",
        x_name: "at most so many robots failed",
        nothing: "No campaign has a first job.",
    },
];

fn stairs(compared: &Compared<'_>, of: &Stairs) -> Chart {
    let corners = [0, 1].map(|side| staircase(compared.rows(side), of.measure));
    let end = corners.iter().flat_map(|corners| corners.last()).map(|(x, _)| *x).reduce(f64::max);
    let Some(end) = end else { return chart(of.file, of.title, String::new(), Body::Nothing(of.nothing.to_owned())) };
    let unit = MEASURES[of.measure].unit;
    let x = match unit {
        Unit::Seconds => Axis::time(0.0, end, 8),
        _ => Axis::count(0.0, (end * 1.02).max(1.0), 10),
    };
    let readings = even_readings(&x, |at| {
        // Between whole numbers nothing happens.
        let at = if unit == Unit::Count { at.floor() } else { at };
        let [a, b] = [0, 1].map(|side: usize| percent(Number(value_at(&corners[side], at))));
        format!("{}: A {a}, B {b}", shown(unit, at))
    });
    let lines = corners.iter().enumerate().map(|(side, corners)| {
        let last = corners.last().map_or(0.0, |(_, share)| *share);
        let points = std::iter::once((x.start, 0.0)).chain(corners.iter().copied()).chain([(x.end, last)]);
        Mark::Line { name: compared.named(side), points: points.collect(), style: side }
    });
    let marks = lines.collect();
    let y_name = String::from("share of all campaigns");
    let body = Plane { x, x_name: of.x_name.to_owned(), y: Axis::share(1.0, 5), y_name, marks, readings };
    chart(of.file, of.title, of.about.to_owned(), Body::Plane(body))
}

/// The share of all replications that have a number of at most x, as the corners of a staircase.
fn staircase(rows: &[comparison::Row], measure: usize) -> Vec<(f64, f64)> {
    let numbers = sorted(rows, measure);
    let share = |count: usize| count as f64 / rows.len() as f64;
    let mut steps: Vec<(i128, usize)> = Vec::new();
    for run in numbers.chunk_by(|a, b| a == b) {
        let before = steps.last().map_or(0, |(_, seen)| *seen);
        steps.push((run[0], before + run.len()));
    }
    if steps.len() > MOST_STEPS {
        let last = numbers.len() - 1;
        let at = |step: usize| (numbers[last * step / MOST_STEPS], last * step / MOST_STEPS + 1);
        steps = (0..=MOST_STEPS).map(at).collect();
    }
    let mut corners = Vec::new();
    let mut seen = 0;
    for (number, count) in steps {
        let x = MEASURES[measure].unit.show(number as f64);
        corners.push((x, share(seen)));
        corners.push((x, share(count)));
        seen = count;
    }
    corners
}

/// How much longer B takes than A in each pair: bars of equal width, 0 on the edge of one.
fn differences(compared: &Compared<'_>) -> Chart {
    const TITLE: &str = "Time to success of B less that of A, in pairs";
    let measure = MEASURES[TIME_TO_SUCCESS];
    let pairs = compared.rows(0).iter().zip(compared.rows(1));
    let differences = pairs.filter_map(|(a, b)| Some(b.value(TIME_TO_SUCCESS)? - a.value(TIME_TO_SUCCESS)?));
    let mut differences: Vec<f64> = differences.map(|difference| measure.unit.show(difference as f64)).collect();
    differences.sort_unstable_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (differences.first().copied(), differences.last().copied()) else {
        let why = String::from("In no pair do both end with the whole fleet in sync.");
        return chart("differences", TITLE, String::new(), Body::Nothing(why));
    };
    // Far tails would press everything else together; they are cut, and a note says so.
    let last = differences.len() - 1;
    let (low, high) = (differences[last / 100], differences[last - last / 100]);
    let room = 0.5 * (high - low).max(1e-9);
    let (least, greatest) = (least.max(low - room), greatest.min(high + room));
    // 0 is worth seeing unless it is so far that there would be nothing else to see.
    let near = least.max(-greatest) < greatest - least;
    let (least, greatest) = if near { (least.min(0.0), greatest.max(0.0)) } else { (least, greatest) };
    let width = Bars::width(measure.unit, (greatest - least).max(1.0));
    let (first, end) = ((least / width).floor(), (greatest / width).floor() + 1.0);
    let mut bars = Bars { start: first * width, width, counts: vec![0; (end - first) as usize] };
    let mut beyond = 0;
    for difference in &differences {
        let bar = (difference / width).floor() - first;
        match bars.counts.get_mut(bar as usize).filter(|_| bar >= 0.0) {
            Some(count) => *count += 1,
            None => beyond += 1,
        }
    }
    let pairs = differences.len() as u64;
    let x = Axis::between(measure.unit, first * width, end * width, 8);
    let mut marks = vec![bars.mark(pairs), Mark::Zero];
    let mean = compared.comparison.numbers[TIME_TO_SUCCESS]
        .mean
        .and_then(|mean| mean.value)
        .map(|mean| measure.unit.show(mean));
    if let Some(mean) = mean.filter(|mean| (x.start..=x.end).contains(mean)) {
        marks.push(Mark::Upright { at: mean, words: format!("mean {}", signed(measure.unit, mean)), level: 0 });
    }
    let readings = bars.readings(pairs, |edges, share, count| {
        let [low, high] = edges.map(|edge| signed(measure.unit, edge));
        format!("{low} to {high}: {} of the pairs ({count})", percent(Number(share)))
    });
    let beyond = match beyond {
        0 => String::new(),
        1 => String::from(" 1 lies beyond the edges."),
        beyond => format!(" {beyond} lie beyond the edges."),
    };
    let body = Plane {
        x,
        x_name: String::from("difference of a pair"),
        y: bars.shares(pairs),
        y_name: format!("share of these pairs per {}", humane(width)),
        marks,
        readings,
    };
    let about = format!("In {} in which both get in sync; below 0 B is faster.{beyond}", counted(pairs, "pair"));
    chart("differences", TITLE, about, Body::Plane(body))
}

/// Bars of A and of B for each way to end.
fn outcomes(compared: &Compared<'_>) -> Chart {
    let replications = compared.comparison.replications;
    let rows = compared.comparison.outcomes.iter().map(|found| {
        let shares = [0, 1].map(|side| Proportion::new(found.counts[side], replications[side]));
        (Measure::of_outcome(found.outcome).words_with(compared.halts()).to_owned(), shares.into())
    });
    let sides = [0, 1].map(|side| compared.named(side)).into();
    let about = "Shares of the campaigns, with whiskers for their 95 % intervals.".to_owned();
    let shares = Shares { sides, groups: vec![(String::new(), rows.collect())] };
    chart("outcomes", "How campaigns end", about, Body::Shares(shares))
}
