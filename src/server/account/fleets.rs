//! Fleets.

use super::{Account, FleetRow, JobRow, Tags, invalid, not_found};
use crate::control_plane::ApiException;
use crate::rollout::{OnBreach, Progress, RoboMaker, RobotId, RobotStatus};
use crate::simulation::Rollout;

impl Account {
    /// A fleet by its ARN.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn fleet(&self, arn: &str) -> Result<(u64, &FleetRow), ApiException> {
        let found = self.fleets.find(arn).and_then(|serial| Some((serial, self.fleets.get(serial)?)));
        found.ok_or_else(|| not_found(format!("The fleet {arn} does not exist.")))
    }

    /// All fleets, in the order in which they were made.
    pub fn all_fleets(&self) -> impl Iterator<Item = (u64, &FleetRow)> {
        self.fleets.from(0)
    }

    /// A fleet by its serial number.
    pub fn fleet_row(&self, serial: u64) -> Option<&FleetRow> {
        self.fleets.get(serial)
    }

    /// The robots that are registered with a fleet, in the order of their registration.
    pub fn members<'a>(&'a self, fleet: &'a FleetRow) -> impl Iterator<Item = (RobotId, RobotStatus)> + 'a {
        let there = |(_, status): &(RobotId, RobotStatus)| *status != RobotStatus::Available;
        fleet.rollout.fleet.iter().filter(there).map(|(member, status)| (fleet.members[member as usize], status))
    }

    /// CreateFleet. The operation knows no `ResourceAlreadyExistsException`.
    ///
    /// # Errors
    /// `InvalidParameterException`: there is a fleet of this name.
    pub fn create_fleet(&mut self, name: &str, tags: Tags) -> Result<&FleetRow, ApiException> {
        if self.fleets.named(name).is_some() {
            return Err(invalid(format!("There is a fleet {name} already.")));
        }
        let serial = self.add_fleet(name, tags);
        self.job_changed(serial);
        self.fleets.get(serial).ok_or_else(|| not_found(String::new()))
    }

    pub(super) fn add_fleet(&mut self, name: &str, tags: Tags) -> u64 {
        let arn = self.new_arn(&self.fleets, "deployment-fleet", name);
        let row = FleetRow {
            arn,
            name: name.into(),
            created: self.now,
            tags,
            members: Vec::new(),
            rollout: Rollout::new(RoboMaker::new(1, 1, OnBreach::Drain)),
            latest: None,
            last_deployment: None,
        };
        self.fleets.add(row)
    }

    /// DeleteFleet: whether there was such a fleet. An active job is canceled, and the robots leave. The operation
    /// knows no `ResourceNotFoundException`.
    pub fn delete_fleet(&mut self, arn: &str) -> bool {
        let Ok((serial, _)) = self.fleet(arn) else { return false };
        self.cancel_job_of(serial);
        let Some(fleet) = self.fleets.get(serial) else { return false };
        let robots: Vec<RobotId> = self.members(fleet).map(|(robot, _)| robot).collect();
        robots.into_iter().for_each(|robot| self.leave(robot));
        if let Some(fleet) = self.fleets.remove(serial).filter(|_| self.changes.watched) {
            self.changes.deleted.push(fleet.arn);
        }
        true
    }

    /// A job by its ARN.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn job(&mut self, arn: &str) -> Result<&JobRow, ApiException> {
        self.forget_expired_jobs();
        let found = self.jobs.find(arn).and_then(|number| self.jobs.get(number));
        found.ok_or_else(|| not_found(format!("The deployment job {arn} does not exist.")))
    }

    /// A job by its number, if it has not expired.
    pub fn job_row(&self, number: u64) -> Option<&JobRow> {
        self.jobs.get(number)
    }

    /// Where a job is: its state, whether it has breached its threshold, and its counts.
    pub fn job_state(&self, job: &JobRow) -> (crate::rollout::DeploymentStatus, bool, Progress) {
        match self.fleets.get(job.origin.fleet).filter(|_| job.is_active()) {
            Some(fleet) => {
                let job = &fleet.rollout.job;
                (job.status(), job.halted(), *job.progress())
            }
            None => (job.status, job.halt.is_some(), job.progress),
        }
    }

    /// How many jobs are active.
    pub fn active_job_count(&self) -> usize {
        self.active.len()
    }
}
