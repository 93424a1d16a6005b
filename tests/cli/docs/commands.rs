//! Every command that the guide shows is run here.

use std::fs;

use super::super::support::{Sandbox, repository};
use super::{Page, guide};

/// The words of a command as a shell would split it, if the shell would do nothing else with it.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in command.chars() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => words.last_mut().expect("one at least").push(character),
            (None, '\'' | '"') => quote = Some(character),
            (None, ' ') => words.push(String::new()),
            (None, '<' | '>' | '|' | '&' | ';' | '*' | '?' | '(' | ')' | '{' | '$' | '`' | '\\') => {
                panic!("a shell would not take {character} in `{command}` for itself")
            }
            (None, _) => words.last_mut().expect("one at least").push(character),
        }
    }
    assert_eq!(quote, None, "an open quote in `{command}`");
    words
}

#[test]
fn words_are_those_of_a_shell() {
    assert_eq!(words("a --set 'b={ c = 1 }' \"d <= 2\""), ["a", "--set", "b={ c = 1 }", "d <= 2"]);
    assert!(std::panic::catch_unwind(|| words("tune --constraint a<=8")).is_err());
}

/// Every `console` block: each `$` line is run, in a folder for the page that looks like the repository, and prints
/// what stands below it.
#[test]
fn every_command_prints_what_the_guide_shows() {
    let run: usize = guide().iter().map(commands_of).sum();
    assert!(run >= 20, "{run} commands");
}

fn commands_of(page: &Page) -> usize {
    let sandbox = Sandbox::new();
    let scenarios = sandbox.path("scenarios");
    fs::create_dir(&scenarios).expect("a folder");
    for entry in fs::read_dir(repository().join("scenarios")).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, scenarios.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let mut run = 0;
    for block in page.blocks("console") {
        let mut parts = block.split("$ ").skip(1).peekable();
        assert!(parts.peek().is_some(), "{}: a console block without a command:\n{block}", page.name);
        for part in parts {
            let (command, shown) = part.split_once('\n').expect("a line");
            let words = words(command);
            let args: Vec<&str> = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["cargo", "run", "--release", "--", ref args @ ..] => args.to_vec(),
                // tests/serve/guide.py runs these.
                ["rollcast", "serve" | "admin", ..] | ["python", "rehearse.py"] => continue,
                ["rollcast", ref args @ ..] => args.to_vec(),
                ["cargo", "test", "--release"] => continue,
                _ => panic!("{} shows a command that this test cannot run: {command}", page.name),
            };
            let ran = sandbox.rollcast(&args);
            run += 1;
            assert_printed(&format!("{}: `{command}`", page.name), &(ran.stdout + &ran.stderr), shown);
        }
    }
    run
}

/// That a command printed what is shown, in which a line of dots stands for lines left out.
#[track_caller]
fn assert_printed(command: &str, printed: &str, shown: &str) {
    if shown.trim().is_empty() {
        return;
    }
    let mut rest = printed;
    for (index, piece) in shown.split("...\n").enumerate() {
        let piece = piece.trim_end_matches('\n');
        let found = rest.find(piece);
        assert!(found.is_some() && (index > 0 || found == Some(0)), "{command} printed\n{printed}\nnot\n{shown}");
        rest = &rest[found.unwrap_or(0) + piece.len()..];
    }
}

/// Every `toml` block that is a whole scenario is accepted.
#[test]
fn every_scenario_in_the_guide_is_accepted() {
    let blocks: Vec<String> = guide().iter().flat_map(|page| page.blocks("toml")).collect();
    let whole: Vec<&String> = blocks.iter().filter(|block| block.starts_with("name = ")).collect();
    assert!(!whole.is_empty());
    for scenario in whole {
        Sandbox::with(scenario).rollcast(&["run", "scenario.toml", "-n", "20", "--no-files"]).exits(0);
    }
}
