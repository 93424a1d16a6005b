//! CreateRobot, DescribeRobot, ListRobots, DeleteRobot, RegisterRobot, DeregisterRobot.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Members, Nothing, Refusal, Reply, gathered, given, new_tags, page, read, written};
use crate::control_plane::constraints::Violations;
use crate::control_plane::shapes::{ARN, ID, NAME};
use crate::rollout::{Architecture, RobotStatus};
use crate::server::account::{Account, Robot, Tags, job_arn};
use crate::server::view::text;

/// What lists say of a robot: the model's `Robot`, which writes `greenGrassGroupId` with two large letters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RobotItem {
    #[serde(serialize_with = "text")]
    arn: Arc<str>,
    #[serde(serialize_with = "text")]
    name: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_text")]
    fleet_arn: Option<Arc<str>>,
    status: RobotStatus,
    #[serde(serialize_with = "text")]
    green_grass_group_id: Arc<str>,
    created_at: f64,
    architecture: Architecture,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "job_text")]
    last_deployment_job: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_deployment_time: Option<f64>,
}

fn some_text<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}

fn job_text<S: Serializer>(job: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    job.map(job_arn).serialize(serializer)
}

impl RobotItem {
    /// What there is to say of a robot. It is gathered quickly, and written as JSON when others may look.
    pub fn new(account: &Account, robot: &Robot) -> RobotItem {
        let last = robot.last_deployment.as_ref();
        RobotItem {
            arn: Arc::clone(&robot.arn),
            name: Arc::clone(&robot.name),
            fleet_arn: account.fleet_of(robot).cloned(),
            status: account.robot_status(robot),
            green_grass_group_id: Arc::clone(&robot.greengrass_group),
            created_at: account.timestamp(robot.created),
            architecture: robot.architecture,
            last_deployment_job: last.map(|(job, _)| *job),
            last_deployment_time: last.map(|(_, at)| account.timestamp(*at)),
        }
    }
}

pub(super) fn create(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct CreateRobotResponse<'a> {
        arn: &'a str,
        name: &'a str,
        created_at: f64,
        greengrass_group_id: &'a str,
        architecture: Architecture,
        tags: &'a Tags,
    }
    let mut violations = Violations::default();
    let name = members.text("name")?;
    violations.required_text("name", &name, &NAME);
    let architecture = members.text("architecture")?;
    violations.required("architecture", &architecture);
    let architecture =
        violations.one_of("architecture", architecture.as_deref(), Architecture::ALL, Architecture::as_str);
    let greengrass_group = members.text("greengrassGroupId")?;
    violations.required_text("greengrassGroupId", &greengrass_group, &ID);
    let tags = new_tags(members, &mut violations)?;
    violations.into_result()?;
    let created_at = account.timestamp(account.now());
    let architecture = architecture.unwrap_or(Architecture::X86_64);
    let robot = account.create_robot(&given(name), architecture, &given(greengrass_group), tags)?;
    written(&CreateRobotResponse {
        arn: &robot.arn,
        name: &robot.name,
        created_at,
        greengrass_group_id: &robot.greengrass_group,
        architecture,
        tags: &robot.tags,
    })
}

pub(super) fn describe(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct DescribeRobotResponse<'a> {
        arn: &'a str,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        fleet_arn: Option<&'a str>,
        status: RobotStatus,
        greengrass_group_id: &'a str,
        created_at: f64,
        architecture: Architecture,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_deployment_job: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_deployment_time: Option<f64>,
        tags: &'a Tags,
    }
    let arn = robot_arn(members)?;
    let (_, robot) = account.robot(&arn)?;
    let view = RobotItem::new(account, robot);
    read(&DescribeRobotResponse {
        arn: &view.arn,
        name: &view.name,
        fleet_arn: view.fleet_arn.as_deref(),
        status: view.status,
        greengrass_group_id: &view.green_grass_group_id,
        created_at: view.created_at,
        architecture: view.architecture,
        last_deployment_job: view.last_deployment_job.map(job_arn),
        last_deployment_time: view.last_deployment_time,
        tags: &robot.tags,
    })
}

pub(super) fn list(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ListRobotsResponse {
        robots: Vec<RobotItem>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    let mut violations = Violations::default();
    let request = page(members, 200, &mut violations)?;
    violations.into_result()?;
    let page = account.list_robots(&request)?;
    let robots = page.items.iter().map(|(_, robot)| RobotItem::new(account, robot)).collect();
    Ok(gathered(ListRobotsResponse { robots, next_token: page.next_token }))
}

pub(super) fn delete(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let arn = robot_arn(members)?;
    let changed = account.delete_robot(&arn);
    super::answer(&Nothing {}, changed)
}

/// The response of RegisterRobot and DeregisterRobot.
#[derive(Serialize)]
struct Membership<'a> {
    fleet: &'a str,
    robot: &'a str,
}

pub(super) fn register(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let (fleet, robot) = membership(members)?;
    let changed = account.register_robot(&fleet, &robot)?;
    super::answer(&Membership { fleet: &fleet, robot: &robot }, changed)
}

pub(super) fn deregister(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let (fleet, robot) = membership(members)?;
    account.deregister_robot(&fleet, &robot)?;
    written(&Membership { fleet: &fleet, robot: &robot })
}

fn membership(members: &Members<'_>) -> Result<(String, String), Refusal> {
    let mut violations = Violations::default();
    let (fleet, robot) = (members.text("fleet")?, members.text("robot")?);
    violations.required_text("fleet", &fleet, &ARN);
    violations.required_text("robot", &robot, &ARN);
    violations.into_result()?;
    Ok((given(fleet), given(robot)))
}

fn robot_arn(members: &Members<'_>) -> Result<String, Refusal> {
    let mut violations = Violations::default();
    let robot = members.text("robot")?;
    violations.required_text("robot", &robot, &ARN);
    violations.into_result()?;
    Ok(given(robot))
}
