//! The row of `replications.csv`, computed from the JSON lines of a trace alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A trace's events.
pub fn events(jsonl: &str) -> Vec<Value> {
    jsonl.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
}

/// The microsecond of a time in seconds.
pub fn micros(seconds: &Value) -> u64 {
    let micros = seconds.as_f64().expect("a number") * 1e6;
    assert!((micros - micros.round()).abs() < 1e-2, "{seconds} is no whole microsecond");
    micros.round() as u64
}

/// What is known of a robot.
#[derive(Default)]
struct Robot {
    group: String,
    started: Option<u64>,
    down_since: Option<u64>,
    down: u128,
    /// It failed or did not respond at least once.
    hurt: bool,
    in_sync: bool,
    /// Of the first job: how it ended there.
    failed: bool,
    no_response: bool,
}

/// Everything that is counted on the way.
#[derive(Default)]
struct Counts {
    robots: BTreeMap<String, Robot>,
    down_now: u64,
    peak_down: u64,
    jobs_halted: u64,
    out_of_service: u128,
    in_flight: u64,
    peak_in_flight: u64,
    started: u64,
    jobs: u64,
    targets: u64,
    began: Option<u64>,
    first_start: Option<u64>,
    last_end: Option<u64>,
    breached: Option<u64>,
    failed_at_breach: u64,
    succeeded: u64,
    failed: u64,
    aborted: u64,
    no_response: u64,
    first_job_over: Option<Value>,
    late_syncs: u64,
    registered: u64,
    peak_egress: u64,
    refused: u64,
    calls: BTreeMap<&'static str, u64>,
}

impl Counts {
    fn falls(&mut self, robot: &str, at: u64) {
        let robot = self.robots.entry(robot.to_owned()).or_default();
        if robot.down_since.is_none() {
            robot.down_since = Some(at);
            self.down_now += 1;
            self.peak_down = self.peak_down.max(self.down_now);
        }
    }

    fn rises(&mut self, robot: &str, at: u64) {
        let robot = self.robots.get_mut(robot).expect("it has started");
        if let Some(since) = robot.down_since.take() {
            robot.down += u128::from(at - since);
            self.down_now -= 1;
        }
    }

    fn call(&mut self, event: &Value) {
        let mut count = |what| *self.calls.entry(what).or_default() += 1;
        count("calls");
        if event["call_attempt"] != 0 {
            count("retries");
        }
        let fault = match event["answer"].as_str().expect("an answer") {
            "ThrottlingException" => "throttled",
            "InternalServerException" => "internal_errors",
            "lost" => "lost_answers",
            "ConcurrentDeploymentException" => {
                self.refused += 1;
                return;
            }
            answer => return assert_eq!(answer, "job"),
        };
        count(fault);
        if event.get("retry_s").is_none() {
            count("given_up");
        }
    }

    fn robot_started(&mut self, event: &Value, at: u64) {
        let robot = event["robot"].as_str().expect("a name");
        let known = self.robots.entry(robot.to_owned()).or_default();
        known.started = Some(at);
        known.group = event["group"].as_str().expect("a name").to_owned();
        if event["online"] == true {
            self.falls(robot, at);
        }
        if event["job"] == 0 {
            self.first_start.get_or_insert(at);
            self.started += 1;
            self.in_flight += 1;
            self.peak_in_flight = self.peak_in_flight.max(self.in_flight);
        }
    }

    fn robot_ended(&mut self, event: &Value, at: u64) {
        let robot = event["robot"].as_str().expect("a name");
        let started = self.robots.get_mut(robot).and_then(|robot| robot.started.take()).expect("it has started");
        assert_eq!(micros(&event["started_s"]), started, "{event}");
        self.out_of_service += u128::from(at - started);
        let status = event["status"].as_str().expect("a status");
        let aborted = event["failure_code"] == "RobotDeploymentAborted";
        if status == "InSync" {
            self.rises(robot, at);
        }
        let known = self.robots.get_mut(robot).expect("it has started");
        known.in_sync = status == "InSync";
        known.hurt |= !known.in_sync && !aborted;
        if event["job"] == 0 {
            (known.failed, known.no_response) = (status == "Failed", status == "NoResponse");
        }
        if event["job"] == 0 {
            self.in_flight -= 1;
            self.last_end = Some(at);
            *match status {
                "InSync" => &mut self.succeeded,
                "Failed" if aborted => &mut self.aborted,
                "Failed" => &mut self.failed,
                "NoResponse" => &mut self.no_response,
                other => panic!("{other} is no end"),
            } += 1;
        }
    }
}

/// The columns of the row, by name.
pub fn row(jsonl: &str) -> BTreeMap<String, String> {
    let events = events(jsonl);
    let mut counts = Counts::default();
    for event in &events {
        let at = micros(&event["at_s"]);
        match event["event"].as_str().expect("a name") {
            "campaign_began" => counts.registered = event["robots"].as_u64().expect("a number"),
            "call" => counts.call(event),
            "calls_lost" => counts.refused += event["count"].as_u64().expect("a number"),
            "job_created" => {
                counts.jobs += 1;
                if event["kind"] == "CreateDeploymentJob" {
                    counts.robots.values_mut().for_each(|robot| robot.in_sync = false);
                }
                if event["job"] == 0 {
                    counts.targets = event["targets"].as_u64().expect("a number");
                }
            }
            "job_in_progress" if event["job"] == 0 => counts.began = Some(at),
            "job_breached" => {
                counts.jobs_halted += 1;
                if event["job"] == 0 {
                    counts.breached = Some(at);
                    counts.failed_at_breach = counts.failed + counts.no_response;
                    assert_eq!(event["failures"], counts.failed_at_breach, "{event}");
                }
            }
            "job_ended" | "job_cut_off" if event["job"] == 0 => counts.first_job_over = Some(event.clone()),
            "robot_registered" => counts.registered += 1,
            "robot_started" => counts.robot_started(event, at),
            "robot_began" => counts.falls(event["robot"].as_str().expect("a name"), at),
            "robot_ended" => counts.robot_ended(event, at),
            "robot_ended_late" if event["status"] == "InSync" => {
                counts.late_syncs += 1;
                let robot = event["robot"].as_str().expect("a name");
                counts.rises(robot, at);
                counts.robots.get_mut(robot).expect("it has started").in_sync = true;
            }
            "egress" => counts.peak_egress = counts.peak_egress.max(event["rate_bit_s"].as_u64().expect("a number")),
            _ => {}
        }
    }
    let end = events.last().expect("an end");
    assert_eq!(end["event"], "campaign_ended");
    assert_eq!(end["robots"], counts.registered);
    let ended = micros(&end["at_s"]);
    for robot in counts.robots.values_mut() {
        counts.out_of_service += robot.started.map_or(0, |since| u128::from(ended - since));
        robot.down += robot.down_since.map_or(0, |since| u128::from(ended - since));
    }
    columns(&counts, &events[0], end, ended)
}

fn columns(counts: &Counts, began: &Value, end: &Value, ended: u64) -> BTreeMap<String, String> {
    let seconds = |micros: u128| (micros as f64 / 1e6).to_string();
    let optional = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let span = |from: Option<u64>, until: Option<u64>| match (from, until) {
        (Some(from), Some(until)) => seconds(u128::from(until - from)),
        _ => String::new(),
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // Without a first job its columns are empty, and some are where it did not end.
    let of_job = |number: u64| optional(counts.first_job_over.as_ref().map(|_| number));
    let is_ended = counts.first_job_over.as_ref().is_some_and(|job| job["event"] == "job_ended");
    let if_ended = |instant: Option<u64>| instant.filter(|_| is_ended);
    let job = counts.first_job_over.clone().unwrap_or_default();
    let counted = |is: &dyn Fn(&Robot) -> bool| counts.robots.values().filter(|robot| is(robot)).count().to_string();
    let mut row = BTreeMap::from([
        ("replication", began["replication"].to_string()),
        ("outcome", text(&end["outcome"])),
        ("jobs", counts.jobs.to_string()),
        ("time_to_success_s", span(Some(0), Some(ended).filter(|_| end["outcome"] == "in_sync"))),
        ("first_job_status", text(&job["status"])),
        ("first_job_failure_code", text(&job["failure_code"])),
        ("first_job_makespan_s", span(counts.began, if_ended(counts.last_end))),
        ("succeeded", of_job(counts.succeeded)),
        ("failed", of_job(counts.failed + counts.aborted)),
        ("no_response", of_job(counts.no_response)),
        ("not_attempted", of_job(counts.targets - counts.started)),
        ("peak_in_flight", of_job(counts.peak_in_flight)),
        (
            "threshold_breached",
            counts.first_job_over.as_ref().map(|_| counts.breached.is_some().to_string()).unwrap_or_default(),
        ),
        ("concurrent_deployment_exceptions", counts.refused.to_string()),
        ("ended_s", seconds(ended.into())),
        ("out_of_service_s", seconds(counts.out_of_service)),
        ("down_s", seconds(counts.robots.values().map(|robot| robot.down).sum())),
        ("jobs_halted", counts.jobs_halted.to_string()),
        ("campaign_robots_hurt", counted(&|robot| robot.hurt)),
        ("robots_in_sync", counted(&|robot| robot.in_sync)),
        ("robots_left_behind", (counts.registered - in_sync(counts)).to_string()),
        ("peak_robots_down", counts.peak_down.to_string()),
        ("build", text(&began["build"])),
        ("robots_failed_at_halt", optional(if_ended(counts.breached).map(|_| counts.failed_at_breach))),
        ("detection_s", span(counts.first_start, if_ended(counts.breached))),
        ("registered", counts.registered.to_string()),
        ("late_syncs", counts.late_syncs.to_string()),
        ("download_bytes", end["download_bytes"].to_string()),
        ("peak_egress_bit_s", counts.peak_egress.to_string()),
    ]);
    for call in ["calls", "throttled", "internal_errors", "lost_answers", "retries", "given_up"] {
        row.insert(call, counts.calls.get(call).copied().unwrap_or_default().to_string());
    }
    let mut row: BTreeMap<String, String> = row.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    let groups: BTreeSet<&str> = counts.robots.values().map(|robot| robot.group.as_str()).collect();
    for group in groups {
        let own = || counts.robots.values().filter(|robot| robot.group == group);
        let counted = |is: fn(&Robot) -> bool| own().filter(|robot| is(robot)).count() as u64;
        for (name, field) in [
            ("campaign.robots_hurt", counted(|robot| robot.hurt).to_string()),
            ("campaign.robots_in_sync", counted(|robot| robot.in_sync).to_string()),
            ("first_job.robots_failed", of_job(counted(|robot| robot.failed))),
            ("first_job.robots_no_response", of_job(counted(|robot| robot.no_response))),
            ("robot.down_s", seconds(own().map(|robot| robot.down).sum())),
        ] {
            row.insert(format!("groups.{group}.{name}"), field);
        }
    }
    row
}

fn in_sync(counts: &Counts) -> u64 {
    counts.robots.values().filter(|robot| robot.in_sync).count() as u64
}

/// Asserts that a trace gives the columns of a row, whose header is given.
#[track_caller]
pub fn assert_agrees(jsonl: &str, header: &str, fields: &str) {
    let row = row(jsonl);
    // Of a group that a trace tells nothing of, and how large groups are, it does not know.
    let unknown = |column: &str| column.starts_with("groups.") && !row.contains_key(column);
    for (column, field) in header.split(',').zip(fields.split(',')).filter(|(column, _)| !unknown(column)) {
        assert_eq!(row[column], field, "{column} in\n{header}\n{fields}");
    }
}
