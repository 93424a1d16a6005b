//! Events, and the names of their fields.

use serde_json::{Value, json};

use super::Trace;
use crate::rollout::{CampaignOutcome, DeploymentJobErrorCode, Fault, JobKind, RobotDeploymentStep, RobotEnd, RobotId};
use crate::simulation::Answer;
use crate::time::{MICROS, Time};

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    pub at: Time,
    pub what: What,
}

/// What happened. An attempt is given by its place among the [attempts](Trace::attempts).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The campaign begins.
    CampaignBegan,
    /// The operator makes a call, or repeats one (R12, R17).
    Call {
        kind: JobKind,
        /// The number of the call, from 0.
        call: u32,
        /// How often it was made before.
        attempt: u32,
        /// What it comes to; none only while it is being told.
        answer: Option<Answer>,
    },
    /// Calls at fixed times meet a job that is active, and are refused (R12).
    CallsLost {
        /// How many, at this instant; or from this instant on, if they are too many to be told one by one.
        count: u64,
        /// The last of them.
        until: Time,
    },
    /// A call has made a job.
    JobCreated {
        /// The job's number, from 0.
        job: u32,
        kind: JobKind,
        /// For how many robots.
        targets: u32,
    },
    /// The job is `Preparing`.
    JobPreparing(u32),
    /// The job is `InProgress`.
    JobInProgress(u32),
    /// The job has halted, and starts no robot any more.
    JobHalted {
        job: u32,
        /// Robots that have failed or not responded by now.
        failures: u32,
    },
    /// The job has ended, or the campaign with it unfinished: the place among the [jobs](Trace::jobs).
    JobOver(usize),
    /// A robot has registered (R13).
    RobotRegistered(RobotId),
    /// A robot goes offline in the middle of its deployment (R14).
    RobotOffline(RobotId),
    /// It is back.
    RobotOnline(RobotId),
    /// A robot starts.
    RobotStarted(usize),
    /// A robot that was offline at its start begins.
    RobotBegan(usize),
    /// A robot begins a step that nothing delays.
    RobotStep {
        attempt: usize,
        step: RobotDeploymentStep,
        /// When it ends, or its attempt does.
        until: Time,
        /// With which code it fails then, if it does.
        failure: Option<DeploymentJobErrorCode>,
    },
    /// A robot's deployment has ended.
    RobotEnded(usize),
    /// An attempt that had ended as `NoResponse` has ended by itself (R14).
    RobotEndedLate(usize),
    /// From now on the origin sends at this rate, in bits a second (R16).
    Egress(u64),
    /// The campaign has ended.
    CampaignEnded(CampaignOutcome),
}

/// One attempt of a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    pub robot: RobotId,
    /// How many attempts the robot made before in this campaign.
    pub number: u32,
    /// The number of the job, from 0.
    pub job: u32,
    /// The slot that it holds: the lowest that was free, from 0 (R4).
    pub slot: u32,
    /// When it started.
    pub started: Time,
    /// When it made its first progress: at its start, unless the robot was offline; none if it made none.
    pub progressed: Option<Time>,
    /// When and how it ended; none if the campaign ended before.
    pub ended: Option<(Time, RobotEnd)>,
    /// When and how it ended by itself after its timeout, if it did (R14).
    pub late: Option<(Time, RobotEnd)>,
    /// The step at which it failed, if it did.
    pub failed_at: Option<RobotDeploymentStep>,
}

/// A period in which a robot is offline while its attempt goes on (R14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offline {
    /// The place of the attempt among the [attempts](Trace::attempts).
    pub attempt: usize,
    /// Since when; not before the attempt's start.
    pub from: Time,
    /// Until when; not after the attempt's end, or its late one.
    pub until: Time,
    /// Whether the robot is online then, and not only the attempt over.
    pub returns: bool,
}

/// The fields that an event may have, in their order.
pub const COLUMNS: [&str; 31] = [
    "at_s",
    "event",
    "job",
    "robot",
    "group",
    "attempt",
    "slot",
    "step",
    "until_s",
    "started_s",
    "online",
    "status",
    "failure_code",
    "threshold_breached",
    "kind",
    "targets",
    "failures",
    "call",
    "call_attempt",
    "answer",
    "retry_s",
    "count",
    "rate_bit_s",
    "outcome",
    "scenario",
    "seed",
    "replication",
    "robots",
    "build",
    "rollcast",
    "download_bytes",
];

impl What {
    /// The event's name.
    pub fn name(&self, trace: &Trace<'_>) -> &'static str {
        match self {
            What::CampaignBegan => "campaign_began",
            What::Call { .. } => "call",
            What::CallsLost { .. } => "calls_lost",
            What::JobCreated { .. } => "job_created",
            What::JobPreparing(_) => "job_preparing",
            What::JobInProgress(_) => "job_in_progress",
            What::JobHalted { .. } => trace.scenario.deployment.rules.halt_words().event,
            What::JobOver(job) if trace.jobs[*job].ended.is_some() => "job_ended",
            What::JobOver(_) => "job_cut_off",
            What::RobotRegistered(_) => "robot_registered",
            What::RobotOffline(_) => "robot_offline",
            What::RobotOnline(_) => "robot_online",
            What::RobotStarted(_) => "robot_started",
            What::RobotBegan(_) => "robot_began",
            What::RobotStep { .. } => "robot_step",
            What::RobotEnded(_) => "robot_ended",
            What::RobotEndedLate(_) => "robot_ended_late",
            What::Egress(_) => "egress",
            What::CampaignEnded(_) => "campaign_ended",
        }
    }
}

impl TraceEvent {
    /// The event's fields, in the order of [`COLUMNS`], those that do not apply left out. Times are in seconds.
    pub fn fields(&self, trace: &Trace<'_>) -> Vec<(&'static str, Value)> {
        let mut fields = vec![("at_s", seconds(self.at)), ("event", json!(self.what.name(trace)))];
        let mut add = |key, value| fields.push((key, value));
        match self.what {
            What::CampaignBegan => {
                add("scenario", json!(trace.scenario.name));
                add("seed", json!(trace.seed));
                add("replication", json!(trace.replication.index));
                add("robots", json!(trace.scenario.fleet_size()));
                if let Some(build) = trace.replication.build {
                    add("build", json!(trace.scenario.builds[build].name));
                }
                add("rollcast", json!(env!("CARGO_PKG_VERSION")));
            }
            What::Call { kind, call, attempt, answer } => {
                if let Some(Answer::Job(job)) = answer {
                    add("job", json!(job));
                }
                add("kind", json!(kind_name(kind)));
                add("call", json!(call));
                add("call_attempt", json!(attempt));
                let answer = answer.unwrap_or(Answer::Refused);
                add("answer", json!(answer_name(answer)));
                if let Answer::None { retry: Some(wait), .. } = answer {
                    add("retry_s", seconds(self.at + wait));
                }
            }
            What::CallsLost { count, until } => {
                if until > self.at {
                    add("until_s", seconds(until));
                }
                add("kind", json!(kind_name(JobKind::Sync)));
                add("answer", json!(answer_name(Answer::Refused)));
                add("count", json!(count));
            }
            What::JobCreated { job, kind, targets } => {
                add("job", json!(job));
                add("kind", json!(kind_name(kind)));
                add("targets", json!(targets));
            }
            What::JobPreparing(job) | What::JobInProgress(job) => add("job", json!(job)),
            What::JobHalted { job, failures } => {
                add("job", json!(job));
                add("failures", json!(failures));
            }
            What::JobOver(job) => {
                let job = &trace.jobs[job];
                add("job", json!(job.number));
                add("status", json!(job.status.as_str()));
                if let Some(code) = job.failure() {
                    add("failure_code", json!(code));
                }
                add("threshold_breached", json!(job.halted()));
            }
            What::RobotRegistered(robot) | What::RobotOffline(robot) | What::RobotOnline(robot) => {
                add("robot", json!(trace.names.name(robot)));
                add("group", json!(trace.names.group(robot)));
            }
            What::RobotStarted(index) => {
                let attempt = &trace.attempts[index];
                trace.add_attempt(attempt, &mut add);
                add("slot", json!(attempt.slot));
                add("online", json!(attempt.progressed == Some(attempt.started)));
            }
            What::RobotBegan(index) => trace.add_attempt(&trace.attempts[index], &mut add),
            What::RobotStep { attempt, step, until, failure } => {
                trace.add_attempt(&trace.attempts[attempt], &mut add);
                add("step", json!(step.as_str()));
                add("until_s", seconds(until));
                if let Some(code) = failure {
                    add("failure_code", json!(code.as_str()));
                }
            }
            What::RobotEnded(index) => {
                let attempt = &trace.attempts[index];
                trace.add_attempt(attempt, &mut add);
                add("slot", json!(attempt.slot));
                trace.add_end(attempt, attempt.ended, &mut add);
            }
            What::RobotEndedLate(index) => {
                let attempt = &trace.attempts[index];
                trace.add_attempt(attempt, &mut add);
                trace.add_end(attempt, attempt.late, &mut add);
            }
            What::Egress(rate) => add("rate_bit_s", json!(rate)),
            What::CampaignEnded(outcome) => {
                add("outcome", json!(outcome.as_str()));
                add("robots", json!(trace.replication.registered));
                if let Some(download) = &trace.replication.download {
                    // Beyond 64 bits no reader of JSON takes integers.
                    let bytes = u64::try_from(download.bytes);
                    add("download_bytes", bytes.map_or_else(|_| json!(download.bytes as f64), |bytes| json!(bytes)));
                }
            }
        }
        fields
    }
}

impl Trace<'_> {
    /// How a job that has halted is to end, in its controller's word.
    pub fn halted_as(&self, job: u32) -> &'static str {
        let halt = self.jobs.iter().find(|record| record.number == job).and_then(|record| record.halt);
        let outcomes = self.scenario.deployment.rules.outcomes();
        halt.and_then(|halted| outcomes.get(usize::from(halted.halt.outcome))).map_or("", |outcome| outcome.name)
    }

    fn add_attempt(&self, attempt: &AttemptRecord, add: &mut dyn FnMut(&'static str, Value)) {
        add("job", json!(attempt.job));
        add("robot", json!(self.names.name(attempt.robot)));
        add("group", json!(self.names.group(attempt.robot)));
        add("attempt", json!(attempt.number));
    }

    fn add_end(
        &self,
        attempt: &AttemptRecord,
        end: Option<(Time, RobotEnd)>,
        add: &mut dyn FnMut(&'static str, Value),
    ) {
        let Some((_, end)) = end else { return };
        if let (RobotEnd::Failed(_), Some(step)) = (end, attempt.failed_at) {
            add("step", json!(step.as_str()));
        }
        add("started_s", seconds(attempt.started));
        add("status", json!(end.status().as_str()));
        if let Some(code) = end.failure_code() {
            add("failure_code", json!(code.as_str()));
        }
    }
}

/// An instant in seconds; whole ones are integers, as in all results.
fn seconds(instant: Time) -> Value {
    let micros = instant.micros();
    if micros.is_multiple_of(MICROS) { json!(micros / MICROS) } else { json!(instant.seconds()) }
}

/// The call that makes a job of this kind.
pub fn kind_name(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Deployment => "CreateDeploymentJob",
        JobKind::Sync => "SyncDeploymentJob",
    }
}

/// `job`, or why there is none.
pub fn answer_name(answer: Answer) -> &'static str {
    match answer {
        Answer::Job(_) => "job",
        Answer::Refused => "ConcurrentDeploymentException",
        Answer::None { fault: Fault::Throttled, .. } => "ThrottlingException",
        Answer::None { fault: Fault::InternalError, .. } => "InternalServerException",
        Answer::None { fault: Fault::LostAnswer, .. } => "lost",
    }
}
