//! Runs campaigns of a scenario text and watches them.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use rollcast::rollout::{JobKind, RobotEnd, RobotId};
use rollcast::scenario::Scenario;
use rollcast::simulation::{Campaign, Event, JobRecord, Observer, Plan, Replication};
use rollcast::time::{Span, Time};

/// The seed of every campaign. Any other would do: no test was chosen by its luck.
pub const SEED: u64 = 20_240_229;

/// A scenario, from its text without the name.
pub fn scenario(text: &str) -> Scenario {
    scenario_in(Path::new(""), text)
}

/// A scenario whose CSV files are in `folder`.
pub fn scenario_in(folder: &Path, text: &str) -> Scenario {
    let text = format!("name = \"theory\"\n{text}");
    Scenario::parse(&text, "theory.toml", folder, &[]).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// The text of a scenario with these two percentages; `rest` may go on with `[deployment]`.
pub fn policy(concurrency: u32, threshold: u32, rest: &str) -> String {
    format!(
        "[deployment]\nconcurrent_deployment_percentage = {concurrency}\nfailure_threshold_percentage = {threshold}\n{rest}"
    )
}

/// Simulates replications 0..n and hands each one, with what its observer saw, to `look`.
pub fn campaigns<O: Observer + Default>(plan: &Plan, n: u32, mut look: impl FnMut(Replication, O)) {
    let mut campaign = Campaign::new(plan, plan.controller.clone());
    let running = AtomicBool::new(false);
    for index in 0..n {
        let mut observer = O::default();
        let replication = campaign.run(SEED, index, &running, &mut observer).expect("nobody cancels it");
        look(replication, observer);
    }
}

/// Replications 0..n of the scenario with this text.
pub fn replications(text: &str, n: u32) -> Vec<Replication> {
    let mut all = Vec::with_capacity(n as usize);
    campaigns(&Plan::new(&scenario(text)), n, |replication, _: Blind| all.push(replication));
    all
}

/// One campaign of the scenario with this text, with all that happened in it.
pub fn watch(text: &str) -> (Replication, Trace) {
    let mut all = Vec::new();
    campaigns(&Plan::new(&scenario(text)), 1, |replication, trace: Trace| all.push((replication, trace)));
    all.pop().expect("one replication was asked for")
}

/// Seconds from the start of the campaign.
pub fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

/// Seconds as microseconds, the unit of a replication's sums.
pub fn micros(seconds: u64) -> u128 {
    u128::from(Span::from_secs(seconds).micros())
}

/// Sees nothing.
#[derive(Default)]
pub struct Blind;

impl Observer for Blind {
    fn see(&mut self, _now: Time, _event: &Event<'_>) {}
}

/// All that an observer is told.
#[derive(Debug, Default)]
pub struct Trace {
    /// When each job was made, whom by, and for how many robots.
    pub created: Vec<(Time, JobKind, u32)>,
    pub began: Vec<Time>,
    /// Robots with their attempts.
    pub starts: Vec<(Time, RobotId, u32)>,
    pub ends: Vec<(Time, RobotId, RobotEnd)>,
    pub breaches: Vec<Time>,
    pub jobs: Vec<JobRecord>,
    /// Attempts that ended by themselves after they had timed out.
    pub late: Vec<(Time, RobotId, RobotEnd)>,
    pub registered: Vec<(Time, RobotId)>,
    /// Since when the origin sends at this rate, in bits a second.
    pub egress: Vec<(Time, u64)>,
}

impl Trace {
    /// Starts in whole seconds, without the attempts.
    pub fn start_seconds(&self) -> Vec<(u64, RobotId)> {
        self.starts.iter().map(|(time, robot, _)| (whole_seconds(*time), *robot)).collect()
    }

    /// When robots became `InSync`, in whole seconds and in this order.
    pub fn in_sync_seconds(&self) -> Vec<(u64, RobotId)> {
        let in_sync = self.ends.iter().filter(|(_, _, end)| *end == RobotEnd::InSync);
        in_sync.map(|(time, robot, _)| (whole_seconds(*time), *robot)).collect()
    }

    /// When jobs were made, in whole seconds.
    pub fn created_seconds(&self) -> Vec<u64> {
        self.created.iter().map(|(time, _, _)| whole_seconds(*time)).collect()
    }
}

fn whole_seconds(time: Time) -> u64 {
    let seconds = time.micros() / Span::from_secs(1).micros();
    assert_eq!(at(seconds), time, "not a whole second");
    seconds
}

impl Observer for Trace {
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::JobCreated { number, kind, targets } => {
                assert_eq!(number as usize, self.created.len(), "jobs are numbered from 0");
                self.created.push((now, kind, targets));
            }
            Event::JobBegan => self.began.push(now),
            Event::RobotStarted { robot, attempt } => self.starts.push((now, robot, attempt)),
            Event::RobotEnded { robot, started, end } => {
                let start = self.starts.iter().rev().find(|(_, other, _)| *other == robot);
                assert_eq!(start.map(|(time, _, _)| *time), Some(started), "an end belongs to the robot's last start");
                self.ends.push((now, robot, end));
            }
            Event::RobotEndedLate { robot, end } => self.late.push((now, robot, end)),
            Event::RobotRegistered { robot, .. } => self.registered.push((now, robot)),
            Event::EgressChanged(rate) => self.egress.push((now, rate)),
            Event::JobHalted => self.breaches.push(now),
            Event::JobOver(job) => self.jobs.push(*job),
            Event::CallMade { .. }
            | Event::CallAnswered(_)
            | Event::CallsLost(_)
            | Event::RobotProgressed(_)
            | Event::RobotBroken { .. } => {}
        }
    }
}
