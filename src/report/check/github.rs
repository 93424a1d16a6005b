//! Annotations that GitHub shows at the lines of the scenario: workflow commands, which it reads from what a step
//! prints.

use std::path::{Component, Path, PathBuf};

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
        vec![(String::from("annotations.txt"), annotations(said.answer))]
    }
}

/// So many annotations of a step GitHub shows.
const MOST: usize = 10;

/// A command for each scenario that could not be checked, each expectation that does not hold, and for what differs from
/// the baseline; where there are more than are shown, the last one sums up.
fn annotations(checks: &Checks<'_>) -> String {
    let unchecked = checks.unchecked.iter().flat_map(|unchecked| {
        let title = format!("{}: not checked", unchecked.file);
        unchecked.problems.iter().map(move |(line, problem)| command(&unchecked.file, *line, &title, problem))
    });
    let failed = |wanted| checks.reports.iter().flat_map(move |report| of_findings(report, wanted));
    let compared = checks.reports.iter().filter_map(|report| {
        let comparison = report.comparison.as_ref().filter(|comparison| !comparison.passes())?;
        let title = format!("{}: differs from its baseline", report.scenario.name);
        Some(command(&report.file, None, &title, &baseline::sentence(comparison)))
    });
    let all = unchecked.chain(failed(Verdict::Fails)).chain(compared).chain(failed(Verdict::Undecided));
    let mut all: Vec<String> = all.collect();
    if all.len() > MOST {
        let more = all.split_off(MOST - 1).len();
        let message = format!("{more} more do not hold; the step's summary and check.json have all of them");
        all.push(format!("::error title=rollcast check: {more} more::{}\n", data(&message)));
    }
    all.concat()
}

/// Those of a scenario's expectations with this verdict.
fn of_findings(report: &CheckReport, wanted: Verdict) -> impl Iterator<Item = String> {
    report.findings().filter(move |(_, _, finding)| finding.verdict == wanted).map(|(expectation, metric, finding)| {
        let title = format!("{}: {}", report.scenario.name, finding.verdict.as_str());
        command(&report.file, expectation.line, &title, &sentence(expectation, &metric, finding))
    })
}

/// A file as GitHub finds it: relative to the workspace, if it is in there.
fn in_workspace(file: &str) -> String {
    let workspace = std::env::var_os("GITHUB_WORKSPACE").and_then(|folder| std::path::absolute(folder).ok());
    let absolute = std::path::absolute(file).ok();
    relative(absolute.as_deref(), workspace.as_deref()).unwrap_or_else(|| file.to_owned())
}

/// The rest of a file's path below a folder, whatever `..` there is on the way.
fn relative(file: Option<&Path>, folder: Option<&Path>) -> Option<String> {
    let [file, folder] = [plain(file?), plain(folder?)];
    let rest = file.strip_prefix(folder).ok()?;
    // GitHub's paths have slashes.
    Some(rest.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// An absolute path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn command(file: &str, line: Option<usize>, title: &str, message: &str) -> String {
    let line = line.map_or_else(String::new, |line| format!(",line={line}"));
    format!("::error file={}{line},title={}::{}\n", property(&in_workspace(file)), property(title), data(message))
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
    fn files_are_found_below_the_workspace() {
        let relative = |file, folder| relative(Some(Path::new(file)), Some(Path::new(folder)));
        assert_eq!(relative("/w/repo/rollouts/a.toml", "/w/repo").as_deref(), Some("rollouts/a.toml"));
        assert_eq!(relative("/w/repo/rollouts/../a.toml", "/w/./repo/").as_deref(), Some("a.toml"));
        assert_eq!(relative("/w/other/a.toml", "/w/repo"), None);
    }

    #[test]
    fn nothing_escapes_from_a_command() {
        assert_eq!(
            command("a,b:c.toml", Some(7), "x\n::error::y", "50 %, 1:2\r\nmore"),
            "::error file=a%2Cb%3Ac.toml,line=7,title=x%0A%3A%3Aerror%3A%3Ay::50 %25, 1:2%0D%0Amore\n"
        );
        assert_eq!(command("f", None, "t", "m"), "::error file=f,title=t::m\n");
    }
}
