//! Tables that scroll sideways where they do not fit.

use maud::{Markup, html};

use crate::metric::Unit;
use crate::metric::words::shown;
use crate::statistics::Estimate;

/// A table: a heading for each column, and rows that begin with a heading of their own.
pub struct Columns {
    /// Unique on the page.
    pub id: String,
    /// What it shows.
    pub caption: String,
    /// The heading of the first column, then those of the others.
    pub headings: Vec<String>,
    /// How many columns at the left head their rows; at least 1.
    pub leading: usize,
    /// Each with as many cells as there are headings.
    pub rows: Vec<Vec<Cell>>,
    /// Whether the page's script may sort it.
    pub sortable: bool,
}

/// A cell of a table.
pub struct Cell {
    /// What it says.
    pub words: String,
    /// What stands below, smaller.
    pub below: String,
    /// What to sort by; none sorts last.
    pub key: Option<f64>,
}

impl Cell {
    /// A cell of words alone.
    pub fn new(words: impl Into<String>) -> Cell {
        Cell { words: words.into(), below: String::new(), key: None }
    }
}

/// A number with its interval; what does not exist is a hyphen.
pub fn estimate(unit: Unit, estimate: &Estimate) -> Cell {
    // The interval of a probability of nothing is no news.
    let ends = estimate.interval.filter(|_| estimate.value.is_some());
    Cell {
        words: estimate.value.map_or_else(|| String::from("-"), |value| shown(unit, value)),
        below: ends.map_or_else(String::new, |[low, high]| format!("{} to {}", shown(unit, low), shown(unit, high))),
        key: estimate.value,
    }
}

/// A heading that may be broken behind a dot and an underscore, as long paths have them.
fn breakable(heading: &str) -> Markup {
    html! { @for part in heading.split_inclusive(['.', '_']) { (part) @if part.ends_with(['.', '_']) { wbr; } } }
}

impl Columns {
    /// The table.
    pub fn render(&self) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-labelledby=(self.id) {
                table data-sortable[self.sortable] {
                    caption id=(self.id) { (self.caption) }
                    thead {
                        tr { @for heading in &self.headings { th scope="col" { (breakable(heading)) } } }
                    }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                @for (column, Cell { words, below, key }) in row.iter().enumerate() {
                                    @let key = key.filter(|_| self.sortable);
                                    @if column < self.leading {
                                        th scope="row" data-key=[key] { (breakable(words)) }
                                    } @else {
                                        td data-key=[key] { (words) @if !below.is_empty() { small { (below) } } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
