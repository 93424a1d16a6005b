//! The answer of a tuning for a terminal: words, then columns. Fits 80 columns unless values are long.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::json::alternatives;
use super::words::{self, estimate, status};
use super::{Report, words::bound};
use crate::expectation::Verdict;
use crate::metric::Unit;
use crate::report::check::words::number;
use crate::report::sweep::table::heading;
use crate::report::table::{WIDTH, title, wrap};
use crate::tune::{Answer, Figures, Status};

/// So many alternatives, and so many settings of the trade-off, are shown.
const SHOWN: usize = 10;
/// No line of a heading is longer, unless a single word is.
const HEADING: usize = 14;
/// So many builds have columns of their own.
const BUILDS: usize = 4;

/// The answer, the setting beside the scenario's own, alternatives, the trade-off, what constraints cost.
pub fn render(report: &Report<'_>) -> String {
    let head = format!("{}\n{}", title(report.tuning.own), wrap(&words::question(report)));
    let mut blocks = vec![head, wrap(&words::answer(report)), comparison(report)];
    blocks.extend(alternatives_table(report));
    blocks.extend(costs(report));
    blocks.extend(trade_off(report));
    blocks.join("\n\n") + "\n"
}

/// A row: what it is about, and a cell for each column.
type Row = (String, Vec<String>);

/// The setting of the answer beside the scenario's own.
fn comparison(report: &Report<'_>) -> String {
    let outcome = &report.outcome;
    let setting = outcome.answer.setting();
    let best = &outcome.settings[setting].figures;
    let name = match outcome.answer {
        Answer::Best { .. } => "RECOMMENDED",
        _ => "CLOSEST",
    };
    let own = outcome.own.as_ref();
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |label: String, cell: &dyn Fn(&Figures) -> String| {
        let cells = std::iter::once(best).chain(own.map(|own| &own.figures)).map(cell).collect();
        rows.push((label, cells));
    };
    let unit = outcome.metric.unit();
    let maybe = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| number(unit, value));
    add(outcome.metric.path().to_owned(), &|figures| maybe(figures.objective));
    add(String::from("  is at least"), &|figures| maybe(figures.interval[0]));
    add(String::from("  is at most"), &|figures| maybe(figures.interval[1]));
    for (index, (constraint, metric)) in report.constraints().iter().enumerate() {
        add(format!("{metric} {}", bound(constraint)), &|figures| {
            let finding = &figures.constraints[index];
            let verdict = match finding.verdict {
                Verdict::Holds => "holds",
                Verdict::Fails => "fails",
                Verdict::Undecided => "open",
            };
            format!("{} {verdict}", estimate(metric, finding))
        });
    }
    for (group, name) in report.shown_groups().into_iter().take(BUILDS) {
        let of = if report.tuning.own.builds.is_empty() { String::new() } else { format!("{name}: ") };
        let cell = |unit, value: Option<f64>| value.map_or_else(|| String::from("-"), |value| number(unit, value));
        add(format!("{of}time to success, p95"), &|figures| cell(Unit::Seconds, figures.trade_off[group].time_p95));
        add(format!("{of}robots hurt, p95"), &|figures| cell(Unit::Count, figures.trade_off[group].hurt_p95));
    }
    let mut settings: Vec<Row> = Vec::new();
    let values = report.tuning.sweep.values(setting as u64);
    for ((variation, value), own_value) in report.tuning.sweep.variations.iter().zip(values).zip(&report.own_values) {
        let own_value = own_value.as_ref().map_or("default", |value| value.shown()).to_owned();
        let cells = std::iter::once(value.shown().to_owned()).chain(own.map(|_| own_value)).collect();
        settings.push((variation.path.clone(), cells));
    }
    let names = std::iter::once(name).chain(own.map(|_| "OWN"));
    let head: Row = (String::from("SETTING"), names.map(str::to_owned).collect());
    let replications: Row = (String::from("replications"), {
        let own = own.map(|own| own.figures.replications);
        std::iter::once(best.replications).chain(own).map(|n| n.to_string()).collect()
    });
    let all: Vec<Row> =
        std::iter::once(head).chain(settings).chain(rows).chain(std::iter::once(replications)).collect();
    aligned(&all)
}

/// Labels to the left, cells to the right; a label that leaves no room stands on a line of its own.
fn aligned(rows: &[Row]) -> String {
    let columns = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|(_, cells)| cells.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let room = WIDTH.saturating_sub(1 + widths.iter().map(|width| width + 2).sum::<usize>());
    let fitting = rows.iter().map(|(label, _)| label.chars().count()).filter(|width| *width <= room);
    let label_width = fitting.max().unwrap_or(0);
    let mut lines: Vec<String> = Vec::new();
    for (label, cells) in rows {
        let label = if label.chars().count() > label_width {
            lines.push(format!(" {label}"));
            ""
        } else {
            label
        };
        let mut line = format!(" {label:label_width$}");
        for (cell, width) in cells.iter().zip(&widths) {
            line += &format!("  {cell:>width$}");
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// What else could be taken.
fn alternatives_table(report: &Report<'_>) -> Option<String> {
    let found = alternatives(report);
    if found.is_empty() {
        return None;
    }
    let unit = report.outcome.metric.unit();
    let cell = |value: Option<f64>| value.map_or_else(|| String::from("-"), |value| number(unit, value));
    let rows = found.iter().take(SHOWN).map(|index| {
        let setting = &report.outcome.settings[*index];
        let figures = &setting.figures;
        let [low, high] = figures.interval.map(cell);
        let numbers = [cell(figures.objective), low, high, figures.replications.to_string()];
        (*index, numbers.into_iter().chain([status(report, setting.status)]).collect())
    });
    let names = ["objective", "at least", "at most", "after", "proven"];
    let more = match found.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n {more} more in tune.json"),
    };
    Some(format!(" ALTERNATIVES\n{}{more}", settings_table(report, &names.map(str::to_owned), rows.collect())))
}

/// The quickest settings for each number of robots hurt.
fn trade_off(report: &Report<'_>) -> Option<String> {
    let outcome = &report.outcome;
    if outcome.front.is_empty() {
        return None;
    }
    let groups: Vec<(usize, &str)> = report.shown_groups().into_iter().take(BUILDS).collect();
    let builds = !report.tuning.own.builds.is_empty();
    let of = |name: &str| if builds { format!(".{name}") } else { String::new() };
    let cell = |unit, value: Option<f64>| value.map_or_else(|| String::from("-"), |value| number(unit, value));
    let mut names = vec![format!("time p95{}", of(report.groups()[outcome.reference]))];
    names.extend(groups.iter().map(|(_, name)| format!("hurt p95{}", of(name))));
    names.push(String::from("constraints"));
    let rows = outcome.front.iter().take(SHOWN).map(|index| {
        let setting = &outcome.settings[*index];
        let numbers = &setting.figures.trade_off;
        let mut cells = vec![cell(Unit::Seconds, numbers[outcome.reference].time_p95)];
        cells.extend(groups.iter().map(|(group, _)| cell(Unit::Count, numbers[*group].hurt_p95)));
        let satisfied = setting.feasible || setting.figures.seem_to_hold.iter().all(|holds| *holds);
        cells.push(String::from(match setting.status {
            Status::Best => "recommended",
            _ if satisfied => "satisfied",
            _ => "violated",
        }));
        (*index, cells)
    });
    let rows = rows.collect();
    let more = match outcome.front.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n {more} more in tune.json"),
    };
    let head = " TRADE-OFF: no other setting is quicker and hurts fewer, by estimates";
    Some(format!("{head}\n{}{more}", settings_table(report, &names, rows)))
}

/// A row a setting: what varies, then cells.
fn settings_table(report: &Report<'_>, names: &[String], rows: Vec<(usize, Vec<String>)>) -> String {
    let sweep = report.tuning.sweep;
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let paths = sweep.variations.iter().map(|variation| heading(&variation.path, HEADING));
    let headings: Vec<Vec<String>> = paths.chain(names.iter().map(|name| heading(name, HEADING))).collect();
    // Short headings stand at the bottom, above their numbers.
    let height = headings.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let word =
            |heading: &Vec<String>| (line + heading.len()).checked_sub(height).map_or("", |at| &heading[at]).to_owned();
        table.add_row(headings.iter().map(word));
    }
    for (setting, cells) in rows {
        let values = sweep.values(setting as u64).into_iter().map(|value| value.shown().to_owned());
        table.add_row(values.chain(cells));
    }
    let last = headings.len() - 1;
    for column in 0..headings.len() {
        let column_of = table.column_mut(column).expect("a column");
        if column < last {
            column_of.set_cell_alignment(CellAlignment::Right);
        }
        if column > 0 {
            column_of.set_padding((2, 0));
        }
    }
    table.trim_fmt()
}

/// What could be had without each constraint.
fn costs(report: &Report<'_>) -> Option<String> {
    if report.outcome.costs.is_empty() {
        return None;
    }
    let unit = report.outcome.metric.unit();
    let best = report.outcome.answer.setting();
    let row = |((constraint, metric), cost): (
        &(&crate::questions::Constraint, crate::metric::Metric),
        &crate::tune::Cost,
    )| {
        let without = cost.without.filter(|without| *without != best);
        let values = |setting: usize| {
            let values = report.tuning.sweep.values(setting as u64);
            values.into_iter().map(|value| value.shown()).collect::<Vec<_>>().join(", ")
        };
        let cells = match (without, cost.cost) {
            (Some(without), Some(cost)) => vec![number(unit, cost), values(without)],
            _ => vec![String::from("nothing"), String::new()],
        };
        (format!("{metric} {}", bound(constraint)), cells)
    };
    let head: Row = (String::from("WHAT EACH CONSTRAINT COSTS"), ["COST", "WITHOUT IT"].map(str::to_owned).to_vec());
    let constraints = report.constraints();
    let rows: Vec<Row> = std::iter::once(head).chain(constraints.iter().zip(&report.outcome.costs).map(row)).collect();
    Some(aligned(&rows))
}
