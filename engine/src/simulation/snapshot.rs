//! Campaigns that are written down, and go on in a later process.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::calls::Calls;
use super::campaign::{Campaign, Instants, Totals};
use super::{ByGroup, Endings, EventQueue, Hurt, Journeys, Plan, RegistrationQueue, Rollout, World};
use crate::random::Luck;
use crate::rollout::{AnyController, Controller, Operator};
use crate::time::Time;

/// All that a campaign is at one instant, but for its plan. Serialised, it can be read by a later process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot<C, Q = Endings> {
    world: WorldState<Q>,
    rollout: Rollout<C>,
    operator: Operator,
    calls: Calls,
    clock: Instants,
    totals: Totals,
    hurt: Hurt,
    by_group: ByGroup,
}

/// All that the robots of a plan are at one instant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorldState<Q = Endings> {
    /// The [digest](Plan::digest) of the plan.
    plan: String,
    luck: Luck,
    /// The groups of the robots that have registered.
    registered: Vec<u32>,
    in_flight: Q,
    journeys: Option<Journeys>,
    registrations: RegistrationQueue,
}

/// Why a snapshot does not go on under a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It is of another plan, or of another version of the program.
    Plan,
    /// It is damaged: what it says of robots cannot be.
    Robots,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misfit::Plan => "the snapshot was taken under another plan, or by another version of the program",
            Misfit::Robots => "the snapshot is damaged: it tells of robots that its campaign does not have",
        })
    }
}

impl std::error::Error for Misfit {}

impl<'p, Q: EventQueue> World<'p, Q> {
    /// The robots between two turns, to be written down.
    pub fn state(&self) -> WorldState<Q> {
        WorldState {
            plan: self.plan().digest(),
            luck: self.draws.luck,
            registered: self.draws.registered().to_vec(),
            in_flight: self.endings.clone(),
            journeys: self.journeys.clone(),
            registrations: self.registrations.clone(),
        }
    }

    /// Goes on from a state, until `horizon` at the latest.
    ///
    /// # Errors
    /// It does not fit the plan.
    pub fn resume(&mut self, state: WorldState<Q>, horizon: Time) -> Result<(), Misfit> {
        let plan = self.plan();
        if state.plan != plan.digest() {
            return Err(Misfit::Plan);
        }
        let WorldState { luck, registered, in_flight, journeys, registrations, .. } = state;
        let groups = plan.groups().len();
        let robots = plan.fleet_size as usize + registered.len();
        if registered.iter().any(|group| *group as usize >= groups)
            || !registrations.fit(plan)
            || journeys.is_some() != self.journeys.is_some()
            || in_flight.clone().drain().iter().any(|ending| ending.robot as usize >= robots)
        {
            return Err(Misfit::Robots);
        }
        self.begin(luck, Time::MAX);
        registered.into_iter().for_each(|group| self.draws.register(group));
        (self.endings, self.journeys, self.registrations) = (in_flight, journeys, registrations);
        if self.journeys.as_mut().is_some_and(|journeys| !journeys.resume(plan, robots as u32, horizon)) {
            return Err(Misfit::Robots);
        }
        Ok(())
    }
}

impl<'p, C: Controller + Clone, Q: EventQueue> Campaign<'p, C, Q> {
    /// The campaign between two turns, to be written down.
    pub fn snapshot(&self) -> Snapshot<C, Q> {
        Snapshot {
            world: self.world.state(),
            rollout: self.rollout.clone(),
            operator: self.operator.clone(),
            calls: self.calls.clone(),
            clock: self.clock,
            totals: self.totals,
            hurt: self.hurt.clone(),
            by_group: self.by_group.clone(),
        }
    }
}

impl<'p, Q: EventQueue> Campaign<'p, AnyController, Q> {
    /// The campaign of a snapshot, which goes on as the one that was written down would have.
    ///
    /// # Errors
    /// It does not fit the plan.
    pub fn resume(plan: &'p Plan, snapshot: Snapshot<AnyController, Q>) -> Result<Self, Misfit> {
        let Snapshot { world, mut rollout, operator, calls, clock, totals, hurt, by_group } = snapshot;
        let mut campaign = Campaign::with_queue(plan, plan.controller.clone());
        campaign.world.resume(world, plan.sync.horizon().min(Time::MAX))?;
        let robots = campaign.world.robots();
        if robots != rollout.fleet.ever_registered()
            || !by_group.fits(plan)
            || rollout.job.waiting().any(|robot| robot >= robots)
        {
            return Err(Misfit::Robots);
        }
        if !rollout.job.controller_mut().resume(&plan.controller) {
            return Err(Misfit::Plan);
        }
        (campaign.rollout, campaign.operator, campaign.calls) = (rollout, operator, calls);
        (campaign.clock, campaign.totals) = (clock, totals);
        (campaign.hurt, campaign.by_group) = (hurt, by_group);
        campaign.operator.resume(plan.sync.clone());
        campaign.calls.resume(plan);
        Ok(campaign)
    }
}
