//! The summary: its keys, and how builds add up to the whole.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use rollcast::experiment::Experiment;
use rollcast::measure::{MEASURES, Measure, Source};
use rollcast::metric::{Results, Summary};
use rollcast::simulation::Plan;
use rollcast::statistics::Description;
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
    // Of numbers that never come there is a key `never`, too.
    let builds = &json[json.find("\"builds\"").expect("there are builds")..];
    let places = ["zeta", "alpha", "never"]
        .map(|name| builds.find(&format!("\n    \"{name}\"")).expect("a build's name is a key"));
    assert!(places.is_sorted());
    let (_, never) = &summary.builds[2];
    let jobs = never.description("campaign.jobs").expect("every summary has it");
    assert_eq!((never.replications, jobs.count, jobs.mean), (0, 0, None));
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

    for measure in Measure::events() {
        let of = |results: &Results| results.proportion(measure.name).expect("every summary has it").count;
        assert_eq!(of(&whole), sum(&|i| of(builds[i])), "{}", measure.name);
    }

    let ended = |results: &Results| results.job_outcomes().map(|(_, share)| share.count).collect::<Vec<_>>();
    let merged_ends = (0..3).map(|outcome| sum(&|i| ended(builds[i])[outcome])).collect::<Vec<_>>();
    assert_eq!(ended(&whole), merged_ends);
    assert!(merged_ends.iter().filter(|count| **count > 0).count() > 1, "{merged_ends:?}");

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
    let (mut merges, mut without_mean) = (0, Vec::new());
    for measure in MEASURES.iter().filter(|measure| matches!(measure.source, Source::Number(_) | Source::Robots(_))) {
        let of = |results: &Results| results.description(measure.name).cloned();
        let (Some(whole), Some(parts)) = (of(&whole), builds.iter().map(|build| of(build)).collect::<Option<Vec<_>>>())
        else {
            without_mean.push(measure.name);
            continue;
        };
        merged(measure.name, &whole, parts.iter().collect());
        merges += 1;
    }
    assert_eq!(without_mean, ["campaign.completion_s"], "of which some never come");
    assert!(merges >= 29, "{merges}");
    let codes: Vec<BTreeMap<_, _>> = builds.iter().map(|build| build.failure_codes().collect()).collect();
    for (code, count) in whole.failure_codes() {
        assert_eq!(count, codes.iter().filter_map(|codes| codes.get(&code)).sum::<u64>(), "{code:?}");
    }
}
