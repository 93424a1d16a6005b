//! Random valid scenarios, written as TOML text.
//!
//! Durations are mostly small whole seconds, and steps, timeouts, schedules and horizons are of comparable size. So
//! every rule bites often, and many things fall on one instant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use rollcast::rollout::{
    Again, CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, OnBreach, RobotEnd, Schedule, StartOrder,
};
use rollcast::scenario::Scenario;
use rollcast::simulation::JobRecord;
use rollcast::time::{Span, Time};

use super::history::{History, engine, parse};
use super::worlds::World;

/// A scenario before it is written. Durations are in seconds; what is none is left out of the text.
#[derive(Clone)]
pub struct Sketch {
    pub seed: u64,
    pub deployment: Deployment,
    pub groups: Vec<Group>,
    pub sync: Option<Sync>,
    pub world: World,
}

#[derive(Clone, Debug)]
pub struct Deployment {
    pub concurrency: u32,
    pub threshold: u32,
    pub robot_timeout: Option<u64>,
    pub fleet_timeout: Option<u64>,
    pub start_order: Option<&'static str>,
    pub on_breach: Option<&'static str>,
    pub preparing: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub robots: u32,
    pub pace: Option<&'static str>,
    /// In the order of the file, which is any.
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub name: &'static str,
    pub latency: String,
    pub hang: Option<&'static str>,
    pub failure: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Sync {
    pub schedule: Option<(&'static str, u64)>,
    pub max_jobs: u32,
    pub horizon: Option<u64>,
    pub on_halt: Option<&'static str>,
    pub on_timeout: Option<&'static str>,
}

/// The text, so that a failing case can be run as it is shown.
impl fmt::Display for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calendar =
            self.world.starts_at.map(|start| format!(", starts_at = {start}, time_zone = \"Europe/Berlin\""));
        let (seed, calendar) = (self.seed, calendar.unwrap_or_default());
        writeln!(f, "name = \"random\"\nrun = {{ seed = {seed}{calendar} }}\n\n[deployment]")?;
        let deployment = &self.deployment;
        writeln!(f, "concurrent_deployment_percentage = {}", deployment.concurrency)?;
        writeln!(f, "failure_threshold_percentage = {}", deployment.threshold)?;
        seconds(f, "robot_deployment_timeout", deployment.robot_timeout)?;
        seconds(f, "fleet_deployment_timeout", deployment.fleet_timeout)?;
        string(f, "start_order", deployment.start_order)?;
        string(f, "on_breach", deployment.on_breach)?;
        if let Some(preparing) = &deployment.preparing {
            writeln!(f, "preparing = {preparing}")?;
        }
        if let Some(windows) = &self.world.starts {
            writeln!(f, "windows = {windows}")?;
        }
        for (number, group) in self.groups.iter().enumerate() {
            writeln!(f, "\n[[group]]\nname = \"g{number}\"\nrobots = {}", group.robots)?;
            if let Some(sigma) = group.pace {
                writeln!(f, "pace = {{ sigma = {sigma} }}")?;
            }
            for step in &group.steps {
                writeln!(f, "[group.step.{}]\nlatency = {}", step.name, step.latency)?;
                if let Some(hang) = step.hang {
                    writeln!(f, "hang = {hang}")?;
                }
                if let Some(failure) = &step.failure {
                    writeln!(f, "failure = {failure}")?;
                }
            }
            if let Some(world) = self.world.groups.get(number) {
                write!(f, "{world}")?;
            }
        }
        if let Some(sync) = &self.sync {
            writeln!(f, "\n[sync]\nmax_jobs = {}", sync.max_jobs)?;
            if let Some((key, delay)) = sync.schedule {
                writeln!(f, "schedule = {{ {key} = \"{delay}s\" }}")?;
            }
            seconds(f, "horizon", sync.horizon)?;
            string(f, "on_halt", sync.on_halt)?;
            string(f, "on_timeout", sync.on_timeout)?;
        }
        write!(f, "{}", self.world)
    }
}

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

fn seconds(f: &mut fmt::Formatter<'_>, key: &str, value: Option<u64>) -> fmt::Result {
    value.map_or(Ok(()), |value| writeln!(f, "{key} = \"{value}s\""))
}

fn string(f: &mut fmt::Formatter<'_>, key: &str, value: Option<&str>) -> fmt::Result {
    value.map_or(Ok(()), |value| writeln!(f, "{key} = \"{value}\""))
}

impl Sketch {
    /// The scenario as the library reads it.
    pub fn scenario(&self) -> Scenario {
        parse(&self.to_string())
    }
}

/// The same cases in each run.
pub fn config(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}

const STEPS: [&str; 6] = [
    "validating",
    "executing_download_condition",
    "downloading_extracting",
    "executing_pre_launch",
    "launching",
    "executing_post_launch",
];

/// From which lengths of time a scenario is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Any that are of comparable size.
    Free,
    /// Multiples of half a minute only, so that nearly everything falls on one instant with something else.
    Beat,
}

impl Rhythm {
    /// One of `free`, or a multiple of the beat between the least and the greatest of them.
    fn seconds(self, free: &[u64]) -> impl Strategy<Value = u64> + use<> {
        let (least, most) = (free.iter().min(), free.iter().max());
        let within = |beat: &u64| least <= Some(beat) && Some(beat) <= most;
        select(match self {
            Rhythm::Free => free.to_vec(),
            Rhythm::Beat => [0, 0, 30, 30, 60, 90, 120].into_iter().filter(within).collect(),
        })
    }
}

fn constant(rhythm: Rhythm) -> impl Strategy<Value = String> {
    rhythm
        .seconds(&[0, 0, 1, 2, 5, 10, 10, 15, 20, 30, 30, 45, 60, 90])
        .prop_map(|seconds| format!("{{ constant = \"{seconds}s\" }}"))
}

/// A latency of some family, most often one that falls on whole seconds.
pub fn latency(rhythm: Rhythm) -> BoxedStrategy<String> {
    if rhythm == Rhythm::Beat {
        return constant(rhythm).boxed();
    }
    let mean = || 1..60u32;
    prop_oneof![
        24 => constant(rhythm),
        4 => (0..4u32, 1..12u32).prop_map(|(a, b)| {
            format!("{{ empirical = {{ values = [\"{}s\", \"{}s\", \"{}s\"] }} }}", 5 * a, 5 * b, 5 * (a + b))
        }),
        2 => (0..4u32, mean()).prop_map(|(constant, mean)| {
            let often = format!("{{ weight = 2, constant = \"{}s\" }}", 15 * constant);
            let rarely = format!("{{ weight = 1, shift = \"1s\", exponential = {{ mean = \"{mean}s\" }} }}");
            format!("{{ mixture = [{often}, {rarely}] }}")
        }),
        2 => (0..20u32, mean()).prop_map(|(shift, mean)| {
            format!("{{ shift = \"{shift}s\", exponential = {{ mean = \"{mean}s\" }} }}")
        }),
        1 => (0..30u32, mean()).prop_map(|(min, width)| {
            family("uniform", &format!("min = \"{min}s\", max = \"{}s\"", min + width))
        }),
        1 => mean().prop_map(|mean| family("exponential", &format!("mean = \"{mean}s\""))),
        1 => (0..40u32, mean()).prop_map(|(mean, std)| {
            family("normal", &format!("mean = \"{mean}s\", std = \"{std}s\""))
        }),
        1 => mean().prop_map(|median| family("lognormal", &format!("median = \"{median}s\", sigma = 0.8"))),
        1 => mean().prop_map(|mean| family("gamma", &format!("mean = \"{mean}s\", std = \"20s\""))),
        1 => mean().prop_map(|scale| family("weibull", &format!("shape = 0.7, scale = \"{scale}s\""))),
        1 => mean().prop_map(|mode| family("triangular", &format!("min = \"0s\", mode = \"{mode}s\", max = \"90s\""))),
        1 => mean().prop_map(|mode| family("pert", &format!("min = \"0s\", mode = \"{mode}s\", max = \"90s\""))),
        1 => (1..20u32).prop_map(|scale| family("pareto", &format!("scale = \"{scale}s\", shape = 1.2"))),
    ]
    .boxed()
}

pub fn family(name: &str, parameters: &str) -> String {
    format!("{{ {name} = {{ {parameters} }} }}")
}

fn failure() -> impl Strategy<Value = Option<String>> {
    let probability = || select(vec!["0", "0.0", "0.05", "0.2", "0.5", "1"]);
    let codes = "ResourceNotFound = 1, InternalServerError = 2.5, LambdaDeleted = 0";
    prop_oneof![
        6 => Just(None),
        4 => probability().prop_map(|p| Some(p.to_owned())),
        2 => probability().prop_map(move |p| Some(format!("{{ probability = {p}, codes = {{ {codes} }} }}"))),
    ]
}

pub fn group(rhythm: Rhythm) -> impl Strategy<Value = Group> {
    let step = move |name| (Just(name), latency(rhythm), failure());
    let steps = subsequence(STEPS.to_vec(), 0..=4).prop_shuffle().prop_flat_map(move |names| {
        let steps: Vec<_> = names.into_iter().map(step).collect();
        steps.prop_map(|steps| {
            steps.into_iter().map(|(name, latency, failure)| Step { name, latency, hang: None, failure }).collect()
        })
    });
    (1..=20u32, steps).prop_map(|(robots, steps)| Group { robots, pace: None, steps })
}

/// Leaves a value out now and then.
pub fn maybe<S: Strategy + 'static>(present: u32, value: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop_oneof![10 - present => Just(None), present => value.prop_map(Some)]
}

fn percentage() -> impl Strategy<Value = u32> {
    prop_oneof![2 => 1..=100u32, 3 => select(vec![5, 10, 20, 25, 30, 40, 50, 75, 100])]
}

pub fn deployment(rhythm: Rhythm) -> impl Strategy<Value = Deployment> {
    let exponential = (1..40u32).prop_map(|mean| family("exponential", &format!("mean = \"{mean}s\"")));
    let preparing = prop_oneof![3 => constant(rhythm), 1 => exponential];
    (
        percentage(),
        percentage(),
        maybe(7, rhythm.seconds(&[60, 60, 75, 90, 120, 180])),
        maybe(5, rhythm.seconds(&[20, 30, 45, 60, 65, 90, 120, 180, 300])),
        maybe(6, select(vec!["registration", "shuffled", "shuffled"])),
        maybe(6, select(vec!["drain", "abort", "abort"])),
        maybe(5, preparing),
    )
        .prop_map(|(concurrency, threshold, robot_timeout, fleet_timeout, start_order, on_breach, preparing)| {
            Deployment { concurrency, threshold, robot_timeout, fleet_timeout, start_order, on_breach, preparing }
        })
}

pub fn sync(rhythm: Rhythm) -> impl Strategy<Value = Option<Sync>> {
    let schedule = prop_oneof![
        rhythm.seconds(&[5, 10, 15, 20, 30, 45, 60, 90, 120, 300]).prop_map(|every| ("every", every)),
        rhythm.seconds(&[0, 0, 1, 5, 10, 30, 60, 120]).prop_map(|delay| ("after_finish", delay)),
    ];
    let horizon = rhythm.seconds(&[15, 30, 60, 75, 90, 120, 150, 180, 240, 300, 600, 900]);
    let again = || maybe(8, select(vec!["stop", "retry", "retry", "retry"]));
    let sync = (schedule, any::<bool>(), 1..=6u32, maybe(6, horizon), again(), again()).prop_map(
        |(schedule, needless, max_jobs, horizon, on_halt, on_timeout)| Sync {
            // A single job needs no schedule, but may have one.
            schedule: (max_jobs > 1 || needless).then_some(schedule),
            max_jobs,
            horizon,
            on_halt,
            on_timeout,
        },
    );
    maybe(9, sync)
}

/// A scenario of 1 to 60 robots without a world around it.
pub fn plain(rhythm: Rhythm) -> impl Strategy<Value = Sketch> {
    (0..=u64::MAX >> 1, deployment(rhythm), prop::collection::vec(group(rhythm), 1..=3), sync(rhythm))
        .prop_map(|(seed, deployment, groups, sync)| Sketch { seed, deployment, groups, sync, world: World::default() })
}

/// Any valid scenario of 1 to 60 robots without a world around it.
pub fn sketch() -> impl Strategy<Value = Sketch> {
    prop_oneof![plain(Rhythm::Free), plain(Rhythm::Beat)]
}

proptest! {
    #![proptest_config(config(400))]

    /// What is written is read, and what is left out has its default.
    #[test]
    fn the_reader_gives_back_what_is_written(sketch in sketch()) {
        let scenario = sketch.scenario();
        let (written, read) = (&sketch.deployment, &scenario.deployment);
        let rules = read.rules.robo_maker().expect("RoboMaker");
        prop_assert_eq!(scenario.seed, sketch.seed);
        prop_assert_eq!(rules.concurrent_deployment_percentage(),written.concurrency);
        prop_assert_eq!(rules.failure_threshold_percentage(),written.threshold);
        prop_assert_eq!(read.robot_deployment_timeout, Span::from_secs(written.robot_timeout.unwrap_or(5 * 3600)));
        prop_assert_eq!(read.fleet_deployment_timeout, Span::from_secs(written.fleet_timeout.unwrap_or(30 * 86_400)));
        prop_assert_eq!(read.start_order == StartOrder::Shuffled, written.start_order == Some("shuffled"));
        prop_assert_eq!(rules.on_breach() == OnBreach::Abort, written.on_breach == Some("abort"));
        let robots = |groups: &[Group]| groups.iter().map(|group| group.robots).collect::<Vec<_>>();
        prop_assert_eq!(scenario.groups.iter().map(|group| group.robots).collect::<Vec<_>>(), robots(&sketch.groups));
        for (written, read) in sketch.groups.iter().zip(&scenario.groups) {
            let mut written: Vec<_> = written.steps.iter().map(|step| step.name).collect();
            written.sort_by_key(|name| STEPS.iter().position(|step| step == name));
            prop_assert_eq!(read.steps.iter().map(|step| step.step.key()).collect::<Vec<_>>(), written);
        }
        let sync = &scenario.sync;
        let schedule = sketch.sync.as_ref().and_then(|sync| sync.schedule).map(|(key, delay)| match key {
            "every" => Schedule::Every(Span::from_secs(delay)),
            _ => Schedule::AfterFinish(Span::from_secs(delay)),
        });
        prop_assert_eq!(sync.schedule, schedule);
        prop_assert_eq!(sync.max_jobs, sketch.sync.as_ref().map_or(1, |sync| sync.max_jobs));
        let horizon = sketch.sync.as_ref().and_then(|sync| sync.horizon);
        prop_assert_eq!(sync.horizon, horizon.map(Span::from_secs));
        let retries = |again: Option<&str>| if again == Some("retry") { Again::Retry } else { Again::Stop };
        prop_assert_eq!(sync.on_halt, retries(sketch.sync.as_ref().and_then(|sync| sync.on_halt)));
        prop_assert_eq!(sync.on_timeout, retries(sketch.sync.as_ref().and_then(|sync| sync.on_timeout)));
    }
}

/// What a campaign has seen that a test of the rules must not miss.
fn sights(scenario: &Scenario, history: &History) -> Vec<&'static str> {
    let mut sights = vec![match history.replication.outcome {
        CampaignOutcome::InSync => "outcome in_sync",
        CampaignOutcome::Halted => "outcome halted",
        CampaignOutcome::TimedOut => "outcome timed_out",
        CampaignOutcome::MaxJobs => "outcome max_jobs",
        CampaignOutcome::Horizon => "outcome horizon",
    }];
    let mut see = |what, seen: bool| {
        if seen {
            sights.push(what);
        }
    };
    let horizon = scenario.sync.horizon.map_or(Time::MAX, |horizon| Time::ZERO + horizon);
    let replication = &history.replication;
    let at_horizon = replication.ended == horizon;
    see("another outcome at the horizon", at_horizon && replication.outcome != CampaignOutcome::Horizon);
    see(
        "a horizon between jobs",
        at_horizon && history.jobs.iter().all(|job| job.ended.is_some_and(|end| end < horizon)),
    );
    see("calls refused", replication.concurrent_deployment_exceptions > 0);
    see("in sync after several jobs", replication.outcome == CampaignOutcome::InSync && replication.jobs > 1);

    let every = matches!(scenario.sync.schedule, Some(Schedule::Every(_)));
    for (job, next) in history.jobs.iter().zip(history.jobs.iter().skip(1)) {
        let at_once = job.ended == Some(next.created);
        see("an `every` call as a job ends", every && at_once);
        // Some robot both starts and ends at the instant of the job's end: after the calls of that instant.
        let attempts = || history.robots.iter().flatten();
        let ends_twice = attempts().any(|attempt| Some(attempt.started) == job.ended && attempt.started < next.created);
        let period = match scenario.sync.schedule {
            Some(Schedule::Every(every)) => every.micros(),
            _ => u64::MAX,
        };
        let call = job.ended.is_some_and(|ended| ended.micros() % period == 0);
        see("an `every` call before the last start of the job that it meets", call && ends_twice);
        see("a sync job made at once after a job", !every && at_once);
        see("a retry after a halt", job.halted());
        see("a retry after a fleet timeout", is_timed_out(job));
    }
    for job in &history.jobs {
        see("a job that ends as it is made", job.ended == Some(job.created));
        see("a fleet timeout", is_timed_out(job));
        see("a fleet timeout of a halted job", is_timed_out(job) && job.halted());
        see("a fleet timeout without a robot in flight", is_timed_out(job) && job.progress.aborted == 0);
        see("a horizon that cuts off a job in progress", job.status == DeploymentStatus::InProgress);
        see("a horizon that cuts off a job in preparation", job.status == DeploymentStatus::Preparing);
        see("a horizon that cuts off a halted job", job.ended.is_none() && job.halted());
        see("not attempted", job.ended.is_some() && job.progress.not_attempted() > 0);
        see("failures of the whole fleet", job.progress.counted_failures() == job.progress.fleet_size);
        let threshold = scenario.deployment.rules.robo_maker().expect("RoboMaker").failure_threshold_percentage()
            * job.progress.fleet_size;
        see("a breach by exactly the threshold", job.halted() && 100 * job.progress.counted_failures() == threshold);
        see("an overshoot", 100 * job.progress.counted_failures() >= threshold + 100);
        see("success with failures", job.status == DeploymentStatus::Succeeded && job.progress.counted_failures() > 0);
    }
    for breach in &history.breaches {
        let job =
            history.jobs.iter().rfind(|job| job.halted() && job.created <= *breach).expect("a breach is of a job");
        let drains = job.ended.is_none_or(|ended| ended > *breach);
        see("a breach that drains", drains);
        see("a breach at the horizon", at_horizon && *breach == horizon);
        see("a breach at the fleet timeout", is_timed_out(job) && job.ended == Some(*breach));
        let aborts = job.progress.aborted > 0 && !is_timed_out(job);
        see("a breach that aborts", aborts);
    }
    for attempts in &history.robots {
        see("a third attempt", attempts.len() > 2);
        for attempt in attempts {
            let Some((ended, end)) = attempt.ended else {
                see("a robot cut off by the horizon", true);
                continue;
            };
            let duration = ended - attempt.started;
            let just_in_time = duration == scenario.deployment.robot_deployment_timeout;
            match end {
                RobotEnd::InSync => see("InSync exactly at the robot timeout", just_in_time),
                RobotEnd::Failed(code) => {
                    see("a failure exactly at the robot timeout", just_in_time);
                    see("a code of a weighted choice", code == DeploymentJobErrorCode::InternalServerError);
                    see("the rarer code of a weighted choice", code == DeploymentJobErrorCode::ResourceNotFound);
                    see("a step's own code", code == DeploymentJobErrorCode::PreLaunchFileFailure);
                }
                RobotEnd::NoResponse => see("NoResponse", true),
                RobotEnd::Aborted => see("an abort as a robot starts", duration == Span::ZERO),
            }
            see("a deployment without time", duration == Span::ZERO && end == RobotEnd::InSync);
            let timed_out = |job: &JobRecord| is_timed_out(job) && job.ended == Some(ended);
            see("an end exactly at the fleet timeout", end != RobotEnd::Aborted && history.jobs.iter().any(timed_out));
        }
    }
    sights
}

fn is_timed_out(job: &JobRecord) -> bool {
    job.failure_code == Some(DeploymentJobErrorCode::FleetDeploymentTimeout)
}

/// All that [`sights`] can see.
const SIGHTS: &[&str] = &[
    "outcome in_sync",
    "outcome halted",
    "outcome timed_out",
    "outcome max_jobs",
    "outcome horizon",
    "another outcome at the horizon",
    "a horizon between jobs",
    "calls refused",
    "in sync after several jobs",
    "an `every` call as a job ends",
    "an `every` call before the last start of the job that it meets",
    "a sync job made at once after a job",
    "a retry after a halt",
    "a retry after a fleet timeout",
    "a job that ends as it is made",
    "a fleet timeout",
    "a fleet timeout of a halted job",
    "a fleet timeout without a robot in flight",
    "a horizon that cuts off a job in progress",
    "a horizon that cuts off a job in preparation",
    "a horizon that cuts off a halted job",
    "not attempted",
    "failures of the whole fleet",
    "a breach by exactly the threshold",
    "an overshoot",
    "success with failures",
    "a breach that drains",
    "a breach at the horizon",
    "a breach at the fleet timeout",
    "a breach that aborts",
    "a third attempt",
    "a robot cut off by the horizon",
    "InSync exactly at the robot timeout",
    "a failure exactly at the robot timeout",
    "a code of a weighted choice",
    "the rarer code of a weighted choice",
    "a step's own code",
    "NoResponse",
    "an abort as a robot starts",
    "a deployment without time",
    "an end exactly at the fleet timeout",
];

#[test]
fn the_random_scenarios_reach_every_rule() {
    const LEAST: u32 = 5;
    let mut counts: BTreeMap<&str, u32> = SIGHTS.iter().map(|sight| (*sight, 0)).collect();
    let mut runner = TestRunner::new(config(0));
    for _ in 0..4000 {
        let sketch = sketch().new_tree(&mut runner).expect("the strategy refuses nothing").current();
        let scenario = sketch.scenario();
        let sights: BTreeSet<_> = sights(&scenario, &engine(&scenario, sketch.seed, 0)).into_iter().collect();
        for sight in sights {
            *counts.get_mut(sight).unwrap_or_else(|| panic!("`{sight}` is not listed")) += 1;
        }
    }
    let rare: Vec<_> = counts.iter().filter(|(_, count)| **count < LEAST).collect();
    assert!(rare.is_empty(), "in fewer than {LEAST} scenarios: {rare:?}");
}
