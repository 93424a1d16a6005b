//! Axes with ticks that a person can read.

use crate::calendar::Calendar;
use crate::metric::Unit;
use crate::metric::words::with_unit;
use crate::time::{Time, exact};

/// A linear axis from `start` to `end` with a tick at every multiple of `step`.
#[derive(Clone, Debug)]
pub struct Axis {
    pub start: f64,
    pub end: f64,
    /// From one tick to the next.
    pub step: f64,
    kind: AxisKind,
    /// Those of [`Axis::names`].
    names: Vec<String>,
    /// What instants are on the wall, if ticks show that (R21).
    calendar: Option<Calendar>,
}

#[derive(Clone, Copy, Debug)]
enum AxisKind {
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
            kind: AxisKind::Time,
            names: Vec::new(),
            calendar: None,
        }
    }

    /// Of whole numbers.
    pub fn count(start: f64, end: f64, ticks: u32) -> Axis {
        let step = decimal_step(((end - start) / f64::from(ticks)).max(1.0));
        Axis { start, end, step, kind: AxisKind::Count, names: Vec::new(), calendar: None }
    }

    /// Numbers from 0, with decimals where the step needs them.
    pub fn number(end: f64, ticks: u32) -> Axis {
        let step = decimal_step((end / f64::from(ticks)).max(1e-6));
        Axis { start: 0.0, end: end.max(step), step, kind: AxisKind::Number, names: Vec::new(), calendar: None }
    }

    /// Shares from 0 to `end`, at most 1, shown in percent.
    pub fn share(end: f64, ticks: u32) -> Axis {
        let step = decimal_step(end * 100.0 / f64::from(ticks)) / 100.0;
        Axis {
            start: 0.0,
            end: (((end / step) - 1e-9).ceil() * step).min(1.0),
            step,
            kind: AxisKind::Share,
            names: Vec::new(),
            calendar: None,
        }
    }

    /// Numbers of a unit from `start` to `end`, whatever they are.
    pub fn between(unit: Unit, start: f64, end: f64, ticks: u32) -> Axis {
        let wanted = (end - start) / f64::from(ticks);
        let (step, kind) = match unit {
            Unit::Seconds => (time_step(wanted), AxisKind::Time),
            Unit::Probability => (decimal_step(wanted * 100.0) / 100.0, AxisKind::Share),
            Unit::Count => (decimal_step(wanted), AxisKind::Number),
            Unit::Bytes => (decimal_step(wanted), AxisKind::Bytes),
            Unit::BitsPerSecond => (decimal_step(wanted), AxisKind::BitsPerSecond),
        };
        Axis { start, end, step, kind, names: Vec::new(), calendar: None }
    }

    /// Numbers of a unit from 0, or from about `start` if that is far from 0, to `end` and a little more.
    pub fn up_to(unit: Unit, start: f64, end: f64, ticks: u32) -> Axis {
        match unit {
            Unit::Seconds => Axis::time(start, end, ticks),
            Unit::Probability => Axis::share(end.max(0.01), ticks),
            _ => Axis::between(unit, start.min(0.0), if end > 0.0 { end * 1.05 } else { 1.0 }, ticks),
        }
    }

    /// Names at 0, 1, 2 ...
    pub fn names(names: Vec<String>) -> Axis {
        Axis { start: -0.5, end: names.len() as f64 - 0.5, step: 1.0, kind: AxisKind::Name, names, calendar: None }
    }

    /// The same instants as the wall shows them, with ticks at round times of its day; nothing changes if nobody knows the
    /// date.
    pub fn on_the_wall(self, calendar: &Calendar) -> Axis {
        Axis { calendar: calendar.is_dated().then(|| calendar.clone()), ..self }
    }

    /// Whether it is one of [`Axis::names`].
    pub fn is_of_names(&self) -> bool {
        matches!(self.kind, AxisKind::Name)
    }

    /// Where a value lies: 0 at the start, 1 at the end; what is beyond is at the end that it is beyond.
    pub fn place(&self, value: f64) -> f64 {
        ((value - self.start) / (self.end - self.start)).clamp(0.0, 1.0)
    }

    /// Where the ticks are.
    pub fn ticks(&self) -> Vec<f64> {
        self.every(1)
    }

    /// The ticks that have room for their labels beside each other on a `length`, `wide` measuring words and `cut`
    /// cutting names to a width: every second, third ... one if not all have.
    pub fn labelled(
        &self,
        length: f64,
        wide: impl Fn(&str) -> f64,
        cut: impl Fn(&str, f64) -> String,
    ) -> Vec<(f64, String)> {
        /// Names are cut before the fewer than this many that have room are left out.
        const NAMES: f64 = 6.0;
        const APART: f64 = 10.0;
        let spacing = length * self.step / (self.end - self.start);
        let room = |every: i64| spacing * every as f64 - APART;
        let fits = |every: &i64| {
            let widest = self.every(*every).into_iter().map(|tick| wide(&self.label(tick))).fold(0.0, f64::max);
            let enough = if self.is_of_names() { length / NAMES - APART } else { length };
            widest <= room(*every) || room(*every) >= enough
        };
        let every = (1..).find(fits).unwrap_or(1);
        let label = |tick: f64| match self.kind {
            AxisKind::Name => cut(&self.label(tick), room(every)),
            _ => self.label(tick),
        };
        self.every(every).into_iter().map(|tick| (tick, label(tick))).collect()
    }

    /// Every so many-th tick, that at 0 among them.
    fn every(&self, every: i64) -> Vec<f64> {
        if let Some(calendar) = &self.calendar {
            return calendar.round_times(self.start, self.end, self.step * every as f64);
        }
        let first = (self.start / self.step - 1e-9).ceil() as i64;
        let last = (self.end / self.step + 1e-9).floor() as i64;
        let kept = (first..=last).filter(|index| index % every == 0);
        kept.map(|index| index as f64 * self.step).collect()
    }

    /// `06:00`, and `2 Dec` for the midnight with which that day begins.
    fn wall(&self, seconds: f64) -> String {
        self.calendar.as_ref().map_or_else(String::new, |calendar| calendar.tick(Time::from_secs(seconds), self.step))
    }

    /// A tick's text.
    pub fn label(&self, value: f64) -> String {
        match self.kind {
            AxisKind::Time if self.calendar.is_some() => self.wall(value),
            AxisKind::Time if value <= -0.5 * self.step => format!("-{}", exact(-value, self.step)),
            AxisKind::Time => exact(value.max(0.0), self.step),
            AxisKind::Count => format!("{value:.0}"),
            AxisKind::Number if self.step >= 0.99 => format!("{value:.0}"),
            AxisKind::Number => format!("{value}", value = (value * 1e6).round() / 1e6),
            AxisKind::Bytes => with_unit(value, "B"),
            AxisKind::BitsPerSecond => with_unit(value, "bit/s"),
            AxisKind::Name => self.names.get(value.round() as usize).cloned().unwrap_or_default(),
            AxisKind::Share if self.step < 0.009 => format!("{:.1} %", value * 100.0),
            AxisKind::Share => format!("{:.0} %", value * 100.0),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().into_iter().map(|value| axis.label(value)).collect()
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

    /// From 18:00 on: midnights are days, and other ticks are times of day.
    #[test]
    fn ticks_on_the_wall() {
        let start = "2026-12-01T17:00:00Z".parse().expect("an instant");
        let zone = crate::calendar::zone("Europe/Berlin").expect("a zone");
        let calendar = Calendar::starting(start, zone).expect("a start");
        let wall = |end: f64| labels(&Axis::time(0.0, end * 3600.0, 6).on_the_wall(&calendar));
        assert_eq!(wall(12.0), ["18:00", "20:00", "22:00", "2 Dec", "02:00", "04:00", "06:00"]);
        assert_eq!(wall(60.0), ["2 Dec", "12:00", "3 Dec", "12:00", "4 Dec"]);
        assert_eq!(wall(24.0 * 6.0), ["2 Dec", "3 Dec", "4 Dec", "5 Dec", "6 Dec", "7 Dec"]);
        assert_eq!(labels(&Axis::time(0.0, 9000.0, 6).on_the_wall(&Calendar::default()))[1], "30m");
    }

    #[test]
    fn axes_of_any_unit() {
        let between = |unit, start, end| labels(&Axis::between(unit, start, end, 4));
        assert_eq!(between(Unit::Count, 4.0, 21.0), ["5", "10", "15", "20"]);
        assert_eq!(between(Unit::Count, 0.01, 0.05), ["0.01", "0.02", "0.03", "0.04", "0.05"]);
        assert_eq!(between(Unit::Seconds, 500.0, 3700.0), ["15m", "30m", "45m", "1h"]);
        assert_eq!(between(Unit::Seconds, -1000.0, 1000.0), ["-10m", "0s", "10m"]);
        assert_eq!(between(Unit::BitsPerSecond, 0.0, 2.1e7), ["0bit/s", "10Mbit/s", "20Mbit/s"]);
        assert_eq!(labels(&Axis::names(["a", "b", "c"].map(str::to_owned).to_vec())), ["a", "b", "c"]);
    }

    #[test]
    fn a_single_value_still_has_an_axis() {
        for value in [0.0, 1e-6, 600.0, 1e9] {
            let axis = Axis::time(value, value, 6);
            assert!(axis.start <= value && value <= axis.end && axis.start < axis.end, "{value}: {axis:?}");
        }
    }

    /// A letter is 10 wide here.
    #[test]
    fn labels_have_room() {
        let labelled = |axis: &Axis, length: f64| -> Vec<String> {
            let cut = |name: &str, room: f64| name.chars().take((room / 10.0) as usize).collect();
            let labels = axis.labelled(length, |words| 10.0 * words.len() as f64, cut);
            labels.into_iter().map(|(_, label)| label).collect()
        };
        let counts = Axis::count(0.0, 100.0, 10);
        assert_eq!(labelled(&counts, 1000.0).len(), 11);
        assert_eq!(labelled(&counts, 300.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labelled(&Axis::names(["a", "b", "c"].map(str::to_owned).to_vec()), 90.0), ["a", "b", "c"]);
        assert_eq!(labelled(&Axis::names(vec!["drained".to_owned(); 4]), 160.0), ["dra"; 4]);
    }
}
