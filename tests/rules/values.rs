//! A campaign is a value: copied or written down at any instant, it goes on to the same end.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use rollcast::rollout::AnyController;
use rollcast::simulation::{Campaign, HeapEndings, Misfit, Plan, Replication, Snapshot, Turn, Watch};

use super::history::{Happening, Recorder};
use super::scenarios::{Sketch, config, sketch};
use super::worlds::{dated_world, world};

/// What a campaign comes to, and what was told of it from some instant on.
type Told = (Replication, Vec<Happening>);

/// Goes so many turns; false if the campaign is over by then.
fn turns(campaign: &mut Campaign<'_, AnyController>, recorder: &mut Recorder, count: usize) -> bool {
    let going_on = AtomicBool::new(false);
    let mut watch = Watch::new(recorder, &going_on);
    (0..count).all(|_| campaign.turn(&mut watch).expect("nobody cancels it") == Turn::GoesOn)
}

fn finish(mut campaign: Campaign<'_, AnyController>) -> Told {
    let (mut recorder, going_on) = (Recorder::default(), AtomicBool::new(false));
    let replication = campaign.finish(&mut Watch::new(&mut recorder, &going_on)).expect("nobody cancels it");
    (replication, recorder.0)
}

/// How many turns a replication takes.
fn length(plan: &Plan, seed: u64) -> usize {
    let mut campaign = Campaign::new(plan, plan.controller.clone());
    campaign.begin(seed, 0);
    let mut count = 1;
    while turns(&mut campaign, &mut Recorder::default(), 1) {
        count += 1;
    }
    count
}

/// Interrupts a replication after a share of its turns, in thousandths, and has it go on in all ways. What was written
/// down.
fn interrupt(sketch: &Sketch, thousandths: usize) -> Value {
    let scenario = sketch.scenario();
    let plan = Plan::new(&scenario);
    let cut = length(&plan, sketch.seed) * thousandths / 1000;
    let mut campaign = Campaign::new(&plan, plan.controller.clone());
    campaign.begin(sketch.seed, 0);
    let mut before = Recorder::default();
    assert!(turns(&mut campaign, &mut before, cut), "its last turn is not taken");

    let written = serde_json::to_string(&campaign.snapshot()).expect("it can be written");
    let copy = campaign.clone();
    let (replication, after) = finish(campaign);
    assert_eq!(finish(copy), (replication.clone(), after.clone()), "a copy");

    // As by a later process, which has read the scenario again.
    let again = Plan::new(&sketch.scenario());
    let read: Snapshot<AnyController> = serde_json::from_str(&written).expect("it can be read");
    let resumed = Campaign::resume(&again, read).expect("it fits");
    assert_eq!(serde_json::to_string(&resumed.snapshot()).expect("it can be written"), written, "the same bytes");
    assert_eq!(finish(resumed), (replication.clone(), after.clone()), "written down and read back");

    let mut whole = Recorder::default();
    let mut uninterrupted = Campaign::new(&plan, plan.controller.clone());
    let expected = uninterrupted.run(sketch.seed, 0, &AtomicBool::new(false), &mut whole);
    assert_eq!(expected, Some(replication));
    before.0.extend(after);
    assert_eq!(before.0, whole.0, "all that is told");
    serde_json::from_str(&written).expect("JSON")
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn an_interrupted_campaign_goes_on_to_the_same_end(sketch in sketch(), thousandths in 0..1000usize) {
        interrupt(&sketch, thousandths);
    }

    #[test]
    fn so_it_does_in_worlds(sketch in world(), thousandths in 0..1000usize) {
        interrupt(&sketch, thousandths);
    }

    #[test]
    fn so_it_does_with_windows(sketch in dated_world(), thousandths in 0..1000usize) {
        interrupt(&sketch, thousandths);
    }

    /// The event queue made for speed against a binary heap.
    #[test]
    fn any_event_queue_gives_the_same(sketch in world()) {
        let scenario = sketch.scenario();
        let plan = Plan::new(&scenario);
        let going_on = AtomicBool::new(false);
        let (mut fast, mut plain) = (Recorder::default(), Recorder::default());
        let mut campaign = Campaign::new(&plan, plan.controller.clone());
        let mut twin = Campaign::<_, HeapEndings>::with_queue(&plan, plan.controller.clone());
        for index in 0..3 {
            let replication = campaign.run(sketch.seed, index, &going_on, &mut fast);
            prop_assert_eq!(replication, twin.run(sketch.seed, index, &going_on, &mut plain));
        }
        prop_assert_eq!(fast.0, plain.0);
    }
}

/// Interruptions fall into every part of the world.
#[test]
fn interruptions_find_everything_under_way() {
    let mut runner = TestRunner::new(config(0));
    let mut found = [0; 9];
    for round in 0..320 {
        let sketch = world().new_tree(&mut runner).expect("the strategy refuses nothing").current();
        let written = interrupt(&sketch, 97 * round % 1000);
        let filled = |pointer: &str| match written.pointer(pointer) {
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(fields)) => !fields.is_empty(),
            Some(Value::Number(number)) => number.as_u64() > Some(0),
            _ => false,
        };
        let journeys = written.pointer("/world/journeys/journeys").and_then(Value::as_array);
        let some = |key: &str| journeys.is_some_and(|all| all.iter().any(|one| one[key] == Value::Bool(true)));
        let paused = journeys.is_some_and(|all| all.iter().any(|one| one["stage"]["Paused"].is_number()));
        let defects = written.pointer("/world/journeys/defects/robots").and_then(Value::as_array);
        let broken = defects.is_some_and(|defects| defects.iter().any(|defect| !defect.is_null()));
        for (count, seen) in found.iter_mut().zip([
            filled("/world/in_flight"),
            filled("/world/journeys/events"),
            filled("/world/journeys/downloads/share/flows"),
            paused,
            some("late"),
            filled("/world/registered") && filled("/world/registrations/next"),
            filled("/calls/client/attempts"),
            broken,
            filled("/operator/jobs") && written.pointer("/operator/jobs") != Some(&Value::from(1)),
        ]) {
            *count += u32::from(seen);
        }
    }
    assert!(found.iter().all(|count| *count >= 3), "{found:?}");
}

/// A snapshot goes on under its own plan, and only if it is whole.
#[test]
fn what_does_not_fit_is_refused() {
    let mut runner = TestRunner::new(config(0));
    let mut refused = 0;
    for _ in 0..20 {
        let mut sketch = world().new_tree(&mut runner).expect("the strategy refuses nothing").current();
        let scenario = sketch.scenario();
        let plan = Plan::new(&scenario);
        let mut campaign = Campaign::new(&plan, plan.controller.clone());
        assert!(turns(&mut campaign, &mut Recorder::default(), 1));
        let snapshot = campaign.snapshot();
        // One robot more than the rest of it knows.
        let written = serde_json::to_string(&snapshot).expect("it can be written");
        let (before, after) = written.split_once("\"registered\":[").expect("it has them");
        let comma = if after.starts_with(']') { "" } else { "," };
        let damaged = format!("{before}\"registered\":[0{comma}{after}");
        let damaged: Snapshot<AnyController> = serde_json::from_str(&damaged).expect("it can be read");
        assert_eq!(Campaign::resume(&plan, damaged).err(), Some(Misfit::Robots));
        assert!(Campaign::resume(&plan, snapshot.clone()).is_ok());
        sketch.deployment.threshold = sketch.deployment.threshold % 100 + 1;
        let other = sketch.scenario();
        refused += u32::from(Campaign::resume(&Plan::new(&other), snapshot).err() == Some(Misfit::Plan));
    }
    assert_eq!(refused, 20);
}
