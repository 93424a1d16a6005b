//! Axes with ticks that a person can read.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::metric::Unit;
use crate::metric::words::with_unit;
use crate::time::exact;

/// A linear axis from `start` to `end` with a tick at every multiple of `step`.
#[derive(Clone, Debug)]
pub struct Axis {
    pub start: f64,
    pub end: f64,
    pub step: f64,
    kind: Kind,
    /// Those of [`Axis::names`].
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Time,
    Count,
    Share,
    Number,
    Bytes,
    BitsPerSecond,
    Name,
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
        Axis {
            start: (start / step).floor() * step,
            end: (end / step).ceil() * step,
            step,
            kind: Kind::Time,
            names: Vec::new(),
        }
    }

    /// Whole numbers.
    pub fn count(start: f64, end: f64, ticks: u32) -> Axis {
        let step = decimal_step(((end - start) / f64::from(ticks)).max(1.0));
        Axis { start, end, step, kind: Kind::Count, names: Vec::new() }
    }

    /// Numbers from 0, with decimals where the step needs them.
    pub fn number(end: f64, ticks: u32) -> Axis {
        let step = decimal_step((end / f64::from(ticks)).max(1e-6));
        Axis { start: 0.0, end: end.max(step), step, kind: Kind::Number, names: Vec::new() }
    }

    /// Shares from 0 to `end`, at most 1, shown in percent.
    pub fn share(end: f64, ticks: u32) -> Axis {
        let step = decimal_step(end * 100.0 / f64::from(ticks)) / 100.0;
        Axis {
            start: 0.0,
            end: (((end / step) - 1e-9).ceil() * step).min(1.0),
            step,
            kind: Kind::Share,
            names: Vec::new(),
        }
    }

    /// Numbers of a unit from `start` to `end`, whatever they are.
    pub fn between(unit: Unit, start: f64, end: f64, ticks: u32) -> Axis {
        let wanted = (end - start) / f64::from(ticks);
        let (step, kind) = match unit {
            Unit::Seconds => (time_step(wanted), Kind::Time),
            Unit::Probability => (decimal_step(wanted * 100.0) / 100.0, Kind::Share),
            Unit::Count => (decimal_step(wanted), Kind::Number),
            Unit::Bytes => (decimal_step(wanted), Kind::Bytes),
            Unit::BitsPerSecond => (decimal_step(wanted), Kind::BitsPerSecond),
        };
        Axis { start, end, step, kind, names: Vec::new() }
    }

    /// Numbers of a unit from 0, or from about `start` if that is far from 0, to `end` and a little more.
    pub fn up_to(unit: Unit, start: f64, end: f64, ticks: u32) -> Axis {
        match unit {
            Unit::Seconds => Axis::time(start, end, ticks),
            Unit::Probability => Axis::share(end.max(0.01), ticks),
            _ => Axis::between(unit, start.min(0.0), if end > 0.0 { end * 1.05 } else { 1.0 }, ticks),
        }
    }

    /// Names at 0, 1, 2 ...; where there are many, not every one is written.
    pub fn names(names: Vec<String>, ticks: u32) -> Axis {
        let step = f64::from((names.len() as u32).div_ceil(ticks).max(1));
        Axis { start: -0.5, end: names.len() as f64 - 0.5, step, kind: Kind::Name, names }
    }

    /// Whether it is one of [`Axis::names`].
    pub fn is_of_names(&self) -> bool {
        matches!(self.kind, Kind::Name)
    }

    /// Where the ticks are.
    pub fn ticks(&self) -> Vec<f64> {
        let first = (self.start / self.step - 1e-9).ceil() as i64;
        let last = (self.end / self.step + 1e-9).floor() as i64;
        (first..=last).map(|index| index as f64 * self.step).collect()
    }

    /// A tick's text.
    pub fn label(&self, value: &f64) -> String {
        match self.kind {
            Kind::Time if *value <= -0.5 * self.step => format!("-{}", exact(-value, self.step)),
            Kind::Time => exact(value.max(0.0), self.step),
            Kind::Count => format!("{value:.0}"),
            Kind::Number if self.step >= 0.99 => format!("{value:.0}"),
            Kind::Number => format!("{value}", value = (value * 1e6).round() / 1e6),
            Kind::Bytes => with_unit(*value, "B"),
            Kind::BitsPerSecond => with_unit(*value, "bit/s"),
            Kind::Name => self.names.get(value.round() as usize).cloned().unwrap_or_default(),
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
        self.ticks()
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
    fn axes_of_any_unit() {
        let between = |unit, start, end| labels(&Axis::between(unit, start, end, 4));
        assert_eq!(between(Unit::Count, 4.0, 21.0), ["5", "10", "15", "20"]);
        assert_eq!(between(Unit::Count, 0.01, 0.05), ["0.01", "0.02", "0.03", "0.04", "0.05"]);
        assert_eq!(between(Unit::Seconds, 500.0, 3700.0), ["15m", "30m", "45m", "1h"]);
        assert_eq!(between(Unit::Seconds, -1000.0, 1000.0), ["-10m", "0s", "10m"]);
        assert_eq!(between(Unit::BitsPerSecond, 0.0, 2.1e7), ["0bit/s", "10Mbit/s", "20Mbit/s"]);
        assert_eq!(labels(&Axis::names(["a", "b", "c"].map(str::to_owned).to_vec(), 8)), ["a", "b", "c"]);
        assert_eq!(labels(&Axis::names(["a", "b", "c"].map(str::to_owned).to_vec(), 2)), ["a", "c"]);
    }

    #[test]
    fn a_single_value_still_has_an_axis() {
        for value in [0.0, 1e-6, 600.0, 1e9] {
            let axis = Axis::time(value, value, 6);
            assert!(axis.start <= value && value <= axis.end && axis.start < axis.end, "{value}: {axis:?}");
        }
    }
}
