//! The API's own paths: REST-JSON 1.1.

use std::net::SocketAddr;
use std::time::Instant;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::body::{self, ResponseBody, Unread};
use super::{Server, placed, whole};
use crate::control_plane::{ApiException, ExceptionCode};
use crate::server::log::AnsweredCall;
use crate::server::protocol::{self, Operation, Refusal, Route};
use crate::server::shared::{Unanswered, aside};

const JSON: &str = "application/json";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What is wrong with a request.
#[derive(Debug)]
struct HttpError {
    status: StatusCode,
    name: &'static str,
    message: String,
    /// The connection cannot be used any more.
    close: bool,
}

impl HttpError {
    fn new(status: StatusCode, name: &'static str, message: impl Into<String>) -> HttpError {
        HttpError { status, name, message: message.into(), close: false }
    }
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> HttpError {
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        HttpError::new(status, refusal.name(), refusal.message())
    }
}

impl From<Unread> for HttpError {
    fn from(unread: Unread) -> HttpError {
        let (status, name, message) = match unread {
            Unread::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                format!("The body is longer than {} bytes.", body::LONGEST),
            ),
            Unread::TooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException", String::from("The body took too long."))
            }
            Unread::Broken => {
                (StatusCode::BAD_REQUEST, "SerializationException", String::from("The body could not be read."))
            }
        };
        HttpError { status, name, message, close: true }
    }
}

/// Answers a call.
pub async fn respond(
    server: &Server,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response<ResponseBody>, Unanswered> {
    let begun = Instant::now();
    let (parts, incoming) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let method = if parts.method == Method::HEAD { "GET" } else { parts.method.as_str() };
    let route = Operation::route(method, &path);
    let operation = route.as_ref().map(|route| route.operation);
    let answered = match server.access.check_site(&parts.headers) {
        Err(why) => {
            Err(HttpError { close: true, ..HttpError::new(StatusCode::FORBIDDEN, "AccessDeniedException", why) })
        }
        Ok(()) => match body::read(incoming, server.limits.body_time).await {
            Ok(body) => call(server, &parts, route, &body).await,
            Err(unread) => Err(unread.into()),
        },
    };
    let id = server.ids.next();
    let name = operation.map_or("unknown", Operation::name);
    let (status, error) = match &answered {
        Ok(Some(_)) => (200, None),
        Ok(None) => (0, None),
        Err(fault) => (fault.status.as_u16(), Some((fault.name, fault.message.as_str()))),
    };
    server.metrics.answered(operation, error.map(|(name, _)| name), begun.elapsed());
    server.log.call(&AnsweredCall {
        id: &id,
        operation: name,
        path: &path,
        peer,
        status,
        error,
        elapsed: begun.elapsed(),
    });
    let mut response = match answered {
        Ok(Some(body)) => whole(StatusCode::OK, JSON, body),
        Ok(None) => return Err(Unanswered::Stopped),
        Err(fault) => {
            let body = json!({ "__type": fault.name, "message": fault.message }).to_string();
            let mut response = whole(fault.status, JSON, body);
            response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(fault.name));
            if fault.close {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}

/// The answer to a call; none if it gets lost.
async fn call(
    server: &Server,
    parts: &Parts,
    route: Option<Route<'_>>,
    body: &Bytes,
) -> Result<Option<Bytes>, HttpError> {
    let access = server.access.check_call(parts, body);
    access.map_err(|denied| HttpError::new(StatusCode::FORBIDDEN, denied.name(), denied.message()))?;
    let Some(route) = route else {
        let message = format!("There is no operation {} {}.", parts.method, parts.uri.path());
        return Err(HttpError::new(StatusCode::NOT_FOUND, "UnknownOperationException", message));
    };
    if server.rate.as_ref().is_some_and(|rate| !rate.admits(Instant::now())) {
        return Err(Refusal::Api(ApiException::new(ExceptionCode::Throttling, "Rate exceeded.")).into());
    }
    let input = input(&route, parts, body)?;
    // It may speak of a million robots.
    let large = route.operation == Operation::DescribeDeploymentJob;
    let place = if large { server.large_place().await } else { None };
    let reply = match server.shared.with(|engine| engine.call(route.operation, &input)).await {
        Ok(reply) => reply?,
        Err(Unanswered::NotKept) => return Err(not_kept()),
        Err(Unanswered::Stopped) => return Ok(None),
    };
    if reply.lost {
        return Ok(None);
    }
    if !reply.is_long() {
        return Ok(Some(reply.json()?.into()));
    }
    let Ok(json) = aside(|| reply.json()).await else { return Ok(None) };
    Ok(Some(placed(json?, place)))
}

/// The disk takes no more.
fn not_kept() -> HttpError {
    let message = format!("{}. The same call with the same token may be made again then.", Unanswered::NotKept);
    HttpError { close: true, ..HttpError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException", message) }
}

/// The input of an operation: what stands in the body, the path and the query.
fn input(route: &Route<'_>, parts: &Parts, body: &[u8]) -> Result<Value, Refusal> {
    let mut input = protocol::parse(body)?;
    if let (Some(resource), Value::Object(members)) = (route.resource, &mut input) {
        members.insert(String::from("resourceArn"), decoded(resource)?.into());
        if route.operation == Operation::UntagResource {
            let pairs = parts.uri.query().unwrap_or_default().split('&');
            let keys = pairs.filter_map(|pair| pair.strip_prefix("tagKeys=").or((pair == "tagKeys").then_some("")));
            let keys: Vec<String> = keys.map(decoded).collect::<Result<_, _>>()?;
            // A list of nothing is no list: the query cannot say so otherwise.
            members.insert(String::from("tagKeys"), if keys.is_empty() { Value::Null } else { keys.into() });
        }
    }
    Ok(input)
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(String::from).map_err(|_| Refusal::Malformed(String::from("The path or the query is not UTF-8.")))
}
