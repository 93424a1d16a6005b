//! A folder of its own for each test, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A scenario in which every number can be counted by hand: 4 robots, 2 at once, a minute each, nothing fails.
pub const COUNTED: &str = r#"name = "counted"
description = "four robots, two at once, a minute each"

[run]
replications = 3

[deployment]
concurrent_deployment_percentage = 50
failure_threshold_percentage = 50

[[group]]
name = "amr"
robots = 4

[group.step.launching]
latency = { constant = "60s" }
"#;

/// An empty folder in which the program runs.
pub struct Sandbox {
    folder: TempDir,
}

/// What a run came to.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Sandbox {
        Sandbox { folder: TempDir::new().expect("a temporary folder") }
    }

    /// With `scenario.toml` in it.
    pub fn with(scenario: &str) -> Sandbox {
        let sandbox = Sandbox::new();
        sandbox.write("scenario.toml", scenario);
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the sandbox can be written");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs the program here.
    pub fn rollcast(&self, args: &[&str]) -> Ran {
        let output = program().args(args).current_dir(self.folder.path()).output().expect("the program runs");
        Ran {
            code: output.status.code().expect("it exits by itself"),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Every file below, by its path from here, in order.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        list(self.folder.path(), self.folder.path(), &mut files);
        files.sort();
        files
    }
}

/// The program, with nothing of the environment that could change what it prints.
pub fn program() -> Command {
    let mut program = Command::cargo_bin("rollcast").expect("the program is built");
    program.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("COLUMNS");
    program.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    program
}

/// The folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            list(root, &entry, files);
        } else {
            files.push(entry.strip_prefix(root).expect("below the root").display().to_string());
        }
    }
}

impl Ran {
    /// Asserts the exit code, showing everything if it is another one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}
