//! A step function of time, as its mean over replications.

use crate::time::Time;

/// The most cells; a power of two.
const CELLS: usize = 4096;
/// The width of a cell at first: 2^10 microseconds.
const FIRST_SHIFT: u32 = 10;

/// The mean over replications of what jumps at instants and is constant between them: robots in flight, egress.
///
/// Only jumps are recorded, so an event costs the same however long the function stays. A cell keeps the sum of its
/// jumps and of jump * (instant - start of the cell), which give the integral over every cell exactly. When a
/// replication lasts longer than the cells reach, neighbours become one cell, which loses nothing but detail; so
/// merging is exact in any order.
#[derive(Clone, Debug)]
pub struct OverTime {
    /// Cells are 2^shift microseconds wide.
    shift: u32,
    cells: Vec<TimeBin>,
    /// Of the present replication.
    level: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct TimeBin {
    jumps: i128,
    moments: i128,
}

impl Default for OverTime {
    fn default() -> OverTime {
        OverTime { shift: FIRST_SHIFT, cells: vec![TimeBin::default(); CELLS], level: 0 }
    }
}

impl OverTime {
    /// The level from `instant` on, in the present replication; instants need not come in order.
    #[inline]
    pub fn set(&mut self, instant: Time, level: u64) {
        let jump = i128::from(level) - i128::from(self.level);
        self.level = level;
        while instant.micros() >> self.shift >= CELLS as u64 {
            self.widen();
        }
        let cell = instant.micros() >> self.shift;
        let offset = instant.micros() - (cell << self.shift);
        let cell = &mut self.cells[cell as usize];
        cell.jumps += jump;
        cell.moments += jump * i128::from(offset);
    }

    /// The present level.
    pub fn level(&self) -> u64 {
        self.level
    }

    /// Ends the present replication at `ended`: the level is 0 from then on.
    pub fn end_replication(&mut self, ended: Time) {
        self.set(ended, 0);
    }

    fn widen(&mut self) {
        let width = 1i128 << self.shift;
        for index in 0..CELLS / 2 {
            let [a, b] = [self.cells[2 * index], self.cells[2 * index + 1]];
            self.cells[index] = TimeBin { jumps: a.jumps + b.jumps, moments: a.moments + b.moments + b.jumps * width };
        }
        self.cells[CELLS / 2..].fill(TimeBin::default());
        self.shift += 1;
    }

    /// Adds another one; exact in any order.
    pub fn merge(&mut self, other: &OverTime) {
        let mut other = other.clone();
        while self.shift < other.shift {
            self.widen();
        }
        while other.shift < self.shift {
            other.widen();
        }
        for (cell, other) in self.cells.iter_mut().zip(&other.cells) {
            cell.jumps += other.jumps;
            cell.moments += other.moments;
        }
    }

    /// The means over `replications` and over each cell, up to the last cell in which anything happens: each pair is
    /// the cell's end in seconds and the mean.
    pub fn means(&self, replications: u64) -> Vec<(f64, f64)> {
        let width = 1i128 << self.shift;
        let last = self.cells.iter().rposition(|cell| cell.jumps != 0 || cell.moments != 0).unwrap_or(0);
        let mut level = 0;
        let cells = self.cells[..=last].iter().zip(1u64..).map(|(cell, end)| {
            let integral = (level + cell.jumps) * width - cell.moments;
            level += cell.jumps;
            let mean = integral as f64 / width as f64 / replications as f64;
            (Time::from_micros(end << self.shift).seconds(), mean)
        });
        cells.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Time {
        Time::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_integral_is_exact_however_cells_are_widened() {
        let mut curve = OverTime::default();
        curve.set(seconds(1), 5);
        curve.set(seconds(3), 2);
        curve.end_replication(seconds(1000));
        let means = curve.means(1);
        let width = means[0].0;
        let integral: f64 = means.iter().map(|(_, mean)| mean * width).sum();
        assert!((integral - (2.0 * 5.0 + 997.0 * 2.0)).abs() < 1e-6, "{integral}");
        assert!((means[means.len() / 2].1 - 2.0).abs() < 1e-12, "in the middle it is 2");
    }

    #[test]
    fn merging_is_exact_in_any_order() {
        let curve = |end, level| {
            let mut curve = OverTime::default();
            curve.set(Time::ZERO, level);
            curve.end_replication(seconds(end));
            curve
        };
        let (long, short) = (curve(100_000, 3), curve(2, 8));
        let (mut one, mut other) = (long.clone(), short.clone());
        one.merge(&short);
        other.merge(&long);
        assert_eq!(one.means(2), other.means(2));
    }
}
