//! Traces agree with the rows of their replications, and with themselves.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use serde_json::Value;

use rollcast::experiment::{Block, Rows};
use rollcast::report::CsvRows;
use rollcast::scenario::Scenario;
use rollcast::simulation::Plan;
use rollcast::trace::{Format, Trace};

use super::row_of_trace::{assert_agrees, events, micros};
use super::scenarios::{config, sketch};
use super::worlds::{dated_world, world};

fn trace(scenario: &Scenario, seed: u64, index: u32) -> Trace<'_> {
    let plan = Plan::new(scenario);
    Trace::record(scenario, &plan, seed, index, &AtomicBool::new(false)).expect("it is short, and nobody cancels it")
}

fn text(trace: &Trace<'_>, format: Format) -> String {
    let mut text = Vec::new();
    trace.write(format, 100, &mut text).expect("memory takes all text");
    String::from_utf8(text).expect("UTF-8")
}

/// The header and the row of a replication, as `rollcast run` writes them.
fn row(scenario: &Scenario, trace: &Trace<'_>) -> (String, String) {
    let mut rows = CsvRows::new(Vec::new(), Vec::new(), scenario, 0).expect("memory takes all");
    let block = Block { replications: vec![trace.replication.clone()], jobs: Vec::new() };
    let chunk = CsvRows::<Vec<u8>>::render(&rows.layout(), &block);
    rows.write(chunk).expect("memory takes all");
    let (replications, ..) = rows.finish().expect("memory takes all");
    let text = String::from_utf8(replications).expect("UTF-8");
    let (header, row) = text.split_once('\n').expect("two lines");
    (header.to_owned(), row.trim_end().to_owned())
}

#[test]
fn traces_of_shipped_scenarios_agree_with_their_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut checked = 0;
    for entry in fs::read_dir(&folder).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let scenario = Scenario::load(&path, &[]).expect("it is right");
            let replications = if scenario.fleet_size() > 10_000 { 1 } else { 4 };
            for index in 0..replications {
                let trace = trace(&scenario, scenario.seed, index);
                let jsonl = text(&trace, Format::Jsonl);
                let (header, row) = row(&scenario, &trace);
                assert_agrees(&jsonl, &header, &row);
                consistent(&jsonl);
                whole_bundles_come_at_the_rates_told(&trace, &jsonl);
                checked += 1;
            }
        }
    }
    assert!(checked >= 35, "{checked}");
}

/// The bytes downloaded are what the origin has sent, for scenarios in which every download has a cap.
fn whole_bundles_come_at_the_rates_told(trace: &Trace<'_>, jsonl: &str) {
    let Some(download) = &trace.replication.download else { return };
    let (mut since, mut rate, mut bits) = (0, 0, 0.0);
    let events = events(jsonl);
    for event in &events {
        let at = micros(&event["at_s"]);
        bits += rate as f64 * (at - since) as f64 / 1e6;
        since = at;
        rate = event["rate_bit_s"].as_u64().unwrap_or(rate);
    }
    // An attempt's download is rounded to a microsecond, and an unfinished one to a byte.
    let slack = trace.attempts.len() as f64 * (download.peak_egress as f64 / 8e6 + 1.0);
    let bytes = download.bytes as f64;
    assert!((bits / 8.0 - bytes).abs() <= slack, "{} bytes sent, {bytes} downloaded, {slack}", bits / 8.0);
}

/// What must hold of any trace: time goes on, a slot holds one robot, steps follow each other from start to end.
fn consistent(jsonl: &str) {
    let events = events(jsonl);
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let mut now = 0;
    let mut slots: BTreeMap<u64, String> = BTreeMap::new();
    // Each robot's open attempt: how far its steps have come, and with what the last one failed.
    let mut steps: BTreeMap<String, (u64, Option<String>, bool)> = BTreeMap::new();
    let mut offline: BTreeMap<String, bool> = BTreeMap::new();
    for event in &events {
        let at = micros(&event["at_s"]);
        assert!(at >= now, "time goes back: {event}");
        now = at;
        let robot = text(event, "robot");
        if let Some((_, number)) = robot.rsplit_once('-') {
            assert!(number.parse::<u32>().is_ok_and(|number| number >= 1), "{event}");
            assert_eq!(robot, format!("{}-{number}", text(event, "group")));
        }
        match event["event"].as_str().expect("a name") {
            "robot_started" => {
                let slot = event["slot"].as_u64().expect("a slot");
                assert!((0..slot).all(|lower| slots.contains_key(&lower)), "a lower slot is free: {event}");
                assert_eq!(slots.insert(slot, robot.clone()), None, "the slot is taken: {event}");
                offline.insert(robot.clone(), event["online"] == false);
                steps.insert(robot, (at, None, false));
            }
            "robot_step" => {
                let (come, failed, any) = steps.get_mut(&robot).expect("it has started");
                assert_eq!((*come, &*failed), (at, &None), "{event}");
                (*come, *any) = (micros(&event["until_s"]), true);
                *failed = event["failure_code"].as_str().map(str::to_owned);
            }
            "robot_ended" => {
                assert_eq!(slots.remove(&event["slot"].as_u64().expect("a slot")), Some(robot.clone()));
                let (come, failed, any) = steps.remove(&robot).expect("it has started");
                if any {
                    assert_eq!(come, at, "the steps end with the attempt: {event}");
                }
                let code = event["failure_code"].as_str();
                if let (true, Some(failed)) = (any, &failed) {
                    // A step may fail in the instant in which its job aborts it.
                    assert!(code == Some(failed) || code == Some("RobotDeploymentAborted"), "{event}");
                }
                let fails_by_itself =
                    !matches!(code, None | Some("RobotDeploymentAborted" | "RobotDeploymentNoResponse"));
                assert_eq!(event.get("step").is_some(), fails_by_itself, "{event}");
                assert_eq!(any && fails_by_itself, failed.is_some() && fails_by_itself, "{event}");
            }
            "robot_offline" => assert_eq!(offline.insert(robot, true), Some(false), "{event}"),
            "robot_online" => assert_eq!(offline.insert(robot, false), Some(true), "{event}"),
            "robot_began" => assert!(!offline[&robot], "{event}"),
            _ => {}
        }
    }
}

/// The slices of each track nest, attempts and steps are all there, and the counter ends at 0.
fn chrome_is_well_formed(trace: &Trace<'_>) {
    let chrome: Value = serde_json::from_str(&text(trace, Format::Chrome)).expect("JSON");
    let events = chrome["traceEvents"].as_array().expect("events");
    let mut tracks: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let number = |event: &Value, key: &str| event[key].as_u64().unwrap_or_else(|| panic!("{key} of {event}"));
    for event in events.iter().filter(|event| event["ph"] == "X") {
        let slice = (number(event, "ts"), number(event, "ts") + number(event, "dur"));
        assert!(slice.1 <= trace.replication.ended.micros(), "{event}");
        tracks.entry((number(event, "pid"), number(event, "tid"))).or_default().push(slice);
    }
    let named = events.iter().filter(|event| event["name"] == "thread_name").count();
    assert!(tracks.len() <= named, "every track has a name");
    for ((pid, tid), mut slices) in tracks {
        // As a reader does it: by time, those of one instant as they stand.
        slices.sort_by_key(|(from, _)| *from);
        let mut open: Vec<u64> = Vec::new();
        for (from, until) in slices {
            while open.last().is_some_and(|end| *end <= from && until > *end) {
                open.pop();
            }
            let fits = open.last().is_none_or(|end| until <= *end);
            assert!(fits, "slices overlap on track {tid} of process {pid}: {from} to {until} in {open:?}");
            open.push(until);
        }
    }
    let of = |pid: u64, name: &str| {
        let named = |event: &&Value| event["ph"] == "X" && event["pid"] == pid && text_of(event).starts_with(name);
        events.iter().filter(named).count()
    };
    fn text_of(event: &Value) -> &str {
        event["name"].as_str().expect("a name")
    }
    assert_eq!(of(2, ""), trace.attempts.len());
    assert_eq!(of(3, "attempt "), trace.attempts.len());
    assert_eq!(of(1, "job "), trace.jobs.len());
    let counter = events.iter().rfind(|event| event["ph"] == "C" && event["name"] == "robots in flight");
    assert_eq!(counter.expect("a counter")["args"]["robots in flight"], 0);
}

fn check(scenario: &Scenario, seed: u64) {
    for index in 0..2 {
        let trace = trace(scenario, seed, index);
        let jsonl = text(&trace, Format::Jsonl);
        let (header, row) = row(scenario, &trace);
        assert_agrees(&jsonl, &header, &row);
        consistent(&jsonl);
        chrome_is_well_formed(&trace);
        let lines = jsonl.lines().count();
        assert_eq!(text(&trace, Format::Csv).lines().count(), lines + 1);
        assert_eq!(text(&trace, Format::Table).lines().count(), lines + 1);
        let timeline = text(&trace, Format::Timeline);
        let last = timeline.lines().filter(|line| line.starts_with(" g")).count();
        assert_eq!(last as u32, trace.names.robots(), "{timeline}");
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn traces_agree_with_their_rows(sketch in sketch()) {
        check(&sketch.scenario(), sketch.seed);
    }

    #[test]
    fn traces_of_worlds_agree_with_their_rows(sketch in world()) {
        check(&sketch.scenario(), sketch.seed);
    }

    #[test]
    fn so_they_do_with_windows(sketch in dated_world()) {
        check(&sketch.scenario(), sketch.seed);
    }
}
