//! Metrics: the numbers of results by their addresses, as in `campaign.time_to_success_s.p95`.
//!
//! A metric is called by the path under which its number stands in `summary.json`, those of a build as
//! `builds.NAME.campaign.outcomes.halted.probability`. [`Metric::all`] lists a scenario's, in the order of the summary;
//! [`Metric::parse`] finds one, or says which are near; [`Metric::estimate`] takes its number and interval from a tally.
//!
//! A summary names only the failure codes that occurred. As a metric a code that did not is 0.

mod measures;
mod observed;
mod summary;
mod unknown;
pub mod words;

use std::fmt;

pub use measures::{Numbers, distributions};
pub use observed::{Kind, Observed, OfRobots};
pub use summary::{Build, RESULTS_VERSION, ScenarioIdentity, Summary};
pub use unknown::UnknownMetric;

use crate::experiment::Tally;
use crate::rollout::DeploymentJobErrorCode;
use crate::scenario::{Probability, Scenario};
use crate::statistics::{Estimate, Proportion, Statistic};
use measures::{CLUSTERED, ENTRIES, Entry, Of};

/// What a metric's numbers measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// From 0 to 1.
    Probability,
    /// A time.
    Seconds,
    /// An amount of data.
    Bytes,
    /// A rate of data.
    BitsPerSecond,
}

/// A number of results by its address.
#[derive(Clone, Debug)]
pub struct Metric {
    path: String,
    /// Among the scenario's builds; none for all replications together.
    build: Option<usize>,
    number: Number,
}

/// Which number of a tally.
#[derive(Clone, Copy, Debug)]
enum Number {
    Replications,
    /// How many replications came to it.
    Outcomes(fn(&Tally) -> u64),
    /// Their share.
    Probability(fn(&Tally) -> u64),
    /// Of a distribution, by its place in the list of entries.
    Statistic(usize, Statistic, Unit),
    Occurrences(DeploymentJobErrorCode),
}

impl Metric {
    /// All metrics of a scenario in the order of `summary.json`; of failure codes those that its robots can end with.
    pub fn all(scenario: &Scenario) -> Vec<Metric> {
        let codes = possible_codes(scenario);
        let mut metrics = Vec::new();
        let builds = scenario.builds.iter().enumerate().map(|(index, build)| (Some(index), build.name.as_str()));
        for (build, name) in std::iter::once((None, "")).chain(builds) {
            let prefix = if build.is_some() { format!("builds.{name}.") } else { String::new() };
            for (entry, Entry { name, of, .. }) in
                ENTRIES.iter().enumerate().filter(|(_, entry)| entry.part.is_in(scenario))
            {
                let mut add = |leaf: &str, number| {
                    let dot = if leaf.is_empty() { "" } else { "." };
                    metrics.push(Metric { path: format!("{prefix}{name}{dot}{leaf}"), build, number });
                };
                match of {
                    Of::Replications => add("", Number::Replications),
                    Of::Outcome(count) => {
                        add("count", Number::Outcomes(*count));
                        add("probability", Number::Probability(*count));
                    }
                    Of::Numbers(unit, _) => {
                        for statistic in Statistic::ALL {
                            add(statistic.as_str(), Number::Statistic(entry, statistic, *unit));
                        }
                    }
                    Of::Codes => codes.iter().for_each(|code| add(code.as_str(), Number::Occurrences(*code))),
                }
            }
        }
        metrics
    }

    /// Finds a metric of a scenario. A failure code that no robot of the scenario can end with is one, too: it is 0.
    ///
    /// # Errors
    /// What is wrong with the path, and which metrics are near.
    pub fn parse(path: &str, scenario: &Scenario) -> Result<Metric, UnknownMetric> {
        let mut all = Metric::all(scenario);
        if let Some(found) = all.iter().position(|metric| metric.path == path) {
            return Ok(all.swap_remove(found));
        }
        if let Some((place, code)) = path.rsplit_once('.')
            && let Some(code) = DeploymentJobErrorCode::from_name(code)
            && let Some(other) = all.iter().find(|metric| metric.is_code() && metric.path.starts_with(place))
        {
            return Ok(Metric { path: path.to_owned(), build: other.build, number: Number::Occurrences(code) });
        }
        Err(UnknownMetric::new(path, scenario, &all))
    }

    /// The address.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it measures.
    pub fn unit(&self) -> Unit {
        match self.number {
            Number::Probability(_) => Unit::Probability,
            Number::Statistic(_, statistic, unit) if statistic != Statistic::Count => unit,
            _ => Unit::Count,
        }
    }

    /// Whether it has an interval, given replications enough.
    pub fn has_interval(&self) -> bool {
        match self.number {
            Number::Probability(_) => true,
            Number::Statistic(_, statistic, _) => statistic.has_interval(),
            _ => false,
        }
    }

    /// Whether it is a quantile, which histograms know to some digits only.
    pub fn is_quantile(&self) -> bool {
        matches!(self.number, Number::Statistic(_, statistic, _) if statistic.percent().is_some())
    }

    /// Whether it is of numbers of which a replication gives many.
    pub fn is_of_robots(&self) -> bool {
        matches!(self.number, Number::Statistic(entry, ..) if CLUSTERED.contains(&ENTRIES[entry].name))
    }

    /// The number and its 95 % interval; `tally` is that of the whole experiment.
    pub fn estimate(&self, tally: &Tally) -> Estimate {
        Metric::estimates(std::slice::from_ref(self), tally)[0]
    }

    /// The same of many metrics. Those of a distribution are best asked for side by side, as [`Metric::all`] lists them: a
    /// distribution is looked at once for all of them.
    pub fn estimates(metrics: &[Metric], tally: &Tally) -> Vec<Estimate> {
        let mut last = None;
        let mut described = [Estimate::default(); Statistic::ALL.len()];
        let estimate = |metric: &Metric| {
            let tally = match metric.build {
                None => tally,
                Some(build) => match tally.builds.get(build) {
                    Some(tally) => tally,
                    None => return Estimate::default(),
                },
            };
            match metric.number {
                Number::Replications => Estimate::exact(Some(tally.replications as f64)),
                Number::Outcomes(count) => Estimate::exact(Some(count(tally) as f64)),
                Number::Probability(count) => {
                    let Proportion { probability, ci95, .. } = Proportion::new(count(tally), tally.replications);
                    // No replication at all has no share, as summary.json says with `null`.
                    let value = (tally.replications > 0).then_some(probability.0);
                    Estimate { value, interval: Some(ci95.map(|end| end.0)) }
                }
                Number::Statistic(entry, statistic, _) => {
                    if last != Some((metric.build, entry)) {
                        last = Some((metric.build, entry));
                        described = ENTRIES[entry].numbers(tally).map_or_else(Default::default, |n| n.estimates());
                    }
                    described[statistic as usize]
                }
                Number::Occurrences(code) => Estimate::exact(Some(tally.failure_codes[code as usize] as f64)),
            }
        };
        metrics.iter().map(estimate).collect()
    }

    fn is_code(&self) -> bool {
        matches!(self.number, Number::Occurrences(_))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// The codes that robots of a scenario can end with, in the API's order: those of steps and builds that can fail, that of the
/// robot timeout and that of an aborted job.
fn possible_codes(scenario: &Scenario) -> Vec<DeploymentJobErrorCode> {
    let can_fail = |probability: &Probability| *probability != Probability::Fixed(0.0);
    let mut codes =
        vec![DeploymentJobErrorCode::RobotDeploymentAborted, DeploymentJobErrorCode::RobotDeploymentNoResponse];
    let mut add = |weights: &[(DeploymentJobErrorCode, f64)]| {
        codes.extend(weights.iter().filter(|(_, weight)| *weight > 0.0).map(|(code, _)| *code));
    };
    for step in scenario.groups.iter().flat_map(|group| &group.steps) {
        if can_fail(&step.failure_probability) {
            add(&step.failure_codes);
        }
    }
    for failure in scenario.builds.iter().flat_map(|build| &build.failures) {
        if can_fail(&failure.probability) {
            let own = || scenario.groups[failure.group].steps.iter().find(|step| step.step == failure.step);
            match (&failure.codes, own()) {
                (Some(codes), _) => add(codes),
                (None, Some(step)) => add(&step.failure_codes),
                (None, None) => (),
            }
        }
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use serde_json::Value;

    use super::*;
    use crate::experiment::Experiment;
    use crate::metric::Summary;
    use crate::simulation::Plan;

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

    /// For every shipped scenario: the metrics are the numbers of its summary, each with the value and the interval that stand
    /// there.
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
                let Estimate { value, interval } = metric.estimate(&tally);
                let parsed = Metric::parse(metric.path(), &scenario).expect("it is listed");
                assert_eq!(parsed.estimate(&tally), metric.estimate(&tally), "{context}");
                match at(&summary, metric.path()) {
                    Some(written) => assert_eq!(written.as_f64(), value, "{context}"),
                    None => assert!(metric.is_code() && value == Some(0.0), "{context} is not in the summary"),
                }
                let (parent, leaf) = metric.path().rsplit_once('.').unwrap_or(("", metric.path()));
                let name = if leaf == "probability" { String::from("ci95") } else { format!("{leaf}_ci95") };
                match at(&summary, &format!("{parent}.{name}")) {
                    Some(written) => {
                        let ends =
                            written.as_array().map(|ends| [0, 1].map(|end| ends[end].as_f64().expect("a number")));
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
            for metric in metrics.iter().filter(|metric| metric.build.is_none() && !metric.is_code()) {
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
            all.iter()
                .filter_map(|metric| metric.path().strip_prefix("robot.failure_codes."))
                .map(str::to_owned)
                .collect()
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
            (
                &plain,
                "campaign.time_to_sucess_s.p95",
                "unknown metric",
                "did you mean `campaign.time_to_success_s.p95`?",
            ),
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
}
