//! Replications that fail: none hangs, all are named, and the others come to their end.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::scenario::Scenario;

/// One robot, whose first step fails with this probability; and a second step, or none.
fn plan(failure: f64, second: &str) -> Plan {
    let text = format!(
        "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 50\nfailure_threshold_percentage = 100\n\
         [[group]]\nname = \"g\"\nrobots = 1\n[group.step.validating]\nlatency = {{ constant = \"1s\" }}\n\
         failure = {failure}\n{second}"
    );
    Plan::new(&Scenario::parse(&text, "x.toml", Path::new(""), &[]).expect("it is right"))
}

/// A plan that makes the program fail in about half of all replications: its odds lack the second step, which is drawn
/// only if the first one does not fail.
fn broken() -> Plan {
    let second = "[group.step.launching]\nlatency = { constant = \"1s\" }\nfailure = 0.5\n";
    let mut broken = plan(0.5, second);
    broken.odds = plan(0.5, "").odds;
    broken
}

/// What work comes to, unless it hangs.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, came) = mpsc::channel();
    thread::spawn(move || {
        // Nobody takes it any more if it came too late.
        let _ = done.send(work());
    });
    came.recv_timeout(Duration::from_secs(120)).expect("it hangs")
}

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

fn failures<T>(done: Result<T, Stopped>) -> Failures {
    match done {
        Err(Stopped::Failed(failures)) => failures,
        Err(other) => panic!("it ended otherwise: {other:?}"),
        Ok(_) => panic!("nothing failed"),
    }
}

/// Fails in some replications, and writes down which ones it was given.
struct Scripted {
    fails: fn(u32) -> bool,
    seen: Mutex<Vec<u32>>,
    ended: AtomicU64,
}

impl Work for Scripted {
    type Own = u32;

    fn begin(&self) -> u32 {
        0
    }

    fn replicate(&self, own: &mut u32, index: u32) -> Option<()> {
        // What a failed one leaves behind is never seen.
        assert_eq!(*own, 0, "left half changed");
        *own = 1;
        self.seen.lock().expect("no panic under it").push(index);
        assert!(!(self.fails)(index), "number {index}\n  fails");
        *own = 0;
        Some(())
    }

    fn end_block(&self, _: &mut u32, _: u32, replications: u32) {
        self.ended.fetch_add(replications.into(), std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn each_failed_replication_is_counted_and_named_and_the_others_finish() {
    fn run(threads: usize, part: Range<u32>, fails: fn(u32) -> bool) -> (Result<Vec<u32>, Stopped>, Vec<u32>, u64) {
        in_time(move || {
            let work = Scripted { fails, seen: Mutex::default(), ended: AtomicU64::default() };
            let plan = plan(0.0, "");
            let workers = Workers::new(Some(threads)).expect("threads");
            let done = workers.share(Workload { plan: &plan, seed: 9, part }, &work, &never());
            let mut seen = work.seen.into_inner().expect("no panic under it");
            seen.sort_unstable();
            (done, seen, work.ended.into_inner())
        })
    }
    for threads in [1, 2, 7] {
        let (done, seen, ended) = run(threads, 10..5000, |index| index == 17 || index == 4999);
        let found = failures(done);
        assert_eq!((found.seed, found.failed, found.finished), (9, 2, 4988));
        let named = [(17, "number 17 fails"), (4999, "number 4999 fails")].map(|(index, why)| (index, why.to_owned()));
        assert_eq!(found.named, named.into());
        assert_eq!(seen, (10..5000).collect::<Vec<_>>(), "each was simulated once");
        assert_eq!(ended, 4990, "progress is told of all");

        let (done, seen, _) = run(threads, 0..2000, |_| true);
        let found = failures(done);
        assert_eq!((found.failed, found.finished, seen.len()), (2000, 0, 2000));
        assert_eq!(found.named.into_keys().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>(), "the first ones");

        let (done, ..) = run(threads, 0..2000, |_| false);
        assert_eq!(done.expect("nothing failed").len(), threads);
    }
}

/// Counts what is written.
struct Counted(u64);

impl Rows for Counted {
    type Chunk = u64;
    type Layout = ();

    fn layout(&self) {}

    fn render((): &(), block: &Block) -> u64 {
        block.replications.len() as u64
    }

    fn write(&mut self, chunk: u64) -> io::Result<()> {
        self.0 += chunk;
        Ok(())
    }
}

/// Far more blocks than may wait for an earlier one, and a panic in the first already.
const MANY: u32 = 256 * 40;

#[test]
fn an_experiment_with_failed_replications_ends_without_a_tally() {
    for threads in [1, 2, 7] {
        let (found, failed_alone) = in_time(move || {
            let plan = broken();
            let experiment =
                Experiment { plan: &plan, seed: 3, replications: MANY, threads: Some(threads), curves: true };
            let found = failures(experiment.run(&mut Counted(0), &never(), &|_| ()));
            // The same by hand.
            let alone = |index: &u32| {
                let mut campaign = Campaign::new(&plan, plan.controller.clone());
                catch_unwind(AssertUnwindSafe(|| campaign.run(3, *index, &never(), ()))).is_err()
            };
            (found, (0..1000).filter(alone).collect::<Vec<u32>>())
        });
        assert_eq!(found.failed + found.finished, MANY);
        assert!((found.failed as f64 / f64::from(MANY) - 0.5).abs() < 0.05, "{}", found.failed);
        assert_eq!(found.named.into_keys().collect::<Vec<_>>(), failed_alone[..10]);
    }
}

/// What is asked of each replication alone may fail, too.
struct Picky;

impl Each for Picky {
    type Watch = ();
    type Seen = u32;

    fn watch(&self) {}

    fn seen(&self, (): &mut (), replication: &Replication) -> u32 {
        assert!(replication.index % 1000 != 999, "no thousandth");
        replication.index
    }
}

#[test]
fn what_looks_at_each_replication_may_fail() {
    let done = in_time(|| {
        let plan = plan(0.0, "");
        let experiment = Experiment { plan: &plan, seed: 1, replications: MANY, threads: None, curves: false };
        let workers = Workers::new(Some(3)).expect("threads");
        let each = |part| experiment.each(&workers, part, &Picky, &never(), &|_| ());
        (each(0..MANY), each(0..999).map(|seen| seen == (0..999).collect::<Vec<_>>()))
    });
    let found = failures(done.0);
    assert_eq!((found.failed, found.finished), (10, MANY - 10));
    assert!(done.1.expect("none fails"), "in their order");
}

/// Panics where rows are prepared, or where they are written.
struct Clumsy {
    render: bool,
}

impl Rows for Clumsy {
    type Chunk = ();
    type Layout = bool;

    fn layout(&self) -> bool {
        self.render
    }

    fn render(render: &bool, block: &Block) {
        assert!(!(*render && block.replications[0].index == 0), "cannot render");
    }

    fn write(&mut self, (): ()) -> io::Result<()> {
        panic!("cannot write")
    }
}

/// A panic outside a replication is nobody's replication: it reaches the caller, and nobody waits for the block that
/// never comes.
#[test]
fn a_panic_outside_a_replication_reaches_the_caller() {
    for (render, threads) in [(true, 1), (true, 2), (true, 7), (false, 1), (false, 7)] {
        let caught = in_time(move || {
            let plan = plan(0.0, "");
            let experiment =
                Experiment { plan: &plan, seed: 3, replications: MANY, threads: Some(threads), curves: false };
            catch_unwind(AssertUnwindSafe(|| experiment.run(&mut Clumsy { render }, &never(), &|_| ()).is_ok()))
        });
        let message = caught.expect_err("it panics");
        let message = message.downcast_ref::<&str>().copied().expect("a message");
        assert_eq!(message, if render { "cannot render" } else { "cannot write" });
    }
}

/// Whoever waits for an earlier block leaves when the experiment is cancelled.
#[test]
fn a_cancelled_experiment_lets_everybody_go() {
    struct Slow<'a>(&'a AtomicBool);
    impl Rows for Slow<'_> {
        type Chunk = ();
        type Layout = ();

        fn layout(&self) {}

        fn render((): &(), _: &Block) {}

        fn write(&mut self, (): ()) -> io::Result<()> {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        }
    }
    let done = in_time(|| {
        let plan = plan(0.0, "");
        let experiment = Experiment { plan: &plan, seed: 3, replications: u32::MAX, threads: Some(7), curves: false };
        let cancelled = never();
        experiment.run(&mut Slow(&cancelled), &cancelled, &|_| ()).map(drop)
    });
    assert!(matches!(done, Err(Stopped::Cancelled)), "{done:?}");
}
