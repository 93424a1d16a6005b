//! Shares of the whole as bars with their intervals.

use maud::{Markup, html};

use super::figure::{figure, legend};
use super::svg::{WIDTH, path, px, rectangle};
use crate::metric::Unit;
use crate::report::chart::{Chart, Shares};
use crate::report::document::{estimate_of, with_interval};
use crate::statistics::Proportion;

/// How wide 100 % is.
const WHOLE: f64 = 240.0;
const NAME: f64 = 18.0;
const BAR: f64 = 17.0;
const HEADING: f64 = 26.0;
/// The colours of bars, by their sides.
const SIDES: [&str; 2] = ["bars", "bars s1"];

pub(super) fn draw(chart: &Chart, shares: &Shares) -> Markup {
    let (mut y, mut parts, mut said) = (0.0, Vec::new(), Vec::new());
    for (heading, rows) in &shares.groups {
        if !heading.is_empty() {
            parts.push(html! { text.heading x="0" y=(px(y + 14.0)) { (heading) } });
            y += HEADING;
        }
        for (name, proportions) in rows {
            parts.push(html! {
                text.name x="0" y=(px(y + 11.0)) { (name) }
                @for (side, proportion) in proportions.iter().enumerate() {
                    (bar(proportion, SIDES[side % SIDES.len()], y + 14.0 + BAR * side as f64))
                }
            });
            let words: Vec<String> = proportions.iter().map(self::words).collect();
            said.push(format!("{name}: {}", words.join(", ")));
            y += NAME + BAR * proportions.len() as f64;
        }
        y += BAR / 2.0;
    }
    let label = format!("{}. {}", chart.title, said.join("; "));
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(y)) } role="img" aria-label=(label) { @for part in &parts { (part) } }
    };
    let sides: Vec<(String, &str)> =
        shares.sides.iter().zip(SIDES).map(|(name, class)| (class.to_owned(), name.as_str())).collect();
    figure(&chart.title, &chart.about, &legend(&sides), &drawing, 0)
}

fn words(proportion: &Proportion) -> String {
    with_interval(Unit::Probability, &estimate_of(proportion))
}

fn bar(proportion: &Proportion, class: &str, top: f64) -> Markup {
    let [low, high] = proportion.ci95.map(|end| end.0 * WHOLE);
    let middle = top + 7.0;
    let end = |x: f64| path([(x, middle - 4.0), (x, middle + 4.0)]);
    html! {
        path.ground d=(rectangle(0.0, top + 1.0, WHOLE, 12.0)) {}
        path class=(class) d=(rectangle(0.0, top + 1.0, proportion.probability.0 * WHOLE, 12.0)) {}
        path.whiskers d=(path([(low, middle), (high, middle)]) + &end(low) + &end(high)) {}
        text.end x=(px(WIDTH)) y=(px(middle + 4.5)) { (words(proportion)) }
    }
}
