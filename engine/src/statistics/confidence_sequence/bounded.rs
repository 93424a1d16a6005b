//! The confidence sequence of a mean, or of a ratio of means, of bounded numbers.

use super::{Standing, edge};

/// How many gamblers there are, each of whom stakes half as much as the one before; they begin with equal shares of the
/// wealth.
const GAMBLERS: usize = 16;
/// The share of what could be lost that the boldest one stakes. The most cautious one, at a 32768th of that, is right
/// for numbers that are told from a bound by a million replications.
const BOLDEST: f64 = 0.9;

/// Pairs of numbers (part, whole) with 0 <= part <= whole <= 1, and the ratio of their means, mean(part) / mean(whole).
/// With wholes of 1 it is the mean of the parts.
///
/// The ratio is r exactly if part - r * whole is 0 on average, and that difference lies in [-r, 1 - r], so it can be
/// bet on (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024)):
/// half of the wealth bets that the ratio is above r, half that it is below. Which stake is best depends on how far r
/// is from the truth, which nobody knows; so each half is spread over gamblers with fixed stakes, of whom the best one
/// soon owns nearly all (T. M. Cover, "Universal portfolios", Mathematical Finance 1 (1991); F. Orabona and K.-S. Jun,
/// "Tight concentrations and confidence sequences from the regret of universal portfolio", IEEE Transactions on
/// Information Theory 70 (2024)). That costs no more than the logarithm of their number. Each one's wealth is monotone
/// in r, so what is not excluded is an interval.
///
/// A mean far below the bound of its numbers is slow to be proven small: a single number at the bound could undo it.
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
        let mut stake = if above { BOLDEST / ratio } else { -BOLDEST / (1.0 - ratio) };
        let stakes = [(); GAMBLERS].map(|()| {
            stake /= 2.0;
            2.0 * stake
        });
        Gamblers { wealth: [1.0 / GAMBLERS as f64; GAMBLERS], stakes, ratio }
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
