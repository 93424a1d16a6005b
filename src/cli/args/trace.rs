//! The options of `rollcast trace`.

use std::path::PathBuf;

use clap::Args;

use super::EXIT_CODES;
use super::simulation::size;
use crate::trace::Format;

/// Print the events of one replication.
///
/// They agree with its row in replications.csv. Robots are called GROUP-NUMBER, numbered from 1 within their group.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct TraceArgs {
    /// The scenario file (TOML)
    pub scenario: PathBuf,

    /// Which replication, from 0
    #[arg(long, value_name = "I", default_value_t = 0)]
    pub replication: u32,

    /// How the events are shown
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Where randomness starts [default: run.seed of the scenario, or 0]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,

    /// How much memory it may take, such as 8GB, by an estimate before it starts
    /// [default: what the machine and its limits have to spare]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_memory: Option<u64>,

    /// Override a value of the scenario, as `run --set` does; may be given many times
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,

    /// Print no notes
    #[arg(long, short)]
    pub quiet: bool,
}

const EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast trace scenarios/warehouse.toml --replication 3
      what happened in the fourth replication, line by line
  rollcast trace my.toml --format timeline --set group.amr.robots=30
      a chart of a small fleet
  rollcast trace my.toml --format chrome > trace.json
      for https://ui.perfetto.dev"
);
