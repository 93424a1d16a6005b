//! Slots and order, counted by hand.

use super::*;

/// 30 % of 7 is 2.1, so two at once (R4): 0 and 1, 2 and 3, 4 and 5, then 6 alone.
#[test]
fn seven_robots_by_two() {
    let (replication, trace) = watch(&policy(30, 100, &good("a", 7, "10s")));
    assert_eq!(trace.start_seconds(), [(0, 0), (0, 1), (10, 2), (10, 3), (20, 4), (20, 5), (30, 6)]);
    assert_eq!(trace.in_sync_seconds(), [(10, 0), (10, 1), (20, 2), (20, 3), (30, 4), (30, 5), (40, 6)]);
    assert_ended(&replication, CampaignOutcome::InSync, 40);
    assert_eq!(replication.time_to_success(), Some(Span::from_secs(40)));
    let job = &replication.first_job.unwrap();
    assert_eq!(count(job), succeeded([7, 0, 0, 0, 0]));
    assert_eq!(
        (job.created, job.began, job.last_robot_ended, job.ended),
        (at(0), Some(at(0)), Some(at(40)), Some(at(40)))
    );
    assert_eq!((job.number, job.kind, job.halted()), (0, JobKind::Deployment, false));
    assert_eq!(job.makespan(), Some(Span::from_secs(40)));
    assert_eq!((job.progress.peak_in_flight, replication.peak_robots_down), (2, 2));
    assert_lost(&replication, 70, 70);
    assert_eq!((replication.jobs, replication.concurrent_deployment_exceptions), (1, 0));
    assert_eq!((trace.created, trace.began), (vec![(at(0), JobKind::Deployment, 7)], vec![at(0)]));
    assert_eq!(trace.jobs, [*job]);
    assert!(trace.breaches.is_empty());
}

/// The percentage of the fleet, rounded down, but never to 0 (R4): the makespan is the number of waves times 10 s.
#[test]
fn sizes_that_do_not_divide() {
    for (robots, concurrency, slots, waves) in [
        (200, 10, 20, 10),
        (199, 10, 19, 11), // 19.9; 10 waves of 19 leave 9
        (201, 10, 20, 11),
        (9, 10, 1, 9), // 0.9
        (10, 10, 1, 10),
        (3, 67, 2, 2), // 2.01
        (3, 66, 1, 3), // 1.98
        (3, 99, 2, 2), // 2.97
        (3, 100, 3, 1),
        (1, 1, 1, 1),
        (99, 1, 1, 99), // 0.99
    ] {
        let (replication, _) = watch(&policy(concurrency, 100, &good("a", robots, "10s")));
        let what = format!("{concurrency} % of {robots}");
        assert_eq!(replication.first_job.unwrap().progress.peak_in_flight, slots, "{what}");
        assert_eq!(replication.peak_robots_down, slots, "{what}");
        assert_eq!(replication.ended, at(10 * waves), "{what}");
        assert_eq!(replication.out_of_service, micros(10 * u64::from(robots)), "{what}");
    }
}

#[test]
fn one_robot() {
    let (replication, trace) = watch(&policy(1, 1, &good("a", 1, "10s")));
    assert_eq!(trace.starts, [(at(0), 0, 0)]);
    assert_eq!(trace.ends, [(at(10), 0, RobotEnd::InSync)]);
    assert_ended(&replication, CampaignOutcome::InSync, 10);
    assert_lost(&replication, 10, 10);
}

/// R2, R6: the groups' robots one after another, on 40 % of 5 = 2 slots.
#[test]
fn groups_in_the_order_of_the_file() {
    let (replication, trace) = watch(&policy(40, 100, &(good("z", 2, "10s") + &good("a", 3, "20s"))));
    assert_eq!(trace.start_seconds(), [(0, 0), (0, 1), (10, 2), (10, 3), (30, 4)]);
    assert_ended(&replication, CampaignOutcome::InSync, 50);
    assert_lost(&replication, 2 * 10 + 3 * 20, 80);
}

/// A slot is free when its robot ends, not when its wave does: robot 0 holds one slot for 30 s, the others share
/// one.
#[test]
fn slots_do_not_wait_for_each_other() {
    let (replication, trace) = watch(&policy(50, 100, &(good("slow", 1, "30s") + &good("fast", 3, "10s"))));
    assert_eq!(trace.start_seconds(), [(0, 0), (0, 1), (10, 2), (20, 3)]);
    assert_eq!(trace.in_sync_seconds(), [(10, 1), (20, 2), (30, 0), (30, 3)]);
    assert_ended(&replication, CampaignOutcome::InSync, 30);
}

/// R7: steps run one after another in the rule's order, whatever the file's, and a failing one is the last.
#[test]
fn steps_add_up_until_one_fails() {
    let steps = |failing: &str| {
        let step = |name: &str, seconds: u32| {
            let failure = u32::from(name == failing);
            format!("step.{name} = {{ latency = {{ constant = \"{seconds}s\" }}, failure = {failure} }}\n")
        };
        let all = [
            step("executing_post_launch", 32),
            step("launching", 16),
            step("executing_pre_launch", 8),
            step("downloading_extracting", 4),
            step("executing_download_condition", 2),
            step("validating", 1),
        ];
        policy(100, 100, &format!("[[group]]\nname = \"a\"\nrobots = 1\n{}", all.concat()))
    };
    for (failing, ended, end) in [
        ("", 63, RobotEnd::InSync),
        ("validating", 1, RobotEnd::Failed(Code::GreengrassDeploymentFailed)),
        ("executing_download_condition", 3, RobotEnd::Failed(Code::DownloadConditionFailed)),
        ("downloading_extracting", 7, RobotEnd::Failed(Code::ExtractingBundleFailure)),
        ("executing_pre_launch", 15, RobotEnd::Failed(Code::PreLaunchFileFailure)),
        ("launching", 31, FAILED),
        ("executing_post_launch", 63, RobotEnd::Failed(Code::PostLaunchFileFailure)),
    ] {
        let (replication, trace) = watch(&steps(failing));
        assert_eq!(trace.ends, [(at(ended), 0, end)], "{failing}");
        assert_eq!(replication.out_of_service, micros(ended), "{failing}");
    }
}
