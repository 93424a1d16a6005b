//! What no controller may do, whatever its rules are: RoboMaker's is held to the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use rollcast::questions;
use rollcast::rollout::{AnyController, DeploymentStatus, RobotEnd, RobotId};
use rollcast::scenario::{Scenario, ScenarioFile};
use rollcast::simulation::{Campaign, Event, JobRecord, Observer, Plan};
use rollcast::time::Time;

const ROLLOUTS: [&str; 5] = [
    "[deployment]\nconcurrent_deployment_percentage = 20\nfailure_threshold_percentage = 30\n\
     robot_deployment_timeout = \"1m\"",
    "[deployment]\nconcurrent_deployment_percentage = 8\nfailure_threshold_percentage = 40\non_breach = \"abort\"\n\
     robot_deployment_timeout = \"1m\"",
    "[controller.paced]\nper_minute = 3\nfailed_percentage = 45\nat_least = 4\nrobot_timeout = \"1m\"",
    "[controller.staged]\nwave = 7\nat_once = 3\nsoak = \"90s\"\nfailed_at_most = 2\n\
     in_flight = \"abort\"\nrobot_timeout = \"1m\"",
    "[controller]\nstart_order = \"shuffled\"\n[controller.staged]\nwave = 5\nsoak = \"0s\"\nfailed_at_most = 1\n\
     robot_timeout = \"1m\"",
];

/// Robots that fail, time out, take no time, go offline and get in sync by themselves, over several jobs.
const WORLD: &str = r#"
[[group]]
name = "a"
robots = 15
[group.step.launching]
latency = { mixture = [{ weight = 1, constant = "0s" }, { weight = 3, exponential = { mean = "50s" } }] }
failure = 0.2
[[group]]
name = "b"
robots = 10
[group.connectivity]
online = { exponential = { mean = "5m" } }
offline = { exponential = { mean = "2m" } }
[group.step.validating]
latency = { exponential = { mean = "30s" } }
failure = 0.1
[sync]
schedule = { after_finish = "1m" }
max_jobs = 4
on_halt = "retry"
horizon = "6h"
"#;

fn scenario(rollout: &str) -> Scenario {
    let text = format!("name = \"x\"\n{rollout}\n{WORLD}");
    let file = ScenarioFile::of_text(&text, "x.toml", Path::new("")).choosing_from(&super::controllers());
    questions::read(&file, []).map_err(|problems| problems.render(false)).expect("it is right").0
}

/// Counts along, and says what must not be.
#[derive(Default)]
struct Judge {
    now: Time,
    in_flight: BTreeMap<RobotId, u32>,
    attempts: BTreeMap<RobotId, u32>,
    peak: usize,
    halted: bool,
    targets: u32,
    started: u32,
    ended: [u32; 4],
    jobs: Vec<JobRecord>,
}

impl Observer for Judge {
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::JobCreated { targets, .. } => {
                assert!(self.in_flight.is_empty(), "one job at a time");
                (self.halted, self.targets, self.started, self.ended, self.peak) = (false, targets, 0, [0; 4], 0);
            }
            Event::RobotStarted { robot, attempt } => {
                assert!(!self.halted, "nobody starts after a halt");
                assert!(now >= self.now, "time goes on");
                assert_eq!(attempt, *self.attempts.get(&robot).unwrap_or(&0), "attempts are counted");
                assert_eq!(self.in_flight.insert(robot, attempt), None, "a robot in flight does not start");
                self.attempts.insert(robot, attempt + 1);
                self.started += 1;
                self.peak = self.peak.max(self.in_flight.len());
            }
            Event::RobotEnded { robot, end, .. } => {
                assert!(self.in_flight.remove(&robot).is_some(), "a robot ends once for each attempt");
                let place = match end {
                    RobotEnd::InSync => 0,
                    RobotEnd::Failed(_) => 1,
                    RobotEnd::NoResponse => 2,
                    RobotEnd::Aborted => 3,
                };
                self.ended[place] += 1;
            }
            Event::JobHalted => self.halted = true,
            Event::JobOver(job) => {
                let progress = &job.progress;
                assert_eq!(job.halted(), self.halted);
                assert_eq!((progress.targets, progress.started), (self.targets, self.started));
                let ended = [progress.succeeded, progress.failed, progress.no_response, progress.aborted];
                assert_eq!(ended, self.ended);
                assert_eq!(progress.peak_in_flight as usize, self.peak);
                assert!(
                    job.limits.in_flight.is_none_or(|most| progress.peak_in_flight <= most),
                    "no more than allowed"
                );
                assert_eq!(progress.in_flight as usize, self.in_flight.len());
                if job.ended.is_some() {
                    assert!(job.outcome.is_some() && self.in_flight.is_empty());
                    let left = progress.targets - progress.started - progress.withdrawn;
                    assert!(self.halted || left == 0, "all targets end unless the job halts");
                }
                if let Some(halted) = job.halt {
                    assert!(halted.hurt <= progress.counted_failures());
                    assert!(halted.halt.count >= halted.halt.limit);
                }
                self.jobs.push(*job);
            }
            _ => {}
        }
        self.now = now;
    }
}

#[test]
fn no_controller_breaks_the_rules() {
    for rollout in ROLLOUTS {
        let scenario = scenario(rollout);
        let plan = Plan::new(&scenario);
        let mut campaign = Campaign::new(&plan, plan.controller.clone());
        let (mut halted, mut completed, mut withdrawn) = (0, 0, 0);
        for index in 0..60 {
            let mut judge = Judge::default();
            let replication = campaign.run(7, index, &AtomicBool::new(false), &mut judge).expect("nobody cancels it");
            assert_eq!(replication.jobs as usize, judge.jobs.len(), "{rollout}");
            halted += judge.jobs.iter().filter(|job| job.halted()).count();
            completed += judge.jobs.iter().filter(|job| job.status == DeploymentStatus::Succeeded).count();
            withdrawn += judge.jobs.iter().filter(|job| job.progress.withdrawn > 0).count();
            // Nothing is left over from one campaign to the next.
            let alone = Campaign::new(&plan, plan.controller.clone()).run(7, index, &AtomicBool::new(false), ());
            assert_eq!(alone, Some(replication), "{rollout}");
        }
        assert!(halted > 0 && completed > 0, "{rollout}: {halted} halted, {completed} completed");
        assert!(withdrawn > 0, "{rollout}: robots get in sync by themselves");
    }
}

/// A controller that is written down goes on as it was, under the settings that it is of.
#[test]
fn controllers_are_written_down_and_read_back() {
    for rollout in ROLLOUTS {
        let controller = Plan::new(&scenario(rollout)).controller;
        let written = serde_json::to_string(&controller).expect("it can be written");
        let mut read: AnyController = serde_json::from_str(&written).expect("it can be read");
        assert!(read.resume(&controller), "{rollout}");
        assert_eq!(format!("{read:?}"), format!("{controller:?}"));
        let other = if rollout.starts_with("[deployment]") { ROLLOUTS[2] } else { ROLLOUTS[0] };
        assert!(!read.resume(&Plan::new(&scenario(other)).controller), "it is of another kind");
    }
}
