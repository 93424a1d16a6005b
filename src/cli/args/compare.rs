//! The options of `rollcast compare`.

use std::path::PathBuf;

use clap::Args;

use super::{EXIT_CODES, SimulationArgs};

/// Compare two rollouts: what changes from A to B?
///
/// A and B are scenario files, or folders that `rollcast run` wrote. Scenarios are simulated under the same seed and as
/// often: those of the other side's folder, else A's, unless options say otherwise. Replication i of both then meets
/// the same luck, so the differences of its numbers are compared, in pairs. Folders of the same seed are paired, too;
/// others are compared as independent samples. Prints a table, and writes compare.html, compare.json, compare.csv and
/// plots/compare.*.svg into the results folder, which is results/A-vs-B/ for the names in the scenarios, or those of
/// the files if these are the same.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct CompareArgs {
    /// What to compare with: a scenario file (TOML) or the folder of a run
    #[arg(value_name = "A")]
    pub a: PathBuf,

    /// What takes its place: a scenario file (TOML) or the folder of a run
    #[arg(value_name = "B")]
    pub b: PathBuf,

    #[command(flatten)]
    pub simulation: SimulationArgs,
}

const EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast compare scenarios/warehouse.toml careful.toml
      what the careful settings cost, and what they save
  rollcast compare today.toml tomorrow.toml --set group.amr.robots=500
      both with a larger fleet: --set is laid over every side that is a scenario
  rollcast compare results/warehouse changed.toml
      a run that is there already, and the same replications of another scenario
  rollcast compare results/before results/after --json
      two runs, for another program to read"
);
