//! How much memory a command will take, which is told before it starts.

use std::fs;
use std::path::Path;

use super::args::SimulationArgs;
use super::{Failure, exit, say};
use crate::experiment::{Tally, Workers};
use crate::metric::words::counted;
use crate::scenario::Scenario;
use crate::simulation::replication_memory;
use crate::sweep::{CheckedSweep, Sweep, tallies};

/// What the program takes by itself.
const PROGRAM: u64 = 25_000_000;
/// More than this is told.
const MUCH: u64 = 1_000_000_000;

/// What a command will take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Of each thread.
    pub thread: u64,
    /// Of all together.
    pub shared: u64,
}

impl Memory {
    /// That of threads which each have a replication and so many tallies.
    pub fn new(replication: u64, tallies: u64) -> Memory {
        Memory { thread: replication + tallies * Tally::ABOUT, shared: PROGRAM }
    }

    /// That of a scenario's replications.
    pub fn of(scenario: &Scenario) -> Memory {
        Memory::new(replication_memory(scenario), tallies(scenario))
    }

    /// That of the points of a sweep.
    pub fn of_sweep(sweep: &Sweep, checked: &CheckedSweep) -> Memory {
        Memory::new(checked.memory, checked.tallies * sweep.points_at_once())
    }

    /// The greater one of two that are not there together.
    pub fn or(self, other: Memory) -> Memory {
        Memory { thread: self.thread.max(other.thread), shared: self.shared.max(other.shared) }
    }

    /// With something that all threads share.
    pub fn and(self, shared: u64) -> Memory {
        Memory { shared: self.shared + shared, ..self }
    }

    fn with(self, threads: u64) -> u64 {
        self.shared + threads * self.thread
    }

    /// Says what is much, and refuses what is beyond `--max-memory`, or beyond what the machine has to spare.
    pub fn check(self, options: &SimulationArgs, workers: &Workers) -> Result<(), Failure> {
        self.check_with(workers.threads() as u64, options.max_memory, options.quiet)
    }

    /// The same with so many threads, and options by themselves.
    pub fn check_with(self, threads: u64, most: Option<u64>, quiet: bool) -> Result<(), Failure> {
        let tell = |note: &str| {
            if !quiet {
                say(note);
            }
        };
        self.fits(threads, most, || free(Path::new("/")), tell)
    }

    fn fits(
        self,
        threads: u64,
        most: Option<u64>,
        free: impl Fn() -> Option<u64>,
        note: impl Fn(&str),
    ) -> Result<(), Failure> {
        let needed = self.with(threads);
        let (limit, of) = match most {
            Some(most) => (Some(most), "--max-memory is"),
            None => (free(), "this machine has to spare"),
        };
        let about = format!("about {} of memory with {}", in_words(needed), counted(threads, "thread"));
        if let Some(limit) = limit.filter(|limit| needed > *limit) {
            let mut message = format!("error: this takes {about}; {of} {}\n", in_words(limit));
            let fewer = limit.saturating_sub(self.shared) / self.thread.max(1);
            if fewer > 0 {
                let takes = in_words(self.with(fewer));
                message += &format!("help: --threads {fewer} takes {takes}, and gives the same results\n");
            }
            message += &format!("help: --max-memory {} starts it all the same\n", option(needed));
            return Err(Failure { message, code: exit::BAD_INPUT });
        }
        if needed > MUCH {
            note(&format!("note: this takes {about}\n"));
        }
        Ok(())
    }
}

/// As people say it.
fn in_words(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{:.1} GB", bytes as f64 / 1e9),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}

/// As the option takes it, rounded up.
fn option(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{}GB", bytes.div_ceil(1_000_000_000)),
        _ => format!("{}MB", bytes.div_ceil(1_000_000)),
    }
}

/// What can still be had without swapping, by the machine, the limits of its control groups and that of the process;
/// `root` is where Linux tells. None where nobody tells.
fn free(root: &Path) -> Option<u64> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let number = |path: &str| read(path)?.trim().parse::<u64>().ok();
    let line = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let machine = read("proc/meminfo").and_then(|text| line(&text, "MemAvailable:")).map(|kibibytes| kibibytes << 10);
    let process = read("proc/self/limits").and_then(|text| line(&text, "Max address space"));
    let groups = read("proc/self/cgroup").unwrap_or_default();
    // Each group is within those above it. A limit counts files that are kept in memory, which make room if need be.
    let left = |folder: &str, limit: &str, used: &str, files: &str| {
        let limit = number(&format!("{folder}/{limit}"))?;
        let kept = read(&format!("{folder}/memory.stat")).and_then(|text| line(&text, files)).unwrap_or(0);
        Some(limit.saturating_sub(number(&format!("{folder}/{used}"))?.saturating_sub(kept)))
    };
    let of_groups = groups.lines().filter_map(|group| {
        let mut parts = group.splitn(3, ':').skip(1);
        let (kinds, path) = (parts.next()?, Path::new(parts.next()?));
        let above = path.ancestors().map(|path| path.display().to_string());
        let of = |path: String| match kinds {
            "" => left(&format!("sys/fs/cgroup{path}"), "memory.max", "memory.current", "inactive_file "),
            _ => left(
                &format!("sys/fs/cgroup/memory{path}"),
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file ",
            ),
        };
        (kinds.is_empty() || kinds.split(',').any(|kind| kind == "memory")).then(|| above.filter_map(of).min())?
    });
    machine.into_iter().chain(process).chain(of_groups).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least of what machine, groups and process have left is what is free.
    #[test]
    fn the_tightest_limit_counts() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        assert_eq!(free(root.path()), None);
        write("proc/meminfo", "MemTotal:  9000 kB\nMemFree: 10 kB\nMemAvailable:   8000 kB\n");
        assert_eq!(free(root.path()), Some(8000 << 10));
        write(
            "proc/self/limits",
            "Max data size   unlimited  unlimited  bytes\nMax address space  unlimited  unlimited  bytes\n",
        );
        write("proc/self/cgroup", "0::/a/b\n");
        write("sys/fs/cgroup/a/b/memory.max", "max\n");
        write("sys/fs/cgroup/a/b/memory.current", "5\n");
        assert_eq!(free(root.path()), Some(8000 << 10));
        write("sys/fs/cgroup/a/memory.max", "7000\n");
        write("sys/fs/cgroup/a/memory.current", "6000\n");
        assert_eq!(free(root.path()), Some(1000));
        write("sys/fs/cgroup/a/memory.stat", "anon 5000\nactive_file 500\ninactive_file 400\n");
        assert_eq!(free(root.path()), Some(1400));
        write("proc/self/cgroup", "3:cpu,memory:/x\n1:pids:/a\n");
        assert_eq!(free(root.path()), Some(8000 << 10));
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "900\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", "100\n");
        assert_eq!(free(root.path()), Some(800));
        write("proc/self/limits", "Max address space         700     800    bytes\n");
        assert_eq!(free(root.path()), Some(700));
    }

    #[test]
    fn too_much_is_refused_and_much_is_told() {
        let memory = Memory { thread: 2_000_000_000, shared: 100_000_000 };
        let fits = |most, free: Option<u64>| {
            let said = std::cell::RefCell::new(String::new());
            let done = memory.fits(3, most, || free, |note| said.borrow_mut().push_str(note));
            done.map(|()| said.into_inner()).map_err(|failure| (failure.message, failure.code))
        };
        let note = "note: this takes about 6.1 GB of memory with 3 threads\n";
        assert_eq!(fits(None, None).as_deref(), Ok(note));
        assert_eq!(fits(None, Some(6_100_000_000)).as_deref(), Ok(note));
        assert_eq!(fits(Some(7_000_000_000), Some(1)).as_deref(), Ok(note));
        let refused = |of: &str, fewer: &str| {
            let help = "help: --max-memory 7GB starts it all the same\n";
            Err((format!("error: this takes about 6.1 GB of memory with 3 threads; {of}\n{fewer}{help}"), 2))
        };
        let fewer = "help: --threads 2 takes 4.1 GB, and gives the same results\n";
        assert_eq!(fits(None, Some(5_000_000_000)), refused("this machine has to spare 5.0 GB", fewer));
        assert_eq!(fits(Some(900_000_000), Some(9_000_000_000)), refused("--max-memory is 900 MB", ""));
    }
}
