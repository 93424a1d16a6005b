//! The confidence sequence of a probability.

use super::{Direction, Standing, edge};

/// Counts how often an event happens.
///
/// The wealth against a probability p is that of the beta-binomial mixture (H. Robbins, "Statistical methods related to
/// the law of the iterated logarithm", Annals of Mathematical Statistics 41 (1970)): the likelihood of what happened,
/// averaged over the Beta(1/2, 1/2) distribution of R. E. Krichevsky and V. K. Trofimov (1981), over that under p. It
/// is a martingale under p exactly, and depends on the counts alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BernoulliSequence {
    count: u64,
    trials: u64,
    /// The logarithm of the averaged likelihood.
    mixture: f64,
}

impl BernoulliSequence {
    /// Adds a trial.
    pub fn record(&mut self, happened: bool) {
        let of = if happened { self.count } else { self.trials - self.count };
        self.mixture += libm::log((of as f64 + 0.5) / (self.trials + 1) as f64);
        self.count += u64::from(happened);
        self.trials += 1;
    }

    /// How often it happened.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many trials there were.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// The share of trials in which it happened.
    pub fn estimate(&self) -> Option<f64> {
        (self.trials > 0).then(|| self.count as f64 / self.trials as f64)
    }

    /// The logarithm of the wealth against the probability `p`.
    fn wealth(&self, p: f64) -> f64 {
        self.mixture - likelihood(self.count, self.trials, p)
    }

    /// On which side of `p`, in (0, 1), the probability is. Ever wrong, over all times and for all `p` at once, with
    /// probability at most `alpha`.
    pub fn standing(&self, p: f64, alpha: f64) -> Standing {
        standing(self.count, self.trials, p, self.wealth(p), alpha)
    }

    /// Where the probability is: at all times at once with confidence 1 - `alpha`.
    pub fn interval(&self, alpha: f64) -> [f64; 2] {
        let Some(share) = self.estimate() else { return [0.0, 1.0] };
        let needed = -libm::log(alpha);
        let outside = |p: f64| self.wealth(p) >= needed;
        [edge(share, 0.0, outside), edge(share, 1.0, outside)]
    }

    /// The logarithm of the wealth of those who bet that a probability of which `count` of `trials` speak is below `p`,
    /// in (0, 1); 0 if they have gained nothing.
    pub fn evidence_below(count: u64, trials: u64, p: f64) -> f64 {
        if count as f64 >= p * trials as f64 {
            0.0
        } else {
            (ln_mixture(count, trials) - likelihood(count, trials, p)).max(0.0)
        }
    }

    /// The same that it is above `p`.
    pub fn evidence_above(count: u64, trials: u64, p: f64) -> f64 {
        if count as f64 <= p * trials as f64 {
            0.0
        } else {
            (ln_mixture(count, trials) - likelihood(count, trials, p)).max(0.0)
        }
    }

    /// The ranks (from 1) of the numbers between which the quantile of `percent` of `n` independent numbers is: at all
    /// times at once, with an error of at most `alpha` on either side. None where the numbers give no such bound.
    ///
    /// The quantile is one fixed number, so it is enough that the test of the event "a number is at most this" is valid
    /// there, whatever it is (S. R. Howard and A. Ramdas, "Sequential estimation of quantiles with applications to A/B
    /// testing and best-arm identification", Bernoulli 28 (2022)).
    pub fn quantile_ranks(n: u64, percent: u64, alpha: f64) -> [Option<u64>; 2] {
        let p = percent as f64 / 100.0;
        let proven = |count: u64| {
            let wealth = ln_mixture(count, n) - likelihood(count, n, p);
            standing(count, n, p, wealth, alpha).proven()
        };
        // Evidence for either side only grows away from the middle.
        let lowest = partition(n + 1, |count| proven(count) == Some(Direction::Below));
        let above = partition(n + 1, |count| proven(count) != Some(Direction::Above));
        [(1..=n).contains(&lowest).then_some(lowest), (1..=n).contains(&above).then_some(above)]
    }
}

/// The logarithm of the likelihood of `count` in `trials` under `p`.
fn likelihood(count: u64, trials: u64, p: f64) -> f64 {
    // What did not occur costs nothing, even where it is impossible.
    let part = |count: u64, log: f64| if count == 0 { 0.0 } else { count as f64 * log };
    part(count, libm::log(p)) + part(trials - count, libm::log1p(-p))
}

/// The logarithm of the likelihood averaged over Beta(1/2, 1/2).
fn ln_mixture(count: u64, trials: u64) -> f64 {
    let ln_gamma = |twice: u64| libm::lgamma(twice as f64 / 2.0);
    let pi = std::f64::consts::PI;
    ln_gamma(2 * count + 1) + ln_gamma(2 * (trials - count) + 1) - ln_gamma(2 * trials + 2) - libm::log(pi)
}

fn standing(count: u64, trials: u64, p: f64, wealth: f64, alpha: f64) -> Standing {
    let none = f64::NEG_INFINITY;
    let share = count as f64 / trials.max(1) as f64;
    let (below, above) = if share < p { (wealth, none) } else { (none, wealth) };
    Standing::new(below, above, -libm::log(alpha))
}

/// The least number of 0..end for which `first` is false, which it stays from there on; `end` if there is none.
fn partition(end: u64, first: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if first(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose};

    fn counted(count: u64, trials: u64) -> BernoulliSequence {
        let mut sequence = BernoulliSequence::default();
        (0..trials).for_each(|trial| sequence.record(trial < count));
        sequence
    }

    /// The mixture's likelihood of one trial is 1/2, of two equal ones 3/8.
    #[test]
    fn wealth_is_the_likelihood_ratio() {
        let wealth = |count, trials, p| libm::exp(counted(count, trials).wealth(p));
        assert!((wealth(1, 1, 0.25) - 0.5 / 0.25).abs() < 1e-12);
        assert!((wealth(2, 2, 0.25) - 0.375 / 0.0625).abs() < 1e-12);
        assert!((wealth(1, 2, 0.25) - 0.125 / 0.1875).abs() < 1e-12);
        for (count, trials) in [(0, 10), (10, 10), (3, 700), (699, 700)] {
            let sequence = counted(count, trials);
            assert!((sequence.mixture - ln_mixture(count, trials)).abs() < 1e-9, "{count} of {trials}");
        }
    }

    /// Under p the wealth is 1 on average, whatever p is: over all outcomes, the likelihood under p cancels out.
    #[test]
    fn the_bets_are_fair() {
        for trials in [1_u64, 7, 20, 500] {
            let mean: f64 = (0..=trials)
                .map(|count| {
                    let ways = libm::lgamma(trials as f64 + 1.0)
                        - libm::lgamma(count as f64 + 1.0)
                        - libm::lgamma((trials - count) as f64 + 1.0);
                    libm::exp(ways + ln_mixture(count, trials))
                })
                .sum();
            assert!((mean - 1.0).abs() < 1e-9, "{trials}: {mean}");
        }
    }

    #[test]
    fn intervals_end_where_the_evidence_is_enough() {
        for (count, trials) in [(0, 50), (50, 50), (5, 100), (900, 1000), (1, 1)] {
            let sequence = counted(count, trials);
            let [low, high] = sequence.interval(0.01);
            let share = count as f64 / trials as f64;
            assert!(low <= share && share <= high, "{low} {share} {high}");
            assert_eq!((low == 0.0, high == 1.0), (count == 0, count == trials), "{count} {trials}");
            for (bound, side) in [(low - 1e-6, Direction::Above), (high + 1e-6, Direction::Below)] {
                if 0.0 < bound && bound < 1.0 {
                    assert_eq!(sequence.standing(bound, 0.01).proven(), Some(side), "{count} of {trials} at {bound}");
                }
            }
            for inside in [low + 1e-6, high - 1e-6] {
                assert_eq!(sequence.standing(inside, 0.01).proven(), None, "{count} of {trials} at {inside}");
            }
        }
        assert_eq!(BernoulliSequence::default().interval(0.01), [0.0, 1.0]);
        assert_eq!(BernoulliSequence::default().standing(0.5, 0.01), Standing::UNKNOWN);
    }

    #[test]
    fn ranks_are_those_of_the_test() {
        for (n, percent) in [(10, 50), (100, 50), (1000, 95), (5000, 99)] {
            let [low, high] = BernoulliSequence::quantile_ranks(n, percent, 0.01);
            let p = percent as f64 / 100.0;
            let proven = |count: u64| counted(count, n).standing(p, 0.01).proven();
            if let Some(low) = low {
                assert_eq!((proven(low - 1), proven(low)), (Some(Direction::Below), None), "{n} {percent}");
            }
            if let Some(high) = high {
                assert_eq!((proven(high - 1), proven(high)), (None, Some(Direction::Above)), "{n} {percent}");
            }
        }
        let of_few = BernoulliSequence::quantile_ranks(10, 50, 0.001);
        assert_eq!(of_few, [None, None], "2^-10 is not rare enough for a mixture");
        let [low, high] = BernoulliSequence::quantile_ranks(200, 99, 0.01);
        assert!(low.is_some() && high.is_none(), "200 numbers say little of what one in a hundred exceeds");
    }

    /// Looks after every trial, up to `trials` of them: whether the sequence ever excludes the truth, and when it first
    /// proves that p is above `bound`.
    fn watch(seed: u64, p: f64, alpha: f64, trials: u32, bound: f64) -> (bool, Option<u32>) {
        let mut sequence = BernoulliSequence::default();
        let mut proven = None;
        for index in 0..trials {
            sequence.record(Luck::new(seed, index).job(0, Purpose::Preparing).open01() < p);
            if sequence.standing(p, alpha).proven().is_some() {
                return (true, proven);
            }
            if proven.is_none() && sequence.standing(bound, alpha).proven() == Some(Direction::Above) {
                proven = Some(index + 1);
            }
        }
        (false, proven)
    }

    /// How often the truth is ever excluded by somebody who looks after every one of 3000 trials. Over 1000 seeds the
    /// standard error of a rate of 0.1 is 0.0095. And what is far from the truth is always excluded.
    #[test]
    fn looking_all_the_time_errs_no_more_than_it_may() {
        const SEEDS: u64 = 1000;
        for (p, bound) in [(0.05, 0.01), (0.5, 0.43), (0.99, 0.95)] {
            let watched: Vec<_> = (0..SEEDS).map(|seed| watch(seed, p, 0.1, 3000, bound)).collect();
            let rate = watched.iter().filter(|(wrong, _)| *wrong).count() as f64 / SEEDS as f64;
            assert!(rate <= 0.1 + 3.0 * 0.0095, "{p}: {rate}");
            assert!(rate > 0.001, "{p}: a test that never errs here has no power either: {rate}");
            let right: Vec<u32> =
                watched.iter().filter(|(wrong, _)| !wrong).filter_map(|(_, proven)| *proven).collect();
            let rate = right.len() as f64 / watched.iter().filter(|(wrong, _)| !wrong).count() as f64;
            assert!(rate > 0.95, "{p}: only {rate} are proven");
        }
    }
}
