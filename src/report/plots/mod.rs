//! The pictures, as SVG: `plots/*.svg`.
//!
//! plotters draws on whole pixels, so everything is drawn at twice its size and shown at half. The backend needs no system
//! library and no font: text stays text.

pub(in crate::report) mod axis;
mod canvas;
pub mod compare;
mod egress_over_time;
pub(in crate::report) mod failed_robots;
pub(in crate::report) mod heat_map;
mod in_flight_over_time;
pub(in crate::report) mod in_sync_over_time;
mod outcomes;
pub(in crate::report) mod over_time;
pub mod sweep;
pub(in crate::report) mod sweep_lines;
pub(in crate::report) mod time_to_success;
pub(in crate::report) mod time_to_success_by_build;
pub mod trade_off;

use crate::experiment::Tally;
use crate::metric::Summary;
use crate::scenario::Scenario;

/// The names of the pictures that only scenarios with some part of the world have.
pub const OF_PARTS: [&str; 2] = ["egress_over_time", "time_to_success_by_build"];

/// All pictures with their names; those of a part of the world only where the scenario has it.
pub fn render(scenario: &Scenario, summary: &Summary, tally: &Tally) -> Vec<(&'static str, String)> {
    let mut pictures = vec![
        ("outcomes", outcomes::draw(scenario, summary)),
        ("time_to_success", time_to_success::draw(scenario, summary, tally)),
        ("in_sync_over_time", in_sync_over_time::draw(scenario, summary, tally)),
        ("failed_robots", failed_robots::draw(scenario, summary, tally)),
        ("in_flight_over_time", in_flight_over_time::draw(summary, tally)),
    ];
    if scenario.download.is_some() {
        pictures.push((OF_PARTS[0], egress_over_time::draw(scenario, summary, tally)));
    }
    if !scenario.builds.is_empty() {
        pictures.push((OF_PARTS[1], time_to_success_by_build::draw(scenario, summary, tally)));
    }
    pictures
}
