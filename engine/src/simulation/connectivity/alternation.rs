//! Something that goes on and off by drawn periods.

use serde::{Deserialize, Serialize};

use super::{Changing, Stop};
use crate::random::{Distribution, Residual, Sampler, Stream};
use crate::time::{Span, Time};

/// How it alternates.
#[derive(Clone, Debug)]
pub struct Periods {
    on: Sampler,
    off: Sampler,
    /// What is left of the period in which time 0 falls.
    on_left: Residual,
    off_left: Residual,
    /// The probability to be on at time 0.
    on_at_first: f64,
}

impl Periods {
    /// In its stationary state, in which it is on with the probability E\[on\] / (E\[on\] + E\[off\]) at any instant. Both
    /// means are finite and greater than 0.
    pub fn stationary(on: &Distribution, off: &Distribution) -> Periods {
        // Written so that the sum of two huge means cannot overflow.
        let on_at_first = 1.0 / (1.0 + off.mean() / on.mean());
        Periods {
            on: Sampler::from(on),
            off: Sampler::from(off),
            on_left: Residual::from(on),
            off_left: Residual::from(off),
            on_at_first,
        }
    }

    /// On at time 0, in the middle of a period.
    pub fn on_at_first(on: &Distribution, off: &Distribution) -> Periods {
        Periods { on_at_first: 1.0, ..Periods::stationary(on, off) }
    }
}

/// Its periods, from one of them on: a pure function of a stream.
///
/// A period is half open: it is on from the instant at which it goes on, and off from the instant at which it goes off.
/// Time 0 falls into a period of the stationary process (D. R. Cox, "Renewal Theory" (1962), section 7.2: an
/// alternating renewal process begun so has the same law at every later instant). A period lasts at least a
/// microsecond, so that time goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alternation {
    stream: Stream,
    pub on: bool,
    /// When the present period ends.
    pub until: Time,
}

impl Alternation {
    /// The period in which time 0 falls.
    pub fn new(periods: &Periods, mut stream: Stream) -> Alternation {
        let on = stream.chance() < periods.on_at_first;
        let left = if on { &periods.on_left } else { &periods.off_left };
        let left = period(left.sample(&mut stream));
        Alternation { stream, on, until: Time::ZERO + left }
    }
}

impl Changing for Alternation {
    type Plan = Periods;

    #[inline]
    fn until(&self) -> Time {
        self.until
    }

    fn next(&mut self, periods: &Periods, _: Stop<'_>) {
        self.on = !self.on;
        let drawn = if self.on { &periods.on } else { &periods.off };
        self.until = self.until + period(drawn.sample(&mut self.stream));
    }

    #[cold]
    fn break_off(&mut self) {
        (self.on, self.until) = (false, Time::NEVER);
    }
}

/// A drawn period in whole microseconds, at least one.
fn period(micros: f64) -> Span {
    Span::from_drawn_micros(micros).max(Span::from_micros(1))
}
