//! Connectivity: when a robot is online (R14).

use serde::{Deserialize, Serialize};

use super::Stop;
use crate::random::{Luck, Purpose, Residual, Sampler, Stream};
use crate::scenario::Connectivity;
use crate::time::{Span, Time};

/// How the robots of a group alternate between online and offline.
#[derive(Clone, Debug)]
pub struct ConnectivityPlan {
    online: Sampler,
    offline: Sampler,
    /// What is left of the period in which time 0 falls.
    online_left: Residual,
    offline_left: Residual,
    /// E\[online\] / (E\[online\] + E\[offline\]): the probability to be online, at time 0 and at any other instant.
    online_share: f64,
}

impl ConnectivityPlan {
    /// Prepares a checked `[group.connectivity]`.
    pub fn new(connectivity: &Connectivity) -> ConnectivityPlan {
        let (on, off) = (connectivity.online.mean(), connectivity.offline.mean());
        ConnectivityPlan {
            online: Sampler::from(&connectivity.online),
            offline: Sampler::from(&connectivity.offline),
            online_left: Residual::from(&connectivity.online),
            offline_left: Residual::from(&connectivity.offline),
            // Written so that the sum of two huge means cannot overflow.
            online_share: 1.0 / (1.0 + off / on),
        }
    }
}

/// A robot's periods, from one of them on: a pure function of (seed, replication, robot).
///
/// A period is half open: a robot is online from the instant at which it returns, and offline from the instant at which
/// it leaves. Time 0 falls into a period of the stationary process (D. R. Cox, "Renewal Theory" (1962), section 7.2: an
/// alternating renewal process begun so has the same law at every later instant). A period lasts at least a
/// microsecond, so that time goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timeline {
    stream: Stream,
    online: bool,
    /// When the present period ends.
    until: Time,
}

impl Timeline {
    /// The period in which time 0 falls.
    pub fn new(plan: &ConnectivityPlan, luck: &Luck, robot: u32) -> Timeline {
        let mut stream = luck.robot(robot, 0, Purpose::Connectivity);
        let online = stream.chance() < plan.online_share;
        let left = if online { &plan.online_left } else { &plan.offline_left };
        let left = period(left.sample(&mut stream));
        Timeline { stream, online, until: Time::ZERO + left }
    }

    /// Whether the robot is online in the present period.
    pub fn online(&self) -> bool {
        self.online
    }

    /// When the present period ends.
    pub fn until(&self) -> Time {
        self.until
    }

    /// Goes on to the next period.
    pub fn next(&mut self, plan: &ConnectivityPlan) {
        self.online = !self.online;
        let periods = if self.online { &plan.online } else { &plan.offline };
        self.until = self.until + period(periods.sample(&mut self.stream));
    }

    /// Goes on to the period in which `instant` falls, which must not be earlier than the present one.
    pub fn advance(&mut self, plan: &ConnectivityPlan, instant: Time, stop: Stop<'_>) {
        let mut periods = 0_u32;
        while self.until <= instant {
            self.next(plan);
            periods = periods.wrapping_add(1);
            if periods.is_multiple_of(PERIODS_PER_LOOK) && stop.is_asked() {
                self.break_off();
            }
        }
    }

    /// The first instant from `instant` on at which the robot is online; goes on to that period.
    pub fn online_from(&mut self, plan: &ConnectivityPlan, instant: Time, stop: Stop<'_>) -> Time {
        self.advance(plan, instant, stop);
        if self.online {
            return instant;
        }
        let returns = self.until;
        if returns != Time::NEVER {
            self.next(plan);
        }
        returns
    }

    /// Offline for ever: whoever walks along the periods comes to an end.
    #[cold]
    fn break_off(&mut self) {
        (self.online, self.until) = (false, Time::NEVER);
    }

    /// The first instant by which the robot has been online for `work` since `from`; none if that is later than
    /// `limit`.
    pub fn work(
        &mut self,
        plan: &ConnectivityPlan,
        from: Time,
        work: Span,
        limit: Time,
        stop: Stop<'_>,
    ) -> Option<Time> {
        let (mut at, mut left) = (from, work.micros());
        if left == 0 {
            return Some(at);
        }
        let mut periods = 0_u32;
        loop {
            at = self.online_from(plan, at, stop);
            periods = periods.wrapping_add(1);
            if at > limit || periods.is_multiple_of(PERIODS_PER_LOOK) && stop.is_asked() {
                return None;
            }
            let available = (self.until - at).micros();
            if left <= available {
                return Some(at + Span::from_micros(left));
            }
            left -= available;
            at = self.until;
        }
    }
}

/// So many periods are gone through between two looks at whether that is still wanted: some milliseconds.
const PERIODS_PER_LOOK: u32 = 1 << 16;

/// A drawn period in whole microseconds, at least one.
fn period(micros: f64) -> Span {
    Span::from_drawn_micros(micros).max(Span::from_micros(1))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use crate::scenario::Scenario;
    use crate::simulation::{Campaign, Plan};

    /// A day of work in periods of a microsecond takes hours, at the start and in the middle of an attempt.
    #[test]
    fn a_walk_over_a_great_many_periods_is_broken_off() {
        const PERIODS: &str = r#"
            name = "periods"
            [deployment]
            concurrent_deployment_percentage = 50
            failure_threshold_percentage = 100
            robot_deployment_timeout = "7d"
            [[group]]
            name = "a"
            robots = 2
            [group.step.validating]
            latency = { constant = "1d" }
            [group.connectivity]
            online = { exponential = { mean = "1us" } }
            offline = { exponential = { mean = "1us" } }
        "#;
        for set in ["deployment.preparing={ constant = \"0s\" }", "deployment.preparing={ constant = \"1d\" }"] {
            let scenario = Scenario::parse(PERIODS, "", Path::new(""), &[set.to_owned()]).expect("it is right");
            let plan = Plan::new(&scenario);
            let mut campaign = Campaign::new(&plan, plan.controller.clone());
            assert_eq!(campaign.run(1, 0, &AtomicBool::new(true), ()), None, "{set}");
        }
    }
}
