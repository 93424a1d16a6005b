//! `[[group]]`: its steps, and its part of the world.

use super::calendar::maintenance;
use super::distribution;
use super::failure::{StepFailure, failure};
use super::world::{connectivity, group_download, registrations};
use crate::rollout::{Architecture, RobotDeploymentStep};
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::{Node, Toml};
use crate::scenario::form::{Form, choice, count, name, nonnegative, probability, table};
use crate::scenario::quantity::Quantity;
use crate::scenario::{Group, MAX_ROBOTS, Step};

/// `[[group]]`: robots that are alike.
pub fn group(form: &mut Form<'_>) -> Option<Group> {
    let name = form.required(
        "name",
        "A name that no other group has; its robots are called NAME-1, NAME-2 and so on.",
        name("a name that no other group has"),
    );
    let robots = form.required("robots", "How many robots there are at the start.", count(1..=MAX_ROBOTS));
    let architecture = form.default(
        "architecture",
        "The robots' processor; kept for the API, simulated results do not depend on it.",
        choice(Architecture::ALL.iter().map(|value| (value.as_str(), *value))),
        Architecture::X86_64,
    );
    let words = "How much faster or slower the group is from one replication to another: one factor for all its latencies. Left out: always the same.";
    let pace = form.optional("pace", words, table(pace)).unwrap_or_default();
    let words = "The steps of a robot's deployment, which run in this order. A step that is left out takes no time and cannot fail.";
    let steps = form.optional("step", words, table(steps)).unwrap_or_default();
    let words = "Robots go offline and return. Left out: always online.";
    let connectivity = form.optional("connectivity", words, table(connectivity));
    let words = "When robots of the group may be worked on. Left out: at any time.";
    let maintenance = form.optional("maintenance", words, table(maintenance));
    let words = "Further robots register during the campaign; the next sync job picks them up. Left out: none.";
    let registrations = form.optional("registrations", words, table(registrations));
    let words = "How the group is connected; needs the table [download].";
    let download = form.optional("download", words, table(group_download));
    Some(Group {
        name: name?,
        robots: robots?,
        architecture,
        pace,
        steps,
        connectivity,
        maintenance,
        registrations,
        download,
    })
}

/// `pace = { sigma = 0.15 }`
fn pace(form: &mut Form<'_>) -> Option<f64> {
    let words = "The factor is exp(sigma Z - sigma^2 / 2) with a standard normal Z: 1 in the mean, and with 0 always.";
    form.required("sigma", words, nonnegative())
}

/// Whether the groups are no more robots together than a fleet may have; otherwise it is reported.
pub fn fit(groups: &[Group], file: &mut Form<'_>) -> bool {
    let most = |group: &Group| u64::from(group.robots) + group.registrations.as_ref().map_or(0, |r| r.max.into());
    let robots: u64 = groups.iter().map(most).sum();
    let fit = robots <= u64::from(MAX_ROBOTS);
    if let (false, Some(Node { value: Toml::Array(elements), .. })) = (fit, file.node("group"))
        && let Some(last) = elements.last()
    {
        let later = groups.iter().any(|group| group.registrations.is_some());
        let problem = Problem::new(format!("the fleet has {}{robots} robots", if later { "up to " } else { "" }));
        file.report(problem.at(&last.place, format!("expected at most {MAX_ROBOTS} over all groups")));
    }
    fit
}

fn steps(form: &mut Form<'_>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    form.alike("NAME");
    for step in &RobotDeploymentStep::ALL[..RobotDeploymentStep::WORKING] {
        steps.extend(form.optional(step.key(), what_happens(*step), table(|form| self::step(*step, form))));
    }
    Some(steps)
}

fn what_happens(step: RobotDeploymentStep) -> &'static str {
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

fn step(step: RobotDeploymentStep, form: &mut Form<'_>) -> Option<Step> {
    let latency = form.required("latency", "How long the step takes.", distribution(Quantity::Duration));
    let words = "How likely the step never ends by itself: the robot timeout ends it.";
    let hang = form.default("hang", words, probability(), 0.0);
    let words = "How likely the step fails at its end, and with which codes.";
    let StepFailure { probability, codes, persistence } = form.default("failure", words, failure(), StepFailure::NEVER);
    Some(Step {
        step,
        latency: latency?,
        hang,
        failure_probability: probability,
        failure_codes: codes.unwrap_or_else(|| vec![(step.default_failure_code(), 1.0)]),
        persistence: persistence.filter(|persistence| persistence.share > 0.0),
    })
}
