//! Order statistics in bounded memory.

use super::{Sample, Unit};

/// So many numbers are kept as they are.
const EXACT: usize = 1 << 20;

/// Numbers of which some are wanted by their rank. Up to 2^20 are kept as they are; from then on they are counted to
/// three significant digits, in a fixed amount of memory.
#[derive(Clone, Debug)]
pub struct OrderStatistics {
    unit: Unit,
    exact: Vec<u128>,
    /// All of them, once they are many.
    coarse: Option<Box<Sample>>,
    /// How many are later than any number, beside these.
    never: u64,
}

impl OrderStatistics {
    /// None yet, in whole units.
    pub fn new(unit: Unit) -> OrderStatistics {
        OrderStatistics { unit, exact: Vec::new(), coarse: None, never: 0 }
    }

    /// Adds a number.
    pub fn record(&mut self, number: u128) {
        if let Some(coarse) = &mut self.coarse {
            coarse.record(number);
        } else if self.exact.len() < EXACT {
            self.exact.push(number);
        } else {
            // A thousand times the greatest of so many is as far as a histogram has to reach.
            let reach = self.exact.iter().fold(number, |most, number| most.max(*number)).saturating_mul(1024);
            let mut coarse = Sample::with_bound(self.unit, reach.min(1 << 89));
            std::mem::take(&mut self.exact).into_iter().chain([number]).for_each(|number| coarse.record(number));
            self.coarse = Some(Box::new(coarse));
        }
    }

    /// Adds a time that never comes: it is later than any number.
    pub fn record_never(&mut self) {
        self.never += 1;
    }

    /// How many there are, those that never come included.
    pub fn count(&self) -> u64 {
        self.numbers() + self.never
    }

    fn numbers(&self) -> u64 {
        self.coarse.as_ref().map_or(self.exact.len() as u64, |coarse| coarse.count())
    }

    /// Between which two the number of this rank is, from 1 to the count, as they are shown: twice the number itself
    /// where all are kept.
    pub fn at(&mut self, rank: u64) -> [f64; 2] {
        if rank > self.numbers() {
            return [f64::INFINITY; 2];
        }
        if let Some(coarse) = &self.coarse {
            return coarse.at_rank(rank);
        }
        // Sorted numbers are sorted again in one pass.
        self.exact.sort_unstable();
        [self.unit.show(self.exact[rank as usize - 1] as f64); 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 1 to `count` in an order that is none.
    fn numbers(count: u64) -> OrderStatistics {
        let mut numbers = OrderStatistics::new(Unit::Count);
        // The multiplier is odd and no multiple of 5, so it shares no factor with the counts below.
        (0..count).for_each(|index| numbers.record(u128::from(index * 7919 % count) + 1));
        numbers
    }

    #[test]
    fn few_numbers_are_exact() {
        let mut numbers = numbers(1000);
        for rank in [1, 17, 500, 1000] {
            assert_eq!(numbers.at(rank), [rank as f64; 2]);
        }
        assert_eq!(numbers.count(), 1000);
    }

    /// More than 2^20 numbers take the memory of a histogram, and enclose the exact ones within one part in a thousand.
    #[test]
    fn many_numbers_take_bounded_memory() {
        let count = 2_000_000;
        assert!(count as usize > EXACT);
        let mut numbers = numbers(count);
        assert!(numbers.coarse.is_some() && numbers.exact.capacity() == 0);
        assert_eq!(numbers.count(), count);
        for rank in [1, 1000, 500_000, 1_900_000, count] {
            let [low, high] = numbers.at(rank);
            let exact = rank as f64;
            assert!(low <= exact && exact <= high && high - low <= 0.001 * exact, "{rank}: {low} {high}");
        }
    }
}
