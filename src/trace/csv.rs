//! A row for each event, with the columns that some event has.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};
use serde_json::Value;

use super::{COLUMNS, Trace};

/// Writes the trace.
///
/// # Errors
/// Whatever writing gives.
pub fn write(trace: &Trace<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out);
    rows.write_record(COLUMNS).map_err(into_io)?;
    for event in &trace.events {
        let mut row = [const { String::new() }; COLUMNS.len()];
        for (key, value) in event.fields(trace) {
            let column = COLUMNS.iter().position(|column| *column == key).expect("every field is a column");
            row[column] = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
        }
        rows.write_record(row).map_err(into_io)?;
    }
    rows.flush()
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
