//! What happened in a campaign, written down.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use rollcast::rollout::{Controller, JobKind, RobotEnd, RobotId};
use rollcast::scenario::Scenario;
use rollcast::simulation::{Campaign, Event, JobRecord, Observer, Plan, Replication};
use rollcast::time::Time;

/// What an observer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    JobCreated { now: Time, number: u32, kind: JobKind, targets: u32 },
    JobBegan { now: Time },
    RobotStarted { now: Time, robot: RobotId, attempt: u32 },
    RobotEnded { now: Time, robot: RobotId, started: Time, end: RobotEnd },
    RobotEndedLate { now: Time, robot: RobotId, end: RobotEnd },
    RobotRegistered { now: Time, robot: RobotId },
    EgressChanged { since: Time, rate: u64 },
    JobBreached { now: Time },
    JobOver(JobRecord),
}

/// Writes down all that it is told, in order.
#[derive(Clone, Debug, Default)]
pub struct Recorder(pub Vec<Happening>);

impl Observer for Recorder {
    fn see(&mut self, now: Time, event: &Event<'_>) {
        self.0.push(match *event {
            Event::JobCreated { number, kind, targets } => Happening::JobCreated { now, number, kind, targets },
            Event::JobBegan => Happening::JobBegan { now },
            Event::RobotStarted { robot, attempt } => Happening::RobotStarted { now, robot, attempt },
            Event::RobotEnded { robot, started, end } => Happening::RobotEnded { now, robot, started, end },
            Event::RobotEndedLate { robot, end } => Happening::RobotEndedLate { now, robot, end },
            Event::RobotRegistered { robot, .. } => Happening::RobotRegistered { now, robot },
            Event::EgressChanged(rate) => Happening::EgressChanged { since: now, rate },
            Event::JobHalted => Happening::JobBreached { now },
            Event::JobOver(job) => Happening::JobOver(*job),
            Event::CallMade { .. }
            | Event::CallAnswered(_)
            | Event::CallsLost(_)
            | Event::RobotProgressed(_)
            | Event::RobotBroken { .. } => return,
        });
    }
}

/// One attempt of a robot; without an end if the horizon cut it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub started: Time,
    pub ended: Option<(Time, RobotEnd)>,
}

/// A campaign in a form that does not depend on how ties at one instant are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub replication: Replication,
    pub jobs: Vec<JobRecord>,
    /// When each job breached its threshold, in the order of jobs.
    pub breaches: Vec<Time>,
    /// Each robot's attempts in order.
    pub robots: Vec<Vec<Attempt>>,
    /// Ends outside any job (R14), in the order of robots and instants.
    pub late_ends: Vec<(RobotId, Time, RobotEnd)>,
    /// When robots have registered (R13), in the order of their numbers.
    pub registrations: Vec<Time>,
    /// The origin's rate and since when it holds (R16).
    pub egress: Vec<(Time, u64)>,
}

impl History {
    pub fn new(replication: Replication, happenings: &[Happening], fleet_size: u32) -> History {
        let mut history = History {
            replication,
            jobs: Vec::new(),
            breaches: Vec::new(),
            robots: vec![Vec::new(); fleet_size as usize],
            late_ends: Vec::new(),
            registrations: Vec::new(),
            egress: Vec::new(),
        };
        let mut rates = Vec::new();
        for happening in happenings {
            match *happening {
                Happening::RobotStarted { now, robot, .. } => {
                    history.robots[robot as usize].push(Attempt { started: now, ended: None });
                }
                Happening::RobotEnded { now, robot, started, end } => {
                    let open = Attempt { started, ended: None };
                    let last = history.robots[robot as usize].last_mut();
                    let last = last.filter(|last| **last == open).expect("an end belongs to the start before it");
                    last.ended = Some((now, end));
                }
                Happening::RobotEndedLate { now, robot, end } => history.late_ends.push((robot, now, end)),
                Happening::RobotRegistered { now, robot } => {
                    assert_eq!(robot as usize, history.robots.len(), "later robots come after all others");
                    history.robots.push(Vec::new());
                    history.registrations.push(now);
                }
                Happening::EgressChanged { since, rate } => rates.push((since, rate)),
                Happening::JobBreached { now } => history.breaches.push(now),
                Happening::JobOver(job) => history.jobs.push(job),
                Happening::JobCreated { .. } | Happening::JobBegan { .. } => {}
            }
        }
        history.late_ends.sort_by_key(|(robot, instant, _)| (*robot, *instant));
        history.egress = egress(&rates, history.replication.ended);
        history
    }
}

/// The rate of the origin until `ended`, which is 0 at first, as told in the order of time: without what held for no
/// time, and without repetitions.
pub fn egress(told: &[(Time, u64)], ended: Time) -> Vec<(Time, u64)> {
    assert!(told.is_sorted_by_key(|(since, _)| *since));
    let mut rates: Vec<(Time, u64)> = Vec::new();
    for (i, (since, rate)) in told.iter().enumerate() {
        let until = told.get(i + 1).map_or(ended, |(next, _)| *next);
        if until > *since && *since < ended && rates.last().map_or(0, |(_, before)| *before) != *rate {
            rates.push((*since, *rate));
        }
    }
    rates
}

/// Reads a scenario's text, which must be valid.
pub fn parse(text: &str) -> Scenario {
    Scenario::parse(text, "scenario.toml", Path::new(""), &[])
        .unwrap_or_else(|problems| panic!("the scenario is not accepted: {problems:?}\n{text}"))
}

/// Runs one replication of a plan in the engine.
pub fn simulate<C: Controller>(plan: &Plan, controller: C, seed: u64, index: u32) -> (Replication, Vec<Happening>) {
    let mut recorder = Recorder::default();
    let replication = Campaign::new(plan, controller)
        .run(seed, index, &AtomicBool::new(false), &mut recorder)
        .expect("nobody cancels it");
    (replication, recorder.0)
}

/// Runs one replication of a scenario in the engine, under its own controller.
pub fn engine(scenario: &Scenario, seed: u64, index: u32) -> History {
    let plan = Plan::new(scenario);
    let (replication, happenings) = simulate(&plan, plan.controller.clone(), seed, index);
    History::new(replication, &happenings, scenario.fleet_size())
}
