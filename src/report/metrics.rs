//! The metrics that have a histogram file.

use hdrhistogram::Histogram;

use crate::experiment::Tally;
use crate::statistics::{ClusteredSample, Sample, Unit};

/// A metric's name in `summary.json` and its histogram.
#[derive(Clone, Copy, Debug)]
pub struct Metric<'t> {
    /// As in `campaign.time_to_success_s`.
    pub name: &'static str,
    /// What its integers mean.
    pub unit: Unit,
    /// Its numbers, in steps of `resolution`.
    pub histogram: &'t Histogram<u64>,
    /// How many units a step of the histogram holds.
    pub resolution: u128,
}

impl<'t> Metric<'t> {
    fn of_sample(name: &'static str, sample: &'t Sample) -> Metric<'t> {
        Metric { name, unit: sample.unit(), histogram: sample.histogram(), resolution: sample.resolution() }
    }

    fn of_clusters(name: &'static str, sample: &'t ClusteredSample) -> Metric<'t> {
        Metric { name, unit: sample.unit(), histogram: sample.histogram(), resolution: 1 }
    }

    /// A number of the histogram as it is shown: seconds or a count.
    pub fn show(&self, value: f64) -> f64 {
        self.unit.show(value * self.resolution as f64)
    }
}

/// All metrics, in the order of `summary.json`.
pub fn metrics(tally: &Tally) -> Vec<Metric<'_>> {
    let sample = Metric::of_sample;
    vec![
        sample("campaign.time_to_success_s", &tally.campaign_time_to_success),
        sample("campaign.jobs", &tally.campaign_jobs),
        sample("campaign.concurrent_deployment_exceptions", &tally.concurrent_deployment_exceptions),
        sample("campaign.peak_robots_down", &tally.peak_robots_down),
        sample("first_job.makespan_s", &tally.makespan),
        sample("first_job.time_to_success_s", &tally.first_job_time_to_success),
        sample("first_job.robots_succeeded", &tally.robots_succeeded),
        sample("first_job.robots_failed", &tally.robots_failed),
        sample("first_job.robots_no_response", &tally.robots_no_response),
        sample("first_job.robots_not_attempted", &tally.robots_not_attempted),
        sample("first_job.threshold_overshoot", &tally.threshold_overshoot),
        sample("first_job.peak_in_flight", &tally.peak_in_flight),
        Metric::of_clusters("robot.time_to_success_s", &tally.robot_time_to_success),
        Metric::of_clusters("robot.deployment_s", &tally.robot_deployment),
        sample("robot.out_of_service_s", &tally.out_of_service),
        sample("robot.down_s", &tally.down),
    ]
}
