//! The summary: its keys, and how builds add up to the whole.

use std::sync::atomic::AtomicBool;

use rollcast::experiment::Experiment;
use rollcast::metric::Summary;
use rollcast::simulation::Plan;
use rollcast::statistics::{Description, Proportion};
use serde_json::Value;

use super::{connectivity, constant, exponential, fails, group, takes};
use crate::run::{SEED, policy, scenario};

/// The summary of replications 0..n.
pub fn summary(text: &str, n: u32) -> Summary {
    let scenario = scenario(text);
    let plan = Plan::new(&scenario);
    let experiment = Experiment { plan: &plan, seed: SEED, replications: n, threads: Some(2), curves: false };
    let tally = experiment.run(&mut (), &AtomicBool::new(false), &|_| ()).expect("nobody cancels it");
    Summary::new(&scenario, SEED, &tally)
}

const BUILDS: &str = "[[build]]\nname = \"zeta\"\nweight = 1\nfailure = { \"*.launching\" = 0.2 }
[[build]]\nname = \"alpha\"\nweight = 3\n
[[build]]\nname = \"never\"\nweight = 0\nfailure = { \"g.launching\" = 1.0 }\n";
const API: &str = "[api]\nthrottle = 0.1\nlost_answer = 0.1\n";
const DOWNLOAD: &str = "[download]\nbundle_size = \"10MB\"\negress = \"100Mbit/s\"\n";

/// Each part has its keys exactly where the scenario has the part.
#[test]
fn parts_bring_their_keys() {
    for parts in 0..32 {
        let has = |part: u32| parts >> part & 1 == 1;
        let mut keys = takes("downloading_extracting", 1.0) + &fails("launching", 5.0, 0.05);
        if has(0) {
            keys += &connectivity(&exponential(60.0), &exponential(30.0));
        }
        if has(1) {
            keys += &format!("registrations = {{ interarrival = {}, max = 2 }}\n", constant(7.0));
        }
        let mut text = policy(50, 50, &group("g", 6, &keys));
        text += "[sync]\nschedule = { after_finish = \"10s\" }\nmax_jobs = 4\n";
        for (part, tables) in [(2, BUILDS), (3, API), (4, DOWNLOAD)] {
            text += if has(part) { tables } else { "" };
        }
        let summary = summary(&text, 60);
        let json: Value = serde_json::from_str(&summary.to_json()).expect("a summary is JSON");
        let mut wholes = vec![&json];
        if has(2) {
            let builds = json["builds"].as_object().expect("builds are a map");
            assert_eq!(builds.len(), 3);
            wholes.extend(builds.values());
        } else {
            assert!(json.get("builds").is_none(), "{text}");
        }
        for whole in wholes {
            assert_eq!(whole["robot"].get("late_syncs").is_some(), has(0), "{text}");
            assert_eq!(whole["campaign"].get("api").is_some(), has(3), "{text}");
            assert_eq!(whole.get("download").is_some(), has(4), "{text}");
            let replications = whole["replications"].as_u64().expect("a count");
            let mut counts = Vec::new();
            if has(0) {
                counts.push(&whole["robot"]["late_syncs"]["count"]);
            }
            if has(3) {
                let names = [
                    "calls",
                    "throttled",
                    "internal_errors",
                    "lost_answers",
                    "retries",
                    "given_up",
                    "concurrent_deployment_exceptions",
                ];
                let api = whole["campaign"]["api"].as_object().expect("a map");
                assert_eq!(api.keys().collect::<Vec<_>>().len(), names.len());
                counts.extend(names.map(|name| &api[name]["count"]));
            }
            if has(4) {
                let download = whole["download"].as_object().expect("a map");
                counts.extend(["bytes", "peak_egress_bit_s", "mean_egress_bit_s"].map(|name| &download[name]["count"]));
                assert_eq!(download.len(), 3);
            }
            for count in counts {
                assert_eq!(count.as_u64(), Some(replications), "a number per replication\n{text}");
            }
        }
    }
}

/// Builds stand in the order of the scenario, also those that no replication was about.
#[test]
fn builds_in_the_order_of_the_file() {
    let summary = summary(&(policy(50, 50, &group("g", 2, &takes("launching", 1.0))) + BUILDS), 40);
    let names: Vec<&str> = summary.builds.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["zeta", "alpha", "never"]);
    let json = summary.to_json();
    let places = ["\"zeta\"", "\"alpha\"", "\"never\""].map(|name| json.find(name).expect("a build's name is a key"));
    assert!(places.is_sorted());
    let (_, never) = &summary.builds[2];
    assert_eq!((never.replications, never.campaign.jobs.count, never.campaign.jobs.mean), (0, 0, None));
}

/// The whole is the merge of its builds: counts add up, means weigh, extremes are the extremes.
#[test]
fn builds_add_up() {
    let keys = connectivity(&exponential(300.0), &exponential(60.0))
        + &takes("downloading_extracting", 1.0)
        + &fails("launching", 20.0, 0.05)
        + &format!("registrations = {{ interarrival = {}, max = 3 }}\n", exponential(40.0));
    let text = policy(30, 30, &format!("robot_deployment_timeout = \"1m\"\n{}", group("g", 10, &keys)))
        + "[sync]\nschedule = { every = \"90s\" }\nmax_jobs = 5\nhorizon = \"7m\"\n"
        + BUILDS
        + API
        + DOWNLOAD;
    let whole = summary(&text, 1500);
    let builds: Vec<_> = whole.builds.iter().map(|(_, build)| build).collect();
    let sum = |count: &dyn Fn(usize) -> u64| (0..builds.len()).map(count).sum::<u64>();
    assert_eq!(sum(&|i| builds[i].replications), 1500);

    macro_rules! proportions {
        ($($path:ident).+) => {{
            let of = |part: &Proportion| part.count;
            assert_eq!(of(&whole.$($path).+), sum(&|i| of(&builds[i].$($path).+)), stringify!($($path).+));
        }};
    }
    proportions!(campaign.outcomes.in_sync);
    proportions!(campaign.outcomes.halted);
    proportions!(campaign.outcomes.timed_out);
    proportions!(campaign.outcomes.max_jobs);
    proportions!(campaign.outcomes.horizon);
    proportions!(first_job.outcomes.succeeded);
    proportions!(first_job.outcomes.failure_threshold_breached);
    proportions!(first_job.outcomes.fleet_deployment_timeout);

    let merged = |what: &str, whole: &Description, parts: Vec<&Description>| {
        assert_eq!(whole.count, parts.iter().map(|part| part.count).sum::<u64>(), "{what}");
        assert!(whole.count > 0, "{what}: nothing to compare");
        let parts: Vec<_> = parts.into_iter().filter(|part| part.count > 0).collect();
        let total: f64 = parts.iter().map(|part| part.count as f64 * part.mean.expect("a mean").0).sum();
        let mean = whole.mean.expect("a mean").0;
        assert!((total / whole.count as f64 - mean).abs() <= 1e-9 * mean.abs(), "{what}: {total} {whole:?}");
        assert_eq!(whole.min, parts.iter().filter_map(|part| part.min).min_by(|a, b| a.0.total_cmp(&b.0)), "{what}");
        assert_eq!(whole.max, parts.iter().filter_map(|part| part.max).max_by(|a, b| a.0.total_cmp(&b.0)), "{what}");
    };
    macro_rules! descriptions {
        ($($($path:ident).+;)+) => {$(
            merged(stringify!($($path).+), &whole.$($path).+, builds.iter().map(|build| &build.$($path).+).collect());
        )+};
    }
    descriptions! {
        campaign.time_to_success_s;
        campaign.jobs;
        campaign.concurrent_deployment_exceptions;
        campaign.peak_robots_down;
        first_job.makespan_s;
        first_job.time_to_success_s;
        first_job.robots_succeeded;
        first_job.robots_failed;
        first_job.robots_no_response;
        first_job.robots_not_attempted;
        first_job.threshold_overshoot;
        first_job.robots_failed_at_halt;
        first_job.detection_s;
        first_job.peak_in_flight;
        robot.time_to_success_s;
        robot.deployment_s;
        robot.out_of_service_s;
        robot.down_s;
    }
    let late = |late: &Option<Description>| late.clone().expect("robots may be offline");
    let parts: Vec<Description> = builds.iter().map(|build| late(&build.robot.late_syncs)).collect();
    merged("late syncs", &late(&whole.robot.late_syncs), parts.iter().collect());
    let (api, downloads) = (whole.campaign.api.as_ref().expect("[api]"), whole.download.as_ref().expect("[download]"));
    let of_api: Vec<_> = builds.iter().map(|build| build.campaign.api.as_ref().expect("[api]")).collect();
    let of_downloads: Vec<_> = builds.iter().map(|build| build.download.as_ref().expect("[download]")).collect();
    merged("calls", &api.calls, of_api.iter().map(|api| &api.calls).collect());
    merged("throttled", &api.throttled, of_api.iter().map(|api| &api.throttled).collect());
    merged("lost answers", &api.lost_answers, of_api.iter().map(|api| &api.lost_answers).collect());
    merged("retries", &api.retries, of_api.iter().map(|api| &api.retries).collect());
    merged("bytes", &downloads.bytes, of_downloads.iter().map(|part| &part.bytes).collect());
    merged("peak", &downloads.peak_egress_bit_s, of_downloads.iter().map(|part| &part.peak_egress_bit_s).collect());
    merged("egress", &downloads.mean_egress_bit_s, of_downloads.iter().map(|part| &part.mean_egress_bit_s).collect());
    for (code, count) in &whole.robot.failure_codes {
        let parts = builds.iter().map(|build| build.robot.failure_codes.get(code).unwrap_or(&0)).sum::<u64>();
        assert_eq!(*count, parts, "{code:?}");
    }
}
