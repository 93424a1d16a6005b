//! What a server begins with, and how it begins and ends.

use serde_json::json;

use super::super::support::{COUNTED, Sandbox};
use super::{EPOCH, Server, command};

#[test]
fn the_account_holds_what_the_scenario_says() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused"]);
    let fleets = server.call("/listFleets", json!({}));
    let fleet = server.fleet();
    assert_eq!(fleet, "arn:aws:robomaker:us-west-2:111111111111:deployment-fleet/counted/1577836800000");
    let begun = 1_577_836_800.0;
    assert_eq!(fleets, json!({ "fleetDetails": [{ "name": "counted", "arn": fleet, "createdAt": begun }] }));
    let described = server.call("/describeFleet", json!({ "fleet": fleet }));
    let robots = described["robots"].as_array().expect("robots");
    let names: Vec<_> = robots.iter().filter_map(|robot| robot["name"].as_str()).collect();
    assert_eq!(names, ["amr-1", "amr-2", "amr-3", "amr-4"]);
    assert!(robots.iter().all(|robot| robot["status"] == "Registered" && robot["fleetArn"] == fleet.as_str()));
    let jobs = server.call("/listDeploymentJobs", json!({}));
    assert_eq!(jobs, json!({ "deploymentJobs": [] }));
    assert_eq!(server.refused("/syncDeploymentJob", json!({ "fleet": fleet, "clientRequestToken": "a" })), {
        "ResourceNotFoundException"
    });
    // Two robots at once, a minute each.
    let job = server.call("/createDeploymentJob", server.deployment("first"));
    assert_eq!((&job["status"], &job["createdAt"]), (&json!("Pending"), &json!(begun)));
    assert_eq!(job["deploymentConfig"]["concurrentDeploymentPercentage"], 50);
    server.step("119s");
    let arn = &job["arn"];
    let now = server.call("/describeDeploymentJob", json!({ "job": arn }));
    let robots = now["robotDeploymentSummary"].as_array().expect("robots");
    let status: Vec<_> = robots.iter().filter_map(|robot| robot["status"].as_str()).collect();
    assert_eq!(status, ["InSync", "InSync", "Deploying", "Deploying"]);
    assert_eq!(robots[0]["deploymentFinishTime"], begun + 60.0);
    server.step("1s");
    let now = server.call("/describeDeploymentJob", json!({ "job": arn }));
    assert_eq!(now["status"], "Succeeded");
    let sync = server.call("/syncDeploymentJob", json!({ "fleet": fleet, "clientRequestToken": "again" }));
    assert_eq!(sync["status"], "Succeeded", "there is nobody to deploy to");
    let (code, said) = server.stop();
    assert_eq!(code, Some(0), "{said}");
}

/// Calls at the same virtual instants give the same bytes.
#[test]
fn the_same_calls_give_the_same_answers() {
    let sandbox = Sandbox::with(&COUNTED.replace("constant = \"60s\"", "exponential = { mean = \"60s\" }"));
    let answers: Vec<Vec<String>> = (0..2)
        .map(|_| {
            let server = Server::start(&sandbox, &["--paused", "--seed", "7"]);
            let fleet = server.fleet();
            let mut answers = Vec::new();
            let job = server.call("/createDeploymentJob", server.deployment("first"));
            for span in ["30s", "1m", "2m", "1h"] {
                server.step(span);
                answers.push(server.post("/describeDeploymentJob", json!({ "job": job["arn"] })).text());
                answers.push(server.post("/describeFleet", json!({ "fleet": fleet })).text());
                let sync = json!({ "fleet": fleet, "clientRequestToken": span });
                answers.push(server.post("/syncDeploymentJob", sync).text());
            }
            answers
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0][10].contains("InSync") && answers[0][0].contains("Deploying"), "{:?}", answers[0]);
}

#[test]
fn what_cannot_be_served_is_said() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &[]);
    let taken = sandbox.rollcast(&["serve", "scenario.toml", "--listen", &server.address]).exits(3);
    assert!(taken.stderr.contains(&format!("cannot listen on {}", server.address)), "{}", taken.stderr);
    assert_eq!(taken.stdout, "");
    let bad = sandbox.rollcast(&["serve", "scenario.toml", "--set", "group.amr.robots=0"]).exits(2);
    assert!(bad.stderr.contains("robots") && bad.stdout.is_empty(), "{}", bad.stderr);
    for (option, value) in [("--speed", "0"), ("--speed", "fast"), ("--listen", "here"), ("--epoch", "yesterday")] {
        let bad = sandbox.rollcast(&["serve", "scenario.toml", option, value]).exits(2);
        assert!(bad.stderr.contains(value) && bad.stderr.contains(option), "{}", bad.stderr);
    }
    let huge = sandbox.rollcast(&["serve", "scenario.toml", "--set", "group.amr.robots=2000000"]).exits(2);
    assert!(huge.stderr.contains("a server holds 1000000"), "{}", huge.stderr);
    sandbox.rollcast(&["serve", "nowhere.toml"]).exits(3);
    assert_eq!(sandbox.files(), ["scenario.toml"]);
}

/// A call that has begun is answered; new connections are not.
#[test]
fn it_ends_when_it_is_told_to() {
    let sandbox = Sandbox::with(COUNTED);
    for signal in ["INT", "TERM"] {
        let mut server = Server::start(&sandbox, &["--state", "kept"]);
        server.call("/createFleet", json!({ "name": signal }));
        server.signal(signal);
        assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
        assert!(std::net::TcpStream::connect(&server.address).is_err());
    }
    let server = Server::start(&sandbox, &["--state", "kept"]);
    let fleets = server.call("/listFleets", json!({}));
    assert_eq!(fleets["fleetDetails"].as_array().map(Vec::len), Some(3), "{fleets}");
    // One folder is for one server, and for one account.
    let second = command(&sandbox, &["--state", "kept"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(3), "{said}");
    assert!(said.contains("another server uses"), "{said}");
    drop(server);
    let other = command(&sandbox, &["--state", "kept", "--seed", "9"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(said.contains("seed") && said.contains("--state"), "{said}");
    assert!(EPOCH.starts_with("2020"));
}
