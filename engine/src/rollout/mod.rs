//! The rollout rules as plain state machines: no clock, no randomness, no I/O.
//!
//! Whoever drives them says what happened and when; they say what follows. The simulation is one driver.
//!
//! * [`Fleet`]: the robots and their states (R2).
//! * [`DeploymentJob`]: targets, slots in use, endings, halt, end (R3, R5, R7 to R11).
//! * [`Controller`]: the decisions of a job, *whom to start* and *when to halt*. [`RoboMaker`] is the first one
//!   (R4, R9); another kind of rollout is another file with another implementation.
//! * [`Operator`]: who calls for the jobs, and when the campaign is over (R12); [`Client`]: how calls are repeated (R17).
//!
//! # The rules in short
//!
//! | rule | |
//! |---|---|
//! | R1 | At one instant: connectivity changes, endings (late syncs too), registrations, fleet timeout or horizon, calls, starts. |
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
//! | R13 | Robots may register during the campaign; the next sync job picks them up. |
//! | R14 | Robots go offline and return; the steps before the launch wait for them, and so does the report of the end. |
//! | R15 | A replication is about one build, which decides how likely steps fail. |
//! | R16 | Downloads share robot links, group uplinks and the origin's egress by max-min fairness. |
//! | R17 | Calls may be throttled, fail, or lose their answer; the client repeats them under their token. |
//! | R19 | A canceled job starts nobody and aborts those in flight; a robot that leaves frees its slot and counts neither way. |
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
//!
//! Registrations (R13):
//!
//! * Two groups' robots that register at one instant are numbered in the order of their groups.
//! * While a registration is to come the operator goes on calling, and a job without targets counts as one of `max_jobs`. It
//!   succeeds at the instant of its call, without preparing.
//!
//! Connectivity (R14), where a group has it:
//!
//! * A robot is online in the half-open interval from its return to its leaving. A step that waits for connection ends at the
//!   first instant by which the robot has been online for the step's latency since the step began: also at the instant of
//!   leaving, and at once if there is nothing to do. A period lasts at least a microsecond.
//! * A started robot that is offline begins nothing before its return, not even steps that need no connection. Its first
//!   progress is the return, and it is down from then on, even if it has timed out meanwhile.
//! * All of DownloadingExtracting waits for connection: the transfer and the extraction.
//! * An attempt that has timed out goes on by itself, also where the robot was online all the while and only slow. Its end comes
//!   when it is reported; it counts for nothing in any job, its failure code does not count again, and a late success is no
//!   robot deployment (`robot.deployment_s`).
//! * A target that gets in sync by itself before its job starts it is not started; it is not attempted. A job
//!   whose targets have all ended or got in sync so succeeds at once, even while it prepares.
//! * An aborted attempt does not go on. A robot that starts anew forgets its attempt before. A second CreateDeploymentJob (R17)
//!   ends what goes on by itself: that belongs to another deployment.
//!
//! Downloads (R16):
//!
//! * A transfer begins when the steps before are over and the robot is online, holds no rate while the robot is offline, and is
//!   complete at the microsecond nearest to its last bit. One that is complete as its robot leaves is complete.
//! * A transfer without any cap takes no time; it counts for `download.bytes` and the mean egress, and for no peak. It needs the robot online all the
//!   same, as a step with nothing to do does not.
//! * Each attempt transfers the bundle anew. A transfer ends with its attempt: at the robot timeout without connectivity, at an
//!   abort, at the robot's next start. Of one that ends so, whole bytes count.
//!
//! Calls (R17):
//!
//! * The client makes one call at a time: a schedule of fixed times skips those at which a call waits for its retry.
//! * A call that is refused because a job is active is answered; an operator that waits for jobs to end calls again after that
//!   job's end. A repeat of a call whose job has ended is answered with that job.
//! * A client that hears late of a job that has ended calls again its delay after that end, or at once if that has passed.
//! * Once no job may be made any more no new call is made. A campaign whose operator has no schedule, or has given up 1000 calls,
//!   ends with the call given up as it stands, as `max_jobs`, also if a job that the client does not know of is active.
//! * A repeat without a wait, like a next call without one, comes in the next turn of its instant, after the starts of this one.
//! * A call whose answer is lost counts as that, whatever the answer would have been.
//! * A second CreateDeploymentJob makes every robot `PendingNewDeployment` again; robots that were `InSync` are down again
//!   from their next progress on, and count again in `robot.time_to_success_s`.

//!
//! Cancel and leave (R19):
//!
//! * Aborted robots of a canceled job count as `aborted`, as at the fleet timeout. The job has no failure code. Robots that it never
//!   started stay as they were.
//! * A robot that leaves and comes back is a new robot to the fleet: it comes after all others, and no running job targets it.
//! * A job whose last target leaves has succeeded, or failed if it has halted: all others have ended.

mod any;
mod client;
mod controller;
mod fleet;
mod job;
mod operator;
mod robomaker;
mod status;
mod word;

pub use any::{AnyController, Custom};
pub use client::{CallCounts, Client, Fault, RetryPolicy};
pub use controller::{Admission, Controller, Halt, JobEnd, JobOutcome, Limits, OnBreach, Verdict};
pub use fleet::{Fleet, RobotId};
pub use job::{DeploymentJob, Halted, JobKind, Progress, RobotEnd, Start};
pub use operator::{Again, CampaignOutcome, MAX_GIVEN_UP, Operator, Schedule, SyncPolicy};
pub(crate) use robomaker::failure_limit;
pub use robomaker::{RoboMaker, StartOrder};
pub use status::{Architecture, DeploymentJobErrorCode, DeploymentStatus, RobotDeploymentStep, RobotStatus};
pub use word::Word;
