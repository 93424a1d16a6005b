//! The page of a tuning: `report.html`.

use maud::{Markup, html};

use super::chart::nothing;
use super::{Cell, Chart, Columns, Command, Mark, Page, Provenance, Reading};
use super::{charts, section, settings};
use crate::expectation::Verdict;
use crate::metric::Unit;
use crate::metric::words::counted;
use crate::metric::words::shown;
use crate::report::plots::axis::Axis;
use crate::report::plots::trade_off::{is_out, time_of};
use crate::report::tune::words::{answer, bound, estimate, question, status};
use crate::report::tune::{Report, json::alternatives};
use crate::scenario::{ScenarioFile, Value};
use crate::tune::{Answer, Figures, Status};

/// The rows of the table of all settings; `tune.json` has all.
const MOST_ROWS: usize = 1_000;
/// So many settings are named where a chart is pointed at.
const NAMED: usize = 3;

/// The page; `asked` are the options that say what is looked for, as they were typed, each with its value.
pub fn tune(report: &Report<'_>, file: &ScenarioFile, asked: &[(&str, String)]) -> String {
    let tuning = report.tuning;
    let own = tuning.own;
    let sets = &tuning.sweep.sets;
    let mut command = Command::new("tune", file.name());
    for (name, value) in asked {
        command = command.option(name, value);
    }
    let replications = tuning.max_replications.to_string();
    let command =
        command.option("--max-replications", &replications).option("--seed", tuning.seed).options("--set", sets);
    let used: u64 = report.outcome.replications_used;
    Page {
        title: &own.name,
        description: &own.description,
        settings: &question(report),
        answer: sentences(&answer(report)),
        body: html! {
            (section("setting", "The setting", &html! { (comparison(report)) (costs(report)) }))
            (section("pictures", "Time to success against robots hurt", &trade_off(report)))
            (section("settings", "All settings", &all_settings(report)))
            (section("rollout", "The scenario's own rollout", &settings::list(own)))
        },
        provenance: Provenance {
            command,
            facts: vec![
                ("Scenario", own.name.clone()),
                ("Settings", tuning.sweep.len().to_string()),
                ("Replications, over all settings", used.to_string()),
                ("Most replications of a setting", replications),
                ("Seed", tuning.seed.to_string()),
            ],
            scenarios: vec![file],
            sets,
        },
    }
    .render()
}

/// The sentences of a text.
fn sentences(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split(". ").collect();
    let last = parts.len() - 1;
    parts.iter().enumerate().map(|(at, part)| if at < last { format!("{part}.") } else { (*part).to_owned() }).collect()
}

fn number(unit: Unit, value: Option<f64>) -> Cell {
    Cell {
        words: value.map_or_else(|| String::from("-"), |value| shown(unit, value)),
        below: String::new(),
        key: value,
    }
}

/// The objective with the interval in which it lies.
fn objective(report: &Report<'_>, figures: &Figures) -> Cell {
    let unit = report.outcome.metric.unit();
    let below = match figures.interval {
        [Some(low), Some(high)] => format!("{} to {}", shown(unit, low), shown(unit, high)),
        [Some(low), None] => format!("at least {}", shown(unit, low)),
        [None, Some(high)] => format!("at most {}", shown(unit, high)),
        [None, None] => String::new(),
    };
    Cell { below: if figures.objective.is_some() { below } else { String::new() }, ..number(unit, figures.objective) }
}

/// The values of what varies.
fn values(report: &Report<'_>, setting: usize) -> Vec<String> {
    report.tuning.sweep.values(setting as u64).into_iter().map(|value| value.shown().to_owned()).collect()
}

fn paths(report: &Report<'_>) -> impl Iterator<Item = String> {
    report.tuning.sweep.variations.iter().map(|variation| variation.path.clone())
}

/// The setting of the answer beside the scenario's own.
fn comparison(report: &Report<'_>) -> Markup {
    let outcome = &report.outcome;
    let setting = outcome.answer.setting();
    let own = outcome.own.as_ref();
    let columns: Vec<&Figures> =
        std::iter::once(&outcome.settings[setting].figures).chain(own.map(|own| &own.figures)).collect();
    let row = |label: String, cell: &dyn Fn(&Figures) -> Cell| -> Vec<Cell> {
        std::iter::once(Cell::new(label)).chain(columns.iter().map(|figures| cell(figures))).collect()
    };
    let own_values = report.own_values.iter().map(|value| value.as_ref().map_or("default", Value::shown).to_owned());
    let varied = paths(report).zip(values(report, setting)).zip(own_values).map(|((path, value), own_value)| {
        [path, value].into_iter().chain(own.map(|_| own_value)).map(Cell::new).collect::<Vec<_>>()
    });
    let mut rows: Vec<Vec<Cell>> = varied.collect();
    rows.push(row(outcome.metric.path().to_owned(), &|figures| objective(report, figures)));
    for (index, (constraint, metric)) in report.constraints().iter().enumerate() {
        rows.push(row(format!("{metric} {}", bound(constraint)), &|figures| {
            let finding = &figures.constraints[index];
            let verdict = match finding.verdict {
                Verdict::Holds => "holds",
                Verdict::Fails => "fails",
                Verdict::Undecided => "open",
            };
            Cell { below: verdict.to_owned(), ..Cell::new(estimate(metric, finding)) }
        }));
    }
    for (group, name) in report.shown_groups() {
        let of = if report.tuning.own.builds.is_empty() { String::new() } else { format!("{name}: ") };
        rows.push(row(format!("{of}time to success, p95"), &|figures| {
            number(Unit::Seconds, figures.trade_off[group].time_p95)
        }));
        rows.push(row(format!("{of}robots hurt, p95"), &|figures| {
            number(Unit::Count, figures.trade_off[group].hurt_p95)
        }));
    }
    rows.push(row(String::from("replications"), &|figures| Cell::new(figures.replications.to_string())));
    let name = match outcome.answer {
        Answer::Best { .. } => "recommended",
        _ => "closest",
    };
    let headings = ["what", name].into_iter().chain(own.map(|_| "the scenario's own"));
    Columns {
        id: String::from("comparison"),
        caption: String::from(
            "The setting and what comes of it; of the objective and the constraints with what is proven",
        ),
        headings: headings.map(str::to_owned).collect(),
        leading: 1,
        rows,
        sortable: false,
    }
    .render()
}

/// What could be had without each constraint.
fn costs(report: &Report<'_>) -> Markup {
    let outcome = &report.outcome;
    if outcome.costs.is_empty() {
        return html! {};
    }
    let (unit, best) = (outcome.metric.unit(), outcome.answer.setting());
    let constraints = report.constraints();
    let rows = constraints.iter().zip(&outcome.costs).map(|((constraint, metric), cost)| {
        let without = cost.without.filter(|without| *without != best);
        let cells = match (without, cost.cost) {
            (Some(without), Some(cost)) => [number(unit, Some(cost)), Cell::new(values(report, without).join(", "))],
            _ => [Cell::new("nothing"), Cell::new("")],
        };
        std::iter::once(Cell::new(format!("{metric} {}", bound(constraint)))).chain(cells).collect()
    });
    Columns {
        id: String::from("costs"),
        caption: String::from(
            "What each constraint costs: by how much the objective is worse than without it, by estimates",
        ),
        headings: ["constraint", "cost", "the setting without it"].map(str::to_owned).to_vec(),
        leading: 1,
        rows: rows.collect(),
        sortable: false,
    }
    .render()
}

/// A chart for each build: all settings, and the line of those that no other one surpasses.
fn trade_off(report: &Report<'_>) -> Markup {
    const ABOUT: &str = "Each dot is a setting: pale if it violates a constraint, ringed if it is recommended. The line joins those that no \
                         other setting surpasses both in time and in robots hurt, by estimates.";
    let builds = &report.tuning.own.builds;
    let time_of_build = if builds.is_empty() {
        String::new()
    } else {
        format!(", build {}", builds[report.outcome.reference - 1].name)
    };
    let drawn = report.shown_groups().into_iter().map(|(group, name)| {
        let title =
            if builds.is_empty() { String::from("All campaigns") } else { format!("Robots hurt by build {name}") };
        chart(report, group, title, &time_of_build)
    });
    html! { p { (ABOUT) } (charts(&drawn.collect::<Vec<_>>())) }
}

fn chart(report: &Report<'_>, group: usize, title: String, time_of_build: &str) -> Markup {
    let outcome = &report.outcome;
    let place = |index: usize| {
        let setting = &outcome.settings[index];
        Some((setting.figures.trade_off[group].hurt_p95?, time_of(outcome, setting)?))
    };
    let mut places: Vec<(usize, (f64, f64))> =
        (0..outcome.settings.len()).filter_map(|index| Some((index, place(index)?))).collect();
    if places.is_empty() {
        return nothing(&title, "In no setting half of the campaigns succeed.");
    }
    let xs = || places.iter().map(|(_, (hurt, _))| *hurt);
    let ys = || places.iter().map(|(_, (_, time))| *time);
    let x = Axis::count(0.0, (xs().fold(0.0, f64::max) * 1.05).max(1.0), 6);
    let y = Axis::up_to(Unit::Seconds, ys().fold(f64::INFINITY, f64::min), ys().fold(0.0, f64::max), 6);
    let out = |index: usize| is_out(&outcome.settings[index]);
    let dots = |pale: bool| places.iter().filter(|(index, _)| out(*index) == pale).map(|(_, at)| *at).collect();
    let mut front: Vec<(f64, f64)> = outcome.front.iter().filter_map(|index| place(*index)).collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut marks = vec![
        Mark::Line { name: String::new(), points: front, style: 0 },
        Mark::Pale(dots(true)),
        Mark::Dots(dots(false)),
    ];
    if let Answer::Best { setting, .. } = outcome.answer {
        marks.extend(place(setting).map(Mark::Ring));
    }
    places.sort_by(|(_, a), (_, b)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let readings = readings(report, &places, x.end);
    Chart {
        title,
        about: format!("Of {}; 95th percentiles.", counted(places.len() as u64, "setting")),
        x,
        x_name: String::from("robots hurt in the first job"),
        y,
        y_name: format!("time to success{time_of_build}"),
        marks,
        readings,
    }
    .render()
}

/// For each number of robots hurt the quickest settings, from places in order.
fn readings(report: &Report<'_>, places: &[(usize, (f64, f64))], end: f64) -> Vec<Reading> {
    let groups: Vec<&[(usize, (f64, f64))]> = places.chunk_by(|(_, a), (_, b)| a.0 == b.0).collect();
    let hurt = |group: &[(usize, (f64, f64))]| group[0].1.0;
    let edge = |left: &[(usize, (f64, f64))], right: &[(usize, (f64, f64))]| f64::midpoint(hurt(left), hurt(right));
    let reading = |at: usize| {
        let group = groups[at];
        let named = group.iter().take(NAMED).map(|(index, (_, time))| {
            let mark = match report.outcome.settings[*index].status {
                Status::Best => ", recommended",
                _ if is_out(&report.outcome.settings[*index]) => ", violates a constraint",
                _ => "",
            };
            format!("{} at {}{mark}", shown(Unit::Seconds, *time), values(report, *index).join(", "))
        });
        let named = named.collect::<Vec<_>>().join("; ");
        let more = match group.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; {more} slower ones"),
        };
        Reading {
            from: if at == 0 { 0.0 } else { edge(groups[at - 1], group) },
            to: groups.get(at + 1).map_or(end, |next| edge(group, next)),
            words: format!("{} hurt: {named}{more}", shown(Unit::Count, hurt(group))),
        }
    };
    (0..groups.len()).map(reading).collect()
}

/// Every setting, with what is known of it.
fn all_settings(report: &Report<'_>) -> Markup {
    let outcome = &report.outcome;
    let worth = alternatives(report);
    let groups = report.shown_groups();
    let builds = !report.tuning.own.builds.is_empty();
    let of = |name: &str| if builds { format!("{name}: ") } else { String::new() };
    let reference = if builds { of(&report.tuning.own.builds[outcome.reference - 1].name) } else { String::new() };
    let headings = paths(report)
        .chain([
            "what is known".to_owned(),
            outcome.metric.path().to_owned(),
            format!("{reference}time to success, p95"),
        ])
        .chain(groups.iter().map(|(_, name)| format!("{}robots hurt, p95", of(name))))
        .chain(["replications".to_owned()]);
    let rows = outcome.settings.iter().enumerate().take(MOST_ROWS).map(|(index, setting)| {
        let figures = &setting.figures;
        let value = |text: String| Cell { key: text.parse().ok(), ..Cell::new(text) };
        let known = Cell {
            below: String::from(if worth.contains(&index) { "an alternative" } else { "" }),
            ..Cell::new(status(report, setting.status))
        };
        let hurt = groups.iter().map(|(group, _)| number(Unit::Count, figures.trade_off[*group].hurt_p95));
        let replications =
            Cell { key: Some(f64::from(figures.replications)), ..Cell::new(figures.replications.to_string()) };
        values(report, index)
            .into_iter()
            .map(value)
            .chain([known, objective(report, figures)])
            .chain([number(Unit::Seconds, figures.trade_off[outcome.reference].time_p95)])
            .chain(hurt)
            .chain([replications])
            .collect()
    });
    let left_out = outcome.settings.len().saturating_sub(MOST_ROWS);
    html! {
        (Columns {
            id: String::from("all"),
            caption: String::from("A setting that is proven to be no good was simulated less often, so its figures are less exact"),
            headings: headings.collect(),
            leading: report.tuning.sweep.variations.len(),
            rows: rows.collect(),
            sortable: true,
        }.render())
        @if left_out > 0 { p.note { (left_out) " more stand in tune.json." } }
    }
}
