//! How fast campaigns are simulated: `cargo bench`. See `benches/README.md`.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use divan::Bencher;
use divan::counter::ItemsCount;
use rollcast::experiment::Experiment;
use rollcast::random::Luck;
use rollcast::report::Summary;
use rollcast::scenario::Scenario;
use rollcast::simulation::{Campaign, Draws, Plan};

fn main() {
    divan::main();
}

fn warehouse(robots: u32) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/warehouse.toml");
    let sets = [format!("group.amr.robots={robots}")];
    Scenario::load(&path, &sets).expect("the shipped scenario is right")
}

/// The warehouse's campaigns without tally: the event loop and the draws.
#[divan::bench(args = [100, 1_000, 10_000, 1_000_000])]
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
