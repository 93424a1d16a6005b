//! How fast campaigns are simulated: `cargo bench`. See `benches/README.md`.

mod floor;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use divan::Bencher;
use divan::counter::ItemsCount;
use rollcast::experiment::Experiment;
use rollcast::random::Luck;
use rollcast::report::{CsvRows, Summary};
use rollcast::scenario::Scenario;
use rollcast::simulation::{Campaign, Draws, FairShare, Plan, Volume};
use sha2::{Digest, Sha256};

fn main() {
    PINNED.iter().for_each(|(name, digest)| assert_eq!(rows_digest(name), *digest, "{name} gives other results"));
    divan::main();
}

/// Scenarios without any part of the world, and what the bytes of their first 60 rows must come to: a change that makes them faster
/// must not change them, and new parts of the world must neither change them nor slow them down.
const PINNED: [(&str, &str); 3] = [
    ("warehouse", "4f7b46a571474d0b4901390558b7ec86e1494407e4187bf6ca45a20fed79de44"),
    ("bad-build", "2723bedc2630e5a65bb6b1362bbaeba3e0b27394addc3508d1deb66350abe25c"),
    ("fleet-timeout", "718c06e104b93033c0a0fe64da9025832382d3ea754208336c35365cb215ccda"),
];

fn shipped(name: &str, sets: &[String]) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("toml");
    Scenario::load(&path, sets).expect("the shipped scenario is right")
}

fn warehouse(robots: u32) -> Scenario {
    shipped("warehouse", &[format!("group.amr.robots={robots}")])
}

/// The SHA-256 of `replications.csv` of 60 replications.
fn rows_digest(name: &str) -> String {
    let scenario = shipped(name, &[]);
    let plan = Plan::new(&scenario);
    let experiment = Experiment { plan: &plan, seed: scenario.seed, replications: 60, threads: None, curves: false };
    let mut rows = CsvRows::new(Vec::new(), Vec::new(), &scenario, u64::MAX).expect("memory takes all rows");
    experiment.run(&mut rows, &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
    let (replications, _, _) = rows.finish().expect("memory takes all rows");
    Sha256::digest(replications).iter().map(|byte| format!("{byte:02x}")).collect()
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
