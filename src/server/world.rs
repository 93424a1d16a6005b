//! The virtual robots: what each draws, and the queue of what comes to them. It can be stepped and interrupted at any instant.
//!
//! Everything is drawn as in replication 0 of the simulation: what the robot of a number does in its k-th attempt is the same there
//! and here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::random::{Luck, MAX_ATTEMPTS, Purpose};
use crate::rollout::{DeploymentJobErrorCode, RobotEnd, RobotId};
use crate::simulation::{Draws, Ending, Happening, Journeys, Order, Plan, Position, Registrations};
use crate::time::{Span, Time};

/// The replication whose luck the robots have.
pub const REPLICATION: u32 = 0;

/// What comes to a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its deployment makes its first progress.
    Progress(RobotId),
    /// Its deployment ends.
    Ended(RobotId, RobotEnd),
    /// An attempt that had ended as `NoResponse` in the job of this number ends by itself (R14).
    EndedLate(RobotId, RobotEnd, u32),
}

/// The robots of an account, numbered in the order in which they were made, those of the scenario first.
#[derive(Clone, Debug)]
pub struct World {
    draws: Draws<'static>,
    journeys: Journeys,
    registrations: Registrations<'static>,
    /// How the deployments in flight will end, as far as that is known.
    endings: Vec<Option<Ending>>,
    /// When; what has been taken back since is passed over.
    queue: BinaryHeap<Reverse<(Time, RobotId)>>,
    /// How often each robot has started.
    attempts: Vec<u32>,
    happenings: Vec<Happening>,
}

impl World {
    /// The robots of a plan at time 0, with the luck of replication 0 under `seed`.
    pub fn new(plan: &'static Plan, seed: u64) -> World {
        let mut draws = Draws::new(plan);
        draws.reset(Luck::new(seed, REPLICATION));
        let mut journeys = Journeys::new(&draws);
        journeys.reset(plan.fleet_size, Time::MAX);
        let mut registrations = Registrations::default();
        registrations.reset(plan, &draws.luck);
        World {
            journeys,
            registrations,
            endings: vec![None; plan.fleet_size as usize],
            queue: BinaryHeap::new(),
            attempts: vec![0; plan.fleet_size as usize],
            happenings: Vec::new(),
            draws,
        }
    }

    /// The scenario, made ready.
    pub fn plan(&self) -> &'static Plan {
        self.draws.plan
    }

    /// How many robots there have been.
    pub fn robots(&self) -> u32 {
        self.endings.len() as u32
    }

    /// Another robot, which behaves like those of a group: its number.
    pub fn add(&mut self, group: u32) -> RobotId {
        self.draws.register(group);
        self.journeys.register();
        self.endings.push(None);
        self.attempts.push(0);
        self.robots() - 1
    }

    /// When something comes next, or [`Time::NEVER`].
    pub fn next_due(&mut self) -> Time {
        while let Some(Reverse((due, robot))) = self.queue.peek()
            && self.endings[*robot as usize].is_none_or(|ending| ending.due != *due)
        {
            self.queue.pop();
        }
        let ending = self.queue.peek().map_or(Time::NEVER, |Reverse((due, _))| *due);
        ending.min(self.journeys.next_due()).min(self.registrations.next_due())
    }

    /// Brings the robots to `now`, which is not later than [`World::next_due`], in R1's order: connectivity, endings.
    pub fn advance(&mut self, now: Time, events: &mut Vec<Event>) {
        self.journeys.advance(&self.draws, now, &mut self.happenings);
        self.take_happenings(events);
        while let Some(Reverse((due, robot))) = self.queue.peek().copied()
            && due <= now
        {
            self.queue.pop();
            if let Some(ending) = self.endings[robot as usize].take_if(|ending| ending.due == due) {
                events.push(Event::Ended(robot, ending.end));
            }
        }
    }

    /// Takes a robot that registers at `now` (R13): the group that it joins.
    pub fn pop_registration(&mut self, now: Time) -> Option<u32> {
        self.registrations.pop_due(now)
    }

    /// Starts a robot's next attempt at `now`, to which the robots have been brought.
    pub fn start(&mut self, now: Time, robot: RobotId, order: Order, events: &mut Vec<Event>) {
        let attempt = &mut self.attempts[robot as usize];
        // Streams count attempts in 24 bits; nobody lives to see the first one again.
        let number = *attempt % MAX_ATTEMPTS;
        *attempt += 1;
        if self.journeys.start(&self.draws, now, robot, number, order, &mut self.happenings) {
            events.push(Event::Progress(robot));
        }
        self.take_happenings(events);
    }

    /// Ends a deployment in flight at `now` with a code, whatever its luck.
    pub fn fail(&mut self, now: Time, robot: RobotId, started: Time, code: DeploymentJobErrorCode) {
        self.journeys.abandon(robot);
        self.expect(Ending { due: now, started, robot, end: RobotEnd::Failed(code) });
    }

    /// Takes a robot offline at `now`, to which the robots have been brought, or lets it back.
    pub fn force_offline(&mut self, now: Time, robot: RobotId, offline: bool, events: &mut Vec<Event>) {
        self.journeys.force_offline(&self.draws, robot, offline, now, &mut self.happenings);
        self.take_happenings(events);
    }

    /// Whether somebody has taken a robot offline.
    pub fn forced_offline(&self, robot: RobotId) -> bool {
        self.journeys.forced_offline(robot)
    }

    /// Forgets a robot's attempt, wherever it is.
    pub fn forget(&mut self, robot: RobotId) {
        self.journeys.abandon(robot);
        self.endings[robot as usize] = None;
    }

    /// Where a robot's deployment is at `now`; none if it has none.
    pub fn position(&mut self, robot: RobotId, now: Time) -> Option<Position> {
        self.journeys.position(&self.draws, robot, now)
    }

    /// How long the job of this number prepares (R5).
    pub fn preparing(&self, job: u32) -> Span {
        let mut stream = self.draws.luck.job(job, Purpose::Preparing);
        Span::from_drawn_micros(self.draws.plan.preparing.sample(&mut stream))
    }

    /// The luck of all that is drawn.
    pub fn luck(&self) -> &Luck {
        &self.draws.luck
    }

    fn take_happenings(&mut self, events: &mut Vec<Event>) {
        let mut happenings = std::mem::take(&mut self.happenings);
        for happening in happenings.drain(..) {
            match happening {
                Happening::Egress(..) => {}
                Happening::Progress(robot) => events.push(Event::Progress(robot)),
                Happening::Ends(ending) => self.expect(ending),
                Happening::Late(robot, end, job) => events.push(Event::EndedLate(robot, end, job)),
            }
        }
        self.happenings = happenings;
    }

    fn expect(&mut self, ending: Ending) {
        self.endings[ending.robot as usize] = Some(ending);
        self.queue.push(Reverse((ending.due, ending.robot)));
    }
}
