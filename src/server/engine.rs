//! The account in real time: calls come at any instant, and time goes on between them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::account::Account;
use super::clock::{Clock, Speed};
use super::journal::{Journal, Record};
use super::protocol::{self, Answer, Operation, Refusal};
use crate::rollout::{DeploymentJobErrorCode, RobotId};
use crate::time::{Span, Time};

/// How many instants pass at most while nobody else may look.
const TURNS_AT_ONCE: u64 = 256;

/// The account and the clock.
#[derive(Debug)]
pub struct Engine {
    account: Account,
    clock: Clock,
    clock_changed: bool,
    journal: Option<Journal>,
    /// How many turns of the account the journal knows of.
    recorded: u64,
}

/// What can be done to a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injection {
    /// Its deployment fails, or else its next one: with this code, or that of its step.
    Fail(Option<DeploymentJobErrorCode>),
    /// It is offline until it is told to be online.
    Offline,
    /// It is online again, as far as its own connectivity lets it.
    Online,
}

impl Injection {
    /// What the journal and the protocol call it.
    fn name(self) -> &'static str {
        match self {
            Injection::Fail(_) => "fail",
            Injection::Offline => "offline",
            Injection::Online => "online",
        }
    }
}

/// An [`Engine`] that many threads share; one of them is to [`drive`](Shared::drive) it.
#[derive(Debug)]
pub struct Shared {
    engine: Mutex<Engine>,
    changed: Condvar,
    /// How many wait for the engine.
    waiting: AtomicUsize,
    stopped: AtomicBool,
}

impl Engine {
    /// An account whose time goes on from where it is.
    pub fn new(account: Account, speed: Speed, paused: bool, journal: Option<Journal>) -> Engine {
        let clock = Clock::new(account.now(), Instant::now(), speed, paused);
        let recorded = account.turns();
        Engine { account, clock, clock_changed: false, journal, recorded }
    }

    /// How many records have to be on the disk before what is seen now may be shown; none without a journal.
    pub fn written(&mut self) -> Option<u64> {
        let journal = self.journal.as_mut()?;
        if self.recorded < self.account.turns() {
            self.recorded = self.account.turns();
            journal.add(Record::Seen { at: self.account.now().micros() });
        }
        Some(journal.written())
    }

    /// Ends the journal, with the present instant.
    pub fn close(&mut self) {
        if let Some(mut journal) = self.journal.take() {
            journal.add(Record::Seen { at: self.account.now().micros() });
        }
    }

    fn record(&mut self, record: Record) {
        if let Some(journal) = &mut self.journal {
            self.recorded = self.account.turns();
            journal.add(record);
        }
    }

    /// The account as it is at the instant at which it was brought up last.
    pub fn account(&mut self) -> &mut Account {
        &mut self.account
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the clock was changed since the last time.
    pub fn take_clock_changed(&mut self) -> bool {
        std::mem::take(&mut self.clock_changed)
    }

    /// Brings the account to the instant that the clock shows.
    pub fn catch_up(&mut self) {
        let shown = self.clock.now(Instant::now());
        // Where time jumps the present instant may have turns to come: calls come after them.
        let now = if self.clock.jumps() { self.account.now() } else { shown };
        self.account.advance(now, u64::MAX);
    }

    /// Carries out a call.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn call(&mut self, operation: Operation, input: &Value) -> Result<Answer, Refusal> {
        self.catch_up();
        let at = self.account.now().micros();
        let answer = protocol::call(&mut self.account, operation, input);
        let changed = match &answer {
            Ok(answer) => answer.changed,
            Err(refusal) => matches!(refusal, Refusal::Counted(_)),
        };
        if changed {
            self.record(Record::Call { at, operation: operation.name().to_owned(), input: input.clone() });
        }
        answer
    }

    /// Changes the speed, or pauses, or goes on.
    pub fn set_clock(&mut self, speed: Option<Speed>, paused: Option<bool>) {
        self.catch_up();
        let speed = speed.unwrap_or(self.clock.speed());
        let paused = paused.unwrap_or(self.clock.paused());
        self.restart_clock(speed, paused);
    }

    /// Lets so many instants pass at which something happens, without a wait: how many there were.
    pub fn step_events(&mut self, events: u64) -> u64 {
        self.catch_up();
        let before = self.account.turns();
        while self.account.turns() - before < events {
            let due = self.account.next_due();
            if due > Time::MAX {
                break;
            }
            self.account.advance(due, 1);
        }
        self.restart_clock(self.clock.speed(), self.clock.paused());
        self.account.turns() - before
    }

    /// Lets so much time pass, without a wait: how many instants there were at which something happened.
    pub fn step_for(&mut self, span: Span) -> u64 {
        self.catch_up();
        let before = self.account.turns();
        let until = (self.account.now() + span).min(Time::MAX);
        self.account.advance(until, u64::MAX);
        self.restart_clock(self.clock.speed(), self.clock.paused());
        self.account.turns() - before
    }

    /// Does something to a robot, by its name or its ARN; none if there is no such robot.
    pub fn inject(&mut self, robot: &str, injection: Injection) -> Option<RobotId> {
        self.catch_up();
        let id = self.account.robot_called(robot)?;
        let arn = self.account.robot_of(id)?.arn.to_string();
        let at = self.account.now().micros();
        let code = match injection {
            Injection::Fail(code) => {
                self.account.fail_robot(id, code);
                code.map(|code| code.as_str().to_owned())
            }
            Injection::Offline | Injection::Online => {
                self.account.force_offline(id, injection == Injection::Offline);
                None
            }
        };
        self.record(Record::Inject { at, robot: arn, fault: injection.name().to_owned(), code });
        Some(id)
    }

    /// Does again what a journal says.
    ///
    /// # Errors
    /// The record does not fit the account.
    pub fn replay(account: &mut Account, record: &Record) -> Result<(), String> {
        let instant = |at: u64| {
            if at < account.now().micros() { Err(String::from("time goes back")) } else { Ok(Time::from_micros(at)) }
        };
        match record {
            Record::Beginning(_) => Err(String::from("an account begins once")),
            Record::Seen { at } => {
                account.advance(instant(*at)?, u64::MAX);
                Ok(())
            }
            Record::Call { at, operation, input } => {
                let known = Operation::from_name(operation);
                let operation = known.ok_or_else(|| format!("there is no operation {operation}"))?;
                account.advance(instant(*at)?, u64::MAX);
                match protocol::call(account, operation, input) {
                    Ok(_) | Err(Refusal::Counted(_)) => Ok(()),
                    Err(refusal) => Err(format!("{} is refused: {}", operation.name(), refusal.message())),
                }
            }
            Record::Inject { at, robot, fault, code } => {
                account.advance(instant(*at)?, u64::MAX);
                let id = account.robot_called(robot).ok_or_else(|| format!("there is no robot {robot}"))?;
                match fault.as_str() {
                    "fail" => {
                        let code = code.as_deref().map(|code| {
                            DeploymentJobErrorCode::from_name(code).ok_or_else(|| format!("there is no code {code}"))
                        });
                        account.fail_robot(id, code.transpose()?);
                    }
                    "offline" | "online" => account.force_offline(id, fault == "offline"),
                    other => return Err(format!("there is no fault {other}")),
                }
                Ok(())
            }
        }
    }

    fn restart_clock(&mut self, speed: Speed, paused: bool) {
        self.clock.set(self.account.now(), Instant::now(), speed, paused);
        self.clock_changed = true;
    }

    /// Lets time go on as the clock says: how long it may rest then; none if something has to happen first.
    fn go_on(&mut self) -> Option<Duration> {
        if self.clock.jumps() {
            for _ in 0..TURNS_AT_ONCE {
                let due = self.account.next_due();
                if due > Time::MAX {
                    return None;
                }
                self.account.advance(due, 1);
            }
            return Some(Duration::ZERO);
        }
        let now = self.clock.now(Instant::now());
        if self.account.advance(now, TURNS_AT_ONCE) == TURNS_AT_ONCE {
            return Some(Duration::ZERO);
        }
        let due = self.account.next_due();
        self.clock.wait(Instant::now(), due)
    }
}

impl Shared {
    /// Shares an engine.
    pub fn new(engine: Engine) -> Shared {
        Shared {
            engine: Mutex::new(engine),
            changed: Condvar::new(),
            waiting: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Does something with the engine; time goes on afterwards.
    pub fn with<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> T {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut engine = self.lock();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let done = work(&mut engine);
        drop(engine);
        self.changed.notify_one();
        done
    }

    fn lock(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drives time until [`Shared::stop`].
    pub fn drive(&self) {
        let mut engine = self.lock();
        while !self.stopped.load(Ordering::Relaxed) {
            engine = match engine.go_on() {
                Some(Duration::ZERO) => {
                    drop(engine);
                    // Who waits gets the engine: a lock goes to whoever asks first, and that would be this thread.
                    if self.waiting.load(Ordering::Relaxed) > 0 {
                        std::thread::sleep(Duration::from_micros(100));
                    }
                    self.lock()
                }
                Some(rest) => self.changed.wait_timeout(engine, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(engine).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Lets [`Shared::drive`] return.
    pub fn stop(&self) {
        let engine = self.lock();
        self.stopped.store(true, Ordering::Relaxed);
        drop(engine);
        self.changed.notify_all();
    }
}
