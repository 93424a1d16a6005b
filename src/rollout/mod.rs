//! The rollout rules R1 to R12 as plain state machines: no clock, no randomness, no I/O.
//!
//! Whoever drives them says what happened and when; they say what follows. The simulation is one driver.
//!
//! * [`Fleet`]: the robots and their states (R2).
//! * [`DeploymentJob`]: targets, slots in use, endings, halt, end (R3, R5, R7 to R11).
//! * [`Controller`]: the decisions of a job, *whom to start* and *when to halt*. [`RoboMaker`] is the first one
//!   (R4, R9); another kind of rollout is another file with another implementation.
//! * [`Operator`]: who calls for the jobs, and when the campaign is over (R12).

mod controller;
mod fleet;
mod job;
mod operator;
mod robomaker;
mod status;

pub use controller::{Admission, Controller, OnBreach};
pub use fleet::{Fleet, RobotId};
pub use job::{DeploymentJob, JobKind, Progress, RobotEnd, Start};
pub use operator::{Again, CampaignOutcome, Operator, Schedule, SyncPolicy};
pub use robomaker::{RoboMaker, StartOrder, failure_limit, slots};
pub use status::{Architecture, DeploymentJobErrorCode, DeploymentStatus, RobotDeploymentStep, RobotStatus};
