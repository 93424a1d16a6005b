//! `compare.csv`

use std::io::{self, BufWriter, Write};

use super::Compared;
use crate::comparison::MEASURES;

/// A row a replication: its number, the outcomes, and each measure of A and of B with the difference. What does not
/// exist is empty: the difference without a pair, and the numbers of a side that has fewer replications.
///
/// # Errors
/// Whatever writing gives.
pub fn write(file: impl Write, compared: &Compared<'_>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    write!(file, "replication,outcome_a,outcome_b")?;
    for measure in MEASURES {
        let column = measure.column.map_or(measure.name, |column| column.name);
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
                    Some(value) => write!(file, ",{}", measure.unit.exact(value))?,
                    None => write!(file, ",")?,
                }
            }
        }
        writeln!(file)?;
    }
    file.flush()
}
