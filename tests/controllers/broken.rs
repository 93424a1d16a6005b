//! `[controller.broken]`: a controller with a fault, which panics where more robots fail than it bears; and what every command
//! says of replications that fail.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use rollcast::rollout::{
    Admission, Controller, Custom, DeploymentStatus, JobEnd, JobKind, JobOutcome, Judgement, Limits, Progress, RobotId,
};
use rollcast::scenario::{ControllerKind, Fact, Keys, Policy};
use rollcast::time::{Span, Time};

use super::program::Sandbox;

pub const KIND: ControllerKind =
    ControllerKind { name: "broken", about: "Panics where too many robots fail.", read: Settings::read };

#[derive(Debug)]
struct Settings {
    bears: u32,
    robot_timeout: Span,
}

impl Settings {
    fn read(keys: &mut Keys<'_>) -> Option<Arc<dyn Policy>> {
        let bears = keys.integer("bears", "So many robots may fail.", 0..=1000, None);
        let robot_timeout = keys.robot_timeout();
        Some(Arc::new(Settings { bears: bears?, robot_timeout: robot_timeout? }))
    }
}

impl Policy for Settings {
    fn controller(&self) -> Box<dyn Custom> {
        Box::new(Broken { bears: self.bears })
    }

    fn robot_timeout(&self) -> Span {
        self.robot_timeout
    }

    fn headline(&self) -> String {
        format!("bears {} failures", self.bears)
    }

    fn facts(&self, _fleet_size: u32) -> Vec<Fact> {
        Vec::new()
    }
}

const OUTCOMES: [JobOutcome; 1] =
    [JobOutcome { name: "Completed", end: JobEnd::Completed, status: DeploymentStatus::Succeeded, failure_code: None }];

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Broken {
    bears: u32,
}

impl Controller for Broken {
    fn outcomes(&self) -> &'static [JobOutcome] {
        &OUTCOMES
    }

    fn job_created(&mut self, _now: Time, _kind: JobKind, _fleet_size: u32, _targets: &[RobotId]) {}

    fn limits(&self) -> Limits {
        Limits::default()
    }

    fn job_began(&mut self, _now: Time, _order: &mut [RobotId]) {}

    fn admit(&mut self, _now: Time, _pending: &mut [RobotId], _progress: &Progress) -> Admission {
        Admission::Start
    }

    fn judge(&mut self, _now: Time, progress: &Progress) -> Judgement {
        let failures = progress.counted_failures();
        assert!(failures <= self.bears, "{failures} failures\nare too many");
        Judgement::GoesOn
    }
}

/// In about a tenth of the replications two robots fail.
const SCENARIO: &str = r#"
name = "broken"
[run]
seed = 7
replications = 200
[controller.broken]
bears = 1
[[group]]
name = "a"
robots = 6
[group.step.launching]
latency = { exponential = { mean = "1m" } }
failure = 0.1
[[expect]]
metric = "campaign.outcomes.in_sync.probability"
at_least = 0.01
"#;

fn sandbox() -> Sandbox {
    Sandbox::with(&[("broken.toml", SCENARIO), ("other.toml", &SCENARIO.replace("bears = 1", "bears = 6"))])
}

/// The commands that a report names.
fn commands(stderr: &str) -> Vec<Vec<&str>> {
    let commands = stderr.lines().filter_map(|line| line.strip_prefix("    rollcast "));
    commands.map(|command| command.split(' ').collect()).collect()
}

#[test]
fn failed_replications_are_counted_named_and_replayed() {
    let sandbox = sandbox();
    let mut reports = Vec::new();
    for threads in ["1", "3"] {
        let (code, stdout, stderr) = sandbox.rollcast(&["run", "broken.toml", "--threads", threads, "--set", "name=x"]);
        assert_eq!(code, 1, "{stderr}");
        assert!(!stdout.contains("replications"), "a table of the rest would pass for one of all: {stdout}");
        reports.push(stderr);
    }
    assert_eq!(reports[0], reports[1], "whatever the threads");
    assert_eq!(sandbox.files(), ["broken.toml", "other.toml"]);
    let report = &reports[0];
    let (failed, rest) = report.strip_prefix("error: ").and_then(|rest| rest.split_once(' ')).expect("a number");
    let failed: usize = failed.parse().expect("a number");
    assert!((10..40).contains(&failed), "{failed}");
    let finished = 200 - failed;
    let said = format!("of 200 replications failed by a fault of rollcast, {finished} finished; nothing was written\n");
    assert!(rest.starts_with(&said), "{report}");
    assert!(report.ends_with(&format!("\nand {} more\n", failed - 10)), "{report}");
    assert!(!report.contains("panicked at"), "panics are told once: {report}");
    let commands = commands(report);
    assert_eq!(commands.len(), 10);
    for command in [&commands[0], &commands[9]] {
        let (code, _, stderr) = sandbox.rollcast(command);
        assert!(code != 0 && stderr.contains("failures\nare too many"), "{command:?}: {code} {stderr}");
    }
    // One of the others, by the same command.
    let mut fine = commands[0].clone();
    let place = 1 + fine.iter().position(|word| *word == "--replication").expect("it is named");
    let named: Vec<&str> = commands.iter().map(|command| command[place]).collect();
    let other = (0..200).map(|index| index.to_string()).find(|index| !named.contains(&index.as_str())).expect("one");
    (fine[place], *fine.last_mut().expect("a word")) = (&other, "run.replications=200");
    assert_eq!(sandbox.rollcast(&fine).0, 0, "{fine:?}");
}

#[test]
fn every_command_says_that_replications_failed() {
    let sandbox = sandbox();
    let bears = "controller.broken.bears=6,0,1";
    for (arguments, said, replayed) in [
        (&["run", "broken.toml", "--precision", "1%"][..], "of 400 replications", ""),
        (&["run", "broken.toml", "--no-files", "--json"], "of 200 replications", ""),
        (&["sweep", "broken.toml", "--vary", bears], "of 200 replications", " --set controller.broken.bears=0"),
        (&["sweep", "broken.toml", "--vary", bears, "--no-files", "--json"], "of 200 replications", ""),
        (&["tune", "broken.toml", "--vary", bears, "--minimize", "campaign.peak_robots_down.mean"], "replications", ""),
        (&["check", "broken.toml", "--out", "out", "--junit", "check.xml"], "of 256 replications", ""),
        (&["check", "broken.toml", "--baseline", "base", "--update-baseline"], "of 200 replications", ""),
        (&["compare", "other.toml", "broken.toml"], "of 200 replications", "rollcast trace broken.toml"),
    ] {
        let (code, stdout, stderr) = sandbox.rollcast(arguments);
        assert_eq!(code, 1, "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(said), "{arguments:?}: {stderr}");
        assert!(stderr.contains(replayed) && !commands(&stderr).is_empty(), "{arguments:?}: {stderr}");
        assert!(!stdout.contains('{') && !stdout.contains("HOW"), "{arguments:?}: {stdout}");
        assert_eq!(sandbox.files(), ["broken.toml", "other.toml"], "{arguments:?}");
        let (code, _, stderr) = sandbox.rollcast(&commands(&stderr)[0]);
        assert!(code != 0 && stderr.contains("are too many"), "{arguments:?}: {stderr}");
    }
}
