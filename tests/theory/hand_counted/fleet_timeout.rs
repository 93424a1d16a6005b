//! Fleet timeout, counted by hand.

use super::*;

fn with(timeout: &str, rest: &str) -> String {
    format!("fleet_deployment_timeout = \"{timeout}\"\n{rest}")
}

/// Two waves of two end at 20 s, exactly at the timeout: the job succeeds (R10).
#[test]
fn an_ending_at_exactly_that_time_counts() {
    let (replication, _) = watch(&policy(50, 100, &with("20s", &good("a", 4, "10s"))));
    assert_eq!(count(&replication.first_job.unwrap()), succeeded([4, 0, 0, 0, 0]));
    assert_ended(&replication, CampaignOutcome::InSync, 20);
}

/// A microsecond earlier the second wave is aborted.
#[test]
fn robots_in_flight_are_aborted() {
    let (replication, trace) = watch(&policy(50, 1, &with("19999999us", &good("a", 4, "10s"))));
    let job = &replication.first_job.unwrap();
    // Aborted robots never cause a breach, not even of 1 %.
    assert_eq!(count(job), timed_out([2, 0, 0, 2, 0]));
    assert_eq!((job.halted(), job.progress.counted_failures(), job.progress.robots_failed()), (false, 0, 2));
    let end = Time::from_micros(19_999_999);
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::TimedOut, end));
    assert_eq!((job.ended, job.last_robot_ended), (Some(end), Some(end)));
    assert_eq!(job.makespan(), Some(Span::from_micros(19_999_999)));
    assert_eq!(trace.ends[2..], [(end, 2, RobotEnd::Aborted), (end, 3, RobotEnd::Aborted)]);
    assert_eq!(replication.out_of_service, 20_000_000 + 2 * 9_999_999);
    assert_eq!(replication.down, 20_000_000 + 2 * 9_999_999);
}

/// Three waves would take 30 s: at 20 s the second one has ended, and the third does not start (starts come last,
/// R1).
#[test]
fn nobody_starts_at_the_timeout() {
    let (replication, trace) = watch(&policy(34, 100, &with("20s", &good("a", 6, "10s"))));
    assert_eq!(count(&replication.first_job.unwrap()), timed_out([4, 0, 0, 0, 2]));
    assert_eq!(trace.starts.len(), 4);
    assert_ended(&replication, CampaignOutcome::TimedOut, 20);
    assert_lost(&replication, 40, 40);
}

/// It counts from `InProgress`, so preparing does not use it up; default 30 days.
#[test]
fn from_in_progress() {
    let preparing = "preparing = { constant = \"100s\" }\n";
    let (replication, _) = watch(&policy(50, 100, &with("20s", &(preparing.to_owned() + &good("a", 4, "10s")))));
    assert_ended(&replication, CampaignOutcome::InSync, 120);
    // Ninety robots, one after another and 8 h each, take 30 days; 1 % of 91 is one slot, too.
    for (robots, counts) in [(90, succeeded([90, 0, 0, 0, 0])), (91, timed_out([90, 0, 0, 0, 1]))] {
        let timeout = "robot_deployment_timeout = \"8h\"\n".to_owned();
        let (replication, _) = watch(&policy(1, 100, &(timeout + &good("a", robots, "8h"))));
        assert_eq!(count(&replication.first_job.unwrap()), counts);
        assert_eq!(replication.ended, at(30 * 86_400));
    }
}

/// R10 for a halted job that still drains: one of four fails at 10 s and breaches 25 %, three drain, and the
/// timeout at 30 s aborts them. The job is `FleetDeploymentTimeout`; for the campaign the breach comes first (R12).
#[test]
fn a_halted_job_that_drains() {
    let groups = bad("bad", 1, "10s") + &good("slow", 3, "60s");
    let base = policy(100, 25, &with("30s", &groups));
    let again = |on_halt: &str, on_timeout: &str| {
        sync("after_finish = \"1h\"", &format!("max_jobs = 1\non_halt = \"{on_halt}\"\non_timeout = \"{on_timeout}\""))
    };
    for (tail, outcome) in [
        (String::new(), CampaignOutcome::Halted),
        (again("stop", "stop"), CampaignOutcome::Halted),
        (again("stop", "retry"), CampaignOutcome::Halted),
        (again("retry", "stop"), CampaignOutcome::TimedOut),
        (again("retry", "retry"), CampaignOutcome::MaxJobs),
    ] {
        let (replication, trace) = watch(&format!("{base}{tail}"));
        let job = &replication.first_job.unwrap();
        assert_eq!(count(job), timed_out([0, 1, 0, 3, 0]), "{tail}");
        // The aborted robots are no overshoot: 1 failure, and 25 % of 4 are 1.
        assert_eq!((job.halted(), job.progress.counted_failures()), (true, 1));
        assert_eq!(trace.breaches, [at(10)]);
        assert_ended(&replication, outcome, 30);
        assert_lost(&replication, 10 + 3 * 30, 4 * 30);
    }
}

/// A breach at the very instant of the timeout: the endings count, so the job is halted; then `drain` finds its
/// time is up, while `abort` has already ended the job by the breach.
#[test]
fn a_breach_at_the_timeout() {
    let groups = bad("bad", 1, "30s") + &good("slow", 3, "60s");
    for (on_breach, counts) in [("drain", timed_out([0, 1, 0, 3, 0])), ("abort", breached([0, 1, 0, 3, 0]))] {
        let text = policy(100, 25, &with("30s", &format!("on_breach = \"{on_breach}\"\n{groups}")));
        let (replication, _) = watch(&text);
        assert_eq!(count(&replication.first_job.unwrap()), counts);
        assert!(replication.first_job.unwrap().halted());
        assert_ended(&replication, CampaignOutcome::Halted, 30);
    }
    // Nobody is left to drain: the breach ends the job.
    let (replication, _) = watch(&policy(100, 25, &with("30s", &bad("bad", 4, "30s"))));
    assert_eq!(count(&replication.first_job.unwrap()), breached([0, 4, 0, 0, 0]));
}

/// The robot timeout at the same instant is an ending and comes first: no response, not aborted.
#[test]
fn the_robot_timeout_comes_first() {
    let timeout = "robot_deployment_timeout = \"1m\"\n".to_owned();
    let groups = good("late", 1, "2m") + &good("fine", 3, "10s");
    let (replication, _) = watch(&policy(100, 50, &with("1m", &(timeout + &groups))));
    assert_eq!(count(&replication.first_job.unwrap()), succeeded([3, 0, 1, 0, 0]));
    assert_ended(&replication, CampaignOutcome::MaxJobs, 60);
}

/// `on_timeout = "retry"`: robots 2 and 3 are aborted at 15 s after 5 s, and succeed in the next job.
#[test]
fn retried() {
    let base = policy(50, 100, &with("15s", &good("a", 4, "10s")));
    let (replication, trace) = watch(&(base.clone() + &sync("after_finish = \"0s\"", "on_timeout = \"retry\"")));
    assert_eq!(trace.starts[2..], [(at(10), 2, 0), (at(10), 3, 0), (at(15), 2, 1), (at(15), 3, 1)]);
    assert_eq!(
        trace.jobs.iter().map(count).collect::<Vec<_>>(),
        [timed_out([2, 0, 0, 2, 0]), succeeded([2, 0, 0, 0, 0])]
    );
    assert_ended(&replication, CampaignOutcome::InSync, 25);
    assert_lost(&replication, 2 * 10 + 2 * 5 + 2 * 10, 2 * 10 + 2 * 15);

    // With 5 s between the jobs the two are down for 5 s more, and not out of service for longer.
    let (replication, trace) = watch(&(base.clone() + &sync("after_finish = \"5s\"", "on_timeout = \"retry\"")));
    assert_eq!(trace.created_seconds(), [0, 20]);
    assert_ended(&replication, CampaignOutcome::InSync, 30);
    assert_lost(&replication, 50, 2 * 10 + 2 * 20);

    let (replication, _) = watch(&(base + &sync("after_finish = \"0s\"", "on_timeout = \"stop\"")));
    assert_ended(&replication, CampaignOutcome::TimedOut, 15);
    assert_eq!(replication.jobs, 1);
}

/// Each job has its own 15 s, from its own `InProgress`: a fleet of six takes three jobs of one wave and a half.
#[test]
fn every_job_has_its_own() {
    let preparing = "preparing = { constant = \"1s\" }\n".to_owned();
    let text = policy(34, 100, &with("15s", &(preparing + &good("a", 6, "10s"))));
    let (replication, trace) = watch(&(text + &sync("after_finish = \"0s\"", "on_timeout = \"retry\"")));
    assert_eq!(trace.began, [at(1), at(17), at(33)]);
    assert_eq!(
        trace.jobs.iter().map(count).collect::<Vec<_>>(),
        [timed_out([2, 0, 0, 2, 2]), timed_out([2, 0, 0, 2, 0]), succeeded([2, 0, 0, 0, 0])]
    );
    assert_ended(&replication, CampaignOutcome::InSync, 43);
}
