//! What all pictures share: size, colours, title, text.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::chart::Chart;

/// Drawn size: twice the shown one.
pub(super) const WIDTH: u32 = 1680;
pub(super) const HEIGHT: u32 = 1000;
/// On either side.
pub(super) const MARGIN: i32 = 50;

pub(super) const INK: RGBColor = RGBColor(0x22, 0x2b, 0x36);
pub(super) const SOFT: RGBColor = RGBColor(0x5f, 0x6b, 0x7a);
pub(super) const GRID: RGBColor = RGBColor(0xdd, 0xe2, 0xe8);
pub(super) const PALE_BLUE: RGBColor = RGBColor(0xbf, 0xd5, 0xee);
pub(super) const RED: RGBColor = RGBColor(0xc0, 0x39, 0x2b);
const BLUE: RGBColor = RGBColor(0x2f, 0x6d, 0xb5);
const GREEN: RGBColor = RGBColor(0x2e, 0x8b, 0x57);
const ORANGE: RGBColor = RGBColor(0xd6, 0x8a, 0x1c);
const PURPLE: RGBColor = RGBColor(0x7d, 0x4f, 0xa8);

/// The colour of a style; further ones begin anew.
pub(super) fn color(style: usize) -> RGBColor {
    const COLORS: [RGBColor; 5] = [BLUE, ORANGE, GREEN, RED, PURPLE];
    COLORS[style % COLORS.len()]
}

/// Text sizes, drawn.
pub(super) const LABEL: u32 = 28;
const TITLE: u32 = 40;
/// From one line of text to the next.
const LINE: i32 = 38;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A colour's meaning: a line or a filled band with its name.
pub(super) struct LegendEntry<'n> {
    pub name: &'n str,
    pub color: RGBAColor,
    pub filled: bool,
}

/// What stands above a drawing.
pub(super) struct Head<'c> {
    title: &'c str,
    about: Vec<String>,
    identity: &'c str,
    /// With the left edge and the row of each entry.
    legend: Vec<(LegendEntry<'c>, (i32, i32))>,
    pub height: i32,
}

impl<'c> Head<'c> {
    pub(crate) fn new(chart: &'c Chart, identity: &'c str, legend: Vec<LegendEntry<'c>>) -> Head<'c> {
        let about = wrapped(&chart.about, WIDTH as i32 - 2 * MARGIN);
        let legend = placed(legend);
        let rows = legend.last().map_or(0, |(_, (_, row))| row + 1);
        let lines = about.len() as i32 + 1 + rows;
        Head { title: &chart.title, about, identity, legend, height: 90 + LINE * lines + 10 }
    }

    fn draw(&self, head: &Area<'_>) {
        text(head, self.title, (MARGIN, 34), TITLE, &INK, HPos::Left);
        let mut y = 88;
        for line in self.about.iter().map(String::as_str).chain([self.identity]) {
            text(head, line, (MARGIN, y), LABEL, &SOFT, HPos::Left);
            y += LINE;
        }
        for (entry, (x, row)) in &self.legend {
            draw_legend_entry(head, entry, (*x, y + LINE * row + 18));
        }
    }
}

/// Text in lines that are not wider than a width.
fn wrapped(words: &str, width: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_of(line) + width_of(" ") + width_of(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Draws on a white canvas of a size below a head, and returns the SVG text.
pub(super) fn picture(head: &Head<'_>, size: (u32, u32), draw: impl FnOnce(&Area<'_>)) -> String {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).expect(IN_MEMORY);
        let (above, body) = root.split_vertically(head.height);
        head.draw(&above);
        draw(&body);
        root.present().expect(IN_MEMORY);
    }
    let drawn = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("width=\"{}\" height=\"{}\"", size.0 / 2, size.1 / 2);
    svg.replacen(&drawn, &shown, 1)
}

/// Room for a sample, and the most for a name.
const SAMPLE: i32 = 62;
const MOST_NAME: i32 = 480;

/// Entries beside each other, and below where they have no room.
fn placed(entries: Vec<LegendEntry<'_>>) -> Vec<(LegendEntry<'_>, (i32, i32))> {
    let (mut x, mut row, mut all) = (MARGIN, 0, Vec::new());
    for entry in entries {
        let width = SAMPLE + width_of(entry.name).min(MOST_NAME) + 24;
        if x > MARGIN && x + width > WIDTH as i32 - MARGIN {
            (x, row) = (MARGIN, row + 1);
        }
        all.push((entry, (x, row)));
        x += width;
    }
    all
}

fn draw_legend_entry(head: &Area<'_>, entry: &LegendEntry<'_>, (x, y): (i32, i32)) {
    if entry.filled {
        let band = [(x, y - 12), (x + 50, y + 12)];
        head.draw(&Rectangle::new(band, entry.color.filled())).expect(IN_MEMORY);
    } else {
        head.draw(&PathElement::new([(x, y), (x + 50, y)], entry.color.stroke_width(5))).expect(IN_MEMORY);
    }
    let style = style(LABEL, &INK).pos(Pos::new(HPos::Left, VPos::Center));
    head.draw_text(&fitting(entry.name, MOST_NAME), &style, (x + SAMPLE, y)).expect(IN_MEMORY);
}

/// Why drawing cannot fail: the backend appends to a string.
pub(super) const IN_MEMORY: &str = "drawing into a string cannot fail";

/// Text whose top is at `place`.
pub(super) fn text(area: &Area<'_>, text: &str, place: (i32, i32), size: u32, color: &RGBColor, anchor: HPos) {
    let style = style(size, color).pos(Pos::new(anchor, VPos::Top));
    area.draw_text(text, &style, place).expect(IN_MEMORY);
}

/// About how wide a label is: letters of a sans-serif font are about half as wide as high.
pub(super) fn width_of(words: &str) -> i32 {
    words.chars().count() as i32 * LABEL as i32 * 11 / 20
}

/// A name cut to a width.
pub(super) fn fitting(name: &str, room: i32) -> String {
    if width_of(name) <= room {
        return name.to_owned();
    }
    let kept = (room / width_of("m") - 1).max(1) as usize;
    name.chars().take(kept).chain(['…']).collect()
}

/// A text style.
pub(super) fn style(size: u32, color: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(color)
}

/// A picture that says why there is nothing to show.
pub(super) fn empty(chart: &Chart, identity: &str, why: &str) -> String {
    picture(&Head::new(chart, identity, Vec::new()), (WIDTH, HEIGHT), |body| {
        let (width, height) = body.dim_in_pixel();
        text(body, why, (width as i32 / 2, height as i32 / 2 - 60), 34, &SOFT, HPos::Center);
    })
}
