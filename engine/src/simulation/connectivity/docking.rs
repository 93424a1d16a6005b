//! Windows in which robots are reachable: docking at night, shifts (R21).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Changing, PERIODS_PER_LOOK, Stop};
use crate::calendar::{Occurrence, Windows};
use crate::random::{Sampler, Stream};
use crate::time::{Span, Time};

/// The windows of a group.
#[derive(Clone, Debug)]
pub struct DockingPlan {
    pub windows: Windows,
    /// Windows that begin later are of no account: the campaign is over.
    pub horizon: Time,
    /// How much after a window's beginning a robot arrives, and after its end it leaves; none if it is punctual.
    pub delays: Option<(Sampler, Sampler)>,
}

/// A robot's times of arriving and leaving, from one of them on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Docking {
    pub docked: bool,
    /// When that ends.
    pub until: Time,
    /// Of a robot that is not punctual.
    late: Option<Late>,
}

/// What is known of a robot that is not punctual: its delays are drawn window by window, from one stream in the order in
/// which these begin.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Late {
    stream: Stream,
    /// The latest window whose delays have been drawn.
    drawn: Option<Occurrence>,
    /// The times of visits in drawn windows that are not over, in order; visits that overlap or touch are one.
    visits: VecDeque<(Time, Time)>,
}

/// So many windows are drawn to find the end of a visit into which they fall; then it is said to end, and to begin again.
const MOST_JOINED: u32 = 256;

impl Docking {
    /// At time 0.
    pub fn new(plan: &DockingPlan, stream: Stream) -> Docking {
        let late = plan.delays.is_some().then(|| Late { stream, drawn: None, visits: VecDeque::new() });
        // As if a visit had ended just now.
        let mut docking = Docking { docked: true, until: Time::ZERO, late };
        docking.next(plan, Stop::NEVER);
        docking
    }
}

impl Changing for Docking {
    type Plan = DockingPlan;

    fn until(&self) -> Time {
        self.until
    }

    fn next(&mut self, plan: &DockingPlan, stop: Stop<'_>) {
        let now = self.until;
        (self.docked, self.until) = match (&mut self.late, &plan.delays) {
            (Some(late), Some(delays)) => late.period(plan, delays, now, stop),
            _ => match plan.windows.opens(now) {
                begins if begins == now => (true, plan.windows.closes(now)),
                begins => (false, begins),
            },
        };
    }

    fn break_off(&mut self) {
        (self.docked, self.until) = (false, Time::NEVER);
    }
}

impl Late {
    /// Whether the robot is there from `now` on, and until when.
    fn period(&mut self, plan: &DockingPlan, delays: &(Sampler, Sampler), now: Time, stop: Stop<'_>) -> (bool, Time) {
        while self.visits.front().is_some_and(|(_, ends)| *ends <= now) {
            self.visits.pop_front();
        }
        let (mut looks, mut joined) = (0_u32, 0);
        loop {
            let first = self.visits.front().copied();
            let docked = first.is_some_and(|(begins, _)| begins <= now);
            let period = match first {
                Some((_, ends)) if docked => (true, ends),
                first => (false, first.map_or(Time::NEVER, |(begins, _)| begins)),
            };
            // A window whose delays have not been drawn may change that only if it begins by then.
            let next = plan.windows.next_after(self.drawn.as_ref());
            let next = next.filter(|next| next.begins() <= period.1.min(plan.horizon));
            let Some(next) = next.filter(|_| joined < MOST_JOINED) else { return period };
            joined += u32::from(docked);
            self.draw(next, delays, now);
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(PERIODS_PER_LOOK) && stop.is_asked() {
                return (false, Time::NEVER);
            }
        }
    }

    /// Draws the delays of a window, the next one.
    fn draw(&mut self, window: Occurrence, (arrives, leaves): &(Sampler, Sampler), now: Time) {
        let mut delay = |sampler: &Sampler| Span::from_drawn_micros(sampler.sample(&mut self.stream)).micros() as i64;
        let (from, to) = window.micros();
        let (begins, ends) = (from + delay(arrives), to + delay(leaves));
        let time = |micros: i64| Time::from_micros(micros.max(0) as u64);
        self.drawn = Some(window);
        // Who arrives after having left does not come.
        if begins < ends && time(ends) > now {
            self.add(time(begins), time(ends));
        }
    }

    fn add(&mut self, mut begins: Time, mut ends: Time) {
        let place = self.visits.partition_point(|(_, before)| *before < begins);
        while let Some((from, to)) = self.visits.get(place).copied().filter(|(from, _)| *from <= ends) {
            (begins, ends) = (begins.min(from), ends.max(to));
            self.visits.remove(place);
        }
        self.visits.insert(place, (begins, ends));
    }
}
