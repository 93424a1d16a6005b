//! R21: windows of local time, counted by hand.

use rollcast::rollout::{CampaignOutcome, RobotEnd, RobotId};
use rollcast::time::Time;

use super::{constant, exponential, group, takes};
use crate::run::{at, policy, replications, watch};
use crate::statistics::{assert_mean, assert_share};

const HOUR: u64 = 3600;
const MINUTE: u64 = 60;
/// Robots that dock from 22:00 to 05:00.
const NIGHTS: &str = "connectivity = { windows = [{ from = \"22:00\", to = \"05:00\" }] }\n";
const PATIENT: &str = "robot_deployment_timeout = \"7d\"\n";

/// A campaign that starts at this local time in Berlin; `[deployment]` goes on with `rest`.
fn from(starts_at: &str, rest: &str) -> String {
    format!("[run]\nstarts_at = {starts_at}\ntime_zone = \"Europe/Berlin\"\n{}", policy(100, 100, rest))
}

fn evening(rest: &str) -> String {
    from("2026-12-01T20:00:00", rest)
}

fn in_sync(text: &str) -> Vec<(u64, RobotId)> {
    watch(text).1.in_sync_seconds()
}

/// At 20:00 a robot waits two hours for its night, which has seven.
#[test]
fn downloads_wait_for_the_night() {
    let text = |hours: u64| {
        let download = takes("downloading_extracting", (hours * HOUR) as f64);
        evening(&(PATIENT.to_owned() + &group("g", 2, &(NIGHTS.to_owned() + &download))))
    };
    assert_eq!(in_sync(&text(1)), [(3 * HOUR, 0), (3 * HOUR, 1)]);
    assert_eq!(
        in_sync(&text(7)),
        [(26 * HOUR, 0), (26 * HOUR, 1)],
        "done as it leaves, and reported in the next night"
    );
    assert_eq!(in_sync(&text(16)), [(52 * HOUR, 0), (52 * HOUR, 1)], "two hours into the third night");
}

/// The night to 29 March has six hours, that to 25 October eight.
#[test]
fn clocks_change_at_night() {
    let download = takes("downloading_extracting", (9 * HOUR) as f64);
    let robot = PATIENT.to_owned() + &group("g", 1, &(NIGHTS.to_owned() + &download));
    assert_eq!(in_sync(&from("2026-03-28T20:00:00", &robot)), [((25 + 3) * HOUR, 0)]);
    assert_eq!(in_sync(&from("2026-10-24T20:00:00", &robot)), [((27 + 1) * HOUR, 0)]);
    // The same instants by their offsets.
    assert_eq!(in_sync(&from("2026-03-28T19:00:00Z", &robot)), [((25 + 3) * HOUR, 0)]);
    assert_eq!(in_sync(&from("2026-10-24T20:00:00+02:00", &robot)), [((27 + 1) * HOUR, 0)]);
}

/// Launches go on offline, and are reported in the next night.
#[test]
fn an_end_is_reported_in_the_next_night() {
    let steps = takes("downloading_extracting", (6 * HOUR) as f64) + &takes("launching", (2 * HOUR) as f64);
    let text = evening(&(PATIENT.to_owned() + &group("g", 1, &(NIGHTS.to_owned() + &steps))));
    assert_eq!(in_sync(&text), [(26 * HOUR, 0)], "launched at 06:00, back at 22:00");
}

#[test]
fn a_step_longer_than_its_windows() {
    let windows = "connectivity = { windows = [{ every = \"1h\", duration = \"10m\" }] }\n";
    let text = policy(100, 100, &group("g", 1, &(windows.to_owned() + &takes("validating", (25 * MINUTE) as f64))));
    assert_eq!(in_sync(&text), [(2 * HOUR + 5 * MINUTE, 0)]);
    let overlapping = "connectivity = { windows = [{ every = \"1h\", duration = \"10m\" }, \
                       { every = \"1h\", offset = \"5m\", duration = \"10m\" }] }\n";
    let text = policy(100, 100, &group("g", 1, &(overlapping.to_owned() + &takes("validating", (25 * MINUTE) as f64))));
    assert_eq!(in_sync(&text), [(HOUR + 10 * MINUTE, 0)], "a quarter of an hour each");
}

/// Without a date time 0 is Monday, 00:00.
#[test]
fn week_days_without_a_date() {
    let shifts = "connectivity = { windows = [{ days = \"tue-wed\", from = \"08:00\", to = \"10:00\" }] }\n";
    let steps = takes("validating", (3 * HOUR) as f64);
    let text = policy(100, 100, &(PATIENT.to_owned() + &group("g", 1, &(shifts.to_owned() + &steps))));
    assert_eq!(in_sync(&text), [((48 + 9) * HOUR, 0)]);
}

#[test]
fn robots_arrive_and_leave_late() {
    let late =
        "connectivity = { windows = [{ from = \"22:00\", to = \"23:00\" }], arrives = ARRIVES, leaves = LEAVES }\n";
    let text = |arrives: &str, leaves: &str, minutes: u64| {
        let late = late.replace("ARRIVES", arrives).replace("LEAVES", leaves);
        let steps = takes("validating", (minutes * MINUTE) as f64);
        evening(&(PATIENT.to_owned() + &group("g", 1, &(late + &steps))))
    };
    let (half, none) = (constant(1800.0), constant(0.0));
    assert_eq!(in_sync(&text(&half, &none, 29)), [((2 * 60 + 59) * MINUTE, 0)], "from 22:30 to 23:00");
    assert_eq!(in_sync(&text(&half, &none, 31)), [((26 * 60 + 31) * MINUTE, 0)]);
    assert_eq!(in_sync(&text(&none, &half, 89)), [((3 * 60 + 29) * MINUTE, 0)], "from 22:00 to 23:30");
    assert_eq!(
        in_sync(&text(&constant(7200.0), &constant(7200.0), 59)),
        [((4 * 60 + 59) * MINUTE, 0)],
        "from 24:00 to 01:00"
    );
    // Who would arrive after leaving does not come at all.
    let (replication, _) = watch(
        &(text("{ uniform = { min = \"1h\", max = \"2h\" } }", &none, 1) + "[sync]\nmax_jobs = 1\nhorizon = \"5d\"\n"),
    );
    assert_eq!(replication.outcome, CampaignOutcome::Horizon);
}

/// A robot that arrives after a mean of half an hour and works for no time gets in sync then.
#[test]
fn delays_are_drawn_for_each_robot_and_window() {
    let late = format!(
        "connectivity = {{ windows = [{{ from = \"22:00\", to = \"05:00\" }}], arrives = {} }}\n",
        exponential(1800.0)
    );
    let text = evening(&group("g", 1000, &(late + &takes("validating", 0.0))));
    let delays: Vec<f64> = watch(&text).1.ends.iter().map(|(time, _, _)| (*time - at(2 * HOUR)).seconds()).collect();
    assert_mean(&delays, 1800.0, 1800.0 * 1800.0, "delays");
}

/// One slot, forty minutes a robot, and an hour a day in which robots may start.
#[test]
fn maintenance_starts_robots_inside_and_lets_them_finish() {
    let windows = "maintenance = { windows = [{ every = \"24h\", duration = \"1h\" }] }\n";
    let robots = group("g", 3, &(windows.to_owned() + &takes("launching", (40 * MINUTE) as f64)));
    let (replication, trace) = watch(&policy(1, 100, &robots));
    assert_eq!(trace.start_seconds(), [(0, 0), (40 * MINUTE, 1), (24 * HOUR, 2)]);
    assert_eq!(trace.in_sync_seconds(), [(40 * MINUTE, 0), (80 * MINUTE, 1), (24 * HOUR + 40 * MINUTE, 2)]);
    assert_eq!((replication.outcome, replication.jobs), (CampaignOutcome::InSync, 1));
}

/// A step that has begun is finished; the next one waits.
#[test]
fn maintenance_that_pauses() {
    let windows = "maintenance = { windows = [{ every = \"24h\", duration = \"1h\" }], at_end = \"pause\" }\n";
    let steps = |minutes: u64| {
        let first = takes("validating", (minutes * MINUTE) as f64);
        let robot = group("g", 1, &(windows.to_owned() + &first + &takes("launching", (40 * MINUTE) as f64)));
        policy(100, 100, &(PATIENT.to_owned() + &robot))
    };
    assert_eq!(in_sync(&steps(40)), [(80 * MINUTE, 0)], "the second step begins inside");
    assert_eq!(in_sync(&steps(60)), [(24 * HOUR + 40 * MINUTE, 0)], "at the end it is outside");
    assert_eq!(in_sync(&steps(70)), [(24 * HOUR + 40 * MINUTE, 0)]);
    // The robot's time goes on: 5 hours by default.
    let (_, trace) = watch(&steps(70).replace(PATIENT, ""));
    assert_eq!(trace.ends, [(at(5 * HOUR), 0, RobotEnd::NoResponse)]);
}

/// Whose window is closed is passed over, and comes before the others again when it opens.
#[test]
fn a_group_whose_window_is_closed_lets_others_go_first() {
    let morning = "maintenance = { windows = [{ every = \"24h\", offset = \"90s\", duration = \"10m\" }] }\n";
    let step = takes("launching", 60.0);
    let text = policy(25, 100, &(group("a", 2, &(morning.to_owned() + &step)) + &group("b", 4, &step)));
    assert_eq!(
        watch(&text).1.start_seconds(),
        [(0, 2), (60, 3), (120, 0), (180, 1), (240, 4), (300, 5)],
        "the slot is taken at 90 s"
    );
}

/// The job's own windows hold for all, and nobody starts in the instant at which one ends.
#[test]
fn a_job_starts_robots_in_its_windows() {
    let windows = "windows = [{ every = \"1h\", offset = \"10m\", duration = \"2m\" }]\n";
    let robots = group("g", 4, &takes("launching", 60.0));
    let (_, trace) = watch(&policy(25, 100, &(windows.to_owned() + &robots)));
    assert_eq!(trace.start_seconds(), [(600, 0), (660, 1), (4200, 2), (4260, 3)]);
}

/// Robots of a site lose connection together, and come back together.
#[test]
fn an_outage_befalls_a_site() {
    let step = takes("validating", 600.0);
    let outage = format!(
        "[[outage]]\ngroups = [\"a\", \"b\"]\ninterval = {}\nduration = {}\n",
        exponential(1800.0),
        constant(300.0)
    );
    let groups = group("a", 2, &step) + &group("b", 2, &step) + &group("c", 1, &step);
    let text = policy(100, 100, &groups) + &outage;
    let mut hit = 0;
    let all = 300;
    crate::run::campaigns(
        &rollcast::simulation::Plan::new(&crate::run::scenario(&text)),
        all,
        |_, trace: crate::run::Trace| {
            let ends: Vec<Time> = trace.ends.iter().map(|(time, _, _)| *time).collect();
            assert_eq!(ends[0], at(600), "the other site goes on");
            assert!(ends[1..].iter().all(|end| *end == ends[1]), "a site is one: {ends:?}");
            hit += usize::from(ends[1] > at(600));
            assert!(ends[1] == at(600) || ends[1] >= at(900));
        },
    );
    // The first interval is what is left of an exponential one: as long as a whole one.
    assert_share(hit, all as usize, 1.0 - libm::exp(-600.0 / 1800.0), "outages within ten minutes");
}

/// Windows and periods of a robot's own: both must let it be online.
#[test]
fn periods_within_windows() {
    let both = |online: &str| {
        format!(
            "connectivity = {{ online = {online}, offline = {}, windows = [{{ every = \"1h\", duration = \"30m\" }}] }}\n",
            constant(1.0)
        )
    };
    // As good as always online: the windows decide.
    let robot = group("g", 1, &(both("{ constant = \"10000d\" }") + &takes("validating", 2400.0)));
    assert_eq!(in_sync(&policy(100, 100, &robot)), [(HOUR + 600, 0)]);
    // Half of the time online, in periods that are short against the windows.
    let half = format!(
        "connectivity = {{ online = {0}, offline = {0}, windows = [{{ every = \"1h\", duration = \"30m\" }}] }}\n",
        exponential(5.0)
    );
    let robot = group("g", 1, &(half + &takes("validating", 450.0)));
    let ended: Vec<f64> = replications(&policy(100, 100, &robot), 400)
        .iter()
        .map(|replication| (replication.ended - Time::ZERO).seconds())
        .collect();
    // A compound Poisson sum: 90 times offline, each exponential, and once before the beginning in half of the cases.
    assert_mean(&ended, 900.0 + 2.5, 90.0 * 2.0 * 25.0 + (25.0 - 6.25), "twice the time");
}

/// Two robots share their site's line, which sends 4.5 GB an hour: 67.5 GB take fifteen hours of three nights.
#[test]
fn a_download_takes_three_nights() {
    let download = takes("downloading_extracting", 0.0) + "download = { uplink = \"10Mbit/s\" }\n";
    let bundle = "[download]\nbundle_size = \"33750MB\"\n";
    let text =
        |start: &str| from(start, &(PATIENT.to_owned() + &group("g", 2, &(NIGHTS.to_owned() + &download)) + bundle));
    assert_eq!(in_sync(&text("2026-12-01T20:00:00")), [(51 * HOUR, 0), (51 * HOUR, 1)]);
    // The first night has six hours, and the next one begins an hour earlier by virtual time: 6, 7 and 2 hours.
    assert_eq!(in_sync(&text("2026-03-28T20:00:00")), [(51 * HOUR, 0), (51 * HOUR, 1)]);
    // 8 and 7 hours: it is whole as they leave, and reported in the next night, at the same 51st hour again.
    assert_eq!(in_sync(&text("2026-10-24T20:00:00")), [(51 * HOUR, 0), (51 * HOUR, 1)]);
}

/// On 29 March clocks skip from 02:00 to 03:00, on 25 October they go back from 03:00 to 02:00.
#[test]
fn jobs_start_robots_by_clocks_that_change() {
    let job = |start: &str, window: &str, robots: u32| {
        let robots = group("g", robots, &takes("launching", HOUR as f64));
        let text = from(start, &format!("windows = [{window}]\n{PATIENT}{robots}"));
        watch(&text.replace("concurrent_deployment_percentage = 100", "concurrent_deployment_percentage = 1")).1
    };
    let starts = |start: &str, window: &str, robots| job(start, window, robots).start_seconds();
    let half = 30 * MINUTE;
    // From 02:30, which is 03:30 then, to 03:30: not at all in that night.
    let window = "{ from = \"02:30\", to = \"03:30\" }";
    assert_eq!(starts("2026-03-28T20:00:00", window, 1), [(29 * HOUR + half, 0)]);
    // From the first 02:30 on, for two hours; the next night is 25 hours after the first 02:30.
    let expected = [(6 * HOUR + half, 0), (7 * HOUR + half, 1), (31 * HOUR + half, 2)];
    assert_eq!(starts("2026-10-24T20:00:00", window, 3), expected);
    // To the first 02:30 only.
    let window = "{ from = \"01:00\", to = \"02:30\" }";
    assert_eq!(starts("2026-10-24T20:00:00", window, 3), [(5 * HOUR, 0), (6 * HOUR, 1), (30 * HOUR, 2)]);
    // Nothing changes for what counts virtual time.
    let window = "{ every = \"24h\", offset = \"5h\", duration = \"90m\" }";
    assert_eq!(starts("2026-10-24T20:00:00", window, 3), [(5 * HOUR, 0), (6 * HOUR, 1), (29 * HOUR, 2)]);
}

/// The night from Friday to Saturday, once a week; without a date time 0 is Monday, 00:00.
#[test]
fn a_window_of_one_day_goes_on_after_midnight() {
    let windows = "maintenance = { windows = [{ days = \"fri\", from = \"22:00\", to = \"05:00\" }] }\n";
    let robots = group("g", 3, &(windows.to_owned() + &takes("launching", (4 * HOUR) as f64)));
    let (_, trace) = watch(&policy(1, 100, &robots));
    let friday = (4 * 24 + 22) * HOUR;
    assert_eq!(trace.start_seconds(), [(friday, 0), (friday + 4 * HOUR, 1), (friday + 7 * 24 * HOUR, 2)]);
}

/// From 20:00 to 22:00 and from 21:00 to 23:00 is from 20:00 to 23:00.
#[test]
fn windows_of_maintenance_overlap() {
    let windows =
        "maintenance = { windows = [{ from = \"21:00\", to = \"23:00\" }, { from = \"20:00\", to = \"22:00\" }] }\n";
    let robots = group("g", 5, &(windows.to_owned() + &takes("launching", (50 * MINUTE) as f64)));
    let (_, trace) = watch(&evening(&robots).replace("percentage = 100\nfailure", "percentage = 1\nfailure"));
    let starts: Vec<u64> = trace.start_seconds().into_iter().map(|(at, _)| at / MINUTE).collect();
    assert_eq!(starts, [0, 50, 100, 150, 24 * 60]);
}

/// A robot that is offline at its start begins when it is online inside of a window that pauses; a later step begins inside,
/// online or not, and is reported at the next return.
#[test]
fn pauses_and_docking_together() {
    let text = |docked: &str, steps: &str| {
        let windows = format!(
            "connectivity = {{ windows = [{docked}] }}\n\
             maintenance = {{ windows = [{{ from = \"20:00\", to = \"21:00\" }}], at_end = \"pause\" }}\n"
        );
        evening(&(PATIENT.to_owned() + &group("g", 1, &(windows + steps))))
    };
    // Started at 20:00, back at 20:30: inside.
    let half_past = "{ from = \"20:30\", to = \"21:30\" }";
    assert_eq!(in_sync(&text(half_past, &takes("launching", 60.0))), [(31 * MINUTE, 0)]);
    // Back at 22:00, when it is too late, and away again at 23:00; on the second day from 20:00 on.
    let late_and_early = "{ every = \"22h\", offset = \"2h\", duration = \"1h\" }";
    assert_eq!(in_sync(&text(late_and_early, &takes("launching", 60.0))), [(24 * HOUR + 60, 0)]);
    // Validated by 21:15; launched at 20:00 on the next day, and reported when it is back.
    let steps = takes("validating", (45 * MINUTE) as f64) + &takes("launching", 60.0);
    assert_eq!(in_sync(&text(half_past, &steps)), [(24 * HOUR + 30 * MINUTE, 0)]);
}

/// A server goes on after the horizon of a scenario, and a window is open or not whatever a campaign lasts.
#[test]
fn windows_do_not_depend_on_the_horizon() {
    let robot =
        PATIENT.to_owned() + &group("g", 3, &(NIGHTS.to_owned() + &takes("downloading_extracting", HOUR as f64)));
    let long = watch(&evening(&robot)).1.in_sync_seconds();
    let cut = evening(&robot) + "[sync]\nmax_jobs = 1\nhorizon = \"4h\"\n";
    assert_eq!(watch(&cut).1.in_sync_seconds(), long);
}
