//! What happened in a campaign, written down.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use rollcast::rollout::{Controller, JobKind, RobotEnd, RobotId};
use rollcast::scenario::Scenario;
use rollcast::simulation::{Campaign, JobRecord, Observer, Plan, Replication};
use rollcast::time::Time;

/// What an observer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    JobCreated { now: Time, number: u32, kind: JobKind, targets: u32 },
    JobBegan { now: Time },
    RobotStarted { now: Time, robot: RobotId, attempt: u32 },
    RobotEnded { now: Time, robot: RobotId, started: Time, end: RobotEnd },
    JobBreached { now: Time },
    JobOver(JobRecord),
}

/// Writes down all that it is told, in order.
#[derive(Clone, Debug, Default)]
pub struct Recorder(pub Vec<Happening>);

impl Observer for Recorder {
    fn job_created(&mut self, now: Time, number: u32, kind: JobKind, targets: u32) {
        self.0.push(Happening::JobCreated { now, number, kind, targets });
    }

    fn job_began(&mut self, now: Time) {
        self.0.push(Happening::JobBegan { now });
    }

    fn robot_started(&mut self, now: Time, robot: RobotId, attempt: u32) {
        self.0.push(Happening::RobotStarted { now, robot, attempt });
    }

    fn robot_ended(&mut self, now: Time, robot: RobotId, started: Time, end: RobotEnd) {
        self.0.push(Happening::RobotEnded { now, robot, started, end });
    }

    fn job_breached(&mut self, now: Time) {
        self.0.push(Happening::JobBreached { now });
    }

    fn job_over(&mut self, job: &JobRecord) {
        self.0.push(Happening::JobOver(*job));
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
}

impl History {
    pub fn new(replication: Replication, happenings: &[Happening], fleet_size: u32) -> History {
        let mut history = History {
            replication,
            jobs: Vec::new(),
            breaches: Vec::new(),
            robots: vec![Vec::new(); fleet_size as usize],
        };
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
                Happening::JobBreached { now } => history.breaches.push(now),
                Happening::JobOver(job) => history.jobs.push(job),
                Happening::JobCreated { .. } | Happening::JobBegan { .. } => {}
            }
        }
        history
    }
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
