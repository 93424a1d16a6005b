//! Lists, page by page.

use super::{Account, Application, FleetRow, JobRow, Revision, Robot, invalid};
use crate::control_plane::ApiException;
use crate::rollout::RobotId;

/// Where an item stands in its list: the serial number of its resource, and the version.
type Place = (u64, u64);

/// Which page of a list somebody wants.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// How many items it may have, at least 1.
    pub most: usize,
    /// Name and value of the filter, if there is one.
    pub filter: Option<(String, String)>,
    /// Where the page before ended, as its token says.
    pub next_token: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// The token of the next page, if there is one.
    pub next_token: Option<String>,
}

impl PageRequest {
    /// Where the page begins: after this place, if it is not the first.
    fn after(&self, list: &str) -> Result<Option<Place>, ApiException> {
        let Some(token) = &self.next_token else { return Ok(None) };
        let parts: Vec<&str> = token.split('.').collect();
        let place = match parts.as_slice() {
            [of, serial, version, filter] if *of == list && *filter == self.digest() => {
                serial.parse().ok().zip(version.parse().ok())
            }
            _ => None,
        };
        let wrong = || invalid("The nextToken was not given by this operation with these filters.");
        place.map(Some).ok_or_else(wrong)
    }

    /// What tells a filter from another in a token: the 64-bit FNV-1a hash of its name and value.
    fn digest(&self) -> String {
        let (name, value) = self.filter.as_ref().map_or(("", ""), |(name, value)| (name, value));
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = name.bytes().chain([0]).chain(value.bytes()).fold(0xcbf2_9ce4_8422_2325, step);
        format!("{hash:016x}")
    }

    /// Takes a page out of all items that pass the filter, each with its place.
    fn take<T>(&self, list: &str, items: impl Iterator<Item = (Place, T)>) -> Page<T> {
        let mut page: Vec<(Place, T)> = items.take(self.most + 1).collect();
        let more = page.len() > self.most;
        page.truncate(self.most);
        let last = page.last().filter(|_| more).map(|(place, _)| *place);
        let next_token = last.map(|(serial, version)| format!("{list}.{serial}.{version}.{}", self.digest()));
        Page { items: page.into_iter().map(|(_, item)| item).collect(), next_token }
    }

    /// The value that the filter asks for, if it has this name.
    fn wanted(&self, name: &str) -> Option<&str> {
        self.filter.as_ref().filter(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A filter of another name is an error.
    fn check_filter(&self, known: &[&str]) -> Result<(), ApiException> {
        match &self.filter {
            Some((name, _)) if !known.contains(&name.as_str()) => {
                Err(invalid(format!("There is no filter {name}; there is {}.", known.join(" and "))))
            }
            _ => Ok(()),
        }
    }
}

/// The serial number from which on a page can begin.
fn first(after: Option<Place>) -> u64 {
    after.map_or(0, |(serial, _)| serial)
}

impl Account {
    /// ListFleets. The filter is `name`.
    ///
    /// # Errors
    /// `InvalidParameterException`: another filter, or a token of another list.
    pub fn list_fleets(&self, request: &PageRequest) -> Result<Page<&FleetRow>, ApiException> {
        request.check_filter(&["name"])?;
        let after = request.after("fleets")?;
        let wanted = request.wanted("name");
        let items = self.fleets.from(first(after)).map(|(serial, fleet)| ((serial, 0), fleet));
        let items =
            items.filter(|(place, fleet)| Some(*place) > after && wanted.is_none_or(|name| *fleet.name == *name));
        Ok(request.take("fleets", items))
    }

    /// ListRobots. The filters are `status` and `fleetName`.
    ///
    /// # Errors
    /// `InvalidParameterException`: another filter, or a token of another list.
    pub fn list_robots(&self, request: &PageRequest) -> Result<Page<(RobotId, &Robot)>, ApiException> {
        request.check_filter(&["status", "fleetName"])?;
        let after = request.after("robots")?;
        let (status, fleet) = (request.wanted("status"), request.wanted("fleetName"));
        let fleet = fleet.map(|name| self.fleets.named(name));
        let kept = |robot: &Robot| {
            status.is_none_or(|status| self.robot_status(robot).as_str() == status)
                && fleet.is_none_or(|fleet| fleet.is_some() && robot.member.map(|(fleet, _)| fleet) == fleet)
        };
        let items = self.robots.from(first(after)).map(|(serial, robot)| ((serial, 0), (serial as RobotId, robot)));
        let items = items.filter(|(place, (_, robot))| Some(*place) > after && kept(robot));
        Ok(request.take("robots", items))
    }

    /// ListDeploymentJobs. The filters are `status` and `fleetName`.
    ///
    /// # Errors
    /// `InvalidParameterException`: another filter, or a token of another list.
    pub fn list_jobs(&self, request: &PageRequest) -> Result<Page<(u64, &JobRow)>, ApiException> {
        request.check_filter(&["status", "fleetName"])?;
        let after = request.after("jobs")?;
        let (status, fleet) = (request.wanted("status"), request.wanted("fleetName"));
        let kept = |job: &JobRow| {
            status.is_none_or(|status| self.job_state(job).0.as_str() == status)
                && fleet.is_none_or(|fleet| *job.origin.fleet_name == *fleet)
        };
        let items = self.jobs.from(first(after)).map(|(number, job)| ((number, 0), (number, job)));
        let items = items.filter(|(place, (_, job))| Some(*place) > after && kept(job));
        Ok(request.take("jobs", items))
    }

    /// ListRobotApplications: the latest revisions, or all versions as well. The filter is `name`.
    ///
    /// # Errors
    /// `InvalidParameterException`: another filter, or a token of another list.
    pub fn list_applications(
        &self,
        request: &PageRequest,
        all_versions: bool,
    ) -> Result<Page<(&Application, &Revision)>, ApiException> {
        request.check_filter(&["name"])?;
        let list = if all_versions { "versions" } else { "applications" };
        let after = request.after(list)?;
        let wanted = request.wanted("name");
        let kept = |application: &&Application| wanted.is_none_or(|name| *application.name == *name);
        let items = self.applications.from(first(after)).filter(|(_, application)| kept(application)).flat_map(
            |(serial, application)| {
                let versions = application.versions.iter().map(|(number, revision)| (*number, revision));
                let revisions = [(0, &application.latest)].into_iter().chain(versions);
                let shown = revisions.filter(move |(number, _)| all_versions || *number == 0);
                shown.map(move |(number, revision)| ((serial, number), (application, revision)))
            },
        );
        Ok(request.take(list, items.filter(|(place, _)| Some(*place) > after)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lead_through_a_list_and_through_no_other() {
        let mut request = PageRequest { most: 3, ..PageRequest::default() };
        let mut seen = Vec::new();
        loop {
            let after = request.after("fleets").expect("the token is right");
            let items = (0..7u64).map(|serial| ((serial, 0), serial)).filter(|(place, _)| Some(*place) > after);
            let page = request.take("fleets", items);
            seen.push(page.items);
            request.next_token = page.next_token;
            if request.next_token.is_none() {
                break;
            }
        }
        assert_eq!(seen, [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
        request.next_token = Some(String::from("fleets.2.0.0000000000000000"));
        assert!(request.after("fleets").is_err(), "of other filters");
        request.next_token = Some(format!("fleets.2.0.{}", request.digest()));
        assert_eq!(request.after("fleets"), Ok(Some((2, 0))));
        assert!(request.after("robots").is_err());
        request.filter = Some((String::from("name"), String::from("x")));
        assert!(request.after("fleets").is_err());
        for token in ["", "fleets", "fleets.x.0.0", "fleets.99999999999999999999.0.0"] {
            request.next_token = Some(token.to_owned());
            assert!(request.after("fleets").is_err(), "{token}");
        }
    }
}
