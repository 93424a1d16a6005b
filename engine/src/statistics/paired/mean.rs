//! Means of paired numbers.

use super::Slack;

/// A number as a part of a whole: the mean is the sum of parts over the sum of wholes. Of plain numbers the whole is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The number, or a sum of numbers.
    pub part: f64,
    /// How many numbers; > 0.
    pub whole: f64,
}

/// So many numbers there have to be on either side before their variance is believed.
const LEAST: usize = 100;
/// The spread of the mixture: evidence is greatest for what is found with about a thousand pairs.
const SPREAD: f64 = 0.02;

/// Evidence that the first mean is at most `slack` above the second one.
///
/// The difference of the means is that of independent terms, one a pair (the influence of a pair on a ratio of means),
/// whose variance is estimated. Evidence is the mixture of H. Robbins (1970) for normal terms; I. Waudby-Smith, D.
/// Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, "Time-uniform central limit theory and asymptotic confidence
/// sequences", Annals of Statistics 52 (2024), show that it holds at all times for any terms with a variance, as the
/// number of pairs grows. Numbers that rarely come could be missed by the first hundreds of pairs; so one more pair is
/// made up in which the first setting is as much worse as any number is great.
pub fn mean_evidence(first: &[Option<Pair>], second: &[Option<Pair>], slack: Slack) -> f64 {
    let n = first.len().min(second.len());
    let (first, second) = (&first[..n], &second[..n]);
    let (Some(a), Some(b)) = (Ratio::new(first), Ratio::new(second)) else { return 0.0 };
    let difference = slack.above(b.ratio) - a.ratio;
    let factor = 1.0 + if b.ratio < 0.0 { -slack.share } else { slack.share };
    let term = |(x, y): (&Option<Pair>, &Option<Pair>)| factor * b.influence(y) - a.influence(x);
    let squares: f64 = first.iter().zip(second).map(term).map(|term| term * term).sum();
    let made_up = a.greatest.max(b.greatest);
    let sum = n as f64 * difference - made_up;
    if sum <= 0.0 {
        return 0.0;
    }
    let n = (n + 1) as f64;
    let off = made_up + difference;
    let variance = (squares + off * off) / n;
    let spread = n * SPREAD + 1.0;
    sum * sum / variance * SPREAD / (2.0 * spread) - libm::log(spread) / 2.0
}

/// Where the mean is, at all times at once with confidence 1 - `alpha` as the number of pairs grows; none of too few
/// numbers.
pub fn mean_interval(numbers: &[Option<Pair>], alpha: f64) -> Option<[f64; 2]> {
    let mean = Ratio::new(numbers)?;
    let n = numbers.len() as f64;
    let variance = numbers.iter().map(|number| mean.influence(number)).map(|term| term * term).sum::<f64>() / n;
    let spread = n * SPREAD + 1.0;
    let log = libm::log(spread) / 2.0 - libm::log(alpha);
    let half = libm::sqrt(variance * 2.0 * spread / SPREAD * log) / n;
    Some([mean.ratio - half, mean.ratio + half])
}

/// A ratio of means.
struct Ratio {
    ratio: f64,
    /// The mean whole over all pairs.
    whole: f64,
    /// The size of the greatest number.
    greatest: f64,
}

impl Ratio {
    /// None of too few numbers.
    fn new(numbers: &[Option<Pair>]) -> Option<Ratio> {
        if numbers.iter().flatten().count() < LEAST {
            return None;
        }
        let (mut part, mut whole, mut greatest) = (0.0, 0.0, 0.0_f64);
        for number in numbers.iter().flatten() {
            part += number.part;
            whole += number.whole;
            greatest = greatest.max((number.part / number.whole).abs());
        }
        Some(Ratio { ratio: part / whole, whole: whole / numbers.len() as f64, greatest })
    }

    /// What a pair adds to the ratio, times the number of pairs.
    fn influence(&self, number: &Option<Pair>) -> f64 {
        number.map_or(0.0, |number| (number.part - self.ratio * number.whole) / self.whole)
    }
}
