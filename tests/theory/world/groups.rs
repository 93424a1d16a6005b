//! R23, R24: results by group, and times that may never come.

use std::sync::atomic::AtomicBool;

use rollcast::experiment::{Experiment, Tally};
use rollcast::metric::{Metric, Summary};
use rollcast::rollout::CampaignOutcome;
use rollcast::simulation::{GroupProgress, GroupRecord, Plan};
use serde_json::{Value, json};

use super::{fails, group, takes};
use crate::run::{SEED, at, micros, policy, replications, scenario};
use crate::statistics::assert_share;

fn tally(text: &str, replications: u32, threads: usize) -> Tally {
    let plan = Plan::new(&scenario(text));
    let experiment = Experiment { plan: &plan, seed: SEED, replications, threads: Some(threads), curves: true };
    experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it")
}

fn summary(text: &str, replications: u32, threads: usize) -> Value {
    let tally = tally(text, replications, threads);
    serde_json::to_value(Summary::new(&scenario(text), SEED, &tally)).expect("it is JSON")
}

/// Three groups without chance: two robots that take 10 s, three that fail after 20 s whenever they try, and one that
/// hangs beyond the timeout of a minute. The first job ends at 60, the second one begins at 70 and ends at 130.
fn three_groups() -> String {
    let groups = group("quick", 2, &takes("launching", 10.0))
        + &group("broken", 3, &fails("launching", 20.0, 1.0))
        + &group("stuck", 1, &takes("launching", 7200.0));
    let deployment = policy(100, 100, "robot_deployment_timeout = \"1m\"\n");
    deployment + &groups + "[sync]\nschedule = { after_finish = \"10s\" }\nmax_jobs = 2\n"
}

#[test]
fn three_groups_counted_by_hand() {
    let replication = &replications(&three_groups(), 1)[0];
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::MaxJobs, at(130), 2));
    let of = |registered, robots_in_sync, robots_hurt, failed, no_response, in_sync_at, down| GroupRecord {
        registered,
        robots_in_sync,
        robots_hurt,
        first_job: Some(GroupProgress { failed, no_response, aborted: 0 }),
        in_sync_at,
        down: micros(down),
    };
    // Who fails in both jobs is hurt once, and down from its first start to the end.
    assert_eq!(replication.groups[0], of(2, 2, 0, 0, 0, Some(at(10)), 2 * 10));
    assert_eq!(replication.groups[1], of(3, 0, 3, 3, 0, None, 3 * 130));
    assert_eq!(replication.groups[2], of(1, 0, 1, 0, 1, None, 130));
    assert_eq!((replication.robots_hurt, replication.robots_in_sync, replication.robots_left_behind()), (4, 2, 4));
    assert_eq!((replication.jobs_halted, replication.groups.len()), (0, 3));

    let summary = summary(&three_groups(), 8, 2);
    let never = |pointer: &str| &summary.pointer(pointer).expect("a number of the summary")["never"]["count"];
    assert_eq!(never("/campaign/completion_s"), 8);
    assert_eq!(never("/groups/quick/campaign/completion_s"), 0);
    assert_eq!(never("/groups/broken/campaign/completion_s"), 8);
    for (pointer, value) in [
        ("/groups/quick/robots", json!(2)),
        ("/groups/quick/campaign/completion_s/p95", json!(10)),
        ("/groups/quick/campaign/time_to_success_s/max", json!(10)),
        ("/groups/quick/robot/time_to_success_s/count", json!(16)),
        ("/groups/quick/robot/down_s/p50", json!(20)),
        ("/groups/broken/campaign/completion_s/count", json!(8)),
        ("/groups/broken/campaign/completion_s/p50", Value::Null),
        ("/groups/broken/campaign/completion_s/min", Value::Null),
        ("/groups/broken/campaign/time_to_success_s/count", json!(0)),
        ("/groups/broken/first_job/robots_hurt/max", json!(3)),
        ("/groups/broken/first_job/robots_failed/max", json!(3)),
        ("/groups/broken/first_job/robots_no_response/max", json!(0)),
        ("/groups/broken/campaign/robots_hurt/mean", json!(3)),
        ("/groups/stuck/first_job/robots_no_response/mean", json!(1)),
        ("/groups/stuck/first_job/robots_failed/mean", json!(0)),
        ("/groups/stuck/campaign/robots_left_behind/p95", json!(1)),
        ("/first_job/robots_hurt/p50", json!(4)),
        ("/campaign/robots_hurt/p50", json!(4)),
        ("/campaign/robots_in_sync/p50", json!(2)),
        ("/campaign/robots_left_behind/p50", json!(4)),
        ("/campaign/jobs_halted/max", json!(0)),
    ] {
        assert_eq!(summary.pointer(pointer), Some(&value), "{pointer}");
    }
}

/// A single group is the fleet, and stands nowhere a second time; and what robots hurt is what both ways of being hurt
/// come to.
#[test]
fn one_group_has_no_results_of_its_own() {
    let text = policy(100, 50, "") + &group("only", 4, &fails("launching", 10.0, 0.5));
    let one = summary(&text, 50, 1);
    assert_eq!(one.get("groups"), None);
    assert!(Metric::parse("groups.only.robots", &scenario(&text)).is_err());
    assert!(replications(&text, 1)[0].groups.is_empty());
}

/// Jobs that halt and are tried again: each of them is counted, and the campaign is never called halted.
#[test]
fn jobs_that_halt_are_counted() {
    let robots = group("g", 10, &fails("launching", 10.0, 1.0));
    let sync = "[sync]\nschedule = { after_finish = \"1s\" }\nmax_jobs = 4\non_halt = \"retry\"\n";
    let replication = &replications(&(policy(10, 20, &robots) + sync), 1)[0];
    assert_eq!((replication.outcome, replication.jobs, replication.jobs_halted), (CampaignOutcome::MaxJobs, 4, 4));
    // One at a time, and each job halts after two, which were the first ones of the order whenever they had not been
    // tried: two, and the same two again.
    assert_eq!((replication.robots_hurt, replication.robots_left_behind()), (2, 10));
}

/// A robot that fails with probability q in each of three jobs of 10 s is in sync by 10, 20 or 30 s with probability
/// 1 - q, 1 - q^2 and 1 - q^3, and else never: quantiles are where these pass a percentage.
#[test]
fn completion_is_over_all_campaigns() {
    const RUNS: u32 = 20_000;
    let text = |q: f64| {
        policy(100, 100, &group("g", 1, &fails("launching", 10.0, q)))
            + "[sync]\nschedule = { after_finish = \"0s\" }\nmax_jobs = 3\non_halt = \"retry\"\n"
    };
    for (q, p50, p90, p95, p99) in [
        (0.4, Some(10), Some(30), None, None),
        (0.3, Some(10), Some(20), Some(30), None),
        (0.15, Some(10), Some(20), Some(20), Some(30)),
        (0.75, Some(30), None, None, None),
        (0.9, None, None, None, None),
    ] {
        let summary = summary(&text(q), RUNS, 2);
        let completion = &summary["campaign"]["completion_s"];
        assert_eq!(completion["count"], RUNS);
        let never = completion["never"]["count"].as_u64().expect("a count");
        assert_share(never as usize, RUNS as usize, q * q * q, &format!("never, at {q}"));
        assert_eq!(summary["campaign"]["time_to_success_s"]["count"].as_u64(), Some(u64::from(RUNS) - never));
        for (name, value) in [("p50", p50), ("p90", p90), ("p95", p95), ("p99", p99)] {
            // The end of its histogram's cell, which is one part in a thousand wide.
            let rounded = completion[name].as_f64().map(|found| (found * 100.0).floor() / 100.0);
            assert_eq!(rounded, value.map(f64::from), "{name} at {q}");
        }
        assert_eq!((&completion["min"], &completion["max"]), (&json!(10), &Value::Null), "{q}");
        assert!(completion.get("mean").is_none() && completion.get("std").is_none());
    }
    // An end of an interval that falls among those that never come is null, too: here p = 0.95 lies between.
    let edge = summary(&text(0.368), 2000, 1);
    let [low, high] = [0, 1].map(|end| edge["campaign"]["completion_s"]["p99_ci95"][end].clone());
    assert_eq!((low, high), (Value::Null, Value::Null));
    let open = summary(&text(0.2155), 2000, 1);
    let [low, high] = [0, 1].map(|end| open["campaign"]["completion_s"]["p99_ci95"][end].clone());
    assert!(low.as_f64() >= Some(29.97) && high.is_null(), "about one in a hundred never comes: {low} {high}");
}

/// Groups add up to the fleet, whatever their robots meet; and neither threads nor the order of blocks change a byte.
#[test]
fn groups_add_up() {
    let text = policy(20, 40, "")
        + &group("a", 12, &fails("launching", 10.0, 0.2))
        + &group(
            "b",
            7,
            &(fails("launching", 90.0, 0.1)
                + "registrations = { interarrival = { exponential = { mean = \"60s\" } }, max = 3 }\n"),
        )
        + &group("c", 1, &takes("launching", 30.0))
        + "[sync]\nschedule = { after_finish = \"10s\" }\nmax_jobs = 5\non_halt = \"retry\"\n";
    for replication in replications(&text, 500) {
        let sum = |of: fn(&GroupRecord) -> u128| replication.groups.iter().map(of).sum::<u128>();
        let job = replication.first_job.expect("a call made it");
        let first = |group: &GroupRecord| group.first_job.expect("a call made it");
        assert_eq!(sum(|g| g.registered.into()), u128::from(replication.registered));
        assert_eq!(sum(|g| g.robots_hurt.into()), u128::from(replication.robots_hurt));
        assert_eq!(sum(|g| g.robots_in_sync.into()), u128::from(replication.robots_in_sync));
        assert_eq!(sum(|g| g.robots_left_behind().into()), u128::from(replication.robots_left_behind()));
        assert_eq!(sum(|g| g.down), replication.down);
        let failed: u32 = replication.groups.iter().map(|g| first(g).robots_failed()).sum();
        let hurt: u32 = replication.groups.iter().map(|g| first(g).hurt()).sum();
        assert_eq!((failed, hurt), (job.progress.robots_failed(), job.progress.counted_failures()));
        let last = replication.groups.iter().map(|g| g.time_to_success()).collect::<Option<Vec<_>>>();
        assert_eq!(last.and_then(|all| all.into_iter().max()), replication.time_to_success());
    }
    let [one, other] = [1, 3].map(|threads| summary(&text, 500, threads));
    assert_eq!(one, other);
    let count = |pointer: &str| one.pointer(pointer).and_then(Value::as_u64).expect("a count");
    for of in ["time_to_success_s", "deployment_s"] {
        let groups: u64 = ["a", "b", "c"].map(|group| count(&format!("/groups/{group}/robot/{of}/count"))).iter().sum();
        assert_eq!(groups, count(&format!("/robot/{of}/count")), "{of}");
    }
}
