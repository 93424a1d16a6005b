//! Shell completions and manual pages.

use std::process::{Command, Stdio};

use super::support::{Sandbox, program};

const COMMANDS: [&str; 13] = [
    "run",
    "sweep",
    "tune",
    "compare",
    "check",
    "trace",
    "serve",
    "admin",
    "validate",
    "init",
    "schema",
    "completions",
    "man",
];

#[test]
fn every_shell_gets_completions_of_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = Sandbox::new().rollcast(&["completions", shell]).exits(0);
        for word in COMMANDS.iter().chain(&["replications", "quiet"]) {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    let ran = Sandbox::new().rollcast(&["completions", "tcsh"]).exits(2);
    assert!(ran.stderr.contains("possible values"), "{}", ran.stderr);
}

/// Bash completes a command with the script, where there is a bash.
#[test]
fn bash_completes_a_command() {
    let sandbox = Sandbox::new();
    sandbox.write("script", &sandbox.rollcast(&["completions", "bash"]).exits(0).stdout);
    let complete = "source ./script; COMP_WORDS=(rollcast va); COMP_CWORD=1; _rollcast rollcast va rollcast; echo \"${COMPREPLY[@]}\"";
    let Ok(output) = Command::new("bash").args(["-c", complete]).current_dir(sandbox.path("")).output() else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "validate\n", "{output:?}");
}

#[test]
fn there_is_a_page_for_each_command() {
    let sandbox = Sandbox::new();
    let ran = sandbox.rollcast(&["man", "--out", "man/man1"]).exits(0);
    assert_eq!(ran.stdout, "");
    let mut pages: Vec<String> = COMMANDS.iter().map(|command| format!("man/man1/rollcast-{command}.1")).collect();
    pages.push(String::from("man/man1/rollcast.1"));
    pages.sort();
    assert_eq!(sandbox.files(), pages);
    assert!(sandbox.read("man/man1/rollcast-run.1").contains("replications"));
    sandbox.rollcast(&["man", "--out", "man/man1"]).exits(0);
    let all = sandbox.rollcast(&["man"]).exits(0).stdout;
    let titles: Vec<&str> = all.lines().filter(|line| line.starts_with(".TH ")).collect();
    assert_eq!(titles.len(), pages.len(), "{titles:?}");
    for page in pages {
        assert!(all.contains(&sandbox.read(&page)), "{page}");
    }
    sandbox.write("file", "");
    let ran = sandbox.rollcast(&["man", "--out", "file"]).exits(3);
    assert!(ran.stderr.contains("cannot write file"), "{}", ran.stderr);
}

/// Whoever has seen enough is no error, and nobody panics.
#[test]
fn closed_pipes_are_quiet() {
    let sandbox = Sandbox::with(super::support::COUNTED);
    for args in [&["schema"][..], &["completions", "zsh"], &["man"], &["init", "-"], &["validate", "scenario.toml"]] {
        let mut command = Command::new(program().get_program());
        command.args(args).current_dir(sandbox.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {output:?}");
    }
}
