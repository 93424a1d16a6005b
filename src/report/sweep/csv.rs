//! `sweep.csv`: a row a point.

use std::io::{self, BufWriter, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::{Estimated, field};
use crate::sweep::{CheckedSweep, Column, Sweep};

/// Writes a row for each point: what varies, then every metric, followed by the ends of its interval if it has one.
pub struct CsvPoints<W: Write> {
    rows: Writer<BufWriter<W>>,
    columns: Vec<Column>,
}

impl<W: Write> CsvPoints<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn new(writer: W, sweep: &Sweep, checked: &CheckedSweep) -> io::Result<CsvPoints<W>> {
        let rows = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(BufWriter::new(writer));
        let mut points = CsvPoints { rows, columns: checked.columns.clone() };
        let mut header: Vec<String> = sweep.variations.iter().map(|variation| variation.path.clone()).collect();
        for Column { path, interval, .. } in &points.columns {
            header.push(path.clone());
            if *interval {
                header.extend([format!("{path}_low"), format!("{path}_high")]);
            }
        }
        points.rows.write_record(header)?;
        Ok(points)
    }

    /// Writes the row of a point. What does not exist, and what its scenario has no part for, is empty.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn write(&mut self, sweep: &Sweep, point: &Estimated) -> io::Result<()> {
        let values = sweep.values(point.simulated.point);
        let mut fields: Vec<String> = values.iter().map(|value| value.shown().to_owned()).collect();
        for Column { path, interval, .. } in &self.columns {
            let estimate = point.estimate(path);
            fields.push(field(estimate.value));
            if *interval {
                let [low, high] = estimate.interval.map_or([None; 2], |ends| ends.map(Some));
                fields.extend([field(low), field(high)]);
            }
        }
        Ok(self.rows.write_record(fields)?)
    }

    /// Ends the file and gives back its writer.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(self) -> io::Result<W> {
        let buffered = self.rows.into_inner().map_err(|error| error.into_error())?;
        buffered.into_inner().map_err(io::IntoInnerError::into_error)
    }
}
