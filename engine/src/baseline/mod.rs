//! Baselines: whether a rollout still behaves as it did when somebody looked at it and was content.
//!
//! A baseline is the `summary.json` of a run, with a `baseline.json` beside it that says what each of its replications
//! came to. A run of the same program, scenario, seed and replications has to give the same bytes. After a change of
//! the program or of the scenario it cannot, and then outcomes, times and robots hurt are [compared](BaselineVerdict),
//! in all, by build and by group.
//!
//! Under the same seed both runs meet the same luck, and are compared in pairs of replications: nearly all that luck
//! does is the same on both sides, so a small change shows in few replications. Under another seed, or where a baseline
//! keeps no single replications, two independent samples are compared. Only where the first seed brings the very same
//! numbers is there nothing to test.

mod comparison;
mod pairs;
mod stored;
mod values;

pub use comparison::{BaselineMethod, BaselineVerdict, Change, ChangePart, Differing, Effect, LEVEL, Tested};
pub use stored::{Baseline, UnusableBaseline, folder_of};

use std::sync::atomic::AtomicBool;

use crate::experiment::{Experiment, Stopped, Tally, Workers};
use crate::metric::Summary;
use crate::scenario::Scenario;
use stored::KeptBeside;
use values::ReplicationValues;

/// The seed of a second run that has to be independent of the first.
pub const fn other_seed(seed: u64) -> u64 {
    seed.wrapping_add(1)
}

/// Runs a scenario to be stored: the contents of `summary.json` and `baseline.json`.
///
/// # Errors
/// What stopped the experiment.
pub fn texts(
    scenario: &Scenario,
    experiment: Experiment<'_>,
    workers: &Workers,
    cancelled: &AtomicBool,
    advanced: &(dyn Fn(u32) + Sync),
) -> Result<[String; 2], Stopped> {
    let tally = experiment.run_part(workers, 0..experiment.replications, &mut (), cancelled, advanced)?;
    let summary = Summary::new(scenario, experiment.seed, &tally);
    let values = ReplicationValues::of(experiment, scenario, workers, cancelled)?;
    Ok([summary.to_json(), stored::text_of(&summary, values)])
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
    let (mut summary, mut tally) = run(experiment)?;
    if baseline.is_of_the_same_run(&summary) {
        return Ok(comparison::bytes(baseline, scenario, &summary));
    }
    let same_luck = baseline.is_of_the_same_luck(&summary);
    if same_luck && baseline.has_the_same_numbers(&summary) {
        return Ok(BaselineVerdict::SameNumbers);
    }
    let KeptBeside::Values(before) = &baseline.kept else {
        if same_luck {
            (summary, tally) = run(Experiment { seed: other_seed(experiment.seed), ..experiment })?;
        }
        return Ok(BaselineVerdict::Tested(comparison::test(baseline, &summary, &tally, None)));
    };
    let now = ReplicationValues::of(experiment, scenario, workers, cancelled)?;
    Ok(BaselineVerdict::Tested(if same_luck {
        comparison::in_pairs(baseline, before, &summary, &now)
    } else {
        comparison::test(baseline, &summary, &tally, Some(&now))
    }))
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

    /// In how many of 50 runs anything differs from a baseline; with and without a `baseline.json`.
    fn differing(before: f64, now: f64, whole: bool) -> usize {
        let (before, now) = (scenario(before), scenario(now));
        let (plan_before, plan_now) = (Plan::new(&before), Plan::new(&now));
        let workers = Workers::new(Some(1)).expect("a thread");
        let never = AtomicBool::new(false);
        let folder = tempfile::tempdir().expect("a folder");
        let differs = |run: &u64| {
            let experiment =
                Experiment { plan: &plan_before, seed: 2 * run, replications: 300, threads: None, curves: false };
            let stored = texts(&before, experiment, &workers, &never, &|_| ()).expect("nobody cancels it");
            for (name, text) in ["summary.json", "baseline.json"].into_iter().zip(stored).take(1 + usize::from(whole)) {
                std::fs::write(folder.path().join(name), text).expect("a file");
            }
            let baseline = Baseline::read(folder.path(), &now, true).expect("it was just written");
            // Every other one shares its luck.
            let same_luck = run.is_multiple_of(2);
            let experiment = Experiment { plan: &plan_now, seed: 2 * run + u64::from(!same_luck), ..experiment };
            let found = compare(&baseline, &now, experiment, &workers, &never, &|_| ()).expect("nobody cancels it");
            match &found {
                BaselineVerdict::Tested(tested) if !whole => assert_eq!(tested.method, BaselineMethod::Means),
                BaselineVerdict::Tested(tested) if same_luck => assert_eq!(tested.method, BaselineMethod::Pairs(300)),
                BaselineVerdict::Tested(tested) => assert_eq!(tested.method, BaselineMethod::Distributions),
                other => assert!(before == now && same_luck, "{other:?}"),
            }
            !found.passes()
        };
        (0..50).filter(differs).count()
    }

    /// Where nothing has changed something is found with probability 0.001 a run: once in fifty runs is already rare.
    /// What has changed is found.
    #[test]
    fn comparisons_keep_their_level_and_have_power() {
        for whole in [true, false] {
            assert!(differing(0.15, 0.15, whole) <= 1, "{whole}");
            assert!(differing(0.15, 0.25, whole) >= 49, "{whole}");
        }
    }

    /// A fleet of two builds and two groups, of which one takes `slow` as long; `first` says which group comes first in
    /// the file, and so whose luck is whose.
    fn fleet(first: &str, slow: f64) -> Scenario {
        let group = |name: &str| {
            let minutes = if name == "old" { slow } else { 1.0 };
            format!(
                "[[group]]\nname = \"{name}\"\nrobots = 10\n[group.step.launching]\n\
                 latency = {{ exponential = {{ mean = \"{}s\" }} }}\nfailure = 0.1\n",
                60.0 * minutes
            )
        };
        let second = if first == "old" { "new" } else { "old" };
        let text = format!(
            "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 50\nfailure_threshold_percentage = 100\n\
             [[build]]\nname = \"a\"\nweight = 1\n[[build]]\nname = \"b\"\nweight = 1\nfailure = {{ \"*.launching\" = 0.2 }}\n{}{}\
             [sync]\nschedule = {{ after_finish = \"1m\" }}\n",
            group(first),
            group(second)
        );
        Scenario::parse(&text, "x.toml", Path::new(""), &[]).map_err(|p| panic!("{}", p.render(false))).expect("right")
    }

    /// The metrics that differ of so many pairs.
    fn differing_in_pairs(before: &Scenario, now: &Scenario, seed: u64, replications: u32) -> Vec<String> {
        let workers = Workers::new(Some(1)).expect("a thread");
        let values = |scenario: &Scenario| {
            let plan = Plan::new(scenario);
            let experiment = Experiment { plan: &plan, seed, replications, threads: None, curves: false };
            ReplicationValues::of(experiment, scenario, &workers, &AtomicBool::new(false)).expect("nobody cancels it")
        };
        let changes = pairs::changes(&values(before), &values(now));
        changes.into_iter().filter(Change::differs).map(|change| change.metric).collect()
    }

    /// A twentieth more of the latency is found in a hundred pairs, and where it is: in all, in each build, and in the
    /// one group alone. Groups in another order change whose luck is whose, and no more.
    #[test]
    fn pairs_tell_what_changes_and_where() {
        for seed in 0..10 {
            let found = differing_in_pairs(&fleet("new", 1.0), &fleet("new", 1.05), seed, 200);
            for metric in [
                "campaign.time_to_success_s",
                "builds.a.campaign.time_to_success_s",
                "builds.b.campaign.time_to_success_s",
                "groups.old.campaign.time_to_success_s",
            ] {
                assert!(found.iter().any(|found| found == metric), "{seed} {metric}: {found:?}");
            }
            // What takes longer in one group leaves the other one's slots later, too: that is no change of robots hurt.
            assert!(!found.iter().any(|metric| metric.contains("robots_failed")), "{seed}: {found:?}");
            let reordered = differing_in_pairs(&fleet("new", 1.5), &fleet("old", 1.5), seed, 200);
            assert_eq!(reordered, Vec::<String>::new(), "{seed}");
        }
    }
}
