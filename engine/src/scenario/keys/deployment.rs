//! `[deployment]`, or `[controller]` in its place.

use serde_json::json;

use super::calendar::windows_of_starts;
use super::{DAY, HOUR, MINUTE, distribution};
use crate::random::Distribution;
use crate::rollout::{OnBreach, RoboMaker, StartOrder};
use crate::scenario::controllers::{ControllerTable, ORDER_OF_STARTS, START_ORDERS};
use crate::scenario::diagnostics::Problem;
use crate::scenario::form::{Form, choice, count, duration_within, positive_duration, table_called};
use crate::scenario::quantity::Quantity;
use crate::scenario::{Controllers, Deployment, MAX_ROBOT_TIMEOUT, Rules};
use crate::time::Span;

/// `[deployment]`: the percentages and times of RoboMaker's rules.
pub fn deployment(form: &mut Form<'_>) -> Option<Deployment> {
    let concurrent_deployment_percentage = form.required(
        "concurrent_deployment_percentage",
        "At most this share of the fleet deploys at once, in percent; rounded down, at least one robot.",
        count(1..=100),
    );
    let failure_threshold_percentage = form.required(
        "failure_threshold_percentage",
        "The job halts when failed and unresponsive robots reach this share of the fleet, in percent.",
        count(1..=100),
    );
    let robot_deployment_timeout = form.default(
        "robot_deployment_timeout",
        "A robot that has not ended by then is NoResponse.",
        duration_within(MINUTE..=MAX_ROBOT_TIMEOUT, "a duration from 1m to 7d"),
        Span::from_micros(5 * HOUR.micros()),
    );
    let fleet_deployment_timeout = form.default(
        "fleet_deployment_timeout",
        "Then the job fails, and robots in flight are aborted.",
        positive_duration(),
        Span::from_micros(30 * DAY.micros()),
    );
    let start_order = form.default("start_order", ORDER_OF_STARTS, choice(START_ORDERS), StartOrder::default());
    let on_breach = form.default(
        "on_breach",
        "At the threshold robots in flight run to their end and are counted, or are aborted.",
        choice([("drain", OnBreach::Drain), ("abort", OnBreach::Abort)]),
        OnBreach::default(),
    );
    let preparing = form.default(
        "preparing",
        "How long a job prepares before robots start.",
        distribution(Quantity::Duration),
        Distribution::Constant(0.0),
    );
    let windows = windows_of_starts(form);
    let rules = RoboMaker::new(concurrent_deployment_percentage?, failure_threshold_percentage?, on_breach);
    Some(Deployment {
        rules: Rules::RoboMaker(rules),
        robot_deployment_timeout,
        fleet_deployment_timeout,
        start_order,
        preparing,
        windows,
    })
}

/// `[deployment]`, or `[controller]` in its place where there are controllers to choose.
pub fn rollout(file: &mut Form<'_>, controllers: &Controllers) -> Option<Deployment> {
    let words = "The rollout's parameters, as CreateDeploymentJob takes them.";
    let table = || table_called("a table [deployment]", deployment);
    if controllers.is_empty() {
        return file.required("deployment", words, table());
    }
    let words = format!("{words} [controller] may stand in its place.");
    let ours = file.optional("deployment", &words, table());
    let words = "How the rollout goes on, in place of [deployment]: exactly one of these controllers.";
    let chosen = file.optional("controller", words, controllers);
    file.rule(
        "There is either [deployment] or [controller].",
        json!({ "oneOf": [{ "required": ["deployment"] }, { "required": ["controller"] }] }),
    );
    match (file.has("deployment"), file.has("controller")) {
        (true, true) => {
            let problem = Problem::new("a scenario has either [deployment] or [controller]");
            let problem = problem.help("[deployment] is RoboMaker's; [controller.NAME] takes its place");
            file.report_at_keys(problem, &[("controller", "remove one of them"), ("deployment", "the other one")]);
            None
        }
        (false, false) if file.is_read() => {
            file.report_missing("deployment", "a table [deployment]");
            None
        }
        (_, false) => ours,
        (_, true) => {
            let ControllerTable { start_order, windows, chosen } = chosen?;
            Some(Deployment {
                robot_deployment_timeout: chosen.policy().robot_timeout(),
                // Only RoboMaker's jobs have one.
                fleet_deployment_timeout: Span::MAX,
                start_order,
                preparing: Distribution::Constant(0.0),
                rules: Rules::Chosen(chosen),
                windows,
            })
        }
    }
}

/// Stands for a rollout that is wrong while what else there is gets checked.
pub fn stand_in() -> Deployment {
    Deployment {
        rules: Rules::RoboMaker(RoboMaker::new(1, 1, OnBreach::Drain)),
        robot_deployment_timeout: MINUTE,
        fleet_deployment_timeout: MINUTE,
        start_order: StartOrder::Registration,
        preparing: Distribution::Constant(0.0),
        windows: Vec::new(),
    }
}
