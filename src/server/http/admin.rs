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
use crate::server::engine::{Engine, Injection, TimeStep};
use crate::server::protocol::{self, Members, Refusal};
use crate::server::shared::Unanswered;
use crate::server::{metrics, view};
use crate::time::Span;

const JSON: &str = "application/json";

const PAGE: &str = include_str!("../page.html");

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminRoute {
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

impl AdminRoute {
    /// What a request is for; none if it may be for the API.
    pub fn of(request: &Request<Incoming>) -> Option<AdminRoute> {
        let path = request.uri().path();
        Some(match (request.method(), path) {
            (&Method::GET, "/") => AdminRoute::Page,
            (&Method::GET, "/healthz") => AdminRoute::Health,
            (&Method::GET, "/metrics") => AdminRoute::Metrics,
            (&Method::GET, "/_rollcast/state") => AdminRoute::State,
            (&Method::GET, "/_rollcast/events") => AdminRoute::Events,
            (&Method::GET, "/_rollcast/clock") => AdminRoute::Clock,
            (&Method::POST, "/_rollcast/clock") => AdminRoute::SetClock,
            (&Method::POST, "/_rollcast/step") => AdminRoute::Step,
            (&Method::POST, "/_rollcast/inject") => AdminRoute::Inject,
            _ if path.starts_with("/_rollcast/") => AdminRoute::Nothing,
            _ => return None,
        })
    }

    /// Whether it changes something.
    fn changes(self) -> bool {
        matches!(self, AdminRoute::SetClock | AdminRoute::Step | AdminRoute::Inject)
    }
}

/// Why there is no answer as it was asked for.
#[derive(Debug)]
pub enum AdminError {
    /// The status, and what to say.
    Refused(StatusCode, String),
    /// None at all.
    Unanswered,
}

impl From<Unanswered> for AdminError {
    fn from(_: Unanswered) -> AdminError {
        AdminError::Unanswered
    }
}

pub async fn respond(
    server: &Arc<Server>,
    route: AdminRoute,
    request: Request<Incoming>,
    stop: watch::Receiver<bool>,
) -> Result<Response<ResponseBody>, Unanswered> {
    let answered = match route {
        AdminRoute::Page => return Ok(whole(StatusCode::OK, "text/html; charset=utf-8", PAGE)),
        AdminRoute::Health => return Ok(whole(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")),
        AdminRoute::Metrics => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            return Ok(whole(StatusCode::OK, kind, metrics::render(server).await?));
        }
        AdminRoute::Events => events::watch(server, stop),
        AdminRoute::State => looked(server, view::state).await,
        AdminRoute::Clock => looked(server, view::clock).await,
        AdminRoute::Nothing => Err(refused(StatusCode::NOT_FOUND, "there is nothing here")),
        AdminRoute::SetClock | AdminRoute::Step | AdminRoute::Inject => change(server, route, request).await,
    };
    match answered {
        Ok(response) => Ok(response),
        Err(AdminError::Unanswered) => Err(Unanswered),
        Err(AdminError::Refused(status, message)) => Ok(whole(status, JSON, json!({ "message": message }).to_string())),
    }
}

/// What is seen is gathered while nobody else looks, and written down afterwards.
async fn looked<T>(server: &Server, look: fn(&mut Engine) -> T) -> Result<Response<ResponseBody>, AdminError>
where
    T: Serialize + Send + 'static,
{
    let seen = server.shared.with(look).await?;
    Ok(whole(StatusCode::OK, JSON, view::json(seen).await?))
}

async fn change(
    server: &Server,
    route: AdminRoute,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, AdminError> {
    debug_assert!(route.changes());
    if !from_here(request.headers()) {
        return Err(refused(StatusCode::FORBIDDEN, "requests of other sites are not accepted"));
    }
    let body = body::read(request.into_body(), server.limits.body_time).await.map_err(|unread| match unread {
        Unread::TooLong => refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"),
        Unread::TooSlow => refused(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
        Unread::Broken => refused(StatusCode::BAD_REQUEST, "the body could not be read"),
    })?;
    let input = protocol::parse(&body).map_err(malformed)?;
    let answer = match route {
        AdminRoute::SetClock => set_clock(server, &input).await?,
        AdminRoute::Step => step(server, &input).await?,
        _ => inject(server, &input).await?,
    };
    Ok(whole(StatusCode::OK, JSON, answer.to_string()))
}

/// Whether a request comes from the page of this server, or from no page. One of another site may not post here on
/// behalf of whoever reads it, and not under a name of its own that leads here either: browsers say which site asks,
/// and programs do not.
fn from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let Some(site) = text("sec-fetch-site") else { return text("origin").is_none() };
    let host = text("host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    matches!(site, "same-origin" | "none") && (address || name == "localhost")
}

/// A request that is not done, with the reason for whoever asked.
pub fn refused(status: StatusCode, message: impl Into<String>) -> AdminError {
    AdminError::Refused(status, message.into())
}

fn malformed(refusal: Refusal) -> AdminError {
    wrong(refusal.message())
}

fn wrong(message: impl Into<String>) -> AdminError {
    refused(StatusCode::BAD_REQUEST, message)
}

/// `{"speed": NUMBER or "max", "paused": BOOLEAN}`, either of them.
async fn set_clock(server: &Server, input: &Value) -> Result<Value, AdminError> {
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
    let set = server.shared.with(|engine| {
        engine.set_clock(speed, paused);
        json!(view::clock(engine))
    });
    Ok(set.await?)
}

/// `{"events": NUMBER}` or `{"for": DURATION}`.
async fn step(server: &Server, input: &Value) -> Result<Value, AdminError> {
    let members = Members::of_request(input).map_err(malformed)?;
    let events = members.integer("events").map_err(malformed)?;
    let span = members.text("for").map_err(malformed)?;
    let mut step = match (events, span) {
        (Some(events @ 1..=1_000_000), None) => server.shared.with(|_| TimeStep::Events(events.unsigned_abs())).await?,
        (Some(_), None) => return Err(wrong("`events`: expected a number from 1 to 1000000")),
        (None, Some(text)) => {
            let span: Span = parse_duration(&text).map_err(|why| wrong(format!("`for`: {why}")))?;
            server.shared.with(|engine| engine.step_for(span)).await?
        }
        _ => return Err(wrong("expected `events` or `for`, one of them")),
    };
    let mut events = 0;
    let stepped = server.shared.piecewise(|engine| {
        let (passed, over) = engine.step(&mut step);
        events += passed;
        over.then(|| json!({ "events": events, "clock": view::clock(engine) }))
    });
    Ok(stepped.await?)
}

/// `{"robot": NAME or ARN, "fault": "fail", "offline" or "online", "failureCode": CODE}`.
async fn inject(server: &Server, input: &Value) -> Result<Value, AdminError> {
    let members = Members::of_request(input).map_err(malformed)?;
    let text = |name: &str| members.text(name).map_err(malformed);
    let (robot, fault, code) = (text("robot")?, text("fault")?, text("failureCode")?);
    let robot = robot.ok_or_else(|| wrong("`robot` is missing: a name or an ARN"))?;
    let code = code.map(|code| {
        DeploymentJobErrorCode::from_name(&code).ok_or_else(|| wrong(format!("`failureCode`: there is no {code}")))
    });
    let code = code.transpose()?;
    let fault = match fault.as_deref() {
        Some("fail") => Injection::Fail(code),
        Some("offline") if code.is_none() => Injection::Offline,
        Some("online") if code.is_none() => Injection::Online,
        Some("offline" | "online") => return Err(wrong("`failureCode` is for the fault `fail`")),
        _ => return Err(wrong("`fault`: expected \"fail\", \"offline\" or \"online\"")),
    };
    let injected = server.shared.with(|engine| {
        let id = engine.inject(&robot, fault)?;
        Some(json!({ "clock": view::clock(engine), "robot": view::robot(engine, id) }))
    });
    injected.await?.ok_or_else(|| refused(StatusCode::NOT_FOUND, format!("there is no robot {robot}")))
}
