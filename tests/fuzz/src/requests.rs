//! Any bytes as requests to the account behind `rollcast serve`, one after another: whatever comes, it answers with
//! JSON or says why not.
//!
//! Input is lines; the first byte of each chooses the operation, or lets time pass, and the rest is the body. `$F`,
//! `$R`, `$A` and `$J` in it stand for the ARNs of a fleet, a robot, an application and a job, which nobody would
//! guess.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rollcast::scenario::Scenario;
use rollcast::server::protocol::{self, Operation};
use rollcast::server::{Account, Settings};
use rollcast::simulation::Plan;
use rollcast::time::{Span, Time};
use serde_json::Value;

const SCENARIO: &str = r#"
name = "fuzz"
[deployment]
concurrent_deployment_percentage = 50
failure_threshold_percentage = 50
[[group]]
name = "amr"
robots = 4
[group.step.launching]
latency = { exponential = { mean = "60s" } }
failure = 0.2
"#;

static WORLD: LazyLock<(Scenario, Plan)> = LazyLock::new(|| {
    let scenario = Scenario::parse(SCENARIO, "", Path::new(""), &[]).expect("it is right");
    let plan = Plan::new(&scenario);
    (scenario, plan)
});

/// The first ARN in an answer.
fn first_arn(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let arn = text.split('"').find(|part| part.starts_with("arn:"));
    arn.unwrap_or("arn:none").to_owned()
}

fuzz_target!(|data: &[u8]| {
    let (scenario, plan) = &*WORLD;
    let mut account = Account::new(scenario, plan, Settings { seed: 1, epoch: 1_577_836_800_000, max_active_jobs: 20 });
    let mut list = |operation| match protocol::call(&mut account, operation, &Value::Object(Default::default())) {
        Ok(answer) => first_arn(&answer.json().expect("an answer is JSON")),
        Err(_) => unreachable!("an empty request for a list is right"),
    };
    let (fleet, robot, application) =
        (list(Operation::ListFleets), list(Operation::ListRobots), list(Operation::ListRobotApplications));
    let mut job = String::from("arn:none");
    for line in data.split(|byte| *byte == b'\n').take(64) {
        let Some((first, body)) = line.split_first() else { continue };
        let Some(operation) = Operation::ALL.get(usize::from(*first) % (Operation::ALL.len() + 2)) else {
            let until = (account.now() + Span::from_secs(u64::from(*first))).min(Time::MAX);
            account.advance(until, u64::MAX);
            continue;
        };
        let body = match std::str::from_utf8(body) {
            Ok(text) if text.contains('$') => {
                let text = text.replace("$F", &fleet).replace("$R", &robot);
                text.replace("$A", &application).replace("$J", &job).into_bytes()
            }
            _ => body.to_vec(),
        };
        let Ok(input) = protocol::parse(&body) else { continue };
        if let Ok(answer) = protocol::call(&mut account, *operation, &input) {
            let json = answer.json().expect("an answer can be written");
            let value: Value = serde_json::from_slice(&json).expect("an answer is JSON");
            assert!(value.is_object());
            if matches!(operation, Operation::CreateDeploymentJob | Operation::SyncDeploymentJob) {
                job = first_arn(&json);
            }
        }
    }
    // Written down and read back it is the same.
    let written = serde_json::to_vec(&account.save()).expect("an account can be written");
    let mut again = Account::new(scenario, plan, Settings { seed: 1, epoch: 1_577_836_800_000, max_active_jobs: 20 });
    again.resume(&written).expect("what was written can be read");
    assert!(serde_json::to_vec(&again.save()).expect("an account can be written") == written);
});
