//! Numbers against numbers.

use maud::{Markup, html};

use super::figure::{figure, legend};
use super::svg::{WIDTH, fitting, path, px, rectangle, width_of};
use crate::report::chart::{Axis, Chart, Mark, Plane, Reading};
use crate::report::words::unparted;

const HEIGHT: f64 = 270.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 46.0;
/// How many styles there are; further ones begin anew.
const STYLES: usize = 5;

/// Where things are in the drawing.
struct Frame<'c> {
    x: &'c Axis,
    y: &'c Axis,
    left: f64,
    right: f64,
    bottom: f64,
}

impl Frame<'_> {
    fn at_x(&self, value: f64) -> f64 {
        self.left + self.x.place(value) * (self.right - self.left)
    }

    fn at_y(&self, value: f64) -> f64 {
        self.bottom - self.y.place(value) * (self.bottom - TOP)
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.at_x(x), self.at_y(y))
    }
}

pub(super) fn draw(chart: &Chart, plane: &Plane) -> Markup {
    let Plane { x, x_name, y, y_name, marks, readings } = plane;
    let widest = y.ticks().iter().map(|tick| width_of(&y.label(*tick))).fold(0.0, f64::max);
    let frame = Frame { x, y, left: widest + 10.0, right: WIDTH - 12.0, bottom: HEIGHT - BOTTOM };
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(HEIGHT)) } role="img" aria-label={ (chart.title) ". " (chart.about) } {
            text.name x="0" y="13" { (y_name) }
            (grid(&frame))
            @for mark in marks { (self::mark(mark, &frame)) }
            // No line goes through words.
            @for mark in marks { (words(mark, &frame)) }
            text.name.middle x=(px((frame.left + frame.right) / 2.0)) y=(px(HEIGHT - 6.0)) { (x_name) }
            g.hits {
                @for Reading { from, to, words } in readings {
                    @let (from, to) = (frame.at_x(*from), frame.at_x(*to));
                    path d=(rectangle(from, TOP, to - from, frame.bottom - TOP)) { title { (unparted(words)) } }
                }
            }
        }
    };
    let entries: Vec<(String, &str)> = marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Band { name, .. } => Some((String::from("band"), name.as_str())),
            Mark::Line { name, style, .. } => Some((class("line", *style), name.as_str())),
            Mark::Dots { name, style, .. } => Some((class("dot", *style), name.as_str())),
            _ => None,
        })
        .filter(|(_, name)| !name.is_empty())
        .collect();
    figure(&chart.title, &chart.about, &legend(&entries), &drawing, 0)
}

/// The first style is the plain one.
fn class(kind: &str, style: usize) -> String {
    match style % STYLES {
        0 => kind.to_owned(),
        style => format!("{kind} s{style}"),
    }
}

fn grid(frame: &Frame<'_>) -> Markup {
    html! {
        g.grid {
            @for tick in frame.y.ticks() {
                @let y = frame.at_y(tick);
                path d=(path([(frame.left, y), (frame.right, y)])) {}
                text.end x=(px(frame.left - 6.0)) y=(px(y + 4.0)) { (frame.y.label(tick)) }
            }
            @for (tick, words) in frame.x.labelled(frame.right - frame.left, width_of, fitting) {
                @let x = frame.at_x(tick).min(WIDTH - width_of(&words) / 2.0 - 3.0);
                text.middle x=(px(x)) y=(px(frame.bottom + 17.0)) { (words) }
            }
            path.axis d=(path([(frame.left, frame.bottom), (frame.right, frame.bottom)])) {}
        }
    }
}

fn mark(mark: &Mark, frame: &Frame<'_>) -> Markup {
    let through = |points: &[(f64, f64)]| path(points.iter().map(|point| frame.at(*point)));
    match mark {
        Mark::Bars(bars) => {
            let bar = |(from, to, height): &(f64, f64, f64)| {
                let ((from, top), to) = (frame.at((*from, *height)), frame.at_x(*to));
                // A line of the ground between bars, where they are wide enough for one.
                let gap = if to - from > 3.0 { 1.0 } else { 0.0 };
                rectangle(from, top, to - from - gap, frame.bottom - top)
            };
            html! { path.bars d=(bars.iter().map(bar).collect::<String>()) {} }
        }
        Mark::Band { lower, upper, .. } => {
            let around: Vec<(f64, f64)> = upper.iter().chain(lower.iter().rev()).copied().collect();
            html! { path.band d={ (through(&around)) "z" } {} }
        }
        Mark::Line { points, style, .. } => html! { path class=(class("line", *style)) d=(through(points)) {} },
        Mark::Dots { points, style, pale, .. } => html! {
            @let kind = class(if *pale { "pale" } else { "dot" }, *style);
            @for (x, y) in points.iter().map(|point| frame.at(*point)) {
                circle class=(kind) cx=(px(x)) cy=(px(y)) r="3" {}
            }
        },
        Mark::Ring(point) => {
            let (x, y) = frame.at(*point);
            html! { circle.ring cx=(px(x)) cy=(px(y)) r="7" {} }
        }
        Mark::Whiskers(whiskers) => {
            let whisker = |(at, low, high): &(f64, f64, f64)| {
                let (x, low, high) = (frame.at_x(*at), frame.at_y(*low), frame.at_y(*high));
                let end = |y| path([(x - 4.0, y), (x + 4.0, y)]);
                path([(x, low), (x, high)]) + &end(low) + &end(high)
            };
            html! { path.whiskers d=(whiskers.iter().map(whisker).collect::<String>()) {} }
        }
        Mark::Upright { at, .. } => {
            let x = frame.at_x(*at);
            html! { path.limit d=(path([(x, TOP), (x, frame.bottom)])) {} }
        }
        Mark::Level { at, .. } => {
            let y = frame.at_y(*at);
            html! { path.limit d=(path([(frame.left, y), (frame.right, y)])) {} }
        }
        Mark::Zero if (frame.x.start..=frame.x.end).contains(&0.0) => {
            let x = frame.at_x(0.0);
            html! { path.zero d=(path([(x, TOP), (x, frame.bottom)])) {} }
        }
        Mark::Zero => html! {},
    }
}

/// The words beside a place that matters.
fn words(mark: &Mark, frame: &Frame<'_>) -> Markup {
    match mark {
        Mark::Upright { at, words, level } => {
            let x = frame.at_x(*at);
            let y = px(TOP + 12.0 + 16.0 * f64::from(*level));
            let right = x + 4.0 + width_of(words) <= WIDTH;
            html! {
                @if right {
                    text.limit x=(px(x + 4.0)) y=(y) { (words) }
                } @else {
                    text.limit.end x=(px(x - 4.0)) y=(y) { (words) }
                }
            }
        }
        Mark::Level { at, words } => {
            html! { text.limit.end x=(px(frame.right)) y=(px(frame.at_y(*at) - 5.0)) { (words) } }
        }
        _ => html! {},
    }
}
