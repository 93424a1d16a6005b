//! What a comparison comes to: `compare.json`, `compare.csv` and the table.

pub mod csv;
pub mod json;
pub(in crate::report) mod shapes;
pub mod table;
pub(in crate::report) mod words;

use crate::comparison::{Comparison, Side};

/// A comparison with what it was made of, for everything that shows it.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'c> {
    /// What came of it.
    pub comparison: &'c Comparison,
    /// Its sides.
    pub sides: [&'c Side; 2],
    /// What they are called: their scenarios' names, or those of their files where these are the same.
    pub names: [&'c str; 2],
}

impl Compared<'_> {
    /// The side's rows that were compared.
    pub fn rows(&self, side: usize) -> &[crate::comparison::Row] {
        &self.sides[side].rows[..self.comparison.replications[side] as usize]
    }
}
