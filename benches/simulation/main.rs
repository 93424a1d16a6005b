//! How fast campaigns are simulated: `cargo bench`. See `benches/README.md`.

mod floor;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rollcast::experiment::{Experiment, Stopped, Tally, Workers};
use rollcast::metric::Summary;
use rollcast::random::{Luck, Purpose};
use rollcast::report::CsvRows;
use rollcast::rollout::{RobotDeploymentStep, RobotEnd};
use rollcast::scenario::{Diagnostics, Scenario, ScenarioFile};
use rollcast::simulation::{
    Campaign, Draws, Ending, Endings, Event, EventQueue, FairShare, Observer, Plan, StepPlan, Volume,
};
use rollcast::sweep::{Overrides, Simulated, Simulation, Sweep, one_pass, variations};
use rollcast::time::{Span, Time};
use sha2::{Digest, Sha256};

fn main() {
    PINNED.iter().for_each(|(name, digest)| assert_eq!(rows_digest(name), *digest, "{name} gives other results"));
    divan::main();
}

/// Scenarios with each part of the world and without any, and what the bytes of their first 60 rows must come to: a
/// change that makes them faster must not change them, and new parts of the world must neither change them nor slow
/// them down.
const PINNED: [(&str, &str); 8] = [
    ("warehouse", "4f7b46a571474d0b4901390558b7ec86e1494407e4187bf6ca45a20fed79de44"),
    ("bad-build", "2723bedc2630e5a65bb6b1362bbaeba3e0b27394addc3508d1deb66350abe25c"),
    ("fleet-timeout", "718c06e104b93033c0a0fe64da9025832382d3ea754208336c35365cb215ccda"),
    ("bench-m1", "3624e50997cc8c74c589d901aec5f1c8a2bdb3866452207d128f78ce75360042"),
    ("build-mixture", "9da3b776f00c6517d668f9ad0e13003f17726e18830b906bb88a8216f4900d20"),
    ("delivery-mobile", "d36c4b6cf8b4a60af476b577a53ebe970d037f3a6017b19e0bfb2f11fc61d3b2"),
    ("warehouse-uplink", "44e706372a439203c6f8bd67987d6e25fa3407f824daaffa0dea4910d869dd44"),
    ("growing-fleet", "06796f8bbe57ebe2ac9acdd71929d2be129f0d584eb4ff4dc11153f279f794f8"),
];

fn shipped(name: &str, sets: &[String]) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("toml");
    Scenario::load(&path, sets).expect("the shipped scenario is right")
}

fn warehouse(robots: u32) -> Scenario {
    shipped("warehouse", &[format!("group.amr.robots={robots}")])
}

/// The first of the columns that came after the digests; those before it have to stay as they are.
const FIRST_NEW_COLUMN: &str = "jobs_halted";

/// The SHA-256 of `replications.csv` of 60 replications, as far as the columns that are pinned.
fn rows_digest(name: &str) -> String {
    let scenario = shipped(name, &[]);
    let plan = Plan::new(&scenario);
    let experiment = Experiment { plan: &plan, seed: scenario.seed, replications: 60, threads: None, curves: false };
    let mut rows = CsvRows::new(Vec::new(), Vec::new(), &scenario, u64::MAX).expect("memory takes all rows");
    experiment.run(&mut rows, &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
    let (replications, _, _) = rows.finish().expect("memory takes all rows");
    let text = String::from_utf8(replications).expect("CSV is text");
    let header = text.lines().next().expect("there is a header");
    let pinned = header.split(',').position(|name| name == FIRST_NEW_COLUMN).expect("it is there");
    // No word of a row has a comma.
    let rows = text.lines().map(|row| row.split(',').take(pinned).collect::<Vec<_>>().join(",") + "\n");
    Sha256::digest(rows.collect::<String>()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The model M1 by hand.
#[divan::bench(args = [100, 1_000, 10_000, 1_000_000], max_time = 20)]
fn floor_m1(bencher: Bencher<'_, '_>, robots: u32) {
    let mut rng = floor::generator(1);
    bencher.counter(ItemsCount::new(robots)).bench_local(|| floor::campaign(robots, &mut rng));
}

/// The model M1 as `rollcast run --no-files` computes it, on one thread: about a million robots with all results.
#[divan::bench(args = [100, 1_000, 10_000, 1_000_000], max_time = 20)]
fn m1(bencher: Bencher<'_, '_>, robots: u32) {
    let scenario = shipped("bench-m1", &[format!("group.amr.robots={robots}")]);
    let plan = Plan::new(&scenario);
    let replications = 1_000_000 / robots;
    let experiment = Experiment { plan: &plan, seed: 42, replications, threads: Some(1), curves: false };
    bencher.counter(ItemsCount::new(robots * replications)).bench_local(|| {
        let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
        Summary::new(&scenario, 42, &tally)
    });
}

/// The warehouse's campaigns without tally: the event loop and the draws.
#[divan::bench(args = [100, 1_000, 10_000, 1_000_000], max_time = 20)]
fn event_loop(bencher: Bencher<'_, '_>, robots: u32) {
    let plan = Plan::new(&warehouse(robots));
    let mut campaign = Campaign::new(&plan, plan.controller.clone());
    let mut index = 0;
    bencher.counter(ItemsCount::new(robots)).bench_local(|| {
        index += 1;
        campaign.run(42, index, &AtomicBool::new(false), ())
    });
}

/// About 200,000 robots on one thread, with everything that `run --no-files` computes.
#[divan::bench(args = [100, 1_000, 10_000])]
fn experiment(bencher: Bencher<'_, '_>, robots: u32) {
    let scenario = warehouse(robots);
    let plan = Plan::new(&scenario);
    let replications = 200_000 / robots;
    let experiment = Experiment { plan: &plan, seed: 42, replications, threads: Some(1), curves: false };
    bencher.counter(ItemsCount::new(robots * replications)).bench_local(|| {
        let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
        Summary::new(&scenario, 42, &tally)
    });
}

/// The bad build at the threshold 100, and at all thresholds from 1 to 100 in one pass, on one thread; without the
/// statistics of the points, which cost the same whatever gives their tallies.
#[divan::bench(args = ["single", "one_pass"], max_time = 20)]
fn thresholds(bencher: Bencher<'_, '_>, how: &str) {
    const THRESHOLD: &str = "deployment.failure_threshold_percentage=";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bad-build.toml");
    let file = ScenarioFile::read(&path).expect("the shipped scenario is there");
    let list = format!("{THRESHOLD}{}", if how == "single" { "100" } else { "1..=100" });
    let sweep = Sweep { file, sets: Vec::new(), variations: variations(&[list]).expect("they are right") };
    let workers = Workers::new(Some(1)).expect("a thread");
    let simulation = Simulation {
        workers: &workers,
        overrides: Overrides::default(),
        cancelled: &AtomicBool::new(false),
        advanced: &|_| (),
    };
    bencher.bench_local(|| {
        let take = |simulated: Simulated| {
            black_box(&simulated.tally);
            Ok::<(), Stop>(())
        };
        one_pass(&sweep, &simulation, take).expect("nothing stops it");
    });
}

/// Nothing stops a benchmark.
#[derive(Debug)]
struct Stop;

impl From<Stopped> for Stop {
    fn from(_: Stopped) -> Stop {
        Stop
    }
}

impl From<Diagnostics> for Stop {
    fn from(_: Diagnostics) -> Stop {
        Stop
    }
}

/// Each part of the world alone on the same 200 robots, beside the warehouse without any: what a part costs a robot.
#[divan::bench(args = ["plain", "builds", "connectivity", "registrations", "downloads", "links", "api"])]
fn world(bencher: Bencher<'_, '_>, part: &str) {
    let sets: &[&str] = match part {
        "builds" => &[
            "build=[{ name = \"good\", weight = 9 }, { name = \"bad\", weight = 1, failure = { \"*.launching\" = 0.1 } }]",
        ],
        "connectivity" => &[
            "group.amr.connectivity.online={ exponential = { mean = \"30m\" } }",
            "group.amr.connectivity.offline={ exponential = { mean = \"10m\" } }",
        ],
        "registrations" => {
            &["group.amr.registrations={ interarrival = { exponential = { mean = \"1m\" } }, max = 20 }"]
        }
        "downloads" => &["download.bundle_size=100MB", "group.amr.download.uplink=100Mbit/s"],
        "links" => &[
            "download.bundle_size=100MB",
            "download.egress=200Mbit/s",
            "group.amr.download.uplink=150Mbit/s",
            "group.amr.download.link={ lognormal = { median = \"5Mbit/s\", sigma = 0.6 } }",
        ],
        "api" => &["api={ throttle = 0.2, lost_answer = 0.1 }"],
        _ => &[],
    };
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let plan = Plan::new(&shipped("warehouse", &sets));
    let mut campaign = Campaign::new(&plan, plan.controller.clone());
    let mut index = 0;
    bencher.counter(ItemsCount::new(200_u32)).bench_local(|| {
        index += 1;
        campaign.run(42, index, &AtomicBool::new(false), ())
    });
}

/// A change in the set of active downloads: one is complete, and another begins.
#[divan::bench(args = [100, 1_000, 10_000, 100_000])]
fn download_change(bencher: Bencher<'_, '_>, active: u32) {
    let mut share = FairShare::new(Some(1_000_000_000), vec![Some(600_000_000), None]);
    let begin = |share: &mut FairShare, robot: u32| {
        // Links from 100 to about 760 kbit/s, nearly all different, and sizes that do not end together.
        let (link, size) = (100_000 + u64::from(robot % 7919) * 83, 1_000_000 + u64::from(robot % 104_729) * 17);
        share.add(robot, robot as usize % 2, Some(link), Volume::from_bytes(size));
    };
    (0..active).for_each(|robot| begin(&mut share, robot));
    let mut next = active;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        let due = share.next_completion();
        share.advance(due);
        while share.pop_completed().is_some() {
            begin(&mut share, next);
            next += 1;
        }
    });
}

/// Robots in flight, of which one ends and another starts: durations of about a minute, so many in flight.
#[divan::bench(args = [20, 200, 2_000, 200_000, 2_000_000])]
fn endings(bencher: Bencher<'_, '_>, in_flight: u32) {
    let mut stream = Luck::new(42, 0).robot(0, 0, Purpose::StartOrder);
    let durations: Vec<u64> = (0..1 << 16).map(|_| 30_000_000 + stream.below(60_000_000) as u64).collect();
    let mut endings = Endings::default();
    let mut robot = 0;
    let mut start = |endings: &mut Endings, now: Time| {
        robot += 1;
        let due = now + Span::from_micros(durations[robot as usize % durations.len()]);
        endings.push(Ending { due, started: now, robot, end: RobotEnd::InSync });
    };
    (0..in_flight).for_each(|_| start(&mut endings, Time::ZERO));
    let mut turn = |endings: &mut Endings| {
        let now = endings.next_due();
        while endings.pop_due(now).is_some() {
            start(endings, now);
        }
    };
    // Until memory is what it will be.
    (0..2 * in_flight).for_each(|_| turn(&mut endings));
    bencher.counter(ItemsCount::new(1000_u32)).bench_local(|| (0..1000).for_each(|_| turn(&mut endings)));
}

/// What is remembered of a replication of so many robots, all in sync one after another.
#[divan::bench(args = [100, 1_000, 10_000])]
fn tallying(bencher: Bencher<'_, '_>, robots: u32) {
    let plan = Plan::new(&warehouse(robots));
    let mut tally = Tally::new(&plan, false);
    let replication = Campaign::new(&plan, plan.controller.clone()).run(42, 0, &AtomicBool::new(false), ());
    let replication = replication.expect("nobody cancels it");
    bencher.counter(ItemsCount::new(robots)).bench_local(|| {
        for robot in 0..robots {
            let started = Time::from_micros(u64::from(robot) * 1_000_003);
            let duration = 60_000_000 + u64::from(robot.wrapping_mul(2_654_435_761) >> 4);
            let ended = Event::RobotEnded { robot, started, end: RobotEnd::InSync };
            tally.see(started + Span::from_micros(duration), &ended);
        }
        tally.end_replication(&replication);
    });
}

/// A draw from each family, one by one.
#[divan::bench(args = [
    "constant = \"1m\"",
    "uniform = { min = \"1s\", max = \"2m\" }",
    "exponential = { mean = \"1m\" }",
    "normal = { mean = \"1m\", std = \"20s\" }",
    "lognormal = { median = \"1m\", sigma = 0.8 }",
    "gamma = { shape = 2.5, scale = \"20s\" }",
    "weibull = { shape = 0.7, scale = \"1m\" }",
    "triangular = { min = \"1s\", mode = \"1m\", max = \"3m\" }",
    "pert = { min = \"1s\", mode = \"1m\", max = \"3m\" }",
    "pareto = { scale = \"1m\", shape = 2.5 }",
    "empirical = { values = [\"1s\", \"7s\", \"9s\"] }",
])]
fn variate(bencher: Bencher<'_, '_>, family: &str) {
    let set = format!("group.amr.step.launching.latency={{ {family} }}");
    let plan = Plan::new(&shipped("warehouse", &[set]));
    let launching = |step: &&StepPlan| step.step == RobotDeploymentStep::Launching;
    let step = plan.group(0).steps.iter().find(launching).expect("the warehouse has it");
    let draws = Draws::new(&plan);
    let mut robot = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        robot = (robot + 1) % 200;
        draws.latency(step, robot, 0)
    });
}

/// The drawing of one robot's deployment.
#[divan::bench]
fn attempt(bencher: Bencher<'_, '_>) {
    let plan = Plan::new(&warehouse(200));
    let mut draws = Draws::new(&plan);
    let mut robot = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        robot = (robot + 1) % 200;
        draws.reset(Luck::new(42, robot));
        draws.attempt(plan.group(0), robot, 0)
    });
}

/// Reading and checking the scenario.
#[divan::bench]
fn load() -> Scenario {
    warehouse(200)
}
