//! Numbers against numbers.

use super::Axis;
use super::axis::{decimal_step, time_step};
use crate::metric::Unit;

/// A chart with two axes.
pub(crate) struct Plane {
    pub x: Axis,
    /// What stands along the bottom.
    pub x_name: String,
    pub y: Axis,
    /// What stands along the side.
    pub y_name: String,
    /// What is drawn, in this order.
    pub marks: Vec<Mark>,
    /// From left to right.
    pub readings: Vec<Reading>,
}

/// A part of a chart, in the units of its axes. What has a name stands in the legend; an empty one does not. A style is
/// a colour, and dashes where there is no colour; parts beside each other have different ones.
pub(crate) enum Mark {
    /// Bars from the bottom: left edge, right edge, height.
    Bars(Vec<(f64, f64, f64)>),
    /// The area between two lines, each from left to right.
    Band { name: String, lower: Vec<(f64, f64)>, upper: Vec<(f64, f64)> },
    /// A line from left to right.
    Line { name: String, points: Vec<(f64, f64)>, style: usize },
    /// Points; pale ones matter less.
    Dots { name: String, points: Vec<(f64, f64)>, style: usize, pale: bool },
    /// A ring around a point.
    Ring((f64, f64)),
    /// Intervals: place, lower end, upper end.
    Whiskers(Vec<(f64, f64, f64)>),
    /// A place on the x axis that matters, with words on a level from the top: words of places close to each other
    /// stand on different levels.
    Upright { at: f64, words: String, level: u32 },
    /// A place on the y axis that matters.
    Level { at: f64, words: String },
    /// The place on the x axis where nothing differs.
    Zero,
}

/// What is to be read where a chart is pointed at: the numbers from one place on the x axis to another, in words.
pub(crate) struct Reading {
    pub from: f64,
    pub to: f64,
    pub words: String,
}

/// Readings of equal columns over an axis; `words` says what is at their middle.
pub(crate) fn even_readings(axis: &Axis, words: impl Fn(f64) -> String) -> Vec<Reading> {
    const READINGS: u32 = 60;
    let width = (axis.end - axis.start) / f64::from(READINGS);
    let reading = |column: u32| {
        let from = axis.start + width * f64::from(column);
        Reading { from, to: from + width, words: words(from + width / 2.0) }
    };
    (0..READINGS).map(reading).collect()
}

/// The value at an instant of what is constant between corners.
pub(crate) fn value_at(corners: &[(f64, f64)], instant: f64) -> f64 {
    let after = corners.partition_point(|(corner, _)| *corner <= instant);
    after.checked_sub(1).map_or(0.0, |last| corners[last].1)
}

/// Numbers counted in bars of equal width.
pub(crate) struct Bars {
    /// The left edge of the first bar.
    pub start: f64,
    pub width: f64,
    pub counts: Vec<u64>,
}

impl Bars {
    /// The width of about 60 bars over a range, as it reads well.
    pub fn width(unit: Unit, range: f64) -> f64 {
        const BARS: f64 = 60.0;
        match unit {
            Unit::Seconds => time_step(range / BARS),
            _ => decimal_step(range / BARS).max(1.0),
        }
    }

    pub(crate) fn edges(&self, bar: usize) -> [f64; 2] {
        [bar, bar + 1].map(|bar| self.start + bar as f64 * self.width)
    }

    /// What is drawn of them, as shares of a whole.
    pub fn mark(&self, whole: u64) -> Mark {
        let bars = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        Mark::Bars(
            bars.map(|(bar, count)| {
                let [from, to] = self.edges(bar);
                (from, to, *count as f64 / whole as f64)
            })
            .collect(),
        )
    }

    /// What is read of each: `words` of its edges, its share of the whole, and its count.
    pub fn readings(&self, whole: u64, words: impl Fn([f64; 2], f64, u64) -> String) -> Vec<Reading> {
        let reading = |(bar, count): (usize, &u64)| {
            let [from, to] = self.edges(bar);
            Reading { from, to, words: words([from, to], *count as f64 / whole as f64, *count) }
        };
        self.counts.iter().enumerate().map(reading).collect()
    }

    /// An axis of shares that the highest bar leaves some room on, for words above it.
    pub fn shares(&self, whole: u64) -> Axis {
        let highest = self.counts.iter().copied().max().unwrap_or(1) as f64 / whole as f64;
        Axis::share((highest * 1.22).max(0.01), 5)
    }
}
