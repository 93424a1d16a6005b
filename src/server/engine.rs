//! The account in real time: calls come at any instant, and time goes on between them, piece by piece.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::account::Account;
use super::clock::{Clock, Speed};
use super::journal::{Journal, MOST_TURNS, Record, ReplayError};
use super::protocol::{self, Operation, Refusal, Reply};
use crate::rollout::{DeploymentJobErrorCode, RobotId};
use crate::time::{Span, Time};

/// How long time passes at most while nobody else may look, but for one instant: that takes as long as it takes.
const PIECE: Duration = Duration::from_millis(1);
/// How many instants pass before it is looked at the watch.
const TURNS_AT_ONCE: u64 = 32;

/// The account and the clock.
#[derive(Debug)]
pub struct Engine {
    account: Account,
    clock: Clock,
    clock_changed: bool,
    journal: Option<Journal>,
    /// How far the journal knows that the account has come.
    recorded: Passed,
    /// What has come since the account was written down.
    since: SinceSaved,
}

/// What has come since the account was written down.
#[derive(Clone, Copy, Debug, Default)]
struct SinceSaved {
    records: u64,
    /// How many turns there had been then.
    turns: u64,
}

/// So many records, or turns, are enough that a server writes its account down when it ends.
const WORTH_SAVING: u64 = 1000;

/// How far time has come: the instant, and how many turns there have been.
type Passed = (Time, u64);

/// What can be done to a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injection {
    /// Its deployment fails, or else its next one: with this code, or that of its step.
    Fail(Option<DeploymentJobErrorCode>),
    /// It is offline until it is told to be online.
    Offline,
    /// It is online again, as far as its own connectivity lets it.
    Online,
}

impl Injection {
    /// What the journal and the protocol call it.
    fn name(self) -> &'static str {
        match self {
            Injection::Fail(_) => "fail",
            Injection::Offline => "offline",
            Injection::Online => "online",
        }
    }
}

/// What is left of a step: time that passes without a wait.
#[derive(Clone, Copy, Debug)]
pub enum TimeStep {
    /// So many instants at which something happens.
    Events(u64),
    /// As much time as lies before this instant.
    Until(Time),
}

impl Engine {
    /// An account whose time goes on from where it is.
    pub fn new(account: Account, speed: Speed, paused: bool, journal: Option<Journal>) -> Engine {
        let clock = Clock::new(account.now(), Instant::now(), speed, paused);
        let recorded = (account.now(), account.turns());
        Engine {
            account,
            clock,
            clock_changed: false,
            journal,
            recorded,
            since: SinceSaved { records: 0, turns: recorded.1 },
        }
    }

    /// How many records have to be on the disk before what is seen now may be shown; none without a journal.
    pub fn written(&mut self) -> Option<u64> {
        // Where nothing happens time itself is seen: clocks, and how far robots have got in their steps.
        if self.recorded != self.passed() {
            self.record(Record::Seen { at: self.account.now().micros() });
        }
        self.journal.as_ref().map(Journal::written)
    }

    /// Ends the journal, with the present instant.
    pub fn close(&mut self) {
        self.record(Record::Seen { at: self.account.now().micros() });
        if self.since.records.max(self.account.turns() - self.since.turns) > WORTH_SAVING {
            self.save();
        }
        self.journal = None;
    }

    fn record(&mut self, record: Record) {
        self.recorded = self.passed();
        let Some(journal) = &mut self.journal else { return };
        journal.add(record);
        self.since.records += 1;
        if journal.take_overgrown() || self.account.turns() - self.since.turns > MOST_TURNS {
            self.save();
        }
    }

    /// Has the account written down as it is, so that what has led to it need not be repeated.
    fn save(&mut self) {
        self.since = SinceSaved { records: 0, turns: self.account.turns() };
        if let Some(journal) = &mut self.journal {
            journal.save(self.account.save());
        }
    }

    fn passed(&self) -> Passed {
        (self.account.now(), self.account.turns())
    }

    /// The account as it is at the instant at which it was brought up last.
    pub fn account(&mut self) -> &mut Account {
        &mut self.account
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the clock was changed since the last time.
    pub fn take_clock_changed(&mut self) -> bool {
        std::mem::take(&mut self.clock_changed)
    }

    /// The instant to which the account has to be brought before somebody looks at it.
    pub fn shown(&self) -> Time {
        // Where time jumps the present instant may have turns to come: calls come after them.
        if self.clock.jumps() { self.account.now() } else { self.clock.now(Instant::now()) }
    }

    /// Lets time pass until `until`, for a while: whether it has come so far.
    pub fn pass(&mut self, until: Time) -> bool {
        let begun = Instant::now();
        while self.account.advance(until, TURNS_AT_ONCE) == TURNS_AT_ONCE {
            if begun.elapsed() >= PIECE {
                return false;
            }
        }
        true
    }

    /// Carries out a call.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn call(&mut self, operation: Operation, input: &Value) -> Result<Reply, Refusal> {
        let at = self.account.now().micros();
        let answer = protocol::call(&mut self.account, operation, input);
        let changed = match &answer {
            Ok(answer) => answer.changed,
            Err(refusal) => matches!(refusal, Refusal::Counted(_)),
        };
        if changed {
            self.record(Record::Call { at, operation: operation.name().to_owned(), input: input.clone() });
        }
        answer
    }

    /// Changes the speed, or pauses, or goes on.
    pub fn set_clock(&mut self, speed: Option<Speed>, paused: Option<bool>) {
        let speed = speed.unwrap_or(self.clock.speed());
        let paused = paused.unwrap_or(self.clock.paused());
        self.restart_clock(speed, paused);
    }

    /// A step that lets so much time pass from now on.
    pub fn step_for(&self, span: Span) -> TimeStep {
        TimeStep::Until((self.account.now() + span).min(Time::MAX))
    }

    /// Takes a piece of a step: how many instants there were at which something happened, and whether the step is over.
    pub fn step(&mut self, step: &mut TimeStep) -> (u64, bool) {
        let before = self.account.turns();
        let over = match step {
            TimeStep::Until(until) => self.pass(*until),
            TimeStep::Events(left) => self.pass_events(left),
        };
        self.restart_clock(self.clock.speed(), self.clock.paused());
        (self.account.turns() - before, over)
    }

    fn pass_events(&mut self, left: &mut u64) -> bool {
        let begun = Instant::now();
        while *left > 0 {
            let due = self.account.next_due();
            if due > Time::MAX {
                return true;
            }
            if begun.elapsed() >= PIECE {
                return false;
            }
            *left -= self.account.advance(due, 1);
        }
        true
    }

    /// Does something to a robot, by its name or its ARN; none if there is no such robot.
    pub fn inject(&mut self, robot: &str, injection: Injection) -> Option<RobotId> {
        let id = self.account.robot_called(robot)?;
        let arn = self.account.robot_of(id)?.arn.to_string();
        let at = self.account.now().micros();
        let code = match injection {
            Injection::Fail(code) => {
                self.account.fail_robot(id, code);
                code.map(|code| code.as_str().to_owned())
            }
            Injection::Offline | Injection::Online => {
                self.account.force_offline(id, injection == Injection::Offline);
                None
            }
        };
        self.record(Record::Inject { at, robot: arn, fault: injection.name().to_owned(), code });
        Some(id)
    }

    /// Does again what a journal says. `stopped` is asked now and then while time passes.
    ///
    /// # Errors
    /// * [`ReplayError::Unfit`]: the record does not fit the account.
    /// * [`ReplayError::Interrupted`]: `stopped` said so.
    pub fn replay(account: &mut Account, record: &Record, stopped: impl Fn() -> bool) -> Result<(), ReplayError> {
        let (Record::Seen { at } | Record::Call { at, .. } | Record::Inject { at, .. }) = record else {
            return Err(ReplayError::Unfit(String::from("an account begins once")));
        };
        let at = Time::from_micros(*at);
        if at < account.now() {
            return Err(ReplayError::Unfit(String::from("time goes back")));
        }
        while account.advance(at, TURNS_AT_ONCE) == TURNS_AT_ONCE {
            if stopped() {
                return Err(ReplayError::Interrupted);
            }
        }
        Engine::redo(account, record).map_err(ReplayError::Unfit)
    }

    /// Does what a record says at the present instant.
    fn redo(account: &mut Account, record: &Record) -> Result<(), String> {
        match record {
            Record::Call { operation, input, .. } => {
                let known = Operation::from_name(operation);
                let operation = known.ok_or_else(|| format!("there is no operation {operation}"))?;
                match protocol::call(account, operation, input) {
                    Ok(_) | Err(Refusal::Counted(_)) => {}
                    Err(refusal) => return Err(format!("{} is refused: {}", operation.name(), refusal.message())),
                }
            }
            Record::Inject { robot, fault, code, .. } => {
                let id = account.robot_called(robot).ok_or_else(|| format!("there is no robot {robot}"))?;
                match fault.as_str() {
                    "fail" => {
                        let code = code.as_deref().map(|code| {
                            DeploymentJobErrorCode::from_name(code).ok_or_else(|| format!("there is no code {code}"))
                        });
                        account.fail_robot(id, code.transpose()?);
                    }
                    "offline" | "online" => account.force_offline(id, fault == "offline"),
                    other => return Err(format!("there is no fault {other}")),
                }
            }
            Record::Beginning(_) | Record::Seen { .. } => {}
        }
        Ok(())
    }

    fn restart_clock(&mut self, speed: Speed, paused: bool) {
        self.clock.set(self.account.now(), Instant::now(), speed, paused);
        self.clock_changed = true;
    }

    /// Lets time go on as the clock says, for a while: how long it may rest then; none if something has to happen
    /// first.
    pub fn go_on(&mut self) -> Option<Duration> {
        if self.clock.jumps() {
            let mut all = u64::MAX;
            return if self.pass_events(&mut all) { None } else { Some(Duration::ZERO) };
        }
        if !self.pass(self.clock.now(Instant::now())) {
            return Some(Duration::ZERO);
        }
        let due = self.account.next_due();
        self.clock.wait(Instant::now(), due)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::{Luck, Purpose, Stream};
    use crate::scenario::Scenario;
    use crate::server::account::tests::{account, scenario};
    use crate::server::journal::{Beginning, Entry, JournalFile};
    use crate::server::view;

    /// Robots that go offline and share downloads, robots that register, calls that go wrong.
    const SCENARIO: &str = r#"
        name = "all"
        [deployment]
        concurrent_deployment_percentage = 40
        failure_threshold_percentage = 60
        robot_deployment_timeout = "4m"
        [download]
        bundle_size = "60MB"
        egress = "50Mbit/s"
        [[group]]
        name = "a"
        robots = 8
        [group.connectivity]
        online = { exponential = { mean = "3m" } }
        offline = { exponential = { mean = "1m" } }
        [group.registrations]
        interarrival = { exponential = { mean = "10m" } }
        max = 5
        [group.step.validating]
        latency = { exponential = { mean = "5s" } }
        failure = 0.1
        [group.step.downloading_extracting]
        latency = { exponential = { mean = "10s" } }
        [[group]]
        name = "b"
        robots = 4
        [group.step.launching]
        latency = { exponential = { mean = "2m" } }
        hang = 0.1
        failure = { probability = 0.2, persistent = 0.5, repair = { exponential = { mean = "10m" } } }
        [api]
        throttle = 0.1
        internal_error = 0.1
        lost_answer = 0.2
    "#;

    fn pick<'a>(stream: &mut Stream, names: &'a [String]) -> &'a str {
        &names[stream.bits() as usize % names.len()]
    }

    /// One of many things that somebody may do, right or wrong: its record, if that has changed anything.
    fn disturb(engine: &mut Engine, stream: &mut Stream) -> Option<Record> {
        let at = engine.account().now().micros();
        let account = engine.account();
        let fleets: Vec<String> = account.all_fleets().map(|(_, fleet)| fleet.arn.to_string()).collect();
        let robots = (0..40).filter_map(|id| account.robot_of(id)).map(|robot| robot.arn.to_string());
        let robots: Vec<String> = robots.chain([String::from("arn:none")]).collect();
        let applications = protocol::call(account, Operation::ListRobotApplications, &json!({})).expect("a list");
        let applications: Value = serde_json::from_slice(&applications.json().expect("JSON")).expect("JSON");
        let application = applications["robotApplicationSummaries"][0]["arn"].clone();
        let jobs = protocol::call(account, Operation::ListDeploymentJobs, &json!({})).expect("a list");
        let jobs: Value = serde_json::from_slice(&jobs.json().expect("JSON")).expect("JSON");
        let number = stream.bits() % 30;
        let token = format!("token-{}", stream.bits() % 60);
        let (operation, input) = match stream.bits() % 16 {
            0 => (Operation::CreateFleet, json!({ "name": format!("f-{number}") })),
            1 if fleets.len() > 1 => (Operation::DeleteFleet, json!({ "fleet": fleets[fleets.len() - 1] })),
            2 => (
                Operation::CreateRobot,
                json!({
                    "name": format!("r-{number}"), "architecture": "ARM64", "greengrassGroupId": "g",
                    "tags": { "group": "b" },
                }),
            ),
            3 => (Operation::DeleteRobot, json!({ "robot": pick(stream, &robots) })),
            4 | 5 => {
                (Operation::RegisterRobot, json!({ "robot": pick(stream, &robots), "fleet": pick(stream, &fleets) }))
            }
            6 => {
                (Operation::DeregisterRobot, json!({ "robot": pick(stream, &robots), "fleet": pick(stream, &fleets) }))
            }
            7 | 8 => {
                let launch = json!({ "packageName": "p", "launchFile": "l" });
                let config = json!({ "application": application, "applicationVersion": "1", "launchConfig": launch });
                let fleet = pick(stream, &fleets);
                let input =
                    json!({ "fleet": fleet, "clientRequestToken": token, "deploymentApplicationConfigs": [config] });
                (Operation::CreateDeploymentJob, input)
            }
            9..=11 => {
                (Operation::SyncDeploymentJob, json!({ "fleet": pick(stream, &fleets), "clientRequestToken": token }))
            }
            12 => {
                let jobs = jobs["deploymentJobs"].as_array().map_or(0, Vec::len);
                let last = format!("{}", jobs.saturating_sub(1));
                (Operation::CancelDeploymentJob, json!({ "job": format!("arn:{last}") }))
            }
            13 => {
                let fault = [Injection::Fail(None), Injection::Offline, Injection::Online];
                let (robot, fault) = (pick(stream, &robots), fault[stream.bits() as usize % 3]);
                engine.inject(robot, fault)?;
                return Some(Record::Inject {
                    at,
                    robot: robot.to_owned(),
                    fault: fault.name().to_owned(),
                    code: None,
                });
            }
            14 => {
                let tags = json!({ "k": token });
                (Operation::TagResource, json!({ "resourceArn": pick(stream, &robots), "tags": tags }))
            }
            _ => {
                let active = jobs["deploymentJobs"].as_array().and_then(|jobs| {
                    jobs.iter().rev().find(|job| job["status"] == "InProgress").map(|job| job["arn"].clone())
                });
                (Operation::CancelDeploymentJob, json!({ "job": active.unwrap_or_else(|| "arn:none".into()) }))
            }
        };
        let changed = match engine.call(operation, &input) {
            Ok(reply) => reply.changed,
            Err(refusal) => matches!(refusal, Refusal::Counted(_)),
        };
        changed.then(|| Record::Call { at, operation: operation.name().to_owned(), input })
    }

    fn step(engine: &mut Engine, mut step: TimeStep) {
        while !engine.step(&mut step).1 {}
    }

    fn step_for(engine: &mut Engine, span: Span) {
        let wanted = engine.step_for(span);
        step(engine, wanted);
    }

    fn seen(engine: &mut Engine) -> (String, Vec<u8>, u64) {
        let state = serde_json::to_string(&view::state(engine)).expect("JSON");
        let jobs = protocol::call(engine.account(), Operation::ListDeploymentJobs, &json!({})).expect("a list");
        (state, jobs.json().expect("JSON"), engine.account().turns())
    }

    /// Whatever somebody does, the journal makes the same account again; and it goes on in the same way. An account
    /// that was written down and read back is the one that what has led to it makes.
    #[test]
    fn a_journal_makes_the_account_again() {
        let scenario = scenario(SCENARIO);
        let (mut records, mut jobs, mut saves) = (0, 0, 0);
        for seed in 0..20 {
            let folder = tempfile::tempdir().expect("a folder");
            let (mut file, _) = JournalFile::open(folder.path(), |_| Ok(())).expect("a journal");
            let beginning = file.begin(Beginning::new(String::from("all"), seed, 0));
            let (mut journal, writer, _) = Journal::new(file);
            journal.add(beginning);
            let mut engine = Engine::new(account(&scenario, seed), Speed::Max, true, Some(journal));
            let mut stream = Luck::new(seed, 1).robot(0, 0, Purpose::Call);
            // Another one, which is written down and read back now and then, and nothing of it is repeated.
            let mut kept = account(&scenario, seed);
            let mut everything = Vec::new();
            for _ in 0..120 {
                match stream.bits() % 3 {
                    0 => step(&mut engine, TimeStep::Events(1 + stream.bits() % 5)),
                    1 => step_for(&mut engine, Span::from_micros(stream.bits() % 60_000_000)),
                    _ => {}
                }
                if let Some(record) = disturb(&mut engine, &mut stream) {
                    Engine::replay(&mut kept, &record, || false).expect("it fits");
                    everything.push(record);
                }
                engine.written();
                if seed % 2 == 0 && stream.bits().is_multiple_of(40) {
                    engine.save();
                }
                if stream.bits().is_multiple_of(10) {
                    kept = resumed(&scenario, seed, &mut kept);
                    saves += 1;
                }
            }
            engine.close();
            writer.run(|trouble| panic!("{trouble}")).expect("it is written");
            let before = seen(&mut engine);
            let now = engine.account().now();

            let mut again = account(&scenario, seed);
            let (_, opened) = JournalFile::open(folder.path(), |entry| match entry {
                Entry::Record(Record::Beginning(_)) => Ok(()),
                Entry::Record(record) => Engine::replay(&mut again, &record, || false),
                Entry::Account(saved) => again.resume(&saved).map_err(ReplayError::Unfit),
            })
            .expect("it fits");
            let end = Record::Seen { at: now.micros() };
            Engine::replay(&mut kept, &end, || false).expect("it fits");
            let mut replayed = account(&scenario, seed);
            everything.push(end);
            everything.iter().for_each(|record| Engine::replay(&mut replayed, record, || false).expect("it fits"));
            let written = written_down(&mut replayed);
            for (mut other, how) in
                [(again, "from the journal"), (kept, "read back"), (engine.account().clone(), "itself")]
            {
                assert_eq!(written_down(&mut other), written, "seed {seed}, {how}");
                let mut other = Engine::new(other, Speed::Max, true, None);
                assert_eq!(seen(&mut other), before, "seed {seed}, {how}");
                step_for(&mut other, Span::from_secs(3600));
                let mut later = Engine::new(replayed.clone(), Speed::Max, true, None);
                step_for(&mut later, Span::from_secs(3600));
                assert_eq!(seen(&mut other), seen(&mut later), "seed {seed}, {how}, later");
            }
            records += opened.records;
            jobs += engine.account().active_job_count() + before.1.len() / 400;
        }
        assert!(records > 300 && jobs > 40 && saves > 100, "{records} records, {jobs} jobs, {saves} times");
    }

    fn written_down(account: &mut Account) -> String {
        serde_json::to_string(&account.save()).expect("JSON")
    }

    /// An account that was written down and read back.
    fn resumed(scenario: &Scenario, seed: u64, before: &mut Account) -> Account {
        let mut after = account(scenario, seed);
        after.resume(written_down(before).as_bytes()).expect("it fits");
        after
    }
}
