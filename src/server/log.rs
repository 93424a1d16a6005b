//! What happens, one JSON object a line on stderr.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// Which calls are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing but trouble of the server itself.
    Off,
    /// Calls that were refused.
    Errors,
    All,
}

/// Where it is told.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// Which calls are told.
    pub level: LogLevel,
}

/// A call that has been answered.
#[derive(Clone, Copy, Debug)]
pub struct AnsweredCall<'a> {
    /// The name of the request.
    pub id: &'a str,
    /// The operation, or `unknown`.
    pub operation: &'a str,
    pub path: &'a str,
    pub peer: SocketAddr,
    /// The HTTP status; 0 if the answer gets lost.
    pub status: u16,
    /// Name and message of the error.
    pub error: Option<(&'a str, &'a str)>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Log {
    /// A call has been answered.
    pub fn call(&self, call: &AnsweredCall<'_>) {
        let wanted = if call.error.is_some() { LogLevel::Errors } else { LogLevel::All };
        if self.level < wanted {
            return;
        }
        let mut line = Map::new();
        line.insert(String::from("level"), (if call.error.is_some() { "warn" } else { "info" }).into());
        line.insert(String::from("request_id"), call.id.into());
        line.insert(String::from("operation"), call.operation.into());
        if call.operation == "unknown" {
            line.insert(String::from("path"), call.path.into());
        }
        line.insert(String::from("peer"), call.peer.to_string().into());
        line.insert(String::from("status"), call.status.into());
        line.insert(String::from("micros"), (call.elapsed.as_micros() as u64).into());
        if let Some((name, message)) = call.error {
            line.insert(String::from("error"), name.into());
            line.insert(String::from("message"), message.into());
        }
        write(line);
    }

    /// Something has happened to the server.
    pub fn event(&self, message: &str) {
        if self.level > LogLevel::Off {
            write(Map::from_iter([("level".into(), json!("info")), ("message".into(), message.into())]));
        }
    }

    /// Something is wrong with the server itself.
    pub fn trouble(&self, message: &str) {
        write(Map::from_iter([("level".into(), json!("error")), ("message".into(), message.into())]));
    }
}

fn write(mut line: Map<String, Value>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    line.insert(String::from("time"), (now.as_millis() as f64 / 1e3).into());
    let text = Value::Object(line).to_string() + "\n";
    // Nothing can be said where stderr is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
