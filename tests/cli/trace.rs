//! `rollcast trace`

use serde_json::Value;

use super::support::{Sandbox, repository};

fn warehouse() -> String {
    repository().join("scenarios/warehouse.toml").display().to_string()
}

/// The trace's last event says how the campaign ended, and that is what the row says.
#[test]
fn a_trace_agrees_with_the_row_of_its_replication() {
    let sandbox = Sandbox::new();
    sandbox.rollcast(&["run", &warehouse(), "-n", "5", "--out", "out", "-q"]).exits(0);
    let rows = sandbox.read("out/replications.csv");
    for replication in ["0", "4"] {
        let ran =
            sandbox.rollcast(&["trace", &warehouse(), "--replication", replication, "--format", "jsonl"]).exits(0);
        let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let last = events.last().expect("events");
        let row = rows.lines().find(|row| row.split(',').next() == Some(replication)).expect("its row");
        let fields: Vec<&str> = row.split(',').collect();
        assert_eq!((last["event"].as_str(), last["outcome"].as_str()), (Some("campaign_ended"), Some(fields[1])));
        let jobs = events.iter().filter(|event| event["event"] == "job_created").count();
        assert_eq!(jobs.to_string(), fields[2], "{row}");
    }
}

#[test]
fn formats() {
    let sandbox = Sandbox::new();
    let few = ["--set", "group.amr.robots=5"];
    let trace =
        |format: &str| sandbox.rollcast(&["trace", &warehouse(), "--format", format, few[0], few[1]]).exits(0).stdout;
    assert!(trace("table").contains("robot started        0  amr-1  attempt 0, slot 0"));
    let csv = trace("csv");
    let columns = csv.lines().next().expect("a header").split(',').count();
    assert!(columns > 20 && csv.lines().all(|line| line.split(',').count() == columns), "{csv}");
    let chrome: Value = serde_json::from_str(&trace("chrome")).expect("JSON");
    assert!(chrome["traceEvents"].as_array().is_some_and(|events| events.len() > 30));
    assert!(trace("timeline").lines().any(|line| line.trim_start().starts_with("amr-5 ")));
    assert!(sandbox.files().is_empty());
}

#[test]
fn what_cannot_be_traced_is_refused() {
    let sandbox = Sandbox::new();
    let ran = sandbox.rollcast(&["trace", &warehouse(), "--replication", "1000"]).exits(2);
    assert!(ran.stderr.contains("there is no replication 1000") && ran.stderr.contains("0 to 999"), "{}", ran.stderr);
    let ran = sandbox.rollcast(&["trace", &warehouse(), "--format", "timeline"]).exits(2);
    assert!(ran.stderr.contains("200") && ran.stderr.contains("help:"), "{}", ran.stderr);
    let ran = sandbox.rollcast(&["trace", &warehouse(), "--set", "group.amr.robot=1"]).exits(2);
    assert!(ran.stderr.contains("unknown key"), "{}", ran.stderr);
}
