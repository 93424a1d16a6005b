//! What the speed of the model M1 is held against, as ratios of paired runs: `cargo bench --bench goals`. See
//! `benches/README.md`.
//!
//! A pair is a run of the one and a run of the other, one right after the other; the median of many pairs' ratios moves
//! little on a machine that is shared, where seconds move much.

#[path = "../simulation/floor.rs"]
mod floor;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use rollcast::experiment::Experiment;
use rollcast::metric::Summary;
use rollcast::scenario::Scenario;
use rollcast::simulation::Plan;

/// How much is run: everything tiny where only errors matter.
#[derive(Clone, Copy)]
struct Extent {
    pairs: usize,
    robots_a_run: u32,
    largest: u32,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, robots] = arguments.as_slice()
        && flag == MEMORY_OF
    {
        return print_peak_memory(robots.parse().expect("the number of robots that this program gave itself"));
    }
    let tiny = arguments.iter().any(|argument| argument == "--test");
    let extent = if tiny {
        Extent { pairs: 1, robots_a_run: 10_000, largest: 10_000 }
    } else {
        Extent { pairs: 21, robots_a_run: 6_000_000, largest: 10_000_000 }
    };
    against_the_floor(extent);
    growth(extent);
    largest_fleet(extent);
    whole_commands(extent);
}

/// One core against the floor, and two cores against one.
fn against_the_floor(extent: Extent) {
    println!("M1, medians of {} pairs", extent.pairs);
    println!("{:>10} {:>12} {:>12} {:>14} {:>14}", "robots", "floor M/s", "run M/s", "run / floor", "2 / 1 cores");
    for robots in [100, 1_000, 10_000, 1_000_000].into_iter().filter(|robots| *robots <= extent.largest) {
        let model = Model::new(robots, (extent.robots_a_run / robots).max(2));
        let (mut floors, mut runs, mut ratios, mut cores) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..extent.pairs {
            let (floor, run, both) = (model.floor(), model.run(1), model.run(2));
            floors.push(floor);
            runs.push(run);
            ratios.push(floor / run);
            cores.push(run / both);
        }
        println!(
            "{robots:>10} {:>12.1} {:>12.1} {:>14.2} {:>14.2}",
            1e3 / median(&mut floors),
            1e3 / median(&mut runs),
            median(&mut ratios),
            median(&mut cores)
        );
    }
}

/// The exponents with which time grows in replications and in robots: 1 is linear.
fn growth(extent: Extent) {
    let exponent = |small: &Model, large: &Model| {
        let mut exponents: Vec<f64> = (0..extent.pairs.min(15))
            .map(|_| {
                let ratio = large.run(1) * large.robots_in_all() / (small.run(1) * small.robots_in_all());
                libm::log(ratio) / libm::log(large.robots_in_all() / small.robots_in_all())
            })
            .collect();
        median(&mut exponents)
    };
    println!("\ntime grows with");
    let replications = exponent(&Model::new(1_000, 20), &Model::new(1_000, extent.robots_a_run / 1_000));
    println!("  replications ^ {replications:.2} (of 1,000 robots)");
    for [few, many] in [[100, 10_000], [10_000, 100_000], [100_000, 1_000_000]] {
        if many <= extent.largest {
            let robots = exponent(&Model::new(few, 2), &Model::new(many, 2));
            println!("  robots ^ {robots:.2} (from {few} to {many})");
        }
    }
}

/// A single replication of the largest fleet: time a robot against that at 10,000, and memory.
fn largest_fleet(extent: Extent) {
    let robots = extent.largest;
    let (small, large) = (Model::new(10_000, (extent.robots_a_run / 10_000).max(2)), Model::new(robots, 1));
    let mut ratios: Vec<f64> = (0..extent.pairs.min(5)).map(|_| large.run(1) / small.run(1)).collect();
    println!("\n{robots} robots in one replication: {:.2} times the time a robot of 10,000", median(&mut ratios));
    let itself = std::env::current_exe().expect("a running program has a path");
    let printed = Command::new(itself).args([MEMORY_OF, &robots.to_string()]).output().expect("it runs again");
    print!("{}", String::from_utf8_lossy(&printed.stdout));
}

const MEMORY_OF: &str = "--memory-of";

fn print_peak_memory(robots: u32) {
    black_box(Model::new(robots, 1).run(1));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    match peak {
        Some(kib) => {
            println!("peak memory {:.0} MB: {:.1} bytes a robot", kib / 1e3 * 1.024, kib * 1024.0 / f64::from(robots))
        }
        None => println!("peak memory: not known on this system"),
    }
}

/// Whole commands as a person waits for them, with start-up, files and plots.
fn whole_commands(extent: Extent) {
    println!("\nwhole commands, least of {} runs", extent.pairs.min(15));
    let folder = std::env::temp_dir().join(format!("rollcast-goals-{}", std::process::id()));
    let (folder, warehouse) = (folder.to_string_lossy(), scenario_path("warehouse"));
    let commands: [&[&str]; 3] = [&["--help"], &["validate", &warehouse], &["run", &warehouse, "--out", &folder]];
    for arguments in commands {
        let once = || {
            let begin = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_rollcast")).args(arguments).stdout(Stdio::null()).status();
            assert!(status.expect("the program runs").success(), "{arguments:?}");
            begin.elapsed()
        };
        let least = (0..extent.pairs.min(15)).map(|_| once()).min().unwrap_or(Duration::ZERO);
        println!("{:>8.1} ms  rollcast {}", least.as_secs_f64() * 1e3, arguments[0]);
    }
    std::fs::remove_dir_all(&*folder).expect("the results were written there");
}

/// M1 with this many robots, so many replications of it a run.
struct Model {
    scenario: Scenario,
    plan: Plan,
    robots: u32,
    replications: u32,
}

impl Model {
    fn new(robots: u32, replications: u32) -> Model {
        let sets = [format!("group.amr.robots={robots}")];
        let scenario =
            Scenario::load(Path::new(&scenario_path("bench-m1")), &sets).expect("the shipped scenario is right");
        let plan = Plan::new(&scenario);
        Model { scenario, plan, robots, replications }
    }

    fn robots_in_all(&self) -> f64 {
        f64::from(self.robots) * f64::from(self.replications)
    }

    /// Nanoseconds a robot by hand.
    fn floor(&self) -> f64 {
        let mut rng = floor::generator(1);
        self.nanoseconds(|| (0..self.replications).for_each(|_| _ = black_box(floor::campaign(self.robots, &mut rng))))
    }

    /// Nanoseconds a robot with all that `run --no-files` computes.
    fn run(&self, threads: usize) -> f64 {
        let replications = self.replications;
        let experiment = Experiment { plan: &self.plan, seed: 42, replications, threads: Some(threads), curves: false };
        self.nanoseconds(|| {
            let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
            black_box(Summary::new(&self.scenario, 42, &tally));
        })
    }

    fn nanoseconds(&self, work: impl FnOnce()) -> f64 {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64() * 1e9 / self.robots_in_all()
    }
}

fn scenario_path(name: &str) -> String {
    format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
