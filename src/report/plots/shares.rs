//! Shares of the whole as bars with their intervals.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{
    Area, GRID, HEIGHT, Head, IN_MEMORY, INK, LABEL, LegendEntry, MARGIN, SOFT, WIDTH, color, picture, text,
};
use crate::metric::Unit;
use crate::report::chart::{Chart, Shares};
use crate::report::document::{estimate_of, with_interval};
use crate::statistics::Proportion;

/// Where 0 % and 100 % are.
const SCALE: (i32, i32) = (560, 1200);
const TOP: i32 = 20;
/// Below the bars, for the labels of the scale.
const FOOT: i32 = 60;
const HEADING: i32 = 54;

fn at(share: f64) -> i32 {
    SCALE.0 + (share * f64::from(SCALE.1 - SCALE.0)).round() as i32
}

pub(super) fn draw(chart: &Chart, identity: &str, shares: &Shares) -> String {
    let entry = |(side, name)| LegendEntry { name, color: color(side).mix(0.75), filled: true };
    let legend = shares.sides.iter().map(String::as_str).enumerate().map(entry).collect();
    let head = Head::new(chart, identity, legend);
    picture(&head, (WIDTH, HEIGHT), |body| {
        let rows = || shares.groups.iter().flat_map(|(_, rows)| rows);
        let bars: usize = rows().map(|(_, proportions)| proportions.len()).sum();
        let headings = shares.groups.iter().filter(|(heading, _)| !heading.is_empty()).count() as i32 * HEADING;
        let apart = 24 * rows().count() as i32;
        // As high as there is room for.
        let room = HEIGHT as i32 - head.height - TOP - FOOT - headings - apart;
        let height = (room / (bars.max(1) as i32)).min(52);
        let bottom = TOP + headings + apart + height * bars as i32;
        for fifth in 0..=5 {
            let x = at(f64::from(fifth) / 5.0);
            body.draw(&PathElement::new([(x, TOP), (x, bottom)], GRID.stroke_width(2))).expect(IN_MEMORY);
            text(body, &format!("{} %", fifth * 20), (x, bottom + 8), LABEL, &SOFT, HPos::Center);
        }
        let mut y = TOP;
        for (heading, rows) in &shares.groups {
            if !heading.is_empty() {
                text(body, heading, (MARGIN, y + 8), LABEL, &INK, HPos::Left);
                y += HEADING;
            }
            for (name, proportions) in rows {
                let middle = y + height * proportions.len() as i32 / 2;
                text(body, name, (MARGIN + 40, middle - LABEL as i32 / 2), LABEL, &INK, HPos::Left);
                for (side, proportion) in proportions.iter().enumerate() {
                    bar(body, proportion, color(side), y, height);
                    y += height;
                }
                y += 24;
            }
        }
    })
}

fn bar(body: &Area<'_>, proportion: &Proportion, color: RGBColor, y: i32, height: i32) {
    let corners = [(at(0.0), y + 3), (at(proportion.probability.0), y + height - 3)];
    body.draw(&Rectangle::new(corners, color.mix(0.75).filled())).expect(IN_MEMORY);
    let middle = y + height / 2;
    let [left, right] = proportion.ci95.map(|end| at(end.0));
    let line = |points: [(i32, i32); 2]| body.draw(&PathElement::new(points, INK.stroke_width(3))).expect(IN_MEMORY);
    line([(left, middle), (right, middle)]);
    line([(left, middle - 9), (left, middle + 9)]);
    line([(right, middle - 9), (right, middle + 9)]);
    let words = with_interval(Unit::Probability, &estimate_of(proportion));
    text(body, &words, (SCALE.1 + 40, middle - LABEL as i32 / 2), LABEL, &INK, HPos::Left);
}
