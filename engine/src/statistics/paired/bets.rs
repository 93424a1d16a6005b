//! Bets on the sign of a mean.

/// How many gamblers there are, each of whom stakes half as much as the one before; they begin with equal shares of the
/// wealth.
const GAMBLERS: usize = 10;
/// What the boldest one stakes on a difference of 1.
const BOLDEST: f64 = 0.95;

/// Bets that numbers which take few values, none below -1, have a mean above 0.
///
/// A gambler with the stake s multiplies his wealth by 1 + s * x at each number x. If the mean is not above 0 his
/// wealth is a supermartingale, and so is the average over gamblers (T. M. Cover, "Universal portfolios", Mathematical
/// Finance 1 (1991)). It depends only on how often each value came.
pub struct Bets<const VALUES: usize> {
    /// For each gambler the logarithm of what each value does to his wealth.
    gains: [[f64; VALUES]; GAMBLERS],
}

impl<const VALUES: usize> Bets<VALUES> {
    /// On numbers that take these values, each at least -1.
    pub fn new(values: [f64; VALUES]) -> Bets<VALUES> {
        let mut stake = 2.0 * BOLDEST;
        let gains = [(); GAMBLERS].map(|()| {
            stake /= 2.0;
            values.map(|value| libm::log1p(stake * value))
        });
        Bets { gains }
    }

    /// The logarithm of the wealth after so many numbers of each value.
    pub fn ln_wealth(&self, counts: [u64; VALUES]) -> f64 {
        let ln_wealth = |gains: &[f64; VALUES]| gains.iter().zip(counts).map(|(gain, count)| gain * count as f64).sum();
        let each: [f64; GAMBLERS] = std::array::from_fn(|gambler| ln_wealth(&self.gains[gambler]));
        let most = each.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + libm::log(each.iter().map(|own| libm::exp(own - most)).sum::<f64>() / GAMBLERS as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over all outcomes of a fair number the wealth is 1 on average.
    #[test]
    fn the_bets_are_fair() {
        let bets = Bets::new([1.0, -1.0]);
        let mut mean = 0.0;
        let n = 12;
        for wins in 0..=n {
            let ways: f64 = (0..wins).map(|i| (n - i) as f64 / (i + 1) as f64).product();
            mean += ways / libm::exp2(n as f64) * libm::exp(bets.ln_wealth([wins, n - wins]));
        }
        assert!((mean - 1.0).abs() < 1e-9, "{mean}");
        assert!((bets.ln_wealth([0, 0])).abs() < 1e-12);
        assert!(bets.ln_wealth([30, 0]) > 15.0 && bets.ln_wealth([0, 30]) < 0.0);
    }
}
