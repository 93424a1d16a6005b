//! What people see of the account: the state as JSON, and what has changed of it.
//!
//! Views are gathered while nobody else looks at the account, and share its texts; they are written as JSON afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::account::{Account, Changes, FleetRow, Robot, job_arn};
use super::clock::Speed;
use super::engine::Engine;
use super::protocol::percent;
use super::shared::{Unanswered, aside};
use crate::rollout::{DeploymentJobErrorCode, DeploymentStatus, JobKind, RobotDeploymentStep, RobotId, RobotStatus};

/// What the page shows of the clock.
#[derive(Debug, Serialize)]
pub struct ClockView {
    /// Seconds since the start.
    now_s: f64,
    /// When the start was, in seconds since 1970.
    epoch: f64,
    speed: Speed,
    paused: bool,
}

/// What the page shows of a robot.
#[derive(Debug, Serialize)]
pub struct RobotView {
    #[serde(serialize_with = "text")]
    arn: Arc<str>,
    #[serde(serialize_with = "text")]
    name: Arc<str>,
    status: RobotStatus,
    /// The step that it is in, while it deploys.
    step: Option<RobotDeploymentStep>,
    percent_done: Option<f64>,
    /// How its deployment in the latest job failed, if it did.
    failure_code: Option<DeploymentJobErrorCode>,
    /// Somebody has taken it offline.
    offline: bool,
}

/// A fleet's latest job.
#[derive(Debug, Serialize)]
pub struct JobView {
    arn: String,
    kind: &'static str,
    status: DeploymentStatus,
    created_s: f64,
    ended_s: Option<f64>,
    halted: bool,
    failure_code: Option<DeploymentJobErrorCode>,
    fleet_size: u32,
    targets: u32,
    /// The most in flight at once, if anything bounds them.
    slots: Option<u32>,
    started: u32,
    in_flight: u32,
    succeeded: u32,
    failed: u32,
    no_response: u32,
    aborted: u32,
    left: u32,
    not_attempted: u32,
    /// What counts against the threshold.
    failure_count: u32,
    /// At how many the job halts, if at a number.
    failure_limit: Option<u32>,
    concurrent_deployment_percentage: u32,
    failure_threshold_percentage: u32,
}

/// What the page shows of a fleet.
#[derive(Debug, Serialize)]
pub struct FleetView {
    #[serde(serialize_with = "text")]
    arn: Arc<str>,
    #[serde(serialize_with = "text")]
    name: Arc<str>,
    robots: Vec<RobotView>,
    job: Option<JobView>,
}

/// What the page shows when it is opened.
#[derive(Debug, Serialize)]
pub struct StateView {
    clock: ClockView,
    fleets: Vec<FleetView>,
}

/// What has changed, by the ARN of its fleet, in the order in which it is to be applied.
#[derive(Debug, Serialize)]
pub struct ChangeView {
    clock: ClockView,
    /// The names of fleets whose job has changed, or which are new.
    names: BTreeMap<String, String>,
    /// The ARNs of robots that have left.
    left: BTreeMap<String, Vec<String>>,
    /// The ARNs of fleets that are deleted.
    deleted: Vec<String>,
    /// Robots that have changed, or come.
    robots: BTreeMap<String, Vec<RobotView>>,
    jobs: BTreeMap<String, Option<JobView>>,
}

/// Writes a text that views share with the account.
pub fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// A view as JSON. It is written aside: that of a million robots takes a second.
///
/// # Errors
/// The server stops.
pub async fn json<T: Serialize + Send + 'static>(view: T) -> Result<Vec<u8>, Unanswered> {
    aside(move || serde_json::to_vec(&view).expect("views are made of texts, numbers and names")).await
}

/// What the page shows of the clock now.
pub fn clock(engine: &mut Engine) -> ClockView {
    let (speed, paused) = (engine.clock().speed(), engine.clock().paused());
    let account = engine.account();
    ClockView { now_s: account.now().seconds(), epoch: account.epoch() as f64 / 1e3, speed, paused }
}

/// All fleets with their robots and latest jobs.
pub fn state(engine: &mut Engine) -> StateView {
    let serials: Vec<u64> = engine.account().all_fleets().map(|(serial, _)| serial).collect();
    StateView { clock: clock(engine), fleets: serials.into_iter().filter_map(|serial| fleet(engine, serial)).collect() }
}

/// What has changed.
pub fn change(engine: &mut Engine, changes: &Changes) -> ChangeView {
    let mut robots: BTreeMap<String, Vec<RobotView>> = BTreeMap::new();
    for id in &changes.robots {
        let account = engine.account();
        let fleet = account.robot_of(*id).and_then(|robot| account.fleet_of(robot)).map(|arn| arn.to_string());
        if let (Some(fleet), Some(view)) = (fleet, robot(engine, *id)) {
            robots.entry(fleet).or_default().push(view);
        }
    }
    let account = engine.account();
    let fleets = || changes.fleets.iter().filter_map(|serial| account.fleet_row(*serial));
    let jobs = fleets().map(|fleet| (fleet.arn.to_string(), job(account, fleet))).collect();
    let names = fleets().map(|fleet| (fleet.arn.to_string(), fleet.name.to_string())).collect();
    let texts = |arns: &[Arc<str>]| arns.iter().map(|arn| arn.to_string()).collect::<Vec<_>>();
    let left = changes.left.iter().map(|(fleet, robots)| (fleet.to_string(), texts(robots))).collect();
    let deleted = texts(&changes.deleted);
    ChangeView { clock: clock(engine), names, left, deleted, robots, jobs }
}

fn fleet(engine: &mut Engine, serial: u64) -> Option<FleetView> {
    let account = engine.account();
    let row = account.fleet_row(serial)?;
    let (arn, name, job) = (Arc::clone(&row.arn), Arc::clone(&row.name), job(account, row));
    let robots: Vec<RobotId> = account.members(row).map(|(robot, _)| robot).collect();
    let robots = robots.into_iter().filter_map(|id| robot(engine, id)).collect();
    Some(FleetView { arn, name, robots, job })
}

/// A robot, if it has not been deleted.
pub fn robot(engine: &mut Engine, id: RobotId) -> Option<RobotView> {
    let account = engine.account();
    let position = account.position(id);
    let offline = account.forced_offline(id);
    let robot = account.robot_of(id)?;
    Some(RobotView {
        arn: Arc::clone(&robot.arn),
        name: Arc::clone(&robot.name),
        status: account.robot_status(robot),
        step: position.map(|position| position.step),
        percent_done: position.map(|position| percent(position.done)),
        failure_code: failure_code(account, robot),
        offline,
    })
}

/// How a robot's deployment in the latest job of its fleet failed, if it did.
fn failure_code(account: &Account, robot: &Robot) -> Option<DeploymentJobErrorCode> {
    let (fleet, member) = robot.member?;
    let job = account.job_row(account.fleet_row(fleet)?.latest?)?;
    job.target(member)?.failure_code
}

fn job(account: &Account, fleet: &FleetRow) -> Option<JobView> {
    let number = fleet.latest?;
    let job = account.job_row(number)?;
    let (status, halted, progress) = account.job_state(job);
    let config = &job.origin.config;
    Some(JobView {
        arn: job_arn(number),
        kind: if job.origin.kind == JobKind::Sync { "SyncDeploymentJob" } else { "CreateDeploymentJob" },
        status,
        created_s: job.created.seconds(),
        ended_s: job.ended_at().map(|ended| ended.seconds()),
        halted,
        failure_code: job.failure_code,
        fleet_size: progress.fleet_size,
        targets: progress.targets,
        slots: job.limits.in_flight,
        started: progress.started,
        in_flight: progress.in_flight,
        succeeded: progress.succeeded,
        failed: progress.failed,
        no_response: progress.no_response,
        aborted: progress.aborted,
        left: progress.left,
        not_attempted: progress.not_attempted(),
        failure_count: progress.counted_failures(),
        failure_limit: job.limits.failures,
        concurrent_deployment_percentage: config.concurrent_deployment_percentage,
        failure_threshold_percentage: config.failure_threshold_percentage,
    })
}
