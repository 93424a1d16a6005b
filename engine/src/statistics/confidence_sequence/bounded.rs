//! The confidence sequence of a mean, or of a ratio of means, of bounded numbers.

use super::{Standing, edge};

/// How many gamblers there are, each of whom stakes half as much as the one before. The k-th, from 1, begins with a share
/// of the wealth in proportion to 1/k: numbers that scatter little for their distance from a bound, as most do, are for
/// the bold.
pub(in crate::statistics) const GAMBLERS: usize = 16;
/// The share of what could be lost that the boldest one stakes. The most cautious one, at a 32768th of that, is right
/// for numbers that are told from a bound by a million replications.
const BOLDEST: f64 = 0.99;

/// What each gambler begins with, 1 in all.
pub(in crate::statistics) fn shares() -> [f64; GAMBLERS] {
    let harmonic = |k: usize| 1.0 / (k + 1) as f64;
    let all: f64 = (0..GAMBLERS).map(harmonic).sum();
    std::array::from_fn(|k| harmonic(k) / all)
}

/// What each gambler stakes on a difference of 1, where `most` stakes all.
pub(in crate::statistics) fn stakes(most: f64) -> [f64; GAMBLERS] {
    let mut stake = 2.0 * BOLDEST * most;
    [(); GAMBLERS].map(|()| {
        stake /= 2.0;
        stake
    })
}

/// Pairs of numbers (part, whole) with 0 <= part <= whole <= 1, and the ratio of their means, mean(part) / mean(whole).
/// With wholes of 1 it is the mean of the parts.
///
/// The ratio is r exactly if part - r * whole is 0 on average, and that difference lies in [-r, 1 - r], so it can be
/// bet on (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024)):
/// half of the wealth bets that the ratio is above r, half that it is below. Which stake is best depends on how far r
/// is from the truth, which nobody knows; so each half is spread over gamblers with fixed stakes, of whom the best one
/// soon owns nearly all (T. M. Cover, "Universal portfolios", Mathematical Finance 1 (1991); F. Orabona and K.-S. Jun,
/// "Tight concentrations and confidence sequences from the regret of universal portfolio", IEEE Transactions on
/// Information Theory 70 (2024)). That costs no more than the logarithm of one over his share. Each one's wealth is
/// monotone in r, so what is not excluded is an interval.
///
/// A mean far below the bound of its numbers is slow to be proven small, whoever proves it: see [`least`].
#[derive(Clone, Debug)]
pub struct BoundedSequence {
    alpha: f64,
    bounds: Vec<Watched>,
    part: f64,
    whole: f64,
    /// All pairs, for the interval at the end.
    pairs: Vec<[f64; 2]>,
}

/// A bound with those who bet that the ratio is below, and above.
#[derive(Clone, Copy, Debug)]
struct Watched {
    below: Gamblers,
    above: Gamblers,
}

/// The wealth of each gambler.
#[derive(Clone, Copy, Debug)]
struct Gamblers {
    wealth: [f64; GAMBLERS],
    /// What each one stakes on a difference of 1.
    stakes: [f64; GAMBLERS],
    ratio: f64,
}

impl Gamblers {
    /// Who bet that the ratio is above `ratio`, or below it.
    fn new(ratio: f64, above: bool) -> Gamblers {
        // The difference may be as low as -ratio, and as high as 1 - ratio: nobody can lose more than he has.
        let stakes = stakes(if above { 1.0 / ratio } else { -1.0 / (1.0 - ratio) });
        Gamblers { wealth: shares(), stakes, ratio }
    }

    #[inline]
    fn bet(&mut self, [part, whole]: [f64; 2]) {
        let difference = part - self.ratio * whole;
        for (wealth, stake) in self.wealth.iter_mut().zip(self.stakes) {
            // Wealth that underflows to nothing is lost for good, which is on the safe side.
            *wealth *= 1.0 + stake * difference;
        }
    }

    /// The logarithm of what they have together.
    fn ln_wealth(&self) -> f64 {
        libm::log(self.wealth.iter().sum())
    }
}

impl BoundedSequence {
    /// Nothing yet, to be looked at from these bounds in (0, 1) with confidence 1 - `alpha`.
    pub fn new(alpha: f64, bounds: &[f64]) -> BoundedSequence {
        let watched = |ratio: &f64| Watched { below: Gamblers::new(*ratio, false), above: Gamblers::new(*ratio, true) };
        BoundedSequence {
            alpha,
            bounds: bounds.iter().map(watched).collect(),
            part: 0.0,
            whole: 0.0,
            pairs: Vec::new(),
        }
    }

    /// Adds a pair.
    pub fn record(&mut self, pair: [f64; 2]) {
        debug_assert!(0.0 <= pair[0] && pair[0] <= pair[1] && pair[1] <= 1.0, "{pair:?}");
        for watched in &mut self.bounds {
            watched.below.bet(pair);
            watched.above.bet(pair);
        }
        self.part += pair[0];
        self.whole += pair[1];
        self.pairs.push(pair);
    }

    /// How many pairs there are.
    pub fn count(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// The ratio of the sums.
    pub fn estimate(&self) -> Option<f64> {
        (self.whole > 0.0).then(|| self.part / self.whole)
    }

    /// The logarithm of the wealth that is needed: each half began with half of it.
    fn needed(&self) -> f64 {
        libm::log(2.0 / self.alpha)
    }

    /// On which side of the bound `index` the ratio is. Ever wrong, over all times and bounds at once, with probability
    /// at most alpha.
    pub fn standing(&self, index: usize) -> Standing {
        let Watched { below, above, .. } = &self.bounds[index];
        Standing::new(below.ln_wealth(), above.ln_wealth(), self.needed())
    }

    /// Where the ratio is: at all times at once with confidence 1 - alpha.
    pub fn interval(&self) -> [f64; 2] {
        let Some(estimate) = self.estimate() else { return [0.0, 1.0] };
        let excluded = |ratio: f64, above: bool| {
            let mut gamblers = Gamblers::new(ratio, above);
            self.pairs.iter().for_each(|pair| gamblers.bet(*pair));
            gamblers.ln_wealth() >= self.needed()
        };
        // 0 and 1 themselves cannot be bet against; a ratio that is one of them is inside, and any other is not
        // excluded there.
        let inside = |ratio: f64| (1e-12..=1.0 - 1e-12).contains(&ratio);
        [
            edge(estimate, 0.0, |ratio| excluded(ratio.max(1e-12), true) && (inside(ratio) || ratio < estimate)),
            edge(estimate, 1.0, |ratio| excluded(ratio.min(1.0 - 1e-12), false) && (inside(ratio) || ratio > estimate)),
        ]
    }
}

/// With how many numbers from 0 to 1, whose mean is `mean`, a proof at level `alpha` that it is on this side of `bound`
/// can be expected at best. None if it is not on that side.
///
/// Numbers of which a share is not as they are but 1 (or 0) have their mean at the bound; while that share has not been
/// seen nobody can tell them from these, whatever he computes.
pub fn least(mean: f64, bound: f64, alpha: f64) -> Option<u64> {
    let share = if mean < bound { (bound - mean) / (1.0 - mean) } else { 1.0 - bound / mean };
    let known = mean != bound && 0.0 < share && share < 1.0;
    known.then(|| (libm::log(alpha) / libm::log1p(-share)).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::super::Direction;
    use super::*;
    use crate::random::{Luck, Purpose};

    fn uniform(seed: u64, index: u32, attempt: u32) -> f64 {
        Luck::new(seed, index).job(attempt, Purpose::Preparing).open01()
    }

    /// A replication with up to 20 robots of which a share counts; robots of a replication are alike, so they cluster.
    /// The ratio of means is 0.9.
    fn cluster(seed: u64, index: u32) -> [f64; 2] {
        let robots = (uniform(seed, index, 0) * 20.0).ceil();
        let bad = uniform(seed, index, 1) < 0.2;
        let counted = if bad { (robots / 2.0).floor() } else { robots };
        [counted / 20.0, robots / 20.0]
    }

    /// Of 1 to 20 robots, each as likely: half rounded down is (n - [n odd]) / 2, on average (10.5 - 0.5) / 2.
    const RATIO: f64 = (0.8 * 10.5 + 0.2 * 5.0) / 10.5;

    /// A skewed time between 0 and 1 with mean 1/4.
    fn time(seed: u64, index: u32) -> [f64; 2] {
        let u = uniform(seed, index, 0);
        [u * u * u, 1.0]
    }

    /// Looks after each of 2000 pairs: over 600 seeds, how often the truth is ever excluded, and how often a bound 0.06
    /// below and one 0.06 above it are.
    fn rates(truth: f64, draw: fn(u64, u32) -> [f64; 2]) -> [f64; 3] {
        const SEEDS: u64 = 600;
        let mut counts = [0; 3];
        for seed in 0..SEEDS {
            let bounds = [truth, truth - 0.06, truth + 0.06];
            let mut sequence = BoundedSequence::new(0.1, &bounds);
            let mut ever = [None; 3];
            for index in 0..2000 {
                sequence.record(draw(seed, index));
                for (bound, ever) in ever.iter_mut().enumerate() {
                    *ever = ever.or_else(|| sequence.standing(bound).proven());
                }
            }
            counts[0] += u32::from(ever[0].is_some());
            counts[1] += u32::from(ever[1] == Some(Direction::Above));
            counts[2] += u32::from(ever[2] == Some(Direction::Below));
        }
        counts.map(|count| f64::from(count) / SEEDS as f64)
    }

    /// The standard error of a rate of 0.1 over 600 seeds is 0.012.
    #[test]
    fn looking_all_the_time_errs_no_more_than_it_may() {
        for (truth, draw) in [(RATIO, cluster as fn(u64, u32) -> [f64; 2]), (0.25, time)] {
            let [wrong, above, below] = rates(truth, draw);
            assert!(wrong <= 0.1 + 3.0 * 0.012, "{truth}: {wrong}");
            assert!(wrong > 0.0, "{truth}: a test that never errs here has no power either");
            assert!(above > 0.95 && below > 0.95, "{truth}: {above} {below}");
        }
    }

    /// What is 1.2 % above a bound is proven so with some ten thousands of numbers, also where the numbers are far
    /// below what they could be. The best that any test could do on average is 7.6 / (0.006^2 / 2 / (1/12)), 35
    /// thousand.
    #[test]
    fn small_differences_are_proven() {
        for scale in [0.002, 0.5, 1.0] {
            let mut sequence = BoundedSequence::new(0.001, &[scale * 0.494]);
            let mut index = 0;
            while sequence.standing(0).proven().is_none() && index < 100_000 {
                sequence.record([scale * uniform(5, index, 0), 1.0]);
                index += 1;
            }
            assert_eq!(sequence.standing(0).proven(), Some(Direction::Above), "{scale}");
            assert!(index > 10_000, "{index}: quicker than chance allows");
        }
    }

    /// Numbers far below what they could be are proven to be below a bound with little more than any proof takes, and
    /// numbers that scatter over their range with no more than thrice what a test of Student's t takes whose number is
    /// chosen before: (3.29 + 1.28)^2 variances over the square of the distance at level 0.001, right nine times of
    /// ten.
    #[test]
    fn proofs_take_little_more_than_they_must() {
        let median = |draw: &dyn Fn(u64, u32) -> f64, bound: f64| {
            let taken = |seed: u64| {
                let mut sequence = BoundedSequence::new(0.001, &[bound]);
                (0..1_000_000).find(|index| {
                    sequence.record([draw(seed, *index), 1.0]);
                    sequence.standing(0).proven() == Some(Direction::Below)
                })
            };
            let mut taken: Vec<u32> = (0..15).map(|seed| taken(seed).expect("it is proven") + 1).collect();
            taken.sort_unstable();
            f64::from(taken[7])
        };
        let far = |seed, index| 0.001 * (1.0 + uniform(seed, index, 0));
        let must = least(0.0015, 0.0025, 0.001).expect("it is below") as f64;
        assert_eq!(must, 6894.0, "one in 998.5 that is 1 would do");
        let taken = median(&far, 0.0025);
        assert!(taken >= must && taken < 1.35 * must, "{taken} of {must}");
        let wide = |seed, index| uniform(seed, index, 0) * uniform(seed, index, 0);
        let fixed = (3.29 + 1.28) * (3.29 + 1.28) * (4.0 / 45.0) / (0.05 * 0.05);
        let taken = median(&wide, 1.0 / 3.0 + 0.05);
        assert!(taken < 3.0 * fixed, "{taken} of {fixed}");
        assert_eq!([least(0.5, 0.5, 0.1), least(0.0, 0.0, 0.1)], [None, None]);
        assert_eq!(least(0.5, 0.25, 0.001), Some(10), "half of all would have to be 0, and none is: 2^-10");
    }

    /// Why robots are not counted one by one: they would be taken for many more witnesses than they are.
    #[test]
    fn robots_counted_one_by_one_err_more() {
        let mut wrong = 0;
        for seed in 0..200 {
            let mut sequence = super::super::BernoulliSequence::default();
            let excluded = (0..500).any(|index| {
                let [counted, robots] = cluster(seed, index).map(|share| (share * 20.0).round() as u32);
                (0..robots).for_each(|robot| sequence.record(robot < counted));
                sequence.standing(RATIO, 0.1).proven().is_some()
            });
            wrong += u32::from(excluded);
        }
        assert!(wrong > 60, "{wrong} of 200 at a level of 0.1");
    }

    #[test]
    fn intervals_end_where_the_evidence_is_enough() {
        for pairs in [
            (0..300).map(|index| cluster(3, index)).collect::<Vec<_>>(),
            (0..300).map(|index| time(3, index)).collect(),
            vec![[1.0, 1.0]; 300],
            vec![[0.0, 0.5]; 300],
            vec![[0.5, 1.0]],
        ] {
            let fed = |bound: f64| {
                let mut sequence = BoundedSequence::new(0.05, &[0.5, bound]);
                pairs.iter().for_each(|pair| sequence.record(*pair));
                sequence
            };
            let sequence = fed(0.5);
            let [low, high] = sequence.interval();
            let estimate = sequence.estimate().expect("there are pairs");
            assert!((0.0..=estimate).contains(&low) && (estimate..=1.0).contains(&high), "{low} {estimate} {high}");
            for (bound, side) in [(low - 1e-6, Direction::Above), (high + 1e-6, Direction::Below)] {
                if 0.0 < bound && bound < 1.0 {
                    assert_eq!(fed(bound).standing(1).proven(), Some(side), "{bound}");
                }
            }
            for inside in [low + 1e-6, high - 1e-6] {
                assert_eq!(fed(inside).standing(1).proven(), None, "{inside}");
            }
        }
        assert_eq!(BoundedSequence::new(0.1, &[]).interval(), [0.0, 1.0]);
        let mut empty = BoundedSequence::new(0.1, &[0.5]);
        empty.record([0.0, 0.0]);
        assert_eq!((empty.estimate(), empty.standing(0)), (None, Standing::UNKNOWN), "a whole of nothing says nothing");
    }
}
