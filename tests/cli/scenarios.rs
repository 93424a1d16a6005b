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
    assert!(paths.len() >= 5);
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
}
