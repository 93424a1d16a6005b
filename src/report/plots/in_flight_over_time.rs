//! Robots in flight over time: the mean over campaigns.

use super::canvas::{empty, identity};
use super::over_time::{self, Scale};
use crate::experiment::Tally;
use crate::metric::Summary;

const TITLE: &str = "Robots deploying over time";

pub fn draw(summary: &Summary, tally: &Tally) -> String {
    let Some(curves) = &tally.curves else {
        return empty(TITLE, &identity(summary), "Robots in flight were not recorded.");
    };
    let means = curves.in_flight.means(tally.replications);
    if means.iter().all(|(_, mean)| *mean == 0.0) {
        return empty(TITLE, &identity(summary), "No robot deploys, or deployments take no time.");
    }
    let limit = tally.limits.in_flight.map(|slots| (f64::from(slots.most), format!("{slots} at once at most")));
    over_time::draw(TITLE, "mean number of robots deploying", summary, &means, limit, Scale::Robots)
}
