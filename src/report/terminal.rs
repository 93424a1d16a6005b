//! A document for a terminal: lines of text that fit 80 columns, unless a table's numbers alone do not.

use super::document::{DataCell, DataColumn, DataTable, Document, Intervals, Piece, Reach};
use super::words::{titled, unparted};

pub(crate) const WIDTH: usize = 80;
/// Where the second column of facts begins: behind the longest step.
const INDENT: usize = 32;
/// Labels of rows have at least this room, however wide the numbers are.
const LEAST_LABEL: usize = 22;

/// The whole of it.
pub(crate) fn render(document: &Document<'_>) -> String {
    let mut head = wrap(&titled(&document.title, &document.description));
    if !document.question.is_empty() {
        head += &format!("\n{}", wrap(&document.question));
    }
    let mut blocks = vec![head];
    let answer = document.answer.iter().filter(|sentence| sentence.place == Reach::Everywhere);
    let answer = answer.map(|sentence| sentence.in_brief()).collect::<Vec<_>>().join(" ");
    blocks.extend((!answer.is_empty()).then(|| wrap(&answer)));
    for section in document.sections.iter().filter(|section| section.place == Reach::Everywhere) {
        blocks.extend(section.blocks.iter().filter_map(block));
    }
    blocks.join("\n\n") + "\n"
}

/// Fills lines, and never parts a number from its percent sign.
pub(crate) fn wrap(text: &str) -> String {
    textwrap::fill(&unparted(text), WIDTH).replace('\u{a0}', " ")
}

fn block(block: &Piece) -> Option<String> {
    match block {
        Piece::Note(Reach::Everywhere, text) => Some(wrap(text)),
        Piece::Tables(all) => {
            let all: Vec<&DataTable> =
                all.iter().filter(|table| table.place == Reach::Everywhere && !table.rows.is_empty()).collect();
            (!all.is_empty()).then(|| tables(&all))
        }
        Piece::Facts(heading, facts) => Some(self::facts(heading, facts)),
        Piece::Note(..) | Piece::Charts(_) | Piece::Intervals(..) => None,
    }
}

/// Two columns; what is too long for the second goes on below.
fn facts(heading: &str, facts: &[(String, String)]) -> String {
    let mut text = Vec::new();
    for (index, (name, what)) in facts.iter().enumerate() {
        let name = if index == 0 && name.is_empty() { heading.to_uppercase() } else { name.clone() };
        let mut left = format!(" {name}");
        for line in textwrap::wrap(&unparted(what), WIDTH - INDENT) {
            text.push(format!("{left:INDENT$}{line}").replace('\u{a0}', " ").trim_end().to_owned());
            left.clear();
        }
    }
    text.join("\n")
}

/// A line of a table.
enum TextLine {
    /// From the left edge.
    Free(String),
    Cells(Vec<String>),
}

/// How a column's cells stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alignment {
    Left,
    Right,
}

/// How much room a table takes.
struct Room {
    /// Between the first column and the second, and between others.
    gaps: (usize, usize),
    /// The most letters of a line of a heading, unless a single word is longer.
    heading: usize,
    /// Whether a label that leaves the numbers no room stands on a line of its own.
    breaks: bool,
}

/// From wide to narrow.
const ROOMS: [Room; 6] = [
    Room { gaps: (3, 2), heading: 22, breaks: false },
    Room { gaps: (2, 2), heading: 22, breaks: false },
    Room { gaps: (3, 2), heading: 14, breaks: false },
    Room { gaps: (2, 1), heading: 22, breaks: false },
    Room { gaps: (2, 2), heading: 22, breaks: true },
    Room { gaps: (2, 1), heading: 14, breaks: true },
];

/// Tables one below the other, their columns aligned with each other.
fn tables(all: &[&DataTable]) -> String {
    let fits = |text: &String| text.lines().all(|line| line.chars().count() <= WIDTH);
    let mut texts = ROOMS.iter().map(|room| aligned(all, room));
    let wide = texts.next().unwrap_or_default();
    if fits(&wide) { wide } else { texts.find(fits).unwrap_or(wide) }
}

fn aligned(all: &[&DataTable], room: &Room) -> String {
    let mut sides: Vec<Alignment> = Vec::new();
    let mut lines = Vec::new();
    for (index, table) in all.iter().enumerate() {
        if index > 0 {
            lines.push(TextLine::Free(String::new()));
        }
        let these = sides_of(table);
        if these.len() > sides.len() {
            sides = these;
        }
        lines_of(table, room.heading, &mut lines);
    }
    let cells = || lines.iter().filter_map(|line| if let TextLine::Cells(cells) = line { Some(cells) } else { None });
    let width = |column: usize| cells().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let mut widths: Vec<usize> = (0..sides.len()).map(|column| width(column).unwrap_or(0)).collect();
    let gap = |column: usize| match column {
        0 => 1,
        1 => room.gaps.0,
        _ => room.gaps.1,
    };
    if room.breaks && sides[0] == Alignment::Left {
        let numbers: usize = (1..widths.len()).map(|column| widths[column] + gap(column)).sum();
        let labels = || cells().map(|row| row[0].chars().count());
        let rest = (WIDTH - 1).saturating_sub(numbers).max(LEAST_LABEL);
        widths[0] = labels().filter(|label| *label <= rest).max().unwrap_or(0);
    }
    let mut text: Vec<String> = Vec::new();
    for line in &lines {
        let cells = match line {
            TextLine::Free(words) => {
                text.push(words.clone());
                continue;
            }
            TextLine::Cells(cells) => cells,
        };
        let mut row = String::new();
        for (column, ((cell, width), side)) in cells.iter().zip(&widths).zip(&sides).enumerate() {
            let apart = gap(column);
            if column == 0 && cell.chars().count() > *width {
                text.push(format!(" {cell}"));
                row = " ".repeat(width + 1);
            } else if *side == Alignment::Left {
                row += &format!("{:apart$}{cell:<width$}", "");
            } else {
                row += &format!("{:apart$}{cell:>width$}", "");
            }
        }
        text.push(row.trim_end().to_owned());
    }
    text.join("\n")
}

fn shown(table: &DataTable) -> impl Iterator<Item = (usize, &DataColumn)> {
    table.columns.iter().enumerate().filter(|(_, column)| column.place == Reach::Everywhere)
}

fn sides_of(table: &DataTable) -> Vec<Alignment> {
    let sides = shown(table).flat_map(|(_, column)| {
        let side = if column.words { Alignment::Left } else { Alignment::Right };
        let ends = if column.intervals == Intervals::InColumns { 2 } else { 0 };
        std::iter::repeat_n(side, 1 + ends)
    });
    sides.collect()
}

/// The heading and the rows of a table.
fn lines_of(table: &DataTable, heading: usize, lines: &mut Vec<TextLine>) {
    let mut headings: Vec<Vec<String>> = Vec::new();
    for (index, column) in shown(table) {
        // A table's name heads the column that has no heading.
        let name = if index == 0 && column.heading.is_empty() { &table.name } else { &column.heading };
        let all_in_capitals = index < table.leading && !name.contains('.');
        let name = if all_in_capitals { name.to_uppercase() } else { name.clone() };
        headings.push(if index == 0 && all_in_capitals { vec![name] } else { broken(&name, heading) });
        if column.intervals == Intervals::InColumns {
            headings.extend([vec![String::from("from")], vec![String::from("to")]]);
        }
    }
    if !table.columns[0].heading.is_empty() && !table.name.is_empty() {
        let about = if table.about.is_empty() { String::new() } else { format!(": {}", table.about) };
        lines.push(TextLine::Free(format!(" {}{about}", table.name.to_uppercase())));
    }
    // Short headings stand at the bottom, above their numbers.
    let height = headings.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let word =
            |heading: &Vec<String>| (line + heading.len()).checked_sub(height).map_or("", |at| &heading[at]).to_owned();
        lines.push(TextLine::Cells(headings.iter().map(word).collect()));
    }
    let rows: Vec<_> = table.rows.iter().filter(|row| row.place == Reach::Everywhere).collect();
    let rows = &rows[..table.most.unwrap_or(rows.len()).min(rows.len())];
    let columns: Vec<Vec<Vec<String>>> = shown(table)
        .map(|(index, column)| cells(column, &rows.iter().map(|row| &row.cells[index]).collect::<Vec<_>>()))
        .collect();
    let mut last: Option<&String> = None;
    for (index, row) in rows.iter().enumerate() {
        let mut words: Vec<String> = columns.iter().flat_map(|column| column[index].clone()).collect();
        once_for_all(&mut words);
        if let Some(of) = &row.of {
            let first = last != Some(of);
            if first && table.above {
                lines.push(TextLine::Free(format!(" {of}")));
            }
            words[0] = if first && !table.above { format!("{of}, {}", words[0]) } else { format!("  {}", words[0]) };
        }
        last = row.of.as_ref();
        lines.push(TextLine::Cells(words));
    }
    if let (Some((_, file)), more @ 1..) = (table.file, table.rows.len() - rows.len()) {
        lines.push(TextLine::Free(format!(" {more} more in {file}")));
    }
}

/// A long unit that all numbers of a row have stands at its label.
fn once_for_all(words: &mut [String]) {
    const LONG: &str = "bit/s";
    if let [label, numbers @ ..] = words
        && numbers.iter().any(|number| number.ends_with(LONG))
        && numbers.iter().all(|number| number.ends_with(LONG) || number == "-")
    {
        *label += &format!(", {LONG}");
        numbers.iter_mut().for_each(|number| *number = number.trim_end_matches(LONG).to_owned());
    }
}

/// What a column says in each row: one text, or three where intervals have columns of their own.
fn cells(column: &DataColumn, cells: &[&DataCell]) -> Vec<Vec<String>> {
    let widest = |texts: &dyn Fn(&DataCell) -> String| cells.iter().map(|cell| texts(cell).chars().count()).max();
    let end = |cell: &DataCell, end: usize| cell.ends()[end].clone();
    let (value, low, high) = (
        widest(&DataCell::text).unwrap_or(0),
        widest(&|cell| end(cell, 0).unwrap_or_default()).unwrap_or(0),
        widest(&|cell| end(cell, 1).unwrap_or_default()).unwrap_or(0),
    );
    let text = |cell: &&DataCell| {
        let words = if cell.mark.is_empty() { cell.text() } else { format!("{} {}", cell.text(), cell.mark) };
        match (column.intervals, cell.ends()) {
            (Intervals::Nowhere, _) => vec![words],
            (Intervals::Beside, [Some(from), Some(to)]) => {
                vec![format!("{words:>value$}  {from:>low$} to {to:>high$}")]
            }
            (Intervals::Beside, _) => {
                vec![format!("{words:>value$}{:1$}", "", if low > 0 { low + high + 6 } else { 0 })]
            }
            (Intervals::InColumns, ends) => {
                let missing = if words.is_empty() { "" } else { "-" };
                let [from, to] = ends.map(|end| end.unwrap_or_else(|| missing.to_owned()));
                vec![words, from, to]
            }
        }
    };
    cells.iter().map(text).collect()
}

/// A path in lines: one a segment, those beyond a width broken behind an underscore. Other words stay on one line.
fn broken(path: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for segment in path.split('.') {
        let mut line = String::new();
        for word in segment.split_inclusive('_') {
            if !line.is_empty() && line.len() + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            line += word;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_break_where_they_may() {
        let lines = |path: &str| broken(path, 22).join("|");
        assert_eq!(lines("campaign.time_to_success_s.p95"), "campaign|time_to_success_s|p95");
        assert_eq!(
            lines("deployment.concurrent_deployment_percentage"),
            "deployment|concurrent_deployment_|percentage"
        );
    }
}
