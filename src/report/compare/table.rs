//! The comparison for a terminal: words, then columns. Fits 80 columns.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::Compared;
use super::words::{Line, answer, how, number_lines, of_pairs_alone, outcome_lines, signed};
use crate::comparison::{ROBOTS_FAILED, TIME_TO_SUCCESS};
use crate::metric::Unit;
use crate::metric::words::shown;
use crate::report::table::wrap;

/// The headings of the columns.
const HEADINGS: [&str; 5] = ["A", "B", "B - A", "from", "to"];

/// Measures of which quantiles are shown, too.
const IN_FULL: [usize; 2] = [TIME_TO_SUCCESS, ROBOTS_FAILED];

/// What changes from A to B.
pub fn render(compared: &Compared<'_>) -> String {
    let heading = format!("A: {}\nB: {}\n{}", compared.names[0], compared.names[1], wrap(&how(compared)));
    let answer = wrap(&answer(compared).join(" "));
    let mut text = format!("{heading}\n\n{answer}\n\n{}\n", columns(compared));
    if of_pairs_alone(compared) {
        let note = "The difference of means is that of the pairs in which both have a number, so it need not be B less A as they \
                    stand here.";
        text += &format!("\n{}\n", wrap(note));
    }
    text
}

fn columns(compared: &Compared<'_>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let head = |name: &str| std::iter::once(name.to_owned()).chain(HEADINGS.map(str::to_owned)).collect::<Vec<_>>();
    table.add_row(head("HOW LIKELY"));
    for line in outcome_lines(compared) {
        table.add_row(row(line.name, &line));
    }
    let numbers = || compared.comparison.numbers.iter().enumerate();
    for (heading, unit) in [("HOW LONG", Unit::Seconds), ("HOW MANY", Unit::Count)] {
        table.add_row([""; 6]);
        table.add_row(head(heading));
        for (index, found) in numbers().filter(|(_, found)| found.measure.unit == unit) {
            let [mean, quantiles @ ..] = number_lines(found);
            table.add_row(row(&format!("{}, mean", mean.name), &mean));
            if IN_FULL.contains(&index) {
                for line in quantiles {
                    table.add_row(row(&format!("  {}", line.statistic), &line));
                }
            }
        }
    }
    for column in 1..=HEADINGS.len() {
        let column = table.column_mut(column).expect("a column");
        column.set_cell_alignment(CellAlignment::Right);
        column.set_padding((2, 0));
    }
    table.column_mut(0).expect("a column").set_padding((1, 0));
    table.trim_fmt()
}

fn row(name: &str, line: &Line) -> [String; 6] {
    let missing = || String::from("-");
    let [a, b] = line.values.map(|value| value.map_or_else(missing, |value| shown(line.unit, value)));
    let difference = line.difference.map_or_else(missing, |(value, _)| signed(line.unit, value));
    let ends = line.difference.and_then(|(_, interval)| interval);
    let [low, high] = ends.map_or_else(|| [missing(), missing()], |ends| ends.map(|end| signed(line.unit, end)));
    [name.to_owned(), a, b, difference, low, high]
}
