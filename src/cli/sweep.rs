//! `rollcast sweep`

use std::fs::File;
use std::io::{self, Seek, Write};

use super::args::{SimulationArgs, SweepArgs};
use super::interrupt::{self, INTERRUPTED};
use super::memory::Memory;
use super::simulation::{outputs, place, report_unknown, stopped, unloadable, workers};
use super::{Failure, exit, large, print, printed, progress};
use crate::experiment::{Stopped, Workers};
use crate::metric::Metric;
use crate::metric::words::counted;
use crate::report::format::{Presented, TEXT};
use crate::report::sweep::{CsvPoints, Estimated, FILES, JsonPoints, Shown, ShownMetric, Swept};
use crate::scenario::{Controllers, Diagnostics, Problem, ScenarioFile};
use crate::sweep::{CheckedSweep, Overrides, Refused, Simulation, Sweep, Variation, one_pass, variations};

/// The points, as rows.
const SWEEP_CSV: &str = "sweep.csv";
/// The points, each with its summary.
const SWEEP_JSON: &str = "sweep.json";

/// What is shown unless `--metric` says otherwise.
const METRICS: [&str; 3] =
    ["campaign.completion_s.p95", "campaign.outcomes.halted.probability", "first_job.robots_hurt.p95"];

/// Checks all points, simulates them, reports.
pub fn run(args: &SweepArgs, controllers: &Controllers) -> Result<(), Failure> {
    let options = &args.simulation;
    let variations = variations(&args.vary)?;
    refuse_overridden(args, &variations)?;
    let file = ScenarioFile::read(&args.scenario).map_err(|error| unloadable(&args.scenario, error))?;
    let file = file.choosing_from(controllers);
    let sweep = Sweep { file, sets: options.set.clone(), variations };
    interrupt::watch();
    let overrides = Overrides { seed: options.seed, replications: options.replications };
    let checked = check(&sweep, overrides, args)?;
    let metrics = metrics(&args.metric, &checked)?;
    let mut shown = Shown::new(&sweep, &checked, metrics);
    let workers = workers(options)?;
    Memory::of_sweep(&sweep, &checked).check(options, &workers)?;
    if options.no_files {
        // A file without a name holds what is printed at the end.
        let spool = options.json.then(tempfile::tempfile).transpose().map_err(unprintable)?;
        let json = spool.map(JsonPoints::new).transpose().map_err(unprintable)?;
        let json =
            simulate(args, &workers, &mut shown, overrides, Sinks { csv: None, json }, |_, error| unprintable(error))?;
        return json.map_or_else(|| print_table(args, &shown, ""), print_file);
    }
    let mut outputs = outputs(options, &checked.first.name, &["plots"])?;
    let failed = |name: &str, error| Failure::from(outputs.failed(name, error));
    let [csv, json] = [outputs.temporary()?, outputs.temporary()?];
    let rows = csv.reopen().and_then(|file| CsvPoints::new(file, &sweep, &checked));
    let summaries = json.reopen().and_then(JsonPoints::new);
    let sinks = Sinks {
        csv: Some(rows.map_err(|error| failed(SWEEP_CSV, error))?),
        json: Some(summaries.map_err(|error| failed(SWEEP_JSON, error))?),
    };
    let content = simulate(args, &workers, &mut shown, overrides, sinks, failed)?;
    outputs.add_all(Presented::new(&Swept { shown: &shown, vary: &args.vary }).files(&FILES))?;
    let files = outputs.said();
    outputs.take(csv, SWEEP_CSV);
    outputs.take(json, SWEEP_JSON);
    place(options, outputs, "sweep")?;
    match content.filter(|_| options.json) {
        Some(content) => print_file(content),
        None => print_table(args, &shown, &files),
    }
}

/// An option that goes before a scenario's value would make all points equal if that value varies.
fn refuse_overridden(args: &SweepArgs, variations: &[Variation]) -> Result<(), Failure> {
    let SimulationArgs { seed, replications, .. } = &args.simulation;
    let mut problems = Diagnostics::default();
    for (path, option, given) in
        [("run.seed", "--seed", seed.is_some()), ("run.replications", "--replications", replications.is_some())]
    {
        if given && let Some(index) = variations.iter().position(|variation| variation.path == path) {
            let problem = Problem::new(format!("`{path}` varies, and {option} goes before it"));
            let problem = problem.help("give one of them");
            problems.report_option("--vary", &args.vary[index], 0..path.len(), "", problem);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

/// Checks all points, and asks whether a large sweep shall start.
fn check(sweep: &Sweep, overrides: Overrides, args: &SweepArgs) -> Result<CheckedSweep, Failure> {
    // To check many points takes a while, too.
    let many = large::confirm_points(sweep, "a sweep", "points", args.yes)?;
    let checked = sweep.check(overrides, &INTERRUPTED).map_err(|refused| match refused {
        Refused::Invalid(problems) => problems.into(),
        Refused::Stopped(why) => stopped(why, &args.scenario, &args.simulation),
    })?;
    if checked.robots > large::MANY_ROBOTS && !many {
        let what = format!(
            "a sweep of {}, {} and {:.1e} robots in all",
            counted(sweep.len(), "point"),
            counted(checked.replications, "replication"),
            checked.robots as f64
        );
        large::confirm(&what, args.yes)?;
    }
    Ok(checked)
}

/// The metrics that are shown. One that any point has will do.
fn metrics(paths: &[String], checked: &CheckedSweep) -> Result<Vec<ShownMetric>, Failure> {
    let mut problems = Diagnostics::default();
    let mut metrics: Vec<ShownMetric> = Vec::new();
    let paths = if paths.is_empty() { METRICS.map(str::to_owned).to_vec() } else { paths.to_vec() };
    for path in paths {
        let column = checked.columns.iter().find(|column| column.path == path);
        let unit = match column {
            Some(column) => column.unit,
            None => match Metric::parse(&path, &checked.first) {
                Ok(metric) => metric.unit(),
                Err(unknown) => {
                    report_unknown(unknown, "--metric", &mut problems);
                    continue;
                }
            },
        };
        let metric = ShownMetric { path, unit };
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    if problems.is_empty() { Ok(metrics) } else { Err(problems.into()) }
}

/// Where points are written as they come.
struct Sinks {
    csv: Option<CsvPoints<File>>,
    json: Option<JsonPoints<File>>,
}

/// Simulates all points and writes each as it comes; gives back what was written of `sweep.json`. Interrupted, it
/// prints those that are complete.
fn simulate(
    args: &SweepArgs,
    workers: &Workers,
    shown: &mut Shown<'_>,
    overrides: Overrides,
    sinks: Sinks,
    failed: impl Fn(&str, io::Error) -> Failure,
) -> Result<Option<File>, Failure> {
    let Sinks { mut csv, mut json } = sinks;
    let options = &args.simulation;
    let (sweep, checked) = (shown.sweep, shown.checked);
    let bar = progress::bar(checked.replications, options.quiet);
    let simulation = Simulation {
        workers,
        overrides,
        cancelled: &INTERRUPTED,
        advanced: &|replications| bar.inc(replications.into()),
    };
    let done = one_pass(sweep, &simulation, |simulated| {
        let point = Estimated::new(simulated);
        if let Some(csv) = &mut csv {
            csv.write(sweep, &point).map_err(|error| EndedEarly::Failed(failed(SWEEP_CSV, error)))?;
        }
        if let Some(json) = &mut json {
            json.write(sweep, &point).map_err(|error| EndedEarly::Failed(failed(SWEEP_JSON, error)))?;
        }
        shown.add(&point);
        bar.set_message(format!("{} of {} points", point.point() + 1, sweep.len()));
        Ok::<(), EndedEarly>(())
    });
    bar.finish_and_clear();
    let interrupted = match done {
        Ok(()) => false,
        Err(EndedEarly::Stopped(Stopped::Cancelled)) => true,
        Err(EndedEarly::Stopped(why)) => return Err(stopped(why, &args.scenario, options)),
        Err(EndedEarly::Failed(failure)) => return Err(failure),
    };
    csv.map(CsvPoints::finish).transpose().map_err(|error| failed(SWEEP_CSV, error))?;
    let json = json.map(JsonPoints::finish).transpose().map_err(|error| failed(SWEEP_JSON, error))?;
    if !interrupted {
        return Ok(json);
    }
    let (done, points) = (shown.points.len(), counted(sweep.len(), "point"));
    match json.filter(|_| options.json) {
        Some(json) => print_file(json)?,
        None if done > 0 => print_table(args, shown, "")?,
        None => (),
    }
    let message = format!("interrupted after {done} of {points}: nothing was written\n");
    Err(Failure { message, code: exit::INTERRUPTED })
}

fn print_table(args: &SweepArgs, shown: &Shown<'_>, files: &str) -> Result<(), Failure> {
    if args.simulation.quiet {
        return Ok(());
    }
    let mut text = Presented::new(&Swept { shown, vary: &args.vary }).text(TEXT);
    if !files.is_empty() {
        text += files;
        if let Some(first) = shown.left_out() {
            let [down, across] = [0, 1].map(|index| shown.sweep.variations[index].path.as_str());
            text += &format!("Pictures show {down} by {across}, at {first}.\n");
        }
    }
    print(&text)
}

/// Prints a file from its beginning.
fn print_file(mut file: File) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    printed(file.rewind().and_then(|()| io::copy(&mut file, &mut stdout)).and_then(|_| stdout.flush()))
}

/// What ends a sweep early.
enum EndedEarly {
    Stopped(Stopped),
    Failed(Failure),
}

impl From<Stopped> for EndedEarly {
    fn from(stopped: Stopped) -> EndedEarly {
        EndedEarly::Stopped(stopped)
    }
}

/// A scenario that is no longer what was checked.
impl From<Diagnostics> for EndedEarly {
    fn from(problems: Diagnostics) -> EndedEarly {
        EndedEarly::Failed(problems.into())
    }
}

/// What is printed could not be kept or printed.
fn unprintable(error: io::Error) -> Failure {
    Failure { message: format!("error: cannot write to stdout: {error}\n"), code: exit::IO }
}
