//! Writes down what an observer is told.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::MOST_EVENTS;
use super::event::{AttemptRecord, TraceEvent, What};
use crate::rollout::{RobotEnd, RobotId, Schedule};
use crate::scenario::Scenario;
use crate::simulation::{self, JobRecord, Observer, Replication};
use crate::time::{Span, Time};

/// Calls that are lost to one job are told one by one up to this number.
const LOST_CALLS_TOLD: u64 = 1000;

/// No attempt; there are never so many.
const NONE: u32 = u32::MAX;

/// Keeps what it is told, in order.
#[derive(Debug)]
pub struct Recorder {
    recorded: Recorded,
    /// Each robot's latest attempt, or [`NONE`].
    latest: Vec<u32>,
    free_slots: BinaryHeap<Reverse<u32>>,
    slots: u32,
    /// The call that waits for its answer.
    call: Option<usize>,
    /// The time between calls, if they are made at fixed times.
    every: Option<Span>,
    job: u32,
    created: Time,
    failures: u32,
    too_long: bool,
}

/// The events, attempts and jobs of a replication, as its observer was told of them.
#[derive(Debug, Default)]
pub struct Recorded {
    /// In the order in which they were told, which is that of time but for the egress and lost calls.
    pub events: Vec<TraceEvent>,
    pub attempts: Vec<AttemptRecord>,
    pub jobs: Vec<JobRecord>,
}

impl Recorder {
    /// Nothing has happened yet to the scenario's robots.
    pub fn new(scenario: &Scenario) -> Recorder {
        let mut recorder = Recorder {
            recorded: Recorded::default(),
            latest: vec![NONE; scenario.fleet_size() as usize],
            free_slots: BinaryHeap::new(),
            slots: 0,
            call: None,
            every: match scenario.sync.schedule {
                Some(Schedule::Every(every)) => Some(every),
                _ => None,
            },
            job: 0,
            created: Time::ZERO,
            failures: 0,
            too_long: false,
        };
        recorder.push(Time::ZERO, What::CampaignBegan);
        recorder
    }

    /// Ends the recording; none if it has become too long.
    pub fn finish(mut self, replication: &Replication) -> Option<Recorded> {
        self.push(replication.ended, What::CampaignEnded(replication.outcome));
        (!self.too_long).then_some(self.recorded)
    }

    fn push(&mut self, at: Time, what: What) {
        if self.recorded.events.len() < MOST_EVENTS {
            self.recorded.events.push(TraceEvent { at, what });
        } else {
            self.too_long = true;
        }
    }

    fn latest(&mut self, robot: RobotId) -> Option<(usize, &mut AttemptRecord)> {
        let index = self.latest[robot as usize] as usize;
        Some((index, self.recorded.attempts.get_mut(index)?))
    }

    fn calls_lost(&mut self, count: u64) {
        let Some(every) = self.every.map(Span::micros) else { return };
        // The first multiple after the call that made the job.
        let first = self.created.micros() / every + 1;
        let instant = |index: u64| Time::from_micros((first + index) * every);
        if count <= LOST_CALLS_TOLD {
            for index in 0..count {
                self.push(instant(index), What::CallsLost { count: 1, until: instant(index) });
            }
        } else {
            self.push(instant(0), What::CallsLost { count, until: instant(count - 1) });
        }
    }

    fn robot_started(&mut self, now: Time, robot: RobotId, attempt: u32) {
        let slot = self.free_slots.pop().map_or(self.slots, |Reverse(slot)| slot);
        self.slots = self.slots.max(slot + 1);
        let index = self.recorded.attempts.len();
        self.push(now, What::RobotStarted(index));
        if !self.too_long {
            self.latest[robot as usize] = index as u32;
            self.recorded.attempts.push(AttemptRecord {
                robot,
                number: attempt,
                job: self.job,
                slot,
                started: now,
                progressed: None,
                ended: None,
                late: None,
                failed_at: None,
            });
        }
    }
}

impl Observer for Recorder {
    fn see(&mut self, now: Time, event: &simulation::Event<'_>) {
        use simulation::Event as Seen;
        match *event {
            Seen::CallMade { kind, call, attempt } => {
                self.call = Some(self.recorded.events.len());
                self.push(now, What::Call { kind, call, attempt, answer: None });
            }
            Seen::CallAnswered(told) => {
                let event = self.call.take().and_then(|index| self.recorded.events.get_mut(index));
                if let Some(TraceEvent { what: What::Call { answer, .. }, .. }) = event {
                    *answer = Some(told);
                }
            }
            Seen::CallsLost(count) => self.calls_lost(count),
            Seen::JobCreated { number, kind, targets } => {
                (self.job, self.created, self.failures) = (number, now, 0);
                self.push(now, What::JobCreated { job: number, kind, targets });
                if targets > 0 {
                    self.push(now, What::JobPreparing(number));
                }
            }
            Seen::JobBegan => self.push(now, What::JobInProgress(self.job)),
            Seen::RobotStarted { robot, attempt } => self.robot_started(now, robot, attempt),
            Seen::RobotProgressed(robot) => {
                let Some((index, attempt)) = self.latest(robot) else { return };
                attempt.progressed = Some(now);
                if now > attempt.started {
                    self.push(now, What::RobotBegan(index));
                }
            }
            Seen::RobotBroken { robot, step } => {
                if let Some((_, attempt)) = self.latest(robot) {
                    attempt.failed_at = Some(step);
                }
            }
            Seen::RobotEnded { robot, end, .. } => {
                self.failures += u32::from(matches!(end, RobotEnd::Failed(_) | RobotEnd::NoResponse));
                let Some((index, attempt)) = self.latest(robot) else { return };
                attempt.ended = Some((now, end));
                let slot = attempt.slot;
                self.free_slots.push(Reverse(slot));
                self.push(now, What::RobotEnded(index));
            }
            Seen::RobotEndedLate { robot, end } => {
                let Some((index, attempt)) = self.latest(robot) else { return };
                attempt.late = Some((now, end));
                self.push(now, What::RobotEndedLate(index));
            }
            Seen::RobotRegistered { robot, .. } => {
                self.latest.push(NONE);
                self.push(now, What::RobotRegistered(robot));
            }
            Seen::EgressChanged(rate) => self.push(now, What::Egress(rate)),
            Seen::JobHalted => self.push(now, What::JobHalted { job: self.job, failures: self.failures }),
            Seen::JobOver(job) => {
                let index = self.recorded.jobs.len();
                self.recorded.jobs.push(*job);
                // A job that the end of the campaign cuts off is over then.
                let at = job.ended.unwrap_or(Time::NEVER);
                self.push(at, What::JobOver(index));
            }
        }
    }
}
