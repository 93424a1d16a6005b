//! `rollcast run`: what it prints.

use serde_json::Value;

use super::support::{COUNTED, Sandbox};

/// The whole of stdout and stderr for a scenario counted by hand: two waves of two robots, a minute each.
#[test]
fn the_table_of_a_counted_scenario() {
    let ran = Sandbox::with(COUNTED).rollcast(&["run", "scenario.toml"]).exits(0);
    let expected = "\
counted: four robots, two at once, a minute each
4 robots, 50 % at once, halt at 50 % failed; 3 replications, seed 0

The whole fleet is in sync in 100 % of the campaigns (95 % interval 43.9 % to
100 %). Half of these take at most 2m, all at most 2m. In the first job at most
0 robots fail or do not respond in half of the campaigns, 0 in all.

 HOW LIKELY                   share    from      to  count
 fleet in sync                100 %  43.9 %   100 %      3
 halted at the threshold        0 %     0 %  56.1 %      0
 hit the fleet timeout          0 %     0 %  56.1 %      0
 jobs used up                   0 %     0 %  56.1 %      0
 horizon reached                0 %     0 %  56.1 %      0

 HOW LONG                       p50     p90     p95    p99  max
 until the fleet is in sync      2m       -       -      -   2m
 until a robot is in sync        1m       -       -      -   2m
 first job                       2m       -       -      -   2m
 one robot's deployment          1m       -       -      -   1m
 jobs run                         1       -       -      -    1

 HOW MANY HURT                  p50     p90     p95    p99  max
 hurt in first job                0       -       -      -    0
 failed in first job              0       -       -      -    0
 no response in first job         0       -       -      -    0
 not attempted in first job       0       -       -      -    0
 hurt at least once               0       -       -      -    0
 left behind at the end           0       -       -      -    0
 robots down at once              2       -       -      -    2
 down, all robots                4m       -       -      -   4m

Files: results/counted/
";
    assert_eq!(ran.stdout, expected);
    assert_eq!(ran.stderr, "", "progress is for terminals");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn json_is_the_content_of_summary_json() {
    let sandbox = Sandbox::with(COUNTED);
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--json"]).exits(0);
    assert_eq!(ran.stdout, sandbox.read("results/counted/summary.json"));
    let alone = Sandbox::with(COUNTED);
    let same = alone.rollcast(&["run", "scenario.toml", "--json", "--no-files"]).exits(0);
    assert_eq!(ran.stdout, same.stdout);
    assert_eq!(alone.files(), ["scenario.toml"], "--no-files writes none");
}

#[test]
fn quiet_prints_nothing_and_still_writes() {
    let sandbox = Sandbox::with(COUNTED);
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--quiet"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert!(sandbox.files().contains(&String::from("results/counted/summary.json")));
}

/// Every number of the summary of the counted scenario, key by key and in order.
#[test]
fn the_summary_to_the_letter() {
    let ran = Sandbox::with(COUNTED).rollcast(&["run", "scenario.toml", "--json", "--no-files"]).exits(0);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let at = |pointer: &str| summary.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing")).clone();
    assert_eq!(at("/rollcast"), env!("CARGO_PKG_VERSION"));
    assert_eq!(at("/scenario/name"), "counted");
    assert_eq!((at("/seed"), at("/replications")), (0.into(), 3.into()));
    for (pointer, count) in [
        ("/campaign/outcomes/in_sync", 3),
        ("/campaign/outcomes/halted", 0),
        ("/campaign/outcomes/timed_out", 0),
        ("/campaign/outcomes/max_jobs", 0),
        ("/campaign/outcomes/horizon", 0),
        ("/first_job/outcomes/Succeeded", 3),
        ("/first_job/outcomes/FailureThresholdBreached", 0),
        ("/first_job/outcomes/FleetDeploymentTimeout", 0),
    ] {
        assert_eq!(at(&format!("{pointer}/count")), count, "{pointer}");
        assert_eq!(at(&format!("{pointer}/probability")), count / 3, "{pointer}");
        assert_eq!(at(&format!("{pointer}/ci95")).as_array().map(Vec::len), Some(2), "{pointer}");
    }
    // Equal numbers: mean, minimum, quantiles and maximum are the same, and nothing spreads.
    for (pointer, count, value) in [
        ("/campaign/time_to_success_s", 3, 120),
        ("/campaign/jobs", 3, 1),
        ("/campaign/concurrent_deployment_exceptions", 3, 0),
        ("/campaign/peak_robots_down", 3, 2),
        ("/first_job/makespan_s", 3, 120),
        ("/first_job/time_to_success_s", 3, 120),
        ("/first_job/robots_succeeded", 3, 4),
        ("/first_job/robots_failed", 3, 0),
        ("/first_job/robots_no_response", 3, 0),
        ("/first_job/robots_not_attempted", 3, 0),
        ("/first_job/peak_in_flight", 3, 2),
        ("/robot/deployment_s", 12, 60),
        ("/robot/out_of_service_s", 3, 240),
        ("/robot/down_s", 3, 240),
    ] {
        assert_eq!(at(&format!("{pointer}/count")), count, "{pointer}");
        for key in ["mean", "min", "p50", "p90", "p95", "p99", "max"] {
            assert_eq!(at(&format!("{pointer}/{key}")), value, "{pointer}/{key}");
        }
        assert_eq!(at(&format!("{pointer}/std")), 0, "{pointer}");
        assert_eq!(at(&format!("{pointer}/mean_ci95")), Value::from(vec![value, value]), "{pointer}");
    }
    let halted = at("/first_job/threshold_overshoot");
    assert_eq!(halted["count"], 0);
    assert!(halted.as_object().unwrap().iter().all(|(key, value)| key == "count" || value.is_null()));
    let robots = at("/robot/time_to_success_s");
    assert_eq!((&robots["count"], &robots["mean"], &robots["max"]), (&12.into(), &90.into(), &120.into()));
    // Half of the robots are in sync after 60 s, and quantiles are right to one part in a thousand.
    let p50 = robots["p50"].as_f64().expect("a number");
    assert!((60.0..60.06).contains(&p50), "{p50}");
    assert_eq!(at("/robot/failure_codes"), serde_json::json!({}));
    // The order of the keys is part of the format.
    let order: Vec<usize> =
        ["\"rollcast\"", "\"scenario\"", "\"seed\"", "\"replications\"", "\"campaign\"", "\"first_job\"", "\"robot\""]
            .iter()
            .map(|key| ran.stdout.find(key).expect("a key"))
            .collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn options_go_before_the_scenario_s_own_values() {
    let sandbox = Sandbox::with(COUNTED);
    let summary = |args: &[&str]| -> Value {
        let args = [&["run", "scenario.toml", "--json", "--no-files"], args].concat();
        serde_json::from_str(&sandbox.rollcast(&args).exits(0).stdout).expect("JSON")
    };
    let own = summary(&[]);
    let other = summary(&["--replications", "7", "--seed", "18446744073709551615"]);
    assert_eq!((&other["replications"], &other["seed"]), (&7.into(), &u64::MAX.into()));
    assert_eq!(own["scenario"]["digest"], other["scenario"]["digest"], "the digest is of what is simulated");
    let slower = summary(&["--set", "group.amr.step.launching.latency.constant=90s"]);
    assert_eq!(slower["campaign"]["time_to_success_s"]["max"], 180);
    assert_ne!(own["scenario"]["digest"], slower["scenario"]["digest"]);
    let same = summary(&["--set", "description=other words", "--set", "name=x"]);
    assert_eq!(own["scenario"]["digest"], same["scenario"]["digest"]);
    let set = summary(&["--set", "run.seed=5", "--set", "sync={ schedule = { every = \"1h\" }, max_jobs = 2 }"]);
    assert_eq!(set["seed"], 5);
}

#[test]
fn help_shows_examples_and_exit_codes() {
    let sandbox = Sandbox::new();
    let long = sandbox.rollcast(&["run", "--help"]).exits(0).stdout;
    for text in ["Examples:", "--set deployment.concurrent_deployment_percentage=5", "130  interrupted", "--no-files"] {
        assert!(long.contains(text), "{text} is not in:\n{long}");
    }
    assert!(sandbox.rollcast(&["--help"]).exits(0).stdout.contains("Exit status:"));
    assert_eq!(sandbox.rollcast(&["--version"]).exits(0).stdout, concat!("rollcast ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn bad_usage_exits_with_2() {
    let sandbox = Sandbox::with(COUNTED);
    for args in [
        &["run"][..],
        &["ran", "scenario.toml"],
        &["run", "scenario.toml", "--threads", "0"],
        &["run", "scenario.toml", "--replications", "0"],
        &["run", "scenario.toml", "--replications", "-3"],
        &["run", "scenario.toml", "--seed", "1.5"],
        &["run", "scenario.toml", "--bogus"],
        &["run", "scenario.toml", "--no-files", "--out", "x"],
    ] {
        let ran = sandbox.rollcast(args).exits(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("error:"), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(sandbox.files(), ["scenario.toml"]);
}

/// A description is somebody's text; it must not steer the terminal.
#[test]
fn control_characters_do_not_reach_the_terminal() {
    let scenario = COUNTED.replace("four robots", "four\\u001b[31m robots\\u0007");
    let ran = Sandbox::with(&scenario).rollcast(&["run", "scenario.toml", "--no-files"]).exits(0);
    assert!(ran.stdout.starts_with("counted: four[31m robots, two at once"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}']));
}

/// Robots that register while the first call is throttled. R2: F is taken as the job is made, so the limit is half of
/// 100 robots, not of the 4 at the start; and where the first call may get through at once, it is 2 in those campaigns.
#[test]
fn the_limit_is_that_of_the_jobs() {
    let grow = r#"
name = "grow"
[deployment]
concurrent_deployment_percentage = 100
failure_threshold_percentage = 50
[[group]]
name = "g"
robots = 4
[group.step.validating]
latency = { constant = "1s" }
failure = 0.6
[group.registrations]
interarrival = { constant = "100ms" }
max = 96
[api]
throttle = 0.9
[api.retry]
base = "10m"
factor = 1.0
jitter = 0.0
max_attempts = 1000
"#;
    let sandbox = Sandbox::with(grow);
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--replications", "400", "--out", "out"]).exits(0);
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("It halts at 2 to 50 failures; robots in flight then add"), "{said}");
    let page = sandbox.read("out/report.html");
    assert!(page.contains("It halts at 2 to 50 failures"), "{page}");
    assert!(page.contains("halts at 2 to 50 (50 %)"), "{page}");
    let summary: Value = serde_json::from_str(&sandbox.read("out/summary.json")).expect("JSON");
    // With 50 failures or more a job of 100 robots halts: at most 50 of them overshoot.
    assert!(summary["first_job"]["threshold_overshoot"]["max"].as_f64().expect("a number") < 50.0);

    let throttled = sandbox.rollcast(&["run", "scenario.toml", "--set", "api.throttle=0.9999", "--no-files"]).exits(0);
    let said = throttled.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("It halts at 50 failures; robots in flight then add"), "{said}");
}
