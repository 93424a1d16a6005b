//! Forecasts software rollouts to robot fleets.

pub mod cli;
pub mod experiment;
pub mod random;
pub mod report;
pub mod rollout;
pub mod scenario;
pub mod simulation;
pub mod statistics;
pub mod time;
