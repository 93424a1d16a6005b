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
        assert_eq!(String::from_utf8_lossy(&output.stderr), "interrupted: nothing was written\n");
        assert!(output.stdout.is_empty());
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
