//! The Chrome trace event format, as Perfetto reads it: <https://ui.perfetto.dev>.
//!
//! Three processes of tracks: the campaign (its jobs with their states, its calls, and counters), the slots, and the
//! robots. A slice stands before those inside it, as readers want it; slices of one track nest.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::event::{answer_name, kind_name};
use super::{AttemptRecord, Offline, Trace, What};
use crate::rollout::RobotId;
use crate::simulation::JobRecord;
use crate::time::Time;

const CAMPAIGN: u32 = 1;
const SLOTS: u32 = 2;
const ROBOTS: u32 = 3;

/// The tracks of the campaign. A track's number must not be that of a process, of which it would be the main thread.
const JOBS_TRACK: u32 = 10;
const CALLS_TRACK: u32 = 11;
const REGISTRATIONS_TRACK: u32 = 12;
/// The first slot's track; robots come after the slots.
const FIRST_TRACK: u32 = 100;

/// Writes the trace.
///
/// # Errors
/// Whatever writing gives.
pub fn write(trace: &Trace<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer { out, first: true };
    let slots = trace.attempts.iter().map(|attempt| attempt.slot + 1).max().unwrap_or(0);
    let tracks = Tracks { slots };
    writeln!(writer.out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    tracks.name(trace, &mut writer)?;
    for job in &trace.jobs {
        write_job(trace, job, &mut writer)?;
    }
    for attempt in &trace.attempts {
        let name = trace.names.name(attempt.robot);
        let until = attempt.ended.map_or(trace.replication.ended, |(at, _)| at);
        writer.slice(
            SLOTS,
            FIRST_TRACK + attempt.slot,
            &name,
            attempt.started,
            until,
            json!({ "job": attempt.job }),
        )?;
    }
    write_robots(trace, &tracks, &mut writer)?;
    write_campaign(trace, &mut writer)?;
    writeln!(writer.out, "\n]}}")
}

struct Writer<'w> {
    out: &'w mut dyn Write,
    first: bool,
}

impl Writer<'_> {
    fn event(&mut self, event: Value) -> io::Result<()> {
        let comma = if std::mem::take(&mut self.first) { "" } else { ",\n" };
        write!(self.out, "{comma}{event}")
    }

    fn slice(&mut self, pid: u32, tid: u32, name: &str, from: Time, until: Time, args: Value) -> io::Result<()> {
        let (ts, dur) = (from.micros(), (until - from).micros());
        self.event(json!({ "ph": "X", "pid": pid, "tid": tid, "name": name, "ts": ts, "dur": dur, "args": args }))
    }

    fn instant(&mut self, tid: u32, name: &str, at: Time, args: Value) -> io::Result<()> {
        let ts = at.micros();
        self.event(json!({ "ph": "i", "s": "t", "pid": CAMPAIGN, "tid": tid, "name": name, "ts": ts, "args": args }))
    }

    fn counter(&mut self, name: &str, at: Time, value: u64) -> io::Result<()> {
        self.event(json!({ "ph": "C", "pid": CAMPAIGN, "name": name, "ts": at.micros(), "args": { name: value } }))
    }
}

/// Which track is whose.
struct Tracks {
    slots: u32,
}

impl Tracks {
    fn robot(&self, robot: RobotId) -> u32 {
        FIRST_TRACK + self.slots + robot
    }

    /// Names processes and tracks, and keeps them in order.
    fn name(&self, trace: &Trace<'_>, writer: &mut Writer<'_>) -> io::Result<()> {
        let campaign = format!("{}, replication {}, seed {}", trace.scenario.name, trace.replication.index, trace.seed);
        for (pid, name) in [(CAMPAIGN, campaign.as_str()), (SLOTS, "slots"), (ROBOTS, "robots")] {
            writer.event(json!({ "ph": "M", "pid": pid, "name": "process_name", "args": { "name": name } }))?;
            writer
                .event(json!({ "ph": "M", "pid": pid, "name": "process_sort_index", "args": { "sort_index": pid } }))?;
        }
        let campaign = [(JOBS_TRACK, "jobs"), (CALLS_TRACK, "calls"), (REGISTRATIONS_TRACK, "registrations")];
        let campaign = campaign.map(|(tid, name)| (CAMPAIGN, tid, name.to_owned()));
        let slots = (0..self.slots).map(|slot| (SLOTS, FIRST_TRACK + slot, format!("slot {slot}")));
        let robots = (0..trace.names.robots()).map(|robot| (ROBOTS, self.robot(robot), trace.names.name(robot)));
        for (pid, tid, name) in campaign.into_iter().chain(slots).chain(robots) {
            writer
                .event(json!({ "ph": "M", "pid": pid, "tid": tid, "name": "thread_name", "args": { "name": name } }))?;
            let order = json!({ "sort_index": tid });
            writer.event(json!({ "ph": "M", "pid": pid, "tid": tid, "name": "thread_sort_index", "args": order }))?;
        }
        Ok(())
    }
}

/// A job with its states inside it.
fn write_job(trace: &Trace<'_>, job: &JobRecord, writer: &mut Writer<'_>) -> io::Result<()> {
    let ended = job.ended.unwrap_or(trace.replication.ended);
    let args = json!({
        "kind": kind_name(job.kind),
        "status": job.status.as_str(),
        "failure_code": job.failure(),
        "targets": job.progress.targets,
    });
    writer.slice(CAMPAIGN, JOBS_TRACK, &format!("job {}", job.number), job.created, ended, args)?;
    if job.progress.targets > 0 {
        writer.slice(CAMPAIGN, JOBS_TRACK, "Preparing", job.created, job.began.unwrap_or(ended), json!({}))?;
    }
    if let Some(began) = job.began {
        writer.slice(CAMPAIGN, JOBS_TRACK, "InProgress", began, ended, json!({}))?;
    }
    if let Some(halted) = job.halt {
        let args = json!({ "failures": halted.hurt });
        writer.slice(CAMPAIGN, JOBS_TRACK, "halted", halted.at, ended, args)?;
    }
    Ok(())
}

/// Robots with their attempts, in these their steps, or the periods in which they are offline.
fn write_robots(trace: &Trace<'_>, tracks: &Tracks, writer: &mut Writer<'_>) -> io::Result<()> {
    for attempt in &trace.attempts {
        write_attempt(trace, tracks, attempt, writer)?;
    }
    for event in &trace.events {
        if let What::RobotStep { attempt, step, until, failure } = event.what {
            let args = json!({ "failure_code": failure.map(|code| code.as_str()) });
            let track = tracks.robot(trace.attempts[attempt].robot);
            writer.slice(ROBOTS, track, step.as_str(), event.at, until, args)?;
        }
    }
    for Offline { attempt, from, until, .. } in &trace.offline {
        let attempt = &trace.attempts[*attempt];
        // One that goes on beyond the attempt's timeout is cut there, for slices nest.
        let timeout = attempt.ended.map_or(trace.replication.ended, |(at, _)| at);
        for (from, until) in [(*from, (*until).min(timeout)), ((*from).max(timeout), *until)] {
            if from < until {
                writer.slice(ROBOTS, tracks.robot(attempt.robot), "offline", from, until, json!({}))?;
            }
        }
    }
    Ok(())
}

fn write_attempt(
    trace: &Trace<'_>,
    tracks: &Tracks,
    attempt: &AttemptRecord,
    writer: &mut Writer<'_>,
) -> io::Result<()> {
    let track = tracks.robot(attempt.robot);
    let (until, end) = match attempt.ended {
        Some((at, end)) => (at, Some(end)),
        None => (trace.replication.ended, None),
    };
    let name = end.map_or("Deploying", |end| end.status().as_str());
    let args = json!({
        "job": attempt.job,
        "attempt": attempt.number,
        "slot": attempt.slot,
        "failure_code": end.and_then(|end| end.failure_code()).map(|code| code.as_str()),
        "failed_at": attempt.failed_at.map(|step| step.as_str()),
    });
    writer.slice(ROBOTS, track, &format!("attempt {}: {name}", attempt.number), attempt.started, until, args)?;
    if let Some((at, end)) = attempt.late {
        let name = format!("carries on by itself: {}", end.status());
        writer.slice(ROBOTS, track, &name, until, at, json!({ "attempt": attempt.number }))?;
    }
    Ok(())
}

/// Calls, halts, registrations and counters.
fn write_campaign(trace: &Trace<'_>, writer: &mut Writer<'_>) -> io::Result<()> {
    const IN_FLIGHT: &str = "robots in flight";
    const EGRESS: &str = "egress, bit/s";
    let mut in_flight = 0;
    let mut counted = None;
    writer.counter(IN_FLIGHT, Time::ZERO, 0)?;
    for event in &trace.events {
        let at = event.at;
        // Once an instant, with what it comes to.
        if let Some(instant) = counted.filter(|instant| at > *instant) {
            writer.counter(IN_FLIGHT, instant, in_flight)?;
            counted = None;
        }
        match event.what {
            What::RobotStarted(_) => (in_flight, counted) = (in_flight + 1, Some(at)),
            What::RobotEnded(_) => (in_flight, counted) = (in_flight - 1, Some(at)),
            What::Call { kind, call, attempt, answer } => {
                let args = json!({ "call": call, "call_attempt": attempt, "answer": answer.map(answer_name) });
                writer.instant(CALLS_TRACK, kind_name(kind), at, args)?;
            }
            What::CallsLost { count, .. } => {
                writer.instant(CALLS_TRACK, "ConcurrentDeploymentException", at, json!({ "count": count }))?;
            }
            What::JobHalted { job, failures } => {
                writer.instant(JOBS_TRACK, trace.halted_as(job), at, json!({ "failures": failures }))?;
            }
            What::RobotRegistered(robot) => {
                writer.instant(REGISTRATIONS_TRACK, &trace.names.name(robot), at, json!({}))?;
            }
            What::Egress(rate) => writer.counter(EGRESS, at, rate)?,
            What::CampaignEnded(outcome) => {
                writer.counter(IN_FLIGHT, at, 0)?;
                writer.instant(JOBS_TRACK, outcome.as_str(), at, json!({}))?;
            }
            _ => {}
        }
    }
    Ok(())
}
