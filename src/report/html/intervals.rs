//! Intervals against what they have to be within, each on a scale of its own.

use maud::{Markup, html};

use super::figure::figure;
use super::svg::{WIDTH, fitting, path, px, rectangle};
use crate::report::document::Interval;
use crate::report::words::unparted;

const ROW: f64 = 62.0;
/// Where the scale lies within a row.
const SCALE: (f64, f64) = (23.0, 14.0);

/// One row below the other.
pub(super) fn intervals(title: &str, about: &str, rows: &[Interval]) -> Markup {
    let height = ROW * rows.len() as f64;
    let label = format!(
        "{title}. {}",
        rows.iter().map(|row| format!("{}: {}", row.title, row.words)).collect::<Vec<_>>().join("; ")
    );
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(height)) } role="img" aria-label=(label) {
            @for (index, row) in rows.iter().enumerate() { (draw(row, ROW * index as f64)) }
            g.hits {
                @for (index, row) in rows.iter().enumerate() {
                    path d=(rectangle(0.0, ROW * index as f64, WIDTH, ROW - 8.0)) {
                        title { (unparted(&format!("{}: {}", row.title, row.words))) }
                    }
                }
            }
        }
    };
    figure(title, about, &html! {}, &drawing, 1)
}

/// What the scale goes from and to: all that is to be seen, and some room beside it.
fn scale(of: &Interval) -> (f64, f64) {
    let ends = of.interval.iter().chain(&of.within).chain([&of.estimate]).flatten().filter(|end| end.is_finite());
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(*end), high.max(*end)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = if high > low { 0.12 * (high - low) } else { 0.5 * high.abs().max(1.0) };
    (low - room, high + room)
}

fn draw(of: &Interval, top: f64) -> Markup {
    let (low, high) = scale(of);
    // What never comes is beyond the right edge.
    let at = |value: f64| (WIDTH * (value - low) / (high - low)).min(WIDTH);
    let ends = |[from, to]: [Option<f64>; 2]| (from.map_or(0.0, at), to.map_or(WIDTH, at));
    let (y, thick) = (top + SCALE.0, SCALE.1);
    let middle = y + thick / 2.0;
    let (good_from, good_to) = ends(of.within);
    let known = of.interval.iter().any(Option::is_some).then(|| ends(of.interval));
    let tick = |x: f64| path([(x, middle - 5.0), (x, middle + 5.0)]);
    html! {
        text.heading x="0" y=(px(top + 14.0)) { (fitting(&of.title, 0.9 * WIDTH)) }
        path.ground d=(rectangle(0.0, y, WIDTH, thick)) {}
        path.band d=(rectangle(good_from, y, good_to - good_from, thick)) {}
        @for bound in of.within.iter().flatten() {
            path.limit d=(path([(at(*bound), y - 3.0), (at(*bound), y + thick + 3.0)])) {}
        }
        @if let Some((from, to)) = known {
            path.whiskers d={
                (path([(from, middle), (to, middle)]))
                // An end without a tick goes on.
                @if of.interval[0].is_some() { (tick(from)) }
                @if of.interval[1].is_some() { (tick(to)) }
            } {}
        }
        @if let Some(estimate) = of.estimate { circle.dot cx=(px(at(estimate))) cy=(px(middle)) r="3.5" {} }
        text.name x="0" y=(px(y + thick + 15.0)) { (unparted(&fitting(&of.words, WIDTH))) }
    }
}
