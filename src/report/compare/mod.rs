//! What a comparison comes to: `compare.json`, `compare.csv` and a document.

mod charts;
mod csv;
mod document;
mod json;
mod words;

pub(crate) use csv::write as write_csv;
pub(crate) use document::ComparedSide;

use crate::comparison::{Comparison, Side};
use crate::metric::words::counted;
use crate::report::document::Document;
use crate::report::format::{Exporter, JSON, PAGE, PICTURES, Presentable};
use crate::rollout::HaltWords;

/// A comparison with what it was made of, for everything that shows it.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'c> {
    /// What came of it.
    pub comparison: &'c Comparison,
    pub sides: [&'c Side; 2],
    /// What they are called: their scenarios' names, or those of their files where these are the same.
    pub names: [&'c str; 2],
}

impl Compared<'_> {
    fn identity(&self) -> String {
        let [a, b] = self.comparison.replications;
        if self.comparison.paired {
            format!("{}, seed {}", counted(a, "pair"), self.comparison.sides[0].seed)
        } else {
            format!("{a} and {b} replications, not paired")
        }
    }

    /// How both sides speak of jobs that halt; in plain words if they do not agree.
    fn halts(&self) -> HaltWords {
        let [a, b] = self.comparison.sides.each_ref().map(|side| side.halts);
        if a == b { a } else { HaltWords::PLAIN }
    }

    fn named(&self, side: usize) -> String {
        format!("{}: {}", ["A", "B"][side], self.names[side])
    }

    /// The side's rows that were compared.
    pub fn rows(&self, side: usize) -> &[crate::comparison::Row] {
        &self.sides[side].rows[..self.comparison.replications[side] as usize]
    }
}

/// A comparison with how its sides were made.
pub(crate) struct Comparing<'c> {
    pub compared: Compared<'c>,
    pub sides: [ComparedSide<'c>; 2],
    /// The seed and the replications of what was simulated, if anything was.
    pub luck: Option<(u64, u32)>,
    /// The options that were laid over the scenarios.
    pub sets: &'c [String],
}

/// The files of a comparison's folder, but for its rows; what it comes to last.
pub(crate) const FILES: [&str; 3] = [PICTURES, PAGE, JSON];

impl Presentable for Comparing<'_> {
    const PAGE_FILE: &'static str = "compare.html";

    fn document(&self) -> Document<'_> {
        document::document(&self.compared, self.sides, self.luck, self.sets)
    }

    fn identity(&self) -> String {
        self.compared.identity()
    }

    fn formats() -> Vec<Box<dyn Exporter<Self>>> {
        vec![Box::new(json::CompareJson)]
    }
}
