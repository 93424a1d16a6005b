//! Metrics against summaries and replications.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use super::*;
use crate::experiment::{Each, Experiment, Workers};
use crate::metric::Summary;
use crate::simulation::{Plan, Replication};
use crate::statistics::Sample;

/// All numbers of a summary by their paths.
fn numbers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if !key.ends_with("ci95") {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    numbers(value, &path, found);
                }
            }
        }
        // A number that does not exist is null.
        Value::Number(_) | Value::Null => found.push(path.to_owned()),
        _ => (),
    }
}

fn at<'v>(summary: &'v Value, path: &str) -> Option<&'v Value> {
    summary.pointer(&format!("/{}", path.replace('.', "/")))
}

/// For every shipped scenario: the metrics are the numbers of its summary, each with the value and the interval
/// that stand there.
#[test]
fn metrics_are_the_numbers_of_the_summary() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut scenarios = 0;
    for entry in std::fs::read_dir(&folder).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        scenarios += 1;
        let scenario = Scenario::load(&path, &[]).expect("it is a scenario");
        let plan = Plan::new(&scenario);
        // Few of the largest fleet, many of the others, so that most intervals exist.
        let replications = (2_000_000 / plan.most_robots).clamp(3, 400);
        let experiment = Experiment { plan: &plan, seed: 3, replications, threads: Some(2), curves: false };
        let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
        let summary = Summary::new(&scenario, 3, &tally);
        let json = summary.to_json();
        // Not parsed from the text: serde_json reads floats to the last bit but one.
        let summary = serde_json::to_value(&summary).expect("it is JSON");
        let metrics = Metric::all(&scenario);
        for metric in &metrics {
            let context = format!("{}: {metric}", path.display());
            let Estimate { value, interval, .. } = metric.estimate(&tally);
            let parsed = Metric::parse(metric.path(), &scenario).expect("it is listed");
            assert_eq!(parsed.estimate(&tally), metric.estimate(&tally), "{context}");
            match at(&summary, metric.path()) {
                // What never comes is null, too.
                Some(written) => assert_eq!(written.as_f64(), value.filter(|value| value.is_finite()), "{context}"),
                None => assert!(metric.is_code() && value == Some(0.0), "{context} is not in the summary"),
            }
            let (parent, leaf) = metric.path().rsplit_once('.').unwrap_or(("", metric.path()));
            let name = if leaf == "probability" { String::from("ci95") } else { format!("{leaf}_ci95") };
            match at(&summary, &format!("{parent}.{name}")) {
                Some(written) => {
                    let ends =
                        written.as_array().map(|ends| [0, 1].map(|end| ends[end].as_f64().unwrap_or(f64::INFINITY)));
                    assert_eq!(ends, interval, "{context}");
                    *seen.entry(if ends.is_some() { "intervals" } else { "no intervals" }).or_default() += 1;
                }
                // Intervals that results leave out.
                None if ["p90", "p95"].contains(&leaf) => {
                    if let (Some([low, high]), Some(value)) = (interval, value) {
                        assert!(low <= value && value <= high, "{context}: {low} {value} {high}");
                        *seen.entry("further intervals").or_default() += 1;
                    }
                }
                None => assert_eq!(interval, None, "{context}"),
            }
            assert!(interval.is_none() || metric.has_interval(), "{context}");
        }
        let mut written = Vec::new();
        numbers(&summary, "", &mut written);
        let written: Vec<String> =
            written.into_iter().filter(|path| path != "seed" && path != "results_version").collect();
        let listed: Vec<&str> = metrics.iter().map(Metric::path).collect();
        for path in &written {
            assert!(listed.contains(&path.as_str()), "{path} is no metric");
        }
        // In the order of the file. serde_json's map would sort the keys, so the text decides.
        let mut rest = json.as_str();
        for metric in
            metrics.iter().filter(|metric| metric.build.is_none() && metric.group.is_none() && !metric.is_code())
        {
            let leaf = metric.path().rsplit('.').next().unwrap_or_default();
            let found = rest.find(&format!("\"{leaf}\": ")).expect("it stands after the one before");
            rest = &rest[found + leaf.len()..];
        }
    }
    assert!(scenarios >= 11, "{scenarios}");
    assert!(["intervals", "no intervals", "further intervals"].iter().all(|kind| seen[kind] > 100), "{seen:?}");
}

fn scenario(more: &str) -> Scenario {
    let text = format!(
        "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 50\nfailure_threshold_percentage = 50\n\
         [[group]]\nname = \"g\"\nrobots = 4\n[group.step.launching]\nlatency = {{ constant = \"1s\" }}\n{more}"
    );
    Scenario::parse(&text, "x.toml", Path::new(""), &[]).expect("it is a scenario")
}

#[test]
fn codes_are_those_that_can_occur() {
    let codes = |more: &str| -> Vec<String> {
        let all = Metric::all(&scenario(more));
        all.iter().filter_map(|metric| metric.path().strip_prefix("robot.failure_codes.")).map(str::to_owned).collect()
    };
    assert_eq!(codes(""), ["RobotDeploymentAborted", "RobotDeploymentNoResponse"]);
    assert_eq!(codes("failure = 0.1").last().unwrap(), "MissingRobotDeploymentResource");
    let weighted = "failure = { probability = 0.1, codes = { LambdaDeleted = 1, EtagMismatch = 0 } }";
    assert_eq!(codes(weighted), ["RobotDeploymentAborted", "RobotDeploymentNoResponse", "LambdaDeleted"]);
    let build = "[[build]]\nname = \"b\"\nweight = 1\nfailure = { \"g.launching\" = 0.5 }";
    assert_eq!(codes(build).last().unwrap(), "MissingRobotDeploymentResource");
    let other = Metric::parse("robot.failure_codes.BadPermissionError", &scenario("")).expect("a code of the API");
    let plan = Plan::new(&scenario(""));
    assert_eq!(other.estimate(&Tally::new(&plan, false)), Estimate::exact(Some(0.0)));
}

#[test]
fn unknown_metrics_get_the_nearest_ones() {
    let plain = scenario("");
    let builds = scenario("[[build]]\nname = \"good\"\nweight = 1\n[[build]]\nname = \"bad\"\nweight = 1");
    for (scenario, path, title, help) in [
        (&plain, "campaign.time_to_sucess_s.p95", "unknown metric", "did you mean `campaign.time_to_success_s.p95`?"),
        (&plain, "campaign.time_to_success_s.p96", "unknown metric", "`campaign.time_to_success_s.p95`"),
        (
            &plain,
            "campaign.time_to_success_s",
            "`campaign.time_to_success_s` is not a single number",
            "after `campaign.time_to_success_s.`: `count`, `mean`, `std`, `min`, `p50`",
        ),
        (&plain, "campaign.outcomes.halted.ci95", "unknown metric", "`count`, `probability`"),
        (&plain, "halted", "unknown metric", "did you mean `campaign.outcomes.halted.count`"),
        (&plain, "", "unknown metric", "a metric begins with `replications`, `campaign`, `first_job`, `robot`"),
        (&plain, "download.bytes.mean", "unknown metric", "the scenario has no `[download]`"),
        (&plain, "campaign.api.calls.p99", "unknown metric", "the scenario has no `[api]`"),
        (&plain, "robot.late_syncs.p99", "unknown metric", "the scenario has no `[group.connectivity]`"),
        (&plain, "builds.good.replications", "unknown metric", "the scenario has no `[[build]]`"),
        (&builds, "builds.god.replications", "unknown metric", "did you mean `builds.good.replications`?"),
        (&builds, "builds.ugly.replications", "unknown metric", "after `builds.`: `good`, `bad`"),
        (&plain, "replications.count", "unknown metric", "did you mean `replications`?"),
        (&plain, "robot.failure_codes.Oops", "unknown metric", "`RobotDeploymentAborted`"),
        (&plain, "robot.down_s.p95.p95", "unknown metric", "`robot.down_s.p95`"),
    ] {
        let unknown = Metric::parse(path, scenario).expect_err(path);
        let shown = unknown.to_string();
        assert!(shown.contains(title) && shown.contains(help), "{path}: {shown}");
    }
}

/// Keeps every replication as it is.
struct Keep;

impl Each for Keep {
    type Watch = ();
    type Seen = Replication;

    fn watch(&self) {}

    fn seen(&self, (): &mut (), replication: &Replication) -> Replication {
        replication.clone()
    }
}

/// For every shipped scenario: what replications say one by one comes to the numbers of the tally, of every metric
/// that can be expected to be anything; and no number exceeds its bound.
#[test]
fn replications_say_what_the_tally_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let (mut compared, mut bounded) = (0, 0);
    for entry in std::fs::read_dir(&folder).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let scenario = Scenario::load(&path, &[]).expect("it is a scenario");
        let plan = Plan::new(&scenario);
        let replications = (1_000_000 / plan.most_robots).clamp(3, 300);
        let experiment = Experiment { plan: &plan, seed: 3, replications, threads: Some(2), curves: false };
        let never = AtomicBool::new(false);
        let tally = experiment.run(&mut (), &never, &|_| ()).expect("nobody cancels it");
        let workers = Workers::new(Some(2)).expect("threads");
        let kept = experiment.each(&workers, 0..replications, &Keep, &never, &|_| ()).expect("nobody cancels it");
        assert!(kept.iter().map(|replication| replication.index).eq(0..replications), "in order");
        for metric in Metric::all(&scenario) {
            let context = format!("{}: {metric}", path.display());
            let of_build = || kept.iter().filter(|r| metric.build().is_none() || metric.build() == r.build);
            match (metric.kind(), metric.measure().source) {
                (Kind::Other, _) => (),
                (_, Source::Event(happened)) => {
                    let share = of_build().filter(|r| happened(r)).count() as f64 / of_build().count() as f64;
                    assert_eq!(
                        metric.estimate(&tally).value.unwrap_or(f64::NAN).to_bits(),
                        share.to_bits(),
                        "{context}"
                    );
                    compared += 1;
                }
                (Kind::Probability, Source::Number(_)) => {
                    let number = |r: &Replication| metric.measure().number(r, metric.group());
                    let share = of_build().filter(|r| number(r).is_none()).count() as f64 / of_build().count() as f64;
                    assert_eq!(metric.estimate(&tally).value.map(f64::to_bits), Some(share.to_bits()), "{context}");
                    compared += 1;
                }
                (kind, Source::Number(_)) => {
                    let mut sample = Sample::new(metric.unit());
                    let lasting = metric.measure().lasting;
                    if lasting {
                        sample = sample.with_never();
                    }
                    let number = |r: &Replication| metric.measure().number(r, metric.group());
                    for found in of_build().map(number) {
                        match found {
                            Some(number) => sample.record(number),
                            None if lasting => sample.record_never(),
                            None => (),
                        }
                    }
                    let statistic = match kind {
                        Kind::Quantile(percent) => {
                            Statistic::ALL.into_iter().find(|s| s.percent() == Some(percent)).expect("one")
                        }
                        _ => Statistic::Mean,
                    };
                    let Estimate { value, .. } = sample.estimate(statistic);
                    // Of a huge fleet the tally's histogram is coarser.
                    let same = match (value, metric.estimate(&tally).value) {
                        (Some(a), Some(b)) => a == b || (a - b).abs() <= 0.002 * b.abs(),
                        (a, b) => a == b,
                    };
                    assert!(same, "{context}: {value:?}");
                    let greatest = of_build().filter_map(number).max();
                    if let (Some(most), Some(greatest)) = (metric.greatest(&scenario), greatest) {
                        assert!(greatest <= most, "{context}: {greatest} > {most}");
                        bounded += 1;
                    }
                    compared += 1;
                }
                (_, Source::JobOutcomes) => {
                    let is_it = |r: &&Replication| r.first_job_outcome() == metric.outcome();
                    let share = of_build().filter(is_it).count() as f64 / of_build().count() as f64;
                    assert_eq!(
                        metric.estimate(&tally).value.unwrap_or(f64::NAN).to_bits(),
                        share.to_bits(),
                        "{context}"
                    );
                    compared += 1;
                }
                (_, Source::Robots(_)) => assert!(metric.is_of_robots(), "{context}"),
                (_, Source::Replications | Source::Codes | Source::GroupSize) => panic!("{context} cannot be observed"),
            }
        }
    }
    assert!(compared > 1000 && bounded > 500, "{compared} {bounded}");
}
