//! Virtual time: an integer number of microseconds (R1).
//!
//! [`Time`] is an instant since the campaign began, [`Span`] a length of time. Both are bounded by
//! [`Span::MAX`], so no sum of an instant and a span can overflow and every value is exact as an `f64`.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Microseconds in a second.
pub const MICROS: u64 = 1_000_000;

/// A float of this size has a last bit of one.
const TWO_52: f64 = (1u64 << 52) as f64;

/// An instant of virtual time: microseconds since the campaign began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(u64);

/// A length of virtual time in microseconds, at most [`Span::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(u64);

impl Time {
    /// The start of the campaign.
    pub const ZERO: Time = Time(0);
    /// The last instant of any campaign: one that still runs then ends as `horizon`.
    pub const MAX: Time = Time(Span::MAX.0);
    /// Later than every instant of a campaign: the due time of what never happens.
    pub const NEVER: Time = Time(u64::MAX);

    /// The instant `micros` microseconds after the campaign began.
    pub const fn from_micros(micros: u64) -> Time {
        Time(micros)
    }

    /// The instant so many seconds after the campaign began, to the nearest microsecond; at most [`Time::MAX`].
    pub fn from_secs(seconds: f64) -> Time {
        Time::ZERO + Span::from_drawn_micros(seconds * MICROS as f64)
    }

    /// Microseconds since the campaign began.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Seconds since the campaign began; exact up to the nearest `f64`.
    pub fn seconds(self) -> f64 {
        seconds(self.0)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// 13000 days, about 35.6 years: the longest duration that a scenario may write or a draw may give.
    /// It is below 2^50 microseconds, so sums of squares over 10^8 robots fit in 128 bits.
    pub const MAX: Span = Span(13_000 * 86_400 * MICROS);

    /// A span of `micros` microseconds, cut to [`Span::MAX`].
    pub const fn from_micros(micros: u64) -> Span {
        if micros < Span::MAX.0 { Span(micros) } else { Span::MAX }
    }

    /// A span of `micros` microseconds, at most [`Span::MAX`].
    pub(crate) const fn from_bounded_micros(micros: u64) -> Span {
        debug_assert!(micros <= Span::MAX.0);
        Span(micros)
    }

    /// A span of whole seconds, cut to [`Span::MAX`].
    pub const fn from_secs(seconds: u64) -> Span {
        Span::from_micros(seconds.saturating_mul(MICROS))
    }

    /// A real number of microseconds as a span: rounded to the nearest one (of two the even one), 0 if negative, cut to
    /// [`Span::MAX`] (R1). Here, and by [`Span::round_drawn_micros`], drawn numbers become time.
    #[inline(always)]
    pub fn from_drawn_micros(micros: f64) -> Span {
        // From 2^52 on a float's last bit is a one, so the sum is rounded to a whole number, which stands in its low
        // bits. Unlike a cast this can be done to many numbers at a time. The comparisons turn NaN into 0.
        let micros = if micros > 0.0 { micros } else { 0.0 };
        let micros = if micros < Span::MAX.0 as f64 { micros } else { Span::MAX.0 as f64 };
        Span((micros + TWO_52).to_bits() - TWO_52.to_bits())
    }

    /// The microseconds of [`Span::from_drawn_micros`], but for the cut to [`Span::MAX`]: numbers far beyond it stay
    /// so.
    #[inline(always)]
    pub fn round_drawn_micros(micros: f64) -> f64 {
        let micros = if micros > 0.0 { micros } else { 0.0 };
        (micros + TWO_52) - TWO_52
    }

    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Seconds; exact up to the nearest `f64`.
    pub fn seconds(self) -> f64 {
        seconds(self.0)
    }
}

impl Add<Span> for Time {
    type Output = Time;

    fn add(self, span: Span) -> Time {
        Time(self.0 + span.0)
    }
}

impl Sub for Time {
    type Output = Span;

    /// The time from `earlier` to `self`; `earlier` must not be later.
    fn sub(self, earlier: Time) -> Span {
        debug_assert!(earlier <= self, "time goes back: {earlier:?} > {self:?}");
        Span(self.0 - earlier.0)
    }
}

/// Microseconds as seconds. Below 2^53 the quotient is the `f64` nearest to the decimal fraction, so its
/// shortest text has at most six decimals.
pub fn seconds(micros: u64) -> f64 {
    micros as f64 / MICROS as f64
}

/// Shows a duration as a person writes it, with two units at most: `2h 30m`, `45s`, `1.5s`, `250ms`. Hours go up to 96,
/// so that minutes are shown for that long; beyond 100 days hours are not.
///
/// The number is rounded to the smaller unit shown, so this is for reading, never for computing.
pub fn humane(seconds: f64) -> String {
    Humane(seconds).to_string()
}

struct Humane(f64);

impl fmt::Display for Humane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let s = self.0;
        if s == 0.0 {
            return f.write_str("0s");
        }
        // Below ten seconds decimals say more than a second unit would.
        if s < 0.000_999_5 {
            return write!(f, "{:.0}us", s * 1e6);
        }
        if s < 0.999_5 {
            return write!(f, "{}ms", significant(s * 1e3));
        }
        if s < 9.995 {
            return write!(f, "{}s", significant(s));
        }
        let (unit, names, minor) = match s.round() as u64 {
            0..60 => (1, ["s", ""], 1),
            60..3_600 => (MINUTE, ["m", "s"], 1),
            3_600..345_600 => (HOUR, ["h", "m"], MINUTE),
            345_600..8_640_000 => (DAY, ["d", "h"], HOUR),
            _ => (DAY, ["d", ""], DAY),
        };
        // Rounding to the minor unit may carry into a larger unit (59m 59.9s).
        let rounded = (s / minor as f64).round() as u64 * minor;
        let (major, rest) = (rounded / unit, rounded % unit / minor);
        match (major, names[0], rest) {
            (60, "m", _) => f.write_str("1h"),
            (96, "h", _) => f.write_str("4d"),
            (major, name, 0) => write!(f, "{major}{name}"),
            (major, name, rest) => write!(f, "{major}{name} {rest}{}", names[1]),
        }
    }
}

/// Shows a duration in all units down to the one that `step` needs: `1d 6h 10s` at a step of 10 s. For the ticks of an
/// axis, which stand at multiples of a step and must differ from each other however far they are from 0.
pub fn exact(seconds: f64, step: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m"), (1.0, "s")];
    if seconds < 1.0 {
        return humane(seconds);
    }
    let mut parts = Vec::new();
    // Away from the edge of a unit by less than a step could matter.
    let mut rest = (seconds / step).round() * step + step * 1e-6;
    for (unit, name) in UNITS {
        if unit == 1.0 && step < 1.0 {
            let tenths = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5];
            let decimals = tenths.iter().position(|power| step * power >= 0.999).unwrap_or(tenths.len());
            parts.push(format!("{rest:.decimals$}s"));
            break;
        }
        let whole = (rest / unit).floor();
        rest -= whole * unit;
        if whole > 0.0 {
            parts.push(format!("{whole}{name}"));
        }
    }
    parts.join(" ")
}

/// Three significant digits without trailing zeros, for numbers in 1..1000.
fn significant(x: f64) -> String {
    let decimals = if x >= 100.0 {
        0
    } else if x >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{x:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_numbers_round_to_the_nearest_microsecond() {
        for (drawn, micros) in [
            (0.4, 0),
            (0.5, 0),
            (0.51, 1),
            (1.49, 1),
            (1.5, 2),
            (-3.0, 0),
            (f64::NAN, 0),
            (1e300, Span::MAX.micros()),
            (f64::INFINITY, Span::MAX.micros()),
        ] {
            assert_eq!(Span::from_drawn_micros(drawn).micros(), micros, "{drawn}");
        }
    }

    #[test]
    fn seconds_print_at_most_six_decimals() {
        let longest = Span::from_micros(Span::MAX.micros() - 1);
        assert_eq!(longest.seconds().to_string(), "1123199999.999999");
        assert_eq!(Time::from_micros(1_500_001).seconds().to_string(), "1.500001");
    }

    #[test]
    fn exact_durations_tell_ticks_apart() {
        for (seconds, step, text) in [
            (108_010.0, 10.0, "1d 6h 10s"),
            (9_000.0, 1800.0, "2h 30m"),
            (86_400.0, 43_200.0, "1d"),
            (60.5, 0.5, "1m 0.5s"),
            (3_600.02, 0.02, "1h 0.02s"),
            (0.0, 5.0, "0s"),
            (0.25, 0.05, "250ms"),
        ] {
            assert_eq!(exact(seconds, step), text, "{seconds} by {step}");
        }
    }

    #[test]
    fn humane_durations() {
        for (seconds, text) in [
            (0.0, "0s"),
            (0.000_012, "12us"),
            (0.25, "250ms"),
            (0.9996, "1s"),
            (1.5, "1.5s"),
            (9.999, "10s"),
            (59.6, "1m"),
            (90.0, "1m 30s"),
            (3_599.7, "1h"),
            (9_000.0, "2h 30m"),
            (86_399.0, "24h"),
            (90_000.0, "25h"),
            (345_599.0, "4d"),
            (435_600.0, "5d 1h"),
            (2_592_000.0, "30d"),
            (17_179_000.0, "199d"),
        ] {
            assert_eq!(humane(seconds), text, "{seconds}");
        }
    }
}
