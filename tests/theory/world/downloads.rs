//! R16: downloads share robot links, group uplinks and the origin's egress by max-min fairness.

use rollcast::rollout::{CampaignOutcome, RobotEnd};
use rollcast::time::{Span, Time};

use super::{connectivity, constant, ends, exponential, fails, group, seconds, table, takes};
use crate::run::{Trace, at, micros, policy, replications, watch};
use crate::statistics::{assert_distribution, assert_mean, assert_mean_by_sample, assert_share, assert_variance, mean};

/// 600 MB over 100 Mbit/s.
const ALONE: u64 = 48;

fn download(lines: &[&str]) -> String {
    table("download", lines)
}

/// Robots that download and do nothing else, with the group's caps.
fn loading(name: &str, robots: u32, caps: &str) -> String {
    group(name, robots, &(format!("download = {{ {caps} }}\n") + &takes("downloading_extracting", 0.0)))
}

/// When robots ended, in order of their numbers.
fn by_robot(trace: &Trace) -> Vec<Time> {
    let mut ends: Vec<_> = trace.ends.iter().map(|(now, robot, _)| (*robot, *now)).collect();
    ends.sort_unstable();
    ends.into_iter().map(|(_, now)| now).collect()
}

/// Whole microseconds of a time in seconds.
fn instant(seconds: f64) -> Time {
    Time::ZERO + Span::from_micros((seconds * 1e6).round() as u64)
}

/// n robots with one bottleneck finish together after n * size / rate, to the microsecond.
#[test]
fn one_bottleneck() {
    for (robots, size, bytes, rate, bits) in [
        (1_u32, "600MB", 600_000_000_u64, "100Mbit/s", 100_000_000_u64),
        (10, "600MB", 600_000_000, "100Mbit/s", 100_000_000),
        (7, "1MB", 1_000_000, "3Mbit/s", 3_000_000),
        (13, "12345678B", 12_345_678, "777777bit/s", 777_777),
        (1000, "1GB", 1_000_000_000, "1Gbit/s", 1_000_000_000),
    ] {
        // The nearest microsecond, in integers.
        let microbits = u128::from(robots) * u128::from(bytes) * 8 * 1_000_000;
        let due = Time::from_micros(((2 * microbits / u128::from(bits)).div_ceil(2)) as u64);
        for (origin, site) in [(None, Some(rate)), (Some(rate), None), (Some(rate), Some(rate))] {
            let egress = origin.map(|rate| format!("egress = \"{rate}\"")).unwrap_or_default();
            let uplink = site.map(|rate| format!("uplink = \"{rate}\"")).unwrap_or_default();
            let text = policy(100, 100, &loading("g", robots, &uplink))
                + &download(&[&format!("bundle_size = \"{size}\""), &egress]);
            let (replication, trace) = watch(&text);
            let what = format!("{robots} robots, {size}, {egress} {uplink}");
            assert!(trace.ends.iter().all(|end| *end == (due, end.1, RobotEnd::InSync)), "{what}: {:?}", trace.ends[0]);
            assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::InSync, due), "{what}");
            let downloaded = replication.download.expect("there are downloads");
            assert_eq!(downloaded.bytes, u128::from(robots) * u128::from(bytes), "{what}");
            assert_eq!(downloaded.peak_egress, bits, "{what}");
        }
    }
}

/// Equal links below and above their share of the bottleneck: the slower of the two counts.
#[test]
fn links_or_the_uplink() {
    for (robots, link, due) in [
        (2, "40Mbit/s", 120), // 2 * 40 < 100
        (2, "50Mbit/s", 96),
        (2, "60Mbit/s", 96),
        (5, "20Mbit/s", 240),
        (5, "10Mbit/s", 480),
        (8, "20Mbit/s", 384),
        (1, "200Mbit/s", 48),
    ] {
        let caps = format!("uplink = \"100Mbit/s\", link = \"{link}\"");
        let text = policy(100, 100, &loading("g", robots, &caps)) + &download(&["bundle_size = \"600MB\""]);
        assert_eq!(by_robot(&watch(&text).1), vec![at(due); robots as usize], "{robots} by {link}");
    }
}

/// Water filling in phases, by hand: each robot has 10 Mbit to get.
#[test]
fn unequal_caps_by_hand() {
    let bundle = "bundle_size = \"1.25MB\"";
    let one = |name: &str, validating: f64, caps: &str| {
        let steps = takes("validating", validating) + &takes("downloading_extracting", 0.0);
        group(name, 1, &(format!("download = {{ {caps} }}\n") + &steps))
    };
    let check = |egress: &str, groups: &[String], expected: &[f64]| {
        let text = policy(100, 100, &groups.concat()) + &download(&[bundle, egress]);
        let (replication, trace) = watch(&text);
        let expected: Vec<Time> = expected.iter().map(|seconds| instant(*seconds)).collect();
        assert_eq!(by_robot(&trace), expected, "{egress} {groups:?}");
        replication.download.expect("there are downloads").peak_egress
    };
    let links = |rates: [f64; 3]| {
        let [a, b, c] = rates.map(|rate| format!("link = \"{rate}Mbit/s\""));
        [one("a", 0.0, &a), one("b", 0.0, &b), one("c", 0.0, &c)]
    };
    // 10 Mbit/s over links of 1, 2 and 100: the rates are 1, 2 and 7, then nothing but the links binds.
    assert_eq!(check("egress = \"10Mbit/s\"", &links([1.0, 2.0, 100.0]), &[10.0, 5.0, 10.0 / 7.0]), 10_000_000);
    // 4 over 1, 2 and 100: 1, 1.5, 1.5 until 20 / 3 s; both are done, and the slow one needs 10 s.
    check("egress = \"4Mbit/s\"", &links([1.0, 2.0, 100.0]), &[10.0, 10.0 / 1.5, 10.0 / 1.5]);
    // 5 over 1, 1.5 and 100: 1, 1.5 and 2.5; nothing binds any more after 4 s.
    check("egress = \"5Mbit/s\"", &links([1.0, 1.5, 100.0]), &[10.0, 10.0 / 1.5, 4.0]);
    // 2 over 1, 2 and 3: two thirds each until 15 s, all together.
    check("egress = \"2Mbit/s\"", &links([1.0, 2.0, 3.0]), &[15.0, 15.0, 15.0]);
    // Without a bottleneck only links count, and the peak is their sum.
    assert_eq!(check("", &links([1.0, 2.0, 4.0]), &[10.0, 5.0, 2.5]), 7_000_000);

    // One begins 2 s after the other: 8 of 10 Mbit at 4 Mbit/s, the last 2 at 2 Mbit/s until 3 s; the other has got 2
    // Mbit by then and the remaining 8 at 4 Mbit/s until 5 s.
    check("egress = \"4Mbit/s\"", &[one("a", 0.0, ""), one("b", 2.0, "")], &[3.0, 5.0]);
    // The later one's link of 1 Mbit/s leaves 3 to the first: 2 Mbit in 2 / 3 s.
    check("egress = \"4Mbit/s\"", &[one("a", 0.0, ""), one("b", 2.0, "link = \"1Mbit/s\"")], &[2.0 + 2.0 / 3.0, 12.0]);
    // 3 at 3 Mbit/s from 0, 1 and 2 s: 3 + 1.5 + then 1 a second: the first has 5.5 Mbit left at 2 s, 7.5 s. By then
    // the second has 1.5 + 5.5 = 7 and the third 5.5: 3 Mbit at 1.5 is 2 s more, 9.5 s. The third then has 8.5, and
    // gets 1.5 at 3: 10 s.
    check("egress = \"3Mbit/s\"", &[one("a", 0.0, ""), one("b", 1.0, ""), one("c", 2.0, "")], &[7.5, 9.5, 10.0]);

    let site = |robots: u32, caps: &str| {
        group("site", robots, &(format!("download = {{ {caps} }}\n") + &takes("downloading_extracting", 0.0)))
    };
    // A site with 3 Mbit/s for three, and one robot elsewhere, on an egress of 5: 1 each, and 2 for the one.
    check("egress = \"5Mbit/s\"", &[site(3, "uplink = \"3Mbit/s\""), one("b", 0.0, "")], &[10.0, 10.0, 10.0, 5.0]);
    // On an egress of 4 all get 1; the uplink is just met.
    check("egress = \"4Mbit/s\"", &[site(3, "uplink = \"3Mbit/s\""), one("b", 0.0, "")], &[10.0; 4]);
    // On 3 all get 0.75, and the uplink is slack.
    check("egress = \"3Mbit/s\"", &[site(3, "uplink = \"3Mbit/s\""), one("b", 0.0, "")], &[40.0 / 3.0; 4]);
    // An uplink of 1.5 gives 0.5 each and leaves 2.5; when the one is done after 4 s the site gains nothing.
    check("egress = \"4Mbit/s\"", &[site(3, "uplink = \"1.5Mbit/s\""), one("b", 0.0, "")], &[20.0, 20.0, 20.0, 4.0]);
    // Links of 0.4 within the site hold it below its uplink of 1.5.
    let slow = site(3, "uplink = \"1.5Mbit/s\", link = \"0.4Mbit/s\"");
    check("egress = \"4Mbit/s\"", &[slow, one("b", 0.0, "")], &[25.0, 25.0, 25.0, 10.0 / 2.8]);
    // A cap in one site is a gain for another: 6 over uplinks of 1 and 10 with two robots each: 0.5 and 2.5.
    let other = group(
        "other",
        2,
        &("download = { uplink = \"10Mbit/s\" }\n".to_owned() + &takes("downloading_extracting", 0.0)),
    );
    check("egress = \"6Mbit/s\"", &[site(2, "uplink = \"1Mbit/s\""), other], &[20.0, 20.0, 4.0, 4.0]);
}

/// While the uplink binds, the time for the fleet is that of all its bytes, however many robots share it.
#[test]
fn concurrency_does_not_help_a_bottleneck() {
    const ROBOTS: u32 = 12;
    for (concurrency, slots) in [(1, 1), (17, 2), (25, 3), (34, 4), (42, 5), (50, 6), (100, 12)] {
        let text = policy(concurrency, 100, &loading("g", ROBOTS, "uplink = \"100Mbit/s\""))
            + &download(&["bundle_size = \"600MB\""]);
        let (replication, _) = watch(&text);
        let job = replication.first_job.expect("a call made it");
        assert_eq!(job.progress.peak_in_flight, slots);
        assert_eq!(job.makespan(), Some(Span::from_secs(u64::from(ROBOTS) * ALONE)), "{slots} at once");
        // What more concurrency does: robots are out of service longer, each wave of c for c * 48 s.
        let waves: Vec<u64> =
            (0..ROBOTS.div_ceil(slots)).map(|wave| u64::from(slots.min(ROBOTS - wave * slots))).collect();
        let out_of_service = waves.iter().map(|wave| wave * wave * ALONE).sum();
        assert_eq!(replication.out_of_service, micros(out_of_service), "{slots} at once");
    }
    // With links of 20 Mbit/s the uplink binds from five robots on: before that, waves of 240 s.
    for (concurrency, waves) in
        [(1, 12 * 240), (17, 6 * 240), (25, 4 * 240), (34, 3 * 240), (42, 240 * 3), (100, 12 * 48)]
    {
        let text = policy(concurrency, 100, &loading("g", ROBOTS, "uplink = \"100Mbit/s\", link = \"20Mbit/s\""))
            + &download(&["bundle_size = \"600MB\""]);
        let makespan = watch(&text).0.first_job.expect("a call made it").makespan();
        assert_eq!(makespan, Some(Span::from_secs(waves)), "{concurrency} %");
    }
}

/// DownloadingExtracting is the transfer and then its latency, which needs no capacity; what comes before needs none
/// either.
#[test]
fn extraction_follows_the_transfer() {
    let robots = |name: &str, robots: u32, before: f64| {
        let steps = takes("executing_download_condition", before)
            + &takes("downloading_extracting", 30.0)
            + &takes("launching", 7.0);
        group(name, robots, &("download = { uplink = \"100Mbit/s\" }\n".to_owned() + &steps))
    };
    let bundle = download(&["bundle_size = \"600MB\""]);
    let run = |concurrency, groups: &str| watch(&(policy(concurrency, 100, groups) + &bundle));
    // Two together: 96 + 30 + 7.
    assert_eq!(by_robot(&run(100, &robots("g", 2, 0.0)).1), [at(133); 2]);
    // One after another.
    assert_eq!(by_robot(&run(1, &robots("g", 2, 0.0)).1), [at(85), at(170)]);
    // The step before delays the transfer.
    assert_eq!(by_robot(&run(100, &robots("g", 3, 11.0)).1), [at(11 + 144 + 37); 3]);
    // Those that extract leave the uplink to the others: a transfers until 48, b from 48 to 96, on one uplink.
    let late = "[[group]]\nname = \"b\"\nrobots = 1\n".to_owned()
        + &takes("validating", 48.0)
        + &takes("downloading_extracting", 30.0)
        + &takes("launching", 7.0);
    let egress = download(&["bundle_size = \"600MB\"", "egress = \"100Mbit/s\""]);
    let (replication, trace) = watch(&(policy(100, 100, &(robots("a", 1, 0.0) + &late)) + &egress));
    assert_eq!(by_robot(&trace), [at(85), at(133)]);
    let downloaded = replication.download.expect("there are downloads");
    assert_eq!((downloaded.bytes, downloaded.peak_egress), (1_200_000_000, 100_000_000));
}

/// Where the step is not given there is no transfer, and no [download] without the step's group.
#[test]
fn only_the_step_transfers() {
    let bundle = download(&["bundle_size = \"600MB\"", "egress = \"100Mbit/s\""]);
    let plain = group("plain", 3, &takes("launching", 5.0));
    let (replication, _) = watch(&(policy(100, 100, &(plain + &loading("g", 1, ""))) + &bundle));
    assert_eq!(replication.ended, at(ALONE));
    assert_eq!(replication.download.expect("there are downloads").bytes, 600_000_000);
}

/// Without any cap a transfer takes no time and has no rate, but its bytes count.
#[test]
fn no_caps() {
    let robots = group("g", 5, &takes("downloading_extracting", 3.0));
    let (replication, trace) = watch(&(policy(40, 100, &robots) + &download(&["bundle_size = \"600MB\""])));
    assert_eq!(trace.start_seconds(), [(0, 0), (0, 1), (3, 2), (3, 3), (6, 4)]);
    let downloaded = replication.download.expect("there are downloads");
    assert_eq!((downloaded.bytes, downloaded.peak_egress), (3_000_000_000, 0));
}

/// What ends with its attempt: whole bytes of it count, and the next attempt gets the bundle anew.
#[test]
fn unfinished_transfers() {
    // 10 MB at 1 Mbit/s are 80 s.
    let bundle = download(&["bundle_size = \"10MB\""]);
    let one = loading("g", 1, "link = \"1Mbit/s\"");
    let sync = |rest: &str| format!("[sync]\nschedule = {{ after_finish = \"10s\" }}\non_halt = \"retry\"\n{rest}\n");
    let bytes = |text: &str| {
        let replication = watch(text).0;
        (seconds(replication.ended), replication.download.expect("there are downloads").bytes)
    };
    // The robot timeout after 60 s, in each of two jobs.
    let hurried = policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\n{one}"));
    assert_eq!(bytes(&(hurried + &sync("max_jobs = 2") + &bundle)), (130.0, 15_000_000));
    // In time exactly, and a microsecond late: 79.999999 s bring 9999999.875 bytes.
    let timeout = |timeout: &str| policy(100, 100, &format!("robot_deployment_timeout = \"{timeout}\"\n{one}"));
    assert_eq!(bytes(&(timeout("80s") + &bundle)), (80.0, 10_000_000));
    assert_eq!(bytes(&(timeout("79999999us") + &bundle)), (79.999_999, 9_999_999));
    // The horizon.
    assert_eq!(bytes(&(policy(100, 100, &one) + &sync("horizon = \"33s\"") + &bundle)), (33.0, 4_125_000));
    // The fleet timeout.
    let fleet = policy(100, 100, &format!("fleet_deployment_timeout = \"20s\"\n{one}"));
    assert_eq!(bytes(&(fleet + &bundle)), (20.0, 2_500_000));
    // An abort at the breach, at 16 s.
    let bad = group("bad", 1, &fails("launching", 16.0, 1.0));
    let abort = policy(100, 50, &format!("on_breach = \"abort\"\n{one}{bad}"));
    assert_eq!(bytes(&(abort + &bundle)), (16.0, 2_000_000));
    // A step that fails after its transfer has got the bundle; one before it has not.
    for (step, bytes_before) in [("downloading_extracting", 10_000_000), ("validating", 0)] {
        let mut steps = fails(step, 0.0, 1.0);
        if step == "validating" {
            steps += &takes("downloading_extracting", 0.0);
        }
        let robots = group("g", 1, &("download = { link = \"1Mbit/s\" }\n".to_owned() + &steps));
        assert_eq!(bytes(&(policy(100, 100, &robots) + &bundle)).1, bytes_before, "{step}");
    }
    // What an ended transfer leaves, the others take. On 1.6 Mbit/s and two slots one has got 32 Mbit when another
    // joins it at 20 s, and 64 when it times out at 60 s; the other has 32 by then, and 64 at its own timeout at 80 s.
    let robots = loading("a", 1, "") + &group("quick", 1, &takes("validating", 20.0)) + &loading("b", 1, "");
    let late = policy(67, 100, &format!("robot_deployment_timeout = \"1m\"\n{robots}"));
    let egress = download(&["bundle_size = \"10MB\"", "egress = \"1.6Mbit/s\""]);
    assert_eq!(bytes(&(late + &egress)), (80.0, 16_000_000));
}

/// Bytes and rates in results: two waves of two robots at 1 Mbit/s each, and a launch of 10 s at the end of each.
#[test]
fn figures_in_the_summary() {
    let steps = takes("downloading_extracting", 0.0) + &takes("launching", 10.0);
    let robots = group("g", 4, &("download = { link = \"1Mbit/s\" }\n".to_owned() + &steps));
    let text = policy(50, 100, &robots) + &download(&["bundle_size = \"10MB\""]);
    let summary = super::results::summary(&text, 3);
    let figures = ["download.bytes", "download.peak_egress_bit_s", "download.mean_egress_bit_s"];
    let figures = figures.map(|name| summary.description(name).expect("there are downloads"));
    // 40 MB, 2 Mbit/s, and 320 Mbit in 180 s.
    for (figure, expected) in figures.iter().zip([40e6, 2e6, 1_777_778.0]) {
        assert_eq!((figure.count, figure.mean.map(|mean| mean.0)), (3, Some(expected)));
        assert_eq!((figure.min, figure.max), (figure.mean, figure.mean));
    }
    let (_, trace) = watch(&text);
    let rates: Vec<_> = trace.egress.iter().map(|(since, rate)| (seconds(*since), *rate)).collect();
    assert_eq!(rates, [(0.0, 2_000_000), (80.0, 0), (90.0, 2_000_000), (170.0, 0)]);
}

/// A link drawn for the robot: its time is size / link. It is drawn once, and all attempts have it.
#[test]
fn random_links() {
    const ROBOTS: u32 = 50;
    const RUNS: u32 = 400;
    let bits = 4.8e9;
    let times = |link: &str| {
        let steps = fails("downloading_extracting", 0.0, 0.5);
        let robots = group("g", ROBOTS, &(format!("download = {{ link = {{ {link} }} }}\n") + &steps));
        let sync = "[sync]\nschedule = { after_finish = \"1m\" }\non_halt = \"retry\"\n";
        let text = policy(100, 100, &(robots + sync)) + &download(&["bundle_size = \"600MB\""]);
        let mut first = Vec::new();
        let mut again = 0;
        ends(&text, RUNS, |_, ends| {
            let mut times = vec![None; ROBOTS as usize];
            for (now, robot, started, _) in ends.ends {
                let time = now - started;
                match times[robot as usize] {
                    Some(before) => {
                        assert_eq!(time, before, "robot {robot} has another link");
                        again += 1;
                    }
                    None => times[robot as usize] = Some(time),
                }
            }
            first.extend(times.into_iter().flatten().map(Span::seconds));
        });
        assert!(again > RUNS * ROBOTS / 2);
        assert_eq!(first.len(), (RUNS * ROBOTS) as usize);
        first
    };
    // Uniform from 10 to 30 Mbit/s: P(T <= t) = P(link >= bits / t), E = bits ln 3 / 20e6, E T^2 = bits^2 / (10e6
    // 30e6).
    let uniform = times("uniform = { min = \"10Mbit/s\", max = \"30Mbit/s\" }");
    assert_distribution(&uniform, |t| ((30e6 - bits / t) / 20e6).clamp(0.0, 1.0), "uniform link");
    let expected = bits * libm::log(3.0) / 20e6;
    assert_mean(&uniform, expected, bits * bits / 3e14 - expected * expected, "time on a uniform link");
    // 1 / X of a lognormal X is lognormal.
    let lognormal = times("lognormal = { median = \"20Mbit/s\", sigma = 0.5 }");
    let cdf = |t: f64| 0.5 * libm::erfc(-libm::log(t / 240.0) / 0.5 / 2.0_f64.sqrt());
    assert_distribution(&lognormal, cdf, "lognormal link");
    // Below 1 bit/s it is 1: 600 MB would take 4.8e9 s, longer than any timeout.
    let robots = loading("g", 1, "link = { uniform = { min = \"0bit/s\", max = \"0.5bit/s\" } }");
    let text = policy(100, 100, &robots) + &download(&["bundle_size = \"100B\""]);
    assert!(replications(&text, 50).iter().all(|replication| replication.ended == at(800)));
}

/// Extraction and transfer wait for connection together: with exponential periods, work of (size / link + latency).
#[test]
fn transfer_and_extraction_pause() {
    const RUNS: u32 = 20_000;
    let (a, b) = (60.0, 45.0);
    // 600 MB at 120 Mbit/s are 40 s.
    for (latency, link) in [(60.0, "120Mbit/s"), (0.0, "48Mbit/s"), (99.0, "4800Mbit/s")] {
        let work = latency + 4.8e9 / (link.trim_end_matches("Mbit/s").parse::<f64>().expect("a number") * 1e6);
        let keys = connectivity(&exponential(a), &exponential(b))
            + &format!("download = {{ link = \"{link}\" }}\n")
            + &takes("downloading_extracting", latency);
        let text = policy(100, 100, &format!("robot_deployment_timeout = \"7d\"\n{}", group("g", 1, &keys)))
            + &download(&["bundle_size = \"600MB\""]);
        let all = replications(&text, RUNS);
        assert!(all.iter().all(|replication| replication.download.expect("a download").bytes == 600_000_000));
        let times: Vec<f64> = all.iter().map(|replication| replication.down as f64 / 1e6).collect();
        let what = format!("transfer by {link} and {latency} s of extraction");
        let cumulant = |r: i32, factorial: f64| work / a * factorial * libm::pow(b, f64::from(r));
        let variance = cumulant(2, 2.0);
        assert_mean(&times, work * (1.0 + b / a), variance, &what);
        assert_variance(&times, variance, cumulant(4, 24.0) + 3.0 * variance * variance, &what);
        // Without leaving it takes the work alone, up to the microsecond of the transfer's end.
        let undisturbed = times.iter().filter(|time| (**time - work).abs() < 2e-6).count();
        assert_share(undisturbed, RUNS as usize, libm::exp(-work / a), &what);
    }
}

/// Of two robots on one uplink, one may leave. If it is online at the start and leaves at V before both are done, the
/// other has V / 2 of its S seconds by then and gets the rest alone: S + V / 2. The one that left comes back after 1000
/// s with the same S - V / 2 to get, alone: 1000 s after the other.
#[test]
fn robots_that_leave_free_the_uplink() {
    const RUNS: u32 = 30_000;
    let (alone, away, stays) = (48.0, 1000.0, 400.0);
    let leaving = group(
        "leaving",
        1,
        &(connectivity(&exponential(stays), &constant(away)) + &takes("downloading_extracting", 0.0)),
    );
    let text = policy(100, 100, &(leaving + &group("staying", 1, &takes("downloading_extracting", 0.0))))
        + &download(&["bundle_size = \"600MB\"", "egress = \"100Mbit/s\""]);
    let (mut alone_at_first, mut together, mut left, mut joined) = (0, 0, Vec::new(), 0);
    ends(&text, RUNS, |replication, ends| {
        let mut instants = [Time::ZERO; 2];
        for (now, robot, ..) in ends.ends {
            instants[robot as usize] = now;
        }
        assert_eq!(replication.download.expect("there are downloads").bytes, 1_200_000_000);
        // Down from the first progress: the staying one from 0, the leaving one from its return.
        let total: u128 = instants.iter().map(|instant| u128::from(instant.micros())).sum();
        let returned = (total - replication.down) as f64 / 1e6;
        let [leaving, staying] = instants.map(seconds);
        if returned >= alone {
            assert!((staying - alone).abs() < 1e-6, "a robot that is offline took part of the uplink");
            alone_at_first += 1;
        } else if returned > 0.0 {
            joined += 1;
        } else if leaving < away {
            assert!((staying - 2.0 * alone).abs() < 2e-6 && (leaving - 2.0 * alone).abs() < 2e-6);
            together += 1;
        } else {
            // Unless it leaves again.
            let again = leaving - staying - away;
            assert!(again > -1e-5 && (again < 1e-5 || again > away - 1e-5), "{leaving} {staying}");
            left.push(2.0 * (staying - alone));
        }
    });
    let online = stays / (stays + away);
    let runs = RUNS as usize;
    assert_share(alone_at_first, runs, (1.0 - online) * (1.0 - alone / away), "offline for the other's transfer");
    assert_share(joined, runs, (1.0 - online) * alone / away, "returned meanwhile");
    let stayed = libm::exp(-2.0 * alone / stays);
    assert_share(together, runs, online * stayed, "stayed for both transfers");
    let cdf = |v: f64| -libm::expm1(-v / stays) / (1.0 - stayed);
    assert_distribution(&left, cdf, "time of leaving");
}

/// The machine-repair queue: c robots at once alternate between a transfer over one uplink, S seconds alone, and an
/// extraction with mean Z. Processor sharing is insensitive (F. P. Kelly, "Reversibility and Stochastic Networks"
/// (1979), 3.3): whatever the distributions, k robots transfer with probability proportional to (S / Z)^k c! / (c -
/// k)!, and so the origin sends with probability 1 - p(0), which is S over the mean time from one end to the next.
#[test]
fn machine_repair() {
    const ROBOTS: usize = 400;
    const SLOTS: u32 = 4;
    const RUNS: u32 = 250;
    // Ends before and after these have to do with the start and the end of the job.
    const FIRST: usize = 60;
    const LAST: usize = 360;
    let transfer = 48.0;
    for (extraction, extracting) in [
        ("exponential = { mean = \"96s\" }", 96.0),
        ("uniform = { min = \"0s\", max = \"1m\" }", 30.0),
        ("lognormal = { mean = \"240s\", std = \"240s\" }", 240.0),
    ] {
        let keys = format!(
            "download = {{ uplink = \"100Mbit/s\" }}\nstep.downloading_extracting = {{ latency = {{ {extraction} }} }}\n"
        );
        let text = policy(1, 100, &group("g", ROBOTS as u32, &keys)) + &download(&["bundle_size = \"600MB\""]);
        let mut weights = vec![1.0];
        for k in 1..=SLOTS {
            weights.push(weights[k as usize - 1] * f64::from(SLOTS - k + 1) * transfer / extracting);
        }
        let busy = 1.0 - 1.0 / weights.iter().sum::<f64>();
        let mut times = Vec::new();
        let (mut sojourns, mut origin) = (Vec::new(), Vec::new());
        ends(&text, RUNS, |replication, ends| {
            let between = (ends.ends[LAST].0 - ends.ends[FIRST].0).seconds();
            times.push(between / (LAST - FIRST) as f64);
            let of_one = ends.ends[FIRST..LAST].iter().map(|(now, _, started, _)| (*now - *started).seconds());
            sojourns.push(of_one.sum::<f64>() / (LAST - FIRST) as f64);
            let sent = replication.download.expect("there are downloads").bytes as f64 * 8.0;
            origin.push(sent / 100e6 / seconds(replication.ended));
        });
        assert_mean_by_sample(&times, transfer / busy, &format!("time between ends, {extraction}"));
        // Little's law: as c robots are always in flight, each is so c times as long.
        assert_mean_by_sample(&sojourns, f64::from(SLOTS) * transfer / busy, &format!("time of a robot, {extraction}"));
        // Over the whole campaign the share is a little less, for the last robots leave slots empty.
        let whole = mean(&origin);
        assert!(whole < busy && whole > busy * 0.97, "{whole} of {busy} with {extraction}");
    }
}
