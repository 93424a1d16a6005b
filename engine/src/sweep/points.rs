//! From points to tallies.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Overrides, Sweep};
use crate::experiment::{Experiment, Stopped, Tally, Workers};
use crate::scenario::{Diagnostics, Scenario};
use crate::simulation::Plan;

/// What points are simulated with.
pub struct Simulation<'a> {
    /// The threads, which all points share: they work at one point together, and then at the next.
    pub workers: &'a Workers,
    /// What the command line says for all points.
    pub overrides: Overrides,
    /// Stops the sweep soon after it becomes true.
    pub cancelled: &'a AtomicBool,
    /// Is told how many more replications are done.
    pub advanced: &'a (dyn Fn(u32) + Sync),
}

/// A point and what came of it.
pub struct Simulated {
    pub point: u64,
    pub scenario: Scenario,
    pub seed: u64,
    /// What is remembered of its replications: that of an experiment of its own. Points that cannot differ share it.
    pub tally: Arc<Tally>,
}

/// The strategy that fits every sweep: simulates each point for itself, and hands its tally to `take`.
///
/// # Errors
/// Whatever stopped a point, the problems of a scenario that has changed since it was checked, and the errors of
/// `take`.
pub fn one_by_one<E>(
    sweep: &Sweep,
    simulation: &Simulation<'_>,
    mut take: impl FnMut(Simulated) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<Stopped> + From<Diagnostics>,
{
    for point in 0..sweep.len() {
        take(simulate_alone::<E>(sweep, point, simulation)?)?;
    }
    Ok(())
}

/// Simulates a point for itself.
pub(super) fn simulate_alone<E>(sweep: &Sweep, point: u64, simulation: &Simulation<'_>) -> Result<Simulated, E>
where
    E: From<Stopped> + From<Diagnostics>,
{
    let scenario = sweep.scenario(point)?;
    let plan = Plan::new(&scenario);
    let seed = simulation.overrides.seed(&scenario);
    let replications = simulation.overrides.replications(&scenario);
    let experiment = Experiment { plan: &plan, seed, replications, threads: None, curves: false };
    let Simulation { workers, cancelled, advanced, .. } = *simulation;
    let tally = experiment.run_part(workers, 0..replications, &mut (), cancelled, advanced);
    let tally = tally.map_err(|stopped| sweep.stopped_at(point, stopped))?;
    Ok(Simulated { point, scenario, seed, tally: Arc::new(tally) })
}
