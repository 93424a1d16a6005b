//! A line for each event, to read.

use std::io::{self, Write};

use super::event::{answer_name, kind_name};
use super::{AttemptRecord, Trace, TraceEvent, What};
use crate::metric::words::counted;
use crate::rollout::RobotEnd;
use crate::simulation::Answer;
use crate::time::{Time, humane};

/// The longest name of an event.
const EVENT: usize = 16;
/// What stands above times of the wall (R21).
const WALL: &str = "ON THE WALL";

/// Writes the trace.
///
/// # Errors
/// Whatever writing gives.
pub fn write(trace: &Trace<'_>, out: &mut dyn Write) -> io::Result<()> {
    let at = clock(trace.replication.ended).len();
    let robot = trace.attempts.iter().map(|attempt| trace.names.name(attempt.robot).len()).max().unwrap_or(0).max(5);
    let calendar = &trace.scenario.calendar;
    let wall = |instant: Time| calendar.shown_to_the_second(instant).unwrap_or_default();
    // Only the year of the next one makes some of them longer.
    let wide = wall(trace.replication.ended).len().max(wall(Time::ZERO).len()).max(WALL.len());
    let day = |text: &str| if calendar.is_dated() { format!("{text:wide$}  ") } else { String::new() };
    let wall_head = day(WALL);
    writeln!(out, " {:>at$}  {wall_head}{:EVENT$}  {:>4}  {:robot$}  WHAT", "AT", "EVENT", "JOB", "ROBOT")?;
    for event in &trace.events {
        let (job, name, what) = columns(trace, event);
        let clock = clock(event.at);
        let kind = event.what.name(trace).replace('_', " ");
        let job = job.map_or_else(String::new, |job| job.to_string());
        let (wall, name) = (day(&wall(event.at)), name.unwrap_or_default());
        let line = format!(" {clock:>at$}  {wall}{kind:EVENT$}  {job:>4}  {name:robot$}  {what}");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Hours, minutes, seconds and milliseconds since the campaign began.
fn clock(at: Time) -> String {
    let millis = at.micros() / 1000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The job, the robot, and what there is to say.
fn columns(trace: &Trace<'_>, event: &TraceEvent) -> (Option<u32>, Option<String>, String) {
    let none = String::new;
    let of = |index: usize| &trace.attempts[index];
    let robot = |attempt: &AttemptRecord| Some(trace.names.name(attempt.robot));
    match event.what {
        What::CampaignBegan => {
            let build = trace.replication.build.map(|build| format!(", build {}", trace.scenario.builds[build].name));
            let robots = counted(trace.scenario.fleet_size().into(), "robot");
            let replication = trace.replication.index;
            (
                None,
                None,
                format!("{robots}, replication {replication}, seed {}{}", trace.seed, build.unwrap_or_default()),
            )
        }
        What::Call { kind, call, attempt, answer } => {
            let answer = answer.unwrap_or(Answer::Refused);
            let job = if let Answer::Job(job) = answer { Some(job) } else { None };
            let again = if attempt == 0 { String::new() } else { format!(", time {}", attempt + 1) };
            let comes_to = match answer {
                Answer::Job(job) => format!("job {job}"),
                Answer::Refused => answer_name(answer).to_owned(),
                Answer::None { retry, .. } => {
                    let then = retry.map_or_else(
                        || String::from("given up"),
                        |wait| format!("again in {}", humane(wait.seconds())),
                    );
                    format!("{}, {then}", answer_name(answer))
                }
            };
            (job, None, format!("{} (call {call}{again}): {comes_to}", kind_name(kind)))
        }
        What::CallsLost { count: 1, .. } => (None, None, String::from("ConcurrentDeploymentException")),
        What::CallsLost { count, until } => {
            let calls = counted(count, "ConcurrentDeploymentException");
            (None, None, format!("{calls} until {}", clock(until)))
        }
        What::JobCreated { job, kind, targets } => {
            (Some(job), None, format!("{} for {}", kind_name(kind), counted(targets.into(), "robot")))
        }
        What::JobPreparing(job) | What::JobInProgress(job) => (Some(job), None, none()),
        What::JobHalted { job, failures } => {
            (Some(job), None, format!("{} failed or not responding", counted(failures.into(), "robot")))
        }
        What::JobOver(index) => {
            let job = &trace.jobs[index];
            let why = job.failure().map_or_else(String::new, |code| format!(", {code}"));
            (Some(job.number), None, format!("{}{why}", job.status))
        }
        What::RobotRegistered(id) | What::RobotOffline(id) | What::RobotOnline(id) => {
            (None, Some(trace.names.name(id)), none())
        }
        What::RobotStarted(index) => {
            let attempt = of(index);
            let offline = if attempt.progressed == Some(attempt.started) { "" } else { ", offline" };
            let what = format!("attempt {}, slot {}{offline}", attempt.number, attempt.slot);
            (Some(attempt.job), robot(attempt), what)
        }
        What::RobotBegan(index) => (Some(of(index).job), robot(of(index)), none()),
        What::RobotStep { attempt, step, until, failure } => {
            let attempt = of(attempt);
            let fails = failure.map_or_else(String::new, |code| format!(", fails: {code}"));
            let took = humane((until - event.at).seconds());
            (Some(attempt.job), robot(attempt), format!("{step}, {took}{fails}"))
        }
        What::RobotEnded(index) => (Some(of(index).job), robot(of(index)), ending(of(index), of(index).ended)),
        What::RobotEndedLate(index) => (Some(of(index).job), robot(of(index)), ending(of(index), of(index).late)),
        What::Egress(rate) => (None, None, format!("{rate} bit/s")),
        What::CampaignEnded(outcome) => (None, None, outcome.as_str().to_owned()),
    }
}

fn ending(attempt: &AttemptRecord, end: Option<(Time, RobotEnd)>) -> String {
    let Some((at, end)) = end else { return String::new() };
    let after = humane((at - attempt.started).seconds());
    match (end, attempt.failed_at, end.failure_code()) {
        (RobotEnd::Failed(code), Some(step), _) => format!("Failed after {after} in {step}: {code}"),
        (RobotEnd::Aborted, _, Some(code)) => format!("Failed after {after}: {code}"),
        _ => format!("{} after {after}", end.status()),
    }
}
