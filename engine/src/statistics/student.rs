//! Student's t distribution in plain arithmetic and the pinned `libm`, so that every machine gives the same bits.

use std::f64::consts::{PI, SQRT_2};

/// From so many degrees of freedom on the normal distribution differs by less than 3e-7 of any probability that
/// matters.
const NORMAL: f64 = 1e8;

/// The probability of a number above `t` >= 0 with `degrees` >= 1 of freedom, to about eleven digits up to 10^5
/// degrees.
///
/// I_x(n/2, 1/2) / 2 with x = n / (n + t^2): M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions"
/// (1964), 26.7.1.
pub fn upper_tail(t: f64, degrees: f64) -> f64 {
    if degrees >= NORMAL {
        return libm::erfc(t / SQRT_2) / 2.0;
    }
    let (a, t2) = (degrees / 2.0, t * t);
    let y = t2 / (degrees + t2);
    // x^a y^(1/2) / B(a, 1/2), where x^a is exp(-a ln(1 + t^2 / n)).
    let front = libm::exp(-a * libm::log1p(t2 / degrees)) * y.sqrt() * half_step(a) / PI.sqrt();
    // Either fraction converges fast where the other does not.
    if t2 * (degrees + 2.0) >= 3.0 * degrees {
        front * fraction(a, 0.5, 1.0 - y) / a / 2.0
    } else {
        0.5 - front * fraction(0.5, a, y)
    }
}

/// The number above which lies a probability of `tail` in (0, 1/2).
pub fn exceeded_by(tail: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while upper_tail(high, degrees) > tail {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return high;
        }
        if upper_tail(middle, degrees) > tail { low = middle } else { high = middle }
    }
}

/// Gamma(a + 1/2) / Gamma(a), to the last bits: by J. S. Frame's expansion for large a ("An approximation to the
/// quotient of Gamma functions", American Mathematical Monthly 56 (1949)), and from there down by Gamma(a + 1) = a
/// Gamma(a).
fn half_step(a: f64) -> f64 {
    const SERIES: [f64; 8] = [
        1.0,
        -1.0 / 8.0,
        1.0 / 128.0,
        5.0 / 1024.0,
        -21.0 / 32_768.0,
        -399.0 / 262_144.0,
        869.0 / 4_194_304.0,
        39_325.0 / 33_554_432.0,
    ];
    let (mut a, mut product) = (a, 1.0);
    while a < 32.0 {
        product *= a / (a + 0.5);
        a += 1.0;
    }
    product * a.sqrt() * SERIES.iter().rev().fold(0.0, |sum, coefficient| sum / a + coefficient)
}

/// The continued fraction of the incomplete beta function without what stands before it (Abramowitz and Stegun,
/// 26.5.8), by W. J. Lentz' method ("Generating Bessel functions in Mie scattering calculations using continued
/// fractions", Applied Optics 15 (1976)).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    /// Terms come closer long before: their number grows with the root of the greater argument.
    const MOST_TERMS: u32 = 1 << 18;
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in (1..MOST_TERMS).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            last = c * d;
            value *= last;
        }
        if (last - 1.0).abs() <= 2.0 * f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    fn close(a: f64, b: f64, tolerance: f64, what: &str) {
        assert!((a - b).abs() <= tolerance * b, "{what}: {a:e} is not {b:e}");
    }

    /// With one degree it is Cauchy's distribution, with two it is algebraic.
    #[test]
    fn few_degrees_have_closed_forms() {
        for t in [1e-6, 0.1, 0.5, 1.0, 1.7, 1.8, 3.0, 12.0, 1e3] {
            close(upper_tail(t, 1.0), libm::atan2(1.0, t) / PI, 1e-13, &format!("Cauchy at {t}"));
            // 1/2 - t / (2 sqrt(2 + t^2)), without what falls out.
            let root = (2.0 + t * t).sqrt();
            close(upper_tail(t, 2.0), 1.0 / (root * (root + t)), 1e-13, &format!("two degrees at {t}"));
        }
        assert_eq!(upper_tail(0.0, 7.3), 0.5);
    }

    /// Against statrs, which computes the same fraction with the machine's C library; it loses digits to the logarithms
    /// of great gamma functions.
    #[test]
    fn tails_match_statrs() {
        for degrees in [1.0, 1.5, 2.0, 3.7, 10.0, 19.99, 100.0, 333.3, 1000.0, 12_345.6] {
            let other = StudentsT::new(0.0, 1.0, degrees).expect("degrees are positive");
            for t in [0.0, 1e-3, 0.1, 0.5, 1.0, 1.7, 1.74, 2.0, 3.0, 5.0, 8.0, 20.0, 40.0] {
                close(upper_tail(t, degrees), other.sf(t), 2e-10, &format!("{degrees} degrees at {t}"));
            }
        }
    }

    /// Where the normal distribution takes over nothing is seen of it.
    #[test]
    fn the_normal_distribution_is_the_limit() {
        for t in [0.5, 1.0, 2.0, 3.0, 5.0] {
            let [before, after] = [NORMAL * 0.999, NORMAL].map(|degrees| upper_tail(t, degrees));
            close(before, after, 2e-6, &format!("{t}"));
        }
    }

    #[test]
    fn quantiles_are_the_inverse() {
        for degrees in [1.0, 2.0, 3.3, 30.0, 299.0, 1e6] {
            for tail in [0.4, 0.025, 1e-3, 1e-9] {
                close(upper_tail(exceeded_by(tail, degrees), degrees), tail, 1e-9, &format!("{degrees} {tail}"));
            }
        }
    }
}
