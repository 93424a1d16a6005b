//! A single job: how long it takes, how many it hurts, what halts it.

use super::*;

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

/// R9: a draining job halts exactly if at least ceil(N * threshold / 100) of all N robots are bound to fail, whatever
/// the concurrency: those that never start would only have failed later.
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

/// R9: with a constant latency robots end in waves of c, and a draining job halts after the wave in which the failures
/// reach the limit. The distribution of (failures, robots started) by dynamic programming over the waves.
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

/// R9 with `abort`: the job ends at the k-th failure. Endings are independent trials in the order in which they come,
/// so the successes before it are negative binomial, P(s) = C(s + k - 1, s) (1 - p)^s p^k, as far as the robots reach:
/// a robot must have started for its ending to come, and s + k of N end.
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
