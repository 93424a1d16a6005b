//! Worlds whose numbers are counted by hand: so that an error that both models share shows, too.

use rollcast::random::Luck;
use rollcast::rollout::{CallCounts, CampaignOutcome, JobKind, RobotEnd};
use rollcast::simulation::{Downloaded, Plan, Timeline};
use rollcast::time::{Span, Time};

use super::history::{Attempt, History, engine, parse};
use super::reference;

const OPEN: &str = "name = \"counted\"\n\
    [deployment]\nconcurrent_deployment_percentage = 100\nfailure_threshold_percentage = 100\n";

/// Both models on a replication of a scenario.
fn both(text: &str, index: u32) -> History {
    let scenario = parse(text);
    let history = engine(&scenario, 0, index);
    assert_eq!(history, reference::run(&scenario, 0, index).beside(&history));
    history
}

/// A group of robots that launch.
fn group(name: &str, robots: u32, seconds: u32, failure: u32) -> String {
    format!(
        "[[group]]\nname = \"{name}\"\nrobots = {robots}\n\
         [group.step.launching]\nlatency = {{ constant = \"{seconds}s\" }}\nfailure = {failure}\n"
    )
}

/// A group of robots that do nothing but download.
fn downloading(name: &str, robots: u32, caps: &str) -> String {
    format!(
        "[[group]]\nname = \"{name}\"\nrobots = {robots}\n\
         [group.step.downloading_extracting]\nlatency = {{ constant = \"0s\" }}\n[group.download]\n{caps}\n"
    )
}

fn at(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}

/// When the robots of the first group ended, if they got in sync.
fn in_sync(history: &History) -> Vec<Option<Time>> {
    let in_sync =
        |attempt: &Attempt| attempt.ended.filter(|(_, end)| *end == RobotEnd::InSync).map(|(instant, _)| instant);
    history.robots.iter().map(|attempts| attempts.last().and_then(in_sync)).collect()
}

/// R1, R13: who registers at the instant of a call is a target of its job.
#[test]
fn robots_register_with_calls() {
    let arrivals = "[group.registrations]\ninterarrival = { constant = \"15s\" }\nmax = 2\n";
    let sync = "[sync]\nschedule = { every = \"15s\" }\nmax_jobs = 9\n";
    let history = both(&[OPEN, &group("a", 1, 10, 0), arrivals, sync].concat(), 0);
    assert_eq!(history.registrations, [at(15), at(30)]);
    let jobs: Vec<_> =
        history.jobs.iter().map(|job| (job.created, job.progress.fleet_size, job.progress.targets)).collect();
    assert_eq!(jobs, [(at(0), 1, 1), (at(15), 2, 1), (at(30), 3, 1)]);
    let replication = &history.replication;
    assert_eq!((replication.outcome, replication.ended, replication.registered), (CampaignOutcome::InSync, at(40), 3));
}

/// R3, R13: while a registration is to come jobs without targets are made, and count.
#[test]
fn a_job_without_targets_succeeds_at_once() {
    let arrivals = "[group.registrations]\ninterarrival = { constant = \"100s\" }\nmax = 1\n";
    let sync = "[sync]\nschedule = { after_finish = \"10s\" }\nmax_jobs = 3\n";
    let history = both(&[OPEN, &group("a", 1, 10, 0), arrivals, sync].concat(), 0);
    let jobs: Vec<_> = history.jobs.iter().map(|job| (job.created, job.progress.targets, job.ended)).collect();
    assert_eq!(jobs, [(at(0), 1, Some(at(10))), (at(20), 0, Some(at(20))), (at(30), 0, Some(at(30)))]);
    let replication = &history.replication;
    assert_eq!((replication.outcome, replication.ended, replication.registered), (CampaignOutcome::MaxJobs, at(30), 1));
}

/// R17: the first job is made by a call whose answers are lost. The second call asks for a first job again.
#[test]
fn a_job_that_the_client_does_not_know_of() {
    let api = "[api]\nlost_answer = 1\nretry = { base = \"10s\", factor = 1, max_attempts = 2, jitter = 0 }\n";
    let sync = "[sync]\nschedule = { after_finish = \"5s\" }\nmax_jobs = 2\non_halt = \"retry\"\n";
    let history = both(&[OPEN, &group("a", 1, 4, 1), api, sync].concat(), 0);
    // Given up at 10, called again at 15, and the last job ends before the repeat of 25.
    let jobs: Vec<_> = history.jobs.iter().map(|job| (job.kind, job.created, job.ended)).collect();
    let deployment = |created, ended| (JobKind::Deployment, at(created), Some(at(ended)));
    assert_eq!(jobs, [deployment(0, 4), deployment(15, 19)]);
    assert_eq!((history.replication.outcome, history.replication.ended), (CampaignOutcome::MaxJobs, at(19)));
    let counts = CallCounts { calls: 3, lost_answers: 3, retries: 1, given_up: 1, ..CallCounts::default() };
    assert_eq!(history.replication.api, Some(counts));
}

/// R17: a second CreateDeploymentJob is a deployment for all, also for those in sync.
#[test]
fn a_second_deployment_takes_all_robots_down_again() {
    let api = "[api]\nlost_answer = 1\nretry = { max_attempts = 1 }\n";
    let sync = "[sync]\nschedule = { after_finish = \"20s\" }\nmax_jobs = 2\non_halt = \"retry\"\n";
    let history = both(&[OPEN, &group("a", 1, 10, 0), &group("b", 1, 5, 1), api, sync].concat(), 0);
    assert_eq!(history.jobs[1].progress.targets, 2);
    // Robot 0 is down from 0 to 10 and from 20 to 30, robot 1 from 0 to the end at 30.
    let replication = &history.replication;
    assert_eq!((replication.ended, replication.down, replication.out_of_service), (at(30), 50_000_000, 30_000_000));
    assert_eq!(replication.peak_robots_down, 2);
}

/// R17: after 1000 calls given up the campaign ends; at a fixed time each of them, and no job is ever made.
#[test]
fn a_thousand_calls_given_up() {
    let api = "[api]\nthrottle = 1\nretry = { base = \"4s\", factor = 1.5, max_attempts = 3, jitter = 0 }\n";
    let history = both(&[OPEN, &group("a", 1, 1, 0), api, "[sync]\nschedule = { every = \"10s\" }\n"].concat(), 0);
    // Each call is made at 0, 4 and 10 and so takes the next multiple's place: the one after that is its successor's.
    let counts = CallCounts { calls: 3000, throttled: 3000, retries: 2000, given_up: 1000, ..CallCounts::default() };
    let replication = &history.replication;
    assert_eq!((replication.api, replication.first_job), (Some(counts), None));
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(999 * 20 + 10)));
}

/// R17: without `[sync]` the campaign ends as the call is given up, whatever the job does that nobody knows of.
#[test]
fn a_campaign_ends_with_its_only_call() {
    let api = "[api]\nlost_answer = 1\nretry = { base = \"1s\", factor = 2, max_attempts = 3, jitter = 0 }\n";
    let history = both(&[OPEN, &group("a", 1, 10, 0), api].concat(), 0);
    let replication = &history.replication;
    assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::MaxJobs, at(3)));
    assert_eq!((history.jobs[0].ended, replication.out_of_service), (None, 3_000_000));
}

/// R15: a group's own entry goes before the one for all groups, and a build without weight is not drawn.
#[test]
fn a_build_decides_who_fails() {
    let builds = "[[build]]\nname = \"never\"\nweight = 0\nfailure = { \"*.launching\" = 1 }\n\
                  [[build]]\nname = \"bad\"\nweight = 1\nfailure = { \"*.launching\" = 1, \"b.launching\" = 0 }\n";
    let history = both(&[OPEN, &group("a", 3, 1, 0), &group("b", 2, 1, 1), builds].concat(), 0);
    assert_eq!((history.replication.build, history.jobs[0].progress.failed), (Some(1), 3));
    assert_eq!(in_sync(&history), [None, None, None, Some(at(1)), Some(at(1))]);
}

/// R16: 10 MB at 8 Mbit/s for two are 20 s; a link leaves the others what it does not take, and an egress does that,
/// too.
#[test]
fn downloads_share_their_lines() {
    let download = |egress: &str| format!("{OPEN}[download]\nbundle_size = \"10MB\"\n{egress}\n");
    let downloaded = |bytes, peak_egress| Some(Downloaded { bytes, peak_egress });
    let history = both(&[&download(""), &*downloading("a", 2, "uplink = \"8Mbit/s\"")].concat(), 0);
    assert_eq!(in_sync(&history), [Some(at(20)); 2]);
    assert_eq!(history.replication.download, downloaded(20_000_000, 8_000_000));

    // 2 of 10 Mbit/s by a link, the other 8 for the other group; then the link alone.
    let egress = download("egress = \"10Mbit/s\"");
    let groups = [downloading("a", 1, "link = \"2Mbit/s\""), downloading("b", 1, "")].concat();
    let history = both(&[egress, groups].concat(), 0);
    assert_eq!(in_sync(&history), [Some(at(40)), Some(at(10))]);
    assert_eq!(history.egress, [(at(0), 10_000_000), (at(10), 2_000_000)]);

    // Four at 10 Mbit/s: 1 by its link, two share an uplink of 4, and 5 are left. That one ends at 16; nobody can use
    // what it leaves. The two of the uplink end at 40, the link at 80.
    let groups = [
        downloading("a", 1, "link = \"1Mbit/s\""),
        downloading("b", 2, "uplink = \"4Mbit/s\""),
        downloading("c", 1, ""),
    ];
    let history = both(&[download("egress = \"10Mbit/s\""), groups.concat()].concat(), 0);
    assert_eq!(in_sync(&history), [Some(at(80)), Some(at(40)), Some(at(40)), Some(at(16))]);
    assert_eq!(history.egress, [(at(0), 10_000_000), (at(16), 5_000_000), (at(40), 1_000_000)]);
    assert_eq!(history.replication.download, downloaded(40_000_000, 10_000_000));
}

/// R8, R16: a third of 1 Mbit/s for a minute is 2.5 MB each, when the robot timeout breaks all three off.
#[test]
fn whole_bytes_of_a_broken_download_count() {
    let deployment = OPEN.replace("[deployment]", "[deployment]\nrobot_deployment_timeout = \"60s\"");
    let text = |egress, bundle| {
        let group = downloading("a", 3, "");
        format!("{deployment}{group}[download]\nbundle_size = \"{bundle}\"\negress = \"{egress}\"\n")
    };
    let bytes = |text: &str| both(text, 0).replication.download.expect("there are downloads").bytes;
    // Thirds that are rounded down to 2^-32 bit/s deliver a little less than the last byte.
    assert!((7_499_997..=7_500_000).contains(&bytes(&text("1Mbit/s", "100MB"))));
    assert_eq!(bytes(&text("3Mbit/s", "100MB")), 22_500_000);
    // 8 bits each at 3 bits in all a second take 8 s.
    let history = both(&text("3bit/s", "1B"), 0);
    assert_eq!((in_sync(&history), history.replication.ended), (vec![Some(at(8)); 3], at(8)));
}

/// R16: one byte takes a fraction of a microsecond, but many at one instant share.
#[test]
fn tiny_downloads_of_one_instant_share() {
    let group = downloading("a", 30, "");
    let text = |bundle| format!("{OPEN}{group}[download]\nbundle_size = \"{bundle}\"\negress = \"30Mbit/s\"\n");
    // 30 robots, 8 bits each, 30 bits a microsecond.
    assert_eq!(both(&text("1B"), 0).replication.ended, Time::from_micros(8));
    assert_eq!(both(&text("1B").replace("robots = 30", "robots = 1"), 0).replication.ended, Time::ZERO);
}

/// R16: rows keep their columns also where `[download]` has nobody to download.
#[test]
fn nobody_downloads() {
    let history = both(&[OPEN, &group("a", 1, 1, 0), "[download]\nbundle_size = \"1MB\"\n"].concat(), 0);
    assert_eq!(history.replication.download, Some(Downloaded::default()));
}

/// A fleet of one robot that is online for 100 s and offline for 100 s, with its first period in the first replication
/// in which that is as asked: whether it is online at 0, and when that ends.
struct Alternating {
    index: u32,
    until: u64,
}

const ALTERNATING: &str = "[group.connectivity]\nonline = { constant = \"100s\" }\noffline = { constant = \"100s\" }\n";

impl Alternating {
    fn find(online: bool, within: std::ops::Range<u64>) -> Alternating {
        let plan = Plan::new(&parse(&[OPEN, &group("a", 1, 0, 0), ALTERNATING].concat()));
        let connectivity = plan.group(0).connectivity.as_ref().expect("it has one");
        let first = |index| Timeline::new(connectivity, &Luck::new(0, index), 0);
        let is_it = |index: &u32| {
            let until = first(*index).until().micros() / 1_000_000;
            first(*index).online() == online && within.contains(&until)
        };
        let index = (0..1000).find(is_it).expect("there is one");
        Alternating { index, until: first(index).until().micros() }
    }

    /// Both models, with the robot's own step and further lines of the scenario.
    fn run(&self, timeout: u64, step: &str, rest: &str) -> History {
        let deployment =
            OPEN.replace("[deployment]", &format!("[deployment]\nrobot_deployment_timeout = \"{timeout}us\""));
        let group = format!("[[group]]\nname = \"a\"\nrobots = 1\n{step}\n{ALTERNATING}");
        both(&[deployment, group, rest.to_owned()].concat(), self.index)
    }
}

const HOUR: u64 = 3_600_000_000;
const SECOND: u64 = 1_000_000;

/// R8, R14: a report exactly at the robot timeout is in time; a microsecond later it is a late sync.
#[test]
fn a_robot_returns_at_its_timeout() {
    let robot = Alternating::find(false, 61..99);
    let returns = Time::from_micros(robot.until);
    let sync = "[sync]\nschedule = { after_finish = \"10s\" }\nmax_jobs = 2\non_halt = \"retry\"";
    let history = robot.run(robot.until, "", sync);
    assert_eq!(in_sync(&history), [Some(returns)]);
    assert_eq!((history.replication.late_syncs, history.replication.down), (0, 0), "its first progress is its return");

    let history = robot.run(robot.until - 1, "", sync);
    assert_eq!(history.late_ends, [(0, returns, RobotEnd::InSync)]);
    assert_eq!((history.jobs[0].progress.no_response, history.replication.late_syncs), (1, 1));
    assert_eq!((history.replication.outcome, history.replication.ended), (CampaignOutcome::InSync, returns));
    assert_eq!(history.replication.out_of_service, u128::from(robot.until - 1));

    // The second job prepares as the robot gets in sync, and needs it no more.
    let preparing = "preparing = { constant = \"1h\" }\n[[group]]";
    let text = |timeout: u64| {
        let deployment =
            OPEN.replace("[deployment]", &format!("[deployment]\nrobot_deployment_timeout = \"{timeout}us\""));
        let group = format!("{}{ALTERNATING}", group("a", 1, 0, 0).replacen("[[group]]", preparing, 1));
        let sync = "[sync]\nschedule = { after_finish = \"0s\" }\nmax_jobs = 2\non_halt = \"retry\"";
        [deployment, group, sync.to_owned()].concat()
    };
    let history = both(&text(60 * SECOND), robot.index);
    // It starts after an hour: 36 periods later it is where it was at 0.
    let returns = Time::from_micros(HOUR + robot.until);
    let job = history.jobs[1];
    assert_eq!((job.created, job.began, job.ended), (at(3660), None, Some(returns)));
    assert_eq!(
        (job.progress.withdrawn, job.progress.started, history.replication.outcome),
        (1, 0, CampaignOutcome::InSync)
    );
}

/// R14: a step before the launch pauses, also exactly at its end, and a launch goes on and is reported at the return.
#[test]
fn steps_pause_while_offline() {
    let robot = Alternating::find(true, 5..50);
    let step = |name: &str, micros: u64| format!("[group.step.{name}]\nlatency = {{ constant = \"{micros}us\" }}");
    let ended =
        |name: &str, micros: u64| in_sync(&robot.run(HOUR, &step(name, micros), ""))[0].expect("it gets in sync");
    let returns = robot.until + 100 * SECOND;
    assert_eq!(ended("validating", robot.until - 1).micros(), robot.until - 1);
    assert_eq!(ended("validating", robot.until).micros(), returns, "it ends as the robot leaves, which reports later");
    assert_eq!(ended("validating", robot.until + 7).micros(), returns + 7);
    assert_eq!(ended("executing_download_condition", robot.until + 100 * SECOND).micros(), returns + 200 * SECOND);
    assert_eq!(ended("launching", robot.until + 7).micros(), returns);
    assert_eq!(ended("launching", robot.until + 150 * SECOND).micros(), robot.until + 150 * SECOND);
}

/// R14, R16: a download pauses, too, and takes nothing meanwhile.
#[test]
fn downloads_pause_while_offline() {
    let robot = Alternating::find(true, 5..50);
    let step =
        "[group.step.downloading_extracting]\nlatency = { constant = \"3s\" }\n[group.download]\nlink = \"1Mbit/s\"";
    // 60 s of transfer, of which some come before the robot leaves.
    let history = robot.run(HOUR, step, "[download]\nbundle_size = \"7500kB\"");
    assert_eq!(in_sync(&history), [Some(at(163))]);
    let (leaves, returns) = (Time::from_micros(robot.until), Time::from_micros(robot.until + 100 * SECOND));
    assert_eq!(history.egress, [(at(0), 1_000_000), (leaves, 0), (returns, 1_000_000), (at(160), 0)]);
    // With a timeout of 70 s it goes on by itself, and nothing is downloaded twice.
    let history =
        robot.run(70 * SECOND, step, "[download]\nbundle_size = \"7500kB\"\n[sync]\nmax_jobs = 1\non_halt = \"retry\"");
    assert_eq!(history.replication.outcome, CampaignOutcome::MaxJobs);
    let sync = "[sync]\nschedule = { after_finish = \"200s\" }\nmax_jobs = 2\non_halt = \"retry\"";
    let history = robot.run(70 * SECOND, step, &format!("[download]\nbundle_size = \"7500kB\"\n{sync}"));
    assert_eq!(history.late_ends, [(0, at(163), RobotEnd::InSync)]);
    assert_eq!(history.replication.download, Some(Downloaded { bytes: 7_500_000, peak_egress: 1_000_000 }));
}
