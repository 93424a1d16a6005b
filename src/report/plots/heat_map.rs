//! Numbers against two things that vary: a cell for each pair of values, with the number in it where there is room.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{
    Area, HEIGHT, Head, IN_MEMORY, INK, LABEL, MARGIN, SOFT, WIDTH, fitting, picture, style, text, width_of,
};
use crate::report::chart::heat_map::{self, readable_on};
use crate::report::chart::{Chart, HeatMap};

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

pub(super) fn draw(chart: &Chart, identity: &str, map: &HeatMap) -> String {
    let ((down, row_names), (across, column_names)) = (&map.down, &map.across);
    let (rows, columns) = (row_names.len(), column_names.len());
    let with_numbers = rows.max(columns) <= MOST_WITH_NUMBERS;
    let widest = match with_numbers {
        true => map.cells.iter().map(|cell| width_of(&cell.words) + 20).max().unwrap_or(0),
        false => LEAST_CELL,
    };
    let names = |names: &[String], room: i32| names.iter().map(|name| fitting(name, room)).collect::<Vec<String>>();
    let row_names = names(row_names, NAME_WIDTH - 20);
    let left = MARGIN + row_names.iter().map(|name| width_of(name)).max().unwrap_or(0).max(60) + 20;
    let head = Head::new(chart, identity, Vec::new());
    let width = widest.max((WIDTH as i32 - left - RIGHT) / columns as i32);
    let (low, high) = if with_numbers { CELL_HEIGHTS } else { (LEAST_CELL, CELL_HEIGHTS.1) };
    let height = ((HEIGHT as i32 - head.height - TOP - FOOT) / rows as i32).clamp(low, high);
    let size = (
        (left + width * columns as i32 + RIGHT).max(WIDTH as i32) as u32,
        (head.height + TOP + height * rows as i32 + FOOT) as u32,
    );
    picture(&head, size, |body| {
        text(body, &format!("{down}, downwards"), (MARGIN, 8), LABEL, &INK, HPos::Left);
        // Where cells are low not every row is named.
        let every = (LABEL as i32 + 6 + height - 1) / height;
        for (row, name) in row_names.iter().enumerate().filter(|(row, _)| *row as i32 % every == 0) {
            centered(body, name, (left - 16, TOP + height * row as i32 + height / 2), &SOFT, HPos::Right);
        }
        for (index, (cell, fill)) in map.cells.iter().zip(map.colors()).enumerate() {
            let corner = (left + width * (index % columns) as i32, TOP + height * (index / columns) as i32);
            // A white line between cells; small ones overlap, or the ground would shine through.
            let gap = if with_numbers { 3 } else { -1 };
            let ends = [corner, (corner.0 + width - gap, corner.1 + height - gap)];
            body.draw(&Rectangle::new(ends, rgb(fill).filled())).expect(IN_MEMORY);
            if with_numbers {
                let center = (corner.0 + width / 2, corner.1 + height / 2);
                centered(body, &cell.words, center, &rgb(readable_on(fill)), HPos::Center);
            }
        }
        let bottom = TOP + height * rows as i32 + 10;
        let column_names = names(column_names, (width - 10).max(100));
        let widest = column_names.iter().map(|name| width_of(name)).max().unwrap_or(0) + 16;
        let every = (widest + width - 1) / width;
        for (column, name) in column_names.iter().enumerate().filter(|(column, _)| *column as i32 % every == 0) {
            let center = left + width * column as i32 + width / 2;
            text(body, name, (center, bottom), LABEL, &SOFT, HPos::Center);
        }
        let center = left + width * columns as i32 / 2;
        text(body, across, (center, bottom + 46), LABEL, &INK, HPos::Center);
    })
}

fn rgb([red, green, blue]: heat_map::Color) -> RGBColor {
    RGBColor(red, green, blue)
}

fn centered(body: &Area<'_>, words: &str, place: (i32, i32), color: &RGBColor, anchor: HPos) {
    let style = style(LABEL, color).pos(Pos::new(anchor, VPos::Center));
    body.draw_text(words, &style, place).expect(IN_MEMORY);
}
