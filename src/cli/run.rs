//! `rollcast run`

use std::time::Instant;

use super::args::RunArgs;
use super::interrupt::{self, INTERRUPTED};
use super::memory::Memory;
use super::parts::Parts;
use super::simulation::{outputs, place, read, report_unknown, stopped, workers};
use super::{Failure, exit, print, progress, say};
use crate::experiment::{Experiment, Failures, Rows, Stopped, Tally, Workers};
use crate::metric::Metric;
use crate::metric::words::counted;
use crate::precision::{Ended, Precision, Stages, Target, Why};
use crate::report::format::{JSON, Presented, TEXT};
use crate::report::{self, CsvRows, precision};
use crate::scenario::{Controllers, Diagnostics, Problem, Scenario, ScenarioFile};
use crate::simulation::Plan;

/// Loads, simulates, reports.
pub fn run(args: &RunArgs, controllers: &Controllers) -> Result<(), Failure> {
    let options = &args.simulation;
    let (file, scenario, _) = read(&args.scenario, &options.set, controllers)?;
    let goal = goal(args, &scenario)?;
    let plan = Plan::new(&scenario);
    let seed = options.seed.unwrap_or(scenario.seed);
    let experiment = Experiment {
        plan: &plan,
        seed,
        replications: options.replications.unwrap_or(scenario.replications),
        threads: None,
        curves: !options.no_files,
    };
    let workers = workers(options)?;
    Memory::of(&scenario).check(options, &workers)?;
    let run = Run { args, scenario: &scenario, file: &file, experiment, goal, workers };
    let (done, files) = if options.no_files {
        (run.simulate(&mut ())?, String::new())
    } else {
        let mut outputs = outputs(options, &scenario.name, &["histograms", "plots"])?;
        let files = outputs.said();
        let rows = CsvRows::new(outputs.temporary()?, outputs.temporary()?, &scenario, args.max_job_rows);
        let mut rows = rows.map_err(|error| outputs.failed("", error))?;
        let done = run.simulate(&mut rows)?;
        let (replications, jobs, dropped) = rows.finish().map_err(|error| outputs.failed(REPLICATIONS, error))?;
        outputs.take(replications, REPLICATIONS);
        outputs.take(jobs, "jobs.csv");
        outputs.add_all(Presented::new(&run.answer(&done.tally)).files(&report::run::FILES))?;
        place(options, outputs, "run")?;
        if dropped > 0 && !options.quiet {
            say(&format!("note: jobs.csv lacks {dropped} jobs: --max-job-rows is {}\n", args.max_job_rows));
        }
        (done, files)
    };
    if options.json {
        if let (Some(missed), false) = (&done.missed, options.quiet) {
            say(&format!("note: {missed}\n"));
        }
        print(&run.said(&done.tally))
    } else if options.quiet {
        Ok(())
    } else {
        print(&(run.said(&done.tally) + &done.precision + &files))
    }
}

/// What `--precision` asks for.
struct PrecisionGoal {
    precision: Precision,
    /// In the order of preference.
    metrics: Vec<Metric>,
}

/// The metrics that `--precision` is about unless `--metric` says otherwise: the second one where no campaign ends in sync.
const METRICS: [&str; 2] = ["campaign.time_to_success_s.p95", "first_job.makespan_s.p95"];

/// Reads `--precision` and `--metric`.
fn goal(args: &RunArgs, scenario: &Scenario) -> Result<Option<PrecisionGoal>, Failure> {
    let Some(precision) = &args.precision else { return Ok(None) };
    let mut diagnostics = Diagnostics::default();
    let paths = args.metric.as_ref().map_or(METRICS.to_vec(), |path| vec![path]);
    let mut metrics = Vec::new();
    for path in paths {
        match Metric::parse(path, scenario) {
            Ok(metric) if metric.has_interval() => metrics.push(metric),
            Ok(metric) => {
                let (parent, leaf) = path.rsplit_once('.').unwrap_or(("", path));
                let others = Metric::all(scenario);
                let with_interval = others.iter().filter(|other| other.has_interval()).map(Metric::path);
                let beside: Vec<String> = with_interval
                    .filter(|other| other.rsplit_once('.').is_some_and(|(other, _)| other == parent))
                    .map(|other| format!("`{other}`"))
                    .collect();
                let problem = Problem::new(format!("`{metric}` has no interval that could be narrow"));
                let help = match &beside[..] {
                    [] => String::from("expected a mean, a quantile or a probability"),
                    beside => format!("expected a metric with an interval: {}", beside.join(", ")),
                };
                let part = path.len() - leaf.len()..path.len();
                diagnostics.report_option("--metric", path, part, "", problem.help(help));
            }
            Err(unknown) => report_unknown(unknown, "--metric", &mut diagnostics),
        }
    }
    // All metrics offered are measured alike.
    let target = metrics.first().map(|metric| Target::parse(precision, metric));
    match target {
        Some(Ok(target)) => {
            Ok(Some(PrecisionGoal { precision: Precision { target, most: args.max_replications }, metrics }))
        }
        Some(Err(unfit)) => {
            let problem = Problem::new(unfit.title).help(unfit.help);
            diagnostics.report_option("--precision", precision, 0..precision.len(), "", problem);
            Err(diagnostics.into())
        }
        None => Err(diagnostics.into()),
    }
}

struct Run<'a> {
    args: &'a RunArgs,
    scenario: &'a Scenario,
    file: &'a ScenarioFile,
    experiment: Experiment<'a>,
    goal: Option<PrecisionGoal>,
    workers: Workers,
}

/// What a simulation came to.
struct Done {
    tally: Tally,
    /// What the table says of the precision; empty if none was asked for.
    precision: String,
    /// What there is to note if it was not reached.
    missed: Option<String>,
}

/// A row a replication.
const REPLICATIONS: &str = "replications.csv";

impl Run<'_> {
    fn stopped(&self, why: Stopped) -> Failure {
        stopped(why, &self.args.scenario, &self.args.simulation)
    }

    fn answer<'r>(&'r self, tally: &'r Tally) -> report::run::RunAnswer<'r> {
        let sets = &self.args.simulation.set;
        report::run::RunAnswer { scenario: self.scenario, file: self.file, sets, seed: self.experiment.seed, tally }
    }

    /// What is printed of it.
    fn said(&self, tally: &Tally) -> String {
        Presented::new(&self.answer(tally)).text(if self.args.simulation.json { JSON } else { TEXT })
    }

    fn simulate<R: Rows>(&self, rows: &mut R) -> Result<Done, Failure> {
        match &self.goal {
            Some(goal) => self.until_precise(goal, rows),
            None => self.all(rows),
        }
    }

    /// As many replications as were asked for. Interrupted, it prints what the parts that are complete come to.
    fn all<R: Rows>(&self, rows: &mut R) -> Result<Done, Failure> {
        let (workers, replications) = (&self.workers, self.experiment.replications);
        let bar = progress::bar_with_robots(replications.into(), self.args.simulation.quiet, workers.started());
        let advanced = |replications: u32| bar.inc(replications.into());
        let mut tally: Option<Tally> = None;
        let mut failures: Option<Failures> = None;
        let mut halted = None;
        for part in Parts::new(replications, self.experiment.plan.most_robots, workers) {
            let (first, length) = (part.start, part.len() as u32);
            match self.experiment.run_part(workers, part, rows, &INTERRUPTED, &advanced) {
                Ok(_) if let Some(failures) = &mut failures => failures.finished += length,
                Ok(part) => match &mut tally {
                    Some(tally) => tally.merge(&part),
                    None => tally = Some(part),
                },
                Err(Stopped::Failed(more)) => match &mut failures {
                    Some(failures) => failures.merge(more),
                    None => failures = Some(Failures { finished: more.finished + first, ..more }),
                },
                Err(why) => {
                    halted = Some(why);
                    break;
                }
            }
        }
        bar.finish_and_clear();
        if let Some(failures) = failures {
            return Err(self.stopped(Stopped::Failed(failures)));
        }
        match (halted, tally) {
            (None, Some(tally)) => Ok(Done { tally, precision: String::new(), missed: None }),
            (Some(Stopped::Cancelled), Some(tally)) => {
                let options = &self.args.simulation;
                if options.json || !options.quiet {
                    print(&self.said(&tally))?;
                }
                let message = format!(
                    "interrupted after {} of {}: nothing was written\n",
                    tally.replications,
                    counted(replications.into(), "replication")
                );
                Err(Failure { message, code: exit::INTERRUPTED })
            }
            (halted, _) => Err(self.stopped(halted.unwrap_or(Stopped::Cancelled))),
        }
    }

    fn until_precise<R: Rows>(&self, goal: &PrecisionGoal, rows: &mut R) -> Result<Done, Failure> {
        let options = &self.args.simulation;
        let target = goal.precision.target;
        let began = Instant::now();
        let bar = progress::bar(self.experiment.replications.into(), options.quiet);
        let ended = Stages {
            experiment: self.experiment,
            precision: goal.precision,
            metrics: &goal.metrics,
            cancelled: &INTERRUPTED,
            out_of_time: &|| self.args.max_time.is_some_and(|most| began.elapsed() >= most),
            planned: &|end, estimate| {
                bar.set_length(end.into());
                if let Some(estimate) = estimate {
                    bar.set_message(precision::margin(&goal.metrics[0], estimate, target));
                }
            },
            advanced: &|replications| bar.inc(replications.into()),
        }
        .run(&self.workers, rows);
        bar.finish_and_clear();
        let Ended { tally, metric, estimate, why } = ended.map_err(|why| self.stopped(why))?;
        let metric = &goal.metrics[metric];
        let replications = tally.replications;
        let sentence = |outcome: &str| precision::sentence(metric, &estimate, target, outcome);
        let so_far = |outcome: &str| format!("after {} {outcome}", counted(replications, "replication"));
        let (said, missed) = match why {
            Why::Precise => (sentence(&so_far("that is precise enough")), false),
            Why::Most => (sentence(&so_far("that is less precise than asked for, but no more are allowed")), true),
            Why::TooFine(least) => {
                let least = precision::amount(metric, least);
                let outcome = format!(
                    "after {} the interval is as narrow as the histogram's cells, and no more replications make it \
                     narrower: ask for {least} or more",
                    counted(replications, "replication")
                );
                (sentence(&outcome), true)
            }
            Why::OutOfTime => (sentence(&so_far("that is less precise than asked for, but the time is over")), true),
            Why::NoValue => return Err(no_value(&goal.metrics, replications)),
            Why::Stopped(Stopped::Cancelled) => {
                if !options.quiet {
                    let said = sentence(&so_far("it was interrupted"));
                    let also = if options.json { String::new() } else { format!("\n{said}") };
                    print(&(self.said(&tally) + &also))?;
                }
                return Err(interrupt::nothing_written());
            }
            Why::Stopped(why) => return Err(self.stopped(why)),
        };
        let missed = missed.then(|| said.split_whitespace().collect::<Vec<_>>().join(" "));
        Ok(Done { tally, precision: format!("\n{said}"), missed })
    }
}

/// Nothing can become precise that does not exist.
fn no_value(metrics: &[Metric], replications: u64) -> Failure {
    let names: Vec<String> = metrics.iter().map(|metric| format!("`{metric}`")).collect();
    let message = format!(
        "error: no value of {} in the first {}: nothing can become precise, and nothing was written\n\
         help: choose another metric with --metric, or start with more --replications if it is only rare\n",
        names.join(" and "),
        counted(replications, "replication"),
    );
    Failure { message, code: exit::BAD_INPUT }
}
