//! `rollcast compare`

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::args::{CompareArgs, SimulationArgs};
use super::interrupt::{self, INTERRUPTED};
use super::memory::Memory;
use super::parts::Parts;
use super::simulation::{mixed_up, outputs, place, read, say_answer, stopped, workers};
use super::{Failure, exit, progress};
use crate::comparison::{self, Broken, Identity, Row, Side, ToRows, UnusableFolder, read_folder};
use crate::experiment::{Experiment, Stopped, Workers};
use crate::metric::RESULTS_VERSION;
use crate::metric::words::counted;
use crate::report::clear_up;
use crate::report::compare::{Compared, ComparedSide, Comparing, FILES, write_csv};
use crate::report::format::Presented;
use crate::report::words::steers;
use crate::scenario::{Controllers, Scenario, ScenarioFile};
use crate::simulation::Plan;

/// Reads both sides, simulates those that are scenarios, compares, reports.
pub fn run(args: &CompareArgs, controllers: &Controllers) -> Result<(), Failure> {
    let options = &args.simulation;
    let subjects = load_both(args, controllers)?;
    refuse_idle_options(options, &subjects)?;
    let luck = SharedRun::new(options, &subjects);
    let names = names(&subjects);
    let workers = workers(options)?;
    memory(&subjects, &luck).check(options, &workers)?;
    let outputs = match options.no_files {
        true => None,
        false => Some(outputs(options, &format!("{}-vs-{}", names[0], names[1]), &["plots"])?),
    };
    let sides = simulate(options, &subjects, &luck, &workers)?;
    let wanted = subjects.iter().zip(&sides).map(|(subject, side)| match subject.content {
        Content::Run(_) => side.rows.len() as u64,
        Content::Scenario(..) => luck.replications.into(),
    });
    let wanted = wanted.max().unwrap_or(0);
    let [a, b] = &sides;
    if interrupt::interrupted() && (a.rows.is_empty() || b.rows.is_empty()) {
        return Err(interrupt::nothing_written());
    }
    let comparison = comparison::compare(a, b);
    let compared = Compared { comparison: &comparison, sides: [a, b], names: names.each_ref().map(String::as_str) };
    let simulated = subjects.iter().any(|subject| matches!(subject.content, Content::Scenario(..)));
    let comparing = Comparing {
        compared,
        sides: subjects.each_ref().map(Subject::shown),
        luck: simulated.then_some((luck.seed, luck.replications)),
        sets: &options.set,
    };
    let said = Presented::new(&comparing);
    if interrupt::interrupted() {
        say_answer(options, &said, "")?;
        let [a, b] = comparison.replications;
        let (done, wanted) = (a.min(b), counted(wanted, "replication"));
        let message = format!("interrupted after {done} of {wanted}: nothing was written\n");
        return Err(Failure { message, code: exit::INTERRUPTED });
    }
    let mut files = String::new();
    if let Some(mut outputs) = outputs {
        files = outputs.said();
        let rows = outputs.temporary()?;
        write_csv(rows.as_file(), &compared).map_err(|error| outputs.failed(COMPARE_CSV, error))?;
        outputs.take(rows, COMPARE_CSV);
        outputs.add_all(said.files(&FILES))?;
        place(options, outputs, "compare")?;
    }
    say_answer(options, &said, &files)
}

/// What both sides take, whose rows are kept until they are compared.
fn memory(subjects: &[Subject; 2], luck: &SharedRun) -> Memory {
    let rows = u64::from(luck.replications) * size_of::<Row>() as u64;
    subjects.iter().fold(Memory::default(), |memory, subject| match &subject.content {
        Content::Scenario(_, scenario) => memory.or(Memory::of(scenario)).and(rows),
        Content::Run(_) => memory,
    })
}

/// The replications, as rows.
const COMPARE_CSV: &str = "compare.csv";

/// A side as it was named.
struct Subject {
    path: PathBuf,
    content: Content,
}

enum Content {
    Scenario(ScenarioFile, Box<Scenario>),
    Run(Side),
}

impl Subject {
    fn load(path: &Path, sets: &[String], controllers: &Controllers) -> Result<Subject, Failure> {
        let content = if path.is_dir() {
            clear_up(path);
            Content::Run(read_folder(path).map_err(unusable)?)
        } else {
            let (file, scenario, _) = read(path, sets, controllers)?;
            Content::Scenario(file, Box::new(scenario))
        };
        Ok(Subject { path: path.to_path_buf(), content })
    }

    /// The scenario's name.
    fn name(&self) -> &str {
        match &self.content {
            Content::Scenario(_, scenario) => &scenario.name,
            Content::Run(side) => &side.identity.name,
        }
    }

    /// What tells it from another side of that name.
    fn stem(&self) -> Option<&str> {
        let stem = match self.content {
            Content::Scenario(..) => self.path.file_stem(),
            Content::Run(_) => self.path.file_name(),
        };
        // It is shown on a terminal.
        stem.and_then(OsStr::to_str).filter(|stem| !stem.chars().any(steers))
    }

    fn shown(&self) -> ComparedSide<'_> {
        match &self.content {
            Content::Scenario(file, scenario) => ComparedSide::Scenario(file, scenario),
            Content::Run(_) => ComparedSide::Run(self.path.file_name().and_then(OsStr::to_str).unwrap_or(".")),
        }
    }
}

/// Both sides, or all that is wrong with either.
fn load_both(args: &CompareArgs, controllers: &Controllers) -> Result<[Subject; 2], Failure> {
    let load = |path: &Path| Subject::load(path, &args.simulation.set, controllers);
    match (load(&args.a), load(&args.b)) {
        (Ok(a), Ok(b)) => Ok([a, b]),
        (Err(a), Err(b)) if a.message != b.message => {
            Err(Failure { message: format!("{}\n{}", a.message, b.message), code: a.code.max(b.code) })
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

/// Options that say how to simulate say nothing where nothing is simulated.
fn refuse_idle_options(options: &SimulationArgs, subjects: &[Subject; 2]) -> Result<(), Failure> {
    if subjects.iter().any(|subject| matches!(subject.content, Content::Scenario(..))) {
        return Ok(());
    }
    let given = [
        ("--set", !options.set.is_empty()),
        ("--seed", options.seed.is_some()),
        ("--replications", options.replications.is_some()),
    ];
    let given: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(option, _)| option).collect();
    if given.is_empty() {
        return Ok(());
    }
    let [a, b] = subjects.each_ref().map(|subject| subject.path.display());
    let message = format!(
        "error: {} says how to simulate, but {a} and {b} have been simulated already\n\
         help: leave it out, or give a scenario file instead of a folder\n",
        given.join(", "),
    );
    Err(Failure { message, code: exit::BAD_INPUT })
}

/// What both sides meet, as far as they are simulated now.
struct SharedRun {
    seed: u64,
    replications: u32,
}

impl SharedRun {
    /// That of the folder of a run, so that the other side is paired with it, else that of scenario A.
    fn new(options: &SimulationArgs, subjects: &[Subject; 2]) -> SharedRun {
        let of_run = subjects.iter().find_map(|subject| match &subject.content {
            Content::Run(side) => Some((side.identity.seed, side.rows.len() as u32)),
            Content::Scenario(..) => None,
        });
        let of_scenario = subjects.iter().find_map(|subject| match &subject.content {
            Content::Scenario(_, scenario) => Some((scenario.seed, scenario.replications)),
            Content::Run(_) => None,
        });
        let (seed, replications) = of_run.or(of_scenario).unwrap_or((0, 1));
        SharedRun { seed: options.seed.unwrap_or(seed), replications: options.replications.unwrap_or(replications) }
    }
}

/// The scenarios' names, or those of the files where these are the same.
fn names(subjects: &[Subject; 2]) -> [String; 2] {
    let [a, b] = subjects;
    match (a.stem(), b.stem()) {
        (Some(a), Some(b)) if subjects[0].name() == subjects[1].name() => [a.to_owned(), b.to_owned()],
        _ => [a.name().to_owned(), b.name().to_owned()],
    }
}

/// Simulates the sides that are scenarios, part by part in turn, so that Ctrl-C leaves pairs: sides then have fewer
/// replications.
fn simulate(
    options: &SimulationArgs,
    subjects: &[Subject; 2],
    luck: &SharedRun,
    workers: &Workers,
) -> Result<[Side; 2], Failure> {
    let plans = subjects.each_ref().map(|subject| match &subject.content {
        Content::Scenario(_, scenario) => Some(Plan::new(scenario)),
        Content::Run(_) => None,
    });
    let simulated = plans.iter().flatten().count() as u64;
    let bar = progress::bar(simulated * u64::from(luck.replications), options.quiet);
    let most_robots = plans.iter().flatten().map(|plan| plan.most_robots).max().unwrap_or(1);
    let mut rows: [Vec<Row>; 2] = [Vec::new(), Vec::new()];
    let mut cancelled = false;
    'parts: for part in Parts::new(if simulated > 0 { luck.replications } else { 0 }, most_robots, workers) {
        for ((plan, rows), subject) in plans.iter().zip(&mut rows).zip(subjects) {
            let Some(plan) = plan else { continue };
            let experiment =
                Experiment { plan, seed: luck.seed, replications: luck.replications, threads: None, curves: false };
            let advanced = |replications: u32| bar.inc(replications.into());
            match experiment.each(workers, part.clone(), &ToRows, &INTERRUPTED, &advanced) {
                Ok(more) => rows.extend(more),
                Err(Stopped::Cancelled) => {
                    cancelled = true;
                    break 'parts;
                }
                Err(why) => {
                    bar.finish_and_clear();
                    return Err(stopped(why.after(part.start), &subject.path, options));
                }
            }
        }
    }
    bar.finish_and_clear();
    if cancelled && simulated == 2 {
        let both = rows[0].len().min(rows[1].len());
        rows.iter_mut().for_each(|rows| rows.truncate(both));
    }
    let mut rows = rows.into_iter();
    Ok(subjects.each_ref().map(|subject| {
        let rows = rows.next().unwrap_or_default();
        match &subject.content {
            Content::Run(side) => side.clone(),
            Content::Scenario(_, scenario) => Side {
                identity: Identity {
                    name: scenario.name.clone(),
                    digest: scenario.digest(),
                    results_version: RESULTS_VERSION.into(),
                    seed: luck.seed,
                    halts: scenario.deployment.rules.halt_words(),
                    certain: Plan::new(scenario).is_certain(),
                },
                rows,
            },
        }
    }))
}

fn unusable(unusable: UnusableFolder) -> Failure {
    let message = match unusable {
        UnusableFolder::Mixed(folder, mixed) => return mixed_up(&folder, &mixed),
        UnusableFolder::Missing(path) => {
            let folder = path.parent().unwrap_or(Path::new(".")).display();
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            format!(
                "error: {folder} has no {name}\n\
                 help: expected a scenario file, or a folder that `rollcast run` wrote: rollcast run SCENARIO --out {folder}\n"
            )
        }
        UnusableFolder::Unreadable(path, error) => {
            let message = format!("error: cannot read {}: {error}\n", path.display());
            return Failure { message, code: exit::IO };
        }
        UnusableFolder::Broken(path, places) => places
            .iter()
            .map(|Broken { line, what, expected }| {
                let place = line.map_or_else(String::new, |line| format!(":{line}"));
                format!("error: {}{place}: {what}\nhelp: {expected}\n", path.display())
            })
            .collect(),
    };
    Failure { message, code: exit::BAD_INPUT }
}
