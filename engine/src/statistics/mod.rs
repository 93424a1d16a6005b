//! Statistics of replications: exact sums, histograms, confidence intervals.
//!
//! * [`Sample`]: numbers of which each replication gives at most one, so they are independent.
//! * [`ClusteredSample`]: numbers of which a replication gives many, so they are independent only between replications.
//! * [`Numbers`]: either of these.
//! * [`OrderStatistics`]: numbers by their rank.
//! * [`SharedCluster`]: a cluster of which many samples hold nearly the same numbers.
//! * [`interval`]: the confidence intervals.
//! * [`confidence_sequence`]: intervals that may be looked at after every single number.
//! * [`differences`]: how far two samples are apart whose numbers come in pairs.
//! * [`paired`]: which of two settings is better, when both met the same luck.
//! * [`two_sample`]: whether two samples come from the same source.
//!
//! Samples keep integer counts and integer sums only, so merging is exact in any order; real numbers appear when a
//! [`Description`] of all or an [`Estimate`] of one [`Statistic`] is made from them.

mod cells;
mod clustered;
pub mod confidence_sequence;
mod description;
pub mod differences;
mod estimate;
pub mod interval;
mod numbers;
mod order;
pub mod paired;
mod sample;
mod skewness;
mod student;
pub mod two_sample;
mod unit;

pub use clustered::{ClusteredSample, SharedCluster, Waiting};
pub use description::{Description, Lasting, Number, Proportion};
pub use estimate::{Estimate, Lack, Statistic};
pub use numbers::Numbers;
pub use order::OrderStatistics;
pub use sample::{Sample, Support, rank};
pub use unit::Unit;
