//! The rollout rules R1 to R17, checked from outside the library.
//!
//! * [`agreement`]: the engine against a slow model written from the contract alone ([`reference`]).
//! * [`counted`]: both on worlds whose numbers are counted by hand.
//! * [`invariants`]: what must hold of any campaign, seen through an observer; [`world_invariants`]: and of any world.
//! * [`controllers`]: other kinds of rollouts through the library's own seam.
//! * [`traces`]: a trace against its row, which is computed from its lines alone ([`row_of_trace`]).
//! * [`values`]: campaigns that are copied, or written down and read back.
//! * [`thresholds`]: many thresholds in one pass against a simulation of each.
//! * [`scenarios`]: the random scenarios that the others run, and proof that they reach every rule; [`worlds`]: what
//!   they add of the world around a rollout.

mod agreement;
mod controllers;
mod counted;
mod history;
mod invariants;
mod reference;
mod row_of_trace;
mod scenarios;
mod thresholds;
mod traces;
mod values;
mod world_invariants;
mod worlds;
