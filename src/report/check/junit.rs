//! JUnit's XML, which every CI system reads: a testsuite a scenario, a testcase an expectation.

use std::fmt::Write;

use super::words::{found, sentence, title};
use super::{CheckReport, Checks, baseline};
use crate::baseline::BaselineVerdict;
use crate::expectation::Verdict;
use crate::report::format::{Exporter, Presented};

/// The name of the format.
pub(crate) const JUNIT: &str = "junit";

pub(super) struct Junit;

impl Exporter<Checks<'_>> for Junit {
    fn name(&self) -> &'static str {
        JUNIT
    }

    fn files(&self, said: &Presented<'_, Checks<'_>>) -> Vec<(String, String)> {
        vec![(String::from("check.xml"), render(said.answer))]
    }
}

/// What is said of one testcase.
struct Case {
    name: String,
    /// Why it does not pass: its kind and a sentence.
    failure: Option<(&'static str, String)>,
    out: String,
}

/// The whole document. It says nothing of time, so the same check gives the same bytes.
fn render(checks: &Checks<'_>) -> String {
    let suites: Vec<(&CheckReport, Vec<Case>)> = checks.reports.iter().map(|report| (report, cases(report))).collect();
    let failures = |cases: &[Case]| cases.iter().filter(|case| case.failure.is_some()).count();
    let errors = checks.unchecked.len();
    let total = errors + suites.iter().map(|(_, cases)| cases.len()).sum::<usize>();
    let failed = suites.iter().map(|(_, cases)| failures(cases)).sum::<usize>();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut add = |text: std::fmt::Arguments<'_>| xml.write_fmt(text).expect("a string takes all text");
    add(format_args!(
        "<testsuites name=\"rollcast check\" tests=\"{total}\" failures=\"{failed}\" errors=\"{errors}\">\n"
    ));
    for unchecked in checks.unchecked {
        let (file, message) = (escaped(&unchecked.file), escaped(&unchecked.sentence()));
        add(format_args!(
            "  <testsuite name=\"{file}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
             <testcase classname=\"{file}\" name=\"the scenario is right\">\n      \
             <error type=\"unchecked\" message=\"{message}\">{message}</error>\n    </testcase>\n  </testsuite>\n"
        ));
    }
    for (report, cases) in suites {
        let name = escaped(&report.scenario.name);
        let (tests, failures) = (cases.len(), failures(&cases));
        add(format_args!(
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n    <properties>\n"
        ));
        for (property, value) in [
            ("file", report.file.clone()),
            ("digest", report.scenario.digest()),
            ("seed", report.seed.to_string()),
            ("rollcast", env!("CARGO_PKG_VERSION").to_owned()),
        ] {
            add(format_args!("      <property name=\"{property}\" value=\"{}\"/>\n", escaped(&value)));
        }
        add(format_args!("    </properties>\n"));
        for Case { name: case, failure, out } in cases {
            add(format_args!("    <testcase classname=\"{name}\" name=\"{}\">\n", escaped(&case)));
            if let Some((kind, message)) = failure {
                let message = escaped(&message);
                add(format_args!("      <failure type=\"{kind}\" message=\"{message}\">{message}</failure>\n"));
            }
            add(format_args!("      <system-out>{}</system-out>\n    </testcase>\n", escaped(&out)));
        }
        add(format_args!("  </testsuite>\n"));
    }
    add(format_args!("</testsuites>\n"));
    xml
}

fn cases(report: &CheckReport) -> Vec<Case> {
    let case = |(expectation, metric, finding): (_, _, &crate::expectation::Finding)| Case {
        name: title(expectation, &metric),
        failure: (finding.verdict != Verdict::Holds)
            .then(|| (finding.verdict.as_str(), sentence(expectation, &metric, finding))),
        out: found(expectation, &metric, finding),
    };
    let mut cases: Vec<Case> = report.findings().map(case).collect();
    match &report.comparison {
        None => (),
        Some(BaselineVerdict::Tested(tested)) => cases.extend(tested.changes.iter().map(|change| Case {
            name: format!("baseline: {}", change.metric),
            failure: change.differs().then(|| ("differs", baseline::change_sentence(change))),
            out: baseline::change_sentence(change),
        })),
        Some(comparison) => cases.push(Case {
            name: String::from("baseline"),
            failure: (!comparison.passes()).then(|| ("differs", baseline::sentence(comparison))),
            out: baseline::sentence(comparison),
        }),
    }
    cases
}

/// Text within an element or within double quotes. What XML 1.0 cannot hold at all, not even escaped, becomes the
/// replacement character; line breaks and tabs are escaped, for a reader may turn those of an attribute into spaces.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&apos;",
            '\t' | '\n' | '\r' => {
                write!(escaped, "&#{};", c as u32).expect("a string takes all text");
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A parser reads back what was written, but for what XML cannot hold.
        #[test]
        fn a_parser_reads_what_was_escaped(text in "\\PC*|[\\x00-\\x7f]*|[<>&\"'\\]\\[!CDATA\r\n\t-]*") {
            let xml = format!("<a b=\"{0}\">{0}</a>", escaped(&text));
            let document = roxmltree::Document::parse(&xml).expect("it is XML");
            let kept: String = text
                .chars()
                .map(|c| match c {
                    '\t' | '\n' | '\r' => c,
                    '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
                    c => c,
                })
                .collect();
            let root = document.root_element();
            prop_assert_eq!(root.attribute("b"), Some(kept.as_str()));
            prop_assert_eq!(root.text().unwrap_or_default(), kept.as_str());
        }
    }
}
