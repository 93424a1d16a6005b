//! `rollcast check`: verdicts against closed forms, every format, every exit code.

use serde_json::Value;

use super::support::{Sandbox, program, repository};

/// Ten robots at once, each fails with probability 0.1 after a minute; three failures halt the job. So failures are binomial:
/// P(0) = 0.3487, P(<= 1) = 0.7361, P(<= 2) = 0.9298, P(<= 3) = 0.9872; the job halts with probability 0.0702.
const BINOMIAL: &str = r#"name = "binomial"

[deployment]
concurrent_deployment_percentage = 100
failure_threshold_percentage = 30

[[group]]
name = "amr"
robots = 10

[group.step.launching]
latency = { constant = "60s" }
failure = 0.1

[sync]
schedule = { after_finish = "10m" }
max_jobs = 1
horizon = "1h"
"#;

/// The scenario with these expectations, each its metric and its other keys.
fn expecting(expectations: &[(&str, &str)]) -> String {
    let entries = expectations.iter().map(|(metric, rest)| format!("\n[[expect]]\nmetric = \"{metric}\"\n{rest}\n"));
    BINOMIAL.to_owned() + &entries.collect::<String>()
}

fn checked(sandbox: &Sandbox, args: &[&str], code: i32) -> Value {
    let ran = sandbox.rollcast(&[&["check", "scenario.toml", "--json"], args].concat()).exits(code);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

fn expectations(document: &Value) -> &Vec<Value> {
    document["scenarios"][0]["expectations"].as_array().expect("a list")
}

const HALTED: &str = "campaign.outcomes.halted.probability";
const IN_SYNC: &str = "campaign.outcomes.in_sync.probability";
const FAILED: &str = "first_job.robots_failed";
const TIME: &str = "campaign.time_to_success_s.p99";
const FAILED_P95: &str = "first_job.robots_failed.p95";
const ROBOT: &str = "robot.deployment_s";

/// Thresholds just inside and just outside of the closed forms, for every kind of metric and bound.
#[test]
fn verdicts_are_those_of_the_closed_forms() {
    let p50 = &format!("{FAILED}.p50");
    let p95 = &format!("{FAILED}.p95");
    let mean = &format!("{FAILED}.mean");
    let robot_p95 = &format!("{ROBOT}.p95");
    let robot_mean = &format!("{ROBOT}.mean");
    let table = [
        (HALTED, "at_most = 0.08", "holds"),
        (HALTED, "at_most = 0.06", "fails"),
        (HALTED, "at_least = 0.06", "holds"),
        (HALTED, "at_least = 0.08", "fails"),
        (HALTED, "between = [0.06, 0.08]", "holds"),
        (HALTED, "between = [0.08, 1]", "fails"),
        (HALTED, "between = [0, 0.06]", "fails"),
        (HALTED, "at_most = 1", "holds"),
        (IN_SYNC, "between = [0.33, 0.37]", "holds"),
        ("first_job.outcomes.Succeeded.probability", "between = [0.92, 0.94]", "holds"),
        // Binomial quantiles are exact numbers, so the bound may be that number.
        (p50, "between = [1, 1]", "holds"),
        (p50, "at_most = 0.5", "fails"),
        (p95, "at_most = 3", "holds"),
        (p95, "at_most = 1e300", "holds"),
        (p95, "at_most = 2.9", "fails"),
        (p95, "at_least = 2.1", "holds"),
        (p95, "at_least = 4", "fails"),
        (mean, "between = [0.95, 1.05]", "holds"),
        (mean, "at_most = 0.95", "fails"),
        (mean, "at_least = 1.05", "fails"),
        // Of the campaigns in sync, every one takes a minute, to the microsecond.
        (TIME, "at_most = \"60s\"", "holds"),
        (TIME, "at_least = \"60s\"", "holds"),
        (TIME, "between = [\"1m\", \"1m\"]", "holds"),
        (TIME, "at_most = \"59999999us\"", "fails"),
        (TIME, "at_least = \"60000001us\"", "fails"),
        (robot_p95, "between = [\"60s\", \"60s\"]", "holds"),
        (robot_p95, "at_most = \"59999999us\"", "fails"),
        (robot_p95, "at_least = \"60000001us\"", "fails"),
        (robot_mean, "between = [\"59s\", \"61s\"]", "holds"),
        (robot_mean, "at_least = \"61s\"", "fails"),
        ("robot.time_to_success_s.p50", "at_most = \"2m\"", "holds"),
        ("robot.down_s.p90", "at_most = \"10m\"", "holds"),
        ("robot.down_s.mean", "at_most = \"11m\"", "holds"),
    ];
    let entries: Vec<(&str, &str)> = table.iter().map(|(metric, rest, _)| (*metric, *rest)).collect();
    let document = checked(&Sandbox::with(&expecting(&entries)), &[], 1);
    assert_eq!(expectations(&document).len(), table.len());
    for ((metric, rest, verdict), found) in table.iter().zip(expectations(&document)) {
        assert_eq!(found["verdict"], *verdict, "{metric} {rest}: {found:#}");
        let replications = found["replications"].as_u64().expect("a number");
        assert!(replications < 200_000, "{metric} {rest}: {found:#}");
        let (estimate, interval) = (&found["estimate"], &found["interval"]);
        if let (Some(estimate), Some(low), Some(high)) = (estimate.as_f64(), interval[0].as_f64(), interval[1].as_f64())
        {
            assert!(low <= estimate && estimate <= high, "{found:#}");
        }
        // Of ten campaigns six or seven have no time to success, and say nothing of it.
        let conditional = metric.starts_with("campaign.time");
        let values = found["values"].as_u64().expect("a number");
        assert_eq!(values < replications, conditional, "{found:#}");
    }
    // An expectation's verdict and its replications are its own, whatever else is expected.
    let alone = checked(&Sandbox::with(&expecting(&[(HALTED, "at_most = 0.08")])), &[], 0);
    let mut alone = expectations(&alone)[0].clone();
    alone["line"] = expectations(&document)[0]["line"].clone();
    assert_eq!(alone, expectations(&document)[0]);
}

/// The truth itself as the bound is never proven: undecided, which does not pass, and says how far it came.
#[test]
fn the_truth_as_a_bound_stays_undecided() {
    let sandbox = Sandbox::with(&expecting(&[
        (HALTED, "at_most = 0.0702"),
        (HALTED, "at_most = 0.071"),
        (IN_SYNC, "at_least = 0.2"),
    ]));
    let ran = sandbox.rollcast(&["check", "scenario.toml", "--max-replications", "30000"]).exits(1);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("at most 7.02 % undecided") && words.contains("at least 20 % holds"), "{}", ran.stdout);
    assert!(words.contains("1 of 3 expectations holds; 2 are undecided."), "{words}");
    assert!(
        words.contains(&format!("Of {HALTED}, which is closest, "))
            && words.contains("allow more by --max-replications")
    );
    assert!(words.contains(" 30000 "), "{words}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    let document = checked(&sandbox, &["--max-replications", "30000"], 1);
    let open = &expectations(&document)[0];
    assert!(open["evidence"].as_f64() < Some(1.0) && open["interval"][0].as_f64() < Some(0.0702), "{open:#}");
    assert!(open["interval"][1].as_f64() > Some(0.0702));
    // The scenario may say how many there are, and the option goes first.
    let patient = expecting(&[(HALTED, "at_most = 0.0702")]) + "[check]\nmax_replications = 700\n";
    let document = checked(&Sandbox::with(&patient), &[], 1);
    assert_eq!(expectations(&document)[0]["replications"], 700);
}

/// The same bytes for any number of threads.
#[test]
fn verdicts_do_not_depend_on_threads() {
    let path = repository().join("scenarios/release-gate.toml");
    let path = path.to_str().expect("a UTF-8 path");
    let run = |threads: &str| Sandbox::new().rollcast(&["check", path, "--json", "--threads", threads]).exits(0).stdout;
    let one = run("1");
    assert!(one.contains("\"verdict\": \"holds\""));
    assert!(one == run("2") && one == run("5"));
}

/// A lower confidence takes fewer replications, and builds are asked one by one.
#[test]
fn confidence_and_builds() {
    let builds = "\n[[build]]\nname = \"good\"\nweight = 3\nfailure = { \"amr.launching\" = 0.01 }\n[[build]]\nname = \"bad\"\nweight = 1\n";
    let of = |build: &str| format!("builds.{build}.{HALTED}");
    let (good, bad) = (of("good"), of("bad"));
    let scenario =
        expecting(&[(&good, "at_most = 0.02"), (&bad, "at_least = 0.05"), (&bad, "at_least = 0.05\nconfidence = 0.9")]);
    let document = checked(&Sandbox::with(&(scenario + builds)), &[], 0);
    let number = |index: usize, key: &str| expectations(&document)[index][key].as_u64().expect("a number");
    assert!(number(0, "values") * 10 > number(0, "replications") * 6);
    assert!(number(1, "values") * 10 < number(1, "replications") * 4);
    assert!(number(2, "replications") < number(1, "replications"));
}

#[test]
fn all_scenarios_are_checked_and_the_worst_counts() {
    let sandbox = Sandbox::new();
    sandbox.write("good.toml", &expecting(&[(HALTED, "at_most = 0.1")]).replace("\"binomial\"", "\"good\""));
    sandbox.write("bad.toml", &expecting(&[(HALTED, "at_most = 0.01")]).replace("\"binomial\"", "\"bad\""));
    sandbox.rollcast(&["check", "good.toml"]).exits(0);
    let ran = sandbox.rollcast(&["check", "bad.toml", "good.toml"]).exits(1);
    let (bad, good) = (ran.stdout.find("bad\n").expect("shown"), ran.stdout.find("good\n").expect("shown"));
    assert!(bad < good && ran.stdout.contains("With 99.9 % confidence the expectation holds."), "{}", ran.stdout);
    assert_eq!(sandbox.rollcast(&["check", "bad.toml", "good.toml", "-q"]).exits(1).stdout, "");
    // What is wrong with one does not stop the others.
    sandbox.write("wrong.toml", "name = 7\n");
    let ran = sandbox.rollcast(&["check", "bad.toml", "wrong.toml", "good.toml"]).exits(2);
    assert!(
        ran.stderr.contains("wrong.toml:1") && ran.stderr.contains("this scenario was not checked"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("bad\n") && ran.stdout.contains("good\n"), "{}", ran.stdout);
    let ran = sandbox.rollcast(&["check", "wrong.toml", "missing.toml"]).exits(3);
    assert!(ran.stderr.contains("wrong.toml:1") && ran.stderr.contains("cannot read missing.toml"), "{}", ran.stderr);
    sandbox.write("none.toml", BINOMIAL);
    let ran = sandbox.rollcast(&["check", "none.toml"]).exits(2);
    assert!(ran.stderr.contains("none.toml expects nothing") && ran.stderr.contains("[[expect]]"), "{}", ran.stderr);
    assert_eq!(sandbox.files(), ["bad.toml", "good.toml", "none.toml", "wrong.toml"]);
}

/// A description with everything that could break out of a format.
const NASTY: &str = "at_most = 0.01\nname = \"n\"\ndescription = \"a<b>&\\\"'|,:%\\n::error::x]]>\\u0001\"";

#[test]
fn junit_is_xml_with_a_case_for_each_expectation() {
    let sandbox =
        Sandbox::with(&expecting(&[(HALTED, NASTY), (IN_SYNC, "at_least = 0.2"), (HALTED, "at_most = 0.0702")]));
    sandbox.rollcast(&["check", "scenario.toml", "-q", "--max-replications", "2000", "--junit", "check.xml"]).exits(1);
    let xml = sandbox.read("check.xml");
    let document = roxmltree::Document::parse(&xml).expect("it is XML");
    let all = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
    let [suite] = all("testsuite")[..] else { panic!("one scenario, one suite: {xml}") };
    let attributes = ["name", "tests", "failures", "errors"].map(|name| suite.attribute(name).expect("an attribute"));
    assert_eq!(attributes, ["binomial", "3", "2", "0"]);
    let cases = all("testcase");
    assert_eq!(cases[0].attribute("name"), Some("n: campaign.outcomes.halted.probability at most 1 %"));
    let failure = |case: &roxmltree::Node<'_, '_>| {
        let failure = case.children().find(|child| child.has_tag_name("failure"))?;
        Some((failure.attribute("type")?.to_owned(), failure.attribute("message")?.to_owned()))
    };
    let (kind, message) = failure(&cases[0]).expect("it fails");
    assert_eq!(kind, "fails");
    assert!(
        message.contains("(a<b>&\"'|,:%\n::error::x]]>\u{fffd}) does not hold with confidence 99.9 %"),
        "{message}"
    );
    assert_eq!(failure(&cases[1]), None);
    assert_eq!(failure(&cases[2]).expect("undecided is no success").0, "undecided");
    // Written whole or not at all, and found out before anything runs.
    for place in ["missing/check.xml", "."] {
        let ran = sandbox.rollcast(&["check", "scenario.toml", "--junit", place]).exits(3);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("cannot write"), "{}", ran.stderr);
    }
    assert_eq!(sandbox.files(), ["check.xml", "scenario.toml"]);
}

#[test]
fn markdown_and_json_files() {
    let sandbox =
        Sandbox::with(&expecting(&[(HALTED, NASTY), ("robot.deployment_s.p95", "between = [\"59s\", \"61s\"]")]));
    let ran = sandbox
        .rollcast(&["check", "scenario.toml", "--markdown", "check.md", "--json", "--out", "new/folder"])
        .exits(1);
    let markdown = sandbox.read("check.md");
    assert!(markdown.starts_with("### ❌ binomial\n"), "{markdown}");
    let row = markdown.lines().find(|line| line.starts_with("| ❌ fails |")).expect("a row");
    assert!(row.contains("a&lt;b&gt;&amp;\"'\\|,:% ::error::x\\]\\]&gt; "), "{row}");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
    assert!(markdown.contains("| ✅ holds | robot.deployment\\_s.p95 59s to 1m 1s | robots below 59s"), "{markdown}");
    assert_eq!(sandbox.read("new/folder/check.json"), ran.stdout);
    let of_folder = ["check.html", "check.json", "manifest.json"].map(|name| format!("new/folder/{name}"));
    assert_eq!(sandbox.files(), ["check.md", &of_folder[0], &of_folder[1], &of_folder[2], "scenario.toml"]);
    let document: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let [below, within] = &expectations(&document)[1]["shares"].as_array().expect("two")[..] else {
        panic!("two bounds")
    };
    assert_eq!((&below["with_bound"], &below["estimate"], &within["estimate"]), (&false.into(), &0.into(), &1.into()));
    assert_eq!(document["passes"], false);
}

/// Where GitHub runs it, failures stand at the lines of their entries, and the step gets a summary.
#[test]
fn annotations_on_github() {
    let scenario = expecting(&[(IN_SYNC, "at_least = 0.2"), (HALTED, NASTY)]);
    // Lines count from 1, and the entry begins a line above its metric.
    let line = scenario.lines().position(|line| line.contains(HALTED)).expect("it is there");
    let sandbox = Sandbox::with(&scenario);
    sandbox.write("summary.md", "before\n");
    let run = |args: &[&str]| {
        let mut program = program();
        program.current_dir(sandbox.path("")).env("GITHUB_ACTIONS", "true");
        program.env("GITHUB_STEP_SUMMARY", sandbox.path("summary.md"));
        let output = program.args(["check", "scenario.toml"]).args(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    };
    let [stdout, _] = run(&[]);
    let commands: Vec<&str> = stdout.lines().filter(|line| line.starts_with("::")).collect();
    let [command] = commands[..] else { panic!("one failure, one command: {stdout}") };
    let start =
        format!("::error file=scenario.toml,line={line},title=binomial%3A fails::n: {HALTED} at most 1 %25 (a<b>");
    assert!(command.starts_with(&start) && command.contains("%0A::error::x]]>"), "{command}");
    assert!(sandbox.read("summary.md").starts_with("before\n### ❌ binomial"));
    let [stdout, stderr] = run(&["--json", "--no-files"]);
    assert!(serde_json::from_str::<Value>(&stdout).is_ok() && stderr.starts_with("::error file="), "{stderr}");
    assert_eq!(sandbox.read("summary.md").matches("###").count(), 1, "--no-files writes none");
}

/// What cannot be right is found before anything runs, with what would be accepted.
#[test]
fn bad_expectations() {
    for (entry, title, accepted) in [
        (
            "metric = \"campaign.time_to_sucess_s.p95\"\nat_most = \"1h\"",
            "unknown metric",
            "did you mean `campaign.time_to_success_s.p95`?",
        ),
        ("metric = \"download.bytes.p95\"\nat_most = \"1GB\"", "unknown metric", "the scenario has no `[download]`"),
        (
            "metric = \"builds.good.robot.down_s.p95\"\nat_most = \"1h\"",
            "unknown metric",
            "the scenario has no `[[build]]`",
        ),
        (
            "metric = \"robot.late_syncs.p95\"\nat_most = 3",
            "unknown metric",
            "the scenario has no `[group.connectivity]`",
        ),
        ("at_most = 0.1", "`expect.metric` is missing", "metric = \"campaign.completion_s.p95\""),
        ("metric = \"HALTED\"", "`expect` does not say what is expected", "one of `at_most`, `at_least`, `between`"),
        ("metric = \"HALTED\"\nname = \"x\"", "`expect.x` does not say what is expected", "between = ["),
        ("metric = \"HALTED\"\nat_most = 0.1\nat_least = 0.2", "more than one bound", "between = [low, high]"),
        ("metric = \"HALTED\"\nat_least = 1.2", "`expect.at_least` is out of range", "a probability from 0 to 1"),
        ("metric = \"HALTED\"\nat_most = -0.1", "is out of range", "a probability from 0 to 1"),
        ("metric = \"HALTED\"\nat_most = \"1h\"", "`expect.at_most` is a string", "a probability from 0 to 1"),
        ("metric = \"HALTED\"\nbetween = [0.3, 0.2]", "nothing is between 30.0 % and 20.0 %", "the lower bound first"),
        ("metric = \"HALTED\"\nbetween = [0.3, 0.3]", "nothing is between", "no room between them"),
        ("metric = \"HALTED\"\nbetween = 0.3", "`expect.between` is a float", "two bounds, [low, high]"),
        ("metric = \"HALTED\"\nbetween = [0.3]", "`expect.between` is no pair", "two bounds, [low, high]"),
        ("metric = \"HALTED\"\nbetween = [0.3, 1.5]", "out of range", "a probability from 0 to 1"),
        ("metric = \"TIME.p95\"\nat_most = \"-1h\"", "a duration is not negative", "a string with a unit"),
        ("metric = \"TIME.p95\"\nat_most = 3600", "`expect.at_most` is an integer", "a string with a unit"),
        ("metric = \"first_job.robots_failed.p95\"\nat_most = -1", "is out of range", "a number of at least 0"),
        (
            "metric = \"TIME.max\"\nat_most = \"1h\"",
            "`campaign.time_to_success_s.max` cannot be expected",
            "expected one of `campaign.time_to_success_s.mean`, `campaign.time_to_success_s.p50`",
        ),
        (
            "metric = \"campaign.outcomes.halted.count\"\nat_most = 3",
            "cannot be expected",
            "`campaign.outcomes.halted.probability`",
        ),
        (
            "metric = \"replications\"\nat_most = 3",
            "cannot be expected",
            "such as `campaign.outcomes.halted.probability`",
        ),
        ("metric = \"TIME\"\nat_most = \"1h\"", "is not a single number", "`p95`"),
        (
            "metric = \"HALTED\"\nat_most = 0.1\nconfidence = 1",
            "`expect.confidence` is out of range",
            "above 0.5 and below 1",
        ),
        (
            "metric = \"HALTED\"\nat_most = 0.1\nconfidence = 0.5",
            "`expect.confidence` is out of range",
            "above 0.5 and below 1",
        ),
        ("metric = \"HALTED\"\nat_mots = 0.1", "unknown key `expect.at_mots`", "did you mean `at_most`?"),
        ("metric = 7\nat_most = 0.1", "`expect.metric` is an integer", "a string"),
        (
            "metric = \"HALTED\"\nat_most = 0.1\nname = \"a\"\n[[expect]]\nmetric = \"HALTED\"\nat_most = 0.1\nname = \"a\"",
            "two expectations are named `a`",
            "another name",
        ),
        (
            "metric = \"HALTED\"\nat_most = 0.1\n[check]\nmax_replications = 0",
            "`check.max_replications` is out of range",
            "an integer from 1",
        ),
        ("metric = \"HALTED\"\nat_most = 0.1\n[check]\nmax = 1", "unknown key `check.max`", "`max_replications`"),
    ] {
        let entry = entry.replace("HALTED", HALTED).replace("TIME", "campaign.time_to_success_s");
        let sandbox = Sandbox::with(&format!("{BINOMIAL}\n[[expect]]\n{entry}\n"));
        let ran = sandbox.rollcast(&["check", "scenario.toml"]).exits(2);
        assert!(ran.stderr.contains(title) && ran.stderr.contains(accepted), "{entry}:\n{}", ran.stderr);
        assert!(ran.stderr.contains("--> scenario.toml:"), "{entry}:\n{}", ran.stderr);
        assert_eq!((ran.stdout.as_str(), sandbox.files()), ("", vec![String::from("scenario.toml")]));
    }
    // What is wrong elsewhere is shown beside it.
    let both = expecting(&[("campaign.jobs.oops", "at_most = 1")]).replace("percentage = 100", "percentage = 101");
    let ran = Sandbox::with(&both).rollcast(&["check", "scenario.toml"]).exits(2);
    assert!(ran.stderr.contains("2 errors") && ran.stderr.contains("unknown metric"), "{}", ran.stderr);
    let ran = Sandbox::new().rollcast(&["check"]).exits(2);
    assert!(ran.stderr.contains("<SCENARIO>..."), "{}", ran.stderr);
}

/// What nothing can prove fails in a check, which says why, and is a warning of `validate`; no other command minds.
#[test]
fn what_cannot_be_proven_fails() {
    let mean = "campaign.time_to_success_s.mean";
    let exceptions = "campaign.concurrent_deployment_exceptions";
    let built = "[[build]]\nname = \"a\"\nweight = 1\n[[build]]\nname = \"b\"\nweight = 0\n";
    for (metric, bound, more, title, help) in [
        (HALTED, "at_least = 1", "", "is never 100 % or more", "leave it some room"),
        (HALTED, "at_most = 0", "", "cannot be proven to be 0", "leave it some room"),
        ("campaign.time_to_success_s.p95", "at_least = \"2h\"", "", "is never 2h or more", "expected at most 1h"),
        ("first_job.robots_failed.p95", "at_least = 11", "", "is never 11 or more", "expected at most 10"),
        (&format!("{exceptions}.mean"), "at_most = 3", "", "its numbers have no bound", &format!("`{exceptions}.p50`")),
        // Without a horizon times have no bound, and so their mean has no test.
        (mean, "at_most = \"2h\"", "horizon", "its numbers have no bound", "[sync] horizon = \"7d\""),
        (
            "builds.b.first_job.robots_failed.p95",
            "at_most = 3",
            built,
            "no replication is about the build `b`",
            "a weight",
        ),
    ] {
        let scenario = match more {
            "horizon" => expecting(&[(metric, bound), (FAILED_P95, "at_most = 9")]).replace("horizon = \"1h\"\n", ""),
            more => expecting(&[(metric, bound), (FAILED_P95, "at_most = 9")]) + more,
        };
        let sandbox = Sandbox::with(&scenario);
        let ran = sandbox.rollcast(&["check", "scenario.toml"]).exits(1);
        let unwrapped = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(title) && unwrapped.contains(help), "{metric} {bound}:\n{}", ran.stdout);
        let document = checked(&sandbox, &[], 1);
        let [never, other] = &expectations(&document)[..] else { panic!("two expectations") };
        assert_eq!((&never["verdict"], &never["replications"]), (&"fails".into(), &0.into()));
        assert!(never["nothing"].as_str().is_some_and(|why| why.contains(title)), "{never}");
        assert_eq!((&other["verdict"], &other["nothing"]), (&"holds".into(), &Value::Null));
        let ran = sandbox.rollcast(&["validate", "scenario.toml"]).exits(0);
        assert!(ran.stderr.contains("warning: ") && ran.stderr.contains(title), "{}", ran.stderr);
        assert!(ran.stderr.contains("--> scenario.toml:"), "{}", ran.stderr);
        for args in [
            &["run", "scenario.toml", "-n", "20", "--no-files", "-q"][..],
            &["sweep", "scenario.toml", "-n", "20", "--no-files", "-q", "--vary", "run.seed=1,2"],
            &["compare", "scenario.toml", "scenario.toml", "-n", "20", "--no-files", "-q"],
            &["trace", "scenario.toml"],
        ] {
            assert_eq!(sandbox.rollcast(args).exits(0).stderr, "", "{args:?}");
        }
    }
    // So it is where a command sets something else for once.
    let sandbox = Sandbox::with(&expecting(&[("campaign.peak_robots_down.mean", "at_least = 5")]));
    sandbox.rollcast(&["run", "scenario.toml", "-n", "20", "--no-files", "--set", "group.amr.robots=5"]).exits(0);
    sandbox.rollcast(&["sweep", "scenario.toml", "-n", "20", "--no-files", "--vary", "group.amr.robots=5,10"]).exits(0);
    sandbox.rollcast(&["check", "scenario.toml", "--set", "group.amr.robots=5"]).exits(1);
    let tuned = sandbox.rollcast(&["tune", "scenario.toml", "--no-files", "--vary", "run.horizon=1h", "-q"]);
    assert_eq!(tuned.code, 2, "{}", tuned.stderr);
}

/// Of a number that no replication has nothing can be found, and that is said long before a million.
#[test]
fn a_number_that_no_replication_has() {
    let sandbox = Sandbox::with(
        &expecting(&[("campaign.time_to_success_s.p95", "at_most = \"2h\"")]).replace("failure = 0.1", "failure = 1"),
    );
    let ran = sandbox.rollcast(&["check", "scenario.toml"]).exits(1);
    let unwrapped = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(unwrapped.contains("no replication has this number (over campaigns that end in sync"), "{}", ran.stdout);
    assert!(!unwrapped.contains("--max-replications"), "{}", ran.stdout);
    let document = checked(&sandbox, &[], 1);
    let [silent] = &expectations(&document)[..] else { panic!("one expectation") };
    assert_eq!((&silent["verdict"], &silent["replications"]), (&"undecided".into(), &10_000.into()));
}

/// What is wrong with a scenario stands in every report, and the others are checked.
#[test]
fn scenarios_that_cannot_be_checked_are_reported() {
    let sandbox = Sandbox::with(&expecting(&[(IN_SYNC, "at_least = 0.2")]));
    std::fs::create_dir(sandbox.path("rollouts")).expect("a new folder");
    sandbox.write("rollouts/wrong.toml", "name = \"x\"\nfoo = 1\n");
    sandbox.write("none.toml", BINOMIAL);
    let mut program = program();
    program
        .current_dir(sandbox.path("rollouts"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", sandbox.path(""));
    program.args(["check", "wrong.toml", "../none.toml", "../scenario.toml", "--junit", "j.xml", "--markdown", "m.md"]);
    let output = program.args(["--json", "--out", "out"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document["passes"], &document["scenarios"][0]["passes"]), (&false.into(), &true.into()));
    let unchecked = document["unchecked"].as_array().expect("two");
    assert_eq!(
        unchecked.iter().map(|one| one["file"].as_str()).collect::<Vec<_>>(),
        [Some("wrong.toml"), Some("../none.toml")]
    );
    assert_eq!(unchecked[0]["errors"][2], serde_json::json!({ "line": 2, "error": "unknown key `foo`" }));
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    let annotation = "::error file=rollouts/wrong.toml,line=2,title=wrong.toml%3A not checked::unknown key `foo`";
    assert!(stderr.contains(annotation), "{stderr}");
    assert!(
        stderr.contains("::error file=none.toml,title=../none.toml%3A not checked::it expects nothing"),
        "{stderr}"
    );
    let xml = sandbox.read("rollouts/j.xml");
    let junit = roxmltree::Document::parse(&xml).expect("it is XML");
    let root = junit.root_element();
    assert_eq!(["tests", "failures", "errors"].map(|name| root.attribute(name)), [Some("3"), Some("0"), Some("2")]);
    assert_eq!(junit.descendants().filter(|node| node.has_tag_name("error")).count(), 2, "{xml}");
    let markdown = sandbox.read("rollouts/m.md");
    assert!(markdown.starts_with("### ❌ wrong.toml\n") && markdown.contains("### ✅ binomial"), "{markdown}");
    assert!(sandbox.read("rollouts/out/check.html").contains("wrong.toml was not checked: line 1"));
}

/// GitHub shows ten annotations of a step, and drops a summary of more than a mebibyte as a whole.
#[test]
fn much_that_fails_fits_on_github() {
    let entry = |index: usize| {
        let bound = if index < 2000 { "at_least = 0.2" } else { "at_least = 0.99" };
        format!(
            "\n[[expect]]\nname = \"e{index}\"\ndescription = \"{}\"\nmetric = \"{IN_SYNC}\"\n{bound}\n",
            "x".repeat(300)
        )
    };
    let sandbox = Sandbox::with(&(BINOMIAL.to_owned() + &(0..2020).map(entry).collect::<String>()));
    sandbox.write("summary.md", &"before\n".repeat(90_000));
    let mut program = program();
    program.current_dir(sandbox.path("")).env("GITHUB_ACTIONS", "true");
    program.env("GITHUB_STEP_SUMMARY", sandbox.path("summary.md"));
    let output = program.args(["check", "scenario.toml", "-q"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{:.2000}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let annotations: Vec<&str> = stdout.lines().filter(|line| line.starts_with("::error")).collect();
    assert_eq!(annotations.len(), 10, "{stdout}");
    assert!(annotations[8].contains("e2008") && annotations[9].contains("11 more do not hold"), "{stdout}");
    let summary = sandbox.read("summary.md");
    assert!(summary.len() < 1 << 20 && summary.len() > (1 << 20) - 2000, "{}", summary.len());
    assert!(summary.contains("more lines are left out"), "{}", &summary[summary.len() - 300..]);
    assert!(summary.contains("e2019: "), "failures come first");
}

/// Expectations decide no number: the results of a run are the same bytes with and without them, the digest included.
#[test]
fn expectations_leave_no_trace_in_results() {
    let run =
        |text: &str| Sandbox::with(text).rollcast(&["run", "scenario.toml", "--json", "--no-files"]).exits(0).stdout;
    assert_eq!(run(BINOMIAL), run(&(expecting(&[(HALTED, "at_most = 0.1")]) + "[check]\nmax_replications = 5\n")));
}

/// An option may set an expectation by its name.
#[test]
fn a_named_expectation_can_be_set() {
    let sandbox = Sandbox::with(&expecting(&[(HALTED, "name = \"halts\"\nat_most = 0.1")]));
    sandbox.rollcast(&["check", "scenario.toml"]).exits(0);
    let ran = sandbox.rollcast(&["check", "scenario.toml", "--set", "expect.halts.at_most=0.01"]).exits(1);
    assert!(ran.stdout.contains("at most 1 %") && ran.stdout.contains("fails"), "{}", ran.stdout);
}

/// Ctrl-C shows what is decided so far, writes nothing, and exits with 130.
#[cfg(unix)]
#[test]
fn an_interrupted_check_shows_what_is_decided() {
    use std::process::{Command, Stdio};
    let sandbox = Sandbox::with(&expecting(&[(IN_SYNC, "at_least = 0.1"), (HALTED, "at_most = 0.0701908")]));
    let args = ["check", "scenario.toml", "--max-replications", "4000000000", "--junit", "check.xml", "--out", "new"];
    let child = Command::new(assert_cmd::cargo::cargo_bin("rollcast"))
        .args(args)
        .current_dir(sandbox.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // The temporary file stands just before the handler does, and the first stage takes no longer than this.
    while !sandbox.files().iter().any(|file| file.contains(".rollcast-")) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("sh runs");
    assert!(kill.success());
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "interrupted: nothing was written\n");
    assert!(stdout.contains("holds") && stdout.contains("undecided") && stdout.contains("it was"), "{stdout}");
    assert_eq!(sandbox.files(), ["scenario.toml"]);
    assert!(!sandbox.path("new").exists());
}

/// What a check does not use is said, not passed over.
#[test]
fn replications_are_for_baselines() {
    let sandbox = Sandbox::with(&expecting(&[(HALTED, "at_most = 0.1")]));
    let ran = sandbox.rollcast(&["check", "scenario.toml", "-n", "10"]).exits(0);
    assert!(ran.stderr.starts_with("note: --replications is for --baseline"), "{}", ran.stderr);
    assert_eq!(sandbox.rollcast(&["check", "scenario.toml", "-n", "10", "-q"]).exits(0).stderr, "");
}
