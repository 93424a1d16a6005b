//! `rollcast schema`: what editors are told.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::support::{Sandbox, repository};

fn schema() -> Value {
    serde_json::from_str(&Sandbox::new().rollcast(&["schema"]).exits(0).stdout).expect("JSON")
}

/// Every table with its keys, wherever it is.
fn tables<'s>(schema: &'s Value, found: &mut Vec<&'s Value>) {
    match schema {
        Value::Object(entries) => {
            if entries.get("properties").is_some_and(Value::is_object) && entries.contains_key("additionalProperties") {
                found.push(schema);
            }
            entries.values().for_each(|value| tables(value, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| tables(element, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_described_and_no_other_is_taken() {
    let schema = schema();
    let mut found = Vec::new();
    tables(&schema, &mut found);
    assert!(found.len() > 50, "{} tables", found.len());
    for table in found {
        assert_eq!(table["additionalProperties"], false, "{table}");
        for (key, value) in table["properties"].as_object().expect("properties") {
            let description = value["description"].as_str().unwrap_or_default();
            assert!(description.ends_with(['.', '"']) && description.len() > 6, "{key}: {description:?}");
            let kinds = ["type", "oneOf", "anyOf", "$ref"].iter().filter(|kind| value.get(**kind).is_some()).count();
            assert_eq!(kinds, 1, "{key}: {value}");
        }
    }
}

/// The reference of scenarios and the schema name the same keys.
#[test]
fn the_reference_explains_every_key_of_the_schema() {
    let reference = fs::read_to_string(repository().join("docs/reference/scenario.md")).expect("the reference");
    let schema = schema();
    let mut found = Vec::new();
    tables(&schema, &mut found);
    let keys: BTreeSet<&String> =
        found.iter().flat_map(|table| table["properties"].as_object().expect("properties").keys()).collect();
    assert!(keys.len() > 80, "{keys:?}");
    // Keys of tables within a line have their path, and tables a section of their own.
    let explained = |key: &str| {
        [format!("`{key}`"), format!(".{key}`"), format!("{key}]"), format!(".{key}.NAME]")]
            .iter()
            .any(|form| reference.contains(form))
    };
    let missing: Vec<_> = keys.into_iter().filter(|key| !explained(key)).collect();
    assert!(missing.is_empty(), "the reference does not explain {missing:?}");
}

#[test]
fn it_says_which_draft_it_is() {
    assert_eq!(schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
