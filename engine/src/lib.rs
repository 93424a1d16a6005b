//! The engine of rollcast: the rules of rollouts, their simulation, the statistics of what comes of it, and what is
//! decided by them. It has no command line, server or pages; the `rollcast` crate re-exports every module here.
//!
//! # Map
//!
//! A test holds it to the imports, which never go in a circle.
//!
//! | module | what it is | depends on |
//! |---|---|---|
//! | [`time`] | instants and spans in integer microseconds (R1) | |
//! | [`calendar`] | what virtual time is on the wall; windows of local time (R21) | `time` |
//! | [`rollout`] | the rules of jobs, operator and client as state machines without clock, chance or I/O; the [`rollout::Controller`] seam | `time` |
//! | [`control_plane`] | the door of the deployment API (R18): checks, idempotency, exceptions in their order | |
//! | [`random`] | streams that are pure functions of what they are for; distributions | `rollout` |
//! | [`scenario`] | TOML to checked values, every problem with its place, and the schema for editors | `calendar`, `random`, `rollout`, `time` |
//! | [`simulation`] | the event loop and the world around it (R13 to R17), its plan, its observers | `calendar`, `random`, `rollout`, `scenario`, `time` |
//! | [`statistics`] | exact sums, histograms, intervals | `time` |
//! | [`measure`] | the one list of what results say of replications | `random`, `rollout`, `scenario`, `simulation`, `statistics`, `time` |
//! | [`experiment`] | replications, blocks, threads, the tally | `measure`, `random`, `rollout`, `simulation`, `statistics`, `time` |
//! | [`manifest`] | which files of a results folder belong together | |
//! | [`metric`] | the numbers of results by their addresses | `experiment`, `measure`, `rollout`, `scenario`, `statistics`, `time` |
//! | [`precision`] | replications until an interval is narrow enough | `experiment`, `metric`, `scenario`, `statistics` |
//! | [`questions`] | what a scenario's file asks about the scenario: `[[expect]]`, `[check]`, `[tune]` | `metric`, `precision`, `scenario` |
//! | [`expectation`] | replications until it is proven what a scenario expects | `experiment`, `measure`, `metric`, `questions`, `scenario`, `statistics` |
//! | [`baseline`] | whether a rollout still behaves as it did | `experiment`, `manifest`, `measure`, `metric`, `rollout`, `scenario`, `simulation`, `statistics` |
//! | [`comparison`] | what changes from one rollout to another | `experiment`, `manifest`, `measure`, `metric`, `rollout`, `scenario`, `simulation`, `statistics` |
//! | [`sweep`] | the same scenario under many settings | `experiment`, `measure`, `metric`, `questions`, `rollout`, `scenario`, `simulation`, `statistics`, `time` |
//! | [`tune`] | the best setting that satisfies constraints, with a stated probability | `expectation`, `experiment`, `measure`, `metric`, `precision`, `questions`, `scenario`, `simulation`, `statistics`, `sweep`, `time` |

pub mod baseline;
pub mod calendar;
pub mod comparison;
pub mod control_plane;
pub mod expectation;
pub mod experiment;
pub mod manifest;
pub mod measure;
pub mod metric;
pub mod precision;
pub mod questions;
pub mod random;
pub mod rollout;
pub mod scenario;
pub mod simulation;
pub mod statistics;
pub mod sweep;
pub mod time;
pub mod tune;
