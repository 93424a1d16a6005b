//! The answer in sentences, with its intervals.

use crate::experiment::Tally;
use crate::measure;
use crate::metric::words::shown;
use crate::metric::words::{counted_between, percent};
use crate::metric::{Summary, Unit};
use crate::statistics::{Estimate, Number, Proportion, Sample, Statistic};

/// What a run comes to; the first sentence says whether the whole fleet gets in sync.
pub(super) fn of_run(summary: &Summary, tally: &Tally) -> Vec<String> {
    let mut sentences = vec![in_sync(&summary[measure::IN_SYNC], summary.replications)];
    sentences.extend(times(&tally[measure::TIME_TO_SUCCESS]));
    for (outcome, what) in [
        (measure::HALTED, "breach the failure threshold and halt"),
        (measure::TIMED_OUT, "hit the fleet timeout"),
        (measure::MAX_JOBS, "use up their jobs with robots left behind"),
        (measure::HORIZON, "reach the horizon unfinished"),
    ] {
        let proportion = &summary[outcome];
        if proportion.count > 0 {
            sentences.push(format!("{} {what}.", capitalised(&between(&proportion.ci95))));
        }
    }
    sentences.extend(hurt(&tally[measure::ROBOTS_HURT]));
    sentences.extend(overshoot(summary, &tally[measure::THRESHOLD_OVERSHOOT]));
    for ((name, build), tally) in summary.builds.iter().zip(&tally.builds) {
        if build.replications == 0 {
            continue;
        }
        let p95 = estimate(&tally[measure::TIME_TO_SUCCESS], Statistic::P95);
        let time = p95.value.map(|_| format!("; 95 % of those take at most {}", with_interval(Unit::Seconds, &p95)));
        sentences.push(format!(
            "If the build is {name}, {} bring the whole fleet in sync and {} halt{}.",
            between(&build[measure::IN_SYNC].ci95),
            between(&build[measure::HALTED].ci95),
            time.unwrap_or_default()
        ));
    }
    sentences
}

fn in_sync(proportion: &Proportion, replications: u64) -> String {
    let seen = match proportion.count {
        0 => String::from("none"),
        count if count == replications => String::from("all"),
        count => count.to_string(),
    };
    let simulated = if replications == 1 { String::from("the one") } else { format!("the {replications}") };
    format!(
        "With 95 % confidence {} of the campaigns bring the whole fleet in sync; {seen} of {simulated} simulated did.",
        between(&proportion.ci95)
    )
}

/// `between 1 % and 2 %`
fn between([low, high]: &[Number; 2]) -> String {
    format!("between {} and {}", percent(*low), percent(*high))
}

pub(super) fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn times(sample: &Sample) -> Option<String> {
    let (p50, p95) = (estimate(sample, Statistic::P50), estimate(sample, Statistic::P95));
    p50.value?;
    let shown = |estimate| with_interval(Unit::Seconds, estimate);
    Some(format!("Half of those that do take at most {}, 95 % at most {}.", shown(&p50), shown(&p95)))
}

fn hurt(sample: &Sample) -> Option<String> {
    let (p50, p95) = (estimate(sample, Statistic::P50), estimate(sample, Statistic::P95));
    p50.value?;
    let shown = |estimate| with_interval(Unit::Count, estimate);
    Some(format!(
        "Robots that fail or do not respond in the first job: at most {} in half of the campaigns, at most {} in 95 %.",
        shown(&p50),
        shown(&p95)
    ))
}

fn overshoot(summary: &Summary, sample: &Sample) -> Option<String> {
    let p50 = estimate(sample, Statistic::P50);
    let max = estimate(sample, Statistic::Max).value?;
    let limit = counted_between(summary.limits.halts?, "failure");
    Some(if summary.limits.aborts {
        format!("A job halts at {limit} and aborts the robots in flight, which the tables count as failed.")
    } else {
        format!(
            "A job halts at {limit}; robots in flight then add at most {} in half of the cases, {} at worst.",
            with_interval(Unit::Count, &p50),
            shown(Unit::Count, max)
        )
    })
}

fn estimate(sample: &Sample, statistic: Statistic) -> Estimate {
    sample.estimates()[statistic as usize]
}

/// `5m (4m to 6m)`; a number that does not exist is a hyphen.
pub(super) fn with_interval(unit: Unit, estimate: &Estimate) -> String {
    let value = estimate.value.map_or_else(|| String::from("-"), |value| shown(unit, value));
    let interval = estimate.interval.map(|[low, high]| format!(" ({} to {})", shown(unit, low), shown(unit, high)));
    value + &interval.unwrap_or_default()
}
