//! The JSON Schema (draft 2020-12) of a scenario's file, for editors that complete and check keys.

#[cfg(test)]
mod agreement;
mod expect;
mod tune;

use serde_json::Value;

use crate::scenario::Controllers;
use crate::scenario::schema as tables;
use crate::scenario::schema::values::list;

/// The schema of scenario files.
///
/// ```
/// let schema = rollcast_engine::questions::schema();
/// assert_eq!(schema["properties"]["name"]["type"], "string");
/// ```
pub fn schema() -> Value {
    schema_with(&Controllers::built_in())
}

/// The same, where scenarios may choose one of these controllers.
pub fn schema_with(controllers: &Controllers) -> Value {
    let file = tables::tables(controllers)
        .optional("expect", "What `rollcast check` is to prove of the results.", list(expect::table()))
        .optional("check", "How far `rollcast check` goes.", expect::check())
        .optional("tune", "What `rollcast tune` is to find.", tune::table());
    let mut schema = tables::of_file(file);
    schema["$defs"]["variations"] = tune::variations();
    schema
}
