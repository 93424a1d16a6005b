//! Bad scenarios: each gets an error that shows the place and what is accepted, exits with 2 and writes nothing.

use super::support::{COUNTED, Sandbox};

/// A line of [`COUNTED`] or of the step below it, what to write instead, and what the message must say.
pub struct Bad {
    from: &'static str,
    to: &'static str,
    /// The title of the error.
    title: &'static str,
    /// What is accepted.
    accepted: &'static str,
}

pub const LATENCY: &str = "{ constant = \"60s\" }";
const ROBOTS: &str = "robots = 4";

pub const fn bad(from: &'static str, to: &'static str, title: &'static str, accepted: &'static str) -> Bad {
    Bad { from, to, title, accepted }
}

const TABLE: &[Bad] = &[
    // Names.
    bad("name = \"counted\"", "", "`name` is missing", "a name such as"),
    bad("\"counted\"", "\"../up\"", "`name` is not a name", "1 to 64 characters of A-Z a-z 0-9 _ -"),
    bad("\"counted\"", "\"\"", "`name` is not a name", "1 to 64 characters"),
    bad("\"counted\"", "\"a/b\"", "`name` is not a name", "1 to 64 characters"),
    bad("\"counted\"", "\"..\"", "`name` is not a name", "1 to 64 characters"),
    bad("\"counted\"", "7", "`name` is an integer", "a string"),
    bad("name = \"amr\"", "", "`group.name` is missing", "a name that no other group has"),
    bad("name = \"amr\"", "name = \"a b\"", "is not a name", "1 to 64 characters"),
    bad("[[group]]", "[[group]]\nname = \"amr\"\nrobots = 1\n[[group]]", "two groups are named `amr`", "another name"),
    // Unknown keys, with the nearest known one.
    bad("description", "descriptoin", "unknown key `descriptoin`", "did you mean `description`?"),
    bad("[run]", "[runs]", "unknown key `runs`", "did you mean `run`?"),
    bad(
        "concurrent_deployment_percentage",
        "concurrentDeploymentPercentage",
        "unknown key",
        "did you mean `concurrent_deployment_percentage`?",
    ),
    bad(
        "[group.step.launching]",
        "[group.step.lauching]",
        "unknown key `group.amr.step.lauching`",
        "did you mean `launching`?",
    ),
    bad(LATENCY, "{ constnt = \"60s\" }", "unknown key", "did you mean `constant`?"),
    bad(LATENCY, "{ exponential = { mean = \"1s\", std = \"1s\" } }", "unknown key", "accepted here: `mean`"),
    // Integers.
    bad(ROBOTS, "", "`group.amr.robots` is missing", "an integer from 1 to 100000000"),
    bad(ROBOTS, "robots = 0", "`group.amr.robots` is out of range", "an integer from 1 to 100000000"),
    bad(ROBOTS, "robots = 10_000_000_000", "is out of range", "an integer from 1 to 100000000"),
    bad(ROBOTS, "robots = 99999999999999999999999999", "is out of range", "an integer from 1 to 100000000"),
    bad(ROBOTS, "robots = 4.0", "`group.amr.robots` is a float", "an integer from 1 to 100000000"),
    bad(ROBOTS, "robots = \"4\"", "`group.amr.robots` is a string", "an integer"),
    bad(
        ROBOTS,
        "robots = 60_000_000\n[[group]]\nname = \"b\"\nrobots = 60_000_000",
        "the fleet has 120000000 robots",
        "at most 100000000",
    ),
    bad("replications = 3", "replications = 0", "`run.replications` is out of range", "an integer from 1"),
    bad("replications = 3", "seed = -1", "`run.seed` is out of range", "an integer of at least 0"),
    bad("replications = 3", "seed = 1e3", "`run.seed` is a float", "an integer of at least 0"),
    // Percentages.
    bad("concurrent_deployment_percentage = 50", "", "is missing", "an integer from 1 to 100"),
    bad(
        "concurrent_deployment_percentage = 50",
        "concurrent_deployment_percentage = 0",
        "is out of range",
        "an integer from 1 to 100",
    ),
    bad(
        "failure_threshold_percentage = 50",
        "failure_threshold_percentage = 101",
        "is out of range",
        "an integer from 1 to 100",
    ),
    bad(
        "failure_threshold_percentage = 50",
        "failure_threshold_percentage = 50.0",
        "is a float",
        "an integer from 1 to 100",
    ),
    bad(
        "failure_threshold_percentage = 50",
        "",
        "`deployment.failure_threshold_percentage` is missing",
        "an integer from 1 to 100",
    ),
    // Durations.
    bad(LATENCY, "{ constant = 60 }", "is an integer", "a string with a unit"),
    bad(LATENCY, "{ constant = \"60\" }", "the unit is missing", "a string with a unit"),
    bad(LATENCY, "{ constant = \"-1s\" }", "a duration is not negative", "a string with a unit"),
    bad(LATENCY, "{ constant = \"1month\" }", "`month` has no fixed length", "a string with a unit"),
    bad(LATENCY, "{ constant = \"900000d\" }", "longer than 13000d", "a string with a unit"),
    bad(LATENCY, "{ constant = \"99999999999999999999h\" }", "too large", "a string with a unit"),
    bad("[[group]]", "robot_deployment_timeout = \"59s\"\n[[group]]", "is out of range", "a duration from 1m to 7d"),
    bad("[[group]]", "robot_deployment_timeout = \"8d\"\n[[group]]", "is out of range", "a duration from 1m to 7d"),
    bad("[[group]]", "fleet_deployment_timeout = \"0s\"\n[[group]]", "is out of range", "longer than 0"),
    bad("[[group]]", "start_order = \"random\"\n[[group]]", "is not one of its values", "`registration`, `shuffled`"),
    bad("[[group]]", "on_breach = true\n[[group]]", "is a boolean", "\"drain\" or \"abort\""),
    bad("[[group]]", "preparing = \"5s\"\n[[group]]", "is a string", "a table with one key, a distribution"),
    // Distributions.
    bad(LATENCY, "{ }", "is empty", "a distribution"),
    bad(
        LATENCY,
        "{ constant = \"1s\", exponential = { mean = \"1s\" } }",
        "more than one of the keys",
        "remove one of them",
    ),
    bad(
        "latency = { constant = \"60s\" }",
        "",
        "`group.amr.step.launching.latency` is missing",
        "a distribution, such as",
    ),
    bad(LATENCY, "{ exponential = { mean = \"0s\" } }", "is out of range", "longer than 0"),
    bad(LATENCY, "{ exponential = { } }", "mean` is missing", "a duration longer than 0"),
    bad(LATENCY, "{ uniform = { min = \"5s\", max = \"5s\" } }", "is not below", "a shorter duration"),
    bad(
        LATENCY,
        "{ triangular = { min = \"1s\", mode = \"9s\", max = \"5s\" } }",
        "mode` is outside min and max",
        "from min to max",
    ),
    bad(LATENCY, "{ pert = { min = \"5s\", mode = \"5s\", max = \"1s\" } }", "is not below", "a shorter duration"),
    bad(LATENCY, "{ normal = { mean = \"1s\" } }", "std` is missing", "a duration"),
    bad(
        LATENCY,
        "{ lognormal = { median = \"1s\" } }",
        "too few parameters",
        "{ median, sigma } or { median, p95 } or { mean, std }",
    ),
    bad(LATENCY, "{ lognormal = { median = \"1s\", std = \"1s\" } }", "contradictory parameters", "{ median, sigma }"),
    bad(
        LATENCY,
        "{ lognormal = { median = \"9s\", p95 = \"9s\" } }",
        "is not above the median",
        "longer duration than `median`",
    ),
    bad(
        LATENCY,
        "{ lognormal = { median = \"9s\", sigma = nan } }",
        "sigma` is out of range",
        "a number of at least 0",
    ),
    bad(
        LATENCY,
        "{ lognormal = { median = \"9s\", sigma = inf } }",
        "sigma` is out of range",
        "a number of at least 0",
    ),
    bad(
        LATENCY,
        "{ lognormal = { median = \"9s\", sigma = -0.1 } }",
        "sigma` is out of range",
        "a number of at least 0",
    ),
    bad(LATENCY, "{ gamma = { shape = 0, scale = \"1s\" } }", "shape` is out of range", "a number greater than 0"),
    bad(
        LATENCY,
        "{ gamma = { shape = 1, std = \"1s\" } }",
        "contradictory parameters",
        "{ mean, std } or { shape, scale }",
    ),
    bad(
        LATENCY,
        "{ weibull = { shape = 1e400, scale = \"1s\" } }",
        "shape` is out of range",
        "a number greater than 0",
    ),
    bad(LATENCY, "{ pareto = { shape = \"2\", scale = \"1s\" } }", "shape` is a string", "a number greater than 0"),
    bad(LATENCY, "{ mixture = [] }", "the weights of", "at least one weight greater than 0"),
    bad(
        LATENCY,
        "{ mixture = [{ weight = 0, constant = \"1s\" }] }",
        "are all 0",
        "at least one weight greater than 0",
    ),
    bad(LATENCY, "{ mixture = [{ constant = \"1s\" }] }", "mixture[0].weight` is missing", "a number of at least 0"),
    bad(
        LATENCY,
        "{ mixture = [{ weight = 1e308, constant = \"1s\" }, { weight = 1e308, constant = \"2s\" }] }",
        "overflow",
        "weight",
    ),
    bad(
        LATENCY,
        "{ mixture = [{ weight = -1, constant = \"1s\" }] }",
        "weight` is out of range",
        "a number of at least 0",
    ),
    bad(LATENCY, "{ mixture = { weight = 1 } }", "is a table", "an array of"),
    bad(LATENCY, "{ empirical = { values = [] } }", "values` is empty", "at least one duration"),
    bad(LATENCY, "{ empirical = { values = [\"1s\", 2] } }", "values[1]` is an integer", "a string with a unit"),
    bad(LATENCY, "{ empirical = { } }", "too few parameters", "{ values = [D...] } or { file"),
    bad(
        LATENCY,
        "{ empirical = { values = [\"1s\"], file = \"f.csv\", column = \"c\" } }",
        "contradictory parameters",
        "{ values = [D...] } or { file",
    ),
    bad(LATENCY, "{ empirical = { values = [\"1s\"], column = \"c\" } }", "goes with `file`", "give a file"),
    bad(LATENCY, "{ empirical = { file = \"f.csv\" } }", "column` is missing", "the name of a column"),
    bad(
        LATENCY,
        "{ empirical = { file = \"no.csv\", column = \"c\" } }",
        "no.csv cannot be used",
        "a CSV file with a header",
    ),
    bad(LATENCY, "{ empirical = { file = \".\", column = \"c\" } }", "not a regular file", "a CSV file with a header"),
    bad(
        LATENCY,
        "{ empirical = { file = \"data.csv\", column = \"dowload_s\" } }",
        "has no column `dowload_s`",
        "did you mean `download_s`?",
    ),
    bad(
        LATENCY,
        "{ empirical = { file = \"data.csv\", column = \"bad\" } }",
        "line 3 has `oops`",
        "numbers of seconds",
    ),
    bad(LATENCY, "{ empirical = { file = \"data.csv\", column = \"nan\" } }", "line 2 has `NaN`", "numbers of seconds"),
    bad(
        LATENCY,
        "{ empirical = { file = \"data.csv\", column = \"negative\" } }",
        "line 2 has `-1`",
        "numbers of seconds",
    ),
    bad(LATENCY, "{ empirical = { file = \"header.csv\", column = \"a\" } }", "it has no rows", "numbers of seconds"),
    // Failures.
    bad(LATENCY, "{ constant = \"1s\" }\nfailure = 1.1", "failure` is out of range", "a probability from 0 to 1"),
    bad(LATENCY, "{ constant = \"1s\" }\nfailure = nan", "failure` is out of range", "a probability from 0 to 1"),
    bad(LATENCY, "{ constant = \"1s\" }\nfailure = \"1 %\"", "failure` is a string", "a probability from 0 to 1"),
    bad(
        LATENCY,
        "{ constant = \"1s\" }\nfailure = { codes = { BadPermissionError = 1 } }",
        "probability` is missing",
        "a probability from 0 to 1",
    ),
    bad(
        LATENCY,
        "{ constant = \"1s\" }\nfailure = { probability = 0.1, codes = { BadPermisionError = 1 } }",
        "unknown failure code",
        "did you mean `BadPermissionError`?",
    ),
    bad(
        LATENCY,
        "{ constant = \"1s\" }\nfailure = { probability = 0.1, codes = { BadPermissionError = 0 } }",
        "are all 0",
        "at least one weight greater than 0",
    ),
    bad(
        LATENCY,
        "{ constant = \"1s\" }\nfailure = { probability = 0.1, codes = { } }",
        "are all 0",
        "at least one weight greater than 0",
    ),
    // Groups.
    bad("[[group]]", "[group]", "`group` is a table", "write [[group]]"),
    bad(ROBOTS, "robots = 4\narchitecture = \"arm64\"", "is not one of its values", "did you mean `ARM64`?"),
    // Sync. The last line of the scenario is the latency, so a table may follow it.
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[sync]\nmax_jobs = 2",
        "`sync.schedule` is missing",
        "{ after_finish = \"10m\" } or { every = \"1h\" }",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[sync]\nschedule = { every = \"0s\" }",
        "every` is out of range",
        "longer than 0",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[sync]\nschedule = { every = \"1h\", after_finish = \"1h\" }",
        "more than one of the keys",
        "remove one of them",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[sync]\nschedule = \"1h\"",
        "`sync.schedule` is a string",
        "a table with one key",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[sync]\nschedule = { every = \"1h\" }\nmax_jobs = 0",
        "max_jobs` is out of range",
        "an integer from 1",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[sync]\nschedule = { every = \"1h\" }\nhorizon = \"0s\"",
        "horizon` is out of range",
        "longer than 0",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[sync]\nschedule = { every = \"1h\" }\non_halt = \"stopp\"",
        "is not one of its values",
        "did you mean `stop`?",
    ),
    // Not TOML.
    bad("[run]", "[run", "not TOML", ""),
    bad("[run]", "name = \"twice\"\n[run]", "not TOML: duplicate key", ""),
    bad("replications = 3", "replications = 3 4", "not TOML", ""),
];

#[test]
fn each_bad_scenario_is_refused_with_its_place() {
    are_refused(TABLE);
}

/// Each with its place, and nothing is written.
pub fn are_refused(table: &[Bad]) {
    for Bad { from, to, title, accepted } in table {
        let scenario = COUNTED.replacen(from, to, 1);
        assert_ne!(scenario, COUNTED, "`{from}` is not in the scenario");
        let sandbox = Sandbox::with(&scenario);
        sandbox.write("data.csv", "download_s,bad,nan,negative\n1.5,2,NaN,-1\n2.5,oops,1,1\n");
        sandbox.write("header.csv", "a,b\n");
        let before = sandbox.files();
        let ran = sandbox.rollcast(&["run", "scenario.toml"]);
        let context = format!("`{from}` -> `{to}`:\n{}", ran.stderr);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{context}");
        assert!(ran.stderr.contains(title) && ran.stderr.contains(accepted), "{context}");
        assert!(ran.stderr.contains(" --> scenario.toml:"), "no place: {context}");
        assert!(ran.stderr.ends_with("nothing was run and nothing was written\n"), "{context}");
        assert_eq!(sandbox.files(), before, "{context}");
    }
}

/// The whole of stderr: all errors at once, in the order of the file, each with its excerpt.
#[test]
fn all_errors_are_shown_at_once() {
    let scenario = COUNTED
        .replace("[run]", "[rum]")
        .replace("percentage = 50\nf", "percentage = 0\nf")
        .replace("robots = 4", "robots = 4.5")
        .replace("\"60s\"", "\"soon\"");
    let ran =
        Sandbox::with(&scenario).rollcast(&["run", "scenario.toml", "--set", "group.amr.archtecture=ARM64"]).exits(2);
    let expected = r#"error: unknown key `rum`
 --> scenario.toml:4:2
  |
4 | [rum]
  |  ^^^ unknown
  |
  = help: did you mean `run`? accepted here: `name`, `description`, `run`, `deployment`, `group`, `sync`, `build`, `download`, `api`, `outage`, `check`, `expect`, `tune`

error: `deployment.concurrent_deployment_percentage` is out of range
 --> scenario.toml:8:36
  |
8 | concurrent_deployment_percentage = 0
  |                                    ^ expected an integer from 1 to 100

error: `group.amr.robots` is a float
  --> scenario.toml:13:10
   |
13 | robots = 4.5
   |          ^^^ expected an integer from 1 to 100000000

error: `group.amr.step.launching.latency.constant` is not a duration: `soon` is not a unit
  --> scenario.toml:16:24
   |
16 | latency = { constant = "soon" }
   |                        ^^^^^^
   |
   = help: expected a string with a unit (us, ms, s, m, h, d, w), such as "250ms", "90s", "1h30m" or "7d"

error: unknown key `group.amr.archtecture`
 --> --set:1:11
  |
1 | group.amr.archtecture=ARM64
  |           ^^^^^^^^^^^ unknown
  |
  = help: did you mean `architecture`? accepted here: `name`, `robots`, `architecture`, `pace`, `step`, `connectivity`, `maintenance`, `registrations`, `download`

error: 5 errors: nothing was run and nothing was written
"#;
    assert_eq!(ran.stderr, expected);
}

#[test]
fn options_are_checked_like_the_file_and_point_at_themselves() {
    let sandbox = Sandbox::with(COUNTED);
    for (set, title, accepted) in [
        ("nonsense", "--set needs a path and a value", "write PATH=VALUE"),
        ("=5", "not TOML", ""),
        ("deployment.failure_threshold_percentage=0", "is out of range", "an integer from 1 to 100"),
        ("deployment.failure_threshold_percentage=ten", "is a string", "an integer from 1 to 100"),
        ("deployment.failure_treshold_percentage=10", "unknown key", "did you mean `failure_threshold_percentage`?"),
        ("group.arm.robots=5", "`group.arm` is not in the scenario", "did you mean `amr`?"),
        ("group.amr.robots=5e3", "`group.amr.robots` is a float", "an integer"),
        ("group.amr=5", "`group.amr` is an integer", "a table"),
        ("group.amr.step=5", "`group.amr.step` is an integer", "a table"),
        ("group.amr.step.launching.latency={ constant = \"5s\"", "not TOML", ""),
        (
            "group.amr.step.launching.latency.exponential.mean=5s",
            "more than one of the keys",
            "replaces the whole table",
        ),
        ("name=../../etc", "`name` is not a name", "1 to 64 characters"),
        ("sync.max_jobs=2", "`sync.schedule` is missing", "after_finish"),
        ("x=1\ny=2", "--set takes one line", "write PATH=VALUE"),
    ] {
        let ran = sandbox.rollcast(&["run", "scenario.toml", "--set", set]).exits(2);
        assert!(ran.stderr.contains(title) && ran.stderr.contains(accepted), "{set}:\n{}", ran.stderr);
        assert!(ran.stderr.contains("--set:1:"), "{set} is not pointed at:\n{}", ran.stderr);
    }
    assert_eq!(sandbox.files(), ["scenario.toml"]);
}

/// What others write is understood well enough to say what is meant.
#[test]
fn hints_say_what_to_write() {
    let sandbox = Sandbox::with(COUNTED);
    for (set, hint) in [
        ("download={ bundle_size = \"600MB\", egress = \"200Mbps\" }", "write 200Mbit/s"),
        ("download={ bundle_size = \"600mb\" }", "write 600MB"),
        ("group.amr.step.launching.latency=30s", "{ constant = \"30s\" }"),
    ] {
        let ran = sandbox.rollcast(&["validate", "scenario.toml", "--set", set]).exits(2);
        assert!(ran.stderr.contains(hint), "{set}:\n{}", ran.stderr);
    }
    for (number, hint) in [("10k", "write 10000"), ("1e6", "write 1000000"), ("10,000", "write 10000"), ("0", "from 1")]
    {
        let ran = sandbox.rollcast(&["run", "scenario.toml", "-n", number, "--no-files"]).exits(2);
        assert!(ran.stderr.contains(hint), "{number}:\n{}", ran.stderr);
    }
    // A wrong path with a hundred values is one error.
    let vary = "deployment.failure_treshold_percentage=1..=100";
    let ran = sandbox.rollcast(&["sweep", "scenario.toml", "--vary", vary, "--no-files"]).exits(2);
    assert!(ran.stderr.contains("1 error: ") && ran.stderr.lines().count() < 12, "{}", ran.stderr);
    let ran = sandbox.rollcast(&["sweep", "scenario.toml", "--vary", "group.amr.robots=0,-1", "--no-files"]).exits(2);
    assert!(ran.stderr.contains("2 errors: "), "{}", ran.stderr);
}

/// Keys that take a text take it as it stands; `none` removes; elements go by number where they have no name.
#[test]
fn options_take_texts_remove_and_count() {
    let sandbox = Sandbox::with(COUNTED);
    let run = |sets: &[&str], code| {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        sandbox.rollcast(&[&["run", "scenario.toml", "-n", "1", "--no-files"], &sets[..]].concat()).exits(code)
    };
    for text in ["2024", "12e4567", "=", "true", "2026-12-01", "1.50", "0x10"] {
        let ran = run(&[&format!("description={text}")], 0);
        assert!(ran.stdout.starts_with(&format!("counted: {text}\n")), "{}", ran.stdout);
    }
    assert!(run(&["name=2024"], 0).stdout.starts_with("2024: "));
    assert!(run(&["description=none"], 0).stdout.starts_with("counted\n"));
    let api = "api={ throttle = 0.5 }";
    assert!(run(&[api], 0).stdout.contains("CALLS") && !run(&[api, "api=none"], 0).stdout.contains("CALLS"));
    run(&["sync.horizon=none", "download=none"], 0);
    assert!(run(&["downlaod=none"], 2).stderr.contains("did you mean `download`?"));
    assert!(run(&["group=none"], 2).stderr.contains("`group` is missing"));
    let mixture = "group.amr.step.launching.latency={ mixture = [{ weight = 1, constant = \"1m\" }, { weight = 0, constant = \"2m\" }] }";
    let element = "group.amr.step.launching.latency.mixture";
    assert!(run(&[mixture, &format!("{element}.0.constant=3m")], 0).stdout.contains("6m"));
    assert!(run(&[mixture, &format!("{element}.1.weight=-1")], 2).stderr.contains("out of range"));
    let ran = run(&[mixture, &format!("{element}.2.weight=1")], 2);
    assert!(ran.stderr.contains("expected the number of an element, 0 to 1"), "{}", ran.stderr);
    run(&[mixture, &format!("{element}.1=none")], 0);
}

/// A file that somebody else's program wrote, or that has two columns of one name.
#[test]
fn csv_files_of_others() {
    let latency = "latency = { empirical = { file = \"measured.csv\", column = \"seconds\" } }";
    let sandbox = Sandbox::with(&COUNTED.replace("latency = { constant = \"60s\" }", latency));
    sandbox.write("measured.csv", "robot;seconds\n7;60,0\n8;1m\n");
    let ran = sandbox.rollcast(&["run", "scenario.toml", "-n", "1", "--no-files"]).exits(0);
    assert!(ran.stdout.contains("at most 2m"), "{}", ran.stdout);
    sandbox.write("measured.csv", "seconds,seconds\n1,3\n");
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--no-files"]).exits(2);
    assert!(ran.stderr.contains("measured.csv has 2 columns `seconds`"), "{}", ran.stderr);
}

/// By the name `-` the scenario comes from standard input.
#[test]
fn a_scenario_from_standard_input() {
    let sandbox = Sandbox::new();
    let mut program = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin("rollcast"));
    program.current_dir(sandbox.path("")).args(["run", "-", "-n", "5"]).write_stdin(COUNTED);
    let output = program.output().expect("it runs");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).starts_with("counted: "), "{output:?}");
    let page = sandbox.read("results/counted/report.html");
    assert!(page.contains("rollcast run - --replications 5"), "the command that repeats it");
    program.write_stdin("name = 7\n");
    let output = program.output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--> -:1:8"), "{output:?}");
}

/// Names that become files can be files everywhere.
#[test]
fn names_that_are_no_files() {
    let sandbox = Sandbox::with(COUNTED);
    for name in ["con", "NUL", "Com7", "lpt1"] {
        let ran = sandbox.rollcast(&["validate", "scenario.toml", "--set", &format!("name={name}")]).exits(2);
        assert!(ran.stderr.contains("is a name that Windows reserves"), "{}", ran.stderr);
    }
    for name in ["console", "com0", "com10", "lpt"] {
        sandbox.rollcast(&["validate", "scenario.toml", "--set", &format!("name={name}")]).exits(0);
    }
    let group = "[[group]]\nname = \"AMR\"\nrobots = 1\n[group.step.launching]\nlatency = { constant = \"1s\" }\n";
    let ran = Sandbox::with(&(COUNTED.to_owned() + group)).rollcast(&["validate", "scenario.toml"]).exits(2);
    assert!(ran.stderr.contains("the groups `amr` and `AMR` differ by case only"), "{}", ran.stderr);
}

/// An option never hides what is wrong in the file, and its problems never point at the file.
#[test]
fn options_and_file_keep_their_own_problems() {
    let scenario = COUNTED.to_owned() + "failure = 0.5\n[[group]]\nrobots = 0\n";
    let sandbox = Sandbox::with(&scenario);
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--set", "group.amr.robots=5"]).exits(2);
    for title in ["`group.name` is missing", "`group.robots` is out of range", "2 errors"] {
        assert!(ran.stderr.contains(title), "{title}:\n{}", ran.stderr);
    }
    let set = "group.amr.step.launching.failure.codes.LambdaDeleted=1";
    let ran = Sandbox::with(COUNTED).rollcast(&["run", "scenario.toml", "--set", set]).exits(2);
    let place = " --> --set:1:";
    assert!(ran.stderr.contains("failure.probability` is missing") && ran.stderr.contains(place), "{}", ran.stderr);
}

#[test]
fn scenarios_that_are_no_text_or_no_file() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("binary.toml"), b"name = \"x\"\n\xff\xfe\n").expect("a file");
    let ran = sandbox.rollcast(&["run", "binary.toml"]).exits(2);
    assert!(ran.stderr.contains("not UTF-8") && ran.stderr.contains("line 2"), "{}", ran.stderr);
    let ran = sandbox.rollcast(&["run", "absent.toml"]).exits(3);
    assert!(ran.stderr.starts_with("error: cannot read absent.toml: "), "{}", ran.stderr);
    sandbox.rollcast(&["run", "."]).exits(3);
    sandbox.write("huge.toml", &"#".repeat((1 << 20) + 1));
    let ran = sandbox.rollcast(&["run", "huge.toml"]).exits(2);
    assert!(ran.stderr.contains("larger than 1 MiB"), "{}", ran.stderr);
    sandbox.write("deep.toml", &format!("a = {}", "[".repeat(100_000)));
    sandbox.rollcast(&["run", "deep.toml"]).exits(2);
}
