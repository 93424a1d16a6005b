//! Reports: what an experiment comes to, as files, tables and pictures.
//!
//! * [`Summary`]: the one result record, `summary.json`.
//! * [`Rows`]: `replications.csv` and `jobs.csv`, written while the experiment runs.
//! * [`table`]: the answer in words and columns, for a terminal.
//! * [`hgrm`] and [`plots`]: `histograms/*.hgrm` and `plots/*.svg`.
//! * [`Outputs`]: all of them in a folder, each whole or not at all.

pub mod hgrm;
mod metrics;
mod outputs;
pub mod plots;
mod rows;
mod summary;
pub mod table;

pub use metrics::{Metric, metrics};
pub use outputs::{OutputError, Outputs};
pub use rows::{JOB_COLUMNS, REPLICATION_COLUMNS, Rows};
pub use summary::Summary;
