//! `PATH=LIST`: the values that a path takes.

use std::collections::HashSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::range;
use crate::scenario::{Diagnostics, Problem, as_toml};

/// A path of the scenario and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// As after `--set`.
    pub path: String,
    /// Never empty, and all different.
    pub values: Vec<Value>,
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

/// Reads `PATH=LIST`; none if something is wrong with it (then `problems` says what).
pub fn read(text: &str, problems: &mut Diagnostics) -> Option<Variation> {
    let mut refuse = |part: Range<usize>, title: String, label: &str, help: &str| {
        let problem = Problem::new(title);
        let problem = if help.is_empty() { problem } else { problem.help(help) };
        problems.report_option("--vary", text, part, label, problem);
    };
    if text.contains('\n') {
        refuse(0..text.len(), String::from("--vary takes one line"), "", HELP);
        return None;
    }
    let Some(equals) = text.find('=').filter(|equals| !text[..*equals].trim().is_empty()) else {
        refuse(0..text.len(), String::from("--vary needs a path and values"), "no `PATH=` here", HELP);
        return None;
    };
    let path = text[..equals].trim();
    let mut values = Vec::new();
    let mut seen = HashSet::new();
    let mut fine = true;
    for part in items(text, equals + 1) {
        let item = &text[part.clone()];
        let found = match range::read(item) {
            _ if item.is_empty() => {
                refuse(part.clone(), format!("a value of `{path}` is missing"), "nothing here", HELP);
                fine = false;
                continue;
            }
            Some(Ok(range)) => range,
            Some(Err(range::Bad { title, help })) => {
                refuse(part.clone(), title, "", &help);
                fine = false;
                continue;
            }
            None => vec![item.to_owned()],
        };
        for value in found {
            if !seen.insert(value.clone()) {
                refuse(part.clone(), format!("`{path}` is `{value}` twice"), "the second time", "");
                fine = false;
                break;
            }
            values.push(Value::new(value));
        }
    }
    fine.then(|| Variation { path: path.to_owned(), values })
}

/// Where the values of a list stand: between commas, or the elements of an array that is the whole list.
fn items(text: &str, start: usize) -> Vec<Range<usize>> {
    let list = &text[start..];
    if list.trim_start().starts_with('[') {
        const NAME: &str = "v=";
        let document = format!("{NAME}{list}");
        let (table, errors) = DeTable::parse_recoverable(&document);
        if errors.is_empty()
            && let Some(DeValue::Array(array)) = table.get_ref().values().next().map(|value| value.get_ref())
            && !array.is_empty()
        {
            let place = |span: Range<usize>| start + span.start - NAME.len()..start + span.end - NAME.len();
            return array.iter().map(|element| place(element.span())).collect();
        }
    }
    let mut parts = Vec::new();
    let mut quote = None;
    let mut depth = 0u32;
    let mut from = start;
    let mut escaped = false;
    for (at, c) in list.char_indices().map(|(at, c)| (start + at, c)) {
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
    parts.push(from..text.len());
    parts.into_iter().map(|part| trimmed(text, part)).collect()
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
