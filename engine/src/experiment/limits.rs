//! Which limits held, as the records of jobs have them: they may differ, for fleets grow.

use std::fmt;

use crate::rollout::OnBreach;
use crate::simulation::JobRecord;

/// What controllers held the jobs of replications to. Merging is exact in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsSeen {
    /// The most robots in flight at once, over all jobs.
    pub in_flight: Option<Extent>,
    /// The failures at which first jobs would have halted.
    pub failures: Option<Extent>,
    /// The counts at which first jobs did halt, of those that ended.
    pub halts: Option<Extent>,
    /// Whether one of these halts has ended the robots in flight.
    pub aborts: bool,
}

/// The least and the greatest of some counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// At most `most`.
    pub least: u32,
    /// At least `least`.
    pub most: u32,
}

impl Extent {
    fn of(count: u32) -> Extent {
        Extent { least: count, most: count }
    }

    fn join(extent: &mut Option<Extent>, other: Option<Extent>) {
        if let Some(other) = other {
            let Extent { least, most } = extent.unwrap_or(other);
            *extent = Some(Extent { least: least.min(other.least), most: most.max(other.most) });
        }
    }
}

/// `5`, or `2 to 50`
impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Extent { least, most } if least == most => write!(f, "{most}"),
            Extent { least, most } => write!(f, "{least} to {most}"),
        }
    }
}

impl LimitsSeen {
    /// Adds a job that has ended, or was cut off.
    pub(super) fn add(&mut self, job: &JobRecord) {
        Extent::join(&mut self.in_flight, job.limits.in_flight.map(Extent::of));
        if job.number == 0 {
            Extent::join(&mut self.failures, job.limits.failures.map(Extent::of));
            if let Some(halted) = job.ended.and(job.halt) {
                Extent::join(&mut self.halts, Some(Extent::of(halted.halt.limit)));
                self.aborts |= halted.halt.in_flight == OnBreach::Abort;
            }
        }
    }

    /// Adds those of other replications.
    pub(super) fn merge(&mut self, other: &LimitsSeen) {
        Extent::join(&mut self.in_flight, other.in_flight);
        Extent::join(&mut self.failures, other.failures);
        Extent::join(&mut self.halts, other.halts);
        self.aborts |= other.aborts;
    }
}
