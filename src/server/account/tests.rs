//! The account against the simulation: the same calls at the same instants make the same robots do the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::{Account, JOBS_EXPIRE_AFTER, Settings};
use crate::control_plane::{ExceptionCode, Resources};
use crate::random::Luck;
use crate::rollout::{
    CampaignOutcome, DeploymentJobErrorCode, DeploymentStatus, Fault, JobKind, RobotEnd, RobotId, RobotStatus,
    SyncPolicy,
};
use crate::scenario::Scenario;
use crate::server::protocol::{self, Operation, Refusal};
use crate::simulation::{Answer, Campaign, Event, JobRecord, Observer, Plan, Replication, Timeline};
use crate::time::{Span, Time};

/// What the simulation does with one robot in one job: when it starts, and when and how it ends.
type Attempts = BTreeMap<(u32, RobotId), (Time, Option<(Time, RobotEnd)>)>;

#[derive(Default)]
struct Recorded {
    calls: Vec<(Time, JobKind, u32)>,
    answers: Vec<Option<Answer>>,
    attempts: Attempts,
    late: Vec<(Time, RobotId, RobotEnd)>,
    registered: Vec<(Time, RobotId)>,
    jobs: Vec<JobRecord>,
    number: u32,
}

impl Observer for Recorded {
    fn see(&mut self, now: Time, event: &Event<'_>) {
        match *event {
            Event::CallMade { kind, call, .. } => {
                self.calls.push((now, kind, call));
                self.answers.push(None);
            }
            Event::CallAnswered(answer) => *self.answers.last_mut().expect("a call") = Some(answer),
            Event::JobCreated { number, .. } => self.number = number,
            Event::RobotStarted { robot, .. } => _ = self.attempts.insert((self.number, robot), (now, None)),
            Event::RobotEnded { robot, end, .. } => {
                self.attempts.get_mut(&(self.number, robot)).expect("it has started").1 = Some((now, end));
            }
            Event::RobotEndedLate { robot, end } => self.late.push((now, robot, end)),
            Event::RobotRegistered { robot, .. } => self.registered.push((now, robot)),
            Event::JobOver(job) => self.jobs.push(*job),
            _ => {}
        }
    }
}

pub fn scenario(text: &str) -> Scenario {
    Scenario::parse(text, "test.toml", Path::new("."), &[]).map_err(|problems| problems.render(false)).expect("right")
}

pub fn account(scenario: &Scenario, seed: u64) -> Account {
    let sync = SyncPolicy { horizon: None, ..scenario.sync.clone() };
    let plan = Box::leak(Box::new(Plan::new(&Scenario { sync, ..scenario.clone() })));
    Account::new(scenario, plan, Settings { seed, epoch: 1_577_836_800_000, max_active_jobs: 20 })
}

/// Breaks an account: it has lost which robots are in its fleet. Whoever starts one panics in the middle of it.
pub fn lose_members(account: &mut Account) {
    account.fleets.get_mut(account.home).expect("the scenario's fleet").members.clear();
}

/// The input of a call of the operator on the account's own fleet and application.
fn input(account: &Account, kind: JobKind, token: &str) -> (Operation, Value) {
    let fleet = account.all_fleets().next().expect("a fleet").1.arn.to_string();
    match kind {
        JobKind::Sync => (Operation::SyncDeploymentJob, json!({ "fleet": fleet, "clientRequestToken": token })),
        JobKind::Deployment => {
            let application = account.applications.iter().next().expect("an application").arn.to_string();
            let application = json!({
                "application": application,
                "applicationVersion": "1",
                "launchConfig": { "packageName": "p", "launchFile": "l" },
            });
            let input = json!({
                "fleet": fleet,
                "clientRequestToken": token,
                "deploymentApplicationConfigs": [application],
            });
            (Operation::CreateDeploymentJob, input)
        }
    }
}

/// Simulates replication 0, and has the account do the same.
fn agree(scenario: &Scenario, seed: u64) -> (Recorded, Replication) {
    let plan = Plan::new(scenario);
    let mut recorded = Recorded::default();
    let mut campaign = Campaign::new(&plan, plan.controller.clone());
    let replication = campaign.run(seed, 0, &AtomicBool::new(false), &mut recorded).expect("nobody cancels it");

    let mut account = account(scenario, seed);
    for ((at, kind, call), answer) in recorded.calls.iter().zip(&recorded.answers) {
        account.advance(*at, u64::MAX);
        let (operation, input) = input(&account, *kind, &format!("call-{call}"));
        let answered = protocol::call(&mut account, operation, &input);
        let refused = |refusal: &Refusal| refusal.name();
        match (answer, &answered) {
            (Some(Answer::Job(_)), Ok(answered)) => assert!(!answered.lost),
            (Some(Answer::None { fault: Fault::LostAnswer, .. }), Ok(answered)) => assert!(answered.lost),
            // The answer that is lost may be a refusal; the account says so all the same.
            (Some(Answer::None { fault: Fault::LostAnswer, .. }), Err(refusal)) => {
                assert_eq!(refused(refusal), "ConcurrentDeploymentException");
            }
            (Some(Answer::Refused), Err(refusal)) => assert_eq!(refused(refusal), "ConcurrentDeploymentException"),
            (Some(Answer::None { fault: Fault::Throttled, .. }), Err(refusal)) => {
                assert_eq!(refused(refusal), "ThrottlingException");
            }
            (Some(Answer::None { fault: Fault::InternalError, .. }), Err(refusal)) => {
                assert_eq!(refused(refusal), "InternalServerException");
            }
            other => panic!("at {at:?}: {other:?}"),
        }
    }
    account.advance(replication.ended, u64::MAX);
    compare(&account, &recorded, &replication);
    (recorded, replication)
}

fn compare(account: &Account, recorded: &Recorded, replication: &Replication) {
    let ended = replication.ended;
    let before_end = |at: &Time| *at < ended;
    let jobs: Vec<_> = account.jobs.from(0).collect();
    assert_eq!(jobs.len(), recorded.jobs.len());
    for ((number, job), record) in jobs.iter().zip(&recorded.jobs) {
        let number = *number as u32;
        assert_eq!((job.created, job.origin.kind), (record.created, record.kind));
        // A job that the campaign's end cuts off goes on here.
        if record.ended.is_some() {
            assert_eq!(
                (job.ended_at(), job.status, job.failure_code),
                (record.ended, record.status, record.failure_code)
            );
            assert_eq!(
                (job.progress, job.limits, job.halt.as_deref().copied()),
                (record.progress, record.limits, record.halt)
            );
        }
        for target in job.robots.iter() {
            let simulated = recorded.attempts.get(&(number, target.robot));
            let started = simulated.map(|(started, _)| *started);
            assert_eq!(target.started.filter(before_end), started.filter(before_end), "robot {}", target.robot);
            let end = simulated.and_then(|(_, end)| *end);
            assert_eq!(target.finished.filter(before_end), end.map(|(at, _)| at).filter(before_end));
            if let Some((at, end)) = end {
                assert_eq!(
                    (target.finished, target.status, target.failure_code),
                    (Some(at), end.status(), end.failure_code())
                );
            }
        }
        let started = recorded.attempts.keys().filter(|(of, _)| *of == number);
        assert!(started.clone().all(|(_, robot)| job.robots.iter().any(|target| target.robot == *robot)));
    }
    for (at, robot) in &recorded.registered {
        let robot = account.robot_of(*robot).expect("it has registered");
        assert_eq!(robot.created, *at);
    }
    // At the end what happened last to each robot is its state, unless it has started again at the campaign's last
    // instant.
    let mut last: BTreeMap<RobotId, (Time, RobotEnd)> = BTreeMap::new();
    let ends = recorded.attempts.iter().filter_map(|((_, robot), (_, end))| Some((*robot, (*end)?)));
    for (robot, end) in ends.chain(recorded.late.iter().map(|(at, robot, end)| (*robot, (*at, *end)))) {
        let latest = last.entry(robot).or_insert(end);
        if end.0 >= latest.0 {
            *latest = end;
        }
    }
    let flying =
        |robot: &RobotId| recorded.attempts.iter().any(|((_, other), (_, end))| other == robot && end.is_none());
    for (robot, (_, end)) in last.iter().filter(|(robot, _)| !flying(robot)) {
        let status = account.robot_status(account.robot_of(*robot).expect("a robot"));
        let again = matches!(status, RobotStatus::Deploying | RobotStatus::PendingNewDeployment);
        assert!(status == end.status() || again && replication.outcome != CampaignOutcome::InSync, "{robot}: {status}");
    }
}

/// All scenarios that come with the program: every part of the world.
#[test]
fn robots_do_what_they_do_in_the_simulation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut met = (0, 0, 0, 0);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let scenario = Scenario::load(path, &[]).map_err(|_| path).expect("right");
        if scenario.most_robots() > 20_000 {
            continue;
        }
        for seed in [scenario.seed, scenario.seed + 1, 7] {
            let (recorded, replication) = agree(&scenario, seed);
            met.0 += recorded.jobs.len();
            met.1 += recorded.late.len();
            met.2 += recorded.registered.len();
            met.3 += replication.download.map_or(0, |downloaded| usize::from(downloaded.bytes > 0));
        }
    }
    assert!(met.0 > 30 && met.1 > 0 && met.2 > 0 && met.3 > 0, "jobs, late ends, registrations, downloads: {met:?}");
}

/// Everything at once, on a fleet that is small enough to try many seeds.
#[test]
fn robots_do_what_they_do_in_the_simulation_where_everything_goes_wrong() {
    let mut faults = 0;
    const HOURLY: &str = r#"windows = [{ every = "1h", offset = "2m", duration = "25m" }]"#;
    const MAINTENANCE: &str = r#"
            [group.maintenance]
            windows = [{ from = "00:10", to = "01:00" }, { every = "20m", duration = "6m" }]
            at_end = "pause"
    "#;
    const OUTAGE: &str = r#"
            [[outage]]
            groups = ["b"]
            interval = { exponential = { mean = "15m" } }
            duration = { exponential = { mean = "3m" } }
    "#;
    for (on_breach, start_order, windows, maintenance, outage) in [
        ("drain", "registration", "", "", ""),
        ("abort", "shuffled", "", "", ""),
        ("drain", "shuffled", HOURLY, MAINTENANCE, OUTAGE),
    ] {
        let scenario = scenario(&format!(
            r#"
            name = "all"
            [deployment]
            concurrent_deployment_percentage = 30
            failure_threshold_percentage = 40
            robot_deployment_timeout = "4m"
            fleet_deployment_timeout = "20m"
            on_breach = "{on_breach}"
            start_order = "{start_order}"
            preparing = {{ exponential = {{ mean = "20s" }} }}
            {windows}
            [download]
            bundle_size = "60MB"
            egress = "50Mbit/s"
            [[group]]
            name = "a"
            robots = 12
            [group.connectivity]
            online = {{ exponential = {{ mean = "3m" }} }}
            offline = {{ exponential = {{ mean = "1m" }} }}
            {windows}
            [group.download]
            uplink = "20Mbit/s"
            link = {{ uniform = {{ min = "5Mbit/s", max = "15Mbit/s" }} }}
            [group.registrations]
            interarrival = {{ exponential = {{ mean = "10m" }} }}
            max = 5
            [group.step.validating]
            latency = {{ exponential = {{ mean = "5s" }} }}
            failure = 0.1
            [group.step.downloading_extracting]
            latency = {{ exponential = {{ mean = "10s" }} }}
            failure = {{ probability = {{ beta = {{ mean = 0.2, concentration = 5 }} }} }}
            [group.step.launching]
            latency = {{ shift = "5s", exponential = {{ mean = "30s" }} }}
            hang = 0.05
            failure = {{ probability = 0.05, persistent = 0.5 }}
            [[group]]
            name = "b"
            robots = 8
            architecture = "ARM64"
            pace = {{ sigma = 0.3 }}
            {maintenance}
            [group.step.launching]
            latency = {{ exponential = {{ mean = "2m" }} }}
            failure = {{ probability = 0.1, persistent = 0.7, repair = {{ exponential = {{ mean = "20m" }} }} }}
            {outage}
            [[build]]
            name = "good"
            weight = 1
            [[build]]
            name = "heavy"
            weight = 1
            bundle_size = "90MB"
            hang = {{ "b.launching" = 0.1 }}
            [api]
            throttle = 0.2
            internal_error = 0.1
            lost_answer = 0.2
            [sync]
            schedule = {{ every = "7m" }}
            max_jobs = 12
            horizon = "6h"
            on_halt = "retry"
            on_timeout = "retry"
            "#
        ));
        for seed in 0..60 {
            let (_, replication) = agree(&scenario, seed);
            let api = replication.api.expect("calls go wrong");
            faults += api.throttled + api.internal_errors + api.lost_answers;
        }
    }
    assert!(faults > 200, "{faults}");
}

/// R19 as the API has it: those in flight are aborted, the others stay as they were, and the next job takes all up
/// again.
#[test]
fn a_canceled_job_leaves_its_robots_to_the_next_one() {
    let scenario = scenario(PLAIN);
    let mut account = account(&scenario, 1);
    let job = deploy(&mut account, JobKind::Deployment, "a");
    account.advance(Time::from_micros(30_000_000), u64::MAX);
    account.cancel(&job).expect("it is active");
    assert!(!account.cancel(&job).expect("again"), "nothing happens");
    let counts = account.robots_by_status();
    assert_eq!((counts[RobotStatus::Failed as usize], counts[RobotStatus::PendingNewDeployment as usize]), (2, 8));
    let row = account.job(&job).expect("it is there");
    assert_eq!(
        (row.status, row.failure_code, row.ended_at()),
        (DeploymentStatus::Canceled, None, Some(Time::from_micros(30_000_000)))
    );
    let codes = row.robots.iter().filter_map(|robot| robot.failure_code);
    assert!(codes.eq([DeploymentJobErrorCode::RobotDeploymentAborted; 2]));
    account.advance(Time::from_micros(3_600_000_000), u64::MAX);
    assert_eq!(account.robots_by_status(), counts, "nothing goes on");

    let job = deploy(&mut account, JobKind::Sync, "b");
    account.advance(Time::from_micros(7_200_000_000), u64::MAX);
    let row = account.job(&job).expect("it is there");
    assert_eq!((row.status, row.robots.len()), (DeploymentStatus::Succeeded, 10));
    let refused = account.cancel(&job).expect_err("it has ended");
    assert_eq!(refused.code(), ExceptionCode::InvalidParameter);
}

#[test]
fn robots_that_leave_free_their_slots() {
    let scenario = scenario(PLAIN);
    let mut account = account(&scenario, 1);
    let fleet = account.all_fleets().next().expect("a fleet").1.arn.to_string();
    let job = deploy(&mut account, JobKind::Deployment, "a");
    account.advance(Time::from_micros(30_000_000), u64::MAX);
    let arn = |account: &Account, name: &str| {
        let id = account.robot_called(name).expect("a robot");
        account.robot_of(id).expect("a robot").arn.to_string()
    };
    let (deploying, pending) = (arn(&account, "a-1"), arn(&account, "a-5"));
    account.deregister_robot(&fleet, &deploying).expect("it is there");
    assert!(account.delete_robot(&pending));
    assert_eq!(account.robot_status(account.robot(&deploying).expect("a robot").1), RobotStatus::Available);
    let third = account.robot_called("a-3").expect("a robot");
    assert_eq!(account.robot_status(account.robot_of(third).expect("a robot")), RobotStatus::Deploying, "at once");
    assert_eq!(account.register_robot(&fleet, &deploying), Ok(true), "it is a new robot to the fleet");
    account.advance(Time::from_micros(3_600_000_000), u64::MAX);
    let row = account.job(&job).expect("it is there");
    assert_eq!((row.status, row.progress.fleet_size, row.progress.succeeded), (DeploymentStatus::Succeeded, 10, 8));
    assert_eq!((row.progress.left, row.progress.withdrawn), (1, 1));
    let sync = deploy(&mut account, JobKind::Sync, "b");
    assert_eq!(account.job(&sync).expect("it is there").robots.len(), 1, "the one that came back");
    account.advance(Time::from_micros(7_200_000_000), u64::MAX);
    assert_eq!(account.robots_by_status()[RobotStatus::InSync as usize], 9);
    assert!(account.delete_fleet(&fleet));
    assert_eq!(account.robots_by_status()[RobotStatus::Available as usize], 9);
}

/// A deployment lasts ten seconds in Validating and fifty in Launching: an outage delays the first, and the report of
/// the second.
#[test]
fn outages_delay_what_needs_a_connection() {
    let second = |seconds: u64| Time::from_micros(seconds * 1_000_000);
    // When the robot is taken offline and back, and when and how its deployment ends.
    for (outages, ended, status) in [
        (&[][..], 60, RobotStatus::InSync),
        (&[(5, 25)], 80, RobotStatus::InSync),
        (&[(5, 25), (28, 38)], 90, RobotStatus::InSync),
        (&[(20, 50)], 60, RobotStatus::InSync),
        (&[(20, 75)], 75, RobotStatus::InSync),
        (&[(0, 30)], 90, RobotStatus::InSync),
        (&[(5, 1000)], 600, RobotStatus::NoResponse),
        (&[(20, 1000)], 600, RobotStatus::NoResponse),
        (&[(0, 1000)], 600, RobotStatus::NoResponse),
    ] {
        let scenario = scenario(&PLAIN.replace("robots = 10", "robots = 1"));
        let mut account = account(&scenario, 1);
        let job = deploy(&mut account, JobKind::Deployment, "a");
        for (from, until) in outages {
            account.advance(second(*from), u64::MAX);
            account.force_offline(0, true);
            account.force_offline(0, true);
            assert!(account.forced_offline(0));
            account.advance(second(*until), u64::MAX);
            account.force_offline(0, false);
            assert!(!account.forced_offline(0));
        }
        account.advance(second(3600), u64::MAX);
        let target = account.job(&job).expect("it is there").robots[0];
        assert_eq!((target.finished, target.status), (Some(second(ended)), status), "{outages:?}");
        let now = account.robot_status(account.robot_of(0).expect("a robot"));
        assert_eq!(now, RobotStatus::InSync, "a robot that did not respond carries on when it is back: {outages:?}");
    }
}

/// Robots that are taken offline and back by hand, exactly when others are by their own connectivity, deploy as those
/// do. Downloads share the origin, so an instant that is wrong for one robot changes the others' too.
#[test]
fn outages_by_hand_are_like_connectivity() {
    const CONNECTIVITY: &str =
        "[group.connectivity]\nonline = { constant = \"100s\" }\noffline = { constant = \"40s\" }\n";
    let text = format!(
        r#"
        name = "twins"
        [deployment]
        concurrent_deployment_percentage = 50
        failure_threshold_percentage = 100
        [download]
        bundle_size = "60MB"
        egress = "20Mbit/s"
        [[group]]
        name = "a"
        robots = 12
        {CONNECTIVITY}
        [group.download]
        link = {{ uniform = {{ min = "2Mbit/s", max = "15Mbit/s" }} }}
        [group.step.validating]
        latency = {{ exponential = {{ mean = "30s" }} }}
        failure = 0.1
        [group.step.downloading_extracting]
        latency = {{ exponential = {{ mean = "20s" }} }}
        failure = 0.1
        [group.step.launching]
        latency = {{ exponential = {{ mean = "60s" }} }}
        "#
    );
    let mut changes = 0;
    for seed in 0..40 {
        let (own, by_hand) = (scenario(&text), scenario(&text.replace(CONNECTIVITY, "")));
        let plan = Plan::new(&own);
        let connectivity = plan.group(0).connectivity.as_ref().expect("it has");
        let luck = Luck::new(seed, 0);
        let mut instants: Vec<(Time, RobotId, bool)> = Vec::new();
        for robot in 0..12 {
            let mut timeline = Timeline::new(connectivity, &luck, robot);
            instants.push((Time::ZERO, robot, !timeline.online()));
            while timeline.until() < Time::from_micros(3_600_000_000) {
                let at = timeline.until();
                timeline.next(connectivity);
                instants.push((at, robot, !timeline.online()));
            }
        }
        instants.sort_unstable();
        let mut twin = account(&by_hand, seed);
        let mut job = None;
        for (at, robot, offline) in instants {
            if at > Time::ZERO && job.is_none() {
                job = Some(deploy(&mut twin, JobKind::Deployment, "a"));
            }
            twin.advance(at, u64::MAX);
            changes += u32::from(offline != twin.forced_offline(robot));
            twin.force_offline(robot, offline);
        }
        let mut original = account(&own, seed);
        let other = deploy(&mut original, JobKind::Deployment, "a");
        original.advance(twin.now(), u64::MAX);
        let ends = |account: &mut Account, job: &str| {
            let job = account.job(job).expect("it is there");
            let ends = job.robots.iter().map(|robot| (robot.started, robot.finished, robot.status, robot.failure_code));
            (job.ended_at(), job.status, ends.collect::<Vec<_>>())
        };
        let ended = ends(&mut original, &other);
        assert!(ended.0.is_some(), "an hour is enough");
        assert_eq!(ends(&mut twin, &job.expect("a job")), ended, "seed {seed}");
    }
    assert!(changes > 1000, "{changes}");
}

#[test]
fn a_robot_fails_when_somebody_wants_it_to() {
    let scenario = scenario(PLAIN);
    let mut account = account(&scenario, 1);
    account.fail_robot(4, Some(DeploymentJobErrorCode::BadPermissionError));
    let job = deploy(&mut account, JobKind::Deployment, "a");
    account.advance(Time::from_micros(30_000_000), u64::MAX);
    account.fail_robot(0, None);
    account.advance(Time::from_micros(3_600_000_000), u64::MAX);
    let robots = &account.job(&job).expect("it is there").robots;
    let failed = |id: usize| (robots[id].finished.expect("an end").micros(), robots[id].failure_code);
    assert_eq!(
        failed(0),
        (30_000_000, Some(DeploymentJobErrorCode::MissingRobotDeploymentResource)),
        "while it launches"
    );
    let started = robots[4].started.expect("a start").micros();
    assert_eq!(failed(4), (started + 10_000_000, Some(DeploymentJobErrorCode::BadPermissionError)), "after Validating");
    assert_eq!(robots.iter().filter(|robot| robot.status == RobotStatus::InSync).count(), 8);
    deploy(&mut account, JobKind::Sync, "b");
    account.advance(Time::from_micros(7_200_000_000), u64::MAX);
    assert_eq!(account.robots_by_status()[RobotStatus::InSync as usize], 10, "once");
}

#[test]
fn jobs_expire_after_ninety_days() {
    let scenario = scenario(PLAIN);
    let mut account = account(&scenario, 1);
    let job = deploy(&mut account, JobKind::Deployment, "a");
    let last = Time::ZERO + JOBS_EXPIRE_AFTER;
    account.advance(last, u64::MAX);
    assert!(account.job(&job).is_ok());
    let fleet = account.all_fleets().next().expect("a fleet").1.arn.to_string();
    assert!(account.has_deployment(&fleet));
    account.advance(last + Span::from_micros(1), u64::MAX);
    assert!(!account.has_deployment(&fleet));
    assert!(account.job(&job).is_err());
    let (operation, sync) = input(&account, JobKind::Sync, "b");
    let refused = protocol::call(&mut account, operation, &sync).expect_err("there is nothing to synchronize to");
    assert_eq!(refused.name(), "ResourceNotFoundException");
    let again = deploy(&mut account, JobKind::Deployment, "a");
    assert_ne!(again, job, "the token is free again");
}

/// Ten robots, two at a time: ten seconds of Validating, fifty of Launching.
const PLAIN: &str = r#"
name = "plain"
[deployment]
concurrent_deployment_percentage = 20
failure_threshold_percentage = 100
robot_deployment_timeout = "10m"
[[group]]
name = "a"
robots = 10
[group.step.validating]
latency = { constant = "10s" }
[group.step.launching]
latency = { constant = "50s" }
"#;

/// Has the account's own fleet deploy: the ARN of the job.
fn deploy(account: &mut Account, kind: JobKind, token: &str) -> String {
    let (operation, input) = input(account, kind, token);
    let answer = protocol::call(account, operation, &input).expect("a job");
    let answer: Value = serde_json::from_slice(&answer.json().expect("JSON")).expect("JSON");
    answer["arn"].as_str().expect("an ARN").to_owned()
}
