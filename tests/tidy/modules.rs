//! Which module may use which: the maps in both `lib.rs` are what the sources say, and no imports go in a circle.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::sources::{self, Source, crate_sources, is_ident, is_punct, repository};

/// The imports of the engine that still close a circle; none may be added.
const KNOWN_CIRCLES: &[(&str, &str)] = &[];

type Imports = BTreeMap<String, BTreeSet<String>>;

/// The top-level modules of a crate, and which others they use; `crate` and `super` are followed, and the engine's
/// modules count by their names in the program, too.
fn imports(folder: &str) -> Imports {
    let sources = crate_sources(folder);
    let mut imports: Imports = BTreeMap::new();
    for Source { module, tokens, .. } in &sources {
        let Some(top) = module.first() else { continue };
        let used = imports.entry(top.clone()).or_default();
        follow(tokens, module.len(), used);
        used.remove(top);
    }
    imports
}

/// Adds the first words below the crate's root of all paths in the tokens of a module so many levels below it.
fn follow(tokens: &TokenStream, level: usize, used: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            let before = &tokens[..at];
            let documents = before.last().is_some_and(|token| is_punct(token, '#'))
                && group.stream().into_iter().next().is_some_and(|token| is_ident(&token, "doc"));
            let is_module = group.delimiter() == Delimiter::Brace
                && matches!(before, [.., keyword, TokenTree::Ident(_)] if is_ident(keyword, "mod"));
            if !documents {
                follow(&group.stream(), level + usize::from(is_module), used);
            }
            continue;
        }
        let inside = at > 0 && (is_punct(&tokens[at - 1], ':') || is_ident(&tokens[at - 1], "in"));
        if inside {
            continue;
        }
        if is_ident(token, "crate") || is_ident(token, "rollcast_engine") {
            first_words(&tokens[at + 1..], used);
        } else if is_ident(token, "super") {
            let mut rest = &tokens[at + 1..];
            let mut levels = 1;
            while let [first, second, next, ..] = rest
                && is_punct(first, ':')
                && is_punct(second, ':')
                && is_ident(next, "super")
            {
                rest = &rest[3..];
                levels += 1;
            }
            if levels == level {
                first_words(rest, used);
            }
        }
    }
}

/// Adds the words with which what follows a `crate` goes on: `::word` or `::{word, word::more}`.
fn first_words(rest: &[TokenTree], used: &mut BTreeSet<String>) {
    let [first, second, next, ..] = rest else { return };
    if !is_punct(first, ':') || !is_punct(second, ':') {
        return;
    }
    match next {
        TokenTree::Ident(word) => {
            used.insert(word.to_string());
        }
        TokenTree::Group(group) => {
            let mut begins = true;
            for token in group.stream() {
                if let (true, TokenTree::Ident(word)) = (begins, &token) {
                    used.insert(word.to_string());
                }
                begins = is_punct(&token, ',');
            }
        }
        _ => {}
    }
}

/// The map in a crate's `lib.rs`: the rows `| [`module`] | what it is | `other`, `another` |`.
fn map(folder: &str) -> Imports {
    let text = sources::read(&repository().join(folder).join("lib.rs"));
    let mut map = BTreeMap::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("//! | [`")) {
        let (module, rest) = row.split_once('`').expect("a name in backticks");
        let depends = rest.trim_end_matches(" |").rsplit('|').next().expect("a last column");
        let names = depends.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        map.insert(module.to_owned(), names);
    }
    map
}

#[test]
fn the_maps_are_what_the_sources_say() {
    for folder in ["engine/src", "src"] {
        let (imports, map) = (imports(folder), map(folder));
        let mut wrong = Vec::new();
        for module in imports.keys().chain(map.keys()).collect::<BTreeSet<_>>() {
            match (imports.get(module), map.get(module)) {
                (Some(used), Some(said)) if used != said => {
                    wrong.push(format!("`{module}` depends on {}", in_words(used)));
                }
                (Some(_), Some(_)) => {}
                (Some(used), None) => {
                    wrong.push(format!("`{module}` is not in the map; it depends on {}", in_words(used)))
                }
                (None, _) => wrong.push(format!("there is no module `{module}`")),
            }
        }
        assert!(wrong.is_empty(), "the map in {folder}/lib.rs differs from the imports:\n{}", wrong.join("\n"));
    }
}

fn in_words(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[test]
fn no_imports_go_in_a_circle() {
    for folder in ["engine/src", "src"] {
        let mut imports = imports(folder);
        for (from, to) in KNOWN_CIRCLES {
            imports.entry((*from).to_owned()).or_default().remove(*to);
        }
        // Whatever depends on nothing that is left can be taken away; a circle cannot.
        loop {
            let leaves: Vec<String> = imports
                .iter()
                .filter(|(_, used)| !used.iter().any(|other| imports.contains_key(other)))
                .map(|(module, _)| module.clone())
                .collect();
            if leaves.is_empty() {
                break;
            }
            for leaf in leaves {
                imports.remove(&leaf);
            }
        }
        assert!(imports.is_empty(), "in {folder} these import each other in a circle: {imports:#?}");
    }
}

/// What the two tests above stand on: paths are found wherever they are, and nothing else is taken for one.
#[test]
fn paths_are_found() {
    let source = "
        use crate::{one, two::{A, B}, three as third};
        use super::Sibling;
        use super::super::four::C;
        pub(in crate::not_this) fn f() -> crate::five::D { say!(\"{}\", crate::six::e()) }
        /// See [`crate::not_that`].
        mod inner { use super::Outer; use super::super::super::seven; }
        #[cfg(test)] mod tests { use crate::not_in_tests; }
    ";
    let mut used = BTreeSet::new();
    let tokens = sources::without_tests(source.parse().expect("tokens"));
    follow(&tokens, 2, &mut used);
    assert_eq!(used.into_iter().collect::<Vec<_>>(), ["five", "four", "one", "seven", "six", "three", "two"]);
}
