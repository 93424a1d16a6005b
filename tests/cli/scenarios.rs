//! The shipped scenarios: all run, all say what they are for.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::support::{Sandbox, repository};

fn shipped() -> Vec<PathBuf> {
    let folder = fs::read_dir(repository().join("scenarios")).expect("the folder of scenarios");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths
}

fn summary(name: &str, args: &[&str]) -> Value {
    let path = repository().join("scenarios").join(name);
    let path = path.to_str().expect("a UTF-8 path");
    let args = [&["run", path, "--json", "--no-files"], args].concat();
    serde_json::from_str(&Sandbox::new().rollcast(&args).exits(0).stdout).expect("JSON")
}

#[test]
fn every_scenario_runs_and_begins_with_its_question() {
    let paths = shipped();
    assert!(paths.len() >= 10);
    for path in paths {
        let text = fs::read_to_string(&path).expect("a scenario");
        let comment: String = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(comment.contains('?') && comment.len() > 200, "{}: no question, or no sources", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name");
        let summary = summary(name, &[]);
        assert!(summary["replications"].as_u64().is_some_and(|n| n >= 50), "{name}");
        assert!(summary["robot"]["deployment_s"]["count"].as_u64().is_some_and(|n| n > 0), "{name}");
    }
}

/// What each scenario is there to teach is what it shows.
#[test]
fn scenarios_teach_what_they_say() {
    let warehouse = summary("warehouse.toml", &[]);
    assert!(warehouse["campaign"]["jobs"]["mean"].as_f64() > Some(1.5), "sync jobs repeat");

    let timeout = summary("fleet-timeout.toml", &[]);
    assert!(timeout["campaign"]["outcomes"]["timed_out"]["probability"].as_f64() > Some(0.9));
    assert_eq!(timeout["first_job"]["peak_in_flight"]["max"], 1);
    assert_eq!(timeout["first_job"]["makespan_s"]["max"], 30 * 86_400);

    let bad = summary("bad-build.toml", &[]);
    assert_eq!(bad["campaign"]["outcomes"]["halted"]["probability"], 1);
    assert!(bad["first_job"]["threshold_overshoot"]["p50"].as_f64() > Some(20.0));
    let abort = summary("bad-build.toml", &["--set", "deployment.on_breach=abort"]);
    assert_eq!(abort["first_job"]["threshold_overshoot"]["max"], 0);

    let large = summary("fleet-100k.toml", &["-n", "2"]);
    assert!(large["first_job"]["robots_succeeded"]["min"].as_f64() > Some(95_000.0));

    let mobile = summary("delivery-mobile.toml", &["-n", "200"]);
    assert!(mobile["robot"]["late_syncs"]["p50"].as_f64() > Some(20.0), "many come back by themselves");

    let docking = summary("hospital-docking.toml", &["-n", "300"]);
    let often = summary("hospital-docking.toml", &["-n", "300", "--set", "group.day.connectivity.offline.constant=3h"]);
    let p50 = |summary: &Value| summary["campaign"]["time_to_success_s"]["p50"].as_f64().expect("a median");
    assert!(p50(&often) < 0.9 * p50(&docking), "shorter runs");

    let uplink = |percentage: &str| {
        let set = format!("deployment.concurrent_deployment_percentage={percentage}");
        summary("warehouse-uplink.toml", &["-n", "100", "--set", &set])
    };
    let [careful, shipped, greedy] = ["5", "20", "50"].map(uplink);
    assert!((p50(&careful) / p50(&shipped) - 1.0).abs() < 0.05, "more concurrency stops helping");
    let deployment = |summary: &Value| summary["robot"]["deployment_s"]["p50"].as_f64().expect("a median");
    assert!(deployment(&shipped) > 3.0 * deployment(&careful));
    assert_eq!(greedy["campaign"]["outcomes"]["halted"]["probability"], 1, "nobody is done by the robot timeout");

    let halted = |threshold: &str, build: &str| {
        let set = format!("deployment.failure_threshold_percentage={threshold}");
        let mixture = summary("build-mixture.toml", &["-n", "1000", "--set", &set]);
        mixture["builds"][build]["campaign"]["outcomes"]["halted"]["probability"].as_f64().expect("a probability")
    };
    assert!(halted("3", "healthy") > 0.05, "false alarms");
    assert!(halted("8", "healthy") < 0.02 && halted("8", "breaks-picker") > 0.8);
    assert!(halted("20", "breaks-picker") < 0.2, "a bad build slips through");

    let hanging = |timeout: &str| {
        summary("build-hangs.toml", &["--set", &format!("deployment.robot_deployment_timeout={timeout}")])
    };
    let [soon, shipped] = ["15m", "40m"].map(hanging);
    let detection =
        |summary: &Value| summary["builds"]["hangs"]["first_job"]["detection_s"]["p50"].as_f64().expect("it halts");
    assert!(detection(&shipped) > 40.0 * 60.0 && detection(&soon) < 0.6 * detection(&shipped), "the timeout finds it");
    let outcome = |summary: &Value, build: &str, outcome: &str| {
        summary["builds"][build]["campaign"]["outcomes"][outcome]["probability"].as_f64().expect("a probability")
    };
    assert_eq!(outcome(&shipped, "hangs", "halted"), 1.0);
    assert_eq!(outcome(&shipped, "heavy", "halted"), 0.0);
    assert!(outcome(&soon, "heavy", "halted") > 0.1, "only larger");
    assert!(shipped["builds"]["good"]["campaign"]["jobs"]["p95"].as_f64() > Some(10.0), "robots that stay broken");

    let growing = summary("growing-fleet.toml", &["-n", "100"]);
    assert!(growing["campaign"]["api"]["retries"]["min"].as_f64() > Some(10.0));
    assert_eq!(growing["robot"]["time_to_success_s"]["count"], 120 * 100, "all that register are served");
}
