//! `rollcast run`

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::ColorChoice;

use super::args::RunArgs;
use super::{Failure, exit, print, progress};
use crate::experiment::{Experiment, Rows, Stopped, Tally};
use crate::report::{OutputError, Outputs, Summary, table};
use crate::scenario::{LoadError, Scenario};
use crate::simulation::Plan;

/// Set by Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Loads, simulates, reports.
pub fn run(args: &RunArgs) -> Result<(), Failure> {
    let scenario = load(&args.scenario, &args.set)?;
    let plan = Plan::new(&scenario);
    let seed = args.seed.unwrap_or(scenario.seed);
    let experiment = Experiment {
        plan: &plan,
        seed,
        replications: args.replications.unwrap_or(scenario.replications),
        threads: args.threads.map(|threads| threads as usize),
        curves: !args.no_files,
    };
    // Refused only where a handler is set already, and then that one is this one.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    let (tally, summary, files) = if args.no_files {
        let tally = simulate(&experiment, &mut (), args.quiet)?;
        let summary = Summary::new(&scenario, seed, &tally);
        (tally, summary, String::new())
    } else {
        let default = Path::new("results").join(&scenario.name);
        let mut outputs = Outputs::new(args.out.as_ref().unwrap_or(&default))?;
        let files = format!("\nFiles: {}/\n", outputs.folder().display().to_string().trim_end_matches('/'));
        let mut rows = outputs.rows(&scenario, args.max_job_rows)?;
        let tally = simulate(&experiment, &mut rows, args.quiet)?;
        let dropped = outputs.take_rows(rows)?;
        let summary = Summary::new(&scenario, seed, &tally);
        outputs.commit(&scenario, &summary, &tally)?;
        if dropped > 0 && !args.quiet {
            anstream::eprintln!("note: jobs.csv lacks {dropped} jobs: --max-job-rows is {}", args.max_job_rows);
        }
        (tally, summary, files)
    };
    match (args.json, args.quiet) {
        (true, _) => print(&summary.to_json()),
        (false, false) => print(&(table::render(&scenario, &summary, &tally) + &files)),
        (false, true) => Ok(()),
    }
}

fn load(path: &Path, sets: &[String]) -> Result<Scenario, Failure> {
    Scenario::load(path, sets).map_err(|error| match error {
        LoadError::Unreadable(error) => {
            Failure { message: format!("error: cannot read {}: {error}\n", path.display()), code: exit::IO }
        }
        LoadError::Invalid(diagnostics) => {
            let styled = anstream::AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
            Failure { message: diagnostics.render(styled), code: exit::BAD_INPUT }
        }
    })
}

fn simulate<R: Rows>(experiment: &Experiment<'_>, rows: &mut R, quiet: bool) -> Result<Tally, Failure> {
    let bar = progress::bar(experiment.replications, quiet);
    let done = experiment.run(rows, &INTERRUPTED, &|replications| bar.inc(replications.into()));
    bar.finish_and_clear();
    done.map_err(|stopped| match stopped {
        Stopped::Cancelled => {
            Failure { message: String::from("interrupted: nothing was written\n"), code: exit::INTERRUPTED }
        }
        Stopped::Rows(error) => {
            Failure { message: format!("error: cannot write replications.csv and jobs.csv: {error}\n"), code: exit::IO }
        }
        Stopped::Threads(error) => {
            Failure { message: format!("error: cannot start threads: {error}\n"), code: exit::IO }
        }
    })
}

impl From<OutputError> for Failure {
    fn from(failed: OutputError) -> Failure {
        let OutputError { path, error } = failed;
        Failure { message: format!("error: cannot write {}: {error}\n", path.display()), code: exit::IO }
    }
}
