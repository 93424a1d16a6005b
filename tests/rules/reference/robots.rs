//! What a robot goes through (R7, R8, R14, R16, R21).

use std::collections::BTreeMap;

use rollcast::rollout::{DeploymentJobErrorCode, RobotDeploymentStep, RobotEnd, RobotId, RobotStatus};
use rollcast::scenario::AtEnd;
use rollcast::simulation::{GroupRecord, StepDraw, Timeline};
use rollcast::time::{Span, Time};

use super::super::history::Attempt;
use super::{Event, Model, windows};

pub struct Robot {
    pub status: RobotStatus,
    pub attempts: Vec<Attempt>,
    /// Its own periods and the outages of its site; none if they let it be always online.
    timeline: Option<Timeline>,
    /// When it is in its group's windows; none if that does not matter (R21).
    visits: Option<Vec<(i64, i64)>>,
    online: bool,
    doing: Doing,
    /// The step that it is in, as an index into R7's list, and what it has drawn for it.
    step: usize,
    draw: StepDraw,
    /// Where it is broken: until when, and with which code it fails there (R22).
    broken: BTreeMap<usize, (Time, DeploymentJobErrorCode)>,
    pub down_since: Option<Time>,
}

/// How its latest attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Nothing,
    /// It has started and waits for its return to begin.
    Awaiting,
    /// It has started or is between two steps, and waits for its group's maintenance to go on with this step (R21).
    AwaitingWindow {
        begun: bool,
        step: usize,
    },
    /// It is in a step, or extracts what it has downloaded, until then.
    Step {
        until: Time,
    },
    /// It waits for its return to go on with the step for so long.
    Paused {
        left: Span,
    },
    /// Its step is over but for its end, which never comes (R22).
    Hanging,
    /// It waits for its return to download.
    AwaitingDownload,
    /// It downloads, or waits for its return to go on with that.
    Download,
    /// Its attempt is over: it reports so.
    Reporting(RobotEnd),
}

/// A step that the scenario leaves out takes no time and cannot fail (R7).
const NOTHING_TO_DO: StepDraw = StepDraw { latency: Span::ZERO, failure: None, hangs: false };

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

/// How many of them pause while the robot is offline: those before the launch (R14).
const ONLINE_STEPS: usize = 3;

impl Robot {
    /// Whether an attempt goes on, in a job or by itself.
    pub fn goes_on(&self) -> bool {
        self.doing != Doing::Nothing
    }

    fn is_online(&self) -> bool {
        self.online
    }

    /// Whether it may be offline at all.
    fn comes_and_goes(&self) -> bool {
        self.timeline.is_some() || self.visits.is_some()
    }

    fn online_at(&self, now: Time) -> bool {
        self.timeline.as_ref().is_none_or(Timeline::online)
            && self.visits.as_ref().is_none_or(|visits| windows::is_open(visits, now))
    }

    /// When that may change.
    fn online_until(&self, now: Time) -> Option<Time> {
        let visit = self.visits.as_ref().and_then(|visits| windows::next_change(visits, now));
        self.timeline.as_ref().map(Timeline::until).into_iter().chain(visit).min()
    }
}

impl Model<'_> {
    /// A robot joins the fleet.
    pub fn add_robot(&mut self, group: usize) {
        let id = self.robots.len() as RobotId;
        let connectivity = self.groups[group].connectivity.as_ref();
        let timeline = connectivity.map(|plan| {
            let mut timeline = Timeline::new(plan, &self.luck, id);
            while timeline.until() <= self.now {
                timeline.next(plan);
            }
            timeline
        });
        let docking = self.scenario.groups[group].connectivity.as_ref().and_then(|own| own.docking.as_ref());
        let visits = docking.zip(self.docking[group].as_ref());
        let visits = visits.map(|(docking, windows)| windows::visits(windows, docking, &self.luck, id));
        self.group_of.push(group);
        let mut robot = Robot {
            status: RobotStatus::Registered,
            attempts: Vec::new(),
            timeline,
            visits,
            online: true,
            doing: Doing::Nothing,
            step: 0,
            draw: NOTHING_TO_DO,
            broken: BTreeMap::new(),
            down_since: None,
        };
        robot.online = robot.online_at(self.now);
        if let Some(until) = robot.online_until(self.now) {
            self.at(until, Event::Connectivity(id));
        }
        self.robots.push(robot);
    }

    fn robot(&mut self, id: RobotId) -> &mut Robot {
        &mut self.robots[id as usize]
    }

    /// Rates are found again, once all that changes them at this instant before any timeout has happened.
    fn share_again(&mut self) {
        self.events.insert((self.now, Event::Share));
    }

    // Connectivity (R14).

    pub fn change_connectivity(&mut self, id: RobotId) {
        let now = self.now;
        let group = self.group_of[id as usize];
        let robot = &mut self.robots[id as usize];
        if let (Some(timeline), Some(plan)) = (&mut robot.timeline, &self.groups[group].connectivity)
            && timeline.until() <= now
        {
            timeline.next(plan);
        }
        let (before, online) = (robot.online, robot.online_at(now));
        robot.online = online;
        let until = robot.online_until(now);
        if let Some(until) = until {
            self.at(until, Event::Connectivity(id));
        }
        match (before, online) {
            (false, true) => self.go_on(id),
            (true, false) => self.pause(id, now),
            _ => self.see("a window or an outage that makes no difference", true),
        }
    }

    fn go_on(&mut self, id: RobotId) {
        let doing = self.robot(id).doing;
        match doing {
            Doing::Nothing | Doing::Step { .. } | Doing::Hanging | Doing::AwaitingWindow { .. } => {}
            Doing::Awaiting if self.pauses(id) => {
                self.see("a robot that returns after its window", true);
                self.await_window(id, false, 0);
            }
            Doing::Awaiting => self.begin_attempt(id),
            Doing::Paused { left } => self.run_step(id, left),
            Doing::AwaitingDownload => self.download(id),
            Doing::Download => {
                self.downloads.as_mut().expect("it downloads").resume(id);
                self.share_again();
            }
            Doing::Reporting(_) => self.at(self.now, Event::StepEnd(id)),
        }
    }

    fn begin_attempt(&mut self, id: RobotId) {
        let timed_out = self.robot(id).status != RobotStatus::Deploying;
        self.see("a first progress after NoResponse", timed_out);
        self.progress(id);
        self.enter_step(id, 0);
    }

    // Maintenance (R21).

    /// Whether the robot may not go on with another step.
    fn pauses(&self, id: RobotId) -> bool {
        let group = self.group_of[id as usize];
        let maintenance = self.scenario.groups[group].maintenance.as_ref();
        maintenance.is_some_and(|maintenance| maintenance.at_end == AtEnd::Pause)
            && !windows::is_open(self.maintenance[group].as_ref().expect("it has windows"), self.now)
    }

    fn await_window(&mut self, id: RobotId, begun: bool, step: usize) {
        let windows = self.maintenance[self.group_of[id as usize]].as_ref().expect("it has windows");
        // What is closed opens at the next change.
        if let Some(opens) = windows::next_change(windows, self.now) {
            self.at(opens, Event::Window(id));
        }
        self.robot(id).doing = Doing::AwaitingWindow { begun, step };
    }

    pub fn window_opens(&mut self, id: RobotId) {
        let Robot { doing, online, .. } = self.robots[id as usize];
        match doing {
            Doing::AwaitingWindow { begun: true, step } => self.enter_step(id, step),
            // It begins nothing before its return (R14).
            Doing::AwaitingWindow { begun: false, .. } if !online => {
                self.see("a window that opens for a robot that is offline again", true);
                self.robot(id).doing = Doing::Awaiting;
            }
            Doing::AwaitingWindow { begun: false, .. } => self.begin_attempt(id),
            _ => unreachable!("nobody waits for it"),
        }
    }

    fn pause(&mut self, id: RobotId, now: Time) {
        let robot = &self.robots[id as usize];
        match robot.doing {
            // What is complete as the robot leaves is complete.
            Doing::Step { until } if robot.step < ONLINE_STEPS && until > now => {
                self.see("a step that pauses", true);
                self.robot(id).doing = Doing::Paused { left: until - now };
                self.cancel(|event| matches!(event, Event::StepEnd(robot) | Event::Window(robot) if robot == id));
            }
            Doing::Download => {
                let downloads = self.downloads.as_mut().expect("it downloads");
                let complete = !downloads.pause(id, now);
                self.sights.insert(if complete {
                    "a download complete as its robot leaves"
                } else {
                    "a download that pauses"
                });
                if complete {
                    self.downloads.as_mut().expect("it downloads").complete(id);
                    self.extract(id);
                }
                self.share_again();
            }
            Doing::Step { until } if until > now => self.see("a launch that goes on offline", true),
            Doing::Step { .. } => self.see("a step that ends as its robot leaves", robot.step < ONLINE_STEPS),
            _ => {}
        }
    }

    // A robot's deployment (R7, R8).

    pub fn start_robot(&mut self, id: RobotId) {
        let now = self.now;
        let before = self.robot(id).doing;
        self.see("a start while the attempt before goes on", before != Doing::Nothing);
        self.see("a download ended by the next start", before == Doing::Download);
        self.stop(id);
        let robot = self.robot(id);
        robot.status = RobotStatus::Deploying;
        robot.attempts.push(Attempt { started: now, ended: None });
        if self.robot(id).is_online() {
            self.progress(id);
            self.enter_step(id, 0);
        } else {
            self.robot(id).doing = Doing::Awaiting;
            self.see("a start while offline", true);
        }
        self.at(now + self.scenario.deployment.robot_deployment_timeout, Event::RobotTimeout(id));

        let in_flight = self.in_flight().len() as u32;
        let record = &mut self.job().record;
        record.first_start.get_or_insert(now);
        let progress = &mut record.progress;
        progress.started += 1;
        progress.in_flight = in_flight;
        progress.peak_in_flight = progress.peak_in_flight.max(in_flight);
    }

    /// The robot does something for a deployment: it is down from the first time on, until it is in sync.
    fn progress(&mut self, id: RobotId) {
        let now = self.now;
        self.robot(id).down_since.get_or_insert(now);
        let down = self.robots.iter().filter(|robot| robot.down_since.is_some()).count() as u32;
        self.peak_robots_down = self.peak_robots_down.max(down);
    }

    fn enter_step(&mut self, id: RobotId, step: usize) {
        let attempt = self.robots[id as usize].attempts.len() as u32 - 1;
        let group = &self.groups[self.group_of[id as usize]];
        let plan = group.steps.iter().find(|plan| plan.step == STEPS[step]);
        if plan.is_some() && self.pauses(id) {
            self.see("a pause between two steps", true);
            return self.await_window(id, true, step);
        }
        let robot = &mut self.robots[id as usize];
        robot.step = step;
        robot.draw = plan.map_or(NOTHING_TO_DO, |plan| self.draws.step(plan, id, attempt));
        let downloads = STEPS[step] == RobotDeploymentStep::DownloadingExtracting && plan.is_some();
        if downloads && self.downloads.is_some() {
            self.robot(id).doing = Doing::AwaitingDownload;
            if self.robot(id).is_online() {
                self.download(id);
            } else {
                self.see("a download that waits for the return", true);
            }
        } else {
            self.extract(id);
        }
    }

    /// A build's bundle is the same for all; else a group may have its own.
    fn bundle_size(&self, group: usize) -> u64 {
        let scenario = self.scenario;
        let of_build = self.draws.odds.build.and_then(|build| scenario.builds[build].bundle_size);
        let of_group = scenario.groups[group].download.as_ref().and_then(|download| download.bundle_size);
        of_build.or(of_group).unwrap_or(scenario.download.expect("there are downloads").bundle_size)
    }

    fn download(&mut self, id: RobotId) {
        let (group, link) = (self.group_of[id as usize], self.draws.link(id));
        let bundle = self.bundle_size(group);
        if self.downloads.as_mut().expect("there are downloads").begin(id, group, link, bundle) {
            self.robot(id).doing = Doing::Download;
            self.share_again();
        } else {
            self.extract(id);
        }
    }

    /// Downloads are over or there are none: the step's latency.
    pub fn extract(&mut self, id: RobotId) {
        let left = self.robot(id).draw.latency;
        let robot = self.robot(id);
        if robot.is_online() || robot.step >= ONLINE_STEPS || left == Span::ZERO {
            self.run_step(id, left);
        } else {
            robot.doing = Doing::Paused { left };
        }
    }

    fn run_step(&mut self, id: RobotId, left: Span) {
        let until = self.now + left;
        self.robot(id).doing = Doing::Step { until };
        self.at(until, Event::StepEnd(id));
    }

    pub fn step_end(&mut self, id: RobotId) {
        if let Doing::Reporting(end) = self.robot(id).doing {
            return self.report(id, end);
        }
        let broken = self.broken(id);
        if self.robot(id).draw.hangs && broken.is_none() {
            self.robot(id).doing = Doing::Hanging;
            return self.see("a step that hangs", true);
        }
        if broken.is_none() {
            self.break_down(id);
        }
        let robot = self.robot(id);
        let end = match (broken, robot.draw.failure) {
            (Some(code), _) | (None, Some(code)) => RobotEnd::Failed(code),
            (_, None) if STEPS[robot.step] == RobotDeploymentStep::Finished => RobotEnd::InSync,
            (_, None) => {
                let next = robot.step + 1;
                return self.enter_step(id, next);
            }
        };
        if robot.is_online() {
            self.report(id, end);
        } else {
            robot.doing = Doing::Reporting(end);
            self.see("a report that waits for the return", true);
        }
    }

    /// With which code the robot fails at the end of its step because it is broken there.
    fn broken(&mut self, id: RobotId) -> Option<DeploymentJobErrorCode> {
        let now = self.now;
        let robot = self.robot(id);
        let (hangs, fails) = (robot.draw.hangs, robot.draw.failure.is_some());
        let (until, code) = *robot.broken.get(&robot.step)?;
        let broken = now < until;
        self.see("a robot that is broken still", broken);
        self.see("a broken robot that would hang", broken && hangs);
        self.see("a robot that is repaired", !broken);
        self.see("a robot that fails anew after its repair", !broken && fails);
        self.see("a repair at the end of a step", now == until);
        broken.then_some(code)
    }

    /// The robot's step is at its end: if it fails, the robot may stay broken there.
    fn break_down(&mut self, id: RobotId) {
        let now = self.now;
        let robot = &self.robots[id as usize];
        let group = &self.groups[self.group_of[id as usize]];
        let plan = group.steps.iter().find(|plan| plan.step == STEPS[robot.step]);
        let (Some(code), Some(plan)) = (robot.draw.failure, plan) else { return };
        let attempt = robot.attempts.len() as u32 - 1;
        if let Some(until) = self.draws.broken_until(plan, id, attempt, now) {
            let robot = self.robot(id);
            let step = robot.step;
            robot.broken.insert(step, (until, code));
            let (steps, online) = (robot.broken.len(), robot.is_online());
            let timed_out = robot.status != RobotStatus::Deploying;
            self.see("a failure that stays", true);
            self.see("a robot broken at two steps", steps > 1);
            self.see("a robot that breaks offline", !online);
            self.see("a robot that breaks after its timeout", timed_out);
        }
    }

    /// The attempt has come to its end and the robot says so, within its job or later.
    fn report(&mut self, id: RobotId, end: RobotEnd) {
        self.robot(id).doing = Doing::Nothing;
        if self.robot(id).status == RobotStatus::Deploying {
            self.end_robot(id, end);
        } else {
            self.end_robot_late(id, end);
        }
    }

    /// The robot's part in its job ends.
    pub fn end_robot(&mut self, id: RobotId, end: RobotEnd) {
        let now = self.now;
        self.cancel(|event| event == Event::RobotTimeout(id));
        let goes_on = end == RobotEnd::NoResponse && self.robot(id).comes_and_goes();
        let doing = self.robot(id).doing;
        self.see("NoResponse before any progress", end == RobotEnd::NoResponse && doing == Doing::Awaiting);
        self.see(
            "NoResponse while a report waits",
            end == RobotEnd::NoResponse && matches!(doing, Doing::Reporting(_)),
        );
        self.see(
            "a download ended by the robot timeout",
            doing == Doing::Download && end == RobotEnd::NoResponse && !goes_on,
        );
        self.see("an attempt that hangs on after NoResponse", doing == Doing::Hanging && goes_on);
        self.see("an abort of a robot that hangs", doing == Doing::Hanging && end == RobotEnd::Aborted);
        self.see("a download that goes on after NoResponse", doing == Doing::Download && goes_on);
        self.see("a download ended by an abort", doing == Doing::Download && end == RobotEnd::Aborted);
        if !goes_on {
            self.stop(id);
        }
        self.robot(id).attempts.last_mut().expect("it has started").ended = Some((now, end));
        self.set_status(id, end);
        if self.job().record.number == 0 {
            let of_group = &mut self.first_job[self.group_of[id as usize]];
            match end {
                RobotEnd::InSync => {}
                RobotEnd::Failed(_) => of_group.failed += 1,
                RobotEnd::NoResponse => of_group.no_response += 1,
                RobotEnd::Aborted => of_group.aborted += 1,
            }
        }
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

    /// An attempt that had timed out has come to its end by itself, outside any job.
    fn end_robot_late(&mut self, id: RobotId, end: RobotEnd) {
        let now = self.now;
        self.set_status(id, end);
        self.late_ends.push((id, now, end));
        let in_sync = end == RobotEnd::InSync;
        self.see(if in_sync { "a late sync" } else { "a late failure" }, true);
        if let Some(job) = &mut self.active {
            let (began, halted) = (job.record.began.is_some(), job.record.halted());
            let place = job.waiting.iter().position(|waiting| *waiting == id);
            if in_sync && let Some(place) = place {
                job.waiting.remove(place);
                job.record.progress.withdrawn += 1;
                let last = job.waiting.is_empty() && !halted;
                self.see("a late sync of a target while its job prepares", !began);
                self.see("a late sync of a target while its job is in progress", began && !halted);
                self.see("a late sync of a target of a halted job", halted);
                self.see("a late sync that ends a job in preparation", last && !began);
            }
            self.see("a late end within the job of the attempt", place.is_none());
            self.see("a late failure of a target", !in_sync && place.is_some());
        }
        self.events.insert((now, Event::Judge));
    }

    fn set_status(&mut self, id: RobotId, end: RobotEnd) {
        let now = self.now;
        let robot = self.robot(id);
        robot.status = match end {
            RobotEnd::InSync => RobotStatus::InSync,
            RobotEnd::NoResponse => RobotStatus::NoResponse,
            RobotEnd::Failed(_) | RobotEnd::Aborted => RobotStatus::Failed,
        };
        if end == RobotEnd::InSync {
            let since = robot.down_since.take().expect("nobody gets in sync without doing something");
            self.down[self.group_of[id as usize]] += u128::from((now - since).micros());
        }
    }

    /// Whatever the robot does, it does it no more.
    pub fn stop(&mut self, id: RobotId) {
        let now = self.now;
        self.cancel(|event| matches!(event, Event::StepEnd(robot) | Event::Window(robot) if robot == id));
        if self.robot(id).doing == Doing::Download {
            self.downloads.as_mut().expect("it downloads").break_off(id, now);
            self.share_again();
        }
        self.robot(id).doing = Doing::Nothing;
    }

    /// Sums up one group, robot by robot, when the campaign is over.
    pub fn of_group(&self, group: usize) -> GroupRecord {
        let own: Vec<RobotId> =
            (0..self.robots.len() as RobotId).filter(|robot| self.group_of[*robot as usize] == group).collect();
        let robot = |id: &RobotId| &self.robots[*id as usize];
        let hurts =
            |end: Option<(Time, RobotEnd)>| matches!(end, Some((_, RobotEnd::Failed(_) | RobotEnd::NoResponse)));
        let in_sync: Vec<RobotId> = own.iter().copied().filter(|id| robot(id).status == RobotStatus::InSync).collect();
        // When each got in sync for the last time: in a job, or late.
        let since = |id: &RobotId| {
            let in_jobs = robot(id).attempts.iter().filter_map(|attempt| attempt.ended);
            let late = self.late_ends.iter().filter(|(late, ..)| late == id).map(|(_, at, end)| (*at, *end));
            in_jobs.chain(late).filter(|(_, end)| *end == RobotEnd::InSync).map(|(at, _)| at).max()
        };
        let to_come = self.events.iter().any(|(_, event)| *event == Event::Registration(group));
        let down =
            own.iter().filter_map(|id| robot(id).down_since).map(|since| u128::from((self.now - since).micros()));
        GroupRecord {
            registered: own.len() as u32,
            robots_in_sync: in_sync.len() as u32,
            robots_hurt: own.iter().filter(|id| robot(id).attempts.iter().any(|a| hurts(a.ended))).count() as u32,
            first_job: (!self.jobs.is_empty()).then_some(self.first_job[group]),
            in_sync_at: in_sync.iter().filter_map(since).max().filter(|_| in_sync.len() == own.len() && !to_come),
            down: self.down[group] + down.sum::<u128>(),
        }
    }
}
