//! Parts of the world that meet: by hand, and against scenarios that must come to the same.

use rollcast::rollout::{CampaignOutcome, DeploymentJobErrorCode as Code, DeploymentStatus, JobKind, RobotEnd};
use rollcast::simulation::{Plan, Replication};

use super::{connectivity, constant, ends, exponential, fails, group, table, takes};
use crate::distributions::Law;
use crate::residuals::assert_equilibrium;
use crate::run::{Trace, at, campaigns, micros, policy, replications, scenario, watch};
use crate::statistics::{assert_distribution, assert_share};

/// Connectivity of robots that are as good as always online: what goes on after a timeout without being offline.
fn online() -> String {
    // Offline at time 0 with probability 1e-9, and leaving within minutes hardly more often.
    connectivity("{ constant = \"10000d\" }", "{ constant = \"1s\" }")
}

fn hurried(concurrency: u32, deployment: &str, groups: &str) -> String {
    policy(concurrency, 100, &format!("robot_deployment_timeout = \"1m\"\n{deployment}{groups}"))
}

fn sync(schedule: &str, max_jobs: u32) -> String {
    let lines = [&format!("schedule = {{ {schedule} }}"), &format!("max_jobs = {max_jobs}")];
    table("sync", &[lines[0], lines[1], "on_halt = \"retry\"", "on_timeout = \"retry\""])
}

fn bytes(replication: &Replication) -> u128 {
    replication.download.expect("there are downloads").bytes
}

/// Two robots, one slot, 80 Mbit over 1 Mbit/s. The first has 60 Mbit at its timeout and goes on beside the second: it
/// is done at 100 s. The second has 20 Mbit by then and 40 at its own timeout at 120 s; it is done at 160 s.
#[test]
fn a_late_transfer_keeps_its_share() {
    let robots = group("g", 2, &(online() + &takes("downloading_extracting", 0.0)));
    let text = |max_jobs| {
        hurried(50, "", &robots)
            + &sync("after_finish = \"1h\"", max_jobs)
            + &table("download", &["bundle_size = \"10MB\"", "egress = \"1Mbit/s\""])
    };
    let (replication, trace) = watch(&text(2));
    assert_eq!(trace.ends, [(at(60), 0, RobotEnd::NoResponse), (at(120), 1, RobotEnd::NoResponse)]);
    assert_eq!(trace.late, [(at(100), 0, RobotEnd::InSync), (at(160), 1, RobotEnd::InSync)]);
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, at(160)));
    assert_eq!((bytes(&replication), replication.jobs), (20_000_000, 1));
    assert_eq!((replication.out_of_service, replication.down), (micros(120), micros(200)));
    // The last job's end is the campaign's: the second transfer is at 40 Mbit.
    let (replication, _) = watch(&text(1));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(120)));
    assert_eq!((bytes(&replication), replication.late_syncs), (15_000_000, 1));
}

/// The robot goes on from its timeout at 60 s until it is started anew at 70 s with 70 Mbit of 80; these are lost, but
/// have been sent.
#[test]
fn a_new_start_drops_the_late_transfer() {
    let robots =
        group("g", 1, &(online() + "download = { link = \"1Mbit/s\" }\n" + &takes("downloading_extracting", 0.0)));
    let text = hurried(100, "", &robots)
        + &sync("after_finish = \"10s\"", 2)
        + &table("download", &["bundle_size = \"10MB\""]);
    let (replication, trace) = watch(&text);
    assert_eq!(trace.ends, [(at(60), 0, RobotEnd::NoResponse), (at(130), 0, RobotEnd::NoResponse)]);
    assert_eq!((bytes(&replication), trace.late.len()), ((70_000_000 + 60_000_000) / 8, 0));
}

/// Transfer in time, extraction too late: no response at 60 s, in sync at 90 s.
#[test]
fn a_late_extraction() {
    let robots =
        group("g", 1, &(online() + "download = { link = \"2Mbit/s\" }\n" + &takes("downloading_extracting", 50.0)));
    let text =
        hurried(100, "", &robots) + &sync("after_finish = \"1h\"", 2) + &table("download", &["bundle_size = \"10MB\""]);
    let (replication, trace) = watch(&text);
    assert_eq!(
        (trace.ends, trace.late),
        (vec![(at(60), 0, RobotEnd::NoResponse)], vec![(at(90), 0, RobotEnd::InSync)])
    );
    assert_eq!((replication.ended, bytes(&replication)), (at(90), 10_000_000));
}

/// The fleet timeout ends what is in flight for good; what has timed out before goes on.
#[test]
fn aborted_attempts_do_not_go_on() {
    let robots = group("slow", 2, &(online() + &takes("launching", 90.0)));
    let text = hurried(50, "fleet_deployment_timeout = \"80s\"\n", &robots) + &sync("after_finish = \"1h\"", 2);
    let (_, trace) = watch(&text);
    let aborted = (at(80), 1, RobotEnd::Aborted);
    assert_eq!(trace.ends[..2], [(at(60), 0, RobotEnd::NoResponse), aborted]);
    // The second job tries the second robot alone, and ends before that is late.
    assert_eq!(trace.late, [(at(90), 0, RobotEnd::InSync)]);
    assert_eq!(trace.created[1], (at(3680), JobKind::Sync, 1));
    assert_eq!(trace.ends[2..], [(at(3740), 1, RobotEnd::NoResponse)]);
}

/// A target that gets in sync by itself while its job waits for a slot is passed over, also at the instant at which the
/// slot is free.
#[test]
fn targets_in_sync_are_passed_over() {
    let robots =
        group("bad", 1, &fails("launching", 50.0, 1.0)) + &group("slow", 1, &(online() + &takes("launching", 200.0)));
    for (delay, second) in [(100, 210), (90, 200)] {
        let text = hurried(50, "", &robots) + &sync(&format!("after_finish = \"{delay}s\""), 2);
        let (replication, trace) = watch(&text);
        // 0 to 50 and 50 to 110; late at 250. The second job's first robot ends at 260, or at 250.
        assert_eq!(trace.start_seconds(), [(0, 0), (50, 1), (second, 0)]);
        assert_eq!(trace.late, [(at(250), 1, RobotEnd::InSync)]);
        let job = trace.jobs[1];
        assert_eq!((job.status, job.ended), (DeploymentStatus::Succeeded, Some(at(second + 50))));
        let progress = job.progress;
        assert_eq!((progress.targets, progress.started, progress.failed, progress.not_attempted()), (2, 1, 1, 1));
        assert_eq!((replication.outcome, replication.late_syncs), (CampaignOutcome::MaxJobs, 1));
    }
}

/// Late ends among the other ends of an instant (R1, R12).
#[test]
fn late_syncs_at_one_instant_with() {
    let slow = group("slow", 1, &(online() + &takes("launching", 90.0)));
    // The horizon.
    let horizon = hurried(100, "", &slow) + &sync("after_finish = \"1h\"", 2) + "horizon = \"90s\"\n";
    let (replication, _) = watch(&horizon);
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, at(90)));
    // The end of the last job.
    let (replication, _) = watch(&hurried(50, "", &(slow + &group("quick", 1, &takes("launching", 30.0)))));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, at(90)));
    assert_eq!((replication.jobs, replication.late_syncs), (1, 1));
    // Without it the last job's end is the campaign's.
    let slower = group("slow", 1, &(online() + &takes("launching", 90.000001)));
    let (replication, _) = watch(&hurried(50, "", &(slower + &group("quick", 1, &takes("launching", 30.0)))));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(90)));
}

/// A late failure has no code of its own: its attempt has one already.
#[test]
fn codes_of_late_failures() {
    let robots = group("slow", 3, &(online() + &fails("launching", 90.0, 1.0)));
    let text = hurried(100, "", &robots) + &sync("after_finish = \"1h\"", 2);
    let (replication, trace) = watch(&text);
    let failed = RobotEnd::Failed(Code::MissingRobotDeploymentResource);
    assert_eq!(trace.late, [0, 1, 2].map(|robot| (at(90), robot, failed)));
    assert_eq!(replication.late_syncs, 0);
    let summary = super::results::summary(&text, 4);
    let codes: Vec<_> = summary.failure_codes().collect();
    assert_eq!(codes, [(Code::RobotDeploymentNoResponse, 4 * 2 * 3)]);
}

/// The answer that nobody gets: a second deployment ends what goes on by itself from the first.
///
/// One slot, 90 s of launch: timeouts at 60 and 120 s, late ends at 90 and 150 s. The client gives up at 15 s and asks
/// again two minutes later.
#[test]
fn a_second_deployment_ends_late_attempts() {
    let robots = group("slow", 2, &(online() + &takes("launching", 90.0)));
    let text = hurried(50, "", &robots)
        + &sync("after_finish = \"2m\"", 2)
        + &table("api", &["lost_answer = 1", "retry = { jitter = 0 }"]);
    let (replication, trace) = watch(&text);
    assert_eq!(trace.created, [0, 135].map(|s| (at(s), JobKind::Deployment, 2)));
    assert_eq!(trace.start_seconds(), [(0, 0), (60, 1), (135, 0), (195, 1)]);
    assert_eq!(trace.late, [90, 225].map(|s| (at(s), 0, RobotEnd::InSync)));
    // The client gives up the second call at 150 s, too; the campaign ends with its last job, at the second timeout.
    assert_eq!(trace.ends.last(), Some(&(at(255), 1, RobotEnd::NoResponse)));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(255)));
    assert_eq!((replication.jobs, replication.late_syncs), (2, 2));
    // The first robot is down twice for 90 s, the other one from 60 s on.
    assert_eq!((replication.out_of_service, replication.down), (micros(240), micros(180 + 195)));
    let counts = replication.api.expect("calls may go wrong");
    assert_eq!((counts.calls, counts.given_up), (10, 2));
}

/// Registered robots are online as all others: at the call that picks them up.
#[test]
fn registered_robots_are_stationary() {
    const RUNS: u32 = 300;
    let (offline, off, on) = ("{ gamma = { shape = 3.0, scale = \"30s\" } }", 90.0, 60.0);
    let keys = connectivity(&exponential(on), offline)
        + &format!("registrations = {{ interarrival = {}, max = 60 }}\n", constant(10.0));
    let text = policy(100, 100, &(group("plain", 1, &takes("launching", 1.0)) + &group("g", 1, &keys)))
        + &sync("every = \"10m\"", 3);
    let (mut at_once, mut waits) = (0, Vec::new());
    ends(&text, RUNS, |replication, ends| {
        assert_eq!((replication.registered, replication.outcome), (62, CampaignOutcome::InSync));
        for (now, _, started, end) in ends.ends.iter().filter(|(_, robot, ..)| *robot > 1) {
            assert_eq!((*started, *end), (at(600), RobotEnd::InSync));
            if now == started { at_once += 1 } else { waits.push((*now - *started).seconds()) }
        }
    });
    assert_share(at_once, (RUNS * 60) as usize, on / (on + off), "registered robots online");
    assert_equilibrium(&waits, off, Law::gamma(3.0, 30.0).cdf, "until registered robots are online");
}

/// Registered robots have their own group's links, steps, and failures of the build.
#[test]
fn registered_robots_are_of_their_group() {
    let keys = |link: &str, post_launch: f64| {
        format!("registrations = {{ interarrival = {}, max = 3 }}\ndownload = {{ {link} }}\n", constant(10.0))
            + &takes("downloading_extracting", 0.0)
            + &takes("executing_post_launch", post_launch)
    };
    let text = policy(
        100,
        100,
        &(group("a", 1, &keys("link = \"1Mbit/s\"", 1.0)) + &group("b", 2, &keys("uplink = \"2Mbit/s\"", 0.0))),
    ) + &sync("every = \"10m\"", 2)
        + "[[build]]\nname = \"bad\"\nweight = 1\nfailure = { \"b.executing_post_launch\" = 1.0 }\n"
        + &table("download", &["bundle_size = \"10MB\""]);
    let (replication, trace) = watch(&text);
    let failed = RobotEnd::Failed(Code::PostLaunchFileFailure);
    // Two share 2 Mbit/s; then five do, with the two that failed.
    assert_eq!(trace.ends[..3], [(at(80), 1, failed), (at(80), 2, failed), (at(81), 0, RobotEnd::InSync)]);
    // 3, 5 and 7 are of the first group, 4, 6 and 8 of the second.
    let mut second = trace.ends[3..].to_vec();
    second.sort_by_key(|(_, robot, _)| *robot);
    let due = |robot| match robot {
        3 | 5 | 7 => (at(681), robot, RobotEnd::InSync),
        _ => (at(800), robot, failed),
    };
    assert_eq!(second, [1, 2, 3, 4, 5, 6, 7, 8].map(due));
    assert_eq!(bytes(&replication), 11 * 10_000_000);
    assert_eq!(replication.build, Some(0));
}

/// A registration at the instant of the horizon has come (R1).
#[test]
fn registrations_at_the_horizon() {
    let keys = format!("registrations = {{ interarrival = {}, max = 9 }}\n", constant(10.0));
    let text = policy(100, 100, &group("g", 1, &keys)) + &sync("every = \"1h\"", 2) + "horizon = \"30s\"\n";
    let (replication, trace) = watch(&text);
    assert_eq!((replication.outcome, replication.registered, trace.registered.len()), (CampaignOutcome::Horizon, 4, 3));
}

/// A transfer over a link of its own is nothing but work of size / link: the same as a latency longer by that. With
/// common random numbers it is so robot by robot, offline, late, and in later jobs, up to the microseconds of the
/// transfers' ends.
#[test]
fn a_link_of_ones_own_is_a_latency() {
    // 600 MB at 240 Mbit/s are 20 s.
    let keys = |rest: &str| {
        connectivity(&exponential(80.0), "{ uniform = { min = \"1s\", max = \"1m\" } }")
            + &takes("validating", 5.0)
            + rest
            + "step.launching = { latency = { exponential = { mean = \"10s\" } }, failure = 0.2 }\n"
    };
    let text = |rest: &str| hurried(30, "", &group("g", 12, &keys(rest))) + &sync("after_finish = \"20s\"", 6);
    let latency = text(&fails("downloading_extracting", 27.0, 0.1));
    let transfer =
        text(&("download = { link = \"240Mbit/s\" }\n".to_owned() + &fails("downloading_extracting", 7.0, 0.1)))
            + &table("download", &["bundle_size = \"600MB\""]);
    let all = |text: &str| {
        let mut all = Vec::new();
        campaigns(&Plan::new(&scenario(text)), 1_000, |replication, trace: Trace| all.push((replication, trace)));
        all
    };
    let mut late = 0;
    for ((latency, of_latency), (transfer, of_transfer)) in all(&latency).into_iter().zip(all(&transfer)) {
        let what = latency.index;
        assert_eq!(
            (latency.outcome, latency.jobs, latency.late_syncs),
            (transfer.outcome, transfer.jobs, transfer.late_syncs)
        );
        assert_eq!(of_latency.ends.len(), of_transfer.ends.len(), "{what}");
        for (a, b) in of_latency.ends.iter().zip(&of_transfer.ends) {
            assert!((a.1, a.2) == (b.1, b.2) && a.0.micros().abs_diff(b.0.micros()) < 50, "{what}: {a:?} {b:?}");
        }
        assert_eq!(of_latency.late.len(), of_transfer.late.len(), "{what}");
        for (a, b) in of_latency.late.iter().zip(&of_transfer.late) {
            assert!((a.1, a.2) == (b.1, b.2) && a.0.micros().abs_diff(b.0.micros()) < 50, "{what}: {a:?} {b:?}");
            late += 1;
        }
    }
    assert!(late > 500, "only {late} late ends");
}

/// A build that changes nothing is none, and which build a replication is about depends on no policy; nor do its drawn
/// probabilities.
#[test]
fn builds_are_common_random_numbers() {
    let beta = "{ beta = { mean = 0.2, concentration = 5 } }";
    let steps =
        format!("step.launching = {{ latency = {{ exponential = {{ mean = \"10s\" }} }}, failure = {beta} }}\n");
    let text = |concurrency, builds: &str| {
        policy(concurrency, 20, &group("g", 20, &steps)) + &sync("after_finish = \"1m\"", 3) + builds
    };
    let plain = replications(&text(30, ""), 400);
    let same = replications(&text(30, "[[build]]\nname = \"same\"\nweight = 2\n"), 400);
    let named = format!("[[build]]\nname = \"named\"\nweight = 2\nfailure = {{ \"g.launching\" = {beta} }}\n");
    let named = replications(&text(30, &named), 400);
    for ((plain, same), named) in plain.iter().zip(&same).zip(&named) {
        assert_eq!(same, &Replication { build: Some(0), ..plain.clone() });
        assert_eq!(named, same, "a probability that a build names is drawn as the step's own");
    }
    let two = "[[build]]\nname = \"a\"\nweight = 1\n[[build]]\nname = \"b\"\nweight = 1\nfailure = { \"*.launching\" = 0.4 }\n";
    let halts = |concurrency| -> Vec<_> {
        let all = replications(&text(concurrency, two), 400);
        all.iter().map(|replication| (replication.build, replication.first_job.expect("a job").halted())).collect()
    };
    assert_eq!(halts(5), halts(100));
}

/// A robot that leaves during its transfer takes nothing while it is away, and the whole rate when it is back.
#[test]
fn periods_offline_use_no_uplink() {
    let robots = group(
        "g",
        1,
        &(connectivity(&exponential(3600.0), &exponential(3600.0)) + &takes("downloading_extracting", 0.0)),
    );
    let text = policy(100, 100, &format!("robot_deployment_timeout = \"7d\"\n{robots}"))
        + &table("download", &["bundle_size = \"600MB\"", "egress = \"100Mbit/s\""]);
    let mut waits = Vec::new();
    campaigns(&Plan::new(&scenario(&text)), 4_000, |replication, trace: Trace| {
        // The origin sends for 48 s in all, in as many stretches as the robot has, and at the full rate.
        // The last ends with the campaign.
        let mut sent = 0;
        for pair in trace.egress.chunks(2) {
            assert_eq!((pair[0].1, pair.get(1).map_or(0, |(_, rate)| *rate)), (100_000_000, 0));
            let until = pair.get(1).map_or(replication.ended, |(since, _)| *since);
            sent += (until - pair[0].0).micros();
        }
        assert!(sent.abs_diff(48_000_000) <= 10, "{sent}");
        assert_eq!(bytes(&replication), 600_000_000);
        if trace.egress[0].0 > at(0) {
            waits.push((trace.egress[0].0 - at(0)).seconds());
        }
    });
    assert_share(waits.len(), 4_000, 0.5, "offline at the start");
    assert_distribution(&waits, crate::statistics::exponential_cdf(3600.0), "until the first transfer");
}
