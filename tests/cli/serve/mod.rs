//! `rollcast serve` and `rollcast admin`, over the wire.

mod access;
mod crashes;
mod hostile;
mod life;
mod time;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::support::Sandbox;

/// Longer than anything here takes; who waits so long has met an error.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where virtual time begins, so that ARNs are the same in every test.
const EPOCH: &str = "2020-01-01T00:00:00Z";

/// A server of its own, whose time stands still unless a test says otherwise.
struct Server {
    child: Child,
    address: String,
}

/// A response: its status, its header fields, and its body.
#[derive(Debug)]
struct Response {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Server {
    /// Serves the sandbox's scenario on a free port.
    fn start(sandbox: &Sandbox, options: &[&str]) -> Server {
        Server::spawn(&mut command(sandbox, options))
    }

    fn spawn(command: &mut Command) -> Server {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut url).expect("a line");
        let address = url.trim().strip_prefix("http://").unwrap_or_else(|| panic!("not a URL: {url:?}")).to_owned();
        Server { child, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time that is not 0");
        stream
    }

    /// Sends bytes as they are, and reads until the server closes; what was read.
    fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        // The server may have closed before it has read all.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// Sends bytes as they are: the head of the answer.
    fn head(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("it listens");
        let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn request(&self, method: &str, path: &str, body: &[u8]) -> Response {
        self.try_request(method, path, body).unwrap_or_else(|| panic!("{method} {path} was not answered"))
    }

    /// None if the server is gone before it has answered.
    fn try_request(&self, method: &str, path: &str, body: &[u8]) -> Option<Response> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n",
            self.address
        );
        stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Response::read(&answer)
    }

    fn post(&self, path: &str, input: Value) -> Response {
        self.request("POST", path, input.to_string().as_bytes())
    }

    /// The answer to a call that succeeds.
    #[track_caller]
    fn call(&self, path: &str, input: Value) -> Value {
        let response = self.post(path, input);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.json()
    }

    /// The name of the error of a call that fails.
    #[track_caller]
    fn refused(&self, path: &str, input: Value) -> String {
        let response = self.post(path, input);
        assert!(response.status >= 400, "{path}: {}", response.text());
        let name = response.json()["__type"].as_str().expect("an error has a name").to_owned();
        assert!(response.head.contains(&format!("x-amzn-errortype: {name}")), "{}", response.head);
        name
    }

    fn step(&self, span: &str) -> Value {
        self.call("/_rollcast/step", json!({ "for": span }))
    }

    fn fleet(&self) -> String {
        self.call("/listFleets", json!({}))["fleetDetails"][0]["arn"].as_str().expect("an ARN").to_owned()
    }

    /// What CreateDeploymentJob wants for the only fleet and application.
    fn deployment(&self, token: &str) -> Value {
        let applications = self.call("/listRobotApplications", json!({}));
        let launch = json!({ "packageName": "amr", "launchFile": "amr.launch" });
        let application = &applications["robotApplicationSummaries"][0]["arn"];
        let config = json!({ "application": application, "applicationVersion": "1", "launchConfig": launch });
        json!({ "fleet": self.fleet(), "clientRequestToken": token, "deploymentApplicationConfigs": [config] })
    }

    /// A connection on which it is told what changes.
    fn watch(&self) -> TcpStream {
        let mut stream = self.connect();
        let request = format!("GET /_rollcast/events HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("it listens");
        stream
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh runs").success());
    }

    /// Ends the server as one does: its exit code and what it has said on stderr.
    fn stop(self) -> (Option<i32>, String) {
        self.signal("TERM");
        self.ended()
    }

    /// The same of a server that ends by itself.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("stderr is UTF-8");
        (self.child.wait().expect("it ends").code(), said)
    }

    /// Ends the server without a warning.
    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

fn command(sandbox: &Sandbox, options: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("rollcast"));
    command.args(["serve", "scenario.toml", "--listen", "127.0.0.1:0", "--epoch", EPOCH]).args(options);
    command.current_dir(sandbox.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Response {
    fn read(answer: &[u8]) -> Option<Response> {
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8(answer[..end].to_vec()).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let body = answer[end + 4..].to_vec();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        (length.parse() == Ok(body.len())).then_some(Response { status, head, body })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}
