//! Logarithm, exponential and the middle of the normal quantile in plain arithmetic.
//!
//! The standard library's functions call the machine's C library, whose last bits differ from machine to machine, and
//! no compiler vectorises a call. These are polynomials in `+ - * /` and moves of bits, without a branch: every machine
//! gives the same bits, for one number or for many at a time, since Rust never fuses a multiplication with an addition
//! by itself.

use std::f64::consts::{LN_2, LOG2_E};

/// Adding and subtracting this rounds a number below 2^51 to the nearest integer (of two the even one), which stands in
/// the low bits of the sum: 1.5 * 2^52.
pub const ROUNDS: f64 = 6_755_399_441_055_744.0;

/// A number in the open interval (0, 1): the middles of 2^BITS equal cells, symmetric about 1/2, for at most 52 bits.
#[inline(always)]
pub fn unit<const BITS: u32>(bits: u64) -> f64 {
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    let half_cell = 1.0 / (1u64 << (BITS + 1)) as f64;
    // 1 <= x < 2, less a half cell below 1: both are exact.
    f64::from_bits(bits << (52 - BITS) | ONE) - (1.0 - half_cell)
}

/// The polynomial with these coefficients, the constant first, at `x`.
///
/// As four polynomials in x^4 of a quarter of the degree each: a step of Horner's scheme waits for the one before, and
/// four such chains wait side by side.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let x2 = x * x;
    let x4 = x2 * x2;
    let mut quarters = [0.0; 4];
    for (first, quarter) in quarters.iter_mut().enumerate() {
        let mut index = first + (N - 1 - first) / 4 * 4;
        *quarter = coefficients[index];
        while index >= 4 {
            index -= 4;
            *quarter = *quarter * x4 + coefficients[index];
        }
    }
    (quarters[3] * x + quarters[2]) * x2 + (quarters[1] * x + quarters[0])
}

/// The natural logarithm of a positive normal number, to about 5e-16 relative where it is not near 0 (and absolute
/// there).
///
/// x = 2^k m with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh(s) with s = (m - 1) / (m + 1), which is s times a
/// polynomial in s^2, interpolated at the Chebyshev nodes.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "the coefficients stand as they were computed")]
pub fn ln(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const ARTANH: [f64; 7] = [
        2.000_000_000_000_000_4,
        0.666_666_666_665_528_5,
        0.400_000_000_617_730_56,
        0.285_714_160_159_756_5,
        0.222_234_349_214_082_06,
        0.181_219_220_039_186_42,
        0.168_378_135_688_986_44,
    ];
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(SQRT_HALF) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((exponent as u64) << 52));
    // An integer below 2^51 is added to the low bits of a float whose last bit is a one.
    let k = f64::from_bits(ROUNDS.to_bits().wrapping_add(exponent as u64)) - ROUNDS;
    let s = (m - 1.0) / (m + 1.0);
    k * LN_2 + s * polynomial(&ARTANH, s * s)
}

/// The exponential, to about 4e-14 relative; exponents are cut to -708..=709.
///
/// x = k ln 2 + r with |r| <= ln(2) / 2, and e^r by a polynomial that is exact at 0 and else interpolated at the
/// Chebyshev nodes.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "the coefficients stand as they were computed")]
pub fn exp(x: f64) -> f64 {
    // ln 2 in two parts, of which the first is short enough for k times it to be exact (as in fdlibm's e_exp.c).
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const SERIES: [f64; 10] = [
        1.0,
        1.0,
        0.499_999_999_997_963_13,
        0.166_666_666_666_481_56,
        0.041_666_666_892_307_004,
        0.008_333_333_353_839_834,
        0.001_388_882_140_813_945_3,
        1.984_120_851_210_209e-4,
        2.487_631_345_479_937e-5,
        2.762_523_779_574_073_4e-6,
    ];
    let x = if x > -708.0 { x } else { -708.0 };
    let x = if x < 709.0 { x } else { 709.0 };
    let shifted = x * LOG2_E + ROUNDS;
    let k = shifted - ROUNDS;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let p = polynomial(&SERIES, r);
    f64::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// Up to here [`middle_normal`] holds.
pub const MIDDLE: f64 = 6.25;

/// The `p`-quantile of the standard normal for p from about 0.0005 to 0.9995, to about 4e-12 relative, with a number
/// that says whether p lies there: it does if that is at most [`MIDDLE`].
///
/// With x = 2 p - 1 the quantile is x times a smooth function of w = -ln(1 - x^2), as in M. B. Giles, "Approximating
/// the erfinv function", GPU Computing Gems 2 (2011); here a polynomial of degree 15 in w - 3.125, interpolated at the
/// Chebyshev nodes.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "the coefficients stand as they were computed")]
pub fn middle_normal(p: f64) -> (f64, f64) {
    const C: [f64; 16] = [
        2.338_620_710_017_539,
        0.339_634_958_700_042_23,
        -0.008_532_899_058_289_406,
        -0.001_047_511_555_233_179,
        0.000_264_081_790_326_769_57,
        -1.963_288_327_495_105e-5,
        -1.930_847_273_942_054_4e-6,
        5.989_140_700_974_996e-7,
        -4.120_303_896_791_465e-8,
        -5.825_844_289_885_965e-9,
        1.507_967_272_098_925_8e-9,
        -7.454_637_015_366_688e-11,
        -2.123_657_108_562_225e-11,
        3.496_329_871_474_919_6e-12,
        1.089_266_490_616_518e-13,
        -4.576_633_116_129_448e-14,
    ];
    let x = 2.0 * p - 1.0;
    let w = -ln(4.0 * p * (1.0 - p));
    (x * polynomial(&C, w - 3.125), w)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_agree_with_libm() {
        for i in 1..200_000u32 {
            for x in [f64::from(i) / 200_000.0, f64::from(i) * 1e-9, f64::from(i) * 1e7, 1.0 + f64::from(i) * 1e-12] {
                let (own, other) = (ln(x), libm::log(x));
                assert!((own - other).abs() <= 4e-16 + 5e-16 * other.abs(), "{x}: {own} {other}");
            }
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn exponentials_agree_with_libm() {
        for i in -70_000..70_000 {
            let x = f64::from(i) / 100.0;
            let (own, other) = (exp(x), libm::exp(x));
            assert!((own / other - 1.0).abs() < 5e-14, "{x}: {own} {other}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(1e300) > 8e307 && exp(-1e300) < 1e-307 && exp(f64::INFINITY) > 8e307);
    }

    #[test]
    fn units_stay_inside_their_interval() {
        assert!(unit::<52>(0) > 0.0 && unit::<52>((1 << 52) - 1) < 1.0);
        assert_eq!(unit::<52>(0) + unit::<52>((1 << 52) - 1), 1.0);
        assert_eq!(unit::<42>(0) + unit::<42>((1 << 42) - 1), 1.0);
        assert_eq!(unit::<42>(1 << 41) - 0.5, unit::<42>(0));
    }
}
