//! The numbers of a measure, whichever kind of sample they are in.

use hdrhistogram::Histogram;

use super::{ClusteredSample, Description, Estimate, Lasting, Sample, Statistic};

/// The numbers of a measure.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'t> {
    /// At most one a replication.
    Independent(&'t Sample),
    /// Many a replication.
    Clustered(&'t ClusteredSample),
}

impl Numbers<'_> {
    /// All statistics in the order of [`Statistic::ALL`].
    pub fn estimates(&self) -> [Estimate; Statistic::ALL.len()] {
        match self {
            Numbers::Independent(sample) => sample.estimates(),
            Numbers::Clustered(sample) => sample.estimates(),
        }
    }

    /// What results say of them.
    pub fn describe(&self) -> Description {
        match self {
            Numbers::Independent(sample) => sample.describe(),
            Numbers::Clustered(sample) => sample.describe(),
        }
    }

    /// The same of times that may never come; none of other numbers.
    pub fn lasting(&self) -> Option<Lasting> {
        match self {
            Numbers::Independent(sample) => sample.describe_lasting(),
            Numbers::Clustered(_) => None,
        }
    }

    /// All numbers; see [`Numbers::show`].
    pub fn histogram(&self) -> Histogram<u64> {
        match self {
            Numbers::Independent(sample) => sample.histogram(),
            Numbers::Clustered(sample) => sample.histogram(),
        }
    }

    /// A number of the histogram as it is shown.
    pub fn show(&self, value: f64) -> f64 {
        let (unit, resolution) = match self {
            Numbers::Independent(sample) => (sample.unit(), sample.resolution()),
            Numbers::Clustered(sample) => (sample.unit(), 1),
        };
        unit.show(value * resolution as f64)
    }
}
