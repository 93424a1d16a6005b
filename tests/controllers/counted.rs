//! Scenarios that choose a controller, counted by hand, and what the commands say of them.

use serde_json::Value;

use super::program::Sandbox;

/// Two robots that succeed, two that fail, two that succeed, ten seconds each.
const STAGED: &str = r#"
name = "staged"
[run]
replications = 3
[controller.staged]
wave = 2
soak = "1m"
failed_at_most = 1
[[group]]
name = "a"
robots = 2
[group.step.launching]
latency = { constant = "10s" }
[[group]]
name = "b"
robots = 2
[group.step.launching]
latency = { constant = "10s" }
failure = 1.0
[[group]]
name = "c"
robots = 2
[group.step.launching]
latency = { constant = "10s" }
"#;

/// One robot that fails and four that succeed, half a minute each.
const PACED: &str = r#"
name = "paced"
[run]
replications = 3
[controller.paced]
per_minute = 2
failed_percentage = 60
[[group]]
name = "a"
robots = 1
[group.step.launching]
latency = { constant = "30s" }
failure = 1.0
[[group]]
name = "b"
robots = 4
[group.step.launching]
latency = { constant = "30s" }
"#;

fn sandbox() -> Sandbox {
    Sandbox::with(&[("staged.toml", STAGED), ("paced.toml", PACED)])
}

fn summary(sandbox: &Sandbox, scenario: &str, set: &str) -> Value {
    let (code, _, stderr) = sandbox.rollcast(&["run", scenario, "--set", set, "--out", "out", "--quiet"]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&sandbox.read("out/summary.json")).expect("JSON")
}

fn p50(summary: &Value, measure: &str) -> f64 {
    measure.split('.').fold(summary, |value, key| &value[key])["p50"].as_f64().unwrap_or(f64::NAN)
}

/// The seconds at which robots start, from the rows of a trace.
fn starts(sandbox: &Sandbox, scenario: &str, set: &str) -> Vec<u64> {
    let out = sandbox.rollcast(&["trace", scenario, "--set", set, "--replication", "0", "--format", "jsonl"]).1;
    let events = out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let starts = events.filter(|event| event["event"] == "robot_started");
    starts.map(|event| event["at_s"].as_f64().expect("an instant") as u64).collect()
}

/// The second wave ends at 80 and has soaked at 140, when two failures are more than one.
#[test]
fn a_gate_is_judged_after_the_soak() {
    let sandbox = sandbox();
    assert_eq!(starts(&sandbox, "staged.toml", "run.seed=0"), [0, 0, 70, 70]);
    let halted = summary(&sandbox, "staged.toml", "run.seed=0");
    assert_eq!(halted["campaign"]["outcomes"]["halted"]["count"], 3);
    let outcomes = &halted["first_job"]["outcomes"];
    assert_eq!(outcomes["GateFailed"]["count"], 3);
    assert_eq!(outcomes.as_object().expect("outcomes").keys().collect::<Vec<_>>(), ["AllWavesPassed", "GateFailed"]);
    for (measure, number) in [
        ("first_job.robots_succeeded", 2.0),
        ("first_job.robots_failed", 2.0),
        ("first_job.robots_not_attempted", 2.0),
        ("first_job.makespan_s", 80.0),
        ("first_job.detection_s", 140.0),
        ("first_job.robots_failed_at_halt", 2.0),
        ("first_job.threshold_overshoot", 0.0),
        ("first_job.peak_in_flight", 2.0),
    ] {
        assert_eq!(p50(&halted, measure), number, "{measure}");
    }
    let rows = sandbox.read("out/jobs.csv");
    let job = rows.lines().nth(1).expect("a job");
    assert!(job.contains(",140,Failed,GateFailed,80,"), "{rows}");
    assert!(sandbox.read("out/replications.csv").contains(",Failed,GateFailed,"));
}

/// The last wave soaks, too: it ends at 150, and the job at 210.
#[test]
fn the_job_ends_when_the_last_wave_has_soaked() {
    let sandbox = sandbox();
    let set = "controller.staged.failed_at_most=2";
    assert_eq!(starts(&sandbox, "staged.toml", set), [0, 0, 70, 70, 140, 140]);
    let passed = summary(&sandbox, "staged.toml", set);
    assert_eq!(passed["campaign"]["outcomes"]["max_jobs"]["count"], 3);
    assert_eq!(passed["first_job"]["outcomes"]["AllWavesPassed"]["probability"], 1.0);
    assert_eq!((p50(&passed, "first_job.makespan_s"), p50(&passed, "first_job.robots_failed")), (150.0, 2.0));
    assert!(sandbox.read("out/jobs.csv").contains(",210,Succeeded,,150,"));
}

/// Robot 0 fails and robot 1 succeeds at one instant: that is half, and never the whole.
#[test]
fn a_share_is_judged_once_all_endings_of_an_instant_are_counted() {
    let sandbox = sandbox();
    assert_eq!(starts(&sandbox, "paced.toml", "run.seed=0"), [0, 0, 60, 60, 120]);
    let done = summary(&sandbox, "paced.toml", "run.seed=0");
    assert_eq!(done["campaign"]["outcomes"]["max_jobs"]["count"], 3);
    assert_eq!((p50(&done, "first_job.makespan_s"), p50(&done, "first_job.robots_succeeded")), (150.0, 4.0));
    let half = "controller.paced.failed_percentage=50";
    assert_eq!(starts(&sandbox, "paced.toml", half), [0, 0]);
    let halted = summary(&sandbox, "paced.toml", half);
    assert_eq!(halted["campaign"]["outcomes"]["halted"]["count"], 3);
    assert_eq!(p50(&halted, "first_job.robots_not_attempted"), 3.0);
    // Not before three have ended: at 90 there are four, of which one failed.
    let later =
        summary(&sandbox, "paced.toml", "controller.paced={ per_minute = 2, failed_percentage = 50, at_least = 3 }");
    assert_eq!(later["campaign"]["outcomes"]["max_jobs"]["count"], 3);
}

#[test]
fn answers_and_settings_are_in_the_controllers_own_words() {
    let sandbox = sandbox();
    let table = sandbox.said(&["run", "staged.toml", "--out", "out"]);
    assert!(table.contains("6 robots, waves of 2, at most 1 failed in each; 3 replications, seed 0"), "{table}");
    assert!(table.contains("It halts at 2 failures; robots in flight then add at most 0"), "{table}");
    let page = sandbox.read("out/report.html");
    for words in ["waves of 2, at most 1 failed in each", "3 of 2 robots", "at most 1 failed, 1m after the last end"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("2 at once at most"), "from the records of the jobs");
    let outline = sandbox.said(&["validate", "paced.toml", "staged.toml"]);
    assert!(
        outline.contains("pace 2 robots a minute halts at 60 % of those that have ended failed, after 1"),
        "{outline}"
    );
    assert!(!outline.contains("fleet timeout"), "{outline}");
}

#[test]
fn keys_are_varied_and_sides_compared() {
    let sandbox = sandbox();
    let vary = ["--vary", "controller.paced.failed_percentage=50,60", "--vary", "controller.paced.per_minute=1..=2"];
    let arguments = [&["sweep", "paced.toml", "--out", "out", "--quiet"][..], &vary].concat();
    sandbox.said(&arguments);
    let points: Value = serde_json::from_str(&sandbox.read("out/sweep.json")).expect("JSON");
    let halted: Vec<&Value> = points["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| &point["summary"]["campaign"]["outcomes"]["halted"]["count"])
        .collect();
    // One robot a minute: the first that ends is the one that fails.
    assert_eq!(halted, [3, 3, 3, 0], "{points:#}");
    let compared = sandbox.said(&["compare", "paced.toml", "staged.toml", "--out", "compared"]);
    assert!(compared.contains("paced") && compared.contains("staged"), "{compared}");
    let digest = |set: &str| summary(&sandbox, "paced.toml", set)["scenario"]["digest"].clone();
    assert_ne!(digest("controller.paced.per_minute=2"), digest("controller.paced.per_minute=3"));
    assert_eq!(digest("controller.paced.at_least=1"), digest("run.seed=0"), "1 is the default");
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    let both = "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 1\nfailure_threshold_percentage = 1\n";
    let two = "[controller.staged]\nwave = 1\n";
    let group = "[[group]]\nname = \"g\"\nrobots = 1\n";
    let paced = "[controller.paced]\nper_minute = 0\nfailed_percentage = 1\nsoak = \"1s\"\n";
    let name = "name = \"x\"\n";
    for (text, said) in [
        (format!("{both}{two}{group}"), "a scenario has either [deployment] or [controller]"),
        (format!("{name}{two}{paced}{group}"), "`controller` chooses more than one controller"),
        (format!("{name}{paced}{group}"), "`controller.paced.per_minute` is out of range"),
        (format!("{name}{paced}{group}"), "unknown key `controller.paced.soak`"),
        (format!("{name}[controller.stagd]\nwave = 1\n{group}"), "unknown controller `stagd`"),
        (format!("{name}[controller]\nstart_order = \"shuffled\"\n{group}"), "`controller` chooses no controller"),
        (format!("{name}[controller.staged]\n{group}"), "`controller.staged.wave` is missing"),
        (format!("{name}{group}"), "`deployment` is missing"),
    ] {
        let (code, _, stderr) = Sandbox::with(&[("x.toml", &text)]).rollcast(&["validate", "x.toml"]);
        assert_eq!(code, 2);
        assert!(stderr.contains(said), "{said}:\n{stderr}");
    }
    let (code, _, stderr) = sandbox().rollcast(&["serve", "paced.toml"]);
    assert!(code == 2 && stderr.contains("a server offers RoboMaker's API"), "{stderr}");
}

#[test]
fn the_schema_knows_the_keys() {
    let out = sandbox().rollcast(&["schema"]).1;
    let schema: Value = serde_json::from_str(&out[out.find('{').expect("a schema")..]).expect("JSON");
    let choices = schema["properties"]["controller"]["oneOf"].as_array().expect("one of the controllers");
    let named = |name: &str| {
        choices.iter().map(|choice| &choice["properties"][name]).find(|table| table.is_object()).expect("a controller")
    };
    assert_eq!(choices.len(), 3);
    assert_eq!(named("staged")["properties"]["soak"]["default"], "1m");
    assert_eq!(named("staged")["required"], serde_json::json!(["wave"]));
    assert_eq!(named("paced")["properties"]["per_minute"]["maximum"], 1000);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let scenario = |rollout: &str| {
        let group = r#""group": [{ "name": "g", "robots": 1 }]"#;
        serde_json::from_str::<Value>(&format!(r#"{{ "name": "x", {rollout} {group} }}"#)).expect("JSON")
    };
    assert!(validator.is_valid(&scenario(r#""controller": { "staged": { "wave": 2 } },"#)));
    assert!(!validator.is_valid(&scenario(r#""controller": { "staged": { "soak": "1m" } },"#)));
    let both = r#""controller": { "staged": { "wave": 2 }, "paced": { "per_minute": 1, "failed_percentage": 1 } },"#;
    assert!(!validator.is_valid(&scenario(both)));
    assert!(!validator.is_valid(&scenario("")));
}

/// In the controller's own words and by every command that takes a metric; RoboMaker's are not among them.
#[test]
fn outcomes_are_metrics() {
    let sandbox = sandbox();
    let failed = "first_job.outcomes.GateFailed.probability";
    let swept = ["--vary", "controller.staged.failed_at_most=1..=2", "--metric", failed, "--out", "swept"];
    let table = sandbox.said(&[&["sweep", "staged.toml"][..], &swept].concat());
    assert!(table.contains("GateFailed"), "{table}");
    let rows = sandbox.read("swept/sweep.csv");
    let heading: Vec<&str> = rows.lines().next().expect("a heading").split(',').collect();
    let column = heading.iter().position(|name| *name == failed).expect("a column of it");
    let values: Vec<&str> = rows.lines().skip(1).map(|row| row.split(',').nth(column).expect("a value")).collect();
    assert_eq!(values, ["1", "0"]);
    let tuned = ["--vary", "controller.staged.failed_at_most=1..=2", "--minimize", failed, "--no-files", "--json"];
    let tuned = sandbox.rollcast(&[&["tune", "staged.toml"][..], &tuned].concat()).1;
    let tuned: Value = serde_json::from_str(&tuned[tuned.find('{').expect("JSON")..]).expect("JSON");
    assert_eq!(tuned["best"]["controller.staged.failed_at_most"], 2, "{tuned:#}");
    let bound = |bound: &str| {
        let text = format!("{STAGED}[[expect]]\nmetric = \"{failed}\"\n{bound}\n");
        Sandbox::with(&[("expecting.toml", &text)]).rollcast(&["check", "expecting.toml"]).0
    };
    assert_eq!([bound("at_least = 0.9"), bound("at_most = 0.1")], [0, 1]);
    let (code, _, stderr) = sandbox.rollcast(&[
        "run",
        "staged.toml",
        "--precision",
        "1%",
        "--metric",
        "first_job.outcomes.FailureThresholdBreached.probability",
    ]);
    let names = "after `first_job.outcomes.`: `AllWavesPassed`, `GateFailed`";
    assert!(code == 2 && stderr.contains(names), "{stderr}");
}

/// What halts is said as its controller says it, or plainly; nowhere as RoboMaker would.
#[test]
fn halts_are_in_the_controllers_own_words() {
    let sandbox = sandbox();
    let answer = |arguments: &[&str], said: &[&str]| {
        let text = sandbox.said(arguments);
        assert!(said.iter().all(|said| text.contains(said)), "{arguments:?}: {said:?}:\n{text}");
        assert!(!text.contains("breach") && !text.contains("threshold"), "{arguments:?}:\n{text}");
    };
    answer(&["run", "staged.toml", "--out", "staged"], &["100 % fail a gate and halt.", "halted at a gate 100 %"]);
    let half = ["--set", "controller.paced.failed_percentage=50"];
    answer(&[&["run", "paced.toml", "--out", "paced"][..], &half].concat(), &["100 % halt.", " halted 100 %"]);
    for (page, outcomes) in [("staged", ["AllWavesPassed", "GateFailed"]), ("paced", ["Completed", "TooManyFailed"])] {
        let page = sandbox.read(&format!("{page}/report.html"));
        assert!(outcomes.iter().all(|outcome| page.contains(&format!(">{outcome}<"))), "{outcomes:?}");
        assert!(!page.contains("FailureThresholdBreached") && !page.contains("FleetDeploymentTimeout"));
    }
    let easier = ["--set", "controller.staged.failed_at_most=2", "--out", "easier"];
    answer(&[&["run", "staged.toml"][..], &easier].concat(), &["halted at a gate 0 %"]);
    answer(&["compare", "staged", "easier", "--no-files"], &["halted 100 % 0 %"]);
    let trace = |scenario, format| ["trace", scenario, "--replication", "0", "--format", format];
    answer(&trace("staged.toml", "timeline"), &["F fails a gate"]);
    answer(&[&trace("paced.toml", "timeline")[..], &half].concat(), &["H halts"]);
    let events = |arguments: &[&str]| sandbox.rollcast(arguments).1;
    assert!(events(&trace("staged.toml", "jsonl")).contains("\"event\":\"gate_failed\""));
    assert!(events(&[&trace("paced.toml", "jsonl")[..], &half].concat()).contains("\"event\":\"job_halted\""));
    assert!(events(&trace("staged.toml", "chrome")).contains("\"GateFailed\""));
}
