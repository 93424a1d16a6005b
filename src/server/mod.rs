//! The RoboMaker deployment API over the simulated fleet (R18, R19): `rollcast serve`.
//!
//! | module | what it is about |
//! |---|---|
//! | `account` | fleets, robots, applications, jobs, tags and tokens, driven by the simulation's own [loop](crate::simulation::turn()); one account is a pure function of scenario, seed, and calls with their instants |
//! | [`protocol`] | operations: members of requests in, responses and errors out, as the service model `robomaker-2018-06-29` has them |
//! | `clock`, `engine` | virtual time against real time; the account with its clock and its journal |
//! | `shared` | the engine behind one lock, in pieces of time; what is seen is in the journal |
//! | `journal` | what has happened, on the disk before anything is answered |
//! | `http`, `sigv4` | connections and their limits, paths, signatures, events for the page |
//! | `view`, `metrics`, `log` | what people see: the page, Prometheus, structured logs |
//!
//! The rules of jobs, the validation of requests and the idempotency of tokens are the simulation's own
//! ([`crate::rollout`], [`crate::control_plane`]): the same calls at the same instants give what a replication gives,
//! and tests hold it to that.
//!
//! # What holds
//!
//! * What is answered or shown is in the journal, if there is one, and so is the instant at which it was; see `journal`
//!   for what is on the disk when. With a journal, whatever happens to the process, the next one has all that was
//!   answered, and its time is not earlier than anybody has seen it.
//! * A call takes effect as a whole or not at all. At the first panic of any thread or task the server stops with exit
//!   status 1: what was half done is neither answered nor in the journal. When the journal cannot be written, whoever
//!   asks is answered with `InternalServerException`, and the server stops with exit status 3.
//! * With a key, everything but `/healthz` is for those who have it. Requests of other sites, and those that call the
//!   server by a name that is not its own, are refused.
//! * One looks or calls at a time, in the order in which they came. Time passes in pieces of a millisecond (or one
//!   instant, if that takes longer), whoever wants it to pass: steps, calls that come behind time, the clock. What is
//!   shown of many robots is gathered in one piece, and written as JSON aside, once for all who watch.
//! * Connections, watchers, records that wait for the disk, headers, bodies, and the time for each are bounded. A
//!   client that takes none of its answer for as long as a request may take is cut off.
//!
//! # What is not there
//!
//! * Simulation jobs, simulation applications, worlds and their exports: 33 of the service model's operations. They are
//!   answered with 404 and `UnknownOperationException`.
//! * Other accounts and regions: ARNs are of account 111111111111 in us-west-2, and those of others name nothing.
//! * IAM: with `--access-key` there is one key, which may do everything.
//! * Robots on the wire: no bundle is built, sent or run. S3 objects, images and Greengrass groups are names and
//!   nothing else.
//! * TLS. The server listens on 127.0.0.1 unless told otherwise.
//!
//! # What the service leaves open
//!
//! * DeleteFleet, DeleteRobot and DeleteRobotApplication of what is not there succeed: their errors in the model have
//!   no other way to say so. A fleet that is deleted cancels its job, and its robots are in no fleet.
//! * CancelDeploymentJob of a job that is canceled succeeds; of one that has ended otherwise it is
//!   `InvalidParameterException`.
//! * A second fleet of a name is `InvalidParameterException`: CreateFleet has no `ResourceAlreadyExistsException` in
//!   the model.
//! * A call that is refused has not used its token up.
//! * Jobs, and what their tokens were answered, are forgotten 90 days after the job was created.
//! * Requests that cannot be read are `SerializationException`, as AWS's services have it, and bodies beyond 64 KiB
//!   status 413.
//! * Whatever becomes of robots happens at instants of virtual time in microseconds; timestamps in responses are
//!   seconds since 1970 with three decimals.

mod account;
mod clock;
mod engine;
mod http;
mod journal;
mod log;
mod metrics;
pub mod protocol;
mod shared;
mod sigv4;
mod start;
#[cfg(test)]
mod tests;
mod view;

pub use account::{Account, Settings};
pub use clock::Speed;
pub use log::LogLevel;
pub use sigv4::AccessKey;
pub use start::{Options, ServerError, run};
