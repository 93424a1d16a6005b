//! Whether two samples come from the same source, and how far apart they are: independent ones, and pairs.

use super::interval::wilson;
use super::student::upper_tail;

/// A distribution as the cells of a histogram: values, ascending, with their counts.
pub type Cells = [(u64, u64)];

/// The p-value of Fisher's exact test that `counts` of `trials` have the same probability in both samples, two-sided:
/// the probability of all tables that are no more probable than this one, given its margins.
///
/// R. A. Fisher, "The logic of inductive inference", Journal of the Royal Statistical Society 98 (1935). Where there
/// are millions of such tables the normal approximation cannot be told from it, and stands in.
pub fn fisher(counts: [u64; 2], trials: [u64; 2]) -> f64 {
    const MANY: u64 = 2_000_000;
    let [n, m] = trials;
    let all = counts[0] + counts[1];
    let (least, most) = (all.saturating_sub(m), all.min(n));
    if most - least > MANY {
        let [a, b] = [0, 1].map(|sample| counts[sample] as f64 / trials[sample] as f64);
        let pooled = all as f64 / (n + m) as f64;
        let error = (pooled * (1.0 - pooled) * (1.0 / n as f64 + 1.0 / m as f64)).sqrt();
        return libm::erfc((a - b).abs() / error / std::f64::consts::SQRT_2);
    }
    let ln_choose = |n: u64, k: u64| {
        let ln_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
        ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
    };
    let ln_probability = |count: u64| ln_choose(n, count) + ln_choose(m, all - count) - ln_choose(n + m, all);
    // Tables that are as probable must not be lost to rounding.
    let seen = ln_probability(counts[0]) + 1e-7;
    let tail: f64 = (least..=most).map(ln_probability).filter(|p| *p <= seen).map(libm::exp).sum();
    tail.min(1.0)
}

/// The difference of two probabilities, second less first, with its 95 % interval: R. G. Newcombe, "Interval estimation
/// for the difference between independent proportions", Statistics in Medicine 17 (1998), method 10.
pub fn risk_difference(counts: [u64; 2], trials: [u64; 2]) -> (f64, [f64; 2]) {
    let [a, b] = [0, 1].map(|sample| counts[sample] as f64 / trials[sample] as f64);
    let [[a_low, a_high], [b_low, b_high]] = [0, 1].map(|sample| wilson(counts[sample], trials[sample]));
    let root = |x: f64, y: f64| (x * x + y * y).sqrt();
    let difference = b - a;
    (difference, [difference - root(b - b_low, a_high - a), difference + root(b_high - b, a - a_low)])
}

/// The p-value of the test of A. N. Kolmogorov and N. V. Smirnov that both distributions are the same, with M. A.
/// Stephens' correction for small samples ("Use of the Kolmogorov-Smirnov, Cramer-von Mises and related statistics
/// without extensive tables", JRSS B 32 (1970)). With ties it errs less often than it says. Neither may be empty.
pub fn kolmogorov_smirnov(a: &Cells, b: &Cells) -> f64 {
    let [n, m] = [a, b].map(|cells| total(cells) as f64);
    let mut distance = 0.0_f64;
    merged(a, b, |seen, _| distance = distance.max((seen[0] as f64 / n - seen[1] as f64 / m).abs()));
    let size = (n * m / (n + m)).sqrt();
    let lambda = (size + 0.12 + 0.11 / size) * distance;
    // The series does not converge at 0, where nothing speaks against it.
    if lambda < 0.2 {
        return 1.0;
    }
    let term = |j: u32| libm::exp(-2.0 * f64::from(j * j) * lambda * lambda) * if j % 2 == 1 { 2.0 } else { -2.0 };
    (1..=100).map(term).sum::<f64>().clamp(0.0, 1.0)
}

/// Cliff's delta: the probability that a number of the second sample is greater than one of the first, less the
/// probability that it is less. From -1 to 1; 0 if neither tends to be greater. N. Cliff, "Dominance statistics",
/// Psychological Bulletin 114 (1993). Neither may be empty.
pub fn cliffs_delta(a: &Cells, b: &Cells) -> f64 {
    let [n, m] = [a, b].map(|cells| total(cells) as f64);
    let mut dominance = 0.0;
    // Each value of the first sample against the values of the second one: those above it, less those below.
    merged(a, b, |seen, [here, there]| {
        let below = (seen[1] - there) as f64;
        dominance += here as f64 * (m - seen[1] as f64 - below);
    });
    dominance / (n * m)
}

/// The p-value of B. L. Welch's test that two means are the same, from counts, means and standard deviations ("The
/// generalization of 'Student's' problem when several different population variances are involved", Biometrika 34
/// (1947)). Each count is at least 2.
pub fn welch(a: [f64; 3], b: [f64; 3]) -> f64 {
    let [error_a, error_b] = [a, b].map(|[count, _, std]| std * std / count);
    let error = error_a + error_b;
    if error == 0.0 {
        return if a[1] == b[1] { 1.0 } else { 0.0 };
    }
    let degrees = error * error / (error_a * error_a / (a[0] - 1.0) + error_b * error_b / (b[0] - 1.0));
    let t = (a[1] - b[1]).abs() / error.sqrt();
    2.0 * upper_tail(t, degrees)
}

/// The p-value of the sign test, two-sided: of pairs that differ so many differ one way and so many the other, where
/// each is as likely to do so one way as the other. J. Arbuthnot (1710); exact.
pub fn sign_test(ways: [u64; 2]) -> f64 {
    let n = ways[0] + ways[1];
    let ln_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
    let whole = ln_factorial(n) - n as f64 * std::f64::consts::LN_2;
    let term = |k: u64| libm::exp(whole - ln_factorial(k) - ln_factorial(n - k));
    // From the smallest term on.
    let tail: f64 = (ways[0].max(ways[1])..=n).rev().map(term).sum();
    (2.0 * tail).min(1.0)
}

/// p-values after S. Holm's correction: the probability that any true one of these hypotheses is rejected below alpha
/// is at most alpha ("A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
/// (1979)).
pub fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut adjusted = vec![0.0; values.len()];
    let mut least = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        least = least.max((values.len() - rank) as f64 * values[index]).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

/// How many numbers there are.
pub fn total(cells: &Cells) -> u64 {
    cells.iter().map(|(_, count)| count).sum()
}

/// Goes through the values of both: how many numbers of either are up to here, and how many are here.
fn merged(a: &Cells, b: &Cells, mut at: impl FnMut([u64; 2], [u64; 2])) {
    let mut rest = [a, b];
    let mut seen = [0, 0];
    while let Some(value) = rest.iter().filter_map(|cells| cells.first()).map(|(value, _)| *value).min() {
        let mut here = [0, 0];
        for sample in 0..2 {
            if let [(first, count), others @ ..] = rest[sample]
                && *first == value
            {
                here[sample] = *count;
                seen[sample] += count;
                rest[sample] = others;
            }
        }
        at(seen, here);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose};

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b}");
    }

    /// Fisher's tea: 3 of 4 against 1 of 4 has p = 34/70. And a case of scipy's documentation: 8 of 10 against 1 of 6.
    #[test]
    fn fisher_matches_known_tables() {
        close(fisher([3, 1], [4, 4]), 34.0 / 70.0, 1e-9);
        close(fisher([8, 1], [10, 6]), 0.034_965_034_965_034_9, 1e-9);
        close(fisher([0, 0], [50, 70]), 1.0, 1e-9);
        close(fisher([5, 5], [5, 5]), 1.0, 1e-9);
        // All or nothing: 2 / C(10, 5).
        close(fisher([5, 0], [5, 5]), 2.0 / 252.0, 1e-9);
        // The approximation takes over without a seam.
        let exact = fisher([990_000, 991_500], [2_000_000, 2_000_000]);
        let more = fisher([1_039_500, 1_041_075], [2_100_000, 2_100_000]);
        assert!((exact / more - 1.0).abs() < 0.15, "{exact} {more}");
    }

    /// Newcombe's table II, case (a): 56 of 70 against 48 of 80, method 10: 0.0524 to 0.3339.
    #[test]
    fn risk_differences_match_the_published_table() {
        let (difference, [low, high]) = risk_difference([48, 56], [80, 70]);
        close(difference, 0.2, 1e-12);
        close(low, 0.0524, 5e-5);
        close(high, 0.3339, 5e-5);
    }

    #[test]
    fn distances_of_distributions() {
        let a = [(1, 10), (2, 10)];
        assert_eq!(kolmogorov_smirnov(&a, &a), 1.0);
        close(cliffs_delta(&a, &a), 0.0, 1e-12);
        let b = [(2, 5), (3, 15)];
        // Of 20 * 20 pairs 10 * 20 + 10 * 15 are greater in b, none is less.
        close(cliffs_delta(&a, &b), 350.0 / 400.0, 1e-12);
        close(cliffs_delta(&b, &a), -350.0 / 400.0, 1e-12);
        // D = 0.75, size = sqrt(10): lambda = 0.75 * (3.1623 + 0.12 + 0.0348).
        let lambda = 0.75 * (10_f64.sqrt() + 0.12 + 0.11 / 10_f64.sqrt());
        close(kolmogorov_smirnov(&a, &b), 2.0 * libm::exp(-2.0 * lambda * lambda), 1e-9);
        // The 5 % point of Kolmogorov's distribution is 1.3581.
        let n = 40_000_u64;
        let shift = (1.3581 * 2.0 * (n as f64).sqrt()) as u64;
        let (c, d) = ([(1, n), (2, n)], [(1, n - shift), (2, n + shift)]);
        close(kolmogorov_smirnov(&c, &d), 0.05, 0.001);
    }

    /// Welch's t of means 20 and 22, deviations 4 and 5, 10 and 12 numbers: t = 1.0426 with 19.99 degrees, p = 0.3096.
    #[test]
    fn welch_is_two_sided() {
        close(welch([10.0, 20.0, 4.0], [12.0, 22.0, 5.0]), 0.3096, 5e-4);
        assert_eq!([welch([5.0, 1.0, 0.0], [5.0, 1.0, 0.0]), welch([5.0, 1.0, 0.0], [5.0, 2.0, 0.0])], [1.0, 0.0]);
    }

    /// Of ten pairs eight differ one way: 2 * (45 + 10 + 1) / 1024.
    #[test]
    fn sign_tests_count_ways() {
        close(sign_test([8, 2]), 112.0 / 1024.0, 1e-12);
        close(sign_test([2, 8]), 112.0 / 1024.0, 1e-12);
        close(sign_test([20, 0]), 2.0 / 1_048_576.0, 1e-15);
        assert_eq!([sign_test([0, 0]), sign_test([5, 5]), sign_test([1, 0])], [1.0; 3]);
        // A large sample is as the normal distribution has it: 100 and a half deviations of 100 above the middle.
        close(sign_test([20_100, 19_900]), libm::erfc(0.995 / std::f64::consts::SQRT_2), 1e-5);
    }

    /// The example of any textbook.
    #[test]
    fn holm_steps_down() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }

    /// Samples of the same source are told apart no more often than the level says, those of others nearly always. The
    /// standard error of 0.05 over 1000 pairs is 0.007.
    #[test]
    fn tests_keep_their_level() {
        let draw = |seed: u64, index: u32| Luck::new(seed, index).job(0, Purpose::Preparing).open01();
        let cells = |seed: u64, scale: f64| {
            let mut values: Vec<u64> = (0..200).map(|index| (draw(seed, index) * scale) as u64).collect();
            values.sort_unstable();
            values.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect::<Vec<_>>()
        };
        let events = |seed: u64, p: f64| (0..200).filter(|index| draw(seed, *index) < p).count() as u64;
        let mut rejected = [0; 4];
        for seed in 0..1000 {
            let (a, b) = (cells(2 * seed, 1000.0), cells(2 * seed + 1, 1000.0));
            rejected[0] += u32::from(kolmogorov_smirnov(&a, &b) < 0.05);
            rejected[1] += u32::from(kolmogorov_smirnov(&a, &cells(2 * seed + 1, 1500.0)) < 0.05);
            let (c, d) = (events(2 * seed, 0.1), events(2 * seed + 1, 0.1));
            rejected[2] += u32::from(fisher([c, d], [200, 200]) < 0.05);
            rejected[3] += u32::from(fisher([c, events(2 * seed + 1, 0.3)], [200, 200]) < 0.05);
        }
        let [same, other, same_share, other_share] = rejected.map(|count| f64::from(count) / 1000.0);
        assert!(same < 0.05 + 3.0 * 0.007 && same > 0.01, "{same}");
        assert!(same_share < 0.05 + 3.0 * 0.007 && same_share > 0.01, "{same_share}");
        assert!(other > 0.98 && other_share > 0.98, "{other} {other_share}");
    }
}
