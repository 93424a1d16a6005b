//! Charts for pages: SVG that takes its colours from the page.
//!
//! The pictures in `plots/` are drawn by plotters for a white ground, at one size and with nothing to point at. A page needs colours
//! that follow its theme, text that a phone shows large enough, and readings; so a chart is written here, with the same axes.
//!
//! Readings tell the numbers at a place. Each is an area with a title, which browsers show by themselves; the page's script
//! shows it in a line below the chart, and lets arrow keys and fingers go through them.

use maud::{Markup, html};

use super::svg::{WIDTH, path, px, rectangle, width_of};
use crate::report::plots::axis::Axis;

const HEIGHT: f64 = 270.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 46.0;
/// How many styles of lines there are; further ones begin anew.
const STYLES: usize = 5;

/// Numbers against numbers.
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What is to be seen in it, in words.
    pub about: String,
    pub(in crate::report) x: Axis,
    /// What stands along the bottom.
    pub x_name: String,
    pub(in crate::report) y: Axis,
    /// What stands along the side.
    pub y_name: String,
    /// What is drawn, in this order.
    pub marks: Vec<Mark>,
    /// From left to right.
    pub readings: Vec<Reading>,
}

/// A part of a chart, in the units of its axes. What has a name stands in the legend; an empty one does not.
pub enum Mark {
    /// Bars from the bottom: left edge, right edge, height.
    Bars(Vec<(f64, f64, f64)>),
    /// The area between two lines.
    Band {
        /// In the legend.
        name: String,
        /// From left to right.
        lower: Vec<(f64, f64)>,
        /// From left to right.
        upper: Vec<(f64, f64)>,
        /// That of a line which it belongs to.
        style: usize,
    },
    /// A line.
    Line {
        /// In the legend.
        name: String,
        /// From left to right.
        points: Vec<(f64, f64)>,
        /// Which colour and dashes; lines beside each other have different ones.
        style: usize,
    },
    /// Points.
    Dots(Vec<(f64, f64)>),
    /// Points that matter less.
    Pale(Vec<(f64, f64)>),
    /// A ring around a point.
    Ring((f64, f64)),
    /// Intervals: place, lower end, upper end.
    Whiskers(Vec<(f64, f64, f64)>),
    /// A place on the x axis that matters, with a word on a level from the top.
    Upright {
        /// Where.
        at: f64,
        /// What it is.
        words: String,
        /// Words of places close to each other stand on different levels.
        level: u32,
    },
    /// A place on the y axis that matters.
    Level {
        /// Where.
        at: f64,
        /// What it is.
        words: String,
    },
}

/// What is to be read where a chart is pointed at.
pub struct Reading {
    /// From here on the x axis,
    pub from: f64,
    /// to here.
    pub to: f64,
    /// The numbers there, in words.
    pub words: String,
}

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
        let share = ((value - self.x.start) / (self.x.end - self.x.start)).clamp(0.0, 1.0);
        self.left + share * (self.right - self.left)
    }

    fn at_y(&self, value: f64) -> f64 {
        let share = ((value - self.y.start) / (self.y.end - self.y.start)).clamp(0.0, 1.0);
        self.bottom - share * (self.bottom - TOP)
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.at_x(x), self.at_y(y))
    }
}

impl Chart {
    /// The figure with its caption and legend.
    pub fn render(&self) -> Markup {
        let widest = self.y.ticks().iter().map(|tick| width_of(&self.y.label(tick))).fold(0.0, f64::max);
        let frame = Frame { x: &self.x, y: &self.y, left: widest + 10.0, right: WIDTH - 12.0, bottom: HEIGHT - BOTTOM };
        let drawing = html! {
            svg viewBox={ "0 0 " (px(WIDTH)) " " (px(HEIGHT)) } role="img" aria-label={ (self.title) ". " (self.about) } {
                text.name x="0" y="13" { (self.y_name) }
                (self.grid(&frame))
                @for mark in &self.marks { (mark.draw(&frame)) }
                // No line goes through words.
                @for mark in &self.marks { (mark.words(&frame)) }
                text.name.middle x=(px((frame.left + frame.right) / 2.0)) y=(px(HEIGHT - 6.0)) { (self.x_name) }
                g.hits {
                    @for Reading { from, to, words } in &self.readings {
                        @let (from, to) = (frame.at_x(*from), frame.at_x(*to));
                        path d=(rectangle(from, TOP, to - from, frame.bottom - TOP)) { title { (unparted(words)) } }
                    }
                }
            }
        };
        figure(&self.title, &self.about, &self.legend(), &drawing, 0)
    }

    fn grid(&self, frame: &Frame<'_>) -> Markup {
        html! {
            g.grid {
                @for tick in self.y.ticks() {
                    @let y = frame.at_y(tick);
                    path d=(path([(frame.left, y), (frame.right, y)])) {}
                    text.end x=(px(frame.left - 6.0)) y=(px(y + 4.0)) { (self.y.label(&tick)) }
                }
                @for tick in self.x.ticks() {
                    @let words = self.x.label(&tick);
                    @let half = width_of(&words) / 2.0;
                    @let x = frame.at_x(tick).min(WIDTH - half - 3.0);
                    text.middle x=(px(x)) y=(px(frame.bottom + 17.0)) { (words) }
                }
                path.axis d=(path([(frame.left, frame.bottom), (frame.right, frame.bottom)])) {}
            }
        }
    }

    fn legend(&self) -> Markup {
        let entries = self.marks.iter().filter_map(|mark| match mark {
            Mark::Band { name, style, .. } => Some(("band", name, style)),
            Mark::Line { name, style, .. } => Some(("line", name, style)),
            _ => None,
        });
        let named: Vec<(&str, &String, &usize)> = entries.filter(|(_, name, _)| !name.is_empty()).collect();
        html! {
            @if !named.is_empty() {
                ul.legend {
                    @for (kind, name, style) in named {
                        li {
                            svg viewBox="0 0 34 12" aria-hidden="true" {
                                @if kind == "band" {
                                    path class={ "band s" (style % STYLES) } d="M0,0h34v12h-34z" {}
                                } @else {
                                    path class={ "line s" (style % STYLES) } d="M0,6H34" {}
                                }
                            }
                            (name)
                        }
                    }
                }
            }
        }
    }
}

impl Mark {
    fn draw(&self, frame: &Frame<'_>) -> Markup {
        let through = |points: &[(f64, f64)]| path(points.iter().map(|point| frame.at(*point)));
        match self {
            Mark::Bars(bars) => {
                let bar = |(from, to, height): &(f64, f64, f64)| {
                    let ((from, top), to) = (frame.at((*from, *height)), frame.at_x(*to));
                    // A line of the ground between bars, where they are wide enough for one.
                    let gap = if to - from > 3.0 { 1.0 } else { 0.0 };
                    rectangle(from, top, to - from - gap, frame.bottom - top)
                };
                html! { path.bars d=(bars.iter().map(bar).collect::<String>()) {} }
            }
            Mark::Band { lower, upper, style, .. } => {
                let around: Vec<(f64, f64)> = upper.iter().chain(lower.iter().rev()).copied().collect();
                html! { path class={ "band s" (style % STYLES) } d={ (through(&around)) "z" } {} }
            }
            Mark::Line { points, style, .. } => {
                html! { path class={ "line s" (style % STYLES) } d=(through(points)) {} }
            }
            Mark::Dots(points) => html! {
                @for (x, y) in points.iter().map(|point| frame.at(*point)) { circle.dot cx=(px(x)) cy=(px(y)) r="3" {} }
            },
            Mark::Pale(points) => html! {
                @for (x, y) in points.iter().map(|point| frame.at(*point)) { circle.pale cx=(px(x)) cy=(px(y)) r="3" {} }
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
        }
    }

    /// The words beside a place that matters.
    fn words(&self, frame: &Frame<'_>) -> Markup {
        match self {
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
}

/// A drawing with its caption, and the line that readings appear in. Those of a drawing in rows stand in so many `columns`.
pub(super) fn figure(title: &str, about: &str, legend: &Markup, drawing: &Markup, columns: usize) -> Markup {
    html! {
        figure {
            figcaption { h3 { (title) } p { (unparted(about)) } }
            (legend)
            div.drawing data-columns=[(columns > 0).then_some(columns)] { (drawing) }
            p.reading {}
        }
    }
}

/// A number is never parted from its percent sign.
pub(super) fn unparted(words: &str) -> String {
    words.replace(" %", "\u{a0}%")
}

/// A figure that says why there is nothing to show.
pub(super) fn nothing(title: &str, why: &str) -> Markup {
    html! { figure { figcaption { h3 { (title) } p { (why) } } } }
}

/// Readings of equal columns over an axis; `words` says what is at their middle.
pub(super) fn even_readings(axis: &Axis, words: impl Fn(f64) -> String) -> Vec<Reading> {
    const READINGS: u32 = 60;
    let width = (axis.end - axis.start) / f64::from(READINGS);
    let reading = |column: u32| {
        let from = axis.start + width * f64::from(column);
        Reading { from, to: from + width, words: words(from + width / 2.0) }
    };
    (0..READINGS).map(reading).collect()
}

/// The value at an instant of what is constant between corners.
pub(super) fn value_at(corners: &[(f64, f64)], instant: f64) -> f64 {
    let after = corners.partition_point(|(corner, _)| *corner <= instant);
    after.checked_sub(1).map_or(0.0, |last| corners[last].1)
}
