//! What a command has to say, said once: [`super::terminal`], [`super::html`] and [`super::markdown`] show it.

use super::chart::Chart;
use super::command::CommandLine;
use crate::metric::Unit;
use crate::metric::words::{remark, shown};
use crate::scenario::ScenarioFile;
use crate::statistics::{Estimate, Lack, Proportion};
use crate::time::exact;

/// An answer with all that belongs to it.
pub(crate) struct Document<'d> {
    /// Of what: the scenario's name, say.
    pub title: String,
    /// What it is about, in the words of whoever wrote the scenario; may be empty.
    pub description: String,
    /// What was asked, in a line.
    pub question: String,
    /// Whether all is as it should be, of a command that judges.
    pub passes: Option<bool>,
    /// The first sentence is the most important one.
    pub answer: Vec<Sentence>,
    pub sections: Vec<Chapter>,
    /// None of what no page is made of.
    pub provenance: Option<Provenance<'d>>,
}

/// Where something stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Everywhere,
    /// Where there is room for more than what is asked first.
    Page,
}

/// Where numbers come from: enough to repeat them.
pub(crate) struct Provenance<'d> {
    pub command: CommandLine,
    /// What else tells which numbers they are, with their names: seed, replications, digest.
    pub facts: Vec<(&'static str, String)>,
    /// The scenarios as they were read.
    pub scenarios: Vec<&'d ScenarioFile>,
    /// What was laid over them.
    pub sets: &'d [String],
}

/// A part under a heading.
pub(crate) struct Chapter {
    /// Unique in the document.
    pub id: String,
    pub heading: String,
    pub place: Reach,
    pub blocks: Vec<Piece>,
}

pub(crate) enum Piece {
    Note(Reach, String),
    /// Tables whose columns belong together, where they stand below each other.
    Tables(Vec<DataTable>),
    Charts(Vec<Chart>),
    /// Each on a scale of its own, under a title and a sentence.
    Intervals(String, String, Vec<Interval>),
    /// A heading, and names with what they are; an empty heading is none.
    Facts(String, Vec<(String, String)>),
}

/// Words with numbers in them, whose intervals stand where there is room.
pub(crate) struct Sentence {
    pub place: Reach,
    spans: Vec<Phrase>,
}

enum Phrase {
    Words(String),
    Number(Unit, Estimate),
}

impl Sentence {
    pub(crate) fn new(words: impl Into<String>) -> Sentence {
        Sentence { place: Reach::Everywhere, spans: vec![Phrase::Words(words.into())] }
    }

    pub(crate) fn words(mut self, words: impl Into<String>) -> Sentence {
        self.spans.push(Phrase::Words(words.into()));
        self
    }

    pub(crate) fn number(mut self, unit: Unit, estimate: Estimate) -> Sentence {
        self.spans.push(Phrase::Number(unit, estimate));
        self
    }

    /// The same where there is room.
    pub fn on_pages(self) -> Sentence {
        Sentence { place: Reach::Page, ..self }
    }

    pub(crate) fn in_brief(&self) -> String {
        self.text(|unit, estimate| estimate.value.map_or_else(dash, |value| shown(unit, value)))
    }

    pub(crate) fn in_full(&self) -> String {
        self.text(with_interval)
    }

    fn text(&self, number: impl Fn(Unit, &Estimate) -> String) -> String {
        let say = |span: &Phrase| match span {
            Phrase::Words(words) => words.clone(),
            Phrase::Number(unit, estimate) => number(*unit, estimate),
        };
        self.spans.iter().map(say).collect()
    }
}

/// `5m (4m to 6m)`; a number that does not exist is a hyphen.
pub(crate) fn with_interval(unit: Unit, estimate: &Estimate) -> String {
    let value = estimate.value.map_or_else(dash, |value| shown(unit, value));
    let interval = bounded(estimate).map(|[low, high]| format!(" ({} to {})", shown(unit, low), shown(unit, high)));
    value + &interval.unwrap_or_default()
}

/// The interval, but of what surely never comes: there is nothing to add to that.
fn bounded(estimate: &Estimate) -> Option<[f64; 2]> {
    estimate.interval.filter(|[low, _]| low.is_finite())
}

pub(crate) fn dash() -> String {
    String::from("-")
}

/// A proportion as an estimate; of nothing there is none.
pub(crate) fn estimate_of(proportion: &Proportion) -> Estimate {
    let value = proportion.probability.0;
    Estimate::within(value.is_finite().then_some(value), proportion.ci95.map(|end| end.0))
}

/// A table: a column that names its rows, or several, then numbers.
pub(crate) struct DataTable {
    /// Unique in the document.
    pub id: String,
    /// May be empty where nothing else stands beside it.
    pub name: String,
    /// What there is to say of it.
    pub about: String,
    pub place: Reach,
    pub columns: Vec<DataColumn>,
    /// How many columns at the left head their rows; at least 1.
    pub leading: usize,
    pub rows: Vec<DataRow>,
    /// Whether a page may sort it.
    pub sortable: bool,
    /// How many rows a terminal shows; all if that is none.
    pub most: Option<usize>,
    /// What the rows are, and the file that has all of them.
    pub file: Option<(&'static str, &'static str)>,
    /// Whether what rows belong to stands on a line above them, for it may be as long as a line.
    pub above: bool,
}

impl DataTable {
    pub(crate) fn new(id: impl Into<String>, name: impl Into<String>, columns: Vec<DataColumn>) -> DataTable {
        DataTable {
            id: id.into(),
            name: name.into(),
            about: String::new(),
            place: Reach::Everywhere,
            columns,
            leading: 1,
            rows: Vec::new(),
            sortable: false,
            most: None,
            file: None,
            above: false,
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<DataCell>) {
        self.rows.push(DataRow { of: None, why: String::new(), place: Reach::Everywhere, cells });
    }

    /// A row of several that belong to one thing.
    pub fn row_of(&mut self, of: impl Into<String>, cells: Vec<DataCell>) {
        self.rows.push(DataRow { of: Some(of.into()), why: String::new(), place: Reach::Everywhere, cells });
    }
}

pub(crate) struct DataRow {
    /// What it belongs to, as rows beside it do; the first cell then says what it is of that.
    pub of: Option<String>,
    /// Why it is there, in somebody's words; may be empty.
    pub why: String,
    pub place: Reach,
    /// As many as there are columns.
    pub cells: Vec<DataCell>,
}

pub(crate) struct DataColumn {
    pub heading: String,
    pub place: Reach,
    /// Whether it holds words.
    pub words: bool,
    /// Where intervals stand in lines of text. On a page they stand below their numbers.
    pub intervals: Intervals,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intervals {
    /// There is no room for them.
    Nowhere,
    /// Behind the number.
    Beside,
    /// In two columns of their own.
    InColumns,
}

impl DataColumn {
    pub(crate) fn words(heading: impl Into<String>) -> DataColumn {
        DataColumn { words: true, ..DataColumn::numbers(heading) }
    }

    pub(crate) fn numbers(heading: impl Into<String>) -> DataColumn {
        DataColumn { heading: heading.into(), place: Reach::Everywhere, words: false, intervals: Intervals::Nowhere }
    }

    pub(crate) fn intervals(self, intervals: Intervals) -> DataColumn {
        DataColumn { intervals, ..self }
    }

    pub(crate) fn on_pages(self) -> DataColumn {
        DataColumn { place: Reach::Page, ..self }
    }
}

/// A number with its unit and its interval, or words.
#[derive(Clone, Default)]
pub(crate) struct DataCell {
    shown: Notation,
    /// What is shown, or what words are sorted by.
    pub value: Option<f64>,
    /// Where the number lies; an end that nothing bounds is none.
    pub interval: [Option<f64>; 2],
    /// What is known of it in a word.
    pub mark: String,
    /// Whether the words are good news.
    pub news: Option<News>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Good,
    Bad,
    Open,
}

#[derive(Clone)]
enum Notation {
    Words(String),
    Number(Unit),
    /// Times to the second, so that the ends of an interval can be told apart.
    Finely(Unit),
    Signed(Unit),
}

impl Default for Notation {
    fn default() -> Notation {
        Notation::Words(String::new())
    }
}

impl DataCell {
    pub(crate) fn new(words: impl Into<String>) -> DataCell {
        DataCell { shown: Notation::Words(words.into()), ..DataCell::default() }
    }

    /// Words that are sorted by a number.
    pub fn sorted(words: impl Into<String>, by: Option<f64>) -> DataCell {
        DataCell { value: by, ..DataCell::new(words) }
    }

    pub(crate) fn number(unit: Unit, value: Option<f64>) -> DataCell {
        DataCell { shown: Notation::Number(unit), value, ..DataCell::default() }
    }

    pub(crate) fn count(count: u64) -> DataCell {
        DataCell::number(Unit::Count, Some(count as f64))
    }

    pub(crate) fn estimate(unit: Unit, estimate: &Estimate) -> DataCell {
        // The interval of a probability of nothing is no news.
        let interval = bounded(estimate).filter(|_| estimate.value.is_some());
        let cell = DataCell::number(unit, estimate.value).within(interval.map_or([None; 2], |ends| ends.map(Some)));
        // That a quantile needs more replications is said once for all of them.
        let few = matches!(estimate.lack, Some(Lack::Few { .. }));
        cell.marked(remark(estimate).filter(|_| !few).unwrap_or_default())
    }

    pub(crate) fn finely(unit: Unit, value: Option<f64>) -> DataCell {
        DataCell { shown: Notation::Finely(unit), value, ..DataCell::default() }
    }

    pub(crate) fn signed(unit: Unit, value: Option<f64>) -> DataCell {
        DataCell { shown: Notation::Signed(unit), value, ..DataCell::default() }
    }

    pub(crate) fn within(self, interval: [Option<f64>; 2]) -> DataCell {
        DataCell { interval, ..self }
    }

    pub(crate) fn marked(self, mark: impl Into<String>) -> DataCell {
        DataCell { mark: mark.into(), ..self }
    }

    pub(crate) fn news(self, news: Option<News>) -> DataCell {
        DataCell { news, ..self }
    }

    fn show(&self, value: f64) -> String {
        match &self.shown {
            Notation::Words(words) => words.clone(),
            Notation::Number(unit) => shown(*unit, value),
            Notation::Finely(unit) => finely(*unit, value),
            Notation::Signed(unit) => signed(*unit, value),
        }
    }

    /// What it says; a number that does not exist is a hyphen.
    pub fn text(&self) -> String {
        match (&self.shown, self.value) {
            (Notation::Words(words), _) => words.clone(),
            (_, Some(value)) => self.show(value),
            _ => dash(),
        }
    }

    /// The ends of its interval.
    pub fn ends(&self) -> [Option<String>; 2] {
        self.interval.map(|end| end.map(|end| self.show(end)))
    }

    /// Its interval in words.
    pub fn interval(&self) -> String {
        match self.ends() {
            [Some(low), Some(high)] => format!("{low} to {high}"),
            [Some(low), None] => format!("at least {low}"),
            [None, Some(high)] => format!("at most {high}"),
            [None, None] => String::new(),
        }
    }
}

/// A number, times to the second where minutes would not tell it from one near by.
pub(crate) fn finely(unit: Unit, number: f64) -> String {
    const DAYS: f64 = 4.0 * 86_400.0;
    if unit == Unit::Seconds && (10.0..DAYS).contains(&number) { exact(number, 1.0) } else { shown(unit, number) }
}

/// A difference of probabilities in percentage points, without its sign.
pub(crate) fn points(difference: f64) -> String {
    let points = difference.abs() * 100.0;
    match points {
        0.0 | 100.0 => format!("{points}"),
        _ if points < 0.000_05 => String::from("<0.0001"),
        _ if points < 0.1 => shown(Unit::Count, points),
        _ => format!("{points:.1}"),
    }
}

/// A difference with its sign, which 0 has none of.
pub(crate) fn signed(unit: Unit, difference: f64) -> String {
    let size = match unit {
        Unit::Probability => points(difference) + " pp",
        _ => shown(unit, difference.abs()),
    };
    let sign = match difference {
        _ if size.starts_with('<') => "",
        0.0 => "",
        _ if difference < 0.0 => "-",
        _ => "+",
    };
    format!("{sign}{size}")
}

/// A number of which an interval is known, and bounds that it should keep to.
pub(crate) struct Interval {
    pub title: String,
    /// What is known of it.
    pub words: String,
    pub estimate: Option<f64>,
    /// Where it lies; an end that nothing bounds is none.
    pub interval: [Option<f64>; 2],
    /// Where it should lie; an end that nothing bounds is none.
    pub within: [Option<f64>; 2],
}

impl Document<'_> {
    pub(crate) fn charts(&self) -> impl Iterator<Item = &Chart> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.flat_map(|block| if let Piece::Charts(charts) = block { &charts[..] } else { &[] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_signs_and_units() {
        for (unit, difference, words) in [
            (Unit::Probability, 0.0, "0 pp"),
            (Unit::Probability, -0.123, "-12.3 pp"),
            (Unit::Probability, 1.0, "+100 pp"),
            (Unit::Probability, 0.000_4, "+0.04 pp"),
            (Unit::Probability, -0.000_01, "-0.001 pp"),
            (Unit::Probability, 1e-9, "<0.0001 pp"),
            (Unit::Seconds, -90.0, "-1m 30s"),
            (Unit::Seconds, 5400.0, "+1h 30m"),
            (Unit::Count, 1.25, "+1.25"),
            (Unit::Count, 0.0, "0"),
        ] {
            assert_eq!(signed(unit, difference), words, "{difference}");
        }
    }
}
