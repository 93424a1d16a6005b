//! The rollout rules R1 to R12 as plain state machines: no clock, no randomness, no I/O.
//!
//! Whoever drives them says what happened and when; they say what follows. The simulation is one driver.
//!
//! * [`Fleet`]: the robots and their states (R2).
//! * [`DeploymentJob`]: targets, slots in use, endings, halt, end (R3, R5, R7 to R11).
//! * [`Controller`]: the decisions of a job, *whom to start* and *when to halt*. [`RoboMaker`] is the first one
//!   (R4, R9); another kind of rollout is another file with another implementation.
//! * [`Operator`]: who calls for the jobs, and when the campaign is over (R12).
//!
//! # The rules in short
//!
//! | rule | |
//! |---|---|
//! | R1 | At one instant: endings, then fleet timeout or horizon, then calls of the operator, then starts. |
//! | R2 | Robots are numbered in the order of their groups; F is the fleet's size when a job is created. |
//! | R3 | The first job targets every robot, a sync job those that are not `InSync`. |
//! | R4 | At most `max(1, floor(F * concurrentDeploymentPercentage / 100))` robots deploy at once. |
//! | R5 | A job is `Pending`, `Preparing` for a drawn time, `InProgress`, then `Succeeded` or `Failed`. |
//! | R6 | Robots start in registration order, or in a permutation drawn for the job. |
//! | R7 | A robot goes through the steps; each takes a drawn time and may fail at its end. |
//! | R8 | A robot that has not ended by start + robot timeout is `NoResponse`; ending exactly then is in time. |
//! | R9 | The job halts when `100 * (failed + no response) >= failureThresholdPercentage * F`; robots in flight drain or are aborted. |
//! | R10 | At the fleet timeout robots in flight are aborted and the job fails; an ending exactly then counts. |
//! | R11 | A job whose targets have all ended without a halt has succeeded, even with some failed robots. |
//! | R12 | The operator calls again on a schedule until the fleet is in sync, or something else ends the campaign. |
//!
//! # Where the rules leave a choice
//!
//! * A robot that takes no time frees its slot at the instant of its start. The instant then has another turn: the freed slots
//!   are filled again, and a breach is judged in between. Calls of an instant are made once, in its first turn, so a call meets a
//!   job whose last robot starts and ends at that instant, and is lost.
//! * A breach ends nothing by itself: a campaign is `halted` when the halted job has ended. A job that the horizon cuts off
//!   while it drains has no outcome, and the campaign's is `horizon`.
//! * A halted job that hits the fleet timeout while it drains failed with `FleetDeploymentTimeout`. It has breached its threshold as
//!   well, so by R12's order its campaign is `halted` (`timed_out` if `on_halt` is `retry`), and its overshoot is counted.
//! * The call at time 0 is the first deployment; a schedule of fixed times goes on at its first multiple, even if the first
//!   job has ended by then.
//! * Calls that are lost to the last job of a campaign are counted, unless no further job is allowed.
//! * Robots in flight at the horizon are neither succeeded nor failed nor not attempted.
//! * An aborted attempt counts as one: the robot's next attempt draws afresh.
//! * A robot is down from its first start on; while nothing keeps it offline that is its first progress.
//! * Every campaign that still runs after 13000 days ends as `horizon`, and `[sync]` without `max_jobs` allows 1000 jobs.

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
