//! Calls, counted by hand.

use super::*;

/// A robot that never succeeds, so that every job is halted, and the operator goes on.
fn forever(latency: &str, deployment: &str, schedule: &str, jobs: u32) -> (Replication, Trace) {
    let retry = sync(schedule, &format!("max_jobs = {jobs}\non_halt = \"retry\""));
    watch(&(policy(100, 100, &format!("{deployment}{}", bad("a", 1, latency))) + &retry))
}

/// R5: each job prepares for 5 s. One slot: 5..15 and 15..25.
#[test]
fn preparing_delays_the_job() {
    let text = policy(50, 100, &format!("preparing = {{ constant = \"5s\" }}\n{}", good("a", 2, "10s")));
    let (replication, trace) = watch(&text);
    assert_eq!(trace.start_seconds(), [(5, 0), (15, 1)]);
    let job = &replication.first_job.unwrap();
    assert_eq!((job.created, job.began, job.ended), (at(0), Some(at(5)), Some(at(25))));
    assert_eq!(job.makespan(), Some(Span::from_secs(20)), "from InProgress");
    assert_eq!(replication.time_to_success(), Some(Span::from_secs(25)), "from the start");
    assert_lost(&replication, 20, 20);

    let (replication, trace) = forever("10s", "preparing = { constant = \"5s\" }\n", "after_finish = \"1s\"", 3);
    assert_eq!(trace.created_seconds(), [0, 16, 32]);
    assert_eq!(trace.began, [at(5), at(21), at(37)]);
    assert_eq!(trace.starts, [(at(5), 0, 0), (at(21), 0, 1), (at(37), 0, 2)]);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 47);
    // Down from its first start, also while the next jobs prepare.
    assert_lost(&replication, 30, 47 - 5);
}

/// Calls every 10 s, jobs of 25 s: those at 10, 20, 40 and 50 are lost; from 60 on three jobs exist and none is
/// made.
#[test]
fn lost_while_a_job_is_active() {
    let (replication, trace) = forever("25s", "", "every = \"10s\"", 3);
    assert_eq!(trace.created_seconds(), [0, 30, 60]);
    assert_eq!(replication.concurrent_deployment_exceptions, 4);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 85);
    assert_eq!(replication.jobs, 3);
    assert_eq!(trace.starts.iter().map(|(_, _, attempt)| *attempt).collect::<Vec<_>>(), [0, 1, 2]);
    assert_lost(&replication, 75, 85);
}

/// Jobs of 30 s: the calls at 30 and 60 fall on the end of a job, which comes before (R1), and succeed.
#[test]
fn at_the_very_end_of_a_job_succeed() {
    let (replication, trace) = forever("30s", "", "every = \"10s\"", 3);
    assert_eq!(trace.created_seconds(), [0, 30, 60]);
    assert_eq!(replication.concurrent_deployment_exceptions, 4, "at 10, 20, 40, 50");
    assert_ended(&replication, CampaignOutcome::MaxJobs, 90);
    // A microsecond more, and they are lost too: at 10, 20, 30, 50, 60, 70.
    let (replication, trace) = forever("30000001us", "", "every = \"10s\"", 3);
    assert_eq!(trace.created_seconds(), [0, 40, 80]);
    assert_eq!(replication.concurrent_deployment_exceptions, 6);
}

/// The same at the end by a fleet timeout, which comes before calls as well.
#[test]
fn at_the_very_fleet_timeout_succeed() {
    let groups = good("a", 1, "1h");
    let text = policy(100, 100, &format!("fleet_deployment_timeout = \"30s\"\n{groups}"))
        + &sync("every = \"30s\"", "max_jobs = 3\non_timeout = \"retry\"");
    let (replication, trace) = watch(&text);
    assert_eq!(trace.created_seconds(), [0, 30, 60]);
    assert_eq!(replication.concurrent_deployment_exceptions, 0);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 90);
}

/// Jobs shorter than the period lose nothing; a job is active while it prepares, too.
#[test]
fn a_job_is_active_from_its_creation() {
    let (replication, trace) = forever("5s", "", "every = \"10s\"", 3);
    assert_eq!((trace.created_seconds(), replication.concurrent_deployment_exceptions), (vec![0, 10, 20], 0));
    assert_ended(&replication, CampaignOutcome::MaxJobs, 25);
    let preparing = "preparing = { constant = \"8s\" }\n";
    let (replication, trace) = forever("5s", preparing, "every = \"10s\"", 3);
    assert_eq!((trace.created_seconds(), replication.concurrent_deployment_exceptions), (vec![0, 20, 40], 2));
    assert_ended(&replication, CampaignOutcome::MaxJobs, 53);
}

/// A single job is the last allowed one from its creation: no call, so none is lost.
#[test]
fn none_once_max_jobs_exist() {
    let (replication, _) = forever("25s", "", "every = \"10s\"", 1);
    assert_eq!((replication.jobs, replication.concurrent_deployment_exceptions), (1, 0));
    assert_ended(&replication, CampaignOutcome::MaxJobs, 25);
}

#[test]
fn after_the_finish() {
    let (replication, trace) = forever("10s", "", "after_finish = \"0s\"", 3);
    assert_eq!(trace.created_seconds(), [0, 10, 20]);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 30);
    let (replication, trace) = forever("10s", "", "after_finish = \"5s\"", 3);
    assert_eq!(trace.created_seconds(), [0, 15, 30]);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 40);
    assert_eq!(replication.concurrent_deployment_exceptions, 0);
    assert_lost(&replication, 30, 40);
}

/// Jobs without any length: `after_finish = "0s"` makes them all at 0; a schedule makes one at each of its times.
#[test]
fn jobs_without_length() {
    let (replication, trace) = forever("0s", "", "after_finish = \"0s\"", 4);
    assert_eq!(trace.created_seconds(), [0, 0, 0, 0]);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 0);
    let (replication, trace) = forever("0s", "", "every = \"10s\"", 4);
    assert_eq!(trace.created_seconds(), [0, 10, 20, 30]);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 30);
    assert_eq!(replication.concurrent_deployment_exceptions, 0);
    assert_lost(&replication, 0, 30);
}

/// `on_halt = "retry"`: the targets keep their order, so a bad robot in front of the others (one slot, 25 % of 4 is
/// one failure) halts every job, and the three good ones are never attempted.
#[test]
fn retried_after_a_halt() {
    let groups = bad("bad", 1, "10s") + &good("fine", 3, "10s");
    let base = policy(25, 25, &groups);
    let (replication, trace) =
        watch(&(base.clone() + &sync("after_finish = \"0s\"", "max_jobs = 3\non_halt = \"retry\"")));
    assert_eq!(trace.starts, [(at(0), 0, 0), (at(10), 0, 1), (at(20), 0, 2)]);
    assert_eq!(trace.jobs.iter().map(count).collect::<Vec<_>>(), [breached([0, 1, 0, 0, 3]); 3]);
    assert_eq!(trace.created.iter().map(|(_, _, targets)| *targets).collect::<Vec<_>>(), [4, 4, 4]);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 30);
    assert_lost(&replication, 30, 30);
    assert_eq!(replication.peak_robots_down, 1);

    let (replication, _) = watch(&(base + &sync("after_finish = \"0s\"", "max_jobs = 3")));
    assert_ended(&replication, CampaignOutcome::Halted, 10);
    assert_eq!(replication.jobs, 1);

    // Behind the good ones it is the only target of the next job.
    let (replication, trace) = watch(
        &(policy(25, 25, &(good("fine", 3, "10s") + &bad("bad", 1, "10s")))
            + &sync("after_finish = \"0s\"", "max_jobs = 2\non_halt = \"retry\"")),
    );
    assert_eq!(
        trace.jobs.iter().map(count).collect::<Vec<_>>(),
        [breached([3, 1, 0, 0, 0]), breached([0, 1, 0, 0, 0])]
    );
    assert_ended(&replication, CampaignOutcome::MaxJobs, 50);
    assert_lost(&replication, 50, 30 + 20);
}

/// Aborted robots are not in sync, so the next job targets them (R3): at 10 s the bad robot aborts the slow one;
/// and with the threshold met by the bad one alone it is aborted again and again.
#[test]
fn aborted_robots_are_targets_again() {
    let groups = bad("bad", 1, "10s") + &good("slow", 1, "15s");
    let text = policy(100, 50, &format!("on_breach = \"abort\"\n{groups}"))
        + &sync("after_finish = \"2s\"", "max_jobs = 2\non_halt = \"retry\"");
    let (replication, trace) = watch(&text);
    assert_eq!(trace.starts, [(at(0), 0, 0), (at(0), 1, 0), (at(12), 0, 1), (at(12), 1, 1)]);
    assert_eq!(trace.jobs.iter().map(count).collect::<Vec<_>>(), [breached([0, 1, 0, 1, 0]); 2]);
    assert_ended(&replication, CampaignOutcome::MaxJobs, 22);
    assert_lost(&replication, 40, 44);
}
