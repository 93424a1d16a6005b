//! Choosing one of several things, each with its weight.

use super::Stream;

/// A choice among things with probability proportional to their weights.
#[derive(Clone, Debug)]
pub struct Choice<T> {
    /// Cumulative probabilities, the last one 1, with the thing below each.
    below: Vec<(f64, T)>,
}

impl<T> Choice<T> {
    /// Weights >= 0 with a finite sum > 0. Only a thing with a weight > 0 can be chosen.
    pub fn new(weighted: impl IntoIterator<Item = (f64, T)>) -> Choice<T> {
        let mut below: Vec<(f64, T)> = weighted.into_iter().filter(|(weight, _)| *weight > 0.0).collect();
        let total: f64 = below.iter().map(|(weight, _)| weight).sum();
        let mut cumulative = 0.0;
        for (weight, _) in &mut below {
            cumulative += *weight / total;
            *weight = cumulative;
        }
        if let Some((last, _)) = below.last_mut() {
            *last = 1.0; // whatever the sum was rounded to
        }
        Choice { below }
    }

    /// Draws one of the things.
    #[inline]
    pub fn choose(&self, stream: &mut Stream) -> &T {
        self.at(stream.chance())
    }

    /// The thing at `u` in [0, 1]; a number that rounding has taken to 1 belongs to the last.
    #[inline]
    pub fn at(&self, u: f64) -> &T {
        let chosen = self.below.partition_point(|(cumulative, _)| *cumulative <= u);
        &self.below[chosen.min(self.below.len() - 1)].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest number below 1 that [`Stream::chance`] gives.
    const LARGEST: f64 = 1.0 - 1.0 / (1u64 << 53) as f64;

    #[test]
    fn a_weight_is_a_share_of_the_interval() {
        let choice = Choice::new([(1.0, 'a'), (2.0, 'b'), (1.0, 'c')]);
        for (u, chosen) in
            [(0.0, 'a'), (0.249, 'a'), (0.25, 'b'), (0.749, 'b'), (0.75, 'c'), (LARGEST, 'c'), (1.0, 'c')]
        {
            assert_eq!(*choice.at(u), chosen, "{u}");
        }
    }

    #[test]
    fn nothing_without_weight_is_chosen() {
        let choice = Choice::new([(0.0, 'a'), (3.0, 'b'), (0.0, 'c'), (1.0, 'd'), (0.0, 'e')]);
        for (u, chosen) in [(0.0, 'b'), (0.749, 'b'), (0.75, 'd'), (LARGEST, 'd')] {
            assert_eq!(*choice.at(u), chosen, "{u}");
        }
    }

    /// The cumulative sums of many equal or very unequal weights end off 1.
    #[test]
    fn rounding_leaves_the_ends_inside() {
        for weights in [vec![0.1; 10], vec![1.0 / 3.0; 1000], vec![1e308, 5e-324], vec![5e-324, 1e-300, 1e300, 7.0]] {
            let choice = Choice::new(weights.iter().copied().zip(0..));
            for u in [0.0, 0.5, LARGEST] {
                assert!(*choice.at(u) < weights.len(), "{weights:?}");
            }
        }
    }
}
