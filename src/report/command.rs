//! The command that repeats what a page shows.

use std::fmt;

/// A command line without what results do not depend on: threads, folders, output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    /// Begins with `rollcast VERB`.
    pub fn new(verb: &str) -> CommandLine {
        CommandLine { words: vec![String::from("rollcast"), verb.to_owned()] }
    }

    /// Adds a file by its name.
    pub fn file(mut self, name: &str) -> CommandLine {
        self.words.push(operand(name));
        self
    }

    /// Adds an option with its value.
    pub fn option(mut self, name: &str, value: impl fmt::Display) -> CommandLine {
        let value = value.to_string();
        self.words.push(name.to_owned());
        self.words.push(value);
        self
    }

    /// Adds an option for each value.
    pub fn options(self, name: &str, values: &[String]) -> CommandLine {
        values.iter().fold(self, |command, value| command.option(name, value))
    }
}

impl fmt::Display for CommandLine {
    /// As a POSIX shell takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        f.write_str(&quoted.join(" "))
    }
}

/// An argument that begins with a hyphen would be an option; a hyphen alone is standard input.
fn operand(name: &str) -> String {
    if name.starts_with('-') && name != "-" { format!("./{name}") } else { name.to_owned() }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_it_back() {
        let command = CommandLine::new("run")
            .file("-my scenario.toml")
            .option("--seed", 7)
            .options("--set", &[String::from("sync.schedule={ every = \"2h\" }"), String::from("name='x'")]);
        assert_eq!(
            command.to_string(),
            r#"rollcast run './-my scenario.toml' --seed 7 --set 'sync.schedule={ every = "2h" }' --set 'name='\''x'\'''"#
        );
    }
}
