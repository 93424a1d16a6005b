//! The table of a check, for a terminal. Fits 80 columns.

use super::words::{Numbers, expected, numbers};
use super::{Report, baseline};
use crate::baseline::Comparison;
use crate::expectation::Verdict;
use crate::metric::Unit;
use crate::metric::words::counted;
use crate::metric::words::shown;
use crate::report::table::{title, wrap};

const HEAD: [&str; 6] = ["EXPECTED", "VERDICT", "FOUND", "FROM", "TO", "AFTER"];

/// A heading, the expectations with their verdicts, what differs from the baseline, and what follows from all that.
pub fn render(report: &Report) -> String {
    let mut blocks = vec![format!("{}\n{}", title(&report.scenario), wrap(&settings(report)))];
    if !report.checked.findings.is_empty() {
        blocks.push(format!("{}\n{}", aligned(&rows(report), 2), wrap(&summary(report))));
    }
    if let Some(comparison) = &report.comparison {
        let rows = compared(comparison);
        let rows = if rows.len() > 1 { aligned(&rows, 2) + "\n" } else { String::new() };
        blocks.push(rows + &wrap(&baseline::sentence(comparison)));
    }
    blocks.join("\n\n") + "\n"
}

fn settings(report: &Report) -> String {
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

/// The rows of a comparison.
fn compared(comparison: &Comparison) -> Vec<Line> {
    let mut lines = vec![Line::Row(["COMPARED", "VERDICT", "BASELINE", "NOW", "CHANGE", "P"].map(str::to_owned))];
    for baseline::Row { metric, about, verdict, baseline, now, change, p } in baseline::rows(comparison) {
        lines.extend(metric.map(Line::Metric));
        lines.push(Line::Row([format!("  {about}"), verdict.to_owned(), baseline, now, change, p]));
    }
    lines
}

/// A metric stands above its row, for it may be as long as a line.
enum Line {
    Metric(String),
    Row([String; 6]),
}

fn rows(report: &Report) -> Vec<Line> {
    let mut lines = vec![Line::Row(HEAD.map(str::to_owned))];
    for (expectation, metric, finding) in report.findings() {
        let name = expectation.name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
        let robots = match finding.shares.is_empty() {
            true => String::new(),
            false => format!(" {}", expected(&metric, &expectation.bounds)),
        };
        lines.push(Line::Metric(format!("{name}{metric}{robots}")));
        let all = numbers(expectation, &metric, finding).into_iter().enumerate();
        for (index, Numbers { about, estimate, interval: [low, high] }) in all {
            // The verdict stands once.
            let once = |text: String| if index == 0 { text } else { String::new() };
            let verdict = once(finding.verdict.as_str().to_owned());
            let after = once(finding.replications.to_string());
            lines.push(Line::Row([format!("  {about}"), verdict, estimate, low, high, after]));
        }
    }
    lines
}

/// Columns as wide as their cells; the first `words` to the left, numbers to the right.
fn aligned(lines: &[Line], words: usize) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| match line {
            Line::Row(cells) => Some(cells[column].chars().count()),
            Line::Metric(_) => None,
        });
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for line in lines {
        match line {
            Line::Metric(metric) => text += &format!(" {metric}\n"),
            Line::Row(cells) => {
                let mut row = String::new();
                for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                    row += &if column < words { format!(" {cell:<width$} ") } else { format!(" {cell:>width$}") };
                }
                text += &format!("{}\n", row.trim_end());
            }
        }
    }
    text
}

/// How many hold, and which of the undecided is closest.
fn summary(report: &Report) -> String {
    let all = report.checked.findings.len();
    let count = |verdict| report.count(verdict);
    let (fails, undecided) = (count(Verdict::Fails), count(Verdict::Undecided));
    let mut text = match (all, count(Verdict::Holds)) {
        (1, 1) => String::from("The expectation holds."),
        (all, holds) if all == holds => format!("All {all} expectations hold."),
        (_, holds) => {
            let mut parts = Vec::new();
            if fails > 0 {
                parts.push(format!("{fails} {}", if fails == 1 { "fails" } else { "fail" }));
            }
            if undecided > 0 {
                parts.push(format!("{undecided} {} undecided", if undecided == 1 { "is" } else { "are" }));
            }
            format!(
                "Of {} {holds} {}, {}.",
                counted(all as u64, "expectation"),
                if holds == 1 { "holds" } else { "hold" },
                parts.join(", ")
            )
        }
    };
    if let Some(closest) = report.checked.closest() {
        let (expectation, finding) = (&report.questions.expectations[closest], &report.checked.findings[closest]);
        let name = expectation.name.as_ref().unwrap_or(&expectation.metric);
        let evidence = shown(Unit::Probability, (finding.evidence * 100.0).floor() / 100.0);
        let closest = if undecided == 1 { "" } else { ", which is closest," };
        text += &format!(" Of {name}{closest} {evidence} of the evidence for a verdict is there");
        text += if report.interrupted { ", and it was interrupted." } else { "; allow more --max-replications." };
    }
    text
}
