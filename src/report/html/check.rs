//! The page of a check: `report.html`.

use maud::{Markup, html};

use super::intervals::{Interval, intervals};
use super::{Cell, Columns, Command, Page, Provenance, section, settings};
use crate::baseline::Comparison;
use crate::expectation::{Finding, Verdict};
use crate::metric::Metric;
use crate::metric::words::counted;
use crate::questions::{Bounds, Expectation};
use crate::report::check::words::{Numbers, expected, numbers, sentence};
use crate::report::check::{Report, baseline};

/// The options of a check that its results depend on.
pub struct CheckOptions<'o> {
    /// The most replications for the expectations of a scenario, where that was not left to it.
    pub max_replications: Option<u32>,
    /// The seed, where that was not left to the scenarios.
    pub seed: Option<u64>,
    /// What was laid over the scenarios.
    pub sets: &'o [String],
}

/// The page of all scenarios that were checked.
pub fn check(reports: &[Report], options: &CheckOptions<'_>) -> String {
    let names: Vec<&str> = reports.iter().map(|report| report.scenario.name.as_str()).collect();
    let [first, more @ ..] = reports else { return String::new() };
    let command = more
        .iter()
        .fold(Command::new("check", first.source.name()), |command, report| command.file(report.source.name()));
    let command =
        options.max_replications.into_iter().fold(command, |command, most| command.option("--max-replications", most));
    let command = options.seed.into_iter().fold(command, |command, seed| command.option("--seed", seed));
    let of_each = |say: &dyn Fn(&Report) -> String| match more {
        [] => say(first),
        _ => reports
            .iter()
            .map(|report| format!("{} {}", report.scenario.name, say(report)))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let facts = vec![
        ("Scenarios", names.join(", ")),
        ("Digest", of_each(&|report| report.scenario.digest())),
        ("Seed", of_each(&|report| report.seed.to_string())),
        ("Replications at most", of_each(&|report| report.questions.max_check_replications.to_string())),
    ];
    Page {
        title: &names.join(", "),
        description: if more.is_empty() { &first.scenario.description } else { "" },
        settings: &if more.is_empty() {
            settings::line(&first.scenario)
        } else {
            counted(reports.len() as u64, "scenario")
        },
        answer: answer(reports),
        body: html! { @for (index, report) in reports.iter().enumerate() { (part(report, index)) } },
        provenance: Provenance {
            command: command.options("--set", options.sets),
            facts,
            scenarios: reports.iter().map(|report| &report.source).collect(),
            sets: options.sets,
        },
    }
    .render()
}

/// Whether all is as it should be, then what is not, then what is.
fn answer(reports: &[Report]) -> Vec<String> {
    let mut sentences = vec![verdict(reports)];
    for wanted in [Verdict::Fails, Verdict::Undecided, Verdict::Holds] {
        for report in reports {
            let whose = if reports.len() > 1 { format!("{}, ", report.scenario.name) } else { String::new() };
            for (expectation, metric, finding) in report.findings().filter(|(_, _, finding)| finding.verdict == wanted)
            {
                sentences.push(format!("{whose}{}.", sentence(expectation, &metric, finding)));
            }
        }
    }
    sentences.extend(reports.iter().filter_map(|report| report.comparison.as_ref()).map(baseline::sentence));
    sentences
}

fn verdict(reports: &[Report]) -> String {
    let all: usize = reports.iter().map(|report| report.checked.findings.len()).sum();
    let differ = reports.iter().filter(|report| report.comparison.as_ref().is_some_and(|c| !c.passes())).count() as u64;
    let baselines = match differ {
        0 => String::new(),
        differ => format!(
            " {} from the baseline.",
            if differ == 1 { String::from("One scenario differs") } else { format!("{differ} scenarios differ") }
        ),
    };
    if all == 0 {
        let alike = if differ == 0 { "Nothing differs from the baseline by more than chance." } else { "" };
        return format!("{alike}{baselines}").trim_start().to_owned();
    }
    let confidences = reports.iter().flat_map(|report| &report.questions.expectations).map(|e| e.confidence);
    let confidence = confidences.fold(1.0, f64::min) * 100.0;
    let each = if all == 1 { "" } else { " each," };
    let confidence = format!("With {} % confidence{each}", (confidence * 1e9).round() / 1e9);
    let count = |verdict| reports.iter().map(|report| report.count(verdict)).sum::<usize>();
    let (holds, fails, undecided) = (count(Verdict::Holds), count(Verdict::Fails), count(Verdict::Undecided));
    let of_all = |some: usize| match (some, all) {
        (1, 1) => String::from("the expectation"),
        (some, all) if some == all => format!("all {all} expectations"),
        (some, all) => format!("{some} of {}", counted(all as u64, "expectation")),
    };
    let verb = |some: usize, one: &str, many: &str| if some == 1 { one.to_owned() } else { many.to_owned() };
    let decided = if fails > 0 {
        format!("{confidence} {} {}.", of_all(fails), verb(fails, "does not hold", "do not hold"))
    } else if holds > 0 {
        format!("{confidence} {} {}.", of_all(holds), verb(holds, "holds", "hold"))
    } else {
        String::new()
    };
    let open = match undecided {
        0 => String::new(),
        some => format!(" Undecided {} {}.", verb(some, "is", "are"), of_all(some)),
    };
    format!("{decided}{open}{baselines}").trim_start().to_owned()
}

/// What was found of one scenario.
fn part(report: &Report, index: usize) -> Markup {
    let rows: Vec<Interval> =
        report.findings().flat_map(|(expectation, metric, finding)| rows(expectation, &metric, finding)).collect();
    let content = html! {
        @if !rows.is_empty() {
            div.charts {
                (intervals("What is known of each number", "The accepted range is shaded between its limits; the line is where the number lies, \
                 with the confidence of its expectation; the dot is the estimate.", &rows))
            }
            (found(report, index))
        }
        @if let Some(comparison) = &report.comparison { (compared(comparison, index)) }
    };
    section(&format!("scenario-{index}"), &report.scenario.name, &content)
}

fn rows(expectation: &Expectation, metric: &Metric, finding: &Finding) -> Vec<Interval> {
    let title = expectation.name.clone().unwrap_or_else(|| metric.to_string());
    let expected = expected(metric, &expectation.bounds);
    let words = |numbers: &Numbers| {
        let Numbers { about, estimate, interval: [low, high] } = numbers;
        let found = format!("{estimate} ({low} to {high})");
        let verdict = finding.verdict.as_str();
        if finding.shares.is_empty() {
            format!("{expected} {verdict}: {found}")
        } else {
            format!("{verdict}: {about}: {found}")
        }
    };
    let numbers = numbers(expectation, metric, finding);
    if finding.shares.is_empty() {
        let within = match expectation.bounds {
            Bounds::AtMost(high) => [None, Some(metric.show(high))],
            Bounds::AtLeast(low) => [Some(metric.show(low)), None],
            Bounds::Between(low, high) => [Some(metric.show(low)), Some(metric.show(high))],
        };
        let Finding { estimate, interval, .. } = *finding;
        return vec![Interval { title, words: words(&numbers[0]), estimate, interval, within }];
    }
    let of_share = finding.shares.iter().zip(&numbers).map(|(share, numbers)| Interval {
        title: title.clone(),
        words: words(numbers),
        estimate: share.estimate,
        interval: share.interval.map(Some),
        within: if share.with_bound { [Some(share.needed), None] } else { [None, Some(share.needed)] },
    });
    of_share.collect()
}

fn found(report: &Report, index: usize) -> Markup {
    let mut rows = Vec::new();
    for (expectation, metric, finding) in report.findings() {
        let name = expectation.name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
        let mut shown = numbers(expectation, &metric, finding).into_iter();
        let Some(first) = shown.next() else { continue };
        let cells = |about: String, verdict: &str, numbers: Numbers, after: String| {
            let Numbers { estimate, interval: [low, high], .. } = numbers;
            [about, verdict.to_owned(), estimate, low, high, after].map(Cell::new).into()
        };
        let about = format!("{name}{metric} {}", expected(&metric, &expectation.bounds));
        rows.push(cells(about, finding.verdict.as_str(), first, finding.replications.to_string()));
        rows.extend(shown.map(|more| cells(more.about.clone(), "", more, String::new())));
    }
    Columns {
        id: format!("found-{index}"),
        caption: String::from("Expectations"),
        headings: ["expected", "verdict", "found", "from", "to", "after replications"].map(str::to_owned).into(),
        leading: 1,
        rows,
        sortable: false,
    }
    .render()
}

/// What differs from the baseline.
fn compared(comparison: &Comparison, index: usize) -> Markup {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut last = String::new();
    for baseline::Row { metric, about, verdict, baseline, now, change, p } in baseline::rows(comparison) {
        last = metric.unwrap_or(last);
        rows.push([format!("{last}, {about}"), verdict.to_owned(), baseline, now, change, p].map(Cell::new).into());
    }
    html! {
        p { (baseline::sentence(comparison)) }
        @if !rows.is_empty() {
            (Columns {
                id: format!("compared-{index}"),
                caption: String::from("Against the baseline"),
                headings: ["compared", "verdict", "baseline", "now", "change", "p (Holm)"].map(str::to_owned).into(),
                leading: 1,
                rows,
                sortable: false,
            }.render())
        }
    }
}
