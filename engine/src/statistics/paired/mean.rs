//! Means of paired numbers.

use super::Slack;
use crate::statistics::confidence_sequence::{BoundedSequence, GAMBLERS, shares, stakes};

/// A number as a part of a whole: the mean is the sum of parts over the sum of wholes. Of plain numbers the whole is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The number, or a sum of numbers.
    pub part: f64,
    /// How many numbers; > 0.
    pub whole: f64,
}

/// What no number exceeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairReach {
    /// The number farthest from 0; negative if no number is positive. Not 0.
    pub greatest: f64,
    /// The greatest whole. A pair of more is taken for one of that whole.
    pub whole: f64,
}

/// So many numbers there have to be on either side before their variance is believed.
const LEAST: usize = 100;
/// The spread of the mixture: evidence is greatest for what is found with about a thousand pairs.
const SPREAD: f64 = 0.02;

/// Evidence that the first mean is at most `slack` above the second one, of numbers that are all positive, or all
/// negative, and within their `reach`; a proof for any number of pairs. `enough` of it is all that is wanted.
///
/// If the claim is false then, t being the second mean and u the greatest number that is as good, the terms part - u *
/// whole of the first setting are 0 or more on average, and the terms part - t * whole of the second one are 0. So
/// those of the second, times a constant, less those of the first can be bet on as in
/// [`BoundedSequence`]. The constant is the factor between t
/// and u: then t drops out of pairs whose wholes are equal, and what luck does to both settings, too. Where wholes
/// differ (a replication of one setting has no number, or fewer robots) t is somewhere in its own confidence sequence;
/// a gambler's wealth is concave in t on the scale of logarithms, so he has at least what he would have at one of its
/// ends.
pub fn mean_evidence(
    first: &[Option<Pair>],
    second: &[Option<Pair>],
    slack: Slack,
    reach: PairReach,
    enough: f64,
) -> f64 {
    /// The share of the error that the second mean's own confidence sequence may make.
    const OF_MEAN: f64 = 0.1;
    let (size, negative) = (reach.greatest.abs(), reach.greatest < 0.0);
    // As shares of what there may be at most; numbers keep their sign.
    let within = |pair: &Option<Pair>| {
        let Pair { part, whole } = pair.unwrap_or(Pair { part: 0.0, whole: 0.0 });
        let most = whole.max(reach.whole);
        let whole = whole / most;
        [(part / (size * most)).clamp(-whole, whole), whole]
    };
    let pairs = || first.iter().map(within).zip(second.iter().map(within));
    let factor = if negative { 1.0 - slack.share } else { 1.0 + slack.share };
    let amount = (slack.amount / size).min(1.0);
    let ends = if pairs().all(|(a, b)| a[1] == b[1]) {
        [0.0; 2]
    } else {
        let mut sequence = BoundedSequence::new(OF_MEAN * libm::exp(-enough), &[]);
        pairs().for_each(|(_, b)| sequence.record([b[0].abs(), b[1]]));
        let [low, high] = sequence.interval();
        if negative { [-high, -low] } else { [low, high] }
    };
    // No term is below minus this, wherever the second mean is.
    let most = 1.0 / (1.0 + slack.share);
    let wealths = ends.map(|t| {
        let terms = pairs().map(|(a, b)| factor * (b[0] - t * b[1]) - (a[0] - (factor * t + amount) * a[1]));
        ln_wealths(terms, most)
    });
    let each: [f64; GAMBLERS] = std::array::from_fn(|gambler| wealths[0][gambler].min(wealths[1][gambler]));
    let greatest = each.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let all: f64 = each.iter().zip(shares()).map(|(own, share)| share * libm::exp(own - greatest)).sum();
    greatest + libm::log(all) + libm::log(1.0 - OF_MEAN)
}

/// The logarithm of what each gambler makes of 1, where staking `most` is staking all.
fn ln_wealths(terms: impl Iterator<Item = f64>, most: f64) -> [f64; GAMBLERS] {
    /// Of so many factors from 0.01 to 2.5 the product is a number.
    const AT_ONCE: usize = 128;
    let stakes = stakes(most);
    let (mut logs, mut products) = ([0.0; GAMBLERS], [1.0; GAMBLERS]);
    let mut settle = |products: &mut [f64; GAMBLERS]| {
        logs.iter_mut().zip(&mut *products).for_each(|(log, product)| *log += libm::log(*product));
        *products = [1.0; GAMBLERS];
    };
    for (index, term) in terms.enumerate() {
        products.iter_mut().zip(stakes).for_each(|(product, stake)| *product *= 1.0 + stake * term);
        if (index + 1) % AT_ONCE == 0 {
            settle(&mut products);
        }
    }
    settle(&mut products);
    logs
}

/// Evidence by the central limit that the first mean is at most `slack` above the second one: no proof, however many
/// pairs there are, for numbers that none of them has may carry either mean.
///
/// The difference of the means is that of independent terms, one a pair (the influence of a pair on a ratio of means),
/// whose variance is estimated. Evidence is the mixture of H. Robbins (1970) for normal terms; I. Waudby-Smith, D.
/// Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, "Time-uniform central limit theory and asymptotic confidence
/// sequences", Annals of Statistics 52 (2024), show that it holds at all times for any terms with a variance, as the
/// number of pairs grows. Numbers that rarely come could be missed by the first hundreds of pairs; so one more pair is
/// made up in which the first setting is as much worse as any number is great.
pub fn mean_evidence_by_limit(first: &[Option<Pair>], second: &[Option<Pair>], slack: Slack) -> f64 {
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

/// Where the mean is by the central limit, at all times at once with confidence 1 - `alpha` as the number of pairs
/// grows; none of too few numbers.
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
