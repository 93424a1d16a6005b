//! R13: robots that register during the campaign.

use rollcast::rollout::{CampaignOutcome, DeploymentStatus, JobKind, RobotEnd};
use rollcast::simulation::Plan;
use rollcast::time::{Span, Time};

use super::{constant, exponential, fails, group, seconds, table, takes};
use crate::run::{Trace, at, campaigns, policy, scenario, watch};
use crate::statistics::{assert_distribution, assert_mean_by_sample, assert_near, assert_outcomes, exponential_cdf};

fn registrations(interarrival: &str, max: u32) -> String {
    format!("registrations = {{ interarrival = {interarrival}, max = {max} }}\n")
}

fn sync(schedule: &str, rest: &[&str]) -> String {
    let schedule = format!("schedule = {{ {schedule} }}");
    table("sync", &[&[schedule.as_str()], rest].concat())
}

fn traces(text: &str, n: u32, look: impl FnMut(rollcast::simulation::Replication, Trace)) {
    campaigns(&Plan::new(&scenario(text)), n, look);
}

/// With exponential gaps registrations are a Poisson process: so many by t, with exponential gaps, and no more than the
/// most.
#[test]
fn poisson_registrations() {
    const RUNS: u32 = 20_000;
    for max in [1000, 8] {
        let text = policy(100, 100, &group("g", 3, &registrations(&exponential(60.0), max)))
            + &sync("after_finish = \"100d\"", &["horizon = \"10m\""]);
        let (mut counts, mut firsts) = (Vec::new(), Vec::new());
        traces(&text, RUNS, |replication, trace| {
            let count = trace.registered.len();
            assert_eq!(replication.registered, 3 + count as u32);
            assert_eq!(
                replication.outcome,
                CampaignOutcome::Horizon,
                "a campaign is not in sync while robots are to come"
            );
            let mut last = Time::ZERO;
            for (robot, (time, registered)) in (3..).zip(&trace.registered) {
                assert_eq!(*registered, robot, "robots that register follow those of the start");
                assert!(last <= *time);
                last = *time;
            }
            firsts.extend(trace.registered.first().map(|(time, _)| seconds(*time)));
            counts.push(count);
        });
        // Poisson with mean 10; the rest is at the most.
        let mut poisson = vec![libm::exp(-10.0)];
        for k in 1..40 {
            poisson.push(poisson[k - 1] * 10.0 / k as f64);
        }
        if max == 8 {
            poisson.truncate(9);
            poisson[8] = 1.0 - poisson[..8].iter().sum::<f64>();
        }
        assert_outcomes(counts, &poisson, &format!("registered of {max}"));
        let by_horizon = -libm::expm1(-10.0);
        assert_distribution(&firsts, |t| exponential_cdf(60.0)(t) / by_horizon, "first registration");
    }
}

/// Renewal theory beyond Poisson: with gaps uniform on (0, b) the mean number by t <= b is e^(t/b) - 1 (W. Feller, "An
/// Introduction to Probability Theory and Its Applications" II (1971), XI.3).
#[test]
fn renewal_registrations() {
    for (horizon, t) in [("100s", 1.0), ("50s", 0.5)] {
        let uniform = "{ uniform = { min = \"0s\", max = \"100s\" } }";
        let text = policy(100, 100, &group("g", 1, &registrations(uniform, 1000)))
            + &sync("after_finish = \"100d\"", &[&format!("horizon = \"{horizon}\"")]);
        let mut counts = Vec::new();
        traces(&text, 40_000, |replication, _| counts.push(f64::from(replication.registered - 1)));
        assert_mean_by_sample(&counts, libm::expm1(t), &format!("registrations by {horizon}"));
    }
}

/// Points of a Poisson process are uniform between two calls. Robots that deploy at once are in sync with the next
/// call: their time to success, from their registration on, is uniform on (0, T).
#[test]
fn waits_for_the_next_call_are_uniform() {
    const PERIOD: f64 = 600.0;
    let keys = registrations(&exponential(70.0), 10_000) + &takes("launching", 0.0);
    // A second after the last call nobody has been picked up.
    let text = policy(100, 100, &group("g", 1, &keys)) + &sync("every = \"10m\"", &["horizon = \"3001s\""]);
    let (mut waits, mut all) = (Vec::new(), 0);
    traces(&text, 500, |_, trace| {
        for (robot, (registered, _)) in (1..).zip(&trace.registered) {
            let due = Span::from_secs((seconds(*registered) / PERIOD).ceil() as u64 * 600);
            let in_sync: Vec<_> = trace.ends.iter().filter(|(_, other, _)| *other == robot).collect();
            if due > Span::from_secs(3000) {
                assert!(in_sync.is_empty());
            } else {
                assert_eq!(in_sync, [&(Time::ZERO + due, robot, RobotEnd::InSync)]);
                waits.push((in_sync[0].0 - *registered).seconds());
            }
        }
        all += trace.ends.len();
    });
    assert_distribution(&waits, |t| t / PERIOD, "wait for the next call");
    // The summary's times to success are these, and 0 of the robot of the start.
    let summary = super::results::summary(&text, 500);
    let success = summary.description("robot.time_to_success_s").expect("every summary has it");
    assert_eq!((success.count, all), (waits.len() as u64 + 500, waits.len() + 500));
    let mean = success.mean.expect("robots were in sync").0;
    assert_near(mean * success.count as f64, waits.iter().sum(), 1e-3, "total time to success");
}

/// F is that of a job's creation: slots and threshold of later jobs go by the fleet that has grown.
#[test]
fn the_fleet_grows() {
    // One bad robot of five, and half of the 95 that register within 960 s.
    let good = group("good", 4, &(registrations(&constant(20.0), 48) + &takes("launching", 10.0)));
    let bad = group("bad", 1, &(registrations(&constant(20.0), 47) + &fails("launching", 10.0, 1.0)));
    let run = |threshold| {
        watch(
            &(policy(10, threshold, &(good.clone() + &bad))
                + &sync("every = \"1000s\"", &["max_jobs = 2", "on_halt = \"retry\""])),
        )
    };
    // F = 5: one slot, and 10 % are one failure: that of the last robot.
    let (replication, trace) = run(10);
    let first = trace.jobs[0];
    assert_eq!((first.progress.fleet_size, first.progress.peak_in_flight, first.halted()), (5, 1, true));
    assert_eq!(first.failed_at_halt(), Some(1));
    // F = 100: ten slots, and ten failures halt. 96 are not in sync, every second one bad, beginning with the one of
    // the start: five fail by 1010 s, and five more by 1020 s.
    let second = trace.jobs[1];
    assert_eq!((second.created, second.progress.fleet_size, second.progress.targets), (at(1000), 100, 96));
    assert_eq!((second.progress.peak_in_flight, second.halted()), (10, true));
    assert_eq!(second.failed_at_halt(), Some(10));
    assert_eq!(second.halt.map(|halted| halted.at), Some(at(1020)));
    assert_eq!((replication.registered, replication.outcome), (100, CampaignOutcome::MaxJobs));
    // With 48 bad robots of 100 a threshold of 49 % is not met, where 49 % of five were three.
    let (_, trace) = run(49);
    assert!(!trace.jobs[0].halted() && !trace.jobs[1].halted());
    assert_eq!((trace.jobs[1].progress.failed, trace.jobs[1].progress.succeeded), (48, 48));
    // 48 % is met by the last failure.
    assert!(run(48).1.jobs[1].halted());
}

/// A robot that registers while a job is active is not among its targets, and that job's F stays.
#[test]
fn registrations_during_a_job() {
    let keys = registrations(&constant(5.0), 6) + &takes("launching", 10.0);
    let (replication, trace) = watch(&(policy(50, 100, &group("g", 4, &keys)) + &sync("after_finish = \"1s\"", &[])));
    // Two slots of four: 0 to 20. Registered by 21: at 5, 10, 15, 20.
    assert_eq!((trace.jobs[0].progress.targets, trace.jobs[0].progress.fleet_size), (4, 4));
    assert_eq!(trace.jobs[0].ended, Some(at(20)));
    // F = 8: four slots; 21 to 31. Registered by 32: at 25 and 30. F = 10, five slots.
    assert_eq!(
        trace.created,
        [(at(0), JobKind::Deployment, 4), (at(21), JobKind::Sync, 4), (at(32), JobKind::Sync, 2)]
    );
    assert_eq!(trace.jobs.iter().map(|job| job.progress.peak_in_flight).collect::<Vec<_>>(), [2, 4, 2]);
    assert_eq!(trace.registered, [5, 10, 15, 20, 25, 30].map(|s| (at(s), (s / 5 + 3) as u32)));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, at(42)));
    assert_eq!((replication.jobs, replication.registered), (3, 10));
}

/// Endings come before registrations, and registrations before calls: a robot that registers at the instant of a call
/// is among its targets.
#[test]
fn registrations_before_calls() {
    let keys = registrations(&constant(3600.0), 1) + &takes("launching", 60.0);
    let (replication, trace) = watch(&(policy(100, 100, &group("g", 1, &keys)) + &sync("every = \"1h\"", &[])));
    assert_eq!(trace.created, [(at(0), JobKind::Deployment, 1), (at(3600), JobKind::Sync, 1)]);
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::InSync, at(3660), 2));
    // Registered as the first job ends: the campaign is not in sync.
    let keys = registrations(&constant(60.0), 1) + &takes("launching", 60.0);
    let (replication, _) = watch(&(policy(100, 100, &group("g", 1, &keys)) + &sync("every = \"1h\"", &[])));
    assert_eq!((replication.ended, replication.jobs), (at(3660), 2));
}

/// While registrations are to come calls go on; a job without targets succeeds at once and counts.
#[test]
fn jobs_without_targets() {
    let keys = registrations(&constant(600.0), 3) + &takes("launching", 0.0);
    let text = |rest: &[&str]| policy(100, 100, &group("g", 2, &keys)) + &sync("after_finish = \"5m\"", rest);
    let (replication, trace) = watch(&text(&[]));
    assert_eq!(trace.created_seconds(), [0, 300, 600, 900, 1200, 1500, 1800]);
    let targets: Vec<u32> = trace.created.iter().map(|(_, _, targets)| *targets).collect();
    assert_eq!(targets, [2, 0, 1, 0, 1, 0, 1]);
    for job in trace.jobs {
        assert_eq!((job.status, job.ended), (DeploymentStatus::Succeeded, Some(job.created)));
    }
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::InSync, at(1800), 7));
    // At the third job all that have registered are in sync, but others are to come.
    let (replication, _) = watch(&text(&["max_jobs = 3"]));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(600)));
    assert_eq!((replication.jobs, replication.registered), (3, 3));
    // Without [sync] nobody waits for them either.
    let (replication, _) = watch(&policy(100, 100, &group("g", 2, &keys)));
    assert_eq!((replication.outcome, replication.jobs), (CampaignOutcome::MaxJobs, 1));
    // None to come is none.
    let keys = registrations(&constant(600.0), 0) + &takes("launching", 0.0);
    let (replication, _) = watch(&policy(100, 100, &group("g", 2, &keys)));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, at(0)));
}

/// Two groups' robots that register at one instant are numbered in the order of the groups.
#[test]
fn groups_register_in_order() {
    let late =
        |name: &str, latency: f64| group(name, 1, &(registrations(&constant(10.0), 2) + &takes("launching", latency)));
    let text = policy(100, 100, &(late("a", 1.0) + &late("b", 2.0))) + &sync("every = \"1m\"", &[]);
    let (replication, trace) = watch(&text);
    assert_eq!(trace.registered, [(10, 2), (10, 3), (20, 4), (20, 5)].map(|(s, robot)| (at(s), robot)));
    assert_eq!(trace.in_sync_seconds(), [(1, 0), (2, 1), (61, 2), (61, 4), (62, 3), (62, 5)]);
    assert_eq!(replication.outcome, CampaignOutcome::InSync);
}

/// Robots that register at time 0 do so before the first call: they are of the first job's fleet.
#[test]
fn registrations_at_time_zero() {
    let keys = registrations(&constant(0.0), 6) + &takes("launching", 10.0);
    let (replication, trace) = watch(&policy(50, 100, &group("g", 4, &keys)));
    assert_eq!(trace.created, [(at(0), JobKind::Deployment, 10)]);
    assert_eq!(trace.jobs[0].progress.peak_in_flight, 5);
    assert_eq!((replication.outcome, replication.ended, replication.registered), (CampaignOutcome::InSync, at(20), 10));
}

/// An operator that calls again at once makes one job without targets after another: all that it may.
#[test]
fn jobs_without_targets_at_one_instant() {
    let keys = registrations(&constant(60.0), 1);
    let text = policy(100, 100, &group("g", 1, &keys)) + &sync("after_finish = \"0s\"", &["max_jobs = 50"]);
    let (replication, trace) = watch(&text);
    assert_eq!((replication.outcome, replication.ended, replication.jobs), (CampaignOutcome::MaxJobs, at(0), 50));
    assert!(trace.created[1..].iter().all(|job| *job == (at(0), JobKind::Sync, 0)));
}
