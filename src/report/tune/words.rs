//! Sentences about a tuning.

use super::TuneReport;
use crate::expectation::Finding;
use crate::metric::words::{counted, percent as percent_of};
use crate::metric::{Metric, Unit};
use crate::questions::{Constraint, Sense};
use crate::report::document::{DataCell, dash, finely};
use crate::report::words::LEAST_SHARE;
use crate::statistics::Number;
use crate::tune::{Conclusion, Outcome, Setting, Status, miss};

/// A probability as it was written: nothing of it is rounded but what floating point added.
pub fn percent(probability: f64) -> String {
    format!("{} %", (probability * 1e11).round() / 1e9)
}

/// A probability that was found: rounded towards the safe side.
fn at_least(probability: f64) -> String {
    format!("{} %", (probability * 1e3).floor() / 10.0)
}

/// The answer in sentences.
pub fn answer(report: &TuneReport<'_>) -> Vec<String> {
    let outcome = &report.outcome;
    let settings = report.tuning.sweep.len();
    let confidence = percent(report.tuning.confidence);
    let constrained = !report.tuning.constraints.is_empty();
    let satisfies = if constrained { "satisfies the constraints and " } else { "" };
    let mut sentences = Vec::new();
    match outcome.answer {
        Conclusion::Best { probability, of_decided, by_limit, .. } => {
            let margin = report.shown_margin();
            let open = count(report, Status::Open);
            let proven = [probability, of_decided].iter().any(|stated| *stated >= report.tuning.confidence);
            if settings == 1 {
                sentences
                    .push(format!("With {confidence} probability the setting below {satisfies}is the only setting."));
            } else if probability >= report.tuning.confidence {
                sentences.push(format!(
                    "With {confidence} probability the setting below {satisfies}is the best of {settings} settings, or no more than \
                     {margin} worse."
                ));
            } else if proven || by_limit {
                let all_but = match open {
                    0 => format!("of {settings} settings, or no more than {margin} worse"),
                    1 => format!("of {settings} settings but one that is open, or no more than {margin} worse"),
                    _ => format!("of {settings} settings but {open} that are open, or no more than {margin} worse"),
                };
                sentences.push(match (proven, constrained) {
                    (true, _) => format!("With {confidence} probability the setting below {satisfies}is the best {all_but}."),
                    (false, true) => format!(
                        "With {confidence} probability the setting below satisfies the constraints. By the central limit it is the \
                         best {all_but}."
                    ),
                    (false, false) => format!("By the central limit the setting below is the best {all_but}."),
                });
                if !proven {
                    sentences.push(String::from(
                        "That is no proof: numbers so rare that no replication had one could change a mean.",
                    ));
                }
                if open > 0 {
                    sentences.push(format!(
                        "Whether {} the constraints is not decided by {}.",
                        if open == 1 { "the open one satisfies" } else { "the open ones satisfy" },
                        counted(report.tuning.max_replications.into(), "replication")
                    ));
                }
            } else {
                let first = if constrained {
                    format!(
                        "With {confidence} probability the setting below satisfies the constraints. It seems to be the best"
                    )
                } else {
                    String::from("The setting below seems to be the best")
                };
                let undecided = match undecided(report) {
                    1 => String::from("1 other setting is"),
                    n => format!("{n} other settings are"),
                };
                let stated = probability.max(of_decided);
                let sure = if stated < 0.001 {
                    String::from("is not proven")
                } else {
                    format!("is proven with a probability of {}, not of {confidence}", at_least(stated))
                };
                sentences.push(format!(
                    "{first} of {settings}. That it is, or is no more than {margin} worse, {sure}: {undecided} not decided."
                ));
                let found = outcome.settings[outcome.answer.setting()].figures.objective;
                if found == Some(0.0) && report.margin.ends_with('%') && outcome.metric.unit() != Unit::Probability {
                    sentences.push(format!(
                        "Of 0 a margin of {margin} is nothing, and nothing proves that two settings are equal: give --margin \
                         as an amount."
                    ));
                }
            }
        }
        Conclusion::Infeasible { .. } if !constrained || count(report, Status::NoValue) == settings => {
            sentences.push(format!("No setting has a value of {}: hardly any replication has one.", outcome.metric));
        }
        Conclusion::Infeasible { .. } => {
            let none = if settings == 1 {
                String::from("The only setting does not satisfy")
            } else {
                format!("None of {settings} settings satisfies")
            };
            sentences.push(format!("{none} the constraints, with {confidence} probability."));
            sentences.push(closest(report));
        }
        Conclusion::Undecided { .. } => {
            let open = undecided(report);
            let (those, verb) = if open == 1 { ("of 1 setting", "it does") } else { ("of {} settings", "they do") };
            sentences.push(format!(
                "No setting is proven to satisfy the constraints, and {} it is not decided whether {verb}.",
                those.replace("{}", &open.to_string())
            ));
            sentences.push(closest(report));
        }
    }
    sentences.extend(warning(report));
    let took = counted(outcome.replications_used, "replication");
    // The own setting is simulated, too, where it is none of them.
    let beside = outcome.own.as_ref().is_some_and(|own| own.setting.is_none());
    let most = u128::from(settings + u64::from(beside)) * u128::from(report.tuning.max_replications);
    sentences.push(if outcome.interrupted {
        format!("That is what {took} say; more was to come.")
    } else {
        format!("That took {took} in all; {most} would have been the most.")
    });
    sentences
}

/// That the objective is over a part of the campaigns, which no setting is better for; and what settings come to over all.
fn warning(report: &TuneReport<'_>) -> Option<String> {
    let outcome = &report.outcome;
    let Outcome { metric, settings, .. } = outcome;
    if !metric.is_conditional() {
        return None;
    }
    let answer = outcome.answer.setting();
    let considered = || settings.iter().enumerate().filter(|(_, setting)| setting.status != Status::Violates);
    let shares = considered().map(|(_, setting)| setting.figures.share());
    let (low, high) = shares.fold((1.0_f64, 0.0_f64), |(low, high), share| (low.min(share), high.max(share)));
    let own = settings[answer].figures.share();
    if own >= LEAST_SHARE && low >= high {
        return None;
    }
    let share = |share: f64| percent_of(Number(share));
    let shares = format!("{} of them at this setting, {} to {} at all", share(own), share(low), share(high));
    let warning = format!(
        "Mind that {metric} is over the campaigns alone that have it, {shares}: no setting is better for that."
    );
    let of = |setting: &Setting| setting.figures.over_all.filter(|_| setting.figures.seem_to_hold.iter().all(|h| *h));
    let least = considered().filter_map(|(index, setting)| Some((index, of(setting)?)));
    let (Some((least, value)), Some(over_all)) = (least.min_by(|a, b| a.1.total_cmp(&b.1)), metric.over_all()) else {
        return Some(warning);
    };
    let here = settings[answer].figures.over_all.map_or_else(dash, |here| finely(metric.unit(), here));
    Some(if least == answer || settings[answer].figures.over_all == Some(value) {
        format!("{warning} Over all campaigns, by {over_all}, it is {here}, and no setting has less.")
    } else {
        format!(
            "{warning} Over all campaigns, by {over_all}, it is {here}, and {} at {}: that is the number to minimize.",
            finely(metric.unit(), value),
            report.values(least).join(", ")
        )
    })
}

/// How many settings have a status.
pub fn count(report: &TuneReport<'_>, status: Status) -> u64 {
    report.outcome.settings.iter().filter(|setting| setting.status == status).count() as u64
}

fn undecided(report: &TuneReport<'_>) -> u64 {
    count(report, Status::Undecided) + count(report, Status::Open)
}

/// Which setting is closest, and what it misses.
fn closest(report: &TuneReport<'_>) -> String {
    let figures = &report.outcome.settings[report.outcome.answer.setting()].figures;
    let constraints = report.constraints();
    let found = constraints.iter().zip(&figures.constraints);
    let missed: Vec<String> = found
        .filter_map(|((constraint, metric), finding)| {
            let by = miss(constraint, metric, finding)?;
            (by > 0.0)
                .then(|| format!("{metric} is {} (expected {})", estimate(metric, finding).text(), bound(constraint)))
        })
        .collect();
    let missed = if missed.is_empty() { String::from("by its estimates it satisfies all") } else { missed.join(", ") };
    format!("The closest is the setting below: {missed}.")
}

/// The part of a constraint behind its metric: `<= 30`.
pub fn bound(constraint: &Constraint) -> String {
    let at = constraint.text.find(['<', '>']).unwrap_or(0);
    let (sign, number) = constraint.text[at..].split_at(2);
    format!("{sign} {}", number.trim())
}

/// What was asked for.
pub fn question(report: &TuneReport<'_>) -> String {
    let settings = counted(report.tuning.sweep.len(), "setting");
    let under = match report.tuning.constraints.len() as u64 {
        0 => String::new(),
        n => format!(" under {}", counted(n, "constraint")),
    };
    format!("{settings}: {}{under}; seed {}", objective(report), report.tuning.seed)
}

/// The estimate of a constraint's metric, of a quantile over robots the share of robots within the bound.
pub(super) fn estimate(metric: &Metric, finding: &Finding) -> DataCell {
    match &finding.shares[..] {
        [share] => DataCell::new(
            share.estimate.map_or_else(dash, |estimate| format!("{} within", finely(Unit::Probability, estimate))),
        ),
        _ => DataCell::finely(metric.unit(), finding.estimate),
    }
}

/// As in `minimize METRIC`.
pub fn objective(report: &TuneReport<'_>) -> String {
    let word = match report.tuning.objective.direction {
        Sense::Minimize => "the least",
        Sense::Maximize => "the greatest",
    };
    format!("{word} {}", report.outcome.metric)
}

/// A status for a person.
pub fn status(report: &TuneReport<'_>, status: Status) -> String {
    match status {
        Status::Best => String::from("recommended"),
        Status::NoBetter => String::from("no better"),
        Status::WithinMargin => format!("<= {} better", report.shown_margin()),
        Status::Violates => String::from("violates"),
        Status::NoValue => String::from("no value"),
        Status::Open => String::from("open"),
        Status::Undecided => String::from("undecided"),
    }
}
