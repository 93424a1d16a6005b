//! `rollcast check --baseline`

use std::path::{Path, PathBuf};

use super::{CheckArgs, ToCheck};
use crate::baseline::{self, Baseline, BaselineVerdict, UnusableBaseline, folder_of};
use crate::cli::interrupt::INTERRUPTED;
use crate::cli::simulation::{mixed_up, stopped};
use crate::cli::{Failure, exit, print, progress};
use crate::experiment::{Experiment, Stopped, Workers};
use crate::report::{Outputs, clear_up};
use crate::scenario::Scenario;
use crate::simulation::Plan;

/// The baselines of all scenarios, in their order; of one that has none, where it should be. None at all is an error.
pub fn read_all(folder: &Path, scenarios: &[ToCheck]) -> Result<Vec<Result<Baseline, PathBuf>>, Failure> {
    refuse_namesakes(scenarios)?;
    let (mut baselines, mut missing) = (Vec::new(), None);
    for ToCheck { path, scenario, .. } in scenarios {
        [folder.to_path_buf(), folder_of(folder, scenario)].iter().for_each(|place| clear_up(place));
        baselines.push(match Baseline::read(folder, scenario, scenarios.len() == 1) {
            Ok(baseline) => Ok(baseline),
            Err(UnusableBaseline::Missing(place)) => {
                missing.get_or_insert_with(|| failure(UnusableBaseline::Missing(place.clone()), path, folder));
                Err(place)
            }
            Err(unusable) => return Err(failure(unusable, path, folder)),
        });
    }
    match missing.filter(|_| baselines.iter().all(Result::is_err)) {
        Some(missing) => Err(missing),
        None => Ok(baselines),
    }
}

/// Baselines are kept by name.
fn refuse_namesakes(scenarios: &[ToCheck]) -> Result<(), Failure> {
    for (index, ToCheck { path, scenario, .. }) in scenarios.iter().enumerate() {
        if let Some(ToCheck { path: other, .. }) =
            scenarios[..index].iter().find(|other| other.scenario.name == scenario.name)
        {
            let (other, path) = (other.display(), path.display());
            let message = format!(
                "error: {other} and {path} are both named `{}`, and so is the folder of their baselines\n\
                 help: give one of them another name\n",
                scenario.name
            );
            return Err(Failure { message, code: exit::BAD_INPUT });
        }
    }
    Ok(())
}

fn failure(unusable: UnusableBaseline, scenario: &Path, folder: &Path) -> Failure {
    let message = match unusable {
        UnusableBaseline::Missing(path) => format!(
            "error: there is no baseline {}\nhelp: store one: rollcast check --baseline {} --update-baseline {}\n",
            path.display(),
            folder.display(),
            scenario.display()
        ),
        UnusableBaseline::Unreadable(path, error) => {
            let message = format!("error: cannot read {}: {error}\n", path.display());
            return Failure { message, code: exit::IO };
        }
        UnusableBaseline::Mixed(folder, mixed) => return mixed_up(&folder, &mixed),
        UnusableBaseline::Malformed(path, why) => format!("error: {} is no baseline: {why}\n", path.display()),
    };
    Failure { message, code: exit::BAD_INPUT }
}

/// The experiment that a baseline is of.
fn experiment<'p>(args: &CheckArgs, scenario: &Scenario, plan: &'p Plan) -> Experiment<'p> {
    let options = &args.simulation;
    Experiment {
        plan,
        seed: options.seed.unwrap_or(scenario.seed),
        replications: options.replications.unwrap_or(scenario.replications),
        threads: None,
        curves: false,
    }
}

/// Compares a scenario with its baseline.
pub fn compare(
    args: &CheckArgs,
    baseline: &Baseline,
    scenario: &Scenario,
    of_check: Experiment<'_>,
    workers: &Workers,
) -> Result<BaselineVerdict, Stopped> {
    let experiment = experiment(args, scenario, of_check.plan);
    let bar = progress::bar(experiment.replications.into(), args.simulation.quiet);
    let advanced = |replications: u32| bar.inc(replications.into());
    let compared = baseline::compare(baseline, scenario, experiment, workers, &INTERRUPTED, &advanced);
    bar.finish_and_clear();
    compared.map(|compared| compared.tolerating(args.tolerance.unwrap_or(0.0)))
}

/// Runs all scenarios, then stores them as baselines.
pub fn update(args: &CheckArgs, folder: &Path, scenarios: Vec<ToCheck>, workers: &Workers) -> Result<(), Failure> {
    refuse_namesakes(&scenarios)?;
    let places: Vec<PathBuf> = scenarios.iter().map(|ToCheck { scenario, .. }| folder_of(folder, scenario)).collect();
    let outputs = places.iter().map(|place| Outputs::new(place, &[])).collect::<Result<Vec<_>, _>>()?;
    let mut texts = Vec::new();
    for ToCheck { path, scenario, .. } in &scenarios {
        let plan = Plan::new(scenario);
        let experiment = experiment(args, scenario, &plan);
        let bar = progress::bar(experiment.replications.into(), args.simulation.quiet);
        let advanced = |replications: u32| bar.inc(replications.into());
        let done = baseline::texts(scenario, experiment, workers, &INTERRUPTED, &advanced);
        bar.finish_and_clear();
        texts.push(done.map_err(|why| stopped(why, path, &args.simulation))?);
    }
    let mut said = String::new();
    for ((mut outputs, place), [summary, values]) in outputs.into_iter().zip(&places).zip(&texts) {
        outputs.add("baseline.json", values)?;
        outputs.add("summary.json", summary)?;
        outputs.commit("baseline")?;
        said += &format!("Baseline: {}/\n", place.display());
    }
    if args.simulation.json {
        return print(&(serde_json::json!({ "baselines": places }).to_string() + "\n"));
    }
    if args.simulation.quiet { Ok(()) } else { print(&said) }
}
