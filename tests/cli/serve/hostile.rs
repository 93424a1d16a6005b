//! Requests that nobody should send: each gets a proper answer or a closed connection, and the server goes on.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::support::{COUNTED, Sandbox};
use super::{PATIENCE, Response, Server};

#[test]
fn every_bad_body_gets_a_status_of_its_own() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused"]);
    let deep = "[".repeat(60_000);
    let long = vec![b'x'; 10 << 20];
    let fleet = server.fleet();
    for (body, status, name) in [
        (&b"{\"fleet\": \"arn:"[..], 400, "SerializationException"),
        (b"", 400, "InvalidParameterException"),
        (b"null", 400, "SerializationException"),
        (b"[]", 400, "SerializationException"),
        (b"{\"fleet\": 7, \"clientRequestToken\": {}}", 400, "SerializationException"),
        (b"{\"fleet\": \"arn:\xff\xfe\"}", 400, "SerializationException"),
        (b"{\"fleet\": \"arn:\\ud800\"}", 400, "SerializationException"),
        (b"{\"fleet\": \"arn:a\"} {}", 400, "SerializationException"),
        (b"{\"fleet\": 1e999}", 400, "SerializationException"),
        (deep.as_bytes(), 400, "SerializationException"),
        (&long, 413, "RequestEntityTooLargeException"),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let response = server.request("POST", "/syncDeploymentJob", body);
        assert_eq!(response.status, status, "{shown}: {}", response.text());
        assert_eq!(response.json()["__type"], name, "{shown}");
    }
    for (method, path) in [("GET", "/syncDeploymentJob"), ("POST", "/"), ("PUT", "/listFleets"), ("POST", "/..%2f")] {
        let response = server.request(method, path, b"{}");
        assert_eq!(response.status, 404, "{method} {path}: {}", response.text());
    }
    assert_eq!(server.fleet(), fleet);
    let (code, said) = server.stop();
    assert!(code == Some(0) && !said.contains("panicked"), "{said}");
}

#[test]
fn what_is_no_http_is_turned_away() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused", "--request-time", "200ms"]);
    let long_header = format!("POST /listFleets HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "y".repeat(1 << 20));
    let many_headers = format!("POST /listFleets HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(10_000));
    let long_path = format!("POST /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "y".repeat(1 << 20));
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"hello\r\n\r\n",
        b"POST /listFleets HTTP/9.9\r\n\r\n",
        b"POST /listFleets HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /listFleets HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /listFleets HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
        long_path.as_bytes(),
    ] {
        let shown = String::from_utf8_lossy(&request[..request.len().min(60)]).into_owned();
        let answer = server.raw(request);
        let status = Response::read(&answer).map(|response| response.status);
        let first = String::from_utf8_lossy(&answer[..answer.len().min(40)]).into_owned();
        let turned_away = answer.is_empty() || first.starts_with("HTTP/1.1 4") || first.starts_with("HTTP/1.0 4");
        assert!(turned_away, "{shown}: {status:?} {first}");
    }
    // Less than was promised.
    let short = server.raw(b"POST /listFleets HTTP/1.1\r\nContent-Length: 100\r\n\r\n{}");
    assert!(short.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&short));
    server.fleet();
}

/// Who sends a byte now and then is cut off, and does not keep others from being served.
#[test]
fn the_slow_are_cut_off() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused", "--max-connections", "4", "--request-time", "1s"]);
    let mut slow: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for (index, stream) in slow.iter_mut().enumerate() {
        // Half of them stop in their header, half in their body.
        let sent = match index % 2 {
            0 => "POST /listFleets HTTP/1.1\r\nHost: localhost\r\nX-Slow",
            _ => "POST /listFleets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
        };
        stream.write_all(sent.as_bytes()).expect("it listens");
    }
    // All places are taken; this one is served when they are free.
    server.fleet();
    for mut stream in slow {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time that is not 0");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    }
    server.call("/createFleet", json!({ "name": "afterwards" }));
}

fn connections(server: &Server) -> u64 {
    let metrics = server.request("GET", "/metrics", b"").text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("rollcast_connections "));
    line.expect("a gauge").parse().expect("a number")
}

/// Waits until this many connections are open besides the one that asks.
fn wait_for_connections(server: &Server, wanted: u64) {
    let begun = Instant::now();
    while connections(server) != wanted + 1 {
        assert!(begun.elapsed() < PATIENCE, "{} connections", connections(server));
        thread::sleep(Duration::from_millis(20));
    }
}

/// Those who ask for everything and do not read it take the room of a few answers, and others are answered meanwhile.
#[test]
fn large_answers_take_turns() {
    let sandbox = Sandbox::with(&COUNTED.replace("robots = 4", "robots = 40000"));
    let server = Server::start(&sandbox, &["--paused", "--request-time", "2s"]);
    let memory = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).expect("Linux tells it")
    };
    let before = memory();
    let mut askers: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for stream in &mut askers {
        stream.write_all(b"GET /_rollcast/state HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it listens");
    }
    // Each answer is some megabytes.
    for number in 0..20 {
        server.call("/createFleet", json!({ "name": format!("fleet-{number}") }));
        assert!(memory() < before + 400_000, "{} kB before, {} kB now", before, memory());
        thread::sleep(Duration::from_millis(50));
    }
    // Somebody who reads gets all of it when it is their turn.
    drop(askers);
    let state = server.request("GET", "/_rollcast/state", b"").json();
    assert_eq!(state["fleets"][0]["robots"].as_array().map(Vec::len), Some(40_000));
}

/// Who asks and does not read what is answered, or told, is cut off; who reads is not.
#[test]
fn those_who_read_nothing_are_cut_off() {
    let sandbox = Sandbox::with(&COUNTED.replace("robots = 4", "robots = 40000"));
    let server = Server::start(&sandbox, &["--paused", "--request-time", "1s"]);
    let (mut reader, read) = (server.watch(), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut piece = vec![0; 1 << 16];
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                read.fetch_add(length, Ordering::Relaxed);
            }
        });
        let watchers: Vec<_> = (0..5).map(|_| server.watch()).collect();
        let mut askers: Vec<_> = (0..5).map(|_| server.connect()).collect();
        for stream in &mut askers {
            let request = "GET /_rollcast/state HTTP/1.1\r\nHost: localhost\r\n\r\n";
            // Each answer is some megabytes.
            let _ = stream.write_all(request.repeat(10).as_bytes());
        }
        // More than what fits into the buffers of a connection that nobody reads.
        let begun = Instant::now();
        for number in 0.. {
            // All robots change at once, and everything is told anew.
            let job = server.call("/createDeploymentJob", server.deployment(&format!("job-{number}")));
            server.call("/cancelDeploymentJob", json!({ "job": job["arn"] }));
            thread::sleep(Duration::from_millis(100));
            if read.load(Ordering::Relaxed) > 20_000_000 {
                break;
            }
            assert!(begun.elapsed() < PATIENCE);
        }
        wait_for_connections(&server, 1);
        drop((watchers, askers));
        server.call("/createFleet", json!({ "name": "afterwards" }));
        server.signal("TERM");
    });
}

#[test]
fn only_so_many_may_watch() {
    let sandbox = Sandbox::with(COUNTED);
    let server = Server::start(&sandbox, &["--paused"]);
    let watchers: Vec<_> = (0..256).map(|_| server.watch()).collect();
    wait_for_connections(&server, 256);
    let refused = server.request("GET", "/_rollcast/events", b"");
    assert_eq!(refused.status, 503, "{}", refused.text());
    drop(watchers);
    wait_for_connections(&server, 0);
    let mut watcher = server.watch();
    let mut first = [0; 15];
    watcher.read_exact(&mut first).expect("it is told");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
}

/// A step that takes for ever holds nobody up, and ends with the client that asked for it.
#[test]
fn a_long_step_ends_with_its_client() {
    let text = COUNTED.replace(
        "[group.step.launching]",
        "[group.registrations]\ninterarrival = { constant = \"1s\" }\nmax = 900000\n[group.step.launching]",
    );
    let sandbox = Sandbox::with(&text);
    let server = Server::start(&sandbox, &["--paused"]);
    let mut client = server.connect();
    let body = r#"{"for":"13000d"}"#;
    let head = format!("POST /_rollcast/step HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    client.write_all(format!("{head}{body}").as_bytes()).expect("it listens");
    let now = || server.request("GET", "/_rollcast/clock", b"").json()["now_s"].as_f64().expect("a number");
    let begun = Instant::now();
    while now() == 0.0 {
        assert!(begun.elapsed() < PATIENCE);
    }
    // Others are answered meanwhile, and see time pass.
    server.call("/createFleet", json!({ "name": "meanwhile" }));
    let seen = now();
    assert!(seen < 900_000.0, "{seen}");
    drop(client);
    let begun = Instant::now();
    let mut last = now();
    loop {
        thread::sleep(Duration::from_millis(50));
        let later = now();
        if later == last {
            break;
        }
        last = later;
        assert!(begun.elapsed() < PATIENCE);
    }
    assert!(last < 86_400.0 * 13_000.0, "it has gone to its end");
}
