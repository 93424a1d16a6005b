//! The rollout rules as plain state machines: no clock, no randomness, no I/O.
//!
//! Whoever drives them says what happened and when; they say what follows. The simulation is one driver.
//!
//! * [`Fleet`]: the robots and their states (R2).
//! * [`DeploymentJob`]: targets, slots in use, endings, halt, end (R3, R5, R7 to R11).
//! * [`Controller`]: the decisions of a job, *whom to start* and *when to halt*. [`RoboMaker`] is the first one
//!   (R4, R9); another kind of rollout is another file with another implementation.
//! * [`Operator`]: who calls for the jobs, and when the campaign is over (R12); [`Client`]: how calls are repeated
//!   (R17).
//!
//! `docs/rules.md` has the rules in short, by the numbers that the code calls them by, and how they are read where they
//! leave a choice.

mod any;
mod client;
mod controller;
mod copying;
mod fleet;
mod job;
mod operator;
mod robomaker;
mod status;
mod word;

pub use any::{AnyController, Custom};
pub use client::{CallCounts, Client, Fault, RetryPolicy};
pub use controller::{Admission, Controller, Halt, HaltWords, JobEnd, JobOutcome, Judgement, Limits, OnBreach};
pub(crate) use copying::clone_by_fields;
pub use fleet::{Fleet, RobotId};
pub use job::{DeploymentJob, Halted, JobKind, Progress, RobotEnd, Start};
pub use operator::{Again, CampaignOutcome, MAX_GIVEN_UP, Operator, Schedule, SyncPolicy};
pub(crate) use robomaker::failure_limit;
pub use robomaker::{RoboMaker, StartOrder};
pub use status::{Architecture, DeploymentJobErrorCode, DeploymentStatus, RobotDeploymentStep, RobotStatus};
pub use word::Word;
