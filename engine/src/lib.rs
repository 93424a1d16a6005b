//! The engine of rollcast: the rules of rollouts, their simulation, the statistics of what comes of it, and what is decided by
//! them. Without a command line, a server or pages; the `rollcast` crate re-exports every module here, and has the map.

pub mod baseline;
pub mod comparison;
pub mod control_plane;
pub mod expectation;
pub mod experiment;
pub mod metric;
pub mod precision;
pub mod random;
pub mod rollout;
pub mod scenario;
pub mod simulation;
pub mod statistics;
pub mod sweep;
pub mod time;
pub mod tune;
