//! Files, streams and their limits: what is written where, and how it fails.
#![cfg(unix)]

use std::process::Command;

use super::support::{COUNTED, Ran, Sandbox};

/// With an expectation that holds.
fn checked() -> Sandbox {
    let expect = "[[expect]]\nmetric = \"campaign.outcomes.in_sync.probability\"\nat_least = 0.5\n";
    Sandbox::with(&format!("{COUNTED}{expect}"))
}

/// Runs a script in which `$rollcast` is the program.
fn sh(sandbox: &Sandbox, script: &str) -> Ran {
    let output = Command::new("sh")
        .args(["-c", script])
        .env("rollcast", assert_cmd::cargo::cargo_bin("rollcast"))
        .env_remove("GITHUB_STEP_SUMMARY")
        .env_remove("GITHUB_ACTIONS")
        .current_dir(sandbox.path(""))
        .output()
        .expect("sh runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is UTF-8");
    Ran {
        code: output.status.code().expect("it exits by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

const CHECK: &str = "\"$rollcast\" check scenario.toml -q";

/// Reports go where they are told to, whatever it is, and only a regular file is replaced.
#[test]
fn reports_are_written_into_fifos_devices_and_links() {
    let sandbox = checked();
    let junit = |ran: Ran, text: &str| {
        let Ran { stderr, .. } = ran.exits(0);
        assert_eq!(stderr, "");
        assert!(text.starts_with("<?xml") && text.trim_end().ends_with("</testsuites>"), "{text}");
    };
    let ran = sh(&sandbox, &format!("mkfifo fifo; cat fifo >got & {CHECK} --junit fifo; code=$?; wait; exit $code"));
    junit(ran, &sandbox.read("got"));
    assert!(sh(&sandbox, "test -p fifo").code == 0, "it is a FIFO still");
    let ran = sh(&sandbox, &format!("{CHECK} --junit /dev/stdout | cat"));
    let said = ran.stdout.clone();
    junit(ran, &said);
    // A file that the shell opened is not replaced by another one.
    let ran = sh(&sandbox, &format!("{{ echo before; {CHECK} --junit /dev/stdout; echo after; }} >>appended"));
    let appended = sandbox.read("appended");
    let inner = appended.strip_prefix("before\n").and_then(|rest| rest.strip_suffix("after\n"));
    junit(ran, inner.expect("it is between"));
    let ran = sh(&sandbox, &format!("{CHECK} --junit /dev/fd/3 3>by-number"));
    junit(ran, &sandbox.read("by-number"));
    sandbox.rollcast(&["check", "scenario.toml", "-q", "--markdown", "/dev/null"]).exits(0);
    assert!(sh(&sandbox, "test -c /dev/null").code == 0, "it is a device still");
    let ran = sandbox.rollcast(&["check", "scenario.toml", "-q", "--junit", "/dev/full"]).exits(3);
    assert!(ran.stderr.starts_with("error: cannot write /dev/full: "), "{}", ran.stderr);
    sandbox.write("real.xml", "old");
    std::os::unix::fs::symlink("real.xml", sandbox.path("link.xml")).expect("a link");
    sandbox.rollcast(&["check", "scenario.toml", "-q", "--junit", "link.xml"]).exits(0);
    assert!(sandbox.path("link.xml").is_symlink() && sandbox.read("real.xml").starts_with("<?xml"));
    assert!(sandbox.files().iter().all(|file| !file.contains(".rollcast-")));
}

/// Whoever could read a report can read the next one, and nobody else.
#[test]
fn a_replaced_report_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = checked();
    sandbox.write("check.xml", "old");
    std::fs::set_permissions(sandbox.path("check.xml"), PermissionsExt::from_mode(0o640)).expect("it is ours");
    sandbox.rollcast(&["check", "scenario.toml", "-q", "--junit", "check.xml"]).exits(0);
    let mode = sandbox.path("check.xml").metadata().expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

/// Where a file may not grow, that is an error, and nothing is lost.
#[test]
fn a_limit_of_file_sizes_is_an_error() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.rollcast(&["run", "scenario.toml", "--out", "out", "-q"]).exits(0);
    let (before, summary) = (sandbox.files(), sandbox.read("out/summary.json"));
    let ran = sh(&sandbox, "ulimit -f 8; \"$rollcast\" run scenario.toml --seed 5 -n 5000 --out out").exits(3);
    assert!(ran.stderr.starts_with("error: cannot write ") && ran.stderr.contains("File too large"), "{}", ran.stderr);
    assert_eq!((sandbox.files(), sandbox.read("out/summary.json")), (before, summary));
    let ran = sh(&sandbox, "ulimit -f 1; \"$rollcast\" schema >schema.json").exits(3);
    assert!(ran.stderr.starts_with("error: cannot write to stdout: File too large"), "{}", ran.stderr);
}

/// Files stand open one by one, so that a run of many needs no more than a run of few.
#[test]
fn many_files_need_few_that_are_open() {
    let builds: String = (0..14).map(|build| format!("[[build]]\nname = \"b{build}\"\nweight = 1\n")).collect();
    let sandbox = Sandbox::with(&format!("{COUNTED}{builds}"));
    sh(&sandbox, "ulimit -n 40; \"$rollcast\" run scenario.toml -n 300 --out out -q").exits(0);
    assert!(sandbox.files().len() > 100, "{:?}", sandbox.files());
}

const TALKATIVE: [&str; 13] = [
    "--help",
    "-h",
    "--version",
    "run --help",
    "check -h",
    "schema",
    "completions bash",
    "man",
    "init -",
    "validate scenario.toml",
    "run scenario.toml --no-files",
    "run scenario.toml --no-files --json",
    "trace scenario.toml",
];

/// What could not be printed is not taken for printed.
#[test]
fn a_full_device_is_an_error_of_every_command() {
    let sandbox = Sandbox::with(COUNTED);
    for command in TALKATIVE {
        let ran = sh(&sandbox, &format!("\"$rollcast\" {command} >/dev/full"));
        assert_eq!(ran.code, 3, "{command}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: cannot write to stdout: No space left"), "{command}: {}", ran.stderr);
    }
}

/// Whoever has seen enough of anything is no error.
#[test]
fn a_closed_pipe_is_quiet_for_every_command() {
    let sandbox = Sandbox::with(COUNTED);
    for command in TALKATIVE {
        // The pipe is closed before anything is written.
        let ran = sh(&sandbox, &format!("{{ sleep 0.05; \"$rollcast\" {command}; echo $? >&2; }} | exec true"));
        assert_eq!(ran.stderr, "0\n", "{command}");
    }
}

/// Where nothing can be said on stderr, the exit code says it.
#[test]
fn a_full_stderr_is_no_panic() {
    let sandbox = Sandbox::with(COUNTED);
    for (command, code) in [
        ("run scenario.toml --max-job-rows 1 -n 50", 0),
        ("run missing.toml", 3),
        ("run --unknown", 2),
        ("", 2),
        ("check scenario.toml", 2),
    ] {
        let ran = sh(&sandbox, &format!("\"$rollcast\" {command} 2>/dev/full >/dev/null"));
        assert_eq!(ran.code, code, "{command}");
    }
}

/// What the page on results says of a manifest is so for whoever reads it in a shell.
#[test]
fn a_shell_can_tell_whether_files_belong_together() {
    let sandbox = Sandbox::with(COUNTED);
    if sh(&sandbox, "command -v jq && command -v sha256sum").code != 0 {
        return;
    }
    sandbox.rollcast(&["run", "scenario.toml", "--out", "results/warehouse-amr", "-q"]).exits(0);
    let page = std::fs::read_to_string(super::support::repository().join("results/README.md")).expect("the page");
    let command = page.lines().find_map(|line| line.strip_prefix("    cd results/")).expect("it has the command");
    let told = |sandbox: &Sandbox| sh(sandbox, &format!("cd results/{command}"));
    assert_eq!(told(&sandbox).exits(0).stdout, "");
    sandbox.write("results/warehouse-amr/jobs.csv", "of another run");
    assert!(told(&sandbox).exits(1).stdout.contains("jobs.csv: FAILED"));
}
