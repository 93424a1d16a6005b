//! R17: calls that go wrong, and the client that repeats them under their token.

use rollcast::measure;
use rollcast::rollout::{CallCounts, CampaignOutcome, DeploymentStatus, JobKind, RobotEnd};
use rollcast::simulation::{Plan, Replication};
use rollcast::time::Time;

use super::{connectivity, exponential, fails, group, seconds, table, takes};
use crate::run::{Blind, Trace, at, campaigns, micros, policy, replications, scenario, watch};
use crate::statistics::{
    assert_distribution, assert_mean, assert_mean_by_sample, assert_outcomes, assert_share, assert_uncorrelated,
    assert_variance,
};

fn api(faults: &str, retry: &str) -> String {
    table("api", &[faults, &format!("retry = {{ {retry} }}")])
}

fn sync(schedule: &str, rest: &[&str]) -> String {
    let schedule = format!("schedule = {{ {schedule} }}");
    table("sync", &[&[schedule.as_str()], rest].concat())
}

fn counts(replication: &Replication) -> CallCounts {
    replication.api.expect("calls may go wrong")
}

fn traces(text: &str, n: u32, look: impl FnMut(Replication, Trace)) {
    campaigns(&Plan::new(&scenario(text)), n, look);
}

/// A robot that deploys at once.
fn robot() -> String {
    policy(100, 100, &group("g", 1, ""))
}

/// The attempts of a call are geometric, cut at the most, whose last may fail, too: it is given up with p^n.
#[test]
fn attempts_are_geometric() {
    const RUNS: u32 = 30_000;
    for (faults, p, throttled) in [
        ("throttle = 0.4", 0.4, 1.0),
        ("internal_error = 0.4", 0.4, 0.0),
        ("throttle = 0.45\ninternal_error = 0.15", 0.6, 0.75),
        ("throttle = 0.05", 0.05, 1.0),
    ] {
        for most in [1, 3, 5] {
            let all = replications(&(robot() + &api(faults, &format!("max_attempts = {most}"))), RUNS);
            let attempts: Vec<usize> = all.iter().map(|replication| counts(replication).calls as usize).collect();
            let failing = |k: usize| libm::pow(p, k as f64);
            let mut probabilities: Vec<f64> =
                (0..=most).map(|k| if k == 0 { 0.0 } else { failing(k - 1) * (1.0 - p) }).collect();
            probabilities[most] = failing(most - 1);
            let what = format!("{faults}, {most} at most");
            if most > 1 {
                assert_outcomes(attempts.iter().copied(), &probabilities, &format!("attempts, {what}"));
                let mean: f64 = probabilities.iter().enumerate().map(|(k, q)| k as f64 * q).sum();
                let square: f64 = probabilities.iter().enumerate().map(|(k, q)| (k * k) as f64 * q).sum();
                let attempts: Vec<f64> = attempts.iter().map(|k| *k as f64).collect();
                assert_mean(&attempts, mean, square - mean * mean, &format!("attempts, {what}"));
            }
            let given_up: Vec<&Replication> =
                all.iter().filter(|replication| counts(replication).given_up == 1).collect();
            if failing(most) * f64::from(RUNS) >= 25.0 {
                assert_share(given_up.len(), RUNS as usize, failing(most), &format!("given up, {what}"));
            }
            let (mut of_throttling, mut of_faults) = (0, 0);
            for replication in &all {
                let CallCounts { calls, throttled, internal_errors, lost_answers, retries, given_up, .. } =
                    counts(replication);
                assert_eq!((lost_answers, retries), (0, calls - 1), "{what}");
                assert_eq!(throttled + internal_errors, retries + given_up, "{what}");
                of_throttling += throttled as usize;
                of_faults += (throttled + internal_errors) as usize;
                // A call that was given up has made no job, and without [sync] it was the only one.
                let (outcome, jobs) = match given_up {
                    0 => (CampaignOutcome::InSync, 1),
                    _ => (CampaignOutcome::MaxJobs, 0),
                };
                assert_eq!((replication.outcome, replication.jobs), (outcome, jobs), "{what}");
                assert_eq!(replication.first_job.is_some(), jobs == 1, "{what}");
            }
            assert_share(of_throttling, of_faults, throttled, &format!("throttled of faults, {what}"));
        }
    }
}

/// One uniform decides what goes wrong, and only a lost answer has taken effect.
#[test]
fn faults_by_their_probabilities() {
    for (faults, probabilities) in [
        ("throttle = 0.2\ninternal_error = 0.3\nlost_answer = 0.1", [0.2, 0.3, 0.1, 0.4]),
        ("internal_error = 0.15\nlost_answer = 0.45", [0.0, 0.15, 0.45, 0.4]),
        ("throttle = 0.3\ninternal_error = 0.3\nlost_answer = 0.4", [0.3, 0.3, 0.4, 0.0]),
    ] {
        let all = replications(&(robot() + &api(faults, "max_attempts = 1")), 20_000);
        let fault = |replication: &Replication| {
            let CallCounts { throttled, internal_errors, lost_answers, .. } = counts(replication);
            match (throttled, internal_errors, lost_answers) {
                (1, 0, 0) => 0,
                (0, 1, 0) => 1,
                (0, 0, 1) => 2,
                none => {
                    assert_eq!(none, (0, 0, 0));
                    3
                }
            }
        };
        for replication in &all {
            assert_eq!(replication.jobs, u32::from(fault(replication) > 1), "{faults}");
        }
        assert_outcomes(all.iter().map(fault), &probabilities, faults);
    }
}

/// Without jitter the k-th attempt comes after base (1 + factor + ... + factor^(k - 2)).
#[test]
fn waits_without_jitter() {
    const RUNS: u32 = 20_000;
    let p = 0.5;
    for (retry, instants) in [
        ("base = \"2s\", factor = 3, max_attempts = 5, jitter = 0", [0, 2, 8, 26, 80]),
        ("base = \"1s\", factor = 2, jitter = 0", [0, 1, 3, 7, 15]),
        ("base = \"7s\", factor = 1, jitter = 0", [0, 7, 14, 21, 28]),
        ("jitter = 0", [0, 1, 3, 7, 15]),
    ] {
        let mut found = Vec::new();
        for replication in replications(&(robot() + &api("throttle = 0.2\ninternal_error = 0.3", retry)), RUNS) {
            let attempt = counts(&replication).calls as usize - 1;
            assert_eq!(replication.ended, at(instants[attempt]), "{retry}");
            match replication.first_job {
                Some(job) => {
                    assert_eq!((job.created, job.number, job.kind), (replication.ended, 0, JobKind::Deployment));
                    found.push(attempt);
                }
                None => found.push(5),
            }
        }
        let mut probabilities: Vec<f64> = (1..=5).map(|k| libm::pow(p, f64::from(k))).collect();
        probabilities.push(libm::pow(p, 5.0));
        assert_outcomes(found, &probabilities, &format!("instants with {retry}"));
    }
}

/// With jitter j the wait before retry k is uniform on base factor^(k-1) (1 +- j), each on its own.
#[test]
fn waits_with_jitter() {
    const RUNS: u32 = 60_000;
    for (retry, base, factor, jitter) in [
        ("base = \"10s\", factor = 2, max_attempts = 3, jitter = 0.5", 10.0, 2.0, 0.5),
        ("base = \"4s\", factor = 5, max_attempts = 3, jitter = 1", 4.0, 5.0, 1.0),
        ("max_attempts = 3", 1.0, 2.0, 0.5),
    ] {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        for replication in replications(&(robot() + &api("throttle = 0.5", retry)), RUNS) {
            let ended = seconds(replication.ended);
            match counts(&replication).calls {
                1 => assert_eq!(replication.ended, Time::ZERO),
                2 => one.push(ended),
                _ => two.push(ended),
            }
        }
        let (low, high) = (base * (1.0 - jitter), base * (1.0 + jitter));
        assert!(one.iter().all(|t| (low..=high).contains(t)), "{retry}");
        assert_distribution(&one, |t| ((t - low) / (high - low)).clamp(0.0, 1.0), &format!("first wait, {retry}"));
        // The sum of two independent uniforms: of half widths h1 <= h2 around the sum of middles, a trapezoid.
        let middle = base * (1.0 + factor);
        let (h1, h2) = (base * jitter, base * factor * jitter);
        let ramp = |x: f64| 0.5 * x.max(0.0) * x.max(0.0);
        let cdf = |t: f64| {
            let x = t - middle;
            (ramp(x + h1 + h2) - ramp(x + h2 - h1) - ramp(x - h2 + h1) + ramp(x - h1 - h2)) / (4.0 * h1 * h2)
        };
        assert_distribution(&two, cdf, &format!("two waits, {retry}"));
        let variance = (h1 * h1 + h2 * h2) / 3.0;
        assert_mean(&two, middle, variance, &format!("two waits, {retry}"));
        // Fourth cumulants add, -2 h^4 / 15 of a uniform.
        let cumulant = -2.0 / 15.0 * (libm::pow(h1, 4.0) + libm::pow(h2, 4.0));
        assert_variance(&two, variance, cumulant + 3.0 * variance * variance, &format!("two waits, {retry}"));
    }
}

/// A lost answer has taken effect, and repeats of the call are answered with the job that it made: one job, made by the
/// first attempt that got through.
#[test]
fn lost_answers_make_one_job() {
    const RUNS: u32 = 30_000;
    let (throttle, lost) = (0.3, 0.4);
    let retry = "base = \"1s\", factor = 2, max_attempts = 4, jitter = 0";
    let robots = policy(100, 100, &group("g", 2, &takes("launching", 60.0)));
    let text = robots + &api("throttle = 0.3\nlost_answer = 0.4", retry);
    let mut outcomes = Vec::new();
    let (mut lost_answers, mut given_up) = (Vec::new(), 0);
    traces(&text, RUNS, |replication, trace| {
        let counts = counts(&replication);
        assert_eq!(replication.jobs as usize, trace.created.len());
        assert!(replication.jobs <= 1, "a repeat made another job");
        let made = trace.created.first().map(|(time, ..)| seconds(*time) as usize);
        if counts.given_up == 1 {
            // After the fourth attempt at 7 s the client gives up. It makes no other call, and the campaign ends as it
            // stands.
            given_up += 1;
            assert_eq!((counts.calls, replication.outcome, replication.ended), (4, CampaignOutcome::MaxJobs, at(7)));
            if let Some(job) = replication.first_job {
                // One that was made by the last attempt has not begun: calls come before starts.
                let begun =
                    if made == Some(7) { (DeploymentStatus::Preparing, 0) } else { (DeploymentStatus::InProgress, 2) };
                assert_eq!((job.ended, (job.status, job.progress.started)), (None, begun));
                assert_eq!(job.makespan(), None);
                // Two robots from the job's beginning on.
                assert_eq!(replication.out_of_service, micros(2 * (7 - made.expect("a job") as u64)));
            }
        } else {
            assert_eq!((replication.outcome, replication.jobs), (CampaignOutcome::InSync, 1));
            assert_eq!(replication.ended, trace.created[0].0 + rollcast::time::Span::from_secs(60));
        }
        lost_answers.push(counts.lost_answers as f64);
        outcomes.push(match made {
            Some(0) => 0,
            Some(1) => 1,
            Some(3) => 2,
            Some(7) => 3,
            other => {
                assert_eq!(other, None);
                4
            }
        });
    });
    // Made at the first attempt that is not throttled, whether or not it is answered.
    let mut probabilities: Vec<f64> = (0..4).map(|k| libm::pow(throttle, f64::from(k)) * (1.0 - throttle)).collect();
    probabilities.push(libm::pow(throttle, 4.0));
    assert_outcomes(outcomes, &probabilities, "attempt that makes the job");
    let unanswered: f64 = throttle + lost;
    assert_share(given_up, RUNS as usize, libm::pow(unanswered, 4.0), "given up");
    // Attempts are made until one is answered: Wald, E[lost] = lost * E[attempts].
    let attempts: f64 = (0..4).map(|k| libm::pow(unanswered, f64::from(k))).sum();
    assert_mean_by_sample(&lost_answers, lost * attempts, "lost answers");
}

/// No answer ever arrives. Attempts are at 0, 1, 3, 7 and 15 s.
#[test]
fn every_answer_is_lost() {
    let lost = api("lost_answer = 1", "jitter = 0");
    let robots = |latency: f64, failure: f64| policy(100, 100, &group("g", 1, &fails("launching", latency, failure)));
    // A job that is done before the client gives up ends the campaign.
    let (replication, _) = watch(&(robots(10.0, 0.0) + &lost));
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::InSync, at(10), 1));
    assert_eq!((counts(&replication).calls, counts(&replication).given_up), (4, 0));
    // One that is not is left as it stands.
    let (replication, _) = watch(&(robots(20.0, 0.0) + &lost));
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::MaxJobs, at(15), 1));
    let counts = counts(&replication);
    assert_eq!((counts.calls, counts.lost_answers, counts.retries, counts.given_up), (5, 5, 4, 1));
    // The operator calls again 100 s after it gave up, and asks for a deployment, as it knows of none: everybody is a
    // target.
    let good = group("good", 2, &takes("launching", 10.0));
    let bad = group("bad", 1, &fails("launching", 10.0, 1.0));
    let text = policy(100, 100, &(good + &bad)) + &lost + &sync("after_finish = \"100s\"", &["max_jobs = 2"]);
    let (replication, trace) = watch(&text);
    assert_eq!(trace.created, [0, 115].map(|s| (at(s), JobKind::Deployment, 3)));
    assert_eq!(trace.in_sync_seconds(), [(10, 0), (10, 1), (125, 0), (125, 1)]);
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::MaxJobs, at(125), 2));
    // Down: two robots for 10 s, twice, and the bad one from 0 on.
    assert_eq!((replication.out_of_service, replication.down), (micros(60), micros(2 * 20 + 125)));
    let summary = super::results::summary(&text, 2);
    let success = summary.description("robot.time_to_success_s").expect("every summary has it");
    assert_eq!((success.count, success.mean.map(|mean| mean.0)), (8, Some(67.5)));
}

/// Nothing gets through. The client gives up after 15 s, 1000 times if there is a schedule.
#[test]
fn every_call_is_throttled() {
    let throttled = api("throttle = 1", "jitter = 0");
    for (schedule, given_up, ended) in [
        (String::new(), 1, 15),
        (sync("after_finish = \"1m\"", &["max_jobs = 2"]), 1000, 1000 * 15 + 999 * 60),
        // Calls at 0 and at each minute.
        (sync("every = \"1m\"", &["max_jobs = 2"]), 1000, 999 * 60 + 15),
        // A call takes 15 s; those at 10 s, 30 s ... are skipped.
        (sync("every = \"10s\"", &["max_jobs = 2"]), 1000, 999 * 20 + 15),
    ] {
        let (replication, trace) = watch(&(robot() + &throttled + &schedule));
        assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(ended)), "{schedule}");
        assert_eq!((replication.jobs, replication.first_job, trace.created.len()), (0, None, 0));
        let counts = counts(&replication);
        assert_eq!((counts.calls, counts.throttled), (5 * given_up, 5 * given_up));
        assert_eq!((counts.retries, counts.given_up), (4 * given_up, given_up));
        assert_eq!((counts.internal_errors, counts.lost_answers, counts.concurrent_deployment_exceptions), (0, 0, 0));
        assert_eq!((replication.out_of_service, replication.down, replication.peak_robots_down), (0, 0, 0));
    }
    // The horizon comes first.
    let text = robot() + &throttled + &sync("after_finish = \"1m\"", &["horizon = \"80s\""]);
    let (replication, _) = watch(&text);
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::Horizon, at(80)));
    // Attempts at 0, 1, 3, 7, 15, and 75, 76, 78.
    assert_eq!((counts(&replication).calls, counts(&replication).given_up), (8, 1));
    // No first job is no figure of a first job.
    let summary = super::results::summary(&text, 5);
    for name in [
        "first_job.makespan_s",
        "first_job.time_to_success_s",
        "first_job.robots_succeeded",
        "first_job.robots_failed",
        "first_job.robots_no_response",
        "first_job.robots_not_attempted",
        "first_job.threshold_overshoot",
        "first_job.robots_failed_at_halt",
        "first_job.detection_s",
        "first_job.peak_in_flight",
        "robot.time_to_success_s",
        "campaign.time_to_success_s",
    ] {
        let figure = summary.description(name).expect("every summary has it");
        assert_eq!((figure.count, figure.mean), (0, None), "{name}");
    }
    let outcomes: Vec<_> = summary.job_outcomes().collect();
    assert!(outcomes.len() == 3 && outcomes.iter().all(|(_, outcome)| outcome.count == 0));
    let jobs = summary.description("campaign.jobs").expect("every summary has it");
    assert_eq!((jobs.count, jobs.mean.map(|mean| mean.0)), (5, Some(0.0)));
    assert_eq!(summary[measure::HORIZON].count, 5);
}

/// The rules with a coin for every answer, without retries: the robot's job lasts 35 s, and calls are 10 s after what
/// came before.
///
/// The first call makes the job. If it is answered, the next is a sync call at 45 s. If not, the client asks for a
/// deployment at 10 s, and as long as no answer comes at 20, 30 and 40 s; at 40 s the job is over, and another is made.
/// An answer before is a refusal, after which the operator waits for that job's end: a deployment at 45 s.
#[test]
fn calls_while_an_unknown_job_is_active() {
    const RUNS: u32 = 20_000;
    let text = policy(100, 100, &group("g", 1, &fails("launching", 35.0, 1.0)))
        + &api("lost_answer = 0.5", "max_attempts = 1")
        + &sync("after_finish = \"10s\"", &["max_jobs = 2", "on_halt = \"retry\""]);
    let mut seconds_jobs = Vec::new();
    traces(&text, RUNS, |replication, trace| {
        assert_eq!(trace.created[0], (at(0), JobKind::Deployment, 1));
        let counts = counts(&replication);
        let (time, kind, targets) = trace.created[1];
        assert_eq!((trace.created.len(), targets), (2, 1));
        assert_eq!(replication.concurrent_deployment_exceptions, counts.concurrent_deployment_exceptions);
        let case = match (time, kind) {
            (time, JobKind::Sync) => {
                assert_eq!((time, counts.concurrent_deployment_exceptions, counts.calls), (at(45), 0, 2));
                0
            }
            (time, _) if time == at(45) => {
                assert_eq!(counts.concurrent_deployment_exceptions, 1);
                // Lost: the first, and those before the refused one; perhaps the last.
                counts.calls as usize - 2
            }
            (time, _) => {
                assert_eq!((time, counts.concurrent_deployment_exceptions, counts.calls), (at(40), 0, 5));
                4
            }
        };
        seconds_jobs.push(case);
        let ends: Vec<_> = trace.ends.iter().map(|(now, ..)| *now).collect();
        assert_eq!(ends, [at(35), time + rollcast::time::Span::from_secs(35)]);
        assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, ends[1]));
    });
    assert_outcomes(seconds_jobs, &[0.5, 0.25, 0.125, 0.0625, 0.0625], "ways to the second job");
}

/// A schedule of fixed times: while a job is active calls are refused, as without faults, and a call that waits for its
/// retry skips those that fall due meanwhile.
#[test]
fn fixed_times() {
    let robots = policy(100, 100, &group("g", 1, &fails("launching", 35.0, 1.0)));
    let schedule = sync("every = \"10s\"", &["max_jobs = 3", "on_halt = \"retry\""]);
    // 0 to 35, refused at 10, 20 and 30; 40 to 75, refused at 50, 60 and 70; 80 to 115.
    let (plain, _) = watch(&(robots.clone() + &schedule));
    let (replication, trace) = watch(&(robots.clone() + &schedule + &api("", "jitter = 0")));
    assert_eq!(trace.created_seconds(), [0, 40, 80]);
    assert_eq!(replication.concurrent_deployment_exceptions, 6);
    let expected = CallCounts { calls: 9, concurrent_deployment_exceptions: 6, ..CallCounts::default() };
    assert_eq!(counts(&replication), expected);
    assert_eq!(plain, Replication { api: None, ..replication });
    // Internal errors half of the time, of which the third in a row at 15 s is the end of a call: the next is at 20 s.
    let retry = "base = \"5s\", factor = 2, max_attempts = 3, jitter = 0";
    let mut first = Vec::new();
    traces(&(robots + &schedule + &api("internal_error = 0.5", retry)), 20_000, |_, trace| {
        first.push(trace.created.first().map_or(999, |(time, ..)| seconds(*time) as usize));
    });
    // Calls at 0, 5 and 15 s, at 20, 25 and 35 s, ...: the j-th attempt of all with 2^-j.
    let mut probabilities = vec![0.0; 100];
    let mut p = 0.5;
    for call in 0..5 {
        for attempt in [0, 5, 15] {
            probabilities[20 * call + attempt] = p;
            p *= 0.5;
        }
    }
    assert_outcomes(first, &probabilities, "instant of the first job");
}

/// Without faults [api] only counts: campaigns are the same in everything else.
#[test]
fn calls_that_never_go_wrong_change_nothing() {
    let keys = connectivity(&exponential(300.0), &exponential(60.0)) + &fails("launching", 30.0, 0.3);
    for schedule in ["every = \"40s\"", "after_finish = \"7s\""] {
        let text = policy(30, 60, &format!("robot_deployment_timeout = \"1m\"\n{}", group("g", 9, &keys)))
            + &sync(schedule, &["max_jobs = 6", "on_halt = \"retry\"", "horizon = \"20m\""]);
        let plain = replications(&text, 300);
        let counted = replications(&(text + "[api]\n"), 300);
        for (plain, counted) in plain.into_iter().zip(counted) {
            let calls = u64::from(counted.jobs) + counted.concurrent_deployment_exceptions;
            let refused = counted.concurrent_deployment_exceptions;
            let expected = CallCounts { calls, concurrent_deployment_exceptions: refused, ..CallCounts::default() };
            assert_eq!(counts(&counted), expected);
            assert_eq!(plain, Replication { api: None, ..counted });
        }
    }
}

/// Whatever goes wrong: a fault is followed by a retry or by giving up, unless the campaign ends before; an attempt
/// without a fault is an answer, which is a job or a refusal.
#[test]
fn counts_add_up() {
    let robots = group("g", 8, &fails("launching", 30.0, 0.3));
    for schedule in ["every = \"20s\"", "after_finish = \"7s\""] {
        for faults in ["throttle = 0.3\ninternal_error = 0.2\nlost_answer = 0.3", "lost_answer = 0.7", "throttle = 0.6"]
        {
            let text = policy(40, 60, &robots)
                + &sync(schedule, &["max_jobs = 6", "on_halt = \"retry\"", "horizon = \"20m\""])
                + &api(faults, "max_attempts = 3, base = \"3s\"");
            let (mut unfinished, mut pairs) = (0, Vec::new());
            campaigns(&Plan::new(&scenario(&text)), 2_000, |replication, _: Blind| {
                let counts = counts(&replication);
                let faults = counts.throttled + counts.internal_errors + counts.lost_answers;
                let open = faults - counts.retries - counts.given_up;
                assert!(open <= 1, "{counts:?}");
                let answered = counts.calls - faults;
                let jobs = answered - counts.concurrent_deployment_exceptions;
                assert!(jobs <= u64::from(replication.jobs), "{counts:?}");
                if counts.lost_answers == 0 {
                    assert_eq!(jobs, u64::from(replication.jobs), "{counts:?}");
                }
                assert_eq!(counts.concurrent_deployment_exceptions, replication.concurrent_deployment_exceptions);
                unfinished += open;
                pairs.push((f64::from(replication.index % 7), counts.calls as f64));
            });
            assert_uncorrelated(&pairs, "between a replication's number and its calls");
            assert!(unfinished < 2_000);
        }
    }
}

/// A lost answer of a sync call leaves a job that its repeat is answered with, also after it has ended: no second one.
#[test]
fn repeats_after_the_jobs_end() {
    // The job lasts 2 s; retries come after 5 s. Half of the answers are lost.
    for delay in [10, 20] {
        let text = policy(100, 100, &group("g", 1, &fails("launching", 2.0, 1.0)))
            + &api("lost_answer = 0.5", "base = \"5s\", factor = 1, max_attempts = 50, jitter = 0")
            + &sync(&format!("after_finish = \"{delay}s\""), &["max_jobs = 3", "on_halt = \"retry\""]);
        let mut delays = Vec::new();
        traces(&text, 10_000, |replication, trace| {
            assert_eq!(replication.jobs, 3);
            let kinds: Vec<_> = trace.created.iter().map(|(_, kind, _)| *kind).collect();
            assert_eq!(kinds, [JobKind::Deployment, JobKind::Sync, JobKind::Sync]);
            assert!(trace.ends.iter().all(|(_, _, end)| matches!(end, RobotEnd::Failed(_))));
            delays.push(seconds(trace.created[1].0) as usize);
        });
        // A client that is answered at 5 k s knows a job that ended at 2 s: the next call is due the delay after that
        // end, or as soon as the client has its answer.
        let mut probabilities = vec![0.0; 400];
        for k in 0..60 {
            let answered = 5 * k;
            probabilities[answered.max(2 + delay)] += libm::pow(0.5, (k + 1) as f64);
        }
        assert_outcomes(delays, &probabilities, "instant of the second job");
    }
}

/// A lost answer counts also where its job ends the campaign at that instant: a sync job without targets, the last one
/// allowed, while a registration is still to come.
#[test]
fn the_last_answer_is_lost() {
    let registrations = "registrations = { interarrival = { constant = \"1h\" }, max = 1 }\n";
    let text = policy(100, 100, &group("g", 1, registrations))
        + &api("lost_answer = 0.5", "max_attempts = 2, base = \"1s\", jitter = 0")
        + &sync("after_finish = \"1m\"", &["max_jobs = 2"]);
    let mut lost = Vec::new();
    traces(&text, 4_000, |replication, trace| {
        let counts = counts(&replication);
        let (created, kind, targets) = trace.created[1];
        // The first call is answered at once, or its repeat after 1 s; if neither is, another deployment follows.
        if kind == JobKind::Sync {
            assert_eq!((created, targets, replication.outcome), (at(60), 0, CampaignOutcome::MaxJobs));
            assert_eq!((replication.ended, counts.given_up), (at(60), 0));
            let of_first = counts.calls - 2;
            assert_eq!(counts.retries, of_first);
            lost.push((counts.lost_answers - of_first) as usize);
        }
    });
    assert_share(lost.iter().filter(|lost| **lost == 1).count(), lost.len(), 0.5, "last answers lost");
}

/// Refusals may be lost, too, and are no effect: attempts are at every 10 s, whether as calls or as repeats with a wait
/// of 10 s. The first call is answered at 10 k s with 2^-(k + 1), and the next attempt after the job's end at 35 s
/// makes the next one.
#[test]
fn refusals_are_lost_as_all_answers() {
    let text = policy(100, 100, &group("g", 1, &fails("launching", 35.0, 1.0)))
        + &api("lost_answer = 0.5", "base = \"10s\", factor = 1, max_attempts = 100, jitter = 0")
        + &sync("every = \"10s\"", &["max_jobs = 2", "on_halt = \"retry\""]);
    let mut second = Vec::new();
    traces(&text, 10_000, |replication, trace| {
        let (created, kind, _) = trace.created[1];
        assert_eq!((trace.created.len(), kind, replication.jobs), (2, JobKind::Sync, 2));
        second.push(seconds(created) as usize / 10);
        // The first job's answer, refusals, and lost answers: an attempt each until the second job is made.
        let counts = counts(&replication);
        assert!(counts.concurrent_deployment_exceptions <= 3);
        assert!(counts.calls - counts.lost_answers - counts.concurrent_deployment_exceptions <= 2);
    });
    let mut probabilities = vec![0.0; 40];
    for k in 0..35 {
        probabilities[4.max(k + 1)] += libm::pow(0.5, (k + 1) as f64);
    }
    assert_outcomes(second, &probabilities, "instant of the second job");
}
