//! Reports: what commands find out, as text, pages, pictures and files for other programs.
//!
//! Each command has an answer (`run`, `sweep`, `tune`, `check`, `compare`) of which a `document` is built once: sentences, tables of
//! numbers with their units and intervals, charts, and where the numbers come from. A terminal, a page and Markdown show that
//! document, and a `chart` is drawn for pages and for `plots/*.svg`. These and all other formats (JSON, CSV, HdrHistogram's, JUnit's,
//! GitHub's) are a `format` each, chosen by its name. [`Outputs`] puts files in a folder, each whole or not at all.

mod chart;
pub(crate) mod check;
mod command;
pub(crate) mod compare;
mod csv_rows;
mod document;
pub(crate) mod format;
mod hgrm;
mod html;
mod markdown;
mod outputs;
mod placing;
mod plots;
pub(crate) mod precision;
mod recovery;
pub(crate) mod run;
pub(crate) mod settings;
pub(crate) mod sweep;
mod temporary;
mod terminal;
pub(crate) mod tune;
mod whole_file;
pub(crate) mod words;

pub(crate) use command::CommandLine;
pub use csv_rows::{CsvRows, ReplicationColumns};
pub use outputs::{OutputError, Outputs};
pub(crate) use recovery::clear_up;
pub(crate) use terminal::{render as text_of, wrap};
pub use whole_file::WholeFile;
