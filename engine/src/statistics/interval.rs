//! 95 % confidence intervals.

use std::cell::RefCell;
use std::collections::HashMap;

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

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
/// statrs computes it for few degrees, with the machine's C library; rounding takes the machine out of the result. For
/// many degrees its inverse loses digits (four are right at 10^6), and the expansion about the normal distribution is
/// exact: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions" (1964), 26.7.5.
pub fn t_quantile(degrees: u64) -> f64 {
    const FEW: u64 = 300;
    let n = degrees as f64;
    if degrees <= FEW {
        let t = StudentsT::new(0.0, 1.0, n).expect("degrees are positive and finite");
        return (t.inverse_cdf(1.0 - TAIL) * 1e9).round() / 1e9;
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
            *found = Found { n, ranks: search_ranks(n, percent as f64 / 100.0) };
        }
        found.ranks
    })
}

/// What was found for so many numbers; for none at all there is nothing to find.
#[derive(Clone, Copy, Default)]
struct Found {
    n: u64,
    ranks: Option<(u64, u64)>,
}

fn search_ranks(n: u64, p: f64) -> Option<(u64, u64)> {
    // The number of observations below the quantile.
    let below = Binomial::new(p, n).ok()?;
    let lower = below.inverse_cdf(TAIL);
    let upper = below.inverse_cdf(1.0 - TAIL) + 1;
    (lower >= 1 && upper <= n).then_some((lower, upper))
}

#[cfg(test)]
mod tests {
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
    }
}
