//! Pages are shown as they were meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::super::support::repository;
use super::{Page, guide, pages};

/// A row that the parser did not take for a row of its table is shown as text with bars.
#[test]
fn tables_are_tables() {
    for page in pages() {
        let mut code = false;
        let mut table = false;
        for event in page.events() {
            match event {
                Event::Start(Tag::CodeBlock(_)) => code = true,
                Event::End(TagEnd::CodeBlock) => code = false,
                Event::Start(Tag::Table(_)) => table = true,
                Event::End(TagEnd::Table) => table = false,
                Event::Text(text) if !code && !table => {
                    assert!(!text.contains('|'), "{}: a bar outside of a table: {text}", page.name);
                }
                _ => {}
            }
        }
        // A row with more cells than its table has columns loses what is in the last ones.
        let mut columns = None;
        for line in page.text.lines().map(|line| line.trim().replace("\\|", "")) {
            let cells = line.starts_with('|').then(|| line.matches('|').count());
            if let (Some(columns), Some(cells)) = (columns, cells) {
                assert_eq!(cells, columns, "{}: another number of cells in {line}", page.name);
            }
            columns = cells;
        }
    }
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in page.events() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let words = heading.take().unwrap_or_default().to_lowercase();
                let kept = words.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
                anchors.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    anchors
}

#[test]
fn links_lead_somewhere() {
    let anchors: BTreeMap<_, _> = pages().iter().map(|page| (page.path.clone(), anchors(page))).collect();
    let mut linked = 0;
    for page in pages() {
        for event in page.events() {
            let (Event::Start(Tag::Link { dest_url, .. }) | Event::Start(Tag::Image { dest_url, .. })) = event else {
                continue;
            };
            if dest_url.starts_with("https://") {
                continue;
            }
            let (file, anchor) = dest_url.split_once('#').unwrap_or((&dest_url, ""));
            let folder = page.path.parent().expect("a file is in a folder");
            let target = if file.is_empty() { page.path.clone() } else { folder.join(file) };
            let target = fs::canonicalize(&target).unwrap_or_else(|_| panic!("{}: no {dest_url}", page.name));
            if !anchor.is_empty() {
                let target = anchors.iter().find(|(path, _)| fs::canonicalize(path).is_ok_and(|path| path == target));
                let (_, anchors) = target.unwrap_or_else(|| panic!("{}: {dest_url} is no page", page.name));
                assert!(anchors.contains(anchor), "{}: no {dest_url}", page.name);
            }
            linked += 1;
        }
    }
    assert!(linked > 30, "{linked} links");
}

/// Each page of the guide is in its table of contents.
#[test]
fn the_guide_lists_its_pages() {
    let contents = Page::read(&repository().join("docs/README.md"));
    for page in guide() {
        if let Some(name) = page.name.strip_prefix("docs/").filter(|name| *name != "README.md") {
            assert!(contents.text.contains(&format!("({name})")), "docs/README.md does not list {name}");
        }
    }
}

/// No sentence stands twice on a page.
#[test]
fn nothing_is_said_twice() {
    for page in pages() {
        let mut said = BTreeSet::new();
        let mut block = String::new();
        for event in page.events() {
            match event {
                Event::Text(text) | Event::Code(text) => block.push_str(&text),
                Event::SoftBreak => block.push(' '),
                Event::End(TagEnd::Paragraph | TagEnd::Item) => {
                    for sentence in block.split(". ").filter(|sentence| sentence.split(' ').count() > 7) {
                        assert!(said.insert(sentence.to_owned()), "{} says twice: {sentence}", page.name);
                    }
                    block.clear();
                }
                Event::End(_) => block.clear(),
                _ => {}
            }
        }
    }
}

/// Users' first page stays short.
#[test]
fn the_readme_is_short() {
    let lines = Page::read(&repository().join("README.md")).text.lines().count();
    assert!(lines < 250, "{lines} lines");
}
