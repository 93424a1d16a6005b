//! Problems with their places, drawn as the Rust compiler draws its own.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Where a text comes from: the scenario file or a `--set` option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(usize);

impl SourceId {
    /// The scenario file.
    pub const FILE: SourceId = SourceId(0);
}

/// A stretch of a source's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub source: SourceId,
    /// In bytes.
    pub span: Range<usize>,
}

/// Something wrong: what, where, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    title: String,
    places: Vec<(Place, String)>,
    help: Vec<String>,
}

impl Problem {
    /// A problem without a place yet.
    pub fn new(title: impl Into<String>) -> Problem {
        Problem { title: title.into(), places: Vec::new(), help: Vec::new() }
    }

    /// Adds a place with a word on it; the first one is where the problem is.
    pub(super) fn at(mut self, place: &Place, label: impl Into<String>) -> Problem {
        self.places.push((place.clone(), label.into()));
        self
    }

    /// Adds what would be accepted, or another hint.
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help.push(help.into());
        self
    }

    /// What is wrong, in one line.
    pub fn title(&self) -> &str {
        &self.title
    }
}

/// A source's name and text.
#[derive(Debug)]
struct Source {
    shown: String,
    text: String,
}

/// All problems of a scenario, with the texts they point into.
#[derive(Debug)]
pub struct Diagnostics {
    sources: Vec<Source>,
    problems: Vec<Problem>,
}

impl Diagnostics {
    pub(super) fn new(shown: &str, text: &str) -> Diagnostics {
        let file = Source { shown: shown.to_owned(), text: text.to_owned() };
        Diagnostics { sources: vec![file], problems: Vec::new() }
    }

    /// One problem with a file as a whole.
    pub(super) fn of_file(shown: &str, problem: Problem) -> Diagnostics {
        let mut diagnostics = Diagnostics::new(shown, "");
        let place = Place { source: SourceId::FILE, span: 0..0 };
        diagnostics.report(problem.at(&place, ""));
        diagnostics
    }

    pub(super) fn add_source(&mut self, shown: &str, text: &str) -> SourceId {
        self.sources.push(Source { shown: shown.to_owned(), text: text.to_owned() });
        SourceId(self.sources.len() - 1)
    }

    pub(super) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// All problems, in the order of their places.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Draws all problems: file, line, excerpt and what is accepted. With `styled`, in a terminal's colours.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let mut problems: Vec<&Problem> = self.problems.iter().collect();
        problems.sort_by_key(|problem| problem.places.first().map(|(place, _)| (place.source.0, place.span.start)));
        let mut drawn: Vec<String> = Vec::new();
        for problem in problems {
            let mut group = Group::with_title(Level::ERROR.primary_title(&problem.title));
            for (index, source) in self.sources.iter().enumerate() {
                let here: Vec<_> = problem.places.iter().filter(|(place, _)| place.source.0 == index).collect();
                if here.is_empty() {
                    continue;
                }
                let mut snippet = Snippet::source(&source.text).path(&source.shown);
                for (position, (place, label)) in here.iter().enumerate() {
                    let first = problem.places[0].0 == *place && position == 0;
                    let kind = if first { AnnotationKind::Primary } else { AnnotationKind::Context };
                    let annotation = kind.span(source.visible(&place.span));
                    snippet = snippet.annotation(if label.is_empty() { annotation } else { annotation.label(label) });
                }
                group = group.element(snippet);
            }
            for help in &problem.help {
                group = group.element(Level::HELP.message(help));
            }
            drawn.push(renderer.render(&[group]));
        }
        let count = match drawn.len() {
            1 => String::from("1 error"),
            n => format!("{n} errors"),
        };
        drawn.push(renderer.render(&[Group::with_title(
            Level::ERROR.primary_title(format!("{count}: nothing was run and nothing was written")),
        )]));
        drawn.join("\n\n") + "\n"
    }
}

impl Source {
    /// The part of a span that fits on its first line: a table's span may cover many lines.
    fn visible(&self, span: &Range<usize>) -> Range<usize> {
        let start = span.start.min(self.text.len());
        let end = span.end.clamp(start, self.text.len());
        let line = self.text[start..end].find('\n').map_or(end, |newline| start + newline);
        start..line
    }
}
