//! `rollcast compare`

use serde_json::Value;

use super::support::{COUNTED, Sandbox};

/// Twenty robots of which some fail; a job may halt, and syncs bring the rest.
const CHANCY: &str = r#"name = "chancy"

[run]
seed = 9
replications = 400

[deployment]
concurrent_deployment_percentage = 50
failure_threshold_percentage = 30

[[group]]
name = "amr"
robots = 20

[group.step.launching]
latency = { exponential = { mean = "1m" } }
failure = 0.12

[sync]
schedule = { after_finish = "1m" }
"#;

/// Chancy, and the same rollout a quarter at once that halts earlier, by another name.
fn chancy() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("chancy.toml", CHANCY);
    let careful = CHANCY.replace("percentage = 50", "percentage = 25").replace("percentage = 30", "percentage = 20");
    let careful = careful.replace("\"chancy\"", "\"careful\"");
    sandbox.write("careful.toml", &careful.replace("seed = 9", "seed = 10").replace("400", "5"));
    sandbox
}

/// Words that may be wrapped anywhere.
fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Four robots, a minute each: two at once take two minutes, one at a time four, in every replication.
#[test]
fn a_counted_comparison() {
    let sandbox = Sandbox::new();
    sandbox.write("wide.toml", COUNTED);
    let narrow = COUNTED.replace("percentage = 50\nfailure", "percentage = 25\nfailure").replace("counted", "narrow");
    sandbox.write("narrow.toml", &narrow);
    let ran = sandbox.rollcast(&["compare", "wide.toml", "narrow.toml"]).exits(0);
    let expected = "\
counted or narrow?
A is counted, B is narrow. 3 replications compared in pairs that meet the same
luck, seed 0.

With 95 % confidence B takes 2m longer on average until the whole fleet is in
sync. B is faster in 0 replications, slower in 3, and takes as long in 0. All
replications of both bring the whole fleet in sync.

 HOW LIKELY                             A      B  B - A      from        to
 fleet in sync                      100 %  100 %   0 pp  -56.1 pp  +56.1 pp

 HOW LONG                               A      B  B - A      from        to
 until the fleet is in sync, mean      2m     4m    +2m       +2m       +2m
   p50                                 2m     4m    +2m       +2m       +2m
";
    assert_eq!(&ran.stdout[..expected.len().min(ran.stdout.len())], expected);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("\nFiles: results/counted-vs-narrow/\n"), "{}", ran.stdout);
    let written = ["compare.csv", "compare.json", "plots/compare.differences.svg", "plots/compare.outcomes.svg"];
    let written =
        written.iter().chain(&["plots/compare.robots_failed.svg", "plots/compare.time_to_success.svg", "compare.html"]);
    let written = written.chain(&["manifest.json"]);
    let mut files: Vec<String> = written.map(|name| format!("results/counted-vs-narrow/{name}")).collect();
    files.extend(["narrow.toml", "wide.toml"].map(str::to_owned));
    files.sort();
    assert_eq!(sandbox.files(), files);

    let found = json(&sandbox.read("results/counted-vs-narrow/compare.json"));
    let times = &found["campaign"]["time_to_success_s"];
    assert_eq!((&times["a"]["mean"], &times["b"]["mean"]), (&Value::from(120), &Value::from(240)));
    assert_eq!(times["difference"]["mean_ci95"], serde_json::json!([120, 120]));
    assert_eq!(times["pairs"], serde_json::json!({ "b_greater": 3, "b_less": 0, "equal": 0 }));
    assert_eq!((&found["paired"], &found["pairs"], &found["same"]), (&true.into(), &3.into(), &false.into()));
    let in_sync = &found["campaign"]["outcomes"]["in_sync"];
    assert_eq!(in_sync["pairs"], serde_json::json!({ "both": 3, "neither": 0, "only_a": 0, "only_b": 0 }));
    let csv = sandbox.read("results/counted-vs-narrow/compare.csv");
    let mut lines = csv.lines();
    let header = lines.next().expect("a header");
    assert!(
        header.starts_with("replication,outcome_a,outcome_b,time_to_success_s_a,time_to_success_s_b,time_to_success_s_difference,jobs_a,"),
        "{header}"
    );
    for (index, line) in lines.enumerate() {
        assert!(line.starts_with(&format!("{index},in_sync,in_sync,120,240,120,1,1,0,")), "{line}");
    }
    assert_eq!(csv.lines().count(), 4);
}

/// The first sentences say which way it goes, as surely as it is known.
#[test]
fn the_answer_has_a_direction() {
    let sandbox = chancy();
    sandbox.write("wide.toml", COUNTED);
    sandbox.write("narrow.toml", &COUNTED.replace("percentage = 50\nfailure", "percentage = 25\nfailure"));
    sandbox.write("certain.toml", &CHANCY.replace("failure = 0.12", "failure = 0"));
    for (arguments, sentences) in [
        (
            &["narrow.toml", "wide.toml"][..],
            &[
                "With 95 % confidence B takes 2m less on average until the whole fleet is in sync. B is faster in 3 replications, slower in 0",
            ][..],
        ),
        (
            &["chancy.toml", "certain.toml"],
            &[
                "less on average until the whole fleet is in sync, in the 388 of 400 replications in which both get there.",
                "percentage points more campaigns bring the whole fleet in sync: 100 % instead of 97.0 %; both in 388 replications, A alone in 0, \
               B alone in 12, neither in 0.",
                "percentage points fewer campaigns halt at the threshold: 0 % instead of 3.0 %;",
                "fewer robots fail on average in the first job.",
            ],
        ),
        (
            &["certain.toml", "chancy.toml"],
            &["longer on average until", "fewer campaigns bring", "more robots fail on average"],
        ),
        (&["chancy.toml", "certain.toml", "-n", "1"], &["In the only replication to compare B takes"]),
        (
            &["chancy.toml", "chancy.toml", "--set", "group.amr.step.launching.failure=1"],
            &["A and B are the same: no number differs in any of 400 replications."],
        ),
        (&["certain.toml", "chancy.toml", "--set", "group.amr.step.launching.failure=0"], &["A and B are the same"]),
    ] {
        let ran = sandbox.rollcast(&[&["compare", "--no-files"], arguments].concat()).exits(0);
        let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for sentence in sentences {
            assert!(said.contains(sentence), "{sentence}: {}", ran.stdout);
        }
    }
    // The same rollout under two seeds: nothing is found that is not there.
    for (folder, seed) in [("1", "1"), ("2", "2")] {
        sandbox.rollcast(&["run", "chancy.toml", "--seed", seed, "--out", folder, "-q"]).exits(0);
    }
    let ran = sandbox.rollcast(&["compare", "1", "2", "--no-files"]).exits(0);
    let said = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for what in
        ["B takes longer or less on average", "more or fewer campaigns bring", "more or fewer robots fail on average"]
    {
        assert!(said.contains(&format!("Whether {what}")), "{what}: {}", ran.stdout);
    }
}

/// A rollout against itself: no number differs, whichever way it comes.
#[test]
fn against_itself() {
    let sandbox = chancy();
    let said = sandbox.rollcast(&["compare", "chancy.toml", "chancy.toml", "--no-files"]).exits(0).stdout;
    assert!(said.contains("\n\nA and B are the same: no number differs in any of 400 replications.\n"), "{said}");
    let found =
        json(&sandbox.rollcast(&["compare", "chancy.toml", "chancy.toml", "--no-files", "--json"]).exits(0).stdout);
    assert_eq!(found["same"], true);
    let mut numbers = 0;
    for section in ["campaign", "first_job", "robot"] {
        for (name, number) in found[section].as_object().expect("a table") {
            if name == "outcomes" {
                continue;
            }
            assert_eq!(number["a"], number["b"], "{name}");
            for (key, value) in number["difference"].as_object().expect("a table") {
                let zero = *value == 0 || *value == serde_json::json!([0, 0]);
                assert!(zero || key == "count" || value.is_null() && key == "p99_ci95", "{name}.{key}: {value}");
            }
            numbers += 1;
        }
    }
    assert_eq!(numbers, 10);
}

/// A side is the same, as a scenario and as the folder of its run: the comparison has the same bytes.
#[test]
fn scenarios_and_folders_compare_alike() {
    let sandbox = chancy();
    sandbox.rollcast(&["run", "chancy.toml", "-q"]).exits(0);
    sandbox.rollcast(&["run", "careful.toml", "--seed", "9", "-n", "400", "-q"]).exits(0);
    let compare = |a: &str, b: &str, out: &str| {
        sandbox.rollcast(&["compare", a, b, "--out", out, "-q"]).exits(0);
        (sandbox.read(&format!("{out}/compare.json")), sandbox.read(&format!("{out}/compare.csv")))
    };
    let scenarios = compare("chancy.toml", "careful.toml", "1");
    // A folder brings its seed and its replications along, on either side.
    assert!(scenarios == compare("results/chancy", "careful.toml", "2"));
    assert!(scenarios == compare("chancy.toml", "results/careful", "3"));
    assert!(scenarios == compare("results/chancy", "results/careful/", "4"));
    let found = json(&scenarios.0);
    assert_eq!((&found["pairs"], &found["b"]["seed"]), (&400.into(), &9.into()));
    // Both sides say of themselves what their summaries say.
    for (side, folder) in [("a", "chancy"), ("b", "careful")] {
        let summary = json(&sandbox.read(&format!("results/{folder}/summary.json")));
        for (section, name) in [("campaign", "time_to_success_s"), ("first_job", "robots_failed"), ("robot", "down_s")]
        {
            let described = &found[section][name][side];
            for key in ["count", "mean"] {
                assert_eq!(described[key], summary[section][name][key], "{name}.{key}");
            }
            let ends = |value: &Value| value["mean_ci95"].as_array().expect("two")[0].as_f64().expect("a number");
            // The skewness that a summary knows of is that of its histogram.
            assert!((ends(described) / ends(&summary[section][name]) - 1.0).abs() < 1e-3);
            // Those of the summary are right to one part in a thousand.
            let p95 = |value: &Value| value["p95"].as_f64().expect("a number");
            assert!((p95(described) - p95(&summary[section][name])).abs() <= 1e-3 * p95(described), "{name}");
        }
        for outcome in ["in_sync", "halted"] {
            let described = &found["campaign"]["outcomes"][outcome][side];
            assert_eq!(*described, summary["campaign"]["outcomes"][outcome], "{outcome}");
        }
        assert_eq!(found[side]["scenario"], summary["scenario"]);
    }
}

/// Rows of `compare.csv` are those of both `replications.csv`, and their differences give what `compare.json` says.
#[test]
fn rows_are_those_of_the_runs() {
    let sandbox = chancy();
    sandbox.rollcast(&["run", "chancy.toml", "-q"]).exits(0);
    sandbox.rollcast(&["run", "careful.toml", "--seed", "9", "-n", "400", "-q"]).exits(0);
    sandbox.rollcast(&["compare", "chancy.toml", "careful.toml", "--out", "out", "-q"]).exits(0);
    let table = |name: &str| -> Vec<std::collections::BTreeMap<String, String>> {
        let text = sandbox.read(name);
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().expect("a header");
        lines.map(|line| header.iter().cloned().zip(line).collect()).collect()
    };
    let (a, b) = (table("results/chancy/replications.csv"), table("results/careful/replications.csv"));
    let mut differences = Vec::new();
    for (index, row) in table("out/compare.csv").iter().enumerate() {
        for (column, value) in row {
            let (side, column) = match (column.strip_suffix("_a"), column.strip_suffix("_b")) {
                (Some(column), _) => (&a, column),
                (_, Some(column)) => (&b, column),
                _ => continue,
            };
            assert_eq!(*value, side[index][column], "{index} {column}");
        }
        if let Ok(difference) = row["time_to_success_s_difference"].parse::<f64>() {
            differences.push(difference);
        }
        assert_eq!(
            row["time_to_success_s_difference"].is_empty(),
            row["outcome_a"] != "in_sync" || row["outcome_b"] != "in_sync"
        );
    }
    let found = json(&sandbox.read("out/compare.json"));
    let times = &found["campaign"]["time_to_success_s"];
    assert_eq!(times["difference"]["count"], differences.len());
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    assert!((times["difference"]["mean"].as_f64().expect("a number") - mean).abs() < 1e-9);
    let slower = differences.iter().filter(|difference| **difference > 0.0).count();
    assert_eq!(times["pairs"]["b_greater"], slower);
    let pairs = &found["campaign"]["outcomes"]["in_sync"]["pairs"];
    assert_eq!(pairs["both"], differences.len());
    assert!(pairs["only_a"].as_u64() > Some(0) || pairs["only_b"].as_u64() > Some(0), "{pairs}: a case with halts");
}

/// Runs of different seeds are independent samples, and it is said so.
#[test]
fn other_seeds_are_not_paired() {
    let sandbox = chancy();
    sandbox.rollcast(&["run", "chancy.toml", "-q"]).exits(0);
    sandbox.rollcast(&["run", "careful.toml", "--seed", "10", "-n", "300", "-q"]).exits(0);
    sandbox.rollcast(&["compare", "chancy.toml", "careful.toml", "-q"]).exits(0);
    assert!(sandbox.path("results/chancy-vs-careful/plots/compare.differences.svg").exists(), "of pairs");
    let ran = sandbox.rollcast(&["compare", "results/chancy", "results/careful"]).exits(0);
    let said = "400 replications of A and 300 replications of B compared as independent samples, not in pairs: seeds 9 and 10.";
    assert!(in_a_line(&ran.stdout).contains(said), "{}", ran.stdout);
    assert!(!ran.stdout.contains("faster in"), "{}", ran.stdout);
    let folder = "results/chancy-vs-careful";
    // What was there of pairs would pass for a picture of this comparison.
    assert!(!sandbox.path(&format!("{folder}/plots/compare.differences.svg")).exists());
    let found = json(&sandbox.read(&format!("{folder}/compare.json")));
    assert_eq!((&found["paired"], &found["pairs"]), (&false.into(), &Value::Null));
    let times = &found["campaign"]["time_to_success_s"];
    assert!(times["pairs"].is_null() && times["distributions"]["cliffs_delta"].as_f64() > Some(0.0), "{times}");
    assert_eq!(found["campaign"]["outcomes"]["in_sync"]["pairs"], Value::Null);
    let csv = sandbox.read(&format!("{folder}/compare.csv"));
    assert_eq!(csv.lines().count(), 401);
    let last = csv.lines().last().expect("a row");
    assert!(last.starts_with("399,") && last.split(',').nth(2) == Some(""), "{last}");
    // A folder written by another version of the draws, which wrote no manifest.
    std::fs::remove_file(sandbox.path("results/careful/manifest.json")).expect("it is there");
    let summary =
        sandbox.read("results/careful/summary.json").replace("\"results_version\": 3", "\"results_version\": 1");
    sandbox.write("results/careful/summary.json", &summary.replace("\"seed\": 10", "\"seed\": 9"));
    let ran = sandbox.rollcast(&["compare", "results/chancy", "results/careful", "--no-files"]).exits(0);
    assert!(in_a_line(&ran.stdout).contains("results versions 3 and 1, which draw in other ways"), "{}", ran.stdout);
}

/// Of runs of the same seed the replications that both have are paired; an option can make a scenario's run longer or shorter.
#[test]
fn what_both_have_is_paired() {
    let sandbox = chancy();
    sandbox.rollcast(&["run", "chancy.toml", "-q"]).exits(0);
    let ran = sandbox.rollcast(&["compare", "results/chancy", "careful.toml", "-n", "150", "--no-files"]).exits(0);
    let said = "150 replications compared in pairs that meet the same luck, seed 9; the further ones of A, which has 400, are left out.";
    assert!(in_a_line(&ran.stdout).contains(said), "{}", ran.stdout);
    let ran = sandbox.rollcast(&["compare", "results/chancy", "careful.toml", "--seed", "1", "--no-files"]).exits(0);
    assert!(
        in_a_line(&ran.stdout)
            .contains("400 replications of A and 400 replications of B compared as independent samples")
    );
}

/// `--set` is laid over both scenarios; seed and replications are A's unless options say otherwise.
#[test]
fn options_go_to_both_sides() {
    let sandbox = chancy();
    let run = |more: &[&str]| {
        let arguments = [&["compare", "chancy.toml", "careful.toml", "--json", "--no-files"], more].concat();
        json(&sandbox.rollcast(&arguments).exits(0).stdout)
    };
    let plain = run(&[]);
    assert_eq!((&plain["b"]["seed"], &plain["b"]["replications"]), (&9.into(), &400.into()));
    let certain = run(&["--set", "group.amr.step.launching.failure=0", "--seed", "77", "-n", "30"]);
    assert_eq!((&certain["a"]["seed"], &certain["b"]["seed"], &certain["pairs"]), (&77.into(), &77.into(), &30.into()));
    for side in ["a", "b"] {
        assert_eq!(certain["first_job"]["robots_failed"][side]["mean"], 0);
        assert!(plain["first_job"]["robots_failed"][side]["mean"].as_f64() > Some(1.0));
        assert_ne!(certain[side]["scenario"]["digest"], plain[side]["scenario"]["digest"]);
    }
}

/// The same bytes for any number of threads, and in both forms of the output.
#[test]
fn threads_do_not_matter() {
    let sandbox = chancy();
    let mut texts = Vec::new();
    for threads in ["1", "2", "5"] {
        let arguments = ["compare", "chancy.toml", "careful.toml", "--threads", threads, "--out", threads, "--json"];
        let printed = sandbox.rollcast(&arguments).exits(0).stdout;
        assert_eq!(printed, sandbox.read(&format!("{threads}/compare.json")));
        let mut files: Vec<String> = sandbox.files().into_iter().filter(|file| file.starts_with(threads)).collect();
        files.sort();
        assert_eq!(files.len(), 8);
        texts.push(files.iter().map(|file| sandbox.read(file)).collect::<String>());
    }
    assert!(texts[0] == texts[1] && texts[0] == texts[2]);
}

/// Where the scenarios have the same name, their files tell them apart.
#[test]
fn namesakes_are_told_apart() {
    let sandbox = chancy();
    sandbox.write("changed.toml", &CHANCY.replace("percentage = 50", "percentage = 25"));
    let ran = sandbox.rollcast(&["compare", "chancy.toml", "changed.toml", "-n", "20"]).exits(0);
    assert!(ran.stdout.starts_with("chancy or changed?\nA is chancy, B is changed. "), "{}", ran.stdout);
    assert!(sandbox.path("results/chancy-vs-changed/compare.json").exists());
}

/// What is wrong is said of both sides at once, and nothing is written.
#[test]
fn what_cannot_be_compared() {
    let sandbox = chancy();
    sandbox.rollcast(&["run", "chancy.toml", "-n", "20", "-q"]).exits(0);
    let good_csv = sandbox.read("results/chancy/replications.csv");
    let good_summary = sandbox.read("results/chancy/summary.json");
    std::fs::create_dir(sandbox.path("empty")).expect("a folder");
    sandbox.write("broken.toml", &CHANCY.replace("robots = 20", "robots = 0"));
    let before = sandbox.files();
    let refused = |a: &str, b: &str, more: &[&str], parts: &[&str]| {
        let ran = sandbox.rollcast(&[&["compare", a, b], more].concat()).exits(2);
        assert_eq!(ran.stdout, "");
        for part in parts {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    };
    let both: [&str; 3] =
        ["broken.toml", "error: empty has no summary.json\n", "help: expected a scenario file, or a folder"];
    refused("broken.toml", "empty", &[], &both);
    let twice = ["--set, --seed says how to simulate", "results/chancy and results/chancy have been simulated already"];
    refused("results/chancy", "results/chancy", &["--set", "run.seed=3", "--seed", "3"], &twice);
    refused("results/chancy", "results/chancy", &["-n", "3"], &["--replications says how to simulate"]);
    refused("chancy.toml", "careful.toml", &["--set", "group.nobody.robots=3"], &["--set", "nobody"]);
    assert_eq!(sandbox.files(), before);
    sandbox.rollcast(&["compare", "missing.toml", "chancy.toml"]).exits(3);

    let rows: Vec<&str> = good_csv.lines().collect();
    let with = |row: usize, from: &str, to: &str| {
        let mut rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        assert!(rows[row].contains(from), "{}", rows[row]);
        rows[row] = rows[row].replacen(from, to, 1);
        rows.join("\n") + "\n"
    };
    let outcome = rows[3].split(',').nth(1).expect("an outcome");
    for (csv, parts) in [
        (with(0, "outcome,", "result,"), &["replications.csv:1: it has no column `outcome`"][..]),
        (
            with(3, outcome, "exploded"),
            &["replications.csv:4: `outcome` is `exploded`", "help: expected one of `in_sync`, `halted`"],
        ),
        (
            with(5, "4,", "5,"),
            &["replications.csv:6: `replication` is `5`", "expected 4: replications are numbered from 0"],
        ),
        (with(2, ",", ",,"), &["replications.csv:3: the row has 23 fields", "expected 22, as the header"]),
        (rows[..11].join("\n"), &["replications.csv: it has 10 rows", "expected 20, the replications of summary.json"]),
        (String::new(), &["replications.csv:1: it has no column `replication`, `outcome`"]),
    ] {
        sandbox.write("results/chancy/replications.csv", &csv);
        refused("results/chancy", "careful.toml", &[], parts);
    }
    // Up to ten places at once, on both sides.
    let fields: String = std::iter::once(rows[0].to_owned())
        .chain(rows[1..].iter().map(|row| {
            let mut fields: Vec<&str> = row.split(',').collect();
            fields[2] = "1.5";
            fields.join(",")
        }))
        .map(|row| row + "\n")
        .collect();
    sandbox.write("results/chancy/replications.csv", &fields);
    let ran = sandbox.rollcast(&["compare", "results/chancy", "careful.toml"]).exits(2);
    assert_eq!(ran.stderr.matches("`jobs` is `1.5`\nhelp: expected a whole number\n").count(), 10, "{}", ran.stderr);

    sandbox.write("results/chancy/replications.csv", &good_csv);
    for (from, to, part) in [
        ("\"seed\": 9", "\"seed\": \"nine\"", "summary.json: `seed` is \"nine\"\nhelp: expected a whole number"),
        (
            "\"name\": \"chancy\"",
            "\"name\": \"../../up\"",
            "`scenario.name` is \"../../up\"\nhelp: expected 1 to 64 characters",
        ),
        ("\"replications\": 20", "\"replications\": 0", "`replications` is 0"),
        ("{\n  \"rollcast\"", "{\n  rollcast", "summary.json:2: it is not JSON: key must be a string"),
    ] {
        assert!(good_summary.contains(from), "{from}");
        sandbox.write("results/chancy/summary.json", &good_summary.replacen(from, to, 1));
        refused("careful.toml", "results/chancy", &[], &[part]);
    }
    std::fs::remove_file(sandbox.path("results/chancy/replications.csv")).expect("it was there");
    sandbox.write("results/chancy/summary.json", &good_summary);
    refused("careful.toml", "results/chancy", &[], &["error: results/chancy has no replications.csv"]);
}

/// Ctrl-C in the middle: pairs that are done are compared, and nothing is written.
#[cfg(unix)]
#[test]
fn an_interrupted_comparison_shows_what_is_decided() {
    use std::process::{Command, Stdio};
    let sandbox = chancy();
    let before = sandbox.files();
    let start = |more: &[&str]| {
        Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
            .args(
                [&["compare", "chancy.toml", "careful.toml", "-n", "4000000000", "--max-memory", "1025GB"], more]
                    .concat(),
            )
            .current_dir(sandbox.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs")
    };
    let interrupted = |more: &[&str]| {
        // The first parts are done after a moment, which on a slow machine is a longer one.
        let ended = [4, 16, 64].into_iter().find_map(|seconds| {
            let child = start(more);
            std::thread::sleep(std::time::Duration::from_secs(seconds));
            let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh runs");
            assert!(kill.success());
            let output = child.wait_with_output().expect("it ends");
            assert_eq!(output.status.code(), Some(130));
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            Some((text(&output.stdout), text(&output.stderr))).filter(|(_, stderr)| stderr.contains(" after "))
        });
        ended.expect("some pairs in a minute")
    };
    let (stdout, stderr) = interrupted(&[]);
    let (_, rest) = stderr.split_once("interrupted after ").expect("how many");
    let done = rest.split_once(' ').expect("a count").0;
    assert_eq!(rest, format!("{done} of 4000000000 replications: nothing was written\n"));
    assert!(done.parse::<u64>().expect("a count") > 1000);
    assert!(in_a_line(&stdout).contains(&format!(" {done} replications compared in pairs")), "{stdout}");
    assert!(stdout.contains("until the fleet is in sync, mean") && !stdout.contains("Files:"), "{stdout}");
    let (stdout, _) = interrupted(&["--json"]);
    let found = json(&stdout);
    assert!(found["pairs"].as_u64() > Some(1000) && found["a"]["replications"] == found["pairs"], "{stdout}");
    assert_eq!(sandbox.files(), before);
    assert!(!sandbox.path("results").exists());
}
