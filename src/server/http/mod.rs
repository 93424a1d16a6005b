//! The HTTP server: connections, their limits, and what paths lead to.

mod access;
mod admin;
mod api;
mod body;
mod events;
mod limits;
mod requests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use body::ResponseBody;

pub use access::Access;
pub use limits::{ConnectionLimits, RateLimit};
pub use requests::RequestIds;

use super::log::Log;
use super::metrics::Metrics;
use super::shared::{SharedEngine, Unanswered};

/// What all connections share.
#[derive(Debug)]
pub struct Server {
    /// The account and its time.
    pub shared: SharedEngine,
    /// Who may ask.
    pub access: Access,
    /// How many calls a second there may be; none if any number.
    pub rate: Option<RateLimit>,
    /// What is counted.
    pub metrics: Metrics,
    /// Where it is told what happens.
    pub log: Log,
    /// The changes for those who watch.
    pub events: events::Broadcast,
    /// The names of requests.
    pub ids: RequestIds,
    /// Places for answers that may speak of all robots.
    pub large: Arc<Semaphore>,
    /// What connections may do.
    pub limits: ConnectionLimits,
}

/// An answer that keeps its place among the large ones until its client has taken it.
struct LargeAnswer {
    bytes: Vec<u8>,
    _place: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for LargeAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Server {
    /// Waits for a place for a large answer.
    async fn large_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.large).acquire_owned().await.ok()
    }
}

/// The bytes of an answer, with the place that it has.
fn placed(bytes: Vec<u8>, place: Option<OwnedSemaphorePermit>) -> Bytes {
    Bytes::from_owner(LargeAnswer { bytes, _place: place })
}

/// Changes for those who watch; see [`events::publish`].
pub use events::{Broadcast, publish};

/// Serves until `stop` becomes true, then lets calls that have begun end.
pub async fn serve(server: Arc<Server>, listener: TcpListener, stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(server.limits.connections));
    loop {
        // Who comes when all places are taken waits in the listener's queue.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = stopped(stop.clone()) => break,
        };
        let (Ok(place), accepted) = (
            place,
            tokio::select! {
                accepted = listener.accept() => accepted,
                () = stopped(stop.clone()) => break,
            },
        ) else {
            break;
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                server.log.trouble(&format!("a connection could not be accepted: {error}"));
                // Such as too many open files: others may close theirs.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Answers are written whole; there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        let (server, stop) = (Arc::clone(&server), stop.clone());
        tokio::spawn(async move {
            let _alarm = server.shared.alarm();
            serve_connection(&server, stream, peer, stop).await;
            drop(place);
        });
    }
    drop(listener);
    // Who has not finished by then is cut off.
    let all = places.acquire_many(server.limits.connections as u32);
    let _ = tokio::time::timeout(server.limits.grace, all).await;
}

async fn serve_connection(server: &Arc<Server>, stream: TcpStream, peer: SocketAddr, stop: watch::Receiver<bool>) {
    server.metrics.connections.fetch_add(1, Ordering::Relaxed);
    let service = service_fn(|request| {
        let (server, stop) = (Arc::clone(server), stop.clone());
        async move { respond(server, request, peer, stop).await }
    });
    let limits = &server.limits;
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_header_size(limits.header_size)
        .max_headers(limits.headers)
        .half_close(false);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write_time));
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // It ends with its client, or with what the client does wrong.
        _ = connection.as_mut() => {}
        () = stopped(stop.clone()) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
    server.metrics.connections.fetch_sub(1, Ordering::Relaxed);
}

/// Waits until `stop` is true, or nobody can set it any more.
async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn respond(
    server: Arc<Server>,
    request: Request<Incoming>,
    peer: SocketAddr,
    stop: watch::Receiver<bool>,
) -> Result<Response<ResponseBody>, Unanswered> {
    // Whoever asks for the head alone is answered as if for all of it, which is not sent.
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    if let Some(route) = admin::AdminRoute::of(&method, request.uri().path()) {
        return admin::respond(&server, route, request, stop).await;
    }
    api::respond(&server, request, peer).await
}

/// A response with a body that is whole.
fn whole(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Whole(Some(body.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
