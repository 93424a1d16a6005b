//! `rollcast check`

mod baseline;

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, SimulationArgs};
use super::interrupt::{self, INTERRUPTED};
use super::memory::Memory;
use super::simulation::{stopped, styled, unloadable, workers};
use super::{Failure, exit, print, progress, say};
use crate::baseline::{Baseline, BaselineVerdict};
use crate::expectation::{Check, Checked};
use crate::experiment::{Experiment, Stopped, Workers};
use crate::questions::{self, Questions};
use crate::report::check::{CheckOptions, CheckReport, Checks, FILES, GITHUB, JUNIT, Unchecked};
use crate::report::format::{JSON, MARKDOWN, Presented, TEXT};
use crate::report::{OutputError, Outputs, WholeFile};
use crate::scenario::{Controllers, Diagnostics, LoadError, Scenario, ScenarioFile};
use crate::simulation::Plan;

/// Reads all scenarios, checks one after the other, reports. Those that are wrong do not stop the others.
pub fn run(args: &CheckArgs, controllers: &Controllers) -> Result<(), Failure> {
    let Loaded { scenarios, unchecked, failure } = load_all(args, controllers);
    if let Some(failure) = failure {
        return if scenarios.is_empty() || args.update_baseline {
            announce_and_write(args, Files::new(args)?, &[], &unchecked)?;
            Err(failure)
        } else {
            Err(match check_all(args, scenarios, &unchecked) {
                Err(Failure { message, code }) if !message.is_empty() => {
                    Failure { message: format!("{message}\n{}", failure.message), code: code.max(failure.code) }
                }
                Ok(()) | Err(_) => failure,
            })
        };
    }
    check_all(args, scenarios, &unchecked)
}

fn check_all(args: &CheckArgs, scenarios: Vec<ToCheck>, unchecked: &[Unchecked]) -> Result<(), Failure> {
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
            print(&format!("{apart}{}", said(args, std::slice::from_ref(&report), &[], TEXT)))?;
        }
        reports.push(report);
        if interrupted {
            if args.simulation.json {
                print(&said(args, &reports, unchecked, JSON))?;
            }
            return Err(interrupt::nothing_written());
        }
    }
    announce_and_write(args, files, &reports, unchecked)?;
    if reports.iter().all(CheckReport::passes) {
        Ok(())
    } else {
        // What did not hold has been said.
        Err(Failure { message: String::new(), code: exit::CHECK_FAILED })
    }
}

/// What other programs read.
fn announce_and_write(
    args: &CheckArgs,
    files: Files,
    reports: &[CheckReport],
    unchecked: &[Unchecked],
) -> Result<(), Failure> {
    if args.simulation.json {
        print(&said(args, reports, unchecked, JSON))?;
    }
    announce(args, reports, unchecked)?;
    files.write(reports, unchecked, args)
}

/// A scenario that is to be checked.
struct ToCheck {
    path: PathBuf,
    source: ScenarioFile,
    scenario: Scenario,
    questions: Questions,
}

/// All scenarios: those that can be checked, and what is wrong with the others.
#[derive(Default)]
struct Loaded {
    scenarios: Vec<ToCheck>,
    unchecked: Vec<Unchecked>,
    failure: Option<Failure>,
}

impl Loaded {
    fn refuse_wrong(&mut self, path: &Path, wrong: &Diagnostics) {
        let problems = wrong.lines().map(|(line, problem)| (line, problem.to_owned())).collect();
        let message = wrong.render_with("this scenario was not checked", styled());
        self.refuse(path, problems, Failure { message, code: exit::BAD_INPUT });
    }

    fn refuse(&mut self, path: &Path, problems: Vec<(Option<usize>, String)>, refused: Failure) {
        self.unchecked.push(Unchecked { file: path.display().to_string(), problems });
        match &mut self.failure {
            Some(failure) => {
                failure.message += &format!("\n{}", refused.message);
                failure.code = failure.code.max(refused.code);
            }
            None => self.failure = Some(refused),
        }
    }
}

fn load_all(args: &CheckArgs, controllers: &Controllers) -> Loaded {
    let mut loaded = Loaded::default();
    for path in &args.scenarios {
        let source = match ScenarioFile::read(path) {
            Ok(source) => source.choosing_from(controllers),
            Err(LoadError::Invalid(wrong)) => {
                loaded.refuse_wrong(path, &wrong);
                continue;
            }
            Err(LoadError::Unreadable(error)) => {
                let why = format!("it cannot be read: {error}");
                loaded.refuse(path, vec![(None, why)], unloadable(path, LoadError::Unreadable(error)));
                continue;
            }
        };
        match questions::read(&source, args.simulation.set.iter().map(|set| ("--set", set.as_str()))) {
            Ok((_, questions)) if questions.expectations.is_empty() && args.baseline.is_none() => {
                let why = String::from("it expects nothing: there is nothing to check");
                loaded.refuse(path, vec![(None, why)], nothing_expected(path));
            }
            Ok((scenario, mut questions)) => {
                questions.max_check_replications = args.max_replications.unwrap_or(questions.max_check_replications);
                loaded.scenarios.push(ToCheck { path: path.clone(), source, scenario, questions });
            }
            Err(wrong) => loaded.refuse_wrong(path, &wrong),
        }
    }
    loaded
}

/// A check of nothing would pass whatever happens.
fn nothing_expected(path: &Path) -> Failure {
    let message = format!(
        "error: {} expects nothing: there is nothing to check\n\
         help: say what its results have to be, as in\n\n    \
         [[expect]]\n    metric = \"campaign.outcomes.halted.probability\"\n    at_most = 0.01\n\n    \
         [[expect]]\n    metric = \"campaign.completion_s.p95\"\n    at_most = \"2h\"\n\n\
         help: or compare it with an earlier run by --baseline DIR\n",
        path.display()
    );
    Failure { message, code: exit::BAD_INPUT }
}

/// Checks one scenario.
fn check(
    args: &CheckArgs,
    ToCheck { path, source, scenario, questions }: ToCheck,
    baseline: Option<Result<Baseline, PathBuf>>,
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
    match baseline.filter(|_| !interrupted) {
        Some(Ok(baseline)) => match baseline::compare(args, &baseline, &scenario, experiment, workers) {
            Ok(compared) => comparison = Some(compared),
            Err(Stopped::Cancelled) => interrupted = true,
            Err(why) => return Err(stopped(why, &path, options)),
        },
        Some(Err(missing)) => comparison = Some(BaselineVerdict::Missing(missing)),
        None => {}
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

fn checks<'r>(args: &'r CheckArgs, reports: &'r [CheckReport], unchecked: &'r [Unchecked]) -> Checks<'r> {
    let SimulationArgs { seed, set, .. } = &args.simulation;
    Checks {
        reports,
        unchecked,
        options: CheckOptions { max_replications: args.max_replications, seed: *seed, sets: set },
    }
}

fn said(args: &CheckArgs, reports: &[CheckReport], unchecked: &[Unchecked], format: &str) -> String {
    Presented::new(&checks(args, reports, unchecked)).text(format)
}

/// A heading and a table for each scenario, those first that do not pass.
fn in_markdown(args: &CheckArgs, reports: &[CheckReport], unchecked: &[Unchecked]) -> String {
    let one = |report| said(args, std::slice::from_ref(report), &[], MARKDOWN);
    let unchecked = unchecked.iter().map(|wrong| said(args, &[], std::slice::from_ref(wrong), MARKDOWN));
    let (good, bad): (Vec<_>, Vec<_>) = reports.iter().partition(|report| report.passes());
    unchecked.chain(bad.into_iter().map(one)).chain(good.into_iter().map(one)).collect()
}

/// Tells GitHub, if it is what runs this.
fn announce(args: &CheckArgs, reports: &[CheckReport], unchecked: &[Unchecked]) -> Result<(), Failure> {
    if std::env::var_os("GITHUB_ACTIONS") == Some(OsString::from("true")) {
        let annotations = said(args, reports, unchecked, GITHUB);
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
    /// The results folder, which gets `check.json` and `check.html`.
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

    fn write(self, reports: &[CheckReport], unchecked: &[Unchecked], args: &CheckArgs) -> Result<(), Failure> {
        if let Some(file) = self.junit {
            file.write(&said(args, reports, unchecked, JUNIT))?;
        }
        if let Some(file) = self.markdown {
            file.write(&in_markdown(args, reports, unchecked))?;
        }
        if let Some(mut outputs) = self.folder {
            outputs.add_all(Presented::new(&checks(args, reports, unchecked)).files(&FILES))?;
            outputs.commit("check")?;
        }
        if let Some(path) = self.step_summary {
            let text = in_markdown(args, reports, unchecked);
            append(&path, &text).map_err(|error| OutputError { path, error })?;
        }
        Ok(())
    }
}

/// A step summary that is longer GitHub drops as a whole.
const MOST_OF_A_SUMMARY: usize = 1 << 20;

/// Adds a text to a step's summary, whole or not at all; only as many of its lines as fit.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let before = file.metadata()?;
    let room = MOST_OF_A_SUMMARY.saturating_sub(usize::try_from(before.len()).unwrap_or(MOST_OF_A_SUMMARY));
    file.write_all(fitting(text, room).as_bytes()).inspect_err(|_| {
        if before.is_file() {
            // That it could not be written is the error that is told.
            let _ = file.set_len(before.len());
        }
    })
}

/// The first lines of a text that need less than so many bytes, with a word on how many are left out.
fn fitting(text: &str, room: usize) -> Cow<'_, str> {
    const FOR_THE_WORD: usize = 200;
    if text.len() < room {
        return Cow::Borrowed(text);
    }
    let mut end = room.saturating_sub(FOR_THE_WORD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text[..end].rfind('\n').map_or("", |newline| &text[..=newline]);
    let lines = text[kept.len()..].lines().count();
    Cow::Owned(format!("{kept}\n{lines} more lines are left out: GitHub takes no more. check.json has all of it.\n"))
}
