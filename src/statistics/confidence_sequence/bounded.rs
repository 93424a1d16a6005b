//! The confidence sequence of a mean, or of a ratio of means, of bounded numbers.

use super::{Standing, edge};

/// The greatest share of the wealth that is ever at stake. Waudby-Smith and Ramdas recommend 1/2 or 3/4.
const STAKE: f64 = 0.75;

/// Pairs of numbers (part, whole) with 0 <= part <= whole <= 1, and the ratio of their means, mean(part) / mean(whole). With
/// wholes of 1 it is the mean of the parts.
///
/// The ratio is r exactly if part - r * whole is 0 on average, and that difference lies in [-r, 1 - r], so it can be bet on:
/// the hedged capital process of I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting",
/// JRSS B 86 (2024), section 4, with their predictable plug-in bets. Half of the wealth bets that the ratio is above r, half
/// that it is below. The bets do not depend on r but for the cap of what is at stake, so the wealth of either half is
/// monotone in r, and what it does not exclude is an interval.
#[derive(Clone, Debug)]
pub struct BoundedSequence {
    alpha: f64,
    bets: Bets,
    bounds: Vec<Watched>,
    /// All pairs, for the interval at the end.
    pairs: Vec<[f64; 2]>,
}

/// What the next bet depends on: the pairs before it.
#[derive(Clone, Copy, Debug)]
struct Bets {
    /// 2 log(2 / alpha)
    scale: f64,
    count: f64,
    part: f64,
    whole: f64,
    squares: f64,
}

/// A bound with the logarithms of the wealth of both sides.
#[derive(Clone, Copy, Debug)]
struct Watched {
    ratio: f64,
    below: f64,
    above: f64,
}

impl Bets {
    fn new(alpha: f64) -> Bets {
        Bets { scale: 2.0 * libm::log(2.0 / alpha), count: 0.0, part: 0.0, whole: 0.0, squares: 0.0 }
    }

    /// What to bet on the next pair.
    fn bet(&self) -> f64 {
        let next = self.count + 1.0;
        let variance = (0.25 + self.squares) / next;
        (self.scale / (variance * next * libm::log1p(next))).sqrt()
    }

    fn record(&mut self, [part, whole]: [f64; 2]) {
        // As if half a success in one trial had been seen before.
        let ratio = (self.part + 0.5) / (self.whole + 1.0);
        let residual = part - ratio * whole;
        self.squares += residual * residual;
        self.count += 1.0;
        self.part += part;
        self.whole += whole;
    }
}

/// What a bet on `ratio` being too low (`above`) or too high multiplies the wealth with.
#[inline]
fn factor([part, whole]: [f64; 2], ratio: f64, bet: f64, above: bool) -> f64 {
    let difference = part - ratio * whole;
    if above { 1.0 + bet.min(STAKE / ratio) * difference } else { 1.0 - bet.min(STAKE / (1.0 - ratio)) * difference }
}

impl BoundedSequence {
    /// Nothing yet, to be looked at from these bounds in (0, 1) with confidence 1 - `alpha`.
    pub fn new(alpha: f64, bounds: &[f64]) -> BoundedSequence {
        let bounds = bounds.iter().map(|ratio| Watched { ratio: *ratio, below: 0.0, above: 0.0 }).collect();
        BoundedSequence { alpha, bets: Bets::new(alpha), bounds, pairs: Vec::new() }
    }

    /// Adds a pair.
    pub fn record(&mut self, pair: [f64; 2]) {
        debug_assert!(0.0 <= pair[0] && pair[0] <= pair[1] && pair[1] <= 1.0, "{pair:?}");
        let bet = self.bets.bet();
        for watched in &mut self.bounds {
            watched.above += libm::log(factor(pair, watched.ratio, bet, true));
            watched.below += libm::log(factor(pair, watched.ratio, bet, false));
        }
        self.bets.record(pair);
        self.pairs.push(pair);
    }

    /// How many pairs there are.
    pub fn count(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// The ratio of the sums.
    pub fn estimate(&self) -> Option<f64> {
        (self.bets.whole > 0.0).then(|| self.bets.part / self.bets.whole)
    }

    /// The logarithm of the wealth that is needed: each half began with half of it.
    fn needed(&self) -> f64 {
        libm::log(2.0 / self.alpha)
    }

    /// On which side of the bound `index` the ratio is. Ever wrong, over all times and bounds at once, with probability at most
    /// alpha.
    pub fn standing(&self, index: usize) -> Standing {
        let Watched { below, above, .. } = self.bounds[index];
        Standing::new(below, above, self.needed())
    }

    /// Where the ratio is: at all times at once with confidence 1 - alpha.
    pub fn interval(&self) -> [f64; 2] {
        let Some(estimate) = self.estimate() else { return [0.0, 1.0] };
        let needed = self.needed();
        let excluded = |ratio: f64, above: bool| self.wealth(ratio, above) >= needed;
        let low = edge(estimate, 0.0, |ratio| excluded(ratio.max(f64::MIN_POSITIVE), true));
        let high =
            edge(estimate, 1.0, |ratio| ratio >= 1.0 && estimate < 1.0 || excluded(ratio.min(1.0 - 1e-16), false));
        [low, high]
    }

    /// The logarithm of the wealth of those who bet that the ratio is above, or below, another one than those watched.
    fn wealth(&self, ratio: f64, above: bool) -> f64 {
        // Products of a few factors, so that logarithms are rare; each factor is at least 1 - STAKE.
        const TOGETHER: usize = 8;
        let mut bets = Bets::new(self.alpha);
        let mut wealth = 0.0;
        for pairs in self.pairs.chunks(TOGETHER) {
            let mut product = 1.0;
            for pair in pairs {
                product *= factor(*pair, ratio, bets.bet(), above).min(1e30);
                bets.record(*pair);
            }
            wealth += libm::log(product);
        }
        wealth
    }
}

#[cfg(test)]
mod tests {
    use super::super::Side;
    use super::*;
    use crate::random::{Luck, Purpose};

    fn uniform(seed: u64, index: u32, attempt: u32) -> f64 {
        Luck::new(seed, index).job(attempt, Purpose::Preparing).open01()
    }

    /// A replication with up to 20 robots of which a share counts; robots of a replication are alike, so they cluster. The
    /// ratio of means is 0.9.
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

    /// Looks after each of 2000 pairs: over 600 seeds, how often the truth is ever excluded, and how often a bound 0.06 below and
    /// one 0.06 above it are.
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
            counts[1] += u32::from(ever[1] == Some(Side::Above));
            counts[2] += u32::from(ever[2] == Some(Side::Below));
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
                let mut sequence = BoundedSequence::new(0.05, &[bound]);
                pairs.iter().for_each(|pair| sequence.record(*pair));
                sequence
            };
            let sequence = fed(0.5);
            let [low, high] = sequence.interval();
            let estimate = sequence.estimate().expect("there are pairs");
            assert!((0.0..=estimate).contains(&low) && (estimate..=1.0).contains(&high), "{low} {estimate} {high}");
            for (bound, side) in [(low - 1e-6, Side::Above), (high + 1e-6, Side::Below)] {
                if 0.0 < bound && bound < 1.0 {
                    assert_eq!(fed(bound).standing(0).proven(), Some(side), "{bound}");
                }
            }
            for inside in [low + 1e-6, high - 1e-6] {
                assert_eq!(fed(inside).standing(0).proven(), None, "{inside}");
            }
        }
        assert_eq!(BoundedSequence::new(0.1, &[]).interval(), [0.0, 1.0]);
        let mut empty = BoundedSequence::new(0.1, &[0.5]);
        empty.record([0.0, 0.0]);
        assert_eq!((empty.estimate(), empty.standing(0)), (None, Standing::UNKNOWN), "a whole of nothing says nothing");
    }
}
