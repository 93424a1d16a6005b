//! The metrics that have a histogram file.

use std::borrow::Cow;

use hdrhistogram::Histogram;

use crate::experiment::Tally;
use crate::scenario::Scenario;
use crate::statistics::{ClusteredSample, Sample, Unit};

/// A metric's name in `summary.json` and its histogram.
#[derive(Clone, Debug)]
pub struct Metric<'t> {
    /// As in `campaign.time_to_success_s`.
    pub name: String,
    /// What its integers mean.
    pub unit: Unit,
    /// Its numbers, in steps of `resolution`.
    pub histogram: Cow<'t, Histogram<u64>>,
    /// How many units a step of the histogram holds.
    pub resolution: u128,
}

impl<'t> Metric<'t> {
    fn of_sample(name: &str, sample: &'t Sample) -> Metric<'t> {
        Metric {
            name: name.to_owned(),
            unit: sample.unit(),
            histogram: Cow::Borrowed(sample.histogram()),
            resolution: sample.resolution(),
        }
    }

    fn of_clusters(name: &str, sample: &'t ClusteredSample) -> Metric<'t> {
        Metric { name: name.to_owned(), unit: sample.unit(), histogram: Cow::Owned(sample.histogram()), resolution: 1 }
    }

    /// A number of the histogram as it is shown: seconds or a count.
    pub fn show(&self, value: f64) -> f64 {
        self.unit.show(value * self.resolution as f64)
    }
}

/// All metrics, in the order of `summary.json`, those of each build as `builds.NAME.` and the name of the metric.
pub fn metrics<'t>(scenario: &Scenario, tally: &'t Tally) -> Vec<Metric<'t>> {
    let mut metrics = of_tally(tally);
    for (build, tally) in scenario.builds.iter().zip(&tally.builds) {
        let named = |metric: Metric<'t>| Metric { name: format!("builds.{}.{}", build.name, metric.name), ..metric };
        metrics.extend(of_tally(tally).into_iter().map(named));
    }
    metrics
}

fn of_tally(tally: &Tally) -> Vec<Metric<'_>> {
    let sample = Metric::of_sample;
    let mut metrics = vec![
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
        sample("first_job.robots_failed_at_halt", &tally.robots_failed_at_halt),
        sample("first_job.detection_s", &tally.detection),
        sample("first_job.peak_in_flight", &tally.peak_in_flight),
        Metric::of_clusters("robot.time_to_success_s", &tally.robot_time_to_success),
        Metric::of_clusters("robot.deployment_s", &tally.robot_deployment),
        sample("robot.out_of_service_s", &tally.out_of_service),
        sample("robot.down_s", &tally.down),
    ];
    metrics.extend(tally.late_syncs.as_ref().map(|late_syncs| sample("robot.late_syncs", late_syncs)));
    if let Some(download) = &tally.download {
        metrics.extend([
            sample("download.bytes", &download.bytes),
            sample("download.peak_egress_bit_s", &download.peak_egress),
            sample("download.mean_egress_bit_s", &download.mean_egress),
        ]);
    }
    if let Some(api) = &tally.api {
        metrics.extend([
            sample("campaign.api.calls", &api.calls),
            sample("campaign.api.throttled", &api.throttled),
            sample("campaign.api.internal_errors", &api.internal_errors),
            sample("campaign.api.lost_answers", &api.lost_answers),
            sample("campaign.api.retries", &api.retries),
            sample("campaign.api.given_up", &api.given_up),
            sample("campaign.api.concurrent_deployment_exceptions", &api.concurrent_deployment_exceptions),
        ]);
    }
    metrics
}
