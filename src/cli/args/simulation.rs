//! The options of every command that simulates.

use std::path::PathBuf;

use clap::Args;

use crate::scenario::parse_size;

/// What every command that simulates takes.
#[derive(Debug, Args)]
pub struct SimulationArgs {
    /// How many times to simulate it [default: run.replications of the scenario, or 1000]
    #[arg(long, short = 'n', value_name = "N", value_parser = replications)]
    pub replications: Option<u32>,

    /// Where randomness starts [default: run.seed of the scenario, or 0]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,

    /// How many threads simulate; the results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub threads: Option<u32>,

    /// How much memory it may take, such as 8GB, by an estimate before it starts
    /// [default: what the machine and its limits have to spare]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_memory: Option<u64>,

    /// The results folder [default: results/NAME/, for the name in the scenario]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Override a value of the scenario, as in `deployment.failure_threshold_percentage=10` or
    /// `group.amr.robots=500`; may be given many times
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,

    /// Write no files: only the table, or with --json the results
    #[arg(long, conflicts_with = "out")]
    pub no_files: bool,

    /// Print the results as JSON instead of the table
    #[arg(long)]
    pub json: bool,

    /// Print no table, no progress and no notes
    #[arg(long, short)]
    pub quiet: bool,
}

/// A number of replications; what others write for large ones is told in digits.
pub fn replications(text: &str) -> Result<u32, String> {
    const EXPECTED: &str = "expected a whole number from 1 to 4294967295";
    match text.parse() {
        Ok(0) => Err(String::from(EXPECTED)),
        Ok(number) => Ok(number),
        Err(_) => Err(in_digits(text).map_or_else(|| String::from(EXPECTED), |digits| format!("write {digits}"))),
    }
}

/// `10k`, `1M`, `1e6` and `10,000` in digits.
fn in_digits(text: &str) -> Option<u32> {
    let plain = text.replace([',', '_', ' ', '\''], "");
    let (number, factor) = match plain.strip_suffix(['k', 'K']) {
        Some(thousands) => (thousands, 1e3),
        None => plain.strip_suffix(['m', 'M']).map_or((plain.as_str(), 1.0), |millions| (millions, 1e6)),
    };
    let number = number.parse::<f64>().ok()? * factor;
    (number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

/// A size as a scenario writes it.
pub fn size(text: &str) -> Result<u64, String> {
    parse_size(text).map(|bytes| bytes as u64).map_err(|why| format!("{why}; expected a size such as 500MB or 8GB"))
}
