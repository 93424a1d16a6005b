//! Numbers against numbers.

use std::ops::Range;

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{
    Area, GRID, HEIGHT, Head, IN_MEMORY, INK, LABEL, LegendEntry, PALE_BLUE, RED, SOFT, WIDTH, color, fitting, picture,
    style, text, width_of,
};
use crate::report::chart::{Axis, Chart, Mark, Plane};

const LABELS_LEFT: u32 = 140;
const LEFT: u32 = 40;
const RIGHT: u32 = 60;

/// An axis for plotters, with the labels that have room.
#[derive(Clone)]
struct LabelledAxis {
    axis: Axis,
    labels: Vec<(f64, String)>,
}

impl LabelledAxis {
    fn across(axis: &Axis) -> LabelledAxis {
        let length = WIDTH - LABELS_LEFT - LEFT - RIGHT;
        let wide = |words: &str| f64::from(width_of(words));
        let labels = axis.labelled(length.into(), wide, |name, room| fitting(name, room as i32));
        LabelledAxis { axis: axis.clone(), labels }
    }

    fn upwards(axis: &Axis) -> LabelledAxis {
        let labels = axis.ticks().into_iter().map(|tick| (tick, axis.label(tick))).collect();
        LabelledAxis { axis: axis.clone(), labels }
    }
}

impl Ranged for LabelledAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + (self.axis.place(*value) * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.labels.iter().map(|(tick, _)| *tick).collect()
    }

    fn range(&self) -> Range<f64> {
        self.axis.start..self.axis.end
    }
}

impl ValueFormatter<f64> for LabelledAxis {
    fn format_ext(&self, value: &f64) -> String {
        let label = self.labels.iter().find(|(tick, _)| tick == value);
        label.map_or_else(|| self.axis.label(*value), |(_, label)| label.clone())
    }
}

type Context<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<LabelledAxis, LabelledAxis>>;

pub(super) fn draw(chart: &Chart, identity: &str, plane: &Plane) -> String {
    let head = Head::new(chart, identity, legend(&plane.marks));
    picture(&head, (WIDTH, HEIGHT), |body| {
        let mut context = frame(body, plane);
        let dots =
            plane.marks.iter().map(|mark| if let Mark::Dots { points, .. } = mark { points.len() } else { 0 }).sum();
        let lines =
            plane.marks.iter().filter(|mark| matches!(mark, Mark::Line { name, .. } if !name.is_empty())).count();
        for mark in &plane.marks {
            self::mark(&mut context, plane, mark, (lines, dots));
        }
        // No line goes through words.
        for mark in &plane.marks {
            words(body, head.height, &context, plane, mark);
        }
    })
}

fn legend(marks: &[Mark]) -> Vec<LegendEntry<'_>> {
    let entries = marks.iter().filter_map(|mark| match mark {
        Mark::Band { name, .. } => Some(LegendEntry { name, color: PALE_BLUE.mix(0.8), filled: true }),
        Mark::Line { name, style, .. } => Some(LegendEntry { name, color: color(*style).to_rgba(), filled: false }),
        Mark::Dots { name, style, .. } => Some(LegendEntry { name, color: color(*style).to_rgba(), filled: true }),
        _ => None,
    });
    entries.filter(|entry| !entry.name.is_empty()).collect()
}

/// Axes with their descriptions, and lines at the ticks.
fn frame<'a>(body: &Area<'a>, plane: &Plane) -> Context<'a> {
    let (x, y) = (LabelledAxis::across(&plane.x), LabelledAxis::upwards(&plane.y));
    let mut context = ChartBuilder::on(body)
        .margin_left(LEFT)
        .margin_right(RIGHT)
        .margin_top(20)
        .margin_bottom(20)
        .x_label_area_size(100)
        .y_label_area_size(LABELS_LEFT)
        .build_cartesian_2d(x.clone(), y.clone())
        .expect(IN_MEMORY);
    let x_label = |value: &f64| x.format_ext(value);
    let y_label = |value: &f64| y.format_ext(value);
    let mut mesh = context.configure_mesh();
    // Bars and names need no lines upwards.
    if plane.x.is_of_names() || plane.marks.iter().any(|mark| matches!(mark, Mark::Bars(_))) {
        mesh.disable_x_mesh();
    }
    mesh.light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(2))
        .axis_style(SOFT.stroke_width(2))
        .label_style(style(LABEL, &SOFT))
        .axis_desc_style(style(LABEL, &INK))
        .x_desc(plane.x_name.as_str())
        .y_desc(plane.y_name.as_str())
        .x_label_formatter(&x_label)
        .y_label_formatter(&y_label)
        .draw()
        .expect(IN_MEMORY);
    context
}

/// Draws a mark; `lines` are those with a name in the chart, `dots` all points.
fn mark(context: &mut Context<'_>, plane: &Plane, mark: &Mark, (lines, dots): (usize, usize)) {
    let (bottom, top) = (plane.y.start, plane.y.end);
    let upright = |at: f64, style: ShapeStyle| PathElement::new([(at, bottom), (at, top)], style);
    match mark {
        Mark::Bars(bars) => {
            let bar = |(from, to, height): &(f64, f64, f64)| {
                Rectangle::new([(*from, bottom), (*to, *height)], color(0).mix(0.7).filled())
            };
            context.draw_series(bars.iter().map(bar)).expect(IN_MEMORY);
        }
        Mark::Band { lower, upper, .. } => {
            let around: Vec<(f64, f64)> = upper.iter().chain(lower.iter().rev()).copied().collect();
            context.draw_series([Polygon::new(around, PALE_BLUE.mix(0.75))]).expect(IN_MEMORY);
        }
        Mark::Line { points, style, .. } => {
            // Where two are the same the first is seen on either side of the second.
            let width = if lines == 2 && *style == 0 { 9 } else { 4 };
            let line = LineSeries::new(points.iter().copied(), color(*style).stroke_width(width));
            context.draw_series(line).expect(IN_MEMORY);
        }
        Mark::Dots { points, style, pale, .. } => {
            let color = color(*style).mix(if *pale { 0.25 } else { 0.9 });
            let radius = if dots > 40 { 5 } else { 8 };
            let circles = points.iter().map(|point| Circle::new(*point, radius, color.filled()));
            context.draw_series(circles).expect(IN_MEMORY);
        }
        Mark::Ring(point) => {
            context.draw_series([Circle::new(*point, 16, INK.stroke_width(4))]).expect(IN_MEMORY);
        }
        Mark::Whiskers(whiskers) => {
            let whisker = |(at, low, high): &(f64, f64, f64)| {
                PathElement::new([(*at, *low), (*at, *high)], PALE_BLUE.stroke_width(24))
            };
            context.draw_series(whiskers.iter().map(whisker)).expect(IN_MEMORY);
        }
        Mark::Upright { at, .. } => {
            context.draw_series([upright(*at, RED.stroke_width(3))]).expect(IN_MEMORY);
        }
        Mark::Level { at, .. } => {
            let ends = [(plane.x.start, *at), (plane.x.end, *at)];
            context.draw_series([PathElement::new(ends, RED.stroke_width(3))]).expect(IN_MEMORY);
        }
        Mark::Zero => {
            if (plane.x.start..=plane.x.end).contains(&0.0) {
                context.draw_series([upright(0.0, INK.stroke_width(3))]).expect(IN_MEMORY);
            }
        }
    }
}

/// The words beside a place that matters.
fn words(body: &Area<'_>, head: i32, context: &Context<'_>, plane: &Plane, mark: &Mark) {
    let (point, words, right, down) = match mark {
        Mark::Upright { at, words, level } => {
            let point = context.backend_coord(&(*at, plane.y.end));
            let right = point.0 + 10 + width_of(words) <= (WIDTH - RIGHT) as i32;
            (point, words, right, 8 + 44 * *level as i32)
        }
        Mark::Level { at, words } => (context.backend_coord(&(plane.x.end, *at)), words, false, -40),
        _ => return,
    };
    let width = width_of(words) + 12;
    let (anchor, x) = if right { (HPos::Left, point.0 + 10) } else { (HPos::Right, point.0 - 10) };
    let left = if right { x - 4 } else { x - width + 4 };
    let y = point.1 - head + down;
    // On a white ground, so that lines may pass behind.
    let ground = [(left, y - 2), (left + width, y + LABEL as i32 + 6)];
    body.draw(&Rectangle::new(ground, WHITE.mix(0.85).filled())).expect(IN_MEMORY);
    text(body, words, (x, y), LABEL, &RED, anchor);
}
