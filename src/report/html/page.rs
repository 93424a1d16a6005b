//! The frame of every page.

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::figure::nothing;
use super::intervals::intervals;
use super::table::table;
use super::{heat_map, plane, provenance, shares};
use crate::report::chart::{Body, Chart};
use crate::report::document::{Document, Piece};
use crate::report::words::{steers, unparted};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The whole file.
pub(crate) fn render(document: &Document<'_>) -> String {
    let description: String = document.description.trim().chars().filter(|c| *c == '\n' || !steers(*c)).collect();
    let answer: Vec<String> = document.answer.iter().map(|sentence| unparted(&sentence.in_full())).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="generator" content={ "rollcast " (env!("CARGO_PKG_VERSION")) };
                title { (document.title) " - rollcast" }
                // Without one a browser would ask a server for it.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (document.title) }
                    @if !description.is_empty() { p.description { (description) } }
                    p.settings { (unparted(&document.question)) }
                }
                main {
                    section.answer aria-labelledby="answer" {
                        h2 #answer { "The answer" }
                        @if let [first, rest @ ..] = &answer[..] {
                            p.lead { (first) }
                            @if !rest.is_empty() { ul { @for sentence in rest { li { (sentence) } } } }
                        }
                    }
                    @for part in &document.sections {
                        (section(&part.id, &part.heading, &html! { @for block in &part.blocks { (self::block(block)) } }))
                    }
                    @if let Some(provenance) = &document.provenance {
                        (section("provenance", "Where the numbers come from", &provenance::content(provenance)))
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

fn block(block: &Piece) -> Markup {
    match block {
        Piece::Note(_, text) => html! { p.note { (unparted(text)) } },
        Piece::Tables(tables) => html! { @for table in tables { (self::table(table)) } },
        // Side by side where there is room.
        Piece::Charts(charts) => html! { div.charts { @for chart in charts { (self::chart(chart)) } } },
        Piece::Intervals(title, about, rows) => html! { div.charts { (intervals(title, about, rows)) } },
        Piece::Facts(heading, facts) => html! {
            dl {
                @for (index, (name, what)) in facts.iter().enumerate() {
                    @let heads = index == 0 && name.is_empty();
                    div { dt { @if heads { strong { (heading) } } @else { (name) } } dd { (unparted(what)) } }
                }
            }
        },
    }
}

fn chart(chart: &Chart) -> Markup {
    match &chart.body {
        Body::Plane(plane) => plane::draw(chart, plane),
        Body::Shares(shares) => shares::draw(chart, shares),
        Body::HeatMap(map) => heat_map::draw(chart, map),
        Body::Nothing(why) => nothing(&chart.title, why),
    }
}

/// A part of a page under a heading; `id` is unique on the page.
fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            (content)
        }
    }
}

/// Nothing may be loaded, and nothing may run but this file's own script.
fn policy() -> String {
    let hash = BASE64.encode(&Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Style and script stand in the page as they are; either would end at its own end tag.
    #[test]
    fn style_and_script_can_stand_in_a_page() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"), "{text}");
        }
    }
}
