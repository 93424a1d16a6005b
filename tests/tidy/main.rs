//! The tree keeps its shape: modules without circles, names with one meaning, comments that say something, pages that
//! render.

mod modules;
mod sources;
mod words;

/// A bad habit that is on its way out: there may be no more of it than there are today.
#[track_caller]
fn at_most(limit: usize, what: &str, found: &[String]) {
    assert!(found.len() <= limit, "{}, at most {limit} {what}:\n{}", found.len(), found.join("\n"));
}
