//! How campaigns and first jobs end: bars with their intervals.

use maud::{Markup, html};

use super::chart::figure;
use super::svg::{WIDTH, path, px, rectangle};
use crate::metric::Summary;
use crate::metric::words::percent;
use crate::statistics::Proportion;

/// How wide 100 % is.
const WHOLE: f64 = 240.0;
const ROW: f64 = 36.0;
const HEADING: f64 = 26.0;

pub(super) fn chart(summary: &Summary) -> Markup {
    let (campaigns, first_jobs) = (summary.proportions("campaign."), summary.proportions("first_job."));
    let mut y = 0.0;
    let mut parts = Vec::new();
    for (heading, rows) in [("Campaign", &campaigns[..]), ("First job", &first_jobs[..])] {
        parts.push(html! { text.heading x="0" y=(px(y + 14.0)) { (heading) } });
        y += HEADING;
        for (name, proportion) in rows {
            parts.push(row(name, proportion, y));
            y += ROW;
        }
        y += ROW / 4.0;
    }
    let title = "How rollouts end";
    let about = "Shares of the campaigns, with whiskers for their 95 % intervals.";
    let words = campaigns.iter().chain(&first_jobs).map(|(name, share)| format!("{name}: {}", with_interval(share)));
    let label = format!("{title}. {}", words.collect::<Vec<_>>().join("; "));
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(y)) } role="img" aria-label=(label) { @for part in parts { (part) } }
    };
    figure(title, about, &html! {}, &drawing, 0)
}

fn row(name: &str, proportion: &Proportion, y: f64) -> Markup {
    let [low, high] = proportion.ci95.map(|end| end.0 * WHOLE);
    let (top, middle) = (y + 17.0, y + 23.0);
    let end = |x: f64| path([(x, middle - 4.0), (x, middle + 4.0)]);
    let whisker = path([(low, middle), (high, middle)]) + &end(low) + &end(high);
    html! {
        text x="0" y=(px(y + 11.0)) { (name) }
        path.ground d=(rectangle(0.0, top, WHOLE, 12.0)) {}
        path.bars d=(rectangle(0.0, top, proportion.probability.0 * WHOLE, 12.0)) {}
        path.whiskers d=(whisker) {}
        text.end x=(px(WIDTH)) y=(px(middle + 4.0)) { (with_interval(proportion)) }
    }
}

fn with_interval(proportion: &Proportion) -> String {
    let [low, high] = proportion.ci95.map(percent);
    format!("{} ({low} to {high})", percent(proportion.probability))
}
