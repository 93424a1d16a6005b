//! `rollcast validate`: says what would be simulated, or all that is wrong.

use std::time::{Duration, Instant};

use super::support::{COUNTED, Sandbox, program, repository};

const BAD: &str = "name = \"a b\"\n[deployment]\nconcurrent_deployment_percentage = 0\n";

/// The whole of stdout for a scenario with every part.
#[test]
fn the_outline_of_a_scenario_with_a_world() {
    let scenario = r#"name = "all"
description = "with every part"
run = { seed = 3, replications = 20 }
[deployment]
concurrent_deployment_percentage = 10
failure_threshold_percentage = 15
on_breach = "abort"
start_order = "shuffled"
preparing = { exponential = { mean = "20s" } }
[[group]]
name = "amr"
robots = 19
architecture = "ARM64"
[group.step.validating]
latency = { constant = "5s" }
[group.step.downloading_extracting]
latency = { lognormal = { median = "2m", sigma = 0.8 } }
failure = { beta = { mean = 0.01, concentration = 50 } }
[group.step.launching]
latency = { mixture = [{ weight = 3, constant = "20s" }, { weight = 1, uniform = { min = "1m", max = "2m" } }] }
failure = { probability = 0.0025, codes = { BadPermissionError = 1, LambdaDeleted = 2 } }
[group.connectivity]
online = { exponential = { mean = "4h" } }
offline = { constant = "30m" }
[group.registrations]
interarrival = { exponential = { mean = "6h" } }
max = 5
[group.download]
uplink = "20Mbit/s"
link = { uniform = { min = "1Mbit/s", max = "2Mbit/s" } }
[sync]
schedule = { every = "1h" }
horizon = "7d"
on_timeout = "retry"
[[build]]
name = "good"
weight = 9
[[build]]
name = "bad"
weight = 1
failure = { "*.launching" = 0.4 }
[download]
bundle_size = "600MB"
egress = "1.5Gbit/s"
[api]
throttle = 0.1
lost_answer = 0.025
"#;
    let ran = Sandbox::with(scenario).rollcast(&["validate", "scenario.toml"]).exits(0);
    let expected = "\
all: with every part

 FLEET                          19 robots and up to 5 more
 amr                            19 robots and up to 5 more, ARM64
   validating                   5s; never fails
   downloading_extracting       lognormal, median 2m, sigma 0.8; fails with
                                about 1 %, drawn (concentration 50)
   launching                    75 % 20s; 25 % uniform, 1m to 2m; fails with
                                0.25 % (LambdaDeleted, BadPermissionError)
   online for                   exponential, mean 4h
   offline for                  30m
   registrations, one after     exponential, mean 6h
   download                     a robot's link uniform, 1Mbit/s to 2Mbit/s,
                                uplink 20Mbit/s

 ROLLOUT
 at once                        10 % of the fleet: 1 robot
 halts at                       15 % failed or not responding: 3 robots; those
                                in flight are aborted
 robot timeout                  5h
 fleet timeout                  30d
 order of starts                drawn for each job
 preparing                      exponential, mean 20s

 SYNC                           every 1h from the start
 at most                        1000 jobs, the first one included
 after a halt                   stop
 after a fleet timeout          retry
 ends as it stands after        7d
 simulated                      20 replications, seed 3

 BUILDS                         a replication is about one of them
 good                           90 %
 bad                            10 %; other failures in launching

 DOWNLOAD                       600MB from an egress of 1.5Gbit/s

 API                            calls: 10 % throttled, 2.5 % without an answer
 attempts of a call             up to 5; waits 1s at first, times 2 each time,
                                +-50 %
";
    assert_eq!(ran.stdout, expected);
    assert_eq!(ran.stderr, "");
}

#[test]
fn every_error_of_every_file_is_shown() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.write("bad.toml", BAD);
    sandbox.write("worse.toml", "name = ");
    let ran = sandbox.rollcast(&["validate", "bad.toml", "scenario.toml", "worse.toml"]).exits(2);
    assert!(ran.stdout.starts_with("counted: four robots"), "those that are right are described: {}", ran.stdout);
    for shown in ["bad.toml:1", "is not a name", "bad.toml:3", "is out of range", "`group` is missing", "worse.toml:1"]
    {
        assert!(ran.stderr.contains(shown), "{shown} is not in\n{}", ran.stderr);
    }
    assert_eq!(sandbox.files(), ["bad.toml", "scenario.toml", "worse.toml"], "nothing is written");
}

/// What could not be read has not been checked, whatever is wrong with others.
#[test]
fn a_file_that_cannot_be_read_exits_with_3() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.write("bad.toml", BAD);
    for args in [["validate", "absent.toml", "bad.toml"], ["validate", "bad.toml", "absent.toml"]] {
        let ran = sandbox.rollcast(&args).exits(3);
        assert!(
            ran.stderr.contains("cannot read absent.toml") && ran.stderr.contains("is not a name"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn quiet_prints_errors_only() {
    let sandbox = Sandbox::with(COUNTED);
    let ran = sandbox.rollcast(&["validate", "scenario.toml", "--quiet"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    sandbox.write("bad.toml", BAD);
    let ran = sandbox.rollcast(&["validate", "bad.toml", "--quiet"]).exits(2);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("is not a name"));
}

#[test]
fn options_are_laid_over_every_file() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.write("other.toml", COUNTED);
    let args = ["validate", "scenario.toml", "other.toml", "--set", "group.amr.robots=7"];
    let ran = sandbox.rollcast(&args).exits(0);
    assert_eq!(ran.stdout.matches(" FLEET                          7 robots\n").count(), 2, "{}", ran.stdout);
    let ran = sandbox.rollcast(&["validate", "scenario.toml", "--set", "group.amr.robots=0"]).exits(2);
    assert!(ran.stderr.contains("`group.amr.robots` is out of range"), "{}", ran.stderr);
    sandbox.rollcast(&["validate"]).exits(2);
}

/// Nothing is simulated, however large the fleet; and each outline fits on a screen.
#[test]
fn shipped_scenarios_are_outlined_at_once() {
    let folder = repository().join("scenarios");
    let paths: Vec<_> =
        std::fs::read_dir(&folder).expect("the scenarios").map(|e| e.expect("an entry").path()).collect();
    let tomls: Vec<_> = paths.iter().filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    let began = Instant::now();
    for path in &tomls {
        let output = program().arg("validate").arg(path).output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && (12..45).contains(&text.lines().count()), "{}:\n{text}", path.display());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    let each = began.elapsed() / tomls.len() as u32;
    assert!(each < Duration::from_millis(500), "{each:?} each: that is a simulation");
}

#[test]
fn many_groups_are_listed_and_not_told_in_full() {
    let mut scenario = String::from(COUNTED);
    for number in 0..20 {
        scenario += &format!(
            "[[group]]\nname = \"g{number}\"\nrobots = 1\n[group.step.launching]\nlatency.constant = \"1s\"\n"
        );
    }
    let ran = Sandbox::with(&scenario).rollcast(&["validate", "scenario.toml"]).exits(0);
    assert!(ran.stdout.contains("\n g3                             1 robot, X86_64, 1 step\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n ... and 9 more groups\n"), "{}", ran.stdout);
}
