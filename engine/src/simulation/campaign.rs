//! The event loop: one campaign from its first job to its outcome.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rand::seq::SliceRandom;

use super::ahead::Ahead;
use super::calls::Calls;
use super::draws::Draws;
use super::endings::{Ending, Endings};
use super::journeys::{Happening, Journeys, Order};
use super::registrations::Registrations;
use super::{Downloaded, Event, JobRecord, Observer, Plan, Replication};
use crate::random::{Luck, Purpose};
use crate::rollout::{
    CampaignOutcome, Controller, DeploymentJob, Fleet, JobKind, OnBreach, Operator, RobotEnd, RobotId, Start,
    StartOrder,
};
use crate::time::{Span, Time};

/// Simulates campaigns of a plan under a controller, one after another, in the same memory.
pub struct Campaign<'p, C> {
    pub(super) draws: Draws<'p>,
    pub(super) fleet: Fleet,
    pub(super) job: DeploymentJob<C>,
    ahead: Ahead,
    endings: Endings,
    /// Of robots that the world delays; none where it delays nobody (R14, R16).
    journeys: Option<Journeys>,
    happenings: Vec<Happening>,
    registrations: Registrations<'p>,
    pub(super) calls: Calls,
    /// Where starts are counted for somebody who waits.
    starts: Option<Arc<AtomicU64>>,
}

/// The instants and sums of the campaign that is running.
pub(super) struct Running<'a, O> {
    pub operator: Operator,
    pub observer: O,
    cancelled: &'a AtomicBool,
    starts: Option<Arc<AtomicU64>>,
    /// Starts of robots so far, and whatever else happens.
    events: u32,
    horizon: Time,
    /// When the next call is made; never while the operator waits for the active job's end.
    pub next_call: Time,
    /// When the active job becomes `InProgress`; never afterwards.
    begins: Time,
    /// The fleet timeout of the active job; never while it is not `InProgress`.
    fleet_timeout: Time,
    /// When a controller that waits for an instant wants to be asked again.
    wake: Time,
    /// When something other than a robot's end or that is due.
    due: Time,
    /// Before this instant nothing but robots' ends and starts happens, and they do not change what is due.
    quiet_until: Time,
    created: Time,
    began: Option<Time>,
    first_start: Option<Time>,
    last_robot_ended: Option<Time>,
    /// When the latest job ended.
    pub job_ended: Time,
    first_job: Option<JobRecord>,
    deploying: u128,
    first_progress: u128,
    in_sync_instants: u128,
    peak_robots_down: u32,
    late_syncs: u32,
}

/// How many robots may start between two looks at the cancellation flag; no more end than start.
const EVENTS_PER_LOOK: u32 = 1 << 14;

impl<'p, C: Controller> Campaign<'p, C> {
    /// A place to simulate campaigns of `plan`; memory is allocated by the first one and kept.
    pub fn new(plan: &'p Plan, controller: C) -> Self {
        let draws = Draws::new(plan);
        let delays = plan.groups().any(|group| group.travels);
        Campaign {
            fleet: Fleet::default(),
            job: DeploymentJob::idle(controller),
            ahead: Ahead::default(),
            endings: Endings::default(),
            journeys: delays.then(|| Journeys::new(&draws)),
            happenings: Vec::new(),
            registrations: Registrations::default(),
            calls: Calls::new(plan),
            starts: None,
            draws,
        }
    }

    /// Adds the robots that start to this number, some thousands at a time.
    pub fn counting_starts(self, starts: Arc<AtomicU64>) -> Self {
        Campaign { starts: Some(starts), ..self }
    }

    /// The luck of the replication that was simulated last, with the robots that registered in it.
    pub fn draws(&self) -> &Draws<'p> {
        &self.draws
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
        let plan = self.draws.plan;
        let horizon = plan.sync.horizon().min(Time::MAX);
        self.draws.reset(Luck::new(seed, index));
        self.fleet.reset(plan.fleet_size);
        self.job.clear();
        self.ahead.clear();
        self.endings.clear();
        if let Some(journeys) = &mut self.journeys {
            journeys.reset(plan.fleet_size, horizon);
        }
        self.registrations.reset(plan, &self.draws.luck);
        self.calls.reset();
        let mut running = Running {
            operator: Operator::new(plan.sync.clone()),
            observer,
            cancelled,
            starts: self.starts.clone(),
            events: 0,
            horizon,
            next_call: Time::ZERO,
            begins: Time::NEVER,
            fleet_timeout: Time::NEVER,
            wake: Time::NEVER,
            due: Time::ZERO,
            quiet_until: Time::ZERO,
            created: Time::ZERO,
            began: None,
            first_start: None,
            last_robot_ended: None,
            job_ended: Time::ZERO,
            first_job: None,
            deploying: 0,
            first_progress: 0,
            in_sync_instants: 0,
            peak_robots_down: 0,
            late_syncs: 0,
        };
        let (outcome, ended) = self.run_to_outcome(&mut running)?;
        let down = u128::from(self.fleet.down()) * u128::from(ended.micros());
        let api = plan.api.map(|_| *self.calls.counts());
        let lost = running.operator.concurrent_deployment_exceptions();
        Some(Replication {
            index,
            build: self.draws.odds.build,
            outcome,
            ended,
            jobs: running.operator.jobs(),
            concurrent_deployment_exceptions: api.map_or(lost, |api| api.concurrent_deployment_exceptions),
            first_job: running.first_job,
            registered: self.fleet.size(),
            late_syncs: running.late_syncs,
            out_of_service: running.deploying,
            down: running.in_sync_instants + down - running.first_progress,
            peak_robots_down: running.peak_robots_down,
            // Also where no robot has anything to do with downloads.
            download: self
                .journeys
                .as_mut()
                .and_then(Journeys::finish)
                .or(plan.download.map(|_| Downloaded::default())),
            api,
        })
    }

    /// The loop. Each turn is one instant, in R1's order: connectivity, endings, registrations, fleet timeout or horizon, calls,
    /// starts. A robot that starts and ends at once gives the same instant another turn. At most instants robots end and start and nothing
    /// else is due, so the rest is not looked at. None if it was cancelled.
    fn run_to_outcome<O: Observer>(&mut self, running: &mut Running<'_, O>) -> Option<(CampaignOutcome, Time)> {
        let mut now = Time::ZERO;
        // The first instant whose calls have not been made.
        let mut calls_from = Time::ZERO;
        loop {
            let mut eventful = now >= running.quiet_until;
            if eventful {
                self.travel(running, now)?;
            }
            while let Some(ending) = self.endings.pop_due(now) {
                self.end_robot(running, now, ending, ending.end);
            }
            if eventful {
                self.register_due(running, now)?;
            }
            if let Some(in_flight) = self.job.judge(now) {
                self.halt(running, now, in_flight);
            }
            let mut job_over = self.job.conclude();
            if now >= running.fleet_timeout && !job_over {
                self.abort_in_flight(running, now);
                self.job.time_out();
                job_over = true;
            }
            if job_over && let Some(outcome) = self.job_over(running, now, now.max(calls_from)) {
                return Some((outcome, now));
            }
            calls_from = now + Span::from_micros(1);
            eventful |= job_over;
            if eventful && let Some(outcome) = self.be_called(running, now)? {
                return Some((outcome, now));
            }
            self.start_robots(running, now)?;
            if eventful {
                running.due = self.next_due(running);
                // Where the world delays robots, any of their starts and ends may change what is due.
                running.quiet_until = if self.journeys.is_some() { Time::ZERO } else { running.due };
            }
            now = self.endings.next_due().min(running.due).min(running.wake);
        }
    }

    /// What else ends a campaign at `now`, with its outcome; then the calls of the instant, and the beginning of a job (R5, R12).
    fn be_called<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) -> Option<Option<CampaignOutcome>> {
        if self.in_sync() && !self.job.is_active() {
            return Some(Some(CampaignOutcome::InSync));
        }
        if now >= running.horizon {
            self.cut_off(running, now);
            return Some(Some(CampaignOutcome::Horizon));
        }
        if now >= running.next_call {
            running.count_event()?;
            let outcome = self.call(running, now);
            if outcome.is_some() {
                self.cut_off(running, now);
                return Some(outcome);
            }
        }
        if now >= running.begins {
            self.begin_job(running, now);
        }
        Some(None)
    }

    /// The next instant at which something other than a robot's end is due.
    fn next_due<O>(&mut self, running: &Running<'_, O>) -> Time {
        let of_job = running.begins.min(running.fleet_timeout);
        let of_campaign = running.next_call.min(running.horizon);
        let of_world = self.journeys.as_mut().map_or(Time::NEVER, Journeys::next_due);
        of_job.min(of_campaign).min(of_world).min(self.registrations.next_due())
    }

    /// Brings the journeys of robots that the world delays to `now` (R14, R16).
    #[inline]
    fn travel<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) -> Option<()> {
        if let Some(journeys) = &mut self.journeys {
            journeys.advance(&self.draws, now, &mut self.happenings);
            self.take_happenings(running, now)?;
            // Some may be due at this very instant.
            self.endings.next_due();
        }
        Some(())
    }

    fn take_happenings<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) -> Option<()> {
        let mut happenings = std::mem::take(&mut self.happenings);
        for happening in happenings.drain(..) {
            running.count_event()?;
            match happening {
                Happening::Egress(since, rate) => running.observer.see(since, &Event::EgressChanged(rate)),
                Happening::Progress(robot) => self.progress(running, now, robot),
                Happening::Ends(ending) => self.endings.push(ending),
                Happening::Late(robot, end, job) => self.end_late(running, now, robot, end, job),
            }
        }
        self.happenings = happenings;
        Some(())
    }

    /// Starts robots until the job says no, and draws how each will end.
    #[inline]
    fn start_robots<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) -> Option<()> {
        running.wake = loop {
            match self.job.start_next(now, &mut self.fleet) {
                Start::Robot { robot, attempt } => {
                    running.count_event()?;
                    if self.job.progress().started == 1 {
                        running.first_start = Some(now);
                    }
                    running.observer.see(now, &Event::RobotStarted { robot, attempt });
                    if self.journeys.is_some() && self.draws.group(robot).travels {
                        self.start_journey(running, now, robot, attempt)?;
                        continue;
                    }
                    self.progress(running, now, robot);
                    let (job, fleet) = (&self.job, &self.fleet);
                    let (following, attempt_of) = (|| job.pending(), |robot| fleet.attempts(robot));
                    let drawn = self.ahead.attempt(&self.draws, robot, attempt, following, attempt_of);
                    self.endings.push(Ending { due: now + drawn.duration, started: now, robot, end: drawn.end });
                }
                Start::Nobody => break Time::NEVER,
                Start::NotBefore(instant) => break instant,
            }
        };
        Some(())
    }

    /// Starts a robot that the world delays. Apart from the loop, whose other robots need the registers.
    #[inline(never)]
    fn start_journey<O: Observer>(
        &mut self,
        running: &mut Running<'_, O>,
        now: Time,
        robot: RobotId,
        attempt: u32,
    ) -> Option<()> {
        let order = Order { job: running.operator.jobs() - 1, timeout: self.draws.plan.robot_timeout, doomed: None };
        let journeys = self.journeys.as_mut().expect("somebody travels");
        let online = journeys.start(&self.draws, now, robot, attempt, order, &mut self.happenings);
        if online {
            self.progress(running, now, robot);
        }
        self.take_happenings(running, now)
    }

    /// A robot's deployment makes its first progress.
    #[inline]
    fn progress<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time, robot: RobotId) {
        running.observer.see(now, &Event::RobotProgressed(robot));
        if self.fleet.progress(robot) {
            running.first_progress += u128::from(now.micros());
            running.peak_robots_down = running.peak_robots_down.max(self.fleet.down());
        }
    }

    #[inline(always)]
    fn end_robot<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time, ending: Ending, end: RobotEnd) {
        if end == RobotEnd::InSync {
            running.in_sync_instants += u128::from(now.micros());
        }
        self.job.end_robot(now, ending.robot, end, &mut self.fleet);
        running.deploying += u128::from((now - ending.started).micros());
        running.last_robot_ended = Some(now);
        running.observer.see(now, &Event::RobotEnded { robot: ending.robot, started: ending.started, end });
    }

    /// An attempt that had ended as `NoResponse` in job `job` has ended by itself, outside any job and slot (R14).
    fn end_late<O: Observer>(
        &mut self,
        running: &mut Running<'_, O>,
        now: Time,
        robot: RobotId,
        end: RobotEnd,
        job: u32,
    ) {
        self.fleet.end_late(robot, end.status());
        if end == RobotEnd::InSync {
            running.late_syncs += 1;
            running.in_sync_instants += u128::from(now.micros());
            // A later job that is active has the robot among its targets, and has not started it.
            if self.job.is_active() && job + 1 < running.operator.jobs() {
                self.job.withdraw(robot);
            }
        }
        running.observer.see(now, &Event::RobotEndedLate { robot, end });
    }

    /// Registers the robots that are due (R13).
    fn register_due<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) -> Option<()> {
        while let Some(group) = self.registrations.pop_due(now) {
            running.count_event()?;
            let robot = self.fleet.register();
            self.draws.register(group);
            if let Some(journeys) = &mut self.journeys {
                journeys.register();
            }
            running.observer.see(now, &Event::RobotRegistered(robot));
        }
        Some(())
    }

    /// The job has halted (R9).
    #[cold]
    fn halt<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time, in_flight: OnBreach) {
        running.observer.see(now, &Event::JobBreached);
        if in_flight == OnBreach::Abort {
            self.abort_in_flight(running, now);
        }
    }

    /// Whether every registered robot is `InSync` and no registration is to come (R12).
    #[inline]
    fn in_sync(&self) -> bool {
        self.fleet.in_sync() == self.fleet.size() && !self.registrations.to_come()
    }

    /// Ends the robots in flight with their job (R9 with `abort`, R10).
    fn abort_in_flight<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        for ending in self.drain_in_flight() {
            if let Some(journeys) = &mut self.journeys {
                journeys.abandon(ending.robot);
            }
            self.end_robot(running, now, ending, RobotEnd::Aborted);
        }
    }

    /// Takes the robots in flight, in order.
    fn drain_in_flight(&mut self) -> Vec<Ending> {
        let mut in_flight = self.endings.drain();
        if let Some(journeys) = &self.journeys {
            in_flight.extend(journeys.undecided());
            in_flight.sort_unstable_by_key(|ending| ending.robot);
        }
        in_flight
    }

    /// Makes the campaign's first deployment job, or a sync job (R3, R5, R6). The outcome, if the job ends at once and the
    /// campaign with it.
    pub(super) fn create_job<O: Observer>(
        &mut self,
        running: &mut Running<'_, O>,
        now: Time,
        kind: JobKind,
    ) -> Option<CampaignOutcome> {
        let number = running.operator.jobs();
        if let (JobKind::Deployment, Some(journeys)) = (kind, &mut self.journeys) {
            journeys.abandon_late();
        }
        self.ahead.clear();
        self.job.create(now, kind, &mut self.fleet);
        running.operator.job_created(now);
        let targets = self.job.progress().targets;
        running.observer.see(now, &Event::JobCreated { number, kind, targets });
        running.created = now;
        running.began = None;
        running.first_start = None;
        running.last_robot_ended = None;
        if !self.job.is_active() {
            return self.job_over(running, now, now + Span::from_micros(1));
        }
        let luck = &self.draws.luck;
        if self.draws.plan.start_order == StartOrder::Shuffled {
            self.job.targets_mut().shuffle(&mut luck.job(number, Purpose::StartOrder));
        }
        self.job.prepare();
        let mut stream = luck.job(number, Purpose::Preparing);
        running.begins = now + Span::from_drawn_micros(self.draws.plan.preparing.sample(&mut stream));
        None
    }

    fn begin_job<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        self.job.begin(now);
        running.observer.see(now, &Event::JobBegan);
        running.begins = Time::NEVER;
        running.began = Some(now);
        running.fleet_timeout = now + self.draws.plan.fleet_timeout;
    }

    /// A job has ended, and has met the calls before `free`: the campaign's outcome, or the next call.
    fn job_over<O: Observer>(
        &mut self,
        running: &mut Running<'_, O>,
        now: Time,
        free: Time,
    ) -> Option<CampaignOutcome> {
        self.record_job(running, now, Some(now), free);
        running.job_ended = now;
        let outcome = running.operator.outcome(self.in_sync(), &self.job);
        if outcome.is_none() && running.next_call == Time::NEVER {
            running.next_call = running.operator.next_call(now, free);
        }
        outcome
    }

    /// Records a job that has ended, or that ends unfinished with its campaign (`ended` is none); it met the calls before
    /// `free`.
    fn record_job<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time, ended: Option<Time>, free: Time) {
        if self.draws.plan.api.is_none() {
            let lost = running.operator.job_over(free);
            running.observer.see(now, &Event::CallsLost(lost));
        }
        let record = JobRecord {
            number: running.operator.jobs() - 1,
            kind: self.job.kind(),
            created: running.created,
            began: running.began,
            first_start: running.first_start,
            limits: self.job.limits(),
            halt: self.job.halt(),
            last_robot_ended: running.last_robot_ended,
            ended,
            status: self.job.status(),
            failure_code: self.job.failure_code(),
            outcome: self.job.outcome(),
            progress: *self.job.progress(),
        };
        running.observer.see(now, &Event::JobOver(&record));
        running.first_job.get_or_insert(record);
        running.begins = Time::NEVER;
        running.fleet_timeout = Time::NEVER;
        running.wake = Time::NEVER;
    }

    /// Ends the campaign as it stands (R12): robots in flight have deployed until now and count neither way.
    fn cut_off<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        for ending in self.drain_in_flight() {
            running.deploying += u128::from((now - ending.started).micros());
        }
        if self.job.is_active() {
            self.record_job(running, now, None, now);
        }
    }
}

impl<O> Running<'_, O> {
    /// Counts a robot's start; none if the campaign is to stop. An instant may hold as many as the fleet has robots.
    #[inline]
    fn count_event(&mut self) -> Option<()> {
        self.events = self.events.wrapping_add(1);
        if self.events.is_multiple_of(EVENTS_PER_LOOK) { self.look() } else { Some(()) }
    }

    #[cold]
    fn look(&self) -> Option<()> {
        if let Some(starts) = &self.starts {
            starts.fetch_add(EVENTS_PER_LOOK.into(), Ordering::Relaxed);
        }
        (!self.cancelled.load(Ordering::Relaxed)).then_some(())
    }
}
