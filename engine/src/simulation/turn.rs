//! The loop: what happens at one instant, in R1's order. Everybody who lets virtual time pass does it here.

use std::collections::BTreeSet;

use super::stop::{Cancelled, Stop};
use super::{Ending, EventQueue, Happening, Rollout, World};
use crate::rollout::{CampaignOutcome, Controller, OnBreach, RobotDeploymentStep, RobotEnd, RobotId, Start};
use crate::time::{Span, Time};

/// What an instant comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There are further instants.
    GoesOn,
    /// The campaign has ended, and so.
    Over(CampaignOutcome),
}

/// How long somebody waits for an instant that holds as many events as there are robots.
pub trait Patience {
    /// Counts an event.
    ///
    /// # Errors
    /// Nobody wants to wait any longer.
    fn count(&mut self) -> Result<(), Cancelled>;

    /// The same for what takes long without an event.
    fn stop(&self) -> Stop<'_>;
}

/// Waits as long as it takes.
impl Patience for () {
    #[inline(always)]
    fn count(&mut self) -> Result<(), Cancelled> {
        Ok(())
    }

    #[inline(always)]
    fn stop(&self) -> Stop<'_> {
        Stop::NEVER
    }
}

/// Those who have robots deploy: one rollout or many over the robots of one world. They are told what happens, and say
/// what of it concerns them alone. `W` goes along with every turn.
pub trait Host<'p, W: Patience> {
    /// What steers the jobs.
    type Controller: Controller;
    /// The queue of the world.
    type Queue: EventQueue;
    /// What tells one rollout from another.
    type Key: Copy;

    fn world(&mut self) -> &mut World<'p, Self::Queue>;

    /// The first rollout that may have an active job, or the one after another.
    fn next_active(&self, after: Option<Self::Key>) -> Option<Self::Key>;

    /// A rollout that may have an active job.
    fn rollout(&mut self, key: Self::Key) -> &mut Rollout<Self::Controller>;

    /// Whether anything but endings and starts may happen at `now`.
    #[inline(always)]
    fn is_eventful(&self, _now: Time) -> bool {
        true
    }

    /// The number in the world of a rollout's robot.
    fn robot_in_world(&self, _key: Self::Key, robot: RobotId) -> RobotId {
        robot
    }

    /// How long a job may be `InProgress` (R10).
    fn fleet_timeout(&self) -> Span;

    /// Since this instant, the origin sends at this rate in bits a second (R16).
    fn egress_changed(&mut self, _watch: &mut W, _since: Time, _rate: u64) {}

    /// A deployment makes its first progress.
    fn progress(&mut self, watch: &mut W, now: Time, robot: RobotId);

    /// A deployment is going to fail at this step, where the robot is broken (R22), if nothing ends it before.
    fn broken(&mut self, _watch: &mut W, _now: Time, _robot: RobotId, _step: RobotDeploymentStep) {}

    /// A robot in flight has ended, perhaps in another way than was expected.
    fn end_robot(&mut self, watch: &mut W, now: Time, ending: Ending, end: RobotEnd);

    /// An attempt that had ended as `NoResponse` in the job of this number has ended by itself (R14).
    fn end_late(&mut self, watch: &mut W, now: Time, robot: RobotId, end: RobotEnd, job: u32);

    /// A robot registers (R13) with this group.
    fn register(&mut self, watch: &mut W, now: Time, group: u32);

    /// A job halts (R9).
    fn halted(&mut self, watch: &mut W, now: Time, key: Self::Key);

    /// Takes the robots of a rollout that are in flight, in order.
    fn take_in_flight(&mut self, key: Self::Key) -> Vec<Ending>;

    /// A job has ended: the outcome, if that ends all.
    fn job_over(&mut self, watch: &mut W, now: Time, key: Self::Key) -> Option<CampaignOutcome>;

    /// What else ends the campaign, and the calls of the instant (R12): the outcome, if that ends all.
    ///
    /// # Errors
    /// Nobody wants to wait any longer.
    #[inline(always)]
    fn calls(&mut self, _watch: &mut W, _now: Time) -> Result<Option<CampaignOutcome>, Cancelled> {
        Ok(None)
    }

    /// A job is `InProgress` (R5).
    fn job_began(&mut self, watch: &mut W, now: Time, key: Self::Key);

    /// A job starts a robot of its fleet, which has made so many attempts for it.
    ///
    /// # Errors
    /// Nobody wants to wait any longer.
    fn start_robot(
        &mut self,
        watch: &mut W,
        now: Time,
        key: Self::Key,
        robot: RobotId,
        attempt: u32,
    ) -> Result<(), Cancelled>;
}

/// The first half of a turn: connectivity, endings, registrations. True if anything but endings and starts may happen in it,
/// which is for the second half to know.
///
/// # Errors
/// Nobody wants to wait any longer.
#[inline(always)]
pub fn arrive<'p, W: Patience, H: Host<'p, W>>(host: &mut H, watch: &mut W, now: Time) -> Result<bool, Cancelled> {
    let eventful = host.is_eventful(now);
    if eventful {
        host.world().advance(now, watch.stop());
        take_happenings(host, watch, now)?;
    }
    while let Some(ending) = host.world().endings.pop_due(now) {
        host.end_robot(watch, now, ending, ending.end);
    }
    if eventful {
        while let Some(group) = host.world().pop_registration(now) {
            watch.count()?;
            host.register(watch, now, group);
        }
    }
    Ok(eventful)
}

/// The second half: halts, ends of jobs and fleet timeouts; the horizon and the calls; beginnings of jobs; starts.
/// Whether anything but endings and starts has happened in the turn.
#[inline(always)]
pub(super) fn act<'p, W: Patience, H: Host<'p, W>>(
    host: &mut H,
    watch: &mut W,
    now: Time,
    mut eventful: bool,
) -> Result<(Turn, bool), Cancelled> {
    let mut next = host.next_active(None);
    while let Some(key) = next {
        if settle_job(host, watch, now, key) {
            eventful = true;
            if let Some(outcome) = host.job_over(watch, now, key) {
                return Ok((Turn::Over(outcome), true));
            }
        }
        next = host.next_active(Some(key));
    }
    if eventful {
        if let Some(outcome) = host.calls(watch, now)? {
            return Ok((Turn::Over(outcome), true));
        }
        begin_jobs(host, watch, now);
    }
    let mut next = host.next_active(None);
    while let Some(key) = next {
        start_robots(host, watch, now, key)?;
        next = host.next_active(Some(key));
    }
    Ok((Turn::GoesOn, eventful))
}

/// A turn for those for whom every instant may hold anything. Robots that take no time give the instant another one.
///
/// # Errors
/// Nobody wants to wait any longer.
pub fn turn<'p, W: Patience, H: Host<'p, W>>(host: &mut H, watch: &mut W, now: Time) -> Result<Turn, Cancelled> {
    let eventful = arrive(host, watch, now)?;
    Ok(act(host, watch, now, eventful)?.0)
}

/// Takes what has come of journeys.
///
/// # Errors
/// Nobody wants to wait any longer.
pub fn take_happenings<'p, W: Patience, H: Host<'p, W>>(
    host: &mut H,
    watch: &mut W,
    now: Time,
) -> Result<(), Cancelled> {
    if host.world().journeys.is_none() {
        return Ok(());
    }
    // What was found by a walk that was broken off means nothing.
    watch.stop().check()?;
    let mut happenings = std::mem::take(&mut host.world().happenings);
    for happening in happenings.drain(..) {
        watch.count()?;
        match happening {
            Happening::Egress(since, rate) => host.egress_changed(watch, since, rate),
            Happening::Progress(robot) => host.progress(watch, now, robot),
            Happening::Broken(robot, step) => host.broken(watch, now, robot, step),
            Happening::Ends(ending) => host.world().endings.push(ending),
            Happening::Late(robot, end, job) => host.end_late(watch, now, robot, end, job),
        }
    }
    host.world().happenings = happenings;
    Ok(())
}

/// Halts a job if it must, and ends it if it is over; true if it has ended.
#[inline(always)]
fn settle_job<'p, W: Patience, H: Host<'p, W>>(host: &mut H, watch: &mut W, now: Time, key: H::Key) -> bool {
    let rollout = host.rollout(key);
    if let Some(in_flight) = rollout.job.judge(now) {
        halt(host, watch, now, key, in_flight);
    }
    let rollout = host.rollout(key);
    let over = rollout.job.conclude();
    if now >= rollout.times_out && !over {
        abort_in_flight(host, watch, now, key);
        host.rollout(key).job.time_out();
        return true;
    }
    over
}

#[cold]
fn halt<'p, W: Patience, H: Host<'p, W>>(host: &mut H, watch: &mut W, now: Time, key: H::Key, in_flight: OnBreach) {
    host.halted(watch, now, key);
    if in_flight == OnBreach::Abort {
        abort_in_flight(host, watch, now, key);
    }
}

/// Ends the robots in flight with their job (R9 with `abort`, R10, R19).
pub fn abort_in_flight<'p, W: Patience, H: Host<'p, W>>(host: &mut H, watch: &mut W, now: Time, key: H::Key) {
    for ending in host.take_in_flight(key) {
        host.world().abandon(ending.robot, now);
        host.end_robot(watch, now, ending, RobotEnd::Aborted);
    }
}

/// Windows of starts open or close (R21).
#[cold]
fn pass_gates<'p, W: Patience, H: Host<'p, W>>(host: &mut H, now: Time, key: H::Key) {
    let plan = host.world().plan();
    let Some(gates) = &plan.gates else { return };
    let job = &host.rollout(key).job;
    // Whoever has not started by a halt never does.
    let waiting: Vec<RobotId> = if job.halted() { Vec::new() } else { job.waiting().collect() };
    // Groups of robots that wait; whether they may start.
    let mut open: Vec<Option<bool>> = vec![None; plan.groups().len()];
    let mut closed = BTreeSet::new();
    for robot in waiting {
        let in_world = host.robot_in_world(key, robot);
        let group = host.world().draws().group_of(in_world);
        if !*open[group].get_or_insert_with(|| gates.is_open(group, now)) {
            closed.insert(robot);
        }
    }
    let waited_for = (0..).zip(&open).filter(|(_, open)| open.is_some());
    let next = waited_for.map(|(group, _)| gates.next_change(group, now)).min();
    let rollout = host.rollout(key);
    if next.is_some() {
        rollout.job.set_open(|robot| !closed.contains(&robot));
    }
    rollout.gates = next.unwrap_or(Time::NEVER);
}

fn begin_jobs<'p, W: Patience, H: Host<'p, W>>(host: &mut H, watch: &mut W, now: Time) {
    let mut next = host.next_active(None);
    while let Some(key) = next {
        let fleet_timeout = host.fleet_timeout();
        let rollout = host.rollout(key);
        if now >= rollout.begins {
            rollout.begin_job(now, fleet_timeout);
            if host.world().plan().gates.is_some() {
                host.rollout(key).gates = now;
            }
            host.job_began(watch, now, key);
        }
        if now >= host.rollout(key).gates {
            pass_gates(host, now, key);
        }
        next = host.next_active(Some(key));
    }
}

/// Starts robots until the job says no (R4, R6).
#[inline(always)]
fn start_robots<'p, W: Patience, H: Host<'p, W>>(
    host: &mut H,
    watch: &mut W,
    now: Time,
    key: H::Key,
) -> Result<(), Cancelled> {
    let wake = loop {
        let rollout = host.rollout(key);
        match rollout.job.start_next(now, &mut rollout.fleet) {
            Start::Robot { robot, attempt } => host.start_robot(watch, now, key, robot, attempt)?,
            Start::Nobody => break Time::NEVER,
            Start::NotBefore(instant) => break instant,
        }
    };
    host.rollout(key).wake = wake;
    Ok(())
}
