//! A server that is killed at any moment has lost nothing that it has answered.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use serde_json::json;

use super::super::support::{COUNTED, Sandbox};
use super::{Server, command};

/// How often the server is killed.
const KILLS: u32 = 25;
/// So many clients call all the time.
const CLIENTS: u32 = 4;

/// Clients call while the server is killed again and again. What was answered is there afterwards, as it was answered: each robot,
/// each job, and the answer to each token.
#[test]
fn nothing_that_was_answered_is_lost() {
    let sandbox = Sandbox::with(COUNTED);
    let options = ["--state", "kept", "--speed", "600", "--log", "off"];
    let mut answered: BTreeMap<String, String> = BTreeMap::new();
    let calls = AtomicU32::new(0);
    let mut server = Server::start(&sandbox, &options);
    let fleet = server.fleet();
    let first = server.deployment("first");
    let job = server.call("/createDeploymentJob", first.clone());
    for kill in 0..KILLS {
        let before = calls.load(Ordering::Relaxed);
        let found: Vec<Vec<(String, String)>> = thread::scope(|scope| {
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
            while calls.load(Ordering::Relaxed) - before < 10 + 7 * kill {
                thread::yield_now();
            }
            server.signal("KILL");
            clients.into_iter().map(|client| client.join().expect("a client")).collect()
        });
        answered.extend(found.into_iter().flatten());
        drop(server);
        server = Server::start(&sandbox, &options);
    }
    assert!(answered.len() as u32 > KILLS * CLIENTS, "{}", answered.len());
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
}

/// What a crash has torn off at the end is dropped; damage before the end is an error that names the line.
#[test]
fn a_torn_end_is_dropped_and_damage_is_told() {
    let sandbox = Sandbox::with(COUNTED);
    let options = ["--state", "kept", "--paused"];
    let server = Server::start(&sandbox, &options);
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
        server.kill();
        let server = Server::start(&sandbox, &options);
        assert!(server.request("POST", "/listFleets", b"{}").text().contains("afterwards"));
        server.kill();
    }
    let mut damaged = whole.clone();
    damaged[last - 20] ^= 1;
    fs::write(&path, &damaged).expect("a damaged journal");
    let refused = command(&sandbox, &options).output().expect("it runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("journal.jsonl, line ") && !said.contains("panicked"), "{said}");
    assert_eq!(fs::read(&path).expect("the journal"), damaged, "what is damaged stays as it is");
}
