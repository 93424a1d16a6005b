//! The event loop: one campaign from its first job to its outcome.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::seq::SliceRandom;

use super::endings::{Ending, Endings};
use super::{JobRecord, Observer, Plan, Replication};
use crate::random::{Luck, Purpose};
use crate::rollout::{
    CampaignOutcome, Controller, DeploymentJob, Fleet, JobKind, OnBreach, Operator, RobotEnd, Start, StartOrder,
};
use crate::time::{Span, Time};

/// Simulates campaigns of a plan under a controller, one after another, in the same memory.
pub struct Campaign<'p, C> {
    plan: &'p Plan,
    fleet: Fleet,
    job: DeploymentJob<C>,
    endings: Endings,
}

/// The instants and sums of the campaign that is running.
struct Running<'a, O> {
    luck: Luck,
    operator: Operator,
    observer: O,
    cancelled: &'a AtomicBool,
    /// Starts and ends of robots so far.
    events: u32,
    horizon: Time,
    /// When the next call is made; never while a job is active.
    next_call: Time,
    /// When the active job becomes `InProgress`; never afterwards.
    begins: Time,
    /// The fleet timeout of the active job; never while it is not `InProgress`.
    fleet_timeout: Time,
    /// When a controller that waits for an instant wants to be asked again.
    wake: Time,
    created: Time,
    began: Option<Time>,
    last_robot_ended: Option<Time>,
    first_job: Option<JobRecord>,
    deploying: u128,
    first_starts: u128,
    in_sync_instants: u128,
    peak_robots_down: u32,
}

/// How many robots may start or end between two looks at the cancellation flag.
const EVENTS_PER_LOOK: u32 = 1 << 14;

impl<'p, C: Controller> Campaign<'p, C> {
    /// A place to simulate campaigns of `plan`; memory is allocated by the first one and kept.
    pub fn new(plan: &'p Plan, controller: C) -> Self {
        let fleet = Fleet::default();
        Campaign { plan, fleet, job: DeploymentJob::idle(controller), endings: Endings::default() }
    }

    /// Simulates replication `index` under `seed`: a pure function of (plan, controller, seed, index).
    ///
    /// None if `cancelled` became true meanwhile.
    pub fn run(
        &mut self,
        seed: u64,
        index: u32,
        cancelled: &AtomicBool,
        observer: impl Observer,
    ) -> Option<Replication> {
        self.fleet.reset(self.plan.fleet_size);
        self.job.clear();
        self.endings.drain();
        let mut running = Running {
            luck: Luck::new(seed, index),
            operator: Operator::new(self.plan.sync.clone()),
            observer,
            cancelled,
            events: 0,
            horizon: self.plan.sync.horizon().min(Time::MAX),
            next_call: Time::ZERO,
            begins: Time::NEVER,
            fleet_timeout: Time::NEVER,
            wake: Time::NEVER,
            created: Time::ZERO,
            began: None,
            last_robot_ended: None,
            first_job: None,
            deploying: 0,
            first_starts: 0,
            in_sync_instants: 0,
            peak_robots_down: 0,
        };
        let (outcome, ended) = self.run_to_outcome(&mut running)?;
        let down = u128::from(self.fleet.down()) * u128::from(ended.micros());
        Some(Replication {
            index,
            outcome,
            ended,
            jobs: running.operator.jobs(),
            concurrent_deployment_exceptions: running.operator.concurrent_deployment_exceptions(),
            first_job: running.first_job.expect("the first job is recorded before any outcome"),
            out_of_service: running.deploying,
            down: running.in_sync_instants + down - running.first_starts,
            peak_robots_down: running.peak_robots_down,
        })
    }

    /// The loop. Each turn is one instant, in R1's order: endings, fleet timeout or horizon, calls, starts. A robot
    /// that starts and ends at once gives the same instant another turn, after its calls. None if it was cancelled.
    fn run_to_outcome<O: Observer>(&mut self, running: &mut Running<'_, O>) -> Option<(CampaignOutcome, Time)> {
        let mut now = Time::ZERO;
        // The first instant whose calls have not been made.
        let mut calls_from = Time::ZERO;
        loop {
            while let Some(ending) = self.endings.pop_due(now) {
                running.count_event()?;
                self.end_robot(running, now, ending, ending.end);
            }
            if let Some(on_breach) = self.job.check_breach(now) {
                running.observer.job_breached(now);
                if on_breach == OnBreach::Abort {
                    self.abort_in_flight(running, now);
                }
            }
            let mut job_over = self.job.conclude();
            if now >= running.fleet_timeout && !job_over {
                self.abort_in_flight(running, now);
                self.job.time_out();
                job_over = true;
            }
            if job_over {
                let free = now.max(calls_from);
                self.job_over(running, Some(now), free);
                if let Some(outcome) = running.operator.outcome(&self.fleet, &self.job) {
                    return Some((outcome, now));
                }
                running.next_call = running.operator.next_call(now, free);
            }
            if now >= running.horizon {
                self.cut_off(running, now);
                return Some((CampaignOutcome::Horizon, now));
            }
            if now >= running.next_call {
                self.create_job(running, now);
            }
            if now >= running.begins {
                self.begin_job(running, now);
            }
            calls_from = now + Span::from_micros(1);
            self.start_robots(running, now)?;
            now = self.endings.next_due().min(running.due());
        }
    }

    /// Starts robots until the job says no, and draws how each will end.
    #[inline]
    fn start_robots<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) -> Option<()> {
        running.wake = loop {
            match self.job.start_next(now, &mut self.fleet) {
                Start::Robot { robot, attempt } => {
                    running.count_event()?;
                    running.observer.robot_started(now, robot, attempt);
                    if attempt == 0 {
                        running.first_starts += u128::from(now.micros());
                        running.peak_robots_down = running.peak_robots_down.max(self.fleet.down());
                    }
                    let drawn = self.plan.attempt(&running.luck, robot, attempt);
                    self.endings.push(Ending { due: now + drawn.duration, started: now, robot, end: drawn.end });
                }
                Start::Nobody => break Time::NEVER,
                Start::NotBefore(instant) => break instant,
            }
        };
        Some(())
    }

    #[inline]
    fn end_robot<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time, ending: Ending, end: RobotEnd) {
        self.job.end_robot(now, ending.robot, end, &mut self.fleet);
        running.deploying += u128::from((now - ending.started).micros());
        if end == RobotEnd::InSync {
            running.in_sync_instants += u128::from(now.micros());
        }
        running.last_robot_ended = Some(now);
        running.observer.robot_ended(now, ending.robot, ending.started, end);
    }

    /// Ends the robots in flight with their job (R9 with `abort`, R10).
    fn abort_in_flight<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        for ending in self.endings.drain() {
            self.end_robot(running, now, ending, RobotEnd::Aborted);
        }
    }

    /// Makes the campaign's first deployment job, or a sync job (R3, R5, R6).
    fn create_job<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        let number = running.operator.jobs();
        let kind = if number == 0 { JobKind::Deployment } else { JobKind::Sync };
        self.job.create(now, kind, &mut self.fleet);
        running.operator.job_created(now);
        running.observer.job_created(now, number, kind, self.job.progress().targets);
        running.next_call = Time::NEVER;
        running.created = now;
        running.began = None;
        running.last_robot_ended = None;
        if self.plan.start_order == StartOrder::Shuffled {
            self.job.targets_mut().shuffle(&mut running.luck.job(number, Purpose::StartOrder));
        }
        self.job.prepare();
        let mut stream = running.luck.job(number, Purpose::Preparing);
        running.begins = now + Span::from_drawn_micros(self.plan.preparing.sample(&mut stream));
    }

    fn begin_job<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        self.job.begin();
        running.observer.job_began(now);
        running.begins = Time::NEVER;
        running.began = Some(now);
        running.fleet_timeout = now + self.plan.fleet_timeout;
    }

    /// Records a job that has ended, or that ends unfinished with its campaign (`ended` is none); it met the calls before
    /// `free`.
    fn job_over<O: Observer>(&mut self, running: &mut Running<'_, O>, ended: Option<Time>, free: Time) {
        running.operator.job_over(free);
        let record = JobRecord {
            number: running.operator.jobs() - 1,
            kind: self.job.kind(),
            created: running.created,
            began: running.began,
            last_robot_ended: running.last_robot_ended,
            ended,
            status: self.job.status(),
            failure_code: self.job.failure_code(),
            halted: self.job.halted(),
            progress: *self.job.progress(),
        };
        running.observer.job_over(&record);
        running.first_job.get_or_insert(record);
        running.begins = Time::NEVER;
        running.fleet_timeout = Time::NEVER;
        running.wake = Time::NEVER;
    }

    /// Ends the campaign as it stands (R12): robots in flight have deployed until now and count neither way.
    fn cut_off<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        for ending in self.endings.drain() {
            running.deploying += u128::from((now - ending.started).micros());
        }
        if self.job.is_active() {
            self.job_over(running, None, now);
        }
    }
}

impl<O> Running<'_, O> {
    /// Counts a robot's start or end; none if the campaign is to stop. An instant may hold as many as the fleet has robots.
    #[inline]
    fn count_event(&mut self) -> Option<()> {
        self.events = self.events.wrapping_add(1);
        let stop = self.events.is_multiple_of(EVENTS_PER_LOOK) && self.cancelled.load(Ordering::Relaxed);
        if stop { None } else { Some(()) }
    }

    /// The next instant at which something other than a robot's end is due.
    #[inline]
    fn due(&self) -> Time {
        self.horizon.min(self.next_call).min(self.begins).min(self.fleet_timeout).min(self.wake)
    }
}
