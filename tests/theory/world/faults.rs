//! R22: steps that hang, failures that stay, and builds that change more than failures.

use rollcast::rollout::{CampaignOutcome, DeploymentJobErrorCode as Code, RobotEnd};
use rollcast::simulation::Replication;

use super::{connectivity, constant, ends, exponential, fails, group, takes};
use crate::run::{at, policy, replications, watch};
use crate::statistics::{assert_distribution, assert_outcomes, assert_share, binomial, exponential_cdf};

/// A step that takes a constant time, hangs and fails with these probabilities.
fn hangs(step: &str, seconds: f64, hang: f64, failure: f64) -> String {
    let latency = constant(seconds);
    format!("step.{step} = {{ latency = {latency}, hang = {hang:?}, failure = {failure:?} }}\n")
}

/// A `[[build]]`; `rest` are its keys.
fn build(name: &str, rest: &str) -> String {
    format!("[[build]]\nname = \"{name}\"\nweight = 1\n{rest}\n")
}

const MINUTE: &str = "robot_deployment_timeout = \"1m\"\n";

/// By hand: a step that hangs is ended by the timeout, which counts from the robot's start, and counts against the
/// threshold; whoever fails before never gets to it; and what hangs does not end by itself later.
#[test]
fn the_timeout_ends_what_hangs() {
    let always = |rest: &str| takes("validating", 10.0) + &hangs("launching", 5.0, 1.0, 0.0) + rest;
    let text = policy(50, 100, &format!("{MINUTE}{}", group("g", 2, &always(""))));
    let (replication, trace) = watch(&text);
    assert_eq!(trace.ends, [(at(60), 0, RobotEnd::NoResponse), (at(120), 1, RobotEnd::NoResponse)]);
    let job = replication.first_job.expect("a call made it");
    assert_eq!((job.progress.no_response, job.halted(), job.ended), (2, true, Some(at(120))));
    assert_eq!(replication.outcome, CampaignOutcome::Halted);

    let before = fails("validating", 10.0, 1.0) + &hangs("launching", 5.0, 1.0, 0.0);
    let (_, trace) = watch(&policy(50, 100, &format!("{MINUTE}{}", group("g", 1, &before))));
    assert_eq!(trace.ends, [(at(10), 0, RobotEnd::Failed(Code::GreengrassDeploymentFailed))]);

    // Online for ever, but for a moment: what is only slow would end by itself.
    let online = connectivity(&constant(1e6), &constant(1.0));
    for (step, late) in [(takes("launching", 100.0), 1), (hangs("launching", 5.0, 1.0, 1.0), 0)] {
        let sync = "[sync]\nmax_jobs = 2\nschedule = { every = \"1h\" }\non_halt = \"retry\"\nhorizon = \"30m\"\n";
        let text = policy(100, 100, &format!("{MINUTE}{}{sync}", group("g", 1, &(step + &online))));
        let (_, trace) = watch(&text);
        assert_eq!(trace.ends.last().map(|(_, _, end)| *end), Some(RobotEnd::NoResponse));
        assert_eq!(trace.late.len(), late);
    }
}

/// What hangs has its bundle: its bytes are sent once, and its line is free then.
#[test]
fn a_download_that_hangs_is_complete() {
    let robots = group("g", 2, &hangs("downloading_extracting", 5.0, 1.0, 0.0));
    let download = "[download]\nbundle_size = \"10MB\"\negress = \"8Mbit/s\"\n";
    let (replication, trace) = watch(&policy(50, 100, &format!("{MINUTE}{robots}{download}")));
    assert_eq!(trace.ends, [(at(60), 0, RobotEnd::NoResponse), (at(120), 1, RobotEnd::NoResponse)]);
    assert_eq!(replication.download.map(|all| all.bytes), Some(20_000_000));
    // 80 Mbit at 8 Mbit/s.
    assert_eq!(trace.egress, [(at(0), 8_000_000), (at(10), 0), (at(60), 8_000_000), (at(70), 0)]);
}

/// With probability p a step has no end; if it has one, it fails there with its probability. Drawn ahead, one by one
/// and where the world delays robots.
#[test]
fn hangs_and_failures_of_two_steps() {
    const ROBOTS: u32 = 40;
    const RUNS: u32 = 3000;
    let steps = hangs("validating", 1.0, 0.05, 0.1) + &hangs("launching", 2.0, 0.3, 0.2);
    let (fails_first, hangs_first) = (0.95 * 0.1, 0.05);
    let reached = 1.0 - fails_first - hangs_first;
    let (fails_then, hangs_then) = (reached * 0.7 * 0.2, reached * 0.3);
    let expected = [fails_first, fails_then, hangs_first + hangs_then];
    for (concurrency, rest) in [(100, ""), (5, ""), (100, &*connectivity(&constant(1e8), &constant(1.0)))] {
        let text = policy(concurrency, 100, &format!("{MINUTE}{}", group("g", ROBOTS, &(steps.clone() + rest))));
        let mut counts = Vec::new();
        ends(&text, RUNS, |_, ends| {
            counts.extend(ends.ends.iter().map(|(_, _, _, end)| match end {
                RobotEnd::Failed(Code::GreengrassDeploymentFailed) => 0,
                RobotEnd::Failed(_) => 1,
                RobotEnd::NoResponse => 2,
                _ => 3,
            }));
        });
        assert_outcomes(counts, &expected, &format!("ends at {concurrency} %, {rest}"));
    }
}

/// A hang is no other luck than a failure: whoever is hurt by the good build is hurt by the one that hangs, and latencies
/// are the same.
#[test]
fn a_hang_leaves_the_luck_of_the_rest() {
    let text = |hang: f64| {
        let step = format!("step.launching = {{ latency = {}, hang = {hang:?}, failure = 0.1 }}\n", exponential(60.0));
        policy(100, 100, &group("g", 500, &(takes("validating", 1.0) + &step)))
    };
    let (good, bad) = (watch(&text(0.0)).1, watch(&text(0.2)).1);
    let in_sync = |trace: &crate::run::Trace| -> Vec<_> {
        trace.ends.iter().copied().filter(|(_, _, end)| *end == RobotEnd::InSync).collect()
    };
    let (of_good, of_bad) = (in_sync(&good), in_sync(&bad));
    assert!(of_bad.len() > 300 && of_bad.len() + 50 < of_good.len(), "{} {}", of_bad.len(), of_good.len());
    assert!(of_bad.iter().all(|end| of_good.contains(end)), "in sync at the same instant");
}

/// Builds may hang, take other times, or both, on one group or on all; what they do not name stays.
#[test]
fn builds_that_hang_and_are_slower() {
    const ROBOTS: u32 = 20;
    const RUNS: u32 = 8000;
    let step = format!("step.launching = {{ latency = {}, hang = 0.1 }}\n", exponential(10.0));
    let robots = group("a", ROBOTS, &step) + &group("b", ROBOTS, &step);
    let slow = exponential(30.0);
    let builds = build("plain", "")
        + &build("hangs", "hang = { \"a.launching\" = 0.5, \"*.launching\" = 0.25 }")
        + &build("slow", &format!("latency = {{ \"b.launching\" = {slow} }}"));
    let timeout = "robot_deployment_timeout = \"1h\"\n";
    let text = policy(100, 100, &format!("{timeout}{robots}{builds}"));
    let mut hung: [[Vec<usize>; 2]; 3] = Default::default();
    let mut lengths: [[Vec<f64>; 2]; 3] = Default::default();
    ends(&text, RUNS, |replication, ends| {
        let build = replication.build.expect("there are builds");
        let mut counts = [0_usize; 2];
        for (ended, robot, started, end) in ends.ends {
            let group = (robot / ROBOTS) as usize;
            match end {
                RobotEnd::NoResponse => counts[group] += 1,
                _ => lengths[build][group].push((ended - started).seconds()),
            }
        }
        (0..2).for_each(|group| hung[build][group].push(counts[group]));
    });
    let expected = [[(0.1, 10.0), (0.1, 10.0)], [(0.5, 10.0), (0.25, 10.0)], [(0.1, 10.0), (0.1, 30.0)]];
    for build in 0..3 {
        for group in 0..2 {
            let (p, mean) = expected[build][group];
            let what = format!("build {build}, group {group}");
            assert_outcomes(hung[build][group].iter().copied(), &binomial(ROBOTS, p), &what);
            assert_distribution(&lengths[build][group], exponential_cdf(mean), &what);
        }
    }
}

/// How long a job takes whose robots may hang: the timeout, if any of them does.
#[test]
fn makespans_of_jobs_with_hangs() {
    const RUNS: u32 = 10_000;
    let text = policy(100, 100, &format!("{MINUTE}{}", group("g", 10, &hangs("launching", 5.0, 0.02, 0.0))));
    let all = replications(&text, RUNS);
    let makespan = |replication: &Replication| {
        replication.first_job.and_then(|job| job.makespan()).expect("the job ended").seconds()
    };
    let long = all.iter().filter(|replication| makespan(replication) == 60.0).count();
    assert!(all.iter().all(|replication| [5.0, 60.0].contains(&makespan(replication))));
    assert_share(long, RUNS as usize, 1.0 - libm::pow(0.98, 10.0), "jobs that last until the timeout");
}

/// A group whose step takes 10 s and fails so, synced every 10 minutes up to so many jobs.
fn staying(robots: u32, failure: &str, jobs: u32) -> String {
    let step = format!("step.launching = {{ latency = {}, failure = {{ {failure} }} }}\n", constant(10.0));
    let sync = format!("[sync]\nschedule = {{ every = \"10m\" }}\nmax_jobs = {jobs}\non_halt = \"retry\"\n");
    policy(100, 100, &(group("g", robots, &step) + &sync))
}

/// How the attempts of each robot end, in order.
fn histories(text: &str, robots: u32, runs: u32, mut look: impl FnMut(&[RobotEnd])) {
    ends(text, runs, |_, ends| {
        let mut of_robot: Vec<Vec<RobotEnd>> = vec![Vec::new(); robots as usize];
        ends.ends.iter().for_each(|(_, robot, _, end)| of_robot[*robot as usize].push(*end));
        of_robot.iter().for_each(|ends| look(ends));
    });
}

/// With probability p q an attempt breaks the robot for good, and with p (1 - q) it is tried again: so geometrically many
/// attempts, and p q / (1 - p (1 - q)) of the robots never get in sync, but for those that may still be tried again.
#[test]
fn robots_that_stay_broken() {
    const ROBOTS: u32 = 50;
    const JOBS: u32 = 8;
    for (p, q) in [(0.3, 0.25), (0.5, 1.0), (0.6, 0.5)] {
        let text = staying(ROBOTS, &format!("probability = {p:?}, persistent = {q:?}"), JOBS);
        let (mut attempts, mut n) = (Vec::new(), 0);
        histories(&text, ROBOTS, 1500, |ends| {
            n += 1;
            let in_sync = ends.last() == Some(&RobotEnd::InSync);
            attempts.push(if in_sync { ends.len() - 1 } else { JOBS as usize });
        });
        let again = p * (1.0 - q);
        let mut expected: Vec<f64> = (0..JOBS).map(|k| (1.0 - p) * libm::pow(again, f64::from(k))).collect();
        let left = libm::pow(again, f64::from(JOBS));
        expected.push(p * q * (1.0 - left) / (1.0 - again) + left);
        assert_outcomes(attempts, &expected, &format!("attempts until in sync, p = {p}, q = {q}"));
        assert_eq!(n, ROBOTS * 1500);
    }
}

/// Repaired a constant time after the failure, by hand: attempts end 10 minutes apart, so with 25 minutes the next two fail
/// for certain, and with 20 the next one: at the instant of its end the robot is repaired. Then luck decides again.
#[test]
fn repairs_by_hand() {
    const ROBOTS: u32 = 50;
    for (repair, certain) in [("25m", 2), ("20m", 1), ("20m 1us", 2), ("0s", 0), ("1us", 0)] {
        let failure = format!("probability = 0.5, persistent = 1, repair = {{ constant = \"{repair}\" }}");
        let mut tries = Vec::new();
        histories(&staying(ROBOTS, &failure, 13), ROBOTS, 400, |ends| {
            let failures = ends.iter().take_while(|end| **end != RobotEnd::InSync).count();
            if failures < ends.len() {
                assert_eq!(failures % (1 + certain), 0, "{repair}: {ends:?}");
                tries.push(failures / (1 + certain));
            } else {
                tries.push(usize::MAX);
            }
        });
        // A robot is tried by its luck in every so-manieth of the 13 jobs.
        let most = 13_usize.div_ceil(1 + certain);
        let expected: Vec<f64> = (1..=most).map(|k| libm::pow(0.5, k as f64)).collect();
        assert_outcomes(tries.iter().map(|tried| (*tried).min(most)), &expected, &format!("tries with {repair}"));
    }
}

/// Repaired after an exponential time of mean m: ten minutes later a robot is broken still with the probability
/// exp(-10 / m), if the failure has stayed at all.
#[test]
fn repairs_that_are_drawn() {
    const ROBOTS: u32 = 100;
    let (p, q) = (0.4, 0.7);
    for mean in [5.0, 20.0] {
        let repair = format!("repair = {{ exponential = {{ mean = \"{mean}m\" }} }}");
        let text = staying(ROBOTS, &format!("probability = {p:?}, persistent = {q:?}, {repair}"), 2);
        let (mut again, mut failed) = (0, 0);
        histories(&text, ROBOTS, 1000, |ends| {
            if ends.len() == 2 {
                failed += 1;
                again += usize::from(ends[1] != RobotEnd::InSync);
            }
        });
        let broken = q * libm::exp(-10.0 / mean);
        assert_share(failed, ROBOTS as usize * 1000, p, "failed in the first job");
        assert_share(again, failed, broken + (1.0 - broken) * p, &format!("failed again, repaired after {mean} m"));
    }
}

/// A robot fails as it has failed at first, at the step where it is broken: also where it would hang there by its luck.
/// Steps before that fail by luck as ever.
#[test]
fn a_broken_robot_fails_in_the_same_way() {
    const ROBOTS: u32 = 40;
    let codes = "codes = { ResourceNotFound = 1, RobotAgentConnectionTimeout = 1 }";
    let broken = format!("failure = {{ probability = 0.5, persistent = 1, {codes} }}");
    let step = format!("step.launching = {{ latency = {}, hang = 0.4, {broken} }}\n", constant(10.0));
    let sync = "[sync]\nschedule = { every = \"10m\" }\nmax_jobs = 9\non_halt = \"retry\"\n";
    let text =
        policy(100, 100, &format!("{MINUTE}{}{sync}", group("g", ROBOTS, &(fails("validating", 1.0, 0.2) + &step))));
    let (mut later, mut before) = (0, 0);
    let mut of_code = [0, 0];
    histories(&text, ROBOTS, 500, |ends| {
        let validating = RobotEnd::Failed(Code::GreengrassDeploymentFailed);
        let mut known = None;
        for end in ends {
            match (known, *end) {
                (None, RobotEnd::Failed(code)) if *end != validating => {
                    of_code[usize::from(code == Code::ResourceNotFound)] += 1;
                    known = Some(*end);
                }
                (None, _) => {}
                (Some(known), end) => {
                    later += 1;
                    before += usize::from(end == validating);
                    assert!(end == known || end == validating, "{end:?} after {known:?}");
                }
            }
        }
    });
    assert_share(before, later, 0.2, "of later attempts fail before");
    assert_share(of_code[0], of_code[0] + of_code[1], 0.5, "codes");
}

/// A build's failure keeps the step's persistence unless it has its own.
#[test]
fn builds_whose_failures_stay() {
    const ROBOTS: u32 = 40;
    let step = format!(
        "step.launching = {{ latency = {}, failure = {{ probability = 0, persistent = 0.6 }} }}\n",
        constant(10.0)
    );
    let sync = "[sync]\nschedule = { every = \"10m\" }\nmax_jobs = 2\non_halt = \"retry\"\n";
    let builds = build("keeps", "failure = { \"*.launching\" = 0.5 }")
        + &build("never", "failure = { \"g.launching\" = { probability = 0.5, persistent = 0 } }")
        + &build("always", "failure = { \"g.launching\" = { probability = 0.5, persistent = 1 } }");
    let text = policy(100, 100, &(group("g", ROBOTS, &step) + sync + &builds));
    let mut counts = [[0; 2]; 3];
    ends(&text, 1200, |replication, ends| {
        let counts = &mut counts[replication.build.expect("there are builds")];
        let second: Vec<_> = ends.ends.iter().filter(|(now, ..)| *now > at(600)).collect();
        counts[0] += second.iter().filter(|(.., end)| *end != RobotEnd::InSync).count();
        counts[1] += second.len();
    });
    for (build, expected) in [0.6 + 0.4 * 0.5, 0.5, 1.0].into_iter().enumerate() {
        assert_share(counts[build][0], counts[build][1], expected, &format!("failed again with build {build}"));
    }
}

/// Bundles of groups, and of a build for all of them, by hand: one robot at a time over 8 Mbit/s, so a megabyte a second.
#[test]
fn bundles_of_groups_and_builds() {
    let robots = |name: &str, bundle: &str| {
        let download = format!("download = {{ {bundle} }}\n");
        group(name, 1, &(takes("downloading_extracting", 1.0) + &download))
    };
    let rest = "[download]\nbundle_size = \"10MB\"\negress = \"8Mbit/s\"\n";
    let groups = robots("a", "") + &robots("b", "bundle_size = \"30MB\"");
    for (build_size, sizes) in [("", [10, 30]), ("bundle_size = \"20MB\"", [20, 20])] {
        let text = policy(1, 100, &(groups.clone() + rest + &build("only", build_size)));
        let (replication, trace) = watch(&text);
        let ends = [(at(sizes[0] + 1), 0, RobotEnd::InSync), (at(sizes[0] + sizes[1] + 2), 1, RobotEnd::InSync)];
        assert_eq!(trace.ends, ends);
        assert_eq!(replication.download.map(|all| all.bytes), Some(u128::from(sizes[0] + sizes[1]) * 1_000_000));
    }
    // Ended by the timeout after 60 of 90 and of 120 seconds: whole bytes count.
    let text = policy(
        1,
        100,
        &format!("{MINUTE}{}", robots("a", "bundle_size = \"90MB\"") + &robots("b", "bundle_size = \"120MB\"") + rest),
    );
    let (replication, trace) = watch(&text);
    assert_eq!(trace.ends, [(at(60), 0, RobotEnd::NoResponse), (at(120), 1, RobotEnd::NoResponse)]);
    assert_eq!(replication.download.map(|all| all.bytes), Some(120_000_000));
}
