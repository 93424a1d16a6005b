//! What a description is: tables, their keys, and what these accept; and the JSON Schema of it.

use serde_json::{Map, Value as Json, json};

/// What a value may be.
pub enum Shape {
    /// A value that the JSON Schema says all about.
    Scalar(Json),
    /// A table with these keys.
    Table(TableDescription),
    /// A table whose keys match a pattern.
    Pattern {
        /// The pattern of keys.
        keys: String,
        /// What stands under each.
        element: Box<Shape>,
    },
    /// An array of at least one.
    List {
        /// What each is.
        element: Box<Shape>,
        /// Whether it is written `[[...]]`.
        tables: bool,
    },
    /// An array of two.
    Pair(Box<Shape>),
    /// Exactly one of these.
    OneOf(Vec<Shape>),
    /// One of these, or what several of them are.
    AnyOf(Vec<Shape>),
    /// What is described once under a name, because it may hold itself, or stand in many places.
    Defined {
        name: String,
        /// What it is.
        shape: Box<dyn Fn() -> Shape>,
    },
}

/// The keys of a table.
#[derive(Default)]
pub struct TableDescription {
    /// In the order in which they are asked for.
    pub keys: Vec<KeyDescription>,
    /// Keys of which there is exactly one.
    pub one_of: Vec<KeyDescription>,
    /// What else has to hold.
    pub rules: Vec<Rule>,
    /// What stands for any of the keys, if all of them are alike: `NAME`.
    pub alike: Option<&'static str>,
}

/// What is known of a key.
pub struct KeyDescription {
    pub key: &'static str,
    /// What it means, in one sentence.
    pub words: String,
    /// What is accepted, in words.
    pub accepted: String,
    /// What is accepted.
    pub shape: Shape,
    /// Whether it may be left out.
    pub presence: WhenLeftOut,
}

/// Whether a key may be left out.
#[derive(Clone, Debug, PartialEq)]
pub enum WhenLeftOut {
    /// It may not.
    Required,
    /// It may, and its words say what that means.
    Optional,
    /// It has this value then.
    Default(Json),
}

/// A rule of a table beside those of its keys.
pub struct Rule {
    pub words: String,
    /// Keywords of the table's schema; null if a schema cannot say it.
    pub schema: Json,
}

impl TableDescription {
    /// Adds a rule.
    pub fn rule(&mut self, words: &str, schema: Json) {
        self.rules.push(Rule { words: words.to_owned(), schema });
    }

    /// The JSON Schema (draft 2020-12) of the table, with what it refers to under `$defs`.
    pub fn schema(&self) -> Json {
        let mut definitions = Map::new();
        let mut schema = self.in_schema(&mut definitions);
        if !definitions.is_empty() {
            schema["$defs"] = Json::Object(definitions);
        }
        schema
    }

    fn in_schema(&self, definitions: &mut Map<String, Json>) -> Json {
        let mut schema = match &self.one_of[..] {
            [] => self.with(None, definitions),
            one_of => {
                let each: Vec<Json> = one_of.iter().map(|key| self.with(Some(key), definitions)).collect();
                json!({ "oneOf": each })
            }
        };
        for (keyword, value) in self.rules.iter().filter_map(|rule| rule.schema.as_object()).flatten() {
            schema[keyword] = value.clone();
        }
        schema
    }

    /// With one of the keys of which there is exactly one.
    fn with(&self, one: Option<&KeyDescription>, definitions: &mut Map<String, Json>) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for key in one.into_iter().chain(&self.keys) {
            let mut schema = key.shape.in_schema(definitions);
            schema["description"] = json!(key.words);
            match &key.presence {
                WhenLeftOut::Required => required.push(key.key),
                WhenLeftOut::Optional => {}
                WhenLeftOut::Default(value) => schema["default"] = value.clone(),
            }
            properties.insert(key.key.to_owned(), schema);
        }
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if let Some(one) = one {
            schema["description"] = json!(one.words);
        }
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    /// The key at a path as in `deployment.on_breach`; elements of arrays have no key of their own.
    pub fn find(&self, path: &str) -> Option<&KeyDescription> {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        let found = self.keys.iter().chain(&self.one_of).find(|other| other.key == key)?;
        match rest {
            None => Some(found),
            Some(rest) => found.shape.table()?.find(rest),
        }
    }
}

impl Shape {
    /// The table that the value is, or an element of it.
    pub fn table(&self) -> Option<&TableDescription> {
        match self {
            Shape::Table(table) => Some(table),
            Shape::List { element, .. } => element.table(),
            _ => None,
        }
    }

    pub(super) fn in_schema(&self, definitions: &mut Map<String, Json>) -> Json {
        match self {
            Shape::Scalar(schema) => schema.clone(),
            Shape::Table(table) => table.in_schema(definitions),
            Shape::Pattern { keys, element } => {
                let mut schema = json!({ "type": "object", "additionalProperties": false });
                schema["patternProperties"] = json!({ keys.as_str(): element.in_schema(definitions) });
                schema
            }
            Shape::List { element, .. } => {
                json!({ "type": "array", "minItems": 1, "items": element.in_schema(definitions) })
            }
            Shape::Pair(element) => {
                let element = element.in_schema(definitions);
                json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": element })
            }
            Shape::OneOf(shapes) => {
                json!({ "oneOf": shapes.iter().map(|shape| shape.in_schema(definitions)).collect::<Vec<_>>() })
            }
            Shape::AnyOf(shapes) => {
                json!({ "anyOf": shapes.iter().map(|shape| shape.in_schema(definitions)).collect::<Vec<_>>() })
            }
            Shape::Defined { name, shape } => {
                if !definitions.contains_key(name) {
                    // Its place is taken before it is written, since it may hold itself.
                    definitions.insert(name.clone(), Json::Null);
                    let schema = shape().in_schema(definitions);
                    definitions.insert(name.clone(), schema);
                }
                json!({ "$ref": format!("#/$defs/{name}") })
            }
        }
    }
}
