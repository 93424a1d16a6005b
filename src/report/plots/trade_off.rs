//! Time to success against robots hurt: a dot a setting, a colour a build.

use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{BLUE, GREEN, IN_MEMORY, INK, LegendEntry, Mesh, ORANGE, PURPLE, RED, chart, empty, picture};
use crate::metric::Unit;
use crate::report::tune::Report;
use crate::tune::{Answer, Outcome, Setting, Status};

const TITLE: &str = "Time to success against robots hurt";

/// A colour a build; further builds are not drawn, and the note says so.
const COLORS: [RGBColor; 5] = [BLUE, RED, GREEN, ORANGE, PURPLE];

/// All settings: how long the reference build takes, and how many robots each build hurts. Of settings that violate a constraint
/// pale; those that no other one surpasses are joined by a line.
pub fn draw(report: &Report<'_>) -> String {
    let outcome = &report.outcome;
    let time = |setting: &Setting| time_of(outcome, setting);
    let groups: Vec<(usize, &str)> = report.shown_groups().into_iter().take(COLORS.len()).collect();
    let hurt = |setting: &Setting, group: usize| setting.figures.trade_off[group].hurt_p95;
    let with_time: Vec<(usize, &Setting, f64)> =
        outcome.settings.iter().enumerate().filter_map(|(index, s)| Some((index, s, time(s)?))).collect();
    let most = with_time.iter().flat_map(|(_, s, _)| groups.iter().filter_map(|(group, _)| hurt(s, *group)));
    let most = most.fold(0.0, f64::max);
    let ends = with_time.iter().map(|(_, _, time)| *time);
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let more = report.shown_groups().len() - groups.len();
    let mut note = report.note();
    if report.outcome.settings.iter().any(is_out) {
        note += "; pale: violates a constraint";
    }
    if more > 0 {
        note += &format!("; {more} more builds not drawn");
    }
    if with_time.is_empty() {
        return empty(TITLE, &note, "In no setting half of the campaigns succeed.");
    }
    let builds = !report.tuning.own.builds.is_empty();
    let names: Vec<String> = groups.iter().map(|(_, name)| shortened(name)).collect();
    let entry = |(name, color): (_, RGBColor)| LegendEntry { name, color: color.to_rgba(), filled: true };
    let legend: Vec<LegendEntry<'_>> = match builds {
        true => names.iter().map(String::as_str).zip(COLORS).map(entry).collect(),
        false => Vec::new(),
    };
    let robots = Axis::between(Unit::Count, 0.0, (most * 1.05).max(1.0), 10);
    let times = Axis::up_to(Unit::Seconds, low, high, 6);
    let of = if builds {
        format!(", build {}", report.tuning.own.builds[outcome.reference - 1].name)
    } else {
        String::new()
    };
    let best = match outcome.answer {
        Answer::Best { setting, .. } => Some(setting),
        _ => None,
    };
    picture(TITLE, &note, &legend, |body| {
        let y_desc = format!("time to success, 95th percentile{of}");
        let x_desc = if builds {
            "robots hurt in the first job, 95th percentile, by build"
        } else {
            "robots hurt in the first job, 95th percentile"
        };
        let mut chart = chart(body, (&robots, x_desc), (&times, &y_desc), Mesh::Full, 20);
        for ((group, _), color) in groups.iter().zip(COLORS) {
            let place = |index: usize| {
                let setting = &outcome.settings[index];
                Some((hurt(setting, *group)?, time(setting)?))
            };
            let front = outcome.front.iter().filter_map(|index| place(*index));
            chart.draw_series(LineSeries::new(front, color.mix(0.5).stroke_width(3))).expect(IN_MEMORY);
            for (index, setting, time) in &with_time {
                let Some(hurt) = hurt(setting, *group) else { continue };
                let style = color.mix(if is_out(setting) { 0.25 } else { 0.9 }).filled();
                chart.draw_series([Circle::new((hurt, *time), 8, style)]).expect(IN_MEMORY);
                if best == Some(*index) {
                    let ring = Circle::new((hurt, *time), 16, INK.stroke_width(4));
                    chart.draw_series([ring]).expect(IN_MEMORY);
                }
            }
        }
    })
}

/// How long a setting takes, of the reference build; none where hardly any campaign succeeds: the times of those that do say little.
pub fn time_of(outcome: &Outcome, setting: &Setting) -> Option<f64> {
    let numbers = &setting.figures.trade_off[outcome.reference];
    numbers.time_p95.filter(|_| 2 * numbers.in_sync >= numbers.replications)
}

/// Whether a setting is out, whatever its objective.
pub fn is_out(setting: &Setting) -> bool {
    matches!(setting.status, Status::Violates | Status::NoValue)
}

/// A name that fits the legend.
fn shortened(name: &str) -> String {
    const FITS: usize = 18;
    if name.len() <= FITS { name.to_owned() } else { format!("{}...", &name[..FITS - 3]) }
}
