//! The frame of every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::Provenance;
use super::chart::unparted;
use crate::report::table::steers;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What a command has to show.
pub struct Page<'p> {
    /// Of what: the scenario's name, say.
    pub title: &'p str,
    /// What it is about, in the words of whoever wrote the scenario; may be empty.
    pub description: &'p str,
    /// The settings in a line.
    pub settings: &'p str,
    /// The answer in sentences; the first one is the most important one.
    pub answer: Vec<String>,
    /// Sections of charts and tables.
    pub body: Markup,
    /// Where the numbers come from.
    pub provenance: Provenance<'p>,
}

impl Page<'_> {
    /// The whole file.
    pub fn render(&self) -> String {
        let description: String = self.description.trim().chars().filter(|c| *c == '\n' || !steers(*c)).collect();
        let (first, rest) = self.answer.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="generator" content={ "rollcast " (env!("CARGO_PKG_VERSION")) };
                    title { (self.title) " - rollcast" }
                    // Without one a browser would ask a server for it.
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        @if !description.is_empty() { p.description { (description) } }
                        p.settings { (self.settings) }
                    }
                    main {
                        section.answer aria-labelledby="answer" {
                            h2 #answer { "The answer" }
                            p.lead { (unparted(first)) }
                            @if !rest.is_empty() {
                                ul { @for sentence in rest { li { (unparted(sentence)) } } }
                            }
                        }
                        (self.body)
                        (self.provenance.render())
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string() + "\n"
    }
}

/// A part of a page under a heading; `id` is unique on the page.
pub fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            (content)
        }
    }
}

/// Charts side by side where there is room.
pub fn charts(charts: &[Markup]) -> Markup {
    html! { div.charts { @for chart in charts { (chart) } } }
}

/// Nothing may be loaded, and nothing may run but this file's own script.
fn policy() -> String {
    let hash = base64(&Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    )
}

/// S. Josefsson, "The Base16, Base32, and Base64 Data Encodings", RFC 4648 (2006), section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]);
            text.push(if at <= chunk.len() { letter } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn base64_matches_its_definition() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    /// Style and script stand in the page as they are; either would end at its own end tag.
    #[test]
    fn style_and_script_can_stand_in_a_page() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"), "{text}");
        }
    }
}
