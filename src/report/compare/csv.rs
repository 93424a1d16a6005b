//! `compare.csv`

use std::fmt;
use std::io::{self, BufWriter, Write};

use super::Compared;
use crate::comparison::MEASURES;
use crate::metric::Unit;

/// A row a replication: its number, the outcomes, and each measure of A and of B with the difference. What does not exist is
/// empty: the difference without a pair, and the numbers of a side that has fewer replications.
///
/// # Errors
/// Whatever writing gives.
pub fn write(file: impl Write, compared: &Compared<'_>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    write!(file, "replication,outcome_a,outcome_b")?;
    for measure in &MEASURES {
        let column = measure.column;
        write!(file, ",{column}_a,{column}_b,{column}_difference")?;
    }
    writeln!(file)?;
    let [a, b] = [0, 1].map(|side| compared.rows(side));
    for index in 0..a.len().max(b.len()) {
        let rows = [a, b].map(|rows| rows.get(index));
        let [outcome_a, outcome_b] = rows.map(|row| row.map_or("", |row| row.outcome.as_str()));
        write!(file, "{index},{outcome_a},{outcome_b}")?;
        for (index, measure) in MEASURES.iter().enumerate() {
            let values = rows.map(|row| row.and_then(|row| row.value(index)));
            let difference = values[0].zip(values[1]).filter(|_| compared.comparison.paired).map(|(a, b)| b - a);
            for value in values.into_iter().chain([difference]) {
                match value {
                    Some(value) => write!(file, ",{}", Exact(measure.unit, value))?,
                    None => write!(file, ",")?,
                }
            }
        }
        writeln!(file)?;
    }
    file.flush()
}

/// A number in whole units, times as seconds: exact however large.
struct Exact(Unit, i128);

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exact(unit, value) = *self;
        if unit != Unit::Seconds {
            return write!(f, "{value}");
        }
        let sign = if value < 0 { "-" } else { "" };
        let micros = value.unsigned_abs();
        let (whole, fraction) = (micros / 1_000_000, micros % 1_000_000);
        write!(f, "{sign}{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        f.write_str(format!(".{fraction:06}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_exactly() {
        for (value, written) in [
            (0, "0"),
            (1, "0.000001"),
            (-1_500_000, "-1.5"),
            (60_000_000, "60"),
            (340_282_366_920_938_250_000, "340282366920938.25"),
        ] {
            assert_eq!(Exact(Unit::Seconds, value).to_string(), written);
        }
    }
}
