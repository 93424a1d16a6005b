//! Logarithm, exponential and the middle of the normal quantile in plain arithmetic.
//!
//! The standard library's functions call the machine's C library, whose last bits differ from machine to machine, and no compiler
//! vectorises a call. These are polynomials in `+ - * /` and moves of bits, without a branch: every machine gives the
//! same bits, for one number or for many at a time, since Rust never fuses a multiplication with an addition by itself.

use std::f64::consts::{LN_2, LOG2_E};

/// Adding and subtracting this rounds a number below 2^51 to the nearest integer (of two the even one), which stands in the low bits
/// of the sum: 1.5 * 2^52.
pub const ROUNDS: f64 = 6_755_399_441_055_744.0;

/// A number in the open interval (0, 1): the middles of 2^52 equal cells, symmetric about 1/2.
#[inline(always)]
pub fn unit(bits: u64) -> f64 {
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const HALF_CELL: f64 = 1.0 / (1u64 << 53) as f64;
    // 1 <= x < 2, less a half cell below 1: both are exact.
    f64::from_bits(bits >> 12 | ONE) - (1.0 - HALF_CELL)
}

/// The natural logarithm of a positive normal number, to about 2e-16 relative where it is not near 0 (and absolute there).
///
/// x = 2^k m with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh((m - 1) / (m + 1)), of which eight terms are kept: the first
/// that is left out is below 1e-13 of the sum.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(SQRT_HALF) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((exponent as u64) << 52));
    // An integer below 2^51 is added to the low bits of a float whose last bit is a one.
    let k = f64::from_bits(ROUNDS.to_bits().wrapping_add(exponent as u64)) - ROUNDS;
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let p = 2.0 / 17.0;
    let p = p * z + 2.0 / 15.0;
    let p = p * z + 2.0 / 13.0;
    let p = p * z + 2.0 / 11.0;
    let p = p * z + 2.0 / 9.0;
    let p = p * z + 2.0 / 7.0;
    let p = p * z + 2.0 / 5.0;
    let p = p * z + 2.0 / 3.0;
    k * LN_2 + s * (p * z + 2.0)
}

/// The exponential, to about 5e-15 relative; exponents are cut to -708..=709.
///
/// x = k ln 2 + r with |r| <= ln(2) / 2, and e^r by twelve terms of its series.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    // ln 2 in two parts, of which the first is short enough for k times it to be exact (as in fdlibm's e_exp.c).
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = if x > -708.0 { x } else { -708.0 };
    let x = if x < 709.0 { x } else { 709.0 };
    let shifted = x * LOG2_E + ROUNDS;
    let k = shifted - ROUNDS;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let p = 1.0 / 39_916_800.0;
    let p = p * r + 1.0 / 3_628_800.0;
    let p = p * r + 1.0 / 362_880.0;
    let p = p * r + 1.0 / 40_320.0;
    let p = p * r + 1.0 / 5_040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    f64::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// Up to here [`middle_normal`] holds.
pub const MIDDLE: f64 = 6.25;

/// The `p`-quantile of the standard normal for p from about 0.0005 to 0.9995, to about 2e-14 relative, with a number that says
/// whether p lies there: it does if that is at most [`MIDDLE`].
///
/// With x = 2 p - 1 the quantile is x times a smooth function of w = -ln(1 - x^2), as in M. B. Giles, "Approximating the erfinv
/// function", GPU Computing Gems 2 (2011); here a polynomial of degree 18 in w - 3.125, interpolated at the Chebyshev nodes.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "the coefficients stand as they were computed")]
pub fn middle_normal(p: f64) -> (f64, f64) {
    const C: [f64; 19] = [
        2.338_620_710_026_593_3,
        0.339_634_958_701_418_58,
        -0.008_532_899_177_177_325,
        -0.001_047_511_571_220_286_4,
        0.000_264_082_048_987_792_07,
        -1.963_284_966_557_519_3e-5,
        -1.931_064_032_410_981_4e-6,
        5.988_867_652_217_47e-7,
        -4.111_255_499_403_72e-8,
        -5.814_902_037_761_239e-9,
        1.487_013_893_330_315_4e-9,
        -7.693_198_654_633_185e-11,
        -1.844_787_637_482_109_7e-11,
        3.784_715_127_907_015e-12,
        -9.968_305_849_747_76e-14,
        -6.392_758_800_676_681e-14,
        7.906_185_331_790_888e-15,
        4.647_583_647_059_028_6e-16,
        -1.106_065_217_720_606_7e-16,
    ];
    let x = 2.0 * p - 1.0;
    let w = -ln(4.0 * p * (1.0 - p));
    let t = w - 3.125;
    let q = C[18] * t + C[17];
    let q = q * t + C[16];
    let q = q * t + C[15];
    let q = q * t + C[14];
    let q = q * t + C[13];
    let q = q * t + C[12];
    let q = q * t + C[11];
    let q = q * t + C[10];
    let q = q * t + C[9];
    let q = q * t + C[8];
    let q = q * t + C[7];
    let q = q * t + C[6];
    let q = q * t + C[5];
    let q = q * t + C[4];
    let q = q * t + C[3];
    let q = q * t + C[2];
    let q = q * t + C[1];
    let q = q * t + C[0];
    (x * q, w)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_agree_with_libm() {
        for i in 1..200_000u32 {
            for x in [f64::from(i) / 200_000.0, f64::from(i) * 1e-9, f64::from(i) * 1e7, 1.0 + f64::from(i) * 1e-12] {
                let (own, other) = (ln(x), libm::log(x));
                assert!((own - other).abs() <= 3e-16 + 4e-16 * other.abs(), "{x}: {own} {other}");
            }
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn exponentials_agree_with_libm() {
        for i in -70_000..70_000 {
            let x = f64::from(i) / 100.0;
            let (own, other) = (exp(x), libm::exp(x));
            assert!((own / other - 1.0).abs() < 1e-14, "{x}: {own} {other}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(1e300) > 8e307 && exp(-1e300) < 1e-307 && exp(f64::INFINITY) > 8e307);
    }

    #[test]
    fn units_stay_inside_their_interval() {
        assert!(unit(0) > 0.0 && unit(u64::MAX) < 1.0);
        assert_eq!(unit(0) + unit(u64::MAX), 1.0);
        assert_eq!(unit(1 << 63) - 0.5, unit(0));
    }
}
