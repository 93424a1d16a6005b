//! Charts as pictures of their own, as SVG: `plots/*.svg`.
//!
//! plotters draws on whole pixels, so everything is drawn at twice its size and shown at half. The backend needs no
//! system library and no font: text stays text.

mod canvas;
mod heat_map;
mod plane;
mod shares;

use canvas::empty;

use super::chart::{Body, Chart};

/// A chart as a picture; `identity` says whose numbers it shows.
pub(crate) fn draw(chart: &Chart, identity: &str) -> String {
    match &chart.body {
        Body::Plane(plane) => plane::draw(chart, identity, plane),
        Body::Shares(shares) => shares::draw(chart, identity, shares),
        Body::HeatMap(map) => heat_map::draw(chart, identity, map),
        Body::Nothing(why) => empty(chart, identity, why),
    }
}
