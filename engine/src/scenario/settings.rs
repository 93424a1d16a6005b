//! The keys of a controller's table, and what they come to.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::MAX_ROBOT_TIMEOUT;
use super::form::{Form, Shows, TableDescription, Written, choice, count, duration, duration_within};
use crate::time::Span;

/// Takes the description of one key after the other, as a [`Form`] does, and remembers what they come to: by that a
/// scenario is told from others that choose the same controller. A key that has its default is not remembered, so that
/// a new one changes no digest.
pub struct Keys<'k> {
    form: Form<'k>,
    resolved: Map<String, Value>,
}

impl Keys<'_> {
    /// Reads a table: what `describe` makes of it, and what its keys come to.
    pub(super) fn read<T>(
        found: &mut Written<'_>,
        describe: impl FnOnce(&mut Keys<'_>) -> Option<T>,
    ) -> Option<(T, Map<String, Value>)> {
        let mut keys = Keys { form: found.open("a table")?, resolved: Map::new() };
        let value = describe(&mut keys);
        keys.form.close();
        Some((value?, keys.resolved))
    }

    /// The description of a table.
    pub(super) fn describe<T>(describe: impl FnOnce(&mut Keys<'_>) -> Option<T>) -> TableDescription {
        let mut keys = Keys { form: Form::describing(), resolved: Map::new() };
        describe(&mut keys);
        keys.form.into_description()
    }

    /// A key by what it accepts; without a default it has to be there. None if it is wrong, which the user is told.
    pub fn key<A: Shows>(
        &mut self,
        key: &'static str,
        about: &str,
        accepts: A,
        default: Option<A::Value>,
    ) -> Option<A::Value> {
        let usual = default.as_ref().map(|default| accepts.show(default));
        let value = match default {
            Some(default) => self.form.default(key, about, &accepts, default),
            None => self.form.required(key, about, &accepts)?,
        };
        let shown = accepts.show(&value);
        if Some(&shown) != usual.as_ref() {
            self.resolved.insert(key.to_owned(), shown);
        }
        Some(value)
    }

    /// An integer in a range.
    pub fn integer(
        &mut self,
        key: &'static str,
        about: &str,
        range: RangeInclusive<u32>,
        default: Option<u32>,
    ) -> Option<u32> {
        self.key(key, about, count(range), default)
    }

    /// A duration, also of 0.
    pub fn duration(&mut self, key: &'static str, about: &str, default: Option<Span>) -> Option<Span> {
        self.key(key, about, duration(), default)
    }

    /// How long a robot may take (R8): `robot_timeout`, 1 minute to 7 days, by default 5 hours.
    pub fn robot_timeout(&mut self) -> Option<Span> {
        let accepts = duration_within(Span::from_secs(60)..=MAX_ROBOT_TIMEOUT, "a duration from 1m to 7d");
        let about = "A robot that has not ended by then is NoResponse.";
        self.key("robot_timeout", about, accepts, Some(Span::from_secs(5 * 3600)))
    }

    /// One of some words; the first one is the default.
    pub fn choice<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        about: &str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let (_, first) = *choices.first()?;
        self.key(key, about, choice(choices.iter().copied()), Some(first))
    }
}
