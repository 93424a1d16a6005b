//! Changes as they happen, for those who watch: server-sent events.
//!
//! Who watches is told everything once, and then what changes, after it is in the journal. When more has changed than
//! is told one by one, everything is told anew. Each text is written once for all who watch. Each has a queue of
//! bounded length: who is behind is told everything anew, and who does not read is cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, broadcast, mpsc, watch};

use super::admin::{AdminError, refused};
use super::body::ResponseBody;
use super::{Server, stopped};
use crate::server::engine::Engine;
use crate::server::shared::Unanswered;
use crate::server::view::{self, ChangeView};
use crate::time::Time;

/// How often changes are told at most.
const EVERY: Duration = Duration::from_millis(100);
/// Telling takes at most this part of the time.
const PART_OF_TIME: u32 = 4;
/// After so many tellings it is told how far robots have got in their steps,
const POSITIONS_EVERY: u32 = 5;
/// in fleets of at most so many robots.
const POSITIONS_OF: usize = 10_000;
/// When more robots have changed, everything is told anew.
const MOST_ROBOTS: usize = 10_000;
/// After so much silence a comment shows that the connection is alive.
const SILENCE: Duration = Duration::from_secs(15);
/// How many changes a slow reader may be behind before it is told everything anew.
const BEHIND: usize = 16;

/// Everything, as long as nobody has asked for it.
const NOTHING: (u64, Bytes) = (u64::MAX, Bytes::new());

/// What those who watch are told.
#[derive(Clone, Debug)]
struct Told {
    /// Counts what is told, from 1.
    number: u64,
    /// A change; none if everything is to be told anew.
    change: Option<Bytes>,
}

/// Where changes are told to all who watch.
#[derive(Debug)]
pub struct Broadcast {
    sender: broadcast::Sender<Told>,
    /// The number of the latest that was found to be told. Changed only by whoever holds the engine.
    latest: AtomicU64,
    /// Everything as it was when this number was the latest.
    everything: Mutex<(u64, Bytes)>,
}

impl Default for Broadcast {
    fn default() -> Broadcast {
        let (latest, everything) = (AtomicU64::new(0), Mutex::new(NOTHING));
        Broadcast { sender: broadcast::Sender::new(BEHIND), latest, everything }
    }
}

impl Broadcast {
    /// How many watch.
    fn watchers(&self) -> usize {
        self.sender.receiver_count()
    }

    /// The number of something new to tell.
    fn next(&self) -> u64 {
        self.latest.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn latest(&self) -> u64 {
        self.latest.load(Ordering::Relaxed)
    }
}

/// Tells changes to those who watch, until the server stops.
pub async fn publish(server: Arc<Server>, stop: watch::Receiver<bool>) {
    let _alarm = server.shared.alarm();
    tokio::select! {
        _ = tell_changes(&server) => {}
        () = stopped(stop) => {}
    }
}

async fn tell_changes(server: &Server) -> Result<(), Unanswered> {
    let broadcast = &server.events;
    let (mut watched, mut rest) = (false, EVERY);
    // When it was told last how far robots have got.
    let mut positions = Time::NEVER;
    for turn in 0u32.. {
        tokio::time::sleep(rest).await;
        if broadcast.watchers() == 0 {
            if watched {
                watched = server.shared.with(|engine| !stop_watching(broadcast, engine)).await?;
                *broadcast.everything.lock().await = NOTHING;
            }
            continue;
        }
        watched = true;
        let begun = Instant::now();
        let told = server.shared.with(|engine| {
            let now = engine.account().now();
            if turn.is_multiple_of(POSITIONS_EVERY) && now != positions {
                positions = now;
                engine.account().deploying_robots_get_on(POSITIONS_OF);
            }
            changes(engine).map(|change| (broadcast.next(), change))
        });
        if let Some((number, change)) = told.await? {
            let change = match change {
                Update::Of(change) => Some(event("change", change).await?),
                Update::Everything => None,
            };
            // Nobody watches any more: nobody misses it.
            let _ = broadcast.sender.send(Told { number, change });
        }
        rest = EVERY.max(begun.elapsed() * PART_OF_TIME);
    }
    Ok(())
}

/// Keeps no more changes if nobody watches; whether that is so.
fn stop_watching(broadcast: &Broadcast, engine: &mut Engine) -> bool {
    let nobody = broadcast.watchers() == 0;
    if nobody {
        engine.account().stop_watching();
        // Who comes next is not told what was everything until now.
        broadcast.next();
    }
    nobody
}

/// What has changed.
enum Update {
    Everything,
    Of(ChangeView),
}

fn changes(engine: &mut Engine) -> Option<Update> {
    let changes = engine.account().take_changes();
    let clock = engine.take_clock_changed();
    if changes.robots.len() > MOST_ROBOTS {
        return Some(Update::Everything);
    }
    let nothing = changes.robots.is_empty()
        && changes.fleets.is_empty()
        && changes.left.is_empty()
        && changes.deleted.is_empty()
        && !clock;
    (!nothing).then(|| Update::Of(view::change(engine, &changes)))
}

/// An event with JSON, which holds no line break.
async fn event(name: &str, view: impl Serialize + Send + 'static) -> Result<Bytes, Unanswered> {
    let head = format!("event: {name}\ndata: ");
    Ok([head.as_bytes(), &view::json(view).await?, b"\n\n"].concat().into())
}

/// A response that tells everything first, then what changes; or its head alone.
///
/// # Errors
/// Too many watch.
pub fn watch(
    server: &Arc<Server>,
    head: bool,
    stop: watch::Receiver<bool>,
) -> Result<Response<ResponseBody>, AdminError> {
    // Whoever watches, from here on.
    let changes = server.events.sender.subscribe();
    let most = server.limits.watchers;
    if server.events.watchers() > most {
        return Err(refused(StatusCode::SERVICE_UNAVAILABLE, format!("{most} watch already")));
    }
    // One piece may wait; what comes after it waits among the changes.
    let (pieces, body) = mpsc::channel(1);
    let server = Arc::clone(server);
    let watching = async move {
        let _alarm = server.shared.alarm();
        let watcher = Watcher { server: &server, pieces, changes };
        tokio::select! {
            // It ends with its client, or with the server.
            _ = watcher.tell() => {}
            () = stopped(stop) => {}
        }
    };
    if !head {
        tokio::spawn(watching);
    }
    let mut response = Response::new(ResponseBody::Stream(body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Somebody who watches.
struct Watcher<'a> {
    server: &'a Server,
    pieces: mpsc::Sender<Bytes>,
    changes: broadcast::Receiver<Told>,
}

impl Watcher<'_> {
    async fn tell(mut self) -> Result<(), Unanswered> {
        let (mut known, state) = everything(self.server).await?;
        self.send(state).await?;
        loop {
            let told = tokio::select! {
                told = self.changes.recv() => told,
                () = tokio::time::sleep(SILENCE) => {
                    self.send(Bytes::from_static(b": still here\n\n")).await?;
                    continue;
                }
                () = self.pieces.closed() => return Ok(()),
            };
            let change = match told {
                // It was in what was told before.
                Ok(told) if told.number <= known => continue,
                Ok(told) => told.change,
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return Ok(()),
            };
            match change {
                Some(change) => self.send(change).await?,
                None => {
                    let state;
                    (known, state) = everything(self.server).await?;
                    self.send(state).await?;
                }
            }
        }
    }

    /// Sends a piece as soon as the one before is on its way. The connection of a client that takes nothing is closed,
    /// and ends this.
    async fn send(&self, piece: Bytes) -> Result<(), Unanswered> {
        self.pieces.send(piece).await.map_err(|_| Unanswered::Stopped)
    }
}

/// Everything as it is, with the number of the latest that it holds. It is gathered once for all who ask at the same
/// time.
async fn everything(server: &Server) -> Result<(u64, Bytes), Unanswered> {
    let broadcast = &server.events;
    let mut kept = broadcast.everything.lock().await;
    if kept.0 != broadcast.latest() {
        let (number, state) = server
            .shared
            .with(|engine| {
                engine.account().watch();
                (broadcast.latest(), view::state(engine))
            })
            .await?;
        *kept = (number, event("state", state).await?);
    }
    Ok(kept.clone())
}
