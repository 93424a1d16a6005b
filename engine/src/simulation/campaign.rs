//! A campaign as a value: begun, advanced instant by instant, copied, written down and read back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use serde::{Deserialize, Serialize};

use super::ahead::Ahead;
use super::calls::Calls;
use super::stop::Cancelled;
use super::turn::{Host, Patience, Turn, act, arrive, take_happenings};
use super::{
    ByGroup, Downloaded, Draws, Ending, Endings, Event, EventQueue, Hurt, JobRecord, Observer, Order, Plan,
    Replication, Rollout, Watch, World,
};
use crate::random::{Luck, Purpose};
use crate::rollout::{
    CampaignOutcome, Controller, JobKind, Operator, RobotDeploymentStep, RobotEnd, RobotId, StartOrder, clone_by_fields,
};
use crate::time::{Span, Time};

/// One campaign of a plan under a controller, at one instant.
///
/// It keeps its memory when another one [begins](Campaign::begin). A [copy](Clone) goes on as the campaign itself does,
/// and so does one that was [written down](Campaign::snapshot) and [resumed](Campaign::resume).
#[derive(Debug)]
pub struct Campaign<'p, C, Q = Endings> {
    pub(super) world: World<'p, Q>,
    pub(super) rollout: Rollout<C>,
    pub(super) operator: Operator,
    pub(super) calls: Calls,
    pub(super) clock: Instants,
    pub(super) totals: Totals,
    pub(super) hurt: Hurt,
    pub(super) by_group: ByGroup,
    ahead: Ahead,
    horizon: Time,
    /// Where starts are counted for somebody who waits.
    starts: Option<Arc<AtomicU64>>,
}

clone_by_fields!(['p, C: Clone, Q: Clone] Campaign<'p, C, Q> {
    world, rollout, operator, calls, clock, totals, hurt, by_group, ahead, horizon, starts
});

/// The instants of a campaign.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Instants {
    /// That of the next turn.
    next: Time,
    /// That of the latest turn, whose calls have been made; never before the first one.
    acted: Time,
    /// When the next call is made; never while the operator waits for the active job's end.
    pub next_call: Time,
    /// When something other than a robot's end or the controller's wish is due.
    due: Time,
    /// Before this instant nothing but robots' ends and starts happens, and they do not change what is due.
    quiet_until: Time,
    /// When the latest job ended.
    pub job_ended: Time,
}

/// What a campaign has come to so far.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    /// The number of the replication.
    index: u32,
    first_job: Option<JobRecord>,
    /// Microseconds that robots have spent `Deploying`.
    deploying: u128,
    /// Sums of the instants at which robots made their first progress, and got in sync.
    first_progress: u128,
    in_sync_instants: u128,
    peak_robots_down: u32,
    late_syncs: u32,
    jobs_halted: u32,
}

impl<'p, C: Controller> Campaign<'p, C> {
    /// A place for campaigns of `plan`; memory is allocated by the first one and kept. It holds the beginning of
    /// replication 0 under seed 0.
    pub fn new(plan: &'p Plan, controller: C) -> Self {
        Campaign::with_queue(plan, controller)
    }
}

impl<'p, C: Controller, Q: EventQueue> Campaign<'p, C, Q> {
    /// The same over any event queue.
    pub fn with_queue(plan: &'p Plan, controller: C) -> Self {
        let mut campaign = Campaign {
            world: World::new(plan),
            rollout: Rollout::new(controller),
            operator: Operator::new(plan.sync.clone()),
            calls: Calls::new(plan),
            clock: Instants::START,
            totals: Totals::default(),
            hurt: Hurt::default(),
            by_group: ByGroup::default(),
            ahead: Ahead::default(),
            horizon: plan.sync.horizon().min(Time::MAX),
            starts: None,
        };
        campaign.begin(0, 0);
        campaign
    }

    /// Adds the robots that start to this number, some thousands at a time, where [`run`](Campaign::run) simulates.
    pub fn counting_starts(self, starts: Arc<AtomicU64>) -> Self {
        Campaign { starts: Some(starts), ..self }
    }

    /// The luck of the campaign, with the robots that have registered in it.
    pub fn draws(&self) -> &Draws<'p> {
        self.world.draws()
    }

    /// The fleet and its latest job.
    pub fn rollout(&self) -> &Rollout<C> {
        &self.rollout
    }

    /// Begins replication `index` under `seed`: a pure function of (plan, controller, seed, index).
    pub fn begin(&mut self, seed: u64, index: u32) {
        let plan = self.world.plan();
        self.world.begin(Luck::new(seed, index), self.horizon);
        self.rollout.reset(plan.fleet_size);
        self.operator = Operator::new(plan.sync.clone());
        self.calls = Calls::new(plan);
        self.clock = Instants::START;
        self.totals = Totals { index, ..Totals::default() };
        self.hurt.clear();
        self.by_group.reset(plan);
        self.ahead.clear();
    }

    /// Goes on under another controller, as if that had steered it from the beginning: right where both have decided all
    /// the same so far, and remember nothing but what their latest job is.
    pub(crate) fn steer(&mut self, controller: C) {
        self.rollout.job.steer(self.clock.next, controller);
    }

    /// Goes on to the last end of a robot in flight, if the job has halted: those before it are counted at once, as far
    /// as nothing else can come between, for then no turn has anything else to do. The observer and the controller
    /// are told of them in no order. True if the next turn is such an end, and the last one.
    pub(crate) fn drain<O: Observer>(&mut self, watch: &mut Watch<'_, O>) -> bool {
        if !self.rollout.job.drains() {
            return false;
        }
        let mut endings = std::mem::take(&mut self.world.endings);
        let mut later = Vec::new();
        let mut last = None::<Ending>;
        endings.take_all(|mut ending| {
            if ending.due >= self.clock.quiet_until {
                return later.push(ending);
            }
            // Another one may end at the last instant, too: what the turn then finds is the same.
            match &mut last {
                Some(last) if last.due >= ending.due => {}
                Some(last) => std::mem::swap(last, &mut ending),
                None => {
                    last = Some(ending);
                    return;
                }
            }
            self.end_robot(watch, ending.due, ending, ending.end);
        });
        later.into_iter().chain(last).for_each(|ending| endings.push(ending));
        self.world.endings = endings;
        self.find_next();
        last.is_some()
    }

    /// The instant of the next turn; that of the last one if robots that take no time give it another.
    pub fn next_due(&self) -> Time {
        self.clock.next
    }

    /// Advances the campaign by one instant. Not to be asked when it is over.
    ///
    /// # Errors
    /// The campaign is broken off, and has to begin anew.
    #[inline(always)]
    pub fn turn<O: Observer>(&mut self, watch: &mut Watch<'_, O>) -> Result<Turn, Cancelled> {
        let now = self.clock.next;
        let eventful = self.arrive(watch, now)?;
        self.act(watch, now, eventful)
    }

    /// The first half of a turn, at [`next_due`](Campaign::next_due): all endings of the instant are counted, and nothing
    /// follows from them yet. True if anything but endings and starts may happen in the turn, which is for the second
    /// half to know.
    ///
    /// # Errors
    /// As [`Campaign::turn`].
    #[inline(always)]
    pub(crate) fn arrive<O: Observer>(&mut self, watch: &mut Watch<'_, O>, now: Time) -> Result<bool, Cancelled> {
        arrive(self, watch, now)
    }

    /// The second half.
    ///
    /// # Errors
    /// As [`Campaign::turn`].
    #[inline(always)]
    pub(crate) fn act<O: Observer>(
        &mut self,
        watch: &mut Watch<'_, O>,
        now: Time,
        eventful: bool,
    ) -> Result<Turn, Cancelled> {
        let (turn, eventful) = act(self, watch, now, eventful)?;
        self.clock.acted = now;
        if let Turn::Over(_) = turn {
            return Ok(turn);
        }
        if eventful {
            self.clock.due = self.next_event();
            // Where the world delays robots, any of their starts and ends may change what is due.
            self.clock.quiet_until = if self.world.journeys.is_some() { Time::ZERO } else { self.clock.due };
        }
        self.find_next();
        Ok(turn)
    }

    /// Finds the instant of the next turn.
    #[inline(always)]
    fn find_next(&mut self) {
        self.clock.next = self.world.endings.next_due().min(self.clock.due).min(self.rollout.wake);
    }

    /// Goes on to the end.
    ///
    /// # Errors
    /// As [`Campaign::turn`].
    #[inline]
    pub fn finish<O: Observer>(&mut self, watch: &mut Watch<'_, O>) -> Result<Replication, Cancelled> {
        loop {
            if let Turn::Over(outcome) = self.turn(watch)? {
                return Ok(self.replication(outcome));
            }
        }
    }

    /// Simulates replication `index` under `seed`. None if `cancelled` became true meanwhile.
    pub fn run(
        &mut self,
        seed: u64,
        index: u32,
        cancelled: &AtomicBool,
        observer: impl Observer,
    ) -> Option<Replication> {
        let mut watch = Watch::new(observer, cancelled).counting_starts(self.starts.clone());
        self.begin(seed, index);
        self.finish(&mut watch).ok()
    }

    /// What a campaign that is over has come to; it is to be asked once.
    pub fn replication(&mut self, outcome: CampaignOutcome) -> Replication {
        let plan = self.world.plan();
        // That of the latest turn.
        let ended = self.clock.next;
        let down = u128::from(self.rollout.fleet.down()) * u128::from(ended.micros());
        let api = plan.api.map(|_| *self.calls.counts());
        let lost = self.operator.concurrent_deployment_exceptions();
        let totals = &self.totals;
        Replication {
            index: totals.index,
            build: self.world.draws.odds.build,
            outcome,
            ended,
            jobs: self.operator.jobs(),
            jobs_halted: totals.jobs_halted,
            concurrent_deployment_exceptions: api.map_or(lost, |api| api.concurrent_deployment_exceptions),
            first_job: totals.first_job,
            registered: self.rollout.fleet.size(),
            robots_in_sync: self.rollout.fleet.in_sync(),
            robots_hurt: self.hurt.robots(),
            late_syncs: totals.late_syncs,
            out_of_service: totals.deploying,
            down: totals.in_sync_instants + down - totals.first_progress,
            peak_robots_down: totals.peak_robots_down,
            // Also where no robot has anything to do with downloads.
            download: self
                .world
                .journeys
                .as_mut()
                .and_then(|journeys| journeys.finish(&self.world.draws))
                .or(plan.download.map(|_| Downloaded::default())),
            api,
            groups: self
                .by_group
                .records(ended, totals.first_job.is_some(), |group| self.world.registrations.to_come_in(group)),
        }
    }

    /// The next instant at which something other than a robot's end is due.
    fn next_event(&mut self) -> Time {
        let of_campaign = self.clock.next_call.min(self.horizon);
        self.rollout.next_due().min(of_campaign).min(self.world.next_change())
    }

    /// Whether every registered robot is `InSync` and no registration is to come (R12).
    #[inline]
    fn in_sync(&self) -> bool {
        self.rollout.fleet.in_sync() == self.rollout.fleet.size() && !self.world.registrations.to_come()
    }

    /// Makes the campaign's first deployment job, or a sync job (R3, R5, R6). The outcome, if the job ends at once and
    /// the campaign with it.
    pub(super) fn create_job<O: Observer>(
        &mut self,
        watch: &mut Watch<'_, O>,
        now: Time,
        kind: JobKind,
    ) -> Option<CampaignOutcome> {
        let number = self.operator.jobs();
        if kind == JobKind::Deployment {
            self.by_group.start_over();
            if let Some(journeys) = &mut self.world.journeys {
                journeys.abandon_late(&self.world.draws, now);
            }
        }
        self.ahead.clear();
        let draws = &self.world.draws;
        let shuffled = draws.plan.start_order == StartOrder::Shuffled;
        let order = shuffled.then(|| draws.luck.job(number, Purpose::StartOrder));
        self.rollout.create_job(now, kind, order, draws.preparing(number));
        self.operator.job_created(now);
        let targets = self.rollout.job.progress().targets;
        watch.observer.see(now, &Event::JobCreated { number, kind, targets });
        if self.rollout.job.is_active() { None } else { self.end_job(watch, now, now + Span::from_micros(1)) }
    }

    /// A job has ended, and has met the calls before `free`: the campaign's outcome, or the next call.
    fn end_job<O: Observer>(&mut self, watch: &mut Watch<'_, O>, now: Time, free: Time) -> Option<CampaignOutcome> {
        self.record_job(watch, now, Some(now), free);
        self.clock.job_ended = now;
        let outcome = self.operator.outcome(self.in_sync(), &self.rollout.job);
        if outcome.is_none() && self.clock.next_call == Time::NEVER {
            self.clock.next_call = self.operator.next_call(now, free);
        }
        outcome
    }

    /// Records a job that has ended, or that ends unfinished with its campaign (`ended` is none); it met the calls
    /// before `free`.
    fn record_job<O: Observer>(&mut self, watch: &mut Watch<'_, O>, now: Time, ended: Option<Time>, free: Time) {
        if self.world.draws.plan.api.is_none() {
            let lost = self.operator.job_over(free);
            watch.observer.see(now, &Event::CallsLost(lost));
        }
        let record = self.rollout.record(self.operator.jobs() - 1, ended);
        watch.observer.see(now, &Event::JobOver(&record));
        self.totals.first_job.get_or_insert(record);
        self.totals.jobs_halted += u32::from(record.halted());
        self.rollout.rest();
    }

    /// Ends the campaign as it stands (R12): robots in flight have deployed until now and count neither way.
    fn cut_off<O: Observer>(&mut self, watch: &mut Watch<'_, O>, now: Time) {
        for ending in self.world.take_in_flight() {
            self.totals.deploying += u128::from((now - ending.started).micros());
        }
        if self.rollout.job.is_active() {
            self.record_job(watch, now, None, now);
        }
    }

    /// Starts a robot that the world delays, or that may be broken. Apart from the loop, whose other robots need the
    /// registers.
    #[inline(never)]
    fn start_walked<O: Observer>(
        &mut self,
        watch: &mut Watch<'_, O>,
        now: Time,
        robot: RobotId,
        attempt: u32,
    ) -> Result<(), Cancelled> {
        let timeout = self.world.draws.plan.robot_timeout;
        let order = Order { job: self.operator.jobs() - 1, timeout, forced_failure: None };
        if self.world.start(now, robot, attempt, order, watch.stop()) {
            self.progress(watch, now, robot);
        }
        take_happenings(self, watch, now)
    }
}

impl<'p, C: Controller, Q: EventQueue, O: Observer> Host<'p, Watch<'_, O>> for Campaign<'p, C, Q> {
    type Controller = C;
    type Queue = Q;
    type Key = ();

    #[inline(always)]
    fn world(&mut self) -> &mut World<'p, Q> {
        &mut self.world
    }

    #[inline(always)]
    fn next_active(&self, after: Option<()>) -> Option<()> {
        if after.is_none() { Some(()) } else { None }
    }

    #[inline(always)]
    fn rollout(&mut self, (): ()) -> &mut Rollout<C> {
        &mut self.rollout
    }

    #[inline(always)]
    fn is_eventful(&self, now: Time) -> bool {
        now >= self.clock.quiet_until
    }

    fn fleet_timeout(&self) -> Span {
        self.world.draws.plan.fleet_timeout
    }

    fn egress_changed(&mut self, watch: &mut Watch<'_, O>, since: Time, rate: u64) {
        watch.observer.see(since, &Event::EgressChanged(rate));
    }

    #[inline(always)]
    fn progress(&mut self, watch: &mut Watch<'_, O>, now: Time, robot: RobotId) {
        watch.observer.see(now, &Event::RobotProgressed(robot));
        if self.rollout.fleet.progress(robot) {
            self.totals.first_progress += u128::from(now.micros());
            self.totals.peak_robots_down = self.totals.peak_robots_down.max(self.rollout.fleet.down());
            if !self.by_group.is_empty() {
                self.by_group.goes_down(self.world.draws.group_of(robot), now);
            }
        }
    }

    fn broken(&mut self, watch: &mut Watch<'_, O>, now: Time, robot: RobotId, step: RobotDeploymentStep) {
        watch.observer.see(now, &Event::RobotBroken { robot, step });
    }

    #[inline(always)]
    fn end_robot(&mut self, watch: &mut Watch<'_, O>, now: Time, ending: Ending, end: RobotEnd) {
        let first_hurt = match end {
            RobotEnd::InSync => {
                self.totals.in_sync_instants += u128::from(now.micros());
                false
            }
            RobotEnd::Failed(_) | RobotEnd::NoResponse => self.hurt.add(ending.robot),
            RobotEnd::Aborted => false,
        };
        if !self.by_group.is_empty() {
            let in_first_job = self.totals.first_job.is_none();
            self.by_group.ends(self.world.draws.group_of(ending.robot), now, end, first_hurt, in_first_job);
        }
        self.rollout.end_robot(now, ending.robot, end);
        self.totals.deploying += u128::from((now - ending.started).micros());
        watch.observer.see(now, &Event::RobotEnded { robot: ending.robot, started: ending.started, end });
    }

    fn end_late(&mut self, watch: &mut Watch<'_, O>, now: Time, robot: RobotId, end: RobotEnd, job: u32) {
        self.rollout.end_late(robot, end, job + 1 < self.operator.jobs());
        if end == RobotEnd::InSync {
            self.totals.late_syncs += 1;
            self.totals.in_sync_instants += u128::from(now.micros());
            if !self.by_group.is_empty() {
                self.by_group.ends(self.world.draws.group_of(robot), now, end, false, false);
            }
        }
        watch.observer.see(now, &Event::RobotEndedLate { robot, end });
    }

    fn register(&mut self, watch: &mut Watch<'_, O>, now: Time, group: u32) {
        let robot = self.rollout.fleet.register();
        self.world.register(group);
        if !self.by_group.is_empty() {
            self.by_group.register(group as usize);
        }
        watch.observer.see(now, &Event::RobotRegistered { robot, group });
    }

    fn halted(&mut self, watch: &mut Watch<'_, O>, now: Time, (): ()) {
        watch.observer.see(now, &Event::JobHalted);
    }

    fn take_in_flight(&mut self, (): ()) -> Vec<Ending> {
        self.world.take_in_flight()
    }

    fn job_over(&mut self, watch: &mut Watch<'_, O>, now: Time, (): ()) -> Option<CampaignOutcome> {
        // Robots that take no time give the instant another turn, after its calls.
        let free = if self.clock.acted == now { now + Span::from_micros(1) } else { now };
        self.end_job(watch, now, free)
    }

    fn calls(&mut self, watch: &mut Watch<'_, O>, now: Time) -> Result<Option<CampaignOutcome>, Cancelled> {
        if self.in_sync() && !self.rollout.job.is_active() {
            return Ok(Some(CampaignOutcome::InSync));
        }
        if now >= self.horizon {
            self.cut_off(watch, now);
            return Ok(Some(CampaignOutcome::Horizon));
        }
        if now >= self.clock.next_call {
            watch.count()?;
            let outcome = self.call(watch, now);
            if outcome.is_some() {
                self.cut_off(watch, now);
                return Ok(outcome);
            }
        }
        Ok(None)
    }

    fn job_began(&mut self, watch: &mut Watch<'_, O>, now: Time, (): ()) {
        watch.observer.see(now, &Event::JobBegan);
    }

    #[inline(always)]
    fn start_robot(
        &mut self,
        watch: &mut Watch<'_, O>,
        now: Time,
        (): (),
        robot: RobotId,
        attempt: u32,
    ) -> Result<(), Cancelled> {
        watch.count()?;
        self.rollout.robot_started(now);
        watch.observer.see(now, &Event::RobotStarted { robot, attempt });
        if self.world.journeys.is_some() && self.world.draws.group(robot).walked {
            return self.start_walked(watch, now, robot, attempt);
        }
        self.progress(watch, now, robot);
        let (job, fleet) = (&self.rollout.job, &self.rollout.fleet);
        let (following, attempt_of) = (|| job.pending(), |robot| fleet.attempts(robot));
        let drawn = self.ahead.attempt(&self.world.draws, robot, attempt, following, attempt_of);
        self.world.endings.push(Ending { due: now + drawn.duration, started: now, robot, end: drawn.end });
        Ok(())
    }
}

impl Instants {
    /// Before the call at time 0.
    const START: Instants = Instants {
        next: Time::ZERO,
        acted: Time::NEVER,
        next_call: Time::ZERO,
        due: Time::ZERO,
        quiet_until: Time::ZERO,
        job_ended: Time::ZERO,
    };
}
