//! What results say, in their order: the one list behind metrics and histograms.

use hdrhistogram::Histogram;

use super::Unit;
use crate::experiment::{ApiTally, DownloadTally, FirstJobOutcome, Tally};
use crate::rollout::CampaignOutcome;
use crate::scenario::Scenario;
use crate::statistics::{self, ClusteredSample, Estimate, Sample, Statistic};

/// The numbers of a distribution in results.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'t> {
    /// At most one a replication.
    Independent(&'t Sample),
    /// Many a replication.
    Clustered(&'t ClusteredSample),
}

impl<'t> Numbers<'t> {
    /// All statistics in the order of [`Statistic::ALL`].
    pub fn estimates(&self) -> [Estimate; Statistic::ALL.len()] {
        match self {
            Numbers::Independent(sample) => sample.estimates(),
            Numbers::Clustered(sample) => sample.estimates(),
        }
    }

    /// All numbers; see [`Numbers::show`].
    pub fn histogram(&self) -> Histogram<u64> {
        match self {
            Numbers::Independent(sample) => sample.histogram(),
            Numbers::Clustered(sample) => sample.histogram(),
        }
    }

    /// A number of the histogram as it is shown: seconds or a count.
    pub fn show(&self, value: f64) -> f64 {
        let (unit, resolution): (statistics::Unit, u128) = match self {
            Numbers::Independent(sample) => (sample.unit(), sample.resolution()),
            Numbers::Clustered(sample) => (sample.unit(), 1),
        };
        unit.show(value * resolution as f64)
    }
}

/// All distributions of an experiment's results by their names in `summary.json`, in its order; those of each build as
/// `builds.NAME.` and the name.
pub fn distributions<'t>(scenario: &Scenario, tally: &'t Tally) -> Vec<(String, Numbers<'t>)> {
    let builds =
        scenario.builds.iter().zip(&tally.builds).map(|(build, tally)| (format!("builds.{}.", build.name), tally));
    std::iter::once((String::new(), tally)).chain(builds).flat_map(|(prefix, tally)| of_tally(prefix, tally)).collect()
}

fn of_tally(prefix: String, tally: &Tally) -> impl Iterator<Item = (String, Numbers<'_>)> {
    ENTRIES.iter().filter_map(move |entry| Some((format!("{prefix}{}", entry.name), entry.numbers(tally)?)))
}

/// What stands under a name in `summary.json`.
pub(super) struct Entry {
    pub name: &'static str,
    pub of: Of,
    pub part: Part,
}

impl Entry {
    /// The numbers, if it is a distribution that a tally has.
    pub fn numbers<'t>(&self, tally: &'t Tally) -> Option<Numbers<'t>> {
        match self.of {
            Of::Numbers(_, numbers) => numbers(tally),
            _ => None,
        }
    }
}

/// The kind of an entry, and where a tally keeps it.
pub(super) enum Of {
    /// How many there are.
    Replications,
    /// How many replications came to an outcome.
    Outcome(fn(&Tally) -> u64),
    /// A distribution.
    Numbers(Unit, fn(&Tally) -> Option<Numbers<'_>>),
    /// How often each failure code occurred.
    Codes,
}

/// The part of a scenario that an entry needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    None,
    Connectivity,
    Download,
    Api,
}

impl Part {
    pub fn is_in(self, scenario: &Scenario) -> bool {
        match self {
            Part::None => true,
            Part::Connectivity => scenario.groups.iter().any(|group| group.connectivity.is_some()),
            Part::Download => scenario.download.is_some(),
            Part::Api => scenario.api.is_some(),
        }
    }

    /// As a scenario writes it.
    pub const fn written(self) -> &'static str {
        match self {
            Part::None => "",
            Part::Connectivity => "[group.connectivity]",
            Part::Download => "[download]",
            Part::Api => "[api]",
        }
    }
}

const fn outcome(name: &'static str, count: fn(&Tally) -> u64) -> Entry {
    Entry { name, of: Of::Outcome(count), part: Part::None }
}

const fn numbers(name: &'static str, unit: Unit, of: fn(&Tally) -> Option<Numbers<'_>>) -> Entry {
    Entry { name, of: Of::Numbers(unit, of), part: Part::None }
}

/// A distribution of a part of the world.
const fn of_part(entry: Entry, part: Part) -> Entry {
    Entry { name: entry.name, of: entry.of, part }
}

fn sample(sample: &Sample) -> Option<Numbers<'_>> {
    Some(Numbers::Independent(sample))
}

fn clusters(sample: &ClusteredSample) -> Option<Numbers<'_>> {
    Some(Numbers::Clustered(sample))
}

fn api(tally: &Tally, of: fn(&ApiTally) -> &Sample) -> Option<Numbers<'_>> {
    tally.api.as_ref().map(|api| Numbers::Independent(of(api)))
}

fn download(tally: &Tally, of: fn(&DownloadTally) -> &Sample) -> Option<Numbers<'_>> {
    tally.download.as_ref().map(|download| Numbers::Independent(of(download)))
}

use Part::{Api, Connectivity, Download};
use Unit::{BitsPerSecond, Bytes, Count, Seconds};

/// The distributions that are [`Numbers::Clustered`].
pub(super) const CLUSTERED: [&str; 2] = ["robot.time_to_success_s", "robot.deployment_s"];

/// Everything that stands in `summary.json` beside the identity of the run, in its order; the same again for each build.
pub(super) const ENTRIES: &[Entry] = &[
    Entry { name: "replications", of: Of::Replications, part: Part::None },
    outcome("campaign.outcomes.in_sync", |t| t.outcomes[CampaignOutcome::InSync as usize]),
    outcome("campaign.outcomes.halted", |t| t.outcomes[CampaignOutcome::Halted as usize]),
    outcome("campaign.outcomes.timed_out", |t| t.outcomes[CampaignOutcome::TimedOut as usize]),
    outcome("campaign.outcomes.max_jobs", |t| t.outcomes[CampaignOutcome::MaxJobs as usize]),
    outcome("campaign.outcomes.horizon", |t| t.outcomes[CampaignOutcome::Horizon as usize]),
    numbers("campaign.time_to_success_s", Seconds, |t| sample(&t.campaign_time_to_success)),
    numbers("campaign.jobs", Count, |t| sample(&t.campaign_jobs)),
    numbers("campaign.concurrent_deployment_exceptions", Count, |t| sample(&t.concurrent_deployment_exceptions)),
    numbers("campaign.peak_robots_down", Count, |t| sample(&t.peak_robots_down)),
    of_part(numbers("campaign.api.calls", Count, |t| api(t, |api| &api.calls)), Api),
    of_part(numbers("campaign.api.throttled", Count, |t| api(t, |api| &api.throttled)), Api),
    of_part(numbers("campaign.api.internal_errors", Count, |t| api(t, |api| &api.internal_errors)), Api),
    of_part(numbers("campaign.api.lost_answers", Count, |t| api(t, |api| &api.lost_answers)), Api),
    of_part(numbers("campaign.api.retries", Count, |t| api(t, |api| &api.retries)), Api),
    of_part(numbers("campaign.api.given_up", Count, |t| api(t, |api| &api.given_up)), Api),
    of_part(
        numbers("campaign.api.concurrent_deployment_exceptions", Count, |t| {
            api(t, |api| &api.concurrent_deployment_exceptions)
        }),
        Api,
    ),
    outcome("first_job.outcomes.Succeeded", |t| t.first_job_outcomes[FirstJobOutcome::Succeeded as usize]),
    outcome("first_job.outcomes.FailureThresholdBreached", |t| {
        t.first_job_outcomes[FirstJobOutcome::FailureThresholdBreached as usize]
    }),
    outcome("first_job.outcomes.FleetDeploymentTimeout", |t| {
        t.first_job_outcomes[FirstJobOutcome::FleetDeploymentTimeout as usize]
    }),
    numbers("first_job.makespan_s", Seconds, |t| sample(&t.makespan)),
    numbers("first_job.time_to_success_s", Seconds, |t| sample(&t.first_job_time_to_success)),
    numbers("first_job.robots_succeeded", Count, |t| sample(&t.robots_succeeded)),
    numbers("first_job.robots_failed", Count, |t| sample(&t.robots_failed)),
    numbers("first_job.robots_no_response", Count, |t| sample(&t.robots_no_response)),
    numbers("first_job.robots_not_attempted", Count, |t| sample(&t.robots_not_attempted)),
    numbers("first_job.threshold_overshoot", Count, |t| sample(&t.threshold_overshoot)),
    numbers("first_job.robots_failed_at_halt", Count, |t| sample(&t.robots_failed_at_halt)),
    numbers("first_job.detection_s", Seconds, |t| sample(&t.detection)),
    numbers("first_job.peak_in_flight", Count, |t| sample(&t.peak_in_flight)),
    numbers(CLUSTERED[0], Seconds, |t| clusters(&t.robot_time_to_success)),
    numbers(CLUSTERED[1], Seconds, |t| clusters(&t.robot_deployment)),
    numbers("robot.out_of_service_s", Seconds, |t| sample(&t.out_of_service)),
    numbers("robot.down_s", Seconds, |t| sample(&t.down)),
    of_part(numbers("robot.late_syncs", Count, |t| t.late_syncs.as_ref().map(Numbers::Independent)), Connectivity),
    Entry { name: "robot.failure_codes", of: Of::Codes, part: Part::None },
    of_part(numbers("download.bytes", Bytes, |t| download(t, |d| &d.bytes)), Download),
    of_part(numbers("download.peak_egress_bit_s", BitsPerSecond, |t| download(t, |d| &d.peak_egress)), Download),
    of_part(numbers("download.mean_egress_bit_s", BitsPerSecond, |t| download(t, |d| &d.mean_egress)), Download),
];
