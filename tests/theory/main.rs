//! The simulation against theory: what can be known without simulating must come out of it.
//!
//! * `distributions`: every family of the scenario against its closed form and against another sampler.
//! * `residuals`: means and residual lives of the families by integration, and the beta distribution.
//! * `closed_forms`: whole campaigns whose outcomes have an exact distribution or expectation.
//! * `hand_counted`: campaigns without chance, every number counted by hand.
//! * `world`: builds, offline robots, registrations, shared downloads and API faults against closed forms and by hand.
//!
//! Seeds are fixed, so a test passes always or never. Statistical bounds are stated in `statistics`.

mod closed_forms;
mod distributions;
mod hand_counted;
mod residuals;
mod run;
mod statistics;
mod world;
