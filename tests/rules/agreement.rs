//! The engine and the slow model agree on everything, replication by replication.

use proptest::prelude::*;

use rollcast::rollout::{CampaignOutcome, DeploymentJobErrorCode, JobKind};
use rollcast::time::{Span, Time};

use super::history::{History, engine, parse};
use super::reference;
use super::scenarios::{config, sketch};
use super::worlds::{dated_world, world};

/// Replications of each random scenario.
const REPLICATIONS: u32 = 3;

proptest! {
    #![proptest_config(config(12_000))]

    #[test]
    fn engine_and_reference_agree(sketch in sketch()) {
        let scenario = sketch.scenario();
        for index in 0..REPLICATIONS {
            let engine = engine(&scenario, sketch.seed, index);
            let reference = reference::run(&scenario, sketch.seed, index).beside(&engine);
            prop_assert_eq!(engine, reference);
        }
    }
}

proptest! {
    #![proptest_config(config(15_000))]

    /// R13 to R17, alone and together.
    #[test]
    fn engine_and_reference_agree_on_the_world(sketch in world()) {
        let scenario = sketch.scenario();
        for index in 0..REPLICATIONS {
            let engine = engine(&scenario, sketch.seed, index);
            let reference = reference::run(&scenario, sketch.seed, index).beside(&engine);
            prop_assert_eq!(engine, reference);
        }
    }
}

proptest! {
    #![proptest_config(config(1_500))]

    /// R21 beside the others.
    #[test]
    fn engine_and_reference_agree_on_windows_and_outages(sketch in dated_world()) {
        let scenario = sketch.scenario();
        for index in 0..REPLICATIONS {
            let engine = engine(&scenario, sketch.seed, index);
            let reference = reference::run(&scenario, sketch.seed, index).beside(&engine);
            prop_assert_eq!(engine, reference);
        }
    }
}

/// Both models on a scenario without chance, whose numbers the tests below have counted by hand: so that an error that
/// both share shows, too. Each group is (robots, seconds to launch, probability to fail).
fn both(deployment: &str, groups: &[(u32, u64, u32)], sync: &str) -> History {
    let mut text = format!("name = \"counted\"\n[deployment]\n{deployment}\n");
    for (number, (robots, latency, failure)) in groups.iter().enumerate() {
        text += &format!(
            "[[group]]\nname = \"g{number}\"\nrobots = {robots}\n\
             [group.step.launching]\nlatency = {{ constant = \"{latency}s\" }}\nfailure = {failure}\n"
        );
    }
    let scenario = parse(&(text + sync));
    let history = engine(&scenario, 0, 0);
    assert_eq!(history, reference::run(&scenario, 0, 0).beside(&history));
    history
}

fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

/// R4, R9: 3 of 10 robots at once; 2 failures are 20 %. Those in flight run to their end.
#[test]
fn a_breach_drains() {
    let deployment = "concurrent_deployment_percentage = 39\nfailure_threshold_percentage = 20";
    let history = both(deployment, &[(1, 10, 0), (1, 10, 1), (8, 15, 1)], "");
    // 0, 1 and 2 start at 0. At 10 robot 1 has failed and 3 and 4 start; at 15 robot 2 fails, and no robot starts any
    // more; 3 and 4 fail at 25.
    let job = history.jobs[0];
    assert_eq!(history.breaches, [at(15)]);
    assert_eq!((job.progress.started, job.progress.succeeded, job.progress.failed), (5, 1, 4));
    assert_eq!((job.ended, job.makespan()), (Some(at(25)), Some(Span::from_secs(25))));
    assert_eq!(job.failure_code, Some(DeploymentJobErrorCode::FailureThresholdBreached));
    assert_eq!((history.replication.outcome, history.replication.peak_robots_down), (CampaignOutcome::Halted, 4));
    // Deploying: 10 + 10 + 15 + 2 * 15. Down: robot 0 for 10, 1 and 2 until 25, 3 and 4 from 10.
    assert_eq!((history.replication.out_of_service, history.replication.down), (65_000_000, 90_000_000));
}

/// R9: meeting the threshold breaches it, and it is a share of F, not of the targets.
#[test]
fn the_threshold_is_a_share_of_the_fleet() {
    let quarter = |failing| {
        let deployment = "concurrent_deployment_percentage = 100\nfailure_threshold_percentage = 25";
        let sync = "[sync]\nschedule = { after_finish = \"0s\" }\nmax_jobs = 2\non_halt = \"stop\"";
        both(deployment, &[(12 - failing, 10, 0), (failing, 10, 1)], sync)
    };
    assert_eq!((quarter(3).replication.outcome, quarter(3).replication.jobs), (CampaignOutcome::Halted, 1));
    // 2 of 12 are below 25 %, and so they are where they are all the targets of the sync job.
    let below = quarter(2);
    assert_eq!((below.replication.outcome, below.replication.jobs), (CampaignOutcome::MaxJobs, 2));
    assert_eq!((below.jobs[1].kind, below.jobs[1].progress.targets), (JobKind::Sync, 2));
    assert_eq!((below.jobs[1].created, below.jobs[1].ended), (at(10), Some(at(20))));
}

/// R10, R12: what halted first and then hit the fleet timeout has that code, is halted still, and that comes first.
#[test]
fn a_halted_job_hits_the_fleet_timeout() {
    for (timeout, breach, failed, aborted) in [(30, 20, 2, 2), (20, 20, 2, 2)] {
        let deployment = format!(
            "concurrent_deployment_percentage = 100\nfailure_threshold_percentage = 50\n\
             fleet_deployment_timeout = \"{timeout}s\""
        );
        let groups = [(2, 20, 1), (2, 40, 1)];
        for (again, outcome) in [
            ("", CampaignOutcome::Halted),
            ("on_halt = \"retry\"", CampaignOutcome::TimedOut),
            ("on_halt = \"retry\"\non_timeout = \"retry\"", CampaignOutcome::MaxJobs),
        ] {
            let history = both(&deployment, &groups, &format!("[sync]\nmax_jobs = 1\n{again}"));
            let job = history.jobs[0];
            assert_eq!((history.breaches, job.halted(), job.ended), (vec![at(breach)], true, Some(at(timeout))));
            assert_eq!(job.failure_code, Some(DeploymentJobErrorCode::FleetDeploymentTimeout));
            assert_eq!((job.progress.failed, job.progress.aborted), (failed, aborted));
            assert_eq!(history.replication.outcome, outcome);
        }
    }
}

/// R1, R12: at the horizon what ends counts, a call is not made any more, and the outcome of the job comes first.
#[test]
fn a_job_ends_at_the_horizon() {
    let deployment = "concurrent_deployment_percentage = 100\nfailure_threshold_percentage = 100";
    let run = |robots: u32, sync: &str| {
        let history = both(deployment, &[(3, 20, 0), (robots, 20, 1)], &format!("[sync]\nhorizon = \"20s\"\n{sync}"));
        assert_eq!(history.jobs[0].ended, Some(at(20)));
        assert_eq!(history.replication.ended, at(20));
        (history.replication.outcome, history.replication.jobs, history.replication.concurrent_deployment_exceptions)
    };
    assert_eq!(run(1, "max_jobs = 1"), (CampaignOutcome::MaxJobs, 1, 0));
    assert_eq!(run(1, "schedule = { after_finish = \"0s\" }"), (CampaignOutcome::Horizon, 1, 0));
    // The calls at 5, 10 and 15 were in vain.
    assert_eq!(run(1, "schedule = { every = \"5s\" }"), (CampaignOutcome::Horizon, 1, 3));
}

/// R1, R12: a call as the job ends is not in vain, unless the robots that end it start at that very instant, after the
/// place of calls in R1's order.
#[test]
fn a_call_as_a_job_ends_makes_the_next_one_unless_a_start_comes_between() {
    let deployment = "concurrent_deployment_percentage = 100\nfailure_threshold_percentage = 100\n\
                      preparing = { constant = \"10s\" }";
    let sync = "[sync]\nschedule = { every = \"10s\" }\nmax_jobs = 3";
    let times =
        |history: &History| -> Vec<_> { history.jobs.iter().map(|job| (job.created, job.began, job.ended)).collect() };
    let job = |created, began, ended| (at(created), Some(at(began)), Some(at(ended)));
    // Both robots start at 10. The first job ends at 40, before the call of that instant; robot 1 takes from 50 to 50
    // where the call of 50 meets the job that it ends, and so again from 70 to 70.
    let history = both(deployment, &[(1, 30, 0), (1, 0, 1)], sync);
    assert_eq!(times(&history), [job(0, 10, 40), job(40, 50, 50), job(60, 70, 70)]);
    assert_eq!(history.replication.concurrent_deployment_exceptions, 4, "at 10, 20, 30 and 50");
    // One at a time, robot 1 starts and ends at 40 as the first job's last one, after the call of 40 has met the job.
    let one_by_one = deployment.replacen("100", "1", 1);
    let history = both(&one_by_one, &[(1, 30, 0), (1, 0, 1)], sync);
    assert_eq!(times(&history), [job(0, 10, 40), job(50, 60, 60), job(70, 80, 80)]);
    assert_eq!(history.replication.concurrent_deployment_exceptions, 5, "at 10, 20, 30, 40 and 60");
}
