//! Intervals against what they have to be within, each on a scale of its own.

use maud::{Markup, html};

use super::chart::{figure, unparted};
use super::svg::{WIDTH, fitting, path, px, rectangle};

const ROW: f64 = 62.0;
/// Where the scale lies within a row.
const SCALE: (f64, f64) = (23.0, 14.0);

/// A number of which an interval is known, and bounds that it should keep to.
pub struct Interval {
    /// What it is.
    pub title: String,
    /// What is known of it, in words.
    pub words: String,
    /// The number as it was found.
    pub estimate: Option<f64>,
    /// Where it lies; an end that nothing bounds is none.
    pub interval: [Option<f64>; 2],
    /// Where it should lie; an end that nothing bounds is none.
    pub within: [Option<f64>; 2],
}

/// One row below the other.
pub fn intervals(title: &str, about: &str, rows: &[Interval]) -> Markup {
    let height = ROW * rows.len() as f64;
    let label = format!(
        "{title}. {}",
        rows.iter().map(|row| format!("{}: {}", row.title, row.words)).collect::<Vec<_>>().join("; ")
    );
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(height)) } role="img" aria-label=(label) {
            @for (index, row) in rows.iter().enumerate() { (row.draw(ROW * index as f64)) }
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

impl Interval {
    /// What the scale goes from and to: all that is to be seen, and some room beside it.
    fn scale(&self) -> (f64, f64) {
        let ends = self.interval.iter().chain(&self.within).chain([&self.estimate]).flatten();
        let (low, high) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(*end), high.max(*end)));
        if low > high {
            return (0.0, 1.0);
        }
        let room = if high > low { 0.12 * (high - low) } else { 0.5 * high.abs().max(1.0) };
        (low - room, high + room)
    }

    fn draw(&self, top: f64) -> Markup {
        let (low, high) = self.scale();
        let at = |value: f64| WIDTH * (value - low) / (high - low);
        let ends = |[from, to]: [Option<f64>; 2]| (from.map_or(0.0, at), to.map_or(WIDTH, at));
        let (y, thick) = (top + SCALE.0, SCALE.1);
        let middle = y + thick / 2.0;
        let (good_from, good_to) = ends(self.within);
        let known = self.interval.iter().any(Option::is_some).then(|| ends(self.interval));
        let tick = |x: f64| path([(x, middle - 5.0), (x, middle + 5.0)]);
        html! {
            text.heading x="0" y=(px(top + 14.0)) { (fitting(&self.title, 0.9 * WIDTH)) }
            path.ground d=(rectangle(0.0, y, WIDTH, thick)) {}
            path.band.s0 d=(rectangle(good_from, y, good_to - good_from, thick)) {}
            @for bound in self.within.iter().flatten() {
                path.limit d=(path([(at(*bound), y - 3.0), (at(*bound), y + thick + 3.0)])) {}
            }
            @if let Some((from, to)) = known {
                path.whiskers d={
                    (path([(from, middle), (to, middle)]))
                    // An end without a tick goes on.
                    @if self.interval[0].is_some() { (tick(from)) }
                    @if self.interval[1].is_some() { (tick(to)) }
                } {}
            }
            @if let Some(estimate) = self.estimate { circle.dot cx=(px(at(estimate))) cy=(px(middle)) r="3.5" {} }
            text.name x="0" y=(px(y + thick + 15.0)) { (unparted(&fitting(&self.words, WIDTH))) }
        }
    }
}
