//! 95 % confidence intervals.

use std::cell::RefCell;
use std::collections::HashMap;

use super::student::exceeded_by;

/// The 97.5 % point of the standard normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// Half of the error that a two-sided 95 % interval may make.
const TAIL: f64 = 0.025;

/// Wilson's score interval for a probability of which `count` of `n` > 0 trials speak.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
pub fn wilson(count: u64, n: u64) -> [f64; 2] {
    let (k, n) = (count as f64, n as f64);
    let center = (k + Z * Z / 2.0) / (n + Z * Z);
    let half = Z / (n + Z * Z) * (k * (n - k) / n + Z * Z / 4.0).sqrt();
    // The bounds are 0 and 1 exactly where no trial, or every trial, counted; rounding must not say otherwise.
    [if count == 0 { 0.0 } else { center - half }, if k == n { 1.0 } else { center + half }]
}

/// The 97.5 % point of Student's t distribution with `degrees` >= 1 degrees of freedom, to nine decimals.
///
/// For many degrees by the expansion about the normal distribution, which is exact there: M. Abramowitz and I. A.
/// Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5.
pub fn t_quantile(degrees: u64) -> f64 {
    const FEW: u64 = 300;
    let n = degrees as f64;
    if degrees <= FEW {
        return (exceeded_by(TAIL, n) * 1e9).round() / 1e9;
    }
    let z2 = Z * Z;
    let first = (z2 + 1.0) / 4.0;
    let second = ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let third = (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    Z * (1.0 + (first + (second + third / n) / n) / n)
}

/// The ranks (from 1) of the order statistics that enclose the quantile of `percent` (1 to 99) of `n` independent
/// numbers with probability of at least 95 %, at most 2.5 % on either side; none if `n` is too small for such an
/// interval to exist.
///
/// H. A. David and H. N. Nagaraja, "Order Statistics", 3rd edition (2003), section 7.1.
pub fn quantile_ranks(n: u64, percent: u64) -> Option<(u64, u64)> {
    // Most of an experiment's samples have as many numbers, and the search takes as long as all else that is said of
    // them.
    thread_local! {
        static LAST: RefCell<HashMap<u64, Found>> = RefCell::default();
    }
    LAST.with_borrow_mut(|last| {
        let found = last.entry(percent).or_default();
        if found.n != n {
            *found = Found { n, ranks: search_ranks(n, percent) };
        }
        found.ranks
    })
}

/// The fewest numbers of which the quantile of `percent` has an interval.
pub fn fewest(percent: u64) -> u64 {
    // The rarer side decides: all numbers on the other one have a probability of at most [`TAIL`].
    let rarer = percent.min(100 - percent) as f64 / 100.0;
    (libm::log(TAIL) / libm::log1p(-rarer)).ceil() as u64
}

/// How frequent something is at most, with 95 % confidence, that none of `n` > 0 replications has shown: about 3 / n (J.
/// A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983)).
pub fn unseen(n: u64) -> f64 {
    -libm::expm1(libm::log(0.05) / n as f64)
}

/// What was found for so many numbers; for none at all there is nothing to find.
#[derive(Clone, Copy, Default)]
struct Found {
    n: u64,
    ranks: Option<(u64, u64)>,
}

/// The ranks come from the binomial distribution of how many numbers are below the quantile: its probabilities as
/// multiples of the greatest one, each from its neighbour by a quotient of whole numbers, in plain arithmetic that
/// every machine does alike. Their sums are right to ten digits and more for any number that a 32-bit counter holds.
fn search_ranks(n: u64, percent: u64) -> Option<(u64, u64)> {
    let least = falls_below(n, percent)?;
    // Seen from the other end the numbers above are those below.
    let most = n + 1 - falls_below(n, 100 - percent)?;
    Some((least, most))
}

/// The least k such that at most k of `n` numbers are below the quantile of `percent` with a probability of more than
/// [`TAIL`]: so the order statistic of rank k exceeds the quantile with no more than that. None if k is 0.
fn falls_below(n: u64, percent: u64) -> Option<u64> {
    /// What is left out on either side is less than any rounding.
    const NOTHING: f64 = 1e-22;
    if n == 0 {
        return None;
    }
    let mode = (u128::from(n + 1) * u128::from(percent) / 100).min(n.into()) as u64;
    let (p, q) = (percent as f64, (100 - percent) as f64);
    // How probable it is that k - 1 numbers are below, in terms of k; and k + 1.
    let down = |k: u64| k as f64 * q / ((n - k + 1) as f64 * p);
    let up = |k: u64| (n - k) as f64 * p / ((k + 1) as f64 * q);
    let (mut up_to_mode, mut probability, mut k) = (1.0, 1.0, mode);
    while k > 0 && probability > NOTHING {
        probability *= down(k);
        up_to_mode += probability;
        k -= 1;
    }
    let (mut all, mut probability, mut k) = (up_to_mode, 1.0, mode);
    while k < n && probability > NOTHING {
        probability *= up(k);
        all += probability;
        k += 1;
    }
    // From the mode down to the first k with so little probability below.
    let (mut up_to_k, mut probability, mut k) = (up_to_mode, 1.0, mode);
    while up_to_k - probability > TAIL * all {
        up_to_k -= probability;
        probability *= down(k);
        k = k.checked_sub(1)?;
    }
    (k > 0).then_some(k)
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

    use super::*;

    /// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
    #[test]
    fn wilson_matches_the_literature() {
        for (count, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (29, 29, 0.8830, 1.0),
        ] {
            let [a, b] = wilson(count, n);
            assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{count} of {n}: {a} {b}");
        }
    }

    /// Any table of Student's distribution.
    #[test]
    fn t_matches_the_tables() {
        for (degrees, t) in
            [(1, 12.706205), (2, 4.302653), (5, 2.570582), (30, 2.042272), (100, 1.983972), (1000, 1.962339)]
        {
            assert!((t_quantile(degrees) - t).abs() < 1e-6, "{degrees}");
        }
        assert!((t_quantile(1_000_000) - 1.959_966).abs() < 1e-6);
        assert_eq!(t_quantile(u64::MAX), Z);
    }

    /// Against statrs, which computes both with the machine's C library: to all nine decimals, and to the rank.
    #[test]
    fn quantiles_and_ranks_match_statrs() {
        for degrees in 1..=300 {
            let other = StudentsT::new(0.0, 1.0, degrees as f64).expect("degrees are positive").inverse_cdf(1.0 - TAIL);
            assert_eq!(t_quantile(degrees), (other * 1e9).round() / 1e9, "{degrees}");
        }
        let ranks = |n: u64, percent: u64| {
            let below = Binomial::new(percent as f64 / 100.0, n).expect("a probability");
            let (lower, upper) = (below.inverse_cdf(TAIL), below.inverse_cdf(1.0 - TAIL) + 1);
            (lower >= 1 && upper <= n).then_some((lower, upper))
        };
        let few = (1..1500).flat_map(|n| [1, 5, 10, 25, 50, 75, 90, 95, 99].map(|percent| (n, percent)));
        let many = (1..100).map(|thousands| 1000 * thousands);
        let most = [200_000, 500_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 4_000_000_000];
        let many = many.chain(most).flat_map(|n| [50, 90, 95, 99].map(|percent| (n, percent)));
        for (n, percent) in few.chain(many) {
            assert_eq!(search_ranks(n, percent), ranks(n, percent), "{n} {percent}");
        }
    }

    /// Where one way of computing it hands over to the other they agree.
    #[test]
    fn t_has_no_seam() {
        for degrees in 290..310 {
            let (fewer, more) = (t_quantile(degrees), t_quantile(degrees + 1));
            // The derivative is about -Z (Z^2 + 1) / (4 n^2).
            let slope = Z * (Z * Z + 1.0) / 4.0 / (degrees as f64 * (degrees as f64 + 1.0));
            assert!((fewer - more - slope).abs() < slope * 0.02, "{degrees}: {fewer} {more}");
        }
    }

    /// The definition: each side errs with at most 2.5 %, and one rank further in would err more.
    #[test]
    fn ranks_are_the_tightest_that_cover() {
        for (n, percent) in [(6, 50), (10, 50), (100, 50), (400, 99), (1000, 99), (20_000, 50), (1_000_000, 99)] {
            let (lower, upper) = quantile_ranks(n, percent).expect("enough data");
            let p = percent as f64 / 100.0;
            let cdf = |k: u64| Binomial::new(p, n).unwrap().cdf(k);
            assert!(cdf(lower - 1) <= TAIL && cdf(lower) > TAIL, "{n} {p}: {lower}");
            assert!(
                1.0 - cdf(upper - 1) <= TAIL + 1e-12 && (upper < 2 || 1.0 - cdf(upper - 2) > TAIL),
                "{n} {p}: {upper}"
            );
        }
        assert_eq!(quantile_ranks(10, 50), Some((2, 9)), "a classic table value");
    }

    #[test]
    fn too_few_numbers_have_no_interval() {
        assert_eq!(quantile_ranks(0, 50), None);
        assert_eq!(quantile_ranks(5, 50), None, "0.5^5 > 2.5 %");
        assert_eq!(quantile_ranks(367, 99), None, "0.99^367 > 2.5 %");
        assert_eq!(quantile_ranks(368, 99).map(|(_, upper)| upper), Some(368));
        for percent in [1, 10, 50, 90, 95, 99] {
            let fewest = fewest(percent);
            assert_eq!(quantile_ranks(fewest - 1, percent), None, "{percent}");
            assert!(quantile_ranks(fewest, percent).is_some(), "{percent}");
        }
    }

    /// With this probability an event is missing from n replications in one of twenty experiments.
    #[test]
    fn what_was_not_seen_is_rare() {
        for n in [1, 10, 200, 1_000_000] {
            assert!((libm::pow(1.0 - unseen(n), n as f64) - 0.05).abs() < 1e-9, "{n}");
        }
    }
}
