//! The README and the pages below `docs` are true: commands print what they show, links lead somewhere, references are
//! complete.

mod commands;
mod reference;
mod rendering;

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::support::repository;

/// A Markdown file of the repository.
struct Page {
    /// From the folder of the repository.
    name: String,
    path: PathBuf,
    text: String,
}

impl Page {
    fn read(path: &Path) -> Page {
        let name = path.strip_prefix(repository()).expect("in the repository").display().to_string();
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Page { name, path: path.to_owned(), text }
    }

    /// What it means, in the dialect that GitHub shows.
    fn events(&self) -> Parser<'_> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS)
    }

    /// The fenced blocks of a language.
    fn blocks(&self, language: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut inside = false;
        for event in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(of))) if *of == *language => {
                    inside = true;
                    blocks.push(String::new());
                }
                Event::End(TagEnd::CodeBlock) => inside = false,
                Event::Text(text) if inside => blocks.last_mut().expect("just begun").push_str(&text),
                _ => {}
            }
        }
        blocks
    }
}

/// The README and the guide, whose commands are run.
fn guide() -> Vec<Page> {
    let mut paths = vec![repository().join("README.md")];
    for folder in ["docs", "docs/reference"] {
        let entries = fs::read_dir(repository().join(folder)).expect("the guide");
        let files = entries.map(|entry| entry.expect("an entry").path());
        paths.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

/// All pages that somebody reads.
fn pages() -> Vec<Page> {
    let others = ["CHANGELOG.md", "DESIGN.md", "results/README.md", "benches/README.md"];
    let others = others.iter().map(|name| Page::read(&repository().join(name)));
    guide().into_iter().chain(others).collect()
}
