//! The RoboMaker deployment API over the simulated fleet (R18, R19).

mod account;
mod clock;
mod engine;
mod http;
mod journal;
mod log;
mod metrics;
pub mod protocol;
mod sigv4;
mod start;
mod view;
mod world;

pub use account::{Account, Settings};
pub use clock::Speed;
pub use log::Level;
pub use start::{Options, StartError, run};
