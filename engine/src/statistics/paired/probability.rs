//! Probabilities of paired events.

use super::bets::Bets;

/// Evidence that the first event's probability is at most `slack` above the second one's. An event is 1 where it
/// happened and 0 where it did not, or -1 and 0, so that it is the less frequent one that is worse; none where a
/// replication does not say. Only replications count in which both say it: why one does not must not depend on the
/// event.
pub fn probability_evidence(first: &[Option<f64>], second: &[Option<f64>], slack: f64) -> f64 {
    let mut counts = [0; 3];
    for (first, second) in first.iter().zip(second).filter_map(|(first, second)| Some(((*first)?, (*second)?))) {
        // Second minus first is -1, 0 or 1.
        counts[(second - first + 1.0) as usize] += 1;
    }
    // The mean of second - first + slack is above 0 exactly if the claim holds with room to spare.
    let values = [-1.0, 0.0, 1.0].map(|difference| (difference + slack) / (1.0 + slack));
    Bets::new(values).ln_wealth(counts)
}
