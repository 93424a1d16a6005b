//! Which instant of virtual time it is, by real time.

use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};

use crate::time::{Span, Time};

/// How fast virtual time runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as real time: greater than 0, at most [`Speed::FASTEST`].
    Times(f64),
    /// From one event to the next, without a wait. With no event to come, time stands still.
    Max,
}

impl Speed {
    /// The highest number of times.
    pub const FASTEST: f64 = 1e9;

    /// A speed by its number of times.
    ///
    /// # Errors
    /// What is accepted.
    pub fn times(times: f64) -> Result<Speed, String> {
        if times > 0.0 && times <= Speed::FASTEST {
            Ok(Speed::Times(times))
        } else {
            Err(format!("expected a number greater than 0 and at most {}, or `max`", Speed::FASTEST))
        }
    }
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        if text == "max" { Ok(Speed::Max) } else { Speed::times(text.parse().unwrap_or(f64::NAN)) }
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Speed::Times(times) => write!(f, "{times}"),
            Speed::Max => f.write_str("max"),
        }
    }
}

impl Serialize for Speed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Speed::Times(times) => serializer.serialize_f64(*times),
            Speed::Max => serializer.serialize_str("max"),
        }
    }
}

/// Maps real time to virtual time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// It was this instant of virtual time...
    base: Time,
    /// ... at this one of real time.
    since: Instant,
    speed: Speed,
    paused: bool,
}

impl Clock {
    /// A clock that shows `base` now.
    pub fn new(base: Time, real: Instant, speed: Speed, paused: bool) -> Clock {
        Clock { base, since: real, speed, paused }
    }

    /// How fast time runs unless it is paused.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Whether time stands still.
    pub fn paused(&self) -> bool {
        self.paused
    }

    /// Whether time jumps from event to event.
    pub fn jumps(&self) -> bool {
        !self.paused && self.speed == Speed::Max
    }

    /// The instant that it shows at `real`, at most [`Time::MAX`]. One that jumps stays where it was set.
    pub fn now(&self, real: Instant) -> Time {
        let Speed::Times(times) = self.speed else { return self.base };
        if self.paused {
            return self.base;
        }
        let elapsed = real.saturating_duration_since(self.since).as_secs_f64() * 1e6;
        let elapsed = Span::from_drawn_micros(elapsed * times);
        (self.base + elapsed).min(Time::MAX)
    }

    /// From `real` on it shows `now` and goes on so.
    pub fn set(&mut self, now: Time, real: Instant, speed: Speed, paused: bool) {
        *self = Clock::new(now, real, speed, paused);
    }

    /// How long it takes in real time until it shows `due`; none if it never does by itself.
    pub fn wait(&self, real: Instant, due: Time) -> Option<Duration> {
        if self.paused || due == Time::NEVER || due > Time::MAX {
            return None;
        }
        match self.speed {
            Speed::Max => Some(Duration::ZERO),
            Speed::Times(times) => {
                let left = due.micros().saturating_sub(self.now(real).micros()) as f64 / 1e6 / times;
                // Rounded up, so that it is due when the wait is over; a century is never.
                Some(Duration::from_secs_f64((left + 1e-6).min(3e9)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_at_its_speed_and_stands_still_when_paused() {
        let start = Instant::now();
        let later = start + Duration::from_secs(3);
        let mut clock = Clock::new(Time::from_micros(5), start, Speed::Times(60.0), false);
        assert_eq!(clock.now(start).micros(), 5);
        assert_eq!(clock.now(later).micros(), 180_000_005);
        let wait = clock.wait(start, Time::from_micros(60_000_005)).expect("it comes");
        assert!((wait.as_secs_f64() - 1.0).abs() < 1e-5, "{wait:?}");
        assert_eq!(clock.wait(start, Time::NEVER), None);
        clock.set(clock.now(later), later, Speed::Times(60.0), true);
        assert_eq!(clock.now(later + Duration::from_secs(9)).micros(), 180_000_005);
        assert_eq!(clock.wait(later, Time::from_micros(180_000_006)), None);
        clock.set(clock.now(later), later, Speed::Max, false);
        assert_eq!(clock.now(later + Duration::from_secs(9)).micros(), 180_000_005);
        assert_eq!(clock.wait(later, Time::from_micros(180_000_006)), Some(Duration::ZERO));
        let clock = Clock::new(Time::ZERO, start, Speed::Times(Speed::FASTEST), false);
        assert_eq!(clock.now(start + Duration::from_secs(1 << 40)), Time::MAX);
    }

    #[test]
    fn speeds_are_read() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("0.5".parse(), Ok(Speed::Times(0.5)));
        for text in ["0", "-1", "NaN", "inf", "2e9", "fast", ""] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }
}
