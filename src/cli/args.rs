//! What can be typed.

/// What a command's help ends with: its examples, and the exit codes, which are the same for all.
macro_rules! with_exit_status {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n\nExit status:
  0    done
  1    a check did not hold, or a replication or a server failed by a fault of rollcast
  2    bad input or usage; nothing was written
  3    the scenario could not be read, or an output not be written
  130  interrupted; nothing was written"
        )
    };
}

mod check;
mod compare;
mod run;
mod serve;
mod simulation;
mod sweep;
mod tools;
mod trace;
mod tune;

use clap::{Parser, Subcommand};

pub use check::CheckArgs;
pub use compare::CompareArgs;
pub use run::RunArgs;
pub use serve::{AdminAction, AdminArgs, KeyArgs, ServeArgs};
pub use simulation::SimulationArgs;
pub use sweep::SweepArgs;
pub use tools::{CompletionsArgs, InitArgs, ManArgs, SchemaArgs, ValidateArgs};
pub use trace::TraceArgs;
pub use tune::TuneArgs;

/// Without examples it stands alone.
const EXIT_CODES: &str = with_exit_status!("").trim_ascii_start();

/// Forecasts software rollouts to robot fleets: how long, how likely, how many hurt?
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands. A doc comment of a variant would replace the words of its options in `--help`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Run(RunArgs),
    Sweep(SweepArgs),
    Tune(TuneArgs),
    Compare(CompareArgs),
    Check(CheckArgs),
    Trace(TraceArgs),
    Serve(ServeArgs),
    Admin(AdminArgs),
    Validate(ValidateArgs),
    Init(InitArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn long_help_repeats_the_exit_codes() {
        for command in Cli::command().get_subcommands_mut() {
            let name = command.get_name().to_owned();
            assert!(command.render_long_help().to_string().trim_end().ends_with(EXIT_CODES), "{name}");
        }
    }
}
