//! A server that panics.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::account::Account;
use super::account::tests::{account, lose_members, scenario};
use super::journal::{Beginning, Entry, JournalFile, Record};
use super::protocol::{self, Operation};
use super::start::serve;
use super::{LogLevel, Options, ServerError, Speed};

const SCENARIO: &str = r#"
    name = "depot"
    [deployment]
    concurrent_deployment_percentage = 50
    failure_threshold_percentage = 50
    [[group]]
    name = "amr"
    robots = 4
    [group.step.launching]
    latency = { constant = "1s" }
"#;

fn options(paused: bool) -> Options {
    Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        speed: Speed::Times(20.0),
        paused,
        seed: 1,
        epoch: None,
        max_active_jobs: 20,
        access_key: None,
        names: Vec::new(),
        rate_limit: None,
        connections: 16,
        request_time: Duration::from_secs(10),
        state: None,
        log: LogLevel::Off,
    }
}

/// None if there is no answer.
fn post(address: SocketAddr, path: &str, input: &Value) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time that is not 0");
    let body = input.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}

/// Serves an account with a journal in a folder while `clients` do what they do: how the server ends.
fn serving(
    account: Account,
    folder: &Path,
    paused: bool,
    clients: impl FnOnce(SocketAddr) + Send,
) -> Result<(), ServerError> {
    let (file, _) = JournalFile::open(folder, |_| Ok(())).expect("a journal");
    let beginning = Beginning::new(String::from("depot"), 1, 2);
    // Nobody stops it: it ends by itself.
    let (_stop, stopped) = watch::channel(false);
    let (found, address) = channel();
    thread::scope(|threads| {
        let server = threads.spawn(|| {
            serve("depot", account, Some((file, Some(beginning))), options(paused), stopped, |address| {
                found.send(address).expect("somebody waits");
            })
        });
        clients(address.recv().expect("it listens"));
        server.join().expect("it says how it ends")
    })
}

fn recorded(folder: &Path) -> Vec<String> {
    let mut records = Vec::new();
    let read = JournalFile::open(folder, |entry| {
        records.push(match entry {
            Entry::Record(Record::Call { operation, .. }) => operation,
            Entry::Record(Record::Seen { .. }) => String::from("seen"),
            other => format!("{other:?}"),
        });
        Ok(())
    });
    read.expect("a whole journal");
    records.retain(|record| record != "seen");
    records
}

fn deployment(fleet: &Value, application: &Value) -> Value {
    let launch = json!({ "packageName": "amr", "launchFile": "amr.launch" });
    let config = json!({ "application": application, "applicationVersion": "1", "launchConfig": launch });
    json!({ "fleet": fleet, "clientRequestToken": "first", "deploymentApplicationConfigs": [config] })
}

fn deploy(address: SocketAddr) -> Option<Value> {
    let fleets = post(address, "/listFleets", &json!({})).expect("a list");
    let applications = post(address, "/listRobotApplications", &json!({})).expect("a list");
    let fleet = &fleets["fleetDetails"][0]["arn"];
    post(address, "/createDeploymentJob", &deployment(fleet, &applications["robotApplicationSummaries"][0]["arn"]))
}

/// A call that panics half way is not answered, and not in the journal; those before it are. Nobody sees what it has
/// left.
#[test]
fn a_call_that_panics_stops_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut broken = account(&scenario(SCENARIO), 1);
    lose_members(&mut broken);
    let ended = serving(broken, folder.path(), true, |address| {
        let before = post(address, "/createFleet", &json!({ "name": "before" })).expect("it is answered");
        assert_eq!(before["name"], "before");
        assert_eq!(deploy(address), None);
        // Until it is gone it answers nobody.
        for _ in 0..20 {
            assert_eq!(post(address, "/createFleet", &json!({ "name": "afterwards" })), None);
            assert_eq!(post(address, "/_rollcast/step", &json!({ "for": "1h" })), None);
        }
    });
    assert!(matches!(ended, Err(ServerError::Panicked)), "{ended:?}");
    let records = recorded(folder.path());
    assert!(records.len() == 2 && records[1] == "CreateFleet", "{records:?}");
}

/// Time that panics does not just stand still: the server stops.
#[test]
fn time_that_panics_stops_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = scenario(SCENARIO);
    let mut broken = account(&scenario, 1);
    let fleet = json!(broken.all_fleets().next().expect("a fleet").1.arn.to_string());
    let listed = protocol::call(&mut broken, Operation::ListRobotApplications, &json!({})).expect("a list");
    let listed: Value = serde_json::from_slice(&listed.json().expect("JSON")).expect("JSON");
    let input = deployment(&fleet, &listed["robotApplicationSummaries"][0]["arn"]);
    protocol::call(&mut broken, Operation::CreateDeploymentJob, &input).expect("a job");
    // Two robots deploy; when they are done, others cannot be started.
    lose_members(&mut broken);
    let mut answers = 0;
    let ended = serving(broken, folder.path(), false, |address| {
        while post(address, "/createFleet", &json!({ "name": format!("fleet-{answers}") })).is_some() {
            answers += 1;
        }
    });
    assert!(matches!(ended, Err(ServerError::Panicked)), "{ended:?}");
    // What was answered, and what was on its way to the disk then; and the beginning.
    let records = recorded(folder.path()).len() - 1;
    assert!(answers > 0 && (answers..=answers + 1).contains(&records), "{answers} answers, {records} records");
}
