//! Hand-counted samples, and intervals that cover what is true.

use super::*;
use crate::random::{Luck, Purpose, normal_quantile};
use crate::statistics::Lack;

/// A row that ended in sync after some microseconds, or halted; `failed` robots failed.
fn row(time: Option<u128>, failed: u128) -> Row {
    let outcome = if time.is_some() { CampaignOutcome::InSync } else { CampaignOutcome::Halted };
    let mut numbers = [Some(0); MEASURES.len()];
    numbers[TIME_TO_SUCCESS] = time;
    numbers[ROBOTS_FAILED] = Some(failed);
    Row::new(outcome, numbers).expect("a row")
}

fn side(seed: u64, rows: Vec<Row>) -> Side {
    let identity = Identity {
        name: String::from("x"),
        digest: String::from("y"),
        results_version: 2,
        seed,
        halts: HaltWords::PLAIN,
        certain: false,
    };
    Side { identity, rows }
}

/// A halts in the second replication, B in the third; in the others B takes 1 less, 3 more, as long. The mean of -1, 3, 0
/// is 2/3.
#[test]
fn pairs_by_hand() {
    let a = side(1, vec![row(Some(5), 1), row(None, 9), row(Some(7), 2), row(Some(8), 3), row(Some(6), 4)]);
    let b = side(1, vec![row(Some(4), 1), row(Some(9), 2), row(None, 7), row(Some(11), 3), row(Some(6), 1)]);
    let comparison = compare(&a, &b);
    assert!(comparison.paired && !comparison.same);
    assert_eq!((comparison.replications, comparison.available), ([5, 5], [5, 5]));
    let in_sync = &comparison.outcomes[0];
    let pairs = in_sync.pairs.expect("pairs");
    assert_eq!((in_sync.counts, in_sync.difference), ([4, 4], 0.0));
    assert_eq!([pairs.both, pairs.first, pairs.second, pairs.neither], [3, 1, 1, 0]);
    let times = &comparison.numbers[TIME_TO_SUCCESS];
    let pairs = times.pairs.expect("pairs");
    assert_eq!((pairs.less, pairs.equal, pairs.greater, pairs.moments().count()), (1, 1, 1, 3));
    let mean = times.mean.expect("pairs");
    assert!((mean.value.expect("pairs") - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((mean.interval, mean.lack), (None, Some(Lack::Few { of: 3, needed: 10 })));
    // The means of the sides are those of all their campaigns in sync: 6.5 and 7.5.
    assert_eq!([0, 1].map(|side: usize| times.sides[side].mean()), [Some(6.5), Some(7.5)]);
    // Ranks 4, 4 and 2 of four: 8, 8, 6 and 11, 11, 6. Four are too few for intervals.
    assert_eq!(
        times.quantiles.map(|quantile| quantile.sides.map(|side| side.expect("four").0)),
        [[8, 11], [8, 11], [6, 6]]
    );
    assert_eq!(
        times.quantiles.map(|quantile| quantile.difference),
        [Some((3, None)), Some((3, None)), Some((0, None))]
    );
    assert_eq!(comparison.numbers[ROBOTS_FAILED].pairs.expect("pairs").less, 2);
}

#[test]
fn against_itself_there_is_nothing() {
    let rows = || (0..800_u128).map(|index| row((index % 7 > 0).then_some(index * 1_000), index % 5)).collect();
    let comparison = compare(&side(3, rows()), &side(3, rows()));
    assert!(comparison.same);
    for found in &comparison.numbers {
        assert_eq!(found.mean, Some(Estimate::within(Some(0.0), [0.0, 0.0])), "{}", found.measure.name);
        assert!(found.quantiles.iter().all(|quantile| quantile.difference == Some((0, Some([0, 0])))), "{found:?}");
    }
    for found in &comparison.outcomes {
        assert!(found.difference == 0.0 && found.interval[0] <= 0.0 && found.interval[1] >= 0.0, "{found:?}");
    }
}

/// Pairs need the same luck: the same seed, drawn in the same way. Of the longer side only what has a partner is
/// compared.
#[test]
fn what_is_paired() {
    let rows = |count: u128| (0..count).map(|index| row(Some(index), 0)).collect::<Vec<_>>();
    let longer = compare(&side(3, rows(9)), &side(3, rows(7)));
    assert!(longer.paired && longer.same);
    assert_eq!((longer.replications, longer.available), ([7, 7], [9, 7]));
    let other_seed = compare(&side(3, rows(9)), &side(4, rows(7)));
    assert!(!other_seed.paired && !other_seed.same);
    assert_eq!((other_seed.replications, other_seed.available), ([9, 7], [9, 7]));
    let times = &other_seed.numbers[TIME_TO_SUCCESS];
    assert_eq!((times.pairs, times.mean.expect("numbers").value), (None, Some(-1.0)));
    let mut version = side(3, rows(7));
    version.identity.results_version = 3;
    assert!(compare(&side(3, rows(9)), &version).paired, "the same draws");
    version.identity.results_version = 1;
    assert!(!compare(&side(3, rows(9)), &version).paired);
}

/// Where nobody gets in sync there is nothing to compare, and that is no error.
#[test]
fn nothing_in_sync() {
    for seed in [1, 2] {
        let comparison = compare(&side(1, vec![row(None, 1); 40]), &side(seed, vec![row(Some(5), 1); 40]));
        let times = &comparison.numbers[TIME_TO_SUCCESS];
        assert_eq!(times.mean, None);
        assert!(times.quantiles.iter().all(|quantile| quantile.difference.is_none()));
        assert_eq!((comparison.outcomes[0].counts, comparison.outcomes[0].difference), ([0, 40], 1.0));
    }
}

/// Where no pair differs and another scenario could, an interval without width would say too much.
#[test]
fn equal_numbers_of_other_scenarios() {
    let rows = || (0..800_u128).map(|index| row((index % 7 > 0).then_some(index * 1_000), index % 5)).collect();
    let mut other = side(3, rows());
    other.identity.digest = String::from("z");
    let comparison = compare(&side(3, rows()), &other);
    assert!(comparison.same);
    let times = &comparison.numbers[TIME_TO_SUCCESS];
    let mean = times.mean.expect("pairs");
    assert_eq!((mean.value, mean.interval, mean.lack), (Some(0.0), None, Some(Lack::Same)));
    for quantile in &times.quantiles {
        let (difference, interval) = quantile.difference.expect("numbers");
        let [low, high] = interval.expect("enough");
        assert!(difference == 0 && low < 0 && high > 0, "{low} {high}");
    }
}

/// Intervals of differences of medians and of 95th percentiles contain the true one at least about as often as they
/// say, in pairs and in independent samples, without being much longer than the scatter of the differences asks for;
/// and those of pairs are shorter, for pairs share most of their luck. The standard error of 0.95 over 400 experiments
/// is 0.011. Intervals err on the safe side, since they end at numbers, and quantiles are between these.
#[test]
fn intervals_of_quantiles_cover() {
    const EXPERIMENTS: u64 = 400;
    const TRUE: i128 = 500_000;
    // Median and 95th percentile, in pairs and in independent samples.
    let mut found = [const { Vec::new() }; 4];
    for experiment in 0..EXPERIMENTS {
        for independent in [false, true] {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            for index in 0..200 {
                let mut stream = Luck::new(experiment, index).job(0, Purpose::Preparing);
                let [shared, own, other] = [(); 3].map(|()| normal_quantile(stream.open01()));
                let row = |normal: f64| row(Some((20e6 + normal * 1e6) as u128), 0);
                first.push(row(shared));
                second.push(row(0.5 + if independent { other } else { 0.9 * shared + 0.435_889_9 * own }));
            }
            let [a, b] = [side(experiment, first), side(experiment + u64::from(independent), second)];
            let comparison = compare(&a, &b);
            for (place, percent) in [(0, 2), (1, 1)] {
                let difference = comparison.numbers[TIME_TO_SUCCESS].quantiles[percent].difference.expect("two");
                found[2 * usize::from(independent) + place].push((difference.0, difference.1.expect("two hundred")));
            }
        }
    }
    let mut widths = Vec::new();
    for found in &found {
        let covering = found.iter().filter(|(_, [low, high])| (*low..=*high).contains(&TRUE)).count();
        let share = covering as f64 / EXPERIMENTS as f64;
        assert!(share > 0.95 - 4.0 * 0.011, "{share}");
        let moments: Moments = found.iter().map(|(difference, _)| *difference).collect();
        let deviation = (moments.squared_error().expect("many") * EXPERIMENTS as f64).sqrt();
        let width = found.iter().map(|(_, [low, high])| high - low).sum::<i128>() as f64 / EXPERIMENTS as f64;
        let longer = width / (2.0 * 1.96 * deviation);
        // Beyond the 95th percentile there are ten numbers, of which few pairs are on different sides.
        let most = if widths.len() % 2 == 0 { 1.35 } else { 1.75 };
        assert!((0.9..most).contains(&longer), "{longer}");
        widths.push(width);
    }
    assert!(widths[0] < 0.67 * widths[2] && widths[1] < 0.9 * widths[3], "{widths:?}");
}
