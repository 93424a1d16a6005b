//! The source files as tokens: without comments, and without what only tests see.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// The folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The paths of the files below a folder of the repository whose names end so, in order.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().is_some_and(|path| path.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// How a file is called in a message.
pub fn name(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A source file of a crate.
pub struct Source {
    pub name: String,
    /// The path of its module from the root of the crate: `["rollout", "job"]`.
    pub module: Vec<String>,
    pub tokens: TokenStream,
}

/// The files of a crate, by the folder of its `lib.rs`; those of test modules are left out.
pub fn crate_sources(folder: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut tests = BTreeSet::new();
    for path in files(folder, ".rs") {
        let tokens: TokenStream = read(&path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let inside = path.strip_prefix(repository().join(folder)).expect("below the folder").with_extension("");
        let mut module: Vec<String> =
            inside.iter().map(|part| part.to_str().expect("UTF-8").to_owned()).filter(|part| part != "mod").collect();
        if ["lib", "main"].contains(&module[0].as_str()) {
            module.clear();
        }
        for test in test_modules(tokens.clone()) {
            tests.insert([&module[..], &[test]].concat());
        }
        sources.push(Source { name: name(&path), module, tokens: without_tests(tokens) });
    }
    sources.retain(|source| (1..=source.module.len()).all(|length| !tests.contains(&source.module[..length])));
    sources
}

/// The modules `m` of `#[cfg(test)] mod m;`.
fn test_modules(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut modules = Vec::new();
    for (at, window) in tokens.windows(2).enumerate() {
        let [hash, TokenTree::Group(attribute)] = window else { continue };
        if is_punct(hash, '#') && is_test(attribute) {
            let visibility = |token: &&TokenTree| is_ident(token, "pub") || matches!(token, TokenTree::Group(_));
            let item: Vec<&TokenTree> = tokens[at + 2..].iter().skip_while(visibility).take(3).collect();
            if let [keyword, TokenTree::Ident(module), end] = item[..]
                && is_ident(keyword, "mod")
                && is_punct(end, ';')
            {
                modules.push(module.to_string());
            }
        }
    }
    modules
}

/// The tokens without items for tests.
pub fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let attribute = match rest.peek() {
            Some(TokenTree::Group(group)) if is_punct(&token, '#') => Some(group.clone()),
            _ => None,
        };
        if attribute.is_some_and(|attribute| is_test(&attribute)) {
            rest.next();
            // The item ends with a semicolon or its body.
            for token in rest.by_ref() {
                let is_body = matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
                if is_body || is_punct(&token, ';') {
                    break;
                }
            }
        } else if let TokenTree::Group(group) = token {
            let mut inner = Group::new(group.delimiter(), without_tests(group.stream()));
            inner.set_span(group.span());
            kept.push(TokenTree::Group(inner));
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

/// Whether an attribute is `[cfg(test)]`.
fn is_test(attribute: &Group) -> bool {
    attribute.delimiter() == Delimiter::Bracket && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

pub fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

pub fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

pub fn ident(token: Option<&TokenTree>) -> Option<&Ident> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}
