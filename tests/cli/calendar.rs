//! Scenarios with a date, from outside (R21).

use super::bad_input::{Bad, LATENCY, are_refused, bad};
use super::support::{COUNTED, Sandbox};

/// Four robots, two at once, a minute each, from 22:00 on; the campaign starts two hours before.
fn at_night() -> String {
    COUNTED
        .replace("replications = 3", "replications = 3\nstarts_at = 2026-12-01T20:00:00\ntime_zone = \"Europe/Berlin\"")
        .replace("[deployment]", "[deployment]\nwindows = [{ from = \"22:00\", to = \"05:00\" }]")
}

#[test]
fn instants_stand_beside_durations() {
    let sandbox = Sandbox::with(&at_night());
    let ran = sandbox.rollcast(&["run", "scenario.toml", "--out", "out"]).exits(0);
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Half of these take at most 2h 2m, by Tue 1 Dec 22:02, all at most"), "{text}");
    assert!(text.contains("ON THE WALL, EUROPE/BERLIN"), "{text}");
    let page = sandbox.read("out/report.html");
    assert!(page.contains("by Tue 1 Dec 22:02") && page.contains("2026-12-01T20:00:00 Europe/Berlin"), "the page, too");
    assert!(page.contains("time in Europe/Berlin, from Tue 1 Dec 20:00 on"), "its axes, too");
}

#[test]
fn a_trace_says_what_the_wall_shows() {
    let ran = Sandbox::with(&at_night()).rollcast(&["trace", "scenario.toml"]).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("          AT  ON THE WALL         EVENT"), "{}", ran.stdout);
    let ended = " 2:02:00.000  Tue 1 Dec 22:02:00  robot ended          0  amr-3  InSync after 1m";
    assert!(lines.contains(&ended), "{}", ran.stdout);
    let undated = Sandbox::with(COUNTED).rollcast(&["trace", "scenario.toml"]).exits(0);
    assert!(!undated.stdout.contains("WALL"), "{}", undated.stdout);
}

/// Whose shifts are meant to be those of the whole group has to say so.
#[test]
fn constant_periods_without_windows_are_warned_of() {
    let warning = "Warning: each robot of amr goes online and offline at times of its own";
    let says = |connectivity: &str| {
        let sandbox = Sandbox::with(&(COUNTED.to_owned() + connectivity));
        let commands: [&[&str]; 2] = [&["validate", "scenario.toml"], &["run", "scenario.toml", "--out", "out"]];
        let mut texts = commands.map(|command| sandbox.rollcast(command).exits(0).stdout).to_vec();
        texts.push(sandbox.read("out/report.html"));
        texts
            .into_iter()
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .map(|text| text.contains(warning))
            .collect::<Vec<_>>()
    };
    let constant = "[group.connectivity]\nonline = { constant = \"8h\" }\noffline = { constant = \"16h\" }\n";
    assert_eq!(says(constant), [true; 3]);
    assert_eq!(says(&format!("{constant}windows = [{{ from = \"22:00\", to = \"05:00\" }}]\n")), [false; 3]);
    assert_eq!(says(&constant.replace("constant = \"8h\"", "exponential = { mean = \"8h\" }")), [false; 3]);
    assert_eq!(says(""), [false; 3]);
}

/// Two beginnings of virtual time are one too many.
#[test]
fn a_server_starts_when_its_scenario_does() {
    let sandbox = Sandbox::with(&at_night());
    let ran = sandbox.rollcast(&["serve", "scenario.toml", "--epoch", "2020-01-01T00:00:00Z"]).exits(2);
    assert!(ran.stderr.contains("`run.starts_at`") && ran.stderr.contains("leave `--epoch` out"), "{}", ran.stderr);
}

/// Windows are settings like all others: three shifts, of which one is too short for all robots.
#[test]
fn windows_are_varied_compared_checked_and_tuned() {
    let scenario = at_night().replace("\"05:00\"", "\"22:01\"")
        + "[sync]\nmax_jobs = 1\nhorizon = \"12h\"\n\
           [[expect]]\nmetric = \"campaign.outcomes.in_sync.probability\"\nat_least = 0.5\n\
           [tune]\nminimize = \"campaign.time_to_success_s.p50\"\n\
           vary = { \"deployment.concurrent_deployment_percentage\" = [50, 100] }\n";
    let sandbox = Sandbox::with(&scenario);
    let windows = "deployment.windows=[{ from = \"22:00\", to = \"22:01\" }],[{ from = \"22:00\", to = \"23:00\" }]";
    let ran = sandbox.rollcast(&["sweep", "scenario.toml", "--vary", windows, "--no-files", "--json"]).exits(0);
    let sweep: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let shares: Vec<_> = sweep["points"].as_array().expect("points").iter().collect();
    assert_eq!(shares.len(), 2);
    let longer = ["--set", "deployment.windows=[{ from = \"22:00\", to = \"23:00\" }]"];
    let base = ["check", "scenario.toml", "--no-files"];
    sandbox.rollcast(&base).exits(1);
    sandbox.rollcast(&[&base[..], &longer].concat()).exits(0);
    sandbox.write("other.toml", &scenario.replace("\"22:01\"", "\"23:00\""));
    let ran = sandbox.rollcast(&["compare", "scenario.toml", "other.toml", "--no-files"]).exits(0);
    assert!(ran.stdout.contains("in sync"), "{}", ran.stdout);
    sandbox.rollcast(&["tune", "scenario.toml", "--no-files"]).exits(0);
}

const BAD: &[Bad] = &[
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026-12-01T20:00:00\ntime_zone = \"Europe/Berln\"",
        "`run.time_zone` is no time zone",
        "did you mean \"Europe/Berlin\"?",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026-12-01T20:00:00\ntime_zone = \"Mars/Olympus\"",
        "`run.time_zone` is no time zone",
        "expected an IANA time zone",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026-03-29T02:30:00\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` does not exist in Europe/Berlin",
        "clocks are put forward over it",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026-10-25T02:30:00\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` comes twice in Europe/Berlin",
        "add the offset that is meant",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026-12-01T20:00:00+02:00\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` has another offset than clocks in Europe/Berlin",
        "expected +01:00, no offset, or Z",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026-12-01T20:00:00+01:00",
        "has another offset than clocks in UTC",
        "`run.time_zone` is UTC if it is left out",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026-12-01\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` is not a date-time",
        "a date-time such as 2026-12-01T20:00:00",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 20:00:00\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` is not a date-time",
        "a date-time such as",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = \"tomorrow\"\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` is not a date-time",
        "a date-time such as",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 2026\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` is an integer",
        "a date-time such as",
    ),
    bad(
        "replications = 3",
        "replications = 3\nstarts_at = 1950-01-01T00:00:00\ntime_zone = \"Europe/Berlin\"",
        "`run.starts_at` is out of range",
        "a year from 1971 to 2200",
    ),
    bad("[deployment]", "[deployment]\nwindows = []", "`deployment.windows` is empty", "an array such as"),
    bad(
        "[deployment]",
        "[deployment]\nwindows = { from = \"22:00\", to = \"05:00\" }",
        "`deployment.windows` is a table",
        "an array such as [{ from",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ from = \"22:00\" }]",
        "`deployment.windows[0].to` is missing",
        "a time of day such as",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ from = \"22:00\", to = \"5 am\" }]",
        "`deployment.windows[0].to` is not a time of day",
        "a time of day such as",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ from = 22:00:00, to = \"05:00\" }]",
        "`deployment.windows[0].from` is a date or time",
        "a time of day such as",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ days = \"mo-fr\", from = \"22:00\", to = \"05:00\" }]",
        "`deployment.windows[0].days` names no days",
        "days such as",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ every = \"1h\", duration = \"2h\" }]",
        "`deployment.windows[0].duration` is longer than `every`",
        "at most the time from one beginning to the next",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ every = \"1h\", duration = \"0s\" }]",
        "`deployment.windows[0].duration` is out of range",
        "longer than 0",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ every = \"1h\", from = \"22:00\", duration = \"1h\" }]",
        "unknown key `deployment.windows[0].from`",
        "accepted here: `every`, `offset`, `duration`",
    ),
    bad(
        "[deployment]",
        "[deployment]\nwindows = [{ from = \"22:00\", until = \"05:00\" }]",
        "unknown key `deployment.windows[0].until`",
        "accepted here: `days`, `from`, `to`",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[group.connectivity]\narrives = { constant = \"1h\" }",
        "`group.amr.connectivity.arrives` goes with `windows`",
        "give windows",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[group.connectivity]\nonline = { constant = \"1h\" }",
        "`group.amr.connectivity.offline` is missing",
        "`windows` instead of online and offline",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[group.connectivity]\nwindows = [{ from = \"22:00\", to = \"23:00\" }]\narrives = { constant = \"1h\" }",
        "robots would arrive after they leave",
        "less than a window lasts",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[group.maintenance]\nat_end = \"pause\"",
        "`group.amr.maintenance.windows` is missing",
        "an array such as",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[group.maintenance]\nwindows = [{ from = \"22:00\", to = \"23:00\" }]\nat_end = \"stop\"",
        "is not one of its values",
        "`finish`",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[group.maintenance]\nwindows = [{ from = \"22:00\", to = \"23:00\" }]\n[sync]\nmax_jobs = 1\nhorizon = \"5h\"",
        "`group.amr.maintenance.windows` do not open before the horizon",
        "a window that opens before `sync.horizon`",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[[outage]]\ngroups = [\"amt\"]\ninterval = { constant = \"1h\" }\nduration = { constant = \"1h\" }",
        "unknown group `amt`",
        "did you mean `amr`?",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[[outage]]\ngroups = []\ninterval = { constant = \"1h\" }\nduration = { constant = \"1h\" }",
        "`outage.groups` is empty",
        "an array of names of groups",
    ),
    bad(
        LATENCY,
        "{ constant = \"60s\" }\n[[outage]]\ngroups = [\"amr\"]\ninterval = { constant = \"0s\" }\nduration = { constant = \"1h\" }",
        "`outage.interval`",
        "mean",
    ),
];

#[test]
fn bad_dates_and_windows_are_refused_with_their_place() {
    are_refused(BAD);
}
