//! R14: robots alternate between online and offline.
//!
//! An alternating renewal process is stationary if it is online at time 0 with probability p = E[on] / (E[on] + E[off])
//! and the present period has the equilibrium residual life, 1 / E[X] int_0^x (1 - F) (D. R. Cox, "Renewal Theory"
//! (1962), 5.2 and 7.2).

use rollcast::random::Luck;
use rollcast::rollout::{CampaignOutcome, DeploymentStatus, JobKind, RobotEnd};
use rollcast::simulation::{ConnectivityPlan, Plan, Stop, Timeline};
use rollcast::time::{Span, Time};
use statrs::function::gamma::gamma_lr;

use super::{connectivity, constant, ends, exponential, fails, group, seconds, table, takes};
use crate::distributions::Law;
use crate::residuals::assert_equilibrium;
use crate::run::{SEED, at, micros, policy, replications, scenario, watch};
use crate::statistics::{
    assert_distribution, assert_mean, assert_near, assert_outcomes, assert_same_distribution, assert_share,
    assert_uncorrelated, assert_variance, binomial, exponential_cdf,
};

/// The longest robot timeout.
const PATIENT: &str = "robot_deployment_timeout = \"7d\"\n";

/// The distribution of what is left of a period.
enum Left {
    Closed(fn(f64) -> f64),
    Integrated(Law),
}

/// A family as a scenario writes it, its mean in seconds, and its residual life.
fn families() -> Vec<(&'static str, f64, Left)> {
    let pi = std::f64::consts::PI;
    let normal_mean = {
        // Truncated at 0: mean + std * phi(mean / std) / Phi(mean / std), with mean / std = 1.
        let density = libm::exp(-0.5) / (2.0 * pi).sqrt();
        40.0 + 40.0 * density / (0.5 * libm::erfc(-1.0 / 2.0_f64.sqrt()))
    };
    let mixture = Law::mixture([(0.75, Law::exponential(10.0)), (0.25, Law::uniform(100.0, 140.0))]);
    vec![
        ("{ constant = \"3m\" }", 180.0, Left::Closed(|x| x / 180.0)),
        (
            "{ uniform = { min = \"10s\", max = \"50s\" } }",
            30.0,
            // x / E below the least value, and then 1 - (b - x)^2 / (2 (b - a) E).
            Left::Closed(|x| if x < 10.0 { x / 30.0 } else { 1.0 - (50.0 - x) * (50.0 - x) / 2400.0 }),
        ),
        ("{ exponential = { mean = \"70s\" } }", 70.0, Left::Closed(|x| -libm::expm1(-x / 70.0))),
        (
            "{ lognormal = { median = \"60s\", sigma = 0.8 } }",
            60.0 * libm::exp(0.32),
            Left::Integrated(Law::lognormal(60.0, 0.8)),
        ),
        ("{ gamma = { shape = 2.5, scale = \"20s\" } }", 50.0, Left::Integrated(Law::gamma(2.5, 20.0))),
        // 90 * Gamma(1.5) = 90 * sqrt(pi) / 2
        ("{ weibull = { shape = 2.0, scale = \"90s\" } }", 45.0 * pi.sqrt(), Left::Integrated(Law::weibull(2.0, 90.0))),
        ("{ pareto = { scale = \"20s\", shape = 2.5 } }", 20.0 * 2.5 / 1.5, Left::Integrated(Law::pareto(20.0, 2.5))),
        (
            "{ empirical = { values = [\"10s\", \"20s\", \"90s\"] } }",
            40.0,
            Left::Closed(|x| [10.0, 20.0, 90.0].map(|value: f64| value.min(x)).iter().sum::<f64>() / 120.0),
        ),
        (
            "{ mixture = [ { weight = 3, exponential = { mean = \"10s\" } }, \
             { weight = 1, uniform = { min = \"100s\", max = \"140s\" } } ] }",
            37.5,
            Left::Integrated(mixture),
        ),
        (
            "{ normal = { mean = \"40s\", std = \"40s\" } }",
            normal_mean,
            Left::Integrated(Law::truncated_normal(40.0, 40.0)),
        ),
        (
            "{ triangular = { min = \"10s\", mode = \"25s\", max = \"40s\" } }",
            25.0,
            Left::Integrated(Law::triangular(10.0, 25.0, 40.0)),
        ),
        (
            "{ pert = { min = \"10s\", mode = \"15s\", max = \"40s\" } }",
            110.0 / 6.0,
            Left::Integrated(Law::pert(10.0, 15.0, 40.0)),
        ),
    ]
}

fn assert_left(values: &[f64], mean: f64, left: &Left, what: &str) {
    match left {
        Left::Closed(cdf) => assert_distribution(values, cdf, what),
        Left::Integrated(law) => assert_equilibrium(values, mean, &law.cdf, what),
    }
}

/// Whatever the distributions, the online share and the rest of the period are the same at every instant.
#[test]
fn every_family_is_stationary() {
    const ROBOTS: u32 = 10_000;
    let families = families();
    for (i, (online, on, online_left)) in families.iter().enumerate() {
        let (offline, off, offline_left) = &families[(i + 5) % families.len()];
        let text = policy(100, 100, &group("g", 1, &connectivity(online, offline)));
        let scenario = scenario(&text);
        let plan = Plan::new(&scenario);
        let plan: &ConnectivityPlan = plan.group(0).connectivity.as_ref().expect("the group has it");
        let mut timelines: Vec<Timeline> =
            (0..ROBOTS).map(|robot| Timeline::new(plan, &Luck::new(SEED, robot / 100), robot % 100)).collect();
        for cycles in [0.0, 0.1, 0.8, 3.3, 40.0] {
            let instant = Time::ZERO + Span::from_micros((cycles * (on + off) * 1e6) as u64);
            let (mut online_for, mut offline_for) = (Vec::new(), Vec::new());
            for timeline in &mut timelines {
                timeline.advance(plan, instant, Stop::NEVER);
                let left = (timeline.until() - instant).seconds();
                if timeline.online() { online_for.push(left) } else { offline_for.push(left) }
            }
            let what = format!("at {cycles} cycles of {online} and {offline}");
            assert_share(online_for.len(), ROBOTS as usize, on / (on + off), &format!("online {what}"));
            assert_left(&online_for, *on, online_left, &format!("time to leave {what}"));
            assert_left(&offline_for, *off, offline_left, &format!("time to return {what}"));
        }
    }
}

/// The same through campaigns: robots without steps are in sync at once if they are online, and else when they return.
#[test]
fn robots_without_steps_end_when_they_are_online() {
    const ROBOTS: u32 = 200;
    const RUNS: u32 = 60;
    let families = families();
    for (i, preparing) in [(0, 0), (1, 0), (2, 0), (3, 77), (6, 3000), (1, 40), (0, 10_000)] {
        let (offline, off, left) = &families[i];
        let (online, on, _) = &families[(i + 7) % families.len()];
        let robots = group("g", ROBOTS, &connectivity(online, offline));
        let text = policy(100, 100, &format!("{PATIENT}preparing = {{ constant = \"{preparing}s\" }}\n{robots}"));
        let began = at(preparing);
        let (mut at_once, mut later) = (0, Vec::new());
        ends(&text, RUNS, |replication, ends| {
            assert_eq!((replication.outcome, ends.ends.len()), (CampaignOutcome::InSync, ROBOTS as usize));
            let mut deploying = 0;
            for (now, _, started, end) in ends.ends {
                assert_eq!((started, end), (began, RobotEnd::InSync));
                deploying += u128::from((now - started).micros());
                if now == began { at_once += 1 } else { later.push((now - began).seconds()) }
            }
            // A robot is `Deploying` while it waits for its return, and loses nothing by it.
            assert_eq!((replication.out_of_service, replication.down), (deploying, 0));
        });
        let what = format!("after {preparing} s offline for {offline}");
        assert_share(at_once, (ROBOTS * RUNS) as usize, on / (on + off), &format!("online {what}"));
        assert_left(&later, *off, left, &what);
    }
}

/// Work of L seconds that waits for connection, from an online state with exponential periods of means a and b: the
/// robot leaves Poisson(L / a) times, for an exponential time each, so E = L (1 + b / a) and Var = 2 b^2 L / a. A step
/// that needs no connection takes L, and then the robot is online with the probability of the two-state Markov chain,
/// or has an exponential time to go.
#[test]
fn six_steps_online_and_offline() {
    const RUNS: u32 = 30_000;
    let (a, b, work) = (60.0, 45.0, 100.0);
    let (p, q) = (a / (a + b), b / (a + b));
    let rate = work / a;
    for (step, waits) in [
        ("validating", true),
        ("executing_download_condition", true),
        ("downloading_extracting", true),
        ("executing_pre_launch", false),
        ("launching", false),
        ("executing_post_launch", false),
    ] {
        let robots = group("g", 1, &(connectivity(&exponential(a), &exponential(b)) + &takes(step, work)));
        let all = replications(&policy(100, 100, &format!("{PATIENT}{robots}")), RUNS);
        let total: Vec<f64> = all.iter().map(|replication| replication.out_of_service as f64 / 1e6).collect();
        // Down from its first progress on: the time since it came online first.
        let since_online: Vec<f64> = all.iter().map(|replication| replication.down as f64 / 1e6).collect();
        let first_return: Vec<f64> = total.iter().zip(&since_online).map(|(total, since)| total - since).collect();
        let waited: Vec<f64> = first_return.iter().copied().filter(|wait| *wait > 0.0).collect();
        assert_share(waited.len(), RUNS as usize, q, &format!("offline before {step}"));
        assert_distribution(&waited, exponential_cdf(b), &format!("return before {step}"));
        let pairs: Vec<(f64, f64)> = first_return.iter().copied().zip(since_online.iter().copied()).collect();
        assert_uncorrelated(&pairs, &format!("between return and {step}"));
        assert!(since_online.iter().all(|time| *time >= work), "{step} took less than its latency");
        let longer: Vec<f64> = since_online.iter().map(|time| time - work).filter(|time| *time > 0.0).collect();
        if waits {
            // The cumulants of a compound Poisson sum are rate * E[X^r], and E[X^r] = r! b^r.
            let cumulant = |r: i32, factorial: f64| rate * factorial * libm::pow(b, f64::from(r));
            let variance = cumulant(2, 2.0);
            assert_mean(&since_online, work * (1.0 + b / a), variance, &format!("time for {step}"));
            let fourth = cumulant(4, 24.0) + 3.0 * variance * variance;
            assert_variance(&since_online, variance, fourth, &format!("of the time for {step}"));
            let never = libm::exp(-rate);
            assert_share(longer.len(), RUNS as usize, 1.0 - never, &format!("left during {step}"));
            assert_distribution(
                &longer,
                |t| {
                    let (mut left, mut sum) = (never, 0.0);
                    for n in 1..60 {
                        left *= rate / f64::from(n);
                        sum += left * gamma_lr(f64::from(n), t / b);
                    }
                    sum / (1.0 - never)
                },
                &format!("time offline during {step}"),
            );
            // Unconditionally, with the wait for the first return.
            let wait_variance = 2.0 * q * b * b - q * q * b * b;
            assert_mean(
                &total,
                q * b + work * (1.0 + b / a),
                variance + wait_variance,
                &format!("start to end, {step}"),
            );
        } else {
            let online = p + q * libm::exp(-work * (1.0 / a + 1.0 / b));
            assert_share(longer.len(), RUNS as usize, 1.0 - online, &format!("offline after {step}"));
            assert_distribution(&longer, exponential_cdf(b), &format!("return after {step}"));
        }
    }
}

/// Steps of both kinds one after another. While a step waits, the robot leaves Poisson(L / a) times; it ends the last
/// such step online, and from there the launch takes its time.
#[test]
fn steps_one_after_another() {
    const RUNS: u32 = 30_000;
    let (a, b) = (40.0, 25.0);
    let steps = takes("validating", 10.0)
        + &takes("executing_download_condition", 20.0)
        + &takes("downloading_extracting", 30.0)
        + &takes("executing_pre_launch", 5.0)
        + &takes("launching", 7.0)
        + &takes("executing_post_launch", 8.0);
    let (waiting, launching) = (60.0, 20.0);
    let robots = group("g", 1, &(connectivity(&exponential(a), &exponential(b)) + &steps));
    let all = replications(&policy(100, 100, &format!("{PATIENT}{robots}")), RUNS);
    let times: Vec<f64> = all.iter().map(|replication| replication.down as f64 / 1e6).collect();
    let offline_then = b / (a + b) * -libm::expm1(-launching * (1.0 / a + 1.0 / b));
    let mean = waiting * (1.0 + b / a) + launching + offline_then * b;
    let variance = 2.0 * b * b * waiting / a + (2.0 - offline_then) * offline_then * b * b;
    assert_mean(&times, mean, variance, "time for six steps");
}

/// With constant periods all follows from the phase at time 0, which is uniform: every phase by hand, against
/// campaigns.
#[test]
fn constant_periods_are_a_function_of_the_phase() {
    const RUNS: u32 = 20_000;
    let (on, off) = (70_000_000_u64, 30_000_000);
    for (waiting, launching) in [(100, 0), (30, 75), (0, 90), (69, 1), (215, 333)] {
        let online_from = |t: u64| match t % (on + off) {
            phase if phase < on => t,
            phase => t + on + off - phase,
        };
        let expected = |phase: u64| {
            let mut t = online_from(phase);
            let mut left = waiting * 1_000_000;
            while left > 0 {
                let stretch = left.min(on - t % (on + off));
                t += stretch;
                left -= stretch;
                if left > 0 {
                    t = online_from(t);
                }
            }
            // A step that is complete as its robot leaves is reported at the next return.
            (online_from(t + launching * 1_000_000) - phase) as f64 / 1e6
        };
        let phases: Vec<f64> = (0..on + off).step_by(997).map(expected).collect();
        let steps = takes("executing_download_condition", waiting as f64) + &takes("launching", launching as f64);
        let robots = group("g", 1, &(connectivity(&constant(70.0), &constant(30.0)) + &steps));
        let all = replications(&policy(100, 100, &format!("{PATIENT}{robots}")), RUNS);
        let times: Vec<f64> = all.iter().map(|replication| seconds(replication.ended)).collect();
        assert_same_distribution(&times, &phases, &format!("{waiting} s online and {launching} s of launch"));
    }
}

/// With exponential periods a robot without steps does not respond within t with probability q e^(-t/b); what is left
/// then is again exponential. Those robots become `InSync` by themselves, and the campaign waits for them unless no job
/// may follow.
#[test]
fn late_syncs_are_memoryless() {
    const ROBOTS: u32 = 20;
    const RUNS: u32 = 2_000;
    let (a, b, timeout) = (100.0, 90.0, 60.0);
    let late = b / (a + b) * libm::exp(-timeout / b);
    for (max_jobs, steps) in [(1, ""), (2, ""), (2, "step.launching = { latency = { constant = \"0s\" } }\n")] {
        let robots = group("g", ROBOTS, &(connectivity(&exponential(a), &exponential(b)) + steps));
        let sync = format!("[sync]\nschedule = {{ after_finish = \"100d\" }}\nmax_jobs = {max_jobs}\n");
        let text =
            policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\non_breach = \"drain\"\n{robots}{sync}"));
        let (mut no_responses, mut returns) = (Vec::new(), Vec::new());
        ends(&text, RUNS, |replication, ends| {
            let job = replication.first_job.expect("a call made it");
            let progress = job.progress;
            no_responses.push(progress.no_response as usize);
            // Their first progress is their last.
            assert_eq!(replication.down, 0);
            assert_eq!((progress.succeeded, progress.failed), (ROBOTS - progress.no_response, 0));
            assert_eq!((job.status, replication.jobs), (DeploymentStatus::Succeeded, 1));
            for (now, _, _, end) in &ends.ends {
                match end {
                    RobotEnd::NoResponse => assert_eq!(*now, at(60)),
                    _ => assert!(*now <= at(60)),
                }
            }
            if progress.no_response == 0 {
                assert_eq!(replication.outcome, CampaignOutcome::InSync);
                assert!(replication.ended <= at(60) && ends.late.is_empty());
            } else if max_jobs == 1 {
                // The job has ended, no other may follow, and nobody waits for those that may return.
                assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(60)));
                assert_eq!(replication.late_syncs, 0);
                assert!(ends.late.is_empty());
            } else {
                assert_eq!(replication.late_syncs, progress.no_response);
                assert_eq!(ends.late.len(), progress.no_response as usize);
                let last = ends.late.last().expect("some robot was late").0;
                assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, last));
                returns.extend(ends.late.iter().map(|(now, _, end)| {
                    assert_eq!(*end, RobotEnd::InSync);
                    seconds(*now) - timeout
                }));
            }
        });
        assert_outcomes(no_responses, &binomial(ROBOTS, late), "robots without response");
        if max_jobs > 1 {
            assert_distribution(&returns, exponential_cdf(b), "time from the timeout to a late sync");
        }
    }
}

/// A late attempt fails as any other, but for no job; the robot is `Failed`, so the next job tries it again.
#[test]
fn late_failures_count_for_no_job() {
    const ROBOTS: u32 = 10;
    const RUNS: u32 = 3_000;
    let (a, b, timeout, failure) = (100.0, 90.0, 60.0, 0.3);
    let late = b / (a + b) * libm::exp(-timeout / b);
    // A threshold of 100 % is not met by robots of which some are online.
    let robots =
        group("g", ROBOTS, &(connectivity(&exponential(a), &exponential(b)) + &fails("launching", 0.0, failure)));
    let sync = "[sync]\nschedule = { after_finish = \"10d\" }\nmax_jobs = 2\non_halt = \"retry\"\n";
    let text = policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\n{robots}{sync}"));
    let (mut first, mut syncs) = (Vec::new(), 0);
    let mut no_responses = 0;
    ends(&text, RUNS, |replication, ends| {
        let job = replication.first_job.expect("a call made it");
        first.push(job.progress.failed as usize);
        let codes = ends.ends.iter().filter(|(now, _, _, end)| *now <= at(60) && matches!(end, RobotEnd::Failed(_)));
        assert_eq!(codes.count(), job.progress.failed as usize);
        // Nobody is late after the second job: it is the last.
        assert_eq!(ends.late.len(), job.progress.no_response as usize);
        no_responses += ends.late.len();
        let in_sync = ends.late.iter().filter(|(_, _, end)| *end == RobotEnd::InSync).count();
        syncs += in_sync;
        assert_eq!(replication.late_syncs as usize, in_sync);
        let left = ROBOTS as usize - job.progress.succeeded as usize - in_sync;
        let second = ends.ends.iter().filter(|(_, _, started, _)| *started > at(60)).count();
        assert_eq!((second, replication.jobs), (left, 1 + u32::from(left > 0)));
    });
    assert_outcomes(first, &binomial(ROBOTS, (1.0 - late) * failure), "failures in time");
    assert_share(syncs, no_responses, 1.0 - failure, "late attempts in sync");
}

/// Robots that are as good as always online, and too slow for the timeout of a minute: 90 s of launch.
fn slow(robots: u32, rest: &str) -> String {
    // Offline at time 0 with probability 1e-9, and leaving within minutes hardly more often.
    let robots = group(
        "slow",
        robots,
        &(connectivity("{ constant = \"10000d\" }", "{ constant = \"1s\" }") + &takes("launching", 90.0)),
    );
    policy(1, 100, &format!("robot_deployment_timeout = \"1m\"\non_breach = \"drain\"\n{rest}{robots}"))
}

fn sync(after_finish: &str, max_jobs: u32) -> String {
    let schedule = format!("schedule = {{ after_finish = \"{after_finish}\" }}");
    table("sync", &[&schedule, &format!("max_jobs = {max_jobs}"), "on_halt = \"retry\""])
}

/// One slot, three robots: each leaves its slot at the timeout and is in sync half a minute later, outside of it.
#[test]
fn late_robots_hold_no_slot() {
    let (replication, trace) = watch(&(slow(3, "") + &sync("1h", 2)));
    assert_eq!(trace.start_seconds(), [(0, 0), (60, 1), (120, 2)]);
    assert_eq!(trace.ends, [60, 120, 180].map(|s| (at(s), (s / 60 - 1) as u32, RobotEnd::NoResponse)));
    assert_eq!(trace.late, [90, 150, 210].map(|s| (at(s), ((s - 90) / 60) as u32, RobotEnd::InSync)));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, at(210)));
    assert_eq!((replication.jobs, replication.late_syncs), (1, 3));
    // `Deploying` until the timeout, down until in sync; for half a minute two at once.
    assert_eq!((replication.out_of_service, replication.down), (micros(180), micros(270)));
    assert_eq!(replication.peak_robots_down, 2);
    let job = replication.first_job.expect("a call made it");
    // Three of three without response breach the threshold of 100 %; late syncs do not undo that.
    assert_eq!((job.progress.no_response, job.progress.succeeded, job.halted()), (3, 0, true));
    assert_eq!((job.ended, job.halt.map(|halted| halted.at)), (Some(at(180)), Some(at(180))));
}

/// A robot that is started anew forgets the attempt before: it never gets in sync, where half a minute more would have
/// done.
#[test]
fn a_new_start_forgets_the_attempt_before() {
    let (replication, trace) = watch(&(slow(1, "") + &sync("29s", 3)));
    assert_eq!(trace.start_seconds(), [(0, 0), (89, 0), (178, 0)]);
    assert!(trace.late.is_empty());
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(238)));
    assert_eq!((replication.out_of_service, replication.down), (micros(180), micros(238)));
    // A second later the late end is at the instant of the call, and comes before it.
    let (replication, trace) = watch(&(slow(1, "") + &sync("30s", 3)));
    assert_eq!((trace.starts.len(), trace.late), (1, vec![(at(90), 0, RobotEnd::InSync)]));
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::InSync, at(90), 1));
}

/// A target that gets in sync by itself while its job prepares is not started; the job has nothing left to do.
#[test]
fn a_target_gets_in_sync_before_its_job_begins() {
    let (replication, trace) = watch(&(slow(2, "preparing = { constant = \"20s\" }\n") + &sync("5s", 3)));
    // 20 to 80 and 80 to 140; late at 110 and 170. The second job is made at 145 and would begin at 165.
    // The robot starts anew before it is late, at 165 and, 5 s after that job's end at 225 and its preparing, at 250.
    assert_eq!(trace.start_seconds(), [(20, 0), (80, 1), (165, 1), (250, 1)]);
    assert_eq!(trace.late, [(at(110), 0, RobotEnd::InSync)]);
    assert_eq!(trace.created[1..], [(at(145), JobKind::Sync, 1), (at(230), JobKind::Sync, 1)]);
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(310)));

    let (replication, trace) = watch(&(slow(2, "preparing = { constant = \"40s\" }\n") + &sync("5s", 3)));
    // 40 to 100 and 100 to 160; late at 130 and 190. The second job is made at 165 and would begin at 205.
    assert_eq!(trace.start_seconds(), [(40, 0), (100, 1)]);
    assert_eq!(trace.late, [(at(130), 0, RobotEnd::InSync), (at(190), 1, RobotEnd::InSync)]);
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, at(190)));
    assert_eq!((replication.jobs, replication.late_syncs), (2, 2));
    let job = trace.jobs[1];
    assert_eq!(
        (job.status, job.created, job.began, job.ended),
        (DeploymentStatus::Succeeded, at(165), None, Some(at(190)))
    );
    assert_eq!((job.progress.targets, job.progress.started, job.progress.not_attempted()), (1, 0, 1));
}

/// Without connectivity nothing goes on after a timeout.
#[test]
fn a_timeout_is_final_without_connectivity() {
    let robots = group("slow", 1, &takes("launching", 90.0));
    let text = policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\n{robots}{}", sync("1h", 2)));
    let (replication, trace) = watch(&text);
    assert_eq!((replication.jobs, replication.late_syncs, trace.late.len()), (2, 0, 0));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(3720)));
}

/// A later job meets a robot where its periods have brought it, not in a new draw: whoever is offline for a constant
/// day at the first job's timeout is so until its return, whatever the jobs in between.
#[test]
fn periods_go_on_from_job_to_job() {
    const RUNS: u32 = 4_000;
    let robots = group("g", 1, &connectivity(&constant(3600.0), &constant(3600.0)));
    // Calls after 10 minutes each: as many jobs as fit into what is left of the hour offline.
    let text = policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\n{robots}{}", sync("9m", 100)));
    let (mut at_once, mut waits) = (0, Vec::new());
    ends(&text, RUNS, |replication, ends| {
        assert_eq!(replication.outcome, CampaignOutcome::InSync);
        // In sync at its return: in time in one job, or late between two.
        let ended = seconds(replication.ended);
        assert!(ended < 3600.0);
        assert_eq!(replication.jobs, 1 + (ended / 600.0) as u32);
        let in_time = ended % 600.0 <= 60.0;
        assert_eq!((replication.late_syncs, ends.late.len()), (u32::from(!in_time), usize::from(!in_time)));
        if ended == 0.0 { at_once += 1 } else { waits.push(ended) }
    });
    assert_share(at_once, RUNS as usize, 0.5, "online at time 0");
    assert_distribution(&waits, |t| t / 3600.0, "rest of an hour offline");
}

/// What R14 costs: the mean number of late syncs in results is that of the robots without response.
#[test]
fn late_syncs_in_the_summary() {
    const ROBOTS: u32 = 50;
    const RUNS: u32 = 1_000;
    let (a, b) = (60.0, 240.0);
    let robots = group("g", ROBOTS, &connectivity(&exponential(a), &exponential(b)));
    let text = policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\n{robots}{}", sync("100d", 2)));
    let summary = super::results::summary(&text, RUNS);
    let late = b / (a + b) * libm::exp(-60.0 / b);
    let mean = summary.description("robot.late_syncs").expect("robots may be offline").mean.expect("replications").0;
    let error = (f64::from(ROBOTS) * late * (1.0 - late) / f64::from(RUNS)).sqrt();
    assert_near(mean, f64::from(ROBOTS) * late, error, "late syncs");
    // Every robot gets in sync, late or not, but a late one's deployment is none.
    assert_eq!(summary.description("robot.time_to_success_s").expect("robots").count, u64::from(ROBOTS * RUNS));
    let in_time = summary.description("robot.deployment_s").expect("robots").count as f64;
    assert_near(in_time, f64::from(RUNS * ROBOTS) - mean * f64::from(RUNS), 0.25, "deployments");
}
