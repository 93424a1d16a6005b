//! Which of two settings is better, when both met the same luck.
//!
//! Under common random numbers replication i of one setting and replication i of another are a pair, and what luck does
//! to both cancels out (B. L. Nelson and F. J. Matejcik, "Using common random numbers for indifference-zone selection
//! and multiple comparisons in simulation", Management Science 41 (1995)). Three kinds of numbers are compared, each by
//! evidence for the claim that the first setting's is **no more than a slack above** the second one's:
//!
//! * [`quantile_evidence`]: a quantile of numbers;
//! * [`probability_evidence`]: the probability of an event;
//! * [`mean_evidence`]: a mean, or a ratio of means, of numbers within known bounds; [`mean_evidence_by_limit`], which
//!   alone is asymptotic, of any.
//!
//! Evidence is the logarithm of the wealth of somebody who bets against the claim's opposite, as in
//! [`confidence_sequence`](super::confidence_sequence): if the claim is false it *ever* reaches ln(1/alpha), over all
//! numbers of pairs at once, with probability at most alpha. So it may be looked at whenever anybody likes.

mod bets;
mod mean;
mod probability;
mod quantile;

pub use mean::{Pair, PairReach, mean_evidence, mean_evidence_by_limit, mean_interval};
pub use probability::probability_evidence;
pub use quantile::quantile_evidence;

/// How much more than a number is as good as the number: an amount, and a share of its size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slack {
    /// In the number's unit, >= 0 and finite.
    pub amount: f64,
    /// Of the number's size, in [0, 1).
    pub share: f64,
}

impl Slack {
    /// None at all.
    pub const NONE: Slack = Slack { amount: 0.0, share: 0.0 };

    /// The greatest number that is as good as this one.
    pub fn above(self, number: f64) -> f64 {
        if number.is_infinite() {
            return number;
        }
        number + self.amount + self.share * number.abs()
    }

    /// The number above which this one is the greatest that is as good, given that one of `amount` and `share` is 0.
    fn below(self, number: f64) -> f64 {
        let rest = number - self.amount;
        if rest >= 0.0 { rest / (1.0 + self.share) } else { rest / (1.0 - self.share) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose, normal_quantile};

    fn normal(seed: u64, index: u32, attempt: u32) -> f64 {
        normal_quantile(Luck::new(seed, index).job(attempt, Purpose::Preparing).open01())
    }

    /// The looks of a race: after 128 pairs, and half as many more each time.
    fn looks(most: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(128), |n| Some(n + n / 2)).take_while(move |n| *n <= most)
    }

    /// Two lognormal times that share most of their luck, the first one `factor` times as long; whole, as microseconds
    /// are. In one pair of ten one of them has none.
    fn times(seed: u64, index: u32, factor: f64) -> [Option<f64>; 2] {
        let common = normal(seed, index, 0);
        let time =
            |own: u32, factor: f64| (1e6 * factor * libm::exp(0.3 * common + 0.1 * normal(seed, index, own))).round();
        let absent = Luck::new(seed, index).job(3, Purpose::Preparing).open01();
        [(absent > 0.05).then(|| time(1, factor)), (absent < 0.95).then(|| time(2, 1.0))]
    }

    /// How often, over 400 seeds, evidence is ever enough at level 0.1 within 3000 pairs.
    fn rate(evidence: impl Fn(u64, usize) -> f64) -> f64 {
        const SEEDS: u64 = 400;
        let needed = -libm::log(0.1);
        let ever = (0..SEEDS).filter(|seed| looks(3000).any(|n| evidence(*seed, n) >= needed)).count();
        ever as f64 / SEEDS as f64
    }

    fn quantile_rate(percent: u64, factor: f64, slack: Slack, negate: bool) -> f64 {
        rate(|seed, n| {
            let pairs: Vec<[Option<f64>; 2]> = (0..n as u32).map(|index| times(seed, index, factor)).collect();
            let sign = if negate { -1.0 } else { 1.0 };
            let side = |side: usize| pairs.iter().map(|pair| pair[side].map(|time| sign * time)).collect::<Vec<_>>();
            let p = percent as f64 / 100.0;
            let p = if negate { 1.0 - p } else { p };
            quantile_evidence(&side(0), &side(1), p, slack, 20.0)
        })
    }

    /// A claim that is false, but only just, is proven with probability at most 0.1. The standard error over 400 seeds
    /// is 0.015.
    #[test]
    fn false_claims_about_quantiles_are_hardly_ever_proven() {
        let percent = Slack { amount: 0.0, share: 0.01 };
        for (q, factor, slack, negate) in [
            (95, 1.0001, Slack::NONE, false),
            (95, 1.0101, percent, false),
            (50, 1.0001, Slack::NONE, false),
            (5, 0.9999, Slack::NONE, true),
            (50, 0.9899, percent, true),
        ] {
            let rate = quantile_rate(q, factor, slack, negate);
            assert!(rate <= 0.1 + 3.0 * 0.015, "{q} {factor} {slack:?} {negate}: {rate}");
        }
    }

    /// What is clearly true is proven.
    #[test]
    fn true_claims_about_quantiles_are_proven() {
        let slack = Slack { amount: 0.0, share: 0.09 };
        for (q, factor, slack, negate) in [
            (95, 0.9, Slack::NONE, false),
            (50, 1.0, slack, false),
            (95, 1.0, slack, false),
            (50, 1.1, Slack::NONE, true),
        ] {
            let rate = quantile_rate(q, factor, slack, negate);
            assert!(rate > 0.97, "{q} {factor} {slack:?} {negate}: {rate}");
        }
    }

    /// Robots hurt: small whole numbers with many ties, where a quantile sits on a step.
    #[test]
    fn ties_prove_nothing_false() {
        // 1 to 10, each as likely; the other one is 1 more where it is 9 or 10.
        let counts = |seed: u64, n: usize, worse: bool| {
            let draw = |index: u32| (Luck::new(seed, index).job(0, Purpose::Preparing).open01() * 10.0).ceil();
            let better: Vec<Option<f64>> = (0..n as u32).map(|index| Some(draw(index))).collect();
            let other =
                better.iter().map(|count| count.map(|count| count + f64::from(count > 8.5))).collect::<Vec<_>>();
            if worse { (other, better) } else { (better, other) }
        };
        let proven = |p: f64, worse: bool, slack: Slack| {
            rate(|seed, n| {
                let (first, second) = counts(seed, n, worse);
                quantile_evidence(&first, &second, p, slack, 20.0)
            })
        };
        // The 85th percentile is 9 of one and 10 of the other.
        assert!(proven(0.85, true, Slack::NONE) <= 0.1 + 3.0 * 0.015);
        assert!(proven(0.85, false, Slack::NONE) > 0.97);
        assert!(proven(0.85, true, Slack { amount: 1.0, share: 0.0 }) > 0.97);
        assert!(proven(0.15, true, Slack::NONE) > 0.97, "both are 2: on a step equal numbers are told");
    }

    /// Why pairs are looked at: with luck of their own the same settings cannot be told apart.
    #[test]
    fn common_luck_tells_more() {
        let with = |shift: u32, seed: u64, n: usize| {
            let one = (0..n as u32).map(|index| times(seed, index, 0.92)[0]).collect::<Vec<_>>();
            let other = (0..n as u32).map(|index| times(seed, index + shift, 1.0)[1]).collect::<Vec<_>>();
            quantile_evidence(&one, &other, 0.95, Slack::NONE, 20.0)
        };
        let common = rate(|seed, n| with(0, seed, n));
        let own = rate(|seed, n| with(1_000_000, seed, n));
        assert!(common > 0.9 && own < common - 0.3, "{common} {own}");
    }

    #[test]
    fn claims_about_probabilities() {
        // The first event happens with p, the second with 0.3; they share their luck.
        let event = |p: f64, sign: f64, slack: f64| {
            rate(move |seed, n| {
                let draw = |index: u32, p: f64| {
                    let u = Luck::new(seed, index).job(0, Purpose::Preparing).open01();
                    let own = Luck::new(seed, index).job(1, Purpose::Preparing).open01();
                    // A tenth of the luck is its own.
                    let happened = if own < 0.1 { own < 0.1 * p } else { u < p };
                    (u < 0.9 || own < 0.1).then_some(if happened { sign } else { 0.0 })
                };
                let side = |p: f64| (0..n as u32).map(|index| draw(index, p)).collect::<Vec<_>>();
                probability_evidence(&side(p), &side(0.3), slack)
            })
        };
        for (p, sign, slack) in [(0.301, 1.0, 0.0), (0.315, 1.0, 0.01), (0.299, -1.0, 0.0)] {
            assert!(event(p, sign, slack) <= 0.1 + 3.0 * 0.015, "{p} {sign} {slack}");
        }
        for (p, sign, slack) in [(0.25, 1.0, 0.0), (0.3, 1.0, 0.02), (0.35, -1.0, 0.0)] {
            assert!(event(p, sign, slack) > 0.97, "{p} {sign} {slack}");
        }
    }

    /// Means are compared by their variance, which is estimated: the rate is kept about, also for skewed numbers and
    /// ratios.
    #[test]
    fn claims_about_means() {
        let pairs = |seed: u64, n: usize, factor: f64, robots: bool| {
            let side = |side: usize| {
                (0..n as u32)
                    .map(|index| {
                        let time = times(seed, index, factor)[side]?;
                        let whole = if robots { (index % 5 + 1) as f64 } else { 1.0 };
                        Some(Pair { part: time * whole, whole })
                    })
                    .collect::<Vec<_>>()
            };
            [side(0), side(1)]
        };
        let proven = |factor: f64, slack: Slack, robots: bool| {
            rate(|seed, n| {
                let [first, second] = pairs(seed, n, factor, robots);
                mean_evidence_by_limit(&first, &second, slack)
            })
        };
        let percent = Slack { amount: 0.0, share: 0.01 };
        for robots in [false, true] {
            for (factor, slack) in [(1.0001, Slack::NONE), (1.0101, percent)] {
                let rate = proven(factor, slack, robots);
                assert!(rate <= 0.1 + 3.0 * 0.015, "{factor} {slack:?} {robots}: {rate}");
            }
            for (factor, slack) in [(0.97, Slack::NONE), (1.0, Slack { amount: 3e4, share: 0.0 })] {
                let rate = proven(factor, slack, robots);
                assert!(rate > 0.97, "{factor} {slack:?} {robots}: {rate}");
            }
        }
    }

    /// Means of numbers within bounds: false claims are hardly ever proven, whether small is good or great, also where
    /// one of the two has no number in some pairs, and true ones are.
    #[test]
    fn claims_about_means_of_bounded_numbers() {
        const GREATEST: f64 = 5e6;
        let proven = |factor: f64, slack: Slack, sign: f64, robots: bool| {
            rate(|seed, n| {
                let side = |side: usize| {
                    let number = |index: u32| {
                        let time = times(seed, index, factor)[side]?.min(GREATEST);
                        let whole = if robots { (index % 5 + 1) as f64 } else { 1.0 };
                        Some(Pair { part: sign * time * whole, whole })
                    };
                    (0..n as u32).map(number).collect::<Vec<_>>()
                };
                let reach = PairReach { greatest: sign * GREATEST, whole: if robots { 5.0 } else { 1.0 } };
                mean_evidence(&side(0), &side(1), slack, reach, -libm::log(0.1))
            })
        };
        let percent = Slack { amount: 0.0, share: 0.01 };
        for (factor, slack, sign, robots) in
            [(1.0001, Slack::NONE, 1.0, false), (1.0101, percent, 1.0, true), (0.9899, percent, -1.0, false)]
        {
            let rate = proven(factor, slack, sign, robots);
            assert!(rate <= 0.1 + 3.0 * 0.015, "{factor} {slack:?} {sign} {robots}: {rate}");
        }
        for (factor, slack, sign, robots) in [
            (0.9, Slack::NONE, 1.0, true),
            (1.0, Slack { amount: 1e5, share: 0.0 }, 1.0, false),
            (1.1, Slack::NONE, -1.0, false),
        ] {
            let rate = proven(factor, slack, sign, robots);
            assert!(rate > 0.97, "{factor} {slack:?} {sign} {robots}: {rate}");
        }
    }

    /// One number in 1500 is as great as it may be, and is all that makes the first mean too great: a false claim is
    /// proven no more often than it may be, while the central limit believes it most of the time.
    #[test]
    fn rare_numbers_are_reckoned_with() {
        let slack = Slack { amount: 1e6 / 1500.0 * 0.99, share: 0.0 };
        let plain = |part: f64| Some(Pair { part, whole: 1.0 });
        let sides = |seed: u64, n: usize| {
            let second = |index: u32| (1000.0 * Luck::new(seed, index).job(0, Purpose::Preparing).open01()).round();
            let rare = |index: u32| Luck::new(seed, index).job(1, Purpose::Preparing).open01() * 1500.0 < 1.0;
            let first = |index: u32| plain(if rare(index) { 1e6 } else { second(index) });
            let first: Vec<_> = (0..n as u32).map(first).collect();
            let second: Vec<_> = (0..n as u32).map(|index| plain(second(index))).collect();
            (first, second)
        };
        let reach = PairReach { greatest: 1e6, whole: 1.0 };
        let proven = rate(|seed, n| {
            let (first, second) = sides(seed, n);
            mean_evidence(&first, &second, slack, reach, -libm::log(0.1))
        });
        let by_limit = rate(|seed, n| {
            let (first, second) = sides(seed, n);
            mean_evidence_by_limit(&first, &second, slack)
        });
        assert!(proven <= 0.1 + 3.0 * 0.015 && by_limit > 0.3, "{proven} {by_limit}");
    }

    #[test]
    fn nothing_proves_nothing() {
        let none: [Option<f64>; 300] = [None; 300];
        let some = [Some(1.0); 300];
        for (first, second) in [(&none, &none), (&none, &some), (&some, &none)] {
            assert!(quantile_evidence(first, second, 0.5, Slack::NONE, 20.0) <= 0.0);
            assert!(probability_evidence(first, second, 0.1) <= 0.0);
            let pairs = |side: &[Option<f64>]| side.iter().map(|n| n.map(|part| Pair { part, whole: 1.0 })).collect();
            let [first, second]: [Vec<Option<Pair>>; 2] = [pairs(first), pairs(second)];
            let slack = Slack { amount: 1.0, share: 0.0 };
            assert_eq!(mean_evidence_by_limit(&first, &second, slack), 0.0);
            let reach = PairReach { greatest: 9.0, whole: 1.0 };
            assert!(mean_evidence(&first, &second, slack, reach, 20.0) <= 0.0);
        }
        assert!(quantile_evidence(&[], &[], 0.5, Slack::NONE, 20.0) <= 0.0);
    }

    #[test]
    fn slack_has_an_inverse() {
        for slack in [Slack::NONE, Slack { amount: 3.0, share: 0.0 }, Slack { amount: 0.0, share: 0.01 }] {
            for number in [-500.0, -1.0, 0.0, 2.5, 1e9] {
                assert!((slack.below(slack.above(number)) - number).abs() <= 1e-9 * number.abs(), "{slack:?} {number}");
            }
        }
    }
}
