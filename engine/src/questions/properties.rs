//! What the one description of the file's keys does not bring about by itself: that the schema's patterns and rules
//! take all that the reader takes, and next to nothing else, and that defaults can be written down.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngAlgorithm, RngSeed};
use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

use super::schema;
use crate::questions::Questions;
use crate::scenario::form::{Duration, Form, duration, positive_duration};
use crate::scenario::{Diagnostics, Scenario, ScenarioFile, parse_duration};

const EVERYTHING: &str = include_str!("everything.toml");

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::draft202012::new(&schema()).expect("a schema"));

/// A TOML text as editors hand it to a schema.
fn to_json(text: &str) -> Value {
    let table = DeTable::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}")).into_inner();
    object(table)
}

fn object(table: DeTable<'_>) -> Value {
    let entry = |(key, value): (toml::Spanned<std::borrow::Cow<'_, str>>, toml::Spanned<DeValue<'_>>)| {
        (key.into_inner().into_owned(), value_of(value.into_inner()))
    };
    Value::Object(table.into_iter().map(entry).collect())
}

fn value_of(value: DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(integer) => json!(i64::from_str_radix(integer.as_str(), integer.radix()).expect("64 bits")),
        DeValue::Float(float) => json!(float.as_str().parse::<f64>().expect("a float")),
        DeValue::Boolean(boolean) => json!(boolean),
        DeValue::Datetime(datetime) => json!(datetime.to_string()),
        DeValue::Array(array) => Value::Array(array.into_iter().map(|value| value_of(value.into_inner())).collect()),
        DeValue::Table(table) => object(table),
    }
}

/// A JSON value as TOML; its strings are TOML's basic strings.
fn to_toml(value: &Value) -> String {
    match value {
        Value::Array(elements) => format!("[{}]", elements.iter().map(to_toml).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entry = |(key, value)| format!("{} = {}", json!(key), to_toml(value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn document(root: &Value) -> String {
    let entries = root.as_object().expect("a table");
    entries.iter().map(|(key, value)| format!("{} = {}\n", json!(key), to_toml(value))).collect()
}

fn read(text: &str) -> Result<(Scenario, Questions), Diagnostics> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    crate::questions::read(&ScenarioFile::of_text(text, "scenario.toml", &folder), [])
}

fn shipped() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")).expect("the scenarios");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let tomls = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    tomls.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a scenario"))).collect()
}

#[track_caller]
fn assert_accepted(text: &str, shown: &str) {
    let json = to_json(text);
    let errors: Vec<String> =
        VALIDATOR.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{shown}: {errors:#?}");
}

#[test]
fn the_schema_is_one() {
    jsonschema::draft202012::meta::validate(&schema()).expect("it is a schema of draft 2020-12");
}

#[test]
fn every_scenario_that_ships_is_accepted() {
    let shipped = shipped();
    assert!(shipped.len() >= 10);
    for (path, text) in shipped {
        assert_accepted(&text, &path);
    }
    assert_accepted(EVERYTHING, "everything");
    read(EVERYTHING).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
}

fn keys_of_the_schema(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            for (key, value) in entries {
                if let ("properties", Value::Object(properties)) = (key.as_str(), value) {
                    keys.extend(properties.keys().cloned());
                }
                keys_of_the_schema(value, keys);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| keys_of_the_schema(element, keys)),
        _ => {}
    }
}

/// The defaults that editors show are those that the reader takes.
#[test]
fn writing_the_defaults_changes_nothing() {
    let minimal = json!({
        "name": "x",
        "deployment": { "concurrent_deployment_percentage": 1, "failure_threshold_percentage": 1 },
        "group": [{ "name": "g", "robots": 1, "step": { "launching": { "latency": { "constant": "1s" } } } }],
        "sync": { "schedule": { "every": "1h" } },
        "api": { "throttle": 0.1, "retry": {} },
    });
    let schema = schema();
    let mut written = minimal.clone();
    let mut defaults = 0;
    for path in ["/run", "/deployment", "/group/0", "/group/0/step/launching", "/sync", "/api", "/api/retry"] {
        let place: String = path[1..]
            .split('/')
            .map(|key| if key == "0" { "/items".into() } else { format!("/properties/{key}") })
            .collect();
        let table = schema.pointer(&place).unwrap_or_else(|| panic!("{place}"));
        if written.pointer(path).is_none() {
            written[&path[1..]] = json!({});
        }
        let here = written.pointer_mut(path).and_then(Value::as_object_mut).expect("a table");
        for (key, value) in table["properties"].as_object().expect("properties") {
            if let (Some(default), false) = (value.get("default"), here.contains_key(key)) {
                here.insert(key.clone(), default.clone());
                defaults += 1;
            }
        }
    }
    assert_eq!(defaults, 19, "{written}");
    let read = |root: &Value| read(&document(root)).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(read(&written), read(&minimal));
    // A retry that is left out is one with all its defaults.
    let mut without = minimal.clone();
    without["api"].as_object_mut().expect("a table").remove("retry");
    assert_eq!(schema["properties"]["api"]["properties"]["retry"]["default"], written["api"]["retry"]);
    assert_eq!(read(&without), read(&minimal));
}

/// What is put into a scenario in place of something else.
fn replacements() -> Vec<Value> {
    let mut pool = vec![
        json!(true),
        json!([]),
        json!({}),
        json!([{}]),
        json!({ "constant": "1s" }),
        json!({ "constant": "1Mbit/s" }),
        json!({ "constant": "1s", "exponential": { "mean": "1s" } }),
        json!({ "exponential": { "mean": "0s" } }),
        json!({ "lognormal": { "median": "1s" } }),
        json!({ "lognormal": { "median": "1s", "std": "1s" } }),
        json!({ "gamma": { "mean": "1s", "std": "1s", "shape": 1 } }),
        json!({ "mixture": [] }),
        json!({ "mixture": [{ "weight": 1 }] }),
        json!({ "mixture": [{ "constant": "1s" }] }),
        json!({ "empirical": { "values": [] } }),
        json!({ "empirical": { "values": ["1s"], "column": "c" } }),
        json!({ "beta": { "mean": 0.1, "concentration": 5 } }),
        json!({ "beta": { "mean": 0.1, "concentration": 0 } }),
        json!({ "probability": 0.5 }),
        json!({ "probability": 0.5, "codes": {} }),
        json!({ "every": "0s" }),
        json!({ "every": "1s" }),
        json!({ "after_finish": "0s" }),
        json!({ "a.launching": 0.5 }),
        json!({ "a.launch": 0.5 }),
        json!({ "launching": 0.5 }),
        json!({ "a b.launching": 0.5 }),
        json!(9_223_372_036_854_775_807_i64),
    ];
    let texts = [
        "",
        "x",
        "a",
        "a b",
        "5",
        "5s",
        "0s",
        "0.0s",
        "1h30m",
        "1.5 h",
        "1 h 2",
        "-1s",
        "1.s",
        ".5s",
        "1y",
        "5 parsecs",
        "µs",
        "1µs",
        "20Mbit/s",
        "0bit/s",
        "1Mbit",
        "600MB",
        "0B",
        "1MiB",
        "1.MB",
        ".5GB",
        ".MB",
        "1.2.3MB",
        "registration",
        "abort",
        "stop",
        "retry",
        "ARM64",
        "arm64",
    ];
    pool.extend(texts.map(|text| json!(text)));
    pool.extend(
        [-1, 0, 1, 2, 100, 101, 1000, 1001, 1_000_001, 100_000_001, 4_294_967_296_i64].map(|number| json!(number)),
    );
    pool.extend([-0.5, 0.25, 0.5, 1.5, 99.5, 1e30].map(|number| json!(number)));
    pool
}

#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, Value),
    Insert(Index, String, Value),
    Remove(Index),
    Rename(Index, String),
    Repeat(Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let mut keys = BTreeSet::new();
    keys_of_the_schema(&schema(), &mut keys);
    keys.insert(String::from("x"));
    keys.insert(String::from("*.launching"));
    let key = move || select(keys.iter().cloned().collect::<Vec<_>>());
    let edit = prop_oneof![
        4 => (any::<Index>(), select(replacements())).prop_map(|(at, value)| Edit::Replace(at, value)),
        2 => (any::<Index>(), key(), select(replacements())).prop_map(|(at, key, value)| Edit::Insert(at, key, value)),
        2 => any::<Index>().prop_map(Edit::Remove),
        1 => (any::<Index>(), key()).prop_map(|(at, key)| Edit::Rename(at, key)),
        1 => any::<Index>().prop_map(Edit::Repeat),
    ];
    vec(edit, 1..3)
}

/// The paths of all values below a value that `wanted` likes.
fn pointers(value: &Value, here: &str, wanted: &dyn Fn(&Value) -> bool, found: &mut Vec<String>) {
    if wanted(value) {
        found.push(here.to_owned());
    }
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| pointers(value, &format!("{here}/{}", escape(key)), wanted, found));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(i, value)| pointers(value, &format!("{here}/{i}"), wanted, found));
        }
        _ => {}
    }
}

fn pick<'v>(root: &'v mut Value, at: &Index, wanted: &dyn Fn(&Value) -> bool) -> Option<&'v mut Value> {
    let mut found = Vec::new();
    pointers(root, "", wanted, &mut found);
    if found.is_empty() { None } else { root.pointer_mut(&found[at.index(found.len())]) }
}

fn apply(root: &mut Value, edit: &Edit) {
    let filled = |value: &Value| value.as_object().is_some_and(|entries| !entries.is_empty());
    let key_of = |entries: &Map<String, Value>, at: &Index| entries.keys().nth(at.index(entries.len())).cloned();
    match edit {
        Edit::Replace(at, value) => {
            // The root is a table in any TOML text.
            if let Some(found) = pick(root, at, &|value| value.get("deployment").is_none()) {
                *found = value.clone();
            }
        }
        Edit::Insert(at, key, value) => {
            if let Some(Value::Object(entries)) = pick(root, at, &Value::is_object) {
                entries.insert(key.clone(), value.clone());
            }
        }
        Edit::Remove(at) => {
            if let Some(Value::Object(entries)) = pick(root, at, &filled) {
                key_of(entries, at).map(|key| entries.remove(&key));
            }
        }
        Edit::Rename(at, new) => {
            if let Some(Value::Object(entries)) = pick(root, at, &filled)
                && let Some(value) = key_of(entries, at).and_then(|key| entries.remove(&key))
            {
                entries.insert(new.clone(), value);
            }
        }
        Edit::Repeat(at) => {
            if let Some(Value::Array(elements)) = pick(root, at, &Value::is_array)
                && let Some(last) = elements.last().cloned()
            {
                elements.push(last);
            }
        }
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20),
        ..ProptestConfig::default()
    }
}

/// Whether the schema and whether the reader accepts. What the reader accepts, the schema has to accept.
fn verdicts(root: &Value) -> Result<(bool, bool), TestCaseError> {
    let text = document(root);
    prop_assert_eq!(&to_json(&text), root, "{}", text);
    let (schema, reader) = (VALIDATOR.is_valid(root), read(&text).is_ok());
    prop_assert!(schema || !reader, "the schema refuses what the reader accepts:\n{}", text);
    Ok((schema, reader))
}

/// How often each refused.
#[derive(Default)]
struct Refusals {
    schema: u32,
    reader: u32,
    judged: u32,
}

impl Refusals {
    fn judge(&mut self, root: &Value) {
        let (schema, reader) = verdicts(root).unwrap_or_else(|error| panic!("{error}"));
        self.judged += 1;
        self.schema += u32::from(!schema);
        self.reader += u32::from(!reader);
    }

    /// Of what the reader refuses, the schema refuses nearly all: the rest is arithmetic, or is known elsewhere only.
    #[track_caller]
    fn assert_alike(&self) {
        let Refusals { schema, reader, judged } = *self;
        assert!(
            reader < judged && schema * 10 >= reader * 9,
            "of {judged} the reader refuses {reader}, the schema {schema}"
        );
    }
}

/// Each value replaced by others, each key left out, and a key too many in each table.
#[test]
fn single_edits_get_one_verdict() {
    let everything = to_json(EVERYTHING);
    let mut places = Vec::new();
    pointers(&everything, "", &|_| true, &mut places);
    let mut refusals = Refusals::default();
    let pool = replacements();
    for (index, place) in places.iter().enumerate() {
        // Every third one, another third at the next place.
        for value in pool.iter().skip(index % 3).step_by(3) {
            if !place.is_empty() {
                let mut root = everything.clone();
                *root.pointer_mut(place).expect("it is there") = value.clone();
                refusals.judge(&root);
            }
        }
        let keys = everything.pointer(place).and_then(Value::as_object);
        for key in keys.into_iter().flat_map(Map::keys).map(String::as_str).chain(["x"]) {
            let mut root = everything.clone();
            if let Some(Value::Object(entries)) = root.pointer_mut(place) {
                if entries.remove(key).is_none() {
                    entries.insert(key.to_owned(), json!(1));
                    assert!(!VALIDATOR.is_valid(&root), "{place} takes any key");
                }
                refusals.judge(&root);
            }
        }
    }
    assert!(places.len() > 150 && refusals.judged > 3000, "{} places, {}", places.len(), refusals.judged);
    refusals.assert_alike();
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn the_schema_takes_what_the_reader_takes(edits in edits()) {
        let mut root = to_json(EVERYTHING);
        edits.iter().for_each(|edit| apply(&mut root, edit));
        verdicts(&root)?;
    }

    /// Durations letter by letter: the pattern takes what the reader takes, but for lengths.
    #[test]
    fn durations_agree(text in "[0-9. ]{0,3}(us|ms|s|m|min|h|hours|d|w|wk|µs|x)? ?([0-9. ]{1,3}(s|m|h|mins|y|h h)?)?") {
        let pattern = jsonschema::draft202012::new(&duration_schema(duration())).expect("a schema");
        let positive = jsonschema::draft202012::new(&duration_schema(positive_duration())).expect("a schema");
        let (text_json, read) = (json!(&text), parse_duration(&text));
        match &read {
            Ok(span) => {
                prop_assert!(pattern.is_valid(&text_json), "{text:?}");
                prop_assert_eq!(positive.is_valid(&text_json), span.micros() > 0, "{:?}", text);
            }
            Err(why) if ["longer than 13000d", "finer than a microsecond", "too large or too fine"].iter().any(|w| why.contains(w)) => {}
            Err(why) => prop_assert!(!pattern.is_valid(&text_json), "{text:?}: {why}"),
        }
    }
}

fn duration_schema(accepts: Duration) -> Value {
    let described = Form::describe(|form| form.optional("d", "A duration.", accepts));
    described.schema()["properties"]["d"].clone()
}

/// The cases above are of all kinds.
#[test]
fn edits_make_good_and_bad_scenarios() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config(0));
    let strategy = edits();
    let mut refusals = Refusals::default();
    for _ in 0..500 {
        let mut root = to_json(EVERYTHING);
        let edits = strategy.new_tree(&mut runner).expect("edits").current();
        edits.iter().for_each(|edit| apply(&mut root, edit));
        refusals.judge(&root);
    }
    assert!((200..=480).contains(&refusals.reader), "{} of 500 are bad", refusals.reader);
    refusals.assert_alike();
}
