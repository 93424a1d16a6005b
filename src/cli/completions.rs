//! `rollcast completions`

use super::args::CompletionsArgs;
use super::{Failure, print};

/// Prints the script.
pub fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    // To memory first: the generator takes a closed pipe for a bug.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "rollcast", &mut script);
    print(&String::from_utf8_lossy(&script))
}
