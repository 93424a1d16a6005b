//! Robots: made, registered with fleets, deregistered, deleted.

use std::sync::Arc;

use super::{Account, Robot, Tags, invalid, not_found};
use crate::control_plane::{ApiException, ExceptionCode};
use crate::rollout::{Architecture, DeploymentJobErrorCode, RobotEnd, RobotId, RobotStatus};
use crate::simulation::{Ending, Position};

/// The most robots that an account may ever have.
pub const MOST_ROBOTS: u32 = 1_000_000;

impl Account {
    /// A robot by its ARN.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn robot(&self, arn: &str) -> Result<(RobotId, &Robot), ApiException> {
        let found = self.robots.find(arn).and_then(|serial| Some((serial as RobotId, self.robots.get(serial)?)));
        found.ok_or_else(|| not_found(format!("The robot {arn} does not exist.")))
    }

    /// A robot by its number, if it has not been deleted.
    pub fn robot_of(&self, id: RobotId) -> Option<&Robot> {
        self.robots.get(id.into())
    }

    /// A robot by its name or its ARN.
    pub fn robot_called(&self, name: &str) -> Option<RobotId> {
        self.robots.named(name).or_else(|| self.robots.find(name)).map(|serial| serial as RobotId)
    }

    /// What the API says of a robot.
    pub fn robot_status(&self, robot: &Robot) -> RobotStatus {
        let status =
            robot.member.and_then(|(fleet, member)| Some(self.fleets.get(fleet)?.rollout.fleet.status(member)));
        status.unwrap_or(RobotStatus::Available)
    }

    /// The ARN of the fleet in which a robot is registered.
    pub fn fleet_of(&self, robot: &Robot) -> Option<&Arc<str>> {
        Some(&self.fleets.get(robot.member?.0)?.arn)
    }

    /// Where a robot's deployment is; none if the robot does not deploy.
    pub fn position(&mut self, id: RobotId) -> Option<Position> {
        let robot = self.robots.get(id.into())?;
        if self.robot_status(robot) != RobotStatus::Deploying {
            return None;
        }
        self.world.position(id, self.now)
    }

    /// CreateRobot. It behaves like the robots of the group that its tag `group` names, or else of the first one.
    ///
    /// # Errors
    /// * `ResourceAlreadyExistsException`: there is a robot of this name.
    /// * `LimitExceededException`: the account has had as many robots as it may.
    pub fn create_robot(
        &mut self,
        name: &str,
        architecture: Architecture,
        greengrass_group: &str,
        tags: Tags,
    ) -> Result<&Robot, ApiException> {
        if self.robots.named(name).is_some() {
            return Err(ApiException::new(
                ExceptionCode::ResourceAlreadyExists,
                format!("There is a robot {name} already."),
            ));
        }
        if self.world.robots() >= MOST_ROBOTS {
            return Err(ApiException::new(
                ExceptionCode::LimitExceeded,
                format!("The account has had {MOST_ROBOTS} robots, and may have no more."),
            ));
        }
        let named = tags.get("group").and_then(|name| self.groups.iter().position(|(group, _)| group == name));
        let id = self.world.register(named.unwrap_or(0) as u32);
        self.add_robot(id, name, architecture, greengrass_group, tags);
        self.robots.get(id.into()).ok_or_else(|| not_found(String::new()))
    }

    fn add_robot(&mut self, id: RobotId, name: &str, architecture: Architecture, greengrass_group: &str, tags: Tags) {
        let arn = self.new_arn(&self.robots, "robot", name);
        let robot = Robot {
            arn,
            name: name.into(),
            architecture,
            greengrass_group: greengrass_group.into(),
            created: self.now,
            tags,
            member: None,
            last_deployment: None,
            next_failure: None,
            attempts: 0,
        };
        let serial = self.robots.add(robot);
        debug_assert_eq!(serial, u64::from(id), "robots of the account and of the world have the same numbers");
    }

    /// A robot of a group of the scenario, which the world has already: named after its group, and registered with the
    /// scenario's fleet.
    pub(super) fn add_numbered(&mut self, group: usize) {
        let id = self.robots.next() as RobotId;
        let architecture = self.groups[group].1;
        let name = loop {
            self.numbered[group] += 1;
            let name = format!("{}-{}", self.groups[group].0, self.numbered[group]);
            // Somebody may have taken the name of a robot that registers later.
            if self.robots.named(&name).is_none() {
                break name;
            }
        };
        let greengrass_group = format!("{}-greengrass", self.groups[group].0);
        let tags = Tags::from([(String::from("group"), self.groups[group].0.clone())]);
        self.add_robot(id, &name, architecture, &greengrass_group, tags);
        self.join(self.home, id);
    }

    /// A robot registers with a group of the scenario after the start (R13).
    pub(super) fn register_later(&mut self, group: usize) {
        if self.world.robots() < MOST_ROBOTS {
            self.world.register(group as u32);
            self.add_numbered(group);
        }
    }

    /// Registers a robot with a fleet, if that is still there.
    fn join(&mut self, fleet_serial: u64, id: RobotId) {
        let (Some(fleet), Some(robot)) = (self.fleets.get_mut(fleet_serial), self.robots.get_mut(id.into())) else {
            return;
        };
        let member = fleet.rollout.fleet.register();
        fleet.members.push(id);
        robot.member = Some((fleet_serial, member));
        self.robot_changed(id);
    }

    /// RegisterRobot: whether that has changed anything.
    ///
    /// # Errors
    /// * `ResourceNotFoundException`: there is no such fleet or robot.
    /// * `InvalidParameterException`: the robot is in another fleet.
    pub fn register_robot(&mut self, fleet: &str, robot: &str) -> Result<bool, ApiException> {
        let (serial, _) = self.fleet(fleet)?;
        let (id, row) = self.robot(robot)?;
        match row.member {
            Some((other, _)) if other == serial => Ok(false),
            Some(_) => Err(invalid(format!("The robot {robot} is registered with another fleet."))),
            None => {
                self.join(serial, id);
                Ok(true)
            }
        }
    }

    /// DeregisterRobot (R19).
    ///
    /// # Errors
    /// `ResourceNotFoundException`: there is no such fleet or robot, or the robot is not in the fleet.
    pub fn deregister_robot(&mut self, fleet: &str, robot: &str) -> Result<(), ApiException> {
        let (serial, _) = self.fleet(fleet)?;
        let (id, row) = self.robot(robot)?;
        if row.member.is_none_or(|(other, _)| other != serial) {
            return Err(not_found(format!("The robot {robot} is not registered with the fleet {fleet}.")));
        }
        self.leave(id);
        Ok(())
    }

    /// DeleteRobot (R19): whether there was such a robot. The operation knows no `ResourceNotFoundException`.
    pub fn delete_robot(&mut self, arn: &str) -> bool {
        let Ok((id, _)) = self.robot(arn) else { return false };
        self.leave(id);
        self.robots.remove(id.into());
        true
    }

    /// How many robots have each status, in the order of [`RobotStatus::ALL`].
    pub fn robots_by_status(&self) -> [u32; RobotStatus::ALL.len()] {
        let mut counts = [0; RobotStatus::ALL.len()];
        for robot in self.robots.iter() {
            counts[self.robot_status(robot) as usize] += 1;
        }
        counts
    }

    /// Fails a robot: its deployment if it deploys, else its next one.
    pub fn fail_robot(&mut self, id: RobotId, code: Option<DeploymentJobErrorCode>) {
        let position = self.position(id);
        let Some(robot) = self.robots.get_mut(id.into()) else { return };
        let code = code.unwrap_or_else(|| {
            let step = position.map_or(crate::rollout::RobotDeploymentStep::Validating, |position| position.step);
            step.default_failure_code()
        });
        match (position, robot.last_deployment.as_ref().map(|(_, started)| *started)) {
            (Some(_), Some(started)) => {
                self.world.expect(Ending { due: self.now, started, robot: id, end: RobotEnd::Failed(code) });
                self.settle();
            }
            _ => robot.next_failure = Some(code),
        }
    }
}
