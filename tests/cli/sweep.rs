//! `rollcast sweep`: one scenario under many settings.

use std::fs;

use serde_json::{Value, json};

use super::support::{COUNTED, Sandbox, repository};

const PERCENTAGE: &str = "deployment.concurrent_deployment_percentage";
const THRESHOLD: &str = "deployment.failure_threshold_percentage";

fn shipped(name: &str) -> String {
    fs::read_to_string(repository().join("scenarios").join(name)).expect("a shipped scenario")
}

/// Each point is to the byte what a run of its own prints, whatever the number of threads.
#[test]
fn points_are_runs_of_their_own() {
    for (scenario, more, vary, values) in [
        (
            "warehouse.toml",
            &["-n", "300"][..],
            &["deployment.robot_deployment_timeout=5m..=45m:20m"][..],
            &[["5m"], ["25m"], ["45m"]][..],
        ),
        (
            "measured-latency.toml",
            &["-n", "200", "--set", "run.seed=3"],
            &["run.replications=10,20"],
            &[["10"], ["20"]],
        ),
        ("warehouse-uplink.toml", &["-n", "30"], &["download.bundle_size=300MB,600MB"], &[["300MB"], ["600MB"]]),
        (
            "growing-fleet.toml",
            &["-n", "20", "--seed", "18446744073709551615"],
            &["sync.schedule=[{ every = \"30m\" }, { after_finish = \"1h\" }]"],
            &[["{ every = \"30m\" }"], ["{ after_finish = \"1h\" }"]],
        ),
        (
            "delivery-mobile.toml",
            &["-n", "50"],
            &["deployment.start_order=registration,shuffled"],
            &[["registration"], ["shuffled"]],
        ),
    ] {
        let sandbox = Sandbox::with(&shipped(scenario));
        if scenario == "measured-latency.toml" {
            sandbox.write("measured-latency.csv", &shipped("measured-latency.csv"));
        }
        let vary: Vec<&str> = vary.iter().flat_map(|vary| ["--vary", vary]).collect();
        // An option of the command line goes before the scenario's own value, in a sweep as in a run.
        let more: Vec<&str> = if vary[1].starts_with("run.replications") { more[2..].to_vec() } else { more.to_vec() };
        let sweep = |threads: &str| {
            let args =
                [&["sweep", "scenario.toml", "--json", "--no-files", "--threads", threads], &vary[..], &more[..]];
            sandbox.rollcast(&args.concat()).exits(0).stdout
        };
        let found = sweep("1");
        assert_eq!(found, sweep("3"), "{scenario}");
        let path = vary[1].split_once('=').expect("a path").0;
        let mut rest = found.as_str();
        for [value] in values {
            let set = format!("{path}={value}");
            let args = [&["run", "scenario.toml", "--json", "--no-files", "--set", &set], &more[..]].concat();
            let expected = sandbox.rollcast(&args).exits(0).stdout;
            let place = rest.find(expected.trim_end());
            assert!(place.is_some(), "{scenario}: {set} is not in\n{rest}");
            rest = &rest[place.expect("just seen") + 1..];
        }
        let parsed: Value = serde_json::from_str(&found).expect("it is JSON");
        assert_eq!(parsed["points"].as_array().map(Vec::len), Some(values.len()), "{scenario}");
    }
}

/// Thresholds come out of one path where that tells them, and each point is to the byte what a run of its own prints all the same:
/// for every scenario that ships, and for ways of halting that these do not have.
#[test]
fn thresholds_are_runs_of_their_own() {
    let abort = ["--set", "deployment.on_breach=abort"];
    let retry = ["--set", "sync.on_halt=retry"];
    let stop = ["--set", "sync.on_halt=stop", "--set", "deployment.start_order=shuffled"];
    let cut = ["--set", "sync={ horizon = \"15m\", schedule = { every = \"5m\" } }"];
    for (scenario, replications, more) in [
        ("bad-build", "70", &[][..]),
        ("bad-build", "70", &abort),
        ("bad-build", "20", &cut),
        ("bench-m1", "3", &[]),
        ("build-mixture", "150", &[]),
        ("build-mixture", "60", &retry),
        ("delivery-mobile", "10", &[]),
        ("fleet-100k", "2", &[]),
        ("fleet-timeout", "30", &[]),
        ("growing-fleet", "10", &[]),
        ("hospital-docking", "10", &[]),
        ("measured-latency", "40", &[]),
        ("measured-latency", "40", &stop),
        ("warehouse", "100", &[]),
        ("warehouse-uplink", "10", &[]),
    ] {
        let sandbox = Sandbox::with(&shipped(&format!("{scenario}.toml")));
        sandbox.write("measured-latency.csv", &shipped("measured-latency.csv"));
        let thresholds = [20, 1, 3, 11, 60];
        let vary = format!("{THRESHOLD}={}", thresholds.map(|threshold| threshold.to_string()).join(","));
        let options = [&["scenario.toml", "--json", "--no-files", "-n", replications][..], more].concat();
        let sweep = |threads: &str| {
            let args = [&["sweep"], &options[..], &["--vary", &vary, "--threads", threads]].concat();
            sandbox.rollcast(&args).exits(0).stdout
        };
        let found = sweep("1");
        assert_eq!(found, sweep("3"), "{scenario} {more:?}");
        let points = thresholds.map(|threshold| {
            let set = format!("{THRESHOLD}={threshold}");
            let args = [&["run"], &options[..], &["--set", &set]].concat();
            let summary = sandbox.rollcast(&args).exits(0).stdout;
            format!("{{\"set\": {{\"{THRESHOLD}\": {threshold}}}, \"summary\": {}}}", summary.trim_end())
        });
        let expected = format!("{{\"points\": [\n{}\n]}}\n", points.join(",\n"));
        let differs = || found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        assert!(found == expected, "{scenario} {more:?}: {:?}", differs());
    }
}

/// A grid with builds: the last path varies fastest, values keep their types, and points are those of runs.
#[test]
fn a_grid_varies_its_last_path_fastest() {
    let sandbox = Sandbox::with(&shipped("build-mixture.toml"));
    let threshold = format!("{THRESHOLD}=3,12");
    let failure = "build.regressed.failure.\"picker.launching\"=0.25,0.5";
    let group = shipped("build-mixture.toml");
    let group = group.lines().skip_while(|line| *line != "[[group]]").find_map(|line| line.strip_prefix("name = "));
    let failure = failure.replace("picker", group.expect("a group").trim_matches('"'));
    let args = ["sweep", "scenario.toml", "-n", "100", "--vary", &threshold, "--vary", &failure, "-q"];
    sandbox.rollcast(&args).exits(0);
    let text = sandbox.read("results/build-mixture/sweep.json");
    let sweep: Value = serde_json::from_str(&text).expect("JSON");
    let failure_path = failure.split_once('=').expect("a path").0;
    let mut expected = Vec::new();
    for threshold in [3, 12] {
        for probability in [0.25, 0.5] {
            expected.push(json!({ THRESHOLD: threshold, failure_path: probability }));
            let sets = [format!("{THRESHOLD}={threshold}"), format!("{failure_path}={probability}")];
            let args =
                ["run", "scenario.toml", "-n", "100", "--json", "--no-files", "--set", &sets[0], "--set", &sets[1]];
            let summary = sandbox.rollcast(&args).exits(0).stdout;
            assert!(text.contains(summary.trim_end()), "{sets:?}");
        }
    }
    let found: Vec<Value> =
        sweep["points"].as_array().expect("points").iter().map(|point| point["set"].clone()).collect();
    assert_eq!(found, expected);
    // The order of the keys is that of the options.
    assert!(text.contains(&format!("{{\"set\": {{\"{THRESHOLD}\": 3, ")), "{}", &text[..200]);
}

/// `sweep.csv` says what `sweep.json` says, and the intervals that a summary leaves out.
#[test]
fn rows_are_the_summaries() {
    let sandbox = Sandbox::with(&shipped("build-mixture.toml"));
    let vary = format!("{THRESHOLD}=2..=10:4");
    sandbox.rollcast(&["sweep", "scenario.toml", "-n", "400", "--vary", &vary, "--out", "out", "-q"]).exits(0);
    assert_eq!(
        sandbox.files(),
        [
            "out/manifest.json",
            "out/plots/sweep.campaign.completion_s.p95.svg",
            "out/plots/sweep.campaign.outcomes.halted.probability.svg",
            "out/plots/sweep.first_job.robots_hurt.p95.svg",
            "out/sweep.csv",
            "out/sweep.html",
            "out/sweep.json",
            "scenario.toml"
        ]
    );
    let sweep: Value = serde_json::from_str(&sandbox.read("out/sweep.json")).expect("JSON");
    let mut csv = csv::Reader::from_path(sandbox.path("out/sweep.csv")).expect("CSV");
    let header: Vec<String> = csv.headers().expect("a header").iter().map(str::to_owned).collect();
    assert_eq!(header[..3], [THRESHOLD, "replications", "campaign.outcomes.in_sync.count"]);
    let rows: Vec<csv::StringRecord> = csv.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 3);
    let (mut numbers, mut intervals) = (0, 0);
    for (row, point) in rows.iter().zip(sweep["points"].as_array().expect("points")) {
        assert_eq!(row[0], point["set"][THRESHOLD].to_string());
        for (column, path) in header.iter().enumerate().skip(1) {
            let (path, end) = match (path.strip_suffix("_low"), path.strip_suffix("_high")) {
                (Some(path), _) => (path, Some(0)),
                (_, Some(path)) => (path, Some(1)),
                _ => (path.as_str(), None),
            };
            let found = row[column].parse::<f64>().ok();
            assert!(found.is_some() || row[column].is_empty(), "{path}: {}", &row[column]);
            let (parent, leaf) = path.rsplit_once('.').unwrap_or(("", path));
            let pointer = match end {
                None => path.to_owned(),
                Some(_) if leaf == "probability" => format!("{parent}.ci95"),
                Some(_) => format!("{path}_ci95"),
            };
            let written = point["summary"].pointer(&format!("/{}", pointer.replace('.', "/")));
            let written = written.map(|written| end.map_or(written, |end| &written[end]));
            match written {
                Some(written) => {
                    // Floats are read to the last bit but one.
                    let same = match (written.as_f64(), found) {
                        (Some(a), Some(b)) => (a - b).abs() <= 1e-15 * a.abs(),
                        (a, b) => a == b,
                    };
                    assert!(same, "{path} {end:?}: {written} {found:?}");
                    numbers += 1;
                }
                None => {
                    assert!(["p90", "p95"].contains(&leaf) || path.contains("failure_codes"), "{path} {end:?}");
                    intervals += u32::from(end.is_some());
                }
            }
        }
    }
    assert!(numbers > 1000 && intervals > 100, "{numbers} {intervals}");
}

/// The whole of stdout for a scenario counted by hand.
#[test]
fn the_table_of_a_counted_sweep() {
    let vary = format!("{PERCENTAGE}=25,50,100");
    let ran = Sandbox::with(COUNTED).rollcast(&["sweep", "scenario.toml", "-n", "6", "--vary", &vary]).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "counted: four robots, two at once, a minute each",
            "3 points of 6 replications, seed 0; all points meet the same luck",
            ""
        ]
    );
    let words: Vec<String> =
        lines[3..].iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        words,
        [
            "campaign",
            "deployment campaign outcomes first_job",
            "concurrent_deployment_ completion_s halted robots_hurt",
            "percentage p95 probability p95",
            "25 4m 0 % 0 % to 39.0 % 0",
            "50 2m 0 % 0 % to 39.0 % 0",
            "100 1m 0 % 0 % to 39.0 % 0",
            "",
            "Files: results/counted/",
        ]
    );
    assert_eq!(ran.stderr, "");
}

/// A run and a sweep share a folder, each with its own files; pictures of metrics that are no longer shown go.
#[test]
fn runs_and_sweeps_leave_each_other_alone() {
    let sandbox = Sandbox::with(COUNTED);
    let vary = format!("{PERCENTAGE}=25,50");
    let sweep = |more: &[&str]| {
        sandbox.rollcast(&[&["sweep", "scenario.toml", "--vary", &vary, "-q"], more].concat()).exits(0);
        sandbox.files()
    };
    sandbox.rollcast(&["run", "scenario.toml", "-q"]).exits(0);
    let run = sandbox.files();
    let summary = sandbox.read("results/counted/summary.json");
    sandbox.write("results/counted/plots/sweep.txt", "mine");
    let both = sweep(&["--metric", "campaign.jobs.mean"]);
    let picture = "results/counted/plots/sweep.campaign.jobs.mean.svg";
    let added: Vec<&String> = both.iter().filter(|file| !run.contains(file)).collect();
    let own =
        ["plots/sweep.txt", "sweep.csv", "sweep.html", "sweep.json"].map(|name| format!("results/counted/{name}"));
    assert_eq!(added, [picture, &own[0], &own[1], &own[2], &own[3]]);
    sandbox.rollcast(&["run", "scenario.toml", "-q"]).exits(0);
    assert_eq!(sandbox.files(), both, "a run keeps what a sweep wrote");
    assert_eq!(sandbox.read("results/counted/summary.json"), summary);
    let other = sweep(&["--metric", "campaign.jobs.max"]);
    assert!(!other.contains(&picture.to_owned()) && other.len() == both.len(), "{other:?}");
    assert_eq!(sandbox.read("results/counted/plots/sweep.txt"), "mine");
}

#[test]
fn json_quiet_and_no_files() {
    let sandbox = Sandbox::with(COUNTED);
    let vary = format!("{PERCENTAGE}=25,50");
    let sweep = |more: &[&str]| {
        sandbox.rollcast(&[&["sweep", "scenario.toml", "--vary", &vary], more].concat()).exits(0).stdout
    };
    let printed = sweep(&["--json", "--no-files"]);
    assert_eq!((sweep(&["--no-files", "-q"]), sandbox.files()), (String::new(), vec![String::from("scenario.toml")]));
    assert!(!sweep(&["--no-files"]).contains("Files:"));
    assert_eq!(sweep(&["--json", "--out", "out"]), printed);
    assert_eq!(sandbox.read("out/sweep.json"), printed);
    assert_eq!(sweep(&["-q", "--out", "out"]), "");
}

/// Lines with a band for numbers and durations, names for anything else, a heat map with numbers for two paths.
#[test]
fn pictures_show_what_varies() {
    let scattered = COUNTED.replace("{ constant = \"60s\" }", "{ exponential = { mean = \"60s\" } }\nfailure = 0.2");
    let sandbox = Sandbox::with(&scattered);
    let picture = |vary: &[&str], metric: &str| {
        let vary: Vec<&str> = vary.iter().flat_map(|vary| ["--vary", vary]).collect();
        let ran = sandbox
            .rollcast(
                &[&["sweep", "scenario.toml", "-n", "200", "--out", "out", "--metric", metric], &vary[..]].concat(),
            )
            .exits(0);
        (sandbox.read(&format!("out/plots/sweep.{metric}.svg")), ran.stdout)
    };
    let shows = |svg: &str, words: &[&str]| {
        for word in words {
            assert!(svg.contains(&format!("\n{word}\n")), "`{word}` is not in\n{svg}");
        }
    };
    let makespan = "first_job.makespan_s.mean";
    let (numbers, _) = picture(&[&format!("{PERCENTAGE}=25,50,100")], makespan);
    shows(
        &numbers,
        &["40", "60", "80", PERCENTAGE, makespan, "95 % interval", "counted, 200 replications a point, seed 0"],
    );
    assert!(numbers.contains("<polygon") && numbers.contains("<polyline") && numbers.matches("<circle").count() == 3);
    let (durations, _) = picture(&["deployment.robot_deployment_timeout=1m..=5m:1m"], makespan);
    shows(&durations, &["1m", "2m", "5m"]);
    let (names, _) = picture(&["deployment.on_breach=drain,abort"], makespan);
    shows(&names, &["drain", "abort"]);
    assert!(!names.contains("<polygon") && names.matches("<circle").count() == 2, "no line between names");
    let no_value = "first_job.detection_s.p95";
    let (empty, _) = picture(&["group.amr.step.launching.failure=0"], no_value);
    shows(&empty, &["No point has a value."]);
    let percentages = format!("{PERCENTAGE}=25,50");
    let two = [percentages.as_str(), "group.amr.robots=2,4,8"];
    let (heat, stdout) = picture(&two, "first_job.peak_in_flight.max");
    shows(&heat, &["25", "50", "2", "4", "8", "group.amr.robots", &format!("{PERCENTAGE}, downwards")]);
    assert!(!stdout.contains("Pictures show"));
    let three = [two[0], two[1], "deployment.start_order=registration,shuffled"];
    let (heat, stdout) = picture(&three, "first_job.peak_in_flight.max");
    assert!(heat.contains("seed 0; deployment.start_order = registration"), "{heat}");
    let note = format!("Pictures show {PERCENTAGE} by group.amr.robots, at deployment.start_order = registration.\n");
    assert!(stdout.ends_with(&note), "{stdout}");
}

/// Points may have different parts of the world: the table of columns has all of them, and what a point lacks is empty.
#[test]
fn points_of_different_shapes() {
    let sandbox = Sandbox::with(COUNTED);
    let vary = "group.amr.step.launching.failure=0,0.5";
    let code = "robot.failure_codes.MissingRobotDeploymentResource";
    sandbox.rollcast(&["sweep", "scenario.toml", "--vary", vary, "--out", "out", "--metric", code]).exits(0);
    let mut csv = csv::Reader::from_path(sandbox.path("out/sweep.csv")).expect("CSV");
    let column = csv.headers().expect("a header").iter().position(|name| name == code).expect("a column");
    let counts: Vec<u32> = csv.records().map(|row| row.expect("a row")[column].parse().expect("a count")).collect();
    assert!(counts[0] == 0 && counts[1] > 0, "{counts:?}");
}

#[test]
fn bad_options_are_shown_with_what_is_accepted() {
    let sandbox = Sandbox::with(COUNTED);
    for (args, title, help) in [
        (&["--vary", PERCENTAGE][..], "--vary needs a path and values", "write PATH=LIST"),
        (&["--vary", "deployment.failure_threshold_percentage=5..10"], "`5..10` is not a range", "write `5..=10`"),
        (&["--vary", "deployment.failure_threshold_percentage=10..=5"], "ends before it starts", "smaller end first"),
        (&["--vary", "deployment.robot_deployment_timeout=1m..=5m"], "needs a step", "`1m..=5m:STEP`"),
        (&["--vary", "deployment.failure_threshold_percentage=5,,6"], "is missing", "nothing here"),
        (&["--vary", "deployment.failure_threshold_percentage=5,5"], "is `5` twice", "the second time"),
        (&["--vary", "deployment.failure_threshold_percentage=101"], "is out of range", "from 1 to 100"),
        (
            &["--vary", "deployment.failure_treshold_percentage=1"],
            "unknown key",
            "did you mean `failure_threshold_percentage`?",
        ),
        (&["--vary", "group.mar.robots=1"], "`group.mar` is not in the scenario", "did you mean `amr`?"),
        (&["--vary", "run.seed=1", "--vary", "run.seed=2"], "`run.seed` varies twice", "all its values in one --vary"),
        (
            &["--vary", "run.seed=1,2", "--metric", "campaign.job.mean"],
            "unknown metric",
            "did you mean `campaign.jobs.mean`?",
        ),
        (
            &["--vary", "run.seed=1,2", "--metric", "campaign.jobs"],
            "is not a single number",
            "after `campaign.jobs.`: `count`",
        ),
        (&["--vary", "run.seed=0..=1000000"], "has 1000001 values", "at most 1000000 points"),
        (
            &["--vary", "run.seed=0..=9999", "--vary", "run.replications=1..=1000"],
            "a sweep of 10000000 points",
            "at most 1000000",
        ),
        (&["--vary", "run.seed=0..=99999"], "a sweep of 100000 points needs --yes to start", "nothing was run"),
        (
            &["--vary", "group.amr.robots=50000000", "-n", "1000"],
            "5.0e10 robots in all needs --yes",
            "nothing was written",
        ),
        (
            &["--vary", "run.seed=1,2", "--seed", "3"],
            "`run.seed` varies, and --seed goes before it",
            "give one of them",
        ),
        (&["--vary", "run.replications=1,2", "-n", "3"], "and --replications goes before it", "give one of them"),
        (&[], "required arguments were not provided", "--vary <PATH=LIST>"),
        (&["--vary", "run.seed=1", "--no-files", "--out", "x"], "cannot be used with", "--out"),
    ] {
        let ran = sandbox.rollcast(&[&["sweep", "scenario.toml"], args].concat()).exits(2);
        assert!(ran.stderr.contains(title) && ran.stderr.contains(help), "{args:?}:\n{}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    assert_eq!(sandbox.files(), ["scenario.toml"]);
    sandbox.rollcast(&["sweep", "absent.toml", "--vary", "run.seed=1"]).exits(3);
}

/// What is wrong with any point is shown before anything runs: each problem once, with the value at fault.
#[test]
fn all_problems_of_all_points_are_shown_once() {
    let sandbox = Sandbox::with(&COUNTED.replace("replications = 3", "replications = 0"));
    let threshold = format!("{THRESHOLD}=99..=102");
    let robots = "group.amr.robots=1,2,-1";
    let ran = sandbox.rollcast(&["sweep", "scenario.toml", "--vary", &threshold, "--vary", robots]).exits(2);
    for text in [
        "`run.replications` is out of range",
        &format!("{THRESHOLD}=101\n"),
        &format!("{THRESHOLD}=102\n"),
        "group.amr.robots=-1\n",
        "error: 4 errors: nothing was run and nothing was written",
    ] {
        assert_eq!(ran.stderr.matches(text).count(), 1, "{text}:\n{}", ran.stderr);
    }
    assert!(ran.stderr.contains(" --> --vary:1:") && ran.stderr.contains(" --> scenario.toml:5"), "{}", ran.stderr);
    assert_eq!(sandbox.files(), ["scenario.toml"]);
}

#[test]
fn help_says_what_a_sweep_is_for() {
    let sandbox = Sandbox::new();
    let help = sandbox.rollcast(&["sweep", "--help"]).exits(0).stdout;
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Every point meets the same luck") && words.contains("Examples: rollcast sweep"), "{help}");
    let all = sandbox.rollcast(&["--help"]).exits(0).stdout;
    let listed = all.lines().find(|line| line.trim_start().starts_with("sweep ")).unwrap_or_default();
    assert!(listed.ends_with("  Simulate a scenario under many settings and compare them"), "{all}");
}

/// With `--yes` a large sweep goes on to its checks, and starts (as the test of interruption shows).
#[test]
fn a_large_sweep_starts_with_yes() {
    let sandbox = Sandbox::with(COUNTED);
    for large in [&["--vary", "run.seed=0..=10000"][..], &["--vary", "run.replications=3,4000000000"]] {
        let args = [&["sweep", "scenario.toml", "--metric", "campaign.job.mean"], large].concat();
        let ran = sandbox.rollcast(&args).exits(2);
        assert!(ran.stderr.contains("needs --yes") && !ran.stderr.contains("unknown metric"), "{}", ran.stderr);
        let ran = sandbox.rollcast(&[&args[..], &["--yes"]].concat()).exits(2);
        assert!(ran.stderr.contains("unknown metric") && !ran.stderr.contains("needs --yes"), "{}", ran.stderr);
    }
}

/// Ctrl-C shows the points that are complete, writes nothing, and exits with 130.
#[cfg(unix)]
#[test]
fn an_interrupted_sweep_shows_what_is_decided() {
    use std::process::{Command, Stdio};
    let sandbox = Sandbox::with(COUNTED);
    for json in [false, true] {
        // The last point would take hours.
        let mut args = vec!["sweep", "scenario.toml", "--vary", "run.replications=7,8,9,4000000000", "--yes"];
        args.extend(json.then_some("--json"));
        let child = Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
            .args(&args)
            .current_dir(sandbox.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let written = || -> u64 {
            let files = sandbox.files();
            let temporary = files.iter().filter(|file| file.contains(".rollcast-"));
            temporary.filter_map(|file| fs::metadata(sandbox.path(file)).ok()).map(|file| file.len()).sum()
        };
        // Two summaries and a bit are in the files when the third point is complete; the last one goes on.
        while written() < 20_000 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
        let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh runs");
        assert!(kill.success());
        let output = child.wait_with_output().expect("it ends");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(130));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr, "interrupted after 3 of 4 points: nothing was written\n");
        if json {
            let sweep: Value = serde_json::from_str(&stdout).expect("it is whole");
            assert_eq!(sweep["points"].as_array().map(Vec::len), Some(3));
        } else {
            assert!(stdout.contains("3 of 4 points") && stdout.contains(" 9  "), "{stdout}");
        }
        assert_eq!(sandbox.files(), ["scenario.toml"]);
    }
}
