//! Intervals of means of numbers that need not be normal.

use super::Estimate;
use super::estimate::{LEAST_OF_MEAN, Lack};
use super::interval::t_quantile;

/// What is known of a mean whose terms are independent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanShape {
    /// How many terms there are: replications.
    pub terms: u64,
    pub mean: f64,
    /// The mean's standard error.
    pub error: f64,
    /// The skewness of the mean: that of the terms over the root of their number.
    pub skewness: f64,
    /// How much more skewness the far end allows for than the sample shows, at least as much: [`UNSEEN`], or see [`unseen`].
    pub unseen: f64,
}

/// Samples show less skewness than there is, because the rarest terms are missing from most of them: half as much again is
/// allowed for.
pub const UNSEEN: f64 = 1.5;
/// Where large numbers thin out so slowly that a sample cannot show their variance, all that can be.
pub const HEAVY: f64 = f64::INFINITY;

impl MeanShape {
    /// How many replications carry the mean, at most all: the reciprocal of the squared skewness of the mean. Of events
    /// that rarely happen it is their number.
    pub fn carriers(&self) -> u64 {
        // A cast from float to integer saturates.
        ((1.0 / (self.skewness * self.skewness)).round() as u64).clamp(1, self.terms)
    }

    /// The mean with its interval.
    pub fn estimate(&self) -> Estimate {
        let known = Estimate::known(self.mean, self.interval());
        Estimate { carriers: known.interval.map(|_| self.carriers()), ..known }
    }

    /// The mean's 95 % interval: Student's t by the transformation that removes its skewness (P. Hall, "On the removal of
    /// skewness by transformation", JRSS B 54 (1992)). The end on the side of the long tail is where it would be with
    /// one and a half times the skewness that the sample shows, and where the tail is heavy where a mean of a single
    /// event would have it: about four times as far as without skewness, at the most.
    ///
    /// # Errors
    /// There are too few terms, or they do not differ.
    fn interval(&self) -> Result<[f64; 2], Lack> {
        if self.terms < LEAST_OF_MEAN {
            return Err(Lack::Few { of: self.terms, needed: LEAST_OF_MEAN });
        }
        if self.error == 0.0 {
            return Err(Lack::Same);
        }
        let t = t_quantile(self.terms - 1);
        let size = self.skewness.abs();
        // From here on the far end would come nearer again.
        let greatest = 9.0 / 8.0 / t;
        let far = off((self.unseen * size).min(greatest), -t).abs();
        let near = off(size, t);
        let [below, above] = if self.skewness < 0.0 { [far, near] } else { [near, far] };
        Ok([self.mean - below * self.error, self.mean + above * self.error])
    }
}

/// How many standard errors the truth is below the mean where the transformed mean is `t` off, with this skewness of the
/// mean >= 0.
fn off(skewness: f64, t: f64) -> f64 {
    if skewness < 1e-6 {
        return t;
    }
    3.0 / skewness * (libm::cbrt(1.0 + skewness * (t - skewness / 6.0)) - 1.0)
}

/// The skewness of a mean of `n` terms from the second and third sums of their differences from it, with the correction
/// for few terms; 0 of fewer than three, which show none.
pub fn of_mean(n: u64, squares: f64, cubes: f64) -> f64 {
    if n < 3 || squares <= 0.0 {
        return 0.0;
    }
    let n = n as f64;
    cubes / (squares * squares.sqrt()) * (n * (n - 1.0)).sqrt() / (n - 2.0)
}

/// The sums of the second, third and fourth powers of the differences of numbers, with how many of each there are, from
/// their mean.
pub fn powers(numbers: impl Iterator<Item = (f64, f64)>, mean: f64) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for (number, count) in numbers {
        let off = number - mean;
        let mut power = count * off;
        for sum in &mut sums {
            power *= off;
            *sum += power;
        }
    }
    sums
}

/// How much more skewness there may be than a sample shows, from the sums of the powers of the differences from its mean.
/// Numbers that take two values hide nothing: their kurtosis is as small as it can be with their skewness, whose square
/// and one it is (K. Pearson 1916). From a quarter more on all is allowed for.
pub fn unseen(n: u64, squares: f64, cubes: f64, fourths: f64) -> f64 {
    if squares <= 0.0 {
        return UNSEEN;
    }
    let n = n as f64;
    let kurtosis = n * fourths / (squares * squares);
    let least = n * cubes * cubes / (squares * squares * squares) + 1.0;
    1.0 + (UNSEEN - 1.0) * (4.0 * (kurtosis / least - 1.0)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::interval::Z;

    fn shape(skewness: f64) -> MeanShape {
        MeanShape { terms: 1_000_000_000, mean: 10.0, error: 1.0, skewness, unseen: UNSEEN }
    }

    /// Without skewness it is Student's; with it the long side grows and the other shrinks, each way alike.
    #[test]
    fn the_long_side_is_longer() {
        let [low, high] = shape(0.0).interval().expect("many");
        assert!((10.0 - low - Z).abs() < 1e-6 && (high - 10.0 - Z).abs() < 1e-6);
        let mut last = Z;
        for skewness in [0.01, 0.1, 0.3, 0.5, 0.8, 1.0] {
            let [low, high] = shape(skewness).interval().expect("many");
            let [turned_low, turned_high] = shape(-skewness).interval().expect("many");
            assert!((low + turned_high - 20.0).abs() < 1e-9 && (high + turned_low - 20.0).abs() < 1e-9);
            assert!(10.0 - low < Z && high - 10.0 >= last, "{skewness}: {low} {high}");
            assert!(high - 10.0 < 8.3, "{high}");
            last = high - 10.0;
        }
        let heavy = MeanShape { unseen: HEAVY, ..shape(0.1) };
        assert_eq!(heavy.interval().expect("many")[1], shape(1.0).interval().expect("many")[1]);
    }

    /// k events of a thousand: the skewness of their mean is one over the root of k, nearly. Garwood's exact interval for
    /// k = 9 events is 4.12 to 17.08 (F. Garwood, Biometrika 28 (1936)).
    #[test]
    fn rare_events_carry_their_mean() {
        for events in [1, 2, 9, 100] {
            let (n, k) = (1000.0, events as f64);
            let (p, q) = (k / n, 1.0 - k / n);
            let skewness = of_mean(1000, n * p * q, n * p * q * (q - p));
            let error = (p * q / (n - 1.0)).sqrt();
            let fourths = n * p * q * (q * q * q + p * p * p);
            let unseen = unseen(1000, n * p * q, n * p * q * (q - p), fourths);
            assert!((unseen - 1.0).abs() < 1e-9, "{events}: {unseen}");
            let shape = MeanShape { terms: 1000, mean: p, error, skewness, unseen };
            let carriers = shape.carriers() as f64;
            assert!((carriers / k - 1.0).abs() < 0.6 && carriers >= k, "{events}: {carriers}");
            let [low, high] = shape.interval().expect("enough").map(|end| end * n);
            if events == 9 {
                assert!((low - 4.12).abs() < 0.3 && (high - 17.08).abs() < 0.5, "{low} {high}");
            }
        }
    }

    #[test]
    fn nothing_is_said_of_too_few_or_of_one_number() {
        let few = MeanShape { terms: 9, ..shape(0.0) };
        assert_eq!(few.interval(), Err(Lack::Few { of: 9, needed: 10 }));
        assert_eq!(MeanShape { error: 0.0, ..shape(0.0) }.interval(), Err(Lack::Same));
        assert_eq!((of_mean(2, 1.0, 1.0), of_mean(5, 0.0, 0.0)), (0.0, 0.0));
    }
}
