//! How much memory a command takes, and what it says of it before it starts.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::support::{COUNTED, Sandbox};

/// Nothing runs that has no room.
#[test]
fn what_is_too_large_is_refused_by_every_command() {
    let scenario = format!(
        "{COUNTED}[[expect]]\nmetric = \"campaign.jobs.mean\"\nat_most = 5\n\
         [tune]\nminimize = \"campaign.jobs.mean\"\nvary = {{ \"deployment.concurrent_deployment_percentage\" = [50, 60] }}\n"
    );
    let sandbox = Sandbox::with(&scenario);
    for command in [
        &["run", "scenario.toml"][..],
        &["sweep", "scenario.toml", "--vary", "group.amr.robots=4,5"],
        &["tune", "scenario.toml"],
        &["check", "scenario.toml"],
        &["check", "scenario.toml", "--baseline", "b", "--update-baseline"],
        &["compare", "scenario.toml", "scenario.toml"],
    ] {
        let refused = |robots: &str, threads: &str, most: &str| {
            let set = format!("group.amr.robots={robots}");
            // What varies goes before it.
            let set = if command[0] == "sweep" { "run.replications=3" } else { set.as_str() };
            let more = ["--set", set, "--threads", threads, "--max-memory", most];
            let ran = sandbox.rollcast(&[command, &more].concat()).exits(2);
            assert!(ran.stdout.is_empty() && sandbox.files() == ["scenario.toml"], "{command:?}");
            ran.stderr
        };
        let said = refused("4", "3", "30kB");
        assert!(
            said.starts_with("error: this takes about ") && said.contains(" with 3 threads; --max-memory is 1 MB\n"),
            "{said}"
        );
        assert!(said.ends_with(" starts it all the same\n"), "{said}");
        if !["sweep", "tune"].contains(&command[0]) {
            let said = refused("100000000", "2", "5GB");
            assert!(
                said.contains("\nhelp: --threads 1 takes ") && said.contains(" GB, and gives the same results\n"),
                "{said}"
            );
        }
    }
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--max-memory", "much"]).exits(2);
    assert!(ran.stderr.contains("expected a size such as 500MB or 8GB"), "{}", ran.stderr);
}

/// A trace has one thread, and an estimate like all others.
#[test]
fn a_trace_that_is_too_large_is_refused() {
    let ran = Sandbox::with(COUNTED).rollcast(&["trace", "scenario.toml", "--max-memory", "30kB"]).exits(2);
    assert!(ran.stderr.contains(" with 1 thread; --max-memory is 1 MB\n") && ran.stdout.is_empty(), "{}", ran.stderr);
}

/// The estimate of a run, in MB, as it is told where it is refused.
#[cfg(target_os = "linux")]
fn estimated(sandbox: &Sandbox, arguments: &[&str]) -> f64 {
    let ran = sandbox.rollcast(&[arguments, &["--max-memory", "1MB"]].concat()).exits(2);
    let megabytes =
        ran.stderr.strip_prefix("error: this takes about ").and_then(|rest| rest.split_once(" MB of memory"));
    megabytes.expect("it is said").0.parse().expect("a number")
}

/// The most memory that a run had, in MB.
#[cfg(target_os = "linux")]
fn measured(sandbox: &Sandbox, arguments: &[&str]) -> f64 {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
        .args(arguments)
        .current_dir(sandbox.path(""))
        .stdout(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut most = 0.0;
    while child.try_wait().expect("it can be asked").is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = kibibytes.map_or(most, |kibibytes| kibibytes.trim().parse::<f64>().expect("a number") * 1024.0 / 1e6);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(child.wait().expect("it ends").success());
    most
}

/// What is said is what it takes: never less, and not twice as much.
#[cfg(target_os = "linux")]
#[test]
fn the_estimate_is_that_of_the_machine() {
    let connectivity = "[group.connectivity]\nonline = { constant = \"3h\" }\noffline = { constant = \"10m\" }\n";
    let offline = format!("{COUNTED}{connectivity}");
    let broken = COUNTED.replacen("constant = \"60s\"", "exponential = { mean = \"60s\" }", 1)
        + "failure = { probability = 0.1, persistent = 0.5 }\n";
    for (name, text, set) in [
        ("plain", COUNTED, "deployment.concurrent_deployment_percentage=100"),
        ("few at once", COUNTED, "deployment.concurrent_deployment_percentage=1"),
        ("offline", &offline, "deployment.concurrent_deployment_percentage=30"),
        ("broken", &broken, "deployment.failure_threshold_percentage=30"),
    ] {
        let sandbox = Sandbox::with(text);
        let arguments = ["run", "scenario.toml", "--no-files", "-q", "--threads", "1", "-n", "1", "--set", set];
        let arguments = [&arguments[..], &["--set", "group.amr.robots=1000000"]].concat();
        let (estimated, measured) = (estimated(&sandbox, &arguments), measured(&sandbox, &arguments));
        assert!(
            measured < estimated && estimated < 2.0 * measured,
            "{name}: {measured} measured, {estimated} estimated"
        );
    }
}
