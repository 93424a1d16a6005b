//! A metric against two paths that vary, for pages: a cell for each pair of values.

use maud::{Markup, html};
use plotters::style::RGBColor;

use super::answer::with_interval;
use super::chart::{figure, nothing, unparted};
use super::svg::{LETTER, WIDTH, fitting, px, rectangle, width_of};
use crate::metric::words::shown;
use crate::report::plots::heat_map::{color, readable_on};
use crate::report::sweep::{Shown, ShownMetric};

/// Numbers stand in cells that are wide enough for them.
const CELL: (f64, f64) = (14.0, 26.0);
/// The most cells that can be pointed at, and the most that are drawn: more would make the page heavy.
const MOST_READ: usize = 1_600;
const MOST_DRAWN: usize = 10_000;
const MOST_NAME: f64 = 110.0;

pub(super) fn chart(sweep: &Shown<'_>, metric: &ShownMetric, index: usize) -> Markup {
    let variations = &sweep.sweep.variations;
    let [down, across] = [&variations[0], &variations[1]];
    let (rows, columns) = (down.values.len(), across.values.len());
    if rows * columns > MOST_DRAWN {
        return nothing(&metric.path, "More cells than a page should have; the picture in plots/ has them.");
    }
    // Of further variations the first value is shown; they vary faster than these two.
    let stride: usize = variations[2..].iter().map(|variation| variation.values.len()).product();
    let at = |cell: usize| sweep.points.get(cell * stride).map(|point| point[index]).unwrap_or_default();
    let values = (0..rows * columns).filter_map(|cell| at(cell).value);
    let (least, greatest) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));

    let name = |words: &str| fitting(words, MOST_NAME);
    let widest = down.values.iter().map(|value| width_of(&name(value.shown()))).fold(0.0, f64::max);
    let (left, top) = (widest + 8.0, 24.0);
    let width = (WIDTH - left) / columns as f64;
    let height = (220.0 / rows as f64).clamp(CELL.0.min(3_000.0 / rows as f64), CELL.1);
    let bottom = top + height * rows as f64;
    let words = |cell: usize| at(cell).value.map_or_else(|| String::from("-"), |value| shown(metric.unit, value));
    let with_numbers =
        height > CELL.0 && (0..rows * columns).take(MOST_READ + 1).all(|cell| width_of(&words(cell)) + 4.0 <= width);
    let every = |room: f64, extent: f64| (room / extent).ceil().max(1.0) as usize;
    let column_room = across.values.iter().map(|value| width_of(&name(value.shown()))).fold(0.0, f64::max) + LETTER;
    let reading = |cell: usize| {
        let [row, column] = [down.values[cell / columns].shown(), across.values[cell % columns].shown()];
        format!("{row}, {column}: {}", with_interval(metric.unit, &at(cell)))
    };
    let readable = rows * columns <= MOST_READ;
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(bottom + 42.0)) } role="img" aria-label=(metric.path) {
            text.name x="0" y="13" { (down.path) ", downwards" }
            @for row in (0..rows).step_by(every(16.0, height)) {
                @let middle = top + height * (row as f64 + 0.5);
                text.end.name x=(px(left - 6.0)) y=(px(middle + 4.0)) { (name(down.values[row].shown())) }
            }
            g.cells {
                @for cell in 0..rows * columns {
                    @let (x, y) = (left + width * (cell % columns) as f64, top + height * (cell / columns) as f64);
                    @let ground = ground(at(cell).value, least, greatest);
                    @if readable {
                        path fill=(hex(ground)) d=(rectangle(x, y, width, height)) { title { (unparted(&reading(cell))) } }
                    } @else {
                        path fill=(hex(ground)) d=(rectangle(x, y, width, height)) {}
                    }
                    @if with_numbers {
                        text.middle fill=(hex(readable_on(ground))) x=(px(x + width / 2.0)) y=(px(y + height / 2.0 + 4.5)) {
                            (words(cell))
                        }
                    }
                }
            }
            @for column in (0..columns).step_by(every(column_room, width)) {
                @let center = left + width * (column as f64 + 0.5);
                text.middle.name x=(px(center)) y=(px(bottom + 17.0)) { (name(across.values[column].shown())) }
            }
            text.middle.name x=(px((left + WIDTH) / 2.0)) y=(px(bottom + 36.0)) { (across.path) }
        }
    };
    let range = format!("From {}, pale, to {}, deep.", shown(metric.unit, least), shown(metric.unit, greatest));
    figure(&metric.path, &range, &html! {}, &drawing, columns)
}

/// A cell's colour; one without a number is grey.
fn ground(value: Option<f64>, least: f64, greatest: f64) -> RGBColor {
    let share = |value: f64| if greatest > least { (value - least) / (greatest - least) } else { 0.0 };
    value.map_or(RGBColor(0xc8, 0xcc, 0xd2), |value| color(share(value)))
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
