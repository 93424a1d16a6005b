//! Forecasts software rollouts to robot fleets.

pub mod time;
