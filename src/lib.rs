//! Forecasts software rollouts to robot fleets.

pub mod rollout;
pub mod time;
