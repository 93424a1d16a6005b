//! Tables of the schema, key by key.

use serde_json::{Map, Value, json};

/// A table that takes the keys it is given and no other.
pub struct Table {
    description: &'static str,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl Table {
    /// A table without keys yet.
    pub fn new(description: &'static str) -> Table {
        Table { description, properties: Map::new(), required: Vec::new() }
    }

    /// A key that must be there.
    pub fn required(mut self, key: &'static str, description: &str, value: Value) -> Table {
        self.required.push(key);
        self.optional(key, description, value)
    }

    /// A key that may be left out.
    pub fn optional(mut self, key: &'static str, description: &str, mut value: Value) -> Table {
        value["description"] = json!(description);
        self.properties.insert(key.to_owned(), value);
        self
    }

    /// A key that has a value where it is left out.
    pub fn with_default(
        self,
        key: &'static str,
        description: &str,
        mut value: Value,
        default: impl Into<Value>,
    ) -> Table {
        value["default"] = default.into();
        self.optional(key, description, value)
    }

    /// The table's schema.
    pub fn into_value(self) -> Value {
        let mut value = json!({
            "type": "object",
            "description": self.description,
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            value["required"] = json!(self.required);
        }
        value
    }
}

/// Exactly one of these.
pub fn one_of(choices: impl IntoIterator<Item = Value>) -> Value {
    json!({ "oneOf": choices.into_iter().collect::<Vec<_>>() })
}
