//! Everything the README shows is run here.

use std::fs;

use super::support::{Sandbox, repository};

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).expect("the README")
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(&fence) {
        rest = &rest[start + fence.len()..];
        let end = rest.find("```").expect("a fence is closed");
        blocks.push(rest[..end].to_owned());
        rest = &rest[end + 3..];
    }
    blocks
}

/// Every `console` block: each `$` line is run, in one folder that looks like the repository, and prints what stands below it.
#[test]
fn every_command_prints_what_the_readme_shows() {
    let sandbox = Sandbox::new();
    let scenarios = sandbox.path("scenarios");
    fs::create_dir(&scenarios).expect("a folder");
    for entry in fs::read_dir(repository().join("scenarios")).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, scenarios.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let mut commands = 0;
    for block in blocks(&readme(), "console") {
        let mut parts = block.split("$ ").skip(1).peekable();
        assert!(parts.peek().is_some(), "a console block without a command:\n{block}");
        for part in parts {
            let (command, shown) = part.split_once('\n').expect("a line");
            let words: Vec<&str> = command.split_whitespace().collect();
            let args = match words[..] {
                ["cargo", "run", "--release", "--", ref args @ ..] => args.to_vec(),
                // tests/serve/readme.py runs these.
                ["rollcast", "serve" | "admin", ..] | ["python", "rehearse.py"] => continue,
                ["rollcast", ref args @ ..] => args.to_vec(),
                ["cargo", "test", "--release"] | ["cargo", "install", ..] => continue,
                _ => panic!("the README shows a command that this test cannot run: {command}"),
            };
            let ran = sandbox.rollcast(&args);
            commands += 1;
            if !shown.trim().is_empty() {
                let printed = ran.stdout + &ran.stderr;
                // A line of dots stands for lines left out.
                let mut rest = printed.as_str();
                for (index, piece) in shown.split("...\n").enumerate() {
                    let found = rest.find(piece.trim_end_matches('\n'));
                    assert!(
                        found.is_some() && (index > 0 || found == Some(0)),
                        "`{command}` printed\n{printed}\nnot\n{shown}"
                    );
                    rest = &rest[found.unwrap_or(0) + piece.trim_end_matches('\n').len()..];
                }
            }
        }
    }
    assert!(commands >= 3, "{commands}");
}

/// Every `toml` block that is a whole scenario is accepted.
#[test]
fn every_scenario_in_the_readme_is_accepted() {
    let whole: Vec<String> =
        blocks(&readme(), "toml").into_iter().filter(|block| block.starts_with("name = ")).collect();
    assert!(!whole.is_empty());
    for scenario in whole {
        Sandbox::with(&scenario).rollcast(&["run", "scenario.toml", "-n", "20", "--no-files"]).exits(0);
    }
}

/// The key reference of the README names every key that the reader accepts, as an unknown key makes it list them.
#[test]
fn the_reference_names_every_key() {
    let readme = readme();
    let scenario = "name = \"x\"\nz = 1\n[run]\nz = 1\n[deployment]\nz = 1\n[[group]]\nname = \"g\"\nz = 1\n\
                    [group.step.zz]\n[group.step.launching]\nz = 1\nlatency = { z = 1 }\nfailure = { z = 1 }\n[group.connectivity]\nz = 1\n[group.registrations]\nz = 1\n[group.download]\nz = 1\n[download]\nz = 1\n[api]\nz = 1\nretry = { z = 1 }\n[[build]]\nz = 1\n[sync]\nz = 1\nschedule = { z = 1 }\n";
    // Expectations are read once all is right that decides which metrics there are.
    let expecting = "name = \"x\"\n[check]\nz = 1\n[tune]\nz = 1\n[deployment]\n[[group]]\nname = \"g\"\nrobots = 1\n[[expect]]\nz = 1\n";
    let refused = |scenario| Sandbox::with(scenario).rollcast(&["run", "scenario.toml"]).exits(2).stderr;
    let stderr = refused(scenario) + &refused(expecting);
    assert!(stderr.contains("`confidence`") && stderr.contains("`max_replications`"), "{stderr}");
    let mut keys = 0;
    for line in stderr.lines().filter(|line| line.contains("accepted here:")) {
        let accepted = line.split_once("accepted here:").expect("just seen").1;
        for key in accepted.split('`').skip(1).step_by(2) {
            assert!(readme.contains(&format!("`{key}`")), "the README does not explain `{key}`");
            keys += 1;
        }
    }
    assert!(keys > 40, "{keys} keys in\n{stderr}");
}
