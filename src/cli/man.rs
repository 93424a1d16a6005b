//! `rollcast man`

use clap::Command;
use clap_mangen::Man;

use super::args::ManArgs;
use super::{Failure, print};
use crate::report::{OutputError, WholeFile};

/// Prints the pages, or writes them.
pub fn run(args: &ManArgs) -> Result<(), Failure> {
    let pages = pages();
    let Some(folder) = &args.out else {
        return print(&pages.into_iter().map(|(_, page)| page).collect::<String>());
    };
    std::fs::create_dir_all(folder).map_err(|error| OutputError { path: folder.clone(), error })?;
    for (name, page) in pages {
        WholeFile::new(&folder.join(name), true)?.write(&page)?;
    }
    Ok(())
}

/// The name and the text of each page: of the program, then of each command.
fn pages() -> Vec<(String, String)> {
    // Before it is built, so that `help` is no command with a page.
    let mut program = super::command().disable_help_subcommand(true);
    program.build();
    let commands: Vec<Command> = program.get_subcommands().cloned().collect();
    let page = |command: Command| {
        let man = Man::new(command);
        let mut text = Vec::new();
        man.render(&mut text).expect("memory takes all text");
        (man.get_filename(), String::from_utf8_lossy(&text).into_owned())
    };
    std::iter::once(program).chain(commands).map(page).collect()
}
