//! The results folder: which files, what is in them, and what is never touched.

use std::fs;

use super::support::{COUNTED, Sandbox, repository};

/// A scenario with failures, retries, lost calls and several blocks of replications.
const BUSY: &str = r#"name = "busy"
[run]
seed = 9
replications = 700
[deployment]
concurrent_deployment_percentage = 30
failure_threshold_percentage = 40
robot_deployment_timeout = "4m"
start_order = "shuffled"
preparing = { exponential = { mean = "20s" } }
[[group]]
name = "a"
robots = 70
[group.step.validating]
latency = { exponential = { mean = "20s" } }
failure = 0.05
[group.step.launching]
latency = { lognormal = { median = "1m", sigma = 0.9 } }
failure = { probability = 0.15, codes = { PreLaunchFileFailure = 1, BadPermissionError = 2 } }
[[group]]
name = "b"
robots = 30
[group.step.downloading_extracting]
latency = { gamma = { shape = 0.7, scale = "1m" } }
failure = 0.3
[sync]
schedule = { every = "5m" }
max_jobs = 6
on_halt = "retry"
"#;

const FILES: [&str; 54] = [
    "histograms/campaign.concurrent_deployment_exceptions.hgrm",
    "histograms/campaign.jobs.hgrm",
    "histograms/campaign.jobs_halted.hgrm",
    "histograms/campaign.peak_robots_down.hgrm",
    "histograms/campaign.robots_hurt.hgrm",
    "histograms/campaign.robots_in_sync.hgrm",
    "histograms/campaign.robots_left_behind.hgrm",
    "histograms/campaign.time_to_success_s.hgrm",
    "histograms/first_job.detection_s.hgrm",
    "histograms/first_job.makespan_s.hgrm",
    "histograms/first_job.peak_in_flight.hgrm",
    "histograms/first_job.robots_failed.hgrm",
    "histograms/first_job.robots_failed_at_halt.hgrm",
    "histograms/first_job.robots_hurt.hgrm",
    "histograms/first_job.robots_no_response.hgrm",
    "histograms/first_job.robots_not_attempted.hgrm",
    "histograms/first_job.robots_succeeded.hgrm",
    "histograms/first_job.threshold_overshoot.hgrm",
    "histograms/first_job.time_to_success_s.hgrm",
    "histograms/groups.a.campaign.robots_hurt.hgrm",
    "histograms/groups.a.campaign.robots_in_sync.hgrm",
    "histograms/groups.a.campaign.robots_left_behind.hgrm",
    "histograms/groups.a.campaign.time_to_success_s.hgrm",
    "histograms/groups.a.first_job.robots_failed.hgrm",
    "histograms/groups.a.first_job.robots_hurt.hgrm",
    "histograms/groups.a.first_job.robots_no_response.hgrm",
    "histograms/groups.a.robot.deployment_s.hgrm",
    "histograms/groups.a.robot.down_s.hgrm",
    "histograms/groups.a.robot.time_to_success_s.hgrm",
    "histograms/groups.b.campaign.robots_hurt.hgrm",
    "histograms/groups.b.campaign.robots_in_sync.hgrm",
    "histograms/groups.b.campaign.robots_left_behind.hgrm",
    "histograms/groups.b.campaign.time_to_success_s.hgrm",
    "histograms/groups.b.first_job.robots_failed.hgrm",
    "histograms/groups.b.first_job.robots_hurt.hgrm",
    "histograms/groups.b.first_job.robots_no_response.hgrm",
    "histograms/groups.b.robot.deployment_s.hgrm",
    "histograms/groups.b.robot.down_s.hgrm",
    "histograms/groups.b.robot.time_to_success_s.hgrm",
    "histograms/robot.deployment_s.hgrm",
    "histograms/robot.down_s.hgrm",
    "histograms/robot.out_of_service_s.hgrm",
    "histograms/robot.time_to_success_s.hgrm",
    "jobs.csv",
    "manifest.json",
    "plots/failed_robots.svg",
    "plots/in_flight_over_time.svg",
    "plots/in_sync_by_group.svg",
    "plots/in_sync_over_time.svg",
    "plots/outcomes.svg",
    "plots/time_to_success.svg",
    "replications.csv",
    "report.html",
    "summary.json",
];

fn results_of(sandbox: &Sandbox, folder: &str) -> Vec<(&'static str, String)> {
    FILES.iter().map(|name| (*name, sandbox.read(&format!("{folder}/{name}")))).collect()
}

/// The promise of exactness: the same bytes for any number of threads.
#[test]
fn one_two_and_seven_threads_write_the_same_bytes() {
    let sandbox = Sandbox::with(BUSY);
    let run = |threads: &str, folder: &str| {
        sandbox.rollcast(&["run", "scenario.toml", "--threads", threads, "--out", folder]).exits(0);
        results_of(&sandbox, folder)
    };
    let one = run("1", "one");
    for (threads, folder) in [("2", "two"), ("7", "seven")] {
        for ((name, expected), (_, found)) in one.iter().zip(run(threads, folder)) {
            assert!(*expected == found, "{name} differs between 1 and {threads} threads");
        }
    }
    let expected: Vec<String> = ["one", "scenario.toml", "seven", "two"]
        .iter()
        .flat_map(|top| match *top {
            "scenario.toml" => vec![String::from("scenario.toml")],
            folder => FILES.iter().map(|name| format!("{folder}/{name}")).collect(),
        })
        .collect();
    assert_eq!(sandbox.files(), expected, "these files and no others, temporary ones included");
}

/// More replications go on where fewer stopped: the rows of the shorter run begin the longer one.
#[test]
fn a_longer_run_continues_a_shorter_one() {
    let sandbox = Sandbox::with(BUSY);
    sandbox.rollcast(&["run", "scenario.toml", "-n", "100", "--out", "short", "-q"]).exits(0);
    sandbox.rollcast(&["run", "scenario.toml", "-n", "333", "--out", "long", "-q"]).exits(0);
    for file in ["replications.csv", "jobs.csv"] {
        let (short, long) = (sandbox.read(&format!("short/{file}")), sandbox.read(&format!("long/{file}")));
        assert!(long.starts_with(&short) && long.len() > short.len(), "{file}");
    }
}

/// The rows of the counted scenario, to the letter.
#[test]
fn rows_to_the_letter() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.rollcast(&["run", "scenario.toml", "-n", "2"]).exits(0);
    assert_eq!(
        sandbox.read("results/counted/replications.csv"),
        "\
replication,outcome,jobs,time_to_success_s,first_job_status,first_job_failure_code,first_job_makespan_s,succeeded,failed,\
no_response,not_attempted,peak_in_flight,threshold_breached,concurrent_deployment_exceptions,ended_s,out_of_service_s,\
down_s,peak_robots_down,jobs_halted,campaign_robots_hurt,robots_in_sync,robots_left_behind
0,in_sync,1,120,Succeeded,,120,4,0,0,0,2,false,0,120,240,240,2,0,0,4,0
1,in_sync,1,120,Succeeded,,120,4,0,0,0,2,false,0,120,240,240,2,0,0,4,0
"
    );
    assert_eq!(
        sandbox.read("results/counted/jobs.csv"),
        "\
replication,job,kind,created_s,in_progress_s,ended_s,status,failure_code,makespan_s,targets,succeeded,failed,no_response,\
aborted,not_attempted,peak_in_flight,threshold_breached
0,0,deployment,0,0,120,Succeeded,,120,4,4,0,0,0,0,2,false
1,0,deployment,0,0,120,Succeeded,,120,4,4,0,0,0,0,2,false
"
    );
}

/// What does not apply is empty: a job that the horizon cuts off has no end, no makespan and no code.
#[test]
fn what_does_not_apply_is_empty() {
    let scenario = format!("{COUNTED}\n[sync]\nmax_jobs = 1\nhorizon = \"90s\"\n");
    let sandbox = Sandbox::with(&scenario);
    sandbox.rollcast(&["run", "scenario.toml", "-n", "1"]).exits(0);
    let last = |file: &str| sandbox.read(&format!("results/counted/{file}")).lines().last().unwrap().to_owned();
    // Two robots in sync at 60 s, two in flight since: 2 * 60 + 2 * 30 seconds out of service.
    assert_eq!(last("replications.csv"), "0,horizon,1,,InProgress,,,2,0,0,0,2,false,0,90,180,180,2,0,0,2,2");
    assert_eq!(last("jobs.csv"), "0,0,deployment,0,0,,InProgress,,,4,2,0,0,0,0,2,false");
}

/// Rows, summary and histograms tell the same story.
#[test]
fn the_files_agree_with_each_other() {
    let sandbox = Sandbox::with(BUSY);
    sandbox.rollcast(&["run", "scenario.toml", "--out", "r"]).exits(0);
    let summary: serde_json::Value = serde_json::from_str(&sandbox.read("r/summary.json")).expect("JSON");
    let mut replications = csv::Reader::from_path(sandbox.path("r/replications.csv")).expect("CSV");
    let header = replications.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|column| column == name).expect("a column");
    let rows: Vec<csv::StringRecord> = replications.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 700);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row[column("replication")], index.to_string(), "rows stand in order");
        let robots: u32 = ["succeeded", "failed", "no_response", "not_attempted"]
            .iter()
            .map(|name| row[column(name)].parse::<u32>().expect("a count"))
            .sum();
        assert_eq!(robots, 100, "states sum to the fleet");
    }
    for outcome in ["in_sync", "halted", "timed_out", "max_jobs", "horizon"] {
        let counted = rows.iter().filter(|row| row[column("outcome")] == *outcome).count();
        assert_eq!(summary["campaign"]["outcomes"][outcome]["count"], counted, "{outcome}");
    }
    for (pointer, name) in [
        ("/campaign/time_to_success_s", "time_to_success_s"),
        ("/first_job/makespan_s", "first_job_makespan_s"),
        ("/robot/down_s", "down_s"),
        ("/campaign/peak_robots_down", "peak_robots_down"),
    ] {
        let mut values: Vec<f64> = rows.iter().filter_map(|row| row[column(name)].parse().ok()).collect();
        values.sort_by(f64::total_cmp);
        let described = summary.pointer(pointer).expect("a metric");
        let number = |key: &str| described[key].as_f64().expect("a number");
        assert_eq!(described["count"], values.len(), "{pointer}");
        assert_eq!((number("min"), number("max")), (values[0], values[values.len() - 1]), "{pointer} is exact");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((number("mean") - mean).abs() < 1e-9 * mean, "{pointer}");
        for (key, percent) in [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99)] {
            let exact = values[(values.len() * percent).div_ceil(100) - 1];
            let found = number(key);
            assert!(found >= exact && found <= exact * 1.001, "{pointer}.{key}: {found} for {exact}");
        }
    }
    let mut jobs = csv::Reader::from_path(sandbox.path("r/jobs.csv")).expect("CSV");
    let run: u64 = rows.iter().map(|row| row[column("jobs")].parse::<u64>().expect("a count")).sum();
    assert_eq!(jobs.records().count() as u64, run);
    let hgrm = sandbox.read("r/histograms/campaign.time_to_success_s.hgrm");
    let total = summary["campaign"]["time_to_success_s"]["count"].to_string();
    assert!(hgrm.starts_with("       Value     Percentile TotalCount 1/(1-Percentile)\n\n"), "{hgrm}");
    assert!(hgrm.lines().any(|line| line.starts_with("#[Max") && line.ends_with(&format!("{total:>12}]"))), "{hgrm}");
    for plot in FILES.iter().filter(|name| name.ends_with(".svg")) {
        let svg = sandbox.read(&format!("r/{plot}"));
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.contains("busy, 700 replications"),
            "{plot}"
        );
    }
}

#[test]
fn a_rerun_replaces_its_own_files_and_touches_no_other() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.rollcast(&["run", "scenario.toml"]).exits(0);
    let before = sandbox.read("results/counted/summary.json");
    sandbox.write("results/counted/notes.txt", "mine");
    sandbox.write("results/counted/plots/mine.svg", "mine too");
    sandbox.rollcast(&["run", "scenario.toml", "--seed", "2"]).exits(0);
    assert_ne!(before, sandbox.read("results/counted/summary.json"));
    assert_eq!(sandbox.read("results/counted/notes.txt"), "mine");
    assert_eq!(sandbox.read("results/counted/plots/mine.svg"), "mine too");
}

#[test]
fn the_cap_on_job_rows_is_said_and_cuts_between_rows() {
    let sandbox = Sandbox::with(BUSY);
    sandbox.rollcast(&["run", "scenario.toml", "--out", "all", "-q"]).exits(0);
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--out", "few", "--max-job-rows", "10"]).exits(0);
    let (all, few) = (sandbox.read("all/jobs.csv"), sandbox.read("few/jobs.csv"));
    assert!(few.lines().count() == 11 && all.starts_with(&few));
    let lacking = all.lines().count() - 11;
    assert_eq!(ran.stderr, format!("note: jobs.csv lacks {lacking} jobs: --max-job-rows is 10\n"));
    sandbox.rollcast(&["run", "scenario.toml", "--out", "none", "--max-job-rows", "0", "-q"]).exits(0);
    assert_eq!(sandbox.read("none/jobs.csv").lines().count(), 1);
}

#[test]
fn a_place_that_cannot_be_written_is_found_out_at_once() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.write("file", "not a folder");
    for out in ["file", "file/below"] {
        let ran = sandbox.rollcast(&["run", "scenario.toml", "--out", out]).exits(3);
        assert!(ran.stderr.starts_with(&format!("error: cannot write {out}: ")), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    assert_eq!((sandbox.read("file"), sandbox.files().len()), (String::from("not a folder"), 2));
}

/// The committed example is what the program writes today: a change of results cannot go unnoticed.
#[test]
fn the_committed_example_is_up_to_date() {
    let sandbox = Sandbox::new();
    let scenario = repository().join("scenarios/measured-latency.toml");
    let scenario = scenario.to_str().expect("a UTF-8 path");
    sandbox.rollcast(&["run", scenario, "--replications", "100", "--out", "example", "-q"]).exits(0);
    // The page is as long as all of these, and says what they say; the manifest is of the page, too.
    // It has a single group.
    let of_groups = |name: &str| name.contains("groups.") || name.contains("by_group");
    for name in FILES.into_iter().filter(|name| !["report.html", "manifest.json"].contains(name) && !of_groups(name)) {
        let committed = fs::read_to_string(repository().join("results/example").join(name)).unwrap_or_default();
        assert!(
            committed == sandbox.read(&format!("example/{name}")),
            "results/example/{name} differs; if results were meant to change, say so in CHANGELOG.md and write it anew: \
             cargo run --release -- run scenarios/measured-latency.toml --replications 100 --out results/example && \
             rm results/example/{{report.html,manifest.json}}"
        );
    }
}

/// Files of two runs in one folder are not taken for one; files without a manifest are.
#[test]
fn a_mixture_of_two_runs_is_refused() {
    let sandbox = Sandbox::with(BUSY);
    for (folder, seed) in [("one", "1"), ("two", "2")] {
        sandbox.rollcast(&["run", "scenario.toml", "-n", "50", "--seed", seed, "--out", folder, "-q"]).exits(0);
    }
    sandbox.rollcast(&["compare", "one", "two", "-q"]).exits(0);
    sandbox.write("one/replications.csv", &sandbox.read("two/replications.csv"));
    let said = "one holds files of different runs: replications.csv is not the one that manifest.json tells of";
    let as_baseline = ["check", "scenario.toml", "--baseline", "one", "-n", "50", "-q"];
    for args in [&["compare", "one", "two", "-q"][..], &["compare", "two", "one", "-q"], &as_baseline] {
        let ran = sandbox.rollcast(args).exits(2);
        assert!(ran.stderr.contains(said) && ran.stdout.is_empty(), "{}", ran.stderr);
    }
    sandbox.write("one/manifest.json", "{");
    let ran = sandbox.rollcast(&["compare", "one", "two", "-q"]).exits(2);
    assert!(ran.stderr.starts_with("error: one/manifest.json is no manifest: EOF"), "{}", ran.stderr);
    fs::remove_file(sandbox.path("one/manifest.json")).expect("it is there");
    sandbox.rollcast(&["compare", "one", "two", "-q"]).exits(0);
    // What somebody does not need may go.
    fs::remove_dir_all(sandbox.path("two/plots")).expect("it is there");
    sandbox.rollcast(&["compare", "one", "two", "-q"]).exits(0);
}

/// Killed at any moment, a run leaves a folder that is the one before, or the new one, or is refused; and the next run leaves nothing
/// behind.
#[cfg(unix)]
#[test]
fn a_killed_run_is_told_by_its_folder() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let sandbox = Sandbox::with(BUSY);
    let args =
        |seed: &str| ["run", "scenario.toml", "-n", "300", "--out", "out", "-q", "--seed", seed].map(str::to_owned);
    let began = Instant::now();
    sandbox.rollcast(&args("1").each_ref().map(String::as_str)).exits(0);
    let takes = began.elapsed();
    for kill in 0..24_u32 {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
            .args(args(&kill.to_string()))
            .current_dir(sandbox.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        // All over its time, and most often where it writes: towards the end.
        std::thread::sleep(
            takes.mul_f64(1.1 * f64::from(kill % 12 + 12) / 23.0) + Duration::from_micros(37 * u64::from(kill)),
        );
        child.kill().expect("it can be killed, or is over");
        child.wait().expect("it ends");
        let ran = sandbox.rollcast(&["compare", "out", "out", "-q", "--no-files"]);
        let refused = ran.code == 2 && ran.stderr.contains("holds files of different runs");
        assert!(ran.code == 0 || refused, "{}: {}", ran.code, ran.stderr);
    }
    sandbox.rollcast(&args("5").each_ref().map(String::as_str)).exits(0);
    sandbox.rollcast(&args("5").each_ref().map(|arg| if arg == "out" { "fresh" } else { arg })).exits(0);
    for name in FILES {
        // The page says where it was written.
        if !["report.html", "manifest.json"].contains(&name) {
            assert_eq!(sandbox.read(&format!("out/{name}")), sandbox.read(&format!("fresh/{name}")), "{name}");
        }
    }
    let left: Vec<String> = sandbox.files().into_iter().filter(|file| file.starts_with("out/")).collect();
    assert_eq!(left, FILES.map(|name| format!("out/{name}")), "these files and no others, temporary ones included");
}

/// Commands do not overwrite each other's pages, and what a run replaces is told where nobody named the folder.
#[test]
fn what_is_replaced_is_told() {
    let sandbox = Sandbox::with(COUNTED);
    let run = |args: &[&str]| sandbox.rollcast(&[args, &["scenario.toml", "-n", "20"]].concat()).exits(0).stderr;
    assert_eq!(run(&["run"]), "");
    let page = sandbox.read("results/counted/report.html");
    assert_eq!(run(&["run"]), "", "the same once more");
    assert_eq!(run(&["sweep", "--vary", "deployment.concurrent_deployment_percentage=25,50"]), "");
    assert_eq!(sandbox.read("results/counted/report.html"), page);
    assert!(sandbox.read("results/counted/sweep.html").contains("25"));
    let other = ["run", "--set", "deployment.concurrent_deployment_percentage=25"];
    let note = "note: results/counted/ had results of another run, which are replaced; --out DIR keeps both\n";
    assert_eq!(run(&other), note);
    assert_eq!(run(&[&other[..], &["--seed", "2", "-q"]].concat()), "");
    assert_eq!(run(&[&other[..], &["--seed", "3", "--out", "results/counted"]].concat()), "");
}

/// What cannot be written is told by the name that somebody gave it.
#[test]
fn errors_name_no_temporary_files() {
    let sandbox = Sandbox::with(COUNTED);
    for args in
        [&["init", "nodir/a.toml"][..], &["check", "scenario.toml", "--junit", "nodir/x.xml", "--baseline", "b"]]
    {
        let ran = sandbox.rollcast(args);
        assert!(!ran.stderr.contains(".rollcast-") && !ran.stderr.contains(".part"), "{}", ran.stderr);
    }
    let ran = sandbox.rollcast(&["init", "nodir/a.toml"]).exits(3);
    assert!(ran.stderr.starts_with("error: cannot write nodir/a.toml: No such file or directory"), "{}", ran.stderr);
    let ran = sandbox.rollcast(&["init", "my robots.toml"]).exits(0);
    assert_eq!(ran.stdout, "my robots.toml is written. Run it: rollcast run 'my robots.toml'\n");
}
