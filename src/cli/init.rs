//! `rollcast init`

use std::io;
use std::path::Path;

use super::args::InitArgs;
use super::files::write_whole;
use super::{Failure, exit, print};

/// What a scenario may begin as.
const STARTER: &str = include_str!("starter.toml");

/// Writes the starter scenario.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    if args.file == Path::new("-") {
        return print(STARTER);
    }
    let path = args.file.display();
    write_whole(&args.file, STARTER.as_bytes(), args.force).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists if !args.force => Failure {
            message: format!(
                "error: {path} is not written: {error}\nhelp: --force replaces it; another name goes before it\n"
            ),
            code: exit::BAD_INPUT,
        },
        _ => Failure { message: format!("error: cannot write {path}: {error}\n"), code: exit::IO },
    })?;
    print(&format!("{path} is written. Run it: rollcast run {path}\n"))
}
