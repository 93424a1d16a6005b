//! `rollcast check --baseline`: stored, compared to the byte, and tested where bytes cannot be the same.

use serde_json::Value;

use super::support::{COUNTED, Ran, Sandbox};

/// Scattered times, and a tenth of the campaigns halt or so.
fn scattered() -> String {
    let latency = "{ exponential = { mean = \"60s\" } }\nfailure = 0.1\n[sync]\nschedule = { after_finish = \"1m\" }";
    COUNTED.replace("{ constant = \"60s\" }", latency).replace("replications = 3", "replications = 2000")
}

fn check(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.rollcast(&[&["check", "scenario.toml", "--baseline", "base"], args].concat())
}

fn stored(scenario: &str) -> Sandbox {
    let sandbox = Sandbox::with(scenario);
    let ran = check(&sandbox, &["--update-baseline"]).exits(0);
    assert_eq!(ran.stdout, "Baseline: base/counted/\n");
    let files = ["baseline.json", "manifest.json", "summary.json"].map(|name| format!("base/counted/{name}"));
    assert_eq!(sandbox.files(), [&files[0], &files[1], &files[2], "scenario.toml"]);
    sandbox
}

/// Another summary in the place of the stored one, as if it had been stored so: by a program that wrote no manifest.
fn store_instead(sandbox: &Sandbox, summary: &str) {
    sandbox.write("base/counted/summary.json", summary);
    let _ = std::fs::remove_file(sandbox.path("base/counted/manifest.json"));
}

/// What came of the comparison.
fn compared(sandbox: &Sandbox, args: &[&str], code: i32) -> Value {
    let ran = check(sandbox, &[&["--json"], args].concat()).exits(code);
    let document: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    document["scenarios"][0]["baseline"].clone()
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let sandbox = stored(&scattered());
    let run = sandbox.rollcast(&["run", "scenario.toml", "--json", "--no-files"]).exits(0).stdout;
    assert_eq!(sandbox.read("base/counted/summary.json"), run, "what a run writes");
    for threads in ["1", "3"] {
        let ran = check(&sandbox, &["--threads", threads]).exits(0);
        assert!(ran.stdout.ends_with("\nThe same bytes as in the baseline.\n"), "{}", ran.stdout);
    }
    assert_eq!(compared(&sandbox, &[], 0)["compared"], "same_bytes");
    // The folder of a run will do, and that of a single scenario, too.
    sandbox.rollcast(&["run", "scenario.toml", "-q"]).exits(0);
    sandbox.rollcast(&["check", "scenario.toml", "--baseline", "results", "-q"]).exits(0);
    sandbox.rollcast(&["check", "scenario.toml", "--baseline", "results/counted", "-q"]).exits(0);
}

/// A program that claims to be the same and gives other numbers is caught, metric by metric.
#[test]
fn other_bytes_of_the_same_run_are_a_failure() {
    let sandbox = stored(&scattered());
    let summary = sandbox.read("base/counted/summary.json");
    let document: Value = serde_json::from_str(&summary).expect("JSON");
    let mean = document["campaign"]["jobs"]["mean"].to_string();
    let other = summary.replacen(&format!("\"mean\": {mean}"), "\"mean\": 77.5", 1);
    sandbox.write("base/counted/summary.json", &other);
    let ran = check(&sandbox, &[]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: base/counted holds files of different runs: summary.json is not the one that manifest.json tells of\n\
         help: run again into this folder; or remove manifest.json, if its files belong together all the same\n"
    );
    store_instead(&sandbox, &other);
    let ran = check(&sandbox, &[]).exits(1);
    assert!(ran.stdout.contains(" campaign.jobs.mean\n") && ran.stdout.contains("77.5"), "{}", ran.stdout);
    let found = compared(&sandbox, &[], 1);
    assert_eq!(
        (&found["compared"], &found["differing"]),
        (&"other_bytes".into(), &serde_json::json!(["campaign.jobs.mean"]))
    );
    // Bytes that no metric has.
    store_instead(&sandbox, &(summary + " "));
    let ran = check(&sandbox, &["--junit", "check.xml"]).exits(1);
    assert!(ran.stdout.contains("no metric, but intervals or the text itself differ"), "{}", ran.stdout);
    let xml = sandbox.read("check.xml");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
    assert_eq!(failure.attribute("type"), Some("differs"));
}

/// Another text or program with the very same numbers is no change: a description, a threshold that nothing reaches, a new version.
#[test]
fn the_same_numbers_are_no_change() {
    let harmless = COUNTED.replace("replications = 3", "replications = 50");
    let sandbox = stored(&harmless);
    sandbox.write("scenario.toml", &harmless.replace("four robots", "4 robots"));
    assert_eq!(compared(&sandbox, &[], 0)["compared"], "same_bytes", "a description decides nothing");
    assert_eq!(
        compared(&sandbox, &["--set", "deployment.failure_threshold_percentage=51"], 0)["compared"],
        "same_numbers"
    );
    let summary = sandbox.read("base/counted/summary.json");
    for (version, other) in
        [("\"rollcast\": \"", "\"rollcast\": \"0."), ("\"results_version\": ", "\"results_version\": 9")]
    {
        assert!(summary.contains(version));
        store_instead(&sandbox, &summary.replacen(version, other, 1));
        assert_eq!(compared(&sandbox, &[], 0)["compared"], "same_numbers", "{version}");
    }
}

/// Other runs are tested: the same behaviour passes under any seed, another one does not, and the table says how large the
/// change is.
#[test]
fn other_runs_are_tested() {
    let sandbox = stored(&scattered());
    let found = compared(&sandbox, &["--seed", "9", "-n", "3000"], 0);
    assert_eq!(
        (&found["compared"], &found["method"], &found["seed"], &found["changes"].as_array().map(Vec::len)),
        (&"tested".into(), &"distributions".into(), &9.into(), &Some(10))
    );
    let worse = ["--set", "group.amr.step.launching.failure=0.3"];
    let change = |found: &Value, name: &str| {
        let changes = found["changes"].as_array().expect("a list");
        changes.iter().find(|change| change["metric"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    // Two of four fail with probability 0.0523 before, 0.3483 now.
    let halted_more = |found: &Value, effect: &str| {
        let halted = change(found, "campaign.outcomes.halted.probability");
        assert_eq!((&halted["differs"], &halted["effect"]), (&true.into(), &effect.into()));
        assert!((0.25..0.35).contains(&halted["size"].as_f64().expect("a number")), "{halted:#}");
        halted
    };
    let found = compared(&sandbox, &[&worse[..], &["--seed", "1"]].concat(), 1);
    let halted = halted_more(&found, "risk_difference");
    let (size, ends) = (halted["size"].as_f64(), &halted["size_ci95"]);
    assert!(ends[0].as_f64() < size && ends[1].as_f64() > size, "{halted:#}");
    let failed = change(&found, "first_job.robots_failed");
    assert!(failed["differs"] == true && failed["size"].as_f64() > Some(0.2), "{failed:#}");
    assert_eq!(change(&found, "campaign.outcomes.horizon.probability")["differs"], false);
    // Under the same seed the luck is shared, so replications are compared in pairs.
    let found = compared(&sandbox, &worse, 1);
    assert_eq!((&found["method"], &found["seed"]), (&"pairs".into(), &0.into()));
    let halted = halted_more(&found, "share_of_pairs");
    let pairs: Vec<u64> = halted["pairs"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
    // Whoever failed with 0.1 fails with 0.3, too: none that halted before does not halt now.
    assert!(matches!(pairs[..], [grew, 0, 2000] if grew > 500), "{halted:#}");
    let ran = check(&sandbox, &[&worse[..], &["--markdown", "check.md", "--junit", "check.xml"]].concat()).exits(1);
    for part in
        ["COMPARED", "campaign.time_to_success_s\n", "of 2000 pairs", " up, 0 down", "<0.0001", "differs", "alike"]
    {
        assert!(ran.stdout.contains(part), "{part}:\n{}", ran.stdout);
    }
    let said = ran.stdout.replace('\n', " ");
    assert!(said.contains("2000 pairs of replications that met the same luck (seed 0), exact sign tests"), "{said}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(sandbox.read("check.md").contains("| ❌ differs | campaign.outcomes.halted.probability | share |"));
    let xml = sandbox.read("check.xml");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("testcase")).count(), 10);
    // A plain run keeps no single replications: means under another seed stand in, and find it, too.
    sandbox.rollcast(&["run", "scenario.toml", "-q"]).exits(0);
    let plain = [&["check", "scenario.toml", "--baseline", "results"][..], &worse].concat();
    let ran = sandbox.rollcast(&plain).exits(1);
    assert!(ran.stdout.contains("for want of a baseline.json"), "{}", ran.stdout);
    // A baseline.json of another summary is not taken for its own.
    sandbox.rollcast(&["run", "scenario.toml", "--seed", "3", "--out", "base/counted", "-q"]).exits(0);
    let ran = check(&sandbox, &worse).exits(1);
    assert!(ran.stdout.replace('\n', " ").contains("Welch's test of means"), "{}", ran.stdout);
}

/// A small change is found in few pairs, and where it is: by build and by group, beside what stays as it was.
#[test]
fn small_changes_show_in_builds_and_groups() {
    let group = |name: &str, mean: u32| {
        format!(
            "[[group]]\nname = \"{name}\"\nrobots = 10\n[group.step.launching]\n\
             latency = {{ exponential = {{ mean = \"{mean}s\" }} }}\nfailure = 0.05\n"
        )
    };
    let scenario = |slow: u32| {
        format!(
            "name = \"counted\"\n[run]\nreplications = 200\n[deployment]\nconcurrent_deployment_percentage = 100\n\
             failure_threshold_percentage = 100\n[[build]]\nname = \"a\"\nweight = 3\n[[build]]\nname = \"b\"\nweight = 1\n\
             failure = {{ \"*.launching\" = 0.2 }}\n{}{}[sync]\nschedule = {{ after_finish = \"1m\" }}\n",
            group("north", 100),
            group("south", slow)
        )
    };
    let sandbox = stored(&scenario(100));
    let found = compared(&sandbox, &["--set", "group.south.step.launching.latency.exponential.mean=105s"], 1);
    let differs = |name: &str| {
        let mut changes = found["changes"].as_array().expect("a list").iter();
        changes.find(|change| change["metric"] == name).unwrap_or_else(|| panic!("{name}:\n{found:#}"))["differs"]
            == true
    };
    for name in ["first_job.makespan_s", "builds.a.first_job.makespan_s", "groups.south.campaign.time_to_success_s"] {
        assert!(differs(name), "{name}");
    }
    // Who fails does not change; in the north what comes after the first job does, which waits for the south.
    for name in
        ["groups.north.first_job.robots_hurt", "groups.south.first_job.robots_hurt", "builds.b.first_job.robots_failed"]
    {
        assert!(!differs(name), "{name}");
    }
    let ran = check(&sandbox, &["--set", "group.south.step.launching.latency.exponential.mean=105s"]).exits(1);
    assert!(ran.stdout.contains(" groups.south.campaign.time_to_success_s\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(".first_job.robots_hurt"), "what is alike in a group has no row:\n{}", ran.stdout);
}

/// A baseline of the first version keeps the cells of histograms: it is read, and compared under another seed. One of a
/// later version is refused with what to do.
#[test]
fn baselines_of_other_versions() {
    let sandbox = stored(&scattered());
    let file: Value = serde_json::from_str(&sandbox.read("base/counted/baseline.json")).expect("JSON");
    assert_eq!(file["version"], 2);
    assert_eq!(file["numbers"]["first_job.robots_failed"].as_array().map(Vec::len), Some(2000));
    let _ = std::fs::remove_file(sandbox.path("base/counted/manifest.json"));
    let mut first =
        serde_json::json!({ "distributions": { "first_job.robots_failed": [[0, 1312], [1, 583], [2, 105]] } });
    for key in ["digest", "seed", "replications"] {
        first[key] = file[key].clone();
    }
    sandbox.write("base/counted/baseline.json", &first.to_string());
    let found = compared(&sandbox, &["--set", "group.amr.step.launching.failure=0.3"], 1);
    assert_eq!((&found["method"], &found["seed"]), (&"distributions".into(), &1.into()));
    for (other, why) in [
        (serde_json::json!({ "version": 3 }), "it is of version 3, and this program reads versions up to 2"),
        (serde_json::json!({ "numbers": { "first_job.robots_failed": [1] } }), "its columns do not fit together"),
    ] {
        let mut changed = file.clone();
        for (key, value) in other.as_object().expect("an object") {
            changed[key] = value.clone();
        }
        sandbox.write("base/counted/baseline.json", &changed.to_string());
        let ran = check(&sandbox, &[]).exits(2);
        assert!(ran.stderr.contains("baseline.json is no baseline") && ran.stderr.contains(why), "{}", ran.stderr);
    }
}

/// Expectations and baseline are checked together, and either of them fails.
#[test]
fn expectations_count_beside_the_baseline() {
    let expect = |most: &str| {
        format!("{}\n[[expect]]\nmetric = \"campaign.outcomes.halted.probability\"\nat_most = {most}\n", scattered())
    };
    let sandbox = stored(&expect("0.2"));
    let ran = check(&sandbox, &[]).exits(0);
    assert!(
        ran.stdout.contains("confidence the expectation holds.") && ran.stdout.contains("The same bytes"),
        "{}",
        ran.stdout
    );
    sandbox.write("scenario.toml", &expect("0.01"));
    let ran = check(&sandbox, &[]).exits(1);
    assert!(
        ran.stdout.contains("the expectation does not hold.") && ran.stdout.contains("The same bytes"),
        "{}",
        ran.stdout
    );
}

/// One that is new among others does not stop them.
#[test]
fn a_scenario_without_a_baseline_is_reported() {
    let sandbox = Sandbox::with(COUNTED);
    check(&sandbox, &["--update-baseline", "-q"]).exits(0);
    sandbox.write("new.toml", &COUNTED.replace("\"counted\"", "\"new\""));
    let ran = check(&sandbox, &["new.toml"]).exits(1);
    assert!(ran.stdout.contains("The same bytes as in the baseline."), "{}", ran.stdout);
    assert!(ran.stdout.contains("There is no baseline base/new/summary.json"), "{}", ran.stdout);
    let document: Value =
        serde_json::from_str(&check(&sandbox, &["new.toml", "--json"]).exits(1).stdout).expect("JSON");
    let compared = [0, 1].map(|index| document["scenarios"][index]["baseline"]["compared"].as_str());
    assert_eq!(compared, [Some("same_bytes"), Some("missing")]);
}

/// What is sure to differ may still be too small to matter.
#[test]
fn small_differences_may_be_tolerated() {
    let sandbox = stored(&scattered());
    let slower = ["--set", "group.amr.step.launching.latency.exponential.mean=62s"];
    let ran = |more: &[&str], code| check(&sandbox, &[&slower[..], more].concat()).exits(code).stdout;
    let strict = ran(&[], 1);
    assert!(strict.contains("differs"), "{strict}");
    assert!(ran(&["--tolerance", "0.1%"], 1).contains("differs"));
    let lenient = ran(&["--tolerance", "10%"], 0);
    assert!(lenient.contains("tolerated") && !lenient.contains(" differs  "), "{lenient}");
    for wrong in ["2", "-1%", "100%", "x%"] {
        assert!(check(&sandbox, &[&format!("--tolerance={wrong}")]).exits(2).stderr.contains("as in 2%"), "{wrong}");
    }
}

#[test]
fn baselines_that_cannot_be_used() {
    let sandbox = Sandbox::with(COUNTED);
    let ran = check(&sandbox, &[]).exits(2);
    assert!(ran.stderr.contains("there is no baseline base/counted/summary.json"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: store one: rollcast check --baseline base --update-baseline scenario.toml"));
    check(&sandbox, &["--update-baseline", "-q"]).exits(0);
    let summary = sandbox.read("base/counted/summary.json");
    sandbox.write("base/counted/summary.json", "{}");
    let ran = check(&sandbox, &[]).exits(2);
    assert!(ran.stderr.contains("base/counted holds files of different runs: summary.json"), "{}", ran.stderr);
    std::fs::remove_file(sandbox.path("base/counted/manifest.json")).expect("it was there");
    for (text, why) in [("{", "EOF"), ("{}", "it has no number at `seed`"), ("[1]", "it has no number at")] {
        sandbox.write("base/counted/summary.json", text);
        let ran = check(&sandbox, &[]).exits(2);
        assert!(ran.stderr.contains("summary.json is no baseline") && ran.stderr.contains(why), "{}", ran.stderr);
    }
    sandbox.write("base/counted/summary.json", &summary);
    sandbox.write("base/counted/baseline.json", "{\"distributions\": 3}");
    assert!(check(&sandbox, &[]).exits(2).stderr.contains("baseline.json is no baseline"));
    sandbox.write("twin.toml", COUNTED);
    let ran = check(&sandbox, &["twin.toml"]).exits(2);
    assert!(ran.stderr.contains("scenario.toml and twin.toml are both named `counted`"), "{}", ran.stderr);
    for (args, title) in [
        (&["check", "scenario.toml", "--update-baseline"][..], "--baseline <DIR>"),
        (&["check", "scenario.toml", "--baseline", "b", "--update-baseline", "--no-files"], "cannot be used with"),
        (&["check", "scenario.toml", "--baseline", "b", "--update-baseline", "--junit", "x"], "cannot be used with"),
    ] {
        let ran = sandbox.rollcast(args).exits(2);
        assert!(ran.stderr.contains(title), "{args:?}: {}", ran.stderr);
    }
    // A file where the folder would have to be.
    let ran = sandbox.rollcast(&["check", "scenario.toml", "--baseline", "twin.toml", "--update-baseline"]).exits(3);
    assert!(ran.stderr.contains("cannot write twin.toml"), "{}", ran.stderr);
    let files = ["baseline.json", "summary.json"].map(|name| format!("base/counted/{name}"));
    assert_eq!(sandbox.files(), [&files[0], &files[1], "scenario.toml", "twin.toml"]);
}
