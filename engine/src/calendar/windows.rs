//! Windows of a campaign, prepared: when they are open.

use serde::{Deserialize, Serialize};

use super::{Calendar, Window, signed};
use crate::time::Time;

/// Some windows of a campaign, of which it is enough to be in one. They are half open: one that begins when another one
/// ends leaves no gap.
#[derive(Clone, Debug)]
pub struct Windows(Vec<Occurrences>);

/// A time for which a window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Which window it is, and when it begins: microseconds since time 0, negative before.
    pub(super) place: (i64, usize),
    /// When it ends.
    to: i64,
}

impl Occurrence {
    /// From when until when it is open, in microseconds since time 0. It may have begun before, and the first one of a
    /// window has ended then.
    pub fn micros(&self) -> (i64, i64) {
        (self.place.0, self.to)
    }

    /// When it begins, or time 0 if it has begun before.
    pub fn begins(&self) -> Time {
        Time::from_micros(self.place.0.max(0) as u64)
    }
}

/// All times for which a window is open. No two of them overlap.
#[derive(Clone, Debug)]
enum Occurrences {
    /// From when until when, in order, to the end of all campaigns.
    Listed(Vec<(i64, i64)>),
    Every {
        every: i64,
        offset: i64,
        duration: i64,
    },
}

/// So many windows in a row are looked through for the one after which nothing is open.
const MOST_JOINED: usize = 256;

/// How many days a window can have begun before time 0 that is the last one to have ended by then: a week, and the day on
/// which it ended.
const DAYS_BEFORE: i64 = 9;

impl Windows {
    /// Prepares windows, of which there is at least one.
    pub fn new(calendar: &Calendar, windows: &[Window], horizon: Time) -> Windows {
        Windows(windows.iter().map(|window| Occurrences::new(calendar, window, horizon)).collect())
    }

    /// Whether one is open at an instant.
    pub fn is_open(&self, instant: Time) -> bool {
        self.opens(instant) == instant
    }

    /// The first instant from `instant` on at which one is open, or [`Time::NEVER`].
    pub fn opens(&self, instant: Time) -> Time {
        let Some(at) = micros(instant) else { return Time::NEVER };
        if self.end_at(at).is_some() {
            return instant;
        }
        let next = self.0.iter().filter_map(|window| window.after(at)).map(|(from, _)| from).min();
        next.map_or(Time::NEVER, time)
    }

    /// An instant until which they stay open, which they are at `instant`: that at which none is open any more, or a later one
    /// than that of a great many windows in a row.
    pub fn closes(&self, instant: Time) -> Time {
        let Some(mut at) = micros(instant) else { return Time::NEVER };
        for _ in 0..MOST_JOINED {
            match self.end_at(at) {
                Some(end) => at = end,
                None => break,
            }
        }
        time(at)
    }

    /// The latest end of those that are open.
    fn end_at(&self, at: i64) -> Option<i64> {
        self.0.iter().filter_map(|window| window.open_until(at)).max().filter(|end| *end > at)
    }

    /// The occurrences of all windows in the order in which they begin: the first one, or the one after another. That with which
    /// each window starts is its last one to have ended by time 0, if there is any.
    pub fn next_after(&self, previous: Option<&Occurrence>) -> Option<Occurrence> {
        let next = |(index, window): (usize, &Occurrences)| {
            let (from, to) = match previous {
                None => window.first(),
                // At the same instant windows come in their order.
                Some(Occurrence { place: (at, of), .. }) if index > *of => window.after(at - 1),
                Some(Occurrence { place: (at, _), .. }) => window.after(*at),
            }?;
            Some(Occurrence { place: (from, index), to })
        };
        self.0.iter().enumerate().filter_map(next).min_by_key(|occurrence| occurrence.place)
    }
}

impl Occurrences {
    fn new(calendar: &Calendar, window: &Window, horizon: Time) -> Occurrences {
        match *window {
            Window::Every { every, offset, duration } => {
                let (every, offset, duration) = (signed(every), signed(offset), signed(duration));
                Occurrences::Every { every, offset: offset.rem_euclid(every), duration }
            }
            Window::OfDays { days, from, to } => {
                let mut listed: Vec<(i64, i64)> = Vec::new();
                let today = calendar.wall(Time::ZERO).date();
                let mut day = today.checked_sub(jiff::Span::new().days(DAYS_BEFORE));
                while let Ok(date) = day {
                    let begins = calendar.micros_until(date.to_datetime(from.local()));
                    if time(begins) > horizon {
                        break;
                    }
                    day = date.tomorrow();
                    if days.has(date.weekday())
                        && let Some(last) = if to > from { Some(date) } else { day.as_ref().ok().copied() }
                    {
                        let ends = calendar.micros_until(last.to_datetime(to.local()));
                        if ends <= 0 {
                            listed.clear();
                        }
                        // Clocks may skip all of it.
                        if begins < ends {
                            listed.push((begins, ends));
                        }
                    }
                }
                Occurrences::Listed(listed)
            }
        }
    }

    fn first(&self) -> Option<(i64, i64)> {
        match *self {
            Occurrences::Listed(ref listed) => listed.first().copied(),
            Occurrences::Every { every, offset, duration } => {
                let from = offset + every * (-duration - offset).div_euclid(every);
                Some((from, from + duration))
            }
        }
    }

    /// The latest one that has begun at an instant.
    fn latest(&self, at: i64) -> Option<(i64, i64)> {
        match *self {
            Occurrences::Listed(ref listed) => {
                let later = listed.partition_point(|(from, _)| *from <= at);
                later.checked_sub(1).map(|index| listed[index])
            }
            Occurrences::Every { every, offset, duration } => {
                let from = offset + every * (at - offset).div_euclid(every);
                Some((from, from + duration))
            }
        }
    }

    /// An instant until which it is open, if it is at `at`; if not, one that is over.
    fn open_until(&self, at: i64) -> Option<i64> {
        match *self {
            Occurrences::Every { every, duration, .. } if every == duration => Some(i64::MAX),
            _ => self.latest(at).map(|(_, to)| to),
        }
    }

    /// The first one that begins after an instant, and not before [`Occurrences::first`].
    fn after(&self, at: i64) -> Option<(i64, i64)> {
        match *self {
            Occurrences::Listed(ref listed) => listed.get(listed.partition_point(|(from, _)| *from <= at)).copied(),
            Occurrences::Every { every, .. } => {
                let next = self.latest(at).map(|(from, to)| (from + every, to + every));
                next.max(self.first())
            }
        }
    }
}

/// None of [`Time::NEVER`].
fn micros(instant: Time) -> Option<i64> {
    (instant <= Time::MAX).then_some(instant.micros() as i64)
}

fn time(micros: i64) -> Time {
    let time = Time::from_micros(micros.max(0) as u64);
    if time > Time::MAX { Time::NEVER } else { time }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::{ClockTime, Days, zone};
    use super::*;
    use crate::time::Span;

    const HOUR: u64 = 3_600_000_000;

    fn at(hours: f64) -> Time {
        Time::from_micros((hours * HOUR as f64) as u64)
    }

    fn of_days(days: &str, from: &str, to: &str) -> Window {
        let time = |text| ClockTime::parse(text).expect("a time of day");
        Window::OfDays { days: Days::parse(days).expect("days"), from: time(from), to: time(to) }
    }

    fn every(every: u64, offset: u64, duration: u64) -> Window {
        let hours = |hours: u64| Span::from_micros(hours * HOUR);
        Window::Every { every: hours(every), offset: hours(offset), duration: hours(duration) }
    }

    /// When they open and close from an instant on, in hours, so many times.
    fn periods(windows: &Windows, from: f64, times: usize) -> Vec<(f64, f64)> {
        let hours = |time: Time| if time == Time::NEVER { f64::INFINITY } else { time.micros() as f64 / HOUR as f64 };
        let mut now = at(from);
        let mut periods = Vec::new();
        for _ in 0..times {
            let opens = windows.opens(now);
            if opens == Time::NEVER {
                break;
            }
            assert!(windows.is_open(opens) && !windows.is_open(windows.closes(opens)));
            now = windows.closes(opens);
            periods.push((hours(opens), hours(now)));
        }
        periods
    }

    fn prepared(calendar: &Calendar, windows: &[Window]) -> Windows {
        Windows::new(calendar, windows, at(24.0 * 400.0))
    }

    #[test]
    fn nights_without_a_date_begin_on_a_monday() {
        let windows = prepared(&Calendar::default(), &[of_days("daily", "22:00", "05:00")]);
        assert_eq!(periods(&windows, 0.0, 3), [(0.0, 5.0), (22.0, 29.0), (46.0, 53.0)], "Sunday's night is not over");
        assert_eq!(periods(&windows, 5.0, 1), [(22.0, 29.0)], "at its end it is closed");
        let week = prepared(&Calendar::default(), &[of_days("mon-fri", "22:00", "05:00")]);
        assert_eq!(periods(&week, 0.0, 1), [(22.0, 29.0)], "there is no night from Sunday to Monday");
        assert_eq!(periods(&week, 24.0 * 4.0 + 6.0, 2), [(118.0, 125.0), (24.0 * 7.0 + 22.0, 24.0 * 7.0 + 29.0)]);
    }

    /// In Berlin the night to 29 March 2026 is an hour shorter, that to 25 October an hour longer.
    #[test]
    fn a_night_is_as_long_as_clocks_make_it() {
        let berlin = zone("Europe/Berlin").expect("Berlin");
        let start = |month, day| Calendar::starting_at(date(2026, month, day).at(20, 0, 0, 0), berlin.clone());
        let night = [of_days("daily", "22:00", "05:00")];
        let spring = prepared(&start(3, 28).expect("a Saturday"), &night);
        assert_eq!(periods(&spring, 0.0, 2), [(2.0, 8.0), (25.0, 32.0)]);
        let autumn = prepared(&start(10, 24).expect("a Saturday"), &night);
        assert_eq!(periods(&autumn, 0.0, 2), [(2.0, 10.0), (27.0, 34.0)]);
        // 02:30 does not exist, and is 03:30 then; it comes twice, and the first one counts.
        let skipped = [of_days("daily", "02:30", "04:00")];
        assert_eq!(
            periods(&prepared(&start(3, 28).expect("a Saturday"), &skipped), 0.0, 2),
            [(6.5, 7.0), (29.5, 31.0)]
        );
        assert_eq!(periods(&prepared(&start(10, 24).expect("a Saturday"), &skipped), 0.0, 1), [(6.5, 9.0)]);
    }

    #[test]
    fn a_window_that_comes_again_has_been_there_before() {
        assert_eq!(periods(&prepared(&Calendar::default(), &[every(24, 2, 3)]), 0.0, 2), [(2.0, 5.0), (26.0, 29.0)]);
        assert_eq!(periods(&prepared(&Calendar::default(), &[every(24, 22, 4)]), 0.0, 2), [(0.0, 2.0), (22.0, 26.0)]);
        assert_eq!(periods(&prepared(&Calendar::default(), &[every(24, 50, 3)]), 0.0, 1), [(2.0, 5.0)]);
    }

    #[test]
    fn windows_that_overlap_or_touch_are_one() {
        let windows = [of_days("daily", "08:00", "12:00"), of_days("daily", "12:00", "13:00"), every(24, 10, 5)];
        assert_eq!(periods(&prepared(&Calendar::default(), &windows), 0.0, 2), [(8.0, 15.0), (32.0, 39.0)]);
    }

    #[test]
    fn what_is_always_open_is_told_to_be_for_long() {
        let halves = [every(24, 0, 12), every(24, 12, 12)];
        let windows = prepared(&Calendar::default(), &halves);
        assert_eq!(windows.closes(at(1.0)), at(12.0 * MOST_JOINED as f64));
        assert_eq!(windows.opens(windows.closes(at(1.0))), windows.closes(at(1.0)));
        let days = Windows::new(&Calendar::default(), &[of_days("daily", "00:00", "24:00")], at(24.0 * 100.0));
        assert_eq!(days.opens(at(5.0)), at(5.0));
        assert_eq!(days.closes(at(5.0)), at(24.0 * 101.0), "until the horizon");
    }

    #[test]
    fn occurrences_come_in_order_from_the_one_before_the_start() {
        let windows = prepared(&Calendar::default(), &[of_days("sat,sun", "08:00", "09:00"), every(24, 8, 2)]);
        let mut found = Vec::new();
        let mut occurrence = None;
        while found.len() < 9 {
            occurrence = windows.next_after(occurrence.as_ref());
            let (from, to) = occurrence.expect("there are more").micros();
            found.push((from / HOUR as i64, to / HOUR as i64));
        }
        // Sunday's, and the day's before the start, which are one time; then each day's until the weekend's.
        let days = (0..6).map(|day| (24 * day + 8, 24 * day + 10));
        let expected: Vec<(i64, i64)> = [(-16, -15), (-16, -14)].into_iter().chain(days.clone().take(5)).collect();
        assert_eq!(found[..7], expected);
        assert_eq!(found[7..], [(24 * 5 + 8, 24 * 5 + 9), (24 * 5 + 8, 24 * 5 + 10)]);
    }
}
