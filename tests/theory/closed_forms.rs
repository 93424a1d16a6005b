//! Whole campaigns whose outcomes have an exact distribution: what queueing, sampling and renewal theory say of the rules.
//!
//! Latencies have a mean of `MEAN` seconds unless a test says otherwise; microseconds are so much finer that rounding
//! (R1) and ties never show.

use rollcast::rollout::{CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, JobKind, RobotEnd, RobotId};
use rollcast::simulation::{Event, JobRecord, Observer, Plan, Replication};
use rollcast::time::{Span, Time};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::gamma_lr;

use crate::run::{Blind, SEED, Trace, campaigns, policy, replications, scenario};
use crate::statistics::{
    assert_distribution, assert_mean, assert_mean_by_sample, assert_outcomes, assert_share, assert_uncorrelated,
    assert_variance, binomial, exponential_cdf,
};

/// Of an exponential latency, in seconds.
const MEAN: f64 = 60.0;

/// A group of robots whose one step takes an exponential time with mean [`MEAN`].
fn exponential(robots: u32, failure: f64) -> String {
    group(robots, "exponential = { mean = \"60s\" }", failure)
}

/// A group of robots with one step.
fn group(robots: u32, latency: &str, failure: f64) -> String {
    format!(
        "[[group]]\nname = \"g\"\nrobots = {robots}\nstep.launching = {{ latency = {{ {latency} }}, failure = {failure:?} }}\n"
    )
}

fn seconds(micros: u128) -> f64 {
    micros as f64 / 1e6
}

fn makespans(all: &[Replication]) -> Vec<f64> {
    all.iter().map(|replication| replication.first_job.unwrap().makespan().expect("the job ended").seconds()).collect()
}

/// The r-th cumulant of the makespan of N robots on c slots, over (r - 1)! MEAN^r.
///
/// While more robots than slots are left, robots end at the rate c / MEAN, N - c times; then the last c end at c, c - 1, ...,
/// 1 / MEAN. The makespan is the sum of these N independent exponentials, and cumulants add.
fn makespan_cumulant(robots: u32, slots: u32, r: i32) -> f64 {
    let inverse = |x: u32| libm::pow(f64::from(x), -f64::from(r));
    f64::from(robots - slots) * inverse(slots) + (1..=slots).map(inverse).sum::<f64>()
}

/// R4, R7: E = MEAN * ((N - c) / c + H_c); for c = N the maximum of N exponentials, for c = 1 their sum.
#[test]
fn exponential_makespans() {
    const N: u32 = 10;
    for (concurrency, slots) in [(10, 1), (39, 3), (50, 5), (100, 10)] {
        let all = replications(&policy(concurrency, 100, &exponential(N, 0.0)), 40_000);
        let makespans = makespans(&all);
        let what = format!("makespan of {N} robots on {slots} slots");
        let variance = MEAN * MEAN * makespan_cumulant(N, slots, 2);
        assert_mean(&makespans, MEAN * makespan_cumulant(N, slots, 1), variance, &what);
        // The fourth central moment is the fourth cumulant, 3! times the sum of fourth powers, plus 3 variance^2.
        let fourth = 6.0 * libm::pow(MEAN, 4.0) * makespan_cumulant(N, slots, 4) + 3.0 * variance * variance;
        assert_variance(&makespans, variance, fourth, &what);
        match slots {
            1 => assert_distribution(&makespans, |t| gamma_lr(f64::from(N), t / MEAN), &what),
            N => assert_distribution(&makespans, |t| libm::pow(exponential_cdf(MEAN)(t), f64::from(N)), &what),
            _ => {}
        }
        // Without preparing, failures or further jobs the campaign is its first job.
        for (replication, makespan) in all.iter().zip(&makespans) {
            assert_eq!(replication.outcome, CampaignOutcome::InSync);
            assert_eq!(replication.time_to_success().map(Span::seconds), Some(*makespan));
            assert_eq!(replication.first_job.unwrap().progress.peak_in_flight, slots);
        }
    }
}

/// The order of starts cannot matter where all robots are alike.
#[test]
fn shuffling_like_robots_changes_no_distribution() {
    let text = policy(30, 100, &format!("start_order = \"shuffled\"\n{}", exponential(10, 0.0)));
    let makespans = makespans(&replications(&text, 20_000));
    let variance = MEAN * MEAN * makespan_cumulant(10, 3, 2);
    assert_mean(&makespans, MEAN * makespan_cumulant(10, 3, 1), variance, "shuffled makespan");
}

/// R6: each of the 4! orders is as likely as the others, in the first job and in the next, independently.
#[test]
fn every_permutation_is_equally_likely() {
    // Nobody succeeds, and a threshold of 100 % lets everybody start.
    let sync = "[sync]\nschedule = { after_finish = \"0s\" }\nmax_jobs = 2\non_halt = \"retry\"\n";
    let text = format!(
        "{}{sync}",
        policy(25, 100, &format!("start_order = \"shuffled\"\n{}", group(4, "constant = \"1s\"", 1.0)))
    );
    let (mut first, mut second, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    campaigns(&Plan::new(&scenario(&text)), 48_000, |_, trace: Trace| {
        let order: Vec<RobotId> = trace.starts.iter().map(|(_, robot, _)| *robot).collect();
        first.push(rank(&order[..4]));
        second.push(rank(&order[4..]));
        pairs.push((f64::from(order[0]), f64::from(order[4])));
    });
    assert_outcomes(first, &[1.0 / 24.0; 24], "orders of the first job");
    assert_outcomes(second, &[1.0 / 24.0; 24], "orders of the second job");
    assert_uncorrelated(&pairs, "between the robots that start first");
}

/// A permutation's number: its Lehmer code in the factorial number system.
fn rank(order: &[RobotId]) -> usize {
    (0..order.len()).fold(0, |rank, i| {
        let smaller = order[i + 1..].iter().filter(|other| **other < order[i]).count();
        rank * (order.len() - i) + smaller
    })
}

/// R9: a draining job halts exactly if at least ceil(N * threshold / 100) of all N robots are bound to fail, whatever the
/// concurrency: those that never start would only have failed later.
#[test]
fn halting_is_a_binomial_tail() {
    const N: u32 = 20;
    const RUNS: u32 = 20_000;
    for (threshold, limit, p) in [(25, 5, 0.15), (33, 7, 0.3), (1, 1, 0.02), (50, 10, 0.5)] {
        let tail: f64 = binomial(N, p)[limit..].iter().sum();
        let mut halts: Vec<Vec<bool>> = Vec::new();
        for concurrency in [5, 35, 100] {
            let all = replications(&policy(concurrency, threshold, &exponential(N, p)), RUNS);
            let halted: Vec<bool> = all.iter().map(|replication| replication.first_job.unwrap().halted()).collect();
            let count = halted.iter().filter(|halted| **halted).count();
            assert_share(count, RUNS as usize, tail, &format!("halted at {threshold} %, {concurrency} % at once"));
            for replication in &all {
                let progress = &replication.first_job.unwrap().progress;
                assert_eq!(progress.counted_failures() as usize >= limit, replication.first_job.unwrap().halted());
                let halted = replication.outcome == CampaignOutcome::Halted;
                assert_eq!(halted, replication.first_job.unwrap().halted());
            }
            halts.push(halted);
        }
        // With common random numbers not only as often but in the same replications.
        assert!(halts.iter().all(|halted| *halted == halts[0]), "concurrency decided on a halt");
    }
}

/// R9: with a constant latency robots end in waves of c, and a draining job halts after the wave in which the failures reach
/// the limit. The distribution of (failures, robots started) by dynamic programming over the waves.
#[test]
fn overshoot_by_waves() {
    const N: u32 = 23;
    const RUNS: u32 = 40_000;
    for (concurrency, slots, threshold, limit, p) in
        [(5, 1, 20, 5, 0.2), (20, 4, 20, 5, 0.2), (35, 8, 10, 3, 0.25), (100, 23, 30, 7, 0.3)]
    {
        // failing[k]: the probability that k robots have failed and the job has not halted.
        let mut failing = vec![1.0];
        // halted[started][failures]
        let mut halted = vec![vec![0.0; N as usize + 1]; N as usize + 1];
        let mut started = 0;
        while started < N {
            let wave = slots.min(N - started);
            started += wave;
            let mut next = vec![0.0; limit];
            for (before, q) in failing.iter().enumerate() {
                for (new, chance) in binomial(wave, p).iter().enumerate() {
                    match before + new {
                        failures if failures >= limit => halted[started as usize][failures] += q * chance,
                        failures => next[failures] += q * chance,
                    }
                }
            }
            failing = next;
        }
        let all = replications(&policy(concurrency, threshold, &group(N, "constant = \"10s\"", p)), RUNS);
        let width = N as usize + 1;
        // One cell for each pair; an unhalted job has started all.
        let mut probabilities = vec![0.0; 2 * width * width];
        for (started, row) in halted.iter().enumerate() {
            for (failures, q) in row.iter().enumerate() {
                probabilities[started * width + failures] = *q;
            }
        }
        for (failures, q) in failing.iter().enumerate() {
            probabilities[width * width + failures] = *q;
        }
        let cell = |job: &JobRecord| {
            let failures = job.progress.failed as usize;
            if job.halted() { job.progress.started as usize * width + failures } else { width * width + failures }
        };
        let what = format!("waves of {slots}, limit {limit}");
        assert_outcomes(all.iter().map(|replication| cell(&replication.first_job.unwrap())), &probabilities, &what);
        // The mean overshoot, over halted jobs, and no more than c - 1 of them.
        let overshoots: Vec<f64> = all
            .iter()
            .filter(|replication| replication.first_job.unwrap().halted())
            .map(|replication| {
                let overshoot = replication.first_job.unwrap().progress.counted_failures() - limit as u32;
                assert!(overshoot < slots, "{what}: {overshoot} more");
                f64::from(overshoot)
            })
            .collect();
        let total: f64 = halted.iter().flatten().sum();
        let expected = |weigh: fn(f64) -> f64| {
            let by_failures = |row: &Vec<f64>| -> f64 {
                row.iter().enumerate().map(|(failures, q)| q * weigh(failures as f64 - limit as f64)).sum()
            };
            halted.iter().map(by_failures).sum::<f64>() / total
        };
        let (mean, square) = (expected(|x| x), expected(|x| x * x));
        if slots > 1 {
            assert_mean(&overshoots, mean, square - mean * mean, &format!("overshoot, {what}"));
        }
    }
}

/// R9 with `abort`: the job ends at the k-th failure. Endings are independent trials in the order in which they come, so the
/// successes before it are negative binomial, P(s) = C(s + k - 1, s) (1 - p)^s p^k, as far as the robots reach: a robot
/// must have started for its ending to come, and s + k of N end.
#[test]
fn aborting_is_negative_binomial() {
    const N: u32 = 40;
    const RUNS: u32 = 40_000;
    for (concurrency, slots, threshold, k, p) in [(10, 4, 8, 4, 0.2), (100, 40, 5, 2, 0.1), (1, 1, 5, 2, 0.1)] {
        let text = policy(concurrency, threshold, &format!("on_breach = \"abort\"\n{}", exponential(N, p)));
        let all = replications(&text, RUNS);
        let mut probabilities = vec![libm::pow(p, f64::from(k))];
        for s in 1..=N - k {
            let previous = probabilities[s as usize - 1];
            probabilities.push(previous * f64::from(s + k - 1) / f64::from(s) * (1.0 - p));
        }
        let unhalted = N as usize + 1;
        let what = format!("successes before failure {k} on {slots} slots");
        let outcomes = all.iter().map(|replication| {
            let (job, progress) = (&replication.first_job.unwrap(), &replication.first_job.unwrap().progress);
            if !job.halted() {
                assert!(progress.failed < k && progress.aborted == 0);
                return unhalted;
            }
            // Nothing overshoots, and all the rest that had started is aborted.
            assert_eq!(progress.failed, k);
            assert_eq!(progress.aborted, slots.min(N - progress.succeeded - k + 1) - 1);
            assert_eq!(progress.started, progress.succeeded + progress.failed + progress.aborted);
            progress.succeeded as usize
        });
        let outcomes: Vec<usize> = outcomes.collect();
        assert_outcomes(outcomes, &probabilities, &what);
    }
}

/// R8: P(no response) = P(T > timeout), and a robot is `Deploying` for min(T, timeout).
#[test]
fn timeouts_of_an_exponential() {
    const RUNS: u32 = 100_000;
    let timeout = 100.0;
    let text = policy(100, 100, &format!("robot_deployment_timeout = \"100s\"\n{}", exponential(1, 0.0)));
    let all = replications(&text, RUNS);
    let late = libm::exp(-timeout / MEAN);
    let no_response = all.iter().filter(|replication| replication.first_job.unwrap().progress.no_response == 1).count();
    assert_share(no_response, RUNS as usize, late, "without response");
    let deploying: Vec<f64> = all.iter().map(|replication| seconds(replication.out_of_service)).collect();
    // E[min(T, t)] = m (1 - e^(-t/m)); E[min(T, t)^2] = 2 m^2 (1 - e^(-t/m)) - 2 m t e^(-t/m), by parts.
    let mean = MEAN * (1.0 - late);
    let square = 2.0 * MEAN * MEAN * (1.0 - late) - 2.0 * MEAN * timeout * late;
    assert_mean(&deploying, mean, square - mean * mean, "time until the timeout");
    // Those in time have the exponential cut at the timeout.
    let in_time: Vec<f64> = deploying.into_iter().filter(|time| *time < timeout).collect();
    let cdf = exponential_cdf(MEAN);
    assert_distribution(&in_time, |t| cdf(t) / (1.0 - late), "time in time");
}

/// R8 over two steps with means a and b: P(T > t) = (a e^(-t/a) - b e^(-t/b)) / (a - b), the hypoexponential.
#[test]
fn timeouts_of_two_steps() {
    const RUNS: u32 = 100_000;
    let (a, b, timeout) = (60.0, 20.0, 150.0);
    let text = policy(
        100,
        100,
        "robot_deployment_timeout = \"150s\"
        [[group]]
        name = \"g\"
        robots = 1
        step.validating = { latency = { exponential = { mean = \"60s\" } } }
        step.executing_post_launch = { latency = { exponential = { mean = \"20s\" } } }\n",
    );
    let tail = |t: f64| (a * libm::exp(-t / a) - b * libm::exp(-t / b)) / (a - b);
    let all = replications(&text, RUNS);
    let (late, in_time): (Vec<&Replication>, Vec<&Replication>) =
        all.iter().partition(|replication| replication.first_job.unwrap().progress.no_response == 1);
    assert_share(late.len(), RUNS as usize, tail(timeout), "without response");
    let in_time: Vec<f64> = in_time.iter().map(|replication| seconds(replication.out_of_service)).collect();
    assert_distribution(&in_time, |t| (1.0 - tail(t)) / (1.0 - tail(timeout)), "two steps in time");
}

/// R9 counts robots without response as it counts failed ones: the tail of Bin(N, P(T > timeout or the step fails)).
#[test]
fn timeouts_count_against_the_threshold() {
    const RUNS: u32 = 20_000;
    let text = policy(20, 30, &format!("robot_deployment_timeout = \"2m\"\n{}", exponential(15, 0.1)));
    let late = libm::exp(-120.0 / MEAN);
    let p = late + (1.0 - late) * 0.1;
    let all = replications(&text, RUNS);
    let halted = all.iter().filter(|replication| replication.first_job.unwrap().halted()).count();
    // ceil(15 * 30 / 100) = 5
    assert_share(halted, RUNS as usize, binomial(15, p)[5..].iter().sum(), "halted by failures and timeouts");
}

/// R12: robots fail with p until they succeed, and every job tries all that are left, so the number of jobs is the maximum of
/// N geometrics: P(J <= k) = (1 - p^k)^N, E[J] = sum over k >= 0 of 1 - (1 - p^k)^N.
#[test]
fn jobs_are_the_maximum_of_geometrics() {
    const N: u32 = 12;
    const RUNS: u32 = 40_000;
    for p in [0.1, 0.5] {
        // A job in which all N fail reaches even a threshold of 100 %; the operator goes on.
        let sync = "[sync]\nschedule = { after_finish = \"0s\" }\non_halt = \"retry\"\n";
        let all = replications(&format!("{}{sync}", policy(100, 100, &exponential(N, p))), RUNS);
        let cdf = |k: u32| libm::pow(1.0 - libm::pow(p, f64::from(k)), f64::from(N));
        let probabilities: Vec<f64> = (1..60).map(|k| cdf(k) - cdf(k - 1)).collect();
        let outcomes = all.iter().map(|replication| {
            assert_eq!(replication.outcome, CampaignOutcome::InSync);
            replication.jobs as usize - 1
        });
        assert_outcomes(outcomes, &probabilities, &format!("jobs at p = {p}"));
        let expected: f64 = (0..200).map(|k| 1.0 - cdf(k)).sum();
        // E[J^2] = sum over k >= 0 of (2 k + 1) P(J > k).
        let square: f64 = (0..200).map(|k| (2.0 * f64::from(k) + 1.0) * (1.0 - cdf(k))).sum();
        let jobs: Vec<f64> = all.iter().map(|replication| f64::from(replication.jobs)).collect();
        assert_mean(&jobs, expected, square - expected * expected, &format!("jobs at p = {p}"));
        // Each robot deploys a geometric number of times, MEAN each, whether it fails or not.
        let deploying: Vec<f64> = all.iter().map(|replication| seconds(replication.out_of_service)).collect();
        let tries = 1.0 / (1.0 - p);
        assert_mean(
            &deploying,
            f64::from(N) * MEAN * tries,
            // Wald: E[G] Var T + Var G (E T)^2, with Var G = p / (1 - p)^2.
            f64::from(N) * MEAN * MEAN * (tries + p * tries * tries),
            &format!("time out of service at p = {p}"),
        );
    }
}

/// As above with `max_jobs` = 3: the campaign is in sync with probability (1 - p^3)^N.
#[test]
fn max_jobs_cuts_the_geometrics() {
    const N: u32 = 12;
    const RUNS: u32 = 20_000;
    let sync = "[sync]\nschedule = { after_finish = \"1m\" }\non_halt = \"retry\"\nmax_jobs = 3\n";
    let all = replications(&format!("{}{sync}", policy(100, 100, &exponential(N, 0.3))), RUNS);
    let in_sync = all.iter().filter(|replication| replication.outcome == CampaignOutcome::InSync).count();
    assert_share(in_sync, RUNS as usize, libm::pow(1.0 - 0.027, f64::from(N)), "in sync within three jobs");
    for replication in &all {
        assert!(matches!(replication.outcome, CampaignOutcome::InSync | CampaignOutcome::MaxJobs));
        assert!(replication.jobs <= 3);
    }
}

/// With c = N the k-th robot is in sync at the k-th order statistic of N exponentials: P(X_(k) <= t) = I_F(t)(k, N - k + 1)
/// (David and Nagaraja, Order Statistics, 2.1), with mean MEAN * (1/N + ... + 1/(N - k + 1)). With fewer slots the first
/// N - c + 1 endings come at a constant rate, so the k-th is gamma.
#[test]
fn order_statistics_of_successes() {
    const N: u32 = 9;
    const RUNS: u32 = 20_000;
    for (concurrency, slots) in [(100, 9), (34, 3)] {
        let text = policy(concurrency, 100, &exponential(N, 0.0));
        let mut instants: Vec<Vec<f64>> = vec![Vec::new(); N as usize];
        campaigns(&Plan::new(&scenario(&text)), RUNS, |_, trace: Trace| {
            assert_eq!(trace.ends.len(), N as usize);
            for (k, (time, _, end)) in trace.ends.iter().enumerate() {
                assert_eq!(*end, RobotEnd::InSync);
                instants[k].push(time.seconds());
            }
        });
        for (k, instants) in (1..).zip(&instants) {
            let what = format!("robot {k} of {N} in sync on {slots} slots");
            if slots == N {
                let cdf = |t| beta_reg(f64::from(k), f64::from(N - k + 1), exponential_cdf(MEAN)(t));
                assert_distribution(instants, cdf, &what);
                let mean: f64 = (N - k + 1..=N).map(|left| MEAN / f64::from(left)).sum();
                let variance = (N - k + 1..=N).map(|left| libm::pow(MEAN / f64::from(left), 2.0)).sum();
                assert_mean(instants, mean, variance, &what);
            } else if k <= N - slots + 1 {
                let scale = MEAN / f64::from(slots);
                assert_distribution(instants, |t| gamma_lr(f64::from(k), t / scale), &what);
            }
        }
    }
}

/// R5: preparing comes before the makespan and adds to the time to success, in every job anew and independently.
#[test]
fn preparing_adds() {
    const RUNS: u32 = 40_000;
    let prepare = 30.0;
    let text =
        policy(40, 100, &format!("preparing = {{ exponential = {{ mean = \"30s\" }} }}\n{}", exponential(5, 0.0)));
    let all = replications(&text, RUNS);
    let makespans = makespans(&all);
    let variance = MEAN * MEAN * makespan_cumulant(5, 2, 2);
    assert_mean(&makespans, MEAN * makespan_cumulant(5, 2, 1), variance, "makespan after preparing");
    let preparing: Vec<f64> =
        all.iter().map(|replication| replication.first_job.unwrap().began.expect("it begins").seconds()).collect();
    assert_distribution(&preparing, exponential_cdf(prepare), "preparing");
    assert_uncorrelated(
        &preparing.iter().copied().zip(makespans.iter().copied()).collect::<Vec<_>>(),
        "between preparing and makespan",
    );
    let successes: Vec<f64> =
        all.iter().map(|replication| replication.time_to_success().expect("all succeed").seconds()).collect();
    for ((success, begin), makespan) in successes.iter().zip(&preparing).zip(&makespans) {
        assert!((success - begin - makespan).abs() < 1e-9);
    }
    let mean = prepare + MEAN * makespan_cumulant(5, 2, 1);
    assert_mean(&successes, mean, prepare * prepare + variance, "time to success with preparing");
}

/// R5, R12: each of several jobs draws its own preparing: with one robot that succeeds at the J-th job the time to success
/// is a geometric sum, of mean (MEAN + prepare + delay) / (1 - p) - delay.
#[test]
fn preparing_is_drawn_for_every_job() {
    const RUNS: u32 = 60_000;
    let (p, prepare, delay) = (0.6, 30.0, 10.0);
    let sync = "[sync]\nschedule = { after_finish = \"10s\" }\non_halt = \"retry\"\n";
    let deployment = "preparing = { exponential = { mean = \"30s\" } }\n";
    let text = format!("{}{sync}", policy(100, 100, &format!("{deployment}{}", exponential(1, p))));
    let (mut successes, mut preparing) = (Vec::new(), Vec::new());
    campaigns(&Plan::new(&scenario(&text)), RUNS, |replication, trace: Trace| {
        successes.push(replication.time_to_success().expect("it succeeds in the end").seconds());
        let spans: Vec<f64> = trace
            .created
            .iter()
            .zip(&trace.began)
            .map(|((created, ..), began)| (*began - *created).seconds())
            .collect();
        if let [first, second, ..] = spans[..] {
            preparing.push((first, second));
        }
    });
    assert_uncorrelated(&preparing, "between the first and the second job's preparing");
    let tries = 1.0 / (1.0 - p);
    let per_job = MEAN + prepare + delay;
    let variance = tries * (MEAN * MEAN + prepare * prepare) + p * tries * tries * per_job * per_job;
    assert_mean(&successes, per_job * tries - delay, variance, "time to success over several jobs");
}

/// R12 with `every`: jobs start at multiples of the period d, the first one that is not before the last job's end. One robot
/// with an exponential latency and failure p: each job but the last occupies G periods, P(G > g) = e^(-g d / MEAN), and G - 1
/// calls are lost; so the time to success has mean (J - 1) E[G] d + MEAN with E[J] = 1 / (1 - p), and the calls lost
/// (J of them have their loss, the last job's too) E[J] E[G - 1].
#[test]
fn every_is_a_renewal_process() {
    const RUNS: u32 = 60_000;
    let (p, period) = (0.5, 45.0);
    let sync = "[sync]\nschedule = { every = \"45s\" }\non_halt = \"retry\"\n";
    let text = format!("{}{sync}", policy(100, 100, &exponential(1, p)));
    let (mut successes, mut lost) = (Vec::new(), Vec::new());
    campaigns(&Plan::new(&scenario(&text)), RUNS, |replication, trace: Trace| {
        let every = Span::from_secs(45).micros();
        let mut calls_lost = 0;
        for (job, next) in trace.jobs.iter().zip(trace.jobs.iter().skip(1).map(Some).chain([None])) {
            assert_eq!(job.created.micros() % every, 0, "a job at {:?}", job.created);
            let ended = job.ended.expect("there is no horizon").micros();
            let (created, last) = (job.created.micros() / every, (ended - 1) / every);
            calls_lost += last - created;
            if let Some(next) = next {
                assert_eq!(next.created.micros(), ended.div_ceil(every) * every);
            }
        }
        assert_eq!(replication.concurrent_deployment_exceptions, calls_lost);
        lost.push(calls_lost as f64);
        successes.push(replication.time_to_success().expect("it succeeds in the end").seconds());
    });
    let jobs = 1.0 / (1.0 - p);
    let stay = libm::exp(-period / MEAN);
    let (periods, losses) = (1.0 / (1.0 - stay), stay / (1.0 - stay));
    assert_mean_by_sample(&successes, (jobs - 1.0) * periods * period + MEAN, "time to success on a schedule");
    // A geometric sum of geometrics: Wald again, Var G = stay / (1 - stay)^2 and Var J = p / (1 - p)^2.
    let variance = jobs * stay * periods * periods + p * jobs * jobs * losses * losses;
    assert_mean(&lost, jobs * losses, variance, "calls lost");
}

/// R7: the attempt fails at step j with probability p_j prod_{i < j} (1 - p_i), with the step's default code or by the
/// scenario's weights, whatever the latencies.
#[test]
fn failure_codes_by_step_and_weight() {
    use DeploymentJobErrorCode as Code;
    const ROBOTS: u32 = 100;
    let text = policy(
        25,
        100,
        &format!(
            "[[group]]
            name = \"g\"
            robots = {ROBOTS}
            [group.step]
            validating = {{ latency = {{ exponential = {{ mean = \"5s\" }} }}, failure = 0.1 }}
            executing_download_condition = {{ latency = {{ constant = \"0s\" }}, failure = 0.05 }}
            executing_pre_launch = {{ latency = {{ constant = \"1s\" }}, failure = 0.2 }}
            executing_post_launch = {{ latency = {{ constant = \"1s\" }}, failure = 0.15 }}
            launching.latency.exponential.mean = \"1s\"
            launching.failure = 0.07
            [group.step.downloading_extracting]
            latency = {{ gamma = {{ shape = 0.5, scale = \"1m\" }} }}
            failure = {{ probability = 0.3, codes = {{ ResourceNotFound = 1, ExtractingBundleFailure = 3, BadPermissionError = 0, EtagMismatch = 0.5 }} }}\n"
        ),
    );
    let steps = [0.1, 0.05, 0.3, 0.2, 0.07, 0.15];
    let mut reached = 1.0;
    let at: Vec<f64> = steps
        .iter()
        .map(|p| {
            let fails = reached * p;
            reached *= 1.0 - p;
            fails
        })
        .collect();
    let expected = [
        (Some(Code::GreengrassDeploymentFailed), at[0]),
        (Some(Code::DownloadConditionFailed), at[1]),
        (Some(Code::ResourceNotFound), at[2] / 4.5),
        (Some(Code::ExtractingBundleFailure), at[2] * 3.0 / 4.5),
        (Some(Code::EtagMismatch), at[2] * 0.5 / 4.5),
        (Some(Code::PreLaunchFileFailure), at[3]),
        (Some(Code::MissingRobotDeploymentResource), at[4]),
        (Some(Code::PostLaunchFileFailure), at[5]),
        (None, reached),
    ];
    let mut outcomes = Vec::new();
    campaigns(&Plan::new(&scenario(&text)), 1000, |_, trace: Trace| {
        assert_eq!(trace.ends.len(), ROBOTS as usize);
        outcomes.extend(trace.ends.iter().map(|(_, robot, end)| {
            let code = end.failure_code();
            let cell = expected.iter().position(|(known, _)| *known == code);
            cell.unwrap_or_else(|| panic!("robot {robot} failed with {code:?}"))
        }));
    });
    assert_outcomes(outcomes, &expected.map(|(_, p)| p), "failure codes");
}

/// While nothing fails, robots are out of service for their own latencies only, and down for just as long: N * E[T], whatever
/// the concurrency.
#[test]
fn out_of_service_is_the_sum_of_latencies() {
    const N: u32 = 25;
    // A uniform latency has variance (max - min)^2 / 12; a PERT's is that of its beta, here Beta(2, 4).
    let latencies = "step.validating = { latency = { uniform = { min = \"10s\", max = \"40s\" } } }
        step.launching = { latency = { pert = { min = \"0s\", mode = \"15s\", max = \"60s\" } } }";
    let mean = 25.0 + 60.0 * 2.0 / 6.0;
    let variance = 900.0 / 12.0 + 3600.0 * 2.0 * 4.0 / (36.0 * 7.0);
    for concurrency in [4, 30, 100] {
        let text = policy(concurrency, 100, &format!("[[group]]\nname = \"g\"\nrobots = {N}\n{latencies}\n"));
        let all = replications(&text, 20_000);
        let deploying: Vec<f64> = all
            .iter()
            .map(|replication| {
                assert_eq!(replication.out_of_service, replication.down);
                assert_eq!(replication.peak_robots_down, replication.first_job.unwrap().progress.peak_in_flight);
                seconds(replication.out_of_service)
            })
            .collect();
        assert_mean(&deploying, f64::from(N) * mean, f64::from(N) * variance, &format!("at {concurrency} %"));
    }
}

/// A failed robot is down until a later job brings it in sync: of one robot that succeeds at its J-th job, with a delay
/// between jobs, the down time is the time to success, and the time out of service lacks the delays.
#[test]
fn down_time_includes_the_wait_for_the_next_job() {
    let sync = "[sync]\nschedule = { after_finish = \"100s\" }\non_halt = \"retry\"\n";
    let text = format!("{}{sync}", policy(100, 100, &exponential(1, 0.4)));
    for replication in replications(&text, 2000) {
        let success = replication.time_to_success().expect("it succeeds in the end");
        assert_eq!(replication.down, u128::from(success.micros()));
        let delays = u128::from(replication.jobs - 1) * u128::from(Span::from_secs(100).micros());
        assert_eq!(replication.out_of_service, replication.down - delays);
    }
}

/// R12: the horizon h cuts one exponential off with probability e^(-h / MEAN), and robots in flight count neither way.
#[test]
fn the_horizon_cuts_off() {
    const N: u32 = 5;
    const RUNS: u32 = 40_000;
    let text = format!("{}[sync]\nmax_jobs = 1\nhorizon = \"90s\"\n", policy(100, 100, &exponential(N, 0.25)));
    let late = libm::exp(-90.0 / MEAN);
    let all = replications(&text, RUNS);
    let in_flight: Vec<usize> = all
        .iter()
        .map(|replication| {
            let (job, progress) = (&replication.first_job.unwrap(), &replication.first_job.unwrap().progress);
            let cut = progress.started - progress.succeeded - progress.failed;
            assert_eq!(replication.outcome == CampaignOutcome::Horizon, cut > 0);
            assert_eq!(job.makespan().is_none(), cut > 0);
            assert_eq!(job.status == DeploymentStatus::InProgress, cut > 0);
            assert_eq!((progress.aborted, progress.no_response), (0, 0));
            cut as usize
        })
        .collect();
    assert_outcomes(in_flight, &binomial(N, late), "robots in flight at the horizon");
    let failed = all.iter().map(|replication| replication.first_job.unwrap().progress.failed as usize);
    assert_outcomes(failed, &binomial(N, 0.25 * (1.0 - late)), "robots failed before the horizon");
}

/// R10: the fleet timeout aborts the same robots that a horizon would have left in flight.
#[test]
fn the_fleet_timeout_aborts() {
    const N: u32 = 5;
    let text = policy(100, 100, &format!("fleet_deployment_timeout = \"90s\"\n{}", exponential(N, 0.25)));
    let late = libm::exp(-90.0 / MEAN);
    let all = replications(&text, 40_000);
    let aborted = all.iter().map(|replication| {
        let progress = &replication.first_job.unwrap().progress;
        assert_eq!(replication.outcome == CampaignOutcome::TimedOut, progress.aborted > 0);
        progress.aborted as usize
    });
    assert_outcomes(aborted.collect::<Vec<_>>(), &binomial(N, late), "robots aborted");
}

/// Common random numbers: a robot's k-th attempt takes as long and ends in the same way under any policy that lets it run.
#[test]
fn policies_face_the_same_luck() {
    /// Duration and end of each attempt, by robot and attempt.
    #[derive(Default)]
    struct Attempts(std::collections::BTreeMap<(RobotId, u32), (Span, RobotEnd)>, Vec<u32>);

    impl Observer for Attempts {
        fn see(&mut self, now: Time, event: &Event<'_>) {
            match *event {
                Event::RobotStarted { robot, attempt } => {
                    self.1.resize(self.1.len().max(robot as usize + 1), 0);
                    self.1[robot as usize] = attempt;
                }
                Event::RobotEnded { robot, started, end } if end != RobotEnd::Aborted => {
                    let attempt = self.1[robot as usize];
                    assert_eq!(self.0.insert((robot, attempt), (now - started, end)), None, "an attempt is made once");
                }
                _ => {}
            }
        }
    }

    let sync =
        "[sync]\nschedule = { after_finish = \"1s\" }\non_halt = \"retry\"\non_timeout = \"retry\"\nmax_jobs = 6\n";
    let attempts = |concurrency, threshold, deployment: &str| {
        let text =
            format!("{}{sync}", policy(concurrency, threshold, &format!("{deployment}{}", exponential(12, 0.4))));
        let mut all = Vec::new();
        campaigns(&Plan::new(&scenario(&text)), 200, |_, attempts: Attempts| all.push(attempts.0));
        all
    };
    let base = attempts(100, 100, "");
    let mut compared = 0;
    for other in [
        attempts(10, 100, ""),
        attempts(50, 20, ""),
        attempts(50, 40, "start_order = \"shuffled\"\n"),
        attempts(30, 30, "preparing = { exponential = { mean = \"9s\" } }\n"),
    ] {
        for (base, other) in base.iter().zip(&other) {
            for (attempt, drawn) in other {
                // An attempt that only one of the policies came to has nothing to be compared with.
                if let Some(same) = base.get(attempt) {
                    assert_eq!(same, drawn, "{attempt:?}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 5000, "only {compared} attempts in common");
}

/// A replication is a function of its seed and number: not of those that were run before it in the same memory.
#[test]
fn replications_do_not_depend_on_their_predecessors() {
    let sync = "[sync]\nschedule = { every = \"2m\" }\nhorizon = \"8m\"\n";
    let plan = Plan::new(&scenario(&format!("{}{sync}", policy(30, 40, &exponential(20, 0.2)))));
    let mut in_turn = Vec::new();
    campaigns(&plan, 300, |replication, _: Blind| in_turn.push(replication));
    let running = std::sync::atomic::AtomicBool::new(false);
    for expected in in_turn.iter().rev() {
        let mut fresh = rollcast::simulation::Campaign::new(&plan, plan.controller.clone());
        assert_eq!(fresh.run(SEED, expected.index, &running, ()).as_ref(), Some(expected));
    }
    // The test means something only if campaigns leave different things behind.
    for outcome in [CampaignOutcome::Halted, CampaignOutcome::Horizon] {
        assert!(in_turn.iter().any(|replication| replication.outcome == outcome), "{outcome:?}");
    }
}

/// R3, R12: the first job is a deployment to all, the others are sync jobs for those that are not in sync.
#[test]
fn sync_jobs_target_what_is_not_in_sync() {
    let sync = "[sync]\nschedule = { after_finish = \"1m\" }\non_halt = \"retry\"\nmax_jobs = 4\n";
    let text = format!("{}{sync}", policy(25, 30, &exponential(16, 0.3)));
    campaigns(&Plan::new(&scenario(&text)), 500, |replication, trace: Trace| {
        let mut left = 16;
        for ((number, (_, kind, targets)), job) in (0..).zip(&trace.created).zip(&trace.jobs) {
            assert_eq!(*kind, if number == 0 { JobKind::Deployment } else { JobKind::Sync });
            assert_eq!(*targets, left);
            left -= job.progress.succeeded;
            // F stays the whole fleet: 16 * 30 / 100 = 4.8 and 16 * 25 / 100 = 4.
            assert_eq!(job.halted(), job.progress.counted_failures() >= 5);
            assert_eq!(job.progress.peak_in_flight, (*targets).min(4));
        }
        assert_eq!(replication.outcome == CampaignOutcome::InSync, left == 0);
    });
}
