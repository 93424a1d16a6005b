//! `rollcast tune`

use super::args::TuneArgs;
use super::interrupt::{self, INTERRUPTED};
use super::memory::Memory;
use super::simulation::{outputs, place, read, say_answer, stopped, workers};
use super::{Failure, exit, large, progress};
use crate::metric::words::counted;
use crate::precision::Target;
use crate::questions::{Constraint, Misplaced, Mistake, Objective, Sense, Tune, is_of_rollout};
use crate::report::format::Presented;
use crate::report::tune::{FILES, TuneReport, Tuned};
use crate::scenario::{Controllers, Diagnostics, Problem, Scenario, Value};
use crate::sweep::{CheckedSweep, Overrides, Refused, Sweep, Variation, variations};
use crate::tune::{Conclusion, RaceStage, Tuning, Unfinished};

/// Checks all settings, finds the best one, reports.
pub fn run(args: &TuneArgs, controllers: &Controllers) -> Result<(), Failure> {
    let options = &args.simulation;
    let (file, own, questions) = read(&args.scenario, &options.set, controllers)?;
    let table = questions.tune;
    let Asked { variations, objective, margin_text, margin, constraints } = asked(args, &own, &table)?;
    let sweep = Sweep { file, sets: options.set.clone(), variations };
    interrupt::watch();
    let checked = check(&sweep, &own, args, &objective, &constraints)?;
    let workers = workers(options)?;
    Memory::of_sweep(&sweep, &checked).check(options, &workers)?;
    let outputs = if options.no_files { None } else { Some(outputs(options, &own.name, &["plots"])?) };
    let seed = options.seed.unwrap_or(own.seed);
    let max_replications = args.max_replications.or(options.replications).unwrap_or(table.max_replications);
    let bar = progress::bar(0, options.quiet);
    let settings = sweep.len();
    let tuning = Tuning {
        sweep: &sweep,
        own: &own,
        objective: &objective,
        margin,
        constraints: &constraints,
        confidence: args.confidence.unwrap_or(table.confidence),
        max_replications,
        seed,
        workers: &workers,
        cancelled: &INTERRUPTED,
        advanced: &|replications| bar.inc(replications.into()),
        stage: &|RaceStage { racing, replications }| {
            bar.inc_length(replications);
            match racing {
                Some(racing) => bar.set_message(format!("{racing} of {} left", counted(settings, "setting"))),
                None => bar.set_message("decided; more of what is shown"),
            }
        },
    };
    let outcome = tuning.run();
    bar.finish_and_clear();
    let outcome = outcome.map_err(|halt| match halt {
        Unfinished::Stopped(why) => stopped(why, &args.scenario, options),
        Unfinished::Changed(problems) => problems.into(),
    })?;
    let written = sweep.variations.iter().map(|variation| sweep.file.written(&variation.path, &sweep.sets)).collect();
    let report = TuneReport { tuning: &tuning, margin: margin_text, own_values: written, outcome };
    let tuned = Tuned { report: &report, file: &sweep.file, asked: &asked_for(args) };
    let tuned = Presented::new(&tuned);
    if report.outcome.interrupted {
        // Before the first figures there is nothing to say.
        if report.outcome.replications_used > 0 {
            say_answer(options, &tuned, "")?;
        }
        return Err(interrupt::nothing_written());
    }
    let mut files = String::new();
    if let Some(mut outputs) = outputs {
        files = outputs.said();
        outputs.add_all(tuned.files(&FILES))?;
        place(options, outputs, "tune")?;
    }
    say_answer(options, &tuned, &files)?;
    match report.outcome.answer {
        // That has been said.
        Conclusion::Infeasible { .. } => Err(Failure { message: String::new(), code: exit::CHECK_FAILED }),
        Conclusion::Best { .. } | Conclusion::Undecided { .. } => Ok(()),
    }
}

/// The options that say what is looked for.
fn asked_for(args: &TuneArgs) -> Vec<(&'static str, String)> {
    let each = |name: &'static str, values: &[String]| -> Vec<(&'static str, String)> {
        values.iter().map(|value| (name, value.clone())).collect()
    };
    let mut asked = each("--vary", &args.vary);
    asked.extend(args.minimize.clone().map(|metric| ("--minimize", metric)));
    asked.extend(args.maximize.clone().map(|metric| ("--maximize", metric)));
    asked.extend(each("--constraint", &args.constraint));
    asked.extend(args.confidence.map(|confidence| ("--confidence", confidence.to_string())));
    asked.extend(args.margin.clone().map(|margin| ("--margin", margin)));
    asked
}

/// What the scenario and the options ask for together.
struct Asked {
    variations: Vec<Variation>,
    objective: Objective,
    margin_text: String,
    margin: Target,
    constraints: Vec<Constraint>,
}

/// Lays the options over the scenario's `[tune]`; all that is wrong with them is reported at once.
fn asked(args: &TuneArgs, own: &Scenario, table: &Tune) -> Result<Asked, Failure> {
    let mut problems = Diagnostics::default();
    let varied = varied(args, table, &mut problems);
    let objective = objective(args, own, table, &mut problems);
    let constraints = constraints(args, own, table, &mut problems);
    let margin_text = args.margin.clone().unwrap_or_else(|| table.margin.clone());
    let margin = objective.as_ref().and_then(|objective| {
        let option = if args.margin.is_some() { "--margin" } else { "tune.margin" };
        let refused =
            |mistake| report(Misplaced { part: 0..margin_text.len(), mistake }, option, &margin_text, &mut problems);
        objective.margin(&margin_text, own).map_err(refused).ok()
    });
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let missing = |what: &str, help: &str| {
        let message = format!("error: {} {what}\nhelp: {help}\n", args.scenario.display());
        Failure { message, code: exit::BAD_INPUT }
    };
    let (Some(objective), Some(margin)) = (objective, margin) else {
        return Err(missing(
            "does not say what is to be small or great",
            "as in --minimize campaign.completion_s.p95, or in the scenario\n\n    \
             [tune]\n    minimize = \"campaign.completion_s.p95\"\n",
        ));
    };
    if varied.is_empty() {
        return Err(missing(
            "does not say what may vary",
            "as in --vary deployment.concurrent_deployment_percentage=5..=50:5, or in the scenario\n\n    \
             [tune]\n    vary = { \"deployment.concurrent_deployment_percentage\" = \"5..=50:5\" }\n",
        ));
    }
    Ok(Asked { variations: varied, objective, margin_text, margin, constraints })
}

/// What may vary: of a path that both name the option's values.
fn varied(args: &TuneArgs, table: &Tune, problems: &mut Diagnostics) -> Vec<Variation> {
    let mut varied = table.vary.clone();
    match variations(&args.vary) {
        Ok(given) => {
            for variation in given {
                if !is_of_rollout(&variation.path) {
                    let problem = Problem::new(format!("`{}` cannot be tuned", variation.path));
                    let problem =
                        problem.help("expected a path of the rollout, as in `deployment.failure_threshold_percentage`");
                    let text = args.vary.iter().find(|text| text.trim_start().starts_with(&variation.path));
                    let text = text.map_or("", String::as_str);
                    let part = 0..text.find('=').unwrap_or(text.len());
                    problems.report_option("--vary", text, part, "no part of the rollout", problem);
                }
                match varied.iter_mut().find(|other| other.path == variation.path) {
                    Some(other) => *other = variation,
                    None => varied.push(variation),
                }
            }
        }
        Err(found) => problems.absorb(found),
    }
    varied
}

/// The objective; the option's goes before the scenario's.
fn objective(args: &TuneArgs, own: &Scenario, table: &Tune, problems: &mut Diagnostics) -> Option<Objective> {
    let given = match (&args.minimize, &args.maximize) {
        (Some(text), _) => (Sense::Minimize, "--minimize", text),
        (None, Some(text)) => (Sense::Maximize, "--maximize", text),
        (None, None) => {
            let Objective { metric, direction } = table.objective.as_ref()?;
            let key = match direction {
                Sense::Minimize => "tune.minimize",
                Sense::Maximize => "tune.maximize",
            };
            (*direction, key, metric)
        }
    };
    let (direction, option, text) = given;
    Objective::parse(text, direction, own).map_err(|wrong| report(wrong, option, text, problems)).ok()
}

/// All constraints: of one metric and side the option's.
fn constraints(args: &TuneArgs, own: &Scenario, table: &Tune, problems: &mut Diagnostics) -> Vec<Constraint> {
    let mut constraints = table.constraints.clone();
    for text in &args.constraint {
        let constraint = match Constraint::parse(text, own) {
            Ok(constraint) => constraint,
            Err(wrong) => {
                report(wrong, "--constraint", text, problems);
                continue;
            }
        };
        match constraints.iter().position(|other| constraint.replaces(other)) {
            Some(index) => constraints[index] = constraint,
            None => constraints.push(constraint),
        }
    }
    // What the scenario asks was read as a question only; this is to answer it.
    for constraint in &constraints {
        if let Err(wrong) = Constraint::parse(&constraint.text, own) {
            report(wrong, "tune.constraints", &constraint.text, problems);
        }
    }
    let contradiction = constraints
        .iter()
        .enumerate()
        .find(|(index, one)| constraints[..*index].iter().any(|other| one.contradicts(other)));
    if let Some((_, constraint)) = contradiction {
        let title = format!("two constraints of `{}` cannot hold together", constraint.metric);
        let bounds: Vec<String> = constraints
            .iter()
            .filter(|other| other.metric == constraint.metric)
            .map(|other| format!("`{}`", other.text))
            .collect();
        let problem = Problem::new(title).help(format!("they are {}", bounds.join(" and ")));
        problems.report_option("--constraint", &constraint.text, 0..constraint.text.len(), "", problem);
    }
    constraints
}

/// Reports what is wrong with an option.
fn report(Misplaced { part, mistake }: Misplaced, option: &str, text: &str, problems: &mut Diagnostics) {
    let Mistake { title, label, help } = mistake;
    let problem = help.into_iter().fold(Problem::new(title), Problem::help);
    problems.report_option(option, text, part, &label, problem);
}

/// Checks all settings: that each is a scenario, and has what is asked for. Asks whether a tune of many shall start.
fn check(
    sweep: &Sweep,
    own: &Scenario,
    args: &TuneArgs,
    objective: &Objective,
    constraints: &[Constraint],
) -> Result<CheckedSweep, Failure> {
    let many = large::confirm_points(sweep, "a tune", "settings", args.yes)?;
    let overrides = Overrides { seed: None, replications: Some(FIRST_LOOK) };
    let checked = sweep.check(overrides, &INTERRUPTED).map_err(|refused| match refused {
        Refused::Invalid(problems) => problems.into(),
        Refused::Stopped(why) => stopped(why, &args.scenario, &args.simulation),
    })?;
    if checked.robots > large::MANY_ROBOTS && !many {
        let settings = counted(sweep.len(), "setting");
        let what = format!("a tune of {settings}, {:.1e} robots before the first look at them", checked.robots as f64);
        large::confirm(&what, args.yes)?;
    }
    let mut unreachable: Vec<Option<Mistake>> = Vec::new();
    for point in 0..sweep.len() {
        if interrupt::interrupted() {
            return Err(interrupt::nothing_written());
        }
        let scenario = sweep.scenario(point)?;
        let here = constraints.iter().map(|constraint| constraint.reachable(&scenario).err());
        unreachable = match point {
            0 => here.collect(),
            _ => unreachable.into_iter().zip(here).map(|(before, here)| before.and(here)).collect(),
        };
        // A setting may lack a part of the world that a metric is about.
        let wrong = constraints.iter().map(|constraint| constraint.fits(&scenario)).find_map(Result::err);
        if let Some(Mistake { title, help, .. }) = objective.fits(&scenario).err().or(wrong) {
            let values: Vec<&str> = sweep.values(point).into_iter().map(Value::shown).collect();
            let paths = sweep.variations.iter().map(|variation| variation.path.as_str());
            let setting: Vec<String> = paths.zip(values).map(|(path, value)| format!("{path} = {value}")).collect();
            let help: String = help.iter().map(|help| format!("help: {help}\n")).collect();
            let message = format!("error: of {} with {}: {title}\n{help}", own.name, setting.join(", "));
            return Err(Failure { message, code: exit::BAD_INPUT });
        }
    }
    let mut problems = Diagnostics::default();
    for (constraint, mistake) in constraints.iter().zip(unreachable) {
        if let Some(mistake) = mistake {
            let mistake = Mistake { title: format!("{}, whatever the setting", mistake.title), ..mistake };
            report(
                Misplaced { part: 0..constraint.text.len(), mistake },
                "--constraint",
                &constraint.text,
                &mut problems,
            );
        }
    }
    if problems.is_empty() { Ok(checked) } else { Err(problems.into()) }
}

/// So many replications each setting has at least, by which the size of a tune is told.
const FIRST_LOOK: u32 = 256;
