//! The program with these controllers, in a process of its own: this test binary, which runs nothing else then.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// In which the arguments are handed over, a line each.
const ARGUMENTS: &str = "ROLLCAST_TEST_ARGUMENTS";

/// The program, where it was asked for; nothing among the other tests.
#[test]
fn program() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let arguments = std::iter::once("rollcast").chain(arguments.lines()).map(OsString::from);
    let code = rollcast::cli::main_with(arguments, &super::controllers());
    std::process::exit(code.into());
}

/// A folder with scenarios in it.
pub struct Sandbox(TempDir);

impl Sandbox {
    pub fn with(files: &[(&str, &str)]) -> Sandbox {
        let folder = TempDir::new().expect("a temporary folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("it can be written");
        }
        Sandbox(folder)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// All files, in order; none is below a folder unless something was written.
    pub fn files(&self) -> Vec<String> {
        let entries =
            fs::read_dir(self.0.path()).expect("the folder").map(|entry| entry.expect("an entry").file_name());
        let mut files: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        files.sort();
        files
    }

    /// Runs the program: its exit code, stdout (after what the test binary says first) and stderr.
    pub fn rollcast(&self, arguments: &[&str]) -> (i32, String, String) {
        let ran = Command::new(std::env::current_exe().expect("this is one"))
            .args(["--exact", "program::program", "--nocapture", "--quiet"])
            .env(ARGUMENTS, arguments.join("\n"))
            .current_dir(self.0.path())
            .output()
            .expect("it can be started");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (ran.status.code().expect("it exits"), text(ran.stdout), text(ran.stderr))
    }

    /// The same, if it succeeds: stdout with single blanks.
    pub fn said(&self, arguments: &[&str]) -> String {
        let (code, stdout, stderr) = self.rollcast(arguments);
        assert_eq!(code, 0, "{arguments:?}: {stderr}\n{stdout}");
        stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
