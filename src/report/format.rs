//! The formats in which an answer can be had, each by its name. A new one is a file with an [`Exporter`], and its place
//! in the lists of the answers that have it.

use std::cell::OnceCell;

use super::document::Document;
use super::{html, markdown, plots, terminal};

pub(crate) const TEXT: &str = "text";
pub(crate) const PAGE: &str = "page";
pub(crate) const PICTURES: &str = "pictures";
pub(crate) const MARKDOWN: &str = "markdown";
pub(crate) const JSON: &str = "json";

/// What a command found out, with all that it was made of.
pub(crate) trait Presentable: Sized {
    /// The page to show around, a file of the command's own in a results folder.
    const PAGE_FILE: &'static str;

    /// What there is to say of it.
    fn document(&self) -> Document<'_>;

    /// Whose numbers a picture shows.
    fn identity(&self) -> String;

    /// The formats that only such an answer has; all have those of [`of_documents`].
    fn formats() -> Vec<Box<dyn Exporter<Self>>>;
}

/// An answer as formats take it.
pub(crate) struct Presented<'a, A> {
    pub answer: &'a A,
    document: OnceCell<Document<'a>>,
}

/// A way to write an answer down.
pub(crate) trait Exporter<A> {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// What there is of it, by its place in a results folder.
    fn files(&self, said: &Presented<'_, A>) -> Vec<(String, String)>;
}

impl<'a, A: Presentable> Presented<'a, A> {
    pub(crate) fn new(answer: &'a A) -> Presented<'a, A> {
        Presented { answer, document: OnceCell::new() }
    }

    fn document(&self) -> &Document<'a> {
        self.document.get_or_init(|| self.answer.document())
    }

    /// The files of some formats, in the order of these.
    pub fn files(&self, formats: &[&str]) -> Vec<(String, String)> {
        let all: Vec<_> = of_documents().into_iter().chain(A::formats()).collect();
        let named = |name: &&str| all.iter().find(|format| format.name() == *name);
        formats.iter().filter_map(named).flat_map(|format| format.files(self)).collect()
    }

    /// A format of a single file.
    pub fn text(&self, format: &str) -> String {
        self.files(&[format]).into_iter().map(|(_, text)| text).collect()
    }
}

/// The formats that show what an answer says.
fn of_documents<A: Presentable>() -> [Box<dyn Exporter<A>>; 4] {
    [Box::new(TerminalText), Box::new(HtmlPage), Box::new(SvgPictures), Box::new(MarkdownText)]
}

/// For a terminal.
struct TerminalText;

impl<A: Presentable> Exporter<A> for TerminalText {
    fn name(&self) -> &'static str {
        TEXT
    }

    fn files(&self, said: &Presented<'_, A>) -> Vec<(String, String)> {
        vec![(String::from("answer.txt"), terminal::render(said.document()))]
    }
}

/// To show around.
struct HtmlPage;

impl<A: Presentable> Exporter<A> for HtmlPage {
    fn name(&self) -> &'static str {
        PAGE
    }

    fn files(&self, said: &Presented<'_, A>) -> Vec<(String, String)> {
        vec![(A::PAGE_FILE.to_owned(), html::render(said.document()))]
    }
}

/// Those charts that have a file of their own.
struct SvgPictures;

impl<A: Presentable> Exporter<A> for SvgPictures {
    fn name(&self) -> &'static str {
        PICTURES
    }

    fn files(&self, said: &Presented<'_, A>) -> Vec<(String, String)> {
        let identity = said.answer.identity();
        let draw = |chart: &super::chart::Chart| {
            let name = chart.file.as_ref()?;
            Some((format!("plots/{name}.svg"), plots::draw(chart, &identity)))
        };
        said.document().charts().filter_map(draw).collect()
    }
}

/// For the summary of a pull request.
struct MarkdownText;

impl<A: Presentable> Exporter<A> for MarkdownText {
    fn name(&self) -> &'static str {
        MARKDOWN
    }

    fn files(&self, said: &Presented<'_, A>) -> Vec<(String, String)> {
        vec![(String::from("answer.md"), markdown::render(said.document()))]
    }
}
