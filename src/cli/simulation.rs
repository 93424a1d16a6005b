//! What all commands that simulate share: loading, interruption, and how it can fail.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::ColorChoice;

use super::{Failure, exit};
use crate::experiment::Stopped;
use crate::metric::UnknownMetric;
use crate::questions::{self, Questions};
use crate::report::OutputError;
use crate::scenario::{Diagnostics, LoadError, Problem, Scenario, ScenarioFile};

/// Set by Ctrl-C.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C sets [`INTERRUPTED`] instead of ending the program.
pub fn watch_for_interrupts() {
    // Refused only where a handler is set already, and then that one is this one.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
}

/// Reads a scenario with options laid over it.
pub fn load(path: &Path, sets: &[String]) -> Result<Scenario, Failure> {
    read(path, sets).map(|(_, scenario, _)| scenario)
}

/// Reads a scenario's file, and checks it with options laid over it.
pub fn read(path: &Path, sets: &[String]) -> Result<(ScenarioFile, Scenario, Questions), Failure> {
    let file = ScenarioFile::read(path).map_err(|error| unloadable(path, error))?;
    let (scenario, questions) = questions::read(&file, sets.iter().map(|set| ("--set", set.as_str())))?;
    Ok((file, scenario, questions))
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
        let styled = anstream::AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
        Failure { message: diagnostics.render(styled), code: exit::BAD_INPUT }
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Failure {
        match stopped {
            Stopped::Cancelled => {
                Failure { message: String::from("interrupted: nothing was written\n"), code: exit::INTERRUPTED }
            }
            Stopped::Rows(error) => Failure {
                message: format!("error: cannot write replications.csv and jobs.csv: {error}\n"),
                code: exit::IO,
            },
            Stopped::Threads(error) => {
                Failure { message: format!("error: cannot start threads: {error}\n"), code: exit::IO }
            }
        }
    }
}

impl From<OutputError> for Failure {
    fn from(failed: OutputError) -> Failure {
        let OutputError { path, error } = failed;
        Failure { message: format!("error: cannot write {}: {error}\n", path.display()), code: exit::IO }
    }
}
