//! The reference of a file's keys, as Markdown.

use std::fmt::Write;

use serde_json::Value as Json;

use super::description::{KeyDescription, Shape, TableDescription, WhenLeftOut};

/// The reference of a file: a section for each table that has a header of its own, a row for each key, and at the end
/// sections of what is described once for many keys, with the names and titles that `defined` gives.
pub fn reference(file: &TableDescription, defined: &[(&str, &str)]) -> String {
    let mut text = String::new();
    section("The file", "", file, "", &mut text);
    for (name, title) in defined {
        if let Some(shape) = file.keys.iter().find_map(|key| definition(&key.shape, name)) {
            let mut rows = String::new();
            inner_rows(&shape, "", &mut rows);
            write_section(title, "", &rows, &mut text);
        }
    }
    text.trim_end().to_owned() + "\n"
}

/// What is described under a name, wherever it is first referred to.
fn definition(shape: &Shape, name: &str) -> Option<Shape> {
    match shape {
        Shape::Defined { name: other, shape } if other == name => Some(shape()),
        Shape::Table(table) => table.keys.iter().find_map(|key| definition(&key.shape, name)),
        Shape::List { element, .. } | Shape::Pattern { element, .. } => definition(element, name),
        Shape::OneOf(shapes) | Shape::AnyOf(shapes) => shapes.iter().find_map(|shape| definition(shape, name)),
        _ => None,
    }
}

/// Tables that have a header of their own: title, path and words.
type Below<'d> = Vec<(String, String, String, &'d TableDescription)>;

fn section(title: &str, words: &str, table: &TableDescription, path: &str, text: &mut String) {
    let mut rows = String::new();
    let mut below = Below::new();
    table.keys.iter().for_each(|key| key_rows(key, "", &mut rows, &mut below, path));
    let rules: String = table.rules.iter().map(|rule| format!(" {}", rule.words)).collect();
    if !rows.is_empty() || !words.is_empty() {
        write_section(title, format!("{words}{rules}").trim(), &rows, text);
    }
    for (title, path, words, table) in below {
        section(&title, &words, table, &path, text);
    }
}

fn write_section(title: &str, words: &str, rows: &str, text: &mut String) {
    let words = if words.is_empty() { String::new() } else { format!("{}\n\n", markdown(words)) };
    let head = if rows.is_empty() { "" } else { "| key | accepted | left out | what it means |\n|---|---|---|---|\n" };
    let rows = if rows.is_empty() { String::new() } else { format!("{rows}\n") };
    // Writing to a string cannot fail, here and below.
    let _ = write!(text, "## {title}\n\n{words}{head}{rows}");
}

/// The rows of a key and of what is written within its line.
fn key_rows<'d>(key: &'d KeyDescription, above: &str, rows: &mut String, below: &mut Below<'d>, path: &str) {
    let name = format!("{above}{}", key.key);
    let full = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
    match &key.shape {
        Shape::Table(table) if above.is_empty() && table.one_of.is_empty() => match (table.alike, table.keys.first()) {
            (Some(placeholder), Some(KeyDescription { shape: Shape::Table(each), .. })) => {
                let names: String = table.keys.iter().map(|key| format!("\n* `{}`: {}", key.key, key.words)).collect();
                let full = format!("{full}.{placeholder}");
                below.push((format!("`[{full}]`"), full, format!("{}\n{names}", key.words), each));
            }
            _ => below.push((format!("`[{full}]`"), full, key.words.clone(), table)),
        },
        Shape::List { element, tables: true } => {
            if let Some(table) = element.table() {
                below.push((format!("`[[{full}]]`"), full, key.words.clone(), table));
            }
        }
        shape => {
            row(&name, key, rows);
            inner_rows(shape, &format!("{name}."), rows);
        }
    }
}

/// The keys of the tables that a value may be, each once.
fn inner_rows(shape: &Shape, above: &str, rows: &mut String) {
    match shape {
        Shape::Table(table) => {
            if let Some(placeholder) = table.alike {
                let names: Vec<String> = table.keys.iter().map(|key| format!("`{}`", key.key)).collect();
                if let Some(first) = table.keys.first() {
                    let words = format!("{} {placeholder} is one of {}.", first.words, names.join(", "));
                    write_row(&format!("{above}{placeholder}"), &first.accepted, "", &words, rows);
                }
                return;
            }
            for key in table.keys.iter().chain(&table.one_of) {
                let name = format!("{above}{}", key.key);
                if !rows.contains(&format!("| `{name}` |")) {
                    row(&name, key, rows);
                    inner_rows(&key.shape, &format!("{name}."), rows);
                }
            }
        }
        Shape::OneOf(shapes) | Shape::AnyOf(shapes) => {
            shapes.iter().for_each(|shape| inner_rows(shape, above, rows));
        }
        Shape::List { element, tables: false } => inner_rows(element, above, rows),
        _ => {}
    }
}

fn row(name: &str, key: &KeyDescription, rows: &mut String) {
    let left_out = match &key.presence {
        WhenLeftOut::Required => String::from("required"),
        WhenLeftOut::Optional => String::new(),
        WhenLeftOut::Default(value) => format!("`{}`", toml_of(value)),
    };
    write_row(name, &key.accepted, &left_out, &key.words, rows);
}

fn write_row(name: &str, accepted: &str, left_out: &str, words: &str, rows: &mut String) {
    let _ = writeln!(rows, "| `{name}` | {} | {left_out} | {} |", markdown(accepted), markdown(words));
}

/// A default as TOML.
fn toml_of(value: &Json) -> String {
    match value {
        Json::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key} = {}", toml_of(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Textual in Markdown: what has a meaning there has none.
fn markdown(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| match line.strip_prefix("* ") {
            Some(item) => format!("* {}", escaped(item)),
            None => escaped(line),
        })
        .collect();
    lines.join("\n")
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('<', "\\<")
}
