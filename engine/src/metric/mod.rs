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
use crate::measure::{COMPLETION, GroupSource, MEASURES, Measure, NumberId, Part, Source, TIME_TO_SUCCESS};
use crate::rollout::{DeploymentJobErrorCode, JobOutcome, Word};
use crate::scenario::{Probability, Scenario};
use crate::statistics::{Estimate, Proportion, Statistic};

/// A number of results by its address.
#[derive(Clone, Debug)]
pub struct Metric {
    path: String,
    /// Among the scenario's builds; none for all replications together.
    build: Option<usize>,
    /// Among the scenario's groups; none for the whole fleet.
    group: Option<usize>,
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
    /// How many robots a group has.
    Robots(u32),
    /// In how many replications an event happens.
    Count,
    /// The share of these.
    Probability,
    /// Of times that may never come, in how many replications they do not.
    NeverCount,
    /// The share of these.
    NeverProbability,
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
    MEASURES.iter().filter(|measure| measure.part.is_in(scenario))
}

/// All distributions of an experiment's results by their names in `summary.json`, in its order; those of each build as
/// `builds.NAME.` and the name, those of each group as `groups.NAME.` and the name. Times that may never come have no
/// place in histograms.
pub fn distributions<'t>(scenario: &Scenario, tally: &'t Tally) -> Vec<(String, Numbers<'t>)> {
    let builds =
        scenario.builds.iter().zip(&tally.builds).map(|(build, tally)| (format!("builds.{}.", build.name), tally));
    let groups =
        scenario.groups.iter().zip(&tally.groups).map(|(group, tally)| (format!("groups.{}.", group.name), tally));
    let of_tally = |(prefix, tally): (String, &'t Tally)| {
        let numbers = move |measure: &Measure| Some((format!("{prefix}{}", measure.name), tally.numbers(measure)?));
        listed(scenario).filter(|measure| !measure.lasting).filter_map(numbers)
    };
    let whole = std::iter::once((String::new(), tally)).chain(builds).flat_map(of_tally);
    let by_group = groups.flat_map(|(prefix, group)| {
        let of_group = listed(scenario).filter(|measure| measure.of_group.is_some() && !measure.lasting);
        of_group.filter_map(move |measure| Some((format!("{prefix}{}", measure.name), group.numbers(measure)?)))
    });
    whole.chain(by_group).collect()
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
                let mut add = |name: &str, leaf| metrics.push(Metric::new(&prefix, measure, name, leaf, build, None));
                match measure.source {
                    Source::Replications => add("", Leaf::Whole),
                    Source::Event(_) => {
                        add("count", Leaf::Count);
                        add("probability", Leaf::Probability);
                    }
                    Source::Number(_) | Source::Robots(_) => {
                        leaves(measure).into_iter().for_each(|(name, leaf)| add(name, leaf));
                    }
                    Source::GroupSize => (),
                    Source::JobOutcomes => {
                        for JobOutcome { name, .. } in outcomes {
                            let outcome = Some(Word::of(name));
                            for (leaf, number) in [("count", Leaf::Count), ("probability", Leaf::Probability)] {
                                let path = format!("{prefix}{}.{name}.{leaf}", measure.name);
                                metrics.push(Metric { path, build, group: None, measure, outcome, leaf: number });
                            }
                        }
                    }
                    Source::Codes => codes.iter().for_each(|code| add(code.as_str(), Leaf::Occurrences(*code))),
                }
            }
        }
        let groups = scenario.groups.iter().enumerate().filter(|_| Part::Groups.is_in(scenario));
        for (index, group) in groups {
            let prefix = format!("groups.{}.", group.name);
            for measure in listed(scenario) {
                let mut add =
                    |name: &str, leaf| metrics.push(Metric::new(&prefix, measure, name, leaf, None, Some(index)));
                match measure.of_group {
                    Some(GroupSource::Size) => add("", Leaf::Robots(group.robots)),
                    Some(GroupSource::Number(_) | GroupSource::Robots) => {
                        leaves(measure).into_iter().for_each(|(name, leaf)| add(name, leaf));
                    }
                    None => (),
                }
            }
        }
        metrics
    }

    /// One of a measure's numbers, by what stands after its name.
    fn new(
        prefix: &str,
        measure: &'static Measure,
        name: &str,
        leaf: Leaf,
        build: Option<usize>,
        group: Option<usize>,
    ) -> Metric {
        let dot = if name.is_empty() { "" } else { "." };
        let path = format!("{prefix}{}{dot}{name}", measure.name);
        Metric { path, build, group, measure, outcome: None, leaf }
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

    /// The group whose robots it is about, an index into the scenario's; none for the whole fleet.
    pub fn group(&self) -> Option<usize> {
        self.group
    }

    /// The most robots that it can be about.
    pub fn most_robots(&self, scenario: &Scenario) -> u32 {
        self.group.map_or_else(|| scenario.most_robots(), |group| scenario.groups[group].most_robots())
    }

    /// What it measures.
    pub fn unit(&self) -> Unit {
        match self.leaf {
            Leaf::Probability | Leaf::NeverProbability => Unit::Probability,
            Leaf::Statistic(statistic) if statistic != Statistic::Count => self.measure.unit,
            _ => Unit::Count,
        }
    }

    /// What kind of number it is.
    pub fn kind(&self) -> Kind {
        match self.leaf {
            Leaf::Probability | Leaf::NeverProbability => Kind::Probability,
            Leaf::Statistic(Statistic::Mean) => Kind::Mean,
            Leaf::Statistic(statistic) => statistic.percent().map_or(Kind::Other, Kind::Quantile),
            _ => Kind::Other,
        }
    }

    /// Whether it has an interval, given replications enough.
    pub fn has_interval(&self) -> bool {
        match self.leaf {
            Leaf::Probability | Leaf::NeverProbability => true,
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
        self.measure.bound.greatest(scenario, self.most_robots(scenario))
    }

    /// Whether it is over those replications alone that have a number of its measure.
    pub fn is_conditional(&self) -> bool {
        let number = matches!(self.measure.source, Source::Number(_)) && !self.measure.lasting;
        number && matches!(self.leaf, Leaf::Statistic(statistic) if statistic != Statistic::Count)
    }

    /// In which share of the replications that it is about there is a number of its measure, if it is over these alone.
    pub fn share(&self, tally: &Tally) -> Option<f64> {
        let tally = self.of(tally).filter(|tally| tally.replications > 0 && self.is_conditional())?;
        let Numbers::Independent(sample) = tally.numbers(self.measure)? else { return None };
        Some(sample.count() as f64 / tally.replications as f64)
    }

    /// Of a quantile of the time to success the same quantile over all campaigns, of which one that never gets there is
    /// later than any.
    pub fn over_all(&self) -> Option<Metric> {
        let [part, all] = [TIME_TO_SUCCESS, COMPLETION].map(NumberId::measure);
        (self.measure == part && self.is_quantile()).then(|| Metric {
            path: self.path.replace(part.name, all.name),
            measure: all,
            ..self.clone()
        })
    }

    /// The tally of what it is about.
    fn of<'t>(&self, tally: &'t Tally) -> Option<&'t Tally> {
        match (self.build, self.group) {
            (Some(build), _) => tally.builds.get(build),
            (None, Some(group)) => tally.groups.get(group),
            (None, None) => Some(tally),
        }
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
        let mut last: Option<([Option<usize>; 2], &'static Measure)> = None;
        let mut described = [Estimate::default(); Statistic::ALL.len()];
        let estimate = |metric: &Metric| {
            let Metric { build, group, measure, leaf, .. } = metric;
            let Some(tally) = metric.of(tally) else { return Estimate::default() };
            let count = || metric.outcome.map_or_else(|| tally.count(measure), |outcome| Some(tally.ended_as(outcome)));
            let never = || match tally.numbers(measure) {
                Some(Numbers::Independent(sample)) => sample.never(),
                _ => None,
            };
            let share = |count: Option<u64>| {
                let Proportion { probability, ci95, .. } = Proportion::new(count.unwrap_or(0), tally.replications);
                // No replication at all has no share, as summary.json says with `null`.
                let value = (tally.replications > 0).then_some(probability.0);
                Estimate::within(value, ci95.map(|end| end.0))
            };
            match leaf {
                Leaf::Whole => Estimate::exact(Some(tally.replications as f64)),
                Leaf::Robots(robots) => Estimate::exact(Some(f64::from(*robots))),
                Leaf::Count => Estimate::exact(count().map(|count| count as f64)),
                Leaf::NeverCount => Estimate::exact(never().map(|count| count as f64)),
                Leaf::Probability => share(count()),
                Leaf::NeverProbability => share(never()),
                Leaf::Statistic(statistic) => {
                    if last.is_none_or(|(of, known)| of != [*build, *group] || known != *measure) {
                        last = Some(([*build, *group], measure));
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

/// The numbers of a measure that has many, in the order of results.
fn leaves(measure: &Measure) -> Vec<(&'static str, Leaf)> {
    let statistics = Statistic::ALL.iter().map(|statistic| (statistic.as_str(), Leaf::Statistic(*statistic)));
    if !measure.lasting {
        return statistics.collect();
    }
    let never = [("never.count", Leaf::NeverCount), ("never.probability", Leaf::NeverProbability)];
    let has = |(_, leaf): &(&str, Leaf)| !matches!(leaf, Leaf::Statistic(Statistic::Mean | Statistic::Std));
    let mut leaves: Vec<(&'static str, Leaf)> = statistics.filter(has).collect();
    // After the count.
    leaves.splice(1..1, never);
    leaves
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
mod tests;
