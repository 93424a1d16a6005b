//! What holds of every world (R13 to R17), whatever the slow model says: checked on what an observer is told, and
//! between scenarios that mean the same.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use rollcast::random::Distribution;
use rollcast::rollout::{CallCounts, CampaignOutcome, JobKind, RobotDeploymentStep, RobotEnd, RobotId};
use rollcast::scenario::{Connectivity, OnlinePeriods, Scenario};
use rollcast::simulation::{Campaign, Plan, Replication};
use rollcast::time::{Span, Time};

use super::history::{Happening, History, Recorder, egress, engine, simulate};
use super::scenarios::{Sketch, config};
use super::worlds::{Api, Download, GroupWorld, Retry, world};

/// Runs a random world in the engine: the scenario, the result and all that was told.
fn run(sketch: &Sketch) -> (Scenario, Replication, Vec<Happening>) {
    let scenario = sketch.scenario();
    let plan = Plan::new(&scenario);
    let (replication, happenings) = simulate(&plan, plan.controller.clone(), sketch.seed, 0);
    (scenario, replication, happenings)
}

/// The smallest and the largest bundle that a robot may have.
fn bundles(scenario: &Scenario) -> (u64, u64) {
    let of_all = scenario.download.expect("there are downloads").bundle_size;
    let of_groups = scenario.groups.iter().filter_map(|group| group.download.as_ref()?.bundle_size);
    let of_builds = scenario.builds.iter().filter_map(|build| build.bundle_size);
    let all: Vec<u64> = of_groups.chain(of_builds).chain([of_all]).collect();
    let (least, most) = (all.iter().min(), all.iter().max());
    (*least.expect("one"), *most.expect("one"))
}

fn history(sketch: &Sketch) -> History {
    engine(&sketch.scenario(), sketch.seed, 0)
}

/// The rates of the origin with the lengths of time in microseconds for which they held.
fn rates(replication: &Replication, happenings: &[Happening]) -> Vec<(u64, u64)> {
    let told = happenings.iter().filter_map(|happening| match *happening {
        Happening::EgressChanged { since, rate } => Some((since, rate)),
        _ => None,
    });
    let rates = egress(&told.collect::<Vec<_>>(), replication.ended);
    let until = |i: usize| rates.get(i + 1).map_or(replication.ended, |(next, _)| *next);
    rates.iter().enumerate().map(|(i, (since, rate))| (*rate, (until(i) - *since).micros())).collect()
}

proptest! {
    #![proptest_config(config(2000))]

    /// R16: the origin never sends more than its own cap, nor than the uplinks or links of all groups take together.
    #[test]
    fn no_cap_is_exceeded(sketch in world()) {
        let (scenario, replication, happenings) = run(&sketch);
        let egress = scenario.download.and_then(|download| download.egress).unwrap_or(u64::MAX);
        let of_groups = scenario.groups.iter().map(|group| {
            let caps = group.download.clone().unwrap_or_default();
            let registered = group.registrations.as_ref().map_or(0, |registrations| registrations.max);
            let links = match caps.link {
                Some(Distribution::Constant(rate)) => rate as u64 * u64::from(group.robots + registered),
                Some(Distribution::Uniform { max, .. }) => max as u64 * u64::from(group.robots + registered),
                _ => u64::MAX,
            };
            links.min(caps.uplink.unwrap_or(u64::MAX))
        });
        let most = egress.min(of_groups.fold(0, u64::saturating_add));
        let rates = rates(&replication, &happenings);
        for (rate, _) in &rates {
            prop_assert!(*rate <= most, "{} of {} bit/s", rate, most);
        }
        let peak = rates.iter().map(|(rate, _)| *rate).max().unwrap_or(0);
        prop_assert_eq!(replication.download.map_or(0, |download| download.peak_egress), peak);
    }

    /// R16: what the origin has sent is what robots have downloaded, but for bytes begun and for the rounding of
    /// completions.
    #[test]
    fn all_that_is_sent_arrives(sketch in world()) {
        let (scenario, replication, happenings) = run(&sketch);
        let Some(download) = scenario.download else {
            prop_assert_eq!(replication.download, None);
            return Ok(());
        };
        let starts: Vec<RobotId> = happenings.iter().filter_map(|happening| match *happening {
            Happening::RobotStarted { robot, .. } => Some(robot),
            _ => None,
        }).collect();
        let bytes = replication.download.expect("there are downloads").bytes;
        prop_assert!(bytes <= u128::from(bundles(&scenario).1) * starts.len() as u128);
        // What no line caps is sent in no time at no rate.
        let capped = |group: &rollcast::scenario::Group| {
            let of_group = group.download.as_ref();
            download.egress.is_some() || of_group.is_some_and(|caps| caps.uplink.is_some() || caps.link.is_some())
        };
        if scenario.groups.iter().all(capped) {
            let rates = rates(&replication, &happenings);
            let microbits: u128 = rates.iter().map(|(r, t)| u128::from(*r) * u128::from(*t)).sum();
            let sent = microbits as f64 / 8e6;
            // A completion is half a microsecond early or late, in which 30 Mbit/s are 2 bytes; a broken byte is not
            // counted.
            let slack = 4.0 * starts.len() as f64;
            prop_assert!((sent - bytes as f64).abs() <= slack, "{} sent, {} arrived", sent, bytes);
        }
    }

    /// R16: who gets in sync, in a job or later, has the whole bundle.
    #[test]
    fn every_success_has_downloaded_the_bundle(sketch in world()) {
        let (scenario, replication, happenings) = run(&sketch);
        if scenario.download.is_none() {
            return Ok(());
        }
        let downloads = |group: &rollcast::scenario::Group| {
            group.steps.iter().any(|step| step.step == RobotDeploymentStep::DownloadingExtracting)
        };
        if !scenario.groups.iter().all(downloads) {
            return Ok(());
        }
        let succeeded = happenings.iter().filter(|happening| matches!(
            happening,
            Happening::RobotEnded { end: RobotEnd::InSync, .. }
                | Happening::RobotEndedLate { end: RobotEnd::InSync, .. }
        )).count() as u128;
        let bytes = replication.download.expect("there are downloads").bytes;
        prop_assert!(bytes >= succeeded * u128::from(bundles(&scenario).0));
    }

    /// R3, R12 to R14: counted from the events, a job's fleet, its targets and those that needed it no more; and the
    /// campaign is in sync if and only if all robots are and none is to come.
    #[test]
    fn targets_are_those_not_in_sync(sketch in world()) {
        let (scenario, replication, happenings) = run(&sketch);
        let (mut registered, mut late_syncs) = (scenario.fleet_size(), 0);
        let mut in_sync = BTreeSet::new();
        // Of the present job.
        let (mut waiting, mut withdrawn): (BTreeSet<RobotId>, u32) = (BTreeSet::new(), 0);
        let mut fleet_size = 0;
        for happening in &happenings {
            match *happening {
                Happening::RobotRegistered { robot, .. } => {
                    prop_assert_eq!(robot, registered);
                    registered += 1;
                }
                Happening::JobCreated { kind, targets, .. } => {
                    if kind == JobKind::Deployment {
                        in_sync.clear();
                    }
                    fleet_size = registered;
                    waiting = (0..registered).filter(|robot| !in_sync.contains(robot)).collect();
                    withdrawn = 0;
                    prop_assert_eq!(targets as usize, waiting.len());
                }
                Happening::RobotStarted { robot, .. } => prop_assert!(waiting.remove(&robot), "{} is no target", robot),
                Happening::RobotEnded { robot, end: RobotEnd::InSync, .. } => _ = in_sync.insert(robot),
                Happening::RobotEndedLate { robot, end, .. } => {
                    prop_assert!(!in_sync.contains(&robot));
                    if end == RobotEnd::InSync {
                        in_sync.insert(robot);
                        late_syncs += 1;
                        withdrawn += u32::from(waiting.remove(&robot));
                    }
                }
                Happening::JobOver(job) => {
                    prop_assert_eq!(job.progress.fleet_size, fleet_size);
                    prop_assert_eq!(job.progress.withdrawn, withdrawn);
                    prop_assert_eq!((job.progress.not_attempted() - withdrawn) as usize, waiting.len());
                    waiting.clear();
                }
                _ => {}
            }
        }
        prop_assert_eq!((replication.registered, replication.late_syncs), (registered, late_syncs));
        let all = in_sync.len() == registered as usize && registered == scenario.most_robots();
        prop_assert_eq!(replication.outcome == CampaignOutcome::InSync, all);
    }

    /// R14: a late end belongs to the latest attempt, which timed out, and comes once.
    #[test]
    fn only_what_timed_out_ends_late(sketch in world()) {
        let (scenario, _, happenings) = run(&sketch);
        let plan = Plan::new(&scenario);
        let mut last = BTreeMap::new();
        for happening in &happenings {
            match *happening {
                Happening::RobotStarted { robot, .. } => _ = last.remove(&robot),
                Happening::RobotEnded { now, robot, end, .. } => _ = last.insert(robot, (now, end)),
                Happening::RobotEndedLate { now, robot, end } => {
                    let (timed_out, before) = last.remove(&robot).expect("it has ended before, and not late");
                    prop_assert_eq!(before, RobotEnd::NoResponse);
                    prop_assert!(timed_out < now && matches!(end, RobotEnd::InSync | RobotEnd::Failed(_)));
                    if robot < plan.fleet_size {
                        prop_assert!(plan.group(plan.group_of(robot)).connectivity.is_some());
                    }
                }
                // A second deployment ends what goes on by itself.
                Happening::JobCreated { kind: JobKind::Deployment, .. } => last.clear(),
                _ => {}
            }
        }
    }

    /// R17: every attempt of a call comes to one thing.
    #[test]
    fn calls_add_up(sketch in world()) {
        let (scenario, replication, _) = run(&sketch);
        let Some(counts) = replication.api else { return Ok(()) };
        let retry = scenario.api.expect("calls go wrong").retry;
        let CallCounts { calls, throttled, internal_errors, lost_answers, retries, given_up, .. } = counts;
        let faults = throttled + internal_errors + lost_answers;
        // Every call but the last one, which may wait for its retry, was answered or given up.
        let begun = calls - retries;
        prop_assert!(begun >= 1 && given_up <= begun);
        prop_assert!(faults >= retries + given_up && faults <= retries + given_up + 1);
        prop_assert!(calls <= begun * u64::from(retry.max_attempts) && given_up <= 1000);
        prop_assert!(counts.concurrent_deployment_exceptions + faults <= calls);
        prop_assert!(u64::from(replication.jobs) + counts.concurrent_deployment_exceptions <= calls);
        prop_assert_eq!(counts.concurrent_deployment_exceptions, replication.concurrent_deployment_exceptions);
    }

    /// A replication is a pure function: of who watches, of what ran before it in the same memory.
    #[test]
    fn a_world_depends_on_nothing_else(sketch in world()) {
        let (scenario, replication, happenings) = run(&sketch);
        let plan = Plan::new(&scenario);
        let going_on = AtomicBool::new(false);
        let mut campaign = Campaign::new(&plan, plan.controller.clone());
        let unwatched = campaign.run(sketch.seed, 0, &going_on, ());
        prop_assert_eq!(unwatched.as_ref(), Some(&replication));
        let other = campaign.run(sketch.seed, 1, &going_on, ());
        let mut recorder = Recorder::default();
        prop_assert_eq!(campaign.run(sketch.seed, 0, &going_on, &mut recorder), unwatched);
        prop_assert_eq!(&recorder.0, &happenings);
        prop_assert_eq!(Some(simulate(&plan, plan.controller.clone(), sketch.seed, 1).0), other);
    }

    /// R17: calls that never go wrong are those of a scenario without `[api]`, counted.
    #[test]
    fn an_api_without_faults_changes_nothing(mut sketch in world()) {
        sketch.world.api = None;
        let without = history(&sketch);
        let retry = Some(Retry { base: "0s", factor: "1", max_attempts: 1, jitter: "0" });
        sketch.world.api = Some(Api { throttle: "0", internal_error: "0", lost_answer: "0", retry });
        let mut with = history(&sketch);
        let counts = with.replication.api.take().expect("they are counted");
        let exceptions = with.replication.concurrent_deployment_exceptions;
        let calls = u64::from(with.replication.jobs) + exceptions;
        let expected = CallCounts { calls, concurrent_deployment_exceptions: exceptions, ..CallCounts::default() };
        prop_assert_eq!(counts, expected);
        prop_assert_eq!(with, without);
    }

    /// R13: no registrations at all.
    #[test]
    fn registrations_of_nobody_change_nothing(mut sketch in world()) {
        for group in &mut sketch.world.groups {
            group.registrations = None;
        }
        let without = history(&sketch);
        for group in &mut sketch.world.groups {
            group.registrations = Some((String::from("{ constant = \"0s\" }"), 0));
        }
        prop_assert_eq!(history(&sketch), without);
    }

    /// R16: downloads without any cap take no time. (Where robots are always online: else they wait for the return to
    /// begin.)
    #[test]
    fn downloads_without_caps_change_nothing_but_bytes(mut sketch in world()) {
        for group in &mut sketch.world.groups {
            *group = GroupWorld { registrations: group.registrations.take(), ..GroupWorld::default() };
        }
        sketch.world.builds.iter_mut().for_each(|build| build.bundle_size = None);
        sketch.world.download = None;
        let without = history(&sketch);
        sketch.world.download = Some(Download { bundle_size: "10MB", egress: None });
        let mut with = history(&sketch);
        let downloaded = with.replication.download.take().expect("there are downloads");
        prop_assert_eq!((downloaded.peak_egress, downloaded.bytes % 10_000_000), (0, 0));
        prop_assert_eq!(with, without);
    }

    /// R15: a build that replaces no probability.
    #[test]
    fn builds_that_change_nothing_change_nothing(mut sketch in world()) {
        sketch.world.builds.clear();
        let without = history(&sketch);
        sketch.world.builds = vec![super::worlds::Build { weight: "1", ..super::worlds::Build::default() }];
        let mut with = history(&sketch);
        prop_assert_eq!(with.replication.build.take(), Some(0));
        prop_assert_eq!(with, without);
    }
}

/// R14: robots that are offline for a microsecond in 13000 days are always online, except that attempts that time out
/// go on.
#[test]
fn robots_that_never_leave_are_always_online() {
    let (same, late) = (Cell::new(0), Cell::new(0));
    let result = TestRunner::new(config(2000)).run(&world(), |mut sketch| {
        for group in &mut sketch.world.groups {
            group.connectivity = None;
        }
        let mut scenario = sketch.scenario();
        let without = engine(&scenario, sketch.seed, 0);
        for group in &mut scenario.groups {
            let periods = OnlinePeriods {
                online: Distribution::Constant(Span::MAX.micros() as f64),
                offline: Distribution::Constant(1.0),
            };
            group.connectivity = Some(Connectivity { periods: Some(periods), docking: None });
        }
        let with = engine(&scenario, sketch.seed, 0);
        let times_out = |history: &History| {
            let ends = history.robots.iter().flatten().filter_map(|attempt| attempt.ended);
            ends.into_iter().any(|(_, end)| end == RobotEnd::NoResponse)
        };
        if times_out(&with) {
            late.set(late.get() + usize::from(!with.late_ends.is_empty()));
        } else {
            same.set(same.get() + 1);
            prop_assert_eq!(with, without);
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(same.get() > 1000, "only {} were compared", same.get());
    assert!(late.get() > 10, "only {} had an attempt that was only slow", late.get());
}

/// R2, R14, R16: whoever registers later, or starts anew, has periods and a link of its own.
#[test]
fn robots_draw_links_and_periods_of_their_own() {
    let text = "name = \"own\"\n[deployment]\nconcurrent_deployment_percentage = 100\nfailure_threshold_percentage = 100\n\
        [download]\nbundle_size = \"1MB\"\n[sync]\nschedule = { every = \"1h\" }\nmax_jobs = 3\n\
        [[group]]\nname = \"a\"\nrobots = 50\n[group.step.downloading_extracting]\nlatency = { constant = \"0s\" }\n\
        [group.download]\nlink = { uniform = { min = \"1Mbit/s\", max = \"9Mbit/s\" } }\n\
        [group.registrations]\ninterarrival = { constant = \"1s\" }\nmax = 50\n";
    let history = engine(&super::history::parse(text), 0, 0);
    let lengths = history.robots.iter().flatten().filter_map(|attempt| Some(attempt.ended?.0 - attempt.started));
    assert_eq!(lengths.collect::<BTreeSet<Span>>().len(), 100);
    // All have registered by 50 s, and the second job takes as long as its slowest link, 1 Mbit/s at least.
    let ended = (history.replication.ended - Time::ZERO).seconds();
    assert!((3601.0..3608.0).contains(&ended), "{ended}");
}
