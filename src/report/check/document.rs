//! What a check comes to, scenario by scenario.

use super::words::{FoundNumber, expected, numbers, over_part, sentence};
use super::{CheckReport, Checks, Unchecked, baseline};
use crate::expectation::{Finding, Verdict};
use crate::metric::words::{counted, shown};
use crate::metric::{Metric, Unit};
use crate::questions::{Bounds, Expectation};
use crate::report::command::CommandLine;
use crate::report::document::{
    Chapter, DataCell, DataColumn, DataTable, Document, Interval, Intervals, News, Piece, Provenance, Reach, Sentence,
};

/// The options of a check that its results depend on.
#[derive(Clone, Copy)]
pub(crate) struct CheckOptions<'o> {
    /// The most replications for the expectations of a scenario, where that was not left to it.
    pub max_replications: Option<u32>,
    /// The seed, where that was not left to the scenarios.
    pub seed: Option<u64>,
    /// What was laid over the scenarios.
    pub sets: &'o [String],
}

/// All that there is to say of the scenarios that were to be checked.
pub(crate) fn document<'r>(checks: &Checks<'r>) -> Document<'r> {
    let Checks { reports, unchecked, options } = *checks;
    let names = reports.iter().map(|report| report.scenario.name.as_str());
    let names: Vec<&str> = names.chain(unchecked.iter().map(|unchecked| unchecked.file.as_str())).collect();
    let (description, question) = match reports {
        [report] => (report.scenario.description.clone(), question(report)),
        _ => (String::new(), counted(reports.len() as u64, "scenario")),
    };
    Document {
        title: names.join(", "),
        description,
        question,
        passes: Some(checks.passes()),
        answer: answer(reports, unchecked),
        sections: reports.iter().enumerate().map(|(index, report)| section(report, index)).collect(),
        provenance: Some(provenance(reports, &names, &options)),
    }
}

fn provenance<'r>(reports: &'r [CheckReport], names: &[&str], options: &CheckOptions<'r>) -> Provenance<'r> {
    let command = reports.iter().fold(CommandLine::new("check"), |command, report| command.file(report.source.name()));
    let command =
        options.max_replications.into_iter().fold(command, |command, most| command.option("--max-replications", most));
    let command = options.seed.into_iter().fold(command, |command, seed| command.option("--seed", seed));
    let of_each = |say: &dyn Fn(&CheckReport) -> String| match reports {
        [report] => say(report),
        _ => {
            let named = |report: &CheckReport| format!("{} {}", report.scenario.name, say(report));
            reports.iter().map(named).collect::<Vec<_>>().join(", ")
        }
    };
    let facts = vec![
        ("Scenarios", names.join(", ")),
        ("Digest", of_each(&|report| report.scenario.digest())),
        ("Seed", of_each(&|report| report.seed.to_string())),
        ("Replications at most", of_each(&|report| report.questions.max_check_replications.to_string())),
    ];
    let scenarios = reports.iter().map(|report| &report.source).collect();
    // Without a folder it writes no page.
    let command = command.options("--set", options.sets).option("--out", "results/check");
    Provenance { command, facts, scenarios, sets: options.sets }
}

fn question(report: &CheckReport) -> String {
    let most = counted(report.questions.max_check_replications.into(), "replication");
    let what = match report.checked.findings.len() as u64 {
        0 => String::from("compared with the baseline"),
        n => {
            let also = if report.comparison.is_some() { ", and compared with the baseline" } else { "" };
            format!("{}, at most {most}{also}", counted(n, "expectation"))
        }
    };
    format!("{what}, seed {}", report.seed)
}

/// Whether all is as it should be, then what is not, then what is.
fn answer(reports: &[CheckReport], unchecked: &[Unchecked]) -> Vec<Sentence> {
    let whose = |report: &CheckReport| {
        if reports.len() > 1 { format!("{}, ", report.scenario.name) } else { String::new() }
    };
    let mut sentences: Vec<Sentence> = verdict(reports).map(Sentence::new).into_iter().collect();
    sentences.extend(unchecked.iter().map(|unchecked| Sentence::new(unchecked.sentence() + ".")));
    sentences.extend(reports.iter().filter_map(|report| closest(report, &whose(report))).map(Sentence::new));
    for wanted in [Verdict::Fails, Verdict::Undecided, Verdict::Holds] {
        for report in reports {
            let found = report.findings().filter(|(_, _, finding)| finding.verdict == wanted);
            sentences.extend(found.map(|(expectation, metric, finding)| {
                let sentence = sentence(expectation, &metric, finding);
                let sentence = Sentence::new(format!("{}{sentence}.", whose(report)));
                // What there was nothing to look at for no table of numbers says.
                if finding.nothing.is_some() { sentence } else { sentence.on_pages() }
            }));
        }
    }
    for report in reports {
        let of_part = report.findings().filter_map(|(expectation, metric, finding)| {
            let name = expectation.name.clone().unwrap_or_else(|| metric.to_string());
            over_part(&metric, finding).map(|words| format!("Of {}{name}: {words}.", whose(report)))
        });
        sentences.extend(of_part.map(Sentence::new));
    }
    let compared = |report: &CheckReport| Some(whose(report) + &baseline::sentence(report.comparison.as_ref()?));
    sentences.extend(reports.iter().filter_map(compared).map(Sentence::new));
    sentences
}

/// How many expectations hold; none if there are none.
fn verdict(reports: &[CheckReport]) -> Option<String> {
    let all: usize = reports.iter().map(|report| report.checked.findings.len()).sum();
    if all == 0 {
        return None;
    }
    let confidences = reports.iter().flat_map(|report| &report.questions.expectations).map(|e| e.confidence);
    let confidence = confidences.fold(1.0, f64::min) * 100.0;
    let each = if all == 1 { "" } else { " each," };
    let confidence = format!("With {} % confidence{each}", (confidence * 1e9).round() / 1e9);
    let count = |verdict| reports.iter().map(|report| report.count(verdict)).sum::<usize>();
    let some = |some: usize, one: &str, many: &str| match (some, all) {
        (1, 1) => format!("the expectation {one}"),
        (some, all) if some == all => format!("all {all} expectations {many}"),
        (some, _) => {
            let verb = if some == 1 { one } else { many };
            format!("{some} of {} {verb}", counted(all as u64, "expectation"))
        }
    };
    let decided = match (count(Verdict::Fails), count(Verdict::Holds)) {
        (0, 0) => None,
        (0, holds) => Some(some(holds, "holds", "hold")),
        (fails, _) => Some(some(fails, "does not hold", "do not hold")),
    };
    let undecided = count(Verdict::Undecided);
    let verb = if undecided == 1 { "is" } else { "are" };
    Some(match (decided, undecided) {
        (Some(decided), 0) => format!("{confidence} {decided}."),
        (Some(decided), undecided) => format!("{confidence} {decided}; {undecided} {verb} undecided."),
        (None, 1) => String::from("The expectation is undecided."),
        (None, _) => format!("All {all} expectations are undecided."),
    })
}

/// Which of the undecided is closest to a verdict.
fn closest(report: &CheckReport, whose: &str) -> Option<String> {
    let closest = report.checked.closest()?;
    let (expectation, finding) = (&report.questions.expectations[closest], &report.checked.findings[closest]);
    let name = expectation.name.as_ref().unwrap_or(&expectation.metric);
    let evidence = shown(Unit::Probability, (finding.evidence * 100.0).floor() / 100.0);
    let closest = if report.count(Verdict::Undecided) == 1 { "" } else { ", which is closest," };
    let then =
        if report.interrupted { ", and it was interrupted" } else { "; allow more by --max-replications to decide it" };
    Some(format!("Of {whose}{name}{closest} {evidence} of the evidence for a verdict is there{then}."))
}

/// What was found of one scenario.
fn section(report: &CheckReport, index: usize) -> Chapter {
    let mut blocks = Vec::new();
    if !report.checked.findings.is_empty() {
        let intervals =
            report.findings().flat_map(|(expectation, metric, finding)| intervals(expectation, &metric, finding));
        let about = "The accepted range is shaded between its limits; the line is where the number lies, with the confidence of \
                     its expectation; the dot is the estimate.";
        let title = String::from("What is known of each number");
        blocks.push(Piece::Intervals(title, about.to_owned(), intervals.collect()));
        blocks.push(Piece::Tables(vec![found(report, index)]));
    }
    if let Some(comparison) = &report.comparison {
        blocks.push(Piece::Tables(vec![baseline::table(comparison, index)]));
    }
    let (id, heading) = (format!("scenario-{index}"), report.scenario.name.clone());
    Chapter { id, heading, place: Reach::Everywhere, blocks }
}

fn intervals(expectation: &Expectation, metric: &Metric, finding: &Finding) -> Vec<Interval> {
    let title = expectation.name.clone().unwrap_or_else(|| metric.to_string());
    let expected = expected(metric, &expectation.bounds);
    let verdict = finding.verdict.as_str();
    let numbers = numbers(expectation, metric, finding);
    if finding.shares.is_empty() {
        let within = match expectation.bounds {
            Bounds::AtMost(high) => [None, Some(metric.show(high))],
            Bounds::AtLeast(low) => [Some(metric.show(low)), None],
            Bounds::Between(low, high) => [Some(metric.show(low)), Some(metric.show(high))],
        };
        let Finding { estimate, interval, .. } = *finding;
        let words = format!("{expected} {verdict}: {}", numbers[0].found());
        return vec![Interval { title, words, estimate, interval, within }];
    }
    let of_share = finding.shares.iter().zip(&numbers).map(|(share, numbers)| Interval {
        title: title.clone(),
        words: format!("{verdict}: {}: {}", numbers.about, numbers.found()),
        estimate: share.estimate,
        interval: share.interval.map(Some),
        within: if share.with_bound { [Some(share.needed), None] } else { [None, Some(share.needed)] },
    });
    of_share.collect()
}

fn found(report: &CheckReport, index: usize) -> DataTable {
    let columns = vec![
        DataColumn::words(""),
        DataColumn::words("verdict"),
        DataColumn::numbers("found").intervals(Intervals::InColumns),
        DataColumn::numbers("after"),
    ];
    let mut table = DataTable { above: true, ..DataTable::new(format!("found-{index}"), "Expected", columns) };
    let mut findings: Vec<_> = report.findings().collect();
    // What does not hold stands first.
    findings.sort_by_key(|(_, _, finding)| match finding.verdict {
        Verdict::Fails => 0,
        Verdict::Undecided => 1,
        Verdict::Holds => 2,
    });
    for (expectation, metric, finding) in findings {
        let name = expectation.name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
        let robots = match finding.shares.is_empty() {
            true => String::new(),
            false => format!(" {}", expected(&metric, &expectation.bounds)),
        };
        let first = table.rows.len();
        for (row, FoundNumber { about, cell }) in numbers(expectation, &metric, finding).into_iter().enumerate() {
            // The verdict stands once.
            let (verdict, after) = match row {
                0 => (verdict_cell(finding.verdict), DataCell::count(finding.replications.into())),
                _ => (DataCell::default(), DataCell::default()),
            };
            table.row_of(format!("{name}{metric}{robots}"), vec![DataCell::new(about), verdict, cell, after]);
        }
        if let Some(row) = table.rows.get_mut(first) {
            let why =
                [Some(expectation.description.as_str()).filter(|why| !why.is_empty()), finding.nothing.as_deref()];
            row.why = why.into_iter().flatten().collect::<Vec<_>>().join("; ");
        }
    }
    table
}

fn verdict_cell(verdict: Verdict) -> DataCell {
    let news = match verdict {
        Verdict::Holds => News::Good,
        Verdict::Fails => News::Bad,
        Verdict::Undecided => News::Open,
    };
    DataCell::new(verdict.as_str()).news(Some(news))
}
