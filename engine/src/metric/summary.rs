//! The result record: `summary.json`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::experiment::{ApiTally, DownloadTally, Tally};
use crate::rollout::DeploymentJobErrorCode;
use crate::scenario::Scenario;
use crate::statistics::{Description, Proportion, Sample};

/// Which numbers the same scenario, seed and replications give: it grows whenever a change of the program changes them.
pub const RESULTS_VERSION: u32 = 2;

/// Everything that results say, in the order in which `summary.json` says it. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The version of the program.
    pub rollcast: &'static str,
    /// See [`RESULTS_VERSION`].
    pub results_version: u32,
    /// Which scenario was run.
    pub scenario: ScenarioIdentity,
    /// Where randomness started.
    pub seed: u64,
    /// How many campaigns were simulated.
    pub replications: u64,
    /// The campaign as a whole.
    pub campaign: Campaign,
    /// Its first job.
    pub first_job: FirstJob,
    /// Its robots.
    pub robot: Robot,
    /// Its downloads, if they take their own time (R16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<Download>,
    /// The same of each build's replications alone, in the order of the scenario; absent without builds (R15).
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "by_name")]
    pub builds: Vec<(String, Build)>,
}

/// The replications of one build (R15).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Build {
    /// How many campaigns were about this build.
    pub replications: u64,
    /// The campaign as a whole.
    pub campaign: Campaign,
    /// Its first job.
    pub first_job: FirstJob,
    /// Its robots.
    pub robot: Robot,
    /// Its downloads, if they take their own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<Download>,
}

/// Pairs as a map that keeps their order.
fn by_name<S: Serializer>(builds: &[(String, Build)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(builds.iter().map(|(name, build)| (name, build)))
}

/// Which scenario was run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioIdentity {
    /// Its name.
    pub name: String,
    /// See [`Scenario::digest`].
    pub digest: String,
}

/// The campaign as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Campaign {
    /// How campaigns end (R12).
    pub outcomes: CampaignOutcomes,
    /// Over campaigns that end in sync: start to the last robot's `InSync`.
    pub time_to_success_s: Description,
    /// Jobs run per campaign.
    pub jobs: Description,
    /// Calls refused because a job was active.
    pub concurrent_deployment_exceptions: Description,
    /// The most robots down at once.
    pub peak_robots_down: Description,
    /// What becomes of calls, if they may go wrong (R17).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
}

/// What becomes of an operator's calls, per campaign (R17).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Api {
    /// Every attempt of every call.
    pub calls: Description,
    /// Attempts answered with `ThrottlingException`.
    pub throttled: Description,
    /// Attempts answered with `InternalServerException`.
    pub internal_errors: Description,
    /// Attempts that took effect and whose answer was lost.
    pub lost_answers: Description,
    /// Attempts after a call's first.
    pub retries: Description,
    /// Calls that were never answered.
    pub given_up: Description,
    /// Calls answered with `ConcurrentDeploymentException`.
    pub concurrent_deployment_exceptions: Description,
}

/// How campaigns end (R12).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CampaignOutcomes {
    /// The whole fleet is in sync.
    pub in_sync: Proportion,
    /// A job breached its threshold.
    pub halted: Proportion,
    /// A job hit the fleet timeout.
    pub timed_out: Proportion,
    /// The last allowed job ended.
    pub max_jobs: Proportion,
    /// The horizon came first.
    pub horizon: Proportion,
}

/// The first job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirstJob {
    /// How first jobs end; those that the horizon cuts off are none of these.
    pub outcomes: FirstJobOutcomes,
    /// `InProgress` to the end of the last robot.
    pub makespan_s: Description,
    /// The same, over jobs that succeeded.
    pub time_to_success_s: Description,
    /// Robots that ended `InSync`.
    pub robots_succeeded: Description,
    /// Robots that ended `Failed`, aborted ones included.
    pub robots_failed: Description,
    /// Robots that ended `NoResponse`.
    pub robots_no_response: Description,
    /// Robots that never started.
    pub robots_not_attempted: Description,
    /// Over halted jobs: how many failures beyond the least number that breaches.
    pub threshold_overshoot: Description,
    /// Over halted jobs: failed and no response at the breach.
    pub robots_failed_at_halt: Description,
    /// Over halted jobs: first start to breach.
    pub detection_s: Description,
    /// The most robots deploying at once.
    pub peak_in_flight: Description,
}

/// How first jobs end; those that the horizon cuts off have no outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FirstJobOutcomes {
    /// All targets ended without a breach.
    pub succeeded: Proportion,
    /// It halted, and its robots in flight ended.
    pub failure_threshold_breached: Proportion,
    /// It hit the fleet timeout.
    pub fleet_deployment_timeout: Proportion,
}

/// Single robots.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Robot {
    /// Over robots that became `InSync`: campaign start to `InSync`.
    pub time_to_success_s: Description,
    /// Over successful deployments: start to end.
    pub deployment_s: Description,
    /// Per campaign: `Deploying` time summed over robots.
    pub out_of_service_s: Description,
    /// Per campaign: time without running processes summed over robots.
    pub down_s: Description,
    /// Per campaign: robots that got in sync by themselves after a timeout, if robots may be offline (R14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_syncs: Option<Description>,
    /// The codes of all failed attempts that occurred, in the API's order.
    pub failure_codes: BTreeMap<DeploymentJobErrorCode, u64>,
}

/// Downloads, per campaign (R16).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Download {
    /// Bytes delivered, those of unfinished downloads included.
    pub bytes: Description,
    /// The origin's highest rate in bits a second.
    pub peak_egress_bit_s: Description,
    /// Its mean rate from the campaign's start to its end, in bits a second.
    pub mean_egress_bit_s: Description,
}

impl Summary {
    /// The summary of a tally, which must not be empty.
    pub fn new(scenario: &Scenario, seed: u64, tally: &Tally) -> Summary {
        let builds = scenario.builds.iter().zip(&tally.builds);
        Summary {
            rollcast: env!("CARGO_PKG_VERSION"),
            results_version: RESULTS_VERSION,
            scenario: ScenarioIdentity { name: scenario.name.clone(), digest: scenario.digest() },
            seed,
            replications: tally.replications,
            campaign: Campaign::new(tally),
            first_job: FirstJob::new(tally),
            robot: Robot::new(tally),
            download: tally.download.as_ref().map(Download::new),
            builds: builds.map(|(build, tally)| (build.name.clone(), Build::new(tally))).collect(),
        }
    }

    /// The content of `summary.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers, strings and maps with string keys are JSON") + "\n"
    }
}

impl Build {
    fn new(tally: &Tally) -> Build {
        Build {
            replications: tally.replications,
            campaign: Campaign::new(tally),
            first_job: FirstJob::new(tally),
            robot: Robot::new(tally),
            download: tally.download.as_ref().map(Download::new),
        }
    }
}

impl Campaign {
    fn new(tally: &Tally) -> Campaign {
        let proportion = |count: u64| Proportion::new(count, tally.replications);
        let [in_sync, halted, timed_out, max_jobs, horizon] = tally.outcomes.map(proportion);
        Campaign {
            outcomes: CampaignOutcomes { in_sync, halted, timed_out, max_jobs, horizon },
            time_to_success_s: tally.campaign_time_to_success.describe(),
            jobs: tally.campaign_jobs.describe(),
            concurrent_deployment_exceptions: tally.concurrent_deployment_exceptions.describe(),
            peak_robots_down: tally.peak_robots_down.describe(),
            api: tally.api.as_ref().map(Api::new),
        }
    }
}

impl Api {
    fn new(tally: &ApiTally) -> Api {
        Api {
            calls: tally.calls.describe(),
            throttled: tally.throttled.describe(),
            internal_errors: tally.internal_errors.describe(),
            lost_answers: tally.lost_answers.describe(),
            retries: tally.retries.describe(),
            given_up: tally.given_up.describe(),
            concurrent_deployment_exceptions: tally.concurrent_deployment_exceptions.describe(),
        }
    }
}

impl FirstJob {
    fn new(tally: &Tally) -> FirstJob {
        let proportion = |count: u64| Proportion::new(count, tally.replications);
        let [succeeded, failure_threshold_breached, fleet_deployment_timeout] =
            tally.first_job_outcomes.map(proportion);
        FirstJob {
            outcomes: FirstJobOutcomes { succeeded, failure_threshold_breached, fleet_deployment_timeout },
            makespan_s: tally.makespan.describe(),
            time_to_success_s: tally.first_job_time_to_success.describe(),
            robots_succeeded: tally.robots_succeeded.describe(),
            robots_failed: tally.robots_failed.describe(),
            robots_no_response: tally.robots_no_response.describe(),
            robots_not_attempted: tally.robots_not_attempted.describe(),
            threshold_overshoot: tally.threshold_overshoot.describe(),
            robots_failed_at_halt: tally.robots_failed_at_halt.describe(),
            detection_s: tally.detection.describe(),
            peak_in_flight: tally.peak_in_flight.describe(),
        }
    }
}

impl Robot {
    fn new(tally: &Tally) -> Robot {
        let codes = DeploymentJobErrorCode::ALL.iter().copied().zip(tally.failure_codes);
        Robot {
            time_to_success_s: tally.robot_time_to_success.describe(),
            deployment_s: tally.robot_deployment.describe(),
            out_of_service_s: tally.out_of_service.describe(),
            down_s: tally.down.describe(),
            late_syncs: tally.late_syncs.as_ref().map(Sample::describe),
            failure_codes: codes.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

impl Download {
    fn new(tally: &DownloadTally) -> Download {
        Download {
            bytes: tally.bytes.describe(),
            peak_egress_bit_s: tally.peak_egress.describe(),
            mean_egress_bit_s: tally.mean_egress.describe(),
        }
    }
}
