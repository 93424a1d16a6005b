//! The frame of every chart. Charts are SVG that takes its colours from the page, with text that a phone shows large
//! enough.
//!
//! Readings tell the numbers at a place. Each is an area with a title, which browsers show by themselves; the page's
//! script shows it in a line below the chart, and lets arrow keys and fingers go through them.

use maud::{Markup, html};

use crate::report::words::unparted;

/// A drawing with its caption, and the line that readings appear in. Those of a drawing in rows stand in so many
/// `columns`.
pub(super) fn figure(title: &str, about: &str, legend: &Markup, drawing: &Markup, columns: usize) -> Markup {
    html! {
        figure {
            figcaption { h3 { (title) } p { (unparted(about)) } }
            (legend)
            div.drawing data-columns=[(columns > 0).then_some(columns)] { (drawing) }
            p.reading {}
        }
    }
}

/// A figure that says why there is nothing to show.
pub(super) fn nothing(title: &str, why: &str) -> Markup {
    html! { figure { figcaption { h3 { (title) } p { (why) } } } }
}

/// What each colour means: the classes of its sample, and its name.
pub(super) fn legend(entries: &[(String, &str)]) -> Markup {
    html! {
        @if !entries.is_empty() {
            ul.legend {
                @for (class, name) in entries {
                    li {
                        svg viewBox="0 0 34 12" aria-hidden="true" {
                            @if class.starts_with("line") {
                                path class=(class) d="M0,6H34" {}
                            } @else if class.starts_with("dot") {
                                circle class=(class) cx="17" cy="6" r="4" {}
                            } @else {
                                path class=(class) d="M0,0h34v12h-34z" {}
                            }
                        }
                        (name)
                    }
                }
            }
        }
    }
}
