//! A check for the summary of a pull request.

use super::words::{Numbers, numbers, title};
use super::{Report, baseline};
use crate::baseline::Comparison;
use crate::expectation::Verdict;

/// A table for each scenario.
pub fn render(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        let mark = if report.passes() { "✅" } else { "❌" };
        text += &format!("### {mark} {}\n\n", escaped(&report.scenario.name));
        if !report.checked.findings.is_empty() {
            text += "| | expected | found | interval | replications |\n|---|---|---:|---:|---:|\n";
        }
        for (expectation, metric, finding) in report.findings() {
            let verdict = match finding.verdict {
                Verdict::Holds => "✅ holds",
                Verdict::Fails => "❌ fails",
                Verdict::Undecided => "❔ undecided",
            };
            let numbers = numbers(expectation, &metric, finding);
            let lines = |of: &dyn Fn(&Numbers) -> String| numbers.iter().map(of).collect::<Vec<_>>().join("<br>");
            let found = lines(&|numbers| {
                let about =
                    if finding.shares.is_empty() { String::new() } else { format!("{}: ", escaped(&numbers.about)) };
                about + &escaped(&numbers.estimate)
            });
            let interval = lines(&|Numbers { interval: [low, high], .. }| escaped(&format!("{low} to {high}")));
            let why = match expectation.description.as_str() {
                "" => String::new(),
                description => format!("<br>{}", escaped(description)),
            };
            let title = escaped(&title(expectation, &metric));
            text += &format!("| {verdict} | {title}{why} | {found} | {interval} | {} |\n", finding.replications);
        }
        if let Some(comparison) = &report.comparison {
            text += &compared(comparison);
        }
        text += "\n";
    }
    text
}

/// What differs from the baseline.
fn compared(comparison: &Comparison) -> String {
    let rows = baseline::rows(comparison);
    let mut text = String::new();
    if !rows.is_empty() {
        text += "\n| | compared | | baseline | now | change | p (Holm) |\n|---|---|---|---:|---:|---:|---:|\n";
    }
    for baseline::Row { metric, about, verdict, baseline, now, change, p } in rows {
        let mark = match verdict {
            "" => String::new(),
            "differs" => String::from("❌ differs"),
            same => format!("✅ {same}"),
        };
        let cells = [metric.unwrap_or_default(), about, baseline, now, change, p].map(|cell| escaped(&cell));
        text += &format!("| {mark} | {} |\n", cells.join(" | "));
    }
    format!("{text}\n{}\n", escaped(&baseline::sentence(comparison)))
}

/// Text within a cell of a table: one line, and nothing in it is markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '#' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_cell_holds_any_text() {
        assert_eq!(escaped("a|b\n<img> `x_y`\\"), "a\\|b &lt;img&gt; \\`x\\_y\\`\\\\");
    }
}
