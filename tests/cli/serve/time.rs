//! Virtual time, and what `rollcast admin` does to it and to robots.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use super::super::support::{COUNTED, Ran, Sandbox};
use super::Server;

fn admin(sandbox: &Sandbox, server: &Server, args: &[&str]) -> Ran {
    let url = format!("http://{}", server.address);
    sandbox.rollcast(&[&["admin", "--url", &url], args].concat())
}

#[track_caller]
fn done(ran: Ran) -> Value {
    serde_json::from_str(&ran.exits(0).stdout).expect("JSON")
}

#[test]
fn time_stands_still_goes_on_and_jumps() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused", "--speed", "10"]);
    let clock = done(admin(&sandbox, &server, &["clock"]));
    assert_eq!(clock, json!({ "now_s": 0.0, "epoch": 1_577_836_800.0, "speed": 10.0, "paused": true }));
    done(admin(&sandbox, &server, &["step", "--for", "1h30m"]));
    assert_eq!(done(admin(&sandbox, &server, &["clock"]))["now_s"], 5400.0);
    let job = server.call("/createDeploymentJob", server.deployment("first"));
    // An event is an instant at which something happens: here two robots end at once, and two others start.
    let stepped = done(admin(&sandbox, &server, &["step", "--events", "1"]));
    assert_eq!((&stepped["events"], &stepped["clock"]["now_s"]), (&json!(1), &json!(5460.0)), "{stepped}");
    let set = done(admin(&sandbox, &server, &["speed", "max"]));
    assert_eq!((&set["speed"], &set["paused"]), (&json!("max"), &json!(true)));
    done(admin(&sandbox, &server, &["resume"]));
    // From event to event without a wait: it is over as soon as somebody looks.
    let over = || server.call("/describeDeploymentJob", json!({ "job": job["arn"] }))["status"] == "Succeeded";
    while !over() {}
    let clock = done(admin(&sandbox, &server, &["pause"]));
    assert_eq!((&clock["now_s"], &clock["paused"]), (&json!(5520.0), &json!(true)));
}

#[test]
fn robots_fail_and_go_offline_when_they_are_told_to() {
    let text = COUNTED.replace("launching", "validating").replace("= 50\n", "= 100\n");
    let sandbox = Sandbox::with(&text);
    let server = Server::start(&sandbox, &["--paused"]);
    let failed = done(admin(&sandbox, &server, &["inject", "amr-1", "fail", "--failure-code", "PreLaunchFileFailure"]));
    assert_eq!(failed["robot"]["name"], "amr-1");
    done(admin(&sandbox, &server, &["inject", "amr-2", "offline"]));
    let job = server.call("/createDeploymentJob", server.deployment("first"));
    server.step("10m");
    done(admin(&sandbox, &server, &["inject", "amr-2", "online"]));
    server.step("59s");
    let robots = || {
        let job = server.call("/describeDeploymentJob", json!({ "job": job["arn"] }));
        let robots = job["robotDeploymentSummary"].as_array().expect("robots").clone();
        robots.iter().map(|robot| robot["status"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(robots(), ["Failed", "Deploying", "InSync", "InSync"]);
    server.step("1s");
    assert_eq!(robots(), ["Failed", "InSync", "InSync", "InSync"]);
    let state = done(admin(&sandbox, &server, &["state"]));
    let fleet = &state["fleets"][0];
    assert_eq!((&fleet["job"]["failure_count"], &fleet["job"]["failure_limit"]), (&json!(1), &json!(4)), "{fleet}");
}

#[test]
fn what_is_wrong_is_said() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused"]);
    let nobody = admin(&sandbox, &server, &["inject", "amr-9", "fail"]).exits(2);
    assert!(nobody.stderr.contains("there is no robot amr-9"), "{}", nobody.stderr);
    let code = admin(&sandbox, &server, &["inject", "amr-1", "fail", "--failure-code", "Tired"]).exits(2);
    assert!(code.stderr.contains("Tired"), "{}", code.stderr);
    let span = admin(&sandbox, &server, &["step", "--for", "soon"]).exits(2);
    assert!(span.stderr.contains("soon"), "{}", span.stderr);
    admin(&sandbox, &server, &["inject", "amr-1", "explode"]).exits(2);
    let url = format!("http://{}", server.address);
    drop(server);
    let gone = sandbox.rollcast(&["admin", "--url", &url, "clock"]).exits(3);
    assert!(gone.stderr.contains(&url), "{}", gone.stderr);
}

/// Who watches is told everything, then what changes, and how far robots have got meanwhile.
#[test]
fn those_who_watch_are_told() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--speed", "20"]);
    let mut told = BufReader::new(server.watch()).lines().map(|line| line.expect("a line")).filter_map(|line| {
        let data = line.strip_prefix("data: ")?;
        Some(serde_json::from_str::<Value>(data).expect("JSON"))
    });
    let state = told.next().expect("everything");
    assert_eq!(state["fleets"][0]["robots"].as_array().map(Vec::len), Some(4), "{state}");
    assert_eq!(state["fleets"][0]["job"], Value::Null);
    let fleet = state["fleets"][0]["arn"].as_str().expect("an ARN");
    server.call("/createDeploymentJob", server.deployment("first"));
    // The first robot of all that is told from now on.
    let mut progress = Vec::new();
    for change in told {
        let robots = change["robots"][fleet].as_array().cloned().unwrap_or_default();
        for robot in robots.into_iter().filter(|robot| robot["name"] == "amr-1" && robot["status"] == "Deploying") {
            assert_eq!(robot["step"], "Launching", "{robot}");
            progress.push(robot["percent_done"].as_f64().expect("a number"));
        }
        if change["jobs"][fleet]["status"] == "Succeeded" {
            assert_eq!(change["jobs"][fleet]["succeeded"], 4, "{change}");
            break;
        }
    }
    assert!(progress.len() > 2 && progress.is_sorted() && progress[0] < progress[progress.len() - 1], "{progress:?}");
}

/// What comes and goes is told as a difference, not with all that stays.
#[test]
fn those_who_watch_are_told_who_comes_and_goes() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused"]);
    let mut told = BufReader::new(server.watch()).lines().map(|line| line.expect("a line")).filter_map(|line| {
        let data = line.strip_prefix("data: ")?;
        Some(serde_json::from_str::<Value>(data).expect("JSON"))
    });
    let state = told.next().expect("everything");
    let (home, robot) = (&state["fleets"][0]["arn"], &state["fleets"][0]["robots"][1]["arn"]);
    let home = home.as_str().expect("an ARN");
    // Goes on until everybody has been told: then the wanted change, of all that have come meanwhile.
    let mut until = |wanted: &dyn Fn(&Value) -> bool| {
        let change = told.find(|change| wanted(change)).expect("a change");
        assert_eq!(change["fleets"], Value::Null, "everything is told anew: {change}");
        change
    };
    let other = server.call("/createFleet", json!({ "name": "other" }));
    let other = other["arn"].as_str().expect("an ARN");
    until(&|change| change["names"][other] == "other" && change["jobs"].get(other) == Some(&Value::Null));
    server.call("/deregisterRobot", json!({ "fleet": home, "robot": robot }));
    until(&|change| change["left"][home] == json!([robot]));
    server.call("/registerRobot", json!({ "fleet": other, "robot": robot }));
    let change = until(&|change| change["robots"][other][0]["arn"] == *robot);
    assert_eq!(change["robots"][other][0]["status"], "Registered", "{change}");
    server.call("/deleteFleet", json!({ "fleet": other }));
    let change = until(&|change| change["deleted"] == json!([other]));
    assert_eq!(change["left"][other], json!([robot]), "{change}");
}

/// Prometheus' text format: a type for each metric, and a number in each line.
#[test]
fn metrics_can_be_read() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused"]);
    server.refused("/describeFleet", json!({ "fleet": "arn:none" }));
    assert_eq!(server.request("GET", "/healthz", b"").text(), "ok\n");
    let metrics = server.request("GET", "/metrics", b"");
    assert!(metrics.head.contains("text/plain; version=0.0.4"), "{}", metrics.head);
    let text = metrics.text();
    let mut types = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.split(' ');
            match (words.next(), words.next()) {
                (Some("HELP"), Some(_)) => {}
                (Some("TYPE"), Some(name)) => assert!(types.insert(name.to_owned()), "{name} twice"),
                _ => panic!("{line}"),
            }
            continue;
        }
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        value.parse::<f64>().unwrap_or_else(|error| panic!("{line}: {error}"));
        let name = name.split('{').next().unwrap_or_default();
        let of = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(types.contains(name) || types.contains(of), "{line}: no type");
    }
    let refused = "rollcast_calls_total{operation=\"DescribeFleet\",outcome=\"ResourceNotFoundException\"} 1\n";
    assert!(text.contains(refused), "{text}");
}
