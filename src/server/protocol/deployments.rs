//! SyncDeploymentJob, CreateDeploymentJob, DescribeDeploymentJob, ListDeploymentJobs, CancelDeploymentJob.

use std::sync::Arc;

use serde::Serialize;

use super::{Members, Nothing, Refusal, Reply, ReplyBody, given, page, read};
use crate::control_plane::constraints::Violations;
use crate::control_plane::shapes::ARN;
use crate::control_plane::{
    Call, CreateDeploymentJobRequest, DeploymentApplicationConfig, DeploymentConfig, DeploymentLaunchConfig, Request,
    S3Object, SyncDeploymentJobRequest,
};
use crate::rollout::{DeploymentJobErrorCode, DeploymentStatus, JobKind, RobotDeploymentStep, RobotId, RobotStatus};
use crate::server::account::{Account, JobRow, RolloutConfig, Tags, job_arn as arn_of};
use crate::server::view::text;

/// The model's `DeploymentConfig`, in responses.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigView<'a> {
    concurrent_deployment_percentage: u32,
    failure_threshold_percentage: u32,
    robot_deployment_timeout_in_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    download_condition_file: Option<&'a S3Object>,
}

impl<'a> ConfigView<'a> {
    fn new(config: &'a RolloutConfig) -> ConfigView<'a> {
        ConfigView {
            concurrent_deployment_percentage: config.concurrent_deployment_percentage,
            failure_threshold_percentage: config.failure_threshold_percentage,
            robot_deployment_timeout_in_seconds: config.robot_timeout.micros() / crate::time::MICROS,
            download_condition_file: config.download_condition_file.as_ref(),
        }
    }
}

/// The model's `DeploymentJob`, and what its responses have in common.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentJobItem<'a> {
    arn: String,
    fleet: &'a str,
    status: DeploymentStatus,
    deployment_config: ConfigView<'a>,
    deployment_application_configs: [&'a DeploymentApplicationConfig; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<DeploymentJobErrorCode>,
    created_at: f64,
}

impl<'a> DeploymentJobItem<'a> {
    /// The job as it is.
    fn now(account: &Account, number: u64, job: &'a JobRow) -> DeploymentJobItem<'a> {
        let (status, ..) = account.job_state(job);
        DeploymentJobItem {
            status,
            ..DeploymentJobItem::new(arn_of(number), job, account.timestamp(job.created), job.failure_code)
        }
    }

    /// The job as it was when its call was answered first.
    fn first(account: &Account, number: u64, job: &'a JobRow) -> DeploymentJobItem<'a> {
        let empty = job.progress.targets == 0;
        let status = if empty { DeploymentStatus::Succeeded } else { DeploymentStatus::Pending };
        DeploymentJobItem {
            status,
            ..DeploymentJobItem::new(arn_of(number), job, account.timestamp(job.created), None)
        }
    }

    fn new(
        arn: String,
        job: &'a JobRow,
        created_at: f64,
        failure_code: Option<DeploymentJobErrorCode>,
    ) -> DeploymentJobItem<'a> {
        DeploymentJobItem {
            arn,
            fleet: &job.origin.fleet_arn,
            status: job.status,
            deployment_config: ConfigView::new(&job.origin.config),
            deployment_application_configs: [&job.origin.application],
            failure_reason: failure_code.map(|code| job_failure(job, code)),
            failure_code,
            created_at,
        }
    }
}

/// A job with its tags, which SyncDeploymentJob does not show.
#[derive(Serialize)]
struct TaggedView<'a> {
    #[serde(flatten)]
    job: DeploymentJobItem<'a>,
    tags: &'a Tags,
}

pub(super) fn sync(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let request = SyncDeploymentJobRequest {
        client_request_token: members.text("clientRequestToken")?,
        fleet: members.text("fleet")?,
    };
    deploy(account, Request::Sync(request).into_call()?)
}

pub(super) fn create(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let configs = members.objects("deploymentApplicationConfigs")?.unwrap_or_default();
    let request = CreateDeploymentJobRequest {
        deployment_config: members.object("deploymentConfig")?.as_ref().map(deployment_config).transpose()?,
        client_request_token: members.text("clientRequestToken")?,
        fleet: members.text("fleet")?,
        deployment_application_configs: configs.iter().map(application_config).collect::<Result<_, _>>()?,
        tags: members.map("tags")?.unwrap_or_default(),
    };
    deploy(account, Request::Create(Box::new(request)).into_call()?)
}

/// Makes a job, or finds the one that the call has made before.
fn deploy(account: &mut Account, call: Call) -> Result<Reply, Refusal> {
    // Where calls may go wrong each attempt counts, whatever comes of it.
    let counted = account.calls_may_fail();
    let refused = |exception| if counted { Refusal::Counted(exception) } else { Refusal::Api(exception) };
    let lost = account.risk(call.token.key()).map_err(refused)?;
    let (number, made) = account.deploy(&call).map_err(refused)?;
    let body = account.job_row(number).map(|job| {
        let view = DeploymentJobItem::first(account, number, job);
        match call.request() {
            Request::Sync(_) => serde_json::to_vec(&view),
            Request::Create(request) => serde_json::to_vec(&TaggedView { job: view, tags: &request.tags }),
        }
    });
    if made {
        account.settle();
    }
    match body {
        Some(Ok(body)) => Ok(Reply { body: ReplyBody::Written(body), changed: made || counted, lost }),
        _ => Err(Refusal::Malformed(String::from("The job cannot be shown."))),
    }
}

fn deployment_config(members: &Members<'_>) -> Result<DeploymentConfig, Refusal> {
    let file = members.object("downloadConditionFile")?;
    let file = file.as_ref().map(|file| {
        Ok::<_, Refusal>(S3Object { bucket: file.text("bucket")?, key: file.text("key")?, etag: file.text("etag")? })
    });
    Ok(DeploymentConfig {
        concurrent_deployment_percentage: members.integer("concurrentDeploymentPercentage")?,
        failure_threshold_percentage: members.integer("failureThresholdPercentage")?,
        robot_deployment_timeout_in_seconds: members.integer("robotDeploymentTimeoutInSeconds")?,
        download_condition_file: file.transpose()?,
    })
}

fn application_config(members: &Members<'_>) -> Result<DeploymentApplicationConfig, Refusal> {
    let launch = members.object("launchConfig")?;
    let launch = launch.as_ref().map(|launch| {
        Ok::<_, Refusal>(DeploymentLaunchConfig {
            package_name: launch.text("packageName")?,
            pre_launch_file: launch.text("preLaunchFile")?,
            launch_file: launch.text("launchFile")?,
            post_launch_file: launch.text("postLaunchFile")?,
            environment_variables: launch.map("environmentVariables")?.unwrap_or_default(),
        })
    });
    Ok(DeploymentApplicationConfig {
        application: members.text("application")?,
        application_version: members.text("applicationVersion")?,
        launch_config: launch.transpose()?,
    })
}

/// The model's `RobotDeployment`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RobotDeployment {
    #[serde(serialize_with = "text")]
    arn: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_start_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_finish_time: Option<f64>,
    status: RobotStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress_detail: Option<ProgressDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<DeploymentJobErrorCode>,
}

/// The model's `ProgressDetail`: how much is done of a step, and how long it goes on, is shown of DownloadingExtracting
/// only.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgressDetail {
    current_progress: RobotDeploymentStep,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_done: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_time_remaining_seconds: Option<u32>,
    #[serde(serialize_with = "text")]
    target_resource: Arc<str>,
}

pub(super) fn describe(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct DescribeDeploymentJobResponse<'a> {
        #[serde(flatten)]
        job: TaggedView<'a>,
        robot_deployment_summary: Vec<RobotDeployment>,
    }
    let arn = job_arn(members)?;
    let mut job = account.job(&arn)?.clone();
    let target: Arc<str> = arn.as_str().into();
    let deploying = job.robots.iter().filter(|robot| robot.status == RobotStatus::Deploying);
    let deploying: Vec<RobotId> = deploying.map(|robot| robot.robot).collect();
    let positions = deploying.into_iter().map(|robot| Some((robot, account.position(robot)?))).collect::<Vec<_>>();
    let mut positions = positions.into_iter().flatten().peekable();
    let account = &*account;
    let mut summary = Vec::with_capacity(job.robots.len());
    for of_job in job.robots.iter().filter(|of_job| of_job.status != RobotStatus::Available) {
        let position = positions.next_if(|(robot, _)| *robot == of_job.robot).map(|(_, position)| position);
        let Some(robot) = account.robot_of(of_job.robot) else { continue };
        let downloads = position.filter(|position| position.step == RobotDeploymentStep::DownloadingExtracting);
        let finished = || (of_job.status == RobotStatus::InSync).then_some(RobotDeploymentStep::Finished);
        let step = position.map(|position| position.step).or_else(finished);
        let left = downloads.and_then(|position| position.left);
        summary.push(RobotDeployment {
            arn: Arc::clone(&robot.arn),
            deployment_start_time: of_job.started.map(|at| account.timestamp(at)),
            deployment_finish_time: of_job.finished.map(|at| account.timestamp(at)),
            status: of_job.status,
            progress_detail: step.map(|current_progress| ProgressDetail {
                current_progress,
                percent_done: downloads.map(|position| percent(position.done)),
                estimated_time_remaining_seconds: left.map(|left| left.micros().div_ceil(crate::time::MICROS) as u32),
                target_resource: Arc::clone(&target),
            }),
            failure_reason: of_job.failure_code.map(robot_failure),
            failure_code: of_job.failure_code,
        });
    }
    (job.status, ..) = account.job_state(&job);
    job.robots = Box::default();
    let created_at = account.timestamp(job.created);
    let write = move || {
        let (none, item) = (Tags::new(), DeploymentJobItem::new(arn, &job, created_at, job.failure_code));
        let view = TaggedView { job: item, tags: job.tags.as_deref().unwrap_or(&none) };
        serde_json::to_vec(&DescribeDeploymentJobResponse { job: view, robot_deployment_summary: summary })
    };
    Ok(Reply { body: ReplyBody::Gathered(Box::new(write)), changed: false, lost: false })
}

/// A share as a percentage with one decimal.
pub fn percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
}

pub(super) fn list(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ListDeploymentJobsResponse<'a> {
        deployment_jobs: Vec<DeploymentJobItem<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    let mut violations = Violations::default();
    let request = page(members, 200, &mut violations)?;
    violations.into_result()?;
    account.forget_expired_jobs();
    let account = &*account;
    let page = account.list_jobs(&request)?;
    let deployment_jobs =
        page.items.iter().map(|(number, job)| DeploymentJobItem::now(account, *number, job)).collect();
    read(&ListDeploymentJobsResponse { deployment_jobs, next_token: page.next_token })
}

pub(super) fn cancel(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let arn = job_arn(members)?;
    let changed = account.cancel(&arn)?;
    super::answer(&Nothing {}, changed)
}

fn job_arn(members: &Members<'_>) -> Result<String, Refusal> {
    let mut violations = Violations::default();
    let job = members.text("job")?;
    violations.required_text("job", &job, &ARN);
    violations.into_result()?;
    Ok(given(job))
}

/// Why a job failed, for people.
fn job_failure(job: &JobRow, code: DeploymentJobErrorCode) -> String {
    let progress = &job.progress;
    match code {
        DeploymentJobErrorCode::FailureThresholdBreached => format!(
            "{} of {} robots failed or did not respond: the failure threshold is {} %.",
            progress.counted_failures(),
            progress.fleet_size,
            job.origin.config.failure_threshold_percentage
        ),
        DeploymentJobErrorCode::FleetDeploymentTimeout => {
            format!("The fleet timeout has passed; {} robots were in flight.", progress.aborted)
        }
        other => {
            let kind = if job.origin.kind == JobKind::Sync { "sync deployment" } else { "deployment" };
            format!("The {kind} failed with {other}.")
        }
    }
}

/// Why a robot's deployment failed, for people.
fn robot_failure(code: DeploymentJobErrorCode) -> &'static str {
    use DeploymentJobErrorCode as Code;
    match code {
        Code::RobotDeploymentAborted => "The deployment job ended before the robot's deployment did.",
        Code::RobotDeploymentNoResponse => "The robot did not respond before its deployment timeout.",
        Code::MissingRobotApplicationArchitecture => {
            "The robot application has no source for the robot's architecture."
        }
        Code::GreengrassDeploymentFailed => "The Greengrass deployment failed.",
        Code::DownloadConditionFailed => "The download condition was not met.",
        Code::ExtractingBundleFailure => "The bundle could not be extracted.",
        Code::PreLaunchFileFailure => "The pre-launch file failed.",
        Code::PostLaunchFileFailure => "The post-launch file failed.",
        Code::MissingRobotDeploymentResource => "A resource of the robot's deployment is missing.",
        _ => "The robot's deployment failed.",
    }
}
