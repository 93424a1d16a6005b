//! False statements of `check` and `tune` at confidence 0.8, where they are as easily made as anywhere: expectations
//! whose bound is all but the truth, and settings that are just worse than they may be.

use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use rollcast::expectation::{Check, Verdict};
use rollcast::experiment::{Experiment, Workers};
use rollcast::metric::{Kind, Metric, Unit};
use rollcast::questions::{self, Objective, Sense};
use rollcast::scenario::{Diagnostics, Scenario, ScenarioFile, read_variation};
use rollcast::simulation::Plan;
use rollcast::sweep::Sweep;
use rollcast::tune::{Conclusion, Tuning};

/// At which everything is stated.
pub const CONFIDENCE: f64 = 0.8;
/// The truth is what so many replications come to, under a seed of their own.
const TRUTH: u32 = 100_000;
const TRUTH_SEED: u64 = 0x7275_7468;

/// Statements of one kind over some seeds.
pub struct StatementRate {
    pub about: String,
    /// How many were made.
    pub stated: u64,
    /// How many of them may be wrong; all of what has no probability.
    pub may_be_wrong: f64,
    pub wrong: u64,
}

/// Twenty robots. One in ten thousand deployments takes eight hours, which nothing but the robot timeout ends.
const FLEET: &str = r#"
name = "fleet"
[deployment]
concurrent_deployment_percentage = 20
failure_threshold_percentage = 25
robot_deployment_timeout = "1h"
[[build]]
name = "good"
weight = 3
[[build]]
name = "bad"
weight = 1
failure = { "*.launching" = 0.15 }
[[group]]
name = "amr"
robots = 20
[group.step.downloading_extracting]
latency = { mixture = [{ weight = 9999, exponential = { mean = "1m" } }, { weight = 1, constant = "8h" }] }
failure = 0.03
[group.step.launching]
latency = { constant = "20s" }
[sync]
schedule = { after_finish = "1m" }
max_jobs = 4
horizon = "1d"
"#;

/// What `check` is asked, and how many replications it may take.
const EXPECTED: [(&str, u32); 10] = [
    ("campaign.outcomes.halted.probability", 2000),
    ("builds.bad.campaign.outcomes.halted.probability", 2000),
    ("campaign.time_to_success_s.p50", 2000),
    ("builds.good.campaign.time_to_success_s.p90", 2000),
    ("first_job.robots_failed.p90", 2000),
    ("robot.deployment_s.p95", 1000),
    ("campaign.jobs.mean", 2000),
    ("first_job.robots_failed.mean", 2000),
    // Carried by one robot in ten thousand.
    ("campaign.time_to_success_s.mean", 2000),
    ("robot.deployment_s.mean", 1000),
];

/// What `tune` is to make small, within which margin, over which settings, with how many replications.
const TUNED: [(&str, &str, &str, u32); 5] = [
    ("campaign.time_to_success_s.p90", "2%", "deployment.concurrent_deployment_percentage=10,20,25,30", 2000),
    ("campaign.outcomes.halted.probability", "1%", "deployment.failure_threshold_percentage=15,20,25,30", 2000),
    ("first_job.peak_in_flight.mean", "10%", "deployment.concurrent_deployment_percentage=20,25,30", 2000),
    // Where the timeout is ten hours the mean is three quarters greater, by what hundreds of replications may not have.
    ("campaign.time_to_success_s.mean", "1%", "deployment.robot_deployment_timeout=10h,30m", 1000),
    ("robot.deployment_s.mean", "1%", "deployment.robot_deployment_timeout=10h,30m", 1000),
];

/// All statements over so many seeds.
pub fn all(seeds: u64) -> Vec<StatementRate> {
    let workers = Workers::new(None).expect("threads");
    let mut rates = Vec::new();
    for (metric, most) in EXPECTED {
        let truth = truth(&scenario(FLEET), metric);
        for is_true in [true, false] {
            rates.push(check(metric, truth, is_true, most, seeds, &workers));
        }
    }
    for (metric, margin, vary, most) in TUNED {
        rates.extend(tune(metric, margin, vary, most, seeds, &workers));
    }
    rates
}

fn scenario(text: &str) -> Scenario {
    Scenario::parse(text, "fleet.toml", Path::new(""), &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

/// A metric's estimate from many replications, in the unit in which it is shown, and how far off it may be.
fn truth(scenario: &Scenario, metric: &str) -> (f64, f64) {
    let plan = Plan::new(scenario);
    let experiment = Experiment { plan: &plan, seed: TRUTH_SEED, replications: TRUTH, threads: None, curves: false };
    let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
    let estimate = Metric::parse(metric, scenario).expect("a metric").estimate(&tally);
    let (value, [low, high]) = (estimate.value.expect("a number"), estimate.interval.expect("an interval"));
    // A quantile is known to a thousandth of its size.
    (value, (high - low) * 0.75 + 0.002 * value)
}

/// How often an expectation that is just true fails, or one that is just false holds.
fn check(
    metric: &str,
    (value, error): (f64, f64),
    is_true: bool,
    most: u32,
    seeds: u64,
    workers: &Workers,
) -> StatementRate {
    let known = Metric::parse(metric, &scenario(FLEET)).expect("a metric");
    // Whole numbers have their quantile on a step.
    let step = if known.unit() == Unit::Count && known.kind() != Kind::Mean { 1.0 } else { 0.0 };
    let bound = if is_true { value + error } else { value - error };
    let bound = if step > 0.0 { value - if is_true { 0.0 } else { step } } else { bound };
    let bound = if known.unit() == Unit::Seconds { format!("\"{:.0}us\"", bound * 1e6) } else { bound.to_string() };
    let text = format!("{FLEET}[[expect]]\nmetric = \"{metric}\"\nat_most = {bound}\nconfidence = {CONFIDENCE}\n");
    let file = ScenarioFile::of_text(&text, "fleet.toml", Path::new(""));
    let (scenario, questions) = questions::read(&file, []).unwrap_or_else(|p| panic!("{}", p.render(false)));
    let plan = Plan::new(&scenario);
    let wrong = |seed: &u64| {
        let experiment = Experiment { plan: &plan, seed: *seed, replications: most, threads: None, curves: false };
        let checked = Check {
            scenario: &scenario,
            expectations: &questions.expectations,
            experiment,
            cancelled: &AtomicBool::new(false),
            advanced: &|_| (),
            decided: &|_| (),
        };
        let verdict = checked.run(workers).expect("nobody cancels it").findings[0].verdict;
        verdict == if is_true { Verdict::Fails } else { Verdict::Holds }
    };
    let about = format!("check: {metric}, just {}", if is_true { "true, fails" } else { "false, holds" });
    let may_be_wrong = (1.0 - CONFIDENCE) * seeds as f64;
    StatementRate { about, stated: seeds, may_be_wrong, wrong: (0..seeds).filter(wrong).count() as u64 }
}

/// How often the setting that is told is not the best one within the margin: where that is said with the confidence,
/// with any probability (each wrong one counts as often as it may not be), and by the central limit.
fn tune(metric: &str, margin: &str, vary: &str, most: u32, seeds: u64, workers: &Workers) -> Vec<StatementRate> {
    let own = scenario(FLEET);
    let variations = vec![read_variation(vary, &mut Diagnostics::default()).expect("a list")];
    let file = ScenarioFile::of_text(FLEET, "fleet.toml", Path::new(""));
    let sweep = Sweep { file, sets: Vec::new(), variations };
    let truths: Vec<(f64, f64)> =
        (0..sweep.len()).map(|point| truth(&sweep.scenario(point).expect("a scenario"), metric)).collect();
    let best = truths.iter().map(|(value, _)| *value).fold(f64::INFINITY, f64::min);
    let objective = Objective::parse(metric, Sense::Minimize, &own).expect("an objective");
    let slack = objective.margin(margin, &own).expect("a margin");
    let within = match slack {
        rollcast::precision::Target::Share(share) => best * (1.0 + share),
        rollcast::precision::Target::Absolute(amount) => best + amount,
    };
    let (mut sure, mut by_limit) = ([0; 2], [0; 2]);
    // Of statements with a probability of less than the confidence.
    let (mut less, mut may_be_wrong, mut less_wrong) = (0, 0.0, 0);
    for seed in 0..seeds {
        let tuning = Tuning {
            sweep: &sweep,
            own: &own,
            objective: &objective,
            margin: slack,
            constraints: &[],
            confidence: CONFIDENCE,
            max_replications: most,
            seed,
            workers,
            cancelled: &AtomicBool::new(false),
            advanced: &|_| (),
            stage: &|_| (),
        };
        let outcome = tuning.run().expect("nothing stops it");
        let Conclusion::Best { setting, probability, by_limit: limit, .. } = outcome.answer else { continue };
        let (value, error) = truths[setting];
        let wrong = u64::from(value - error > within);
        if probability >= CONFIDENCE {
            sure = [sure[0] + 1, sure[1] + wrong];
        } else if limit {
            by_limit = [by_limit[0] + 1, by_limit[1] + wrong];
        } else if probability > 0.0 {
            (less, may_be_wrong, less_wrong) = (less + 1, may_be_wrong + 1.0 - probability, less_wrong + wrong);
        }
    }
    let rate = |how: &str, [stated, wrong]: [u64; 2], may_be_wrong: f64| StatementRate {
        about: format!("tune: {metric}, {how}"),
        stated,
        may_be_wrong,
        wrong,
    };
    let mut rates = vec![rate("with 80 %", sure, (1.0 - CONFIDENCE) * sure[0] as f64)];
    if by_limit[0] > 0 {
        rates.push(rate("by the central limit", by_limit, by_limit[0] as f64));
    }
    if less > 0 {
        rates.push(rate("with less", [less, less_wrong], may_be_wrong));
    }
    rates
}

/// As Markdown.
pub fn table(rates: &[StatementRate], seeds: u64) -> String {
    let mut text = format!(
        "{seeds} seeds, confidence {CONFIDENCE}\n\n| statement | stated | may be wrong | wrong |\n|---|---|---|---|\n"
    );
    for StatementRate { about, stated, may_be_wrong, wrong } in rates {
        writeln!(text, "| {about} | {stated} | {may_be_wrong:.0} | {wrong} |").expect("a string takes all text");
    }
    text
}
