//! A metric against two paths that vary: a cell for each pair of values, with the number in it.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, GRID, IN_MEMORY, INK, LABEL, SIZE, SOFT, picture_of, style, text, width_of};
use super::sweep::{left_out, note};
use super::sweep_lines::fitting;
use crate::metric::Unit;
use crate::metric::words::shown;
use crate::report::sweep::{Shown, ShownMetric};
use crate::statistics::Estimate;
use crate::sweep::Variation;

/// With more rows or columns there is no room for numbers.
const MOST_WITH_NUMBERS: usize = 64;
/// Heights and widths of cells, drawn.
const CELL_HEIGHTS: (i32, i32) = (46, 110);
const LEAST_CELL: i32 = 10;
/// Room for the names of rows and columns.
const NAME_WIDTH: i32 = 320;
const FOOT: i32 = 110;
const TOP: i32 = 60;
const RIGHT: i32 = 60;

/// From small to great.
const COLORS: [(f64, f64, f64); 3] = [(243.0, 247.0, 252.0), (107.0, 163.0, 214.0), (11.0, 54.0, 107.0)];

pub fn draw(sweep: &Shown<'_>, metric: &ShownMetric, index: usize) -> String {
    let variations = &sweep.sweep.variations;
    let [down, across] = [&variations[0], &variations[1]];
    let (rows, columns) = (down.values.len(), across.values.len());
    // Of further variations the first value is drawn; they vary faster than these two.
    let stride: usize = variations[2..].iter().map(|variation| variation.values.len()).product();
    let cell =
        |row: usize, column: usize| sweep.points.get((row * columns + column) * stride).map(|point| point[index]);
    let values = (0..rows * columns).filter_map(|at| cell(at / columns, at % columns)?.value);
    let (least, greatest) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));

    let with_numbers = rows.max(columns) <= MOST_WITH_NUMBERS;
    let words = |estimate: Option<Estimate>| match estimate.and_then(|estimate| estimate.value) {
        Some(value) if metric.unit == Unit::Count && value >= 1e5 => format!("{value:.2e}"),
        Some(value) => shown(metric.unit, value),
        None => String::from("-"),
    };
    let widest = if with_numbers {
        (0..rows * columns).map(|at| width_of(&words(cell(at / columns, at % columns))) + 20).max().unwrap_or(0)
    } else {
        LEAST_CELL
    };
    let row_names = names(down, NAME_WIDTH - 20);
    let left = 50 + row_names.iter().map(|name| width_of(name)).max().unwrap_or(0).max(60) + 20;
    let room = SIZE.0 as i32 - left - RIGHT;
    let width = widest.max(room / columns as i32);
    let (low, high) = if with_numbers { CELL_HEIGHTS } else { (LEAST_CELL, CELL_HEIGHTS.1) };
    let room = SIZE.1 as i32 - super::canvas::HEAD as i32 - TOP - FOOT;
    let height = (room / rows as i32).clamp(low, high);
    let size = (
        (left + width * columns as i32 + RIGHT).max(SIZE.0 as i32) as u32,
        (super::canvas::HEAD as i32 + TOP + height * rows as i32 + FOOT) as u32,
    );
    let mut note = note(sweep);
    if let Some(further) = left_out(sweep) {
        note += &format!("; {further}");
    }
    if !with_numbers {
        note += &format!(
            "; from {} to {}, sweep.csv has the numbers",
            shown(metric.unit, least),
            shown(metric.unit, greatest)
        );
    }
    picture_of(size, &metric.path, &note, &[], |body| {
        text(body, &format!("{}, downwards", down.path), (50, 8), LABEL, &INK, HPos::Left);
        // Where cells are low not every row is named.
        let every = (LABEL as i32 + 6 + height - 1) / height;
        for (row, name) in row_names.iter().enumerate() {
            let middle = TOP + height * row as i32 + height / 2;
            if row as i32 % every == 0 {
                centered(body, name, (left - 16, middle), &SOFT, HPos::Right);
            }
            for column in 0..columns {
                let corner = (left + width * column as i32, TOP + height * row as i32);
                let estimate = cell(row, column);
                let value = estimate.and_then(|estimate| estimate.value);
                let share =
                    value.map(|value| if greatest > least { (value - least) / (greatest - least) } else { 0.0 });
                let fill = share.map_or(GRID, color);
                // A white line between cells; small ones overlap, or the ground would shine through.
                let gap = if with_numbers { 3 } else { -1 };
                let ends = [corner, (corner.0 + width - gap, corner.1 + height - gap)];
                body.draw(&Rectangle::new(ends, fill.filled())).expect(IN_MEMORY);
                if with_numbers {
                    let center = (corner.0 + width / 2, middle);
                    centered(body, &words(estimate), center, &readable_on(fill), HPos::Center);
                }
            }
        }
        let bottom = TOP + height * rows as i32 + 10;
        let column_names = names(across, (width - 10).max(100));
        let widest = column_names.iter().map(|name| width_of(name)).max().unwrap_or(0) + 16;
        let every = (widest + width - 1) / width;
        for (column, name) in column_names.iter().enumerate().filter(|(column, _)| *column as i32 % every == 0) {
            let center = left + width * column as i32 + width / 2;
            text(body, name, (center, bottom), LABEL, &SOFT, HPos::Center);
        }
        let center = left + width * columns as i32 / 2;
        text(body, &across.path, (center, bottom + 46), LABEL, &INK, HPos::Center);
    })
}

fn names(variation: &Variation, room: i32) -> Vec<String> {
    variation.values.iter().map(|value| fitting(value.shown(), room)).collect()
}

fn centered(body: &Area<'_>, words: &str, place: (i32, i32), color: &RGBColor, anchor: HPos) {
    let style = style(LABEL, color).pos(Pos::new(anchor, VPos::Center));
    body.draw_text(words, &style, place).expect(IN_MEMORY);
}

/// The colour of a share from 0 to 1.
pub fn color(share: f64) -> RGBColor {
    let [pale, middle, deep] = COLORS;
    let (from, to, share) = if share < 0.5 { (pale, middle, share * 2.0) } else { (middle, deep, share * 2.0 - 1.0) };
    let mix = |from: f64, to: f64| (from + (to - from) * share).round() as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Black or white, whichever stands out more.
pub fn readable_on(ground: RGBColor) -> RGBColor {
    if contrast(ground, BLACK) >= contrast(ground, WHITE) { BLACK } else { WHITE }
}

/// The contrast ratio of two colours, from 1 to 21: W3C, "Web Content Accessibility Guidelines 2.1" (2018).
fn contrast(a: RGBColor, b: RGBColor) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: RGBColor) -> f64 {
    let linear = |channel: u8| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { libm::pow((channel + 0.055) / 1.055, 2.4) }
    };
    0.2126 * linear(color.0) + 0.7152 * linear(color.1) + 0.0722 * linear(color.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The guidelines ask for 4.5 between text and ground.
    #[test]
    fn numbers_are_readable_on_every_color() {
        for share in (0..=100).map(|percent| f64::from(percent) / 100.0) {
            let ground = color(share);
            let found = contrast(ground, readable_on(ground));
            assert!(found >= 4.5, "{share}: {found}");
        }
        assert!(contrast(GRID, readable_on(GRID)) >= 4.5);
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn greater_is_darker() {
        let luminances: Vec<f64> = (0..=100).map(|percent| luminance(color(f64::from(percent) / 100.0))).collect();
        assert!(luminances.is_sorted_by(|a, b| a > b));
    }
}
