//! rollcast forecasts software rollouts to robot fleets: how long, how likely, how many hurt?
//!
//! A [scenario] describes a fleet of virtual robots. A discrete-event [simulation] drives the [rollout] rules of the AWS
//! RoboMaker deployment API through virtual time; an [experiment] repeats that thousands of times in parallel; a
//! [report] says what came of it. What computes stands in the crate `rollcast-engine` (the folder `engine`), whose modules are
//! re-exported here; with `default-features = false` that is all there is, without command line, pages, server and tokio.
//!
//! # Words
//!
//! * A **fleet** has robots in groups; a **deployment job** gives them a new build, a **sync deployment job** gives it to those
//!   that it has not reached. The API's own names are kept: `InSync`, `NoResponse`, `FailureThresholdBreached`.
//! * A **campaign** is the first job and the sync jobs that follow, until it has an **outcome**.
//! * A **replication** is one simulated campaign; an **experiment** is many; a **tally** is what is remembered of them.
//! * An **attempt** is one robot's deployment within a job; an **event** is an instant at which something happens.
//!
//! # Map
//!
//! The engine's modules are mapped in [`rollcast_engine`]. The program has four more; `DESIGN.md` says why they are cut so.
//!
//! | module | what it is | depends on |
//! |---|---|---|
//! | [`cli`] | the command line | `baseline`, `comparison`, `expectation`, `experiment`, `manifest`, `metric`, `precision`, `questions`, `report`, `scenario`, `server`, `simulation`, `sweep`, `trace`, `tune` |
//! | [`report`] | answers as tables, pages, pictures and files | `baseline`, `calendar`, `comparison`, `expectation`, `experiment`, `manifest`, `measure`, `metric`, `precision`, `questions`, `random`, `rollout`, `scenario`, `simulation`, `statistics`, `sweep`, `time`, `tune` |
//! | [`server`] | the deployment API over simulated robots, in virtual time (R18, R19) | `control_plane`, `metric`, `random`, `rollout`, `scenario`, `simulation`, `time` |
//! | [`trace`] | the events of one replication, and how they are shown | `metric`, `report`, `rollout`, `scenario`, `simulation`, `time` |
//!
//! Four ideas carry it. The rules are plain state machines that a driver drives. Everything random is a pure function of (seed,
//! replication, robot, attempt, purpose). Time and sums are integers, so tallies merge exactly and the same bytes come out for
//! any number of threads. The event loop does no work that no result needs, and fits on a screen.
//!
//! # Example
//!
//! ```
//! use std::path::Path;
//! use std::sync::atomic::AtomicBool;
//!
//! use rollcast::experiment::Experiment;
//! use rollcast::measure;
//! use rollcast::metric::Summary;
//! use rollcast::scenario::Scenario;
//! use rollcast::simulation::Plan;
//!
//! let text = r#"
//!     name = "night-shift"
//!     [deployment]
//!     concurrent_deployment_percentage = 25
//!     failure_threshold_percentage = 50
//!     [[group]]
//!     name = "amr"
//!     robots = 40
//!     [group.step.downloading_extracting]
//!     latency = { lognormal = { median = "2m", sigma = 0.5 } }
//!     failure = 0.02
//!     [sync]
//!     schedule = { after_finish = "5m" }
//! "#;
//! let scenario = Scenario::parse(text, "night-shift.toml", Path::new("."), &[])
//!     .map_err(|problems| problems.render(false))?;
//! let plan = Plan::new(&scenario);
//! let experiment = Experiment { plan: &plan, seed: 1, replications: 500, threads: None, curves: false };
//! let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
//! let summary = Summary::new(&scenario, experiment.seed, &tally);
//!
//! assert_eq!(summary[measure::IN_SYNC].count, 500);
//! let p95 = summary[measure::TIME_TO_SUCCESS].p95.expect("500 campaigns ended in sync").0;
//! assert!((900.0..1800.0).contains(&p95), "95 % take at most {p95} seconds");
//! # Ok::<(), String>(())
//! ```

pub use rollcast_engine::{
    baseline, calendar, comparison, control_plane, expectation, experiment, manifest, measure, metric, precision,
    questions, random, rollout, scenario, simulation, statistics, sweep, time, tune,
};

#[cfg(feature = "program")]
pub mod cli;
#[cfg(feature = "program")]
pub mod report;
#[cfg(feature = "program")]
pub mod server;
#[cfg(feature = "program")]
pub mod trace;
