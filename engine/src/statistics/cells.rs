//! Counts of numbers in the cells of a histogram.

use hdrhistogram::Histogram;

/// Cells of equal width within an octave, `1 << bits` of them; below twice that a cell for each integer.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// At most 52.
    pub bits: u32,
}

/// 1024 cells an octave: those of an HdrHistogram with three significant digits.
pub const FINE: Grid = Grid { bits: 10 };

/// Significant decimal digits of the histograms: a quantile is right to one part in a thousand.
pub const SIGNIFICANT_DIGITS: u8 = 3;

impl Grid {
    /// The cell that holds a value below 2^52.
    ///
    /// From 2^bits on it is the exponent and the first bits of the value as a float, in plain arithmetic that
    /// vectorises.
    #[inline(always)]
    pub const fn cell(self, value: u64) -> usize {
        const TWO_52: f64 = (1u64 << 52) as f64;
        const BIAS: u64 = 1023;
        let float = f64::from_bits(value | TWO_52.to_bits()) - TWO_52;
        let logarithmic =
            (float.to_bits() >> (52 - self.bits)).wrapping_sub((BIAS - 1 + self.bits as u64) << self.bits);
        (if value < 1 << self.bits { value } else { logarithmic }) as usize
    }

    /// The cell that holds any value.
    const fn cell_of_any(self, value: u64) -> usize {
        let shift = (u64::BITS - self.bits).saturating_sub((value | 1).leading_zeros() + 1);
        ((shift as usize) << self.bits) + (value >> shift) as usize
    }

    /// The least value of a cell.
    pub const fn lowest(self, cell: usize) -> u64 {
        // From the second octave on, a cell's number within its octave is in 2^bits..2 * 2^bits.
        let shift = (cell >> self.bits).saturating_sub(1);
        ((cell - (shift << self.bits)) as u64) << shift
    }
}

/// Where a number is that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The least number of its cell.
    pub low: u64,
    /// The greatest one.
    pub high: u64,
    /// Between which two it is: a single one where many numbers spread evenly over the cell and those beside it, else the
    /// ends of the cell.
    pub at: [u64; 2],
}

/// How many numbers lie in each cell of [`FINE`], as far as numbers reach: a histogram without its bookkeeping.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    counts: Vec<u64>,
}

impl Cells {
    /// Counts a number below 2^63.
    pub fn record(&mut self, value: u64) {
        let cell = FINE.cell_of_any(value);
        self.reach(cell);
        self.counts[cell] += 1;
    }

    /// Makes room for a cell and those below it.
    #[inline]
    pub fn reach(&mut self, cell: usize) {
        if cell >= self.counts.len() {
            self.counts.resize((cell + 1).next_multiple_of(1 << FINE.bits), 0);
        }
    }

    /// Counts a number in a cell for which there is room.
    #[inline(always)]
    pub fn count(&mut self, cell: usize) {
        self.counts[cell] += 1;
    }

    /// How many numbers lie in the cells from that of `low` to before that of `high`.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        let [from, until] = [low, high].map(|value| FINE.cell_of_any(value).min(self.counts.len()));
        self.counts[from..until].iter().sum()
    }

    /// Adds others; exact in any order.
    pub fn merge(&mut self, other: &Cells) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, other)| *count += other);
    }

    /// Where the numbers of these ranks (from 1, ascending) are, in one pass.
    pub fn at_ranks(&self, ranks: &[u64]) -> Vec<Place> {
        const TOGETHER: usize = 64;
        let mut cells = Vec::with_capacity(ranks.len());
        let mut seen = 0;
        for (first, counts) in (0..).step_by(TOGETHER).zip(self.counts.chunks(TOGETHER)) {
            let Some(rank) = ranks.get(cells.len()) else { break };
            // Most are passed over by their sum.
            let sum: u64 = counts.iter().sum();
            if seen + sum < *rank {
                seen += sum;
                continue;
            }
            for (cell, count) in (first..).zip(counts) {
                let before = seen;
                seen += count;
                while let Some(rank) = ranks.get(cells.len()).filter(|rank| **rank <= seen) {
                    cells.push(self.place(cell, rank - before));
                }
            }
        }
        cells
    }

    /// Where the number of this rank within a cell is.
    fn place(&self, cell: usize, rank: u64) -> Place {
        const ENOUGH: u64 = 8;
        let (low, high) = (FINE.lowest(cell), FINE.lowest(cell + 1) - 1);
        let own = self.counts[cell];
        let like = |other: Option<&u64>| other.is_some_and(|other| 2 * own.min(*other) >= own.max(*other));
        // A time that many share stands out among the cells beside its own.
        let spread = own >= ENOUGH && like(self.counts.get(cell.wrapping_sub(1))) && like(self.counts.get(cell + 1));
        let within = |place: f64| low + ((high - low) as f64 * place) as u64;
        let at = if spread { [within((rank as f64 - 0.5) / own as f64); 2] } else { [low, high] };
        Place { low, high, at }
    }

    /// All cells that hold numbers: least and greatest number, and how many there are.
    pub fn recorded(&self) -> impl DoubleEndedIterator<Item = (u64, u64, u64)> {
        let recorded = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        recorded.map(|(cell, count)| (FINE.lowest(cell), FINE.lowest(cell + 1) - 1, *count))
    }

    /// The histogram, for those who look at all of it.
    pub fn histogram(&self) -> Histogram<u64> {
        // `new` makes it resizable, and fails only for more than five digits.
        let mut histogram = Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are allowed");
        // The largest first, so that it grows once.
        for (cell, count) in self.counts.iter().enumerate().rev().filter(|(_, count)| **count > 0) {
            histogram.record_n(FINE.lowest(cell), *count).expect("a resizable histogram takes every number");
        }
        histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cover_all_values_in_order() {
        let coarse = Grid { bits: 7 };
        assert_eq!([0, 127, 128, 255, 256].map(|value| coarse.cell(value)), [0, 127, 128, 255, 256]);
        for grid in [coarse, FINE] {
            for index in 0..grid.cell(1 << 50) {
                let (low, next) = (grid.lowest(index), grid.lowest(index + 1));
                assert!(low < next, "{index}");
                assert_eq!([low, next - 1, next].map(|value| grid.cell(value)), [index, index, index + 1], "{index}");
                assert_eq!([low, next - 1].map(|value| grid.cell_of_any(value)), [index; 2], "{index}");
                assert!(low < 1 << grid.bits || (next - low) << grid.bits <= low, "{index}: too wide");
            }
        }
    }

    /// The cells are those of HdrHistogram itself.
    #[test]
    fn the_histogram_is_that_of_the_numbers() {
        let mut cells = Cells::default();
        let mut expected: Histogram<u64> = Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are allowed");
        for i in 0..20_000u64 {
            let value = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (2 + i % 62);
            cells.record(value);
            expected.record(value).expect("it takes every number");
        }
        let recorded = |histogram: &Histogram<u64>| -> Vec<(u64, u64)> {
            histogram.iter_recorded().map(|cell| (cell.value_iterated_to(), cell.count_at_value())).collect()
        };
        let histogram = cells.histogram();
        assert_eq!(recorded(&histogram), recorded(&expected));
        assert_eq!((histogram.max(), histogram.mean()), (expected.max(), expected.mean()));
        for rank in [1, 777, 10_000, 20_000] {
            let value = expected.value_at_quantile(rank as f64 / 20_000.0);
            let ends = (expected.lowest_equivalent(value), expected.highest_equivalent(value));
            let found = cells.at_ranks(&[rank]);
            assert_eq!(found.iter().map(|place| (place.low, place.high)).collect::<Vec<_>>(), [ends], "{rank}");
        }
    }

    /// Where many numbers lie side by side their places are known better than their cells; one that many share stays
    /// inside of its cell.
    #[test]
    fn places_within_cells() {
        let mut cells = Cells::default();
        (0..1_000_000).for_each(|number| cells.record(1_000_000 + number));
        for rank in [1000, 400_000, 900_001] {
            let [Place { low, high, at: [least, most] }] = cells.at_ranks(&[rank])[..] else { panic!("one rank") };
            let exact = 1_000_000 + rank - 1;
            assert!(least == most && least.abs_diff(exact) <= 1 && (low..=high).contains(&exact), "{rank}: {least}");
            assert!(high - low > 500, "{low} {high}");
        }
        (0..5000).for_each(|_| cells.record(1_500_000));
        let place = cells.at_ranks(&[502_000])[0];
        assert_eq!(place.at, [place.low, place.high]);
        assert!(place.low < 1_500_000 && 1_500_000 < place.high);
    }
}
