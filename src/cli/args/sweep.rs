//! The options of `rollcast sweep`.

use std::path::PathBuf;

use clap::Args;

use super::{EXIT_CODES, SimulationArgs};

/// Simulate a scenario under many settings and compare them.
///
/// Every point meets the same luck: a robot's k-th attempt draws the same latencies and failures under each setting, so
/// differences between points are due to the settings. A point's results are those of `rollcast run` with --set and its
/// values. Prints a table, and writes sweep.html, sweep.csv, sweep.json and plots/sweep.METRIC.svg into the results
/// folder: lines where one path varies, heat maps where two do; of further ones the pictures show the first value.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct SweepArgs {
    /// The scenario file (TOML)
    pub scenario: PathBuf,

    /// What varies, any path that --set takes, and its values: a list `5,10,20`, a range with its end `1..=100`,
    /// `5..=50:5`, `10m..=1h:10m` or `0.01..=0.05:0.01`, or an array `[...]` of TOML values; quotes keep commas
    /// together. Given many times it makes a grid, in which the first varies slowest
    #[arg(long, value_name = "PATH=LIST", required = true)]
    pub vary: Vec<String>,

    /// A metric for the table and a picture, by its path in summary.json; may be given many times
    /// [default: campaign.completion_s.p95, campaign.outcomes.halted.probability and first_job.robots_hurt.p95]
    #[arg(long, value_name = "PATH")]
    pub metric: Vec<String>,

    #[command(flatten)]
    pub simulation: SimulationArgs,

    /// Start a large sweep without asking
    #[arg(long, short)]
    pub yes: bool,
}

const EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast sweep scenarios/warehouse.toml --vary deployment.concurrent_deployment_percentage=5,10,20,50
      how long and how many hurt, against how many at once
  rollcast sweep my.toml --vary deployment.failure_threshold_percentage=5..=50:5 --vary group.amr.robots=100,1000
      a grid of two
  rollcast sweep my.toml --vary deployment.robot_deployment_timeout=10m..=1h:10m --metric robot.deployment_s.p99
      durations, and another metric
  rollcast sweep my.toml --vary 'sync.schedule=[{ every = \"1h\" }, { after_finish = \"10m\" }]'
      any value, as TOML writes it"
);
