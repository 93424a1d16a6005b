//! The share of each build's campaigns that are in sync by some time.

use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{BLUE, GREEN, IN_MEMORY, LegendEntry, Mesh, ORANGE, PURPLE, RED, chart};
use super::canvas::{empty, identity, picture};
use crate::experiment::Tally;
use crate::measure::TIME_TO_SUCCESS;
use crate::metric::Summary;
use crate::scenario::Scenario;
use crate::time::seconds;

const TITLE: &str = "Campaigns in sync over time, by build";

/// A colour a build; further builds are not drawn, and the note says so.
const COLORS: [RGBColor; 5] = [BLUE, RED, GREEN, ORANGE, PURPLE];

pub fn draw(scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let builds: Vec<(&str, &Tally)> =
        scenario.builds.iter().map(|build| build.name.as_str()).zip(&tally.builds).collect();
    let curves: Vec<(&str, Vec<(f64, f64)>)> =
        builds.iter().take(COLORS.len()).map(|(name, tally)| (*name, in_sync_by(tally))).collect();
    let end = curves.iter().flat_map(|(_, curve)| curve.last()).map(|(instant, _)| *instant).fold(0.0, f64::max);
    if end == 0.0 {
        return empty(TITLE, &identity(summary), "No campaign ended with the whole fleet in sync.");
    }
    let times = Axis::time(0.0, end, 8);
    let shares = Axis::share(1.0, 5);
    let names: Vec<String> = curves.iter().map(|(name, _)| shortened(name)).collect();
    let legend: Vec<LegendEntry<'_>> = names
        .iter()
        .zip(COLORS)
        .map(|(name, color)| LegendEntry { name, color: color.to_rgba(), filled: false })
        .collect();
    let more = builds.len().saturating_sub(COLORS.len());
    let note = if more > 0 { format!("{}; {more} more not drawn", identity(summary)) } else { identity(summary) };
    picture(TITLE, &note, &legend, |body| {
        let mut chart = chart(
            body,
            (&times, "time since the start of the rollout"),
            (&shares, "share of the build's campaigns"),
            Mesh::Full,
            20,
        );
        for ((_, curve), color) in curves.iter().zip(COLORS) {
            let last = curve.last().map_or(0.0, |(_, share)| *share);
            let whole = curve.iter().copied().chain([(times.end, last)]);
            chart.draw_series(LineSeries::new(whole, color.stroke_width(5))).expect(IN_MEMORY);
        }
    })
}

/// The share of all campaigns that are in sync by each instant, as the corners of a staircase.
pub fn in_sync_by(tally: &Tally) -> Vec<(f64, f64)> {
    let histogram = tally[TIME_TO_SUCCESS].histogram();
    let mut seen = 0;
    let mut curve = vec![(0.0, 0.0)];
    for cell in histogram.iter_recorded() {
        let share = |seen: u64| seen as f64 / tally.replications as f64;
        let instant = seconds(histogram.median_equivalent(cell.value_iterated_to()));
        curve.push((instant, share(seen)));
        seen += cell.count_since_last_iteration();
        curve.push((instant, share(seen)));
    }
    curve
}

/// A name that fits the legend.
fn shortened(name: &str) -> String {
    const FITS: usize = 18;
    if name.len() <= FITS { name.to_owned() } else { format!("{}...", &name[..FITS - 3]) }
}
