//! Kill -9 at any moment of any command that writes, while others read.
//!
//!     KILLS=1000 cargo test --release --test cli kill -- --nocapture
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rollcast::manifest::digest_of;

use super::support::Sandbox;

/// A run of many files that takes as little time as it can.
const SMALL: &str = r#"name = "small"
[run]
replications = 40
[deployment]
concurrent_deployment_percentage = 50
failure_threshold_percentage = 60
[[build]]
name = "good"
weight = 1
[[build]]
name = "bad"
weight = 1
[[group]]
name = "amr"
robots = 10
[group.step.launching]
latency = { exponential = { mean = "60s" } }
failure = 0.1
[tune]
minimize = "campaign.jobs.mean"
vary = { "deployment.concurrent_deployment_percentage" = [50, 60] }
max_replications = 256
[[expect]]
metric = "campaign.outcomes.in_sync.probability"
at_least = 0.01
"#;

/// Commands that replace what is there, each with the files that it does not put into a folder of results.
const COMMANDS: [(&[&str], &[&str]); 6] = [
    (&["run", "small.toml", "--out", "out"], &[]),
    (&["sweep", "small.toml", "--vary", "group.amr.robots=5,10", "--out", "out"], &[]),
    (&["tune", "small.toml", "--out", "out"], &[]),
    (&["compare", "small.toml", "small.toml", "--out", "out"], &[]),
    (
        &["check", "small.toml", "--out", "out", "--junit", "out/junit.xml", "--markdown", "out/check.md"],
        &["out/junit.xml", "out/check.md"],
    ),
    (&["check", "small.toml", "--baseline", ".", "--update-baseline"], &[]),
];
/// What they write into.
const FOLDERS: [&str; 2] = ["out", "small"];
const SEEDS: u64 = 3;
/// What others have in these folders.
const FOREIGN: [&str; 3] = ["out/notes.txt", "out/plots/mine.svg", "small/.rollcast-mine"];

/// What a look at a folder finds.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// All that the manifest lists, and all of one run.
    Whole,
    /// The manifest says that it is a mixture.
    Told,
    /// There is none yet.
    Empty,
}

struct Crashes {
    sandbox: Sandbox,
    /// Which seed gave these bytes, by the file's name and digest.
    seeds: BTreeMap<(String, String), BTreeSet<u64>>,
}

impl Crashes {
    fn arguments(command: usize, seed: u64) -> Vec<String> {
        let seed = seed.to_string();
        COMMANDS[command].0.iter().chain(&["--seed", &seed, "-q"]).map(|word| (*word).to_owned()).collect()
    }

    /// Learns what each command writes for each seed; the page says where it stands.
    fn new() -> Crashes {
        let mut seeds: BTreeMap<(String, String), BTreeSet<u64>> = BTreeMap::new();
        for seed in 0..SEEDS {
            for command in 0..COMMANDS.len() {
                let fresh = Sandbox::new();
                fresh.write("small.toml", SMALL);
                fs::create_dir(fresh.path("out")).expect("a folder");
                let arguments = Crashes::arguments(command, seed);
                fresh.rollcast(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
                for file in fresh.files() {
                    let digest = digest_of(fresh.read(&file).as_bytes()).expect("bytes can be read");
                    seeds.entry((file, digest)).or_default().insert(seed);
                }
            }
        }
        let sandbox = Sandbox::new();
        sandbox.write("small.toml", SMALL);
        for folder in ["out/plots", "small"] {
            fs::create_dir_all(sandbox.path(folder)).expect("a folder");
        }
        FOREIGN.iter().for_each(|file| sandbox.write(file, "mine"));
        Crashes { sandbox, seeds }
    }

    fn digest(&self, name: &str) -> Option<String> {
        Some(digest_of(fs::File::open(self.sandbox.path(name)).ok()?).expect("it can be read"))
    }

    /// A look as a program of somebody else takes it: the manifest, and then what it lists.
    fn look(&self, folder: &str) -> Look {
        let Ok(text) = fs::read(self.sandbox.path(&format!("{folder}/manifest.json"))) else { return Look::Empty };
        let manifest: serde_json::Value = serde_json::from_slice(&text).expect("a manifest is whole");
        for (command, run) in manifest["runs"].as_object().expect("commands") {
            let files = run["files"].as_object().expect("files");
            let mut of: Option<BTreeSet<u64>> = None;
            for (name, digest) in files {
                let name = format!("{folder}/{name}");
                if self.digest(&name).as_deref() != digest.as_str() {
                    return Look::Told;
                }
                if !name.ends_with("report.html") {
                    let found = &self.seeds[&(name, digest.as_str().expect("a digest").to_owned())];
                    of = Some(of.map_or(found.clone(), |of| &of & found));
                }
            }
            assert_ne!(of, Some(BTreeSet::new()), "what {command} wrote passes for one run and is none");
        }
        Look::Whole
    }

    /// Whether a reader who takes no notice of the manifest has files of two runs.
    fn mixed_for_the_careless(&self) -> bool {
        let seeds = ["out/summary.json", "out/replications.csv"]
            .map(|name| Some(&self.seeds[&(name.to_owned(), self.digest(name)?)]));
        matches!(seeds, [Some(one), Some(other)] if one.is_disjoint(other))
    }

    /// Starts a command and kills it: after a while, or as soon as it has begun to put files in their places.
    fn kill(&self, number: u64, takes: &mut [Option<Duration>; COMMANDS.len()]) {
        let command = number as usize % COMMANDS.len();
        let folder = if COMMANDS[command].0.contains(&"--update-baseline") { "small" } else { "out" };
        let manifest =
            || fs::metadata(self.sandbox.path(&format!("{folder}/manifest.json"))).ok().map(|file| file.ino());
        let before = manifest();
        let began = Instant::now();
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
            .args(Crashes::arguments(command, number / COMMANDS.len() as u64 % SEEDS))
            .current_dir(self.sandbox.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let random = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        match takes[command] {
            // The first one tells how long it takes.
            None => {
                child.wait().expect("it ends");
                takes[command] = Some(began.elapsed());
            }
            Some(takes) if number.is_multiple_of(3) => {
                std::thread::sleep(takes.mul_f64(random as f64 / (1 << 24) as f64));
            }
            Some(takes) => {
                while manifest() == before && began.elapsed() < takes * 4 {
                    std::hint::spin_loop();
                }
                let then = Instant::now() + Duration::from_micros(random % 600);
                while Instant::now() < then {
                    std::hint::spin_loop();
                }
            }
        }
        child.kill().expect("it can be killed, or is over");
        child.wait().expect("it ends");
    }

    /// Commands that read a folder complete what the last kill left there.
    fn own_commands_complete(&self) {
        let has = |name: &str| self.sandbox.path(name).exists();
        for (args, there) in [
            (&["compare", "out", "out", "-q", "--no-files"][..], has("out/replications.csv")),
            (&["check", "small.toml", "--baseline", ".", "-q", "--max-replications", "300"], has("small/summary.json")),
        ] {
            let ran = self.sandbox.rollcast(args);
            assert!(ran.code < 2 || !there, "{}", ran.stderr);
        }
        FOLDERS.iter().for_each(|folder| assert_ne!(self.look(folder), Look::Told));
    }
}

/// Killed whenever, a command leaves each folder as it was, or new, or such that its manifest tells, and then the next command makes
/// it new; single files are old or new; whoever reads meanwhile can tell as well; what others have there stays.
#[test]
fn killed_commands_leave_what_can_be_told() {
    let kills = std::env::var("KILLS").map_or(36, |kills| kills.parse().expect("a number of kills"));
    let crashes = Crashes::new();
    let over = AtomicBool::new(false);
    let mut takes = [None; COMMANDS.len()];
    let mut left: BTreeMap<Look, u64> = BTreeMap::new();
    let (looks, careless) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks: BTreeMap<Look, u64> = BTreeMap::new();
            let mut careless = 0_u64;
            while !over.load(Ordering::Relaxed) {
                FOLDERS.iter().for_each(|folder| *looks.entry(crashes.look(folder)).or_default() += 1);
                careless += u64::from(crashes.mixed_for_the_careless());
            }
            (looks, careless)
        });
        // Seen by the reader, too, if anything fails here.
        struct Over<'o>(&'o AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let over = Over(&over);
        for number in 0..kills {
            crashes.kill(number, &mut takes);
            FOLDERS.iter().for_each(|folder| *left.entry(crashes.look(folder)).or_default() += 1);
            for name in COMMANDS.iter().flat_map(|(_, alone)| *alone) {
                let known =
                    crashes.digest(name).is_none_or(|digest| crashes.seeds.contains_key(&((*name).to_owned(), digest)));
                assert!(known, "{name} is neither old nor new");
            }
            if number.is_multiple_of(4) {
                crashes.own_commands_complete();
            }
        }
        drop(over);
        reader.join().expect("every look can be told")
    });
    println!("{kills} kills left {left:?}; a reader saw {looks:?}, and {careless} mixtures without the manifest");
    FOREIGN.iter().for_each(|file| assert_eq!(crashes.sandbox.read(file), "mine"));
    for command in 0..COMMANDS.len() {
        let arguments = Crashes::arguments(command, 1);
        crashes.sandbox.rollcast(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).exits(0);
    }
    assert!(FOLDERS.iter().all(|folder| crashes.look(folder) == Look::Whole));
    let temporary: Vec<String> = crashes
        .sandbox
        .files()
        .into_iter()
        .filter(|file| file.contains(".rollcast-") && !FOREIGN.contains(&&**file))
        .collect();
    assert_eq!(temporary, Vec::<String>::new());
    let folders = |folder: &Path| fs::read_dir(folder).expect("a folder").count();
    assert_eq!(folders(&crashes.sandbox.path("small")), 4, "a baseline, its manifest, and what is of somebody else");
}
