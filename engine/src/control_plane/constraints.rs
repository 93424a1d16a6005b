//! The constraints that the service model puts on values, and the list of those that a request breaks.
//!
//! Where the model leaves a choice:
//!
//! * A length is counted in characters (Unicode scalar values), neither in bytes nor in UTF-16 units: so counts Smithy,
//!   AWS's language for such models, and so does botocore. Most patterns admit only ASCII, where all three agree.
//! * A pattern is for the whole value (it has no anchors, yet `[0-9]*` is there to refuse `$LATEST`), and `.` is any
//!   character that does not end a line, as in Java's `String.matches`.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::ops::RangeInclusive;

use super::{ApiException, ExceptionCode};

/// A string shape of the service model: what a string of this kind must satisfy.
#[derive(Debug)]
pub struct Text {
    /// Length in characters.
    pub length: RangeInclusive<usize>,
    /// The pattern as the model has it, for messages.
    pub pattern: &'static str,
    /// Whether the whole string matches the pattern.
    pub matches: fn(&str) -> bool,
}

impl Text {
    /// Whether the value breaks nothing.
    pub fn accepts(&self, value: &str) -> bool {
        self.broken(value).next().is_none()
    }

    fn constraints(&self) -> [Demand; 3] {
        [Demand::MaxLength(*self.length.end()), Demand::MinLength(*self.length.start()), Demand::Pattern(self.pattern)]
    }

    fn broken(&self, value: &str) -> impl Iterator<Item = Demand> {
        let length = value.chars().count();
        let kept = [length <= *self.length.end(), length >= *self.length.start(), (self.matches)(value)];
        self.constraints().into_iter().zip(kept).filter(|(_, kept)| !kept).map(|(constraint, _)| constraint)
    }
}

/// Matches `.*`: no line terminator, in Java's sense.
pub fn one_line(value: &str) -> bool {
    !value.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
}

/// Matches a class of ASCII characters any number of times: letters, digits, and what `others` lists.
pub fn alphanumeric_or(others: &str, value: &str) -> bool {
    value.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
}

/// What a member must satisfy, in the words of AWS's services.
enum Demand {
    NotNull,
    MaxLength(usize),
    MinLength(usize),
    Pattern(&'static str),
    MaxValue(i64),
    MinValue(i64),
    MapKeys(&'static Text),
    MapValues(&'static Text),
    OneOf(String),
}

impl Display for Demand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let all = |text: &Text| text.constraints().map(|constraint| constraint.to_string()).join(", ");
        match self {
            Demand::NotNull => write!(f, "Member must not be null"),
            Demand::MaxLength(max) => write!(f, "Member must have length less than or equal to {max}"),
            Demand::MinLength(min) => write!(f, "Member must have length greater than or equal to {min}"),
            Demand::Pattern(pattern) => write!(f, "Member must satisfy regular expression pattern: {pattern}"),
            Demand::MaxValue(max) => write!(f, "Member must have value less than or equal to {max}"),
            Demand::MinValue(min) => write!(f, "Member must have value greater than or equal to {min}"),
            Demand::OneOf(names) => write!(f, "Member must satisfy enum value set: [{names}]"),
            Demand::MapKeys(text) => write!(f, "Map keys must satisfy constraint: [{}]", all(text)),
            Demand::MapValues(text) => write!(f, "Map value must satisfy constraint: [{}]", all(text)),
        }
    }
}

/// Everything that is wrong with a request. Paths are the model's: `deploymentApplicationConfigs.1.member.application`.
///
/// Its text stays within a small multiple of the request's: a value is repeated at most once for each of its
/// constraints, and of a map only the first entry whose key, and the first whose value, is wrong.
#[derive(Default)]
pub struct Violations(Vec<String>);

impl Violations {
    /// A required member: what it holds, or a violation if it is absent.
    pub fn required<'a, T>(&mut self, path: &str, value: &'a Option<T>) -> Option<&'a T> {
        if value.is_none() {
            self.add("Value null", path, Demand::NotNull);
        }
        value.as_ref()
    }

    /// A required string.
    pub fn required_text(&mut self, path: &str, value: &Option<String>, shape: &Text) {
        self.required(path, value);
        self.text(path, value, shape);
    }

    /// A string that may be absent.
    pub fn text(&mut self, path: &str, value: &Option<String>, shape: &Text) {
        let Some(value) = value else { return };
        for constraint in shape.broken(value) {
            self.add(format_args!("Value '{value}'"), path, constraint);
        }
    }

    /// A number that may be absent.
    pub fn integer(&mut self, path: &str, value: Option<i64>, range: RangeInclusive<i64>) {
        let Some(value) = value else { return };
        if value > *range.end() {
            self.add(format_args!("Value '{value}'"), path, Demand::MaxValue(*range.end()));
        }
        if value < *range.start() {
            self.add(format_args!("Value '{value}'"), path, Demand::MinValue(*range.start()));
        }
    }

    /// One of a few names, if there is one: the value that it stands for.
    pub fn one_of<T: Copy>(
        &mut self,
        path: &str,
        value: Option<&str>,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let value = value?;
        let found = all.iter().copied().find(|known| name(*known) == value);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|known| name(*known)).collect();
            self.add(format_args!("Value '{value}'"), path, Demand::OneOf(names.join(", ")));
        }
        found
    }

    /// The length of a list or map; true if it is right. The message does not repeat the value, which may be long.
    pub fn length(&mut self, path: &str, length: usize, range: RangeInclusive<usize>) -> bool {
        if length > *range.end() {
            self.add("Value", path, Demand::MaxLength(*range.end()));
        }
        if length < *range.start() {
            self.add("Value", path, Demand::MinLength(*range.start()));
        }
        range.contains(&length)
    }

    /// A map of at most `max` entries.
    pub fn map(
        &mut self,
        path: &str,
        map: &BTreeMap<String, String>,
        max: usize,
        keys: &'static Text,
        values: &'static Text,
    ) {
        self.length(path, map.len(), 0..=max);
        if let Some((key, value)) = map.iter().find(|(key, _)| !keys.accepts(key)) {
            self.add(format_args!("Value '{{{key}={value}}}'"), path, Demand::MapKeys(keys));
        }
        if let Some((key, value)) = map.iter().find(|(_, value)| !values.accepts(value)) {
            self.add(format_args!("Value '{{{key}={value}}}'"), path, Demand::MapValues(values));
        }
    }

    fn add(&mut self, value: impl Display, path: &str, constraint: Demand) {
        self.0.push(format!("{value} at '{path}' failed to satisfy constraint: {constraint}"));
    }

    /// `InvalidParameterException` with all of them in one message, if there are any.
    pub fn into_result(self) -> Result<(), ApiException> {
        let errors = match self.0.len() {
            0 => return Ok(()),
            1 => "error",
            _ => "errors",
        };
        let message = format!("{} validation {errors} detected: {}", self.0.len(), self.0.join("; "));
        Err(ApiException::new(ExceptionCode::InvalidParameter, message))
    }
}
