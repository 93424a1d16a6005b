//! Thresholds in one pass against a simulation of each, on random scenarios.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use rollcast::experiment::{Stopped, Workers};
use rollcast::metric::{Metric, Summary};
use rollcast::scenario::{Diagnostics, ScenarioFile};
use rollcast::statistics::Estimate;
use rollcast::sweep::{Overrides, Simulated, Simulation, Sweep, one_by_one, one_pass, variations};

use super::scenarios::{Sketch, config, sketch};
use super::worlds::{dated_world, world};

/// Nothing should stop a sweep here.
#[derive(Debug)]
#[allow(dead_code, reason = "it is shown where a test fails")]
struct Failed(String);

impl From<Stopped> for Failed {
    fn from(stopped: Stopped) -> Failed {
        Failed(format!("{stopped:?}"))
    }
}

impl From<Diagnostics> for Failed {
    fn from(problems: Diagnostics) -> Failed {
        Failed(problems.render(false))
    }
}

/// A point's `summary.json`, and all estimates with their intervals, of which that shows a part.
type Point = (u64, String, Vec<Estimate>);

fn point(simulated: &Simulated) -> Point {
    let Simulated { point, scenario, seed, tally } = simulated;
    let estimates = Metric::estimates(&Metric::all(scenario), tally);
    (*point, Summary::new(scenario, *seed, tally).to_json(), estimates)
}

/// All points by each strategy.
fn both(sketch: &Sketch, vary: &[String], threads: usize) -> [Vec<Point>; 2] {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(sketch.to_string().as_bytes()).expect("it takes the text");
    let file = ScenarioFile::read(file.path()).expect("just written");
    let sweep = Sweep { file, sets: Vec::new(), variations: variations(vary).expect("they are right") };
    let workers = Workers::new(Some(threads)).expect("threads");
    let simulation = Simulation {
        workers: &workers,
        overrides: Overrides { seed: None, replications: Some(30) },
        cancelled: &AtomicBool::new(false),
        advanced: &|_| (),
    };
    let (mut passed, mut alone) = (Vec::new(), Vec::new());
    let take = |points: &mut Vec<Point>, simulated: Simulated| {
        points.push(point(&simulated));
        Ok::<(), Failed>(())
    };
    one_pass(&sweep, &simulation, |simulated| take(&mut passed, simulated)).expect("nothing stops it");
    one_by_one(&sweep, &simulation, |simulated| take(&mut alone, simulated)).expect("nothing stops it");
    [passed, alone]
}

/// Some thresholds in any order.
fn thresholds() -> impl Strategy<Value = String> {
    subsequence((1..=100u32).collect::<Vec<_>>(), 2..=9).prop_shuffle().prop_map(|thresholds| {
        let thresholds: Vec<String> = thresholds.iter().map(u32::to_string).collect();
        format!("deployment.failure_threshold_percentage={}", thresholds.join(","))
    })
}

/// A scenario that goes on after a halt is made to stop, half of the time: then more of it is told at the fork.
fn stops(sketch: impl Strategy<Value = Sketch>) -> impl Strategy<Value = Sketch> {
    (sketch, prop::bool::weighted(0.5)).prop_map(|(mut sketch, stops)| {
        if let Some(sync) = sketch.sync.as_mut().filter(|_| stops) {
            sync.on_halt = None;
        }
        sketch
    })
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn one_pass_is_as_each_for_itself(sketch in stops(sketch()), vary in thresholds(), threads in 1..=3usize) {
        let [passed, alone] = both(&sketch, &[vary], threads);
        prop_assert_eq!(passed, alone);
    }

    #[test]
    fn so_it_is_in_worlds(sketch in stops(world()), vary in thresholds()) {
        let [passed, alone] = both(&sketch, &[vary], 2);
        prop_assert_eq!(passed, alone);
    }

    #[test]
    fn so_it_is_with_windows(sketch in stops(dated_world()), vary in thresholds()) {
        let [passed, alone] = both(&sketch, &[vary], 2);
        prop_assert_eq!(passed, alone);
    }
}

proptest! {
    #![proptest_config(config(25))]

    #[test]
    fn so_it_is_in_grids(sketch in stops(sketch()), thresholds in thresholds(), first: bool) {
        let mut vary = vec![String::from("deployment.concurrent_deployment_percentage=10,60"), thresholds];
        if first {
            vary.reverse();
        }
        let [passed, alone] = both(&sketch, &vary, 2);
        prop_assert_eq!(passed, alone);
    }
}

/// Points of enough of the random scenarios differ, in worlds and where a campaign goes on after a halt.
#[test]
fn the_random_scenarios_have_something_to_tell() {
    let mut runner = TestRunner::new(config(0));
    let (mut differ, mut retry) = ([0; 2], 0);
    for round in 0..100 {
        let strategy = if round % 2 == 0 { stops(sketch()).boxed() } else { stops(world()).boxed() };
        let sketch = strategy.new_tree(&mut runner).expect("the strategy refuses nothing").current();
        let [passed, _] = both(&sketch, &[String::from("deployment.failure_threshold_percentage=5,20,60,100")], 1);
        let different = passed.windows(2).filter(|pair| pair[0].2 != pair[1].2).count();
        differ[round % 2] += u32::from(different > 1);
        let retries = sketch.sync.as_ref().is_some_and(|sync| sync.on_halt.is_some());
        retry += u32::from(different > 1 && retries);
    }
    assert!(differ.iter().all(|count| *count >= 10) && retry >= 5, "{differ:?} differ, {retry} with retries");
}
