//! What virtual time is on the wall (R21): the instant at which a campaign starts, its time zone, and windows of local
//! time.
//!
//! Zones are those of the IANA database that is compiled in, so results do not depend on the machine's.

mod days;
mod window;
mod windows;

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

pub use self::days::Days;
pub use self::window::{ClockTime, Window};
pub use self::windows::{Occurrence, Windows};
use crate::time::{MICROS, Span, Time};

/// What virtual time 0 is on the wall.
///
/// Without a start nobody knows the date: time 0 is a Monday, 00:00, and every day has 24 hours.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    start: Timestamp,
    zone: TimeZone,
    dated: bool,
}

impl Default for Calendar {
    /// A Monday of no particular week.
    fn default() -> Calendar {
        let monday = jiff::civil::date(2001, 1, 1).at(0, 0, 0, 0);
        Calendar { start: utc(monday), zone: TimeZone::UTC, dated: false }
    }
}

/// Why a local date-time is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoInstant {
    /// Clocks are put forward over it.
    Skipped,
    /// Clocks are put back over it, so it comes twice.
    Twice,
    /// The years from 1971 to 2200 are known.
    OutOfRange,
}

/// The first and the last year in which a campaign may start: with 36 years of virtual time all instants are far inside
/// of what a time zone's rules give.
const YEARS: std::ops::RangeInclusive<i16> = 1971..=2200;

impl Calendar {
    /// A campaign that starts at this local time.
    ///
    /// # Errors
    /// The zone has no such instant, or two of them.
    pub fn starting_at(local: DateTime, zone: TimeZone) -> Result<Calendar, NoInstant> {
        if !YEARS.contains(&local.year()) {
            return Err(NoInstant::OutOfRange);
        }
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let start = match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Gap { .. } => return Err(NoInstant::Skipped),
            jiff::tz::AmbiguousOffset::Fold { .. } => return Err(NoInstant::Twice),
            jiff::tz::AmbiguousOffset::Unambiguous { .. } => {
                ambiguous.compatible().map_err(|_| NoInstant::OutOfRange)?
            }
        };
        Ok(Calendar { start, zone, dated: true })
    }

    /// A campaign that starts at this instant.
    ///
    /// # Errors
    /// [`NoInstant::OutOfRange`].
    pub fn starting(start: Timestamp, zone: TimeZone) -> Result<Calendar, NoInstant> {
        if !YEARS.contains(&zone.to_datetime(start).year()) {
            return Err(NoInstant::OutOfRange);
        }
        Ok(Calendar { start, zone, dated: true })
    }

    /// Whether the date is known at which the campaign starts.
    pub fn is_dated(&self) -> bool {
        self.dated
    }

    /// When the campaign starts, in milliseconds since 1970, if the date is known.
    pub fn epoch(&self) -> Option<u64> {
        self.dated.then(|| u64::try_from(self.start.as_millisecond()).unwrap_or_default())
    }

    /// The zone's name: `Europe/Berlin`.
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// What an instant is on the wall.
    pub fn wall(&self, instant: Time) -> DateTime {
        let since = SignedDuration::from_micros(instant.micros().min(Time::MAX.micros()) as i64);
        let instant = self.start.checked_add(since).expect("36 years after 2200 are within the range of timestamps");
        self.zone.to_datetime(instant)
    }

    /// An instant for an axis whose ticks are so many seconds apart: `06:00`, and `2 Dec` at midnight.
    pub fn tick(&self, instant: Time, step: f64) -> String {
        let wall = self.wall(instant);
        let midnight = wall.time() == jiff::civil::Time::midnight();
        let format = match step {
            _ if midnight || step >= 86_400.0 => "%-d %b",
            _ if step < 1.0 => "%H:%M:%S%.3f",
            _ if step < 60.0 => "%H:%M:%S",
            _ => "%H:%M",
        };
        wall.strftime(format).to_string()
    }

    /// The microseconds from time 0 to a local time, which may be negative. Of a time that comes twice the first one is
    /// taken; one that clocks skip is as much later as they skip (RFC 5545, section 3.3.5).
    fn micros_until(&self, local: DateTime) -> i64 {
        let instant = self.zone.to_ambiguous_timestamp(local).compatible();
        let instant = instant.expect("some years around the range of starts are within that of timestamps");
        instant.as_microsecond() - self.start.as_microsecond()
    }

    /// An instant for people, to the nearest minute: `Wed 2 Dec 06:00`; none if the date is not known. With the year where it
    /// is not that of the start.
    pub fn shown(&self, instant: Time) -> Option<String> {
        self.formatted(instant + Span::from_secs(30), "%H:%M")
    }

    /// The same as a clock with seconds shows it: `Wed 2 Dec 06:00:12`.
    pub fn shown_to_the_second(&self, instant: Time) -> Option<String> {
        self.formatted(instant, "%H:%M:%S")
    }

    fn formatted(&self, instant: Time, clock: &str) -> Option<String> {
        let (wall, start) = (self.wall(instant), self.wall(Time::ZERO));
        let year = if wall.year() == start.year() { "" } else { " %Y" };
        self.dated.then(|| wall.strftime(&format!("%a %-d %b{year} {clock}")).to_string())
    }

    /// The instants of a span of time at which it is a multiple of `step` since the midnight before the start on the wall, all in
    /// seconds since time 0.
    pub fn round_times(&self, from: f64, to: f64, step: f64) -> Vec<f64> {
        let start = self.wall(Time::ZERO);
        let midnight = start.date().to_datetime(jiff::civil::Time::midnight());
        let today = start.duration_since(midnight).as_secs_f64();
        // Clocks may have been changed by some hours meanwhile, and always by a multiple of a quarter.
        let (change, is_short) = if step < 900.0 { (0.0, true) } else { (CHANGE, false) };
        let first = ((from + today - change) / step).floor();
        let last = ((to + today + change) / step).ceil();
        let mut times: Vec<f64> = Vec::new();
        let mut multiple = first;
        while multiple <= last {
            let local = midnight.checked_add(SignedDuration::from_secs_f64(multiple * step));
            let time = match local {
                Ok(local) if !is_short => self.micros_until(local) as f64 / MICROS as f64,
                _ => multiple * step - today,
            };
            // While clocks are put forward some local times are one.
            if time > times.last().copied().unwrap_or(f64::NEG_INFINITY) {
                times.push(time);
            }
            multiple += 1.0;
        }
        let close = 1e-9 * step.max(to.abs());
        times.retain(|time| (from - close..=to + close).contains(time));
        times
    }
}

/// At most by so many seconds are clocks changed at a time, but for a few changes of whole days in history.
const CHANGE: f64 = 4.0 * 3600.0;

/// The instant of a local time in a zone without changes of clocks.
fn utc(local: DateTime) -> Timestamp {
    TimeZone::UTC.to_timestamp(local).expect("UTC has every local time once")
}

/// For the digest: the start in microseconds since 1970, and the zone.
impl Serialize for Calendar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.dated.then(|| self.start.as_microsecond()), self.zone()).serialize(serializer)
    }
}

/// `2026-12-01T20:00:00 Europe/Berlin`, or what stands for it.
impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dated { write!(f, "{} {}", self.wall(Time::ZERO), self.zone()) } else { f.write_str("a Monday, 00:00") }
    }
}

/// A span with its sign, in microseconds.
fn signed(span: Span) -> i64 {
    span.micros() as i64
}

/// The zone of an IANA name, whatever its case; none if there is no such zone.
pub fn zone(name: &str) -> Option<TimeZone> {
    jiff::tz::db().get(name).ok().filter(|zone| zone.iana_name().is_some())
}

/// The names of all zones.
pub fn zones() -> Vec<String> {
    jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn berlin() -> TimeZone {
        zone("europe/berlin").expect("Berlin is there, whatever the case")
    }

    fn at(hours: u64) -> Time {
        Time::from_micros(hours * 3_600_000_000)
    }

    #[test]
    fn a_start_is_an_instant_of_its_zone() {
        let calendar =
            Calendar::starting_at(date(2026, 12, 1).at(20, 0, 0, 0), berlin()).expect("an evening in winter");
        assert_eq!(calendar.shown(at(0)).as_deref(), Some("Tue 1 Dec 20:00"));
        assert_eq!(calendar.shown(at(34)).as_deref(), Some("Thu 3 Dec 06:00"));
        assert_eq!(calendar.shown(at(24 * 31)).as_deref(), Some("Fri 1 Jan 2027 20:00"));
        let instant = "2026-12-01T19:00:00Z".parse().expect("an instant");
        assert_eq!(Calendar::starting(instant, berlin()), Ok(calendar.clone()));
        assert_eq!(Calendar::default().shown(at(0)), None);
        assert_eq!(
            calendar.shown(Time::from_secs(3570.0)).as_deref(),
            Some("Tue 1 Dec 21:00"),
            "to the nearest minute"
        );
        assert_eq!(calendar.shown_to_the_second(Time::from_secs(3570.0)).as_deref(), Some("Tue 1 Dec 20:59:30"));
        assert_eq!(Calendar::default().wall(at(24 * 6 + 5)).strftime("%a %H").to_string(), "Sun 05");
    }

    /// Clocks in Berlin go forward on 29 March 2026 and back on 25 October.
    #[test]
    fn a_start_that_clocks_skip_or_repeat_is_refused() {
        let start = |local| Calendar::starting_at(local, berlin()).map(|_| ());
        assert_eq!(start(date(2026, 3, 29).at(2, 30, 0, 0)), Err(NoInstant::Skipped));
        assert_eq!(start(date(2026, 10, 25).at(2, 30, 0, 0)), Err(NoInstant::Twice));
        assert_eq!(start(date(2026, 10, 25).at(3, 0, 0, 0)), Ok(()));
        assert_eq!(start(date(1970, 12, 31).at(3, 0, 0, 0)), Err(NoInstant::OutOfRange));
    }

    /// The day of 29 March has 23 hours, that of 25 October 25.
    #[test]
    fn round_times_are_those_of_the_wall() {
        let hours = |start: DateTime, from: f64, to: f64, step: f64| {
            let calendar = Calendar::starting_at(start, berlin()).expect("a start");
            let times = calendar.round_times(3600.0 * from, 3600.0 * to, 3600.0 * step);
            times.into_iter().map(|time| time / 3600.0).collect::<Vec<_>>()
        };
        let (spring, autumn) = (date(2026, 3, 28).at(18, 0, 0, 0), date(2026, 10, 24).at(18, 0, 0, 0));
        assert_eq!(hours(spring, 0.0, 30.0, 12.0), [6.0, 17.0, 29.0]);
        assert_eq!(hours(autumn, 0.0, 32.0, 12.0), [6.0, 19.0, 31.0]);
        // From 01:00 on; at 02:00 it is 03:00.
        assert_eq!(hours(spring, 7.0, 9.0, 0.5), [7.0, 7.5, 8.0, 8.5, 9.0]);
        assert_eq!(hours(spring, 0.0, 3.0, 1.0), [0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn the_longest_campaign_that_starts_last_is_within_range() {
        let calendar = Calendar::starting_at(date(2200, 12, 31).at(23, 59, 59, 0), berlin()).expect("the last year");
        assert_eq!(calendar.wall(Time::NEVER).year(), 2236);
    }
}
