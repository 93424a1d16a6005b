//! `rollcast run --precision`: as many replications as it takes.

use std::fs;

use serde_json::Value;

use super::support::{COUNTED, Sandbox, repository};

fn shipped(name: &str) -> String {
    fs::read_to_string(repository().join("scenarios").join(name)).expect("a shipped scenario")
}

/// A fleet whose times scatter, and of which a tenth of the campaigns halt or so.
fn scattered() -> String {
    COUNTED.replace("{ constant = \"60s\" }", "{ exponential = { mean = \"60s\" } }\nfailure = 0.2")
}

fn at<'v>(summary: &'v Value, pointer: &str) -> &'v Value {
    summary.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing"))
}

fn half_width(interval: &Value) -> f64 {
    (interval[1].as_f64().expect("an end") - interval[0].as_f64().expect("an end")) / 2.0
}

/// Stage after stage writes the bytes of a single run with as many replications, rows included, for any number of
/// threads.
#[test]
fn results_are_those_of_a_plain_run() {
    for (scenario, metric, precision) in [
        ("warehouse.toml", "campaign.time_to_success_s.mean", "1%"),
        ("build-mixture.toml", "builds.regressed.first_job.robots_failed.mean", "1.5%"),
        ("warehouse-uplink.toml", "download.bytes.mean", "60MB"),
        ("growing-fleet.toml", "campaign.api.calls.mean", "3"),
    ] {
        let sandbox = Sandbox::with(&shipped(scenario));
        let goal = ["--metric", metric, "--precision", precision, "-n", "1", "--max-job-rows", "500", "-q"];
        sandbox.rollcast(&[&["run", "scenario.toml", "--out", "one", "--threads", "1"], &goal[..]].concat()).exits(0);
        sandbox.rollcast(&[&["run", "scenario.toml", "--out", "three", "--threads", "3"], &goal[..]].concat()).exits(0);
        let summary: Value = serde_json::from_str(&sandbox.read("one/summary.json")).expect("JSON");
        let replications = summary["replications"].to_string();
        let plain = ["run", "scenario.toml", "--out", "plain", "-n", &replications, "--max-job-rows", "500", "-q"];
        sandbox.rollcast(&plain).exits(0);
        let files = sandbox.files();
        let names: Vec<&str> = files.iter().filter_map(|file| file.strip_prefix("plain/")).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            let expected = sandbox.read(&format!("plain/{name}"));
            for folder in ["one", "three"] {
                assert!(sandbox.read(&format!("{folder}/{name}")) == expected, "{scenario}: {folder}/{name} differs");
            }
        }
        assert_eq!(files.len(), 1 + 3 * files.iter().filter(|file| file.starts_with("plain/")).count());
        let metric = format!("/{}", metric.replace('.', "/"));
        assert!(at(&summary, &metric).as_f64() > Some(0.0), "{scenario}");
        // The first stage has 400; a test that never goes on proves nothing.
        assert!(summary["replications"].as_u64() > Some(400), "{scenario}: {replications}");
    }
}

/// The interval is as narrow as it was asked to be, and fewer replications by half would not have been enough.
#[test]
fn intervals_are_as_narrow_as_asked_for() {
    let sandbox = Sandbox::with(&scattered());
    let run = |args: &[&str]| -> Value {
        let args = [&["run", "scenario.toml", "--no-files", "--json"], args].concat();
        let ran = sandbox.rollcast(&args).exits(0);
        assert_eq!(ran.stderr, "");
        serde_json::from_str(&ran.stdout).expect("JSON")
    };
    let mean = |summary: &Value| {
        let value = at(summary, "/first_job/makespan_s/mean").as_f64().expect("a mean");
        (half_width(at(summary, "/first_job/makespan_s/mean_ci95")), value)
    };
    for (precision, wide) in
        [("1%", (|(half, value)| half > 0.01 * value) as fn((f64, f64)) -> bool), ("800ms", |(half, _)| half > 0.8)]
    {
        let summary = run(&["--metric", "first_job.makespan_s.mean", "--precision", precision]);
        assert!(!wide(mean(&summary)), "{precision}");
        let fewer = (summary["replications"].as_u64().expect("a number") / 2).to_string();
        assert!(wide(mean(&run(&["-n", &fewer]))), "{precision}: more than needed");
    }
    // Of a probability a percentage is percentage points.
    let halted = "campaign.outcomes.halted";
    let summary = run(&["--metric", &format!("{halted}.probability"), "--precision", "1%"]);
    let probability = at(&summary, "/campaign/outcomes/halted/probability").as_f64().expect("a probability");
    let half = half_width(at(&summary, "/campaign/outcomes/halted/ci95"));
    assert!((0.05..0.95).contains(&probability) && half <= 0.01 && half > 0.005, "{probability} {half}");
    let same = run(&["--metric", &format!("{halted}.probability"), "--precision", "0.01"]);
    assert_eq!(summary, same);
}

#[test]
fn the_table_says_how_precise_it_is() {
    let sandbox = Sandbox::with(&scattered());
    let run = |args: &[&str]| sandbox.rollcast(&[&["run", "scenario.toml", "--no-files"], args].concat()).exits(0);
    let ran = run(&["--precision", "5%"]);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("campaign.time_to_success_s.p95 is ") && words.contains("that is precise enough."),
        "{words}"
    );
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    let ran = run(&["--precision", "0.1%", "--max-replications", "700"]);
    assert!(ran.stdout.contains("; 700 replications, seed 0"), "{}", ran.stdout);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.ends_with("after 700 replications that is less precise than asked for, but no more are allowed."));
    let ran = run(&["--precision", "0.1%", "--max-time", "1us", "--json"]);
    assert!(ran.stderr.starts_with("note: ") && ran.stderr.ends_with("but the time is over.\n"), "{}", ran.stderr);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(summary["replications"], 400, "at least one stage, of three replications or 400");
    assert_eq!(run(&["--precision", "0.1%", "--max-time", "1us", "-q"]).stderr, "");
}

/// Without a campaign in sync the first job's end stands in, and a metric without any value is refused.
#[test]
fn a_metric_that_has_no_value() {
    let never = COUNTED.to_owned() + "failure = 1\n";
    let sandbox = Sandbox::with(&never);
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--no-files", "--precision", "1%"]).exits(0);
    assert!(ran.stdout.contains("\nfirst_job.makespan_s.p95 is 1m "), "{}", ran.stdout);
    let time = "campaign.time_to_success_s.p95";
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--precision", "1%", "--metric", time]).exits(2);
    assert!(ran.stderr.contains(&format!("no value of `{time}` in the first 400 replications")), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: choose another metric"), "{}", ran.stderr);
    assert_eq!((sandbox.files(), ran.stdout.as_str()), (vec![String::from("scenario.toml")], ""));
}

#[test]
fn bad_options_are_shown_with_what_is_accepted() {
    let sandbox = Sandbox::with(COUNTED);
    for (args, title, accepted) in [
        (
            &["--precision", "1%", "--metric", "campaign.time_to_sucess_s.p95"][..],
            "unknown metric `campaign.time_to_sucess_s.p95`",
            "did you mean `campaign.time_to_success_s.p95`?",
        ),
        (
            &["--precision", "1%", "--metric", "campaign.jobs.max"],
            "`campaign.jobs.max` has no interval",
            "`campaign.jobs.mean`",
        ),
        (
            &["--precision", "1%", "--metric", "download.bytes.p95"],
            "unknown metric",
            "the scenario has no `[download]`",
        ),
        (&["--precision", "soon"], "`soon` is no precision", "a share of the value as in `1%`, or a time as in `30s`"),
        (&["--precision", "2"], "`2` does not fit `campaign.time_to_success_s.p95`", "a time as in `30s`"),
        (&["--precision", "0.01%"], "finer than the quantiles", "at least `0.1%`"),
        (&["--metric", "campaign.jobs.mean"], "required arguments were not provided", "--precision"),
        (&["--max-time", "30s"], "required arguments were not provided", "--precision"),
        (&["--precision", "1%", "--max-time", "30"], "the unit is missing", "a time such as 30s or 5m"),
        (&["--precision", "1%", "--max-replications", "0"], "invalid value '0'", "a whole number from 1"),
    ] {
        let ran = sandbox.rollcast(&[&["run", "scenario.toml"], args].concat()).exits(2);
        assert!(ran.stderr.contains(title) && ran.stderr.contains(accepted), "{args:?}:\n{}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    assert_eq!(sandbox.files(), ["scenario.toml"]);
}

/// Ctrl-C shows the stages that are whole, writes nothing, and exits with 130.
#[cfg(unix)]
#[test]
fn an_interrupted_run_shows_what_is_decided() {
    use std::process::{Command, Stdio};
    let sandbox = Sandbox::with(&scattered());
    let child = Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
        .args(["run", "scenario.toml", "--precision", "1us", "--max-replications", "4000000000", "--max-job-rows", "0"])
        .current_dir(sandbox.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // 400 rows of the first stage are shorter than this, and those of the second one follow.
    let written = || -> u64 {
        let files = sandbox.files();
        let temporary = files.iter().filter(|file| file.contains(".rollcast-"));
        temporary.filter_map(|file| fs::metadata(sandbox.path(file)).ok()).map(|file| file.len()).sum()
    };
    while written() < 400 * 200 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh runs");
    assert!(kill.success());
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "interrupted: nothing was written\n");
    assert!(stdout.contains("replications it was interrupted.") && stdout.contains("HOW LONG"), "{stdout}");
    assert_eq!(sandbox.files(), ["scenario.toml"]);
}

/// A quantile cannot be more precise than the cells of a histogram: no ten million replications are spent on it.
#[test]
fn finer_than_a_histogram() {
    let sync = "failure = 0.1\n[sync]\nschedule = { after_finish = \"10m\" }\nmax_jobs = 5\n";
    let sandbox = Sandbox::with(&(COUNTED.replace("60s", "1h") + sync));
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--no-files", "--precision", "1s"]).exits(0);
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let ended = "replications the interval is as narrow as the histogram's cells";
    assert!(said.contains(ended) && said.ends_with("s or more."), "{}", ran.stdout);
    let (_, least) = said.rsplit_once("ask for ").expect("the least that makes sense");
    let least = least.trim_end_matches(" or more.");
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--no-files", "--precision", least]).exits(0);
    assert!(ran.stdout.contains("precise enough"), "{least}: {}", ran.stdout);
}
