//! The keys of a controller's table: described once, from which they are read, and their schema written.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::MAX_ROBOT_TIMEOUT;
use super::diagnostics::Diagnostics;
use super::document::Node;
use super::reader::{self, Reader};
use super::schema::table::Table;
use super::schema::values;
use crate::time::Span;

/// Takes the description of one key after the other: its name, what it is for, what it accepts, and its default;
/// without one it has to be there. It gives the value, or none if that is wrong, which the user is told.
pub struct Keys<'k>(Mode<'k>);

enum Mode<'k> {
    Read {
        reader: Reader<'k>,
        diagnostics: &'k mut Diagnostics,
        /// What the keys come to, defaults included.
        resolved: Map<String, Value>,
    },
    Describe(Table),
}

impl<'k> Keys<'k> {
    /// Reads the table `node` at `path`: what `describe` makes of it, and what its keys come to.
    pub(super) fn read<T>(
        node: &'k Node,
        path: &str,
        diagnostics: &'k mut Diagnostics,
        describe: impl FnOnce(&mut Keys<'_>) -> Option<T>,
    ) -> Option<(T, Map<String, Value>)> {
        let reader = Reader::open(node, path, diagnostics)?;
        let mut keys = Keys(Mode::Read { reader, diagnostics, resolved: Map::new() });
        let value = describe(&mut keys);
        let Mode::Read { reader, diagnostics, resolved } = keys.0 else { return None };
        reader.close(diagnostics);
        Some((value?, resolved))
    }

    /// The schema of a table.
    pub(super) fn schema<T>(about: &'static str, describe: impl FnOnce(&mut Keys<'_>) -> Option<T>) -> Value {
        let mut keys = Keys(Mode::Describe(Table::new(about)));
        describe(&mut keys);
        match keys.0 {
            Mode::Describe(table) => table.into_value(),
            Mode::Read { .. } => Value::Null,
        }
    }

    /// An integer in a range.
    pub fn integer(
        &mut self,
        key: &'static str,
        about: &str,
        range: RangeInclusive<u32>,
        default: Option<u32>,
    ) -> Option<u32> {
        let (low, high) = (*range.start(), *range.end());
        let accepted = format!("an integer from {low} to {high}");
        let schema = values::integer(low.into(), high.into());
        let read = move |node: &Node, path: &str, d: &mut Diagnostics| reader::count(node, path, range.clone(), d);
        self.key(key, about, schema, &accepted, default.map(|default| (default, json!(default))), low, read, |it| {
            json!(it)
        })
    }

    /// A duration, also of 0; the default is whole seconds.
    pub fn duration(&mut self, key: &'static str, about: &str, default: Option<Span>) -> Option<Span> {
        self.span(key, about, Span::ZERO..=Span::MAX, "a duration", default)
    }

    /// How long a robot may take (R8): `robot_timeout`, 1 minute to 7 days, by default 5 hours.
    pub fn robot_timeout(&mut self) -> Option<Span> {
        let range = Span::from_secs(60)..=MAX_ROBOT_TIMEOUT;
        let about = "A robot that has not ended by then is NoResponse; from 1m to 7d.";
        self.span("robot_timeout", about, range, "a duration from 1m to 7d", Some(Span::from_secs(5 * 3600)))
    }

    fn span(
        &mut self,
        key: &'static str,
        about: &str,
        range: RangeInclusive<Span>,
        accepted: &str,
        default: Option<Span>,
    ) -> Option<Span> {
        let default = default.map(|span| (span, json!(crate::time::humane(span.seconds()).replace(' ', ""))));
        let read = |node: &Node, path: &str, d: &mut Diagnostics| {
            reader::duration_within(node, path, accepted, range.clone(), d)
        };
        self.key(key, about, values::duration(), accepted, default, Span::ZERO, read, |span| json!(span.micros()))
    }

    /// One of some words; the first one is the default.
    pub fn choice<T: Copy>(&mut self, key: &'static str, about: &str, choices: &[(&'static str, T)]) -> Option<T> {
        let (word, first) = *choices.first()?;
        let schema = values::choice(choices.iter().map(|(word, _)| *word));
        let read = |node: &Node, path: &str, d: &mut Diagnostics| {
            let places: Vec<(&'static str, usize)> = choices.iter().map(|(word, _)| *word).zip(0..).collect();
            reader::choice(node, path, &places, d)
        };
        let name = |place: &usize| json!(choices.get(*place).map(|(word, _)| word));
        let place = self.key(key, about, schema, "one of its words", Some((0, json!(word))), 0, read, name)?;
        Some(choices.get(place).map_or(first, |(_, value)| *value))
    }

    #[allow(clippy::too_many_arguments, reason = "all there is to say of a key")]
    fn key<T>(
        &mut self,
        key: &'static str,
        about: &str,
        schema: Value,
        accepted: &str,
        default: Option<(T, Value)>,
        stand_in: T,
        read: impl FnOnce(&Node, &str, &mut Diagnostics) -> Option<T>,
        resolve: impl FnOnce(&T) -> Value,
    ) -> Option<T> {
        match &mut self.0 {
            Mode::Read { reader, diagnostics, resolved } => {
                let value = match default {
                    Some((default, _)) if reader.entry(key).is_none() => Some(default),
                    _ => reader.required(key, accepted, diagnostics, read),
                }?;
                resolved.insert(key.to_owned(), resolve(&value));
                Some(value)
            }
            Mode::Describe(table) => {
                let so_far = std::mem::replace(table, Table::new(""));
                *table = match default {
                    Some((_, default)) => so_far.with_default(key, about, schema, default),
                    None => so_far.required(key, about, schema),
                };
                Some(stand_in)
            }
        }
    }
}
