//! How much longer B takes than A in each pair.

use plotters::prelude::*;

use super::super::axis::Axis;
use super::super::canvas::{IN_MEMORY, INK, Mesh, PURPLE, RED, chart, empty, label, picture};
use super::identity;
use crate::comparison::TIME_TO_SUCCESS;
use crate::metric::Unit;
use crate::metric::words::counted;
use crate::report::compare::Compared;
use crate::report::compare::shapes::Bars;
use crate::report::compare::words::signed;
use crate::time::humane;

const TITLE: &str = "Time to success of B less that of A, in pairs";

pub fn draw(compared: &Compared<'_>) -> String {
    let identity = identity(compared);
    let Some(Bars { axis, width, counts, pairs, beyond }) = Bars::new(compared, TIME_TO_SUCCESS, 8) else {
        return empty(TITLE, &identity, "In no pair do both end with the whole fleet in sync.");
    };
    let share = |count: u64| count as f64 / pairs as f64;
    let shares = Axis::share((share(counts.iter().copied().max().unwrap_or(1)) * 1.22).max(0.01), 5);
    let mut note = format!("{identity}; of the {} in which both end in sync", counted(pairs, "pair"));
    let far: u64 = beyond.iter().sum();
    if far > 0 {
        note += &format!("; {far} beyond the edges");
    }
    let mean = compared.comparison.numbers[TIME_TO_SUCCESS].mean.map(|(mean, _)| mean / 1e6);
    picture(TITLE, &note, &[], |body| {
        let y_name = format!("share of these pairs per {}", humane(width));
        let x_name = "difference of a pair: below 0 B is faster";
        let mut chart = chart(body, (&axis, x_name), (&shares, &y_name), Mesh::Horizontal, 0);
        let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        chart
            .draw_series(bars.map(|(bar, count)| {
                let left = axis.start + bar as f64 * width;
                Rectangle::new([(left, 0.0), (left + width, share(*count))], PURPLE.mix(0.7).filled())
            }))
            .expect(IN_MEMORY);
        if (axis.start..=axis.end).contains(&0.0) {
            let zero = PathElement::new([(0.0, 0.0), (0.0, shares.end)], INK.stroke_width(3));
            chart.draw_series([zero]).expect(IN_MEMORY);
        }
        if let Some(mean) = mean.filter(|mean| (axis.start..=axis.end).contains(mean)) {
            let line = PathElement::new([(mean, 0.0), (mean, shares.end)], RED.stroke_width(3));
            chart.draw_series([line]).expect(IN_MEMORY);
            let right = mean <= axis.start + 0.7 * (axis.end - axis.start);
            let top = chart.backend_coord(&(mean, shares.end));
            label(body, top, &format!("mean {}", signed(Unit::Seconds, mean)), right, 8);
        }
    })
}
