//! Typed reading of the document: each reader takes what is right, or reports what is wrong and what is accepted.

use std::ops::RangeInclusive;

use super::diagnostics::{Diagnostics, Place, Problem};
use super::document::{Entry, Node, Table, Value, join};
use super::duration;
use crate::time::Span;

/// Reads a table key by key, and knows at the end which keys nobody asked for.
pub struct Reader<'n> {
    path: String,
    place: &'n Place,
    table: &'n Table,
    known: Vec<&'static str>,
}

impl<'n> Reader<'n> {
    /// A reader for the table at `path`.
    pub fn open(node: &'n Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Reader<'n>> {
        match &node.value {
            Value::Table(table) => Some(Reader { path: path.to_owned(), place: &node.place, table, known: Vec::new() }),
            other => {
                wrong_kind(node, path, "a table", other.kind(), diagnostics);
                None
            }
        }
    }

    /// The table's place.
    pub fn place(&self) -> &'n Place {
        self.place
    }

    /// The path of a key of this table.
    pub fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The entry of an optional key.
    pub fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.get(key)
    }

    /// Reads an optional key; none also if it is wrong.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
        read: impl FnOnce(&'n Node, &str, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let path = self.path_of(key);
        self.entry(key).and_then(|entry| read(&entry.node, &path, diagnostics))
    }

    /// Reads a required key; `accepted` says what to write if it is missing.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        accepted: &str,
        diagnostics: &mut Diagnostics,
        read: impl FnOnce(&'n Node, &str, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let path = self.path_of(key);
        match self.entry(key) {
            Some(entry) => read(&entry.node, &path, diagnostics),
            None => {
                let problem = Problem::new(format!("`{path}` is missing"));
                let label = if self.path.is_empty() { "not in this file" } else { "not in this table" };
                diagnostics.report(problem.at(self.place, label).help(format!("expected {accepted}")));
                None
            }
        }
    }

    /// Ends the reading: every key that was never asked for is unknown.
    pub fn close(self, diagnostics: &mut Diagnostics) {
        for entry in &self.table.0 {
            if !self.known.contains(&entry.key.as_str()) {
                let title = format!("unknown key `{}`", self.path_of(&entry.key));
                let problem = Problem::new(title).at(&entry.key_place, "unknown");
                diagnostics.report(problem.help(nearest(&entry.key, &self.known)));
            }
        }
    }

    /// The entries, for tables whose keys are data.
    pub fn entries(&self) -> &'n [Entry] {
        &self.table.0
    }
}

/// The hint for a name that is not among the known ones: the nearest of them, then all.
pub fn nearest(found: &str, known: &[&str]) -> String {
    let close = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&found.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min();
    let all = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match close {
        Some((_, name)) => format!("did you mean `{name}`? accepted here: {all}"),
        None if known.is_empty() => String::from("nothing is accepted here"),
        None => format!("accepted here: {all}"),
    }
}

/// Reports a value of another kind than expected.
pub fn wrong_kind(node: &Node, path: &str, expected: &str, found: &str, diagnostics: &mut Diagnostics) {
    let title = format!("`{path}` is {found}");
    diagnostics.report(Problem::new(title).at(&node.place, format!("expected {expected}")));
}

fn out_of_range(node: &Node, path: &str, accepted: &str, diagnostics: &mut Diagnostics) {
    let problem = Problem::new(format!("`{path}` is out of range"));
    diagnostics.report(problem.at(&node.place, format!("expected {accepted}")));
}

/// A string.
pub fn string<'n>(node: &'n Node, path: &str, diagnostics: &mut Diagnostics) -> Option<&'n str> {
    match &node.value {
        Value::String(text) => Some(text),
        other => {
            wrong_kind(node, path, "a string", other.kind(), diagnostics);
            None
        }
    }
}

/// Whether a text is 1 to 64 characters of `[A-Za-z0-9_-]`.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// A name: 1 to 64 characters of `[A-Za-z0-9_-]`, so that it can name a folder without leaving its parent.
pub fn name(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = string(node, path, diagnostics)?;
    let fits = is_name(text);
    if !fits {
        let problem = Problem::new(format!("`{path}` is not a name"));
        diagnostics.report(problem.at(&node.place, "expected 1 to 64 characters of A-Z a-z 0-9 _ -"));
    }
    fits.then(|| text.to_owned())
}

/// One of the named values.
pub fn choice<T: Copy>(
    node: &Node,
    path: &str,
    choices: &[(&'static str, T)],
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let Value::String(text) = &node.value else {
        let accepted = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" or ");
        wrong_kind(node, path, &accepted, node.value.kind(), diagnostics);
        return None;
    };
    let found = choices.iter().find(|(name, _)| name == text);
    if found.is_none() {
        let problem = Problem::new(format!("`{path}` is not one of its values")).at(&node.place, "unknown value");
        diagnostics.report(problem.help(nearest(text, &names)));
    }
    found.map(|(_, value)| *value)
}

/// An integer in a range; never a float.
pub fn integer(node: &Node, path: &str, range: RangeInclusive<i64>, diagnostics: &mut Diagnostics) -> Option<i64> {
    let accepted = match (*range.start(), *range.end()) {
        (low, i64::MAX) => format!("an integer of at least {low}"),
        (low, high) => format!("an integer from {low} to {high}"),
    };
    match &node.value {
        Value::Integer(Some(integer)) if range.contains(integer) => Some(*integer),
        Value::Integer(_) => {
            out_of_range(node, path, &accepted, diagnostics);
            None
        }
        other => {
            wrong_kind(node, path, &accepted, other.kind(), diagnostics);
            None
        }
    }
}

/// An integer in a range, as a `u32`; the range must fit.
pub fn count(node: &Node, path: &str, range: RangeInclusive<u32>, diagnostics: &mut Diagnostics) -> Option<u32> {
    let range = i64::from(*range.start())..=i64::from(*range.end());
    integer(node, path, range, diagnostics).map(|integer| integer as u32)
}

/// A finite number, written as an integer or a float, that `fits`.
pub fn number(
    node: &Node,
    path: &str,
    accepted: &str,
    fits: impl FnOnce(f64) -> bool,
    diagnostics: &mut Diagnostics,
) -> Option<f64> {
    let number = match &node.value {
        Value::Float(float) => *float,
        Value::Integer(Some(integer)) => *integer as f64,
        Value::Integer(None) => f64::INFINITY,
        other => {
            wrong_kind(node, path, accepted, other.kind(), diagnostics);
            return None;
        }
    };
    if number.is_finite() && fits(number) {
        Some(number)
    } else {
        out_of_range(node, path, accepted, diagnostics);
        None
    }
}

/// A number > 0.
pub fn positive(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<f64> {
    number(node, path, "a number greater than 0", |x| x > 0.0, diagnostics)
}

/// A number >= 0.
pub fn nonnegative(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<f64> {
    number(node, path, "a number of at least 0", |x| x >= 0.0, diagnostics)
}

/// A probability.
pub fn probability(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<f64> {
    number(node, path, "a probability from 0 to 1", |x| (0.0..=1.0).contains(&x), diagnostics)
}

/// A duration.
pub fn duration(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Span> {
    let Value::String(text) = &node.value else {
        wrong_kind(node, path, duration::ACCEPTED, node.value.kind(), diagnostics);
        return None;
    };
    match duration::parse(text) {
        Ok(span) => Some(span),
        Err(why) => {
            let problem = Problem::new(format!("`{path}` is not a duration: {why}")).at(&node.place, "");
            diagnostics.report(problem.help(format!("expected {}", duration::ACCEPTED)));
            None
        }
    }
}

/// A duration from `low` to `high`, which `accepted` names.
pub fn duration_within(
    node: &Node,
    path: &str,
    accepted: &str,
    range: RangeInclusive<Span>,
    diagnostics: &mut Diagnostics,
) -> Option<Span> {
    let span = duration(node, path, diagnostics)?;
    if !range.contains(&span) {
        out_of_range(node, path, accepted, diagnostics);
    }
    range.contains(&span).then_some(span)
}

/// A duration > 0.
pub fn positive_duration(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Span> {
    let range = Span::from_micros(1)..=Span::MAX;
    duration_within(node, path, "a duration longer than 0", range, diagnostics)
}

/// The one entry of a table that must have exactly one of some keys.
pub fn one_of<'n>(
    node: &'n Node,
    path: &str,
    what: &str,
    keys: &[&str],
    diagnostics: &mut Diagnostics,
) -> Option<&'n Entry> {
    let Value::Table(table) = &node.value else {
        let expected = format!("a table with one key, {what}");
        wrong_kind(node, path, &expected, node.value.kind(), diagnostics);
        return None;
    };
    let (known, unknown): (Vec<&Entry>, Vec<&Entry>) =
        table.0.iter().partition(|entry| keys.contains(&entry.key.as_str()));
    for entry in &unknown {
        let problem = Problem::new(format!("unknown key `{}`", join(path, &entry.key)));
        diagnostics.report(problem.at(&entry.key_place, "unknown").help(nearest(&entry.key, keys)));
    }
    match known[..] {
        [entry] if unknown.is_empty() => Some(entry),
        [first, second, ..] => {
            let problem = Problem::new(format!("`{path}` has more than one of the keys of which it takes one"));
            let mut problem = problem.at(&second.key_place, "remove one of them").at(&first.key_place, "the first one");
            if second.key_place.source != first.key_place.source {
                problem = problem.help(format!("`--set '{path}={{ {} = ... }}'` replaces the whole table", second.key));
            }
            diagnostics.report(problem);
            None
        }
        [] if unknown.is_empty() => {
            let problem = Problem::new(format!("`{path}` is empty")).at(&node.place, "");
            let all = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            diagnostics.report(problem.help(format!("expected {what}: {all}")));
            None
        }
        _ => None,
    }
}
