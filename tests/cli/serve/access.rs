//! Who is answered: who has the key, and no page of another site.

use std::fs;

use super::super::support::{COUNTED, Sandbox};
use super::{Server, command};

/// Every route that shows or changes something.
const ROUTES: [(&str, &str, &str); 9] = [
    ("GET", "/", ""),
    ("GET", "/metrics", ""),
    ("GET", "/_rollcast/state", ""),
    ("GET", "/_rollcast/events", ""),
    ("GET", "/_rollcast/clock", ""),
    ("POST", "/_rollcast/clock", r#"{"paused":true}"#),
    ("POST", "/_rollcast/step", r#"{"events":1}"#),
    ("POST", "/_rollcast/inject", r#"{"robot":"amr-1","fault":"fail"}"#),
    ("POST", "/listFleets", "{}"),
];

/// The status of the answer to a request with these header fields.
fn status(server: &Server, (method, path, body): (&str, &str, &str), host: &str, fields: &str) -> u16 {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n");
    let length = body.len();
    // What is told goes on for ever; its head is enough.
    let answer = server.head(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes());
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{path}: {answer}"))
}

/// A page of another site cannot look at anything, nor change anything, on behalf of whoever reads it; neither can one
/// that leads a name of its own here.
#[test]
fn other_sites_see_and_change_nothing() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused", "--allow-host", "Robots"]);
    let (address, port) = (server.address.as_str(), server.address.rsplit(':').next().expect("a port"));
    for route in ROUTES {
        let (_, path, _) = route;
        let own = format!("Origin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n");
        for (host, fields) in [
            (address.to_owned(), ""),
            (address.to_owned(), own.as_str()),
            (format!("localhost:{port}"), "Sec-Fetch-Site: same-origin\r\n"),
            (format!("robots:{port}"), ""),
        ] {
            assert_eq!(status(&server, route, &host, fields), 200, "{path}, {host}, {fields}");
        }
        let other = format!("other.example:{port}");
        for (host, fields) in [(other.as_str(), ""), (other.as_str(), "Sec-Fetch-Site: same-origin\r\n")] {
            assert_eq!(status(&server, route, host, fields), 403, "{path}, {host}, {fields}");
        }
        // The page itself may be linked to.
        let linked = if path == "/" { 200 } else { 403 };
        for fields in ["Sec-Fetch-Site: cross-site\r\n", "Origin: http://other.example\r\n"] {
            assert_eq!(status(&server, route, address, fields), linked, "{path}, {fields}");
        }
    }
    let refused = server.raw(b"POST /listFleets HTTP/1.1\r\nHost: other.example\r\nContent-Length: 2\r\n\r\n{}");
    let said = String::from_utf8_lossy(&refused).into_owned();
    assert!(said.contains("AccessDeniedException") && said.contains("--allow-host other.example"), "{said}");
}

/// With a key nobody else is shown anything or changes anything; its secret stands in no list of processes.
#[test]
fn only_who_has_the_key_is_answered() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.write("secret", "open sesame\n");
    let key = ["--access-key", "Aladdin", "--secret-file", "secret"];
    let server = Server::start(&sandbox, &[&["--paused"], &key[..]].concat());
    // The example of RFC 7617, section 2.
    let (right, wrong) = ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==");
    for route in ROUTES {
        let (_, path, _) = route;
        let api = !path.starts_with("/_") && path != "/" && path != "/metrics";
        let ask = |authorization: &str| status(&server, route, &server.address, authorization);
        let denied = if api { 403 } else { 401 };
        for authorization in
            [String::new(), format!("Authorization: {wrong}\r\n"), String::from("Authorization: x\r\n")]
        {
            assert_eq!(ask(&authorization), denied, "{path}, {authorization}");
        }
        // Calls are signed; see tests/serve.
        assert_eq!(ask(&format!("Authorization: {right}\r\n")), if api { 403 } else { 200 }, "{path}");
    }
    let health = server.request("GET", "/healthz", b"");
    assert_eq!((health.status, health.text().as_str()), (200, "ok\n"));
    let asked = server.request("GET", "/", b"");
    assert!(asked.head.contains("www-authenticate: Basic "), "{}", asked.head);
    let listed = fs::read_to_string(format!("/proc/{}/cmdline", server.child.id()));
    assert!(listed.is_ok_and(|listed| listed.contains("Aladdin") && !listed.contains("sesame")));

    let url = format!("http://{}", server.address);
    let admin = |args: &[&str]| sandbox.rollcast(&[&["admin", "--url", &url], args].concat());
    let denied = admin(&["clock"]).exits(2);
    assert!(denied.stderr.contains("--access-key"), "{}", denied.stderr);
    sandbox.write("wrong", "open barley");
    admin(&["--access-key", "Aladdin", "--secret-file", "wrong", "clock"]).exits(2);
    for action in [&["clock"][..], &["step", "--for", "1m"], &["inject", "amr-1", "fail"], &["pause"], &["state"]] {
        admin(&[&key[..], action].concat()).exits(0);
    }
}

#[test]
fn a_key_without_a_secret_is_refused() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.write("empty", "\n");
    for (options, code, said) in [
        (&["--access-key", "Aladdin"][..], 2, "no secret"),
        (&["--access-key", "Aladdin", "--secret-file", "empty"], 2, "no secret"),
        (&["--access-key", "Aladdin", "--secret-file", "nowhere"], 3, "cannot read nowhere"),
        (&["--access-key", "Aladdin:open", "--secret-file", "empty"], 2, "both give a secret"),
        (&["--secret-file", "empty"], 2, "--access-key"),
    ] {
        let refused = command(&sandbox, options).env_remove("ROLLCAST_SECRET_KEY").output().expect("it runs");
        let stderr = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(code) && stderr.contains(said), "{options:?}: {stderr}");
    }
}

/// Whoever asks for the head alone gets it, as of the whole answer.
#[test]
fn heads_are_answered() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused"]);
    let ask = |method: &str, path: &str| {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address);
        let answer = String::from_utf8(server.raw(request.as_bytes())).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let kept = head.lines().filter(|line| !line.starts_with("date:") && !line.starts_with("x-amzn-requestid"));
        (kept.map(str::to_owned).collect::<Vec<_>>(), body.len())
    };
    let tags = format!("/tags/{}", server.fleet().replace('/', "%2F"));
    for path in ["/", "/healthz", "/metrics", "/_rollcast/clock", "/_rollcast/state", "/_rollcast/none", &tags] {
        let ((head, body), (whole, length)) = (ask("HEAD", path), ask("GET", path));
        assert!(body == 0 && length > 0, "{path}: {body} bytes of {length}");
        if path != "/metrics" {
            assert_eq!(head, whole, "{path}");
        }
    }
    let (head, body) = ask("HEAD", "/_rollcast/events");
    assert!(head[0].ends_with("200 OK") && body == 0, "{head:?}");
    let (head, _) = ask("HEAD", "/listFleets");
    assert!(head[0].ends_with("404 Not Found"), "{head:?}");
}
