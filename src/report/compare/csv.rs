//! `compare.csv`

use std::fmt::Write;

use super::Compared;
use crate::comparison::MEASURES;
use crate::metric::Unit;

/// A row a replication: its number, the outcomes, and each measure of A and of B with the difference. What does not exist is
/// empty: the difference without a pair, and the numbers of a side that has fewer replications.
pub fn render(compared: &Compared<'_>) -> String {
    let mut text = String::from("replication,outcome_a,outcome_b");
    for measure in &MEASURES {
        let column = measure.column;
        write!(text, ",{column}_a,{column}_b,{column}_difference").expect(IN_MEMORY);
    }
    text.push('\n');
    let [a, b] = [0, 1].map(|side| compared.rows(side));
    for index in 0..a.len().max(b.len()) {
        let rows = [a, b].map(|rows| rows.get(index));
        let [outcome_a, outcome_b] = rows.map(|row| row.map_or("", |row| row.outcome.as_str()));
        write!(text, "{index},{outcome_a},{outcome_b}").expect(IN_MEMORY);
        for (index, measure) in MEASURES.iter().enumerate() {
            let values = rows.map(|row| row.and_then(|row| row.value(index)));
            let difference = values[0].zip(values[1]).filter(|_| compared.comparison.paired).map(|(a, b)| b - a);
            for value in values.into_iter().chain([difference]) {
                text.push(',');
                if let Some(value) = value {
                    push(&mut text, measure.unit, value);
                }
            }
        }
        text.push('\n');
    }
    text
}

const IN_MEMORY: &str = "a string takes all text";

/// A number, times as seconds: exact however large.
fn push(text: &mut String, unit: Unit, value: i128) {
    if unit != Unit::Seconds {
        return write!(text, "{value}").expect(IN_MEMORY);
    }
    let sign = if value < 0 { "-" } else { "" };
    let micros = value.unsigned_abs();
    let (whole, fraction) = (micros / 1_000_000, micros % 1_000_000);
    write!(text, "{sign}{whole}").expect(IN_MEMORY);
    if fraction > 0 {
        let digits = format!(".{fraction:06}");
        text.push_str(digits.trim_end_matches('0'));
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
            let mut text = String::new();
            push(&mut text, Unit::Seconds, value);
            assert_eq!(text, written);
        }
    }
}
