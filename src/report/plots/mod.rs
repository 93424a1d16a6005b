//! The pictures, as SVG: `plots/*.svg`.
//!
//! plotters draws on whole pixels, so everything is drawn at twice its size and shown at half. The backend needs no system
//! library and no font: text stays text.

mod axis;
mod canvas;
mod failed_robots;
mod in_sync_over_time;
mod outcomes;
mod time_to_success;

use super::Summary;
use crate::experiment::Tally;
use crate::scenario::Scenario;

/// All pictures with their names.
pub fn render(scenario: &Scenario, summary: &Summary, tally: &Tally) -> Vec<(&'static str, String)> {
    vec![
        ("outcomes", outcomes::draw(scenario, summary)),
        ("time_to_success", time_to_success::draw(scenario, summary, tally)),
        ("in_sync_over_time", in_sync_over_time::draw(scenario, summary, tally)),
        ("failed_robots", failed_robots::draw(scenario, summary, tally)),
    ]
}
