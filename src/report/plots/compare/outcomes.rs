//! How campaigns end, A beside B: bars with 95 % intervals.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::super::canvas::{Area, GRID, IN_MEMORY, INK, LABEL, SOFT, picture, text};
use super::{COLORS, identity, legend, name};
use crate::measure::Measure;
use crate::metric::words::percent;
use crate::report::compare::Compared;

use crate::statistics::Proportion;

/// Where 0 % and 100 % are.
const SCALE: (i32, i32) = (460, 1140);
const BAR: i32 = 52;
const ROW: i32 = 2 * BAR + 26;

pub fn draw(compared: &Compared<'_>) -> String {
    let names = [0, 1].map(|side| name(compared, side));
    picture("How campaigns end, with 95 % intervals", &identity(compared), &legend(&names, true), |body| {
        let at = |share: f64| SCALE.0 + (share * f64::from(SCALE.1 - SCALE.0)).round() as i32;
        let bottom = 30 + 5 * ROW;
        for fifth in 0..=5 {
            let x = at(f64::from(fifth) / 5.0);
            body.draw(&PathElement::new([(x, 10), (x, bottom)], GRID.stroke_width(2))).expect(IN_MEMORY);
            text(body, &format!("{} %", fifth * 20), (x, bottom + 8), LABEL, &SOFT, HPos::Center);
        }
        for (row, found) in compared.comparison.outcomes.iter().enumerate() {
            let y = 20 + row as i32 * ROW;
            text(body, Measure::of_outcome(found.outcome).words, (50, y + BAR - 14), LABEL, &INK, HPos::Left);
            for (side, color) in COLORS.into_iter().enumerate() {
                let proportion = Proportion::new(found.counts[side], compared.comparison.replications[side]);
                bar(body, &proportion, y + side as i32 * BAR, color, at);
            }
        }
    })
}

fn bar(body: &Area<'_>, proportion: &Proportion, y: i32, color: RGBColor, at: impl Fn(f64) -> i32) {
    let corners = [(at(0.0), y + 5), (at(proportion.probability.0), y + BAR - 3)];
    body.draw(&Rectangle::new(corners, color.mix(0.75).filled())).expect(IN_MEMORY);
    let middle = y + BAR / 2 + 1;
    let [left, right] = proportion.ci95.map(|end| at(end.0));
    let line = |points: [(i32, i32); 2]| body.draw(&PathElement::new(points, INK.stroke_width(3))).expect(IN_MEMORY);
    line([(left, middle), (right, middle)]);
    line([(left, middle - 9), (left, middle + 9)]);
    line([(right, middle - 9), (right, middle + 9)]);
    let [low, high] = proportion.ci95.map(percent);
    let words = format!("{}  ({low} to {high})", percent(proportion.probability));
    text(body, &words, (SCALE.1 + 40, y + 12), LABEL, &INK, HPos::Left);
}
