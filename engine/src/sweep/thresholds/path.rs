//! One path, and what it says of the campaigns that leave it at lower thresholds.

use crate::rollout::{
    CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, Halt, Halted, JobKind, Limits, OnBreach, Operator,
    Progress, RoboMaker, RobotEnd, RobotId, Word, failure_limit,
};
use crate::simulation::{Event, JobRecord, Observer, Plan, Replication};
use crate::statistics::NestedSamples;
use crate::time::{Span, Time};

/// Counts of failure codes.
pub type Codes = [u64; DeploymentJobErrorCode::ALL.len()];

/// A campaign that leaves the path because its threshold halts it.
#[derive(Clone, Debug)]
pub struct Fork {
    /// What it comes to.
    pub replication: Replication,
    /// Its robots that were aborted at the breach, and that the path knows otherwise.
    pub aborted: u32,
}

/// Watches a campaign at the highest of some thresholds.
///
/// Thresholds are called by their places in ascending order. The failures of a job breach one after another, so at any time those
/// below [`Path::level`] have left the path. What is summed over robots is summed by *levels*: an attempt that started (with
/// `drain`) or ended (with `abort`) while the path was on level k belongs to the threshold k and all that follow. So the sums of a
/// fork are those of all levels up to it, and a robot costs the same for a hundred thresholds as for one.
#[derive(Clone, Debug)]
pub struct Path<'p> {
    plan: &'p Plan,
    on_breach: OnBreach,
    /// Which replication it is, and of which build.
    index: u32,
    build: Option<usize>,
    /// Ascending; the last one is that of the path itself.
    thresholds: Vec<u32>,
    /// The first threshold that has not been breached.
    level: usize,
    /// So many failures of the present job breach the threshold `level`; out of reach for the last one.
    limit: u32,
    levels: Vec<Level>,
    /// On which level each robot's latest attempt started.
    level_of: Vec<u8>,
    /// When robots have registered (R13).
    registered: Vec<Time>,
    operator: Operator,
    job: Job,
    /// Robots down, and the most so far.
    down: u32,
    peak_robots_down: u32,
    /// The instant whose endings are being counted.
    now: Time,
    /// Where thresholds of the present job have left the path.
    breaches: Vec<Leaving>,
    /// The campaigns that have left it, in the order of thresholds.
    forks: Vec<Fork>,
    /// Whether the path does not know how one of them goes on.
    unknown: bool,
    first_job: Option<JobRecord>,
}

/// What robots come to on one level.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    started: u32,
    ended: u32,
    succeeded: u32,
    failed: u32,
    no_response: u32,
    /// Aborted in the present job.
    aborted: u32,
    /// First attempts: robots that went down.
    went_down: u32,
    /// The sum of the instants at which they did.
    went_down_instants: u128,
    in_sync_instants: u128,
    deploying: u128,
    last_end: Time,
    codes: Codes,
}

/// The present job.
#[derive(Clone, Copy, Debug)]
struct Job {
    /// The path's level when it was made.
    first_level: usize,
    fleet_size: u32,
    targets: u32,
    failures: u32,
    in_flight: u32,
    /// The sum of the instants at which they have started.
    in_flight_since: u128,
    peak_in_flight: u32,
    last_start: Option<Time>,
}

/// The moment at which a threshold leaves the path.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    breach: Halted,
    job: Job,
    peak_robots_down: u32,
}

impl Level {
    fn add(&mut self, other: &Level) {
        self.started += other.started;
        self.ended += other.ended;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.no_response += other.no_response;
        self.aborted += other.aborted;
        self.went_down += other.went_down;
        self.went_down_instants += other.went_down_instants;
        self.in_sync_instants += other.in_sync_instants;
        self.deploying += other.deploying;
        self.last_end = self.last_end.max(other.last_end);
    }
}

impl<'p> Path<'p> {
    /// A path of a plan that halts at the last of these thresholds, which ascend.
    pub fn new(plan: &'p Plan, thresholds: &[u32]) -> Path<'p> {
        debug_assert!(thresholds.is_sorted() && thresholds.last() == Some(&plan.failure_threshold_percentage));
        Path {
            plan,
            on_breach: plan.controller.robo_maker().map_or(OnBreach::Drain, RoboMaker::on_breach),
            index: 0,
            build: None,
            thresholds: thresholds.to_vec(),
            level: 0,
            limit: u32::MAX,
            levels: vec![Level::default(); thresholds.len()],
            level_of: Vec::new(),
            registered: Vec::new(),
            operator: Operator::new(plan.sync.clone()),
            job: Job::NONE,
            down: 0,
            peak_robots_down: 0,
            now: Time::ZERO,
            breaches: Vec::new(),
            forks: Vec::new(),
            unknown: false,
            first_job: None,
        }
    }

    /// Begins another campaign. Keeps the memory.
    pub fn reset(&mut self, index: u32, build: Option<usize>) {
        (self.index, self.build) = (index, build);
        self.levels[..=self.level].fill(Level::default());
        self.level = 0;
        self.limit = u32::MAX;
        self.level_of.resize(self.plan.fleet_size as usize, 0);
        self.registered.clear();
        self.operator = Operator::new(self.plan.sync.clone());
        self.job = Job::NONE;
        (self.down, self.peak_robots_down) = (0, 0);
        self.now = Time::ZERO;
        self.breaches.clear();
        self.forks.clear();
        self.unknown = false;
        self.first_job = None;
    }

    /// The thresholds before this one have left the path; from it on all share the path's end.
    pub fn level(&self) -> usize {
        self.level
    }

    /// Takes the campaigns that have left the path, one for each threshold before [`Path::level`]. None if the path does not know
    /// how one of them goes on.
    pub fn take_forks(&mut self) -> Option<std::vec::Drain<'_, Fork>> {
        if self.unknown { None } else { Some(self.forks.drain(..)) }
    }

    /// The failure codes of the attempts on a level.
    pub fn codes(&self, level: usize) -> &Codes {
        &self.levels[level].codes
    }

    /// The endings of an instant have been counted: lets the thresholds go that are breached (R9).
    #[inline(always)]
    fn judge(&mut self) {
        if self.job.failures >= self.limit {
            self.breach();
        }
    }

    #[cold]
    fn breach(&mut self) {
        while self.job.failures >= self.limit {
            let (at, hurt) = (self.now, self.job.failures);
            // RoboMaker's one rule, and the second of its outcomes.
            let halt = Halt { rule: 0, limit: self.limit, count: hurt, in_flight: self.on_breach, outcome: 1 };
            let breach = Halted { at, hurt, halt };
            self.breaches.push(Leaving { breach, job: self.job, peak_robots_down: self.peak_robots_down });
            self.level += 1;
            self.find_limit();
        }
    }

    fn find_limit(&mut self) {
        // The last threshold is the path's own.
        let left = &self.thresholds[..self.thresholds.len() - 1];
        self.limit = left.get(self.level).map_or(u32::MAX, |threshold| failure_limit(self.job.fleet_size, *threshold));
    }

    /// The first instant whose calls a job that ends at `ended` has not met: a job that has started robots at that very instant has
    /// met them, and so has one without targets.
    fn free(job: &Job, ended: Time) -> Time {
        let met = job.last_start == Some(ended) || job.targets == 0;
        ended + Span::from_micros(u64::from(met))
    }

    /// The job of the path is over, so it is known how those end that have left it in this job.
    fn follow_forks(&mut self, path: &JobRecord) {
        let mut robots = Level::default();
        self.levels[..self.job.first_level].iter().for_each(|level| robots.add(level));
        let breaches = std::mem::take(&mut self.breaches);
        for (level, leaving) in (self.job.first_level..).zip(&breaches) {
            robots.add(&self.levels[level]);
            // A robot whose end the path has not seen, because its job or the campaign was cut off, may have had time in the fork; or
            // the cut comes to the fork as well.
            let known = robots.ended == robots.started && robots.aborted == 0;
            if self.on_breach == OnBreach::Drain && !known {
                self.unknown = true;
                break;
            }
            let fork = self.follow(path, leaving, &robots);
            self.forks.push(fork);
        }
        self.breaches = breaches;
        self.breaches.clear();
    }

    /// How a campaign ends that leaves the path: its robots in flight end, and so does the job, which has halted (R9, R12).
    fn follow(&self, path: &JobRecord, leaving: &Leaving, robots: &Level) -> Fork {
        let Leaving { breach, job, peak_robots_down } = *leaving;
        let (aborted, ended) = match self.on_breach {
            OnBreach::Drain => (0, robots.last_end.max(breach.at)),
            OnBreach::Abort => (job.in_flight, breach.at),
        };
        let instants = |count: u32, at: Time| u128::from(count) * u128::from(at.micros());
        let until_abort = instants(aborted, ended) - if aborted > 0 { job.in_flight_since } else { 0 };
        let mut operator = self.operator.clone();
        operator.job_over(Path::free(&job, ended));
        let halted = JobRecord {
            limits: Limits { failures: Some(breach.halt.limit), ..path.limits },
            halt: Some(breach),
            last_robot_ended: Some(ended),
            ended: Some(ended),
            status: DeploymentStatus::Failed,
            failure_code: Some(DeploymentJobErrorCode::FailureThresholdBreached),
            outcome: Some(Word::of("FailureThresholdBreached")),
            progress: Progress {
                fleet_size: job.fleet_size,
                targets: job.targets,
                started: robots.started,
                in_flight: 0,
                peak_in_flight: job.peak_in_flight,
                succeeded: robots.succeeded,
                failed: robots.failed,
                no_response: robots.no_response,
                aborted,
                withdrawn: 0,
                left: 0,
            },
            ..*path
        };
        let replication = Replication {
            index: self.index,
            build: self.build,
            outcome: CampaignOutcome::Halted,
            ended,
            jobs: operator.jobs(),
            concurrent_deployment_exceptions: operator.concurrent_deployment_exceptions(),
            // Sums over levels are those of one job only in the first.
            first_job: self.first_job.or(Some(halted)),
            registered: self.plan.fleet_size + self.registered.partition_point(|instant| *instant <= ended) as u32,
            late_syncs: 0,
            out_of_service: robots.deploying + until_abort,
            down: robots.in_sync_instants + instants(robots.went_down - robots.succeeded, ended)
                - robots.went_down_instants,
            peak_robots_down,
            download: None,
            api: None,
        };
        Fork { replication, aborted }
    }
}

impl Job {
    const NONE: Job = Job {
        first_level: 0,
        fleet_size: 0,
        targets: 0,
        failures: 0,
        in_flight: 0,
        in_flight_since: 0,
        peak_in_flight: 0,
        last_start: None,
    };
}

/// A path, and where the numbers of its robots go: time to success and length of successful deployments.
pub struct Watched<'a, 'p> {
    pub path: &'a mut Path<'p>,
    pub time_to_success: &'a mut NestedSamples,
    pub deployment: &'a mut NestedSamples,
}

impl Observer for Watched<'_, '_> {
    #[inline(always)]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::JobCreated { kind, number, targets } => self.job_created(now, number, kind, targets),
            Event::RobotStarted { robot, attempt } => self.robot_started(now, robot, attempt),
            Event::RobotEnded { robot, started, end } => self.robot_ended(now, robot, started, end),
            Event::RobotRegistered(robot) => self.robot_registered(now, robot),
            Event::JobBreached => self.job_breached(now),
            Event::JobOver(job) => self.job_over(job),
            _ => {}
        }
    }
}

impl Watched<'_, '_> {
    fn job_created(&mut self, now: Time, _number: u32, _kind: JobKind, targets: u32) {
        let path = &mut *self.path;
        path.operator.job_created(now);
        let fleet_size = path.plan.fleet_size + path.registered.len() as u32;
        path.job = Job { first_level: path.level, fleet_size, targets, ..Job::NONE };
        path.levels[..=path.level].iter_mut().for_each(|level| level.aborted = 0);
        path.find_limit();
    }

    #[inline(always)]
    fn robot_started(&mut self, now: Time, robot: RobotId, attempt: u32) {
        let path = &mut *self.path;
        path.judge();
        path.level_of[robot as usize] = path.level as u8;
        let job = &mut path.job;
        job.in_flight += 1;
        job.in_flight_since += u128::from(now.micros());
        job.peak_in_flight = job.peak_in_flight.max(job.in_flight);
        job.last_start = Some(now);
        let level = &mut path.levels[path.level];
        level.started += 1;
        if attempt == 0 {
            level.went_down += 1;
            level.went_down_instants += u128::from(now.micros());
            path.down += 1;
            path.peak_robots_down = path.peak_robots_down.max(path.down);
        }
    }

    #[inline(always)]
    fn robot_ended(&mut self, now: Time, robot: RobotId, started: Time, end: RobotEnd) {
        let path = &mut *self.path;
        // Robots are aborted when the other endings of the instant have been counted.
        if now != path.now || end == RobotEnd::Aborted {
            path.judge();
            path.now = now;
        }
        let job = &mut path.job;
        job.in_flight -= 1;
        job.in_flight_since -= u128::from(started.micros());
        let on = if path.on_breach == OnBreach::Abort { path.level } else { path.level_of[robot as usize].into() };
        let level = &mut path.levels[on];
        level.ended += 1;
        level.deploying += u128::from((now - started).micros());
        level.last_end = now;
        match end {
            RobotEnd::InSync => {
                level.succeeded += 1;
                level.in_sync_instants += u128::from(now.micros());
                path.down -= 1;
                let later = robot.checked_sub(path.plan.fleet_size);
                let since = later.map_or(Time::ZERO, |later| path.registered[later as usize]);
                self.time_to_success.record((now - since).micros(), on);
                self.deployment.record((now - started).micros(), on);
                return;
            }
            RobotEnd::Failed(_) => {
                level.failed += 1;
                job.failures += 1;
            }
            RobotEnd::NoResponse => {
                level.no_response += 1;
                job.failures += 1;
            }
            RobotEnd::Aborted => level.aborted += 1,
        }
        if let Some(code) = end.failure_code() {
            level.codes[code as usize] += 1;
        }
    }

    fn robot_registered(&mut self, now: Time, _robot: RobotId) {
        self.path.registered.push(now);
        self.path.level_of.push(0);
    }

    fn job_breached(&mut self, _now: Time) {
        self.path.judge();
    }

    fn job_over(&mut self, job: &JobRecord) {
        let path = &mut *self.path;
        path.judge();
        path.follow_forks(job);
        path.limit = u32::MAX;
        if let Some(ended) = job.ended {
            path.operator.job_over(Path::free(&path.job, ended));
        }
        path.first_job.get_or_insert(*job);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path as FilePath;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::rollout::AnyController;
    use crate::scenario::Scenario;
    use crate::simulation::Campaign;

    const FLEET: &str = r#"
        name = "fleet"
        [deployment]
        concurrent_deployment_percentage = 20
        failure_threshold_percentage = 90
        robot_deployment_timeout = "3m"
        preparing = { exponential = { mean = "20s" } }
        [[group]]
        name = "a"
        robots = 40
        [group.step.downloading_extracting]
        latency = { exponential = { mean = "1m" } }
        failure = 0.1
        [group.step.launching]
        latency = { mixture = [{ weight = 1, constant = "0s" }, { weight = 1, constant = "10s" }] }
        failure = 0.3
    "#;

    /// Of 60 replications: the campaigns that leave their path, those of them that do so after the first job, and the replications of
    /// which the path does not know enough. All fields of a campaign are those of one that is simulated for itself.
    fn compare(sets: &[&str]) -> (u32, u32, u32) {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let scenario = Scenario::parse(FLEET, "", FilePath::new(""), &sets).unwrap_or_else(|e| panic!("{e:?}"));
        let plan = Plan::new(&scenario);
        let thresholds: Vec<u32> = (1..=plan.failure_threshold_percentage).collect();
        let mut path = Path::new(&plan, &thresholds);
        let mut campaign = Campaign::new(&plan, plan.controller.clone());
        let (cancelled, mut forks, mut later, mut unknown) = (AtomicBool::new(false), 0, 0, 0);
        for index in 0..60 {
            path.reset(index, None);
            let [time_to_success, deployment] = &mut [0; 2].map(|_| NestedSamples::new(thresholds.len()));
            let watched = Watched { path: &mut path, time_to_success, deployment };
            let end = campaign.run(5, index, &cancelled, watched);
            let level = path.level();
            let Some(found) = path.take_forks() else {
                unknown += 1;
                continue;
            };
            let mut found = found.map(|fork| fork.replication);
            for (place, threshold) in thresholds.iter().enumerate() {
                let on_breach = plan.controller.robo_maker().expect("it is RoboMaker's").on_breach();
                let controller = RoboMaker::new(plan.concurrent_deployment_percentage, *threshold, on_breach);
                let controller = AnyController::RoboMaker(controller);
                let alone = Campaign::new(&plan, controller).run(5, index, &cancelled, ());
                if place < level {
                    let fork = found.next();
                    forks += 1;
                    later += u32::from(fork.as_ref().is_some_and(|fork| fork.jobs > 1));
                    assert_eq!(fork, alone, "{sets:?}: replication {index}, threshold {threshold}");
                } else {
                    // But for the limit, which is that of the path.
                    let mut alone = alone;
                    if let (Some(alone), Some(end)) = (&mut alone, &end) {
                        let limits = end.first_job.map(|job| job.limits);
                        alone.first_job.iter_mut().zip(limits).for_each(|(job, limits)| job.limits = limits);
                    }
                    assert_eq!(end, alone, "{sets:?}: replication {index}, threshold {threshold}");
                }
            }
            assert_eq!(found.next(), None);
        }
        (forks, later, unknown)
    }

    #[test]
    fn a_fork_is_a_campaign_of_its_own() {
        let sync = "sync={ schedule = { every = \"1m\" }, max_jobs = 4 }";
        let at_once = "group.a.step.downloading_extracting.latency={ constant = \"0s\" }";
        let grows = "group.a.registrations={ interarrival = { exponential = { mean = \"10s\" } }, max = 30 }";
        // Everything falls on the calls' instants, some of it after them.
        let beat = "group.a.step.downloading_extracting.latency={ empirical = { values = [\"0s\", \"1m\"] } }";
        let rest = "group.a.step.launching.latency={ constant = \"0s\" }";
        let no_wait = "deployment.preparing={ constant = \"0s\" }";
        for sets in [
            &[][..],
            &["deployment.on_breach=abort", sync, beat, rest, no_wait],
            &["deployment.on_breach=abort"],
            &["deployment.start_order=shuffled", sync],
            &["deployment.on_breach=abort", sync],
            &[sync, at_once, "deployment.preparing={ constant = \"0s\" }"],
            &[sync, grows],
        ] {
            let (forks, _, unknown) = compare(sets);
            assert!(forks > 500 && unknown == 0, "{sets:?}: {forks} forks, {unknown} unknown");
        }
        // Few robots in the first job, which may all succeed; many that join for the second one.
        let crowd = "group.a.registrations={ interarrival = { exponential = { mean = \"2s\" } }, max = 60 }";
        let (forks, later, _) = compare(&[sync, crowd, "group.a.robots=4"]);
        assert!(later > 20 && forks > later, "{later} of {forks} in later jobs");
    }

    /// Where the fleet timeout or the horizon cuts the path off it does not know how robots in flight would have ended.
    #[test]
    fn a_path_that_is_cut_off_does_not_know() {
        let horizon = "sync={ horizon = \"8m\", schedule = { after_finish = \"1s\" } }";
        for (set, abort) in [("deployment.fleet_deployment_timeout=8m", false), (horizon, false), (horizon, true)] {
            let abort = if abort { "deployment.on_breach=abort" } else { "deployment.on_breach=drain" };
            let (forks, _, unknown) = compare(&[set, abort]);
            assert!(forks > 0, "{set} {abort}");
            assert_eq!(unknown > 0, abort.ends_with("drain"), "{set} {abort}: {unknown}");
        }
    }
}
