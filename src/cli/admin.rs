//! `rollcast admin`

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, SystemTime};

use hyper::Request;
use serde_json::{Value, json};

use super::args::{AdminAction, AdminArgs};
use super::serve::access_key;
use super::{Failure, exit, print};
use crate::server::{AccessKey, Speed};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(600);

/// Sends one request to a server, and prints its answer.
pub fn run(args: &AdminArgs) -> Result<(), Failure> {
    let (path, body) = match &args.action {
        AdminAction::Clock => ("clock", None),
        AdminAction::State => ("state", None),
        AdminAction::Pause => ("clock", Some(json!({ "paused": true }))),
        AdminAction::Resume => ("clock", Some(json!({ "paused": false }))),
        AdminAction::Speed { speed: Speed::Max } => ("clock", Some(json!({ "speed": "max" }))),
        AdminAction::Speed { speed: Speed::Times(times) } => ("clock", Some(json!({ "speed": times }))),
        AdminAction::Step { span: Some(span), .. } => ("step", Some(json!({ "for": span }))),
        AdminAction::Step { events, span: None } => ("step", Some(json!({ "events": events }))),
        AdminAction::Inject { robot, fault, failure_code } => {
            let mut body = json!({ "robot": robot, "fault": fault });
            if let Some(code) = failure_code {
                body["failureCode"] = code.as_str().into();
            }
            ("inject", Some(body))
        }
    };
    let authority = authority(&args.url).ok_or_else(|| Failure {
        message: format!(
            "error: `--url {}` cannot be used\nhelp: expected a URL such as http://127.0.0.1:8377\n",
            args.url
        ),
        code: exit::BAD_INPUT,
    })?;
    let key = access_key(&args.key)?;
    let (status, answer) = request(&authority, path, body.as_ref(), key.as_ref()).map_err(|error| Failure {
        message: format!("error: no answer from http://{authority}: {error}\n"),
        code: exit::IO,
    })?;
    if status == 200 {
        return print(&format!("{answer}\n"));
    }
    let message = serde_json::from_str::<Value>(&answer).ok();
    let message = message.as_ref().and_then(|answer| answer["message"].as_str()).unwrap_or(&answer);
    let help =
        if status == 401 { "help: the server wants its key: `--access-key ID --secret-file FILE`\n" } else { "" };
    Err(Failure { message: format!("error: {message}\n{help}"), code: exit::BAD_INPUT })
}

/// Host and port of a URL.
fn authority(url: &str) -> Option<String> {
    let authority = url.strip_prefix("http://")?.trim_end_matches('/');
    let wrong = |character: char| matches!(character, '/' | '?' | '#' | '@') || character.is_whitespace();
    if authority.is_empty() || authority.contains(wrong) {
        return None;
    }
    let port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty() && port.parse::<u16>().is_ok());
    Some(if port { authority.to_owned() } else { format!("{authority}:80") })
}

/// Status and body of the answer.
fn request(authority: &str, path: &str, body: Option<&Value>, key: Option<&AccessKey>) -> io::Result<(u16, String)> {
    let address = authority.to_socket_addrs()?.next().ok_or_else(|| io::Error::other("there is no such host"))?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(10))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = Request::builder().method(method).uri(format!("/_rollcast/{path}"));
    let request = request.header("host", authority).header("connection", "close").header("content-length", body.len());
    let request = request.header("content-type", "application/json").body(()).map_err(io::Error::other)?;
    let (mut parts, ()) = request.into_parts();
    if let Some(key) = key {
        key.sign(&mut parts, body.as_bytes(), SystemTime::now());
    }
    let mut head = format!("{method} {} HTTP/1.1\r\n", parts.uri);
    for (name, value) in &parts.headers {
        head += &format!("{name}: {}\r\n", value.to_str().map_err(io::Error::other)?);
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let malformed = || io::Error::other("the answer is not HTTP");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::authority;

    #[test]
    fn urls_are_read() {
        for (url, wanted) in [
            ("http://127.0.0.1:8377", Some("127.0.0.1:8377")),
            ("http://[::1]:80/", Some("[::1]:80")),
            ("http://robots", Some("robots:80")),
            ("https://robots", None),
            ("robots:80", None),
            ("http://", None),
            ("http://a/b", None),
            ("http://a b", None),
        ] {
            assert_eq!(authority(url).as_deref(), wanted, "{url}");
        }
    }
}
