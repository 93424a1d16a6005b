//! What holds of every campaign, whatever the rules in between: checked on what an observer is told.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use rollcast::rollout::{
    Again, CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, JobKind, OnBreach, Progress, RobotEnd, RobotId,
    Schedule, StartOrder,
};
use rollcast::scenario::Scenario;
use rollcast::simulation::{Campaign, JobRecord, Plan, Replication};
use rollcast::time::{Span, Time};

use super::history::{Happening, Recorder, simulate};
use super::scenarios::{self, Rhythm, Sketch, config, deployment, group, sketch, sync};
use super::worlds::World;

/// A campaign as an observer saw it.
struct Seen {
    scenario: Scenario,
    replication: Replication,
    happenings: Vec<Happening>,
}

/// One job's part of a campaign, from its creation on.
struct Job<'a> {
    happenings: &'a [Happening],
    record: JobRecord,
}

impl Job<'_> {
    /// Whether a robot starts, and so ends, at the very instant at which the job ends: after the calls of that instant
    /// (R1).
    fn starts_as_it_ends(&self) -> bool {
        self.happenings.iter().any(|happening| match happening {
            Happening::RobotStarted { now, .. } => self.record.ended == Some(*now),
            _ => false,
        })
    }
}

impl Seen {
    fn new(sketch: &Sketch) -> Seen {
        let scenario = sketch.scenario();
        let plan = Plan::new(&scenario);
        let (replication, happenings) = simulate(&plan, plan.controller.clone(), sketch.seed, 0);
        Seen { scenario, replication, happenings }
    }

    /// F.
    fn fleet_size(&self) -> u32 {
        self.scenario.fleet_size()
    }

    /// c, by R4.
    fn slots(&self) -> u32 {
        (self.fleet_size()
            * self.scenario.deployment.rules.robo_maker().expect("RoboMaker").concurrent_deployment_percentage()
            / 100)
            .max(1)
    }

    /// Each job: created, in the end over, nothing in between that belongs to another.
    fn jobs(&self) -> Vec<Job<'_>> {
        let is_creation = |happening: &Happening| matches!(happening, Happening::JobCreated { .. });
        let mut creations: Vec<usize> =
            (0..self.happenings.len()).filter(|i| is_creation(&self.happenings[*i])).collect();
        assert_eq!(creations.first(), Some(&0), "nothing happens before the first job");
        creations.push(self.happenings.len());
        let job = |bounds: &[usize]| match &self.happenings[bounds[0]..bounds[1]] {
            [happenings @ .., Happening::JobOver(record)] => Job { happenings, record: *record },
            other => panic!("the job is not over in the end: {other:?}"),
        };
        creations.windows(2).map(job).collect()
    }

    fn attempts(&self) -> BTreeMap<(RobotId, u32), (Span, RobotEnd)> {
        let mut attempts = BTreeMap::new();
        let mut numbers = BTreeMap::new();
        for happening in &self.happenings {
            match *happening {
                Happening::RobotStarted { robot, attempt, .. } => _ = numbers.insert(robot, attempt),
                Happening::RobotEnded { now, robot, started, end } => {
                    attempts.insert((robot, numbers[&robot]), (now - started, end));
                }
                _ => {}
            }
        }
        attempts
    }
}

/// When it happened; for a job's end, when the campaign ended unless the job says so itself.
fn instant(happening: &Happening, campaign_ended: Time) -> Time {
    match *happening {
        Happening::JobCreated { now, .. }
        | Happening::JobBegan { now }
        | Happening::RobotStarted { now, .. }
        | Happening::RobotEnded { now, .. }
        | Happening::RobotEndedLate { now, .. }
        | Happening::RobotRegistered { now, .. }
        | Happening::EgressChanged { since: now, .. }
        | Happening::JobBreached { now } => now,
        Happening::JobOver(job) => job.ended.unwrap_or(campaign_ended),
    }
}

proptest! {
    #![proptest_config(config(1000))]

    /// R1.
    #[test]
    fn time_never_goes_back(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let instants: Vec<Time> =
            seen.happenings.iter().map(|happening| instant(happening, seen.replication.ended)).collect();
        prop_assert!(instants.is_sorted());
        prop_assert!(instants.iter().all(|instant| *instant <= seen.replication.ended));
        prop_assert!(seen.scenario.sync.horizon.is_none_or(|horizon| seen.replication.ended <= Time::ZERO + horizon));
    }

    /// R2, R3, R7 to R10: counted again from the events, every target ends in one way, is in flight when the horizon
    /// strikes, or was not attempted.
    #[test]
    fn the_counts_of_a_job_are_those_of_its_events(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let mut in_sync = BTreeSet::new();
        for (number, job) in (0..).zip(seen.jobs()) {
            let kind = if number == 0 { JobKind::Deployment } else { JobKind::Sync };
            let fleet_size = seen.fleet_size();
            let mut count = Progress { fleet_size, targets: fleet_size - in_sync.len() as u32, ..Progress::default() };
            let created = Happening::JobCreated { now: job.record.created, number, kind, targets: count.targets };
            prop_assert_eq!(job.happenings[0], created);
            let mut last_robot_ended = None;
            let mut began = None;
            let mut halted = false;
            for happening in job.happenings {
                match *happening {
                    Happening::JobBegan { now } => began = Some(now),
                    Happening::RobotStarted { .. } => {
                        prop_assert!(began.is_some(), "R5: robots start in progress");
                        count.started += 1;
                        count.in_flight += 1;
                        count.peak_in_flight = count.peak_in_flight.max(count.in_flight);
                    }
                    Happening::RobotEnded { now, robot, end, .. } => {
                        count.in_flight -= 1;
                        last_robot_ended = Some(now);
                        match end {
                            RobotEnd::InSync => {
                                count.succeeded += 1;
                                in_sync.insert(robot);
                            }
                            RobotEnd::Failed(_) => count.failed += 1,
                            RobotEnd::NoResponse => count.no_response += 1,
                            RobotEnd::Aborted => count.aborted += 1,
                        }
                    }
                    Happening::JobBreached { .. } => halted = true,
                    _ => {}
                }
            }
            let record = job.record;
            prop_assert_eq!(record.progress, count);
            prop_assert_eq!((record.number, record.kind, record.halted()), (number, kind, halted));
            prop_assert_eq!((record.began, record.last_robot_ended), (began, last_robot_ended));
            prop_assert!(record.ended.is_none() || count.in_flight == 0);
            let ended = count.succeeded + count.robots_failed() + count.no_response;
            prop_assert_eq!(ended + count.in_flight + count.not_attempted(), count.targets);
        }
        prop_assert_eq!(seen.replication.first_job, Some(seen.jobs()[0].record));
        prop_assert_eq!(seen.replication.jobs as usize, seen.jobs().len());
    }

    /// R4: never more than c at once; and none idle while targets wait and the job goes on.
    #[test]
    fn the_slots_are_full_and_never_more(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        for job in seen.jobs() {
            let mut in_flight = 0;
            let mut waiting = job.record.progress.targets;
            let mut halted = false;
            for (happening, next) in job.happenings.iter().zip(&job.happenings[1..]) {
                match happening {
                    Happening::RobotStarted { .. } => {
                        in_flight += 1;
                        waiting -= 1;
                    }
                    Happening::RobotEnded { .. } => in_flight -= 1,
                    Happening::JobBreached { .. } => halted = true,
                    _ => {}
                }
                prop_assert!(in_flight <= seen.slots());
                let now = instant(happening, seen.replication.ended);
                let time_goes_on = instant(next, seen.replication.ended) > now;
                if time_goes_on && job.record.began.is_some_and(|began| began <= now) && !halted {
                    prop_assert!(in_flight == seen.slots() || waiting == 0, "an idle slot at {now:?}");
                }
            }
        }
    }

    /// R6: in registration order, or each job in some order of its targets.
    #[test]
    fn robots_start_in_order(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let mut stale: BTreeSet<RobotId> = (0..seen.fleet_size()).collect();
        for job in seen.jobs() {
            let starts: Vec<RobotId> = job.happenings.iter().filter_map(|happening| match happening {
                Happening::RobotStarted { robot, .. } => Some(*robot),
                _ => None,
            }).collect();
            if seen.scenario.deployment.start_order == StartOrder::Registration {
                let first: Vec<RobotId> = stale.iter().copied().take(starts.len()).collect();
                prop_assert_eq!(&starts, &first);
            }
            let distinct: BTreeSet<RobotId> = starts.iter().copied().collect();
            prop_assert_eq!(distinct.len(), starts.len(), "a robot starts once in a job");
            prop_assert!(distinct.is_subset(&stale), "a robot that is InSync starts again");
            for happening in job.happenings {
                if let Happening::RobotEnded { robot, end: RobotEnd::InSync, .. } = happening {
                    stale.remove(robot);
                }
            }
        }
    }

    /// R7: every start has one end, unless the horizon cuts it off; attempts are counted from 0 over the campaign.
    #[test]
    fn a_robot_ends_once_in_each_attempt(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let mut attempts = vec![0; seen.fleet_size() as usize];
        let mut deploying = BTreeMap::new();
        for happening in &seen.happenings {
            match *happening {
                Happening::RobotStarted { now, robot, attempt } => {
                    prop_assert_eq!(attempt, attempts[robot as usize]);
                    attempts[robot as usize] += 1;
                    prop_assert_eq!(deploying.insert(robot, now), None, "robot {} starts while deploying", robot);
                }
                Happening::RobotEnded { robot, started, .. } => {
                    prop_assert_eq!(deploying.remove(&robot), Some(started));
                }
                Happening::JobOver(job) if job.ended.is_some() => prop_assert!(deploying.is_empty()),
                _ => {}
            }
        }
        prop_assert!(deploying.is_empty() || seen.replication.outcome == CampaignOutcome::Horizon);
    }

    /// R8: nobody deploys longer than the robot timeout, and those who are ended by it have taken all of it.
    #[test]
    fn the_robot_timeout_bounds_every_attempt(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let timeout = seen.scenario.deployment.robot_deployment_timeout;
        for (duration, end) in seen.attempts().into_values() {
            prop_assert!(duration <= timeout);
            prop_assert!(end != RobotEnd::NoResponse || duration == timeout);
        }
    }

    /// R9: the breach comes with the ending that meets the threshold, nothing starts any more, the job ends as breached
    /// unless its fleet timeout strikes first, and fewer failures than slots come on top.
    #[test]
    fn a_breach_halts_its_job(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let deployment = &seen.scenario.deployment;
        for job in seen.jobs() {
            let threshold = deployment.rules.robo_maker().expect("RoboMaker").failure_threshold_percentage() * seen.fleet_size();
            let breaches = |failures: u32| 100 * failures >= threshold;
            let mut failures = 0;
            let mut breach = None;
            for (i, happening) in job.happenings.iter().enumerate() {
                match *happening {
                    Happening::RobotEnded { now, end, .. } => {
                        let counts = matches!(end, RobotEnd::Failed(_) | RobotEnd::NoResponse);
                        failures += u32::from(counts);
                        if let Some(breach) = breach && deployment.rules.robo_maker().expect("RoboMaker").on_breach() == OnBreach::Abort {
                            prop_assert_eq!((now, end), (breach, RobotEnd::Aborted));
                        }
                        prop_assert!(end != RobotEnd::Aborted || breach == Some(now) || job.record.ended == Some(now));
                        // All endings of an instant are counted before the breach is judged, and then it is.
                        let next = job.happenings.get(i + 1);
                        let another = matches!(next, Some(Happening::RobotEnded { now: next, .. }) if *next == now);
                        if !another && breach.is_none() && breaches(failures) {
                            prop_assert_eq!(next, Some(&Happening::JobBreached { now }));
                        }
                    }
                    Happening::JobBreached { now } => {
                        prop_assert!(breaches(failures), "a breach by {} failures", failures);
                        prop_assert_eq!(breach.replace(now), None, "a job breaches once");
                    }
                    Happening::RobotStarted { now, .. } => {
                        prop_assert_eq!(breach, None, "a robot starts at {:?} after the breach", now);
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(job.record.halted(), breach.is_some());
            if breach.is_some() {
                let limit = threshold.div_ceil(100);
                prop_assert!(failures - limit < seen.slots(), "an overshoot of {}", failures - limit);
                let timed_out = job.record.failure_code == Some(DeploymentJobErrorCode::FleetDeploymentTimeout);
                prop_assert!(timed_out || job.record.ended.is_none()
                    || job.record.failure_code == Some(DeploymentJobErrorCode::FailureThresholdBreached));
            }
        }
    }

    /// R5, R10, R11: how a job stands in the end follows from its times and counts.
    #[test]
    fn a_job_ends_by_its_timeout_its_breach_or_its_last_robot(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        for Job { record, .. } in seen.jobs() {
            let timeout = record.began.map(|began| began + seen.scenario.deployment.fleet_deployment_timeout);
            let Some(ended) = record.ended else {
                prop_assert_eq!(record.failure_code, None);
                let status = record.began.map_or(DeploymentStatus::Preparing, |_| DeploymentStatus::InProgress);
                prop_assert_eq!(record.status, status);
                prop_assert_eq!(record.makespan(), None);
                continue;
            };
            prop_assert!(Some(ended) <= timeout);
            prop_assert_eq!(record.makespan(), record.last_robot_ended.map(|last| last - record.began.unwrap()));
            let progress = record.progress;
            let status = match record.failure_code {
                None => {
                    prop_assert_eq!((record.halted(), progress.not_attempted(), progress.aborted), (false, 0, 0));
                    DeploymentStatus::Succeeded
                }
                Some(code) => {
                    let timed_out = code == DeploymentJobErrorCode::FleetDeploymentTimeout;
                    prop_assert!(timed_out || record.halted());
                    // An ending at exactly the timeout counts, so there was more to do.
                    prop_assert!(!timed_out || Some(ended) == timeout);
                    prop_assert!(!timed_out || progress.aborted > 0 || progress.not_attempted() > 0);
                    DeploymentStatus::Failed
                }
            };
            prop_assert_eq!(record.status, status);
        }
    }

    /// R12: the calls, those in vain, and the outcome.
    #[test]
    fn the_operator_keeps_the_schedule(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let policy = &seen.scenario.sync;
        let replication = &seen.replication;
        let jobs = seen.jobs();
        let mut in_vain = 0;
        for (i, job) in jobs.iter().enumerate() {
            let until = job.record.ended.unwrap_or(replication.ended);
            let previous = i.checked_sub(1).map(|i| jobs[i].record.ended.expect("jobs do not overlap"));
            match (policy.schedule, previous) {
                (_, None) => prop_assert_eq!(job.record.created, Time::ZERO),
                (None, Some(_)) => prop_assert!(false, "a second job without a schedule"),
                (Some(Schedule::AfterFinish(delay)), Some(previous)) => {
                    prop_assert_eq!(job.record.created, previous + delay);
                }
                (Some(Schedule::Every(every)), Some(previous)) => {
                    prop_assert_eq!(job.record.created.micros() % every.micros(), 0);
                    // Calls met the job before until it ended, and at that instant if it still had a robot to start.
                    let job_before = &jobs[i - 1];
                    let in_vain = |call: u64| match call.cmp(&previous.micros()) {
                        Ordering::Less => true,
                        Ordering::Equal => job_before.starts_as_it_ends(),
                        Ordering::Greater => false,
                    };
                    prop_assert!(!in_vain(job.record.created.micros()));
                    // The multiple before was in vain, or it made the job before.
                    let before = job.record.created.micros() - every.micros();
                    prop_assert!(in_vain(before) || before == job_before.record.created.micros());
                }
            }
            if let Some(Schedule::Every(every)) = policy.schedule && i + 1 < policy.max_jobs as usize {
                let mut call = job.record.created + every;
                while call < until || call == until && job.starts_as_it_ends() {
                    in_vain += 1;
                    call = call + every;
                }
            }
        }
        prop_assert_eq!(replication.concurrent_deployment_exceptions, in_vain);
        prop_assert!(jobs.len() <= policy.max_jobs as usize);

        // Every job but the last left the operator a reason to go on; the last one decides, in R12's order.
        let mut in_sync = 0;
        for (i, Job { record, .. }) in jobs.iter().enumerate() {
            in_sync += record.progress.succeeded;
            let timed_out = record.failure_code == Some(DeploymentJobErrorCode::FleetDeploymentTimeout);
            let outcome = if record.ended.is_none() {
                Some(CampaignOutcome::Horizon)
            } else if in_sync == seen.fleet_size() {
                Some(CampaignOutcome::InSync)
            } else if record.halted() && policy.on_halt == Again::Stop {
                Some(CampaignOutcome::Halted)
            } else if timed_out && policy.on_timeout == Again::Stop {
                Some(CampaignOutcome::TimedOut)
            } else {
                (i + 1 == policy.max_jobs as usize).then_some(CampaignOutcome::MaxJobs)
            };
            if i + 1 < jobs.len() {
                prop_assert_eq!(outcome, None);
            } else {
                prop_assert_eq!(replication.outcome, outcome.unwrap_or(CampaignOutcome::Horizon));
                if outcome.is_some_and(|outcome| outcome != CampaignOutcome::Horizon) {
                    prop_assert_eq!(record.ended, Some(replication.ended));
                } else {
                    prop_assert_eq!(policy.horizon.map(|horizon| Time::ZERO + horizon), Some(replication.ended));
                }
            }
        }
    }

    /// What the planner loses, summed up robot by robot.
    #[test]
    fn the_time_lost_is_that_of_the_robots(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let ended = seen.replication.ended;
        let (mut out_of_service, mut down, mut peak) = (0, 0, 0);
        let mut deploying_since = BTreeMap::new();
        let mut down_since = BTreeMap::new();
        let length = |from: Time, to: Time| u128::from((to - from).micros());
        for happening in &seen.happenings {
            match *happening {
                Happening::RobotStarted { now, robot, .. } => {
                    deploying_since.insert(robot, now);
                    down_since.entry(robot).or_insert(now);
                    peak = peak.max(down_since.len() as u32);
                }
                Happening::RobotEnded { now, robot, end, .. } => {
                    out_of_service += length(deploying_since.remove(&robot).unwrap(), now);
                    if end == RobotEnd::InSync {
                        down += length(down_since.remove(&robot).unwrap(), now);
                    }
                }
                _ => {}
            }
        }
        out_of_service += deploying_since.into_values().map(|since| length(since, ended)).sum::<u128>();
        down += down_since.into_values().map(|since| length(since, ended)).sum::<u128>();
        prop_assert_eq!(seen.replication.out_of_service, out_of_service);
        prop_assert_eq!(seen.replication.down, down);
        prop_assert_eq!(seen.replication.peak_robots_down, peak);
    }

    /// A replication is a pure function: of who watches, of what ran before it in the same memory.
    #[test]
    fn a_replication_depends_on_nothing_else(sketch in sketch()) {
        let seen = Seen::new(&sketch);
        let plan = Plan::new(&seen.scenario);
        let going_on = AtomicBool::new(false);
        let mut campaign = Campaign::new(&plan, plan.controller.clone());
        let unwatched = campaign.run(sketch.seed, 0, &going_on, ());
        prop_assert_eq!(unwatched.as_ref(), Some(&seen.replication));
        let other = campaign.run(sketch.seed, 1, &going_on, ());
        let mut pair = (Recorder::default(), Recorder::default());
        prop_assert_eq!(campaign.run(sketch.seed, 0, &going_on, &mut pair), unwatched);
        prop_assert_eq!(&pair.0.0, &seen.happenings);
        prop_assert_eq!(&pair.1.0, &seen.happenings);
        prop_assert_eq!(Some(simulate(&plan, plan.controller.clone(), sketch.seed, 1).0), other);
    }
}

/// Common random numbers: another policy, and more robots behind, leave each robot its luck.
#[test]
fn the_luck_is_the_same_under_another_policy() {
    let compared = Cell::new(0);
    let timed_out = Cell::new(0);
    let cases = (sketch(), deployment(Rhythm::Free), sync(Rhythm::Free), proptest::option::of(group(Rhythm::Free)));
    let result = TestRunner::new(config(1000)).run(&cases, |(sketch, deployment, sync, group)| {
        let mut other = Sketch { deployment, sync, ..sketch.clone() };
        other.groups.extend(group);
        let (one, other) = (Seen::new(&sketch), Seen::new(&other));
        let others = other.attempts();
        for (attempt, (duration, end)) in one.attempts() {
            let Some((other_duration, other_end)) = others.get(&attempt).copied() else { continue };
            match (end, other_end) {
                (RobotEnd::Aborted, _) | (_, RobotEnd::Aborted) => {}
                (RobotEnd::NoResponse, RobotEnd::NoResponse) => {}
                // Who did not respond in time would have taken longer than that.
                (RobotEnd::NoResponse, _) => {
                    timed_out.set(timed_out.get() + 1);
                    prop_assert!(duration < other_duration);
                }
                (_, RobotEnd::NoResponse) => prop_assert!(other_duration < duration),
                _ => {
                    compared.set(compared.get() + 1);
                    prop_assert_eq!((duration, end), (other_duration, other_end), "robot and attempt {:?}", attempt);
                }
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(compared.get() > 5000, "only {} attempts were compared", compared.get());
    assert!(timed_out.get() > 100, "only {} attempts without response were compared", timed_out.get());
}

/// A scenario of 30 robots with one step; each job follows a second after the one before, whatever became of that.
fn launches(latency: &str, failure: &str, start_order: Option<&'static str>, max_jobs: u32) -> Sketch {
    Sketch {
        seed: 7,
        deployment: scenarios::Deployment {
            concurrency: 100,
            threshold: 100,
            robot_timeout: None,
            fleet_timeout: None,
            start_order,
            on_breach: None,
            preparing: None,
        },
        groups: vec![scenarios::Group {
            robots: 30,
            pace: None,
            steps: vec![scenarios::Step {
                name: "launching",
                latency: latency.to_owned(),
                hang: None,
                failure: Some(failure.to_owned()),
            }],
        }],
        sync: Some(scenarios::Sync {
            schedule: Some(("after_finish", 1)),
            max_jobs,
            horizon: None,
            on_halt: Some("retry"),
            on_timeout: Some("retry"),
        }),
        world: World::default(),
    }
}

/// R6: another permutation for each job and each replication.
#[test]
fn shuffled_jobs_start_in_orders_of_their_own() {
    let mut orders = BTreeSet::new();
    for seed in 0..4 {
        let sketch = Sketch { seed, ..launches("{ constant = \"1s\" }", "1", Some("shuffled"), 3) };
        for job in Seen::new(&sketch).jobs() {
            let starts = job.happenings.iter().filter_map(|happening| match happening {
                Happening::RobotStarted { robot, .. } => Some(*robot),
                _ => None,
            });
            orders.insert(starts.collect::<Vec<RobotId>>());
        }
    }
    assert_eq!(orders.len(), 12, "3 jobs under 4 seeds");
}

/// R12: every robot has draws of its own in each attempt, and they differ between replications.
#[test]
fn every_attempt_draws_afresh() {
    let latency = "{ exponential = { mean = \"30s\" } }";
    let mut durations = BTreeSet::new();
    for seed in 0..4 {
        let attempts = Seen::new(&Sketch { seed, ..launches(latency, "1", None, 3) }).attempts();
        assert_eq!(attempts.len(), 90);
        durations.extend(attempts.into_values().map(|(duration, _)| duration));
    }
    assert!(durations.len() > 355, "of 360 attempts only {} durations differ", durations.len());
    // Who fails is drawn afresh, too: with one half each, all are in sync in the end.
    let halves = Seen::new(&launches(latency, "0.5", None, 40));
    assert_eq!(halves.replication.outcome, CampaignOutcome::InSync);
}

/// A campaign that was cancelled in the middle leaves nothing behind to the next one in the same memory.
#[test]
fn a_cancelled_campaign_leaves_nothing_behind() {
    // Enough endings at instants of their own that the engine looks at the flag.
    let mut sketch = launches("{ exponential = { mean = \"1h\" } }", "0", None, 2);
    sketch.groups[0].robots = 40_000;
    sketch.deployment.concurrency = 50;
    let plan = Plan::new(&sketch.scenario());
    let mut campaign = Campaign::new(&plan, plan.controller.clone());
    assert_eq!(campaign.run(0, 0, &AtomicBool::new(true), ()), None);
    let after = campaign.run(0, 1, &AtomicBool::new(false), ()).expect("nobody cancels it");
    assert_eq!(after, simulate(&plan, plan.controller.clone(), 0, 1).0);
}
