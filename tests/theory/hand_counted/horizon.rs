//! Horizon, counted by hand.

use super::*;

fn until(horizon: &str, rest: &str) -> String {
    sync("after_finish = \"5s\"", &format!("horizon = \"{horizon}\"\n{rest}"))
}

/// At one instant R12's order decides: whatever else ends the campaign at 10 s comes before the horizon.
#[test]
fn comes_last_at_its_instant() {
    let halting = policy(100, 100, &bad("a", 1, "10s"));
    let late = policy(100, 100, &format!("fleet_deployment_timeout = \"10s\"\n{}", good("a", 1, "1h")));
    let partly = policy(100, 100, &(bad("a", 1, "10s") + &good("b", 1, "10s")));
    for (text, outcome) in [
        (policy(100, 100, &good("a", 1, "10s")) + &until("10s", ""), CampaignOutcome::InSync),
        (halting.clone() + &until("10s", ""), CampaignOutcome::Halted),
        (late.clone() + &until("10s", ""), CampaignOutcome::TimedOut),
        (partly.clone() + &until("10s", "max_jobs = 1"), CampaignOutcome::MaxJobs),
        // The campaign would go on, but for the horizon.
        (halting.clone() + &until("10s", "on_halt = \"retry\""), CampaignOutcome::Horizon),
        (late.clone() + &until("10s", "on_timeout = \"retry\""), CampaignOutcome::Horizon),
        (partly.clone() + &until("10s", ""), CampaignOutcome::Horizon),
        // A halted job that is the last one: the halt comes before max_jobs.
        (halting.clone() + &until("10s", "max_jobs = 1"), CampaignOutcome::Halted),
        (halting + &until("10s", "max_jobs = 1\non_halt = \"retry\""), CampaignOutcome::MaxJobs),
        (late + &until("10s", "max_jobs = 1"), CampaignOutcome::TimedOut),
    ] {
        let (replication, trace) = watch(&text);
        assert_ended(&replication, outcome, 10);
        assert_eq!(replication.jobs, 1);
        // The job ended in every case, so it has an outcome and a makespan.
        assert_eq!(replication.first_job.unwrap().ended, Some(at(10)));
        assert_eq!(replication.first_job.unwrap().makespan(), Some(Span::from_secs(10)));
        assert_eq!(trace.jobs, [replication.first_job.unwrap()]);
    }
}

/// A microsecond before, the robot is in flight.
#[test]
fn just_before_the_end() {
    let (replication, _) = watch(&(policy(100, 100, &good("a", 1, "10s")) + &until("9999999us", "")));
    assert_eq!(replication.outcome, CampaignOutcome::Horizon);
    assert_eq!(replication.ended, Time::from_micros(9_999_999));
    assert_eq!((replication.out_of_service, replication.down), (9_999_999, 9_999_999));
}

/// The job ends at 10 s and the call is due at 15 s, where the horizon comes first: it is not made, nor are those
/// of a schedule; and a call that a job would have lost at the horizon is not lost.
#[test]
fn no_call_is_made_at_it() {
    let failing = policy(100, 100, &bad("a", 1, "10s"));
    let (replication, trace) = watch(&(failing.clone() + &until("15s", "on_halt = \"retry\"")));
    assert_eq!((replication.jobs, trace.created_seconds()), (1, vec![0]));
    assert_ended(&replication, CampaignOutcome::Horizon, 15);
    assert_eq!(count(&replication.first_job.unwrap()), breached([0, 1, 0, 0, 0]));
    // Failed at 10 s and down until the horizon.
    assert_lost(&replication, 10, 15);
    // A microsecond later the call is made, and the second job cut off.
    let (replication, trace) = watch(&(failing + &until("15000001us", "on_halt = \"retry\"")));
    assert_eq!((replication.jobs, trace.created_seconds()), (2, vec![0, 15]));
    assert_eq!(count(&trace.jobs[1]), cut_off([0, 0, 0, 0, 0]));
    assert_eq!((trace.jobs[1].ended, trace.jobs[1].makespan()), (None, None));
    assert_eq!(replication.out_of_service, 10_000_001);

    let long = policy(100, 100, &good("a", 1, "100s"));
    let (replication, _) = watch(&(long + &sync("every = \"10s\"", "horizon = \"30s\"")));
    assert_eq!(replication.concurrent_deployment_exceptions, 2, "at 10 and 20");
    assert_ended(&replication, CampaignOutcome::Horizon, 30);
}

/// Two of six at once, 10 s each: at 15 s two have succeeded, two are in flight and two wait. In flight counts
/// neither way.
#[test]
fn in_mid_flight() {
    let (replication, trace) = watch(&(policy(34, 100, &good("a", 6, "10s")) + &until("15s", "")));
    assert_ended(&replication, CampaignOutcome::Horizon, 15);
    let job = &replication.first_job.unwrap();
    assert_eq!(count(job), cut_off([2, 0, 0, 0, 2]));
    assert_eq!((job.progress.started, job.progress.in_flight), (4, 2));
    assert_eq!((job.ended, job.makespan(), job.failure_code), (None, None, None));
    assert_eq!(trace.ends.len(), 2, "a robot that is cut off has no end");
    assert_eq!(replication.time_to_success(), None);
    assert_lost(&replication, 2 * 10 + 2 * 5, 2 * 10 + 2 * 5);
}

/// At 10 s two endings count and nobody starts: starts come last (R1).
#[test]
fn endings_count_and_nobody_starts() {
    let (replication, trace) = watch(&(policy(34, 100, &good("a", 6, "10s")) + &until("10s", "")));
    assert_eq!(count(&replication.first_job.unwrap()), cut_off([2, 0, 0, 0, 4]));
    assert_eq!((trace.starts.len(), trace.ends.len()), (2, 2));
    assert_ended(&replication, CampaignOutcome::Horizon, 10);
}

/// Halted at 10 s and draining until 60 s: the horizon at 30 s leaves the job without an outcome, so the campaign's
/// is `horizon`, though the job has breached.
#[test]
fn while_a_halted_job_drains() {
    let groups = bad("bad", 1, "10s") + &good("slow", 3, "60s");
    let (replication, trace) = watch(&(policy(100, 25, &groups) + &until("30s", "")));
    assert_ended(&replication, CampaignOutcome::Horizon, 30);
    assert_eq!(count(&replication.first_job.unwrap()), cut_off([0, 1, 0, 0, 0]));
    assert_eq!((replication.first_job.unwrap().halted(), trace.breaches), (true, vec![at(10)]));
}

/// Preparing until 20 s, or to the very instant of the horizon: the job never began.
#[test]
fn while_preparing() {
    for horizon in ["15s", "20s"] {
        let text = policy(100, 100, &format!("preparing = {{ constant = \"20s\" }}\n{}", good("a", 2, "10s")));
        let (replication, trace) = watch(&(text + &until(horizon, "")));
        assert_eq!(replication.outcome, CampaignOutcome::Horizon);
        let job = &replication.first_job.unwrap();
        assert_eq!((job.status, job.began, job.ended, job.makespan()), (Status::Preparing, None, None, None));
        assert_eq!(job.progress.not_attempted(), 2);
        assert!(trace.began.is_empty() && trace.starts.is_empty());
        assert_lost(&replication, 0, 0);
        assert_eq!(replication.peak_robots_down, 0);
    }
}

/// Without a horizon a campaign ends with virtual time, at 13000 days: the robot times out after 7 days, and the
/// next call would come 13000 days later.
#[test]
fn the_end_of_time() {
    let text = policy(100, 100, &format!("robot_deployment_timeout = \"7d\"\n{}", good("a", 1, "8d")))
        + &sync("after_finish = \"13000d\"", "on_halt = \"retry\"");
    let (replication, _) = watch(&text);
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::Horizon, Time::MAX, 1));
    assert_eq!(replication.down, u128::from(Time::MAX.micros()));
}
