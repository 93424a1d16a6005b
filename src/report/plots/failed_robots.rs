//! How many robots the first job hurts, with the failure threshold.

use plotters::prelude::*;

use super::axis::{Axis, decimal_step};
use super::canvas::{BLUE, IN_MEMORY, Mesh, RED, chart, identity, label, picture};
use crate::experiment::{Extent, Tally};
use crate::measure::ROBOTS_HURT;
use crate::metric::Summary;
use crate::metric::words::counted;
use crate::rollout::OnBreach;
use crate::scenario::{Rules, Scenario};

const TITLE: &str = "Robots hurt by the first job";
const BARS: f64 = 90.0;

/// How many robots are hurt, in bars.
pub struct Bars {
    /// The number of robots that halts the job, as far as it is one: jobs of fleets that grow differ.
    pub limit: Option<Extent>,
    /// Whether that lies far beyond everything that happened: it would press it against the left edge, so a note stands for it.
    pub far: bool,
    /// One bar a number of robots where they fit, else a round number of them; an edge of the bars is at the limit.
    pub width: u64,
    /// The replications of each bar.
    pub counts: Vec<u64>,
    first: u64,
}

impl Bars {
    pub fn new(tally: &Tally) -> Bars {
        let limit = tally.limits.failures;
        let least = limit.map_or(0, |limit| u64::from(limit.least));
        let histogram = tally[ROBOTS_HURT].histogram();
        let most = histogram.max();
        let far = least > 4 * (most + 5);
        let end = if far { most } else { most.max(least) };
        let width = decimal_step((end + 1) as f64 / BARS).max(1.0) as u64;
        let first = least % width;
        let bar_of = |failures: u64| (failures + width - first) / width;
        let mut counts = vec![0u64; bar_of(end) as usize + 1];
        for cell in histogram.iter_recorded() {
            let value = histogram.lowest_equivalent(cell.value_iterated_to());
            counts[bar_of(value) as usize] += cell.count_since_last_iteration();
        }
        Bars { limit, far, width, counts, first }
    }

    /// The first robot of a bar; the leftmost bar may be cut at 0.
    pub fn first_of(&self, bar: usize) -> u64 {
        (bar as u64 * self.width + self.first).saturating_sub(self.width)
    }

    /// A bar stands around its numbers, and the line before the first number that halts.
    pub fn start_of(&self, bar: usize) -> f64 {
        self.first_of(bar) as f64 - 0.5
    }
}

/// `halts at 5`, and what share of the fleet that is, if the rules say it so.
pub fn halts_at(rules: &Rules, limit: Extent) -> String {
    let share = rules.robo_maker().map(|rules| format!(" ({} %)", rules.failure_threshold_percentage()));
    format!("halts at {limit}{}", share.unwrap_or_default())
}

pub fn draw(scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let rules = &scenario.deployment.rules;
    let bars = Bars::new(tally);
    let Bars { limit, far, width, counts, .. } = &bars;
    let (far, width) = (*far, *width);
    let start_of = |bar: usize| bars.start_of(bar);
    let share = |count: u64| count as f64 / tally.replications as f64;
    let robots = Axis::count(-0.5, start_of(counts.len()), 12);
    let shares = Axis::share(share(counts.iter().copied().max().unwrap_or(1)) * 1.15, 5);
    let fleet = counted(scenario.fleet_size().into(), "robot");
    let mut note = format!("{}; failed or no response, of {fleet}", identity(summary));
    if tally.limits.aborts || rules.robo_maker().is_some_and(|rules| rules.on_breach() == OnBreach::Abort) {
        note += "; robots aborted at the halt are not counted";
    }
    let per = if width == 1 { String::new() } else { format!(" per {width} robots") };
    picture(TITLE, &note, &[], |body| {
        let y_desc = format!("share of replications{per}");
        let mut chart = chart(
            body,
            (&robots, "robots that fail or do not respond in the first job"),
            (&shares, &y_desc),
            Mesh::Horizontal,
            0,
        );
        chart
            .draw_series(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, count)| {
                let edges = [(start_of(bar), 0.0), (start_of(bar + 1), share(*count))];
                Rectangle::new(edges, BLUE.mix(0.7).filled())
            }))
            .expect(IN_MEMORY);
        let Some(limit) = limit else { return };
        let words = halts_at(rules, *limit);
        if far {
            let corner = chart.backend_coord(&(robots.end, shares.end));
            label(body, corner, &(words + ", beyond the right edge"), false, 4);
        } else {
            let threshold = f64::from(limit.least) - 0.5;
            let line = PathElement::new([(threshold, 0.0), (threshold, shares.end)], RED.stroke_width(3));
            chart.draw_series([line]).expect(IN_MEMORY);
            let top = chart.backend_coord(&(threshold, shares.end));
            label(body, top, &words, threshold < 0.6 * robots.end, 4);
        }
    })
}
