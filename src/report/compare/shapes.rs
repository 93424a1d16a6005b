//! The shapes that pictures and pages show: distribution functions, and the differences of pairs in bars.

use super::Compared;
use crate::comparison::{MEASURES, Row, sorted};
use crate::report::plots::axis::{Axis, decimal_step, time_step};

/// A staircase of more steps is drawn with so many, at equal shares.
const MOST_STEPS: usize = 400;

/// The corners of a staircase, from left to right.
pub type Stairs = Vec<(f64, f64)>;

/// The share of all replications that have a number of at most x.
pub fn staircase(rows: &[Row], measure: usize) -> Stairs {
    let numbers = sorted(rows, measure);
    let share = |count: usize| count as f64 / rows.len() as f64;
    let mut steps: Vec<(i128, usize)> = Vec::new();
    for run in numbers.chunk_by(|a, b| a == b) {
        let before = steps.last().map_or(0, |(_, seen)| *seen);
        steps.push((run[0], before + run.len()));
    }
    if steps.len() > MOST_STEPS {
        let last = numbers.len() - 1;
        let at = |step: usize| (numbers[last * step / MOST_STEPS], last * step / MOST_STEPS + 1);
        steps = (0..=MOST_STEPS).map(at).collect();
    }
    let mut corners = Vec::new();
    let mut seen = 0;
    for (number, count) in steps {
        let x = MEASURES[measure].unit.show(number as f64);
        corners.push((x, share(seen)));
        corners.push((x, share(count)));
        seen = count;
    }
    corners
}

/// The staircases of A and of B, and the greatest number of both; none where neither has a number.
pub fn staircases(compared: &Compared<'_>, measure: usize) -> Option<([Stairs; 2], f64)> {
    let stairs = [0, 1].map(|side| staircase(compared.rows(side), measure));
    let end = stairs.iter().flat_map(|stairs| stairs.last()).map(|(x, _)| *x).reduce(f64::max)?;
    Some((stairs, end))
}

/// The height of a staircase.
pub fn height_at(stairs: &[(f64, f64)], x: f64) -> f64 {
    let after = stairs.partition_point(|(corner, _)| *corner <= x);
    after.checked_sub(1).map_or(0.0, |last| stairs[last].1)
}

/// The differences of pairs in bars of equal width, 0 on the edge of one.
pub struct Bars {
    pub axis: Axis,
    /// In the measure's unit.
    pub width: f64,
    /// The pairs of each bar, from the start of the axis.
    pub counts: Vec<u64>,
    /// All pairs.
    pub pairs: u64,
    /// The pairs in bars beyond the ends of the axis, below and above.
    pub beyond: [u64; 2],
}

impl Bars {
    /// With about so many ticks; none of independent samples or without a pair.
    pub fn new(compared: &Compared<'_>, measure: usize, ticks: u32) -> Option<Bars> {
        const BARS: f64 = 60.0;
        if !compared.comparison.paired {
            return None;
        }
        let rows = compared.rows(0).iter().zip(compared.rows(1));
        let differences = rows.filter_map(|(a, b)| Some(b.value(measure)? - a.value(measure)?));
        let mut differences: Vec<f64> =
            differences.map(|difference| MEASURES[measure].unit.show(difference as f64)).collect();
        differences.sort_unstable_by(f64::total_cmp);
        let (least, greatest) = (*differences.first()?, *differences.last()?);
        // Far tails would press everything else together; they are cut, and a note says so.
        let last = differences.len() - 1;
        let (low, high) = (differences[last / 100], differences[last - last / 100]);
        let room = 0.5 * (high - low).max(1e-9);
        let (least, greatest) = (least.max(low - room), greatest.min(high + room));
        // 0 is worth seeing unless it is so far that there would be nothing else to see.
        let near = least.max(-greatest) < greatest - least;
        let (least, greatest) = if near { (least.min(0.0), greatest.max(0.0)) } else { (least, greatest) };
        let unit = MEASURES[measure].unit;
        let range = (greatest - least).max(1.0);
        let width = match unit {
            crate::metric::Unit::Seconds => time_step(range / BARS),
            _ => decimal_step(range / BARS).max(1.0),
        };
        let first = (least / width).floor();
        let end = (greatest / width).floor() + 1.0;
        let mut counts = vec![0; (end - first) as usize];
        let mut beyond = [0, 0];
        for difference in &differences {
            let bar = (difference / width).floor() - first;
            if bar < 0.0 {
                beyond[0] += 1;
            } else {
                match counts.get_mut(bar as usize) {
                    Some(count) => *count += 1,
                    None => beyond[1] += 1,
                }
            }
        }
        let axis = Axis::between(unit, first * width, end * width, ticks);
        Some(Bars { axis, width, counts, pairs: differences.len() as u64, beyond })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staircase_is_flat_between_its_steps() {
        let stairs = [(1.0, 0.0), (1.0, 0.25), (3.0, 0.25), (3.0, 0.5)];
        for (x, height) in [(0.5, 0.0), (1.0, 0.25), (2.9, 0.25), (3.0, 0.5), (9.0, 0.5)] {
            assert_eq!(height_at(&stairs, x), height, "{x}");
        }
    }
}
