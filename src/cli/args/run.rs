//! The options of `rollcast run`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::simulation::replications;
use super::{EXIT_CODES, SimulationArgs};
use crate::scenario::parse_duration;

/// Simulate a scenario many times and report what happened.
///
/// Prints a table, and writes report.html, summary.json, replications.csv, jobs.csv, histograms/ and plots/ into the
/// results folder. The same scenario, seed and number of replications give the same bytes on any machine and any number
/// of threads.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct RunArgs {
    /// The scenario file (TOML)
    pub scenario: PathBuf,

    #[command(flatten)]
    pub simulation: SimulationArgs,

    /// How many rows jobs.csv may have
    #[arg(long, value_name = "N", default_value_t = 1_000_000, conflicts_with = "no_files")]
    pub max_job_rows: u64,

    /// Go on until the 95 % interval of the metric is at most so far from its middle: a share of the value (`1%`), or
    /// an amount in the metric's unit (`30s`, `0.5`, `10MB`). Of a probability `0.5%` means percentage points.
    /// --replications is where to start, 400 at least; the number reached depends on scenario, seed and options alone
    #[arg(long, value_name = "WIDTH", help_heading = "Precision")]
    pub precision: Option<String>,

    /// The metric that has to be precise, by its path in summary.json
    /// [default: campaign.time_to_success_s.p95, or first_job.makespan_s.p95 if no campaign ends in sync]
    #[arg(long, value_name = "PATH", requires = "precision", help_heading = "Precision")]
    pub metric: Option<String>,

    /// Begin no further stage after this time, precise or not; the number of replications then depends on the machine,
    /// and --replications with that number repeats the run
    #[arg(long, value_name = "TIME", value_parser = time, requires = "precision", help_heading = "Precision")]
    pub max_time: Option<Duration>,

    /// How many replications there are at most, precise or not
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = replications,
        requires = "precision", help_heading = "Precision")]
    pub max_replications: u32,
}

/// A time as a scenario writes it.
fn time(text: &str) -> Result<Duration, String> {
    let span = parse_duration(text).map_err(|why| format!("{why}; expected a time such as 30s or 5m"))?;
    Ok(Duration::from_micros(span.micros()))
}

const EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast run scenarios/warehouse.toml
      the shipped default: 200 robots, 1000 replications
  rollcast run scenarios/warehouse.toml --set deployment.concurrent_deployment_percentage=5
      the same robots and the same luck under a more careful setting
  rollcast run my.toml --set group.amr.robots=500 --set sync.schedule.after_finish=1h
      a larger fleet and less frequent syncs
  rollcast run my.toml --replications 100000 --no-files --json
      many replications for another program to read
  rollcast run my.toml --precision 1%
      as many as it takes to know the 95th percentile of the time to success to 1 %
  rollcast run my.toml --precision 0.1% --metric campaign.outcomes.halted.probability
      the probability of a halt to a tenth of a percentage point"
);
