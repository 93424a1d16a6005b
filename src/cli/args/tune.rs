//! The options of `rollcast tune`.

use std::path::PathBuf;

use clap::Args;

use super::simulation::replications;
use super::{EXIT_CODES, SimulationArgs};

/// Find the setting that is best among those that satisfy constraints.
///
/// What may vary, what is to be small or great and what has to hold stand in the scenario's `[tune]`, or are given by
/// options. All settings meet the same luck and are simulated in stages; hopeless ones drop out early. The answer is
/// the best setting, or one that is no more than the margin worse, with the confidence asked for. Prints it beside the
/// scenario's own setting, the trade-off between time and robots hurt, and what each constraint costs; writes
/// tune.html, tune.json and plots/tradeoff.svg into the results folder.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct TuneArgs {
    /// The scenario file (TOML)
    pub scenario: PathBuf,

    /// What may vary and its values, as `rollcast sweep --vary` takes them; goes before the same path in the scenario's
    /// `[tune]`. May be given many times
    #[arg(long, value_name = "PATH=LIST")]
    pub vary: Vec<String>,

    /// The metric that is to be small, by its path in summary.json: a probability, a quantile or a mean
    #[arg(long, value_name = "METRIC", conflicts_with = "maximize")]
    pub minimize: Option<String>,

    /// The metric that is to be great
    #[arg(long, value_name = "METRIC")]
    pub maximize: Option<String>,

    /// What has to hold, as `campaign.outcomes.halted.probability <= 0.01` or `campaign.completion_s.p95 <= 2h`.
    /// Goes before a constraint of the same metric and side in the scenario's `[tune]`. May be given many times
    #[arg(long, value_name = "METRIC<=NUMBER")]
    pub constraint: Vec<String>,

    /// How sure the answer has to be [default: tune.confidence of the scenario, or 0.95]
    #[arg(long, value_name = "C", value_parser = confidence)]
    pub confidence: Option<f64>,

    /// How much worse than the best setting is good enough: a share as `1%`, or an amount in the objective's unit as
    /// `30s`; of a probability `1%` is a percentage point [default: tune.margin of the scenario, or 1%]
    #[arg(long, value_name = "M")]
    pub margin: Option<String>,

    /// The most replications of a setting, as --replications; what is undecided then stays so
    /// [default: tune.max_replications of the scenario, or 100000]
    #[arg(long, value_name = "N", value_parser = replications, conflicts_with = "replications")]
    pub max_replications: Option<u32>,

    #[command(flatten)]
    pub simulation: SimulationArgs,

    /// Start with many settings without asking
    #[arg(long, short)]
    pub yes: bool,
}

fn confidence(text: &str) -> Result<f64, String> {
    let within = |confidence: &f64| 0.5 < *confidence && *confidence < 1.0;
    text.parse().ok().filter(within).ok_or_else(|| String::from("expected a number above 0.5 and below 1"))
}

const EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast tune scenarios/release-gate.toml
      what the scenario's [tune] asks for
  rollcast tune my.toml --vary deployment.concurrent_deployment_percentage=5..=50:5 --minimize campaign.completion_s.p95 \\
      --constraint 'campaign.peak_robots_down.p99 <= 40'
      the quickest rollout with at most 40 robots down at once
  rollcast tune my.toml --margin 2m --confidence 0.99 --replications 20000
      two minutes do not matter, an error does, and patience ends
  rollcast tune my.toml --json --no-files
      for another program to read"
);
