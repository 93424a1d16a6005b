//! `rollcast tune`: the best setting under constraints.

use std::fs;

use serde_json::{Value, json};

use super::support::{COUNTED, Sandbox, repository};

const CONCURRENT: &str = "deployment.concurrent_deployment_percentage";
const THRESHOLD: &str = "deployment.failure_threshold_percentage";

/// The scenario that ships with a question, asked of a small fleet and few settings.
fn gate() -> Sandbox {
    let text = fs::read_to_string(repository().join("scenarios/release-gate.toml")).expect("a shipped scenario");
    let text = text.replace("robots = 150", "robots = 40").replace("\"5..=50:5\"", "[10, 20, 50]");
    let text = text.replace("[3, 5, 8, 10, 15, 20]", "\"5,20\"").replace("p95 <= 30", "p95 <= 14");
    Sandbox::with(&text)
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

fn tune(sandbox: &Sandbox, args: &[&str]) -> super::support::Ran {
    sandbox.rollcast(&[&["tune", "scenario.toml"], args].concat())
}

#[test]
fn it_answers_what_the_scenario_asks() {
    let sandbox = gate();
    let ran = tune(&sandbox, &["--threads", "1"]).exits(0);
    assert_eq!(ran.stderr, "");
    let head = "release-gate: 150 robots, builds good and bad, and what the team has promised\n\
                6 settings: the least builds.good.campaign.completion_s.p95 under 2 constraints;\nseed 5\n\n\
                With 95 % probability the setting below satisfies the constraints and is the\nbest of 6 settings, \
                or no more than 1 % worse. That took ";
    assert!(ran.stdout.starts_with(head), "{}", ran.stdout);
    for part in [
        " SETTING ",
        "RECOMMENDED",
        " OWN",
        "\n WHAT EACH CONSTRAINT COSTS",
        "\n TRADE-OFF",
        "Files: results/release-gate/",
    ] {
        assert!(ran.stdout.contains(part), "{part} is not in\n{}", ran.stdout);
    }
    let files = ["plots/tradeoff.svg", "tune.json", "tune.html"].map(|name| format!("results/release-gate/{name}"));
    let manifest = "results/release-gate/manifest.json";
    assert_eq!(sandbox.files(), [manifest, &files[0], &files[2], &files[1], "scenario.toml"]);
    let found = files.clone().map(|file| sandbox.read(&file));
    let tuned = parsed(&found[1]);
    assert_eq!(tuned["best"], json!({ CONCURRENT: 20, THRESHOLD: 20 }), "numbers are numbers");
    assert_eq!((&tuned["feasible"], &tuned["probability_best"]), (&json!(true), &json!(0.95)));
    assert_eq!(tuned["own"]["set"], json!({ CONCURRENT: 10, THRESHOLD: 8 }));
    assert_eq!(tuned["own"]["is_a_setting"], json!(false));
    assert_eq!(tuned["own"]["replications"], tuned["figures"]["replications"]);
    let settings = tuned["settings"].as_array().expect("settings");
    assert_eq!(settings.len(), 6);
    for setting in settings {
        assert_eq!(setting["constraints"].as_array().map(Vec::len), Some(2));
        let violates = setting["constraints"].as_array().expect("two").iter().any(|found| found["verdict"] == "fails");
        assert_eq!(setting["status"] == "violates", violates, "{setting}");
    }
    let best = settings.iter().find(|setting| setting["status"] == "best").expect("there is one");
    assert_eq!((&best["set"], &best["objective"]), (&tuned["best"], &tuned["figures"]["objective"]));
    assert!(best["constraints"].as_array().expect("two").iter().all(|found| found["verdict"] == "holds"));
    for alternative in tuned["alternatives"].as_array().expect("a list") {
        assert!(["within_margin", "open"].contains(&alternative["status"].as_str().expect("a word")), "{alternative}");
        let value = |found: &Value| found["objective"].as_f64().expect("a number");
        assert!(value(alternative) <= 1.01 * value(best), "{alternative}");
    }
    // Everything is the same bytes for any number of threads, and in a second run.
    let again = tune(&sandbox, &["--threads", "3"]).exits(0);
    assert_eq!(again.stdout, ran.stdout);
    assert_eq!(files.map(|file| sandbox.read(&file)), found);
    // What was recommended satisfies the constraints in a run of its own, and others do not.
    let halted = |sets: &[&str]| {
        let args = [&["run", "scenario.toml", "-n", "3000", "--json", "--no-files"], sets].concat();
        let run = parsed(&sandbox.rollcast(&args).exits(0).stdout);
        let hurt = run["builds"]["crashes"]["first_job"]["robots_hurt"]["p95"].as_f64().expect("a number");
        let halted = run["builds"]["good"]["campaign"]["outcomes"]["halted"]["probability"].as_f64();
        hurt <= 14.0 && halted.expect("a number") <= 0.01
    };
    let set = |path: &str, value: i64| format!("{path}={value}");
    assert!(halted(&["--set", &set(CONCURRENT, 20), "--set", &set(THRESHOLD, 20)]));
    assert!(!halted(&["--set", &set(CONCURRENT, 50), "--set", &set(THRESHOLD, 20)]));
}

/// The picture is well-formed, and has a ring for the answer.
#[test]
fn the_trade_off_is_drawn() {
    let sandbox = gate();
    tune(&sandbox, &["-q", "--out", "out", "-n", "3000"]).exits(0);
    let svg = sandbox.read("out/plots/tradeoff.svg");
    let document = roxmltree::Document::parse(&svg).expect("it is XML");
    let circles = document.descendants().filter(|node| node.has_tag_name("circle"));
    let rings = circles.clone().filter(|circle| circle.attribute("fill") == Some("none")).count();
    assert_eq!(rings, 2, "one for each build");
    // Two builds of six settings.
    assert_eq!(circles.count(), 12 + rings);
    for words in ["good", "crashes", "Time to success against robots hurt", "pale: violates a constraint"] {
        assert!(svg.contains(words), "{words}");
    }
}

/// The picture in the guide is what the scenario gives.
#[test]
fn the_picture_in_the_guide_is_true() {
    let text = fs::read_to_string(repository().join("scenarios/release-gate.toml")).expect("a shipped scenario");
    let sandbox = Sandbox::with(&text);
    tune(&sandbox, &["-q", "--out", "out"]).exits(0);
    let committed = fs::read_to_string(repository().join("results/tune/plots/tradeoff.svg")).unwrap_or_default();
    assert!(
        sandbox.read("out/plots/tradeoff.svg") == committed,
        "results/tune/plots/tradeoff.svg differs; write it anew: \
         cargo run --release -- tune scenarios/release-gate.toml --out results/tune"
    );
}

/// Options go before the scenario's [tune], and add to it.
#[test]
fn options_go_before_the_scenario() {
    let sandbox = gate();
    let ask = |args: &[&str]| {
        let args = [args, &["--json", "--no-files", "-n", "4000"]].concat();
        parsed(&tune(&sandbox, &args).exits(0).stdout)
    };
    let vary = format!("{CONCURRENT}=10,20");
    let more = [
        "--vary",
        &vary,
        "--maximize",
        "campaign.outcomes.in_sync.probability",
        "--margin",
        "2%",
        "--confidence",
        "0.9",
        "--constraint",
        "builds.crashes.first_job.robots_hurt.p95<=20",
        "--constraint",
        "campaign.jobs.p50 <= 2",
        "--set",
        "deployment.on_breach=abort",
    ];
    let tuned = ask(&more);
    assert_eq!(tuned["settings"].as_array().map(Vec::len), Some(4));
    let objective = json!({ "metric": "campaign.outcomes.in_sync.probability", "direction": "maximize" });
    assert_eq!(tuned["objective"], objective);
    assert_eq!((&tuned["margin"], &tuned["confidence"]), (&json!("2%"), &json!(0.9)));
    assert_eq!(tuned["max_replications"], json!(4000));
    let constraints: Vec<&Value> =
        tuned["constraints"].as_array().expect("some").iter().map(|c| &c["constraint"]).collect();
    let halted = "builds.good.campaign.outcomes.halted.probability <= 0.01";
    assert_eq!(
        constraints,
        [halted, "builds.crashes.first_job.robots_hurt.p95<=20", "campaign.jobs.p50 <= 2"],
        "one of the same metric and side is replaced"
    );
    assert_ne!(ask(&["--seed", "6"])["figures"], ask(&["--seed", "7"])["figures"]);
    let most = |args: &[&str]| {
        ask(args)["settings"].as_array().expect("some").iter().map(|s| s["replications"].as_u64()).max()
    };
    assert!(most(&[]) <= Some(Some(4000)));
    let limited = tune(&sandbox, &["--max-replications", "300", "--json", "--no-files"]).exits(0);
    assert_eq!(parsed(&limited.stdout)["max_replications"], json!(300));
}

#[test]
fn output_goes_where_it_is_asked_for() {
    let sandbox = gate();
    let few = ["-n", "500"];
    let printed = tune(&sandbox, &[&few[..], &["--json", "--no-files"]].concat()).exits(0).stdout;
    assert_eq!(sandbox.files(), ["scenario.toml"]);
    let quiet = tune(&sandbox, &[&few[..], &["-q", "--out", "there"]].concat()).exits(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    assert_eq!(sandbox.read("there/tune.json"), printed);
    sandbox.write("file", "");
    let refused = tune(&sandbox, &["--out", "file/below"]).exits(3);
    assert!(refused.stderr.contains("cannot write"), "{}", refused.stderr);
}

/// Nothing satisfies the constraints, and it says so, what comes closest, and by how much it fails.
#[test]
fn an_honest_no() {
    let sandbox = gate();
    let impossible = ["--constraint", "builds.crashes.first_job.robots_hurt.p95 <= 2", "--out", "no"];
    let ran = tune(&sandbox, &impossible).exits(1);
    let words = ran.stdout.replace('\n', " ");
    let said = "None of 6 settings satisfies the constraints, with 95 % probability. The closest is the setting below: \
                builds.crashes.first_job.robots_hurt.p95 is 11 (expected <= 2).";
    assert!(words.contains(said), "{}", ran.stdout);
    assert!(ran.stdout.contains("CLOSEST") && !ran.stdout.contains("RECOMMENDED"), "{}", ran.stdout);
    let tuned = parsed(&sandbox.read("no/tune.json"));
    assert_eq!(
        (&tuned["feasible"], &tuned["best"], &tuned["probability_best"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    assert_eq!(tuned["closest"]["set"], json!({ CONCURRENT: 10, THRESHOLD: 20 }));
    let misses = tuned["closest"]["misses"].as_array().expect("some");
    let missed = misses.iter().find(|miss| miss["constraint"].as_str().is_some_and(|c| c.ends_with("<= 2")));
    let by = missed.expect("it misses that").get("by").and_then(Value::as_f64).expect("a number");
    let finding = tuned["figures"]["constraints"]
        .as_array()
        .expect("two")
        .iter()
        .find(|f| f["constraint"] == missed.expect("one")["constraint"]);
    assert_eq!(finding.expect("one")["estimate"].as_f64(), Some(2.0 + by));
}

/// A share of nothing is nothing: that is said, and what helps, and it does.
#[test]
fn a_margin_of_nothing() {
    let sandbox = Sandbox::with(COUNTED);
    let vary = format!("{THRESHOLD}=90,95,100");
    let args = ["--vary", &vary, "--minimize", "first_job.robots_failed.mean", "-n", "1000", "--no-files"];
    let said = tune(&sandbox, &args).exits(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("Of 0 a margin of 1 % is nothing") && said.contains("--margin as an amount"), "{said}");
    // The own setting is none of these, and is simulated, too.
    assert!(said.contains("4000 would have been the most"), "{said}");
    let said = tune(&sandbox, &[&args[..], &["--margin", "0.1", "-n", "100000"]].concat());
    assert!(!said.stdout.contains("Of 0 a margin"), "{}", said.stdout);
}

/// What few replications do not decide is left open.
#[test]
fn what_is_not_decided_is_said() {
    let sandbox = gate();
    let ran = tune(&sandbox, &["-n", "64", "--no-files"]).exits(0);
    let start = "No setting is proven to satisfy the constraints";
    assert!(ran.stdout.contains(start), "{}", ran.stdout);
    let tuned = parsed(&tune(&sandbox, &["-n", "64", "--no-files", "--json"]).exits(0).stdout);
    assert_eq!((&tuned["feasible"], &tuned["best"]), (&Value::Null, &Value::Null));
    assert!(tuned["closest"]["set"].is_object());
    // Without constraints there is a best guess, and how little it is worth.
    let vary = format!("{CONCURRENT}=45,50");
    let sandbox = Sandbox::with(&COUNTED.replace("constant = \"60s\"", "exponential = { mean = \"60s\" }"));
    let args = ["--vary", &vary, "--minimize", "campaign.time_to_success_s.p95", "-n", "40", "--no-files"];
    let ran = tune(&sandbox, &args).exits(0);
    let words = "The setting below seems to be the best of 2. That it is, or is no more than 1 % worse, is ";
    assert!(ran.stdout.replace('\n', " ").contains(words), "{}", ran.stdout);
    assert!(!ran.stdout.contains(" only:"), "{}", ran.stdout);
}

/// A mean of times that nothing bounds is compared by the central limit: that is said, and no probability.
#[test]
fn the_central_limit_is_no_proof() {
    let endless = COUNTED.replace("constant = \"60s\"", "exponential = { mean = \"60s\" }");
    let endless: String = endless.lines().filter(|line| !line.starts_with("horizon")).flat_map(|l| [l, "\n"]).collect();
    let sandbox = Sandbox::with(&endless);
    let vary = format!("{CONCURRENT}=25,50");
    let args = ["--vary", &vary, "--minimize", "campaign.time_to_success_s.mean", "-n", "2000", "--no-files"];
    let ran = tune(&sandbox, &args).exits(0);
    let said = ran.stdout.replace('\n', " ");
    assert!(
        said.contains("By the central limit the setting below is the best of 2 settings, or no more than 1 % worse.")
    );
    assert!(said.contains("That is no proof") && !said.contains("probability"), "{said}");
    assert!(said.contains("is at most by the central limit"), "{said}");
    let tuned = parsed(&tune(&sandbox, &[&args[..], &["--json"]].concat()).exits(0).stdout);
    let found = ["probability_best", "probability_best_of_decided", "best_by_central_limit"].map(|key| &tuned[key]);
    assert_eq!(found, [&0.0.into(), &0.0.into(), &Value::Bool(true)]);
}

#[test]
fn a_single_setting_needs_no_race() {
    let sandbox = Sandbox::with(COUNTED);
    let vary = format!("{CONCURRENT}=50");
    let ran = tune(&sandbox, &["--vary", &vary, "--minimize", "campaign.time_to_success_s.p95", "--no-files"]).exits(0);
    assert!(ran.stdout.contains("is the only setting"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2m"), "{}", ran.stdout);
}

/// Everything that is wrong with options is shown, with what would be accepted; nothing is written.
#[test]
fn bad_questions_are_refused() {
    let sandbox = gate();
    for (args, messages) in [
        (
            &["--minimize", "campaign.time_to_succes_s.p95", "--constraint", "campaign.jobs.p95 < 3"][..],
            &[
                "unknown metric `campaign.time_to_succes_s.p95`",
                "did you mean `campaign.time_to_success_s.p95`?",
                "a constraint compares by `<=` or `>=`",
                "2 errors: nothing was run and nothing was written",
            ][..],
        ),
        (&["--minimize", "robot.deployment_s.p95"], &["it is a quantile over robots", "minimize the mean"]),
        (&["--maximize", "campaign.jobs.max"], &["cannot be an objective", "`campaign.jobs.p95`"]),
        (
            &["--constraint", "builds.worse.campaign.jobs.p95 <= 3"],
            &["unknown metric `builds.worse.campaign.jobs.p95`", "after `builds.`: `good`, `crashes`"],
        ),
        (&["--constraint", "campaign.jobs.p95 >= 9"], &["is never 9 or more, whatever the setting", "can never hold"]),
        (&["--constraint", "first_job.robots_failed.p95 <= -1"], &["is never below 0", "can never hold"]),
        (
            &["--constraint", "builds.crashes.first_job.robots_hurt.p95 >= 20"],
            &["two constraints of `builds.crashes.first_job.robots_hurt.p95` cannot hold together", "they are `"],
        ),
        (&["--margin", "3"], &["`3` does not fit", "expected a share of the value as in `1%`"]),
        (&["--vary", "run.seed=1,2"], &["`run.seed` cannot be tuned", "expected a path of the rollout"]),
        (&["--vary", "deployment.failure_threshold_percentage=0,5"], &["is out of range", "from 1 to 100"]),
        (
            &["--vary", "deployment.failure_threshold=5"],
            &["unknown key", "accepted here: `concurrent_deployment_percentage`"],
        ),
        (&["--vary", "deployment.failure_threshold_percentage"], &["--vary needs a path and values"]),
        (&["--confidence", "1"], &["expected a number above 0.5 and below 1"]),
        (&["--minimize", "campaign.jobs.p50", "--maximize", "campaign.jobs.p50"], &["cannot be used with"]),
        (
            &["--vary", "deployment.robot_deployment_timeout=60s..=3600s:1s", "--no-files"],
            &["a tune of 21246 settings needs --yes to start; nothing was run and nothing was written"],
        ),
        (&["--vary", "run.replications=1..=1000000"], &["`run.replications` cannot be tuned"]),
        (
            &["--vary", "deployment.robot_deployment_timeout=60s..=400000s:1s"],
            &["a tune of 2399646 settings; expected at most 1000000", "a larger step"],
        ),
    ] {
        let ran = tune(&sandbox, args).exits(2);
        assert_eq!(ran.stdout, "");
        for message in messages {
            assert!(ran.stderr.contains(message), "{args:?}: {message} is not in\n{}", ran.stderr);
        }
        assert_eq!(sandbox.files(), ["scenario.toml"], "{args:?}");
    }
    let plain = Sandbox::with(COUNTED);
    for (args, message) in [
        (&[][..], "scenario.toml does not say what is to be small or great"),
        (&["--minimize", "campaign.jobs.mean"], "scenario.toml does not say what may vary"),
    ] {
        let stderr = tune(&plain, args).exits(2).stderr;
        assert!(stderr.contains(message) && stderr.contains("[tune]"), "{stderr}");
    }
    assert_eq!(plain.rollcast(&["tune", "missing.toml"]).exits(3).stdout, "");
}

/// Some settings have no build of that name.
#[test]
fn every_setting_has_what_is_asked_for() {
    let sandbox = gate();
    let builds = "build=[[{ name = \"good\", weight = 1 }, { name = \"crashes\", weight = 1 }], [{ name = \"good\", weight = 1 }]]";
    let stderr = tune(&sandbox, &["--vary", builds]).exits(2).stderr;
    assert!(stderr.contains("unknown metric") && stderr.contains("crashes"), "{stderr}");
}

/// What is wrong with [tune] is shown where it stands, and all of it at once.
#[test]
fn bad_tables_are_refused_where_they_stand() {
    let scenario = format!(
        "{COUNTED}\n[tune]\nvary = {{ \"deployment.start_order\" = [], deployment.failure_threshold_percentage = \"5,,9\" }}\n\
         minimize = \"campaign.time.p95\"\nmaximize = \"campaign.jobs.p95\"\nconstraints = [\n  \"campaign.jobs.p95 <= 3\",\n  \
         \"campaign.outcomes.halted.probability = 3\",\n  \"campaign.jobs.p95 >= 4\",\n]\nconfidence = 0.5\nmax_replications = 0\nmargins = 1\n"
    );
    let sandbox = Sandbox::with(&scenario);
    for command in [&["tune", "scenario.toml"][..], &["run", "scenario.toml"], &["validate", "scenario.toml"]] {
        let stderr = sandbox.rollcast(command).exits(2).stderr;
        for message in [
            "`deployment.start_order` has no values",
            "a value of `deployment.failure_threshold_percentage` is missing",
            "`tune` has more than one objective",
            "a constraint compares by `<=` or `>=`",
            "two constraints of `campaign.jobs.p95` cannot hold together",
            "`tune.confidence` is out of range",
            "`tune.max_replications` is out of range",
            "unknown key `tune.margins`",
            "did you mean `margin`?",
            "8 errors: nothing was run and nothing was written",
        ] {
            assert!(stderr.contains(message), "{message} is not in\n{stderr}");
        }
        assert!(stderr.contains("scenario.toml:25:") && stderr.contains("5,,9"), "{stderr}");
    }
    // A value that no scenario takes is found by validate, too.
    let scenario = format!("{COUNTED}\n[tune]\nvary = {{ deployment.failure_threshold_percentage = [5, 500] }}\n");
    let stderr = Sandbox::with(&scenario).rollcast(&["validate", "scenario.toml"]).exits(2).stderr;
    assert!(stderr.contains("is out of range") && stderr.contains("500"), "{stderr}");
}
