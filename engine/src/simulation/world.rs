//! The robots of a plan: what each draws, what the world makes of its deployment, and the queue of what comes to them.

use super::journeys::Guide;
use super::{Draws, Ending, Endings, EventQueue, Happening, Journeys, Order, Plan, Position, RegistrationQueue, Stop};
use crate::random::Luck;
use crate::rollout::{RobotId, clone_by_fields};
use crate::time::Time;

/// All robots of a campaign, or of an account with many fleets.
#[derive(Debug)]
pub struct World<'p, Q = Endings> {
    pub(super) draws: Draws<'p>,
    /// How deployments in flight will end, as far as that is known.
    pub(super) endings: Q,
    /// Of robots that the world delays, or that may stay broken; none where there are none (R14, R16, R22).
    pub(super) journeys: Option<Journeys>,
    pub(super) registrations: RegistrationQueue,
    pub(super) happenings: Vec<Happening>,
}

clone_by_fields!(['p, Q: Clone] World<'p, Q> { draws, endings, journeys, registrations, happenings });

impl<'p, Q: EventQueue> World<'p, Q> {
    /// The robots of a plan, before [`begin`](World::begin). Only robots that the plan has walk do.
    pub fn new(plan: &'p Plan) -> Self {
        let walked = plan.groups().any(|group| group.walked);
        World {
            endings: Q::default(),
            journeys: walked.then(|| Journeys::new(plan)),
            registrations: RegistrationQueue::default(),
            happenings: Vec::new(),
            draws: Draws::new(plan),
        }
    }

    /// The same where somebody may take any robot offline.
    pub fn with_outages(plan: &'p Plan) -> Self {
        World { journeys: Some(Journeys::new(plan)), ..World::new(plan) }
    }

    /// Begins anew at time 0 with this luck, until `horizon` at the latest. Keeps the memory.
    pub fn begin(&mut self, luck: Luck, horizon: Time) {
        let plan = self.draws.plan;
        self.draws.reset(luck);
        self.endings.drain();
        if let Some(journeys) = &mut self.journeys {
            journeys.reset(plan.fleet_size, horizon);
        }
        self.registrations.reset(plan, &luck);
    }

    pub fn plan(&self) -> &'p Plan {
        self.draws.plan
    }

    /// The luck of the robots, with those that have registered.
    pub fn draws(&self) -> &Draws<'p> {
        &self.draws
    }

    /// How many robots there have been.
    pub fn robots(&self) -> u32 {
        self.draws.plan.fleet_size + self.draws.registered().len() as u32
    }

    /// Another robot, which belongs to this group: its number.
    pub fn register(&mut self, group: u32) -> RobotId {
        let robot = self.robots();
        self.draws.register(group);
        if let Some(journeys) = &mut self.journeys {
            journeys.register();
        }
        robot
    }

    /// Takes a robot that registers at `now` (R13): the group that it joins.
    #[inline]
    pub(super) fn pop_registration(&mut self, now: Time) -> Option<u32> {
        self.registrations.pop_due(self.draws.plan, now)
    }

    /// The next instant at which something other than an ending comes, or [`Time::NEVER`].
    #[inline]
    pub(super) fn next_change(&mut self) -> Time {
        let of_journeys = self.journeys.as_mut().map_or(Time::NEVER, Journeys::next_due);
        of_journeys.min(self.registrations.next_due())
    }

    /// The next instant at which anything comes, or [`Time::NEVER`].
    pub fn next_due(&mut self) -> Time {
        let ending = self.endings.next_due();
        self.next_change().min(if ending > Time::MAX { Time::NEVER } else { ending })
    }

    /// Brings the journeys to `now`; what that comes to waits to be taken.
    #[inline]
    pub(super) fn advance(&mut self, now: Time, stop: Stop<'_>) {
        if let Some(journeys) = &mut self.journeys {
            journeys.advance(Guide { draws: &self.draws, stop }, now, &mut self.happenings);
        }
    }

    /// Starts a robot that the world may delay; what that comes to waits to be taken. True if it makes progress at
    /// once.
    pub fn start(&mut self, now: Time, robot: RobotId, attempt: u32, order: Order, stop: Stop<'_>) -> bool {
        let guide = Guide { draws: &self.draws, stop };
        let journeys = self.journeys.as_mut().expect("only a world with journeys delays robots");
        journeys.start(guide, now, robot, attempt, order, &mut self.happenings)
    }

    /// Takes a robot offline at `now`, to which the robots have been brought, or lets it back; what that comes to waits
    /// to be taken.
    pub fn force_offline(&mut self, now: Time, robot: RobotId, offline: bool) {
        let guide = Guide { draws: &self.draws, stop: Stop::NEVER };
        if let Some(journeys) = &mut self.journeys {
            journeys.force_offline(guide, robot, offline, now, &mut self.happenings);
        }
    }

    /// Whether somebody has taken a robot offline.
    pub fn forced_offline(&self, robot: RobotId) -> bool {
        self.journeys.as_ref().is_some_and(|journeys| journeys.forced_offline(robot))
    }

    /// Where a delayed robot's deployment is at `now`; none if it has none.
    pub fn position(&mut self, robot: RobotId, now: Time) -> Option<Position> {
        let guide = Guide { draws: &self.draws, stop: Stop::NEVER };
        self.journeys.as_mut()?.position(guide, robot, now)
    }

    /// Forgets at `now` what is left of a robot's attempt but for its ending in the queue.
    pub fn abandon(&mut self, robot: RobotId, now: Time) {
        if let Some(journeys) = &mut self.journeys {
            journeys.abandon(&self.draws, robot, now);
        }
    }

    /// Takes all robots in flight, in order.
    pub(super) fn take_in_flight(&mut self) -> Vec<Ending> {
        let mut in_flight = self.endings.drain();
        if let Some(journeys) = &self.journeys {
            in_flight.extend(journeys.undecided());
            in_flight.sort_unstable_by_key(|ending| ending.robot);
        }
        in_flight
    }
}

impl World<'_, super::HeapEndings> {
    /// A robot in flight ends so at the present instant, whatever its luck.
    pub fn expect(&mut self, ending: Ending) {
        self.abandon(ending.robot, ending.due);
        self.endings.push(ending);
    }

    /// Forgets a robot's attempt at `now`, wherever it is.
    pub fn forget(&mut self, robot: RobotId, now: Time) {
        self.abandon(robot, now);
        self.endings.remove(robot);
    }
}
