//! Requests as they stand on the wire: JSON of the right kinds.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Refusal;

/// An object whose members are taken by name. A member that is null is absent, and one that nobody asks for is passed
/// over.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    members: Option<&'a Map<String, Value>>,
    /// Where it stands in the request, with a dot at the end; nothing for the request itself.
    path: String,
}

impl<'a> Members<'a> {
    /// The members of a request.
    ///
    /// # Errors
    /// `SerializationException`: it is no object.
    pub fn of_request(input: &'a Value) -> Result<Members<'a>, Refusal> {
        Members::of(input, String::new())
    }

    fn of(value: &'a Value, path: String) -> Result<Members<'a>, Refusal> {
        match value {
            Value::Object(members) => Ok(Members { members: Some(members), path }),
            other => Err(wrong_kind(path.trim_end_matches('.'), "an object", other)),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members?.get(name).filter(|value| !value.is_null())
    }

    fn at(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// A string.
    ///
    /// # Errors
    /// `SerializationException`: it is something else.
    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        text(value, || self.at(name)).map(Some)
    }

    /// A whole number.
    ///
    /// # Errors
    /// `SerializationException`: it is something else, or does not fit in 64 bits.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_i64().map(Some).ok_or_else(|| wrong_kind(&self.at(name), "a whole number", value))
    }

    /// An object.
    ///
    /// # Errors
    /// `SerializationException`: it is something else.
    pub fn object(&self, name: &str) -> Result<Option<Members<'a>>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        Members::of(value, format!("{}{name}.", self.path)).map(Some)
    }

    /// A list of objects.
    ///
    /// # Errors
    /// `SerializationException`: it is something else.
    pub fn objects(&self, name: &str) -> Result<Option<Vec<Members<'a>>>, Refusal> {
        let Some(items) = self.list(name)? else { return Ok(None) };
        let path = |index: usize| format!("{}{name}.{}.member.", self.path, index + 1);
        items.iter().enumerate().map(|(index, item)| Members::of(item, path(index))).collect::<Result<_, _>>().map(Some)
    }

    /// A list of strings.
    ///
    /// # Errors
    /// `SerializationException`: it is something else.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(items) = self.list(name)? else { return Ok(None) };
        let path = |index: usize| format!("{}{name}.{}.member", self.path, index + 1);
        items.iter().enumerate().map(|(index, item)| text(item, || path(index))).collect::<Result<_, _>>().map(Some)
    }

    fn list(&self, name: &str) -> Result<Option<&'a [Value]>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(wrong_kind(&self.at(name), "a list", other)),
        }
    }

    /// A map from strings to strings.
    ///
    /// # Errors
    /// `SerializationException`: it is something else.
    pub fn map(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, Refusal> {
        let Some(members) = self.object(name)? else { return Ok(None) };
        let entries = members.members.into_iter().flatten();
        let entry = |(key, value): (&'a String, &'a Value)| {
            Ok((key.clone(), text(value, || format!("{}{key}", members.path))?))
        };
        entries.map(entry).collect::<Result<_, _>>().map(Some)
    }
}

fn text(value: &Value, path: impl FnOnce() -> String) -> Result<String, Refusal> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong_kind(&path(), "a string", value))
}

fn wrong_kind(path: &str, wanted: &str, found: &Value) -> Refusal {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let place = if path.is_empty() { String::from("the request") } else { format!("'{path}'") };
    Refusal::Malformed(format!("Expected {wanted} at {place}, found {found}."))
}

/// Reads the body of a request; nothing is an empty object.
///
/// # Errors
/// `SerializationException`: it is not JSON in UTF-8, or nested deeper than 128 levels.
pub fn parse(body: &[u8]) -> Result<Value, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(format!("The body is not JSON: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_another_kind_is_named_with_its_place() {
        let input =
            parse(br#"{"a": 1, "n": null, "o": {"t": []}, "l": [{"x": "y"}, 3], "m": {"k": true}, "s": ["a"]}"#);
        let input = input.expect("it is JSON");
        let members = Members::of_request(&input).expect("an object");
        let message = |refusal: Refusal| refusal.message().to_owned();
        assert_eq!(members.text("n"), Ok(None));
        assert_eq!(members.integer("a"), Ok(Some(1)));
        assert_eq!(members.texts("s"), Ok(Some(vec![String::from("a")])));
        assert_eq!(message(members.text("a").unwrap_err()), "Expected a string at 'a', found a number.");
        let object = members.object("o").expect("an object").expect("it is there");
        assert_eq!(message(object.integer("t").unwrap_err()), "Expected a whole number at 'o.t', found a list.");
        let list = members.objects("l").unwrap_err();
        assert_eq!(message(list), "Expected an object at 'l.2.member', found a number.");
        assert_eq!(message(members.map("m").unwrap_err()), "Expected a string at 'm.k', found a boolean.");
        let list = parse(b"[]").expect("it is JSON");
        assert_eq!(
            message(Members::of_request(&list).unwrap_err()),
            "Expected an object at the request, found a list."
        );
    }

    #[test]
    fn bodies_that_are_not_json_are_refused() {
        assert_eq!(parse(b" \n"), Ok(Value::Object(Map::new())));
        let deep = [b"[".repeat(200), b"]".repeat(200)].concat();
        for body in [&b"{"[..], b"{\"a\": 1} x", b"\xff\xfe", b"{\"a\": \"\xc3\"}", b"nan", &deep] {
            assert!(matches!(parse(body), Err(Refusal::Malformed(_))), "{body:?}");
        }
    }
}
