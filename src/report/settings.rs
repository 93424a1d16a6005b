//! What a scenario simulates, in words.

use super::document::{Chapter, Document, Piece, Reach};
use crate::calendar::Window;
use crate::metric::words::{counted, with_unit};
use crate::random::Distribution;
use crate::rollout::{Again, RobotDeploymentStep, Schedule, StartOrder};
use crate::scenario::{Api, AtEnd, Build, Group, Persistence, Probability, Scenario, Step};
use crate::time::{MICROS, Span, humane};

/// So many groups are shown with their steps.
const GROUPS_IN_FULL: usize = 3;
/// So many lines a list of groups or builds may have.
const LISTED: usize = 12;

/// One line of them.
pub(crate) fn in_a_line(scenario: &Scenario) -> String {
    format!("{}, {}", counted(scenario.fleet_size().into(), "robot"), scenario.deployment.rules.headline())
}

/// What a scenario would simulate.
pub(crate) fn document(scenario: &Scenario) -> Document<'static> {
    let section = Chapter {
        id: "settings".to_owned(),
        heading: String::new(),
        place: Reach::Everywhere,
        blocks: facts(scenario).into_iter().chain(warnings(scenario)).collect(),
    };
    Document {
        title: scenario.name.clone(),
        description: scenario.description.clone(),
        question: String::new(),
        passes: None,
        answer: Vec::new(),
        sections: vec![section],
        provenance: None,
    }
}

/// Fleet, rollout, syncs, world.
pub(crate) fn facts(scenario: &Scenario) -> Vec<Piece> {
    let mut outline = Outline::default();
    outline.fleet(scenario);
    outline.rollout(scenario);
    outline.sync(scenario);
    outline.world(scenario);
    outline.sections.into_iter().map(|(heading, facts)| Piece::Facts(heading, facts)).collect()
}

/// What may not be as it was meant.
pub(crate) fn warnings(scenario: &Scenario) -> Option<Piece> {
    let each_by_itself = |group: &&Group| {
        let own = group.connectivity.as_ref().filter(|own| own.docking.is_none());
        own.and_then(|own| own.periods.as_ref()).is_some_and(|periods| {
            [&periods.online, &periods.offline].iter().all(|period| matches!(period, Distribution::Constant(_)))
        })
    };
    let groups: Vec<&str> = scenario.groups.iter().filter(each_by_itself).map(|group| group.name.as_str()).collect();
    let more = if groups.len() > LISTED { format!(" and {} more", groups.len() - LISTED) } else { String::new() };
    let groups_named = groups[..groups.len().min(LISTED)].join(", ");
    let warning = format!(
        "Warning: each robot of {groups_named}{more} goes online and offline at times of its own, though these periods are \
         constant. For robots that are all reachable at the same hours give windows in [group.connectivity]."
    );
    (!groups.is_empty()).then_some(Piece::Note(Reach::Everywhere, warning))
}

/// Under each heading names with what they are.
#[derive(Default)]
struct Outline {
    sections: Vec<(String, Vec<(String, String)>)>,
}

impl Outline {
    fn row(&mut self, name: &str, what: &str) {
        if let Some((_, facts)) = self.sections.last_mut() {
            facts.push((name.to_owned(), what.to_owned()));
        }
    }

    /// Begins a section; what stands beside its heading has no name of its own.
    fn section(&mut self, heading: &str, what: &str) {
        self.sections.push((heading.to_owned(), vec![(String::new(), what.to_owned())]));
    }

    fn fleet(&mut self, scenario: &Scenario) {
        self.section("Fleet", &robots(scenario.fleet_size(), scenario.most_robots() - scenario.fleet_size()));
        let in_full = scenario.groups.len() <= GROUPS_IN_FULL;
        for group in scenario.groups.iter().take(LISTED) {
            let later = group.registrations.as_ref().map_or(0, |registrations| registrations.max);
            let mut what = format!("{}, {}", robots(group.robots, later), group.architecture);
            if !in_full {
                what += &format!(", {}", counted(group.steps.len() as u64, "step"));
            }
            self.row(&shortened(&group.name), &what);
            if in_full {
                self.group(group);
            }
        }
        self.more(scenario.groups.len(), "group");
    }

    fn group(&mut self, group: &Group) {
        for step in &group.steps {
            let latency = step.latency.words(&duration);
            let hang = if step.hang > 0.0 { format!("; hangs with {}", percent(step.hang)) } else { String::new() };
            self.row(&format!("  {}", step.step.key()), &format!("{latency}; {}{hang}", failure(step)));
        }
        if group.pace > 0.0 {
            let pace = format!("a factor for all latencies of a replication: lognormal, mean 1, sigma {}", group.pace);
            self.row("  pace", &pace);
        }
        if let Some(connectivity) = &group.connectivity {
            if let Some(periods) = &connectivity.periods {
                self.row("  online for", &periods.online.words(&duration));
                self.row("  offline for", &periods.offline.words(&duration));
            }
            if let Some(docking) = &connectivity.docking {
                let late = [("arrives", &docking.arrives), ("leaves", &docking.leaves)];
                let drawn = late.into_iter().filter(|(_, delay)| **delay != Distribution::Constant(0.0));
                let late: String =
                    drawn.map(|(what, delay)| format!("; {what} late: {}", delay.words(&duration))).collect();
                self.row("  reachable", &(windows(&docking.windows) + &late));
            }
        }
        if let Some(maintenance) = &group.maintenance {
            let at_end = match maintenance.at_end {
                AtEnd::Finish => "robots in flight finish",
                AtEnd::Pause => "robots in flight pause before their next step",
            };
            self.row("  maintenance", &format!("{}; at the end {at_end}", windows(&maintenance.windows)));
        }
        if let Some(registrations) = &group.registrations {
            self.row("  registrations, one after", &registrations.interarrival.words(&duration));
        }
        if let Some(download) = &group.download {
            let link = download.link.as_ref().map(|link| format!("a robot's link {}", link.words(&rate)));
            let uplink = download.uplink.map(|uplink| format!("uplink {}", rate(uplink as f64)));
            let bundle = download.bundle_size.map(|bundle| format!("a bundle of {}", size(bundle)));
            let caps: Vec<String> = bundle.into_iter().chain(link).chain(uplink).collect();
            self.row("  download", &if caps.is_empty() { String::from("no cap") } else { caps.join(", ") });
        }
    }

    fn more(&mut self, all: usize, what: &str) {
        if let Some(more @ 1..) = all.checked_sub(LISTED) {
            self.row(&format!("... and {}", counted(more as u64, &format!("more {what}"))), "");
        }
    }

    fn rollout(&mut self, scenario: &Scenario) {
        let deployment = &scenario.deployment;
        self.section("Rollout", "");
        for fact in deployment.rules.facts(scenario.fleet_size()) {
            self.row(fact.name, &fact.words);
        }
        self.row("robot timeout", &span(deployment.robot_deployment_timeout));
        if deployment.rules.robo_maker().is_some() {
            self.row("fleet timeout", &span(deployment.fleet_deployment_timeout));
        }
        self.row("order of starts", order_of_starts(deployment.start_order));
        if !deployment.windows.is_empty() {
            self.row("robots start", &windows(&deployment.windows));
        }
        if deployment.preparing != Distribution::Constant(0.0) {
            self.row("preparing", &deployment.preparing.words(&duration));
        }
    }

    fn sync(&mut self, scenario: &Scenario) {
        let sync = &scenario.sync;
        let schedule = match sync.schedule {
            _ if sync.max_jobs == 1 => String::from("none: one job only"),
            None => String::from("none"),
            Some(Schedule::AfterFinish(delay)) => format!("{} after the previous job has ended", span(delay)),
            Some(Schedule::Every(every)) => format!("every {} from the start", span(every)),
        };
        self.section("Sync", &schedule);
        if sync.max_jobs > 1 {
            self.row("at most", &format!("{} jobs, the first one included", sync.max_jobs));
            let again = |again| if again == Again::Stop { "stop" } else { "retry" };
            self.row("after a halt", again(sync.on_halt));
            self.row("after a fleet timeout", again(sync.on_timeout));
        }
        if let Some(horizon) = sync.horizon {
            self.row("ends as it stands after", &span(horizon));
        }
        if scenario.calendar.is_dated() {
            self.row("starts at", &scenario.calendar.to_string());
        }
        let replications = counted(scenario.replications.into(), "replication");
        self.row("simulated", &format!("{replications}, seed {}", scenario.seed));
    }

    fn world(&mut self, scenario: &Scenario) {
        if !scenario.builds.is_empty() {
            self.section("Builds", "a replication is about one of them");
            let total: f64 = scenario.builds.iter().map(|build| build.weight).sum();
            for build in scenario.builds.iter().take(LISTED) {
                self.row(&shortened(&build.name), &self::build(build, total));
            }
            self.more(scenario.builds.len(), "build");
        }
        if let Some(download) = &scenario.download {
            let egress = match download.egress {
                Some(egress) => format!("from an egress of {}", rate(egress as f64)),
                None => String::from("from an egress without a cap"),
            };
            self.section("Download", &format!("{} {egress}", size(download.bundle_size)));
        }
        if !scenario.outages.is_empty() {
            self.section("Outages", "all robots of a site lose connection together");
            for outage in scenario.outages.iter().take(LISTED) {
                let groups: Vec<&str> =
                    outage.groups.iter().map(|group| scenario.groups[*group].name.as_str()).collect();
                let (interval, lasts) = (outage.interval.words(&duration), outage.duration.words(&duration));
                self.row(&shortened(&groups.join(", ")), &format!("{lasts}; from one to the next {interval}"));
            }
            self.more(scenario.outages.len(), "outage");
        }
        if let Some(api) = &scenario.api {
            self.section("API", &faults(api));
            let retry = &api.retry;
            let waits =
                format!("{} at first, times {} each time, +-{}", span(retry.base), retry.factor, percent(retry.jitter));
            self.row("attempts of a call", &format!("up to {}; waits {waits}", retry.max_attempts));
        }
    }
}

/// `daily 22:00 to 05:00, sat,sun 08:00 to 12:00`
fn windows(windows: &[Window]) -> String {
    windows.iter().map(Window::to_string).collect::<Vec<_>>().join(", and ")
}

/// R6 in words.
fn order_of_starts(order: StartOrder) -> &'static str {
    match order {
        StartOrder::Registration => "as registered",
        StartOrder::Shuffled => "drawn for each job",
    }
}

/// `80 robots and up to 40 more`
fn robots(now: u32, later: u32) -> String {
    let robots = counted(now.into(), "robot");
    if later == 0 { robots } else { format!("{robots} and up to {later} more") }
}

fn build(build: &Build, total: f64) -> String {
    let share = percent(build.weight / total);
    let in_steps = |what: &str, mut steps: Vec<RobotDeploymentStep>| {
        steps.sort_unstable();
        steps.dedup();
        let steps: Vec<&str> = steps.iter().map(|step| step.key()).collect();
        (!steps.is_empty()).then(|| format!("; {what} {}", steps.join(", ")))
    };
    let failures = in_steps("other failures in", build.failures.iter().map(|failure| failure.step).collect());
    let hangs = in_steps("other hangs in", build.hangs.iter().map(|hang| hang.step).collect());
    let latencies = in_steps("other latencies of", build.latencies.iter().map(|latency| latency.step).collect());
    let bundle = build.bundle_size.map(|bundle| format!("; a bundle of {}", size(bundle)));
    [Some(share), failures, hangs, latencies, bundle].into_iter().flatten().collect()
}

fn faults(api: &Api) -> String {
    let faults =
        [(api.throttle, "throttled"), (api.internal_error, "failing inside"), (api.lost_answer, "without an answer")];
    let faults = faults.iter().filter(|(probability, _)| *probability > 0.0);
    let faults: Vec<String> = faults.map(|(probability, what)| format!("{} {what}", percent(*probability))).collect();
    if faults.is_empty() { String::from("no call goes wrong") } else { format!("calls: {}", faults.join(", ")) }
}

fn failure(step: &Step) -> String {
    let codes = match &step.failure_codes[..] {
        [(code, _)] if *code == step.step.default_failure_code() => String::new(),
        codes => {
            let codes = codes.iter().filter(|(_, weight)| *weight > 0.0);
            format!(" ({})", codes.map(|(code, _)| code.as_str()).collect::<Vec<_>>().join(", "))
        }
    };
    let stays = step.persistence.as_ref().map_or_else(String::new, stays);
    match step.failure_probability {
        Probability::Fixed(0.0) => String::from("never fails"),
        Probability::Fixed(probability) => format!("fails with {}{codes}{stays}", percent(probability)),
        Probability::Beta { mean, concentration } => {
            format!("fails with about {}, drawn (concentration {concentration}){codes}{stays}", percent(mean))
        }
    }
}

/// How failures stay.
fn stays(persistence: &Persistence) -> String {
    let repair = match &persistence.repair {
        Some(repair) => format!("until repaired: {}", repair.words(&duration)),
        None => String::from("for good"),
    };
    format!(", of which {} stays {repair}", percent(persistence.share))
}

/// Microseconds as a person writes them.
fn duration(micros: f64) -> String {
    if micros.is_infinite() { String::from("infinite") } else { humane(micros / MICROS as f64) }
}

fn span(span: Span) -> String {
    humane(span.seconds())
}

fn rate(bits: f64) -> String {
    with_unit(bits, "bit/s")
}

fn size(bytes: u64) -> String {
    with_unit(bytes as f64, "B")
}

/// A share in percent, as it was written: down to a millionth.
fn percent(share: f64) -> String {
    // Decimal fractions have tails in binary.
    let percent = (share * 1e8).round() / 1e6;
    format!("{percent} %")
}

/// A name that leaves room for the second column.
fn shortened(name: &str) -> String {
    const FITS: usize = 29;
    if name.len() <= FITS { name.to_owned() } else { format!("{}...", &name[..FITS - 3]) }
}
