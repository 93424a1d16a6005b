//! Reports: what an experiment comes to, as files, tables and pictures.
//!
//! * [`CsvRows`]: `replications.csv` and `jobs.csv`, written while the experiment runs.
//! * [`table`]: the answer in words and columns, for a terminal.
//! * [`precision`]: how precise a metric is, in words.
//! * [`check`]: what a scenario's expectations came to, in the formats that CI systems read.
//! * [`compare`]: `compare.csv`, `compare.json` and the table of a comparison.
//! * [`sweep`]: `sweep.csv`, `sweep.json` and the table of a sweep.
//! * [`mod@tune`]: `tune.json` and the answer of a tuning.
//! * [`outline`]: what a scenario would simulate, in words.
//! * [`html`]: pages to show around, `report.html`.
//! * [`hgrm`] and [`plots`]: `histograms/*.hgrm` and `plots/*.svg`.
//! * [`Outputs`]: all of them in a folder, each whole or not at all; [`WholeFile`] is a single one.

pub mod check;
pub mod compare;
mod csv_rows;
pub mod hgrm;
pub mod html;
pub mod outline;
mod outputs;
pub mod plots;
pub mod precision;
pub mod sweep;
pub mod table;
pub mod tune;
mod whole_file;

pub use csv_rows::{CsvRows, ReplicationColumns};
pub use outputs::{COMPARE_CSV, OutputError, Outputs, REPORT, SWEEP_CSV, SWEEP_JSON};
pub use whole_file::WholeFile;
pub(crate) use whole_file::temporary_in;
