//! Changes as they happen, for those who watch: server-sent events.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};

use super::body::ResponseBody;
use super::{Server, stopped};
use crate::server::engine::Engine;
use crate::server::view;
use crate::time::Time;

/// How often changes are told at most.
const EVERY: Duration = Duration::from_millis(100);
/// After so many tellings it is told how far robots have got in their steps,
const POSITIONS_EVERY: u32 = 5;
/// in fleets of at most so many robots.
const POSITIONS_OF: usize = 10_000;
/// After so much silence a comment shows that the connection is alive.
const SILENCE: Duration = Duration::from_secs(15);
/// How many changes a slow reader may be behind before it is told everything anew.
const BEHIND: usize = 64;

/// What those who watch are told.
#[derive(Clone, Debug)]
enum Told {
    /// A change.
    Change(Bytes),
    /// Everything: robots or fleets have come or gone.
    State(Bytes),
}

/// Where changes are told to all who watch.
#[derive(Debug)]
pub struct Broadcast(broadcast::Sender<Told>);

impl Default for Broadcast {
    fn default() -> Broadcast {
        Broadcast(broadcast::Sender::new(BEHIND))
    }
}

impl Broadcast {
    /// How many watch.
    pub fn watchers(&self) -> usize {
        self.0.receiver_count()
    }
}

/// Tells changes to those who watch, until the server stops.
pub async fn publish(server: Arc<Server>, stop: watch::Receiver<bool>) {
    let mut watched = false;
    // When it was told last how far robots have got.
    let mut positions = Time::NEVER;
    for turn in 0u32.. {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stopped(stop.clone()) => return,
        }
        if server.events.watchers() == 0 {
            if std::mem::take(&mut watched) {
                server.shared.with(|engine| engine.account().stop_watching());
            }
            continue;
        }
        watched = true;
        let told = server.shared.with(|engine| {
            engine.catch_up();
            let now = engine.account().now();
            if turn.is_multiple_of(POSITIONS_EVERY) && now != positions {
                positions = now;
                engine.account().deploying_robots_get_on(POSITIONS_OF);
            }
            changes(engine)
        });
        if let Some(told) = told {
            // Nobody watches any more: nobody misses it.
            let _ = server.events.0.send(told);
        }
    }
}

fn changes(engine: &mut Engine) -> Option<Told> {
    let changes = engine.account().take_changes();
    if changes.membership {
        engine.take_clock_changed();
        return Some(Told::State(event("state", &view::state(engine))));
    }
    if changes.robots.is_empty() && changes.fleets.is_empty() && !engine.take_clock_changed() {
        return None;
    }
    engine.take_clock_changed();
    Some(Told::Change(event("change", &view::change(engine, &changes))))
}

/// An event with JSON, which holds no line break.
fn event(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}

/// A response that tells everything first, then what changes.
pub fn watch(server: &Arc<Server>, stop: watch::Receiver<bool>) -> Response<ResponseBody> {
    let (pieces, body) = mpsc::channel(BEHIND);
    tokio::spawn(tell(Arc::clone(server), pieces, stop));
    let mut response = Response::new(ResponseBody::Stream(body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn tell(server: Arc<Server>, pieces: mpsc::Sender<Bytes>, stop: watch::Receiver<bool>) {
    let (mut changes, state) = everything(&server);
    if pieces.send(state).await.is_err() {
        return;
    }
    loop {
        let told = tokio::select! {
            told = changes.recv() => told,
            () = tokio::time::sleep(SILENCE) => {
                if pieces.send(Bytes::from_static(b": still here\n\n")).await.is_err() {
                    return;
                }
                continue;
            }
            () = pieces.closed() => return,
            () = stopped(stop.clone()) => return,
        };
        let piece = match told {
            Ok(Told::Change(piece) | Told::State(piece)) => piece,
            Err(RecvError::Lagged(_)) => {
                let state;
                (changes, state) = everything(&server);
                state
            }
            Err(RecvError::Closed) => return,
        };
        if pieces.send(piece).await.is_err() {
            return;
        }
    }
}

/// Everything as it is, and all changes from then on.
fn everything(server: &Server) -> (broadcast::Receiver<Told>, Bytes) {
    server.shared.with(|engine| {
        engine.catch_up();
        // Others are told what has changed so far; that what this one is told twice is no harm.
        engine.account().watch();
        (server.events.0.subscribe(), event("state", &view::state(engine)))
    })
}
