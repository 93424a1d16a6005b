//! Any calls, near to right ones or far from them, in any order.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Operation, call, parse};
use crate::scenario::Scenario;
use crate::server::account::{Account, Settings};
use crate::simulation::Plan;
use crate::time::{Span, Time};

const SCENARIO: &str = r#"
    name = "any"
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

/// What members of requests may hold; a number stands for one of the ARNs that answers have shown.
fn value() -> impl Strategy<Value = Value> {
    let text =
        prop_oneof!["[a-z0-9-]{0,9}", "(InSync|Failed|ARM64|X86_64|\\$LATEST|1|fleetName|status|name)", ".{0,12}"];
    let simple = prop_oneof![
        6 => (0..12u64).prop_map(|arn| json!({ "arn": arn })),
        4 => text.prop_map(Value::from),
        2 => (-2i64..200).prop_map(Value::from),
        1 => any::<Option<bool>>().prop_map(|value| value.map_or(Value::Null, Value::Bool)),
    ];
    simple.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            members(inner).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Vec<(String, Value)>> {
    let names = [
        "fleet",
        "robot",
        "application",
        "job",
        "name",
        "clientRequestToken",
        "deploymentApplicationConfigs",
        "applicationVersion",
        "launchConfig",
        "packageName",
        "launchFile",
        "deploymentConfig",
        "concurrentDeploymentPercentage",
        "failureThresholdPercentage",
        "architecture",
        "greengrassGroupId",
        "tags",
        "resourceArn",
        "tagKeys",
        "maxResults",
        "nextToken",
        "filters",
        "values",
        "sources",
        "robotSoftwareSuite",
    ];
    proptest::collection::vec((proptest::sample::select(names.to_vec()).prop_map(String::from), value), 0..6)
}

/// Puts ARNs where they are meant.
fn with_arns(value: &mut Value, arns: &[String]) {
    match value {
        Value::Object(members) if members.len() == 1 && members.get("arn").is_some_and(Value::is_u64) => {
            let number = members["arn"].as_u64().unwrap_or_default() as usize;
            *value = arns[number % arns.len()].clone().into();
        }
        Value::Object(members) => members.values_mut().for_each(|value| with_arns(value, arns)),
        Value::Array(items) => items.iter_mut().for_each(|value| with_arns(value, arns)),
        _ => {}
    }
}

fn arns_of(value: &Value, arns: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("arn:") && !arns.contains(text) => arns.push(text.clone()),
        Value::Object(members) => members.values().for_each(|value| arns_of(value, arns)),
        Value::Array(items) => items.iter().for_each(|value| arns_of(value, arns)),
        _ => {}
    }
}

/// All that can be listed.
fn lists(account: &mut Account) -> Vec<Vec<u8>> {
    let lists =
        [Operation::ListFleets, Operation::ListRobots, Operation::ListRobotApplications, Operation::ListDeploymentJobs];
    lists.map(|list| call(account, list, &json!({})).expect("a list").json().expect("JSON")).to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Each call is answered with JSON or refused with a reason; what is refused, or says that nothing has changed, has
    /// changed nothing.
    #[test]
    fn any_calls_are_answered(
        calls in proptest::collection::vec(
            (proptest::sample::select(Operation::ALL.to_vec()), members(value()), 0..200u64),
            1..30,
        ),
    ) {
        let (scenario, plan) = &*WORLD;
        let settings = Settings { seed: 3, epoch: 1_577_836_800_000, max_active_jobs: 2 };
        let mut account = Account::new(scenario, plan, settings);
        let mut arns = Vec::new();
        let mut seen = lists(&mut account);
        for list in &seen {
            arns_of(&serde_json::from_slice(list).expect("JSON"), &mut arns);
        }
        for (operation, members, seconds) in calls {
            let mut input = Value::Object(members.into_iter().collect());
            with_arns(&mut input, &arns);
            prop_assert_eq!(parse(input.to_string().as_bytes()), Ok(input.clone()));
            let changed = match call(&mut account, operation, &input) {
                Ok(answer) => {
                    let changed = answer.changed;
                    let json = answer.json().expect("JSON");
                    let value: Value = serde_json::from_slice(&json).expect("an answer is JSON");
                    prop_assert!(value.is_object());
                    arns_of(&value, &mut arns);
                    changed
                }
                Err(refusal) => {
                    prop_assert!(!refusal.message().is_empty() && refusal.status() == 400);
                    false
                }
            };
            let now = lists(&mut account);
            prop_assert!(changed || now == seen, "{} {}", operation.name(), input);
            let until = (account.now() + Span::from_secs(seconds)).min(Time::MAX);
            account.advance(until, u64::MAX);
            seen = lists(&mut account);
        }
        // Written down and read back it is the same.
        let written = serde_json::to_string(&account.save()).expect("JSON");
        let mut again = Account::new(scenario, plan, settings);
        prop_assert_eq!(again.resume(written.as_bytes()), Ok(()));
        prop_assert_eq!(serde_json::to_string(&again.save()).expect("JSON"), written);
        prop_assert_eq!(lists(&mut again), seen);
    }

    /// Any bytes are read or refused.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Err(refusal) = parse(&bytes) {
            prop_assert!(!refusal.message().is_empty());
        }
    }
}
