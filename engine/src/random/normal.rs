//! The standard normal distribution function and its inverse, bit-identical on every machine.

use super::elementary::{MIDDLE, ln, middle_normal};

/// P(Z <= x) of a standard normal Z, by `libm`'s complementary error function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The density of a standard normal at x: exp(-x^2 / 2) / sqrt(2 pi).
pub(super) fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt()
}

/// The x with P(Z <= x) = p for p in (0, 1), to about 4e-12 relative: a polynomial in the middle, and in the tails
/// algorithm AS 241 (PPND16): M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37
/// (1988).
#[inline]
pub fn normal_quantile(p: f64) -> f64 {
    let (x, w) = middle_normal(p);
    if w <= MIDDLE { x } else { tail_normal(p) }
}

/// The quantile for p below 0.075 or above 0.925.
#[cold]
#[allow(clippy::excessive_precision, reason = "the coefficients stand as published")]
fn tail_normal(p: f64) -> f64 {
    let q = p - 0.5;
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-ln(tail)).sqrt();
    let x = if r <= 5.0 {
        let r = r - 1.6;
        (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
            + 1.27045825245236838258e0)
            * r
            + 3.64784832476320460504e0)
            * r
            + 5.76949722146069140550e0)
            * r
            + 4.63033784615654529590e0)
            * r
            + 1.42343711074968357734e0)
            / (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2)
                * r
                + 1.48103976427480074590e-1)
                * r
                + 6.89767334985100004550e-1)
                * r
                + 1.67638483018380384940e0)
                * r
                + 2.05319162663775882187e0)
                * r
                + 1.0)
    } else {
        let r = r - 5.0;
        (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
            + 2.65321895265761230930e-2)
            * r
            + 2.96560571828504891230e-1)
            * r
            + 1.78482653991729133580e0)
            * r
            + 5.46378491116411436990e0)
            * r
            + 6.65790464350110377720e0)
            / (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5)
                * r
                + 7.86869131145613259100e-4)
                * r
                + 1.48753612908506148525e-2)
                * r
                + 1.36929880922735805310e-1)
                * r
                + 5.99832206555887937690e-1)
                * r
                + 1.0)
    };
    if q < 0.0 { -x } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against statrs, which computes the inverse in another way (by the inverse error function).
    #[test]
    fn agrees_with_an_independent_inverse() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let normal = Normal::standard();
        for p in [1e-15, 1e-9, 1e-4, 0.02, 0.07, 0.3, 0.5, 0.8, 0.95, 0.975, 0.999, 1.0 - 1e-9] {
            let (own, other) = (normal_quantile(p), normal.inverse_cdf(p));
            assert!((own - other).abs() <= 1e-9 * (1.0 + own.abs()), "{p}: {own} {other}");
        }
    }

    #[test]
    fn inverts_the_distribution_function() {
        for i in 1..2000 {
            let p = f64::from(i) / 2000.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 3e-12, "{p}");
            assert!((normal_quantile(p) + normal_quantile(1.0 - p)).abs() < 1e-12, "{p}");
        }
    }
}
