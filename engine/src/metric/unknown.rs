//! A path that is no metric, and which are near.

use std::fmt;
use std::ops::Range;

use super::Metric;
use crate::measure::{MEASURES, Measure, Part};
use crate::scenario::Scenario;

/// A path under which no number stands in the summary of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetric {
    /// What was asked for.
    pub path: String,
    /// The part of it that is not known, in bytes.
    pub unknown: Range<usize>,
    /// What is wrong, in one line.
    pub title: String,
    /// The nearest metrics, and what could stand in the unknown part's place.
    pub help: Vec<String>,
}

impl UnknownMetric {
    pub(super) fn new(path: &str, scenario: &Scenario, all: &[Metric]) -> UnknownMetric {
        let paths: Vec<&str> = all.iter().map(Metric::path).collect();
        let known = known_part(path, &paths);
        let whole = known == path.len() && !path.is_empty();
        let prefix = if whole { format!("{path}.") } else { path[..known].to_owned() };
        let mut help = Vec::new();
        let title = if whole {
            format!("`{path}` is not a single number")
        } else {
            help.extend(missing_part(path, scenario));
            if help.is_empty() {
                help.extend(did_you_mean(path, &paths));
            }
            format!("unknown metric `{path}`")
        };
        let next = children(&prefix, &paths);
        if !next.is_empty() {
            let names = next.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let place =
                if prefix.is_empty() { String::from("a metric begins with") } else { format!("after `{prefix}`:") };
            help.push(format!("{place} {names}"));
        }
        let unknown = if whole { 0..path.len() } else { known..path.len() };
        UnknownMetric { path: path.to_owned(), unknown, title, help }
    }
}

/// The length of the part that metrics begin with, a dot at its end included; all of a path to which only an end is
/// missing.
fn known_part(path: &str, paths: &[&str]) -> usize {
    let is_node = |node: &str| paths.iter().any(|path| path.starts_with(node) && path[node.len()..].starts_with('.'));
    let mut known = 0;
    for (dot, _) in path.match_indices('.') {
        if !is_node(&path[..dot]) {
            return known;
        }
        known = dot + 1;
    }
    if is_node(path) { path.len() } else { known }
}

/// What stands after a prefix, in order.
fn children<'p>(prefix: &str, paths: &[&'p str]) -> Vec<&'p str> {
    let mut found: Vec<&str> = Vec::new();
    for rest in paths.iter().filter_map(|path| path.strip_prefix(prefix)) {
        let child = rest.split('.').next().unwrap_or(rest);
        if found.last() != Some(&child) && !found.contains(&child) {
            found.push(child);
        }
    }
    found
}

/// Says which part the scenario would need for a metric that others have.
fn missing_part(path: &str, scenario: &Scenario) -> Option<String> {
    let within = match path.strip_prefix("builds.") {
        Some(_) if scenario.builds.is_empty() => return Some(String::from("the scenario has no `[[build]]`")),
        Some(rest) => rest.split_once('.').map_or("", |(_, within)| within),
        None => path,
    };
    if path.starts_with("groups.") && !Part::Groups.is_in(scenario) {
        return Some(String::from("the scenario has a single group: what is said of all robots is said of it"));
    }
    let lacking = |measure: &&Measure| within.starts_with(measure.name) && !measure.part.is_in(scenario);
    MEASURES.iter().find(lacking).map(|measure| format!("the scenario has no `{}`", measure.part.written()))
}

/// At most three metrics that differ by a few letters; if there is none, some that contain the text or begin
/// it.
fn did_you_mean(path: &str, paths: &[&str]) -> Option<String> {
    const SHOWN: usize = 3;
    let mut near: Vec<(usize, &str)> = paths
        .iter()
        .map(|known| (strsim::damerau_levenshtein(path, known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    let nearest = near.first().map_or(0, |(distance, _)| *distance);
    let mut names: Vec<&str> =
        near.iter().filter(|(distance, _)| *distance == nearest).map(|(_, known)| *known).collect();
    if names.is_empty() && !path.is_empty() {
        let related =
            |known: &&str| known.contains(path) || path.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'));
        names = paths.iter().copied().filter(related).collect();
    }
    names.truncate(SHOWN);
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

impl fmt::Display for UnknownMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        self.help.iter().try_for_each(|help| write!(f, "; {help}"))
    }
}

impl std::error::Error for UnknownMetric {}
