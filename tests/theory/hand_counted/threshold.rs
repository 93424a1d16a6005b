//! Threshold, counted by hand.

use super::*;

/// 25 % of 10 is 2.5, so 3 failures breach (R9); the first wave of 4 all fail, one more than needed.
#[test]
fn everything_fails_in_the_first_wave() {
    for on_breach in ["drain", "abort"] {
        // With `abort` too: all four endings of the instant come before the breach is looked for (R1).
        let text = policy(40, 25, &format!("on_breach = \"{on_breach}\"\n{}", bad("a", 10, "10s")));
        let (replication, trace) = watch(&text);
        assert_ended(&replication, CampaignOutcome::Halted, 10);
        let job = &replication.first_job.unwrap();
        assert_eq!(count(job), breached([0, 4, 0, 0, 6]));
        assert_eq!((job.halted(), job.progress.counted_failures(), job.progress.robots_failed()), (true, 4, 4));
        assert_eq!((job.makespan(), job.ended), (Some(Span::from_secs(10)), Some(at(10))));
        assert_eq!(trace.breaches, [at(10)]);
        assert_eq!(trace.starts.len(), 4);
        assert_eq!(trace.ends, [0, 1, 2, 3].map(|robot| (at(10), robot, FAILED)));
        assert_eq!(replication.time_to_success(), None);
        assert_lost(&replication, 40, 40);
        assert_eq!(replication.peak_robots_down, 4);
    }
}

/// R9 says >=: as many failures as the limit halt, one less does not, and the job with failures succeeds (R11).
#[test]
fn met_exactly_or_missed_by_one() {
    for (robots, threshold, limit) in [
        (10, 30, 3),
        (7, 30, 3), // 2.1
        (7, 29, 3), // 2.03
        (7, 28, 2), // 1.96
        (196, 25, 49),
        (199, 25, 50), // 49.75
        (3, 34, 2),    // 1.02
        (3, 33, 1),    // 0.99
        (100, 1, 1),
        (101, 1, 2), // 1.01
    ] {
        for (failing, halts) in [(limit, true), (limit - 1, false)] {
            let groups = match failing {
                0 => good("fine", robots, "10s"),
                _ => bad("a", failing, "10s") + &good("fine", robots - failing, "10s"),
            };
            // One at a time, so that the breach leaves robots that were never started.
            let (replication, trace) = watch(&policy(1, threshold, &groups));
            let what = format!("{failing} of {robots} failed, {threshold} %");
            let counts = if halts {
                breached([0, failing, 0, 0, robots - failing])
            } else {
                succeeded([robots - failing, failing, 0, 0, 0])
            };
            assert_eq!(count(&replication.first_job.unwrap()), counts, "{what}");
            let outcome = match failing {
                0 => CampaignOutcome::InSync,
                _ if halts => CampaignOutcome::Halted,
                _ => CampaignOutcome::MaxJobs,
            };
            assert_eq!(replication.outcome, outcome, "{what}");
            let breaches: &[Time] = if halts { &[at(10 * u64::from(failing))] } else { &[] };
            assert_eq!(trace.breaches, breaches, "{what}");
        }
    }
}

/// 100 % is met only if all fail: then even the last robot's end breaches, though no robot is left to be spared.
#[test]
fn a_hundred_percent() {
    let (replication, _) = watch(&policy(50, 100, &bad("a", 4, "10s")));
    assert_eq!(count(&replication.first_job.unwrap()), breached([0, 4, 0, 0, 0]));
    assert_ended(&replication, CampaignOutcome::Halted, 20);
    let (replication, _) = watch(&policy(50, 100, &(bad("a", 3, "10s") + &good("b", 1, "10s"))));
    assert_eq!(count(&replication.first_job.unwrap()), succeeded([1, 3, 0, 0, 0]));
    assert_ended(&replication, CampaignOutcome::MaxJobs, 20);
}

/// Half of 6 is 3. At 10 s three fail; the slow three are in flight until 60 s, or aborted.
#[test]
fn in_flight_at_the_breach() {
    let groups = bad("bad", 3, "10s") + &good("slow", 3, "60s");
    let (replication, trace) = watch(&policy(100, 50, &groups));
    assert_eq!(count(&replication.first_job.unwrap()), breached([3, 3, 0, 0, 0]));
    assert_eq!(trace.breaches, [at(10)]);
    assert_ended(&replication, CampaignOutcome::Halted, 60);
    assert_eq!(replication.first_job.unwrap().makespan(), Some(Span::from_secs(60)));
    // The failed robots stay down until the campaign ends.
    assert_lost(&replication, 3 * 10 + 3 * 60, 6 * 60);

    let (replication, trace) = watch(&policy(100, 50, &format!("on_breach = \"abort\"\n{groups}")));
    let job = &replication.first_job.unwrap();
    assert_eq!(count(job), breached([0, 3, 0, 3, 0]));
    assert_eq!((job.progress.counted_failures(), job.progress.robots_failed()), (3, 6));
    assert_ended(&replication, CampaignOutcome::Halted, 10);
    assert_eq!(job.makespan(), Some(Span::from_secs(10)));
    assert_eq!(trace.ends[3..], [3, 4, 5].map(|robot| (at(10), robot, RobotEnd::Aborted)));
    assert_eq!(RobotEnd::Aborted.failure_code(), Some(Code::RobotDeploymentAborted));
    assert_lost(&replication, 60, 60);
}

/// Half of 4 is 2. Two fail at 10 s and halt the job; draining, two more fail at 20 s: an overshoot of 2.
#[test]
fn draining_robots_fail_too() {
    let (replication, trace) = watch(&policy(100, 50, &(bad("a", 2, "10s") + &bad("b", 2, "20s"))));
    assert_eq!(count(&replication.first_job.unwrap()), breached([0, 4, 0, 0, 0]));
    assert_eq!(trace.breaches, [at(10)], "a job breaches once");
    assert_ended(&replication, CampaignOutcome::Halted, 20);
}

/// A tie of two failures and two successes at 10 s: all four are counted, then the job breaches (R1). So `abort`
/// has nobody left to abort, though the failures pop first.
#[test]
fn a_tie_counts_whole() {
    for on_breach in ["drain", "abort"] {
        for groups in [bad("a", 2, "10s") + &good("b", 2, "10s"), good("b", 2, "10s") + &bad("a", 2, "10s")] {
            let (replication, _) = watch(&policy(100, 50, &format!("on_breach = \"{on_breach}\"\n{groups}")));
            assert_eq!(count(&replication.first_job.unwrap()), breached([2, 2, 0, 0, 0]));
            assert_ended(&replication, CampaignOutcome::Halted, 10);
        }
    }
}

/// Nobody starts at the instant of the breach: starts come after endings (R1). c = 2 of 8, limit 2: robots 0 and 1
/// fail at 10 s together.
#[test]
fn no_start_at_the_breach() {
    let (replication, trace) = watch(&policy(25, 25, &(bad("a", 2, "10s") + &good("b", 6, "10s"))));
    assert_eq!(trace.starts.len(), 2);
    assert_eq!(count(&replication.first_job.unwrap()), breached([0, 2, 0, 0, 6]));
}

/// R4 and R9 take F, not the targets: in the second job 2 of 10 are left, both fail, and 2 < 3 halts nothing; and
/// 20 % of 10 let both start at once.
#[test]
fn percentages_of_the_fleet_in_a_sync_job() {
    let groups = good("fine", 8, "10s") + &bad("a", 2, "10s");
    let text = policy(20, 30, &groups) + &sync("after_finish = \"0s\"", "max_jobs = 2");
    let (replication, trace) = watch(&text);
    assert_eq!(trace.created, [(at(0), JobKind::Deployment, 10), (at(50), JobKind::Sync, 2)]);
    assert_eq!(
        trace.jobs.iter().map(count).collect::<Vec<_>>(),
        [succeeded([8, 2, 0, 0, 0]), succeeded([0, 2, 0, 0, 0])]
    );
    assert_eq!(trace.starts[10..], [(at(50), 8, 1), (at(50), 9, 1)]);
    assert_eq!(trace.jobs[1].progress.fleet_size, 10);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 60);
    // The two bad robots start at 40 s and are down until the end, also between their attempts.
    assert_lost(&replication, 10 * 10 + 2 * 10, 8 * 10 + 2 * 20);
}

/// Three robots that fail one after another stay down, and a fourth is in flight: four down at once, one in flight.
#[test]
fn failed_robots_stay_down() {
    let (replication, _) = watch(&policy(25, 100, &(bad("a", 3, "10s") + &good("b", 1, "10s"))));
    assert_ended(&replication, CampaignOutcome::MaxJobs, 40);
    assert_eq!((replication.peak_robots_down, replication.first_job.unwrap().progress.peak_in_flight), (4, 1));
    assert_lost(&replication, 40, 40 + 30 + 20 + 10);
}
