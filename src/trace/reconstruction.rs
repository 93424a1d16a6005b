//! What an observer is not told, found again from the replication's luck.

use std::collections::BTreeMap;

use super::MOST_EVENTS;
use super::event::{AttemptRecord, Offline, TraceEvent, What};
use super::recorder::Recorded;
use crate::rollout::{JobKind, RobotDeploymentStep, RobotEnd, RobotId};
use crate::simulation::{Draws, Passage, Replication, Stop, Timeline, Walk};
use crate::time::Time;

/// Where an event stands within its instant: what is told has its place, what comes first or directly after it another.
type Place = usize;

/// All events in the order of time, those told and those added, and when robots were offline. None if they are too
/// many.
pub fn complete(
    draws: &Draws<'_>,
    replication: &Replication,
    recorded: &mut Recorded,
) -> Option<(Vec<TraceEvent>, Vec<Offline>)> {
    let ended = replication.ended;
    let mut events: Vec<(Time, Place, TraceEvent)> = Vec::with_capacity(recorded.events.len());
    for (index, event) in recorded.events.iter().enumerate() {
        // The job that the campaign's end cuts off was told without an instant.
        let at = event.at.min(ended);
        events.push((at, told(index), TraceEvent { at, ..*event }));
    }
    for (index, event) in recorded.events.iter().enumerate() {
        let What::RobotStarted(attempt) = event.what else { continue };
        let group = draws.group(recorded.attempts[attempt].robot);
        if !group.delayed {
            steps(draws, attempt, &recorded.attempts[attempt], ended, index, &mut events);
        }
        if events.len() > MOST_EVENTS {
            return None;
        }
    }
    for attempt in &mut recorded.attempts {
        let failed = matches!(attempt.late.or(attempt.ended), Some((_, RobotEnd::Failed(_))));
        // Known already of a robot that is broken.
        let known = attempt.failed_at.filter(|_| failed);
        attempt.failed_at = known.or_else(|| failed_at(draws, attempt).filter(|_| failed));
    }
    let offline = offline_while_deploying(draws, recorded, ended, MOST_EVENTS - events.len().min(MOST_EVENTS))?;
    for Offline { attempt, from, until, returns } in &offline {
        let AttemptRecord { robot, started, .. } = recorded.attempts[*attempt];
        let mut add = |at, what| events.push((at, FIRST, TraceEvent { at, what }));
        if *from > started {
            add(*from, What::RobotOffline(robot));
        }
        if *returns {
            add(*until, What::RobotOnline(robot));
        }
    }
    // Stable, so that the steps of one attempt keep their order.
    events.sort_by_key(|(at, place, _)| (*at, *place));
    Some((events.into_iter().map(|(_, _, event)| event).collect(), offline))
}

/// The place of an event that was told as the `index`th.
fn told(index: usize) -> Place {
    2 * index + 1
}

/// Before all that is told of an instant: a robot goes on to its next step before anything ends.
const FIRST: Place = 0;

/// The step at which an attempt failed.
fn failed_at(draws: &Draws<'_>, attempt: &AttemptRecord) -> Option<RobotDeploymentStep> {
    let outcome = draws.outcome(attempt.robot, attempt.number);
    let steps = &draws.group(attempt.robot).steps;
    steps.iter().find(|step| draws.odds.step(step.place).failure(outcome).is_some()).map(|step| step.step)
}

/// The steps of an attempt that nothing delays (R7), until it ends.
fn steps(
    draws: &Draws<'_>,
    index: usize,
    attempt: &AttemptRecord,
    campaign_ended: Time,
    start: usize,
    events: &mut Vec<(Time, Place, TraceEvent)>,
) {
    let end = attempt.ended.map_or(campaign_ended, |(at, _)| at);
    let broken = match attempt.ended {
        Some((_, RobotEnd::Failed(code))) => attempt.failed_at.map(|step| (step, code)),
        _ => None,
    };
    let mut walk = Walk::new(draws, (attempt.robot, attempt.number), 0, attempt.started, None);
    while let Some(Passage { step, entered: at, until: whole }) = walk.pass(Time::NEVER) {
        let (whole, failure) = match broken {
            // Where it is broken it fails, whatever its luck.
            Some((at, code)) if at == step.step => (end, Some(code)),
            _ => (whole, walk.failure(step).filter(|_| whole <= end)),
        };
        let what = What::RobotStep { attempt: index, step: step.step, until: whole.min(end), failure };
        let place = if at == attempt.started { told(start) + 1 } else { FIRST };
        events.push((at, place, TraceEvent { at, what }));
        if failure.is_some() || whole > end {
            break;
        }
    }
}

/// When robots are offline while they deploy, or carry on after a timeout (R14). None if that is more often than
/// `most`.
fn offline_while_deploying(
    draws: &Draws<'_>,
    recorded: &Recorded,
    campaign_ended: Time,
    most: usize,
) -> Option<Vec<Offline>> {
    let attempts = &recorded.attempts;
    let ends = ends(recorded, campaign_ended);
    let mut timelines: Vec<Option<Timeline>> = Vec::new();
    let mut offline = Vec::new();
    for (index, attempt) in attempts.iter().enumerate() {
        let Some(plan) = &draws.group(attempt.robot).connectivity else { continue };
        let place = attempt.robot as usize;
        if timelines.len() <= place {
            timelines.resize(place + 1, None);
        }
        let timeline = timelines[place].get_or_insert_with(|| Timeline::new(plan, &draws.luck, attempt.robot));
        let end = ends[index];
        let mut from = attempt.started;
        timeline.advance(plan, from, Stop::NEVER);
        while from < end {
            let until = timeline.until().min(end);
            if !timeline.online() {
                offline.push(Offline { attempt: index, from, until, returns: timeline.until() <= end });
            }
            if timeline.until() >= end {
                break;
            }
            from = until;
            timeline.next(plan);
        }
        if offline.len() > most / 2 {
            return None;
        }
    }
    Some(offline)
}

/// Until when each attempt goes on, by itself after a timeout: until its late end, the robot's next start, or another
/// deployment (R14).
fn ends(recorded: &Recorded, campaign_ended: Time) -> Vec<Time> {
    let Recorded { attempts, jobs, .. } = recorded;
    let mut next_start: BTreeMap<RobotId, Time> = BTreeMap::new();
    let mut ends: Vec<Time> = Vec::with_capacity(attempts.len());
    for attempt in attempts.iter().rev() {
        let next = next_start.insert(attempt.robot, attempt.started).unwrap_or(campaign_ended);
        ends.push(match (attempt.late, attempt.ended) {
            (Some((at, _)), _) => at,
            (None, Some((at, RobotEnd::NoResponse))) => {
                let anew = jobs.iter().filter(|job| job.kind == JobKind::Deployment && job.created >= at);
                anew.map(|job| job.created).min().unwrap_or(campaign_ended).min(next)
            }
            (None, Some((at, _))) => at,
            (None, None) => campaign_ended,
        });
    }
    ends.reverse();
    ends
}
