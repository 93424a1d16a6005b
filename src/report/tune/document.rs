//! What a tuning comes to: the setting, what else could be taken, and the trade-off.

use super::words::{answer, bound, estimate, question, status};
use super::{TuneReport, chart};
use crate::expectation::Verdict;
use crate::metric::words::percent;
use crate::metric::{Kind, Unit};
use crate::report::command::CommandLine;
use crate::report::document::{
    Chapter, DataCell, DataColumn, DataTable, Document, Intervals, Piece, Provenance, Reach, Sentence,
};
use crate::report::settings;
use crate::scenario::{ScenarioFile, Value};
use crate::statistics::Number;
use crate::tune::{Conclusion, Figures, HurtAndTime, Status};

/// So many alternatives, and so many settings of the trade-off, are shown at first.
const SHOWN: usize = 10;

/// All that there is to say of a tuning; `asked` are the options that say what is looked for, as they were typed, each
/// with its value.
pub(crate) fn document<'t>(report: &TuneReport<'t>, file: &'t ScenarioFile, asked: &[(&str, String)]) -> Document<'t> {
    let tuning = report.tuning;
    let own = tuning.own;
    let sets = &tuning.sweep.sets;
    let command = CommandLine::new("tune").file(file.name());
    let command = asked.iter().fold(command, |command, (name, value)| command.option(name, value));
    let replications = tuning.max_replications.to_string();
    let command =
        command.option("--max-replications", &replications).option("--seed", tuning.seed).options("--set", sets);
    let facts = vec![
        ("Scenario", own.name.clone()),
        ("Settings", tuning.sweep.len().to_string()),
        ("Replications, over all settings", report.outcome.replications_used.to_string()),
        ("Most replications of a setting", replications),
        ("Seed", tuning.seed.to_string()),
    ];
    let section =
        |id: &str, heading: &str, place, blocks| Chapter { id: id.into(), heading: heading.into(), place, blocks };
    let tables = |tables: Vec<DataTable>| tables.into_iter().map(|table| Piece::Tables(vec![table]));
    let first = [comparison(report), alternatives_table(report), costs(report), trade_off(report)];
    let shown = first.into_iter().filter(|table| !table.rows.is_empty()).collect();
    Document {
        title: own.name.clone(),
        description: own.description.clone(),
        question: question(report),
        passes: None,
        answer: answer(report).into_iter().map(Sentence::new).collect(),
        sections: vec![
            section("setting", "The setting", Reach::Everywhere, tables(shown).collect()),
            section("pictures", chart::TITLE, Reach::Page, vec![Piece::Charts(vec![chart::trade_off(report)])]),
            section("settings", "All settings", Reach::Page, tables(vec![all_settings(report)]).collect()),
            section("rollout", "The scenario's own rollout", Reach::Page, settings::facts(own)),
        ],
        provenance: Some(Provenance { command, facts, scenarios: vec![file], sets }),
    }
}

/// `BUILD: `, or nothing where there are no builds.
fn of_build(report: &TuneReport<'_>, group: usize) -> String {
    match report.groups()[group] {
        _ if report.tuning.own.builds.is_empty() => String::new(),
        build => format!("{build}: "),
    }
}

fn paths<'r>(report: &'r TuneReport<'_>) -> impl Iterator<Item = &'r str> {
    report.tuning.sweep.variations.iter().map(|variation| variation.path.as_str())
}

/// The setting of the answer beside the scenario's own, and what comes of them.
fn comparison(report: &TuneReport<'_>) -> DataTable {
    let outcome = &report.outcome;
    let setting = outcome.answer.setting();
    let own = outcome.own.as_ref();
    let name = match outcome.answer {
        Conclusion::Best { .. } => "recommended",
        _ => "closest",
    };
    let columns = std::iter::once(name).chain(own.map(|_| "own")).map(|name| DataColumn::numbers(name.to_uppercase()));
    let mut table =
        DataTable::new("comparison", "Setting", std::iter::once(DataColumn::words("")).chain(columns).collect());
    table.about = String::from("what comes of it; of the objective and the constraints with what is proven");
    let own_values = report.own_values.iter().map(|value| value.as_ref().map_or("default", Value::shown).to_owned());
    for ((path, value), own_value) in paths(report).zip(report.values(setting)).zip(own_values) {
        table.row([path.to_owned(), value].into_iter().chain(own.map(|_| own_value)).map(DataCell::new).collect());
    }
    let figures: Vec<&Figures> =
        std::iter::once(&outcome.settings[setting].figures).chain(own.map(|own| &own.figures)).collect();
    let mut add = |label: String, cell: &dyn Fn(&Figures) -> DataCell| {
        table.row(std::iter::once(DataCell::new(label)).chain(figures.iter().map(|figures| cell(figures))).collect());
    };
    let unit = outcome.metric.unit();
    add(outcome.metric.path().to_owned(), &|figures| {
        let share = Some(figures.share()).filter(|_| outcome.metric.is_conditional());
        DataCell::finely(unit, figures.objective).marked(over(share))
    });
    let by = if outcome.metric.kind() == Kind::Mean { " by the central limit" } else { "" };
    add(format!("  is at least{by}"), &|figures| DataCell::finely(unit, figures.interval[0]));
    add(format!("  is at most{by}"), &|figures| DataCell::finely(unit, figures.interval[1]));
    for (index, (constraint, metric)) in report.constraints().iter().enumerate() {
        add(format!("{metric} {}", bound(constraint)), &|figures| {
            let finding = &figures.constraints[index];
            let open = if finding.verdict == Verdict::Undecided { "open" } else { finding.verdict.as_str() };
            estimate(metric, finding).marked(open)
        });
    }
    for (group, _) in report.shown_groups() {
        let of = of_build(report, group);
        add(format!("{of}time to success, p95"), &|figures| time_cell(&figures.trade_off[group]));
        add(format!("{of}robots hurt, p95"), &|figures| {
            DataCell::number(Unit::Count, figures.trade_off[group].hurt_p95)
        });
    }
    add(String::from("replications"), &|figures| DataCell::count(figures.replications.into()));
    table
}

/// The time to success, with the share of the campaigns that it is over.
fn time_cell(numbers: &HurtAndTime) -> DataCell {
    let share = (numbers.replications > 0).then(|| numbers.in_sync as f64 / numbers.replications as f64);
    DataCell::finely(Unit::Seconds, numbers.time_p95).marked(over(share.filter(|_| numbers.in_sync > 0)))
}

/// `over 88 %`; nothing of all.
fn over(share: Option<f64>) -> String {
    let part = share.filter(|share| *share < 1.0);
    part.map_or_else(String::new, |share| format!("over {}", percent(Number(share))))
}

/// What could be had without each constraint.
fn costs(report: &TuneReport<'_>) -> DataTable {
    let outcome = &report.outcome;
    let columns = vec![DataColumn::words(""), DataColumn::numbers("cost"), DataColumn::numbers("without it")];
    let mut table = DataTable::new("costs", "What each constraint costs", columns);
    table.about = String::from("by how much the objective is worse than without it, by estimates");
    let (unit, best) = (outcome.metric.unit(), outcome.answer.setting());
    for ((constraint, metric), cost) in report.constraints().iter().zip(&outcome.costs) {
        let without = cost.without.filter(|without| *without != best);
        let cells = match (without, cost.cost) {
            (Some(without), Some(cost)) => {
                [DataCell::finely(unit, Some(cost)), DataCell::new(report.values(without).join(", "))]
            }
            _ => [DataCell::new("nothing"), DataCell::default()],
        };
        table.row(std::iter::once(DataCell::new(format!("{metric} {}", bound(constraint)))).chain(cells).collect());
    }
    table
}

/// A table with a row a setting: what varies, then columns of what comes of it.
fn of_settings(report: &TuneReport<'_>, id: &str, name: &str, columns: Vec<DataColumn>) -> DataTable {
    let varied = paths(report).map(DataColumn::numbers);
    let columns = varied.chain(columns).collect();
    let leading = report.tuning.sweep.variations.len();
    DataTable { leading, file: Some(("settings", "tune.json")), ..DataTable::new(id, name, columns) }
}

fn setting_cells(report: &TuneReport<'_>, setting: usize) -> impl Iterator<Item = DataCell> {
    report.values(setting).into_iter().map(|value| {
        let key = value.parse().ok();
        DataCell::sorted(value, key)
    })
}

/// What else could be taken, the best first.
fn alternatives_table(report: &TuneReport<'_>) -> DataTable {
    let objective = DataColumn::numbers("objective").intervals(Intervals::InColumns);
    let known = match report.outcome.answer {
        Conclusion::Best { by_limit: true, .. } => "by the central limit",
        _ => "proven",
    };
    let columns = vec![objective, DataColumn::numbers("after"), DataColumn::words(known)];
    let mut table = DataTable { most: Some(SHOWN), ..of_settings(report, "alternatives", "Alternatives", columns) };
    for setting in report.alternatives() {
        let figures = &report.outcome.settings[setting].figures;
        let proven = DataCell::new(status(report, report.outcome.settings[setting].status));
        let cells = setting_cells(report, setting);
        table.row(
            cells
                .chain([self::objective(report, figures), DataCell::count(figures.replications.into()), proven])
                .collect(),
        );
    }
    table
}

/// The objective with the interval in which it lies.
fn objective(report: &TuneReport<'_>, figures: &Figures) -> DataCell {
    let interval = figures.objective.map_or([None; 2], |_| figures.interval);
    DataCell::finely(report.outcome.metric.unit(), figures.objective).within(interval)
}

/// Columns of the time to success of the reference build, and of the robots that each build hurts.
fn time_and_hurt(report: &TuneReport<'_>) -> Vec<DataColumn> {
    let of = |group| of_build(report, group).trim_end_matches(": ").to_owned();
    let named = |name: &str, build: String| match build.as_str() {
        "" => DataColumn::numbers(name),
        build => DataColumn::numbers(format!("{name}.{build}")),
    };
    let hurt = report.shown_groups().into_iter().map(|(group, _)| named("hurt p95", of(group)));
    std::iter::once(named("time p95", of(report.outcome.reference))).chain(hurt).collect()
}

fn time_and_hurt_cells(report: &TuneReport<'_>, figures: &Figures) -> Vec<DataCell> {
    let groups = report.shown_groups().into_iter();
    let hurt = groups.map(|(group, _)| DataCell::number(Unit::Count, figures.trade_off[group].hurt_p95));
    let time = time_cell(&figures.trade_off[report.outcome.reference]);
    std::iter::once(time).chain(hurt).collect()
}

/// The quickest settings for each number of robots hurt.
fn trade_off(report: &TuneReport<'_>) -> DataTable {
    let outcome = &report.outcome;
    let columns = time_and_hurt(report).into_iter().chain([DataColumn::words("constraints")]).collect();
    let table = of_settings(report, "trade-off", "Trade-off", columns);
    let about = String::from("no other setting is quicker and hurts fewer, by estimates");
    let mut table = DataTable { about, most: Some(SHOWN), ..table };
    for index in &outcome.front {
        let setting = &outcome.settings[*index];
        let satisfied = setting.feasible || setting.figures.seem_to_hold.iter().all(|holds| *holds);
        let word = match setting.status {
            Status::Best => "recommended",
            _ if satisfied => "satisfied",
            _ => "violated",
        };
        let numbers = time_and_hurt_cells(report, &setting.figures);
        table.row(setting_cells(report, *index).chain(numbers).chain([DataCell::new(word)]).collect());
    }
    table
}

/// Every setting, with what is known of it.
fn all_settings(report: &TuneReport<'_>) -> DataTable {
    let outcome = &report.outcome;
    let columns = [DataColumn::words("what is known"), DataColumn::numbers(outcome.metric.path())].into_iter();
    let columns = columns.chain(time_and_hurt(report)).chain([DataColumn::numbers("replications")]).collect();
    let mut table = of_settings(report, "all", "", columns);
    table.sortable = true;
    table.about =
        String::from("A setting that is proven to be no good was simulated less often, so its figures are less exact");
    let worth = report.alternatives();
    for (index, setting) in outcome.settings.iter().enumerate() {
        let figures = &setting.figures;
        let known = DataCell::new(status(report, setting.status));
        let known = if worth.contains(&index) { known.marked("an alternative") } else { known };
        let cells = setting_cells(report, index).chain([known, objective(report, figures)]);
        let cells = cells.chain(time_and_hurt_cells(report, figures));
        table.row(cells.chain([DataCell::count(figures.replications.into())]).collect());
    }
    table
}
