//! What robots are called.

use super::Scenario;
use crate::rollout::RobotId;

/// The names of a fleet's robots: `<group>-<number>`, numbered from 1 within the group, those that register later (R13)
/// after those of the start.
///
/// ```
/// # use std::path::Path;
/// # use rollcast_engine::scenario::{RobotNames, Scenario};
/// # let text = "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 1\nfailure_threshold_percentage = 1\n
/// # [[group]]\nname = \"amr\"\nrobots = 2\n[[group]]\nname = \"arm\"\nrobots = 3\n";
/// # let scenario = Scenario::parse(text, "", Path::new(""), &[]).expect("it is right");
/// let mut names = RobotNames::new(&scenario); // amr: 2 robots, arm: 3 robots
/// let later = names.register(0);
/// assert_eq!((names.name(1).as_str(), names.name(2).as_str()), ("amr-2", "arm-1"));
/// assert_eq!((later, names.name(later).as_str()), (5, "amr-3"));
/// ```
#[derive(Clone, Debug)]
pub struct RobotNames {
    groups: Vec<NamedGroup>,
    /// The group of each robot that has registered later, and its number there.
    later: Vec<(usize, u32)>,
    fleet_size: u32,
}

#[derive(Clone, Debug)]
struct NamedGroup {
    name: String,
    /// The number after the group's last robot of the start, over the fleet.
    end: RobotId,
    robots: u32,
    /// How many robots it has by now.
    registered: u32,
}

impl RobotNames {
    /// The fleet as it is at the start.
    pub fn new(scenario: &Scenario) -> RobotNames {
        let mut end = 0;
        let groups = scenario.groups.iter().map(|group| {
            end += group.robots;
            NamedGroup { name: group.name.clone(), end, robots: group.robots, registered: group.robots }
        });
        RobotNames { groups: groups.collect(), later: Vec::new(), fleet_size: scenario.fleet_size() }
    }

    /// Another robot registers with a group, given by its index: its number in the fleet.
    pub fn register(&mut self, group: usize) -> RobotId {
        self.groups[group].registered += 1;
        self.later.push((group, self.groups[group].registered));
        self.robots() - 1
    }

    /// How many robots there are by now.
    pub fn robots(&self) -> u32 {
        self.fleet_size + self.later.len() as u32
    }

    /// A robot's name.
    pub fn name(&self, robot: RobotId) -> String {
        let (group, number) = self.place(robot);
        format!("{}-{number}", self.groups[group].name)
    }

    /// The name of a robot's group.
    pub fn group(&self, robot: RobotId) -> &str {
        &self.groups[self.place(robot).0].name
    }

    /// A robot's group and its number there, from 1.
    fn place(&self, robot: RobotId) -> (usize, u32) {
        match robot.checked_sub(self.fleet_size) {
            Some(later) => self.later[later as usize],
            None => {
                let group = self.groups.partition_point(|group| group.end <= robot);
                (group, robot - (self.groups[group].end - self.groups[group].robots) + 1)
            }
        }
    }
}
