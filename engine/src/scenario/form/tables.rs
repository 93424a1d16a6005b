//! Values that are tables, by the functions that describe these.

use serde_json::Value as Json;

use super::{Accepts, Form, KeyDescription, Shape, Shows, WhenLeftOut, Written};
use crate::scenario::diagnostics::{Diagnostics, Problem};
use crate::scenario::document::{KeyValue, Node, Toml, join, name_of};

/// A table by its description.
pub struct SubTable<F> {
    accepted: String,
    read: F,
}

/// A table that `read` describes.
pub fn table<T, F: Fn(&mut Form<'_>) -> Option<T>>(read: F) -> SubTable<F> {
    table_called("a table", read)
}

/// The same, called in another way where it is missing: `a table [deployment]`.
pub fn table_called<T, F: Fn(&mut Form<'_>) -> Option<T>>(accepted: &str, read: F) -> SubTable<F> {
    SubTable { accepted: accepted.to_owned(), read }
}

impl<T, F: Fn(&mut Form<'_>) -> Option<T>> Accepts for SubTable<F> {
    type Value = T;

    fn accepted(&self) -> String {
        self.accepted.clone()
    }

    fn shape(&self) -> Shape {
        Shape::Table(Form::describe(&self.read))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<T> {
        found.table("a table", &self.read)
    }
}

/// A table that may be left out, and then has all its defaults.
pub struct WithDefaults<F>(SubTable<F>);

/// A table that `read` describes, all keys of which have defaults.
pub fn table_with_defaults<T, F: Fn(&mut Form<'_>) -> Option<T>>(read: F) -> WithDefaults<F> {
    WithDefaults(table(read))
}

impl<T, F: Fn(&mut Form<'_>) -> Option<T>> Accepts for WithDefaults<F> {
    type Value = T;

    fn accepted(&self) -> String {
        self.0.accepted()
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn read(&self, found: &mut Written<'_>) -> Option<T> {
        self.0.read(found)
    }
}

impl<T, F: Fn(&mut Form<'_>) -> Option<T>> Shows for WithDefaults<F> {
    /// The defaults of its keys, which are the value's.
    fn show(&self, _: &T) -> Json {
        let default = |key: &KeyDescription| match &key.presence {
            WhenLeftOut::Default(value) => Some((key.key.to_owned(), value.clone())),
            _ => None,
        };
        Json::Object(Form::describe(&self.0.read).keys.iter().filter_map(default).collect())
    }
}

/// `[[...]]`, once or more.
pub struct Tables<F> {
    what: &'static str,
    read: F,
}

/// An array of tables that `read` describes, `what` being its key: at least one. An element is called by its `name` if
/// it has one, as in a `--set` path; no two have the same.
pub fn tables<T, F: Fn(&mut Form<'_>) -> Option<T>>(what: &'static str, read: F) -> Tables<F> {
    Tables { what, read }
}

impl<T, F: Fn(&mut Form<'_>) -> Option<T>> Accepts for Tables<F> {
    /// None if an element is wrong.
    type Value = Vec<T>;

    fn accepted(&self) -> String {
        format!("at least one [[{}]]", self.what)
    }

    fn shape(&self) -> Shape {
        Shape::List { element: Box::new(Shape::Table(Form::describe(&self.read))), tables: true }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<T>> {
        let what = self.what;
        let elements = match &found.node.value {
            Toml::Array(elements) if !elements.is_empty() => elements,
            Toml::Array(_) => {
                found.report(Problem::new(format!("there is no {what}")), format!("expected at least one [[{what}]]"));
                return None;
            }
            _ => {
                found.wrong_kind(&format!("an array of tables: write [[{what}]]"));
                return None;
            }
        };
        // Not stopping at the first one that is wrong.
        let mut read: Vec<Option<T>> = Vec::new();
        for element in elements {
            let path = name_of(element).map_or_else(|| found.path.clone(), |name| join(&found.path, name));
            read.push(found.within(element, path).table("a table", &self.read));
        }
        report_duplicate_names(elements, what, found.diagnostics);
        read.into_iter().collect()
    }
}

fn report_duplicate_names(elements: &[Node], what: &str, diagnostics: &mut Diagnostics) {
    let mut seen: Vec<(&str, &KeyValue)> = Vec::new();
    let what = if what == "expect" { "expectation" } else { what };
    for element in elements {
        let Toml::Table(table) = &element.value else { continue };
        let Some(entry) = table.get("name") else { continue };
        let Toml::String(name) = &entry.node.value else { continue };
        match seen.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((known, first)) => {
                let problem = Problem::new(match known == name {
                    true => format!("two {what}s are named `{name}`"),
                    // They become names of files, which some systems cannot tell apart.
                    false => format!("the {what}s `{known}` and `{name}` differ by case only"),
                });
                let problem =
                    problem.at(&entry.node.place, "expected another name").at(&first.node.place, "the first one");
                diagnostics.report(problem);
            }
            None => seen.push((name, entry)),
        }
    }
}
