//! Starting and stopping a server.
//!
//! It stops when it is told to, when the journal cannot be written, and at the first panic of any of its threads and
//! tasks: after one in the middle of a call the account may be half changed. What was journaled by then was whole, and
//! stays; the call that panicked is neither journaled nor answered.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::account::{Account, Settings};
use super::clock::Speed;
use super::engine::Engine;
use super::http::{self, Access, Broadcast, ConnectionLimits, RateLimit, RequestIds, Server};
use super::journal::{
    Beginning, Entry, Journal, JournalError, JournalFile, JournalWriter, MOST_TURNS, Record, ReplayError,
};
use super::log::{Log, LogLevel};
use super::metrics::Metrics;
use super::shared::SharedEngine;
use super::sigv4::AccessKey;
use crate::rollout::SyncPolicy;
use crate::scenario::Scenario;
use crate::simulation::Plan;

/// How a server is to be.
#[derive(Debug)]
pub struct Options {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How fast virtual time runs.
    pub speed: Speed,
    /// Whether it stands still at first.
    pub paused: bool,
    /// Where randomness starts.
    pub seed: u64,
    /// When time 0 is, in milliseconds since 1970; none for the present, or what the journal says.
    pub epoch: Option<u64>,
    /// How many jobs may be active.
    pub max_active_jobs: u32,
    /// With which key requests have to be signed; none if anybody may ask.
    pub access_key: Option<AccessKey>,
    /// By which names the server may be called, besides `localhost` and addresses.
    pub names: Vec<String>,
    /// How many calls a second there may be.
    pub rate_limit: Option<f64>,
    /// How many connections there may be.
    pub connections: usize,
    /// How long the header of a request may take, and its body, and how long a client may take none of its answer.
    pub request_time: Duration,
    /// The folder of the journal.
    pub state: Option<PathBuf>,
    /// Which calls are told on stderr.
    pub log: LogLevel,
}

/// Why a server did not start, or did not go on.
#[derive(Debug)]
pub enum ServerError {
    /// The journal cannot be read, or is another server's.
    Journal(JournalError),
    /// The journal cannot be written any more.
    Stopped(JournalError),
    /// The journal belongs to another scenario, seed or epoch: what differs.
    OtherAccount(String),
    /// It cannot listen there.
    Listen(SocketAddr, io::Error),
    Threads(io::Error),
    /// Something has panicked, and has said so.
    Panicked,
}

/// Serves a scenario until `stop` becomes true. `ready` is told the address when calls are accepted.
///
/// # Errors
/// See [`ServerError`].
pub fn run(
    scenario: &Scenario,
    options: Options,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    let log = Log { level: options.log };
    match restore(scenario, &options, &log, &stop) {
        Err(ServerError::Journal(JournalError::Interrupted)) => Ok(()),
        Err(error) => Err(error),
        Ok((account, journal)) => serve(&scenario.name, account, journal, options, stop, ready),
    }
}

/// A journal, and what has to be added to it first.
type Restored = (JournalFile, Option<Beginning>);

/// Serves an account.
pub(super) fn serve(
    name: &str,
    account: Account,
    journal: Option<Restored>,
    options: Options,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    let (journal, writer, durable) = match journal {
        None => (None, None, None),
        Some((mut file, beginning)) => {
            let beginning = beginning.map(|beginning| file.begin(beginning));
            let (mut journal, writer, durable) = Journal::new(file);
            if let Some(beginning) = beginning {
                journal.add(beginning);
            }
            (Some(journal), Some(writer), Some(durable))
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServerError::Threads)?;
    let listener = runtime.block_on(TcpListener::bind(options.listen));
    let listener = listener.map_err(|error| ServerError::Listen(options.listen, error))?;
    let address = listener.local_addr().map_err(|error| ServerError::Listen(options.listen, error))?;
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let server = Arc::new(Server {
        shared: SharedEngine::new(Engine::new(account, options.speed, options.paused, journal), durable),
        access: Access {
            key: options.access_key,
            names: options.names.iter().map(|name| name.to_ascii_lowercase()).collect(),
        },
        rate: options.rate_limit.map(|rate| RateLimit::new(rate, Instant::now())),
        metrics: Metrics::default(),
        log: Log { level: options.log },
        events: Broadcast::default(),
        large: Arc::new(Semaphore::new(ConnectionLimits::default().large_answers)),
        ids: RequestIds::new(started ^ u64::from(std::process::id()) << 48),
        limits: ConnectionLimits {
            connections: options.connections,
            header_time: options.request_time,
            body_time: options.request_time,
            write_time: options.request_time,
            ..ConnectionLimits::default()
        },
    });
    let (failed, journal_failed) = watch::channel(false);
    let stop = any(&runtime, [stop, journal_failed, server.shared.panicked()]);
    let written = std::thread::scope(|threads| {
        let driver = threads.spawn(|| runtime.block_on(server.shared.drive(stop.clone())));
        let writer = writer.map(|writer| threads.spawn(|| write(writer, failed, &server)));
        runtime.spawn(http::publish(Arc::clone(&server), stop.clone()));
        ready(address);
        server.log.event(&format!("serving {name} at http://{address}"));
        runtime.block_on(http::serve(Arc::clone(&server), listener, stop.clone()));
        // Panics have been told where they happened, and stop the server.
        let _ = driver.join();
        runtime.block_on(server.shared.close());
        writer.map_or(Ok(()), |writer| writer.join().unwrap_or(Ok(())))
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    server.log.event("stopped");
    match written {
        Err(error) => Err(ServerError::Stopped(error)),
        Ok(()) if *server.shared.panicked().borrow() => Err(ServerError::Panicked),
        Ok(()) => Ok(()),
    }
}

/// Writes the journal; when that fails the server is to stop.
fn write(writer: JournalWriter, failed: watch::Sender<bool>, server: &Server) -> Result<(), JournalError> {
    let _alarm = server.shared.alarm();
    let written = writer.run(|trouble| server.log.trouble(trouble));
    failed.send_replace(written.is_err());
    written
}

/// True as soon as one of them is.
fn any(runtime: &tokio::runtime::Runtime, reasons: [watch::Receiver<bool>; 3]) -> watch::Receiver<bool> {
    let (any, either) = watch::channel(false);
    for mut reason in reasons {
        let any = any.clone();
        runtime.spawn(async move {
            // One that cannot come any more is none.
            if reason.wait_for(|reason| *reason).await.is_ok() {
                any.send_replace(true);
            }
        });
    }
    either
}

/// A new account, or the one of the journal; with the journal goes what it has to begin with, if it is new.
fn restore(
    scenario: &Scenario,
    options: &Options,
    log: &Log,
    stop: &watch::Receiver<bool>,
) -> Result<(Account, Option<Restored>), ServerError> {
    // The account lives as long as the program, and no horizon ends it.
    let sync = SyncPolicy { horizon: None, ..scenario.sync.clone() };
    let plan: &'static Plan = Box::leak(Box::new(Plan::new(&Scenario { sync, ..scenario.clone() })));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let settings = |epoch| Settings { seed: options.seed, epoch, max_active_jobs: options.max_active_jobs };
    let beginning = |epoch| Beginning::new(scenario.digest(), options.seed, epoch);
    let Some(folder) = &options.state else {
        return Ok((Account::new(scenario, plan, settings(options.epoch.unwrap_or(now))), None));
    };
    let mut account: Option<Account> = None;
    let mut turns = 0;
    let opened = JournalFile::open(folder, |entry| match (&mut account, entry) {
        (Some(account), Entry::Record(record)) => Engine::replay(account, &record, || *stop.borrow()),
        (Some(account), Entry::Account(saved)) => {
            account.resume(&saved).map_err(ReplayError::Unfit)?;
            turns = account.turns();
            Ok(())
        }
        (None, Entry::Record(Record::Beginning(found))) => {
            found.check(&beginning(options.epoch.unwrap_or(found.epoch)))?;
            // What was accepted is accepted again, whatever the limit is by now.
            let settings = Settings { max_active_jobs: u32::MAX, ..settings(found.epoch) };
            account = Some(Account::new(scenario, plan, settings));
            Ok(())
        }
        (None, _) => Err(ReplayError::Unfit(String::from("it is not the beginning of an account"))),
    });
    let (mut file, opened) = opened.map_err(|error| match error {
        unfit @ JournalError::Unfit(..) => ServerError::OtherAccount(unfit.to_string()),
        error => ServerError::Journal(error),
    })?;
    let journal = file.path().display().to_string();
    if let Some(torn) = opened.torn {
        log.trouble(&format!(
            "the last line of {journal} was not written whole, nor answered: {torn} bytes are dropped"
        ));
    }
    let Some(mut account) = account else {
        let epoch = options.epoch.unwrap_or(now);
        return Ok((Account::new(scenario, plan, settings(epoch)), Some((file, Some(beginning(epoch))))));
    };
    // The next start need not go through all this again.
    let long = file.overgrown() || account.turns() - turns > MOST_TURNS;
    if (opened.former || long)
        && let Some(new) = file.begin_anew()
    {
        match new.write(&account.save()).and_then(|new| file.replace(new)) {
            Ok(()) if opened.former => log.event(&format!("{journal} was of a former format, and has been begun anew")),
            // It is as it was, and can be added to.
            Err(JournalError::Write(path, error)) if !opened.former => {
                log.trouble(&format!("the account cannot be written down: {}: {error}", path.display()));
                file.put_off();
            }
            written => written.map_err(ServerError::Journal)?,
        }
    }
    account.set_max_active_jobs(options.max_active_jobs);
    log.event(&format!("{} records of {journal} have been replayed", opened.records));
    Ok((account, Some((file, None))))
}
