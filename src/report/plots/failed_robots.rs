//! How many robots the first job hurts, with the failure threshold.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::canvas::{BLUE, GRID, IN_MEMORY, INK, LABEL, RED, SOFT, identity, picture, style};
use crate::experiment::Tally;
use crate::report::Summary;
use crate::rollout::failure_limit;
use crate::scenario::Scenario;

const TITLE: &str = "Robots hurt by the first job";
const BARS: u64 = 90;

pub fn draw(scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let percentage = scenario.deployment.failure_threshold_percentage;
    let limit = failure_limit(scenario.fleet_size(), percentage);
    let histogram = tally.counted_failures.histogram();
    let most = histogram.max().max(u64::from(limit));
    // One bar a number of robots where they fit, else whole numbers of robots a bar.
    let width = (most + 1).div_ceil(BARS);
    let bars = (most + 1).div_ceil(width);
    let mut counts = vec![0u64; bars as usize];
    for cell in histogram.iter_recorded() {
        let value = histogram.lowest_equivalent(cell.value_iterated_to());
        counts[(value / width) as usize] += cell.count_since_last_iteration();
    }
    let share = |count: u64| count as f64 / tally.replications as f64;
    // A bar stands around its numbers, and the line before the first number that halts.
    let robots = Axis::count(-0.5, (bars * width) as f64 - 0.5, 12);
    let shares = Axis::share(share(counts.iter().copied().max().unwrap_or(1)) * 1.15, 5);
    let note = format!("{}; failed or no response, of {} robots", identity(summary), scenario.fleet_size());
    let per = if width == 1 { String::new() } else { format!(" per {width} robots") };
    picture(TITLE, &note, &[], |body| {
        let mut chart = ChartBuilder::on(body)
            .margin_left(40)
            .margin_right(60)
            .margin_bottom(20)
            .x_label_area_size(100)
            .y_label_area_size(140)
            .build_cartesian_2d(robots.clone(), shares.clone())
            .expect(IN_MEMORY);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.stroke_width(2))
            .axis_style(SOFT.stroke_width(2))
            .label_style(style(LABEL, &SOFT))
            .axis_desc_style(style(LABEL, &INK))
            .x_desc("robots that fail or do not respond in the first job")
            .y_desc(format!("share of replications{per}"))
            .x_label_formatter(&|value| robots.label(value))
            .y_label_formatter(&|value| shares.label(value))
            .draw()
            .expect(IN_MEMORY);
        chart
            .draw_series(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, count)| {
                let left = (bar as u64 * width) as f64 - 0.5;
                Rectangle::new([(left, 0.0), (left + width as f64, share(*count))], BLUE.mix(0.7).filled())
            }))
            .expect(IN_MEMORY);
        let threshold = f64::from(limit) - 0.5;
        let line = PathElement::new([(threshold, 0.0), (threshold, shares.end)], RED.stroke_width(3));
        chart.draw_series([line]).expect(IN_MEMORY);
        let left = threshold > 0.6 * robots.end;
        let (anchor, offset) = if left { (HPos::Right, -10) } else { (HPos::Left, 10) };
        let label = format!("halts at {limit} ({percentage} %)");
        let style = style(LABEL, &RED).pos(Pos::new(anchor, VPos::Top));
        let mark = EmptyElement::at((threshold, shares.end)) + Text::new(label, (offset, 4), style);
        chart.draw_series([mark]).expect(IN_MEMORY);
    })
}
