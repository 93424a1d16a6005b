//! Numbers against two things that vary: a cell for each pair of values.

use maud::{Markup, html};

use super::figure::{figure, nothing};
use super::svg::{LETTER, WIDTH, fitting, px, rectangle, width_of};
use crate::report::chart::heat_map::{Color, readable_on};
use crate::report::chart::{Chart, HeatMap};
use crate::report::words::unparted;

/// The heights of cells.
const CELL: (f64, f64) = (14.0, 26.0);
/// The most cells that can be pointed at, and the most that are drawn: more would make the page heavy.
const MOST_READ: usize = 1_600;
const MOST_DRAWN: usize = 10_000;
const MOST_NAME: f64 = 110.0;

pub(super) fn draw(chart: &Chart, map: &HeatMap) -> Markup {
    let ((down, row_names), (across, column_names)) = (&map.down, &map.across);
    let (rows, columns) = (row_names.len(), column_names.len());
    if map.cells.len() > MOST_DRAWN {
        return nothing(&chart.title, "More cells than a page should have; the picture in plots/ has them.");
    }
    let name = |words: &str| fitting(words, MOST_NAME);
    let widest = row_names.iter().map(|value| width_of(&name(value))).fold(0.0, f64::max);
    let (left, top) = (widest + 8.0, 24.0);
    let width = (WIDTH - left) / columns as f64;
    let height = (220.0 / rows as f64).clamp(CELL.0.min(3_000.0 / rows as f64), CELL.1);
    let bottom = top + height * rows as f64;
    let readable = map.cells.len() <= MOST_READ;
    // Numbers stand in cells that are wide enough for them.
    let with_numbers = readable && height > CELL.0 && map.cells.iter().all(|cell| width_of(&cell.words) + 4.0 <= width);
    let every = |room: f64, extent: f64| (room / extent).ceil().max(1.0) as usize;
    let column_room = column_names.iter().map(|value| width_of(&name(value))).fold(0.0, f64::max) + LETTER;
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(bottom + 42.0)) } role="img" aria-label={ (chart.title) ". " (chart.about) } {
            text.name x="0" y="13" { (down) ", downwards" }
            @for row in (0..rows).step_by(every(16.0, height)) {
                @let middle = top + height * (row as f64 + 0.5);
                text.end.name x=(px(left - 6.0)) y=(px(middle + 4.0)) { (name(&row_names[row])) }
            }
            g.cells {
                @for (index, (cell, color)) in map.cells.iter().zip(map.colors()).enumerate() {
                    @let (x, y) = (left + width * (index % columns) as f64, top + height * (index / columns) as f64);
                    @if readable {
                        path fill=(hex(color)) d=(rectangle(x, y, width, height)) { title { (unparted(&cell.reading)) } }
                    } @else {
                        path fill=(hex(color)) d=(rectangle(x, y, width, height)) {}
                    }
                    @if with_numbers {
                        text.middle fill=(hex(readable_on(color))) x=(px(x + width / 2.0)) y=(px(y + height / 2.0 + 4.5)) {
                            (cell.words)
                        }
                    }
                }
            }
            @for column in (0..columns).step_by(every(column_room, width)) {
                @let center = left + width * (column as f64 + 0.5);
                text.middle.name x=(px(center)) y=(px(bottom + 17.0)) { (name(&column_names[column])) }
            }
            text.middle.name x=(px((left + WIDTH) / 2.0)) y=(px(bottom + 36.0)) { (across) }
        }
    };
    figure(&chart.title, &chart.about, &html! {}, &drawing, columns)
}

fn hex([red, green, blue]: Color) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
