//! `[[group]]`: its steps, and its part of the world.

use serde_json::Value;

use super::distribution::distribution;
use super::failure::failure;
use super::table::{Table, one_of};
use super::values::{choice, integer, name, rate};
use crate::rollout::{Architecture, RobotDeploymentStep};
use crate::scenario::MAX_ROBOTS;
use crate::scenario::quantity::Quantity;

/// `[[group]]`
pub fn table() -> Value {
    let architectures = Architecture::ALL.iter().map(|architecture| architecture.as_str());
    Table::new("Robots that behave alike.")
        .required("name", "A name that no other group has.", name())
        .required("robots", "How many robots there are at the start.", integer(1, MAX_ROBOTS.into()))
        .with_default("architecture", "The robots' processor; kept for the API.", choice(architectures), "X86_64")
        .optional("step", "The steps of a robot's deployment, which run in a fixed order.", steps())
        .optional("connectivity", "Robots go offline and return. Left out: always online.", connectivity())
        .optional(
            "registrations",
            "Further robots register during the campaign; the next sync job picks them up. Left out: none.",
            registrations(),
        )
        .optional("download", "How the group is connected; needs the table [download].", download())
        .into_value()
}

fn steps() -> Value {
    let steps = Table::new("A step that is left out takes no time and cannot fail.");
    let working = &RobotDeploymentStep::ALL[..RobotDeploymentStep::WORKING];
    working.iter().fold(steps, |steps, step| steps.optional(step.key(), of_step(*step), self::step())).into_value()
}

/// What a step is for.
fn of_step(step: RobotDeploymentStep) -> &'static str {
    match step {
        RobotDeploymentStep::Validating => "Validating: the request reaches the robot and is checked.",
        RobotDeploymentStep::ExecutingDownloadCondition => {
            "ExecutingDownloadCondition: a script on the robot says whether it may download now."
        }
        RobotDeploymentStep::DownloadingExtracting => "DownloadingExtracting: the bundle comes and is unpacked.",
        RobotDeploymentStep::ExecutingPreLaunch => "ExecutingPreLaunch: the script before the launch.",
        RobotDeploymentStep::Launching => "Launching: the application starts.",
        RobotDeploymentStep::ExecutingPostLaunch => "ExecutingPostLaunch: the script after the launch.",
        RobotDeploymentStep::Finished => "Finished.",
    }
}

fn step() -> Value {
    Table::new("How long the step takes, and how likely it fails at its end.")
        .required("latency", "How long the step takes.", distribution(Quantity::Duration))
        .with_default("failure", "How likely the step fails at its end, and with which codes.", failure(), 0)
        .into_value()
}

fn connectivity() -> Value {
    Table::new("Robots go offline and return; at time 0 they are in the middle of a period.")
        .required(
            "online",
            "How long a robot stays online; with a finite mean above 0.",
            distribution(Quantity::Duration),
        )
        .required(
            "offline",
            "How long a robot stays offline; with a finite mean above 0.",
            distribution(Quantity::Duration),
        )
        .into_value()
}

fn registrations() -> Value {
    Table::new("Further robots register during the campaign.")
        .required(
            "interarrival",
            "The time from the start to the first registration, and from one to the next.",
            distribution(Quantity::Duration),
        )
        .required("max", "How many robots register.", integer(0, MAX_ROBOTS.into()))
        .into_value()
}

fn download() -> Value {
    let link = one_of([rate(), distribution(Quantity::Rate)]);
    Table::new("How the group is connected.")
        .optional("uplink", "The cap over the group's robots together. Left out: none.", rate())
        .optional(
            "link",
            "A robot's own cap: a rate, or a distribution of which it draws once a replication. Left out: none.",
            link,
        )
        .into_value()
}
