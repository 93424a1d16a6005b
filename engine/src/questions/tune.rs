//! What `rollcast tune` is to find: `[tune]`, and the same by options.

use std::ops::Range;

use super::Bounds;
use super::claim::{self, Mistake};
use crate::metric::{Kind, Metric, Unit, UnknownMetric};
use crate::precision::Target;
use crate::scenario::{Scenario, Variation, parse_duration, parse_rate, parse_size};

/// The `[tune]` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Tune {
    /// What may vary; the first one slowest.
    pub vary: Vec<Variation>,
    /// What is to be small or great; none if an option has to say it.
    pub objective: Option<Objective>,
    /// What has to hold.
    pub constraints: Vec<Constraint>,
    /// How sure the answer has to be; in (0.5, 1), default 0.95.
    pub confidence: f64,
    /// How much worse than the best setting is good enough, as written: a [`Target`] of the objective; default `1%`.
    pub margin: String,
    /// The most replications of a setting; >= 1, default 100000.
    pub max_replications: u32,
}

/// How sure an answer has to be unless the scenario says otherwise.
pub const DEFAULT_TUNE_CONFIDENCE: f64 = 0.95;

/// How much worse than the best is good enough unless the scenario says otherwise.
pub const DEFAULT_MARGIN: &str = "1%";

/// How many replications a setting may take unless the scenario says otherwise.
pub const DEFAULT_TUNE_REPLICATIONS: u32 = 100_000;

impl Default for Tune {
    fn default() -> Tune {
        Tune {
            vary: Vec::new(),
            objective: None,
            constraints: Vec::new(),
            confidence: DEFAULT_TUNE_CONFIDENCE,
            margin: DEFAULT_MARGIN.to_owned(),
            max_replications: DEFAULT_TUNE_REPLICATIONS,
        }
    }
}

/// Whether a metric is to be small or great.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    Minimize,
    Maximize,
}

impl Sense {
    /// The key of `[tune]`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Sense::Minimize => "minimize",
            Sense::Maximize => "maximize",
        }
    }
}

/// What is to be small or great.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// The metric's path, which is one of the scenario's.
    pub metric: String,
    /// Which of the two.
    pub direction: Sense,
}

/// What has to hold: `METRIC <= NUMBER` or `METRIC >= NUMBER`.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// As written, without blanks around it.
    pub text: String,
    /// The metric's path, which is one of the scenario's.
    pub metric: String,
    /// One bound, from above or from below.
    pub bounds: Bounds,
}

/// A mistake and the part of the text that is wrong, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    pub part: Range<usize>,
    pub mistake: Mistake,
}

impl Objective {
    /// Reads the path of an objective.
    ///
    /// # Errors
    /// What is wrong with it, and what would be accepted.
    pub fn parse(text: &str, direction: Sense, scenario: &Scenario) -> Result<Objective, Misplaced> {
        Objective::read(text, direction, scenario).and_then(|(objective, doubt)| doubt.map_or(Ok(objective), Err))
    }

    /// The same, and why settings cannot be compared by it, if they cannot.
    pub(super) fn read(
        text: &str,
        direction: Sense,
        scenario: &Scenario,
    ) -> Result<(Objective, Option<Misplaced>), Misplaced> {
        let (metric, part) = known_metric(text, 0..text.len(), scenario)?;
        let at = |mistake| Misplaced { part: part.clone(), mistake };
        comparable(&metric, direction, scenario).map_err(at)?;
        let doubt = claim::about_something(&metric, scenario).map_err(at).err();
        Ok((Objective { metric: metric.path().to_owned(), direction }, doubt))
    }

    /// Whether settings can be compared by it under another setting of the scenario.
    ///
    /// # Errors
    /// Why they cannot.
    pub fn fits(&self, scenario: &Scenario) -> Result<(), Mistake> {
        Objective::parse(&self.metric, self.direction, scenario).map(|_| ()).map_err(|wrong| wrong.mistake)
    }

    /// Reads how much worse than the best is good enough.
    ///
    /// # Errors
    /// What is wrong with it, and what would be accepted.
    pub fn margin(&self, text: &str, scenario: &Scenario) -> Result<Target, Mistake> {
        let metric = Metric::parse(&self.metric, scenario).map_err(mistake_of)?;
        let target = Target::margin(text, &metric).map_err(|unfit| Mistake::new(unfit.title, "").help(unfit.help))?;
        match target {
            Target::Share(share) if share >= 1.0 => {
                let title = format!("`{text}` is out of range");
                Err(Mistake::new(title, "expected less than 100 %").help("a margin is a part of the best value"))
            }
            target => Ok(target),
        }
    }
}

impl Constraint {
    /// Reads `METRIC <= NUMBER` or `METRIC >= NUMBER`, the number in the metric's unit.
    ///
    /// # Errors
    /// What is wrong with it, and what would be accepted; also one that can never hold.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Constraint, Misplaced> {
        Constraint::read(text, scenario).and_then(|(constraint, doubt)| doubt.map_or(Ok(constraint), Err))
    }

    /// The same, and why it can never be proven to hold, if it cannot.
    pub(super) fn read(text: &str, scenario: &Scenario) -> Result<(Constraint, Option<Misplaced>), Misplaced> {
        const HELP: &str =
            "write METRIC <= NUMBER or METRIC >= NUMBER, as in \"campaign.outcomes.halted.probability <= 0.01\"";
        let wrong = |part: Range<usize>, title: &str, label: &str| {
            Err(Misplaced { part, mistake: Mistake::new(title, label).help(HELP) })
        };
        let Some(at) = text.find(['<', '>', '=']) else {
            return wrong(0..text.len(), "a constraint needs a metric and a bound", "no `<=` or `>=` here");
        };
        let rest = &text[at..];
        let Some(sign) = ["<=", ">="].into_iter().find(|sign| rest.starts_with(sign)) else {
            let end = at + rest.find(|c| !['<', '>', '='].contains(&c)).unwrap_or(rest.len());
            return wrong(at..end, "a constraint compares by `<=` or `>=`", "expected `<=` or `>=`");
        };
        let (metric, place) = known_metric(text, 0..at, scenario)?;
        let doubt = claim::testable(&metric, scenario).map_err(|mistake| Misplaced { part: place, mistake });
        if metric.kind() == Kind::Other {
            doubt.clone()?;
        }
        let number = trimmed(text, at + sign.len()..text.len());
        if number.is_empty() {
            return wrong(at..text.len(), "a constraint needs a bound", "no number here");
        }
        let at_number = |mistake| Misplaced { part: number.clone(), mistake };
        let bound = bound(&text[number.clone()], &metric).map_err(at_number)?;
        let bounds = if sign == "<=" { Bounds::AtMost(bound) } else { Bounds::AtLeast(bound) };
        let doubt = doubt.and_then(|()| claim::possible_somewhere(&metric, bounds).map_err(at_number));
        Ok((Constraint { text: text.trim().to_owned(), metric: metric.path().to_owned(), bounds }, doubt.err()))
    }

    /// Whether it can be tested under another setting of the scenario, where it may well be out of reach.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn fits(&self, scenario: &Scenario) -> Result<(), Mistake> {
        let metric = Metric::parse(&self.metric, scenario).map_err(mistake_of)?;
        claim::testable(&metric, scenario)
    }

    /// Whether it could hold under a setting of the scenario.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn reachable(&self, scenario: &Scenario) -> Result<(), Mistake> {
        let metric = Metric::parse(&self.metric, scenario).map_err(mistake_of)?;
        claim::possible(&metric, self.bounds, scenario)
    }

    /// Whether another one says of the same metric and side something else, or the same.
    pub fn replaces(&self, other: &Constraint) -> bool {
        self.metric == other.metric && self.bounds.at_most().is_some() == other.bounds.at_most().is_some()
    }

    /// Whether two constraints cannot hold together.
    pub fn contradicts(&self, other: &Constraint) -> bool {
        let below = |low: &Constraint, high: &Constraint| matches!((low.bounds.at_least(), high.bounds.at_most()), (Some(low), Some(high)) if low > high);
        self.metric == other.metric && (below(self, other) || below(other, self))
    }
}

/// Whether a path is part of the rollout, so that settings of it can be compared.
pub fn is_of_rollout(path: &str) -> bool {
    const OTHERS: [&str; 6] = ["run", "tune", "expect", "check", "name", "description"];
    !OTHERS.contains(&path.split('.').next().unwrap_or_default().trim())
}

/// A metric by its path within a text, and where it stands.
fn known_metric(text: &str, part: Range<usize>, scenario: &Scenario) -> Result<(Metric, Range<usize>), Misplaced> {
    let part = trimmed(text, part);
    match Metric::parse(&text[part.clone()], scenario) {
        Ok(metric) => Ok((metric, part)),
        Err(unknown) => {
            let within = unknown.unknown.clone();
            Err(Misplaced { part: part.start + within.start..part.start + within.end, mistake: mistake_of(unknown) })
        }
    }
}

fn mistake_of(unknown: UnknownMetric) -> Mistake {
    let UnknownMetric { title, help, .. } = unknown;
    help.into_iter().fold(Mistake::new(title, ""), Mistake::help)
}

/// A part without the blanks around it.
fn trimmed(text: &str, part: Range<usize>) -> Range<usize> {
    let inner = &text[part.clone()];
    let start = part.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// Whether two settings can be compared by the metric.
fn comparable(metric: &Metric, direction: Sense, scenario: &Scenario) -> Result<(), Mistake> {
    let word = direction.as_str();
    match metric.kind() {
        Kind::Quantile(_) if metric.is_of_robots() => {
            let title = format!("`{metric}` cannot be an objective: it is a quantile over robots");
            let help = format!(
                "{word} the mean, or a number of which a replication has one, as in {word} = \"campaign.completion_s.p95\""
            );
            Err(Mistake::new(title, "a replication has many of these numbers").help(help))
        }
        Kind::Probability | Kind::Quantile(_) | Kind::Mean => Ok(()),
        Kind::Other => {
            let title = format!("`{metric}` cannot be an objective");
            Err(claim::no_number_to_test(title, metric, scenario))
        }
    }
}

/// A bound in whole units: microseconds, robots, bytes, bits a second; a probability as such.
fn bound(text: &str, metric: &Metric) -> Result<f64, Mistake> {
    let plain: Option<f64> = text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite());
    let unit = metric.unit();
    let (found, accepted) = match unit {
        Unit::Probability => {
            let percent = || text.strip_suffix('%')?.trim().parse().ok().map(|percent: f64| percent / 100.0);
            (plain.or_else(percent), "a probability from 0 to 1 as in `0.01`, or `1%`")
        }
        Unit::Count => (plain, "a number as in `30`"),
        Unit::Seconds => {
            let micros = || parse_duration(text).ok().map(|span| span.micros() as f64);
            (plain.map(|seconds| seconds * 1e6).or_else(micros), "a duration as in `2h`, or a number of seconds")
        }
        Unit::Bytes => (plain.or_else(|| parse_size(text).ok()), "a size as in `600MB`, or a number of bytes"),
        Unit::BitsPerSecond => {
            (plain.or_else(|| parse_rate(text).ok()), "a rate as in `20Mbit/s`, or a number of bits a second")
        }
    };
    let Some(found) = found.filter(|number| number.is_finite()) else {
        return Err(Mistake::new(format!("`{text}` is no bound of `{metric}`"), format!("expected {accepted}")));
    };
    if unit == Unit::Probability && found > 1.0 {
        let mistake = Mistake::new(format!("`{text}` is no probability"), format!("expected {accepted}"));
        return Err(if found <= 100.0 { mistake.help(format!("percent are written `{text}%`")) } else { mistake });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn scenario() -> Scenario {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/release-gate.toml");
        Scenario::load(&path, &[]).expect("it is a scenario")
    }

    #[test]
    fn constraints_in_the_unit_of_their_metric() {
        let scenario = scenario();
        for (text, bounds) in [
            ("builds.good.campaign.outcomes.halted.probability <= 0.01", Bounds::AtMost(0.01)),
            ("campaign.outcomes.in_sync.probability>=97.5%", Bounds::AtLeast(0.975)),
            ("  builds.crashes.first_job.robots_failed.p95 <= 30 ", Bounds::AtMost(30.0)),
            ("campaign.time_to_success_s.p95 <= 2h", Bounds::AtMost(7200e6)),
            ("campaign.time_to_success_s.p95 <= 90.5", Bounds::AtMost(90.5e6)),
            ("robot.deployment_s.p99 <= 15m", Bounds::AtMost(900e6)),
            ("campaign.peak_robots_down.mean >= 1_0", Bounds::AtLeast(10.0)),
            ("first_job.robots_failed.p95 <= 0", Bounds::AtMost(0.0)),
        ] {
            let found = Constraint::parse(text, &scenario).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
            assert_eq!((found.bounds, found.text.as_str()), (bounds, text.trim()), "{text}");
        }
    }

    #[test]
    fn constraints_that_are_none() {
        let scenario = scenario();
        for (text, part, title, help) in [
            ("campaign.jobs.p95", "campaign.jobs.p95", "needs a metric and a bound", "write METRIC <= NUMBER"),
            ("campaign.jobs.p95 < 3", "<", "compares by `<=` or `>=`", "write METRIC"),
            ("campaign.jobs.p95 == 3", "==", "compares by `<=` or `>=`", "write METRIC"),
            ("campaign.jobs.p95 <= ", "<= ", "needs a bound", "write METRIC"),
            ("campaign.jops.p95 <= 3", "jops.p95", "unknown metric", "campaign.jobs.p95"),
            ("builds.bad.campaign.jobs.p95 <= 3", "bad.campaign.jobs.p95", "unknown metric", "`good`"),
            ("campaign.jobs.max <= 3", "campaign.jobs.max", "cannot be expected or constrained", "`campaign.jobs.p95`"),
            ("campaign.jobs.p95 <= soon", "soon", "`soon` is no bound", ""),
            ("campaign.jobs.p95 <= 2h", "2h", "`2h` is no bound", ""),
            ("first_job.robots_failed.p95 <= -1", "-1", "is never below 0", "can never hold"),
            ("campaign.outcomes.halted.probability <= 0", "0", "cannot be proven to be 0", "leave it some room"),
            ("campaign.outcomes.halted.probability <= 5", "5", "`5` is no probability", "`5%`"),
            ("campaign.outcomes.halted.probability >= 1", "1", "is never 100 % or more", "leave it some room"),
        ] {
            let Misplaced { part: found, mistake } = Constraint::parse(text, &scenario).expect_err(text);
            assert_eq!(&text[found], part, "{text}");
            assert!(mistake.title.contains(title), "{text}: {mistake:?}");
            assert!(help.is_empty() || mistake.help.iter().any(|line| line.contains(help)), "{text}: {mistake:?}");
        }
    }

    #[test]
    fn constraints_that_cannot_hold_together() {
        let scenario = scenario();
        let parse = |text: &str| Constraint::parse(text, &scenario).expect("a constraint");
        let [low, high] = ["campaign.jobs.p95 >= 3", "campaign.jobs.p95 <= 2"].map(parse);
        assert!(low.contradicts(&high) && high.contradicts(&low));
        assert!(!low.contradicts(&parse("campaign.jobs.p95 <= 3")) && !low.contradicts(&low));
        assert!(!low.contradicts(&parse("campaign.jobs.p50 <= 2")));
        let out_of_reach = parse("campaign.jobs.p95 >= 6");
        assert!(out_of_reach.fits(&scenario).is_ok() && low.reachable(&scenario).is_ok());
        let mistake = out_of_reach.reachable(&scenario).expect_err("there are five jobs");
        assert!(mistake.title.contains("is never 6 or more"), "{mistake:?}");
    }

    #[test]
    fn objectives_and_their_margins() {
        let scenario = scenario();
        let parse = |text: &str| Objective::parse(text, Sense::Minimize, &scenario);
        for (metric, margin, target) in [
            ("builds.good.campaign.time_to_success_s.p95", "1%", Target::Share(0.01)),
            ("campaign.time_to_success_s.mean", "30s", Target::Absolute(30.0)),
            ("campaign.outcomes.halted.probability", "1%", Target::Absolute(0.01)),
            ("robot.deployment_s.mean", "0.01%", Target::Share(0.0001)),
            ("first_job.robots_failed.p95", "0.5", Target::Absolute(0.5)),
        ] {
            let objective = parse(metric).unwrap_or_else(|wrong| panic!("{metric}: {wrong:?}"));
            assert_eq!(objective.margin(margin, &scenario).expect("a margin"), target, "{metric}");
        }
        for (metric, title) in [
            ("campaign.time_to_success_s", "is not a single number"),
            ("campaign.time_to_success_s.max", "cannot be an objective"),
            ("robot.deployment_s.p95", "it is a quantile over robots"),
            ("campaign.time.p95", "unknown metric"),
        ] {
            let wrong = parse(metric).expect_err(metric);
            assert!(wrong.mistake.title.contains(title), "{metric}: {wrong:?}");
        }
        let time = parse("campaign.time_to_success_s.p95").expect("an objective");
        for margin in ["0%", "-1%", "100%", "5", "soon"] {
            time.margin(margin, &scenario).expect_err(margin);
        }
    }
}
