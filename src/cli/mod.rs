//! The command line: what was typed, what it means, and the exit code.

mod admin;
mod args;
mod check;
mod compare;
mod completions;
mod init;
mod interrupt;
mod large;
mod man;
mod memory;
mod parts;
mod progress;
mod run;
mod schema;
mod serve;
mod simulation;
mod sweep;
mod trace;
mod tune;
mod validate;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};

use crate::scenario::Controllers;

/// Exit codes, as `--help` documents them.
mod exit {
    pub const OK: u8 = 0;
    /// A check did not hold.
    pub const CHECK_FAILED: u8 = 1;
    /// Bad input or usage; nothing was written.
    pub const BAD_INPUT: u8 = 2;
    /// The scenario file could not be read, or an output not be written.
    pub const IO: u8 = 3;
    /// Stopped by Ctrl-C; nothing was written.
    pub const INTERRUPTED: u8 = 130;
}

/// How a command failed: what to say on stderr, and the exit code.
struct Failure {
    message: String,
    code: u8,
}

/// All that can be typed, for manuals, completions and the reference.
pub fn command() -> clap::Command {
    OWN_WORDS.iter().fold(Cli::command(), |command, (name, option, words)| {
        command.mut_subcommand(name, |command| command.mut_arg(option, |option| option.help(words)))
    })
}

/// What options that all commands share mean for one of them.
const OWN_WORDS: [(&str, &str, &str); 6] = [
    (
        "sweep",
        "replications",
        "How many times to simulate each point [default: run.replications of the scenario, or 1000]",
    ),
    (
        "tune",
        "replications",
        "The most replications of a setting [default: tune.max_replications of the scenario, or 100000]",
    ),
    (
        "check",
        "replications",
        "How many replications a baseline has [default: run.replications of the scenario, or 1000]; expectations \
      take as many as they need",
    ),
    ("check", "out", "Write check.json and check.html into this folder [default: none is written]"),
    (
        "compare",
        "replications",
        "How many times to simulate each of both [default: run.replications of the scenarios, or 1000]",
    ),
    ("compare", "out", "The results folder [default: results/A-vs-B/, for the names in the scenarios]"),
];

/// The program, with the controllers that come with it: runs the command that was typed.
pub fn main() -> ExitCode {
    ExitCode::from(main_with(std::env::args_os(), &Controllers::built_in()))
}

/// The program for those who bring controllers of their own, which scenarios may choose: parses the command line, runs
/// the command, and says what went wrong on stderr. Gives the exit code.
pub fn main_with(arguments: impl IntoIterator<Item = OsString>, controllers: &Controllers) -> u8 {
    fail_beyond_limits();
    let mut command = command();
    let parsed = command.try_get_matches_from_mut(arguments);
    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command)));
    let done = match parsed {
        Ok(cli) => run(cli.command, controllers),
        Err(usage) if usage.use_stderr() => {
            // As with `say`.
            let _ = usage.print();
            Err(Failure { message: String::new(), code: exit::BAD_INPUT })
        }
        Err(manual) => printed(manual.print().and_then(|()| io::stdout().flush())),
    };
    match done {
        Ok(()) => exit::OK,
        Err(failure) => {
            say(&failure.message);
            failure.code
        }
    }
}

fn run(command: Command, controllers: &Controllers) -> Result<(), Failure> {
    match command {
        Command::Run(args) => run::run(&args, controllers),
        Command::Tune(args) => tune::run(&args, controllers),
        Command::Compare(args) => compare::run(&args, controllers),
        Command::Check(args) => check::run(&args, controllers),
        Command::Sweep(args) => sweep::run(&args, controllers),
        Command::Trace(args) => trace::run(&args, controllers),
        Command::Serve(args) => serve::run(&args, controllers),
        Command::Admin(args) => admin::run(&args),
        Command::Validate(args) => validate::run(&args, controllers),
        Command::Init(args) => init::run(&args),
        Command::Schema(_) => schema::run(controllers),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// What exceeds `ulimit -f` is an error of the file, which is told, and not a signal that ends the program. Threads take
/// that from the one that starts them.
fn fail_beyond_limits() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGXFSZ);
        // Without it there is still the signal.
        let _ = signals.thread_block();
    }
}

/// Writes to stderr. Where that is closed or full nothing can be said.
fn say(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Writes to stdout.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    printed(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// What writing to stdout comes to. A reader who has seen enough and closed the pipe is no error.
fn printed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure { message: format!("error: cannot write to stdout: {error}\n"), code: exit::IO })
        }
        _ => Ok(()),
    }
}
