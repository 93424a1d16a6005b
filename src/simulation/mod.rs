//! The simulation: drives the [rules](crate::rollout) through virtual time.
//!
//! * [`Plan`]: a scenario made ready to run; draws robot deployments.
//! * [`Campaign`]: the event loop of one replication.
//! * [`FairShare`]: downloads that share lines fairly.
//! * [`Observer`]: is told what happens; [`Replication`] and [`JobRecord`] are what a replication comes to.

mod campaign;
mod endings;
mod fair_share;
mod observer;
mod plan;
mod record;

pub use campaign::Campaign;
pub use fair_share::{FairShare, Volume};
pub use observer::Observer;
pub use plan::{Attempt, GroupPlan, Plan, StepDraw, StepPlan};
pub use record::{JobRecord, Replication};
