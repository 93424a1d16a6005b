//! A slow model of R1 to R12, written from the contract and not from the library.
//!
//! It keeps one sorted list of events and makes every one of them: each step of each robot, each timeout whether it
//! strikes or not, each call of the operator whether it is refused or not. With the engine it shares only what is drawn
//! (R7's steps, R5's latency, R6's permutation) and the names of the results.
//!
//! Where the contract leaves a choice, these are the ones taken:
//! * Starts fill all free slots before a robot that takes no time frees one again at the same instant (R1, R4).
//! * The calls of an instant are made once, before its starts. So a call that falls on the instant at which a job ends is not
//!   refused, unless the job ends by a robot that both starts and ends at that instant (R1, R12).
//! * The first deployment is the call at 0, so an `every` schedule goes on at its first multiple (R12).
//! * A campaign is `halted` or `timed_out` once that job has ended, not already when it breaches (R9, R12).

use std::collections::{BTreeSet, VecDeque};

use rand::seq::SliceRandom;

use rollcast::random::{Luck, Purpose, Sampler};
use rollcast::rollout::{
    Again, CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, JobKind, OnBreach, Progress, RobotDeploymentStep,
    RobotEnd, RobotId, RobotStatus, Schedule, StartOrder,
};
use rollcast::scenario::Scenario;
use rollcast::simulation::{Breach, Draws, GroupPlan, JobRecord, Plan, Replication, StepDraw};
use rollcast::time::{Span, Time};

use super::history::{Attempt, History};

/// What may happen, in the order of R1 at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A robot's step ends.
    StepEnd(RobotId),
    /// A robot's time is up. After the steps: ending exactly then is in time (R8).
    RobotTimeout(RobotId),
    /// All endings of the instant are counted: has the job breached, is it done, or may others start (R9, R11)?
    Judge,
    FleetTimeout,
    Horizon,
    /// The operator calls for a job.
    Call,
    /// `Preparing` is over.
    Begin,
    /// Free slots are filled.
    Starts,
}

struct Robot {
    status: RobotStatus,
    /// The step that it is in, as an index into R7's list, and what it has drawn for it.
    step: usize,
    draw: StepDraw,
    attempts: Vec<Attempt>,
}

struct Job {
    record: JobRecord,
    /// Targets that have not started, in start order.
    waiting: VecDeque<RobotId>,
}

struct Model<'s> {
    scenario: &'s Scenario,
    luck: Luck,
    draws: Draws<'s>,
    /// What each robot's group goes through.
    groups: Vec<GroupPlan>,
    group_of: Vec<usize>,
    events: BTreeSet<(Time, Event)>,
    now: Time,
    robots: Vec<Robot>,
    active: Option<Job>,
    jobs: Vec<JobRecord>,
    jobs_created: u32,
    breaches: Vec<Time>,
    refused: u64,
    peak_robots_down: u32,
    outcome: Option<CampaignOutcome>,
}

/// Runs one replication by the rules.
pub fn run(scenario: &Scenario, seed: u64, index: u32) -> History {
    let plan = Plan::new(scenario);
    let mut draws = Draws::new(&plan);
    draws.reset(Luck::new(seed, index));
    let mut model = Model {
        scenario,
        luck: Luck::new(seed, index),
        draws,
        groups: plan.groups().cloned().collect(),
        group_of: Vec::new(),
        events: BTreeSet::new(),
        now: Time::ZERO,
        robots: Vec::new(),
        active: None,
        jobs: Vec::new(),
        jobs_created: 0,
        breaches: Vec::new(),
        refused: 0,
        peak_robots_down: 0,
        outcome: None,
    };
    // R2: numbered in the order of the groups, then within a group.
    for (number, group) in scenario.groups.iter().enumerate() {
        for _ in 0..group.robots {
            model.group_of.push(number);
            model.robots.push(Robot {
                status: RobotStatus::Registered,
                step: 0,
                draw: NOTHING_TO_DO,
                attempts: Vec::new(),
            });
        }
    }
    let outcome = model.run();
    model.history(index, outcome)
}

/// A step that the scenario leaves out takes no time and cannot fail (R7).
const NOTHING_TO_DO: StepDraw = StepDraw { latency: Span::ZERO, failure: None };

/// R7's list.
const STEPS: [RobotDeploymentStep; 7] = [
    RobotDeploymentStep::Validating,
    RobotDeploymentStep::ExecutingDownloadCondition,
    RobotDeploymentStep::DownloadingExtracting,
    RobotDeploymentStep::ExecutingPreLaunch,
    RobotDeploymentStep::Launching,
    RobotDeploymentStep::ExecutingPostLaunch,
    RobotDeploymentStep::Finished,
];

impl Model<'_> {
    fn run(&mut self) -> CampaignOutcome {
        self.at(Time::ZERO, Event::Call);
        self.at(self.scenario.sync.horizon.map_or(Time::MAX, |horizon| Time::ZERO + horizon), Event::Horizon);
        loop {
            let (now, event) = self.events.pop_first().expect("the horizon is on the list");
            assert!(now >= self.now, "time goes back");
            self.now = now;
            match event {
                Event::StepEnd(robot) => self.step_end(robot),
                Event::RobotTimeout(robot) => self.end_robot(robot, RobotEnd::NoResponse),
                Event::Judge => self.judge(),
                Event::FleetTimeout => self.time_out(),
                Event::Horizon => self.cut_off(),
                Event::Call => self.call(),
                Event::Begin => self.begin(),
                Event::Starts => self.start_robots(),
            }
            if let Some(outcome) = self.outcome {
                return outcome;
            }
        }
    }

    fn at(&mut self, time: Time, event: Event) {
        assert!(self.events.insert((time, event)), "{event:?} is on the list already");
    }

    fn cancel(&mut self, which: impl Fn(Event) -> bool) {
        self.events.retain(|(_, event)| !which(*event));
    }

    fn job(&mut self) -> &mut Job {
        self.active.as_mut().expect("a job is active")
    }

    fn in_flight(&self) -> Vec<RobotId> {
        let deploying = |robot: &RobotId| self.robots[*robot as usize].status == RobotStatus::Deploying;
        (0..self.robots.len() as RobotId).filter(deploying).collect()
    }

    // The operator (R12).

    fn call(&mut self) {
        let sync = &self.scenario.sync;
        if self.jobs_created >= sync.max_jobs {
            return;
        }
        if let Some(Schedule::Every(every)) = sync.schedule {
            self.at(self.now + every, Event::Call);
        }
        match self.active {
            Some(_) => self.refused += 1,
            None => self.create(),
        }
    }

    fn create(&mut self) {
        let number = self.jobs_created;
        let kind = if number == 0 { JobKind::Deployment } else { JobKind::Sync };
        let is_target = |robot: &RobotId| number == 0 || self.robots[*robot as usize].status != RobotStatus::InSync;
        let mut targets: Vec<RobotId> = (0..self.robots.len() as RobotId).filter(is_target).collect();
        assert!(!targets.is_empty(), "a campaign with every robot InSync is over");
        if kind == JobKind::Deployment {
            for robot in &mut self.robots {
                robot.status = RobotStatus::PendingNewDeployment;
            }
        }
        let fleet_size = self.robots.len() as u32;
        let progress = Progress { fleet_size, targets: targets.len() as u32, ..Progress::default() };
        let deployment = &self.scenario.deployment;
        if deployment.start_order == StartOrder::Shuffled {
            targets.shuffle(&mut self.luck.job(number, Purpose::StartOrder));
        }
        let record = JobRecord {
            number,
            kind,
            created: self.now,
            began: None,
            first_start: None,
            breach: None,
            last_robot_ended: None,
            ended: None,
            status: DeploymentStatus::Preparing,
            failure_code: None,
            halted: false,
            progress,
        };
        self.active = Some(Job { record, waiting: targets.into() });
        self.jobs_created += 1;
        let preparing = Sampler::from(&deployment.preparing);
        let latency = preparing.sample(&mut self.luck.job(number, Purpose::Preparing));
        self.at(self.now + Span::from_drawn_micros(latency), Event::Begin);
    }

    // A job's life (R4, R5, R9 to R11).

    fn begin(&mut self) {
        let now = self.now;
        let record = &mut self.job().record;
        record.began = Some(now);
        record.status = DeploymentStatus::InProgress;
        self.at(now + self.scenario.deployment.fleet_deployment_timeout, Event::FleetTimeout);
        self.at(now, Event::Starts);
    }

    fn start_robots(&mut self) {
        let percentage = u64::from(self.scenario.deployment.concurrent_deployment_percentage);
        let slots = (self.robots.len() as u64 * percentage / 100).max(1) as usize;
        while self.in_flight().len() < slots
            && let Some(robot) = self.job().waiting.pop_front()
        {
            self.start_robot(robot);
        }
    }

    fn judge(&mut self) {
        let in_flight = self.in_flight();
        let deployment = &self.scenario.deployment;
        // An earlier judgement of this instant may have ended the job.
        let Some(job) = &mut self.active else { return };
        let progress = &job.record.progress;
        let failures = u64::from(progress.failed) + u64::from(progress.no_response);
        let threshold = u64::from(deployment.failure_threshold_percentage);
        if !job.record.halted && 100 * failures >= threshold * u64::from(progress.fleet_size) {
            job.record.halted = true;
            job.record.breach = Some(Breach { at: self.now, failures: job.record.progress.counted_failures() });
            self.breaches.push(self.now);
            if deployment.on_breach == OnBreach::Abort {
                for robot in in_flight {
                    self.end_robot(robot, RobotEnd::Aborted);
                }
            }
        }
        let none_in_flight = self.in_flight().is_empty();
        let job = self.job();
        if job.record.halted {
            if none_in_flight {
                self.end_job(Some(DeploymentJobErrorCode::FailureThresholdBreached));
            }
        } else if job.waiting.is_empty() {
            if none_in_flight {
                self.end_job(None);
            }
        } else {
            self.at(self.now, Event::Starts);
        }
    }

    fn time_out(&mut self) {
        for robot in self.in_flight() {
            self.end_robot(robot, RobotEnd::Aborted);
        }
        self.end_job(Some(DeploymentJobErrorCode::FleetDeploymentTimeout));
    }

    fn end_job(&mut self, failure_code: Option<DeploymentJobErrorCode>) {
        self.cancel(|event| matches!(event, Event::FleetTimeout | Event::Starts));
        let mut record = self.active.take().expect("a job is active").record;
        record.ended = Some(self.now);
        record.failure_code = failure_code;
        record.status = if failure_code.is_some() { DeploymentStatus::Failed } else { DeploymentStatus::Succeeded };
        self.jobs.push(record);

        // R12's order of outcomes.
        let sync = &self.scenario.sync;
        let timed_out = failure_code == Some(DeploymentJobErrorCode::FleetDeploymentTimeout);
        if self.robots.iter().all(|robot| robot.status == RobotStatus::InSync) {
            self.outcome = Some(CampaignOutcome::InSync);
        } else if record.halted && sync.on_halt == Again::Stop {
            self.outcome = Some(CampaignOutcome::Halted);
        } else if timed_out && sync.on_timeout == Again::Stop {
            self.outcome = Some(CampaignOutcome::TimedOut);
        } else if self.jobs_created >= sync.max_jobs {
            self.outcome = Some(CampaignOutcome::MaxJobs);
        } else if let Some(Schedule::AfterFinish(delay)) = sync.schedule {
            self.at(self.now + delay, Event::Call);
        }
    }

    fn cut_off(&mut self) {
        self.outcome = Some(CampaignOutcome::Horizon);
        self.jobs.extend(self.active.take().map(|job| job.record));
    }

    // A robot's deployment (R7, R8).

    fn start_robot(&mut self, id: RobotId) {
        let now = self.now;
        let robot = &mut self.robots[id as usize];
        robot.status = RobotStatus::Deploying;
        robot.attempts.push(Attempt { started: now, ended: None });
        self.enter_step(id, 0);
        self.at(now + self.scenario.deployment.robot_deployment_timeout, Event::RobotTimeout(id));

        let in_flight = self.in_flight().len() as u32;
        let record = &mut self.job().record;
        record.first_start.get_or_insert(now);
        let progress = &mut record.progress;
        progress.started += 1;
        progress.in_flight = in_flight;
        progress.peak_in_flight = progress.peak_in_flight.max(in_flight);
        let is_down = |robot: &&Robot| !robot.attempts.is_empty() && robot.status != RobotStatus::InSync;
        self.peak_robots_down = self.peak_robots_down.max(self.robots.iter().filter(is_down).count() as u32);
    }

    fn enter_step(&mut self, id: RobotId, step: usize) {
        let robot = &mut self.robots[id as usize];
        let attempt = robot.attempts.len() as u32 - 1;
        let group = &self.groups[self.group_of[id as usize]];
        let plan = group.steps.iter().find(|plan| plan.step == STEPS[step]);
        robot.step = step;
        robot.draw = plan.map_or(NOTHING_TO_DO, |plan| self.draws.step(plan, id, attempt));
        let latency = robot.draw.latency;
        self.at(self.now + latency, Event::StepEnd(id));
    }

    fn step_end(&mut self, id: RobotId) {
        let robot = &self.robots[id as usize];
        match robot.draw.failure {
            Some(code) => self.end_robot(id, RobotEnd::Failed(code)),
            None if STEPS[robot.step] == RobotDeploymentStep::Finished => self.end_robot(id, RobotEnd::InSync),
            None => self.enter_step(id, robot.step + 1),
        }
    }

    fn end_robot(&mut self, id: RobotId, end: RobotEnd) {
        let now = self.now;
        self.cancel(|event| event == Event::StepEnd(id) || event == Event::RobotTimeout(id));
        let robot = &mut self.robots[id as usize];
        robot.attempts.last_mut().expect("it has started").ended = Some((now, end));
        robot.status = match end {
            RobotEnd::InSync => RobotStatus::InSync,
            RobotEnd::NoResponse => RobotStatus::NoResponse,
            RobotEnd::Failed(_) | RobotEnd::Aborted => RobotStatus::Failed,
        };
        let in_flight = self.in_flight().len() as u32;
        let record = &mut self.job().record;
        record.last_robot_ended = Some(now);
        record.progress.in_flight = in_flight;
        match end {
            RobotEnd::InSync => record.progress.succeeded += 1,
            RobotEnd::Failed(_) => record.progress.failed += 1,
            RobotEnd::NoResponse => record.progress.no_response += 1,
            RobotEnd::Aborted => record.progress.aborted += 1,
        }
        self.events.insert((now, Event::Judge));
    }

    /// Sums up, robot by robot (the contract's section on results).
    fn history(self, index: u32, outcome: CampaignOutcome) -> History {
        let ended = self.now;
        let ended_robots = self.robots.len() as u32;
        let (mut out_of_service, mut down) = (0, 0);
        for robot in &self.robots {
            for attempt in &robot.attempts {
                let until = attempt.ended.map_or(ended, |(end, _)| end);
                out_of_service += u128::from((until - attempt.started).micros());
            }
            let in_sync = robot.attempts.iter().find_map(|attempt| match attempt.ended {
                Some((instant, RobotEnd::InSync)) => Some(instant),
                _ => None,
            });
            if let Some(first) = robot.attempts.first() {
                down += u128::from((in_sync.unwrap_or(ended) - first.started).micros());
            }
        }
        History {
            replication: Replication {
                index,
                outcome,
                ended,
                jobs: self.jobs_created,
                concurrent_deployment_exceptions: self.refused,
                first_job: self.jobs.first().copied(),
                build: None,
                registered: ended_robots,
                late_syncs: 0,
                download: None,
                api: None,
                out_of_service,
                down,
                peak_robots_down: self.peak_robots_down,
            },
            jobs: self.jobs,
            breaches: self.breaches,
            robots: self.robots.into_iter().map(|robot| robot.attempts).collect(),
        }
    }
}
