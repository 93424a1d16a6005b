//! A comparison with a baseline in words and rows.

use crate::baseline::{BaselineMethod, BaselineVerdict, Change, ChangePart, Differing, Effect, LEVEL, Tested};
use crate::metric::Unit;
use crate::metric::words::{counted, shown};
use crate::report::document::{DataCell, DataColumn, DataTable, News, finely};

/// So many metrics of a run that gave other bytes are shown.
const MOST_SHOWN: usize = 8;

/// What differs from the baseline.
pub fn table(comparison: &BaselineVerdict, index: usize) -> DataTable {
    let numbers = ["baseline", "now", "change", "p (Holm)"].map(DataColumn::numbers);
    let columns = [DataColumn::words(""), DataColumn::words("verdict")].into_iter().chain(numbers).collect();
    let mut table = DataTable { above: true, ..DataTable::new(format!("compared-{index}"), "Compared", columns) };
    match comparison {
        BaselineVerdict::SameBytes | BaselineVerdict::SameNumbers | BaselineVerdict::Missing(_) => {}
        BaselineVerdict::OtherBytes { differing } => {
            for Differing { metric, baseline, now } in differing.iter().take(MOST_SHOWN) {
                let [baseline, now] = [baseline, now].map(DataCell::new);
                let verdict = DataCell::new("differs").news(Some(News::Bad));
                let cells =
                    vec![DataCell::new("value"), verdict, baseline, now, DataCell::default(), DataCell::default()];
                table.row_of(metric.clone(), cells);
            }
        }
        BaselineVerdict::Tested(tested) => {
            // Of builds and groups only what differs is worth a row.
            let shown = tested.changes.iter().filter(|change| change.part == ChangePart::All || change.differs());
            shown.for_each(|change| of_change(change, &mut table));
        }
    }
    table
}

fn of_change(change: &Change, table: &mut DataTable) {
    for (index, (about, [before, now])) in change.values.iter().enumerate() {
        let (verdict, p) = match index {
            0 => (verdict(change), DataCell::new(p_value(change.p))),
            _ => (DataCell::default(), DataCell::default()),
        };
        let [baseline, shown] = [*before, *now].map(|value| DataCell::finely(change.unit, Some(value)));
        let by = match change.unit {
            Unit::Probability => points(now - before),
            _ => relative(*before, *now),
        };
        let cells = vec![DataCell::new(*about), verdict, baseline, shown, DataCell::new(by), p];
        table.row_of(change.metric.clone(), cells);
    }
    if let Effect::Pairs { grew, fell, of } = change.effect
        && grew + fell > 0
    {
        let mut cells = vec![DataCell::default(); 6];
        cells[0] = DataCell::new(format!("of {}", counted(of, "pair")));
        cells[4] = DataCell::new(format!("{grew} up, {fell} down"));
        table.row_of(change.metric.clone(), cells);
    }
    if let Effect::CliffsDelta(delta) = change.effect {
        // Nobody reads a minus before a zero.
        let delta = format!("{:+.2}", if delta.abs() < 0.005 { 0.0 } else { delta });
        let mut cells = vec![DataCell::default(); 6];
        cells[0] = DataCell::new("Cliff's delta");
        cells[4] = DataCell::new(delta);
        table.row_of(change.metric.clone(), cells);
    }
}

fn verdict(change: &Change) -> DataCell {
    let (words, news) = match (change.differs(), change.is_too_small()) {
        (true, _) => ("differs", News::Bad),
        (false, true) => ("tolerated", News::Good),
        (false, false) => ("alike", News::Good),
    };
    DataCell::new(words).news(Some(news))
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
pub fn sentence(comparison: &BaselineVerdict) -> String {
    match comparison {
        BaselineVerdict::SameBytes => String::from("The same bytes as in the baseline."),
        BaselineVerdict::SameNumbers => String::from(
            "The same numbers as in the baseline, to the last digit, though program or scenario are not the same.",
        ),
        BaselineVerdict::OtherBytes { differing } => {
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
        BaselineVerdict::Tested(tested) => tested_sentence(tested),
        BaselineVerdict::Missing(path) => {
            format!("There is no baseline {}; --update-baseline stores one.", path.display())
        }
    }
}

fn tested_sentence(tested: &Tested) -> String {
    let Tested { seed, replications: [before, now], method, changes } = tested;
    let differing: Vec<&str> = changes.iter().filter(|change| change.differs()).map(|c| c.metric.as_str()).collect();
    let outcome = match differing.len() {
        0 => match changes.iter().find(|change| change.tolerance > 0.0) {
            Some(Change { tolerance, .. }) => {
                format!("Nothing differs by more than chance and {}", shown(Unit::Probability, *tolerance))
            }
            None => String::from("Nothing differs by more than chance"),
        },
        1 => format!("{} differs", differing[0]),
        n => format!("{n} of {} differ", changes.len()),
    };
    let how = match method {
        BaselineMethod::Pairs(pairs) => {
            format!(
                "{} of replications that met the same luck (seed {seed}), exact sign tests",
                counted(*pairs, "pair")
            )
        }
        BaselineMethod::Distributions => {
            format!("{before} replications against {now} under seed {seed}, Fisher's exact test and Kolmogorov-Smirnov")
        }
        BaselineMethod::Means => format!(
            "{before} replications against {now} under seed {seed}, Fisher's exact test and, for want of a baseline.json, Welch's \
             test of means"
        ),
    };
    format!("{outcome}: {how}, p after Holm below {LEVEL}.")
}

/// What a change comes to, in one sentence.
pub fn change_sentence(change: &Change) -> String {
    let values: Vec<String> = change
        .values
        .iter()
        .map(|(about, [before, now])| {
            format!("{about} {} in the baseline, {} now", finely(change.unit, *before), finely(change.unit, *now))
        })
        .collect();
    let effect = match change.effect {
        Effect::RiskDifference(difference, [low, high]) => {
            let (difference, low, high) = (points(difference), points(low), points(high));
            format!("difference {difference} (95 % interval {low} to {high})")
        }
        Effect::CliffsDelta(delta) => format!("Cliff's delta {delta:+.2}"),
        Effect::Pairs { grew, fell, of } => format!("greater in {grew} of {}, less in {fell}", counted(of, "pair")),
        Effect::Deviations(Some(deviations)) => {
            format!("shift of {} standard deviations", shown(Unit::Count, deviations))
        }
        Effect::Deviations(None) => String::from("the baseline does not scatter"),
    };
    let p = p_value(change.p);
    let verdict = match (change.differs(), change.is_too_small()) {
        (true, _) => "differs from",
        (false, true) => "differs by no more than is tolerated from",
        (false, false) => "does not differ by more than chance from",
    };
    format!("{} {verdict} the baseline: {}; {effect}, p after Holm {p}", change.metric, values.join("; "))
}
