//! `rollcast check`

mod baseline;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, SimulationArgs};
use super::interrupt::{self, INTERRUPTED};
use super::memory::Memory;
use super::simulation::{read, stopped, workers};
use super::{Failure, exit, print, progress, say};
use crate::baseline::Baseline;
use crate::expectation::{Check, Checked};
use crate::experiment::{Experiment, Stopped, Workers};
use crate::questions::Questions;
use crate::report::check::{CheckOptions, CheckReport, Checks, FILES, GITHUB, JUNIT};
use crate::report::format::{JSON, MARKDOWN, Presented, TEXT};
use crate::report::{OutputError, Outputs, WholeFile};
use crate::scenario::{Controllers, Scenario, ScenarioFile};
use crate::simulation::Plan;

/// Reads all scenarios, checks one after the other, reports.
pub fn run(args: &CheckArgs, controllers: &Controllers) -> Result<(), Failure> {
    let scenarios = load_all(args, controllers)?;
    let workers = workers(&args.simulation)?;
    let memory = scenarios.iter().map(|subject| Memory::of(&subject.scenario)).fold(Memory::default(), Memory::or);
    memory.check(&args.simulation, &workers)?;
    if let (Some(folder), true) = (&args.baseline, args.update_baseline) {
        return baseline::update(args, folder, scenarios, &workers);
    }
    let baselines = args.baseline.as_ref().map(|folder| baseline::read_all(folder, &scenarios)).transpose()?;
    let mut baselines = baselines.into_iter().flatten();
    let files = Files::new(args)?;
    if args.baseline.is_none() && args.simulation.replications.is_some() && !args.simulation.quiet {
        say(
            "note: --replications is for --baseline; expectations take as many as they need, up to --max-replications\n",
        );
    }
    let mut reports: Vec<CheckReport> = Vec::new();
    for subject in scenarios {
        let report = check(args, subject, baselines.next(), &workers)?;
        let interrupted = report.interrupted;
        if !args.simulation.json && !args.simulation.quiet {
            let apart = if reports.is_empty() { "" } else { "\n" };
            print(&format!("{apart}{}", said(args, std::slice::from_ref(&report), TEXT)))?;
        }
        reports.push(report);
        if interrupted {
            if args.simulation.json {
                print(&said(args, &reports, JSON))?;
            }
            return Err(interrupt::nothing_written());
        }
    }
    if args.simulation.json {
        print(&said(args, &reports, JSON))?;
    }
    announce(args, &reports)?;
    files.write(&reports, args)?;
    if reports.iter().all(CheckReport::passes) {
        Ok(())
    } else {
        // What did not hold has been said.
        Err(Failure { message: String::new(), code: exit::CHECK_FAILED })
    }
}

/// A scenario that is to be checked.
struct ToCheck {
    path: PathBuf,
    source: ScenarioFile,
    scenario: Scenario,
    questions: Questions,
}

/// All scenarios, or all that is wrong with any of them.
fn load_all(args: &CheckArgs, controllers: &Controllers) -> Result<Vec<ToCheck>, Failure> {
    let mut scenarios = Vec::new();
    let mut failure: Option<Failure> = None;
    let mut refuse = |refused: Failure| match &mut failure {
        Some(failure) => {
            failure.message += &format!("\n{}", refused.message);
            failure.code = failure.code.max(refused.code);
        }
        None => failure = Some(refused),
    };
    for path in &args.scenarios {
        match read(path, &args.simulation.set, controllers) {
            Ok((_, _, questions)) if questions.expectations.is_empty() && args.baseline.is_none() => {
                refuse(nothing_expected(path))
            }
            Ok((source, scenario, mut questions)) => {
                questions.max_check_replications = args.max_replications.unwrap_or(questions.max_check_replications);
                scenarios.push(ToCheck { path: path.clone(), source, scenario, questions });
            }
            Err(refused) => refuse(refused),
        }
    }
    failure.map_or(Ok(scenarios), Err)
}

/// A check of nothing would pass whatever happens.
fn nothing_expected(path: &Path) -> Failure {
    let message = format!(
        "error: {} expects nothing: there is nothing to check\n\
         help: say what its results have to be, as in\n\n    \
         [[expect]]\n    metric = \"campaign.outcomes.halted.probability\"\n    at_most = 0.01\n\n    \
         [[expect]]\n    metric = \"campaign.time_to_success_s.p95\"\n    at_most = \"2h\"\n\n\
         help: or compare it with an earlier run by --baseline DIR\n",
        path.display()
    );
    Failure { message, code: exit::BAD_INPUT }
}

/// Checks one scenario.
fn check(
    args: &CheckArgs,
    ToCheck { path, source, scenario, questions }: ToCheck,
    baseline: Option<Baseline>,
    workers: &Workers,
) -> Result<CheckReport, Failure> {
    let options = &args.simulation;
    let plan = Plan::new(&scenario);
    let seed = options.seed.unwrap_or(scenario.seed);
    let replications = questions.max_check_replications;
    let experiment = Experiment { plan: &plan, seed, replications, threads: None, curves: false };
    let bar = progress::bar(replications.into(), options.quiet);
    let all = questions.expectations.len();
    let checked: Result<Checked, Stopped> = Check {
        scenario: &scenario,
        expectations: &questions.expectations,
        experiment,
        cancelled: &INTERRUPTED,
        advanced: &|replications| bar.inc(replications.into()),
        decided: &|decided| bar.set_message(format!("{decided} of {all} decided")),
    }
    .run(workers);
    bar.finish_and_clear();
    let checked = checked.map_err(|why| stopped(why, &path, options))?;
    let mut interrupted = checked.interrupted;
    let mut comparison = None;
    if let (Some(baseline), false) = (baseline, interrupted) {
        match baseline::compare(args, &baseline, &scenario, experiment, workers) {
            Ok(compared) => comparison = Some(compared),
            Err(Stopped::Cancelled) => interrupted = true,
            Err(why) => return Err(stopped(why, &path, options)),
        }
    }
    Ok(CheckReport {
        file: path.display().to_string(),
        source,
        seed,
        checked,
        comparison,
        interrupted,
        scenario,
        questions,
    })
}

fn checks<'r>(args: &'r CheckArgs, reports: &'r [CheckReport]) -> Checks<'r> {
    let SimulationArgs { seed, set, .. } = &args.simulation;
    Checks { reports, options: CheckOptions { max_replications: args.max_replications, seed: *seed, sets: set } }
}

fn said(args: &CheckArgs, reports: &[CheckReport], format: &str) -> String {
    Presented::new(&checks(args, reports)).text(format)
}

/// A heading and a table for each scenario.
fn in_markdown(args: &CheckArgs, reports: &[CheckReport]) -> String {
    reports.iter().map(|report| said(args, std::slice::from_ref(report), MARKDOWN)).collect()
}

/// Tells GitHub, if it is what runs this.
fn announce(args: &CheckArgs, reports: &[CheckReport]) -> Result<(), Failure> {
    if std::env::var_os("GITHUB_ACTIONS") == Some(OsString::from("true")) {
        let annotations = said(args, reports, GITHUB);
        // It reads both streams, and stdout holds nothing but JSON where that was asked for.
        if args.simulation.json {
            say(&annotations);
        } else {
            print(&annotations)?;
        }
    }
    Ok(())
}

/// The files that were asked for, each prepared before anything runs.
struct Files {
    junit: Option<WholeFile>,
    markdown: Option<WholeFile>,
    /// The results folder, which gets `check.json` and `report.html`.
    folder: Option<Outputs>,
    /// To which other steps add, too.
    step_summary: Option<PathBuf>,
}

impl Files {
    fn new(args: &CheckArgs) -> Result<Files, Failure> {
        let prepared = |path: &Option<PathBuf>| path.as_deref().map(|path| WholeFile::new(path, true)).transpose();
        let step_summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        Ok(Files {
            junit: prepared(&args.junit)?,
            markdown: prepared(&args.markdown)?,
            folder: args.simulation.out.as_deref().map(|folder| Outputs::new(folder, &[])).transpose()?,
            step_summary: step_summary.filter(|_| !args.simulation.no_files).map(PathBuf::from),
        })
    }

    fn write(self, reports: &[CheckReport], args: &CheckArgs) -> Result<(), Failure> {
        if let Some(file) = self.junit {
            file.write(&said(args, reports, JUNIT))?;
        }
        if let Some(file) = self.markdown {
            file.write(&in_markdown(args, reports))?;
        }
        if let Some(mut outputs) = self.folder {
            outputs.add_all(Presented::new(&checks(args, reports)).files(&FILES))?;
            outputs.commit("check")?;
        }
        if let Some(path) = self.step_summary {
            append(&path, &in_markdown(args, reports)).map_err(|error| OutputError { path, error })?;
        }
        Ok(())
    }
}

/// Adds a text to a file, whole or not at all.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let before = file.metadata()?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        if before.is_file() {
            // That it could not be written is the error that is told.
            let _ = file.set_len(before.len());
        }
    })
}
