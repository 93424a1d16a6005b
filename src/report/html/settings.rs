//! The settings of a scenario as a table: what the rollout does, resolved, with defaults and options.

use maud::{Markup, html};

use crate::metric::words::{counted, with_unit};
use crate::report::html::answer::capitalised;
use crate::report::outline::order_of_starts;
use crate::rollout::{Again, Schedule};
use crate::scenario::Scenario;
use crate::time::{Span, humane};

/// One line of them.
pub(super) fn line(scenario: &Scenario) -> String {
    format!("{}, {}", counted(scenario.fleet_size().into(), "robot"), scenario.deployment.rules.headline())
}

/// All that decide how the rollout goes on.
pub(super) fn list(scenario: &Scenario) -> Markup {
    let span = |span: Span| humane(span.seconds());
    let (deployment, sync) = (&scenario.deployment, &scenario.sync);
    let fleet = scenario.fleet_size();
    let groups: Vec<String> = scenario.groups.iter().map(|group| format!("{} {}", group.robots, group.name)).collect();
    let mut rows = vec![("Fleet", format!("{}: {}", counted(fleet.into(), "robot"), groups.join(", ")))];
    rows.extend(deployment.rules.facts(fleet).into_iter().map(|fact| (fact.name, fact.words)));
    rows.push(("Order of starts", String::from(order_of_starts(deployment.start_order))));
    let mut timeouts = format!("{} for a robot", span(deployment.robot_deployment_timeout));
    if deployment.rules.robo_maker().is_some() {
        timeouts += &format!(", {} for the fleet", span(deployment.fleet_deployment_timeout));
    }
    rows.push(("Timeouts", timeouts));
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
    html! { dl { @for (name, value) in rows { div { dt { (capitalised(name)) } dd { (value) } } } } }
}
