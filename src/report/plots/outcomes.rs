//! How campaigns and first jobs end: bars with 95 % intervals.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{Area, BLUE, GRID, IN_MEMORY, INK, LABEL, SOFT, identity, picture, text};
use crate::metric::Summary;
use crate::metric::words::percent;
use crate::scenario::Scenario;
use crate::statistics::Proportion;

/// Where 0 % and 100 % are.
const SCALE: (i32, i32) = (560, 1200);
const ROW: i32 = 72;

pub fn draw(_scenario: &Scenario, summary: &Summary) -> String {
    let (campaign, first_job) = (summary.proportions("campaign."), summary.proportions("first_job."));
    let note = format!("{}; whiskers are 95 % confidence intervals", identity(summary));
    picture("How rollouts end", &note, &[], |body| {
        let at = |share: f64| SCALE.0 + (share * f64::from(SCALE.1 - SCALE.0)).round() as i32;
        let bottom = 40 + 10 * ROW;
        for tenth in 0..=10 {
            if tenth % 2 == 0 {
                let x = at(f64::from(tenth) / 10.0);
                body.draw(&PathElement::new([(x, 20), (x, bottom)], GRID.stroke_width(2))).expect(IN_MEMORY);
                text(body, &format!("{} %", tenth * 10), (x, bottom + 8), LABEL, &SOFT, HPos::Center);
            }
        }
        let mut y = 10;
        for (heading, rows) in [("Campaign", &campaign[..]), ("First job", &first_job[..])] {
            text(body, heading, (50, y + 14), LABEL, &INK, HPos::Left);
            y += ROW * 3 / 4;
            for (name, proportion) in rows {
                row(body, name, proportion, y, at);
                y += ROW;
            }
            y += ROW / 4;
        }
    })
}

fn row(body: &Area<'_>, name: &str, proportion: &Proportion, y: i32, at: impl Fn(f64) -> i32) {
    let [low, high] = proportion.ci95;
    text(body, name, (90, y + 16), LABEL, &INK, HPos::Left);
    let bar = [(at(0.0), y + 12), (at(proportion.probability.0), y + ROW - 18)];
    body.draw(&Rectangle::new(bar, BLUE.mix(0.75).filled())).expect(IN_MEMORY);
    let middle = y + (ROW - 6) / 2;
    let (left, right) = (at(low.0), at(high.0));
    let line = |points: [(i32, i32); 2]| body.draw(&PathElement::new(points, INK.stroke_width(3))).expect(IN_MEMORY);
    line([(left, middle), (right, middle)]);
    line([(left, middle - 10), (left, middle + 10)]);
    line([(right, middle - 10), (right, middle + 10)]);
    let value = format!("{}  ({} to {})", percent(proportion.probability), percent(low), percent(high));
    text(body, &value, (SCALE.1 + 40, y + 16), LABEL, &INK, HPos::Left);
}
