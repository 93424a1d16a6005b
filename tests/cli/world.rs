//! The world from outside: what its keys refuse, which results they add, and that nothing depends on threads.

use serde_json::Value;

use super::support::{COUNTED, Sandbox};

/// All parts of the world at once.
const WORLD: &str = r#"name = "world"
[run]
seed = 4
replications = 300
[deployment]
concurrent_deployment_percentage = 50
failure_threshold_percentage = 30
robot_deployment_timeout = "40m"
[download]
bundle_size = "60MB"
egress = "30Mbit/s"
[api]
throttle = 0.2
internal_error = 0.1
lost_answer = 0.1
retry = { base = "5s", factor = 3, max_attempts = 3, jitter = 1 }
[[build]]
name = "healthy"
weight = 3
[[build]]
name = "regressed"
weight = 1
failure = { "amr.launching" = 0.4, "*.validating" = { beta = { mean = 0.2, concentration = 4 } } }
[[build]]
name = "never"
weight = 0
[[group]]
name = "amr"
robots = 40
[group.connectivity]
online = { weibull = { shape = 2, scale = "1h" } }
offline = { lognormal = { mean = "30m", std = "30m" } }
[group.registrations]
interarrival = { exponential = { mean = "20m" } }
max = 6
[group.download]
uplink = "10Mbit/s"
link = { uniform = { min = "500kbit/s", max = "4Mbit/s" } }
[group.step.validating]
latency = { exponential = { mean = "20s" } }
[group.step.downloading_extracting]
latency = { constant = "30s" }
failure = { probability = { beta = { mean = 0.05, concentration = 20 } }, codes = { ResourceNotFound = 1 } }
[group.step.launching]
latency = { constant = "1m" }
[[group]]
name = "dock"
robots = 10
[group.step.validating]
latency = { exponential = { mean = "20s" } }
[group.step.downloading_extracting]
latency = { constant = "30s" }
[sync]
schedule = { every = "1h" }
max_jobs = 30
on_halt = "retry"
"#;

fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [&["run", "scenario.toml", "--json", "--no-files"], args].concat();
    serde_json::from_str(&sandbox.rollcast(&args).exits(0).stdout).expect("JSON")
}

#[test]
fn threads_change_no_byte() {
    let sandbox = Sandbox::with(WORLD);
    for (threads, folder) in [("1", "one"), ("2", "two"), ("7", "seven")] {
        sandbox.rollcast(&["run", "scenario.toml", "--threads", threads, "--out", folder]).exits(0);
    }
    let files = |folder: &str| -> Vec<String> {
        let prefix = format!("{folder}/");
        sandbox.files().into_iter().filter_map(|file| file.strip_prefix(&prefix).map(str::to_owned)).collect()
    };
    let names = files("one");
    for name in [
        "plots/egress_over_time.svg",
        "plots/in_flight_over_time.svg",
        "plots/time_to_success_by_build.svg",
        "histograms/robot.late_syncs.hgrm",
        "histograms/campaign.api.given_up.hgrm",
        "histograms/builds.regressed.download.peak_egress_bit_s.hgrm",
    ] {
        assert!(names.iter().any(|other| other == name), "{name} is missing");
    }
    for folder in ["two", "seven"] {
        assert_eq!(files(folder), names);
        for name in &names {
            let same = sandbox.read(&format!("one/{name}")) == sandbox.read(&format!("{folder}/{name}"));
            assert!(same, "{name} differs between one and {folder} threads");
        }
    }
}

/// The whole is the sum of the builds, and the rows say which build each replication was about.
#[test]
fn results_come_build_by_build() {
    let sandbox = Sandbox::with(WORLD);
    sandbox.rollcast(&["run", "scenario.toml", "--out", "out"]).exits(0);
    let text = sandbox.read("out/summary.json");
    let summary: Value = serde_json::from_str(&text).expect("JSON");
    let builds = summary["builds"].as_object().expect("builds by name");
    let places = ["healthy", "regressed", "never"].map(|name| text.find(&format!("\n    \"{name}\": {{")));
    assert!(builds.len() == 3 && places.is_sorted() && places[0].is_some(), "in the order of the scenario: {places:?}");
    let sum = |pointer: &str| -> u64 {
        builds.values().map(|build| build.pointer(pointer).and_then(Value::as_u64).expect("a count")).sum()
    };
    for pointer in [
        "/replications",
        "/campaign/outcomes/in_sync/count",
        "/campaign/outcomes/max_jobs/count",
        "/campaign/api/calls/count",
        "/first_job/robots_failed_at_halt/count",
        "/robot/time_to_success_s/count",
        "/robot/late_syncs/count",
        "/download/bytes/count",
    ] {
        assert_eq!(summary.pointer(pointer).and_then(Value::as_u64), Some(sum(pointer)), "{pointer}");
    }
    assert!(builds["never"]["campaign"]["outcomes"]["halted"]["probability"].is_null(), "of no replication");
    assert!(builds["regressed"]["first_job"]["detection_s"]["count"].as_u64() > Some(0), "some halt");

    let rows = sandbox.read("out/replications.csv");
    let mut lines = rows.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let ending = "build,robots_failed_at_halt,detection_s,registered,late_syncs,download_bytes,peak_egress_bit_s,\
                  calls,throttled,internal_errors,lost_answers,retries,given_up,\
                  jobs_halted,campaign_robots_hurt,robots_in_sync,robots_left_behind";
    assert_eq!(header[18..35], ending.split(',').collect::<Vec<_>>()[..]);
    let regressed = lines.filter(|line| line.split(',').nth(18) == Some("regressed")).count() as u64;
    assert_eq!(summary["builds"]["regressed"]["replications"], regressed);
}

/// A scenario without a part of the world has nothing of it in its results.
#[test]
fn parts_that_are_left_out_leave_no_trace() {
    let plain = json(&Sandbox::with(COUNTED), &[]);
    for pointer in ["/builds", "/download", "/campaign/api", "/robot/late_syncs"] {
        assert!(plain.pointer(pointer).is_none(), "{pointer}");
    }
    let groups = COUNTED.replacen("[[group]]", "[api]\n[[group]]", 1);
    let api = json(&Sandbox::with(&groups), &[]);
    assert_eq!(api["campaign"]["api"]["calls"]["min"], 1, "an API without faults still counts its calls");
    assert_eq!(api["campaign"]["time_to_success_s"], plain["campaign"]["time_to_success_s"]);
    assert_ne!(api["scenario"]["digest"], plain["scenario"]["digest"]);
}

/// Pictures and histograms of a part that the scenario has lost do not stay to be taken for results; other files do.
#[test]
fn a_rerun_without_a_part_leaves_nothing_of_it() {
    let sandbox = Sandbox::with(WORLD);
    sandbox.rollcast(&["run", "scenario.toml", "-n", "20", "--out", "out"]).exits(0);
    let mine = ["out/plots/mine.svg", "out/histograms/builds.mine.hgrm", "out/histograms/builds.a.b.csv"];
    mine.iter().for_each(|name| sandbox.write(name, "mine"));
    sandbox.write("scenario.toml", COUNTED);
    sandbox.rollcast(&["run", "scenario.toml", "--out", "out"]).exits(0);
    sandbox.rollcast(&["run", "scenario.toml", "--out", "fresh"]).exits(0);
    let within = |folder: &str| -> Vec<String> {
        let prefix = format!("{folder}/");
        sandbox.files().into_iter().filter_map(|file| file.strip_prefix(&prefix).map(str::to_owned)).collect()
    };
    let mut expected = within("fresh");
    expected.extend(mine.iter().map(|name| name["out/".len()..].to_owned()));
    expected.sort();
    assert_eq!(within("out"), expected);
}

/// A line of [`WORLD`], what to write instead, and what the message must say: its title, and what is accepted.
const BAD: &[[&str; 4]] = &[
    // Builds.
    ["name = \"regressed\"", "name = \"healthy\"", "two builds are named `healthy`", "another name"],
    ["weight = 3", "", "`build.healthy.weight` is missing", "a number of at least 0"],
    ["weight = 3", "weight = -1", "`build.healthy.weight` is out of range", "a number of at least 0"],
    ["weight = 3", "wieght = 3", "unknown key `build.healthy.wieght`", "did you mean `weight`?"],
    ["\"amr.launching\" = 0.4", "\"amr.launching\" = 1.4", "is out of range", "a probability from 0 to 1"],
    ["\"amr.launching\" = 0.4", "\"arm.launching\" = 0.4", "unknown group `arm`", "did you mean `amr`?"],
    ["\"amr.launching\" = 0.4", "\"amr.lauching\" = 0.4", "unknown step `lauching`", "did you mean `launching`?"],
    ["\"amr.launching\" = 0.4", "amr.launching = 0.4", "`amr` in `build.regressed.failure` names no step", "in quotes"],
    ["\"amr.launching\" = 0.4", "\"dock.launching\" = 0.4", "group `dock` does not have the step", "a latency first"],
    ["\"*.validating\"", "\"*.executing_pre_launch\"", "no group has the step", "a latency first"],
    ["{ mean = 0.2, concentration = 4 }", "{ mean = 0.2 }", "concentration` is missing", "a number greater than 0"],
    ["{ mean = 0.2, concentration = 4 }", "{ mean = 2, concentration = 4 }", "is out of range", "from 0 to 1"],
    ["{ mean = 0.2, concentration = 4 }", "{ mean = 0.2, concentration = 0 }", "is out of range", "greater than 0"],
    ["{ mean = 0.2, concentration = 4 }", "0.2", "beta` is a float", "a table"],
    ["{ mean = 0.05, concentration = 20 }", "{ mean = 0.05, alpha = 20 }", "unknown key", "`concentration`"],
    // Connectivity.
    [
        "online = { weibull = { shape = 2, scale = \"1h\" } }",
        "",
        "`group.amr.connectivity.online` is missing",
        "a distribution",
    ],
    [
        "{ weibull = { shape = 2, scale = \"1h\" } }",
        "{ constant = \"0s\" }",
        "has the mean 0",
        "finite and greater than 0",
    ],
    [
        "{ weibull = { shape = 2, scale = \"1h\" } }",
        "{ pareto = { scale = \"1h\", shape = 1 } }",
        "has no finite mean",
        "finite",
    ],
    [
        "{ weibull = { shape = 2, scale = \"1h\" } }",
        "\"1h\"",
        "connectivity.online` is a string",
        "a table with one key",
    ],
    [
        "[group.connectivity]",
        "[group.conectivity]",
        "unknown key `group.amr.conectivity`",
        "did you mean `connectivity`?",
    ],
    // Registrations.
    ["max = 6", "", "`group.amr.registrations.max` is missing", "an integer from 0 to 100000000"],
    ["max = 6", "max = 100000000", "the fleet has up to 100000050 robots", "at most 100000000"],
    ["max = 6", "max = 6.0", "max` is a float", "an integer from 0"],
    ["interarrival = { exponential = { mean = \"20m\" } }", "", "interarrival` is missing", "a distribution"],
    // Downloads.
    ["bundle_size = \"60MB\"", "", "`download.bundle_size` is missing", "a size from \"1B\" to \"1TB\""],
    ["bundle_size = \"60MB\"", "bundle_size = 60_000_000", "`download.bundle_size` is an integer", "such as \"600MB\""],
    ["bundle_size = \"60MB\"", "bundle_size = \"60MiB\"", "`MiB` is not a unit here; units are decimal", "\"600MB\""],
    ["bundle_size = \"60MB\"", "bundle_size = \"60Mbit/s\"", "`Mbit/s` is not a unit here", "a size"],
    ["bundle_size = \"60MB\"", "bundle_size = \"0B\"", "`download.bundle_size` is out of range", "from \"1B\""],
    ["bundle_size = \"60MB\"", "bundle_size = \"2TB\"", "`download.bundle_size` is out of range", "to \"1TB\""],
    ["egress = \"30Mbit/s\"", "egress = \"30\"", "the unit is missing", "a rate from \"1bit/s\""],
    ["egress = \"30Mbit/s\"", "egress = \"30MB/s\"", "`MB/s` is not a unit here", "such as \"20Mbit/s\""],
    ["egress = \"30Mbit/s\"", "egress = \"0.5bit/s\"", "`download.egress` is out of range", "from \"1bit/s\""],
    ["egress = \"30Mbit/s\"", "egress = { constant = \"30Mbit/s\" }", "`download.egress` is a table", "a rate"],
    ["uplink = \"10Mbit/s\"", "uplink = { constant = \"10Mbit/s\" }", "uplink` is a table", "a rate"],
    ["min = \"500kbit/s\"", "min = \"5Mbit/s\"", "is not below", "expected a lower rate"],
    ["min = \"500kbit/s\"", "min = \"500ms\"", "`ms` is not a unit here", "a rate with a unit"],
    [
        "{ uniform = { min = \"500kbit/s\", max = \"4Mbit/s\" } }",
        "{ exponential = { mean = \"0bit/s\" } }",
        "is out of range",
        "a rate",
    ],
    ["[download]", "[downloads]", "unknown key `downloads`", "did you mean `download`?"],
    ["[download]", "[downloads]", "there is nothing to download: `download.bundle_size` is missing", "[download]"],
    // API faults.
    ["throttle = 0.2", "throttle = 2", "`api.throttle` is out of range", "a probability from 0 to 1"],
    [
        "throttle = 0.2",
        "throttle = 0.9",
        "`api.throttle`, `internal_error` and `lost_answer` add up to 1.1",
        "at most 1",
    ],
    ["throttle = 0.2", "throtle = 0.2", "unknown key `api.throtle`", "did you mean `throttle`?"],
    ["base = \"5s\"", "base = 5", "`api.retry.base` is an integer", "a string with a unit"],
    ["factor = 3", "factor = 0.5", "`api.retry.factor` is out of range", "a number of at least 1"],
    ["max_attempts = 3", "max_attempts = 0", "`api.retry.max_attempts` is out of range", "an integer from 1 to 1000"],
    ["jitter = 1 ", "jitter = 1.5 ", "`api.retry.jitter` is out of range", "a number from 0 to 1"],
    // Hangs, failures that stay, builds that change more (R22); paces and shifts.
    [
        "latency = { constant = \"1m\" }",
        "latency = { constant = \"1m\" }\nhang = 1.5",
        "`group.amr.step.launching.hang` is out of range",
        "a probability from 0 to 1",
    ],
    [
        "latency = { constant = \"1m\" }",
        "latency = { constant = \"1m\" }\nhang = -0.1",
        "hang` is out of range",
        "a probability from 0 to 1",
    ],
    [
        "latency = { constant = \"1m\" }",
        "latency = { constant = \"1m\" }\nhang = nan",
        "hang` is out of range",
        "a probability from 0 to 1",
    ],
    [
        "latency = { constant = \"1m\" }",
        "latency = { constant = \"1m\" }\nhang = \"10 %\"",
        "hang` is a string",
        "a probability from 0 to 1",
    ],
    [
        "latency = { constant = \"1m\" }",
        "latency = { constant = \"1m\" }\nhangs = 0.1",
        "unknown key `group.amr.step.launching.hangs`",
        "did you mean `hang`?",
    ],
    [
        "weight = 3",
        "weight = 3\nhang = { \"amr.launching\" = 2 }",
        "`build.healthy.hang.\"amr.launching\"` is out of range",
        "from 0 to 1",
    ],
    [
        "weight = 3",
        "weight = 3\nhang = { \"dock.launching\" = 0.1 }",
        "group `dock` does not have the step",
        "a latency first",
    ],
    ["weight = 3", "weight = 3\nhang = 0.1", "`build.healthy.hang` is a float", "a table"],
    [
        "weight = 3",
        "weight = 3\nhang = { amr.launching = 0.1 }",
        "`amr` in `build.healthy.hang` names no step",
        "{ \"amr.launching\" = 0.1 }",
    ],
    ["weight = 3", "weight = 3\nlatency = { \"amr.launching\" = \"30s\" }", "is a string", "a table with one key"],
    [
        "weight = 3",
        "weight = 3\nlatency = { \"arm.launching\" = { constant = \"30s\" } }",
        "unknown group `arm`",
        "did you mean `amr`?",
    ],
    ["weight = 3", "weight = 3\nbundle_size = 900", "`build.healthy.bundle_size` is an integer", "such as \"600MB\""],
    ["weight = 3", "weight = 3\nbundle_size = \"900Mbit/s\"", "`Mbit/s` is not a unit here", "a size"],
    [
        "codes = { ResourceNotFound = 1 }",
        "persistent = 1.2",
        "`group.amr.step.downloading_extracting.failure.persistent` is out of range",
        "from 0 to 1",
    ],
    ["codes = { ResourceNotFound = 1 }", "persistent = true", "persistent` is a boolean", "a probability from 0 to 1"],
    ["codes = { ResourceNotFound = 1 }", "persistant = 0.5", "unknown key", "did you mean `persistent`?"],
    [
        "codes = { ResourceNotFound = 1 }",
        "repair = { constant = \"2h\" }",
        "repair` goes with `persistent`",
        "how likely a failure stays",
    ],
    [
        "codes = { ResourceNotFound = 1 }",
        "persistent = 0.5, repair = \"2h\"",
        "repair` is a string",
        "a table with one key",
    ],
    [
        "codes = { ResourceNotFound = 1 }",
        "persistent = 0.5, repair = { constant = \"2MB\" }",
        "repair.constant` is not a duration",
        "a string with a unit",
    ],
    [
        "failure = { probability = { beta = { mean = 0.05, concentration = 20 } }, codes = { ResourceNotFound = 1 } }",
        "failure = { persistent = 0.5 }",
        "failure.probability` is missing",
        "a probability from 0 to 1",
    ],
    [
        "robots = 40",
        "robots = 40\npace = { sigma = -0.1 }",
        "`group.amr.pace.sigma` is out of range",
        "a number of at least 0",
    ],
    [
        "robots = 40",
        "robots = 40\npace = { sigma = nan }",
        "`group.amr.pace.sigma` is out of range",
        "a number of at least 0",
    ],
    [
        "robots = 40",
        "robots = 40\npace = { sigma = \"15%\" }",
        "`group.amr.pace.sigma` is a string",
        "a number of at least 0",
    ],
    ["robots = 40", "robots = 40\npace = 0.15", "`group.amr.pace` is a float", "a table"],
    ["robots = 40", "robots = 40\npace = { }", "`group.amr.pace.sigma` is missing", "a number of at least 0"],
    [
        "{ constant = \"1m\" }",
        "{ shift = \"-1s\", constant = \"1m\" }",
        "shift` is not a duration",
        "a string with a unit",
    ],
    ["{ constant = \"1m\" }", "{ shift = 5, constant = \"1m\" }", "shift` is an integer", "a string with a unit"],
    [
        "{ constant = \"1m\" }",
        "{ shift = \"5s\" }",
        "`group.amr.step.launching.latency` lacks a distribution",
        "`exponential`",
    ],
    [
        "{ uniform = { min = \"500kbit/s\", max = \"4Mbit/s\" } }",
        "{ shift = \"5s\", constant = \"1Mbit/s\" }",
        "`s` is not a unit here",
        "a rate",
    ],
    ["uplink = \"10Mbit/s\"", "bundle_size = \"10Mbit/s\"", "`Mbit/s` is not a unit here", "a size"],
];

#[test]
fn each_bad_key_is_refused_with_its_place() {
    for [from, to, title, accepted] in BAD {
        let scenario = WORLD.replacen(from, to, 1);
        assert_ne!(scenario, WORLD, "`{from}` is not in the scenario");
        let sandbox = Sandbox::with(&scenario);
        let ran = sandbox.rollcast(&["run", "scenario.toml"]);
        let context = format!("`{from}` -> `{to}`:\n{}", ran.stderr);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{context}");
        assert!(ran.stderr.contains(title) && ran.stderr.contains(accepted), "{context}");
        assert!(ran.stderr.contains(" --> scenario.toml:"), "no place: {context}");
        assert_eq!(sandbox.files(), ["scenario.toml"], "{context}");
    }
}

/// Options reach the world as they reach everything else, builds by their names.
#[test]
fn options_reach_the_world() {
    let sandbox = Sandbox::with(WORLD);
    let summary = json(
        &sandbox,
        &[
            "--set",
            "build.healthy.weight=0",
            "--set",
            "download.egress=20Mbit/s",
            "--set",
            "group.amr.registrations.max=0",
            "--set",
            "group.amr.download.link=1Mbit/s",
            "--set",
            "build.regressed.failure.\"amr.launching\"=0",
        ],
    );
    assert_eq!(summary["builds"]["regressed"]["replications"], 300);
    assert_eq!(summary["download"]["peak_egress_bit_s"]["max"], 20_000_000);
}

/// A build's bundle is one of what is downloaded.
#[test]
fn a_bundle_without_downloads_is_refused() {
    let builds = "[[build]]\nname = \"fat\"\nweight = 1\nbundle_size = \"900MB\"\n[[group]]";
    let sandbox = Sandbox::with(&COUNTED.replacen("[[group]]", builds, 1));
    let ran = sandbox.rollcast(&["run", "scenario.toml"]).exits(2);
    let expected = ["there is nothing to download", "bundle_size = \"900MB\"", "this build's bundle", "[download]"];
    assert!(expected.iter().all(|text| ran.stderr.contains(text)), "{}", ran.stderr);
}

/// All of it together, whatever the threads; and what it is, in words.
#[test]
fn faults_and_paces_from_outside() {
    let broken = "failure = { probability = 0.2, persistent = 0.5, repair = { shift = \"1h\", exponential = { mean = \"2h\" } } }";
    let scenario = WORLD
        .replacen(
            "latency = { constant = \"1m\" }",
            &format!("latency = {{ constant = \"1m\" }}\nhang = 0.05\n{broken}"),
            1,
        )
        .replacen("robots = 40", "robots = 40\npace = { sigma = 0.3 }", 1)
        .replacen("weight = 3", "weight = 3\nbundle_size = \"90MB\"\nhang = { \"*.validating\" = 0.01 }", 1)
        .replacen("weight = 1", "weight = 1\nlatency = { \"amr.launching\" = { constant = \"3m\" } }", 1);
    let sandbox = Sandbox::with(&scenario);
    let one = json(&sandbox, &["--threads", "1"]);
    assert_eq!(one, json(&sandbox, &["--threads", "3"]));
    assert!(one["first_job"]["robots_no_response"]["mean"].as_f64() > Some(1.0));
    let told = sandbox.rollcast(&["validate", "scenario.toml"]).exits(0).stdout;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "fails with 20 %, of which 50 % stays until repaired: 1h + exponential, mean 2h",
        "hangs with 5 %",
        "lognormal, mean 1, sigma 0.3",
        "other hangs in validating; a bundle of 90MB",
        "other latencies of launching",
    ] {
        assert!(told.contains(text), "no `{text}` in {told}");
    }
    for set in ["group.amr.pace.sigma=0", "group.amr.step.launching.hang=0", "build.healthy.bundle_size=60MB"] {
        assert_ne!(json(&sandbox, &["--set", set])["campaign"], one["campaign"], "{set}");
    }
}
