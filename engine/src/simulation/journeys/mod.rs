//! Journeys: robot deployments that the world delays, because robots go offline (R14) or share their downloads (R16).
//!
//! A robot's walk through its steps is computed ahead as far as nothing else can change it: connectivity belongs to the
//! robot alone, so periods offline are walked over without an event. Only a download depends on others. So a journey
//! stops where its download begins, and is walked on from where it ends; meanwhile the robot's connectivity makes
//! events.

mod defects;
mod downloads;
mod position;
mod walk;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde::{Deserialize, Serialize};

use super::draws::Draws;
use super::endings::Ending;
use super::presence::{Outages, Presence};
use super::stop::Stop;
use super::{Plan, Timeline, Volume};
use crate::rollout::{DeploymentJobErrorCode, RobotDeploymentStep, RobotEnd, RobotId, clone_by_fields};
use crate::time::{Span, Time};
use defects::{Defect, Defects};
use downloads::Downloads;

pub use downloads::Downloaded;
pub use position::Position;
pub use walk::{Passage, Walk};

/// The journeys of one campaign.
#[derive(Debug, Serialize, Deserialize)]
pub struct Journeys {
    /// One a robot of the fleet.
    journeys: Vec<Journey>,
    events: BinaryHeap<Reverse<Due>>,
    /// The downloads that are going on (R16).
    downloads: Option<Downloads>,
    /// Of robots that somebody takes offline.
    outages: BTreeMap<RobotId, Outages>,
    /// What robots remember of failures that stay (R22).
    defects: Defects,
    /// No event later than this is kept.
    #[serde(skip)]
    horizon: Time,
}

clone_by_fields!([] Journeys { journeys, events, downloads, outages, defects, horizon });

/// What journeys are found by: the luck of their robots, and whether somebody wants the finding to be broken off. What
/// comes of one that is broken off means nothing.
#[derive(Clone, Copy, Debug)]
pub struct Guide<'a> {
    /// The luck of the robots.
    pub draws: &'a Draws<'a>,
    /// Looked at where a robot has a great many periods of connectivity.
    pub stop: Stop<'a>,
}

/// A robot's latest attempt.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Journey {
    /// Where the robot's connectivity was at its latest start: a later start goes on from there.
    timeline: Option<Timeline>,
    /// How far the attempt has been walked.
    walked: Option<Timeline>,
    attempt: u32,
    /// How often the robot has started, or its way has been found anew: earlier events mean nothing.
    generation: u32,
    /// The number of the job that started it.
    job: u32,
    started: Time,
    deadline: Time,
    /// Where the latest walk began: the first step, and the instant at which it is entered.
    first: u8,
    entered: Time,
    /// With which code it fails in Validating, whatever its luck.
    forced_failure: Option<DeploymentJobErrorCode>,
    /// When its end is reported, once that is known.
    reported: Time,
    stage: Stage,
    /// The bundle is there.
    downloaded: bool,
    /// The attempt has ended as `NoResponse` and goes on by itself.
    late: bool,
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// There is none.
    #[default]
    Idle,
    /// It will reach its download.
    Before,
    Downloading,
    /// Offline, with so much left to download.
    Paused(Volume),
    /// How it ends is known.
    Decided,
}

/// Something that comes to a robot, in the order in which it happens at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Due {
    at: Time,
    kind: DueKind,
    robot: RobotId,
    /// That of the journey that it belongs to.
    generation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum DueKind {
    /// A robot that was offline at its start begins.
    Progress,
    /// A download begins.
    Download,
    /// A robot leaves or returns during its download.
    Connectivity,
    /// The robot timeout, for an attempt whose end is not known.
    Deadline,
    /// A late attempt ends: after the deadline, so never at the instant of its own.
    Late(RobotEnd),
}

/// What a job says about a robot's deployment before it starts.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The number of the job.
    pub job: u32,
    /// How long the robot may take (R8).
    pub timeout: Span,
    /// With which code it fails in Validating, whatever its luck; none if luck decides.
    pub forced_failure: Option<DeploymentJobErrorCode>,
}

/// What a journey has come to.
#[derive(Clone, Copy, Debug)]
pub enum Happening {
    /// From this instant on the origin sends at this rate, in bits a second.
    Egress(Time, u64),
    /// The robot makes its first progress in this attempt.
    Progress(RobotId),
    /// The robot's deployment fails at this step, if nothing ends it before: it is broken there (R22).
    Broken(RobotId, RobotDeploymentStep),
    /// The robot's deployment ends, at this instant or later.
    Ends(Ending),
    /// An attempt that had ended as `NoResponse` in the job of this number has ended by itself (R14).
    Late(RobotId, RobotEnd, u32),
}

impl Journeys {
    /// What a robot takes, in bytes, and what something that comes to it does.
    pub(super) const A_ROBOT: usize = size_of::<Journey>();
    pub(super) const AN_EVENT: usize = size_of::<Due>();

    /// What a robot takes besides where so many steps of it may stay broken.
    pub(super) const fn defects_of_a_robot(slots: usize) -> usize {
        Defects::of_a_robot(slots)
    }

    /// Journeys under a plan.
    pub fn new(plan: &Plan) -> Journeys {
        Journeys {
            journeys: Vec::new(),
            events: BinaryHeap::new(),
            downloads: Downloads::new(plan),
            outages: BTreeMap::new(),
            defects: Defects::new(plan),
            horizon: Time::MAX,
        }
    }

    /// What was read back goes on under this plan, with so many robots; false if it is of another one.
    pub(super) fn resume(&mut self, plan: &Plan, robots: u32, horizon: Time) -> bool {
        self.horizon = horizon;
        let downloads = match &mut self.downloads {
            Some(downloads) => downloads.resume(plan),
            None => plan.download.is_none(),
        };
        let known = |robot: RobotId| robot < robots;
        downloads
            && self.defects.resume(plan, robots)
            && self.journeys.len() == robots as usize
            && self.events.iter().all(|Reverse(due)| known(due.robot))
            && self.outages.keys().all(|robot| known(*robot))
    }

    /// Begins another campaign of `robots` robots, which ends at `horizon` at the latest. Keeps the memory.
    pub fn reset(&mut self, robots: u32, horizon: Time) {
        self.journeys.clear();
        self.journeys.resize(robots as usize, Journey::default());
        self.events.clear();
        self.outages.clear();
        self.defects.reset(robots);
        self.horizon = horizon;
        if let Some(downloads) = &mut self.downloads {
            downloads.clear();
        }
    }

    /// Another robot has registered (R13).
    pub fn register(&mut self) {
        self.journeys.push(Journey::default());
        self.defects.register();
    }

    /// The next instant at which something happens, or [`Time::NEVER`].
    #[inline]
    pub fn next_due(&mut self) -> Time {
        let event = self.events.peek().map_or(Time::NEVER, |Reverse(event)| event.at);
        self.downloads.as_mut().map_or(event, |downloads| event.min(downloads.next_completion()))
    }

    /// Starts a robot's attempt as a job orders (R7); what is left of the one before is forgotten. True if the robot is
    /// online, so that it makes progress at once.
    pub fn start(
        &mut self,
        guide: Guide<'_>,
        now: Time,
        robot: RobotId,
        attempt: u32,
        order: Order,
        happenings: &mut Vec<Happening>,
    ) -> bool {
        self.abandon(guide.draws, robot, now);
        let Order { job, timeout, forced_failure } = order;
        let deadline = now + timeout;
        let journey = &mut self.journeys[robot as usize];
        let (timeline, generation) = (journey.timeline.take(), journey.generation.wrapping_add(1));
        *journey = Journey {
            timeline,
            attempt,
            generation,
            job,
            started: now,
            deadline,
            forced_failure,
            ..Journey::default()
        };
        if let Some(plan) = &guide.draws.group(robot).connectivity {
            let timeline = journey.timeline.get_or_insert_with(|| Timeline::new(plan, &guide.draws.luck, robot));
            timeline.advance(plan, now, guide.stop);
            journey.walked = Some(timeline.clone());
        }
        if self.outages.get_mut(&robot).is_some_and(|outages| outages.forget_before(now)) {
            self.outages.remove(&robot);
        }
        self.begin(guide, robot, now, happenings) == now
    }

    /// Finds the way of a robot that has started at `started`, from its first progress on: when that is.
    fn begin(&mut self, guide: Guide<'_>, robot: RobotId, started: Time, happenings: &mut Vec<Happening>) -> Time {
        let begins = self.begins(guide, robot, started);
        if begins > started {
            self.schedule(begins, DueKind::Progress, robot);
        }
        self.walk(guide, robot, 0, begins, happenings);
        let Journey { stage, deadline, late, .. } = self.journeys[robot as usize];
        if stage == Stage::Before && !late {
            self.schedule(deadline, DueKind::Deadline, robot);
        }
        begins
    }

    /// The first instant from `started` on at which the robot is online, and inside of the windows in which it may be worked on.
    fn begins(&mut self, guide: Guide<'_>, robot: RobotId, started: Time) -> Time {
        let horizon = self.horizon;
        let mut presence = presence(&mut self.journeys, &self.outages, guide, robot);
        let mut online_from = |at| presence.as_mut().map_or(at, |presence| presence.online_from(at));
        let mut online = online_from(started);
        let Some(windows) = &guide.draws.group(robot).pauses else { return online };
        loop {
            let opens = windows.opens(online);
            if opens == online {
                return online;
            }
            if opens > horizon || guide.stop.is_asked() {
                return Time::NEVER;
            }
            online = online_from(opens);
        }
    }

    /// Whether an attempt of the robot goes on by itself when it has timed out (R14).
    fn carries_on(&self, guide: Guide<'_>, robot: RobotId) -> bool {
        guide.draws.group(robot).connectivity.is_some() || self.outages.contains_key(&robot)
    }

    /// Whether somebody has taken the robot offline.
    pub fn forced_offline(&self, robot: RobotId) -> bool {
        self.outages.get(&robot).is_some_and(Outages::offline)
    }

    /// Somebody takes a robot offline at `now`, to which journeys have been brought, or lets it back; besides, its own
    /// connectivity goes on. What that comes to is found anew.
    pub fn force_offline(
        &mut self,
        guide: Guide<'_>,
        robot: RobotId,
        offline: bool,
        now: Time,
        happenings: &mut Vec<Happening>,
    ) {
        if !self.outages.entry(robot).or_default().set(now, offline) {
            return;
        }
        let journey = &mut self.journeys[robot as usize];
        let over = journey.stage == Stage::Idle || journey.stage == Stage::Decided && journey.reported <= now;
        if over {
            if self.outages.get_mut(&robot).is_some_and(|outages| outages.forget_before(now)) {
                self.outages.remove(&robot);
            }
            return;
        }
        self.defects.settle(robot, now);
        let journey = &mut self.journeys[robot as usize];
        journey.generation = journey.generation.wrapping_add(1);
        journey.walked = journey.timeline.clone();
        journey.late |= now >= journey.deadline;
        let Journey { stage, first, entered, started, deadline, late, .. } = *journey;
        match stage {
            Stage::Downloading => {
                let left = self.downloads.as_mut().and_then(|downloads| downloads.remove(robot));
                self.journeys[robot as usize].stage = Stage::Paused(left.unwrap_or_default());
                self.resume_download(guide, robot, now);
            }
            Stage::Paused(_) => self.resume_download(guide, robot, now),
            // It has not begun.
            _ if entered > now && first == 0 => _ = self.begin(guide, robot, started, happenings),
            _ => self.walk(guide, robot, first.into(), entered, happenings),
        }
        let undecided =
            matches!(self.journeys[robot as usize].stage, Stage::Before | Stage::Downloading | Stage::Paused(_));
        let begun = !(entered > now && first == 0);
        if undecided && begun && !late {
            self.schedule(deadline, DueKind::Deadline, robot);
        }
    }

    /// A download that waits goes on when the robot is online.
    fn resume_download(&mut self, guide: Guide<'_>, robot: RobotId, now: Time) {
        let presence = presence(&mut self.journeys, &self.outages, guide, robot);
        let returns = presence.map_or(now, |mut presence| presence.online_from(now));
        if returns != Time::NEVER {
            self.schedule(returns, DueKind::Connectivity, robot);
        }
    }

    /// Brings the journeys to `now`, which is not later than [`Journeys::next_due`], and says what that comes to.
    pub fn advance(&mut self, guide: Guide<'_>, now: Time, happenings: &mut Vec<Happening>) {
        if let Some(downloads) = &mut self.downloads {
            downloads.advance(now, happenings);
        }
        // Who is complete at the rates until now is, whatever else happens. Then all that changes the rates at this
        // instant comes before they are found again, so that no order of it matters; and that may complete others in
        // time.
        loop {
            if let Some(robot) = self.downloads.as_mut().and_then(Downloads::completed) {
                self.extract(guide, robot, now, happenings);
            } else if let Some(event) = self.take_event(now, |kind| kind < DueKind::Deadline) {
                self.happen(guide, event, happenings);
            } else if let Some(robot) = self.downloads.as_mut().and_then(|downloads| downloads.complete(now)) {
                self.extract(guide, robot, now, happenings);
            } else if let Some(event) = self.take_event(now, |_| true) {
                self.happen(guide, event, happenings);
            } else {
                break;
            }
        }
    }

    /// Takes the next event of `now`, if it is of a kind that is wanted; events of attempts that are over are dropped.
    fn take_event(&mut self, now: Time, wanted: impl Fn(DueKind) -> bool) -> Option<Due> {
        loop {
            let Reverse(event) = *self.events.peek()?;
            if event.at != now || !wanted(event.kind) {
                return None;
            }
            self.events.pop();
            if self.journeys[event.robot as usize].generation == event.generation {
                return Some(event);
            }
        }
    }

    fn happen(&mut self, guide: Guide<'_>, event: Due, happenings: &mut Vec<Happening>) {
        let Due { at: now, robot, .. } = event;
        let journey = &mut self.journeys[robot as usize];
        match (event.kind, journey.stage) {
            (_, Stage::Idle) => {}
            (DueKind::Progress, _) => happenings.push(Happening::Progress(robot)),
            (DueKind::Download, Stage::Before) => {
                self.download(guide, robot, Volume::from_bytes(guide.draws.bundle(robot)));
            }
            (DueKind::Connectivity, Stage::Paused(left)) => self.download(guide, robot, left),
            (DueKind::Connectivity, Stage::Downloading) => self.pause(guide, robot),
            (DueKind::Deadline, Stage::Before | Stage::Downloading | Stage::Paused(_)) => {
                let ending = Ending { due: now, started: journey.started, robot, end: RobotEnd::NoResponse };
                happenings.push(Happening::Ends(ending));
                journey.late = true;
                if !self.carries_on(guide, robot) {
                    self.abandon(guide.draws, robot, now);
                }
            }
            (DueKind::Late(end), Stage::Decided) => {
                journey.stage = Stage::Idle;
                happenings.push(Happening::Late(robot, end, journey.job));
            }
            (DueKind::Download | DueKind::Connectivity | DueKind::Deadline | DueKind::Late(_), _) => {}
        }
    }

    /// Takes the robot's download up, for a robot that is online.
    fn download(&mut self, guide: Guide<'_>, robot: RobotId, left: Volume) {
        let journey = &mut self.journeys[robot as usize];
        journey.stage = Stage::Downloading;
        let leaves = journey.walked.as_ref().map(Timeline::until);
        if let Some(downloads) = &mut self.downloads {
            downloads.add(robot, guide.draws.group_of(robot), guide.draws.link(robot), left);
        }
        if let Some(leaves) = leaves {
            self.schedule(leaves, DueKind::Connectivity, robot);
        }
    }

    /// The robot goes offline during its download.
    fn pause(&mut self, guide: Guide<'_>, robot: RobotId) {
        let left = self.downloads.as_mut().and_then(|downloads| downloads.remove(robot));
        let journey = &mut self.journeys[robot as usize];
        if let (Some(left), Some(walked)) = (left, &journey.walked) {
            journey.stage = Stage::Paused(left);
            let leaves = walked.until();
            let presence = presence(&mut self.journeys, &self.outages, guide, robot);
            let returns = presence.map_or(leaves, |mut presence| presence.online_from(leaves));
            self.schedule(returns, DueKind::Connectivity, robot);
        }
    }

    /// The download is complete: what follows is known.
    fn extract(&mut self, guide: Guide<'_>, robot: RobotId, now: Time, happenings: &mut Vec<Happening>) {
        let downloads = |step: RobotDeploymentStep| step == RobotDeploymentStep::DownloadingExtracting;
        let index = guide.draws.group(robot).steps.iter().position(|step| downloads(step.step)).unwrap_or_default();
        if let Some(downloads) = &mut self.downloads {
            downloads.count(guide.draws.bundle(robot), Volume::default());
        }
        self.journeys[robot as usize].downloaded = true;
        self.walk(guide, robot, index, now, happenings);
    }

    /// Walks through the steps from `first` on, which is entered at `at`, up to the download or the end.
    fn walk(&mut self, guide: Guide<'_>, robot: RobotId, first: usize, at: Time, happenings: &mut Vec<Happening>) {
        let journey = &mut self.journeys[robot as usize];
        (journey.first, journey.entered) = (first as u8, at);
        if at == Time::NEVER {
            return self.decide(guide, robot, at, RobotEnd::NoResponse, happenings);
        }
        let (attempt, forced_failure) = (journey.attempt, journey.forced_failure);
        let stops_to_download = self.downloads.is_some() && !journey.downloaded;
        let horizon = self.horizon;
        let deadline = journey.deadline;
        let presence = presence(&mut self.journeys, &self.outages, guide, robot);
        let mut walk = Walk::new(guide.draws, (robot, attempt), first, at, presence).broken(self.defects.of(robot));
        let (mut at, mut end) = (at, RobotEnd::InSync);
        let mut anew = None;
        while let Some(step) = walk.next_step() {
            if forced_failure.is_some() && step.step != RobotDeploymentStep::Validating {
                break;
            }
            if stops_to_download && step.step == RobotDeploymentStep::DownloadingExtracting {
                let entered = walk.enter();
                let begins = walk.online_from(entered);
                self.journeys[robot as usize].stage = Stage::Before;
                return self.schedule(begins, DueKind::Download, robot);
            }
            let until = walk.pass(horizon).map_or(Time::NEVER, |passage| passage.until);
            // What ends after the horizon ends no more.
            at = if until <= horizon { until } else { Time::NEVER };
            if at == Time::NEVER {
                break;
            }
            if let Some(defect) = walk.defect(step) {
                end = RobotEnd::Failed(defect.code);
                happenings.push(Happening::Broken(robot, step.step));
                break;
            }
            if let Some(code) = walk.failure(step) {
                (end, anew) = (RobotEnd::Failed(code), Some((*step, code)));
                break;
            }
        }
        let end = forced_failure.map_or(end, RobotEnd::Failed);
        let reported = walk.online_from(at);
        // What would fail after the end of its attempt does not.
        if let Some((step, code)) = anew
            && (at <= deadline || self.carries_on(guide, robot))
            && let Some(slot) = step.defect_slot
            && let Some(until) = guide.draws.broken_until(&step, robot, attempt, at)
        {
            self.defects.expect(robot, Defect { slot, since: at, until, code });
        }
        self.decide(guide, robot, reported, end, happenings);
    }

    /// The attempt will be reported as ended at `reported`, or never.
    fn decide(
        &mut self,
        guide: Guide<'_>,
        robot: RobotId,
        reported: Time,
        end: RobotEnd,
        happenings: &mut Vec<Happening>,
    ) {
        let journey = &mut self.journeys[robot as usize];
        (journey.stage, journey.reported) = (Stage::Decided, reported);
        let (started, deadline) = (journey.started, journey.deadline);
        if !journey.late {
            let in_time = reported <= deadline;
            let (due, end) = if in_time { (reported, end) } else { (deadline, RobotEnd::NoResponse) };
            happenings.push(Happening::Ends(Ending { due, started, robot, end }));
            if in_time {
                return;
            }
        }
        if self.carries_on(guide, robot) {
            self.schedule(reported, DueKind::Late(end), robot);
        }
    }

    fn schedule(&mut self, at: Time, kind: DueKind, robot: RobotId) {
        if at <= self.horizon {
            let generation = self.journeys[robot as usize].generation;
            self.events.push(Reverse(Due { at, kind, robot, generation }));
        }
    }

    /// Forgets the robot's attempt at `now`, wherever it is.
    pub fn abandon(&mut self, draws: &Draws<'_>, robot: RobotId, now: Time) {
        self.defects.settle(robot, now);
        self.break_off(draws, robot);
    }

    /// Ends the robot's attempt and its download.
    fn break_off(&mut self, draws: &Draws<'_>, robot: RobotId) {
        let stage = std::mem::take(&mut self.journeys[robot as usize].stage);
        if let Some(downloads) = &mut self.downloads {
            let left = match stage {
                Stage::Downloading => downloads.remove(robot),
                Stage::Paused(left) => Some(left),
                Stage::Idle | Stage::Before | Stage::Decided => None,
            };
            if let Some(left) = left {
                downloads.count(draws.bundle(robot), left);
            }
        }
    }

    /// Forgets the attempts that go on by themselves: they belong to a deployment that has been superseded (R3).
    pub fn abandon_late(&mut self, draws: &Draws<'_>, now: Time) {
        let late = |robot: &RobotId| !matches!(self.journeys[*robot as usize].stage, Stage::Idle);
        let late: Vec<RobotId> = (0..self.journeys.len() as RobotId).filter(late).collect();
        late.into_iter().for_each(|robot| self.abandon(draws, robot, now));
    }

    /// The robots in flight whose end is not known, as endings that never come, in order.
    pub fn undecided(&self) -> impl Iterator<Item = Ending> + '_ {
        let undecided = |journey: &Journey| {
            !journey.late && matches!(journey.stage, Stage::Before | Stage::Downloading | Stage::Paused(_))
        };
        let endings = (0..).zip(&self.journeys).filter(move |(_, journey)| undecided(journey));
        endings.map(|(robot, journey)| Ending {
            due: Time::NEVER,
            started: journey.started,
            robot,
            end: RobotEnd::Aborted,
        })
    }

    /// Ends the campaign: what downloads have come to.
    pub fn finish(&mut self, draws: &Draws<'_>) -> Option<Downloaded> {
        (0..self.journeys.len() as RobotId).for_each(|robot| self.break_off(draws, robot));
        self.downloads.as_ref().map(Downloads::total)
    }
}

/// When the robot is online, from where its walk has come; none if it always is.
#[inline]
fn presence<'a>(
    journeys: &'a mut [Journey],
    outages: &'a BTreeMap<RobotId, Outages>,
    guide: Guide<'a>,
    robot: RobotId,
) -> Option<Presence<'a>> {
    let outages = if outages.is_empty() { None } else { outages.get(&robot) };
    let walked = journeys[robot as usize].walked.as_mut();
    Presence::new(guide.draws.group(robot).connectivity.as_ref(), walked, outages, guide.stop)
}
