//! The description of a file's tables: each key is written down once, and everybody who needs to know of it asks the
//! description.
//!
//! A table is described by a function that asks a [`Form`] for its keys, each with its name, its words, and what it
//! [accepts](Accepts). The same call reads the key where there is a file, and else writes down what it is: so reader,
//! JSON Schema, reference and the comments of `rollcast init` cannot differ.
//!
//! # How to describe a table
//!
//! ```
//! use rollcast_engine::scenario::form::{Form, count, positive_duration, table};
//! use rollcast_engine::time::Span;
//!
//! struct Pace { robots_per_minute: u32, pause: Span }
//!
//! fn pace(form: &mut Form<'_>) -> Option<Pace> {
//!     let robots = form.required("robots_per_minute", "How many robots start in a minute.", count(1..=1000));
//!     let second = Span::from_secs(1);
//!     let pause = form.default("pause", "How long nothing starts after a failure.", positive_duration(), second);
//!     // Only after the last key may a table be given up, so that all that is wrong is told at once, and all keys are described.
//!     Some(Pace { robots_per_minute: robots?, pause })
//! }
//!
//! fn scenario(form: &mut Form<'_>) {
//!     form.optional("pace", "How fast robots start.", table(pace));
//! }
//! let described = Form::describe(scenario);
//! assert_eq!(described.schema()["properties"]["pace"]["required"][0], "robots_per_minute");
//! ```
//!
//! What relates two keys is checked in the same function after both were read: [`Form::report_at`] tells what is wrong,
//! and [`Form::rule`] writes the rule down for the schema and the reference. A value of another kind is another type
//! that [`Accepts`].
//!
//! A new key has a default, and the checked scenario leaves it out of its digest where it has that default
//! (`#[serde(skip_serializing_if = "...")]`): so the digests of all scenarios that do not use it stay.

mod description;
mod kinds;
mod quantities;
mod reference;
mod tables;

pub use description::{KeyDescription, Rule, Shape, TableDescription, WhenLeftOut};
pub use kinds::{
    Count, Integer, NumberRange, OneWord, Textual, at_least_one, choice, confidence, count, fraction, integer, is_name,
    name, nonnegative, positive, probability, text,
};
pub(crate) use quantities::size_of_a_fleet;
pub use quantities::{
    Duration, Whole, WithUnit, cap, duration, duration_within, positive_duration, rate, rate_or_none, size,
};
pub use reference::reference;
use serde_json::Value as Json;
pub use tables::{SubTable, Tables, WithDefaults, table, table_called, table_with_defaults, tables};

use super::csv_files::CsvFiles;
use super::diagnostics::{Diagnostics, Location, Problem};
use super::document::{Entries, KeyValue, Node, Toml, join};

/// What a value may be: how it is read, and how it is told.
pub trait Accepts {
    /// What is read.
    type Value;

    /// What is accepted, in words that go on after "expected": `an integer from 1 to 100`.
    fn accepted(&self) -> String;

    /// What is accepted, for the schema and the reference.
    fn shape(&self) -> Shape;

    /// Reads the value, or reports what is wrong with it.
    fn read(&self, found: &mut Written<'_>) -> Option<Self::Value>;
}

/// A value that can be written again, as a default has to be.
pub trait Shows: Accepts {
    /// The value as a file holds it.
    fn show(&self, value: &Self::Value) -> Json;
}

impl<A: Accepts + ?Sized> Accepts for &A {
    type Value = A::Value;

    fn accepted(&self) -> String {
        (**self).accepted()
    }

    fn shape(&self) -> Shape {
        (**self).shape()
    }

    fn read(&self, found: &mut Written<'_>) -> Option<A::Value> {
        (**self).read(found)
    }
}

impl<A: Shows + ?Sized> Shows for &A {
    fn show(&self, value: &A::Value) -> Json {
        (**self).show(value)
    }
}

/// A value that a file holds, with its place and the path by which messages call it.
pub struct Written<'f> {
    pub(crate) node: &'f Node,
    pub(crate) path: String,
    pub(crate) diagnostics: &'f mut Diagnostics,
    /// The files that it may name.
    pub(crate) files: &'f CsvFiles,
}

impl<'f> Written<'f> {
    /// A value within this one.
    pub(crate) fn within<'s>(&'s mut self, node: &'s Node, path: String) -> Written<'s> {
        Written { node, path, diagnostics: self.diagnostics, files: self.files }
    }

    /// Reports what is wrong with the value, with a word on its place.
    pub fn report(&mut self, problem: Problem, label: impl Into<String>) {
        self.diagnostics.report(problem.at(&self.node.place, label));
    }

    /// The same of what keeps nobody from simulating the scenario.
    pub fn doubt(&mut self, problem: Problem, label: impl Into<String>) {
        self.diagnostics.doubt(problem.at(&self.node.place, label));
    }

    /// Reports a value of another kind than expected.
    pub fn wrong_kind(&mut self, expected: &str) {
        let title = format!("`{}` is {}", self.path, self.node.value.kind());
        self.report(Problem::new(title), format!("expected {expected}"));
    }

    /// Reports a value of the right kind that is too small or too great.
    pub fn out_of_range(&mut self, expected: &str) {
        self.report(Problem::new(format!("`{}` is out of range", self.path)), format!("expected {expected}"));
    }

    /// A string, which `expected` says more of.
    pub fn text(&mut self, expected: &str) -> Option<&'f str> {
        match (&self.node.value, &self.node.bare) {
            (Toml::String(text), _) | (_, Some(text)) => Some(text),
            _ => {
                self.wrong_kind(expected);
                None
            }
        }
    }

    /// The value as a table, by its description; what it is instead is told, `expected` being what it should be.
    pub fn table<T>(&mut self, expected: &str, read: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Option<T> {
        let mut form = self.open(expected)?;
        let value = read(&mut form);
        form.close();
        value
    }

    /// The value as a table that has to be closed.
    pub(crate) fn open(&mut self, expected: &str) -> Option<Form<'_>> {
        let Toml::Table(table) = &self.node.value else {
            self.wrong_kind(expected);
            return None;
        };
        Some(Form(Mode::Read(TableReading {
            path: self.path.clone(),
            place: &self.node.place,
            table,
            known: Vec::new(),
            noun: None,
            diagnostics: self.diagnostics,
            files: self.files,
        })))
    }
}

/// A table that is read key by key, or described.
pub struct Form<'f>(Mode<'f>);

enum Mode<'f> {
    Read(TableReading<'f>),
    Describe(TableDescription),
}

struct TableReading<'f> {
    path: String,
    place: &'f Location,
    table: &'f Entries,
    known: Vec<&'static str>,
    /// What a key is called that is not known.
    noun: Option<&'static str>,
    diagnostics: &'f mut Diagnostics,
    files: &'f CsvFiles,
}

impl TableReading<'_> {
    fn entry(&mut self, key: &'static str) -> Option<&KeyValue> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.get(key)
    }

    fn read<A: Accepts + ?Sized>(&mut self, key: &'static str, accepts: &A) -> Option<A::Value> {
        self.entry(key);
        let node = &self.table.get(key)?.node;
        let path = join(&self.path, key);
        accepts.read(&mut Written { node, path, diagnostics: self.diagnostics, files: self.files })
    }
}

/// One of several keys, of which a table has exactly one.
pub struct OneOf<'a, T> {
    pub key: &'static str,
    /// What it means.
    pub words: &'static str,
    /// What stands under it.
    pub accepts: &'a dyn Accepts<Value = T>,
}

impl<'f> Form<'f> {
    /// The description of a table.
    pub fn describe<T>(table: impl FnOnce(&mut Form<'_>) -> T) -> TableDescription {
        let mut form = Form::describing();
        table(&mut form);
        form.into_description()
    }

    /// A form that describes a table.
    pub(crate) fn describing() -> Form<'static> {
        Form(Mode::Describe(TableDescription::default()))
    }

    /// What it has described.
    pub(crate) fn into_description(self) -> TableDescription {
        match self.0 {
            Mode::Describe(description) => description,
            Mode::Read(_) => TableDescription::default(),
        }
    }

    fn key<A: Accepts>(&mut self, key: &'static str, words: &str, presence: WhenLeftOut, accepts: &A) {
        if let Mode::Describe(description) = &mut self.0 {
            description.keys.push(KeyDescription {
                key,
                words: words.to_owned(),
                accepted: accepts.accepted(),
                shape: accepts.shape(),
                presence,
            });
        }
    }

    /// A key that has to be there; none if it is missing or wrong, and where the table is described.
    pub fn required<A: Accepts>(&mut self, key: &'static str, words: &str, accepts: A) -> Option<A::Value> {
        self.key(key, words, WhenLeftOut::Required, &accepts);
        if self.is_read() && !self.has(key) {
            self.leave(&[key]);
            self.report_missing(key, &accepts.accepted());
            return None;
        }
        self.read(key, &accepts)
    }

    /// A key that may be left out; none if it is, if it is wrong, and where the table is described.
    pub fn optional<A: Accepts>(&mut self, key: &'static str, words: &str, accepts: A) -> Option<A::Value> {
        self.key(key, words, WhenLeftOut::Optional, &accepts);
        self.read(key, &accepts)
    }

    /// A key that has a value where it is left out.
    pub fn default<A: Shows>(&mut self, key: &'static str, words: &str, accepts: A, default: A::Value) -> A::Value {
        if matches!(self.0, Mode::Describe(_)) {
            self.key(key, words, WhenLeftOut::Default(accepts.show(&default)), &accepts);
        }
        self.read(key, &accepts).unwrap_or(default)
    }

    fn read<A: Accepts + ?Sized>(&mut self, key: &'static str, accepts: &A) -> Option<A::Value> {
        match &mut self.0 {
            Mode::Read(reading) => reading.read(key, accepts),
            Mode::Describe(_) => None,
        }
    }

    /// Exactly one of some keys, `what` being what they are: `a schedule`.
    pub fn one_of<T>(&mut self, what: &str, choices: &[OneOf<'_, T>]) -> Option<T> {
        let reading = match &mut self.0 {
            Mode::Read(reading) => reading,
            Mode::Describe(description) => {
                description.one_of.extend(choices.iter().map(|one| KeyDescription {
                    key: one.key,
                    words: one.words.to_owned(),
                    accepted: one.accepts.accepted(),
                    shape: one.accepts.shape(),
                    presence: WhenLeftOut::Required,
                }));
                return None;
            }
        };
        let there: Vec<&OneOf<'_, T>> = choices.iter().filter(|one| reading.entry(one.key).is_some()).collect();
        match there[..] {
            [one] => reading.read(one.key, one.accepts),
            [] => {
                // A key that is not known is told at the end.
                if reading.table.0.iter().all(|entry| reading.known.contains(&entry.key.as_str())) {
                    let path = &reading.path;
                    let title = match reading.table.0.is_empty() {
                        true => format!("`{path}` is empty"),
                        false => format!("`{path}` lacks {what}"),
                    };
                    let problem = Problem::new(title).at(reading.place, "");
                    let all = choices.iter().map(|one| format!("`{}`", one.key)).collect::<Vec<_>>().join(", ");
                    reading.diagnostics.report(problem.help(format!("expected {what}: {all}")));
                }
                None
            }
            _ => {
                let written = reading.table.0.iter().filter(|entry| there.iter().any(|one| one.key == entry.key));
                if let [first, second, ..] = written.collect::<Vec<_>>()[..] {
                    let title = format!("`{}` has more than one of the keys of which it takes one", reading.path);
                    let problem = Problem::new(title).at(&second.key_place, "remove one of them");
                    let mut problem = problem.at(&first.key_place, "the first one");
                    if second.key_place.source != first.key_place.source {
                        let (path, key) = (&reading.path, &second.key);
                        problem = problem.help(format!("`--set '{path}={{ {key} = ... }}'` replaces the whole table"));
                    }
                    reading.diagnostics.report(problem);
                }
                None
            }
        }
    }

    /// A rule of the table beside its keys: in words, and as far as it goes, as keywords of its JSON Schema.
    pub fn rule(&mut self, words: &str, schema: Json) {
        if let Mode::Describe(description) = &mut self.0 {
            description.rule(words, schema);
        }
    }

    /// All keys of the table accept the same and are told once, `placeholder` standing for any of them.
    pub fn alike(&mut self, placeholder: &'static str) {
        if let Mode::Describe(description) = &mut self.0 {
            description.alike = Some(placeholder);
        }
    }

    /// Whether the file has the key.
    pub fn has(&self, key: &str) -> bool {
        matches!(&self.0, Mode::Read(reading) if reading.table.get(key).is_some())
    }

    /// Those of some keys that the file has, in the order in which they are given.
    pub fn those_of(&self, keys: &[&'static str]) -> Vec<&'static str> {
        keys.iter().copied().filter(|key| self.has(key)).collect()
    }

    /// The path of the table as messages call it; empty for the file as a whole.
    pub fn path(&self) -> &str {
        match &self.0 {
            Mode::Read(reading) => &reading.path,
            Mode::Describe(_) => "",
        }
    }

    /// The path of a key.
    pub fn path_of(&self, key: &str) -> String {
        join(self.path(), key)
    }

    /// Reports what is wrong.
    pub(crate) fn report(&mut self, problem: Problem) {
        if let Mode::Read(reading) = &mut self.0 {
            reading.diagnostics.report(problem);
        }
    }

    /// The files that it may name; none where the table is described.
    pub(crate) fn files(&self) -> Option<&'f CsvFiles> {
        match &self.0 {
            Mode::Read(reading) => Some(reading.files),
            Mode::Describe(_) => None,
        }
    }

    /// Reports what is wrong, with a word on each of some keys' values; the first one is where the problem is. Without
    /// a key it is the table.
    pub fn report_at(&mut self, problem: Problem, labels: &[(&str, &str)]) {
        self.report_labelled(problem, labels, |entry| &entry.node.place);
    }

    /// The same with words on the keys themselves.
    pub fn report_at_keys(&mut self, problem: Problem, labels: &[(&str, &str)]) {
        self.report_labelled(problem, labels, |entry| &entry.key_place);
    }

    fn report_labelled(&mut self, problem: Problem, labels: &[(&str, &str)], place: fn(&KeyValue) -> &Location) {
        let Mode::Read(reading) = &mut self.0 else { return };
        let mut problem = problem;
        for (key, label) in labels {
            if let Some(entry) = reading.table.get(key) {
                problem = problem.at(place(entry), *label);
            } else {
                problem = problem.at(reading.place, *label);
            }
        }
        reading.diagnostics.report(problem);
    }

    /// Reports that a key is missing, `accepted` being what could stand there.
    pub fn report_missing(&mut self, key: &str, accepted: &str) {
        let Mode::Read(reading) = &mut self.0 else { return };
        let problem = Problem::new(format!("`{}` is missing", join(&reading.path, key)));
        let label = if reading.path.is_empty() { "not in this file" } else { "not in this table" };
        reading.diagnostics.report(problem.at(reading.place, label).help(format!("expected {accepted}")));
    }

    /// Whether there is a file; otherwise the table is described.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.0, Mode::Read(_))
    }

    /// The line at which the table begins, if it is in the scenario file and not in an option.
    pub(crate) fn line(&self) -> Option<usize> {
        match &self.0 {
            Mode::Read(reading) => reading.diagnostics.line(reading.place),
            Mode::Describe(_) => None,
        }
    }

    /// How many problems are known by now.
    pub(crate) fn problems(&self) -> usize {
        match &self.0 {
            Mode::Read(reading) => reading.diagnostics.problems().len(),
            Mode::Describe(_) => 0,
        }
    }

    /// What stands under a key, for what has to look beyond its own table.
    pub(crate) fn node(&self, key: &str) -> Option<&'f Node> {
        match &self.0 {
            Mode::Read(reading) => reading.table.get(key).map(|entry| &entry.node),
            Mode::Describe(_) => None,
        }
    }

    /// Whether the file has a key that has not been asked for.
    pub(crate) fn has_unknown(&self) -> bool {
        let Mode::Read(reading) = &self.0 else { return false };
        reading.table.0.iter().any(|entry| !reading.known.contains(&entry.key.as_str()))
    }

    /// Calls keys that are not known by another noun.
    pub(crate) fn call_unknown(&mut self, noun: &'static str) {
        if let Mode::Read(reading) = &mut self.0 {
            reading.noun = Some(noun);
        }
    }

    /// Leaves keys to others: they are not unknown.
    pub(crate) fn leave(&mut self, keys: &[&'static str]) {
        if let Mode::Read(reading) = &mut self.0 {
            reading.known.extend(keys);
        }
    }

    /// Ends the reading: every key that was never asked for is unknown.
    pub(crate) fn close(&mut self) {
        let Mode::Read(reading) = &mut self.0 else { return };
        for entry in &reading.table.0 {
            if !reading.known.contains(&entry.key.as_str()) {
                let title = match reading.noun {
                    Some(noun) => format!("unknown {noun} `{}`", entry.key),
                    None => format!("unknown key `{}`", join(&reading.path, &entry.key)),
                };
                let problem = Problem::new(title).at(&entry.key_place, "unknown");
                reading.diagnostics.report(problem.help(nearest(&entry.key, &reading.known)));
            }
        }
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
