//! The engine, shared: one looks or calls at a time, in the order in which they came, and is told only what is in the
//! journal.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Notify, watch};

use super::engine::Engine;
use super::journal::Durable;

/// An [`Engine`] that many tasks share; one of them is to [`drive`](SharedEngine::drive) it.
#[derive(Debug)]
pub struct SharedEngine {
    /// None as soon as nobody may look any more.
    engine: Mutex<Option<Engine>>,
    /// The engine was changed: time may have to go on sooner than it was thought.
    changed: Notify,
    /// Something has panicked.
    panicked: watch::Sender<bool>,
    /// How far the journal is on the disk; none without a journal.
    durable: Option<Durable>,
}

/// There is no answer: the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// What it would say is not on the disk, and never will be.
    NotKept,
    /// It would be wrong, or nobody may look any more.
    Stopped,
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unanswered::NotKept => {
                "The journal cannot be written, so the server stops. Whether this call has taken effect is open until \
                 the server is started again with its journal"
            }
            Unanswered::Stopped => "The server stops",
        })
    }
}

impl std::error::Error for Unanswered {}

/// The engine, for one alone. Where that one panics, the account may be half changed: nobody looks at it any more.
struct Held<'a> {
    engine: MutexGuard<'a, Option<Engine>>,
    _alarm: Alarm<'a>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.engine = None;
        }
    }
}

/// Stops the server when whoever holds it panics.
#[derive(Debug)]
pub struct Alarm<'a>(&'a watch::Sender<bool>);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.send_replace(true);
        }
    }
}

/// Does aside what takes long and needs no engine. A panic in it goes on here.
///
/// # Errors
/// The server stops.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unanswered> {
    tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Unanswered::Stopped,
    })
}

impl SharedEngine {
    /// Shares an engine.
    pub fn new(engine: Engine, durable: Option<Durable>) -> SharedEngine {
        let (panicked, changed) = (watch::Sender::new(false), Notify::new());
        SharedEngine { engine: Mutex::new(Some(engine)), changed, panicked, durable }
    }

    /// How far the journal is on the disk; none without a journal.
    pub fn durable(&self) -> Option<&Durable> {
        self.durable.as_ref()
    }

    /// Whoever holds it stops the server by a panic.
    pub fn alarm(&self) -> Alarm<'_> {
        Alarm(&self.panicked)
    }

    /// Whether something has panicked.
    pub fn panicked(&self) -> watch::Receiver<bool> {
        self.panicked.subscribe()
    }

    /// Does something with the engine at the instant that its clock shows, and waits until what was seen or done is in
    /// the journal.
    ///
    /// # Errors
    /// It will never be there, or something has panicked.
    pub async fn with<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Result<T, Unanswered> {
        let (mut work, mut instant) = (Some(work), None);
        self.piecewise(|engine| {
            let until = *instant.get_or_insert_with(|| engine.shown());
            // It has come so far once, and is not asked again.
            if engine.pass(until) { work.take().map(|work| work(engine)) } else { None }
        })
        .await
    }

    /// The same piece by piece, until there is something: others may look and call between two pieces. Who does not
    /// wait for it any more ends it.
    pub async fn piecewise<T>(&self, mut piece: impl FnMut(&mut Engine) -> Option<T>) -> Result<T, Unanswered> {
        if let Some(durable) = &self.durable
            && !durable.room().await
        {
            return Err(Unanswered::NotKept);
        }
        loop {
            let mut held = self.hold().await;
            let engine = held.engine.as_mut().ok_or(Unanswered::Stopped)?;
            let done = piece(engine).map(|done| (done, engine.written()));
            drop(held);
            self.changed.notify_one();
            match done {
                Some((done, written)) => return self.settled(written).await.map(|()| done),
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Waits until so many records cannot be lost any more.
    async fn settled(&self, written: Option<u64>) -> Result<(), Unanswered> {
        let (Some(durable), Some(written)) = (&self.durable, written) else { return Ok(()) };
        if durable.wait(written).await { Ok(()) } else { Err(Unanswered::NotKept) }
    }

    async fn hold(&self) -> Held<'_> {
        Held { engine: self.engine.lock().await, _alarm: self.alarm() }
    }

    /// Drives time until `stop` becomes true, or nobody may look any more.
    pub async fn drive(&self, mut stop: watch::Receiver<bool>) {
        loop {
            let mut held = self.hold().await;
            let Some(rest) = held.engine.as_mut().map(Engine::go_on) else { return };
            drop(held);
            let wait = async {
                match rest {
                    // Who waits for the engine gets it first.
                    Some(Duration::ZERO) => {}
                    Some(rest) => tokio::select! {
                        () = tokio::time::sleep(rest) => {}
                        () = self.changed.notified() => {}
                    },
                    None => self.changed.notified().await,
                }
            };
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                () = wait => {}
            }
        }
    }

    /// Ends the journal; nobody looks any more.
    pub async fn close(&self) {
        if let Some(mut engine) = self.engine.lock().await.take() {
            engine.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::server::account::tests::{account, scenario};
    use crate::server::clock::Speed;
    use crate::server::engine::TimeStep;
    use crate::server::journal::{Journal, JournalFile};
    use crate::time::{Span, Time};

    const SCENARIO: &str = r#"
        name = "depot"
        [deployment]
        concurrent_deployment_percentage = 50
        failure_threshold_percentage = 50
        [[group]]
        name = "a"
        robots = 2
        [group.registrations]
        interarrival = { constant = "1s" }
        max = 900_000
    "#;

    fn shared(speed: Speed, paused: bool) -> SharedEngine {
        SharedEngine::new(Engine::new(account(&scenario(SCENARIO), 1), speed, paused, None), None)
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
    }

    #[test]
    fn time_goes_on_while_nobody_calls() {
        let shared = shared(Speed::Max, false);
        let (stop, stopped) = watch::channel(false);
        runtime().block_on(async {
            let look = async {
                // A hundred robots register.
                let begun = Instant::now();
                while shared.with(|engine| engine.account().robot_of(101).is_none()).await.expect("it is there") {
                    assert!(begun.elapsed() < Duration::from_secs(60));
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                stop.send_replace(true);
            };
            tokio::join!(shared.drive(stopped), look);
            let now = shared.with(|engine| engine.account().now()).await;
            assert!(now.expect("it is there") > Time::from_micros(60_000_000));
        });
    }

    /// A step of years holds nobody up, and ends when nobody waits for it any more.
    #[test]
    fn a_long_step_is_taken_piece_by_piece() {
        let shared = shared(Speed::Times(1.0), true);
        runtime().block_on(async {
            let mut step = shared.with(|engine| engine.step_for(Span::from_secs(86_400 * 13_000))).await.expect("time");
            let long = shared.piecewise(|engine| engine.step(&mut step).1.then_some(()));
            let look = async {
                let mut seen = Vec::new();
                for _ in 0..5 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    seen.push(shared.with(|engine| engine.account().now()).await.expect("it is there"));
                }
                seen
            };
            let seen = tokio::select! {
                _ = long => panic!("a million robots have registered"),
                seen = look => seen,
            };
            assert!(seen.is_sorted() && seen[0] < seen[4], "{seen:?}");
            let after = shared.with(|engine| engine.account().now()).await.expect("it is there");
            assert!(after.micros() < 86_400_000_000 * 13_000, "the step has ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(shared.with(|engine| engine.account().now()).await, Ok(after));
        });
    }

    /// Where time runs faster than it can be followed, a call waits until the account is where the clock was; who gives
    /// up waiting is free at once, and others are not kept from looking.
    #[test]
    fn a_call_behind_time_holds_nobody_up() {
        let shared = shared(Speed::Times(Speed::FASTEST), false);
        runtime().block_on(async {
            // Three years, with an instant each second at first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            let begun = Instant::now();
            let wait = tokio::time::timeout(Duration::from_millis(100), shared.with(|_| ()));
            let look = shared.piecewise(|engine| Some(engine.account().now()));
            let (waited, seen) = tokio::join!(wait, look);
            assert!(waited.is_err(), "a million robots have registered");
            assert!(seen.expect("it is there") < Time::MAX);
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        });
    }

    #[test]
    fn nobody_looks_after_a_panic() {
        let shared = shared(Speed::Max, true);
        runtime().block_on(async {
            let told = shared.panicked();
            let broken = shared.with::<()>(|_| panic!("half way"));
            let caught = panics(broken).await;
            assert!(caught && *told.borrow());
            assert_eq!(shared.with(|engine| engine.account().now()).await, Err(Unanswered::Stopped));
            shared.drive(watch::Sender::new(false).subscribe()).await;
        });
    }

    /// Whether a future panics when it is polled first.
    async fn panics(future: impl Future) -> bool {
        let mut future = Box::pin(future);
        std::future::poll_fn(|context| {
            let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(future.as_mut().poll(context))));
            std::task::Poll::Ready(polled.is_err())
        })
        .await
    }

    /// What somebody sees is in the journal before it is shown: a reader waits for the disk.
    #[test]
    fn what_is_seen_is_on_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, _) = JournalFile::open(folder.path(), |_| Ok(())).expect("a journal");
        let (journal, writer, durable) = Journal::new(file);
        let engine = Engine::new(account(&scenario(SCENARIO), 1), Speed::Max, true, Some(journal));
        let shared = SharedEngine::new(engine, Some(durable));
        let wait =
            |time| tokio::time::timeout(Duration::from_millis(time), shared.with(|engine| engine.account().now()));
        runtime().block_on(async {
            // Nothing has happened yet that anybody could lose.
            assert_eq!(wait(60_000).await, Ok(Ok(Time::ZERO)));
            let mut step = TimeStep::Events(1);
            let stepped = shared.piecewise(|engine| engine.step(&mut step).1.then_some(()));
            assert!(tokio::time::timeout(Duration::from_millis(50), stepped).await.is_err(), "nobody writes");
            assert!(wait(50).await.is_err(), "it is shown before it is written");
            std::thread::spawn(|| writer.run(|_| {}));
            assert_eq!(wait(60_000).await, Ok(Ok(Time::from_micros(1_000_000))));
            shared.close().await;
            assert_eq!(wait(60_000).await, Ok(Err(Unanswered::Stopped)));
        });
    }
}
