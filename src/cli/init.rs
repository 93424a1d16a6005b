//! `rollcast init`

use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::args::InitArgs;
use super::{Failure, exit, print};
use crate::questions;
use crate::report::{CommandLine, OutputError, WholeFile};
use crate::scenario::Controllers;

/// What a scenario may begin as, without comments on its keys.
const STARTER: &str = include_str!("starter.toml");

/// Where comments on keys begin, and how wide lines may be.
const COLUMN: usize = 46;
const WIDTH: usize = 120;

/// The starter, each key with what its description says the first time that it occurs.
fn starter() -> String {
    let description = questions::description(&Controllers::built_in());
    let mut said: HashSet<&str> = HashSet::new();
    let mut text = String::new();
    let mut table = "";
    for line in STARTER.lines() {
        let plain = line.strip_prefix("# ").unwrap_or(line);
        let key = plain.split_once(" = ").map_or("", |(key, _)| key);
        if let Some(header) = plain.strip_prefix('[') {
            table = header.trim_matches(['[', ']']);
        }
        let path = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
        let words = description.find(&path).map(|key| key.words.as_str()).filter(|words| said.insert(words));
        let words = words.map(|words| textwrap::wrap(words, WIDTH - COLUMN - 2));
        let mut comment = words.unwrap_or_default().into_iter();
        let mut left = line.to_owned();
        if line.len() > COLUMN - 2 {
            // What is too long for a comment beside it has it above.
            comment.by_ref().for_each(|words| text.push_str(&format!("# {words}\n")));
        }
        if let Some(words) = comment.next() {
            left = format!("{left:COLUMN$}# {words}");
        }
        text.push_str(&(left + "\n"));
        comment.for_each(|words| text.push_str(&format!("{:COLUMN$}# {words}\n", "")));
    }
    text
}

/// Writes the starter scenario.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    if args.file == Path::new("-") {
        return print(&starter());
    }
    let path = args.file.display();
    let written = WholeFile::new(&args.file, args.force).and_then(|file| file.write(&starter()));
    written.map_err(|failed| match failed {
        OutputError { error, .. } if error.kind() == io::ErrorKind::AlreadyExists => Failure {
            message: format!(
                "error: {path} is not written: {error}\nhelp: --force replaces it; another name goes before it\n"
            ),
            code: exit::BAD_INPUT,
        },
        failed => failed.into(),
    })?;
    let run = CommandLine::new("run").file(&path.to_string());
    print(&format!("{path} is written. Run it: {run}\n"))
}
