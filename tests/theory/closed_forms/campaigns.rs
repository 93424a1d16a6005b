//! Campaigns of several jobs, and what robots lose meanwhile.

use super::*;

/// R12: robots fail with p until they succeed, and every job tries all that are left, so the number of jobs is the
/// maximum of N geometrics: P(J <= k) = (1 - p^k)^N, E[J] = sum over k >= 0 of 1 - (1 - p^k)^N.
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

/// With c = N the k-th robot is in sync at the k-th order statistic of N exponentials: P(X_(k) <= t) is
/// I_F(t)(k, N - k + 1) (David and Nagaraja, Order Statistics, 2.1), with mean MEAN * (1/N + ... + 1/(N - k + 1)). With
/// fewer slots the first N - c + 1 endings come at a constant rate, so the k-th is gamma.
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

/// R5, R12: each of several jobs draws its own preparing: with one robot that succeeds at the J-th job the time to
/// success is a geometric sum, of mean (MEAN + prepare + delay) / (1 - p) - delay.
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

/// R12 with `every`: jobs start at multiples of the period d, the first one that is not before the last job's end. One
/// robot with an exponential latency and failure p: each job but the last occupies G periods, P(G > g) = e^(-g d /
/// MEAN), and G - 1 calls are lost; so the time to success has mean (J - 1) E[G] d + MEAN with E[J] = 1 / (1 - p), and
/// the calls lost (J of them have their loss, the last job's too) E[J] E[G - 1].
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

/// While nothing fails, robots are out of service for their own latencies only, and down for just as long: N * E[T],
/// whatever the concurrency.
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
