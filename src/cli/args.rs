//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Forecasts software rollouts to robot fleets: how long, how likely, how many hurt?
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario many times and report what happened
    Run(RunArgs),
}

/// Simulate a scenario many times and report what happened.
///
/// Prints a table, and writes summary.json, replications.csv, jobs.csv, histograms/ and plots/ into the results folder.
/// The same scenario, seed and number of replications give the same bytes on any machine and any number of threads.
#[derive(Debug, Args)]
#[command(after_long_help = RUN_EXAMPLES, after_help = EXIT_CODES)]
pub struct RunArgs {
    /// The scenario file (TOML)
    pub scenario: PathBuf,

    /// How many times to simulate it [default: run.replications of the scenario, or 1000]
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub replications: Option<u32>,

    /// Where randomness starts [default: run.seed of the scenario, or 0]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,

    /// How many threads simulate; the results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub threads: Option<u32>,

    /// The results folder [default: results/NAME/, for the name in the scenario]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Override a value of the scenario, as in `deployment.failure_threshold_percentage=10` or
    /// `group.amr.robots=500`; may be given many times
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,

    /// How many rows jobs.csv may have
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub max_job_rows: u64,

    /// Write no files: only the table, or with --json the summary
    #[arg(long, conflicts_with_all = ["out", "max_job_rows"])]
    pub no_files: bool,

    /// Print the content of summary.json instead of the table
    #[arg(long)]
    pub json: bool,

    /// Print no table, no progress and no notes
    #[arg(long, short)]
    pub quiet: bool,
}

const EXIT_CODES: &str = "\
Exit status:
  0    done
  1    a check did not hold (commands that check)
  2    bad input or usage; nothing was written
  3    the scenario could not be read, or an output not be written
  130  interrupted; nothing was written";

const RUN_EXAMPLES: &str = "\
Examples:
  rollcast run scenarios/warehouse.toml
      the shipped default: 200 robots, 1000 replications
  rollcast run scenarios/warehouse.toml --set deployment.concurrent_deployment_percentage=5
      the same robots and the same luck under a more careful setting
  rollcast run my.toml --set group.amr.robots=500 --set sync.schedule.after_finish=1h
      a larger fleet and less frequent syncs
  rollcast run my.toml --replications 100000 --no-files --json
      a precise forecast for another program to read

Exit status:
  0    done
  1    a check did not hold (commands that check)
  2    bad input or usage; nothing was written
  3    the scenario could not be read, or an output not be written
  130  interrupted; nothing was written";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn long_help_repeats_the_exit_codes() {
        assert!(RUN_EXAMPLES.ends_with(EXIT_CODES));
    }
}
