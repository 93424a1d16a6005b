use super::*;
use crate::rollout::RoboMaker;

fn job(
    fleet: &mut Fleet,
    robots: u32,
    concurrency: u32,
    threshold: u32,
    on_breach: OnBreach,
) -> DeploymentJob<RoboMaker> {
    fleet.reset(robots);
    let mut job = DeploymentJob::idle(RoboMaker::new(concurrency, threshold, on_breach));
    job.create(Time::ZERO, JobKind::Deployment, fleet);
    job.prepare();
    job.begin(Time::ZERO);
    job
}

fn start_all(job: &mut DeploymentJob<RoboMaker>, fleet: &mut Fleet) -> Vec<RobotId> {
    std::iter::from_fn(|| match job.start_next(Time::ZERO, fleet) {
        Start::Robot { robot, .. } => {
            fleet.progress(robot);
            Some(robot)
        }
        _ => None,
    })
    .collect()
}

const FAILED: RobotEnd = RobotEnd::Failed(DeploymentJobErrorCode::PreLaunchFileFailure);

#[test]
fn a_breach_stops_starts_and_drains() {
    let fleet = &mut Fleet::default();
    let mut job = job(fleet, 10, 40, 20, OnBreach::Drain);
    assert_eq!(start_all(&mut job, fleet), [0, 1, 2, 3]);
    job.end_robot(Time::ZERO, 1, FAILED, fleet);
    assert_eq!(job.judge(Time::ZERO), None);
    assert_eq!(start_all(&mut job, fleet), [4]);
    job.end_robot(Time::ZERO, 0, RobotEnd::NoResponse, fleet);
    assert_eq!(job.judge(Time::ZERO), Some(OnBreach::Drain));
    assert_eq!(job.judge(Time::ZERO), None, "a job breaches once");
    assert!(start_all(&mut job, fleet).is_empty());
    for robot in [2, 3, 4] {
        assert!(!job.conclude());
        job.end_robot(Time::ZERO, robot, FAILED, fleet);
    }
    assert!(job.conclude());
    assert_eq!(job.failure_code(), Some(DeploymentJobErrorCode::FailureThresholdBreached));
    assert_eq!((job.progress().counted_failures(), job.progress().not_attempted()), (5, 5));
    assert_eq!(fleet.status(9), RobotStatus::PendingNewDeployment);
}

#[test]
fn a_job_with_failures_below_the_threshold_succeeds_and_sync_targets_the_rest() {
    let fleet = &mut Fleet::default();
    let mut job = job(fleet, 3, 100, 100, OnBreach::Drain);
    assert_eq!(start_all(&mut job, fleet), [0, 1, 2]);
    job.end_robot(Time::ZERO, 0, RobotEnd::InSync, fleet);
    job.end_robot(Time::ZERO, 1, FAILED, fleet);
    job.end_robot(Time::ZERO, 2, RobotEnd::InSync, fleet);
    assert_eq!(job.judge(Time::ZERO), None);
    assert!(job.conclude());
    assert_eq!((job.status(), job.failure_code()), (DeploymentStatus::Succeeded, None));
    assert_eq!((fleet.in_sync(), fleet.down()), (2, 1));

    job.create(Time::ZERO, JobKind::Sync, fleet);
    assert_eq!((job.progress().targets, job.progress().fleet_size), (1, 3));
    job.prepare();
    job.begin(Time::ZERO);
    assert_eq!(job.start_next(Time::ZERO, fleet), Start::Robot { robot: 1, attempt: 1 });
    job.end_robot(Time::ZERO, 1, RobotEnd::InSync, fleet);
    assert!(job.conclude());

    job.create(Time::ZERO, JobKind::Sync, fleet);
    assert_eq!(job.status(), DeploymentStatus::Succeeded, "nothing to do: succeeds at once (R3)");
}

#[test]
fn a_target_that_gets_in_sync_by_itself_is_not_started() {
    let fleet = &mut Fleet::default();
    let mut job = job(fleet, 3, 100, 100, OnBreach::Drain);
    start_all(&mut job, fleet);
    for (robot, end) in [(0, RobotEnd::NoResponse), (1, RobotEnd::NoResponse), (2, FAILED)] {
        job.end_robot(Time::ZERO, robot, end, fleet);
    }
    assert!(job.conclude());
    job.create(Time::ZERO, JobKind::Sync, fleet);
    job.prepare();
    fleet.end_late(0, RobotStatus::InSync);
    job.withdraw(0);
    assert!(!job.conclude());
    job.begin(Time::ZERO);
    assert_eq!(start_all(&mut job, fleet), [1, 2]);
    job.end_robot(Time::ZERO, 1, RobotEnd::InSync, fleet);
    job.end_robot(Time::ZERO, 2, RobotEnd::InSync, fleet);
    assert!(job.conclude());
    assert_eq!((job.progress().succeeded, job.progress().not_attempted()), (2, 1));
    assert_eq!((fleet.in_sync(), fleet.down()), (3, 0));
}

#[test]
fn a_robot_that_leaves_frees_its_slot_and_counts_for_nothing() {
    let fleet = &mut Fleet::default();
    let mut job = job(fleet, 10, 20, 20, OnBreach::Drain);
    assert_eq!(start_all(&mut job, fleet), [0, 1]);
    job.leave(0, fleet);
    job.leave(3, fleet);
    assert_eq!(start_all(&mut job, fleet), [2], "the slot of 0 is free");
    job.end_robot(Time::ZERO, 1, FAILED, fleet);
    job.end_robot(Time::ZERO, 2, RobotEnd::InSync, fleet);
    assert_eq!(job.judge(Time::ZERO), None, "F stays 10: two failures breach, not one");
    assert_eq!(start_all(&mut job, fleet), [4, 5], "3 has left");
    job.leave(2, fleet);
    assert_eq!((fleet.size(), fleet.in_sync(), fleet.down()), (7, 0, 3));
    for robot in [6, 7, 8, 9] {
        job.leave(robot, fleet);
    }
    for robot in [4, 5] {
        assert!(!job.conclude());
        job.end_robot(Time::ZERO, robot, RobotEnd::InSync, fleet);
    }
    assert!(job.conclude());
    let progress = job.progress();
    assert_eq!((progress.succeeded, progress.failed, progress.left, progress.withdrawn), (3, 1, 1, 5));
    assert_eq!((progress.fleet_size, progress.started, progress.not_attempted()), (10, 5, 5));

    let later = fleet.register();
    assert_eq!((later, fleet.size(), fleet.ever_registered()), (10, 4, 11), "numbers are not given again");
    job.create(Time::ZERO, JobKind::Sync, fleet);
    assert_eq!(job.pending(), [1, 10]);
    assert_eq!(job.progress().fleet_size, 4);
    job.leave(1, fleet);
    job.leave(10, fleet);
    job.prepare();
    assert!(job.conclude(), "nobody is left to deploy to");
    job.create(Time::ZERO, JobKind::Deployment, fleet);
    assert_eq!(job.pending(), [4, 5]);
    assert_eq!(fleet.status(0), RobotStatus::Available);
}

#[test]
fn a_target_that_got_in_sync_by_itself_and_leaves_is_withdrawn_once() {
    let fleet = &mut Fleet::default();
    let mut job = job(fleet, 2, 100, 100, OnBreach::Drain);
    start_all(&mut job, fleet);
    job.end_robot(Time::ZERO, 0, RobotEnd::NoResponse, fleet);
    job.end_robot(Time::ZERO, 1, FAILED, fleet);
    assert_eq!(job.judge(Time::ZERO), Some(OnBreach::Drain));
    assert!(job.conclude());
    job.create(Time::ZERO, JobKind::Sync, fleet);
    job.prepare();
    fleet.end_late(0, RobotStatus::InSync);
    job.withdraw(0);
    job.leave(0, fleet);
    assert!(!job.conclude());
    job.begin(Time::ZERO);
    assert_eq!(start_all(&mut job, fleet), [1]);
    job.end_robot(Time::ZERO, 1, RobotEnd::InSync, fleet);
    assert!(job.conclude());
    assert_eq!((job.progress().withdrawn, job.progress().left), (1, 0));
}

#[test]
fn a_canceled_job_starts_nobody_and_fails_for_no_reason() {
    let fleet = &mut Fleet::default();
    let mut job = job(fleet, 4, 50, 25, OnBreach::Drain);
    assert_eq!(start_all(&mut job, fleet), [0, 1]);
    for robot in [0, 1] {
        job.end_robot(Time::ZERO, robot, RobotEnd::Aborted, fleet);
    }
    job.cancel();
    assert_eq!((job.status(), job.failure_code(), job.is_active()), (DeploymentStatus::Canceled, None, false));
    assert!(start_all(&mut job, fleet).is_empty());
    assert_eq!((fleet.status(0), fleet.status(3)), (RobotStatus::Failed, RobotStatus::PendingNewDeployment));
    assert_eq!(job.progress().not_attempted(), 2);

    job.create(Time::ZERO, JobKind::Sync, fleet);
    assert_eq!(job.progress().targets, 4);
    job.cancel();
    assert_eq!(job.status(), DeploymentStatus::Canceled, "also before it begins");
}

#[test]
fn aborted_robots_never_count_against_the_threshold() {
    let fleet = &mut Fleet::default();
    let mut job = job(fleet, 4, 100, 50, OnBreach::Abort);
    start_all(&mut job, fleet);
    for robot in 0..4 {
        job.end_robot(Time::ZERO, robot, RobotEnd::Aborted, fleet);
    }
    assert_eq!(job.judge(Time::ZERO), None);
    job.time_out();
    assert_eq!(job.failure_code(), Some(DeploymentJobErrorCode::FleetDeploymentTimeout));
    assert_eq!((job.progress().robots_failed(), job.progress().counted_failures()), (4, 0));
}
