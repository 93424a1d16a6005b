//! The tally: everything that is remembered of replications.

use super::InSyncCurve;
use crate::rollout::{CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, RobotEnd, RobotId, failure_limit};
use crate::simulation::{JobRecord, Observer, Plan, Replication};
use crate::statistics::{ClusteredSample, Sample, Unit};
use crate::time::{Span, Time};

/// How the first job ended, in the order of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstJobOutcome {
    /// All targets ended without a breach (R11).
    Succeeded,
    /// It halted, and its robots in flight ended (R9).
    FailureThresholdBreached,
    /// It hit the fleet timeout (R10), whether it had halted before or not.
    FleetDeploymentTimeout,
}

impl FirstJobOutcome {
    /// A job's outcome; none if the horizon cut it off.
    pub fn of(job: &JobRecord) -> Option<FirstJobOutcome> {
        match (job.status, job.failure_code) {
            (DeploymentStatus::Succeeded, _) => Some(FirstJobOutcome::Succeeded),
            (_, Some(DeploymentJobErrorCode::FailureThresholdBreached)) => {
                Some(FirstJobOutcome::FailureThresholdBreached)
            }
            (_, Some(DeploymentJobErrorCode::FleetDeploymentTimeout)) => Some(FirstJobOutcome::FleetDeploymentTimeout),
            _ => None,
        }
    }
}

/// Counts, sums and histograms of replications. Watches a campaign for what concerns single robots; [`Tally::end_replication`]
/// adds the rest. Merging is exact in any order.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The least number of failures that halts a job (R9).
    failure_limit: u32,
    /// How many replications were added.
    pub replications: u64,
    /// By [`CampaignOutcome`].
    pub outcomes: [u64; CampaignOutcome::ALL.len()],
    /// Start to the last robot's `InSync`, over campaigns that end in sync.
    pub campaign_time_to_success: Sample,
    /// Jobs per campaign.
    pub campaign_jobs: Sample,
    /// Refused calls per campaign.
    pub concurrent_deployment_exceptions: Sample,
    /// The most robots down at once.
    pub peak_robots_down: Sample,
    /// By [`FirstJobOutcome`].
    pub first_job_outcomes: [u64; 3],
    /// `InProgress` to the first job's last robot ended.
    pub makespan: Sample,
    /// The same, over first jobs that succeeded.
    pub first_job_time_to_success: Sample,
    /// Robots of the first job that ended `InSync`.
    pub robots_succeeded: Sample,
    /// That ended `Failed`, aborted ones included.
    pub robots_failed: Sample,
    /// That ended `NoResponse`.
    pub robots_no_response: Sample,
    /// That never started.
    pub robots_not_attempted: Sample,
    /// Counted failures beyond the limit, over first jobs that halted.
    pub threshold_overshoot: Sample,
    /// The most robots in flight at once in the first job.
    pub peak_in_flight: Sample,
    /// Failed and no response in the first job: what counts against the threshold. Only the plot shows it.
    pub counted_failures: Sample,
    /// Campaign start to `InSync`, over robots.
    pub robot_time_to_success: ClusteredSample,
    /// Start to end, over successful deployments.
    pub robot_deployment: ClusteredSample,
    /// `Deploying` time per campaign, summed over robots.
    pub out_of_service: Sample,
    /// Down time per campaign, summed over robots.
    pub down: Sample,
    /// By [`DeploymentJobErrorCode`], over all attempts.
    pub failure_codes: [u64; DeploymentJobErrorCode::ALL.len()],
    /// The share in sync over time, if it is wanted.
    pub in_sync_curve: Option<InSyncCurve>,
}

impl Tally {
    /// A tally of nothing.
    pub fn new(plan: &Plan, in_sync_curve: bool) -> Tally {
        let micros = || Sample::new(Unit::Micros);
        let count = || Sample::new(Unit::Count);
        let fleet_micros =
            || Sample::with_bound(Unit::Micros, u128::from(plan.fleet_size) * u128::from(Span::MAX.micros()));
        Tally {
            failure_limit: failure_limit(plan.fleet_size, plan.failure_threshold_percentage),
            replications: 0,
            outcomes: [0; 5],
            campaign_time_to_success: micros(),
            campaign_jobs: count(),
            concurrent_deployment_exceptions: count(),
            peak_robots_down: count(),
            first_job_outcomes: [0; 3],
            makespan: micros(),
            first_job_time_to_success: micros(),
            robots_succeeded: count(),
            robots_failed: count(),
            robots_no_response: count(),
            robots_not_attempted: count(),
            threshold_overshoot: count(),
            peak_in_flight: count(),
            counted_failures: count(),
            robot_time_to_success: ClusteredSample::new(Unit::Micros),
            robot_deployment: ClusteredSample::new(Unit::Micros),
            out_of_service: fleet_micros(),
            down: fleet_micros(),
            failure_codes: [0; DeploymentJobErrorCode::ALL.len()],
            in_sync_curve: in_sync_curve.then(|| InSyncCurve::new(plan.fleet_size)),
        }
    }

    /// Adds a replication that this tally has watched.
    pub fn end_replication(&mut self, replication: &Replication) {
        self.replications += 1;
        self.outcomes[replication.outcome as usize] += 1;
        if let Some(span) = replication.time_to_success() {
            self.campaign_time_to_success.record(span.micros().into());
        }
        self.campaign_jobs.record(replication.jobs.into());
        self.concurrent_deployment_exceptions.record(replication.concurrent_deployment_exceptions.into());
        self.peak_robots_down.record(replication.peak_robots_down.into());
        self.out_of_service.record(replication.out_of_service);
        self.down.record(replication.down);
        self.add_first_job(&replication.first_job);
        self.robot_time_to_success.end_cluster();
        self.robot_deployment.end_cluster();
        if let Some(curve) = &mut self.in_sync_curve {
            curve.end_replication();
        }
    }

    fn add_first_job(&mut self, job: &JobRecord) {
        let outcome = FirstJobOutcome::of(job);
        if let Some(outcome) = outcome {
            self.first_job_outcomes[outcome as usize] += 1;
        }
        if let Some(makespan) = job.makespan() {
            self.makespan.record(makespan.micros().into());
            if outcome == Some(FirstJobOutcome::Succeeded) {
                self.first_job_time_to_success.record(makespan.micros().into());
            }
        }
        let progress = &job.progress;
        self.robots_succeeded.record(progress.succeeded.into());
        self.robots_failed.record(progress.robots_failed().into());
        self.robots_no_response.record(progress.no_response.into());
        self.robots_not_attempted.record(progress.not_attempted().into());
        self.peak_in_flight.record(progress.peak_in_flight.into());
        self.counted_failures.record(progress.counted_failures().into());
        if let Some(overshoot) = job.threshold_overshoot(self.failure_limit) {
            self.threshold_overshoot.record(overshoot.into());
        }
    }

    /// Adds another tally of the same plan; both between replications.
    pub fn merge(&mut self, other: &Tally) {
        let add = |counts: &mut [u64], others: &[u64]| {
            counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
        };
        self.replications += other.replications;
        add(&mut self.outcomes, &other.outcomes);
        add(&mut self.first_job_outcomes, &other.first_job_outcomes);
        add(&mut self.failure_codes, &other.failure_codes);
        for (sample, other) in [
            (&mut self.campaign_time_to_success, &other.campaign_time_to_success),
            (&mut self.campaign_jobs, &other.campaign_jobs),
            (&mut self.concurrent_deployment_exceptions, &other.concurrent_deployment_exceptions),
            (&mut self.peak_robots_down, &other.peak_robots_down),
            (&mut self.makespan, &other.makespan),
            (&mut self.first_job_time_to_success, &other.first_job_time_to_success),
            (&mut self.robots_succeeded, &other.robots_succeeded),
            (&mut self.robots_failed, &other.robots_failed),
            (&mut self.robots_no_response, &other.robots_no_response),
            (&mut self.robots_not_attempted, &other.robots_not_attempted),
            (&mut self.threshold_overshoot, &other.threshold_overshoot),
            (&mut self.peak_in_flight, &other.peak_in_flight),
            (&mut self.counted_failures, &other.counted_failures),
            (&mut self.out_of_service, &other.out_of_service),
            (&mut self.down, &other.down),
        ] {
            sample.merge(other);
        }
        self.robot_time_to_success.merge(&other.robot_time_to_success);
        self.robot_deployment.merge(&other.robot_deployment);
        if let (Some(curve), Some(other)) = (&mut self.in_sync_curve, &other.in_sync_curve) {
            curve.merge(other);
        }
    }
}

impl Observer for Tally {
    #[inline]
    fn robot_ended(&mut self, now: Time, robot: RobotId, started: Time, end: RobotEnd) {
        match end.failure_code() {
            None => {
                self.robot_time_to_success.record(now.micros());
                self.robot_deployment.record((now - started).micros());
            }
            Some(code) => self.failure_codes[code as usize] += 1,
        }
        if let Some(curve) = &mut self.in_sync_curve {
            curve.robot_ended(now, robot, started, end);
        }
    }
}
