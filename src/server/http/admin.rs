//! Paths that are not the API's: health, metrics, the page, and the control of time.

use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::body::{self, ResponseBody, Unread};
use super::{Server, events, placed, whole};
use crate::rollout::DeploymentJobErrorCode;
use crate::scenario::parse_duration;
use crate::server::clock::Speed;
use crate::server::engine::{Engine, Injection, TimeStep};
use crate::server::protocol::{self, Members, Refusal};
use crate::server::shared::Unanswered;
use crate::server::sigv4::Denied;
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
    pub fn of(method: &Method, path: &str) -> Option<AdminRoute> {
        Some(match (method, path) {
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
    /// The key, or what was signed with it.
    Denied(Denied),
    /// The server stops.
    Unanswered(Unanswered),
}

impl From<Unanswered> for AdminError {
    fn from(why: Unanswered) -> AdminError {
        AdminError::Unanswered(why)
    }
}

pub async fn respond(
    server: &Arc<Server>,
    route: AdminRoute,
    request: Request<Incoming>,
    stop: watch::Receiver<bool>,
) -> Result<Response<ResponseBody>, Unanswered> {
    let (parts, incoming) = request.into_parts();
    let answered = match admitted(server, route, &parts, incoming).await {
        Err(error) => Err(error),
        Ok(body) => answer(server, route, &parts, &body, stop).await,
    };
    match answered {
        Ok(response) => Ok(response),
        Err(AdminError::Unanswered(Unanswered::Stopped)) => Err(Unanswered::Stopped),
        Err(AdminError::Unanswered(why)) => Ok(said(StatusCode::INTERNAL_SERVER_ERROR, &why.to_string())),
        Err(AdminError::Refused(status, message)) => Ok(said(status, &message)),
        Err(AdminError::Denied(denied)) => {
            let mut response = said(StatusCode::UNAUTHORIZED, &denied.message());
            // Browsers ask for name and password then.
            let challenge =
                HeaderValue::from_static("Basic realm=\"rollcast: access key and secret\", charset=\"UTF-8\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            Ok(response)
        }
    }
}

fn said(status: StatusCode, message: &str) -> Response<ResponseBody> {
    whole(status, JSON, json!({ "message": message }).to_string())
}

/// Whether a request may be answered: its body, which is empty where it changes nothing.
async fn admitted(server: &Server, route: AdminRoute, parts: &Parts, incoming: Incoming) -> Result<Bytes, AdminError> {
    // Shows nothing.
    if route == AdminRoute::Health {
        return Ok(Bytes::new());
    }
    // Links to the page may stand anywhere.
    let page = route == AdminRoute::Page;
    let site = if page { server.access.check_name(&parts.headers) } else { server.access.check_site(&parts.headers) };
    site.map_err(|why| refused(StatusCode::FORBIDDEN, why))?;
    let mut body = Bytes::new();
    if route.changes() {
        body = body::read(incoming, server.limits.body_time).await.map_err(|unread| match unread {
            Unread::TooLong => refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"),
            Unread::TooSlow => refused(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
            Unread::Broken => refused(StatusCode::BAD_REQUEST, "the body could not be read"),
        })?;
    }
    server.access.check_person(parts, &body).map_err(AdminError::Denied)?;
    Ok(body)
}

async fn answer(
    server: &Arc<Server>,
    route: AdminRoute,
    parts: &Parts,
    body: &[u8],
    stop: watch::Receiver<bool>,
) -> Result<Response<ResponseBody>, AdminError> {
    let input = || protocol::parse(body).map_err(malformed);
    let changed = match route {
        AdminRoute::Page => return Ok(whole(StatusCode::OK, "text/html; charset=utf-8", PAGE)),
        AdminRoute::Health => return Ok(whole(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")),
        AdminRoute::Metrics => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            return Ok(whole(StatusCode::OK, kind, metrics::render(server).await?));
        }
        AdminRoute::Events => return events::watch(server, parts.method == Method::HEAD, stop),
        AdminRoute::State => return looked(server, view::state, server.large_place().await).await,
        AdminRoute::Clock => return looked(server, view::clock, None).await,
        AdminRoute::Nothing => return Err(refused(StatusCode::NOT_FOUND, "there is nothing here")),
        AdminRoute::SetClock => set_clock(server, &input()?).await?,
        AdminRoute::Step => step(server, &input()?).await?,
        AdminRoute::Inject => inject(server, &input()?).await?,
    };
    Ok(whole(StatusCode::OK, JSON, changed.to_string()))
}

/// What is seen is gathered while nobody else looks, and written down afterwards.
async fn looked<T>(
    server: &Server,
    look: fn(&mut Engine) -> T,
    place: Option<OwnedSemaphorePermit>,
) -> Result<Response<ResponseBody>, AdminError>
where
    T: Serialize + Send + 'static,
{
    let seen = server.shared.with(look).await?;
    Ok(whole(StatusCode::OK, JSON, placed(view::json(seen).await?, place)))
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
