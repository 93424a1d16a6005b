//! `sweep.json`: every point with its summary.

use std::io::{self, BufWriter, Write};

use super::Estimated;
use crate::metric::Summary;
use crate::sweep::{Simulated, Sweep};

/// Writes `{"points": [{"set": {PATH: VALUE}, "summary": ...}]}`. A summary stands there to the byte as in a
/// `summary.json` of its own, so it is not indented further.
pub struct JsonPoints<W: Write> {
    writer: BufWriter<W>,
    written: u64,
}

impl<W: Write> JsonPoints<W> {
    /// Writes the beginning.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn new(writer: W) -> io::Result<JsonPoints<W>> {
        let mut points = JsonPoints { writer: BufWriter::new(writer), written: 0 };
        points.writer.write_all(b"{\"points\": [\n")?;
        Ok(points)
    }

    /// Writes a point.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn write(&mut self, sweep: &Sweep, point: &Estimated) -> io::Result<()> {
        let Simulated { point, scenario, seed, tally } = &point.simulated;
        let set: Vec<String> = sweep
            .variations
            .iter()
            .zip(sweep.values(*point))
            .map(|(variation, value)| format!("{}: {}", serde_json::Value::from(variation.path.as_str()), value.json()))
            .collect();
        let comma = if self.written > 0 { ",\n" } else { "" };
        self.written += 1;
        let summary = Summary::new(scenario, *seed, tally).to_json();
        write!(self.writer, "{comma}{{\"set\": {{{}}}, \"summary\": {}}}", set.join(", "), summary.trim_end())
    }

    /// Ends the file and gives back its writer. Points that are missing then are those that did not run.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(mut self) -> io::Result<W> {
        self.writer.write_all(if self.written > 0 { b"\n]}\n" } else { b"]}\n" })?;
        self.writer.into_inner().map_err(io::IntoInnerError::into_error)
    }
}
