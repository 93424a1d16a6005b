//! Two runs that met the same luck, in pairs.
//!
//! Replication i of the baseline and replication i of now drew the same numbers, so they differ only by what has
//! changed. If the change does nothing but hand luck to others (robots in another order, another generator), a pair is
//! as likely to turn out one way as the other, and of the pairs that differ as many should differ one way as the other,
//! whatever the numbers are like: that is tested exactly, by the sign test. It is made of how many pairs a number grew
//! in, and of how many it passed a value in (Q. McNemar, "Note on the sampling error of the difference between correlated
//! proportions or percentages", Psychometrika 12 (1947)), so that a change of the spread is found, too. The values that
//! may be passed are quantiles of both runs together, so they are the same whichever way a pair turns out.

use super::LEVEL;
use super::comparison::{Change, ChangePart, Effect};
use super::values::{ReplicationValues, ValuesColumn};
use crate::measure::Measure;
use crate::metric::Unit;
use crate::statistics::rank;
use crate::statistics::two_sample::{holm, sign_test};

/// The quantiles that a number may pass.
const PASSED: [u64; 5] = [5, 25, 50, 75, 95];

/// All that may have changed: over all replications, by build, by group.
pub(super) fn changes(before: &ReplicationValues, now: &ReplicationValues) -> Vec<Change> {
    let pairs = before.len().min(now.len());
    let all: Vec<usize> = (0..pairs).collect();
    let mut found = Vec::new();
    of_part(before, now, &all, ChangePart::All, &mut found);
    for (index, build) in before.builds.iter().enumerate() {
        let Some(other) = now.builds.iter().position(|other| other == build) else { continue };
        let of_build: Vec<usize> =
            all.iter().copied().filter(|at| before.build[*at] == index && now.build[*at] == other).collect();
        of_part(before, now, &of_build, ChangePart::Build, &mut found);
    }
    of_groups(before, now, &all, &mut found);
    // A test that could not find anything, so few pairs differ, finds nothing by chance either.
    let able: Vec<usize> = (0..found.len()).filter(|at| found[*at].able).collect();
    let adjusted = holm(&able.iter().map(|at| found[*at].change.p).collect::<Vec<f64>>());
    found.iter_mut().filter(|found| !found.able).for_each(|found| found.change.p = 1.0);
    able.into_iter().zip(adjusted).for_each(|(at, p)| found[at].change.p = p);
    found.into_iter().map(|found| found.change).collect()
}

/// A change before its p-value is corrected.
struct FoundChange {
    change: Change,
    /// Whether enough pairs differ that it could be found at all.
    able: bool,
}

/// Outcomes and numbers over some of the pairs.
fn of_part(
    before: &ReplicationValues,
    now: &ReplicationValues,
    pairs: &[usize],
    part: ChangePart,
    found: &mut Vec<FoundChange>,
) {
    if pairs.is_empty() {
        return;
    }
    let prefix = match part {
        ChangePart::Build => format!("builds.{}.", before.builds[before.build[pairs[0]]]),
        ChangePart::All | ChangePart::Group => String::new(),
    };
    for (index, outcome) in before.outcomes.iter().enumerate() {
        let Some(other) = now.outcomes.iter().position(|other| other == outcome) else { continue };
        let counted =
            |values: &ReplicationValues, wanted: usize| pairs.iter().map(|at| values.outcome[*at] == wanted).collect();
        let [a, b]: [Vec<bool>; 2] = [counted(before, index), counted(now, other)];
        let count = |gained: bool| a.iter().zip(&b).filter(|(a, b)| **a != gained && **b == gained && a != b).count();
        let [grew, fell] = [true, false].map(|gained| count(gained) as u64);
        let share = |of: &[bool]| of.iter().filter(|is| **is).count() as f64 / pairs.len() as f64;
        found.push(FoundChange {
            change: Change {
                metric: format!("{prefix}campaign.outcomes.{outcome}.probability"),
                part,
                unit: Unit::Probability,
                values: vec![("share", [share(&a), share(&b)])],
                effect: Effect::Pairs { grew, fell, of: pairs.len() as u64 },
                p: sign_test([grew, fell]),
                tolerance: 0.0,
            },
            able: is_able(grew + fell),
        });
    }
    for measure in super::stored::compared() {
        if let (Some(a), Some(b)) = (before.numbers.get(measure.name), now.numbers.get(measure.name)) {
            found.extend(of_numbers(&format!("{prefix}{}", measure.name), measure, part, pairs, [a, b]));
        }
    }
}

/// The numbers of single groups.
fn of_groups(before: &ReplicationValues, now: &ReplicationValues, pairs: &[usize], found: &mut Vec<FoundChange>) {
    for (name, a) in &before.numbers {
        let of_group = name.strip_prefix("groups.").and_then(|rest| rest.split_once('.'));
        let measure = of_group.and_then(|(_, measure)| Measure::named(measure));
        if let (Some(measure), Some(b)) = (measure, now.numbers.get(name)) {
            found.extend(of_numbers(name, measure, ChangePart::Group, pairs, [a, b]));
        }
    }
}

/// Numbers of the pairs in which both sides have one; none if there are none.
fn of_numbers(
    name: &str,
    measure: &Measure,
    part: ChangePart,
    pairs: &[usize],
    columns: [&ValuesColumn; 2],
) -> Option<FoundChange> {
    let both: Vec<[u64; 2]> = pairs.iter().filter_map(|at| Some([columns[0][*at]?, columns[1][*at]?])).collect();
    let of = both.len() as u64;
    if of == 0 {
        return None;
    }
    let sides = [0, 1].map(|side| {
        let mut numbers: Vec<u64> = both.iter().map(|pair| pair[side]).collect();
        numbers.sort_unstable();
        numbers
    });
    let quantile = |side: usize, percent: u64| sides[side][(rank(of, percent) - 1) as usize];
    let count = |is: &dyn Fn(&[u64; 2]) -> bool| both.iter().filter(|pair| is(pair)).count() as u64;
    let (grew, fell) = (count(&|[a, b]| b > a), count(&|[a, b]| b < a));
    let mut least = sign_test([grew, fell]);
    let mut together: Vec<u64> = both.iter().flatten().copied().collect();
    together.sort_unstable();
    for value in PASSED.map(|percent| together[(rank(2 * of, percent) - 1) as usize]) {
        let passed = [count(&|[a, b]| *a <= value && value < *b), count(&|[a, b]| *b <= value && value < *a)];
        least = least.min(sign_test(passed));
    }
    let shown = |percent| [0, 1].map(|side| measure.unit.show(quantile(side, percent) as f64));
    Some(FoundChange {
        change: Change {
            metric: name.to_owned(),
            part,
            unit: measure.unit,
            values: vec![("p50", shown(50)), ("p95", shown(95))],
            effect: Effect::Pairs { grew, fell, of },
            p: ((PASSED.len() + 1) as f64 * least).min(1.0),
            tolerance: 0.0,
        },
        able: is_able(grew + fell),
    })
}

/// Whether a sign test of so many pairs can be below the level at all.
fn is_able(differing: u64) -> bool {
    sign_test([differing, 0]) < LEVEL
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::random::{Luck, Purpose};

    /// Numbers with ties that share half of their luck, and none in one replication of ten; those of now are `factor`
    /// times as great.
    fn values(seed: u64, n: u32, factor: f64, now: bool) -> ReplicationValues {
        let draw = |index: u32, attempt: u32| Luck::new(seed, index).job(attempt, Purpose::Preparing).open01();
        let number = |index: u32| {
            let own = draw(index, 1 + u32::from(now));
            (own < 0.9).then(|| (factor * (20.0 + 10.0 * draw(index, 0) + 10.0 * own)) as u64)
        };
        let column: ValuesColumn = (0..n).map(number).collect();
        ReplicationValues {
            outcomes: vec![String::from("halted"), String::from("in_sync")],
            outcome: column.iter().map(|number| usize::from(number.is_some())).collect(),
            numbers: BTreeMap::from([(String::from("first_job.makespan_s"), column)]),
            ..ReplicationValues::default()
        }
    }

    /// The least p-value of all that is compared is below 0.05 no more often than that: the standard error of it over
    /// 2000 seeds is 0.005. A shift by a twentieth of the number is found in 200 pairs.
    #[test]
    fn the_level_is_kept() {
        let least = |seed: u64, factor: f64| {
            let changes = changes(&values(seed, 200, 1.0, false), &values(seed, 200, factor, true));
            assert_eq!(changes.len(), 3);
            changes.iter().map(|change| change.p).fold(1.0, f64::min)
        };
        let rate = |seeds: u64, factor: f64, level: f64| {
            (0..seeds).filter(|seed| least(*seed, factor) < level).count() as f64 / seeds as f64
        };
        let false_alarms = rate(2000, 1.0, 0.05);
        assert!(false_alarms <= 0.05 + 3.0 * 0.005 && false_alarms > 0.005, "{false_alarms}");
        assert!(rate(100, 1.08, LEVEL) > 0.9, "{}", rate(100, 1.08, LEVEL));
    }
}
