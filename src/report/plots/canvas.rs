//! What all pictures share: size, colours, title, text.

use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use crate::metric::Summary;
use crate::metric::words::counted;

/// Drawn size: twice the shown one.
pub const SIZE: (u32, u32) = (1680, 1000);

/// Height of the title block.
pub const HEAD: u32 = 150;

pub const INK: RGBColor = RGBColor(0x22, 0x2b, 0x36);
pub const SOFT: RGBColor = RGBColor(0x5f, 0x6b, 0x7a);
pub const GRID: RGBColor = RGBColor(0xdd, 0xe2, 0xe8);
pub const BLUE: RGBColor = RGBColor(0x2f, 0x6d, 0xb5);
pub const PALE_BLUE: RGBColor = RGBColor(0xbf, 0xd5, 0xee);
pub const RED: RGBColor = RGBColor(0xc0, 0x39, 0x2b);
pub const GREEN: RGBColor = RGBColor(0x2e, 0x8b, 0x57);
pub const ORANGE: RGBColor = RGBColor(0xd6, 0x8a, 0x1c);
pub const PURPLE: RGBColor = RGBColor(0x7d, 0x4f, 0xa8);

/// Text sizes, drawn.
pub const LABEL: u32 = 28;
const TITLE: u32 = 40;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// A colour's meaning: a line or a filled band with its name.
pub struct LegendEntry<'n> {
    pub name: &'n str,
    pub color: RGBAColor,
    pub filled: bool,
}

/// Draws on a white canvas under a title and returns the SVG text. `draw` gets the area below the title; the legend stands
/// above it, where it covers nothing.
pub fn picture(title: &str, note: &str, legend: &[LegendEntry<'_>], draw: impl FnOnce(&Area<'_>)) -> String {
    picture_of(SIZE, title, note, legend, draw)
}

/// A picture of another size; what is drawn is twice the shown one.
pub fn picture_of(
    size: (u32, u32),
    title: &str,
    note: &str,
    legend: &[LegendEntry<'_>],
    draw: impl FnOnce(&Area<'_>),
) -> String {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        fill(&root);
        let (head, body) = root.split_vertically(HEAD);
        text(&head, title, (50, 34), TITLE, &INK, HPos::Left);
        text(&head, note, (50, 90), LABEL, &SOFT, HPos::Left);
        for (index, entry) in legend.iter().enumerate() {
            let width = if legend.len() > 2 { 300 } else { 420 };
            draw_legend_entry(&head, entry, size.0 as i32 - 60 - width * (legend.len() - index) as i32);
        }
        draw(&body);
        root.present().expect(IN_MEMORY);
    }
    let drawn = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("width=\"{}\" height=\"{}\"", size.0 / 2, size.1 / 2);
    svg.replacen(&drawn, &shown, 1)
}

fn draw_legend_entry(head: &Area<'_>, entry: &LegendEntry<'_>, x: i32) {
    const Y: i32 = 105;
    if entry.filled {
        let band = [(x, Y - 14), (x + 60, Y + 14)];
        head.draw(&Rectangle::new(band, entry.color.filled())).expect(IN_MEMORY);
    } else {
        head.draw(&PathElement::new([(x, Y), (x + 60, Y)], entry.color.stroke_width(5))).expect(IN_MEMORY);
    }
    let style = style(LABEL, &INK).pos(Pos::new(HPos::Left, VPos::Center));
    head.draw_text(entry.name, &style, (x + 75, Y)).expect(IN_MEMORY);
}

/// Why drawing cannot fail: the backend appends to a string.
pub const IN_MEMORY: &str = "drawing into a string cannot fail";

fn fill(area: &Area<'_>) {
    area.fill(&WHITE).expect(IN_MEMORY);
}

/// The scenario and the size of the experiment, for the line under a title.
pub fn identity(summary: &Summary) -> String {
    format!("{}, {}, seed {}", summary.scenario.name, counted(summary.replications, "replication"), summary.seed)
}

/// Text whose top is at `place`.
pub fn text(area: &Area<'_>, text: &str, place: (i32, i32), size: u32, color: &RGBColor, anchor: HPos) {
    let style = style(size, color).pos(Pos::new(anchor, VPos::Top));
    area.draw_text(text, &style, place).expect(IN_MEMORY);
}

/// About how wide a label is: letters of a sans-serif font are about half as wide as high.
pub fn width_of(words: &str) -> i32 {
    words.chars().count() as i32 * LABEL as i32 * 11 / 20
}

/// A label at a point of the picture (as a chart's `backend_coord` gives it): right of it or left of it, `down` pixels below it,
/// on a white ground so that lines may pass behind.
pub fn label(body: &Area<'_>, point: (i32, i32), words: &str, right: bool, down: i32) {
    let width = width_of(words) + 12;
    let (anchor, x) = if right { (HPos::Left, point.0 + 10) } else { (HPos::Right, point.0 - 10) };
    let left = if right { x - 4 } else { x - width + 4 };
    let y = point.1 - HEAD as i32 + down;
    let ground = [(left, y - 2), (left + width, y + LABEL as i32 + 6)];
    body.draw(&Rectangle::new(ground, WHITE.mix(0.85).filled())).expect(IN_MEMORY);
    text(body, words, (x, y), LABEL, &RED, anchor);
}

/// Whether a chart has lines at the ticks of the x axis: bars need none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mesh {
    Full,
    Horizontal,
}

/// The frame of a chart in `body`: axes with their descriptions, and lines at the ticks. `top` is the space above it.
pub fn chart<'a>(
    body: &Area<'a>,
    (x, x_desc): (&Axis, &str),
    (y, y_desc): (&Axis, &str),
    mesh: Mesh,
    top: u32,
) -> Chart<'a> {
    let mut chart = ChartBuilder::on(body)
        .margin_left(40)
        .margin_right(60)
        .margin_top(top)
        .margin_bottom(20)
        .x_label_area_size(100)
        .y_label_area_size(140)
        .build_cartesian_2d(x.clone(), y.clone())
        .expect(IN_MEMORY);
    let x_label = |value: &f64| x.label(value);
    let y_label = |value: &f64| y.label(value);
    let mut frame = chart.configure_mesh();
    if mesh == Mesh::Horizontal {
        frame.disable_x_mesh();
    }
    frame
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(2))
        .axis_style(SOFT.stroke_width(2))
        .label_style(style(LABEL, &SOFT))
        .axis_desc_style(style(LABEL, &INK))
        .x_desc(x_desc)
        .y_desc(y_desc)
        .x_label_formatter(&x_label)
        .y_label_formatter(&y_label)
        .draw()
        .expect(IN_MEMORY);
    chart
}

/// A text style.
pub fn style(size: u32, color: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(color)
}

/// A picture that says why there is nothing to show.
pub fn empty(title: &str, note: &str, why: &str) -> String {
    picture(title, note, &[], |body| {
        let (width, height) = body.dim_in_pixel();
        text(body, why, (width as i32 / 2, height as i32 / 2 - 60), 34, &SOFT, HPos::Center);
    })
}
