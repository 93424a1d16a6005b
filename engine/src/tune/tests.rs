//! The race against brute force.

use std::path::Path;

use super::*;
use crate::experiment::Experiment;
use crate::metric::Metric;
use crate::questions::Sense;
use crate::scenario::{LoadError, ScenarioFile, read_variation};
use crate::simulation::Plan;
use crate::sweep::Variation;

const CONCURRENT: &str = "deployment.concurrent_deployment_percentage";
const THRESHOLD: &str = "deployment.failure_threshold_percentage";

/// Twenty robots; a good build that fails now and then, and a bad one that fails often.
const FLEET: &str = r#"
name = "fleet"
[deployment]
concurrent_deployment_percentage = 20
failure_threshold_percentage = 20
[[build]]
name = "good"
weight = 2
[[build]]
name = "bad"
weight = 1
failure = { "*.launching" = 0.5 }
[[group]]
name = "amr"
robots = 20
[group.step.downloading_extracting]
latency = { exponential = { mean = "1m" } }
failure = 0.02
[group.step.launching]
latency = { constant = "20s" }
[sync]
schedule = { after_finish = "1m" }
max_jobs = 4
"#;

/// A question about the fleet.
struct Asked {
    sweep: Sweep,
    own: Scenario,
    objective: Objective,
    margin: &'static str,
    constraints: Vec<Constraint>,
    max_replications: u32,
}

impl Asked {
    fn new(scenario: &str, vary: &[String], minimize: &str, constraints: &[&str]) -> Asked {
        let mut path = tempfile::NamedTempFile::new().expect("a file");
        std::io::Write::write_all(&mut path, scenario.as_bytes()).expect("it can be written");
        let file = ScenarioFile::read(path.path()).unwrap_or_else(|error| match error {
            LoadError::Invalid(problems) => panic!("{}", problems.render(false)),
            LoadError::Unreadable(error) => panic!("{error}"),
        });
        let own = Scenario::parse(scenario, "", Path::new(""), &[]).unwrap_or_else(|p| panic!("{}", p.render(false)));
        let variations: Vec<Variation> =
            vary.iter().map(|text| read_variation(text, &mut Diagnostics::default()).expect("a list")).collect();
        let objective = Objective::parse(minimize, Sense::Minimize, &own).expect("an objective");
        let constraint =
            |text: &&str| Constraint::parse(text, &own).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        let constraints = constraints.iter().map(constraint).collect();
        let sweep = Sweep { file, sets: Vec::new(), variations };
        Asked { sweep, own, objective, margin: "2%", constraints, max_replications: 20_000 }
    }

    /// Settings of both percentages.
    fn grid(concurrent: &str, threshold: &str, constraints: &[&str]) -> Asked {
        let vary = [format!("{CONCURRENT}={concurrent}"), format!("{THRESHOLD}={threshold}")];
        Asked::new(FLEET, &vary, "builds.good.campaign.time_to_success_s.p90", constraints)
    }

    fn answer(&self, seed: u64, threads: usize) -> Outcome {
        self.tune(seed, threads, |tuning| tuning.run().expect("nothing stops it"))
    }

    fn tune<T>(&self, seed: u64, threads: usize, run: impl FnOnce(&Tuning<'_>) -> T) -> T {
        let workers = Workers::new(Some(threads)).expect("threads");
        let tuning = Tuning {
            sweep: &self.sweep,
            own: &self.own,
            objective: &self.objective,
            margin: self.objective.margin(self.margin, &self.own).expect("a margin"),
            constraints: &self.constraints,
            confidence: 0.9,
            max_replications: self.max_replications,
            seed,
            workers: &workers,
            cancelled: &AtomicBool::new(false),
            advanced: &|_| (),
            stage: &|_| (),
        };
        run(&tuning)
    }

    /// Of each setting the objective and the constraints' metrics, by brute force with luck of its own.
    fn brute_force(&self, replications: u32) -> Vec<(f64, Vec<f64>)> {
        let simulate = |point: u64| {
            let scenario = self.sweep.scenario(point).expect("it is checked");
            let plan = Plan::new(&scenario);
            let experiment = Experiment { plan: &plan, seed: 987_654, replications, threads: None, curves: false };
            let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
            let value = |path: &str| {
                Metric::parse(path, &scenario).expect("a metric").estimate(&tally).value.unwrap_or(f64::INFINITY)
            };
            (value(&self.objective.metric), self.constraints.iter().map(|c| value(&c.metric)).collect())
        };
        (0..self.sweep.len()).map(simulate).collect()
    }

    /// Whether values satisfy all constraints, by so many of their standard errors or steps at least (or at most, if
    /// negative).
    fn satisfied(&self, values: &[f64], room: f64) -> bool {
        self.constraints.iter().zip(values).all(|(constraint, value)| {
            let metric = Metric::parse(&constraint.metric, &self.own).expect("a metric");
            let (high, low) = (constraint.bounds.at_most(), constraint.bounds.at_least());
            high.is_none_or(|high| *value <= metric.show(high) * (1.0 - room))
                && low.is_none_or(|low| *value >= metric.show(low) * (1.0 + room))
        })
    }
}

/// How the answers over some seeds compare with brute force.
struct Compared {
    /// Answers that are wrong: of a setting that violates a constraint, or that is worse than the best by more than the
    /// margin.
    wrong: u32,
    /// Answers that are proven to be the best.
    proven: u32,
    /// Answers that are the best by the central limit.
    by_limit: u32,
    /// Replications on average.
    used: u64,
}

/// Asks with many seeds. What brute force itself does not know, because it lies within its own error, counts as right.
fn compare(asked: &Asked, truth: &[(f64, Vec<f64>)], seeds: u64) -> Compared {
    const ERROR: f64 = 0.004;
    let feasible = truth.iter().filter(|(_, values)| asked.satisfied(values, 0.05)).map(|(objective, _)| *objective);
    let best = feasible.fold(f64::INFINITY, f64::min);
    assert!(best.is_finite(), "the question has an answer");
    let within = match asked.objective.margin(asked.margin, &asked.own).expect("a margin") {
        Target::Share(share) => best * (1.0 + share),
        Target::Absolute(amount) => best + amount,
    };
    let mut compared = Compared { wrong: 0, proven: 0, by_limit: 0, used: 0 };
    for seed in 0..seeds {
        let outcome = asked.answer(seed, 2);
        let Conclusion::Best { setting, probability, by_limit, .. } = outcome.answer else {
            panic!("{seed}: {:?}", outcome.answer)
        };
        let (objective, values) = &truth[setting];
        let right = asked.satisfied(values, -0.05) && *objective <= within * (1.0 + ERROR);
        assert!(probability <= 0.9, "{probability}: more than was asked for");
        compared.proven += u32::from(probability == 0.9);
        compared.by_limit += u32::from(by_limit);
        compared.wrong += u32::from((probability == 0.9 || by_limit) && !right);
        compared.used += outcome.replications_used / seeds;
    }
    compared
}

fn questions() -> Vec<Asked> {
    let constraints =
        ["builds.good.campaign.outcomes.halted.probability <= 0.1", "builds.bad.first_job.robots_failed.p90 <= 10"];
    let vary = [format!("{CONCURRENT}=10,20,30,50,70,100"), format!("{THRESHOLD}=5,10,50")];
    let sync = [format!("{CONCURRENT}=10,40"), String::from("sync.max_jobs=1,2,3,4"), format!("{THRESHOLD}=5,20")];
    // Nothing bounds times without a horizon, so their means are told apart by the central limit.
    let mean = Asked::new(FLEET, &vary, "builds.good.campaign.time_to_success_s.mean", &constraints);
    let mut bounded = Asked::new(FLEET, &vary, "first_job.peak_in_flight.mean", &constraints);
    bounded.margin = "20%";
    let robots = Asked::new(FLEET, &vary, "robot.time_to_success_s.mean", &constraints[..1]);
    let mut probability = Asked::new(
        FLEET,
        &sync,
        "campaign.outcomes.max_jobs.probability",
        &["builds.good.campaign.time_to_success_s.p50 <= 10m", "campaign.jobs.mean >= 1.1"],
    );
    probability.margin = "1%";
    vec![Asked::grid("10,20,30,50,70,100", "5,10,20,30,50", &constraints), mean, robots, bounded, probability]
}

/// The answer is as often right as promised, compared with brute force on the grid, and takes a fraction of its
/// replications.
#[test]
fn answers_are_right_as_often_as_promised() {
    const SEEDS: u64 = 60;
    for asked in questions() {
        let truth = asked.brute_force(60_000);
        let Compared { wrong, proven, by_limit, used } = compare(&asked, &truth, SEEDS);
        let metric = &asked.objective.metric;
        let context = format!("{metric}: {wrong} wrong, {proven} proven, {by_limit} by limit, {used} replications");
        // One in ten may be wrong; the standard error of that over 60 seeds is 0.039.
        assert!(f64::from(wrong) <= (0.1 + 3.0 * 0.039) * f64::from(proven + by_limit), "{context}");
        let beyond_proof = metric.ends_with("_s.mean");
        assert!(if beyond_proof { by_limit >= 50 && proven == 0 } else { proven >= 50 && by_limit == 0 }, "{context}");
        assert!(used * 4 < u64::from(asked.max_replications) * asked.sweep.len(), "{context}");
    }
}

/// Why proofs are needed: the best of the estimates after the first stage is often the wrong setting.
#[test]
fn the_best_of_few_replications_is_often_the_wrong_one() {
    let mut asked = Asked::grid(
        "10,20,30,50,70,100",
        "5,10,20,30,50",
        &["builds.good.campaign.outcomes.halted.probability <= 0.1", "builds.bad.first_job.robots_failed.p90 <= 10"],
    );
    let truth = asked.brute_force(60_000);
    asked.max_replications = 64;
    let mut wrong = 0;
    for seed in 0..60 {
        let outcome = asked.answer(seed, 2);
        let seems = |setting: &&Setting| setting.figures.seem_to_hold.iter().all(|holds| *holds);
        let objective = |setting: &Setting| setting.figures.objective.unwrap_or(f64::INFINITY);
        let seeming = outcome.settings.iter().enumerate().filter(|(_, setting)| seems(setting));
        let (chosen, _) = seeming.min_by(|a, b| objective(a.1).total_cmp(&objective(b.1))).expect("some seem to");
        wrong += u32::from(!asked.satisfied(&truth[chosen].1, -0.05));
        let proven = matches!(outcome.answer, Conclusion::Best { probability, .. } if probability >= 0.9);
        assert!(!proven, "nobody may be sure of that after 64 replications");
    }
    assert!(wrong >= 10, "{wrong} of 60");
}

/// Settings that hurt too many are thrown out by the first stage or soon after it.
#[test]
fn hopeless_settings_cost_few_replications() {
    let asked = Asked::grid("10,20,30,50,70,100", "5,10,20,30,50", &["builds.bad.first_job.robots_failed.p90 <= 10"]);
    let outcome = asked.answer(5, 2);
    let best = outcome.answer.setting();
    assert!(matches!(outcome.answer, Conclusion::Best { probability: 0.9, .. }), "{:?}", outcome.answer);
    let few = outcome.settings.iter().filter(|setting| setting.figures.replications <= 1000).count();
    assert!(few > 20, "{few} of 30");
    assert!(outcome.settings[best].figures.replications > 1000);
    for setting in &outcome.settings {
        let hurt = setting.figures.constraints[0].estimate.expect("all have robots");
        assert!(setting.status != Status::Violates || hurt > 10.0, "{setting:?}");
        assert!(!setting.feasible || hurt <= 10.0, "{setting:?}");
    }
}

/// Nothing satisfies the constraints: that is proven, and said, with the setting that comes closest.
#[test]
fn when_nothing_satisfies_the_constraints() {
    let asked = Asked::grid("30,50,100", "20,30,50", &["builds.bad.first_job.robots_failed.p90 <= 5"]);
    let outcome = asked.answer(1, 2);
    assert_eq!(outcome.answer, Conclusion::Infeasible { closest: 0 });
    assert!(outcome.settings.iter().all(|setting| setting.status == Status::Violates));
    assert!(outcome.costs.is_empty() && outcome.replications_used < 9 * 1000 + 2000);
    let finding = &outcome.settings[0].figures.constraints[0];
    let metric = Metric::parse(&asked.constraints[0].metric, &asked.own).expect("a metric");
    assert_eq!(miss(&asked.constraints[0], &metric, finding), Some(finding.estimate.expect("a number") - 5.0));
}

/// What the replications that there may be do not prove is not said: here a bound that is just the truth.
#[test]
fn what_is_not_proven_is_left_open() {
    let truth =
        Asked::grid("20", "10", &["builds.good.campaign.outcomes.halted.probability <= 0.5"]).brute_force(60_000);
    let bound = format!("builds.good.campaign.outcomes.halted.probability <= {}", truth[0].1[0]);
    let mut asked = Asked::grid("20", "10,50", &[&bound]);
    asked.max_replications = 3000;
    let outcome = asked.answer(3, 2);
    // The setting on the bound is open, and it would be better.
    assert_eq!(outcome.settings[0].status, Status::Open);
    assert_eq!(outcome.answer, Conclusion::Best { setting: 1, probability: 0.0, of_decided: 0.9, by_limit: false });
    let asked = Asked { max_replications: 3000, ..Asked::grid("20", "10", &[&bound]) };
    assert_eq!(asked.answer(3, 2).answer, Conclusion::Undecided { closest: 0 });
}

/// Settings with the very same results end within each other's margin.
#[test]
fn equal_settings_do_not_go_on_for_ever() {
    let asked = Asked::grid("30", "60,70,80,90", &[]);
    let outcome = asked.answer(2, 2);
    assert!(matches!(outcome.answer, Conclusion::Best { probability: 0.9, .. }), "{:?}", outcome.answer);
    let within = outcome.settings.iter().filter(|setting| setting.status == Status::WithinMargin).count();
    assert_eq!(within, 3);
    assert!(outcome.replications_used < 4 * u64::from(asked.max_replications), "{}", outcome.replications_used);
    // Nothing fails in time here, so that not even luck tells them apart.
    let still = FLEET.replace("exponential = { mean = \"1m\" }", "constant = \"1m\"").replace("failure = 0.02", "");
    let vary = [format!("{THRESHOLD}=60,70,80")];
    let asked = Asked::new(&still, &vary, "campaign.time_to_success_s.p95", &[]);
    let outcome = asked.answer(2, 2);
    assert!(matches!(outcome.answer, Conclusion::Best { probability: 0.9, .. }), "{:?}", outcome.answer);
}

/// Numbers of so many replications are kept, and no more: the race is over then, what is proven stands, and no more is
/// said. Three settings with the same results, and a slow one that is settled at once and makes room for them.
#[test]
fn memory_is_bounded() {
    const MOST: u64 = 6000;
    let mut asked = Asked::grid("10,70,80,90", "60", &[]);
    (asked.margin, asked.max_replications) = ("0.00001%", 1_000_000);
    asked.tune(2, 2, |tuning| {
        let mut race = race::Race::new(tuning);
        race.most_kept = MOST;
        race.run().expect("nothing stops it");
        assert!((MOST - 10..=MOST).contains(&race.kept()), "{}", race.kept());
        assert!(
            matches!(race.entries[0].place, race::RaceStatus::Settled { .. }) && race.entries[0].contender.is_none()
        );
        let outcome = finish::finish(race).expect("nothing stops it");
        // The slow setting once more to be shown, and the scenario's own one.
        assert_eq!(outcome.replications_used, MOST + 256 + 1000 + 2000);
        let Conclusion::Best { setting, probability, .. } = outcome.answer else { panic!("{:?}", outcome.answer) };
        assert!(setting > 0 && probability < 0.9, "{setting} {probability}");
        assert_eq!(outcome.settings[0].status, Status::NoBetter);
        assert_eq!(outcome.settings[setting].figures.replications, 2000);
    });
}

#[test]
fn a_single_setting_is_the_best_one() {
    let asked = Asked::grid("30", "20", &[]);
    let outcome = asked.answer(1, 1);
    assert_eq!(outcome.answer, Conclusion::Best { setting: 0, probability: 0.9, of_decided: 0.9, by_limit: false });
    assert_eq!(outcome.settings[0].status, Status::Best);
}

/// A setting in which no campaign succeeds has no time to success, and is no candidate.
#[test]
fn a_setting_without_a_value_is_no_candidate() {
    let path = "group.amr.step.launching.failure";
    let fleet = FLEET.replace("{ constant = \"20s\" }", "{ constant = \"20s\" }\nfailure = 0.5");
    let ask = |values: &str| {
        let asked = Asked::new(&fleet, &[format!("{path}={values}")], "campaign.time_to_success_s.p50", &[]);
        let outcome = asked.answer(1, 2);
        assert_eq!(outcome.settings[0].status, Status::NoValue, "{values}");
        outcome.answer
    };
    assert_eq!(ask("1.0,0.01"), Conclusion::Best { setting: 1, probability: 0.9, of_decided: 0.9, by_limit: false });
    assert_eq!(ask("1.0"), Conclusion::Infeasible { closest: 0 });
}

#[test]
fn the_number_of_threads_decides_nothing() {
    let asked = &questions()[0];
    let [one, three] = [1, 3].map(|threads| format!("{:?}", asked.answer(11, threads)));
    assert!(one == three);
}

/// What a constraint costs is the difference to the best setting without it.
#[test]
fn constraints_cost_what_could_be_had_without_them() {
    let asked = &questions()[0];
    let truth = asked.brute_force(60_000);
    let outcome = asked.answer(4, 2);
    let best = truth[outcome.answer.setting()].0;
    for (index, cost) in outcome.costs.iter().enumerate() {
        let without = truth.iter().filter(|(_, values)| {
            let others =
                Asked { constraints: vec![asked.constraints[1 - index].clone()], ..Asked::grid("10", "10", &[]) };
            others.satisfied(&[values[1 - index]], 0.0)
        });
        let expected = best - without.map(|(objective, _)| *objective).fold(f64::INFINITY, f64::min);
        let found = cost.cost.expect("there is one");
        assert!((found - expected).abs() < 0.03 * best, "{index}: {found}, expected {expected}");
    }
    assert_eq!(outcome.costs.len(), 2);
    let own = outcome.own.expect("it was not cancelled");
    assert_eq!(own.figures.replications, outcome.settings[outcome.answer.setting()].figures.replications);
    assert_eq!(own.setting, Some(7), "20 % at once, halt at 20 %");
    assert!(outcome.front.windows(2).all(|pair| {
        let [quick, slow] = [pair[0], pair[1]].map(|index| &outcome.settings[index].figures.trade_off[1]);
        quick.time_p95 < slow.time_p95
    }));
}

#[test]
fn cancelled_it_says_what_is_decided() {
    let asked = Asked::grid("20", "60,70", &[]);
    let workers = Workers::new(Some(1)).expect("threads");
    let cancelled = AtomicBool::new(false);
    let stages = std::cell::Cell::new(0);
    let tuning = Tuning {
        sweep: &asked.sweep,
        own: &asked.own,
        objective: &asked.objective,
        margin: Target::Share(1e-9),
        constraints: &[],
        confidence: 0.9,
        max_replications: 1_000_000,
        seed: 1,
        workers: &workers,
        cancelled: &cancelled,
        advanced: &|_| (),
        stage: &|_| {
            stages.set(stages.get() + 1);
            cancelled.store(stages.get() == 2, std::sync::atomic::Ordering::Relaxed);
        },
    };
    let outcome = tuning.run().expect("it says what there is");
    assert!(outcome.interrupted && outcome.own.is_none());
    assert_eq!(outcome.settings.iter().map(|setting| setting.figures.replications).max(), Some(256));
}

/// Cancelled before a setting had its turn, each has the figures of nothing, in the place of every constraint and build.
#[test]
fn cancelled_before_the_first_figures_it_knows_nothing() {
    let asked = Asked::grid("20", "60,70", &["builds.good.campaign.outcomes.halted.probability <= 0.5"]);
    let cancelled = AtomicBool::new(true);
    let outcome = asked.tune(1, 1, |tuning| Tuning { cancelled: &cancelled, ..*tuning }.run().expect("it says so"));
    assert!(outcome.interrupted && outcome.replications_used == 0);
    assert_eq!(outcome.answer, Conclusion::Undecided { closest: 0 });
    for setting in &outcome.settings {
        let Figures { replications, objective, constraints, seem_to_hold, trade_off, .. } = &setting.figures;
        assert_eq!((replications, objective), (&0, &None));
        assert_eq!((constraints.len(), seem_to_hold.len(), trade_off.len()), (1, 1, 3), "all, good, bad");
        assert_eq!(constraints[0].verdict, crate::expectation::Verdict::Undecided);
    }
}

/// One robot in ten thousand takes 8 hours, which a robot timeout of half an hour cuts off. Where it does not the mean
/// is three quarters greater, of which hundreds of replications may know nothing: what the central limit says is then
/// wrong, and no probability is ever stated of it.
#[test]
fn rare_numbers_make_no_false_statement() {
    let step = "latency = { exponential = { mean = \"1m\" } }\nfailure = 0.02";
    let rare = "latency = { mixture = [{ weight = 9999, constant = \"1m\" }, { weight = 1, constant = \"8h\" }] }";
    let fleet = FLEET.replace(step, rare).replace("max_jobs = 4", "max_jobs = 4\nhorizon = \"2d\"");
    let vary = [String::from("deployment.robot_deployment_timeout=10h,30m")];
    let mut asked = Asked::new(&fleet, &vary, "campaign.time_to_success_s.mean", &[]);
    (asked.margin, asked.max_replications) = ("1%", 1000);
    let mut wrong = [0; 2];
    for seed in 0..40 {
        let outcome = asked.answer(seed, 2);
        let Conclusion::Best { setting, probability, by_limit, .. } = outcome.answer else {
            panic!("{:?}", outcome.answer)
        };
        if setting == 0 {
            wrong[0] += u32::from(by_limit);
            wrong[1] += u32::from(probability > 0.5);
        }
    }
    assert!(wrong[0] > 3, "by the central limit only {wrong:?} of 40 are wrong");
    assert_eq!(wrong[1], 0, "a probability is stated");
}

/// What makes an answer wrong are these: of 60 settings and 2 constraints 61 tests and 59 claims.
#[test]
fn the_error_is_shared_out() {
    for (settings, constraints, tests, claims) in [
        (1, 0, 1.0, 0.0),
        (1, 3, 4.0, 0.0),
        (2, 0, 2.0, 1.0),
        (60, 2, 62.0, 59.0),
        (1_000_000, 2, 1_000_002.0, 999_999.0),
    ] {
        let levels = race::Levels::new(0.95, settings, constraints);
        let error = tests * levels.test + claims * levels.claim;
        assert!((error - 0.05).abs() < 1e-12, "{settings} {constraints}: {error}");
    }
}
