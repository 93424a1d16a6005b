//! The options of the commands that simulate nothing.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::EXIT_CODES;

/// Check scenarios and say what would be simulated.
///
/// Prints a description of each scenario that is right, and every error of every one that is not. Nothing is simulated.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ValidateArgs {
    /// The scenario files (TOML)
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,

    /// Override a value of each scenario, as `run --set` does; may be given many times
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,

    /// Print errors only
    #[arg(long, short)]
    pub quiet: bool,
}

/// Write a commented scenario to start from.
///
/// It runs as it is: change what is not true of your fleet.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct InitArgs {
    /// The file to write; `-` is stdout
    #[arg(default_value = "scenario.toml")]
    pub file: PathBuf,

    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
}

/// Print the JSON Schema of scenarios, for editors.
///
/// An editor that knows it completes the keys of a scenario, explains them and checks their values.
#[derive(Debug, Args)]
#[command(after_long_help = SCHEMA_EXAMPLE, after_help = EXIT_CODES)]
pub struct SchemaArgs {}

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_long_help = COMPLETIONS_EXAMPLES, after_help = EXIT_CODES)]
pub struct CompletionsArgs {
    /// The shell that is to complete
    pub shell: Shell,
}

/// Print the manual pages, or write them to a folder.
///
/// There is a page for rollcast and one for each command. On stdout they follow each other: `rollcast man | man -l -`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ManArgs {
    /// Write each page to a file of this folder, such as rollcast-run.1
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

const SCHEMA_EXAMPLE: &str = with_exit_status!(
    "\
Example:
  rollcast schema > scenario.schema.json
      and `#:schema ./scenario.schema.json` as the first line of the scenario,
      which editors with Taplo understand (Even Better TOML in VS Code)"
);

const COMPLETIONS_EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast completions bash > ~/.local/share/bash-completion/completions/rollcast
  rollcast completions zsh > ~/.zfunc/_rollcast
  rollcast completions fish > ~/.config/fish/completions/rollcast.fish"
);
