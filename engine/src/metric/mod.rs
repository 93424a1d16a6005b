//! Metrics: the numbers of results by their addresses, as in `campaign.time_to_success_s.p95`.
//!
//! A metric is one number of a [measure](crate::measure). It is called by the path under which it stands in
//! `summary.json`, those of a build as `builds.NAME.campaign.outcomes.halted.probability`. [`Metric::all`] lists a
//! scenario's, in the order of the summary; [`Metric::parse`] finds one, or says which are near; [`Metric::estimate`]
//! takes its number and interval from a tally.
//!
//! A summary names only the failure codes that occurred. As a metric a code that did not is 0.

mod summary;
mod unknown;
pub mod words;

use std::fmt;

pub use crate::statistics::{Numbers, Unit};
pub use summary::{LUCK_VERSION, RESULTS_VERSION, Results, ScenarioIdentity, Summary};
pub use unknown::UnknownMetric;

use crate::experiment::Tally;
use crate::measure::{MEASURES, Measure, Source};
use crate::rollout::{DeploymentJobErrorCode, JobOutcome, Word};
use crate::scenario::{Probability, Scenario};
use crate::statistics::{Estimate, Proportion, Statistic};

/// A number of results by its address.
#[derive(Clone, Debug)]
pub struct Metric {
    path: String,
    /// Among the scenario's builds; none for all replications together.
    build: Option<usize>,
    measure: &'static Measure,
    /// Of the outcomes of the first job the one that it is about.
    outcome: Option<Word>,
    leaf: Leaf,
}

/// Which number of a measure.
#[derive(Clone, Copy, Debug)]
enum Leaf {
    /// The only one.
    Whole,
    /// In how many replications an event happens.
    Count,
    /// The share of these.
    Probability,
    /// Of its distribution.
    Statistic(Statistic),
    Occurrences(DeploymentJobErrorCode),
}

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The share of replications in which something happens.
    Probability,
    /// Of numbers, in percent.
    Quantile(u64),
    /// One of numbers.
    Mean,
    /// An extreme, a spread or a count: what grows with the number of replications, or has no test.
    Other,
}

/// The measures that `summary.json` has of a scenario, in its order.
fn listed(scenario: &Scenario) -> impl Iterator<Item = &'static Measure> {
    MEASURES.iter().filter(|measure| measure.listed && measure.part.is_in(scenario))
}

/// All distributions of an experiment's results by their names in `summary.json`, in its order; those of each build as
/// `builds.NAME.` and the name.
pub fn distributions<'t>(scenario: &Scenario, tally: &'t Tally) -> Vec<(String, Numbers<'t>)> {
    let builds =
        scenario.builds.iter().zip(&tally.builds).map(|(build, tally)| (format!("builds.{}.", build.name), tally));
    let of_tally = |(prefix, tally): (String, &'t Tally)| {
        let numbers = move |measure: &Measure| Some((format!("{prefix}{}", measure.name), tally.numbers(measure)?));
        listed(scenario).filter_map(numbers)
    };
    std::iter::once((String::new(), tally)).chain(builds).flat_map(of_tally).collect()
}

impl Metric {
    /// All metrics of a scenario in the order of `summary.json`; of failure codes those that its robots can end with.
    pub fn all(scenario: &Scenario) -> Vec<Metric> {
        let codes = possible_codes(scenario);
        let outcomes = scenario.deployment.rules.outcomes();
        let mut metrics = Vec::new();
        let builds = scenario.builds.iter().enumerate().map(|(index, build)| (Some(index), build.name.as_str()));
        for (build, name) in std::iter::once((None, "")).chain(builds) {
            let prefix = if build.is_some() { format!("builds.{name}.") } else { String::new() };
            for measure in listed(scenario) {
                let mut add = |name: &str, leaf| {
                    let dot = if name.is_empty() { "" } else { "." };
                    let path = format!("{prefix}{}{dot}{name}", measure.name);
                    metrics.push(Metric { path, build, measure, outcome: None, leaf });
                };
                match measure.source {
                    Source::Replications => add("", Leaf::Whole),
                    Source::Event(_) => {
                        add("count", Leaf::Count);
                        add("probability", Leaf::Probability);
                    }
                    Source::Number(_) | Source::Robots(_) => {
                        Statistic::ALL
                            .iter()
                            .for_each(|statistic| add(statistic.as_str(), Leaf::Statistic(*statistic)));
                    }
                    Source::JobOutcomes => {
                        for JobOutcome { name, .. } in outcomes {
                            let outcome = Some(Word::of(name));
                            for (leaf, number) in [("count", Leaf::Count), ("probability", Leaf::Probability)] {
                                let path = format!("{prefix}{}.{name}.{leaf}", measure.name);
                                metrics.push(Metric { path, build, measure, outcome, leaf: number });
                            }
                        }
                    }
                    Source::Codes => codes.iter().for_each(|code| add(code.as_str(), Leaf::Occurrences(*code))),
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
            return Ok(Metric { path: path.to_owned(), leaf: Leaf::Occurrences(code), ..other.clone() });
        }
        Err(UnknownMetric::new(path, scenario, &all))
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is a number of.
    pub fn measure(&self) -> &'static Measure {
        self.measure
    }

    /// Of the outcomes of the first job the one that it is about.
    pub(crate) fn outcome(&self) -> Option<Word> {
        self.outcome
    }

    /// The build whose replications it is about, an index into the scenario's; none for all replications.
    pub fn build(&self) -> Option<usize> {
        self.build
    }

    /// What it measures.
    pub fn unit(&self) -> Unit {
        match self.leaf {
            Leaf::Probability => Unit::Probability,
            Leaf::Statistic(statistic) if statistic != Statistic::Count => self.measure.unit,
            _ => Unit::Count,
        }
    }

    /// What kind of number it is.
    pub fn kind(&self) -> Kind {
        match self.leaf {
            Leaf::Probability => Kind::Probability,
            Leaf::Statistic(Statistic::Mean) => Kind::Mean,
            Leaf::Statistic(statistic) => statistic.percent().map_or(Kind::Other, Kind::Quantile),
            _ => Kind::Other,
        }
    }

    /// Whether it has an interval, given replications enough.
    pub fn has_interval(&self) -> bool {
        match self.leaf {
            Leaf::Probability => true,
            Leaf::Statistic(statistic) => statistic.has_interval(),
            _ => false,
        }
    }

    /// Whether it is a quantile, which histograms know to some digits only.
    pub fn is_quantile(&self) -> bool {
        matches!(self.kind(), Kind::Quantile(_))
    }

    /// Whether it is of numbers of which a replication gives many.
    pub fn is_of_robots(&self) -> bool {
        matches!(self.measure.source, Source::Robots(_))
    }

    /// What none of its numbers exceeds, in whole units, if anything is known. A probability is at most 1.
    pub fn greatest(&self, scenario: &Scenario) -> Option<u128> {
        self.measure.bound.greatest(scenario)
    }

    /// A number in whole units as it is shown: seconds, or as it is.
    pub fn show(&self, whole: f64) -> f64 {
        self.unit().show(whole)
    }

    /// The number and its 95 % interval; `tally` is that of the whole experiment.
    pub fn estimate(&self, tally: &Tally) -> Estimate {
        Metric::estimates(std::slice::from_ref(self), tally)[0]
    }

    /// The same of many metrics. Those of a distribution are best asked for side by side, as [`Metric::all`] lists
    /// them: a distribution is looked at once for all of them.
    pub fn estimates(metrics: &[Metric], tally: &Tally) -> Vec<Estimate> {
        let mut last: Option<(Option<usize>, &'static Measure)> = None;
        let mut described = [Estimate::default(); Statistic::ALL.len()];
        let estimate = |metric: &Metric| {
            let Metric { build, measure, leaf, .. } = metric;
            let Some(tally) = build.map_or(Some(tally), |build| tally.builds.get(build)) else {
                return Estimate::default();
            };
            let count = || metric.outcome.map_or_else(|| tally.count(measure), |outcome| Some(tally.ended_as(outcome)));
            match leaf {
                Leaf::Whole => Estimate::exact(Some(tally.replications as f64)),
                Leaf::Count => Estimate::exact(count().map(|count| count as f64)),
                Leaf::Probability => {
                    let Proportion { probability, ci95, .. } =
                        Proportion::new(count().unwrap_or(0), tally.replications);
                    // No replication at all has no share, as summary.json says with `null`.
                    let value = (tally.replications > 0).then_some(probability.0);
                    Estimate::within(value, ci95.map(|end| end.0))
                }
                Leaf::Statistic(statistic) => {
                    if last.is_none_or(|(of, known)| of != *build || known != *measure) {
                        last = Some((*build, measure));
                        described = tally.numbers(measure).map_or_else(Default::default, |n| n.estimates());
                    }
                    described[*statistic as usize]
                }
                Leaf::Occurrences(code) => Estimate::exact(Some(tally.failure_codes[*code as usize] as f64)),
            }
        };
        metrics.iter().map(estimate).collect()
    }

    fn is_code(&self) -> bool {
        matches!(self.leaf, Leaf::Occurrences(_))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// The codes that robots of a scenario can end with, in the API's order: those of steps and builds that can fail, that
/// of the robot timeout and that of an aborted job.
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
                    (kind, Source::Number(number)) => {
                        let mut sample = Sample::new(metric.unit());
                        of_build().filter_map(number).for_each(|number| sample.record(number));
                        let statistic = match kind {
                            Kind::Quantile(percent) => {
                                Statistic::ALL.into_iter().find(|s| s.percent() == Some(percent)).expect("one")
                            }
                            _ => Statistic::Mean,
                        };
                        let Estimate { value, .. } = sample.estimate(statistic);
                        // Of a huge fleet the tally's histogram is coarser.
                        let same = match (value, metric.estimate(&tally).value) {
                            (Some(a), Some(b)) => (a - b).abs() <= 0.002 * b.abs(),
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
                    (_, Source::Replications | Source::Codes) => panic!("{context} cannot be observed"),
                }
            }
        }
        assert!(compared > 1000 && bounded > 500, "{compared} {bounded}");
    }
}
