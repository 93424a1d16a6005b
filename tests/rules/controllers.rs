//! Other kinds of rollouts, written as a user of the library would, with numbers counted by hand.

use std::sync::atomic::AtomicBool;

use rollcast::rollout::{
    Admission, CampaignOutcome, Controller, DeploymentJobErrorCode, DeploymentStatus, Halt, JobEnd, JobKind,
    JobOutcome, Judgement, Limits, OnBreach, Progress, RobotEnd, RobotId,
};
use rollcast::simulation::{Campaign, JobRecord, Plan, Replication};
use rollcast::time::{Span, Time};

use super::history::{Happening, History, Recorder, parse, simulate};

/// Stages that start one after another: the next one may start when all targets of this one have ended and at least a
/// percentage of them are `InSync`. Otherwise the job halts.
#[derive(Clone, Debug)]
struct Stages {
    /// The number after each stage's last robot.
    ends: Vec<RobotId>,
    success_percentage: u32,
    on_breach: OnBreach,
    counts: Vec<Stage>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stage {
    targets: u32,
    ended: u32,
    succeeded: u32,
}

impl Stage {
    fn is_over(&self) -> bool {
        self.ended == self.targets
    }
}

impl Stages {
    fn new(ends: &[RobotId], success_percentage: u32) -> Stages {
        Stages { ends: ends.to_vec(), success_percentage, on_breach: OnBreach::Drain, counts: Vec::new() }
    }

    fn stage_of(&self, robot: RobotId) -> usize {
        self.ends.iter().position(|end| robot < *end).expect("a robot belongs to a stage")
    }
}

/// How the jobs of these controllers end.
const OUTCOMES: [JobOutcome; 2] = [
    JobOutcome { name: "Done", end: JobEnd::Completed, status: DeploymentStatus::Succeeded, failure_code: None },
    JobOutcome {
        name: "Halted",
        end: JobEnd::Halted,
        status: DeploymentStatus::Failed,
        failure_code: Some(DeploymentJobErrorCode::FailureThresholdBreached),
    },
];

impl Controller for Stages {
    fn outcomes(&self) -> &'static [JobOutcome] {
        &OUTCOMES
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }

    fn job_created(&mut self, _now: Time, _kind: JobKind, _fleet_size: u32, targets: &[RobotId]) {
        self.counts = vec![Stage::default(); self.ends.len()];
        for robot in targets {
            let stage = self.stage_of(*robot);
            self.counts[stage].targets += 1;
        }
    }

    fn admit(&mut self, _now: Time, pending: &mut [RobotId], progress: &Progress) -> Admission {
        if progress.started == 0 {
            // Whatever the order of the targets, the stages come in theirs.
            pending.sort_by_key(|robot| self.stage_of(*robot));
        }
        let stages_before = &self.counts[..self.stage_of(pending[0])];
        if stages_before.iter().all(Stage::is_over) { Admission::Start } else { Admission::Wait }
    }

    fn robot_ended(&mut self, _now: Time, robot: RobotId, end: RobotEnd, _progress: &Progress) {
        let stage = self.stage_of(robot);
        self.counts[stage].ended += 1;
        self.counts[stage].succeeded += u32::from(end == RobotEnd::InSync);
    }

    fn judge(&mut self, _now: Time, _progress: &Progress) -> Judgement {
        let wanted = |stage: &Stage| (self.success_percentage * stage.targets).div_ceil(100);
        match self.counts.iter().find(|stage| stage.is_over() && stage.succeeded < wanted(stage)) {
            None => Judgement::GoesOn,
            Some(stage) => Judgement::Halt(Halt {
                rule: 0,
                limit: wanted(stage),
                count: stage.succeeded,
                in_flight: self.on_breach,
                outcome: 1,
            }),
        }
    }
}

/// Another controller's rules, and at most one start in `interval`, over all jobs of a campaign.
#[derive(Clone, Debug)]
struct Paced<C> {
    rules: C,
    interval: Span,
    next: Time,
}

impl<C: Controller> Paced<C> {
    fn new(rules: C, interval: u64) -> Paced<C> {
        Paced { rules, interval: Span::from_secs(interval), next: Time::ZERO }
    }
}

impl<C: Controller> Controller for Paced<C> {
    fn outcomes(&self) -> &'static [JobOutcome] {
        self.rules.outcomes()
    }

    fn limits(&self) -> Limits {
        self.rules.limits()
    }

    fn job_created(&mut self, now: Time, kind: JobKind, fleet_size: u32, targets: &[RobotId]) {
        self.rules.job_created(now, kind, fleet_size, targets);
        if kind == JobKind::Deployment {
            self.next = Time::ZERO; // a campaign begins
        }
    }

    fn admit(&mut self, now: Time, pending: &mut [RobotId], progress: &Progress) -> Admission {
        if now < self.next {
            return Admission::Until(self.next);
        }
        let admission = self.rules.admit(now, pending, progress);
        if admission == Admission::Start {
            self.next = now + self.interval;
        }
        admission
    }

    fn robot_ended(&mut self, now: Time, robot: RobotId, end: RobotEnd, progress: &Progress) {
        self.rules.robot_ended(now, robot, end, progress);
    }

    fn robot_withdrawn(&mut self, robot: RobotId, progress: &Progress) {
        self.rules.robot_withdrawn(robot, progress);
    }

    fn judge(&mut self, now: Time, progress: &Progress) -> Judgement {
        self.rules.judge(now, progress)
    }
}

/// A plan: the lines of `[deployment]`, the groups as (robots, seconds to launch, probability to fail), and `[sync]`.
fn plan(deployment: &str, groups: &[(u32, u64, u32)], sync: &str) -> Plan {
    let mut text = format!("name = \"controllers\"\n[deployment]\n{deployment}\n");
    for (number, (robots, latency, failure)) in groups.iter().enumerate() {
        text += &format!(
            "[[group]]\nname = \"g{number}\"\nrobots = {robots}\n\
             [group.step.launching]\nlatency = {{ constant = \"{latency}s\" }}\nfailure = {failure}\n"
        );
    }
    Plan::new(&parse(&(text + sync)))
}

/// All slots, and only a fleet without a single success breaches: the controllers of these tests decide alone.
const OPEN: &str = "concurrent_deployment_percentage = 100\nfailure_threshold_percentage = 100";

/// What a campaign came to: its result, its jobs, and all starts as (second, robot).
struct Result {
    replication: Replication,
    jobs: Vec<JobRecord>,
    starts: Vec<(u64, RobotId)>,
}

fn run<C: Controller>(plan: &Plan, controller: C) -> Result {
    let (replication, happenings) = simulate(plan, controller, 0, 0);
    let starts = happenings.iter().filter_map(|happening| match *happening {
        Happening::RobotStarted { now, robot, .. } => Some((seconds(now), robot)),
        _ => None,
    });
    let starts = starts.collect();
    let jobs = History::new(replication.clone(), &happenings, plan.fleet_size).jobs;
    Result { replication, jobs, starts }
}

fn seconds(time: Time) -> u64 {
    assert_eq!(time.micros() % 1_000_000, 0, "all times of these tests are whole seconds");
    time.micros() / 1_000_000
}

fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

fn micros(seconds: u128) -> u128 {
    seconds * 1_000_000
}

/// Two canaries, a stage of four of which the last always fails, and the rest.
const STAGED: [(u32, u64, u32); 4] = [(2, 10, 0), (3, 20, 0), (1, 30, 1), (4, 5, 0)];

#[test]
fn stages_wait_for_each_other() {
    let result = run(&plan(OPEN, &STAGED, ""), Stages::new(&[2, 6, 10], 75));
    let stages = [(0, 0), (0, 1), (10, 2), (10, 3), (10, 4), (10, 5), (40, 6), (40, 7), (40, 8), (40, 9)];
    assert_eq!(result.starts, stages, "3 of 4 are enough");
    let job = result.replication.first_job.unwrap();
    assert_eq!((job.status, job.halted(), job.ended), (DeploymentStatus::Succeeded, false, Some(at(45))));
    assert_eq!((job.progress.succeeded, job.progress.failed, job.progress.peak_in_flight), (9, 1, 4));
    assert_eq!(result.replication.outcome, CampaignOutcome::MaxJobs);
    assert_eq!(result.replication.out_of_service, micros(2 * 10 + 3 * 20 + 30 + 4 * 5));
    // The failed robot stays down from 10 to the end at 45.
    assert_eq!(result.replication.down, micros(2 * 10 + 3 * 20 + 35 + 4 * 5));
    assert_eq!(result.replication.peak_robots_down, 5);
}

#[test]
fn a_stage_without_enough_successes_halts_the_job() {
    let sync = "[sync]\nschedule = { after_finish = \"10s\" }\nmax_jobs = 2\non_halt = \"retry\"";
    let result = run(&plan(OPEN, &STAGED, sync), Stages::new(&[2, 6, 10], 76));
    // The sync job at 50 finds robot 5 alone in its stage, and it fails again.
    assert_eq!(result.starts, [(0, 0), (0, 1), (10, 2), (10, 3), (10, 4), (10, 5), (50, 5)]);
    let [first, second] = result.jobs[..] else { panic!("two jobs") };
    for (job, ended, targets, started) in [(first, 40, 10, 6), (second, 80, 5, 1)] {
        assert_eq!((job.halted(), job.ended), (true, Some(at(ended))));
        assert_eq!(job.failure_code, Some(DeploymentJobErrorCode::FailureThresholdBreached));
        assert_eq!((job.progress.targets, job.progress.started, job.progress.not_attempted()), (targets, started, 4));
    }
    assert_eq!(result.replication.outcome, CampaignOutcome::MaxJobs);
    let stops = run(&plan(OPEN, &STAGED, ""), Stages::new(&[2, 6, 10], 76));
    assert_eq!((stops.replication.outcome, stops.replication.ended), (CampaignOutcome::Halted, at(40)));
}

/// A controller may reorder what waits, so its stages hold under R6's permutation as well.
#[test]
fn stages_hold_in_shuffled_order() {
    let shuffled = format!("{OPEN}\nstart_order = \"shuffled\"");
    let result = run(&plan(&shuffled, &STAGED, ""), Stages::new(&[2, 6, 10], 75));
    let mut starts = result.starts.clone();
    starts.sort_unstable();
    assert_eq!(starts, run(&plan(OPEN, &STAGED, ""), Stages::new(&[2, 6, 10], 75)).starts);
    assert_ne!(starts, result.starts, "within a stage the permutation decides");
}

/// Stages halt with nobody in flight. A controller that judges earlier says what becomes of those who are.
#[test]
fn a_controller_decides_what_a_halt_does_to_robots_in_flight() {
    /// Halts at the first failure.
    struct FirstFailure(OnBreach);
    impl Controller for FirstFailure {
        fn job_created(&mut self, _now: Time, _kind: JobKind, _fleet_size: u32, _targets: &[RobotId]) {}
        fn admit(&mut self, _now: Time, _pending: &mut [RobotId], _progress: &Progress) -> Admission {
            Admission::Start
        }
        fn outcomes(&self) -> &'static [JobOutcome] {
            &OUTCOMES
        }
        fn limits(&self) -> Limits {
            Limits { in_flight: None, failures: Some(1) }
        }
        fn judge(&mut self, _now: Time, progress: &Progress) -> Judgement {
            let halt = Halt { rule: 0, limit: 1, count: progress.failed, in_flight: self.0, outcome: 1 };
            if progress.failed > 0 { Judgement::Halt(halt) } else { Judgement::GoesOn }
        }
    }
    let plan = plan(OPEN, &[(1, 10, 1), (3, 25, 0)], "");
    for (on_breach, ended, succeeded, aborted) in [(OnBreach::Drain, 25, 3, 0), (OnBreach::Abort, 10, 0, 3)] {
        let job = run(&plan, FirstFailure(on_breach)).replication.first_job.unwrap();
        assert_eq!((job.halted(), job.ended), (true, Some(at(ended))));
        assert_eq!((job.progress.succeeded, job.progress.failed, job.progress.aborted), (succeeded, 1, aborted));
    }
}

#[test]
fn a_paced_rollout_starts_one_robot_in_an_interval() {
    let plan = plan(OPEN, &[(5, 25, 0)], "");
    let result = run(&plan, Paced::new(plan.controller.clone(), 10));
    assert_eq!(result.starts, [(0, 0), (10, 1), (20, 2), (30, 3), (40, 4)]);
    assert_eq!((result.replication.outcome, result.replication.ended), (CampaignOutcome::InSync, at(65)));
    // At 30 robot 0 has ended at 25, so 1, 2 and 3 deploy.
    assert_eq!(
        (result.replication.first_job.unwrap().progress.peak_in_flight, result.replication.peak_robots_down),
        (3, 3)
    );
    assert_eq!((result.replication.out_of_service, result.replication.down), (micros(125), micros(125)));
}

/// Both rules hold: with two slots the third start waits for the first end at 25, not for the interval alone.
#[test]
fn a_paced_rollout_keeps_to_its_slots() {
    let two_of_five = "concurrent_deployment_percentage = 40\nfailure_threshold_percentage = 100";
    let plan = plan(two_of_five, &[(5, 25, 0)], "");
    let result = run(&plan, Paced::new(plan.controller.clone(), 10));
    assert_eq!(result.starts, [(0, 0), (10, 1), (25, 2), (35, 3), (50, 4)]);
    assert_eq!(result.replication.ended, at(75));
}

/// The interval ends as a robot does: endings come first (R1), so each starts as the one before ends.
#[test]
fn a_pace_that_falls_on_endings() {
    let plan = plan(OPEN, &[(4, 10, 0)], "");
    let result = run(&plan, Paced::new(plan.controller.clone(), 10));
    assert_eq!(result.starts, [(0, 0), (10, 1), (20, 2), (30, 3)]);
    assert_eq!((result.replication.first_job.unwrap().progress.peak_in_flight, result.replication.ended), (1, at(40)));
}

/// The fleet timeout strikes while nobody deploys and the next start is due later (R10).
#[test]
fn a_pace_too_slow_for_the_fleet_timeout() {
    let deployment = format!("{OPEN}\nfleet_deployment_timeout = \"90s\"");
    let plan = plan(&deployment, &[(3, 10, 0)], "");
    let result = run(&plan, Paced::new(plan.controller.clone(), 60));
    assert_eq!(result.starts, [(0, 0), (60, 1)]);
    let job = result.replication.first_job.unwrap();
    assert_eq!(job.failure_code, Some(DeploymentJobErrorCode::FleetDeploymentTimeout));
    assert_eq!((job.ended, job.makespan()), (Some(at(90)), Some(Span::from_secs(70))));
    assert_eq!((job.progress.succeeded, job.progress.aborted, job.progress.not_attempted()), (2, 0, 1));
    assert_eq!(result.replication.outcome, CampaignOutcome::TimedOut);
}

/// The horizon comes before starts at one instant (R1).
#[test]
fn a_pace_that_falls_on_the_horizon() {
    let plan = plan(OPEN, &[(5, 25, 0)], "[sync]\nmax_jobs = 1\nhorizon = \"20s\"");
    let result = run(&plan, Paced::new(plan.controller.clone(), 10));
    assert_eq!(result.starts, [(0, 0), (10, 1)]);
    assert_eq!((result.replication.outcome, result.replication.ended), (CampaignOutcome::Horizon, at(20)));
    assert_eq!(result.replication.out_of_service, micros(20 + 10));
}

/// A halt cancels the start that was due; the pace goes on in the next job.
#[test]
fn a_breach_between_two_paced_starts() {
    let half = "concurrent_deployment_percentage = 100\nfailure_threshold_percentage = 50";
    let sync = "[sync]\nschedule = { after_finish = \"1s\" }\nmax_jobs = 2\non_halt = \"retry\"";
    let plan = plan(half, &[(4, 5, 1)], sync);
    let result = run(&plan, Paced::new(plan.controller.clone(), 10));
    // Failures at 5 and 15 are half of the fleet: robot 2 does not start at 20, but the sync job that begins at 16 may.
    assert_eq!(result.starts, [(0, 0), (10, 1), (20, 0), (30, 1)]);
    let ended: Vec<_> = result.jobs.iter().map(|job| (job.halted(), job.ended)).collect();
    assert_eq!(ended, [(true, Some(at(15))), (true, Some(at(35)))]);
    // Robot 0 is down from 0 to 35, robot 1 from 10.
    assert_eq!((result.replication.out_of_service, result.replication.down), (micros(4 * 5), micros(35 + 25)));
}

/// Controllers compose: stages at a pace.
#[test]
fn stages_at_a_pace() {
    let plan = plan(OPEN, &[(2, 10, 0), (2, 10, 0)], "");
    let result = run(&plan, Paced::new(Stages::new(&[2, 4], 100), 7));
    // The second stage may start at 17 when robot 1 ends, and the interval since 7 is over.
    assert_eq!(result.starts, [(0, 0), (7, 1), (17, 2), (24, 3)]);
}

/// One place to simulate serves replication after replication, whatever state its controller keeps.
#[test]
fn a_controller_forgets_the_campaign_before() {
    let plan = plan(OPEN, &STAGED, "");
    let controller = Paced::new(Stages::new(&[2, 6, 10], 76), 3);
    let mut campaign = Campaign::new(&plan, controller.clone());
    for index in [0, 1, 0] {
        let mut recorder = Recorder::default();
        let again = campaign.run(0, index, &AtomicBool::new(false), &mut recorder).expect("nobody cancels it");
        assert_eq!((again, recorder.0), simulate(&plan, controller.clone(), 0, index));
    }
}
