//! Names and comments: nothing twice, nothing empty, nothing too long.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::at_most;
use super::sources::{crate_sources, files, ident, is_ident, is_punct, name, read};

/// The widest line, as in `rustfmt.toml`, which leaves comments and strings alone.
const WIDEST: usize = 120;

/// How many lines are wider still.
const WIDE: usize = 6;

/// The longest file.
const LONGEST: usize = 600;

#[test]
fn lines_are_not_wider_than_the_format_says() {
    let mut wide = Vec::new();
    for folder in ["src", "engine/src", "tests", "benches"] {
        for path in files(folder, ".rs").iter().filter(|path| !name(path).contains("/target/")) {
            let text = read(path);
            let mut strings = BTreeSet::new();
            lines_of_strings(text.parse().unwrap_or_default(), &mut strings);
            for (number, line) in (1..).zip(text.lines()) {
                let width = line.chars().count();
                // Strings are as wide as what they print, and rows of tables in doc comments cannot be broken.
                let may = strings.contains(&number) || line.trim_start().starts_with("//! |");
                if width > WIDEST && !may {
                    wide.push(format!("{}:{number}: {width} wide", name(path)));
                }
            }
        }
    }
    at_most(WIDE, &format!("lines wider than {WIDEST}"), &wide);
}

/// Adds the numbers of the lines on which string literals stand.
fn lines_of_strings(tokens: TokenStream, found: &mut BTreeSet<usize>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => lines_of_strings(group.stream(), found),
            TokenTree::Literal(literal) if literal.to_string().contains('"') => {
                found.extend(literal.span().start().line..=literal.span().end().line);
            }
            _ => {}
        }
    }
}

#[test]
fn files_have_one_subject() {
    let mut long = Vec::new();
    for folder in ["src", "engine/src", "tests"] {
        for path in files(folder, ".rs").iter().filter(|path| !name(path).contains("/target/")) {
            let lines = read(path).lines().count();
            if lines > LONGEST {
                long.push(format!("{}: {lines} lines", name(path)));
            }
        }
    }
    at_most(0, &format!("files longer than {LONGEST} lines"), &long);
}

#[test]
fn a_type_name_means_one_thing() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in ["engine/src", "src"] {
        for source in crate_sources(folder) {
            types(&source.tokens, &mut |name| places.entry(name).or_default().push(source.name.clone()));
        }
    }
    let twice = places.iter().filter(|(_, places)| places.len() > 1);
    let twice: Vec<String> = twice.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    at_most(0, "names of types that mean more than one thing", &twice);
}

/// Hands on the names of the structs, enums and traits.
fn types(tokens: &TokenStream, found: &mut impl FnMut(String)) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            types(&group.stream(), found);
        } else if ["struct", "enum", "trait"].iter().any(|keyword| is_ident(token, keyword))
            && let Some(name) = ident(tokens.get(at + 1))
        {
            found(name.to_string());
        }
    }
}

/// A doc comment and the tokens of what it documents.
struct Documented<'a> {
    line: usize,
    text: String,
    item: &'a [TokenTree],
}

/// Hands on every item with its doc comment, which may be empty; fields, variants and methods are items, too.
fn documented(tokens: &TokenStream, found: &mut impl FnMut(Documented)) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut at = 0;
    let mut begins = true;
    while at < tokens.len() {
        if begins {
            let mut text = String::new();
            while at + 1 < tokens.len()
                && is_punct(&tokens[at], '#')
                && let TokenTree::Group(group) = &tokens[at + 1]
                && group.delimiter() == Delimiter::Bracket
            {
                let mut parts = group.stream().into_iter();
                if parts.next().is_some_and(|first| is_ident(&first, "doc"))
                    && let Some(TokenTree::Literal(line)) = parts.nth(1)
                {
                    text.push_str(line.to_string().trim_start_matches('r').trim_matches(['"', '#']));
                    text.push(' ');
                }
                at += 2;
            }
            if let Some(token) = tokens.get(at) {
                found(Documented { line: token.span().start().line, text, item: &tokens[at..] });
            }
        }
        let Some(token) = tokens.get(at) else { break };
        begins = is_punct(token, ',') || is_punct(token, ';');
        if let TokenTree::Group(group) = token {
            begins = group.delimiter() == Delimiter::Brace;
            documented(&group.stream(), found);
        }
        at += 1;
    }
}

#[test]
fn doc_comments_say_something_or_are_left_out() {
    let mut empty = Vec::new();
    for folder in ["engine/src", "src"] {
        for source in crate_sources(folder) {
            documented(&source.tokens, &mut |Documented { line, text, .. }| {
                let words = text.split_whitespace().count();
                if words == 1 || words == 2 {
                    empty.push(format!("{}:{line}: {}", source.name, text.trim()));
                }
            });
        }
    }
    at_most(8, "doc comments of one or two words", &empty);
}

#[test]
fn what_a_library_user_touches_is_documented() {
    let mut bare = Vec::new();
    for folder in ["engine/src", "src"] {
        for source in crate_sources(folder) {
            documented(&source.tokens, &mut |Documented { line, text, item }| {
                let [first, rest @ ..] = item else { return };
                let rest = match rest {
                    [keyword, rest @ ..]
                        if is_ident(keyword, "const") && rest.first().is_some_and(|next| is_ident(next, "fn")) =>
                    {
                        rest
                    }
                    _ => rest,
                };
                let public_item = is_ident(first, "pub")
                    && rest.first().is_some_and(|word| {
                        ["struct", "enum", "trait", "fn"].iter().any(|keyword| is_ident(word, keyword))
                    });
                // A method that only looks at its own value may say all by its name.
                let looks = matches!(rest, [word, _, TokenTree::Group(arguments), ..]
                    if is_ident(word, "fn") && ["self", "& self"].contains(&arguments.stream().to_string().as_str()));
                if public_item && !looks && text.trim().is_empty() {
                    bare.push(format!("{}:{line}", source.name));
                }
            });
        }
    }
    at_most(0, "public types and functions without a doc comment", &bare);
}
