//! The answer for a terminal: words, then columns. Fits 80 columns.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::experiment::Tally;
use crate::metric::words::{counted, percent, with_unit};
use crate::metric::{Build, Summary};
use crate::rollout::{OnBreach, failure_limit};
use crate::scenario::Scenario;
use crate::statistics::{Description, Number, Proportion};
use crate::time::humane;

pub(super) const WIDTH: usize = 80;

/// "How long, how likely, how many hurt?"
pub fn render(scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let blocks = [headline(scenario, summary), answer(scenario, summary, tally), columns(summary, tally)];
    blocks.join("\n\n") + "\n"
}

fn headline(scenario: &Scenario, summary: &Summary) -> String {
    let deployment = &scenario.deployment;
    let settings = format!(
        "{}, {} % at once, halt at {} % failed; {}, seed {}",
        counted(scenario.fleet_size().into(), "robot"),
        deployment.concurrent_deployment_percentage,
        deployment.failure_threshold_percentage,
        counted(summary.replications, "replication"),
        summary.seed
    );
    title(scenario) + "\n" + &wrap(&settings)
}

/// The name, and the first line of the description.
pub(crate) fn title(scenario: &Scenario) -> String {
    let title = match scenario.description.lines().next().unwrap_or_default().trim() {
        "" => scenario.name.clone(),
        description => format!("{}: {description}", scenario.name),
    };
    wrap(&title.chars().filter(|c| !steers(*c)).collect::<String>())
}

/// Whether a character steers the terminal instead of being shown: a description is somebody's text. Beside control
/// characters these are the marks that turn the direction of writing.
pub(crate) fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The plain-language answer.
fn answer(scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let campaign = &summary.campaign;
    let outcomes = &campaign.outcomes;
    let mut sentences = Vec::new();
    let share = |proportion: &Proportion| {
        let [low, high] = proportion.ci95;
        format!(
            "{} of the campaigns (95 % interval {} to {})",
            percent(proportion.probability),
            percent(low),
            percent(high)
        )
    };
    if outcomes.in_sync.count == 0 {
        sentences.push(String::from("No campaign brings the whole fleet in sync."));
    } else {
        sentences.push(format!("The whole fleet is in sync in {}.", share(&outcomes.in_sync)));
        let times = &campaign.time_to_success_s;
        if let (Some(p50), Some(p95)) = (times.p50, times.p95) {
            sentences.push(format!("Half of these take at most {}, 95 % at most {}.", humane(p50.0), humane(p95.0)));
        }
    }
    let rest = [
        (&outcomes.halted, "breach the failure threshold and halt"),
        (&outcomes.timed_out, "hit the fleet timeout"),
        (&outcomes.max_jobs, "use up their jobs with robots left behind"),
        (&outcomes.horizon, "reach the horizon unfinished"),
    ];
    let rest: Vec<String> = rest
        .iter()
        .filter(|(proportion, _)| proportion.count > 0)
        .map(|(proportion, what)| format!("{} {what}", percent(proportion.probability)))
        .collect();
    if !rest.is_empty() {
        sentences.push(format!("{}.", rest.join("; ")));
    }
    let hurt = &tally.counted_failures;
    if let (Some(p50), Some(p95)) = (hurt.quantile(50), hurt.quantile(95)) {
        let robots = counted(p50 as u64, "robot");
        let hurt = if p50 == 1.0 { "fails or does not respond" } else { "fail or do not respond" };
        sentences.push(format!("In the first job at most {robots} {hurt} in half of the campaigns, {p95:.0} in 95 %."));
    }
    let overshoot = &summary.first_job.threshold_overshoot;
    if let (Some(p50), Some(max)) = (overshoot.p50, overshoot.max) {
        let limit = failure_limit(scenario.fleet_size(), scenario.deployment.failure_threshold_percentage);
        let (limit, p50, max) = (counted(limit.into(), "failure"), whole(p50), whole(max));
        sentences.push(match scenario.deployment.on_breach {
            OnBreach::Drain => format!(
                "It halts at {limit}; robots in flight then add at most {p50} in half of the cases, {max} at worst."
            ),
            OnBreach::Abort => {
                format!("It halts at {limit} and aborts the robots in flight, which the table below counts as failed.")
            }
        });
    }
    wrap(&sentences.join(" "))
}

fn columns(summary: &Summary, tally: &Tally) -> String {
    let campaign = &summary.campaign;
    let outcomes = &campaign.outcomes;
    let first_job = &summary.first_job;
    let robot = &summary.robot;
    let likely = |name: &str, proportion: &Proportion| {
        let [low, high] = proportion.ci95.map(percent);
        let values = [percent(proportion.probability), low, high, proportion.count.to_string(), String::new()];
        row(name, values)
    };
    let time = |name: &str, description: &Description| row(name, quantiles(description, |number| humane(number.0)));

    let number = |name: &str, description: &Description| row(name, quantiles(description, whole));
    let blank = || row("", [const { String::new() }; 5]);

    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let head = ["p50", "p90", "p95", "p99", "max"].map(str::to_owned);
    table.add_row(row("HOW LIKELY", ["share", "from", "to", "count", ""].map(str::to_owned)));
    table.add_row(likely("fleet in sync", &outcomes.in_sync));
    table.add_row(likely("halted at the threshold", &outcomes.halted));
    table.add_row(likely("hit the fleet timeout", &outcomes.timed_out));
    table.add_row(likely("jobs used up", &outcomes.max_jobs));
    table.add_row(likely("horizon reached", &outcomes.horizon));
    table.add_row(blank());
    table.add_row(row("HOW LONG", head.clone()));
    table.add_row(time("until the fleet is in sync", &campaign.time_to_success_s));
    table.add_row(time("until a robot is in sync", &robot.time_to_success_s));
    table.add_row(time("first job", &first_job.makespan_s));
    table.add_row(time("one robot's deployment", &robot.deployment_s));
    table.add_row(number("jobs run", &campaign.jobs));
    table.add_row(blank());
    table.add_row(row("HOW MANY HURT", head.clone()));
    table.add_row(number("failed in the first job", &first_job.robots_failed));
    table.add_row(number("no response in it", &first_job.robots_no_response));
    table.add_row(number("not attempted in it", &first_job.robots_not_attempted));
    table.add_row(number("robots down at once", &campaign.peak_robots_down));
    table.add_row(time("down time over all robots", &robot.down_s));
    if let Some(late_syncs) = &robot.late_syncs {
        table.add_row(number("in sync after a timeout", late_syncs));
    }
    if let Some(download) = &summary.download {
        let bytes = |number: Number| with_unit(number.0, "B");
        let rate = |number: Number| with_unit(number.0, "");
        table.add_row(blank());
        table.add_row(row("HOW MUCH DATA", head.clone()));
        table.add_row(row("downloaded", quantiles(&download.bytes, bytes)));
        table.add_row(row("peak egress, bit/s", quantiles(&download.peak_egress_bit_s, rate)));
        table.add_row(row("mean egress, bit/s", quantiles(&download.mean_egress_bit_s, rate)));
    }
    if let Some(api) = &campaign.api {
        table.add_row(blank());
        table.add_row(row("HOW MANY CALLS", head));
        table.add_row(number("made, repeats included", &api.calls));
        table.add_row(number("given up", &api.given_up));
    }
    if !summary.builds.is_empty() {
        table.add_row(blank());
        table.add_row(row("BY BUILD", ["share", "in sync", "halted", "time p95", "hurt p95"].map(str::to_owned)));
        for ((name, build), tally) in summary.builds.iter().zip(&tally.builds) {
            table.add_row(row(&shortened(name), by_build(summary, build, tally)));
        }
    }
    for column in 1..6 {
        let column = table.column_mut(column).expect("every row has six columns");
        column.set_cell_alignment(CellAlignment::Right);
        column.set_padding((2, 0));
    }
    let wide = table.trim_fmt();
    if wide.lines().all(|line| line.chars().count() <= WIDTH) {
        return wide;
    }
    // Huge numbers stand closer.
    for column in table.column_iter_mut() {
        column.set_padding((1, 0));
    }
    table.trim_fmt()
}

/// A build's share of the replications, its outcomes, and its 95th percentiles of the time to success and of the robots hurt in
/// the first job.
fn by_build(summary: &Summary, build: &Build, tally: &Tally) -> [String; 5] {
    let none = || String::from("-");
    let outcomes = &build.campaign.outcomes;
    let share =
        |proportion: &Proportion| if build.replications == 0 { none() } else { percent(proportion.probability) };
    [
        percent(Number(build.replications as f64 / summary.replications as f64)),
        share(&outcomes.in_sync),
        share(&outcomes.halted),
        build.campaign.time_to_success_s.p95.map_or_else(none, |p95| humane(p95.0)),
        tally.counted_failures.quantile(95).map_or_else(none, |p95| whole(Number(p95))),
    ]
}

/// A name that leaves room for the columns.
fn shortened(name: &str) -> String {
    const FITS: usize = 26;
    if name.len() <= FITS { name.to_owned() } else { format!("{}...", &name[..FITS - 3]) }
}

fn row(name: &str, values: [String; 5]) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(values).collect()
}

fn quantiles(description: &Description, show: impl Fn(Number) -> String) -> [String; 5] {
    let Description { p50, p90, p95, p99, max, .. } = description;
    [p50, p90, p95, p99, max].map(|number| number.map_or_else(|| String::from("-"), &show))
}

fn whole(number: Number) -> String {
    format!("{:.0}", number.0)
}

/// Fills lines, and never parts a number from its percent sign.
pub(super) fn wrap(text: &str) -> String {
    textwrap::fill(&text.replace(" %", "\u{a0}%"), WIDTH).replace('\u{a0}', " ")
}
