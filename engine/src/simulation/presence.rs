//! When a robot is online: its own periods (R14), less the times for which somebody takes it offline.

use serde::{Deserialize, Serialize};

use super::{ConnectivityPlan, Stop, Timeline};
use crate::time::{Span, Time};

/// The times for which somebody takes a robot offline, in order and apart: from an instant on, and before another one.
/// The last may have no end, which is [`Time::NEVER`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outages(Vec<(Time, Time)>);

impl Outages {
    /// The robot is taken offline, or back, at `now`, which is not before anything that was said so far. False if it
    /// was so already.
    pub fn set(&mut self, now: Time, offline: bool) -> bool {
        match (self.0.last_mut(), offline) {
            (Some((_, end)), true) if *end == Time::NEVER => return false,
            (_, true) => self.0.push((now, Time::NEVER)),
            (Some((start, end)), false) if *end == Time::NEVER => {
                *end = now;
                if *start == now {
                    self.0.pop();
                }
            }
            (_, false) => return false,
        }
        true
    }

    /// Whether the robot is offline until somebody says otherwise.
    pub fn offline(&self) -> bool {
        self.0.last().is_some_and(|(_, end)| *end == Time::NEVER)
    }

    /// Forgets what was over by `now`; true if nothing is left.
    pub fn forget_before(&mut self, now: Time) -> bool {
        self.0.retain(|(_, end)| *end > now);
        self.0.is_empty()
    }
}

/// When a robot is online, from one of its periods on.
pub struct Presence<'a> {
    /// Its own periods; none if it is always online but for the outages.
    own: Option<(&'a ConnectivityPlan, &'a mut Timeline)>,
    outages: &'a [(Time, Time)],
    stop: Stop<'a>,
}

impl<'a> Presence<'a> {
    /// A robot with these periods and outages; none if it is always online.
    pub fn new(
        plan: Option<&'a ConnectivityPlan>,
        timeline: Option<&'a mut Timeline>,
        outages: Option<&'a Outages>,
        stop: Stop<'a>,
    ) -> Option<Presence<'a>> {
        let own = plan.zip(timeline);
        let outages: &[(Time, Time)] = outages.map_or(&[], |outages| &outages.0);
        (own.is_some() || !outages.is_empty()).then_some(Presence { own, outages, stop })
    }

    /// The first instant from `instant` on at which the robot is online, or [`Time::NEVER`]; goes on to that period.
    pub fn online_from(&mut self, instant: Time) -> Time {
        let mut at = instant;
        loop {
            if at == Time::NEVER {
                return at;
            }
            if let Some((plan, timeline)) = &mut self.own {
                at = timeline.online_from(plan, at, self.stop);
                if at == Time::NEVER {
                    return at;
                }
            }
            match self.outages.iter().find(|(start, end)| (*start..*end).contains(&at)) {
                Some((_, end)) => at = *end,
                None => return at,
            }
        }
    }

    /// When the period ends in which the robot is online at `at`.
    fn until(&self, at: Time) -> Time {
        let own = self.own.as_ref().map_or(Time::NEVER, |(_, timeline)| timeline.until());
        let outage = self.outages.iter().map(|(start, _)| *start).find(|start| *start > at);
        own.min(outage.unwrap_or(Time::NEVER))
    }

    /// The first instant by which the robot has been online for `work` since `from`; none if that is later than
    /// `limit`.
    pub fn work(&mut self, from: Time, work: Span, limit: Time) -> Option<Time> {
        if let (Some((plan, timeline)), []) = (&mut self.own, self.outages) {
            return timeline.work(plan, from, work, limit, self.stop);
        }
        let (mut at, mut left) = (from, work.micros());
        if left == 0 {
            return Some(at);
        }
        loop {
            at = self.online_from(at);
            if at > limit {
                return None;
            }
            let until = self.until(at);
            let available = until.micros() - at.micros();
            if left <= available {
                return Some(at + Span::from_micros(left));
            }
            left -= available;
            at = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Time {
        Time::from_micros(micros)
    }

    #[test]
    fn work_waits_for_the_end_of_outages() {
        let mut outages = Outages::default();
        assert!(Presence::new(None, None, Some(&outages), Stop::NEVER).is_none(), "always online");
        for (now, offline, changed) in [
            (5, false, false),
            (10, true, true),
            (12, true, false),
            (20, false, true),
            (30, true, true),
            (30, false, true),
        ] {
            assert_eq!(outages.set(at(now), offline), changed, "{now}");
        }
        let mut presence = Presence::new(None, None, Some(&outages), Stop::NEVER).expect("an outage");
        let mut work = |from, work| presence.work(at(from), Span::from_micros(work), Time::MAX).map(Time::micros);
        assert_eq!(work(0, 10), Some(10), "done at the instant of leaving");
        assert_eq!(work(0, 11), Some(21));
        assert_eq!(work(15, 0), Some(15));
        assert_eq!(work(15, 1), Some(21));
        assert_eq!(work(20, 15), Some(35), "an outage without length is none");
        outages.set(at(40), true);
        assert!(outages.offline());
        let mut presence = Presence::new(None, None, Some(&outages), Stop::NEVER).expect("an outage");
        assert_eq!(presence.work(at(35), Span::from_micros(5), Time::MAX), Some(at(40)));
        assert_eq!(presence.work(at(35), Span::from_micros(6), Time::MAX), None);
        assert_eq!((presence.online_from(at(12)), presence.online_from(at(40))), (at(20), Time::NEVER));
        assert!(!outages.forget_before(at(50)));
        outages.set(at(50), false);
        assert!(outages.forget_before(at(50)));
    }
}
