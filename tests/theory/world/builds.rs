//! R15: a replication is about one build, and a failure probability may be drawn once a replication.

use rollcast::measure;
use rollcast::rollout::{CampaignOutcome, DeploymentJobErrorCode as Code, RobotEnd};
use rollcast::simulation::{JobRecord, Replication};
use statrs::function::gamma::{gamma_lr, ln_gamma};

use super::{ends, fails, group, takes};
use crate::run::{policy, replications};
use crate::statistics::{
    assert_distribution, assert_mean, assert_mean_by_sample, assert_near, assert_outcomes, assert_share,
    assert_uncorrelated, binomial,
};

/// A `[[build]]` that replaces these failure probabilities.
fn build(name: &str, weight: f64, failure: &str) -> String {
    format!("[[build]]\nname = \"{name}\"\nweight = {weight:?}\nfailure = {{ {failure} }}\n")
}

fn first_job(replication: &Replication) -> &JobRecord {
    replication.first_job.as_ref().expect("a call made it")
}

fn tail(n: u32, p: f64, limit: usize) -> f64 {
    binomial(n, p)[limit..].iter().sum()
}

/// P(K = k) = C(n, k) B(k + alpha, n - k + beta) / B(alpha, beta): n robots that share a failure probability with a
/// beta distribution.
fn beta_binomial(n: u32, alpha: f64, beta: f64) -> Vec<f64> {
    let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let n = f64::from(n);
    let choose = |k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    let ks = (0..=n as u32).map(f64::from);
    ks.map(|k| libm::exp(choose(k) + ln_beta(k + alpha, n - k + beta) - ln_beta(alpha, beta))).collect()
}

/// The halting probability of a mixture is the weighted sum of binomial tails, and that of each build is its own.
#[test]
fn mixtures_of_binomials() {
    const ROBOTS: u32 = 20;
    const RUNS: u32 = 40_000;
    let builds = build("healthy", 5.0, "")
        + &build("regressed", 3.0, "\"g.launching\" = 0.3")
        + &build("wild", 1.5, "\"*.launching\" = 0.5")
        + &build("impossible", 0.0, "\"*.launching\" = 1.0")
        + &build("perfect", 0.5, "\"g.launching\" = 0");
    let (weights, probabilities) = ([0.5, 0.3, 0.15, 0.0, 0.05], [0.1, 0.3, 0.5, 1.0, 0.0]);
    for (concurrency, threshold, limit) in [(100, 25, 5), (15, 33, 7)] {
        let robots = group("g", ROBOTS, &fails("launching", 10.0, 0.1));
        let all = replications(&(policy(concurrency, threshold, &robots) + &builds), RUNS);
        let build = |replication: &Replication| replication.build.expect("there are builds");
        assert_outcomes(all.iter().map(build), &weights, "builds");
        let halts = all.iter().filter(|replication| replication.outcome == CampaignOutcome::Halted).count();
        let expected: f64 = weights.iter().zip(probabilities).map(|(w, p)| w * tail(ROBOTS, p, limit)).sum();
        assert_share(halts, RUNS as usize, expected, &format!("halted at {threshold} %"));
        for (index, p) in probabilities.iter().enumerate() {
            let of_build: Vec<_> = all.iter().filter(|replication| build(replication) == index).collect();
            let what = format!("with failure {p}, {concurrency} % at once");
            if of_build.is_empty() {
                assert_eq!(index, 3, "{what}");
                continue;
            }
            let halted = of_build.iter().filter(|replication| first_job(replication).halted()).count();
            let of = of_build.len();
            let p_halt = tail(ROBOTS, *p, limit);
            if f64::min(p_halt, 1.0 - p_halt) * of as f64 >= 25.0 || *p == 0.0 {
                assert_share(halted, of, p_halt, &format!("halted {what}"));
            }
            if concurrency == 100 && *p > 0.0 {
                let failed = of_build.iter().map(|replication| first_job(replication).progress.failed as usize);
                assert_outcomes(failed, &binomial(ROBOTS, *p), &format!("failures {what}"));
            }
        }
    }
}

/// A build's failures by group and step: what it names it replaces, a group's own goes before that of all groups
/// whatever the order, and all else stays.
#[test]
fn what_a_build_replaces() {
    const RUNS: u32 = 400;
    const ROBOTS: u32 = 100;
    let steps = fails("validating", 1.0, 0.1) + &fails("launching", 1.0, 0.2);
    let robots = group("a", ROBOTS, &steps)
        + &group("b", ROBOTS, &steps)
        + &group("c", ROBOTS, &(takes("validating", 1.0) + &takes("executing_post_launch", 1.0)));
    // P(fails validating) and P(fails what follows, given that it passes) of each group.
    for (failure, expected) in [
        ("", [(0.1, 0.2), (0.1, 0.2), (0.0, 0.0)]),
        ("\"*.validating\" = 0.3", [(0.3, 0.2), (0.3, 0.2), (0.3, 0.0)]),
        ("\"*.launching\" = 0.3", [(0.1, 0.3), (0.1, 0.3), (0.0, 0.0)]),
        ("\"b.launching\" = 0.6, \"*.launching\" = 0.3", [(0.1, 0.3), (0.1, 0.6), (0.0, 0.0)]),
        (
            "\"*.launching\" = 0.3, \"a.launching\" = 0.0, \"c.executing_post_launch\" = 0.5",
            [(0.1, 0.0), (0.1, 0.3), (0.0, 0.5)],
        ),
        ("\"a.validating\" = 1, \"*.validating\" = 0.0", [(1.0, 0.0), (0.0, 0.2), (0.0, 0.0)]),
    ] {
        let text = policy(100, 100, &robots) + &build("only", 7.0, failure);
        let mut counts = [[0_usize; 2]; 3];
        ends(&text, RUNS, |replication, ends| {
            assert_eq!(replication.build, Some(0));
            for (_, robot, _, end) in ends.ends {
                match end {
                    RobotEnd::Failed(Code::GreengrassDeploymentFailed) => counts[(robot / ROBOTS) as usize][0] += 1,
                    RobotEnd::Failed(Code::MissingRobotDeploymentResource | Code::PostLaunchFileFailure) => {
                        counts[(robot / ROBOTS) as usize][1] += 1;
                    }
                    _ => assert_eq!(end, RobotEnd::InSync),
                }
            }
        });
        let n = (RUNS * ROBOTS) as usize;
        for ([validating, then], (p, q)) in counts.into_iter().zip(expected) {
            assert_share(validating, n, p, &format!("failed validating with {failure}"));
            assert_share(then, n, (1.0 - p) * q, &format!("failed later with {failure}"));
        }
    }
}

/// A build may bring its own codes.
#[test]
fn codes_of_a_build() {
    let failure =
        "\"g.launching\" = { probability = 0.5, codes = { RobotAgentConnectionTimeout = 1, ResourceNotFound = 3 } }";
    let text = policy(100, 100, &group("g", 100, &fails("launching", 1.0, 0.2)))
        + &build("plain", 1.0, "\"g.launching\" = 0.5")
        + &build("coded", 1.0, failure);
    let mut of = [[0_usize; 3]; 2];
    ends(&text, 300, |replication, ends| {
        let counts = &mut of[replication.build.expect("there are builds")];
        for (_, _, _, end) in ends.ends {
            match end {
                RobotEnd::Failed(Code::MissingRobotDeploymentResource) => counts[0] += 1,
                RobotEnd::Failed(Code::RobotAgentConnectionTimeout) => counts[1] += 1,
                RobotEnd::Failed(Code::ResourceNotFound) => counts[2] += 1,
                _ => assert_eq!(end, RobotEnd::InSync),
            }
        }
    });
    assert_eq!((of[0][1], of[0][2], of[1][0]), (0, 0, 0));
    assert_share(of[1][2], of[1][1] + of[1][2], 0.75, "codes of the build");
}

/// Robots of a group share the drawn probability: their failures are beta-binomial, from hardly spread to all or
/// nothing, and the halting probability is its tail.
#[test]
fn beta_binomial_failures() {
    const ROBOTS: u32 = 25;
    const RUNS: u32 = 20_000;
    for (m, concentration, of_build) in [(0.1, 20.0, false), (0.3, 2.0, true), (0.5, 0.05, false), (0.2, 1e6, true)] {
        let beta = format!("{{ beta = {{ mean = {m:?}, concentration = {concentration:?} }} }}");
        // In the step itself, or in the build; alone, or with codes.
        let text = if of_build {
            let failure = format!("\"g.launching\" = {{ probability = {beta}, codes = {{ ResourceNotFound = 1 }} }}");
            policy(100, 28, &group("g", ROBOTS, &fails("launching", 1.0, 1.0))) + &build("only", 1.0, &failure)
        } else {
            let step = format!("step.launching = {{ latency = {{ constant = \"1s\" }}, failure = {beta} }}\n");
            policy(100, 28, &group("g", ROBOTS, &step))
        };
        let all = replications(&text, RUNS);
        let probabilities = beta_binomial(ROBOTS, m * concentration, (1.0 - m) * concentration);
        let failed: Vec<usize> =
            all.iter().map(|replication| first_job(replication).progress.failed as usize).collect();
        let what = format!("beta with mean {m} and concentration {concentration}");
        assert_outcomes(failed.iter().copied(), &probabilities, &what);
        // 28 % of 25 is 7.
        let halted = all.iter().filter(|replication| first_job(replication).halted()).count();
        assert_share(halted, RUNS as usize, probabilities[7..].iter().sum(), &format!("halted by {what}"));
    }
}

/// Each group's step has its own draw: of two groups, and of two steps of one group.
#[test]
fn groups_and_steps_draw_apart() {
    const ROBOTS: u32 = 25;
    const RUNS: u32 = 10_000;
    let beta = "{ beta = { mean = 0.3, concentration = 2 } }";
    let step = |name: &str| format!("step.{name} = {{ latency = {{ constant = \"1s\" }}, failure = {beta} }}\n");
    let robots =
        group("a", ROBOTS, &step("launching")) + &group("b", ROBOTS, &(step("validating") + &step("launching")));
    let builds = build("one", 1.0, &format!("\"*.launching\" = {beta}")) + &build("other", 1.0, "");
    for text in [policy(100, 100, &robots), policy(100, 100, &robots) + &builds] {
        let (mut groups, mut steps) = (Vec::new(), Vec::new());
        ends(&text, RUNS, |_, ends| {
            let count = |group: u32, code: Code| {
                let of = |(_, robot, _, end): &&_| robot / ROBOTS == group && *end == RobotEnd::Failed(code);
                ends.ends.iter().filter(of).count() as f64
            };
            let (a, b) =
                (count(0, Code::MissingRobotDeploymentResource), count(1, Code::MissingRobotDeploymentResource));
            let validating = count(1, Code::GreengrassDeploymentFailed);
            let launched = f64::from(ROBOTS) - validating;
            if launched > 0.0 {
                groups.push((a, b / launched));
                steps.push((validating, b / launched));
            }
        });
        assert_uncorrelated(&groups, "between groups");
        assert_uncorrelated(&steps, "between steps");
    }
}

/// The draw is for the replication: the second job's failures have the first one's probability. After K of n failed it
/// has a posterior mean of (alpha + K) / (alpha + beta + n), and of the K robots that are tried again so many fail
/// again.
#[test]
fn jobs_of_a_replication_share_the_draw() {
    const ROBOTS: u32 = 20;
    let (alpha, beta) = (0.6, 1.4);
    let step = "step.launching = { latency = { constant = \"1s\" }, failure = { beta = { mean = 0.3, concentration = 2 } } }\n";
    let sync = "[sync]\nschedule = { after_finish = \"1m\" }\nmax_jobs = 2\non_halt = \"retry\"\n";
    let text = policy(100, 100, &(group("g", ROBOTS, step) + sync));
    let mut surplus = Vec::new();
    ends(&text, 20_000, |_, ends| {
        let failed = |robots: &[(_, _, _, RobotEnd)]| {
            robots.iter().filter(|(_, _, _, end)| matches!(end, RobotEnd::Failed(_))).count() as f64
        };
        let (first, second) = ends.ends.split_at(ROBOTS as usize);
        let k = failed(first);
        assert_eq!(k, second.len() as f64);
        surplus.push(failed(second) - k * (alpha + k) / (alpha + beta + f64::from(ROBOTS)));
    });
    assert_mean_by_sample(&surplus, 0.0, "of failures in the second job beyond the posterior mean");
}

/// How soon a bad build is found: while c robots are in flight, failures come as a Poisson process with rate c p / m,
/// so the k-th is Erlang; at the breach k have failed, and each of the c - 1 others still may.
#[test]
fn detection_is_erlang() {
    const RUNS: u32 = 20_000;
    let (mean, p) = (60.0, 0.4);
    let step = format!("step.launching = {{ latency = {{ exponential = {{ mean = \"60s\" }} }}, failure = {p:?} }}\n");
    // So many robots that enough fail before they run out: 400 p = 160 +- 10.
    for (concurrency, slots, threshold, limit) in [(1, 4_u32, 2, 8_u32), (2, 8, 5, 20), (3, 12, 1, 4)] {
        // The first start, not the job's beginning, is when detection begins.
        let preparing = "preparing = { constant = \"5m\" }\n";
        let text = policy(concurrency, threshold, &format!("{preparing}{}", group("g", 400, &step)));
        let all = replications(&text, RUNS);
        assert!(all.iter().all(|replication| first_job(replication).halted()));
        let detections: Vec<f64> =
            all.iter().map(|replication| first_job(replication).detection().expect("it halted").seconds()).collect();
        let what = format!("detection by {limit} failures on {slots} slots");
        let scale = mean / (f64::from(slots) * p);
        let shape = f64::from(limit);
        assert_distribution(&detections, |t| gamma_lr(shape, t / scale), &what);
        assert_mean(&detections, shape * scale, shape * scale * scale, &what);
        assert!(all.iter().all(|replication| first_job(replication).failed_at_halt() == Some(limit)), "{what}");
        let more = all.iter().map(|replication| (first_job(replication).progress.failed - limit) as usize);
        assert_outcomes(more, &binomial(slots - 1, p), &format!("failures after {what}"));
    }
    // One robot at a time, with few robots: the k-th failure is the n-th trial with a probability C(n - 1, k - 1) p^k
    // (1 - p)^(n - k) up to n = N, and then detection is the sum of n latencies.
    let (n, k) = (20, 5_usize);
    let text = policy(1, 25, &group("g", n, &step));
    let all = replications(&text, RUNS);
    let halted: Vec<&JobRecord> = all.iter().map(first_job).filter(|job| job.halted()).collect();
    assert_share(halted.len(), RUNS as usize, tail(n, p, k), "halted one at a time");
    let trials: Vec<f64> = (1..=n).map(|trial| binomial(trial - 1, p).get(k - 1).map_or(0.0, |q| q * p)).collect();
    let total: f64 = trials.iter().sum();
    assert_near(total, tail(n, p, k), 1e-12, "trials until the halt");
    let cdf = |t: f64| {
        let of = |(trial, q): (u32, &f64)| q / total * gamma_lr(f64::from(trial), t / mean);
        (1..).zip(&trials).map(of).sum()
    };
    let detections: Vec<f64> = halted.iter().map(|job| job.detection().expect("it halted").seconds()).collect();
    assert_distribution(&detections, cdf, "detection one at a time");
    for job in halted {
        // Nothing is in flight at the breach, and nothing overshoots.
        assert_eq!((job.failed_at_halt(), job.progress.failed), (Some(k as u32), k as u32));
    }
}

/// With constant latencies failures of a wave are one instant, and all of them have failed at the breach.
#[test]
fn failures_of_a_wave_are_found_at_once() {
    const ROBOTS: u32 = 20;
    const RUNS: u32 = 20_000;
    let p = 0.6;
    // Waves of 5 and a limit of 4.
    let text = policy(25, 20, &group("g", ROBOTS, &fails("launching", 10.0, p)));
    let all = replications(&text, RUNS);
    let of_wave = binomial(5, p);
    // At most 3 before the wave, at least 4 with it.
    let mut at_halt = vec![0.0; ROBOTS as usize + 1];
    let mut by_wave = vec![0.0; 4];
    let mut before = vec![1.0, 0.0, 0.0, 0.0];
    for wave in &mut by_wave {
        let mut next = vec![0.0; 4];
        for (failed, q) in before.iter().enumerate() {
            for (more, chance) in of_wave.iter().enumerate() {
                match failed + more {
                    all if all >= 4 => {
                        at_halt[all] += q * chance;
                        *wave += q * chance;
                    }
                    all => next[all] += q * chance,
                }
            }
        }
        before = next;
    }
    // A job that does not halt has no such figures.
    let halted =
        |replication: &Replication| first_job(replication).failed_at_halt().map_or(0, |failed| failed as usize);
    at_halt[0] = before.iter().sum();
    assert_outcomes(all.iter().map(halted), &at_halt, "failed at the halt");
    let wave = |replication: &Replication| {
        first_job(replication).detection().map_or(4, |time| (time.seconds() / 10.0) as usize - 1)
    };
    assert_outcomes(all.iter().map(wave), &by_wave, "wave of the halt");
    for replication in &all {
        let job = first_job(replication);
        assert!(job.failed_at_halt().is_none_or(|failed| failed == job.progress.failed));
    }
}

/// The same figures in the summary, by build: Erlang means, and only over halted jobs.
#[test]
fn detection_in_the_summary() {
    const RUNS: u32 = 4_000;
    let step = "step.launching = { latency = { exponential = { mean = \"60s\" } } }\n";
    let text = policy(1, 2, &group("g", 100, step))
        + &build("good", 1.0, "")
        + &build("bad", 1.0, "\"g.launching\" = 0.5")
        + &build("worse", 1.0, "\"g.launching\" = 1.0");
    let summary = super::results::summary(&text, RUNS);
    let mut halted = 0;
    for (name, build) in &summary.builds {
        let of = |name: &str| build.description(name).expect("every summary has it");
        let (failed, detection) = (of("first_job.robots_failed_at_halt"), of("first_job.detection_s"));
        let n = build.replications;
        match name.as_str() {
            "good" => {
                assert_eq!((failed.count, detection.count, detection.mean), (0, 0, None));
                assert_eq!(build[measure::IN_SYNC].count, n);
                continue;
            }
            "bad" => assert_eq!(build[measure::HALTED].count, n),
            _ => assert_eq!(of("robot.time_to_success_s").count, 0),
        }
        // Two failures, of which each takes 60 s / p.
        let each = if name == "bad" { 120.0 } else { 60.0 };
        let mean = detection.mean.expect("jobs halted").0;
        assert_near(mean, 2.0 * each, (2.0 * each * each / n as f64).sqrt(), &format!("detection of {name}"));
        let std = detection.std.expect("jobs halted").0;
        // The kurtosis of an Erlang with shape 2 is 6.
        let error = 2.0 * each * each * (5.0 / n as f64).sqrt();
        assert_near(std * std, 2.0 * each * each, error, &format!("variance of detection of {name}"));
        assert_eq!((failed.count, failed.min.map(|x| x.0), failed.max.map(|x| x.0)), (n, Some(2.0), Some(2.0)));
        halted += n;
    }
    assert_eq!(summary.description("first_job.detection_s").map(|all| all.count), Some(halted));
}
