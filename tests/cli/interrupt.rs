//! Ctrl-C and closed pipes.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::Duration;

use super::support::{COUNTED, Sandbox};

fn spawn(sandbox: &Sandbox, args: &[&str]) -> std::process::Child {
    Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
        .args(args)
        .current_dir(sandbox.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

/// Interrupts a run that would take hours, as soon as it has begun to write: it exits with 130 and leaves nothing, and what
/// an earlier run wrote stays whole.
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.rollcast(&["run", "scenario.toml", "--out", "kept", "-q"]).exits(0);
    let before = sandbox.files();
    let summary = sandbox.read("kept/summary.json");
    for (out, robots) in [("kept", "1000"), ("new/deep", "10000000")] {
        let robots = format!("group.amr.robots={robots}");
        let child = spawn(&sandbox, &["run", "scenario.toml", "-n", "4000000000", "--out", out, "--set", &robots]);
        // The handler stands before the first temporary file does.
        while !sandbox.files().iter().any(|file| file.contains(".rollcast-")) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh runs");
        assert!(kill.success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{out}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with("interrupted") && stderr.ends_with(": nothing was written\n"), "{stderr}");
        // Whether anything is complete by then is up to the machine; it is said, and only then is there a table.
        assert_eq!(output.stdout.is_empty(), !stderr.contains(" after "), "{stderr}");
        assert_eq!(sandbox.files(), before, "{out}");
    }
    assert_eq!(sandbox.read("kept/summary.json"), summary);
    assert!(!sandbox.path("new").exists(), "folders that it made are gone too");
}

/// A reader who has seen enough is no error.
#[test]
fn a_closed_pipe_is_quiet() {
    let sandbox = Sandbox::with(COUNTED);
    let mut child = spawn(&sandbox, &["run", "scenario.toml", "--json", "-n", "200000"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// An interrupted tune says what it knows, and writes nothing.
#[test]
fn an_interrupted_tune_says_what_is_decided() {
    // Two settings that nothing tells apart.
    let sandbox = Sandbox::with(&COUNTED.replace("constant = \"60s\"", "exponential = { mean = \"60s\" }"));
    let vary = "deployment.failure_threshold_percentage=80,90";
    let args = ["tune", "scenario.toml", "--vary", vary, "--minimize", "campaign.time_to_success_s.p95"];
    let more = ["--margin", "0.0000001%", "-n", "4000000000", "--out", "new/deep"];
    let child = spawn(&sandbox, &[&args[..], &more].concat());
    // The handler stands before the folder does.
    while !sandbox.path("new/deep").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh runs");
    assert!(kill.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "interrupted: nothing was written\n");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        stdout.contains("The setting below seems to be the best of 2") && stdout.contains("more was to come"),
        "{stdout}"
    );
    assert!(!sandbox.path("new").exists() && sandbox.files() == ["scenario.toml"]);
}

/// What is complete when Ctrl-C comes is printed as a run of so many replications is, and nothing is written.
#[test]
fn an_interrupted_run_shows_what_is_decided() {
    let sandbox = Sandbox::with(COUNTED);
    for (json, quiet) in [(false, false), (true, false), (false, true)] {
        let mut arguments = vec!["run", "scenario.toml", "-n", "4000000000", "--out", "out"];
        arguments.extend(json.then_some("--json"));
        arguments.extend(quiet.then_some("--quiet"));
        // The first parts are done after a moment, which on a slow machine is a longer one.
        let interrupted = [1, 4, 16, 64].into_iter().find_map(|seconds| {
            let child = spawn(&sandbox, &arguments);
            std::thread::sleep(Duration::from_secs(seconds));
            let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh runs");
            assert!(kill.success());
            let output = child.wait_with_output().expect("it ends");
            assert_eq!((output.status.code(), sandbox.files()), (Some(130), vec![String::from("scenario.toml")]));
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            let done = stderr.strip_prefix("interrupted after ")?.split_once(' ').expect("a count").0.to_owned();
            Some((done, stderr, String::from_utf8_lossy(&output.stdout).into_owned()))
        });
        let (done, stderr, stdout) = interrupted.expect("some replications in a minute");
        assert_eq!(stderr, format!("interrupted after {done} of 4000000000 replications: nothing was written\n"));
        if quiet {
            assert_eq!(stdout, "");
            continue;
        }
        // To the byte what a run of so many replications prints.
        let mut again = vec!["run", "scenario.toml", "-n", &done, "--no-files"];
        again.extend(json.then_some("--json"));
        assert_eq!(stdout, sandbox.rollcast(&again).exits(0).stdout);
    }
}

/// A command that stands still, since nobody takes what it prints, heeds the second Ctrl-C, and the second SIGTERM.
#[test]
fn the_second_ctrl_c_ends_a_command_at_once() {
    use std::io::Read;
    let sandbox = Sandbox::with(&COUNTED.replace("robots = 4", "robots = 4000"));
    for signal in ["INT", "TERM"] {
        let mut child = spawn(&sandbox, &["trace", "scenario.toml", "--format", "csv"]);
        // By now it heeds the first one, and writes; a pipe holds less than all that it has to say.
        let mut stdout = child.stdout.take().expect("it is piped");
        stdout.read_exact(&mut [0]).expect("it prints something");
        let kill = || {
            let kill = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
            assert!(kill.expect("sh runs").success());
        };
        std::thread::sleep(Duration::from_millis(300));
        kill();
        std::thread::sleep(Duration::from_millis(700));
        kill();
        let output = child.wait_with_output().expect("it ends, though nobody reads");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(130), &b""[..]), "{signal}");
    }
}

/// SIGTERM is heeded as Ctrl-C is.
#[test]
fn a_terminated_run_leaves_nothing_behind() {
    let sandbox = Sandbox::with(COUNTED);
    let child = spawn(&sandbox, &["run", "scenario.toml", "-n", "4000000000", "--out", "out"]);
    while !sandbox.files().iter().any(|file| file.contains(".rollcast-")) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().expect("sh runs");
    assert!(kill.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), sandbox.files()), (Some(130), vec![String::from("scenario.toml")]));
}

/// Stopped before there is any figure, commands end as if stopped later.
#[test]
fn signals_that_come_early_are_heeded() {
    let sandbox = Sandbox::with(COUNTED);
    let vary = "deployment.concurrent_deployment_percentage=5..=50:5";
    let tune = ["tune", "scenario.toml", "--minimize", "campaign.time_to_success_s.p95"];
    let large = ["--set", "group.amr.robots=300000", "--vary", vary, "--threads", "1", "--out", "new"];
    for (command, signal) in [(&tune[..], "INT"), (&["sweep", "scenario.toml"], "TERM"), (&tune, "TERM")] {
        let mut child = spawn(&sandbox, &[command, &large].concat());
        // The handler stands before the folder does; the first look takes longer than it takes to look for that.
        while !sandbox.path("new").exists() && child.try_wait().expect("it can be asked").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let kill =
            Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().expect("sh runs");
        assert!(kill.success());
        let output = child.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{command:?}: {stderr}");
        assert!(stderr.starts_with("interrupted") && stderr.ends_with(": nothing was written\n"), "{stderr}");
        assert!(!sandbox.path("new").exists() && sandbox.files() == ["scenario.toml"]);
    }
}
