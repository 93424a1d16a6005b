//! `rollcast admin`

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::{Value, json};

use super::args::{AdminAction, AdminArgs};
use super::{Failure, exit, print};
use crate::server::Speed;

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
    let (status, answer) = request(&authority, path, body.as_ref()).map_err(|error| Failure {
        message: format!("error: no answer from http://{authority}: {error}\n"),
        code: exit::IO,
    })?;
    if status == 200 {
        return print(&format!("{answer}\n"));
    }
    let message = serde_json::from_str::<Value>(&answer).ok();
    let message = message.as_ref().and_then(|answer| answer["message"].as_str()).unwrap_or(&answer);
    Err(Failure { message: format!("error: {message}\n"), code: exit::BAD_INPUT })
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
fn request(authority: &str, path: &str, body: Option<&Value>) -> io::Result<(u16, String)> {
    let address = authority.to_socket_addrs()?.next().ok_or_else(|| io::Error::other("there is no such host"))?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(10))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    let head = format!("{method} /_rollcast/{path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    stream.write_all(
        format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes(),
    )?;
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
