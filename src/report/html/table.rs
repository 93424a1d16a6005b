//! Tables that scroll sideways where they do not fit.

use maud::{Markup, html};

use crate::report::document::{DataCell, DataTable};
use crate::report::words::unparted;

/// A number that a script reads: what never comes is later than any time.
fn sortable_number(value: f64) -> f64 {
    value.min(1e18)
}

/// The most rows on a page.
const MOST_ROWS: usize = 1_000;

/// A heading that may be broken behind a dot and an underscore, as long paths have them.
fn breakable(heading: &str) -> Markup {
    html! { @for part in heading.split_inclusive(['.', '_']) { (part) @if part.ends_with(['.', '_']) { wbr; } } }
}

pub(super) fn table(table: &DataTable) -> Markup {
    let DataTable { id, name, about, columns, rows, leading, sortable, file, .. } = table;
    let caption = match (name.as_str(), about.as_str()) {
        (name, "") => name.to_owned(),
        ("", about) => about.to_owned(),
        (name, about) => format!("{name}: {about}"),
    };
    let left_out = file.filter(|_| rows.len() > MOST_ROWS);
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby=(id) {
            table data-sortable[*sortable] {
                caption id=(id) { (unparted(&caption)) }
                thead { tr { @for column in columns { th scope="col" { (breakable(&column.heading)) } } } }
                tbody {
                    @for row in rows.iter().take(MOST_ROWS) {
                        tr {
                            @for (index, cell) in row.cells.iter().enumerate() {
                                @let key = cell.value.filter(|_| *sortable).map(sortable_number);
                                @if index < *leading {
                                    th scope="row" data-key=[key] {
                                        @if let (0, Some(of)) = (index, &row.of) { (breakable(of)) ", " }
                                        (breakable(&cell.text()))
                                    }
                                } @else {
                                    td data-key=[key] { (data(cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if let Some((noun, file)) = left_out {
            p.note { "The first " (MOST_ROWS) " of " (rows.len()) " " (noun) "; " (file) " has all of them." }
        }
    }
}

/// A number with its interval below it, smaller.
fn data(cell: &DataCell) -> Markup {
    let below: Vec<String> = [cell.mark.clone(), cell.interval()].into_iter().filter(|text| !text.is_empty()).collect();
    html! { (cell.text()) @if !below.is_empty() { small { (below.join(", ")) } } }
}
