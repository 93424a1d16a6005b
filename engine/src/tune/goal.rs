//! The objective as the race looks at it.

use crate::experiment::{Observation, Observed, Wanted};
use crate::metric::{Kind, Metric, Unit};
use crate::precision::Target;
use crate::questions::{Objective, Sense};
use crate::scenario::Scenario;
use crate::statistics::confidence_sequence::BernoulliSequence;
use crate::statistics::paired::{
    Pair, PairReach, Slack, mean_evidence, mean_evidence_by_limit, mean_interval, probability_evidence,
    quantile_evidence,
};
use crate::statistics::rank;
use crate::time::MICROS;

/// How the objective is taken from replications and compared. Inside, small is good: what is to be great is negated.
#[derive(Clone, Debug)]
pub struct Goal {
    metric: Metric,
    kind: Kind,
    sign: f64,
    slack: Slack,
    /// The error of intervals.
    alpha: f64,
}

/// What replications say of the objective, in their order: none where one has no number.
#[derive(Clone, Debug)]
pub enum Series {
    /// Numbers, or 1 for an event that happened and 0 for one that did not.
    Plain(Vec<Option<f64>>),
    /// Of which a mean is taken, with what none of them exceeds, if that is known.
    Parts(Vec<Option<Pair>>, Option<PairReach>),
}

/// Evidence for a claim about two settings.
#[derive(Clone, Copy, Debug)]
pub struct ClaimEvidence {
    /// That proves it once it is enough.
    pub proof: f64,
    /// The same by the central limit, where a mean cannot be proven; else the same.
    pub by_limit: f64,
}

/// What a single replication says of the objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Said {
    /// It is about another build.
    NotAbout,
    /// It has no such number.
    Nothing,
    Number(Pair),
}

impl Goal {
    /// Of an objective that the scenario's check has accepted. `alpha` is the error of intervals.
    pub fn new(objective: &Objective, margin: Target, scenario: &Scenario, alpha: f64) -> Goal {
        let metric = Metric::parse(&objective.metric, scenario).expect("a checked objective is one of the metrics");
        let unit = if metric.unit() == Unit::Seconds { MICROS as f64 } else { 1.0 };
        let slack = match margin {
            Target::Share(share) => Slack { amount: 0.0, share },
            Target::Absolute(amount) => Slack { amount: amount * unit, share: 0.0 },
        };
        let sign = if objective.direction == Sense::Minimize { 1.0 } else { -1.0 };
        Goal { kind: metric.kind(), metric, sign, slack, alpha }
    }

    /// What is to be observed of a replication.
    pub fn wanted(&self) -> Wanted {
        Wanted::new(self.metric.measure(), self.metric.outcome(), [0; 2]).of_group(self.metric.group())
    }

    /// What it is a number of.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// Of no replication of a setting yet.
    pub fn series(&self, scenario: &Scenario) -> Series {
        if self.kind != Kind::Mean {
            return Series::Plain(Vec::new());
        }
        let whole = if self.metric.is_of_robots() { self.metric.most_robots(scenario).into() } else { 1.0 };
        let reach = |greatest: u128| PairReach { greatest: self.sign * greatest as f64, whole };
        Series::Parts(Vec::new(), self.metric.greatest(scenario).map(reach))
    }

    /// What a replication says, of which the observation `index` is the objective's.
    pub fn said(&self, observed: &Observed, index: usize) -> Said {
        if self.metric.build().is_some() && self.metric.build() != observed.build {
            return Said::NotAbout;
        }
        let (part, whole) = match observed.observations[index] {
            Observation::Nothing => return Said::Nothing,
            Observation::Event(happened) => (f64::from(happened), 1.0),
            // The only probability of times is that of one which never comes.
            Observation::Number(_) if self.kind == Kind::Probability => (0.0, 1.0),
            Observation::Never if self.kind == Kind::Probability => (1.0, 1.0),
            Observation::Number(number) => (number as f64, 1.0),
            Observation::Never => (f64::INFINITY, 1.0),
            Observation::Robots(times) if times.count == 0 => return Said::Nothing,
            Observation::Robots(times) => (times.sum as f64, times.count as f64),
        };
        Said::Number(Pair { part: self.sign * part, whole })
    }

    /// Evidence, up to `enough`, that the first setting is no worse than the second one, or no more than the margin
    /// worse. There is never more of it for the former than for the latter.
    pub fn evidence(&self, first: &Series, second: &Series, within_margin: bool, enough: f64) -> ClaimEvidence {
        let slack = if within_margin { self.slack } else { Slack::NONE };
        let alike = |evidence: f64| ClaimEvidence { proof: evidence, by_limit: evidence };
        let found = match (self.kind, first, second) {
            (Kind::Quantile(percent), Series::Plain(first), Series::Plain(second)) => {
                let p = percent as f64 / 100.0;
                let p = if self.sign > 0.0 { p } else { 1.0 - p };
                alike(quantile_evidence(first, second, p, slack, enough))
            }
            (_, Series::Plain(first), Series::Plain(second)) => {
                alike(probability_evidence(first, second, slack.amount))
            }
            (_, Series::Parts(first, one), Series::Parts(second, other)) => {
                let farther = |one: PairReach, other: PairReach| PairReach {
                    greatest: if one.greatest.abs() > other.greatest.abs() { one.greatest } else { other.greatest },
                    whole: one.whole.max(other.whole),
                };
                let reach = one.zip(*other).map(|(one, other)| farther(one, other));
                let proof = |slack| reach.map_or(0.0, |reach| mean_evidence(first, second, slack, reach, enough));
                let within = proof(self.slack);
                let proof = if within_margin { within } else { within.min(proof(slack)) };
                ClaimEvidence { proof, by_limit: mean_evidence_by_limit(first, second, slack) }
            }
            _ => unreachable!("all settings have the same objective"),
        };
        ClaimEvidence { proof: found.proof.clamp(0.0, enough), by_limit: found.by_limit.clamp(0.0, enough) }
    }

    /// Whether nothing can ever be proven of a setting by its numbers: a mean of such as nothing bounds.
    pub fn is_beyond_proof(&self, numbers: &Series) -> bool {
        matches!(numbers, Series::Parts(_, None))
    }

    /// The objective's estimate; small is good.
    pub fn estimate(&self, numbers: &Series) -> Option<f64> {
        match (self.kind, numbers) {
            (Kind::Quantile(percent), Series::Plain(numbers)) => {
                let mut found: Vec<f64> = numbers.iter().flatten().map(|number| number * self.sign).collect();
                let n = found.len();
                let place = (rank(n as u64, percent) as usize).checked_sub(1).filter(|_| n > 0)?;
                let (_, number, _) = found.select_nth_unstable_by(place, f64::total_cmp);
                Some(*number * self.sign)
            }
            (_, Series::Plain(numbers)) => mean(numbers.iter().flatten().map(|number| (*number, 1.0))),
            (_, Series::Parts(numbers, _)) => mean(numbers.iter().flatten().map(|pair| (pair.part, pair.whole))),
        }
    }

    /// Of a quantile of the time to success the same quantile over all `about` campaigns, as it is shown: those without a
    /// number are later than any.
    pub fn over_all(&self, numbers: &Series, about: u64) -> Option<f64> {
        let (Kind::Quantile(percent), Series::Plain(numbers), Some(_)) = (self.kind, numbers, self.metric.over_all())
        else {
            return None;
        };
        let mut found: Vec<f64> = numbers.iter().flatten().map(|number| number * self.sign).collect();
        let place = rank(about, percent) as usize - 1;
        if place >= found.len() {
            return (about > 0).then_some(f64::INFINITY);
        }
        let (_, number, _) = found.select_nth_unstable_by(place, f64::total_cmp);
        Some(self.metric.show(*number))
    }

    /// A number as it is shown.
    pub fn show(&self, number: f64) -> f64 {
        // Nobody reads a minus before a zero.
        self.metric.show(self.sign * number) + 0.0
    }

    /// Where the objective lies, as it is shown: at all times at once, for itself; a mean by the central limit. An end
    /// that nothing bounds is none.
    pub fn interval(&self, numbers: &Series) -> [Option<f64>; 2] {
        let shown = |[low, high]: [Option<f64>; 2]| {
            let ends = [low, high].map(|end| end.map(|number| self.show(number)));
            if self.sign > 0.0 { ends } else { [ends[1], ends[0]] }
        };
        match (self.kind, numbers) {
            (Kind::Quantile(percent), Series::Plain(numbers)) => {
                let mut found: Vec<f64> = numbers.iter().flatten().map(|number| self.show(*number)).collect();
                found.sort_unstable_by(f64::total_cmp);
                let ranks = BernoulliSequence::quantile_ranks(found.len() as u64, percent, self.alpha / 2.0);
                ranks.map(|rank| rank.map(|rank| found[rank as usize - 1]))
            }
            (_, Series::Plain(numbers)) => {
                let mut sequence = BernoulliSequence::default();
                numbers.iter().flatten().for_each(|happened| sequence.record(*happened != 0.0));
                sequence.interval(self.alpha).map(Some)
            }
            (_, Series::Parts(numbers, _)) => {
                shown(mean_interval(numbers, self.alpha).map_or([None; 2], |e| e.map(Some)))
            }
        }
    }
}

/// The sum of parts over the sum of wholes.
fn mean(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (part, whole) = pairs.fold((0.0, 0.0), |(part, whole), pair| (part + pair.0, whole + pair.1));
    (whole > 0.0).then(|| part / whole)
}

impl Series {
    /// Adds what the next replication says.
    pub fn push(&mut self, said: Said) {
        let number = match said {
            Said::Number(pair) => Some(pair),
            Said::Nothing | Said::NotAbout => None,
        };
        match self {
            Series::Plain(numbers) => numbers.push(number.map(|pair| pair.part)),
            Series::Parts(numbers, _) => numbers.push(number),
        }
    }

    /// How many replications have a number.
    pub fn count(&self) -> u64 {
        match self {
            Series::Plain(numbers) => numbers.iter().flatten().count() as u64,
            Series::Parts(numbers, _) => numbers.iter().flatten().count() as u64,
        }
    }
}
