//! The origin's rate over time: the mean over campaigns.

use super::canvas::{empty, identity};
use super::over_time::{self, Scale};
use crate::experiment::Tally;
use crate::metric::Summary;
use crate::scenario::Scenario;

const TITLE: &str = "Egress over time";

pub fn draw(scenario: &Scenario, summary: &Summary, tally: &Tally) -> String {
    let egress = tally.curves.as_ref().and_then(|curves| curves.egress.as_ref());
    let (Some(egress), Some(download)) = (egress, &scenario.download) else {
        return empty(TITLE, &identity(summary), "The egress was not recorded.");
    };
    let means = egress.means(tally.replications);
    if means.iter().all(|(_, mean)| *mean == 0.0) {
        return empty(TITLE, &identity(summary), "Nothing is downloaded, or downloads take no time.");
    }
    let limit = download.egress.map(|egress| (egress as f64, String::from("egress cap")));
    over_time::draw(TITLE, "mean egress over all campaigns", summary, &means, limit, Scale::Rate)
}
