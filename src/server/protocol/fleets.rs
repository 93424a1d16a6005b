//! CreateFleet, DescribeFleet, ListFleets, DeleteFleet.

use std::sync::Arc;

use serde::Serialize;

use super::robots::RobotItem;
use super::{Members, Nothing, Refusal, Reply, gathered, given, new_tags, page, read, written};
use crate::control_plane::constraints::Violations;
use crate::control_plane::shapes::{ARN, NAME};
use crate::rollout::DeploymentStatus;
use crate::server::account::{Account, FleetRow, Tags, job_arn};
use crate::server::view::text;

/// The most robots that a description of a fleet shows: the model's `Robots`.
const MOST_SHOWN: usize = 1000;

/// What lists and descriptions say of a fleet: the model's `Fleet`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FleetItem {
    #[serde(serialize_with = "text")]
    name: Arc<str>,
    #[serde(serialize_with = "text")]
    arn: Arc<str>,
    created_at: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_deployment_status: Option<DeploymentStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_deployment_job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_deployment_time: Option<f64>,
}

impl FleetItem {
    fn new(account: &Account, fleet: &FleetRow) -> FleetItem {
        let last = fleet.last_deployment.as_ref();
        let status = |(_, status, _): &(_, DeploymentStatus, _)| {
            if fleet.rollout.job.is_active() { fleet.rollout.job.status() } else { *status }
        };
        FleetItem {
            name: Arc::clone(&fleet.name),
            arn: Arc::clone(&fleet.arn),
            created_at: account.timestamp(fleet.created),
            last_deployment_status: last.map(status),
            last_deployment_job: last.map(|(job, _, _)| job_arn(*job)),
            last_deployment_time: last.map(|(_, _, at)| account.timestamp(*at)),
        }
    }
}

pub(super) fn create(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct CreateFleetResponse<'a> {
        arn: &'a str,
        name: &'a str,
        created_at: f64,
        tags: &'a Tags,
    }
    let mut violations = Violations::default();
    let name = members.text("name")?;
    violations.required_text("name", &name, &NAME);
    let tags = new_tags(members, &mut violations)?;
    violations.into_result()?;
    let created_at = account.timestamp(account.now());
    let fleet = account.create_fleet(&given(name), tags)?;
    written(&CreateFleetResponse { arn: &fleet.arn, name: &fleet.name, created_at, tags: &fleet.tags })
}

pub(super) fn describe(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct DescribeFleetResponse {
        #[serde(flatten)]
        fleet: FleetItem,
        robots: Vec<RobotItem>,
        tags: Tags,
    }
    let arn = fleet_arn(members)?;
    let (_, fleet) = account.fleet(&arn)?;
    let robots = account.members(fleet).take(MOST_SHOWN).filter_map(|(robot, _)| account.robot_of(robot));
    let robots = robots.map(|robot| RobotItem::new(account, robot)).collect();
    let (fleet, tags) = (FleetItem::new(account, fleet), fleet.tags.clone());
    Ok(gathered(DescribeFleetResponse { fleet, robots, tags }))
}

pub(super) fn list(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ListFleetsResponse {
        fleet_details: Vec<FleetItem>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    let mut violations = Violations::default();
    let request = page(members, 200, &mut violations)?;
    violations.into_result()?;
    let page = account.list_fleets(&request)?;
    let fleet_details = page.items.iter().map(|fleet| FleetItem::new(account, fleet)).collect();
    read(&ListFleetsResponse { fleet_details, next_token: page.next_token })
}

pub(super) fn delete(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let arn = fleet_arn(members)?;
    let changed = account.delete_fleet(&arn);
    super::answer(&Nothing {}, changed)
}

fn fleet_arn(members: &Members<'_>) -> Result<String, Refusal> {
    let mut violations = Violations::default();
    let fleet = members.text("fleet")?;
    violations.required_text("fleet", &fleet, &ARN);
    violations.into_result()?;
    Ok(given(fleet))
}
