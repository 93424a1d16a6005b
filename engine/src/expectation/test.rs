//! The test of one expectation.

use super::finding::{Finding, LeastProof, Share, Verdict};
use crate::experiment::{Observation, Observed, RobotTimes, Wanted};
use crate::measure::Source;
use crate::metric::{Kind, Metric};
use crate::questions::Expectation;
use crate::scenario::Scenario;
use crate::statistics::confidence_sequence::{self, BernoulliSequence, BoundedSequence, Direction, Standing};
use crate::statistics::{OrderStatistics, rank};

/// Takes in replications, and knows what they prove.
#[derive(Clone)]
pub struct Test {
    metric: Metric,
    alpha: f64,
    /// The bounds that could turn out either way, the lower one first.
    claims: Vec<Claim>,
    /// What is known of bounds that no number of this scenario reaches. A scenario's own expectations have none.
    beyond: Option<Verdict>,
    evidence: Evidence,
    /// How many replications were about it.
    about: u64,
}

/// A bound, and on which side of it the truth has to be.
#[derive(Clone, Copy, Debug)]
struct Claim {
    bound: f64,
    wanted: Direction,
}

impl Claim {
    /// A number respects a bound from above exactly if it is less than this whole number, and one from below exactly if
    /// it is not.
    fn limit(&self) -> u128 {
        match self.wanted {
            Direction::Below => (self.bound.floor() as u128).saturating_add(1),
            Direction::Above => self.bound.ceil() as u128,
        }
    }
}

/// By the kind of the metric.
#[derive(Clone)]
enum Evidence {
    /// An event happens or not.
    Probability(BernoulliSequence),
    /// The p-quantile is at most x exactly if the event "a number is at most x" has at least the probability p, and at
    /// least x exactly if "a number is less than x" has less. Ties with x need nothing more: numbers are compared as
    /// they are, not as a histogram rounds them.
    Quantile {
        percent: u64,
        /// One for each claim.
        below: Vec<BernoulliSequence>,
        /// For the interval at the end.
        values: OrderStatistics,
    },
    /// The same over robots, of whom a replication brings many: their count within the bound over their count.
    Shares {
        percent: u64,
        /// One for each claim.
        sequences: Vec<BoundedSequence>,
        robots: f64,
    },
    /// A mean of numbers from 0 to `greatest`; over robots the ratio of their sum to their count.
    Mean { sequence: BoundedSequence, greatest: f64, robots: f64 },
}

impl Test {
    /// The test of an expectation that the scenario's check has accepted.
    pub fn new(expectation: &Expectation, scenario: &Scenario) -> Test {
        let metric = Metric::parse(&expectation.metric, scenario).expect("a checked scenario has its metrics");
        let alpha = 1.0 - expectation.confidence;
        let robots = f64::from(metric.most_robots(scenario));
        let bounds = expectation.bounds;
        let low = bounds.at_least().map(|bound| Claim { bound, wanted: Direction::Above });
        let high = bounds.at_most().map(|bound| Claim { bound, wanted: Direction::Below });
        let mut claims: Vec<Claim> = low.into_iter().chain(high).collect();
        // What nothing can exceed is no claim.
        let greatest = match metric.kind() {
            Kind::Probability => Some(1.0),
            _ => metric.greatest(scenario).map(|greatest| greatest as f64),
        };
        let mut beyond = None;
        let evidence = match (metric.kind(), metric.measure().source) {
            (Kind::Quantile(percent), Source::Robots(_)) => {
                let sequence = || BoundedSequence::new(alpha / claims.len() as f64, &[percent as f64 / 100.0]);
                Evidence::Shares { percent, sequences: claims.iter().map(|_| sequence()).collect(), robots }
            }
            (Kind::Quantile(percent), _) => {
                let below = vec![BernoulliSequence::default(); claims.len()];
                Evidence::Quantile { percent, below, values: OrderStatistics::new(metric.unit()) }
            }
            (kind, _) => {
                let greatest = greatest.expect("a mean is accepted only if its numbers are bounded");
                // Under another setting numbers may be smaller. What only the greatest of them reaches is never proven.
                let above = claims.iter().filter(|claim| claim.wanted == Direction::Above);
                beyond = above
                    .map(|claim| claim.bound)
                    .find(|bound| *bound >= greatest)
                    .map(|bound| if bound > greatest { Verdict::Fails } else { Verdict::Undecided });
                claims.retain(|claim| 0.0 < claim.bound && claim.bound < greatest);
                let ratios: Vec<f64> = claims.iter().map(|claim| claim.bound / greatest).collect();
                match kind {
                    Kind::Probability => Evidence::Probability(BernoulliSequence::default()),
                    _ => Evidence::Mean { sequence: BoundedSequence::new(alpha, &ratios), greatest, robots },
                }
            }
        };
        Test { metric, alpha, claims, beyond, evidence, about: 0 }
    }

    /// What it is about.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// What it looks at.
    pub fn wanted(&self) -> Wanted {
        Wanted::new(self.metric.measure(), self.metric.outcome(), self.limits()).of_group(self.metric.group())
    }

    /// The limits that its claims set to numbers.
    fn limits(&self) -> [u128; 2] {
        let limit = |index: usize| self.claims.get(index).map_or(0, Claim::limit);
        [limit(0), limit(1)]
    }

    /// Takes in a replication; whether it said anything.
    pub fn add(&mut self, observed: &Observed, index: usize) -> bool {
        if self.metric.build().is_some() && self.metric.build() != observed.build {
            return false;
        }
        self.about += 1;
        let limits = self.limits();
        match (&mut self.evidence, observed.observations[index]) {
            (Evidence::Probability(sequence), Observation::Event(happened)) => sequence.record(happened),
            // The only probability of times is that of one which never comes.
            (Evidence::Probability(sequence), Observation::Number(_)) => sequence.record(false),
            (Evidence::Probability(sequence), Observation::Never) => sequence.record(true),
            (Evidence::Quantile { below, values, .. }, Observation::Never) => {
                below.iter_mut().for_each(|below| below.record(false));
                values.record_never();
            }
            (Evidence::Quantile { below, values, .. }, Observation::Number(number)) => {
                below.iter_mut().zip(limits).for_each(|(below, limit)| below.record(number < limit));
                values.record(number);
            }
            (Evidence::Shares { sequences, robots, .. }, Observation::Robots(times)) if times.count > 0 => {
                for (sequence, below) in sequences.iter_mut().zip(times.below) {
                    sequence.record(cluster(below as f64, &times, *robots));
                }
            }
            (Evidence::Mean { sequence, greatest, .. }, Observation::Number(number)) => {
                sequence.record([(number as f64 / *greatest).min(1.0), 1.0]);
            }
            (Evidence::Mean { sequence, greatest, robots }, Observation::Robots(times)) if times.count > 0 => {
                sequence.record(cluster(times.sum as f64 / *greatest, &times, *robots));
            }
            _ => return false,
        }
        true
    }

    /// Where the claim `index` stands: whether the truth is on the wanted side of its bound.
    fn standing(&self, index: usize) -> Standing {
        let claim = self.claims[index];
        match &self.evidence {
            Evidence::Probability(sequence) => sequence.standing(claim.bound, self.alpha),
            // Both ends of the quantile's interval may err, each with half of the error. Many numbers below the bound
            // mean a quantile below it.
            Evidence::Quantile { percent, below, .. } => {
                opposite(below[index].standing(*percent as f64 / 100.0, self.alpha / 2.0))
            }
            Evidence::Shares { sequences, .. } => opposite(sequences[index].standing(0)),
            Evidence::Mean { sequence, .. } => sequence.standing(index),
        }
    }

    /// What is proven by now.
    pub fn verdict(&self) -> Verdict {
        let mut verdict = self.beyond.unwrap_or(Verdict::Holds);
        for (index, claim) in self.claims.iter().enumerate() {
            match self.standing(index).proven() {
                Some(side) if side == claim.wanted => (),
                Some(_) => return Verdict::Fails,
                None => verdict = Verdict::Undecided,
            }
        }
        verdict
    }

    /// Whether the estimates are within the bounds, proven or not. Of what nothing is known that is assumed.
    pub fn seems_to_hold(&self) -> bool {
        let enough = |share: Option<f64>, percent: u64, claim: &Claim| {
            // Many numbers below the bound mean a quantile below it.
            share.is_none_or(|share| (share * 100.0 >= percent as f64) == (claim.wanted == Direction::Below))
        };
        let within = |estimate: Option<f64>, claim: &Claim| {
            estimate.is_none_or(|estimate| match claim.wanted {
                Direction::Below => estimate <= claim.bound,
                Direction::Above => estimate >= claim.bound,
            })
        };
        if self.beyond == Some(Verdict::Fails) {
            return false;
        }
        let claims = self.claims.iter();
        match &self.evidence {
            Evidence::Probability(sequence) => claims.clone().all(|claim| within(sequence.estimate(), claim)),
            Evidence::Quantile { percent, below, .. } => {
                claims.zip(below).all(|(claim, below)| enough(below.estimate(), *percent, claim))
            }
            Evidence::Shares { percent, sequences, .. } => {
                claims.zip(sequences).all(|(claim, sequence)| enough(sequence.estimate(), *percent, claim))
            }
            Evidence::Mean { sequence, greatest, .. } => {
                claims.clone().all(|claim| within(sequence.estimate().map(|ratio| ratio * greatest), claim))
            }
        }
    }

    /// How far the evidence has come for the nearest verdict: all claims have to be right, or one of them wrong.
    fn progress(&self) -> f64 {
        let (mut holds, mut fails) = (1.0_f64, 0.0_f64);
        for (index, claim) in self.claims.iter().enumerate() {
            let Standing { side, evidence } = self.standing(index);
            let right = side == Some(claim.wanted);
            holds = holds.min(if right { evidence } else { 0.0 });
            fails = fails.max(if right { 0.0 } else { evidence });
        }
        holds.max(fails).min(1.0)
    }

    /// All that is to be said.
    pub fn finding(self, verdict: Verdict, replications: u32) -> Finding {
        let (evidence, least) = (self.progress(), self.least());
        let (about, lasting) = (self.about, self.metric.over_all().is_some());
        let mut over_all = None;
        let show = |number: f64| self.metric.show(number);
        let (values, estimate, interval, shares) = match self.evidence {
            Evidence::Probability(sequence) => {
                let interval = sequence.interval(self.alpha).map(Some);
                (sequence.trials(), sequence.estimate(), interval, Vec::new())
            }
            Evidence::Quantile { percent, mut values, .. } => {
                let n = values.count();
                let [low, high] = BernoulliSequence::quantile_ranks(n, percent, self.alpha / 2.0);
                let estimate = (n > 0).then(|| values.at(rank(n, percent))[1]);
                let interval = [low.map(|rank| values.at(rank)[0]), high.map(|rank| values.at(rank)[1])];
                let at = |values: &mut OrderStatistics| values.at(rank(about, percent))[1];
                over_all = (lasting && about > 0).then(|| at(&mut values));
                (n, estimate, interval, Vec::new())
            }
            Evidence::Shares { percent, sequences, .. } => {
                let share = |(claim, sequence): (&Claim, &BoundedSequence)| Share {
                    with_bound: claim.wanted == Direction::Below,
                    bound: show(claim.bound),
                    needed: percent as f64 / 100.0,
                    estimate: sequence.estimate(),
                    interval: sequence.interval(),
                };
                let values = sequences.first().map_or(0, BoundedSequence::count);
                (values, None, [None, None], self.claims.iter().zip(&sequences).map(share).collect())
            }
            Evidence::Mean { sequence, greatest, .. } => {
                let scale = |ratio: f64| show(ratio * greatest);
                (sequence.count(), sequence.estimate().map(scale), sequence.interval().map(scale).map(Some), Vec::new())
            }
        };
        let nothing = None;
        Finding { verdict, replications, values, about, over_all, estimate, interval, shares, evidence, nothing, least }
    }

    /// What a proof takes at least if a mean is what it seems to be.
    fn least(&self) -> Option<LeastProof> {
        let Evidence::Mean { sequence, greatest, .. } = &self.evidence else { return None };
        let mean = sequence.estimate()?;
        let of_claim = |claim: &Claim| confidence_sequence::least(mean, claim.bound / greatest, self.alpha);
        let replications = self.claims.iter().filter_map(of_claim).max()?;
        Some(LeastProof { replications, greatest: self.metric.show(*greatest) })
    }
}

/// A replication as one cluster of robots: what of them counts, and how many there are, as shares of the largest fleet.
///
/// A robot counts once, so there are at most as many as the fleet has. Only where an operator who lost an answer
/// deploys anew (R17) a robot may be in sync twice; then the replication counts as a whole fleet, and no more.
fn cluster(part: f64, times: &RobotTimes, robots: f64) -> [f64; 2] {
    let count = times.count as f64;
    let whole = (count / robots).min(1.0);
    [(part / count * whole).min(whole), whole]
}

/// Seen from the number instead of from the share of numbers below it.
fn opposite(standing: Standing) -> Standing {
    let other = |side| if side == Direction::Below { Direction::Above } else { Direction::Below };
    Standing { side: standing.side.map(other), ..standing }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::questions;
    use crate::random::{Luck, Purpose};
    use crate::scenario::ScenarioFile;

    /// The test of an expectation at confidence 0.9, of a fleet of 20.
    fn test(metric: &str, bounds: &str) -> Test {
        let text = format!(
            "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 50\nfailure_threshold_percentage = 50\n\
             [[group]]\nname = \"g\"\nrobots = 20\n[sync]\nschedule = {{ after_finish = \"1m\" }}\nhorizon = \"20s\"\n\
             [[expect]]\nmetric = \"{metric}\"\n{bounds}\nconfidence = 0.9\n"
        );
        let file = ScenarioFile::of_text(&text, "x.toml", Path::new(""));
        let (scenario, questions) = questions::read(&file, []).map_err(|p| p.render(false)).expect("right");
        Test::new(&questions.expectations[0], &scenario)
    }

    fn uniform(seed: u64, index: u32, attempt: u32) -> f64 {
        Luck::new(seed, index).job(attempt, Purpose::Preparing).open01()
    }

    /// A number from 1 to 20, each as likely: many ties, and the 95th percentile is 19, exactly at a step. One
    /// replication in five has none.
    fn tied(seed: u64, index: u32) -> Observation {
        let number = (uniform(seed, index, 0) * 20.0).ceil() as u128;
        if uniform(seed, index, 1) < 0.2 { Observation::Nothing } else { Observation::Number(number) }
    }

    /// Up to 20 robots that all take 5 s, or in a tenth of the replications 15 s: the 90th percentile over robots is 5
    /// s, though the robots of a replication say the same thing many times.
    fn clusters(seed: u64, index: u32) -> Observation {
        let count = (uniform(seed, index, 0) * 20.0).ceil() as u64;
        let slow = uniform(seed, index, 1) < 0.1;
        let seconds = if slow { 15 } else { 5 };
        // Against the limits of at_most = 5s or of at_least = 15s, the only ones below.
        let below = if slow { 0 } else { count };
        Observation::Robots(RobotTimes { count, below: [below; 2], sum: u128::from(count) * seconds * 1_000_000 })
    }

    /// How often each verdict falls within so many replications that are looked at one by one, over 400 seeds.
    fn rates(metric: &str, bounds: &str, draw: fn(u64, u32) -> Observation, replications: u32) -> [f64; 2] {
        const SEEDS: u64 = 400;
        let mut counts = [0; 2];
        for seed in 0..SEEDS {
            let mut test = test(metric, bounds);
            let mut verdict = Verdict::Undecided;
            for index in 0..replications {
                let observations = Box::new([draw(seed, index)]);
                if test.add(&Observed { build: None, observations }, 0) {
                    verdict = test.verdict();
                }
                if verdict != Verdict::Undecided {
                    break;
                }
            }
            match verdict {
                Verdict::Holds => counts[0] += 1,
                Verdict::Fails => counts[1] += 1,
                Verdict::Undecided => (),
            }
        }
        counts.map(|count| f64::from(count) / SEEDS as f64)
    }

    /// An expectation that is true, but only just, fails with probability at most 0.1, and one that is false, but only
    /// just, holds with no more. Over 400 seeds the standard error of 0.1 is 0.015.
    #[test]
    fn verdicts_err_no_more_than_they_may() {
        let (jobs, robots) = ("first_job.robots_failed.p95", "robot.deployment_s.p90");
        let mean = "robot.deployment_s.mean";
        for (metric, bounds, draw, is_true) in [
            (jobs, "at_most = 19", tied as fn(u64, u32) -> Observation, true),
            (jobs, "at_least = 19", tied, true),
            (jobs, "between = [19, 19]", tied, true),
            (jobs, "at_most = 18.9", tied, false),
            (jobs, "at_least = 19.1", tied, false),
            (robots, "at_most = \"5s\"", clusters, true),
            (robots, "at_least = \"15s\"", clusters, false),
            (mean, "at_most = \"6s\"", clusters, true),
            (mean, "at_least = \"6s\"", clusters, true),
        ] {
            let [holds, fails] = rates(metric, bounds, draw, 1500);
            let wrong = if is_true { fails } else { holds };
            assert!(wrong <= 0.1 + 3.0 * 0.015, "{metric} {bounds}: {wrong}");
        }
    }

    /// What is clearly true is found to hold, and what is clearly false to fail.
    #[test]
    fn verdicts_fall() {
        for (metric, bounds, draw, is_true) in [
            ("first_job.robots_failed.p90", "at_most = 19", tied as fn(u64, u32) -> Observation, true),
            ("first_job.robots_failed.p90", "between = [17, 19]", tied, true),
            ("first_job.robots_failed.p90", "at_most = 16", tied, false),
            ("first_job.robots_failed.p50", "at_least = 12", tied, false),
            ("robot.deployment_s.p50", "at_most = \"5s\"", clusters, true),
            ("robot.deployment_s.p95", "at_most = \"5s\"", clusters, false),
            ("robot.deployment_s.mean", "between = [\"5s\", \"7s\"]", clusters, true),
            ("robot.deployment_s.mean", "at_least = \"7s\"", clusters, false),
        ] {
            let [holds, fails] = rates(metric, bounds, draw, 6000);
            let right = if is_true { holds } else { fails };
            assert!(right > 0.97, "{metric} {bounds}: {right}");
        }
    }
}
