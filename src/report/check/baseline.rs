//! A comparison with a baseline in words and rows, for all formats.

use super::words::number;
use crate::baseline::{Change, Comparison, Differing, Effect, LEVEL, Tested};
use crate::metric::Unit;
use crate::metric::words::counted;
use crate::metric::words::shown;

/// So many metrics of a run that gave other bytes are shown.
const MOST_SHOWN: usize = 8;

/// A row: what it is about, its verdict, baseline, now, change, and p.
pub struct Row {
    /// The metric; none if the row above has the same.
    pub metric: Option<String>,
    pub about: String,
    pub verdict: &'static str,
    pub baseline: String,
    pub now: String,
    pub change: String,
    pub p: String,
}

/// All rows of a comparison.
pub fn rows(comparison: &Comparison) -> Vec<Row> {
    match comparison {
        Comparison::SameBytes | Comparison::SameNumbers => Vec::new(),
        Comparison::OtherBytes { differing } => differing.iter().take(MOST_SHOWN).map(of_differing).collect(),
        Comparison::Tested(tested) => tested.changes.iter().flat_map(of_change).collect(),
    }
}

fn of_differing(Differing { metric, baseline, now }: &Differing) -> Row {
    let [baseline, now] = [baseline, now].map(String::clone);
    let (change, p) = (String::new(), String::new());
    Row { metric: Some(metric.clone()), about: String::from("value"), verdict: "differs", baseline, now, change, p }
}

fn of_change(change: &Change) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, (about, [before, now])) in change.values.iter().enumerate() {
        let first = index == 0;
        rows.push(Row {
            metric: first.then(|| change.metric.clone()),
            about: (*about).to_owned(),
            verdict: if !first { "" } else { verdict(change) },
            baseline: number(change.unit, *before),
            now: number(change.unit, *now),
            change: match change.effect {
                Effect::RiskDifference(difference, _) => points(difference),
                _ => relative(*before, *now),
            },
            p: if first { p_value(change.p) } else { String::new() },
        });
    }
    if let Effect::CliffsDelta(delta) = change.effect {
        let (baseline, now, p) = (String::new(), String::new(), String::new());
        let about = String::from("Cliff's delta");
        // Nobody reads a minus before a zero.
        let change = format!("{:+.2}", if delta.abs() < 0.005 { 0.0 } else { delta });
        rows.push(Row { metric: None, about, verdict: "", baseline, now, change, p });
    }
    rows
}

fn verdict(change: &Change) -> &'static str {
    if change.differs() { "differs" } else { "alike" }
}

/// A difference of probabilities.
fn points(difference: f64) -> String {
    match difference * 100.0 {
        0.0 => String::from("0"),
        points if points.abs() < 0.05 => format!("{}0.1 pp", if points > 0.0 { "<+" } else { ">-" }),
        points => format!("{points:+.1} pp"),
    }
}

/// A shift in percent of the baseline.
fn relative(before: f64, now: f64) -> String {
    if before == now {
        String::from("0")
    } else if before == 0.0 {
        String::from("-")
    } else {
        format!("{:+.1} %", (now - before) / before * 100.0)
    }
}

fn p_value(p: f64) -> String {
    if p < 0.0001 { String::from("<0.0001") } else { format!("{p:.4}") }
}

/// What was compared with what, and what came of it, in one sentence.
pub fn sentence(comparison: &Comparison) -> String {
    match comparison {
        Comparison::SameBytes => String::from("The same bytes as in the baseline."),
        Comparison::SameNumbers => String::from(
            "The same numbers as in the baseline, to the last digit, though program or scenario are not the same.",
        ),
        Comparison::OtherBytes { differing } => {
            let count = counted(differing.len() as u64, "metric");
            let which = match &differing[..] {
                [] => String::from("no metric, but intervals or the text itself"),
                [first, ..] if differing.len() <= MOST_SHOWN => {
                    format!("{count}, the first of them `{}`", first.metric)
                }
                [first, ..] => format!("{count}, the first of them `{}` ({MOST_SHOWN} are shown)", first.metric),
            };
            format!(
                "The same program, scenario, seed and replications give other bytes than the baseline has; {which} differ."
            )
        }
        Comparison::Tested(tested) => tested_sentence(tested),
    }
}

fn tested_sentence(tested: &Tested) -> String {
    let Tested { seed, replications: [before, now], whole_distributions, changes } = tested;
    let differing: Vec<&str> = changes.iter().filter(|change| change.differs()).map(|c| c.metric.as_str()).collect();
    let outcome = match differing.len() {
        0 => String::from("Nothing differs by more than chance"),
        1 => format!("{} differs", differing[0]),
        n => format!("{n} of {} differ", changes.len()),
    };
    let how = if *whole_distributions {
        "Fisher's exact test and Kolmogorov-Smirnov"
    } else {
        "Fisher's exact test and, for want of a baseline.json, Welch's test of means"
    };
    format!("{outcome}: {before} replications against {now} under seed {seed}, {how}, p after Holm below {LEVEL}.")
}

/// What a change comes to, in one sentence.
pub fn change_sentence(change: &Change) -> String {
    let values: Vec<String> = change
        .values
        .iter()
        .map(|(about, [before, now])| {
            format!("{about} {} in the baseline, {} now", number(change.unit, *before), number(change.unit, *now))
        })
        .collect();
    let effect = match change.effect {
        Effect::RiskDifference(difference, [low, high]) => {
            let (difference, low, high) = (points(difference), points(low), points(high));
            format!("difference {difference} (95 % interval {low} to {high})")
        }
        Effect::CliffsDelta(delta) => format!("Cliff's delta {delta:+.2}"),
        Effect::Deviations(Some(deviations)) => {
            format!("shift of {} standard deviations", shown(Unit::Count, deviations))
        }
        Effect::Deviations(None) => String::from("the baseline does not scatter"),
    };
    let p = p_value(change.p);
    let verdict = if change.differs() { "differs from" } else { "does not differ by more than chance from" };
    format!("{} {verdict} the baseline: {}; {effect}, p after Holm {p}", change.metric, values.join("; "))
}
