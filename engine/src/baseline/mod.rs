//! Baselines: whether a rollout still behaves as it did when somebody looked at it and was content.
//!
//! A baseline is the `summary.json` of a run, with a `baseline.json` beside it that holds the distributions which are
//! compared. A run of the same program, scenario, seed and replications has to give the same bytes. After a change of
//! the program or of the scenario it cannot, and then outcomes, time to success and robots hurt are
//! [compared](BaselineVerdict) by two-sample tests.
//!
//! Those tests are for independent samples. Under the same seed both runs meet the same luck, which nearly always makes
//! their numbers agree better than chance would, but nobody can promise that it does; so the second run is drawn under
//! another seed, and the tests err as often as they say. Only where the first seed brings the very same numbers is
//! there nothing to test.

mod comparison;
mod stored;

pub use comparison::{BaselineVerdict, Change, Differing, Effect, LEVEL, Tested};
pub use stored::{Baseline, UnusableBaseline, folder_of, text_of};

use std::sync::atomic::AtomicBool;

use crate::experiment::{Experiment, Stopped, Tally, Workers};
use crate::metric::Summary;
use crate::scenario::Scenario;

/// The seed of a second run that has to be independent of the first.
pub const fn other_seed(seed: u64) -> u64 {
    seed.wrapping_add(1)
}

/// Runs a scenario and compares it with its baseline.
///
/// # Errors
/// What stopped the experiment.
pub fn compare(
    baseline: &Baseline,
    scenario: &Scenario,
    experiment: Experiment<'_>,
    workers: &Workers,
    cancelled: &AtomicBool,
    advanced: &(dyn Fn(u32) + Sync),
) -> Result<BaselineVerdict, Stopped> {
    let run = |experiment: Experiment<'_>| -> Result<(Summary, Tally), Stopped> {
        let tally = experiment.run_part(workers, 0..experiment.replications, &mut (), cancelled, advanced)?;
        Ok((Summary::new(scenario, experiment.seed, &tally), tally))
    };
    let (summary, tally) = run(experiment)?;
    if baseline.is_of_the_same_run(&summary) {
        return Ok(comparison::bytes(baseline, scenario, &summary));
    }
    if !baseline.is_of_the_same_luck(&summary) {
        return Ok(BaselineVerdict::Tested(comparison::test(baseline, &summary, &tally)));
    }
    if baseline.has_the_same_numbers(&summary) {
        return Ok(BaselineVerdict::SameNumbers);
    }
    let (summary, tally) = run(Experiment { seed: other_seed(experiment.seed), ..experiment })?;
    Ok(BaselineVerdict::Tested(comparison::test(baseline, &summary, &tally)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::simulation::Plan;

    /// Twenty robots of which each fails with this probability after some time; six failures halt the job.
    fn scenario(failure: f64) -> Scenario {
        let text = format!(
            "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 50\nfailure_threshold_percentage = 30\n\
             [[group]]\nname = \"g\"\nrobots = 20\n[group.step.launching]\nlatency = {{ exponential = {{ mean = \"1m\" }} }}\n\
             failure = {failure}\n[sync]\nschedule = {{ after_finish = \"1m\" }}\n"
        );
        Scenario::parse(&text, "x.toml", Path::new(""), &[]).map_err(|p| p.render(false)).expect("right")
    }

    /// In how many of 50 pairs of runs under different seeds anything differs; with and without a `baseline.json`.
    fn differing(before: f64, now: f64, whole: bool) -> usize {
        let (before, now) = (scenario(before), scenario(now));
        let (plan_before, plan_now) = (Plan::new(&before), Plan::new(&now));
        let workers = Workers::new(Some(1)).expect("a thread");
        let never = AtomicBool::new(false);
        let folder = tempfile::tempdir().expect("a folder");
        let differs = |pair: &u64| {
            let experiment =
                Experiment { plan: &plan_before, seed: 2 * pair, replications: 300, threads: None, curves: false };
            let tally = experiment.run(&mut (), &never, &|_| ()).expect("nobody cancels it");
            let summary = Summary::new(&before, experiment.seed, &tally);
            std::fs::write(folder.path().join("summary.json"), summary.to_json()).expect("a file");
            if whole {
                std::fs::write(folder.path().join("baseline.json"), text_of(&summary, &tally)).expect("a file");
            }
            let baseline = Baseline::read(folder.path(), &now, true).expect("it was just written");
            // Every other pair shares its luck at first.
            let experiment = Experiment { plan: &plan_now, seed: 2 * pair + pair % 2, ..experiment };
            let found = compare(&baseline, &now, experiment, &workers, &never, &|_| ()).expect("nobody cancels it");
            match &found {
                BaselineVerdict::Tested(tested) => assert_eq!(tested.whole_distributions, whole),
                other => assert!(before == now && pair.is_multiple_of(2), "{other:?}"),
            }
            !found.passes()
        };
        (0..50).filter(differs).count()
    }

    /// Where nothing has changed something is found with probability 0.001 a pair: once in fifty pairs is already rare.
    /// What has changed is found.
    #[test]
    fn comparisons_keep_their_level_and_have_power() {
        for whole in [true, false] {
            assert!(differing(0.15, 0.15, whole) <= 1, "{whole}");
            assert!(differing(0.15, 0.25, whole) >= 49, "{whole}");
        }
    }
}
