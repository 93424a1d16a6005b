//! A server that is killed at any moment has lost nothing that it has answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::support::{COUNTED, Sandbox};
use super::{Server, command};

/// How often the server is killed, unless `ROLLCAST_KILLS` says another number.
const KILLS: u32 = 25;
/// So many clients call all the time.
const CLIENTS: u32 = 4;

/// Clients call while the server is killed again and again. What was answered is there afterwards, as it was answered:
/// each robot, each job, and the answer to each token. So are the fleets that somebody who watched was told of.
#[test]
fn nothing_that_was_answered_is_lost() {
    let sandbox = Sandbox::with(COUNTED);
    let options = ["--state", "kept", "--speed", "600", "--log", "off"];
    let mut answered: BTreeMap<String, String> = BTreeMap::new();
    let mut watched = BTreeSet::new();
    let calls = AtomicU32::new(0);
    let mut server = Server::start(&sandbox, &options);
    let fleet = server.fleet();
    let first = server.deployment("first");
    let job = server.call("/createDeploymentJob", first.clone());
    let kills = std::env::var("ROLLCAST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    for kill in 0..kills {
        let before = calls.load(Ordering::Relaxed);
        let (found, told): (Vec<Vec<(String, String)>>, _) = thread::scope(|scope| {
            let watcher = scope.spawn(|| fleets_told(&server));
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (server, calls, fleet) = (&server, &calls, &fleet);
                    scope.spawn(move || {
                        let mut found = Vec::new();
                        for number in 0.. {
                            let name = format!("r-{kill}-{client}-{number}");
                            let (path, input) = match number % 3 {
                                0 => (
                                    "/createRobot",
                                    json!({ "name": name, "architecture": "ARM64", "greengrassGroupId": "g" }),
                                ),
                                1 => ("/createFleet", json!({ "name": name })),
                                _ => ("/syncDeploymentJob", json!({ "fleet": fleet, "clientRequestToken": name })),
                            };
                            let body = input.to_string();
                            let Some(answer) = server.try_request("POST", path, body.as_bytes()) else { break };
                            calls.fetch_add(1, Ordering::Relaxed);
                            if answer.status == 200 {
                                found.push((format!("{path} {body}"), answer.text()));
                            }
                        }
                        found
                    })
                })
                .collect();
            // In the middle of it, at another moment each time.
            while calls.load(Ordering::Relaxed) - before < 10 + 7 * (kill % KILLS) {
                thread::yield_now();
            }
            server.signal("KILL");
            let found = clients.into_iter().map(|client| client.join().expect("a client")).collect();
            (found, watcher.join().expect("a watcher"))
        });
        answered.extend(found.into_iter().flatten());
        watched.extend(told);
        drop(server);
        server = Server::start(&sandbox, &options);
    }
    assert!(answered.len() as u32 > kills * CLIENTS, "{}", answered.len());
    assert_eq!(server.call("/createDeploymentJob", first), job, "the token of the first job");
    let mut syncs = 0;
    for (call, answer) in &answered {
        let (path, body) = call.split_once(' ').expect("a path and a body");
        let answer: serde_json::Value = serde_json::from_str(answer).expect("JSON");
        let arn = &answer["arn"];
        match path {
            "/createRobot" => {
                let robot = server.call("/describeRobot", json!({ "robot": arn }));
                assert_eq!((&robot["arn"], &robot["name"]), (arn, &answer["name"]));
            }
            "/createFleet" => {
                assert_eq!(server.call("/describeFleet", json!({ "fleet": arn }))["name"], answer["name"])
            }
            _ => {
                syncs += 1;
                let again = server.request("POST", path, body.as_bytes());
                assert_eq!(again.json(), answer, "the same token gives the same answer");
                assert_eq!(server.call("/describeDeploymentJob", json!({ "job": arn }))["status"], "Succeeded");
            }
        }
    }
    assert!(syncs > 10, "{syncs} sync jobs");
    assert!(watched.len() > kills as usize, "{} fleets", watched.len());
    for fleet in watched {
        server.call("/describeFleet", json!({ "fleet": fleet }));
    }
}

/// The fleets of which somebody is told who watches until the server is gone.
fn fleets_told(server: &Server) -> BTreeSet<String> {
    let lines = BufReader::new(server.watch()).lines().map_while(Result::ok);
    let states = lines.filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    let fleets = states.flat_map(|state| state["fleets"].as_array().cloned().unwrap_or_default());
    fleets.filter_map(|fleet| Some(fleet["arn"].as_str()?.to_owned())).collect()
}

/// A journal of format 1, as servers wrote it before lines were numbered.
fn former_journal(records: impl Iterator<Item = Value>, digest: &str) -> String {
    let beginning =
        json!({ "beginning": { "format": 1, "scenario": digest, "seed": 0, "epoch": 1_577_836_800_000_u64 } });
    let line = |record: Value| {
        let json = json!([record]).to_string();
        format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
    };
    [beginning].into_iter().chain(records).map(line).collect()
}

/// The digest of the scenario, as a journal names it.
fn digest(sandbox: &Sandbox) -> String {
    let server = Server::start(sandbox, &["--paused", "--state", "fresh"]);
    // Nothing is answered before the beginning is in the journal.
    server.fleet();
    server.kill();
    let journal = fs::read_to_string(sandbox.path("fresh/journal.jsonl")).expect("a journal");
    let records: Value = serde_json::from_str(journal.split(' ').nth(3).expect("four fields")).expect("JSON");
    records[0]["beginning"]["scenario"].as_str().expect("a digest").to_owned()
}

/// A server that is killed while it rewrites its journal has lost nothing, and the next one goes on with it.
#[test]
fn a_rewriting_that_is_killed_loses_nothing() {
    let sandbox = Sandbox::with(COUNTED);
    let options = ["--state", "kept", "--paused"];
    let records = (0..30_000_u64).map(|at| match at % 1000 {
        0 => json!({ "call": { "at": at, "operation": "CreateFleet", "input": { "name": format!("fleet-{at}") } } }),
        _ => json!({ "seen": { "at": at } }),
    });
    let former = former_journal(records, &digest(&sandbox));
    fs::create_dir_all(sandbox.path("kept")).expect("a folder");
    let path = sandbox.path("kept/journal.jsonl");
    let (mut rewritten, mut kept) = (0, 0);
    // Later each time, until it was killed afterwards a few times.
    for kill in 0.. {
        fs::write(&path, &former).expect("a journal");
        let mut child = command(&sandbox, &options).spawn().expect("the program runs");
        thread::sleep(Duration::from_millis(2 * kill));
        child.kill().expect("it runs, or has run");
        child.wait().expect("it ends");
        let found = fs::read_to_string(&path).expect("a journal");
        if found == former {
            kept += 1
        } else {
            rewritten += 1
        };
        let server = Server::start(&sandbox, &options);
        let fleets = server.call("/listFleets", json!({ "maxResults": 100 }));
        assert_eq!(fleets["fleetDetails"].as_array().map(Vec::len), Some(31), "killed after {} ms", 2 * kill);
        server.kill();
        let shorter = fs::read_to_string(&path).expect("a journal");
        assert!(shorter.len() * 10 < former.len() && shorter.starts_with("1 "), "{}", shorter.len());
        if rewritten == 10 {
            break;
        }
    }
    assert!(kept > 0, "it was never killed before");
}

/// Where the disk takes no more, nothing is answered any more: the server says so and ends, and the next one has all
/// that was answered.
#[test]
fn a_full_disk_stops_the_server() {
    let sandbox = Sandbox::with(COUNTED);
    let server = command(&sandbox, &["--state", "kept", "--paused"]);
    // Files may not be longer than so many kilobytes: as on a full disk, but for the others on it.
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 20; exec \"$0\" \"$@\""]);
    limited.arg(server.get_program()).args(server.get_args()).current_dir(sandbox.path(""));
    let server = Server::spawn(&mut limited);
    let mut names = Vec::new();
    loop {
        let input = json!({ "name": format!("fleet-{}", names.len()) }).to_string();
        let answer = server.request("POST", "/createFleet", input.as_bytes());
        if answer.status != 200 {
            // Whoever calls is told, and nothing wrong.
            assert_eq!((answer.status, &answer.json()["__type"]), (500, &json!("InternalServerException")));
            assert!(answer.text().contains("The journal cannot be written"), "{}", answer.text());
            break;
        }
        names.push(answer.json()["name"].as_str().expect("a name").to_owned());
    }
    let (code, said) = server.ended();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the server has stopped: cannot write to ") && said.contains("journal.jsonl"), "{said}");
    assert!(names.len() > 50 && !said.contains("panicked"), "{} fleets: {said}", names.len());
    let server = Server::start(&sandbox, &["--state", "kept", "--paused"]);
    let (mut found, mut page) = (Vec::new(), json!({}));
    loop {
        let fleets = server.call("/listFleets", page);
        found.extend(fleets["fleetDetails"].as_array().expect("fleets").iter().map(|fleet| fleet["name"].clone()));
        let Some(next) = fleets["nextToken"].as_str() else { break };
        page = json!({ "nextToken": next });
    }
    assert_eq!(found[1..], names, "what was answered, and nothing else");
}

/// Neither the clock nor what robots have done of their steps is ever earlier than somebody has seen it, also where
/// nothing else has happened.
#[test]
fn time_that_was_seen_does_not_go_back() {
    let sandbox = Sandbox::with(COUNTED);
    let mut server = Server::start(&sandbox, &["--state", "kept", "--speed", "1"]);
    let job = server.call("/createDeploymentJob", server.deployment("first"));
    let deployment = |server: &Server| server.call("/describeDeploymentJob", json!({ "job": job["arn"] }));
    let clock = |server: &Server| {
        let clock = server.request("GET", "/_rollcast/clock", b"").json();
        clock["now_s"].as_f64().expect("a number")
    };
    let state = |server: &Server| server.request("GET", "/_rollcast/state", b"").json()["fleets"][0]["robots"].clone();
    let done = |robots: &Value| robots[0]["percent_done"].as_f64().expect("a number");
    for _ in 0..3 {
        thread::sleep(Duration::from_millis(150));
        let (robots, seen) = (state(&server), clock(&server));
        server.kill();
        server = Server::start(&sandbox, &["--state", "kept", "--paused"]);
        assert_eq!(clock(&server), seen);
        assert!(done(&robots) > 0.0 && done(&state(&server)) >= done(&robots), "{robots}");
        server.kill();
        server = Server::start(&sandbox, &["--state", "kept", "--speed", "1"]);
    }
    // Steps in which nothing happens are kept as well, also those that are shorter than an event.
    server.call("/_rollcast/clock", json!({ "paused": true }));
    let before = clock(&server);
    server.step("1s");
    server.kill();
    let server = Server::start(&sandbox, &["--state", "kept", "--paused"]);
    assert!((clock(&server) - before - 1.0).abs() < 1e-5, "{before}, then {}", clock(&server));
    assert_eq!(deployment(&server)["status"], "InProgress");
    // What somebody has done to a robot is on the disk when it is answered.
    server.call("/_rollcast/inject", json!({ "robot": "amr-4", "fault": "offline" }));
    server.kill();
    let server = Server::start(&sandbox, &["--state", "kept", "--paused"]);
    assert_eq!(state(&server)[3]["offline"], true);
}

/// What a crash has torn off at the end is dropped; damage before the end is an error that names the line.
#[test]
fn a_torn_end_is_dropped_and_damage_is_told() {
    let sandbox = Sandbox::with(COUNTED);
    let options = ["--state", "kept", "--paused"];
    let server = Server::start(&sandbox, &options);
    // The beginning is a line of its own then.
    server.fleet();
    for number in 0..5 {
        server.call("/createFleet", json!({ "name": format!("fleet-{number}") }));
    }
    server.kill();
    let path = sandbox.path("kept/journal.jsonl");
    let whole = fs::read(&path).expect("a journal");
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    assert!(lines >= 6, "{lines}");
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines") + 1;
    for end in [whole.len(), whole.len() - 1, whole.len() - 9, last + 1, last] {
        fs::write(&path, &whole[..end]).expect("a torn journal");
        let server = Server::start(&sandbox, &options);
        let fleets = server.call("/listFleets", json!({}))["fleetDetails"].as_array().map(Vec::len);
        assert_eq!(fleets, Some(if end == whole.len() { 6 } else { 5 }), "torn at {end} of {}", whole.len());
        server.call("/createFleet", json!({ "name": "afterwards" }));
        let (_, said) = server.stop();
        let torn = end != whole.len() && end != last;
        assert_eq!(said.contains("was not written whole"), torn, "torn at {end} of {}: {said}", whole.len());
        let server = Server::start(&sandbox, &options);
        assert!(server.request("POST", "/listFleets", b"{}").text().contains("afterwards"));
        server.kill();
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let without_second = [&lines[..1], &lines[2..]].concat().concat();
    let doubled = [&lines[..3], &lines[2..]].concat().concat();
    let swapped = [&lines[..1], &[lines[2], lines[1]], &lines[3..]].concat().concat();
    for (damaged, line) in [
        (flipped(last - 20), lines.len() - 1),
        // A last line that was written whole has been answered.
        (flipped(whole.len() - 9), lines.len()),
        (without_second, 2),
        (doubled, 4),
        (swapped, 2),
    ] {
        fs::write(&path, &damaged).expect("a damaged journal");
        let refused = command(&sandbox, &options).output().expect("it runs");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "{said}");
        assert!(said.contains(&format!("journal.jsonl, line {line}: ")) && !said.contains("panicked"), "{said}");
        assert_eq!(fs::read(&path).expect("the journal"), damaged, "what is damaged stays as it is");
    }
}
