//! Figures that cannot flatter: what is over a part of the campaigns says so, and what is over all of them is at hand.

use serde_json::{Value, json};

use super::support::Sandbox;

/// Two robots in a hundred fail; at a threshold of 1 % the first one halts the rollout, and who gets through was quick.
const FLATTERING: &str = r#"name = "flattering"
[run]
replications = 400
[deployment]
concurrent_deployment_percentage = 20
failure_threshold_percentage = 30
robot_deployment_timeout = "30m"
[[group]]
name = "amr"
robots = 100
[group.step.launching]
latency = { lognormal = { median = "5m", sigma = 0.5 } }
failure = 0.02
[sync]
schedule = { after_finish = "1h" }
max_jobs = 5
"#;

const THRESHOLD: &str = "deployment.failure_threshold_percentage";
const TIME: &str = "campaign.time_to_success_s.p95";
const COMPLETION: &str = "campaign.completion_s.p95";

fn flattering(more: &str) -> Sandbox {
    Sandbox::with(&(FLATTERING.to_owned() + more))
}

/// All words in one line.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn tune_says_when_it_prefers_what_halts() {
    let tune = |metric: &str| {
        let asked = format!("[tune]\nvary = {{ \"{THRESHOLD}\" = [1, 30] }}\nminimize = \"{metric}\"\n");
        let sandbox = flattering(&asked);
        let ran = sandbox.rollcast(&["tune", "scenario.toml"]).exits(0);
        let found: Value = serde_json::from_str(&sandbox.read("results/flattering/tune.json")).expect("JSON");
        (joined(&ran.stdout), found)
    };
    let (said, found) = tune(TIME);
    assert_eq!(found["best"], json!({ THRESHOLD: 1 }), "by what was asked for");
    let warning = "Mind that campaign.time_to_success_s.p95 is over the campaigns alone that have it, 1";
    assert!(said.contains(warning), "{said}");
    assert!(said.contains("Over all campaigns, by campaign.completion_s.p95, it is never, and 1h"), "{said}");
    assert!(said.contains("at 30: that is the number to minimize."), "{said}");
    assert!(said.contains(" over 1"), "beside the time itself: {said}");
    let (said, found) = tune(COMPLETION);
    assert_eq!(found["best"], json!({ THRESHOLD: 30 }));
    assert!(!said.contains("Mind that"), "{said}");
}

#[test]
fn sweep_says_over_which_campaigns_its_numbers_are() {
    let sandbox = flattering("");
    let sweep = |metrics: &[&str]| {
        let vary = format!("{THRESHOLD}=1,30");
        let metrics = metrics.iter().flat_map(|metric| ["--metric", metric]);
        let args: Vec<&str> = ["sweep", "scenario.toml", "--vary", &vary].into_iter().chain(metrics).collect();
        joined(&sandbox.rollcast(&args).exits(0).stdout)
    };
    let said = sweep(&[TIME]);
    assert!(said.contains("campaign.time_to_success_s.p95 is over the campaigns alone that have it, 1"), "{said}");
    assert!(said.contains("Over all campaigns, by campaign.completion_s.p95, the least is 1h"), "{said}");
    assert!(said.contains("at failure_threshold_percentage 30."), "{said}");
    let said = sweep(&[COMPLETION]);
    assert!(said.contains("1 never") && !said.contains("alone that have it"), "{said}");
    // Empty like all that is no number, with the share beside it.
    let csv = sandbox.read("results/flattering/sweep.csv");
    let column = |name: &str| csv.lines().next().and_then(|header| header.split(',').position(|c| c == name));
    let at = |row: usize, name: &str| {
        let line = csv.lines().nth(row).expect("a row");
        line.split(',').nth(column(name).expect("a column")).expect("a field").to_owned()
    };
    assert_eq!(at(1, COMPLETION), "");
    let never: f64 = at(1, "campaign.completion_s.never.probability").parse().expect("a number");
    assert!((0.8..0.95).contains(&never), "{never}");
    assert_eq!(at(2, "campaign.completion_s.never.probability"), "0");
    assert!(sweep(&[]).contains("robots_hurt"), "what is shown unless asked otherwise");
}

#[test]
fn check_says_over_which_campaigns_a_number_is() {
    let expects = |metric: &str| format!("[[expect]]\nname = \"quick\"\nmetric = \"{metric}\"\nat_most = \"1h\"\n");
    let check = |metric: &str, code: i32| {
        let sandbox = flattering(&expects(metric));
        let set = format!("{THRESHOLD}=1");
        joined(&sandbox.rollcast(&["check", "scenario.toml", "--set", &set]).exits(code).stdout)
    };
    let said = check(TIME, 0);
    assert!(said.contains("Of quick: it is over 1"), "{said}");
    assert!(said.contains("and over all of them campaign.completion_s.p95 is never."), "{said}");
    let said = check(COMPLETION, 1);
    assert!(said.contains("fails never"), "{said}");
    let never = flattering("[[expect]]\nmetric = \"campaign.completion_s.never.probability\"\nat_most = 0.05\n");
    never.rollcast(&["check", "scenario.toml"]).exits(0);
    never.rollcast(&["check", "scenario.toml", "--set", "deployment.failure_threshold_percentage=1"]).exits(1);
}

#[test]
fn compare_says_until_when_all_campaigns_are_in_sync() {
    let sandbox = flattering("");
    let halting = FLATTERING.replace("failure_threshold_percentage = 30", "failure_threshold_percentage = 1");
    std::fs::write(sandbox.path("halting.toml"), halting).expect("a file");
    let said = joined(&sandbox.rollcast(&["compare", "scenario.toml", "halting.toml", "--no-files"]).exits(0).stdout);
    assert!(
        said.contains("These times are over the campaigns that get there; 95 % of all are in sync within"),
        "{said}"
    );
    assert!(said.contains("with A, and fewer than 95 % ever with B."), "{said}");
}

/// A robot that hangs is hurt, though it does not fail.
#[test]
fn robots_that_hang_are_hurt() {
    let hang = |metric: &str| {
        format!(
            "name = \"hang\"\n[deployment]\nconcurrent_deployment_percentage = 20\nfailure_threshold_percentage = 25\n\
             robot_deployment_timeout = \"20m\"\n[[group]]\nname = \"picker\"\nrobots = 100\n[group.step.launching]\n\
             latency = {{ mixture = [ {{ weight = 9, constant = \"2m\" }}, {{ weight = 1, constant = \"10h\" }} ] }}\n\
             [[expect]]\nmetric = \"{metric}\"\nat_most = 0\n"
        )
    };
    Sandbox::with(&hang("first_job.robots_hurt.p95")).rollcast(&["check", "scenario.toml"]).exits(1);
    Sandbox::with(&hang("first_job.robots_failed.p95")).rollcast(&["check", "scenario.toml"]).exits(0);
}

/// The lines of a table's row.
fn row<'t>(table: &'t str, name: &str) -> &'t str {
    table.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{table}"))
}

#[test]
fn few_replications_have_no_far_quantiles() {
    let sandbox = flattering("");
    let numbers = |replications: &str| {
        let ran = sandbox.rollcast(&["run", "scenario.toml", "-n", replications, "--no-files"]).exits(0);
        let words = row(&ran.stdout, "jobs run").split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>();
        (words, joined(&ran.stdout))
    };
    for (replications, missing) in [("1", 3), ("5", 3), ("10", 2), ("20", 1), ("100", 0)] {
        let (found, said) = numbers(replications);
        assert_eq!(found.len(), 5, "{found:?}");
        assert_eq!(found.iter().filter(|number| *number == "-").count(), missing, "{replications}: {found:?}");
        assert_eq!(said.contains("95 % at most"), missing < 2, "{replications}: {said}");
    }
}

/// Where campaigns go on after a job that halts, none ends halted: it is said in how many a job halts.
#[test]
fn jobs_that_halt_are_shown_where_campaigns_go_on() {
    let retry = FLATTERING.replace("failure = 0.02", "failure = 1") + "on_halt = \"retry\"\n";
    let ran = Sandbox::with(&retry).rollcast(&["run", "scenario.toml", "--no-files"]).exits(0);
    assert!(row(&ran.stdout, "a job halts on the way").contains("100 %"), "{}", ran.stdout);
    assert!(row(&ran.stdout, "jobs that halted").contains(" 5 "), "{}", ran.stdout);
    assert!(!ran.stdout.contains("\n halted"), "{}", ran.stdout);
    let plain = flattering("").rollcast(&["run", "scenario.toml", "--no-files"]).exits(0);
    assert!(!plain.stdout.contains("jobs that halted"), "{}", plain.stdout);
}

/// A table by group: when each is done, over all campaigns.
#[test]
fn groups_have_rows_columns_and_metrics() {
    let two = FLATTERING.to_owned()
        + "[[group]]\nname = \"stuck\"\nrobots = 4\nstep.launching = { latency = { constant = \"5m\" }, failure = 1 }\n\
           [[expect]]\nmetric = \"groups.amr.campaign.completion_s.p95\"\nat_most = \"4h\"\n";
    let sandbox = Sandbox::with(&two);
    let ran = sandbox.rollcast(&["run", "scenario.toml"]).exits(0);
    assert!(ran.stdout.contains("\n BY GROUP"), "{}", ran.stdout);
    let stuck: Vec<&str> = row(&ran.stdout, "stuck").split_whitespace().collect();
    assert_eq!(stuck, ["stuck", "4", "0", "%", "never", "never", "4", "4"], "{}", ran.stdout);
    let header = sandbox.read("results/flattering/replications.csv");
    let header = header.lines().next().expect("a header");
    let of_groups = header.split(',').filter(|name| name.starts_with("groups.stuck.")).collect::<Vec<_>>();
    assert_eq!(of_groups.len(), 8, "{of_groups:?}");
    assert!(header.ends_with(of_groups[7]), "they stand last, in the order of the groups");
    assert!(sandbox.files().iter().any(|file| file == "results/flattering/plots/in_sync_by_group.svg"));
    assert!(sandbox.files().iter().any(|file| file.ends_with("histograms/groups.stuck.robot.down_s.hgrm")));
    sandbox.rollcast(&["check", "scenario.toml"]).exits(0);
    let vary = ["sweep", "scenario.toml", "--vary", "group.stuck.robots=2,4", "--no-files", "--metric"];
    let swept = sandbox.rollcast(&[&vary[..], &["groups.stuck.first_job.robots_hurt.mean"]].concat()).exits(0).stdout;
    assert!(swept.lines().any(|line| line.split_whitespace().take(2).eq(["2", "2"])), "{swept}");
    assert!(swept.lines().any(|line| line.split_whitespace().take(2).eq(["4", "4"])), "{swept}");
    let said =
        sandbox.rollcast(&["run", "scenario.toml", "--no-files", "--precision", "5%", "--metric", "groups.amr.robots"]);
    assert!(said.stderr.contains("groups.amr.robots"), "a plain number has no interval: {}", said.stderr);
}
