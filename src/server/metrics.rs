//! What is counted, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::http::Server;
use super::protocol::Operation;
use super::shared::Unanswered;
use crate::rollout::RobotStatus;

/// Upper ends of the classes of durations, in microseconds.
const CLASSES: [u64; 11] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000];

/// The counts of a server.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Connections that are open.
    pub connections: AtomicU64,
    /// Calls by operation and outcome: `ok`, or the name of the error.
    calls: Mutex<Calls>,
    /// Calls whose duration lies in each class; the last is for all longer ones.
    durations: [AtomicU64; CLASSES.len() + 1],
    micros: AtomicU64,
}

type Calls = BTreeMap<(&'static str, &'static str), u64>;

impl Metrics {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().expect("nothing panics while it counts")
    }

    /// A call has been answered.
    pub fn answered(&self, operation: Option<Operation>, error: Option<&'static str>, elapsed: Duration) {
        let key = (operation.map_or("unknown", Operation::name), error.unwrap_or("ok"));
        *self.calls().entry(key).or_default() += 1;
        let micros = elapsed.as_micros() as u64;
        self.durations[CLASSES.partition_point(|end| *end < micros)].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// All counts as text.
///
/// # Errors
/// The account is not there any more.
pub async fn render(server: &Server) -> Result<String, Unanswered> {
    let seen = server.shared.with(|engine| {
        let paused = engine.clock().paused();
        let account = engine.account();
        (account.robots_by_status(), account.active_job_count(), account.all_fleets().count(), account.now(), paused)
    });
    let (robots, active, fleets, now, paused) = seen.await?;
    let mut text = String::new();
    let metrics = &server.metrics;
    head(&mut text, "rollcast_calls_total", "counter", "Calls answered, by operation and outcome.");
    let calls = metrics.calls().clone();
    for ((operation, outcome), count) in calls {
        put(&mut text, format_args!("rollcast_calls_total{{operation=\"{operation}\",outcome=\"{outcome}\"}} {count}"));
    }
    head(&mut text, "rollcast_call_duration_seconds", "histogram", "How long calls took.");
    let mut count = 0;
    for (end, class) in
        CLASSES.iter().map(|end| (*end as f64 / 1e6).to_string()).chain([String::from("+Inf")]).zip(&metrics.durations)
    {
        count += class.load(Ordering::Relaxed);
        put(&mut text, format_args!("rollcast_call_duration_seconds_bucket{{le=\"{end}\"}} {count}"));
    }
    let seconds = metrics.micros.load(Ordering::Relaxed) as f64 / 1e6;
    put(&mut text, format_args!("rollcast_call_duration_seconds_sum {seconds}"));
    put(&mut text, format_args!("rollcast_call_duration_seconds_count {count}"));
    gauge(
        &mut text,
        "rollcast_connections",
        "Connections that are open.",
        metrics.connections.load(Ordering::Relaxed) as f64,
    );
    head(&mut text, "rollcast_robots", "gauge", "Robots by status.");
    for (status, count) in RobotStatus::ALL.iter().zip(robots) {
        put(&mut text, format_args!("rollcast_robots{{status=\"{status}\"}} {count}"));
    }
    gauge(&mut text, "rollcast_fleets", "Fleets of the account.", fleets as f64);
    gauge(&mut text, "rollcast_active_jobs", "Deployment jobs that have not ended.", active as f64);
    gauge(&mut text, "rollcast_virtual_time_seconds", "Virtual time since the start.", now.seconds());
    gauge(&mut text, "rollcast_paused", "1 while virtual time stands still.", f64::from(u8::from(paused)));
    if let Some(durable) = server.shared.durable() {
        let (batches, records) = durable.counts();
        head(&mut text, "rollcast_journal_syncs_total", "counter", "How often the journal was brought to the disk.");
        put(&mut text, format_args!("rollcast_journal_syncs_total {batches}"));
        head(&mut text, "rollcast_journal_records_total", "counter", "Records in it since the server started.");
        put(&mut text, format_args!("rollcast_journal_records_total {records}"));
    }
    Ok(text)
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    put(text, format_args!("# HELP {name} {help}"));
    put(text, format_args!("# TYPE {name} {kind}"));
}

fn gauge(text: &mut String, name: &str, help: &str, value: f64) {
    head(text, name, "gauge", help);
    put(text, format_args!("{name} {value}"));
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
