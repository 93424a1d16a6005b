//! A comparison in words: the answer in sentences, and numbers with their signs.

use super::Compared;
use crate::comparison::{Comparison, MEASURES, NumberComparison, OutcomeComparison, ROBOTS_FAILED, TIME_TO_SUCCESS};
use crate::measure::Measure;
use crate::metric::Unit;
use crate::metric::words::{counted, percent, shown};
use crate::report::document::points;
use crate::report::words::LEAST_SHARE;
use crate::rollout::CampaignOutcome;
use crate::statistics::{Estimate, Lack, Number};

/// What changes from A to B; the first sentence is about time.
pub fn answer(compared: &Compared<'_>) -> Vec<String> {
    let comparison = compared.comparison;
    let replications = comparison.replications;
    if comparison.same {
        return vec![format!(
            "A and B are the same: no number differs in any of {}.",
            counted(replications[0], "replication")
        )];
    }
    let mut sentences = times(&comparison.numbers[TIME_TO_SUCCESS], replications);
    sentences.extend(likely(
        &comparison.outcomes,
        CampaignOutcome::InSync,
        "bring the whole fleet in sync",
        replications,
    ));
    sentences.extend(over_all(comparison));
    sentences.extend(likely(&comparison.outcomes, CampaignOutcome::Halted, compared.halts().halt, replications));
    sentences.extend(robots(&comparison.numbers[ROBOTS_FAILED]));
    sentences
}

/// Until when 95 % of all campaigns are in sync, where times to success are not of all of them, or of other parts.
fn over_all(comparison: &Comparison) -> Option<String> {
    let shares = [0, 1].map(|side| {
        comparison.numbers[TIME_TO_SUCCESS].sides[side].count() as f64 / comparison.replications[side] as f64
    });
    if shares[0] == shares[1] && shares[0] >= LEAST_SHARE {
        return None;
    }
    let [a, b] = comparison.completion_p95.map(|p95| p95.map(|micros| shown(Unit::Seconds, micros as f64 / 1e6)));
    let all = match (a, b) {
        (Some(a), Some(b)) => format!("until 95 % of all campaigns are in sync it takes {a} with A and {b} with B"),
        (Some(a), None) => format!("95 % of all are in sync within {a} with A, and fewer than 95 % ever with B"),
        (None, Some(b)) => format!("95 % of all are in sync within {b} with B, and fewer than 95 % ever with A"),
        (None, None) => String::from("with neither 95 % of all campaigns are ever in sync"),
    };
    Some(format!("These times are over the campaigns that get there; {all}."))
}

/// How the two were compared, in a sentence.
pub fn how(compared: &Compared<'_>) -> String {
    let comparison = compared.comparison;
    let [a, b] = &comparison.sides;
    if comparison.paired {
        let [here, there] = comparison.available;
        let alone = if here == there {
            String::new()
        } else {
            let (who, many) = if here > there { ("A", here) } else { ("B", there) };
            format!("; the further ones of {who}, which has {many}, are left out")
        };
        return format!(
            "{} compared in pairs that meet the same luck, seed {}{alone}.",
            counted(comparison.replications[0], "replication"),
            a.seed
        );
    }
    let [here, there] = comparison.replications.map(|count| counted(count, "replication"));
    let why = if a.draws_as(b) {
        format!("seeds {} and {}", a.seed, b.seed)
    } else {
        format!("results versions {} and {}, which draw in other ways", a.results_version, b.results_version)
    };
    format!("{here} of A and {there} of B compared as independent samples, not in pairs: {why}.")
}

/// How much longer B takes, and how often.
fn times(found: &NumberComparison, replications: [u64; 2]) -> Vec<String> {
    let until = "until the whole fleet is in sync";
    let Some(Estimate { value: Some(mean), interval, lack, .. }) = found.mean else {
        let nowhere = if found.pairs.is_some() {
            "In no replication do both bring the whole fleet in sync: there are no times to compare."
        } else {
            "One of the two never brings the whole fleet in sync: there are no times to compare."
        };
        return vec![String::from(nowhere)];
    };
    let time = |micros: f64| shown(Unit::Seconds, micros.abs() / 1e6);
    let among = match &found.pairs {
        Some(pairs) if pairs.moments().count() < replications[0] => {
            format!(", in the {} of {} replications in which both get there", pairs.moments().count(), replications[0])
        }
        _ => String::new(),
    };
    let than = match mean {
        0.0 => String::from("as long as"),
        _ => format!("{} {} than", time(mean), if mean < 0.0 { "less" } else { "longer" }),
    };
    let mut sentences = vec![match interval {
        None => match lack {
            Some(Lack::Same) => format!("B takes exactly {than} A {until} in every replication{among}."),
            Some(Lack::Few { of, .. }) if of > 1 => {
                format!("B takes {than} A {until} on average of {of} replications, which are too few to say more.")
            }
            _ => format!("In the only replication to compare B takes {than} A {until}."),
        },
        Some([low, high]) if low == 0.0 && high == 0.0 => format!("B takes exactly as long as A {until}{among}."),
        Some([low, high]) if low > 0.0 => {
            format!("With 95 % confidence B takes {} longer on average {until}{among}.", between(time(low), time(high)))
        }
        Some([low, high]) if high < 0.0 => {
            format!("With 95 % confidence B takes {} less on average {until}{among}.", between(time(high), time(low)))
        }
        Some([low, high]) => format!(
            "Whether B takes longer or less on average {until} is open: with 95 % confidence between {} less and {} longer{among}.",
            time(low),
            time(high)
        ),
    }];
    if let Some(pairs) = &found.pairs {
        sentences.push(format!(
            "B is faster in {}, slower in {}, and takes as long in {}.",
            counted(pairs.less, "replication"),
            pairs.greater,
            pairs.equal
        ));
    }
    sentences
}

/// `between 1m and 2m`, or a single one where both read the same.
fn between(low: String, high: String) -> String {
    if low == high { low } else { format!("between {low} and {high}") }
}

/// How much more likely an outcome is; nothing where it never happens.
fn likely(outcomes: &[OutcomeComparison], wanted: CampaignOutcome, what: &str, replications: [u64; 2]) -> Vec<String> {
    let Some(found) = outcomes.iter().find(|found| found.outcome == wanted) else { return Vec::new() };
    if found.counts == [0, 0] {
        return Vec::new();
    }
    if found.counts == replications {
        return vec![format!("All replications of both {what}.")];
    }
    let [a, b] = [0, 1].map(|side| percent(Number(found.counts[side] as f64 / replications[side] as f64)));
    if let Some(table) = found.pairs.filter(|table| table.first + table.second == 0) {
        let count = table.both;
        return vec![format!("With both {count} of {} campaigns {what}, the same ones.", replications[0])];
    }
    let [low, high] = found.interval;
    let mut sentence = if low > 0.0 || high < 0.0 {
        let ends = [low.abs().min(high.abs()), low.abs().max(high.abs())].map(points);
        let more = if low > 0.0 { "more" } else { "fewer" };
        format!(
            "With 95 % confidence {} percentage points {more} campaigns {what}: {b} instead of {a}",
            between(ends[0].clone(), ends[1].clone())
        )
    } else {
        format!(
            "Whether more or fewer campaigns {what} is open: with 95 % confidence between {} percentage points fewer and {} more, {b} \
             instead of {a}",
            points(low),
            points(high)
        )
    };
    if let Some(table) = &found.pairs {
        sentence += &format!(
            "; both in {}, A alone in {}, B alone in {}, neither in {}",
            counted(table.both, "replication"),
            table.first,
            table.second,
            table.neither
        );
    }
    vec![sentence + "."]
}

/// How many more robots fail; nothing where none ever does.
fn robots(found: &NumberComparison) -> Option<String> {
    if found.sides.iter().all(|side| side.mean().is_none_or(|mean| mean == 0.0)) {
        return None;
    }
    if found.pairs.is_some_and(|pairs| pairs.less + pairs.greater == 0) {
        return Some(String::from("In each replication as many robots fail in the first job."));
    }
    let [low, high] = found.mean?.interval?;
    let count = |value: f64| shown(Unit::Count, value.abs());
    Some(if low > 0.0 {
        format!("With B {} more robots fail on average in the first job.", between(count(low), count(high)))
    } else if high < 0.0 {
        format!("With B {} fewer robots fail on average in the first job.", between(count(high), count(low)))
    } else {
        format!(
            "Whether more or fewer robots fail on average in the first job is open: between {} fewer and {} more.",
            count(low),
            count(high)
        )
    })
}

/// A line of a table: what it is, the numbers of A and of B, their difference, and the ends of its interval.
pub struct ComparedLine {
    /// What all lines of a measure have in common; the lines below the first one repeat it.
    pub name: &'static str,
    pub statistic: &'static str,
    /// In which unit.
    pub unit: Unit,
    /// Of A and of B, as they are shown.
    pub values: [Option<f64>; 2],
    /// As it is shown, with the interval.
    pub difference: Option<(f64, Option<[f64; 2]>)>,
}

/// The outcomes that happen at all.
pub fn outcome_lines(compared: &Compared<'_>) -> Vec<ComparedLine> {
    let replications = compared.comparison.replications;
    let happen = compared.comparison.outcomes.iter().filter(|found| found.counts != [0, 0]);
    let lines = happen.map(|found| ComparedLine {
        name: Measure::of_outcome(found.outcome).words_with(compared.halts()),
        statistic: "share",
        unit: Unit::Probability,
        values: [0, 1].map(|side| Some(found.counts[side] as f64 / replications[side] as f64)),
        difference: Some((found.difference, Some(found.interval))),
    });
    lines.collect()
}

/// The lines of a measure: mean, p50, p95 and p99.
pub fn number_lines(found: &NumberComparison) -> [ComparedLine; 4] {
    let measure = found.measure;
    let line = |statistic, values, difference| ComparedLine {
        name: measure.words,
        statistic,
        unit: measure.unit,
        values,
        difference,
    };
    let mean = found.mean.and_then(|mean| {
        let interval = mean.interval.map(|ends| ends.map(|end| measure.unit.show(end)));
        Some((measure.unit.show(mean.value?), interval))
    });
    let means = [0, 1].map(|side: usize| found.sides[side].mean().map(|mean| measure.unit.show(mean)));
    let quantile = |statistic, place: usize| {
        let quantile = &found.quantiles[place];
        let values = quantile.sides.map(|side| side.map(|(value, _)| measure.unit.show(value as f64)));
        let difference = quantile.difference.map(|(value, interval)| {
            (measure.unit.show(value as f64), interval.map(|ends| ends.map(|end| measure.unit.show(end as f64))))
        });
        line(statistic, values, difference)
    };
    // From the greatest percentage to the least, see `PERCENTS`.
    [line("mean", means, mean), quantile("p50", 2), quantile("p95", 1), quantile("p99", 0)]
}

/// Whether the difference of the means is over fewer replications than one of the means.
pub fn of_pairs_alone(compared: &Compared<'_>) -> bool {
    let numbers = &compared.comparison.numbers;
    debug_assert_eq!(numbers.len(), MEASURES.len());
    numbers.iter().any(|found| {
        found.pairs.is_some_and(|pairs| found.sides.iter().any(|side| side.count() > pairs.moments().count()))
    })
}
