//! The simulation against theory: what can be known without simulating must come out of it.
//!
//! * `distributions`: every family of the scenario against its closed form and against another sampler.
//! * `residuals`: means and residual lives of the families by integration, and the beta distribution.
//! * `closed_forms`: whole campaigns whose outcomes have an exact distribution or expectation.
//! * `hand_counted`: campaigns without chance, every number counted by hand.
//! * `guarantees`: what `check` and `tune` state, by as many seeds as there is time for; `cargo bench --bench rates` has
//!   thousands.
//! * `world`: builds, offline robots, registrations, shared downloads and API faults against closed forms and by hand.
//!
//! Seeds are fixed, so a test passes always or never. Statistical bounds are stated in `statistics`.

mod closed_forms;
mod distributions;
#[path = "../../benches/rates/guarantees.rs"]
mod guarantees;
mod hand_counted;
mod residuals;
mod run;
mod statistics;
mod world;

/// No more of what is stated is wrong than may be, for any kind of statement. What is said by the central limit has no
/// probability.
#[test]
fn guarantees_are_kept() {
    const SEEDS: u64 = 40;
    let rates = guarantees::all(SEEDS);
    assert!(rates.len() >= 25, "{}", guarantees::table(&rates, SEEDS));
    for guarantees::StatementRate { may_be_wrong, wrong, .. } in &rates {
        let most = may_be_wrong + 3.0 * may_be_wrong.sqrt();
        assert!(*wrong as f64 <= most, "{}", guarantees::table(&rates, SEEDS));
    }
}
