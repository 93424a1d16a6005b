//! The values that a path of a scenario takes: `PATH=LIST`, and the tables of `[tune]`.

mod range;

use std::collections::HashSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::diagnostics::{Diagnostics, Problem};
use super::document::as_toml;

/// The most values that a path may take.
pub const MOST_VALUES: u64 = 1_000_000;

/// A path of the scenario and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// As after `--set`.
    pub path: String,
    /// Never empty, and all different.
    pub values: Vec<Value>,
    /// Where it was written, as messages call it: `--vary`, or a table of the scenario.
    pub written: &'static str,
}

/// A value that a path takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// As it was written, or as a range gives it.
    text: String,
    /// In its TOML type.
    json: serde_json::Value,
}

impl Variation {
    /// `PATH=VALUE`, as after `--set`.
    pub fn setting(&self, value: &Value) -> String {
        format!("{}={}", self.path, value.text)
    }
}

impl Value {
    /// A value as it stands after the equals sign of `--set`.
    pub fn new(text: impl Into<String>) -> Value {
        let text = text.into();
        let json = json_of(&text);
        Value { text, json }
    }

    /// The value in its TOML type: a number is a number.
    pub fn json(&self) -> &serde_json::Value {
        &self.json
    }

    /// The value for a person: a string without quotes.
    pub fn shown(&self) -> &str {
        self.json.as_str().unwrap_or(&self.text)
    }
}

const HELP: &str = "write PATH=LIST, as in `--vary deployment.failure_threshold_percentage=5,10,20` or `...=5..=50:5`";
const HELP_WITH_VALUE: &str = "write values between commas, or a range with its end, as in `5,10,20` or `5..=50:5`";

/// What is wrong with a list of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadValues {
    /// Where in the list, in bytes.
    pub part: Range<usize>,
    pub title: String,
    pub label: &'static str,
    pub help: String,
}

/// Reads `PATH=LIST`; none if something is wrong with it (then `problems` says what).
pub fn read(text: &str, problems: &mut Diagnostics) -> Option<Variation> {
    const OPTION: &str = "--vary";
    let mut refuse = |part: Range<usize>, title: String, label: &str, help: &str| {
        let problem = Problem::new(title);
        let problem = if help.is_empty() { problem } else { problem.help(help) };
        problems.report_option(OPTION, text, part, label, problem);
    };
    if text.contains('\n') {
        refuse(0..text.len(), String::from("--vary takes one line"), "", HELP);
        return None;
    }
    let Some(equals) = text.find('=').filter(|equals| !text[..*equals].trim().is_empty()) else {
        refuse(0..text.len(), String::from("--vary needs a path and values"), "no `PATH=` here", HELP);
        return None;
    };
    let (path, start) = (text[..equals].trim(), equals + 1);
    match values(path, &text[start..]) {
        Ok(values) => Some(Variation { path: path.to_owned(), values, written: OPTION }),
        Err(found) => {
            for BadValues { part, title, label, help } in found {
                refuse(start + part.start..start + part.end, title, label, &help);
            }
            None
        }
    }
}

/// Reads the values of a path: values and ranges between commas, or a TOML array.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn values(path: &str, list: &str) -> Result<Vec<Value>, Vec<BadValues>> {
    let mut values = Vec::new();
    let mut seen = HashSet::new();
    let mut wrong = Vec::new();
    for part in items(list) {
        let item = &list[part.clone()];
        let mut refuse = |title: String, label: &'static str, help: String| {
            wrong.push(BadValues { part: part.clone(), title, label, help });
        };
        let found = match range::read(item) {
            _ if item.is_empty() => {
                refuse(format!("a value of `{path}` is missing"), "nothing here", HELP_WITH_VALUE.to_owned());
                continue;
            }
            _ if item.contains('\n') => {
                refuse(
                    format!("a value of `{path}` goes over several lines"),
                    "",
                    String::from("write it on one line"),
                );
                continue;
            }
            Some(Ok(range)) => range,
            Some(Err(range::BadRange { title, help })) => {
                refuse(title, "", help);
                continue;
            }
            None => vec![item.to_owned()],
        };
        for value in found {
            if !seen.insert(value.clone()) {
                refuse(format!("`{path}` is `{value}` twice"), "the second time", String::new());
                break;
            }
            values.push(Value::new(value));
        }
    }
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

/// Where the values of a list stand: between commas, or the elements of an array that is the whole list.
fn items(list: &str) -> Vec<Range<usize>> {
    if list.trim_start().starts_with('[') {
        const NAME: &str = "v=";
        let document = format!("{NAME}{list}");
        let (table, errors) = DeTable::parse_recoverable(&document);
        if errors.is_empty()
            && let Some(DeValue::Array(array)) = table.get_ref().values().next().map(|value| value.get_ref())
            && !array.is_empty()
        {
            let place = |span: Range<usize>| span.start - NAME.len()..span.end - NAME.len();
            return array.iter().map(|element| place(element.span())).collect();
        }
    }
    let mut parts = Vec::new();
    let mut quote = None;
    let mut depth = 0u32;
    let mut from = 0;
    let mut escaped = false;
    for (at, c) in list.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), _) => quote = quote.filter(|_| c != open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(from..at);
                from = at + 1;
            }
            _ => (),
        }
    }
    parts.push(from..list.len());
    parts.into_iter().map(|part| trimmed(list, part)).collect()
}

/// A part without the blanks around it.
fn trimmed(text: &str, part: Range<usize>) -> Range<usize> {
    let inner = &text[part.clone()];
    let start = part.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// A value in its TOML type; null if it is no TOML, which the check of its point will say.
fn json_of(text: &str) -> serde_json::Value {
    let document = format!("v={}", as_toml(text));
    let (table, errors) = DeTable::parse_recoverable(&document);
    match table.get_ref().values().next() {
        Some(value) if errors.is_empty() => json(value.get_ref()),
        _ => serde_json::Value::Null,
    }
}

fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).map_or(serde_json::Value::Null, Into::into)
        }
        // What is not finite is null.
        DeValue::Float(float) => float.as_str().parse::<f64>().map_or(serde_json::Value::Null, Into::into),
        DeValue::Boolean(boolean) => (*boolean).into(),
        DeValue::Datetime(datetime) => datetime.to_string().into(),
        DeValue::Array(array) => array.iter().map(|value| json(value.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref().to_owned(), json(value.get_ref())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(list: &str) -> Vec<serde_json::Value> {
        let mut problems = Diagnostics::default();
        let variation = read(&format!("a.b={list}"), &mut problems);
        let variation = variation.unwrap_or_else(|| panic!("{list}: {}", problems.render(false)));
        assert_eq!(variation.path, "a.b");
        variation.values.iter().map(|value| value.json().clone()).collect()
    }

    #[test]
    fn lists_and_their_types() {
        for (list, expected) in [
            ("5,10,20", json!([5, 10, 20])),
            (" 5 , 10 ", json!([5, 10])),
            ("7", json!([7])),
            ("1_000,0x10", json!([1000, 16])),
            ("0.01,0.5", json!([0.01, 0.5])),
            ("1,2.5", json!([1, 2.5])),
            ("10m,1h30m,2h", json!(["10m", "1h30m", "2h"])),
            ("drain,abort", json!(["drain", "abort"])),
            ("\"a,b\",'c,d'", json!(["a,b", "c,d"])),
            ("\"quote \\\" , here\",x", json!(["quote \" , here", "x"])),
            ("true,false", json!([true, false])),
            ("[1, 2, 3]", json!([1, 2, 3])),
            ("[\"1h\", \"2h\"]", json!(["1h", "2h"])),
            ("[[1, 2], [3]]", json!([[1, 2], [3]])),
            ("[1,2],[3]", json!([[1, 2], [3]])),
            (
                "{ exponential = { mean = \"1m\" } }, { constant = \"1m\" }",
                json!([{ "exponential": { "mean": "1m" } }, { "constant": "1m" }]),
            ),
            ("1..=3", json!([1, 2, 3])),
            ("1..=3,10,20..=30:5", json!([1, 2, 3, 10, 20, 25, 30])),
            ("20Mbit/s,1Gbit/s", json!(["20Mbit/s", "1Gbit/s"])),
            ("../a.csv,../b.csv", json!(["../a.csv", "../b.csv"])),
        ] {
            assert_eq!(json!(values(list)), expected, "{list}");
        }
    }

    #[test]
    fn bad_lists() {
        for (text, title) in [
            ("a.b", "--vary needs a path and values"),
            ("=1", "--vary needs a path and values"),
            ("a.b=", "a value of `a.b` is missing"),
            ("a.b=1,,2", "a value of `a.b` is missing"),
            ("a.b=1,2,", "a value of `a.b` is missing"),
            ("a.b=1,2,1", "`a.b` is `1` twice"),
            ("a.b=1..=3,2", "`a.b` is `2` twice"),
            ("a.b=3..=1", "ends before it starts"),
            ("a=1\nb=2", "--vary takes one line"),
        ] {
            let mut problems = Diagnostics::default();
            assert_eq!(read(text, &mut problems), None, "{text}");
            assert!(problems.problems()[0].title().contains(title), "{text}: {}", problems.render(false));
        }
    }

    #[test]
    fn settings_are_what_set_takes() {
        let variation = read("a.b = 10m, 'x y',[1]", &mut Diagnostics::default()).expect("a list");
        let settings: Vec<String> = variation.values.iter().map(|value| variation.setting(value)).collect();
        assert_eq!(settings, ["a.b=10m", "a.b='x y'", "a.b=[1]"]);
        assert_eq!(variation.values[1].shown(), "x y");
    }
}
