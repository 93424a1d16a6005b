//! The answer for a terminal: words, then columns. Fits 80 columns.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::measure::{self, Measure, Section};
use crate::metric::words::{counted, counted_between, percent, with_unit};
use crate::metric::{Results, Summary, Unit};
use crate::scenario::Scenario;
use crate::statistics::{Description, Number, Proportion};
use crate::time::humane;

pub(super) const WIDTH: usize = 80;

/// "How long, how likely, how many hurt?"
pub fn render(scenario: &Scenario, summary: &Summary) -> String {
    let blocks = [headline(scenario, summary), answer(summary), columns(summary)];
    blocks.join("\n\n") + "\n"
}

fn headline(scenario: &Scenario, summary: &Summary) -> String {
    let settings = format!(
        "{}, {}; {}, seed {}",
        counted(scenario.fleet_size().into(), "robot"),
        scenario.deployment.rules.headline(),
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
fn answer(summary: &Summary) -> String {
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
    let in_sync = &summary[measure::IN_SYNC];
    if in_sync.count == 0 {
        sentences.push(String::from("No campaign brings the whole fleet in sync."));
    } else {
        sentences.push(format!("The whole fleet is in sync in {}.", share(in_sync)));
        let times = &summary[measure::TIME_TO_SUCCESS];
        if let (Some(p50), Some(p95)) = (times.p50, times.p95) {
            sentences.push(format!("Half of these take at most {}, 95 % at most {}.", humane(p50.0), humane(p95.0)));
        }
    }
    let rest = [
        (&summary[measure::HALTED], "breach the failure threshold and halt"),
        (&summary[measure::TIMED_OUT], "hit the fleet timeout"),
        (&summary[measure::MAX_JOBS], "use up their jobs with robots left behind"),
        (&summary[measure::HORIZON], "reach the horizon unfinished"),
    ];
    let rest: Vec<String> = rest
        .iter()
        .filter(|(proportion, _)| proportion.count > 0)
        .map(|(proportion, what)| format!("{} {what}", percent(proportion.probability)))
        .collect();
    if !rest.is_empty() {
        sentences.push(format!("{}.", rest.join("; ")));
    }
    let hurt = &summary[measure::ROBOTS_HURT];
    if let (Some(p50), Some(p95)) = (hurt.p50, hurt.p95) {
        let robots = counted(p50.0 as u64, "robot");
        let hurt = if p50.0 == 1.0 { "fails or does not respond" } else { "fail or do not respond" };
        sentences.push(format!(
            "In the first job at most {robots} {hurt} in half of the campaigns, {} in 95 %.",
            whole(p95)
        ));
    }
    let overshoot = &summary[measure::THRESHOLD_OVERSHOOT];
    if let (Some(p50), Some(max), Some(limit)) = (overshoot.p50, overshoot.max, summary.limits.halts) {
        let (limit, p50, max) = (counted_between(limit, "failure"), whole(p50), whole(max));
        sentences.push(if summary.limits.aborts {
            format!("It halts at {limit} and aborts the robots in flight, which the table below counts as failed.")
        } else {
            format!(
                "It halts at {limit}; robots in flight then add at most {p50} in half of the cases, {max} at worst."
            )
        });
    }
    wrap(&sentences.join(" "))
}

fn columns(summary: &Summary) -> String {
    let likely = |name: &str, proportion: &Proportion| {
        let [low, high] = proportion.ci95.map(percent);
        let values = [percent(proportion.probability), low, high, proportion.count.to_string(), String::new()];
        row(name, values)
    };
    let blank = || row("", [const { String::new() }; 5]);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_row(row("HOW LIKELY", ["share", "from", "to", "count", ""].map(str::to_owned)));
    for (name, proportion) in summary.proportions("campaign.") {
        table.add_row(likely(name, proportion));
    }
    for section in Section::ALL {
        let rows: Vec<Vec<String>> = section.measures().into_iter().filter_map(|m| distribution(m, summary)).collect();
        if !rows.is_empty() {
            table.add_row(blank());
            let head = ["p50", "p90", "p95", "p99", "max"].map(str::to_owned);
            table.add_row(row(&section.words().to_uppercase(), head));
            table.add_rows(rows);
        }
    }
    if !summary.builds.is_empty() {
        table.add_row(blank());
        table.add_row(row("BY BUILD", ["share", "in sync", "halted", "time p95", "hurt p95"].map(str::to_owned)));
        for (name, build) in &summary.builds {
            table.add_row(row(&shortened(name), by_build(summary, build)));
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

/// The row of a measure, if the terminal has one and the scenario what it needs.
fn distribution(measure: &Measure, summary: &Summary) -> Option<Vec<String>> {
    measure.row.filter(|row| !row.detail)?;
    let description = summary.description(measure.name)?;
    Some(match measure.unit {
        // The unit stands in front, where it takes room once.
        Unit::BitsPerSecond => {
            let rate = |number: Number| with_unit(number.0, "");
            row(&format!("{}, bit/s", measure.words), quantiles(description, rate))
        }
        Unit::Seconds => row(measure.words, quantiles(description, |number| humane(number.0))),
        Unit::Bytes => row(measure.words, quantiles(description, |number| with_unit(number.0, "B"))),
        Unit::Count | Unit::Probability => row(measure.words, quantiles(description, whole)),
    })
}

/// A build's share of the replications, its outcomes, and its 95th percentiles of the time to success and of the robots hurt in
/// the first job.
fn by_build(summary: &Summary, build: &Results) -> [String; 5] {
    let none = || String::from("-");
    let share =
        |proportion: &Proportion| if build.replications == 0 { none() } else { percent(proportion.probability) };
    [
        percent(Number(build.replications as f64 / summary.replications as f64)),
        share(&build[measure::IN_SYNC]),
        share(&build[measure::HALTED]),
        build[measure::TIME_TO_SUCCESS].p95.map_or_else(none, |p95| humane(p95.0)),
        build[measure::ROBOTS_HURT].p95.map_or_else(none, whole),
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
