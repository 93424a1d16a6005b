//! Quantiles of paired numbers.

use super::Slack;
use super::bets::Bets;
use crate::statistics::confidence_sequence::BernoulliSequence;

/// Evidence that the p-quantile of the first numbers is at most `slack` above that of the second ones, up to `enough`.
/// Numbers are none where a replication has none; quantiles are of those that there are.
///
/// If the claim is false, then at **one fixed number** t, the second one's quantile, more of the second numbers are up
/// to t than of the first ones up to t + slack: of the second ones a share of at least p is up to t and of at most p
/// below it, of the first ones less than p. Against each of these, at each t, somebody bets; the claim is proven once
/// at every t one of four has grown rich. That t is not known costs nothing, because it is one fixed number (S. R.
/// Howard and A. Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
/// identification", Bernoulli 28 (2022)). The fourth bets on pairs: where common luck puts both numbers on the same
/// side of t he loses nothing, so he is told apart by the few pairs in which settings matter (the sign test, kept up
/// over time).
pub fn quantile_evidence(first: &[Option<f64>], second: &[Option<f64>], p: f64, slack: Slack, enough: f64) -> f64 {
    // Who bets on pairs owns half of what they begin with, the others a sixth each.
    let [of_pairs, of_others] = [2.0, 6.0].map(libm::log);
    let mut sweep = Candidates::new(first, second, p, slack);
    let enough = enough.max(0.0);
    let mut least = enough;
    // Below all numbers.
    let mut below = 0;
    loop {
        let upto = sweep.second;
        let quantile_is_above = BernoulliSequence::evidence_below(upto, sweep.seconds, p);
        let quantile_is_below = BernoulliSequence::evidence_above(below, sweep.seconds, p);
        let mut found = quantile_is_above.max(quantile_is_below) - of_others;
        if found < least {
            let first_is_below = BernoulliSequence::evidence_above(sweep.first, sweep.firsts, p);
            found = found.max(first_is_below - of_others).max(sweep.bets.ln_wealth(sweep.pairs) - of_pairs);
        }
        least = least.min(found);
        // From here on the quantile is surely below.
        if least <= 0.0 || quantile_is_below - of_others >= enough {
            return least;
        }
        below = sweep.second;
        if !sweep.advance() {
            return least;
        }
    }
}

/// All numbers in ascending order, those of the first setting moved down by the slack, and the counts at the present
/// one.
struct Candidates {
    /// Number, pair, and whether it is of the second setting.
    events: Vec<(f64, u32, bool)>,
    next: usize,
    /// For each pair whether its first and its second number are passed; none if there is no such number.
    passed: Vec<[Option<bool>; 2]>,
    /// How many numbers there are of each setting.
    firsts: u64,
    seconds: u64,
    /// How many of them are up to the present one.
    first: u64,
    second: u64,
    bets: Bets<7>,
    /// How many pairs there are of each value of the bets.
    pairs: [u64; 7],
}

impl Candidates {
    fn new(first: &[Option<f64>], second: &[Option<f64>], p: f64, slack: Slack) -> Candidates {
        let n = first.len().min(second.len());
        let mut events = Vec::with_capacity(2 * n);
        let mut passed = Vec::with_capacity(n);
        for (pair, (first, second)) in first.iter().zip(second).enumerate() {
            events.extend(first.map(|number| (slack.below(number), pair as u32, false)));
            events.extend(second.map(|number| (number, pair as u32, true)));
            passed.push([first.map(|_| false), second.map(|_| false)]);
        }
        events.sort_unstable_by(|(a, _, _), (b, _, _)| a.total_cmp(b));
        let seconds = events.iter().filter(|(_, _, second)| *second).count() as u64;
        let firsts = events.len() as u64 - seconds;
        let mut pairs = [0; 7];
        passed.iter().for_each(|state| pairs[Candidates::value(*state)] += 1);
        // A number that is passed is worth 1 - p, one that is not -p: on average 0 at the quantile.
        let bets = Bets::new([0.0, 1.0, -1.0, 1.0 - p, -p, p - 1.0, p]);
        Candidates { events, next: 0, passed, firsts, seconds, first: 0, second: 0, bets, pairs }
    }

    /// Which of the values a pair has: what its first number is worth, less what its second one is.
    fn value(state: [Option<bool>; 2]) -> usize {
        match state {
            [None, None] => 0,
            [Some(first), Some(second)] if first == second => 0,
            [Some(first), Some(_)] => 2 - usize::from(first),
            [Some(first), None] => 4 - usize::from(first),
            [None, Some(second)] => 6 - usize::from(second),
        }
    }

    /// Goes on to the next number and all that equal it; false at the end.
    fn advance(&mut self) -> bool {
        let Some((number, _, _)) = self.events.get(self.next).copied() else { return false };
        while let Some((_, pair, second)) = self.events.get(self.next).copied().filter(|event| event.0 == number) {
            let state = &mut self.passed[pair as usize];
            self.pairs[Candidates::value(*state)] -= 1;
            state[usize::from(second)] = Some(true);
            self.pairs[Candidates::value(*state)] += 1;
            *(if second { &mut self.second } else { &mut self.first }) += 1;
            self.next += 1;
        }
        true
    }
}
