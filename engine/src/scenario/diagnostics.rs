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
pub struct Location {
    pub source: SourceId,
    /// Counted in bytes.
    pub span: Range<usize>,
}

/// Something wrong: what, where, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    title: String,
    places: Vec<(Location, String)>,
    help: Vec<String>,
}

/// A text that may hold somebody's, of a file's header say, without what steers a terminal.
fn shown(text: String) -> String {
    let steers = |c: char| c.is_control() && c != '\n';
    if !text.contains(steers) {
        return text;
    }
    text.chars().map(|c| if steers(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

impl Problem {
    /// A problem without a place yet.
    pub fn new(title: impl Into<String>) -> Problem {
        Problem { title: shown(title.into()), places: Vec::new(), help: Vec::new() }
    }

    /// Adds a place with a word on it; the first one is where the problem is.
    pub(crate) fn at(mut self, place: &Location, label: impl Into<String>) -> Problem {
        self.places.push((place.clone(), label.into()));
        self
    }

    /// Adds what would be accepted, or another hint.
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help.push(shown(help.into()));
        self
    }

    /// What is wrong, in one line.
    pub fn title(&self) -> &str {
        &self.title
    }
}

/// A source's name and text.
#[derive(Debug, PartialEq, Eq)]
struct SourceText {
    shown: String,
    text: String,
}

/// How many problems are drawn: all that anybody could have made by hand.
const MOST_DRAWN: usize = 1000;

/// All problems of a scenario, or of options, with the texts they point into.
#[derive(Debug, Default)]
pub struct Diagnostics {
    sources: Vec<SourceText>,
    problems: Vec<Problem>,
    /// What keeps nobody from simulating the scenario.
    doubts: Vec<Problem>,
}

impl Diagnostics {
    pub(crate) fn new(shown: &str, text: &str) -> Diagnostics {
        let file = SourceText { shown: shown.to_owned(), text: text.to_owned() };
        Diagnostics { sources: vec![file], ..Diagnostics::default() }
    }

    /// One problem with a file as a whole.
    pub(crate) fn of_file(shown: &str, problem: Problem) -> Diagnostics {
        let mut diagnostics = Diagnostics::new(shown, "");
        let place = Location { source: SourceId::FILE, span: 0..0 };
        diagnostics.report(problem.at(&place, ""));
        diagnostics
    }

    /// Adds a problem with an option of the command line; `part` is where in the option's value it is.
    pub fn report_option(&mut self, option: &str, value: &str, part: Range<usize>, label: &str, problem: Problem) {
        let source = self.add_source(option, value);
        self.report(problem.at(&Location { source, span: part }, label));
    }

    /// Takes over the problems of another check of the same file, under other options; one that is known already is
    /// heard once.
    pub fn absorb(&mut self, other: Diagnostics) {
        let Diagnostics { sources, problems, .. } = other;
        let mut sources: Vec<Option<SourceText>> = sources.into_iter().map(Some).collect();
        let mut ids: Vec<Option<usize>> = vec![None; sources.len()];
        for mut problem in problems {
            for (place, _) in &mut problem.places {
                let SourceId(theirs) = place.source;
                let ours = *ids[theirs].get_or_insert_with(|| {
                    let source = sources[theirs].take().expect("it is taken once");
                    self.sources.iter().position(|known| *known == source).unwrap_or_else(|| {
                        self.sources.push(source);
                        self.sources.len() - 1
                    })
                });
                place.source = SourceId(ours);
            }
            if !self.problems.iter().any(|known| self.are_alike(known, &problem)) {
                self.problems.push(problem);
            }
        }
    }

    /// Whether two problems say the same of the same words, be it of two texts of which the one differs from the other
    /// elsewhere: of a wrong path with each of its values.
    fn are_alike(&self, a: &Problem, b: &Problem) -> bool {
        let shown = |place: &Location| self.sources.get(place.source.0).map(|source| &source.shown);
        let alike = |((a, a_label), (b, b_label)): (&(Location, String), &(Location, String))| {
            a_label == b_label && a.span == b.span && shown(a) == shown(b) && self.text(a) == self.text(b)
        };
        a.title == b.title
            && a.help == b.help
            && a.places.len() == b.places.len()
            && a.places.iter().zip(&b.places).all(alike)
    }

    /// Whether there are so many problems that no further one would be drawn.
    pub fn is_full(&self) -> bool {
        self.problems.len() > MOST_DRAWN
    }

    pub(crate) fn add_source(&mut self, shown: &str, text: &str) -> SourceId {
        self.sources.push(SourceText { shown: shown.to_owned(), text: text.to_owned() });
        SourceId(self.sources.len() - 1)
    }

    /// Adds a problem; a parser that stumbles over one thing again and again is heard once.
    pub(crate) fn report(&mut self, problem: Problem) {
        if self.problems.last() != Some(&problem) {
            self.problems.push(problem);
        }
    }

    /// Adds a problem that keeps nobody from simulating the scenario.
    pub(crate) fn doubt(&mut self, problem: Problem) {
        self.doubts.push(problem);
    }

    /// The text at a place.
    pub(crate) fn text(&self, place: &Location) -> &str {
        let text = self.sources.get(place.source.0).and_then(|source| source.text.get(place.span.clone()));
        text.unwrap_or_default()
    }

    /// The line at which a place begins, from 1, if it is in the scenario file.
    pub(crate) fn line(&self, place: &Location) -> Option<usize> {
        let file = self.sources.first().filter(|_| place.source == SourceId::FILE);
        file.map(|file| file.line(place.span.start.min(file.text.len())))
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// All problems, in the order in which they were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Each problem's line in the scenario file, from 1 (none if an option brought it), and what is wrong.
    pub fn lines(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        let line = |problem: &Problem| problem.places.first().and_then(|(place, _)| self.line(place));
        self.problems.iter().map(move |problem| (line(problem), problem.title()))
    }

    /// Draws all problems: file, line, excerpt and what is accepted. With `styled`, in a terminal's colours.
    pub fn render(&self, styled: bool) -> String {
        self.render_with("nothing was run and nothing was written", styled)
    }

    /// The same, with what follows from them in its last line.
    pub fn render_with(&self, consequence: &str, styled: bool) -> String {
        let mut drawn = self.drawn(&self.problems, &Level::ERROR, styled);
        let count = match self.problems.len() {
            1 => String::from("1 error"),
            n if n > MOST_DRAWN => format!("{n} errors, the first {MOST_DRAWN} shown"),
            n => format!("{n} errors"),
        };
        let count = Level::ERROR.primary_title(format!("{count}: {consequence}"));
        drawn.push(renderer(styled).render(&[Group::with_title(count)]));
        drawn.join("\n\n") + "\n"
    }

    /// Draws what is doubtful and no problem, as warnings; empty if nothing is.
    pub fn render_doubts(&self, styled: bool) -> String {
        self.drawn(&self.doubts, &Level::WARNING, styled).into_iter().map(|doubt| doubt + "\n").collect()
    }

    fn drawn(&self, problems: &[Problem], level: &Level<'_>, styled: bool) -> Vec<String> {
        let renderer = renderer(styled);
        let mut problems: Vec<&Problem> = problems.iter().collect();
        problems.sort_by_key(|problem| problem.places.first().map(|(place, _)| (place.source.0, place.span.start)));
        let mut drawn: Vec<String> = Vec::new();
        for problem in problems.into_iter().take(MOST_DRAWN) {
            let mut group = Group::with_title(level.clone().primary_title(&problem.title));
            for (index, source) in self.sources.iter().enumerate() {
                let here: Vec<_> = problem.places.iter().filter(|(place, _)| place.source.0 == index).collect();
                if here.is_empty() {
                    continue;
                }
                let excerpt = source.excerpt(here.iter().map(|(place, _)| &place.span));
                let mut snippet = Snippet::source(&source.text[excerpt.clone()])
                    .path(&source.shown)
                    .line_start(source.line(excerpt.start));
                for (position, (place, label)) in here.iter().enumerate() {
                    let first = problem.places[0].0 == *place && position == 0;
                    let kind = if first { AnnotationKind::Primary } else { AnnotationKind::Context };
                    let span = source.visible(&place.span);
                    let annotation = kind.span(span.start - excerpt.start..span.end - excerpt.start);
                    snippet = snippet.annotation(if label.is_empty() { annotation } else { annotation.label(label) });
                }
                group = group.element(snippet);
            }
            for help in &problem.help {
                group = group.element(Level::HELP.message(help));
            }
            drawn.push(renderer.render(&[group]));
        }
        drawn
    }
}

fn renderer(styled: bool) -> Renderer {
    if styled { Renderer::styled() } else { Renderer::plain() }
}

impl SourceText {
    /// The part of a span that fits on its first line: a table's span may cover many lines.
    fn visible(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.boundary(span.start);
        let end = self.boundary(span.end).max(start);
        let line = self.text[start..end].find('\n').map_or(end, |newline| start + newline);
        start..line
    }

    /// The last boundary of a character that is not behind a byte.
    fn boundary(&self, byte: usize) -> usize {
        (0..=byte.min(self.text.len())).rev().find(|byte| self.text.is_char_boundary(*byte)).unwrap_or(0)
    }

    /// The whole lines around some spans: all that a drawing of them needs of the text.
    fn excerpt<'s>(&self, spans: impl Iterator<Item = &'s Range<usize>>) -> Range<usize> {
        let visible: Vec<Range<usize>> = spans.map(|span| self.visible(span)).collect();
        let first = visible.iter().map(|span| span.start).min().unwrap_or(0);
        let last = visible.iter().map(|span| span.end).max().unwrap_or(0);
        let start = self.text[..first].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.text[last..].find('\n').map_or(self.text.len(), |newline| last + newline);
        start..end
    }

    /// The number of the line that holds a byte, from 1.
    fn line(&self, byte: usize) -> usize {
        1 + self.text[..byte].bytes().filter(|c| *c == b'\n').count()
    }
}
