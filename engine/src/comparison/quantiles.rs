//! How far quantiles are apart, by the bootstrap.

use std::sync::atomic::{AtomicBool, Ordering};

use super::row::Row;
use crate::experiment::Workers;
use crate::random::{Luck, Purpose, Stream};
use crate::statistics::interval::quantile_ranks;
use crate::statistics::rank;

/// The quantiles that are compared, in percent, from the greatest to the least.
pub const PERCENTS: [u64; 3] = [99, 95, 50];

/// How often replications are drawn again. With this number the ends of the interval are resamples of their own: the
/// 30th and the 1170th of them in order.
pub const RESAMPLES: u32 = 1199;

/// A sample of a measure: which replications have a number of it, by that number.
struct Ordered {
    /// Replications in the order of their numbers, the greatest first.
    order: Vec<u32>,
    numbers: Vec<i128>,
    /// Whether every replication has one.
    whole: bool,
}

impl Ordered {
    fn new(rows: &[Row], measure: usize) -> Ordered {
        let mut numbered: Vec<(i128, u32)> =
            (0..).zip(rows).filter_map(|(index, row)| Some((row.value(measure)?, index))).collect();
        numbered.sort_unstable_by(|a, b| b.cmp(a));
        let whole = numbered.len() == rows.len();
        let (numbers, order) = numbered.into_iter().unzip();
        Ordered { order, numbers, whole }
    }

    /// The quantiles of the sample in which each replication stands as often as `times` says; none of an empty one.
    fn of(&self, times: &[u32]) -> Option<[i128; PERCENTS.len()]> {
        let total: u64 = if self.whole {
            times.len() as u64
        } else {
            self.order.iter().map(|index| u64::from(times[*index as usize])).sum()
        };
        if total == 0 {
            return None;
        }
        // The number of rank r from below has rank n + 1 - r from above.
        let mut wanted = PERCENTS.map(|percent| total + 1 - rank(total, percent)).into_iter().enumerate().peekable();
        let mut quantiles = [0; PERCENTS.len()];
        let mut seen = 0;
        for (index, number) in self.order.iter().zip(&self.numbers) {
            seen += u64::from(times[*index as usize]);
            while let Some((place, _)) = wanted.next_if(|(_, rank)| *rank <= seen) {
                quantiles[place] = *number;
            }
            if wanted.peek().is_none() {
                break;
            }
        }
        Some(quantiles)
    }

    /// The quantiles of the sample itself.
    fn quantiles(&self) -> Option<[i128; PERCENTS.len()]> {
        let total = self.numbers.len() as u64;
        (total > 0).then(|| PERCENTS.map(|percent| self.numbers[(total - rank(total, percent)) as usize]))
    }

    /// The 95 % intervals of the quantiles by order statistics, where there are numbers enough.
    fn intervals(&self) -> [Option<[i128; 2]>; PERCENTS.len()] {
        let total = self.numbers.len() as u64;
        let at = |rank: u64| self.numbers[(total - rank) as usize];
        PERCENTS.map(|percent| quantile_ranks(total, percent).map(|(low, high)| [at(low), at(high)]))
    }
}

/// A quantile of both samples, in whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantileComparison {
    /// Those of each side, with the intervals of [`quantile_ranks`].
    pub sides: [Option<(i128, Option<[i128; 2]>)>; 2],
    /// Second less first, with its 95 % interval; none where a side has no number, or too few for an interval of its
    /// own quantile.
    pub difference: Option<(i128, Option<[i128; 2]>)>,
}

/// Compares the quantiles of measures, for each in the order of [`PERCENTS`]. Cancelled, it finds no intervals of
/// differences.
///
/// The intervals are percentile intervals of the bootstrap: B. Efron and R. J. Tibshirani, "An Introduction to the
/// Bootstrap" (1993), section 13.3. Samples whose replications are `paired` are drawn again in pairs, others each on
/// its own. Which replications a resample takes is a pure function of the `seed`.
pub fn compare(
    rows: [&[Row]; 2],
    measures: usize,
    paired: bool,
    seed: u64,
    workers: &Workers,
    cancelled: &AtomicBool,
) -> Vec<[QuantileComparison; PERCENTS.len()]> {
    let samples: Vec<[Ordered; 2]> =
        (0..measures).map(|measure| rows.map(|rows| Ordered::new(rows, measure))).collect();
    let lengths = rows.map(<[Row]>::len);
    let resampled = workers.each(
        RESAMPLES,
        || [Vec::new(), Vec::new()],
        |times, resample| {
            if cancelled.load(Ordering::Relaxed) {
                return Vec::new();
            }
            let luck = Luck::new(seed, resample);
            draw(&mut times[0], lengths[0], luck.robot(0, 0, Purpose::Resample));
            if !paired {
                draw(&mut times[1], lengths[1], luck.robot(1, 0, Purpose::Resample));
            }
            let (first, second) = (&times[0], &times[usize::from(!paired)]);
            let differences = samples.iter().map(|[a, b]| {
                let (a, b) = (a.of(first)?, b.of(second)?);
                Some([0, 1, 2].map(|place| b[place] - a[place]))
            });
            differences.collect()
        },
    );
    let whole = resampled.iter().all(|resample| !resample.is_empty());
    let compared = samples.iter().enumerate().map(|(measure, [a, b])| {
        let of_measure: Vec<[i128; PERCENTS.len()]> =
            resampled.iter().filter_map(|resample| *resample.get(measure)?).collect();
        let (values, intervals) = ([a.quantiles(), b.quantiles()], [a.intervals(), b.intervals()]);
        [0, 1, 2].map(|place| {
            let sides = [0, 1].map(|side| values[side].map(|values| (values[place], intervals[side][place])));
            let difference = values[0].zip(values[1]).map(|(a, b)| {
                let known = whole && intervals.iter().all(|intervals| intervals[place].is_some());
                let mut differences: Vec<i128> = of_measure.iter().map(|resample| resample[place]).collect();
                (b[place] - a[place], if known { percentile_interval(&mut differences) } else { None })
            });
            QuantileComparison { sides, difference }
        })
    });
    compared.collect()
}

/// How often each of `length` replications is drawn, in `length` draws.
fn draw(times: &mut Vec<u32>, length: usize, mut stream: Stream) {
    times.clear();
    times.resize(length, 0);
    for _ in 0..length {
        times[stream.below(length)] += 1;
    }
}

/// The numbers at the ranks floor((n + 1) / 40) from both ends, 2.5 % beyond each.
fn percentile_interval(numbers: &mut [i128]) -> Option<[i128; 2]> {
    numbers.sort_unstable();
    let n = numbers.len();
    let rank = (n + 1) / 40;
    (rank > 0).then(|| [numbers[rank - 1], numbers[n - rank]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::{MEASURES, TIME_TO_SUCCESS};
    use crate::rollout::CampaignOutcome;

    /// Quantiles of a resample are those of its numbers written out as often as they stand in it, also where some
    /// replications have none.
    #[test]
    fn resamples_are_what_they_say() {
        for resample in 0..200 {
            let mut stream = Luck::new(5, resample).job(0, Purpose::Preparing);
            let length = 1 + stream.below(60);
            let some = stream.chance();
            let numbers: Vec<Option<u128>> =
                (0..length).map(|_| (stream.chance() < some.max(0.5)).then(|| stream.below(20) as u128)).collect();
            let row = |number: &Option<u128>| {
                let mut all = [Some(0); MEASURES.len()];
                all[TIME_TO_SUCCESS] = *number;
                Row::new(CampaignOutcome::InSync, all).expect("a row")
            };
            let rows: Vec<Row> = numbers.iter().map(row).collect();
            let ordered = Ordered::new(&rows, TIME_TO_SUCCESS);
            let mut times = Vec::new();
            draw(&mut times, length, Luck::new(7, resample).robot(0, 0, Purpose::Resample));
            assert_eq!(times.iter().sum::<u32>() as usize, length);
            for times in [times, vec![1; length]] {
                let written = numbers.iter().zip(&times);
                let mut written: Vec<u128> =
                    written.flat_map(|(number, times)| number.iter().copied().cycle().take(*times as usize)).collect();
                written.sort_unstable();
                let at = |percent| written[rank(written.len() as u64, percent) as usize - 1] as i128;
                let expected = (!written.is_empty()).then(|| PERCENTS.map(at));
                assert_eq!(ordered.of(&times), expected, "{numbers:?} {times:?}");
            }
            assert_eq!(ordered.quantiles(), ordered.of(&vec![1; length]));
        }
    }

    #[test]
    fn percentiles_are_ranks_of_their_own() {
        let mut numbers: Vec<i128> = (1..=i128::from(RESAMPLES)).rev().collect();
        assert_eq!(percentile_interval(&mut numbers), Some([30, 1170]));
        assert_eq!(percentile_interval(&mut []), None);
    }
}
