//! A slow model of R1 to R17, R21 and R22, written from the contract and not from the library.
//!
//! It keeps one sorted list of events and makes every one of them: each step of each robot, each time a robot leaves or
//! returns, each timeout whether it strikes or not, each call of the operator whether it is refused or not. With the
//! engine it shares only what is drawn (R7's steps, R5's latency, R6's permutation, R13's times between registrations,
//! R14's periods, R21's delays and outages, R15's and R22's odds, R16's links, R17's faults) and the names of the results.
//!
//! * this file: the events, jobs and the operator's schedule;
//! * [`robots`]: what a robot goes through; [`client`]: how calls are made; [`downloads`]: how robots share lines;
//!   [`windows`]: when windows are open.
//!
//! Where the contract leaves a choice, these are the ones taken:
//! * Starts fill all free slots before a robot that takes no time frees one again at the same instant (R1, R4).
//! * The calls of an instant are made once, before its starts. So a call that falls on the instant at which a job ends
//!   is not refused, unless the job ends by a robot that both starts and ends at that instant (R1, R12).
//! * The first deployment is the call at 0, so an `every` schedule goes on at its first multiple (R12).
//! * A campaign is `halted` or `timed_out` once that job has ended, not already when it breaches (R9, R12).
//! * Those that `rollcast::rollout` lists for R13 to R17.

mod client;
mod downloads;
mod robots;
mod windows;

use std::collections::{BTreeSet, VecDeque};

use rand::seq::SliceRandom;

use rollcast::random::{Luck, Purpose, Sampler, Stream};
use rollcast::rollout::{
    Again, CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, Halt, Halted, JobKind, Limits, OnBreach,
    Progress, RobotEnd, RobotId, RobotStatus, Schedule, StartOrder, Word,
};
use rollcast::scenario::{Group, Probability, Scenario};
use rollcast::simulation::{Downloaded, Draws, GroupPlan, GroupProgress, GroupRecord, JobRecord, Plan, Replication};
use rollcast::time::{Span, Time};

use self::client::Client;
use self::downloads::Downloads;
use self::robots::Robot;
use super::history::{History, egress};

/// What may happen, in the order of R1 at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A robot leaves or returns (R14).
    Connectivity(RobotId),
    /// A window opens that a robot in flight has waited for (R21).
    Window(RobotId),
    /// A robot's step ends, or its end is reported.
    StepEnd(RobotId),
    /// Downloads are complete, or their rates change (R16).
    Share,
    /// A robot's time is up. After the steps: ending exactly then is in time (R8).
    RobotTimeout(RobotId),
    /// A robot registers with this group (R13). Before what the endings mean for the campaign: it ends after both.
    Registration(usize),
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
    /// The instant has another turn, if only for a call that another one has brought about.
    NextTurn,
}

struct Job {
    record: JobRecord,
    /// Targets that have not started, in start order.
    waiting: VecDeque<RobotId>,
}

/// Robots that are to register with a group.
struct Arrivals {
    interarrival: Sampler,
    stream: Stream,
    left: u32,
}

struct Model<'s> {
    scenario: &'s Scenario,
    luck: Luck,
    draws: Draws<'s>,
    /// What each robot's group goes through.
    groups: Vec<GroupPlan>,
    group_of: Vec<usize>,
    /// When the whole rollout and each group may start robots; none if at any time (R21).
    starts: Option<Vec<(i64, i64)>>,
    maintenance: Vec<Option<Vec<(i64, i64)>>>,
    /// When each group's robots are reachable; none if at any time.
    docking: Vec<Option<Vec<(i64, i64)>>>,
    events: BTreeSet<(Time, Event)>,
    now: Time,
    robots: Vec<Robot>,
    /// One for each group.
    arrivals: Vec<Option<Arrivals>>,
    registrations: Vec<Time>,
    downloads: Option<Downloads>,
    client: Client,
    active: Option<Job>,
    jobs: Vec<JobRecord>,
    jobs_created: u32,
    breaches: Vec<Time>,
    late_ends: Vec<(RobotId, Time, RobotEnd)>,
    /// The time for which robots of each group have been down and are up again, in microseconds.
    down: Vec<u128>,
    /// How robots of each group have ended in the first job that did not succeed.
    first_job: Vec<GroupProgress>,
    peak_robots_down: u32,
    outcome: Option<CampaignOutcome>,
    sights: BTreeSet<&'static str>,
}

/// What the model comes to.
pub struct Run {
    history: History,
    /// What the campaign has seen that a test of the rules must not miss.
    pub sights: BTreeSet<&'static str>,
    /// By how many bytes fewer the engine may count. It rounds rates down to 2^-32 bit/s. Where a third of a line
    /// should have delivered a whole number of bytes when it was broken off, it has delivered a tiny bit less, and one
    /// whole byte less.
    rounding: u128,
}

impl Run {
    /// The history, with the number of bytes that `other` has if rounding explains it.
    pub fn beside(self, other: &History) -> History {
        let mut history = self.history;
        if let (Some(own), Some(others)) = (&mut history.replication.download, other.replication.download)
            && (own.bytes - self.rounding.min(own.bytes)..=own.bytes).contains(&others.bytes)
        {
            own.bytes = others.bytes;
        }
        history
    }
}

/// Runs one replication by the rules.
pub fn run(scenario: &Scenario, seed: u64, index: u32) -> Run {
    // Windows are found here in another way: the plan knows of drawn periods and outages alone.
    let mut drawn = scenario.clone();
    for group in &mut drawn.groups {
        group.maintenance = None;
        group.connectivity = group.connectivity.take().filter(|connectivity| connectivity.periods.is_some());
        if let Some(connectivity) = &mut group.connectivity {
            connectivity.docking = None;
        }
    }
    let plan = Plan::new(&drawn);
    let luck = Luck::new(seed, index);
    let occurrences = |windows: &[_]| windows::occurrences(&scenario.calendar, windows);
    let docking = |group: &Group| Some(occurrences(&group.connectivity.as_ref()?.docking.as_ref()?.windows));
    let of_group = |group: &Group| group.maintenance.as_ref().map(|maintenance| occurrences(&maintenance.windows));
    let mut draws = Draws::new(&plan);
    draws.reset(luck);
    let arrivals = (0..).zip(&scenario.groups).map(|(group, of_group)| {
        let registrations = of_group.registrations.as_ref()?;
        Some(Arrivals {
            interarrival: Sampler::from(&registrations.interarrival),
            stream: luck.robot(group, 0, Purpose::Interarrival),
            left: registrations.max,
        })
    });
    let mut model = Model {
        scenario,
        luck,
        draws,
        groups: plan.groups().cloned().collect(),
        group_of: Vec::new(),
        starts: Some(&scenario.deployment.windows[..]).filter(|windows| !windows.is_empty()).map(occurrences),
        maintenance: scenario.groups.iter().map(of_group).collect(),
        docking: scenario.groups.iter().map(docking).collect(),
        events: BTreeSet::new(),
        now: Time::ZERO,
        robots: Vec::new(),
        arrivals: arrivals.collect(),
        registrations: Vec::new(),
        downloads: Downloads::new(scenario),
        client: Client::default(),
        active: None,
        jobs: Vec::new(),
        jobs_created: 0,
        breaches: Vec::new(),
        late_ends: Vec::new(),
        down: vec![0; scenario.groups.len()],
        first_job: vec![GroupProgress::default(); scenario.groups.len()],
        peak_robots_down: 0,
        outcome: None,
        sights: BTreeSet::new(),
    };
    // R2: numbered in the order of the groups, then within a group.
    for (number, group) in scenario.groups.iter().enumerate() {
        for _ in 0..group.robots {
            model.add_robot(number);
        }
    }
    let outcome = model.run();
    model.result(index, outcome)
}

impl Model<'_> {
    fn run(&mut self) -> CampaignOutcome {
        for group in 0..self.arrivals.len() {
            self.await_registration(group);
        }
        self.at(Time::ZERO, Event::Call);
        self.at(self.scenario.sync.horizon.map_or(Time::MAX, |horizon| Time::ZERO + horizon), Event::Horizon);
        loop {
            let (now, event) = self.events.pop_first().expect("the horizon is on the list");
            assert!(now >= self.now, "time goes back");
            self.now = now;
            match event {
                Event::Connectivity(robot) => self.change_connectivity(robot),
                Event::Window(robot) => self.window_opens(robot),
                Event::StepEnd(robot) => self.step_end(robot),
                Event::Share => self.share(),
                Event::RobotTimeout(robot) => self.end_robot(robot, RobotEnd::NoResponse),
                Event::Judge => self.judge(),
                Event::Registration(group) => self.register(group),
                Event::FleetTimeout => self.time_out(),
                Event::Horizon => self.outcome = Some(CampaignOutcome::Horizon),
                Event::Call => self.call(),
                Event::Begin => self.begin(),
                Event::Starts => self.start_robots(),
                Event::NextTurn => self.at(now, Event::Call),
            }
            if let Some(outcome) = self.outcome {
                return outcome;
            }
        }
    }

    fn at(&mut self, time: Time, event: Event) {
        assert!(self.events.insert((time, event)), "{event:?} is on the list already");
    }

    /// The operator calls at `time`. What a call brings about at its own instant comes after the starts of this turn.
    fn call_again(&mut self, time: Time) {
        self.at(time, if time > self.now { Event::Call } else { Event::NextTurn });
    }

    fn see(&mut self, sight: &'static str, seen: bool) {
        if seen {
            self.sights.insert(sight);
        }
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

    // Registrations (R13).

    fn await_registration(&mut self, group: usize) {
        let Some(arrivals) = &mut self.arrivals[group] else { return };
        if arrivals.left > 0 {
            arrivals.left -= 1;
            let wait = Span::from_drawn_micros(arrivals.interarrival.sample(&mut arrivals.stream));
            self.at(self.now + wait, Event::Registration(group));
        }
    }

    fn register(&mut self, group: usize) {
        let at_once = |event: &Event| self.events.contains(&(self.now, *event));
        let others = (0..self.arrivals.len()).any(|group| at_once(&Event::Registration(group)));
        let (call, horizon) = (at_once(&Event::Call), at_once(&Event::Horizon));
        self.see("two groups' registrations at one instant", others);
        self.see("a registration at the instant of a call", call);
        self.see("a registration at the horizon", horizon);
        self.see("a registration at the start", self.now == Time::ZERO);
        self.see("a registration while a job is active", self.active.is_some());
        self.registrations.push(self.now);
        self.draws.register(group as u32);
        self.add_robot(group);
        self.await_registration(group);
    }

    fn is_registration_to_come(&self) -> bool {
        self.events.iter().any(|(_, event)| matches!(event, Event::Registration(_)))
    }

    // A job's life (R3 to R5, R9 to R11).

    /// Makes a job for the whole fleet, or for those that are not in sync (R3).
    fn create(&mut self, kind: JobKind) {
        let number = self.jobs_created;
        let is_target =
            |robot: &RobotId| kind == JobKind::Deployment || self.robots[*robot as usize].status != RobotStatus::InSync;
        let mut targets: Vec<RobotId> = (0..self.robots.len() as RobotId).filter(is_target).collect();
        if kind == JobKind::Deployment {
            let in_sync = self.robots.iter().any(|robot| robot.status == RobotStatus::InSync);
            self.see("a second CreateDeploymentJob", number > 0);
            self.see("a second CreateDeploymentJob with robots in sync", in_sync);
            let late = self.robots.iter().any(Robot::goes_on);
            self.see("a second CreateDeploymentJob ends what goes on by itself", late);
            // What goes on by itself belongs to another deployment.
            for robot in 0..self.robots.len() as RobotId {
                self.stop(robot);
                self.robots[robot as usize].status = RobotStatus::PendingNewDeployment;
            }
        }
        let fleet_size = self.robots.len() as u32;
        let progress = Progress { fleet_size, targets: targets.len() as u32, ..Progress::default() };
        let deployment = &self.scenario.deployment;
        if deployment.start_order == StartOrder::Shuffled {
            targets.shuffle(&mut self.luck.job(number, Purpose::StartOrder));
        }
        let of_fleet = |percentage: u32| u64::from(percentage) * u64::from(fleet_size);
        let slots = (of_fleet(deployment.rules.robo_maker().expect("RoboMaker").concurrent_deployment_percentage())
            / 100)
            .max(1) as u32;
        let limit = of_fleet(deployment.rules.robo_maker().expect("RoboMaker").failure_threshold_percentage())
            .div_ceil(100) as u32;
        let record = JobRecord {
            number,
            kind,
            created: self.now,
            began: None,
            first_start: None,
            limits: Limits { in_flight: Some(slots), failures: Some(limit) },
            halt: None,
            last_robot_ended: None,
            ended: None,
            status: DeploymentStatus::Preparing,
            failure_code: None,
            outcome: None,
            progress,
        };
        self.active = Some(Job { record, waiting: targets.into() });
        self.jobs_created += 1;
        if self.job().waiting.is_empty() {
            self.see("a job without targets", true);
            self.see("a job without targets as the last one", self.jobs_created == self.scenario.sync.max_jobs);
            return self.end_job(None);
        }
        let preparing = Sampler::from(&deployment.preparing);
        let latency = preparing.sample(&mut self.luck.job(number, Purpose::Preparing));
        self.at(self.now + Span::from_drawn_micros(latency), Event::Begin);
    }

    fn begin(&mut self) {
        let now = self.now;
        let record = &mut self.job().record;
        record.began = Some(now);
        record.status = DeploymentStatus::InProgress;
        self.at(now + self.scenario.deployment.fleet_deployment_timeout, Event::FleetTimeout);
        self.at(now, Event::Starts);
    }

    fn start_robots(&mut self) {
        let percentage = u64::from(
            self.scenario.deployment.rules.robo_maker().expect("RoboMaker").concurrent_deployment_percentage(),
        );
        let fleet_size = u64::from(self.job().record.progress.fleet_size);
        let slots = (fleet_size * percentage / 100).max(1) as usize;
        let open: Vec<bool> = (0..self.groups.len()).map(|group| self.may_start(group)).collect();
        let group_of = self.group_of.clone();
        while self.in_flight().len() < slots
            && !self.job().record.halted()
            && let Some(place) = self.job().waiting.iter().position(|robot| open[group_of[*robot as usize]])
            && let Some(robot) = self.job().waiting.remove(place)
        {
            self.see("a robot that starts before one whose window is closed", place > 0);
            self.start_robot(robot);
        }
        let closed = open.contains(&false) && !self.job().waiting.is_empty() && !self.job().record.halted();
        self.see("robots that wait for a window", closed);
        if !self.job().waiting.is_empty() && !self.job().record.halted() {
            let gates = self.maintenance.iter().flatten().chain(&self.starts);
            let next = gates.filter_map(|windows| windows::next_change(windows, self.now)).min();
            if let Some(next) = next {
                self.events.insert((next, Event::Starts));
            }
        }
        if self.events.remove(&(self.now, Event::NextTurn)) {
            self.at(self.now, Event::Call);
        }
    }

    /// Whether the windows of a group, and those of the whole rollout, are open (R21).
    fn may_start(&self, group: usize) -> bool {
        self.maintenance[group].iter().chain(&self.starts).all(|windows| windows::is_open(windows, self.now))
    }

    fn judge(&mut self) {
        let in_flight = self.in_flight();
        let deployment = &self.scenario.deployment;
        // An earlier judgement of this instant may have ended the job, or a robot has ended outside any job.
        let Some(job) = &mut self.active else {
            if self.is_in_sync() {
                self.outcome = Some(CampaignOutcome::InSync);
                self.see("a late sync that ends the campaign", true);
            }
            return;
        };
        let progress = &job.record.progress;
        let failures = u64::from(progress.failed) + u64::from(progress.no_response);
        let threshold = u64::from(deployment.rules.robo_maker().expect("RoboMaker").failure_threshold_percentage());
        if job.record.halt.is_none() && 100 * failures >= threshold * u64::from(progress.fleet_size) {
            let (count, limit) = (progress.counted_failures(), job.record.limits.failures.expect("it has one"));
            let halt = Halt {
                rule: 0,
                limit,
                count,
                in_flight: deployment.rules.robo_maker().expect("RoboMaker").on_breach(),
                outcome: 1,
            };
            job.record.halt = Some(Halted { at: self.now, hurt: count, halt });
            self.breaches.push(self.now);
            if deployment.rules.robo_maker().expect("RoboMaker").on_breach() == OnBreach::Abort {
                for robot in in_flight {
                    self.end_robot(robot, RobotEnd::Aborted);
                }
            }
        }
        let none_in_flight = self.in_flight().is_empty();
        let job = self.job();
        if job.record.halted() {
            if none_in_flight {
                self.end_job(Some(DeploymentJobErrorCode::FailureThresholdBreached));
            }
        } else if job.waiting.is_empty() {
            if none_in_flight {
                self.end_job(None);
            }
        } else if job.record.began.is_some() {
            self.events.insert((self.now, Event::Starts));
        }
    }

    /// Whether every registered robot is `InSync` and no registration is to come (R12).
    fn is_in_sync(&self) -> bool {
        self.robots.iter().all(|robot| robot.status == RobotStatus::InSync) && !self.is_registration_to_come()
    }

    fn time_out(&mut self) {
        for robot in self.in_flight() {
            self.end_robot(robot, RobotEnd::Aborted);
        }
        self.end_job(Some(DeploymentJobErrorCode::FleetDeploymentTimeout));
    }

    fn end_job(&mut self, failure_code: Option<DeploymentJobErrorCode>) {
        self.cancel(|event| matches!(event, Event::FleetTimeout | Event::Begin | Event::Starts));
        let mut record = self.active.take().expect("a job is active").record;
        record.ended = Some(self.now);
        record.failure_code = failure_code;
        record.outcome = Some(Word::of(failure_code.map_or("Succeeded", DeploymentJobErrorCode::as_str)));
        record.status = if failure_code.is_some() { DeploymentStatus::Failed } else { DeploymentStatus::Succeeded };
        self.jobs.push(record);

        // R12's order of outcomes.
        let sync = &self.scenario.sync;
        let timed_out = failure_code == Some(DeploymentJobErrorCode::FleetDeploymentTimeout);
        if self.is_in_sync() {
            self.outcome = Some(CampaignOutcome::InSync);
        } else if record.halted() && sync.on_halt == Again::Stop {
            self.outcome = Some(CampaignOutcome::Halted);
        } else if timed_out && sync.on_timeout == Again::Stop {
            self.outcome = Some(CampaignOutcome::TimedOut);
        } else if self.jobs_created >= sync.max_jobs {
            self.outcome = Some(CampaignOutcome::MaxJobs);
        } else if let Some(Schedule::AfterFinish(delay)) = sync.schedule
            && self.client.awaits_job
        {
            self.client.awaits_job = false;
            self.at(self.now + delay, Event::Call);
        }
    }

    // Downloads (R16).

    fn share(&mut self) {
        let now = self.now;
        let downloads = self.downloads.as_mut().expect("there are downloads");
        // First those that are complete at the rates until now, then those that have less than half a microsecond at
        // the new ones.
        let mut due = downloads.due(now);
        let mut at_new_rates = false;
        if due.is_empty() {
            downloads.share(now);
            due = downloads.due(now);
            at_new_rates = !due.is_empty();
        }
        let next = downloads.next_due();
        self.cancel(|event| event == Event::Share);
        if due.is_empty() {
            self.events.extend(next.map(|next| (next, Event::Share)));
        } else {
            self.events.insert((now, Event::Share));
        }
        self.see("a download that new rates complete at once", at_new_rates);
        self.see("downloads complete together", due.len() > 1);
        for robot in due {
            self.downloads.as_mut().expect("there are downloads").complete(robot);
            self.extract(robot);
        }
    }

    /// Sums up, robot by robot (the contract's section on results).
    fn result(mut self, index: u32, outcome: CampaignOutcome) -> Run {
        let ended = self.now;
        let to_come = self.is_registration_to_come();
        self.see("a campaign that ends before a registration", to_come);
        self.see("no job at all", self.jobs_created == 0);
        self.see("a probability drawn from a beta distribution", has_beta(self.scenario));
        self.see("another build than the first", self.draws.odds.build > Some(0));
        // A job in progress stays without end, and so do robots in flight.
        self.jobs.extend(self.active.take().map(|job| job.record));
        let mut out_of_service = 0;
        for robot in &self.robots {
            for attempt in &robot.attempts {
                let until = attempt.ended.map_or(ended, |(end, _)| end);
                out_of_service += u128::from((until - attempt.started).micros());
            }
        }
        let groups: Vec<GroupRecord> = (0..self.groups.len()).map(|group| self.of_group(group)).collect();
        let sum = |of: fn(&GroupRecord) -> u32| groups.iter().map(of).sum();
        let mut egress_rates = Vec::new();
        let mut rounding = 0;
        let download = self.downloads.map(|mut downloads| {
            downloads.close(ended);
            rounding = downloads.rounding();
            self.sights.append(&mut downloads.sights);
            self.sights.extend((rounding > 0).then_some("a whole number of bytes by thirds"));
            egress_rates = egress(downloads.rates(), ended);
            let peak_egress = egress_rates.iter().map(|(_, rate)| *rate).max().unwrap_or(0);
            Downloaded { bytes: downloads.bytes(), peak_egress }
        });
        self.late_ends.sort_by_key(|(robot, instant, _)| (*robot, *instant));
        let synced = self.late_ends.iter().filter(|(_, _, end)| *end == RobotEnd::InSync);
        let history = History {
            replication: Replication {
                index,
                outcome,
                ended,
                jobs: self.jobs_created,
                concurrent_deployment_exceptions: self.client.counts.concurrent_deployment_exceptions,
                first_job: self.jobs.first().copied(),
                build: self.draws.odds.build,
                registered: self.robots.len() as u32,
                robots_in_sync: sum(|group| group.robots_in_sync),
                robots_hurt: sum(|group| group.robots_hurt),
                jobs_halted: self.jobs.iter().filter(|job| job.halted()).count() as u32,
                late_syncs: synced.count() as u32,
                download,
                api: self.scenario.api.map(|_| self.client.counts),
                out_of_service,
                down: groups.iter().map(|group| group.down).sum(),
                peak_robots_down: self.peak_robots_down,
                groups: if groups.len() > 1 { groups.into() } else { Box::default() },
            },
            jobs: self.jobs,
            breaches: self.breaches,
            robots: self.robots.into_iter().map(|robot| robot.attempts).collect(),
            late_ends: self.late_ends,
            registrations: self.registrations,
            egress: egress_rates,
        };
        Run { history, sights: self.sights, rounding }
    }
}

fn has_beta(scenario: &Scenario) -> bool {
    let is_beta = |probability: &Probability| matches!(probability, Probability::Beta { .. });
    let of_builds = scenario.builds.iter().flat_map(|build| &build.failures).map(|failure| &failure.probability);
    let of_steps = scenario.groups.iter().flat_map(|group| &group.steps).map(|step| &step.failure_probability);
    of_builds.chain(of_steps).any(is_beta)
}
