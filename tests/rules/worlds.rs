//! Random worlds around a random scenario: builds, offline robots, registrations, shared downloads, API faults (R13 to
//! R17), steps that hang and failures that stay (R22).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use rollcast::scenario::Scenario;

use super::reference;
use super::scenarios::{Group, Rhythm, Sketch, Step, Sync, config, family, latency, maybe, plain};

/// The world of a scenario before it is written; what is none or empty is left out of the text.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub builds: Vec<Build>,
    /// One for each group, or none at all.
    pub groups: Vec<GroupWorld>,
    pub download: Option<Download>,
    pub api: Option<Api>,
    /// The local time of the start in Berlin; the windows of all starts; outages of groups, with interval and duration.
    pub starts_at: Option<&'static str>,
    pub starts: Option<String>,
    pub outages: Vec<(Vec<usize>, String, String)>,
}

#[derive(Clone, Debug, Default)]
pub struct Build {
    pub weight: &'static str,
    /// What `GROUP.STEP` or `*.STEP` fails with.
    pub failures: Vec<(String, String)>,
    /// Likewise how likely it hangs, and how long it takes.
    pub hangs: Vec<(String, String)>,
    pub latencies: Vec<(String, String)>,
    pub bundle_size: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
pub struct GroupWorld {
    /// Online and offline.
    pub connectivity: Option<(String, String)>,
    /// Windows, and how late robots arrive and leave.
    pub docking: Option<(String, Option<String>, Option<String>)>,
    /// Windows, and whether their ends pause.
    pub maintenance: Option<(String, bool)>,
    /// The times between them, and how many.
    pub registrations: Option<(String, u32)>,
    pub uplink: Option<&'static str>,
    pub link: Option<String>,
    pub bundle_size: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Download {
    pub bundle_size: &'static str,
    pub egress: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Api {
    pub throttle: &'static str,
    pub internal_error: &'static str,
    pub lost_answer: &'static str,
    pub retry: Option<Retry>,
}

#[derive(Clone, Debug)]
pub struct Retry {
    pub base: &'static str,
    pub factor: &'static str,
    pub max_attempts: u32,
    pub jitter: &'static str,
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "weight = {}", self.weight)?;
        for (key, changes) in [("failure", &self.failures), ("hang", &self.hangs), ("latency", &self.latencies)] {
            let changes: Vec<String> = changes.iter().map(|(place, how)| format!("\"{place}\" = {how}")).collect();
            writeln!(f, "{key} = {{ {} }}", changes.join(", "))?;
        }
        self.bundle_size.map_or(Ok(()), |size| writeln!(f, "bundle_size = \"{size}\""))
    }
}

impl fmt::Display for GroupWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.connectivity.is_some() || self.docking.is_some() {
            writeln!(f, "[group.connectivity]")?;
        }
        if let Some((online, offline)) = &self.connectivity {
            writeln!(f, "online = {online}\noffline = {offline}")?;
        }
        if let Some((windows, arrives, leaves)) = &self.docking {
            writeln!(f, "windows = {windows}")?;
            for (key, delay) in [("arrives", arrives), ("leaves", leaves)] {
                delay.as_ref().map_or(Ok(()), |delay| writeln!(f, "{key} = {delay}"))?;
            }
        }
        if let Some((windows, pauses)) = &self.maintenance {
            let at_end = if *pauses { "pause" } else { "finish" };
            writeln!(f, "[group.maintenance]\nwindows = {windows}\nat_end = \"{at_end}\"")?;
        }
        if let Some((interarrival, max)) = &self.registrations {
            writeln!(f, "[group.registrations]\ninterarrival = {interarrival}\nmax = {max}")?;
        }
        if self.uplink.is_some() || self.link.is_some() || self.bundle_size.is_some() {
            writeln!(f, "[group.download]")?;
        }
        if let Some(uplink) = self.uplink {
            writeln!(f, "uplink = \"{uplink}\"")?;
        }
        if let Some(link) = &self.link {
            writeln!(f, "link = {link}")?;
        }
        self.bundle_size.map_or(Ok(()), |size| writeln!(f, "bundle_size = \"{size}\""))
    }
}

impl fmt::Display for World {
    /// All but what belongs to groups.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, build) in self.builds.iter().enumerate() {
            write!(f, "\n[[build]]\nname = \"b{number}\"\n{build}")?;
        }
        for (groups, interval, duration) in &self.outages {
            let groups: Vec<String> = groups.iter().map(|group| format!("\"g{group}\"")).collect();
            let groups = groups.join(", ");
            writeln!(f, "\n[[outage]]\ngroups = [{groups}]\ninterval = {interval}\nduration = {duration}")?;
        }
        if let Some(Download { bundle_size, egress }) = &self.download {
            writeln!(f, "\n[download]\nbundle_size = \"{bundle_size}\"")?;
            if let Some(egress) = egress {
                writeln!(f, "egress = \"{egress}\"")?;
            }
        }
        if let Some(Api { throttle, internal_error, lost_answer, retry }) = &self.api {
            writeln!(
                f,
                "\n[api]\nthrottle = {throttle}\ninternal_error = {internal_error}\nlost_answer = {lost_answer}"
            )?;
            if let Some(Retry { base, factor, max_attempts, jitter }) = retry {
                let waits = format!("base = \"{base}\", factor = {factor}");
                writeln!(f, "retry = {{ {waits}, max_attempts = {max_attempts}, jitter = {jitter} }}")?;
            }
        }
        Ok(())
    }
}

/// How long robots are online or offline: comparable with steps and timeouts.
fn periods(rhythm: Rhythm) -> BoxedStrategy<String> {
    let mean = || select(vec![2u32, 5, 10, 20, 30, 60, 120, 300]);
    if rhythm == Rhythm::Beat {
        return select(vec![30u32, 60, 90]).prop_map(|seconds| format!("{{ constant = \"{seconds}s\" }}")).boxed();
    }
    prop_oneof![
        2 => mean().prop_map(|seconds| format!("{{ constant = \"{seconds}s\" }}")),
        4 => mean().prop_map(|mean| family("exponential", &format!("mean = \"{mean}s\""))),
        2 => mean().prop_map(|min| family("uniform", &format!("min = \"{min}s\", max = \"{}s\"", 2 * min))),
        1 => (mean(), mean()).prop_map(|(a, b)| {
            format!("{{ empirical = {{ values = [\"0s\", \"{a}s\", \"{b}s\"] }} }}")
        }),
    ]
    .boxed()
}

/// Windows comparable with steps and timeouts; some by the clock, where a campaign starts in the evening.
fn windows(rhythm: Rhythm) -> BoxedStrategy<String> {
    let every = match rhythm {
        Rhythm::Free => (select(vec![40u32, 60, 90, 300]), select(vec![0u32, 7, 30, 100]), select(vec![10u32, 25, 40])),
        Rhythm::Beat => (select(vec![60u32, 90, 120, 60]), select(vec![0u32, 30, 60, 0]), select(vec![30u32, 60, 30])),
    };
    let every = every.prop_map(|(every, offset, duration)| {
        format!("{{ every = \"{every}s\", offset = \"{offset}s\", duration = \"{duration}s\" }}")
    });
    let clock = select(vec![
        "{ from = \"22:00\", to = \"22:01\" }",
        "{ from = \"21:00\", to = \"22:00\" }",
        "{ from = \"22:00\", to = \"05:00\" }",
        "{ days = \"sat,sun\", from = \"22:01\", to = \"22:04\" }",
        "{ days = \"mon-fri\", from = \"21:58\", to = \"22:02\" }",
        "{ from = \"22:02\", to = \"22:02\" }",
        "{ from = \"01:59\", to = \"02:03\" }",
        "{ from = \"02:01\", to = \"03:02\" }",
        "{ days = \"sun\", from = \"03:01\", to = \"02:02\" }",
        "{ days = \"sat\", from = \"23:00\", to = \"03:02\" }",
    ]);
    let window = prop_oneof![3 => every, 2 => clock.prop_map(str::to_owned)];
    prop::collection::vec(window, 1..=2).prop_map(|windows| format!("[{}]", windows.join(", "))).boxed()
}

fn delay(rhythm: Rhythm) -> BoxedStrategy<String> {
    let constant = |seconds| format!("{{ constant = \"{seconds}s\" }}");
    if rhythm == Rhythm::Beat {
        return select(vec![0u32, 30, 60]).prop_map(constant).boxed();
    }
    prop_oneof![
        select(vec![0u32, 5, 20, 100]).prop_map(constant),
        (1..60u32).prop_map(|mean| family("exponential", &format!("mean = \"{mean}s\""))),
    ]
    .boxed()
}

/// What R21 adds to a world of so many groups.
fn calendar(rhythm: Rhythm, groups: usize) -> BoxedStrategy<Calendar> {
    let docking = (windows(rhythm), maybe(5, delay(rhythm)), maybe(5, delay(rhythm)));
    let of_group = (maybe(5, docking), maybe(4, (windows(rhythm), prop::bool::ANY)));
    let starts_at = select(vec![
        "2026-12-01T21:58:30",
        "2026-12-05T21:59:00",
        "2026-03-28T22:00:00",
        "2026-10-24T21:57:15",
        "2026-12-06T22:01:00",
        // Clocks change in the third minute.
        "2026-03-29T01:57:30",
        "2026-10-25T02:58:00+02:00",
    ]);
    let outage = (subsequence((0..groups).collect::<Vec<_>>(), 1..=groups), periods(rhythm), periods(rhythm));
    (
        maybe(8, starts_at),
        maybe(2, windows(rhythm)),
        prop::collection::vec(of_group, groups),
        prop::collection::vec(outage, 0..=2),
    )
        .boxed()
}

/// The start, the windows of all starts, docking and maintenance of each group, outages.
type Calendar = (
    Option<&'static str>,
    Option<String>,
    Vec<(Option<(String, Option<String>, Option<String>)>, Option<(String, bool)>)>,
    Vec<(Vec<usize>, String, String)>,
);

fn interarrival(rhythm: Rhythm) -> BoxedStrategy<String> {
    let constant = |seconds| format!("{{ constant = \"{seconds}s\" }}");
    if rhythm == Rhythm::Beat {
        return select(vec![0u32, 30, 30, 60]).prop_map(constant).boxed();
    }
    prop_oneof![
        select(vec![0u32, 10, 15, 30, 60]).prop_map(constant),
        (1..120u32).prop_map(|mean| family("exponential", &format!("mean = \"{mean}s\""))),
    ]
    .boxed()
}

fn link(rhythm: Rhythm) -> BoxedStrategy<String> {
    if rhythm == Rhythm::Beat {
        return select(vec!["1Mbit/s", "2Mbit/s", "4Mbit/s"]).prop_map(|rate| format!("\"{rate}\"")).boxed();
    }
    let mixed = "{ mixture = [{ weight = 1, constant = \"1Mbit/s\" }, { weight = 1, constant = \"4Mbit/s\" }] }";
    prop_oneof![
        4 => select(vec!["1Mbit/s", "2Mbit/s", "3Mbit/s", "8Mbit/s", "1234567bit/s"]).prop_map(|r| format!("\"{r}\"")),
        1 => Just(String::from("{ uniform = { min = \"500kbit/s\", max = \"5Mbit/s\" } }")),
        1 => Just(String::from("{ exponential = { mean = \"2Mbit/s\" } }")),
        1 => Just(mixed.to_owned()),
    ]
    .boxed()
}

fn group_world(rhythm: Rhythm, connectivity: bool, registrations: bool, download: bool) -> BoxedStrategy<GroupWorld> {
    // On the beat a link alone decides more often, and downloads end on it.
    let uplinks = if rhythm == Rhythm::Beat { 3 } else { 6 };
    let uplink = select(vec!["1Mbit/s", "3Mbit/s", "5Mbit/s", "1000003bit/s", "20Mbit/s"]);
    (
        maybe(if connectivity { 8 } else { 0 }, (periods(rhythm), periods(rhythm))),
        maybe(if registrations { 7 } else { 0 }, (interarrival(rhythm), 0..=5u32)),
        maybe(if download { uplinks } else { 0 }, uplink),
        maybe(if download { 7 } else { 0 }, link(rhythm)),
        maybe(if download { 3 } else { 0 }, select(bundle_sizes(rhythm))),
    )
        .prop_map(|(connectivity, registrations, uplink, link, bundle_size)| GroupWorld {
            connectivity,
            registrations,
            uplink,
            link,
            bundle_size,
            ..GroupWorld::default()
        })
        .boxed()
}

fn bundle_sizes(rhythm: Rhythm) -> Vec<&'static str> {
    match rhythm {
        Rhythm::Free => vec!["1B", "7B", "1kB", "2MB", "5MB", "10MB", "12345678B", "20MB"],
        Rhythm::Beat => vec!["1B", "15MB", "15MB", "30MB"],
    }
}

fn download(rhythm: Rhythm) -> impl Strategy<Value = Download> {
    let egress = maybe(
        if rhythm == Rhythm::Free { 6 } else { 3 },
        select(vec!["2Mbit/s", "3Mbit/s", "10Mbit/s", "1000003bit/s", "30Mbit/s"]),
    );
    (select(bundle_sizes(rhythm)), egress).prop_map(|(bundle_size, egress)| Download { bundle_size, egress })
}

fn api() -> impl Strategy<Value = Api> {
    let probability = || select(vec!["0", "0.1", "0.3", "0.3"]);
    let probabilities = prop_oneof![
        6 => (probability(), probability(), probability()),
        1 => Just(("0", "0", "1")),
        1 => Just(("0", "0", "0.8")),
        1 => Just(("0.5", "0.25", "0.25")),
        1 => Just(("1", "0", "0")),
    ];
    let retry = (
        select(vec!["0s", "1s", "10s", "30s", "60s"]),
        select(vec!["1", "1.5", "2", "3"]),
        select(vec![1u32, 2, 2, 3, 5]),
        select(vec!["0", "0.5", "1"]),
    );
    let retry = retry.prop_map(|(base, factor, max_attempts, jitter)| Retry { base, factor, max_attempts, jitter });
    (probabilities, maybe(8, retry)).prop_map(|((throttle, internal_error, lost_answer), retry)| Api {
        throttle,
        internal_error,
        lost_answer,
        retry,
    })
}

/// How builds and steps of worlds fail: with a probability, fixed or drawn (R15); some failures may stay (R22).
fn failure(broken: bool) -> BoxedStrategy<String> {
    let staying = select(vec![
        "{ probability = 0.5, persistent = 0.5 }",
        "{ probability = 0.3, persistent = 1, repair = { constant = \"60s\" } }",
        "{ probability = 1, persistent = 0.5, repair = { constant = \"90s\" } }",
        "{ probability = 0.5, persistent = 0.7, repair = { exponential = { mean = \"40s\" } }, codes = { LambdaDeleted = 1 } }",
        "{ probability = 0.4, persistent = 0 }",
    ]);
    let plain = select(vec![
        "0",
        "0.2",
        "0.5",
        "1",
        "{ beta = { mean = 0.2, concentration = 3 } }",
        "{ beta = { mean = 0.5, concentration = 0.5 } }",
        "{ beta = { mean = 1, concentration = 2 } }",
        "{ probability = { beta = { mean = 0.3, concentration = 10 } }, codes = { LambdaDeleted = 1 } }",
        "{ probability = 0.5, codes = { ResourceNotFound = 1, LambdaDeleted = 3 } }",
    ]);
    let staying = staying.prop_map(str::to_owned);
    let plain = plain.prop_map(str::to_owned);
    if broken { prop_oneof![2 => plain, 3 => staying].boxed() } else { plain.boxed() }
}

/// How likely steps of worlds hang (R22).
fn hang() -> impl Strategy<Value = &'static str> {
    select(vec!["0", "0.2", "0.5", "1"])
}

fn builds(rhythm: Rhythm, groups: &[Group], broken: bool, download: bool) -> BoxedStrategy<Vec<Build>> {
    let mut places = BTreeSet::new();
    for (number, group) in groups.iter().enumerate() {
        for step in &group.steps {
            places.insert(format!("g{number}.{}", step.name));
            places.insert(format!("*.{}", step.name));
        }
    }
    let places: Vec<String> = places.into_iter().collect();
    let changes = |most: usize, each: BoxedStrategy<String>| {
        subsequence(places.clone(), 0..=places.len().min(most)).prop_flat_map(move |places| {
            let changes = prop::collection::vec(each.clone(), places.len());
            changes.prop_map(move |changes| places.iter().cloned().zip(changes).collect())
        })
    };
    let (failures, hangs) = (changes(4, failure(broken)), changes(2, hang().prop_map(str::to_owned).boxed()));
    let bundle_size = maybe(if download { 3 } else { 0 }, select(bundle_sizes(rhythm)));
    let build = (select(vec!["1", "2.5", "0.5"]), failures, hangs, changes(2, latency(rhythm)), bundle_size);
    let build = build.prop_map(|(weight, failures, hangs, latencies, bundle_size)| Build {
        weight,
        failures,
        hangs,
        latencies,
        bundle_size,
    });
    let zero = |mut builds: Vec<Build>, zero: bool| {
        if zero && builds.len() > 1 {
            builds[0].weight = "0";
        }
        builds
    };
    (prop::collection::vec(build, 1..=3), prop::bool::weighted(0.2)).prop_map(move |(b, z)| zero(b, z)).boxed()
}

/// A scenario with one part of the world or several.
pub fn world() -> impl Strategy<Value = Sketch> {
    let part = || prop::bool::ANY;
    let parts = (part(), part(), part(), part(), part(), part());
    let rhythm = prop_oneof![Just(Rhythm::Free), Just(Rhythm::Beat)];
    (rhythm, parts).prop_flat_map(|(rhythm, parts)| {
        plain(rhythm).prop_flat_map(move |mut sketch| {
            let (connectivity, registrations, with_builds, with_download, with_api, broken) = parts;
            for group in &mut sketch.groups {
                // The exact fractions of the slow model reach so far.
                group.robots = (group.robots - 1) % 9 + 1;
            }
            let of_group = group_world(rhythm, connectivity, registrations, with_download);
            let groups = prop::collection::vec(of_group, sketch.groups.len());
            let builds = if with_builds {
                builds(rhythm, &sketch.groups, broken, with_download)
            } else {
                Just(Vec::new()).boxed()
            };
            let steps: usize = sketch.groups.iter().map(|group| group.steps.len()).sum();
            let failing = if with_builds || broken { 3 } else { 0 };
            let betas = prop::collection::vec(maybe(failing, failure(broken)), steps);
            let hangs = prop::collection::vec(maybe(if broken { 2 } else { 0 }, hang()), steps);
            let paced = if broken && rhythm == Rhythm::Free { 3 } else { 0 };
            let paces = prop::collection::vec(maybe(paced, select(vec!["0", "0.2", "0.7"])), sketch.groups.len());
            let download = maybe(if with_download { 10 } else { 0 }, download(rhythm));
            let api = maybe(if with_api { 10 } else { 0 }, api());
            let adds = prop::collection::vec(prop::bool::weighted(if with_download { 0.7 } else { 0.0 }), 3);
            (Just(sketch), builds, groups, download, api, betas, (hangs, paces), adds).prop_map(
                |(mut sketch, builds, groups, download, api, betas, (hangs, paces), adds)| {
                    for (group, pace) in sketch.groups.iter_mut().zip(paces) {
                        group.pace = pace;
                    }
                    let steps = sketch.groups.iter_mut().flat_map(|group| &mut group.steps);
                    for ((step, beta), hang) in steps.zip(betas).zip(hangs) {
                        step.failure = beta.or(step.failure.take());
                        step.hang = hang;
                    }
                    for (group, adds) in sketch.groups.iter_mut().zip(adds) {
                        let name = "downloading_extracting";
                        if adds && group.steps.iter().all(|step| step.name != name) {
                            group.steps.push(Step {
                                name,
                                latency: String::from("{ constant = \"0s\" }"),
                                hang: None,
                                failure: None,
                            });
                        }
                    }
                    sketch.world = World { builds, groups, download, api, ..World::default() };
                    sketch
                },
            )
        })
    })
}

/// A world with windows and outages (R21). What waits for the next day is cut off before.
pub fn dated_world() -> impl Strategy<Value = Sketch> {
    let rhythm = prop_oneof![Just(Rhythm::Free), Just(Rhythm::Beat)];
    (rhythm, world())
        .prop_flat_map(|(rhythm, sketch)| {
            let calendar = calendar(rhythm, sketch.groups.len());
            (Just(sketch), calendar, 600..4000u64).prop_map(|(mut sketch, calendar, horizon)| {
                let (starts_at, starts, of_groups, outages) = calendar;
                let world = &mut sketch.world;
                world.groups.resize(of_groups.len(), GroupWorld::default());
                for (group, (docking, maintenance)) in world.groups.iter_mut().zip(of_groups) {
                    (group.docking, group.maintenance) = (docking, maintenance);
                }
                (world.starts_at, world.starts, world.outages) = (starts_at, starts, outages);
                let single = Sync { schedule: None, max_jobs: 1, horizon: None, on_halt: None, on_timeout: None };
                let sync = sketch.sync.get_or_insert(single);
                sync.horizon = Some(sync.horizon.map_or(horizon, |other| other.min(horizon)));
                sketch
            })
        })
        .prop_filter("windows that are of no use", |sketch| {
            let Err(problems) = Scenario::parse(&sketch.to_string(), "", Path::new(""), &[]) else { return true };
            let problems = problems.render(false);
            let expected = ["do not open before the horizon", "would arrive after they leave"];
            assert!(expected.iter().any(|title| problems.contains(title)), "the scenario is not accepted: {problems}");
            false
        })
}

/// All that the slow model can see of the world.
const SIGHTS: &[&str] = &[
    "a call given up",
    "a call given up after it took effect",
    "a call given up that made the last job",
    "a campaign that ends before a registration",
    "a download complete as its robot leaves",
    "a download ended by an abort",
    "a download ended by the next start",
    "a download ended by the robot timeout",
    "a download that goes on after NoResponse",
    "a download that new rates complete at once",
    "a download that pauses",
    "a download that waits for the return",
    "a download without any cap",
    "a first progress after NoResponse",
    "a fixed time while a call waits",
    "a job without targets",
    "a job without targets as the last one",
    "a late end within the job of the attempt",
    "a late failure",
    "a late failure of a target",
    "a late sync",
    "a late sync of a target of a halted job",
    "a late sync of a target while its job is in progress",
    "a late sync of a target while its job prepares",
    "a late sync that ends a job in preparation",
    "a late sync that ends the campaign",
    "a launch that goes on offline",
    "a link binds",
    "a lost answer",
    "a lost answer to a refusal",
    "a probability drawn from a beta distribution",
    "a registration at the horizon",
    "a registration at the instant of a call",
    "a registration at the start",
    "a registration while a job is active",
    "a repeat that is answered with a job that has ended",
    "a repeat that is answered with its job",
    "a repeat that meets another job",
    "a repeat without a wait",
    "a report that waits for the return",
    "a second CreateDeploymentJob",
    "a second CreateDeploymentJob ends what goes on by itself",
    "a second CreateDeploymentJob with robots in sync",
    "a start while offline",
    "a start while the attempt before goes on",
    "a step that ends as its robot leaves",
    "a step that hangs",
    "a failure that stays",
    "a robot that is broken still",
    "a broken robot that would hang",
    "a robot that is repaired",
    "a robot that fails anew after its repair",
    "a repair at the end of a step",
    "a robot broken at two steps",
    "a robot that breaks offline",
    "a robot that breaks after its timeout",
    "bundles of two sizes at once",
    "a step that pauses",
    "a whole number of bytes by thirds",
    "an abort of a robot that hangs",
    "an attempt that hangs on after NoResponse",
    "an operator that waits for the end of a job that is not its own",
    "an uplink binds",
    "another build than the first",
    "downloads complete together",
    "InternalServerException",
    "lines of all kinds bind at once",
    "lines of two kinds bind at once",
    "max_jobs by 1000 calls given up",
    "max_jobs by a call given up",
    "max_jobs by a call given up while a job is active",
    "no job at all",
    "NoResponse before any progress",
    "NoResponse while a report waits",
    "the egress binds",
    "ThrottlingException",
    "two groups' registrations at one instant",
];

/// What it can see besides where there are windows and outages.
const SIGHTS_OF_WINDOWS: &[&str] = &[
    "a pause between two steps",
    "a robot that returns after its window",
    "a robot that starts before one whose window is closed",
    "a window or an outage that makes no difference",
    "a window that opens for a robot that is offline again",
    "robots that wait for a window",
];

#[test]
fn the_random_worlds_reach_every_rule() {
    reach_every_rule(world(), 20_000, SIGHTS, SIGHTS);
}

#[test]
fn the_random_worlds_with_windows_reach_every_rule_of_them() {
    let all: Vec<&str> = SIGHTS.iter().chain(SIGHTS_OF_WINDOWS).copied().collect();
    reach_every_rule(dated_world(), 3000, &all, SIGHTS_OF_WINDOWS);
}

/// Runs so many worlds, which may have some sights, and must have others.
fn reach_every_rule(worlds: impl Strategy<Value = Sketch>, cases: u32, known: &[&str], wanted: &[&str]) {
    const LEAST: u32 = 2;
    let mut counts: BTreeMap<&str, u32> = known.iter().map(|sight| (*sight, 0)).collect();
    let mut runner = TestRunner::new(config(0));
    for _ in 0..cases {
        let sketch = worlds.new_tree(&mut runner).expect("the strategy refuses nothing").current();
        for sight in reference::run(&sketch.scenario(), sketch.seed, 0).sights {
            *counts.get_mut(sight).unwrap_or_else(|| panic!("`{sight}` is not listed")) += 1;
        }
    }
    let rare: Vec<_> = wanted.iter().map(|sight| (sight, counts[sight])).filter(|(_, count)| *count < LEAST).collect();
    assert!(rare.is_empty(), "in fewer than {LEAST} scenarios: {rare:?}");
}
