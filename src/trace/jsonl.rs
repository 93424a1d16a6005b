//! A JSON object for each event, on a line of its own.

use std::io::{self, Write};

use serde_json::Value;

use super::Trace;

/// Writes the trace.
///
/// # Errors
/// Whatever writing gives.
pub fn write(trace: &Trace<'_>, out: &mut dyn Write) -> io::Result<()> {
    for event in &trace.events {
        // By hand, for a map would sort the keys.
        let entry = |(key, value): (&str, Value)| format!("\"{key}\":{value}");
        let entries: Vec<String> = event.fields(trace).into_iter().map(entry).collect();
        writeln!(out, "{{{}}}", entries.join(","))?;
    }
    Ok(())
}
