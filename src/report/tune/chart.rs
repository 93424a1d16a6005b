//! Time to success against robots hurt: a dot a setting, a colour a build.

use super::TuneReport;
use crate::metric::Unit;
use crate::metric::words::{counted, shown};
use crate::report::chart::{Axis, Body, Chart, Mark, Plane, Reading};
use crate::tune::{Conclusion, Setting, Status};

pub(super) const TITLE: &str = "Time to success against robots hurt";
/// So many builds have a colour of their own.
const MOST_BUILDS: usize = 5;
/// So many settings are named where the chart is pointed at.
const NAMED: usize = 3;

/// A setting of a build: robots hurt, and the time to success of the reference build.
#[derive(Clone, Copy)]
struct Dot<'r> {
    setting: usize,
    /// The build, where there are any.
    build: Option<&'r str>,
    place: (f64, f64),
}

/// All settings: how long the reference build takes, and how many robots each build hurts.
pub(super) fn trade_off(report: &TuneReport<'_>) -> Chart {
    let chart = |about, body| Chart { file: Some(String::from("tradeoff")), title: TITLE.to_owned(), about, body };
    let outcome = &report.outcome;
    let builds = &report.tuning.own.builds;
    let all = report.shown_groups();
    let groups = &all[..all.len().min(MOST_BUILDS)];
    let out = |setting: usize| is_out(&outcome.settings[setting]);
    let dots = |group: usize| -> Vec<((f64, f64), usize)> {
        let place = |setting: &Setting| Some((setting.figures.trade_off[group].hurt_p95?, time_of(report, setting)?));
        let placed = outcome.settings.iter().enumerate();
        placed.filter_map(|(index, setting)| Some((place(setting)?, index))).collect()
    };
    let mut marks = Vec::new();
    let mut placed: Vec<Dot<'_>> = Vec::new();
    for (style, (group, build)) in groups.iter().enumerate() {
        let build = (!builds.is_empty()).then_some(*build);
        let name = build.map_or_else(String::new, |build| format!("build {build}"));
        let dots = dots(*group);
        let place = |setting: usize| dots.iter().find(|(_, index)| *index == setting).map(|(place, _)| *place);
        let mut front: Vec<(f64, f64)> = outcome.front.iter().filter_map(|setting| place(*setting)).collect();
        front.sort_by(|a, b| a.0.total_cmp(&b.0));
        marks.push(Mark::Line { name: String::new(), points: front, style });
        for pale in [true, false] {
            let points = dots.iter().filter(|(_, setting)| out(*setting) == pale).map(|(place, _)| *place).collect();
            let name = if pale { String::new() } else { name.clone() };
            marks.push(Mark::Dots { name, points, style, pale });
        }
        if let Conclusion::Best { setting, .. } = outcome.answer {
            marks.extend(place(setting).map(Mark::Ring));
        }
        placed.extend(dots.into_iter().map(|(place, setting)| Dot { setting, build, place }));
    }
    if placed.is_empty() {
        return chart(String::new(), Body::Nothing(String::from("In no setting half of the campaigns succeed.")));
    }
    let hurt = placed.iter().map(|dot| dot.place.0).fold(0.0, f64::max);
    let times = || placed.iter().map(|dot| dot.place.1);
    let x = Axis::count(0.0, (hurt * 1.05).max(1.0), 10);
    let y = Axis::up_to(Unit::Seconds, times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max), 6);
    placed.sort_by(|a, b| a.place.0.total_cmp(&b.place.0).then(a.place.1.total_cmp(&b.place.1)));
    let readings = readings(report, &placed, x.end);
    let of = if builds.is_empty() { String::new() } else { format!(", build {}", builds[outcome.reference - 1].name) };
    let pale = if outcome.settings.iter().any(is_out) { " (pale: violates a constraint)" } else { "" };
    let ringed = match outcome.answer {
        Conclusion::Best { .. } => "; the recommended one is ringed",
        _ => "",
    };
    let more = match all.len() - groups.len() {
        0 => String::new(),
        more => format!(" {} not drawn.", counted(more as u64, "more build")),
    };
    let about = format!(
        "Each dot is a setting{pale}{ringed}. Lines join those that no other setting surpasses both in time and in robots hurt, by \
         estimates.{more}"
    );
    let body = Plane {
        x,
        x_name: String::from("robots hurt in the first job, 95th percentile"),
        y,
        y_name: format!("time to success, 95th percentile{of}"),
        marks,
        readings,
    };
    chart(about, Body::Plane(body))
}

/// How long a setting takes, of the reference build; none where hardly any campaign succeeds: the times of those that
/// do say little.
fn time_of(report: &TuneReport<'_>, setting: &Setting) -> Option<f64> {
    let numbers = &setting.figures.trade_off[report.outcome.reference];
    numbers.time_p95.filter(|_| 2 * numbers.in_sync >= numbers.replications)
}

/// Whether a setting is out, whatever its objective.
fn is_out(setting: &Setting) -> bool {
    matches!(setting.status, Status::Violates | Status::NoValue)
}

/// For each number of robots hurt the quickest settings, from dots in order.
fn readings(report: &TuneReport<'_>, placed: &[Dot<'_>], end: f64) -> Vec<Reading> {
    let groups: Vec<&[Dot<'_>]> = placed.chunk_by(|a, b| a.place.0 == b.place.0).collect();
    let hurt = |group: &[Dot<'_>]| group[0].place.0;
    let reading = |at: usize| {
        let group = groups[at];
        let named = group.iter().take(NAMED).map(|dot| {
            let mark = match &report.outcome.settings[dot.setting] {
                Setting { status: Status::Best, .. } => ", recommended",
                setting if is_out(setting) => ", violates a constraint",
                _ => "",
            };
            let build = dot.build.map_or_else(String::new, |build| format!(" ({build})"));
            let time = shown(Unit::Seconds, dot.place.1);
            format!("{time} at {}{build}{mark}", report.values(dot.setting).join(", "))
        });
        let named = named.collect::<Vec<_>>().join("; ");
        let more = match group.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; {more} slower ones"),
        };
        Reading {
            from: if at == 0 { 0.0 } else { f64::midpoint(hurt(groups[at - 1]), hurt(group)) },
            to: groups.get(at + 1).map_or(end, |next| f64::midpoint(hurt(group), hurt(next))),
            words: format!("{} hurt: {named}{more}", shown(Unit::Count, hurt(group))),
        }
    };
    (0..groups.len()).map(reading).collect()
}
