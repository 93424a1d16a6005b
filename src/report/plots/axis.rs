//! Axes with ticks that a person can read.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::time::exact;

/// A linear axis from `start` to `end` with a tick at every multiple of `step`.
#[derive(Clone, Debug)]
pub struct Axis {
    pub start: f64,
    pub end: f64,
    pub step: f64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Time,
    Count,
    Share,
    Number,
}

/// Steps of clock and calendar, in seconds; below and above, decimal ones.
const CLOCK: [f64; 22] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0,
    43_200.0, 86_400.0, 172_800.0, 432_000.0, 604_800.0, 864_000.0,
];

/// The least of 1, 2, 5, 10, ... times a power of ten that is at least `wanted` > 0.
pub fn decimal_step(wanted: f64) -> f64 {
    let mut power = 1e-6;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            if factor * power >= wanted {
                return factor * power;
            }
        }
        power *= 10.0;
    }
}

/// The least readable step of time that is at least `wanted` > 0 seconds.
pub fn time_step(wanted: f64) -> f64 {
    const DAY: f64 = 86_400.0;
    if wanted <= 0.5 {
        return decimal_step(wanted);
    }
    CLOCK.into_iter().find(|step| *step >= wanted).unwrap_or_else(|| DAY * decimal_step(wanted / DAY))
}

impl Axis {
    /// Seconds. Starts at 0 unless `start` is far from it, with about `ticks` ticks.
    pub fn time(start: f64, end: f64, ticks: u32) -> Axis {
        let (start, end) = widened(start, end);
        let start = if start < 0.5 * end { 0.0 } else { start };
        let step = time_step((end - start) / f64::from(ticks));
        Axis { start: (start / step).floor() * step, end: (end / step).ceil() * step, step, kind: Kind::Time }
    }

    /// Whole numbers.
    pub fn count(start: f64, end: f64, ticks: u32) -> Axis {
        let step = decimal_step(((end - start) / f64::from(ticks)).max(1.0));
        Axis { start, end, step, kind: Kind::Count }
    }

    /// Numbers from 0, with decimals where the step needs them.
    pub fn number(end: f64, ticks: u32) -> Axis {
        let step = decimal_step((end / f64::from(ticks)).max(1e-6));
        Axis { start: 0.0, end: end.max(step), step, kind: Kind::Number }
    }

    /// Shares from 0 to `end`, at most 1, shown in percent.
    pub fn share(end: f64, ticks: u32) -> Axis {
        let step = decimal_step(end * 100.0 / f64::from(ticks)) / 100.0;
        Axis { start: 0.0, end: (((end / step) - 1e-9).ceil() * step).min(1.0), step, kind: Kind::Share }
    }

    /// A tick's text.
    pub fn label(&self, value: &f64) -> String {
        match self.kind {
            Kind::Time => exact(value.max(0.0), self.step),
            Kind::Count => format!("{value:.0}"),
            Kind::Number if self.step >= 0.99 => format!("{value:.0}"),
            Kind::Number => format!("{value}", value = (value * 1e6).round() / 1e6),
            Kind::Share if self.step < 0.009 => format!("{:.1} %", value * 100.0),
            Kind::Share => format!("{:.0} %", value * 100.0),
        }
    }
}

/// A range that is not empty.
fn widened(start: f64, end: f64) -> (f64, f64) {
    if end > start {
        (start, end)
    } else if end > 0.0 {
        (start * 0.95, end * 1.05)
    } else {
        (0.0, 1.0)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = ((value - self.start) / (self.end - self.start)).clamp(0.0, 1.0);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        let first = (self.start / self.step - 1e-9).ceil() as i64;
        let last = (self.end / self.step + 1e-9).floor() as i64;
        (first..=last).map(|index| index as f64 * self.step).collect()
    }

    fn range(&self) -> Range<f64> {
        self.start..self.end
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.label(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::coord::ranged1d::BoldPoints;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.key_points(BoldPoints(9)).iter().map(|value| axis.label(value)).collect()
    }

    #[test]
    fn ticks_read_as_people_speak() {
        assert_eq!(labels(&Axis::time(0.0, 9000.0, 6)), ["0s", "30m", "1h", "1h 30m", "2h", "2h 30m"]);
        assert_eq!(labels(&Axis::time(5000.0, 5400.0, 4)), ["1h 22m", "1h 24m", "1h 26m", "1h 28m", "1h 30m"]);
        assert_eq!(labels(&Axis::time(0.0, 3e6, 8)), ["0s", "5d", "10d", "15d", "20d", "25d", "30d", "35d"]);
        assert_eq!(labels(&Axis::time(0.0, 0.02, 4)), ["0s", "5ms", "10ms", "15ms", "20ms"]);
        assert_eq!(labels(&Axis::count(-0.5, 3.5, 10)), ["0", "1", "2", "3"]);
        assert_eq!(labels(&Axis::share(1.0, 5)), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
    }

    #[test]
    fn a_single_value_still_has_an_axis() {
        for value in [0.0, 1e-6, 600.0, 1e9] {
            let axis = Axis::time(value, value, 6);
            assert!(axis.start <= value && value <= axis.end && axis.start < axis.end, "{value}: {axis:?}");
        }
    }
}
