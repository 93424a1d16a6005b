//! The tally: everything that is remembered of replications.

use super::{InSyncCurve, OverTime};
use crate::rollout::{
    CallCounts, CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, RobotEnd, RobotId, failure_limit,
};
use crate::simulation::{Downloaded, Event, JobRecord, Observer, Plan, Replication};
use crate::statistics::{ClusteredSample, Sample, Unit, Waiting};
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
    /// The robots that the fleet has at the start.
    fleet_size: u32,
    failure_threshold_percentage: u32,
    /// When robots have registered since, in the present replication (R13).
    registered: Vec<Time>,
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
    /// Failed and no response at the breach, over first jobs that halted.
    pub robots_failed_at_halt: Sample,
    /// First start to breach, over first jobs that halted.
    pub detection: Sample,
    /// The most robots in flight at once in the first job.
    pub peak_in_flight: Sample,
    /// Failed and no response in the first job: what counts against the threshold. Only the plot shows it.
    pub counted_failures: Sample,
    /// Campaign start to `InSync`, over robots.
    pub robot_time_to_success: ClusteredSample,
    /// Start to end, over successful deployments.
    pub robot_deployment: ClusteredSample,
    /// What has not been counted of these two.
    waiting: Waiting<2>,
    /// `Deploying` time per campaign, summed over robots.
    pub out_of_service: Sample,
    /// Down time per campaign, summed over robots.
    pub down: Sample,
    /// By [`DeploymentJobErrorCode`], over all attempts.
    pub failure_codes: [u64; DeploymentJobErrorCode::ALL.len()],
    /// Robots that got in sync by themselves, if robots may be offline (R14).
    pub late_syncs: Option<Sample>,
    /// What downloads come to, if they take their own time (R16).
    pub download: Option<DownloadTally>,
    /// What becomes of calls, if they may go wrong (R17).
    pub api: Option<ApiTally>,
    /// What plots show over time, if they are wanted.
    pub curves: Option<Curves>,
    /// The same of each build's replications alone, if there are builds (R15).
    pub builds: Vec<Tally>,
}

/// What downloads come to, per campaign (R16).
#[derive(Clone, Debug)]
pub struct DownloadTally {
    /// Bytes delivered, those of unfinished downloads included.
    pub bytes: Sample,
    /// The origin's highest rate, in bits a second.
    pub peak_egress: Sample,
    /// Its mean rate from the campaign's start to its end, in bits a second; of campaigns that take time.
    pub mean_egress: Sample,
}

/// What becomes of calls, per campaign (R17); see [`CallCounts`].
#[allow(missing_docs, reason = "they are those of `CallCounts`")]
#[derive(Clone, Debug)]
pub struct ApiTally {
    pub calls: Sample,
    pub throttled: Sample,
    pub internal_errors: Sample,
    pub lost_answers: Sample,
    pub retries: Sample,
    pub given_up: Sample,
    pub concurrent_deployment_exceptions: Sample,
}

/// What plots show over time.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The share of the fleet in sync.
    pub in_sync: InSyncCurve,
    /// Robots deploying.
    pub in_flight: OverTime,
    /// The origin's rate in bits a second, if downloads take their own time (R16).
    pub egress: Option<OverTime>,
}

impl Tally {
    /// A tally of nothing.
    pub fn new(plan: &Plan, curves: bool) -> Tally {
        let micros = || Sample::new(Unit::Micros);
        let count = || Sample::new(Unit::Count);
        let fleet_micros =
            || Sample::with_bound(Unit::Micros, u128::from(plan.most_robots) * u128::from(Span::MAX.micros()));
        Tally {
            fleet_size: plan.fleet_size,
            failure_threshold_percentage: plan.failure_threshold_percentage,
            registered: Vec::new(),
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
            robots_failed_at_halt: count(),
            detection: micros(),
            peak_in_flight: count(),
            counted_failures: count(),
            robot_time_to_success: ClusteredSample::new(Unit::Micros),
            robot_deployment: ClusteredSample::new(Unit::Micros),
            waiting: Waiting::default(),
            out_of_service: fleet_micros(),
            down: fleet_micros(),
            failure_codes: [0; DeploymentJobErrorCode::ALL.len()],
            late_syncs: plan.groups().any(|group| group.connectivity.is_some()).then(count),
            download: plan.download.map(|download| DownloadTally {
                bytes: Sample::with_bound(
                    Unit::Count,
                    u128::from(download.bundle_size) * u128::from(plan.most_robots) * u128::from(plan.sync.max_jobs),
                ),
                peak_egress: count(),
                mean_egress: count(),
            }),
            api: plan.api.map(|_| ApiTally {
                calls: count(),
                throttled: count(),
                internal_errors: count(),
                lost_answers: count(),
                retries: count(),
                given_up: count(),
                concurrent_deployment_exceptions: count(),
            }),
            curves: curves.then(|| Curves {
                in_sync: InSyncCurve::new(plan.most_robots),
                in_flight: OverTime::default(),
                egress: plan.download.map(|_| OverTime::default()),
            }),
            builds: Vec::new(),
        }
    }

    /// The same of campaigns under another failure threshold than the plan's.
    pub fn with_threshold(self, failure_threshold_percentage: u32) -> Tally {
        Tally { failure_threshold_percentage, ..self }
    }

    /// The tally of all replications from those of each build, or from a single one where there are no builds (R15).
    pub fn of_builds(plan: &Plan, curves: bool, mut builds: Vec<Tally>) -> Tally {
        if plan.odds.builds() == 0 {
            return builds.swap_remove(0);
        }
        let mut whole = Tally::new(plan, curves);
        builds.iter().for_each(|tally| whole.merge(tally));
        Tally { builds, ..whole }
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
        if let Some(job) = &replication.first_job {
            self.add_first_job(job);
        }
        self.waiting.count([&mut self.robot_time_to_success, &mut self.robot_deployment]);
        self.robot_time_to_success.end_cluster();
        self.robot_deployment.end_cluster();
        self.registered.clear();
        if let Some(late_syncs) = &mut self.late_syncs {
            late_syncs.record(replication.late_syncs.into());
        }
        if let (Some(tally), Some(downloaded)) = (&mut self.download, &replication.download) {
            tally.add(downloaded, replication.ended);
        }
        if let (Some(tally), Some(counts)) = (&mut self.api, &replication.api) {
            tally.add(counts);
        }
        if let Some(curves) = &mut self.curves {
            curves.end_replication(replication.ended);
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
        let limit = failure_limit(progress.fleet_size, self.failure_threshold_percentage);
        if let Some(overshoot) = job.threshold_overshoot(limit) {
            self.threshold_overshoot.record(overshoot.into());
        }
        if let Some(failed) = job.failed_at_halt() {
            self.robots_failed_at_halt.record(failed.into());
        }
        if let Some(detection) = job.detection() {
            self.detection.record(detection.micros().into());
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
            (&mut self.robots_failed_at_halt, &other.robots_failed_at_halt),
            (&mut self.detection, &other.detection),
            (&mut self.peak_in_flight, &other.peak_in_flight),
            (&mut self.counted_failures, &other.counted_failures),
            (&mut self.out_of_service, &other.out_of_service),
            (&mut self.down, &other.down),
        ] {
            sample.merge(other);
        }
        self.robot_time_to_success.merge(&other.robot_time_to_success);
        self.robot_deployment.merge(&other.robot_deployment);
        if let (Some(late_syncs), Some(other)) = (&mut self.late_syncs, &other.late_syncs) {
            late_syncs.merge(other);
        }
        if let (Some(download), Some(other)) = (&mut self.download, &other.download) {
            download.merge(other);
        }
        if let (Some(api), Some(other)) = (&mut self.api, &other.api) {
            api.merge(other);
        }
        if let (Some(curves), Some(other)) = (&mut self.curves, &other.curves) {
            curves.merge(other);
        }
        self.builds.iter_mut().zip(&other.builds).for_each(|(build, other)| build.merge(other));
    }

    #[cold]
    fn count_failure(&mut self, end: RobotEnd) {
        if let Some(code) = end.failure_code() {
            self.failure_codes[code as usize] += 1;
        }
    }

    /// When a robot's time begins: at its registration (R13).
    #[inline]
    fn since(&self, robot: RobotId) -> Time {
        robot.checked_sub(self.fleet_size).map_or(Time::ZERO, |later| self.registered[later as usize])
    }
}

impl DownloadTally {
    fn add(&mut self, downloaded: &Downloaded, ended: Time) {
        self.bytes.record(downloaded.bytes);
        self.peak_egress.record(downloaded.peak_egress.into());
        if let Some(rate) = downloaded.mean_egress(ended) {
            self.mean_egress.record(rate);
        }
    }

    fn merge(&mut self, other: &DownloadTally) {
        self.bytes.merge(&other.bytes);
        self.peak_egress.merge(&other.peak_egress);
        self.mean_egress.merge(&other.mean_egress);
    }
}

impl ApiTally {
    fn add(&mut self, counts: &CallCounts) {
        self.calls.record(counts.calls.into());
        self.throttled.record(counts.throttled.into());
        self.internal_errors.record(counts.internal_errors.into());
        self.lost_answers.record(counts.lost_answers.into());
        self.retries.record(counts.retries.into());
        self.given_up.record(counts.given_up.into());
        self.concurrent_deployment_exceptions.record(counts.concurrent_deployment_exceptions.into());
    }

    fn merge(&mut self, other: &ApiTally) {
        self.calls.merge(&other.calls);
        self.throttled.merge(&other.throttled);
        self.internal_errors.merge(&other.internal_errors);
        self.lost_answers.merge(&other.lost_answers);
        self.retries.merge(&other.retries);
        self.given_up.merge(&other.given_up);
        self.concurrent_deployment_exceptions.merge(&other.concurrent_deployment_exceptions);
    }
}

impl Curves {
    fn end_replication(&mut self, ended: Time) {
        self.in_sync.end_replication();
        self.in_flight.end_replication(ended);
        if let Some(egress) = &mut self.egress {
            egress.end_replication(ended);
        }
    }

    fn merge(&mut self, other: &Curves) {
        self.in_sync.merge(&other.in_sync);
        self.in_flight.merge(&other.in_flight);
        if let (Some(egress), Some(other)) = (&mut self.egress, &other.egress) {
            egress.merge(other);
        }
    }
}

impl Observer for Tally {
    #[inline(always)]
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::RobotEnded { robot, started, end: RobotEnd::InSync } => {
                let numbers = [now - self.since(robot), now - started].map(Span::micros);
                self.waiting.record(numbers, [&mut self.robot_time_to_success, &mut self.robot_deployment]);
            }
            Event::RobotEnded { end, .. } => self.count_failure(end),
            // An attempt's code was counted when it ended as `NoResponse`, so a late failure adds none.
            Event::RobotEndedLate { robot, end: RobotEnd::InSync } => {
                self.robot_time_to_success.record((now - self.since(robot)).micros());
            }
            Event::RobotRegistered(_) => self.registered.push(now),
            _ => {}
        }
        if let Some(curves) = &mut self.curves {
            curves.see(now, event);
        }
    }
}

impl Observer for Curves {
    fn see(&mut self, now: Time, event: &Event<'_>) {
        self.in_sync.see(now, event);
        match event {
            Event::RobotStarted { .. } => self.in_flight.set(now, self.in_flight.level() + 1),
            Event::RobotEnded { .. } => self.in_flight.set(now, self.in_flight.level() - 1),
            Event::EgressChanged(rate) => {
                if let Some(egress) = &mut self.egress {
                    egress.set(now, *rate);
                }
            }
            _ => {}
        }
    }
}
