//! The settings of a scenario as a table: what the rollout does, resolved, with defaults and options.

use maud::{Markup, html};

use crate::metric::words::{counted, with_unit};
use crate::rollout::{Again, OnBreach, Schedule, StartOrder};
use crate::scenario::Scenario;
use crate::time::{Span, humane};

/// One line of them.
pub(super) fn line(scenario: &Scenario) -> String {
    let deployment = &scenario.deployment;
    format!(
        "{}, {} % at once, halt at {} % failed",
        counted(scenario.fleet_size().into(), "robot"),
        deployment.concurrent_deployment_percentage,
        deployment.failure_threshold_percentage
    )
}

/// All that decide how the rollout goes on.
pub(super) fn list(scenario: &Scenario) -> Markup {
    let span = |span: Span| humane(span.seconds());
    let (deployment, sync) = (&scenario.deployment, &scenario.sync);
    let fleet = scenario.fleet_size();
    let (slots, failures) = deployment.robo_maker().of(fleet);
    let groups: Vec<String> = scenario.groups.iter().map(|group| format!("{} {}", group.robots, group.name)).collect();
    let mut rows = vec![
        ("Fleet", format!("{}: {}", counted(fleet.into(), "robot"), groups.join(", "))),
        (
            "At once",
            format!(
                "{} % of the fleet: {}, in {} order",
                deployment.concurrent_deployment_percentage,
                counted(slots.into(), "robot"),
                match deployment.start_order {
                    StartOrder::Registration => "registration",
                    StartOrder::Shuffled => "shuffled",
                }
            ),
        ),
        (
            "Halt",
            format!(
                "at {} % of the fleet: {}; robots in flight then {}",
                deployment.failure_threshold_percentage,
                counted(failures.into(), "failure"),
                match deployment.on_breach {
                    OnBreach::Drain => "run to their end",
                    OnBreach::Abort => "are aborted",
                }
            ),
        ),
        (
            "Timeouts",
            format!(
                "{} for a robot, {} for the fleet",
                span(deployment.robot_deployment_timeout),
                span(deployment.fleet_deployment_timeout)
            ),
        ),
    ];
    let jobs = match sync.schedule {
        Some(Schedule::AfterFinish(wait)) if sync.max_jobs > 1 => {
            format!("{} after each job, at most {} jobs", span(wait), sync.max_jobs)
        }
        Some(Schedule::Every(period)) if sync.max_jobs > 1 => {
            format!("every {}, at most {} jobs", span(period), sync.max_jobs)
        }
        _ => String::from("one job only"),
    };
    let then = |again: Again| if again == Again::Retry { "tries again" } else { "stops" };
    let ends = format!("after a halt it {}, after a timeout it {}", then(sync.on_halt), then(sync.on_timeout));
    rows.push(("Jobs", if sync.max_jobs > 1 { format!("{jobs}; {ends}") } else { jobs }));
    rows.extend(sync.horizon.map(|horizon| ("Horizon", span(horizon))));
    if !scenario.builds.is_empty() {
        let builds = scenario.builds.iter().map(|build| format!("{} (weight {})", build.name, build.weight));
        rows.push(("Builds", builds.collect::<Vec<_>>().join(", ")));
    }
    if let Some(download) = &scenario.download {
        let egress = download.egress.map(|egress| format!(", {} egress", with_unit(egress as f64, "bit/s")));
        rows.push(("Downloads", with_unit(download.bundle_size as f64, "B") + &egress.unwrap_or_default()));
    }
    html! { dl { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } } }
}
