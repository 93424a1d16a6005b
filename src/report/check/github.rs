//! Annotations that GitHub shows at the lines of the scenario: workflow commands, which it reads from what a step
//! prints.

use super::words::sentence;
use super::{CheckReport, Checks, baseline};
use crate::expectation::Verdict;
use crate::report::format::{Exporter, Presented};

/// The name of the format.
pub(crate) const GITHUB: &str = "github";

pub(super) struct Annotations;

impl Exporter<Checks<'_>> for Annotations {
    fn name(&self) -> &'static str {
        GITHUB
    }

    fn files(&self, said: &Presented<'_, Checks<'_>>) -> Vec<(String, String)> {
        vec![(String::from("annotations.txt"), annotations(said.answer.reports))]
    }
}

/// A command for each expectation that does not hold, and for what differs from the baseline.
fn annotations(reports: &[CheckReport]) -> String {
    let mut text = String::new();
    for report in reports {
        for (expectation, metric, finding) in report.findings() {
            if finding.verdict == Verdict::Holds {
                continue;
            }
            let title = format!("{}: {}", report.scenario.name, finding.verdict.as_str());
            text += &command(&report.file, expectation.line, &title, &sentence(expectation, &metric, finding));
        }
        if let Some(comparison) = report.comparison.as_ref().filter(|comparison| !comparison.passes()) {
            let title = format!("{}: differs from its baseline", report.scenario.name);
            text += &command(&report.file, None, &title, &baseline::sentence(comparison));
        }
    }
    text
}

fn command(file: &str, line: Option<usize>, title: &str, message: &str) -> String {
    let line = line.map_or_else(String::new, |line| format!(",line={line}"));
    format!("::error file={}{line},title={}::{}\n", property(file), property(title), data(message))
}

/// A message in a command: on one line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, which ends at a colon or a comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_from_a_command() {
        assert_eq!(
            command("a,b:c.toml", Some(7), "x\n::error::y", "50 %, 1:2\r\nmore"),
            "::error file=a%2Cb%3Ac.toml,line=7,title=x%0A%3A%3Aerror%3A%3Ay::50 %25, 1:2%0D%0Amore\n"
        );
        assert_eq!(command("f", None, "t", "m"), "::error file=f,title=t::m\n");
    }
}
