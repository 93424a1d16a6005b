//! Connectivity: when a robot is online (R14, R21).
//!
//! A robot is online when its own periods, the windows of its group and the outages of its site all let it be.

mod alternation;
mod docking;

use serde::{Deserialize, Serialize};

use self::alternation::{Alternation, Periods};
use self::docking::{Docking, DockingPlan};
use super::Stop;
use crate::calendar::{Calendar, Windows};
use crate::random::{Luck, Purpose, Sampler};
use crate::scenario::{Connectivity, Outage};
use crate::time::{Span, Time};

/// How the robots of a group alternate between online and offline.
#[derive(Clone, Debug)]
pub struct ConnectivityPlan {
    /// Each robot's own.
    own: Option<Periods>,
    docking: Option<DockingPlan>,
    /// Those of the scenario's outages that befall the group, by their numbers.
    outages: Vec<(u32, Periods)>,
    /// The campaign is over then: where one thing lasts for years, no others are gone through meanwhile.
    horizon: Time,
}

impl ConnectivityPlan {
    /// Prepares a checked `[group.connectivity]`, and the outages that befall the group; none if its robots are always
    /// online.
    pub fn new<'s>(
        connectivity: Option<&Connectivity>,
        outages: impl IntoIterator<Item = (u32, &'s Outage)>,
        calendar: &Calendar,
        horizon: Time,
    ) -> Option<ConnectivityPlan> {
        let periods =
            |(number, outage): (u32, &Outage)| (number, Periods::on_at_first(&outage.interval, &outage.duration));
        let plan = ConnectivityPlan {
            own: connectivity
                .and_then(|own| own.periods.as_ref())
                .map(|own| Periods::stationary(&own.online, &own.offline)),
            docking: connectivity.and_then(|own| own.docking.as_ref()).map(|docking| DockingPlan {
                windows: Windows::new(calendar, &docking.windows, horizon),
                horizon,
                delays: docking.is_drawn().then(|| (Sampler::from(&docking.arrives), Sampler::from(&docking.leaves))),
            }),
            outages: outages.into_iter().map(periods).collect(),
            horizon,
        };
        (plan.own.is_some() || plan.docking.is_some() || !plan.outages.is_empty()).then_some(plan)
    }

    /// Whether nothing of it is left to chance.
    pub fn is_certain(&self) -> bool {
        let punctual = |docking: &DockingPlan| {
            docking.delays.as_ref().is_none_or(|(arrives, leaves)| arrives.is_constant() && leaves.is_constant())
        };
        self.own.is_none() && self.outages.is_empty() && self.docking.as_ref().is_none_or(punctual)
    }
}

/// When a robot is online, from an instant on: a pure function of (seed, replication, robot). Robots of a group share their
/// windows, and robots of a site its outages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timeline {
    /// None if windows and outages say all.
    own: Option<Alternation>,
    shared: Option<Box<Shared>>,
}

/// What a robot has in common with others.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Shared {
    docking: Option<Docking>,
    /// On where there is none.
    outages: Vec<Alternation>,
}

impl Timeline {
    /// What a robot's journey keeps besides where it shares windows or so many outages with others: where it started, and
    /// how far it has been walked, each with room for some visits.
    pub(super) fn shared_bytes(outages: usize) -> usize {
        2 * (size_of::<Shared>() + outages * size_of::<Alternation>() + 4 * size_of::<(Time, Time)>())
    }

    /// At time 0.
    pub fn new(plan: &ConnectivityPlan, luck: &Luck, robot: u32) -> Timeline {
        let own = |periods| Alternation::new(periods, luck.robot(robot, 0, Purpose::Connectivity));
        let shared = || {
            let docked = |docking| Docking::new(docking, luck.robot(robot, 0, Purpose::Docking));
            let outage =
                |(number, periods): &(u32, Periods)| Alternation::new(periods, luck.robot(*number, 0, Purpose::Outage));
            Box::new(Shared {
                docking: plan.docking.as_ref().map(docked),
                outages: plan.outages.iter().map(outage).collect(),
            })
        };
        Timeline {
            own: plan.own.as_ref().map(own),
            shared: (plan.docking.is_some() || !plan.outages.is_empty()).then(shared),
        }
    }

    /// Whether the robot is online at present.
    pub fn online(&self) -> bool {
        self.own.as_ref().is_none_or(|own| own.on) && self.shared.as_ref().is_none_or(|shared| shared.online())
    }

    /// Nothing changes before this instant.
    pub fn until(&self) -> Time {
        let own = self.own.as_ref().map_or(Time::NEVER, |own| own.until);
        self.shared.as_ref().map_or(own, |shared| own.min(shared.until()))
    }

    /// Goes on to that instant.
    pub fn next(&mut self, plan: &ConnectivityPlan) {
        self.advance(plan, self.until(), Stop::NEVER);
    }

    /// Goes on to `instant`, which must not be earlier than the present.
    #[inline]
    pub fn advance(&mut self, plan: &ConnectivityPlan, instant: Time, stop: Stop<'_>) {
        if let (Some(own), Some(periods)) = (&mut self.own, &plan.own) {
            advance(own, periods, instant, stop);
        }
        if let Some(shared) = &mut self.shared {
            shared.advance(plan, instant, stop);
        }
    }

    /// The first instant from `instant` on at which the robot is online; goes on to it.
    pub fn online_from(&mut self, plan: &ConnectivityPlan, instant: Time, stop: Stop<'_>) -> Time {
        let mut at = instant;
        let mut looks = 0_u32;
        loop {
            self.advance(plan, at, stop);
            match self.offline_until() {
                None => return at,
                Some(until) if until > plan.horizon => return Time::NEVER,
                Some(until) => at = until,
            }
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(PERIODS_PER_LOOK) && stop.is_asked() {
                return Time::NEVER;
            }
        }
    }

    /// Until when the robot is offline at least; none if it is online.
    fn offline_until(&self) -> Option<Time> {
        let own = self.own.as_ref().filter(|own| !own.on).map(|own| own.until);
        match &self.shared {
            None => own,
            Some(shared) => shared.offline_until().max(own),
        }
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
            let until = self.until();
            let available = until.micros() - at.micros();
            if left <= available {
                return Some(at + Span::from_micros(left));
            }
            left -= available;
            at = until;
        }
    }
}

impl Shared {
    fn online(&self) -> bool {
        self.docking.as_ref().is_none_or(|docking| docking.docked) && self.outages.iter().all(|outage| outage.on)
    }

    fn until(&self) -> Time {
        let docking = self.docking.as_ref().map(|docking| docking.until);
        let all = self.outages.iter().map(|outage| outage.until).chain(docking);
        all.min().unwrap_or(Time::NEVER)
    }

    fn offline_until(&self) -> Option<Time> {
        let docking = self.docking.as_ref().filter(|docking| !docking.docked).map(|docking| docking.until);
        self.outages.iter().filter(|outage| !outage.on).map(|outage| outage.until).chain(docking).max()
    }

    fn advance(&mut self, plan: &ConnectivityPlan, instant: Time, stop: Stop<'_>) {
        if let (Some(docking), Some(plan)) = (&mut self.docking, &plan.docking) {
            advance(docking, plan, instant, stop);
        }
        for (outage, (_, periods)) in self.outages.iter_mut().zip(&plan.outages) {
            advance(outage, periods, instant, stop);
        }
    }
}

/// What is one way until an instant, and then perhaps another.
trait Changing {
    type Plan;

    /// When the present period ends.
    fn until(&self) -> Time;

    /// Goes on to the next period.
    fn next(&mut self, plan: &Self::Plan, stop: Stop<'_>);

    /// Offline for ever: whoever walks along the periods comes to an end.
    fn break_off(&mut self);
}

/// Goes on to the period in which `instant` falls, which must not be earlier than the present one.
#[inline]
fn advance<C: Changing>(changing: &mut C, plan: &C::Plan, instant: Time, stop: Stop<'_>) {
    let mut periods = 0_u32;
    while changing.until() <= instant {
        changing.next(plan, stop);
        periods = periods.wrapping_add(1);
        if periods.is_multiple_of(PERIODS_PER_LOOK) && stop.is_asked() {
            changing.break_off();
        }
    }
}

/// So many periods are gone through between two looks at whether that is still wanted: some milliseconds.
const PERIODS_PER_LOOK: u32 = 1 << 16;

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
