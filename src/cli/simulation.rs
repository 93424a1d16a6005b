//! What all commands that simulate share: loading, threads, and how it can fail.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

use anstream::ColorChoice;

use super::args::SimulationArgs;
use super::interrupt::{self, nothing_written};
use super::{Failure, exit, print, say};
use crate::experiment::{self, Failures, Stopped, Workers};
use crate::manifest::{MANIFEST, Mixed};
use crate::metric::UnknownMetric;
use crate::metric::words::counted;
use crate::questions::{self, Questions};
use crate::report::format::{JSON, Presentable, Presented, TEXT};
use crate::report::{OutputError, Outputs};
use crate::scenario::{Controllers, Diagnostics, LoadError, Problem, Scenario, ScenarioFile};

/// Reads a scenario with options laid over it.
pub fn load(path: &Path, sets: &[String], controllers: &Controllers) -> Result<Scenario, Failure> {
    read(path, sets, controllers).map(|(_, scenario, _)| scenario)
}

/// Reads a scenario's file, and checks it with options laid over it.
pub fn read(
    path: &Path,
    sets: &[String],
    controllers: &Controllers,
) -> Result<(ScenarioFile, Scenario, Questions), Failure> {
    let file = ScenarioFile::read(path).map_err(|error| unloadable(path, error))?.choosing_from(controllers);
    let (scenario, questions) = questions::read(&file, sets.iter().map(|set| ("--set", set.as_str())))?;
    Ok((file, scenario, questions))
}

/// The results folder: that of `--out`, or the one of this name.
pub fn outputs(options: &SimulationArgs, name: &str, below: &[&str]) -> Result<Outputs, Failure> {
    let default = Path::new("results").join(name);
    Ok(Outputs::new(options.out.as_ref().unwrap_or(&default), below)?)
}

/// Puts the results of a command in their places. What is replaced there is told, unless the folder was named: somebody
/// may have meant to keep it.
pub fn place(options: &SimulationArgs, outputs: Outputs, command: &str) -> Result<(), Failure> {
    let folder = outputs.folder().display().to_string();
    if outputs.commit(command)? && options.out.is_none() && !options.quiet {
        say(&format!("note: {folder}/ had results of another {command}, which are replaced; --out DIR keeps both\n"));
    }
    Ok(())
}

/// Prints an answer as options want it; below a table where its `files` are.
pub fn say_answer<A: Presentable>(
    options: &SimulationArgs,
    answer: &Presented<'_, A>,
    files: &str,
) -> Result<(), Failure> {
    match (options.json, options.quiet) {
        (true, _) => print(&answer.text(JSON)),
        (false, true) => Ok(()),
        (false, false) => print(&(answer.text(TEXT) + files)),
    }
}

/// Says why a scenario could not be loaded.
pub fn unloadable(path: &Path, error: LoadError) -> Failure {
    match error {
        LoadError::Unreadable(error) => {
            Failure { message: format!("error: cannot read {}: {error}\n", path.display()), code: exit::IO }
        }
        LoadError::Invalid(diagnostics) => diagnostics.into(),
    }
}

/// Adds an unknown metric to what is wrong with options.
pub fn report_unknown(unknown: UnknownMetric, option: &str, diagnostics: &mut Diagnostics) {
    let UnknownMetric { path, unknown, title, help } = unknown;
    let problem = help.into_iter().fold(Problem::new(title), Problem::help);
    diagnostics.report_option(option, &path, unknown, "", problem);
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Failure {
        Failure { message: diagnostics.render(styled()), code: exit::BAD_INPUT }
    }
}

/// Whether stderr takes colours.
pub fn styled() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// Starts the threads, and heeds Ctrl-C and failures of replications from now on.
pub fn workers(options: &SimulationArgs) -> Result<Workers, Failure> {
    interrupt::watch();
    experiment::report_panics_once();
    let threads = options.threads.map(|threads| threads as usize);
    Workers::new(threads).map_err(|why| stopped(why, Path::new(""), options))
}

/// What stopped a simulation of the scenario at `path`.
pub fn stopped(why: Stopped, path: &Path, options: &SimulationArgs) -> Failure {
    match why {
        Stopped::Cancelled => nothing_written(),
        Stopped::Failed(failures) => failed(&failures, path, &options.set),
        Stopped::Rows(error) => {
            Failure { message: format!("error: cannot write replications.csv and jobs.csv: {error}\n"), code: exit::IO }
        }
        Stopped::Threads(error) => {
            Failure { message: format!("error: cannot start threads: {error}\n"), code: exit::IO }
        }
    }
}

/// Names the replications that failed, each with the command that simulates it alone.
fn failed(failures: &Failures, path: &Path, sets: &[String]) -> Failure {
    let Failures { seed, failed, finished, named, settings } = failures;
    let all = counted(u64::from(failed + finished), "replication");
    let mut message = format!(
        "error: {failed} of {all} failed by a fault of rollcast, {finished} finished; nothing was written\n\
         help: each command simulates that replication alone and fails where it failed; RUST_BACKTRACE=1 says more\n"
    );
    for (replication, why) in named {
        // Unknown to a scenario with fewer, it would be refused.
        let enough = format!("run.replications={}", u64::from(*replication) + 1);
        let sets = sets.iter().chain(settings).map(String::as_str).chain([enough.as_str()]);
        let sets: String = sets.map(|set| format!(" --set {}", quoted(set))).collect();
        let path = path.display().to_string();
        // A string takes whatever is written to it.
        let _ = write!(
            message,
            "\nreplication {replication} of seed {seed}: {why}\n    \
             rollcast trace {} --seed {seed} --replication {replication}{sets}\n",
            quoted(&path)
        );
    }
    let more = *failed as usize - named.len();
    if more > 0 {
        message += &format!("\nand {more} more\n");
    }
    Failure { message, code: exit::CHECK_FAILED }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./=:,+@%".contains(character);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
}

/// Says of a folder that its files are not all of one run.
pub fn mixed_up(folder: &Path, mixed: &Mixed) -> Failure {
    let folder = folder.display();
    let what = match mixed {
        Mixed::Malformed(why) => format!("{folder}/{MANIFEST} is no manifest: {why}"),
        Mixed::Differs(name) => {
            format!("{folder} holds files of different runs: {name} is not the one that {MANIFEST} tells of")
        }
        Mixed::Unreadable(name, error) => {
            return Failure { message: format!("error: cannot read {folder}/{name}: {error}\n"), code: exit::IO };
        }
    };
    let help = format!("run again into this folder; or remove {MANIFEST}, if its files belong together all the same");
    Failure { message: format!("error: {what}\nhelp: {help}\n"), code: exit::BAD_INPUT }
}

impl From<OutputError> for Failure {
    fn from(failed: OutputError) -> Failure {
        let OutputError { path, error } = failed;
        Failure { message: format!("error: cannot write {}: {error}\n", path.display()), code: exit::IO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The report of failed replications, to the letter.
    #[test]
    fn failed_replications_are_named_with_their_commands() {
        let failures = Failures {
            seed: 42,
            failed: 3,
            finished: 997,
            named: [(7, String::from("attempt to divide by zero (a.rs:1:2)")), (1000, String::from("no such robot"))]
                .into(),
            settings: vec![String::from("sync.schedule={ every = \"1h\" }")],
        };
        let Failure { message, code } = failed(&failures, Path::new("my robots/it's.toml"), &[String::from("name=x")]);
        assert_eq!(code, 1);
        assert_eq!(
            message,
            "error: 3 of 1000 replications failed by a fault of rollcast, 997 finished; nothing was written\n\
             help: each command simulates that replication alone and fails where it failed; RUST_BACKTRACE=1 says more\n\
             \n\
             replication 7 of seed 42: attempt to divide by zero (a.rs:1:2)\n    \
             rollcast trace 'my robots/it'\\''s.toml' --seed 42 --replication 7 --set name=x \
             --set 'sync.schedule={ every = \"1h\" }' --set run.replications=8\n\
             \n\
             replication 1000 of seed 42: no such robot\n    \
             rollcast trace 'my robots/it'\\''s.toml' --seed 42 --replication 1000 --set name=x \
             --set 'sync.schedule={ every = \"1h\" }' --set run.replications=1001\n\
             \n\
             and 1 more\n"
        );
    }

    /// A shell reads back what was meant.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_quoted_words_back() {
        for word in
            ["", "a b", "it's", "-n", "a=\"1h\"", "$HOME", "`x`", "a\\b", "é\u{3000}", "plain-1.toml", "!x", "a\nb"]
        {
            let script = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
    }
}
