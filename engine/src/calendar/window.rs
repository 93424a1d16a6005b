//! One window, as a scenario writes it.

use std::fmt;

use jiff::civil::Time as LocalTime;
use serde::Serialize;

use super::Days;
use crate::time::{Span, humane};

/// A time that comes again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Window {
    /// On some days, from a time on the wall until another one; the next day's if that is not later.
    OfDays { days: Days, from: ClockTime, to: ClockTime },
    /// For a while, again after every so much virtual time; since ever, so that time 0 may be in its middle.
    Every {
        /// From a beginning to the next one; longer than 0.
        every: Span,
        /// From time 0 to a beginning.
        offset: Span,
        /// Longer than 0, and at most `every`.
        duration: Span,
    },
}

impl Window {
    /// How long it is open, where clocks are not changed.
    pub fn length(&self) -> Span {
        match *self {
            Window::OfDays { from: ClockTime(from), to: ClockTime(to), .. } => {
                Span::from_secs(u64::from(if to > from { to - from } else { to + DAY - from }))
            }
            Window::Every { duration, .. } => duration,
        }
    }
}

/// A day without a change of clocks, in seconds.
const DAY: u32 = 86_400;

/// A time of day: seconds since midnight, less than 86400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ClockTime(u32);

impl ClockTime {
    pub const ACCEPTED: &str = "a time of day such as \"22:00\"";

    /// `22:00` or `22:00:30`; `24:00` is midnight. None for anything else.
    pub fn parse(text: &str) -> Option<ClockTime> {
        let mut parts = text.split(':');
        let mut number = |most: u32| {
            let part = parts.next()?;
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|number| digits && *number <= most)
        };
        let (hours, minutes) = (number(24)?, number(59)?);
        let seconds = if text.len() > 5 { number(59)? } else { 0 };
        let time = (hours * 60 + minutes) * 60 + seconds;
        (parts.next().is_none() && time <= DAY).then_some(ClockTime(time % DAY))
    }

    pub(super) fn local(self) -> LocalTime {
        let ClockTime(time) = self;
        jiff::civil::time((time / 3600) as i8, (time / 60 % 60) as i8, (time % 60) as i8, 0)
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClockTime(time) = self;
        write!(f, "{:02}:{:02}", time / 3600, time / 60 % 60)?;
        if time % 60 == 0 { Ok(()) } else { write!(f, ":{:02}", time % 60) }
    }
}

/// For people: `daily 22:00 to 05:00`, `3h every 24h from 2h on`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Window::OfDays { days, from, to } => write!(f, "{} {from} to {to}", days.text()),
            Window::Every { every, offset, duration } => {
                write!(f, "{} every {}", humane(duration.seconds()), humane(every.seconds()))?;
                if *offset == Span::ZERO { Ok(()) } else { write!(f, " from {} on", humane(offset.seconds())) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_and_written() {
        for (text, seconds, written) in
            [("00:00", 0, "00:00"), ("22:05", 79_500, "22:05"), ("24:00", 0, "00:00"), ("23:59:59", 86_399, "23:59:59")]
        {
            let time = ClockTime::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((time.0, time.to_string().as_str()), (seconds, written));
            assert_eq!(time.local().hour(), (seconds / 3600) as i8);
        }
        for wrong in ["", "5:00", "05:0", "24:01", "25:00", "12:60", "12:00:60", "12:00:", "12:00:00:00", "12", "+1:00"]
        {
            assert_eq!(ClockTime::parse(wrong), None, "{wrong}");
        }
    }
}
