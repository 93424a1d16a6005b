//! A document for the summary of a pull request.

use super::document::{DataCell, DataRow, DataTable, Document, News, Piece, Reach};

/// A heading, the answer, and the tables.
pub(crate) fn render(document: &Document<'_>) -> String {
    let mark = match document.passes {
        Some(true) => "✅ ",
        Some(false) => "❌ ",
        None => "",
    };
    let mut text = format!("### {mark}{}\n\n", escaped(&document.title));
    let answer = document.answer.iter().filter(|sentence| sentence.place == Reach::Everywhere);
    text += &answer.map(|sentence| escaped(&sentence.in_brief())).collect::<Vec<_>>().join(" ");
    text += "\n\n";
    for block in document.sections.iter().flat_map(|section| &section.blocks) {
        match block {
            Piece::Note(Reach::Everywhere, note) => text += &format!("{}\n\n", escaped(note)),
            Piece::Tables(tables) => {
                tables
                    .iter()
                    .filter(|table| table.place == Reach::Everywhere)
                    .for_each(|table| text += &of_table(table));
            }
            _ => (),
        }
    }
    text
}

/// Verdicts stand first, where eyes look for them.
fn of_table(table: &DataTable) -> String {
    let (verdicts, others): (Vec<usize>, Vec<usize>) = (0..table.columns.len())
        .filter(|column| table.columns[*column].place == Reach::Everywhere)
        .partition(|column| table.rows.iter().any(|row| row.cells[*column].news.is_some()));
    let columns: Vec<usize> = verdicts.iter().chain(&others).copied().collect();
    let belongs = table.rows.iter().any(|row| row.of.is_some());
    let head = |of: Option<&str>, cell: &dyn Fn(usize) -> String| {
        let (first, rest) = columns.split_at(verdicts.len());
        let cells: Vec<String> = first
            .iter()
            .map(|column| cell(*column))
            .chain(of.filter(|_| belongs).map(str::to_owned))
            .chain(rest.iter().map(|column| cell(*column)))
            .collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let heading = |column: usize| match table.columns[column].heading.as_str() {
        "" if !belongs => escaped(&table.name),
        heading => escaped(heading),
    };
    let mut text = head(Some(&escaped(&table.name)), &heading);
    let rule = |column: usize| String::from(if table.columns[column].words { "---" } else { "---:" });
    text += &head(Some("---"), &rule).replace(' ', "");
    let mut last = None;
    for row in table.rows.iter().filter(|row| row.place == Reach::Everywhere) {
        let of = row.of.as_ref().filter(|of| last != Some(*of));
        last = row.of.as_ref();
        text += &head(Some(&of.map_or_else(String::new, |of| belonging(of, row))), &|column| words(&row.cells[column]));
    }
    text + "\n"
}

fn belonging(of: &str, row: &DataRow) -> String {
    if row.why.is_empty() { escaped(of) } else { format!("{}<br>{}", escaped(of), escaped(&row.why)) }
}

fn words(cell: &DataCell) -> String {
    let mark = match cell.news {
        Some(News::Good) => "✅ ",
        Some(News::Bad) => "❌ ",
        Some(News::Open) => "❔ ",
        None => "",
    };
    let interval = cell.interval();
    let interval = if interval.is_empty() { interval } else { format!(" ({interval})") };
    let known = if cell.mark.is_empty() { String::new() } else { format!(" {}", cell.mark) };
    format!("{mark}{}", escaped(&(cell.text() + &interval + &known)))
}

/// Text within a cell of a table: one line, and nothing in it is markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '#' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_cell_holds_any_text() {
        assert_eq!(escaped("a|b\n<img> `x_y`\\"), "a\\|b &lt;img&gt; \\`x\\_y\\`\\\\");
    }
}
