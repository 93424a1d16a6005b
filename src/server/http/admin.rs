//! Paths that are not the API's: health, metrics, the page, and the control of time.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::body::{self, ResponseBody, Unread};
use super::{Server, events, whole};
use crate::rollout::DeploymentJobErrorCode;
use crate::scenario::parse_duration;
use crate::server::clock::Speed;
use crate::server::protocol::{self, Members, Refusal};
use crate::server::{metrics, view};
use crate::time::Span;

const JSON: &str = "application/json";

/// The page.
const PAGE: &str = include_str!("../page.html");

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Page,
    Health,
    Metrics,
    State,
    Events,
    Clock,
    SetClock,
    Step,
    Inject,
    /// There is nothing; below `/_rollcast/` are no operations of the API.
    Nothing,
}

impl Route {
    /// What a request is for; none if it may be for the API.
    pub fn of(request: &Request<Incoming>) -> Option<Route> {
        let path = request.uri().path();
        Some(match (request.method(), path) {
            (&Method::GET, "/") => Route::Page,
            (&Method::GET, "/healthz") => Route::Health,
            (&Method::GET, "/metrics") => Route::Metrics,
            (&Method::GET, "/_rollcast/state") => Route::State,
            (&Method::GET, "/_rollcast/events") => Route::Events,
            (&Method::GET, "/_rollcast/clock") => Route::Clock,
            (&Method::POST, "/_rollcast/clock") => Route::SetClock,
            (&Method::POST, "/_rollcast/step") => Route::Step,
            (&Method::POST, "/_rollcast/inject") => Route::Inject,
            _ if path.starts_with("/_rollcast/") => Route::Nothing,
            _ => return None,
        })
    }

    /// Whether it changes something.
    fn changes(self) -> bool {
        matches!(self, Route::SetClock | Route::Step | Route::Inject)
    }
}

/// Why a request is refused: the status, and what to say.
type Refused = (StatusCode, String);

pub async fn respond(
    server: &Arc<Server>,
    route: Route,
    request: Request<Incoming>,
    stop: watch::Receiver<bool>,
) -> Response<ResponseBody> {
    let answered = match route {
        Route::Page => return whole(StatusCode::OK, "text/html; charset=utf-8", PAGE),
        Route::Health => return whole(StatusCode::OK, "text/plain; charset=utf-8", "ok\n"),
        Route::Metrics => {
            return whole(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", metrics::render(server));
        }
        Route::Events => return events::watch(server, stop),
        Route::State => Ok(looked(server, view::state).await),
        Route::Clock => Ok(looked(server, view::clock).await),
        Route::Nothing => Err((StatusCode::NOT_FOUND, String::from("there is nothing here"))),
        Route::SetClock | Route::Step | Route::Inject => change(server, route, request).await,
    };
    match answered {
        Ok(body) => whole(StatusCode::OK, JSON, body),
        Err((status, message)) => whole(status, JSON, json!({ "message": message }).to_string()),
    }
}

async fn looked<T: Serialize>(server: &Server, look: impl Fn(&mut crate::server::engine::Engine) -> T) -> Vec<u8> {
    let (body, written) = server.shared.with(|engine| {
        engine.catch_up();
        (serde_json::to_vec(&look(engine)).unwrap_or_default(), engine.written())
    });
    settle(server, written).await;
    body
}

/// Waits until what has been seen or done cannot be lost any more.
async fn settle(server: &Server, written: Option<u64>) {
    if let (Some(durable), Some(written)) = (&server.durable, written) {
        durable.wait(written).await;
    }
}

async fn change(server: &Server, route: Route, request: Request<Incoming>) -> Result<Vec<u8>, Refused> {
    debug_assert!(route.changes());
    if !from_here(request.headers()) {
        return Err((StatusCode::FORBIDDEN, String::from("requests of other sites are not accepted")));
    }
    let body = body::read(request.into_body(), server.limits.body_time).await.map_err(|unread| match unread {
        Unread::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, String::from("the body is too long")),
        Unread::TooSlow => (StatusCode::REQUEST_TIMEOUT, String::from("the body took too long")),
        Unread::Broken => (StatusCode::BAD_REQUEST, String::from("the body could not be read")),
    })?;
    let input = protocol::parse(&body).map_err(malformed)?;
    let (answer, written) = match route {
        Route::SetClock => set_clock(server, &input)?,
        Route::Step => step(server, &input)?,
        _ => inject(server, &input)?,
    };
    settle(server, written).await;
    Ok(answer.to_string().into_bytes())
}

/// Whether a request comes from the page of this server, or from no page. One of another site may not post here on behalf of
/// whoever reads it, and not under a name of its own that leads here either: browsers say which site asks, and programs do not.
fn from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(site) = text("sec-fetch-site") else { return text("origin").is_none() };
    let host = text("host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    matches!(site, "same-origin" | "none") && (address || name == "localhost")
}

fn malformed(refusal: Refusal) -> Refused {
    (StatusCode::BAD_REQUEST, refusal.message().to_owned())
}

fn wrong(message: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, message.into())
}

type Done = (Value, Option<u64>);

/// `{"speed": NUMBER or "max", "paused": BOOLEAN}`, either of them.
fn set_clock(server: &Server, input: &Value) -> Result<Done, Refused> {
    let Value::Object(members) = input else { return Err(wrong("expected an object")) };
    let (mut speed, mut paused) = (None, None);
    for (name, value) in members {
        match (name.as_str(), value) {
            ("speed", Value::Number(times)) => {
                let times = Speed::times(times.as_f64().unwrap_or(f64::NAN));
                speed = Some(times.map_err(|expected| wrong(format!("`speed`: {expected}")))?);
            }
            ("speed", Value::String(text)) if text == "max" => speed = Some(Speed::Max),
            ("paused", Value::Bool(value)) => paused = Some(*value),
            ("speed", _) => return Err(wrong("`speed`: expected a number or \"max\"")),
            ("paused", _) => return Err(wrong("`paused`: expected true or false")),
            _ => return Err(wrong(format!("`{name}` is unknown; there is `speed` and `paused`"))),
        }
    }
    Ok(server.shared.with(|engine| {
        engine.set_clock(speed, paused);
        (json!(view::clock(engine)), engine.written())
    }))
}

/// `{"events": NUMBER}` or `{"for": DURATION}`.
fn step(server: &Server, input: &Value) -> Result<Done, Refused> {
    let members = Members::of_request(input).map_err(malformed)?;
    let events = members.integer("events").map_err(malformed)?;
    let span = members.text("for").map_err(malformed)?;
    match (events, span) {
        (Some(events @ 1..=1_000_000), None) => Ok(server.shared.with(|engine| {
            let passed = engine.step_events(events.unsigned_abs());
            (json!({ "events": passed, "clock": view::clock(engine) }), engine.written())
        })),
        (Some(_), None) => Err(wrong("`events`: expected a number from 1 to 1000000")),
        (None, Some(text)) => {
            let span: Span = parse_duration(&text).map_err(|why| wrong(format!("`for`: {why}")))?;
            Ok(server.shared.with(|engine| {
                let events = engine.step_for(span);
                (json!({ "events": events, "clock": view::clock(engine) }), engine.written())
            }))
        }
        _ => Err(wrong("expected `events` or `for`, one of them")),
    }
}

/// `{"robot": NAME or ARN, "fault": "fail", "offline" or "online", "failureCode": CODE}`.
fn inject(server: &Server, input: &Value) -> Result<Done, Refused> {
    let members = Members::of_request(input).map_err(malformed)?;
    let text = |name: &str| members.text(name).map_err(malformed);
    let (robot, fault, code) = (text("robot")?, text("fault")?, text("failureCode")?);
    let robot = robot.ok_or_else(|| wrong("`robot` is missing: a name or an ARN"))?;
    let code = code.map(|code| {
        DeploymentJobErrorCode::from_name(&code).ok_or_else(|| wrong(format!("`failureCode`: there is no {code}")))
    });
    let code = code.transpose()?;
    let fault = match fault.as_deref() {
        Some("fail") => crate::server::engine::Injection::Fail(code),
        Some("offline") if code.is_none() => crate::server::engine::Injection::Offline,
        Some("online") if code.is_none() => crate::server::engine::Injection::Online,
        Some("offline" | "online") => return Err(wrong("`failureCode` is for the fault `fail`")),
        _ => return Err(wrong("`fault`: expected \"fail\", \"offline\" or \"online\"")),
    };
    server.shared.with(|engine| {
        let Some(id) = engine.inject(&robot, fault) else {
            return Err((StatusCode::NOT_FOUND, format!("there is no robot {robot}")));
        };
        let written = engine.written();
        Ok((json!({ "clock": view::clock(engine), "robot": view::robot(engine, id) }), written))
    })
}
