//! The distribution of the time until the whole fleet is in sync.

use plotters::prelude::*;

use super::axis::{Axis, time_step};
use super::canvas::{BLUE, IN_MEMORY, Mesh, RED, chart, empty, identity, label, picture};
use crate::experiment::Tally;
use crate::measure::TIME_TO_SUCCESS;
use crate::metric::Summary;
use crate::metric::words::counted;
use crate::scenario::Scenario;
use crate::time::{MICROS, exact, humane, seconds};

const TITLE: &str = "Time until the whole fleet is in sync";
const BARS: f64 = 60.0;

/// The distribution in bars of equal width.
pub struct Bars {
    pub axis: Axis,
    /// In seconds.
    pub width: f64,
    /// The campaigns of each bar, from the start of the axis.
    pub counts: Vec<u64>,
    /// The campaigns beyond the end of the axis.
    pub beyond: u64,
}

impl Bars {
    /// With about so many ticks; none if no campaign ended in sync.
    pub fn new(summary: &Summary, tally: &Tally, ticks: u32) -> Option<Bars> {
        let described = &summary[TIME_TO_SUCCESS];
        let (min, p99, max) = (described.min?, described.p99?, described.max?);
        // A far tail would press everything else against the left edge; it is cut, and a note says so.
        let end = if max.0 > 2.5 * p99.0 { 1.5 * p99.0 } else { max.0 };
        let axis = Axis::time(min.0, end, ticks);
        // No bar is narrower than a cell of the histogram, or it would show the cells instead of the distribution.
        let histogram = tally[TIME_TO_SUCCESS].histogram();
        let cell = seconds(histogram.equivalent_range((axis.end * MICROS as f64) as u64));
        let width = time_step(((axis.end - axis.start) / BARS).max(cell));
        let bars = ((axis.end - axis.start) / width).ceil() as usize;
        let mut counts = vec![0u64; bars];
        let mut beyond = 0;
        for cell in histogram.iter_recorded() {
            let value = seconds(histogram.median_equivalent(cell.value_iterated_to())).clamp(min.0, max.0);
            let bar = ((value - axis.start) / width) as usize;
            // The greatest number may stand on the right edge itself.
            match counts.get_mut(if value <= axis.end { bar.min(bars - 1) } else { bars }) {
                Some(count) => *count += cell.count_since_last_iteration(),
                None => beyond += cell.count_since_last_iteration(),
            }
        }
        Some(Bars { axis, width, counts, beyond })
    }
}

pub fn draw(_scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let described = &summary[TIME_TO_SUCCESS];
    let (Some(Bars { axis, width, counts, beyond }), Some(p50), Some(p95), Some(p99), Some(max)) =
        (Bars::new(summary, tally, 8), described.p50, described.p95, described.p99, described.max)
    else {
        return empty(TITLE, &identity(summary), "No campaign ended with the whole fleet in sync.");
    };
    let share = |count: u64| count as f64 / described.count as f64;
    let highest = share(counts.iter().copied().max().unwrap_or(1));
    let shares = Axis::share(highest * 1.22, 5);

    let mut note = format!("{}; of the {} that end in sync", identity(summary), counted(described.count, "campaign"));
    if beyond > 0 {
        note += &format!("; {beyond} lie beyond the right edge, up to {}", humane(max.0));
    }
    picture(TITLE, &note, &[], |body| {
        let y_desc = format!("share of these campaigns per {}", humane(width));
        let mut chart =
            chart(body, (&axis, "time since the start of the rollout"), (&shares, &y_desc), Mesh::Horizontal, 0);
        chart
            .draw_series(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, count)| {
                let left = axis.start + bar as f64 * width;
                Rectangle::new([(left, 0.0), (left + width, share(*count))], BLUE.mix(0.7).filled())
            }))
            .expect(IN_MEMORY);
        for value in [p50, p95, p99] {
            let line = PathElement::new([(value.0, 0.0), (value.0, shares.end)], RED.stroke_width(3));
            chart.draw_series([line]).expect(IN_MEMORY);
        }
        for (index, (name, value)) in [("p50", p50), ("p95", p95), ("p99", p99)].into_iter().enumerate() {
            // Labels stand on three levels, so they never cover each other, on the side where there is room.
            let right = value.0 <= axis.start + 0.75 * (axis.end - axis.start);
            let words = format!("{name}  {}", exact(value.0, axis.step / 20.0));
            let top = chart.backend_coord(&(value.0, shares.end));
            label(body, top, &words, right, 8 + 44 * index as i32);
        }
    })
}
