//! The `rollcast` program: see [`rollcast::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    rollcast::cli::main()
}
