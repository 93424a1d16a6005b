//! Starting and stopping a server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::account::{Account, Settings};
use super::clock::Speed;
use super::engine::{Engine, Shared};
use super::http::{self, Broadcast, Limits, RateLimit, RequestIds, Server};
use super::journal::{Beginning, Journal, JournalError, JournalFile, JournalWriter, Record};
use super::log::{Level, Log};
use super::metrics::Metrics;
use super::sigv4::Verifier;
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
    /// Key and secret with which calls have to be signed.
    pub access_key: Option<(String, String)>,
    /// How many calls a second there may be.
    pub rate_limit: Option<f64>,
    /// How many connections there may be.
    pub connections: usize,
    /// How long the header of a request may take, and its body.
    pub request_time: Duration,
    /// The folder of the journal.
    pub state: Option<PathBuf>,
    /// Which calls are told on stderr.
    pub log: Level,
}

/// Why a server did not start, or did not go on.
#[derive(Debug)]
pub enum StartError {
    /// The journal.
    Journal(JournalError),
    /// The journal belongs to another scenario, seed or epoch: what differs.
    OtherAccount(String),
    /// It cannot listen there.
    Listen(SocketAddr, io::Error),
    /// No threads.
    Threads(io::Error),
}

/// Serves a scenario until `stop` becomes true. `ready` is told the address when calls are accepted.
///
/// # Errors
/// See [`StartError`].
pub fn run(
    scenario: &Scenario,
    options: Options,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), StartError> {
    let log = Log { level: options.log };
    let (account, journal) = restore(scenario, &options, &log)?;
    let (journal, writer, durable) = match journal {
        None => (None, None, None),
        Some((file, beginning)) => {
            let (mut journal, writer, durable) = Journal::new(file);
            if let Some(beginning) = beginning {
                journal.add(Record::Beginning(beginning));
            }
            (Some(journal), Some(writer), Some(durable))
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(StartError::Threads)?;
    let listener = runtime.block_on(TcpListener::bind(options.listen));
    let listener = listener.map_err(|error| StartError::Listen(options.listen, error))?;
    let address = listener.local_addr().map_err(|error| StartError::Listen(options.listen, error))?;
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let server = Arc::new(Server {
        shared: Shared::new(Engine::new(account, options.speed, options.paused, journal)),
        durable,
        verifier: options.access_key.map(|(key, secret)| Verifier::new(key, secret)),
        rate: options.rate_limit.map(|rate| RateLimit::new(rate, Instant::now())),
        metrics: Metrics::default(),
        log,
        events: Broadcast::default(),
        ids: RequestIds::new(started ^ u64::from(std::process::id()) << 48),
        limits: Limits {
            connections: options.connections,
            header_time: options.request_time,
            body_time: options.request_time,
            ..Limits::default()
        },
    });
    let (failed, journal_failed) = watch::channel(false);
    let stop_all = either(&runtime, stop, journal_failed);
    let outcome = std::thread::scope(|threads| {
        let driver = threads.spawn(|| server.shared.drive());
        let writer = writer.map(|writer| threads.spawn(move || write(writer, failed)));
        runtime.spawn(http::publish(Arc::clone(&server), stop_all.clone()));
        ready(address);
        server.log.event(&format!("serving {} at http://{address}", scenario.name));
        runtime.block_on(http::serve(Arc::clone(&server), listener, stop_all));
        server.shared.stop();
        // It panics only where the program is wrong, which was said then.
        let _ = driver.join();
        server.shared.with(Engine::close);
        server.log.event("stopped");
        writer.map_or(Ok(()), |writer| writer.join().unwrap_or(Ok(())))
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome.map_err(StartError::Journal)
}

/// Writes the journal; when that fails the server is to stop.
fn write(writer: JournalWriter, failed: watch::Sender<bool>) -> Result<(), JournalError> {
    let written = writer.run();
    if written.is_err() {
        let _ = failed.send(true);
    }
    written
}

/// True as soon as one of them is.
fn either(
    runtime: &tokio::runtime::Runtime,
    mut stop: watch::Receiver<bool>,
    mut failed: watch::Receiver<bool>,
) -> watch::Receiver<bool> {
    let (both, either) = watch::channel(false);
    runtime.spawn(async move {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            Ok(_) = failed.wait_for(|failed| *failed) => {}
        }
        let _ = both.send(true);
    });
    either
}

/// A new account, or the one of the journal; with the journal goes what it has to begin with, if it is new.
#[allow(clippy::type_complexity, reason = "the parts are named where it is called")]
fn restore(
    scenario: &Scenario,
    options: &Options,
    log: &Log,
) -> Result<(Account, Option<(JournalFile, Option<Beginning>)>), StartError> {
    // The account lives as long as the program.
    let plan: &'static Plan = Box::leak(Box::new(Plan::new(scenario)));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let settings = |epoch| Settings { seed: options.seed, epoch, max_active_jobs: options.max_active_jobs };
    let Some(folder) = &options.state else {
        return Ok((Account::new(scenario, plan, settings(options.epoch.unwrap_or(now))), None));
    };
    let (file, records) = JournalFile::open(folder).map_err(StartError::Journal)?;
    let mut records = records.into_iter();
    let Some(first) = records.next() else {
        let epoch = options.epoch.unwrap_or(now);
        let beginning = Beginning::new(scenario.digest(), options.seed, epoch);
        return Ok((Account::new(scenario, plan, settings(epoch)), Some((file, Some(beginning)))));
    };
    let damaged = |number: usize, why: String| {
        StartError::OtherAccount(format!("record {number} of {} does not fit: {why}", folder.display()))
    };
    let Record::Beginning(found) = first else {
        return Err(damaged(1, String::from("it is not the beginning of an account")));
    };
    let wanted = Beginning::new(scenario.digest(), options.seed, options.epoch.unwrap_or(found.epoch));
    if found != wanted {
        return Err(StartError::OtherAccount(format!(
            "{} holds another account: found {found:?}, expected {wanted:?}",
            folder.display()
        )));
    }
    // What was accepted is accepted again, whatever the limit is by now.
    let mut account = Account::new(scenario, plan, Settings { max_active_jobs: u32::MAX, ..settings(found.epoch) });
    let mut count = 1;
    for record in records {
        count += 1;
        Engine::replay(&mut account, &record).map_err(|why| damaged(count, why))?;
    }
    account.set_max_active_jobs(options.max_active_jobs);
    log.event(&format!("{count} records of {} have been replayed", folder.display()));
    Ok((account, Some((file, None))))
}
