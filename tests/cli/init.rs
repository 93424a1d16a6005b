//! `rollcast init`: a scenario to start from.

use std::fs;

use super::support::Sandbox;

#[test]
fn the_starter_runs_as_it_is() {
    let sandbox = Sandbox::new();
    let ran = sandbox.rollcast(&["init"]).exits(0);
    assert_eq!(ran.stdout, "scenario.toml is written. Run it: rollcast run scenario.toml\n");
    assert_eq!(sandbox.files(), ["scenario.toml"]);
    sandbox.rollcast(&["validate", "scenario.toml"]).exits(0);
    let ran = sandbox.rollcast(&["run", "scenario.toml", "-n", "50"]).exits(0);
    assert!(ran.stdout.starts_with("my-fleet: 30 robots at one site\n"), "{}", ran.stdout);
}

/// Every line that is commented out is right, too, and they are all right together.
#[test]
fn what_is_commented_out_can_be_taken_in() {
    let text = Sandbox::new().rollcast(&["init", "-"]).exits(0).stdout;
    let is_out = |line: &&str| {
        let rest = line.strip_prefix("# ").unwrap_or_default();
        let key = rest.split_once(" = ").map_or("", |(key, _)| key);
        rest.starts_with('[') || !key.is_empty() && key.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
    };
    let out = text.lines().filter(is_out).count();
    assert!(out >= 25, "{out} lines");
    let all: String = text.lines().map(|line| format!("{}\n", if is_out(&line) { &line[2..] } else { line })).collect();
    let ran = Sandbox::with(&all).rollcast(&["validate", "scenario.toml"]).exits(0);
    for part in
        ["ARM64", "drawn for each job", "online for", "registrations", " BUILDS", " DOWNLOAD", " API", "retry", "7d"]
    {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 125, "{line}");
    }
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    let sandbox = Sandbox::with("mine");
    let ran = sandbox.rollcast(&["init", "scenario.toml"]).exits(2);
    assert!(ran.stderr.contains("scenario.toml is not written") && ran.stderr.contains("--force"), "{}", ran.stderr);
    assert_eq!(sandbox.read("scenario.toml"), "mine");
    sandbox.rollcast(&["init", "scenario.toml", "--force"]).exits(0);
    assert!(sandbox.read("scenario.toml").contains("[deployment]"));
    assert_eq!(sandbox.files(), ["scenario.toml"], "no temporary file is left");
}

#[test]
fn a_place_that_cannot_be_written_exits_with_3() {
    let sandbox = Sandbox::new();
    let ran = sandbox.rollcast(&["init", "no/such/folder.toml"]).exits(3);
    assert!(ran.stderr.contains("cannot write no/such/folder.toml"), "{}", ran.stderr);
    fs::create_dir(sandbox.path("folder")).expect("a folder");
    sandbox.rollcast(&["init", "folder"]).exits(2);
    let ran = sandbox.rollcast(&["init", "folder", "--force"]).exits(3);
    assert!(ran.stderr.contains("cannot write folder: is a directory"), "{}", ran.stderr);
    assert!(sandbox.path("folder").is_dir() && sandbox.files().is_empty());
}

/// A link stays one: what it leads to is written.
#[cfg(unix)]
#[test]
fn a_link_is_not_replaced() {
    let sandbox = Sandbox::with("mine");
    std::os::unix::fs::symlink("scenario.toml", sandbox.path("link.toml")).expect("a link");
    std::os::unix::fs::symlink("new.toml", sandbox.path("to-nothing.toml")).expect("a link");
    sandbox.rollcast(&["init", "link.toml"]).exits(2);
    assert_eq!(sandbox.read("link.toml"), "mine");
    sandbox.rollcast(&["init", "link.toml", "--force"]).exits(0);
    sandbox.rollcast(&["init", "to-nothing.toml"]).exits(0);
    assert_eq!(sandbox.read("scenario.toml"), sandbox.read("new.toml"));
    assert!(["link.toml", "to-nothing.toml"].iter().all(|link| sandbox.path(link).is_symlink()));
}
