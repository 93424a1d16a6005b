//! The options of `rollcast check`.

use std::path::PathBuf;

use clap::Args;

use super::simulation::replications;
use super::{EXIT_CODES, SimulationArgs};

/// Check that scenarios are what they are expected to be.
///
/// Simulates until every `[[expect]]` entry of every scenario is proven to hold or to fail, each at its own confidence,
/// or until there are as many replications as there may be. The proof stays valid however long that takes, so an
/// expectation that is true fails with probability at most 0.001. All scenarios are read before any is run. With --out
/// it writes check.json and check.html.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct CheckArgs {
    /// The scenario files (TOML)
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,

    /// How many replications there are at most for each scenario's expectations; what is undecided then does not pass
    /// [default: check.max_replications of the scenario, or 1000000]
    #[arg(long, value_name = "N", value_parser = replications)]
    pub max_replications: Option<u32>,

    /// Write JUnit XML: a testsuite for each scenario, a testcase for each expectation
    #[arg(long, value_name = "FILE", conflicts_with = "no_files", help_heading = "Reports")]
    pub junit: Option<PathBuf>,

    /// Write a summary in Markdown. On GitHub (where GITHUB_STEP_SUMMARY is set) the step's summary gets it, too
    #[arg(long, value_name = "FILE", conflicts_with = "no_files", help_heading = "Reports")]
    pub markdown: Option<PathBuf>,

    /// Compare a run with a stored one, DIR/NAME/summary.json for the name in the scenario (or DIR/summary.json for a
    /// single scenario): the same bytes from the same program, scenario, seed and --replications; otherwise outcomes,
    /// time to success and robots hurt, by two-sample tests
    #[arg(long, value_name = "DIR", help_heading = "Baselines")]
    pub baseline: Option<PathBuf>,

    /// Differences from the baseline that do not matter, however sure they are: up to this share of its value, of
    /// probabilities up to this amount
    #[arg(long, value_name = "PERCENT%", value_parser = tolerance, requires = "baseline", help_heading = "Baselines")]
    pub tolerance: Option<f64>,

    /// Store a run as the baseline instead, and check nothing
    #[arg(long, requires = "baseline", conflicts_with_all = ["no_files", "junit", "markdown", "out", "max_replications", "tolerance"],
        help_heading = "Baselines")]
    pub update_baseline: bool,

    #[command(flatten)]
    pub simulation: SimulationArgs,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
    let share = percent.map(|percent: f64| percent / 100.0).filter(|share| (0.0..1.0).contains(share));
    share.ok_or_else(|| String::from("expected percent from 0% to less than 100%, as in 2%"))
}

const EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast check scenarios/release-gate.toml
      exits with 0 if all that the scenario expects is proven, with 1 if not
  rollcast check rollouts/*.toml --junit check.xml
      many scenarios, and a file for the CI system
  rollcast check my.toml --set expect.quick.at_most=2h --max-replications 100000
      another bound for the expectation named `quick`, and less patience
  rollcast check my.toml --baseline baselines --update-baseline
      stores how the rollout behaves today
  rollcast check my.toml --baseline baselines
      and this says whether it still does"
);
